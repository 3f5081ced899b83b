"""What strategies share: cutting work into pieces, laying zeros around, another view of memory.

Nothing here knows of kernels. `blocks` keeps a piece's places in one run of the output, `cut` and
`even` part what has one length, `padded_by` writes into one buffer again and again, `front` is the
first part of a buffer, `strided` a view whose steps are given in bytes, `finite` a quick look for
infinities.
"""

from __future__ import annotations

import itertools
import math

import numpy as np


def blocks(places, most):
    """Return slices that cut `places` into even runs of at most `most`, whole rows where they fit.

    >>> [tuple((s.start, s.stop) for s in block) for block in blocks((3, 4), most=8)]
    [((0, 1), (0, 4)), ((1, 3), (0, 4))]
    """
    inner, axis = 1, len(places)
    while axis > 0 and inner * places[axis - 1] <= most:
        axis -= 1
        inner *= places[axis]
    if axis == 0:
        return [tuple(slice(0, p) for p in places)]
    *outer, cut = places[:axis]
    pieces = -(-cut // max(1, most // inner))
    edges = [i * cut // pieces for i in range(pieces + 1)]
    whole = tuple(slice(0, p) for p in places[axis:])
    return [
        (*(slice(i, i + 1) for i in index), slice(start, stop), *whole)
        for index in np.ndindex(*outer)
        for start, stop in itertools.pairwise(edges)
    ]


def cut(total, most) -> list[slice]:
    """Return slices that make up a total, each of at most `most` but at least one.

    >>> cut(5, most=2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = max(1, most)
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def even(total, most) -> int:
    """Return the size of even parts of at most `most`.

    >>> even(10, most=4), even(8, most=4)
    (4, 4)
    """
    return -(-total // -(-total // max(1, most)))


def padded_by(pads, shape, take, dtype):
    """Return a function that lays zeros around images (N, C, *sizes), in one lent buffer.

    `shape` is that of the most images at a time; without padding they are read in place.
    """
    if not any(map(any, pads)):
        return np.ascontiguousarray
    sizes = [size + sum(pair) for size, pair in zip(shape[2:], pads, strict=True)]
    buffer = take((*shape[:2], *sizes), dtype)
    buffer[...] = 0
    inside = [slice(b, b + size) for size, (b, _) in zip(shape[2:], pads, strict=True)]

    def pad(images):
        cells = buffer[: len(images)]
        cells[:, :, *inside] = images
        return cells

    return pad


def front(buffer, shape) -> np.ndarray:
    """Return as much of a flat buffer as a shape needs, in that shape: a view."""
    return buffer[: math.prod(shape)].reshape(shape)


def finite(array) -> bool:
    """Return whether no value is infinite or NaN: only then the sum of the squares is finite.

    Says no, too, where a square is too large for the dtype; half of the time of np.isfinite.

    >>> finite(np.ones(3)), finite(np.array([1.0, np.nan]))
    (True, False)
    """
    flat = array.reshape(-1)
    return bool(np.isfinite(flat @ flat))


def strided(array, shape, strides, start=0) -> np.ndarray:
    """Return another view of a contiguous array: `start` and `strides` in bytes.

    What np.lib.stride_tricks.as_strided does, at a tenth of its time.
    """
    return np.ndarray(shape, array.dtype, array, start, strides)
