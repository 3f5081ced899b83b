"""Explorer 8: how far one output sees through a stack of layers, and what it sees most."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cnnlab import arguments

from . import field_quiz
from .controls import Knob, choice, slider
from .explorer import Explorer
from .field_parts import PRESETS, YOURS, Window, fields, gradient, passed, sizes, windows
from .field_told import averages, told
from .held import REFUSALS


class ReceptiveField(Explorer):
    """The picture of receptive fields; `cnnlab.explore.receptive_field` makes it."""

    kind, heading = "receptive_field", "Receptive fields: how far one output sees"
    scripts, styles = ("receptive_field.js",), ("explorer.css", "field.css")
    controls = (
        choice("preset", "layers", (*PRESETS, YOURS), "l"),
        slider("outputs", "outputs", 1, 15, "o"),
    )
    modes = ("explore", "predict")
    data = ("_own",)
    page_scripts = ("field_alone.js",)
    page_values: ClassVar[dict] = {"outputs": tuple(range(1, 16))}

    preset = Knob("stride 2, then 3×3")
    outputs = Knob(5)

    def __init__(self, layers=None, **settings):
        self._own = PRESETS["stride 2, then 3×3"]
        if layers is not None:
            self._own = windows(layers)
            settings = {"preset": YOURS, **settings}
        super().__init__(**settings)
        self.place = (self._record.count - 1) // 2

    def gather(self):
        """Return the stack with its fields; ValueError where it needs too many cells."""
        outputs = arguments.integer("outputs", self.outputs, minimum=1)
        layers = self._layers()
        return told(layers, sizes(layers, outputs))

    def _layers(self) -> tuple[Window, ...]:
        preset = arguments.choice("preset", self.preset, (*PRESETS, YOURS))
        return self._own if preset == YOURS else PRESETS[preset]

    def edited(self, layers=None, **_) -> None:
        """Take the list of layers from the page; it is the learner's from then on."""
        try:
            self.layers = layers
        except REFUSALS as refusal:
            self._error = str(refusal)
            self._show()

    @property
    def layers(self) -> tuple[Window, ...]:
        """The layers that are shown. Assign a list of tuples, or layers of cnnlab or torch."""
        return tuple(Window(*layer) for layer in self._record.extra["layers"])

    @layers.setter
    def layers(self, layers) -> None:
        self._free("layers")
        self._own = windows(layers)
        self.apply({"preset": YOURS})

    @property
    def fields(self) -> list:
        """The field behind each layer: size, jump, padding and start along one axis."""
        return fields(self.layers)

    @property
    def size(self) -> int:
        """How many cells the last layer's field spans along one axis."""
        return self.fields[-1].size

    @property
    def cursor(self) -> int:
        """Which output is selected."""
        return self.place

    @cursor.setter
    def cursor(self, place: int) -> None:
        self._select(place)

    @property
    def input(self) -> np.ndarray:
        """Ones, (cells, cells): the fields are the same on any picture."""
        return np.ones((self._record.extra["cells"][0],) * 2)

    @property
    def weight(self) -> list[np.ndarray]:
        """The kernel of each layer, every weight 1 / k²."""
        return [np.full((layer[0], layer[0]), layer[0] ** -2.0) for layer in self.layers]

    @property
    def output(self) -> np.ndarray:
        """What the stack makes of the input, (outputs, outputs): below 1 where padding is read."""
        line = passed(self.layers, self._record.extra["cells"][0])
        return np.outer(line, line)

    @property
    def parameters(self) -> int:
        """How many weights the convolutions of the torch line have."""
        return sum(layer.kernel_size**2 for layer in self.layers if not averages(layer))

    @property
    def macs(self) -> int:
        """How many multiply-adds these convolutions take on the input."""
        pairs = zip(self.layers, self._record.extra["cells"][1:], strict=True)
        return sum((layer.kernel_size * n) ** 2 for layer, n in pairs if not averages(layer))

    def window(self) -> np.ndarray:
        """Return the input cells in the field of the selected output, padding left out."""
        field = self.fields[-1]
        start = self.place * (field.jump or 0) - field.padding
        inside = slice(max(0, start), max(0, start + field.size))
        return self.input[inside, inside]

    def terms(self) -> list[dict]:
        """Return the input cells that the selected output reads; their weight is the gradient."""
        grad = np.outer(self.gradient, self.gradient).ravel()
        return [
            {"value": 1.0, "weight": float(grad[cell]), "product": float(grad[cell]), "cell": cell}
            for cell in np.flatnonzero(grad).tolist()
        ]

    @property
    def gradient(self) -> np.ndarray:
        """The gradient of the selected output at the input's cells, all weights 1 / k."""
        return gradient(self.layers, self._record.extra["cells"], self.place)

    @property
    def holes(self) -> np.ndarray:
        """Which cells within the field get no gradient at all."""
        grad, field = self.gradient, self.fields[-1]
        start = self.place * (field.jump or 0) - field.padding
        inside = np.arange(len(grad))
        return inside[(inside >= start) & (inside < start + field.size) & (grad == 0)]

    def torch_code(self) -> str:
        """Return a program for torch: the gradient of the selected output, all weights equal."""
        n = self._record.extra["cells"][0]
        return (
            f"import torch\nfrom torch import nn\n\nnetwork = {self._record.torch}.double()\n"
            "for weight in network.parameters():\n"
            "    nn.init.constant_(weight, 1 / weight.shape[-1] ** 2)\n"
            f"input = torch.ones(1, 1, {n}, {n}, dtype=torch.float64, requires_grad=True)\n"
            f"output = network(input)\noutput[0, 0, {self.place}, {self.place}].backward()\n"
            "gradient = input.grad[0, 0]\n"
        )

    def pose(self, number: int):
        """Return the settings of a question, and what is asked about them."""
        return field_quiz.pose(number)

    def to_svg(self, theme: str = "light") -> str:
        """Return the cone as SVG, for where no JavaScript runs."""
        from .field_still import cone

        return cone(self._record, self.place, theme, self._error)
