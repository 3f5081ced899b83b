"""All exercises of the course, collected from one module per lesson."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from cnnlab.judge.exercise import Exercise

LESSONS = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09")


@cache
def exercises() -> dict[str, Exercise]:
    """Return every exercise by name, in the order of the lessons (a lesson may have none)."""
    bank: dict[str, Exercise] = {}
    for lesson in LESSONS:
        module = f"cnnlab.judge.lesson_{lesson}"
        if find_spec(module) is None:
            continue
        for one in getattr(import_module(module), "EXERCISES", ()):
            if one.name in bank:
                raise ValueError(f"two exercises are called {one.name!r}")
            bank[one.name] = one
    return bank


def exercise(name: str) -> Exercise:
    """Return the exercise of this name.

    Errors: TypeError for a name that is not a string; ValueError with the nearest names.

    >>> exercise("conv2d").lesson
    '01'
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be the exercise's name as a string, got {name!r}")
    bank = exercises()
    if name in bank:
        return bank[name]
    near = difflib.get_close_matches(name.lower().removeprefix("my_"), bank, n=3, cutoff=0.4)
    say = (
        f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are: {', '.join(bank)}"
    )
    raise ValueError(f"name must be one of the course's exercises, got {name!r}; {say}")
