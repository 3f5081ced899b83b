"""The lessons as an nbgrader course, graded by nbgrader itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnnlab.judge.bank import exercises
from course_parts import ROOT, door
from tools import build_nbgrader as tool
from tools.build_notebooks import BEGIN, STUB, LessonError, lesson_paths

LESSONS = lesson_paths()
SMALL = "00_start_here"


def marked(notebook):
    """Return the cells that nbgrader is told about, by their grade id."""
    cells = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in cells}


# -- what is written -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_exercise_of_a_lesson_is_graded_once(path):
    cells = marked(tool.graded(path))
    tests = {name: cell for name, cell in cells.items() if not name.endswith("-answer")}
    lesson = path.name[:2]
    names = [f"{lesson}-{one.name}" for one in exercises().values() if one.lesson == lesson]
    assert sorted(tests) == sorted(names)
    for name, cell in tests.items():
        settings = cell["metadata"]["nbgrader"]
        assert (settings["grade"], settings["locked"], settings["solution"]) == (True, True, False)
        answer = cells[f"{name}-answer"]["metadata"]["nbgrader"]
        assert (answer["grade"], answer["locked"], answer["solution"]) == (False, False, True)
        assert f'check("{name[3:]}", my_{name[3:]})' in cell["source"]
        assert BEGIN in cells[f"{name}-answer"]["source"]
    code = [cell["source"] for cell in tool.graded(path)["cells"] if cell["cell_type"] == "code"]
    answers = [cell["source"] for name, cell in cells.items() if name not in tests]
    assert [source for source in code if BEGIN in source] == answers


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_students_are_given_tells_nothing(path):
    notebook = tool.graded(path)
    for cell in notebook["cells"]:
        assert "instructor" not in cell["metadata"].get("tags", [])
        if cell["source"].startswith("predict("):
            assert 'answer="sealed:' in cell["source"]


def test_points_are_the_minutes_of_core_exercises():
    cells = marked(tool.graded(next(path for path in LESSONS if path.name.startswith("01"))))
    points = {name: cell["metadata"]["nbgrader"].get("points") for name, cell in cells.items()}
    text = (ROOT / "lessons" / "01_convolution.py").read_text("utf-8")
    assert "`conv2d` (core, 8 min)" in text
    assert "`conv3d` (stretch, 6 min)" in text
    assert points["01-conv2d"] == 8
    assert points["01-conv3d"] == 0
    assert points["01-conv2d-answer"] is None


def lesson(folder, *cells):
    """Write a lesson of such cells; return its path."""
    (folder / "lessons").mkdir(exist_ok=True)
    path = folder / "lessons" / "01_small.py"
    parts = ["# %% [markdown]\n# # 01 Small (5 min)", *cells]
    path.write_text("\n\n".join(parts) + "\n", "utf-8")
    return path


HEAD = "# %% [markdown]\n# ### Exercise 1.1 · `double` (core, 3 min)"
ANSWER = f"# %%\ndef my_double(x):\n    {BEGIN}\n    return 2 * x\n    ### END SOLUTION"
CHECK = '# %%\ncheck("double", my_double)'


def test_grade_ids_stay_when_something_is_written_in_front(tmp_path):
    before = marked(tool.graded(lesson(tmp_path, HEAD, ANSWER, CHECK), tmp_path))
    longer = lesson(tmp_path, "# %%\n1 + 1", HEAD, "# %%\n2 + 2", ANSWER, CHECK)
    assert list(marked(tool.graded(longer, tmp_path))) == list(before)
    assert list(before) == ["01-double-answer", "01-double"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([ANSWER, CHECK], "no heading '### Exercise' names double"),
        ([HEAD, ANSWER], r"no check\(\.\.\.\) of its own for double"),
        ([HEAD, CHECK, ANSWER], "no answer is given to double"),
        ([HEAD, "# %%\n" + BEGIN + "\nx = 1\n### END SOLUTION"], "must stand in a function"),
        ([HEAD, HEAD, ANSWER, CHECK], "two headings name the exercise double"),
    ],
)
def test_lesson_that_can_not_be_graded_is_said(tmp_path, cells, told):
    with pytest.raises(LessonError, match=told):
        tool.graded(lesson(tmp_path, *cells), tmp_path)


def test_two_answers_to_one_exercise_have_an_id_each(tmp_path):
    cells = marked(tool.graded(lesson(tmp_path, HEAD, ANSWER, ANSWER, CHECK), tmp_path))
    assert list(cells) == ["01-double-answer", "01-double-answer-2", "01-double"]


def test_answer_without_an_exercise_is_taken_out_and_not_graded(tmp_path):
    other = ANSWER.replace("my_double", "my_step")
    cells = marked(tool.graded(lesson(tmp_path, HEAD, ANSWER, CHECK, other), tmp_path))
    assert list(cells) == ["01-double-answer", "01-double", "01-step-answer"]
    assert cells["01-step-answer"]["metadata"]["nbgrader"]["solution"] is True
    assert "points" not in cells["01-step-answer"]["metadata"]["nbgrader"]


def test_an_instructors_settings_stay(tmp_path, capsys):
    assert tool.main([str(tmp_path), "--only", "00"]) == 0
    settings = tmp_path / "nbgrader_config.py"
    assert f'code_stub = {{"python": "{STUB}"}}' in settings.read_text("utf-8")
    settings.write_text("mine")
    assert tool.main([str(tmp_path), "--only", "00"]) == 0
    assert settings.read_text() == "mine"
    assert re.search(r"^00_start_here +2 points$", capsys.readouterr().out, re.MULTILINE)
    assert tool.main([str(tmp_path), "--only", "77"]) == 1
    assert "no lesson 77" in capsys.readouterr().err


def test_door_builds_the_course_with_nbgrader_installed(monkeypatch):
    seen = []

    def run(line, cwd):
        seen.append(line)
        return subprocess.CompletedProcess(line, 0)

    monkeypatch.setattr(door, "set_up", lambda extras, _: seen.append(extras) or "the-python")
    monkeypatch.setattr(door.subprocess, "run", run)
    assert door.main(["grading", "some-folder"]) == 0
    assert "workshop" in seen[0]
    assert seen[1] == ["the-python", "tools/build_nbgrader.py", "some-folder"]


# -- nbgrader itself -------------------------------------------------------------------------------


def nbgrader(folder, *words):
    """Run nbgrader as an instructor does who has not activated .venv."""
    scripts = str(Path(sys.executable).parent)
    path = [part for part in os.environ["PATH"].split(os.pathsep) if part != scripts]
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nbgrader", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def hand_in(folder, student, sources):
    """Hand in the released notebook with some answers written into it."""
    notebook = json.loads((folder / "release" / SMALL / f"{SMALL}.ipynb").read_text("utf-8"))
    for grade_id, source in sources.items():
        marked(notebook)[grade_id]["source"] = source
    target = folder / "submitted" / student / SMALL / f"{SMALL}.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps(notebook), "utf-8")


def test_nbgrader_gives_full_points_to_the_solutions_and_none_to_the_stubs(tmp_path):
    assert tool.main([str(tmp_path), "--only", "00"]) == 0
    source = json.loads((tmp_path / "source" / SMALL / f"{SMALL}.ipynb").read_text("utf-8"))
    nbgrader(tmp_path, "generate_assignment", SMALL)
    released = (tmp_path / "release" / SMALL / f"{SMALL}.ipynb").read_text("utf-8")
    assert "### BEGIN" not in released
    assert "assert verdict.passed" not in released
    answers = {name: cell["source"] for name, cell in marked(source).items() if "answer" in name}
    stubs = {name: cell["source"] for name, cell in marked(json.loads(released)).items()}
    assert all(STUB in "".join(stubs[name]) for name in answers)
    hand_in(tmp_path, "solved", answers)
    hand_in(tmp_path, "stub", {})
    wrong = "def my_window_sum(window, kernel):\n    return window.sum()"
    # A test cell that was tampered with is put back before it runs.
    hand_in(tmp_path, "wrong", {"00-window_sum-answer": wrong, "00-window_sum": "True"})
    nbgrader(tmp_path, "autograde", SMALL)
    points = {}
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        for one in book.assignment_submissions(SMALL):
            points[one.student.id] = (one.score, one.max_score)
    assert points == {"solved": (2, 2), "stub": (0, 2), "wrong": (0, 2)}
