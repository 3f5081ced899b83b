"""The definition as nested loops: one multiplication at a time, nothing copied, very slow."""

from __future__ import annotations

import numpy as np


def correlate(padded, weight, places, stride, dilation, groups) -> np.ndarray:
    """Return the cross-correlation (N, C_out, *places), one product at a time."""
    filters, slices, *kernel_size = weight.shape
    output = np.zeros((len(padded), filters, *places), dtype=padded.dtype)
    for picture, o, *place in np.ndindex(*output.shape):
        first = o // (filters // groups) * slices
        for c, *tap in np.ndindex(slices, *kernel_size):
            cell = (p * s + t * d for p, s, t, d in zip(place, stride, tap, dilation, strict=True))
            output[picture, o, *place] += padded[picture, first + c, *cell] * weight[o, c, *tap]
    return output


def correlate_backward(grad_output, padded, weight, stride, dilation, groups):
    """Return grad_input (padded) and grad_weight, one product at a time."""
    filters, slices, *kernel_size = weight.shape
    grad_input, grad_weight = np.zeros_like(padded), np.zeros_like(weight)
    for picture, o, *place in np.ndindex(*grad_output.shape):
        grad = grad_output[picture, o, *place]
        first = o // (filters // groups) * slices
        for c, *tap in np.ndindex(slices, *kernel_size):
            at = (p * s + t * d for p, s, t, d in zip(place, stride, tap, dilation, strict=True))
            cell = (picture, first + c, *at)
            grad_input[cell] += grad * weight[o, c, *tap]
            grad_weight[o, c, *tap] += grad * padded[cell]
    return grad_input, grad_weight
