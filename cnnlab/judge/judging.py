"""check: the ladder first, then other numbers in the same shapes, then generated cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnlab.judge import bank
from cnnlab.judge.calling import not_attempted
from cnnlab.judge.comparing import same
from cnnlab.judge.diagnosing import diagnose
from cnnlab.judge.displaying import strict
from cnnlab.judge.exercise import Exercise
from cnnlab.judge.keeping import kept_state
from cnnlab.judge.remarks import remarks
from cnnlab.judge.sweeping import GENERATED, sweep
from cnnlab.judge.trials import Bench, Trial, other_numbers
from cnnlab.judge.truth import ladder_truths, truth_name
from cnnlab.judge.verdict import ShownCase, Verdict

OTHER_NUMBERS, OTHER_SHAPES = "other numbers", "other shapes"


def check(name: str, function: Callable[..., Any]) -> Verdict:
    """Judge a function against the exercise of this name, and say what is wrong with it.

    Errors: ValueError for an unknown exercise, with the nearest names; TypeError for what is no
        function. A wrong answer raises nothing, unless CNNLAB_STRICT is 1: then AssertionError.

    >>> import cnnlab
    >>> check("conv2d", cnnlab.conv2d).passed
    True
    """
    exercise = bank.exercise(name)
    if not callable(function):
        raise TypeError(
            f"function must be a function, got {type(function).__name__}; write "
            f'check("{name}", my_{name}) without calling it'
        )
    with kept_state():
        verdict = judge(exercise, function)
    from cnnlab.judge.keeping_track import keep

    keep(exercise, function, verdict)
    if strict() and not verdict.passed:
        raise AssertionError(repr(verdict))
    return verdict


def judge(exercise: Exercise, function: Callable[..., Any]) -> Verdict:
    """Return the verdict, without recording it."""
    bench = Bench(exercise, function)
    if bench.mismatch:
        return _verdict(exercise, [], None, bench.mismatch)
    truths = ladder_truths(exercise.name)
    trials: list[Trial] = []
    for rung in exercise.ladder:
        for one in rung.cases:
            trial = bench.attempt(one, rung.name, truths[id(one)], watch=len(trials) == 1)
            trials.append(trial)
            if len(trials) == 1 and not_attempted(function, trial.outcome):
                return _stub(exercise)
            if trial.outcome.endless or bench.out_of_time:
                return _failed(exercise, bench, trials, trial)
    wrong = [trial for trial in trials if not trial.ok]
    if wrong:
        return _failed(exercise, bench, trials, wrong[0])
    return _beyond_the_ladder(exercise, bench, trials)


def _beyond_the_ladder(exercise: Exercise, bench: Bench, trials: list[Trial]) -> Verdict:
    last = {trial.rung: trial for trial in trials}.values()
    for trial in last:
        told = _wavers(bench, trial)
        if told:
            return _verdict(exercise, trials, trial, told, "differs_between_calls")
    for trial in last:
        turned = other_numbers(trial.case)
        again = bench.attempt(turned, OTHER_NUMBERS) if turned else trial
        if not again.ok:
            return _remembered(exercise, bench, trials, trial, again)
    found = sweep(exercise, lambda one: bench.attempt(one, OTHER_SHAPES))
    if found:
        return _failed(exercise, bench, trials + found[:12], found[0])
    if bench.overwrites_answers:
        told = (
            "Each answer is right when it is given, but a later call writes over it: make a new "
            "output array in every call."
        )
        return _verdict(exercise, trials, trials[-1], told, "answers_share_memory")
    told = f"Right: equal to {truth_name()} on {len(trials)} cases and {GENERATED} generated ones."
    return _verdict(exercise, trials, None, told, more=remarks(bench, trials))


def _wavers(bench: Bench, trial: Trial) -> str | None:
    """Return a sentence if the function answers otherwise when it is called again."""
    again = bench.attempt(trial.case, trial.rung, trial.truth, watch=True)
    trial.outcome.libraries |= again.outcome.libraries
    if again.yours is None and trial.yours is None:
        return None
    both = again.yours is not None and trial.yours is not None
    if both and same(again.yours, trial.yours, trial.tolerance) and again.right == trial.right:
        return None
    return (
        "Called twice with the same arguments, your function answers differently: is there "
        "anything random in it, something that it remembers from call to call, or a cell of "
        "np.empty that is never filled?"
    )


def _remembered(
    exercise: Exercise, bench: Bench, trials: list[Trial], before: Trial, again: Trial
) -> Verdict:
    if again.yours is not None and same(again.yours, before.yours, before.tolerance):
        told = (
            "With other numbers in the same shapes your function gives the former answer again: it "
            "remembers, or the answer does not depend on the numbers."
        )
        return _verdict(exercise, trials, again, told, "remembers_answers")
    return _failed(exercise, bench, [*trials, again], again)


def _failed(exercise: Exercise, bench: Bench, trials: list[Trial], first: Trial) -> Verdict:
    """Show the smallest case of the rung that fails first, and say why it fails."""
    rung = [trial for trial in trials if trial.rung == first.rung and not trial.ok]
    wrong = [trial for trial in rung if not trial.right]
    shown = min(wrong or rung or [first], key=lambda trial: trial.case.size)
    more = remarks(bench, trials)
    if shown.outcome.endless or bench.out_of_time:
        return _verdict(exercise, trials, shown, _too_slow(shown), None, more)
    # Twice, since what turns about from call to call may stand at the same answer again.
    told = _wavers(bench, shown) or _wavers(bench, shown)
    if told:
        return _verdict(exercise, trials, shown, told, "differs_between_calls", more)
    if shown.right:
        names = " and ".join(shown.changed)
        cure = "put back what you move" if exercise.may_write else "work on a copy"
        told = f"The answer is right, but your function changes its {names}: {cure}."
        return _verdict(exercise, trials, shown, told, "changed_input", more)
    slug, told = diagnose(exercise, trials, shown)
    if shown.changed:
        more = (*more, f"your function changes its {' and '.join(shown.changed)}: work on a copy")
    return _verdict(exercise, trials, shown, told, slug, more)


def _too_slow(shown: Trial) -> str:
    if shown.outcome.endless:
        return f"Your function gave no answer. {shown.outcome.failure}"
    return "All cases together take far too long: is there a loop more than needed?"


def _stub(exercise: Exercise) -> Verdict:
    untried = {rung.name: None for rung in exercise.ladder}
    hints = exercise.ladder[0].hints
    return Verdict(
        exercise.name,
        False,
        untried,
        "not attempted yet",
        hints=hints,
        attempted=False,
        truth=truth_name(),
    )


def _verdict(
    exercise: Exercise,
    trials: list[Trial],
    shown: Trial | None,
    told: str,
    slug: str | None = None,
    more: tuple[str, ...] = (),
) -> Verdict:
    passed = shown is None and bool(trials)
    ladder = {rung.name: passed or None for rung in exercise.ladder}
    case = hints = None
    if shown is not None:
        ladder = _ladder(list(ladder), shown.rung)
        notes = exercise.outputs, shown.case.note, shown.tolerance
        case = ShownCase(shown.bound, shown.yours, shown.truth, *notes)
        hints = {rung.name: rung.hints for rung in exercise.ladder}.get(shown.rung)
    return Verdict(
        exercise.name, passed, ladder, told, slug, case, hints or (), more, truth=truth_name()
    )


def _ladder(names: list[str], failing: str) -> dict[str, bool | None]:
    """Mark the rungs below the failing one as ok; a sweep stands above them all."""
    names = names if failing in names else [*names, failing]
    at = names.index(failing)
    return {name: True if i < at else False if i == at else None for i, name in enumerate(names)}
