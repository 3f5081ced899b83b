"""The gather record of a convolution in three axes: a strip of slices in, a strip of slices out."""

from __future__ import annotations

import numpy as np

from cnnlab import calls, convolution

from .convolving import axis, torch_line, with_words
from .panels import Block, Panel
from .record import Record
from .sizes import formulas, size


def volume_record(input, weight, bias=0.0, stride=1, padding=0, dilation=1) -> Record:
    """Return the record of `cnnlab.conv3d` with one channel, one filter and zeros around.

    Shapes: input (D, H, W), weight (kd, kh, kw). Each slice is a panel, padding slices too.
    Errors: those of `cnnlab.conv3d`.
    Source: cnnlab.sliding; lesson 1.

    >>> record = volume_record(np.ones((3, 4, 4)), np.ones((2, 1, 1)))
    >>> record.count, len(record.gathered(0)[0]), record.flat("output")[:2].tolist()
    (32, 2, [2.0, 2.0])
    """
    x, w = input[np.newaxis], weight[np.newaxis, np.newaxis]
    offset = np.array([bias]) if bias else None
    call = calls.convolution(3, x, w, offset, stride, padding, dilation, 1, "zeros")
    output = convolution.conv3d(x, w, offset, stride, padding, dilation)[0]
    kernel_size, sizes = weight.shape, input.shape
    lines = [
        axis(*row, "zeros")
        for row in zip(sizes, kernel_size, call.stride, call.pads, call.dilation, strict=True)
    ]
    (depths, places, _), (rows, i, top), (cols, j, left) = lines
    nothing = Panel(
        "input", "padding", np.zeros((0, 0)), rows=np.full(len(rows), -1),
        cols=np.full(len(cols), -1),
    )  # fmt: skip
    inputs = [
        nothing if d < 0 else
        Panel("input", f"slice {d}", input[d].astype(float), "", rows, cols, (top, left))
        for d in depths.tolist()
    ]  # fmt: skip
    spread = call.dilation[1:]
    kernels = [Panel("kernel", f"kernel {d}", k, spread=spread) for d, k in enumerate(weight)]
    outputs = [Panel("output", f"output {d}", m) for d, m in enumerate(output)]
    first = len(inputs) + len(kernels)
    blocks = tuple(
        Block(first + n, tuple(under), i, j, tuple(range(len(inputs), first)), float(bias))
        for n, under in enumerate(places)
    )
    record = Record(
        (*inputs, *kernels, *outputs), blocks,
        formula=formulas(sizes, kernel_size, call.stride, call.pads, call.dilation),
        torch=torch_line(3, bool(bias), call, 1, padding, "zeros"),
        extra={"axes": 3, "sizes": [size(sizes), size(output.shape)]},
    )  # fmt: skip
    return with_words(record, 3, call, sizes, kernel_size, output.shape)
