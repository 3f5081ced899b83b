"""Trying the learner's function on cases, and what each try showed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from cnnlab.judge.calling import Calling, calling, changed_names
from cnnlab.judge.comparing import ALMOST, Parts, same
from cnnlab.judge.exercise import Case, Exercise
from cnnlab.judge.reading import Reading, read
from cnnlab.judge.sandbox import Outcome, run
from cnnlab.judge.truth import truth

FIRST_CALL, EACH_CALL, ALL_CALLS = 6.0, 3.0, 25.0


@dataclass(eq=False)
class Trial:
    """One case, one call, one answer."""

    case: Case
    rung: str
    bound: dict[str, Any]
    truth: Parts
    outcome: Outcome
    reading: Reading
    changed: list[str]
    right: bool
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether the answer is right and the input untouched."""
        return self.right and not self.changed

    @property
    def yours(self) -> Parts | None:
        """The answer's parts, or None where there is none to compare."""
        return None if self.reading.problem or not self.outcome.answered else self.reading.parts


@dataclass
class Bench:
    """The learner's function on the judge's bench: counts time, keeps what calls let slip."""

    exercise: Exercise
    function: Callable[..., Any]
    started: float = field(default_factory=time.monotonic)
    tried: int = 0
    given_back: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    shares_input: bool = False
    libraries: set[str] = field(default_factory=set)

    def __post_init__(self):
        self.calling: Calling
        self.calling, self.mismatch = calling(self.function, self.exercise)

    @property
    def out_of_time(self) -> bool:
        """Whether all calls together have taken too long."""
        return time.monotonic() - self.started > ALL_CALLS

    def attempt(
        self, one: Case, rung: str, right: Parts | None = None, watch: bool = False
    ) -> Trial:
        """Call the function on a case and compare its answer with the truth."""
        exercise, bound = self.exercise, self.exercise.bind(one)
        right = truth(exercise, one) if right is None else right
        outcome, fresh = self._call(bound, watch)
        self.libraries |= outcome.libraries
        if self._asks_what_torch_takes_otherwise(bound, outcome, right):
            bound = {name: _in_decimals(value) for name, value in bound.items()}
            outcome, fresh = self._call(bound, watch)
        reading = self._read(outcome)
        changed = changed_names(bound, fresh, exercise)
        fine = outcome.answered and not reading.problem
        tolerance = exercise.tolerance
        if any(isinstance(v, np.ndarray) and v.dtype == np.float32 for v in bound.values()):
            tolerance = max(tolerance, ALMOST)  # asked in float32, answered in float32
        fine = fine and same(reading.parts, right, tolerance)
        self._keep(outcome.value, fresh)
        return Trial(one, rung, bound, right, outcome, reading, changed, fine, tolerance)

    def _call(self, bound: dict[str, Any], watch: bool) -> tuple[Outcome, dict[str, Any]]:
        """Call the function with fresh copies; return what came of it, and the copies."""
        args, kwargs, fresh = self.calling.arguments(bound)
        seconds = EACH_CALL if self.tried else FIRST_CALL
        self.tried += 1
        return run(self.function, args, kwargs, seconds, watch), fresh

    def _asks_what_torch_takes_otherwise(
        self, bound: dict[str, Any], outcome: Outcome, right: Parts
    ) -> bool:
        """Return whether whole numbers went through torch, which refuses them or keeps them whole.

        NumPy promotes them. A function that has called torch follows torch's rules: no fault.
        """
        dtypes = {value.dtype for value in bound.values() if isinstance(value, np.ndarray)}
        calls_torch, mixed = "torch" in self.libraries, len(dtypes) > 1
        if isinstance(outcome.error, RuntimeError):  # how torch refuses what it doesn't take
            refused = any(say in str(outcome.failure) for say in ("type", "not implemented for"))
            return refused and (calls_torch or (mixed and "torch" in sys.modules))
        whole = calls_torch and any(dtype.kind in "iu" for dtype in dtypes)
        if not whole or not outcome.answered:
            return False
        return not same(self._read(outcome).parts, right, self.exercise.tolerance)

    def _read(self, outcome: Outcome) -> Reading:
        """Read the answer; what may run code of its own while it is read is read in the sandbox."""
        if not outcome.answered:
            return Reading()
        if type(outcome.value) is np.ndarray or isinstance(outcome.value, np.generic | int | float):
            return read(outcome.value, self.exercise)
        looked = run(partial(read), [outcome.value, self.exercise], {}, EACH_CALL)
        if looked.answered:
            return looked.value
        outcome.endless, outcome.failure = looked.endless, looked.failure
        return Reading()

    def _keep(self, value: Any, fresh: dict[str, Any]) -> None:
        """Hold on to the answer itself and to a copy: a later call may overwrite the former."""
        parts = value if isinstance(value, tuple | list) else (value,)
        for part in parts[:4]:
            if isinstance(part, np.ndarray) and part.size <= 10_000 and part.dtype.kind in "iuf":
                self.given_back.append((part, part.copy()))
                inputs = [v for v in fresh.values() if isinstance(v, np.ndarray)]
                self.shares_input |= any(np.shares_memory(part, v) for v in inputs)

    @property
    def overwrites_answers(self) -> bool:
        """Whether an array that was returned changed afterwards."""
        return any(not np.array_equal(a, b, equal_nan=True) for a, b in self.given_back)


def other_numbers(one: Case) -> Case | None:
    """Return the case with its arrays turned round and negated: same shapes, other numbers."""
    arrays = [v for v in (*one.args, *one.kwargs.values()) if isinstance(v, np.ndarray)]
    if not arrays:
        return None
    return Case(tuple(map(_turned, one.args)), {k: _turned(v) for k, v in one.kwargs.items()})


def _in_decimals(value: Any) -> Any:
    return value.astype(np.float64) if isinstance(value, np.ndarray) else value


def _turned(value: Any) -> Any:
    return -np.flip(value) if isinstance(value, np.ndarray) else value
