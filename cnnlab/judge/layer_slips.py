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
        *one_too_few(conv, axes),
        *bias_mistakes(conv),
        *turned_mistakes(conv, axes),
        slips.sign_lost(conv),
        slips.sums_rounded(conv),
        slips.decimals_cut_like_input(conv),
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


def one_too_few(conv: Callable, axes: int, channels: bool = True) -> tuple[Mistake, ...]:
    """Return the mistakes of loops that end one too early, in an output that was made of zeros.

    `channels` says whether a filter adds channels up.
    """
    spatial = tuple(range(-axes, 0))

    def holds_bias_only(input, weight, bias=None, *rest):
        out = slips.left_zero(conv, *spatial)(input, weight, None, *rest)
        return out if bias is None else out + bias.reshape(-1, *[1] * axes)

    def last_channel_missed(input, weight, *rest):
        return conv(input, slips.left_zero(np.array, 1)(weight), *rest)

    with_channels = Mistake(
        "last_channel_missed",
        last_channel_missed,
        "Your sums leave the last input channel out: range(C) goes through all of them, "
        "range(C - 1) does not.",
    )
    with_bias = Mistake(
        "last_place_holds_bias_only",
        holds_bias_only,
        "Your output's last cell along every axis holds the bias alone: the loop over the "
        "places ends one too early. n - k + 1 places fit.",
    )
    return (
        *slips.last_places_left_zero(conv, axes),
        *((with_bias, with_channels) if channels else ()),
        slips.last_picture_left_zero(conv),
        slips.last_map_left_zero(conv),
        slips.last_tap_missed(conv, axes),
    )


def bias_mistakes(conv: Callable) -> tuple[Mistake, ...]:
    """Return what may become of a bias; `conv` takes (input, weight, bias=None, ...)."""

    def with_bias(change: Callable) -> Callable:
        def wrong(input, weight, bias=None, *rest):
            return conv(input, weight, None if bias is None else change(bias), *rest)

        return wrong

    def per_place(input, weight, bias=None, *rest):
        out = conv(input, weight, None, *rest)
        if bias is None:
            return out
        return out + out[0, 0].size * bias.reshape(-1, *[1] * (out.ndim - 2))

    return (
        Mistake("bias_subtracted", with_bias(np.negative), "Your bias is taken away: it is added."),
        Mistake(
            "biases_added_up",
            with_bias(lambda bias: np.full(len(bias), bias.sum())),
            "Every feature map of yours got the sum of all biases; feature map o gets bias[o].",
        ),
        Mistake(
            "bias_per_place",
            per_place,
            "Your bias is added to the whole feature map once for every place, inside the loop "
            "over them. Add it once, below the loop.",
        ),
    )


def turned_mistakes(conv: Callable, axes: int, channels: bool = True) -> tuple[Mistake, ...]:
    """Return the mistakes of a kernel that is turned along one axis only."""

    def turned(*flipped: int) -> Callable:
        return lambda input, weight, *rest: conv(input, np.flip(weight, flipped), *rest)

    reversed_channels = Mistake(
        "channels_reversed",
        turned(1),
        "Your channels meet the filter's slices in the opposite order: input[n, c] meets "
        "weight[o, c].",
    )
    left_right = Mistake(
        "flipped_left_right",
        turned(-1),
        "Your output equals the one with the kernel turned left to right: its column j meets "
        "column x + j.",
    )
    up_down = Mistake(
        "flipped_up_down",
        turned(-2),
        "Your output equals the one with the kernel upside down: its row i meets row y + i.",
    )
    return (
        *((reversed_channels,) if channels else ()),
        *((left_right, up_down) if axes > 1 else ()),
    )
