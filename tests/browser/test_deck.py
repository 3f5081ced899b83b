"""A deck as a room sees it, opened from a file."""

import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import build_slides

pytestmark = pytest.mark.browser
COLOUR = "element => getComputedStyle(element).color"


@pytest.fixture
def deck(tmp_path):
    cells = [
        nbformat.v4.new_markdown_cell("Where the source is."),
        nbformat.v4.new_markdown_cell("# 01 Toy (5 min)\n\nA toy."),
        nbformat.v4.new_code_cell("ring = images.ring()", metadata={"tags": ["slide"]}),
    ]
    frame = '<iframe class="explorer" title="toy" srcdoc="<p>toy</p>"></iframe>'
    cells[-1].outputs = [nbformat.v4.new_output("display_data", {"text/html": frame})]
    path = tmp_path / "toy.html"
    path.write_text(build_slides.deck_html(nbformat.v4.new_notebook(cells=cells), "Toy"), "utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_arrows_and_frames_of_a_deck_can_be_seen(browser, deck, scheme):
    context = browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": 1280, "height": 720}
    )
    page = context.new_page()
    page.goto(f"{deck.as_uri()}#/0/1")
    code = page.locator(".code pre")
    assert code.evaluate(COLOUR) == "rgb(29, 34, 40)"  # in the dark the block is turned around
    turned = code.evaluate("pre => getComputedStyle(pre.parentElement).filter")
    assert ("invert" in turned) == (scheme == "dark")
    soft = page.locator(".slide-number").evaluate(COLOUR)
    assert page.locator(".controls").evaluate(COLOUR) == soft
    frame, number = (page.locator(which).bounding_box() for which in ("iframe", ".slide-number"))
    assert frame["y"] + frame["height"] <= 720
    arrows = page.locator(".controls").bounding_box()
    assert number["x"] + number["width"] < arrows["x"]
    context.close()
