"""Right answers to lesson 03's exercises, as different people write them."""

import itertools

import numpy as np


def both(value):
    return value if isinstance(value, tuple) else (value, value)


def windows_of(input, weight):
    return np.lib.stride_tricks.sliding_window_view(input, weight.shape[2:], (2, 3))


def tensors(*arrays):
    import torch

    return [None if a is None else torch.from_numpy(a) for a in arrays]


def turned_in_memory(out):
    return np.asfortranarray(out)[:, ::-1][:, ::-1]


# ---------------------------------------------------------------- grouped_conv2d


def grouped_by_loops(input, weight, bias=None, groups=1):
    n, _, h, w = input.shape
    o, slices, kh, kw = weight.shape
    out = np.zeros((n, o, h - kh + 1, w - kw + 1))
    for b, f in itertools.product(range(n), range(o)):
        first = f // (o // groups) * slices
        for y, x in np.ndindex(out.shape[2:]):
            window = input[b, first : first + slices, y : y + kh, x : x + kw]
            out[b, f, y, x] = (window * weight[f]).sum() + (0 if bias is None else bias[f])
    return out


def grouped_by_parts(input, weight, bias=None, groups=1):
    parts = zip(np.split(input, groups, 1), np.split(weight, groups), strict=True)
    out = np.concatenate(
        [np.einsum("ncyxij,ocij->noyx", windows_of(x, w), w) for x, w in parts], axis=1
    )
    return out if bias is None else out + bias[:, None, None]


