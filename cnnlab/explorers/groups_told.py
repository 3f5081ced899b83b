"""The groups explorer's picture as data: matrices of who sees whom, counts and words."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from cnnlab import sliding

from . import look
from .panels import Told
from .still import FONT

PRESETS = ("grouped", "depthwise", "pointwise", "separable")


class Stage(NamedTuple):
    """One convolution."""

    inputs: int
    outputs: int
    groups: int
    kernel: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The weight's shape."""
        return self.outputs, self.inputs // self.groups, self.kernel, self.kernel

    @property
    def parameters(self) -> int:
        """How many weights it has."""
        return self.outputs * (self.inputs // self.groups) * self.kernel**2

    @property
    def torch(self) -> str:
        """The layer in torch's words."""
        padding = f", padding={self.kernel // 2}" if self.kernel > 1 else ""
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        return (
            f"nn.Conv2d({self.inputs}, {self.outputs}, {self.kernel}{padding}{groups}, bias=False)"
        )


def told(preset: str, stages: tuple[Stage, ...], size: tuple[int, int]) -> Told:
    """Return what the page draws for these layers on maps of this size.

    >>> told("grouped", (Stage(12, 64, 4, 3),), (24, 24)).extra["parameters"]
    1728
    """
    first, macs, sums, places = 0, 0, [], []
    drawn = []
    for stage in stages:
        size = tuple(sliding.output_size(n, stage.kernel, 1, stage.kernel // 2, 1) for n in size)
        places.append(size[0] * size[1])
        macs += stage.parameters * places[-1]
        drawn.append({**stage._asdict(), "shape": list(stage.shape), "first": first})
        first += stage.outputs
        sums.append("×".join(map(str, stage.shape)))
    parameters = sum(stage.parameters for stage in stages)
    full = stages[0].inputs * stages[-1].outputs * max(stage.kernel for stage in stages) ** 2
    torch = ", ".join(stage.torch for stage in stages)
    groups = f", groups {stages[0].groups}" if preset == "grouped" else ""
    cost = (
        f"{parameters:,} parameters without bias (one group at this kernel size: {full:,}); "
        f"{macs:,} multiply-adds on maps of {size[0]}×{size[1]}."
    )
    return Told(
        torch=torch if len(stages) == 1 else f"nn.Sequential({torch})",
        formula=(f"weights: {' + '.join(sums)} = {parameters}",),
        notes=(cost,),
        sentence=f"Groups explorer: {preset}, {stages[0].inputs} -> {stages[-1].outputs} channels"
        f"{groups}, kernel {stages[0].kernel} -> {parameters} parameters",
        count=first,
        extra={
            "stages": drawn,
            "parameters": parameters,
            "macs": macs,
            "costs": [["weights", parameters, full], ["multiply-adds", macs, full * places[0]]],
        },
    )


def still_matrices(record: Told, theme: str, error: str) -> str:
    """Return the matrices as SVG: rows are inputs, columns are outputs."""
    tokens, cell, x, parts = look.TOKENS[theme], 9, 10, []
    for stage in record.extra["stages"]:
        parts.append(
            f'<text x="{x}" y="20" font-size="12" fill="{tokens["ink"]}">'
            f"{'×'.join(map(str, stage['shape']))}</text>"
        )
        wide, high = stage["outputs"] * cell, stage["inputs"] * cell
        parts.append(
            f'<rect x="{x}" y="30" width="{wide}" height="{high}" fill="{tokens["well"]}"/>'
        )
        w, h = wide / stage["groups"], high / stage["groups"]
        for group in range(stage["groups"]):
            n = group % len(look.SERIES)
            parts.append(
                f'<rect x="{x + group * w:g}" y="{30 + group * h:g}" width="{w:g}" height="{h:g}" '
                f'fill="{look.SERIES[n]}" stroke="{tokens["ink"]}" '
                f'stroke-dasharray="{look.DASHES[n]}"/>'
            )
        x += max(wide, 90) + 24
    tall = 40 + cell * max(stage["inputs"] for stage in record.extra["stages"])
    words = escape(record.sentence + (f" ({error})" if error else ""))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{x}" height="{tall}" role="img" '
        f'viewBox="0 0 {x} {tall}" font-family="{FONT}"><title>{words}</title>'
        f'<rect width="100%" height="100%" fill="{tokens["page"]}"/>{"".join(parts)}</svg>'
    )
