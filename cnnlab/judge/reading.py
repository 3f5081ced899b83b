"""Reading a learner's answer: what may stand for an array, and what gets a sentence instead."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlab.judge.comparing import HUGE
from cnnlab.judge.exercise import Exercise

REFUSED = {
    "b": "holds True and False where numbers are asked: multiply by it, or write .astype(float)",
    "c": "holds complex numbers: take .real where the imaginary part is only rounding",
    "O": "is an array of Python objects (dtype object), not of numbers",
    "U": "holds text, not numbers",
    "S": "holds bytes, not numbers",
    "V": "is a structured array, not numbers",
    "M": "holds dates, not numbers",
    "m": "holds time spans, not numbers",
}


@dataclass(frozen=True)
class Reading:
    """An answer as float64 parts, or the problem that made it unreadable."""

    parts: tuple[np.ndarray, ...] = ()
    problem: str | None = None
    remarks: tuple[str, ...] = ()


class UnreadableError(Exception):
    """What is wrong with an answer, as a sentence."""


def read(value: Any, exercise: Exercise) -> Reading:
    """Return the answer's parts; never raises, whatever the value."""
    remarks: list[str] = []
    try:
        if exercise.outputs:
            parts = _parts(value, exercise.outputs, remarks)
        elif exercise.answer == "count":
            parts = (_count(value, remarks),)
        else:
            parts = (_array(value, "Your answer", remarks),)
    except UnreadableError as refusal:
        return Reading(problem=str(refusal), remarks=tuple(remarks))
    except Exception as error:  # a foreign object may raise anything while it is looked at
        problem = f"Your answer could not be read ({type(error).__name__}: {error})."
        return Reading(problem=problem[:400], remarks=tuple(remarks))
    return Reading(parts, None, tuple(dict.fromkeys(remarks)))


def _parts(value: Any, names: tuple[str, ...], remarks: list[str]) -> tuple[np.ndarray, ...]:
    wanted = f"a tuple ({', '.join(names)})"
    _refuse_nothing(value)
    if not isinstance(value, tuple | list):
        raise UnreadableError(f"Your answer is {_a(value)}; {wanted} is asked.")
    if len(value) != len(names):
        raise UnreadableError(f"Your answer has {len(value)} parts; {wanted} is asked.")
    if isinstance(value, list):
        remarks.append(f"you return a list; torch gives {wanted}")
    return tuple(_array(v, f"Your {n}", remarks) for n, v in zip(names, value, strict=True))


def _count(value: Any, remarks: list[str]) -> np.ndarray:
    _refuse_nothing(value)
    if isinstance(value, bool | np.bool_):
        raise UnreadableError(f"Your answer is {value!r}; a whole number is asked.")
    if not isinstance(value, int | float | np.number):
        if not isinstance(value, list | tuple) and not hasattr(value, "__array__"):
            raise UnreadableError(f"Your answer is {_a(value)}; a whole number is asked.")
        whole = "int" in str(getattr(value, "dtype", ""))
        value = _array(value, "Your answer", remarks)
        value = value.astype(np.int64) if whole else value
        if value.shape != ():
            raise UnreadableError(
                f"Your answer has shape {value.shape}; one whole number is asked."
            )
    number = np.asarray(value)
    if number.dtype.kind not in "iuf":
        number = number.astype(np.float64)  # a Python int beyond 64 bits
    if number.dtype.kind == "f" and number == np.trunc(number):
        remarks.append("a count is a whole number: // divides without leaving a float")
    return number.astype(np.float64)


def _array(value: Any, subject: str, remarks: list[str]) -> np.ndarray:
    _refuse_nothing(value)
    tensor = type(value).__module__.split(".")[0] == "torch" and hasattr(value, "detach")
    if tensor:
        remarks.append("you return a torch tensor; it was read as an array")
        value = value.detach().cpu().resolve_conj().resolve_neg().numpy()
    elif isinstance(value, list | tuple):
        remarks.append(f"you return a {type(value).__name__}; it was read as an array")
        value = _from_list(value, subject)
    elif isinstance(value, bool | np.bool_):
        raise UnreadableError(f"{subject} is {value!r}; numbers are asked.")
    elif not isinstance(value, np.ndarray | np.generic | int | float):
        if not hasattr(value, "__array__"):
            raise UnreadableError(f"{subject} is {_a(value)}; an array is asked.")
        remarks.append(f"you return a {type(value).__name__}; it was read as an array")
    return _numbers(np.asarray(value), subject, remarks)


def _numbers(array: np.ndarray, subject: str, remarks: list[str]) -> np.ndarray:
    if array.dtype.kind in REFUSED:
        raise UnreadableError(f"{subject} {REFUSED[array.dtype.kind]}.")
    if array.dtype == np.float16:
        raise UnreadableError(
            f"{subject} is float16, which keeps three digits: too coarse to judge."
        )
    if array.size > HUGE:  # only its shape is looked at: a copy might not fit into memory
        return np.broadcast_to(np.float64(np.nan), array.shape)
    if array.dtype == np.float32:
        remarks.append("your answer is float32: seven digits were compared")
    if array.ndim > 1 and not array.flags.forc:
        remarks.append("your array is not contiguous; np.ascontiguousarray makes it so")
    return np.array(array, dtype=np.float64, order="C", subok=False)


def _from_list(value: Any, subject: str) -> np.ndarray:
    if _leaves(value, HUGE) > HUGE:
        raise UnreadableError(f"{subject} is a list of more than {HUGE:,} numbers: far too many.")
    try:
        return np.asarray([_plain(item) for item in value])
    except (ValueError, TypeError):
        raise UnreadableError(f"{subject} is a list whose rows differ in length or kind.") from None


def _plain(item: Any) -> Any:
    if isinstance(item, list | tuple):
        return [_plain(one) for one in item]
    return item.detach().numpy() if hasattr(item, "detach") else item


def _leaves(value: Any, limit: int) -> int:
    """Count the numbers in nested lists, stopping soon after the limit."""
    if not isinstance(value, list | tuple):
        return 1
    if len(value) > limit:
        return len(value)
    count = 0
    for item in value:
        count += _leaves(item, limit)
        if count > limit:
            break
    return count


def _refuse_nothing(value: Any) -> None:
    if value is None:
        raise UnreadableError("Your function returned nothing (None): is the `return` missing?")
    if value is Ellipsis:
        raise UnreadableError("Your function returned `...`: a blank is left to fill in.")
    if inspect.isgenerator(value) and value.gi_code.co_name == "<genexpr>":
        raise UnreadableError(
            "Your function returned a generator, (... for ...), which holds no numbers yet: write "
            "np.array([... for ...])."
        )
    if inspect.isgenerator(value):
        raise UnreadableError(
            "Your function yields instead of returning: write `return`, not `yield`."
        )
    if inspect.iscoroutine(value):
        value.close()
        raise UnreadableError("Your function is an `async def`: a plain `def` is asked.")
    if callable(value):
        raise UnreadableError(
            "Your function returned a function: are parentheses missing in `return`?"
        )


def _a(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
