"""1x1 kernels: one matrix times the channels of every pixel, straight into the output.

Copies nothing: an image already is a matrix (C_in, pixels). One GEMM for each image and group, no
workspace. With a stride, the pixels that are visited are copied out first.
"""

from __future__ import annotations

import numpy as np

from .products import multiply
from .window import Window


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    filters = weight.reshape(window.groups, len(weight) // window.groups, -1)
    pixels = _pixels(input, window)
    multiply(filters, pixels, output.reshape(*pixels.shape[:2], -1, pixels.shape[3]))


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add, for every pixel, the outer product of its gradients and its channels."""
    total = grad_weight.reshape(window.groups, len(grad_weight) // window.groups, -1)
    pixels = _pixels(input, window)
    grads = grad_output.reshape(*pixels.shape[:2], -1, pixels.shape[3])
    for image, grad in zip(pixels, grads, strict=True):
        total += grad @ image.swapaxes(1, 2)


def _pixels(input, window) -> np.ndarray:
    """Return the visited pixels as matrices (N, groups, C_in / groups, pixels)."""
    steps = tuple(slice(None, None, step) for step in window.stride)
    visited = input[:, :, *steps]
    return visited.reshape(len(input), window.groups, input.shape[1] // window.groups, -1)
