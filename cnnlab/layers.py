"""The layers: each an operator of this package with what it has learned and what it saw last.

Names and arguments are torch.nn's, so that a list of layers reads the same in both. What all
layers share stands in `layer.py`.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from . import activations, adaptive, arguments, averaging, convolution, pooling, pyramid, separable
from .layer import Layer, Weighted, layer_of, pair


class Conv2d(Weighted):
    """`cnnlab.conv2d` with a weight and a bias of its own.

    Shapes: (N, in_channels, H, W) makes (N, out_channels, places_h, places_w).
    Source: torch.nn.Conv2d; lesson 1.4.

    >>> Conv2d(3, 8, 3, padding=1)(np.zeros((2, 3, 5, 7))).shape
    (2, 8, 5, 7)
    """

    operators = pair(convolution, "conv2d")

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
        padding_mode="zeros",
        seed=None,
    ):
        super().__init__(
            in_channels=arguments.integer("in_channels", in_channels, minimum=1),
            out_channels=arguments.integer("out_channels", out_channels, minimum=1),
            **_window(kernel_size, stride, padding, dilation),
            groups=arguments.integer("groups", groups, minimum=1),
            bias=arguments.flag("bias", bias),
            padding_mode=arguments.choice("padding_mode", padding_mode, arguments.PADDING_MODES),
        )
        arguments.divides("groups", groups, in_channels=in_channels, out_channels=out_channels)
        self.seed = arguments.seed(seed)
        self.shapes = {"weight": (out_channels, in_channels // groups, *self.kernel_size)}
        if bias:
            self.shapes["bias"] = (out_channels,)


class DepthwiseConv2d(Weighted):
    """`cnnlab.depthwise_conv2d`: `multiplier` kernels for every channel, and no mixing.

    Shapes: (N, in_channels, H, W) makes (N, in_channels * multiplier, places_h, places_w).
    Source: torch.nn.Conv2d with groups = in_channels; lesson 3.2.

    >>> DepthwiseConv2d(4, 3, multiplier=2)(np.zeros((1, 4, 5, 5))).shape
    (1, 8, 3, 3)
    """

    operators = pair(separable, "depthwise_conv2d")

    def __init__(
        self,
        in_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        bias=True,
        multiplier=1,
        seed=None,
    ):
        super().__init__(
            in_channels=arguments.integer("in_channels", in_channels, minimum=1),
            **_window(kernel_size, stride, padding, dilation),
            bias=arguments.flag("bias", bias),
            multiplier=arguments.integer("multiplier", multiplier, minimum=1),
        )
        self.seed = arguments.seed(seed)
        self.groups, self.out_channels = in_channels, in_channels * multiplier
        self.shapes = {"weight": (self.out_channels, 1, *self.kernel_size)}
        if bias:
            self.shapes["bias"] = (self.out_channels,)


class SeparableConv2d(Weighted):
    """`cnnlab.separable_conv2d`: a depthwise kernel per channel, then 1x1 filters that mix them.

    Shapes: (N, in_channels, H, W) makes (N, out_channels, places_h, places_w).
    Source: Chollet 2017, Xception; lesson 3.4.

    >>> SeparableConv2d(12, 64, 3, padding=1, bias=False).shapes
    {'depthwise_weight': (12, 1, 3, 3), 'pointwise_weight': (64, 12, 1, 1)}
    """

    operators = pair(separable, "separable_conv2d")

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        bias=True,
        seed=None,
    ):
        super().__init__(
            in_channels=arguments.integer("in_channels", in_channels, minimum=1),
            out_channels=arguments.integer("out_channels", out_channels, minimum=1),
            **_window(kernel_size, stride, padding, dilation),
            bias=arguments.flag("bias", bias),
        )
        self.seed = arguments.seed(seed)
        self.shapes = {
            "depthwise_weight": (in_channels, 1, *self.kernel_size),
            "pointwise_weight": (out_channels, in_channels, 1, 1),
        }
        if bias:
            self.shapes["bias"] = (out_channels,)


class Linear(Layer):
    """Every output is a weighted sum of all inputs: input @ weight.T + bias.

    Shapes: (..., in_features) makes (..., out_features).
    Source: torch.nn.Linear.

    >>> Linear(4, 2)(np.zeros((3, 4))).shape
    (3, 2)
    """

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(
            in_features=arguments.integer("in_features", in_features, minimum=1),
            out_features=arguments.integer("out_features", out_features, minimum=1),
            bias=arguments.flag("bias", bias),
        )
        self.seed = arguments.seed(seed)
        self.shapes = {"weight": (out_features, in_features)}
        if bias:
            self.shapes["bias"] = (out_features,)

    def forward(self, input):
        """Return (..., out_features) of (..., in_features)."""
        if input.shape[-1:] != (self.in_features,):
            raise ValueError(
                f"input must have {self.in_features} values per row for {self}; "
                f"got shape {input.shape}"
            )
        self.input = input
        output = input @ self.parameters["weight"].T
        return output + self.parameters["bias"] if self.bias else output

    def backward(self, grad_output):
        """Return grad_input; keep grad_weight and grad_bias, each summed over the batch."""
        shape = (*self.input.shape[:-1], self.out_features)
        dtype = np.result_type(self.input, *self.parameters.values())
        grad_output = arguments.gradient(grad_output, shape, dtype)
        rows, inputs = grad_output.reshape(-1, self.out_features), self.input
        grads = (rows.T @ inputs.reshape(-1, self.in_features), rows.sum(0))
        self.gradients = dict(zip(self.parameters, grads, strict=False))
        return grad_output @ self.parameters["weight"]


class PReLU(Weighted):
    """`cnnlab.prelu`: a leaky ReLU whose slope is learned, one for all channels or one for each.

    Source: He, Zhang, Ren and Sun 2015; torch.nn.PReLU; lesson 6.6.
    """

    operators = pair(activations, "prelu")

    def __init__(self, num_parameters=1, init=0.25):
        count = arguments.integer("num_parameters", num_parameters, minimum=1)
        super().__init__(num_parameters=count, init=arguments.number("init", init))
        self.shapes = {"weight": (count,)}

    @cached_property
    def parameters(self) -> dict[str, np.ndarray]:
        """The slopes to begin with."""
        return {"weight": np.full(self.num_parameters, self.init)}

    def options(self) -> dict:
        """Return nothing: the slopes are the operator's only argument."""
        return {}


