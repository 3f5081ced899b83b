"""Make an nbgrader course of the lessons: DIR/source/NN_name/NN_name.ipynb and nbgrader_config.py.

    python tools/build_nbgrader.py DIR              every lesson
    python tools/build_nbgrader.py DIR --only 01    one lesson

nbgrader does the rest: `nbgrader generate_assignment 01_convolution` in DIR writes what students
get, `nbgrader autograde 01_convolution` gives the points. A core exercise counts as many points as
the lesson gives it minutes; a stretch exercise is judged and counts none; an answer
that the judge has no exercise for is taken out and not graded. The answers are between the lesson's
own markers, which are nbgrader's; the judge is the grader.
"""

import argparse
import ast
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import build_notebooks as lessons  # noqa: E402 (found by the line above)

HEADING = re.compile(r"^### Exercise [\d.]+ · `(\w+)` \((core|stretch), (\d+) min\)", re.MULTILINE)
TEST = """\
from cnnlab import check

verdict = {call}
verdict
### BEGIN HIDDEN TESTS
assert verdict.passed, verdict
### END HIDDEN TESTS"""
CONFIG = '''\
"""Settings of nbgrader for this course, written by cnnlab's tools/build_nbgrader.py."""

import os
import sys
import tempfile
from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader gives it)
c.CourseDirectory.course_id = "cnnlab"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.ClearSolutions.code_stub = {{"python": "{stub}"}}
c.ExecutePreprocessor.timeout = {seconds}
# nbgrader calls alembic by its name, which is not on the path where .venv is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# Grading thirty notebooks is not the instructor's own progress, nor their my_cnn.py.
os.environ["CNNLAB_DATA_DIR"] = str(Path(tempfile.gettempdir()) / "cnnlab-grading")
os.environ["CNNLAB_MY_CNN"] = "0"
'''


def graded(path, root=ROOT):
    """Return a lesson as nbgrader's source: answers, graded checks, sealed predictions."""
    notebook = lessons.build(path, "solutions", root)
    notebook.cells = [cell for cell in notebook.cells if "instructor" not in lessons.tags(cell)]
    points, answered = exercises(notebook.cells, path.name), Counter()
    for cell in notebook.cells[1:]:
        if cell.cell_type != "code":
            continue
        cell.source = lessons.seal_predictions(cell.source, path.name)
        call = checked(cell.source)
        if lessons.BEGIN in cell.source:
            function = answering(cell.source, path.name)
            answered[function] += 1
            again = f"-{answered[function]}" if answered[function] > 1 else ""
            mark(cell, f"{path.name[:2]}-{function.removeprefix('my_')}-answer{again}")
        elif call:
            name, function = call
            if name not in points or function not in answered:
                missing = (
                    "heading '### Exercise' names" if name not in points else "answer is given to"
                )
                raise lessons.LessonError(f"{path.name}: no {missing} {name}")
            cell.source = TEST.format(call=cell.source.strip())
            mark(cell, f"{path.name[:2]}-{name}", points.pop(name))
    if points:
        raise lessons.LessonError(f"{path.name}: no check(...) of its own for {', '.join(points)}")
    notebook.cells[0].source = (
        f"<small>Graded edition, generated from `lessons/{path.name}`. The points of the check "
        "cells are given by the same judge that you see.</small>"
    )
    return notebook


def exercises(cells, name):
    """Return the points of each exercise of a lesson, by its name."""
    points = {}
    for cell in cells:
        for exercise, weight, minutes in HEADING.findall(cell.source):
            if exercise in points:
                raise lessons.LessonError(f"{name}: two headings name the exercise {exercise}")
            points[exercise] = int(minutes) if weight == "core" else 0
    return points


def checked(source):
    """Return (exercise, function) if a cell is one check("name", function) and nothing else."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a cell with IPython's own signs
        return None
    call = getattr(body[0], "value", None) if len(body) == 1 else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check":
        return ast.literal_eval(call.args[0]), ast.unparse(call.args[1])
    return None


def answering(source, name):
    """Return the function that a cell with an answer defines."""
    for part in ast.parse(source).body:
        if isinstance(part, ast.FunctionDef) and lessons.BEGIN in ast.get_source_segment(
            source, part
        ):
            return part.name
    raise lessons.LessonError(f"{name}: an answer must stand in a function:\n{source}")


def mark(cell, grade_id, points=None):
    """Give a cell nbgrader's metadata: an answer, or a test where there are points."""
    is_test = points is not None
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "solution": not is_test,
        "grade": is_test,
        "locked": is_test,
        "task": False,
    }
    if is_test:
        cell.metadata["nbgrader"]["points"] = points


def config():
    """Return the text of nbgrader_config.py."""
    return CONFIG.format(stub=lessons.STUB, seconds=lessons.CELL_SECONDS)


def write(folder, only=(), root=ROOT):
    """Write the course into a folder; return the assignments with their points."""
    folder = Path(folder)
    totals = {}
    for path in lessons.lesson_paths(root, only):
        notebook = graded(path, root)
        target = folder / "source" / path.stem / f"{path.stem}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(lessons.text_of(notebook).encode())
        points = [cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells]
        totals[path.stem] = sum(points)
    settings = folder / "nbgrader_config.py"
    if not settings.exists():  # an instructor's own settings stay
        settings.write_text(config(), encoding="utf-8")
    return totals


def main(arguments=None):
    """Write the course and say what it holds; return 0 when all is well."""
    parser = argparse.ArgumentParser(prog="grading", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="+", default=[], metavar="NN", help="these lessons")
    options = parser.parse_args(arguments)
    try:
        totals = write(options.folder, options.only)
    except lessons.LessonError as problem:
        print(problem, file=sys.stderr)
        return 1
    for name, points in totals.items():
        print(f"{name:<28} {points:>3} points")
    print(f"\nGo on in {options.folder}: nbgrader generate_assignment {next(iter(totals))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
