"""The figures as a table, as JSON, and as a picture."""

from __future__ import annotations

import json
import math
import os
import platform
from pathlib import Path

import numpy as np

from benchmarks.measure import FINE

HEAD = (
    "", "goal", "ratio", "spread", "void", "im2col", "windows", "loops", "GEMM", "over GEMM",
    "ours ms", "peak MiB", "",
)  # fmt: skip
EXPLANATION = """\
ratio: our time over torch's, the median of rounds by turns; spread: between the quartiles; void:
rounds left out because torch was disturbed; im2col, windows, loops: our textbook forms over torch;
GEMM: one bare matrix product of the same sum over torch, which strategies that save no products
can't beat; over GEMM: our time over that; peak: memory beyond the arguments
"""


def table(rows) -> str:
    """Return the rows as text, the goal beside each figure."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def summary(rows) -> str:
    """Return how many goals are met, and how our convolutions stand to the textbook form."""
    aims = [row for row in rows if row.goal is not None]
    met, noisy = sum(row.met is True for row in aims), sum(row.noisy for row in aims)
    words = f"{met} of {len(aims)} at or under their goal, {noisy} too noisy to say"
    pairs = [row.ratio / row.textbook for row in rows if row.textbook]
    if pairs:
        mean = math.exp(sum(map(math.log, pairs)) / len(pairs))
        slower = sum(pair > 1 for pair in pairs)
        words += (
            f"\nagainst our own textbook form (windows copied whole, one product): geometric mean "
            f"{mean:.2f}, slower in {slower} of {len(pairs)} rows"
        )
    return words


def write(rows, setting, folder) -> list[Path]:
    """Write bench.json and bench.png into a folder; return their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    facts = setting | {"rows": [row._asdict() | {"met": row.met} for row in rows]}
    data = folder / "bench.json"
    data.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return [data, _plot(rows, setting, folder / "bench.png")]


def setting(mode) -> dict:
    """Return what the figures hang on."""
    import torch

    settings = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")
    malloc = {name.strip("_").lower(): os.environ.get(name, "default") for name in settings}
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    return {
        "mode": mode, "threads": torch.get_num_threads(), "numpy": np.__version__, "blas": blas,
        "blas kernels": os.environ.get("OPENBLAS_CORETYPE", "its own choice"), **malloc,
        "clock": "of the processor" if FINE else "on the wall",
        "torch": torch.__version__, "python": platform.python_version(),
        "processor": torch.backends.cpu.get_cpu_capability(),
    }  # fmt: skip


def _cells(row) -> tuple[str, ...]:
    verdict = {True: "met", False: "missed", None: "noisy" if row.noisy else "no goal"}[row.met]
    shown = lambda value: "" if value is None else f"{value:.2f}"  # noqa: E731
    return (
        row.name, shown(row.goal), f"{row.ratio:.2f}", f"{row.spread:.0%}", str(row.void),
        shown(row.textbook), shown(row.windows), shown(row.loops and round(row.loops)),
        shown(row.product), shown(row.gemm), f"{1000 * row.seconds:.3f}",
        f"{row.peak / 2**20:.1f}", verdict,
    )  # fmt: skip


def _plot(rows, setting, path) -> Path:
    """Draw each ratio as a bar with its goal as a mark, on a logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.3 * len(rows) + 1.2), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(rows))
    colours = {True: "#2171b5", False: "#e06d10", None: "#9a9a94"}
    axes.barh(places, [row.ratio for row in rows], color=[colours[row.met] for row in rows])
    aims = [(row.goal, place) for row, place in zip(rows, places, strict=True) if row.goal]
    axes.plot(*zip(*aims or [(1, 0)], strict=True), "|", color="black", markersize=12, label="goal")
    peers = [(row.textbook, place) for row, place in zip(rows, places, strict=True) if row.textbook]
    if peers:
        axes.plot(*zip(*peers, strict=True), "x", color="#555555", label="textbook form")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(places, [row.name for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel(f"time over torch's, one thread, mode {setting['mode']}; left of 1 is faster")
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)
    return path
