"""A kernel taken apart: its columns, and its shifts along all axes but the last.

A column is moved along the rows when the sum is made. The shifts say what of the input is copied,
once for each, so that the cells below a place have one index and lie in as many rows. Works on
blocks of groups, in about 2.5 MiB, and where one group needs more, on bands of its places.

Seats are the cells of a row and, where the last windows stick out of it, some more: as many that
every place has one. Places sit one stride apart; a column that is not moved reads below its place.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from .window import reading
from .workspace import room

BLOCK = 5 << 19  # bytes of copies and of what else a block of groups needs
LONG_ROW = 96  # cells from which a row of places is worth a GEMM of its own


class Column(NamedTuple):
    """A kernel column: which places it serves, and how far from their seats it reads."""

    tap: int
    move: int
    places: slice


class Shift(NamedTuple):
    """A tap of the first axes: which places it serves, with which cells."""

    tap: tuple[int, ...]
    places: list[slice]
    cells: list[slice]


@functools.lru_cache(maxsize=64)  # a layer is called again and again with the same sizes
def taken_apart(window, sizes, places) -> tuple[list[Column], list[Shift]]:
    """Return the columns that read any cell, the least moved one first, and the shifts."""

    def read(axis, tap):
        settings = (window.stride[axis], window.pads[axis], window.dilation[axis])
        return reading(tap, sizes[axis], places[axis], *settings)

    columns, shifts = [], []
    for tap in range(window.width):
        here, _ = read(-1, tap)
        if here.start < here.stop:
            columns.append(Column(tap, tap * window.dilation[-1] - window.pads[-1][0], here))
    for tap in np.ndindex(*window.kernel_size[:-1]):
        pairs = [read(axis, t) for axis, t in enumerate(tap)]
        shifts.append(Shift(tap, [here for here, _ in pairs], [there for _, there in pairs]))
    return sorted(columns, key=lambda column: abs(column.move)), shifts


def bands(input, weight, window, output, runs):
    """Yield (input, weight, window, output), or its parts where a group is too large for a block.

    A group needs so many `runs` over its seats. A part is one group of one image and some rows of
    its places, with the cells that they read; its padding is what they lack of these.
    """
    places, seats = output.shape[2], max(input.shape[-1], last_seat(window, output.shape) + 1)
    row = runs * math.prod(output.shape[3:-1]) * seats * input.itemsize
    count = -(-places // max(1, BLOCK // row))
    if count <= 1 or output.ndim == 3:
        yield input, weight, window, output
        return
    slices, filters = weight.shape[1], len(weight) // window.groups
    height, step, (before, _) = input.shape[2], window.stride[0], window.pads[0]
    reach = window.dilation[0] * (window.kernel_size[0] - 1) + 1
    rows = [slice(i * places // count, (i + 1) * places // count) for i in range(count)]
    for image, group in np.ndindex(len(input), window.groups):
        ours = slice(group * filters, (group + 1) * filters)
        maps = input[image, group * slices : (group + 1) * slices]
        for band in rows:
            top, end = band.start * step - before, (band.stop - 1) * step - before + reach
            first = min(max(0, top), height)
            cells = maps[np.newaxis, :, first : max(first, min(end, height))]
            pads = ((first - top, end - first - cells.shape[2]), *window.pads[1:])
            part = window._replace(pads=pads, groups=1)
            yield cells, weight[ours], part, output[image, ours, band][np.newaxis]


def last_seat(window, places) -> int:
    """Return the seat of a row's last place."""
    return (places[-1] - 1) * window.stride[-1]


def read_in_place(slices, sizes) -> bool:
    """Return whether a group is one map of rows so long that each is worth a GEMM of its own."""
    return slices == 1 and len(sizes) == 2 and sizes[-1] >= LONG_ROW


def runs_needed(weight_shape, window, sizes) -> int:
    """Return how many runs over its seats a group needs: copies of its cells, and products."""
    slices = weight_shape[1]
    copies = 0 if read_in_place(slices, sizes) else slices * math.prod(window.kernel_size[:-1])
    return copies + weight_shape[0] // window.groups * window.width


def bytes_of_a_row(weight_shape, window, sizes, places, itemsize) -> int:
    """Return what the least band of a group needs, one place along the first axis."""
    seats = math.prod(places[1:-1]) * max(sizes[-1], last_seat(window, places) + 1)
    return runs_needed(weight_shape, window, sizes) * seats * itemsize


def blocks(input, output, window, shifts, needed, copied=True):
    """Yield (slice of groups, their cells, room, their part of `output`) until all is done.

    The cells are matrices (slices * taps, seats) of copies or, if they aren't `copied`, the maps
    themselves. The room is an array of the shape `needed` a group, whose last axis are the seats.
    """
    groups, places, kernel = window.groups, output.shape[2:], window.kernel_size[:-1]
    slices, filters = input.shape[1] // groups, output.shape[1] // groups
    copy = (slices, *kernel, *places[:-1], needed[-1]) if copied else (0,)
    size = (math.prod(copy) + math.prod(needed)) * input.itemsize
    at_once = -(-groups // max(1, min(groups, -(-groups * size // BLOCK))))
    with room() as take:
        copies, rest = (take((at_once, *shape), input.dtype) for shape in (copy, needed))
        if copied:
            _clear(copies, shifts, input.shape[-1])
        for maps, out in zip(input, output, strict=True):
            maps = maps.reshape(groups, slices, *maps.shape[1:])
            out = out.reshape(groups, filters, *places)
            for first in range(0, groups, at_once):
                part = slice(first, min(first + at_once, groups))
                count, cells = part.stop - first, maps[part]
                if copied:
                    cells = _copy(cells, shifts, copies[:count], slices * math.prod(kernel))
                yield part, cells, rest[:count], out[part]


def _clear(copies, shifts, size) -> None:
    """Set to zero what will not be copied: where padding is read, and seats behind the cells."""
    if size < copies.shape[-1]:
        copies[..., size:] = 0
    for tap, places, _ in shifts:
        for axis, served in enumerate(places, start=2):
            across = copies[:, :, *tap].swapaxes(0, axis)
            for rest in (across[: served.start], across[served.stop :]):
                if len(rest):
                    rest[...] = 0


def _copy(maps, shifts, copies, rows) -> np.ndarray:
    """Copy the maps once for each shift; return a matrix of so many rows for each group."""
    for tap, places, cells in shifts:
        copies[:, :, *tap, *places, : maps.shape[-1]] = maps[:, :, *cells]
    return copies.reshape(len(maps), rows, -1)
