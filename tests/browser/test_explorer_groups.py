"""The groups explorer on a plain page: hover both ways, keys, refusals, themes."""

import pytest

from cnnlab import explorers

pytestmark = pytest.mark.browser


def part(root, name):
    return root.locator(f"[data-part={name}]")


def block(root, number):
    """Return where a group is drawn: the first rectangle is the empty matrix."""
    rect = part(root, "base").locator("rect").nth(1 + number)
    return [float(rect.get_attribute(name)) for name in ("x", "y", "width", "height")]


def test_hovering_an_output_says_which_inputs_it_sees_and_vice_versa(plain):
    page = plain()
    root = page.show(explorers.groups())
    box = part(root, "stage").bounding_box()
    x, y, wide, high = block(root, 1)
    page.page.mouse.move(box["x"] + x + wide - 2, box["y"] + y + 3)
    words = part(root, "line").text_content()
    assert "output 31, group B" in words
    assert "sees 3 of 12 inputs: 3 to 5" in words
    ring = part(root, "over").locator("rect.cl-ring").last
    assert float(ring.get_attribute("y")) == y
    assert float(ring.get_attribute("height")) == high
    left = block(root, 0)[0]
    page.page.mouse.move(box["x"] + left - 10, box["y"] + y + 3)
    words = part(root, "line").text_content()
    assert "input 3, group B" in words
    assert "is seen by 16 of 64 outputs: 16 to 31" in words


def test_keys_move_through_outputs_and_inputs_and_the_live_words_follow(plain):
    e = explorers.groups()
    page = plain()
    root = page.show(e)
    stage = part(root, "stage")
    stage.press("End")
    stage.press("ArrowLeft")
    assert "output 62, group D" in part(root, "line").text_content()
    page.page.wait_for_timeout(250)
    assert e.place == 62
    assert part(root, "live").text_content() == (
        "output 62, group D sees 3 of 12 inputs: 9 to 11; 3 × 3×3 = 27 weights"
    )
    stage.press("ArrowDown")
    stage.press("ArrowDown")
    assert "input 1, group A" in part(root, "line").text_content()


def test_a_number_that_does_not_divide_is_refused_and_the_picture_stays_dimmed(plain):
    e = explorers.groups()
    page = plain()
    root = page.show(e)
    root.locator("[data-knob=groups]").press("ArrowRight")
    page.page.wait_for_selector(".cl-error:not([hidden])")
    assert part(root, "error").text_content() == (
        "groups must divide in_channels=12 and out_channels=64; got groups=5"
    )
    assert float(part(root, "base").evaluate("n => getComputedStyle(n).opacity")) < 0.5
    assert part(root, "base").locator("rect").count() == 5 + 4  # matrix and groups, costs
    root.locator("[data-knob=preset]").select_option("separable")
    page.page.wait_for_selector(".cl-error", state="hidden")
    assert "= 876" in part(root, "words").text_content()
    assert "weight 64×12×1×1" in part(root, "base").text_content()


def test_the_costs_are_drawn_as_a_share_of_one_group(plain):
    e = explorers.groups(groups=4)
    page = plain()
    root = page.show(e)
    for full, cost in [(5, 6), (7, 8)]:
        rects = part(root, "base").locator("rect")
        wide = [float(rects.nth(i).get_attribute("width")) for i in (full, cost)]
        assert wide[1] / wide[0] == pytest.approx(1 / 4)
    words = part(root, "base").text_content()
    assert "1,728 of 6,912 with one group" in words
    assert f"{e.macs:,} of {4 * e.macs:,} with one group" in words
