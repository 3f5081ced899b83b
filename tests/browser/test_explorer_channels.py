"""The channels explorer on a plain page: windows in three channels, sums, weights, questions."""

import numpy as np
import pytest

from cnnlab import explorers
from cnnlab.explorers.look import number

pytestmark = pytest.mark.browser


def part(root, name):
    return root.locator(f"[data-part={name}]")


def shown(root):
    return part(root, "over").locator("text").all_text_contents()


def test_the_three_products_their_sums_and_the_bias_are_pythons(plain):
    e = explorers.channels(bias=0.5, padding=1)
    page = plain()
    root = page.show(e)
    for key, cursor in [("Home", (0, 0, 0)), ("ArrowRight", (0, 0, 1)), ("End", (1, 31, 35))]:
        part(root, "stage").press(key)
        page.page.wait_for_timeout(200)
        assert e.cursor == cursor
        texts = shown(root)
        terms = e.terms()
        products = [number(term["product"]) for term in terms]
        weights = [number(term["weight"]) for term in terms]
        windows = [number(term["value"]) for term in terms]
        for m in range(3):
            taps = slice(9 * m, 9 * m + 9)
            cells = [*windows[taps], *weights[taps], *products[taps]]
            drawn = texts[: len(cells)]
            assert drawn == cells
            texts = texts[len(cells) :]
            assert texts[:4] == ["×", "=", "sum", number(e.sums()[m])]
            texts = texts[4 + 3 * (m == 0) :]  # the first row has the headings
        want = " + ".join(number(v) for v in e.sums())
        want = f"{want} + bias 0.5 = {number(e.output[cursor])}".replace("+ −", "− ")
        assert texts[-1] == want
        assert "27 in all" in part(root, "line").text_content()


def test_a_ring_stands_around_the_window_in_the_photo_and_in_each_channel(plain):
    page = plain()
    root = page.show(explorers.channels(kernel_size=5))
    rings = part(root, "over").locator("rect.cl-ring")
    sizes = [float(rings.nth(i).get_attribute("width")) for i in range(rings.count())]
    assert len(sizes) == 5
    assert len(set(sizes[:4])) == 1
    assert sizes[0] == pytest.approx(5 * sizes[4])


def test_hovering_a_map_selects_and_hovering_a_channel_shows_the_uses(plain):
    e = explorers.channels(np.random.default_rng(0).random((9, 9, 3)))
    page = plain()
    root = page.show(e)
    box = part(root, "stage").bounding_box()
    ring = part(root, "over").locator("rect.cl-ring").last
    x, y, c = (float(ring.get_attribute(name)) for name in ("x", "y", "width"))
    map_number, row, col = e.cursor
    step = -1 if col else 1
    page.page.mouse.move(box["x"] + x + c / 2 + step * c, box["y"] + y + c / 2)
    page.page.wait_for_timeout(250)
    assert e.cursor == (map_number, row, col + step)
    window = part(root, "over").locator("rect.cl-ring").nth(2)  # the photo's is the second
    x, y = (float(window.get_attribute(name)) for name in ("x", "y"))
    page.page.mouse.move(box["x"] + x + c / 2, box["y"] + y + c / 2)
    assert "input B[" in part(root, "line").text_content()


def test_arrows_go_from_map_to_map(plain):
    e = explorers.channels()
    page = plain()
    root = page.show(e)
    e.cursor = (0, 29, 3)
    page.push(e)
    part(root, "stage").press("ArrowDown")
    assert "map B[0, 3]" in part(root, "line").text_content()
    part(root, "stage").press("ArrowUp")
    assert "map A[29, 3]" in part(root, "line").text_content()


def test_a_slice_is_edited_where_it_is_drawn(plain):
    e = explorers.channels()
    page = plain()
    root = page.show(e)
    e.cursor = (1, 4, 4)
    page.push(e)
    part(root, "stage").press("Enter")
    page.page.keyboard.type("2")
    page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.type("-3")
    page.page.keyboard.press("Enter")
    page.page.wait_for_timeout(80)
    assert (e.weight[1, 0, 0, 0], e.weight[1, 2, 2, 2]) == (2, -3)
    assert root.locator("[data-knob=filters]").input_value() == "yours"


def test_predicting_hides_the_maps_and_not_the_sums(plain):
    e = explorers.channels(mode="predict")
    page = plain()
    root = page.show(e)
    assert shown(root)[-1].endswith("= ?")
    for answer in ("2x3x3x3", None):
        value = e.output.ravel()[e.place]
        root.locator(".cl-answer input").fill(answer or f"{value:.2f}")
        root.locator("[data-act=guess]").click()
        page.page.wait_for_selector(".cl-right")
        if answer:
            root.locator("[data-act=next]").click()
            page.page.wait_for_selector(".cl-answer input")
    assert shown(root)[-1].endswith(f"= {number(value)}")
    assert [guess["right"] for guess in e.guesses] == [True, True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "settings"),
    [("start", {"bias": 0.25}), ("wide", {"kernel_size": 5, "padding": 2, "stride": 2})],
)
def test_pictures(plain, picture, scheme, name, settings):
    page = plain(width=1400, scheme=scheme)
    root = page.show(explorers.channels(**settings))
    for width in (1400, 820, 390):
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.wait_for_timeout(60)
        picture(root, f"channels-{name}-{scheme}-{width}")
