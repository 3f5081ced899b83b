"""One call of a learner's function, from which the judge always comes back with an Outcome."""

from __future__ import annotations

import contextlib
import io
import linecache
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from cnnlab.judge.keeping import KeptBuiltins, bounded_memory, kept_modules, raising_exit
from cnnlab.judge.plain_words import in_plain_words
from cnnlab.judge.time_limit import TimeIsUp, time_limit

JUDGE = str(Path(__file__).parent)
EXPLAINED = TypeError, ValueError, IndexError, OverflowError
LIBRARIES = ("torch", "cnnlab", "scipy", "tensorflow", "jax")


@dataclass
class Outcome:
    """What came of a call: an answer, or why there is none."""

    value: Any = None
    failure: str | None = None
    error: BaseException | None = None
    endless: bool = False
    printed: str = ""
    warned: tuple[str, ...] = ()
    rebound: list[str] = field(default_factory=list)
    libraries: set[str] = field(default_factory=set)

    @property
    def answered(self) -> bool:
        """Whether the function returned."""
        return self.failure is None


class _Printed(io.StringIO):
    """Takes what is printed, up to a limit, so that printing in a loop does not fill memory."""

    def write(self, text: str) -> int:
        return super().write(text[:1000]) if self.tell() < 20_000 else len(text)

    def close(self) -> None:
        """Stay open: a function may close what it takes for the screen."""


def run(
    function: Callable[..., Any],
    args: list[Any],
    kwargs: dict[str, Any],
    seconds: float = 3.0,
    watch: bool = False,
) -> Outcome:
    """Call the function; `watch` also notes which libraries it calls."""
    outcome, printed = Outcome(), _Printed()
    interrupted = threading.Event()
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            np.errstate(all="warn", under="ignore"),  # as NumPy does by default: 0 is right there
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            kept_modules(outcome.rebound),
            _own_interrupt(interrupted),
            _watched(outcome.libraries if watch else None),
            bounded_memory(),
            time_limit(seconds),
            raising_exit(),
            KeptBuiltins(outcome.rebound),
        ):
            warnings.simplefilter("always")
            outcome.value = function(*args, **kwargs)
    except TimeIsUp:
        outcome.endless = True
        outcome.failure = (
            f"It had not ended after {seconds:g} seconds and was stopped: is there a loop that "
            "never ends?"
        )
    except BaseException as error:
        if interrupted.is_set():  # the person at the keyboard, not the function
            raise
        outcome.failure = _failure(error, _learners_line(function, error.__traceback__))
        outcome.error = error.with_traceback(None)  # frames would keep big arrays alive
    outcome.printed = printed.getvalue()
    outcome.warned = tuple(dict.fromkeys(str(w.message) for w in caught))
    return outcome


def _failure(error: BaseException, where: str) -> str:
    if isinstance(error, SystemExit):
        return f"It ended the program (sys.exit or exit){where}: return the answer instead."
    if isinstance(error, KeyboardInterrupt):
        return f"It raised KeyboardInterrupt itself{where}."
    if isinstance(error, RecursionError):
        return f"It calls itself without end (RecursionError){where}."
    if isinstance(error, MemoryError):
        return f"It asked for more memory than there is (MemoryError){where}."
    try:
        text = str(error)
    except Exception:  # a learner's own exception class may be broken too
        text = ""
    told = f"It raised {type(error).__name__}{': ' if text else ''}{text[:300]}{where}"
    plain = in_plain_words(text) if isinstance(error, EXPLAINED) else ""
    return f"{told}. {plain}" if plain else told


def _learners_line(function: Callable[..., Any], trace: TracebackType | None) -> str:
    """Return ", in line 3 of my_conv2d: ..." for the deepest line of the learner's own file."""
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    own, number = None, 0
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file == home or (home is None and not file.startswith(JUDGE)):
            own, number = trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
    if own is None:
        return ""
    text = linecache.getline(own.f_code.co_filename, number, own.f_globals).strip()
    line = number - own.f_code.co_firstlineno + 1
    return f" in line {line} of {own.f_code.co_name}" + (f":  {text}" if text else "")


@contextlib.contextmanager
def _own_interrupt(pressed: threading.Event) -> Iterator[None]:
    """Tell a Ctrl-C of the person from a KeyboardInterrupt that the function raises."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def press(_number: int, _frame: Any) -> None:
        pressed.set()
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if not callable(before):
        yield
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _watched(libraries: set[str] | None) -> Iterator[None]:
    if libraries is None:
        yield
        return

    # Its own names for these: the function that it looks at may delete the builtins.
    def look(frame: Any, event: str, arg: Any, getattr=getattr, type=type, str=str) -> None:
        if event == "c_call":
            owner = (
                getattr(arg, "__module__", None) or type(getattr(arg, "__self__", None)).__module__
            )
        else:
            owner = frame.f_globals.get("__name__")
        library = str(owner).split(".")[0]
        if library in LIBRARIES and not str(owner).startswith("cnnlab.judge"):
            libraries.add(library)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
