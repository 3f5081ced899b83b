"""What a record is made of: panels of cells, the rules that join them, and words.

Each of them knows its `message`, which is what the browser gets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .look import DIGITS_UP_TO


@dataclass(frozen=True, eq=False)
class Panel:
    """A rectangle of cells; where `rows` and `cols` are given, one with padding around it."""

    role: str  # input, kernel, output or target
    title: str
    values: np.ndarray  # (height, width) of the real cells
    note: str = ""
    rows: np.ndarray | None = None  # the real row that each drawn row shows, -1 for a constant
    cols: np.ndarray | None = None
    edge: tuple[int, int] = (0, 0)  # where the first real cell is drawn
    fill: float = 0.0  # the constant
    spread: tuple[int, int] = (1, 1)  # a dilated kernel is drawn with gaps
    letter: str = ""  # of its channel or group

    @cached_property
    def source(self) -> np.ndarray:
        """The real cell that each drawn cell shows, counted row by row; -1 for a constant."""
        height, width = self.values.shape
        rows = np.arange(height) if self.rows is None else np.asarray(self.rows)
        cols = np.arange(width) if self.cols is None else np.asarray(self.cols)
        inside = (rows >= 0)[:, np.newaxis] & (cols >= 0)
        return np.where(inside, rows[:, np.newaxis] * width + cols, -1)

    @cached_property
    def drawn(self) -> np.ndarray:
        """What is drawn: the real values, the copies and the constants."""
        return np.append(self.values.ravel(), self.fill)[self.source]

    def message(self) -> dict:
        """Return what the browser needs, the values as bytes where there are many."""
        return {
            "role": self.role,
            "title": self.title,
            "note": self.note,
            "letter": self.letter,
            "height": self.values.shape[0],
            "width": self.values.shape[1],
            "values": plain(self.values),
            "rows": None if self.rows is None else np.asarray(self.rows).tolist(),
            "cols": None if self.cols is None else np.asarray(self.cols).tolist(),
            "edge": list(self.edge),
            "fill": None if np.isinf(self.fill) else self.fill,
            "spread": list(self.spread),
        }


@dataclass(frozen=True, eq=False)
class Block:
    """The rule of one output panel: output cell (i, j) sees rows[i] x cols[j] of each input."""

    output: int  # number of its panel
    inputs: tuple[int, ...]
    rows: list[list[int]]  # drawn rows of the input panels
    cols: list[list[int]]
    kernels: tuple[int, ...] = ()  # one panel of weights for each input; none: every weight is 1
    bias: float = 0.0
    divisor: np.ndarray | None = None  # of a mean, one for each output cell

    def message(self) -> dict:
        """Return what the browser needs."""
        divisor = None if self.divisor is None else plain(self.divisor)
        return {**self.__dict__, "divisor": divisor}


@dataclass(frozen=True, eq=False, kw_only=True)
class Told:
    """What every picture says in words; a view that is no gathering of cells draws `extra`."""

    formula: tuple[str, ...] = ()
    torch: str = ""  # the line that is shown and copied
    sentence: str = ""  # the picture as text, the same at every run
    notes: tuple[str, ...] = ()
    extra: dict = field(default_factory=dict)
    count: int = 1  # how many places the cursor and the transport have

    def message(self) -> dict:
        """Return the picture as the browser gets it."""
        words = {"formula": list(self.formula), "torch": self.torch, "notes": list(self.notes)}
        return {**self.extra, **words, "sentence": self.sentence, "count": self.count}

    def refuse_infinite(self) -> None:
        """Refuse a picture whose numbers have grown too large for a float."""
        if not all(np.isfinite(number) for number in _floats(self.extra)):
            raise ValueError(
                "output must be finite, but these settings and data are so large that it is not: "
                "take smaller numbers"
            )

    def telling_place(self) -> int:
        """Return the place to start on."""
        return 0

    def nearest(self, old: Told, place: int) -> int:  # noqa: ARG002 - a Record asks where it was
        """Return the place here that is nearest to one of an older picture."""
        return min(place, self.count - 1)


def _floats(value):
    """Give every float within lists and dicts, one after the other."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _floats(part)
    elif isinstance(value, float):
        yield value


def plain(values: np.ndarray) -> list | memoryview:
    """Return an array as a flat list, or as the bytes of float64 where a list would be long."""
    if values.size > DIGITS_UP_TO:
        return memoryview(np.ascontiguousarray(values, "<f8").tobytes())
    return [brief(value) for value in values.ravel().tolist()]


def brief(value: float) -> float | int | None:
    """Return a number as JSON has it: whole ones as ints, minus infinity as None."""
    if value == -np.inf:
        return None
    return int(value) if value == round(value) else value
