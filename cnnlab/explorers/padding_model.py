"""Explorer 3: what stands around a row or a picture, and where each value is copied from."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments

from . import padding_quiz
from .controls import Knob, choice, slider
from .explorer import Explorer
from .padding_told import ALL, MODES, padding_record
from .pictures import finite, grey_picture, numbers
from .record import Record
from .sizes import tensor


class Padding(Explorer):
    """The picture of `cnnlab.pad`; `cnnlab.explore.padding` makes it."""

    kind, heading = "padding", "Padding modes: where each value is copied from"
    scripts = ("padding.js",)
    controls = (
        choice("padding_mode", "padding mode", (ALL, *MODES), "m"),
        slider("padding", "padding", 0, 4, "p"),
    )
    modes = ("explore", "predict")
    data = ("_image",)

    padding_mode = Knob(ALL)
    padding = Knob(2)

    def __init__(self, image=None, **settings):
        self._image = _row_or_picture(image)
        super().__init__(**settings)
        panel = 1 + MODES.index("reflect") if self.padding_mode == ALL else 1
        self.place = int(self._record.first[panel])  # outside the frame, a copy

    def gather(self) -> Record:
        """Return the record of the mode that is chosen, or of all four."""
        mode = arguments.choice("padding_mode", self.padding_mode, (ALL, *MODES))
        cells = arguments.per_axis("padding", self.padding, self._image.ndim, minimum=0)
        modes = MODES if mode == ALL else (mode,)
        return padding_record(self._image, [(p, p) for p in cells], modes)

    @property
    def input(self) -> np.ndarray:
        """The row (n,) or the picture (H, W); a copy. Assign another to look at that."""
        return self._shown["_image"].copy()

    @input.setter
    def input(self, image) -> None:
        self._free("input")
        self._image = _row_or_picture(image)
        self._changed()

    @property
    def output(self) -> np.ndarray:
        """What comes out: the padded row or picture; of all four modes one after the other."""
        output = super().output
        return output if self.input.ndim == 2 else output[..., 0, :]

    @property
    def sources(self) -> np.ndarray:
        """The number of the cell that each cell copies, counted row by row; -1 for a constant.

        Shapes: as `output`.
        """
        found = np.array([panel.source for panel in self._record.of("output")])
        found = found if self.input.ndim == 2 else found[:, 0]
        return found[0] if len(found) == 1 else found

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output."""
        lines = ["import torch", "import torch.nn.functional as F", ""]
        lines += [tensor("input", self.input[np.newaxis, np.newaxis])]
        return "\n".join([*lines, f"output = {self._record.torch}", ""])

    def pose(self, number: int):
        """Return the settings of a question, and what is asked about them."""
        return padding_quiz.pose(self._image, number)


def _row_or_picture(image) -> np.ndarray:
    """Return the learner's row or picture; 1 to 12 in three rows if there is none."""
    if image is None:
        return np.arange(1.0, 13).reshape(3, 4)
    values = numbers("image", image)
    if values.ndim != 1:
        return grey_picture(image)
    if not len(values):
        raise ValueError("image must have at least one cell; got shape (0,)")
    return finite("image", values)
