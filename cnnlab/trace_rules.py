"""What each kind of layer does to a shape: one short rule for each, found by the class's name.

A rule takes the layer, cnnlab's or torch's, and what is known before it, and returns what is known
behind it and the multiply-adds. A shape that does not fit is a ValueError whose sentence explains.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from . import arguments, sliding
from .trace_fields import Field, Uneven, shared, slid


class State(NamedTuple):
    """What is known between two layers."""

    shape: tuple[int, ...]  # of one picture's data
    fields: tuple[Field | Uneven, ...]  # one for each axis of space
    space: tuple[int, ...]  # sizes along these axes, still known when the data lie in a row
    sums: tuple[str, ...] = ()  # how the size along the first axis came about
    row: tuple[int, ...] = ()  # the shape that was laid in a row, where the data lie in one


def _slide(layer, state, channels, kernel_size) -> State:
    """Return what comes out of a window that slides along every axis of space."""
    n = _maps(layer, state)
    kernel_size = arguments.per_axis("kernel_size", kernel_size, n, minimum=1)
    stride = kernel_size if layer.stride is None else layer.stride
    stride = arguments.per_axis("stride", stride, n, minimum=1)
    dilation = arguments.per_axis("dilation", getattr(layer, "dilation", 1), n, minimum=1)
    pads = arguments.padding_pairs(layer.padding, kernel_size, stride, dilation)
    ceil_mode = getattr(layer, "ceil_mode", False)
    space = sliding.output_sizes(state.space, kernel_size, stride, pads, dilation, ceil_mode)
    mode = getattr(layer, "padding_mode", "zeros")
    if mode != "zeros":  # refuse a padding that the map can't fill
        for size, pair in zip(state.space, pads, strict=True):
            sliding.padding_source(size, *pair, mode)
    rows = zip(state.fields, kernel_size, stride, pads, dilation, space, strict=True)
    fields = tuple(slid(*row, mode) for row in rows)
    line = _sum(state.space[0], kernel_size[0], stride[0], pads[0], dilation[0], space[0])
    return State((channels, *space), fields, space, (*state.sums, line))


def _maps(layer, state) -> int:
    """Return the axes of space that a layer works on, its name's number; refuse other inputs."""
    name = type(layer).__name__
    n = int(next((digit for digit in known(layer, RULES).__name__ if digit.isdigit()), "2"))
    if len(state.shape) != n + 1:
        wanted = {1: "CxL", 2: "CxHxW", 3: "CxDxHxW"}[n]
        given = f"a row of {state.shape[0]} values" if len(state.shape) == 1 else times(state.shape)
        batch = ", a batch axis too many?" if len(state.shape) == n + 2 else ""
        raise ValueError(f"{name} expects maps, {wanted}; the layer before gives {given}{batch}")
    return n


def known(layer, names) -> type | None:
    """Return the layer's class, or what it derives from, whose name is among `names`."""
    return next((kind for kind in type(layer).__mro__ if kind.__name__ in names), None)


def _sum(size, kernel_size, stride, pads, dilation, places) -> str:
    """Return how the size along an axis came about; `//` where a window does not fit whole.

    >>> _sum(32, 5, 1, (0, 0), 1, 28), _sum(28, 3, 2, (1, 1), 1, 14)
    ('(32 - 5) + 1 = 28', '(28 + 2 - 3)//2 + 1 = 14')
    """
    span = dilation * (kernel_size - 1) + 1
    room = size + sum(pads) - span
    inside = f"({size} + {sum(pads)} - {span})" if sum(pads) else f"({size} - {span})"
    if stride == 1:
        return f"{inside} + 1 = {places}"
    if room // stride + 1 != places:  # ceil_mode lets the last window hang over the end
        return f"ceil({inside}/{stride}) + 1 = {places}"
    return f"{inside}{'//' if room % stride else '/'}{stride} + 1 = {places}"


def _convolution(layer, state) -> tuple[State, int]:
    _maps(layer, state)
    _channels(layer, state, layer.in_channels)
    after = _slide(layer, state, layer.out_channels, layer.kernel_size)
    per_value = layer.in_channels // layer.groups * math.prod(_kernel(layer, state))
    return after, math.prod(after.shape) * per_value


def _separable(layer, state) -> tuple[State, int]:
    _maps(layer, state)
    _channels(layer, state, layer.in_channels)
    after = _slide(layer, state, layer.out_channels, layer.kernel_size)
    places = math.prod(after.space)
    depthwise = places * layer.in_channels * math.prod(_kernel(layer, state))
    return after, depthwise + places * layer.in_channels * layer.out_channels


def _channels(layer, state, count) -> None:
    """Refuse maps whose number is not the one that the layer was made for."""
    if state.shape[0] != count:
        raise ValueError(
            f"{type(layer).__name__} expects {count} channels, the layer before gives "
            f"{state.shape[0]} ({times(state.shape)})"
        )


def _pool(layer, state) -> tuple[State, int]:
    n = _maps(layer, state)
    kernel_size = arguments.per_axis("kernel_size", layer.kernel_size, n, minimum=1)
    arguments.at_most_half(arguments.per_axis("padding", layer.padding, n, 0), kernel_size)
    return _slide(layer, state, state.shape[0], layer.kernel_size), 0


