"""A picture, the same picture moved, and one layer over both: what moved along and what did not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab import averaging, convolution, images, pooling, sliding

LAYERS = ("conv", "max pool", "avg pool", "max of all")
ENTERING = ("wrapped", "zeros")
MODES = ("circular", "zeros")
ARTICLE, STEPS, RING, YOURS = "4 1 3 7 2", "0 0 1 1 0 0 1 1", "ring", "yours"
PRESETS = {
    RING: images.ring().astype(float),
    ARTICLE: np.array([[4.0, 1, 3, 7, 2]]),
    STEPS: np.array([[0.0, 0, 1, 1, 0, 0, 1, 1]]),
}


class Layer(NamedTuple):
    """A window over both axes, or over the columns alone where the picture is one line."""

    kind: str
    weight: np.ndarray | None
    window: tuple[int, int]
    stride: tuple[int, int]
    pads: tuple[tuple[int, int], tuple[int, int]]
    mode: str

    def padded(self, picture: np.ndarray) -> np.ndarray:
        """Return the picture with its padding."""
        return sliding.pad(picture, self.pads, self.mode)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Return what the layer makes of a picture (H, W)."""
        padded = self.padded(picture)[np.newaxis]
        if self.kind == "conv":
            return convolution.conv2d(padded, self.weight[None, None], stride=self.stride)[0]
        if self.kind == "avg pool":
            return averaging.avg_pool2d(padded, self.window, self.stride)[0]
        return pooling.max_pool2d(padded, self.window, self.stride)[0]


def made(kind: str, weight: np.ndarray, stride: int, mode: str, shape: tuple[int, int]) -> Layer:
    """Return the layer of these settings for pictures of this shape.

    A convolution keeps the size at stride 1. A pool is padded only to go round the edge.

    >>> made("max pool", np.ones((3, 3)), 2, "circular", (1, 8))(PRESETS[STEPS]).tolist()
    [[0.0, 1.0, 0.0, 1.0]]
    """
    line = shape[0] == 1
    if kind == "max of all":
        return Layer(kind, None, shape, (1, 1), ((0, 0), (0, 0)), "zeros")
    if kind == "conv":
        taps = weight[weight.shape[0] // 2][np.newaxis] if line else weight
        pads = tuple(((k - 1) // 2, k // 2) for k in taps.shape)
        return Layer(kind, taps, taps.shape, (1 if line else stride, stride), pads, mode)
    after = 1 if mode == "circular" else 0
    pads = ((0, 0) if line else (0, after), (0, after))
    window, strides = (1 if line else 2, 2), (1 if line else stride, stride)
    return Layer(kind, None, window, strides, pads, mode)


def moved(picture: np.ndarray, down: int, right: int, entering: str) -> np.ndarray:
    """Return a picture moved by whole cells; what left comes in at the other side, or zeros do.

    >>> moved(PRESETS[ARTICLE], 0, -1, "zeros").tolist()
    [[1.0, 3.0, 7.0, 2.0, 0.0]]
    """
    if entering == "wrapped":
        return np.roll(picture, (down, right), axis=(0, 1))
    result = np.zeros_like(picture)
    rows, cols = (slice(max(n, 0), min(n, 0) or None) for n in (down, right))
    back = tuple(slice(max(-n, 0), min(-n, 0) or None) for n in (down, right))
    if abs(down) < picture.shape[0] and abs(right) < picture.shape[1]:
        result[rows, cols] = picture[back]
    return result


def steps(shift: tuple[int, int], stride: tuple[int, int], kind: str) -> tuple[int, int]:
    """Return by how many whole cells the output should move along, cut to whole ones.

    >>> steps((0, 1), (2, 2), "conv"), steps((0, -4), (2, 2), "conv")
    ((0, 0), (0, -2))
    """
    if kind == "max of all":
        return 0, 0
    return tuple(int(n / s) for n, s in zip(shift, stride, strict=True))


def change(before: np.ndarray, after: np.ndarray) -> float:
    """Return how much changed: the sum of all changes, as a share of the sum of all sizes.

    >>> change(np.array([1.0, 3.0]), np.array([3.0, 1.0]))
    1.0
    """
    total = np.abs(before).sum()
    return float(np.abs(after - before).sum() / total) if total else 0.0
