"""The one door to the strategies: a checked call in, the cross-correlation out."""

from __future__ import annotations

import numpy as np

from .. import arguments, sliding
from . import (
    choice,
    columns,
    grouped,
    im2col,
    loops,
    pairs,
    pointwise,
    shifted,
    spectral,
    windows,
    winograd,
)  # fmt: skip
from .layout import finite
from .window import Window

TEXTBOOK = {"loops": loops, "windows": windows, "im2col": im2col}


def correlate(input, weight, stride, pads, dilation, groups, padding_mode, algorithm):
    """Return the cross-correlation (N, C_out, *places) of a checked call by one strategy."""
    arguments.choice("algorithm", algorithm, choice.ALGORITHMS)
    places = sliding.output_sizes(input.shape[2:], weight.shape[2:], stride, pads, dilation)
    if padding_mode != "zeros":
        input = sliding.pad(input, pads, padding_mode)
        pads = [(0, 0)] * len(pads)
    window = Window(weight.shape[2:], stride, tuple(pads), dilation, groups)
    with np.errstate(all="ignore"):  # infinities and NaN follow IEEE 754 silently, as in torch
        if algorithm in TEXTBOOK:
            padded = sliding.pad(input, pads)
            return TEXTBOOK[algorithm].correlate(padded, weight, places, stride, dilation, groups)
        return _run(input, weight, window, places, algorithm)


def _run(input, weight, window, places, algorithm) -> np.ndarray:
    """Return the cross-correlation by a fast strategy."""
    if not input.size:  # no picture, or no channel to add up
        return np.zeros((len(input), len(weight), *places), input.dtype)
    input, weight = np.ascontiguousarray(input), np.ascontiguousarray(weight)
    name = choice.chosen(input.shape, weight.shape, window, places, input.dtype, algorithm)
    output = np.empty((len(input), len(weight), *places), input.dtype)
    _STRATEGIES[name](input, weight, window, output)
    # Mixtures and spectra make NaN of an infinity, some of them further than its windows reach.
    mixed = name in ("fft", "pairs", "winograd") and not finite(output)
    if mixed or (name == "grouped" and not finite(weight)):  # which the zeros of no padding meet
        columns.correlate(input, weight, window, output)
    return output


def _winograd(input, weight, window, output) -> None:
    """F(4,3) for float32 and up to two axes, a digit or so less; else F(2,3), as exact as sums."""
    rough = input.dtype == np.float32 and len(window.kernel_size) < 3
    winograd.correlate(input, weight, window, output, m=4 if rough else 2)


_STRATEGIES = {
    "pointwise": pointwise.correlate,
    "columns": columns.correlate,
    "grouped": grouped.correlate,
    "pairs": pairs.correlate,
    "shifted": shifted.correlate,
    "winograd": _winograd,
    "fft": spectral.correlate,
}
