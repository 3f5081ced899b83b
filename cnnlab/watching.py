"""Watching a training: a progress bar in the terminal, a live loss curve in the notebook.

Both are called as `show(history, done)` by `training.fit` after each batch, `done` from 0 to 1.
"""

from __future__ import annotations

import sys
import time

import numpy as np

PAUSE = 0.2  # seconds between two drawings: fast enough to look live, and costs nothing
WIDTH, HEIGHT, LEFT, TOP = 460, 150, 34, 8  # of the curve, in pixels
BLUE = "#3b82c4"  # seen on white and on black


def watcher(show):
    """Return what to call after each batch: `show` itself, or for None what suits the place.

    With `show=False` nothing is shown.
    """
    if callable(show):
        return show
    if show is not None and show is not False:
        rule = "show must be a function, False, or None for what suits the place"
        raise TypeError(f"{rule}; got show={show!r}")
    if show is None and _in_notebook():
        return LiveCurve()
    return bar if show is None and sys.stderr.isatty() else lambda *_: None


def bar(history, done) -> None:
    """Draw the progress in one line of the terminal, and the mean loss of the last steps."""
    cells = round(30 * done)
    end = "\n" if done >= 1 else ""
    line = "#" * cells + "." * (30 - cells)
    print(f"\r[{line}] {done:4.0%}  {told(history)}", end=end, file=sys.stderr, flush=True)


class LiveCurve:
    """A progress bar over the curve of all losses so far, drawn again while the training runs."""

    def __init__(self):
        self.handle, self.last = None, -PAUSE

    def __call__(self, history, done):
        """Draw again, if the last drawing is old enough or it is the end."""
        if done < 1 and time.monotonic() - self.last < PAUSE:
            return
        from IPython.display import display

        data = {"text/plain": told(history), "text/html": curve_html(history, done)}
        if self.handle is None:
            self.handle = display(data, raw=True, display_id=True)
        else:
            self.handle.update(data, raw=True)
        self.last = time.monotonic()


def told(history) -> str:
    """Return in words where the training stands.

    >>> from cnnlab.training import History
    >>> told(History([2.5, 1.5], [0.25]))
    'step 2, loss 2.0000, 25.0% right on the test'
    """
    words = f"step {len(history.losses)}, loss {np.mean(history.losses[-20:]):.4f}"
    right = f", {history.accuracies[-1]:.1%} right on the test" if history.accuracies else ""
    return words + right


def curve_html(history, done) -> str:
    """Return the bar and the curve as HTML: thin what each batch lost, thick their running mean."""
    losses = np.asarray(history.losses)
    # A tenth of the way, at most 20 steps: smooth enough to see a trend, short enough to follow it.
    window = max(1, min(20, len(losses) // 10))
    smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
    top = max(losses[np.isfinite(losses)].max(initial=0), 1e-9)
    # The axis is as long as the whole training, so that the curve grows to the right.
    steps = max(2, round(len(losses) / max(done, 1e-9)))
    thin = _line(np.arange(len(losses)), losses, steps, top, "1", "0.35")
    thick = _line(np.arange(window - 1, len(losses)), smooth, steps, top, "2.2", "1")
    words = told(history)
    return (
        f'<div style="max-width:{WIDTH}px"><progress value="{done:.3f}" max="1" '
        f'style="width:100%" aria-label="{done:.0%} trained"></progress>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Loss curve: {words}" '
        'style="width:100%;color:inherit" fill="none" font-family="sans-serif" font-size="11">'
        f"{_axes(steps, top)}{thin}{thick}</svg><div>{words}</div></div>"
    )


def _line(x, y, steps, top, width, opacity) -> str:
    """Return a polyline; of long lines a few hundred points, more than the picture can show.

    A loss that is not finite has no place on it.
    """
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    every = max(1, len(x) // 400)
    across = LEFT + x[::every] / (steps - 1) * (WIDTH - LEFT - 6)
    down = TOP + (1 - y[::every] / top) * (HEIGHT - TOP - 24)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    style = f'stroke="{BLUE}" stroke-width="{width}" opacity="{opacity}"'
    return f'<polyline points="{points}" {style}/>'


def _axes(steps, top) -> str:
    """Return the two axes with their ends written out."""
    bottom = HEIGHT - 24
    ends = (
        (LEFT - 4, TOP + 9, "end", f"{top:.2g}"), (LEFT - 4, bottom, "end", "0"),
        (LEFT, HEIGHT - 8, "start", "first step"), (WIDTH - 6, HEIGHT - 8, "end", f"{steps}"),
        (LEFT + 8, TOP + 9, "start", "loss"),
    )  # fmt: skip
    texts = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor">{text}</text>'
        for x, y, anchor, text in ends
    )
    path = f"M{LEFT} {TOP}V{bottom}H{WIDTH - 6}"
    return f'<path d="{path}" stroke="currentColor" stroke-width="0.8"/>{texts}'


def _in_notebook() -> bool:
    """Return whether a Jupyter kernel shows what is displayed."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and getattr(shell, "kernel", None) is not None
