"""What happens to a shape on its way through the layers, and what that costs.

`trace` follows an input shape through a list of layers, cnnlab's or torch's, and notes after each
one the output's shape, the parameters, the multiply-adds (MACs), and the receptive field: how many
input cells one output cell sees, how far apart two neighbours' fields are (jump), where the first
field has its middle (start), and how far it hangs over the edge (effective padding).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from . import arguments, sliding
from .trace_table import Trace


class Field(NamedTuple):
    """The receptive field along one axis, in cells of the input; cell 0 has its middle at 0."""

    size: int = 1
    jump: int | None = 1  # None where one cell sees the whole axis and there is no neighbour
    padding: int = 0

    @property
    def start(self) -> float:
        """The middle of the first field."""
        return (self.size - 1) / 2 - self.padding

    def after(self, kernel_size, stride, padding, dilation) -> Field:
        """Return the field behind a window: it grows by the window's span times the jump so far.

        Source: Araujo, Norris and Sim 2019, Computing Receptive Fields of Convolutional Neural
        Networks, Distill.

        >>> Field().after(3, 2, 1, 1).after(3, 1, 1, 1)
        Field(size=7, jump=2, padding=3)
        """
        jump = self.jump or 0
        size = self.size + dilation * (kernel_size - 1) * jump
        return Field(size, jump * stride or None, self.padding + padding * jump)


class State(NamedTuple):
    """What is known between two layers."""

    shape: tuple[int, ...]  # of one picture's data
    fields: tuple[Field, ...]  # one for each axis of space
    space: tuple[int, ...]  # sizes along these axes, still known when the data lie in a row
    sums: tuple[str, ...] = ()  # how the size along the first axis came about


class Row(NamedTuple):
    """What was noted behind one layer; `error` is a sentence where its shapes don't fit."""

    place: str  # "3", and "3.1" for the first layer inside the third
    layer: str
    shape: tuple[int, ...] | None
    parameters: int
    macs: int
    fields: tuple[Field, ...]
    error: str = ""


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
    arguments.per_axis("input_shape", tuple(input_shape), len(tuple(input_shape)), minimum=1)
    space = tuple(input_shape[1:])
    state = State(tuple(input_shape), (Field(),) * len(space), space)
    rows: list[Row] = []
    _follow(layers, state, rows, "")
    return Trace(tuple(input_shape), rows)


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
    return _joined(kind, outputs, rows, place)


def _parts(layer) -> tuple[str, list] | None:
    """Return how a layer holds others (in a row, added, concatenated) and which, if it does."""
    name = type(layer).__name__
    if isinstance(layer, list) or name == "Sequential":
        return "row", list(getattr(layer, "layers", layer))
    if isinstance(layer, tuple) or name == "Add":
        return "add", list(getattr(layer, "layers", layer))
    return ("concatenate", layer.layers) if name == "Concatenate" else None


def _note(layer, state, rows, place) -> State | None:
    """Add the row of one layer; return what comes out of it, None where it doesn't fit."""
    name = type(layer).__name__
    if name not in RULES:
        raise TypeError(f"layers may hold {', '.join(RULES)}; got {layer!r}")
    text = _text(layer)
    try:
        after, macs = RULES[name](layer, state)
    except ValueError as error:
        rows.append(Row(place, text, None, _count(layer), 0, (), str(error)))
        return None
    rows.append(Row(place, text, after.shape, _count(layer), macs, after.fields))
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
        number = _times(value) if isinstance(value, tuple | list) else str(value)
        words.append(number if plain is None else f"{name} {number}")
    return f"{type(layer).__name__}({', '.join(words)})"


def _side(layer):
    """Return a pool's window, the stride that it takes by itself; a convolution has no such."""
    return None if hasattr(layer, "in_channels") else getattr(layer, "kernel_size", None)


DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "ceil_mode": False}


def _joined(kind, outputs, rows, place) -> State | None:
    """Add the row where branches meet; the largest field counts."""
    shapes = [output.shape for output in outputs]
    same = [shape[kind == "concatenate" :] for shape in shapes]
    if len(set(same)) > 1:
        error = f"the branches' outputs don't fit together: {' and '.join(map(_times, shapes))}"
        rows.append(Row(place, kind, None, 0, 0, (), error))
        return None
    shape = shapes[0]
    if kind == "concatenate":
        shape = (sum(shape[0] for shape in shapes), *shapes[0][1:])
    fields = tuple(max(branch) for branch in zip(*(out.fields for out in outputs), strict=True))
    rows.append(Row(place, kind, shape, 0, 0, fields))
    return outputs[0]._replace(shape=shape, fields=fields)


def _count(layer) -> int:
    """Return the number of parameters, of a torch module too."""
    if callable(layer.parameters if hasattr(layer, "weight") else None):
        return sum(p.numel() for p in layer.parameters())
    return sum(math.prod(shape) for shape in getattr(layer, "shapes", {}).values())


