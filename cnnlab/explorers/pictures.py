"""The learner's own data: any 2-D array, a photo, a line of numbers, or the course's own."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments, images

LONGEST = 240  # values of a signal: more bars would be narrower than a mouse can aim at


def grey_picture(image) -> np.ndarray:
    """Return a picture as a (H, W) array of floats; a colour photo is taken in grey.

    Shapes: (H, W), (H, W, 3) or (H, W, 4); None is the course's ring, and a list is an array.
    Errors: ValueError for other shapes, empty pictures, NaN and infinities.

    >>> [grey_picture(image).shape for image in (None, [[1, 2]], np.ones((4, 5, 3)))]
    [(7, 7), (1, 2), (4, 5)]
    """
    if image is None:
        return images.ring().astype(float)
    values = finite("image", np.asarray(image))
    if values.ndim == 3 and values.shape[2] in (3, 4):
        values = values[..., :3] @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(
            f"image must have shape (H, W), or (H, W, 3) for a photo, and at least one cell; "
            f"got shape {values.shape}"
        )
    return values


def line_of_numbers(name: str, values) -> np.ndarray:
    """Return a signal, or a kernel along one axis, as a (length,) array of floats, a copy.

    Shapes: (length,) with 1 to 240 values; None is the course's signal, and a list is an array.
    Errors: ValueError for other shapes, NaN and infinities.

    >>> line_of_numbers("signal", None).shape, line_of_numbers("weight", [1, 2]).tolist()
    ((12,), [1.0, 2.0])
    """
    line = images.signal() if values is None else np.asarray(values)
    line = finite(name, line).copy()
    if line.ndim != 1 or not 1 <= line.size <= LONGEST:
        raise ValueError(
            f"{name} must have 1 axis with 1 to {LONGEST} values; got shape {line.shape}"
        )
    return line


def axis_of(values: np.ndarray) -> tuple[float, float, float]:
    """Return the lowest and the highest value of a plot of `values`, and a handy step.

    There is room on both sides of zero, so that a bar can be dragged through it.

    >>> axis_of(np.array([0.0, 9.0])), axis_of(np.array([0.5, -1.0]))
    ((-6.0, 10.0, 1.0), (-1.1, 0.6, 0.05))
    """
    reach = float(np.abs(values).max()) or 10.0
    power = 10.0 ** np.floor(np.log10(reach / 20))
    step = min((n * power for n in (1, 2, 5, 10)), key=lambda one: abs(one - reach / 20))
    if reach >= 4 and np.array_equal(values, np.round(values)):
        step = max(step, 1.0)

    def up(value):
        return float(np.ceil(round(max(1.1 * value, reach / 2) / (2 * step), 9)) * 2 * step)

    return round(-up(-values.min()), 9), round(up(values.max()), 9), round(float(step), 9)


def finite(name: str, values: np.ndarray) -> np.ndarray:
    """Return an array of finite floats."""
    floats = arguments.array(name, values).astype(float)
    if not np.isfinite(floats).all():
        raise ValueError(f"{name} must hold finite numbers; got NaN or infinity among them")
    return floats
