"""im2col in two steps and in pieces: shifts along the last axis first, all others as whole runs.

A piece of the output needs a few rows of the input. They are copied once for each shift along the
last axis (3 times for a 3x3 kernel); the shifts along the other axes are the same cells some rows
further on, so the columns are made from these copies run by run, at the speed of memory. Where the
copies would be more than half of the columns, as for small kernels with a stride, the columns are
made from the input in one step. Then one GEMM a piece and group. The pieces' columns stay in the
cache (2.25 MiB). Small maps share a GEMM: several images' columns stand side by side, and the
result is dealt back to the images. How the pieces are made is remembered from call to call.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from .layout import blocks, cut, front, padded_by, strided
from .products import multiply
from .window import Window
from .workspace import room

COLUMNS = 9 << 18  # bytes of the columns of a piece, 2.25 MiB
PRODUCTS = 7 << 16  # bytes of what several images' columns make before it is dealt back
ENOUGH = 4096  # places worked on together, so that calling costs little
ALONE = 256  # places from which an image's own GEMM runs at full speed


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    filters = weight.reshape(window.groups, len(weight) // window.groups, -1)
    for images, block, columns in _pieces(input, window, output.shape[2:]):
        if len(columns) == images.stop - images.start:  # the GEMMs write into the output itself
            multiply(filters, columns, _runs(output[images], block, window.groups))
            continue
        _deal(filters, columns[0], output[images])


def _deal(filters, columns, output) -> None:
    """Write the products with columns of several images, side by side, to these images."""
    maps = output.reshape(len(output), *filters.shape[:2], -1)
    places = len(filters) * columns.shape[-1]
    parts = cut(filters.shape[1], PRODUCTS // (places * columns.itemsize))
    buffer = np.empty((parts[0].stop * places,), columns.dtype)
    for part in parts:
        shape = (len(filters), part.stop - part.start, columns.shape[-1])
        products = np.matmul(filters[:, part], columns, out=front(buffer, shape))
        maps[:, :, part] = np.moveaxis(products.reshape(*shape[:2], len(output), -1), 2, 0)


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
    positions = math.prod(places)
    together = images_at_once(len(input), positions, taps, input.itemsize)
    with room() as take:
        shape = (together, *input.shape[1:])
        plan = _plan(shape, window, places, input.itemsize, together > 1)
        buffers = [take((max(lengths),), input.dtype) for lengths in plan.lengths]
        pad = padded_by(window.pads, shape, take, input.dtype)
        for first in range(0, len(input), together):
            images = slice(first, min(first + together, len(input)))
            cells = pad(input[images])
            if len(cells) < together:
                rest = (len(cells), *input.shape[1:])
                plan = _plan(rest, window, places, input.itemsize, together > 1)
            for block, *steps in plan.pieces:
                source = cells
                for buffer, (length, shape, strides, start) in zip(buffers, steps, strict=True):
                    copied = buffer[:length].reshape(shape)
                    copied[...] = strided(source, shape, strides, start)
                    source = copied
                yield images, block, source.reshape(plan.matrices)


class _Plan(NamedTuple):
    """What is copied, piece by piece: numbers only, remembered from call to call."""

    matrices: tuple[int, ...]  # (images or 1, groups, taps, -1)
    pieces: list[tuple]  # (block, *steps), steps (length, shape, strides and start in bytes)
    lengths: list[list[int]]  # of what each step copies, for each piece


@functools.lru_cache(maxsize=64)
def _plan(shape, window, places, itemsize, share) -> _Plan:
    """Return how the columns of images (N, C, *sizes) are made, if need be in a shared GEMM."""
    images, channels, *sizes = shape
    taps, positions = channels * math.prod(window.kernel_size), math.prod(places)
    apart = not share or positions >= ALONE
    most = max(positions * share, COLUMNS // (taps * itemsize))
    padded = [n + b + a for n, (b, a) in zip(sizes, window.pads, strict=True)]
    cells = _strides((images, channels, *padded), itemsize)
    several = blocks(places, most)
    twice = _twice(window, several[0])
    how = (images, channels, cells, window)
    pieces = [(block, *_steps(*how, block, apart, twice)) for block in several]
    lengths = [[step[0] for step in steps] for steps in zip(*(p[1:] for p in pieces), strict=True)]
    groups = (images if apart else 1, window.groups, taps // window.groups, -1)
    return _Plan(groups, pieces, lengths)


def _twice(window, block) -> bool:
    """Return whether copies along the last axis first are at most half as long as the columns."""
    lengths = [s.stop - s.start for s in block[:-1]]
    copied = math.prod(_reach(window, lengths))
    return 2 * copied <= math.prod(lengths) * math.prod(window.kernel_size[:-1])


def _reach(window, lengths) -> list[int]:
    """Return how many rows so many places read, for each axis but the last."""
    axes = zip(lengths, window.kernel_size, window.stride, window.dilation, strict=False)
    return [(length - 1) * s + (k - 1) * d + 1 for length, k, s, d in axes]


def _steps(images, channels, cells, window, block, apart, twice) -> list[tuple]:
    """Return the copies that make the columns of a block of places: one, or two.

    Each is (length, shape, strides, start); `cells` are the strides of the padded images.
    """
    image, channel, *axes = cells
    lengths = [s.stop - s.start for s in block]
    gaps = [d * a for d, a in zip(window.dilation, axes, strict=True)]
    moves = [s * a for s, a in zip(window.stride, axes, strict=True)]
    start = sum(s.start * move for s, move in zip(block, moves, strict=True))
    columns = _ordered(apart, images, (channels, *window.kernel_size), lengths)
    if not twice:
        runs = _ordered(apart, image, (channel, *gaps), moves)
        return [(math.prod(columns), columns, runs, start)]
    reach = _reach(window, lengths[:-1])
    copies = _ordered(apart, images, (channels, window.kernel_size[-1]), (*reach, lengths[-1]))
    along = _ordered(apart, image, (channel, gaps[-1]), (*axes[:-1], moves[-1]))
    order = _strides(copies, axes[-1])
    image, channel, tap = order[:3] if apart else (order[2], *order[:2])
    gaps = [d * a for d, a in zip(window.dilation[:-1], order[3:-1], strict=True)]
    moves = [s * a for s, a in zip(window.stride[:-1], order[3:-1], strict=True)]
    runs = _ordered(apart, image, (channel, *gaps, tap), (*moves, order[-1]))
    return [(math.prod(copies), copies, along, start), (math.prod(columns), columns, runs, 0)]


def _strides(shape, itemsize) -> list[int]:
    """Return the bytes from one item to the next of each axis of a contiguous array."""
    return [itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _ordered(apart, images, taps, cells) -> tuple:
    """Return axes in their order: every image's taps by themselves, or the images side by side."""
    return (images, *taps, *cells) if apart else (*taps, images, *cells)


def _runs(maps, block, groups) -> np.ndarray:
    """Return a block of places, one run, as matrices (N, groups, C / groups, places): a view."""
    start, length = 0, 1
    for cells, places in zip(block, maps.shape[2:], strict=True):
        start, length = start * places + cells.start, length * (cells.stop - cells.start)
    runs = maps.reshape(len(maps), groups, maps.shape[1] // groups, -1)
    return runs[..., start : start + length]
