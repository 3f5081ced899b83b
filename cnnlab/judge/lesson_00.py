"""Lesson 00's exercise: one window and one kernel, multiplied and added up."""

from __future__ import annotations

import numpy as np

from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole


def _oracle(_torch, window, kernel):
    return (window * kernel).sum()


def _sweep(draw: Draw) -> Case:
    shape = [draw.size(1, 5) for _ in range(draw.size(1, 3))]
    return case(draw.array(*shape), draw.array(*shape))


window_sum = Exercise(
    name="window_sum",
    section="0.1",
    signature="(window, kernel)",
    oracle=_oracle,
    ours=lambda window, kernel: np.sum(window * kernel),
    ladder=(
        Capability(
            "three numbers",
            (case(whole(3), whole(3, seed=1)), case(whole(2), whole(2, seed=2))),
            (
                "Multiply element by element: window * kernel.",
                "Then add all the products up: (window * kernel).sum()",
            ),
        ),
        Capability(
            "two axes",
            (case(whole(2, 3), whole(2, 3, seed=1)), case(rough(3, 3), rough(3, 3, seed=1))),
            (
                "The window may be a small picture: the same product, the same sum.",
                ".sum() adds up over all axes; Python's own sum(...) only over the first.",
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    whole(3).astype(np.int64),
                    rough(3),
                    note="whole numbers under decimals in the kernel",
                ),
                case(whole(2, 2).astype(np.int64), whole(2, 2, seed=1).astype(np.int64)),
                case(rough(2, 3).astype(np.float32), rough(2, 3).astype(np.float32)),
            ),
            (
                "The window may hold whole numbers, and the kernel decimals.",
                "An array made with the window's dtype cuts decimals off when that is whole.",
            ),
        ),
    ),
    mistakes=(
        slips.decimals_cut_like_input(lambda window, kernel: np.sum(window * kernel)),
        Mistake(
            "products_not_added",
            lambda window, kernel: window * kernel,
            "You give the products back one by one: add them up with .sum().",
        ),
        Mistake(
            "window_not_weighted",
            lambda window, _kernel: np.sum(window),
            "You add up the window alone: multiply it by the kernel first.",
        ),
        Mistake(
            "sums_multiplied",
            lambda window, kernel: np.sum(window) * np.sum(kernel),
            "You add up first and multiply then: multiply element by element, then add.",
        ),
        Mistake(
            "flipped_kernel",
            lambda window, kernel: np.sum(window * np.flip(kernel)),
            "Your kernel is turned around: its first value belongs to the window's first.",
        ),
        Mistake(
            "products_averaged",
            lambda window, kernel: np.mean(window * kernel),
            "You take the mean of the products: add them up with .sum().",
        ),
        Mistake(
            "first_axis_only",
            lambda window, kernel: sum(window * kernel),
            "You add up along the first axis only: .sum() without an axis takes all of them.",
        ),
    ),
    sweep=_sweep,
)

EXERCISES = (window_sum,)
