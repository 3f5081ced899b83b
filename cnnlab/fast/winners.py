"""The way back of a maximum: each gradient goes to the first cell that holds its window's maximum.

A block of maps is dealt out in phases, as in `phases.py`: what a window with a step reads at one
tap lies side by side, and all places of a block are one long run, which starts a few cells later
for each tap. (At the end of a row a run reads on into the next; no gradient is at these places.)

The maxima are found across first, then down; the gradient goes down first, then across. A tap keeps
what it wins and hands on the rest, as bits: an infinity times 0 would be NaN. Around the maps lies
NaN, which equals nothing and so never wins. Copies each cell and each gradient once, a few maps or
rows at a time, so that all of it stays in the cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

BLOCK = 1 << 19  # bytes of maps dealt out at a time
MANY = 16  # phases from which one axis after the other is dealt out: more copies, far fewer calls
BITS = {2: np.int16, 4: np.int32, 8: np.int64}  # the integers as wide as a gradient
LONG = (np.int64, np.uint64)  # no float holds all of these


class _Piece(NamedTuple):
    """Some rows of places, the rows of cells under them, and how these are dealt out."""

    places: slice
    cells: slice
    sizes: tuple[int, ...]  # of the maps, these rows alone
    phases: tuple[int, ...]  # how many of each axis are read
    seats: tuple[int, ...]  # for the cells of each phase
    taps: list[list[tuple[int, int]]]  # of each axis: the phase, and how far on in the run
    deals: list[tuple]  # axes that are dealt out together, and all their phases (see `_phases`)


def send_to_largest(grad_output, maps, places, kernel_size, stride, pads, dilation):
    """Return maps of zeros to which each window's gradient is added at its first largest cell.

    Shapes: grad_output (..., *places), maps and the result (..., *sizes). None where the
        definition has to do it: for NaN, long integers and long floats.
    """
    wide = np.result_type(maps, np.float32)  # what cells are compared in, beside NaN
    if wide.itemsize > 8 or maps.dtype in LONG or grad_output.itemsize not in BITS:
        return None
    flat = maps.reshape(-1, *maps.shape[-len(places) :])
    grads = grad_output.reshape(-1, *places)
    windows = list(zip(flat.shape[1:], places, kernel_size, stride, pads, dilation, strict=True))
    size = max(1, flat[:1].nbytes)
    at_once, rows = max(1, BLOCK // size), max(1, places[0] * BLOCK // size)
    pieces = [_piece(start, rows, windows) for start in range(0, places[0], rows)]
    # Unless they are apart, pieces have some rows of cells in common and add up there
    apart = len(pieces) == 1 or dilation[0] * (kernel_size[0] - 1) < stride[0]
    full = apart and sum(map(_taken, pieces)) == math.prod(flat.shape[1:])
    total = (np.empty if full else np.zeros)(flat.shape, grads.dtype)
    with np.errstate(all="ignore"):
        for first in range(0, len(flat), at_once):
            part = slice(first, first + at_once)
            if np.isnan(flat[part].max()):
                return None
            for piece in pieces:
                shares = _shares(grads[part, piece.places], flat[part, piece.cells], piece)
                _collect(shares, piece, total[part, piece.cells], apart)
    return total.reshape(maps.shape)


def _piece(start, rows, windows) -> _Piece:
    """Return how the cells under so many rows of places are dealt out."""
    (size, places, kernel_size, stride, (before, after), dilation), *across = windows
    places = slice(start, min(start + rows, places))
    first = max(0, start * stride - before)
    beyond = (places.stop - 1) * stride - before + (kernel_size - 1) * dilation + 1
    cells = slice(first, max(first, min(size, beyond)))
    pads = (max(0, before - start * stride), after)
    sizes = (cells.stop - cells.start, *(window[0] for window in across))
    down = (sizes[0], places.stop - places.start, kernel_size, stride, pads, dilation)
    seats, taps, layouts = zip(*(_axis(*window) for window in (down, *across)), strict=True)
    steps = [math.prod(seats[axis:]) for axis in range(1, len(seats) + 1)]
    taps = [[(f, seat * step) for f, seat in axis] for axis, step in zip(taps, steps, strict=True)]
    phases = tuple(map(len, layouts))
    axes = range(len(seats))
    together = [axes] if math.prod(phases) <= MANY else [range(axis, axis + 1) for axis in axes]
    deals = [(axes, list(_phases(layouts[axes.start : axes.stop]))) for axes in together]
    return _Piece(places, cells, sizes, phases, seats, taps, deals)


def _phases(layouts):
    """Yield each phase of some axes: its number, its seats, and the cells that take them."""
    for phase in np.ndindex(*map(len, layouts)):
        pairs = [layout[index] for layout, index in zip(layouts, phase, strict=True)]
        yield phase, *zip(*pairs, strict=True)


def _axis(size, places, kernel_size, stride, pads, dilation):
    """Return the seats of one axis, the phase and the seat of each tap, and each phase's cells."""
    reads = [divmod(tap * dilation, stride) for tap in range(kernel_size)]
    phases = sorted({phase for _, phase in reads})
    seats = places + reads[-1][0]
    layout = []
    for phase in phases:
        begin = max(0, -((phase - pads[0]) // stride))  # the first seat that holds no padding
        cells = range(phase - pads[0] + begin * stride, size, stride)[: max(seats - begin, 0)]
        layout.append((slice(begin, begin + len(cells)), slice(cells.start, cells.stop, stride)))
    return seats, [(phases.index(phase), seat) for seat, phase in reads], layout


def _taken(piece) -> int:
    """Return how many cells are dealt out; the others are under no window."""
    return math.prod(
        sum(math.prod(s.stop - s.start for s in seats) for _, seats, _ in layout)
        for _, layout in piece.deals
    )


def _deal(cells, piece) -> np.ndarray:
    """Return maps (N, *sizes) dealt out in phases, (*phases, N, *seats)."""
    n = len(piece.seats)
    for axes, layout in reversed(piece.deals):
        these, others = slice(axes.start, axes.stop), (slice(None),) * (n - axes.stop)
        lead, sizes = cells.shape[:-n], list(cells.shape[-n:])
        sizes[these] = piece.seats[these]
        dealt = np.full((*piece.phases[these], *lead, *sizes), np.nan, cells.dtype)
        for phase, seats, taken in layout:
            dealt[phase][..., *seats, *others] = cells[..., *taken, *others]
        cells = dealt
    return cells


def _collect(shares, piece, total, apart) -> None:
    """Write the shares of all cells, dealt out as by `_deal`, into `total`, or add them to it."""
    n = len(piece.seats)
    for axes, layout in piece.deals:
        these, others = slice(axes.start, axes.stop), (slice(None),) * (n - axes.stop)
        lead, sizes = shares.shape[len(axes) : -n], list(shares.shape[-n:])
        sizes[these] = piece.sizes[these]
        last = axes.stop == n
        cells = total if last else np.zeros((*lead, *sizes), shares.dtype)
        for phase, seats, taken in layout:
            here, share = cells[..., *taken, *others], shares[phase][..., *seats, *others]
            here[...] = share if apart or not last else here + share
        shares = cells


def _shares(grads, maps, piece) -> np.ndarray:
    """Return the gradient of all cells of some maps, dealt out as in `_deal`."""
    cells = _deal(maps.astype(np.result_type(maps, np.float32), copy=False), piece)
    grad = np.zeros(cells.shape[len(piece.phases) :], grads.dtype)
    grad[tuple(map(slice, grads.shape))] = grads
    grad, passes = grad.reshape(-1), [cells.reshape(*piece.phases, -1)]
    for taps in reversed(piece.taps):
        passes.append(_largest(passes[-1], taps))
    for taps in piece.taps:
        after = passes.pop()
        grad = _back(grad, passes[-1], after, taps)
    return grad.reshape(cells.shape)


def _largest(before, taps) -> np.ndarray:
    """Return the largest of the taps, (..., run), of `before` (..., phases, run)."""
    length = before.shape[-1] - taps[-1][1]
    after = np.empty((*before.shape[:-2], before.shape[-1]), before.dtype)
    read = [before[..., phase, step : step + length] for phase, step in taps]
    largest = read[0]
    for tap in read[1:] or read:  # fmax leaves NaN out
        largest = np.fmax(largest, tap, out=after[..., :length])
    return after


def _back(grad, before, after, taps) -> np.ndarray:
    """Return the gradient of `before`: each place's own at the first tap as large as `after`.

    Writes over `grad`.
    """
    length = before.shape[-1] - taps[-1][1]
    after = after[..., :length]
    total = np.empty(before.shape, grad.dtype)
    bits = BITS[grad.itemsize]
    rest, spare = grad[..., :length].view(bits), np.empty(after.shape, bits)
    new = set(range(before.shape[-2]))
    for tap, (phase, step) in enumerate(taps, start=1):
        here = slice(step, step + length)
        if tap < len(taps):  # whom no other tap has won, the last one has
            np.multiply(rest, before[..., phase, here] != after, out=spare)  # bits times 1 or 0
            rest ^= spare
        share = total[..., phase, here]
        if phase in new:
            total[..., phase, :step] = total[..., phase, step + length :] = 0
            share[...] = rest.view(grad.dtype)
            new.remove(phase)
        else:
            share += rest.view(grad.dtype)
        rest, spare = spare, rest
    return total
