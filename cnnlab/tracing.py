"""What happens to a shape on its way through the layers, and what that costs.

`trace` follows an input shape through a list of layers, cnnlab's or torch's, and notes after each
one the output's shape, the parameters, the multiply-adds (MACs), and the receptive field: how many
input cells one output cell sees, how far apart two neighbours' fields are (jump), where the first
field has its middle (start), and how far it hangs over the edge (effective padding). Where bins
share an axis unevenly there is no one jump, and the field is that of the widest.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from . import arguments
from .trace_fields import Field, Uneven, joined
from .trace_rules import RULES, State, known, times
from .trace_table import Trace


class Row(NamedTuple):
    """What was noted behind one layer; `error` is a sentence where its shapes don't fit."""

    place: str  # "3", and "3.1" for the first layer inside the third
    layer: str
    shape: tuple[int, ...] | None
    parameters: int  # none where the layer, or what it shares with another, stands above already
    macs: int
    fields: tuple[Field | Uneven, ...]
    error: str = ""


class Rows(list):
    """The rows so far, and which parameters they count."""

    def __init__(self):
        super().__init__()
        self.counted = set()


def trace(layers, input_shape):
    """Follow one input's shape through layers and return the table of what they do to it.

    `layers` is a list of cnnlab's layers, a network, or a torch.nn.Sequential; a list inside it is
    a part that comes in one piece, a tuple holds branches whose outputs are added.

    Shapes: input_shape is that of one picture, (C, H, W); (C, L) and (C, D, H, W) likewise.
    Errors: TypeError for a layer it does not know. Shapes that don't fit raise nothing: the table
        ends with that layer and the sentence that explains it.
    Source: the receptive field by Araujo, Norris and Sim 2019, Distill; lesson 2.7.

    >>> from cnnlab.layers import Conv2d, MaxPool2d
    >>> table = trace([Conv2d(1, 6, 5), MaxPool2d(2)], (1, 32, 32))
    >>> table.output_shape, table.parameters, table.macs, table.receptive_field
    ((6, 14, 14), 156, 117600, 6)
    """
    if not isinstance(input_shape, tuple | list) or not input_shape:
        rule = "input_shape must be the shape of one picture, (C, H, W) for instance"
        raise TypeError(f"{rule}; got input_shape={input_shape!r}")
    shape = arguments.per_axis("input_shape", input_shape, len(input_shape), minimum=1)
    rows = Rows()
    _follow(layers, State(shape, (Field(),) * len(shape[1:]), shape[1:]), rows, "")
    return Trace(shape, rows)


def _follow(layer, state, rows, place) -> State | None:
    """Add a row for each layer in order; return what comes out, None behind a misfit."""
    parts = _parts(layer)
    if parts is None:
        return _note(layer, state, rows, place)
    kind, parts = parts
    outputs = []
    for number, part in enumerate(parts, start=1):
        state_in = state if kind != "row" or not outputs else outputs[-1]
        outputs.append(_follow(part, state_in, rows, f"{place}.{number}".lstrip(".")))
        if outputs[-1] is None:
            return None
    if kind == "row":
        return outputs[-1] if outputs else state
    if not outputs:
        raise ValueError(f"layers must hold at least one branch where branches meet; got {layer!r}")
    return _joined(kind, outputs, rows, place)


def _parts(layer) -> tuple[str, list] | None:
    """Return how a layer holds others (in a row, added, concatenated) and which, if it does."""
    kind = known(layer, HOLDERS)
    if kind is None:
        return None
    if getattr(type(layer), "forward", None) is not getattr(kind, "forward", None):
        raise TypeError(
            f"layers must not hold a {kind.__name__} with a forward of its own, which can't be "
            f"followed: give the parts of {type(layer).__name__} as a list"
        )
    return HOLDERS[kind.__name__], list(getattr(layer, "layers", layer))


HOLDERS = {
    "list": "row", "Sequential": "row", "tuple": "add", "Add": "add", "Concatenate": "concatenate"
}  # fmt: skip


def _note(layer, state, rows, place) -> State | None:
    """Add the row of one layer; return what comes out of it, None where it doesn't fit."""
    kind = known(layer, RULES)
    if kind is None:
        raise TypeError(f"layers may hold {', '.join(RULES)}; got {layer!r}")
    text, count = _text(layer), _count(layer, rows.counted)
    try:
        after, macs = RULES[kind.__name__](layer, state)
    except ValueError as error:
        rows.append(Row(place, text, None, count, 0, (), str(error)))
        return None
    rows.append(Row(place, text, after.shape, count, macs, after.fields))
    return after


def _text(layer) -> str:
    """Return a layer in a few words, the same for cnnlab's layers and torch's."""
    words = []
    for names in (("in_channels", "out_channels"), ("in_features", "out_features")):
        if hasattr(layer, names[0]):
            words.append(" -> ".join(str(getattr(layer, name)) for name in names))
    if hasattr(layer, "num_features"):
        words.append(str(layer.num_features))
    for name, plain in (("kernel_size", None), ("output_size", None), *DEFAULTS.items()):
        value = getattr(layer, name, plain)
        several = isinstance(value, tuple | list)
        value = value[0] if several and len(set(value)) == 1 else value
        if value in (plain, None) or (name == "stride" and value == _side(layer)):
            continue
        number = times(value) if isinstance(value, tuple | list) else str(value)
        words.append(number if plain is None else f"{name} {number}")
    return f"{type(layer).__name__}({', '.join(words)})"


def _side(layer):
    """Return a pool's window, the stride that it takes by itself; a convolution has no such."""
    return None if hasattr(layer, "in_channels") else getattr(layer, "kernel_size", None)


DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "ceil_mode": False}


def _joined(kind, outputs, rows, place) -> State | None:
    """Add the row where branches meet."""
    shapes = [output.shape for output in outputs]
    same = [shape[kind == "concatenate" :] for shape in shapes]
    if len(set(same)) > 1:
        error = f"the branches' outputs don't fit together: {' and '.join(map(times, shapes))}"
        rows.append(Row(place, kind, None, 0, 0, (), error))
        return None
    shape = shapes[0]
    if kind == "concatenate":
        shape = (sum(shape[0] for shape in shapes), *shapes[0][1:])
    fields = zip(*(output.fields for output in outputs), strict=True)
    sizes = zip(*(output.space for output in outputs), strict=True)
    fields = tuple(joined(*axis) for axis in zip(fields, sizes, strict=True))
    rows.append(Row(place, kind, shape, 0, 0, fields))
    return outputs[0]._replace(shape=shape, fields=fields, row=())


def _count(layer, counted) -> int:
    """Return the number of parameters, of a torch module too, without those counted already."""
    if callable(layer.parameters if hasattr(layer, "weight") else None):
        sizes = {id(parameter): parameter.numel() for parameter in layer.parameters()}
    else:
        shapes = getattr(layer, "shapes", {})
        sizes = {(id(layer), name): math.prod(shape) for name, shape in shapes.items()}
    new = sizes.keys() - counted
    counted |= new
    return sum(sizes[key] for key in new)
