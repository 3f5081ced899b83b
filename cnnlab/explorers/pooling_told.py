"""The gather record of a pool: which cells a window sees, what it divides by, what is dropped."""

from __future__ import annotations

import numpy as np

from cnnlab import averaging, calls, pooling, sliding

from .panels import Block, Panel
from .record import Record
from .sizes import formulas, size, torch_call, unread_sentence

KINDS = ("max", "average")
MEANS = ("count_include_pad", "divisor_override")  # what an average alone has


def pooling_record(
    kind, data, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
    count_include_pad=True, divisor_override=None,
) -> Record:  # fmt: skip
    """Return the record of `cnnlab.max_pool2d` or `avg_pool2d` on one map.

    An average has no dilation, a maximum neither count_include_pad nor divisor_override, as in
    torch; what the kind doesn't have is left alone.

    Shapes: data (H, W).
    Errors: those of the pools.
    Source: torch.nn.MaxPool2d and AvgPool2d; lessons 4.1 and 4.2.

    >>> record = pooling_record("average", np.ones((3, 3)), 2, ceil_mode=True)
    >>> record.blocks[0].divisor.tolist(), record.flat("output").tolist()
    ([[4.0, 2.0], [2.0, 1.0]], [1.0, 1.0, 1.0, 1.0])
    """
    maps, window = data[np.newaxis], (kernel_size, stride, padding)
    if kind == "max":
        options, divisor, fill = {"dilation": dilation}, None, -np.inf
        call = calls.pooling(2, maps, *window, dilation, ceil_mode)
        output = pooling.max_pool2d(maps, *window, dilation, ceil_mode)[0]
    else:
        options, fill = dict(zip(MEANS, (count_include_pad, divisor_override), strict=True)), 0.0
        call = calls.mean_pooling(2, maps, *window, ceil_mode, *options.values())
        output = averaging.avg_pool2d(maps, *window, ceil_mode, **options)[0]
        divisor = _divisor(call, output.shape, **options)
    pads = pooling.pads_of(call)
    axes = list(zip(data.shape, pads, call.kernel_size, call.stride, call.dilation, strict=True))
    rows, cols = (
        sliding.windows(np.arange(n + sum(pair)), (k,), (s,), (d,)).tolist()
        for n, pair, k, s, d in axes
    )
    input = _input(data, pads, call.pads, fill)
    block = Block(1, (0,), rows, cols, divisor=divisor)
    unread = Record((input,), (Block(0, (0,), rows, cols),)).never_read()
    extra = {
        "beyond": [a - p for (_, a), (_, p) in zip(pads, call.pads, strict=True)],
        "next": [_next(call, data.shape, output.shape, axis) for axis in (0, 1)],
    }
    return Record(
        (input, Panel("output", f"output {size(output.shape)}", output)),
        (block,),
        join="max" if kind == "max" else "mean",
        formula=formulas(data.shape, *call[1:]),
        torch=_torch_line(kind, call, options),
        sentence=_sentence(kind, data.shape, call, output.shape),
        notes=(unread_sentence(unread), *_about_the_end(call, extra)),
        extra=extra,
    )


def _divisor(call, places, count_include_pad, divisor_override) -> np.ndarray:
    """Return what each sum is divided by: how many ones lie under the window, or the override."""
    if divisor_override is not None:
        return np.full(places, float(divisor_override))
    ones, padding = np.ones_like(call.input), [before for before, _ in call.pads]
    if count_include_pad:  # padding counts as the cells do; what hangs over it never does
        ones, padding = sliding.pad(ones, call.pads, value=1), 0
    rest = (call.kernel_size, call.stride, padding, call.ceil_mode)
    counted = averaging.avg_pool2d(ones, *rest, divisor_override=1)[0]
    return counted[: places[0], : places[1]]


def _input(data, pads, padding, fill) -> Panel:
    rows, cols = (
        sliding.padding_source(n, *pair) for n, pair in zip(data.shape, pads, strict=True)
    )
    padded = (len(rows), len(cols))
    words = ["padded"] * any(map(sum, padding)) + ["hangs over"] * (pads != padding)
    with_what = f"{size(padded)} with {'−∞' if fill else 'zeros'}"
    note = f"{', '.join(words)}: {with_what}" * bool(words)
    edge = (pads[0][0], pads[1][0])
    return Panel("input", f"input {size(data.shape)}", data, note, rows, cols, edge, fill)


def _next(call, sizes, places, axis) -> dict | None:
    """Return the window of an axis that is not taken: where it starts and how far it hangs over.

    Without ceil_mode it is the one that doesn't fit whole; with it, one that would start in the
    padding after the end. None where the last step fits, and where it is taken.
    """
    k, s, d = call.kernel_size[axis], call.stride[axis], call.dilation[axis]
    end = sizes[axis] + sum(call.pads[axis])
    start, span = places[axis] * s, d * (k - 1) + 1
    if start - s + span >= end:  # the last window reaches the end
        return None
    return {"start": start, "over": start + span - end}


def _about_the_end(call, extra) -> list[str]:
    after = "A window that would start in the padding after the end is dropped."
    said = [after if call.ceil_mode else "The floor drops the window that doesn't fit whole."]
    if max(extra["beyond"]) > 0:
        over = "ceil_mode lets the last window hang over the end; what lies there never counts."
        return [over, *said * any(extra["next"])]
    return said * any(extra["next"])


def _torch_line(kind, call, options) -> str:
    options = {
        "stride": call.stride,
        "padding": [before for before, _ in call.pads],
        "ceil_mode": call.ceil_mode,
        **options,
    }
    defaults = {
        "stride": call.kernel_size, "padding": 0, "ceil_mode": False, "dilation": 1,
        "count_include_pad": True, "divisor_override": None,
    }  # fmt: skip
    k = call.kernel_size
    name = {"max": "max_pool2d", "average": "avg_pool2d"}[kind]
    return torch_call(name, ("input", str(k[0] if k[0] == k[1] else k)), options, defaults)


def _sentence(kind, sizes, call, places) -> str:
    def said(numbers):
        return "x".join(map(str, numbers if len(set(numbers)) > 1 else numbers[:1]))

    settings = [f"kernel {said(call.kernel_size)}", f"stride {said(call.stride)}"]
    if any(map(sum, call.pads)):
        settings.append(f"padding {said([b for b, _ in call.pads])}")
    if set(call.dilation) != {1}:
        settings.append(f"dilation {said(call.dilation)}")
    settings += ["ceil_mode"] * call.ceil_mode
    shapes = ("x".join(map(str, shape)) for shape in (sizes, places))
    return "Pooling explorer: {}, input {}, {} -> output {}".format(
        kind, next(shapes), ", ".join(settings), next(shapes)
    )
