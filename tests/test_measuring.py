"""Measuring: the least of many turns on one thread, and memory that no kept workspace hides."""

import tracemalloc

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import cnnlab
from cnnlab import measuring

MIB = 2**20


class Clock:
    """Stands in for the time module: each call under test takes what it says."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def spends(self, *seconds):
        taken = iter(seconds)
        last = seconds[-1]

        def call():
            self.now += next(taken, last)

        return call


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(measuring, "time", clock)
    return clock


def test_the_least_time_counts_and_the_first_call_is_only_a_warming_up(clock):
    slow = clock.spends(5.0, 3.0, 2.0, 4.0)
    assert measuring.seconds({"slow": slow}, rounds=3) == {"slow": 2}


def test_calls_go_by_turns(clock):
    order = []
    calls = {name: lambda name=name: order.append(name) or clock.spends(1.0)() for name in "ab"}
    measuring.seconds(calls, rounds=2)
    assert order == list("ababab")


def test_a_short_call_is_repeated_until_it_can_be_timed(clock):
    count = []
    call = clock.spends(0.001)
    taken = measuring.seconds({"short": lambda: count.append(1) or call()}, rounds=1)
    assert taken["short"] == pytest.approx(0.001)
    assert len(count) == 1 + 1 + int(measuring.SAMPLE / 0.001)


def test_everything_is_measured_on_one_thread():
    seen = []
    measuring.seconds({"": lambda: seen.extend(p["num_threads"] for p in threadpool_info())})
    assert seen
    assert set(seen) == {1}


def test_peak_counts_what_a_call_held_and_let_go():
    def call():
        held = np.zeros(3 * MIB, np.uint8)
        del held
        return np.zeros(MIB, np.uint8)

    assert 3 * MIB <= measuring.peak_bytes(call) < 3.1 * MIB


def test_peak_is_the_same_when_a_workspace_is_already_there():
    x, w = np.ones((1, 16, 32, 32), np.float32), np.ones((16, 16, 3, 3), np.float32)
    peaks = [measuring.peak_bytes(lambda: cnnlab.conv2d(x, w, padding=1)) for _ in range(3)]
    assert min(peaks) > x.nbytes
    assert max(peaks) - min(peaks) < 0.05 * max(peaks)


def test_peak_leaves_a_trace_that_was_there_running():
    tracemalloc.start()
    let_go, kept = np.zeros(20 * MIB, np.uint8), np.zeros(5 * MIB, np.uint8)
    del let_go
    assert measuring.peak_bytes(lambda: np.zeros(MIB, np.uint8)) < 1.1 * MIB
    assert tracemalloc.is_tracing()
    tracemalloc.stop()
    assert kept.nbytes == 5 * MIB


def test_an_error_of_the_call_comes_through():
    with pytest.raises(ZeroDivisionError):
        measuring.peak_bytes(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        measuring.seconds({"": lambda: 1 / 0})
    assert not tracemalloc.is_tracing()


@pytest.mark.parametrize("calls", [None, [print], {"a": 3}, print])
def test_what_is_no_dict_of_functions_is_refused(calls):
    with pytest.raises(TypeError, match="calls must be a dict from name to function; got"):
        measuring.seconds(calls)


def test_rounds_and_calls_are_checked():
    with pytest.raises(ValueError, match="rounds"):
        measuring.seconds({"a": print}, rounds=0)
    with pytest.raises(TypeError, match="call must be a function; got 3"):
        measuring.peak_bytes(3)
