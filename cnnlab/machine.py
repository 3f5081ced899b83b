"""What `cnnlab doctor` looks at: each look says what it found and, if need be, what mends it."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import cnnlab
from cnnlab import hidden

# Written from pyproject.toml and constraints.txt, which are not beside an installed package.
TESTED = json.loads((Path(__file__).parent / "tested_versions.json").read_text("utf-8"))
# The module that proves that a package loads, where it is not the package's own name. torch is
# loaded by a process of its own: a build for another processor ends the process that loads it.
PROOF = {"matplotlib": "matplotlib.pyplot", "scikit-learn": "sklearn.datasets", "torch": None}
# The half of the widgets that runs in the browser: its name in Lab, and what brings it.
FRONT_ENDS = {
    "anywidget": ("anywidget", f"anywidget=={TESTED['packages']['anywidget'][1]}"),
    "ipywidgets": ("@jupyter-widgets/jupyterlab-manager", "jupyterlab_widgets~=3.0"),
}
FIRST_PORT, PORTS = 8888, 51  # the ports that Lab tries by itself
DISK, MEMORY = 0.5e9, 0.5e9  # bytes free: notebooks and caches; a kernel with torch and its server
CHILD_SECONDS = 180


class Finding(NamedTuple):
    """What a look found, whether that will do, and otherwise the one command that mends it."""

    ok: bool
    found: str
    mend: str = ""


# -- commands that mend ----------------------------------------------------------------------------


def course_folder() -> Path | None:
    """Return the folder of the course that this package or the terminal is in."""
    places = (Path(cnnlab.__file__).resolve().parents[1], Path.cwd(), *Path.cwd().parents[:2])
    return next((place for place in places if (place / "course.py").is_file()), None)


def door(command: str) -> str:
    """Return a call of course.py that works from every folder."""
    root = course_folder()
    python = "py" if os.name == "nt" else "python3"
    return f'{python} "{root / "course.py"}" {command}' if root else f"{python} course.py {command}"


def install(need: str, again: bool = False) -> str:
    """Return the command that installs: course.py anew in its own .venv, elsewhere pip."""
    root = course_folder()
    if root and Path(sys.prefix).resolve() == (root / ".venv").resolve():
        return door("lab --fresh")
    options = "--force-reinstall --no-deps " if again else ""
    return f'"{sys.executable}" -m pip install {options}{need}'


def unlock(path: Path) -> str:
    """Return the command that lets this user write in the folder, or in the nearest there is."""
    while not path.exists() and path != path.parent:
        path = path.parent
    if not path.is_dir():
        verb = "move" if os.name == "nt" else "mv"
        return f'{verb} "{path}" "{path}-old"'
    if os.name == "nt":
        return f'icacls "{path}" /grant "%USERNAME%":(OI)(CI)F /T'
    if path.stat().st_uid != os.geteuid():
        return f'sudo chown -R "$(id -un)" "{path}"'
    return f'chmod -R u+rwX "{path}"'


# -- what is installed -----------------------------------------------------------------------------


def python() -> Finding:
    """Look whether this Python is new enough."""
    found = f"{platform.python_version()}  {sys.executable}"
    if _numbers(platform.python_version()) >= _numbers(TESTED["python"]):
        return Finding(True, found)
    newer = f"python{TESTED['python']}" if os.name != "nt" else f"py -{TESTED['python']}"
    return Finding(
        False, f"{found} is older than {TESTED['python']}", f"{newer} course.py lab --fresh"
    )


def package() -> Finding:
    """Look which cnnlab this is: a second one, installed elsewhere, explains many a riddle."""
    found = f"{version_of('cnnlab')}  {Path(cnnlab.__file__).parent}"
    if cnnlab.trouble is None:
        return Finding(True, found)
    return Finding(False, f"{found} does not load: {said(cnnlab.trouble)}", door("lab --fresh"))


def installed(name: str) -> Finding:
    """Look whether a package is there, new enough, near to what was tested, and loads."""
    least, tested = TESTED["packages"][name]
    found, mend = version_of(name), install(f"{name}=={tested}")
    if found is None:
        return Finding(False, "is not installed", mend)
    if not _numbers(found):
        return Finding(False, f"says no version: {found!r}; {least} or newer is needed", mend)
    if _numbers(found) < _numbers(least):
        return Finding(False, f"{found} is too old: {least} or newer is needed", mend)
    if _numbers(found)[0] > _numbers(tested)[0]:
        return Finding(False, f"{found} is a later generation than {tested}, the tested one", mend)
    trouble = _does_not_load(PROOF.get(name, name))
    if trouble:
        again = install(f"{name}=={tested}", again=True)
        return Finding(False, f"{found} is installed but does not load: {trouble}", again)
    is_tested = _numbers(found) == _numbers(tested)
    return Finding(True, found if is_tested else f"{found} (tested with {tested})")


def version_of(name: str) -> str | None:
    """Return the version that is installed, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version's numbers, without zeros at the end: (2, 13) for "2.13.0+cpu"."""
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers[1:] and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _does_not_load(module: str | None) -> str | None:
    if module is None:
        return None
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as error:  # whatever it does, the other lines are still wanted
        return said(error)
    return None


