"""What the convolution explorer asks: a shape, then a value; and the targets that it sets.

Every wrong answer that a likely mistake gives is computed here with the operator itself, so that
the feedback can name the mistake.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from cnnlab import convolution, sliding

from .kernels import sized_kernel
from .look import number as written
from .quiz import Challenge, Question, slips
from .size_quiz import fair_size, size_question
from .sizes import size

ASKED_KERNELS = ("Sobel x", "Sobel y", "Laplacian", "sharpen")


def pose(image, number: int) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and its two parts."""
    rng = np.random.default_rng(1000 + number)
    while True:
        settings = {
            "kernel": str(rng.choice(ASKED_KERNELS)),
            "kernel_size": 3 if number < 2 else int(rng.integers(2, 4)),
            "stride": 2 if number == 0 else int(rng.integers(1, 4)),
            "padding": int(rng.integers(0, 3)),
            "dilation": 1 if number < 3 else int(rng.integers(1, 3)),
            "padding_mode": "zeros" if number < 4 else str(rng.choice(["zeros", "replicate"])),
        }
        try:
            output = _output(image, **settings)
        except ValueError:
            continue
        if min(output.shape) >= 2 and np.count_nonzero(output) >= 2:
            return settings, [
                size_question(image.shape, settings),
                _value(image, output, settings, rng),
            ]


def _output(image, kernel, kernel_size, flip=False, turn=False, **settings):
    weight = sized_kernel(kernel, kernel_size)
    weight = weight[::-1, ::-1] if flip else weight.T if turn else weight
    return convolution.conv2d(image[np.newaxis], weight[np.newaxis, np.newaxis], **settings)[0]


def _value(image, output, settings, rng) -> Question:
    nonzero = np.argwhere(np.abs(output) > 1e-9)
    row, col = (int(i) for i in nonzero[rng.integers(len(nonzero))])
    answer = written(output[row, col])

    def at(row=row, col=col, **changed):
        try:
            return written(_output(image, **{**settings, **changed})[row, col])
        except (ValueError, IndexError):
            return answer

    k, p = settings["kernel_size"], settings["padding"]
    spans = settings["dilation"] * (k - 1) + 1
    top, left = row * settings["stride"], col * settings["stride"]
    under = sliding.pad(image, [(p, p)] * 2, settings["padding_mode"])
    window = under[
        top : top + spans : settings["dilation"], left : left + spans : settings["dilation"]
    ]
    mistakes = [
        (at(flip=True), "That flips the kernel; torch lays it on as it is (cross-correlation)."),
        (at(turn=True), "That has rows and columns of the kernel exchanged."),
        (at(stride=1), f"That is the window at row {row}, column {col} with stride 1."),
        (at(padding=0), "That forgets the padding: the first window starts outside the picture."),
        (at(padding_mode="zeros"), "That takes zeros for padding cells; here they are copies."),
        (at(dilation=1), "That reads neighbouring cells; with dilation there are gaps."),
        (written(window.sum()), "That adds the cells up without the weights."),
        (written(-output[row, col]), "The size is right, the sign is not."),
    ]
    text = f"Which value stands at row {row}, column {col} of the output (counted from 0)?"
    because = f"Cell times weight, added up over {k}×{k} taps."
    place = row * output.shape[1] + col
    return Question("value", text, answer, slips(answer, mistakes), because, place)


def dare(image, number: int) -> Challenge:
    """Return challenge `number`: even ones ask for a size, odd ones for a picture."""
    rng = np.random.default_rng(2000 + number)
    while True:
        found = _size_to_reach(image, rng) if number % 2 == 0 else _picture_to_reach(image, rng)
        if found is not None:
            return found


FREE = {"kernel_size": range(1, 6), "stride": range(1, 5), "padding": range(5)}
START = {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 1, "padding_mode": "zeros"}


def _size_to_reach(image, rng):
    dilation = int(rng.integers(1, 3))
    reached: dict[tuple, list] = {}
    for answer in product(*FREE.values()):
        k, s, p = answer
        try:
            places = tuple(sliding.output_size(n, k, s, p, dilation) for n in image.shape)
        except ValueError:
            continue
        reached.setdefault(places, []).append(answer)
    start = {**START, "dilation": dilation, "kernel": "Sobel x"}
    begins = tuple(start[name] for name in FREE)
    target = fair_size(reached, begins, rng)
    if target is None:
        return None
    text = f"Make the output {size(target)}, with dilation {dilation}."
    return Challenge(text, start, tuple(FREE), tuple(reached[target]))


def _picture_to_reach(image, rng):
    free = {
        "kernel": ASKED_KERNELS + ("identity", "sum"),
        "stride": (1, 2, 3),
        "padding": (0, 1, 2),
    }
    wanted = tuple(values[int(rng.integers(len(values)))] for values in free.values())
    start = {**START, "kernel": "identity"}
    outputs = {}
    for answer in product(*free.values()):
        settings = {**start, **dict(zip(free, answer, strict=True))}
        outputs[answer] = _output(image, **settings)
    target = outputs[wanted]
    answers = tuple(answer for answer, output in outputs.items() if np.array_equal(output, target))
    if np.ptp(target) == 0 or tuple(start[name] for name in free) in answers:
        return None
    text = "Make the output equal the target: find kernel, stride and padding."
    return Challenge(text, start, tuple(free), answers, target)
