"""The participants' edition: it works, and no answer is in it."""

import json
import re
import shutil
import subprocess
import sys
import types
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from course_parts import ROOT, door, environment, handout, torch_build, wheels
from course_parts.environment import Environment
from course_parts.saying import StopError

SOLUTION = re.compile(r"^ *### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", re.MULTILINE | re.DOTALL)
HINT = re.compile(r"<details>.*?</details>", re.DOTALL)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Return a handout that no test changes."""
    folder = tmp_path_factory.mktemp("handout") / "cnnlab course"
    handout.write(folder)
    return folder


def inside(given, *command, **environ):
    """Run Python inside the handout, with its own cnnlab."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=given,
        env={**environment.os.environ, "PYTHONPATH": str(given), **environ},
        capture_output=True,
        text=True,
    )


# -- no answers ------------------------------------------------------------------------------------


def squeezed(line):
    return re.sub(r"\s+", "", line).strip("`")


def answers():
    """Return every answer of the lessons as its lines without white space and comments."""
    for path in sorted((ROOT / "lessons").glob("*.py")):
        for body in SOLUTION.findall(path.read_text("utf-8")):
            lines = [squeezed(line.split("  #")[0]) for line in body.splitlines()]
            yield path.stem, [line for line in lines if line and not line.startswith("#")]


ANSWERS = list(answers())


def texts(given):
    """Return every text of the handout; of a notebook its cells, of a hint nothing."""
    for path in sorted(given.rglob("*")):
        if path.is_file() and path.suffix != ".npz":
            text = path.read_text("utf-8")
            if path.suffix == ".ipynb":
                cells = json.loads(text)["cells"]
                text = HINT.sub("", "\n".join("".join(cell["source"]) for cell in cells))
            yield path.relative_to(given).as_posix(), [squeezed(x) for x in text.splitlines()]


def leaks(given):
    """Return (file, lesson, what) for each answer of one line, and each two lines of a longer one.

    The package's operators stand open: lessons show them after the exercise. A single line of an
    answer may stand there too, two in a row may not.
    """
    found = []
    for name, lines in texts(given):
        is_operator = re.match(r"cnnlab/(fast/|explorers/)?\w+\.py$", name)
        pairs = set(pairwise(lines))
        for stem, answer in ANSWERS:
            found += [(name, stem, two) for two in pairwise(answer) if two in pairs]
            if not is_operator:
                telling = [line for line in answer if len(line) > 25 or len(answer) == 1]
                found += [(name, stem, line) for line in telling if line in lines]
    return found


def test_answers_are_found_where_they_are():
    """The search itself: each answer is found in lessons/, and there are as many as exercises."""
    from cnnlab.judge.bank import exercises

    taught = {stem[:2] for stem, _ in ANSWERS}
    assert len(ANSWERS) >= sum(one.lesson in taught for one in exercises().values()) > 15
    assert all(answer for _, answer in ANSWERS)


@pytest.mark.parametrize("stem", sorted({stem for stem, _ in ANSWERS}))
def test_search_for_answers_finds_those_that_were_put_there(given, tmp_path, stem):
    shutil.copytree(given, tmp_path / "copy")
    lesson = (ROOT / "lessons" / f"{stem}.py").read_text("utf-8")
    (tmp_path / "copy" / "course_parts" / "left.py").write_text(lesson, "utf-8")
    found = leaks(tmp_path / "copy")
    assert {name for name, _, _ in found} == {"course_parts/left.py"}
    assert stem in {lesson for _, lesson, _ in found}


def test_no_answer_is_in_the_handout(given):
    assert leaks(given) == []


def test_nothing_of_the_instructors_is_there(given):
    names = {path.name for path in given.iterdir()}
    assert names == {
        *handout.PLAIN,
        *("README.md", handout.RECORD),
        *("cnnlab", "course_parts", "notebooks"),
    }
    assert not (given / "course_parts" / "handout.py").exists()
    for _, lines in texts(given):
        assert not [line for line in lines if line.startswith("**Instructor.**")]


