"""Run the checks step by step: a line of progress each, a time limit each, one summary."""

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field

from course_parts import ROOT
from course_parts.browser import find_browser
from course_parts.saying import Progress, StopError

COUNTED = re.compile(r"(\d+) (passed|failed|skipped|xfailed|xpassed|errors?)\b")
PERCENT = re.compile(r"\[ *(\d+)%\]")
SHOWN_LINES = 150
LOOK_EVERY = 0.2
# One thread per process: two workers on two cores would otherwise fight over the same cores.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
FLOORS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
LINT = ("ruff", "format", "floors", "fresh")
FAST = (*LINT, "tests")


@dataclass
class Step:
    """One check: what runs, and after how many seconds it is taken to hang."""

    name: str
    about: str
    command: list
    limit: int
    environment: dict = field(default_factory=dict)
    needs_browser: bool = False


@dataclass
class Outcome:
    """How a step ended; `passed` is None for one that could not be run here."""

    step: Step
    passed: bool | None
    seconds: float = 0.0
    output: str = ""
    note: str = ""

    def counts(self):
        """Return (passed, failed, not run) tests; a check that is no pytest run counts as one."""
        if self.passed is None:
            return 0, 0, 1
        summary = self.output.strip().splitlines()[-1:] if "pytest" in self.step.command else []
        found = {word.rstrip("s"): int(n) for n, word in COUNTED.findall("".join(summary))}
        passed = found.get("passed", 0) + found.get("xfailed", 0)
        failed = sum(found.get(word, 0) for word in ("failed", "error", "xpassed"))
        if not found:
            passed = int(self.passed)
        if not self.passed:
            failed = max(failed, 1)  # a crash or a time limit leaves no count
        return passed, failed, found.get("skipped", 0)


def all_steps(python, extra=()):
    """Return every step of `course.py test`, quick ones first; `extra` goes to pytest."""
    run = [str(python), "-m"]
    cores = str(min(os.cpu_count() or 1, 4))
    test = [*run, "pytest", "-q", "-n", cores]
    # A notebook's cells build on one another, so a notebook stays with one worker.
    nbval = ["--dist", "loadfile", "--nbval-current-env", "--nbval-cell-timeout=120"]
    compared = ["--nbval-sanitize-with=tests/nbval_sanitize.cfg", "--nbval"]
    return [
        Step("ruff", "habits of the code", [*run, "ruff", "check", "."], 60),
        Step("format", "one layout of the code", [*run, "ruff", "format", "--check", "."], 60),
        Step("floors", "imports go down only", [str(python), "-c", FLOORS], 120),
        Step(
            "fresh",
            "notebooks match lessons",
            [str(python), "tools/build_notebooks.py", "--check"],
            180,
        ),
        Step(
            "tests",
            "unit tests and doctests",
            [*test, "--ignore=tests/browser", "--durations=15", *extra],
            1800,
        ),
        Step(
            "notebooks",
            "student edition runs from top to bottom",
            [*test, *nbval, "--nbval-lax", "notebooks", *extra],
            900,
        ),
        Step(
            "solutions",
            "solved edition passes strictly, outputs compared",
            [*test, *nbval, *compared, "solutions", *extra],
            900,
            {"CNNLAB_STRICT": "1"},
        ),
        # One at a time: two browsers and two Labs on two cores wait for each other.
        Step(
            "browser",
            "explorers in a real browser",
            [*run, "pytest", "-q", "tests/browser", *extra],
            1500,
            needs_browser=True,
        ),
    ]


def select(steps, names):
    """Return the named steps in their order, all when none is named."""
    known = [step.name for step in steps]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise StopError(
            f"There is no step {', '.join(unknown)}.", f"choose among: {', '.join(known)}"
        )
    return [step for step in steps if step.name in names or not names]


def end(process):
    """End a process and the children it started."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_step(step, logs, environ=None):
    """Run one step and return its outcome. Its words go to a file, so nothing can block on them."""
    environment = {**ONE_THREAD, **(environ or os.environ), **step.environment}
    path = logs / f"{step.name}.log"
    began = time.monotonic()
    note = ""
    with path.open("w+", encoding="utf-8", errors="replace") as log, Progress(step.name) as line:
        process = subprocess.Popen(
            step.command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=os.name != "nt",
        )
        try:
            while process.poll() is None:
                if time.monotonic() - began > step.limit:
                    note = f"ended after its limit of {step.limit} s"
                    end(process)
                    break
                time.sleep(LOOK_EVERY)
                percent = PERCENT.findall(path.read_text(encoding="utf-8", errors="replace"))
                line.tell(step.about, int(percent[-1]) / 100 if percent else None)
        except BaseException:
            end(process)
            raise
    output = path.read_text(encoding="utf-8", errors="replace")
    passed = process.returncode == 0 and not note
    return Outcome(step, passed, time.monotonic() - began, output, note)


def run_all(steps, logs, in_ci=None, browser=None):
    """Run steps one after another, show what failed, print the summary; return the exit code."""
    in_ci = os.environ.get("CI") == "true" if in_ci is None else in_ci
    logs.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for step in steps:
        found = (browser or find_browser()) if step.needs_browser else None
        if step.needs_browser and not found:
            missing = "no Chromium, Chrome or Edge found (CNNLAB_BROWSER can name one)"
            outcomes.append(Outcome(step, False if in_ci else None, note=missing))
            continue
        if found:
            step.environment["CNNLAB_BROWSER"] = found
        outcome = run_step(step, logs)
        outcomes.append(outcome)
        if not outcome.passed:
            shown = outcome.output.splitlines()[-SHOWN_LINES:]
            print("\n".join([f"--- {step.name}: {' '.join(step.command)}", *shown]))
            print(f"--- all of it: {logs / step.name}.log", flush=True)
    print(summary(outcomes), flush=True)
    return 0 if all(outcome.passed is not False for outcome in outcomes) else 1


def summary(outcomes):
    """Return the table of steps with their seconds, and one plain line at the end."""
    words = {True: "passed", False: "FAILED", None: "NOT RUN"}
    rows = [f"\n{'step':<10} {'result':<8} {'passed':>6} {'failed':>6} {'not run':>7} {'s':>6}"]
    for outcome in outcomes:
        passed, failed, skipped = outcome.counts()
        rows.append(
            f"{outcome.step.name:<10} {words[outcome.passed]:<8} {passed:>6} {failed:>6} "
            f"{skipped:>7} {outcome.seconds:>6.1f}  {outcome.note}".rstrip()
        )
    counts = [outcome.counts() for outcome in outcomes]
    passed, failed, skipped = (sum(column) for column in zip(*counts, strict=True))
    last = f"{passed} passed, {failed} failed"
    if skipped:
        last += f", {skipped} not run"
    seconds = sum(outcome.seconds for outcome in outcomes)
    return "\n".join([*rows, f"{last} in {seconds:.0f} s"])
