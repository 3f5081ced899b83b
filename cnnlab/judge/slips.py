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
