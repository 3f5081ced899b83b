"""The learner's own data: any 2-D array, a photo, or the course's small ring."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments, images


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


def finite(name: str, values: np.ndarray) -> np.ndarray:
    """Return an array of finite floats."""
    floats = arguments.array(name, values).astype(float)
    if not np.isfinite(floats).all():
        raise ValueError(f"{name} must hold finite numbers; got NaN or infinity among them")
    return floats
