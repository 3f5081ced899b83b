"""The learner's own data: any 2-D array, a photo, a line of numbers, or the course's own."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments, images

LONGEST = 240  # values of a signal: more bars would be narrower than a mouse can aim at
MOST_DEEP = 12  # cells along each axis of a volume, whose slices all have to be seen
MOST_CELLS = 36  # of a photo's side


def grey_picture(image, name="image") -> np.ndarray:
    """Return a picture as a (H, W) array of floats; a colour photo is taken in grey.

    Shapes: (H, W), (H, W, 3) or (H, W, 4); None is the course's ring, and a list is an array.
    Errors: ValueError for other shapes, empty pictures, NaN and infinities.

    >>> [grey_picture(image).shape for image in (None, [[1, 2]], np.ones((4, 5, 3)))]
    [(7, 7), (1, 2), (4, 5)]
    """
    if image is None:
        return images.ring().astype(float)
    values = finite(name, image)
    if values.ndim == 3 and values.shape[2] in (3, 4):
        values = values[..., :3] @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(
            f"{name} must have shape (H, W), or (H, W, 3) for a photo, and at least one cell; "
            f"got shape {values.shape}"
        )
    return values


def colour_picture(photo) -> np.ndarray:
    """Return a colour photo channels first, (3, H, W), from 0 to 1, at most 36 cells a side.

    A larger one is made smaller: blocks of pixels are averaged.

    Shapes: (H, W, 3) or (H, W, 4), whole numbers up to 255 or floats; None is the course's photo.
    Errors: ValueError for other shapes, empty pictures, NaN and infinities.

    >>> colour_picture(None).shape, float(colour_picture(np.full((2, 2, 3), 255)).max())
    ((3, 32, 36), 1.0)
    """
    given = images.photo() if photo is None else numbers("photo", photo)
    values = finite("photo", given)
    if values.ndim != 3 or values.shape[2] not in (3, 4) or 0 in values.shape:
        raise ValueError(
            f"photo must have shape (H, W, 3), red, green and blue last; got shape {values.shape}"
        )
    values = values[..., :3] / (255 if np.issubdtype(given.dtype, np.integer) else 1)
    block = -(-max(values.shape[:2]) // MOST_CELLS)
    rows, cols = (n // block or 1 for n in values.shape[:2])
    high, wide = (min(block, n) for n in values.shape[:2])
    cut = values[: rows * high, : cols * wide]
    means = cut.reshape(rows, high, cols, wide, 3).mean(axis=(1, 3))
    return np.ascontiguousarray(means.transpose(2, 0, 1))


def line_of_numbers(name: str, values) -> np.ndarray:
    """Return a signal, or a kernel along one axis, as a (length,) array of floats, a copy.

    Shapes: (length,) with 1 to 240 values; None is the course's signal, and a list is an array.
    Errors: ValueError for other shapes, NaN and infinities.

    >>> line_of_numbers("signal", None).shape, line_of_numbers("weight", [1, 2]).tolist()
    ((12,), [1.0, 2.0])
    """
    line = images.signal() if values is None else values
    line = finite(name, line).copy()
    if line.ndim != 1 or not 1 <= line.size <= LONGEST:
        raise ValueError(
            f"{name} must have 1 axis with 1 to {LONGEST} values; got shape {line.shape}"
        )
    return line


def volume_of_numbers(name: str, values) -> np.ndarray:
    """Return a volume, or a kernel along three axes, as a (depth, height, width) array of floats.

    Shapes: (D, H, W), at most 12 cells an axis; None is a small film, in which a spot moves to the
        right above a block that stands still.
    Errors: ValueError for other shapes, NaN and infinities.

    >>> volume_of_numbers("volume", None)[:2, 1].astype(int).tolist()
    [[1, 2, 1, 0, 0, 0, 0, 0], [0, 1, 2, 1, 0, 0, 0, 0]]
    """
    if values is None:
        t, row, col = np.indices((5, 5, 8))
        values = np.maximum(0, 3 - abs(row - 2) - abs(col - 1 - t))
        values[:, 4, 5:7] = 2
    volume = finite(name, values).copy()
    if volume.ndim != 3 or 0 in volume.shape or max(volume.shape) > MOST_DEEP:
        raise ValueError(
            f"{name} must have 3 axes (depth, height, width) with 1 to {MOST_DEEP} cells each; "
            f"got shape {volume.shape}"
        )
    return volume


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


def numbers(name: str, values) -> np.ndarray:
    """Return lists, arrays and torch's tensors, those with a gradient too, as an array.

    Errors: TypeError for what is no array, and ValueError for rows of several lengths.

    >>> numbers("image", [[1, 2]]).shape
    (1, 2)
    """
    detached = values.detach() if hasattr(values, "detach") else values
    try:
        array = np.asarray(detached)
    except ValueError:
        raise ValueError(
            f"{name} must be an array or lists of equal lengths; got {values!r:.60}"
        ) from None
    return arguments.array(name, array)


def real(name: str, value) -> float:
    """Return one finite float.

    >>> real("bias", 1)
    1.0
    """
    number = arguments.number(name, value)
    if not np.isfinite(number):
        raise ValueError(f"{name} must be finite; got {name}={value!r}")
    return number


def finite(name: str, values) -> np.ndarray:
    """Return an array of finite floats."""
    floats = numbers(name, values).astype(float)
    if not np.isfinite(floats).all():
        raise ValueError(f"{name} must hold finite numbers; got NaN or infinity among them")
    return floats
