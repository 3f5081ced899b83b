"""Slides for an instructor, made from the lessons.

    python tools/build_slides.py [FOLDER] [--only 01]

Writes into FOLDER (build/slides), for each lesson
    01_convolution.html    a reveal.js deck in one file; explorers stand beside it as pages of their
                           own, so it works from a memory stick without a network
    live/01_convolution.ipynb   the same choice of cells for a live show in JupyterLab (View, then
                           "Render as Reveal Slideshow"): there the explorers have their kernel

Which cells become slides: one tagged `slide` always, one tagged `no-slide` never. Of the others:
headings with their question, predictions, pictures, explorers, what introduces a term or a formula,
exercises and the list at the end. Instructor cells become speaker notes (key s).
"""

import argparse
import ast
import html
import re
import sys
from importlib.resources import files
from pathlib import Path

import build_notebooks
import lesson_pages
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

ROOT = Path(__file__).resolve().parent.parent
FOLDED = re.compile(r"<details>.*?</details>\s*", re.DOTALL)
MOST_LINES = 8  # of code on a slide; longer code is left to the notebook
SHOWN = ("text/html", "image/svg+xml", "image/png")
ASKED = ("question", "answer", "because", "choices")


# -- which cells ----------------------------------------------


def kind_of(cell):
    """Return what a cell becomes: a kind of slide, "notes", or None for no slide."""
    tags, source = build_notebooks.tags(cell), cell.source
    if "no-slide" in tags or "glossary" in tags or "map" in tags:
        return None
    if "instructor" in tags:
        return "notes" if cell.cell_type == "markdown" else None
    if cell.cell_type == "markdown":
        return _kind_of_prose(source) or ("text" if "slide" in tags else None)
    if "predict(" in source:
        return "predict"
    if "explorer" in tags or any(_is_picture(output) for output in cell.get("outputs", [])):
        return "picture"
    return "code" if "slide" in tags else None


def _kind_of_prose(source):
    if source.startswith("# "):
        return "title"
    if source.startswith("## "):
        return "section"
    if source.startswith("### Exercise"):
        return "exercise"
    telling = build_notebooks.TERM.search(source) or 'display="block"' in source or "$$" in source
    return "text" if telling else None


def _is_picture(output):
    data = output.get("data", {})
    return "image/png" in data or "image/svg+xml" in data


# -- from a cell to HTML ---------------------------------------------


def markdown(text):
    """Return Markdown as HTML, folded hints left out."""
    return markdown2html_mistune(FOLDED.sub("", text).strip())


def slides_of(cell, kind):
    """Return the slides of a cell, as the HTML inside each `<section>`."""
    source = cell.source
    if kind in ("title", "section"):
        head, _, rest = source.partition("\n")
        first, *more = [part for part in rest.strip().split("\n\n") if part]
        telling = [part for part in more if build_notebooks.TERM.search(part) or "$$" in part]
        listed = [part for part in more if part.startswith("- ")]
        opening = markdown("\n\n".join([head, first, *listed]))
        slides = [f'<div class="{kind}">{opening}</div>']
        return slides + ([markdown("\n\n".join(telling))] if telling else [])
    if kind == "predict":
        return [question(call) for call in predictions(source)]
    if kind in ("picture", "code"):
        return [code(source) + "".join(map(shown, cell.get("outputs", [])))]
    return [markdown(source)]


