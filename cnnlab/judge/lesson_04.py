"""Lesson 04: a window that keeps the largest value, or the mean, and bins that fit any size.

A wrong variant is a few lines over cnnlab's own operator. Where the mistake would crash in a
learner's hands it crashes here too: an error counts as an answer when mistakes are told apart.
"""

# ruff: noqa: ARG005 - that an argument is not looked at is many a mistake

from __future__ import annotations

import itertools

import numpy as np

from cnnlab import adaptive, averaging, global_pooling, pooling, sliding
from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole

# ---------------------------------------------------------------- what both pools share


def _drawn(draw: Draw, *shape: int) -> np.ndarray:
    # With this little more no mean is zero, where a rounding error has nothing to be small against.
    return draw.array(*shape) + 2.0**-10


def _pool_sweep(draw: Draw, *more) -> Case:
    kernel_size = draw.size(1, 4)
    padding = draw.size(0, kernel_size // 2)
    least = max(1, kernel_size - 2 * padding)
    shape = draw.size(1, 2), draw.size(1, 3), least + draw.size(0, 6), least + draw.size(0, 6)
    return case(_drawn(draw, *shape), kernel_size, draw.choice(None, 1, 2, 3, 5), padding, *more)


def _tilted(*shape, seed=0):
    # whole() adds up to zero where it comes out even, and a mean of zero is telling of nothing.
    return whole(*shape, seed=seed) + 2


def _negative(*shape, seed=0):
    return -np.abs(whole(*shape, seed=seed))


def _wide(input, before, after, value):
    return sliding.pad(input, [(before, after)] * 2, value=value)


# ---------------------------------------------------------------- max_pool2d


def _max_oracle(torch, input, kernel_size, stride=None, padding=0):
    return torch.nn.functional.max_pool2d(input, kernel_size, stride, padding)


def _max(input, kernel_size, stride=None, padding=0):
    return pooling.max_pool2d(input, kernel_size, stride, padding)


def _max_padded(before, after, value=-np.inf):
    """Return max pooling with before * p cells of a value on two sides, after * p on the others."""
    return lambda input, kernel_size, stride=None, padding=0: pooling.max_pool2d(
        _wide(input, before * padding, after * padding, value), kernel_size, stride or kernel_size
    )


def _largest_magnitude(input, kernel_size, stride=None, padding=0):
    largest = _max(input, kernel_size, stride, padding)
    smallest = -_max(-input, kernel_size, stride, padding)
    return np.where(largest >= -smallest, largest, smallest)


def _max_over_channels(input, kernel_size, stride=None, padding=0):
    return np.broadcast_to(input.max(1, keepdims=True), input.shape)


def _window_too_large(input, kernel_size, stride=None, padding=0):
    wider = _wide(input, padding, padding + 1, -np.inf)
    return pooling.max_pool2d(wider, kernel_size + 1, stride or kernel_size)


def _first_of_window(input, kernel_size, stride=None, padding=0, outside=-np.inf):
    wide = _wide(input, padding, padding, outside)
    stride = stride or kernel_size
    return sliding.windows(wide, (kernel_size,) * 2, (stride,) * 2, (1, 1))[..., 0, 0]


def _starts_late(pool):
    """Return a pool that takes every stride-th window, beginning with number stride - 1."""

    def wrong(input, kernel_size, stride=None, padding=0, *more):
        late = (stride or kernel_size) - 1
        return pool(input, kernel_size, 1, padding, *more)[..., late :: late + 1, late :: late + 1]

    return wrong


def _first_channel_for_all(pool):
    """Return an operator that reads channel 0 for every channel."""

    def wrong(input, *rest):
        return np.repeat(pool(input[:, :1], *rest), input.shape[1], axis=1)

    return wrong


max_pool2d = Exercise(
    name="max_pool2d",
    section="4.1",
    signature="(input, kernel_size, stride=None, padding=0)",
    oracle=_max_oracle,
    ours=_max,
    ladder=(
        Capability(
            "one window",
            (
                case(np.array([[[[1.0, 4.0], [3.0, 2.0]]]]), 2),
                case(np.array([[[[-4.0, -1.0], [-2.0, -3.0]]]]), 2, note="nothing above zero"),
                case(np.array([[[[3.0, -7.0], [5.0, -2.0]]]]), 2, note="-7 is not the largest"),
                case(np.array([[[[2.0, 2.0], [2.0, -1.0]]]]), 2, note="a tie"),
                case(whole(1, 1, 3, 3), 3),
                case(_negative(1, 1, 4, 4), 4, note="nothing above zero"),
                case(rough(1, 1, 3, 3), 3),
            ),
            (
                "The window lies on the picture once. Which of its values goes on?",
                "The largest. Among negative numbers that is the one nearest to zero.",
                "out[0, 0, 0, 0] = input[0, 0].max()",
            ),
        ),
        Capability(
            "side by side",
            (
                case(whole(1, 1, 2, 4), 2),
                case(whole(1, 1, 4, 2), 2),
                case(whole(1, 1, 2, 3), 1),
                case(_negative(1, 1, 4, 6), 2),
                case(whole(1, 1, 6, 3), 3),
                case(rough(1, 1, 6, 9), 3),
            ),
            (
                "No stride is given. How far does the window jump?",
                "As far as it is large, so that the windows lie side by side.",
                "if stride is None: stride = kernel_size",
            ),
        ),
        Capability(
            "batch and channels",
            (
                case(whole(1, 2, 2, 2), 2),
                case(whole(2, 1, 2, 2), 2),
                case(whole(2, 3, 2, 4), 2),
                case(whole(3, 2, 4, 2), 2),
                case(rough(2, 3, 6, 3), 3),
            ),
            (
                "Which axes does the window slide along, and which ones stay as they are?",
                "Every channel of every picture is pooled by itself.",
                "out[n, c, y, x] = input[n, c, rows, columns].max()",
            ),
        ),
        Capability(
            "left over",
            (
                case(whole(1, 1, 2, 3), 2),
                case(whole(1, 1, 3, 3), 2),
                case(whole(1, 1, 5, 4), 2),
                case(whole(1, 1, 4, 5), 3),
                case(rough(2, 2, 8, 7), 3),
            ),
            (
                "Five columns and a window of 2: what becomes of the fifth?",
                "Nothing: the number of places is rounded down, and the rest is never read.",
                "places = (H - kernel_size) // stride + 1",
            ),
        ),
        Capability(
            "stride",
            (
                case(whole(1, 1, 2, 3), 2, 1, note="windows overlap"),
                case(whole(1, 1, 3, 4), 2, 1, note="windows overlap"),
                case(whole(1, 1, 5, 5), 3, 2, note="windows overlap"),
                case(whole(1, 1, 5, 7), 2, 3, note="cells left out"),
                case(whole(1, 1, 4, 5), 1, 2),
                case(whole(1, 1, 6, 4), 2, 2),
                case(whole(1, 2, 4, 6), 2, None),
                case(rough(2, 3, 7, 8), 3, 2),
                case(rough(2, 2, 6, 7), 4, 1),
            ),
            (
                "Must the window jump as far as it is large?",
                (
                    "No: window (y, x) begins at row y * stride and column x * stride; it may "
                    "overlap the one before or leave cells out."
                ),
                "input[n, c, y * s : y * s + k, x * s : x * s + k].max()",
            ),
        ),
        Capability(
            "padding",
            (
                case(np.array([[[[-3.0, -1.0], [-2.0, -4.0]]]]), 2, None, 1),
                case(_negative(1, 1, 2, 3), 2, None, 1, note="nothing above zero"),
                case(_negative(1, 1, 3, 3), 3, 2, 1, note="nothing above zero"),
                case(whole(1, 1, 3, 4), 3, 1, 1),
                case(whole(1, 1, 2, 4), 2, 1, 1),
                case(_negative(1, 1, 4, 5), 4, 2, 2),
                case(_negative(1, 1, 5, 4), 5, 3, 2),
                case(whole(1, 1, 5, 7), 3, None, 1, note="does not fit whole"),
                case(rough(2, 3, 6, 7), 3, 2, 1),
                case(rough(2, 2, 4, 5) - 10, 4, 3, 1),
                case(rough(2, 3, 5, 6) - 5, 4, None, 2),
                case(rough(2, 3, 7, 9) - 5, 3, 4, 1, note="cells left out"),
                case(_negative(1, 2, 6, 5), 2, 5, 1, note="cells left out"),
                case(rough(1, 2, 8, 7) - 5, 3, 4, 1, note="does not fit whole"),
            ),
            (
                "What number may lie outside the edge so that it can never win?",
                "Not zero: zero beats every negative value. Only minus infinity never wins.",
                "padded = np.full((N, C, H + 2 * p, W + 2 * p), -np.inf)",
            ),
        ),
        Capability(
            "any array",
            (
                case(_negative(2, 2, 4, 5).astype(np.float32), 3, 2, 1, note="float32"),
                case(
                    rough(2, 3, 8, 5)[:, :, ::2],
                    2,
                    1,
                    note="every second row of a larger array",
                ),
                case(
                    rough(2, 3, 4, 10)[..., ::2] - 20,
                    3,
                    2,
                    1,
                    note="every second column of a larger array",
                ),
                case(500 * _negative(1, 2, 4, 4), 2, None, 1, note="below zero"),
                case(1e30 * _negative(1, 2, 4, 4), 2, None, 1, note="far below zero"),
                case(1e9 * rough(2, 2, 5, 4), 3, 1, 1, note="large values"),
            ),
            (
                "The arrays may be float32, views, or hold values far below zero.",
                "However small a number you write for minus infinity, some input lies below it.",
                "-np.inf is smaller than all of them.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "zeros_for_minus_inf",
            _max_padded(1, 1, 0),
            "Your padding is zero, and zero beats every negative value at the border. Max pooling "
            "pads with minus infinity, which never wins: -np.inf.",
        ),
        Mistake(
            "maximum_starts_at_zero",
            lambda input, kernel_size, stride=None, padding=0: np.maximum(
                _max(input, kernel_size, stride, padding), 0
            ),
            "Your maximum is never below zero: it starts at 0. Start at -np.inf, or at the "
            "window's first value.",
        ),
        Mistake(
            "average_for_max",
            lambda input, kernel_size, stride=None, padding=0: averaging.avg_pool2d(
                input, kernel_size, stride, padding
            ),
            "Your output is the mean of each window: that is average pooling.",
        ),
        Mistake(
            "smallest_for_max",
            lambda input, kernel_size, stride=None, padding=0: (
                -_max(-input, kernel_size, stride, padding)
            ),
            "Your output is the smallest value of each window; the largest is asked.",
        ),
        Mistake(
            "largest_magnitude",
            _largest_magnitude,
            "You keep the value that is farthest from zero. The largest is asked: 3 beats -7.",
        ),
        Mistake(
            "sign_lost",
            lambda input, kernel_size, stride=None, padding=0: _max(
                np.abs(input), kernel_size, stride, padding
            ),
            "Your maximum is taken over absolute values: negative numbers lost their sign.",
        ),
        Mistake(
            "stride_one_by_default",
            lambda input, kernel_size, stride=None, padding=0: _max(
                input, kernel_size, stride or 1, padding
            ),
            "Without a stride your window moves one cell at a time. In pooling the stride is "
            "kernel_size when none is given.",
        ),
        Mistake(
            "stride_ignored",
            lambda input, kernel_size, stride=None, padding=0: _max(
                input, kernel_size, None, padding
            ),
            "Your windows always lie side by side: stride is never looked at. With a stride "
            "smaller than the kernel they overlap.",
        ),
        Mistake(
            "stride_one_always",
            lambda input, kernel_size, stride=None, padding=0: _max(input, kernel_size, 1, padding),
            "Your window always moves one cell at a time, whatever the stride.",
        ),
        Mistake(
            "stride_starts_late",
            _starts_late(_max),
            "Your windows start at cell stride - 1. The first window lies at cell 0, the next at "
            "stride.",
        ),
        Mistake(
            "partial_windows_kept",
            lambda input, kernel_size, stride=None, padding=0: pooling.max_pool2d(
                input, kernel_size, stride, padding, ceil_mode=True
            ),
            "Your last window hangs over the end (torch's ceil_mode). Here the number of places is "
            "rounded down, and what is left over is not read.",
        ),
        Mistake(
            "last_window_missed",
            lambda input, kernel_size, stride=None, padding=0: _max(
                input, kernel_size, stride, padding
            )[..., :-1, :-1],
            "Your output lacks its last row and column: the number of places is the number of "
            "jumps plus one.",
        ),
        Mistake(
            "padding_ignored",
            lambda input, kernel_size, stride=None, padding=0: _max(input, kernel_size, stride),
            "Your output equals the one without padding.",
        ),
        Mistake(
            "padded_before_only",
            _max_padded(1, 0),
            "Your padding lies at the top and the left only. It goes on all four sides.",
        ),
        Mistake(
            "padded_after_only",
            _max_padded(0, 1),
            "Your padding lies at the bottom and the right only. It goes on all four sides.",
        ),
        Mistake(
            "padding_doubled",
            _max_padded(2, 2),
            "2p cells lie on each side. `padding` counts the cells of one side.",
        ),
        Mistake(
            "height_only",
            lambda input, kernel_size, stride=None, padding=0: pooling.max_pool2d(
                input, (kernel_size, 1), (stride or kernel_size, 1), (padding, 0)
            ),
            "You pool along the rows' axis only: the width is left as it was. The window is "
            "kernel_size cells high and wide.",
        ),
        Mistake(
            "width_only",
            lambda input, kernel_size, stride=None, padding=0: pooling.max_pool2d(
                input, (1, kernel_size), (1, stride or kernel_size), (0, padding)
            ),
            "You pool along the columns' axis only: the height is left as it was. The window is "
            "kernel_size cells high and wide.",
        ),
        Mistake(
            "first_of_window",
            _first_of_window,
            "Your output holds the first cell of each window. Look at all of its cells and keep "
            "the largest.",
        ),
        Mistake(
            "window_too_large",
            _window_too_large,
            "Your windows reach one cell too far: a slice [y:y + k] ends before y + k.",
        ),
        Mistake(
            "max_over_channels",
            lambda input, kernel_size, stride=None, padding=0: _max(
                _max_over_channels(input, kernel_size), kernel_size, stride, padding
            ),
            "Your maximum is taken over the channels too. Pooling keeps them apart: each is pooled "
            "by itself.",
        ),
        Mistake(
            "channels_lost",
            lambda input, kernel_size, stride=None, padding=0: _max(
                input, kernel_size, stride, padding
            ).max(1, keepdims=True),
            "Your output has one channel: the maximum ran over the channels too. Pooling keeps "
            "them apart.",
        ),
        Mistake(
            "first_channel_for_all",
            _first_channel_for_all(_max),
            "Every channel of yours is channel 0, pooled: channel c is made from input[:, c].",
        ),
        *[
            Mistake(
                slug,
                lambda input, kernel_size, stride=None, padding=0, low=low: np.maximum(
                    _max(input, kernel_size, stride, padding), low
                ),
                f"Your maximum starts at {number}, and values may lie below it: start at -np.inf, "
                "or at the window's first value.",
            )
            for slug, low, number in (
                ("maximum_starts_at_999", -999.0, "-999"),
                ("maximum_starts_at_a_billion", -1e9, "-1e9"),
            )
        ],
        slips.all_zeros(_max),
        slips.first_picture_only(_max),
        slips.batch_of_copies(_max),
        slips.one_picture_returned(_max),
        slips.decimals_cut(_max),
        *slips.last_places_left_zero(_max, 2),
        slips.last_picture_left_zero(_max),
        slips.last_map_left_zero(_max),
    ),
    sweep=_pool_sweep,
)

# ---------------------------------------------------------------- avg_pool2d


def _avg_oracle(torch, input, kernel_size, stride=None, padding=0, count_include_pad=True):
    return torch.nn.functional.avg_pool2d(
        input, kernel_size, stride, padding, count_include_pad=count_include_pad
    )


def _avg(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    return averaging.avg_pool2d(
        input, kernel_size, stride, padding, count_include_pad=count_include_pad
    )


def _avg_sweep(draw: Draw) -> Case:
    return _pool_sweep(draw, draw.choice(True, False))


def _sums(input, kernel_size, stride=None, padding=0):
    return averaging.avg_pool2d(input, kernel_size, stride, padding, divisor_override=1)


def _avg_padded(before, after):
    """Return average pooling with before * p zeros on two sides and after * p on the others."""

    def wrong(input, kernel_size, stride=None, padding=0, count_include_pad=True):
        before_, after_ = before * padding, after * padding
        wide = _wide(input, before_, after_, 0)
        ones = _wide(np.ones_like(input), before_, after_, int(count_include_pad))
        stride = stride or kernel_size
        return _sums(wide, kernel_size, stride) / np.maximum(_sums(ones, kernel_size, stride), 1)

    return wrong


def _zeros_not_counted(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    if count_include_pad:
        return _avg(input, kernel_size, stride, padding)
    filled = _sums((input != 0).astype(float), kernel_size, stride, padding)
    return _sums(input, kernel_size, stride, padding) / np.maximum(filled, 1)


def _padded_with_edge(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    if not count_include_pad:
        return _avg(input, kernel_size, stride, padding, False)
    wide = sliding.pad(input, [(padding, padding)] * 2, "replicate")
    return _avg(wide, kernel_size, stride or kernel_size)


def _overhang_kept(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    return averaging.avg_pool2d(
        input, kernel_size, stride, padding, ceil_mode=True, count_include_pad=count_include_pad
    )


def _divided_by_stride(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    wrong = (kernel_size / (stride or kernel_size)) ** 2
    return _avg(input, kernel_size, stride, padding, count_include_pad) * wrong


def _averaged_one_way(down, across):
    """Return average pooling along one axis only: down and across are 0 or 1."""

    def wrong(input, kernel_size, stride=None, padding=0, count_include_pad=True):
        return averaging.avg_pool2d(
            input,
            tuple(kernel_size if way else 1 for way in (down, across)),
            tuple((stride or kernel_size) if way else 1 for way in (down, across)),
            (padding * down, padding * across),
            count_include_pad=count_include_pad,
        )

    return wrong


def _larger_window_averaged(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    # A slice one cell too long, cut off at the array's end, and the mean of what is there.
    wide = _wide(input, padding, padding + 1, 0)
    ones = _wide(np.ones_like(input), padding, padding, int(count_include_pad))
    ones = _wide(ones, 0, 1, 0)
    stride = stride or kernel_size
    return _sums(wide, kernel_size + 1, stride) / np.maximum(
        _sums(ones, kernel_size + 1, stride), 1
    )


avg_pool2d = Exercise(
    name="avg_pool2d",
    section="4.2",
    signature="(input, kernel_size, stride=None, padding=0, count_include_pad=True)",
    oracle=_avg_oracle,
    ours=_avg,
    ladder=(
        Capability(
            "one window",
            (
                case(np.array([[[[1.0, 4.0], [3.0, 8.0]]]]), 2),
                case(np.array([[[[-4.0, -1.0], [-2.0, 1.0]]]]), 2, note="the mean is -1.5"),
                case(np.array([[[[0.0, 6.0], [0.0, 3.0]]]]), 2, note="zeros are values too"),
                case(_tilted(1, 1, 3, 3), 3),
                case(rough(1, 1, 4, 4), 4),
            ),
            (
                "The window lies on the picture once. What speaks for all of its values?",
                "Their mean: the sum, divided by how many there are.",
                "out[0, 0, 0, 0] = input[0, 0].mean()",
            ),
        ),
        Capability(
            "side by side",
            (
                case(_tilted(1, 1, 2, 4), 2),
                case(_tilted(1, 1, 4, 2), 2),
                case(_tilted(1, 1, 2, 3), 1),
                case(_tilted(1, 1, 4, 6), 2),
                case(_tilted(1, 1, 6, 3), 3),
                case(rough(1, 1, 6, 9), 3),
            ),
            (
                "No stride is given. How far does the window jump?",
                "As far as it is large, so that the windows lie side by side.",
                "if stride is None: stride = kernel_size",
            ),
        ),
        Capability(
            "batch and channels",
            (
                case(_tilted(1, 2, 2, 2), 2),
                case(_tilted(2, 1, 2, 2), 2),
                case(_tilted(2, 3, 2, 4), 2),
                case(_tilted(3, 2, 4, 2), 2),
                case(rough(2, 3, 6, 3), 3),
            ),
            (
                "Which axes does the window slide along, and which ones stay as they are?",
                "Every channel of every picture is pooled by itself.",
                "out[n, c, y, x] = input[n, c, rows, columns].mean()",
            ),
        ),
        Capability(
            "left over",
            (
                case(_tilted(1, 1, 2, 3), 2),
                case(_tilted(1, 1, 3, 3, seed=1), 2),
                case(_tilted(1, 1, 5, 4), 2),
                case(_tilted(1, 1, 4, 5, seed=1), 3),
                case(rough(2, 2, 8, 7), 3),
            ),
            (
                "Five columns and a window of 2: what becomes of the fifth?",
                "Nothing: the number of places is rounded down, and the rest is never read.",
                "places = (H - kernel_size) // stride + 1",
            ),
        ),
        Capability(
            "stride",
            (
                case(_tilted(1, 1, 2, 3), 2, 1, note="windows overlap"),
                case(_tilted(1, 1, 3, 4), 2, 1, note="windows overlap"),
                case(_tilted(1, 1, 5, 5), 3, 2, note="windows overlap"),
                case(_tilted(1, 1, 5, 7), 2, 3, note="cells left out"),
                case(_tilted(1, 1, 4, 5), 1, 2),
                case(_tilted(1, 1, 6, 4), 2, 2),
                case(_tilted(1, 2, 4, 6), 2, None),
                case(rough(2, 3, 7, 8), 3, 2),
                case(rough(2, 2, 6, 7), 4, 1),
            ),
            (
                "Must the window jump as far as it is large?",
                (
                    "No: window (y, x) begins at row y * stride and column x * stride; it may "
                    "overlap the one before or leave cells out."
                ),
                "input[n, c, y * s : y * s + k, x * s : x * s + k].mean()",
            ),
        ),
        Capability(
            "padding",
            (
                case(np.array([[[[4.0, 8.0], [12.0, -4.0]]]]), 2, None, 1),
                case(_tilted(1, 1, 2, 3), 2, 1, 1),
                case(_tilted(1, 1, 3, 3), 3, 2, 1),
                case(_tilted(1, 1, 3, 4), 3, 1, 1),
                case(_tilted(1, 1, 4, 5), 4, 2, 2),
                case(_tilted(1, 1, 5, 7), 3, None, 1, note="does not fit whole"),
                case(_tilted(1, 2, 3, 4, seed=1), 2, 2, 1, True),
                case(rough(2, 3, 6, 7), 3, 2, 1),
                case(rough(2, 3, 5, 6), 4, None, 2),
                case(rough(2, 2, 7, 9), 3, 4, 1, note="cells left out"),
                case(rough(1, 2, 6, 5), 2, 5, 1, note="cells left out"),
                case(rough(1, 2, 8, 7), 3, 4, 1, note="does not fit whole"),
            ),
            (
                "By how many cells is the sum divided at the border?",
                "Zeros lie outside, and they count: every window is divided by kernel_size ** 2.",
                "padded[n, c, rows, columns].sum() / kernel_size ** 2",
            ),
        ),
        Capability(
            "count include pad",
            (
                case(np.array([[[[4.0, 8.0], [12.0, -4.0]]]]), 2, None, 1, False),
                case(_tilted(1, 1, 2, 3), 2, 1, 1, False),
                case(
                    np.array([[[[0.0, 6.0, 0.0], [3.0, 0.0, 9.0]]]]),
                    2,
                    1,
                    1,
                    False,
                    note="zeros of the picture count",
                ),
                case(_tilted(1, 1, 3, 3), 3, 2, 1, False),
                case(_tilted(1, 1, 4, 6), 2, 2, 0, False, note="no padding"),
                case(_tilted(1, 1, 4, 5), 4, 2, 2, False),
                case(_tilted(1, 1, 5, 4), 5, 1, 2, False),
                case(rough(2, 3, 6, 7), 3, None, 1, False),
                case(rough(2, 2, 7, 4), 4, 3, 1, False),
                case(rough(2, 2, 4, 5), 3, 1, 1, True),
                case(rough(2, 3, 5, 6), 4, None, 2, False),
                case(rough(2, 3, 7, 9), 3, 4, 1, False, note="cells left out"),
                case(rough(1, 2, 6, 5), 2, 5, 1, False, note="cells left out"),
            ),
            (
                "With count_include_pad=False, how many cells does the window in the corner count?",
                "Only those that lie on the picture; the padding adds nothing and is not counted.",
                (
                    "Pool an array of ones that is padded with zeros in the same way: its sums "
                    "are the numbers of cells."
                ),
            ),
        ),
        Capability(
            "any array",
            (
                case(rough(2, 2, 4, 5).astype(np.float32), 3, 2, 1, note="float32"),
                case(
                    rough(2, 3, 8, 5)[:, :, ::2],
                    2,
                    1,
                    note="every second row of a larger array",
                ),
                case(
                    rough(2, 3, 4, 10)[..., ::2],
                    3,
                    2,
                    1,
                    False,
                    note="every second column of a larger array",
                ),
                case(1e9 * rough(2, 2, 5, 4), 3, 1, 1, note="large values"),
            ),
            (
                "The arrays may be float32, hold large values, or be views.",
                "An output array of whole numbers cuts decimals off.",
                "np.zeros(shape) makes float64.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "padding_always_counted",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride, padding
            ),
            "You always divide by kernel_size ** 2. With count_include_pad=False only the cells on "
            "the picture count.",
        ),
        Mistake(
            "padding_never_counted",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride, padding, False
            ),
            "You divide by the number of cells on the picture. By default the padding counts too: "
            "divide by kernel_size ** 2.",
        ),
        Mistake(
            "count_include_pad_inverted",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride, padding, not count_include_pad
            ),
            "Your count_include_pad works the wrong way round: True, the default, means that the "
            "padding is counted.",
        ),
        Mistake(
            "no_padding_when_not_counted",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride, padding if count_include_pad else 0
            ),
            "With count_include_pad=False you leave the padding out altogether. The windows still "
            "hang over the edge; only the divisor counts the picture's cells alone.",
        ),
        Mistake(
            "zeros_not_counted",
            _zeros_not_counted,
            "You count the cells that are not zero. A zero of the picture is a value like any "
            "other; only the padding is left out. Count by place, not by value.",
        ),
        Mistake(
            "sum_for_mean",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _sums(
                input, kernel_size, stride, padding
            ),
            "Your output is the sum of each window: divide by the number of cells.",
        ),
        Mistake(
            "max_for_average",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _max(
                input, kernel_size, stride, padding
            ),
            "Your output is the largest value of each window: that is max pooling.",
        ),
        Mistake(
            "divided_by_side",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: (
                _avg(input, kernel_size, stride, padding, count_include_pad) * kernel_size
            ),
            "You divide by kernel_size. The window has kernel_size rows of kernel_size cells: "
            "divide by kernel_size ** 2.",
        ),
        Mistake(
            "divided_by_stride",
            _divided_by_stride,
            "You divide by stride ** 2. The number of cells under the window is kernel_size ** 2, "
            "however far it jumps.",
        ),
        Mistake(
            "stride_one_by_default",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride or 1, padding, count_include_pad
            ),
            "Without a stride your window moves one cell at a time. In pooling the stride is "
            "kernel_size when none is given.",
        ),
        Mistake(
            "stride_ignored",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, None, padding, count_include_pad
            ),
            "Your windows always lie side by side: stride is never looked at. With a stride "
            "smaller than the kernel they overlap.",
        ),
        Mistake(
            "stride_one_always",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, 1, padding, count_include_pad
            ),
            "Your window always moves one cell at a time, whatever the stride.",
        ),
        Mistake(
            "stride_starts_late",
            _starts_late(_avg),
            "Your windows start at cell stride - 1. The first window lies at cell 0, the next at "
            "stride.",
        ),
        Mistake(
            "partial_windows_kept",
            _overhang_kept,
            "Your last window hangs over the end (torch's ceil_mode). Here the number of places is "
            "rounded down, and what is left over is not read.",
        ),
        Mistake(
            "last_window_missed",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride, padding, count_include_pad
            )[..., :-1, :-1],
            "Your output lacks its last row and column: the number of places is the number of "
            "jumps plus one.",
        ),
        Mistake(
            "padding_ignored",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride
            ),
            "Your output equals the one without padding.",
        ),
        Mistake(
            "padded_before_only",
            _avg_padded(1, 0),
            "Your zeros lie at the top and the left only. `padding` goes on all four sides.",
        ),
        Mistake(
            "padded_after_only",
            _avg_padded(0, 1),
            "Your zeros lie at the bottom and the right only. `padding` goes on all four sides.",
        ),
        Mistake(
            "padding_doubled",
            _avg_padded(2, 2),
            "2p cells lie on each side. `padding` counts the cells of one side.",
        ),
        Mistake(
            "padded_with_edge",
            _padded_with_edge,
            "Your padding repeats the edge of the picture. Here it holds zeros.",
        ),
        Mistake(
            "height_only",
            _averaged_one_way(1, 0),
            "You pool along the rows' axis only: the width is left as it was. The window is "
            "kernel_size cells high and wide.",
        ),
        Mistake(
            "width_only",
            _averaged_one_way(0, 1),
            "You pool along the columns' axis only: the height is left as it was. The window is "
            "kernel_size cells high and wide.",
        ),
        Mistake(
            "first_of_window",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: (
                _first_of_window(input, kernel_size, stride, padding, 0.0)
            ),
            "Your output holds the first cell of each window. Take the mean of all of its cells.",
        ),
        Mistake(
            "window_too_large",
            _larger_window_averaged,
            "Your windows reach one cell too far: a slice [y:y + k] ends before y + k.",
        ),
        Mistake(
            "channels_averaged",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                np.repeat(input.mean(1, keepdims=True), input.shape[1], axis=1),
                kernel_size,
                stride,
                padding,
                count_include_pad,
            ),
            "Your mean is taken over the channels too. Pooling keeps them apart: each is pooled by "
            "itself.",
        ),
        Mistake(
            "channels_lost",
            lambda input, kernel_size, stride=None, padding=0, count_include_pad=True: _avg(
                input, kernel_size, stride, padding, count_include_pad
            ).mean(1, keepdims=True),
            "Your output has one channel: the mean ran over the channels too. Pooling keeps them "
            "apart.",
        ),
        Mistake(
            "first_channel_for_all",
            _first_channel_for_all(_avg),
            "Every channel of yours is channel 0, pooled: channel c is made from input[:, c].",
        ),
        slips.all_zeros(_avg),
        slips.first_picture_only(_avg),
        slips.batch_of_copies(_avg),
        slips.one_picture_returned(_avg),
        slips.negatives_clamped(_avg),
        slips.decimals_cut(_avg),
        *slips.last_places_left_zero(_avg, 2),
        slips.last_picture_left_zero(_avg),
        slips.last_map_left_zero(_avg),
        slips.rounded_down(_avg),
        slips.rounded(_avg),
    ),
    sweep=_avg_sweep,
)

