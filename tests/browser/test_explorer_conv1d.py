"""The conv1d explorer on a plain page: bars by mouse and by key, the kernel under its window."""

import pytest

from cnnlab import explorers
from cnnlab.explorers.look import number

pytestmark = pytest.mark.browser


def part(root, name):
    return root.locator(f"[data-part={name}]")


def bar(root, k):
    """Return where a bar of the input is drawn: x, y, width, height."""
    rect = part(root, "base").locator("rect").nth(k)
    return [float(rect.get_attribute(name)) for name in ("x", "y", "width", "height")]


def spot(root, k):
    """Return the point of the page at the end of a bar that is not negative."""
    box = part(root, "stage").bounding_box()
    x, y, wide, _ = bar(root, k)
    return box["x"] + x + wide / 2, box["y"] + y


def strip(root, count):
    """Return the digits of the output, which are painted last."""
    return part(root, "base").locator("text").all_text_contents()[-count:]


def drag(page, root, k, pixels):
    """Drag a bar up by pixels; the mouse may leave its column."""
    x, y = spot(root, k)
    page.page.mouse.move(x, y + 2)
    page.page.mouse.down()
    page.page.mouse.move(x + 30, y - pixels / 2, steps=3)
    page.page.mouse.move(x + 60, y - pixels, steps=3)
    page.page.mouse.up()
    page.page.wait_for_timeout(150)


@pytest.mark.parametrize(("pixels", "up"), [(-300, False), (300, True), (20, True)])
def test_a_bar_is_dragged_within_its_axis_and_python_hears_of_it(plain, pixels, up):
    e = explorers.conv1d()
    page = plain()
    root = page.show(e)
    low, high, _ = e.drawing["axis"]
    drag(page, root, 3, pixels)
    value = e.input[3]
    assert value == round(value)
    assert low <= value <= high
    assert value in ((high,) if pixels == 300 else (low,) if not up else range(6, 10))
    assert e.input[[0, 1, 2, 4, 5, 6]].tolist() == [0, 0, 0, 5, 5, 9]
    assert strip(root, 11) == [number(v) for v in e.output]
    assert f"input[3] = {number(value)}" in part(root, "line").text_content()


def test_the_picture_follows_the_hand_before_python_answers(plain):
    e = explorers.conv1d(padding=2, padding_mode="reflect")
    page = plain()
    root = page.show(e)
    page.page.evaluate("models[0].send = () => {}")
    drag(page, root, 2 + 1, 200)
    assert e.input[1] == 0  # Python heard nothing
    want = explorers.conv1d(padding=2, padding_mode="reflect")
    want._told(want, {"do": "edit", "cell": 1, "value": want.drawing["axis"][1]}, [])
    assert strip(root, 15) == [number(v) for v in want.output]


def test_a_drag_sends_few_messages_and_the_last_one_counts(plain):
    e = explorers.conv1d()
    page = plain()
    page.show(e)
    page.page.evaluate("""() => {
      window.sent = [];
      const { send } = models[0];
      models[0].send = (content) => { sent.push(content); return send(content); };
      const stage = document.querySelector("[data-part=stage]");
      const box = stage.getBoundingClientRect();
      const bar = document.querySelectorAll("[data-part=base] rect")[6].getBoundingClientRect();
      const at = (y, type, buttons) => stage.dispatchEvent(new PointerEvent(type, {
        clientX: bar.x + bar.width / 2, clientY: y, buttons, bubbles: true, pointerId: 1 }));
      stage.setPointerCapture = () => {};
      at(bar.y + 3, "pointerdown", 1);
      for (let i = 0; i < 60; i++) at(bar.y + 3 + i, "pointermove", 1);
    }""")
    page.page.wait_for_timeout(200)
    sent = page.page.evaluate("sent")
    assert len(sent) == 1
    assert e.input[6] == sent[0]["value"] < 5


