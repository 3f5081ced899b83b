"""Explorer 7: which outputs see which inputs in a grouped convolution, and what that costs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cnnlab import arguments, convolution, sliding

from .controls import Knob, choice, slider
from .explorer import Explorer
from .groups_told import PRESETS, Stage, told
from .pictures import finite
from .sizes import tensor

MOST = {"in_channels": 64, "out_channels": 128, "kernel_size": 11}


class Groups(Explorer):
    """The picture of `groups` in `cnnlab.conv2d`; `cnnlab.explore.groups` makes it."""

    kind, heading = "groups", "Groups: which output channels see which input channels"
    scripts = ("groups.js",)
    controls = (
        choice("preset", "layer", PRESETS, "l"),
        slider("in_channels", "inputs", 1, 24, "i"),
        slider("out_channels", "outputs", 1, 64, "o"),
        slider("groups", "groups", 1, 24, "s"),
        slider("kernel_size", "kernel size", 1, 7, "k"),
    )
    page_values: ClassVar[dict] = {
        "in_channels": (1, 2, 3, 4, 6, 8, 12, 16, 24),
        "out_channels": (1, 3, 4, 12, 16, 24, 48, 64),
        "groups": (1, 2, 3, 4, 6, 8, 12, 24),
        "kernel_size": (1, 3, 5, 7),
    }

    preset = Knob("grouped")
    in_channels = Knob(12)
    out_channels = Knob(64)
    groups = Knob(4)
    kernel_size = Knob(3)

    def __init__(self, image=None, **settings):
        self._size, self._maps = (24, 24), None
        if image is not None:
            maps = finite("image", image)
            if maps.ndim != 3 or 0 in maps.shape:
                raise ValueError(
                    f"image must have shape (channels, height, width); got shape {maps.shape}"
                )
            self._size, self._maps = maps.shape[1:], maps
            settings = {"in_channels": maps.shape[0], **settings}
        super().__init__(**settings)

    def gather(self):
        """Return the layers of these settings; ValueError where groups doesn't divide."""
        preset = arguments.choice("preset", self.preset, PRESETS)
        numbers = [
            arguments.integer(name, getattr(self, name), minimum=1)
            for name in ("in_channels", "out_channels", "groups", "kernel_size")
        ]
        channels, outputs, groups, kernel = numbers
        for name, most in MOST.items():
            if getattr(self, name) > most:
                raise ValueError(f"{name} must be at most {most}; got {getattr(self, name)}")
        if preset == "grouped":
            arguments.divides("groups", groups, in_channels=channels, out_channels=outputs)
        if preset == "depthwise":
            arguments.divides("in_channels", channels, out_channels=outputs)
        grouped = Stage(channels, outputs, groups, kernel)
        stages = {
            "grouped": (grouped,),
            "depthwise": (grouped._replace(groups=channels),),
            "pointwise": (grouped._replace(groups=1, kernel=1),),
            "separable": (
                Stage(channels, channels, channels, kernel),
                Stage(channels, outputs, 1, 1),
            ),
        }[preset]
        return told(preset, stages, self._size)

    @property
    def parameters(self) -> int:
        """How many weights there are; a bias would add one for each output."""
        return self._record.extra["parameters"]

    @property
    def macs(self) -> int:
        """How many multiply-adds a picture of this size takes, stride 1, padding k // 2."""
        return self._record.extra["macs"]

    @property
    def input(self) -> np.ndarray:
        """The learner's maps (C, H, W), over again where there are more inputs; ones if none."""
        channels = self._record.extra["stages"][0]["inputs"]
        if self._maps is None:
            return np.ones((channels, *self._size))
        return self._maps[np.arange(channels) % len(self._maps)]

    @property
    def weight(self):
        """Ones, so that an output is the sum of what it sees; for a separable layer both."""
        found = tuple(np.ones(stage["shape"]) for stage in self._record.extra["stages"])
        return found[0] if len(found) == 1 else found

    @property
    def output(self) -> np.ndarray:
        """What the layer makes of the input, all weights one: (outputs, H, W)."""
        return self._passed()[-1]

    def _passed(self) -> list[np.ndarray]:
        """Return the input, and what each convolution makes of it."""
        maps = [self.input]
        for stage in self._record.extra["stages"]:
            ones, pad = np.ones(stage["shape"]), stage["kernel"] // 2
            maps += [convolution.conv2d(maps[-1], ones, padding=pad, groups=stage["groups"])]
        return maps

    @property
    def cursor(self) -> int:
        """Which output channel is selected; a separable layer's depthwise ones come first."""
        return self.place

    @cursor.setter
    def cursor(self, place: int) -> None:
        self._select(place)

    def window(self) -> np.ndarray:
        """Return what the middle of the selected output reads: (channels it sees, k, k)."""
        stages = self._record.extra["stages"]
        number = max(n for n, stage in enumerate(stages) if stage["first"] <= self.place)
        stage, maps = stages[number], self._passed()
        outputs, seen, k, _ = stage["shape"]
        first = (self.place - stage["first"]) // (outputs // stage["groups"]) * seen
        row, col = (n // 2 for n in maps[number + 1].shape[1:])
        padded = sliding.pad(maps[number], ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
        return padded[first : first + seen, row : row + k, col : col + k]

    def terms(self) -> list[dict]:
        """Return each term of the middle of the selected output."""
        values = self.window().ravel().tolist()
        return [{"value": value, "weight": 1.0, "product": value} for value in values]

    @property
    def weight_shape(self) -> tuple:
        """The shape of the weight; for a separable layer both shapes."""
        shapes = tuple(tuple(stage["shape"]) for stage in self._record.extra["stages"])
        return shapes[0] if len(shapes) == 1 else shapes

    def torch_code(self) -> str:
        """Return a program for torch: the layer with weights of one, its cost and its output."""
        own = self._maps is not None
        ones = f"input = torch.ones{(1, *self.input.shape)}"
        made = f"{tensor('input', self.input[np.newaxis])}.float()" if own else ones
        return (
            f"import torch\nfrom torch import nn\n\nlayer = {self._record.torch}\n"
            "for weight in layer.parameters():\n    nn.init.ones_(weight)\n"
            "parameters = sum(weight.numel() for weight in layer.parameters())\n"
            f"{made}\noutput = layer(input)\n"
        )

    def to_svg(self, theme: str = "light") -> str:
        """Return the matrices as SVG, for where no JavaScript runs."""
        from .groups_told import still_matrices

        return still_matrices(self._record, theme, self._error)
