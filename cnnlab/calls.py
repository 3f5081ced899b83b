"""Whole calls checked: the arguments of each operator, spelled out and in agreement.

`arguments.py` reads one argument at a time; here they meet. What torch refuses is refused, with the
argument's name, what was given, and the rule.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from . import arguments


class ConvolutionCall(NamedTuple):
    """The checked arguments of a convolution, every one spelled out for each axis."""

    input: np.ndarray  # (N, C_in, *size), a batch even where one picture was given
    weight: np.ndarray  # (C_out, C_in / groups, *kernel)
    bias: np.ndarray | None  # (C_out,)
    stride: tuple[int, ...]
    pads: list[tuple[int, int]]
    dilation: tuple[int, ...]
    groups: int
    batched: bool
    dtype: np.dtype  # of the result; halves are reckoned in float32 and rounded once, as in torch


def convolution(n, input, weight, bias, stride, padding, dilation, groups, padding_mode):
    """Check the arguments of a convolution that slides along `n` axes, torch's rules and order."""
    axes = f"{n + 1} axes (C, {n} of space) or {n + 2} axes (N, C, {n} of space)"
    input = arguments.array("input", input, (n + 1, n + 2), axes)
    weight = arguments.array(
        "weight", weight, (n + 2,), f"{n + 2} axes (C_out, C_in / groups, {n} of kernel)"
    )
    stride = arguments.per_axis("stride", stride, n, minimum=1)
    dilation = arguments.per_axis("dilation", dilation, n, minimum=1)
    groups = arguments.integer("groups", groups, minimum=1)
    if min(weight.shape[0], *weight.shape[2:]) < 1:
        raise ValueError(
            f"weight must have at least one filter and one tap per axis; got shape {weight.shape}"
        )
    pads = arguments.padding_pairs(padding, weight.shape[2:], stride, dilation)
    arguments.choice("padding_mode", padding_mode, arguments.PADDING_MODES)
    batched = input.ndim == n + 2
    if not batched:
        input = input[np.newaxis]
    if min(input.shape[2:]) < 1:
        raise ValueError(f"input must have at least one cell per axis; got shape {input.shape}")
    _check_channels(input, weight, groups)
    if bias is not None:
        bias = arguments.array("bias", bias)
        if bias.shape != weight.shape[:1]:
            raise ValueError(
                f"bias must have one value for each of the {weight.shape[0]} filters; "
                f"got shape {bias.shape}"
            )
    given = [array for array in (input, weight, bias) if array is not None]
    dtype = np.result_type(*given)
    exact = np.float32 if dtype == np.float16 else dtype
    input, weight, *biases = (array.astype(exact, copy=False) for array in given)
    bias = biases[0] if biases else None
    return ConvolutionCall(input, weight, bias, stride, pads, dilation, groups, batched, dtype)


def _check_channels(input, weight, groups) -> None:
    filters, slices = weight.shape[:2]
    if filters % groups:
        raise ValueError(f"groups must divide the {filters} filters of weight; got groups={groups}")
    if input.shape[1] != slices * groups:
        raise ValueError(
            f"input must have {slices * groups} channels (weight.shape[1] = {slices} times "
            f"groups = {groups}); got {input.shape[1]} channels in shape {input.shape}"
        )


class PoolingCall(NamedTuple):
    """The checked arguments of a pooling window, every one spelled out for each axis."""

    input: np.ndarray  # (N, C, *size) or (C, *size)
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    pads: list[tuple[int, int]]
    dilation: tuple[int, ...]
    ceil_mode: bool


def pooling(n, input, kernel_size, stride, padding, dilation, ceil_mode) -> PoolingCall:
    """Check the arguments of a pooling window that slides along `n` axes, torch's rules."""
    input = arguments.feature_maps(n, input, filled=n + 1)
    kernel_size = arguments.per_axis("kernel_size", kernel_size, n, minimum=1)
    if stride is None or (isinstance(stride, tuple | list) and not stride):
        stride = kernel_size
    stride = arguments.per_axis("stride", stride, n, minimum=1)
    padding = arguments.per_axis("padding", padding, n, minimum=0)
    dilation = arguments.per_axis("dilation", dilation, n, minimum=1)
    arguments.at_most_half(padding, kernel_size)
    pads = [(p, p) for p in padding]
    return PoolingCall(
        input, kernel_size, stride, pads, dilation, arguments.flag("ceil_mode", ceil_mode)
    )


