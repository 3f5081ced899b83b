"""Slider to picture: an explorer against matplotlib under `interact`, in one JupyterLab.

    python -m benchmarks.explorers [--trials 60] [--out FOLDER]   (or: course.py bench --explorers)

One notebook in one real JupyterLab (Chromium, headless, 1400x950) holds `explore.conv2d()` and,
below it, `ipywidgets.interact` around a function that draws the same three arrays with matplotlib.
The right and left arrow keys move the stride of one and then of the other, by turns, so that a busy
machine slows both. A trial begins with the keydown event and ends when the frame that shows the new
picture has been painted: for the explorer its redrawn stage, for `interact` its new and decoded
image. matplotlib draws no digits into the cells, which the explorer does: the comparison is kind to
matplotlib. Hovering is measured apart: one pointer event with all that it draws, layout included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

EXPLORER = "from cnnlab import explore\nexplore.conv2d()"
INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import interact
import cnnlab
image, kernel = cnnlab.images.ring().astype(float), cnnlab.images.kernel("sobel x")

@interact(stride=(1, 4))
def draw(stride=1):
    output = cnnlab.conv2d(image[None], kernel[None, None], stride=stride, padding=1)[0]
    figure, axes = plt.subplots(1, 3, figsize=(9, 3))
    for axis, values in zip(axes, (np.pad(image, 1), kernel, output)):
        axis.imshow(values, cmap="RdBu_r")
    plt.show()
"""
# window.trial(kind) promises the milliseconds from the next keydown to the painted picture.
TRIAL = """() => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel(); // its message comes after the frame
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage("");
  }));
  const parts = {
    explorer: () => document.querySelector(".cnnlab [data-part=base]"),
    interact: () => document.querySelector(".widget-interact .jp-OutputArea"),
  };
  const fresh = (kind, changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]);
    const nodes = added.filter((node) => node.nodeType === 1);
    if (kind === "explorer") return nodes.length ? Promise.resolve() : null;
    const found = nodes.flatMap((n) => (n.matches("img") ? [n] : [...n.querySelectorAll("img")]));
    return found.length ? found.at(-1).decode() : null;
  };
  window.trial = (kind) => {
    window.took = new Promise((done) => {
      let start = 0;
      const pressed = () => { start = performance.now(); };
      document.addEventListener("keydown", pressed, { capture: true, once: true });
      const watch = new MutationObserver(async (changes) => {
        const ready = start && fresh(kind, changes);
        if (!ready) return;
        watch.disconnect();
        await ready;
        done((await painted()) - start);
      });
      watch.observe(parts[kind](), { childList: true, subtree: true });
    });
  };
}"""
HOVER = """(count) => {
  const stage = document.querySelector(".cnnlab [data-part=stage]");
  const cells = [...stage.querySelectorAll("[data-part=base] rect")], times = [];
  for (let i = 0; i < count; i++) {
    const { x, y, width, height } = cells[(i * 37) % cells.length].getBoundingClientRect();
    const at = { clientX: x + width / 2, clientY: y + height / 2, bubbles: true };
    const start = performance.now();
    stage.dispatchEvent(new PointerEvent("pointermove", at));
    stage.getBoundingClientRect(); // layout too
    times.push(performance.now() - start);
  }
  return times;
}"""
HANDLES = {"explorer": ".cnnlab [data-knob=stride]", "interact": ".widget-interact .noUi-handle"}
GOALS = {"ratio": 4.0, "hover_p95": 8.0, "paint_p95": 100.0}
WARM_UP = 4


def main(arguments=None) -> int:
    """Measure, print the figures beside their goals, and write them as JSON."""
    words = __doc__.split("\n")[0]
    parser = argparse.ArgumentParser(prog="benchmarks.explorers", description=words)
    parser.add_argument("--trials", type=int, default=60, help="slider steps of each kind")
    parser.add_argument("--out", default="build/bench", help="folder for explorers.json")
    chosen = parser.parse_args(arguments)
    times, hover = measured(chosen.trials)
    figures = summary(times, hover)
    print(table(figures))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"load of the machine: {load:.1f} on {os.cpu_count()} processors")
    path = Path(chosen.out) / "explorers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"figures": figures, "times": times, "hover": hover}, indent=1))
    print(f"written: {path}")
    return 0


def measured(trials: int) -> tuple[dict[str, list[float]], list[float]]:
    """Return the milliseconds of each slider step, by kind, and those of each hover event."""
    from playwright.sync_api import sync_playwright

    from course_parts.browser import find_browser
    from tests.browser.conftest import FLAGS
    from tests.browser.lab import Lab

    path = find_browser()
    if not path:
        raise SystemExit("no Chromium, Chrome or Edge was found; CNNLAB_BROWSER can name one")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        lab = Lab(browser, Path(folder))
        try:
            page = lab.open(EXPLORER, INTERACT)
            page.wait_for_selector(".cnnlab .cl-stage text")
            page.wait_for_selector(".widget-interact .jp-OutputArea img")
            page.evaluate(TRIAL)
            times = steps(page, trials)
            hover = page.evaluate(HOVER, 300)[20:]
        finally:
            lab.close()
            browser.close()
    return times, hover


def steps(page, trials: int) -> dict[str, list[float]]:
    """Move both sliders by turns; return the milliseconds of each step."""
    times: dict[str, list[float]] = {kind: [] for kind in HANDLES}
    for number in range(trials + WARM_UP):
        for kind, handle in HANDLES.items():
            page.locator(handle).first.focus()
            page.evaluate("(kind) => { trial(kind); }", kind)
            page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
            took = page.evaluate("took")
            if number >= WARM_UP:
                times[kind].append(took)
            time.sleep(0.05)  # let both come to rest
    return times


def summary(times, hover) -> dict[str, float]:
    """Return medians, 95th percentiles and the ratios; times in milliseconds.

    >>> summary({"explorer": [10.0] * 20, "interact": [50.0] * 20}, [1.0] * 20)["ratio"]
    5.0
    """
    p95 = {kind: statistics.quantiles(row, n=20)[-1] for kind, row in times.items()}
    middle = {kind: statistics.median(row) for kind, row in times.items()}
    hovered = statistics.quantiles(hover, n=20)[-1]
    return {
        "explorer_median": middle["explorer"], "interact_median": middle["interact"],
        "paint_p95": p95["explorer"], "interact_p95": p95["interact"],
        "ratio": middle["interact"] / middle["explorer"],
        "ratio_p95": p95["interact"] / p95["explorer"],
        "hover_median": statistics.median(hover), "hover_p95": hovered,
    }  # fmt: skip


def table(figures) -> str:
    """Return the figures as lines of text, the goal beside each that has one."""
    rows = []
    for name, value in figures.items():
        goal, unit = GOALS.get(name), "x" if "ratio" in name else "ms"
        met = goal is not None and (value >= goal if unit == "x" else value <= goal)
        words = f"  goal {goal:g} {unit}: {'met' if met else 'missed'}" if goal else ""
        rows.append(f"{name:<16}{value:9.2f} {unit:<2}{words}")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
