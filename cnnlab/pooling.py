"""Max pooling: slide a window, and let the largest value speak for all that lies under it.

Nothing is learned, and every channel is pooled by itself, so that (N, C, ...) stays (N, C, ...).
One definition serves 1, 2 and 3 axes; the number in `max_pool2d` counts the axes along which the
window slides. The padding is minus infinity, so that it never wins, not even against negative
values.

Average pooling is in `averaging.py`, windows that fit themselves to the input in `adaptive.py`,
one number for a whole map in `global_pooling.py`, the way back from the indices in `unpooling.py`.
"""

from __future__ import annotations

import math

import numpy as np

from . import arguments, calls, fast, sliding


def max_pool_nd(n, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    """Return the largest value under the window at every place; `max_pool2d` tells the rest."""
    call = calls.pooling(n, input, kernel_size, stride, padding, dilation, ceil_mode)
    if not arguments.flag("return_indices", return_indices):
        # The largest under `windows_of(call, ...)`, found one axis after the other
        return over_windows(np.maximum, call, sliding.lowest(call.input.dtype))
    values, winners = _winners(call)
    return values, np.where(winners < 0, _first_taps(call, winners.shape[-n:]), winners)


def max_pool_nd_backward(
    n, grad_output, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
):
    """Return the gradient of `max_pool_nd`: each window sends its own to the cell that won it."""
    call = calls.pooling(n, input, kernel_size, stride, padding, dilation, ceil_mode)
    arguments.flag("return_indices", return_indices)
    places = sliding.output_sizes(call.input.shape[-n:], *call[1:])
    shape = (*call.input.shape[:-n], *places)
    grad_output = arguments.gradient(grad_output, shape, call.input.dtype)
    # The same cells as `_winners` names, found one axis after the other
    grad_input = fast.send_to_largest(grad_output, call.input, places, *call[1:5])
    if grad_input is None:  # the last NaN of a window wins it, so comparing can't tell
        return send_back(grad_output, _winners(call)[1], call.input.shape[-n:])
    return grad_input


def largest(under, numbers) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest value under each window, and the number of the cell that holds it.

    The taps are tried in row-major order, and a later one takes over where it is larger, so that
    ties go to the first. NaN takes over always, so that the last NaN stays, as in torch. Padding
    gives way to whatever is tried next.

    Shapes: under (..., *places, *kernel_size), numbers (*places, *kernel_size) of ints, -1 in the
        padding; both results are (..., *places).
    """
    n = numbers.ndim // 2
    best = np.full(under.shape[:-n], sliding.lowest(under.dtype), under.dtype)
    winner = np.full(best.shape, -1)
    for tap in np.ndindex(numbers.shape[n:]):
        value, number = under[(..., *tap)], numbers[(..., *tap)]
        takes_over = (value > best) | np.isnan(value) | (winner < 0)
        np.copyto(best, value, where=takes_over)
        np.copyto(winner, number, where=takes_over)
    return best, winner


@np.errstate(all="ignore")  # infinities and NaN follow IEEE 754 silently, as in torch
def send_back(values, numbers, sizes) -> np.ndarray:
    """Return maps of zeros to which each value has been added at the cell of its number.

    Shapes: values and numbers (..., *places), numbers -1 for what belongs to no cell; the result
        is (..., *sizes).
    """
    lead, places = values.shape[: -len(sizes)], values.shape[-len(sizes) :]
    maps, cells = math.prod(lead), math.prod(sizes)
    total = np.zeros((maps, cells + 1), values.dtype)  # the last cell takes what has number -1
    column = numbers.reshape(maps, math.prod(places))
    np.add.at(total, (np.arange(maps)[:, np.newaxis], column), values.reshape(column.shape))
    return np.ascontiguousarray(total[:, :-1]).reshape(*lead, *sizes)


def windows_of(call, maps, outside) -> np.ndarray:
    """Return what lies under the window at every place of `maps` with `outside` around them."""
    padded = sliding.pad(maps, pads_of(call), value=outside)
    return sliding.windows(padded, call.kernel_size, call.stride, call.dilation)


def over_windows(combine, call, outside, divisor=None) -> np.ndarray:
    """Return `combine` over each window: what `windows_of` shows, reduced the fast way."""
    n = len(call.pads)
    places = sliding.output_sizes(call.input.shape[-n:], *call[1:])
    return fast.reduce_windows(combine, call.input, places, *call[1:5], outside, divisor)


def pads_of(call) -> list[tuple[int, int]]:
    """Return the padding (before, after) of each axis, with the overhang that ceil_mode adds."""
    return sliding.overhang(call.input.shape[-len(call.pads) :], *call[1:])


def _winners(call):
    """Return `largest` of a call, the cells numbered row by row."""
    sizes = call.input.shape[-len(call.pads) :]
    numbers = np.arange(math.prod(sizes)).reshape(sizes)
    under = windows_of(call, call.input, sliding.lowest(call.input.dtype))
    return largest(under, windows_of(call, numbers, -1))


def _first_taps(call, places):
    """Return the number of each window's first tap that is not in the padding before the map.

    torch gives it as index where a window sees padding alone, as a wide dilation can make it.
    """
    number = np.zeros((), int)
    sizes = call.input.shape[-len(places) :]
    rows = zip(sizes, places, call.stride, call.pads, call.dilation, strict=True)
    for size, count, step, (before, _), gap in rows:
        start = np.arange(count) * step - before
        number = number[..., np.newaxis] * size + np.where(start < 0, start % gap, start)
    return number


def max_pool1d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """Keep the largest value under a window over one axis; `max_pool2d` tells the arguments.

    Shapes: input (N, C, L) or (C, L); the result is (N, C, places) or without N.
    Errors: ValueError and TypeError as in `max_pool2d`.
    Source: torch.nn.functional.max_pool1d; lesson 04.

    >>> max_pool1d(np.array([[4, 1, 3, 7, 2]]), 3, stride=1)
    array([[4, 7, 7]])
    """
    return max_pool_nd(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """Keep the largest value under a window over two axes, as `torch.nn.functional.max_pool2d`.

    The window's places are `stride` cells apart, by default as many as it is large, and its taps
    `dilation` cells; `padding` cells of minus infinity lie around the input, at most half of
    kernel_size. With ceil_mode the last window may hang over the end; one that would start in
    the padding after the end is dropped. With return_indices the second result says where each
    maximum lies, counted row by row over the H * W cells of the input.

    Shapes: input (N, C, H, W) or (C, H, W), N may be 0; the result is (N, C, places_h, places_w)
        or without N, in the dtype of input; the indices are int64 of the same shape.
    Errors: ValueError for padding above half of kernel_size, a window larger than the padded
        input, an empty axis, and numbers below their least value; TypeError for what is no array,
        no int or no bool.
    Source: torch.nn.functional.max_pool2d; lesson 04.

    >>> image = np.array([[[1, 5, 2, 0], [3, 4, 8, 1]]])
    >>> max_pool2d(image, 2, return_indices=True)
    (array([[[5, 8]]]), array([[[1, 6]]]))
    >>> max_pool2d(-image, 3, stride=2, padding=1)  # a padding of zeros would win both places
    array([[[-1, 0]]])
    """
    return max_pool_nd(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """Keep the largest value under a window over three axes; `max_pool2d` tells the arguments.

    Shapes: input (N, C, D, H, W) or (C, D, H, W); the result is (N, C, three places) or without N.
    Errors: ValueError and TypeError as in `max_pool2d`.
    Source: torch.nn.functional.max_pool3d; lesson 04.

    >>> max_pool3d(np.zeros((2, 3, 8, 16, 16)), 3, stride=2, padding=(0, 1, 1)).shape
    (2, 3, 3, 8, 8)
    """
    return max_pool_nd(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d_backward(
    grad_output,
    input,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode=False,
    return_indices=False,
) -> np.ndarray:
    """Return the gradient of `max_pool1d` with respect to input.

    Shapes: grad_output as the result of `max_pool1d`; the gradient as input.
    Errors: those of `max_pool1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> x = np.array([[4.0, 1.0, 3.0, 7.0, 2.0]])
    >>> max_pool1d_backward(np.array([[1.0, 2.0, 3.0]]), x, 3, stride=1)
    array([[1., 0., 0., 5., 0.]])
    """
    return max_pool_nd_backward(
        1, grad_output, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool2d_backward(
    grad_output,
    input,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode=False,
    return_indices=False,
) -> np.ndarray:
    """Return the gradient of `max_pool2d` with respect to input.

    Of equal cells the first in row-major order gets it all; overlapping windows add up.

    Shapes: grad_output as the result of `max_pool2d`; the gradient as input.
    Errors: those of `max_pool2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> max_pool2d_backward(np.ones((1, 1, 1)), np.array([[[2.0, 7.0], [7.0, 1.0]]]), 2)
    array([[[0., 1.],
            [0., 0.]]])
    """
    return max_pool_nd_backward(
        2, grad_output, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool3d_backward(
    grad_output,
    input,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode=False,
    return_indices=False,
) -> np.ndarray:
    """Return the gradient of `max_pool3d` with respect to input.

    Shapes: grad_output as the result of `max_pool3d`; the gradient as input.
    Errors: those of `max_pool3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 07.

    >>> max_pool3d_backward(np.ones((3, 1, 1, 2)), np.zeros((3, 2, 2, 4)), 2).shape
    (3, 2, 2, 4)
    """
    return max_pool_nd_backward(
        3, grad_output, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )
