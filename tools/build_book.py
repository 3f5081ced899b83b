"""The solved lessons as a book of static pages, with a search, for reading without a network.

    python tools/build_book.py [FOLDER] [--only 01]

Writes FOLDER (build/book): open index.html in it. Explorers stand in the text as the pages that
they are without a kernel; their controls work.
"""

import argparse
import contextlib
import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

import build_notebooks
import lesson_pages

ROOT = Path(__file__).resolve().parent.parent
CONF = """
project = "cnnlab"
html_title = "cnnlab"
copyright = "the cnnlab contributors; text and pictures CC BY 4.0"
extensions = ["myst_nb"]
nb_execution_mode = "off"
html_theme = "furo"
html_extra_path = ["extra"]
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # a page opened from a disk may not fetch other pages
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]
"""
CSS = """
iframe.explorer { width: 100%; height: 720px; border: 0; }
.cell_input { border-left: 3px solid var(--color-brand-primary); }
.cell_output img, .cell_output svg { max-width: 100%; }
article { overflow-wrap: anywhere; }
"""
README_PICTURE = re.compile(r"<picture>.*?</picture>\n*", re.DOTALL)


def sources(folder, paths):
    """Execute the lessons and lay everything that Sphinx needs into `folder`; return problems."""
    for name in ("static", "extra"):
        (folder / name).mkdir()
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "static" / "book.css").write_text(CSS, encoding="utf-8")
    script = lesson_pages.FIT.removeprefix("<script>\n").removesuffix("</script>\n")
    (folder / "static" / "book.js").write_text(script, encoding="utf-8")
    (folder / "index.md").write_text(front_page(paths), encoding="utf-8")

    def write(path, notebook):
        notebook.cells = notebook.cells[1:]  # the banner speaks of the notebook's file
        text = build_notebooks.text_of(notebook)
        (folder / f"{path.stem}.ipynb").write_text(text, encoding="utf-8")

    return lesson_pages.solve_all(paths, folder / "extra", write)


def front_page(paths):
    """Return the first page: what README says one will be able to do, and the lessons."""
    readme = (ROOT / "README.md").read_text("utf-8")
    opening = README_PICTURE.sub("", readme.split("\n## ")[0])
    listed = "\n".join(path.stem for path in paths)
    return (
        f"{opening}\nThis is the solved edition, for reading: to do the course, get the notebooks "
        f"and run them.\n\n```{{toctree}}\n:caption: Lessons\n:maxdepth: 1\n{listed}\n```\n"
    )


def typeset(source, target, whole=True):
    """Run Sphinx; return its warnings, of which there should be none.

    A book that is not whole has links to lessons that are not in it.
    """
    from sphinx.application import Sphinx

    said, warned = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said):
        app = Sphinx(
            source, source, target, source / "doctrees", "html",
            status=None, warning=warned, freshenv=True,
            confoverrides={} if whole else {"suppress_warnings": ["mystnb", "myst"]},
        )  # fmt: skip
        app.build()
    return [line for line in warned.getvalue().splitlines() if line.strip()]


def may_write(folder):
    """Return whether a folder is new, empty, or an older book: nothing else is overwritten."""
    if (folder / "searchindex.js").exists() or not folder.exists():
        return True
    return folder.is_dir() and not any(folder.iterdir())


def main(arguments=None):
    """Build the book; return 0 when all is well."""
    parser = argparse.ArgumentParser(prog="course.py book", description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", default=ROOT / "build" / "book", type=Path)
    parser.add_argument("--only", nargs="+", default=[], metavar="NN", help="these lessons")
    chosen = parser.parse_args(arguments)
    try:
        paths = build_notebooks.lesson_paths(only=chosen.only)
    except build_notebooks.LessonError as problem:
        print(problem, file=sys.stderr)
        return 1
    if not may_write(chosen.folder):
        print(f"{chosen.folder} holds something that is no book; name another", file=sys.stderr)
        return 1
    print(f"making a book of {len(paths)} lesson{'s' * (len(paths) != 1)} in {chosen.folder}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        problems = sources(source, paths)
        if problems:
            return 1
        shutil.rmtree(chosen.folder, ignore_errors=True)
        problems = typeset(source, chosen.folder.resolve(), whole=not chosen.only)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"open {chosen.folder / 'index.html'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
