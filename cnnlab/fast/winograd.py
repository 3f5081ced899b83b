"""Winograd: 3x3 kernels with fewer multiplications, as two small matrices and a batched GEMM.

F(2,3) makes a tile of 2 outputs from 4 cells with 4 multiplications instead of 6, in two axes 16
instead of 36; F(4,3) makes 4 from 6 with 6 instead of 12, in two axes 36 instead of 144. Cells and
weights are first mixed by additions. Applied to all axes at once, that mixing is one matrix, the
Kronecker product of the small one with itself: one GEMM in, one GEMM for each of the 16 (or 36)
mixtures, one GEMM out. Copies each cell 4 times (2.25 times) and holds the mixtures of a band of
tiles, some megabytes.

F(2,3) is as exact as the definition. F(4,3) multiplies by numbers up to 5 and 8 and loses about a
digit, so it is taken only where the caller asks for it.

Source: Lavin and Gray 2016, Fast Algorithms for Convolutional Neural Networks; lesson 09.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from .layout import front
from .phases import Phases
from .products import multiply
from .window import Window
from .workspace import room

BAND = 1 << 23  # bytes of the mixtures of a band of tiles, 8 MiB
ENOUGH = 200  # tiles from which a GEMM runs at full speed


class Tile(NamedTuple):
    """The three matrices of F(m, 3): what they do to cells, to taps, and to products."""

    cells: np.ndarray  # (m + 2, m + 2)
    taps: np.ndarray  # (m + 2, 3)
    outputs: np.ndarray  # (m, m + 2)


TILES = {
    2: Tile(
        cells=np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]),
        taps=np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2,
        outputs=np.array([[1, 1, 1, 0], [0, 1, -1, -1]]),
    ),
    4: Tile(
        cells=np.array([
            [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1],
        ]),
        taps=np.array([
            [6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24],
        ]) / 24,
        outputs=np.array([
            [1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1],
        ]),
    ),
}  # fmt: skip


@functools.cache
def mixing(m, n, dtype) -> Tile:
    """Return the matrices of F(m, 3) for `n` axes at once, Kronecker products of the small ones.

    >>> [matrix.shape for matrix in mixing(2, 2, np.float32)]
    [(16, 16), (16, 9), (4, 16)]
    """
    powers = [functools.reduce(np.kron, [matrix] * n).astype(dtype) for matrix in TILES[m]]
    for power in powers:
        power.flags.writeable = False
    return Tile(*powers)


def correlate(input, weight, window: Window, output, m=2) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places) by F(m, 3) along every axis."""
    mix = mixing(m, output.ndim - 2, input.dtype)
    weights = mix.taps @ weight.reshape(-1, mix.taps.shape[1]).T
    weights = weights.reshape(-1, window.groups, len(weight) // window.groups, weight.shape[1])
    tiling = _tiling(m, input, output, window.dilation)
    shape = (tiling.images, *input.shape[1:])
    with room() as take:
        phases = Phases(shape, window, tiling.steps, take, input.dtype, tiling.cells)
        spare = [take(tiling.buffer, input.dtype) for _ in range(2)]
        for first in range(0, len(input), tiling.images):
            out = output[first : first + tiling.images]
            phases.load(input[first : first + tiling.images])
            for part in tiling.parts:
                cells = _gather(phases, part, m, window.dilation, len(out), spare[0])
                mixed = _multiply(mix.cells, cells, spare[1])
                mixed = mixed.reshape(len(mixed), window.groups, weight.shape[1], -1)
                products = _multiply(weights, mixed, spare[0])
                tiles = _multiply(mix.outputs, products.reshape(len(mixed), -1), spare[1])
                _scatter(tiles, part, m, window.dilation, tiling.cells, out)


class _Tiling(NamedTuple):
    """How a map is cut into tiles, and the tiles into bands."""

    steps: list[int]  # cells from tile to tile, for each axis
    cells: list[int]  # room for each axis of a phase
    images: int  # that share a GEMM, one unless their maps are small
    buffer: tuple[int]  # size of the mixtures of a band
    parts: list[tuple]  # (grid, range of rows of tiles)


def _tiling(m, input, output, dilation) -> _Tiling:
    steps = [m * d for d in dilation]
    tiles = [-(-p // step) for p, step in zip(output.shape[2:], steps, strict=True)]
    # a tile reads into the next one, and the run of the last row reads on past its end
    cells = [tiles[0] + 2, *(t + 1 for t in tiles[1:])]
    images = max(1, min(len(input), ENOUGH // math.prod(tiles)))
    channels = max(input.shape[1], output.shape[1])
    row = (m + 2) ** len(steps) * channels * images * math.prod(cells[1:])
    rows = min(tiles[0], max(1, BAND // (row * input.itemsize)))
    bands = [range(i, min(i + rows, tiles[0])) for i in range(0, tiles[0], rows)]
    # a dilated kernel sees as many grids as its dilation, each of them without gaps
    parts = list(itertools.product(np.ndindex(*dilation), bands))
    return _Tiling(steps, cells, images, (rows * row,), parts)


def _multiply(left, right, buffer) -> np.ndarray:
    """Return the matrix product, written into the front of a buffer."""
    shape = (*right.shape[:-2], left.shape[-2], right.shape[-1])
    out = front(buffer, shape)
    multiply(left, right, out)
    return out


def _gather(phases, part, m, dilation, images, buffer) -> np.ndarray:
    """Return what each cell of a tile is in every tile: (cells of a tile, channels * tiles)."""
    grid, band = part
    channels, run = phases.channels, len(band) * phases.row
    shape = (*[m + 2] * len(grid), channels, images, run)
    cells = front(buffer, shape)
    for cell in np.ndindex(*shape[: len(grid)]):
        shift = [c * d + g for c, d, g in zip(cell, dilation, grid, strict=True)]
        cells[cell] = phases.run(shift, band.start, run)[:images].swapaxes(0, 1)
    return cells.reshape((m + 2) ** len(grid), -1)


def _scatter(tiles, part, m, dilation, cells, output) -> None:
    """Write each output of a tile, for every tile of a band, to its place."""
    grid, band = part
    shape = (*[m] * len(grid), output.shape[1], len(output), len(band), *cells[1:])
    tiles = tiles.reshape(shape).swapaxes(len(grid), len(grid) + 1)
    for cell in np.ndindex(*shape[: len(grid)]):
        starts = [c * d + g for c, d, g in zip(cell, dilation, grid, strict=True)]
        ends = [m * dilation[0] * band.stop] + [None] * (len(grid) - 1)
        starts[0] += m * dilation[0] * band.start
        steps = [m * d for d in dilation]
        places = output[:, :, *map(slice, starts, ends, steps)]
        places[...] = tiles[cell][:, :, *(slice(0, p) for p in places.shape[2:])]
