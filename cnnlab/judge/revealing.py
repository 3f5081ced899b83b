"""reveal shows the course's answer after an honest try; reset gives the stub back."""

from __future__ import annotations

from html import escape

from cnnlab.judge import bank, lesson_source, progress
from cnnlab.judge.displaying import in_notebook, strict


class Shown:
    """A piece of code to read, or the sentence that says why there is none."""

    def __init__(self, title: str, code: str = ""):
        self.title, self.code = title, code

    def __str__(self) -> str:
        return self.code or self.title

    def __repr__(self) -> str:
        return f"{self.title}\n\n{self.code}" if self.code else self.title

    def _repr_html_(self) -> str:
        code = f"<pre><code>{escape(self.code)}</code></pre>" if self.code else ""
        return f"<p>{escape(self.title)}</p>{code}"


def reveal(name: str, insist: bool = False) -> Shown:
    """Show the course's answer to an exercise, once it was tried; `insist=True` shows it anyhow.

    Errors: ValueError for an unknown exercise, with the nearest names.
    """
    exercise = bank.exercise(name)
    if not (insist or _tried(name)):
        return Shown(
            f"Try {name} first: check it once, or take a hint with check(...).hint(). "
            f'reveal("{name}", insist=True) shows the answer all the same.'
        )
    cell = lesson_source.answer_cell(name, exercise.lesson)
    event = progress.Event("reveal", name, None, exercise.lesson, detail={"insisted": insist})
    note = progress.record(event)
    if cell is None:
        return Shown(f"The answer to {name} is not at hand here: your instructor has it.")
    return Shown(_with(f"{name}: the course’s answer", note), lesson_source.without_markers(cell))


def reset(name: str) -> Shown:
    """Give back the stub of an exercise; in a notebook it is put into the next cell.

    Errors: ValueError for an unknown exercise, with the nearest names.
    """
    exercise = bank.exercise(name)
    stub = lesson_source.stub_cell(name, exercise.lesson)
    note = progress.record(progress.Event("reset", name, None, exercise.lesson))
    if stub is None:
        names = ", ".join(exercise.parameters)
        stub = f"def my_{name}{exercise.signature}:\n    ...  # takes {names}"
    if in_notebook() and not strict():
        from IPython import get_ipython

        get_ipython().set_next_input(stub)
    return Shown(_with(f"{name}: the empty exercise", note), stub)


def _tried(name: str) -> bool:
    return any(event.kind == "check" and event.name == name for event in progress.events())


def _with(title: str, note: str | None) -> str:
    return f"{title} ({note})" if note else title
