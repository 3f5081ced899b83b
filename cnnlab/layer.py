"""What makes an operator a layer: it has parameters, remembers its input, and knows its gradient.

`forward` keeps its input, `backward` takes the gradient of the output, returns the gradient of the
input and leaves those of the layer's own parameters in `gradients`. The functions that a layer
calls stand in `operators`; `use` puts others there.

`layers.py` has the layers, `network.py` puts them together, `training.py` teaches them.
"""

from __future__ import annotations

import inspect
import math
from functools import cached_property

import numpy as np

from . import arguments

# What a forward leaves behind for the backward
REMEMBERED = ("input", "shape", "scale", "normal", "ends")


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
        if name in REMEMBERED:
            raise AttributeError(f"{self} has seen no input yet: forward comes before backward")
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __call__(self, input):
        """Return `forward(input)`, so that a layer is called like a function."""
        return self.forward(arguments.array("input", input))

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

    def eval(self):
        """Switch dropout and batch statistics off; return the layer."""
        return self.train(False)

    def draw(self, seed):
        """Begin anew: draw every parameter and every later dropout from one seed; return self."""
        every, first = list(self.walk()), np.random.SeedSequence(arguments.seed(seed))
        for layer, own in zip(every, first.spawn(len(every)), strict=True):
            layer.reset(own)
        return self

    def reset(self, seed):
        """Forget what was learned; the parameters are drawn at their next use."""
        self.seed = seed
        self.gradients = {}
        self.__dict__.pop("parameters", None)

    def astype(self, dtype):
        """Keep all parameters and buffers in another dtype (float32 is faster); return self."""
        for layer in self.walk():
            for kind in (layer.parameters, layer.buffers):
                kind.update({name: value.astype(dtype) for name, value in kind.items()})
        return self

    def use(self, **operators):
        """Exchange operators by name (`relu=my_relu`) wherever they are called; return self.

        Errors: TypeError for what is no function; ValueError for a name that no kind of layer
            calls. One that no layer of this network calls changes nothing.
        """
        known = _operators(Layer)
        for name, function in operators.items():
            if name not in known:
                raise ValueError(f"{name} is no operator of a layer: {', '.join(sorted(known))}")
            if not callable(function):
                raise TypeError(f"{name} must be a function; got {name}={function!r}")
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


def _operators(kind) -> set[str]:
    """Return the names of all operators that a kind of layer, or one made of it, calls."""
    return set(kind.operators).union(*map(_operators, kind.__subclasses__()))


class Weighted(Layer):
    """A layer with parameters: one operator, and a backward partner that gives all gradients."""

    @property
    def arguments(self) -> list:
        """The parameters in the operator's order, None for a bias that there is not."""
        values = list(self.parameters.values())
        return values if self.settings.get("bias", True) else [*values, None]

    def options(self) -> dict:
        """Return the settings to hand to the operator; sizes stand in the weight's shape."""
        sizes = ("in_channels", "out_channels", "kernel_size", "bias", "multiplier")
        return {k: v for k, v in super().options().items() if k not in sizes}

    def forward(self, input):
        """Return what the operator makes of the input and the parameters."""
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


def checked(network) -> Layer:
    """Return a network as it is, refusing what is none."""
    if not isinstance(network, Layer):
        rule = "network must be a layer of cnnlab, a Sequential for instance"
        raise TypeError(f"{rule}; got a {type(network).__name__}")
    return network


def pair(module, name) -> dict:
    """Return an operator of a module and its backward partner, by their names."""
    return {key: getattr(module, key) for key in (name, f"{name}_backward")}


def layer_of(title, name, module) -> type[Operator]:
    """Return a layer class for the operator `name` of `module` with the operator's own settings."""
    signature = inspect.signature(getattr(module, name))
    # A layer hands on one array, writes to none, and keeps its dtype.
    settings = [
        parameter.replace(kind=parameter.POSITIONAL_OR_KEYWORD)
        for key, parameter in signature.parameters.items()
        if key not in ("input", "return_indices", "inplace", "dtype")
    ]
    return type(
        title,
        (Operator,),
        {
            "operators": pair(module, name),
            "__signature__": inspect.Signature(settings),
            "__doc__": f"`cnnlab.{name}` as a layer.",
            "__module__": "cnnlab.layers",
        },
    )