def grouped_in_one_sum(x, w, b=None, g=1):
    n, c, height, _ = x.shape
    weight = w.reshape(g, len(w) // g, *w.shape[1:])
    places = windows_of(x, w).reshape(n, g, c // g, height - w.shape[2] + 1, -1, *w.shape[2:])
    out = np.einsum("ngcyxij,gocij->ngoyx", places, weight)
    out = out.reshape(n, len(w), *out.shape[3:])
    return out if b is None else out + b.reshape(1, -1, 1, 1)


def grouped_by_zeros(input, weight, bias=None, groups=1):
    # The weight of an ordinary convolution, zero wherever a filter does not look.
    o, slices, kh, kw = weight.shape
    wide = np.zeros((o, input.shape[1], kh, kw), dtype=weight.dtype)
    for f in range(o):
        first = f // (o // groups) * slices
        wide[f, first : first + slices] = weight[f]
    out = np.tensordot(windows_of(input, wide), wide, ((1, 4, 5), (1, 2, 3)))
    out = np.moveaxis(out, -1, 1)
    return out if bias is None else out + bias[:, None, None]


def grouped_with_torch(input, weight, bias=None, groups=1):
    import torch

    return torch.nn.functional.conv2d(*tensors(input, weight, bias), groups=groups).numpy()


def grouped_as_lists(input, weight, bias=None, groups=1):
    return grouped_by_parts(input, weight, bias, groups).tolist()


def grouped_in_float32(input, weight, bias=None, groups=1):
    out = grouped_by_parts(input.astype(np.float32), weight.astype(np.float32), bias, groups)
    return turned_in_memory(out.astype(np.float32))


# ---------------------------------------------------------------- depthwise_conv2d


def depthwise_by_loops(input, weight):
    n, c, h, w = input.shape
    kh, kw = weight.shape[2:]
    out = np.zeros((n, c, h - kh + 1, w - kw + 1))
    for b, ch, y, x in np.ndindex(out.shape):
        for i in range(kh):
            for j in range(kw):
                out[b, ch, y, x] += input[b, ch, y + i, x + j] * weight[ch, 0, i, j]
    return out


def depthwise_by_einsum(input, weight):
    return np.einsum("ncyxij,cij->ncyx", windows_of(input, weight), weight[:, 0])


def depthwise_by_shifts(x, k):
    kh, kw = k.shape[2:]
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    return sum(
        k[:, :, i, j, None] * x[:, :, i : i + oh, j : j + ow] for i in range(kh) for j in range(kw)
    )


def depthwise_with_torch(input, weight):
    import torch

    return torch.nn.functional.conv2d(*tensors(input, weight), groups=input.shape[1])


def depthwise_as_lists(input, weight):
    return [
        [depthwise_by_einsum(input[n : n + 1, c : c + 1], weight[c : c + 1])[0, 0].tolist()
         for c in range(input.shape[1])]
        for n in range(input.shape[0])
    ]  # fmt: skip


def depthwise_in_float32(input, weight):
    return turned_in_memory(depthwise_by_einsum(input, weight).astype(np.float32))


# ---------------------------------------------------------------- pointwise_conv2d


def pointwise_by_loops(input, weight):
    n, c, h, w = input.shape
    out = np.zeros((n, len(weight), h, w))
    for b, o, ch in itertools.product(range(n), range(len(weight)), range(c)):
        out[b, o] += input[b, ch] * weight[o, ch, 0, 0]
    return out


def pointwise_by_einsum(input, weight):
    return np.einsum("oc,nchw->nohw", weight[:, :, 0, 0], input)


def pointwise_by_matrix(x, w):
    n, c, height, width = x.shape
    return (w.reshape(-1, c) @ x.reshape(n, c, -1)).reshape(n, -1, height, width)


def pointwise_channels_last(input, weight):
    return np.moveaxis(np.moveaxis(input, 1, -1) @ weight[:, :, 0, 0].T, -1, 1)


def pointwise_with_torch(input, weight):
    import torch

    return torch.nn.functional.conv2d(*tensors(input, weight)).numpy()


def pointwise_as_lists(input, weight):
    return pointwise_by_einsum(input, weight).tolist()


def pointwise_in_float32(input, weight):
    return pointwise_by_matrix(input.astype(np.float32), weight.astype(np.float32))


# ---------------------------------------------------------------- separable_conv2d


def separable_by_steps(input, depthwise_weight, pointwise_weight):
    return pointwise_by_loops(depthwise_by_loops(input, depthwise_weight), pointwise_weight)


def separable_in_one_sum(x, d, p):
    return np.einsum("ncyxij,cij,oc->noyx", windows_of(x, d), d[:, 0], p[:, :, 0, 0])


def separable_as_ordinary(input, depthwise_weight, pointwise_weight):
    weight = pointwise_weight * depthwise_weight[:, 0]  # (O, C, kh, kw)
    return np.einsum("ncyxij,ocij->noyx", windows_of(input, weight), weight)


def separable_with_torch(input, depthwise_weight, pointwise_weight):
    import torch

    input, depthwise, pointwise = tensors(input, depthwise_weight, pointwise_weight)
    middle = torch.nn.functional.conv2d(input, depthwise, groups=input.shape[1])
    return torch.nn.functional.conv2d(middle, pointwise).numpy()


def separable_as_lists(input, depthwise_weight, pointwise_weight):
    return separable_in_one_sum(input, depthwise_weight, pointwise_weight).tolist()


def separable_in_float32(input, depthwise_weight, pointwise_weight):
    out = separable_in_one_sum(input, depthwise_weight, pointwise_weight)
    return turned_in_memory(out.astype(np.float32))


# ---------------------------------------------------------------- conv_parameters


def parameters_by_formula(in_channels, out_channels, kernel_size, groups=1, bias=True):
    kh, kw = both(kernel_size)
    return out_channels * (in_channels // groups * kh * kw + bool(bias))


def parameters_by_groups(in_channels, out_channels, kernel_size, groups=1, bias=True):
    kh, kw = both(kernel_size)
    total = 0
    for _ in range(groups):
        total += (in_channels // groups) * (out_channels // groups) * kh * kw
    if bias:
        total += out_channels
    return total


def parameters_from_torch(in_channels, out_channels, kernel_size, groups=1, bias=True):
    import torch

    layer = torch.nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias)
    return sum(p.numel() for p in layer.parameters())


def parameters_of_arrays(i, o, k, g=1, b=True):
    return np.empty((o, i // g, *both(k))).size + (np.empty(o).size if b else 0)


def parameters_as_float(in_channels, out_channels, kernel_size, groups=1, bias=True):
    weights = out_channels * in_channels * np.prod(both(kernel_size)) / groups
    return weights + (out_channels if bias else 0)


# ---------------------------------------------------------------- conv_macs


def macs_by_formula(in_channels, out_channels, kernel_size, output_size, groups=1):
    oh, ow = output_size
    return oh * ow * out_channels * (in_channels // groups) * kernel_size**2


def macs_by_counting(in_channels, out_channels, kernel_size, output_size, groups=1):
    count = 0
    for _ in itertools.product(range(out_channels), *map(range, output_size)):
        count += (in_channels // groups) * kernel_size * kernel_size
    return count


def macs_from_torch(in_channels, out_channels, kernel_size, output_size, groups=1):
    import torch

    sizes = [size + kernel_size - 1 for size in output_size]
    weight = torch.ones(out_channels, in_channels // groups, kernel_size, kernel_size)
    out = torch.nn.functional.conv2d(torch.ones(1, in_channels, *sizes), weight, groups=groups)
    return out.double().sum()


def macs_of_ones(c, o, k, size, g=1):
    ones = np.ones((o, c // g, k, k))
    return np.prod(size) * ones.sum()


def macs_as_np_int(in_channels, out_channels, kernel_size, output_size, groups=1):
    numbers = [out_channels, in_channels, kernel_size, kernel_size, *output_size]
    return np.prod(numbers) // groups


RIGHT = {
    "grouped_conv2d": {
        "loops": grouped_by_loops,
        "parts": grouped_by_parts,
        "einsum": grouped_in_one_sum,
        "zeros": grouped_by_zeros,
        "torch": grouped_with_torch,
        "lists": grouped_as_lists,
        "float32, not contiguous": grouped_in_float32,
    },
    "depthwise_conv2d": {
        "loops": depthwise_by_loops,
        "einsum": depthwise_by_einsum,
        "shifts": depthwise_by_shifts,
        "torch": depthwise_with_torch,
        "lists": depthwise_as_lists,
        "float32, not contiguous": depthwise_in_float32,
    },
    "pointwise_conv2d": {
        "loops": pointwise_by_loops,
        "einsum": pointwise_by_einsum,
        "matrix": pointwise_by_matrix,
        "not contiguous": pointwise_channels_last,
        "torch": pointwise_with_torch,
        "lists": pointwise_as_lists,
        "float32": pointwise_in_float32,
    },
    "separable_conv2d": {
        "loops": separable_by_steps,
        "einsum": separable_in_one_sum,
        "ordinary": separable_as_ordinary,
        "torch": separable_with_torch,
        "lists": separable_as_lists,
        "float32, not contiguous": separable_in_float32,
    },
    "conv_parameters": {
        "formula": parameters_by_formula,
        "loop": parameters_by_groups,
        "torch": parameters_from_torch,
        "arrays": parameters_of_arrays,
        "whole float": parameters_as_float,
    },
    "conv_macs": {
        "formula": macs_by_formula,
        "loop": macs_by_counting,
        "torch": macs_from_torch,
        "whole float": macs_of_ones,
        "np.int64": macs_as_np_int,
    },
}
