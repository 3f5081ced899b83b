"""The panel of lesson 00: a bar for each lesson, what is next, mistakes met and mended."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from cnnlab.judge.bank import exercises
from cnnlab.judge.progress import Event

TITLES = {
    "00": "Start here",
    "01": "Convolution",
    "02": "Stride, padding, dilation",
    "03": "Grouped and separable",
    "04": "Pooling",
    "05": "Pyramids and regions",
    "06": "Activations",
    "07": "Gradients",
    "08": "Train a CNN",
    "09": "Fast convolution",
}


@dataclass(frozen=True)
class Met:
    """A mistake that was met: where, what, and whether a later check passed."""

    exercise: str
    mistake: str
    mended: bool

    @property
    def state(self) -> str:
        """Whether it is still open."""
        return "mended" if self.mended else "open"

    @property
    def said(self) -> str:
        """The mistake in words."""
        return self.mistake.replace("_", " ")


class Progress:
    """The state of all exercises, from the events."""

    def __init__(self, events: list[Event]):
        self.events = events
        bank = exercises()
        passed = {e.name for e in events if e.kind == "check" and e.passed}
        self.lessons = {
            number: {n: n in passed for n, one in bank.items() if one.lesson == number}
            for number in TITLES
        }
        self.sections = {name: one.section for name, one in bank.items()}

    @property
    def next(self) -> str | None:
        """The first exercise not passed, or None when all are."""
        return next(
            (n for lesson in self.lessons.values() for n, ok in lesson.items() if not ok), None
        )

    @property
    def done(self) -> tuple[int, int]:
        """How many exercises were passed, of how many."""
        states = [ok for lesson in self.lessons.values() for ok in lesson.values()]
        return sum(states), len(states)

    @property
    def mistakes(self) -> list[Met]:
        """The mistakes met, in the order of meeting, each once."""
        found: dict[tuple[str, str], bool] = {}
        for event in self.events:
            if event.kind != "check":
                continue
            if event.passed:
                found |= {key: True for key in found if key[0] == event.name}
            elif event.mistake:
                found[event.name, event.mistake] = False
        return [Met(name, slug, mended) for (name, slug), mended in found.items()]

    @property
    def predictions(self) -> tuple[int, int]:
        """How many predictions were right, of how many given."""
        given = [event for event in self.events if event.kind == "prediction"]
        return sum(bool(event.passed) for event in given), len(given)

    def _next_sentence(self) -> str:
        if self.next is None:
            return "All exercises are done."
        section = self.sections[self.next]
        return f"Next: {self.next}, section {section}."

    def __repr__(self) -> str:
        done, total = self.done
        lines = [f"Progress: {done} of {total} exercises. {self._next_sentence()}"]
        if not self.events:
            return lines[0]
        for number, lesson in self.lessons.items():
            if lesson:
                bar = "".join("█" if ok else "·" for ok in lesson.values())
                lines.append(
                    f"  {number} {TITLES[number]:26} {bar} {sum(lesson.values())}/{len(lesson)}"
                )
        right, given = self.predictions
        if given:
            lines.append(f"Predictions: {right} of {given} right.")
        if self.mistakes:
            lines.append("Mistakes met:")
            lines += [f"  {m.state:6}  {m.exercise}: {m.said}" for m in self.mistakes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        done, total = self.done
        rows = "".join(_row(number, lesson) for number, lesson in self.lessons.items() if lesson)
        right, given = self.predictions
        told = f"<p>Predictions: {right} of {given} right.</p>" if given else ""
        return (
            f"<style>{STYLE}</style>"
            "<div class='cnnlab-progress' role='region' aria-label='Progress'>"
            f"<p><strong>{done} of {total} exercises.</strong> {escape(self._next_sentence())}</p>"
            f"<table>{rows}</table>{told}{_mistakes(self.mistakes)}</div>"
        )


STYLE = """
.cnnlab-progress{color:var(--jp-ui-font-color1,inherit);font:14px/1.5 system-ui,sans-serif}
.cnnlab-progress table{border-collapse:collapse;margin:4px 0}
.cnnlab-progress.cnnlab-progress tr{background:none}
.cnnlab-progress.cnnlab-progress td{text-align:left;padding:2px 12px 2px 0;background:none;border:0}
.cnnlab-progress .cells{white-space:nowrap}
.cnnlab-progress .cells span{display:inline-block;width:16px;height:14px;margin-right:2px;
border:1px solid var(--jp-border-color1,#8b939b);line-height:13px;text-align:center;font-size:11px}
.cnnlab-progress .cells .ok{background:#1a7f4b;border-color:#1a7f4b;color:#fff}
.cnnlab-progress ul{margin:2px 0;padding-left:1.3em}
"""


def _row(number: str, lesson: dict[str, bool]) -> str:
    cells = "".join(
        f"<span class='{'ok' if ok else 'open'}' title='{name}'>{'✓' if ok else ''}</span>"
        for name, ok in lesson.items()
    )
    count = f"{sum(lesson.values())} of {len(lesson)}"
    return (
        f"<tr><td>{number} {escape(TITLES[number])}</td>"
        f"<td class='cells' role='img' aria-label='{count} done'>{cells}</td><td>{count}</td></tr>"
    )


def _mistakes(met: list[Met]) -> str:
    if not met:
        return ""
    items = "".join(
        f"<li>{'✓ mended' if m.mended else 'open'}: {escape(m.exercise)}, "
        f"{escape(m.mistake.replace('_', ' '))}</li>"
        for m in met
    )
    return f"<details><summary>Mistakes met: {len(met)}</summary><ul>{items}</ul></details>"
