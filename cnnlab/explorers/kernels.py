"""Kernels by name, at any size, in whole numbers where that is possible."""

from __future__ import annotations

from math import comb

import numpy as np

NAMES = ("Sobel x", "Sobel y", "sum", "box blur", "Gaussian", "identity", "Laplacian", "sharpen")
BLOCK_NAMES = ("change", "sum", "mean", "across", "identity")
LINE_NAMES = ("difference", "sum", "mean", "smooth", "peak", "identity")


MOST_TAPS = 512


def sized_kernel(name: str, size: int) -> np.ndarray:
    """Return the kernel of that name with `size` taps along each axis.

    At size 3 they are the classic ones: `Sobel x` smooths down the rows (1, 2, 1) and takes the
    difference across (-1, 0, 1). Larger ones follow the same rule.

    Shapes: (size, size), float64.
    Errors: KeyError for an unknown name; ValueError for more taps than float64 can weigh.
    Source: cnnlab.images.KERNELS at size 3; binomial weights for the others.

    >>> sized_kernel("Sobel x", 3)
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    >>> float(sized_kernel("Laplacian", 2).sum())
    0.0
    """
    smooth = _binomial(size)
    away = np.arange(size) - (size - 1) / 2  # from the middle
    ramp = np.ones(1) if size == 1 else away if size % 2 else np.sign(away)
    middle = np.zeros((size, size))
    middle[size // 2, size // 2] = 1
    ones = np.ones((size, size))
    cross = np.zeros((size, size))
    cross[size // 2, :] = cross[:, size // 2] = 1
    kernels = {
        "Sobel x": np.outer(smooth, ramp),
        "Sobel y": np.outer(ramp, smooth),
        "sum": ones,
        "box blur": ones / ones.size,
        "Gaussian": np.outer(smooth, smooth) / smooth.sum() ** 2,
        "identity": middle,
        "Laplacian": cross - cross.sum() * middle,
        "sharpen": (cross.sum() + 1) * middle - cross,
    }
    return kernels[name]


def _binomial(size: int) -> np.ndarray:
    if size > MOST_TAPS:
        raise ValueError(f"kernel_size must be at most {MOST_TAPS}; got kernel_size={size}")
    return np.array([comb(size - 1, i) for i in range(size)], float)


def resized(weight: np.ndarray, size: int) -> np.ndarray:
    """Return a kernel cut down to `size`, or with zeros around it, its middle kept in the middle.

    >>> resized(np.array([[5.0]]), 3)
    array([[0., 0., 0.],
           [0., 5., 0.],
           [0., 0., 0.]])
    """
    for axis in (0, 1):
        weight = np.apply_along_axis(resized_line, axis, weight, size)
    return weight


def line_kernel(name: str, size: int) -> np.ndarray:
    """Return the kernel along one axis with that name and `size` taps.

    `difference` is the last value less the first, `smooth` has binomial weights, and `peak` the
    value in the middle, `size` times, less all of them: zero where the signal is flat.

    Shapes: (size,), float64.
    Errors: KeyError for an unknown name.
    Source: lesson 1; binomial weights for `smooth`.

    >>> [line_kernel(name, 3).tolist() for name in ("difference", "smooth", "peak")]
    [[-1.0, 0.0, 1.0], [0.25, 0.5, 0.25], [-1.0, 2.0, -1.0]]
    """
    ones, middle = np.ones(size), np.eye(size)[size // 2]
    ends = np.eye(size)[-1] - np.eye(size)[0] if size > 1 else ones
    smooth = _binomial(size)
    kernels = {
        "difference": ends,
        "sum": ones,
        "mean": ones / size,
        "smooth": smooth / smooth.sum(),
        "peak": size * middle - ones,
        "identity": middle,
    }
    return kernels[name]


def resized_line(weight: np.ndarray, size: int) -> np.ndarray:
    """Return a kernel along one axis cut down to `size`, or with zeros around it.

    >>> resized_line(np.array([1.0, 2.0, 3.0]), 1), resized_line(np.array([5.0]), 3)
    (array([2.]), array([0., 5., 0.]))
    """
    n = len(weight)
    if n >= size:
        start = (n - size) // 2
        return weight[start : start + size].copy()
    before = (size - n + 1) // 2 if n % 2 == 0 else (size - n) // 2
    return np.pad(weight, (before, size - n - before))


def block_kernel(name: str, depth: int, size: int) -> np.ndarray:
    """Return the kernel along three axes with that name.

    `change` takes each slice from a later one; `across` is Sobel's x kernel on every slice.

    Shapes: (depth, size, size), float64.
    Errors: KeyError for an unknown name.
    Source: lesson 1; `line_kernel` along depth, `sized_kernel` on the slices.

    >>> block_kernel("change", 2, 1).ravel().tolist(), block_kernel("mean", 2, 2).sum().item()
    ([-1.0, 1.0], 1.0)
    """
    along, on = {
        "change": ("difference", "identity"),
        "sum": ("sum", "sum"),
        "mean": ("mean", "box blur"),
        "across": ("sum", "Sobel x"),
        "identity": ("identity", "identity"),
    }[name]
    return np.multiply.outer(line_kernel(along, depth), sized_kernel(on, size))
