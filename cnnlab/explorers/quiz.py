"""Predict and challenge: questions whose wrong answers are known, and targets proved reachable.

A question knows its answer and what each likely mistake would have given, so the feedback names the
mistake. A challenge carries the list of all settings that reach its target.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from .look import MINUS, number

MANY = 6  # questions and challenges of each kind that a page holds
TRIES = 100  # so many random settings are looked at for a question or a challenge


class NothingToAskError(ValueError):
    """The learner's data allow no question, or no challenge, of this kind."""


def sought(what: str, about: str, attempt):
    """Return the first of a hundred attempts that isn't None.

    Errors: NothingToAskError that says what was sought and about which data.

    >>> sought("question", "image", iter([None, 5]).__next__)
    5
    """
    for _ in range(TRIES):
        found = attempt()
        if found is not None:
            return found
    raise NothingToAskError(
        f"no {what} can be posed about {about}: its size or its values leave none"
    )


def shaped(name: str, data: np.ndarray) -> str:
    """Name the data in a sentence.

    >>> shaped("image", np.zeros((2, 3)))
    'image of shape (2, 3)'
    """
    return f"{name} of shape {data.shape}"


@dataclass(frozen=True)
class Question:
    """One thing to predict: a shape, a value, or which cell wins."""

    ask: str  # shape, value, count or winner
    text: str
    answer: str
    mistakes: dict[str, str] = field(default_factory=dict)  # wrong answer -> what went wrong
    because: str = ""
    place: int = 0
    names: dict[str, str] = field(default_factory=dict)  # how answers that are numbers are said

    def judge(self, guess) -> tuple[bool, str]:
        """Return whether the guess is right, and a sentence that says why or why not."""
        given, answer = normal(guess, self.ask), self.names.get(self.answer, self.answer)
        if self.ask == "shape" and "×" not in answer and len(set(given.split("×"))) == 1:
            given = given.split("×")[0]  # of one axis
        if given == self.answer:
            return True, f"Right: {answer}. {self.because}".strip()
        why = self.mistakes.get(given, "") or self.because
        return (
            False,
            f"{self.names.get(given, said(guess))} is not it: it is {answer}. {why}".strip(),
        )

    def message(self) -> dict:
        """Return the question without its answer."""
        return {"ask": self.ask, "text": self.text, "place": self.place}

    def whole(self) -> dict:
        """Return everything, for a page that must judge without Python."""
        more = {
            "answer": self.answer,
            "mistakes": self.mistakes,
            "because": self.because,
            "names": self.names,
        }
        return self.message() | more


@dataclass(frozen=True)
class Challenge:
    """A target to reach with some of the knobs, and every setting that reaches it."""

    text: str
    start: dict
    free: tuple[str, ...]
    answers: tuple[tuple, ...]  # the values of `free`, in that order
    target: np.ndarray | None = None  # a picture to reach

    def message(self, found: list[tuple], shown: bool) -> dict:
        """Return what the browser needs; the answers only when they are to be shown."""
        return {
            "text": self.text,
            "free": list(self.free),
            "of": len(self.answers),
            "found": [self.say(answer) for answer in found],
            "answers": [self.say(answer) for answer in self.answers] if shown else [],
        }

    def say(self, answer: tuple) -> str:
        """Write one answer in words."""
        pairs = zip(self.free, answer, strict=True)
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in pairs)


def normal(guess, ask: str) -> str:
    """Return a guess in the form that answers have.

    >>> normal("4 x 4", "shape"), normal("4", "shape"), normal("-2", "value")
    ('4×4', '4×4', '−2')
    """
    text = plainly(guess)
    if ask == "shape":
        sizes = re.findall(r"\d+", text)
        return "×".join(sizes * 2 if len(sizes) == 1 else sizes)
    if ask == "value":
        try:
            return number(float(text.replace(MINUS, "-").replace(",", ".")))
        except ValueError:
            return text
    return text


def plainly(guess) -> str:
    """Return a guess as text: NumPy's numbers as Python's, whole ones without a point.

    >>> plainly((np.int64(4), 4)), plainly(1.0), plainly(np.float64(0.5))
    ('4×4', '1', '0.5')
    """
    if isinstance(guess, tuple | list):
        return "×".join(map(plainly, guess))
    if isinstance(guess, np.ndarray) or hasattr(guess, "item"):
        return plainly(guess.tolist())
    if isinstance(guess, float) and guess.is_integer():
        return str(int(guess))
    return str(guess).strip()


def said(guess) -> str:
    """Return a guess as it was given, short enough for a sentence."""
    return plainly(guess)[:20].replace("-", MINUS) or "Nothing"


def slips(answer: str, pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return mistake sentences by wrong answer; mistakes that give the same are joined with "or".

    >>> slips("4", [("5", "A."), ("4", "B."), ("5", "C.")])
    {'5': 'A. Or: C.'}
    """
    found: dict[str, str] = {}
    for wrong, sentence in pairs:
        if wrong != answer:
            found[wrong] = f"{found[wrong]} Or: {sentence}" if wrong in found else sentence
    return found
