"""The receptive field explorer on a plain page: its table, its rules, keys, themes."""

import random

import numpy as np
import pytest

from cnnlab import explorers
from cnnlab.explorers.composing import join, read
from tests.browser.test_page import Alone, agree, plainly

pytestmark = pytest.mark.browser
RULES = "export { fieldGradient, fieldUses };"


def part(root, name):
    return root.locator(f"[data-part={name}]")


def row(root, number):
    """Return the words of one row of the table."""
    return [
        cell.text_content() for cell in root.locator("tbody tr").nth(number).locator("td").all()
    ]


def number_of(root, layer, name):
    return root.get_by_label(f"{name} of layer {layer}", exact=True)


@pytest.fixture
def shown(plain):
    e = explorers.receptive_field()
    page = plain()
    return e, page, page.show(e)


def test_a_number_in_the_table_changes_layers_field_and_picture(shown):
    e, page, root = shown
    assert row(root, 1)[4:9] == ["5", "7", "2", "3", "0"]
    field = number_of(root, 2, "dilation")
    field.fill("2")
    field.press("Enter")
    page.page.wait_for_function("() => document.body.textContent.includes('field 11')")
    assert (e.preset, e.size, len(e.layers)) == ("yours", 11, 2)
    assert row(root, 1)[4:9] == ["5", "11", "2", "5", "0"]
    assert root.locator("[data-knob=preset]").input_value() == "yours"
    assert number_of(root, 2, "dilation").evaluate("field => field === document.activeElement")


def test_layers_are_added_moved_and_taken_out(shown):
    e, page, root = shown
    root.get_by_text("+ layer").click()
    page.page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 3")
    assert [layer.stride for layer in e.layers] == [2, 1, 1]
    root.get_by_label("move down layer 1").click()
    page.page.wait_for_timeout(100)
    assert [layer.stride for layer in e.layers] == [1, 2, 1]
    root.get_by_label("move up layer 2").click()
    page.page.wait_for_timeout(100)
    root.get_by_label("take out layer 1").click()
    page.page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 2")
    assert [layer.stride for layer in e.layers] == [1, 1]
    assert e.size == 5


def test_an_illegal_number_is_said_and_the_table_goes_back(shown):
    e, page, root = shown
    field = number_of(root, 1, "kernel")
    field.fill("0")
    field.press("Enter")
    page.page.wait_for_selector(".cl-error:not([hidden])")
    assert "kernel_size must be at least 1" in part(root, "error").text_content()
    assert number_of(root, 1, "kernel").input_value() == "3"
    assert e.size == 7


def test_holes_are_slashed_and_counted(shown):
    _, page, root = shown
    root.locator("[data-knob=preset]").select_option("dilations 2, 2, 2")
    page.page.wait_for_function("() => document.body.textContent.includes('6 holes')")
    assert "the gradient reaches 7×7, 6 of each axis are holes" in part(root, "line").text_content()
    assert "6 lie in holes" in part(root, "words").text_content()
    root.locator("[data-knob=preset]").select_option("dilations 1, 2, 3")
    page.page.wait_for_function("() => document.body.textContent.includes('reaches 13×13')")
    assert "holes" not in part(root, "over").text_content()


def test_keys_and_mouse_select_an_output_and_an_input_shows_its_outputs(shown):
    e, page, root = shown
    part(root, "stage").press("End")
    page.page.wait_for_timeout(250)
    assert e.cursor == 4
    assert part(root, "live").text_content().startswith("output 4 its field: cells 8 to 14")
    box = part(root, "stage").bounding_box()
    cells = root.evaluate(
        """root => [...root.querySelectorAll("[data-part=base] path")].map(p => p.getBBox())
          .filter(b => b.height > 4 && b.height < 20).map(b => [b.x, b.y, b.width, b.height])"""
    )
    left, top, wide, high = cells[-3]  # the input's level is drawn first
    page.page.mouse.move(box["x"] + left + wide / 2, box["y"] + top + high / 2)
    assert "input 7" in part(root, "line").text_content()
    assert "is seen by 3 of 5 outputs: 1, 2, 3" in part(root, "line").text_content()


