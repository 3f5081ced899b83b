"""The cone of one output as a still picture."""

from __future__ import annotations

from html import escape

from . import look
from .field_parts import Window, fields
from .panels import Told
from .still import FONT

WIDE, HIGH, LEFT, TOP = 520, 260, 110, 26


def reached(layers, cells: list[int], place: int) -> list[list[int]]:
    """Return which cells of each level one output depends on, the input's first.

    >>> reached([Window(3, 2), Window(3)], [9, 4, 2], 0)
    [[0, 1, 2, 3, 4, 5, 6], [0, 1, 2], [0]]
    """
    levels = [[place]]
    for (k, s, p, d, _), n in zip(reversed(layers), reversed(cells[:-1]), strict=True):
        taps = {i * s - p + t * d for i in levels[0] for t in range(k)}
        levels.insert(0, sorted(taps & set(range(n))))
    return levels


def cone(record: Told, place: int, theme: str, error: str) -> str:
    """Return every level as a row of cells, those that the output depends on filled."""
    tokens = look.TOKENS[theme]
    layers = [Window(*layer) for layer in record.extra["layers"]]
    cells = record.extra["cells"]
    levels = reached(layers, cells, place)
    places = [(0.0, 1), *((f.start, f.jump or 1) for f in fields(layers))]
    unit = (WIDE - LEFT - 10) / cells[0]
    step = (HIGH - TOP - 30) / len(layers)

    def middle(level, i):
        start, jump = places[level]
        return LEFT + (start + i * jump + 0.5) * unit, HIGH - 24 - level * step

    parts = [
        _lines(layer, levels[level + 1], cells[level], level, middle, tokens)
        for level, layer in enumerate(layers)
    ]
    for level, inside in enumerate(levels):
        side = max(1.5, min(14, 0.8 * unit * places[level][1]))
        text = f"{layers[level - 1].name} {layers[level - 1].kernel_size}" if level else "input"
        drawn = [(middle(level, i)[0], i in inside) for i in range(cells[level])]
        parts.append(_row(text, middle(level, 0)[1], side, drawn, tokens))
    words = escape(record.sentence + (f" ({error})" if error else ""))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
        f'viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="{FONT}"><title>{words}</title>'
        f'<rect width="100%" height="100%" fill="{tokens["page"]}"/>{"".join(parts)}</svg>'
    )


def _lines(layer, outputs, cells, level, middle, tokens) -> str:
    """Return a line from each output that counts to each cell that it reads."""
    k, s, p, d, _ = layer
    ways = [(i, i * s - p + t * d) for i in outputs for t in range(k)]
    path = "".join(
        "M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*middle(level + 1, i), *middle(level, cell))
        for i, cell in ways
        if 0 <= cell < cells
    )
    return f'<path d="{path}" stroke="{tokens["pos"]}" opacity=".5"/>'


def _row(text, y, side, drawn, tokens) -> str:
    """Return a level: its name, and its cells, those that count filled."""
    name = (
        f'<text x="8" y="{y + 4:.1f}" font-size="12" fill="{tokens["ink"]}">{escape(text)}</text>'
    )
    cells = (
        f'<rect x="{x - side / 2:.1f}" y="{y - 5:.1f}" width="{side:.1f}" height="10" '
        f'fill="{tokens["pos" if inside else "well"]}" stroke="{tokens["line"]}" '
        f'stroke-width=".5"/>'
        for x, inside in drawn
    )
    return name + "".join(cells)
