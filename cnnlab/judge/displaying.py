"""Showing a verdict: as a picture in a notebook, with a button for the next hint; else as text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnlab.judge.verdict import Verdict


def in_notebook() -> bool:
    """Return whether a Jupyter kernel shows what cells end in."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def strict() -> bool:
    """Return whether a wrong answer is to raise: so the instructor's edition and CI run."""
    return os.environ.get("CNNLAB_STRICT") == "1"


def show_verdict(verdict: Verdict) -> None:
    """Display a verdict; a failing one in a live notebook gets its hints on a button."""
    if not in_notebook():
        print(repr(verdict))
        return
    from IPython.display import display

    from cnnlab.judge.verdict_html import verdict_html

    button = _hint_button(verdict) if verdict.hints and not strict() else None
    html = verdict_html(verdict, with_hints=button is None)
    display({"text/plain": repr(verdict), "text/html": html}, raw=True)
    if button is not None:
        display(button)


def _hint_button(verdict: Verdict):
    try:
        from cnnlab.judge.views import HintButton
    except ImportError:  # anywidget is not installed: the hints are folded into the picture
        return None
    return HintButton.of(verdict)
