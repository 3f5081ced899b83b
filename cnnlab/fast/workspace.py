"""Memory that is used again: a few megabytes for each thread, lent for the length of one call.

Fresh memory is slow the first time it is written. A strategy therefore takes its buffers from a
block that its thread keeps, and gives the block back at the end; what it returns to its caller
never lies in one. A call inside a call is lent another block, so nobody writes over anybody.
"""

from __future__ import annotations

import math
import threading

import numpy as np

BLOCK = 7 << 19  # bytes, 3.5 MiB: fits the cache that one core can fill
KEPT = 2  # blocks that a thread keeps between calls
LINE = 64  # bytes of a cache line, where every buffer starts


class _Shelf(threading.local):
    def __init__(self):
        self.blocks = []


_shelf = _Shelf()


class room:  # noqa: N801 - used as a function
    """Lend a function `take(shape, dtype)` that gives buffers until the end of the with-block.

    >>> with room() as take:
    ...     take((2, 3), np.float32).shape
    (2, 3)
    """

    def __enter__(self):
        blocks = _shelf.blocks
        self.block = blocks.pop() if blocks else _fresh_block()
        self.used = 0
        return self._take

    def __exit__(self, *reason):
        if len(_shelf.blocks) < KEPT:
            _shelf.blocks.append(self.block)

    def _take(self, shape, dtype) -> np.ndarray:
        """Return one buffer after another from the block; what doesn't fit is made fresh."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if self.used + size > self.block.size:
            return np.empty(shape, dtype)
        start = self.used
        self.used += -(-size // LINE) * LINE
        return np.ndarray(shape, dtype, self.block, start)


def _fresh_block() -> np.ndarray:
    """Return a block that starts where a cache line does."""
    block = np.empty(BLOCK + LINE, np.uint8)
    start = -block.ctypes.data % LINE
    return block[start : start + BLOCK]
