"""After a check: its row in the progress file, and the function in the learner's own package."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cnnlab.judge import my_package, progress
from cnnlab.judge.exercise import Exercise
from cnnlab.judge.verdict import Verdict


def keep(exercise: Exercise, function: Callable[..., Any], verdict: Verdict) -> None:
    """Record the verdict; what must be said about it becomes a remark. Never raises."""
    kind = "check" if verdict.attempted else "unsolved"
    event = progress.Event(kind, exercise.name, verdict.passed, exercise.lesson, verdict.mistake)
    notes = [progress.record(event)]
    if verdict.passed:
        notes.append(my_package.add(exercise, function))
    verdict.remarks = (*verdict.remarks, *filter(None, notes))

    def asked(text: str, step: int) -> None:
        with suppress(OSError):
            detail = {"step": step, "hint": text}
            progress.record(
                progress.Event("hint", exercise.name, None, exercise.lesson, None, detail)
            )

    verdict.record = asked
