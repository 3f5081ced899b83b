"""Few filters, depthwise layers above all: small GEMMs make all kernel columns, then sums.

A group of one channel would have a GEMM of one row, which no BLAS does well; and of few filters
over many channels, copying the channels would take longer than the sum. So the kernel is taken
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

import math

import numpy as np

from .apart import bands, blocks, last_seat, read_in_place, runs_needed, taken_apart
from .layout import cut, strided
from .products import SMALL, multiply, small_kernels
from .window import Window, reading


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places)."""
    runs = runs_needed(weight.shape, window, input.shape[2:])
    in_place = read_in_place(weight.shape[1], input.shape[2:])
    for part in bands(input, weight, window, output, runs):
        _correlate(*part, in_place)


def _correlate(input, weight, window, output, in_place) -> None:
    columns, shifts = taken_apart(window, input.shape[2:], output.shape[2:])
    if not columns:  # nothing but padding is read
        output[...] = 0
        return
    filters = len(weight) // window.groups
    matrices = _by_column(weight.reshape(window.groups, filters, -1, window.width), columns)
    seats = max(input.shape[-1], last_seat(window, output.shape) + 1)
    needed = (len(columns), filters, *output.shape[2:-1], seats)
    todo = blocks(input, output, window, shifts, needed, copied=not in_place)
    for part, cells, products, out in todo:
        if in_place:
            _multiply_rows(matrices[part], cells[:, 0], window, shifts, products)
        else:
            multiply(matrices[part], cells, products.reshape(*matrices[part].shape[:2], -1))
        _add_up(products.swapaxes(0, 1), columns, window.stride[-1], out)


def _by_column(weight, columns) -> np.ndarray:
    """Return weights (groups, filters, rest, width) as a matrix a group, column after column."""
    groups, filters, rest, _ = weight.shape
    matrices = np.empty((groups, len(columns), filters, rest), weight.dtype)
    for i, column in enumerate(columns):
        matrices[:, i] = weight[..., column.tap]
    return matrices.reshape(groups, len(columns) * filters, rest)


def add_weight_gradient(grad_output, input, window: Window, grad_weight) -> None:
    """Add, for each kernel column, the gradients times copies of the input moved by that column.

    Zeros between the rows of the copies catch what would run over from one row into the next.
    """
    copies = grad_weight.shape[1] * math.prod(window.kernel_size[:-1])
    runs = copies + len(grad_weight) // window.groups
    for part in bands(input, grad_weight, window, grad_output, runs):
        _add_weight_gradient(*part)


def _add_weight_gradient(input, grad_weight, window, grad_output) -> None:
    columns, shifts = taken_apart(window, input.shape[2:], grad_output.shape[2:])
    filters, last = len(grad_weight) // window.groups, last_seat(window, grad_output.shape)
    total = grad_weight.reshape(window.groups, filters, -1, window.width)
    moves = [0, *(column.move for column in columns)]
    seats = max(input.shape[-1] - min(moves), last + 1 + max(moves))
    needed = (filters, *grad_output.shape[2:-1], seats)
    few = 1 if small_kernels() else 4  # filters up to which scalar products beat a GEMM
    for part, copies, laid, grads in blocks(input, grad_output, window, shifts, needed):
        laid[...] = 0
        laid[..., : last + 1 : window.stride[-1]] = grads
        runs = laid.reshape(*laid.shape[:2], -1)
        for column in columns:
            behind, ahead = max(0, -column.move), max(0, column.move)
            ours = runs[..., behind : runs.shape[-1] - ahead]
            theirs = copies[..., ahead : runs.shape[-1] - behind]
            if filters <= few:
                share = np.vecdot(ours[:, :, np.newaxis], theirs[:, np.newaxis])
            else:
                pieces = cut(ours.shape[-1], SMALL // (filters * copies.shape[1]))
                share = sum(ours[..., p] @ theirs[..., p].swapaxes(1, 2) for p in pieces)
            total[part][..., column.tap] += share


def _multiply_rows(matrices, maps, window, shifts, products) -> None:
    """Write the products of each row of places with the rows of cells below it, in place."""
    (_, height, size), served = maps.shape, [places for _, (places,), _ in shifts]
    if size < products.shape[-1]:
        products[..., size:] = 0
    out = products.reshape(len(maps), -1, *products.shape[3:])[..., :size].swapaxes(1, 2)
    last = min(out.shape[1], *(places.stop for places in served))
    first = min(last, max(places.start for places in served))
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