def test_notebooks_are_the_student_edition(given):
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert (given / "notebooks" / path.name).read_bytes() == path.read_bytes()
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        asked = [source for source in code if source.startswith("predict(")]
        assert asked
        assert all('answer="sealed:' in source for source in asked)
        assert not [cell for cell in cells if cell.get("outputs")]


# -- it works --------------------------------------------------------------------------------------


def test_judge_works_and_the_answer_is_with_the_instructor(given):
    code = """
import cnnlab
from cnnlab.judge.bank import exercises
from cnnlab import check, reveal, reset
print(cnnlab.__file__)
print(len(exercises()))
print(check("conv2d", lambda x, w, b=None: cnnlab.conv2d(x, w[..., ::-1, ::-1], b)).mistake)
print(check("conv2d", cnnlab.conv2d).passed)
print(reveal("conv2d", insist=True))
print(reset("conv2d"))
"""
    answer = inside(given, "-c", code)
    from cnnlab.judge.bank import exercises

    lines = answer.stdout.splitlines()
    assert Path(lines[0]).parent.parent == given, answer.stderr
    assert lines[1:5] == [
        str(len(exercises())),
        "flipped_kernel",
        "True",
        "The answer to conv2d is not at hand here: your instructor has it.",
    ]
    assert lines[5].startswith("def my_conv2d(")
    assert "...  # your code here" in answer.stdout


def test_sealed_bank_is_the_bank(given):
    """Every exercise, rung and mistake is there, read from the handout's own files."""
    code = "import sys; from cnnlab.judge.__main__ import main; sys.exit(main(['--table']))"
    ours = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    theirs = inside(given, "-c", code)
    assert theirs.stdout == ours.stdout
    assert "| 1.4 | `conv2d(" in ours.stdout
    for path in (given / "cnnlab" / "judge").glob("lesson_[0-9]*.py"):
        assert "Exercise(" not in path.read_text("utf-8")


def test_lab_lays_the_notebooks_and_becomes_jupyterlab(given, tmp_path):
    shutil.copytree(given, tmp_path / "mine")
    code = """
import sys
from course_parts import door
door._become = lambda command: print(*command, sep="\\n") or 0
sys.exit(door.main(["lab", "--here", "--no-browser"]))
"""
    answer = inside(tmp_path / "mine", "-c", code)
    assert answer.returncode == 0, answer.stderr
    assert f"--ServerApp.root_dir={tmp_path / 'mine' / 'work'}" in answer.stdout
    laid = {path.name for path in (tmp_path / "mine" / "work").glob("*.ipynb")}
    assert laid == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_door_offers_what_learners_need_and_nothing_else(given):
    told = inside(given, "course.py")
    assert re.findall(r"^  (\w+)  +\S", told.stdout, re.MULTILINE) == list(door.LEARNERS)
    assert "work/." in told.stdout.splitlines()[-1]
    refused = inside(given, "course.py", "lessons")
    assert refused.returncode == 2
    assert "does not know 'lessons'" in refused.stderr


def test_package_can_be_built_from_it(given):
    """What pip reads before it installs: pyproject and every file that it names."""
    import tomllib

    project = tomllib.loads((given / "pyproject.toml").read_text("utf-8"))["project"]
    for name in (project["readme"], *project["license-files"]):
        assert (given / name).is_file()


# -- writing it ------------------------------------------------------------------------------------


def test_renewing_removes_what_is_no_more_and_keeps_what_others_put_there(tmp_path):
    handout.write(tmp_path / "out")
    record = tmp_path / "out" / handout.RECORD
    (tmp_path / "out" / "notebooks" / "99_gone.ipynb").touch()
    (tmp_path / "beside.txt").touch()
    old = [*json.loads(record.read_text()), "notebooks/99_gone.ipynb", "../beside.txt"]
    record.write_text(json.dumps(old))
    (tmp_path / "out" / "work").mkdir()
    mine = tmp_path / "out" / "work" / "01_convolution.ipynb"
    mine.write_text("mine")
    (tmp_path / "out" / "cnnlab" / "pooling.py").write_text("changed")
    handout.write(tmp_path / "out")
    assert not (tmp_path / "out" / "notebooks" / "99_gone.ipynb").exists()
    assert (tmp_path / "beside.txt").exists()
    assert mine.read_text() == "mine"
    pooling = (tmp_path / "out" / "cnnlab" / "pooling.py").read_bytes()
    assert pooling == (ROOT / "cnnlab" / "pooling.py").read_bytes()


