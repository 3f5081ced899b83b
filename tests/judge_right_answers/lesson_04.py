"""Right answers to lesson 04's exercises, as different people write them."""

import math

import numpy as np


def windows_of(input, kernel_size, stride, padding, outside):
    around = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(input, around, constant_values=outside)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel_size,) * 2, (2, 3))
    step = stride or kernel_size
    return windows[:, :, ::step, ::step]


def places_of(input, kernel_size, stride, padding):
    return [(n + 2 * padding - kernel_size) // stride + 1 for n in input.shape[2:]]


# ---------------------------------------------------------------- max_pool2d


def max_by_loops(input, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    n, c, h, w = input.shape
    out = np.full((n, c, *places_of(input, kernel_size, stride, padding)), -np.inf)
    for b, ch, y, x in np.ndindex(out.shape):
        for row in range(y * stride - padding, y * stride - padding + kernel_size):
            for column in range(x * stride - padding, x * stride - padding + kernel_size):
                if 0 <= row < h and 0 <= column < w:
                    out[b, ch, y, x] = max(out[b, ch, y, x], input[b, ch, row, column])
    return out


def max_by_windows(input, kernel_size, stride=None, padding=0):
    return windows_of(input, kernel_size, stride, padding, -np.inf).max((-2, -1))


def max_by_cut_windows(x, k, s=None, p=0):
    # No padding at all: windows are cut off at the edge.
    s = s or k
    out = np.empty((*x.shape[:2], *places_of(x, k, s, p)))
    for i, j in np.ndindex(out.shape[2:]):
        top, left = i * s - p, j * s - p
        cells = x[:, :, max(top, 0) : top + k, max(left, 0) : left + k]
        out[:, :, i, j] = cells.max(axis=(2, 3))
    return out


def max_by_shifts(input, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    h, w = places_of(input, kernel_size, stride, padding)
    around = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(input.astype(float), around, constant_values=-np.inf)
    out = np.full((*input.shape[:2], h, w), -np.inf)
    for i, j in np.ndindex(kernel_size, kernel_size):
        seen = padded[:, :, i::stride, j::stride][:, :, :h, :w]
        np.maximum(out, seen, out=out)
    return out


def max_one_axis_after_the_other(input, kernel_size, stride=None, padding=0):
    step = stride or kernel_size
    for axis in (2, 3):
        pads = [(0, 0)] * 4
        pads[axis] = (padding, padding)
        line = np.pad(input, pads, constant_values=-np.inf)
        line = np.lib.stride_tricks.sliding_window_view(line, kernel_size, axis).max(-1)
        input = line.swapaxes(axis, 0)[::step].swapaxes(axis, 0)
    return input


def max_with_torch(input, kernel_size, stride=None, padding=0):
    import torch

    return torch.nn.functional.max_pool2d(torch.from_numpy(input), kernel_size, stride, padding)


def max_as_lists(input, kernel_size, stride=None, padding=0):
    return max_by_windows(input, kernel_size, stride, padding).tolist()


def max_in_float32(input, kernel_size, stride=None, padding=0):
    return max_by_windows(input.astype(np.float32), kernel_size, stride, padding)


# ---------------------------------------------------------------- avg_pool2d


def avg_by_loops(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = kernel_size if stride is None else stride
    n, c, h, w = input.shape
    out = np.zeros((n, c, *places_of(input, kernel_size, stride, padding)))
    for b, ch, y, x in np.ndindex(out.shape):
        total, count = 0.0, 0
        for i in range(kernel_size):
            for j in range(kernel_size):
                row, column = y * stride + i - padding, x * stride + j - padding
                if 0 <= row < h and 0 <= column < w:
                    total += input[b, ch, row, column]
                    count += 1
        out[b, ch, y, x] = total / (kernel_size**2 if count_include_pad else count)
    return out


def avg_by_windows(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    if count_include_pad:
        return windows_of(input, kernel_size, stride, padding, 0).mean((-2, -1))
    sums = windows_of(input, kernel_size, stride, padding, 0).sum((-2, -1))
    return sums / windows_of(np.ones_like(input), kernel_size, stride, padding, 0).sum((-2, -1))


def avg_with_nan(x, k, s=None, p=0, counted=True):
    outside = 0 if counted else np.nan
    return np.nanmean(windows_of(x, k, s, p, outside), axis=(-2, -1))


def avg_by_running_sums(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    h, w = places_of(input, kernel_size, stride, padding)

    def sums(array):
        around = ((0, 0), (0, 0), (padding + 1, padding), (padding + 1, padding))
        total = np.pad(array, around).cumsum(2).cumsum(3)
        k = kernel_size
        boxes = total[:, :, k:, k:] - total[:, :, :-k, k:]
        boxes = boxes - total[:, :, k:, :-k] + total[:, :, :-k, :-k]
        return boxes[:, :, ::stride, ::stride][:, :, :h, :w]

    cells = sums(np.ones(input.shape)) if not count_include_pad else kernel_size**2
    return sums(input.astype(float)) / cells


def avg_with_torch(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    import torch

    return torch.nn.functional.avg_pool2d(
        torch.from_numpy(input), kernel_size, stride, padding, count_include_pad=count_include_pad
    ).numpy()


def avg_as_convolution(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    import cnnlab

    n, c, h, w = input.shape
    box = np.ones((1, 1, kernel_size, kernel_size))
    places = {"stride": stride or kernel_size, "padding": padding}
    sums = cnnlab.conv2d(input.reshape(n * c, 1, h, w), box, **places)
    cells = cnnlab.conv2d(np.ones((1, 1, h, w)), box, **places)
    out = sums / (box.size if count_include_pad else cells)
    return out.reshape(n, c, *out.shape[2:])


def avg_as_lists(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    return avg_by_windows(input, kernel_size, stride, padding, count_include_pad).tolist()


def avg_in_float32(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    out = avg_by_windows(input, kernel_size, stride, padding, count_include_pad)
    return np.asfortranarray(out.astype(np.float32))


# ---------------------------------------------------------------- global_avg_pool2d


def global_by_loops(input):
    n, c, h, w = input.shape
    out = np.zeros((n, c, 1, 1))
    for b in range(n):
        for ch in range(c):
            for y in range(h):
                for x in range(w):
                    out[b, ch, 0, 0] += input[b, ch, y, x] / (h * w)
    return out


def global_by_mean(input):
    return input.mean(axis=(2, 3), keepdims=True)


def global_by_einsum(x):
    return (np.einsum("nchw->nc", x) / math.prod(x.shape[2:]))[:, :, None, None]


def global_by_reshape(input):
    n, c = input.shape[:2]
    return input.reshape(n, c, -1).mean(-1).reshape(n, c, 1, 1)


def global_with_torch(input):
    import torch

    return torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(input), 1)


def global_as_lists(input):
    return [[[[float(channel.mean())]] for channel in picture] for picture in input]


def global_in_float32(input):
    return global_by_mean(input).astype(np.float32)


# ---------------------------------------------------------------- adaptive_avg_pool2d


def both(value):
    return value if isinstance(value, tuple) else (value, value)


def adaptive_by_loops(input, output_size):
    n, c, h, w = input.shape
    oh, ow = both(output_size)
    out = np.zeros((n, c, oh, ow))
    for i in range(oh):
        for j in range(ow):
            top, bottom = i * h // oh, math.ceil((i + 1) * h / oh)
            left, right = j * w // ow, math.ceil((j + 1) * w / ow)
            out[:, :, i, j] = input[:, :, top:bottom, left:right].mean(axis=(2, 3))
    return out


def adaptive_by_matrices(input, output_size):
    # Each axis is averaged by a matrix whose rows are the bins.
    def bins(n, m):
        rows = np.zeros((m, n))
        for i in range(m):
            rows[i, i * n // m : -(-(i + 1) * n // m)] = 1
        return rows / rows.sum(1, keepdims=True)

    down, across = (bins(n, m) for n, m in zip(input.shape[2:], both(output_size), strict=True))
    return np.einsum("ih,nchw,jw->ncij", down, input, across)


def adaptive_by_cells(x, size):
    # A cell belongs to a bin when the two overlap; counted in units of n * m, without division.
    def belongs(n, m):
        cell, bin_ = np.arange(n), np.arange(m)[:, None]
        return ((cell + 1) * m > bin_ * n) & (cell * m < (bin_ + 1) * n)

    down, across = (belongs(n, m) for n, m in zip(x.shape[2:], both(size), strict=True))
    sums = down.astype(float) @ x @ across.T
    return sums / (down.sum(1)[:, None] * across.sum(1))


def adaptive_by_running_sums(input, output_size):
    for axis, m in zip((2, 3), both(output_size), strict=True):
        n = input.shape[axis]
        total = np.insert(np.cumsum(input, axis), 0, 0, axis)
        start = np.arange(m) * n // m
        stop = -(-np.arange(1, m + 1) * n // m)
        sums = total.take(stop, axis) - total.take(start, axis)
        shape = [1, 1, 1, 1]
        shape[axis] = m
        input = sums / (stop - start).reshape(shape)
    return input


def adaptive_with_torch(input, output_size):
    import torch

    return torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(input), output_size).numpy()


def adaptive_as_lists(input, output_size):
    return adaptive_by_loops(input, output_size).tolist()


def adaptive_in_float32(input, output_size):
    return np.asfortranarray(adaptive_by_matrices(input, output_size).astype(np.float32))


RIGHT = {
    "max_pool2d": {
        "loops": max_by_loops,
        "windows": max_by_windows,
        "cut windows": max_by_cut_windows,
        "shifts": max_by_shifts,
        "one axis after the other": max_one_axis_after_the_other,
        "torch": max_with_torch,
        "lists": max_as_lists,
        "float32": max_in_float32,
    },
    "avg_pool2d": {
        "loops": avg_by_loops,
        "windows": avg_by_windows,
        "nanmean": avg_with_nan,
        "running sums": avg_by_running_sums,
        "torch": avg_with_torch,
        "convolution": avg_as_convolution,
        "lists": avg_as_lists,
        "float32, not contiguous": avg_in_float32,
    },
    "global_avg_pool2d": {
        "loops": global_by_loops,
        "mean": global_by_mean,
        "einsum": global_by_einsum,
        "reshape": global_by_reshape,
        "torch": global_with_torch,
        "lists": global_as_lists,
        "float32": global_in_float32,
    },
    "adaptive_avg_pool2d": {
        "loops": adaptive_by_loops,
        "matrices": adaptive_by_matrices,
        "cells": adaptive_by_cells,
        "running sums": adaptive_by_running_sums,
        "torch": adaptive_with_torch,
        "lists": adaptive_as_lists,
        "float32, not contiguous": adaptive_in_float32,
    },
}
