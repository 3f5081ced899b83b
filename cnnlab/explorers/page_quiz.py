"""The first questions and challenges, for a page that must ask and judge without Python."""

from __future__ import annotations

from contextlib import suppress

from .packing import Pool
from .panels import Panel
from .quiz import MANY, NothingToAskError
from .sizes import size


def quizzes(explorer, offered: dict[str, list], pool: Pool) -> tuple[list[str], dict]:
    """Return the modes that the page has, and for each of them what it asks.

    A challenge comes along only if the page offers every value that its answers need.
    """
    asked = {"predict": [], "challenge": []}
    if "predict" in explorer.modes:
        asked["predict"] = [_posed(explorer, *posed) for posed in _first(explorer.pose)]
    if "challenge" in explorer.modes:
        dared = [dare for dare in _first(explorer.dare) if _reachable(explorer, dare, offered)]
        asked["challenge"] = [_dared(explorer, dare) for dare in dared]
    modes = ["explore", *(mode for mode, questions in asked.items() if questions)]
    return modes, {mode: [pool.put(one) for one in questions] for mode, questions in asked.items()}


def _first(ask) -> list:
    """Return the first questions or challenges; those that these data don't allow are left out."""
    found = []
    for number in range(MANY):
        with suppress(NothingToAskError):
            found.append(ask(number))
    return found


def _posed(explorer, settings, questions) -> dict:
    whole = explorer.settings() | settings
    with explorer.aside() as picture:
        _, message = picture(whole)
    return {
        "settings": whole, "drawing": message, "questions": [q.whole() for q in questions]
    }  # fmt: skip


def _reachable(explorer, dare, offered) -> bool:
    whole = explorer.settings() | dare.start
    answers = [dict(zip(dare.free, answer, strict=True)) for answer in dare.answers]
    return all(
        settings[name] in offered[name]
        for settings in (whole, *answers)
        for name in settings
        if name in offered
    )


def _dared(explorer, dare) -> dict:
    target = dare.target
    panels = [] if target is None else [Panel("target", f"target {size(target.shape)}", target)]
    return {
        "text": dare.text,
        "settings": explorer.settings() | dare.start,
        "free": list(dare.free),
        "answers": [list(answer) for answer in dare.answers],
        "said": [dare.say(answer) for answer in dare.answers],
        "targets": [panel.message() for panel in panels],
    }
