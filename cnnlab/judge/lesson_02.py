"""Lesson 02: how many places a window has, padding, the full conv2d, the receptive field.

A wrong variant is a few lines over cnnlab's own operator. Where the mistake would crash in a
learner's hands it crashes here too: an error counts as an answer when mistakes are told apart.
"""

# ruff: noqa: ARG005 - that an argument is not looked at is many a mistake

from __future__ import annotations

import numpy as np

import cnnlab
from cnnlab import sliding
from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole
from cnnlab.judge.layer_slips import bias_mistakes, one_too_few, turned_mistakes

# ---------------------------------------------------------------- output_size


def _output_size_oracle(torch, n, kernel_size, stride=1, padding=0, dilation=1):
    signal, kernel = torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size)
    out = torch.nn.functional.conv1d(signal, kernel, None, stride, padding, dilation)
    return out.shape[-1]


def _output_size_sweep(draw: Draw) -> Case:
    kernel_size, stride = draw.size(1, 7), draw.size(1, 6)
    padding, dilation = draw.size(0, 5), draw.size(1, 4)
    span = dilation * (kernel_size - 1) + 1
    n = max(1, span - 2 * padding) + draw.size(0, 30)
    return case(n, kernel_size, stride, padding, dilation)


def _room(n, kernel_size, padding=0, dilation=1):
    """Return how many cells the window can move."""
    return n + 2 * padding - dilation * (kernel_size - 1) - 1


output_size = Exercise(
    name="output_size",
    section="2.1",
    signature="(n, kernel_size, stride=1, padding=0, dilation=1)",
    answer="count",
    oracle=_output_size_oracle,
    ours=cnnlab.output_size,
    ladder=(
        Capability(
            "kernel",
            (
                case(3, 2),
                case(4, 1),
                case(5, 5),
                case(6, 3),
                case(7, 4),
                case(28, 5),
            ),
            (
                ("Lay the kernel on the first of n cells. How often can it move on by one?"),
                "It can move n - k times, and the place where it started counts too.",
                "return n - kernel_size + 1",
            ),
        ),
        Capability(
            "stride",
            (
                case(4, 2, 2),
                case(5, 3, 2),
                case(7, 3, 2),
                case(9, 3, 3),
                case(10, 1, 3),
                case(21, 5, 4),
            ),
            (
                "The window now jumps `stride` cells at a time. How many jumps fit into its room?",
                (
                    "The room is n - k cells; it holds (n - k) / stride jumps, plus the starting "
                    "place."
                ),
                "return (n - kernel_size) // stride + 1",
            ),
        ),
        Capability(
            "left over",
            (
                case(3, 2, 2),
                case(6, 3, 2),
                case(8, 3, 3),
                case(9, 5, 3),
                case(9, 2, 4),
                case(10, 3, 4),
                case(2, 1, 5),
                case(23, 4, 7),
            ),
            (
                "The last jump may not fit whole. Is there a place for a window that hangs over?",
                "No: the cells left over are never read. The quotient is rounded down (floor).",
                "Whole-number division rounds down: (n - kernel_size) // stride + 1",
            ),
        ),
        Capability(
            "padding",
            (
                case(1, 3, 1, 1),
                case(4, 3, 1, 1),
                case(5, 2, 1, 2),
                case(6, 3, 2, 1),
                case(7, 5, 3, 2),
                case(28, 5, 1, 2),
                case(224, 7, 2, 3, note="the first layer of ResNet"),
                case(224, 11, 4, 2, note="the first layer of AlexNet in torchvision"),
            ),
            (
                "How long is the axis once `padding` cells lie on it at each of its two ends?",
                "The padded axis has n + 2 * padding cells; all else stays as it was.",
                "return (n + 2 * padding - kernel_size) // stride + 1",
            ),
        ),
        Capability(
            "dilation",
            (
                case(3, 2, 1, 0, 2),
                case(5, 3, 1, 0, 2),
                case(9, 3, 1, 0, 3),
                case(8, 2, 1, 0, 4),
                case(9, 3, 2, 0, 2),
                case(4, 1, 1, 0, 3),
                case(12, 4, 1, 0, 2),
            ),
            (
                "Draw three taps with one free cell between them (dilation 2). How long is that?",
                "k taps have k - 1 steps of d cells between them: the span is d * (k - 1) + 1.",
                "span = dilation * (kernel_size - 1) + 1 takes kernel_size's place in the formula.",
            ),
        ),
        Capability(
            "all together",
            (
                case(7, 3, 2, 1, 2),
                case(8, 3, 3, 2, 2),
                case(11, 4, 2, 3, 3),
                case(33, 5, 3, 4, 2),
                case(32, 3, 1, 4, 4),
                case(17, 2, 5, 1, 6),
                case(1000, 7, 5, 3, 4),
            ),
            (
                "Which of the four numbers changes the axis, which the window, which the jump?",
                "room = padded axis - span; places = floor(room / stride) + 1.",
                "return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "plus_one_forgotten",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, padding, dilation) // stride
            ),
            "Your answer is one too small: you counted the jumps, not the places. The place where "
            "the window starts counts too, so add 1.",
        ),
        Mistake(
            "ceil_for_floor",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                -(-_room(n, kernel_size, padding, dilation) // stride) + 1
            ),
            "Your quotient is rounded up. A window that hangs over the end is no place: round "
            "down, the cells left over are never read.",
        ),
        Mistake(
            "rounded",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                round(_room(n, kernel_size, padding, dilation) / stride) + 1
            ),
            "Your quotient is rounded to the nearest whole number, so that a window hanging over "
            "the end counts now and then. Round down always: // or math.floor.",
        ),
        Mistake(
            "fraction_kept",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, padding, dilation) / stride + 1
            ),
            "Your answer has a fraction where the stride does not fit whole. There are no half "
            "places: round down, // in place of /.",
        ),
        Mistake(
            "stride_and_padding_exchanged",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, stride, dilation) // padding + 1
            ),
            "Stride and padding are exchanged: the order is n, kernel_size, stride, padding.",
        ),
        Mistake(
            "minus_one_forgotten",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                (_room(n, kernel_size, padding, dilation) + 1) // stride + 1
            ),
            "Your room is one cell too large: the window takes dilation * (kernel_size - 1) + 1 "
            "cells, and that last cell is missing from what you take away.",
        ),
        Mistake(
            "one_added_too_early",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                (_room(n, kernel_size, padding, dilation) + 1) // stride
            ),
            "Your + 1 is inside the division. Divide the room by the stride first, round down, and "
            "add the 1 after that: it is the place where the window starts.",
        ),
        Mistake(
            "kernel_not_subtracted",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                (n + 2 * padding - 1) // stride + 1
            ),
            "Your answer does not depend on the kernel: you counted places where the window's "
            "first cell is on the axis. All of its cells must be.",
        ),
        Mistake(
            "stride_ignored",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, padding, dilation) + 1
            ),
            "Your answer equals the one with stride 1: the window still moves one cell at a time.",
        ),
        Mistake(
            "padding_once",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                (_room(n, kernel_size, 0, dilation) + padding) // stride + 1
            ),
            "Your padding counts once. It lies at both ends of the axis: n + 2 * padding.",
        ),
        Mistake(
            "padding_ignored",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, 0, dilation) // stride + 1
            ),
            "Your answer equals the one without padding: the axis is n + 2 * padding cells long.",
        ),
        Mistake(
            "padding_added_last",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, 0, dilation) // stride + 1 + 2 * padding
            ),
            "You added the padding to the output's size. It lengthens the axis before the window "
            "moves, so it belongs inside the division by the stride.",
        ),
        Mistake(
            "dilation_ignored",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, padding) // stride + 1
            ),
            "Your answer equals the one with dilation 1: a dilated kernel spans "
            "dilation * (kernel_size - 1) + 1 cells.",
        ),
        Mistake(
            "dilation_times_kernel",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                (n + 2 * padding - dilation * kernel_size) // stride + 1
            ),
            "Your kernel spans dilation * kernel_size cells. There are only kernel_size - 1 steps "
            "between the taps: the span is dilation * (kernel_size - 1) + 1.",
        ),
        Mistake(
            "dilation_off_by_one",
            lambda n, kernel_size, stride=1, padding=0, dilation=1: (
                _room(n, kernel_size, padding, dilation + 1) // stride + 1
            ),
            "Your taps are one cell too far apart. Dilation is the step from tap to tap, not the "
            "number of free cells between them: 1 is the ordinary kernel.",
        ),
    ),
    sweep=_output_size_sweep,
)

