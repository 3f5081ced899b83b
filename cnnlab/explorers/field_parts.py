"""What the receptive field explorer is made of: a stack of windows, its fields and its gradient.

The fields come from `cnnlab.tracing`, sizes from `cnnlab.sliding`, the gradient from cnnlab's own
backward partner of the convolution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab import architectures, arguments, convolution, sliding
from cnnlab.trace_rules import RULES
from cnnlab.tracing import Field

MOST_LAYERS, MOST_CELLS, MOST_TAPS = 24, 600, 31
YOURS = "yours"
MIXING = {"Flatten", "Linear", "SpatialPyramidPool"} | {n for n in RULES if "Adaptive" in n}


class Window(NamedTuple):
    """One layer, the same along both axes: what of it decides which cells are seen."""

    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    name: str = "conv"


def windows(layers) -> tuple[Window, ...]:
    """Return layers as windows; those without a window, such as ReLU, are left out.

    A layer is a tuple (kernel_size, stride, padding, dilation) whose later parts may be missing,
    or a layer of cnnlab or torch. A network is a list of them; networks may lie in one another.

    Errors: TypeError and ValueError that name the layer.

    >>> windows([(3,), (2, 2, 0, 1, "pool")])[1]
    Window(kernel_size=2, stride=2, padding=0, dilation=1, name='pool')
    """
    found = []
    for layer in _flat(layers):
        given = layer if isinstance(layer, tuple | list) else _window(layer)
        if given is not None:
            found.append(_checked(given, len(found)))
    if not 1 <= len(found) <= MOST_LAYERS:
        raise ValueError(f"layers must hold 1 to {MOST_LAYERS} windows; got {len(found)}")
    return tuple(found)


def _flat(layers) -> list:
    """Return the layers of a network and of those inside it, one after the other."""
    inside = getattr(layers, "layers", layers)  # cnnlab's networks; torch's are gone through
    named = type(layers).__name__
    if not isinstance(inside, tuple | list) and named != "Sequential":
        if not hasattr(layers, "forward"):
            raise TypeError(f"layers must be a list of layers or a network; got {layers!r:.60}")
        return [layers]
    found = []
    for layer in inside:
        holds = type(layer).__name__ == "Sequential" or _is_row(layer)
        found += _flat(layer) if holds else [layer]
    return found


def _is_row(layer) -> bool:
    """Return whether a list holds layers; one of numbers is itself a layer."""
    return isinstance(layer, list) and any(
        isinstance(p, tuple) or hasattr(p, "forward") for p in layer
    )


def _window(layer):
    """Return what a layer's window is; None for those that leave each cell where it is."""
    names = {kind.__name__ for kind in type(layer).__mro__}
    if not names & set(RULES) or names & MIXING:
        raise TypeError(
            "layers must be windows, or act on each cell for itself: convolutions, pools, "
            f"activations, norms; got {layer!r:.60}"
        )
    kernel = getattr(layer, "kernel_size", None)
    if kernel is None:
        return None
    stride = kernel if layer.stride is None else layer.stride
    rest = [stride, layer.padding, getattr(layer, "dilation", 1)]
    name = "conv" if hasattr(layer, "in_channels") else "pool"
    return (*(_one(value, layer) for value in (kernel, *rest)), name)


def _one(value, layer):
    if isinstance(value, tuple | list) and len(set(value)) == 1:
        return value[0]
    if isinstance(value, tuple | list | str):
        raise ValueError(f"layers must be the same along both axes; got {layer!r}")
    return value


def _checked(given, number) -> Window:
    if not 1 <= len(given) <= 5:
        raise ValueError(
            f"layers[{number}] must be (kernel_size, stride, padding, dilation); got {given!r}"
        )
    window = Window(*given)
    for name in Window._fields[:4]:
        least = 0 if name == "padding" else 1
        value = arguments.integer(f"layers[{number}] {name}", getattr(window, name), minimum=least)
        window = window._replace(**{name: value})
        if value > MOST_TAPS:
            raise ValueError(f"layers[{number}] {name} must be at most {MOST_TAPS}; got {value}")
    return window._replace(name=str(window.name)[:8])


def fields(layers) -> list[Field]:
    """Return the receptive field behind each layer.

    >>> fields(windows([(3, 2), (3,)]))[-1]
    Field(size=7, jump=2, padding=0)
    """
    found = [Field()]
    for layer in layers:
        found.append(found[-1].after(*layer[:4]))
    return found[1:]


def sizes(layers, outputs: int) -> list[int]:
    """Return how many cells there are before each layer and behind the last, for that many outputs.

    Where padding alone would make more, there are more.

    >>> sizes(windows([(3, 2), (3,)]), 2)
    [9, 4, 2]
    """
    n = outputs
    for k, s, p, d, _ in reversed(layers):
        n = max(1, (n - 1) * s + d * (k - 1) + 1 - 2 * p)
    if n > MOST_CELLS:
        raise ValueError(
            f"outputs={outputs} needs {n} input cells with these layers; at most {MOST_CELLS}"
        )
    found = [n]
    for k, s, p, d, _ in layers:
        found.append(sliding.output_size(found[-1], k, s, p, d))
    return found


def gradient(layers, cells: list[int], place: int) -> np.ndarray:
    """Return the gradient of one output with respect to the input cells, all weights 1 / k.

    Shapes: (cells[0],). In two axes it is the product of the rows' and the columns'.

    >>> layers = windows([(3,), (3,)])
    >>> (9 * gradient(layers, sizes(layers, 3), 0)).round(6).tolist()
    [1.0, 2.0, 3.0, 2.0, 1.0, 0.0, 0.0]
    """
    grad = np.zeros((1, cells[-1]))
    grad[0, place] = 1
    for (k, s, p, d, _), n in zip(reversed(layers), reversed(cells[:-1]), strict=True):
        taps = np.full((1, 1, k), 1 / k)
        grad = convolution.conv1d_backward(grad, np.zeros((1, n)), taps, None, s, p, d)[0]
    return grad[0]


def passed(layers, cells: int) -> np.ndarray:
    """Return what the layers make of ones along one axis, all weights 1 / k.

    >>> passed(windows([(3, 1, 1)]), 4).round(2).tolist()
    [0.67, 1.0, 1.0, 0.67]
    """
    line = np.ones((1, cells))
    for k, s, p, d, _ in layers:
        line = convolution.conv1d(line, np.full((1, 1, k), 1 / k), None, s, p, d)
    return line[0]


def _presets() -> dict[str, tuple[Window, ...]]:
    conv, pool = (3, 1, 1), (2, 2, 0, 1, "pool")
    dilated = {name: [(3, 1, 0, d) for d in ds] for name, ds in DILATIONS.items()}
    stacks = {
        "three of 3×3": [(3,)] * 3,
        "stride 2, then 3×3": [(3, 2), (3,)],
        **dilated,
        "conv and pool, twice": [conv, pool] * 2,
        "VGG-16, start": architectures.vgg16()[:17],
        "AlexNet": architectures.alexnet()[:13],
    }
    return {name: windows(stack) for name, stack in stacks.items()}


DILATIONS = {"dilations 2, 2, 2": (2, 2, 2), "dilations 1, 2, 3": (1, 2, 3),
             "dilations 1, 2, 4": (1, 2, 4)}  # fmt: skip
PRESETS = _presets()
