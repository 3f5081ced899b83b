"""What each kind of layer does to a shape: one short rule for each, found by the class's name.

A rule takes the layer, cnnlab's or torch's, and what is known before it, and returns what is known
behind it and the multiply-adds. A shape that does not fit is a ValueError whose sentence explains.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from . import arguments, sliding


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
    rows = zip(state.fields, kernel_size, stride, pads, dilation, strict=True)
    fields = tuple(field.after(k, s, before, d) for field, k, s, (before, _), d in rows)
    line = _sum(state.space[0], kernel_size[0], stride[0], pads[0], dilation[0], space[0])
    return State((channels, *space), fields, space, (*state.sums, line))


def _maps(layer, state) -> int:
    """Return the axes of space that a layer works on, its name's number; refuse other inputs."""
    name = type(layer).__name__
    n = int(next((digit for digit in name if digit.isdigit()), "2"))
    if len(state.shape) != n + 1:
        wanted = {1: "CxL", 2: "CxHxW", 3: "CxDxHxW"}[n]
        given = f"a row of {state.shape[0]} values" if len(state.shape) == 1 else times(state.shape)
        batch = ", a batch axis too many?" if len(state.shape) == n + 2 else ""
        raise ValueError(f"{name} expects maps, {wanted}; the layer before gives {given}{batch}")
    return n


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
    return _slide(layer, state, state.shape[0], layer.kernel_size), 0


def _adaptive(layer, state) -> tuple[State, int]:
    _maps(layer, state)
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


def _pyramid(layer, state) -> tuple[State, int]:
    _maps(layer, state)
    bins = sum(level * level for level in layer.levels)
    coarsest = min(layer.levels)
    rows = zip(state.fields, state.space, strict=True)
    fields = tuple(_share(field, size, coarsest) for field, size in rows)
    return State((state.shape[0] * bins,), fields, (bins,), state.sums), 0


def _flatten(layer, state) -> tuple[State, int]:
    if (getattr(layer, "start_dim", 1), getattr(layer, "end_dim", -1)) != (1, -1):
        raise ValueError(
            "Flatten must lay all axes but the batch in a row: start_dim=1, end_dim=-1"
        )
    return state._replace(shape=(math.prod(state.shape),)), 0


def _linear(layer, state) -> tuple[State, int]:
    """Every output sees the whole row; of several axes the last one, as in torch."""
    if state.shape[-1] != layer.in_features:
        raise ValueError(_misfit(layer, state))
    *lead, _ = state.shape
    rows = list(zip(state.fields, state.space, strict=False))
    dense = rows[len(lead) - 1 :] if lead else rows
    seen = [field.after(size, 1, 0, 1)._replace(jump=None) for field, size in dense]
    fields = (*state.fields[: len(rows) - len(dense)], *seen)
    space = (*lead[1:], layer.out_features) if lead else (1,) * len(fields)
    macs = math.prod(lead) * layer.in_features * layer.out_features
    return State((*lead, layer.out_features), fields, space, state.sums), macs


def _misfit(layer, state) -> str:
    """Return the sentence that answers "why this number in the linear layer?"."""
    values = math.prod(state.shape)
    if len(state.shape) == 1 and state.space and values % math.prod(state.space) == 0:
        channels = values // math.prod(state.space)
        given = f"{times((channels, *state.space))} = {values}"
    else:
        given = f"{times(state.shape)} = {values}" if len(state.shape) > 1 else f"{values}"
    sentence = f"Linear expects {layer.in_features} values, the layer before gives {given}"
    if len(state.shape) > 1:
        return f"{sentence}, not yet in a row: a Flatten is missing"
    return sentence + (f". Along the first axis: {', '.join(state.sums)}" if state.sums else "")


def _normalise(layer, state) -> tuple[State, int]:
    if not (type(layer).__name__ == "BatchNorm1d" and len(state.shape) == 1):
        _maps(layer, state)
    _channels(layer, state, layer.num_features)
    return state, 0


def _keep(_, state) -> tuple[State, int]:
    return state, 0


def _kernel(layer, state) -> tuple[int, ...]:
    return arguments.per_axis("kernel_size", layer.kernel_size, len(state.fields), minimum=1)


def times(shape) -> str:
    """Return a shape as it is spoken: 16x5x5."""
    return "x".join(map(str, shape))


KEEPERS = (
    "ReLU", "LeakyReLU", "PReLU", "Sigmoid", "Tanh", "ELU", "GELU", "SiLU", "Softplus", "Hardswish",
    "ReLU6", "Softmax", "LogSoftmax", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Identity",
    "LocalResponseNorm", "GroupNorm", "LayerNorm",
)  # fmt: skip
RULES = (
    dict.fromkeys(("Conv1d", "Conv2d", "Conv3d", "DepthwiseConv2d"), _convolution)
    | {"SeparableConv2d": _separable}
    | dict.fromkeys((f"{kind}Pool{n}d" for kind in ("Max", "Avg") for n in (1, 2, 3)), _pool)
    | dict.fromkeys((f"Adaptive{k}Pool{n}d" for k in ("Max", "Avg") for n in (1, 2, 3)), _adaptive)
    | dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"), _normalise)
    | {"Flatten": _flatten, "Linear": _linear, "SpatialPyramidPool": _pyramid}
    | dict.fromkeys(KEEPERS, _keep)
)
