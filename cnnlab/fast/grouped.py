"""Many small groups, depthwise layers above all: small GEMMs make all kernel columns, then sums.

A group of one channel would have a GEMM of one row, which no BLAS does well. So the kernel is taken
apart: a GEMM of (kernel columns * filters) rows gives what each kernel column adds to every cell.
Then these products are added up, each moved by its column. Moving is an offset in memory: what
would run over from one row into the next is set to zero first. A stride of the last axis comes
last: neighbours are added so much faster than every second cell that it pays to sum at all cells,
and to pick the places from the sums.

The GEMM's other factor is the input, once for each shift along the first axes. Mostly it is copied
that often (3 times for a 3x3 kernel, as whole runs), and one GEMM does a map. But where a group is
one map of long rows, nothing is copied: the rows that a row of places reads are a matrix as they
lie there, and each row has a GEMM of its own. Padding is never laid out: what would read it is left
out. Works on blocks of groups, in about 2.5 MiB.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from .layout import strided
from .window import Window, reading
from .workspace import room

BLOCK = 5 << 19  # bytes of copies and products of a block of groups
LONG_ROW = 96  # cells from which a row of places is worth a GEMM of its own
SMALL = 1_000_000  # multiply-adds of a product up to which BLAS reads the factors as they lie


class _Column(NamedTuple):
    """A kernel column: which places it serves, and how far behind a place's seat its cell lies."""

    tap: int
    move: int
    places: slice


class _Shift(NamedTuple):
    """A tap of the first axes: which places it serves, with which cells."""

    tap: tuple[int, ...]
    places: list[slice]
    cells: list[slice]


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    columns, shifts = _taken_apart(window, input.shape[2:], output.shape[2:])
    if not columns:  # nothing but padding is read
        output[...] = 0
        return
    filters, slices = len(weight) // window.groups, weight.shape[1]
    matrices = weight.reshape(window.groups, filters, -1, window.width)
    matrices = matrices.take([column.tap for column in columns], -1).transpose(0, 3, 1, 2)
    matrices = np.ascontiguousarray(matrices).reshape(window.groups, len(columns) * filters, -1)
    seats = max(input.shape[-1], _last_seat(window, output) + 1)
    in_place = slices == 1 and input.ndim == 4 and input.shape[-1] >= LONG_ROW
    room_for = (len(columns), filters, *output.shape[2:-1], seats)
    blocks = _blocks(input, output, window, shifts, room_for, copied=not in_place)
    for part, cells, products, out in blocks:
        if in_place:
            _multiply_rows(matrices[part], cells[:, 0], window, shifts, products)
        else:
            out_of = products.reshape(*matrices[part].shape[:2], -1)
            for piece in _pieces(cells.shape[-1], matrices[0].size):
                np.matmul(matrices[part], cells[..., piece], out=out_of[..., piece])
        _add_up(products.swapaxes(0, 1), columns, window.stride[-1], out)


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add, for each kernel column, the gradients times copies of the input moved by that column.

    Zeros between the rows of the copies catch what would run over from one row into the next.
    """
    columns, shifts = _taken_apart(window, input.shape[2:], grad_output.shape[2:])
    filters, last = len(grad_weight) // window.groups, _last_seat(window, grad_output)
    total = grad_weight.reshape(window.groups, filters, -1, window.width)
    moves = [0, *(column.move for column in columns)]
    seats = max(input.shape[-1] - min(moves), last + 1 + max(moves))
    room_for = (filters, *grad_output.shape[2:-1], seats)
    blocks = _blocks(input, grad_output, window, shifts, room_for)
    for part, copies, laid, grads in blocks:
        laid[...] = 0
        laid[..., : last + 1 : window.stride[-1]] = grads
        runs = laid.reshape(*laid.shape[:2], -1)
        for column in columns:
            behind, ahead = max(0, -column.move), max(0, column.move)
            ours = runs[..., behind : runs.shape[-1] - ahead]
            theirs = copies[..., ahead : runs.shape[-1] - behind]
            if filters == 1:  # a scalar product each; a GEMM of one row is slow
                share = np.vecdot(ours, theirs)[:, np.newaxis]
            else:
                pieces = _pieces(ours.shape[-1], filters * copies.shape[1])
                share = sum(ours[..., p] @ theirs[..., p].swapaxes(1, 2) for p in pieces)
            total[part][..., column.tap] += share


@functools.lru_cache(maxsize=64)  # a layer is called again and again with the same sizes
def _taken_apart(window, sizes, places) -> tuple[list[_Column], list[_Shift]]:
    """Return the kernel's columns that read any cell, and its shifts along the first axes."""

    def read(axis, tap):
        settings = (window.stride[axis], window.pads[axis], window.dilation[axis])
        return reading(tap, sizes[axis], places[axis], *settings)

    columns, shifts = [], []
    for tap in range(window.width):
        here, _ = read(-1, tap)
        if here.start < here.stop:
            columns.append(_Column(tap, tap * window.dilation[-1] - window.pads[-1][0], here))
    for tap in np.ndindex(*window.kernel_size[:-1]):
        pairs = [read(axis, t) for axis, t in enumerate(tap)]
        shifts.append(_Shift(tap, [here for here, _ in pairs], [there for _, there in pairs]))
    # the column straight below its place is not moved: it begins the sum
    return sorted(columns, key=lambda column: abs(column.move)), shifts


