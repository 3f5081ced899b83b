"""The rule that chooses a strategy for the shapes at hand, and says why.

    a 1x1 kernel, no padding            pointwise  one matrix times every pixel
    one channel under a very large one  fft        the cost doesn't grow with the kernel
    fewer filters than channels, or     grouped    small GEMMs make all kernel columns, then sums
      small groups of channels
    3 kernel rows, stride 1, many       pairs      two rows at a time, a third fewer products
      channels and filters
    stride 1 over large, deep maps      shifted    fewest copies, one GEMM a kernel row
    everything else                     columns    im2col in pieces

The limits were measured, over some thousands of shapes: where the rule takes another strategy than
the quickest, it is mostly by some per cent.

Asked for by name, a strategy that can't do the shapes (winograd: kernels of 3, stride 1, floats;
fft and shifted: floats) leaves them to the rule: all of them give the same answer.
"""

from __future__ import annotations

import math

import numpy as np

from .apart import BLOCK, bytes_of_a_row
from .window import Window

TEXTBOOK = ("loops", "windows", "im2col")
ALGORITHMS = ("auto", *TEXTBOOK, "shifted", "winograd", "fft")
LARGE_KERNEL = 160  # float32 taps from which the FFT wins for a filter; for more filters more
APART = 2.5  # times as many where a filter is taken apart, which is quick, too
FEW_PLACES = 4096  # below which the FFT has little to win: three times as many
SMALL_GROUP = 8  # channels of a group, and no more filters, whose GEMM is too small by itself
SMALL_MAP = 400  # places below which several images are worked on together
DEEP = 64  # channels of a group from which copying counts more than calling
FEW = 32  # filters of a group that cost less to add up than as many channels to copy
TINY_MAP = 16  # places below which they don't
KERNELS = 5 << 18  # most bytes of a weight that is laid out anew, column by column
PLACES = 320  # of all images from which two rows at a time pay
MANY = 48  # channels and filters of a group from which fewer products count more than more copies
ROWS = 3 << 20  # bytes that a few rows of places may need; of longer rows columns take a part
SOME = 8  # channels of a group that are enough for a product at a time
WIDE_MAP = 8192  # places from which a few filters pay for being taken apart, each over one channel
TAPS_EACH = 49  # taps that every filter but the first must bring for that

REASONS = {
    "loops": "the definition as nested loops, one multiplication at a time, nothing copied",
    "windows": "a strided view of all windows and one contraction, nothing copied",
    "im2col": "every window copied into a column, then one matrix product a group",
    "pointwise": "a 1x1 kernel without padding is one matrix times the channels of every pixel, "
    "nothing copied",
    "fft": "{channels} channel(s) under a kernel of {taps} taps: a product of spectra, whose cost "
    "doesn't grow with the kernel",
    "grouped": "{groups} group(s) of {slices} channel(s) and {filters} filter(s): small matrix "
    "products make all kernel columns, which are then added up, each moved by its column",
    "shifted": "{positions} places and {channels} channels: the input is copied once "
    "for each shift along the last axes, one matrix product for each of the {height} kernel rows",
    "pairs": "{slices} channels and {filters} filters a group under 3 kernel rows: two rows of the "
    "output at a time by four matrix products of sums of rows, where the definition takes six",
    "columns": "windows copied into columns in pieces that stay in the cache, one matrix product "
    "({filters} x {depth}) @ ({depth} x places) for a piece and group",
    "winograd": "kernels of 3 with stride 1: fewer multiplications, more additions",
}
CANT = {
    "winograd": "winograd needs kernels of 3 along every axis, stride 1 and floats",
    "fft": "fft needs floats",
    "shifted": "shifted needs floats",
}


def chosen(input_shape, weight_shape, window: Window, places, dtype, algorithm="auto") -> str:
    """Return the name of the strategy that `algorithm` comes to for these shapes."""
    floats = np.dtype(dtype).kind == "f"
    if algorithm in TEXTBOOK:
        return algorithm
    if algorithm == "winograd" and floats and window.dense and set(window.kernel_size) == {3}:
        return "winograd"
    if algorithm in ("fft", "shifted") and floats:
        return algorithm
    taps, positions = math.prod(window.kernel_size), math.prod(places)
    filters = weight_shape[0] // window.groups
    if taps == 1 and not window.padded:
        return "pointwise"
    if not floats:
        return "columns"
    itemsize = np.dtype(dtype).itemsize
    apart = _columns_apart_pay(input_shape, weight_shape, window, places, itemsize)
    if _spectra_pay(input_shape, filters, window, positions, itemsize, apart):
        return "fft"
    if apart:
        return "grouped"
    if len(places) > 1:
        if _pairs_pay(input_shape, weight_shape, window, places, itemsize):
            return "pairs"
        if _shifts_pay(input_shape, weight_shape, window, places, itemsize):
            return "shifted"
    return "columns"


