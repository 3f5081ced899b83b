"""The way back: the gradients of a convolution are convolutions too.

The gradient of the input is the forward sum with the kernel turned round, for stride 1; with a
stride each window's share is added back to the cells it has read. The gradient of the weight is a
product of the gradients and of what each tap has read.
"""

from __future__ import annotations

import numpy as np

from .. import arguments, sliding
from . import choice, columns, folded, grouped, pointwise, shifted
from .forward import TEXTBOOK, correlate
from .layout import finite
from .window import Window


def correlate_backward(
    grad_output, input, weight, stride, pads, dilation, groups, padding_mode, algorithm
):
    """Return grad_input and grad_weight of a checked call by one strategy."""
    arguments.choice("algorithm", algorithm, choice.ALGORITHMS)
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
        call = (grad_output, padded, weight, stride, inner, dilation, groups)
        grads = sliding.pad_backward(grad_input(*call, algorithm), pads, padding_mode)
        return grads, grad_weight(*call)
    call = (grad_output, input, weight, stride, pads, dilation, groups)
    return grad_input(*call, algorithm), grad_weight(*call)


def grad_input(grad_output, input, weight, stride, pads, dilation, groups, algorithm="auto"):
    """Return the gradient of the input: for stride 1 the forward sum with the kernel turned round.

    With a stride, each tap's share is added where its window stood; so it is with infinite weights,
    which would make NaN of the zeros that stride 1 lays around the gradients.
    """
    if not input.size:
        return np.zeros_like(input)
    reach = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    inside = all(max(pair) <= r for pair, r in zip(pads, reach, strict=True))
    if algorithm in TEXTBOOK or set(stride) != {1} or not inside or not finite(weight):
        window = Window(weight.shape[2:], stride, tuple(pads), dilation, groups)
        total = np.zeros(input.shape, input.dtype)
        with np.errstate(all="ignore"):
            folded.spread(grad_output, weight, window, total)
        return total
    n, per_group = len(reach), len(weight) // groups
    turned = weight.reshape(groups, per_group, *weight.shape[1:]).swapaxes(1, 2)
    turned = np.flip(turned, tuple(range(-n, 0))).reshape(
        input.shape[1], per_group, *weight.shape[2:]
    )
    around = [(r - before, r - after) for r, (before, after) in zip(reach, pads, strict=True)]
    return correlate(grad_output, turned, stride, around, dilation, groups, "zeros", algorithm)


def grad_weight(grad_output, input, weight, stride, pads, dilation, groups, algorithm="auto"):
    """Return the gradient of the weight: the gradients times what each tap has read."""
    if algorithm in TEXTBOOK:
        padded = sliding.pad(input, pads)
        backward = TEXTBOOK[algorithm].correlate_backward
        return backward(grad_output, padded, weight, stride, dilation, groups)[1]
    total = np.zeros(weight.shape, weight.dtype)
    window = Window(weight.shape[2:], stride, tuple(pads), dilation, groups)
    places = grad_output.shape[2:]
    name = choice.chosen(input.shape, weight.shape, window, places, input.dtype)
    needed = choice.rows_copied(input.shape[1], window, places, input.itemsize)
    if name == "pairs":  # rows that are mixed in pairs would have to be unmixed
        name = "shifted" if needed <= choice.ROWS else "columns"
    strategy = _BY_WEIGHT.get(name, columns)
    if input.size and grad_output.size:
        with np.errstate(all="ignore"):
            arrays = [np.ascontiguousarray(array) for array in (grad_output, input)]
            strategy.add_weight_gradient(*arrays, window, total)
            # Cells that a tap doesn't read are met by zeros, and zero times infinity is NaN.
            if name == "grouped" and not np.isfinite(total).all():
                total[...] = 0
                columns.add_weight_gradient(*arrays, window, total)
    return total


_BY_WEIGHT = {
    "pointwise": pointwise,
    "shifted": shifted,
    "grouped": grouped,
}
