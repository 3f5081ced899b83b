"""Packages that a file beside the notebooks would hide: `numpy.py` there is found before NumPy."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable
from pathlib import Path


def hiding(folder: Path, names: set[str]) -> list[Path]:
    """Return what in a folder hides one of these packages, or one of Python's own.

    A folder does so if it is a package itself; any other gives way to what is installed.
    """
    files = {file: file.stem for file in folder.glob("*.py")}
    packages = {init.parent: init.parent.name for init in folder.glob("*/__init__.py")}
    names = names | set(sys.stdlib_module_names)
    return sorted(path for path, name in (files | packages).items() if name in names)


def imported_by(packages: Iterable[str]) -> set[str]:
    """Return by what names these packages, and all that they need, are imported.

    >>> "PIL" in imported_by(["matplotlib"])
    True
    """
    needed = _needed_by(packages)
    brought = importlib.metadata.packages_distributions().items()
    return {name for name, by in brought if needed.intersection(map(_plain, by))}


def _needed_by(packages: Iterable[str]) -> set[str]:
    """Return the packages and what they need, and so on, without anybody's extras."""
    found: set[str] = set()
    todo = [_plain(name) for name in packages]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            needs = [need for need in _requirements(name) if "extra ==" not in need]
            todo += [_plain(re.match(r"[\w.-]+", need)[0]) for need in needs]
    return found


def _requirements(name: str) -> list[str]:
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def _plain(name: str) -> str:
    """Return a package's name as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()
