"""What the activation explorer computes: values and slopes, gradients by depth, dead units.

Everything comes from cnnlab's own functions and their backward partners.
"""

from __future__ import annotations

import numpy as np

from cnnlab import activations, arguments

NAMES = (
    "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "hardswish",
)  # fmt: skip
UNITS = 32


def both(name: str, x: np.ndarray, negative_slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of an activation and its slopes.

    >>> [v.tolist() for v in both("leaky_relu", np.array([-2.0, 3.0]), 0.5)]
    [[-1.0, 3.0], [0.5, 1.0]]
    """
    more = (negative_slope,) if name == "leaky_relu" else ()
    value = getattr(activations, name)(x, *more)
    return value, getattr(activations, f"{name}_backward")(np.ones_like(x), x, *more)


def norms(name: str, x: np.ndarray, depth: int, negative_slope: float) -> np.ndarray:
    """Return the size of the gradient after 0, 1 ... depth layers that only apply the activation.

    It is the root of the mean square, over the data, of the product of the slopes: by the chain
    rule the gradient that reaches the data, where each last layer's output has gradient 1.

    >>> norms("sigmoid", np.zeros(1), 2, 0.0).round(4).tolist()
    [1.0, 0.25, 0.0588]
    """
    product, sizes = np.ones_like(x), [1.0]
    for _ in range(depth):
        x, slope = both(name, x, negative_slope)
        product = product * slope
        sizes.append(float(np.sqrt(np.mean(product**2))))
    return np.array(sizes)


def layer() -> tuple[np.ndarray, np.ndarray]:
    """Return the weights and biases of the small layer, the same at every run.

    >>> [part.shape for part in layer()]
    [(32,), (32,)]
    """
    numbers = np.random.default_rng(5)
    return numbers.normal(0, 1, UNITS), numbers.normal(0, 0.7, UNITS)


def shares(data: np.ndarray, bias: float, rate: float) -> np.ndarray:
    """Return for each ReLU unit for which share of the data it is on, after one step.

    Unit j is relu(w[j] * x + b[j] + bias). The step is plain gradient descent with this learning
    rate on the mean over the data of half the squared outputs; rate 0 changes nothing. A unit with
    share 0 is dead: no data reach it, so no gradient will bring it back.

    >>> bool((shares(np.array([0.5, -1.0]), -50.0, 0.0) == 0).all())
    True
    """
    weight, own = layer()
    before = data[:, np.newaxis] * weight + own + bias
    output = activations.relu(before)
    grad = activations.relu_backward(output / len(data), before)
    weight = weight - rate * (grad * data[:, np.newaxis]).sum(0)
    own = own + bias - rate * grad.sum(0)
    after = activations.relu(data[:, np.newaxis] * weight + own)
    return (after > 0).mean(0)


def learning_rate(value: object) -> float:
    """Return a learning rate, which the page gives as text.

    Errors: TypeError for what is no number; ValueError below 0.

    >>> learning_rate("0.3"), learning_rate(2)
    (0.3, 2.0)
    """
    try:
        rate = float(value) if isinstance(value, str) else arguments.number("rate", value)
    except ValueError:
        raise ValueError(f"rate must be a number; got rate={value!r}") from None
    if not 0 <= rate < np.inf:
        raise ValueError(f"rate must be at least 0 and finite; got rate={value!r}")
    return rate