def predictions(source):
    """Return the calls of predict(...) in a cell."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [call for call in calls if getattr(call.func, "id", None) == "predict"]


def asked(call):
    """Return what a call of predict(...) asks, answers and gives as reason and choices."""
    given = dict(zip(ASKED, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords}
    return {name: ast.literal_eval(node) for name, node in given.items() if name in ASKED}


def question(call):
    """Return a prediction as a question, its answer hidden until the next key."""
    text = asked(call)
    choices = "".join(f"<li>{html.escape(str(c))}</li>" for c in text.get("choices", ()))
    because = html.escape(text.get("because", ""))
    answer = html.escape(str(text["answer"]))
    return (
        f'<p class="kicker">Predict</p><p class="question">{html.escape(text["question"])}</p>'
        + (f"<ul>{choices}</ul>" if choices else "")
        + f'<p class="fragment answer"><strong>{answer}</strong> {because}</p>'
    )


def code(source):
    """Return code in colours, or nothing where it would fill the slide or only draws a picture."""
    if len(source.splitlines()) > MOST_LINES or "alt=" in source:
        return ""
    return highlight(source, PythonLexer(), HtmlFormatter(cssclass="code"))


def shown(output):
    """Return an output as HTML: the richest form it has."""
    data = output.get("data", {})
    kind = next((kind for kind in SHOWN if kind in data), None)
    if kind == "image/png":
        alt = html.escape(data.get("text/plain", ""), quote=True)
        return f'<img alt="{alt}" src="data:image/png;base64,{data[kind].strip()}">'
    if kind:
        return "".join(data[kind])
    text = output.get("text") or data.get("text/plain", "")
    return f"<pre>{html.escape(''.join(text))}</pre>" if text else ""


# -- the deck ------------------------------------------------------


def columns(notebook):
    """Return the deck as columns, one for each section of the lesson, of (slide, notes)."""
    deck = [[]]
    for cell in notebook.cells[1:]:  # the banner is for readers of the notebook
        kind = kind_of(cell)
        if kind == "notes":
            slide, notes = deck[-1][-1]
            text = cell.source.replace("**Instructor.** ", "")
            deck[-1][-1] = slide, notes + markdown(text)
            continue
        if kind is None:
            continue
        if kind == "section" and deck[-1]:
            deck.append([])
        deck[-1] += [(slide, "") for slide in slides_of(cell, kind)]
    return deck


def deck_html(notebook, title):
    """Return a lesson's deck as one HTML page."""
    sections = "\n".join(
        "<section>"
        + "".join(
            f"<section>{slide}{f'<aside class=notes>{notes}</aside>' if notes else ''}</section>\n"
            for slide, notes in column
        )
        + "</section>"
        for column in columns(notebook)
    )
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
    styles = [reveal / "dist" / "reset.css", reveal / "dist" / "reveal.css"]
    look = (Path(__file__).parent / "slides.css").read_text("utf-8")
    colours = HtmlFormatter(cssclass="code").get_style_defs()
    css = "\n".join([*(path.read_text("utf-8") for path in styles), colours, look])
    scripts = [reveal / "dist" / "reveal.js", reveal / "plugin" / "notes" / "notes.js"]
    script = "\n".join(_inside(path.read_text("utf-8")) for path in scripts)
    return PAGE.format(title=html.escape(title), css=css, sections=sections, script=script)


def _inside(script):
    """Return a script that may stand inside a page: no text in it closes the script element."""
    return script.replace("</script", r"<\/script")


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{css}</style>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script>{script}</script>
<script>
Reveal.initialize({{
  width: 1280, height: 800, margin: 0.04, center: false, hash: true, slideNumber: "c/t",
  transition: "none", viewDistance: 2, plugins: [RevealNotes],
}});
</script>
"""


def live(notebook):
    """Return the notebook with each cell's place in a live slide show."""
    for cell in notebook.cells:
        kind = kind_of(cell)
        place = {None: "skip", "notes": "notes", "title": "slide", "section": "slide"}
        cell.metadata["slideshow"] = {"slide_type": place.get(kind, "subslide")}
    notebook.cells[0].metadata["slideshow"] = {"slide_type": "skip"}
    notebook.metadata["rise"] = {"theme": "white", "scroll": True}  # a theme with its own fonts
    # What a slide's code needs has run before it: cells that are not shown still run.
    return notebook


# -- the command ---------------------------------------------


def main(arguments=None):
    """Write the decks; return 0 when all is well."""
    parser = argparse.ArgumentParser(prog="course.py slides", description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", default=ROOT / "build" / "slides", type=Path)
    parser.add_argument("--only", nargs="+", default=[], metavar="NN", help="these lessons")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)

    def write(path, notebook):
        title = build_notebooks.TITLE.search(notebook.cells[1].source)
        page = deck_html(notebook, f"{title[1]} {title[2]}")
        (chosen.folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        shows = chosen.folder / "live" / f"{path.stem}.ipynb"
        shows.parent.mkdir(exist_ok=True)
        plain = live(build_notebooks.build(path, "notebooks"))
        shows.write_text(build_notebooks.text_of(plain), encoding="utf-8")

    try:
        paths = build_notebooks.lesson_paths(only=chosen.only)
    except build_notebooks.LessonError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"making slides of {len(paths)} lesson{'s' * (len(paths) != 1)} in {chosen.folder}")
    return 1 if lesson_pages.solve_all(paths, chosen.folder, write) else 0


if __name__ == "__main__":
    sys.exit(main())
