"""The benchmark, at a tiny size: that it works and says what it measured, never how fast it is."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import measure, report, workloads
from benchmarks.__main__ import FAIR, main

ROOT = Path(__file__).resolve().parent.parent


def row(**changed):
    """Return a row that meets its goal, with some fields changed."""
    fields = {
        "name": "a layer", "goal": 1.0, "ratio": 0.9, "spread": 0.05, "textbook": 1.8,
        "gemm": 1.1, "product": 0.82, "seconds": 0.002, "torch_seconds": 0.0022, "peak": 3 * 2**20,
        "rounds": 9, "void": 0,
    }  # fmt: skip
    return measure.Row(**fields | changed)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Run the whole benchmark once, at its tiny size; return its output and the folder."""
    folder = tmp_path_factory.mktemp("bench")
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done, folder


def test_every_workload_is_in_the_table_with_its_goal(tiny):
    done, folder = tiny
    found = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    rows = {one["name"]: one for one in found["rows"]}
    expected = [one for make in workloads.FAMILIES.values() for one in make(8)]
    assert list(rows) == [one.name for one in expected]
    for one in expected:
        assert rows[one.name]["goal"] == (one.goals["auto"] if one.goals else None)
        assert rows[one.name]["ratio"] > 0
        assert f"\n{one.name}  " in done.stdout
    assert "at or under their goal" in done.stdout
    assert "geometric mean" in done.stdout


def test_the_child_says_its_settings_and_the_progress(tiny):
    done, folder = tiny
    found = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    assert found["threads"] == 1
    assert found["mode"] == "auto"
    assert found["blas kernels"] == "its own choice"
    assert found["malloc_mmap_threshold"] == FAIR["MALLOC_MMAP_THRESHOLD_"]
    assert "threads 1" in done.stdout
    assert "malloc_mmap_threshold 33554432" in done.stdout
    count = len(found["rows"])
    assert f"] {count}/{count} " in done.stderr


def test_the_picture_is_drawn(tiny):
    _, folder = tiny
    assert (folder / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_mode_haswell_and_only_are_heeded(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--only", "lenet", "--mode", "haswell"]
    command += ["--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert found["blas kernels"] == "Haswell"
    assert {one["name"].split()[0] for one in found["rows"]} == {"LeNet"}
    assert found["rows"][0]["goal"] == 0.95


def test_a_name_that_nothing_bears_is_said(monkeypatch, capsys):
    monkeypatch.setenv("CNNLAB_BENCH_CHILD", "1")
    assert main(["--tiny", "--only", "quantum"]) == 2
    assert "nothing is called 'quantum'" in capsys.readouterr().err


def test_a_wrong_answer_is_not_timed():
    import torch

    wrong = workloads.Workload("off by a little", lambda: np.full(3, 1.01), lambda: torch.ones(3))
    with pytest.raises(AssertionError, match="off by a little: the answer is not torch's"):
        measure.measure(wrong, "auto")


def test_a_bare_product_is_measured_against_torch_and_against_ours(monkeypatch):
    import torch

    times = iter([3.0, 2.0, 1.0] * 3)  # ours, torch, the product by turns
    monkeypatch.setattr(measure, "_repeats", lambda call, sample: 1)
    monkeypatch.setattr(measure, "_sample", lambda call, repeats: next(times))
    one = workloads.Workload("one", lambda: np.ones(3), lambda: torch.ones(3), gemm=(2, 3, 4))
    found = measure.measure(one, "auto", rounds=3)
    assert (found.ratio, found.product, found.gemm) == (1.5, 0.5, 3.0)
    assert report.table([found]).splitlines()[1].split()[-6:-3] == ["0.50", "3.00", "3000.000"]


def test_rounds_in_which_torch_was_disturbed_are_void(monkeypatch):
    import torch

    times = iter([1.0, 2.0, 1.1, 4.0, 1.0, 2.0])  # ours, torch by turns: the second is disturbed
    monkeypatch.setattr(measure, "_sample", lambda call, repeats: next(times))
    right = workloads.Workload("right", lambda: np.ones(3), lambda: torch.ones(3))
    found = measure.measure(right, "auto", rounds=3)
    assert (found.rounds, found.void) == (2, 1)
    assert found.ratio == 0.5
    assert found.noisy
    assert found.met is None


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "met"),
        ({"ratio": 1.1}, "missed"),
        ({"spread": 0.4}, "noisy"),
        ({"goal": None}, "no goal"),
    ],
)
def test_the_verdict_stands_at_the_end_of_the_row(changed, verdict):
    line = report.table([row(**changed)]).splitlines()[1]
    assert line.endswith(f"  {verdict}")
    assert ("1.00" in line) == ("goal" not in changed)


def test_the_summary_counts_goals_and_means_over_textbook():
    words = report.summary([row(), row(ratio=3.6), row(spread=1.0), row(goal=None, textbook=None)])
    assert "1 of 3 at or under their goal, 1 too noisy to say" in words
    mean = math.exp((2 * math.log(0.5) + math.log(2)) / 3)
    assert f"geometric mean {mean:.2f}, slower in 1 of 3 rows" in words
