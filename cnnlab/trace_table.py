"""The tracer's table: rows to read, columns to reckon with, both laid out for the notebook."""

from __future__ import annotations

import html

COLUMNS = (
    "layer", "output", "parameters", "MACs", "field", "jump", "start", "padding",
)  # fmt: skip


class Trace:
    """What `trace` found: one row a layer; `table["MACs"]` is a column, `table[3]` a row.

    `to_pandas()` gives a DataFrame where pandas is installed.
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
    def parameters(self) -> int:
        """The parameters of all layers."""
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
        lines = [("", *COLUMNS), ("", "input", _times(self.input_shape), *[""] * 6)]
        lines += [(row.place, *_texts(row)) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [_line(line, widths) for line in lines]
        return "\n".join([*table, *self._last_words()])

    def _repr_html_(self) -> str:
        """Return the same table for the notebook."""
        head = "".join(f"<th>{name}</th>" for name in ("", *COLUMNS))
        body = [("", "input", _times(self.input_shape), *[""] * 6)]
        body += [(row.place, *_texts(row)) for row in self.rows]
        lines = [_html_row(cells) for cells in body]
        words = "".join(f"<p>{html.escape(text)}</p>" for text in self._last_words())
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>{words}"
        )

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
    return "x".join(map(_text, value)) if isinstance(value, tuple) else f"{value:g}"


def _times(shape) -> str:
    return "x".join(map(str, shape))


def _line(cells, widths) -> str:
    left = [cells[i].ljust(widths[i]) for i in range(2)]
    right = [cells[i].rjust(widths[i]) for i in range(2, len(cells))]
    return "  ".join(left + right).rstrip()


def _html_row(cells) -> str:
    kinds = ["left"] * 2 + ["right"] * (len(cells) - 2)
    columns = (
        f'<td style="text-align:{kind}">{html.escape(text)}</td>'
        for kind, text in zip(kinds, cells, strict=True)
    )
    return f"<tr>{''.join(columns)}</tr>"
