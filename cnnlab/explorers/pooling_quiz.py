"""What the pooling explorer asks: a size, then who wins or what the mean is; and its targets."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from .look import number as written
from .pooling_told import pooling_record
from .quiz import Challenge, Question, shaped, slips, sought
from .size_quiz import fair_size, size_question
from .sizes import plural, size

START = {
    "pool": "max", "kernel_size": 3, "stride": 1, "padding": 0, "dilation": 1,
    "ceil_mode": False, "count_include_pad": True, "divisor_override": None,
}  # fmt: skip
FREE_SIZE = {"kernel_size": range(1, 6), "stride": range(1, 6), "padding": range(3)}
FREE_PICTURE = {"pool": ("max", "average"), "kernel_size": (1, 2, 3, 4), "stride": (1, 2, 3)}
START_PICTURE = {**START, "kernel_size": 1, "padding": 0}


def pose(image, number: int) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and its two parts.

    Errors: NothingToAskError for maps in which no cell wins and no mean differs from 0.
    """
    rng = np.random.default_rng(5000 + number)

    def attempt():
        settings = {
            **START,
            "pool": "max" if number % 2 == 0 else "average",
            "kernel_size": int(rng.integers(2, 4)),
            "stride": int(rng.integers(1, 4)),
            "padding": int(rng.integers(0, 2)),
            "ceil_mode": number >= 2 and bool(rng.integers(2)),
            "count_include_pad": number < 4 or bool(rng.integers(2)),
        }
        settings["dilation"] = int(rng.integers(1, 3)) if number >= 6 and number % 2 == 0 else 1
        try:
            record = _record(image, settings)
        except ValueError:
            return None
        ask = _winner if settings["pool"] == "max" else _mean
        second = (
            ask(image, record, settings, rng) if min(record.panels[1].drawn.shape) >= 2 else None
        )
        if second is None:
            return None
        return settings, [size_question(image.shape, settings, settings["ceil_mode"]), second]

    return sought("question", shaped("image", image), attempt)


def _record(image, settings):
    kind, *rest = settings.values()
    return pooling_record(kind, image, *rest)


def _winner(image, record, settings, rng) -> Question | None:  # noqa: ARG001 - asked like _mean
    """Ask which cell wins; None where no place has a single winner."""
    values, panel = record.flat("input"), record.panels[0]
    single = []
    for place in range(record.count):
        cells = record.gathered(place)[0]
        if np.isfinite(values[cells].max()) and (values[cells] == values[cells].max()).sum() == 1:
            single.append(place)
    if not single:
        return None
    place = int(rng.choice(single))
    cells, answer = record.gathered(place)[0], int(record.winners()[place])
    width, (top, left) = panel.source.shape[1], panel.edge
    names, mistakes = {}, []
    for cell, source in enumerate(panel.source.ravel()):
        row, col = divmod(cell, width)
        value = written(values[cell])
        names[str(cell)] = f"the padding ({value})"
        if source >= 0:
            names[str(cell)] = f"[{row - top}, {col - left}] with its {value}"
        outside = "That cell does not lie under this window."
        smaller = f"Under this window {names[str(cell)]} is not the largest."
        never = "The padding is minus infinity, so that it never wins."
        why = never if source < 0 else smaller if cell in cells else outside
        mistakes.append((str(cell), why))
    row, col = divmod(place, record.panels[1].drawn.shape[1])
    text = f"Which cell wins the output at row {row}, column {col}? Click it, or arrows and Enter."
    because = f"It is the largest of the {plural(len(cells), 'cell')} under the window."
    wrong = {cell: why for cell, why in mistakes if cell != str(answer)}
    return Question("winner", text, str(answer), wrong, because, place, names)