def said(error: BaseException) -> str:
    r"""Return an error as one line; of many, as NumPy writes, the last says what happened.

    >>> said(ImportError("IMPORTANT: please read this.\n\nOriginal error was: no such file\n"))
    'ImportError: Original error was: no such file'
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"


# -- what it does ----------------------------------------------------------------------------------


def torch_computes() -> Finding:
    """Look whether the judge and torch agree on a real exercise."""
    mend = install(
        f"torch=={TESTED['packages']['torch'][1]}", again=version_of("torch") is not None
    )
    try:
        return Finding(True, in_a_child("judge_an_answer"))
    except ChildError as trouble:
        return Finding(False, str(trouble), mend)


def judge_an_answer() -> str:
    """Run in a process of its own: load torch and judge a right answer with it."""
    from cnnlab.judge.bank import exercise
    from cnnlab.judge.judging import judge

    importlib.import_module("torch")  # with its own words, should it fail
    verdict = judge(exercise("conv2d"), cnnlab.conv2d)
    if not verdict.passed or verdict.truth != "torch":
        raise RuntimeError(f"torch and cnnlab disagree: {verdict.message}")
    return "a convolution, equal to cnnlab's"


def kernel() -> Finding:
    """Look whether a notebook's kernel starts, runs a cell, and is this Python."""
    mend = f'"{sys.executable}" -m ipykernel install --sys-prefix --name python3'
    try:
        prefix = in_a_child("run_a_cell")
    except ChildError as trouble:
        return Finding(False, f"a cell did not run: {trouble}", mend)
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        return Finding(False, f"notebooks run in another Python, {prefix}", mend)
    return Finding(True, "started and ran a cell")


