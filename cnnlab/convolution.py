"""Convolution: lay the kernel on the input, multiply, add up, slide on.

One definition serves 1, 2 and 3 axes, with stride, padding, dilation and groups: every output
value is the sum, over the channels of its group and the taps of the kernel, of input times weight,
plus the bias of its channel. The kernel is not flipped: like torch, this is cross-correlation.

The number in `conv2d` counts the axes along which the kernel slides. How the sum is carried out is
the business of `cnnlab.fast`; all its strategies give the same answer.
"""

from __future__ import annotations

import numpy as np

from . import arguments, calls, fast, sliding


def conv_nd(n, input, weight, bias, stride, padding, dilation, groups, padding_mode, algorithm):
    """Return the convolution that slides along `n` axes; `conv2d` tells the arguments."""
    call = calls.convolution(
        n, input, weight, bias, stride, padding, dilation, groups, padding_mode
    )
    output = fast.correlate(
        call.input, call.weight, call.stride, call.pads, call.dilation, call.groups,
        padding_mode, algorithm,
    )  # fmt: skip
    if bias is not None:
        with np.errstate(all="ignore"):  # infinities and NaN follow IEEE 754 silently, as in torch
            output += call.bias.reshape(-1, *[1] * n)
    output = arguments.cast(output, call.dtype)
    return output if call.batched else output[0]


@np.errstate(all="ignore")
def conv_nd_backward(
    n, grad_output, input, weight, bias, stride, padding, dilation, groups, padding_mode, algorithm
):
    """Return the three gradients of `conv_nd`; `conv2d_backward` tells the arguments."""
    call = calls.convolution(
        n, input, weight, bias, stride, padding, dilation, groups, padding_mode
    )
    grad_output = arguments.array("grad_output", grad_output)
    places = sliding.output_sizes(
        call.input.shape[2:], call.weight.shape[2:], call.stride, call.pads, call.dilation
    )
    lead = (len(call.input),) if call.batched else ()
    arguments.same_shape("grad_output", grad_output, (*lead, len(call.weight), *places))
    grad_output = grad_output.reshape(len(call.input), len(call.weight), *places)
    dtype, exact = call.dtype, call.input.dtype
    if grad_output.dtype.kind == "f" != exact.kind:  # or fractions would be cut off
        dtype = exact = np.result_type(exact, grad_output, np.float32)
    grad_output = grad_output.astype(exact, copy=False)
    grad_input, grad_weight = fast.correlate_backward(
        grad_output, call.input.astype(exact, copy=False), call.weight.astype(exact, copy=False),
        call.stride, call.pads, call.dilation, call.groups, padding_mode, algorithm,
    )  # fmt: skip
    grads = [grad_input if call.batched else grad_input[0], grad_weight]
    if bias is not None:
        grads.append(grad_output.sum((0, *range(2, n + 2)), dtype=exact))
    grads = [grad.astype(dtype, copy=False) for grad in grads]
    return (*grads, None) if bias is None else tuple(grads)


def conv1d(
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    padding_mode="zeros",
    algorithm="auto",
) -> np.ndarray:
    """Slide every filter along one axis, as `torch.nn.functional.conv1d` does; see `conv2d`.

    Shapes: input (N, C_in, L) or (C_in, L), weight (C_out, C_in / groups, k), bias (C_out,);
        the result is (N, C_out, places) or (C_out, places).
    Errors: ValueError and TypeError as in `conv2d`.
    Source: torch.nn.functional.conv1d; lesson 1.5.

    >>> conv1d(np.array([[1.0, 2.0, 4.0, 7.0]]), np.array([[[-1.0, 1.0]]]))
    array([[1., 2., 3.]])
    """
    return conv_nd(
        1, input, weight, bias, stride, padding, dilation, groups, padding_mode, algorithm
    )


def conv2d(
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    padding_mode="zeros",
    algorithm="auto",
) -> np.ndarray:
    """Slide every filter over two axes, as `torch.nn.functional.conv2d` does.

    stride is the step of the window, dilation the step between its taps, padding the cells put
    around the input (an int, one int per axis, 'valid' for none, 'same' for an output as large as
    the input), padding_mode what they hold ('zeros', 'reflect', 'replicate', 'circular'). With
    `groups` each block of C_out / groups filters sees its own C_in / groups channels.
    `algorithm` says how the sum is carried out, never what it is; in which order it is added up
    does show in the last digits. Where cells of very different size lie side by side, "fft" and
    two rows at a time, which "auto" may choose, are as exact as the largest of them allows.

    Shapes: input (N, C_in, H, W) or (C_in, H, W), weight (C_out, C_in / groups, kh, kw),
        bias (C_out,); the result is (N, C_out, places_h, places_w), or without N.
    Errors: ValueError for shapes that don't agree, a window larger than the padded input, and
        numbers below their least value; TypeError for what is no array or no int.
    Source: torch.nn.functional.conv2d; padding_mode as in torch.nn.Conv2d; lessons 1.4 and 2.

    >>> image = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> conv2d(image, np.ones((1, 1, 2, 2)))
    array([[[[10., 14., 18.],
             [26., 30., 34.]]]])
    >>> conv2d(image, np.ones((5, 1, 3, 3)), stride=2, padding=1).shape
    (1, 5, 2, 2)
    """
    return conv_nd(
        2, input, weight, bias, stride, padding, dilation, groups, padding_mode, algorithm
    )


