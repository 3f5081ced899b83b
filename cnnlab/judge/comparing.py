"""Equal or not, and what the difference looks like when no known mistake explains it."""

from __future__ import annotations

from itertools import permutations

import numpy as np

Parts = tuple[np.ndarray, ...]
Pair = tuple[np.ndarray, np.ndarray]
ALMOST = 1e-5
SINGLE = 1e-6  # what is nearer than this and still wrong went through float32
HUGE = 2_000_000


def cells_equal(yours: np.ndarray, truth: np.ndarray, tolerance: float) -> np.ndarray:
    """Return, cell by cell, whether two arrays of one shape agree.

    Answers in float64 are held to the tolerance. Answers whose every number is a float32's were
    reckoned in float32, and are held to what float32 can do.
    """
    with np.errstate(all="ignore"):
        fine = _close(yours, truth, tolerance, tolerance / (5 if tolerance >= ALMOST else 100))
        if not fine.all() and np.array_equal(yours, yours.astype(np.float32), equal_nan=True):
            fine = _close(yours, truth, max(tolerance, ALMOST), ALMOST / 5)
    return fine


def same(yours: Parts, truth: Parts, tolerance: float) -> bool:
    """Return whether all parts agree in shape and value (a huge part: in shape)."""
    return len(yours) == len(truth) and all(
        a.shape == b.shape and (a.size > HUGE or bool(cells_equal(a, b, tolerance).all()))
        for a, b in zip(yours, truth, strict=True)
    )


def _close(yours: np.ndarray, truth: np.ndarray, relative: float, share: float) -> np.ndarray:
    finite = np.abs(truth[np.isfinite(truth)])
    largest = finite.max() if finite.size else 0.0
    # where all of the truth is 0, rounding alone may leave a right answer a little off
    room = relative * np.abs(truth) + share * largest + 1e-12
    near = np.isfinite(truth) & (np.abs(yours - truth) <= room)  # near infinity there is nothing
    return near | (yours == truth) | (np.isnan(yours) & np.isnan(truth))


def shape_sentence(yours: np.ndarray, truth: np.ndarray, who: str, what: str) -> str:
    """Say how two shapes differ, in the learner's terms where one of them fits."""
    told = f"{what} has shape {yours.shape}, {who}'s {truth.shape}"
    if yours.ndim == truth.ndim and sorted(yours.shape) == sorted(truth.shape):
        return f"{told}: {_axes_moved(yours, truth)}the axes stand in another order."
    if np.squeeze(yours).shape == np.squeeze(truth).shape:
        if np.array_equal(np.squeeze(yours), np.squeeze(truth)):
            return f"{told}: the numbers are right, but axes of length 1 are missing or too many."
        return f"{told}: axes of length 1 are missing or too many."
    if yours.ndim != truth.ndim:
        return f"{told}: it has {yours.ndim} axes instead of {truth.ndim}."
    axes = list(enumerate(zip(yours.shape, truth.shape, strict=True)))
    common = tuple(slice(min(a, b)) for _, (a, b) in axes)
    if yours[common].size and np.allclose(yours[common], truth[common], rtol=1e-5):
        off = [f"axis {i} is {abs(a - b)} too {_longer(a > b)}" for i, (a, b) in axes if a != b]
        return f"{told}: the cells both have are right, but {' and '.join(off)} at the end."
    more = [f"axis {i}: {a} instead of {b}" for i, (a, b) in axes if a != b]
    return f"{told} ({', '.join(more)})."


def _axes_moved(yours: np.ndarray, truth: np.ndarray) -> str:
    moved = (yours.transpose(order) for order in permutations(range(yours.ndim)))
    right = any(a.shape == truth.shape and np.allclose(a, truth, rtol=1e-5) for a in moved)
    return "the numbers are right, but " if right else ""


def _longer(longer: bool) -> str:
    return "long" if longer else "short"


def value_sentence(pairs: list[Pair], tolerance: float, what: str) -> str:
    """Say how the values of answers differ: one rule that holds in all of them, or a count.

    `pairs` are (yours, truth) of one shape each; the first is the one that is shown, and right
    answers may be among them. A single number would obey many a rule: it takes two.
    """
    yours, truth = pairs[0]
    wrong = [(a, b) for a, b in pairs if not _agree(a, b, tolerance)]
    large = [(a, b) for i, (a, b) in enumerate(wrong) if i == 0 or a.size > 1]
    told = _of_single_answers(large, tolerance) or _of_all_numbers(pairs, wrong, tolerance)
    if told:
        return f"{what} {told}."
    if yours.ndim == 0:
        return f"{what} is {number(yours)}; {number(truth)} is right."
    differing = ~cells_equal(yours, truth, tolerance)
    return f"{what} differs in {differing.sum()} of {differing.size} cells{_where(differing)}."


