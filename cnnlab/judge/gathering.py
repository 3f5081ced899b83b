"""Gathering a function's source, with everything of the learner's own that it refers to."""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from cnnlab.judge.exercise import Exercise

# How a class inside a function looks its names up: first in itself, then among the globals
IN_CLASSES = ("LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
PLAIN = (int, float, complex, str, bytes, bool, type(None), tuple, list, dict, set, frozenset)


class CannotKeepError(Exception):
    """Why a function can't be written down, as half a sentence."""


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
        for step in dis.get_instructions(code):
            # An attribute is no global, though it may have the name of one: array.copy
            inner = step.opname in IN_CLASSES and step.argval in function.__globals__
            if step.opname == "LOAD_GLOBAL" or (inner and step.argval != "__name__"):
                found.add(step.argval)
        todo += [c for c in code.co_consts if isinstance(c, CodeType)]
    return found | {name for name in _outside_names(function) if name in function.__globals__}


def _outside_names(function: FunctionType) -> set[str]:
    """Return the names before the body: in decorators, annotations and defaults."""
    tree = ast.parse(_source(function)).body[0]
    outside = [*tree.decorator_list, tree.args, *([tree.returns] if tree.returns else [])]
    nodes = [node for part in outside for node in ast.walk(part)]
    return {node.id for node in nodes if isinstance(node, ast.Name)}


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
    return Path(getattr(sys.modules[module], "__file__", None) or "").name != "my_cnn.py"
