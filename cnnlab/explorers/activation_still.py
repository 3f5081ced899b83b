"""The activation explorer as a still picture: the function, its slope and the selected place."""

from __future__ import annotations

from html import escape

from . import look
from .panels import Told
from .still import FONT

WIDE, HIGH, PAD = 460, 260, 30


def curves(record: Told, place: int, theme: str, error: str) -> str:
    """Return f and f' as SVG."""
    tokens, picture = look.TOKENS[theme], record.extra
    values = [*picture["y"], *picture["slope"], 1.2, -0.4]
    low, high = min(values), max(values)

    def spot(x, y):
        return (
            PAD + (x / picture["reach"] + 1) / 2 * (WIDE - 2 * PAD),
            HIGH - PAD - (y - low) / (high - low) * (HIGH - 2 * PAD),
        )

    def line(ys, colour, dash):
        points = " ".join(
            "{:.1f},{:.1f}".format(*spot(*at)) for at in zip(picture["x"], ys, strict=True)
        )
        return (
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5" '
            f'stroke-dasharray="{dash}"/>'
        )

    (left, zero), (middle, top) = spot(-picture["reach"], 0), spot(0, high)
    x, y = picture["x"][place], picture["y"][place]
    cx, cy = spot(x, y)
    said = f"{picture['name']}({look.number(x)}) = {look.number(y)}"
    words = escape(record.sentence + (f" ({error})" if error else ""))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
        f'viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="{FONT}"><title>{words}</title>'
        f'<rect width="100%" height="100%" fill="{tokens["page"]}"/>'
        f'<path d="M{left} {zero:.1f}H{WIDE - PAD}M{middle} {top:.1f}V{HIGH - PAD}" '
        f'stroke="{tokens["line"]}"/>'
        f"{line(picture['y'], look.SERIES[0], '')}{line(picture['slope'], look.SERIES[1], '7 4')}"
        f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="6" fill="{tokens["page"]}" '
        f'stroke="{tokens["ink"]}" stroke-width="3"/>'
        f'<text x="{PAD}" y="20" font-size="14" fill="{tokens["ink"]}">{escape(said)}; slope '
        f"{look.number(picture['slope'][place])} (dashed: the slope)</text></svg>"
    )
