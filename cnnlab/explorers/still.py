"""The same record as a still picture, for where no JavaScript runs: GitHub, nbconvert, print."""

from __future__ import annotations

import base64
import struct
import zlib
from html import escape

import numpy as np

from . import look
from .panels import Panel
from .record import Record

CELL, TITLE, GAP, MARGIN = 30, 34, 26, 10
LARGEST = 460  # pixels; many cells are drawn smaller
FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"


def still(record: Record, place: int, theme: str = "light", error: str = "") -> str:
    """Return the record as an SVG picture with one output cell and its window outlined."""
    tokens = look.TOKENS[theme]
    sides = [record.of(role) for role in ("input", "kernel", "output")]
    sides = [side for side in sides if side]
    if all(panel.drawn.shape[0] == 1 for side in sides for panel in side):
        sides = [[panel for side in sides for panel in side]]  # lines stand below each other
    sides = [part for side in sides for part in _halved(side)]
    rows = max(sum(_extent(panel, 0) for panel in side) for side in sides)
    longest = max(_extent(panel, 1) for side in sides for panel in side)
    cell = max(3, min(CELL, LARGEST // rows, 2 * LARGEST // longest))
    height = max(sum(_extent(p, 0) * cell + TITLE for p in side) for side in sides) + 2 * MARGIN
    parts, spots, x = [], {}, MARGIN
    for side in sides:
        y = (height - sum(_extent(p, 0) * cell + TITLE for p in side)) / 2
        for panel in side:
            spots[id(panel)] = (x, y + TITLE)
            parts += [_title(panel, x, y, tokens), *_cells(panel, x, y + TITLE, cell, theme)]
            y += _extent(panel, 0) * cell + TITLE
        x += max(max(_extent(p, 1) * cell, 7.5 * len(p.title)) for p in side) + GAP
    if record.count:
        parts += _marks(record, place, spots, cell, tokens)
    words = escape(record.sentence + (f" ({error})" if error else ""))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{x:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {x:.0f} {height:.0f}" role="img" font-family="{FONT}" text-anchor="middle" '
        f'dominant-baseline="central"><title>{words}</title>'
        f'<rect width="100%" height="100%" fill="{tokens["page"]}"/>{"".join(parts)}</svg>'
    )


def _halved(side: list[Panel]) -> list[list[Panel]]:
    """Return a side as two when it would be a tower of more than three pictures."""
    half = (len(side) + 1) // 2
    tall = len(side) > 3 and sum(_extent(p, 0) for p in side) > 2 * max(_extent(p, 1) for p in side)
    return [side[:half], side[half:]] if tall else [side]


def _extent(panel: Panel, axis: int) -> int:
    return (panel.drawn.shape[axis] - 1) * panel.spread[axis] + 1


def _title(panel: Panel, x, y, tokens) -> str:
    letter = f"{panel.letter} " if panel.letter else ""
    note = panel.note and (
        f'<text x="{x}" y="{y + 26}" font-size="11" text-anchor="start" fill="{tokens["muted"]}">'
        f"{escape(panel.note)}</text>"
    )
    above = 11 if panel.note else 22
    return (
        f'<text x="{x}" y="{y + above}" font-size="13" font-weight="600" text-anchor="start" '
        f'fill="{tokens["ink"]}">{escape(letter + panel.title)}</text>{note}'
    )


def _cells(panel: Panel, x, y, cell, theme):
    finite = np.abs(panel.drawn[np.isfinite(panel.drawn)])
    limit = finite.max() if finite.size else 0
    size = cell * 0.4
    if panel.drawn.size > look.DIGITS_UP_TO:  # too many for a rectangle each
        yield _pixels(panel, x, y, cell, limit, theme)
        return
    fills: dict[str, str] = {}  # cells of one colour are one path, digits of one look one group
    digits: dict[str, str] = {}
    for (row, col), value in np.ndenumerate(panel.drawn):
        left, top = x + col * panel.spread[1] * cell, y + row * panel.spread[0] * cell
        colour = look.shade(value if np.isfinite(value) else 0.0, limit, theme)
        fill = "#" + "".join(f"{int(c):02x}" for c in colour)
        square = f"M{left:g} {top:g}h{cell}v{cell}h-{cell}z"
        fills[fill] = fills.get(fill, "") + square
        text = look.number(value)
        width = min(size, 0.9 * cell / (0.58 * len(text)))
        if width >= 6:
            slant = "" if _real(panel, row, col) else ' font-style="italic" opacity=".6"'
            face = f'font-size="{width:.3g}" fill="{look.ink(colour)}"{slant}'
            word = f'<text x="{left + cell / 2:g}" y="{top + cell / 2:g}">{text}</text>'
            digits[face] = digits.get(face, "") + word
    squares = "".join(f'<path fill="{fill}" d="{path}"/>' for fill, path in fills.items())
    yield f'<g stroke="{look.TOKENS[theme]["line"]}" stroke-width=".75">{squares}</g>'
    yield from (f"<g {face}>{words}</g>" for face, words in digits.items())
    if panel.drawn.shape != panel.values.shape:
        (top, left), (high, wide) = panel.edge, panel.values.shape
        yield (
            f'<rect x="{x + left * cell:g}" y="{y + top * cell:g}" width="{wide * cell}" '
            f'height="{high * cell}" fill="none" stroke="{look.TOKENS[theme]["ink"]}" '
            f'stroke-width="2"/>'
        )


def _pixels(panel: Panel, x, y, cell, limit, theme) -> str:
    """Draw a panel as a PNG of one pixel a cell."""
    zero, neg, pos = (look.rgb(look.TOKENS[theme][name]) for name in ("zero", "neg", "pos"))
    share = np.nan_to_num(panel.drawn / (limit or 1))[..., np.newaxis].clip(-1, 1)
    colours = zero * (1 - abs(share)) + np.where(share > 0, pos, neg) * abs(share)
    data = base64.b64encode(png(colours.round().astype(np.uint8))).decode()
    high, wide = panel.drawn.shape
    return (
        f'<image x="{x:g}" y="{y:g}" width="{wide * cell}" height="{high * cell}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{data}"/>'
    )


def png(pixels: np.ndarray) -> bytes:
    r"""Return a picture as a PNG file.

    Shapes: (height, width, 3), uint8.
    Source: Portable Network Graphics Specification (Third Edition), W3C, chapters 5 and 11.

    >>> png(np.zeros((2, 3, 3), np.uint8))[:4]
    b'\x89PNG'
    """

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    high, wide = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _real(panel: Panel, row, col) -> bool:
    (top, left), (high, wide) = panel.edge, panel.values.shape
    return top <= row < top + high and left <= col < left + wide


def _marks(record: Record, place, spots, cell, tokens):
    block, row, col = record.place(place)
    x, y = spots[id(record.panels[block.output])]
    yield from _ring(x + col * cell, y + row * cell, cell, cell, tokens)
    rows, cols = block.rows[row], block.cols[col]
    if not rows or not cols:
        return
    for number in block.inputs:
        x, y = spots[id(record.panels[number])]
        high, wide = (rows[-1] - rows[0] + 1) * cell, (cols[-1] - cols[0] + 1) * cell
        yield from _ring(x + cols[0] * cell, y + rows[0] * cell, wide, high, tokens)


def _ring(x, y, width, height, tokens):
    for colour, stroke in ((tokens["page"], 6), (tokens["ink"], 3)):
        yield (
            f'<rect x="{x:g}" y="{y:g}" width="{width}" height="{height}" rx="3" fill="none" '
            f'stroke="{colour}" stroke-width="{stroke}"/>'
        )