def _adaptive(layer, state) -> tuple[State, int]:
    _maps(layer, state)
    space = arguments.bins_per_axis("output_size", layer.output_size, state.space)
    if 0 in space:
        raise ValueError(f"{type(layer).__name__} makes no cells; got output_size={times(space)}")
    rows = zip(state.fields, state.space, space, strict=True)
    fields = tuple(shared(*row) for row in rows)
    return state._replace(shape=(state.shape[0], *space), fields=fields, space=space), 0


def _pyramid(layer, state) -> tuple[State, int]:
    """The row has all levels' bins; the field is that of the widest, the coarsest level's."""
    _maps(layer, state)
    bins = sum(level * level for level in layer.levels)
    coarsest = (min(layer.levels),) * len(state.space)
    rows = zip(state.fields, state.space, coarsest, strict=True)
    fields = tuple(shared(*row) for row in rows)
    row = (state.shape[0], bins)
    return State((math.prod(row),), fields, coarsest, state.sums, row), 0


def _flatten(layer, state) -> tuple[State, int]:
    if (getattr(layer, "start_dim", 1), getattr(layer, "end_dim", -1)) != (1, -1):
        raise ValueError(
            "Flatten must lay all axes but the batch in a row: start_dim=1, end_dim=-1"
        )
    row = state.shape if len(state.shape) > 1 else state.row
    return state._replace(shape=(math.prod(state.shape),), row=row), 0


def _linear(layer, state) -> tuple[State, int]:
    """Every output sees the whole row; of several axes the last one, as in torch."""
    if state.shape[-1] != layer.in_features:
        raise ValueError(_misfit(layer, state))
    *lead, _ = state.shape
    kept = max(len(lead) - 1, 0)
    rows = list(zip(state.fields, state.space, strict=True))
    whole = (shared(field, size, 1) for field, size in rows[kept:])
    fields = (*state.fields[:kept], *whole)
    space = (*lead[1:], layer.out_features) if lead else (1,) * len(fields)
    macs = math.prod(lead) * layer.in_features * layer.out_features
    return State((*lead, layer.out_features), fields, space, state.sums), macs


def _misfit(layer, state) -> str:
    """Return the sentence that answers "why this number in the linear layer?"."""
    shape = state.row if len(state.shape) == 1 else state.shape
    given = f"{times(shape)} = {math.prod(shape)}" if len(shape) > 1 else times(state.shape)
    sentence = f"Linear expects {layer.in_features} values, the layer before gives {given}"
    if len(state.shape) > 1:
        return f"{sentence}, not yet in a row: a Flatten is missing"
    return sentence + (f". Along the first axis: {', '.join(state.sums)}" if state.sums else "")


def _normalise(layer, state) -> tuple[State, int]:
    if not (known(layer, RULES).__name__ == "BatchNorm1d" and len(state.shape) == 1):
        _maps(layer, state)
    _channels(layer, state, layer.num_features)
    return state, 0


def _group_norm(layer, state) -> tuple[State, int]:
    _channels(layer, state, layer.num_channels)
    return state, 0


def _layer_norm(layer, state) -> tuple[State, int]:
    wanted = tuple(layer.normalized_shape)
    if state.shape[-len(wanted) :] != wanted:
        name, given = type(layer).__name__, times(state.shape)
        raise ValueError(f"{name} expects last axes of {times(wanted)}; the layer before: {given}")
    return state, 0


def _prelu(layer, state) -> tuple[State, int]:
    """One slope serves all channels, whatever their number."""
    if layer.num_parameters != 1:
        _channels(layer, state, layer.num_parameters)
    return state, 0


def _keep(_, state) -> tuple[State, int]:
    return state, 0


def _kernel(layer, state) -> tuple[int, ...]:
    return arguments.per_axis("kernel_size", layer.kernel_size, len(state.fields), minimum=1)


def times(shape) -> str:
    """Return a shape as it is spoken: 16x5x5."""
    return "x".join(map(str, shape))


KEEPERS = (
    "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "ELU", "GELU", "SiLU", "Softplus", "Hardswish",
    "ReLU6", "Softmax", "LogSoftmax", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Identity",
    "LocalResponseNorm",
)  # fmt: skip
RULES = (
    dict.fromkeys(("Conv1d", "Conv2d", "Conv3d", "DepthwiseConv2d"), _convolution)
    | {"SeparableConv2d": _separable}
    | dict.fromkeys((f"{kind}Pool{n}d" for kind in ("Max", "Avg") for n in (1, 2, 3)), _pool)
    | dict.fromkeys((f"Adaptive{k}Pool{n}d" for k in ("Max", "Avg") for n in (1, 2, 3)), _adaptive)
    | dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"), _normalise)
    | {"GroupNorm": _group_norm, "LayerNorm": _layer_norm, "PReLU": _prelu}
    | {"Flatten": _flatten, "Linear": _linear, "SpatialPyramidPool": _pyramid}
    | dict.fromkeys(KEEPERS, _keep)
)
