"""Which known mistake explains the answers; where none does, what can honestly be said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnnlab.judge.calling import fresh_copy
from cnnlab.judge.comparing import Parts, cells_equal, same, shape_sentence, value_sentence
from cnnlab.judge.exercise import Exercise, Mistake
from cnnlab.judge.reading import read
from cnnlab.judge.trials import Trial
from cnnlab.judge.truth import truth_name

Told = tuple[str | None, str]
CRASH = "crash"
MORE = " Something else differs too: mend this first."


def diagnose(exercise: Exercise, trials: list[Trial], shown: Trial) -> Told:
    """Return (slug or None, sentence) for the trials of a function that is not right.

    A mistake is named when the answers equal its variant's on every case where the variant differs
    from the truth: on the whole ladder, or else up to a rung as far up as one reaches (there may
    be a second mistake further up), or else on the rung that fails first alone.
    """
    rungs = list(dict.fromkeys(t.rung for t in trials))
    for seen, sentence in _views(trials, rungs, shown):
        found = [m for m in exercise.mistakes if _explains(m, exercise, seen, shown)]
        if len(seen) < len(trials):
            found = [m for m in found if _is_no_chance(m, exercise, seen, trials)]
        if found:
            best = min(found, key=lambda m: _unexplained(m, exercise, seen))
            told = _as_sentence(_no_answer(shown)) + sentence.format(best.sentence)
            more = _unexplained(best, exercise, trials) and shown.rung != rungs[-1]
            return best.slug, told + (MORE if more else "")
    alone = [t for t in trials if t.rung == shown.rung]
    # Answers of one number each agree with many a sentence: it must hold on all rungs then.
    telling = any(part.size > 1 for t in alone for part in t.truth)
    return None, describe(exercise, alone if telling else trials, shown)


def _views(
    trials: list[Trial], rungs: list[str], shown: Trial
) -> Iterator[tuple[list[Trial], str]]:
    """Yield (trials to explain, sentence): from the whole ladder down to the failing rung alone."""
    for last in range(len(rungs), rungs.index(shown.rung), -1):
        yield [t for t in trials if t.rung in rungs[:last]], "{}"
    alone = [t for t in trials if t.rung == shown.rung]
    yield alone, f"On the rung “{shown.rung}”: {{}}"


_known: dict[tuple[str, str, int], Parts | str] = {}


def answers(mistake: Mistake, exercise: Exercise, trial: Trial) -> Parts | str:
    """Return a variant's answer on a trial's case; a crash counts as one.

    On the ladder, whose cases stay the same objects, it is reckoned once a session.
    """
    on_ladder = any(rung.name == trial.rung for rung in exercise.ladder)
    key = exercise.name, mistake.slug, id(trial.case)
    if on_ladder and key in _known:
        return _known[key]
    try:
        with np.errstate(all="ignore"):
            reading = read(mistake.wrong(*map(fresh_copy, trial.bound.values())), exercise)
        answer = CRASH if reading.problem else reading.parts
    except Exception:
        answer = CRASH
    if on_ladder:
        _known[key] = answer
    return answer


def _explains(mistake: Mistake, exercise: Exercise, trials: list[Trial], shown: Trial) -> bool:
    telling, agreeing, answered = 0, 0, 0
    explains_shown = shown.yours is None
    for trial in trials:
        theirs = answers(mistake, exercise, trial)
        if theirs is not CRASH and same(theirs, trial.truth, trial.tolerance):
            continue
        telling += 1
        if trial.yours is None and theirs is not CRASH:
            continue  # it crashed here: no answer to compare
        if not _equal(trial, theirs):
            return False
        agreeing += 1
        answered += trial.yours is not None
        explains_shown |= trial is shown
    return explains_shown and answered > 0 and agreeing >= min(2, telling)


def _is_no_chance(
    mistake: Mistake, exercise: Exercise, seen: list[Trial], trials: list[Trial]
) -> bool:
    """Return whether a part of the ladder says enough to name a mistake that fails on the rest.

    One number may agree by chance, and outputs of one cell are all zero for many reasons.
    """
    cells, only_zeros = 0, True
    for trial in seen:
        theirs = answers(mistake, exercise, trial)
        only_zeros &= theirs is not CRASH and not any(part.any() for part in theirs)
        cells += _telling_cells(trial, theirs)
    wrote = any(part.any() for t in trials if t.yours is not None for part in t.yours)
    return cells >= 2 and not (only_zeros and wrote)


def _telling_cells(trial: Trial, theirs: Parts | str) -> int:
    """Count the numbers in which a variant's answer, which is the learner's, differs from truth."""
    if not _equal(trial, theirs):
        return 0
    if theirs is CRASH:
        return 1
    pairs = zip(theirs, trial.truth, strict=True)
    return sum(
        int((~cells_equal(a, b, trial.tolerance)).sum()) if a.shape == b.shape else max(a.size, 1)
        for a, b in pairs
    )


def _unexplained(mistake: Mistake, exercise: Exercise, trials: list[Trial]) -> int:
    return sum(not t.right and not _equal(t, answers(mistake, exercise, t)) for t in trials)


def _equal(trial: Trial, theirs: Parts | str) -> bool:
    if theirs is CRASH or trial.yours is None:
        return theirs is CRASH and trial.yours is None
    return same(trial.yours, theirs, trial.tolerance)


def describe(exercise: Exercise, trials: list[Trial], shown: Trial) -> str:
    """Say what differs in a wrong answer that no mistake of the bank explains."""
    if shown.yours is None:
        return _no_answer(shown).rstrip()
    what = _subjects(exercise)
    for i, (yours, right) in enumerate(zip(shown.yours, shown.truth, strict=True)):
        if yours.shape != right.shape:
            return shape_sentence(yours, right, truth_name(), what[i])
        if not same((yours,), (right,), shown.tolerance):
            answered = [t for t in trials if t is not shown and t.yours is not None]
            pairs = [(t.yours[i], t.truth[i]) for t in (shown, *answered)]
            pairs = [(a, b) for a, b in pairs if a.shape == b.shape]
            return value_sentence(pairs, shown.tolerance, what[i])
    return "Your answer is right, but your function changes its input."


def _no_answer(shown: Trial) -> str:
    if shown.outcome.failure:
        return f"Your function gave no answer. {shown.outcome.failure} "
    return f"{shown.reading.problem} " if shown.reading.problem else ""


def _as_sentence(text: str) -> str:
    """End what another sentence follows: an error's line of code has no full stop."""
    bare = text.rstrip()
    return f"{bare}. " if bare and not bare.endswith((".", "?")) else text


def _subjects(exercise: Exercise) -> list[str]:
    return [f"Your {name}" for name in exercise.outputs] or ["Your answer"]
