"""Many small groups, depthwise layers above all: one small GEMM a group makes all kernel columns.

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
import math
from typing import NamedTuple

import numpy as np

from .layout import strided
from .window import Window, reading
from .workspace import room

BLOCK = 5 << 19  # bytes of copies and products of a block of groups
LONG_ROW = 300  # cells below a row of places from which a GEMM of its own pays


class _Column(NamedTuple):
    """A kernel column: which places it serves, from which cells, and how far ahead these lie."""

    tap: int
    move: int
    places: slice
    cells: slice


class _Kernel(NamedTuple):
    """A kernel taken apart: the columns that read any cell, and the shifts along the first axes."""

    columns: list[_Column]  # the least moved one first
    shifts: list[tuple]  # (tap, the places that it serves, the cells that it reads)


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    kernel = _taken_apart(window, input.shape[2:], output.shape[2:])
    if not kernel.columns:  # nothing but padding is read
        output[...] = 0
        return
    matrices = weight.reshape(window.groups, len(weight) // window.groups, -1, window.width)
    matrices = matrices.take([column.tap for column in kernel.columns], -1).transpose(0, 3, 1, 2)
    matrices = matrices.reshape(window.groups, -1, matrices.shape[-1])
    in_place = weight.shape[1] == 1 and _has_long_rows(window, input)
    blocks = _blocks(input, weight, window, output, kernel, copied=not in_place)
    for part, cells, products, out in blocks:
        if in_place:
            _multiply_rows(matrices[part], cells, window, kernel.shifts, products)
        else:
            np.matmul(matrices[part], cells, out=_rows(products))
        _add_up(products.swapaxes(0, 1), kernel.columns, window.stride[-1], out)


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add the gradients, moved by each kernel column, times the copies of what they were made of."""
    kernel = _taken_apart(window, input.shape[2:], grad_output.shape[2:])
    if not kernel.columns:
        return
    filters = len(grad_weight) // window.groups
    total = grad_weight.reshape(window.groups, filters, -1, window.width)
    for part, copies, moved, grads in _blocks(input, grad_weight, window, grad_output, kernel):
        moved[...] = 0
        for seats, column in zip(moved.swapaxes(0, 1), kernel.columns, strict=True):
            seats[..., column.cells] = grads[..., column.places]
        shares = (_rows(moved) @ copies.swapaxes(1, 2)).reshape(*moved.shape[:3], -1)
        for share, column in zip(shares.swapaxes(0, 1), kernel.columns, strict=True):
            total[part][..., column.tap] += share


@functools.lru_cache(maxsize=64)  # a layer is called again and again with the same sizes
def _taken_apart(window, sizes, places) -> _Kernel:
    def read(axis, tap):
        settings = (window.stride[axis], window.pads[axis], window.dilation[axis])
        return reading(tap, sizes[axis], places[axis], *settings)

    columns, shifts = [], []
    for tap in range(window.width):
        move = tap * window.dilation[-1] - window.pads[-1][0]
        columns.append(_Column(tap, move, *read(-1, tap)))
    columns = [column for column in columns if column.places.start < column.places.stop]
    for tap in np.ndindex(*window.kernel_size[:-1]):
        pairs = [read(axis, t) for axis, t in enumerate(tap)]
        shifts.append((tap, [here for here, _ in pairs], [there for _, there in pairs]))
    # the column straight below its place is not moved: it begins the sum
    return _Kernel(sorted(columns, key=lambda column: abs(column.move)), shifts)


def _blocks(input, weight, window, output, kernel, copied=True):
    """Yield (slice of groups, their cells, room for products, part of `output`) until all is done.

    The cells are matrices of copies, or if they aren't `copied` the maps themselves.
    """
    groups, slices, filters = window.groups, weight.shape[1], len(weight) // window.groups
    size, places = input.shape[-1], output.shape[2:]
    seats = (*places[:-1], max(size, (places[-1] - 1) * window.stride[-1] + 1))
    made = (len(kernel.columns), filters, *seats)
    taken = (slices, *window.kernel_size[:-1], *seats) if copied else (0,)
    both = (math.prod(taken) + math.prod(made)) * input.itemsize
    pieces = max(1, min(groups, -(-groups * both // BLOCK)))
    at_once = -(-groups // pieces)
    with room() as take:
        copies, products = (take((at_once, *shape), input.dtype) for shape in (taken, made))
        if copied:
            _clear(copies, kernel.shifts, size)
        for maps, out in zip(input, output, strict=True):
            maps = maps.reshape(groups, slices, *maps.shape[1:])
            out = out.reshape(groups, filters, *places)
            for first in range(0, groups, at_once):
                part = slice(first, min(first + at_once, groups))
                cells = maps[part]
                if copied:
                    cells = _copy(cells, kernel.shifts, copies[: part.stop - first])
                yield part, cells, products[: part.stop - first], out[part]


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


def _copy(maps, shifts, copies) -> np.ndarray:
    """Copy the maps once for each shift; return one matrix (slices * taps, seats) a group."""
    for tap, places, cells in shifts:
        copies[:, :, *tap, *places, : maps.shape[-1]] = maps[:, :, *cells]
    outer = len(shifts[0][0]) if shifts else 0
    return copies.reshape(len(maps), math.prod(copies.shape[1 : 2 + outer]), -1)


def _has_long_rows(window, input) -> bool:
    """Return whether the rows of cells below a row of places are enough for a GEMM of its own."""
    cells = window.kernel_size[0] * window.stride[0] * input.shape[-1]
    return len(window.kernel_size) == 2 and cells >= LONG_ROW


def _multiply_rows(matrices, maps, window, shifts, products) -> None:
    """Write the products of each row of places with the rows of cells below it, in place."""
    (_, _, height, size), served = maps.shape, [places for _, (places,), _ in shifts]
    if size < products.shape[-1]:
        products[..., size:] = 0
    out = products.reshape(len(maps), -1, *products.shape[3:])[..., :size].swapaxes(1, 2)
    first = min(max(places.start for places in served), out.shape[1])
    last = max(min(places.stop for places in served), first)
    step, gap, pads = window.stride[0], window.dilation[0], window.pads[0]
    if first < last:
        image, _, row, cell = maps.strides
        shape = (len(maps), last - first, len(served), size)
        strides, start = (image, step * row, gap * row, cell), (first * step - pads[0]) * row
        cells = strided(maps, shape, strides, start)
        np.matmul(matrices[:, np.newaxis], cells, out=out[:, first:last])
    for place in (*range(first), *range(last, out.shape[1])):
        # padding is left out: the kernel rows on the map, found as places are, roles exchanged
        taps, cells = reading(place, height, len(served), gap, pads, step)
        np.matmul(matrices[:, :, taps], maps[:, 0, cells], out=out[:, place])


def _rows(products) -> np.ndarray:
    """Return products (groups, columns, filters, *seats) as one matrix a group."""
    groups, columns, filters = products.shape[:3]
    return products.reshape(groups, columns * filters, -1)


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
