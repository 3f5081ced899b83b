"""The course's own answers and stubs, read from where lessons are written."""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path

import cnnlab

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
CHECKS = re.compile(r"""^check\(\s*["'](\w+)["']\s*,\s*(\w+)""", re.MULTILINE)


def answer_cell(name: str, lesson: str) -> str | None:
    """Return the cell that answers an exercise, markers and all, or None where it isn't at hand."""
    for file in _lesson_files(lesson, "lessons", "py"):
        cells = _percent_cells(file.read_text(encoding="utf-8"))
        found = _defining(cells, name)
        if found is not None:
            return found
    return None


def stub_cell(name: str, lesson: str) -> str | None:
    """Return the cell as the student's notebook has it, or else made from the answer's cell."""
    for file in _lesson_files(lesson, "notebooks", "ipynb"):
        book = json.loads(file.read_text(encoding="utf-8"))
        sources = ["".join(c["source"]) for c in book["cells"] if c["cell_type"] == "code"]
        found = _defining(sources, name)
        if found is not None:
            return found
    answer = answer_cell(name, lesson)
    return None if answer is None else without_solution(answer)


def without_markers(cell: str) -> str:
    """Return a cell's text without the lines that mark the solution."""
    return "\n".join(x for x in cell.splitlines() if x.strip() not in (BEGIN, END)).strip("\n")


def without_solution(cell: str) -> str:
    """Return a cell with each solution replaced by `...`."""
    kept, inside = [], False
    for line in cell.splitlines():
        if line.strip() == BEGIN:
            inside = True
            kept.append(line.replace(BEGIN, "..."))
        elif line.strip() == END:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept).strip("\n")


def _defining(cells: list[str], name: str) -> str | None:
    """Return the last cell above check(name, f) that defines f."""
    for place, cell in enumerate(cells):
        function = dict(CHECKS.findall(cell)).get(name)
        if function is None:
            continue
        for earlier in reversed(cells[: place + 1]):
            if function in _functions(earlier):
                return earlier
    return None


def _functions(cell: str) -> set[str]:
    try:
        return {n.name for n in ast.parse(cell).body if isinstance(n, ast.FunctionDef)}
    except SyntaxError:  # a cell with IPython's own signs
        return set()


def _percent_cells(text: str) -> list[str]:
    parts = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)[1:]
    heads, bodies = parts[::2], parts[1::2]
    return [b.strip("\n") for h, b in zip(heads, bodies, strict=True) if "[markdown]" not in h]


def _lesson_files(lesson: str, folder: str, ending: str) -> list[Path]:
    """Return the lesson's files in the course that cnnlab or the working folder lies in."""
    own = os.environ.get("CNNLAB_COURSE")
    above = [Path.cwd(), *Path.cwd().parents[:3], Path(cnnlab.__file__).resolve().parents[1]]
    for root in [Path(own)] if own else above:
        found = sorted((root / folder).glob(f"{lesson}_*.{ending}"))
        if found:
            return found
    return []
