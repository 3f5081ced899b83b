"""The rule that chooses a strategy for the shapes at hand."""

from __future__ import annotations

import numpy as np

from .. import arguments, sliding
from . import im2col, loops, windows

STRATEGIES = {"loops": loops, "windows": windows, "im2col": im2col}
ALGORITHMS = ("auto", *STRATEGIES)


def correlate(input, weight, stride, pads, dilation, groups, padding_mode, algorithm):
    """Return the cross-correlation (N, C_out, *places) of a checked call by one strategy."""
    arguments.choice("algorithm", algorithm, ALGORITHMS)
    sizes = input.shape[2:]
    places = sliding.output_sizes(sizes, weight.shape[2:], stride, pads, dilation)
    padded = sliding.pad(input, pads, padding_mode)
    strategy = STRATEGIES["im2col" if algorithm == "auto" else algorithm]
    with np.errstate(all="ignore"):  # infinities and NaN follow IEEE 754 silently, as in torch
        return strategy.correlate(padded, weight, places, stride, dilation, groups)


def correlate_backward(
    grad_output, input, weight, stride, pads, dilation, groups, padding_mode, algorithm
):
    """Return grad_input and grad_weight of a checked call by one strategy."""
    arguments.choice("algorithm", algorithm, ALGORITHMS)
    padded = sliding.pad(input, pads, padding_mode)
    strategy = STRATEGIES["im2col" if algorithm == "auto" else algorithm]
    with np.errstate(all="ignore"):
        grad_padded, grad_weight = strategy.correlate_backward(
            grad_output, padded, weight, stride, dilation, groups
        )
    return sliding.pad_backward(grad_padded, pads, padding_mode), grad_weight
