"""The gradient of the input by folding: each window's share is added back to the cells it read.

One GEMM for a piece of the places makes what every tap of their windows sends back; then the taps
are added one after another, each to its own cells. Holds these shares, 2.25 MiB, and nothing else:
what would go to the padding is left out as it is added.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from .layout import blocks, front
from .window import Window, reading
from .workspace import room

SHARES = 9 << 18  # bytes of the shares of a piece, 2.25 MiB


def spread(grad_output, weight, window: Window, grad_input) -> None:
    """Add to `grad_input` (N, C_in, *sizes) what every window sends to the cells it has read."""
    rows = weight.reshape(window.groups, len(weight) // window.groups, -1).swapaxes(1, 2)
    groups, each, filters = rows.shape
    most = max(1, SHARES // (groups * each * weight.itemsize))
    pieces = blocks(grad_output.shape[2:], most)
    longest = max(math.prod(part.stop - part.start for part in block) for block in pieces)
    with room() as take:
        buffer = take((groups * each * longest,), weight.dtype)
        for image, total in zip(grad_output, grad_input, strict=True):
            for block in pieces:
                grads = image[:, *block]
                lengths = grads.shape[1:]
                grads = grads.reshape(groups, filters, -1)
                shares = front(buffer, (groups, each, grads.shape[-1]))
                np.matmul(rows, grads, out=shares)
                shares = shares.reshape(len(total), *window.kernel_size, *lengths)
                for cells, sent in _additions(block, window, total.shape[1:]):
                    into = total[cells]
                    np.add(into, shares[sent], out=into)


def _additions(block, window, sizes):
    """Yield (cells of the input, share that is added to them), two indices, for each tap."""
    channels = (slice(None),)
    settings = zip(sizes, block, *window[:4], strict=True)
    axes = [
        [
            (tap, *reading(tap, size, part.stop - part.start, s, (b - part.start * s, 0), d))
            for tap in range(k)
        ]
        for size, part, k, s, (b, _), d in settings
    ]
    for several in itertools.product(*axes):
        taps, places, cells = zip(*several, strict=True)
        yield channels + cells, channels + taps + places
