"""Activations: one number in, one number out, and a bend in between.

Each function stands beside its derivative. A backward partner takes the gradient of the output and
the same input, and returns the gradient of the input: grad_output times the slope at each value.
Integers are read as float64; float32 stays float32.
"""

from __future__ import annotations

import math

import numpy as np

from . import arguments
from .fast import blocks
from .fast.erf import erf


def relu(input, inplace=False) -> np.ndarray:
    """Return x where x > 0, else 0.

    Shapes: any; the result has the same. `inplace` is there for torch's sake and must be False.
    Errors: TypeError for what is no array of numbers; ValueError for inplace=True.
    Source: torch.nn.functional.relu; lesson 6.5.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return blocks.at_once(blocks.relu, _values(input, inplace))


def relu_backward(grad_output, input, inplace=False) -> np.ndarray:
    """Return the gradient of `relu`: the slope is 1 where x > 0 and 0 elsewhere, at 0 too.

    Shapes: grad_output and input alike.
    Errors: those of `relu`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> relu_backward(np.ones(3), np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    x = _values(input, inplace)
    grad = arguments.gradient(grad_output, x.shape, x.dtype)
    return np.where(x <= 0, grad.dtype.type(0), grad)  # even an infinite gradient stops here


def leaky_relu(input, negative_slope=0.01, inplace=False) -> np.ndarray:
    """Return x where x > 0, else x times negative_slope.

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers or no number; ValueError for inplace=True.
    Source: Maas, Hannun and Ng 2013; torch.nn.functional.leaky_relu; lesson 6.6.

    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]))
    array([-0.02,  0.  ,  3.  ])
    """
    slope = arguments.number("negative_slope", negative_slope)
    return blocks.blockwise(blocks.leaky_relu(slope), _values(input, inplace))


def leaky_relu_backward(grad_output, input, negative_slope=0.01, inplace=False) -> np.ndarray:
    """Return the gradient of `leaky_relu`: the slope is 1 where x > 0, else negative_slope.

    Shapes: grad_output and input alike.
    Errors: those of `leaky_relu`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> leaky_relu_backward(np.ones(3), np.array([-2.0, 0.0, 3.0]), 0.1)
    array([0.1, 0.1, 1. ])
    """
    slope = arguments.number("negative_slope", negative_slope)
    return _by_slope(grad_output, _values(input, inplace), lambda x: np.where(x > 0, 1, slope))


def sigmoid(input) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), between 0 and 1.

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers.
    Source: torch.sigmoid; lesson 6.3.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return blocks.blockwise(blocks.sigmoid, _values(input))


