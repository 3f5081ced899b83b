"""What an exercise is made of: a truth, a ladder of capabilities, cases, hints and mistakes.

A lesson's exercises stand in one file (``lesson_01.py`` ...) written with the words of this one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call of the learner's function: arguments as they stand in the exercise's signature."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def size(self) -> int:
        """How many numbers the case holds: the smallest failing case is the one shown."""
        values = [*self.args, *self.kwargs.values()]
        return sum(v.size if isinstance(v, np.ndarray) else 1 for v in values)


def case(*args: Any, note: str = "", **kwargs: Any) -> Case:
    """Return a Case; its arrays are locked, since every call gets fresh copies of them.

    >>> case(whole(2, 3), stride=2).size
    7
    """
    for value in (*args, *kwargs.values()):
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return Case(args, kwargs, note)


@dataclass(frozen=True)
class Capability:
    """A rung of the ladder: a name of one to three words, its cases smallest first, its hints."""

    name: str
    cases: tuple[Case, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """A wrong variant with a name; the sentence is what the learner reads when it is theirs."""

    slug: str
    wrong: Callable[..., Any]
    sentence: str


class Draw(Protocol):
    """What a sweep draws from: Hypothesis where it is installed, a seeded generator elsewhere."""

    def size(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""

    def choice(self, *options: Any) -> Any:
        """Return one of the options; the first is taken as the simplest."""

    def array(self, *shape: int) -> np.ndarray:
        """Return a float64 array of quarters from -8 to 8: sums of their products are exact."""


@dataclass(frozen=True)
class Exercise:
    """One exercise; ``signature`` is its public text, such as "(input, weight, bias=None)".

    ``oracle(torch, *arguments)`` gets float64 tensors for arrays and is the truth; ``ours`` gets
    the arrays themselves and is the truth where torch is not installed. ``answer`` is "array" or
    "count" (a whole number); ``outputs`` names the parts of an answer that is a tuple.
    ``may_write`` lets the function move its input if it puts it back.
    ``products`` is how many times the numbers of both arguments need to be multiplied with each
    other, where that is what the exercise is about: more get a remark.
    """

    name: str
    section: str
    signature: str
    oracle: Callable[..., Any]
    ours: Callable[..., Any]
    ladder: tuple[Capability, ...]
    mistakes: tuple[Mistake, ...]
    sweep: Callable[[Draw], Case]
    answer: str = "array"
    outputs: tuple[str, ...] = ()
    tolerance: float = 1e-9
    may_write: bool = False
    products: int | None = None

    @property
    def lesson(self) -> str:
        """The lesson's number, "01" for section 1.3."""
        return self.section.split(".")[0].zfill(2)

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters of the public signature, by name."""
        space: dict[str, Any] = {}
        exec(f"def learner{self.signature}: ...", space)  # our own text, never the learner's
        return dict(inspect.signature(space["learner"]).parameters)

    def bind(self, one: Case) -> dict[str, Any]:
        """Return the case's arguments by name, in the signature's order, without trailing defaults.

        A gap before a given argument is filled with the signature's default.
        """
        names = list(self.parameters)
        given = dict(zip(names, one.args, strict=False)) | dict(one.kwargs)
        last = max(names.index(name) for name in given)
        return {n: given.get(n, self.parameters[n].default) for n in names[: last + 1]}


def whole(*shape: int, seed: int = 0) -> np.ndarray:
    """Return float64 whole numbers of both signs, no two alike while there are few: easy by hand.

    >>> whole(2, 2).shape
    (2, 2)
    """
    count = int(np.prod(shape))
    half = max(4, (count + 1) // 2) if count <= 40 else 20
    pool = np.concatenate([np.arange(1, half + 1), -np.arange(1, half + 1)])
    order = np.random.default_rng([seed, *shape]).permutation
    values = np.concatenate([order(pool) for _ in range(count // pool.size + 1)])[:count]
    return values.reshape(shape).astype(np.float64)


def rough(*shape: int, seed: int = 0) -> np.ndarray:
    """Return float64 numbers that are not whole, so that lost decimals show.

    >>> bool((rough(3) % 1 != 0).all())
    True
    """
    return np.random.default_rng([seed, 7, *shape]).normal(scale=3.0, size=shape)
