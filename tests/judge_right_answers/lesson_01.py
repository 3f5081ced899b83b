"""Right answers to lesson 01's exercises, each in several styles."""

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def _correlate_loops(array, kernel):
    places = [n - k + 1 for n, k in zip(array.shape, kernel.shape, strict=True)]
    out = np.zeros(places)
    for place in product(*map(range, places)):
        for tap in product(*map(range, kernel.shape)):
            out[place] += array[tuple(p + t for p, t in zip(place, tap, strict=True))] * kernel[tap]
    return out


def correlate1d_loops(signal, kernel):
    return _correlate_loops(signal, kernel)


def correlate1d_numpy(signal, kernel):
    return np.correlate(signal, kernel, mode="valid")


def correlate1d_windows(signal, kernel):
    return sliding_window_view(signal, len(kernel)) @ kernel


def correlate1d_list(x, k):
    return [float(sum(x[i + j] * k[j] for j in range(len(k)))) for i in range(len(x) - len(k) + 1)]


def correlate1d_torch(signal, kernel):
    import torch

    signal, kernel = torch.from_numpy(signal.astype(float)), torch.from_numpy(kernel.astype(float))
    return torch.nn.functional.conv1d(signal[None, None], kernel[None, None])[0, 0]


def correlate1d_float32(signal, kernel):
    return np.correlate(signal, kernel, mode="valid").astype(np.float32)


def correlate2d_loops(image, kernel):
    return _correlate_loops(image, kernel)


def correlate2d_einsum(image, kernel):
    return np.einsum("yxij,ij->yx", sliding_window_view(image, kernel.shape), kernel)


def correlate2d_shifted(image, kernel):
    height, width = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    shifted = (
        image[i : i + height, j : j + width] * value for (i, j), value in np.ndenumerate(kernel)
    )
    return sum(shifted)


def correlate2d_fft(image, kernel):
    size = [n + k - 1 for n, k in zip(image.shape, kernel.shape, strict=True)]
    full = np.fft.irfft2(np.fft.rfft2(image, size) * np.fft.rfft2(kernel[::-1, ::-1], size), size)
    kh, kw = kernel.shape
    return full[kh - 1 : image.shape[0], kw - 1 : image.shape[1]]


def correlate2d_fortran_order(image, kernel):
    return np.asfortranarray(correlate2d_einsum(image, kernel))


def correlate2d_torch(image, kernel):
    import torch

    image, kernel = torch.tensor(image, dtype=torch.float64), torch.tensor(kernel).double()
    return torch.nn.functional.conv2d(image[None, None], kernel[None, None])[0, 0].numpy()


def conv_loops(input, weight, bias=None):
    places = [n - k + 1 for n, k in zip(input.shape[2:], weight.shape[2:], strict=True)]
    out = np.zeros((len(input), len(weight), *places))
    for n, o in product(range(len(input)), range(len(weight))):
        for c in range(input.shape[1]):
            out[n, o] += _correlate_loops(input[n, c], weight[o, c])
        if bias is not None:
            out[n, o] += bias[o]
    return out


def conv_tensordot(input, weight, bias=None):
    axes = tuple(range(2, input.ndim))
    windows = sliding_window_view(input, weight.shape[2:], axis=axes)
    taps = range(input.ndim, 2 * input.ndim - 2)
    out = np.tensordot(windows, weight, axes=((1, *taps), range(1, weight.ndim)))
    return np.moveaxis(out if bias is None else out + bias, -1, 1)


def conv_strides(x, w, b=None):
    places = tuple(n - k + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True))
    shape = (len(x), *places, x.shape[1], *w.shape[2:])
    strides = (x.strides[0], *x.strides[2:], x.strides[1], *x.strides[2:])
    columns = as_strided(x, shape, strides).reshape(len(x), -1, w[0].size)
    out = (columns @ w.reshape(len(w), -1).T).swapaxes(1, 2).reshape(len(x), len(w), *places)
    return out if b is None else out + np.reshape(b, (-1, *[1] * len(places)))


def conv_shifted(input, weight, bias=None):
    places = [n - k + 1 for n, k in zip(input.shape[2:], weight.shape[2:], strict=True)]
    out = np.zeros((len(weight), len(input), *places))
    for tap in np.ndindex(*weight.shape[2:]):
        cut = tuple(slice(t, t + p) for t, p in zip(tap, places, strict=True))
        out += np.tensordot(weight[(..., *tap)], input[(slice(None), slice(None), *cut)], (1, 1))
    if bias is not None:
        out += bias.reshape(-1, *[1] * (out.ndim - 1))
    return out.swapaxes(0, 1)


def conv_torch(input, weight, bias=None):
    import torch

    conv = (torch.nn.functional.conv1d, torch.nn.functional.conv2d, torch.nn.functional.conv3d)
    given = [None if a is None else torch.tensor(a).double() for a in (input, weight, bias)]
    return conv[input.ndim - 3](*given).numpy()


def conv_torch_float32(input, weight, *, bias=None):
    import torch

    conv = (torch.nn.functional.conv1d, torch.nn.functional.conv2d, torch.nn.functional.conv3d)
    given = [None if a is None else torch.tensor(a).float() for a in (input, weight, bias)]
    return conv[input.ndim - 3](*given)


def conv_lists(input, weight, bias=None):
    return conv_tensordot(input, weight, bias).tolist()


CONV = {
    "loops": conv_loops,
    "tensordot": conv_tensordot,
    "strides, other names": conv_strides,
    "shifted": conv_shifted,
    "torch": conv_torch,
    "torch in float32, bias by keyword": conv_torch_float32,
    "lists": conv_lists,
}
RIGHT = {
    "correlate1d": {
        "loops": correlate1d_loops,
        "np.correlate": correlate1d_numpy,
        "windows": correlate1d_windows,
        "list": correlate1d_list,
        "torch": correlate1d_torch,
        "float32": correlate1d_float32,
    },
    "correlate2d": {
        "loops": correlate2d_loops,
        "einsum": correlate2d_einsum,
        "shifted": correlate2d_shifted,
        "fft": correlate2d_fft,
        "fortran order": correlate2d_fortran_order,
        "torch": correlate2d_torch,
    },
    "conv1d": CONV,
    "conv2d": CONV,
    "conv3d": CONV,
}
