"""The core of the explorers on a plain page: hands, keys, words, modes, themes, end."""

import numpy as np
import pytest

from cnnlab import explorers
from cnnlab.explorers.look import number

pytestmark = pytest.mark.browser


def part(root, name):
    return root.locator(f"[data-part={name}]")


def slide(root, knob, steps=1):
    handle = root.locator(f"[data-knob={knob}]")
    for _ in range(abs(steps)):
        handle.press("ArrowRight" if steps > 0 else "ArrowLeft")


def move_to(page, root, x, y):
    box = part(root, "stage").bounding_box()
    page.page.mouse.move(box["x"] + x, box["y"] + y)


def cell(root, panel, number):
    """Return the middle of a drawn cell: the rectangles stand in the panels' order."""
    rect = part(root, "base").locator("rect").nth(number)
    x, y, size = (float(rect.get_attribute(name)) for name in ("x", "y", "width"))
    return x + size / 2, y + size / 2


def texts(root):
    return part(root, "base").locator("text").all_text_contents()


def test_a_slider_changes_the_picture_and_the_words(plain):
    e = explorers.conv2d()
    page = plain()
    root = page.show(e)
    assert part(root, "base").locator("rect").count() == 81 + 9 + 49
    slide(root, "stride")
    page.page.wait_for_function("() => document.querySelector('code').textContent.includes('=2')")
    assert e.stride == 2
    assert part(root, "base").locator("rect").count() == 81 + 9 + 16
    assert "⌊6 / 2⌋ + 1 = 4" in part(root, "words").text_content()
    assert part(root, "torch").locator("code").text_content() == (
        "F.conv2d(input, weight, stride=2, padding=1)"
    )


def test_python_moves_the_slider(plain):
    e = explorers.conv2d()
    page = plain()
    root = page.show(e)
    e.kernel_size = 5
    e.cursor = (2, 3)
    page.push(e)
    assert root.locator("[data-knob=kernel_size]").input_value() == "5"
    assert "output[2, 3]" in part(root, "line").text_content()


def test_hovering_an_output_lights_its_window_and_tells_python(plain):
    e = explorers.conv2d()
    page = plain()
    root = page.show(e)
    move_to(page, root, *cell(root, "output", 81 + 9 + 8))
    assert "output[1, 1] = 5" in part(root, "line").text_content()
    assert part(root, "line").locator(".cl-term").count() == 9
    page.page.wait_for_timeout(200)
    assert e.cursor == (1, 1)
    assert part(root, "live").text_content() == (
        "output row 1 column 1 equals 5, sum of 9 products"
    )


def test_hovering_an_input_shows_the_outputs_that_use_it_and_a_click_locks(plain):
    e = explorers.conv2d(stride=2, dilation=2, padding=2, padding_mode="circular")
    page = plain()
    root = page.show(e)
    panel = e.record.of("input")[0]
    number = 5 * 11 + 4  # a real cell: row 3, column 2
    real = panel.source.ravel()[number]
    copies = np.flatnonzero(panel.source.ravel() == real)
    table = e.record.table
    uses = {
        o
        for o in range(e.record.count)
        if set(table.cell[table.ptr[o] : table.ptr[o + 1]]) & set(copies)
    }
    move_to(page, root, *cell(root, "input", number))
    assert part(root, "over").locator(".cl-ring.cl-thin").count() == len(uses)
    assert f"goes into {len(uses)} output" in part(root, "line").text_content()
    page.page.mouse.down()
    page.page.mouse.up()
    move_to(page, root, 2, 2)
    assert part(root, "over").locator(".cl-ring.cl-thin").count() == len(uses)


