"""One file that shows an explorer in any browser: no network, no kernel, the controls still work.

Python computes the picture of each setting beforehand. Where cells are gathered, the output's
values are left out: the browser joins them by the record's own rule, and a test holds them to
Python's. Weights are kept once for each kernel, since they don't change where a window lies. A
slider with too many values stops at some of them only, and the page says so.
"""

from __future__ import annotations

import base64
import json
import zlib
from html import escape
from itertools import product
from pathlib import Path

from .composing import compose, style
from .packing import Pool, offers, thinned
from .page_quiz import quizzes
from .record import Record

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="description" content="{sentence}">
<title>{title}</title>
<style>{css}</style>
<header><h1>{title}</h1>{back}</header>
<div id="explorer"></div>
<noscript>{still}</noscript>
<footer>{note}</footer>
<script type="module">
{script}
const packed = Uint8Array.from(atob("{data}"), (letter) => letter.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
const data = JSON.parse(await new Response(stream).text());
const model = pageModel(data, typeof alone === "function" ? alone : undefined);
widget.render({{ model, el: document.querySelector("#explorer") }});
</script>
"""


def write_page(explorer, path, back: str = "") -> None:
    """Write an explorer as one HTML file; `back` is a link to where it belongs."""
    with explorer.as_shown():
        Path(path).write_text(_page(explorer, back), encoding="utf-8")


def _page(explorer, back: str) -> str:
    data = page_data(explorer)
    script = compose(*page_scripts(explorer))
    text = json.dumps(data, separators=(",", ":"))
    return PAGE.format(
        title=escape(explorer.heading),
        sentence=escape(repr(explorer)),
        still=_short(explorer.to_svg(), escape(repr(explorer))),
        css=style(*explorer.styles, "page.css"),
        script=script.replace("export default ", "const widget = "),
        data=base64.b64encode(zlib.compress(text.encode(), 9)).decode(),
        note=escape(note(explorer, any(data["quiz"].values()))),
        back=f'<a href="{escape(back)}">all explorers</a>' if back else "",
    )


def _short(still: str, sentence: str) -> str:
    """Return what stands where scripts are off: the picture, or the sentence if it is large."""
    return still if len(still) < 60_000 else f"<p>{sentence}</p>"


def page_scripts(explorer) -> tuple[str, ...]:
    """Return the files of `static/` that a page's script is made of."""
    return ("page.js", *explorer.page_scripts, *explorer.scripts)


def page_data(explorer) -> dict:
    """Return what the page's model needs: pictures for the settings that its controls offer."""
    start, pool = explorer.settings(), Pool()
    groups, offered = parted(explorer), offers(explorer)
    for names in groups:
        offered |= thinned(explorer, _some(offered, names))
    with explorer.aside() as picture:
        weighs = bool(explorer.weighing)
        drawn = [_drawings(picture, start, _some(offered, names), weighs) for names in groups]
        base = _common(picture(start), drawn) if len(drawn) > 1 else {}
        weighing = _some(offered, explorer.weighing)
        weights = dict(_weights(picture, start, weighing)) if weighing else {}
    modes, quiz = quizzes(explorer, offered, pool)
    parts = zip(groups, drawn, strict=True)
    controls = [_offering(control, offered) for control in explorer.about["controls"]]
    more = {"modes": modes, "controls": controls, "alone": True}
    return {
        "about": pool.put(explorer.about | more),
        "start": {"settings": pool.put(start), "place": explorer.place},
        "knobs": pool.put(offered),
        "parts": [{"names": names, "drawings": _put(all, pool)} for names, all in parts],
        "base": pool.put(base),
        "weighing": explorer.weighing,
        "weights": _put(weights, pool),
        "quiz": quiz,
        "pool": pool.values(),
    }


def _offering(control: dict, offered: dict) -> dict:
    """Return a control whose list has no choice that the page knows no picture of."""
    if control["kind"] != "choice":
        return control
    return control | {"options": [o for o in control["options"] if o in offered[control["name"]]]}


def parted(explorer) -> list[tuple[str, ...]]:
    """Return the knobs in groups; each group has its own part of the picture."""
    names = [control.name for control in explorer.controls]
    if "kernel" in explorer.weighing:  # it changes the weights and moves no window
        names.remove("kernel")
    return list(explorer.page_parts) or [tuple(names)]


def counted(offered: dict[str, list]):
    """Give every choice of values, under the numbers that the values have.

    >>> list(counted({"a": [3, 5]}))
    [('0', {'a': 3}), ('1', {'a': 5})]
    """
    for places in product(*(range(len(values)) for values in offered.values())):
        chosen = zip(offered.items(), places, strict=True)
        yield ",".join(map(str, places)), {name: values[i] for (name, values), i in chosen}


def note(explorer, asks=True) -> str:
    """Say what this page can't do that the notebook can; whether it `asks` anything."""
    every = offers(explorer)
    sliders = {control.name: control for control in explorer.controls if control.kind == "range"}
    fewer = []
    for names in parted(explorer):
        some = thinned(explorer, _some(every, names))
        fewer += [n for n in names if n in sliders and len(some[n]) < len(sliders[n].values())]
    words = ["This page needs no Python and no network."]
    if fewer:
        names = [sliders[name].label for name in fewer]
        words.append(f"Sliders that stop at some values only: {', '.join(names)}.")
    if len(explorer.modes) > 1 and asks:
        words.append("It holds the first questions and challenges; the notebook has more.")
    return " ".join(words)


def _some(offered, names) -> dict:
    return {name: offered[name] for name in names}


def _drawings(picture, start, offered, weighs) -> dict:
    choices = counted(offered)
    return {places: _by_rule(*picture(start | values), weighs) for places, values in choices}


def _by_rule(record, message, weighs) -> dict:
    """Return a drawing whose output is left to the page; an error alone where there is none."""
    if record is None:
        return {"error": message}
    message = {name: part for name, part in message.items() if name != "sentence"}
    if not isinstance(record, Record) or record.of("target"):
        return message
    left = {"output", "kernel"} if weighs else {"output"}
    panels = [p if p["role"] not in left else p | {"values": None} for p in message["panels"]]
    return message | {"panels": panels}


def _common(first, drawn) -> dict:
    """Take from each group's drawings what other groups decide; return the whole of the first."""
    base = _by_rule(*first, False)
    owner: dict[str, int] = {}
    for number, drawings in enumerate(drawn):
        for places, drawing in drawings.items():
            kept = {n: part for n, part in drawing.items() if part != base.get(n)}
            for name in kept:
                if owner.setdefault(name, number) != number and name != "error":
                    raise ValueError(f"page_parts must be independent; two of them change {name!r}")
            drawings[places] = kept
    return base


def _weights(picture, start, offered):
    for places, values in counted(offered):
        for more in (LEAST, {}):
            record, _ = picture(start | values | more)
            if record is not None:
                yield places, [p.values.ravel().tolist() for p in record.of("kernel")]
                break


# Every kernel fits somewhere: wide padding of zeros, no gaps.
LEAST = {"padding": 4, "dilation": 1, "stride": 1, "padding_mode": "zeros"}


def _put(drawings: dict, pool: Pool) -> dict:
    return {places: pool.put(drawing) for places, drawing in drawings.items()}
