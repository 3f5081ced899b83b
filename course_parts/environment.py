"""Make .venv and install the course there, at the versions of constraints.txt."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from course_parts import ROOT, torch_build, wheels
from course_parts.saying import Progress, StopError
from course_parts.trouble import diagnose

# What a fresh .venv takes on Linux with the CPU build of torch, and pip's downloads beside it.
NEEDED_BYTES = {"lab": 2_500_000_000, "dev": 3_000_000_000}
LOOK = "import sys, pip; print('.'.join(map(str, sys.version_info[:3])))"


class Environment:
    """The folder .venv, its Python, and the stamp that says what was installed in it."""

    def __init__(self, root=ROOT):
        self.root = Path(root)
        self.folder = self.root / ".venv"
        self.stamp = self.folder / "cnnlab-setup.json"
        self.log = self.folder / "cnnlab-setup.log"

    @property
    def python(self):
        """The interpreter inside .venv, which Windows keeps in another folder."""
        inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        return self.folder / inside

    def fingerprint(self):
        """Hash what decides the installation, so that tool settings and prose do not redo it."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        decisive = [
            project["build-system"],
            project["project"],
            project["tool"]["setuptools"],
            (self.root / "constraints.txt").read_text(encoding="utf-8"),
            str(self.folder),
        ]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()

    def remembered(self):
        """Return what the last set-up recorded; an unreadable record counts as none."""
        try:
            record = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def version(self):
        """Ask .venv's Python for its version; None when there is none or it does not run."""
        try:
            answer = subprocess.run(
                [self.python, "-c", LOOK], capture_output=True, text=True, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None

    def ready(self, extras, version):
        """Tell whether everything in `extras` is installed as pyproject and constraints say now."""
        record = self.remembered()
        return (
            version is not None
            and record.get("fingerprint") == self.fingerprint()
            and record.get("python") == version
            and set(extras) <= set(record.get("extras", []))
        )

    def remember(self, **facts):
        """Write the record whole or not at all."""
        new = self.stamp.with_suffix(".writing")
        new.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        new.replace(self.stamp)


def set_up(extras, torch_choice=None, root=ROOT):
    """Return the Python that has the course and `extras`, after installing what is missing."""
    home = Environment(root)
    version = home.version()
    if home.ready(extras, version):
        return home.python
    # What was installed for the tests stays installed when the lab is set up again.
    extras = sorted({*extras, *home.remembered().get("extras", [])})
    remembered_choice = home.remembered().get("torch")
    print(f"Setting up the course in {home.folder} (once; later starts take seconds).")
    check_disk(home.root, extras)
    worked_before = bool(home.remembered())
    make_venv(home, version, worked_before)
    home.stamp.unlink(missing_ok=True)
    home.log.write_text("", encoding="utf-8")
    constraint = ["--constraint", str(home.root / "constraints.txt")]
    offline = wheels.options(home.root, [int(part) for part in home.version().split(".")])
    run_pip(home, "Getting pip ready", [*offline, *constraint, "pip", "setuptools"])
    index = torch_choice or remembered_choice
    if not offline:
        index = torch_build.choose(home.python, constraint, index)
    course = f"{home.root}[{','.join(extras)}]"
    # Without isolation the build needs no download of its own: setuptools is there already.
    options = [*constraint, "--no-build-isolation", "--editable", course]
    pins = (home.root / "constraints.txt").read_text(encoding="utf-8").count("==")
    expected = pins if "dev" in extras else pins * 3 // 4
    sources = offline or torch_build.options(index)
    run_pip(home, "Installing the course", [*sources, *options], expected)
    home.remember(fingerprint=home.fingerprint(), python=home.version(), extras=extras, torch=index)
    return home.python


def start_afresh(root=ROOT):
    """Give up the installation that is there; what was chosen for it is remembered."""
    home = Environment(root)
    try:
        home.python.unlink(missing_ok=True)  # a .venv without its Python is made anew
    except OSError as error:
        raise StopError(
            f"{home.folder} is in use ({error.strerror}).",
            "close the programs that use it (JupyterLab, an editor), then run it again.",
        ) from error


def check_disk(folder, extras):
    """Stop before a download that could not be stored."""
    needed = NEEDED_BYTES["dev" if "dev" in extras else "lab"]
    if (folder / ".venv").exists():
        return
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StopError(
            f"The disk has {free / 1e9:.1f} GB free; the course needs {needed / 1e9:.1f} GB.",
            "free some space, or clone the course to another disk, and run the same command again.",
        )


def make_venv(home, version, worked_before):
    """Make .venv, or make it anew when its Python no longer runs.

    One that never came to its end with another Python is made anew with this one: that is what
    somebody tries whose Python turned out to be too new.
    """
    running = f"{sys.version_info.major}.{sys.version_info.minor}."
    if version is not None and (worked_before or version.startswith(running)):
        return
    if home.folder.exists() and not (home.folder / "pyvenv.cfg").is_file():
        raise StopError(
            f"{home.folder} is in the way: it was not made by Python's venv.",
            "move or rename it and run the same command again.",
        )
    if home.folder.exists():
        print("The .venv that is here has no Python that runs: making it anew.")
    with Progress("Making .venv"):
        # Upgrading nothing and copying nothing: the running Python's own venv module does it all.
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(home.folder)],
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise StopError(*venv_trouble(made.stdout + made.stderr))