def test_copied_padding_is_joined_to_its_source(plain):
    e = explorers.conv2d(padding=2, padding_mode="reflect")
    e.cursor = (0, 0)
    page = plain()
    root = page.show(e)
    copied = [t for t in e.terms() if e.record.of("input")[0].source.ravel()[t["cell"]] >= 0]
    in_padding = [t for t in copied if t["cell"] // 11 < 2 or t["cell"] % 11 < 2]
    assert part(root, "over").locator(".cl-dot").count() == len(in_padding) == 8


def test_the_gradient_view_shows_pythons_gradient(plain):
    e = explorers.conv2d(stride=2, kernel="sum")
    page = plain()
    root = page.show(e)
    part(root, "stage").press("g")
    shown = texts(root)
    want = [str(int(v)) for v in e.record.gradient()[0].ravel()]
    assert shown[:49] == want
    assert "gradient 7×7" in shown


def test_a_kernel_cell_is_edited_by_mouse_and_by_keyboard(plain):
    e = explorers.conv2d()
    page = plain()
    root = page.show(e)
    box = part(root, "stage").bounding_box()
    x, y = cell(root, "kernel", 81 + 4)
    page.page.mouse.click(box["x"] + x, box["y"] + y)
    page.page.keyboard.type("7")
    page.page.keyboard.press("Enter")
    page.page.wait_for_function(
        "() => document.querySelector('[data-knob=kernel]').value === 'yours'"
    )
    assert e.weight[1, 1] == 7
    part(root, "stage").press("Enter")
    for text in ("4", "5"):
        page.page.keyboard.type(text)
        page.page.keyboard.press("Tab")
    page.page.keyboard.press("Escape")
    page.page.wait_for_timeout(50)
    assert e.weight[0, :2].tolist() == [4, 5]
    assert root.locator(".cl-edit").count() == 0


def test_keys_move_and_step_and_jump(plain):
    e = explorers.conv2d()
    page = plain()
    root = page.show(e)
    stage = part(root, "stage")
    stage.focus()

    def at():
        return part(root, "line").locator(".cl-name").text_content().split(" =")[0]

    for key, place in [
        ("Home", "[0, 0]"), ("ArrowRight", "[0, 1]"), ("ArrowDown", "[1, 1]"), (".", "[1, 2]"),
        (",", "[1, 1]"), ("ArrowLeft", "[1, 0]"), ("ArrowLeft", "[1, 0]"), ("ArrowUp", "[0, 0]"),
        ("End", "[6, 6]"),
    ]:  # fmt: skip
        page.page.keyboard.press(key)
        assert at() == f"output{place}", key
    for key, knob in [("k", "kernel_size"), ("s", "stride"), ("p", "padding"), ("d", "dilation"),
                      ("m", "padding_mode")]:  # fmt: skip
        stage.focus()
        page.page.keyboard.press(key)
        focused = page.page.evaluate("document.activeElement.dataset.knob")
        assert focused == knob
    stage.press("?")
    assert part(root, "help").is_visible()
    stage.press("?")
    e.stride = 3
    page.push(e)
    stage.press("r")
    page.page.wait_for_timeout(50)
    assert e.stride == 1
    stage.press("Escape")
    assert page.page.evaluate("document.activeElement === document.body")


def test_a_key_that_crosses_a_change_from_python_is_kept_in_the_picture(plain):
    e = explorers.conv2d()
    page = plain()
    root = page.show(e)
    stage = part(root, "stage")
    e.stride = 3  # the page has not heard of it, and names the last of 49 cells
    stage.press("End")
    page.page.wait_for_function("models[0].state.drawing.count === 9")
    assert e.cursor == (2, 2)
    assert "output[2, 2]" in part(root, "line").text_content()
    stage.press("r")
    page.page.wait_for_function("models[0].state.drawing.count === 49")
    assert e.stride == 1


def test_playing_starts_and_stops_by_hand_alone(plain):
    e = explorers.conv2d()
    page = plain()
    root = page.show(e)
    count = part(root, "count")
    before = count.text_content()
    page.page.wait_for_timeout(700)
    assert count.text_content() == before
    root.locator("[data-act=speed]").select_option("20")
    part(root, "stage").press(" ")
    page.page.wait_for_function(
        "before => document.querySelector('[data-part=count]').textContent !== before", arg=before
    )
    part(root, "stage").press(" ")
    stopped = count.text_content()
    page.page.wait_for_timeout(200)
    assert count.text_content() == stopped


def test_illegal_settings_are_said_and_the_last_picture_is_dimmed(plain):
    e = explorers.conv2d(kernel_size=5, padding=0)
    page = plain()
    root = page.show(e)
    before = texts(root)
    slide(root, "dilation", 2)
    page.page.wait_for_selector(".cl-error:not([hidden])")
    assert part(root, "error").text_content() == (
        "kernel_size=5 with dilation=3 spans 13 cells; the axis has 7 and 7 with its padding"
    )
    assert texts(root) == before
    assert float(part(root, "base").evaluate("n => getComputedStyle(n).opacity")) < 0.5
    assert root.locator("[data-knob=dilation]").input_value() == "3"
    slide(root, "dilation", -2)
    page.page.wait_for_selector(".cl-error", state="hidden")


@pytest.mark.parametrize("width", [390, 820, 1400])
def test_nothing_jumps_while_sliders_move(plain, width):
    page = plain(width=width)
    root = page.show(explorers.conv2d())
    page.page.evaluate(
        "document.body.append(Object.assign(document.createElement('hr'), { id: 'below' }))"
    )

    def below():
        stage = part(root, "transport").evaluate("n => n.getBoundingClientRect().top")
        return stage, page.page.evaluate("document.querySelector('#below').offsetTop")

    before = below()
    for knob, steps in [("kernel_size", 2), ("padding", 3), ("stride", 3), ("dilation", 1)]:
        for _ in range(steps):
            slide(root, knob)
            page.page.wait_for_timeout(20)
            stage, end = below()
            assert stage == before[0]
            assert abs(end - before[1]) <= 24  # a formula that takes one line more or less


def test_projector_fills_the_screen_with_large_cells(plain):
    page = plain(width=1024, height=768)
    e = explorers.conv2d(kernel_size=5, padding=2)
    root = page.show(e)
    part(root, "stage").press("f")
    page.page.wait_for_selector(".cl-full")
    size = float(part(root, "base").locator("rect").first.get_attribute("width"))
    assert size >= 22
    box = root.bounding_box()
    assert (box["width"], box["height"]) == (1024, 768)
    assert part(root, "torch").bounding_box()["y"] < 768
    part(root, "stage").press("Escape")
    page.page.wait_for_selector(".cl-full", state="detached")


def test_dark_and_light_follow_lab_and_the_system(plain):
    page = plain(scheme="dark")
    root = page.show(explorers.conv2d())
    assert root.get_attribute("data-theme") == "dark"
    page.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    page.page.wait_for_selector(".cnnlab[data-theme=light]")
    page.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.page.wait_for_selector(".cnnlab[data-theme=dark]")


def test_many_cells_go_to_a_canvas_and_can_still_be_hovered(plain):
    image = np.random.default_rng(0).normal(size=(30, 40))
    e = explorers.conv2d(image, kernel="Gaussian")
    page = plain()
    root = page.show(e)
    assert part(root, "canvas").is_visible()
    assert part(root, "base").locator("rect").count() == 0
    colours = part(root, "canvas").evaluate("""n => {
      const d = n.getContext("2d").getImageData(0, 0, n.width, n.height).data;
      const pixel = (_, i) => d.slice(4 * i, 4 * i + 3).join();
      return new Set(Array.from({ length: d.length / 4 }, pixel)).size;
    }""")
    assert colours > 100
    part(root, "stage").press("Home")
    assert "output[0, 0]" in part(root, "line").text_content()


# ---- predict and challenge


def test_a_prediction_is_locked_judged_and_then_revealed(plain):
    e = explorers.conv2d(mode="predict")
    page = plain()
    root = page.show(e)
    assert root.locator("[data-knob]:enabled").count() == 0
    assert part(root, "words").text_content().strip() == ""
    assert part(root, "count").is_hidden()
    assert "output 4×4" not in texts(root)
    field = root.locator(".cl-answer input")
    field.fill("3x3")
    field.press("Enter")
    page.page.wait_for_selector(".cl-wrong")
    assert "leaves out the padding" in part(root, "quiz").text_content()
    assert "output 4×4" in texts(root)
    assert texts(root).count("?") == 16
    root.locator("[data-act=next]").click()
    page.page.wait_for_selector(".cl-answer input")
    root.locator(".cl-answer input").fill(str(int(e.output.ravel()[e.place])))
    root.locator("[data-act=guess]").click()
    page.page.wait_for_selector(".cl-right")
    assert texts(root).count("?") == 0
    assert [guess["right"] for guess in e.guesses] == [False, True]


def test_a_challenge_counts_what_is_found(plain):
    e = explorers.conv2d(mode="challenge")
    page = plain()
    root = page.show(e)
    challenge = e._quiz.challenge
    assert f"0 of {len(challenge.answers)} found" in part(root, "quiz").text_content()
    answer = dict(zip(challenge.free, challenge.answers[0], strict=True))
    for knob, value in answer.items():
        slide(root, knob, value - getattr(e, knob))
        page.page.wait_for_timeout(50)
    page.page.wait_for_selector(".cl-right")
    assert answer == {knob: getattr(e, knob) for knob in answer}
    found = e.solved[0]["found"]  # sliding there may pass through another answer
    assert f"{found} of {len(challenge.answers)} found" in part(root, "quiz").text_content()
    root.locator("[data-act=show]").click()
    page.page.wait_for_function(
        "() => document.querySelector('.cl-quiz').textContent.includes('All of them')"
    )
    root.locator("[data-act=next]").click()
    page.page.wait_for_function(
        "() => document.querySelector('.cl-quiz').textContent.includes('Challenge 2')"
    )
    assert any(text.startswith("target ") for text in texts(root))


# ---- the page without a kernel


def test_the_offline_page_shows_what_python_computes(browser, tmp_path):
    e = explorers.conv2d()
    e.to_html(tmp_path / "page.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"file://{tmp_path}/page.html")
    root = page.locator(".cnnlab")
    root.locator("svg text").first.wait_for()
    steps = [("kernel_size", 1), ("stride", 1), ("padding", 1), ("dilation", 1)]
    for knob, count in steps:
        slide(root, knob, count)
        setattr(e, knob, getattr(e, knob) + count)
    for knob, value in [("padding_mode", "reflect"), ("kernel", "sharpen")]:
        root.locator(f"[data-knob={knob}]").select_option(value)
        setattr(e, knob, value)
    assert not e.error
    count = e.record.count
    assert texts(root)[-count - 3 : -3] == [number(v) for v in e.output.ravel()]
    assert part(root, "torch").locator("code").text_content() == e.record.torch
    slide(root, "dilation", 1)
    slide(root, "padding", -2)
    assert part(root, "error").is_visible()
    assert asked == [f"file://{tmp_path}/page.html"]
    assert errors == []
    context.close()


# ---- pictures to look at


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("start", {}),
        ("holes", {"stride": 2, "padding": 2, "dilation": 2, "padding_mode": "reflect"}),
        ("25-terms", {"kernel_size": 5, "padding": 2}),
        ("predict", {"mode": "predict"}),
        ("challenge", {"mode": "challenge"}),
    ],
)
def test_pictures(plain, picture, scheme, name, settings):
    page = plain(width=1400, scheme=scheme)
    root = page.show(explorers.conv2d(**settings))
    picture(root, f"conv2d-{name}-{scheme}")
    page.page.set_viewport_size({"width": 820, "height": 900})
    page.page.wait_for_timeout(60)
    picture(root, f"conv2d-{name}-{scheme}-820")
