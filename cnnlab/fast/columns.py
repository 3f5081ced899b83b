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
ENOUGH = 4096  # places worked on together, so that calling costs little
ALONE = 256  # places from which an image's own GEMM runs at full speed


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    filters = weight.reshape(window.groups, len(weight) // window.groups, -1)
    for images, block, columns in _pieces(input, window, output.shape[2:]):
        if len(columns) == images.stop - images.start:  # the GEMMs write into the output itself
            np.matmul(filters, columns, out=_runs(output[images], block, window.groups))
            continue
        out = output[images][:, :, *block]
        product = (filters @ columns[0]).reshape(len(weight), len(out), *out.shape[2:])
        out[...] = product.swapaxes(0, 1)


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add the gradients times the columns that they were made from, piece by piece."""
    total = grad_weight.reshape(window.groups, len(grad_weight) // window.groups, -1)
    for images, block, columns in _pieces(input, window, grad_output.shape[2:]):
        if len(columns) == images.stop - images.start:
            grads = _runs(grad_output[images], block, window.groups)
        else:
            grads = grad_output[images][:, :, *block].swapaxes(0, 1)
            grads = grads.reshape(1, *total.shape[:2], -1)
        for grad, image in zip(grads, columns, strict=True):
            total += grad @ image.swapaxes(1, 2)


def images_at_once(count, positions, taps, itemsize) -> int:
    """Return how many images are worked on together: one, unless their maps are small."""
    fitting = COLUMNS // (taps * positions * itemsize)
    return max(1, min(count, -(-ENOUGH // positions), fitting))


def _pieces(input, window, places):
    """Yield (images, block of places, columns) until all is done.

    Columns are (images, groups, taps, places), or (1, groups, taps, images * places) of small maps.
    """
    taps = input.shape[1] * math.prod(window.kernel_size)
    positions, column = math.prod(places), taps * input.itemsize
    together = images_at_once(len(input), positions, taps, input.itemsize)
    apart = together == 1 or positions >= ALONE
    cut = blocks(places, max(positions * (together > 1), COLUMNS // column))
    with room() as take:
        shapes = [_shapes(input.shape[1], together, window, block, apart) for block in cut]
        longest = [max(map(math.prod, sizes)) for sizes in zip(*shapes, strict=True)]
        buffers = [take((length,), input.dtype) for length in longest]
        pad = padded_by(window.pads, (together, *input.shape[1:]), take, input.dtype)
        for first in range(0, len(input), together):
            images = slice(first, min(first + together, len(input)))
            cells = pad(input[images])
            for block in cut:
                columns = _columns(cells, window, block, buffers, apart)
                yield (
                    images,
                    block,
                    columns.reshape(
                        len(cells) if apart else 1, window.groups, taps // window.groups, -1
                    ),
                )


def _shapes(channels, images, window, block, apart):
    """Return the shape of a piece's copies, and where there are other axes, of its columns."""
    lengths = [s.stop - s.start for s in block]
    rows = zip(lengths[:-1], window.kernel_size, window.stride, window.dilation, strict=False)
    reach = [(length - 1) * s + (k - 1) * d + 1 for length, k, s, d in rows]
    copies = _ordered(apart, images, (channels, window.kernel_size[-1]), (*reach, lengths[-1]))
    if not reach:
        return [copies]
    return [copies, _ordered(apart, images, (channels, *window.kernel_size), lengths)]


def _ordered(apart, images, taps, cells) -> tuple:
    """Return axes in their order: every image's taps by themselves, or the images side by side."""
    return (images, *taps, *cells) if apart else (*taps, images, *cells)


def _columns(cells, window, block, buffers, apart) -> np.ndarray:
    """Return the columns of a block of places: copies along the last axis, then runs of these."""
    shapes = _shapes(cells.shape[1], len(cells), window, block, apart)
    copies, *columns = (
        buffer[: math.prod(shape)].reshape(shape)
        for buffer, shape in zip(buffers, shapes, strict=True)
    )
    image, channel, *axes = cells.strides
    start = sum(s.start * step * a for s, step, a in zip(block, window.stride, axes, strict=True))
    taps = (channel, window.dilation[-1] * axes[-1])
    along = _ordered(apart, image, taps, (*axes[:-1], window.stride[-1] * axes[-1]))
    copies[...] = strided(cells, copies.shape, along, start)
    if not columns:
        return copies
    order = copies.strides
    image, channel, tap = order[:3] if apart else (order[2], *order[:2])
    shifts = [d * a for d, a in zip(window.dilation[:-1], order[3:-1], strict=True)]
    steps = [s * a for s, a in zip(window.stride[:-1], order[3:-1], strict=True)]
    strides = _ordered(apart, image, (channel, *shifts, tap), (*steps, order[-1]))
    columns[0][...] = strided(copies, columns[0].shape, strides)
    return columns[0]


def _runs(maps, block, groups) -> np.ndarray:
    """Return a block of places, one run, as matrices (N, groups, C / groups, places): a view."""
    start, length = 0, 1
    for cells, places in zip(block, maps.shape[2:], strict=True):
        start, length = start * places + cells.start, length * (cells.stop - cells.start)
    runs = maps.reshape(len(maps), groups, maps.shape[1] // groups, -1)
    return runs[..., start : start + length]
