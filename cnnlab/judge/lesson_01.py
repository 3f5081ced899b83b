"""Lesson 01's exercises: correlation in one and two axes, and convolution layers in 1, 2 and 3.

A wrong variant is a few lines over cnnlab's own operator. Where the mistake would crash in a
learner's hands it crashes here too: a crash counts as an answer when mistakes are told apart.
"""

from __future__ import annotations

import numpy as np

import cnnlab
from cnnlab.judge.correlating import correlate1d, correlate2d
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole
from cnnlab.judge.layer_slips import layer_mistakes


def _any_layer(
    shape: tuple[int, ...], kernel: tuple[int, ...], large: tuple[int, ...], wide: tuple[int, ...]
) -> Capability:
    """Return a layer's last rung: the same sum on whatever an array may hold, and a larger one."""
    input, weight, bias = rough(*shape), rough(*kernel), rough(kernel[0])
    counts = np.round(input).astype(np.int64)
    return Capability(
        "any array",
        (
            case(counts, np.round(weight).astype(np.int64), note="whole numbers (int64)"),
            case(counts, weight, bias, note="whole numbers under decimals in the kernel"),
            case(*(a.astype(np.float32) for a in (input, weight, bias)), note="float32"),
            case(
                rough(*shape[:-1], 2 * shape[-1])[..., ::2],
                weight,
                note="every second column of a larger array",
            ),
            case(
                1e6 * rough(*kernel[:2], *kernel[2:])[: shape[0]],
                weight,
                1e3 * bias,
                note="large values, a kernel as large as the input",
            ),
            case(rough(2, 3, *large), rough(5, 3, *wide), rough(5, seed=1), note="a larger input"),
        ),
        (
            "The arrays may hold whole numbers, float32, large values, or be views.",
            "An output array made with the input's dtype cuts decimals off when that is whole.",
            "np.zeros(shape) makes float64; np.result_type(input, weight) is the exact answer.",
        ),
    )


# ---------------------------------------------------------------- conv2d


def _conv2d_oracle(torch, input, weight, bias=None):
    return torch.nn.functional.conv2d(input, weight, bias)


def _conv2d_sweep(draw: Draw) -> Case:
    batch, channels, filters = draw.size(1, 3), draw.size(1, 4), draw.size(1, 4)
    kh, kw = draw.size(1, 5), draw.size(1, 5)
    input = draw.array(batch, channels, kh + draw.size(0, 7), kw + draw.size(0, 7))
    weight = draw.array(filters, channels, kh, kw)
    return case(input, weight, draw.array(filters) if draw.choice(True, False) else None)


def _transposed_kernel(input, weight, bias=None):
    # Where the kernel is not square, exchanging its axes can't be done in silence.
    square = weight.shape[2] == weight.shape[3]
    return cnnlab.conv2d(input, weight.swapaxes(2, 3) if square else weight, bias)


def _kernel_height_for_both(input, weight, bias=None):
    width = input.shape[3] - weight.shape[2] + 1
    out = cnnlab.conv2d(input, weight, bias)
    if width > out.shape[3]:
        raise ValueError("the kernel runs over the right edge")
    return out[..., :width]