def sigmoid_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `sigmoid`: the slope is s * (1 - s), at most 0.25.

    Shapes: grad_output and input alike.
    Errors: those of `sigmoid`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> sigmoid_backward(np.ones(2), np.array([0.0, 50.0])).round(6)
    array([0.25, 0.  ])
    """
    return _by_slope(grad_output, _values(input), lambda x: _sigmoid(x) * (1 - _sigmoid(x)))


def tanh(input) -> np.ndarray:
    """Return the hyperbolic tangent, between -1 and 1.

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers.
    Source: torch.tanh; lesson 6.4.

    >>> tanh(np.array([-1000.0, 0.0, 0.5])).round(4)
    array([-1.    ,  0.    ,  0.4621])
    """
    return blocks.at_once(np.tanh, _values(input))


def tanh_backward(grad_output, input) -> np.ndarray:
    """Return the gradient of `tanh`: the slope is 1 - tanh(x) squared, at most 1.

    Shapes: grad_output and input alike.
    Errors: those of `tanh`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> tanh_backward(np.ones(2), np.array([0.0, 50.0]))
    array([1., 0.])
    """
    return _by_slope(grad_output, _values(input), lambda x: 1 - np.tanh(x) ** 2)


def elu(input, alpha=1.0, inplace=False) -> np.ndarray:
    """Return x where x > 0, else alpha * (exp(x) - 1).

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers or no number; ValueError for inplace=True.
    Source: Clevert, Unterthiner and Hochreiter 2016; torch.nn.functional.elu; lesson 6.7.

    >>> elu(np.array([-1000.0, 0.0, 3.0]))
    array([-1.,  0.,  3.])
    """
    alpha = arguments.number("alpha", alpha)
    return _each(
        _values(input, inplace), lambda x: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0)), x)
    )


def elu_backward(grad_output, input, alpha=1.0, inplace=False) -> np.ndarray:
    """Return the gradient of `elu`: the slope is 1 where x > 0, else alpha * exp(x).

    Shapes: grad_output and input alike.
    Errors: those of `elu`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> elu_backward(np.ones(3), np.array([-1000.0, 0.0, 3.0]), 0.5)
    array([0. , 0.5, 1. ])
    """
    alpha = arguments.number("alpha", alpha)
    return _by_slope(
        grad_output,
        _values(input, inplace),
        lambda x: np.where(x <= 0, alpha * np.exp(np.minimum(x, 0)), 1),
    )


def gelu(input, *, approximate="none") -> np.ndarray:
    """Return x times the share of a normal distribution that lies below x.

    With approximate="tanh" that share is taken as
    (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2.

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers; ValueError for another `approximate`.
    Source: Hendrycks and Gimpel 2016; torch.nn.functional.gelu; lesson 6.7.

    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    share, _ = _gelu_parts(approximate)
    return _each(_values(input), lambda x: x * share(x))


def gelu_backward(grad_output, input, *, approximate="none") -> np.ndarray:
    """Return the gradient of `gelu`: the share below x, plus x times its density.

    Shapes: grad_output and input alike.
    Errors: those of `gelu`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> gelu_backward(np.ones(3), np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.0833,  0.5   ,  1.0833])
    """
    share, density = _gelu_parts(approximate)
    return _by_slope(grad_output, _values(input), lambda x: share(x) + x * density(x))


def silu(input, inplace=False) -> np.ndarray:
    """Return x * sigmoid(x).

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers; ValueError for inplace=True.
    Source: Elfwing, Uchibe and Doya 2018; torch.nn.functional.silu; lesson 6.7.

    >>> silu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """
    return _each(_values(input, inplace), lambda x: x * _sigmoid(x))


def silu_backward(grad_output, input, inplace=False) -> np.ndarray:
    """Return the gradient of `silu`: s + x * s * (1 - s) with s = sigmoid(x).

    Shapes: grad_output and input alike.
    Errors: those of `silu`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> silu_backward(np.ones(2), np.array([0.0, 1.0])).round(4)
    array([0.5   , 0.9277])
    """
    return _by_slope(
        grad_output,
        _values(input, inplace),
        lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))),
    )


def softplus(input, beta=1.0, threshold=20.0) -> np.ndarray:
    """Return log(1 + exp(beta * x)) / beta, and x itself where beta * x is above threshold.

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers or no number.
    Source: torch.nn.functional.softplus; lesson 6.7.

    >>> softplus(np.array([-1000.0, 0.0, 30.0])).round(4)
    array([ 0.    ,  0.6931, 30.    ])
    """
    beta, threshold = arguments.number("beta", beta), arguments.number("threshold", threshold)
    return _each(
        _values(input),
        lambda x: np.where(
            x * beta > threshold,
            x,
            np.log1p(np.exp(np.minimum(x * beta, threshold))) / x.dtype.type(beta),
        ),
    )


def softplus_backward(grad_output, input, beta=1.0, threshold=20.0) -> np.ndarray:
    """Return the gradient of `softplus`: the slope is sigmoid(beta * x), and 1 above threshold.

    Shapes: grad_output and input alike.
    Errors: those of `softplus`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> softplus_backward(np.ones(3), np.array([-1000.0, 0.0, 30.0]))
    array([0. , 0.5, 1. ])
    """
    beta, threshold = arguments.number("beta", beta), arguments.number("threshold", threshold)
    return _by_slope(
        grad_output,
        _values(input),
        lambda x: np.where(x * beta > threshold, 1, _odds_to_share(np.exp(x * beta))),
    )


def hardswish(input, inplace=False) -> np.ndarray:
    """Return x * min(max(x + 3, 0), 6) / 6: silu made of straight lines.

    Shapes: any; the result has the same.
    Errors: TypeError for what is no array of numbers; ValueError for inplace=True.
    Source: Howard et al. 2019; torch.nn.functional.hardswish; lesson 6.7.

    >>> hardswish(np.array([-4.0, -1.0, 0.0, 4.0])).round(4)
    array([-0.    , -0.3333,  0.    ,  4.    ])
    """
    return _each(_values(input, inplace), lambda x: x * np.clip(x + 3, 0, 6) / 6)


