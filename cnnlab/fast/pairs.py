"""Two rows at a time: kernels of three rows at stride 1, with a third of the products saved.

Two rows of the output, one below the other, read four rows of the input. By the definition that
takes six products of a kernel row and an input row; Winograd's F(2,3) takes four, of sums:

    upper = (d0 - d2) g0 + (d1 + d2) (g0 + g1 + g2) / 2 + (d2 - d1) (g0 - g1 + g2) / 2
    lower = (d1 + d2) (g0 + g1 + g2) / 2 - (d2 - d1) (g0 - g1 + g2) / 2 - (d1 - d3) g2

Each of the four is one GEMM over the channels and the kernel's other axes; the sums of rows are
copied once for each shift along these axes. No factor is larger than 1 and no cell counts outside
its own windows, so the result is about as exact as the definition's. Works on bands of rows, some
filters and channels at a time, in about 4 MiB more than laying out the padded input would take.
Small maps of several images share GEMMs, the images along the last axis, so that runs are long.

Source: Lavin and Gray 2016, Fast Algorithms for Convolutional Neural Networks; lesson 09.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .layout import cut, even, front
from .products import multiply
from .window import Window
from .workspace import room

MEMORY = 7 << 19  # bytes beyond those of the padded input, 3.5 MiB
KERNELS = 3 << 20  # most bytes of mixed kernels at a time
BAND = 3 << 20  # most bytes of a band of rows and all that is made of it
FILTERS = 256  # from which a GEMM runs at full speed
FEW = 32  # filters whose kernels are mixed together, while they are in the cache
ENOUGH = 2048  # places worked on together, so that calling costs little


class _Work(NamedTuple):
    """How much is worked on at a time, and the buffers for it."""

    window: Window
    filters: int  # of each group at a time
    channels: int  # of each group at a time
    images: int
    pairs: int  # of rows
    sizes: list[int]  # of the padded axes but the first
    places: tuple[int, ...]  # along the axes but the first
    kernels: np.ndarray
    rows: np.ndarray
    sums: np.ndarray
    columns: np.ndarray
    products: np.ndarray


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    kernels = weight.reshape(window.groups, -1, *weight.shape[1:])
    cells = input.reshape(len(input), window.groups, -1, *input.shape[2:])
    maps = output.reshape(len(output), window.groups, -1, *output.shape[2:])
    with room() as take:
        work = _work(cells, kernels, window, maps, take)
        for filters in cut(kernels.shape[1], work.filters):
            for channels in cut(kernels.shape[2], work.channels):
                mixed = _mixed_kernels(kernels[:, filters, channels], work.kernels)
                for images in cut(len(input), work.images):
                    out = np.moveaxis(maps[images, :, filters], 0, -1)
                    some = np.moveaxis(cells[images, :, channels], 0, -1)
                    work.rows[...] = 0  # the padding of these images
                    _add(some, mixed, out, work, channels.start > 0)


def _add(cells, kernels, output, work, more) -> None:
    """Write what some channels (groups, C, *sizes, images) make, or add it to what is there."""
    gap = work.window.dilation[0]
    for lane in range(min(gap, output.shape[2])):  # rows that read the same rows
        out = output[:, :, lane::gap]
        for pairs in cut(-(-out.shape[2] // 2), work.pairs):
            rows = range(2 * gap * pairs.start + lane, 2 * gap * (pairs.stop + 1) + lane, gap)
            columns = _columns(_rows(cells, rows, work), work)
            products = front(work.products, (4, *kernels.shape[1:3], columns.shape[-1]))
            multiply(kernels, columns, products)
            count = pairs.stop - pairs.start
            products = products.reshape(*products.shape[:3], count, *out.shape[3:])
            _deal(products, out[:, :, 2 * pairs.start : 2 * pairs.stop], more)


def _mixed_kernels(weight, buffer) -> np.ndarray:
    """Return the four sums of kernel rows, of weights (groups, filters, channels, 3, *kernel)."""
    rows = np.moveaxis(weight, (3, 2), (0, -1))  # long runs: channels last
    mixed, half = front(buffer, (4, *rows.shape[1:])), buffer.dtype.type(0.5)
    for part in cut(rows.shape[2], FEW):
        top, both, odd, bottom = mixed[:, :, part]
        middle = np.empty(odd.shape, odd.dtype)
        top[...], middle[...], bottom[...] = rows[:, :, part]
        np.add(top, bottom, out=both)
        both *= half
        middle *= half
        np.subtract(both, middle, out=odd)
        both += middle
    return mixed.reshape(4, *rows.shape[1:3], -1)


def _rows(cells, rows, work) -> np.ndarray:
    """Return rows of the padded images (groups, C, rows, *padded sizes, images), laid out."""
    (before, _), *pads = work.window.pads
    size, count = cells.shape[2], cells.shape[-1]
    padded = front(work.rows, (*cells.shape[:2], 2 * work.pairs + 2, *work.sizes, count))
    first = max(0, -((rows.start - before) // rows.step))  # the first that is not padding
    real = range(rows.start - before, min(rows.stop - before, size), rows.step)[first:]
    inside = [slice(b, b + n) for (b, _), n in zip(pads, cells.shape[3:-1], strict=True)]
    padded[:, :, :first] = padded[:, :, first + len(real) : len(rows)] = 0
    for image in range(count if real else 0):
        images = cells[:, :, real.start : real.stop : real.step, ..., image]
        padded[:, :, first : first + len(real), *inside, image] = images
    return padded[:, :, : len(rows)]


def _columns(rows, work) -> np.ndarray:
    """Return the four sums of rows, copied for each shift along the other axes, as matrices."""
    pairs, window = rows.shape[2] // 2 - 1, work.window
    d0, d1, d2, d3 = (rows[:, :, i : i + 2 * pairs : 2] for i in range(4))
    sums = front(work.sums, (4, *d0.shape))
    np.subtract(d0, d2, out=sums[0])
    np.add(d1, d2, out=sums[1])
    np.subtract(d2, d1, out=sums[2])
    np.subtract(d1, d3, out=sums[3])
    kernel = window.kernel_size[1:]
    shape = (4, len(rows), *kernel, rows.shape[1], pairs, *work.places, rows.shape[-1])
    columns = front(work.columns, shape)
    for tap in np.ndindex(*kernel):
        axes = zip(tap, window.dilation[1:], window.stride[1:], work.places, strict=True)
        under = [slice(t * d, t * d + (p - 1) * s + 1, s) for t, d, s, p in axes]
        columns[:, :, *tap] = sums[:, :, :, :, *under]
    return columns.reshape(4, len(rows), math.prod(kernel) * rows.shape[1], -1)


def _deal(products, output, more) -> None:
    """Write pairs of rows, or add them to what is there; the last pair may lack its lower row."""
    upper, lower = output[:, :, ::2], output[:, :, 1::2]
    products[0] += products[1]
    products[1] -= products[2]
    first, second, third, fourth = products
    second, fourth = (p[:, :, : lower.shape[2]] for p in (second, fourth))
    if not more:
        np.add(first, third, out=upper)
        np.subtract(second, fourth, out=lower)
        return
    first += third
    second -= fourth
    upper += first
    lower += second


def _work(cells, kernels, window, maps, take) -> _Work:
    """Return a division of the work into parts that fit the memory, and the buffers for it."""
    groups, itemsize = window.groups, cells.itemsize
    sizes = [n + b + a for n, (b, a) in zip(cells.shape[4:], window.pads[1:], strict=True)]
    places, taps = maps.shape[4:], math.prod(window.kernel_size[1:])
    images = even(len(cells), ENOUGH // math.prod(maps.shape[3:]))
    row, wide = images * math.prod(places), images * math.prod(sizes)
    padded = cells[:images].size // math.prod(cells.shape[4:]) * math.prod(sizes)
    memory = MEMORY + padded * itemsize
    one = 4 * groups * taps * itemsize  # bytes of the mixed kernels of one channel and filter
    made, read = 4 * groups * itemsize * row, 4 * groups * itemsize * (taps * row + 2 * wide)
    filters = even(kernels.shape[1], min(FILTERS, memory // 2 // made))
    fitting = (memory - made * filters) // (one * filters + read)  # with a single pair
    most = min(KERNELS, memory // 2) // (one * filters)
    channels = even(kernels.shape[2], min(most, fitting))
    pair = made * filters + read * channels
    most = min(BAND, memory - one * filters * channels) // pair
    pairs = even(-(-maps.shape[3] // (2 * window.dilation[0])), most)
    lengths = [
        4 * groups * filters * taps * channels,
        groups * channels * (2 * pairs + 2) * wide,
        4 * groups * channels * pairs * wide,
        4 * groups * taps * channels * pairs * row,
        4 * groups * filters * pairs * row,
    ]
    buffers = [take((length,), cells.dtype) for length in lengths]
    return _Work(window, filters, channels, images, pairs, sizes, places, *buffers)
