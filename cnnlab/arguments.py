"""What a call means: tuples from ints, padding in words, shapes that must agree.

Every operator reads its arguments through this module, and this is the one place that refuses them.
A refusal names the argument, shows what was given and states the rule.
"""

from __future__ import annotations

import math
import operator

import numpy as np

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
MOST = 2**63 - 1  # what an index can count


def integer(name: str, value: object, minimum: int | None = None) -> int:
    """Return `value` as an int, refusing bools, floats and anything below `minimum`."""
    number = as_index(value)
    if number is None:
        raise TypeError(f"{name} must be an int; got {name}={value!r}")
    if minimum is not None and number < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {name}={value!r}")
    if number > MOST:
        raise ValueError(f"{name} must be below 2**63; got {name}={value!r}")
    return number


def per_axis(name: str, value: object, n: int, minimum: int) -> tuple[int, ...]:
    """Return one int for each of `n` axes from an int, one int in a sequence, or `n` ints.

    >>> per_axis("stride", 2, n=3, minimum=1)
    (2, 2, 2)
    """
    if type(value) is int and minimum <= value <= MOST:  # as nearly always
        return (value,) * n
    rule = f"{name} must be an int or {n} int{'s' * (n > 1)}, each at least {minimum}"
    given = value if isinstance(value, tuple | list) else (value,)
    numbers = [as_index(item) for item in given]
    if any(number is None for number in numbers):
        raise TypeError(f"{rule}; got {name}={value!r}")
    if len(numbers) not in (1, n) or min(numbers) < minimum:
        raise ValueError(f"{rule}; got {name}={value!r}")
    if max(numbers) > MOST:
        raise ValueError(f"{rule} and below 2**63; got {name}={value!r}")
    return tuple(numbers * n if len(numbers) == 1 else numbers)


def divides(name: str, value: int, **totals: int) -> None:
    """Refuse a number that does not divide every one of `totals`."""
    if any(total % value for total in totals.values()):
        rule = " and ".join(f"{key}={total}" for key, total in totals.items())
        raise ValueError(f"{name} must divide {rule}; got {name}={value}")


def number(name: str, value: object) -> float:
    """Return `value` as a float, refusing what is no real number."""
    if not _is_real(value):
        raise TypeError(f"{name} must be a number; got {name}={value!r}")
    try:
        return float(value)
    except OverflowError:
        digits = len(str(abs(value)))
        raise ValueError(f"{name} must be a number; got one of {digits} digits") from None


def _is_real(value: object) -> bool:
    """Return whether `value` is a single real number, Python's or NumPy's."""
    if isinstance(value, np.generic):
        return value.dtype.kind in "biuf"
    return isinstance(value, int | float)


def from_zero(name: str, value: object, above=False, below=None) -> float:
    """Return a finite number from 0, or above it, and below a limit if there is one."""
    amount, rule = number(name, value), "above 0" if above else "from 0"
    if isinstance(value, bool) or not 0 <= amount < math.inf or (above and amount == 0):
        raise ValueError(f"{name} must be a number {rule} and finite; got {name}={value!r}")
    if below is not None and amount >= below:
        raise ValueError(f"{name} must be below {below}; got {name}={value!r}")
    return amount


def seed(value: object) -> object:
    """Return `value` if random numbers can be drawn from it: None, an int from 0 and the like."""
    rule = "seed must be None, an int from 0, or what else numpy.random.default_rng takes"
    try:
        np.random.default_rng(value)
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"{rule}; got seed={value!r}") from None
    return value


def held_by(name: str, value: object, dtype) -> float | int:
    """Return a number that an array of this dtype can hold: no fraction where there are ints."""
    if isinstance(value, bool | np.bool_) or not _is_real(value):
        raise TypeError(f"{name} must be a number; got {name}={value!r}")
    if dtype.kind != "f":
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        if not (least <= value <= most and value == int(value)):
            raise ValueError(f"{name} must be a whole number of {dtype}; got {name}={value!r}")
    return value


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
    if not value.dtype.isnative:  # a foreign float16 would be no np.float16
        value = value.astype(value.dtype.newbyteorder("="))
    return np.asarray(value)


