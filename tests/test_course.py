"""course.py: the door itself, its messages, and what it runs."""

import ast
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

import course
from course_parts import ROOT, door, steps
from course_parts.browser import find_browser
from course_parts.saying import Progress, StopError, bar

DOOR_FILES = [ROOT / "course.py", *sorted((ROOT / "course_parts").glob("*.py"))]


def run_door(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "course.py", *arguments], cwd=cwd, capture_output=True, text=True
    )


@pytest.mark.parametrize("path", DOOR_FILES, ids=lambda path: path.name)
def test_door_imports_the_standard_library_alone(path):
    roots = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add(node.module.split(".")[0])
    assert roots - set(sys.stdlib_module_names) <= {"course_parts"}


def test_old_python_can_read_the_door_and_is_told():
    source = (ROOT / "course.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    source.encode("ascii")
    said = course.too_old((3, 9, 2))
    assert "needs Python 3.11" in said
    assert "this is Python 3.9" in said
    assert course.too_old((3, 11, 0)) is None
    assert course.too_old((4, 0, 0)) is None


def test_needed_python_is_the_packages():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = ".".join(map(str, course.NEEDED))
    assert f'requires-python = ">={needed}"' in project


def test_no_argument_says_what_there_is():
    answer = run_door()
    assert answer.returncode == 0
    for command in door.COMMANDS:
        assert re.search(rf"^  {command} +\S", answer.stdout, re.MULTILINE)


def test_wrong_argument_says_what_was_meant():
    answer = run_door("tset")
    assert answer.returncode == 2
    assert "does not know 'tset'. Did you mean test?" in answer.stderr
    assert "lab       install the course" in answer.stderr


def test_wrong_option_is_refused_before_anything_is_installed():
    answer = run_door("lab", "--browser")
    assert answer.returncode == 2
    assert "unrecognized arguments: --browser" in answer.stderr


def test_wrong_step_is_refused_before_anything_is_installed(monkeypatch, capsys):
    monkeypatch.setattr(door, "set_up", lambda *_: pytest.fail("installed for a wrong step"))
    assert door.main(["test", "tets"]) == 1
    assert "There is no step tets" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "passed_on"),
    [
        ("lessons", "tools/build_notebooks.py"),
        ("bench", "benchmarks"),
        ("slides", "tools/build_slides.py"),
        ("book", "tools/build_book.py"),
    ],
)
def test_options_are_passed_on(monkeypatch, command, passed_on):
    seen = []

    def remember(line, cwd):
        seen.append(line)
        return subprocess.CompletedProcess(line, 3)

    monkeypatch.setattr(door, "set_up", lambda *_: "the-python")
    monkeypatch.setattr(door.subprocess, "run", remember)
    assert door.main([command, "--quick", "--help"]) == 3
    assert seen[0][0] == "the-python"
    assert seen[0][-3:] == [passed_on, "--quick", "--help"]


def test_stop_ends_in_a_sentence_and_no_traceback(monkeypatch, capsys):
    def full(*_):
        raise StopError("The disk is full.", "free some space.")

    monkeypatch.setattr(door, "set_up", full)
    assert door.main(["lab"]) == 1
    assert capsys.readouterr().err == "\nThe disk is full.\nWhat to do: free some space.\n"


