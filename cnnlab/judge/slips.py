"""Slips that befall any operator, as makers of mistakes: each takes the right operator.

The operator's first argument is called `input`; the first axis, of it and of the answer, is the
batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.judge.exercise import Mistake


def all_zeros(right: Callable) -> Mistake:
    """Return the mistake of never writing the results into the output."""
    return Mistake(
        "all_zeros",
        lambda input, *rest, **named: np.zeros_like(right(input, *rest, **named)),
        "Your output has the right shape but is zero everywhere: the results are never written "
        "into it.",
    )


def first_picture_only(right: Callable) -> Mistake:
    """Return the mistake of working on input[0] alone and leaving the other rows zero."""

    def wrong(input, *rest, **named):
        out = np.zeros_like(right(input, *rest, **named))
        out[:1] = right(input[:1], *rest, **named)
        return out

    return Mistake(
        "first_picture_only",
        wrong,
        "Only the first picture of the batch is worked on; the rows of the others stay zero.",
    )


def batch_of_copies(right: Callable) -> Mistake:
    """Return the mistake of reading input[0] for every picture."""
    return Mistake(
        "batch_of_copies",
        lambda input, *rest, **named: np.repeat(
            right(input[:1], *rest, **named), len(input), axis=0
        ),
        "Every picture of the batch got the first picture's answer: the loop over n reads "
        "input[0] where it should read input[n].",
    )


def one_picture_returned(right: Callable) -> Mistake:
    """Return the mistake of an answer that has a batch of one, whatever the input's batch."""
    return Mistake(
        "one_picture_returned",
        lambda input, *rest, **named: right(input[:1], *rest, **named),
        "Your output holds one picture only. It needs a row for every picture: "
        "out.shape[0] is input.shape[0].",
    )


def negatives_clamped(right: Callable) -> Mistake:
    """Return the mistake of a hidden ReLU."""
    return Mistake(
        "negatives_clamped",
        lambda input, *rest, **named: np.maximum(right(input, *rest, **named), 0),
        "Your negative answers became zero. Negative answers are part of the feature map (ReLU "
        "is another layer).",
    )


def decimals_cut(right: Callable) -> Mistake:
    """Return the mistake of an output array of whole numbers."""
    return Mistake(
        "decimals_cut",
        lambda input, *rest, **named: np.trunc(right(input, *rest, **named)),
        "Your decimals are cut off: the output array is made of whole numbers. np.zeros(shape) "
        "makes one of decimals.",
    )


def rounded_down(right: Callable) -> Mistake:
    """Return the mistake of dividing with //."""
    return Mistake(
        "rounded_down",
        lambda input, *rest, **named: np.floor(right(input, *rest, **named)),
        "Your means are rounded down to whole numbers: // divides like that. Divide with /.",
    )


def rounded(right: Callable) -> Mistake:
    """Return the mistake of rounding to the nearest whole number."""
    return Mistake(
        "rounded",
        lambda input, *rest, **named: np.rint(right(input, *rest, **named)),
        "Your means are rounded to whole numbers: leave their decimals.",
    )


def decimals_cut_like_input(right: Callable) -> Mistake:
    """Return the mistake of an output array with the input's dtype, where that is whole."""
    return Mistake(
        "decimals_cut_like_input",
        lambda input, *rest, **named: np.asarray(right(input, *rest, **named)).astype(input.dtype),
        "Your decimals are cut off where the input holds whole numbers: your output array has the "
        "input's dtype (np.zeros_like, or dtype=input.dtype), so it is made of whole numbers too. "
        "np.zeros(shape) makes one of decimals.",
    )


def sign_lost(right: Callable) -> Mistake:
    """Return the mistake of answers without their sign."""
    return Mistake(
        "sign_lost",
        lambda input, *rest, **named: np.abs(right(input, *rest, **named)),
        "Your negative answers have lost their sign: they say that the pattern is there in "
        "reverse. Take no absolute value.",
    )


def sums_rounded(right: Callable) -> Mistake:
    """Return the mistake of rounding what was added up."""
    return Mistake(
        "sums_rounded",
        lambda input, *rest, **named: np.rint(right(input, *rest, **named)),
        "Your sums are rounded to whole numbers: leave their decimals.",
    )


def left_zero(right: Callable, *axes: int) -> Callable:
    """Return the operator with the last index along each of these axes never written."""

    def wrong(input, *rest, **named):
        out = np.array(right(input, *rest, **named))
        for axis in axes:
            out.swapaxes(0, axis)[-1] = 0
        return out

    return wrong


def last_places_left_zero(right: Callable, axes: int) -> tuple[Mistake, ...]:
    """Return the mistakes of loops over the output's places, its last `axes`, that end early."""
    where = "The last place" if axes == 1 else "The last place along every axis"
    every = Mistake(
        "last_place_left_zero",
        left_zero(right, *range(-axes, 0)),
        f"{where} of your output stays zero: the loop over the places ends one too early. It takes "
        "as many turns as there are places: range(n - k + 1) where the window moves one cell at a "
        "time.",
    )
    return (every, *(_line_left_zero(right, name) for name in ("row", "column")[: 2 * (axes == 2)]))


def _line_left_zero(right: Callable, name: str) -> Mistake:
    axis = {"row": -2, "column": -1}[name]
    return Mistake(
        f"last_{name}_left_zero",
        left_zero(right, axis),
        f"The last {name} of your output stays zero: the loop over the {name}s ends one too early.",
    )


def last_tap_missed(right: Callable, axes: int) -> Mistake:
    """Return the mistake of a loop over the kernel's taps, its last `axes`, that ends early."""
    without = left_zero(np.array, *range(-axes, 0))
    return Mistake(
        "last_tap_missed",
        lambda input, kernel, *rest: right(input, without(kernel), *rest),
        "Your sums leave the kernel's last number along every axis out: range(k) goes through "
        "all of them, range(k - 1) does not.",
    )


def last_picture_left_zero(right: Callable) -> Mistake:
    """Return the mistake of a loop over the batch that ends early."""
    return Mistake(
        "last_picture_left_zero",
        left_zero(right, 0),
        "The last picture's part of your output stays zero: range(N) goes through all of the "
        "batch, range(N - 1) leaves one out.",
    )


def last_map_left_zero(right: Callable) -> Mistake:
    """Return the mistake of a loop over the output's channels that ends early."""
    return Mistake(
        "last_map_left_zero",
        left_zero(right, 1),
        "The last feature map of your output stays zero: the loop over the maps ends one too "
        "early.",
    )