def _slide(layer, state, channels, kernel_size) -> State:
    """Return what comes out of a window that slides along every axis of space."""
    n = len(state.fields)
    if len(state.shape) != n + 1:
        raise ValueError(
            f"{type(layer).__name__} expects maps, the layer before gives a row of "
            f"{_times(state.shape)} values"
        )
    kernel_size = arguments.per_axis("kernel_size", kernel_size, n, minimum=1)
    stride = kernel_size if layer.stride is None else layer.stride
    stride = arguments.per_axis("stride", stride, n, minimum=1)
    dilation = arguments.per_axis("dilation", getattr(layer, "dilation", 1), n, minimum=1)
    pads = arguments.padding_pairs(layer.padding, kernel_size, stride, dilation)
    ceil_mode = getattr(layer, "ceil_mode", False)
    space = sliding.output_sizes(state.space, kernel_size, stride, pads, dilation, ceil_mode)
    rows = zip(state.fields, kernel_size, stride, pads, dilation, strict=True)
    fields = tuple(field.after(k, s, before, d) for field, k, s, (before, _), d in rows)
    padded = f"{state.space[0]} + {sum(pads[0])}" if sum(pads[0]) else f"{state.space[0]}"
    span = dilation[0] * (kernel_size[0] - 1) + 1
    line = f"({padded} - {span})" + (f"/{stride[0]}" if stride[0] > 1 else "")
    return State((channels, *space), fields, space, (*state.sums, f"{line} + 1 = {space[0]}"))


def _convolution(layer, state) -> tuple[State, int]:
    if state.shape[0] != layer.in_channels:
        raise ValueError(
            f"{type(layer).__name__} expects {layer.in_channels} channels, the layer before gives "
            f"{state.shape[0]} ({_times(state.shape)})"
        )
    after = _slide(layer, state, layer.out_channels, layer.kernel_size)
    per_value = layer.in_channels // layer.groups * math.prod(_kernel(layer, state))
    return after, math.prod(after.shape) * per_value


def _separable(layer, state) -> tuple[State, int]:
    after = _slide(layer, state, layer.out_channels, layer.kernel_size)
    places = math.prod(after.space)
    depthwise = places * layer.in_channels * math.prod(_kernel(layer, state))
    return after, depthwise + places * layer.in_channels * layer.out_channels


def _pool(layer, state) -> tuple[State, int]:
    return _slide(layer, state, state.shape[0], layer.kernel_size), 0


def _adaptive(layer, state) -> tuple[State, int]:
    space = arguments.bins_per_axis("output_size", layer.output_size, state.space)
    fields = tuple(
        _share(field, size, count)
        for field, size, count in zip(state.fields, state.space, space, strict=True)
    )
    return state._replace(shape=(state.shape[0], *space), fields=fields, space=space), 0


def _share(field, size, count) -> Field:
    """Return the field of one bin of `count` that share an axis; uneven bins have no one jump."""
    widest = max(stop - start for start, stop in sliding.bins(size, count))
    after = field.after(widest, widest, 0, 1)
    return after if size % count == 0 and count > 1 else after._replace(jump=None)


def _flatten(_, state) -> tuple[State, int]:
    return state._replace(shape=(math.prod(state.shape),)), 0


def _linear(layer, state) -> tuple[State, int]:
    if state.shape[-1] != layer.in_features or len(state.shape) > 1:
        raise ValueError(_misfit(layer, state))
    rows = zip(state.fields, state.space, strict=True)
    fields = tuple(field.after(size, 1, 0, 1)._replace(jump=None) for field, size in rows)
    after = State((layer.out_features,), fields, (1,) * len(fields), state.sums)
    return after, layer.in_features * layer.out_features


def _misfit(layer, state) -> str:
    """Return the sentence that answers "why this number in the linear layer?"."""
    values = math.prod(state.shape)
    if len(state.shape) == 1 and state.space and values % math.prod(state.space) == 0:
        channels = values // math.prod(state.space)
        given = f"{_times((channels, *state.space))} = {values}"
    else:
        given = f"{_times(state.shape)} = {values}" if len(state.shape) > 1 else f"{values}"
    sentence = f"Linear expects {layer.in_features} values, the layer before gives {given}"
    if len(state.shape) > 1:
        return f"{sentence}, not yet in a row: a Flatten is missing"
    return sentence + (f". Along the first axis: {', '.join(state.sums)}" if state.sums else "")


def _normalise(layer, state) -> tuple[State, int]:
    if state.shape[0] != layer.num_features:
        raise ValueError(
            f"{type(layer).__name__} expects {layer.num_features} channels, the layer before "
            f"gives {state.shape[0]} ({_times(state.shape)})"
        )
    return state, 0


def _keep(_, state) -> tuple[State, int]:
    return state, 0


def _kernel(layer, state) -> tuple[int, ...]:
    return arguments.per_axis("kernel_size", layer.kernel_size, len(state.fields), minimum=1)


def _times(shape) -> str:
    return "x".join(map(str, shape))


KEEPERS = (
    "ReLU", "LeakyReLU", "PReLU", "Sigmoid", "Tanh", "ELU", "GELU", "SiLU", "Softplus", "Hardswish",
    "ReLU6", "Softmax", "LogSoftmax", "Dropout", "Dropout2d", "Identity",
)  # fmt: skip
RULES = (
    dict.fromkeys(("Conv1d", "Conv2d", "Conv3d"), _convolution)
    | {"SeparableConv2d": _separable}
    | dict.fromkeys((f"{kind}Pool{n}d" for kind in ("Max", "Avg") for n in (1, 2, 3)), _pool)
    | dict.fromkeys((f"Adaptive{k}Pool{n}d" for k in ("Max", "Avg") for n in (1, 2, 3)), _adaptive)
    | dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"), _normalise)
    | {"Flatten": _flatten, "Linear": _linear}
    | dict.fromkeys(KEEPERS, _keep)
)
