"""Explorer 5: a kernel slides along a signal whose bars can be dragged."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments

from . import kernels
from .controls import Knob, choice, slider
from .convolving import convolution_record
from .explorer import Explorer
from .pictures import axis_of, line_of_numbers, real
from .record import Record
from .seeing import Seen, inside
from .sizes import plural, tensor

YOURS = "yours"


class Conv1d(Explorer):
    """The picture of `cnnlab.conv1d` with one channel; `cnnlab.explore.conv1d` makes it."""

    kind, heading = "conv1d", "Convolution along one axis"
    scripts = ("conv1d.js",)
    controls = (
        slider("kernel_size", "kernel size", 1, 5, "k"),
        slider("stride", "stride", 1, 4, "s"),
        slider("padding", "padding", 0, 4, "p"),
        slider("dilation", "dilation", 1, 3, "d"),
        choice("padding_mode", "padding mode", arguments.PADDING_MODES, "m"),
        choice("kernel", "kernel", (*kernels.LINE_NAMES, YOURS)),
    )
    own_keys = (
        ("Enter", "go to the bars, once more to the kernel"),
        ("← → ↑ ↓", "at the bars: choose one, change its value"),
    )
    weighing = ("kernel", "kernel_size")
    data = ("_signal", "_axis", "_own")

    kernel_size = Knob(2)
    stride = Knob(1)
    padding = Knob(0)
    dilation = Knob(1)
    padding_mode = Knob("zeros")
    kernel = Knob("difference")

    def __init__(self, signal=None, weight=None, bias=0.0, **settings):
        self._signal = line_of_numbers("signal", signal)
        self._axis = axis_of(self._signal)
        self._bias = real("bias", bias)
        self._own = kernels.line_kernel("difference", 2)
        if weight is not None:
            self._own = line_of_numbers("weight", weight)
            settings = {"kernel": YOURS, "kernel_size": len(self._own), **settings}
        super().__init__(**settings)

    def gather(self) -> Record:
        """Return the record of `cnnlab.conv1d` with one input channel and one filter."""
        bias = np.array([self._bias]) if self._bias else None
        return convolution_record(
            self._signal[np.newaxis], self._kernel()[np.newaxis, np.newaxis], bias,
            self.stride, self.padding, self.dilation, padding_mode=self.padding_mode,
        )  # fmt: skip

    @property
    def input(self) -> np.ndarray:
        """The signal, without padding; a copy. Assign another, or drag its bars in the page."""
        return self._shown["_signal"].copy()

    @input.setter
    def input(self, signal) -> None:
        self._signal = line_of_numbers("signal", signal)
        self._axis = axis_of(self._signal)
        self._changed()

    @property
    def weight(self) -> np.ndarray:
        """The kernel that is shown, a copy. Assign another, or change taps in the page."""
        return self._record.of("kernel")[0].values[0].copy()

    @weight.setter
    def weight(self, weight) -> None:
        self._own = line_of_numbers("weight", weight)
        self.apply({"kernel": YOURS, "kernel_size": len(self._own)})

    def _kernel(self) -> np.ndarray:
        """Return the kernel at the size that the knobs stand at."""
        (size,) = arguments.per_axis("kernel_size", self.kernel_size, 1, minimum=1)
        arguments.choice("kernel", self.kernel, (*kernels.LINE_NAMES, YOURS))
        if self.kernel == YOURS:
            return kernels.resized_line(self._own, size)
        return kernels.line_kernel(self.kernel, size)

    def edited(self, tap=None, cell=None, value=0.0, **_) -> None:
        """Take a bar of the signal (`cell`) or a tap of the kernel as it was set in the page."""
        if cell is not None and 0 <= cell < len(self.input):
            self._signal = self.input
            self._signal[cell] = value
            if not self._axis[0] <= value <= self._axis[1]:
                self._axis = axis_of(self._signal)
            self._changed()
        elif tap is not None and 0 <= tap < self.weight.size:
            weight = self.weight
            weight[tap] = value
            self.weight = weight

    @property
    def output(self) -> np.ndarray:
        """The output, (L,), a copy."""
        return super().output[0]

    @property
    def cursor(self) -> tuple[int]:
        """The place of the selected output value; assign (i,) or i."""
        return Seen.cursor.fget(self)[-1:]

    @cursor.setter
    def cursor(self, where) -> None:
        Seen.cursor.fset(self, (0, *inside(where, self.output.shape)))

    def window(self) -> np.ndarray:
        """Return the values under the kernel at the selected place, padding included."""
        return super().window()[0]

    @property
    def parameters(self) -> int:
        """How many numbers a layer with this kernel learns: its taps and a bias."""
        return self._record.of("kernel")[0].values.size + 1

    @property
    def macs(self) -> int:
        """How many multiply-adds one signal takes."""
        return (self.parameters - 1) * self.output.size

    def more(self) -> dict:
        """Return the counts that stand under the picture, and the axis of the bars."""
        taps, places = self._record.of("kernel")[0].values.size, self._record.count
        macs = f"{taps} × {places} = {plural(self.macs, 'multiply-add')}."
        return {
            "counts": f"{plural(taps, 'weight')} and a bias; {macs}",
            "axis": self._shown["_axis"],
            "axes": 1,
        }

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output."""
        lines = ["import torch", "import torch.nn.functional as F", ""]
        for name, role in (("input", "input"), ("weight", "kernel")):
            lines += [tensor(name, self._record.of(role)[0].values[np.newaxis])]
        lines += [tensor("bias", np.array([self._bias]))] if self._bias else []
        return "\n".join([*lines, f"output = {self._record.torch}", ""])
