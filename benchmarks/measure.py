"""Timing that can be trusted: answers first, rounds by turns, void rounds left out, medians."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from typing import NamedTuple

import numpy as np

# Processor time of this process leaves out what other programs take; it must tick finely enough.
FINE = time.get_clock_info("process_time").resolution <= 1e-6
CLOCK = time.process_time if FINE else time.perf_counter
SAMPLE = 0.004  # seconds: a sample repeats its call until it is at least as long
VOID = 1.5  # a round in which torch takes this many times its least is disturbed
NOISY = 0.25  # a spread above this share of the median is marked


class Row(NamedTuple):
    """What was measured of one workload; times in seconds, ratios to torch."""

    name: str
    goal: float | None
    ratio: float
    spread: float  # between the quartiles, as a share of the median
    textbook: float | None
    gemm: float | None  # our time over a bare np.matmul of the same sum
    product: float | None  # that bare np.matmul's time over torch's: NumPy's own limit
    seconds: float
    torch_seconds: float
    peak: int  # bytes that Python's allocator saw beyond what was there
    rounds: int
    void: int
    windows: float | None = None  # the other textbook forms, one sample each
    loops: float | None = None

    @property
    def noisy(self) -> bool:
        """Whether the figure is too unsteady to be called met or missed."""
        return self.spread > NOISY or self.rounds < 3

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where the row is noisy or has no goal."""
        return None if self.noisy or self.goal is None else self.ratio <= self.goal


def measure(workload, mode, rounds=9, sample=SAMPLE) -> Row:
    """Check a workload's answers, then time it by turns with torch and its textbook form."""
    peak = _check(workload)
    ways = {"ours": workload.ours, "torch": workload.torch}
    if workload.textbook is not None:
        ways["textbook"] = workload.textbook
    if workload.gemm is not None:
        ways["gemm"] = _product(*workload.gemm, workload.dtype)
    repeats = {name: _repeats(call, sample) for name, call in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, call in ways.items():
            times[name].append(_sample(call, repeats[name]))
    least = min(times["torch"])
    kept = [i for i in range(rounds) if times["torch"][i] <= VOID * least]
    ratios = {name: [times[name][i] / times["torch"][i] for i in kept] for name in ways}
    median = statistics.median(ratios["ours"])
    ours = statistics.median(times["ours"][i] for i in kept)
    product = [times["ours"][i] / times["gemm"][i] for i in kept] if "gemm" in ways else None
    theirs = statistics.median(times["torch"][i] for i in kept)
    once = {
        name: _sample(call, 1) / theirs if call else None
        for name, call in (("windows", workload.windows), ("loops", workload.loops))
    }
    goal = workload.goals and workload.goals[mode]
    return Row(
        workload.name, goal, median, _spread(ratios["ours"]) / median,
        statistics.median(ratios["textbook"]) if "textbook" in ways else None,
        statistics.median(product) if product else None,
        statistics.median(ratios["gemm"]) if product else None,
        ours, theirs, peak, len(kept), rounds - len(kept), **once,
    )  # fmt: skip


def _check(workload) -> int:
    """Refuse a wrong answer; return the peak of memory that ours needed."""
    expected = workload.torch().numpy()
    workload.ours()  # a first call fills its workspace, which is kept
    gc.collect()
    tracemalloc.start()
    answer = workload.ours()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for one in (answer, *([workload.textbook()] if workload.textbook else [])):
        size = np.abs(expected).max() or 1.0
        if one.shape != expected.shape or np.abs(one - expected).max() > workload.tolerance * size:
            raise AssertionError(f"{workload.name}: the answer is not torch's")
    return peak


def _product(rows, columns, depth, dtype):
    """Return a bare matrix product of the same sum: what the BLAS alone would take."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(rows, depth)).astype(dtype)
    b = rng.normal(size=(depth, columns)).astype(dtype)
    out = np.empty((rows, columns), dtype)
    return lambda: np.matmul(a, b, out=out)


def _repeats(call, sample) -> int:
    """Return how often to repeat a call for a sample long enough to be timed."""
    call()
    start = CLOCK()
    call()
    once = max(CLOCK() - start, 1e-7)
    return max(1, int(np.ceil(sample / once)))


def _sample(call, repeats) -> float:
    start = CLOCK()
    for _ in range(repeats):
        call()
    return (CLOCK() - start) / repeats


def _spread(values) -> float:
    """Return the distance between the quartiles."""
    if len(values) < 2:
        return float("inf")
    quarters = statistics.quantiles(values, n=4)
    return quarters[2] - quarters[0]
