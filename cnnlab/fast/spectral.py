"""Fourier: a convolution is a product of spectra, whatever the size of the kernel.

Three kinds of FFT, of the input, of the kernel (turned by taking the complex conjugate), and back,
cost the same for a 7x7 and a 31x31 kernel. They are done in float64, since an FFT's error is that
of its largest value, and they wrap round at the end, where no window reads. Holds one spectrum for
each channel of an image; a strided result is the dense one with places left out.
"""

from __future__ import annotations

import numpy as np

from .. import sliding
from .window import Window


def correlate(input, weight, window: Window, output) -> None:
    """Write the cross-correlation into `output` (N, C_out, *places), one filter after another."""
    n, slices = len(window.kernel_size), weight.shape[1]
    axes = tuple(range(-n, 0))
    padded = sliding.pad(input, window.pads).astype(np.float64, copy=False)
    sizes = [smooth(size) for size in padded.shape[2:]]
    spectra = np.fft.rfftn(padded, sizes, axes)  # (N, C_in, *frequencies)
    steps = [slice(0, p * s, s) for p, s in zip(output.shape[2:], window.stride, strict=True)]
    for o, filter in enumerate(weight):
        first = o // (len(weight) // window.groups) * slices
        kernel = np.fft.rfftn(_spread(filter, window.dilation), sizes, axes).conj()
        products = (spectra[:, first : first + slices] * kernel).sum(1)
        output[:, o] = np.fft.irfftn(products, sizes, axes)[:, *steps]


def smooth(n) -> int:
    """Return the next size from `n` on that has no prime factor above 5: FFTs are fastest there.

    >>> smooth(229), smooth(31)
    (240, 32)
    """
    rest = n
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    return n if rest == 1 else smooth(n + 1)


def _spread(kernel, dilation) -> np.ndarray:
    """Return a kernel in float64 with the gaps of its dilation written out as zeros."""
    spans = [d * (k - 1) + 1 for k, d in zip(kernel.shape[1:], dilation, strict=True)]
    spread = np.zeros((len(kernel), *spans))
    spread[:, *(slice(None, None, d) for d in dilation)] = kernel
    return spread
