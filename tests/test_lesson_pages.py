"""Slides, book and the instructor's pages: made from the lessons, complete, usable offline."""

import ast
import re
import sys
import tomllib

import nbformat
import pytest
from bs4 import BeautifulSoup

from course_parts import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import build_book
import build_notebooks
import build_slides
import build_workshop
import lesson_pages

sys.path.remove(str(ROOT / "tools"))

TOY = """# %% [markdown]
# # 01 Toy (10 min)
#
# A lesson of $n$ cells.

# %%
import numpy as np
from cnnlab import explore, predict

# %% [markdown] tags=["instructor"]
# **Instructor.** Let them guess.

# %% tags=["instructor"]
assert 1 + 1 == 2  # the instructor's own check

# %% [markdown]
# ## 1.1 Adding (10 min)
#
# What is a sum?

# %%
predict("What is 1 + 1?", 2, because="Count on your fingers.")

# %%
np.arange(3).sum()

# %% tags=["slide"]
"shown " + "by tag"

# %% [markdown]
# A **sum** (和) is $$\\sum_i x_i$$ and `$HOME` is no formula.

# %% tags=["explorer"]
explore.conv2d(np.arange(25.0).reshape(5, 5))

# %% [markdown]
# ### Exercise 1.1 · `conv1d` (core, 5 min)
#
# Write it.
#
# <details><summary>Hint</summary>
#
# Folded.
#
# </details>

# %% [markdown]
# ## You can now
#
# - add numbers,
#   large ones too;
# - stop.
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A small lesson, executed with its explorers as pages."""
    root = tmp_path_factory.mktemp("root")
    path = root / "lessons" / "01_toy.py"
    path.parent.mkdir()
    path.write_text(TOY, encoding="utf-8")
    pages = root / "pages"
    notebook = build_notebooks.run(lesson_pages.solved_lesson(path, pages))
    return path, pages, notebook


@pytest.fixture(scope="module")
def deck(toy):
    return BeautifulSoup(build_slides.deck_html(toy[2], "01 Toy"), "html.parser")


def test_formulas_become_mathml_and_code_stays():
    text = "`$a$` and $n - 1$:\n\n$$\\frac{1}{2}$$\n\n```\n$x$\n```\ncosts 3 $ or 4 $ more"
    done = lesson_pages.with_mathml(text)
    assert done.startswith("`$a$` and <math")
    assert 'display="block"><mrow><mfrac>' in done
    assert done.endswith("\n\n```\n$x$\n```\ncosts 3 $ or 4 $ more")
    assert done.count("<math") == 2


def test_an_explorer_is_a_page_beside_the_page_that_frames_it(toy):
    _, pages, notebook = toy
    (frame,) = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "iframe" in output.get("data", {}).get("text/html", "")
    ]
    assert 'src="explorers/01_toy-1.html"' in frame
    page = (pages / "explorers" / "01_toy-1.html").read_text("utf-8")
    assert "pageModel(" in page
    assert page.endswith(lesson_pages.HEIGHT)


# -- slides -------------------------------------------------------


def slides(deck):
    return list(deck.select("section section"))


def test_cells_become_slides_by_tag_and_by_what_they_are(deck):
    texts = [slide.get_text(" ", strip=True) for slide in slides(deck)]
    assert [text.split(" ")[0] for text in texts] == [
        "01", "1.1", "Predict", '"shown', "A", "explore", "Exercise", "You",
    ]  # fmt: skip
    assert "arange(3)" not in deck.get_text()  # no tag, no picture: left to the notebook
    assert "'shown by tag'" in texts[3]


def test_a_tag_keeps_a_cell_off_the_slides():
    cell = nbformat.v4.new_code_cell('predict("?", 1)', metadata={"tags": ["no-slide"]})
    assert build_slides.kind_of(cell) is None
    cell.metadata.tags = []
    assert build_slides.kind_of(cell) == "predict"


def test_an_answer_waits_for_a_key_and_notes_are_the_speakers(deck):
    (answer,) = deck.select(".fragment.answer")
    assert answer.get_text() == "2 Count on your fingers."
    (notes,) = deck.select("aside.notes")
    assert notes.get_text(strip=True) == "Let them guess."
    assert notes.find_parent("section") is slides(deck)[0]


def test_a_deck_is_one_file_that_asks_nobody_for_anything(deck):
    assert deck.select("script[src], link") == []
    sources = [tag["src"] for tag in deck.select("[src]")]
    assert sources == ["explorers/01_toy-1.html"]
    assert "@import" not in "".join(style.get_text() for style in deck.select("style"))


def test_folded_hints_are_not_on_slides(deck):
    assert "Folded" not in deck.get_text()


def test_a_live_show_runs_every_cell_and_shows_the_same(toy):
    notebook = build_slides.live(build_notebooks.build(toy[0], "notebooks", toy[0].parent.parent))
    places = [cell.metadata.slideshow.slide_type for cell in notebook.cells]
    assert places == [
        "skip", "slide", "skip", "slide", "subslide", "skip", "subslide", "subslide",
        "subslide", "subslide", "slide",
    ]  # fmt: skip


