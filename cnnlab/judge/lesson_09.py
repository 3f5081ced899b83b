"""Lesson 09's exercises: windows laid out as columns, and two outputs for four multiplications.

That `winograd_f23` multiplies four times is counted where it can be, and more than four gets a
remark: an answer taken from torch has no products that could be counted.
"""

# ruff: noqa: ARG005 - that an argument is not looked at is many a mistake

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cnnlab import sliding
from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole

# ---------------------------------------------------------------- im2col


def _pair(kernel_size):
    return (kernel_size,) * 2 if isinstance(kernel_size, int) else tuple(kernel_size)


def _windows(input, kernel_size, stride=1):
    """Return (N, C, oh, ow, kh, kw)."""
    return sliding.windows(input, _pair(kernel_size), (stride, stride), (1, 1))


def _columns(input, kernel_size):
    return _laid_out(0, 1, 4, 5, 2, 3)(input, kernel_size)


def _laid_out(*order: int, stride: int = 0) -> Callable:
    """Return an im2col with the axes (N, C, oh, ow, kh, kw) in another order; 0 stands first."""

    def wrong(input, kernel_size):
        step = stride or 1
        windows = _windows(input, kernel_size, step).transpose(order)
        return windows.reshape(len(input), int(np.prod(windows.shape[1:4])), -1)

    return wrong


def _rows_for_columns(input, kernel_size):
    return _columns(input, kernel_size).swapaxes(1, 2)


def _never_transposed(input, kernel_size):
    windows = _windows(input, kernel_size)
    n, c, _, _, kh, kw = windows.shape
    return windows.reshape(n, c * kh * kw, -1)


def _side_by_side(input, kernel_size):
    kernel_size = _pair(kernel_size)
    windows = sliding.windows(input, kernel_size, kernel_size, (1, 1)).transpose(0, 1, 4, 5, 2, 3)
    n, c, kh, kw, _, _ = windows.shape
    return windows.reshape(n, c * kh * kw, -1)