def test_where_a_handout_is_not_written(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(StopError, match="holds other things already"):
        handout.write(tmp_path)
    with pytest.raises(StopError, match="is a file"):
        handout.write(tmp_path / "holiday.jpg")
    for part in (ROOT, ROOT / "cnnlab", ROOT / "notebooks" / "new"):
        with pytest.raises(StopError, match="a part of the course itself"):
            handout.write(part)
    assert not (ROOT / "notebooks" / "new").exists()


def test_door_writes_and_zips(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    assert door.main(["handout", str(tmp_path / "out"), "--zip"]) == 0
    said = capsys.readouterr().out
    assert "files in" in said
    wheel = tmp_path / "out" / "wheels" / wheels.kind() / "numpy-1-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.write_text("a wheel")
    (tmp_path / "out" / "work").mkdir()
    (tmp_path / "out" / "work" / "mine.ipynb").touch()
    assert door.main(["handout", str(tmp_path / "out"), "--zip"]) == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        names = archive.namelist()
    assert {"out/course.py", "out/cnnlab/pooling.py"} <= set(names)
    assert f"out/wheels/{wheels.kind()}/numpy-1-any.whl" in names
    assert not [name for name in names if "mine" in name]
    assert len(names) == len(set(names))


# -- Binder and Colab ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    """Return a handout made for a repository on GitHub."""
    folder = tmp_path_factory.mktemp("pushed") / "out"
    assert door.main(["handout", str(folder), "--github", "https://github.com/ada/day.git"]) == 0
    return folder


def test_links_point_at_files_that_are_there(pushed):
    text = (pushed / "README.md").read_text("utf-8")
    binder = re.search(r"https://mybinder\.org/v2/gh/ada/day/HEAD\?urlpath=lab/tree/([^)]+)", text)
    colab = re.search(
        r"https://colab\.research\.google\.com/github/ada/day/blob/main/([^)]+)", text
    )
    for found in (binder, colab):
        assert (pushed / found[1]).is_file()
    assert (pushed / "environment.yml").is_file()
    assert text.startswith("# cnnlab, for participants\n")
    assert "\n## The day before\n" in text


def first_cell(pushed):
    notebook = json.loads((pushed / "notebooks" / "01_convolution.ipynb").read_text("utf-8"))
    import nbformat

    nbformat.validate(nbformat.from_dict(notebook))
    banner, cell, title = notebook["cells"][:3]
    assert banner["source"].startswith("<small>Student edition")
    assert title["source"].startswith("# 01 ")
    return cell["source"]


@pytest.mark.parametrize("missing", [True, False])
def test_first_cell_installs_where_cnnlab_is_missing_and_nowhere_else(pushed, missing, monkeypatch):
    from IPython.core.inputtransformer2 import TransformerManager
    from packaging.requirements import Requirement

    asked = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if missing else "there")
    shell = types.SimpleNamespace(run_line_magic=lambda *words: asked.append(words))
    exec(TransformerManager().transform_cell(first_cell(pushed)), {"get_ipython": lambda: shell})
    assert len(asked) == missing
    if missing:
        ((magic, words),) = asked
        assert magic == "pip"
        need = Requirement(re.search(r'"([^"]+)"', words)[1])
        assert (need.name, need.url) == ("cnnlab", "git+https://github.com/ada/day")


def test_first_cell_switches_colabs_widgets_on(pushed, monkeypatch):
    switched = []
    output = types.SimpleNamespace(enable_custom_widget_manager=lambda: switched.append("on"))
    monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace(output=output))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: "there")
    exec(first_cell(pushed).replace("%pip", "pass  #"), {})
    assert switched == ["on"]


