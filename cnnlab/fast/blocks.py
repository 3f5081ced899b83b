"""An activation of one step over the whole array, of several in blocks that stay in the cache.

Copies nothing: each step of a formula writes into its place in the output. Step by step on a large
array, a formula of four steps would go to the memory and back four times. A single step has nothing
to gain from blocks: it goes through the memory once, and fastest in one run.
"""

from __future__ import annotations

import numpy as np

BLOCK = 65_536  # values worked on at a time


def at_once(formula, input) -> np.ndarray:
    """Return a new array into which `formula(values, out)` has written."""
    wide = np.result_type(input, np.float32)  # halves are reckoned in float32 and rounded once
    output = np.empty(input.shape, wide)
    with np.errstate(all="ignore"):  # infinities and NaN follow IEEE 754 silently, as in torch
        formula(np.ascontiguousarray(input, wide).reshape(-1), output.reshape(-1))
        return output.astype(input.dtype, copy=False)


def blockwise(formula, input) -> np.ndarray:
    """Return a new array into which `formula(values, out)` has written, block by block."""

    def in_blocks(values, out):
        for start in range(0, values.size, BLOCK):
            formula(values[start : start + BLOCK], out[start : start + BLOCK])

    return at_once(in_blocks, input)


def relu(values, out) -> None:
    """Write max(x, 0): NumPy compares with bounds faster than with a number."""
    np.clip(values, 0, np.inf, out=out)


def leaky_relu(negative_slope):
    """Return the formula of x where x > 0, else x * slope."""

    def formula(values, out):
        np.multiply(values, negative_slope, out=out)
        if 0 < negative_slope <= 1:  # then the larger of the two is the right one
            np.maximum(values, out, out=out)
        else:
            np.copyto(out, values, where=values > 0)

    return formula


def sigmoid(values, out) -> None:
    """Write e / (1 + e) with e = exp(x), which keeps the digits of small shares."""
    np.exp(values, out=out)
    if not out.max() < np.inf:  # far beyond 50, where the share has long been rounded to 1
        np.exp(np.minimum(values, 50), out=out)
    np.divide(out, out + 1, out=out)
