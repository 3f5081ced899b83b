"""The gather record: an operator reduced to which cells feed which, with what weight.

An explorer's page draws panels of cells and knows one sentence: this output cell is the sum (or the
mean, or the maximum) of these input cells, each with this weight. What those cells are comes from
cnnlab's own `sliding` and operators, so every fact the picture teaches - taps, holes, cells never
read, where padding is copied from, the route of the gradient - is a fact of the record and is
tested here, without a browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from .panels import Block, Panel, Told


class Table(NamedTuple):
    """Output cell o depends on cell[ptr[o]:ptr[o + 1]], with the weights beside them."""

    ptr: np.ndarray
    cell: np.ndarray  # drawn cells, counted through all input panels
    tap: np.ndarray  # kernel cells, counted through all kernel panels; -1 where there is none
    weight: np.ndarray


@dataclass(frozen=True, eq=False)
class Record(Told):
    """Panels, the rules that join them, and the sentences that go with this very setting."""

    panels: tuple[Panel, ...]
    blocks: tuple[Block, ...]
    join: str = "sum"  # sum, mean or max

    def __post_init__(self):
        cells = sum(panel.source.size for panel in self.of("output"))
        object.__setattr__(self, "count", cells)

    def refuse_infinite(self) -> None:
        """Refuse outputs too large for a float; -inf is a maximum's of nothing but padding."""
        for panel in self.panels:
            padding = np.isneginf(panel.values) & (self.join == "max")
            if not (np.isfinite(panel.values) | padding).all():
                raise ValueError(
                    "output must be finite, but input and weight are so large that their sums "
                    "are not: take smaller numbers"
                )
        super().refuse_infinite()

    def of(self, role: str) -> list[Panel]:
        """Return the panels with this role."""
        return [panel for panel in self.panels if panel.role == role]

    @cached_property
    def first(self) -> dict[int, int]:
        """The number of each panel's first cell among all cells of its role."""
        seen: dict[str, int] = {}
        starts = {}
        for i, panel in enumerate(self.panels):
            starts[i] = seen.get(panel.role, 0)
            seen[panel.role] = starts[i] + panel.source.size
        return starts

    def place(self, place: int) -> tuple[Block, int, int]:
        """Return the block that an output cell belongs to, and its row and column there."""
        for block in self.blocks:
            row, col = divmod(place - self.first[block.output], len(block.cols))
            if 0 <= row < len(block.rows):
                return block, row, col
        raise IndexError(f"there is no output cell {place}")

    def gathered(self, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the cells, taps and weights of one output cell."""
        block, row, col = self.place(place)
        rows, cols = np.array(block.rows[row], int), np.array(block.cols[col], int)
        cells, taps = [], []
        for k, number in enumerate(block.inputs):
            width = self.panels[number].source.shape[1]
            cells.append(self.first[number] + (rows[:, np.newaxis] * width + cols).ravel())
            start = self.first[block.kernels[k]] if block.kernels else -1
            taps.append(start + np.arange(rows.size * cols.size) * bool(block.kernels))
        cell, tap = np.concatenate(cells), np.concatenate(taps)
        weight = np.append(self.flat("kernel"), 1.0)[tap]
        if block.divisor is not None:
            weight = weight / block.divisor[row, col]
        return cell, tap, weight

    @cached_property
    def table(self) -> Table:
        """The whole table, output cell by output cell."""
        parts = [self.gathered(place) for place in range(self.count)]
        ptr = np.cumsum([0, *(len(part[0]) for part in parts)])
        return Table(ptr, *(np.concatenate(column) for column in zip(*parts, strict=True)))

    def flat(self, role: str) -> np.ndarray:
        """Return all drawn values of a role in one line."""
        values = [panel.drawn.ravel() for panel in self.of(role)]
        return np.concatenate(values) if values else np.zeros(0)

    def never_read(self) -> list[np.ndarray]:
        """Return for each input panel which real cells no output depends on, copies included."""
        inputs = [i for i, panel in enumerate(self.panels) if panel.role == "input"]
        unread = {i: np.ones(self.panels[i].values.size + 1, bool) for i in inputs}
        for block in self.blocks:
            for i in block.inputs:
                rows = sorted(set(chain(*block.rows)))
                cols = sorted(set(chain(*block.cols)))
                unread[i][self.panels[i].source[np.ix_(rows, cols)]] = False
        return [unread[i][:-1].reshape(self.panels[i].values.shape) for i in inputs]

    def winners(self) -> np.ndarray:
        """Return for each output cell of a maximum the drawn cell that wins, ties to the first."""
        values = self.flat("input")
        parts = (self.gathered(place)[0] for place in range(self.count))
        return np.array([cells[np.argmax(values[cells])] for cells in parts])

    def gradient(self) -> list[np.ndarray]:
        """Return for each input panel the gradient of the sum of all outputs, at its real cells."""
        table = self.table
        total = np.zeros(sum(panel.source.size for panel in self.of("input")))
        if self.join == "max":
            np.add.at(total, self.winners(), 1.0)
        else:
            np.add.at(total, table.cell, table.weight)
        grads, start = [], 0
        for panel in self.of("input"):
            real = np.zeros(panel.values.size + 1)  # the last cell takes what constants get
            np.add.at(real, panel.source.ravel(), total[start : start + panel.source.size])
            grads.append(real[:-1].reshape(panel.values.shape))
            start += panel.source.size
        return grads

    def telling_place(self) -> int:
        """Return the output cell to start on: its window holds a lot, no corner of zeros."""
        if self.count > 4096:
            return self.count // 2
        values, inputs = np.nan_to_num(self.flat("output"), neginf=0), self.flat("input")
        told = []
        for place in range(self.count):
            cell, _, weight = self.gathered(place)
            under = np.where(np.isinf(inputs[cell]), 0, inputs[cell])
            terms = np.count_nonzero(under * weight)
            told.append((values[place] != 0, terms, abs(values[place])))
        return told.index(max(told))

    def nearest(self, old: Told, place: int) -> int:
        """Return the output cell at the same row and column, or as near as this output allows."""
        if not isinstance(old, Record):
            return super().nearest(old, place)
        block, row, col = old.place(place)
        number = min(old.blocks.index(block), len(self.blocks) - 1)
        block = self.blocks[number]
        row, col = min(row, len(block.rows) - 1), min(col, len(block.cols) - 1)
        return int(self.first[block.output] + row * len(block.cols) + col)

    def message(self) -> dict:
        """Return the record as the browser gets it."""
        return {
            **super().message(),
            "panels": [panel.message() for panel in self.panels],
            "blocks": [block.message() for block in self.blocks],
            "join": self.join,
        }
