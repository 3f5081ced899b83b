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

WATCHED: tuple[ModuleType, ...] = (np, np.linalg, np.lib.stride_tricks, builtins)
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


@contextmanager
def kept_modules(changed: list[str]) -> Iterator[None]:
    """Put back what a call rebound in NumPy and the builtins; list it in `changed`."""
    before = [(module, dict(module.__dict__)) for module in WATCHED]
    try:
        yield
    finally:
        for module, names in before:
            now = module.__dict__
            if _same_objects(now, names):
                continue
            for name, value in names.items():
                if now.get(name, before) is not value and name != "_":
                    changed.append(f"{module.__name__}.{name}")
                    now[name] = value


def _same_objects(now: dict[str, object], before: dict[str, object]) -> bool:
    """Return whether nothing was rebound; the quick way, since it is asked after every call."""
    return len(now) == len(before) and all(map(is_, now.values(), before.values()))


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