def _spectra_pay(input_shape, filters, window, positions, itemsize, apart) -> bool:
    """Return whether a product of spectra, in float64 whatever the dtype, is the quickest way."""
    least = LARGE_KERNEL * math.sqrt(filters) * 4 / itemsize
    least *= APART if apart and filters == 1 else 1
    least *= 3 if positions < FEW_PLACES else 1
    return input_shape[1] == 1 and window.dense and math.prod(window.kernel_size) >= least


def _columns_apart_pay(input_shape, weight_shape, window, places, itemsize) -> bool:
    """Return whether adding up kernel columns is quicker than copying, and fits the memory."""
    filters, slices = weight_shape[0] // window.groups, weight_shape[1]
    positions, taps = math.prod(places), math.prod(window.kernel_size)
    sizes = input_shape[2:]
    row = bytes_of_a_row(weight_shape, window, sizes, places, itemsize)
    if len(places) == 1 or row > BLOCK or math.prod(weight_shape) * itemsize > KERNELS:
        return False
    if window.groups > 1 and filters <= slices <= SMALL_GROUP:
        return True
    if slices == 1:
        wide = positions >= WIDE_MAP and filters <= 4 and taps >= TAPS_EACH * (filters - 1)
        return wide or (len(places) == 3 and filters <= 2)
    fewer = filters < slices if window.stride[-1] == 1 else 4 * filters <= slices
    return fewer and filters <= FEW and window.width > 1 and positions >= TINY_MAP


def _pairs_pay(input_shape, weight_shape, window, places, itemsize) -> bool:
    """Return whether two rows at a time are the better way, and fit the memory."""
    filters, slices = weight_shape[0] // window.groups, weight_shape[1]
    if window.kernel_size[0] != 3 or window.stride[0] != 1 or min(filters, slices) < MANY:
        return False
    pair = 8 * SOME * window.groups * _row(window, places, itemsize)
    saved = math.prod(input_shape[1:]) * itemsize  # the padded input is never laid out
    return input_shape[0] * math.prod(places) >= PLACES and pair <= ROWS + saved


def _shifts_pay(input_shape, weight_shape, window, places, itemsize) -> bool:
    """Return whether kernel rows as offsets are the better way, and fit the memory."""
    if not window.dense or weight_shape[1] < DEEP or math.prod(places) < SMALL_MAP:
        return False
    copies = rows_copied(input_shape[1], window, places, itemsize)
    products = weight_shape[0] * math.prod(places[1:]) * itemsize
    return copies + products + math.prod(weight_shape) * itemsize <= ROWS


def rows_copied(channels, window, places, itemsize) -> int:
    """Return the bytes of the shifted copies that one row of places needs."""
    reach = window.dilation[0] * (window.kernel_size[0] - 1) + 1
    return reach * channels * _row(window, places, itemsize)


def _row(window, places, itemsize) -> int:
    """Return the bytes of a channel's copies for one row of places, one for each shift."""
    return math.prod(window.kernel_size[1:]) * math.prod(places[1:]) * itemsize


def explanation(input_shape, weight_shape, window, places, dtype, algorithm="auto") -> str:
    """Return in words which strategy `algorithm` comes to for these shapes, and why."""
    name = chosen(input_shape, weight_shape, window, places, dtype, algorithm)
    filters, slices = weight_shape[0] // window.groups, weight_shape[1]
    taps = math.prod(window.kernel_size)
    reason = REASONS[name].format(
        taps=taps, groups=window.groups, slices=slices, filters=filters, depth=slices * taps,
        positions=math.prod(places), channels=input_shape[1], height=window.kernel_size[0],
    )  # fmt: skip
    if name == algorithm:
        reason = f"asked for by name; {reason}"
    if algorithm in CANT and name != algorithm:
        reason = f"{CANT[algorithm]}, so the rule of auto holds; {reason}"
    multiply_adds = input_shape[0] * weight_shape[0] * math.prod(places) * slices * taps
    return f"{name}: {reason} ({multiply_adds:,} multiply-adds by the definition)"
