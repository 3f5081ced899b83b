"""The gather record of adaptive bins: one level of them, or the levels of a spatial pyramid."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnlab import adaptive, arguments, calls, sliding

from .panels import Block, Panel
from .record import Record
from .sizes import plural, size

POOLS = {"max": adaptive.adaptive_max_pool2d, "average": adaptive.adaptive_avg_pool2d}


def bins_record(pool, data, levels, torch, name) -> Record:
    """Return the record of adaptive pooling into each of `levels`, a pair of numbers of bins.

    Shapes: data (H, W).
    Errors: those of `cnnlab.adaptive_max_pool2d`.
    Source: torch.nn.AdaptiveMaxPool2d; lessons 4.4 and 5.2.

    >>> record = bins_record("average", np.arange(15.0).reshape(3, 5), [(2, 3)], "", "Adaptive")
    >>> record.blocks[0].cols, record.flat("output").tolist()
    ([[0, 1], [1, 2, 3], [3, 4]], [3.0, 4.5, 6.0, 8.0, 9.5, 11.0])
    """
    panels, blocks = [Panel("input", f"input {size(data.shape)}", data)], []
    for number, counts in enumerate(levels, start=1):
        output = POOLS[pool](data[np.newaxis], counts)[0]
        rows, cols = (
            [list(range(*bin)) for bin in sliding.bins(n, count)]
            for n, count in zip(data.shape, counts, strict=True)
        )
        cells = np.multiply.outer([len(r) for r in rows], [len(c) for c in cols]).astype(float)
        divisor = cells if pool == "average" else None
        blocks.append(Block(number, (0,), rows, cols, divisor=divisor))
        title = "output" if len(levels) == 1 else "level"
        panels.append(Panel("output", f"{title} {size(counts)}", output))
    shape, counts = "x".join(map(str, data.shape)), ", ".join("x".join(map(str, c)) for c in levels)
    values = sum(prod(level) for level in levels)
    return Record(
        tuple(panels),
        tuple(blocks),
        join="max" if pool == "max" else "mean",
        formula=() if len(levels) > 1 else tuple(_formulas(data.shape, levels[0])),
        torch=torch,
        notes=tuple(_notes(blocks, levels, values)),
        sentence=f"{name} explorer: {pool}, input {shape}, bins {counts} "
        f"-> {plural(values, 'value')}",
    )


def _formulas(sizes, counts):
    """Write the rule of the bins with its numbers, for the axes that differ."""
    names = ("rows",) if sizes[0] == sizes[1] and counts[0] == counts[1] else ("rows", "columns")
    for name, n, m in zip(names, sizes, counts, strict=False):
        bins = ", ".join(f"{start} to {stop - 1}" for start, stop in sliding.bins(n, m)[:8])
        name = "rows and columns" if len(names) == 1 else name
        more = ", …" if m > 8 else ""
        yield f"bins of {name} = ⌊i·{n} / {m}⌋ to ⌈(i + 1)·{n} / {m}⌉ − 1: {bins}{more}"


def _notes(blocks, levels, values):
    if len(levels) > 1:
        sums = " + ".join(str(prod(level)) for level in levels)
        yield f"In one row: {sums} = {plural(values, 'value')}, whatever the size of the picture."
    shared = [_shared(block.rows) for block in blocks], [_shared(block.cols) for block in blocks]
    rows, cols = (sum(axis) for axis in shared)
    if rows or cols:
        yield f"Neighbouring bins share {_many(rows, 'row')} and {_many(cols, 'column')}."
    else:
        yield "No two bins share a cell: the counts divide the sizes."


def _shared(bins) -> int:
    """Return how many cells of an axis lie in more than one bin."""
    cells = [cell for bin in bins for cell in bin]
    return sum(cells.count(cell) > 1 for cell in set(cells))


def _many(count, what) -> str:
    return f"{count or 'no'} {what}{'s' * (count != 1)}"


def checked_levels(value) -> tuple[int, ...]:
    """Return levels from a tuple, or from the words that the page has for them.

    >>> checked_levels("1, 2, 4"), checked_levels((3,))
    ((1, 2, 4), (3,))
    """
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdigit() for part in parts):
            raise ValueError(f"levels must be whole numbers with commas between; got {value!r}")
        value = tuple(int(part) for part in parts)
    return calls.levels(value)


def at_most(name, value, most) -> int:
    """Return an int from 1 to `most`."""
    number = arguments.integer(name, value, minimum=1)
    if number > most:
        raise ValueError(f"{name} must be at most {most}; got {name}={number}")
    return number
