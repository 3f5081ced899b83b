"""How the learner's function is called: its signature, fresh arguments, and stubs not filled in."""

from __future__ import annotations

import ast
import dis
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

import numpy as np

from cnnlab.judge.exercise import Exercise
from cnnlab.judge.sandbox import Outcome

DOING_NOTHING = {"RESUME", "NOP", "LOAD_CONST", "POP_TOP", "RETURN_VALUE", "RETURN_CONST"}
BY_PLACE = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Calling:
    """A learner's function and the names it wants by keyword."""

    function: Callable[..., Any]
    keywords: frozenset[str]

    def arguments(self, bound: dict[str, Any]) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
        """Return (positional, keyword, all by name), with a fresh copy of every array."""
        fresh = {name: fresh_copy(value) for name, value in bound.items()}
        args = [value for name, value in fresh.items() if name not in self.keywords]
        return args, {n: v for n, v in fresh.items() if n in self.keywords}, fresh


def calling(function: Callable[..., Any], exercise: Exercise) -> tuple[Calling, str | None]:
    """Return how to call the function, and a sentence if its signature is not the exercise's."""
    try:
        own = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):  # a builtin without a signature: the calls will tell
        return Calling(function, frozenset()), None
    wanted = exercise.parameters
    keywords = {p.name for p in own if p.kind is Parameter.KEYWORD_ONLY and p.name in wanted}
    told = _mismatch(own, wanted, keywords)
    if told is None:
        return Calling(function, frozenset(keywords)), None
    given = f"({', '.join(map(str, own))})"
    asked = f"{exercise.name}{exercise.signature}"
    return Calling(function, frozenset()), f"Your function takes {given}; asked is {asked}. {told}"


def _mismatch(own: list[Parameter], wanted: dict[str, Parameter], keywords: set[str]) -> str | None:
    by_place = [p for p in own if p.kind in BY_PLACE]
    swallows = any(p.kind is Parameter.VAR_POSITIONAL for p in own)
    for p in own:
        if p.kind is Parameter.KEYWORD_ONLY and p.default is p.empty and p.name not in wanted:
            return f"{p.name} has no default, and nobody will give it."
    names = [name for name in wanted if name not in keywords]
    if len(by_place) < len(names) and not swallows:
        missing = [name for name in names if name not in {p.name for p in by_place}]
        return f"Missing: {', '.join(missing[-(len(names) - len(by_place)) :])}."
    for place, p in enumerate(by_place):
        if place >= len(names):
            if p.default is p.empty:
                return f"{p.name} is one too many, or lacks a default."
        elif p.name in names and names.index(p.name) != place:
            return f"The order differs: argument {place + 1} is {names[place]}, yours is {p.name}."
        elif p.default is p.empty and wanted[names[place]].default is not p.empty:
            return f"{p.name} needs a default: {wanted[names[place]]}."
    return None


def fresh_copy(value: Any) -> Any:
    """Return a writable copy of an array in the same layout; lists too, the rest is kept."""
    if isinstance(value, list):
        return [fresh_copy(item) for item in value]
    if not isinstance(value, np.ndarray):
        return value
    if value.flags.forc or value.ndim == 0:
        return value.copy(order="K")
    wide = np.zeros((*value.shape[:-1], 2 * value.shape[-1]), value.dtype)
    wide[..., ::2] = value
    return wide[..., ::2]


def changed_names(bound: dict[str, Any], fresh: dict[str, Any], exercise: Exercise) -> list[str]:
    """Return which arguments a call wrote to."""
    return [name for name, before in bound.items() if not _as_before(before, fresh[name], exercise)]


def _as_before(before: Any, after: Any, exercise: Exercise) -> bool:
    if isinstance(before, list):
        return before == after
    if not isinstance(before, np.ndarray):
        return True
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    if exercise.may_write:  # moved and put back: rounding may leave the last digit different
        return np.allclose(before, after, rtol=1e-9, atol=1e-12, equal_nan=True)
    return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")


def not_attempted(function: Callable[..., Any], outcome: Outcome) -> bool:
    """Return whether this is a stub: nothing in it, `...` left in it, or NotImplementedError."""
    if isinstance(outcome.error, NotImplementedError) or outcome.value is Ellipsis:
        return True
    if outcome.answered and outcome.value is not None:
        return False
    code = getattr(function, "__code__", None)
    if code is not None and {i.opname for i in dis.get_instructions(code)} <= DOING_NOTHING:
        return True
    return _has_blank(function)


def _has_blank(function: Callable[..., Any]) -> bool:
    """Return whether `...` stands in the source as something to fill in (not as an index)."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    indices = {
        id(n) for s in ast.walk(tree) if isinstance(s, ast.Subscript) for n in ast.walk(s.slice)
    }
    return any(
        isinstance(n, ast.Constant) and n.value is Ellipsis and id(n) not in indices
        for n in ast.walk(tree)
    )