def _last_seat(window, output) -> int:
    """Return the seat of a row's last place: places sit one stride apart, from the first cell."""
    return (output.shape[-1] - 1) * window.stride[-1]


def _blocks(input, output, window, shifts, room_for, copied=True):
    """Yield (slice of groups, their cells, room, their part of `output`) until all is done.

    The cells are matrices of copies, or if they aren't `copied` the maps themselves. The room is
    for an array of the shape `room_for` a group, with rows as long as those of the copies.
    """
    groups, places, kernel = window.groups, output.shape[2:], window.kernel_size[:-1]
    slices, filters = input.shape[1] // groups, output.shape[1] // groups
    copy = (slices, *kernel, *places[:-1], room_for[-1]) if copied else (0,)
    size = (math.prod(copy) + math.prod(room_for)) * input.itemsize
    pieces = max(1, min(groups, -(-groups * size // BLOCK)))
    at_once = -(-groups // pieces)
    with room() as take:
        copies, rest = (take((at_once, *shape), input.dtype) for shape in (copy, room_for))
        if copied:
            _clear(copies, shifts, input.shape[-1])
        for maps, out in zip(input, output, strict=True):
            maps = maps.reshape(groups, slices, *maps.shape[1:])
            out = out.reshape(groups, filters, *places)
            for first in range(0, groups, at_once):
                part = slice(first, min(first + at_once, groups))
                count, cells = part.stop - first, maps[part]
                if copied:
                    _copy(cells, shifts, copies[:count])
                    cells = copies[:count].reshape(count, slices * math.prod(kernel), -1)
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


def _copy(maps, shifts, copies) -> None:
    for tap, places, cells in shifts:
        copies[:, :, *tap, *places, : maps.shape[-1]] = maps[:, :, *cells]


def _multiply_rows(matrices, maps, window, shifts, products) -> None:
    """Write the products of each row of places with the rows of cells below it, in place."""
    (_, height, size), served = maps.shape, [places for _, (places,), _ in shifts]
    if size < products.shape[-1]:
        products[..., size:] = 0
    out = products.reshape(len(maps), -1, *products.shape[3:])[..., :size].swapaxes(1, 2)
    first = min(max(places.start for places in served), out.shape[1])
    last = max(min(places.stop for places in served), first)
    step, gap, pads = window.stride[0], window.dilation[0], window.pads[0]
    if first < last:
        image, row, cell = maps.strides
        shape = (len(maps), last - first, len(served), size)
        strides, start = (image, step * row, gap * row, cell), (first * step - pads[0]) * row
        cells = strided(maps, shape, strides, start)
        np.matmul(matrices[:, np.newaxis], cells, out=out[:, first:last])
    for place in (*range(first), *range(last, out.shape[1])):
        # padding is left out: the kernel rows on the map are found as places are, roles exchanged
        taps, cells = reading(place, height, len(served), gap, pads, step)
        np.matmul(matrices[:, :, taps], maps[:, cells], out=out[:, place])


def _pieces(length, each) -> list[slice]:
    """Return slices that cut `length` so that a product of `each` a cell stays small."""
    count = -(-length * each // SMALL)
    edges = [i * length // count for i in range(count + 1)]
    return [slice(*pair) for pair in itertools.pairwise(edges)]


def _add_up(products, columns, step, out) -> None:
    """Write the sum of the products (columns, groups, filters, *seats), each moved, into `out`."""
    runs = products.reshape(*products.shape[:3], -1)
    total = np.zeros_like(runs[0]) if columns[0].move else runs[0]
    moved = [i for i, column in enumerate(columns) if column.move]
    places, seats = out.shape[-1], products.shape[-1]
    into = [total] * len(moved)
    if moved and places * step == seats:  # then the picked ones are one run, too
        into[-1] = out.reshape(*total.shape[:2], -1)
    for i, sums in zip(moved, into, strict=True):
        move = columns[i].move
        if columns[i].places != slice(0, places):  # the others would read in the row beside theirs
            products[i, ..., slice(0, move) if move > 0 else slice(move, None)] = 0
        _add(total, runs[i], move, sums, 1 if sums is total else step)
    if not into or into[-1] is total:
        out[...] = total.reshape(products.shape[1:])[..., : places * step : step]


def _add(total, run, move, into, step) -> None:
    """Write into `into` every step-th sum of `total` and of `run`, read `move` cells further on."""
    length, before = total.shape[-1], -(min(0, move) // step)
    after = -(-(length - max(0, move)) // step)  # the first sums, and the last, lack a summand
    both = slice(before * step, length - max(0, move), step)
    terms = run[..., before * step + move : length + min(0, move) : step]
    np.add(total[..., both], terms, out=into[..., before:after])
    if into is not total:
        into[..., :before] = total[..., : before * step : step]
        into[..., after:] = total[..., after * step :: step]
