"""The gather record of padding: each cell of a padded row or picture copies one cell, or none."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments, sliding

from .panels import Block, Panel
from .record import Record
from .sizes import size

MODES = arguments.PADDING_MODES
ALL = "all four"
TORCH = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}
TOLD = {
    "zeros": "zeros: nothing is copied, a constant stands outside; no gradient goes there.",
    "reflect": "reflect: a mirror on the edge cell, which is not repeated; at most n − 1 cells.",
    "replicate": "replicate: the nearest edge cell, again and again; as many cells as you like.",
    "circular": "circular: the opposite end goes on, as on a ring; at most n cells.",
}


def padding_record(data, padding, modes) -> Record:
    """Return the record of `cnnlab.pad` in each of `modes`, one output panel for each.

    Shapes: data (n,) or (H, W); padding a pair (before, after) for each axis.
    Errors: those of `cnnlab.sliding.padding_source`.
    Source: torch.nn.functional.pad; lesson 2.3.

    >>> record = padding_record(np.arange(1.0, 5), [(2, 2)], ["reflect"])
    >>> record.flat("output").tolist(), record.gradient()[0].tolist()
    ([3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0], [[1.0, 3.0, 3.0, 1.0]])
    """
    picture = np.atleast_2d(data)
    panels, blocks = [Panel("input", f"input {size(data.shape)}", picture)], []
    pads = [(0, 0), *padding][-2:]
    for number, mode in enumerate(modes, start=1):
        rows, cols = (
            sliding.padding_source(n, *pair, mode)
            for n, pair in zip(picture.shape, pads, strict=True)
        )
        edge = (pads[0][0], pads[1][0])
        panels.append(Panel("output", mode, picture, "", rows, cols, edge))
        blocks.append(Block(number, (0,), _copied(rows), _copied(cols)))
    padded = [n + sum(pair) for n, pair in zip(data.shape, padding, strict=True)]
    names = ("length",) if data.ndim == 1 else ("height", "width")
    line = torch_pad(padding, modes)
    before = "x".join(map(str, data.shape))
    cells = [before for before, _ in padding]
    around = str(cells[0]) if len(set(cells)) == 1 else "x".join(map(str, cells))
    told = ALL if len(modes) > 1 else modes[0]
    return Record(
        tuple(panels),
        tuple(blocks),
        formula=tuple(
            f"{name} = {n} + {b} + {a} = {total}"
            for name, n, (b, a), total in zip(names, data.shape, padding, padded, strict=True)
        ),
        torch=line,
        notes=("In all modes the frame is the input itself.",)
        if len(modes) > 1
        else (TOLD[modes[0]],),
        sentence=f"Padding explorer: input {before}, padding {around}, {told} "
        f"-> {'x'.join(map(str, padded))}",
    )


def _copied(source) -> list[list[int]]:
    return [[int(cell)] if cell >= 0 else [] for cell in source]


def torch_pad(padding, modes) -> str:
    """Write torch's line: its list of pads begins with the last axis.

    >>> torch_pad([(1, 1), (2, 2)], ["reflect"])
    'F.pad(input, (2, 2, 1, 1), mode="reflect")'
    """
    around = tuple(cells for pair in reversed(padding) for cells in pair)
    if len(modes) > 1:
        names = ", ".join(f'"{TORCH[mode]}"' for mode in modes)
        return f"torch.stack([F.pad(input, {around}, mode=mode) for mode in ({names})])"
    if modes[0] == "zeros":
        return f"F.pad(input, {around})"
    return f'F.pad(input, {around}, mode="{TORCH[modes[0]]}")'