def venv_trouble(output):
    """Return (what, what to do) for a venv that could not be made."""
    if "ensurepip" in output or "No module named venv" in output:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        return (
            "This Python cannot make virtual environments: its venv module is not installed.",
            f"on Debian or Ubuntu: sudo apt install {package}; then run the same command again.",
        )
    return diagnose(output)


def run_pip(home, title, arguments, expected=1, verb="install"):
    """Run `pip install` (or another verb) with a progress line; keep its words in the log.

    `expected` is about how many packages there will be: some indexes only tell as they go.
    """
    command = [home.python, "-m", "pip", verb, "--disable-pip-version-check", "--no-input"]
    if "pip" not in arguments:
        command.append("--progress-bar=raw")
    lines = []
    with (
        subprocess.Popen(
            [*map(str, command), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
        Progress(title) as progress,
        home.log.open("a", encoding="utf-8") as log,
    ):
        teller = PipTeller(progress, expected)
        try:
            for line in process.stdout:
                if not line.startswith("Progress "):
                    lines.append(line)
                    log.write(line)
                teller.hear(line)
        except BaseException:
            process.terminate()
            raise
        if process.wait():
            what, remedy = diagnose("".join(lines))
            raise StopError(what, f"{remedy}\npip's own words: {home.log}")


class PipTeller:
    """Turn pip's lines into one progress line: choosing, downloading, installing."""

    def __init__(self, progress, expected):
        self.progress = progress
        self.expected = expected
        self.chosen = 0
        self.fetched = 0
        self.name = ""

    def hear(self, line):
        """Take in one line of pip's output."""
        line = line.strip()
        if line.startswith("Processing /"):  # a wheel on this disk: there already
            self.chosen += 1
            self.fetched += 1
        elif line.startswith("Collecting "):
            self.chosen += 1
            self.name = re.split(r"[<>=!~;\[( ]", line.removeprefix("Collecting "))[0]
            self.progress.tell(f"choosing versions: {self.chosen} packages so far ({self.name})")
        elif line.startswith(("Downloading ", "Using cached ")) and ".metadata" not in line:
            self.fetched += 1
            self.name = line.split()[-3] if line.endswith(")") else line.split()[-1]
            self._say_fetched("")
        elif line.startswith("Progress "):
            done, total = (int(word) for word in line.split()[1::2])
            self._say_fetched(f" {done / 1e6:.0f} of {total / 1e6:.0f} MB")
        elif line.startswith("Installing collected packages"):
            count = line.count(",") + 1
            self.progress.tell(f"writing {count} packages to disk (a minute or two)", 0.95)

    def _say_fetched(self, size):
        fraction = 0.9 * self.fetched / max(self.chosen, self.fetched, self.expected)
        self.progress.tell(f"{self.fetched} of {self.chosen} packages, {self.name}{size}", fraction)
