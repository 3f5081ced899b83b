"""Draw the README's picture with the package itself: docs/convolution-light.png and -dark.png.

    python tools/draw_readme_picture.py

The numbers are computed by cnnlab.conv2d on the ring that lesson 01 starts with.
"""

import argparse
from pathlib import Path

import numpy as np

from cnnlab import figures
from cnnlab.convolution import conv2d
from cnnlab.images import kernel, ring

DOCS = Path(__file__).resolve().parent.parent / "docs"
TOP, LEFT = 2, 1  # the window that is framed, and the number it gives
ALT = (
    "A 7 by 7 picture of a ring, the 3 by 3 Sobel kernel, and the 5 by 5 output. A frame marks one "
    "3 by 3 window of the picture and the number it gives, minus 10. Positive numbers are orange: "
    "the picture gets brighter to the right there. Negative ones are blue: it gets darker."
)


def draw():
    """Return the picture: input, kernel, output, the frame on one window and its number."""
    picture, weight = ring().astype(float), kernel("sobel x")
    output = conv2d(picture[np.newaxis], weight[np.newaxis, np.newaxis])[0]
    titles = [
        f"{name} {a}×{b}"
        for name, (a, b) in zip(
            ("picture", "kernel", "output"),
            (picture.shape, weight.shape, output.shape),
            strict=True,
        )
    ]
    outlines = [[(TOP, LEFT, 3, 3)], [], [(TOP, LEFT, 1, 1)]]
    return figures.heatmaps([picture, weight, output], titles, alt=ALT, outlines=outlines)


def main():
    """Write both files."""
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    for theme in ("light", "dark"):
        figures.theme(theme)
        figure = draw()
        figure.savefig(DOCS / f"convolution-{theme}.png", dpi=130, facecolor=figure.get_facecolor())


if __name__ == "__main__":
    main()
