"""An activation in blocks: 65,536 values at a time, so that the steps in between stay in the cache.

Copies nothing: each step of a formula writes into the block's place in the output. Step by step on
a large array, a formula of four steps would go to the memory and back four times.
"""

from __future__ import annotations

import numpy as np

BLOCK = 65_536
# Comparing with an array of zeros is faster than with the number 0; nobody writes to these.
ZEROS = {np.dtype(kind): np.zeros(BLOCK, kind) for kind in (np.float32, np.float64)}


def blockwise(formula, input) -> np.ndarray:
    """Return a new array into which `formula(values, out)` has written, block by block."""
    if input.dtype == np.float16:  # reckoned in float32 and rounded once, as in torch
        return blockwise(formula, input.astype(np.float32)).astype(np.float16)
    output = np.empty(input.shape, input.dtype)
    values, out = np.ascontiguousarray(input).reshape(-1), output.reshape(-1)
    with np.errstate(all="ignore"):  # infinities and NaN follow IEEE 754 silently, as in torch
        for start in range(0, values.size, BLOCK):
            formula(values[start : start + BLOCK], out[start : start + BLOCK])
    return output


def relu(values, out) -> None:
    """Write max(x, 0)."""
    np.maximum(values, ZEROS.get(values.dtype, np.zeros(1))[: values.size], out=out)


def leaky_relu(negative_slope):
    """Return the formula of x where x > 0, else x * slope."""

    def formula(values, out):
        np.multiply(values, values.dtype.type(negative_slope), out=out)
        if 0 <= negative_slope <= 1:  # then the larger of the two is the right one
            np.maximum(values, out, out=out) if negative_slope else _keep_positive(values, out)
        else:
            _keep_positive(values, out)

    return formula


def sigmoid(values, out) -> None:
    """Write 1 / (1 + exp(-x)); where exp overflows to infinity the result is rightly 0."""
    np.negative(values, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.divide(1, out, out=out)  # faster than np.reciprocal


def _keep_positive(values, out) -> None:
    np.copyto(out, values, where=values > 0)
