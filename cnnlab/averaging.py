"""Average pooling: slide a window, and let the mean speak for all that lies under it.

The companion of `pooling.py`, with the same window and the same places. The padding holds zeros;
whether they count as cells when the sum is divided is for the caller to say.
"""

from __future__ import annotations

import functools

import numpy as np

from . import arguments, calls, sliding
from .pooling import over_windows, pads_of


@np.errstate(all="ignore")  # infinities and NaN follow IEEE 754 silently, as in torch
def avg_pool_nd(
    n, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
):
    """Return the mean under the window at every place; `avg_pool2d` tells the arguments."""
    call = calls.mean_pooling(
        n, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    exact = np.result_type(call.input, np.float32)  # sums of float16 would overflow
    counted = np.asarray(divisor_override or _cells_counted(call, count_include_pad), exact)
    wide = call._replace(input=call.input.astype(exact, copy=False))
    return over_windows(np.add, wide, 0, counted).astype(call.input.dtype, copy=False)


@np.errstate(all="ignore")
def avg_pool_nd_backward(
    n, grad_output, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
    divisor_override,
):  # fmt: skip
    """Return the gradient of `avg_pool_nd`: a window shares its own among the cells under it."""
    call = calls.mean_pooling(
        n, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    counted = _cells_counted(call, count_include_pad)
    shape = (*call.input.shape[:-n], *counted.shape)
    grad_output = arguments.gradient(grad_output, shape, call.input.dtype)
    exact = np.result_type(grad_output, np.float32)  # float16 ends at 65504 cells
    share = grad_output / np.asarray(divisor_override or counted, exact)
    shares = np.broadcast_to(share[(..., *[np.newaxis] * n)], (*shape, *call.kernel_size))
    pads = pads_of(call)
    sizes = [m + b + a for m, (b, a) in zip(call.input.shape[-n:], pads, strict=True)]
    padded = sliding.fold(shares, sizes, call.stride, call.dilation)
    grads = sliding.pad_backward(padded, pads).astype(grad_output.dtype, copy=False)
    return np.ascontiguousarray(grads)


def _cells_counted(call, count_include_pad):
    """Return how many cells each mean counts: the padding or not, what hangs over it never.

    A window is a box: what it counts is the product of what it counts along each axis.
    """
    n = len(call.pads)
    sizes = call.input.shape[-n:]
    places = sliding.output_sizes(sizes, *call[1:])
    lengths = []
    rows = zip(sizes, places, call.kernel_size, call.stride, call.pads, strict=True)
    for size, count, kernel, stride, (before, after) in rows:
        first, last = (-before, size + after) if count_include_pad else (0, size)
        starts = np.arange(count) * stride - before
        lengths.append(np.minimum(starts + kernel, last) - np.maximum(starts, first))
    return functools.reduce(np.multiply.outer, lengths)


def avg_pool1d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
) -> np.ndarray:
    """Take the mean under a window over one axis; `avg_pool2d` tells the arguments.

    Shapes: input (N, C, L) or (C, L); the result is (N, C, places) or without N.
    Errors: ValueError and TypeError as in `avg_pool2d`.
    Source: torch.nn.functional.avg_pool1d; lesson 04.

    >>> avg_pool1d(np.array([[4.0, 1.0, 4.0, 7.0, 1.0]]), 3, stride=1)
    array([[3., 4., 4.]])
    """
    return avg_pool_nd(
        1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool2d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
) -> np.ndarray:
    """Take the mean under a window over two axes, as `torch.nn.functional.avg_pool2d` does.

    `max_pool2d` tells kernel_size, stride, padding and ceil_mode; the padding holds zeros. The sum
    is divided by the number of cells under the window: with count_include_pad the padding counts,
    what hangs over it with ceil_mode never does. divisor_override divides by another number.

    Shapes: input (N, C, H, W) or (C, H, W), N may be 0; the result is (N, C, places_h, places_w)
        or without N, in the dtype of input, float64 for integers.
    Errors: those of `max_pool2d`; ValueError for divisor_override=0.
    Source: torch.nn.functional.avg_pool2d; lesson 04.

    >>> image = np.array([[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 1.0]]])
    >>> avg_pool2d(image, 2)
    array([[[3.25, 2.75]]])
    >>> avg_pool2d(image, 2, padding=1, count_include_pad=False)
    array([[[1. , 3.5, 0. ],
            [3. , 6. , 1. ]]])
    """
    return avg_pool_nd(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
) -> np.ndarray:
    """Take the mean under a window over three axes; `avg_pool2d` tells the arguments.

    Unlike a picture, a volume must be as large as the window without its padding, as in torch.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); the result is (N, C, three places) or without N.
    Errors: ValueError and TypeError as in `avg_pool2d`.
    Source: torch.nn.functional.avg_pool3d; lesson 04.

    >>> avg_pool3d(np.zeros((2, 3, 8, 16, 16)), (2, 4, 4)).shape
    (2, 3, 4, 4, 4)
    """
    return avg_pool_nd(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool1d_backward(
    grad_output,
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
) -> np.ndarray:
    """Return the gradient of `avg_pool1d` with respect to input.

    Shapes: grad_output as the result of `avg_pool1d`; the gradient as input.
    Errors: those of `avg_pool1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> avg_pool1d_backward(np.array([[3.0, 6.0, 9.0]]), np.zeros((1, 5)), 3, stride=1)
    array([[1., 3., 6., 5., 3.]])
    """
    return avg_pool_nd_backward(
        1, grad_output, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip


def avg_pool2d_backward(
    grad_output,
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
) -> np.ndarray:
    """Return the gradient of `avg_pool2d` with respect to input.

    Shapes: grad_output as the result of `avg_pool2d`; the gradient as input.
    Errors: those of `avg_pool2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> avg_pool2d_backward(np.array([[[4.0, 8.0]]]), np.zeros((1, 2, 4)), 2)
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]])
    """
    return avg_pool_nd_backward(
        2, grad_output, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip


def avg_pool3d_backward(
    grad_output,
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
) -> np.ndarray:
    """Return the gradient of `avg_pool3d` with respect to input.

    Shapes: grad_output as the result of `avg_pool3d`; the gradient as input.
    Errors: those of `avg_pool3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> avg_pool3d_backward(np.ones((3, 1, 1, 2)), np.zeros((3, 2, 2, 4)), 2).shape
    (3, 2, 2, 4)
    """
    return avg_pool_nd_backward(
        3, grad_output, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip
