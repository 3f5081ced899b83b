"""Photos for the photo explorer: the course's own, the learner's, and both as bytes."""

from __future__ import annotations

import base64

import numpy as np

from . import look
from .pictures import grey_picture
from .sizes import tensor
from .still import png

SIDE, MOST = 256, 512


def lake() -> np.ndarray:
    """Return a grey photo of a pavilion by a lake.

    Shapes: (256, 256), float64 in [0, 1].
    Source: `china.jpg` in scikit-learn; grey by the luma weights of ITU-R BT.601.

    >>> lake().shape
    (256, 256)
    """
    from sklearn.datasets import load_sample_image

    crop = load_sample_image("china.jpg")[90 : 90 + SIDE, 150 : 150 + SIDE] / 255
    return np.round(255 * grey_picture(crop)) / 255


def photo(image) -> np.ndarray:
    """Return a picture for the canvas, rounded to what the page holds: bytes / 255, or float32.

    Errors: those of `grey_picture`; ValueError for pictures with more than 512 rows or columns.

    >>> photo([[0.1, 0.2]]).dtype
    dtype('float64')
    """
    values = lake() if image is None else grey_picture(image)
    if max(values.shape) > MOST:
        raise ValueError(
            f"image must have at most {MOST} rows and columns; got shape {values.shape}. "
            "A part of it will do: image[:256, :256]"
        )
    if np.abs(values).max() > np.finfo(np.float32).max:
        raise ValueError("image must hold numbers that float32 can hold; got larger ones")
    return values if in_bytes(values) else values.astype(np.float32).astype(float)


def written(values: np.ndarray) -> list[str]:
    """Write a photo as lines of a program: by its name, in numbers, or packed if those are many.

    >>> written(np.array([[0.5]]))
    ['input = torch.tensor([[[[0.5]]]], dtype=torch.float64)']
    """
    if values.size <= look.DIGITS_UP_TO:
        return [tensor("input", values[np.newaxis, np.newaxis])]
    if np.array_equal(values, lake()):
        made = ["from cnnlab.explorers.photo_parts import lake", "", "photo = lake()"]
    else:
        made = ["from cnnlab.explorers.photo_parts import unpacked", ""]
        made += [f"photo = unpacked(**{packed(values)})"]
    return [*made, "input = torch.from_numpy(photo)[None, None]"]


def in_bytes(values: np.ndarray) -> bool:
    """Return whether every value is a byte divided by 255, as in most photos."""
    near = np.round(255 * values)
    return bool(near.min() >= 0 and near.max() <= 255 and np.array_equal(near / 255, values))


def packed(values: np.ndarray) -> dict:
    """Return a picture as the page gets it: once, in base64, as bytes or as float32."""
    small = in_bytes(values)
    data = np.round(255 * values).astype("u1") if small else np.ascontiguousarray(values, "<f4")
    text = base64.b64encode(data.tobytes()).decode()
    return {"height": values.shape[0], "width": values.shape[1], "values": text, "bytes": small}


def unpacked(height: int, width: int, values: str, bytes: bool = False) -> np.ndarray:
    """Return the picture that was packed.

    >>> unpacked(**packed(np.array([[0.5, -2.0]]))).tolist()
    [[0.5, -2.0]]
    """
    flat = np.frombuffer(base64.b64decode(values), "u1" if bytes else "<f4").astype(float)
    return (flat / 255 if bytes else flat).reshape(height, width)


def coloured(values: np.ndarray, theme: str = "light") -> np.ndarray:
    """Return the colours of a map: grey where nothing is negative, else signed, never clamped.

    Shapes: (H, W) -> (H, W, 3) uint8.
    """
    limit = np.abs(values).max() or 1.0
    share = values / limit
    if values.min() >= 0:
        grey = np.repeat(share[..., np.newaxis] * 255, 3, axis=2)
        return np.round(grey).astype(np.uint8)
    tokens = look.TOKENS[theme]
    zero, neg, pos = (look.rgb(tokens[name]) for name in ("zero", "neg", "pos"))
    end = np.where(share[..., np.newaxis] > 0, pos, neg)
    size = np.abs(share)[..., np.newaxis]
    return np.round(zero * (1 - size) + end * size).astype(np.uint8)


def rounded(values: np.ndarray, shades: int = 16) -> np.ndarray:
    """Return values rounded to so many shades on each side of zero, which makes a small file.

    >>> rounded(np.array([[0.1, 0.49, -1.0]]), 2).tolist()
    [[0.0, 0.5, -1.0]]
    """
    limit = np.abs(values).max() or 1.0
    return np.round(values / limit * shades) / shades * limit


def png_address(colours: np.ndarray) -> str:
    """Return a picture as a PNG in a data address.

    Shapes: (H, W, 3) uint8.

    >>> png_address(np.zeros((2, 3, 3), np.uint8))[:30]
    'data:image/png;base64,iVBORw0K'
    """
    return "data:image/png;base64," + base64.b64encode(png(colours)).decode()
