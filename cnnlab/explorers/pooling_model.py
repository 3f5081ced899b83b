"""Explorer 4: a pool slides over a map; who wins, what is divided by, what is dropped."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import traitlets

from cnnlab import arguments

from . import pooling_quiz
from .controls import Knob, choice, slider, switch
from .explorer import Explorer
from .pictures import grey_picture
from .pooling_told import KINDS, MEANS, pooling_record
from .record import Record
from .sizes import plural, tensor, verb

WINDOW = "window"  # no divisor_override: what lies under the window is counted


class Pooling(Explorer):
    """The picture of `cnnlab.max_pool2d` and `avg_pool2d`; `cnnlab.explore.pooling` makes it."""

    kind, heading = "pooling", "Pooling: one number for what lies under the window"
    scripts = ("pooling.js",)
    controls = (
        choice("pool", "pool", KINDS, "m"),
        slider("kernel_size", "kernel size", 1, 5, "k"),
        slider("stride", "stride", 1, 5, "s"),
        slider("padding", "padding", 0, 2, "p"),
        slider("dilation", "dilation", 1, 3, "d"),
        choice("divisor_override", "divide by", (WINDOW, *map(str, range(1, 10))), "v"),
        switch("ceil_mode", "ceil_mode", "l"),
        switch("count_include_pad", "count padding", "i"),
    )
    modes = ("explore", "predict", "challenge")
    data = ("_image",)
    page_values: ClassVar[dict] = {"divisor_override": (WINDOW,), "dilation": (1, 2)}

    pool = Knob("max")
    kernel_size = Knob(3)
    stride = Knob(2)
    padding = Knob(0)
    dilation = Knob(1)
    ceil_mode = Knob(False)
    count_include_pad = Knob(True)
    divisor_override = Knob(None)

    def __init__(self, image=None, **settings):
        self._image = grey_picture(image)
        super().__init__(**settings)

    @traitlets.validate("divisor_override")
    def _counted(self, proposal):
        """The page's words become numbers."""
        value = proposal["value"]
        if not isinstance(value, str):
            return value
        return None if value == WINDOW else int(value) if value.isdigit() else value

    def settings(self) -> dict:
        """Return what every knob stands at, as the page says it."""
        said = super().settings()
        if self.divisor_override is None:
            said["divisor_override"] = WINDOW
        if self.stride is None:  # as in torch
            said["stride"] = said["kernel_size"]
        return said

    def gather(self) -> Record:
        """Return the record of the pool on this map."""
        arguments.choice("pool", self.pool, KINDS)
        return pooling_record(
            self.pool, self._image, self.kernel_size, self.stride, self.padding, self.dilation,
            self.ceil_mode, self.count_include_pad, self.divisor_override,
        )  # fmt: skip

    @property
    def input(self) -> np.ndarray:
        """The map, without padding; a copy. Assign another to look at that."""
        return self._shown["_image"].copy()

    @input.setter
    def input(self, image) -> None:
        self._free("input")
        self._image = grey_picture(image)
        self._changed()

    @property
    def winners(self) -> np.ndarray:
        """Row and column in the map of the cell that won each output; (-1, -1) in the padding.

        Shapes: (rows, columns, 2) of ints; for max pooling.
        """
        if self._record.join != "max":
            raise ValueError(f'winners needs pool="max"; got pool={self.pool!r}')
        panel = self._record.of("input")[0]
        cells = panel.source.ravel()[self._record.winners()]
        places = np.stack(np.divmod(cells, panel.values.shape[1]), axis=-1)
        places[cells < 0] = -1
        return places.reshape(*self.output.shape, 2)

    def more(self) -> dict:
        """Return which knobs don't count for this kind, and what a pool costs."""
        idle = list(MEANS) if self._record.join == "max" else ["dilation"]
        become = verb(self.input.size, "becomes", "become")
        kept = (
            f"{plural(self.input.size, 'value')} {become} {self.output.size}; nothing is learned."
        )
        return {"idle": idle, "counts": kept}

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output."""
        image = self._record.of("input")[0].values[np.newaxis, np.newaxis]
        lines = ["import torch", "import torch.nn.functional as F", "", tensor("input", image)]
        return "\n".join([*lines, f"output = {self._record.torch}", ""])

    def pose(self, number: int):
        """Return the settings of a question, and what is asked about them."""
        return pooling_quiz.pose(self._image, number)

    def dare(self, number: int):
        """Return a challenge: a size to reach, or a picture."""
        return pooling_quiz.dare(self._image, number)