conv2d = Exercise(
    name="conv2d",
    section="1.4",
    signature="(input, weight, bias=None)",
    oracle=_conv2d_oracle,
    ours=lambda input, weight, bias=None: cnnlab.conv2d(input, weight, bias),
    ladder=(
        Capability(
            "one window",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1)),
                case(whole(1, 1, 2, 3), whole(1, 1, 2, 3, seed=2)),
                case(whole(1, 1, 3, 2, seed=3), rough(1, 1, 3, 2)),
            ),
            (
                "The kernel lies on the picture exactly once, so the output has one cell.",
                "Multiply element by element what lies on each other, then add everything up.",
                "out[0, 0, 0, 0] = (input[0, 0] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "sliding",
            (
                case(whole(1, 1, 3, 3), whole(1, 1, 2, 2, seed=1)),
                case(whole(1, 1, 4, 5), whole(1, 1, 3, 2)),
                case(whole(1, 1, 5, 4), whole(1, 1, 2, 3)),
                case(whole(1, 1, 3, 4), whole(1, 1, 1, 1)),
                case(rough(1, 1, 5, 6), rough(1, 1, 3, 3)),
            ),
            (
                "How many places are there for the kernel, down and across? Count them on paper.",
                "There are H - kh + 1 places down and W - kw + 1 across: one output cell for each.",
                "out[0, 0, y, x] = (input[0, 0, y:y + kh, x:x + kw] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(1, 2, 2, 2), whole(1, 2, 2, 2, seed=1)),
                case(whole(1, 3, 4, 3), whole(1, 3, 2, 2)),
                case(rough(1, 4, 3, 5), rough(1, 4, 2, 3)),
            ),
            (
                "A filter holds one kernel slice for every input channel.",
                "Each slice meets its own channel; the slices' results are added to one number.",
                "out[0, 0, y, x] = (input[0, :, y:y + kh, x:x + kw] * weight[0]).sum()",
            ),
        ),
        Capability(
            "filters",
            (
                case(whole(1, 1, 3, 2), whole(2, 1, 2, 2)),
                case(whole(1, 2, 3, 4), whole(3, 2, 2, 2)),
                case(whole(1, 3, 4, 4), whole(3, 3, 2, 3)),
                case(rough(1, 2, 4, 3), rough(5, 2, 3, 2)),
            ),
            (
                "weight.shape[0] filters give as many feature maps.",
                "Feature map o is made by weight[o] alone, from all input channels.",
                "Loop: for o in range(weight.shape[0]): out[0, o, y, x] = ... * weight[o]",
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 2, 3), whole(1, 1, 2, 2)),
                case(whole(3, 2, 4, 3), whole(2, 2, 2, 2)),
                case(rough(2, 3, 4, 5), rough(4, 3, 3, 2)),
            ),
            (
                "input.shape[0] is the number of pictures; each has its own row in the output.",
                "The pictures know nothing of each other: the same filters, one picture at a time.",
                "out[n, o, y, x] = (input[n, :, y:y + kh, x:x + kw] * weight[o]).sum()",
            ),
        ),
        Capability(
            "bias",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1), whole(1)),
                case(whole(1, 2, 3, 3), whole(2, 2, 2, 2), np.array([3.0, -5.0])),
                case(whole(2, 3, 4, 3), whole(3, 3, 2, 2), np.array([0.0, -2.5, 7.0])),
                case(whole(1, 2, 3, 3, seed=4), whole(2, 2, 2, 2), np.zeros(2)),
                case(whole(1, 2, 3, 3, seed=5), whole(2, 2, 2, 2), None),
            ),
            (
                "bias holds one number per filter, and None means that there is none.",
                "It is added once to every cell of its feature map, after the channels are summed.",
                "if bias is not None: out += bias[:, None, None]",
            ),
        ),
        _any_layer((2, 3, 5, 4), (4, 3, 2, 3), large=(12, 9), wide=(5, 3)),
    ),
    mistakes=(
        *layer_mistakes(cnnlab.conv2d, 2),
        Mistake(
            "transposed_kernel",
            _transposed_kernel,
            "Your output equals the one with the kernel's rows and columns exchanged: "
            "weight[o, c, i, j] meets input row y + i and column x + j.",
        ),
        Mistake(
            "kernel_height_for_both",
            _kernel_height_for_both,
            "Your output's width is reckoned with the kernel's height: kernels need not be square.",
        ),
    ),
    sweep=_conv2d_sweep,
)

# ---------------------------------------------------------------- conv1d


def _conv1d_sweep(draw: Draw) -> Case:
    batch, channels, filters, k = draw.size(1, 3), draw.size(1, 4), draw.size(1, 4), draw.size(1, 5)
    input, weight = (
        draw.array(batch, channels, k + draw.size(0, 8)),
        draw.array(filters, channels, k),
    )
    return case(input, weight, draw.array(filters) if draw.choice(True, False) else None)


def _length_from(axis: int):
    """Return a layer that takes the kernel's length from another axis of the weight."""

    def wrong(input, weight, bias=None):
        k = weight.shape[axis]
        windows = [input[:, :, i : i + k] for i in range(input.shape[2] - k + 1)]
        out = np.stack([np.einsum("nck,ock->no", w, weight) for w in windows], axis=2)
        return out if bias is None else out + bias[:, None]

    return wrong


