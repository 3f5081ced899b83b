"""The first questions and challenges, for a page that must ask and judge without Python."""

from __future__ import annotations

from .packing import Pool
from .panels import Panel
from .sizes import size

MANY = 6


def quizzes(explorer, offered: dict[str, list], pool: Pool) -> tuple[list[str], dict]:
    """Return the modes that the page has, and for each of them what it asks.

    A challenge comes along only if the page offers every value that its answers need.
    """
    asked = {"predict": [], "challenge": []}
    if "predict" in explorer.modes:
        asked["predict"] = [_posed(explorer, number) for number in range(MANY)]
    if "challenge" in explorer.modes:
        dared = [explorer.dare(number) for number in range(MANY)]
        asked["challenge"] = [
            _dared(explorer, dare) for dare in dared if _reachable(explorer, dare, offered)
        ]
    modes = ["explore", *(mode for mode, questions in asked.items() if questions)]
    return modes, {mode: [pool.put(one) for one in questions] for mode, questions in asked.items()}


def _posed(explorer, number: int) -> dict:
    settings, questions = explorer.pose(number)
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
