"""Many small groups, depthwise layers above all: one small GEMM a group makes all kernel columns.

A group of one channel would have a GEMM of one row, which no BLAS does well. So the kernel is taken
apart: the input is copied once for each shift along the first axes (3 times for a 3x3 kernel, as
whole runs), and a GEMM of (kernel columns * filters) rows gives what each kernel column adds to
every cell. Then these results are added up, each moved by its column. Moving is an offset in
memory: what would run over from one row into the next is set to zero first. With a stride the last
axis is dealt out in phases, and each phase serves the kernel columns that read it. Padding is never
laid out: what would read it is left out. Works on blocks of groups, in about 2 MiB.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .window import Window, reading
from .workspace import room

BLOCK = 2 << 20  # bytes of copies and results of a block of groups


class _Phase(NamedTuple):
    """Every stride-th cell of the last axis, and the kernel columns that read them."""

    first: int
    matrix: np.ndarray  # of the weight (groups, taps * filters, slices * outer taps)
    taps: list[int]
    copies: list[tuple]  # (place in rows, cells) of each shift along the first axes
    moves: list[tuple]  # (places, place in a product) of each kernel column
    rows: np.ndarray  # copies of the cells (groups, slices, *outer taps, *outer places, seats)
    products: np.ndarray  # (groups, taps, filters, *outer places, seats)

    def load(self, maps, step) -> np.ndarray:
        """Copy the maps of some groups; return matrices (groups, slices * taps, positions)."""
        rows, cells = self.rows[: len(maps)], maps[..., self.first :: step]
        for here, there in self.copies:
            rows[:, :, *here] = cells[:, :, *there]
        return rows.reshape(len(maps), self.matrix.shape[2], -1)

    def flat(self, count) -> np.ndarray:
        """Return room for the products of some groups as matrices."""
        return self.products[:count].reshape(count, self.matrix.shape[1], -1)


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    for phases, part, maps, out in _blocks(input, weight, window, output):
        total = None
        for phase in phases:
            columns = phase.load(maps, window.stride[-1])
            np.matmul(phase.matrix[part], columns, out=phase.flat(len(maps)))
            for product, move in zip(phase.products.swapaxes(0, 1), phase.moves, strict=True):
                total = _add(product[: len(maps)], *move, total, out)
        if total is not out:
            out[...] = total[..., : out.shape[-1]]


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add the gradients, moved by each kernel column, times the copies that they were made from."""
    slices, outer = grad_weight.shape[1], math.prod(window.kernel_size[:-1])
    total = grad_weight.reshape(window.groups, -1, slices, outer, window.width)
    for phases, part, maps, grads in _blocks(input, grad_weight, window, grad_output):
        for phase in phases:
            columns = phase.load(maps, window.stride[-1])
            phase.products[...] = 0
            for product, (here, there) in zip(
                phase.products.swapaxes(0, 1), phase.moves, strict=True
            ):
                product[: len(maps)][..., there] = grads[..., here]
            shares = phase.flat(len(maps)) @ columns.swapaxes(1, 2)
            shares = shares.reshape(len(maps), len(phase.taps), *total.shape[1:4])
            total[part][..., phase.taps] += np.moveaxis(shares, 1, -1)


def _add(product, here, there, total, out):
    """Add what a kernel column has made to `total`, moved; the first that isn't becomes it."""
    move = there.start - here.start
    if here.start == here.stop:  # it lies in the padding everywhere
        move, product[...] = 0, 0
    if move:  # what no place reads would run over into the next row
        product[..., slice(0, move) if move > 0 else slice(move, None)] = 0
    if total is None and not move:  # the first of all begins the sum
        if out.shape != product.shape:
            return product
        out[...] = product
        return out
    if total is None:
        total = np.zeros(product.shape, product.dtype)
    length, ahead, behind = math.prod(product.shape[2:]), max(0, move), max(0, -move)
    sums, terms = (array.reshape(*array.shape[:2], length) for array in (total, product))
    sums[..., behind : length - ahead] += terms[..., ahead : length - behind]
    return total


def _blocks(input, weight, window, output):
    """Yield (phases, slice of groups, their maps, their part of `output`) until all is done."""
    groups, places = window.groups, output.shape[2:]
    slices, filters = weight.shape[1], len(weight) // groups
    run = math.prod(places[:-1]) * input.shape[-1] * input.itemsize
    size = run * (slices * math.prod(window.kernel_size[:-1]) + filters * window.width)
    pieces = max(1, min(groups, -(-groups * size // BLOCK)))
    at_once = -(-groups // pieces)
    with room() as take:
        phases = _phases(at_once, input, weight, window, places, take)
        for maps, out in zip(input, output, strict=True):
            maps = maps.reshape(groups, slices, *maps.shape[1:])
            out = out.reshape(groups, filters, *places)
            for first in range(0, groups, at_once):
                part = slice(first, min(first + at_once, groups))
                yield phases, part, maps[part], out[part]


def _phases(at_once, input, weight, window, places, take) -> list[_Phase]:
    """Return the phases that are read, each with its buffers; seats are alike in all of them."""
    groups, filters = window.groups, len(weight) // window.groups
    step, gap, (before, _) = window.stride[-1], window.dilation[-1], window.pads[-1]
    # the kernel column straight below its place is not moved: it begins the sum
    order = sorted(range(window.width), key=lambda tap: abs(tap * gap - before))
    firsts = list(dict.fromkeys((tap * gap - before) % step for tap in order))
    seats = max(-(-input.shape[-1] // step), places[-1])
    kernel = (*window.kernel_size[:-1], *places[:-1], seats)
    phases = []
    for first in firsts:
        taps = [tap for tap in order if (tap * gap - before) % step == first]
        rows = take((at_once, weight.shape[1], *kernel), input.dtype)
        rows[...] = 0  # what the copies leave out stays zero
        products = take((at_once, len(taps), filters, *places[:-1], seats), input.dtype)
        width = len(range(first, input.shape[-1], step))
        copies = _copies(input.shape[2:-1], width, window, places)
        moves = [_move(tap, input.shape[-1], window, places[-1]) for tap in taps]
        columns = weight.reshape(groups, filters, -1, window.width)[..., taps]
        matrix = np.moveaxis(columns, -1, 1).reshape(groups, len(taps) * filters, -1)
        phases.append(_Phase(first, matrix, taps, copies, moves, rows, products))
    return phases


def _copies(sizes, width, window, places) -> list[tuple]:
    """Return where each shift along the first axes is copied to, and which cells it reads."""
    copies = []
    for tap in np.ndindex(*window.kernel_size[:-1]):
        axes = zip(tap, sizes, places, window.stride, window.pads, window.dilation, strict=False)
        pairs = [reading(*axis) for axis in axes]
        here = (*tap, *(here for here, _ in pairs), slice(0, width))
        copies.append((here, [there for _, there in pairs]))
    return copies


def _move(tap, size, window, places) -> tuple[slice, slice]:
    """Return the last axis' places whose `tap` lies on a cell, and the seats of these cells."""
    step = window.stride[-1]
    here, _ = reading(tap, size, places, step, window.pads[-1], window.dilation[-1])
    first = (tap * window.dilation[-1] - window.pads[-1][0]) // step + here.start
    return here, slice(first, first + here.stop - here.start)
