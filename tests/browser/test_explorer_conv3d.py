"""The conv3d explorer on a plain page: the strips, three views, keys, edits, questions."""

import pytest

from cnnlab import explorers
from cnnlab.explorers.look import number

pytestmark = pytest.mark.browser


def part(root, name):
    return root.locator(f"[data-part={name}]")


def test_the_strips_hold_every_number_and_the_line_names_three_axes(plain):
    e = explorers.conv3d(kernel_size=2, kernel="sum")
    page = plain()
    root = page.show(e)
    e.cursor = (1, 2, 3)
    page.push(e)
    texts = part(root, "base").locator("text").all_text_contents()
    digits = [number(v) for v in (*e.input.ravel(), *e.weight.ravel(), *e.output.ravel())]
    labels = 5 + 2 + 4 + 4  # of slices, kernels and outputs; headings
    assert len(texts) == len(digits) + labels
    assert texts.count("input 5×5×8, slice by slice") == 1
    line = part(root, "line").text_content()
    assert line.startswith(f"output[1, 2, 3] = {number(e.output[1, 2, 3])}")
    assert part(root, "line").locator(".cl-term").count() == 8


def test_the_three_views_are_sections_through_the_middle_of_the_window(plain):
    e = explorers.conv3d(kernel_depth=3, kernel_size=3)
    page = plain()
    root = page.show(e)
    e.cursor = (1, 0, 4)
    page.push(e)
    shown = part(root, "over").locator("text").all_text_contents()
    d, r, q = 1 + 1, 0 + 1, 4 + 1
    views = [("front", e.input[d]), ("from above", e.input[:, r]), ("side", e.input[:, :, q].T)]
    for name, section in views:
        start = shown.index(name) + 1
        assert shown[start : start + section.size] == [number(v) for v in section.ravel()]
    rings = part(root, "over").locator("rect.cl-ring")
    assert rings.count() == 3 + 3 + 1  # views, slices of the window, the output


def test_arrows_go_through_the_slices(plain):
    e = explorers.conv3d()
    page = plain()
    root = page.show(e)
    stage = part(root, "stage")
    e.cursor = (0, 2, 7)
    page.push(e)
    for key, place in [("ArrowRight", "[1, 2, 0]"), ("ArrowLeft", "[0, 2, 7]"),
                       ("ArrowUp", "[0, 1, 7]"), ("End", "[3, 4, 7]")]:  # fmt: skip
        stage.press(key)
        assert f"output{place}" in part(root, "line").text_content()
    page.page.wait_for_timeout(250)
    assert e.cursor == (3, 4, 7)
    assert part(root, "live").text_content().startswith("output slice 3 row 4 column 7 equals")


def test_a_kernel_cell_is_edited_and_the_rest_of_the_slices_reached_by_tab(plain):
    e = explorers.conv3d()
    page = plain()
    root = page.show(e)
    part(root, "stage").press("Enter")
    page.page.keyboard.type("2")
    page.page.keyboard.press("Tab")
    page.page.keyboard.type("-2")
    page.page.keyboard.press("Enter")
    page.page.wait_for_timeout(80)
    assert e.weight.ravel().tolist() == [2, -2]


def test_hovering_an_input_cell_shows_its_uses(plain):
    e = explorers.conv3d(kernel="sum", kernel_depth=2, kernel_size=2)
    page = plain()
    root = page.show(e)
    cell = part(root, "base").locator("rect").nth(40 + 2 * 8 + 3)  # slice 1, row 2, column 3
    box = cell.bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "input[1, 2, 3] = 2goes into 8 outputs" in part(root, "line").text_content()
    assert part(root, "over").locator("rect.cl-ring.cl-thin").count() == 8


def test_predicting_hides_the_output_until_it_is_answered(plain):
    e = explorers.conv3d(mode="predict")
    page = plain()
    root = page.show(e)
    assert "output ?" in part(root, "base").text_content()
    root.locator(".cl-answer input").fill("5x3x6")
    root.locator("[data-act=guess]").click()
    page.page.wait_for_selector(".cl-wrong")
    assert "the kernel slides along it too" in part(root, "quiz").text_content()
    assert "output 4×3×6, slice by slice" in part(root, "base").text_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("start", {}),
        ("padded", {"kernel": "sum", "kernel_depth": 3, "kernel_size": 3, "padding": 2}),
    ],
)
def test_pictures(plain, picture, scheme, name, settings):
    page = plain(width=1400, scheme=scheme)
    root = page.show(explorers.conv3d(**settings))
    for width in (1400, 820):
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.wait_for_timeout(60)
        picture(root, f"conv3d-{name}-{scheme}-{width}")
