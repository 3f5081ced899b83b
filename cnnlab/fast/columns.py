"""im2col in pieces: windows copied into columns, a few megabytes at a time, one GEMM a piece.

Copies each cell once per tap that reads it, like im2col, but into a buffer that stays in the cache
and is used again. Strided images are dealt out in phases first, so that every copy is one of
neighbours. Small maps share a GEMM: several images' columns stand side by side, and the result is
dealt back to the images. Grouped layers have one GEMM for each group.
"""

from __future__ import annotations

import math

import numpy as np

from .phases import Phases, blocks
from .window import Window
from .workspace import room

COLUMNS = 5 << 19  # bytes of the column buffer, 2.5 MiB
ENOUGH = 256  # columns from which a GEMM runs at full speed


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    filters = weight.reshape(window.groups, len(weight) // window.groups, -1)
    for images, block, columns in _pieces(input, window, output.shape[2:]):
        out = output[images][:, :, *block]
        if len(out) == 1:  # one image's places are one run: the GEMM writes there itself
            np.matmul(filters, columns, out=_run(output, images.start, block, window.groups))
            continue
        product = (filters @ columns).reshape(len(weight), len(out), *out.shape[2:])
        out[...] = product.swapaxes(0, 1)


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add the gradients times the columns that they were made from, piece by piece."""
    total = grad_weight.reshape(window.groups, len(grad_weight) // window.groups, -1)
    for images, block, columns in _pieces(input, window, grad_output.shape[2:]):
        grads = grad_output[images][:, :, *block].swapaxes(0, 1)
        total += grads.reshape(*total.shape[:2], -1) @ columns.swapaxes(1, 2)


def images_at_once(count, positions, taps, itemsize) -> int:
    """Return how many images share a GEMM: one, unless their maps are small."""
    fitting = COLUMNS // (taps * positions * itemsize)
    return max(1, min(count, -(-ENOUGH // positions), fitting))


def _pieces(input, window, places):
    """Yield (images, block of places, columns (groups, taps, columns)) until all is done."""
    N, C, *sizes = input.shape
    taps, positions = C * math.prod(window.kernel_size), math.prod(places)
    together = images_at_once(N, positions, taps, input.itemsize)
    with room() as take:
        phases = Phases((together, C, *sizes), window, window.stride, take, input.dtype)
        cut = blocks(places, max(positions * (together > 1), COLUMNS // (taps * input.itemsize)))
        longest = max(math.prod(s.stop - s.start for s in block) for block in cut)
        buffer = take((taps * together * longest,), input.dtype)
        for first in range(0, N, together):
            images = slice(first, min(first + together, N))
            phases.load(input[images])
            for block in cut:
                count = images.stop - first
                yield images, block, _columns(phases, window, block, count, C, buffer)


def _columns(phases, window, block, count, channels, buffer) -> np.ndarray:
    """Return the columns of a block of places, one copy of the block for each tap."""
    lengths = [s.stop - s.start for s in block]
    size = channels * math.prod(window.kernel_size) * count * math.prod(lengths)
    columns = buffer[:size].reshape(channels, *window.kernel_size, count, *lengths)
    for tap in np.ndindex(*window.kernel_size):
        shift = [t * d for t, d in zip(tap, window.dilation, strict=True)]
        columns[:, *tap] = phases.under(shift, block)[:count].swapaxes(0, 1)
    return columns.reshape(window.groups, -1, count * math.prod(lengths))


def _run(output, image, block, groups) -> np.ndarray:
    """Return a block of one image's places as a matrix for each group, still inside `output`."""
    maps = output[image].reshape(groups, -1, math.prod(output.shape[2:]))
    start = np.ravel_multi_index([s.start for s in block], output.shape[2:])
    return maps[:, :, start : start + math.prod(s.stop - s.start for s in block)]
