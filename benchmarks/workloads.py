"""What is measured: layers of networks that people know, each with its goal.

A goal is a ratio, our time over torch's, with one thread, float32: the first for a BLAS that uses
all of the processor ("auto"), the second for OPENBLAS_CORETYPE=Haswell, where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import cnnlab


class Workload(NamedTuple):
    """Several ways to the same answer, and the goal for ours."""

    name: str
    ours: Callable
    torch: Callable
    textbook: Callable | None = None  # the whole im2col: windows copied, one GEMM
    goals: dict[str, float] | None = None  # None: measured without a goal
    gemm: tuple[int, int, int] | None = None  # rows, columns, depth of the sum as one product
    windows: Callable | None = None  # the strided view and one contraction
    loops: Callable | None = None  # the definition, where it takes less than a second or so
    tolerance: float = 1e-4
    dtype: str = "float32"


class Layer(NamedTuple):
    """A convolution to measure, and its goals by batch and mode."""

    name: str
    channels: int
    size: tuple[int, ...]
    filters: int
    kernel: tuple[int, ...]
    goals: dict[int, tuple[float, float]]  # batch -> (auto, haswell)
    options: dict = {}  # noqa: RUF012 - read only
    winograd: tuple[float, float] | None = None


LAYERS = [
    Layer("VGG 256-256 3x3 @56", 256, (56, 56), 256, (3, 3), {1: (1.15, 2.0)},
          {"padding": 1}, (0.75, 0.95)),
    Layer("ResNet 64-64 3x3 @56", 64, (56, 56), 64, (3, 3), {1: (1.2, 2.0)},
          {"padding": 1}, (1.0, 1.4)),
    Layer("ResNet 512-512 3x3 @7", 512, (7, 7), 512, (3, 3), {1: (0.65, 0.95), 8: (1.2, 2.0)},
          {"padding": 1}),
    Layer("1x1 256-64 @56", 256, (56, 56), 64, (1, 1), {1: (0.55, 0.9)}),
    Layer("ResNet conv1 7x7 s2", 3, (224, 224), 64, (7, 7), {1: (1.2, 1.9)},
          {"stride": 2, "padding": 3}),
    Layer("128-128 3x3 s2 @56", 128, (56, 56), 128, (3, 3), {1: (1.15, 1.8)},
          {"stride": 2, "padding": 1}),
    Layer("64-64 3x3 dilation 2 @56", 64, (56, 56), 64, (3, 3), {1: (1.25, 2.15)},
          {"padding": 2, "dilation": 2}),
    Layer("AlexNet conv1 11x11 s4", 3, (224, 224), 64, (11, 11), {1: (1.5, 2.3), 8: (1.65, 2.3)},
          {"stride": 4, "padding": 2}),
    Layer("LeNet 1-6 5x5 @28", 1, (28, 28), 6, (5, 5), {1: (0.75, 0.95), 8: (1.0, 1.25)}),
    Layer("depthwise 32 3x3 @112", 32, (112, 112), 32, (3, 3), {1: (2.3, 3.1), 8: (1.5, 3.1)},
          {"padding": 1, "groups": 32}),
    Layer("depthwise 32 3x3 s2 @112", 32, (112, 112), 32, (3, 3), {1: (2.2, 2.7), 8: (1.7, 2.7)},
          {"stride": 2, "padding": 1, "groups": 32}),
    Layer("grouped 128 g32 3x3 @56", 128, (56, 56), 128, (3, 3), {1: (1.15, 1.65), 8: (1.35, 1.75)},
          {"padding": 1, "groups": 32}),
    Layer("conv1d 1-64 k80 s4 16000", 1, (16000,), 64, (80,), {1: (0.5, 0.65), 8: (1.4, 1.75)},
          {"stride": 4}),
    Layer("conv3d 3-64 3x3x3 @16x112x112", 3, (16, 112, 112), 64, (3, 3, 3), {1: (0.35, 0.7)},
          {"padding": 1}),
]  # fmt: skip


def convolutions(shrink=1) -> list[Workload]:
    """Return every layer of the table; `shrink` divides its sizes and channels for a trial run."""
    rows = []
    for layer in LAYERS:
        for batch, goals in layer.goals.items():
            rows.append(_convolution(layer, batch, goals, "auto", shrink))
        if layer.winograd:
            rows.append(_convolution(layer, 1, layer.winograd, "winograd", shrink))
    return rows


def gradients(shrink=1) -> list[Workload]:
    """Return the backward rows: grad_input and grad_weight by themselves."""
    vgg, r64, conv1 = LAYERS[0], LAYERS[1], LAYERS[4]
    return [
        _gradient("grad_input VGG", vgg, 0, None, shrink),
        _gradient("grad_input VGG, winograd", vgg, 0, (0.8, 0.8), shrink, "winograd"),
        _gradient("grad_input ResNet 64", r64, 0, None, shrink),
        _gradient("grad_input ResNet 64, winograd", r64, 0, (1.15, 1.15), shrink, "winograd"),
        _gradient("grad_input 7x7 s2, 3 channels", conv1, 0, (0.45, 0.45), shrink),
        _gradient("grad_weight VGG", vgg, 1, (1.25, 2.0), shrink),
        _gradient("grad_weight ResNet 64", r64, 1, (1.55, 1.9), shrink),
    ]


def pools(shrink=1) -> list[Workload]:
    """Return the pooling rows, on 8 pictures of 64 maps of 112 x 112."""
    x, t = _pair(8 // min(shrink, 8), 64 // shrink, 112 // shrink, 112 // shrink)
    functional = _functional()
    window = {"kernel_size": 3, "stride": 2, "padding": 1}
    grad = np.ones_like(cnnlab.max_pool2d(x, **window))
    return [
        Workload(
            "max pool 3x3 s2",
            lambda: cnnlab.max_pool2d(x, **window),
            lambda: functional.max_pool2d(t, **window),
            goals=_goals(0.2),
        ),
        Workload(
            "max pool 3x3 s2, forward and backward",
            lambda: _both(cnnlab.max_pool2d, cnnlab.max_pool2d_backward, x, grad, window),
            lambda: _torch_both(functional.max_pool2d, t, window),
            goals=_goals(0.6),
        ),
        Workload(
            "average pool 2x2",
            lambda: cnnlab.avg_pool2d(x, 2),
            lambda: functional.avg_pool2d(t, 2),
            goals=_goals(0.32),
        ),
        Workload(
            "adaptive average pool 7",
            lambda: cnnlab.adaptive_avg_pool2d(x, 7),
            lambda: functional.adaptive_avg_pool2d(t, 7),
            goals=_goals(0.55),
        ),
        Workload(
            "global average pool",
            lambda: cnnlab.global_avg_pool2d(x),
            lambda: functional.adaptive_avg_pool2d(t, 1),
            goals=_goals(1.4),
        ),
    ]


def activations(shrink=1) -> list[Workload]:
    """Return the activation rows, on the same maps."""
    import torch

    x, t = _pair(8 // min(shrink, 8), 64 // shrink, 112 // shrink, 112 // shrink)
    functional = _functional()
    return [
        Workload("relu", lambda: cnnlab.relu(x), lambda: functional.relu(t), goals=_goals(1.4)),
        Workload(
            "leaky relu",
            lambda: cnnlab.leaky_relu(x),
            lambda: functional.leaky_relu(t),
            goals=_goals(1.5),
        ),
        Workload("sigmoid", lambda: cnnlab.sigmoid(x), lambda: torch.sigmoid(t), goals=_goals(2.0)),
        Workload("tanh", lambda: cnnlab.tanh(x), lambda: torch.tanh(t), goals=_goals(0.12)),
    ]


def doubles(shrink=1) -> list[Workload]:
    """Return a small set in float64, for which no goal is set."""
    some = [layer for layer in LAYERS if layer.name in IN_DOUBLE]
    rows = [_convolution(layer, 1, None, "auto", shrink, "float64") for layer in some]
    x, t = _pair(8 // min(shrink, 8), 64 // shrink, 56 // shrink, 56 // shrink, dtype="float64")
    functional = _functional()
    return [
        *rows,
        Workload(
            "max pool 3x3 s2, float64",
            lambda: cnnlab.max_pool2d(x, 3, 2, 1),
            lambda: functional.max_pool2d(t, 3, 2, 1),
        ),
        Workload(
            "relu, float64", lambda: cnnlab.relu(x), lambda: functional.relu(t), dtype="float64"
        ),
    ]


IN_DOUBLE = ("ResNet 64-64 3x3 @56", "1x1 256-64 @56", "LeNet 1-6 5x5 @28", "depthwise 32 3x3 @112")
FEW = 1_000_000  # multiply-adds up to which nested loops are waited for

FAMILIES = {
    "conv": convolutions,
    "gradient": gradients,
    "pool": pools,
    "activation": activations,
    "float64": doubles,
}


def _functional():
    import torch.nn.functional

    return torch.nn.functional


def _goals(auto, haswell=None) -> dict[str, float]:
    return {"auto": auto, "haswell": auto if haswell is None else haswell}


def _pair(*shape, seed=0, dtype="float32"):
    """Return the same numbers as an array and as a tensor."""
    import torch

    array = np.random.default_rng([seed, *shape]).normal(size=shape).astype(dtype)
    return array, torch.from_numpy(array)


def _operands(layer, batch, shrink, dtype="float32"):
    """Return input and weight as arrays and tensors, and the layer's options at this size."""
    groups = layer.options.get("groups", 1)
    smaller = shrink if groups == 1 else 1
    channels, filters = max(layer.channels // smaller, 1), max(layer.filters // smaller, 1)
    size = [max(n // shrink, k + 4) for n, k in zip(layer.size, layer.kernel, strict=True)]
    x = _pair(batch, channels, *size, dtype=dtype)
    w = _pair(filters, channels // groups, *layer.kernel, seed=1, dtype=dtype)
    return x, w


def _convolution(layer, batch, goals, algorithm, shrink, dtype="float32") -> Workload:
    (x, tx), (w, tw) = _operands(layer, batch, shrink, dtype)
    n = len(layer.kernel)
    ours, theirs = getattr(cnnlab, f"conv{n}d"), getattr(_functional(), f"conv{n}d")
    options = layer.options
    places = int(np.prod(ours(x[:1], w, **options).shape[2:]))
    name = layer.name + (f", batch {batch}" if batch > 1 else "")
    name += ", winograd" if algorithm == "winograd" else ""
    few = batch * places * w.size <= FEW and layer.options.get("groups", 1) == 1
    return Workload(
        name + (f", {dtype}" if dtype != "float32" else ""),
        lambda: ours(x, w, **options, algorithm=algorithm),
        lambda: theirs(tx, tw, **options),
        lambda: ours(x, w, **options, algorithm="im2col"),
        goals and _goals(*goals),
        None if options.get("groups", 1) > 1 else (len(w), batch * places, w[0].size),
        lambda: ours(x, w, **options, algorithm="windows"),
        (lambda: ours(x, w, **options, algorithm="loops")) if few else None,
        dtype=dtype,
    )


def _gradient(name, layer, which, goals, shrink, algorithm="auto") -> Workload:
    import torch

    (x, tx), (w, tw) = _operands(layer, 1, shrink)
    grad = np.ones_like(cnnlab.conv2d(x, w, **layer.options))
    tg = torch.from_numpy(grad)
    stride, padding = layer.options.get("stride", 1), layer.options.get("padding", 0)
    mask = [which == 0, which == 1, False]

    def theirs():
        return torch.ops.aten.convolution_backward(
            tg, tx, tw, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, mask
        )[which]

    from cnnlab import fast

    part = fast.grad_input if which == 0 else fast.grad_weight
    pads = [(padding, padding)] * 2
    return Workload(
        name,
        lambda: part(grad, x, w, (stride,) * 2, pads, (1, 1), 1, algorithm),
        theirs,
        lambda: part(grad, x, w, (stride,) * 2, pads, (1, 1), 1, "im2col"),
        goals and _goals(*goals),
    )


def _both(forward, backward, x, grad, window):
    forward(x, **window)
    return backward(grad, x, **window)


def _torch_both(forward, t, window):
    leaf = t.detach().requires_grad_()
    forward(leaf, **window).sum().backward()
    return leaf.grad