# ---------------------------------------------------------------- pad2d


def _pad2d_oracle(torch, input, padding, mode="zeros"):
    names = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"}
    return torch.nn.functional.pad(input, [padding] * 4, names.get(mode, mode))


def _pad2d(input, padding, mode="zeros"):
    return sliding.pad(input, [(padding, padding)] * 2, mode)


def _pad2d_sweep(draw: Draw) -> Case:
    mode = draw.choice("zeros", "reflect", "replicate", "circular")
    h, w = draw.size(1, 6), draw.size(1, 6)
    most = {"reflect": min(h, w) - 1, "circular": min(h, w)}.get(mode, 5)
    input = draw.array(draw.size(1, 2), draw.size(1, 3), h, w)
    return case(input, draw.size(0, most), mode)


def _padded_with_ones(input, padding, mode="zeros"):
    if mode != "zeros":
        return _pad2d(input, padding, mode)
    return sliding.pad(input, [(padding, padding)] * 2, value=1)


def _edge_repeated(input, padding, mode="zeros"):
    # numpy calls this mode "symmetric".
    if mode != "reflect":
        return _pad2d(input, padding, mode)
    return np.pad(input, [(0, 0)] * 2 + [(padding, padding)] * 2, "symmetric")


def _reflect_not_turned(input, padding, mode="zeros"):
    if mode != "reflect":
        return _pad2d(input, padding, mode)
    for axis in (-2, -1):
        n = input.shape[axis]
        cells = np.arange(n)
        source = [*cells[1 : padding + 1], *cells, *cells[n - 1 - padding : n - 1]]
        input = input.take(source, axis=axis)
    return input


def _circular_wrong_side(input, padding, mode="zeros"):
    if mode != "circular":
        return _pad2d(input, padding, mode)
    for axis in (-2, -1):
        n = input.shape[axis]
        source = [*range(padding), *range(n), *range(n - padding, n)]
        input = input.take(source, axis=axis)
    return input


def _circular_mirrored(input, padding, mode="zeros"):
    if mode != "circular":
        return _pad2d(input, padding, mode)
    return np.pad(input, [(0, 0)] * 2 + [(padding, padding)] * 2, "reflect")


def _corners_left_zero(input, padding, mode="zeros"):
    full = _pad2d(input, padding, mode)
    h, w = input.shape[-2:]
    down = (np.arange(h + 2 * padding) - padding) // h != 0
    across = (np.arange(w + 2 * padding) - padding) // w != 0
    return np.where(np.logical_and.outer(down, across), 0, full)


def _taken_for(**others):
    """Return padding in which the modes named are taken for others."""
    return lambda input, padding, mode="zeros": _pad2d(input, padding, others.get(mode, mode))


