"""A window that slides: how many places it has, what lies under it, and what lies outside the edge.

Convolution and pooling stand on the functions of this page, each of them written once:
`output_size` counts the places, `pad` puts cells around the array, `windows` shows what lies under
the window at every place, and `fold` sends values back to where they came from. `overhang`, `bins`
and `lowest` are pooling's own: its last window, its adaptive windows, and what it pads with.
"""

from __future__ import annotations

import functools

import numpy as np

from . import arguments


def output_size(n, kernel_size, stride=1, padding=0, dilation=1, ceil_mode=False) -> int:
    """Return how many places a window has along one axis.

    floor((n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1; the cells that the
    floor leaves over are never read. With `ceil_mode` the last window may hang over the end, but
    a window that would start in the padding after the end is dropped.

    Shapes: ints, in cells; padding is an int for both sides, or the pair (before, after).
    Errors: TypeError for what is no int; ValueError for sizes below their least value and for a
        window that is larger than the padded axis.
    Source: torch.nn.Conv2d and torch.nn.MaxPool2d, section "Shape"; lesson 2.1.

    >>> output_size(7, 3, stride=2, padding=1)
    4
    >>> output_size(6, 3, stride=2), output_size(6, 3, stride=2, ceil_mode=True)
    (2, 3)
    """
    n = arguments.integer("n", n, minimum=0)
    kernel_size = arguments.integer("kernel_size", kernel_size, minimum=1)
    stride = arguments.integer("stride", stride, minimum=1)
    dilation = arguments.integer("dilation", dilation, minimum=1)
    before, after = arguments.per_axis("padding", padding, 2, minimum=0)
    arguments.flag("ceil_mode", ceil_mode)
    span = dilation * (kernel_size - 1) + 1
    room = n + before + after - span
    if room < 0 and not (ceil_mode and room + stride > 0):
        raise ValueError(
            f"kernel_size={kernel_size} with dilation={dilation} spans {span} cells; "
            f"the axis has {n} and {n + before + after} with its padding"
        )
    if not ceil_mode:
        return room // stride + 1
    places = -(-room // stride) + 1
    return places - 1 if (places - 1) * stride >= n + before else places


def output_sizes(sizes, kernel_size, stride, pads, dilation, ceil_mode=False) -> tuple[int, ...]:
    """Return `output_size` for each axis of `sizes`; a network asks the same again and again."""
    rows = zip(sizes, kernel_size, stride, pads, dilation, strict=True)
    return tuple(_remembered_size(*row, ceil_mode) for row in rows)


_remembered_size = functools.lru_cache(maxsize=1024)(output_size)


def overhang(sizes, kernel_size, stride, pads, dilation, ceil_mode=False) -> list[tuple[int, int]]:
    """Return `pads` with the cells that the last window of a pool needs beyond them, at the end.

    Source: torch.nn.MaxPool2d, ceil_mode; lesson 04.

    >>> overhang((6,), (3,), (2,), [(0, 0)], (1,), ceil_mode=True)
    [(0, 1)]
    """
    places = output_sizes(sizes, kernel_size, stride, pads, dilation, ceil_mode)
    rows = zip(sizes, places, kernel_size, stride, pads, dilation, strict=True)
    reach = [(p - 1) * s + d * (k - 1) + 1 - n - b for n, p, k, s, (b, _), d in rows]
    return [(b, max(a, needed)) for (b, a), needed in zip(pads, reach, strict=True)]


def bins(n, count) -> list[tuple[int, int]]:
    """Return the cells (start, stop) of each of `count` bins that share an axis of `n` cells.

    From floor(i * n / count) to ceil((i + 1) * n / count): no cell is left out, and neighbours
    overlap where count doesn't divide n.

    Source: torch.nn.AdaptiveAvgPool2d; lesson 04.

    >>> bins(6, 3), bins(5, 3)
    ([(0, 2), (2, 4), (4, 6)], [(0, 2), (1, 4), (3, 5)])
    """
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


def lowest(dtype) -> float | int:
    """Return what max pooling pads with, which no cell is below: -inf, or the smallest integer.

    >>> lowest(np.float32), lowest(np.uint8)
    (-inf, 0)
    """
    dtype = np.dtype(dtype)
    return -np.inf if dtype.kind == "f" else int(np.iinfo(dtype).min)


def padding_source(n, before, after, mode="zeros") -> np.ndarray:
    """Return, for each cell of a padded axis, the real cell it copies; -1 for a constant.

    Shapes: n, before and after in cells; the result is (before + n + after,) of ints.
    Errors: ValueError where the mode can't fill the padding (reflect needs padding < n, circular
        padding <= n, replicate n > 0).
    Source: torch.nn.Conv2d, padding_mode; lesson 2.3.

    >>> for mode in arguments.PADDING_MODES:
    ...     print(mode, padding_source(4, 2, 2, mode))
    zeros [-1 -1  0  1  2  3 -1 -1]
    reflect [2 1 0 1 2 3 2 1]
    replicate [0 0 0 1 2 3 3 3]
    circular [2 3 0 1 2 3 0 1]
    """
    arguments.choice("padding_mode", mode, arguments.PADDING_MODES)
    cell = np.arange(-before, n + after)
    limit = {"zeros": None, "reflect": n - 1, "replicate": None if n else 0, "circular": n}[mode]
    if limit is not None and max(before, after) > max(limit, 0):
        raise ValueError(
            f"padding must be at most {max(limit, 0)} for padding_mode={mode!r} on an axis of {n} "
            f"cells; got padding={max(before, after)}"
        )
    if mode == "reflect":  # mirror at cell 0, then at cell n - 1
        return (n - 1) - np.abs((n - 1) - np.abs(cell))
    if mode == "replicate":
        return np.clip(cell, 0, max(n - 1, 0))
    if mode == "circular":
        return cell % max(n, 1)
    return np.where((cell >= 0) & (cell < n), cell, -1)


def pad(input, padding, mode="zeros", value=None) -> np.ndarray:
    """Return `input` with cells added around its last axes.

    zeros      1234 -> 00123400     reflect   1234 -> 32123432
    replicate  1234 -> 11123444     circular  1234 -> 34123412

    Shapes: padding is an int (the last axis) or a list of (before, after), one pair for each of
        the last axes; `value` is what mode "zeros" puts there, 0 if it is None.
    Errors: those of `padding_source`; TypeError or ValueError for what is no array, no int and no
        such list, and for a value that the dtype doesn't hold or the mode doesn't put.
    Source: torch.nn.functional.pad; lesson 2.3.

    >>> pad(np.arange(1, 5), [(2, 2)], "reflect")
    array([3, 2, 1, 2, 3, 4, 3, 2])
    """
    input = arguments.array("input", input)
    pads = arguments.pairs_per_axis("padding", padding, input.ndim)
    arguments.choice("padding_mode", mode, arguments.PADDING_MODES)
    value = arguments.held_by("value", 0 if value is None else value, input.dtype)
    if mode != "zeros" and value:
        raise ValueError(f"value must be 0 for padding_mode={mode!r}; got value={value!r}")
    first = input.ndim - len(pads)
    sizes = [n + b + a for n, (b, a) in zip(input.shape[first:], pads, strict=True)]
    padded = np.full((*input.shape[:first], *sizes), value, dtype=input.dtype)
    inside = _inside(input.shape[first:], pads)
    padded[..., *inside] = input
    for axis, (before, after) in enumerate(pads if mode != "zeros" else ()):
        size = input.shape[first + axis]
        cell = before + padding_source(size, before, after, mode)
        whole, later = [slice(None)] * (first + axis), inside[axis + 1 :]
        for border in (slice(0, before), slice(before + size, None)):  # corners: axis after axis
            padded[*whole, border, *later] = padded[*whole, cell[border], *later]
    return padded


def pad_backward(grad_output, padding, mode="zeros") -> np.ndarray:
    """Return the gradient of `pad`: every copied cell gives its share back to the cell it copied.

    Shapes: grad_output has the padded shape, padding is a list of (before, after).
    Source: the adjoint of `pad`; lesson 7.2.

    >>> pad_backward(np.ones(8), [(2, 2)], "reflect")
    array([1., 3., 3., 1.])
    """
    first = grad_output.ndim - len(padding)
    sizes = [n - b - a for n, (b, a) in zip(grad_output.shape[first:], padding, strict=True)]
    if mode == "zeros":
        return grad_output[..., *_inside(sizes, padding)]
    for axis, (n, (before, after)) in enumerate(zip(sizes, padding, strict=True), start=first):
        padded = np.moveaxis(grad_output, axis, 0)
        total = np.zeros((n, *padded.shape[1:]), dtype=grad_output.dtype)
        np.add.at(total, padding_source(n, before, after, mode), padded)
        grad_output = np.moveaxis(total, 0, axis)
    return grad_output


def windows(input, kernel_size, stride, dilation) -> np.ndarray:
    """Return a view of what lies under the window at every place; nothing is copied.

    Shapes: input (..., *sizes), with one entry of kernel_size, stride and dilation for each of
        the last axes; the result is (..., *places, *kernel_size) and read-only.
    Source: numpy.lib.stride_tricks.sliding_window_view; lesson 1.2.

    >>> windows(np.arange(6), (3,), stride=(2,), dilation=(1,))
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    axes = tuple(range(-len(kernel_size), 0))
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel_size, dilation, strict=True))
    views = np.lib.stride_tricks.sliding_window_view(input, spans, axes)
    steps = tuple(slice(None, None, step) for step in (*stride, *dilation))
    return views[(..., *steps)]


def fold(columns, sizes, stride, dilation) -> np.ndarray:
    """Return the sum of all windows, each value added back to the cell it lies on.

    The adjoint of `windows`: the sum of fold(c) * x equals the sum of c * windows(x).

    Shapes: columns (..., *places, *kernel_size), sizes the last axes of the result (..., *sizes).
    Source: torch.nn.Fold; lesson 7.2.

    >>> fold(np.ones((2, 3)), (6,), stride=(2,), dilation=(1,))
    array([1., 1., 2., 1., 1., 0.])
    """
    n = len(sizes)
    lead, places = columns.shape[: -2 * n], columns.shape[-2 * n : -n]
    total = np.zeros((*lead, *sizes), dtype=columns.dtype)
    for tap in np.ndindex(columns.shape[-n:]):
        starts = [t * d for t, d in zip(tap, dilation, strict=True)]
        cells = tuple(
            slice(start, start + s * (p - 1) + 1, s) if p else slice(0)
            for start, s, p in zip(starts, stride, places, strict=True)
        )
        total[(..., *cells)] += columns[(..., *tap)]
    return total


def _inside(sizes, pads) -> tuple:
    """Return the index of the real cells in the last axes of a padded array."""
    return tuple(slice(b, b + n) for n, (b, _) in zip(sizes, pads, strict=True))
