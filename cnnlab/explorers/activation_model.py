"""Explorer 9: an activation and its slope; what depth makes of slopes; units that never fire."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cnnlab import arguments

from .activation_parts import NAMES, learning_rate
from .activation_told import picture
from .controls import Knob, choice, slider
from .explorer import Explorer
from .panels import Told
from .pictures import finite, real

RATES = ("0", "0.1", "0.3", "1", "3", "10", "30")
LARGEST = 600  # of the learner's values
FAR = 1e100  # slopes and steps of larger values are no floats


class Activation(Explorer):
    """The picture of cnnlab's activations; `cnnlab.explore.activation` makes it."""

    kind, heading = "activation", "Activations, their slopes, depth and dead units"
    scripts = ("activation.js",)
    controls = (
        choice("function", "function", NAMES, "k"),
        slider("negative_slope", "leaky slope", 0, 0.5, "s", 0.01),
        slider("depth", "depth", 1, 30, "d"),
        slider("bias", "bias", -5, 1, "b", 0.25),
        choice("rate", "learning rate", RATES, "l"),
    )
    page_parts = (("function", "negative_slope", "depth"), ("bias", "rate"))
    page_values: ClassVar[dict] = {
        "negative_slope": (0, 0.01, 0.1, 0.2, 0.5),
        "depth": (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30),
    }

    function = Knob("sigmoid")
    negative_slope = Knob(0.01)
    depth = Knob(10)
    bias = Knob(0.0)
    rate = Knob("1")

    def __init__(self, values=None, **settings):
        if values is None:
            values = np.random.default_rng(9).normal(0, 1.5, 40).round(2)
        self._data = finite("values", values).ravel()
        if not 1 <= self._data.size <= LARGEST:
            raise ValueError(f"values must hold 1 to {LARGEST} numbers; got {self._data.size}")
        if np.abs(self._data).max() > FAR:
            raise ValueError(f"values must lie within {-FAR:g} and {FAR:g}; got larger ones")
        self._reach = float(max(6, np.ceil(np.abs(self._data).max())))
        self._grid = np.linspace(-self._reach, self._reach, 121).round(10)
        super().__init__(**settings)
        self.place = int(np.abs(self._grid - 1).argmin())
        self._show()

    def gather(self) -> Told:
        """Return the curves, the gradient by depth and the dead units of these settings."""
        name = arguments.choice("function", self.function, NAMES)
        leak = real("negative_slope", self.negative_slope)
        depth = arguments.integer("depth", self.depth, minimum=1)
        if depth > 100:
            raise ValueError(f"depth must be at most 100; got depth={depth}")
        bias, rate = real("bias", self.bias), learning_rate(self.rate)
        return picture(self._grid, self._data, name, leak, depth, bias, rate)

    @property
    def x(self) -> float:
        """The selected place on the axis; assign any number within the axis."""
        return float(self._record.extra["x"][self.place])

    @x.setter
    def x(self, value: float) -> None:
        value = arguments.number("x", value)
        if not abs(value) <= self._reach:
            raise ValueError(
                f"x must lie within {-self._reach:g} and {self._reach:g}; got x={value}"
            )
        self._grid = np.unique(np.append(self._grid, value))
        self._changed()
        self.place = int(np.abs(np.array(self._record.extra["x"]) - value).argmin())

    @property
    def y(self) -> float:
        """The activation at x."""
        return float(self._record.extra["y"][self.place])

    @property
    def slope(self) -> float:
        """The derivative at x."""
        return float(self._record.extra["slope"][self.place])

    @property
    def input(self) -> np.ndarray:
        """The learner's values, a copy."""
        return self._data.copy()

    @property
    def output(self) -> np.ndarray:
        """The activations of the learner's values."""
        return np.array(self._record.extra["dots"][1])

    @property
    def cursor(self) -> int:
        """The number of the selected place on the axis; `x` is where that is."""
        return self.place

    @cursor.setter
    def cursor(self, place: int) -> None:
        self._select(place)

    def window(self) -> np.ndarray:
        """Return all that y depends on: x."""
        return np.array([self.x])

    def terms(self) -> list[dict]:
        """Return what a small change of y is made of: x, weighed by the slope."""
        return [{"value": self.x, "weight": self.slope, "product": self.x * self.slope}]

    @property
    def norms(self) -> dict[str, np.ndarray]:
        """The gradient's size after 0, 1 ... depth layers, by function."""
        return {kind: np.array(sizes) for kind, sizes in self._record.extra["norms"].items()}

    @property
    def dead(self) -> tuple[int, int]:
        """How many units are off for all values: now, and after one step."""
        before, after = (unit.count(0.0) for unit in self._record.extra["units"])
        return before, after

    def torch_code(self) -> str:
        """Return a program for torch with the outputs and the slopes at the learner's values."""
        return (
            "import torch\nimport torch.nn.functional as F\n\n"
            f"x = torch.tensor({self._data.tolist()}, dtype=torch.float64, requires_grad=True)\n"
            f"output = {self._record.torch}\noutput.sum().backward()\nslope = x.grad\n"
        )

    def to_svg(self, theme: str = "light") -> str:
        """Return the two curves as SVG, for where no JavaScript runs."""
        from .activation_still import curves

        return curves(self._record, self.place, theme, self._error)
