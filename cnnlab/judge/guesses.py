"""Reading a typed guess and holding it against the answer."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

YES, NO = ("yes", "y", "true", "ja", "1"), ("no", "n", "false", "nein", "0")


class UnreadableGuessError(ValueError):
    """A guess that can't be read as what is asked; nothing is locked."""


def read_guess(text: str, answer: Any, choices: tuple[str, ...] | None = None) -> Any:
    """Return the guess as a value of the answer's kind.

    Errors: UnreadableGuessError with a sentence that says how to write it.

    >>> read_guess("2 x 4 x 6", (1, 1, 1))
    [2.0, 4.0, 6.0]
    """
    text = text.strip().replace("−", "-")
    if not text:
        raise UnreadableGuessError("Type a guess first.")
    if choices:
        return _choice(text, choices)
    if isinstance(answer, bool | np.bool_):
        return _yes_or_no(text)
    if isinstance(answer, str):
        return text
    return _number(text) if np.ndim(answer) == 0 else _numbers(text)


def is_right(guess: Any, answer: Any, text: str = "") -> bool:
    """Return whether a guess is the answer; decimals count to the digits that were typed.

    >>> is_right(0.33, 1 / 3, "0.33"), is_right([2, 2], (2, 2)), is_right(2, 3)
    (True, True, False)
    """
    if isinstance(answer, str) or isinstance(guess, str):
        return str(guess).split() == str(answer).split() or _plain(guess) == _plain(answer)
    if isinstance(answer, bool | np.bool_):
        return bool(guess) == bool(answer)
    try:
        yours, right = np.asarray(guess, dtype=float), np.asarray(answer, dtype=float)
    except (ValueError, TypeError):
        return False
    if yours.shape != right.shape and yours.ravel().shape != right.shape:
        return False
    near = np.abs(yours.reshape(right.shape) - right) <= _slack(text, right)
    return bool((near | np.isclose(yours.reshape(right.shape), right, rtol=1e-9, atol=0)).all())


def as_written(answer: Any) -> str:
    """Return an answer as a person writes it.

    >>> as_written(np.array([[1.0, 2.5]])), as_written((1, 4, 6, 6)), as_written(True)
    ('[[1, 2.5]]', '(1, 4, 6, 6)', 'yes')
    """
    if isinstance(answer, bool | np.bool_):
        return "yes" if answer else "no"
    if isinstance(answer, np.ndarray | list):
        return _bracketed(np.asarray(answer))
    if isinstance(answer, float | np.floating):
        return f"{answer:.10g}"
    return str(answer)


def _slack(text: str, right: np.ndarray) -> np.ndarray | float:
    """Return half a unit of the last digit typed, for an answer that isn't whole."""
    digits = [len(part) for part in re.findall(r"\.(\d+)", text)]
    if not digits or np.all(right == np.round(right)):
        return 0.0
    return 0.5000001 * 10.0 ** -max(digits)


def _number(text: str) -> float:
    bare = text.replace(" ", "").replace("_", "")
    if re.fullmatch(r"\d{1,3}(,\d{3})+", bare):
        bare = bare.replace(",", "")
    parts = bare.split("/")
    try:
        values = [float(part) for part in parts]
        return values[0] if len(values) == 1 else values[0] / values[1]
    except (ValueError, ZeroDivisionError):
        raise UnreadableGuessError(
            f"“{text}” is no number. Write one such as 12, −3 or 0.25."
        ) from None


def _numbers(text: str) -> Any:
    if "[" in text and ";" not in text:
        try:
            return ast.literal_eval(re.sub(r"(?<=[\d.\]])\s+(?=[-\d\[])", ", ", text))
        except (ValueError, SyntaxError):
            pass
    rows = [row for row in text.split(";") if row.strip()]
    bare = [re.sub(r"[\[\](){}]", " ", row) for row in rows]
    if not all(re.fullmatch(r"[\s,x×*\d.eE+-]+", row) for row in bare):
        raise UnreadableGuessError(
            f"“{text}” is no list of numbers. Write them with spaces or commas, such as 2, 4, 6."
        )
    values = [[_number(word) for word in re.split(r"[\s,x×*]+", row.strip(" ,"))] for row in bare]
    return values[0] if len(values) == 1 else values


def _choice(text: str, choices: tuple[str, ...]) -> str:
    named = [choice for choice in choices if _plain(choice) == _plain(text)]
    if named:
        return named[0]
    if text.isdigit() and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    raise UnreadableGuessError(
        f"“{text}” is none of the choices. Type one, or its number from 1 to {len(choices)}."
    )


def _yes_or_no(text: str) -> bool:
    if text.lower() in YES + NO:
        return text.lower() in YES
    raise UnreadableGuessError("Type yes or no.")


def _plain(value: Any) -> str:
    return re.sub(r"\W+", " ", str(value)).strip().casefold()


def _bracketed(array: np.ndarray) -> str:
    if array.ndim == 0:
        return as_written(float(array)) if array.dtype.kind == "f" else str(array)
    return f"[{', '.join(_bracketed(part) for part in array)}]"
