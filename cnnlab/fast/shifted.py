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

BAND = 11 << 18  # bytes of the shifted copies of a band, 2.75 MiB


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places): one GEMM a kernel row."""
    rows, product = _kernel_rows(weight, window.groups), None
    for image, band, moved in _bands(input, window, output.shape[2:]):
        out = output[image].reshape(*rows.shape[1:3], -1)[:, :, band]
        multiply(rows[0], moved[0], out)
        if product is None or product.shape != out.shape:
            product = np.empty(out.shape, out.dtype)
        for filters, cells in zip(rows[1:], moved[1:], strict=True):
            multiply(filters, cells, product)
            out += product


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add, for each kernel row, the gradients times the copies of the input moved by that row."""
    total = np.zeros(_kernel_rows(grad_weight, window.groups).shape, grad_weight.dtype)
    for image, band, moved in _bands(input, window, grad_output.shape[2:]):
        grads = grad_output[image].reshape(*total.shape[1:3], -1)[:, :, band]
        for gradient, cells in zip(total, moved, strict=True):
            gradient += grads @ cells.swapaxes(1, 2)
    rows_first = np.moveaxis(grad_weight, (2, 1), (0, -1))
    rows_first += total.reshape(rows_first.shape)


def _kernel_rows(weight, groups) -> np.ndarray:
    """Return one matrix for each kernel row and group: (rows, groups, C_out / groups, taps).

    The channels come last among the taps: copied in runs as long as that, not as short as a row.
    """
    rows_first = np.ascontiguousarray(np.moveaxis(weight, (2, 1), (0, -1)))
    return rows_first.reshape(weight.shape[2], groups, len(weight) // groups, -1)


def _bands(input, window, places):
    """Yield (image, run of its places, the copies moved by each kernel row) until all is done."""
    channels, *sizes = input.shape[1:]
    height, width = window.kernel_size[0], math.prod(places[1:])
    reach = window.dilation[0] * (height - 1) // window.stride[0]
    taps = len(_row_phases(window)) * channels * math.prod(window.kernel_size[1:])
    rows = max(1, BAND // (taps * width * input.itemsize) - reach)
    with room() as take:
        phases = Phases((1, channels, *sizes), window, window.stride, take, input.dtype)
        bands = [band for band, *_ in blocks(places, rows * width)]
        longest = max(band.stop - band.start for band in bands) + reach
        buffer = take((taps * longest * width,), input.dtype)
        for image, pixels in enumerate(input):
            phases.load(pixels[np.newaxis])
            for band in bands:
                copies = _copies(phases, window, band.start, band.stop + reach, places, buffer)
                moved = _moved(copies, window, (band.stop - band.start) * width, width)
                yield image, slice(band.start * width, band.stop * width), moved


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
