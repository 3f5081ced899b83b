"""The receptive field explorer's picture as data: layers, cells, fields and words."""

from __future__ import annotations

import numpy as np

from .field_parts import fields, gradient
from .look import number
from .panels import Told
from .sizes import plural, verb


def told(layers, cells: list[int]) -> Told:
    """Return what the page draws for this stack on an input of cells[0] cells along each axis.

    >>> from .field_parts import windows
    >>> told(windows([(3,)]), [5, 3]).extra["rows"]
    [{'size': 3, 'jump': 1, 'start': 1.0, 'padding': 0}]
    """
    found = fields(layers)
    rows = [{"size": f.size, "jump": f.jump, "start": f.start, "padding": f.padding} for f in found]
    middle = cells[-1] // 2
    return Told(
        formula=(recurrence(layers, found),),
        torch=network(layers),
        notes=(effect(gradient(layers, cells, middle), found[-1], middle),),
        sentence=f"Receptive field explorer: {plural(len(layers), 'layer')}, "
        f"input {cells[0]}x{cells[0]} -> field {found[-1].size}x{found[-1].size}, "
        f"jump {found[-1].jump}",
        count=cells[-1],
        extra={"layers": [list(layer) for layer in layers], "cells": cells, "rows": rows},
    )


def recurrence(layers, found) -> str:
    """Write the rule of the last layer with its numbers.

    >>> from .field_parts import windows
    >>> layers = windows([(3, 2), (3,)])
    >>> recurrence(layers, fields(layers))
    'field = 3 + 1·(3 − 1)·2 = 7; jump = 2·1 = 2; start = (7 − 1)/2 − 0 = 3'
    """
    k, s, _, d, _ = layers[-1]
    before = found[-2] if len(found) > 1 else None
    size, jump = (before.size, before.jump) if before else (1, 1)
    last = found[-1]
    return (
        f"field = {size} + {d}·({k} − 1)·{jump} = {last.size}; jump = {jump}·{s} = {last.jump}; "
        f"start = ({last.size} − 1)/2 − {last.padding} = {number(last.start)}"
    )


def network(layers) -> str:
    """Write the stack in torch's words; pools as means, which is what the gradient is drawn for."""
    texts = []
    for k, s, p, d, name in layers:
        if averages((k, s, p, d, name)):
            options = {"stride": (s, k), "padding": (p, 0)}
            start = f"nn.AvgPool2d({k}"
        else:
            options = {"stride": (s, 1), "padding": (p, 0), "dilation": (d, 1)}
            start = f"nn.Conv2d(1, 1, {k}"
        more = [f", {n}={value}" for n, (value, plain) in options.items() if value != plain]
        texts.append(f"{start}{''.join(more)}{', bias=False' if 'Conv' in start else ''})")
    return f"nn.Sequential({', '.join(texts)})"


def averages(layer) -> bool:
    """Say whether torch's line has a pool for this layer; its pools know no dilation."""
    k, _, p, d, name = layer
    return name == "pool" and d == 1 and 2 * p <= k


def effect(grad: np.ndarray, field, place: int) -> str:
    """Say what of the field's width has a gradient, and where most of the gradient is.

    >>> from cnnlab.tracing import Field
    >>> effect(np.array([0.25, 0.0, 0.5, 0.0, 0.25]), Field(5), 0)
    'Output 0: its field is 5 cells wide; 2 lie in holes, 3 get a gradient and 3 hold 90% of it.'
    """
    start = place * (field.jump or 0) - field.padding
    inside = len(range(max(0, start), min(len(grad), start + field.size)))
    largest = np.sort(grad)[::-1]
    most = int(np.searchsorted(np.cumsum(largest), 0.9 * grad.sum() - 1e-12)) + 1
    reached = np.count_nonzero(grad)
    parts = [(field.size - inside, "in the padding"), (inside - reached, "in holes")]
    less = [f"{n} {verb(n, 'lies', 'lie')} {what}" for n, what in parts if n]
    got = f"{reached} {verb(reached, 'gets', 'get')} a gradient"
    return (
        f"Output {place}: its field is {plural(field.size, 'cell')} wide; "
        f"{', '.join([*less, got])} and {most} {verb(most, 'holds', 'hold')} 90% of it."
    )
