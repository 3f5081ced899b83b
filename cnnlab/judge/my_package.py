"""my_cnn.py: the package that a learner writes, one function for each check that passed.

Every block stands between two marker lines. What the learner writes outside the blocks stays.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import linecache
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from cnnlab.judge.displaying import in_notebook, strict
from cnnlab.judge.exercise import Exercise

FILE = "my_cnn.py"
HEAD = '''"""my_cnn: operators written by hand; each one passed its check.

cnnlab writes the blocks between the marker lines when a check passes, the newest that passed.
What stands outside the blocks is yours and stays.
"""
'''
PLAIN = (int, float, complex, str, bytes, bool, type(None), tuple, list, dict, set, frozenset)


class CannotKeepError(Exception):
    """Why a function can't be written down, as half a sentence."""


def add(exercise: Exercise, function: Callable[..., Any]) -> str | None:
    """Write the function's source into my_cnn.py; return a sentence if that could not be done.

    Done in notebooks, in the working folder; CNNLAB_MY_CNN=0 switches it off, and any other value
    is the file's path.
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


def target() -> Path | None:
    """Return the file to write to, or None where nothing is to be written."""
    setting = os.environ.get("CNNLAB_MY_CNN", "")
    if setting == "0":
        return None
    if setting not in ("", "1"):
        return Path(setting)
    usual = in_notebook() and not strict()
    return Path(FILE) if setting == "1" or usual else None


def source_blocks(exercise: Exercise, function: Callable[..., Any]) -> dict[str, str]:
    """Return the blocks by their title: imports, helpers, and the function itself."""
    gather = _Gather()
    gather.function(function)
    own = gather.texts.pop(function.__name__)
    public = f"my_{exercise.name}"
    if function.__name__ != public:
        own += f"\n\n{public} = {function.__name__}"
    blocks = {f"import {line}": line for line in gather.imports}
    blocks |= {f"helper {name}": text for name, text in gather.texts.items()}
    return blocks | {f"{exercise.name}, lesson {exercise.lesson}": own}


class _Gather:
    """Collects a function's source and everything of the learner's own that it refers to."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.imports: list[str] = []

    def function(self, function: Any) -> None:
        function = inspect.unwrap(function)
        if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
            raise CannotKeepError("only a function written with `def` can be written down")
        if function.__code__.co_freevars:
            raise CannotKeepError("it uses variables of the function around it")
        self.texts[function.__name__] = _source(function)
        for name in sorted(_names(function)):
            if name in function.__globals__:
                self.value(name, function.__globals__[name])
            elif not hasattr(builtins, name) and name != "__class__":
                raise CannotKeepError(f"it uses {name}, which is not there")

    def value(self, name: str, value: Any) -> None:
        module, qualified = getattr(value, "__module__", None), getattr(value, "__name__", None)
        if name in self.texts:
            return
        if isinstance(value, ModuleType):
            self._add_import(f"import {value.__name__}", name, value.__name__)
        elif isinstance(value, PLAIN):
            self.texts[name] = f"{name} = {value!r}"
        elif isinstance(value, FunctionType) and not _installed(value):
            self.function(value)
            if value.__name__ != name:
                self.texts[name] = f"{name} = {value.__name__}"
        elif isinstance(value, type) and not _installed(value):
            self._class(name, value)
        elif isinstance(value, type | FunctionType | BuiltinFunctionType) or callable(value):
            if not module or not qualified or module == "__main__":
                raise CannotKeepError(f"it uses {name}, whose source can't be found")
            self._add_import(f"from {module} import {qualified}", name, qualified)
        else:
            raise CannotKeepError(f"it uses the global variable {name}: make it an argument")

    def _class(self, name: str, value: type) -> None:
        self.texts[name] = _source(value)
        for method in vars(value).values():
            if isinstance(method, FunctionType):
                for used in sorted(_names(method) - {name}):
                    if used in method.__globals__:
                        self.value(used, method.__globals__[used])

    def _add_import(self, line: str, name: str, usual: str) -> None:
        line = line if name == usual else f"{line} as {name}"
        if line not in self.imports:
            self.imports.append(line)


def _names(function: FunctionType) -> set[str]:
    """Return the global names a function uses, its inner functions and defaults included."""
    found: set[str] = set()
    todo: list[CodeType] = [function.__code__]
    while todo:
        code = todo.pop()
        found |= {n for n in code.co_names if n in function.__globals__ or _loads_global(code, n)}
        todo += [c for c in code.co_consts if isinstance(c, CodeType)]
    words = re.findall(r"[A-Za-z_]\w*", _signature_text(function))
    return found | {word for word in words if word in function.__globals__}


def _loads_global(code: CodeType, name: str) -> bool:
    return any(i.opname == "LOAD_GLOBAL" and i.argval == name for i in dis.get_instructions(code))


def _signature_text(function: FunctionType) -> str:
    """Return what stands before the body: decorators, annotations and defaults name things too."""
    tree = ast.parse(_source(function)).body[0]
    outside = [*tree.decorator_list, tree.args, *([tree.returns] if tree.returns else [])]
    return " ".join(ast.unparse(part) for part in outside)


def _source(thing: Any) -> str:
    try:
        text = inspect.getsource(thing)
    except (OSError, TypeError):
        text = _class_in_a_cell(thing) if isinstance(thing, type) else None
        if text is None:
            raise CannotKeepError(f"the source of {thing.__name__} can't be found") from None
    lines = [line.rstrip() for line in textwrap.dedent(text).splitlines()]
    return "\n".join(x for x in lines if x.strip() not in MARKERS).strip("\n")


def _class_in_a_cell(thing: type) -> str | None:
    """Return a class's source by way of its methods: inspect can't find classes of a notebook."""
    for method in vars(thing).values():
        if isinstance(method, FunctionType):
            lines = linecache.getlines(method.__code__.co_filename, method.__globals__)
            for node in ast.walk(ast.parse("".join(lines))):
                if isinstance(node, ast.ClassDef) and node.name == thing.__name__:
                    return "".join(lines[node.lineno - 1 : node.end_lineno])
    return None


MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


def _installed(value: Any) -> bool:
    """Return whether a function or class comes from an importable module, not from a notebook."""
    module = getattr(value, "__module__", None)
    if module in (None, "__main__") or module not in sys.modules:
        return False
    return Path(getattr(sys.modules[module], "__file__", None) or "").name != FILE


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
    """Put an import below those that are there, or below the docstring; an import has no markers."""
    if re.search(rf"^{re.escape(line)}", text, re.MULTILINE):
        return text
    there = list(re.finditer(r"^(?:import|from) [^\n]+\n", text.split("# >>>")[0], re.MULTILINE))
    if there:
        at = there[-1].end()
        return text[:at] + line + text[at:]
    head = re.match(r'\s*""".*?"""\n', text, re.DOTALL)
    at = head.end() if head else 0
    return f"{text[:at]}\n{line}{text[at:]}"
