"""The rule that chooses a strategy for the shapes at hand, and says why.

    1x1, nothing around it           pointwise  one matrix times every pixel
    one channel, a large kernel      fft        the cost doesn't grow with the kernel
    maps that are not small          shifted    fewest copies, one GEMM a kernel row
    everything else                  columns    im2col in pieces

Asked for by name, a strategy that can't do the shapes (winograd: kernels of 3, stride 1, floats;
fft and shifted: floats) leaves them to the rule: all of them give the same answer.
"""

from __future__ import annotations

import math

import numpy as np

from .. import arguments, sliding
from . import columns, im2col, loops, pointwise, shifted, spectral, windows, winograd
from .window import Window

TEXTBOOK = {"loops": loops, "windows": windows, "im2col": im2col}
ALGORITHMS = ("auto", *TEXTBOOK, "shifted", "winograd", "fft")
LARGE_KERNEL = 49  # taps from which the FFT wins for a single channel
SMALL_MAP = 196  # places below which several images share a GEMM


def correlate(input, weight, stride, pads, dilation, groups, padding_mode, algorithm):
    """Return the cross-correlation (N, C_out, *places) of a checked call by one strategy."""
    arguments.choice("algorithm", algorithm, ALGORITHMS)
    places = sliding.output_sizes(input.shape[2:], weight.shape[2:], stride, pads, dilation)
    if padding_mode != "zeros":
        input = sliding.pad(input, pads, padding_mode)
        pads = [(0, 0)] * len(pads)
    window = Window(weight.shape[2:], stride, pads, dilation, groups)
    with np.errstate(all="ignore"):  # infinities and NaN follow IEEE 754 silently, as in torch
        if algorithm in TEXTBOOK:
            padded = sliding.pad(input, pads)
            return TEXTBOOK[algorithm].correlate(padded, weight, places, stride, dilation, groups)
        return _run(input, weight, window, places, algorithm)


def _run(input, weight, window, places, algorithm) -> np.ndarray:
    """Return the cross-correlation by a fast strategy; float16 is reckoned in float32."""
    if input.dtype == np.float16:
        wide = (array.astype(np.float32) for array in (input, weight))
        return _run(*wide, window, places, algorithm).astype(np.float16)
    input, weight = np.ascontiguousarray(input), np.ascontiguousarray(weight)
    name = chosen(input.shape, window, places, input.dtype, algorithm)
    output = np.empty((len(input), len(weight), *places), input.dtype)
    if output.size:
        _STRATEGIES[name](input, weight, window, output)
        # Sums of mixtures and spectra spread a NaN or an infinity further than the window reaches.
        if name in ("fft", "winograd") and not np.isfinite(output).all():
            columns.correlate(input, weight, window, output)
    return output


def chosen(input_shape, window, places, dtype, algorithm="auto") -> str:
    """Return the name of the strategy that `algorithm` comes to for these shapes."""
    floats = np.dtype(dtype).kind == "f"
    if algorithm == "winograd" and floats and window.dense and set(window.kernel_size) == {3}:
        return "winograd"
    if algorithm in ("fft", "shifted") and floats:
        return algorithm
    if math.prod(window.kernel_size) == 1 and not window.padded:
        return "pointwise"
    single = input_shape[1] == 1 and window.dense and floats
    if single and math.prod(window.kernel_size) >= LARGE_KERNEL:
        return "fft"
    enough = math.prod(places) >= SMALL_MAP and len(places) > 1 and floats
    return "shifted" if enough and window.dense else "columns"


def _winograd(input, weight, window, output) -> None:
    """F(4,3) in float32, which loses about a digit; F(2,3) in float64, as exact as the sum."""
    winograd.correlate(input, weight, window, output, m=4 if input.dtype == np.float32 else 2)


_STRATEGIES = {
    "pointwise": pointwise.correlate,
    "columns": columns.correlate,
    "shifted": shifted.correlate,
    "winograd": _winograd,
    "fft": spectral.correlate,
}
REASONS = {
    "loops": "the definition as nested loops, one multiplication at a time",
    "windows": "a strided view of all windows and one contraction; nothing is copied",
    "im2col": "every window copied into a column, then one GEMM a group",
    "pointwise": "a 1x1 kernel without padding is one matrix times the channels of every pixel",
    "columns": "im2col in pieces that stay in the cache, phases of the stride dealt out first",
    "shifted": "stride 1 on large maps: copied once per kernel column, one GEMM per kernel row",
    "winograd": "kernels of 3 with stride 1: fewer multiplications, more additions",
    "fft": "a single channel under a large kernel: the cost doesn't grow with the kernel",
}