conv1d = Exercise(
    name="conv1d",
    section="1.5",
    signature="(input, weight, bias=None)",
    oracle=lambda torch, input, weight, bias=None: torch.nn.functional.conv1d(input, weight, bias),
    ours=lambda input, weight, bias=None: cnnlab.conv1d(input, weight, bias),
    ladder=(
        Capability(
            "one window",
            (
                case(whole(1, 1, 2), whole(1, 1, 2, seed=1)),
                case(whole(1, 1, 3), whole(1, 1, 3, seed=4)),
                case(rough(1, 1, 4), rough(1, 1, 4, seed=1)),
            ),
            (
                "Signal and kernel are equally long: there is one place, so one output number.",
                "Its shape is (1, 1, 1): one signal, one filter, one place.",
                "out[0, 0, 0] = (input[0, 0] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "sliding",
            (
                case(whole(1, 1, 3), whole(1, 1, 2, seed=1)),
                case(whole(1, 1, 5), whole(1, 1, 3)),
                case(whole(1, 1, 4), whole(1, 1, 1)),
                case(rough(1, 1, 9), rough(1, 1, 4)),
            ),
            (
                "How many places are there for the kernel?",
                "L - k + 1; the window at place i is input[..., i:i + k].",
                "out[0, 0, i] = (input[0, 0, i:i + k] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(1, 2, 2), whole(1, 2, 2, seed=1)),
                case(whole(1, 3, 5), whole(1, 3, 2)),
                case(rough(1, 4, 6), rough(1, 4, 3)),
            ),
            (
                "A signal may have several channels (left and right, x, y and z).",
                "Each kernel slice meets its own channel; the results are added to one number.",
                "out[0, 0, i] = (input[0, :, i:i + k] * weight[0]).sum()",
            ),
        ),
        Capability(
            "filters",
            (
                case(whole(1, 1, 3), whole(2, 1, 2)),
                case(whole(1, 2, 4), whole(3, 2, 2)),
                case(whole(1, 3, 4), whole(3, 3, 2)),
                case(rough(1, 2, 7), rough(5, 2, 3)),
            ),
            (
                "weight.shape[0] filters give as many output channels.",
                "Output channel o is made by weight[o] alone, from all input channels.",
                "out[0, o, i] = (input[0, :, i:i + k] * weight[o]).sum()",
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 3), whole(1, 1, 2)),
                case(whole(3, 2, 4), whole(2, 2, 2)),
                case(rough(2, 3, 6), rough(4, 3, 3)),
            ),
            (
                "input.shape[0] is the number of signals; each has its own row in the output.",
                "The signals know nothing of each other: the same filters, one signal at a time.",
                "out[n, o, i] = (input[n, :, i:i + k] * weight[o]).sum()",
            ),
        ),
        Capability(
            "bias",
            (
                case(whole(1, 1, 2), whole(1, 1, 2, seed=1), whole(1)),
                case(whole(1, 2, 3), whole(2, 2, 2), np.array([3.0, -5.0])),
                case(whole(2, 3, 5), whole(3, 3, 2), np.array([0.0, -2.5, 7.0])),
                case(whole(2, 2, 4), whole(3, 2, 2), np.array([1.5, -4.0, 6.0])),
                case(whole(1, 2, 3, seed=4), whole(2, 2, 2), np.zeros(2)),
                case(whole(1, 2, 3, seed=5), whole(2, 2, 2), None),
            ),
            (
                "bias holds one number per filter, and None means that there is none.",
                "It is added once to every number of its output channel.",
                "if bias is not None: out += bias[:, None]",
            ),
        ),
        _any_layer((2, 3, 6), (4, 3, 2), large=(30,), wide=(7,)),
    ),
    mistakes=(
        *layer_mistakes(cnnlab.conv1d, 1),
        Mistake(
            "length_from_channels",
            _length_from(1),
            "You take the number of channels for the kernel's length: in (O, C, k) the length is "
            "weight.shape[2].",
        ),
        Mistake(
            "length_from_filters",
            _length_from(0),
            "You take the number of filters for the kernel's length: in (O, C, k) the length is "
            "weight.shape[2]; len(weight) is O.",
        ),
        Mistake(
            "output_transposed",
            lambda input, weight, bias=None: cnnlab.conv1d(input, weight, bias).swapaxes(1, 2),
            "Your output has places and filters exchanged: it is (batch, filters, places).",
        ),
    ),
    sweep=_conv1d_sweep,
)

# ---------------------------------------------------------------- conv3d


def _conv3d_sweep(draw: Draw) -> Case:
    batch, channels, filters = draw.size(1, 2), draw.size(1, 3), draw.size(1, 3)
    kernel = [draw.size(1, 3) for _ in range(3)]
    input = draw.array(batch, channels, *(k + draw.size(0, 2) for k in kernel))
    weight = draw.array(filters, channels, *kernel)
    return case(input, weight, draw.array(filters) if draw.choice(True, False) else None)


def _depth_first_slice(input, weight, bias=None):
    return cnnlab.conv3d(
        input[:, :, : input.shape[2] - weight.shape[2] + 1], weight[:, :, :1], bias
    )


def _depth_not_slid(input, weight, bias=None):
    return cnnlab.conv3d(input[:, :, : weight.shape[2]], weight, bias)


def _depth_added_up(input, weight, bias=None):
    return cnnlab.conv3d(input, weight, bias).sum(axis=2)


