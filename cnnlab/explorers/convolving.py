"""The gather record of a convolution, in one or two axes, with channels and groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlab import calls, convolution, sliding

from .panels import Block, Panel
from .record import Record
from .sizes import formulas, size, torch_call, unread_sentence

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def convolution_record(
    input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, padding_mode="zeros"
) -> Record:
    """Return the record of `cnnlab.conv1d` or `conv2d`, whichever the axes of `input` call for.

    Shapes: input (C, L) or (C, H, W), weight and bias as in `cnnlab.conv2d`. One axis is drawn as
        panels of height 1.
    Errors: those of `cnnlab.conv2d`.
    Source: cnnlab.sliding; lessons 1 to 3.

    >>> record = convolution_record(np.ones((1, 4, 4)), np.ones((1, 1, 3, 3)), padding=1)
    >>> record.count, len(record.gathered(0)[0]), record.flat("output")[:2].tolist()
    (16, 9, [4.0, 6.0])
    """
    n = input.ndim - 1
    call = calls.convolution(
        n, input, weight, bias, stride, padding, dilation, groups, padding_mode
    )
    run = convolution.conv1d if n == 1 else convolution.conv2d
    output = run(
        input, weight, bias, stride, padding, dilation, groups, padding_mode=padding_mode
    )  # fmt: skip
    kernel_size, sizes = weight.shape[2:], input.shape[1:]
    lines = [
        axis(*row, padding_mode)
        for row in zip(sizes, kernel_size, call.stride, call.pads, call.dilation, strict=True)
    ]
    if n == 1:  # a line is a picture of one row
        lines.insert(0, (np.array([0]), [[0]], 0))
    inputs = _inputs(
        input, lines, [sum(pads) + m for pads, m in zip(call.pads, sizes, strict=True)]
    )
    kernels = _kernels(weight, call)
    outputs = [
        Panel("output", f"output {size(m.shape)}", _picture(m), letter=_letter(o, len(output)))
        for o, m in enumerate(output)
    ]
    record = Record(
        (*inputs, *kernels, *outputs),
        _blocks(weight, bias, groups, lines, len(inputs), len(kernels)),
        formula=formulas(sizes, kernel_size, call.stride, call.pads, call.dilation),
        torch=torch_line(n, bias is not None, call, groups, padding, padding_mode),
    )
    return with_words(record, n, call, sizes, kernel_size, output.shape[1:])


def axis(n, kernel_size, stride, pads, dilation, mode):
    """Return where an axis' padded cells come from, what each window reads, and its padding."""
    source = sliding.padding_source(n, *pads, mode)
    cells = sliding.windows(np.arange(len(source)), (kernel_size,), (stride,), (dilation,))
    return source, cells.tolist(), pads[0]


def _inputs(input, lines, padded):
    (rows, _, top), (cols, _, left) = lines
    grown = tuple(padded) != input.shape[1:]
    return [
        Panel(
            "input", f"input {size(m.shape)}", _picture(m), f"padded {size(padded)}" * grown,
            rows, cols, (top, left), letter=_letter(c, len(input)),
        )
        for c, m in enumerate(input)
    ]  # fmt: skip


def _kernels(weight, call):
    spans = [d * (k - 1) + 1 for k, d in zip(weight.shape[2:], call.dilation, strict=True)]
    note = f"spans {size(spans)}" if tuple(spans) != weight.shape[2:] else ""
    spread = (1, *call.dilation)[-2:]
    title = f"kernel {size(weight.shape[2:])}"
    return [
        Panel("kernel", title, _picture(slice), note, spread=spread, letter=_letter(o, len(weight)))
        for o, filters in enumerate(weight)
        for slice in filters
    ]


def _blocks(weight, bias, groups, lines, inputs, kernels):
    filters, slices = weight.shape[:2]
    (_, rows, _), (_, cols, _) = lines
    blocks = []
    for o in range(filters):
        start = o // (filters // groups) * slices
        blocks.append(
            Block(
                output=inputs + kernels + o,
                inputs=tuple(range(start, start + slices)),
                rows=rows,
                cols=cols,
                kernels=tuple(range(inputs + o * slices, inputs + (o + 1) * slices)),
                bias=0.0 if bias is None else float(bias[o]),
            )
        )
    return tuple(blocks)


def torch_line(n, bias, call, groups, padding, padding_mode) -> str:
    """Write the call of torch that computes the same; other padding modes need F.pad."""
    source, options = "input", {"stride": call.stride, "padding": padding}
    if padding_mode != "zeros" and any(map(sum, call.pads)):
        around = tuple(cells for pads in reversed(call.pads) for cells in pads)
        source = f'F.pad(input, {around}, mode="{padding_mode}")'
        options["padding"] = 0
    options |= {"dilation": call.dilation, "groups": groups}
    defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    first = (source, "weight", "bias") if bias else (source, "weight")
    return torch_call(f"conv{n}d", first, options, defaults)


def with_words(record, n, call, sizes, kernel_size, places):
    """Return a record of a convolution along n axes with its sentence and its notes."""
    unread = unread_sentence(record.never_read())
    settings = [f"kernel {_ascii(kernel_size)}", f"stride {_ascii(call.stride)}"]
    if any(map(sum, call.pads)):
        settings.append(f"padding {_ascii([b for b, _ in call.pads])}")
    if set(call.dilation) != {1}:
        settings.append(f"dilation {_ascii(call.dilation)}")
    sentence = (
        f"Conv{n}d explorer: input {'x'.join(map(str, sizes))}, {', '.join(settings)} "
        f"-> output {'x'.join(map(str, places))}"
    )
    return replace(record, sentence=sentence, notes=(unread,))


def _ascii(numbers) -> str:
    return str(numbers[0]) if len(set(numbers)) == 1 else "x".join(map(str, numbers))


def _picture(values: np.ndarray) -> np.ndarray:
    return np.atleast_2d(values).astype(float)


def _letter(i: int, count: int) -> str:
    return LETTERS[i % len(LETTERS)] if count > 1 else ""
