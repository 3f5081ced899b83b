"""Pyramids and regions: outputs of one length from pictures of any size.

Compositions of what other modules define. A linear layer needs a fixed number of values; adaptive
bins give it, over the whole picture on several levels (spatial pyramid), or over a part of it
(region pooling). The atrous pyramid looks at each place with several dilations at once.
"""

from __future__ import annotations

import numpy as np

from . import arguments, calls
from .adaptive import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_backward,
    adaptive_max_pool2d,
    adaptive_max_pool2d_backward,
)
from .convolution import conv2d, conv2d_backward

POOLS = {
    "max": (adaptive_max_pool2d, adaptive_max_pool2d_backward),
    "avg": (adaptive_avg_pool2d, adaptive_avg_pool2d_backward),
}


def spatial_pyramid_pool(input, levels=(1, 2, 4), mode="max") -> np.ndarray:
    """Pool the picture into l x l bins for each level l, and lay all bins in one row.

    Level by level; inside a level channel by channel, its bins row by row. Levels (1, 2, 4) give
    21 values per channel for a picture of any size.

    Shapes: input (N, C, H, W) or (C, H, W); the result is (N, C * sum(l * l)), or without N.
    Errors: ValueError for no levels, a level below 1, or another mode than 'max' and 'avg';
        TypeError for what is no array or no int; else those of `adaptive_max_pool2d`.
    Source: He, Zhang, Ren and Sun 2014, Spatial pyramid pooling in deep convolutional networks;
        lesson 5.2.

    >>> spatial_pyramid_pool(np.arange(12.0).reshape(1, 3, 4), levels=(1, 2))
    array([11.,  5.,  7.,  9., 11.])
    >>> [spatial_pyramid_pool(np.zeros((2, 5, h, 9))).shape for h in (4, 7, 13)]
    [(2, 105), (2, 105), (2, 105)]
    """
    pool, _ = POOLS[arguments.choice("mode", mode, tuple(POOLS))]
    levels = calls.levels(levels)
    input = arguments.feature_maps(2, input, filled=3)
    *lead, channels = input.shape[:-2]
    rows = [pool(input, level).reshape(*lead, channels * level * level) for level in levels]
    return np.concatenate(rows, axis=-1)


def spatial_pyramid_pool_backward(grad_output, input, levels=(1, 2, 4), mode="max") -> np.ndarray:
    """Return the gradient of `spatial_pyramid_pool`: the sum of what every level sends back.

    Shapes: grad_output as the result; the gradient as input.
    Errors: those of `spatial_pyramid_pool`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.4.

    >>> x = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    >>> spatial_pyramid_pool_backward(np.ones(5), x, levels=(1, 2))
    array([[[1., 1.],
            [1., 2.]]])
    """
    _, back = POOLS[arguments.choice("mode", mode, tuple(POOLS))]
    levels = calls.levels(levels)
    input = arguments.feature_maps(2, input, filled=3)
    *lead, channels = input.shape[:-2]
    ends = np.cumsum([channels * level * level for level in levels])
    dtype = arguments.floats(input).dtype if mode == "avg" else input.dtype
    grad_output = arguments.gradient(grad_output, (*lead, ends[-1]), dtype)
    parts = np.split(grad_output, ends[:-1], axis=-1)
    with np.errstate(all="ignore"):  # infinities and NaN follow IEEE 754 silently, as in torch
        return sum(
            back(part.reshape(*lead, channels, level, level), input, level)
            for part, level in zip(parts, levels, strict=True)
        )


def roi_pool(input, boxes, output_size) -> np.ndarray:
    """Keep the largest value in each adaptive bin of a box in the picture.

    Shapes: input (C, H, W), one picture; boxes four ints (top, left, bottom, right) in whole
        cells, the ends excluded, or an int array (R, 4) of such boxes; output_size an int or a
        pair, in which None keeps all cells of the box; the result is (C, oh, ow), or
        (R, C, oh, ow) for R boxes.
    Errors: ValueError for a box that is empty or not inside the picture; TypeError for boxes that
        are no ints; else those of `adaptive_max_pool2d`.
    Source: Girshick 2015, Fast R-CNN, with the bins of adaptive pooling; lesson 5.4.

    >>> roi_pool(np.arange(20.0).reshape(1, 4, 5), (1, 1, 4, 4), 2)
    array([[[12., 13.],
            [17., 18.]]])
    """
    input, rows, bins, one = calls.regions(input, boxes, output_size)
    crops = [input[:, top:bottom, left:right] for top, left, bottom, right in rows]
    pooled = [adaptive_max_pool2d(crop, bins) for crop in crops]
    if one:
        return pooled[0]
    return np.stack(pooled) if pooled else np.zeros((0, len(input), *bins), input.dtype)


