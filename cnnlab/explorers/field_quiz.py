"""What the receptive field explorer asks: how wide a field is, and how much of it is ever used."""

from __future__ import annotations

import numpy as np

from .field_parts import PRESETS, fields, gradient, sizes
from .quiz import Question, slips
from .sizes import size

ASKED = ("stride 2, then 3×3", "dilations 2, 2, 2", "three of 3×3", "conv and pool, twice",
         "dilations 1, 2, 4", "dilations 1, 2, 3")  # fmt: skip


OUTPUTS, MIDDLE = 5, 2


def pose(number: int) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and its two parts."""
    preset = ASKED[number % len(ASKED)]
    layers = PRESETS[preset]
    return {"preset": preset, "outputs": OUTPUTS}, [_width(layers), _reached(layers)]


def square(n: int) -> str:
    """Return a width as the size of a square field."""
    return size((n, n))


def _width(layers) -> Question:
    answer = square(fields(layers)[-1].size)
    late, plain, blown, kernels = 1, 1, 1, 1
    jump = after = 1
    for k, s, _, d, _ in layers:
        after *= s
        late += d * (k - 1) * after
        plain += d * (k - 1)
        blown += (d * k - 1) * jump
        kernels += (k - 1) * jump
        jump *= s
    whole = int(np.prod([layer.kernel_size for layer in layers]))
    mistakes = [
        (square(late), "A layer's stride counts for the layers after it: the jump comes last."),
        (square(plain), "That leaves the jump out: strides spread the later layers' taps."),
        (square(kernels), "That leaves the dilation out."),
        (square(blown), "That takes d·k for the span; k taps have k − 1 gaps: d·(k − 1) + 1."),
        (square(whole), "That multiplies the kernels; neighbours' windows overlap, so sizes add."),
        (square(sum(layer.kernel_size for layer in layers)), "Each layer adds k − 1, not k."),
        (square(layers[-1].kernel_size), "That is the last layer's window, in cells of its input."),
    ]  # fmt: skip
    text = "How large is the receptive field of one output? One number, or height × width."
    because = "From 1, each layer adds d·(k − 1) times the jump before it."
    return Question("shape", text, answer, slips(answer, mistakes), because, MIDDLE)


def _reached(layers) -> Question:
    cells, width = sizes(layers, OUTPUTS), fields(layers)[-1].size
    grad = gradient(layers, cells, MIDDLE)
    reached = int(np.count_nonzero(grad))
    answer = square(reached)
    taps = int(np.prod([layer.kernel_size for layer in layers]))
    mistakes = [
        (square(width), "That is all of the field; equal dilations leave holes between taps."),
        (square(taps), "Ways add up: several ways lead to the same cell."),
    ]  # fmt: skip
    text = "How many of its cells does the gradient of the middle output reach? As height × width."
    holes = width - reached
    because = (
        f"{holes} of {width} along each axis are holes." if holes else "This stack has no holes."
    )
    return Question("shape", text, answer, slips(answer, mistakes), because, MIDDLE)
