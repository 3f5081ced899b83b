"""Time and memory of a few calls, measured so that they can be compared; lesson 09 uses it.

One thread for all: NumPy's and torch's threads disturb each other when they take turns. A call is
repeated until it can be timed, the calls go by turns, and the least time counts, since everything
else that the machine does can only add to it. So samples are short: one of them stays undisturbed.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from . import arguments

SAMPLE = 0.001  # seconds that a sample takes at least, if need be by repeating its call


def seconds(calls: dict[str, Callable], rounds=9) -> dict[str, float]:
    """Return the least time of each call, in seconds; `calls` is a dict from name to function.

    Errors: TypeError for what is no dict of functions; ValueError for less than one round.
    Source: lesson 9.5.

    >>> times = seconds({"short": lambda: sum(range(10)), "long": lambda: sum(range(100_000))})
    >>> times["short"] < times["long"]
    True
    """
    from threadpoolctl import threadpool_limits

    if not isinstance(calls, dict) or not all(map(callable, calls.values())):
        raise TypeError(f"calls must be a dict from name to function; got {calls!r}")
    rounds = arguments.integer("rounds", rounds, minimum=1)
    with threadpool_limits(1):
        first = {name: _sample(call, 1) for name, call in calls.items()}  # and a warming-up
        repeats = {name: 1 + int(SAMPLE / max(once, 1e-7)) for name, once in first.items()}
        taken = [{n: _sample(c, repeats[n]) for n, c in calls.items()} for _ in range(rounds)]
    return {name: min(sample[name] for sample in taken) for name in calls}


def peak_bytes(call: Callable) -> int:
    """Return how many bytes of memory a call needed at most, its result among them.

    Counted is what Python and NumPy ask for; torch has an allocator of its own. The call runs in a
    fresh thread, which has no workspace left over from calls before.

    Errors: TypeError for what is no function; whatever the call raises.
    Source: tracemalloc; lesson 9.2.

    >>> import numpy as np
    >>> 8_000_000 <= peak_bytes(lambda: np.zeros(1_000_000)) < 8_100_000
    True
    """
    if not callable(call):
        raise TypeError(f"call must be a function; got {call!r}")
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_peak, call).result()


def _sample(call, repeats) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def _peak(call) -> int:
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not tracing:
            tracemalloc.stop()
