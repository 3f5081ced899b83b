"""The tracer's table: rows to read, columns to reckon with, both laid out for the notebook."""

from __future__ import annotations

import html

# What each column says; the notebook shows it where the mouse rests on the column's name
COLUMNS = {
    "layer": "what stands there, and its settings",
    "output": "the shape behind it: channels, then cells along each axis",
    "parameters": "how many numbers it learns",
    "MACs": "multiply-adds for one input",
    "field": "receptive field: how many input cells one output cell sees along an axis",
    "jump": "how many input cells lie between two neighbours' fields",
    "start": "where the first field has its middle; input cell 0 is at 0",
    "padding": "how many cells the first field hangs over the edge of the input",
}
RULE = "1px solid color-mix(in srgb, currentColor 35%, transparent)"
MISFIT = "background:color-mix(in srgb, #e06d10 22%, transparent)"


class Trace:
    """What `trace` found: one row a layer; `table["MACs"]` is a column, `table[3]` a row.

    `to_pandas()` gives a DataFrame where pandas is installed.

    >>> from cnnlab.layers import Conv2d, MaxPool2d
    >>> from cnnlab.tracing import trace
    >>> trace([Conv2d(1, 6, 5), MaxPool2d(2)], (1, 28, 28))
       layer               output   parameters    MACs  field  jump  start  padding
       input               1x28x28
    1  Conv2d(1 -> 6, 5)   6x24x24         156  86,400      5     1      2        0
    2  MaxPool2d(2)        6x12x12                          6     2    2.5        0
    156 parameters, 86,400 multiply-adds
    """

    def __init__(self, input_shape, rows):
        self.input_shape = input_shape
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows)

    def __getitem__(self, key):
        if not isinstance(key, str):
            return self.rows[key]
        if key not in COLUMNS:
            raise KeyError(f"the columns are {', '.join(COLUMNS)}; got {key!r}")
        return [_cells(row)[key] for row in self.rows]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(COLUMNS)

    @property
    def parameters(self) -> int:
        """The parameters of all layers, those used twice counted once."""
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """The multiply-adds of all layers, for one input."""
        return sum(row.macs for row in self.rows)

    @property
    def output_shape(self):
        """The shape that comes out; None where a layer's shapes don't fit."""
        return self.rows[-1].shape if self.rows else self.input_shape

    @property
    def receptive_field(self):
        """The cells that one output cell sees: an int, or one per axis where they differ."""
        return _cells(self.rows[-1])["field"] if self.rows else 1

    @property
    def error(self) -> str:
        """The sentence at the layer whose shapes don't fit; empty where all do."""
        return self.rows[-1].error if self.rows else ""

    def to_pandas(self):
        """Return the table as a pandas.DataFrame, one column a fact."""
        import pandas

        return pandas.DataFrame(
            {name: self[name] for name in COLUMNS}, index=[row.place for row in self.rows]
        )

    def __repr__(self) -> str:
        lines = [("", *COLUMNS), *self._lines()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [_line(line, widths) for line in lines]
        return "\n".join([*table, *self._last_words()])

    def _repr_html_(self) -> str:
        """Return the same table for the notebook, with the misfit's sentence in its row."""
        head = "".join(map(_html_head, ("", *COLUMNS), ("", *COLUMNS.values())))
        errors = ["", *(row.error for row in self.rows)]
        pairs = zip(self._lines(), errors, strict=True)
        body = "".join(_html_row(cells, error) for cells, error in pairs)
        words = "" if self.error else html.escape(self._last_words()[0])
        return (
            '<div style="max-height:36em;overflow:auto"><table style="border-collapse:collapse;'
            'font-variant-numeric:tabular-nums">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div><p>{words}</p>"
        )

    def _lines(self) -> list[tuple[str, ...]]:
        """Return the texts of all rows, the input's first."""
        first = ("", "input", _times(self.input_shape), *[""] * (len(COLUMNS) - 2))
        return [first, *((row.place, *_texts(row)) for row in self.rows)]

    def _last_words(self) -> list[str]:
        if self.error:
            return [f"{self.rows[-1].place} does not fit: {self.error}."]
        return [f"{self.parameters:,} parameters, {self.macs:,} multiply-adds"]


def _cells(row) -> dict:
    """Return a row's facts by column."""
    columns = {"layer": row.layer, "output": row.shape, "parameters": row.parameters}
    columns |= {"MACs": row.macs, "field": None, "jump": None, "start": None, "padding": None}
    if row.fields:
        names = {"field": "size", "jump": "jump", "start": "start", "padding": "padding"}
        for column, name in names.items():
            columns[column] = _one([getattr(field, name) for field in row.fields])
    return columns


def _one(values):
    """Return the value that all axes share, else one per axis."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def _texts(row) -> tuple[str, ...]:
    cells = _cells(row)
    shape = "does not fit" if row.shape is None else _times(row.shape)
    numbers = [f"{cells[name]:,}" if cells[name] else "" for name in ("parameters", "MACs")]
    fields = [_text(cells[name]) for name in ("field", "jump", "start", "padding")]
    return (row.layer, shape, *numbers, *fields)


def _text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):  # a dash keeps the place of an axis that has no jump
        return "x".join(_text(each) or "-" for each in value)
    return f"{value:g}"


def _times(shape) -> str:
    return "x".join(map(str, shape))


def _line(cells, widths) -> str:
    left = [cells[i].ljust(widths[i]) for i in range(2)]
    right = [cells[i].rjust(widths[i]) for i in range(2, len(cells))]
    return "  ".join(left + right).rstrip()


def _html_head(name, meaning) -> str:
    side = "left" if name in ("", "layer", "output") else "right"
    style = f"text-align:{side};padding:3px 6px;border-bottom:{RULE}"
    return f'<th scope="col" title="{meaning}" style="{style}">{name}</th>'


def _html_row(cells, error) -> str:
    """Return a row; one that does not fit is coloured and tells the reason across its columns."""
    place, layer, output, *numbers = map(html.escape, cells)
    # A part of a part stands further in.
    indent = 6 + 14 * place.count(".")
    columns = [
        _html_cell(place, "left", "opacity:.6"),
        _html_cell(layer, "left", f"padding-left:{indent}px;white-space:nowrap"),
        _html_cell(output, "left", "font-weight:600;white-space:nowrap" if error else ""),
    ]
    if not error:
        return f"<tr>{''.join(columns)}{''.join(_html_cell(n, 'right') for n in numbers)}</tr>"
    told = f'<td colspan="{len(numbers)}" style="text-align:left;padding:3px 8px">'
    return f'<tr style="{MISFIT}">{"".join(columns)}{told}{html.escape(error)}.</td></tr>'


def _html_cell(text, side, more="") -> str:
    return f'<td style="text-align:{side};padding:3px 6px;{more}">{text}</td>'