def hardswish_backward(grad_output, input, inplace=False) -> np.ndarray:
    """Return the gradient of `hardswish`: 0 up to -3, 1 from 3, x / 3 + 0.5 between.

    Shapes: grad_output and input alike.
    Errors: those of `hardswish`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> hardswish_backward(np.ones(3), np.array([-3.0, 0.0, 3.0]))
    array([0. , 0.5, 1. ])
    """
    x = _values(input, inplace)
    grads = _by_slope(grad_output, x, lambda x: np.where(x < 3, x / 3 + 0.5, 1))
    return np.where(x <= -3, x.dtype.type(0), grads)  # even an infinite gradient stops here


def prelu(input, weight) -> np.ndarray:
    """Return x where x > 0, else x times a learned weight: one for all, or one per channel.

    Shapes: input (N, C, ...) with weight (C,), or any input with weight (1,) or ().
    Errors: TypeError for what is no array of numbers; ValueError where weight doesn't fit.
    Source: He, Zhang, Ren and Sun 2015; torch.nn.functional.prelu; lesson 6.7.

    >>> prelu(np.array([[-2.0, -2.0], [3.0, 3.0]]), np.array([0.5, 0.1]))
    array([[-1. , -0.2],
           [ 3. ,  3. ]])
    """
    x, slopes, _ = _prelu_call(input, weight)
    return _each(x, lambda x: np.where(x > 0, x, x * slopes))


