"""Adaptive pooling: say how large the result shall be, and the windows fit themselves to the input.

Each axis is cut into bins by `sliding.bins`; bins overlap where the sizes don't divide. A bin of
several axes is a box, and its maximum is the maximum of its rows' maxima, its sum the sum of their
sums: so each axis can be pooled by itself, one after the other.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from . import arguments, calls, fast, sliding
from .pooling import largest, send_back


def adaptive_max_pool_nd(n, input, output_size, return_indices):
    """Return the largest value of each bin; `adaptive_max_pool2d` tells the arguments."""
    input, counts = calls.adaptive_pooling(n, input, output_size, means=False)
    if arguments.flag("return_indices", return_indices):
        return _largest_in_bins(input, counts)
    return _combine_bins(np.maximum, input, counts)


@np.errstate(all="ignore")  # infinities and NaN follow IEEE 754 silently, as in torch
def adaptive_avg_pool_nd(n, input, output_size):
    """Return the mean of each bin; `adaptive_avg_pool2d` tells the arguments."""
    input, counts = calls.adaptive_pooling(n, input, output_size, means=True)
    input = arguments.floats(input)
    exact = np.result_type(input, np.float32)  # sums of float16 would overflow
    maps = input.astype(exact, copy=False)
    edges = [sliding.bins(*axis) for axis in zip(maps.shape[-n:], counts, strict=True)]
    sums = fast.sums_of_bins(maps, edges)
    if sums is None:
        sums = _combine_bins(np.add, maps, counts)
    sums /= _cells_per_bin(input.shape[-n:], counts)
    return sums.astype(input.dtype, copy=False)


def adaptive_max_pool_nd_backward(n, grad_output, input, output_size, return_indices):
    """Return the gradient of `adaptive_max_pool_nd`: each bin sends its own to its largest cell."""
    arguments.flag("return_indices", return_indices)
    input, counts = calls.adaptive_pooling(n, input, output_size, means=False)
    grad_output = arguments.gradient(grad_output, (*input.shape[:-n], *counts), input.dtype)
    arguments.not_empty("grad_output", grad_output, n)
    return send_back(grad_output, _largest_in_bins(input, counts)[1], input.shape[-n:])


@np.errstate(all="ignore")
def adaptive_avg_pool_nd_backward(n, grad_output, input, output_size):
    """Return the gradient of `adaptive_avg_pool_nd`: a bin shares its own among its cells."""
    input, counts = calls.adaptive_pooling(n, input, output_size, means=True)
    dtype = arguments.floats(input).dtype
    grad_output = arguments.gradient(grad_output, (*input.shape[:-n], *counts), dtype)
    arguments.not_empty("grad_output", grad_output, n)
    sizes = input.shape[-n:]
    exact = np.result_type(dtype, np.float32)  # float16 ends at 65504 cells
    shares = grad_output / _cells_per_bin(sizes, counts).astype(exact)
    return _spread_bins(shares, sizes).astype(dtype, copy=False)


def _combine_bins(combine, maps, counts):
    """Return `maps` with each bin combined into one value, one axis after the other."""
    for axis, count in enumerate(counts, start=maps.ndim - len(counts)):
        lines = np.moveaxis(maps, axis, 0)
        pooled = np.empty((count, *lines.shape[1:]), maps.dtype)
        for i, (start, stop) in enumerate(sliding.bins(len(lines), count)):
            combine.reduce(lines[start:stop], axis=0, out=pooled[i])
        maps = np.moveaxis(pooled, 0, axis)
    return np.ascontiguousarray(maps)


def _spread_bins(maps, sizes):
    """Return maps of `sizes` in which each cell is the sum of the bins it lies in.

    The adjoint of `_combine_bins` with np.add.
    """
    for axis, size in enumerate(sizes, start=maps.ndim - len(sizes)):
        lines = np.moveaxis(maps, axis, 0)
        total = np.zeros((size, *lines.shape[1:]), maps.dtype)
        for line, (start, stop) in zip(lines, sliding.bins(size, len(lines)), strict=True):
            total[start:stop] += line
        maps = np.moveaxis(total, 0, axis)
    return np.ascontiguousarray(maps)


def _cells_per_bin(sizes, counts):
    """Return how many cells each bin has, an array with one axis for each of `counts`."""
    lengths = [
        np.array([stop - start for start, stop in sliding.bins(size, count)], float)
        for size, count in zip(sizes, counts, strict=True)
    ]
    return functools.reduce(np.multiply.outer, lengths)


def _largest_in_bins(input, counts):
    """Return the largest value of each bin and the number of its cell, counted row by row."""
    n = len(counts)
    lead, sizes = input.shape[:-n], input.shape[-n:]
    numbers = np.arange(math.prod(sizes)).reshape(sizes)
    for axis in reversed(range(n)):  # each axis becomes two: the bins, and the cells of a bin
        numbers = np.take(numbers, _cells_of_bins(sizes[axis], counts[axis]), axis)
    numbers = numbers.transpose(*range(0, 2 * n, 2), *range(1, 2 * n, 2))
    return largest(input.reshape(*lead, math.prod(sizes))[..., numbers], numbers)


def _cells_of_bins(size, count):
    """Return the cells of each bin, (count, widest); a narrower bin says its last cell again."""
    edges = sliding.bins(size, count)
    widest = max((stop - start for start, stop in edges), default=1)
    cells = [np.minimum(np.arange(start, start + widest), stop - 1) for start, stop in edges]
    return np.array(cells, int).reshape(count, widest)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """Keep the largest value of each bin of one axis; `adaptive_max_pool2d` tells the arguments.

    Here None can't stand for a size, as in torch.

    Shapes: input (N, C, L) or (C, L); the result is (N, C, bins) or without N.
    Errors: those of `adaptive_max_pool2d`.
    Source: torch.nn.functional.adaptive_max_pool1d; lesson 04.

    >>> adaptive_max_pool1d(np.array([[4, 1, 3, 7, 2]]), 2)
    array([[4, 7]])
    """
    return adaptive_max_pool_nd(1, input, output_size, return_indices)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Keep the largest value of each bin of two axes, as `torch.nn.functional.adaptive_max_pool2d`.

    output_size is the number of bins: an int for both axes, or a tuple with an int or None for
    each; None is as many as there are cells. Bin i of m goes from floor(i * n / m) to
    ceil((i + 1) * n / m). With return_indices the second result says where each maximum lies,
    counted row by row over the H * W cells of the input.

    Shapes: input (N, C, H, W) or (C, H, W), N may be 0; the result is (N, C, bins_h, bins_w) or
        without N, in the dtype of input; the indices are int64 of the same shape.
    Errors: ValueError for a negative or a wrong number of sizes and an empty axis; TypeError for
        what is no array, no int or no bool.
    Source: torch.nn.functional.adaptive_max_pool2d; lesson 04.

    >>> image = np.arange(15).reshape(1, 3, 5)
    >>> adaptive_max_pool2d(image, (2, 3), return_indices=True)
    (array([[[ 6,  8,  9],
            [11, 13, 14]]]), array([[[ 6,  8,  9],
            [11, 13, 14]]]))
    >>> adaptive_max_pool2d(image, (None, 2)).shape
    (1, 3, 2)
    """
    return adaptive_max_pool_nd(2, input, output_size, return_indices)


