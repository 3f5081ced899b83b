"""Leaving the learner's session as it was: what a function under judgement may not change."""

from __future__ import annotations

import builtins
import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from operator import is_
from pathlib import Path
from types import ModuleType

import numpy as np

try:
    import resource
except ImportError:  # Windows
    resource = None

WATCHED = ("numpy", "numpy.linalg", "numpy.lib.stride_tricks", "torch", "torch.nn.functional")
BUILTINS = vars(builtins)
ROOM = 4 << 30


@contextmanager
def kept_state() -> Iterator[None]:
    """Put back, after a whole check: randomness, folder, environment, limits, NumPy's settings."""
    python_random, numpy_random = random.getstate(), np.random.get_state()  # noqa: NPY002
    folder, environment = _folder(), dict(os.environ)
    depth, trace, profile = sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()
    streams = sys.stdout, sys.stderr
    try:
        with warnings.catch_warnings(), np.errstate(), np.printoptions():
            yield
    finally:
        sys.stdout, sys.stderr = streams
        random.setstate(python_random)
        np.random.set_state(numpy_random)  # noqa: NPY002
        if folder is not None:
            with suppress(OSError):
                os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        sys.setrecursionlimit(depth)
        sys.settrace(trace)
        sys.setprofile(profile)


class KeptBuiltins:
    """Puts back the builtins before all else: what puts back the rest needs them.

    Until they are back only methods are called: `len` itself may be gone.
    """

    def __init__(self, changed: list[str]):
        self.changed = changed

    def __enter__(self) -> None:
        self.before = BUILTINS.copy()

    def __exit__(self, *_: object) -> None:
        now = BUILTINS.copy()
        BUILTINS.update(self.before)
        if not _same_objects(now, self.before):
            self.changed += [f"builtins.{name}" for name in _rebound(now, self.before)]


@contextmanager
def kept_modules(changed: list[str]) -> Iterator[None]:
    """Put back what a call rebound in NumPy and torch; list it in `changed`."""
    modules: list[ModuleType] = [sys.modules[name] for name in WATCHED if name in sys.modules]
    before = [(module, dict(vars(module))) for module in modules]
    try:
        yield
    finally:
        for module, names in before:
            now = vars(module)
            if _same_objects(now, names):
                continue
            for name in _rebound(now, names):
                changed.append(f"{module.__name__}.{name}")
                now[name] = names[name]


def _rebound(now: dict[str, object], before: dict[str, object]) -> list[str]:
    return [n for n, value in before.items() if now.get(n, before) is not value and n != "_"]


def _same_objects(now: dict[str, object], before: dict[str, object]) -> bool:
    """Return whether nothing was rebound; the quick way, since it is asked after every call."""
    return len(now) == len(before) and all(map(is_, now.values(), before.values()))


@contextmanager
def raising_exit() -> Iterator[None]:
    """Let exit() and quit() raise SystemExit in IPython, as in Python.

    There they raise nothing: they ask the shell to stop, and a kernel does so a little later.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        yield
        return
    keeps = getattr(shell, "keepkernel_on_exit", None)
    shell.ask_exit = _leave
    try:
        yield
    finally:
        vars(shell).pop("ask_exit", None)
        shell.keepkernel_on_exit = keeps


def _leave() -> None:
    raise SystemExit


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Let the block take at most a few GB more than now, where the platform can say so.

    An array far too large then raises MemoryError instead of ending the kernel.
    """
    now = _address_space()
    if now is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [now + ROOM, *(x for x in (soft, hard) if x != resource.RLIM_INFINITY)]
    try:
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    if resource is None or not sys.platform.startswith("linux"):
        return None
    with suppress(OSError, ValueError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return None


def _folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # the folder was deleted under the kernel
        return None
