"""im2col in two steps and in pieces: shifts along the last axis first, all others as whole runs.

A piece of the output needs a few rows of the input. They are copied once for each shift along the
last axis (3 times for a 3x3 kernel); the shifts along the other axes are the same cells some rows
further on, so the columns are made from these copies run by run, at the speed of memory. Then one
GEMM a piece and group. The pieces' columns stay in the cache (2.25 MiB). Small maps share a GEMM:
several images' columns stand side by side, and the result is dealt back to the images.
"""

from __future__ import annotations

import math

import numpy as np

from .layout import blocks, padded_by, strided
from .window import Window
from .workspace import room

COLUMNS = 9 << 18  # bytes of the columns of a piece, 2.25 MiB
ENOUGH = 4096  # columns from which a GEMM runs at full speed, calling it included


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    filters = weight.reshape(window.groups, len(weight) // window.groups, -1)
    for images, block, columns in _pieces(input, window, output.shape[2:]):
        if images.stop - images.start == 1:  # its places are one run: the GEMM writes there itself
            np.matmul(filters, columns, out=_run(output, images.start, block, window.groups))
            continue
        out = output[images][:, :, *block]
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
    taps = input.shape[1] * math.prod(window.kernel_size)
    positions, column = math.prod(places), taps * input.itemsize
    together = images_at_once(len(input), positions, taps, input.itemsize)
    cut = blocks(places, max(positions * (together > 1), COLUMNS // column))
    with room() as take:
        shapes = [_shapes(input.shape[1], together, window, block) for block in cut]
        buffers = [
            take((max(map(math.prod, sizes)),), input.dtype) for sizes in zip(*shapes, strict=True)
        ]
        pad = padded_by(window.pads, (together, *input.shape[1:]), take, input.dtype)
        for first in range(0, len(input), together):
            images = slice(first, min(first + together, len(input)))
            cells = pad(input[images])
            for block in cut:
                yield images, block, _columns(cells, window, block, buffers)


def _shapes(channels, images, window, block):
    """Return the shape of a piece's copies, and where there are other axes, of its columns."""
    lengths = [s.stop - s.start for s in block]
    last = channels, window.kernel_size[-1], images
    rows = zip(lengths[:-1], window.kernel_size, window.stride, window.dilation, strict=False)
    reach = [(length - 1) * s + (k - 1) * d + 1 for length, k, s, d in rows]
    copies = (*last, *reach, lengths[-1])
    return [copies, (channels, *window.kernel_size, images, *lengths)] if reach else [copies]


def _columns(cells, window, block, buffers) -> np.ndarray:
    """Return the columns of a block of places: copies along the last axis, then runs of these."""
    shapes = _shapes(cells.shape[1], len(cells), window, block)
    copies, *columns = (
        buffer[: math.prod(shape)].reshape(shape)
        for buffer, shape in zip(buffers, shapes, strict=True)
    )
    image, channel, *axes = cells.strides
    start = sum(s.start * step * a for s, step, a in zip(block, window.stride, axes, strict=True))
    along = window.dilation[-1] * axes[-1], image, *axes[:-1], window.stride[-1] * axes[-1]
    copies[...] = strided(cells, copies.shape, (channel, *along), start)
    for made in columns:
        channel, tap, image, *axes = copies.strides
        shifts = [d * a for d, a in zip(window.dilation[:-1], axes[:-1], strict=True)]
        steps = [s * a for s, a in zip(window.stride[:-1], axes[:-1], strict=True)]
        strides = (channel, *shifts, tap, image, *steps, axes[-1])
        copies = strided(copies, made.shape, strides)
        made[...] = copies
        copies = made
    return copies.reshape(window.groups, -1, math.prod(copies.shape[-len(block) - 1 :]))


def _run(output, image, block, groups) -> np.ndarray:
    """Return a block of one image's places as a matrix for each group, still inside `output`."""
    maps = output[image].reshape(groups, output.shape[1] // groups, -1)
    start, length = 0, 1
    for cells, places in zip(block, output.shape[2:], strict=True):
        start, length = start * places + cells.start, length * (cells.stop - cells.start)
    return maps[:, :, start : start + length]