def adaptive_max_pool3d(input, output_size, return_indices=False):
    """Keep the largest value of each bin of three axes; `adaptive_max_pool2d` tells the arguments.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); the result is (N, C, three counts).
    Errors: those of `adaptive_max_pool2d`.
    Source: torch.nn.functional.adaptive_max_pool3d; lesson 04.

    >>> adaptive_max_pool3d(np.zeros((2, 3, 8, 16, 15)), (4, None, 7)).shape
    (2, 3, 4, 16, 7)
    """
    return adaptive_max_pool_nd(3, input, output_size, return_indices)


def adaptive_avg_pool1d(input, output_size) -> np.ndarray:
    """Take the mean of each bin of one axis; `adaptive_avg_pool2d` tells the arguments.

    Here None can't stand for a size, as in torch.

    Shapes: input (N, C, L) or (C, L); the result is (N, C, bins) or without N.
    Errors: those of `adaptive_avg_pool2d`.
    Source: torch.nn.functional.adaptive_avg_pool1d; lesson 04.

    >>> adaptive_avg_pool1d(np.array([[4.0, 1.0, 4.0, 7.0, 1.0]]), 2)
    array([[3., 4.]])
    """
    return adaptive_avg_pool_nd(1, input, output_size)


def adaptive_avg_pool2d(input, output_size) -> np.ndarray:
    """Take the mean of each bin of two axes, as `torch.nn.functional.adaptive_avg_pool2d` does.

    `adaptive_max_pool2d` tells output_size and the bins.

    Shapes: input (N, C, H, W) or (C, H, W), N may be 0; the result is (N, C, bins_h, bins_w) or
        without N, in the dtype of input, float64 for integers.
    Errors: those of `adaptive_max_pool2d`.
    Source: torch.nn.functional.adaptive_avg_pool2d; lesson 04.

    >>> adaptive_avg_pool2d(np.arange(15.0).reshape(1, 3, 5), (2, 3))
    array([[[ 3. ,  4.5,  6. ],
            [ 8. ,  9.5, 11. ]]])
    """
    return adaptive_avg_pool_nd(2, input, output_size)


