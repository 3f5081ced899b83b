"""What the channels explorer asks: the weight's shape, then the sum over channels and bias."""

from __future__ import annotations

import numpy as np

from cnnlab import convolution

from .channels_parts import FILTERS, built
from .look import number as written
from .quiz import Question, shaped, slips, sought
from .sizes import plural, size


def pose(photo, number: int) -> tuple[dict, list[Question]]:
    """Return the settings of question `number`, always the same ones, and its two parts.

    Errors: NothingToAskError for photos whose sums can't be written in two digits.
    """
    rng = np.random.default_rng(3000 + number)

    def attempt():
        settings = {
            "filters": list(FILTERS)[number % len(FILTERS)],
            "kernel_size": 3 if number < 2 else int(rng.choice([1, 3, 5])),
            "stride": 1,
            "padding": 0,
            "bias": float(rng.choice([-1, -0.5, 0.5, 1])),
        }
        if settings["kernel_size"] > min(photo.shape[1:]):
            return None
        weight = built(settings["filters"], settings["kernel_size"])
        value = _value(photo, weight, settings["bias"], rng)
        return None if value is None else (settings, [_shape(weight), value])

    return sought("question", shaped("photo", photo.transpose(1, 2, 0)), attempt)


def _shape(weight) -> Question:
    filters, channels, k, _ = weight.shape
    mistakes = [
        (size((filters, k, k)), "That leaves out the channels: each filter has a slice for each."),
        (size((channels, filters, k, k)), "Filters come first, then the channels of the input."),
        (size((k, k, channels, filters)), "torch puts the kernel's two axes last."),
        (size((channels, k, k)), "That is one filter; there is one for each feature map."),
        (size((k, k)), "That is one slice of one filter."),
    ]
    text = "Which shape has the weight? Four numbers, as torch orders them."
    because = f"{plural(filters, 'filter')}, each with {plural(channels, 'slice')} of {k}×{k}."
    answer = size(weight.shape)
    return Question("shape", text, answer, slips(answer, mistakes), because)


def _value(photo, weight, bias, rng) -> Question | None:
    """Ask at a place where the rounded sums add up to the rounded value; None without one."""
    apart = [convolution.conv2d(photo[c : c + 1], weight[:, c : c + 1]) for c in range(3)]
    sums = np.stack(apart, axis=-1)  # (filters, rows, columns, 3)
    rounded = np.vectorize(lambda v: float(written(v).replace("−", "-")))(sums)
    same = np.abs(rounded.sum(-1) - sums.sum(-1)) < 0.004
    apt = np.argwhere(same & (np.abs(sums).min(-1) > 0.01) & (np.abs(sums).max(-1) < 9.9))
    if not len(apt):
        return None
    place = tuple(apt[rng.integers(len(apt))])
    parts = rounded[place]
    total = parts.sum() + bias
    answer = written(round(total, 2))
    mistakes = [
        (written(round(total - bias, 2)), "That leaves out the bias."),
        (written(round(total + 2 * bias, 2)), "The bias comes once, not once for each channel."),
        (written(round(parts.mean() + bias, 2)), "That takes the mean; the sums are added."),
        (written(round(parts.max() + bias, 2)), "That takes the largest; the sums are added."),
        (written(round(np.abs(parts).sum() + bias, 2)), "That drops the signs."),
    ]
    said = ", ".join(written(part) for part in parts)
    text = (
        f"The slices on red, green and blue give {said}, and the bias is {written(bias)}. "
        "Which value stands in the feature map?"
    )
    because = f"{' + '.join(written(v) for v in (*parts, bias))} = {answer}."
    index = int(np.ravel_multi_index(place, sums.shape[:3]))
    return Question("value", text, answer, slips(answer, mistakes), because, index)