def _padded(input, kernel_size):
    pads = [(k // 2, (k - 1) // 2) for k in _pair(kernel_size)]
    return _columns(sliding.pad(input, pads), kernel_size)


def _padded_on_both_sides(input, kernel_size):
    return _columns(sliding.pad(input, [(k // 2, k // 2) for k in _pair(kernel_size)]), kernel_size)


def _numbered_by_rows(input, kernel_size):
    windows = _windows(input, kernel_size)
    n, c, rows, across, kh, kw = windows.shape
    out = np.zeros((n, c * kh * kw, rows * across))
    for i, j in np.ndindex(rows, across):  # more rows than columns: an IndexError, as it must be
        out[:, :, i * rows + j] = windows[:, :, i, j].reshape(n, -1)
    return out


def _strides_of_a_whole_array(input, kernel_size):
    (n, c, h, w), (kh, kw), size = input.shape, _pair(kernel_size), input.itemsize
    steps = np.array([c * h * w, h * w, w, 1, w, 1]) * size
    shape = (n, c, kh, kw, h - kh + 1, w - kw + 1)
    return np.lib.stride_tricks.as_strided(input, shape, steps).reshape(n, c * kh * kw, -1)


def _pictures_joined(input, kernel_size):
    columns = _columns(input, kernel_size)
    return columns.transpose(1, 0, 2).reshape(1, columns.shape[1], -1)


def _batch_axis_lost(input, kernel_size):
    return _columns(input[:1], kernel_size)[0]


def _last_windows_left_zero() -> tuple[Mistake, ...]:
    def apart(input, kernel_size):
        rows_across = _windows(input, kernel_size).shape[2:4]
        return _columns(input, kernel_size).reshape(len(input), -1, *rows_across)

    def joined(wrong):
        return lambda input, kernel_size: wrong(input, kernel_size).reshape(
            _columns(input, kernel_size).shape
        )

    return tuple(
        replace(one, wrong=joined(one.wrong)) for one in slips.last_places_left_zero(apart, 2)
    )


def _im2col_sweep(draw: Draw) -> Case:
    kh, kw = draw.size(1, 3), draw.size(1, 3)
    input = draw.array(
        draw.size(1, 3),
        draw.size(1, 3),
        max(kh, kw) + draw.size(0, 3),
        max(kh, kw) + draw.size(0, 3),
    )
    return case(input, draw.choice(kh, (kh, kw)))


im2col = Exercise(
    name="im2col",
    section="9.1",
    signature="(input, kernel_size)",
    oracle=lambda torch, input, kernel_size: torch.nn.functional.unfold(input, kernel_size),
    ours=_columns,
    ladder=(
        Capability(
            "one window",
            (
                case(whole(1, 1, 2, 2), 2),
                case(whole(1, 1, 3, 3), 3),
                case(rough(1, 1, 2, 2), 2),
            ),
            (
                "The window lies on the picture once. How many numbers are under it?",
                "kh * kw. They become one column, read row by row: (1, kh * kw, 1).",
                "columns[0, :, 0] = input[0, 0].ravel()",
            ),
        ),
        Capability(
            "positions",
            (
                case(whole(1, 1, 2, 3), 2),
                case(whole(1, 1, 3, 2), 2),
                case(whole(1, 1, 2, 3), 1),
                case(whole(1, 1, 3, 4), 2),
                case(whole(1, 1, 5, 4), 3),
                case(rough(1, 1, 5, 6), 3),
            ),
            (
                "Where does the second column come from?",
                "From the window one cell to the right; after a row's last comes the next row.",
                "columns[0, :, y * ow + x] = input[0, 0, y:y + k, x:x + k].ravel()",
            ),
        ),
        Capability(
            "two sizes",
            (
                case(whole(1, 1, 1, 2), (1, 2)),
                case(whole(1, 1, 3, 2), (2, 1)),
                case(whole(1, 1, 3, 4), (1, 3)),
                case(whole(1, 1, 4, 3), (3, 2)),
                case(whole(1, 1, 3, 5), (2, 2)),
                case(rough(1, 1, 5, 6), (2, 4)),
            ),
            (
                "What may kernel_size be, other than an int?",
                "A pair (kh, kw); an int k stands for (k, k).",
                "kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(1, 2, 1, 2), (1, 2)),
                case(whole(1, 2, 2, 2), 2),
                case(whole(1, 3, 2, 3), 2),
                case(whole(1, 2, 3, 3), (2, 1)),
                case(rough(1, 3, 4, 5), (3, 2)),
            ),
            (
                "How long is a column, when the input has three channels?",
                "3 * kh * kw: channel 0's window first, then channel 1's, then channel 2's.",
                "columns[0, :, y * ow + x] = input[0, :, y:y + kh, x:x + kw].ravel()",
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 2, 2), 2),
                case(whole(2, 1, 2, 3), 2),
                case(whole(3, 2, 3, 2), (2, 1)),
                case(rough(2, 3, 4, 5), (2, 3)),
                case(rough(3, 2, 5, 4), 3),
            ),
            (
                "Do the pictures share their columns?",
                "No: each picture has a matrix of its own, (N, C * kh * kw, positions).",
                "columns[n, :, y * ow + x] = input[n, :, y:y + kh, x:x + kw].ravel()",
            ),
        ),
        Capability(
            "any array",
            (
                case(rough(2, 2, 3, 4).astype(np.float32), 2, note="float32"),
                case(
                    rough(2, 2, 8, 5)[:, :, ::2], (3, 2), note="every second row of a larger array"
                ),
                case(
                    rough(2, 3, 4, 10)[..., ::2],
                    (2, 3),
                    note="every second column of a larger array",
                ),
                case(1e9 * rough(1, 2, 5, 4), 1, note="large values"),
                case(rough(2, 2, 9, 11), (4, 3), note="a larger input"),
            ),
            (
                "The array may be float32 or a view of another one.",
                "Steps reckoned in bytes must be the array's own, input.strides.",
                "np.lib.stride_tricks.sliding_window_view does that for you.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "rows_for_columns",
            _rows_for_columns,
            "Your windows are rows: (N, positions, C * kh * kw). In torch's order they are "
            "columns, so that weights times columns is the convolution.",
        ),
        Mistake(
            "never_transposed",
            _never_transposed,
            "Your shape is right, but reshape alone mixes windows and taps: bring the axes into "
            "the order (N, C, kh, kw, oh, ow) first.",
        ),
        Mistake(
            "channels_last",
            _laid_out(0, 4, 5, 1, 2, 3),
            "In your columns the channels change fastest. A column holds channel 0's whole window, "
            "then channel 1's.",
        ),
        Mistake(
            "taps_by_columns",
            _laid_out(0, 1, 5, 4, 2, 3),
            "Your windows are read down their columns. They are read row by row.",
        ),
        Mistake(
            "positions_by_columns",
            _laid_out(0, 1, 4, 5, 3, 2),
            "Your windows go down first, then across. They go across first: position y * ow + x.",
        ),
        Mistake(
            "both_by_columns",
            _laid_out(0, 1, 5, 4, 3, 2),
            "Rows and columns are exchanged in the windows and in the order of the windows.",
        ),
        Mistake(
            "kernel_sizes_exchanged",
            lambda input, kernel_size: _columns(input, _pair(kernel_size)[::-1]),
            "kernel_size is (height, width); yours is read the other way round.",
        ),
        Mistake(
            "kernel_height_for_both",
            lambda input, kernel_size: _columns(input, _pair(kernel_size)[0]),
            "You use the first number of kernel_size for both axes: it may be a pair (kh, kw).",
        ),
        Mistake(
            "kernel_width_for_both",
            lambda input, kernel_size: _columns(input, _pair(kernel_size)[1]),
            "You use the second number of kernel_size for both axes: it may be a pair (kh, kw).",
        ),
        Mistake(
            "side_by_side",
            _side_by_side,
            "Your windows lie side by side, a kernel's length apart. They overlap: one cell apart.",
        ),
        Mistake(
            "last_window_missed",
            lambda input, kernel_size: _columns(input[..., :-1, :-1], kernel_size),
            "Your last windows are missing: n - k + 1 places fit along an axis, not n - k.",
        ),
        Mistake(
            "padded_to_same_size",
            _padded,
            "You have as many positions as cells: zeros were laid around the picture. Only windows "
            "that lie wholly on it count.",
        ),
        Mistake(
            "padded_on_both_sides",
            _padded_on_both_sides,
            "Zeros were laid around the picture, half a kernel on every side. Only windows that "
            "lie wholly on it count.",
        ),
        Mistake(
            "numbered_by_rows",
            _numbered_by_rows,
            "You number the windows y * rows + x: a row of windows has as many as there are "
            "columns of them, y * ow + x.",
        ),
        Mistake(
            "strides_of_a_whole_array",
            _strides_of_a_whole_array,
            "You reckon the strides from the shape. A view of another array has longer ones: take "
            "input.strides.",
        ),
        Mistake(
            "flipped_windows",
            lambda input, kernel_size: (
                _windows(input, kernel_size)[..., ::-1, ::-1]
                .transpose(0, 1, 4, 5, 2, 3)
                .reshape(_columns(input, kernel_size).shape)
            ),
            "Your windows are turned by 180 degrees: they are read as they lie.",
        ),
        Mistake(
            "first_channel_only",
            lambda input, kernel_size: _columns(input[:, :1], kernel_size),
            "Your columns hold channel 0 only: they hold the window of every channel.",
        ),
        Mistake(
            "first_channel_for_all",
            lambda input, kernel_size: _columns(
                np.repeat(input[:, :1], input.shape[1], 1), kernel_size
            ),
            "Every part of your columns is channel 0's window: the next one is channel 1's.",
        ),
        Mistake(
            "channels_added",
            lambda input, kernel_size: _columns(input.sum(1, keepdims=True), kernel_size),
            "You add the channels up. Nothing is reckoned here, only laid out: C * kh * kw rows.",
        ),
        Mistake(
            "windows_added_up",
            lambda input, kernel_size: (
                _windows(input, kernel_size).sum((4, 5)).reshape(*input.shape[:2], -1)
            ),
            "You add each window up. Nothing is reckoned here, only laid out: C * kh * kw rows.",
        ),
        Mistake(
            "pictures_joined",
            _pictures_joined,
            "The columns of all pictures stand in one matrix: each picture has its own.",
        ),
        Mistake(
            "batch_axis_lost",
            _batch_axis_lost,
            "Your answer is one matrix: a matrix for each picture is asked, (N, ..., positions).",
        ),
        Mistake(
            "positions_kept_apart",
            lambda input, kernel_size: _columns(input, kernel_size).reshape(
                len(input), -1, *_windows(input, kernel_size).shape[2:4]
            ),
            "Your positions still have two axes: lay them in one row, y * ow + x.",
        ),
        slips.all_zeros(_columns),
        slips.first_picture_only(_columns),
        slips.batch_of_copies(_columns),
        slips.decimals_cut(_columns),
        *_last_windows_left_zero(),
        slips.last_picture_left_zero(_columns),
    ),
    sweep=_im2col_sweep,
)

# ---------------------------------------------------------------- winograd_f23


def _products(signal, kernel, half=0.5):
    """Return Winograd's four products."""
    d, g = signal, kernel
    return (
        (d[0] - d[2]) * g[0],
        (d[1] + d[2]) * (g[0] + g[1] + g[2]) * half,
        (d[2] - d[1]) * (g[0] - g[1] + g[2]) * half,
        (d[1] - d[3]) * g[2],
    )


def _joined(first: Callable, second: Callable, half: float = 0.5) -> Callable:
    """Return an answer that joins the four products in its own way."""

    def wrong(signal, kernel):
        m = _products(signal, kernel, half)
        return np.array([first(*m), second(*m)])

    return wrong


_winograd = _joined(lambda a, b, c, d: a + b + c, lambda a, b, c, d: b - c - d)


def _other(**products: Callable) -> Callable:
    """Return an answer in which some of m1 ... m4 are made otherwise, each of (d, g)."""

    def wrong(signal, kernel):
        m = dict(zip(("m1", "m2", "m3", "m4"), _products(signal, kernel), strict=True))
        m |= {name: make(signal, kernel) for name, make in products.items()}
        return np.array([m["m1"] + m["m2"] + m["m3"], m["m2"] - m["m3"] - m["m4"]])

    return wrong


_third_product_of = _other(m3=lambda d, g: (d[1] - d[2]) * (g[0] - g[1] + g[2]) / 2)
_middle_tap_added = _other(m3=lambda d, g: (d[2] - d[1]) * (g[0] + g[1] + g[2]) / 2)
_half_floored = _other(
    m2=lambda d, g: (d[1] + d[2]) * ((g[0] + g[1] + g[2]) // 2),
    m3=lambda d, g: (d[2] - d[1]) * ((g[0] - g[1] + g[2]) // 2),
)
_product_floored = _other(
    m2=lambda d, g: (d[1] + d[2]) * (g[0] + g[1] + g[2]) // 2,
    m3=lambda d, g: (d[2] - d[1]) * (g[0] - g[1] + g[2]) // 2,
)


winograd_f23 = Exercise(
    name="winograd_f23",
    section="9.3",
    signature="(signal, kernel)",
    oracle=lambda torch, signal, kernel: torch.nn.functional.conv1d(
        signal[None, None], kernel[None, None]
    )[0, 0],
    ours=lambda signal, kernel: np.correlate(signal, kernel, "valid"),
    ladder=(
        Capability(
            "outer taps",
            (
                case(np.array([1.0, 2.0, 3.0, 5.0]), np.array([1.0, 0.0, 0.0])),
                case(np.array([7.0, 2.0, -3.0, 4.0]), np.array([0.0, 0.0, 1.0])),
                case(whole(4), np.array([2.0, 0.0, -3.0])),
                case(rough(4), np.array([-1.5, 0.0, 0.25])),
            ),
            (
                "The kernel (1, 0, 0) lies on signal[0:3], then on signal[1:4]. What comes out?",
                "signal[0] and signal[1]: two outputs, as the three taps have two places.",
                "m1 = (d0 - d2) * g0 and m4 = (d1 - d3) * g2 carry the outer taps.",
            ),
        ),
        Capability(
            "middle tap",
            (
                case(np.array([1.0, 2.0, 3.0, 5.0]), np.array([0.0, 1.0, 0.0])),
                case(np.array([4.0, -1.0, 2.0, 9.0]), np.array([0.0, -4.0, 0.0])),
                case(np.array([0.0, 1.0, 5.0, 0.0]), np.array([1.0, 1.0, 1.0])),
                case(whole(4, seed=2), np.array([0.0, 3.0, 2.0])),
            ),
            (
                "Which products hold the middle tap g1?",
                "m2 = (d1 + d2) * (g0 + g1 + g2) / 2 and m3 = (d2 - d1) * (g0 - g1 + g2) / 2.",
                "In m2 + m3 the outer taps meet d2 and g1 meets d1; in m2 - m3 they change places.",
            ),
        ),
        Capability(
            "all taps",
            (
                case(whole(4), whole(3)),
                case(whole(4, seed=1), whole(3, seed=1)),
                case(np.array([3.0, 1.0, 4.0, 1.0]), np.array([1.0, 2.0, 4.0])),
                case(rough(4), rough(3)),
                case(rough(4, seed=1), rough(3, seed=2)),
            ),
            (
                "How do the four products become two outputs?",
                "The first is m1 + m2 + m3, the second m2 - m3 - m4.",
                "return np.array([m1 + m2 + m3, m2 - m3 - m4])",
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    np.array([1.5, -2.25, 0.75, 4.0], np.float32),
                    np.array([0.5, 1.25, 2.0], np.float32),
                    note="float32",
                ),
                case(
                    np.array([3, 1, 4, 2]),
                    np.array([0.5, 1.25, -0.75]),
                    note="whole numbers under decimals in the kernel",
                ),
                case(rough(8)[::2], rough(6)[::2], note="every second number of a larger array"),
                case(1e6 * whole(4, seed=3), 1e3 * whole(3, seed=4), note="large values"),
                case(np.array([0.25, 3.5, -1.75, 2.0]), np.array([0.125, 0.5, -2.25])),
            ),
            (
                "The arrays may be float32, hold large values, or be views.",
                "Half of a sum of taps need not be whole.",
                "(g0 + g1 + g2) / 2, with one slash",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "flipped_kernel",
            lambda signal, kernel: _winograd(signal, kernel[::-1]),
            "Your kernel is flipped. A CNN lays it on as it is: g0 meets d0 and d1.",
        ),
        Mistake(
            "halves_missing",
            _joined(lambda a, b, c, d: a + b + c, lambda a, b, c, d: b - c - d, 1.0),
            "The halves are missing: m2 and m3 take (g0 + g1 + g2) / 2 and (g0 - g1 + g2) / 2.",
        ),
        Mistake(
            "half_taken_twice",
            _joined(lambda a, b, c, d: a + b + c, lambda a, b, c, d: b - c - d, 0.25),
            "The half is taken twice in m2 and m3: once is enough, at the kernel.",
        ),
        Mistake(
            "half_rounded_down",
            _half_floored,
            "Your halves are rounded down: // cuts the half of an odd number. Divide with /.",
        ),
        Mistake(
            "last_product_added",
            _joined(lambda a, b, c, d: a + b + c, lambda a, b, c, d: b - c + d),
            "In your second output m4 has the wrong sign: it is m2 - m3 - m4, with "
            "m4 = (d1 - d3) * g2.",
        ),
        Mistake(
            "third_product_added",
            _joined(lambda a, b, c, d: a + b + c, lambda a, b, c, d: b + c - d),
            "In your second output m3 is added: it is m2 - m3 - m4.",
        ),
        Mistake(
            "all_added",
            _joined(lambda a, b, c, d: a + b + c, lambda a, b, c, d: b + c + d),
            "In your second output everything is added: it is m2 - m3 - m4.",
        ),
        Mistake(
            "third_product_subtracted_first",
            _joined(lambda a, b, c, d: a + b - c, lambda a, b, c, d: b - c - d),
            "In your first output m3 is subtracted: it is m1 + m2 + m3.",
        ),
        Mistake(
            "first_product_left_out",
            _joined(lambda a, b, c, d: b + c, lambda a, b, c, d: b - c - d),
            "Your first output lacks m1: it is m1 + m2 + m3.",
        ),
        Mistake(
            "last_product_left_out",
            _joined(lambda a, b, c, d: a + b + c, lambda a, b, c, d: b - c),
            "Your second output lacks m4: it is m2 - m3 - m4.",
        ),
        Mistake(
            "third_difference_turned",
            _third_product_of,
            "In your m3 the signal's difference is turned round: it is d2 - d1.",
        ),
        Mistake(
            "first_difference_turned",
            _other(m1=lambda d, g: (d[2] - d[0]) * g[0]),
            "In your m1 the signal's difference is turned round: it is d0 - d2.",
        ),
        Mistake(
            "first_pair_wrong",
            _other(m1=lambda d, g: (d[0] - d[1]) * g[0]),
            "Your m1 takes the neighbour: it is (d0 - d2) * g0.",
        ),
        Mistake(
            "last_pair_wrong",
            _other(m4=lambda d, g: (d[2] - d[3]) * g[2]),
            "Your m4 takes the neighbour: it is (d1 - d3) * g2.",
        ),
        Mistake(
            "second_sum_subtracted",
            _other(m2=lambda d, g: (d[1] - d[2]) * (g[0] + g[1] + g[2]) / 2),
            "In your m2 the signal is subtracted: it is d1 + d2.",
        ),
        Mistake(
            "half_missing_in_second",
            _other(m2=lambda d, g: (d[1] + d[2]) * (g[0] + g[1] + g[2])),
            "The half is missing in m2: it takes (g0 + g1 + g2) / 2.",
        ),
        Mistake(
            "half_missing_in_third",
            _other(m3=lambda d, g: (d[2] - d[1]) * (g[0] - g[1] + g[2])),
            "The half is missing in m3: it takes (g0 - g1 + g2) / 2.",
        ),
        Mistake(
            "brackets_missing_in_halves",
            _other(
                m2=lambda d, g: (d[1] + d[2]) * (g[0] + g[1] + g[2] / 2),
                m3=lambda d, g: (d[2] - d[1]) * (g[0] - g[1] + g[2] / 2),
            ),
            "Only g2 is halved in your m2 and m3: / comes before +. Write (g0 + g1 + g2) / 2.",
        ),
        Mistake(
            "products_rounded_down",
            _product_floored,
            "Your m2 and m3 are rounded down: // cuts the half of an odd number. Divide with /.",
        ),
        Mistake(
            "outputs_added",
            lambda signal, kernel: _winograd(signal, kernel).sum(),
            "You return one number, the sum of both outputs: they are two.",
        ),
        Mistake(
            "middle_tap_added",
            _middle_tap_added,
            "In your m3 the middle tap is added: the kernel's part is (g0 - g1 + g2) / 2.",
        ),
        Mistake(
            "last_tap_subtracted",
            _other(m3=lambda d, g: (d[2] - d[1]) * (g[0] + g[1] - g[2]) / 2),
            "In your m3 the last tap is subtracted: the kernel's part is (g0 - g1 + g2) / 2.",
        ),
        Mistake(
            "outputs_exchanged",
            lambda signal, kernel: _winograd(signal, kernel)[::-1],
            "Your two outputs are exchanged: the first is the kernel's place on signal[0:3].",
        ),
        Mistake(
            "first_output_twice",
            lambda signal, kernel: _winograd(signal, kernel)[[0, 0]],
            "Your second output repeats the first: it is the kernel's place on signal[1:4].",
        ),
        Mistake(
            "one_output",
            lambda signal, kernel: _winograd(signal, kernel)[:1],
            "You give one output. Three taps have two places on four values.",
        ),
        Mistake(
            "padded_to_same_size",
            lambda signal, kernel: np.correlate(signal, kernel, "same"),
            "You give four outputs: zeros were laid around the signal. Two places are "
            "wholly on it.",
        ),
        Mistake(
            "signal_added",
            lambda signal, kernel: np.array([signal[:3].sum(), signal[1:].sum()]),
            "Your outputs are sums of the signal: the kernel is never looked at.",
        ),
        Mistake(
            "products_returned",
            lambda signal, kernel: np.array(_products(signal, kernel)),
            "You return the four products: join them to m1 + m2 + m3 and m2 - m3 - m4.",
        ),
        Mistake(
            "all_zeros",
            lambda signal, kernel: np.zeros(2),
            "Your output has the right shape but is zero everywhere: the results are never written "
            "into it.",
        ),
        Mistake(
            "decimals_cut",
            lambda signal, kernel: np.trunc(_winograd(signal, kernel)),
            "Your decimals are cut off: the output array is made of whole numbers. np.zeros(2) "
            "makes one of decimals.",
        ),
        slips.decimals_cut_like_input(_winograd),
    ),
    sweep=lambda draw: case(draw.array(4), draw.array(3)),
    products=4,
)

EXERCISES = (im2col, winograd_f23)
