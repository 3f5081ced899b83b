"""Fourier: a convolution is a product of spectra, whatever the size of the kernel.

Three kinds of FFT, of the input, of the kernel (turned by taking the complex conjugate), and back,
cost the same for a 7x7 and a 31x31 kernel. A large map is cut into tiles that overlap by the reach
of the kernel, so that all spectra of a tile fit the cache, 3.5 MiB, and a large value disturbs no
other tile: an FFT's error is that of the largest value it sees. Hence float64, too. An FFT wraps
round at the end, where no window reads; a strided result is the dense one with places left out.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from .layout import cut, even
from .window import Window

MEMORY = 7 << 19  # bytes of all that a tile needs, 3.5 MiB
REACHES = 2  # of the kernel's reach is the least length of a tile; the half of it is overlap


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places), tile by tile."""
    n, slices, filters = len(window.kernel_size), weight.shape[1], len(weight) // window.groups
    axes, spans = tuple(range(-n, 0)), _spans(window)
    parts = _parts(output.shape[2:], spans, window, 3 * input.shape[1] + 2 * slices + 3)
    rows = zip(parts, window.stride, spans, strict=True)
    sizes = [smooth((part - 1) * s + span) for part, s, span in rows]

    def kernel(o):
        return np.fft.rfftn(_spread(weight[o], spans, window.dilation), sizes, axes).conj()

    if weight.shape[0] * slices * math.prod(sizes) * 8 <= MEMORY // 4:
        kernel = functools.cache(kernel)
    steps = [slice(0, part * s, s) for part, s in zip(parts, window.stride, strict=True)]
    tile = np.empty((input.shape[1], *sizes))
    for image, maps in zip(input, output, strict=True):
        for places in _tiles(output.shape[2:], parts):
            spectra = np.fft.rfftn(_filled(tile, image, places, window), axes=axes)
            inside = [slice(0, part.stop - part.start) for part in places]
            for o in range(len(weight)):
                first = o // filters * slices
                product = np.einsum("c...,c...->...", spectra[first : first + slices], kernel(o))
                maps[o, *places] = np.fft.irfftn(product, sizes, axes)[*steps][*inside]


def smooth(n) -> int:
    """Return the next size from `n` on that has no prime factor above 5: FFTs are fastest there.

    >>> smooth(229), smooth(31)
    (240, 32)
    """
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 1


def _parts(places, spans, window, arrays) -> list[int]:
    """Return how many places of each axis a tile has, `arrays` as large as it being held."""
    cells, parts = MEMORY / (8 * arrays), {}
    whole = [(p - 1) * s + span for p, s, span in zip(places, window.stride, spans, strict=True)]
    for axis in sorted(range(len(places)), key=whole.__getitem__):  # what a short one leaves over
        fair = int(cells ** (1 / (len(places) - len(parts))))
        most = min(whole[axis], max(fair, REACHES * spans[axis]))
        parts[axis] = even(places[axis], (most - spans[axis]) // window.stride[axis] + 1)
        cells /= most
    return [parts[axis] for axis in range(len(places))]


def _tiles(places, parts):
    """Yield the places of each tile, a slice for each axis."""
    cuts = [cut(p, part) for p, part in zip(places, parts, strict=True)]
    for index in np.ndindex(*map(len, cuts)):
        yield [several[i] for several, i in zip(cuts, index, strict=True)]


def _filled(tile, image, places, window) -> np.ndarray:
    """Return the tile with what the windows at these places read, zeros where the image ends."""
    there, here = [], []
    axes = zip(places, window.stride, window.pads, image.shape[1:], tile.shape[1:], strict=True)
    for part, s, (before, _), size, length in axes:
        start = part.start * s - before
        first, stop = max(0, start), max(0, start, min(size, start + length))
        there.append(slice(first, stop))
        here.append(slice(first - start, stop - start))
    tile[...] = 0
    tile[:, *here] = image[:, *there]
    return tile


def _spans(window) -> list[int]:
    """Return how many cells a window reaches over along each axis."""
    return [d * (k - 1) + 1 for k, d in zip(window.kernel_size, window.dilation, strict=True)]


def _spread(kernel, spans, dilation) -> np.ndarray:
    """Return a kernel in float64 with the gaps of its dilation written out as zeros."""
    spread = np.zeros((len(kernel), *spans))
    spread[:, *(slice(None, None, d) for d in dilation)] = kernel
    return spread
