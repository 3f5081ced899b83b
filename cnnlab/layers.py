"""Layers that remember: an operator, its parameters, and the input it saw last.

A layer is a thin shell over an operator of this package. `forward` keeps its input, `backward`
takes the gradient of the output, returns the gradient of the input and leaves the gradients of its
own parameters in `gradients`. Names and arguments are torch.nn's, so that a list of layers reads
the same in both. The functions that a layer calls stand in `operators`; `use` puts others there.

`network.py` puts layers together, `training.py` teaches them.
"""

from __future__ import annotations

import inspect
import math
from functools import cached_property

import numpy as np

from . import activations, adaptive, arguments, averaging, convolution, pooling, separable


class Layer:
    """What every layer has: settings, parameters, their gradients, buffers, a training switch."""

    operators: dict = {}  # noqa: RUF012 - shared by the class until `use` gives a layer its own

    def __init__(self, **settings):
        self.settings = settings
        self.shapes: dict[str, tuple[int, ...]] = {}  # of the parameters, before they are drawn
        self.gradients: dict[str, np.ndarray] = {}
        self.buffers: dict[str, np.ndarray] = {}
        self.layers: list[Layer] = []
        self.training = True
        self.seed = None

    def __getattr__(self, name):
        if name in self.__dict__.get("settings", ()):
            return self.settings[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __call__(self, input):
        """Return `forward(input)`, so that a layer is called like a function."""
        return self.forward(input)

    def __repr__(self) -> str:
        shown = [f"{k}={v!r}" for k, v in self.settings.items() if v != self.defaults().get(k)]
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def defaults(cls) -> dict:
        """Return the defaults of the layer's own arguments."""
        parameters = inspect.signature(cls).parameters.items()
        return {name: p.default for name, p in parameters if p.default is not p.empty}

    @cached_property
    def parameters(self) -> dict[str, np.ndarray]:
        """The parameters, drawn at first use: uniform within 1 / sqrt(fan-in), as in torch."""
        rng = np.random.default_rng(self.seed)
        bounds = {name: 1 / math.sqrt(math.prod(s[1:])) for name, s in self.shapes.items() if s[1:]}
        return {
            name: rng.uniform(-1, 1, shape) * bounds.get(name, min(bounds.values(), default=1))
            for name, shape in self.shapes.items()
        }

    def walk(self):
        """Yield this layer and every layer inside it, in the order of the forward pass."""
        yield self
        for layer in self.layers:
            yield from layer.walk()

    def train(self, mode=True):
        """Switch dropout and batch statistics on, or off with False; return the layer."""
        for layer in self.walk():
            layer.training = mode
        return self

    def use(self, **operators):
        """Exchange operators by name (`relu=my_relu`) wherever they are called; return self."""
        for layer in self.walk():
            own = {name: fn for name, fn in operators.items() if name in layer.operators}
            layer.operators = layer.operators | own
        return self

    def options(self) -> dict:
        """Return the settings to hand to the operator: those that differ from its defaults.

        The rest is left out, so that a learner's simplest `conv2d(input, weight, bias)` serves too.
        """
        plain = self.defaults()
        return {k: v for k, v in self.settings.items() if k not in plain or v != plain[k]}


class Weighted(Layer):
    """A layer with parameters: one operator, and a backward partner that gives all gradients."""

    @property
    def arguments(self) -> list:
        """The parameters in the operator's order, None for a bias that there is not."""
        values = list(self.parameters.values())
        return values if self.settings["bias"] else [*values, None]

    def options(self) -> dict:
        """Return the settings to hand to the operator; sizes stand in the weight's shape."""
        sizes = ("in_channels", "out_channels", "kernel_size", "bias")
        return {k: v for k, v in super().options().items() if k not in sizes}

    def forward(self, input):
        """Return the feature maps (N, C_out, places_h, places_w) of (N, C_in, H, W)."""
        self.input = input
        forward, _ = self.operators
        return self.operators[forward](input, *self.arguments, **self.options())

    def backward(self, grad_output):
        """Return grad_input; keep the gradients of the parameters."""
        _, backward = self.operators
        grad_input, *grads = self.operators[backward](
            grad_output, self.input, *self.arguments, **self.options()
        )
        self.gradients = dict(zip(self.parameters, grads, strict=False))
        return grad_input


class Conv2d(Weighted):
    """`cnnlab.conv2d` with a weight and a bias of its own."""

    operators = {  # noqa: RUF012
        "conv2d": convolution.conv2d,
        "conv2d_backward": convolution.conv2d_backward,
    }

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
        kernel_size = arguments.per_axis("kernel_size", kernel_size, 2, minimum=1)
        super().__init__(
            in_channels=arguments.integer("in_channels", in_channels, minimum=1),
            out_channels=arguments.integer("out_channels", out_channels, minimum=1),
            kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            groups=arguments.integer("groups", groups, minimum=1),
            bias=arguments.flag("bias", bias), padding_mode=padding_mode,
        )  # fmt: skip
        arguments.divides("groups", groups, in_channels=in_channels, out_channels=out_channels)
        self.seed = seed
        self.shapes = {"weight": (out_channels, in_channels // groups, *kernel_size)}
        if bias:
            self.shapes["bias"] = (out_channels,)


class SeparableConv2d(Weighted):
    """`cnnlab.separable_conv2d`: a depthwise kernel per channel, then 1x1 filters that mix them."""

    operators = {  # noqa: RUF012
        "separable_conv2d": separable.separable_conv2d,
        "separable_conv2d_backward": separable.separable_conv2d_backward,
    }

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
        kernel_size = arguments.per_axis("kernel_size", kernel_size, 2, minimum=1)
        super().__init__(
            in_channels=arguments.integer("in_channels", in_channels, minimum=1),
            out_channels=arguments.integer("out_channels", out_channels, minimum=1),
            kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            bias=arguments.flag("bias", bias),
        )  # fmt: skip
        self.seed = seed
        self.shapes = {
            "depthwise_weight": (in_channels, 1, *kernel_size),
            "pointwise_weight": (out_channels, in_channels, 1, 1),
        }
        if bias:
            self.shapes["bias"] = (out_channels,)


class Linear(Layer):
    """Every output is a weighted sum of all inputs: input @ weight.T + bias."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(
            in_features=arguments.integer("in_features", in_features, minimum=1),
            out_features=arguments.integer("out_features", out_features, minimum=1),
            bias=arguments.flag("bias", bias),
        )
        self.seed = seed
        self.shapes = {"weight": (out_features, in_features)}
        if bias:
            self.shapes["bias"] = (out_features,)

    def forward(self, input):
        """Return (N, out_features) of (N, in_features)."""
        if input.shape[-1] != self.in_features:
            raise ValueError(
                f"input must have {self.in_features} values per row for {self}; "
                f"got shape {input.shape}"
            )
        self.input = input
        output = input @ self.parameters["weight"].T
        return output + self.parameters["bias"] if self.bias else output

    def backward(self, grad_output):
        """Return grad_input; keep grad_weight and grad_bias, each summed over the batch."""
        grads = (grad_output.T @ self.input, grad_output.sum(0))
        self.gradients = dict(zip(self.parameters, grads, strict=False))
        return grad_output @ self.parameters["weight"]


class Operator(Layer):
    """A layer without parameters: one operator with its backward partner."""

    def __init__(self, *args, **kwargs):
        given = inspect.signature(type(self)).bind(*args, **kwargs)
        given.apply_defaults()
        super().__init__(**given.arguments)

    def forward(self, input):
        """Return the operator's output, and remember the input."""
        self.input = input
        forward, _ = self.operators
        return self.operators[forward](input, **self.options())

    def backward(self, grad_output):
        """Return grad_input by the operator's backward partner."""
        _, backward = self.operators
        return self.operators[backward](grad_output, self.input, **self.options())


def layer_of(title, name, module) -> type[Operator]:
    """Return a layer class for the operator `name` of `module` with the operator's own settings."""
    forward, backward = getattr(module, name), getattr(module, f"{name}_backward")
    signature = inspect.signature(forward)
    # A layer hands on one array and writes to none.
    settings = [
        parameter.replace(kind=parameter.POSITIONAL_OR_KEYWORD)
        for key, parameter in signature.parameters.items()
        if key not in ("input", "return_indices", "inplace")
    ]
    return type(
        title,
        (Operator,),
        {
            "operators": {name: forward, f"{name}_backward": backward},
            "__signature__": inspect.Signature(settings),
            "__doc__": f"`cnnlab.{name}` as a layer.",
            "__module__": __name__,
        },
    )


MaxPool2d = layer_of("MaxPool2d", "max_pool2d", pooling)
AvgPool2d = layer_of("AvgPool2d", "avg_pool2d", averaging)
AdaptiveAvgPool2d = layer_of("AdaptiveAvgPool2d", "adaptive_avg_pool2d", adaptive)
AdaptiveMaxPool2d = layer_of("AdaptiveMaxPool2d", "adaptive_max_pool2d", adaptive)
ReLU = layer_of("ReLU", "relu", activations)
LeakyReLU = layer_of("LeakyReLU", "leaky_relu", activations)
Sigmoid = layer_of("Sigmoid", "sigmoid", activations)
Tanh = layer_of("Tanh", "tanh", activations)
ELU = layer_of("ELU", "elu", activations)
GELU = layer_of("GELU", "gelu", activations)
SiLU = layer_of("SiLU", "silu", activations)
Softplus = layer_of("Softplus", "softplus", activations)
Hardswish = layer_of("Hardswish", "hardswish", activations)


class Flatten(Layer):
    """Lay all channels and cells of a picture in one row."""

    def forward(self, input):
        """Return (N, C * H * W) of (N, C, H, W)."""
        self.shape = input.shape
        return input.reshape(len(input), -1 if input.size else math.prod(input.shape[1:]))

    def backward(self, grad_output):
        """Return the gradient in the input's shape."""
        return grad_output.reshape(self.shape)


class Dropout(Layer):
    """While training, set values to zero with probability p and scale the rest by 1 / (1 - p)."""

    def __init__(self, p=0.5, seed=None):
        if isinstance(p, bool) or not isinstance(p, int | float) or not 0 <= p < 1:
            raise ValueError(f"p must be a number from 0 to below 1; got p={p!r}")
        super().__init__(p=p)
        self.rng = np.random.default_rng(seed)

    def forward(self, input):
        """Return the input with some values dropped, or as it is when not training."""
        kept = self.rng.random(input.shape) >= self.p if self.training else np.True_
        self.scale = kept / (1 - self.p) if self.training else np.ones(())
        return input * self.scale.astype(input.dtype)

    def backward(self, grad_output):
        """Return the gradient, dropped and scaled where the input was."""
        return grad_output * self.scale.astype(grad_output.dtype)


class BatchNorm2d(Layer):
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it.

    Source: Ioffe and Szegedy 2015; torch.nn.BatchNorm2d.
    """

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features=num_features, eps=eps, momentum=momentum)
        self.shapes = {"weight": (num_features,), "bias": (num_features,)}
        self.buffers = {
            "running_mean": np.zeros(num_features),
            "running_var": np.ones(num_features),
        }

    @cached_property
    def parameters(self) -> dict[str, np.ndarray]:
        """Scale 1 and shift 0 to begin with."""
        return {"weight": np.ones(self.num_features), "bias": np.zeros(self.num_features)}

    def forward(self, input):
        """Return the normalised maps; while training, with the batch's own mean and variance."""
        if input.ndim != 4 or input.shape[1] != self.num_features:
            raise ValueError(
                f"input must have shape (N, {self.num_features}, H, W); got {input.shape}"
            )
        if self.training:
            mean, variance = input.mean((0, 2, 3)), input.var((0, 2, 3))
            self._remember(mean, variance, input.size // max(self.num_features, 1))
        else:
            mean, variance = self.buffers["running_mean"], self.buffers["running_var"]
        self.spread = _per_channel(np.sqrt(variance + self.eps)).astype(input.dtype)
        self.normal = (input - _per_channel(mean).astype(input.dtype)) / self.spread
        weight, bias = self.parameters.values()
        return _per_channel(weight) * self.normal + _per_channel(bias)

    def backward(self, grad_output):
        """Return grad_input; the batch's mean and variance hang on the input too."""
        grad_weight = (grad_output * self.normal).sum((0, 2, 3))
        self.gradients = {"weight": grad_weight, "bias": grad_output.sum((0, 2, 3))}
        grad = grad_output * _per_channel(self.parameters["weight"])
        if self.training:
            along = (grad * self.normal).mean((0, 2, 3), keepdims=True)
            grad = grad - grad.mean((0, 2, 3), keepdims=True) - self.normal * along
        return grad / self.spread

    def _remember(self, mean, variance, count):
        """Move the running mean and (unbiased) variance towards the batch's."""
        unbiased = variance * (count / max(count - 1, 1))
        for name, value in (("running_mean", mean), ("running_var", unbiased)):
            self.buffers[name] = (1 - self.momentum) * self.buffers[name] + self.momentum * value


def _per_channel(values) -> np.ndarray:
    return values.reshape(1, -1, 1, 1)
