"""Explorer 2: how many places a window has, which cells it never reads, and the way back."""

from __future__ import annotations

from itertools import product

import numpy as np

from cnnlab import arguments

from . import output_size_quiz
from .controls import Knob, slider
from .explorer import Explorer
from .output_size_told import OFFERED, places_told, sizes_of
from .pictures import finite, grey_picture, numbers
from .sizes import tensor

MOST = 256  # cells of a row that can still be drawn


class OutputSize(Explorer):
    """The picture of `cnnlab.output_size`; `cnnlab.explore.output_size` makes it."""

    kind, heading = "output_size", "Output size: how many places a window has"
    scripts, styles = ("output_size.js",), ("explorer.css", "output_size.css")
    modes = ("explore", "predict", "challenge")
    page_parts = (("n", "kernel_size", "stride", "padding", "dilation"), ("wanted",))
    controls = (
        slider("n", "cells n", 1, 16, "n"),
        slider("kernel_size", "kernel size", 1, max(OFFERED["kernel_size"]), "k"),
        slider("stride", "stride", 1, max(OFFERED["stride"]), "s"),
        slider("padding", "padding", 0, max(OFFERED["padding"]), "p"),
        slider("dilation", "dilation", 1, 3, "d"),
        slider("wanted", "wanted size", 1, 16, "w"),
    )

    n = Knob(8)
    kernel_size = Knob(3)
    stride = Knob(1)
    padding = Knob(0)
    dilation = Knob(1)
    wanted = Knob(1)

    def __init__(self, input=8, **settings):
        self._own = None if arguments.as_index(input) is not None else _own_data(input)
        cells, *others, goal = self.controls
        if self._own is None:
            settings = {"n": arguments.as_index(input), **settings}
        else:
            goal = goal._replace(high=max(goal.high, *self._own.shape))
            self.controls = (cells._replace(high=self._own.shape[0]), *others, goal)
        if self._is_picture:  # it keeps its size
            self.controls, (all, last) = self.controls[1:], self.page_parts
            self.page_parts = (all[1:], last)
        elif self._own is not None:
            settings = {"n": len(self._own), **settings}
        wanted = settings.pop("wanted", None)
        super().__init__(**settings)
        if wanted is None:
            wanted = max(self.sizes)
        self.wanted = arguments.integer("wanted", wanted, minimum=1)
        self._start = self._held()
        self._shown = self._start

    def gather(self):
        """Return the record of a window of ones over the row or the picture."""
        arguments.integer("wanted", self.wanted, minimum=1)
        return places_told(self._data(), self.kernel_size, self.stride, self.padding, self.dilation)

    def _data(self) -> np.ndarray:
        if self._own is not None and self._own.ndim == 2:
            return self._own
        n = arguments.integer("n", self.n, minimum=1)
        most = MOST if self._own is None else len(self._own)
        if n > most:
            raise ValueError(f"n must be at most {most} here; got n={n}")
        return np.arange(float(n)) if self._own is None else self._own[:n]

    @property
    def input(self) -> np.ndarray:
        """The row (n,) or the picture (H, W), without padding; a copy."""
        values = self._record.of("input")[0].values
        return (values if self._is_picture else values[0]).copy()

    @property
    def _is_picture(self) -> bool:
        return self._own is not None and self._own.ndim == 2

    @property
    def output(self) -> np.ndarray:
        """The sum under the window at each place: (places,), or (rows, columns) of a picture."""
        output = super().output
        return output if self._is_picture else output[0]

    @property
    def weight(self) -> np.ndarray:
        """The window: ones, so that an output is the sum of what it reads."""
        taps, axes = self._record.extra["taps"], self.input.ndim
        return np.ones(arguments.per_axis("kernel_size", taps, axes, minimum=1))

    @property
    def macs(self) -> int:
        """How many additions all places take."""
        return self.weight.size * self.output.size

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many places there are along each axis."""
        return self.output.shape

    def settings_for(self, size=None) -> list[dict]:
        """Return all settings that the knobs offer and that give `size` places on every axis.

        Without `size` it is `wanted`. Each says whether it leaves no cell unread ("whole").
        """
        size = self._shown["wanted"] if size is None else arguments.integer("size", size, minimum=1)
        found = []
        for dilation in range(1, 4):
            rows = sizes_of(self.input.shape, dilation)
            for (k, s, p), (places, whole) in zip(product(*OFFERED.values()), rows, strict=True):
                if places == size:
                    setting = {"kernel_size": k, "stride": s, "padding": p, "dilation": dilation}
                    found.append({**setting, "whole": whole})
        return found

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output."""
        lines = ["import torch", "import torch.nn.functional as F", ""]
        lines += [tensor("input", self.input[np.newaxis, np.newaxis])]
        lines += [f"weight = torch.ones{(1, 1, *self.weight.shape)}.double()"]
        return "\n".join([*lines, f"output = {self._record.torch}", ""])

    def pose(self, number: int):
        """Return the settings of a question, and what is asked about them."""
        return output_size_quiz.pose(self._own, number)

    def dare(self, number: int):
        """Return a challenge: a size to reach, with or without cells left over."""
        return output_size_quiz.dare(self._own, number)


def _own_data(input) -> np.ndarray:
    values = numbers("input", input)
    if values.ndim != 1:
        return grey_picture(input, "input")
    values = finite("input", values)
    if not 1 <= len(values) <= MOST:
        raise ValueError(f"input must have 1 to {MOST} cells in a row; got {len(values)}")
    return values
