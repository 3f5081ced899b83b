"""Right answers to lesson 02's exercises, as different people write them."""

import itertools
import math

import numpy as np


def both(value):
    return value if isinstance(value, tuple) else (value, value)


# ---------------------------------------------------------------- output_size


def size_by_formula(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def size_by_walking(n, kernel_size, stride=1, padding=0, dilation=1):
    places, first = 0, -padding
    while first + dilation * (kernel_size - 1) < n + padding:
        places, first = places + 1, first + stride
    return places


def size_by_range(n, k, s=1, p=0, d=1):
    return len(range(0, n + 2 * p - d * (k - 1), s))


def size_with_floats(n, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    return np.floor((n + 2 * padding - span) / stride + 1)


def size_with_math(n, kernel_size, stride=1, padding=0, dilation=1):
    return math.floor((n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)


def size_from_torch(n, kernel_size, stride=1, padding=0, dilation=1):
    import torch

    layer = torch.nn.Conv1d(1, 1, kernel_size, stride, padding, dilation)
    return layer(torch.zeros(1, 1, n)).shape[2]


def size_of_windows(n, kernel_size, stride=1, padding=0, dilation=1):
    axis = np.pad(np.arange(n), padding)
    span = dilation * (kernel_size - 1) + 1
    return np.int64(len(np.lib.stride_tricks.sliding_window_view(axis, span)[::stride]))


# ---------------------------------------------------------------- pad2d


def source_cell(i, n, mode):
    """Return the cell that position i of an axis copies, None for a zero."""
    if 0 <= i < n:
        return i
    if mode == "zeros":
        return None
    if mode == "replicate":
        return 0 if i < 0 else n - 1
    if mode == "circular":
        return i + n if i < 0 else i - n
    return -i if i < 0 else 2 * (n - 1) - i


def pad_by_loops(input, padding, mode="zeros"):
    n, c, h, w = input.shape
    out = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    for y in range(h + 2 * padding):
        for x in range(w + 2 * padding):
            row, column = source_cell(y - padding, h, mode), source_cell(x - padding, w, mode)
            if row is not None and column is not None:
                out[:, :, y, x] = input[:, :, row, column]
    return out


def pad_by_numpy(input, padding, mode="zeros"):
    names = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    around = [(0, 0)] * (input.ndim - 2) + [(padding, padding)] * 2
    return np.pad(input, around, mode=names[mode])


def pad_by_index(x, p, mode="zeros"):
    if mode == "zeros":
        out = np.zeros((*x.shape[:-2], x.shape[-2] + 2 * p, x.shape[-1] + 2 * p), x.dtype)
        out[..., p : p + x.shape[-2], p : p + x.shape[-1]] = x
        return out
    for axis in (-2, -1):
        n = x.shape[axis]
        cells = np.arange(-p, n + p)
        if mode == "replicate":
            cells = cells.clip(0, n - 1)
        elif mode == "circular":
            cells = cells % n
        else:
            cells = np.where(cells < 0, -cells, np.where(cells >= n, 2 * n - 2 - cells, cells))
        x = x.take(cells, axis)
    return x


def pad_by_concatenation(input, padding, mode="zeros"):
    out = np.asarray(input)
    for axis in (2, 3):
        n = out.shape[axis]
        line = np.split(out, n, axis)
        before = {
            "zeros": [0 * line[0]] * padding,
            "reflect": line[padding:0:-1],
            "replicate": [line[0]] * padding,
            "circular": line[n - padding :],
        }[mode]
        after = {
            "zeros": [0 * line[0]] * padding,
            "reflect": line[-2 : -2 - padding : -1],
            "replicate": [line[-1]] * padding,
            "circular": line[:padding],
        }[mode]
        out = np.concatenate([*before, *line, *after], axis)
    return out


def pad_with_torch(input, padding, mode="zeros"):
    import torch

    mode = "constant" if mode == "zeros" else mode
    return torch.nn.functional.pad(torch.from_numpy(input), (padding,) * 4, mode).numpy()


def pad_as_lists(input, padding, mode="zeros"):
    return pad_by_loops(input, padding, mode).tolist()


def pad_seen_from_behind(input, padding, mode="zeros"):
    padded = pad_by_numpy(input, padding, mode)
    return np.repeat(padded, 2, axis=-1)[..., ::2].astype(np.float32)


# ---------------------------------------------------------------- conv2d_full


def conv_by_loops(input, weight, bias=None, stride=1, padding=0, dilation=1):
    (sh, sw), (ph, pw), (dh, dw) = both(stride), both(padding), both(dilation)
    n, c, h, w = input.shape
    o, _, kh, kw = weight.shape
    oh = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    ow = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    out = np.zeros((n, o, oh, ow))
    for b, f, y, x in itertools.product(range(n), range(o), range(oh), range(ow)):
        total = 0.0 if bias is None else bias[f]
        for ch, i, j in itertools.product(range(c), range(kh), range(kw)):
            row, column = y * sh - ph + i * dh, x * sw - pw + j * dw
            if 0 <= row < h and 0 <= column < w:
                total += input[b, ch, row, column] * weight[f, ch, i, j]
        out[b, f, y, x] = total
    return out


def conv_by_windows(input, weight, bias=None, stride=1, padding=0, dilation=1):
    (sh, sw), (ph, pw), (dh, dw) = both(stride), both(padding), both(dilation)
    kh, kw = weight.shape[2:]
    padded = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    span = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, span, (2, 3))
    windows = windows[:, :, ::sh, ::sw, ::dh, ::dw]
    # n batch, c channel, y x places, i j taps, o filter
    out = np.einsum("ncyxij,ocij->noyx", windows, weight)
    return out if bias is None else out + bias[:, None, None]


def conv_by_shifts(x, w, b=None, s=1, p=0, d=1):
    (sh, sw), (ph, pw), (dh, dw) = both(s), both(p), both(d)
    kh, kw = w.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    oh = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    ow = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    out = 0 if b is None else b[None, :, None, None]
    for i, j in np.ndindex(kh, kw):
        seen = x[:, :, i * dh :, j * dw :][:, :, ::sh, ::sw][:, :, :oh, :ow]
        out = out + np.tensordot(seen, w[:, :, i, j], (1, 1)).transpose(0, 3, 1, 2)
    return out


def conv_with_torch(input, weight, bias=None, stride=1, padding=0, dilation=1):
    import torch

    bias = None if bias is None else torch.from_numpy(bias)
    return torch.nn.functional.conv2d(
        torch.from_numpy(input), torch.from_numpy(weight), bias, stride, padding, dilation
    )


def conv_by_columns(input, weight, bias=None, stride=1, padding=0, dilation=1):
    import torch

    input = torch.as_tensor(input, dtype=torch.float64)
    columns = torch.nn.functional.unfold(
        input, weight.shape[2:], dilation=dilation, padding=padding, stride=stride
    ).numpy()
    out = weight.reshape(len(weight), -1) @ columns
    if bias is not None:
        out += bias[:, None]
    places = [
        size_by_formula(n, k, s, p, d)
        for n, k, s, p, d in zip(
            input.shape[2:],
            weight.shape[2:],
            both(stride),
            both(padding),
            both(dilation),
            strict=True,
        )
    ]
    return out.reshape(len(input), len(weight), *places)


def conv_as_lists(input, weight, bias=None, stride=1, padding=0, dilation=1):
    return conv_by_windows(input, weight, bias, stride, padding, dilation).tolist()


def conv_in_float32(input, weight, bias=None, stride=1, padding=0, dilation=1):
    input, weight = input.astype(np.float32), weight.astype(np.float32)
    return conv_by_shifts(input, weight, bias, stride, padding, dilation).astype(np.float32)


def conv_channels_last(input, weight, bias=None, stride=1, padding=0, dilation=1):
    out = conv_by_windows(input, weight, bias, stride, padding, dilation)
    return np.ascontiguousarray(out.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


# ---------------------------------------------------------------- receptive_field


def field_by_recurrence(layers):
    size = jump = 1
    for kernel_size, stride, dilation in layers:
        size += dilation * (kernel_size - 1) * jump
        jump *= stride
    return size


def field_from_the_top(layers):
    size = 1
    for kernel_size, stride, dilation in reversed(layers):
        size = (size - 1) * stride + dilation * (kernel_size - 1) + 1
    return size


def field_by_products(layers):
    kernels, strides, dilations = np.array(layers).T
    jumps = np.cumprod([1, *strides[:-1]])
    return 1 + (dilations * (kernels - 1) * jumps).sum()


def field_by_calling_itself(layers):
    if not layers:
        return 1
    (kernel_size, stride, dilation), *rest = layers
    return dilation * (kernel_size - 1) + (field_by_calling_itself(rest) - 1) * stride + 1


def field_by_marking(layers):
    seen = {0}
    for kernel_size, stride, dilation in layers[::-1]:
        seen = {cell * stride + tap * dilation for cell in seen for tap in range(kernel_size)}
    return max(seen) - min(seen) + 1


def field_from_torch(layers):
    import torch

    signal = torch.zeros(1, 1, 4000, dtype=torch.float64, requires_grad=True)
    out = signal
    for kernel_size, stride, dilation in layers:
        taps = torch.ones(1, 1, kernel_size, dtype=torch.float64)
        out = torch.nn.functional.conv1d(out, taps, stride=stride, dilation=dilation)
    out[0, 0, 0].backward()
    return torch.nonzero(signal.grad)[-1, -1] + 1


def field_as_float(layers):
    return float(field_by_recurrence(layers))


RIGHT = {
    "output_size": {
        "formula": size_by_formula,
        "loop": size_by_walking,
        "range": size_by_range,
        "whole float": size_with_floats,
        "math.floor": size_with_math,
        "torch": size_from_torch,
        "np.int64": size_of_windows,
    },
    "pad2d": {
        "loops": pad_by_loops,
        "np.pad": pad_by_numpy,
        "index": pad_by_index,
        "concatenation": pad_by_concatenation,
        "torch": pad_with_torch,
        "lists": pad_as_lists,
        "float32, not contiguous": pad_seen_from_behind,
    },
    "conv2d_full": {
        "loops": conv_by_loops,
        "einsum": conv_by_windows,
        "shifts": conv_by_shifts,
        "torch": conv_with_torch,
        "unfold": conv_by_columns,
        "lists": conv_as_lists,
        "float32": conv_in_float32,
        "not contiguous": conv_channels_last,
    },
    "receptive_field": {
        "recurrence": field_by_recurrence,
        "from the top": field_from_the_top,
        "products": field_by_products,
        "recursion": field_by_calling_itself,
        "marking": field_by_marking,
        "torch": field_from_torch,
        "whole float": field_as_float,
    },
}
