"""How a page without Python keeps many pictures small: fewer settings, and each part once."""

from __future__ import annotations

import json
from math import prod

import numpy as np

SETTINGS = 1200  # as many pictures as a page may hold; they are computed one by one
LARGE = 2500  # cells; with more of them a picture takes longer than others
WORTH = 12  # shorter JSON than this is not kept apart


class Pool:
    """Every value once, as JSON has it; where it stands again there is a reference.

    >>> pool = Pool()
    >>> pool.put({"rows": [10, 11, 12, 13], "n": 1}), pool.put([10, 11, 12, 13])
    ({'@': 1}, {'@': 0})
    >>> pool.values()
    [[10, 11, 12, 13], {'rows': {'@': 0}, 'n': 1}]
    """

    def __init__(self):
        self._place: dict[str, int] = {}

    def put(self, value):
        """Return a value with its longer parts replaced by references."""
        if isinstance(value, memoryview):
            value = np.frombuffer(value, "<f8").tolist()
        if isinstance(value, dict):
            value = {name: self.put(part) for name, part in value.items()}
        elif isinstance(value, list | tuple):
            value = [self.put(part) for part in value]
        elif isinstance(value, np.generic):
            return self.put(value.item())
        elif isinstance(value, float):
            return shortest(value)
        elif not isinstance(value, str):
            return value
        text = json.dumps(value, separators=(",", ":"))
        if len(text) <= WORTH or text.startswith('{"@":'):
            return value
        return {"@": self._place.setdefault(text, len(self._place))}

    def values(self) -> list:
        """Return the values that the references count through."""
        return [json.loads(text) for text in self._place]


def shortest(value: float) -> float | int | None:
    """Return a float as the page needs it: twelve digits, whole ones as ints, -inf as None.

    Sums of a few hundred of them then agree with Python's to more digits than any cell shows.

    >>> shortest(2 / 3), shortest(-5.0), shortest(float("-inf"))
    (0.666666666667, -5, None)
    """
    if not np.isfinite(value):
        return None
    return int(value) if value == round(value) else float(f"{value:.12g}")


def offers(explorer) -> dict[str, list]:
    """Return what each knob of the page offers, where it stands at the start among it."""
    start = explorer.settings()
    found = {}
    for control in explorer.controls:
        values = list(explorer.page_values.get(control.name, control.values()))
        if start[control.name] not in values:
            values.append(start[control.name])
            values.sort(key=order) if control.kind == "range" else None
        found[control.name] = values
    return found


def order(value) -> float:
    """Return where a slider's value stands; sizes that differ by axis stand at their largest.

    A word such as "same" stands at the end.
    """
    if isinstance(value, str):
        return float("inf")
    return float(max(value)) if isinstance(value, tuple | list) else float(value)


def room(explorer) -> int:
    """Return how many settings a page of this explorer may hold: fewer where pictures are large."""
    cells = sum(panel.values.size for panel in getattr(explorer.record, "panels", ()))
    return max(100, SETTINGS * LARGE // max(cells, LARGE))


def thinned(explorer, offered: dict[str, list]) -> dict[str, list]:
    """Halve the longest slider, again and again, until the settings are no more than there is room.

    The ends stay, and so does what it starts with. What an explorer chose itself stays whole.
    """
    start, offered, most = explorer.settings(), dict(offered), room(explorer)
    sliders = {control.name for control in explorer.controls if control.kind == "range"}
    sliders -= set(explorer.page_values)
    while prod(map(len, offered.values())) > most:
        long = [name for name in offered if name in sliders and len(offered[name]) > 3]
        if not long:
            break
        name = max(long, key=lambda n: len(offered[n]))
        offered[name] = halved(offered[name], start[name])
    return offered


def halved(values: list, start) -> list:
    """Leave out every second value between the ends, but not `start`.

    >>> halved([0, 1, 2, 3, 4, 5], 3)
    [0, 2, 3, 5]
    """
    last, kept = len(values) - 1, values.index(start)
    inner = [i for i in range(1, last) if i != kept]
    return [values[i] for i in sorted({0, last, kept, *inner[1::2]})]
