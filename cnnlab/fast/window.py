"""How a window moves: the settings of a checked call, handed from strategy to strategy."""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    """Kernel size and steps of a window, each spelled out for each axis."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    pads: list[tuple[int, int]]  # of zeros; other paddings are already in the input
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
