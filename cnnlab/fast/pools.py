"""A pool as one axis after the other: first down, then across, a strided slice for each tap.

The largest value of a 3 x 3 window is the largest of three row maxima, so k + k comparisons do the
work of k * k, and the first pass leaves fewer rows for the second. Copies nothing but the result of
each pass, in blocks of maps that stay in the cache. Padding is not laid around the maps: a tap that
would lie in it is left out at those places.

The way back of a maximum is in `winners.py`.
"""

from __future__ import annotations

import math

import numpy as np

from .window import reading

BLOCK = 1 << 19  # bytes of input worked on at a time


def reduce_windows(combine, maps, places, kernel_size, stride, pads, dilation, start) -> np.ndarray:
    """Return `combine` (np.maximum, np.add) over every window of the last axes of `maps`.

    Shapes: maps (..., *sizes), the result (..., *places); `start` is what padding counts as.
    """
    n = len(places)
    lead, sizes = maps.shape[:-n], maps.shape[-n:]
    flat = maps.reshape(math.prod(lead), *sizes)
    output = np.empty((len(flat), *places), maps.dtype)
    rows = list(zip(places, kernel_size, stride, pads, dilation, strict=True))
    with np.errstate(all="ignore"):
        for part in _parts(flat):
            block = flat[part]
            for axis, row in enumerate(rows[:-1], start=1):
                block = _along(combine, block, axis, *row, start)
            _along(combine, block, n, *rows[-1], start, output[part])
    return output.reshape(*lead, *places)


def _parts(flat):
    """Yield slices of maps, about BLOCK bytes each."""
    at_once = max(1, BLOCK // max(1, flat[:1].nbytes))
    for first in range(0, len(flat), at_once):
        yield slice(first, first + at_once)


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