# -- book ---------------------------------------------------------


def test_a_book_is_complete_searchable_and_offline(toy, tmp_path):
    path, _, notebook = toy
    source, target = tmp_path / "source", tmp_path / "book"
    (source / "static").mkdir(parents=True)
    (source / "conf.py").write_text(build_book.CONF.replace('"extra"', ""), encoding="utf-8")
    for name in ("book.css", "book.js"):
        (source / "static" / name).write_text("", encoding="utf-8")
    (source / "index.md").write_text(build_book.front_page([path]), encoding="utf-8")
    (source / "01_toy.ipynb").write_text(build_notebooks.text_of(notebook), encoding="utf-8")
    assert build_book.typeset(source, target) == []
    page = BeautifulSoup((target / "01_toy.html").read_text("utf-8"), "html.parser")
    assert page.select_one("iframe.explorer")["src"] == "explorers/01_toy-1.html"
    assert len(page.select("math")) == 2
    assert "01_toy" in (target / "index.html").read_text("utf-8")
    assert "finger" in (target / "searchindex.js").read_text("utf-8")
    for found in target.glob("*.html"):
        links = BeautifulSoup(found.read_text("utf-8"), "html.parser").select("[src], link[href]")
        asked = [tag.get("src") or tag["href"] for tag in links]
        assert [link for link in asked if re.match(r"(https?:)?//", link)] == []


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    assert build_book.may_write(tmp_path)
    assert build_book.may_write(tmp_path / "new")
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert not build_book.may_write(tmp_path)
    assert build_book.main([str(tmp_path)]) == 1
    assert (tmp_path / "thesis.txt").read_text("utf-8") == "mine"
    (tmp_path / "searchindex.js").write_text("", encoding="utf-8")
    assert build_book.may_write(tmp_path)


# -- the instructor's pages -----------------------------------------


def test_no_page_of_the_workshop_is_stale():
    stale = [
        name
        for name, text in build_workshop.pages().items()
        if (ROOT / "workshop" / name).read_text("utf-8") != text
    ]
    assert not stale, "run: python tools/build_workshop.py"


def test_a_lessons_page_gathers_what_an_instructor_asks_for(toy):
    page = build_workshop.lesson_page(build_workshop.read(toy[0]))
    assert "## At the end they can\n\n- add numbers,\n  large ones too;\n- stop.\n" in page
    assert "Let them guess." in page
    assert "own check" not in page
    assert "- What is 1 + 1? **2** Count on your fingers." in page
    assert "| 1.1 Adding | 10 | `conv1d` (core, 5 min) |" in page
    assert "Common mistakes in `conv1d`" in page


def test_a_day_that_does_not_add_up_is_refused(toy):
    lessons = {"01": build_workshop.read(toy[0])}
    day = {
        "file": "short", "title": "Short", "for": "Nobody.", "starts": "09:50", "ends": "10:05",
        "blocks": [{"lesson": "01"}, {"pause": "Tea", "minutes": 5}],
    }  # fmt: skip
    sheet = build_workshop.run_sheet(day, lessons)
    rows = [line for line in sheet.splitlines() if re.match(r"\| \d\d:", line)]
    assert [row.split(" | ")[0] for row in rows] == ["| 09:50", "| 10:00", "| 10:05"]
    assert "they build `conv1d`" in rows[0]
    with pytest.raises(ValueError, match="short: ends at 10:05, the plan says 10:00"):
        build_workshop.run_sheet({**day, "ends": "10:00"}, lessons)


def test_every_lesson_is_taught_in_two_days():
    plans = tomllib.loads((ROOT / "workshop" / "plans.toml").read_text("utf-8"))
    days = [day for day in plans["days"] if day["file"].startswith("two_days")]
    taught = {block["lesson"] for day in days for block in day["blocks"] if "lesson" in block}
    assert taught == {path.name[:2] for path in build_notebooks.lesson_paths()}


def test_links_of_the_guide_lead_somewhere():
    pages = set((ROOT / "workshop").rglob("*.md"))
    pages -= set((ROOT / "workshop" / "handout").rglob("*.md"))  # they speak of where they are laid
    for page in pages:
        text = page.read_text("utf-8")
        for link, anchor in re.findall(r"\]\(([^)#]+)(?:#([^)]*))?\)", text):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
            if anchor:
                heads = re.findall(r"^#+ (.+)$", (page.parent / link).read_text("utf-8"), re.M)
                assert anchor in {head.lower().replace(" ", "-") for head in heads}, link


def test_questions_of_the_pages_are_those_of_the_lessons():
    call = ast.parse('predict("q", (1, 2), "because", choices=["a"])').body[0].value
    assert build_slides.asked(call) == {
        "question": "q", "answer": (1, 2), "because": "because", "choices": ["a"],
    }  # fmt: skip