MaxPool2d = layer_of("MaxPool2d", "max_pool2d", pooling)
AvgPool2d = layer_of("AvgPool2d", "avg_pool2d", averaging)
AdaptiveAvgPool2d = layer_of("AdaptiveAvgPool2d", "adaptive_avg_pool2d", adaptive)
AdaptiveMaxPool2d = layer_of("AdaptiveMaxPool2d", "adaptive_max_pool2d", adaptive)
SpatialPyramidPool = layer_of("SpatialPyramidPool", "spatial_pyramid_pool", pyramid)
ReLU = layer_of("ReLU", "relu", activations)
LeakyReLU = layer_of("LeakyReLU", "leaky_relu", activations)
Sigmoid = layer_of("Sigmoid", "sigmoid", activations)
Tanh = layer_of("Tanh", "tanh", activations)
ELU = layer_of("ELU", "elu", activations)
GELU = layer_of("GELU", "gelu", activations)
SiLU = layer_of("SiLU", "silu", activations)
Softplus = layer_of("Softplus", "softplus", activations)
Hardswish = layer_of("Hardswish", "hardswish", activations)
Softmax = layer_of("Softmax", "softmax", activations)
LogSoftmax = layer_of("LogSoftmax", "log_softmax", activations)


class Identity(Layer):
    """Hand on what comes, in both directions."""

    def forward(self, input):
        """Return the input."""
        return input

    def backward(self, grad_output):
        """Return the gradient."""
        return grad_output


class Flatten(Layer):
    """Lay all channels and cells of a picture in one row: (N, C, H, W) makes (N, C * H * W)."""

    def forward(self, input):
        """Return (N, C * H * W) of (N, C, H, W)."""
        if input.ndim < 2:
            raise ValueError(f"input must have a batch of pictures; got shape {input.shape}")
        self.shape = input.shape
        return input.reshape(len(input), math.prod(input.shape[1:]))

    def backward(self, grad_output):
        """Return the gradient in the input's shape."""
        row = (self.shape[0], math.prod(self.shape[1:]))
        arguments.same_shape("grad_output", arguments.array("grad_output", grad_output), row)
        return grad_output.reshape(self.shape)


class Dropout(Layer):
    """While training, set values to zero with probability p and scale the rest by 1 / (1 - p).

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014; torch.nn.Dropout.

    >>> Dropout(0.5, seed=0)(np.ones(6))
    array([2., 0., 0., 0., 2., 2.])
    """

    def __init__(self, p=0.5, seed=None):
        if not 0 <= arguments.number("p", p) <= 1:
            raise ValueError(f"p must be a number from 0 to 1; got p={p!r}")
        super().__init__(p=p)
        self.reset(seed)

    def reset(self, seed):
        """Begin the row of random numbers anew."""
        super().reset(seed)
        self.rng = np.random.default_rng(arguments.seed(seed))

    def forward(self, input):
        """Return the input with some values dropped, or as it is when not training."""
        input = arguments.floats(input)
        kept = self.rng.random(input.shape) >= self.p if self.training else np.ones(input.shape)
        # At p = 1 nothing is kept, and there is nothing to scale.
        self.scale = (kept / (1 - self.p if self.training and self.p < 1 else 1)).astype(
            input.dtype
        )
        return input * self.scale

    def backward(self, grad_output):
        """Return the gradient, dropped and scaled where the input was."""
        return arguments.gradient(grad_output, self.scale.shape, self.scale.dtype) * self.scale


