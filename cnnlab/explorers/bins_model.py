"""Explorer 4, second part: adaptive bins, and the levels of a spatial pyramid."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments

from .bins_told import POOLS, at_most, bins_record, checked_levels
from .controls import Knob, choice, slider
from .explorer import Explorer
from .pictures import grey_picture
from .record import Record
from .sizes import tensor

MOST_BINS = 64


class Bins(Explorer):
    """What both explorers of bins have."""

    scripts = ("bins.js",)
    pool = Knob("max")

    def __init__(self, image=None, **settings):
        self._image = grey_picture(image)
        super().__init__(**settings)

    @property
    def input(self) -> np.ndarray:
        """The map that is shared out, a copy."""
        return self._record.of("input")[0].values.copy()

    def _name(self) -> str:
        """Return which of torch's pools it is."""
        pool = arguments.choice("pool", self.pool, tuple(POOLS))
        return f"F.adaptive_{'avg' if pool == 'average' else 'max'}_pool2d"

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output."""
        lines = ["import torch", "import torch.nn.functional as F", ""]
        lines += [tensor("input", self.input[np.newaxis, np.newaxis])]
        return "\n".join([*lines, f"output = {self._record.torch}", ""])


class Adaptive(Bins):
    """The picture of `cnnlab.adaptive_max_pool2d` and its average."""

    kind, heading = "adaptive", "Adaptive pooling: as many bins as you like"
    controls = (
        choice("pool", "pool", tuple(POOLS), "m"),
        slider("rows", "bins down", 1, 8, "d"),
        slider("columns", "bins across", 1, 8, "a"),
    )
    rows = Knob(3)
    columns = Knob(3)

    def gather(self) -> Record:
        """Return the record of one level of bins."""
        name = self._name()
        counts = at_most("rows", self.rows, MOST_BINS), at_most("columns", self.columns, MOST_BINS)
        torch = f"{name}(input, {counts[0] if counts[0] == counts[1] else counts})"
        return bins_record(self.pool, self._image, [counts], torch, "Adaptive pooling")


class Pyramid(Bins):
    """The picture of `cnnlab.spatial_pyramid_pool`; `cnnlab.explore.pyramid` makes it."""

    kind, heading = "pyramid", "Spatial pyramid: one length for every size"
    controls = (
        choice("pool", "pool", tuple(POOLS), "m"),
        choice("levels", "levels", ("1, 2, 4", "1, 2, 3, 6", "1, 2", "3", "4"), "l"),
        slider("height", "height", 1, 1, "h"),
        slider("width", "width", 1, 1, "w"),
    )
    levels = Knob((1, 2, 4))
    height = Knob(None)
    width = Knob(None)

    def __init__(self, image=None, **settings):
        most = grey_picture(image).shape
        pool, levels, *sides = self.controls
        self.controls = (
            pool,
            levels,
            *(s._replace(high=n) for s, n in zip(sides, most, strict=True)),
        )
        super().__init__(image, **{"height": most[0], "width": most[1], **settings})
        last = self._record.of("output")[-1]  # the finest level tells most
        first = self._record.first[len(self._record.panels) - 1]
        self.place = int(first + np.abs(last.values).argmax())

    def settings(self) -> dict:
        """Return what every knob stands at, as the page says it."""
        levels = self.levels
        words = ", ".join(map(str, levels)) if isinstance(levels, tuple | list) else str(levels)
        return super().settings() | {"levels": words}

    def gather(self) -> Record:
        """Return the record of all levels on the upper left part of the picture."""
        name = self._name()
        high, wide = self._image.shape
        height, width = at_most("height", self.height, high), at_most("width", self.width, wide)
        levels = checked_levels(self.levels)
        at_most("levels", max(levels), 16)
        torch = f"torch.cat([{name}(input, n).flatten(1) for n in {levels}], dim=1)"
        pairs = [(level, level) for level in levels]
        part = self._image[:height, :width]
        return bins_record(self.pool, part, pairs, torch, "Pyramid")

    @property
    def output(self) -> np.ndarray:
        """All bins in one row, level by level, as `cnnlab.spatial_pyramid_pool` gives them."""
        return self._record.flat("output")
