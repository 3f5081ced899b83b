"""What a call means: tuples from ints, padding in words, shapes that must agree.

Every operator reads its arguments through this module, and this is the one place that refuses them.
A refusal names the argument, shows what was given and states the rule.
"""

from __future__ import annotations

import operator
from typing import NamedTuple

import numpy as np

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def integer(name: str, value: object, minimum: int | None = None) -> int:
    """Return `value` as an int, refusing bools, floats and anything below `minimum`."""
    number = _index(value)
    if number is None:
        raise TypeError(f"{name} must be an int; got {name}={value!r}")
    if minimum is not None and number < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {name}={value!r}")
    return number


def per_axis(name: str, value: object, n: int, minimum: int) -> tuple[int, ...]:
    """Return one int for each of `n` axes from an int, one int in a sequence, or `n` ints.

    >>> per_axis("stride", 2, n=3, minimum=1)
    (2, 2, 2)
    """
    rule = f"{name} must be an int or {n} int{'s' * (n > 1)}, each at least {minimum}"
    given = value if isinstance(value, tuple | list) else (value,)
    numbers = [_index(item) for item in given]
    if any(number is None for number in numbers):
        raise TypeError(f"{rule}; got {name}={value!r}")
    if len(numbers) not in (1, n) or min(numbers) < minimum:
        raise ValueError(f"{rule}; got {name}={value!r}")
    return tuple(numbers * n if len(numbers) == 1 else numbers)


def flag(name: str, value: object) -> bool:
    """Return `value` as a bool, refusing anything that is not one."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False; got {name}={value!r}")
    return bool(value)


def choice(name: str, value: object, options: tuple[str, ...]) -> str:
    """Return `value` if it is one of `options`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(options)}; got {name}={value!r}")
    if value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}; got {name}={value!r}")
    return value


def array(
    name: str, value: object, dims: tuple[int, ...] | None = None, axes: str = ""
) -> np.ndarray:
    """Return `value` as a plain array of real numbers with one of the allowed numbers of axes."""
    if not isinstance(value, np.ndarray):
        kind = type(value).__name__
        raise TypeError(f"{name} must be a NumPy array (np.asarray makes one); got a {kind}")
    if value.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold integers or floats; got dtype {value.dtype}")
    if dims is not None and value.ndim not in dims:
        raise ValueError(f"{name} must have {axes}; got shape {value.shape}")
    return np.asarray(value)


def same_shape(name: str, value: np.ndarray, shape: tuple[int, ...]) -> None:
    """Refuse an array whose shape is not `shape`."""
    if value.shape != tuple(shape):
        raise ValueError(f"{name} must have shape {tuple(shape)}; got shape {value.shape}")


def padding_pairs(padding, kernel_size, stride, dilation) -> list[tuple[int, int]]:
    """Return (before, after) for each axis from an int, ints, 'valid' or 'same'.

    With 'same' the padding adds up to dilation * (kernel_size - 1); an odd cell goes after.

    >>> padding_pairs("same", (3, 4), (1, 1), (1, 1))
    [(1, 1), (1, 2)]
    """
    if not isinstance(padding, str):
        return [(p, p) for p in per_axis("padding", padding, len(kernel_size), minimum=0)]
    choice("padding", padding, ("same", "valid"))
    if padding == "valid":
        return [(0, 0)] * len(kernel_size)
    if any(s != 1 for s in stride):
        raise ValueError(f"padding='same' needs stride 1, as in torch; got stride={stride}")
    totals = [d * (k - 1) for k, d in zip(kernel_size, dilation, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]


class ConvolutionCall(NamedTuple):
    """The checked arguments of a convolution, every one spelled out for each axis."""

    input: np.ndarray  # (N, C_in, *size), a batch even where one picture was given
    weight: np.ndarray  # (C_out, C_in / groups, *kernel)
    bias: np.ndarray | None  # (C_out,)
    stride: tuple[int, ...]
    pads: list[tuple[int, int]]
    dilation: tuple[int, ...]
    groups: int
    batched: bool


def convolution(n, input, weight, bias, stride, padding, dilation, groups, padding_mode):
    """Check the arguments of a convolution that slides along `n` axes, torch's rules and order."""
    axes = f"{n + 1} axes (C, {n} of space) or {n + 2} axes (N, C, {n} of space)"
    input = array("input", input, (n + 1, n + 2), axes)
    weight = array(
        "weight", weight, (n + 2,), f"{n + 2} axes (C_out, C_in / groups, {n} of kernel)"
    )
    stride = per_axis("stride", stride, n, minimum=1)
    dilation = per_axis("dilation", dilation, n, minimum=1)
    groups = integer("groups", groups, minimum=1)
    if min(weight.shape[0], *weight.shape[2:]) < 1:
        raise ValueError(
            f"weight must have at least one filter and one tap per axis; got shape {weight.shape}"
        )
    pads = padding_pairs(padding, weight.shape[2:], stride, dilation)
    choice("padding_mode", padding_mode, PADDING_MODES)
    batched = input.ndim == n + 2
    if not batched:
        input = input[np.newaxis]
    if min(input.shape[2:]) < 1:
        raise ValueError(f"input must have at least one cell per axis; got shape {input.shape}")
    _check_channels(input, weight, groups)
    if bias is not None:
        bias = array("bias", bias)
        if bias.shape != weight.shape[:1]:
            raise ValueError(
                f"bias must have one value for each of the {weight.shape[0]} filters; "
                f"got shape {bias.shape}"
            )
    dtype = np.result_type(*(a for a in (input, weight, bias) if a is not None))
    input, weight = input.astype(dtype, copy=False), weight.astype(dtype, copy=False)
    bias = None if bias is None else bias.astype(dtype, copy=False)
    return ConvolutionCall(input, weight, bias, stride, pads, dilation, groups, batched)


def _check_channels(input, weight, groups) -> None:
    filters, slices = weight.shape[:2]
    if filters % groups:
        raise ValueError(f"groups must divide the {filters} filters of weight; got groups={groups}")
    if input.shape[1] != slices * groups:
        raise ValueError(
            f"input must have {slices * groups} channels (weight.shape[1] = {slices} times "
            f"groups = {groups}); got {input.shape[1]} channels in shape {input.shape}"
        )


def _index(value: object) -> int | None:
    """Return the int that `value` stands for, None for bools and everything that is no int."""
    if isinstance(value, bool | np.ndarray):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None
