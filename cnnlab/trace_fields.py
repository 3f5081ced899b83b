"""How far one output sees: the receptive field along an axis, and what the layers make of it.

Behind windows all fields are of one size and equal steps apart: a `Field`. Bins that share an axis
unevenly leave fields of several sizes or steps: `Uneven` keeps the input cells of each.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from . import sliding


class Field(NamedTuple):
    """The receptive field along one axis, in cells of the input; cell 0 has its middle at 0."""

    size: int = 1
    jump: int | None = 1  # None where there is no neighbour, or it sees the same
    padding: int = 0

    @property
    def start(self) -> float:
        """The middle of the first field."""
        return (self.size - 1) / 2 - self.padding

    def after(self, kernel_size, stride, padding, dilation) -> Field:
        """Return the field behind a window: it grows by the window's span times the jump so far.

        Source: Araujo, Norris and Sim 2019, Computing Receptive Fields of Convolutional Neural
        Networks, Distill.

        >>> Field().after(3, 2, 1, 1).after(3, 1, 1, 1)
        Field(size=7, jump=2, padding=3)
        """
        jump = self.jump or 0
        size = self.size + dilation * (kernel_size - 1) * jump
        return Field(size, jump * stride or None, self.padding + padding * jump)


class Uneven(NamedTuple):
    """The receptive fields along one axis where they have no one size or no one jump."""

    cells: tuple[tuple[int, int], ...]  # of the input, (start, stop) for each place

    jump = None

    @property
    def size(self) -> int:
        """The size of the widest field."""
        return max(stop - start for start, stop in self.cells)

    @property
    def padding(self) -> int:
        """How far the first field hangs over the edge."""
        return -self.cells[0][0]

    @property
    def start(self) -> float:
        """The middle of the first field."""
        return (sum(self.cells[0]) - 1) / 2


def seen(field, first, stop) -> tuple[int, int]:
    """Return the input cells (start, stop) that the places from `first` to before `stop` see.

    >>> seen(Field(3, 2, 1), 0, 4), seen(Uneven(((0, 3), (2, 5), (4, 7))), 1, 3)
    ((-1, 8), (2, 7))
    """
    if isinstance(field, Uneven):
        return _together(field.cells[first:stop])
    jump = field.jump or 0
    return first * jump - field.padding, (stop - 1) * jump - field.padding + field.size


def slid(field, kernel_size, stride, pads, dilation, places, mode) -> Field | Uneven:
    """Return the field behind a window that slides to so many places.

    Uneven fields are not continued into the padding, which sees nothing but what it copies.
    """
    if isinstance(field, Field):
        return field.after(kernel_size, stride, pads[0], dilation)
    last, cells = len(field.cells) - 1, []
    source = sliding.padding_source(last + 1, *pads, mode)
    for start in range(0, places * stride, stride):
        taps = source[start : start + dilation * (kernel_size - 1) + 1 : dilation]
        # What is nearest stands for a window over padding alone
        real = [tap for tap in taps if tap >= 0] or [min(max(start - pads[0], 0), last)]
        cells.append(_together([field.cells[tap] for tap in real]))
    return _told(cells)


def shared(field, size, count) -> Field | Uneven:
    """Return the field of the bins when `count` of them share an axis of `size` places.

    >>> shared(Field(), 6, 3), shared(Field(), 8, 3)
    (Field(size=2, jump=2, padding=0), Uneven(cells=((0, 3), (2, 6), (5, 8))))
    """
    return _told([seen(field, start, stop) for start, stop in sliding.bins(size, count)])


def joined(fields, sizes) -> Field | Uneven:
    """Return the field where branches meet: whatever one of them sees; `sizes` are their places.

    >>> joined([Field(3, 1, 1), Field(3, 1, 0)], [8, 8])
    Field(size=4, jump=1, padding=1)
    """
    if len(set(sizes)) > 1:  # values in a row, each branch's laid out in its own way
        fields = [shared(field, size, 1) for field, size in zip(fields, sizes, strict=True)]
    if len({(type(field), field.jump) for field in fields}) == 1 and fields[0].jump:
        start, stop = _together([seen(field, 0, 1) for field in fields])
        return Field(stop - start, fields[0].jump, -start)
    places = range(min(sizes))
    return _told([_together([seen(field, i, i + 1) for field in fields]) for i in places])


def _together(cells) -> tuple[int, int]:
    """Return the cells from the first start to the last stop."""
    starts, stops = zip(*cells, strict=True)
    return min(starts), max(stops)


def _told(cells) -> Field | Uneven:
    """Return the fields in one line where they are of one size and equal steps apart."""
    sizes = {stop - start for start, stop in cells}
    steps = {later - start for (start, _), (later, _) in pairwise(cells)}
    if len(sizes) > 1 or len(steps) > 1:
        return Uneven(tuple(cells))
    return Field(*sizes, max(steps, default=0) or None, -cells[0][0])
