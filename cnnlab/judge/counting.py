"""Counting the products of a function: numbers that notice when two of them are multiplied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnlab.judge.sandbox import run

MANY = 1000


class Counted:
    """A number that notes each product with another one like it; halves and doubles are free."""

    def __init__(self, value: float, tally: list[int]):
        self.value, self.tally = value, tally

    def __add__(self, other: Any) -> Counted:
        return Counted(self.value + _plain(other), self.tally)

    def __sub__(self, other: Any) -> Counted:
        return Counted(self.value - _plain(other), self.tally)

    def __rsub__(self, other: Any) -> Counted:
        return Counted(_plain(other) - self.value, self.tally)

    def __mul__(self, other: Any) -> Counted:
        self.tally[0] += isinstance(other, Counted)
        return Counted(self.value * _plain(other), self.tally)

    def __truediv__(self, other: Any) -> Counted:
        return Counted(self.value / _plain(other), self.tally)

    def __float__(self) -> float:
        return self.value

    def __neg__(self) -> Counted:
        return Counted(-self.value, self.tally)

    __radd__, __rmul__ = __add__, __mul__


def products(function: Callable[..., Any], *arrays: np.ndarray) -> int | None:
    """Return how often the function multiplies two numbers of its arguments with each other.

    None where that can't be told: in torch, in what NumPy does for plain numbers alone, or where
    the count is 0, since then the answer was not made of these numbers.
    """
    tally = [0]
    counted = [
        np.array([Counted(float(v), tally) for v in array], dtype=object) for array in arrays
    ]
    outcome = run(function, counted, {}, seconds=1.0)
    return tally[0] if outcome.answered and 0 < tally[0] < MANY else None


def _plain(value: Any) -> float:
    return value.value if isinstance(value, Counted) else value
