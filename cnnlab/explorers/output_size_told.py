"""The picture of a window's places: who reads whom, what is left over, and the way back."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np

from cnnlab import arguments, sliding

from .convolving import convolution_record
from .record import Record
from .sizes import plural, size, unread_sentence, verb

OFFERED = {"kernel_size": range(1, 8), "stride": range(1, 5), "padding": range(4)}


def places_told(data, kernel_size, stride, padding, dilation) -> Record:
    """Return the record of a window whose taps all weigh 1, over a row or a picture.

    Shapes: data (n,) or (H, W).
    Errors: those of `cnnlab.conv1d` and `conv2d`.
    Source: torch.nn.Conv1d, section "Shape"; lesson 2.1.

    >>> told = places_told(np.arange(8.0), 3, 3, 0, 1)
    >>> told.flat("output").tolist(), told.extra["next"]
    ([3.0, 12.0], {'start': 6, 'over': 1})
    """
    axes = data.ndim
    taps = arguments.per_axis("kernel_size", kernel_size, axes, minimum=1)
    record = convolution_record(
        data[np.newaxis], np.ones((1, 1, *taps)), None, stride, padding, dilation
    )
    steps, gaps = (
        arguments.per_axis(name, value, axes, minimum=1)
        for name, value in (("stride", stride), ("dilation", dilation))
    )
    pads = arguments.padding_pairs(padding, taps, steps, gaps)
    spans = [d * (k - 1) + 1 for k, d in zip(taps, gaps, strict=True)]
    padded = [n + sum(pair) for n, pair in zip(data.shape, pads, strict=True)]
    places = sliding.output_sizes(data.shape, taps, steps, pads, gaps)
    block = replace(record.blocks[0], output=1, kernels=())
    input, _, output = record.panels
    more = {"taps": list(taps), "offers": _offers(data.shape, gaps), "next": None}
    notes = [unread_sentence(record.never_read())]
    if axes == 1:
        over = places[0] * steps[0] + spans[0] - padded[0]
        if over < steps[0]:  # the step is more than none, and less than whole
            more["next"] = {"start": places[0] * steps[0], "over": over}
        notes.insert(0, _floor_sentence(over, steps[0]))
    told = f"kernel {size(taps)}, stride {size(steps)}".replace("×", "x")
    cells = plural(data.size, "cell") if axes == 1 else f"{'x'.join(map(str, data.shape))} cells"
    return Record(
        (input, output),
        (block,),
        formula=record.formula,
        torch=record.torch,
        notes=tuple(notes),
        extra=more,
        sentence=f"Output size explorer: {cells}, {told}, "
        f"padding {pads[0][0]}, dilation {gaps[0]} -> {'x'.join(map(str, places))} "
        f"{verb(int(np.prod(places)), 'place', 'places')}",
    )


def _floor_sentence(over, step) -> str:
    """Return what the floor drops, where one window more would hang `over` cells over the end."""
    if over == step:
        return "The last step fits whole: the floor drops nothing."
    return f"One more window would hang {plural(over, 'cell')} over the end: the floor drops it."


def _offers(sizes, gaps) -> list:
    """Return for each stride and kernel size the [padding, places, whole] that are legal."""
    if len(set(gaps)) > 1:
        return []
    found = dict(zip(product(*OFFERED.values()), sizes_of(tuple(sizes), gaps[0]), strict=True))
    return [
        [[[p, *found[k, s, p]] for p in OFFERED["padding"] if found[k, s, p][0]]
         for k in OFFERED["kernel_size"]]
        for s in OFFERED["stride"]
    ]  # fmt: skip


@cache
def sizes_of(sizes: tuple[int, ...], dilation: int) -> list[tuple[int, bool]]:
    """Return for each setting of `OFFERED` its places on every axis, and whether all are read.

    (0, False) where torch refuses, and where the axes get different numbers of places.

    >>> sizes_of((8,), 1)[:3]
    [(8, True), (10, True), (12, True)]
    """
    found = []
    for k, s, p in product(*OFFERED.values()):
        if min(sizes) + 2 * p < dilation * (k - 1) + 1:
            found.append((0, False))
            continue
        places = {sliding.output_size(n, k, s, p, dilation) for n in sizes}
        whole = all_read(sizes, k, s, p, dilation)
        found.append((places.pop(), whole) if len(places) == 1 else (0, False))
    return found


def all_read(sizes, kernel_size, stride, padding, dilation) -> bool:
    """Return whether every real cell is read by some window.

    >>> all_read((8,), 3, 3, 0, 1), all_read((8,), 3, 3, 1, 1)
    (False, True)
    """
    return all(_read(n, kernel_size, stride, padding, dilation) for n in sizes)


@cache
def _read(n, k, s, p, dilation) -> bool:
    cells = sliding.windows(np.arange(-p, n + p), (k,), (s,), (dilation,))
    return len(np.intersect1d(cells, np.arange(n))) == n