def _mean(image, record, settings, rng) -> Question | None:
    output = record.panels[1].drawn
    edges = [p for p in range(record.count) if _tells(record, p) and output.flat[p] != 0]
    others = [p for p in range(record.count) if output.flat[p] != 0]
    if not others:
        return None
    place = int(rng.choice(edges or others))
    row, col = divmod(place, output.shape[1])

    def at(**changed):
        try:
            other = _record(image, {**settings, **changed}).panels[1].drawn
            return written(other[row, col])
        except (ValueError, IndexError):
            return answer

    answer, k = written(output.flat[place]), settings["kernel_size"]
    cells = record.gathered(place)[0]
    under, real = record.flat("input")[cells], record.panels[0].source.ravel()[cells] >= 0
    count, total = int(record.blocks[0].divisor.flat[place]), written(under.sum())
    include = settings["count_include_pad"]
    told = "count too" if include else "don't count"
    some = f"{plural(len(cells), 'cell')}, but not all count: divide by {count}."
    mistakes = [
        (
            at(count_include_pad=not include),
            f"Here the zeros of the padding {told}: divide by {count}.",
        ),
        (
            written(under.sum() / k**2),
            some,
        ),
        (written(under.sum() / max(1, real.sum())), f"Here padding counts: divide by {count}."),
        (at(pool="max"), "That is the largest; here every cell has a say."),
        (total, f"That is the sum; divide it by {count}."),
        (at(stride=1), f"That is the window at row {row}, column {col} with stride 1."),
        (at(padding=0), "That forgets the padding: the first window starts outside the map."),
        (written(np.median(under)), "That is the value in the middle of the sorted cells."),
    ]
    text = f"Which mean stands at row {row}, column {col} of the output (counted from 0)?"
    because = f"The cells add up to {total}, and that is divided by {count}."
    return Question("value", text, answer, slips(answer, mistakes), because, place)


def _tells(record, place) -> bool:
    """Return whether a window sees both cells and padding: there the divisor matters."""
    real = record.panels[0].source.ravel()[record.gathered(place)[0]] >= 0
    return real.any() and not real.all()


def dare(image, number: int) -> Challenge:
    """Return challenge `number`: even ones ask for a size, odd ones for a picture.

    Errors: NothingToAskError for maps of which nothing is made that could be reached.
    """
    rng, about = np.random.default_rng(6000 + number), shaped("image", image)
    if number % 2 == 0:
        sizes = cache(lambda start: _sizes(image, dict(start)))
        return sought("challenge", about, lambda: _size_to_reach(sizes, rng))
    outputs = _reached(image, FREE_PICTURE, START_PICTURE)
    return sought("challenge", about, lambda: _picture_to_reach(outputs, rng))


def _reached(image, free, start) -> dict[tuple, np.ndarray]:
    """Return the output of every legal setting of the free knobs."""
    outputs = {}
    for answer in product(*free.values()):
        try:
            record = _record(image, {**start, **dict(zip(free, answer, strict=True))})
        except ValueError:
            continue
        outputs[answer] = record.panels[1].values
    return outputs


def _sizes(image, start) -> dict[tuple, list]:
    """Return the sizes that the free knobs reach, and with which values."""
    reached: dict[tuple, list] = {}
    for answer, output in _reached(image, FREE_SIZE, start).items():
        reached.setdefault(output.shape, []).append(answer)
    return reached


def _size_to_reach(sizes, rng):
    start = {**START, "ceil_mode": bool(rng.integers(2))}
    reached, begins = sizes(tuple(start.items())), tuple(start[name] for name in FREE_SIZE)
    target = fair_size(reached, begins, rng)
    if target is None or not any(begins in answers for answers in reached.values()):
        return None
    text = (
        f"Make the output {size(target)}, {'with' if start['ceil_mode'] else 'without'} ceil_mode."
    )
    return Challenge(text, start, tuple(FREE_SIZE), tuple(reached[target]))


def _picture_to_reach(outputs, rng):
    target = list(outputs.values())[int(rng.integers(len(outputs)))]
    answers = tuple(a for a, output in outputs.items() if np.array_equal(output, target))
    if np.ptp(target) == 0 or tuple(START_PICTURE[name] for name in FREE_PICTURE) in answers:
        return None
    text = "Make the output equal the target: find the pool, its kernel and its stride."
    return Challenge(text, START_PICTURE, tuple(FREE_PICTURE), answers, target)
