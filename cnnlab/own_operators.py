"""A network that computes with the learner's own functions, where there are right ones.

`my_cnn.py` holds what passed its check. `use_own` tries each function that a network could use on
a few pictures: it is taken where it gives what cnnlab's gives and is not too slow, and cnnlab's own
does the rest. Nothing that is wrong with a learner's file or function stops anything; it is said.
"""

from __future__ import annotations

import html
import importlib.util
import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import sliding
from .judge import displaying, my_package
from .judge.time_limit import TimeIsUp, time_limit

TRIAL_SECONDS = 10


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
    Source: lesson 8.1.
    """
    functions, trouble = _functions()
    calls = _calls(network, images)
    tried = {name: _try(name, calls[name], functions) for name in calls}
    left, chosen = patience, {}
    for name, (own, adapted, seconds, _) in sorted(tried.items(), key=lambda item: item[1][2]):
        cost = seconds * pictures / len(images)
        if own and cost <= left:
            chosen[name], left = _Guarded(own, adapted, calls[name][0][2]), left - cost
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
        with time_limit(TRIAL_SECONDS):
            spec.loader.exec_module(module)
    except (Exception, SystemExit, TimeIsUp) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        what = f"{type(error).__name__}: {error}{line}"
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

    every = [(layer, layer.operators, layer.training) for layer in network.walk()]
    for layer, *_ in every:
        cnnlabs = type(layer).operators
        layer.operators = {name: noting(name, fn) for name, fn in cnnlabs.items()}
        layer.training = False  # a trial leaves no trace in the batch statistics
    try:
        output = network(images)
        network.backward(np.random.default_rng(0).normal(size=output.shape).astype(output.dtype))
    finally:
        for layer, operators, mode in every:
            layer.operators, layer.training = operators, mode
    return calls


def _try(name, calls, functions) -> tuple:
    """Return the first function that is right: (its name, it, seconds, ""), else why there is none.

    Where nothing fits, what is said is about the first that was there.
    """
    said = []
    for own, adapt in OWN.get(name, ()):
        if callable(functions.get(own)):
            adapted, start = adapt(functions[own]), time.perf_counter()
            why = _wrong(adapted, calls)
            if not why:
                return own, adapted, time.perf_counter() - start, ""
            said.append(f"{own} {why}")
    names = " or ".join(dict.fromkeys(own for own, _ in OWN.get(name, ())))
    return "", None, 0.0, said[0] if said else f"no {names} yet" if names else "not an exercise"


def _wrong(function, calls) -> str:
    """Return what is wrong with a function, as half a sentence; nothing if it is right."""
    try:
        with time_limit(TRIAL_SECONDS):
            results = [_like(function(*args, **kwargs), args[0]) for args, kwargs, *_ in calls]
    except TimeIsUp:
        return f"took more than {TRIAL_SECONDS} s for a few pictures"
    except Exception as error:
        return f"stopped with {type(error).__name__}: {error}"
    if any(result is None for result in results):
        return "gives None"
    for result, (_, _, _, expected) in zip(results, calls, strict=True):
        pairs = zip(_several(result), _several(expected), strict=False)
        if not all(_same(ours, theirs) for ours, theirs in pairs):
            return "gives another result here than cnnlab's"
    return ""


def _several(result) -> tuple:
    return result if isinstance(result, tuple) else (result,)


def _same(ours, theirs) -> bool:
    if theirs is None:
        return True
    return np.shape(ours) == theirs.shape and np.allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def _like(result, input):
    """Return results in the input's dtype: many a learner's function answers in float64."""
    if isinstance(result, tuple | list):
        return tuple(_like(part, input) for part in result)
    return None if result is None else np.asarray(result, dtype=input.dtype)


class _Guarded:
    """A learner's function, and cnnlab's from the moment on when it fails."""

    def __init__(self, name, function, cnnlabs):
        self.name, self.function, self.cnnlabs, self.failed = name, function, cnnlabs, False

    def __call__(self, *args, **kwargs):
        if not self.failed:
            try:
                return _like(self.function(*args, **kwargs), args[0])
            except Exception as error:
                self.failed = True
                what = f"{type(error).__name__}: {error}"
                print(f"{self.name} stopped with {what}. cnnlab's goes on in its place.")
        return self.cnnlabs(*args, **kwargs)


# -- what a learner's function lacks, so that it can stand in an operator's place -------------


def _as_it_is(own):
    return own


def _padded(own):
    """A convolution that knows no padding gets its input padded."""

    def conv2d(input, weight, bias=None, padding=0, **settings):
        return own(_pad(input, padding), weight, bias, **settings)

    return conv2d


def _without_bias(own):
    """A convolution that knows neither padding nor bias: both are put around it."""

    def conv2d(input, *weights, padding=0):
        *weights, bias = weights
        output = own(_pad(input, padding), *weights)
        return output if bias is None else output + bias[:, None, None]

    return conv2d


def _cropped(own):
    """A convolution's gradient that knows no padding: the border's part falls away."""

    def conv2d_backward(grad_output, input, weight, bias=None, padding=0):
        grad_input, grad_weight, grad_bias = own(grad_output, _pad(input, padding), weight)
        height, width = input.shape[2:]
        inner = np.s_[..., padding : padding + height, padding : padding + width]
        return grad_input[inner], grad_weight, grad_bias if bias is not None else None

    return conv2d_backward


def _pad(input, padding):
    return sliding.pad(input, [(padding, padding)] * 2) if padding else input


def _by_slope(slope):
    """A backward made of a slope: grad_output times it."""

    def backward(grad_output, input, **settings):
        return grad_output * slope(input, **settings)

    return backward


# The functions that could compute an operator, the one that can do most first
OWN = {
    "conv2d": (
        ("my_conv2d_full", _as_it_is), ("my_grouped_conv2d", _padded), ("my_conv2d", _padded)
    ),
    "conv2d_backward": (("my_conv2d_backward", _cropped),),
    "depthwise_conv2d": (("my_depthwise_conv2d", _without_bias),),
    "separable_conv2d": (("my_separable_conv2d", _without_bias),),
    "spatial_pyramid_pool": (("my_spatial_pyramid_pool", _as_it_is),),
    "adaptive_avg_pool2d": (("my_adaptive_avg_pool2d", _as_it_is),),
}  # fmt: skip
for _pool in ("max_pool2d", "avg_pool2d"):
    for _name in (_pool, f"{_pool}_backward"):
        OWN[_name] = ((f"my_{_name}", _as_it_is),)
for _name in ("relu", "leaky_relu", "sigmoid", "tanh"):
    OWN[_name] = ((f"my_{_name}", _as_it_is),)
    slopes = (f"my_{_name}_backward", _as_it_is), (f"my_{_name}_slope", _by_slope)
    OWN[f"{_name}_backward"] = slopes
