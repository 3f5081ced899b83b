"""Lesson 01's first exercises: one kernel on one signal, one kernel on one picture."""

from __future__ import annotations

import numpy as np

import cnnlab
from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole


def correlate(array, kernel, **how):
    """Slide a bare kernel over a bare array, with cnnlab's layer of as many axes."""
    conv = (cnnlab.conv1d, cnnlab.conv2d)[array.ndim - 1]
    return conv(array[None, None], kernel[None, None], **how)[0, 0]


def _mistakes(array: str, axes: int) -> tuple[Mistake, ...]:
    """Return what goes wrong with any bare kernel; `array` is what it lies on, in words."""
    return (
        Mistake(
            "flipped_kernel",
            lambda array, kernel: correlate(array, np.flip(kernel)),
            "Your output equals the one with the kernel turned round: that is the convolution of "
            "mathematics (np.convolve). Correlation lays the kernel on as it is.",
        ),
        Mistake(
            "all_zeros",
            lambda array, kernel: np.zeros_like(correlate(array, kernel)),
            "Your output has the right shape but is zero everywhere: the sums are never written "
            "into it.",
        ),
        Mistake(
            "last_window_missed",
            lambda array, kernel: correlate(array, kernel)[(slice(-1),) * array.ndim],
            "Your output is one too short: n - k + 1 places fit, not n - k. The kernel may stand "
            "flush with the edge.",
        ),
        *slips.last_places_left_zero(correlate, axes),
        slips.last_tap_missed(correlate, axes),
        slips.sign_lost(correlate),
        slips.sums_rounded(correlate),
        slips.decimals_cut_like_input(correlate),
        Mistake(
            "padded_to_same_size",
            lambda array, kernel: correlate(array, kernel, padding="same"),
            f"Your output is as large as the {array}: zeros were laid around it. Take only places "
            f"where the whole kernel lies on the {array} (valid).",
        ),
        Mistake(
            "numpys_same_size",
            lambda array, kernel: correlate(
                np.pad(array, [(k // 2, (k - 1) // 2) for k in kernel.shape]), kernel
            ),
            f'Your output is as large as the {array}, as NumPy and SciPy make it with mode="same". '
            f'Take only places where the whole kernel lies on the {array}: mode="valid".',
        ),
        Mistake(
            "padded_to_full_size",
            lambda array, kernel: correlate(
                np.pad(array, [(k - 1, k - 1) for k in kernel.shape]), kernel
            ),
            f"Your output is larger than the {array}: the kernel hangs over the edge. "
            f"Take only places where all of it lies on the {array} (valid).",
        ),
        Mistake(
            "window_not_weighted",
            lambda array, kernel: correlate(array, np.ones_like(kernel)),
            "Your output is the plain sum of each window: multiply by the kernel before adding.",
        ),
        Mistake(
            "window_averaged",
            lambda array, kernel: correlate(array, kernel / kernel.size),
            "Your output is divided by the kernel's number of cells: correlation adds, it takes no "
            "mean.",
        ),
        Mistake(
            "negatives_clamped",
            lambda array, kernel: np.maximum(correlate(array, kernel), 0),
            "Your negative answers became zero: they say that the pattern is there in reverse.",
        ),
        Mistake(
            "decimals_cut",
            lambda array, kernel: np.trunc(correlate(array, kernel)),
            "Your decimals are cut off: the output array is made of whole numbers. np.zeros(n) "
            "makes one of decimals.",
        ),
        Mistake(
            "last_product_only",
            lambda array, kernel: correlate(
                array[tuple(slice(k - 1, None) for k in kernel.shape)],
                kernel[(slice(-1, None),) * array.ndim],
            ),
            "Only the product with the kernel's last number is left: each product overwrites the "
            "one before. Write += where they are added.",
        ),
        Mistake(
            "kernel_steps_by_its_length",
            lambda array, kernel: correlate(array, kernel, stride=kernel.shape),
            "Your kernel jumps by its own length from place to place: it moves one cell at a time.",
        ),
    )


def _returned_too_early(kept: tuple) -> Mistake:
    """Return the mistake of a `return` inside a loop: only `kept` of the output is filled."""

    def wrong(array, kernel):
        right = correlate(array, kernel)
        out = np.zeros_like(right)
        out[kept] = right[kept]
        return out

    return Mistake(
        "returned_in_the_loop" if len(kept) == 1 else "returned_in_the_inner_loop",
        wrong,
        "Only the first turn of a loop is done: `return` stands inside it. Move it back, below the "
        "`for`.",
    )


def _any_array(*sizes: int) -> Capability:
    """Return the last rung: the same sum on whatever an array may hold."""
    shape, kernel = sizes, tuple(2 + i for i in range(len(sizes)))
    return Capability(
        "any array",
        (
            case(
                whole(*shape).astype(np.int64),
                whole(*kernel).astype(np.int64),
                note="whole numbers (int64)",
            ),
            case(
                whole(*shape).astype(np.int64),
                rough(*kernel),
                note="whole numbers on decimals in the kernel",
            ),
            case(
                rough(*shape).astype(np.float32), rough(*kernel).astype(np.float32), note="float32"
            ),
            case(
                rough(*shape[:-1], 2 * shape[-1])[..., ::2],
                rough(*kernel),
                note="every second number of a larger array",
            ),
            case(1e6 * rough(*shape, seed=2), rough(*kernel), note="large values"),
            case(
                rough(*(5 + 3 * n for n in shape)), rough(*(3 + n for n in kernel)), note="larger"
            ),
        ),
        (
            "The arrays may hold whole numbers, float32, large values, or be views.",
            "An output made with the input's dtype cuts decimals off when that is whole.",
            "np.zeros(shape) makes float64.",
        ),
    )


def _signal_sweep(draw: Draw) -> Case:
    k = draw.size(1, 6)
    return case(draw.array(k + draw.size(0, 9)), draw.array(k))


correlate1d = Exercise(
    name="correlate1d",
    section="1.1",
    signature="(signal, kernel)",
    oracle=lambda torch, signal, kernel: torch.nn.functional.conv1d(
        signal[None, None], kernel[None, None]
    )[0, 0],
    ours=lambda signal, kernel: correlate(signal, kernel),
    ladder=(
        Capability(
            "one window",
            (
                case(whole(2), whole(2, seed=1)),
                case(whole(3), whole(3, seed=4)),
                case(rough(4), rough(4, seed=1)),
            ),
            (
                "Kernel and signal are equally long: there is one place, so one answer.",
                "Multiply each number by the one it lies on, and add the products up.",
                "np.array([(signal * kernel).sum()])",
            ),
        ),
        Capability(
            "sliding",
            (
                case(whole(3), whole(2, seed=1)),
                case(whole(5), whole(3)),
                case(whole(5, seed=3), whole(3)),
                case(whole(7), whole(2)),
                case(rough(9), rough(4)),
            ),
            (
                "How many places are there for the kernel? Count them on paper.",
                "There are len(signal) - len(kernel) + 1 places; window i starts at signal[i].",
                "out[i] = (signal[i:i + len(kernel)] * kernel).sum()",
            ),
        ),
        Capability(
            "one tap",
            (case(whole(1), whole(1, seed=1)), case(whole(4), whole(1)), case(rough(5), rough(1))),
            (
                "A kernel of one number is a kernel too.",
                "Every place gives one product; the output is as long as the signal.",
                "len(signal) - 1 + 1 places: nothing special where the loop runs over places.",
            ),
        ),
        _any_array(7),
    ),
    mistakes=(
        *_mistakes("signal", 1),
        _returned_too_early((0,)),
        Mistake(
            "first_place_returned",
            lambda signal, kernel: correlate(signal, kernel)[0],
            "You return the number of the first place only: `return` stands inside the loop. "
            "Collect all places first, then return them.",
        ),
        Mistake(
            "products_returned",
            lambda signal, kernel: (
                np.lib.stride_tricks.sliding_window_view(signal, len(kernel)) * kernel
            ),
            "You give each place's products back one by one: add them up with .sum().",
        ),
    ),
    sweep=_signal_sweep,
)


def _transposed(image, kernel):
    square = kernel.shape[0] == kernel.shape[1]
    return correlate(image, kernel.T if square else kernel)


def _height_for_both(image, kernel):
    out, width = correlate(image, kernel), image.shape[1] - kernel.shape[0] + 1
    if width > out.shape[1]:
        raise ValueError("the kernel runs over the right edge")
    return out[:, :width]


def _picture_sweep(draw: Draw) -> Case:
    kh, kw = draw.size(1, 4), draw.size(1, 4)
    return case(draw.array(kh + draw.size(0, 5), kw + draw.size(0, 5)), draw.array(kh, kw))


correlate2d = Exercise(
    name="correlate2d",
    section="1.2",
    signature="(image, kernel)",
    oracle=lambda torch, image, kernel: torch.nn.functional.conv2d(
        image[None, None], kernel[None, None]
    )[0, 0],
    ours=lambda image, kernel: correlate(image, kernel),
    ladder=(
        Capability(
            "one window",
            (
                case(whole(2, 2), whole(2, 2, seed=1)),
                case(whole(2, 3), whole(2, 3, seed=1)),
                case(rough(3, 2), rough(3, 2, seed=1)),
            ),
            (
                "Kernel and image are equally large: the output has one row and one column.",
                "Multiply element by element what lies on each other, then add everything up.",
                "np.array([[(image * kernel).sum()]])",
            ),
        ),
        Capability(
            "sliding",
            (
                case(whole(3, 3), whole(2, 2)),
                case(whole(3, 3, seed=5), whole(2, 2)),
                case(whole(4, 4), whole(3, 3)),
                case(rough(6, 6), rough(3, 3)),
            ),
            (
                "How many places are there, down and across?",
                "H - kh + 1 places down and W - kw + 1 across; each gives one output cell.",
                "out[y, x] = (image[y:y + kh, x:x + kw] * kernel).sum()",
            ),
        ),
        Capability(
            "not square",
            (
                case(whole(2, 4), whole(2, 2)),
                case(whole(4, 5), whole(3, 2)),
                case(whole(5, 4), whole(2, 3)),
                case(whole(3, 4), whole(1, 2)),
                case(whole(4, 3), whole(2, 1)),
                case(rough(4, 6), rough(1, 1)),
            ),
            (
                "Height and width have a size each, for the image and for the kernel.",
                "kh, kw = kernel.shape; rows use kh, columns use kw.",
                "out = np.zeros((H - kh + 1, W - kw + 1))",
            ),
        ),
        _any_array(5, 4),
    ),
    mistakes=(
        _mistakes("image", 2)[0],
        Mistake(
            "transposed_kernel",
            _transposed,
            "Your output equals the one with the kernel's rows and columns exchanged: kernel[i, j] "
            "meets image[y + i, x + j].",
        ),
        *_mistakes("image", 2)[1:],
        _returned_too_early((0,)),
        _returned_too_early((0, 0)),
        Mistake(
            "places_in_a_row",
            lambda image, kernel: correlate(image, kernel).ravel(),
            "Your answers stand in one long row: give them their rows and columns back, with "
            ".reshape(rows, columns).",
        ),
        Mistake(
            "kernel_height_for_both",
            _height_for_both,
            "Your output's width is reckoned with the kernel's height: kernels need not be square.",
        ),
        Mistake(
            "flipped_up_down",
            lambda image, kernel: correlate(image, kernel[::-1]),
            "Your output equals the one with the kernel upside down: kernel row i meets image row "
            "y + i.",
        ),
    ),
    sweep=_picture_sweep,
)
