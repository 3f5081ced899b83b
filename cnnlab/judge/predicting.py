"""predict: a guess that is typed and locked before the answer is shown, with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from cnnlab.judge import progress
from cnnlab.judge.displaying import in_notebook, strict
from cnnlab.judge.guesses import UnreadableGuessError, as_written, is_right, read_guess
from cnnlab.judge.sealed import unseal


def predict(
    question: str,
    answer: Any,
    because: str = "",
    choices: Sequence[Any] | None = None,
    name: str | None = None,
    mistakes: Mapping[Any, str] | None = None,
) -> Prediction:
    """Ask for a prediction; the first guess is kept, then the answer and its reason are shown.

    The answer is a number, a shape, an array, a word, True or False, or one of `choices`.
    `mistakes` gives common wrong guesses a sentence of their own. In a notebook one types and
    presses Enter; elsewhere `.guess("...")` does the same.

    Errors: TypeError for a question that is no text; ValueError for an answer that is no choice.

    >>> predict("A kernel of 3 on 10 values: how many places?", 8)
    Prediction: A kernel of 3 on 10 values: how many places?
    """
    if not isinstance(question, str):
        raise TypeError(f"question must be a string, got {question!r}")
    answer, because = unseal(answer, because)
    options = None if choices is None else tuple(as_written(choice) for choice in choices)
    if options is not None and as_written(answer) not in options:
        raise ValueError(f"answer must be one of the choices {options}, got {answer!r}")
    return Prediction(question, answer, because, options, name, dict(mistakes or {}))


class Prediction:
    """One question; locked by its first readable guess, which is kept with the progress."""

    def __init__(self, question, answer, because, choices, name, mistakes):
        self.question, self.choices = question, choices
        self._answer, self._because, self._mistakes = answer, because, mistakes
        digest = hashlib.sha256(question.encode()).hexdigest()[:12]
        self.name = name or f"question-{digest}"
        self._text: str | None = self._kept()
        self.note: str | None = None

    @property
    def locked(self) -> bool:
        """Whether a guess was given."""
        return self._text is not None

    @property
    def right(self) -> bool | None:
        """Whether the guess was right; None before it is given."""
        if self._text is None:
            return None
        wanted = as_written(self._answer) if self.choices else self._answer
        return is_right(self._read(self._text), wanted, self._text)

    def guess(self, text: Any) -> str:
        """Lock a guess and return what is revealed; a later guess changes nothing.

        Errors: UnreadableGuessError for a guess that can't be read; then nothing is locked.
        """
        if self._text is None:
            text = as_written(text) if not isinstance(text, str) else text
            self._read(text)
            self._text = text.strip()
            detail = {"question": self.question, "guess": self._text, "answer": self._told()}
            self.note = progress.record(
                progress.Event("prediction", self.name, self.right, detail=detail)
            )
        return self.revealed

    @property
    def revealed(self) -> str:
        """The guess, the answer and the reason; empty before a guess is given."""
        if self._text is None:
            return ""
        if self.right:
            return f"Your guess {self._text} is right. {self._because}".strip()
        own = next((s for value, s in self._mistakes.items() if self._is(value)), "")
        parts = [f"Your guess was {self._text}; the answer is {self._told()}.", own, self._because]
        return " ".join(part for part in parts if part)

    def _is(self, value: Any) -> bool:
        return is_right(self._read(self._text), value, self._text)

    def _told(self) -> str:
        return as_written(self._answer)

    def _read(self, text: str) -> Any:
        return read_guess(text, self._answer, self.choices)

    def _kept(self) -> str | None:
        """Return the guess given in an earlier session, as long as it can still be read."""
        for event in reversed(progress.events()):
            if event.kind == "prediction" and event.name == self.name:
                text = str(event.detail.get("guess", ""))
                try:
                    self._read(text)
                except UnreadableGuessError:
                    continue
                return text
        return None

    def __repr__(self) -> str:
        return f"Prediction: {self.question}"

    def _repr_html_(self) -> str:
        """Return the question; the instructor's edition (CNNLAB_STRICT=1) shows the answer too."""
        listed = "".join(f"<li>{escape(choice)}</li>" for choice in self.choices or ())
        return (
            f"<p><strong>Predict:</strong> {escape(self.question)}</p>"
            + (f"<ol>{listed}</ol>" if listed else "")
            + self._below()
        )

    def _below(self) -> str:
        if not strict():
            return "<p><small>Run this cell in a notebook to type a guess.</small></p>"
        return f"<p>Answer: {escape(self._told())}. {escape(self._because)}</p>"

    def _ipython_display_(self) -> None:
        show_prediction(self)


def show_prediction(prediction: Prediction) -> None:
    """Display the question with a place to type; as plain text where no notebook is."""
    if not in_notebook():
        print(prediction)
        print(prediction.revealed or '  type:  _.guess("...")')
        return
    from IPython.display import display

    plain = {"text/plain": repr(prediction), "text/html": prediction._repr_html_()}
    if strict():
        display(plain, raw=True)
        return
    try:
        from cnnlab.judge.views import PredictionView
    except ImportError:  # anywidget is not installed
        display(plain, raw=True)
        return
    view = PredictionView.of(prediction)
    mime, metadata = view.bundle()
    display(plain | mime, metadata=metadata, raw=True)
