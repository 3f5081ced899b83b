"""show: the package's own text, read where it runs, with its file and line."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any


class Source:
    """The source of a function, class or module; text that stays the same when others move."""

    def __init__(self, name: str, place: str, line: int, text: str):
        self.name, self.place, self.line, self.text = name, place, line, text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        # Without the line: executed notebooks are compared as text, and lines above come and go.
        return f"{self.name} in {self.place}\n\n{self.text}"

    def _repr_html_(self) -> str:
        # The instructor's edition (CNNLAB_STRICT=1) is compared as HTML too.
        line = "" if os.environ.get("CNNLAB_STRICT") == "1" else f":{self.line}"
        return (
            f"<details open><summary><strong>{escape(self.name)}</strong> in "
            f"<code>{escape(self.place)}{line}</code></summary>"
            f"<pre><code>{escape(self.text)}</code></pre></details>"
        )


def show(thing: Callable[..., Any] | ModuleType) -> Source:
    """Show the source of a function, class or module of the package, or one of your own.

    Errors: TypeError for what has no Python source.

    >>> import cnnlab
    >>> show(cnnlab.conv2d).place
    'cnnlab/convolution.py'
    """
    thing = inspect.unwrap(thing) if callable(thing) else thing
    try:
        lines, start = inspect.getsourcelines(thing)
        file = inspect.getsourcefile(thing) or "?"
    except (TypeError, OSError):
        raise TypeError(f"thing must have Python source to show; got {thing!r}") from None
    name = getattr(thing, "__name__", type(thing).__name__)
    return Source(name, _place(thing, file), max(1, start), "".join(lines).rstrip("\n"))


def _place(thing: Any, file: str) -> str:
    """Return the file from its package's folder on, the same on every machine."""
    module = sys.modules.get(getattr(thing, "__module__", None) or getattr(thing, "__name__", ""))
    package = (getattr(module, "__name__", "") or "").split(".")[0]
    root = getattr(sys.modules.get(package), "__file__", None)
    if package in ("", "__main__") or not root:
        return "this notebook" if package == "__main__" else Path(file).name
    top = Path(root).parent.parent if Path(root).name == "__init__.py" else Path(root).parent
    try:
        return Path(file).resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        return Path(file).name
