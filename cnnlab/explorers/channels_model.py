"""Explorer 6: one output value of a colour photo, channel by channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlab import arguments

from . import channels_quiz, kernels
from .channels_parts import FILTERS, YOURS, built, four_axes, square
from .controls import Knob, choice, slider
from .convolving import convolution_record
from .explorer import Explorer
from .pictures import colour_picture, real
from .record import Record
from .sizes import tensor


class Channels(Explorer):
    """The picture of `cnnlab.conv2d` on a colour photo; `cnnlab.explore.channels` makes it."""

    kind, heading = "channels", "Channels: from a colour photo to feature maps"
    scripts = ("channels.js",)
    controls = (
        choice("filters", "filters", (*FILTERS, YOURS), "l"),
        slider("kernel_size", "kernel size", 1, 5, "k", 2),
        slider("stride", "stride", 1, 3, "s"),
        slider("padding", "padding", 0, 2, "p"),
        slider("bias", "bias", -1, 1, "b", 0.25),
    )
    modes = ("explore", "predict")
    weighing = ("filters", "kernel_size")
    data = ("_photo", "_own")

    filters = Knob("red, edges")
    kernel_size = Knob(3)
    stride = Knob(1)
    padding = Knob(0)
    bias = Knob(0.0)

    def __init__(self, photo=None, weight=None, **settings):
        self._photo = colour_picture(photo)
        self._own = built("red, edges", 3)
        if weight is not None:
            self._own = four_axes(weight)
            settings = {"filters": YOURS, "kernel_size": square(self._own), **settings}
        super().__init__(**settings)

    def gather(self) -> Record:
        """Return the record of `cnnlab.conv2d` with three channels and a bias for each filter."""
        weight, bias = self._filters(), real("bias", self.bias)
        record = convolution_record(
            self._photo, weight, np.full(len(weight), bias), self.stride, self.padding
        )
        words = f"Channels explorer: photo {self._photo.shape[1]}x{self._photo.shape[2]}x3, "
        words += f"weight {'x'.join(map(str, weight.shape))} -> {len(weight)} feature map"
        return replace(record, sentence=words + "s" * (len(weight) > 1))

    @property
    def input(self) -> np.ndarray:
        """The photo as the layer gets it, (3, H, W), a copy. Assign another photo (H, W, 3)."""
        return self._shown["_photo"].copy()

    @input.setter
    def input(self, photo) -> None:
        self._free("input")
        self._photo = colour_picture(photo)
        self._changed()

    @property
    def weight(self) -> np.ndarray:
        """The filters, (filters, 3, kh, kw), a copy. Assign others, or change cells in the page."""
        kernels = np.array([panel.values for panel in self._record.of("kernel")])
        return kernels.reshape(-1, len(self.input), *kernels.shape[1:])

    @weight.setter
    def weight(self, weight) -> None:
        self._free("weight")
        self._own = four_axes(weight)
        self.apply({"filters": YOURS, "kernel_size": square(self._own)})

    def _filters(self) -> np.ndarray:
        """Return the filters at the size that the knobs stand at."""
        sizes = arguments.per_axis("kernel_size", self.kernel_size, 2, minimum=1)
        arguments.choice("filters", self.filters, (*FILTERS, YOURS))
        if self.filters != YOURS:
            return built(self.filters, max(sizes))[..., : sizes[0], : sizes[1]]
        if sizes == self._own.shape[2:]:
            return self._own.copy()
        grown = [[kernels.resized(k, max(sizes)) for k in one] for one in self._own]
        return np.array(grown)[..., : sizes[0], : sizes[1]]

    def edited(self, tap=None, value=0.0, **_) -> None:
        """Take a weight changed in the page; the filters are the learner's from then on."""
        weight = self.weight
        if tap is not None and 0 <= tap < weight.size:
            weight.flat[tap] = value
            self.weight = weight

    def sums(self) -> np.ndarray:
        """Return what each channel gives to the selected output value, (3,), without the bias."""
        products = [term["product"] for term in self.terms()]
        return np.reshape(products, (3, -1)).sum(axis=1)

    @property
    def parameters(self) -> int:
        """How many numbers the layer learns: the weights, and a bias for each filter."""
        filters = len(self._record.of("output"))
        return sum(panel.values.size for panel in self._record.of("kernel")) + filters

    @property
    def macs(self) -> int:
        """How many multiply-adds the photo takes."""
        filters = len(self._record.of("output"))
        return (self.parameters // filters - 1) * self.output.size

    def more(self) -> dict:
        """Return the counts that stand under the picture."""
        filters = self._record.of("output")
        taps = self._record.of("kernel")[0].values.size
        weights = f"{len(filters)} × (3 × {taps} + 1) = {len(filters) * (3 * taps + 1)}"
        return {"counts": f"One output value reads 3 × {taps} cells. Parameters: {weights}."}

    def torch_code(self) -> str:
        """Return a program for torch that computes the same maps."""
        bias = [block.bias for block in self._record.blocks]
        lines = ["import torch", "import torch.nn.functional as F", ""]
        lines += [tensor("input", self.input[np.newaxis]), tensor("weight", self.weight)]
        lines += [tensor("bias", np.array(bias))]
        return "\n".join([*lines, f"output = {self._record.torch}", ""])

    def pose(self, number: int):
        """Return the settings of a question, and what is asked about them."""
        return channels_quiz.pose(self._photo, number)
