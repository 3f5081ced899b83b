"""Networks: layers one after another, or side by side.

A list of layers is a network, and a list inside it is a part of it; a tuple holds branches whose
outputs are added. `to_torch` and `from_torch` carry a network over to torch.nn and back, with its
weights.
"""

from __future__ import annotations

import inspect

import numpy as np

from . import layers
from .layers import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Hardswish,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    SeparableConv2d,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from .training import (
    SGD,
    Adam,
    accuracy,
    classify,
    cross_entropy,
    fit,
    load,
    save,
    train_step,
)

# One place to import a network's parts from, wherever they are written
__all__ = [
    "ELU",
    "GELU",
    "SGD",
    "Adam",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "AvgPool2d",
    "BatchNorm2d",
    "Concatenate",
    "Conv2d",
    "Dropout",
    "Flatten",
    "Hardswish",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "ReLU",
    "SeparableConv2d",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Tanh",
    "accuracy",
    "as_layer",
    "classify",
    "cross_entropy",
    "fit",
    "from_torch",
    "load",
    "save",
    "to_torch",
    "train_step",
]


class Sequential(Layer):
    """Layers one after another."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = [as_layer(layer) for layer in layers]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index):
        return self.layers[index]

    def forward(self, input):
        """Return the last layer's output."""
        for layer in self.layers:
            input = layer(input)
        return input

    def backward(self, grad_output):
        """Return the first layer's grad_input, going through the layers backwards."""
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
        return grad_output


class Add(Sequential):
    """Branches side by side whose outputs are added; an empty branch hands its input on."""

    def forward(self, input):
        """Return the sum of the branches' outputs."""
        return sum(branch(input) for branch in self.layers)

    def backward(self, grad_output):
        """Return the sum of the branches' gradients: the input went into every one of them."""
        return sum(branch.backward(grad_output) for branch in self.layers)


class Concatenate(Sequential):
    """Branches side by side whose outputs are stacked along the channels."""

    def forward(self, input):
        """Return the branches' channels one after another."""
        outputs = [branch(input) for branch in self.layers]
        self.ends = np.cumsum([output.shape[1] for output in outputs])[:-1]
        return np.concatenate(outputs, axis=1)

    def backward(self, grad_output):
        """Return the sum of the branches' gradients, each for its own channels."""
        parts = np.split(grad_output, self.ends, axis=1)
        return sum(b.backward(part) for b, part in zip(self.layers, parts, strict=True))


def as_layer(layer) -> Layer:
    """Return a layer: a list stands for layers one after another, a tuple for branches added."""
    if isinstance(layer, Layer):
        return layer
    if isinstance(layer, list):
        return Sequential(*layer)
    if isinstance(layer, tuple):
        return Add(*layer)
    raise TypeError(f"a layer must be a Layer, a list or a tuple; got a {type(layer).__name__}")


# The classes that torch.nn knows by the same name and settings
SHARED = (
    "Conv2d", "Linear", "BatchNorm2d", "Dropout", "Flatten", "MaxPool2d", "AvgPool2d",
    "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "ELU", "GELU",
    "SiLU", "Softplus", "Hardswish",
)  # fmt: skip


def to_torch(network, weights=True):
    """Return a network as modules of torch.nn, with copies of its weights in their dtype.

    With `weights=False` the modules keep torch's own initial weights, which under
    `torch.device("meta")` take no memory.

    Errors: TypeError for a layer that torch.nn does not have.
    Source: torch.nn; lesson 08.
    """
    import torch

    layer = as_layer(network)
    if isinstance(layer, layers.SeparableConv2d):
        layer = _two_convolutions(layer)
    if isinstance(layer, Sequential):
        parts = [to_torch(part, weights) for part in layer.layers]
        return torch.nn.Sequential(*parts) if type(layer) is Sequential else _branches(layer, parts)
    if type(layer).__name__ not in SHARED:
        raise TypeError(f"torch.nn has no layer for {layer}")
    module = getattr(torch.nn, type(layer).__name__)(**layer.settings)
    if weights and layer.shapes:
        state = layer.parameters | layer.buffers
        module.to(torch.from_numpy(next(iter(state.values()))).dtype)
        tensors = {name: torch.from_numpy(value.copy()) for name, value in state.items()}
        module.load_state_dict(tensors, strict=False)  # torch counts batches too, we don't
    return module.train(layer.training)


def from_torch(module) -> Layer:
    """Return a torch.nn.Sequential (of Sequentials and layers cnnlab has) with its weights copied.

    Errors: TypeError for a module that cnnlab does not have.
    Source: torch.nn; lesson 08.
    """
    name = type(module).__name__
    if name == "Sequential":
        return Sequential(*(from_torch(child) for child in module)).train(module.training)
    if name not in SHARED:
        raise TypeError(f"cnnlab has no layer for torch's {module}")
    known = inspect.signature(getattr(layers, name)).parameters
    settings = {key: getattr(module, key) for key in known if hasattr(module, key)}
    if "bias" in known:
        settings["bias"] = module.bias is not None
    layer = getattr(layers, name)(**settings)
    state = {key: value.detach().cpu().numpy().copy() for key, value in module.state_dict().items()}
    layer.parameters = {key: state[key] for key in layer.shapes}
    layer.buffers = {key: state[key] for key in layer.buffers}
    return layer.train(module.training)


def _two_convolutions(layer) -> Sequential:
    """Return a separable convolution as the two convolutions that it is made of."""
    sliding = {key: layer.settings[key] for key in ("stride", "padding", "dilation")}
    channels = layer.in_channels
    depthwise = layers.Conv2d(
        channels, channels, layer.kernel_size, **sliding, groups=channels, bias=False
    )
    pointwise = layers.Conv2d(channels, layer.out_channels, 1, bias=layer.bias)
    values = list(layer.parameters.values())
    depthwise.parameters = {"weight": values[0]}
    pointwise.parameters = dict(zip(pointwise.shapes, values[1:], strict=True))
    return Sequential(depthwise, pointwise)


def _branches(layer, parts):
    """Return a torch module whose parts stand side by side, added or concatenated."""
    import torch

    class Branches(torch.nn.ModuleList):
        def forward(self, input):
            outputs = [part(input) for part in self]
            return sum(outputs) if isinstance(layer, Add) else torch.cat(outputs, dim=1)

    return Branches(parts)
