"""Small pieces of arrays as rows of text, with the cells that differ marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlab.judge.comparing import cells_equal

MOST = 7


@dataclass(frozen=True)
class Piece:
    """A rectangle cut from an array: where it was cut, its numbers as text, its marks."""

    place: str
    rows: list[list[str]]
    marks: np.ndarray
    cut: bool


def in_short(value: Any) -> str:
    """Return a shape for an array, the value for anything else, briefly."""
    if isinstance(value, np.ndarray):
        return str(value.shape)
    if callable(value):
        return getattr(value, "__name__", "a function")
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def marks(yours: np.ndarray, truth: np.ndarray, tolerance: float) -> np.ndarray:
    """Return where two arrays differ; everywhere if their shapes do."""
    if yours.shape != truth.shape:
        return np.ones(max(1, yours.ndim), dtype=bool)
    return ~cells_equal(yours, truth, tolerance)


def piece(array: np.ndarray, differing: np.ndarray | None = None, digits: int = 4) -> Piece:
    """Cut out the last two axes where the first difference lies, and no more than fits."""
    nowhere = np.broadcast_to(np.False_, array.shape)  # no memory, however large the array is
    wrong = nowhere if differing is None else differing
    first = np.zeros((0, 0)) if differing is None else np.argwhere(wrong)
    start = first[0] if len(first) else np.zeros(array.ndim, int)
    lead = tuple(int(i) for i in start[:-2]) if array.ndim > 2 else ()
    flat, bad = np.atleast_2d(array[lead]), np.atleast_2d(wrong[lead])
    at = np.argwhere(bad)[0] if len(first) else np.array([0, 0])
    corner = [
        max(0, min(int(i) - MOST // 2, n - MOST)) for i, n in zip(at, flat.shape, strict=True)
    ]
    window = tuple(slice(i, i + MOST) for i in corner)
    cut = flat[window].size < flat.size
    place = [*map(str, lead)]
    if cut:
        ends = [min(i + MOST, n) for i, n in zip(corner, flat.shape, strict=True)]
        place += [f"{i}:{e}" for i, e in zip(corner, ends, strict=True)][-min(2, array.ndim) :]
    rows = [[as_text(v, digits) for v in row] for row in flat[window]]
    return Piece(f"[{', '.join(place)}]" if place else "", rows, bad[window], cut)


def as_text(value: Any, digits: int = 4) -> str:
    """Return a number in a few digits, with a true minus sign and no minus zero."""
    return f"{float(value) + 0.0:.{digits}g}".replace("-", "−")


def pair(yours: np.ndarray, truth: np.ndarray, tolerance: float) -> tuple[Piece, Piece]:
    """Return the same piece of both, in enough digits to see the difference."""
    wrong = marks(yours, truth, tolerance)
    for digits in (4, 8, 17):
        mine, theirs = piece(yours, wrong, digits), piece(truth, wrong, digits)
        if all(
            a != b
            for a_row, b_row, w_row in zip(mine.rows, theirs.rows, mine.marks, strict=True)
            for a, b, w in zip(a_row, b_row, w_row, strict=True)
            if w
        ):
            break
    return mine, theirs


def side_by_side(
    name: str, yours: np.ndarray, other: str, truth: np.ndarray, tolerance: float
) -> list[str]:
    """Return the lines of two arrays beside each other, a star at each cell that differs."""
    mine, theirs = pair(yours, truth, tolerance)
    left = [f"{name}{mine.place}", *_lines(mine)]
    right = [f"{other}{theirs.place}", *_lines(theirs)]
    width = max(map(len, left)) + 4
    lines = [f"  {a:{width}}{b}".rstrip() for a, b in zip(left, right, strict=True)]
    if truth.size > 1 and (mine.cut or mine.place):
        wrong = marks(yours, truth, tolerance)
        lines.append(f"  of shape {truth.shape}; {wrong.sum()} of {wrong.size} cells differ (*)")
    return lines


def _lines(one: Piece) -> list[str]:
    cells = [
        [text + ("*" if bad else " ") for text, bad in zip(row, bads, strict=True)]
        for row, bads in zip(one.rows, one.marks, strict=True)
    ]
    width = max((len(cell) for row in cells for cell in row), default=0)
    return ["  " + " ".join(f"{cell:>{width}}" for cell in row) for row in cells]