def adaptive_avg_pool3d(input, output_size) -> np.ndarray:
    """Take the mean of each bin of three axes; `adaptive_avg_pool2d` tells the arguments.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); the result is (N, C, three counts).
    Errors: those of `adaptive_avg_pool2d`.
    Source: torch.nn.functional.adaptive_avg_pool3d; lesson 04.

    >>> adaptive_avg_pool3d(np.zeros((2, 3, 8, 16, 15)), (4, None, 7)).shape
    (2, 3, 4, 16, 7)
    """
    return adaptive_avg_pool_nd(3, input, output_size)


def adaptive_max_pool1d_backward(
    grad_output, input, output_size, return_indices=False
) -> np.ndarray:
    """Return the gradient of `adaptive_max_pool1d` with respect to input.

    Shapes: grad_output as the result of `adaptive_max_pool1d`; the gradient as input.
    Errors: those of `adaptive_max_pool1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> adaptive_max_pool1d_backward(np.array([[1.0, 2.0]]), np.array([[4.0, 7.0, 3.0]]), 2)
    array([[0., 3., 0.]])
    """
    return adaptive_max_pool_nd_backward(1, grad_output, input, output_size, return_indices)


def adaptive_max_pool2d_backward(
    grad_output, input, output_size, return_indices=False
) -> np.ndarray:
    """Return the gradient of `adaptive_max_pool2d` with respect to input.

    Shapes: grad_output as the result of `adaptive_max_pool2d`; the gradient as input.
    Errors: those of `adaptive_max_pool2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> adaptive_max_pool2d_backward(np.ones((1, 1, 1)), np.array([[[2.0, 7.0], [7.0, 1.0]]]), 1)
    array([[[0., 1.],
            [0., 0.]]])
    """
    return adaptive_max_pool_nd_backward(2, grad_output, input, output_size, return_indices)


def adaptive_max_pool3d_backward(
    grad_output, input, output_size, return_indices=False
) -> np.ndarray:
    """Return the gradient of `adaptive_max_pool3d` with respect to input.

    Shapes: grad_output as the result of `adaptive_max_pool3d`; the gradient as input.
    Errors: those of `adaptive_max_pool3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> grad, x = np.zeros((3, 1, 2, 2)), np.zeros((3, 2, 5, 4))
    >>> adaptive_max_pool3d_backward(grad, x, (1, 2, 2)).shape
    (3, 2, 5, 4)
    """
    return adaptive_max_pool_nd_backward(3, grad_output, input, output_size, return_indices)


def adaptive_avg_pool1d_backward(grad_output, input, output_size) -> np.ndarray:
    """Return the gradient of `adaptive_avg_pool1d` with respect to input.

    Shapes: grad_output as the result of `adaptive_avg_pool1d`; the gradient as input.
    Errors: those of `adaptive_avg_pool1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> adaptive_avg_pool1d_backward(np.array([[2.0, 4.0]]), np.zeros((1, 3)), 2)
    array([[1., 3., 2.]])
    """
    return adaptive_avg_pool_nd_backward(1, grad_output, input, output_size)


def adaptive_avg_pool2d_backward(grad_output, input, output_size) -> np.ndarray:
    """Return the gradient of `adaptive_avg_pool2d` with respect to input.

    Shapes: grad_output as the result of `adaptive_avg_pool2d`; the gradient as input.
    Errors: those of `adaptive_avg_pool2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> adaptive_avg_pool2d_backward(np.array([[[4.0, 8.0]]]), np.zeros((1, 2, 4)), (1, 2))
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]])
    """
    return adaptive_avg_pool_nd_backward(2, grad_output, input, output_size)


def adaptive_avg_pool3d_backward(grad_output, input, output_size) -> np.ndarray:
    """Return the gradient of `adaptive_avg_pool3d` with respect to input.

    Shapes: grad_output as the result of `adaptive_avg_pool3d`; the gradient as input.
    Errors: those of `adaptive_avg_pool3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> grad, x = np.zeros((3, 1, 2, 2)), np.zeros((3, 2, 5, 4))
    >>> adaptive_avg_pool3d_backward(grad, x, (1, 2, 2)).shape
    (3, 2, 5, 4)
    """
    return adaptive_avg_pool_nd_backward(3, grad_output, input, output_size)
