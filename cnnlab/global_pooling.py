"""Global pooling: one number for each map, whatever its size.

An adaptive pool with one bin. It stands where a network stops looking at places: (N, C, H, W)
becomes (N, C, 1, 1), and the linear layer after it needs to know C alone.
"""

from __future__ import annotations

import numpy as np

from .adaptive import (
    adaptive_avg_pool_nd,
    adaptive_avg_pool_nd_backward,
    adaptive_max_pool_nd,
    adaptive_max_pool_nd_backward,
)


def global_max_pool1d(input) -> np.ndarray:
    """Keep the largest value of each map of one axis, whatever its size.

    Shapes: input (N, C, L) or (C, L); the result is (N, C, 1) or (C, 1).
    Errors: those of `global_max_pool2d`.
    Source: torch.nn.functional.adaptive_max_pool1d with output_size 1; lesson 04.

    >>> global_max_pool1d(np.array([[4, 1, 3, 7, 2]]))
    array([[7]])
    """
    return adaptive_max_pool_nd(1, input, 1, False)


def global_max_pool2d(input) -> np.ndarray:
    """Keep the largest value of each map, whatever its size: one bin for both axes.

    Shapes: input (N, C, H, W) or (C, H, W), N may be 0; the result is (N, C, 1, 1) or (C, 1, 1).
    Errors: ValueError for an empty axis or another number of axes; TypeError for what is no array.
    Source: torch.nn.functional.adaptive_max_pool2d with output_size 1; lesson 04.

    >>> global_max_pool2d(np.array([[[4, 1], [3, 7]], [[-5, -2], [-9, -4]]])).tolist()
    [[[7]], [[-2]]]
    """
    return adaptive_max_pool_nd(2, input, 1, False)


def global_max_pool3d(input) -> np.ndarray:
    """Keep the largest value of each map of three axes, whatever its size.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); the result is (N, C, 1, 1, 1) or (C, 1, 1, 1).
    Errors: those of `global_max_pool2d`.
    Source: torch.nn.functional.adaptive_max_pool3d with output_size 1; lesson 04.

    >>> global_max_pool3d(np.zeros((2, 3, 8, 16, 15))).shape
    (2, 3, 1, 1, 1)
    """
    return adaptive_max_pool_nd(3, input, 1, False)


def global_avg_pool1d(input) -> np.ndarray:
    """Take the mean of each map of one axis, whatever its size.

    Shapes: input (N, C, L) or (C, L); the result is (N, C, 1) or (C, 1).
    Errors: those of `global_avg_pool2d`.
    Source: torch.nn.functional.adaptive_avg_pool1d with output_size 1; lesson 04.

    >>> global_avg_pool1d(np.array([[4, 1, 3, 7, 5]]))
    array([[4.]])
    """
    return adaptive_avg_pool_nd(1, input, 1)


def global_avg_pool2d(input) -> np.ndarray:
    """Take the mean of each map, whatever its size: one bin for both axes.

    Shapes: input (N, C, H, W) or (C, H, W), N may be 0; the result is (N, C, 1, 1) or (C, 1, 1).
    Errors: ValueError for an empty axis or another number of axes; TypeError for what is no array.
    Source: torch.nn.functional.adaptive_avg_pool2d with output_size 1; lesson 04.

    >>> global_avg_pool2d(np.array([[[4, 1], [3, 8]], [[-5, -2], [-9, -4]]])).tolist()
    [[[4.0]], [[-5.0]]]
    """
    return adaptive_avg_pool_nd(2, input, 1)


def global_avg_pool3d(input) -> np.ndarray:
    """Take the mean of each map of three axes, whatever its size.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); the result is (N, C, 1, 1, 1) or (C, 1, 1, 1).
    Errors: those of `global_avg_pool2d`.
    Source: torch.nn.functional.adaptive_avg_pool3d with output_size 1; lesson 04.

    >>> global_avg_pool3d(np.zeros((2, 3, 8, 16, 15))).shape
    (2, 3, 1, 1, 1)
    """
    return adaptive_avg_pool_nd(3, input, 1)


def global_max_pool1d_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `global_max_pool1d` with respect to input.

    Shapes: grad_output as the result of `global_max_pool1d`; the gradient as input.
    Errors: those of `global_max_pool1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> global_max_pool1d_backward(np.array([[5.0]]), np.array([[4.0, 7.0, 3.0]]))
    array([[0., 5., 0.]])
    """
    return adaptive_max_pool_nd_backward(1, grad_output, input, 1, False)


def global_max_pool2d_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `global_max_pool2d` with respect to input.

    Shapes: grad_output as the result of `global_max_pool2d`; the gradient as input.
    Errors: those of `global_max_pool2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> global_max_pool2d_backward(np.ones((1, 1, 1)), np.array([[[2.0, 7.0], [7.0, 1.0]]]))
    array([[[0., 1.],
            [0., 0.]]])
    """
    return adaptive_max_pool_nd_backward(2, grad_output, input, 1, False)


def global_max_pool3d_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `global_max_pool3d` with respect to input.

    Shapes: grad_output as the result of `global_max_pool3d`; the gradient as input.
    Errors: those of `global_max_pool3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> global_max_pool3d_backward(np.zeros((3, 1, 1, 1)), np.zeros((3, 2, 5, 4))).shape
    (3, 2, 5, 4)
    """
    return adaptive_max_pool_nd_backward(3, grad_output, input, 1, False)


def global_avg_pool1d_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `global_avg_pool1d` with respect to input.

    Shapes: grad_output as the result of `global_avg_pool1d`; the gradient as input.
    Errors: those of `global_avg_pool1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> global_avg_pool1d_backward(np.array([[6.0]]), np.array([[4.0, 7.0, 3.0]]))
    array([[2., 2., 2.]])
    """
    return adaptive_avg_pool_nd_backward(1, grad_output, input, 1)


def global_avg_pool2d_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `global_avg_pool2d` with respect to input.

    Shapes: grad_output as the result of `global_avg_pool2d`; the gradient as input.
    Errors: those of `global_avg_pool2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> global_avg_pool2d_backward(np.ones((1, 1, 1)), np.array([[[2.0, 7.0], [7.0, 1.0]]]))
    array([[[0.25, 0.25],
            [0.25, 0.25]]])
    """
    return adaptive_avg_pool_nd_backward(2, grad_output, input, 1)


def global_avg_pool3d_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `global_avg_pool3d` with respect to input.

    Shapes: grad_output as the result of `global_avg_pool3d`; the gradient as input.
    Errors: those of `global_avg_pool3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> global_avg_pool3d_backward(np.zeros((3, 1, 1, 1)), np.zeros((3, 2, 5, 4))).shape
    (3, 2, 5, 4)
    """
    return adaptive_avg_pool_nd_backward(3, grad_output, input, 1)
