"""The activation explorer's picture as data: curves, gradients by depth, units, and the words."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from . import look
from .activation_parts import both, norms, shares
from .panels import Told
from .sizes import plural

BIASES = np.arange(-5, 1.01, 0.25)


def picture(grid, data, name, leak, depth, bias, rate) -> Told:
    """Return what the page draws for these settings, which must be legal.

    Shapes: grid (places,), data (values,).

    >>> picture(np.array([-1.0, 1.0]), np.array([2.0]), "relu", 0.0, 3, 0.0, 1.0).extra["y"]
    [0.0, 1.0]
    """
    y, slope = both(name, grid, leak)
    kinds = dict.fromkeys((name, "sigmoid", "relu"))
    drawn = {
        "name": name, "reach": float(grid[-1]), "at": bias, "step": rate,
        "x": grid.tolist(), "y": y.tolist(), "slope": slope.tolist(),
        "dots": [data.tolist(), both(name, data, leak)[0].tolist()],
        "norms": {kind: norms(kind, data, depth, leak).tolist() for kind in kinds},
        "units": [shares(data, bias, step).tolist() for step in (0.0, rate)],
        "biases": BIASES.tolist(),
        "dead": [list(dead_by_bias(tuple(data.tolist()), step)) for step in (0.0, rate)],
    }  # fmt: skip
    return Told(**_words(drawn, depth, leak), count=len(grid), extra=drawn)


@lru_cache(maxsize=64)
def dead_by_bias(data: tuple[float, ...], step: float) -> tuple[int, ...]:
    """Return how many units are off for all data, for each bias; most settings share it."""
    return tuple(dead(shares(np.array(data), bias, step)) for bias in BIASES)


def dead(units) -> int:
    """Return how many units are on for no value at all.

    >>> dead(np.array([0.0, 0.5]))
    1
    """
    return int(np.count_nonzero(np.asarray(units) == 0))


def _words(drawn, depth, leak) -> dict:
    name, values = drawn["name"], len(drawn["dots"][0])
    off, after = (dead(unit) for unit in drawn["units"])
    left = ", ".join(f"{look.number(v[-1])} ({kind})" for kind, v in drawn["norms"].items())
    counted = (
        f"{off} of {len(drawn['units'][0])} ReLU units are off for all {plural(values, 'value')}; "
        f"{after} after one step with learning rate {look.number(drawn['step'])}."
    )
    more = f", negative_slope={leak:g}" if name == "leaky_relu" else ""
    sentence = (
        f"Activation explorer: {name}, {plural(values, 'value')}, depth {depth}, "
        f"bias {look.number(drawn['at'])} -> {off} dead units, {after} after a step"
    )
    return {
        "torch": f"{'torch' if name in ('sigmoid', 'tanh') else 'F'}.{name}(x{more})",
        "formula": (f"gradient left after {plural(depth, 'layer')}: {left}",),
        "notes": (counted,),
        "sentence": sentence,
    }