def test_the_rules_of_the_browser_are_pythons(plain):
    page = plain().page
    rng = random.Random(3)
    source = join({"field_rule.js": read("field_rule.js")}) + RULES
    page.evaluate(
        """async (source) => {
          const file = new Blob([source], { type: "text/javascript" });
          window.rules = await import(URL.createObjectURL(file));
        }""",
        source,
    )
    for _ in range(30):
        layers = [
            (rng.randint(1, 4), rng.randint(1, 3), rng.randint(0, 2), rng.randint(1, 3))
            for _ in range(rng.randint(1, 4))
        ]
        e = explorers.receptive_field(layers, outputs=4)
        cells = e.record.extra["cells"]
        seen = np.zeros((cells[-1], cells[0]), bool)
        for place in range(cells[-1]):
            e.cursor = place
            found = page.evaluate(
                """([layers, cells, place]) =>
                  [...rules.fieldGradient(layers, cells, place)[0]].map((v) => v || 0)""",
                [layers, cells, place],
            )
            assert np.allclose(found, e.gradient, rtol=1e-12, atol=0)
            seen[place] = e.gradient > 0
        for cell in range(cells[0]):
            uses = page.evaluate("(given) => rules.fieldUses(...given)", [layers, cells, cell])
            assert uses == np.flatnonzero(seen[:, cell]).tolist()


def test_a_page_without_python_answers_edits_as_python_does(plain):
    e = explorers.receptive_field()
    alone = Alone(plain, e)
    rng = random.Random(6)
    refused = 0
    for _ in range(60):
        layers = [
            [rng.randint(0, 5), rng.randint(1, 3), rng.randint(0, 3), rng.randint(1, 4),
             rng.choice(["conv", "pool"])]
            for _ in range(rng.randint(1, 5))
        ]  # fmt: skip
        drawing = alone.send(do="edit", layers=layers)
        e.edited(layers=layers)
        assert drawing["error"] == e.error
        refused += bool(e.error)
        wanted = {**plainly(e.record.message()), "notes": []}
        agree(drawing, wanted | ({"notes": drawing["notes"]} if e.error else {}))
        assert drawing["settings"] == e.settings()
    assert 0 < refused < 50
    e.edited(layers=[[3, 1, 0, 2, "conv"]])
    alone.send(do="edit", layers=[[3, 1, 0, 2, "conv"]])
    drawing = alone.ask(alone.drawing["settings"] | {"outputs": 9})
    e.outputs = 9
    assert drawing["cells"] == e.record.extra["cells"] == [13, 9]
    assert alone.ask(drawing["settings"] | {"preset": "AlexNet"})["rows"][-1]["size"] == 195
    assert alone.send(do="reset")["rows"][-1]["size"] == 7


def test_a_question_hides_what_it_asks_for(plain):
    e = explorers.receptive_field(mode="predict")
    page = plain()
    root = page.show(e)
    assert row(root, 1) == ["3", "1", "0", "1", "?", "?", "?", "?", "?", ""]
    assert root.locator("tbody input, tbody button").count() == 0
    assert part(root, "over").locator("image").count() == 0
    field = root.locator(".cl-answer input")
    field.fill("9")
    field.press("Enter")
    page.page.wait_for_selector(".cl-wrong")
    assert "the jump comes last" in part(root, "quiz").text_content()
    assert row(root, 1)[5] == "7"
    assert e.guesses[0]["right"] is False


def test_two_views_and_nothing_left_behind(shown):
    e, page, _ = shown
    other = page.show(e)
    other.get_by_text("+ layer").click()
    page.page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 6")
    page.page.evaluate("ends.forEach((end) => end())")
    assert page.page.locator(".cnnlab, .cl-layers").count() == 0
    assert page.page.evaluate("models[0].listeners()") == 0