# ---------------------------------------------------------------- global_avg_pool2d


def _global_oracle(torch, input):
    return torch.nn.functional.adaptive_avg_pool2d(input, 1)


def _global(input):
    return global_pooling.global_avg_pool2d(input)


def _global_sweep(draw: Draw) -> Case:
    shape = draw.size(1, 3), draw.size(1, 4), draw.size(1, 6), draw.size(1, 6)
    return case(_drawn(draw, *shape))


def _mean_of_middle_values(input):
    return np.median(input, (2, 3), keepdims=True)


def _kept(mean, input):
    """Return a mean spread over (N, C, 1, 1)."""
    return np.broadcast_to(mean, (*input.shape[:2], 1, 1))


global_avg_pool2d = Exercise(
    name="global_avg_pool2d",
    section="4.3",
    signature="(input)",
    oracle=_global_oracle,
    ours=_global,
    ladder=(
        Capability(
            "one channel",
            (
                case(np.array([[[[3.0]]]])),
                case(np.array([[[[1.0, 4.0]]]])),
                case(np.array([[[[1.0], [-4.0]]]])),
                case(np.array([[[[0.0, 6.0, -1.0], [0.0, 3.0, 10.0]]]])),
                case(_tilted(1, 1, 4, 3)),
                case(rough(1, 1, 3, 5)),
            ),
            (
                "One number is to speak for the whole picture. Which?",
                "The mean over all rows and columns.",
                "out[0, 0, 0, 0] = input[0, 0].mean()",
            ),
        ),
        Capability(
            "channels",
            (
                case(_tilted(1, 2, 1, 2)),
                case(_tilted(1, 3, 2, 2)),
                case(_tilted(1, 2, 3, 2)),
                case(rough(1, 5, 2, 4)),
            ),
            (
                "How many numbers come out for a picture of C channels?",
                "C: each channel has a mean of its own. The pooled axes stay, with length 1.",
                "input.mean(axis=(2, 3), keepdims=True)",
            ),
        ),
        Capability(
            "batch",
            (
                case(_tilted(2, 1, 1, 2)),
                case(_tilted(2, 3, 2, 2)),
                case(_tilted(3, 2, 2, 3)),
                case(rough(4, 3, 3, 5)),
            ),
            (
                "Do the pictures of a batch know of each other?",
                "The mean runs over the last two axes alone: (N, C, H, W) becomes (N, C, 1, 1).",
                "input.mean(axis=(2, 3), keepdims=True)",
            ),
        ),
        Capability(
            "any array",
            (
                case(rough(2, 2, 4, 5).astype(np.float32), note="float32"),
                case(rough(2, 3, 8, 5)[:, :, ::2], note="every second row of a larger array"),
                case(rough(4, 3, 2, 5)[::2], note="every second picture of a larger array"),
                case(1e9 * rough(2, 2, 5, 4), note="large values"),
            ),
            (
                "The arrays may be float32, hold large values, or be views.",
                "An output array of whole numbers cuts decimals off.",
                "input.mean(axis=(2, 3), keepdims=True)",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "axes_dropped",
            lambda input: input.mean((2, 3)),
            "Your numbers are right but the two pooled axes are gone: keep them with length 1, "
            "(N, C, 1, 1). keepdims=True does that.",
        ),
        Mistake(
            "mean_of_everything",
            lambda input: _kept(input.mean(), input),
            "Your mean runs over the whole array. Each channel of each picture has its own: "
            "axis=(2, 3).",
        ),
        Mistake(
            "single_number",
            lambda input: input.mean(),
            "You return one number, the mean of the whole array. One for each channel of each "
            "picture is asked: axis=(2, 3).",
        ),
        Mistake(
            "channels_averaged",
            lambda input: _kept(input.mean((1, 2, 3), keepdims=True), input),
            "Your mean runs over the channels too: all channels of a picture have the same value.",
        ),
        Mistake(
            "channels_lost",
            lambda input: input.mean((1, 2, 3), keepdims=True),
            "Your output has one value per picture: the mean ran over the channels too.",
        ),
        Mistake(
            "batch_averaged",
            lambda input: _kept(input.mean((0, 2, 3))[:, None, None], input),
            "Your mean runs over the batch: all pictures have the same values. That is what batch "
            "normalisation does.",
        ),
        Mistake(
            "wrong_axes",
            lambda input: input.mean(1, keepdims=True),
            "Your mean runs over the channels and leaves the picture: it should run over the "
            "picture and leave the channels.",
        ),
        Mistake(
            "channels_last_axes",
            lambda input: input.mean((1, 2), keepdims=True),
            "Your mean runs over axes 1 and 2. Channels come first, (N, C, H, W): the picture's "
            "axes are 2 and 3.",
        ),
        Mistake(
            "height_only",
            lambda input: input.mean(2, keepdims=True),
            "Your mean runs over the rows' axis only: the width is still there.",
        ),
        Mistake(
            "width_only",
            lambda input: input.mean(3, keepdims=True),
            "Your mean runs over the columns' axis only: the height is still there.",
        ),
        Mistake(
            "sum_for_mean",
            lambda input: input.sum((2, 3), keepdims=True),
            "Your output is the sum of each channel: divide by the number of cells, H * W.",
        ),
        Mistake(
            "max_for_average",
            lambda input: input.max((2, 3), keepdims=True),
            "Your output is the largest value of each channel: that is global max pooling.",
        ),
        Mistake(
            "height_for_both",
            lambda input: input.sum((2, 3), keepdims=True) / input.shape[2] ** 2,
            "You divide by H * H: pictures need not be square. There are H * W cells.",
        ),
        Mistake(
            "divided_by_side",
            lambda input: input.sum((2, 3), keepdims=True) / input.shape[2],
            "You divide by H. There are H * W cells in a channel.",
        ),
        Mistake(
            "median_for_mean",
            _mean_of_middle_values,
            "Your output is the value in the middle (the median); the mean is asked.",
        ),
        Mistake(
            "first_channel_for_all",
            _first_channel_for_all(_global),
            "Every channel of yours is channel 0, pooled: channel c is made from input[:, c].",
        ),
        slips.all_zeros(_global),
        slips.first_picture_only(_global),
        slips.batch_of_copies(_global),
        slips.one_picture_returned(_global),
        slips.negatives_clamped(_global),
        slips.decimals_cut(_global),
        slips.last_picture_left_zero(_global),
        slips.last_map_left_zero(_global),
        slips.rounded_down(_global),
    ),
    sweep=_global_sweep,
)

# ---------------------------------------------------------------- adaptive_avg_pool2d


def _adaptive_oracle(torch, input, output_size):
    return torch.nn.functional.adaptive_avg_pool2d(input, output_size)


def _adaptive(input, output_size):
    return adaptive.adaptive_avg_pool2d(input, output_size)


def _adaptive_sweep(draw: Draw) -> Case:
    shape = draw.size(1, 2), draw.size(1, 3), draw.size(1, 9), draw.size(1, 9)
    output_size = draw.choice(draw.size(1, 7), (draw.size(1, 7), draw.size(1, 7)))
    return case(_drawn(draw, *shape), output_size)


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _binned(bins, combine=np.mean):
    """Return adaptive pooling with other bins: bins(n, m) gives the m pairs (start, stop)."""

    def wrong(input, output_size):
        rows, columns = (bins(*nm) for nm in zip(input.shape[2:], _pair(output_size), strict=True))
        out = np.full((*input.shape[:2], len(rows), len(columns)), np.nan)  # an empty bin: no mean
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                cells = input[..., top:bottom, left:right]
                if cells.size:
                    out[..., i, j] = combine(cells, axis=(2, 3))
        return out

    return wrong


def _right_bins(n, m):
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


def _floor_bins(n, m):
    return [(i * n // m, (i + 1) * n // m) for i in range(m)]


def _ceil_bins(n, m):
    return [(-(-i * n // m), -(-(i + 1) * n // m)) for i in range(m)]


def _inner_bins(n, m):
    return [(-(-i * n // m), (i + 1) * n // m) for i in range(m)]


def _rounded_bins(n, m):
    return [(round(i * n / m), round((i + 1) * n / m)) for i in range(m)]


def _one_more_bins(n, m):
    return [(i * n // m, (i + 1) * n // m + 1) for i in range(m)]


def _split_bins(n, m):
    ends = np.cumsum([0, *(n // m + (i < n % m) for i in range(m))])
    return list(itertools.pairwise(ends))


def _width_bins(n, m):
    return [(int(i * (n / m)), int(np.ceil((i + 1) * (n / m)))) for i in range(m)]


def _share_bins(n, m):
    return [(int(i / m * n), int(np.ceil((i + 1) / m * n))) for i in range(m)]


def _rest_dropped(n, m):
    return [(i * (n // m), (i + 1) * (n // m)) for i in range(m)]


def _rest_in_last(n, m):
    return [*_rest_dropped(n, m)[:-1], ((m - 1) * (n // m), n)]


def _fixed_window(n, m):
    step = n // m
    return [(i * step, i * step + n - (m - 1) * step) for i in range(m)]


def _ceil_window(n, m):
    size = -(-n // m)
    return [(i * size, (i + 1) * size) for i in range(m)]


def _pyramid_window(n, m):
    # The window of the first paper on pyramids: size ceil(n / m), stride floor(n / m).
    size, step = -(-n // m), n // m
    if step == 0:
        raise ValueError("a stride of 0")
    return [(i * step, i * step + size) for i in range((n - size) // step + 1)]


def _divided_by_largest(input, output_size):
    size = [-(-n // m) for n, m in zip(input.shape[2:], _pair(output_size), strict=True)]
    return _binned(_right_bins, np.sum)(input, output_size) / (size[0] * size[1])


def _size_as_kernel(input, output_size):
    return averaging.avg_pool2d(input, output_size)


adaptive_avg_pool2d = Exercise(
    name="adaptive_avg_pool2d",
    section="4.4",
    signature="(input, output_size)",
    oracle=_adaptive_oracle,
    ours=_adaptive,
    ladder=(
        Capability(
            "one bin",
            (
                case(np.array([[[[1.0, 4.0]]]]), 1),
                case(np.array([[[[1.0, -4.0], [3.0, 8.0]]]]), 1),
                case(_tilted(1, 1, 3, 2), 1),
                case(_tilted(1, 1, 4, 5), 1),
                case(rough(1, 1, 3, 4), 1),
            ),
            (
                "With output_size 1 there is one bin. How large is it?",
                "As large as the picture: global average pooling.",
                "out[0, 0, 0, 0] = input[0, 0].mean()",
            ),
        ),
        Capability(
            "equal bins",
            (
                case(_tilted(1, 1, 2, 2), 2, note="a bin per cell"),
                case(_tilted(1, 1, 2, 4), 2),
                case(_tilted(1, 1, 4, 2), 2),
                case(_tilted(1, 1, 4, 6), 2),
                case(_tilted(1, 1, 3, 6), 3),
                case(rough(1, 1, 8, 4), 4),
            ),
            (
                "Four columns into two bins: which columns go into which?",
                (
                    "Where the sizes fit whole, bin i holds the n / m cells from i * n / m on. "
                    "Height and width are cut up each by itself."
                ),
                "rows = slice(i * H // m, (i + 1) * H // m)",
            ),
        ),
        Capability(
            "batch and channels",
            (
                case(_tilted(1, 2, 2, 2), 1),
                case(_tilted(2, 1, 2, 2), 1),
                case(_tilted(2, 3, 2, 4), 2),
                case(_tilted(3, 2, 4, 2), 2),
                case(rough(2, 3, 6, 3), 3),
            ),
            (
                "Which axes are cut into bins, and which ones stay as they are?",
                "Every channel of every picture is pooled by itself.",
                "out[:, :, i, j] = input[:, :, rows, columns].mean(axis=(2, 3))",
            ),
        ),
        Capability(
            "pairs",
            (
                case(_tilted(1, 1, 2, 2), (1, 2)),
                case(_tilted(1, 1, 2, 2), (2, 1)),
                case(_tilted(1, 1, 4, 6), (2, 3)),
                case(_tilted(1, 1, 6, 6), (3, 2)),
                case(_tilted(1, 2, 4, 4), (4, 1)),
                case(rough(2, 2, 8, 6), (2, 6)),
            ),
            (
                "What if output_size is a pair?",
                "(rows, columns) of the output; an int stands for both.",
                "oh, ow = output_size if isinstance(output_size, tuple) else (output_size,) * 2",
            ),
        ),
        Capability(
            "overlapping bins",
            (
                case(_tilted(1, 1, 1, 3), (1, 2), note="both bins hold the middle cell"),
                case(_tilted(1, 1, 3, 2), (2, 1), note="both bins hold the middle cell"),
                case(_tilted(1, 1, 5, 5), 3),
                case(_tilted(1, 1, 3, 4), (2, 3)),
                case(_tilted(1, 1, 7, 5), (3, 2)),
                case(_tilted(1, 1, 5, 7), (4, 5)),
                case(rough(1, 2, 11, 10), 4),
                case(rough(2, 2, 7, 11), (5, 4)),
                case(rough(1, 1, 8, 9), (3, 7)),
                case(rough(1, 1, 10, 13), (6, 5)),
                case(rough(1, 1, 30, 29), (22, 7), note="where i * (n / m) is not exact"),
                case(rough(1, 1, 55, 42), (11, 14), note="where i / m * n is not exact"),
            ),
            (
                "Three cells into two bins: where does the first one end and the second begin?",
                (
                    "Bin i starts at floor(i * n / m) and ends before ceil((i + 1) * n / m): "
                    "neighbours share a cell where the size does not fit whole."
                ),
                "start, stop = i * n // m, -(-(i + 1) * n // m)",
            ),
        ),
        Capability(
            "small pictures",
            (
                case(_tilted(1, 1, 1, 1, seed=1), 2, note="more bins than cells"),
                case(_tilted(1, 1, 1, 2), (1, 3), note="more bins than cells"),
                case(_tilted(1, 1, 2, 2), 3, note="more bins than cells"),
                case(_tilted(1, 1, 3, 2), (5, 3), note="more bins than cells"),
                case(_tilted(1, 1, 3, 7), (4, 3)),
                case(rough(2, 2, 4, 3), 7, note="more bins than cells"),
            ),
            (
                "May there be more bins than cells?",
                "Yes: the same rule holds, every bin has at least one cell, and cells are shared.",
                "start, stop = i * n // m, -(-(i + 1) * n // m)",
            ),
        ),
        Capability(
            "any array",
            (
                case(rough(2, 2, 4, 5).astype(np.float32), 3, note="float32"),
                case(rough(2, 3, 10, 4)[:, :, ::2], (2, 3), note="every second row"),
                case(rough(2, 3, 4, 14)[..., ::2], (3, 4), note="every second column"),
                case(1e9 * rough(2, 2, 5, 4), 3, note="large values"),
            ),
            (
                "The arrays may be float32, hold large values, or be views.",
                "An output array of whole numbers cuts decimals off.",
                "np.zeros(shape) makes float64.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "bins_floor_floor",
            _binned(_floor_bins),
            "Your bins end at floor((i + 1) * n / m), so that none overlap. A bin ends at the "
            "ceiling: cells that are cut by a border belong to both bins.",
        ),
        Mistake(
            "bins_by_width",
            _binned(_width_bins),
            "Your bins' edges are multiples of n / m, which is rounded: i * (n / m) may fall just "
            "below or above a whole number. Multiply first: i * n // m and -(-(i + 1) * n // m).",
        ),
        Mistake(
            "bins_by_share",
            _binned(_share_bins),
            "Your bins' edges are shares of n, and i / m is rounded: i / m * n may fall just below "
            "or above a whole number. Multiply first: i * n // m and -(-(i + 1) * n // m).",
        ),
        Mistake(
            "bins_ceil_ceil",
            _binned(_ceil_bins),
            "Your bins start at ceil(i * n / m), so that none overlap. A bin starts at the floor: "
            "cells that are cut by a border belong to both bins.",
        ),
        Mistake(
            "bins_inside_only",
            _binned(_inner_bins),
            "Your bins run from the ceiling to the floor and leave out the cells that a border "
            "cuts. It is the other way round: floor at the start, ceiling at the end.",
        ),
        Mistake(
            "bins_rounded",
            _binned(_rounded_bins),
            "Your bins' borders are rounded to the nearest cell. A bin starts at the floor and "
            "ends at the ceiling.",
        ),
        Mistake(
            "bins_one_too_long",
            _binned(_one_more_bins),
            "Your bins end at floor((i + 1) * n / m) + 1. That is one too many where the border "
            "falls between two cells: take the ceiling.",
        ),
        Mistake(
            "bins_as_array_split",
            _binned(_split_bins),
            "Your first bins are one cell longer and none overlap, as np.array_split cuts. "
            "Adaptive bins go from floor(i * n / m) to ceil((i + 1) * n / m).",
        ),
        Mistake(
            "rest_dropped",
            _binned(_rest_dropped),
            "Your bins all have n // m cells, and the rest at the end is never read. Adaptive bins "
            "go from floor(i * n / m) to ceil((i + 1) * n / m).",
        ),
        Mistake(
            "rest_in_last_bin",
            _binned(_rest_in_last),
            "Your last bin takes all cells that were left over. Adaptive bins spread them: from "
            "floor(i * n / m) to ceil((i + 1) * n / m).",
        ),
        Mistake(
            "fixed_window",
            _binned(_fixed_window),
            "Your bins are one window and one stride: n // m. Adaptive bins are not all alike: "
            "from floor(i * n / m) to ceil((i + 1) * n / m).",
        ),
        Mistake(
            "window_rounded_up",
            _binned(_ceil_window),
            "Your bins all have ceil(n / m) cells side by side, so that the last ones are short or "
            "empty. Adaptive bins go from floor(i * n / m) to ceil((i + 1) * n / m).",
        ),
        Mistake(
            "pyramid_window",
            _binned(_pyramid_window),
            "You slide a window of ceil(n / m) cells with stride floor(n / m). For some sizes that "
            "gives too many places: 11 cells into 4 bins give 5.",
        ),
        Mistake(
            "output_size_turned",
            lambda input, output_size: _adaptive(input, _pair(output_size)[::-1]),
            "Your output's height and width are exchanged: output_size is (rows, columns).",
        ),
        Mistake(
            "height_for_both",
            lambda input, output_size: _adaptive(input, _pair(output_size)[0]),
            "Your output is square: the second number of output_size is for the columns.",
        ),
        Mistake(
            "output_size_as_kernel",
            _size_as_kernel,
            "You took output_size for the size of the window. It is the number of bins; how large "
            "they are depends on the picture.",
        ),
        Mistake(
            "max_for_average",
            _binned(_right_bins, np.max),
            "Your output is the largest value of each bin: that is adaptive max pooling.",
        ),
        Mistake(
            "sum_for_mean",
            _binned(_right_bins, np.sum),
            "Your output is the sum of each bin: divide by its number of cells.",
        ),
        Mistake(
            "divided_by_largest_bin",
            _divided_by_largest,
            "You divide every bin's sum by the same number. Bins differ in size: divide each by "
            "the number of its own cells.",
        ),
        Mistake(
            "global_mean_everywhere",
            lambda input, output_size: (
                _global(input) + np.zeros((*input.shape[:2], *_pair(output_size)))
            ),
            "All bins of yours hold the mean of the whole picture. Each has its own rows and "
            "columns.",
        ),
        Mistake(
            "first_of_bin",
            _binned(_right_bins, lambda cells, axis: cells[..., 0, 0]),
            "Your output holds the first cell of each bin. Take the mean of all of its cells.",
        ),
        Mistake(
            "channels_averaged",
            lambda input, output_size: np.repeat(
                _adaptive(input, output_size).mean(1, keepdims=True), input.shape[1], axis=1
            ),
            "Your mean is taken over the channels too. Pooling keeps them apart: each is pooled by "
            "itself.",
        ),
        Mistake(
            "first_channel_for_all",
            _first_channel_for_all(_adaptive),
            "Every channel of yours is channel 0, pooled: channel c is made from input[:, c].",
        ),
        slips.all_zeros(_adaptive),
        slips.first_picture_only(_adaptive),
        slips.batch_of_copies(_adaptive),
        slips.one_picture_returned(_adaptive),
        slips.negatives_clamped(_adaptive),
        slips.decimals_cut(_adaptive),
        *slips.last_places_left_zero(_adaptive, 2),
        slips.last_picture_left_zero(_adaptive),
        slips.last_map_left_zero(_adaptive),
        slips.rounded_down(_adaptive),
    ),
    sweep=_adaptive_sweep,
)

EXERCISES = (max_pool2d, avg_pool2d, global_avg_pool2d, adaptive_avg_pool2d)
