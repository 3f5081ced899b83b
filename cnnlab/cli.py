"""The `cnnlab` command: one door on the package, to which a subcommand is added in one line."""

import argparse
import importlib
import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path

# name: (module and function, what it does). The function takes the arguments after its name, as a
# list, and returns the exit code; its module is imported only when it is asked for.
COMMANDS = {
    "doctor": ("cnnlab.cli:doctor", "say whether this machine has what the course needs"),
    "lab": ("cnnlab.cli:lab", "open the course's notebooks in JupyterLab"),
    "progress": ("cnnlab.judge.report:progress_command", "show how far you have come"),
}
# Distribution and the module that proves it works: a package can be installed and not load.
NEEDED = {
    "numpy": "numpy",
    "torch": "torch",
    "matplotlib": "matplotlib.pyplot",
    "scikit-learn": "sklearn.datasets",
    "ipywidgets": "ipywidgets",
    "anywidget": "anywidget",
    "hypothesis": "hypothesis",
    "jupyterlab": "jupyterlab",
}
REMEDY = "In the course's folder run: python3 course.py lab"


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit code.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    cnnlab ...
    0
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help"):
        print(overview())
        return 0
    if arguments[0] == "--version":
        print(f"cnnlab {importlib.metadata.version('cnnlab')}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"cnnlab does not know {name!r}.\n\n{overview()}", file=sys.stderr)
        return 2
    module, function = COMMANDS[name][0].split(":")
    return getattr(importlib.import_module(module), function)(rest)


def overview() -> str:
    """Return what the command can do, a line each."""
    rows = [f"  {name:<10} {about}" for name, (_, about) in COMMANDS.items()]
    return "\n".join(["usage: cnnlab COMMAND [--help]", "", *rows])


def doctor(arguments: list[str]) -> int:
    """Load what the course needs and say, a line each, what is there and what is not."""
    _nothing_but_help("doctor", arguments)
    import cnnlab

    print(f"Python      {platform.python_version()}  {sys.executable}")
    print(f"cnnlab      {importlib.metadata.version('cnnlab')}  {Path(cnnlab.__file__).parent}")
    troubles = [trouble for name in NEEDED if (trouble := _look_at(name))]
    if troubles:
        print("\n".join(["", "This machine is not ready:", *troubles, REMEDY]))
        return 1
    print("\nThis machine is ready.")
    return 0


def lab(arguments: list[str]) -> int:
    """Hand over to the checkout's course.py, which lays the notebooks and opens Lab."""
    import cnnlab

    door = Path(cnnlab.__file__).parent.parent / "course.py"
    if not door.is_file():
        print(
            "The notebooks are not part of the installed package: get the course with git clone,\n"
            "then run there: python3 course.py lab",
            file=sys.stderr,
        )
        return 1
    return subprocess.run([sys.executable, str(door), "lab", *arguments]).returncode


def _look_at(name: str) -> str | None:
    try:
        version = importlib.metadata.version(name)
        importlib.import_module(NEEDED[name])
    except importlib.metadata.PackageNotFoundError:
        return f"  {name} is not installed."
    except (ImportError, OSError) as error:  # OSError: a system library that it needs is missing
        return f"  {name} is installed but does not load: {error}"
    print(f"{name:<11} {version}")
    return None


def _nothing_but_help(name: str, arguments: list[str]) -> None:
    about = COMMANDS[name][1]
    argparse.ArgumentParser(prog=f"cnnlab {name}", description=about).parse_args(arguments)
