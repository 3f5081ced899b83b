"""Small pictures, signals and kernels to try the operators on; nothing is downloaded.

The photo and the digits travel inside scikit-learn. Everything else is a formula or a few typed-in
integers, small enough to check by hand. Each call returns a fresh array: a learner may write into
it.
"""

import numpy as np


def photo():
    """Return a colour photo of a pavilion by a lake: red, green and blue in [0, 1].

    Shapes: (128, 144, 3), float64. A network wants channels first: ``photo().transpose(2, 0, 1)``.
    Source: ``china.jpg`` in scikit-learn, cropped, every 3x3 block averaged into one pixel.

    >>> photo().shape
    (128, 144, 3)
    """
    from sklearn.datasets import load_sample_image

    crop = load_sample_image("china.jpg")[19 : 19 + 384, 20 : 20 + 432] / 255
    return crop.reshape(128, 3, 144, 3, 3).mean(axis=(1, 3))


def photo_gray():
    """Return the photo in grey, weighing red, green and blue as the eye does.

    Shapes: (128, 144), float64 in [0, 1].
    Source: luma weights of ITU-R BT.601.

    >>> photo_gray().shape
    (128, 144)
    """
    return photo() @ np.array([0.299, 0.587, 0.114])


def digits():
    """Return the handwritten digits: 1797 small pictures and what each one says.

    Shapes: pictures (1797, 8, 8) float64 with values 0 to 16; labels (1797,) int.
    Source: ``load_digits`` in scikit-learn, from UCI's optical recognition of handwritten digits.

    >>> pictures, labels = digits()
    >>> pictures.shape, labels[:5].tolist()
    ((1797, 8, 8), [0, 1, 2, 3, 4])
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.images.copy(), data.target.astype(int)


def signal():
    """Return a short line of numbers: flat, a step up, a bump, a step down.

    Shapes: (12,), int.

    >>> signal().tolist()
    [0, 0, 0, 5, 5, 5, 9, 5, 5, 0, 0, 0]
    """
    return np.array([0, 0, 0, 5, 5, 5, 9, 5, 5, 0, 0, 0])


def step_edge(height=6, width=8):
    """Return a picture that is dark (0) in its left half and bright (10) in its right half.

    Shapes: (height, width), int.

    >>> step_edge(2, 4).tolist()
    [[0, 0, 10, 10], [0, 0, 10, 10]]
    """
    image = np.zeros((height, width), dtype=int)
    image[:, width // 2 :] = 10
    return image


def checkerboard(height=6, width=6):
    """Return zeros and ones that alternate along both axes, beginning with 0.

    Shapes: (height, width), int.

    >>> checkerboard(2, 3).tolist()
    [[0, 1, 0], [1, 0, 1]]
    """
    return np.indices((height, width)).sum(axis=0) % 2


def ring():
    """Return a lopsided ring of small integers: no symmetry for a mistake to hide behind.

    Shapes: (7, 7), int.

    >>> ring()[3].tolist()
    [0, 3, 0, 0, 0, 2, 0]
    """
    return np.array(
        [
            [0, 0, 0, 0, 0, 0, 0],
            [0, 0, 2, 3, 2, 0, 0],
            [0, 2, 1, 0, 1, 2, 0],
            [0, 3, 0, 0, 0, 2, 0],
            [0, 2, 1, 0, 1, 1, 0],
            [0, 0, 2, 1, 1, 0, 0],
            [0, 0, 0, 0, 0, 0, 1],
        ]
    )


def _kernels():
    third, tap, smooth = np.ones(3), np.array([-1.0, 0.0, 1.0]), np.array([1.0, 2.0, 1.0])
    kernels = {
        "identity": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        "box blur": np.outer(third, third) / 9,
        "gaussian": np.outer(smooth, smooth) / 16,
        "sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "sobel x": np.outer(smooth, tap),
        "sobel y": np.outer(tap, smooth),
        "prewitt x": np.outer(third, tap),
        "prewitt y": np.outer(tap, third),
        "laplacian": np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        "emboss": np.array([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    }
    for array in kernels.values():
        array.flags.writeable = False  # one shared table: kernel() hands out copies
    return kernels


KERNELS = _kernels()


def kernel(name):
    """Return a copy of the classic 3x3 kernel of that name; ``KERNELS`` lists them.

    Shapes: (3, 3), float64.
    Errors: ValueError when no kernel has this name.
    Source: the tables of any image-processing text; "x" finds edges met when walking to the right.

    >>> kernel("sobel x").tolist()
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    """
    if name not in KERNELS:
        raise ValueError(f"kernel: name must be one of {', '.join(KERNELS)}; got {name!r}")
    return KERNELS[name].copy()
