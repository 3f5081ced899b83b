"""Unpooling: put every maximum back where it came from, and zeros everywhere else.

Max pooling forgets all cells but one; `return_indices` remembers which one it was. What comes back
is not the old map, but it has its size, and its peaks are in the right places.
"""

from __future__ import annotations

import math

import numpy as np

from . import arguments, calls


def max_unpool_nd(n, input, indices, kernel_size, stride, padding, output_size):
    """Return maps of zeros with each value at its index; `max_unpool2d` tells the arguments."""
    call = calls.unpooling(n, input, indices, kernel_size, stride, padding, output_size)
    lead, indices = call.input.shape[:-n], _by_map(call.indices, n)
    maps = np.zeros((len(indices), math.prod(call.sizes)), call.input.dtype)
    np.put_along_axis(maps, indices, _by_map(call.input, n), axis=1)
    return maps.reshape(*lead, *call.sizes)


def max_unpool_nd_backward(
    n, grad_output, input, indices, kernel_size, stride, padding, output_size
):
    """Return the gradient of `max_unpool_nd`: each value reads it at its index."""
    call = calls.unpooling(n, input, indices, kernel_size, stride, padding, output_size)
    shape = (*call.input.shape[:-n], *call.sizes)
    grad_output = arguments.gradient(grad_output, shape, call.input.dtype)
    taken = np.take_along_axis(_by_map(grad_output, n), _by_map(call.indices, n), axis=1)
    return taken.reshape(call.input.shape)


def _by_map(values, n):
    """Return `values` with one row for each map."""
    return values.reshape(math.prod(values.shape[:-n]), math.prod(values.shape[-n:]))


def max_unpool1d(
    input, indices, kernel_size, stride=None, padding=0, output_size=None
) -> np.ndarray:
    """Put every maximum of one axis back where it came from; `max_unpool2d` tells the arguments.

    Shapes: input and indices (N, C, places), the result (N, C, L); or both without N.
    Errors: those of `max_unpool2d`.
    Source: torch.nn.functional.max_unpool1d; lesson 04.

    >>> max_unpool1d(np.array([[4, 7]]), np.array([[0, 3]]), 2)
    array([[4, 0, 0, 7]])
    """
    return max_unpool_nd(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input, indices, kernel_size, stride=None, padding=0, output_size=None
) -> np.ndarray:
    """Put every maximum back where it came from, as `torch.nn.functional.max_unpool2d` does.

    input and indices are what `max_pool2d` gave with return_indices, kernel_size, stride and
    padding what it was given. Maps of several sizes pool to the same size; output_size says which
    it was, by default the smallest that leaves no cell over. Of values with one index the last
    stays, which torch leaves open.

    Shapes: input and indices (N, C, places_h, places_w) or without N, output_size (H, W) or
        (N, C, H, W); the result is (N, C, H, W) or without N.
    Errors: ValueError for an index outside the maps, an output_size no pool could have come from
        and arguments that don't agree; TypeError for indices that are not int64, what is no array
        or no int.
    Source: torch.nn.functional.max_unpool2d; lesson 04.

    >>> from cnnlab.pooling import max_pool2d
    >>> image = np.array([[[1, 5, 2, 0], [3, 4, 8, 1]]])
    >>> max_unpool2d(*max_pool2d(image, 2, return_indices=True), 2)
    array([[[0, 5, 0, 0],
            [0, 0, 8, 0]]])
    """
    return max_unpool_nd(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input, indices, kernel_size, stride=None, padding=0, output_size=None
) -> np.ndarray:
    """Put every maximum of three axes back where it came from; `max_unpool2d` tells the arguments.

    Shapes: input and indices (N, C, three places), the result (N, C, D, H, W); or both without N.
    Errors: those of `max_unpool2d`.
    Source: torch.nn.functional.max_unpool3d; lesson 04.

    >>> values, where = np.ones((3, 2, 2, 2)), np.zeros((3, 2, 2, 2), np.int64)
    >>> max_unpool3d(values, where, 2).shape
    (3, 4, 4, 4)
    """
    return max_unpool_nd(3, input, indices, kernel_size, stride, padding, output_size)


def max_unpool1d_backward(
    grad_output, input, indices, kernel_size, stride=None, padding=0, output_size=None
) -> np.ndarray:
    """Return the gradient of `max_unpool1d` with respect to input.

    Shapes: grad_output as the result of `max_unpool1d`; the gradient as input.
    Errors: those of `max_unpool1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> grad = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> max_unpool1d_backward(grad, np.ones((1, 2)), np.array([[0, 3]]), 2)
    array([[1., 4.]])
    """
    return max_unpool_nd_backward(
        1, grad_output, input, indices, kernel_size, stride, padding, output_size
    )


def max_unpool2d_backward(
    grad_output, input, indices, kernel_size, stride=None, padding=0, output_size=None
) -> np.ndarray:
    """Return the gradient of `max_unpool2d` with respect to input.

    Shapes: grad_output as the result of `max_unpool2d`; the gradient as input.
    Errors: those of `max_unpool2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> grad = np.arange(16.0).reshape(1, 4, 4)
    >>> where = np.array([[[5, 6], [8, 15]]])
    >>> max_unpool2d_backward(grad, np.ones((1, 2, 2)), where, 2)
    array([[[ 5.,  6.],
            [ 8., 15.]]])
    """
    return max_unpool_nd_backward(
        2, grad_output, input, indices, kernel_size, stride, padding, output_size
    )


def max_unpool3d_backward(
    grad_output, input, indices, kernel_size, stride=None, padding=0, output_size=None
) -> np.ndarray:
    """Return the gradient of `max_unpool3d` with respect to input.

    Shapes: grad_output as the result of `max_unpool3d`; the gradient as input.
    Errors: those of `max_unpool3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> values, where = np.ones((3, 2, 2, 2)), np.zeros((3, 2, 2, 2), np.int64)
    >>> max_unpool3d_backward(np.ones((3, 4, 4, 4)), values, where, 2).shape
    (3, 2, 2, 2)
    """
    return max_unpool_nd_backward(
        3, grad_output, input, indices, kernel_size, stride, padding, output_size
    )