def float_dtype(name: str, value: object) -> np.dtype:
    """Return the dtype that `value` names, refusing what is none of floats."""
    try:
        dtype = np.dtype(value)
    except (TypeError, ValueError):
        dtype = np.dtype(object)
    if dtype.kind != "f":
        raise TypeError(f"{name} must be a dtype of floats; got {name}={value!r}")
    return dtype.newbyteorder("=")


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


def at_most_half(padding: tuple[int, ...], kernel_size: tuple[int, ...]) -> None:
    """Refuse a pool's padding above half of its window, torch's rule."""
    if any(p > k // 2 for p, k in zip(padding, kernel_size, strict=True)):
        raise ValueError(
            f"padding must be at most half of kernel_size={kernel_size}; got padding={padding}"
        )


def pairs_per_axis(name: str, value: object, axes: int) -> list[tuple[int, int]]:
    """Return (before, after) for each of the last axes from an int, which means the last one.

    >>> pairs_per_axis("padding", 2, axes=3)
    [(2, 2)]
    """
    rule = f"{name} must be an int or (before, after) for each of the last axes, at most {axes}"
    given = value if isinstance(value, tuple | list) else [(value, value)]
    if any(not isinstance(pair, tuple | list) or len(pair) != 2 for pair in given):
        raise TypeError(f"{rule}; got {name}={value!r}")
    pairs = [(as_index(before), as_index(after)) for before, after in given]
    if any(None in pair for pair in pairs):
        raise TypeError(f"{rule}; got {name}={value!r}")
    if len(pairs) > axes or any(min(pair) < 0 for pair in pairs):
        raise ValueError(f"{rule}, each at least 0; got {name}={value!r}")
    return pairs


def bins_per_axis(name: str, value: object, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the number of bins for each axis from an int or one int or None (all cells) per axis.

    >>> bins_per_axis("output_size", (None, 2), sizes=(5, 7))
    (5, 2)
    """
    several = isinstance(value, tuple | list)
    given = value if several else (value,) * len(sizes)
    none = several and len(sizes) > 1  # torch knows None in a tuple, and not in 1-D
    many = "s or None" if none else "s" * (len(sizes) > 1)
    rule = f"{name} must be an int or {len(sizes)} int{many}, each at least 0"
    if len(given) != len(sizes):
        raise ValueError(f"{rule}; got {name}={value!r}")
    rows = zip(given, sizes, strict=True)
    counts = [size if item is None and none else as_index(item) for item, size in rows]
    if None in counts:
        raise TypeError(f"{rule}; got {name}={value!r}")
    if min(counts) < 0:
        raise ValueError(f"{rule}; got {name}={value!r}")
    return tuple(counts)


def feature_maps(n, input, filled) -> np.ndarray:
    """Return `input` if it is a stack of maps with `n` axes whose last `filled` axes have cells."""
    axes = f"{n + 1} axes (C, {n} of space) or {n + 2} axes (N, C, {n} of space)"
    maps = array("input", input, (n + 1, n + 2), axes)
    not_empty("input", maps, filled)
    return maps


def not_empty(name: str, values: np.ndarray, filled: int) -> None:
    """Refuse an array one of whose last `filled` axes has no cell."""
    if 0 in values.shape[-filled:]:
        raise ValueError(
            f"{name} must have at least one cell along its last {filled} axes; "
            f"got shape {values.shape}"
        )


def gradient(value: object, shape: tuple[int, ...], dtype) -> np.ndarray:
    """Return grad_output if it has the shape of the forward's result, in the input's dtype."""
    grad_output = array("grad_output", value)
    same_shape("grad_output", grad_output, shape)
    return cast(grad_output, dtype) if np.dtype(dtype).kind == "f" else grad_output


def cast(values: np.ndarray, dtype) -> np.ndarray:
    """Return `values` in another dtype; what is too large for it becomes infinite, as in torch."""
    with np.errstate(all="ignore"):
        return values.astype(dtype, copy=False)


def floats(values: np.ndarray) -> np.ndarray:
    """Return `values` as they are if they are floats, integers as float64."""
    return values if values.dtype.kind == "f" else values.astype(np.float64)


def as_index(value: object) -> int | None:
    """Return the int that `value` stands for, None for bools and everything that is no int."""
    if type(value) is int:
        return value
    if isinstance(value, bool | np.ndarray):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None
