"""How a window moves: the settings of a checked call, handed from strategy to strategy."""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    """Kernel size and steps of a window, each spelled out for each axis."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]  # of zeros; other paddings are already in the input
    dilation: tuple[int, ...]
    groups: int

    @property
    def dense(self) -> bool:
        """Whether the window visits every place."""
        return set(self.stride) == {1}

    @property
    def padded(self) -> bool:
        """Whether there is any padding."""
        return any(before or after for before, after in self.pads)

    @property
    def width(self) -> int:
        """How many taps lie side by side along the last axis."""
        return self.kernel_size[-1]


def reading(tap, size, places, stride, pads, dilation) -> tuple[slice, slice]:
    """Return the places whose `tap` lies on one of `size` cells of an axis, and these cells.

    >>> reading(0, size=5, places=5, stride=1, pads=(1, 1), dilation=1)
    (slice(1, 5, None), slice(0, 4, 1))
    """
    offset = tap * dilation - pads[0]
    begin = max(0, -(offset // stride))
    end = max(begin, min(places, (size - 1 - offset) // stride + 1))
    start = begin * stride + offset
    return slice(begin, end), slice(start, start + max(0, (end - begin - 1) * stride + 1), stride)
