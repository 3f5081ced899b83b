"""Explorer 12: a kernel slides along three axes; the slices in a row, and three views."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments

from . import conv3d_quiz, kernels
from .controls import Knob, choice, slider
from .explorer import Explorer
from .pictures import real, volume_of_numbers
from .record import Record
from .seeing import Seen, inside
from .sizes import plural, tensor
from .volume import volume_record

YOURS = "yours"


class Conv3d(Explorer):
    """The picture of `cnnlab.conv3d` with one channel; `cnnlab.explore.conv3d` makes it."""

    kind, heading = "conv3d", "Convolution in three axes"
    scripts = ("conv3d.js",)
    controls = (
        slider("kernel_depth", "kernel depth", 1, 3, "t"),
        slider("kernel_size", "kernel size", 1, 3, "k"),
        slider("stride", "stride", 1, 3, "s"),
        slider("padding", "padding", 0, 2, "p"),
        slider("dilation", "dilation", 1, 2, "d"),
        choice("kernel", "kernel", (*kernels.BLOCK_NAMES, YOURS)),
    )
    own_keys = (("← →", "at the edge of a slice: to the next"),)
    modes = ("explore", "predict")
    weighing = ("kernel", "kernel_depth", "kernel_size")
    data = ("_volume", "_own")

    kernel_depth = Knob(2)
    kernel_size = Knob(1)
    stride = Knob(1)
    padding = Knob(0)
    dilation = Knob(1)
    kernel = Knob("change")

    def __init__(self, volume=None, weight=None, bias=0.0, **settings):
        self._volume = volume_of_numbers("volume", volume)
        self._bias = real("bias", bias)
        self._own = kernels.block_kernel("change", 2, 1)
        if weight is not None:
            settings = {**self._take(weight), **settings}
        super().__init__(**settings)

    def gather(self) -> Record:
        """Return the record of `cnnlab.conv3d` with one channel and one filter."""
        return volume_record(
            self._volume, self._kernel(), self._bias, self.stride, self.padding, self.dilation
        )

    @property
    def input(self) -> np.ndarray:
        """The volume, (D, H, W), without padding; a copy. Assign another to look at that."""
        return self._shown["_volume"].copy()

    @input.setter
    def input(self, volume) -> None:
        self._free("input")
        self._volume = volume_of_numbers("volume", volume)
        self._changed()

    @property
    def weight(self) -> np.ndarray:
        """The kernel, (kd, kh, kw), a copy. Assign another, or change cells in the page."""
        return np.array([panel.values for panel in self._record.of("kernel")])

    @weight.setter
    def weight(self, weight) -> None:
        self._free("weight")
        self.apply(self._take(weight))

    def _kernel(self) -> np.ndarray:
        """Return the kernel at the size that the knobs stand at."""
        depth = arguments.integer("kernel_depth", self.kernel_depth, minimum=1)
        high, wide = arguments.per_axis("kernel_size", self.kernel_size, 2, minimum=1)
        arguments.choice("kernel", self.kernel, (*kernels.BLOCK_NAMES, YOURS))
        if self.kernel != YOURS:
            return kernels.block_kernel(self.kernel, depth, max(high, wide))[:, :high, :wide]
        weight = np.apply_along_axis(kernels.resized_line, 0, self._own, depth)
        if weight.shape[1:] == (high, wide):
            return weight
        return np.array([kernels.resized(k, max(high, wide))[:high, :wide] for k in weight])

    def _take(self, weight) -> dict:
        """Keep a kernel of the learner's; return the settings that show it."""
        self._own = volume_of_numbers("weight", weight)
        depth, high, wide = self._own.shape
        size = high if high == wide else (high, wide)
        return {"kernel": YOURS, "kernel_depth": depth, "kernel_size": size}

    def edited(self, tap=None, value=0.0, **_) -> None:
        """Take a kernel cell changed in the page; the kernel is the learner's from then on."""
        weight = self.weight
        if tap is not None and 0 <= tap < weight.size:
            weight.flat[tap] = value
            self.weight = weight

    @property
    def output(self) -> np.ndarray:
        """The output, (D, H, W), a copy."""
        return np.array([panel.drawn for panel in self._record.of("output")])

    @property
    def cursor(self) -> tuple[int, int, int]:
        """Slice, row and column of the selected output cell."""
        return (0, *Seen.cursor.fget(self))[-3:]

    @cursor.setter
    def cursor(self, where) -> None:
        where = inside(where, self.output.shape)
        Seen.cursor.fset(self, where if len(self.output) > 1 else where[1:])

    def window(self) -> np.ndarray:
        """Return the values under the kernel at the selected place, (kd, kh, kw)."""
        return np.reshape(super().window(), self.weight.shape)

    @property
    def parameters(self) -> int:
        """How many numbers a layer with this kernel learns: its taps and a bias."""
        return self.weight.size + 1

    @property
    def macs(self) -> int:
        """How many multiply-adds one volume takes."""
        return int(self.weight.size * self._record.count)

    def more(self) -> dict:
        """Return the counts that stand under the picture."""
        taps, places = self.weight.size, self._record.count
        macs = f"{taps} × {places} = {plural(self.macs, 'multiply-add')}."
        return {"counts": f"{plural(taps, 'weight')} and a bias; {macs}"}

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output."""
        lines = ["import torch", "import torch.nn.functional as F", ""]
        both = {"input": self.input, "weight": self.weight}
        lines += [tensor(name, v[np.newaxis, np.newaxis]) for name, v in both.items()]
        more = [tensor("bias", np.array([self._bias]))] if self._bias else []
        return "\n".join([*lines, *more, f"output = {self._record.torch}", ""])

    def pose(self, number: int):
        """Return the settings of a question, and what is asked about them."""
        return conv3d_quiz.pose(self._volume, number)
