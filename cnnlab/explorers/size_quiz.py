"""What all windows ask alike: how large is the output, and which mistake gave another size."""

from __future__ import annotations

import numpy as np

from cnnlab import sliding

from .quiz import Question, slips
from .sizes import formulas, plural, size, verb


def size_question(sizes, settings: dict, ceil_mode=False, text="") -> Question:
    """Return the question for the size of the output; the settings are the same on every axis.

    >>> size_question((8,), {"kernel_size": 3, "stride": 3, "padding": 0, "dilation": 1}).answer
    '2'
    """
    k, s, p, d = (settings[name] for name in ("kernel_size", "stride", "padding", "dilation"))
    spans = {"right": d * (k - 1) + 1, "blown": d * k}

    def counted(room, step=s, up=ceil_mode, plus=1):
        return size([max(0, (-(-r // step) if up else r // step) + plus) for r in room])

    def room(pad=2 * p, span=spans["right"]):
        return [n + pad - span for n in sizes]

    blown, undilated = _about_gaps(k, d)
    places = [sliding.output_size(n, k, s, p, d, ceil_mode) for n in sizes]
    otherwise = (
        "That rounds down; with ceil_mode a step that fits in part is taken too."
        if ceil_mode
        else "That rounds up: a window that doesn't fit whole is dropped."
    )
    dropped = "That keeps a window that would start in the padding after the end."
    mistakes = [
        (counted(room(), up=not ceil_mode), otherwise),
        *([(counted(room()), dropped)] if ceil_mode else []),
        (counted(room(pad=0)), f"That leaves out the padding: {p} on both sides adds {2 * p}."),
        (counted(room(pad=p)), f"That counts the padding on one side only: it adds {2 * p}."),
        (counted(room(), step=1), f"That is the size at stride 1; the window moves by {s}."),
        (
            counted(room(), plus=0),
            "That counts the steps; the first place counts too: + 1.",
        ),
        (counted(room(span=spans["blown"])), blown),
        (counted(room(span=k)), undilated),
        (size(sizes), "That is the size of the input."),
    ]
    n = len(sizes)
    because = formulas(sizes, (k,) * n, (s,) * n, [(p, p)] * n, (d,) * n, ceil_mode)[0]
    text = text or "Which size has the output? Type height × width."
    answer = size(places)
    return Question("shape", text, answer, slips(answer, mistakes), because)


def _about_gaps(k, d) -> tuple[str, str]:
    """Return what to say of a span d·k, and of one without the dilation."""
    taps = plural(k, "tap")
    gaps = f"{taps} {verb(k, 'has', 'have')} {plural(k - 1, 'gap')}"
    return (
        f"That takes d·k = {d * k} for the span; {gaps}: d·(k − 1) + 1.",
        f"That leaves out the dilation: {taps} {verb(k, 'spans', 'span')} {d * (k - 1) + 1}.",
    )


def fair_size(reached: dict[tuple, list], begins: tuple, rng: np.random.Generator):
    """Return a size that 2 to 9 of the settings reach, not the ones to begin with; None if none."""
    fair = [t for t, answers in reached.items() if 2 <= len(answers) <= 9 and begins not in answers]
    return fair[int(rng.integers(len(fair)))] if fair else None
