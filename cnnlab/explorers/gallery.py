"""All explorers as pages in a folder, for a course site, a projector or a memory stick.

`python3 course.py gallery` calls this page. Every explorer of `cnnlab.explorers.__all__` is in it;
links are relative, and nothing needs Python or a network.
"""

from __future__ import annotations

import inspect
import re
import sys
import time
from html import escape
from pathlib import Path
from typing import NamedTuple

from cnnlab import explorers

from .composing import style

# What to try; an explorer that isn't named here says what its function does.
TRY = {
    "conv2d": "Set dilation 2 and stride 2, then look for cells that no window reads.",
    "output_size": "Ask for a size and look which settings give it.",
    "padding": "Change the mode and follow the dotted lines to where padding is copied from.",
    "adaptive": "Ask for 3 bins on 7 cells and look where bins overlap.",
    "pyramid": "Change height and width: the number of outputs stays.",
    "pooling": "Change max to average and look where the gradient goes.",
    "conv1d": "Drag the signal and watch the output follow.",
    "channels": "Follow one output value back through all channels.",
    "groups": "Raise the groups and see inputs and outputs lose sight of each other.",
    "receptive_field": "Give three layers the dilations 2, 2, 2, then 1, 2, 3: the holes close.",
    "activation": "Set depth 20 and compare what is left of sigmoid's gradient and of ReLU's.",
    "photo": "Try Sobel x: orange where it gets brighter to the right, blue where darker.",
    "shift": "Shift by one cell with stride 1, then with stride 2.",
    "conv3d": "Move through the slices of one output value.",
}
INDEX = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>cnnlab: the explorers</title>
<style>{css}</style>
<header><h1>The explorers</h1></header>
<p>What convolutional networks are made of, to be turned and looked at.
No page needs Python or a network.</p>
<ul>
{cards}
</ul>
<script>
document.querySelector("ul").addEventListener("keydown", (event) => {{
  const step = {{ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }}[event.key];
  const links = [...document.querySelectorAll("li a")];
  const next = links[links.indexOf(document.activeElement) + step];
  if (next) {{ next.focus(); event.preventDefault(); }}
}});
</script>
"""
CARD = """<li><a href="{name}.html"><picture><source media="(prefers-color-scheme: dark)" \
srcset="stills/{name}-dark.svg"><img src="stills/{name}-light.svg" alt="{alt}"></picture>\
<b>{heading}</b><span>{what}</span><small>{lesson}</small></a></li>"""


class Written(NamedTuple):
    """One page of the gallery."""

    name: str
    bytes: int
    seconds: float


def write_gallery(folder, tell=None) -> list[Written]:
    """Write every explorer as a page, and an index of them; `tell` hears of each page.

    Errors: ValueError for a folder that stands where a file is.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder must be a folder, or not exist yet; got the file {folder}")
    (folder / "stills").mkdir(parents=True, exist_ok=True)
    names, cards, pages = by_lesson(explorers.__all__), [], []
    for number, name in enumerate(names, start=1):
        began, make = time.monotonic(), getattr(explorers, name)
        explorer, path = make(), folder / f"{name}.html"
        explorer.to_html(path, back="index.html")
        for theme in ("light", "dark"):
            still = folder / "stills" / f"{name}-{theme}.svg"
            still.write_text(explorer.to_svg(theme), encoding="utf-8")
        cards.append(card(name, make, explorer))
        pages.append(Written(name, path.stat().st_size, time.monotonic() - began))
        explorer.close()
        if tell is not None:
            tell(pages[-1], number, len(names))
    index = INDEX.format(css=style("page.css", "gallery.css"), cards="\n".join(cards))
    (folder / "index.html").write_text(index, encoding="utf-8")
    return pages


def lessons(make) -> str:
    """Return the lessons that an explorer's function names.

    >>> lessons(explorers.conv2d)
    'lessons 1 and 2'
    """
    found = re.search(r"^Source: (lessons? [^.;\n]+)", inspect.getdoc(make), re.MULTILINE)
    return found[1] if found else ""


def by_lesson(names) -> list[str]:
    """Return explorers as the course meets them: by lesson, within one as they are named above.

    >>> by_lesson(["activation", "padding", "photo", "conv1d"])
    ['conv1d', 'photo', 'padding', 'activation']
    """

    def met(name):
        number = re.search(r"\d+", lessons(getattr(explorers, name)))
        order = [*TRY].index(name) if name in TRY else len(TRY)
        return int(number[0]) if number else 99, order

    return sorted(names, key=met)


def card(name: str, make, explorer) -> str:
    """Return one entry of the index.

    >>> "Lessons 1 and 2" in card("conv2d", explorers.conv2d, explorers.conv2d())
    True
    """
    about = inspect.getdoc(make)
    words = {
        "name": name,
        "heading": explorer.heading,
        "what": TRY.get(name, about.partition("\n")[0]),
        "lesson": lessons(make).capitalize(),
        "alt": repr(explorer),
    }
    return CARD.format(**{key: escape(text) for key, text in words.items()})


def main(arguments=None) -> int:
    """Write the gallery into the folder that is named, saying how far it has come."""
    (folder,) = sys.argv[1:] if arguments is None else arguments

    def tell(page, number, of):
        size = f"{page.bytes / 1000:.0f} kB"
        print(f"{number:>2} of {of}  {page.name:<16} {size:>7} {page.seconds:5.1f} s", flush=True)

    pages = write_gallery(folder, tell)
    total = sum(page.bytes for page in pages) / 1e6
    print(f"{len(pages)} explorers, {total:.1f} MB. Open {Path(folder) / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
