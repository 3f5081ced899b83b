"""Right answers to lesson 06's exercises, each in several styles."""

import math

import numpy as np


def each(function):
    """Return a function of arrays from one of numbers, written as a loop."""

    def looped(x, *more):
        out = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            out[i] = function(float(x[i]), *more)
        return out

    return looped


def as_lists(function):
    return lambda x, *more: function(x, *more).tolist()


def in_float32(function):
    return lambda x, *more: function(x.astype(np.float32), *more)


def slope_by_autograd(name):
    def slope(x, *more):
        import torch

        x = torch.from_numpy(x).requires_grad_()
        getattr(torch.nn.functional, name)(x, *more).sum().backward()
        return x.grad

    return slope


# ---------------------------------------------------------------- sigmoid


def sigmoid_naive(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_careful(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def sigmoid_by_cases(x):
    out = np.empty_like(x)
    above = x >= 0
    out[above] = 1 / (1 + np.exp(-x[above]))
    out[~above] = np.exp(x[~above]) / (1 + np.exp(x[~above]))
    return out


def sigmoid_by_tanh(x):
    return (np.tanh(x / 2) + 1) / 2


def sigmoid_both_sides(x):
    # Both sides are reckoned everywhere, with warnings, and the right one is picked.
    return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))


def sigmoid_of_clipped(x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -500, 500)))


def sigmoid_number(v):
    return 1 / (1 + math.exp(-v)) if v > 0 else 1 - 1 / (1 + math.exp(v))


def sigmoid_torch(x):
    import torch

    return torch.sigmoid(torch.from_numpy(x))


def sigmoid_slope_product(x):
    s = sigmoid_naive(x)
    return s * (1 - s)


def sigmoid_slope_quotient(x):
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


def sigmoid_slope_cosh(x):
    return 0.25 / np.cosh(x / 2) ** 2


# ---------------------------------------------------------------- tanh


def tanh_by_sigmoid(x):
    return 2 * sigmoid_naive(2 * x) - 1


def tanh_careful(x):
    small = np.exp(-2 * np.abs(x))
    return np.sign(x) * (1 - small) / (1 + small)


def tanh_by_expm1(x):
    half = np.expm1(-2 * np.abs(x))
    return np.copysign(half / (2 + half), x)


def tanh_torch(x):
    import torch

    return torch.tanh(torch.from_numpy(x)).numpy()


def tanh_slope_square(x):
    return 1 - np.tanh(x) ** 2


def tanh_slope_product(x):
    return (1 + np.tanh(x)) * (1 - np.tanh(x))


def tanh_slope_sigmoid(x):
    return 4 * sigmoid_slope_product(2 * x)


def tanh_slope_cosh(x):
    return 1 / np.cosh(x) ** 2


# ---------------------------------------------------------------- relu


def relu_product(x):
    return x * (x > 0)


def relu_half(x):
    return (x + abs(x)) / 2


def relu_copy(x):
    out = x.copy()
    out[out < 0] = 0
    return out


def relu_torch(x):
    import torch

    return torch.nn.functional.relu(torch.from_numpy(x))


def relu_slope_mask(x):
    return (x > 0).astype(float)


def relu_slope_heaviside(x):
    return np.heaviside(x, 0)


def relu_slope_where(x):
    return np.where(x > 0, 1, 0)


def relu_slope_copy(x):
    out = np.ones(x.shape)
    out[x <= 0] = 0
    return out


# ---------------------------------------------------------------- leaky_relu


def leaky_where(x, negative_slope=0.01):
    return np.where(x > 0, x, negative_slope * x)


def leaky_two_parts(x, negative_slope=0.01):
    return np.maximum(x, 0) + negative_slope * np.minimum(x, 0)


def leaky_copy(x, slope=0.01):
    out = x.copy()
    out[out < 0] *= slope
    return out


def leaky_torch(x, negative_slope=0.01):
    import torch

    return torch.nn.functional.leaky_relu(torch.from_numpy(x), negative_slope).numpy()


def leaky_slope_where(x, negative_slope=0.01):
    return np.where(x > 0, 1, negative_slope)


def leaky_slope_masks(x, negative_slope=0.01):
    return (x > 0) + negative_slope * (x <= 0)


def leaky_slope_copy(x, a=0.01):
    out = np.full(x.shape, a)
    out[x > 0] = 1
    return out


RIGHT = {
    "sigmoid": {
        "naive": sigmoid_naive,
        "careful": sigmoid_careful,
        "by cases": sigmoid_by_cases,
        "by tanh": sigmoid_by_tanh,
        "both sides": sigmoid_both_sides,
        "clipped": sigmoid_of_clipped,
        "vectorize": np.vectorize(sigmoid_number),
        "loops": each(sigmoid_number),
        "lists": as_lists(sigmoid_naive),
        "float32": in_float32(sigmoid_naive),
        "torch": sigmoid_torch,
    },
    "sigmoid_slope": {
        "product": sigmoid_slope_product,
        "quotient": sigmoid_slope_quotient,
        "cosh": sigmoid_slope_cosh,
        "loops": each(lambda v: sigmoid_number(v) * sigmoid_number(-v)),
        "lists": as_lists(sigmoid_slope_product),
        "float32": in_float32(sigmoid_slope_product),
        "torch": slope_by_autograd("sigmoid"),
    },
    "tanh": {
        "numpy": lambda x: np.tanh(x),
        "by sigmoid": tanh_by_sigmoid,
        "careful": tanh_careful,
        "expm1": tanh_by_expm1,
        "loops": each(math.tanh),
        "lists": as_lists(np.tanh),
        "float32": in_float32(tanh_by_sigmoid),
        "torch": tanh_torch,
    },
    "tanh_slope": {
        "square": tanh_slope_square,
        "product": tanh_slope_product,
        "by sigmoid": tanh_slope_sigmoid,
        "cosh": tanh_slope_cosh,
        "loops": each(lambda v: 1 - math.tanh(v) ** 2),
        "float32": in_float32(tanh_slope_square),
        "torch": slope_by_autograd("tanh"),
    },
    "relu": {
        "maximum": lambda x: np.maximum(x, 0),
        "product": relu_product,
        "half": relu_half,
        "copy": relu_copy,
        "loops": each(lambda v: max(v, 0.0)),
        "lists": as_lists(relu_product),
        "float32": in_float32(relu_copy),
        "torch": relu_torch,
    },
    "relu_slope": {
        "mask": relu_slope_mask,
        "heaviside": relu_slope_heaviside,
        "where, whole numbers": relu_slope_where,
        "copy": relu_slope_copy,
        "loops": each(lambda v: 1.0 if v > 0 else 0.0),
        "lists": as_lists(relu_slope_mask),
        "torch": slope_by_autograd("relu"),
    },
    "leaky_relu": {
        "where": leaky_where,
        "two parts": leaky_two_parts,
        "copy": leaky_copy,
        "loops": lambda x, negative_slope=0.01: each(lambda v: v if v > 0 else negative_slope * v)(
            x
        ),
        "lists": lambda x, negative_slope=0.01: leaky_where(x, negative_slope).tolist(),
        "float32": lambda x, slope=0.01: leaky_copy(x, slope).astype(np.float32),
        "torch": leaky_torch,
    },
    "leaky_relu_slope": {
        "where": leaky_slope_where,
        "masks": leaky_slope_masks,
        "copy": leaky_slope_copy,
        "loops": lambda x, negative_slope=0.01: each(lambda v: 1 if v > 0 else negative_slope)(x),
        "torch": lambda x, s=0.01: slope_by_autograd("leaky_relu")(x, s),
    },
}
