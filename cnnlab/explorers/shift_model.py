"""Explorer 11: the input moves; does the output move along, does it stay, or neither?"""

from __future__ import annotations

from itertools import product
from typing import ClassVar

import numpy as np

from cnnlab import arguments

from .controls import Knob, choice, slider
from .explorer import Explorer
from .kernels import sized_kernel
from .pictures import finite, grey_picture, numbers
from .quiz import Challenge, NothingToAskError, shaped
from .record import Record
from .shift_parts import ENTERING, LAYERS, MODES, PRESETS, RING, YOURS, made
from .shift_told import shift_record
from .sizes import tensor


class Shift(Explorer):
    """The picture of equivariance and invariance; `cnnlab.explore.shift` makes it."""

    kind, heading = "shift", "Shift: what moves along, and what stays"
    scripts = ("shift.js",)
    controls = (
        choice("preset", "input", (*PRESETS, YOURS), "i"),
        slider("right", "right", -3, 3, "x"),
        slider("down", "down", -3, 3, "y"),
        choice("entering", "comes in", ENTERING),
        choice("layer", "layer", LAYERS, "l"),
        slider("stride", "stride", 1, 3, "s"),
        choice("padding_mode", "padding", MODES, "m"),
    )
    modes = ("explore", "challenge")
    data = ("_own",)
    page_values: ClassVar[dict] = {"right": (-1, 0, 1, 2), "down": (0, 1)}

    preset = Knob(RING)
    right = Knob(1)
    down = Knob(0)
    entering = Knob("wrapped")
    layer = Knob("conv")
    stride = Knob(1)
    padding_mode = Knob("circular")

    def __init__(self, image=None, weight=None, **settings):
        self._own = PRESETS[RING]
        if image is not None:
            self._own = _picture_or_line(image)
            settings = {"preset": YOURS, **settings}
        self._weight = sized_kernel("Sobel x", 3) if weight is None else finite("weight", weight)
        if self._weight.ndim != 2 or 0 in self._weight.shape:
            raise ValueError(f"weight must have 2 axes (kh, kw); got shape {self._weight.shape}")
        super().__init__(**settings)

    def gather(self) -> Record:
        """Return the record of both pictures; ValueError where the layer doesn't fit."""
        arguments.choice("entering", self.entering, ENTERING)
        arguments.choice("padding_mode", self.padding_mode, MODES)
        kind = arguments.choice("layer", self.layer, LAYERS)
        stride = arguments.integer("stride", self.stride, minimum=1)
        shift = tuple(arguments.integer(name, getattr(self, name)) for name in ("down", "right"))
        picture = self._picture()
        if picture.shape[0] == 1:
            shift = (0, shift[1])  # a line has nowhere to go but along itself
        layer = made(kind, self._weight, stride, self.padding_mode, picture.shape)
        return shift_record(picture, layer, shift, self.entering)

    @property
    def input(self) -> np.ndarray:
        """The picture before it moves, (H, W); a copy. Assign another, or a line of numbers."""
        return self._record.of("input")[0].values.copy()

    @input.setter
    def input(self, image) -> None:
        self._free("input")
        self._own = _picture_or_line(image)
        self.apply({"preset": YOURS})

    def _picture(self) -> np.ndarray:
        """Return the picture that the knobs stand at."""
        preset = arguments.choice("preset", self.preset, (*PRESETS, YOURS))
        return self._own if preset == YOURS else PRESETS[preset]

    @property
    def weight(self) -> np.ndarray | None:
        """The kernel (kh, kw), a copy; None for a pool."""
        kernels = self._record.of("kernel")
        return kernels[0].values.copy() if kernels else None

    @property
    def parameters(self) -> int:
        """How many numbers the layer learns: the kernel's cells and a bias, or none."""
        return 0 if self.weight is None else self.weight.size + 1

    @property
    def macs(self) -> int:
        """How many multiply-adds one of the two outputs takes."""
        return 0 if self.weight is None else self.weight.size * self.output[0].size

    @property
    def moved(self) -> np.ndarray:
        """The moved picture."""
        return self._record.of("input")[1].values.copy()

    @property
    def difference(self) -> np.ndarray:
        """The moved picture's output, less the moved output of the picture."""
        return self._record.of("target")[0].values.copy()

    @property
    def equivariant(self) -> bool:
        """Whether the output moves along by whole cells, exactly."""
        return self._record.extra["equivariant"]

    @property
    def invariant(self) -> bool:
        """Whether the output stays as it is."""
        here, there = self.output
        return bool(np.allclose(here, there, rtol=0, atol=1e-12))

    def torch_code(self) -> str:
        """Return a program for torch that computes both outputs."""
        before, after = (panel.values[None, None] for panel in self._record.of("input"))
        lines = ["import torch", "import torch.nn.functional as F", ""]
        kernels = self._record.of("kernel")
        lines += [tensor("weight", kernels[0].values[None, None])] if kernels else []
        lines += [tensor("before", before), tensor("after", after), "", "", "def layer(input):"]
        lines += [f"    return {self._record.torch}", "", ""]
        return "\n".join([*lines, "output = layer(before)[0, 0], layer(after)[0, 0]", ""])

    def dare(self, number: int) -> Challenge:
        """Return a challenge: even ones ask for equivariance, odd ones for invariance."""
        right, preset = (1, 2, 3)[number // 2 % 3], (*PRESETS,)[number // 2 % len(PRESETS)]
        start = {"preset": preset, "right": right, "down": 0, "layer": "conv", "stride": 1}
        if number % 2 == 0:
            asked, start = "equivariant", start | {"entering": "wrapped", "padding_mode": "zeros"}
            free = {"layer": LAYERS[:-1], "stride": (1, 2, 3), "padding_mode": MODES}
            text = (
                f"The input moves {right} to the right, wrapped. Make B exactly A moved along, "
                "by whole cells."
            )
        else:
            asked, start = "invariant", start | {"entering": "zeros", "padding_mode": "zeros"}
            free = {"layer": LAYERS, "right": (-3, -2, -1, 1, 2, 3)}
            text = "Zeros come in. Move the input and make B equal A all the same."
        answers, others = [], []
        with self.aside() as picture:
            for values in product(*free.values()):
                record, _ = picture(start | dict(zip(free, values, strict=True)))
                if record is not None:
                    (answers if getattr(self, asked) else others).append(values)
        begins = tuple(start.get(name, getattr(self, name)) for name in free)
        if not answers or not others:
            about = shaped("weight", self._weight)
            raise NothingToAskError(
                f"no challenge can be posed about {about}: either all or none are {asked}"
            )
        if begins not in others:
            start |= dict(zip(free, others[0], strict=True))
        return Challenge(text, start, tuple(free), tuple(answers))


def _picture_or_line(image) -> np.ndarray:
    values = numbers("image", image)
    return grey_picture(np.atleast_2d(values))