pad2d = Exercise(
    name="pad2d",
    section="2.3",
    signature='(input, padding, mode="zeros")',
    oracle=_pad2d_oracle,
    ours=_pad2d,
    ladder=(
        Capability(
            "zeros",
            (
                case(whole(1, 1, 1, 1), 1),
                case(whole(1, 1, 1, 2), 1),
                case(whole(1, 1, 2, 3), 1),
                case(whole(1, 1, 3, 2), 2),
                case(rough(1, 1, 2, 4), 3),
                case(whole(1, 1, 3, 4), 0, note="no padding"),
                case(whole(1, 1, 2, 3, seed=1), 1, "zeros"),
            ),
            (
                "How many rows and columns does the padded picture have?",
                "H + 2p rows and W + 2p columns, all zero; the picture lies in the middle.",
                "out[..., p:p + H, p:p + W] = input",
            ),
        ),
        Capability(
            "batch and channels",
            (
                case(whole(2, 1, 1, 2), 1),
                case(whole(1, 3, 2, 1), 1),
                case(whole(2, 3, 2, 3), 1),
                case(rough(3, 2, 3, 4), 2),
                case(rough(2, 2, 2, 2), 0, note="no padding"),
                case(rough(2, 3, 3, 3), 4),
            ),
            (
                "Which axes are space? Pictures and channels get no neighbours.",
                "Only the last two axes grow; N and C stay as they are.",
                "out = np.zeros((*input.shape[:-2], H + 2 * p, W + 2 * p))",
            ),
        ),
        Capability(
            "reflect",
            (
                case(whole(1, 1, 2, 2), 1, "reflect"),
                case(whole(1, 1, 2, 3), 1, "reflect"),
                case(whole(1, 1, 3, 4), 2, "reflect"),
                case(whole(1, 1, 6, 5), 3, "reflect"),
                case(rough(2, 3, 4, 3), 1, "reflect"),
                case(rough(2, 2, 4, 6), 3, "reflect", note="as far as reflect can go"),
                case(rough(1, 3, 4, 4), 2, "reflect"),
                case(rough(1, 1, 5, 6), 4, "reflect", note="as far as reflect can go"),
                case(whole(1, 2, 2, 3), 0, "reflect", note="no padding"),
            ),
            (
                "Put a mirror on the edge cell. What does the cell beside the edge see?",
                "1234 -> 32123432: the edge cell itself is not repeated.",
                "Along one axis the sources are p, ..., 2, 1, then 0 ... n-1, then n-2, n-3, ...",
            ),
        ),
        Capability(
            "replicate",
            (
                case(whole(1, 1, 1, 2), 1, "replicate"),
                case(whole(1, 1, 2, 3), 1, "replicate"),
                case(whole(1, 1, 3, 2), 2, "replicate"),
                case(whole(1, 1, 2, 1), 3, "replicate", note="more padding than cells"),
                case(rough(2, 3, 3, 4), 2, "replicate"),
                case(rough(1, 1, 4, 4), 4, "replicate"),
                case(whole(1, 2, 2, 3), 0, "replicate", note="no padding"),
            ),
            (
                "Which cell of the picture is nearest to a cell outside it?",
                "1234 -> 11123444: the edge cell fills everything on its side.",
                "Along one axis the sources are np.clip(np.arange(-p, n + p), 0, n - 1)",
            ),
        ),
        Capability(
            "circular",
            (
                case(whole(1, 1, 1, 2), 1, "circular"),
                case(whole(1, 1, 2, 3), 1, "circular"),
                case(whole(1, 1, 3, 4), 2, "circular"),
                case(whole(1, 1, 5, 4), 1, "circular"),
                case(rough(2, 3, 4, 3), 2, "circular"),
                case(rough(2, 2, 3, 5), 3, "circular", note="as far as circular can go"),
                case(rough(1, 3, 4, 4), 4, "circular", note="as far as circular can go"),
                case(rough(2, 1, 6, 5), 4, "circular"),
                case(rough(1, 2, 5, 5), 2, "circular"),
                case(whole(1, 2, 2, 3), 0, "circular", note="no padding"),
            ),
            (
                "The picture's right edge is glued to its left edge. What lies left of column 0?",
                "1234 -> 34123412: the last cells come before the first, the first after the last.",
                "Along one axis the sources are np.arange(-p, n + p) % n",
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    whole(2, 2, 3, 4).astype(np.int64), 2, "reflect", note="whole numbers (int64)"
                ),
                case(rough(1, 2, 3, 4).astype(np.float32), 1, "circular", note="float32"),
                case(
                    rough(2, 2, 6, 3)[:, :, ::2],
                    2,
                    "replicate",
                    note="every second row of a larger array",
                ),
                case(
                    rough(2, 2, 3, 8, seed=1)[..., ::2],
                    1,
                    note="every second column of a larger array",
                ),
                case(1e9 * rough(2, 1, 3, 4), 2, "circular", note="large values"),
            ),
            (
                "The arrays may hold whole numbers, float32, large values, or be views.",
                "Padding copies values: what comes in is what goes out.",
                "np.take(input, source, axis=-1) copies without changing values or dtype.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "mode_ignored",
            lambda input, padding, mode="zeros": _pad2d(input, padding),
            "Your padding is zero where another mode is asked for: look at the argument `mode`.",
        ),
        Mistake(
            "padding_ignored",
            lambda input, padding, mode="zeros": input.copy(),
            "Your output is the input itself: rows and columns must be added around it.",
        ),
        Mistake(
            "padded_before_only",
            lambda input, padding, mode="zeros": _pad2d(input, padding, mode)[
                ..., : -padding or None, : -padding or None
            ],
            "Your padding lies at the top and the left only. It goes on all four sides.",
        ),
        Mistake(
            "padded_after_only",
            lambda input, padding, mode="zeros": _pad2d(input, padding, mode)[
                ..., padding:, padding:
            ],
            "Your padding lies at the bottom and the right only. It goes on all four sides.",
        ),
        Mistake(
            "height_only",
            lambda input, padding, mode="zeros": sliding.pad(
                input, [(padding, padding), (0, 0)], mode
            ),
            "Only rows were added, above and below. The width is padded too, left and right.",
        ),
        Mistake(
            "width_only",
            lambda input, padding, mode="zeros": sliding.pad(
                input, [(0, 0), (padding, padding)], mode
            ),
            "Only columns were added, left and right. The height is padded too, above and below.",
        ),
        Mistake(
            "all_axes_padded",
            lambda input, padding, mode="zeros": sliding.pad(input, [(padding, padding)] * 4, mode),
            "The batch and the channels were padded too: np.pad(input, p) takes every axis. "
            "Only the last two are space.",
        ),
        Mistake(
            "padding_doubled",
            lambda input, padding, mode="zeros": _pad2d(input, 2 * padding, mode),
            "2p cells lie on each side. `padding` counts the cells of one side; the size grows by "
            "2p in all.",
        ),
        Mistake(
            "padding_shared_out",
            lambda input, padding, mode="zeros": sliding.pad(
                input, [(padding // 2, padding - padding // 2)] * 2, mode
            ),
            "p cells were shared between the two sides. Each side gets p of its own.",
        ),
        slips.all_zeros(_pad2d),
        Mistake(
            "padded_with_ones",
            _padded_with_ones,
            "Your cells outside hold ones. With mode zeros they hold zeros.",
        ),
        Mistake(
            "edge_repeated",
            _edge_repeated,
            'Your reflection repeats the edge: 1234 -> 21123443 (numpy\'s "symmetric"). In reflect '
            "the mirror stands on the edge cell: 1234 -> 32123432.",
        ),
        Mistake(
            "reflect_not_turned",
            _reflect_not_turned,
            "Your reflection copies the right cells but does not turn them round: 1234 became "
            "23123423. A mirror shows the nearest first: 32123432.",
        ),
        Mistake(
            "circular_wrong_side",
            _circular_wrong_side,
            "Your circular padding copies from the near edge: 1234 became 12123434. Going round "
            "means from the far edge: 34123412.",
        ),
        Mistake(
            "replicate_for_reflect",
            _taken_for(reflect="replicate"),
            "Your reflect repeats the edge cell, as replicate does. It mirrors what lies behind "
            "the edge: 1234 -> 32123432.",
        ),
        Mistake(
            "reflect_for_replicate",
            _taken_for(replicate="reflect"),
            "Your replicate mirrors the picture, as reflect does. It repeats the edge cell: "
            "1234 -> 11123444.",
        ),
        Mistake(
            "reflect_for_circular",
            _circular_mirrored,
            "Your circular mirrors the picture, as reflect does. It goes on at the other end: "
            "1234 -> 34123412.",
        ),
        Mistake(
            "modes_exchanged",
            _taken_for(reflect="replicate", replicate="reflect"),
            "Your reflect and replicate are exchanged: replicate repeats the edge cell, reflect "
            "mirrors what lies behind it.",
        ),
        Mistake(
            "corners_left_zero",
            _corners_left_zero,
            "Your four corners stay zero. Pad one axis, then pad the result along the other: the "
            "corners are filled in the second step.",
        ),
        slips.first_picture_only(_pad2d),
        slips.batch_of_copies(_pad2d),
        slips.decimals_cut(_pad2d),
    ),
    sweep=_pad2d_sweep,
)

# ---------------------------------------------------------------- conv2d_full


def _conv_oracle(torch, input, weight, bias=None, stride=1, padding=0, dilation=1):
    return torch.nn.functional.conv2d(input, weight, bias, stride, padding, dilation)


def _conv(input, weight, bias=None, stride=1, padding=0, dilation=1):
    return cnnlab.conv2d(input, weight, bias, stride, padding, dilation)


def _conv_sweep(draw: Draw) -> Case:
    channels, filters = draw.size(1, 3), draw.size(1, 3)
    stride, padding, dilation = (
        draw.choice(
            simple, draw.size(least, most), (draw.size(least, most), draw.size(least, most))
        )
        for simple, least, most in ((1, 1, 3), (0, 0, 3), (1, 1, 3))
    )
    kernel = draw.size(1, 3), draw.size(1, 3)
    sizes = [
        max(1, d * (k - 1) + 1 - 2 * p) + draw.size(0, 5)
        for k, p, d in zip(kernel, _pair(padding), _pair(dilation), strict=True)
    ]
    input = draw.array(draw.size(1, 2), channels, *sizes)
    weight = draw.array(filters, channels, *kernel)
    bias = draw.array(filters) if draw.choice(False, True) else None
    return case(input, weight, bias, stride, padding, dilation)


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _turned(value):
    return _pair(value)[::-1]


def _transposed_kernel(input, weight, bias=None, stride=1, padding=0, dilation=1):
    # Where the kernel is not square, exchanging its axes can't be done in silence.
    square = weight.shape[2] == weight.shape[3]
    return _conv(
        input, weight.swapaxes(2, 3) if square else weight, bias, stride, padding, dilation
    )


def _stride_starts_late(input, weight, bias=None, stride=1, padding=0, dilation=1):
    sh, sw = _pair(stride)
    return _conv(input, weight, bias, 1, padding, dilation)[..., sh - 1 :: sh, sw - 1 :: sw]


def _partial_windows_kept(input, weight, bias=None, stride=1, padding=0, dilation=1):
    (ph, pw), (sh, sw) = _pair(padding), _pair(stride)
    # Cells for the window that hangs over: what the last jump lacks.
    lack = [
        -_room(n, k, p, d) % s
        for n, k, p, d, s in zip(
            input.shape[2:], weight.shape[2:], (ph, pw), _pair(dilation), (sh, sw), strict=True
        )
    ]
    wider = sliding.pad(input, [(ph, ph + lack[0]), (pw, pw + lack[1])])
    return _conv(wider, weight, bias, stride, 0, dilation)


def _padded(input, padding, mode="zeros", value=0):
    return sliding.pad(input, [(p, p) for p in _pair(padding)], mode, value)


def _padded_before_only(input, weight, bias=None, stride=1, padding=0, dilation=1):
    wider = sliding.pad(input, [(p, 0) for p in _pair(padding)])
    return _conv(wider, weight, bias, stride, 0, dilation)


def _padded_after_only(input, weight, bias=None, stride=1, padding=0, dilation=1):
    wider = sliding.pad(input, [(0, p) for p in _pair(padding)])
    return _conv(wider, weight, bias, stride, 0, dilation)


def _dilated_input(input, weight, bias=None, stride=1, padding=0, dilation=1):
    dh, dw = _pair(dilation)
    return _conv(_padded(input, padding)[..., ::dh, ::dw], weight, bias, stride)


def _size_without_dilation(input, weight, bias=None, stride=1, padding=0, dilation=1):
    pads = [
        (p, p + (d - 1) * (k - 1))
        for p, d, k in zip(_pair(padding), _pair(dilation), weight.shape[2:], strict=True)
    ]
    return _conv(sliding.pad(input, pads), weight, bias, stride, 0, dilation)


def _bias_along_width(input, weight, bias=None, stride=1, padding=0, dilation=1):
    return _conv(input, weight, None, stride, padding, dilation) + (0 if bias is None else bias)


conv2d_full = Exercise(
    name="conv2d_full",
    section="2.5",
    signature="(input, weight, bias=None, stride=1, padding=0, dilation=1)",
    oracle=_conv_oracle,
    ours=_conv,
    ladder=(
        Capability(
            "one window",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1)),
                case(whole(1, 1, 2, 3), whole(1, 1, 2, 3, seed=2)),
                case(whole(1, 1, 3, 2, seed=3), rough(1, 1, 3, 2)),
            ),
            (
                "The kernel lies on the picture exactly once, so the output has one cell.",
                "Multiply element by element what lies on each other, then add everything up.",
                "out[0, 0, 0, 0] = (input[0, 0] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "sliding",
            (
                case(whole(1, 1, 3, 3), whole(1, 1, 2, 2, seed=1)),
                case(whole(1, 1, 4, 5), whole(1, 1, 3, 2)),
                case(whole(1, 1, 5, 4), whole(1, 1, 2, 3)),
                case(whole(1, 1, 3, 4), whole(1, 1, 1, 1)),
                case(
                    rough(1, 1, 8, 6)[:, :, ::2],
                    rough(1, 1, 3, 3),
                    note="every second row of a larger array",
                ),
            ),
            (
                "How many places are there for the kernel, down and across?",
                "H - kh + 1 places down and W - kw + 1 across: one output cell for each.",
                "out[0, 0, y, x] = (input[0, 0, y:y + kh, x:x + kw] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(1, 2, 2, 2), whole(1, 2, 2, 2, seed=1)),
                case(whole(1, 1, 3, 2), whole(2, 1, 2, 2)),
                case(whole(2, 1, 2, 3), whole(1, 1, 2, 2)),
                case(whole(1, 3, 3, 4), whole(2, 3, 2, 2)),
                case(whole(3, 2, 4, 3), whole(4, 2, 2, 2)),
                case(
                    whole(2, 3, 4, 3).astype(np.int64),
                    whole(2, 3, 3, 2).astype(np.int64),
                    note="whole numbers (int64)",
                ),
                case(rough(2, 3, 4, 5), rough(4, 3, 3, 2)),
            ),
            (
                (
                    "Four axes: pictures, channels, rows, columns. Which ones does the window add "
                    "over?"
                ),
                (
                    "weight[o] has a slice per channel; their results are added. Each picture n "
                    "and each filter o has an output of its own."
                ),
                "out[n, o, y, x] = (input[n, :, y:y + kh, x:x + kw] * weight[o]).sum()",
            ),
        ),
        Capability(
            "bias",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1), whole(1)),
                case(whole(1, 2, 3, 3), whole(2, 2, 2, 2), np.array([3.0, -5.0])),
                case(whole(2, 3, 4, 3), whole(3, 3, 2, 2), np.array([0.0, -2.5, 7.0])),
                case(whole(1, 2, 3, 3, seed=5), whole(2, 2, 2, 2), None),
                case(
                    rough(2, 2, 3, 4).astype(np.float32),
                    rough(3, 2, 2, 2).astype(np.float32),
                    rough(3).astype(np.float32),
                    note="float32",
                ),
                case(
                    whole(2, 2, 3, 4).astype(np.int64),
                    rough(3, 2, 2, 2),
                    rough(3),
                    note="whole numbers under decimals in the kernel",
                ),
                case(
                    1e6 * rough(2, 2, 4, 5), rough(3, 2, 4, 5), 1e3 * rough(3), note="large values"
                ),
            ),
            (
                "bias holds one number per filter, and None means that there is none.",
                "It is added once to every cell of its feature map, after the channels are summed.",
                "if bias is not None: out += bias[:, None, None]",
            ),
        ),
        Capability(
            "stride",
            (
                case(whole(1, 1, 4, 4), whole(1, 1, 2, 2), stride=2),
                case(whole(1, 1, 5, 4), whole(1, 1, 2, 2), stride=2, note="does not fit whole"),
                case(whole(1, 1, 5, 7), whole(1, 1, 2, 3), stride=3, note="does not fit whole"),
                case(whole(1, 1, 6, 6), whole(1, 1, 2, 2), stride=(3, 1)),
                case(whole(1, 2, 5, 4), whole(2, 2, 1, 2), stride=(1, 2)),
                case(whole(1, 1, 4, 6), whole(1, 1, 1, 1), stride=(2, 4), note="cells left out"),
                case(rough(2, 3, 7, 6), rough(2, 3, 3, 2), rough(2), stride=(2, 3)),
                case(rough(2, 2, 6, 8), rough(3, 2, 2, 3), rough(3), stride=2),
            ),
            (
                "Which input row does the window's top lie on for output row y?",
                (
                    "Output cell (y, x) reads from row y * sh and column x * sw; there are "
                    "(H - kh) // sh + 1 rows. An int is the same step for both axes."
                ),
                "input[n, :, y * sh : y * sh + kh, x * sw : x * sw + kw]",
            ),
        ),
        Capability(
            "padding",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1), padding=1),
                case(whole(1, 1, 2, 3), whole(1, 1, 3, 3), padding=1),
                case(whole(1, 1, 3, 3), whole(1, 1, 2, 2), padding=(2, 1)),
                case(whole(1, 1, 1, 4), whole(1, 1, 3, 2), padding=(1, 0)),
                case(whole(1, 2, 4, 3), whole(2, 2, 2, 3), padding=(0, 2)),
                case(whole(1, 1, 4, 4), whole(1, 1, 3, 3), stride=2, padding=1),
                case(whole(1, 2, 5, 4), whole(2, 2, 3, 2), whole(2), stride=(2, 1), padding=(1, 2)),
                case(rough(2, 3, 5, 6), rough(2, 3, 3, 4), rough(2), stride=(3, 2), padding=(2, 1)),
                case(rough(2, 2, 4, 3), rough(3, 2, 2, 2), None, 1, 2, note="padding 2, kernel 2"),
                case(rough(2, 3, 4, 4), rough(2, 3, 3, 3), rough(2), (1, 2), 3),
                case(rough(1, 1, 5, 3), rough(1, 1, 2, 2), None, (3, 2), (3, 4)),
            ),
            (
                "What does the window read where it hangs over the edge?",
                (
                    "Lay ph rows of zeros above and below and pw columns left and right, in every "
                    "channel, before anything slides."
                ),
                (
                    "padded = np.zeros((N, C, H + 2 * ph, W + 2 * pw)); "
                    "padded[:, :, ph:ph + H, pw:pw + W] = input"
                ),
            ),
        ),
        Capability(
            "dilation",
            (
                case(whole(1, 1, 3, 3), whole(1, 1, 2, 2), dilation=2),
                case(whole(1, 1, 5, 6), whole(1, 1, 3, 2), dilation=2),
                case(whole(1, 1, 5, 5), whole(1, 1, 2, 2), dilation=(1, 3)),
                case(whole(1, 1, 4, 4), whole(1, 1, 3, 1), dilation=(1, 2), note="one tap across"),
                case(whole(1, 2, 6, 5), whole(2, 2, 2, 3), whole(2), dilation=(4, 2)),
                case(whole(1, 1, 4, 5), whole(1, 1, 2, 3), padding=2, dilation=2),
                case(whole(1, 1, 7, 6), whole(1, 1, 2, 2), stride=2, dilation=3),
                case(whole(1, 1, 7, 8), whole(1, 1, 3, 3), None, 2, (1, 2), (2, 3)),
                case(rough(2, 3, 7, 6), rough(2, 3, 3, 2), rough(2), (2, 1), (1, 2), (2, 3)),
                case(rough(2, 2, 5, 7), rough(3, 2, 2, 3), rough(3), (1, 3), (2, 0), (3, 2)),
                case(rough(2, 2, 8, 9), rough(3, 2, 3, 3), rough(3), 3, 2, 2),
                case(rough(2, 2, 6, 6), rough(3, 2, 2, 2), rough(3), (2, 1), (3, 1), (1, 3)),
                case(
                    whole(2, 2, 6, 5).astype(np.int64),
                    whole(3, 2, 2, 2).astype(np.int64),
                    whole(3).astype(np.int64),
                    (2, 1),
                    1,
                    (2, 3),
                    note="whole numbers (int64)",
                ),
            ),
            (
                "Which cells do the taps read when there are d - 1 free cells between them?",
                (
                    "Tap (i, j) reads row y * sh + i * dh and column x * sw + j * dw; the kernel "
                    "spans dh * (kh - 1) + 1 rows, and that span goes into the output's size."
                ),
                "padded[n, :, y * sh : y * sh + span_h : dh, x * sw : x * sw + span_w : dw]",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "stride_ignored",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, 1, padding, dilation
            ),
            "Your output equals the one with stride 1: the window still moves one cell at a time.",
        ),
        Mistake(
            "padding_ignored",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, 0, dilation
            ),
            "Your output equals the one without padding: lay zeros around the picture first.",
        ),
        Mistake(
            "dilation_ignored",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, padding
            ),
            "Your output equals the one with dilation 1: the taps still read neighbouring cells.",
        ),
        Mistake(
            "flipped_kernel",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight[..., ::-1, ::-1], bias, stride, padding, dilation
            ),
            "Your output equals the one with the kernel turned by 180 degrees. That is the "
            "convolution of mathematics; a CNN lays the kernel on as it is (cross-correlation).",
        ),
        Mistake(
            "transposed_kernel",
            _transposed_kernel,
            "Your output equals the one with the kernel's rows and columns exchanged: "
            "weight[o, c, i, j] meets row i and column j of the window.",
        ),
        slips.all_zeros(_conv),
        Mistake(
            "first_channel_only",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input[:, :1], weight[:, :1], bias, stride, padding, dilation
            ),
            "Your output uses input channel 0 only. A filter has a slice for every channel, and "
            "the slices' results are added.",
        ),
        Mistake(
            "last_channel_only",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input[:, -1:], weight[:, -1:], bias, stride, padding, dilation
            ),
            "Your output holds the last channel's result only: each channel overwrites the one "
            "before. Write += where the channels are summed.",
        ),
        Mistake(
            "first_filter_only",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, np.repeat(weight[:1], len(weight), axis=0), bias, stride, padding, dilation
            ),
            "Every feature map of yours is made with filter 0: feature map o belongs to weight[o].",
        ),
        slips.first_picture_only(_conv),
        slips.batch_of_copies(_conv),
        slips.one_picture_returned(_conv),
        Mistake(
            "bias_dropped",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, None, stride, padding, dilation
            ),
            "Your output equals the one without bias: add bias[o] to every cell of feature map o.",
        ),
        Mistake(
            "bias_per_slice",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input,
                weight,
                None if bias is None else input.shape[1] * bias,
                stride,
                padding,
                dilation,
            ),
            "Your output has the bias added once per input channel. It belongs to the filter: add "
            "it once, after the slices are summed.",
        ),
        Mistake(
            "bias_of_first_filter",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input,
                weight,
                None if bias is None else np.full(len(weight), bias[0]),
                stride,
                padding,
                dilation,
            ),
            "Every feature map of yours got bias[0]; feature map o gets bias[o].",
        ),
        Mistake(
            "bias_along_width",
            _bias_along_width,
            "Your bias runs along the width: out + bias lines it up with the last axis. Line it up "
            "with the filters: bias[:, None, None].",
        ),
        Mistake(
            "stride_axes_swapped",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, _turned(stride), padding, dilation
            ),
            "Your strides are exchanged: in the pair (down, across) the first is the step from row "
            "to row.",
        ),
        Mistake(
            "stride_height_for_both",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, _pair(stride)[0], padding, dilation
            ),
            "Your window takes the first stride along both axes: the second of the pair is the "
            "step across.",
        ),
        Mistake(
            "stride_starts_late",
            _stride_starts_late,
            "Your windows start at cell stride - 1. The first window lies at cell 0, the next at "
            "stride: [::s] takes them from the output with stride 1, [s-1::s] does not.",
        ),
        Mistake(
            "partial_windows_kept",
            _partial_windows_kept,
            "Your output has a row or column too many where the stride does not fit whole: the "
            "last window hangs over the end. Round the number of places down.",
        ),
        Mistake(
            "last_window_missed",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, padding, dilation
            )[..., :-1, :-1],
            "Your output lacks its last row and column: the number of places is the number of "
            "jumps plus one.",
        ),
        Mistake(
            "padding_axes_swapped",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, _turned(padding), dilation
            ),
            "Your padding is exchanged: in the pair (ph, pw) the first is for the rows above and "
            "below, the second for the columns left and right.",
        ),
        Mistake(
            "padding_height_for_both",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, _pair(padding)[0], dilation
            ),
            "Your picture has the first padding along both axes: the second of the pair is for the "
            "columns left and right.",
        ),
        Mistake(
            "padded_before_only",
            _padded_before_only,
            "Your zeros lie at the top and the left only. `padding` goes on all four sides.",
        ),
        Mistake(
            "padded_after_only",
            _padded_after_only,
            "Your zeros lie at the bottom and the right only. `padding` goes on all four sides.",
        ),
        Mistake(
            "padded_with_edge",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                _padded(input, padding, "replicate"), weight, bias, stride, 0, dilation
            ),
            "Your padding repeats the edge of the picture. Here it holds zeros.",
        ),
        Mistake(
            "padding_doubled",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, tuple(2 * p for p in _pair(padding)), dilation
            ),
            "2p cells lie on each side. `padding` counts the cells of one side.",
        ),
        Mistake(
            "output_padded",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _padded(
                _conv(input, weight, bias, stride, 0, dilation), padding
            ),
            "You laid the zeros around the output. They go around the input, before the kernel "
            "slides over it.",
        ),
        Mistake(
            "dilation_axes_swapped",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, padding, _turned(dilation)
            ),
            "Your dilations are exchanged: in the pair (down, across) the first is the step from "
            "tap row to tap row.",
        ),
        Mistake(
            "dilation_height_for_both",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, padding, _pair(dilation)[0]
            ),
            "Your taps take the first dilation along both axes: the second of the pair is the step "
            "across.",
        ),
        Mistake(
            "dilation_off_by_one",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, stride, padding, tuple(d + 1 for d in _pair(dilation))
            ),
            "Your taps are one cell too far apart. Dilation is the step from tap to tap, not the "
            "number of free cells between them: 1 is the ordinary kernel.",
        ),
        Mistake(
            "input_dilated",
            _dilated_input,
            "You took every d-th cell of the input and laid an ordinary kernel on that. Dilation "
            "spreads the taps; the window still moves over every cell.",
        ),
        Mistake(
            "size_without_dilation",
            _size_without_dilation,
            "Your output is reckoned with the kernel's size, not with its span: a dilated kernel "
            "is dilation * (k - 1) + 1 cells long and has fewer places.",
        ),
        Mistake(
            "stride_and_dilation_exchanged",
            lambda input, weight, bias=None, stride=1, padding=0, dilation=1: _conv(
                input, weight, bias, dilation, padding, stride
            ),
            "Stride and dilation are exchanged: stride moves the window from place to place, "
            "dilation moves the tap inside the window.",
        ),
        *one_too_few(_conv, 2),
        *bias_mistakes(_conv),
        *turned_mistakes(_conv, 2),
        slips.negatives_clamped(_conv),
        slips.sign_lost(_conv),
        slips.decimals_cut(_conv),
        slips.sums_rounded(_conv),
        slips.decimals_cut_like_input(_conv),
    ),
    sweep=_conv_sweep,
)

