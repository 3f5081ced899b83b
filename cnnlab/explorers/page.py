"""One file that shows an explorer in any browser: no network, no kernel, the controls still work.

Python computes the picture of every setting beforehand, but for the values that follow from it by
the record's own rule: the browser joins those, and a test holds them to Python's. Weights are kept
once for each kernel, since they don't change where a window lies.
"""

from __future__ import annotations

import base64
import json
import zlib
from itertools import product
from pathlib import Path

import numpy as np

from .composing import compose, lean, read
from .explorer import CORE

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{css} body {{ margin: 0 auto; padding: 12px; max-width: 1240px; }}</style>
<div id="explorer"></div>
<script type="module">
{script}
const packed = Uint8Array.from(atob("{data}"), (letter) => letter.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
const model = pageModel(JSON.parse(await new Response(stream).text()));
widget.render({{ model, el: document.querySelector("#explorer") }});
</script>
"""


def write_page(explorer, path) -> None:
    """Write an explorer as one HTML file."""
    script = compose(*CORE, "page.js", *explorer.scripts)
    script = script.replace("export default ", "const widget = ")
    packed = base64.b64encode(
        zlib.compress(json.dumps(page_data(explorer), default=listed).encode(), 9)
    ).decode()
    page = PAGE.format(
        title=explorer.heading, css=lean(read("explorer.css")), script=script, data=packed
    )
    Path(path).write_text(page, encoding="utf-8")


def page_data(explorer) -> dict:
    """Return what the page's model needs: a picture for every setting that the controls offer."""
    start, weighing = explorer.settings(), explorer.weighing
    controls = [c for c in explorer.controls if c.name not in explorer.frozen]
    offered = {c.name: offers(c.values(), start[c.name]) for c in controls}
    names = [name for name in offered if name not in explorer.drawnless]
    drawings, inputs, weights = {}, [], {}
    with explorer.aside() as picture:
        for values in product(*(offered[name] for name in names)):
            record, message = picture(start | dict(zip(names, values, strict=True)))
            drawings[key(values)] = _without_values(record, message, inputs)
        for values in product(*(offered[name] for name in weighing)):
            record, _ = picture(start | dict(zip(weighing, values, strict=True)) | LEAST)
            if record is not None:
                weights[key(values)] = [p.values.ravel().tolist() for p in record.of("kernel")]
    return {
        "about": {**explorer.about, "modes": ["explore"], "controls": said(explorer, controls)},
        "start": {"settings": start, "place": explorer.place},
        "names": names,
        "weighing": list(weighing),
        "drawings": drawings,
        "inputs": inputs,
        "weights": weights,
    }


# Every kernel fits somewhere: wide padding of zeros, no gaps.
LEAST = {"padding": 4, "dilation": 1, "stride": 1, "padding_mode": "zeros"}


def said(explorer, controls) -> list[dict]:
    """Return the controls as the page gets them."""
    names = {control.name for control in controls}
    return [control for control in explorer.about["controls"] if control["name"] in names]


def listed(raw) -> list[float]:
    """Return numbers that travel as bytes as a list, which JSON knows."""
    return np.frombuffer(raw, "<f8").tolist()


def offers(values: list, start) -> list:
    """Return what a control offers, with what it stands at if that is something else."""
    return values if start in values else [*values, start]


def key(values) -> str:
    """Return the name under which the page finds a setting.

    >>> key((3, "zeros"))
    '[3,"zeros"]'
    """
    return json.dumps(list(values), separators=(",", ":"))


def _without_values(record, message, inputs) -> dict:
    """Return a drawing whose values are left to the page; an error alone where there is none."""
    if record is None:
        return {"error": message}
    if "panels" not in message:
        return message
    panels = []
    for panel, sent in zip(record.panels, message["panels"], strict=True):
        values = None
        if panel.role == "input":
            real = panel.values.ravel().tolist()
            if real not in inputs:
                inputs.append(real)
            values = inputs.index(real)
        panels.append({**sent, "values": values})
    return {**message, "panels": panels}
