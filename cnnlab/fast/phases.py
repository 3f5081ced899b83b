"""Padded images whose cells are dealt out in phases, so that strided taps lie side by side.

With a step of 2 the cells 0 1 2 3 4 5 of an axis become the phases 0 2 4 and 1 3 5. What a strided
window reads at one tap, every second cell, is then one run of neighbours, which copies at the speed
of memory. Copies every cell once, padding on the way; with step 1 this is plain padding.
"""

from __future__ import annotations

import math

import numpy as np


class Phases:
    """Room for a few padded images, as (*phase, N, C, *cells), filled by `load`."""

    def __init__(self, shape, window, steps, take, dtype, cells=None):
        images, self.channels, *sizes = shape
        self.pads, self.steps = window.pads, steps
        totals = [size + sum(pair) for size, pair in zip(sizes, window.pads, strict=True)]
        # the cells beyond the padded image stay zero; no window reads them, a tile may
        cells = cells or [-(-total // step) for total, step in zip(totals, steps, strict=True)]
        self.row = math.prod(cells[1:])
        self.plain = cells == sizes and set(steps) == {1}
        shape = (*steps, images, self.channels, *cells)
        self.array = take((0,) if self.plain else shape, dtype)
        self.array[...] = 0

    def load(self, images) -> None:
        """Write `images` (N, C, *sizes) where they belong; unpadded ones are read in place."""
        if self.plain:
            self.array = images.reshape(*[1] * len(self.steps), *images.shape)
            return
        for phase in np.ndindex(*self.steps):
            axes = zip(phase, self.steps, self.pads, images.shape[2:], strict=True)
            pairs = [
                _places_of(index, step, before, size) for index, step, (before, _), size in axes
            ]
            seats, cells = zip(*pairs, strict=True)
            self.array[phase][: len(images), :, *seats] = images[:, :, *cells]

    def run(self, shift, row, length) -> np.ndarray:
        """Return `length` cells in one run, from the one a tap `shift` cells in reads at a row."""
        phase = tuple(move % step for move, step in zip(shift, self.steps, strict=True))
        seats = [move // step for move, step in zip(shift, self.steps, strict=True)]
        cells = self.array[phase]
        start = np.ravel_multi_index([row + seats[0], *seats[1:]], cells.shape[2:])
        return cells.reshape(*cells.shape[:2], -1)[:, :, start : start + length]

    def under(self, shift, block) -> np.ndarray:
        """Return what a tap `shift` cells in reads at a block of places: a view (N, C, *block)."""
        phase = tuple(move % step for move, step in zip(shift, self.steps, strict=True))
        seats = [move // step for move, step in zip(shift, self.steps, strict=True)]
        cells = [slice(b.start + o, b.stop + o) for b, o in zip(block, seats, strict=True)]
        return self.array[phase][:, :, *cells]


def _places_of(phase, step, before, size) -> tuple[slice, slice]:
    """Return where the real cells of one phase of an axis go, and which cells they are."""
    first = max(0, -((phase - before) // step))  # the first seat that holds no padding
    cells = range(first * step + phase - before, size, step)
    return slice(first, first + len(cells)), slice(cells.start, None, step)
