"""A pool as one axis after the other: first down, then across, a strided slice for each tap.

The largest value of a 3 x 3 window is the largest of three row maxima, so k + k comparisons do the
work of k * k, and the first pass leaves fewer rows for the second. Copies nothing but the result of
each pass, in blocks of maps that stay in the cache. Padding is not laid around the maps: a tap that
would lie in it is left out at those places.
"""

from __future__ import annotations

import math

import numpy as np

BLOCK = 262_144  # bytes of input worked on at a time


def reduce_windows(combine, maps, places, kernel_size, stride, pads, dilation, start) -> np.ndarray:
    """Return `combine` (np.maximum, np.add) over every window of the last axes of `maps`.

    Shapes: maps (..., *sizes), the result (..., *places); `start` is what padding counts as.
    """
    n = len(places)
    lead, sizes = maps.shape[:-n], maps.shape[-n:]
    flat = maps.reshape(math.prod(lead), *sizes)
    output = np.empty((len(flat), *places), maps.dtype)
    at_once = max(1, BLOCK // max(1, math.prod(sizes) * maps.itemsize))
    rows = list(zip(places, kernel_size, stride, pads, dilation, strict=True))
    with np.errstate(all="ignore"):
        for first in range(0, len(flat), at_once):
            block = flat[first : first + at_once]
            for axis, row in enumerate(rows, start=1):
                block = _along(combine, block, axis, *row, start)
            output[first : first + at_once] = block
    return output.reshape(*lead, *places)


def _along(combine, block, axis, places, kernel_size, stride, pads, dilation, start) -> np.ndarray:
    """Return `combine` over the taps of a window that slides along one axis."""
    shape = [*block.shape]
    size, shape[axis] = shape[axis], places
    result = np.empty(shape, block.dtype)
    written = False
    for tap in range(kernel_size):
        offset = tap * dilation - pads[0]
        begin = max(0, -(offset // stride))  # the first place whose tap lies on the map
        end = min(places, (size - 1 - offset) // stride + 1)
        under = (slice(None),) * axis
        cells = slice(begin * stride + offset, (end - 1) * stride + offset + 1, stride)
        if not written:  # a first tap that lies on the map everywhere is as good as a start
            whole = (begin, end) == (0, places)
            result[...] = block[(*under, cells)] if whole else start
            written = True
            if whole:
                continue
        if begin < end:
            here = result[(*under, slice(begin, end))]
            combine(here, block[(*under, cells)], out=here)
    return result