def mean_pooling(
    n, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
) -> PoolingCall:
    """Check the arguments of average pooling, torch's rules; integers become float64."""
    call = pooling(n, input, kernel_size, stride, padding, 1, ceil_mode)
    sizes = call.input.shape[-n:]
    # torch's own rule for volumes alone: padding doesn't help a window that is too large.
    if n == 3 and any(k > size for k, size in zip(call.kernel_size, sizes, strict=True)):
        raise ValueError(
            f"kernel_size must fit into the unpadded input of size {sizes} for average pooling "
            f"in 3-D, as in torch; got kernel_size={call.kernel_size}"
        )
    arguments.flag("count_include_pad", count_include_pad)
    if (
        divisor_override is not None
        and arguments.integer("divisor_override", divisor_override) == 0
    ):
        raise ValueError("divisor_override must not be zero; got divisor_override=0")
    return call._replace(input=arguments.floats(call.input))


def adaptive_pooling(n, input, output_size, means) -> tuple[np.ndarray, tuple[int, ...]]:
    """Check the input of an adaptive pool over `n` axes and spell out its output size."""
    maps = arguments.feature_maps(n, input, filled=n)
    counts = arguments.bins_per_axis("output_size", output_size, maps.shape[-n:])
    # torch's rule: a batch without channels has means alone, in 3-D the global mean alone.
    if 0 in maps.shape[1:] and not (means and (n < 3 or set(counts) == {1})):
        raise ValueError(f"input must have at least one channel; got shape {maps.shape}")
    return maps, counts


class UnpoolingCall(NamedTuple):
    """The checked arguments of unpooling."""

    input: np.ndarray  # (N, C, *places) or (C, *places)
    indices: np.ndarray  # int64, of the same shape
    sizes: tuple[int, ...]  # of the maps that come out


def unpooling(n, input, indices, kernel_size, stride, padding, output_size) -> UnpoolingCall:
    """Check the arguments of unpooling along `n` axes, torch's rules."""
    input = arguments.feature_maps(n, input, filled=n + 1)
    indices = arguments.array("indices", indices)
    if indices.dtype != np.int64:
        raise TypeError(f"indices must hold int64, as max pooling gives; got {indices.dtype}")
    arguments.same_shape("indices", indices, input.shape)
    stride = kernel_size if stride is None else stride
    windows = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    for name, value in windows.items():  # torch's rule for unpooling alone: no single int in a list
        if isinstance(value, tuple | list) and len(value) != n:
            raise ValueError(f"{name} must be an int or {n} ints; got {name}={value!r}")
    kernel_size = arguments.per_axis("kernel_size", kernel_size, n, minimum=1)
    stride = arguments.per_axis("stride", stride, n, minimum=1)
    padding = arguments.per_axis("padding", padding, n, minimum=0)
    rows = zip(input.shape[-n:], kernel_size, stride, padding, strict=True)
    sizes = tuple((places - 1) * s - 2 * p + k for places, k, s, p in rows)
    if output_size is not None:
        sizes = _unpooled_sizes(output_size, sizes, stride)
    cells = math.prod(sizes) if min(sizes) > 0 else 0
    if indices.size and not 0 <= indices.min() <= indices.max() < cells:
        raise ValueError(
            f"indices must be from 0 to {cells - 1}, cells of an output of size {sizes}; "
            f"got {indices.min()} to {indices.max()}"
        )
    return UnpoolingCall(input, indices, sizes)


def _unpooled_sizes(output_size, by_default, stride) -> tuple[int, ...]:
    """Return the last entries of output_size if maps of that size pool to what was given."""
    n = len(stride)
    rule = f"output_size must be a tuple of {n} or {n + 2} ints"
    if not isinstance(output_size, tuple | list) or None in map(arguments.as_index, output_size):
        raise TypeError(f"{rule}; got output_size={output_size!r}")
    if len(output_size) not in (n, n + 2):
        raise ValueError(f"{rule}; got output_size={output_size!r}")
    sizes = tuple(map(arguments.as_index, output_size))[-n:]
    ranges = [(size - s + 1, size + s - 1) for size, s in zip(by_default, stride, strict=True)]
    if any(not low <= size <= high for size, (low, high) in zip(sizes, ranges, strict=True)):
        raise ValueError(
            f"output_size must be within {ranges} (least, largest for each axis); "
            f"got output_size={output_size!r}"
        )
    return sizes