def test_other_addresses_are_refused_before_anything_is_written(tmp_path, capsys):
    elsewhere = "https://git.example.org/ada/day"
    assert door.main(["handout", str(tmp_path / "out"), "--github", elsewhere]) == 1
    assert "is not a repository on GitHub" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# -- wheels ----------------------------------------------------------------------------------------


def small_course(folder):
    """Write a course of one package without needs, as set_up installs it."""
    folder.mkdir()
    (folder / "constraints.txt").write_text("pip\nsetuptools\n")
    (folder / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\n[tool.setuptools]\n"
        '[project]\nname = "small"\nversion = "1"\n[project.optional-dependencies]\nlab = []\n'
    )


def test_fitting_wheels_are_taken_and_no_index_is_asked(tmp_path, monkeypatch, capsys):
    small_course(tmp_path / "course")
    asked = []
    monkeypatch.setattr(environment, "make_venv", lambda home, *_: home.folder.mkdir())
    monkeypatch.setattr(environment, "run_pip", lambda home, title, words, *_: asked.append(words))
    monkeypatch.setattr(Environment, "version", lambda self: "3.12.1")
    monkeypatch.setattr(torch_build, "choose", lambda *_: pytest.fail("an index was asked"))
    fitting = tmp_path / "course" / "wheels" / wheels.kind((3, 12))
    fitting.mkdir(parents=True)
    environment.set_up(["lab"], root=tmp_path / "course")
    assert len(asked) == 2
    for words in asked:
        assert words[:3] == ["--no-index", "--find-links", str(fitting)]
    assert capsys.readouterr().out.count("downloading") == 0


def test_wheels_for_another_machine_are_said_and_not_taken(tmp_path, capsys):
    (tmp_path / "wheels" / "win32-AMD64-py3.9").mkdir(parents=True)
    assert wheels.options(tmp_path, (3, 12)) == []
    said = capsys.readouterr().out
    assert f"nothing for {wheels.kind((3, 12))}, only for win32-AMD64-py3.9: downloading" in said
    assert wheels.options(tmp_path / "nowhere", (3, 12)) == []
    assert capsys.readouterr().out == ""


def test_filling_asks_for_all_that_a_learner_needs_at_the_tested_versions(tmp_path, monkeypatch):
    asked = []

    def pip(home, title, words, count, verb):
        asked.append((verb, words))
        folder = Path(words[words.index("--wheel-dir") + 1])
        folder.mkdir(parents=True)
        (folder / "numpy-1-any.whl").touch()

    monkeypatch.setattr(handout, "run_pip", pip)
    monkeypatch.setattr(Environment, "version", lambda self: "3.12.1")
    monkeypatch.setattr(torch_build, "choose", lambda python, constraint, choice: choice)
    folder = handout.fill(ROOT, tmp_path, "https://example.org/cpu")
    assert folder == tmp_path / "wheels" / wheels.kind((3, 12))
    ((verb, words),) = asked
    assert verb == "wheel"
    assert words[:2] == ["--extra-index-url", "https://example.org/cpu"]
    assert words[2:4] == ["--constraint", str(ROOT / "constraints.txt")]
    named = {re.split("[<>=~]", word)[0] for word in words[6:]}
    assert {"pip", "setuptools", "numpy", "torch", "jupyterlab", "anywidget"} <= named
    assert "pytest" not in named


def test_pip_fills_a_folder_and_installs_from_it_without_an_index(tmp_path):
    """The real pip, with a package of ours: what `fill` calls, then what `set_up` calls."""
    small_course(tmp_path / "course")
    home = types.SimpleNamespace(python=sys.executable, log=tmp_path / "log")
    folder = tmp_path / "wheels"
    options = ["--no-index", "--no-deps", "--no-build-isolation"]
    environment.run_pip(
        home,
        "Fetching",
        [*options, "--wheel-dir", str(folder), str(tmp_path / "course")],
        verb="wheel",
    )
    assert [path.name for path in folder.iterdir()] == ["small-1-py3-none-any.whl"]
    target = ["--target", str(tmp_path / "there")]
    found = ["--no-index", "--find-links", str(folder)]
    environment.run_pip(home, "Installing", [*found, *target, "small"])
    assert (tmp_path / "there" / "small-1.dist-info").is_dir()