class BatchNorm2d(Layer):
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it.

    When not training, the running mean and variance of the batches seen so far take their place.

    Shapes: (N, num_features, H, W), as the result.
    Source: Ioffe and Szegedy 2015; torch.nn.BatchNorm2d.

    >>> maps = BatchNorm2d(3)(np.random.default_rng(0).normal(5, 2, (8, 3, 4, 4)))
    >>> bool(abs(maps.mean()) < 1e-9), maps.std().round(3)
    (True, np.float64(1.0))
    """

    dims, axes = (4,), "(N, {}, H, W)"

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(
            num_features=arguments.integer("num_features", num_features, minimum=1),
            eps=arguments.from_zero("eps", eps),
            momentum=arguments.from_zero("momentum", momentum),
        )
        self.shapes = {"weight": (num_features,), "bias": (num_features,)}
        self.reset(None)

    def reset(self, seed):
        """Forget the batches seen so far."""
        super().reset(seed)
        self.buffers = {
            "running_mean": np.zeros(self.num_features),
            "running_var": np.ones(self.num_features),
        }

    @cached_property
    def parameters(self) -> dict[str, np.ndarray]:
        """Scale 1 and shift 0 to begin with."""
        return {"weight": np.ones(self.num_features), "bias": np.zeros(self.num_features)}

    def forward(self, input):
        """Return the normalised maps; while training, with the batch's own mean and variance."""
        self._fits(input)
        input, values = arguments.floats(input), self.parameters.values()
        exact, over = _exact(input), self._over(input)
        if self.training:
            mean, variance = exact.mean(over), exact.var(over)
            self._remember(mean, variance, input.size // self.num_features)
        else:
            mean, variance = self.buffers["running_mean"], self.buffers["running_var"]
        self.by_batch = self.training  # may be switched before the way back
        self.dtype = np.result_type(input, *values)
        self.spread = _along(np.sqrt(_exact(variance) + self.eps), exact).astype(exact.dtype)
        self.normal = (exact - _along(mean, exact).astype(exact.dtype)) / self.spread
        weight, bias = (_along(value, exact) for value in values)
        return arguments.cast(weight * self.normal + bias, self.dtype)

    def backward(self, grad_output):
        """Return grad_input; the batch's mean and variance hang on the input too."""
        grad_output = arguments.gradient(grad_output, self.normal.shape, self.dtype)
        grad_output, over = _exact(grad_output), self._over(grad_output)
        grads = ((grad_output * self.normal).sum(over), grad_output.sum(over))
        self.gradients = {
            name: arguments.cast(grad, self.dtype)
            for name, grad in zip(self.parameters, grads, strict=True)
        }
        grad = grad_output * _along(self.parameters["weight"], grad_output)
        if self.by_batch:
            along = (grad * self.normal).mean(over, keepdims=True)
            grad = grad - grad.mean(over, keepdims=True) - self.normal * along
        return arguments.cast(grad / self.spread, self.dtype)

    def _fits(self, input):
        if input.ndim not in self.dims or input.shape[1] != self.num_features:
            rule = f"input must have shape {self.axes.format(self.num_features)}"
            raise ValueError(f"{rule}; got {input.shape}")
        if self.training and input.size <= self.num_features:
            rule = "input must have more than one value per channel to train on"
            raise ValueError(f"{rule}; got {input.shape}")

    def _over(self, array) -> tuple[int, ...]:
        """Return the axes to take the mean over: all but the channels'."""
        return (0, *range(2, array.ndim))

    def _remember(self, mean, variance, count):
        """Move the running mean and (unbiased) variance towards the batch's."""
        unbiased = variance * (count / (count - 1))
        for name, value in (("running_mean", mean), ("running_var", unbiased)):
            last = self.buffers[name]
            moved = (1 - self.momentum) * last + self.momentum * value
            self.buffers[name] = arguments.cast(moved, last.dtype)


class BatchNorm1d(BatchNorm2d):
    """`BatchNorm2d` for rows (N, num_features) and signals (N, num_features, L)."""

    dims, axes = (2, 3), "(N, {0}) or (N, {0}, L)"


def _exact(array) -> np.ndarray:
    """Return halves in float32, in which their sums are reckoned, and other floats as they are."""
    return array.astype(np.result_type(array, np.float32), copy=False)


def _along(values, maps) -> np.ndarray:
    """Return one value per channel in a shape that lies along the maps' channels."""
    return values.reshape(1, -1, *[1] * (maps.ndim - 2))


def _window(kernel_size, stride, padding, dilation) -> dict:
    """Return the settings of a sliding window if they are possible, as they were given."""
    kernel_size = arguments.per_axis("kernel_size", kernel_size, 2, minimum=1)
    strides = arguments.per_axis("stride", stride, 2, minimum=1)
    dilations = arguments.per_axis("dilation", dilation, 2, minimum=1)
    arguments.padding_pairs(padding, kernel_size, strides, dilations)
    return {
        "kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation
    }  # fmt: skip
