"""Networks: layers one after another, or side by side.

A list of layers is a network, and a list inside it is a part of it; a tuple holds branches whose
outputs are added. `to_torch` and `from_torch` carry a network over to torch.nn and back, with its
weights.
"""

from __future__ import annotations

import inspect

import numpy as np

from . import layers
from .layer import Layer
from .layers import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    Hardswish,
    Identity,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPool2d,
    PReLU,
    ReLU,
    SeparableConv2d,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    SpatialPyramidPool,
    Tanh,
)
from .saving import load, save
from .training import (
    SGD,
    Adam,
    accuracy,
    classify,
    cross_entropy,
    fit,
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
    "BatchNorm1d",
    "BatchNorm2d",
    "Concatenate",
    "Conv2d",
    "DepthwiseConv2d",
    "Dropout",
    "Flatten",
    "Hardswish",
    "Identity",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MaxPool2d",
    "PReLU",
    "ReLU",
    "SeparableConv2d",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "SpatialPyramidPool",
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
        every = list(self.walk())
        for layer in every:
            if sum(other is layer for other in every) > 1:
                raise ValueError(
                    f"layers must not hold one layer twice, it remembers one input only: {layer}"
                )

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


class Branches(Sequential):
    """Layers side by side: each gets the same input, and their outputs come together."""

    free = None  # the axis along which the outputs may differ

    def __init__(self, *layers):
        if not layers:
            raise ValueError(f"layers must hold at least one branch; got {type(self).__name__}()")
        super().__init__(*layers)

    def outputs(self, input) -> list[np.ndarray]:
        """Return what each branch makes of the input, if it fits together."""
        outputs = [branch(input) for branch in self.layers]
        shapes = [output.shape for output in outputs]
        fixed = [[n for axis, n in enumerate(s) if axis != self.free] for s in shapes]
        if any(sizes != fixed[0] for sizes in fixed):
            told = " and ".join(map(str, shapes))
            raise ValueError(f"the branches' outputs must fit together in {self}; got {told}")
        return outputs


class Add(Branches):
    """Branches whose outputs are added; an empty branch hands its input on."""

    def forward(self, input):
        """Return the sum of the branches' outputs."""
        return sum(self.outputs(input))

    def backward(self, grad_output):
        """Return the sum of the branches' gradients: the input went into every one of them."""
        return sum(branch.backward(grad_output) for branch in self.layers)


class Concatenate(Branches):
    """Branches whose outputs are stacked along the channels."""

    free = 1

    def forward(self, input):
        """Return the branches' channels one after another."""
        outputs = self.outputs(input)
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
    "Conv2d", "Linear", "BatchNorm1d", "BatchNorm2d", "Dropout", "Flatten", "Identity", "MaxPool2d",
    "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "ReLU", "LeakyReLU", "PReLU", "Sigmoid",
    "Tanh", "ELU", "GELU", "SiLU", "Softplus", "Hardswish", "Softmax", "LogSoftmax",
)  # fmt: skip
# Settings that torch's modules have and cnnlab's layers do not, and the one value each may have
ONLY_TORCHS = {
    "return_indices": False, "start_dim": 1, "end_dim": -1, "affine": True,
    "track_running_stats": True,
}  # fmt: skip


def to_torch(network, weights=True):
    """Return a network as modules of torch.nn, with copies of its weights in their dtype.

    With `weights=False` the modules keep torch's own initial weights, which under
    `torch.device("meta")` take no memory.

    Errors: TypeError for a layer that torch.nn does not have.
    Source: torch.nn; lesson 08.

    >>> to_torch([Conv2d(1, 2, 3), ReLU()])
    Sequential(
      (0): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))
      (1): ReLU()
    )
    """
    import torch

    layer = as_layer(network)
    if isinstance(layer, layers.SeparableConv2d | layers.DepthwiseConv2d):
        layer = _as_convolutions(layer, weights)
    if type(layer) is Sequential:
        parts = (to_torch(part, weights) for part in layer.layers)
        return _in_mode(torch.nn.Sequential(*parts), layer)
    if type(layer) in (Add, Concatenate, layers.SpatialPyramidPool):
        return _composed(layer, weights)
    if type(layer).__name__ not in SHARED:
        raise TypeError(f"torch.nn has no layer for {layer}")
    settings = {name: _plain(value) for name, value in layer.settings.items()}
    module = getattr(torch.nn, type(layer).__name__)(**settings)
    if weights and layer.shapes:
        state = layer.parameters | layer.buffers
        module.to(torch.from_numpy(next(iter(state.values()))).dtype)
        tensors = {name: torch.from_numpy(value.copy()) for name, value in state.items()}
        module.load_state_dict(tensors, strict=False)  # torch counts batches too, we don't
    return _in_mode(module, layer)


