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
    parts = []

    def middle(level, i):
        start, jump = places[level]
        return LEFT + (start + i * jump + 0.5) * unit, HIGH - 24 - level * step

    for level, layer in enumerate(layers):
        k, s, p, d, _ = layer
        ways = [
            (i, i * s - p + t * d)
            for i in levels[level + 1]
            for t in range(k)
            if 0 <= i * s - p + t * d < cells[level]
        ]
        path = "".join(
            "M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*middle(level + 1, i), *middle(level, c))
            for i, c in ways
        )
        parts.append(f'<path d="{path}" stroke="{tokens["pos"]}" opacity=".5"/>')
    for level, inside in enumerate(levels):
        side = max(1.5, min(14, 0.8 * unit * places[level][1]))
        name = "input" if level == 0 else layers[level - 1].name
        text = name if level == 0 else f"{name} {layers[level - 1].kernel_size}"
        y = middle(level, 0)[1]
        parts.append(
            f'<text x="8" y="{y + 4:.1f}" font-size="12" fill="{tokens["ink"]}">'
            f"{escape(text)}</text>"
        )
        for i in range(cells[level]):
            x = middle(level, i)[0]
            fill = tokens["pos"] if i in inside else tokens["well"]
            parts.append(
                f'<rect x="{x - side / 2:.1f}" y="{y - 5:.1f}" width="{side:.1f}" height="10" '
                f'fill="{fill}" stroke="{tokens["line"]}" stroke-width=".5"/>'
            )
    words = escape(record.sentence + (f" ({error})" if error else ""))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
        f'viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="{FONT}"><title>{words}</title>'
        f'<rect width="100%" height="100%" fill="{tokens["page"]}"/>{"".join(parts)}</svg>'
    )
