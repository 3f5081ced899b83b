"""my_cnn.py: the package that a learner writes, one function for each check that passed.

Every block stands between two marker lines. What the learner writes outside the blocks stays.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnnlab.judge.displaying import in_notebook, strict
from cnnlab.judge.exercise import Exercise
from cnnlab.judge.gathering import CannotKeepError, source_blocks

FILE = "my_cnn.py"
SETTING = "CNNLAB_MY_CNN"
HEAD = '''"""my_cnn: operators written by hand; each one passed its check.

cnnlab writes the blocks between the marker lines when a check passes, the newest that passed.
What stands outside the blocks is yours and stays.
"""
'''


def add(exercise: Exercise, function: Callable[..., Any]) -> str | None:
    """Write the function's source into my_cnn.py; return a sentence if that could not be done.

    Done in notebooks, in the working folder; keep_my_cnn(False) or CNNLAB_MY_CNN=0 switches it off,
    and any other value is the file's path.
    """
    path = target()
    if path is None:
        return None
    try:
        pieces = source_blocks(exercise, function)
        write_blocks(path, pieces)
    except (CannotKeepError, OSError) as error:
        return f"not written to {path.name}: {error}"
    return None


def keep_my_cnn(on: bool = True) -> None:
    """Switch the writing of my_cnn.py on or off for this session.

    >>> keep_my_cnn(False)
    >>> print(target())
    None
    >>> keep_my_cnn()
    """
    if on:
        os.environ.pop(SETTING, None)
    else:
        os.environ[SETTING] = "0"


def target() -> Path | None:
    """Return the file to write to, or None where nothing is to be written."""
    setting = os.environ.get(SETTING, "")
    if setting == "0":
        return None
    if setting not in ("", "1"):
        return Path(setting)
    usual = in_notebook() and not strict()
    return Path(FILE) if setting == "1" or usual else None


def write_blocks(path: Path, blocks: dict[str, str]) -> None:
    """Put blocks into the file, each in the place of its former text; all or nothing."""
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    for title, body in blocks.items():
        text = _placed(text, title, f"# >>> {title}\n{body}\n# <<< {title}\n")
    try:
        compile(text, str(path), "exec")
    except SyntaxError as error:
        raise CannotKeepError(f"the file would not be Python any more ({error})") from None
    handle, name = tempfile.mkstemp(dir=path.parent or ".", prefix=".my_cnn", suffix=".py")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def _placed(text: str, title: str, block: str) -> str:
    marked = re.compile(
        rf"^# >>> {re.escape(title)}\n.*?^# <<< {re.escape(title)}\n", re.DOTALL | re.MULTILINE
    )
    if marked.search(text):
        return marked.sub(lambda _: block, text, count=1)
    if title.startswith("import "):
        return _after_imports(text, block.splitlines()[1] + "\n")
    return text.rstrip("\n") + "\n\n\n" + block


def _after_imports(text: str, line: str) -> str:
    """Put an import below those that are there, or below the docstring; it has no markers."""
    if re.search(rf"^{re.escape(line)}", text, re.MULTILINE):
        return text
    there = list(re.finditer(r"^(?:import|from) [^\n]+\n", text.split("# >>>")[0], re.MULTILINE))
    if there:
        at = there[-1].end()
        return text[:at] + line + text[at:]
    head = re.match(r'\s*""".*?"""\n', text, re.DOTALL)
    at = head.end() if head else 0
    return f"{text[:at]}\n{line}{text[at:]}"
