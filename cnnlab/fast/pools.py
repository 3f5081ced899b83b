"""A pool as one axis after the other: first down, then across, a strided slice for each tap.

The largest value of a 3 x 3 window is the largest of three row maxima, so k + k comparisons do the
work of k * k, and the first pass leaves fewer rows for the second. Copies nothing but the result of
each pass, in blocks of maps that stay in the cache. Padding is not laid around the maps: a tap that
would lie in it is left out at those places.

Sums go across before they go down where no tap leaves its row and the step divides the width: then
all rows of a block are one long run. (It does not pay for maxima: NumPy adds cells that lie apart
at speed, but compares them one by one.) The way back of a maximum is in `winners.py`.
"""

from __future__ import annotations

import math

import numpy as np

from .window import reading

BLOCK = 1 << 20  # bytes of input worked on at a time


def reduce_windows(
    combine, maps, places, kernel_size, stride, pads, dilation, start, divisor=None
) -> np.ndarray:
    """Return `combine` (np.maximum, np.add) over every window of the last axes of `maps`.

    Shapes: maps (..., *sizes), the result (..., *places); `start` is what padding counts as,
        `divisor` what each sum is divided by, a number or one for each place.
    """
    n = len(places)
    lead, sizes = maps.shape[:-n], maps.shape[-n:]
    flat = maps.reshape(math.prod(lead), *sizes)
    output = np.empty((len(flat), *places), maps.dtype)
    passes = list(enumerate(zip(places, kernel_size, stride, pads, dilation, strict=True), start=1))
    merged = combine is np.add and n > 1 and _in_one_run(sizes[-1], *passes[-1][1])
    if merged:
        passes[-2:] = reversed(passes[-2:])
    with np.errstate(all="ignore"):
        for part in _parts(flat):
            block = flat[part]
            for axis, row in passes[:-1]:
                if merged and axis == n:
                    block = sums_across(block, *row)
                else:
                    block = _along(combine, block, axis, *row, start)
            axis, row = passes[-1]
            _along(combine, block, axis, *row, start, output[part])
            if divisor is not None:
                output[part] /= divisor
    return output.reshape(*lead, *places)


def _parts(flat):
    """Yield slices of maps, about BLOCK bytes each."""
    at_once = max(1, BLOCK // max(1, flat[:1].nbytes))
    for first in range(0, len(flat), at_once):
        yield slice(first, first + at_once)


def _in_one_run(size, places, kernel_size, stride, pads, dilation) -> bool:
    """Whether a window can slide along all rows as if they were one."""
    ends = (reading(tap, size, places, stride, pads, dilation)[0] for tap in (0, kernel_size - 1))
    return size % stride == 0 and all(here == slice(0, places) for here in ends)


def sums_across(block, places, kernel_size, stride, _, dilation) -> np.ndarray:
    """Return the sums of a window that slides along the last axis, all rows in one run."""
    cells = np.ascontiguousarray(block).reshape(-1)
    sums = np.empty((*block.shape[:-1], block.shape[-1] // stride), block.dtype)
    # A window that ends in the next row has a sum too; it is left out at the end
    length = len(cells[(kernel_size - 1) * dilation :: stride])
    taps = [cells[tap * dilation :: stride][:length] for tap in range(kernel_size)]
    total = sums.reshape(-1)[:length]
    so_far = taps[0]
    for tap in taps[1:]:
        so_far = np.add(so_far, tap, out=total)
    if kernel_size == 1:
        total[...] = so_far
    return sums[..., :places]


def _along(
    combine, block, axis, places, kernel_size, stride, pads, dilation, start, result=None
) -> np.ndarray:
    """Return `combine` over the taps of a window that slides along one axis."""
    if result is None:
        result = np.empty((*block.shape[:axis], places, *block.shape[axis + 1 :]), block.dtype)
    under = (slice(None),) * axis
    axes = (block.shape[axis], places, stride, pads, dilation)
    taps = [reading(tap, *axes) for tap in range(kernel_size)]
    everywhere = [cells for here, cells in taps if here == slice(0, places)]
    parts = [(here, cells) for here, cells in taps if here != slice(0, places)]
    if len(everywhere) > 1:  # the first two make the result, nothing need be written before
        first, second, *everywhere = everywhere
        combine(block[(*under, first)], block[(*under, second)], out=result)
    else:
        result[...] = block[(*under, everywhere.pop())] if everywhere else start
    for here, cells in (*((slice(None), cells) for cells in everywhere), *parts):
        out = result[(*under, here)]
        combine(out, block[(*under, cells)], out=out)
    return result
