"""The visual language in numbers: one table of colours, and how a value becomes a colour.

The colours are those of `cnnlab.figures`; this page adds what only an interactive picture needs.
The browser gets the same table (`composing.py` writes it before the code), so that the drawing of
the page and the drawing of the fallback can't drift apart.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from cnnlab import figures

MORE = {
    "light": {"muted": "#5c6470", "line": "#c4c9d2", "well": "#f1f2f4", "bad": "#a4262c"},
    "dark": {"muted": "#a3abb8", "line": "#454c58", "well": "#20242b", "bad": "#ff9a9a"},
}
TOKENS = {theme: {**figures.TOKENS[theme], **MORE[theme]} for theme in MORE}
SERIES = figures.SERIES[:-1]  # the last one is ink, which a highlight needs for itself
DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 4", "4 2")  # the line style that goes with each colour
MINUS = "\N{MINUS SIGN}"
DIGITS_UP_TO = 600  # more cells than this go to a canvas, and to the browser as bytes


def rgb(colour: str) -> np.ndarray:
    """Return red, green and blue from 0 to 255.

    >>> rgb("#e06d10").tolist()
    [224.0, 109.0, 16.0]
    """
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def shade(value: float, limit: float, theme: str = "light") -> np.ndarray:
    """Return the colour of a value: neutral at zero, full at `limit` and beyond.

    >>> shade(-4, 4).tolist()
    [33.0, 113.0, 181.0]
    """
    tokens = TOKENS[theme]
    share = min(1.0, abs(value) / limit) if limit and not np.isnan(value) else 0.0
    end = rgb(tokens["pos" if value > 0 else "neg"])
    return np.round(rgb(tokens["zero"]) * (1 - share) + end * share)


def luminance(colour: np.ndarray) -> float:
    """Return the relative luminance of a colour.

    Source: Web Content Accessibility Guidelines 2.2, "relative luminance".

    >>> luminance(rgb("#ffffff"))
    1.0
    """
    share = np.asarray(colour, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Source: Web Content Accessibility Guidelines 2.2, "contrast ratio".

    >>> contrast(rgb("#000000"), rgb("#ffffff"))
    21.0
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink(fill: np.ndarray) -> str:
    """Return black or white, whichever reads better on `fill`.

    >>> ink(rgb("#fafaf8")), ink(rgb("#2171b5"))
    ('#000000', '#ffffff')
    """
    return max(("#000000", "#ffffff"), key=lambda colour: contrast(rgb(colour), fill))


def number(value: float) -> str:
    """Write a number short enough for a cell, with a true minus sign.

    Halves are rounded up, as the browser does.

    >>> [number(v) for v in (3.0, -0.5, 2 / 3, 12.34, 123.4, 0.004, 1e-7, 1e-15, -np.inf, 1.125)]
    ['3', '−0.5', '0.67', '12.3', '123', '0.004', '1e−7', '0', '−∞', '1.13']
    """
    size = abs(value)
    if np.isinf(size):
        text = "∞"
    elif size < 1e-12:
        return "0"
    elif size >= 1e5 or size < 1e-3:
        text = _power(size)
    elif size < 0.005:
        text = _rounded(size, 3)
    else:
        text = _rounded(size, 0 if size >= 100 else 1 if size >= 10 else 2)
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return (MINUS if value < 0 else "") + text


def _rounded(size: float, digits: int) -> str:
    step = Decimal(1).scaleb(-digits)
    return str(Decimal(float(size)).quantize(step, ROUND_HALF_UP))


def _power(size: float) -> str:
    head, exponent = f"{size:.0e}".split("e")
    return f"{head}e{int(exponent)}".replace("-", MINUS)
