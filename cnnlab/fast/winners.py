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

BLOCK = 3 << 18  # bytes of maps dealt out at a time
BITS = {2: np.int16, 4: np.int32, 8: np.int64}  # the integers as wide as a float


class _Axis(NamedTuple):
    """How an axis is dealt out: the phases that are read, each with `seats` for its cells."""

    seats: int
    taps: list[tuple[int, int]]  # of each tap: its phase, and how many seats after the place
    layout: list[tuple[slice, slice]]  # of each phase: the seats taken, and by which cells


def send_to_largest(grad_output, maps, places, kernel_size, stride, pads, dilation):
    """Return maps of zeros to which each window's gradient is added at its first largest cell.

    Shapes: grad_output (..., *places), maps and the result (..., *sizes). None where the
        definition has to do it: for NaN in `maps`, and for what is no float of 2, 4 or 8 bytes.
    """
    if maps.dtype.kind != "f" or maps.itemsize not in BITS:
        return None
    flat = maps.reshape(-1, *maps.shape[-len(places) :])
    grads = grad_output.reshape(-1, *places)
    windows = list(zip(flat.shape[1:], kernel_size, stride, pads, dilation, strict=True))
    across = [
        _axis(slice(0, p), *window) for p, window in zip(places[1:], windows[1:], strict=True)
    ]
    size = max(1, flat[:1].nbytes)
    at_once, rows = max(1, BLOCK // size), max(1, places[0] * BLOCK // size)
    cuts = [slice(row, min(row + rows, places[0])) for row in range(0, places[0], rows)]
    pieces = [(piece, [_axis(piece, *windows[0]), *across]) for piece in cuts]
    # Unless they are apart, pieces have some rows in common and add up there
    apart = len(pieces) == 1 or dilation[0] * (kernel_size[0] - 1) < stride[0]
    dealt = sum(math.prod(map(_dealt, axes)) for _, axes in pieces)
    full = apart and dealt == math.prod(flat.shape[1:])
    total = (np.empty if full else np.zeros)(flat.shape, flat.dtype)
    with np.errstate(all="ignore"):
        for first in range(0, len(flat), at_once):
            part = slice(first, first + at_once)
            if np.isnan(flat[part].max()):
                return None
            for piece, axes in pieces:
                shares = _shares(grads[part, piece], flat[part], axes)
                for phase, seats, cells in _layouts(axes):
                    here, share = total[part][:, *cells], shares[phase][:, *seats]
                    here[...] = share if apart else here + share
    return total.reshape(maps.shape)


def _axis(piece, size, kernel_size, stride, pads, dilation) -> _Axis:
    """Return how the cells under a piece of the places of an axis are dealt out."""
    reads = [divmod(tap * dilation, stride) for tap in range(kernel_size)]
    phases = sorted({phase for _, phase in reads})
    seats = piece.stop - piece.start + reads[-1][0]
    layout = []
    for phase in phases:
        offset = piece.start * stride + phase - pads[0]  # the cell of the first seat
        begin = max(0, -(offset // stride))
        cells = range(offset + begin * stride, size, stride)[: max(seats - begin, 0)]
        layout.append((slice(begin, begin + len(cells)), slice(cells.start, cells.stop, stride)))
    return _Axis(seats, [(phases.index(phase), seat) for seat, phase in reads], layout)


def _dealt(axis) -> int:
    """Return how many cells of an axis are dealt out; the others are under no window."""
    return sum(seats.stop - seats.start for seats, _ in axis.layout)


def _layouts(axes):
    """Yield each phase of all axes together: its index, its seats and their cells."""
    for phase in np.ndindex(*(len(axis.layout) for axis in axes)):
        pairs = [axis.layout[i] for axis, i in zip(axes, phase, strict=True)]
        yield phase, *zip(*pairs, strict=True)


def _shares(grads, maps, axes) -> np.ndarray:
    """Return the gradient of all cells of some maps as they are dealt out, (*phases, N, *seats)."""
    seats = (len(maps), *(axis.seats for axis in axes))
    phases = tuple(len(axis.layout) for axis in axes)
    cells = np.full((*phases, *seats), np.nan, np.result_type(maps, np.float32))
    for phase, taken, by in _layouts(axes):
        cells[phase][:, *taken] = maps[:, *by]
    grad = np.zeros(seats, grads.dtype)
    grad[tuple(map(slice, grads.shape))] = grads
    return _send(grad.reshape(-1), cells.reshape(*phases, -1), axes).reshape(cells.shape)


def _send(grad, cells, axes) -> np.ndarray:
    """Return the gradient of the cells, (*phases, run), from that of the places, (run,)."""
    passes, taps, step = [cells], [], 1
    for axis in reversed(axes):
        taps.append([(phase, seat * step) for phase, seat in axis.taps])
        passes.append(_largest(passes[-1], taps[-1]))
        step *= axis.seats
    while taps:
        after = passes.pop()
        grad = _back(grad, passes[-1], after, taps.pop())
    return grad


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
    total = np.empty(before.shape, grad.dtype)
    bits = BITS[grad.itemsize]
    rest, spare = grad[..., :length].view(bits), np.empty((*after.shape[:-1], length), bits)
    new = set(range(before.shape[-2]))
    for tap, (phase, step) in enumerate(taps, start=1):
        here = slice(step, step + length)
        if tap < len(taps):  # whom no other tap has won, the last one has
            lost = before[..., phase, here] != after[..., :length]
            np.multiply(rest, lost, out=spare)  # bits times 1 or 0
            rest ^= spare
        if phase in new:
            total[..., phase, :step] = total[..., phase, step + length :] = 0
            total[..., phase, here] = rest.view(grad.dtype)
            new.remove(phase)
        else:
            total[..., phase, here] += rest.view(grad.dtype)
        rest, spare = spare, rest
    return total