def test_keys_choose_a_bar_change_it_and_go_on_to_the_kernel(plain):
    e = explorers.conv1d()
    page = plain()
    root = page.show(e)
    stage = part(root, "stage")
    stage.press("Home")
    stage.press("ArrowRight")
    assert "output[1]" in part(root, "line").text_content()
    stage.press("Enter")
    stage.press("ArrowRight")
    for _ in range(3):
        stage.press("ArrowDown")
    page.page.wait_for_timeout(350)
    assert e.input[2] == -3
    assert part(root, "live").text_content() == "input 2 equals −3; up and down change it"
    stage.press("Enter")
    page.page.keyboard.type("4")
    page.page.keyboard.press("Tab")
    page.page.keyboard.type("0,5")
    page.page.keyboard.press("Enter")
    page.page.wait_for_timeout(80)
    assert e.weight.tolist() == [4, 0.5]
    stage.press("ArrowRight")
    assert "output[2]" in part(root, "line").text_content()


def test_the_kernel_lies_under_its_window_and_the_products_below(plain):
    e = explorers.conv1d([3, 1, 4, 1, 5, 9, 2, 6], [2, -1, 3], stride=2, dilation=2, padding=1)
    page = plain()
    root = page.show(e)
    part(root, "stage").press("Home")
    for place in range(3):
        texts = part(root, "over").locator("text").all_text_contents()
        e.cursor = place
        products = [number(term["product"]) for term in e.terms()]
        assert texts[:6] == ["2", "−1", "3", *products]
        kernel = part(root, "over").locator("rect").first
        cells = part(root, "base").locator("rect")
        column = cells.nth(10 + 2 * place)  # ten bars, then the cells
        assert float(kernel.get_attribute("x")) == float(column.get_attribute("x"))
        part(root, "stage").press("ArrowRight")


def test_an_output_stands_under_the_middle_of_its_window(plain):
    e = explorers.conv1d(kernel_size=3, stride=3, padding=0)
    page = plain()
    root = page.show(e)
    rects = part(root, "base").locator("rect")
    cells = [float(rects.nth(i).get_attribute("x")) for i in range(rects.count())]
    inputs, outputs = cells[12:24], cells[-4:]
    assert outputs == inputs[1::3]


def test_hovering_and_clicking_an_output_selects_it(plain):
    e = explorers.conv1d()
    page = plain()
    root = page.show(e)
    box = part(root, "stage").bounding_box()
    last = part(root, "base").locator("rect").last
    x, y, c = (float(last.get_attribute(name)) for name in ("x", "y", "width"))
    page.page.mouse.move(box["x"] + x + c / 2 - 2 * c, box["y"] + y + 4)
    page.page.wait_for_timeout(250)
    assert e.cursor == (8,)


def test_the_offline_page_can_be_dragged(browser, tmp_path):
    e = explorers.conv1d()
    e.to_html(tmp_path / "page.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"file://{tmp_path}/page.html")
    root = page.locator(".cnnlab")
    root.locator("svg text").first.wait_for()
    stage = part(root, "stage")
    stage.press("Home")
    stage.press("Enter")
    stage.press("ArrowUp")
    page.wait_for_timeout(150)
    root.locator("[data-knob=stride]").press("ArrowRight")
    e._told(e, {"do": "edit", "cell": 0, "value": 1}, [])
    e.stride = 2
    assert strip(root, 6) == [number(v) for v in e.output]
    stage.press("r")
    assert strip(root, 11) == [number(v) for v in explorers.conv1d().output]
    assert errors == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("start", {}),
        ("holes", {"kernel": "peak", "kernel_size": 3, "padding": 2, "dilation": 2, "stride": 2}),
        ("circular", {"padding": 3, "padding_mode": "circular"}),
    ],
)
def test_pictures(plain, picture, scheme, name, settings):
    page = plain(width=1400, scheme=scheme)
    root = page.show(explorers.conv1d(**settings))
    for width in (1400, 820, 390):
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.wait_for_timeout(60)
        picture(root, f"conv1d-{name}-{scheme}-{width}")


def test_the_terms_of_a_row_are_added_up_in_sight(plain):
    page = plain()
    line = part(page.show(explorers.conv1d([1, 2, 4, 0], [3, -1, 1])), "line")
    line.locator(".cl-term").first.wait_for()
    terms, plus = (line.locator(f".cl-{what}").count() for what in ("term", "plus"))
    assert (terms, plus) == (3, 2)