def depthwise_groups(input: object, weight: object) -> int:
    """Return the number of channels of a depthwise convolution: each of them is a group."""
    input = arguments.array("input", input, (3, 4), "3 axes (C, H, W) or 4 axes (N, C, H, W)")
    weight = arguments.array("weight", weight, (4,), "4 axes (C * m, 1, kh, kw)")
    channels = input.shape[-3]
    if weight.shape[1] != 1 or not channels or weight.shape[0] % channels:
        raise ValueError(
            f"weight must have shape (C * m, 1, kh, kw) for the C = {channels} channels of input; "
            f"got shape {weight.shape}"
        )
    return channels


def pointwise_weight(name: str, value: object, before: object = None) -> None:
    """Refuse a weight whose kernel is not 1x1, or that doesn't take what `before` gives."""
    weight = arguments.array(name, value, (4,), "4 axes (O, C, 1, 1)")
    if weight.shape[2:] != (1, 1):
        raise ValueError(f"{name} must have shape (O, C, 1, 1); got shape {weight.shape}")
    if before is None:
        return
    maps = arguments.array("depthwise_weight", before, (4,), "4 axes (C * m, 1, kh, kw)").shape[0]
    if weight.shape[1] != maps:
        raise ValueError(
            f"{name} must have a slice for each of the {maps} maps that depthwise_weight makes; "
            f"got shape {weight.shape}"
        )


def levels(value: object) -> tuple[int, ...]:
    """Return the levels of a pyramid: at least one int, each at least 1."""
    if not isinstance(value, tuple | list):
        raise TypeError(f"levels must be a tuple of ints; got levels={value!r}")
    if not value:
        raise ValueError("levels must hold at least one int; got levels=()")
    return tuple(arguments.integer("levels", level, minimum=1) for level in value)


def regions(input, boxes, output_size) -> tuple[np.ndarray, list[list[int]], tuple, bool]:
    """Return one picture, its boxes as rows of four ints, the bins, and whether it was one box."""
    input = arguments.array("input", input, (3,), "3 axes (C, H, W): one picture")
    arguments.not_empty("input", input, 3)
    rule = "boxes must be four ints (top, left, bottom, right) or an int array (R, 4)"
    rows = np.array(boxes if isinstance(boxes, tuple | list | np.ndarray) else None, object)
    if rows.ndim not in (1, 2) or rows.shape[-1] != 4:
        wrong = TypeError if rows.ndim == 0 else ValueError
        raise wrong(f"{rule}; got boxes={boxes!r}")
    ints = [[arguments.as_index(value) for value in row] for row in rows.reshape(-1, 4)]
    if any(None in row for row in ints):
        raise TypeError(f"{rule}; got boxes={boxes!r}")
    height, width = input.shape[1:]
    for top, left, bottom, right in ints:
        if not (0 <= top < bottom <= height and 0 <= left < right <= width):
            raise ValueError(
                f"boxes must lie in the picture of {height} x {width} cells and hold at least one; "
                f"got (top, left, bottom, right) = {(top, left, bottom, right)}"
            )
    sizes = {(bottom - top, right - left) for top, left, bottom, right in ints} or {(height, width)}
    bins = {arguments.bins_per_axis("output_size", output_size, size) for size in sizes}
    if len(bins) > 1:
        raise ValueError(
            "output_size must not be None along an axis on which the boxes differ in size; "
            f"got output_size={output_size!r}"
        )
    return input, ints, bins.pop(), rows.ndim == 1


def branches(weights: object, dilations: object, biases: object) -> list[tuple]:
    """Return (weight, dilation, bias) for each branch of an atrous pyramid."""
    several = {"weights": weights, "dilations": dilations}
    if biases is not None:
        several["biases"] = biases
    for name, value in several.items():
        if not isinstance(value, tuple | list):
            raise TypeError(f"{name} must be a list, one for each branch; got {name}={value!r}")
        if not value or len(value) != len(weights):
            raise ValueError(
                f"{name} must be one for each of the {len(weights)} weights, and at least one; "
                f"got {len(value)}"
            )
    rows = zip(weights, dilations, biases or [None] * len(weights), strict=True)
    return [
        (arguments.array("weights", w, (4,), "4 axes (O, C, kh, kw)"), d, b) for w, d, b in rows
    ]
