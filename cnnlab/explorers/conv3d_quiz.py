"""What the conv3d explorer asks: the shape of the output, with the slips of three axes."""

from __future__ import annotations

import numpy as np

from cnnlab import sliding

from .kernels import BLOCK_NAMES
from .quiz import Question, shaped, slips, sought
from .sizes import formulas, size


def pose(volume, number: int) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and the question.

    Errors: NothingToAskError for volumes too small for a kernel whose depth is not its height.
    """
    rng = np.random.default_rng(4000 + number)

    def attempt():
        settings = {
            "kernel": str(rng.choice(BLOCK_NAMES)),
            "kernel_depth": 2 if number == 0 else int(rng.integers(1, 4)),
            "kernel_size": 3 if number == 0 else int(rng.integers(1, 4)),
            "stride": 1 if number < 2 else int(rng.integers(1, 3)),
            "padding": 0 if number < 1 else int(rng.integers(0, 2)),
            "dilation": 1,
        }
        deep, wide = settings["kernel_depth"], settings["kernel_size"]
        if deep == wide or deep > volume.shape[0] or wide > min(volume.shape[1:]):
            return None
        return settings, [_shape(volume.shape, **settings)]

    return sought("question", shaped("volume", volume), attempt)


def _shape(sizes, kernel_depth, kernel_size, stride, padding, **_) -> Question:
    taps = (kernel_depth, kernel_size, kernel_size)

    def places(taps=taps, stride=(stride,) * 3, padding=padding):
        rows = zip(sizes, taps, stride, strict=True)
        try:
            return size([sliding.output_size(n, k, s, padding) for n, k, s in rows])
        except ValueError:  # a mistake that doesn't fit is none
            return answer

    answer = ""
    answer = places()
    mistakes = [
        (places((1, kernel_size, kernel_size), (1, stride, stride)),
         "That leaves the depth as it is; the kernel slides along it too."),
        (answer.partition("×")[2],
         "That is what conv2d gives, which adds over the slices: no depth is left."),
        (places((kernel_size, kernel_size, kernel_depth)),
         "The kernel's depth comes first: depth, height, width."),
        (places((kernel_size,) * 3), f"The kernel is {kernel_depth} deep, not {kernel_size}."),
        (places(stride=(1, 1, 1)), f"That is the size at stride 1; the kernel moves by {stride}."),
        (places(padding=0), f"That leaves out the padding: {padding} on both sides of each axis."),
        (size(sizes), "That is the size of the volume."),
    ]  # fmt: skip
    pads = [(padding, padding)] * 3
    because = "; ".join(formulas(sizes, taps, (stride,) * 3, pads, (1, 1, 1)))
    text = (
        f"A volume {size(sizes)} and a kernel {size(taps)}, stride {stride}, padding {padding}. "
        "Which size has the output? Type depth × height × width."
    )
    return Question("shape", text, answer, slips(answer, mistakes), because)
