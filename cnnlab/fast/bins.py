"""Sums over adaptive bins as matrix products: one small matrix of ones and zeros for each axis.

A row of cells times a matrix with a 1 where a cell lies in a bin gives the sums of all bins, and
BLAS reads the maps at the speed of memory. One GEMM for the last axis, one small GEMM a map for
each axis before it; one bin for the whole map is a product with a vector of ones. Copies nothing
but the sums. An infinity times 0 is NaN, so maps that hold one are for the definition to sum.
"""

from __future__ import annotations

import math

import numpy as np

FEW = 16  # bins of an axis up to which the products pay


def sums(maps, edges) -> np.ndarray | None:
    """Return the sum of each bin, None where adding cell by cell is the better way.

    Shapes: maps (..., *sizes) of floats, edges the bins (start, stop) of each of the last axes;
    the result is (..., *bins).
    """
    n, counts = len(edges), [len(bins) for bins in edges]
    lead, sizes = maps.shape[: maps.ndim - n], maps.shape[maps.ndim - n :]
    if not maps.size or not all(counts) or max(counts) > FEW or not maps.flags.c_contiguous:
        return None
    if set(counts) == {1}:
        cells = math.prod(sizes)
        return (maps.reshape(-1, cells) @ np.ones(cells, maps.dtype)).reshape(*lead, *counts)
    totals = maps.reshape(-1, sizes[-1]) @ _members(sizes[-1], edges[-1], maps.dtype).T
    inner = counts[-1]
    for size, bins in zip(sizes[-2::-1], edges[-2::-1], strict=True):
        totals = _members(size, bins, maps.dtype) @ totals.reshape(-1, size, inner)
        inner *= len(bins)
    return totals.reshape(*lead, *counts) if np.isfinite(totals).all() else None


def _members(size, bins, dtype) -> np.ndarray:
    """Return a matrix (bins, size): 1 where a cell lies in a bin."""
    matrix = np.zeros((len(bins), size), dtype)
    for row, (start, stop) in zip(matrix, bins, strict=True):
        row[start:stop] = 1
    return matrix
