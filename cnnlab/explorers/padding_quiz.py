"""What the padding explorer asks: the size, then what stands in a cell outside the frame."""

from __future__ import annotations

import numpy as np

from .look import number as written
from .padding_told import MODES, TOLD, padding_record
from .quiz import Question, slips
from .sizes import size

FILLS = {"zeros": None, "reflect": -1, "replicate": None, "circular": 0}  # cells less than n
ORDER = ("reflect", "circular", "replicate", "zeros")


def pose(data, number: int) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and its two parts."""
    rng = np.random.default_rng(7000 + number)
    while True:
        mode = ORDER[number] if number < len(ORDER) else str(rng.choice(MODES))
        padding = int(rng.integers(1, 4))
        if FILLS[mode] is not None and padding > min(data.shape) + FILLS[mode]:
            padding = min(data.shape) + FILLS[mode]
        if padding > 0:
            settings = {"padding_mode": mode, "padding": padding}
            return settings, [_shape(data, padding), _value(data, mode, padding, rng)]
        number = 2  # replicate always fits


def _shape(data, padding) -> Question:
    answer = size([n + 2 * padding for n in data.shape])
    mistakes = [
        (size([n + padding for n in data.shape]), "That pads on one side only."),
        (size(data.shape), "That is the size of the input."),
        (size([n + 4 * padding for n in data.shape]), "That counts each side twice."),
    ]
    text = "How long is the padded row?" if data.ndim == 1 else "Which size has the padded picture?"
    because = f"{padding} at both ends of each axis: + 2·{padding}."
    return Question("shape", text, answer, slips(answer, mistakes), because)


def _value(data, mode, padding, rng) -> Question:
    record = _record(data, mode, padding)
    panel = record.of("output")[0]
    outside = [k for k in range(record.count) if not _inside(panel, k)]
    place = int(rng.choice(outside))
    answer = written(record.flat("output")[place])
    row, col = divmod(place, panel.source.shape[1])

    def other(name):
        try:
            return written(_record(data, name, padding).flat("output")[place])
        except ValueError:
            return answer

    around = [(padding, padding)] * data.ndim
    twice = written(np.pad(data, around, "symmetric").flat[place])
    mistakes = [
        (twice, "That repeats the edge; the mirror stands on the edge cell.")
        if mode == "reflect"
        else (answer, ""),
        *((other(name), f"That is what {name} puts there.") for name in MODES if name != mode),
    ]
    where = f"cell {col}" if data.ndim == 1 else f"row {row}, column {col}"
    text = f"Mode {mode}: which value stands at {where} of the result (counted from 0)?"
    return Question("value", text, answer, slips(answer, mistakes), TOLD[mode], place)


def _record(data, mode, padding):
    return padding_record(data, [(padding, padding)] * data.ndim, [mode])


def _inside(panel, place) -> bool:
    row, col = divmod(place, panel.source.shape[1])
    (top, left), (high, wide) = panel.edge, panel.values.shape
    return top <= row < top + high and left <= col < left + wide