# ---------------------------------------------------------------- receptive_field


def _receptive_field_oracle(torch, layers):
    # One output, sent back through the layers as its gradient is: as long as the cells it saw.
    seen = torch.ones(1, 1, 1)
    for kernel_size, stride, dilation in reversed(layers):
        taps = torch.ones(1, 1, kernel_size)
        seen = torch.nn.functional.conv_transpose1d(seen, taps, stride=stride, dilation=dilation)
    return seen.shape[-1]


def _receptive_field(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size += dilation * (kernel_size - 1) * jump
        jump *= stride
    return size


def _receptive_field_sweep(draw: Draw) -> Case:
    return case(
        [(draw.size(1, 5), draw.size(1, 3), draw.size(1, 3)) for _ in range(draw.size(1, 5))]
    )


def _seen(layers, span=lambda k, s, d: d * (k - 1), step=lambda jump, s, d: jump * s, start=1):
    """Return the recurrence with one of its three parts exchanged."""
    size, jump = start, 1
    for kernel_size, stride, dilation in layers:
        size += span(kernel_size, stride, dilation) * jump
        jump = step(jump, stride, dilation)
    return size


def _jump_too_early(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        jump *= stride
        size += dilation * (kernel_size - 1) * jump
    return size


def _overlap_forgotten(layers):
    size = 1
    for kernel_size, stride, dilation in reversed(layers):
        size = size * stride + dilation * (kernel_size - 1)
    return size


_ALEXNET = [(11, 4, 1), (3, 2, 1), (5, 1, 1), (3, 2, 1), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 1)]
_VGG_16 = [
    layer for convolutions in (2, 2, 3, 3, 3) for layer in [(3, 1, 1)] * convolutions + [(2, 2, 1)]
]

receptive_field = Exercise(
    name="receptive_field",
    section="2.6",
    signature="(layers)",
    answer="count",
    oracle=_receptive_field_oracle,
    ours=_receptive_field,
    ladder=(
        Capability(
            "one layer",
            (
                case([(3, 1, 1)]),
                case([(5, 1, 1)]),
                case([(1, 1, 1)]),
                case([(3, 2, 1)], note="nothing comes after the stride"),
                case([(2, 3, 1)], note="nothing comes after the stride"),
            ),
            (
                "How many input cells does one output cell of a single convolution read?",
                "As many as the kernel is long; how far the window then jumps makes no difference.",
                "size = kernel_size",
            ),
        ),
        Capability(
            "stacking",
            (
                case([(2, 1, 1), (2, 1, 1)]),
                case([(3, 1, 1), (3, 1, 1)]),
                case([(3, 1, 1), (5, 1, 1)]),
                case([(3, 1, 1), (1, 1, 1), (4, 1, 1)]),
                case([(3, 1, 1)] * 5),
            ),
            (
                "Draw two layers of kernel 3. Which cells do three neighbours of the middle read?",
                "The neighbours' fields overlap: each further tap adds only what is new.",
                "size = 1; then for each layer: size += kernel_size - 1",
            ),
        ),
        Capability(
            "stride",
            (
                case([(2, 2, 1), (2, 1, 1)]),
                case([(3, 2, 1), (3, 1, 1)]),
                case([(3, 1, 1), (3, 2, 1)]),
                case([(1, 2, 1), (3, 1, 1)]),
                case([(3, 2, 1), (3, 2, 1), (3, 1, 1)]),
                case([(2, 3, 1), (3, 2, 1), (2, 1, 1)]),
                case([(4, 2, 1), (1, 3, 1), (5, 1, 1), (2, 2, 1)]),
            ),
            (
                "After a stride of 2, how many input cells lie between two neighbouring cells?",
                (
                    "Keep a jump: it starts at 1, and each layer multiplies it by its stride, "
                    "after its own taps have been counted with the jump that was there before."
                ),
                "size += (kernel_size - 1) * jump; jump *= stride",
            ),
        ),
        Capability(
            "dilation",
            (
                case([(2, 1, 2)]),
                case([(3, 1, 2)]),
                case([(1, 1, 4)]),
                case([(3, 1, 1), (3, 1, 2), (3, 1, 4)]),
                case([(2, 1, 3), (3, 1, 1)]),
                case([(3, 2, 2), (3, 1, 3)]),
                case([(2, 2, 3), (4, 3, 1), (3, 1, 2)]),
            ),
            (
                "How long is a kernel of 3 taps with dilation 2?",
                "The taps are d cells apart: k - 1 steps of d cells, each as long as the jump.",
                "size += dilation * (kernel_size - 1) * jump; jump *= stride",
            ),
        ),
        Capability(
            "whole networks",
            (
                case(_ALEXNET, note="AlexNet up to its last pooling"),
                case(_VGG_16, note="VGG-16 up to its last pooling"),
                case([(7, 2, 1), (3, 2, 1), (3, 1, 1), (3, 1, 1), (1, 2, 1), (3, 1, 2), (3, 1, 4)]),
                case([(2, 1, 2**i) for i in range(7)], note="dilation doubles, as in WaveNet"),
                case([(5, 3, 2), (2, 2, 3), (3, 1, 1), (1, 2, 5), (3, 2, 2), (2, 1, 1)]),
            ),
            (
                "Go through the layers from the input on and keep two numbers. Which?",
                "The size of the field and the jump. Check AlexNet: 195, and VGG-16: 212.",
                "for k, s, d in layers: size += d * (k - 1) * jump; jump *= s",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "jump_forgotten",
            lambda layers: _seen(layers, step=lambda jump, s, d: jump),
            "Your answer is the one with all strides 1. After a stride of 2 neighbouring cells lie "
            "two input cells apart, so every later tap counts twice.",
        ),
        Mistake(
            "kernels_added",
            lambda layers: sum(kernel_size for kernel_size, _, _ in layers),
            "Your answer is the sum of the kernel sizes. Neighbouring windows overlap: start at 1, "
            "and each layer adds kernel_size - 1 steps.",
        ),
        Mistake(
            "kernel_not_less_one",
            lambda layers: _seen(layers, span=lambda k, s, d: d * k, start=0),
            "Each layer of yours adds kernel_size steps. From the first tap to the last there are "
            "kernel_size - 1; start at 1, the cell itself.",
        ),
        Mistake(
            "starts_at_zero",
            lambda layers: _seen(layers, start=0),
            "Your answer is one too small: the size starts at 1, since with no layer at all a cell "
            "sees itself.",
        ),
        Mistake(
            "jump_too_early",
            _jump_too_early,
            "Your layer's taps are counted with its own stride. Its taps lie on its input, so they "
            "are as far apart as the layers before it say: first add, then multiply the jump.",
        ),
        Mistake(
            "strides_added",
            lambda layers: _seen(layers, step=lambda jump, s, d: jump + s - 1),
            "Your strides add up. They multiply: a stride of 2 after a stride of 3 jumps 6 cells.",
        ),
        Mistake(
            "last_stride_only",
            lambda layers: _seen(layers, step=lambda jump, s, d: s),
            "Your jump is the stride of the layer before, alone. All strides before a layer "
            "multiply.",
        ),
        Mistake(
            "dilation_ignored",
            lambda layers: _seen(layers, span=lambda k, s, d: k - 1),
            "Your answer is the one with all dilations 1: taps lie `dilation` cells apart.",
        ),
        Mistake(
            "dilation_times_kernel",
            lambda layers: _seen(layers, span=lambda k, s, d: d * k - 1),
            "Your kernel spans dilation * kernel_size cells. There are only kernel_size - 1 steps "
            "between the taps: the span is dilation * (kernel_size - 1) + 1.",
        ),
        Mistake(
            "dilation_in_jump",
            lambda layers: _seen(layers, step=lambda jump, s, d: jump * s * d),
            "Your jump grows with the dilation. Dilation spreads the taps of its own layer; "
            "only strides move neighbouring outputs apart.",
        ),
        Mistake(
            "layers_reversed",
            lambda layers: _seen(layers[::-1]),
            "Your answer is the one with the layers in reverse order: the jump of a layer comes "
            "from the layers before it, nearer to the input.",
        ),
        Mistake(
            "overlap_forgotten",
            _overlap_forgotten,
            "Going back from the output, r cells need (r - 1) * stride + span cells before them. "
            "You took r * stride: between r cells there are only r - 1 jumps.",
        ),
        Mistake(
            "strides_multiplied",
            lambda layers: int(np.prod([stride for _, stride, _ in layers])),
            "Your answer is the product of the strides. That is the jump between neighbouring "
            "outputs, not how much one of them sees.",
        ),
    ),
    sweep=_receptive_field_sweep,
)

EXERCISES = (output_size, pad2d, conv2d_full, receptive_field)