def test_ctrl_c_ends_quietly(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(door, "set_up", interrupted)
    assert door.main(["lab"]) == 130
    assert "goes on from here" in capsys.readouterr().err


# -- lab ---------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetched(url, tries=100):
    """Return the JSON at `url`; Lab prints its address a moment before it listens."""
    for _ in range(tries):
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.URLError as error:
            refused = error
            time.sleep(0.1)
    raise refused


def test_lab_serves_the_laid_lessons(tmp_path):
    """The real command in a copy of the course, up to lesson 01 coming out of a running Lab."""
    for name in ("course.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("course_parts", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    port = free_port()
    home = {f"JUPYTER_{kind}_DIR": str(tmp_path / "home" / kind) for kind in ("CONFIG", "RUNTIME")}
    log = tmp_path / "lab.log"
    with log.open("w") as words:
        server = subprocess.Popen(
            [sys.executable, "course.py", "lab", "--here", "--no-browser", "--port", str(port)],
            cwd=tmp_path,
            env={**os.environ, **home},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=os.name != "nt",
        )
    try:
        address = rf"http://127\.0\.0\.1:{port}(/lab/tree/00_start_here\.ipynb)\?token=(\w+)"
        for _ in range(600):
            found = re.search(address, log.read_text())
            if found or server.poll() is not None:
                break
            time.sleep(0.1)
        assert found, log.read_text()
        url = f"http://127.0.0.1:{port}/api/contents/01_convolution.ipynb?token={found[2]}"
        served = fetched(url)["content"]
    finally:
        steps.end(server)
    laid = json.loads((tmp_path / "notebooks" / "01_convolution.ipynb").read_text("utf-8"))
    assert [cell["source"] for cell in served["cells"]] == [
        "".join(cell["source"]) for cell in laid["cells"]
    ]
    assert (tmp_path / "work" / "01_convolution.ipynb").is_file()


def test_lab_options(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(door, "set_up", lambda *_: "the-python")
    monkeypatch.setattr(door.laying, "lay", lambda *_: [])
    monkeypatch.setattr(door, "_become", lambda command: given.append(command) or 0)
    assert door.main(["lab"]) == 0
    assert door.main(["lab", "--no-browser", "--port", "9123"]) == 0
    plain, asked = given
    assert "--ServerApp.ip=127.0.0.1" in plain
    assert "--LabApp.news_url=" in plain
    assert "--no-browser" not in plain
    assert not [option for option in plain if "port" in option]
    assert {"--no-browser", "--ServerApp.port=9123", "--ServerApp.port_retries=0"} <= set(asked)


# -- steps -------------------------------------------------------------------------------------


def step(code, limit=60, **more):
    return steps.Step("sample", "a sample", [sys.executable, "-c", code], limit, **more)


def test_step_that_passes_and_step_that_fails(tmp_path):
    good = steps.run_step(step("print('fine')"), tmp_path)
    assert (good.passed, good.output, good.counts()) == (True, "fine\n", (1, 0, 0))
    bad = steps.run_step(step("print('oh'); raise SystemExit(3)"), tmp_path)
    assert (bad.passed, bad.output, bad.counts()) == (False, "oh\n", (0, 1, 0))


def test_step_that_hangs_is_ended_with_its_children(tmp_path):
    beats = tmp_path / "beats"
    beats.touch()
    child = f"""
import time
while True:
    open({str(beats)!r}, "a").write("x")
    time.sleep(0.05)
"""
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    outcome = steps.run_step(step(parent, limit=2), tmp_path)
    assert (outcome.passed, outcome.note) == (False, "ended after its limit of 2 s")
    heard = beats.stat().st_size
    assert heard > 0
    time.sleep(0.5)
    assert beats.stat().st_size == heard


def test_step_gets_its_environment_and_no_stdin(tmp_path):
    code = "import os, sys; print(os.environ['A'], os.environ['OMP_NUM_THREADS'], sys.stdin.read())"
    outcome = steps.run_step(step(code, environment={"A": "b"}), tmp_path, {**os.environ})
    assert outcome.output == f"b {os.environ.get('OMP_NUM_THREADS', '1')} \n"


@pytest.mark.parametrize(
    ("last_line", "passed", "counts"),
    [
        ("12 passed in 0.1s", True, (12, 0, 0)),
        ("1 failed, 11 passed, 2 skipped in 3.00s", False, (11, 1, 2)),
        ("=== 3 passed, 2 errors in 9.1s ===", False, (3, 2, 0)),
        ("4 passed, 1 xfailed, 3 warnings in 1s", True, (5, 0, 0)),
        ("no tests ran in 0.01s", False, (0, 1, 0)),
        ("INTERNALERROR> boom", False, (0, 1, 0)),
    ],
)
def test_counts_are_read_from_pytest(last_line, passed, counts):
    run = steps.Step("tests", "", ["python", "-m", "pytest"], 1)
    output = f"9 failed is not this line\n{last_line}\n"
    assert steps.Outcome(run, passed, output=output).counts() == counts


def test_missing_browser_fails_in_ci_and_is_said_elsewhere(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(steps, "find_browser", lambda: None)
    needs = step("print(1)", needs_browser=True)
    assert steps.run_all([needs], tmp_path, in_ci=True) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 passed, 1 failed")
    assert steps.run_all([needs], tmp_path, in_ci=False) == 0
    said = capsys.readouterr().out
    assert "NOT RUN" in said
    assert "no Chromium, Chrome or Edge found" in said
    assert said.splitlines()[-1].startswith("0 passed, 0 failed, 1 not run")


def test_browser_step_is_told_which_browser(tmp_path, capsys):
    asks = step("import os; assert os.environ['CNNLAB_BROWSER'] == 'x'", needs_browser=True)
    assert steps.run_all([asks], tmp_path, in_ci=True, browser="x") == 0


def test_failure_is_shown_and_the_rest_still_runs(tmp_path, capsys):
    code = steps.run_all(
        [step("print('what went wrong'); raise SystemExit(1)"), step("print('fine')")], tmp_path
    )
    said = capsys.readouterr().out
    assert code == 1
    assert "what went wrong" in said
    assert re.search(r"^1 passed, 1 failed in \d+ s$", said.splitlines()[-1])


def test_every_part_of_the_course_has_a_step():
    chosen = {one.name: " ".join(one.command) for one in steps.all_steps("python")}
    assert "ruff check ." in chosen["ruff"]
    assert "ruff format --check ." in chosen["format"]
    assert "tools/build_notebooks.py --check" in chosen["fresh"]
    assert "--nbval-lax notebooks" in chosen["notebooks"]
    assert "--nbval solutions" in chosen["solutions"]
    assert "--dist loadfile" in chosen["solutions"]
    assert chosen["browser"].endswith("tests/browser")
    assert [one.name for one in steps.select(steps.all_steps("python"), ["tests", "ruff"])] == [
        "ruff",
        "tests",
    ]
    solved = steps.select(steps.all_steps("python"), ["solutions"])[0]
    assert solved.environment == {"CNNLAB_STRICT": "1"}


# -- browser and progress ----------------------------------------------------------------------


def test_browser_named_by_the_environment_wins(tmp_path):
    named = tmp_path / "my-browser"
    assert find_browser({"CNNLAB_BROWSER": str(named), "PATH": os.environ["PATH"]}) is None
    named.touch()
    assert find_browser({"CNNLAB_BROWSER": str(named), "PATH": ""}) == str(named)


@pytest.mark.parametrize("name", ["chromium", "google-chrome", "microsoft-edge"])
def test_browser_is_found_on_the_path(tmp_path, name):
    program = tmp_path / (f"{name}.exe" if os.name == "nt" else name)
    program.touch(mode=0o755)
    assert find_browser({"PATH": str(tmp_path)}, "linux") == str(program)


def test_browser_is_found_where_windows_keeps_it(tmp_path):
    program = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    program.parent.mkdir(parents=True)
    environ = {"PATH": "", "PROGRAMFILES(X86)": str(tmp_path)}
    assert find_browser(environ, "win32") is None
    program.touch()
    assert find_browser(environ, "win32") == str(program)


def test_bar():
    assert bar(0) == "[....................]   0%"
    assert bar(0.5) == "[##########..........]  50%"
    assert bar(7) == "[####################] 100%"


class Terminal:
    def __init__(self, is_terminal):
        self.said, self.is_terminal = "", is_terminal

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.said += text

    def flush(self):
        pass


def test_progress_on_a_terminal_rewrites_one_line():
    terminal = Terminal(True)
    with Progress("Reading", terminal) as progress:
        progress.tell("halfway", 0.5)
    assert "\rReading  [##########..........]  50%  halfway" in terminal.said
    assert terminal.said.count("\n") == 1
    assert "Reading: done after 0 s" in terminal.said


def test_progress_in_a_log_is_a_few_lines():
    log = Terminal(False)
    with Progress("Reading", log) as progress:
        for number in range(100):
            progress.tell("on the way", number / 100)
    assert log.said == "Reading ...\nReading: done after 0 s\n"


def test_progress_says_when_it_was_stopped():
    log = Terminal(False)
    with pytest.raises(StopError), Progress("Reading", log):
        raise StopError("no more", "read on")
    assert "Reading: stopped after 0 s" in log.said
