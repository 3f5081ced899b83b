"""Every window copied into a column, then one matrix product a group.

Copies each input value once per tap that lies on it (k * k times for stride 1): much memory, but
the whole sum becomes a GEMM, which BLAS does at the speed of the machine.
"""

from __future__ import annotations

import math

import numpy as np

from .. import sliding


def correlate(padded, weight, places, stride, dilation, groups) -> np.ndarray:
    """Return the cross-correlation (N, C_out, *places) by one matrix product for each group."""
    columns = _columns(padded, weight.shape[1:], stride, dilation, groups)
    output = _rows(weight, groups) @ columns
    return output.reshape(len(padded), len(weight), *places)


def correlate_backward(grad_output, padded, weight, stride, dilation, groups):
    """Return grad_input (padded) and grad_weight: the two transposes of the matrix product."""
    n, places = weight.ndim - 2, grad_output.shape[2:]
    columns = _columns(padded, weight.shape[1:], stride, dilation, groups)
    grads = grad_output.reshape(len(padded), groups, len(weight) // groups, math.prod(places))
    grad_weight = (grads @ columns.swapaxes(2, 3)).sum(0)
    grad_columns = _rows(weight, groups).swapaxes(1, 2) @ grads
    grad_columns = grad_columns.reshape(*padded.shape[:2], *weight.shape[2:], *places)
    places_first = (0, 1, *range(2 + n, 2 + 2 * n), *range(2, 2 + n))
    grad_columns = grad_columns.transpose(places_first)
    grad_input = sliding.fold(grad_columns, padded.shape[2:], stride, dilation)
    return grad_input, grad_weight.reshape(weight.shape)


def _rows(weight, groups) -> np.ndarray:
    """Return one row a filter: (groups, filters in the group, taps)."""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _columns(padded, filter_shape, stride, dilation, groups) -> np.ndarray:
    """Return one column a window: (N, groups, taps, positions)."""
    _, *kernel_size = filter_shape
    n = len(kernel_size)
    views = sliding.windows(padded, kernel_size, stride, dilation)
    taps_first = (0, 1, *range(2 + n, 2 + 2 * n), *range(2, 2 + n))
    positions = math.prod(views.shape[2 : 2 + n])
    return views.transpose(taps_first).reshape(
        len(padded), groups, math.prod(filter_shape), positions
    )
