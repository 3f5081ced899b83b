"""The shift explorer's record: two pictures, one layer over both, and what is left over."""

from __future__ import annotations

import numpy as np

from cnnlab import sliding

from .look import number
from .panels import Block, Panel
from .record import Record
from .shift_parts import Layer, change, moved, steps
from .sizes import plural, size, verb

JOINS = {"conv": "sum", "avg pool": "mean"}


def shift_record(picture: np.ndarray, layer: Layer, shift: tuple[int, int], entering) -> Record:
    """Return the record of a layer over a picture and over the moved picture.

    Shapes: picture (H, W); the two outputs have one size, and so has the difference between the
        output of the moved picture and the moved output.

    >>> from .shift_parts import PRESETS, made
    >>> layer = made("max of all", None, 1, "zeros", (1, 5))
    >>> record = shift_record(PRESETS["4 1 3 7 2"], layer, (0, -1), "zeros")
    >>> record.flat("output").tolist(), record.flat("target").tolist()
    ([7.0, 7.0], [0.0])
    """
    other = moved(picture, *shift, entering)
    here, there = layer(picture), layer(other)
    along = steps(shift, layer.stride, layer.kind)
    left = there - moved(here, *along, entering)
    kernels = [] if layer.weight is None else [Panel("kernel", "kernel", layer.weight)]
    inputs = [
        _input(map, layer, title, letter)
        for map, title, letter in ((picture, "input", "A"), (other, "moved input", "B"))
    ]
    outputs = [
        Panel("output", f"output {size(map.shape)}", map, letter=letter)
        for map, letter in ((here, "A"), (there, "B"))
    ]
    kept = not _whole(shift, layer) and bool(np.abs(left).max() <= 1e-12)
    note = _whole(shift, layer) or f"A moved {' and '.join(_told(along))}"
    panels = (*inputs, *kernels, *outputs, Panel("target", "B − moved A", left, note))
    blocks = tuple(_block(layer, here.shape, n, len(kernels)) for n in (0, 1))
    return Record(
        panels, blocks, JOINS.get(layer.kind, "max"),
        formula=(verdict(left, along, shift, layer),), notes=(told(picture, other, here, there),),
        torch=torch_line(layer), sentence=_sentence(layer, shift, kept, here, there),
        extra={"along": list(along), "equivariant": kept},
    )  # fmt: skip


def _input(map, layer, title, letter) -> Panel:
    lines = [
        sliding.padding_source(n, *pads, layer.mode)
        for n, pads in zip(map.shape, layer.pads, strict=True)
    ]
    grown = tuple(len(line) for line in lines)
    note = f"padded {size(grown)}" if grown != map.shape else ""
    edge = (layer.pads[0][0], layer.pads[1][0])
    return Panel("input", f"{title} {size(map.shape)}", map, note, *lines, edge, letter=letter)


def _block(layer, places, number, kernels) -> Block:
    axes = zip(places, layer.window, layer.stride, strict=True)
    rows, cols = ([[i * s + t for t in range(k)] for i in range(n)] for n, k, s in axes)
    taps = layer.window[0] * layer.window[1]
    divisor = np.full(places, float(taps)) if layer.kind == "avg pool" else None
    return Block(2 + kernels + number, (number,), rows, cols, (2,) * kernels, divisor=divisor)


def _told(along) -> list[str]:
    names = (("down", "up"), ("right", "left"))
    found = [
        f"{abs(n)} {ways[n < 0]}" for n, ways in zip(along, names, strict=True) if n
    ]  # fmt: skip
    return found or ["0"]


def _whole(shift, layer) -> str:
    parts = [f"{n}/{s}" for n, s in zip(shift, layer.stride, strict=True) if n % s]
    if layer.kind == "max of all" or not parts:
        return ""
    return f"{', '.join(parts).replace('-', '−')}: not whole"


def verdict(left, along, shift, layer) -> str:
    """Say in a sentence whether the output moved along, and what is in the way if it did not."""
    wrong = int(np.count_nonzero(np.abs(left) > 1e-12))
    whole, differ = not _whole(shift, layer), verb(wrong, "differs", "differ")
    if not wrong and whole:
        return f"Equivariant here: B is exactly A moved {' and '.join(_told(along))}."
    if not whole:
        return (
            f"A shift of {' and '.join(_told(shift))} is no whole step at stride "
            f"{layer.stride[1]}: {wrong} of {plural(left.size, 'cell')} {differ} from A moved "
            f"{' and '.join(_told(along))}."
        )
    return (
        f"Not equivariant: {wrong} of {plural(left.size, 'cell')} {differ}, by up to "
        f"{number(np.abs(left).max())}, where an edge is or was."
    )


def told(picture, other, here, there) -> str:
    """Say how far the layer is invariant: how much of its output stays, against the input."""
    stay = int(np.count_nonzero(np.isclose(here, there, rtol=0, atol=1e-12)))
    stays = verb(stay, "stays as it was", "stay as they were")
    shares = [change(*pair) for pair in ((picture, other), (here, there))]
    invariant = " Invariant here: B equals A." if stay == here.size else ""
    return (
        f"{stay} of {plural(here.size, 'output')} {stays}. All changes added up are "
        f"{shares[0]:.0%} of the input's sizes, {shares[1]:.0%} of the output's.{invariant}"
    )


def torch_line(layer: Layer) -> str:
    """Write the layer in torch's words, padding apart."""
    stride = layer.stride[0] if len(set(layer.stride)) == 1 else layer.stride
    window = layer.window[0] if len(set(layer.window)) == 1 else layer.window
    around = tuple(cells for pads in reversed(layer.pads) for cells in pads)
    mode = "constant" if layer.mode == "zeros" else layer.mode
    source = f'F.pad(input, {around}, mode="{mode}")' if any(around) else "input"
    if layer.kind == "conv":
        more = f", stride={stride}" if stride != 1 else ""
        return f"F.conv2d({source}, weight{more})"
    name = "avg_pool2d" if layer.kind == "avg pool" else "max_pool2d"
    return f"F.{name}({source}, {window}, stride={stride})"


def _sentence(layer, shift, equivariant, here, there) -> str:
    kept = "equivariant" if equivariant else "not equivariant"
    same = "invariant" if np.allclose(here, there, rtol=0, atol=1e-12) else "not invariant"
    return (
        f"Shift explorer: {layer.kind}, stride {layer.stride[1]}, {layer.mode} padding, moved "
        f"{shift[0]} down and {shift[1]} right -> {kept}, {same}"
    )
