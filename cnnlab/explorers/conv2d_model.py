"""Explorer 1: a kernel slides over a picture, all its settings at once."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments

from . import conv2d_quiz, kernels
from .controls import Knob, choice, slider
from .convolving import convolution_record
from .explorer import Explorer
from .pictures import finite, grey_picture, real
from .record import Record
from .sizes import plural, tensor

YOURS = "yours"


class Conv2d(Explorer):
    """The picture of `cnnlab.conv2d` with one channel; `cnnlab.explore.conv2d` makes it."""

    kind, heading = "conv2d", "Convolution in two axes"
    scripts = ("conv2d.js",)
    controls = (
        slider("kernel_size", "kernel size", 1, 5, "k"),
        slider("stride", "stride", 1, 4, "s"),
        slider("padding", "padding", 0, 4, "p"),
        slider("dilation", "dilation", 1, 3, "d"),
        choice("padding_mode", "padding mode", arguments.PADDING_MODES, "m"),
        choice("kernel", "kernel", (*kernels.NAMES, YOURS)),
    )
    modes = ("explore", "predict", "challenge")
    weighing = ("kernel", "kernel_size")
    data = ("_image", "_own")

    kernel_size = Knob(3)
    stride = Knob(1)
    padding = Knob(1)
    dilation = Knob(1)
    padding_mode = Knob("zeros")
    kernel = Knob("Sobel x")

    def __init__(self, image=None, weight=None, bias=0.0, **settings):
        self._image = grey_picture(image)
        self._bias = real("bias", bias)
        self._own = kernels.sized_kernel("Sobel x", 3)
        if weight is not None:
            settings = {**self._take(weight), **settings}
        super().__init__(**settings)

    def gather(self) -> Record:
        """Return the record of `cnnlab.conv2d` with one input channel and one filter."""
        bias = np.array([self._bias]) if self._bias else None
        return convolution_record(
            self._image[np.newaxis], self._kernel()[np.newaxis, np.newaxis], bias,
            self.stride, self.padding, self.dilation, padding_mode=self.padding_mode,
        )  # fmt: skip

    @property
    def input(self) -> np.ndarray:
        """The picture, without padding; a copy. Assign another to look at that."""
        return self._shown["_image"].copy()

    @input.setter
    def input(self, image) -> None:
        self._free("input")
        self._image = grey_picture(image)
        self._changed()

    @property
    def weight(self) -> np.ndarray:
        """The kernel that is shown, a copy. Assign another, or change cells in the page."""
        return self._record.of("kernel")[0].values.copy()

    @weight.setter
    def weight(self, weight) -> None:
        self._free("weight")
        self.apply(self._take(weight))

    def _take(self, weight) -> dict:
        """Keep a kernel of the learner's; return the settings that show it."""
        weight = finite("weight", weight)
        if weight.ndim != 2 or 0 in weight.shape:
            raise ValueError(
                f"weight must have 2 axes (kh, kw), at least one tap each; got shape {weight.shape}"
            )
        self._own, (high, wide) = weight, weight.shape
        return {"kernel": YOURS, "kernel_size": high if high == wide else (high, wide)}

    def _kernel(self) -> np.ndarray:
        """Return the kernel at the size that the knobs stand at."""
        sizes = arguments.per_axis("kernel_size", self.kernel_size, 2, minimum=1)
        arguments.choice("kernel", self.kernel, (*kernels.NAMES, YOURS))
        if self.kernel == YOURS:
            return self._own.copy() if sizes == self._own.shape else self._resized(sizes)
        return kernels.sized_kernel(self.kernel, max(sizes))[: sizes[0], : sizes[1]]

    def edited(self, tap: int = 0, value: float = 0.0, **_) -> None:
        """Take a kernel cell changed in the page; the kernel is the learner's from then on."""
        if 0 <= tap < self.weight.size:
            weight = self.weight
            weight.flat[tap] = value
            self.weight = weight

    @property
    def parameters(self) -> int:
        """How many numbers a layer with this kernel learns: its taps and a bias."""
        return self._record.of("kernel")[0].values.size + 1

    @property
    def macs(self) -> int:
        """How many multiply-adds one picture takes."""
        return (self.parameters - 1) * self.output.size

    def more(self) -> dict:
        """Return the counts that stand under the picture."""
        weight, output = self._record.of("kernel")[0].values, self.output
        macs = f"{weight.size} × {output.size} = {plural(self.macs, 'multiply-add')}."
        return {"counts": f"{plural(weight.size, 'weight')} and a bias; {macs}"}

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output."""
        kernel = self._record.of("kernel")[0].values
        lines = ["import torch", "import torch.nn.functional as F", ""]
        lines += [tensor("input", self._record.of("input")[0].values[np.newaxis, np.newaxis])]
        lines += [tensor("weight", kernel[np.newaxis, np.newaxis])]
        lines += [tensor("bias", np.array([self._bias]))] if self._bias else []
        return "\n".join([*lines, f"output = {self._record.torch}", ""])

    def pose(self, number: int):
        """Return the settings of a question, and what is asked about them."""
        return conv2d_quiz.pose(self._image, number, self._bias)

    def dare(self, number: int):
        """Return a challenge: a shape to reach, or a picture."""
        return conv2d_quiz.dare(self._image, number, self._bias)

    def _resized(self, sizes):
        return kernels.resized(self._own, max(sizes))[: sizes[0], : sizes[1]]
