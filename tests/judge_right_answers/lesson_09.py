"""Right answers to lesson 09's exercises, each in several styles."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

# ---------------------------------------------------------------- im2col


def columns_by_loops(input, kernel_size):
    kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    n, c, h, w = input.shape
    oh, ow = h - kh + 1, w - kw + 1
    out = np.zeros((n, c * kh * kw, oh * ow))
    for b in range(n):
        for y in range(oh):
            for x in range(ow):
                out[b, :, y * ow + x] = input[b, :, y : y + kh, x : x + kw].reshape(-1)
    return out


def columns_by_windows(input, kernel_size):
    kh, kw = np.broadcast_to(kernel_size, 2)
    windows = sliding_window_view(input, (kh, kw), (2, 3)).transpose(0, 1, 4, 5, 2, 3)
    return windows.reshape(input.shape[0], input.shape[1] * kh * kw, -1)


def columns_by_strides(x, k):
    kh, kw = (k, k) if isinstance(k, int) else k
    n, c, h, w = x.shape
    shape = n, c, kh, kw, h - kh + 1, w - kw + 1
    sn, sc, sh, sw = x.strides
    view = as_strided(x, shape, (sn, sc, sh, sw, sh, sw), writeable=False)
    return view.reshape(n, c * kh * kw, shape[4] * shape[5])


def columns_by_taps(input, kernel_size):
    kh, kw = (kernel_size, kernel_size) if np.isscalar(kernel_size) else kernel_size
    n, c, h, w = input.shape
    taps = [
        input[:, :, i : h - kh + 1 + i, j : w - kw + 1 + j] for i in range(kh) for j in range(kw)
    ]
    return np.stack(taps, axis=2).reshape(n, c * kh * kw, -1)


def columns_by_indices(input, kernel_size):
    kh, kw = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    n, c, h, w = input.shape
    y, x = np.indices((h - kh + 1, w - kw + 1)).reshape(2, -1)
    i, j = np.indices((kh, kw)).reshape(2, -1)
    return input[:, :, i[:, None] + y, j[:, None] + x].reshape(n, c * kh * kw, -1)


def columns_with_torch(input, kernel_size):
    import torch

    return torch.nn.functional.unfold(torch.from_numpy(input), kernel_size)


def columns_transposed_back(input, kernel_size):
    return np.ascontiguousarray(columns_by_loops(input, kernel_size).swapaxes(1, 2)).swapaxes(1, 2)


def columns_as_lists(input, kernel_size):
    return columns_by_taps(input, kernel_size).tolist()


def columns_in_float32(input, kernel_size):
    return columns_by_taps(input, kernel_size).astype(np.float32)


# ---------------------------------------------------------------- winograd_f23


def winograd_by_hand(signal, kernel):
    d0, d1, d2, d3 = signal
    g0, g1, g2 = kernel
    m1 = (d0 - d2) * g0
    m2 = (d1 + d2) * (g0 + g1 + g2) / 2
    m3 = (d2 - d1) * (g0 - g1 + g2) / 2
    m4 = (d1 - d3) * g2
    return np.array([m1 + m2 + m3, m2 - m3 - m4])


def winograd_by_matrices(d, g):
    to_signal = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    to_kernel = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    to_output = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
    return to_output @ ((to_kernel @ g) * (to_signal @ d))


def winograd_other_signs(signal, kernel):
    # The same method with the last difference and its sign turned round.
    outer, inner = kernel[0] + kernel[2], kernel[1]
    taps = np.array([kernel[0], (outer + inner) / 2, (outer - inner) / 2, kernel[2]])
    values = np.array(
        [signal[0] - signal[2], signal[1] + signal[2], signal[2] - signal[1], signal[3] - signal[1]]
    )
    m = taps * values
    return [float(m[:3].sum()), float(m[1] - m[2] + m[3])]


def winograd_by_loops(signal, kernel):
    out = np.zeros(2)
    for i in range(2):
        for j in range(3):
            out[i] += signal[i + j] * kernel[j]
    return out


def winograd_by_einsum(signal, kernel):
    return np.einsum("ij,j->i", sliding_window_view(signal, 3), kernel)


def winograd_with_torch(signal, kernel):
    import torch

    signal, kernel = torch.from_numpy(signal), torch.from_numpy(kernel)
    return torch.nn.functional.conv1d(signal.view(1, 1, 4), kernel.view(1, 1, 3)).flatten()


def winograd_in_float32(signal, kernel):
    return winograd_by_matrices(signal, kernel).astype(np.float32)


RIGHT = {
    "im2col": {
        "loops": columns_by_loops,
        "windows": columns_by_windows,
        "strides": columns_by_strides,
        "taps": columns_by_taps,
        "indices": columns_by_indices,
        "torch": columns_with_torch,
        "not contiguous": columns_transposed_back,
        "lists": columns_as_lists,
        "float32": columns_in_float32,
    },
    "winograd_f23": {
        "by hand": winograd_by_hand,
        "matrices": winograd_by_matrices,
        "other signs, a list": winograd_other_signs,
        "loops": winograd_by_loops,
        "einsum": winograd_by_einsum,
        "torch": winograd_with_torch,
        "float32": winograd_in_float32,
    },
}
