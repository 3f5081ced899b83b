"""Many small groups, depthwise layers above all: one small GEMM a group makes all kernel columns.

A group of one channel would have a GEMM of one row, which no BLAS does well. So the kernel is taken
apart: the input is copied once for each shift along the first axes (3 times for a 3x3 kernel, as
whole runs), and a GEMM of (kernel columns * filters) rows gives what each kernel column adds to
every cell. Then these results are added up, each moved by its column. Moving is an offset in
memory: what would run over from one row into the next is set to zero first. A stride of the last
axis comes last: neighbours are added so much faster than every second cell that it pays to sum at
all cells, and to pick the places from the sums. Padding is never laid out: what would read it is
left out. Works on blocks of groups, in about 2.5 MiB.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from .window import Window, reading
from .workspace import room

BLOCK = 5 << 19  # bytes of copies and products of a block of groups


class _Column(NamedTuple):
    """A kernel column: which places it serves, from which cells, and how far ahead these lie."""

    tap: int
    move: int
    places: slice
    cells: slice


class _Shift(NamedTuple):
    """A tap of the first axes: which places it serves, from which cells."""

    tap: tuple[int, ...]
    places: list[slice]
    cells: list[slice]


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    columns, shifts = _taken_apart(window, input, output)
    if not columns:  # nothing but padding is read
        output[...] = 0
        return
    matrices = weight.reshape(window.groups, len(weight) // window.groups, -1, window.width)
    matrices = matrices.transpose(0, 3, 1, 2)[:, [column.tap for column in columns]]
    matrices = matrices.reshape(window.groups, -1, matrices.shape[-1])
    for part, copies, products, out in _blocks(input, weight, window, output, columns, shifts):
        np.matmul(matrices[part], copies, out=_rows(products))
        _add_up(products.swapaxes(0, 1), columns, window.stride[-1], out)


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add the gradients, moved by each kernel column, times the copies that they were made from."""
    columns, shifts = _taken_apart(window, input, grad_output)
    if not columns:
        return
    filters = len(grad_weight) // window.groups
    total = grad_weight.reshape(window.groups, filters, -1, window.width)
    blocks = _blocks(input, grad_weight, window, grad_output, columns, shifts)
    for part, copies, moved, grads in blocks:
        moved[...] = 0
        for seats, column in zip(moved.swapaxes(0, 1), columns, strict=True):
            seats[..., column.cells] = grads[..., column.places]
        shares = (_rows(moved) @ copies.swapaxes(1, 2)).reshape(*moved.shape[:3], -1)
        for share, column in zip(shares.swapaxes(0, 1), columns, strict=True):
            total[part][..., column.tap] += share


def _taken_apart(window, input, output) -> tuple[list[_Column], list[_Shift]]:
    """Return the kernel's columns that read any cell, and its shifts along the first axes."""
    window = window._replace(pads=tuple(window.pads))
    return _columns_and_shifts(window, input.shape[2:], output.shape[2:])


@functools.lru_cache(maxsize=64)  # a layer is called again and again with the same sizes
def _columns_and_shifts(window, sizes, places) -> tuple[list[_Column], list[_Shift]]:
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
        shifts.append(_Shift(tap, [here for here, _ in pairs], [there for _, there in pairs]))
    # the column straight below its place is not moved: it begins the sum
    return sorted(columns, key=lambda column: abs(column.move)), shifts


def _blocks(input, weight, window, output, columns, shifts):
    """Yield (slice of groups, matrices of their copies, room for products, part of `output`)."""
    groups, slices, filters = window.groups, weight.shape[1], len(weight) // window.groups
    size, places = input.shape[-1], output.shape[2:]
    seats = (*places[:-1], max(size, (places[-1] - 1) * window.stride[-1] + 1))
    copied, made = (slices, *window.kernel_size[:-1], *seats), (len(columns), filters, *seats)
    both = (math.prod(copied) + math.prod(made)) * input.itemsize
    pieces = max(1, min(groups, -(-groups * both // BLOCK)))
    at_once = -(-groups // pieces)
    with room() as take:
        copies, products = (take((at_once, *shape), input.dtype) for shape in (copied, made))
        _clear(copies, shifts, size)
        for maps, out in zip(input, output, strict=True):
            maps = maps.reshape(groups, slices, *maps.shape[1:])
            out = out.reshape(groups, filters, *places)
            for first in range(0, groups, at_once):
                part = slice(first, min(first + at_once, groups))
                here, cells = copies[: part.stop - first], maps[part]
                for shift in shifts:
                    here[:, :, *shift.tap, *shift.places, :size] = cells[:, :, *shift.cells]
                matrices = here.reshape(len(here), -1, math.prod(seats))
                yield part, matrices, products[: len(here)], out[part]


def _clear(copies, shifts, size) -> None:
    """Set to zero what will not be copied: where padding is read, and seats behind the cells."""
    copies[..., size:] = 0
    for shift in shifts:
        for axis, served in enumerate(shift.places, start=2):
            across = copies[:, :, *shift.tap].swapaxes(0, axis)
            for rest in (across[: served.start], across[served.stop :]):
                if len(rest):
                    rest[...] = 0


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