def prelu_backward(grad_output, input, weight) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of `prelu` with respect to input and weight.

    Shapes: grad_output and input alike; grad_weight as weight.
    Errors: those of `prelu`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> prelu_backward(np.ones((1, 2)), np.array([[-2.0, 3.0]]), np.array([0.5]))
    (array([[0.5, 1. ]]), array([-2.]))
    """
    x, slopes, weight = _prelu_call(input, weight)
    grad_input = _by_slope(grad_output, x, lambda x: np.where(x > 0, 1, slopes))
    per_channel = tuple(axis for axis in range(x.ndim) if axis != 1 or weight.size == 1)
    with np.errstate(all="ignore"):
        shares = np.where(x > 0, 0, x * grad_output)
        grad_weight = np.asarray(shares.sum(per_channel, dtype=x.dtype))
    return grad_input, grad_weight.reshape(weight.shape)


def softmax(input, dim=None, *, dtype=None) -> np.ndarray:
    """Return exp(x) over the sum of exp(x) along `dim`: positive shares that add up to 1.

    Shapes: any; the result has the same. Without `dim` it is 0 for 0, 1 and 3 axes, else 1, as in
        torch; `dtype` is what the input is read as.
    Errors: TypeError for what is no array or no int; ValueError for an axis that isn't there.
    Source: torch.nn.functional.softmax; lesson 6.3.

    >>> softmax(np.array([0.0, np.log(3.0)]), 0)
    array([0.25, 0.75])
    """
    x, axis = _softmax_call(input, dim, dtype)
    return _each(x, lambda x: np.exp(_log_softmax(x, axis)))


def softmax_backward(grad_output, input, dim=None, *, dtype=None) -> np.ndarray:
    """Return the gradient of `softmax`: s * (grad - sum of grad * s along `dim`).

    Shapes: grad_output and input alike; the gradient in the dtype of input, not in `dtype`.
    Errors: those of `softmax`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 7.5.

    >>> softmax_backward(np.array([1.0, 0.0]), np.array([0.0, 0.0]), 0)
    array([ 0.25, -0.25])
    """
    x, axis = _softmax_call(input, dim, dtype)
    grad = arguments.gradient(grad_output, x.shape, x.dtype)

    def gradient(x):
        shares = np.exp(_log_softmax(x, axis))
        return shares * (grad - (grad * shares).sum(axis, keepdims=True))

    return arguments.cast(_each(x, gradient), _values(input).dtype)


def log_softmax(input, dim=None, *, dtype=None) -> np.ndarray:
    """Return the logarithm of `softmax`, without the loss of small shares.

    Shapes: as in `softmax`.
    Errors: those of `softmax`.
    Source: torch.nn.functional.log_softmax; lesson 08.

    >>> log_softmax(np.array([0.0, 1000.0]), 0)
    array([-1000.,     0.])
    """
    x, axis = _softmax_call(input, dim, dtype)
    return _each(x, lambda x: _log_softmax(x, axis))


def log_softmax_backward(grad_output, input, dim=None, *, dtype=None) -> np.ndarray:
    """Return the gradient of `log_softmax`: grad - s * (sum of grad along `dim`).

    Shapes: grad_output and input alike; the gradient in the dtype of input, not in `dtype`.
    Errors: those of `softmax`; ValueError where the shapes differ.
    Source: torch.autograd; lesson 08.

    >>> log_softmax_backward(np.array([1.0, 0.0]), np.array([0.0, 0.0]), 0)
    array([ 0.5, -0.5])
    """
    x, axis = _softmax_call(input, dim, dtype)
    grad = arguments.gradient(grad_output, x.shape, x.dtype)
    grads = _each(x, lambda x: grad - np.exp(_log_softmax(x, axis)) * grad.sum(axis, keepdims=True))
    return arguments.cast(grads, _values(input).dtype)


def _values(input, inplace=False) -> np.ndarray:
    """Return the input as floats; nothing of cnnlab writes into its input."""
    if arguments.flag("inplace", inplace):
        raise ValueError("inplace must be False: cnnlab never writes into its input; got True")
    return arguments.floats(arguments.array("input", input))


@np.errstate(all="ignore")  # infinities and NaN follow IEEE 754 silently, as in torch
def _each(x, formula) -> np.ndarray:
    """Return formula(x) in the dtype of x; half precision is reckoned in float32, as in torch."""
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    return np.asarray(formula(wide)).astype(x.dtype, copy=False)


def _by_slope(grad_output, x, slope) -> np.ndarray:
    """Return grad_output times the slope at every value of x; no gradient, no share in it."""
    grad = arguments.gradient(grad_output, x.shape, x.dtype)
    return _each(x, lambda x: grad * slope(x))


def _sigmoid(x) -> np.ndarray:
    """Return 1 / (1 + exp(-x)); where exp overflows to infinity the result is rightly 0."""
    return 1 / (1 + np.exp(-x))


def _odds_to_share(odds) -> np.ndarray:
    """Return odds / (1 + odds), which keeps the digits of small odds."""
    return odds / (1 + odds)


def _gelu_parts(approximate):
    """Return the share of the distribution below x and its density, as two functions."""
    arguments.choice("approximate", approximate, ("none", "tanh"))
    if approximate == "none":
        root = math.sqrt(2)
        density = lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi)  # noqa: E731
        return lambda x: 0.5 * (1 + erf(x / root)), density
    scale, cubic = math.sqrt(2 / math.pi), 0.044715
    curve = lambda x: np.tanh(scale * (x + cubic * x * x * x))  # noqa: E731
    inner_slope = lambda x: scale * (1 + 3 * cubic * x * x)  # noqa: E731
    return (
        lambda x: 0.5 * (1 + curve(x)),
        lambda x: 0.5 * (1 - curve(x) ** 2) * inner_slope(x),
    )


def _log_softmax(x, axis) -> np.ndarray:
    """Return x - log(sum(exp(x))), the largest value taken out first so that exp stays finite."""
    if not x.size:
        return x.copy()
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def _softmax_call(input, dim, dtype):
    """Return the checked input and axis of a softmax."""
    x = _values(input)
    if dtype is not None:
        x = arguments.cast(x, arguments.float_dtype("dtype", dtype))
    if dim is None:
        dim = 0 if x.ndim in (0, 1, 3) else 1
    dim, axes = arguments.integer("dim", dim), max(x.ndim, 1)
    if not -axes <= dim < axes:
        raise ValueError(f"dim must be from {-axes} to {axes - 1}; got dim={dim}")
    return x, dim if x.ndim else ()


def _prelu_call(input, weight):
    """Return the checked input, the slopes lined up with its channels, and the weight."""
    x, weight = _values(input), arguments.array("weight", weight, (0, 1), "at most one axis")
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.size not in (1, channels):
        raise ValueError(
            f"weight must have one value or one for each of the {channels} channels; "
            f"got shape {weight.shape}"
        )
    dtype = np.result_type(x, arguments.floats(weight))
    x, weight = x.astype(dtype, copy=False), weight.astype(dtype, copy=False)
    lined_up = (1, channels, *[1] * (x.ndim - 2)) if weight.size != 1 else [1] * x.ndim
    return x, weight.reshape(lined_up), weight