def from_torch(module) -> Layer:
    """Return a torch.nn.Sequential (of Sequentials and layers cnnlab has) with its weights copied.

    What `to_torch` made comes back too: branches, and pyramids.

    Errors: TypeError for a module that cnnlab does not have; ValueError for a setting it lacks.
    Source: torch.nn; lesson 08.
    """
    name = type(module).__name__
    holders = {"Sequential": Sequential, "Add": Add, "Concatenate": Concatenate}
    if name in holders:
        return _in_mode(holders[name](*(from_torch(child) for child in module)), module)
    if name == "SpatialPyramidPool":
        return _in_mode(layers.SpatialPyramidPool(module.levels, module.mode), module)
    if name not in SHARED:
        raise TypeError(f"cnnlab has no layer for torch's {module}")
    for key, plain in ONLY_TORCHS.items():
        if getattr(module, key, plain) != plain:
            raise ValueError(f"{key} must be {plain} for a layer of cnnlab; got {module}")
    if getattr(module, "momentum", 0.1) is None:  # torch's word for the mean of all batches
        raise ValueError(f"momentum must be a number for a layer of cnnlab; got {module}")
    return _in_mode(_with_state(getattr(layers, name), module), module)


def _in_mode(made, model):
    """Return what was made with the training mode of its model, and the parts in their own."""
    made.training = model.training
    return made


def _plain(value):
    """Return a setting with Python's numbers in place of NumPy's, which torch does not take."""
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value


def _with_state(kind, module) -> Layer:
    """Return a layer of this class with the settings and the state of torch's module."""
    known = inspect.signature(kind).parameters
    settings = {key: getattr(module, key) for key in known if hasattr(module, key)}
    if "bias" in known:
        settings["bias"] = module.bias is not None
    layer = kind(**settings)
    state = {key: _array(value, module) for key, value in module.state_dict().items()}
    layer.parameters = {key: state[key] for key in layer.shapes}
    layer.buffers = {key: state[key] for key in layer.buffers}
    return layer


def _array(tensor, module) -> np.ndarray:
    try:
        return tensor.detach().cpu().numpy().copy()
    except TypeError:
        rule = f"weights must have a dtype that NumPy has, as {module} has after .float()"
        raise TypeError(f"{rule}; got {tensor.dtype}") from None


def _as_convolutions(layer, weights) -> Layer:
    """Return a depthwise or separable convolution as what it is made of: ordinary ones."""
    sliding = {key: layer.settings[key] for key in ("stride", "padding", "dilation")}
    separable, channels = isinstance(layer, layers.SeparableConv2d), layer.in_channels
    parts = [
        Conv2d(
            channels, next(iter(layer.shapes.values()))[0], layer.kernel_size, **sliding,
            groups=channels, bias=layer.bias and not separable,
        )
    ]  # fmt: skip
    if separable:
        parts.append(Conv2d(channels, layer.out_channels, 1, bias=layer.bias))
    if weights:
        values = iter(layer.parameters.values())
        for part in parts:
            part.parameters = {name: next(values) for name in part.shapes}
    return (Sequential(*parts) if separable else parts[0]).train(layer.training)


def _composed(layer, weights):
    """Return a torch module, named as the layer, for what torch.nn has no class for."""
    import torch

    def added(self, input):
        return sum(part(input) for part in self)

    def concatenated(self, input):
        return torch.cat([part(input) for part in self], dim=1)

    def flattened(self, input):
        return torch.cat([part(input).flatten(1) for part in self], dim=1)

    name = type(layer).__name__
    if name == "SpatialPyramidPool":
        pool = {"max": torch.nn.AdaptiveMaxPool2d, "avg": torch.nn.AdaptiveAvgPool2d}[layer.mode]
        parts = [_in_mode(pool(level), layer) for level in layer.levels]
    else:
        parts = [to_torch(part, weights) for part in layer.layers]
    forward = {"Add": added, "Concatenate": concatenated}.get(name, flattened)
    module = type(name, (torch.nn.ModuleList,), {"forward": forward})(parts)
    if name == "SpatialPyramidPool":
        module.levels, module.mode = layer.levels, layer.mode
    return _in_mode(module, layer)
