"""The arithmetic of the slider-to-picture benchmark; the measuring itself is no test."""

import pytest

from benchmarks import __main__ as bench
from benchmarks import explorers

TIMES = {"explorer": [10.0] * 19 + [110.0], "interact": [45.0] * 20}


def test_the_ratio_is_of_medians_and_the_percentiles_see_the_slow_ones():
    figures = explorers.summary(TIMES, [1.0] * 30)
    assert figures["ratio"] == 4.5
    assert figures["explorer_median"] == 10
    assert 100 < figures["paint_p95"] <= 110
    assert figures["ratio_p95"] < 1


def test_each_goal_stands_beside_its_figure():
    figures = explorers.summary(TIMES, [1.0] * 15 + [9.0] * 15)
    lines = {line.split()[0]: line for line in explorers.table(figures).splitlines()}
    assert lines["ratio"].endswith("goal 4 x: met")
    assert lines["hover_p95"].endswith("goal 8 ms: missed")
    assert lines["paint_p95"].endswith("goal 100 ms: missed")
    assert "goal" not in lines["interact_p95"]


@pytest.mark.parametrize(
    "given", [["--explorers", "--trials", "3"], ["--trials", "3", "--explorers"]]
)
def test_bench_hands_over_to_it(monkeypatch, given):
    asked = []
    monkeypatch.setattr(explorers, "main", lambda arguments: asked.append(arguments) or 0)
    assert bench.main(given) == 0
    assert asked == [["--trials", "3"]]