def roi_pool_backward(grad_output, input, boxes, output_size) -> np.ndarray:
    """Return the gradient of `roi_pool`: each box sends its own back into its part of the picture.

    Shapes: grad_output as the result; the gradient as input.
    Errors: those of `roi_pool`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.4.

    >>> x = np.arange(6.0).reshape(1, 2, 3)
    >>> roi_pool_backward(np.ones((2, 1, 1, 1)), x, np.array([[0, 0, 2, 2], [0, 1, 2, 2]]), 1)
    array([[[0., 0., 0.],
            [0., 2., 0.]]])
    """
    input, rows, bins, one = calls.regions(input, boxes, output_size)
    lead = () if one else (len(rows),)
    grads = arguments.gradient(grad_output, (*lead, len(input), *bins), input.dtype)
    total = np.zeros(input.shape, grads.dtype)
    for grad, (top, left, bottom, right) in zip(grads[None] if one else grads, rows, strict=True):
        region = (slice(None), slice(top, bottom), slice(left, right))
        total[region] += adaptive_max_pool2d_backward(grad, input[region], bins)
    return total


def atrous_pyramid(input, weights, dilations, biases=None) -> np.ndarray:
    """Convolve the same input with several dilations, and stack the feature maps.

    Every branch keeps the size (padding 'same', stride 1), so that each place is seen at several
    scales at once; a 1x1 weight is a branch too.

    Shapes: input (N, C, H, W) or (C, H, W); weights and dilations as many as branches, each weight
        (O, C, kh, kw); biases as many (O,) or None; the result is (N, sum of O, H, W).
    Errors: ValueError where the numbers of branches differ; else those of `conv2d`.
    Source: Chen et al. 2017, Rethinking atrous convolution for semantic image segmentation;
        lesson 5.3.

    >>> maps = np.ones((1, 2, 9, 9))
    >>> atrous_pyramid(maps, [np.ones((4, 2, 3, 3))] * 3, dilations=(1, 2, 4)).shape
    (1, 12, 9, 9)
    """
    branches = calls.branches(weights, dilations, biases)
    input = arguments.array("input", input, (3, 4), "3 axes (C, H, W) or 4 axes (N, C, H, W)")
    maps = [conv2d(input, w, b, padding="same", dilation=d) for w, d, b in branches]
    return np.concatenate(maps, axis=-3)


def atrous_pyramid_backward(grad_output, input, weights, dilations, biases=None):
    """Return the gradients of `atrous_pyramid`: of input, the list of weights, the list of biases.

    Shapes: grad_output as the result; each gradient as what it belongs to, None without biases.
    Errors: those of `atrous_pyramid`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.3.

    >>> x, weights = np.ones((1, 2, 5, 5)), [np.ones((3, 2, 1, 1)), np.ones((4, 2, 3, 3))]
    >>> grads = atrous_pyramid_backward(np.ones((1, 7, 5, 5)), x, weights, (1, 2))
    >>> grads[0].shape, [g.shape for g in grads[1]], grads[2]
    ((1, 2, 5, 5), [(3, 2, 1, 1), (4, 2, 3, 3)], None)
    """
    branches = calls.branches(weights, dilations, biases)
    input = arguments.array("input", input, (3, 4), "3 axes (C, H, W) or 4 axes (N, C, H, W)")
    grad_output = arguments.array("grad_output", grad_output)
    ends = np.cumsum([len(weight) for weight, _, _ in branches])
    shape = (*input.shape[:-3], ends[-1], *input.shape[-2:])
    arguments.same_shape("grad_output", grad_output, shape)
    parts = np.split(grad_output, ends[:-1], axis=-3)
    grads = [
        conv2d_backward(part, input, w, b, padding="same", dilation=d)
        for part, (w, d, b) in zip(parts, branches, strict=True)
    ]
    inputs, by_weight, by_bias = zip(*grads, strict=True)
    return sum(inputs), list(by_weight), None if biases is None else list(by_bias)
