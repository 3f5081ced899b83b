"""The gradient of the input by folding: each window's share is added back to the cells it read.

One GEMM for a piece of the places makes what every tap of their windows sends back; then the taps
are added one after another, each to its own cells. Holds these shares, 2.25 MiB, and nothing else:
what would go to the padding is left out as it is added.
"""

from __future__ import annotations

import math

import numpy as np

from .layout import blocks
from .window import Window, reading
from .workspace import room

SHARES = 9 << 18  # bytes of the shares of a piece, 2.25 MiB


def spread(grad_output, weight, window: Window, grad_input) -> None:
    """Add to `grad_input` (N, C_in, *sizes) what every window sends to the cells it has read."""
    rows = weight.reshape(window.groups, len(weight) // window.groups, -1).swapaxes(1, 2)
    places, taps = grad_output.shape[2:], rows.shape[0] * rows.shape[1]
    pieces = blocks(places, max(1, SHARES // (taps * weight.itemsize)))
    longest = max(math.prod(part.stop - part.start for part in block) for block in pieces)
    with room() as take:
        buffer = take((taps * longest,), weight.dtype)
        for image, total in zip(grad_output, grad_input, strict=True):
            for block in pieces:
                grads = image[:, *block]
                lengths = grads.shape[1:]
                grads = grads.reshape(*rows.shape[::2], -1)
                shares = buffer[: taps * grads.shape[-1]].reshape(*rows.shape[:2], -1)
                np.matmul(rows, grads, out=shares)
                shares = shares.reshape(len(total), *window.kernel_size, *lengths)
                _add(shares, block, window, total)


def _add(shares, block, window, total) -> None:
    """Add shares (C_in, *taps, *places) to the cells (C_in, *sizes) that these places have read."""
    for tap in np.ndindex(*window.kernel_size):
        axes = zip(tap, total.shape[1:], block, *window[1:4], strict=True)
        there = [
            reading(t, size, part.stop - part.start, s, (before - part.start * s, 0), d)
            for t, size, part, s, (before, _), d in axes
        ]
        some, cells = zip(*there, strict=True)
        total[:, *cells] += shares[:, *tap, *some]
