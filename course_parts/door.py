"""The commands of course.py: what each takes, and what it does."""

import argparse
import difflib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from course_parts import ROOT, laying, steps
from course_parts.environment import Environment, set_up, start_afresh
from course_parts.saying import StopError

FIRST_LESSON = "00_start_here.ipynb"
LEARNERS = ("lab", "doctor")
OVERVIEW = """\
usage: python3 course.py COMMAND [--help]

For learners
  lab       install the course (first time only) and open lesson 00 in JupyterLab
  doctor    say whether this machine is ready, and what mends it if not

For instructors and contributors
  handout   write the participants' edition, without answers, into a folder (--zip, --wheels)
  grading   write the lessons as an nbgrader course into a folder
  test      run every check: habits, unit tests, lessons, both notebook editions, browser
  lint      run the quick checks alone (--fix mends what can be mended)
  lessons   build notebooks/ and solutions/ from lessons/ (--only 01, --check)
  bench     measure the operators against torch and the peers
  slides    make slides of the lessons, usable offline (--only 01)
  book      make a book of the solved lessons, to be read offline (--only 01)
  gallery   write every explorer as a page that needs no Python and no network

Everything is installed in .venv beside course.py; your notebooks are in work/."""


def commands():
    """Return the commands there are: the participants' edition has those for learners alone."""
    if (ROOT / "lessons").is_dir():
        return COMMANDS
    return {name: COMMANDS[name] for name in LEARNERS}


def overview():
    """Return what the commands do."""
    if (ROOT / "lessons").is_dir():
        return OVERVIEW
    head, _, rest = OVERVIEW.partition("For instructors and contributors")
    return head + rest[rest.index("Everything is installed") :]


def lab(arguments):
    """Install, lay the notebooks, and become JupyterLab."""
    parser = _parser("lab", "Install the course and open lesson 00 in JupyterLab.")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    parser.add_argument("--port", type=int, help="listen on this port (8888 or the next free one)")
    chosen = parser.parse_args(arguments)
    python = _python(chosen, ["lab"])
    work = ROOT / "work"
    for sentence in laying.lay(ROOT / "notebooks", work):
        print(sentence)
    command = [str(python), "-m", "jupyterlab", *lab_options(chosen, work)]
    print("Starting JupyterLab (Ctrl+C here ends it). Your notebooks are in work/.", flush=True)
    return _become(command)


