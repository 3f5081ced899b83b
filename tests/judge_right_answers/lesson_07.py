"""Right answers to lesson 07's exercises, each in several styles."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# ---------------------------------------------------------------- numeric_gradient


def numeric_moving_x(f, x, eps=1e-5):
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        before = x[i]
        x[i] = before + eps
        above = f(x)
        x[i] = before - eps
        below = f(x)
        x[i] = before
        grad[i] = (above - below) / (2 * eps)
    return grad


def numeric_adding_back(f, x, eps=1e-5):
    # x is put back by adding, so that its last digit may differ afterwards.
    grad = np.zeros(x.shape)
    for i in range(x.size):
        x.flat[i] += eps
        above = f(x)
        x.flat[i] -= 2 * eps
        below = f(x)
        x.flat[i] += eps
        grad.flat[i] = (above - below) / eps / 2
    return grad


def numeric_of_copies(f, x, h=1e-5):
    slopes = []
    for i in range(x.size):
        up, down = x.copy(), x.copy()
        up.flat[i] += h
        down.flat[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return np.array(slopes).reshape(x.shape)


def numeric_by_steps(f, x, eps=1e-5):
    steps = eps * np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([(f(x + s) - f(x - s)) / (2 * eps) for s in steps], x.shape).tolist()


def numeric_by_iterator(f, x, eps=1e-5):
    grad = np.empty(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        step = np.zeros(x.shape)
        step[it.multi_index] = eps
        grad[it.multi_index] = (float(f(x + step)) - float(f(x - step))) / (2 * eps)
        it.iternext()
    return grad


# ---------------------------------------------------------------- conv2d_backward


def conv_by_loops(grad_output, input, weight):
    kh, kw = weight.shape[2:]
    grad_input, grad_weight = np.zeros_like(input), np.zeros_like(weight)
    grad_bias = np.zeros(weight.shape[0])
    for n, o, y, x in np.ndindex(grad_output.shape):
        g = grad_output[n, o, y, x]
        grad_input[n, :, y : y + kh, x : x + kw] += weight[o] * g
        grad_weight[o] += input[n, :, y : y + kh, x : x + kw] * g
        grad_bias[o] += g
    return grad_input, grad_weight, grad_bias


def conv_by_einsum(grad_output, input, weight):
    kh, kw = weight.shape[2:]
    windows = sliding_window_view(input, (kh, kw), (2, 3))
    around = ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1))
    padded = sliding_window_view(np.pad(grad_output, around), (kh, kw), (2, 3))
    grad_input = np.einsum("noyxij,ocij->ncyx", padded, weight[:, :, ::-1, ::-1])
    grad_weight = np.einsum("noyx,ncyxij->ocij", grad_output, windows)
    return grad_input, grad_weight, grad_output.sum((0, 2, 3))


def conv_by_taps(g, x, w):
    oh, ow = g.shape[2:]
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            under = x[:, :, i : i + oh, j : j + ow]
            dw[:, :, i, j] = np.tensordot(g, under, ((0, 2, 3), (0, 2, 3)))
            dx[:, :, i : i + oh, j : j + ow] += np.tensordot(g, w[:, :, i, j], (1, 0)).transpose(
                0, 3, 1, 2
            )
    return [dx, dw, np.einsum("noyx->o", g)]


def conv_with_torch(grad_output, input, weight):
    import torch

    x, w = torch.tensor(input, requires_grad=True), torch.tensor(weight, requires_grad=True)
    b = torch.zeros(len(weight), dtype=w.dtype, requires_grad=True)
    torch.nn.functional.conv2d(x, w, b).backward(torch.tensor(grad_output))
    return x.grad, w.grad, b.grad


def conv_in_float32(grad_output, input, weight):
    return tuple(a.astype(np.float32) for a in conv_by_einsum(grad_output, input, weight))


# ---------------------------------------------------------------- pools


def max_by_loops(grad_output, input, kernel_size, stride=None):
    k, s = kernel_size, stride or kernel_size
    grad_input = np.zeros_like(input)
    for n, c, y, x in np.ndindex(grad_output.shape):
        window = input[n, c, y * s : y * s + k, x * s : x * s + k]
        i, j = np.unravel_index(window.argmax(), window.shape)
        grad_input[n, c, y * s + i, x * s + j] += grad_output[n, c, y, x]
    return grad_input


def max_by_search(grad_output, input, kernel_size, stride=None):
    stride = kernel_size if stride is None else stride
    out = np.zeros(input.shape)
    for n, c, y, x in np.ndindex(grad_output.shape):
        best, where = -np.inf, None
        for row in range(y * stride, y * stride + kernel_size):
            for column in range(x * stride, x * stride + kernel_size):
                if input[n, c, row, column] > best:
                    best, where = input[n, c, row, column], (n, c, row, column)
        out[where] += grad_output[n, c, y, x]
    return out.tolist()


def max_by_add_at(g, x, k, s=None):
    s = s or k
    windows = sliding_window_view(x, (k, k), (2, 3))[:, :, ::s, ::s]
    winner = windows.reshape(*g.shape, k * k).argmax(-1)
    n, c, i, j = np.indices(g.shape)
    out = np.zeros(x.shape)
    np.add.at(out, (n, c, i * s + winner // k, j * s + winner % k), g)
    return out


def max_with_torch(grad_output, input, kernel_size, stride=None):
    import torch

    x = torch.from_numpy(input).requires_grad_()
    torch.nn.functional.max_pool2d(x, kernel_size, stride).backward(torch.from_numpy(grad_output))
    return x.grad.numpy()


def max_in_float32(grad_output, input, kernel_size, stride=None):
    return max_by_add_at(grad_output, input, kernel_size, stride).astype(np.float32)


def avg_by_loops(grad_output, input, kernel_size, stride=None):
    k, s = kernel_size, stride or kernel_size
    grad_input = np.zeros_like(input)
    for n, c, y, x in np.ndindex(grad_output.shape):
        share = grad_output[n, c, y, x] / (k * k)
        grad_input[n, c, y * s : y * s + k, x * s : x * s + k] += share
    return grad_input


def avg_by_taps(g, x, k, s=None):
    s = s or k
    out = np.zeros(x.shape)
    oh, ow = g.shape[2:]
    for i, j in np.ndindex(k, k):
        out[:, :, i : i + s * (oh - 1) + 1 : s, j : j + s * (ow - 1) + 1 : s] += g
    return out / k**2


def avg_by_matrices(grad_output, input, kernel_size, stride=None):
    stride = stride or kernel_size

    def means(n, places):
        cell, place = np.arange(n), stride * np.arange(places)[:, None]
        return ((cell >= place) & (cell < place + kernel_size)) / kernel_size

    rows = means(input.shape[2], grad_output.shape[2])
    columns = means(input.shape[3], grad_output.shape[3])
    return rows.T @ grad_output @ columns


def avg_with_torch(grad_output, input, kernel_size, stride=None):
    import torch

    x = torch.from_numpy(input).requires_grad_()
    y = torch.nn.functional.avg_pool2d(x, kernel_size, stride)
    return torch.autograd.grad(y, x, torch.from_numpy(grad_output))[0]


def avg_in_float32(grad_output, input, kernel_size, stride=None):
    return np.asfortranarray(avg_by_taps(grad_output, input, kernel_size, stride), np.float32)


# ---------------------------------------------------------------- relu_backward


def relu_copy(grad_output, input):
    grad = grad_output.copy()
    grad[input <= 0] = 0
    return grad


def relu_loops(grad_output, input):
    out = np.zeros_like(grad_output)
    for i in np.ndindex(input.shape):
        if input[i] > 0:
            out[i] = grad_output[i]
    return out


def relu_torch(grad_output, input):
    import torch

    x = torch.from_numpy(input).requires_grad_()
    torch.relu(x).backward(torch.from_numpy(grad_output))
    return x.grad


# ---------------------------------------------------------------- gradient_error


def error_by_copies(f, x, gradient, eps=1e-5):
    measured = numeric_of_copies(f, x, eps)
    size = max(np.abs(measured).max(), np.abs(gradient).max())
    return np.abs(measured - gradient).max() / size if size else 0.0


def error_by_loops(f, x, gradient, eps=1e-5):
    largest = size = 0.0
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = eps
        slope = (f(x + step) - f(x - step)) / (2 * eps)
        largest = max(largest, abs(slope - gradient[i]))
        size = max(size, abs(slope), abs(gradient[i]))
    return 0 if size == 0 else largest / size


def error_by_tiny(f, x, gradient, eps=1e-5):
    both = np.stack([numeric_moving_x(f, x, eps), gradient])
    return np.ptp(both, axis=0).max() / max(np.abs(both).max(), 1e-300)


def error_as_float32(f, x, gradient, eps=1e-5):
    return np.float32(error_by_copies(f, x, gradient, eps))


def error_by_norm(f, x, gradient, eps=1e-5):
    measured, claimed = numeric_by_iterator(f, x, eps).ravel(), gradient.ravel()
    sizes = [np.linalg.norm(a, np.inf) for a in (measured, claimed, measured - claimed)]
    return float(sizes[2] / (max(sizes[:2]) or 1))


RIGHT = {
    "gradient_error": {
        "copies": error_by_copies,
        "loops": error_by_loops,
        "tiny": error_by_tiny,
        "float32": error_as_float32,
        "largest norm": error_by_norm,
    },
    "numeric_gradient": {
        "moving x": numeric_moving_x,
        "adding back": numeric_adding_back,
        "copies": numeric_of_copies,
        "steps, a list": numeric_by_steps,
        "iterator": numeric_by_iterator,
    },
    "conv2d_backward": {
        "loops": conv_by_loops,
        "einsum": conv_by_einsum,
        "taps, a list": conv_by_taps,
        "torch": conv_with_torch,
        "float32": conv_in_float32,
    },
    "max_pool2d_backward": {
        "loops": max_by_loops,
        "search, a list": max_by_search,
        "add.at": max_by_add_at,
        "torch": max_with_torch,
        "float32": max_in_float32,
    },
    "avg_pool2d_backward": {
        "loops": avg_by_loops,
        "taps": avg_by_taps,
        "matrices": avg_by_matrices,
        "torch": avg_with_torch,
        "float32": avg_in_float32,
    },
    "relu_backward": {
        "product": lambda grad_output, input: grad_output * (input > 0),
        "where": lambda g, x: np.where(x > 0, g, 0).tolist(),
        "copy": relu_copy,
        "loops": relu_loops,
        "float32": lambda g, x: (g * (x > 0)).astype(np.float32),
        "torch": relu_torch,
    },
}
