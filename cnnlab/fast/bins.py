"""Sums over adaptive bins, all bins of an axis at once.

Bins that tile an axis make it two: (28,) becomes (7 bins, 4 cells), and NumPy adds over the cells.
It goes down first, where whole rows are added, and then across the little that is left. One bin for
the whole map is the sum of a few long runs.

Other bins, and narrow maps, are for BLAS: a matrix with a 1 where a cell lies in a bin, one GEMM
for the last axis and one small GEMM a map for each axis before it. An infinity times 0 is NaN, so
maps that hold one are for the definition to sum. Copies nothing but the sums, and maps that do not
lie in one run.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from .pools import sums_across

FEW = 16  # bins of an axis up to which the products pay
WIDE = 64  # cells of a row from which adding rows is quicker than multiplying
SHORT = 16  # cells of a bin up to which it is quicker to add first cells, second cells, ...
SMALL = 256  # cells of a map up to which a product with ones is the quickest sum
RUN = 1024  # cells that einsum adds in one run: it is fast, but rounds more than a sum


def sums(maps, edges) -> np.ndarray | None:
    """Return the sum of each bin, None where adding cell by cell is the better way.

    Shapes: maps (..., *sizes) of floats, edges the bins (start, stop) of each of the last axes;
    the result is (..., *bins).
    """
    counts = tuple(map(len, edges))
    lead, sizes = maps.shape[: -len(counts)], maps.shape[-len(counts) :]
    if not maps.size or not all(counts):
        return None
    flat = np.ascontiguousarray(maps).reshape(-1, *sizes)  # cells that lie apart add up slowly
    tiled = not any(size % count for size, count in zip(sizes, counts, strict=True))
    if set(counts) == {1}:
        totals = _of_parts(flat, math.prod(sizes))
    elif tiled and (sizes[-1] >= WIDE or max(counts) > FEW):
        totals = _of_tiles(flat, counts)
    elif max(counts) <= FEW:
        totals = _of_products(flat, edges)
        if not np.isfinite(totals).all():
            return None
    else:
        return None
    return totals.reshape(*lead, *counts)


def _of_parts(maps, cells) -> np.ndarray:
    """Return the sum of every so many cells that follow each other."""
    run = _run(cells)
    if cells <= SMALL:
        return maps.reshape(-1, cells) @ np.ones(cells, maps.dtype)
    if run < SHORT:
        return np.add.reduce(maps.reshape(-1, cells), axis=1)
    return np.add.reduce(
        np.einsum("rc->r", maps.reshape(-1, run)).reshape(-1, cells // run), axis=1
    )


@functools.lru_cache
def _run(cells) -> int:
    """Return the largest part of so many cells that divides them and is no longer than RUN."""
    return max(run for run in range(1, min(cells, RUN) + 1) if cells % run == 0)


def _of_tiles(maps, counts) -> np.ndarray:
    """Return the sums of bins that are equal and don't overlap, (N, *counts)."""
    for axis, count in enumerate(counts[:-1], start=1):
        cells = maps.shape[axis] // count
        tiles = maps.reshape(*maps.shape[:axis], count, cells, *maps.shape[axis + 1 :])
        maps = np.add.reduce(tiles, axis=axis + 1)
    cells = maps.shape[-1] // counts[-1]
    if cells <= SHORT:
        return sums_across(maps, counts[-1], cells, cells, None, 1)
    return _of_parts(maps, cells)


def _of_products(maps, edges) -> np.ndarray:
    """Return the sums of any bins, (N, *counts)."""
    sizes, inner = maps.shape[1:], len(edges[-1])
    totals = maps.reshape(-1, sizes[-1]) @ _members(sizes[-1], edges[-1], maps.dtype).T
    for size, bins in zip(sizes[-2::-1], edges[-2::-1], strict=True):
        totals = _members(size, bins, maps.dtype) @ totals.reshape(-1, size, inner)
        inner *= len(bins)
    return totals


def _members(size, bins, dtype) -> np.ndarray:
    """Return a matrix (bins, size): 1 where a cell lies in a bin."""
    matrix = np.zeros((len(bins), size), dtype)
    for row, (start, stop) in zip(matrix, bins, strict=True):
        row[start:stop] = 1
    return matrix
