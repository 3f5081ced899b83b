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
from .quiz import Challenge, Question, shaped, slips, sought
from .size_quiz import fair_size, size_question
from .sizes import size

ASKED_KERNELS = ("Sobel x", "Sobel y", "Laplacian", "sharpen")


def pose(image, number: int, bias=0.0) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and its two parts.

    Errors: NothingToAskError for pictures in which nothing can be told apart.
    """
    rng = np.random.default_rng(1000 + number)

    def attempt():
        settings = _settings(number, rng)
        output = _legal(image, bias, **settings)
        if output is None or min(output.shape) < 2:
            return None
        if np.count_nonzero(_apt(output)) < 2:
            return None
        value = _value(image, output, bias, settings, rng)
        return settings, [size_question(image.shape, settings), value]

    return sought("question", shaped("image", image), attempt)


def _settings(number, rng) -> dict:
    return {
        "kernel": str(rng.choice(ASKED_KERNELS)),
        "kernel_size": 3 if number < 2 else int(rng.integers(2, 4)),
        "stride": 2 if number == 0 else int(rng.integers(1, 4)),
        "padding": int(rng.integers(0, 3)),
        "dilation": 1 if number < 3 else int(rng.integers(1, 3)),
        "padding_mode": "zeros" if number < 4 else str(rng.choice(["zeros", "replicate"])),
    }


def _apt(output) -> np.ndarray:
    """Return where a value can be asked for: it doesn't round to 0."""
    return np.abs(output) > 1e-9


def _output(image, bias, kernel, kernel_size, flip=False, turn=False, **settings):
    weight = sized_kernel(kernel, kernel_size)
    weight = weight[::-1, ::-1] if flip else weight.T if turn else weight
    one, all = image[np.newaxis], weight[np.newaxis, np.newaxis]
    return convolution.conv2d(one, all, np.array([bias]), **settings)[0]


def _legal(image, bias, **settings) -> np.ndarray | None:
    """Return the output, None where the settings don't fit the picture."""
    try:
        return _output(image, bias, **settings)
    except ValueError:
        return None


def _value(image, output, bias, settings, rng) -> Question:
    nonzero = np.argwhere(_apt(output))
    row, col = (int(i) for i in nonzero[rng.integers(len(nonzero))])
    answer = written(output[row, col])

    def at(row=row, col=col, **changed):
        try:
            return written(_output(image, bias, **{**settings, **changed})[row, col])
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
        (written(output[row, col] - bias), "That leaves out the bias."),
        (written(window.sum() + bias), "That adds the cells up without the weights."),
        (written(-output[row, col]), "The size is right, the sign is not."),
    ]
    text = f"Which value stands at row {row}, column {col} of the output (counted from 0)?"
    because = f"Cell times weight, added up over {k}×{k} taps"
    because += f", and the bias {written(bias)}." if bias else "."
    place = row * output.shape[1] + col
    return Question("value", text, answer, slips(answer, mistakes), because, place)


def dare(image, number: int, bias=0.0) -> Challenge:
    """Return challenge `number`: even ones ask for a size, odd ones for a picture.

    Errors: NothingToAskError for pictures of which nothing is made that could be reached.
    """
    rng = np.random.default_rng(2000 + number)
    if number % 2 == 0:
        return sought("challenge", shaped("image", image), lambda: _size_to_reach(image, rng))
    outputs = _pictures(image, bias)
    about = shaped("image", image)
    return sought("challenge", about, lambda: _picture_to_reach(outputs, rng))


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
    if target is None or not any(begins in answers for answers in reached.values()):
        return None
    text = f"Make the output {size(target)}, with dilation {dilation}."
    return Challenge(text, start, tuple(FREE), tuple(reached[target]))


FREE_PICTURE = {
    "kernel": ASKED_KERNELS + ("identity", "sum"),
    "stride": (1, 2, 3),
    "padding": (0, 1, 2),
}
START_PICTURE = {**START, "kernel": "identity"}


def _pictures(image, bias) -> dict[tuple, np.ndarray]:
    """Return the output of every legal setting of the free knobs."""
    found = {}
    for answer in product(*FREE_PICTURE.values()):
        settings = {**START_PICTURE, **dict(zip(FREE_PICTURE, answer, strict=True))}
        output = _legal(image, bias, **settings)
        if output is not None:
            found[answer] = output
    return found


def _picture_to_reach(outputs, rng):
    wanted = tuple(values[int(rng.integers(len(values)))] for values in FREE_PICTURE.values())
    if wanted not in outputs or np.ptp(outputs[wanted]) == 0:
        return None
    target, begins = outputs[wanted], tuple(START_PICTURE[name] for name in FREE_PICTURE)
    answers = tuple(answer for answer, output in outputs.items() if np.array_equal(output, target))
    if begins not in outputs or begins in answers:
        return None
    text = "Make the output equal the target: find kernel, stride and padding."
    return Challenge(text, START_PICTURE, tuple(FREE_PICTURE), answers, target)