def correlate_backward(
    grad_output, input, weight, stride, pads, dilation, groups, padding_mode, algorithm
):
    """Return grad_input and grad_weight of a checked call by one strategy."""
    arguments.choice("algorithm", algorithm, ALGORITHMS)
    if algorithm in TEXTBOOK:
        padded = sliding.pad(input, pads, padding_mode)
        with np.errstate(all="ignore"):
            grad_padded, by_weight = TEXTBOOK[algorithm].correlate_backward(
                grad_output, padded, weight, stride, dilation, groups
            )
        return sliding.pad_backward(grad_padded, pads, padding_mode), by_weight
    if padding_mode != "zeros":
        inner = [(0, 0)] * len(pads)
        padded = sliding.pad(input, pads, padding_mode)
        grad_padded = grad_input(grad_output, padded, weight, stride, inner, dilation, groups)
        grads = sliding.pad_backward(grad_padded, pads, padding_mode)
        return grads, grad_weight(grad_output, padded, weight, stride, inner, dilation, groups)
    call = (grad_output, input, weight, stride, pads, dilation, groups)
    return grad_input(*call), grad_weight(*call)


def grad_input(grad_output, input, weight, stride, pads, dilation, groups, algorithm="auto"):
    """Return the gradient of the input: for stride 1 the forward sum with the kernel turned round.

    With a stride, each tap's share is added where its window stood.
    """
    reach = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    inside = all(max(pair) <= r for pair, r in zip(pads, reach, strict=True))
    if algorithm in TEXTBOOK or set(stride) != {1} or not inside or not grad_output.size:
        return _grad_input_folded(grad_output, input, weight, stride, pads, dilation, groups)
    n, per_group = len(reach), len(weight) // groups
    turned = weight.reshape(groups, per_group, *weight.shape[1:]).swapaxes(1, 2)
    turned = np.flip(turned, tuple(range(-n, 0))).reshape(
        input.shape[1], per_group, *weight.shape[2:]
    )
    around = [(r - before, r - after) for r, (before, after) in zip(reach, pads, strict=True)]
    return correlate(grad_output, turned, stride, around, dilation, groups, "zeros", algorithm)


def _grad_input_folded(grad_output, input, weight, stride, pads, dilation, groups):
    """Return the gradient of the input: one GEMM, then each window added back to its cells."""
    n, places = weight.ndim - 2, grad_output.shape[2:]
    rows = weight.reshape(groups, len(weight) // groups, -1).swapaxes(1, 2)
    sizes = [m + b + a for m, (b, a) in zip(input.shape[2:], pads, strict=True)]
    total = np.zeros((*input.shape[:2], *sizes), input.dtype)
    places_first = (0, 1, *range(2 + n, 2 + 2 * n), *range(2, 2 + n))
    with np.errstate(all="ignore"):
        for image, grad in enumerate(grad_output):
            shares = rows @ grad.reshape(groups, len(weight) // groups, math.prod(places))
            shares = shares.reshape(1, input.shape[1], *weight.shape[2:], *places)
            total[image] = sliding.fold(shares.transpose(places_first), sizes, stride, dilation)[0]
    return np.ascontiguousarray(sliding.pad_backward(total, pads))


def grad_weight(grad_output, input, weight, stride, pads, dilation, groups, algorithm="auto"):
    """Return the gradient of the weight: the gradients times what each tap has read."""
    if algorithm in TEXTBOOK:
        padded = sliding.pad(input, pads)
        backward = TEXTBOOK[algorithm].correlate_backward
        return backward(grad_output, padded, weight, stride, dilation, groups)[1]
    if input.dtype == np.float16:
        wide = (array.astype(np.float32) for array in (grad_output, input, weight))
        return grad_weight(*wide, stride, pads, dilation, groups).astype(np.float16)
    total = np.zeros(weight.shape, weight.dtype)
    window = Window(weight.shape[2:], stride, pads, dilation, groups)
    places = grad_output.shape[2:]
    name = chosen(input.shape, window, places, input.dtype)
    strategy = {"pointwise": pointwise, "shifted": shifted}.get(name, columns)
    if grad_output.size:
        with np.errstate(all="ignore"):
            arrays = (np.ascontiguousarray(array) for array in (grad_output, input))
            strategy.add_weight_gradient(*arrays, window, total)
    return total
