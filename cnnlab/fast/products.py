"""Matrix products in slices, where the BLAS has kernels for small ones.

A BLAS copies both matrices into an order of its own before it multiplies, which pays where every
number is used often. With few filters the columns are used seldom, and copying them takes as long
as a third of the sum. On processors with AVX-512, OpenBLAS multiplies small matrices, up to 100
times 100 times 100 products, as they lie. So a long product is handed over as many short ones, side
by side, in one call: nothing is copied, and 16 filters take two thirds of the time.
"""

from __future__ import annotations

import functools
import math
import os

import numpy as np

SMALL = 1_000_000  # multiply-adds of the largest product that OpenBLAS calls small
RUN = 16  # columns that its kernels take at once
FEWEST = 2 * RUN  # columns of a slice from which slices pay


def multiply(left, right, out) -> None:
    """Write the matrix product of `left` (..., m, k) and `right` (..., k, n) into `out`.

    >>> out = np.empty((2, 5000))
    >>> multiply(np.eye(2), np.ones((2, 5000)), out)
    >>> out.min(), out.max()
    (np.float64(1.0), np.float64(1.0))
    """
    columns = right.shape[-1]
    run = SMALL // max(1, math.prod(left.shape[-2:])) // RUN * RUN
    if not FEWEST <= run < columns or not small_kernels():
        np.matmul(left, right, out=out)
        return
    whole = columns // run * run
    np.matmul(left[..., np.newaxis, :, :], _slices(right, whole, run), out=_slices(out, whole, run))
    if whole < columns:
        np.matmul(left, right[..., whole:], out=out[..., whole:])


def _slices(matrix, whole, run) -> np.ndarray:
    """Return the first `whole` columns as a stack of matrices with `run` columns each: a view."""
    stack = matrix[..., :whole].reshape(*matrix.shape[:-1], whole // run, run)
    return stack.swapaxes(-2, -3)


@functools.cache
def small_kernels() -> bool:
    """Return whether NumPy's BLAS has kernels for small products: OpenBLAS does with AVX-512."""
    config = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]["name"]
    found = config["SIMD Extensions"].get("found", [])
    kernel = os.environ.get("OPENBLAS_CORETYPE", "SkylakeX")
    wide = any(name == "X86_V4" or name.startswith("AVX512") for name in found)
    return "openblas" in blas and wide and kernel in ("SkylakeX", "Cooperlake", "SapphireRapids")
