"""What the output-size explorer asks: how many places, and how many cells are never read."""

from __future__ import annotations

from itertools import product

import numpy as np

from cnnlab import sliding

from .output_size_told import OFFERED, all_read, places_told
from .quiz import Challenge, Question, shaped, slips, sought
from .size_quiz import fair_size, size_question

TEXT = "How many places does the window have?"
CELLS = (6, 15)  # the shortest and the longest row that is asked about


def pose(own, number: int) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and its two parts.

    `own` is the learner's picture, row or None; a row of any length is asked about without it.

    Errors: NothingToAskError for pictures too small for a window and a step.
    """
    rng = np.random.default_rng(3000 + number)

    def attempt():
        settings = {
            "kernel_size": int(rng.integers(2, 5)),
            "stride": int(rng.integers(2, 5)),
            "padding": 0 if number == 0 else int(rng.integers(0, 3)),
            "dilation": 1 if number < 3 else int(rng.integers(1, 3)),
        }
        shape = _shape(own, settings, rng)
        span = settings["dilation"] * (settings["kernel_size"] - 1) + 1
        if min(shape) + 2 * settings["padding"] < span + settings["stride"]:
            return None
        text = TEXT if len(shape) == 1 else ""
        data = np.zeros(shape)
        record = places_told(data, **{k: v for k, v in settings.items() if k != "n"})
        return settings, [size_question(shape, settings, text=text), _unread(record)]

    return sought("question", _about(own), attempt)


def _about(own) -> str:
    return "a row" if own is None else shaped("input", own)


def _shape(own, settings, rng) -> tuple[int, ...]:
    if own is not None and own.ndim == 2:
        return own.shape
    low, high = CELLS
    settings["n"] = int(rng.integers(low, high + 1))
    if own is not None:
        settings["n"] = min(settings["n"], len(own))
    return (settings["n"],)


def _unread(record) -> Question:
    unread = record.never_read()[0]
    answer = str(unread.sum())
    drawn = np.ones(record.of("input")[0].source.shape, bool)
    for block in record.blocks:
        rows, cols = np.unique(np.concatenate(block.rows)), np.unique(np.concatenate(block.cols))
        drawn[np.ix_(rows.astype(int), cols.astype(int))] = False
    ends = [
        ~np.cumsum(lines[::-1])[::-1].astype(bool) for lines in (~unread.all(1), ~unread.all(0))
    ]
    after = np.logical_or.outer(*ends)
    mistakes = [
        (str(drawn.sum()), "That counts cells of the padding too; they are not of the input."),
        (str(after.sum()), "That counts the end alone; look for gaps between the windows too."),
        ("0", "Some windows leave cells out: step through the places and look."),
        (str(unread.size - unread.sum()), "That is how many are read."),
    ]
    because = f"{unread.size - unread.sum()} of {unread.size} are read by some window."
    text = "How many input cells does no window read? Step through the places to see."
    return Question("count", text, answer, slips(answer, mistakes), because)


def dare(own, number: int) -> Challenge:
    """Return challenge `number`: a size to reach; the odd ones forbid to leave a cell unread."""
    rng, whole = np.random.default_rng(4000 + number), number % 2 == 1
    return sought("challenge", _about(own), lambda: _size_to_reach(own, rng, whole))


def _size_to_reach(own, rng, whole):
    start = {"kernel_size": 3, "stride": 1, "padding": 0, "dilation": int(rng.integers(1, 3))}
    shape = _shape(own, start, rng)
    reached: dict[tuple, list] = {}
    legal, begins = set(), tuple(start[name] for name in OFFERED)
    for answer in product(*OFFERED.values()):
        settings = {**start, **dict(zip(OFFERED, answer, strict=True))}
        settings.pop("n", None)
        try:
            places = tuple(sliding.output_size(n, **settings) for n in shape)
        except ValueError:
            continue
        legal.add(answer)
        if not whole or all_read(shape, **settings):
            reached.setdefault(places, []).append(answer)
    target = fair_size(reached, begins, rng)
    if target is None or begins not in legal:
        return None
    cells = " by ".join(map(str, shape)) + " cells"
    left = ", and leave no cell unread" if whole else ""
    wanted = " by ".join(map(str, target)) + " places"
    text = f"Make {wanted} from {cells} with dilation {start['dilation']}{left}."
    return Challenge(text, start, tuple(OFFERED), tuple(reached[target]))
