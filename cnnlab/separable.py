"""Separable convolution: first every channel by itself, then all channels at one place.

Three compositions of `conv2d`, nothing else: a depthwise convolution has as many groups as
channels, a pointwise one has a 1x1 kernel, and a separable one is the first, then the second.
"""

from __future__ import annotations

import numpy as np

from . import calls
from .convolution import conv2d, conv2d_backward


def depthwise_conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1) -> np.ndarray:
    """Convolve every channel with kernels of its own; channels are never mixed.

    Shapes: input (N, C, H, W) or (C, H, W), weight (C * m, 1, kh, kw), bias (C * m,); the result
        is (N, C * m, places_h, places_w), the m maps of a channel side by side.
    Errors: ValueError where weight's filters are no multiple of the channels or have more than
        one slice; else those of `conv2d`.
    Source: torch.nn.functional.conv2d with groups = C; lesson 3.2.

    >>> depthwise_conv2d(np.ones((1, 3, 5, 5)), np.ones((6, 1, 3, 3)), padding=1).shape
    (1, 6, 5, 5)
    """
    groups = calls.depthwise_groups(input, weight)
    return conv2d(input, weight, bias, stride, padding, dilation, groups)


def depthwise_conv2d_backward(
    grad_output, input, weight, bias=None, stride=1, padding=0, dilation=1
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the gradients of `depthwise_conv2d` with respect to input, weight and bias.

    Shapes: grad_output as the result; each gradient as what it belongs to, None without bias.
    Errors: those of `depthwise_conv2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.3.

    >>> x, w = np.ones((1, 2, 3, 3)), np.ones((2, 1, 2, 2))
    >>> depthwise_conv2d_backward(np.ones((1, 2, 2, 2)), x, w)[1][:, 0]
    array([[[4., 4.],
            [4., 4.]],
    <BLANKLINE>
           [[4., 4.],
            [4., 4.]]])
    """
    groups = calls.depthwise_groups(input, weight)
    return conv2d_backward(grad_output, input, weight, bias, stride, padding, dilation, groups)


def pointwise_conv2d(input, weight, bias=None) -> np.ndarray:
    """Mix the channels at every place by itself: a convolution with a 1x1 kernel.

    Shapes: input (N, C, H, W) or (C, H, W), weight (O, C, 1, 1), bias (O,); the result is
        (N, O, H, W) or without N.
    Errors: ValueError where weight's kernel is not 1x1; else those of `conv2d`.
    Source: Lin, Chen and Yan 2014, Network in network; lesson 3.3.

    >>> pointwise_conv2d(np.ones((1, 3, 5, 5)), np.ones((8, 3, 1, 1)))[0, :2, 0, 0]
    array([3., 3.])
    """
    calls.pointwise_weight("weight", weight)
    return conv2d(input, weight, bias)


def pointwise_conv2d_backward(
    grad_output, input, weight, bias=None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the gradients of `pointwise_conv2d` with respect to input, weight and bias.

    Shapes: grad_output as the result; each gradient as what it belongs to, None without bias.
    Errors: those of `pointwise_conv2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.3.

    >>> x, w = np.ones((1, 3, 5, 5)), np.ones((8, 3, 1, 1))
    >>> pointwise_conv2d_backward(np.ones((1, 8, 5, 5)), x, w)[0][0, :, 0, 0]
    array([8., 8., 8.])
    """
    calls.pointwise_weight("weight", weight)
    return conv2d_backward(grad_output, input, weight, bias)


def separable_conv2d(
    input, depthwise_weight, pointwise_weight, bias=None, stride=1, padding=0, dilation=1
) -> np.ndarray:
    """Convolve every channel by itself, then mix the channels at every place.

    Shapes: input (N, C, H, W) or (C, H, W), depthwise_weight (C * m, 1, kh, kw), pointwise_weight
        (O, C * m, 1, 1), bias (O,); the result is (N, O, places_h, places_w) or without N.
    Errors: those of `depthwise_conv2d` and `pointwise_conv2d`.
    Source: Chollet 2017, Xception; Howard et al. 2017, MobileNets; lesson 3.4.

    >>> x = np.ones((1, 12, 24, 24))
    >>> separable_conv2d(x, np.ones((12, 1, 3, 3)), np.ones((64, 12, 1, 1)), padding=1).shape
    (1, 64, 24, 24)
    """
    calls.pointwise_weight("pointwise_weight", pointwise_weight, depthwise_weight)
    maps = depthwise_conv2d(input, depthwise_weight, None, stride, padding, dilation)
    return pointwise_conv2d(maps, pointwise_weight, bias)


def separable_conv2d_backward(
    grad_output,
    input,
    depthwise_weight,
    pointwise_weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the gradients of `separable_conv2d` for input, both weights, and bias.

    Shapes: grad_output as the result; each gradient as what it belongs to, None without bias.
    Errors: those of `separable_conv2d`; ValueError where grad_output has another shape.
    Source: torch.autograd, the chain rule through both steps; lesson 7.3.

    >>> x, d, p = np.ones((1, 2, 4, 4)), np.ones((2, 1, 3, 3)), np.ones((5, 2, 1, 1))
    >>> [g.shape for g in separable_conv2d_backward(np.ones((1, 5, 2, 2)), x, d, p)[:3]]
    [(1, 2, 4, 4), (2, 1, 3, 3), (5, 2, 1, 1)]
    """
    calls.pointwise_weight("pointwise_weight", pointwise_weight, depthwise_weight)
    sliding = (stride, padding, dilation)
    maps = depthwise_conv2d(input, depthwise_weight, None, *sliding)
    grad_maps, grad_pointwise, grad_bias = pointwise_conv2d_backward(
        grad_output, maps, pointwise_weight, bias
    )
    grad_input, grad_depthwise, _ = depthwise_conv2d_backward(
        grad_maps, input, depthwise_weight, None, *sliding
    )
    return grad_input, grad_depthwise, grad_pointwise, grad_bias
