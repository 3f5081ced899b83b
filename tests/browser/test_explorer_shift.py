"""The shift explorer on a plain page."""

import pytest

from cnnlab import explorers

pytestmark = pytest.mark.browser


def part(root, name):
    return root.locator(f"[data-part={name}]")


def texts(root):
    return [node.text_content() for node in part(root, "base").locator("text").all()]


def dashed(root):
    return [
        tuple(float(ring.get_attribute(name)) for name in ("x", "y"))
        for ring in part(root, "over").locator("rect.cl-ring.cl-dashed").all()
    ]


def test_a_stride_breaks_what_was_exact(plain):
    e = explorers.shift()
    page = plain()
    root = page.show(e)
    assert "Equivariant here: B is exactly A moved 1 right." in part(root, "words").text_content()
    *shown, title, note = texts(root)
    assert (title, note) == ("B − moved A", "A moved 1 right")
    assert shown[-49:] == ["0"] * 49
    root.locator("[data-knob=stride]").press("ArrowRight")
    page.page.wait_for_function("() => document.body.textContent.includes('no whole step')")
    assert "1/2: not whole" in texts(root)
    assert not e.equivariant


def test_the_article_and_the_steps_are_presets(plain):
    e = explorers.shift(entering="zeros", right=-1, layer="max of all")
    page = plain()
    root = page.show(e)
    root.locator("[data-knob=preset]").select_option("4 1 3 7 2")
    page.page.wait_for_function("() => document.body.textContent.includes('Invariant here')")
    assert "output A[0, 0] = 7" in part(root, "line").text_content()
    root.locator("[data-knob=entering]").select_option("wrapped")
    root.locator("[data-knob=layer]").select_option("max pool")
    root.locator("[data-knob=preset]").select_option("0 0 1 1 0 0 1 1")
    root.locator("[data-knob=stride]").press("ArrowRight")
    page.page.wait_for_function("() => document.body.textContent.includes('no whole step')")
    assert e.output.tolist() == [[[0, 1, 0, 1]], [[1, 1, 1, 1]]]


def test_the_selected_cell_has_a_partner_where_it_should_have_moved(plain):
    e = explorers.shift(right=2, down=1)
    e.cursor = (0, 3, 2)
    page = plain()
    root = page.show(e)
    two = dashed(root)
    part(root, "stage").press("ArrowRight")
    cell = dashed(root)[0][0] - two[0][0]
    assert [(x - a, y - b) for (x, y), (a, b) in zip(dashed(root), two, strict=True)] == [
        (cell, 0), (cell, 0),
    ]  # fmt: skip
    part(root, "stage").press("ArrowLeft")
    page.page.wait_for_timeout(250)
    e.cursor = (1, 4, 4)  # where that cell of A went
    page.push(e)
    other = dashed(root)
    assert other[1] == two[1]
    assert other[0][1] < two[0][1]


def test_another_input_may_need_another_height_but_no_other_knob_does(plain):
    page = plain()
    root = page.show(explorers.shift())
    tall = part(root, "stage").bounding_box()["height"]
    for knob in ("right", "down", "stride"):
        root.locator(f"[data-knob={knob}]").press("ArrowRight")
        page.page.wait_for_timeout(60)
        assert part(root, "stage").bounding_box()["height"] == tall
    root.locator("[data-knob=preset]").select_option("4 1 3 7 2")
    page.page.wait_for_timeout(100)
    assert part(root, "stage").bounding_box()["height"] < tall / 2


def test_a_challenge_counts_what_is_found(plain):
    e = explorers.shift(mode="challenge")
    page = plain()
    root = page.show(e)
    assert "0 of 3 found" in part(root, "quiz").text_content()
    root.locator("[data-knob=padding_mode]").select_option("circular")
    page.page.wait_for_selector(".cl-right")
    assert "1 of 3 found" in part(root, "quiz").text_content()
    assert e.solved[0]["found"] == 1
