"""A network that computes with the learner's own functions, where there are right ones.

`my_cnn.py` holds what passed its check. `use_own` tries each function that a network could use on
a few pictures: it is taken where it gives what cnnlab's gives and is not too slow, and cnnlab's own
does the rest. Nothing that is wrong with a learner's file or function stops anything; it is said.
"""

from __future__ import annotations

import html
import importlib.util
import inspect
import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import arguments
from .judge import displaying, my_package, sandbox
from .judge.calling import fresh_copy
from .judge.time_limit import TimeIsUp, time_limit
from .layer import checked
from .own_functions import OWN, Guarded, Trouble, adapted, several, shapes, words

SECONDS = 10  # for all that one function is tried on


class Choice(NamedTuple):
    """Who computes one operator, and why."""

    operator: str
    own: str  # the name of the learner's function, or empty where cnnlab's computes
    why: str


class Choices(list):
    """The choices, one an operator, as a table; `remark` says what is true of them all."""

    remark = ""

    def __repr__(self) -> str:
        rows = [(c.operator, c.own or "cnnlab's", c.why) for c in self]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*([self.remark] if self.remark else []), *lines])

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left;padding:3px 8px">{}</td>'
        rows = "".join(
            f"<tr>{''.join(cell.format(html.escape(text)) for text in row)}</tr>"
            for row in [(c.operator, c.own or "cnnlab's", c.why) for c in self]
        )
        return f"<p>{html.escape(self.remark)}</p><table>{rows}</table>"


def use_own(network, images, *, pictures, patience=60.0):
    """Put the learner's functions into a network where they are right; return who computes what.

    Each is tried on `images`, forward and backward. The quickest come first, as long as all
    together take at most `patience` seconds for a training that sees `pictures` pictures; with
    `patience=float("inf")` every right one is taken, however slow.

    Shapes: images (N, C, H, W); eight are enough.
    Errors: TypeError for what is no network; ValueError where there are no images.
    Source: lesson 8.1.
    """
    network = checked(network)
    if not arguments.array("images", images).size:
        raise ValueError(f"images must hold at least one picture; got shape {images.shape}")
    functions, trouble = _functions()
    calls = _calls(network, images)
    tried = {name: _try(name, calls[name], functions) for name in calls}
    left, chosen = patience, {}
    for name, (own, function, seconds, _) in sorted(tried.items(), key=lambda item: item[1][2]):
        cost = seconds * pictures / len(images)
        if own and cost <= left:
            chosen[name], left = Guarded(own, function, calls[name][0][2]), left - cost
    # What an earlier call put in gives way: a cell may run again after my_cnn.py has changed.
    network.use(**{name: chosen.get(name, calls[name][0][2]) for name in calls})
    choices = Choices(_told(name, chosen, *tried[name], pictures / len(images)) for name in calls)
    choices.remark = trouble
    return choices


def _told(name, chosen, own, _, seconds, why, times) -> Choice:
    if not own:
        return Choice(name, "", why)
    if name in chosen:
        return Choice(name, own, f"right; about {seconds * times:.1f} s of the training")
    return Choice(name, "", f"{own} is right, but would take about {seconds * times:.0f} s")


def _functions() -> tuple[dict, str]:
    """Return what my_cnn.py defines, and a sentence when it can't be had."""
    setting = os.environ.get(my_package.SETTING, "")
    path = Path(my_package.FILE if setting in ("", "0", "1") else setting)
    # The instructor's edition must be the same on every machine.
    if (displaying.strict() and setting in ("", "0", "1")) or not path.exists():
        return {}, f"There is no {path.name} here yet: cnnlab's operators do everything."
    spec = importlib.util.spec_from_file_location("my_cnn", path)
    module = importlib.util.module_from_spec(spec)
    try:
        with time_limit(SECONDS):
            spec.loader.exec_module(module)
    except (Exception, SystemExit, TimeIsUp) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        what = f"{words(error)}{line}"
        return {}, f"{path.name} can't be read ({what}): cnnlab's operators do everything."
    return vars(module), ""