def lab_options(chosen, work):
    """Return Lab's settings: this machine only, no news from the network, lesson 00 first."""
    options = [
        f"--ServerApp.root_dir={work}",
        "--ServerApp.ip=127.0.0.1",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
        "--LabApp.news_url=",
        # Lab would ask each learner whether it may fetch news: it may not.
        f"--LabApp.app_settings_dir={ROOT / 'course_parts' / 'lab_settings'}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    if chosen.port is not None:
        # A port that was asked for is meant: Lab then says so when it is taken.
        options += [f"--ServerApp.port={chosen.port}", "--ServerApp.port_retries=0"]
    if chosen.no_browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # containers run as root; Lab refuses without being told
    return options


def doctor(arguments):
    """Let `cnnlab doctor` look at what is installed; install nothing."""
    home = Environment(ROOT)
    if home.version() is None:
        raise StopError("The course is not installed here yet.", "python3 course.py lab")
    if subprocess.run([home.python, "-c", "import cnnlab"], cwd=ROOT).returncode:
        raise StopError("cnnlab itself does not load (above).", "python3 course.py lab --fresh")
    command = "import sys; from cnnlab.doctor import doctor; sys.exit(doctor(sys.argv[1:]))"
    return subprocess.run([home.python, "-c", command, *arguments], cwd=ROOT).returncode


def handout(arguments):
    """Write the participants' edition."""
    parser = _parser("handout", "Write the participants' edition, without answers, into a folder.")
    parser.add_argument("folder", type=Path, help="new, empty, or an earlier handout")
    parser.add_argument("--zip", action="store_true", help="also as FOLDER.zip")
    parser.add_argument(
        "--wheels", action="store_true", help="with all packages for machines like this one"
    )
    parser.add_argument(
        "--github", metavar="ADDRESS", help="will be pushed there: add links to Binder and Colab"
    )
    chosen = parser.parse_args(arguments)
    from course_parts import handout

    names = handout.write(chosen.folder, address=chosen.github)
    print(f"{len(names)} files in {chosen.folder}")
    if chosen.wheels:
        chosen.here = False
        _python(chosen, ["lab"])
        print(f"wheels in {handout.fill(ROOT, chosen.folder, chosen.torch)}")
    if chosen.zip:
        print(handout.zip_up(chosen.folder, names))
    return 0


def test(arguments):
    """Install what the tests need, then run every step, or those that are named."""
    parser = _parser("test", "Run every check, or the steps that are named.")
    parser.add_argument("steps", nargs="*", help=f"some of: {', '.join(_step_names())}")
    parser.add_argument("--fast", action="store_true", help=f"only {', '.join(steps.FAST)}")
    parser.add_argument("--pytest", default="", help="options for pytest: --pytest='-k conv2d'")
    chosen = parser.parse_args(arguments)
    names = chosen.steps or (list(steps.FAST) if chosen.fast else [])
    steps.select(steps.all_steps(sys.executable), names)  # a wrong name is said before installing
    python = _python(chosen, ["lab", "dev", "workshop"])
    selected = steps.select(steps.all_steps(python, chosen.pytest.split()), names)
    return steps.run_all(selected, ROOT / "artifacts" / "logs")


def lint(arguments):
    """Run the checks that take seconds."""
    parser = _parser("lint", "Run ruff, the floors, and look for stale notebooks.")
    parser.add_argument("--fix", action="store_true", help="mend what ruff can mend, first")
    chosen = parser.parse_args(arguments)
    python = _python(chosen, ["lab", "dev"])
    if chosen.fix:
        subprocess.run([python, "-m", "ruff", "check", "--fix-only", "."], cwd=ROOT)
        subprocess.run([python, "-m", "ruff", "format", "."], cwd=ROOT)
    quick = steps.select(steps.all_steps(python), steps.LINT)
    return steps.run_all(quick, ROOT / "artifacts" / "logs")


def lessons(arguments):
    """Build the notebooks; the options are those of tools/build_notebooks.py."""
    return _pass_on("lessons", ["tools/build_notebooks.py"], arguments)


def grading(arguments):
    """Write an nbgrader course; the options are those of tools/build_nbgrader.py."""
    return _pass_on("grading", ["tools/build_nbgrader.py"], arguments, "workshop")


def bench(arguments):
    """Measure; the options are those of the benchmarks package."""
    return _pass_on("bench", ["-m", "benchmarks"], arguments)


def slides(arguments):
    """Make slides; the options are those of tools/build_slides.py."""
    return _pass_on("slides", ["tools/build_slides.py"], arguments, "workshop")


def book(arguments):
    """Make the book; the options are those of tools/build_book.py."""
    return _pass_on("book", ["tools/build_book.py"], arguments, "workshop")


def gallery(arguments):
    """Write the explorers as pages, for a course site or a memory stick."""
    parser = _parser("gallery", "Write every explorer as a page without Python or network.")
    parser.add_argument("folder", nargs="?", default="gallery", help="where to (gallery)")
    chosen = parser.parse_args(arguments)
    python = _python(chosen, ["lab"])
    write = [str(python), "-m", "cnnlab.explorers.gallery", str(Path(chosen.folder).resolve())]
    return subprocess.run(write, cwd=ROOT).returncode


COMMANDS = {
    "lab": lab,
    "doctor": doctor,
    "handout": handout,
    "grading": grading,
    "test": test,
    "lint": lint,
    "lessons": lessons,
    "bench": bench,
    "slides": slides,
    "book": book,
    "gallery": gallery,
}


def _parser(name, about, **settings):
    parser = argparse.ArgumentParser(
        prog=f"course.py {name}", description=about, allow_abbrev=False, **settings
    )
    parser.add_argument(
        "--torch",
        metavar="ADDRESS",
        default=os.environ.get("CNNLAB_TORCH") or None,
        help="index with PyTorch's CPU builds for Linux, or 'any' for whatever pip takes",
    )
    parser.add_argument(
        "--here",
        action="store_true",
        help="use the Python that runs this (a conda environment) instead of .venv",
    )
    parser.add_argument("--fresh", action="store_true", help="make .venv anew, whatever is in it")
    return parser


def _pass_on(name, command, arguments, *extras):
    # Without help of its own, --help is passed on too.
    parser = _parser(name, f"Run {command[-1]}.", add_help=False)
    chosen, rest = parser.parse_known_args(arguments)
    python = _python(chosen, ["lab", "dev", *extras])
    return subprocess.run([str(python), *command, *rest], cwd=ROOT).returncode


def _step_names():
    return [step.name for step in steps.all_steps(sys.executable)]


def _python(chosen, extras):
    if not chosen.here:
        if chosen.fresh:
            start_afresh()
        return set_up(extras, chosen.torch)
    if not all(importlib.util.find_spec(name) for name in ("jupyterlab", "torch", "anywidget")):
        raise StopError(
            f"The Python that runs this ({sys.executable}) does not have the course's packages.",
            "conda env create -f environment.yml; conda activate cnnlab - or leave out --here.",
        )
    return Path(sys.executable)


def _become(command):
    if os.name == "nt":
        return subprocess.run(command, cwd=ROOT).returncode
    # Taking this process's place leaves one process that gets Ctrl+C and can be ended by its id.
    os.chdir(ROOT)
    sys.stdout.flush()
    return os.execv(command[0], command)


def main(arguments=None):
    """Run one command; return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # an old console never stops the course
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    name, *rest = arguments
    if name not in commands():
        near = difflib.get_close_matches(name, commands(), 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        print(f"course.py does not know {name!r}.{hint}\n\n{overview()}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[name](rest)
    except StopError as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
