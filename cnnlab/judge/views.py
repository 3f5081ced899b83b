"""The two small widgets of the judge: a place to type a prediction, and a button for hints.

Their state is all that a notebook file may hold of them, so an answer enters it only once a guess
is locked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from cnnlab.judge.guesses import UnreadableGuessError

if TYPE_CHECKING:
    from cnnlab.judge.predicting import Prediction
    from cnnlab.judge.verdict import Verdict

HERE = Path(__file__).parent


class PredictionView(anywidget.AnyWidget):
    """A question, a field (or choices), Enter; then the reason."""

    _esm = HERE / "prediction.js"
    _css = HERE / "views.css"
    question = traitlets.Unicode().tag(sync=True)
    choices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    locked = traitlets.Bool(False).tag(sync=True)
    right = traitlets.Bool(False).tag(sync=True)
    guess = traitlets.Unicode().tag(sync=True)
    revealed = traitlets.Unicode().tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)

    @classmethod
    def of(cls, prediction: Prediction) -> PredictionView:
        """Return the view of a prediction, answered already or not."""
        view = cls(question=prediction.question, choices=list(prediction.choices or ()))
        view._prediction = prediction
        view.on_msg(view._take)
        view._show()
        return view

    def __repr__(self) -> str:
        return f"Prediction: {self.question}"

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the widget's own part of what a cell displays: (data, metadata)."""
        made = self._repr_mimebundle_()
        data, metadata = made if isinstance(made, tuple) else (made, {})
        return {k: v for k, v in (data or {}).items() if k.startswith("application/")}, metadata

    def _take(self, _widget: Any, content: dict[str, Any], _buffers: Any = None) -> None:
        try:
            self._prediction.guess(str(content.get("guess", ""))[:500])
            self.trouble = self._prediction.note or ""
        except UnreadableGuessError as refusal:
            self.trouble = str(refusal)
        self._show()

    def _show(self) -> None:
        one = self._prediction
        if one.locked:
            self.guess, self.right = one._text, bool(one.right)
            self.revealed, self.locked = one.revealed, True


class HintButton(anywidget.AnyWidget):
    """A button that shows one more hint at each press; every press is recorded."""

    _esm = HERE / "hints.js"
    _css = HERE / "views.css"
    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)
    total = traitlets.Int().tag(sync=True)

    @classmethod
    def of(cls, verdict: Verdict) -> HintButton:
        """Return the button to a verdict's hints."""
        button = cls(total=len(verdict.hints))
        button._verdict = verdict
        button.on_msg(button._next)
        return button

    def __repr__(self) -> str:
        return f"Hints: {self.total}"

    def _next(self, *_: Any) -> None:
        if len(self.shown) < self.total:
            self._verdict.hint()
            self.shown = list(self._verdict.hints[: self._verdict.asked])
