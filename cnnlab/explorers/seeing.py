"""What Python sees of an explorer: the output, the selected cell and its terms, pictures."""

from __future__ import annotations

import numpy as np

from cnnlab import arguments

from .record import Record
from .sizes import size


def inside(where, shape, what="output of size") -> tuple[int, ...]:
    """Return a place as ints, refusing one that is not in an output of this shape.

    >>> inside([1, 2], (3, 4))
    (1, 2)
    """
    given = where if isinstance(where, tuple | list) else (where,)
    place = tuple(arguments.as_index(i) for i in given)
    fits = len(place) == len(shape) and None not in place
    if not fits or not all(0 <= i < n for i, n in zip(place, shape, strict=True)):
        raise ValueError(f"cursor must lie in the {what} {size(shape)}; got {where!r:.60}")
    return place


class Seen:
    """The reading half of every explorer."""

    # Pools, bins and padding: nothing is weighed, nothing is learned.
    weight: np.ndarray | None = None
    parameters, macs = 0, 0

    @property
    def record(self) -> Record:
        """The gather record of the picture that is shown: the last legal settings."""
        return self._record

    @property
    def output(self) -> np.ndarray:
        """The output, a copy: (H, W), or (C, H, W) where there are several maps."""
        maps = np.array([panel.drawn for panel in self._record.of("output")])
        return maps[0] if len(maps) == 1 else maps

    @property
    def error(self) -> str:
        """Why the settings can't be drawn, or the empty string."""
        return self._error

    @property
    def cursor(self) -> tuple[int, ...]:
        """Row and column of the selected output cell, the map's number first if there are more."""
        block, row, col = self._record.place(self.place)
        maps = self._record.of("output")
        number = maps.index(self._record.panels[block.output])
        return (row, col) if len(maps) == 1 else (number, row, col)

    @cursor.setter
    def cursor(self, where: tuple[int, ...]) -> None:
        maps = self._record.of("output")
        parts = tuple(where) if isinstance(where, tuple | list) else (where,)
        number = (
            inside(parts[:-2], (len(maps),), "maps, of which there are")[0] if len(parts) > 2 else 0
        )
        panel = maps[number]
        row, col = inside(parts[-2:], panel.drawn.shape)
        width = panel.drawn.shape[1]
        first = self._record.first[self._record.panels.index(panel)]
        self.place = int(first + row * width + col)

    def window(self) -> np.ndarray:
        """Return the values under the window of the selected output cell, padding included."""
        block, row, col = self._record.place(self.place)
        maps = [self._record.panels[i].drawn for i in block.inputs]
        grid = np.ix_(block.rows[row], block.cols[col])
        under = np.array([m[grid] for m in maps])
        return under[0] if len(under) == 1 else under

    def terms(self) -> list[dict]:
        """Return each term of the selected output cell: value, weight, product, and where from."""
        cell, tap, weight = self._record.gathered(self.place)
        value = self._record.flat("input")[cell]
        source = np.concatenate([panel.source.ravel() for panel in self._record.of("input")])[cell]
        columns = zip(value, weight, cell, tap, source < 0, strict=True)
        return [
            {"value": float(v), "weight": float(w), "product": float(v * w),
             "cell": int(c), "tap": int(t), "padding": bool(constant)}
            for v, w, c, t, constant in columns
        ]  # fmt: skip

    def to_svg(self, theme: str = "light") -> str:
        """Return the picture as SVG, for where no JavaScript runs."""
        from .still import still

        return still(self._record, self.place, theme, error=self._error)

    def to_html(self, path, *, back: str = "") -> None:
        """Write one file that shows the explorer in any browser: no network, no kernel.

        `back` is a link to a page of which this one is a part.
        """
        from .page import write_page

        write_page(self, path, back)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        still = {"text/plain": self._record.sentence, "image/svg+xml": self.to_svg()}
        return {**data, **still}, metadata

    def __repr__(self) -> str:
        return self._record.sentence if self._record else object.__repr__(self)
