"""Kernel rows as free offsets: copy only what the shifts along the other axes need.

A map written row after row, moved down by one kernel row, is the same memory read one row further
on. So the input is copied once for each shift along the width (3 times for a 3x3 kernel, where
im2col copies 9 times), and each kernel row is one GEMM on the same buffer, read further and further
on; their results are added up. Works in bands of rows, which stay in the cache.
"""

from __future__ import annotations

import math

import numpy as np

from .layout import blocks, front
from .phases import Phases
from .products import multiply
from .window import Window
from .workspace import room

BAND = 13 << 18  # bytes of the kernels, the copies of a band and a product, 3.25 MiB


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places): one GEMM a kernel row."""
    with room() as take:
        rows = _kernel_rows(weight, window.groups)
        kernels = take(rows.shape, weight.dtype)
        kernels[...] = rows
        kernels = kernels.reshape(*rows.shape[:3], -1)
        bands = _bands(input, window, output.shape[2:], take, weight)
        for image, band, moved, spare in bands:
            out = output[image].reshape(*kernels.shape[1:3], -1)[:, :, band]
            product = front(spare, out.shape)
            multiply(kernels[0], moved[0], out)
            for filters, cells in zip(kernels[1:], moved[1:], strict=True):
                multiply(filters, cells, product)
                out += product


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add, for each kernel row, the gradients times the copies of the input moved by that row."""
    rows = _kernel_rows(grad_weight, window.groups)
    total = np.zeros((*rows.shape[:3], rows[0, 0, 0].size), rows.dtype)
    with room() as take:
        for image, band, moved, _ in _bands(input, window, grad_output.shape[2:], take):
            grads = grad_output[image].reshape(*total.shape[1:3], -1)[:, :, band]
            for gradient, cells in zip(total, moved, strict=True):
                gradient += grads @ cells.swapaxes(1, 2)
    rows += total.reshape(rows.shape)


def _kernel_rows(weight, groups) -> np.ndarray:
    """Return the weight as (rows, groups, C_out / groups, *others, C_in / groups): a view.

    The channels come last among the taps: copied in runs as long as that, not as short as a row.
    """
    by_group = weight.reshape(groups, -1, *weight.shape[1:])
    return np.moveaxis(by_group, (3, 2), (0, -1))


def _bands(input, window, places, take, weight=None):
    """Yield (image, run of its places, copies moved by each kernel row, room for a product).

    Bands are as high as leaves room for the products with a weight, if there are any.
    """
    channels, *sizes = input.shape[1:]
    height, width = window.kernel_size[0], math.prod(places[1:])
    reach = window.dilation[0] * (height - 1) // window.stride[0]
    taps = len(_row_phases(window)) * channels * math.prod(window.kernel_size[1:])
    filters, kernels = (0, 0) if weight is None else (len(weight), weight.size)
    free = BAND // input.itemsize - kernels - reach * taps * width
    rows = max(1, free // ((taps + filters) * width))
    bands = [band for band, *_ in blocks(places, rows * width)]
    most = max(band.stop - band.start for band in bands)
    buffer = take((taps * (most + reach) * width,), input.dtype)
    spare = take((filters * most * width,), input.dtype)
    phases = Phases((1, channels, *sizes), window, window.stride, take, input.dtype)
    for image, pixels in enumerate(input):
        phases.load(pixels[np.newaxis])
        for band in bands:
            copies = _copies(phases, window, band.start, band.stop + reach, places, buffer)
            moved = _moved(copies, window, (band.stop - band.start) * width, width)
            yield image, slice(band.start * width, band.stop * width), moved, spare


def _row_phases(window) -> list[int]:
    """Return which phases of the rows are read: all the same one where every row is visited."""
    rows = range(window.kernel_size[0])
    return sorted({row * window.dilation[0] % window.stride[0] for row in rows})


def _copies(phases, window, start, stop, places, buffer) -> np.ndarray:
    """Return the rows start to stop, a copy for each shift along the other axes, as matrices."""
    firsts, kernel = _row_phases(window), window.kernel_size[1:]
    block = (slice(start, stop), *(slice(0, p) for p in places[1:]))
    by_group = (window.groups, phases.channels // window.groups)
    shape = (len(firsts), by_group[0], *kernel, by_group[1], stop - start, *places[1:])
    copies = front(buffer, shape)
    for first, copy in zip(firsts, copies, strict=True):
        for tap in np.ndindex(*kernel):
            shift = (first, *(t * d for t, d in zip(tap, window.dilation[1:], strict=True)))
            cells = phases.under(shift, block)[0]
            copy[:, *tap, :, : cells.shape[1]] = cells.reshape(*by_group, *cells.shape[1:])
    return copies.reshape(len(firsts), window.groups, -1, (stop - start) * math.prod(places[1:]))


def _moved(copies, window, positions, width) -> list[np.ndarray]:
    """Return the copies as each kernel row reads them: views that start further and further on."""
    firsts, step = _row_phases(window), window.stride[0]
    shifts = [row * window.dilation[0] for row in range(window.kernel_size[0])]
    starts = [shift // step * width for shift in shifts]
    return [
        copies[firsts.index(shift % step)][:, :, start : start + positions]
        for shift, start in zip(shifts, starts, strict=True)
    ]
