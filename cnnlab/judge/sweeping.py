"""After the ladder: generated cases, the smallest failing one found by Hypothesis."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from cnnlab.judge.exercise import Case, Draw, Exercise
from cnnlab.judge.trials import Trial

GENERATED = 40
SHRINKING = 3.0


class _Enough(BaseException):
    """Ends a search in which a call did not end, or which takes too long."""


def sweep(exercise: Exercise, attempt: Callable[[Case], Trial]) -> list[Trial]:
    """Try generated cases; return the failing trials, the smallest first, or nothing.

    The cases are the same at every run. Hypothesis makes a failing case smaller step by step.
    """
    search = _Search(attempt)
    try:
        from hypothesis import errors
    except ImportError:
        search.plainly(exercise)
        return search.failing()
    # Ends without a failing case found, or with an answer that wavers.
    with suppress(_Enough, errors.HypothesisException), _no_litter():
        search.with_hypothesis(exercise)
    return search.failing()


@contextmanager
def _no_litter() -> Iterator[None]:
    """Keep Hypothesis from making its folder beside the learner's notebooks."""
    from hypothesis import configuration

    before = vars(configuration).get("__hypothesis_home_directory")
    configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "cnnlab-hypothesis")
    try:
        yield
    finally:
        configuration.set_hypothesis_home_dir(before)


class _Search:
    def __init__(self, attempt: Callable[[Case], Trial]):
        self.attempt, self.wrong, self.stop_at = attempt, [], float("inf")

    def fails(self, one: Case) -> bool:
        trial = self.attempt(one)
        if not trial.ok:
            self.stop_at = min(self.stop_at, time.monotonic() + SHRINKING)
            self.wrong.append(trial)
        if trial.outcome.endless or time.monotonic() > self.stop_at:
            raise _Enough
        return not trial.ok

    def with_hypothesis(self, exercise: Exercise) -> None:
        from hypothesis import HealthCheck, Phase, find, settings
        from hypothesis import strategies as st

        @st.composite
        def cases(draw):
            return exercise.sweep(_HypothesisDraw(draw, st))

        quiet = settings(
            max_examples=GENERATED,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        find(cases(), self.fails, settings=quiet, random=random.Random(0))

    def plainly(self, exercise: Exercise) -> None:
        for seed in range(GENERATED):
            if self.fails(exercise.sweep(_PlainDraw(seed))):
                return

    def failing(self) -> list[Trial]:
        return sorted(self.wrong, key=lambda trial: trial.case.size)


def quarters(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return quarters from -8 to 8."""
    return np.random.default_rng([seed, *shape]).integers(-32, 33, size=shape) / 4


class _HypothesisDraw(Draw):
    def __init__(self, draw: Callable[[Any], Any], strategies: Any):
        self._draw, self._from = draw, strategies

    def size(self, low: int, high: int) -> int:
        return self._draw(self._from.integers(low, high))

    def choice(self, *options: Any) -> Any:
        return options[self.size(0, len(options) - 1)]

    def array(self, *shape: int) -> np.ndarray:
        return quarters(shape, self.size(0, 9999))


class _PlainDraw(Draw):
    def __init__(self, seed: int):
        self._random, self._lowest = random.Random(seed), seed == 0

    def size(self, low: int, high: int) -> int:
        return low if self._lowest else self._random.randint(low, high)

    def choice(self, *options: Any) -> Any:
        return options[self.size(0, len(options) - 1)]

    def array(self, *shape: int) -> np.ndarray:
        return quarters(shape, self.size(0, 9999))