conv3d = Exercise(
    name="conv3d",
    section="1.5",
    signature="(input, weight, bias=None)",
    oracle=lambda torch, input, weight, bias=None: torch.nn.functional.conv3d(input, weight, bias),
    ours=lambda input, weight, bias=None: cnnlab.conv3d(input, weight, bias),
    ladder=(
        Capability(
            "one window",
            (
                case(whole(1, 1, 2, 2, 2), whole(1, 1, 2, 2, 2, seed=1)),
                case(rough(1, 1, 2, 3, 1), rough(1, 1, 2, 3, 1, seed=1)),
                case(rough(1, 1, 3, 1, 2), rough(1, 1, 3, 1, 2, seed=1)),
            ),
            (
                "The kernel is a small box now, and it fills the input exactly: one output cell.",
                "Multiply element by element and add up over all three axes.",
                "out[0, 0, 0, 0, 0] = (input[0, 0] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "sliding",
            (
                case(whole(1, 1, 3, 2, 2), whole(1, 1, 2, 2, 2)),
                case(whole(1, 1, 2, 3, 4), whole(1, 1, 2, 2, 2)),
                case(whole(1, 1, 3, 4, 5), whole(1, 1, 2, 1, 3)),
                case(rough(1, 1, 4, 3, 3), rough(1, 1, 1, 2, 2)),
            ),
            (
                "The box slides along three axes: depth (or time), height and width.",
                "n - k + 1 places along each axis, each axis with its own n and k.",
                "(box * weight[0, 0]).sum() with box = input[0, 0, z:z + kd, y:y + kh, x:x + kw]",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(1, 2, 2, 2, 2), whole(1, 2, 2, 2, 2, seed=1)),
                case(whole(1, 3, 3, 2, 3), whole(1, 3, 2, 2, 1)),
            ),
            (
                "Depth is an axis the kernel slides along; channels are not.",
                "A filter has a box for every channel; the boxes' results are added.",
                "(box * weight[0]).sum() with box = input[0, :, z:z + kd, y:y + kh, x:x + kw]",
            ),
        ),
        Capability(
            "filters",
            (
                case(whole(1, 1, 2, 2, 3), whole(2, 1, 2, 1, 2)),
                case(rough(1, 2, 3, 3, 2), rough(3, 2, 2, 2, 1)),
                case(rough(1, 3, 2, 3, 3), rough(3, 3, 1, 2, 2)),
            ),
            (
                "weight.shape[0] filters give as many output volumes.",
                "Volume o is made by weight[o] alone, from all input channels.",
                "Loop: for o in range(weight.shape[0]): out[0, o, z, y, x] = ... * weight[o]",
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 2, 2, 2), whole(1, 1, 2, 1, 2)),
                case(rough(3, 2, 2, 3, 2), rough(2, 2, 1, 2, 2)),
            ),
            (
                "input.shape[0] is the number of volumes or clips.",
                "Each is worked on by itself, with the same filters.",
                "(box * weight[o]).sum() with box = input[n, :, z:z + kd, y:y + kh, x:x + kw]",
            ),
        ),
        Capability(
            "bias",
            (
                case(whole(1, 1, 1, 2, 2), whole(1, 1, 1, 2, 2, seed=1), whole(1)),
                case(whole(1, 2, 2, 3, 3), whole(2, 2, 2, 2, 2), np.array([3.0, -5.0])),
                case(whole(2, 3, 2, 3, 4), whole(3, 3, 2, 2, 2), np.array([0.0, -2.5, 7.0])),
                case(whole(1, 2, 2, 2, 3, seed=4), whole(2, 2, 1, 2, 2), np.zeros(2)),
                case(whole(1, 2, 2, 2, 3, seed=5), whole(2, 2, 1, 2, 2), None),
            ),
            (
                "bias holds one number per filter, and None means that there is none.",
                "It is added once to every cell of its output volume.",
                "if bias is not None: out += bias[:, None, None, None]",
            ),
        ),
        _any_layer((2, 2, 3, 3, 4), (3, 2, 2, 2, 2), large=(4, 7, 5), wide=(2, 4, 3)),
    ),
    mistakes=(
        *layer_mistakes(cnnlab.conv3d, 3),
        Mistake(
            "depth_not_slid",
            _depth_not_slid,
            "Your kernel stays at depth 0: it slides along depth too, D - kd + 1 places.",
        ),
        Mistake(
            "first_depth_slice_only",
            _depth_first_slice,
            "Only the kernel's first slice along depth is used: the sum runs over kd as well.",
        ),
        Mistake(
            "depth_added_up",
            _depth_added_up,
            "Your output has lost its depth: the results along depth are added together. They stay "
            "apart, one output slice for every place.",
        ),
    ),
    sweep=_conv3d_sweep,
)

EXERCISES = (correlate1d, correlate2d, conv2d, conv1d, conv3d)
