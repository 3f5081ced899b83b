"""The filters of the channels explorer: those it offers by name, and the learner's own."""

from __future__ import annotations

import numpy as np

from . import kernels
from .pictures import finite

YOURS = "yours"
# Two filters each: how much of red, green and blue, and which kernel.
FILTERS = {
    "red, edges": (((1, -0.5, -0.5), "box blur"), ((1 / 3, 1 / 3, 1 / 3), "Sobel x")),
    "opposites": (((1, -1, 0), "Gaussian"), ((-0.5, -0.5, 1), "Gaussian")),
    "grey, sharp": (((0.299, 0.587, 0.114), "Gaussian"), ((0.299, 0.587, 0.114), "sharpen")),
}


def built(name: str, size: int) -> np.ndarray:
    """Return the filters of that name, (2, 3, size, size)."""
    one = [np.multiply.outer(mix, kernels.sized_kernel(k, size)) for mix, k in FILTERS[name]]
    return np.array(one)


def four_axes(weight) -> np.ndarray:
    """Return a weight (filters, 3, kh, kw) of at most six filters, or refuse it."""
    weight = finite("weight", weight)
    if weight.ndim != 4 or weight.shape[1] != 3 or 0 in weight.shape or len(weight) > 6:
        raise ValueError(
            f"weight must have shape (filters, 3, kh, kw) with 1 to 6 filters; "
            f"got shape {weight.shape}"
        )
    return weight


def square(weight: np.ndarray):
    """Return a weight's kernel size as the slider has it: one number where its sides are equal."""
    high, wide = weight.shape[2:]
    return high if high == wide else (high, wide)
