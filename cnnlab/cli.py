"""The `cnnlab` command: one door on the package, to which a subcommand is added in one line."""

import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

# name: (module and function, what it does). The function takes the arguments after its name, as a
# list, and returns the exit code; its module is imported only when it is asked for.
COMMANDS = {
    "doctor": ("cnnlab.doctor:doctor", "say whether this machine has what the course needs"),
    "lab": ("cnnlab.cli:lab", "open the course's notebooks in JupyterLab"),
    "progress": ("cnnlab.judge.report:progress_command", "show how far you have come"),
}


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


if __name__ == "__main__":
    sys.exit(main())
