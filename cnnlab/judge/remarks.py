"""What is worth saying beside right or wrong."""

from __future__ import annotations

from cnnlab.judge.counting import products
from cnnlab.judge.trials import Bench, Trial
from cnnlab.judge.truth import truth_name


def remarks(bench: Bench, trials: list[Trial]) -> tuple[str, ...]:
    """Return the remarks to a function's trials, each once, in a fixed order."""
    found: list[str] = []
    for trial in trials if all(trial.right for trial in trials) else ():
        asked_in_float32 = trial.tolerance > bench.exercise.tolerance
        found += [r for r in trial.reading.remarks if not (asked_in_float32 and "float32" in r)]
    libraries = sorted(set().union(*(trial.outcome.libraries for trial in trials)))
    for library in libraries:
        found.append(
            f"your function calls {library}: fine for comparing, but not by your own hands"
        )
    if any(trial.outcome.printed for trial in trials):
        found.append("what your function prints was kept out of the verdict")
    found += [f"a warning: {text}" for trial in trials for text in trial.outcome.warned][:3]
    rebound = sorted({name for trial in trials for name in trial.outcome.rebound})
    if rebound:
        found.append(f"your function rebinds {', '.join(rebound[:5])}; it was put back")
    if bench.shares_input and all(trial.right for trial in trials):
        found.append("an answer shares memory with the input: writing into one changes the other")
    found += _too_many_products(bench, trials)
    if truth_name() != "torch":
        found.append("torch is not installed: cnnlab's own operators were the truth")
    return tuple(dict.fromkeys(found))


def _too_many_products(bench: Bench, trials: list[Trial]) -> list[str]:
    few = bench.exercise.products
    if few is None or not trials or not all(trial.right for trial in trials):
        return []
    args, kwargs, _ = bench.calling.arguments(trials[-1].bound)
    made = None if kwargs else products(bench.function, *args)
    if made is None or made <= few:
        return []
    return [f"your function multiplies {made} times: right, but {few} products are enough"]
