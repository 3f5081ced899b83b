"""The activation explorer on a plain page: dragging, keys, words, themes."""

import pytest

from cnnlab import explorers

pytestmark = pytest.mark.browser


def part(root, name):
    return root.locator(f"[data-part={name}]")


def test_arrows_move_x_and_the_words_follow(plain):
    e = explorers.activation(function="relu")
    page = plain()
    root = page.show(e)
    part(root, "stage").press("ArrowRight")
    assert "relu(1.1) = 1.1" in part(root, "line").text_content()
    page.page.wait_for_timeout(250)
    assert e.x == 1.1
    assert part(root, "live").text_content() == "x 1.1: relu equals 1.1, slope 1"
    part(root, "stage").press("Home")
    assert "relu(−6) = 0" in part(root, "line").text_content()


def test_x_is_dragged_and_stays_when_the_mouse_only_passes(plain):
    e = explorers.activation()
    page = plain()
    root = page.show(e)
    box = part(root, "stage").bounding_box()
    mouse = page.page.mouse
    before = part(root, "line").text_content()
    mouse.move(box["x"] + 100, box["y"] + 200)
    assert part(root, "line").text_content() == before
    mouse.down()
    at_first = part(root, "line").text_content()
    mouse.move(box["x"] + 300, box["y"] + 220, steps=4)
    mouse.up()
    assert before != at_first != part(root, "line").text_content()
    page.page.wait_for_timeout(250)
    assert e.x > 0
    mouse.move(box["x"] + 60, box["y"] + 200)
    page.page.wait_for_timeout(200)
    assert e.x > 0


def test_a_choice_and_a_slider_redraw(plain):
    e = explorers.activation()
    page = plain()
    root = page.show(e)
    root.locator("[data-knob=function]").select_option("leaky_relu")
    page.page.wait_for_function(
        "() => document.querySelector('code').textContent.startsWith('F.leaky_relu')"
    )
    root.locator("[data-knob=bias]").press("ArrowLeft")
    page.page.wait_for_timeout(100)
    assert (e.function, e.bias) == ("leaky_relu", -0.25)
    assert f"now, % on: {e.dead[0]} off" in part(root, "base").text_content()
    e.rate = "10"
    page.push(e)
    assert root.locator("[data-knob=rate]").input_value() == "10"
    e.depth = 0
    page.push(e)
    assert part(root, "error").text_content() == "depth must be at least 1; got depth=0"
