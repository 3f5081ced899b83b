"""Make the parts of workshop/ that follow from the lessons, the plan of days and the judge's bank.

    python tools/build_workshop.py           write workshop/run_sheets/ and workshop/lessons/
    python tools/build_workshop.py --check   say which pages are stale; writes nothing

Minutes, questions with their answers, notes and common mistakes stand once, where they are used;
these pages gather them, so they can't drift.
"""

import argparse
import re
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import build_notebooks
import build_slides

ROOT = Path(__file__).resolve().parent.parent
PART = re.compile(r"^## (?:(\d+\.\d+) )?(.+?)(?: \((\d+) min\))?$", re.MULTILINE)
EXERCISE = re.compile(r"^### Exercise (\d+\.\d+) · `(\w+)` \((core|stretch), (\d+) min\)$", re.M)
MISTAKES = 6  # of an exercise, on its lesson's page; the judge knows the others too


class Part(NamedTuple):
    """A section of a lesson, with the cells that belong to it."""

    number: str | None
    title: str
    minutes: int
    cells: list


class Lesson(NamedTuple):
    """What the pages need of a lesson."""

    number: str
    title: str
    minutes: int
    stem: str
    opening: list  # the cells before the first section
    parts: list


def name_of(part):
    """Return a part's number and title, as its heading has them."""
    return f"{part.number} {part.title}" if part.number else part.title


def read(path):
    """Return a lesson with its parts."""
    cells = build_notebooks.read_lesson(path)
    number, title, minutes = build_notebooks.TITLE.search(cells[0].source).groups()
    opening, parts = [], []
    for cell in cells:
        found = PART.search(cell.source) if cell.cell_type == "markdown" else None
        if found:
            parts.append(Part(found[1], found[2], int(found[3] or 0), []))
        (parts[-1].cells if parts else opening).append(cell)
    return Lesson(number, title, int(minutes), path.stem, opening, parts)


# -- run sheets ----------------------------------------------


def run_sheet(day, lessons):
    """Return a day's run sheet in Markdown; ValueError where its minutes don't add up."""
    clock = datetime.strptime(day["starts"], "%H:%M")
    lines = [
        f"# {day['title']}", "", day["for"], "",
        "| from | min | what | you |", "|---|---|---|---|",
    ]  # fmt: skip
    for block in day["blocks"]:
        for minutes, what, role in _rows(block, lessons):
            lines.append(f"| {clock:%H:%M} | {minutes} | {what} | {role} |")
            clock += timedelta(minutes=minutes)
    lines.append(f"| {clock:%H:%M} | | End | |")
    if f"{clock:%H:%M}" != day["ends"]:
        raise ValueError(f"{day['file']}: ends at {clock:%H:%M}, the plan says {day['ends']}")
    return "\n".join(lines) + "\n"


def _rows(block, lessons):
    """Yield (minutes, what, the instructor's part) for a block."""
    if "lesson" not in block:
        what = f"**{block['pause']}**" if "pause" in block else block["other"]
        yield block["minutes"], what, ""
        return
    lesson = lessons[block["lesson"]]
    for part in lesson.parts:
        if part.minutes and part.number in block.get("sections", [part.number]):
            page = f"[{lesson.number}](../lessons/{lesson.stem}.md)"
            yield part.minutes, f"{page} {name_of(part)}", _role(part)


def _role(part):
    """Return what the room does in a part: how many questions are asked, what is built."""
    asked = len(questions(part))
    built = [found[2] for cell in part.cells if (found := EXERCISE.search(cell.source))]
    words = [f"ask {asked}"] if asked else []
    words += ["they build " + ", ".join(f"`{name}`" for name in built)] if built else []
    return "; ".join(words)


def questions(part):
    """Return the text of every prediction in a part: a dict of question, answer, because."""
    found = []
    for cell in part.cells:
        if cell.cell_type == "code" and "predict(" in cell.source:
            found += [build_slides.asked(call) for call in build_slides.predictions(cell.source)]
    return found


# -- a lesson's page -----------------------------------------------


def lesson_page(lesson):
    """Return what an instructor wants to know of a lesson, in Markdown."""
    lines = [
        f"# {lesson.number} {lesson.title}: notes for the instructor", "",
        f"{lesson.minutes} minutes. Notebook: `notebooks/{lesson.stem}.ipynb`.",
        f"Solved: `solutions/{lesson.stem}.ipynb`.", "",
        *_objectives(lesson), *_notes(lesson.opening),
        "## Minutes", "", "| section | min | exercises |", "|---|---|---|",
    ]  # fmt: skip
    for part in lesson.parts:
        if part.minutes:
            built = [EXERCISE.search(cell.source) for cell in part.cells]
            names = ", ".join(f"`{e[2]}` ({e[3]}, {e[4]} min)" for e in built if e)
            lines.append(f"| {name_of(part)} | {part.minutes} | {names} |")
    lines += ["", "## Section by section", ""]
    for part in lesson.parts:
        lines += _section(part)
    return "\n".join(lines).rstrip() + "\n"


def _objectives(lesson):
    last = next((part for part in lesson.parts if part.title == "You can now"), None)
    if last is None:
        return []
    listed = re.search(r"(?:^- .+\n(?:^  .+\n)*)+", last.cells[0].source + "\n", re.MULTILINE)
    return ["## At the end they can", "", listed[0].rstrip(), ""]


def _notes(cells):
    own = [cell for cell in cells if "instructor" in build_notebooks.tags(cell)]
    notes = [cell.source for cell in own if cell.cell_type == "markdown"]
    return [line for note in notes for line in (note.replace("**Instructor.** ", ""), "")]


def _section(part):
    asked, lines = questions(part), []
    lines += _notes(part.cells)
    if asked:
        lines += ["Ask aloud, before anybody runs a cell:", ""]
        lines += [
            f"- {q['question']} **{q['answer']}** {q.get('because', '')}".rstrip() for q in asked
        ]
        lines += [""]
    for cell in part.cells:
        if found := EXERCISE.search(cell.source):
            lines += _mistakes(found[2])
    return [f"### {name_of(part)}", "", *lines] if lines else []


def _question(asked):
    return f"- {asked['question']} **{asked['answer']}** {asked.get('because', '')}".rstrip()


def _mistakes(name):
    from cnnlab.judge.bank import exercises

    mistakes = exercises()[name].mistakes
    first = [f"- {mistake.sentence}" for mistake in mistakes[:MISTAKES]]
    more = len(mistakes) - len(first)
    told = f"Common mistakes in `{name}`, in the judge's words ({more} more are known to it):"
    return [told, "", *first, ""]


# -- writing and checking ----------------------------------------


def pages(root=ROOT):
    """Return {path: text} for every page that is made."""
    lessons = [read(path) for path in build_notebooks.lesson_paths(root)]
    plans = tomllib.loads((root / "workshop" / "plans.toml").read_text("utf-8"))
    by_number = {lesson.number: lesson for lesson in lessons}
    made = {f"lessons/{lesson.stem}.md": lesson_page(lesson) for lesson in lessons}
    return made | {f"run_sheets/{d['file']}.md": run_sheet(d, by_number) for d in plans["days"]}


def main(arguments=None):
    """Write the pages, or say which are stale; return 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say which pages are stale")
    chosen = parser.parse_args(arguments)
    stale = 0
    for name, text in pages().items():
        path = ROOT / "workshop" / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale += 1
        if chosen.check:
            print(f"workshop/{name} is stale; run: python tools/build_workshop.py", file=sys.stderr)
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"written: workshop/{name}")
    return 1 if stale and chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
