"""What an explorer does beside showing: pose questions, set challenges, keep what came of it."""

from __future__ import annotations

from .controls import sendable
from .panels import Panel
from .quiz import MANY, Challenge, NothingToAskError, Question, plainly, said
from .sizes import argument, size


class Predicting:
    """One question after the other; each is answered once, then the picture is shown."""

    def __init__(self, explorer):
        self.explorer, self.number, self.step, self.verdict = explorer, -1, 0, None
        self.questions: list[Question] = []

    def next(self) -> None:
        """Go to the next question, with its own settings."""
        if self.step + 1 < len(self.questions):
            self.step, self.verdict = self.step + 1, None
        else:
            self.number, (settings, self.questions) = posed(self.explorer.pose, self.number + 1)
            self.step, self.verdict = 0, None
            self.explorer._turn(settings)
            self.explorer._changed()
        self.explorer.place = self.question.place

    @property
    def question(self) -> Question:
        """The question that is up."""
        return self.questions[self.step]

    def guess(self, value) -> str:
        """Judge a guess and return the feedback; the first guess counts."""
        if self.verdict is None:
            right, text = self.question.judge(value)
            self.verdict = {"right": right, "text": text}
            named = self.question.names.get(plainly(value), said(value))
            row = {"question": self.question.text, "guess": named, "right": right}
            self.explorer.guesses.append({**row, "feedback": text})
            keep("prediction", self.explorer.kind, right, row)
        return self.verdict["text"]

    def settled(self) -> None:
        """Nothing to do when settings change."""

    def locked(self) -> list[str]:
        """Return the knobs that belong to the question: all of them."""
        return [control.name for control in self.explorer.controls]

    def targets(self) -> list[Panel]:
        """Return no picture: there is nothing to reach."""
        return []

    def message(self) -> dict:
        """Return what the browser needs."""
        return {
            "question": self.question.message(),
            "verdict": self.verdict,
            "locked": self.locked(),
            "number": self.number + 1,
            "last": self.step + 1 == len(self.questions),
        }


class Challenging:
    """One target after the other; every setting that reaches it counts once."""

    def __init__(self, explorer):
        self.explorer, self.number, self.shown = explorer, -1, False
        self.found: list[tuple] = []
        self.challenge: Challenge | None = None

    def next(self) -> None:
        """Set the next challenge."""
        self.number, self.challenge = posed(self.explorer.dare, self.number + 1)
        self.shown, self.found = False, []
        self.explorer._turn(self.challenge.start)
        self.explorer._changed()

    def show(self) -> None:
        """Show all answers; what is found from now on no longer counts."""
        self.shown = True

    def settled(self) -> None:
        """Look whether the settings reach the target."""
        settings = _said(getattr(self.explorer, name) for name in self.challenge.free)
        reached = [answer for answer in self.challenge.answers if _said(answer) == settings]
        if self.shown or not reached or reached[0] in self.found:
            return
        self.found.append(reached[0])
        row = {"challenge": self.challenge.text, "number": self.number}
        count = {"found": len(self.found), "of": len(self.challenge.answers)}
        solved = self.explorer.solved
        if len(self.found) == 1:
            solved.append(row)
        solved[-1].update(count)
        keep("challenge", self.explorer.kind, True, {**row, **count})

    def locked(self) -> list[str]:
        """Return the knobs that the challenge doesn't let go."""
        names = [control.name for control in self.explorer.controls]
        return [name for name in names if name not in self.challenge.free]

    def targets(self) -> list[Panel]:
        """Return the picture that is to be reached."""
        wanted = self.challenge.target
        return [] if wanted is None else [Panel("target", f"target {size(wanted.shape)}", wanted)]

    def message(self) -> dict:
        """Return what the browser needs."""
        return {
            "challenge": self.challenge.message(self.found, self.shown),
            "locked": self.locked(),
            "number": self.number + 1,
        }


def posed(ask, number: int):
    """Return the first of the next six numbers that these data allow, and what it asks."""
    for later in range(number, number + MANY):
        try:
            return later, ask(later)
        except NothingToAskError as nothing:
            why = nothing
    raise why


def _said(settings) -> list[str]:
    """Return settings as torch would be given them: equal ones on all axes are one."""
    return [argument(sendable(value)) for value in settings]


def keep(kind: str, name: str, passed: bool, detail: dict) -> None:
    """Write a guess or a find to the learner's progress, the one file that the judge keeps."""
    from cnnlab.judge import progress

    progress.record(progress.Event(kind, f"explore.{name}", passed, detail=detail))
