"""What goes wrong in a convolution layer of any number of axes: (input, weight, bias=None)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.judge import slips
from cnnlab.judge.exercise import Mistake


def layer_mistakes(conv: Callable, axes: int) -> tuple[Mistake, ...]:
    """Return the mistakes of a layer that slides over so many axes, the simplest first."""
    spatial = tuple(range(-axes, 0))

    def flipped(input, weight, bias=None):
        return conv(input, np.flip(weight, spatial), bias)

    def all_bias(input, weight, bias=None):
        return conv(input, weight, None if bias is None else np.full(len(weight), bias[0]))

    def per_slice(input, weight, bias=None):
        return conv(input, weight, None if bias is None else input.shape[1] * bias)

    def per_product(input, weight, bias=None):
        return conv(input, weight, None if bias is None else weight[0].size * bias)

    def one_axis_off(input, weight, bias=None):
        beside = 0 if bias is None else bias.reshape(-1, *[1] * (axes - 1))
        return conv(input, weight) + beside

    def along_last(input, weight, bias=None):
        return conv(input, weight) + (0 if bias is None else bias)

    def no_bias(input, weight, bias=None):
        return conv(input, weight)

    def last_missed(input, weight, bias=None):
        return conv(input, weight, bias)[(..., *[slice(-1)] * axes)]

    def averaged(input, weight, bias=None):
        return conv(input, weight / weight[0, 0].size, bias)

    def first_filter(input, weight, bias=None):
        return conv(input, np.repeat(weight[:1], len(weight), axis=0), bias)

    return (
        Mistake(
            "flipped_kernel",
            flipped,
            "Your output equals the one with the kernel flipped along every axis. That is the "
            "convolution of mathematics; a CNN lays the kernel on as it is (cross-correlation).",
        ),
        slips.all_zeros(conv),
        Mistake(
            "first_channel_only",
            lambda input, weight, bias=None: conv(input[:, :1], weight[:, :1], bias),
            "Your output uses input channel 0 only. A filter has a slice for every channel, and "
            "the slices' results are added.",
        ),
        Mistake(
            "last_channel_only",
            lambda input, weight, bias=None: conv(input[:, -1:], weight[:, -1:], bias),
            "Your output holds the last channel's result only: each channel overwrites the one "
            "before. Write += where the channels are summed.",
        ),
        Mistake(
            "channels_averaged",
            lambda input, weight, bias=None: conv(input, weight / weight.shape[1], bias),
            "Your output is the mean over the input channels; a convolution adds the slices' "
            "results, it does not average them.",
        ),
        Mistake(
            "first_filter_only",
            first_filter,
            "Every feature map of yours is made with filter 0: feature map o belongs to weight[o].",
        ),
        slips.first_picture_only(conv),
        slips.batch_of_copies(conv),
        Mistake(
            "bias_dropped",
            no_bias,
            "Your output equals the one without bias: add bias[o] to every cell of feature map o.",
        ),
        Mistake(
            "bias_per_slice",
            per_slice,
            "Your output has the bias added once per input channel. It belongs to the filter: add "
            "it once, after the slices are summed.",
        ),
        Mistake(
            "bias_per_product",
            per_product,
            "Your output has the bias added to every single product, inside the sum. Add it once, "
            "after .sum().",
        ),
        Mistake(
            "bias_of_first_filter",
            all_bias,
            "Every feature map of yours got bias[0]; feature map o gets bias[o].",
        ),
        Mistake(
            "bias_along_last_axis",
            along_last,
            "Your bias runs along the last axis: out + bias lines it up with the end of the shape. "
            f"Line it up with the filters: bias[{', '.join([':', *['None'] * axes])}].",
        ),
        *[
            Mistake(
                "bias_one_axis_off",
                one_axis_off,
                "Your bias is lined up with the first axis the kernel slides along: one None is "
                "missing. Line it up with the filters: "
                f"bias[{', '.join([':', *['None'] * axes])}].",
            )
        ][: axes - 1],
        Mistake(
            "last_window_missed",
            last_missed,
            "Your output is one too short along every axis it slides over: n - k + 1 places fit, "
            "not n - k. The kernel may stand flush with the edge.",
        ),
        Mistake(
            "padded_to_same_size",
            lambda input, weight, bias=None: conv(input, weight, bias, padding="same"),
            "Your output is as large as the input: zeros were laid around it. This exercise takes "
            "only places where the whole kernel lies on the input.",
        ),
        Mistake(
            "window_not_weighted",
            lambda input, weight, bias=None: conv(input, np.ones_like(weight), bias),
            "Your output is the plain sum of each window: multiply by the kernel before adding.",
        ),
        Mistake(
            "window_averaged",
            averaged,
            "Your output is divided by the kernel's number of cells: a convolution adds, it takes "
            "no mean.",
        ),
        Mistake(
            "negatives_clamped",
            lambda input, weight, bias=None: np.maximum(conv(input, weight, bias), 0),
            "Your negative answers became zero. Negative answers are part of the feature map (ReLU "
            "is another layer).",
        ),
        Mistake(
            "decimals_cut",
            lambda input, weight, bias=None: np.trunc(conv(input, weight, bias)),
            "Your decimals are cut off: the output array is made of whole numbers. np.zeros(shape) "
            "makes one of decimals.",
        ),
    )
