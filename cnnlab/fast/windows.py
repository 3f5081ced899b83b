"""The definition as one contraction: a strided view of all windows, summed against the weight."""

from __future__ import annotations

import numpy as np

from .. import sliding

# n picture, g group, c channel in the group, o filter in the group; zyx places, kji taps
LETTERS = {1: "ngcxi,goci->ngox", 2: "ngcyxji,gocji->ngoyx", 3: "ngczyxkji,gockji->ngozyx"}


def correlate(padded, weight, places, stride, dilation, groups) -> np.ndarray:
    """Return the cross-correlation (N, C_out, *places) as one einsum over a view."""
    filters, slices, *kernel_size = weight.shape
    views = sliding.windows(padded, kernel_size, stride, dilation)
    views = views.reshape(len(padded), groups, slices, *views.shape[2:])
    weight = weight.reshape(groups, filters // groups, slices, *kernel_size)
    output = np.einsum(LETTERS[len(kernel_size)], views, weight, optimize=True)
    return np.ascontiguousarray(output.reshape(len(padded), filters, *places))


def correlate_backward(grad_output, padded, weight, stride, dilation, groups):
    """Return grad_input (padded) and grad_weight: the same einsum with another factor left out."""
    filters, slices, *kernel_size = weight.shape
    n = len(kernel_size)
    views = sliding.windows(padded, kernel_size, stride, dilation)
    views = views.reshape(len(padded), groups, slices, *views.shape[2:])
    grouped = weight.reshape(groups, filters // groups, slices, *kernel_size)
    grads = grad_output.reshape(len(padded), groups, filters // groups, *grad_output.shape[2:])
    inputs, result = LETTERS[n].split("->")
    view, kernel = inputs.split(",")
    grad_weight = np.einsum(f"{result},{view}->{kernel}", grads, views, optimize=True)
    columns = np.einsum(f"{result},{kernel}->{view}", grads, grouped, optimize=True)
    columns = columns.reshape(len(padded), groups * slices, *columns.shape[3:])
    grad_input = sliding.fold(columns, padded.shape[2:], stride, dilation)
    return grad_input, grad_weight.reshape(weight.shape)