def conv3d(
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    padding_mode="zeros",
    algorithm="auto",
) -> np.ndarray:
    """Slide every filter along three axes, as `torch.nn.functional.conv3d` does; see `conv2d`.

    Shapes: input (N, C_in, D, H, W) or (C_in, D, H, W), weight (C_out, C_in / groups, kd, kh, kw),
        bias (C_out,); the result is (N, C_out, three places), or without N.
    Errors: ValueError and TypeError as in `conv2d`.
    Source: torch.nn.functional.conv3d; lesson 1.5.

    >>> conv3d(np.zeros((2, 3, 8, 16, 16)), np.zeros((4, 3, 3, 3, 3)), padding="same").shape
    (2, 4, 8, 16, 16)
    """
    return conv_nd(
        3, input, weight, bias, stride, padding, dilation, groups, padding_mode, algorithm
    )


def conv1d_backward(
    grad_output,
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    padding_mode="zeros",
    algorithm="auto",
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the gradients of `conv1d` with respect to input, weight and bias.

    Shapes: grad_output as the result of `conv1d`; each gradient as what it belongs to, None
        where there is no bias.
    Errors: those of `conv1d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.3.

    >>> x, w = np.array([[1.0, 2.0, 4.0]]), np.array([[[3.0, 5.0]]])
    >>> grad_input, grad_weight, _ = conv1d_backward(np.ones((1, 2)), x, w)
    >>> grad_input, grad_weight
    (array([[3., 8., 5.]]), array([[[3., 6.]]]))
    """
    return conv_nd_backward(
        1, grad_output, input, weight, bias, stride, padding, dilation, groups,
        padding_mode, algorithm,
    )  # fmt: skip


def conv2d_backward(
    grad_output,
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    padding_mode="zeros",
    algorithm="auto",
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the gradients of `conv2d` with respect to input, weight and bias.

    Every product input * weight that went into an output sends that output's gradient back twice:
    times the weight to the input cell, times the input to the weight. The bias gets the plain sum.

    Shapes: grad_output as the result of `conv2d`; each gradient as what it belongs to, None
        where there is no bias.
    Errors: those of `conv2d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.3.

    >>> x, w, b = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), np.zeros(1)
    >>> grad_input, grad_weight, grad_bias = conv2d_backward(np.ones((1, 1, 2, 2)), x, w, b)
    >>> grad_input[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    return conv_nd_backward(
        2, grad_output, input, weight, bias, stride, padding, dilation, groups,
        padding_mode, algorithm,
    )  # fmt: skip


def conv3d_backward(
    grad_output,
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    padding_mode="zeros",
    algorithm="auto",
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the gradients of `conv3d` with respect to input, weight and bias.

    Shapes: grad_output as the result of `conv3d`; each gradient as what it belongs to, None
        where there is no bias.
    Errors: those of `conv3d`; ValueError where grad_output has another shape.
    Source: torch.autograd; lesson 7.3.

    >>> x, w = np.zeros((2, 3, 4, 5, 6)), np.zeros((4, 3, 1, 2, 3))
    >>> [grad.shape for grad in conv3d_backward(np.zeros((2, 4, 4, 4, 4)), x, w)[:2]]
    [(2, 3, 4, 5, 6), (4, 3, 1, 2, 3)]
    """
    return conv_nd_backward(
        3, grad_output, input, weight, bias, stride, padding, dilation, groups,
        padding_mode, algorithm,
    )  # fmt: skip


def explain_algorithm(
    input,
    weight,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    padding_mode="zeros",
    algorithm="auto",
) -> str:
    """Say in words which strategy a convolution with these arguments takes, and why.

    Shapes: those of `conv1d`, `conv2d` or `conv3d`; the kernel's axes tell which one is meant.
    Errors: ValueError and TypeError as in `conv2d`.
    Source: cnnlab.fast.choice; lesson 09.

    >>> image, kernel = np.ones((1, 3, 8, 8)), np.ones((4, 3, 1, 1))
    >>> print(explain_algorithm(image, kernel))
    pointwise: a 1x1 kernel without padding is one matrix times the channels of every pixel, \
nothing copied (768 multiply-adds by the definition)
    """
    axes = "3 to 5 axes (C_out, C_in / groups, 1 to 3 of kernel)"
    n = arguments.array("weight", weight, (3, 4, 5), axes).ndim - 2
    call = calls.convolution(
        n, input, weight, bias, stride, padding, dilation, groups, padding_mode
    )
    arguments.choice("algorithm", algorithm, fast.ALGORITHMS)
    sizes, kernel = call.input.shape[2:], call.weight.shape[2:]
    places = sliding.output_sizes(sizes, kernel, call.stride, call.pads, call.dilation)
    pads = call.pads
    if padding_mode != "zeros":  # is laid out first, where the input is large enough
        for size, pair in zip(sizes, pads, strict=True):
            sliding.padding_source(size, *pair, padding_mode)
        pads = [(0, 0)] * n
    window = fast.Window(kernel, call.stride, pads, call.dilation, call.groups)
    shapes = (call.input.shape, call.weight.shape)
    return fast.explanation(*shapes, window, places, call.input.dtype, algorithm)
