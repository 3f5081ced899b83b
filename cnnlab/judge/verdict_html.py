"""A verdict as a picture: HTML that carries its own style, for light and dark pages."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from cnnlab.judge import tables

if TYPE_CHECKING:
    from cnnlab.judge.verdict import ShownCase, Verdict

# Colours are the page's own where it is JupyterLab (--jp-...) or VS Code; elsewhere light or dark.
STYLE = """
.cnnlab-verdict{--ink:var(--jp-ui-font-color1,var(--vscode-editor-foreground,var(--own-ink)));
--soft:var(--jp-ui-font-color2,var(--own-soft));--paper:var(--jp-layout-color1,
var(--vscode-editor-background,var(--own-paper)));--line:var(--jp-border-color1,var(--own-line));
--own-ink:#1c2024;--own-soft:#5b636c;--own-paper:#fff;--own-line:#c9ced4;--good:#1a7f4b;
--bad:#c2410c;color:var(--ink);background:var(--paper);border:1px solid var(--line);
border-left:5px solid var(--edge);border-radius:4px;padding:10px 14px;max-width:56em;
font:14px/1.5 system-ui,sans-serif}
@media (prefers-color-scheme:dark){.cnnlab-verdict{--own-ink:#e6e9ec;--own-soft:#a3abb4;
--own-paper:#14171b;--own-line:#3c434b}}
.cnnlab-verdict.passed{--edge:var(--good)}.cnnlab-verdict.wrong{--edge:var(--bad)}
.cnnlab-verdict.open{--edge:var(--soft)}
.cnnlab-verdict p{margin:6px 0}.cnnlab-verdict .soft{color:var(--soft)}
/* Twice the class: JupyterLab indents lists and zebra-stripes tables by long selectors. */
.cnnlab-verdict ul.rungs.rungs{display:flex;flex-wrap:wrap;gap:5px;margin:6px 0 8px;padding:0;
list-style:none}
.cnnlab-verdict .rungs li{border:1px solid var(--line);border-radius:10px;padding:0 9px;margin:0}
.cnnlab-verdict .rungs .ok{border-color:var(--good)}
.cnnlab-verdict .rungs .bad{border:2px solid var(--bad);font-weight:600}
.cnnlab-verdict .rungs .later{border-style:dashed;color:var(--soft)}
.cnnlab-verdict .sides{display:flex;flex-wrap:wrap;gap:8px 26px;align-items:flex-start;margin:8px 0}
.cnnlab-verdict figure{margin:0;max-width:100%;overflow-x:auto}
.cnnlab-verdict figcaption{color:var(--soft);font-size:13px;white-space:nowrap}
.cnnlab-verdict.cnnlab-verdict tr{background:none}
.cnnlab-verdict table{border-collapse:collapse;margin:2px 0;font-size:13px;color:inherit;
font-variant-numeric:tabular-nums}
.cnnlab-verdict td{border:1px solid var(--line);padding:2px 8px;text-align:right;min-width:1.6em;
background:none}
.cnnlab-verdict td.off{outline:2px solid var(--bad);outline-offset:-2px;font-weight:700;
background:color-mix(in srgb,var(--bad) 16%,transparent)}
.cnnlab-verdict details{margin:4px 0}.cnnlab-verdict summary{cursor:pointer}
.cnnlab-verdict .say{font-size:15px}
"""


def verdict_html(verdict: Verdict, with_hints: bool = True) -> str:
    """Return the picture; hints are folded into each other unless a button shows them."""
    kind = "passed" if verdict.passed else "wrong" if verdict.attempted else "open"
    parts = [_head(verdict), _rungs(verdict)]
    if verdict.case is not None:
        parts.append(_case(verdict.case, verdict.truth))
    if verdict.attempted:
        parts.append(f'<p class="say">{escape(verdict.message)}</p>')
    parts += [f'<p class="soft">Remark: {escape(remark)}</p>' for remark in verdict.remarks]
    if with_hints:
        parts.append(_hints(verdict.hints))
    return (
        f"<style>{STYLE}</style>"
        f'<div class="cnnlab-verdict {kind}" role="region" aria-label="Verdict on '
        f'{escape(verdict.name)}">{"".join(parts)}</div>'
    )


def _head(verdict: Verdict) -> str:
    return f"<strong>{escape(verdict.name)}</strong>&ensp;{escape(verdict.headline)}"


def _rungs(verdict: Verdict) -> str:
    looks = {True: ("ok", "✓ "), False: ("bad", "WRONG "), None: ("later", "")}
    items = []
    for name, state in verdict.capabilities.items():
        style, word = looks[state]
        spoken = {True: "ok", False: "wrong", None: "not reached"}[state]
        items.append(
            f'<li class="{style}" aria-label="{escape(name)}: {spoken}">{word}{escape(name)}</li>'
        )
    return f'<ul class="rungs">{"".join(items)}</ul>'


def _case(case: ShownCase, truth: str) -> str:
    differing = case.differing
    told = f'<p class="soft">Smallest failing case: {escape(str(case))}</p>'
    if differing is None:
        sides = [_figure(f"{truth} {name}", part) for name, part in _named(case)]
    else:
        name, yours, right = differing
        sides = _pair(f"yours {name}".strip(), yours, f"{truth} {name}".strip(), right, case)
    arguments = [
        _figure(f"{name} {value.shape}", value)
        for name, value in case.arguments.items()
        if isinstance(value, np.ndarray) and value.size
    ]
    numbers = ""
    if arguments:
        numbers = (
            "<details><summary>The case’s numbers</summary>"
            f'<div class="sides">{"".join(arguments)}</div></details>'
        )
    return f'{told}<div class="sides">{"".join(sides)}</div>{numbers}'


def _named(case: ShownCase) -> list[tuple[str, np.ndarray]]:
    names = case.outputs or ("",)
    return [(f"{n} {part.shape}", part) for n, part in zip(names, case.truth, strict=True)]


def _pair(
    mine: str, yours: np.ndarray, theirs: str, right: np.ndarray, case: ShownCase
) -> list[str]:
    if yours.shape != right.shape:
        return [_figure(f"{mine} {yours.shape}", yours), _figure(f"{theirs} {right.shape}", right)]
    wrong = tables.marks(yours, right, case.tolerance)
    left, other = tables.pair(yours, right, case.tolerance)
    count = f" – {wrong.sum()} of {wrong.size} cells differ" if wrong.size > 1 else ""
    return [
        _grid(f"{mine}{left.place}{count}", left),
        _grid(f"{theirs}{other.place} {right.shape}", other),
    ]


def _figure(title: str, array: np.ndarray) -> str:
    if array.size == 0:
        return f"<figure><figcaption>{escape(title)}: no cells at all</figcaption></figure>"
    cut = tables.piece(array)
    lead = array.ndim > 2 and array[0].size < array.size
    place = f", here {cut.place}" if cut.place and (lead or cut.cut) else ""
    return _grid(f"{title}{place}", cut)


def _grid(title: str, cut: tables.Piece) -> str:
    rows = "".join(
        "<tr>" + "".join(_cell(t, bad) for t, bad in zip(row, bads, strict=True)) + "</tr>"
        for row, bads in zip(cut.rows, cut.marks, strict=True)
    )
    more = '<span class="soft">…</span>' if cut.cut else ""
    return f"<figure><figcaption>{escape(title)}</figcaption><table>{rows}</table>{more}</figure>"


def _cell(text: str, bad: bool) -> str:
    return (
        f'<td class="off" aria-label="{text}, differs">{text}</td>' if bad else f"<td>{text}</td>"
    )


def _hints(hints: tuple[str, ...]) -> str:
    """Fold each hint into the one before it, so that they open one at a time."""
    folded = ""
    for number in range(len(hints), 0, -1):
        folded = (
            f"<details><summary>Hint {number} of {len(hints)}</summary>"
            f"<p>{escape(hints[number - 1])}</p>{folded}</details>"
        )
    return folded