def run_a_cell() -> str:
    """Run in a process of its own: start a kernel where the notebooks are; return its prefix."""
    from jupyter_client.manager import start_new_kernel

    folder = work_folder()
    there = {"cwd": str(folder)} if folder.is_dir() else {}
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60, **there)
    said = []
    try:
        cell = "import sys, cnnlab; print(sys.prefix)"
        client.execute_interactive(cell, timeout=60, output_hook=said.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    for message in said:
        if message["msg_type"] == "error":
            raise RuntimeError(f"{message['content']['ename']}: {message['content']['evalue']}")
    return "".join(message["content"].get("text", "") for message in said)


class ChildError(Exception):
    """Why a process of its own did not come to its end, in its own last words."""


def in_a_child(name: str) -> str:
    """Return what a function of this module returns in a fresh process, which may crash."""
    code = f"from cnnlab import machine; print('found:', machine.{name}())"
    place = str(Path(cnnlab.__file__).parents[1])
    paths = [place, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        child = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ChildError(f"nothing happened for {CHILD_SECONDS} s") from None
    if child.returncode:
        words = child.stderr.strip().splitlines() or [f"Python ended with {child.returncode}"]
        raise ChildError(words[-1])
    return child.stdout.rpartition("found:")[2].strip()


# -- what stands around it -------------------------------------------------------------------------


def front_end(name: str) -> Finding:
    """Look whether Lab will find this half of the widgets, the half that runs in the browser."""
    from jupyter_core.paths import jupyter_config_path, jupyter_path

    in_lab, brought_by = FRONT_ENDS[name]
    folders = [Path(folder) / in_lab for folder in jupyter_path("labextensions")]
    place = next((folder for folder in folders if (folder / "package.json").is_file()), None)
    if place is None:
        return Finding(False, "its half in the browser is missing", install(brought_by, again=True))
    for folder in jupyter_config_path():
        if _is_switched_off(in_lab, Path(folder) / "labconfig" / "page_config.json"):
            enable = f'"{sys.executable}" -m jupyter labextension enable {in_lab}'
            return Finding(False, f"is switched off in {folder}", enable)
    return Finding(True, str(place))


def _is_switched_off(name: str, settings: Path) -> bool:
    try:
        off = json.loads(settings.read_text("utf-8")).get("disabledExtensions", {})
    except (OSError, ValueError):
        return False
    return bool(off.get(name)) if isinstance(off, dict) else name in off


def port() -> Finding:
    """Look for a port that Lab can listen on."""
    for number in range(FIRST_PORT, FIRST_PORT + PORTS):
        if _is_free(number):
            note = "" if number == FIRST_PORT else f" ({FIRST_PORT} is taken; Lab takes this one)"
            return Finding(True, f"{number} is free{note}")
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        free = any_port.getsockname()[1]
    taken = f"{FIRST_PORT} to {FIRST_PORT + PORTS - 1} are taken"
    return Finding(False, taken, door(f"lab --port {free}"))


def _is_free(number: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
        return True


def disk() -> Finding:
    """Look for room for notebooks, figures and what Jupyter writes beside them."""
    folder = work_folder()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    empty = f'"{sys.executable}" -m pip cache purge'
    return Finding(free >= DISK, f"{free / 1e9:.1f} GB free, {DISK / 1e9:.1f} GB needed", empty)


def memory() -> Finding:
    """Look for room for one kernel with torch and its server."""
    free = free_memory()
    if free is None:
        return Finding(True, "could not be looked at here")
    found = f"{free / 1e9:.1f} GB free, {MEMORY / 1e9:.1f} GB needed"
    return Finding(free >= MEMORY, found, "close other programs, then once more: cnnlab doctor")


def free_memory(group: Path = Path("/sys/fs/cgroup")) -> float | None:
    """Return the bytes that are free for us; a hub or a container may allow less than there is."""
    try:
        import psutil
    except ImportError:
        return None
    allowed = [float(psutil.virtual_memory().available)]
    try:
        limit, used = (group / "memory.max").read_text(), (group / "memory.current").read_text()
        allowed.append(float(limit) - float(used))
    except (OSError, ValueError):  # no such group, or "max": no limit
        pass
    return min(allowed)


# -- what must be writable -------------------------------------------------------------------------


def work_folder() -> Path:
    """Return where a learner's notebooks are, or will be."""
    root = course_folder()
    return root / "work" if root else Path.cwd()


def work() -> Finding:
    """Look whether notebooks can be saved: the folder, and each notebook that is there."""
    folder = work_folder()
    place = folder if folder.exists() else folder.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
        locked = [book.name for book in place.glob("*.ipynb") if not os.access(book, os.W_OK)]
    except OSError as error:
        return Finding(False, f"{error.strerror}: {place}", unlock(place))
    if locked:
        return Finding(False, f"cannot be saved: {', '.join(sorted(locked))}", unlock(place))
    return Finding(True, str(folder))


def names() -> Finding:
    """Look for what takes the place of a package: numpy.py beside a notebook wins."""
    ours = {(PROOF.get(name) or name).split(".")[0] for name in TESTED["packages"]} | {"cnnlab"}
    hiding = hidden.hiding(work_folder(), ours | hidden.imported_by(TESTED["packages"]))
    if not hiding:
        return Finding(True, "no file hides a package")
    verb = "move" if os.name == "nt" else "mv"
    new = hiding[0].with_name(f"my_{hiding[0].name}")
    found = f"{hiding[0].name} hides the package of that name"
    return Finding(False, found, f'{verb} "{hiding[0]}" "{new}"')


def progress() -> Finding:
    """Look whether checks and predictions can be kept, without leaving a row."""
    from cnnlab.judge import progress

    trouble = progress.trouble()
    if trouble:
        return Finding(False, trouble, unlock(progress.data_folder()))
    return Finding(True, str(progress.data_folder() / progress.FILE))