def _calls(network, images) -> dict[str, list]:
    """Return for each operator the calls that a forward and a backward make of it.

    A call is (arguments, keyword arguments, cnnlab's function, its result).
    """
    calls: dict[str, list] = {}

    def noting(name, function):
        def note(*args, **kwargs):
            result = function(*args, **kwargs)
            calls.setdefault(name, []).append((args, kwargs, function, result))
            return result

        return note

    # A trial leaves no trace: not in gradients, batch statistics, or what a layer saw last.
    before = [(layer, dict(vars(layer))) for layer in network.walk()]
    for layer, _ in before:
        cnnlabs = type(layer).operators
        layer.operators = {name: noting(name, fn) for name, fn in cnnlabs.items()}
        layer.training = False
    try:
        output = network(images)
        network.backward(np.random.default_rng(0).normal(size=output.shape).astype(output.dtype))
    finally:
        for layer, kept in before:
            vars(layer).clear()
            vars(layer).update(kept)
    return calls


def _try(name, calls, functions) -> tuple:
    """Return the first function that is right: (its name, it, seconds, ""), else why there is none.

    Where nothing fits, what is said is about the first that was there.
    """
    said = []
    for own, _ in OWN.get(name, ()):
        if callable(functions.get(own)):
            count = len(several(calls[0][3]))
            function = adapted(name, own, functions[own], count)
            why, seconds = _wrong(function, calls)
            if not why:
                return own, function, seconds, ""
            said.append(f"{own} {why}")
    names = " or ".join(own for own, _ in OWN.get(name, ()))
    return "", None, 0.0, said[0] if said else f"no {names} yet" if names else "not an exercise"


def _wrong(function, calls) -> tuple[str, float]:
    """Return what is wrong with a function, as half a sentence, or nothing; and its seconds."""
    given = [[fresh_copy(value) for value in args] for args, *_ in calls]
    outcome = sandbox.run(_timed, [function, given, calls], {}, SECONDS)
    if outcome.endless:
        return f"took more than {SECONDS} s for a few pictures", 0.0
    if not outcome.answered:
        trouble = outcome.error
        told = str(trouble) if isinstance(trouble, Trouble) else f"stopped with {words(trouble)}"
        return told, 0.0
    results, seconds = outcome.value
    right = all(_same(ours, call[3]) for ours, call in zip(results, calls, strict=True))
    wrong = "" if right else "gives another result here than cnnlab's"
    changed = _changed(given, calls)
    if changed:
        told = f"{wrong} and" if wrong else "is right, but"
        return f"{told} changes its {' and '.join(changed)}: work on a copy", seconds
    return wrong, seconds


def _timed(function, given, calls) -> tuple[list, float]:
    """Return the results for what is given, and the seconds without those of the sandbox."""
    start = time.perf_counter()
    rows = zip(given, calls, strict=True)
    results = [function(*args, **kwargs) for args, (_, kwargs, *_) in rows]
    return results, time.perf_counter() - start


def _changed(given, calls) -> list[str]:
    """Return the names of the arguments that a function wrote to."""
    names = {}
    for args, (before, _, cnnlabs, _) in zip(given, calls, strict=True):
        called = inspect.signature(cnnlabs).bind_partial(*args).arguments
        for name, kept in zip(called, before, strict=True):
            array = isinstance(kept, np.ndarray)
            if array and not np.array_equal(called[name], kept, equal_nan=True):
                names[name] = True
    return list(names)


def _same(ours, theirs) -> bool:
    """Return whether a result is cnnlab's, up to rounding."""
    if shapes(ours) != shapes(theirs):
        return False
    near = {"rtol": 1e-3, "atol": 1e-4, "equal_nan": True}
    pairs = zip(ours, several(theirs), strict=True)
    return all(b is None or np.allclose(a, b, **near) for a, b in pairs)