def _of_single_answers(pairs: list[Pair], tolerance: float) -> str | None:
    for rule in (_not_finite, _axes_exchanged, _reversed, _order):
        told = [rule(a, b, tolerance) for a, b in pairs]
        if told[0] and all(one == told[0] for one in told):
            return told[0]
    return None


def _of_all_numbers(pairs: list[Pair], wrong: list[Pair], tolerance: float) -> str | None:
    numbers = sum(np.count_nonzero(b) for _, b in wrong)
    if numbers >= 2 and all(_agree(-a, b, tolerance) for a, b in pairs):
        return "has the sign flipped everywhere"
    told = _almost(wrong) if tolerance < SINGLE else None
    told = told or (_factor(wrong, tolerance) if numbers >= 2 else None)
    return told or _constant(wrong, tolerance) or _whole_numbers(wrong)


def number(value) -> str:
    """Return a number as a person writes it, with a true minus sign."""
    return f"{float(value):.10g}".replace("-", "−")


def _agree(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    return a.shape == b.shape and bool(cells_equal(a, b, tolerance).all())


def _not_finite(yours, truth, _):
    if np.isnan(yours).any() and not np.isnan(truth).any():
        return "contains NaN (not a number): 0/0 or inf − inf somewhere"
    if np.isinf(yours).any() and not np.isinf(truth).any():
        return "contains infinity: a number too large, or a division by zero"
    return None


def _axes_exchanged(yours, truth, tolerance):
    if yours.ndim > 1 and _agree(yours.swapaxes(-1, -2), truth, tolerance):
        return "is right with its last two axes exchanged"
    return None


def _reversed(yours, truth, tolerance):
    for axis in range(yours.ndim):
        if _agree(np.flip(yours, axis), truth, tolerance):
            return f"is right but runs backwards along axis {axis}"
    if yours.ndim > 1 and _agree(yours[..., ::-1, ::-1], truth, tolerance):
        return "is right but turned by 180 degrees"
    return None


def _almost(pairs: list[Pair]) -> str | None:
    with np.errstate(all="ignore"):
        near = all(_close(a, b, SINGLE, SINGLE).all() for a, b in pairs)
    return "is right to about seven digits only: somewhere it is float32" if near else None


def _factor(pairs: list[Pair], tolerance: float) -> str | None:
    yours, truth = max(pairs, key=lambda pair: np.abs(pair[1]).max(initial=0))
    at = np.unravel_index(np.abs(truth).argmax(), truth.shape)
    factor = float(yours[at] / truth[at])
    if factor in (0, 1) or not all(_agree(a, b * factor, tolerance) for a, b in pairs):
        return None
    return f"is {number(f'{factor:.6g}')} times the right one"


def _constant(pairs: list[Pair], tolerance: float) -> str | None:
    if sum(b.size for _, b in pairs) < 2 or not pairs[0][0].size:
        return None
    off = float(pairs[0][0].flat[0] - pairs[0][1].flat[0])
    if not all(_agree(a, b + off, tolerance) for a, b in pairs):
        return None
    return f"is off by {number(f'{off:.6g}')} everywhere"


def _whole_numbers(pairs: list[Pair]) -> str | None:
    yours, truth = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in (0, 1))
    cut = np.isfinite(truth).all() and np.array_equal(yours, np.trunc(yours)) and yours.any()
    if not cut or np.array_equal(truth, np.trunc(truth)) or np.abs(yours - truth).max() >= 1:
        return None
    return "has lost its decimals: it is rounded, or written into an array of whole numbers"


def _order(yours, truth, tolerance):
    if truth.size > 2 and _agree(np.sort(yours, axis=None), np.sort(truth, axis=None), tolerance):
        return "holds the right numbers in another order"
    return None


def _where(wrong: np.ndarray) -> str:
    """Say where the wrong cells lie, if along one axis they all lie at some of its indices."""
    for axis in range(wrong.ndim):
        others = tuple(i for i in range(wrong.ndim) if i != axis)
        at = np.flatnonzero(wrong.any(axis=others))
        if len(at) < wrong.shape[axis]:
            listed = ", ".join(map(str, at[:6])) + (" ..." if len(at) > 6 else "")
            return (
                f": all of them at {'index' if len(at) == 1 else 'indices'} {listed} of axis {axis}"
            )
    return ""
