"""The explorers of output sizes, padding, pools and bins on a plain page.

What every explorer must do is in test_explorer_family.py.
"""

import numpy as np
import pytest

from cnnlab import explorers, images
from cnnlab.explorers.look import number

pytestmark = pytest.mark.browser
MAKE = {
    "output-size": lambda **more: explorers.output_size(8, 3, stride=3, **more),
    "output-size-picture": lambda **more: explorers.output_size(images.ring(), 3, 2, **more),
    "padding-row": lambda **more: explorers.padding([1, 2, 3, 4], **more),
    "padding": lambda **more: explorers.padding(None, 2, **more),
    "pooling": lambda **more: explorers.pooling(None, 3, 2, 1, **more),
    "pooling-mean": lambda **more: explorers.pooling(
        None, 4, 3, 1, pool="average", ceil_mode=True, **more
    ),
    "adaptive": lambda: explorers.adaptive(None, (3, 4)),
    "pyramid": lambda: explorers.pyramid(),
}
every = pytest.mark.parametrize("name", MAKE)
# One turn of a knob for each, and one that is refused, from a start where it can be.
KNOB = {"output-size": "stride", "output-size-picture": "stride", "padding-row": "padding",
        "padding": "padding", "pooling": "stride", "pooling-mean": "stride", "adaptive": "rows",
        "pyramid": "height"}  # fmt: skip


def part(root, name):
    return root.locator(f"[data-part={name}]")


def texts(root):
    return part(root, "base").locator("text").all_text_contents()


def numbers_in(panel):
    return [number(value) for value in panel.drawn.ravel()]


def rect(root, index):
    """Return the middle of a drawn cell: the rectangles stand in the panels' order."""
    found = part(root, "base").locator("rect").nth(index)
    x, y, size = (float(found.get_attribute(name)) for name in ("x", "y", "width"))
    return x + size / 2, y + size / 2


def move_to(page, root, x, y, click=False):
    box = part(root, "stage").bounding_box()
    page.page.mouse.move(box["x"] + x, box["y"] + y)
    if click:
        page.page.mouse.click(box["x"] + x, box["y"] + y)


# ---- what every explorer must do


@every
def test_every_number_of_the_record_is_drawn(plain, name):
    e = MAKE[name]()
    root = plain().show(e)
    shown = texts(root)
    for panel in e.record.panels:
        for text in numbers_in(panel):
            assert text in shown
        assert any(panel.title in text for text in shown)
    assert part(root, "torch").locator("code").text_content() == e.record.torch


@every
def test_a_knob_changes_the_picture_and_python(plain, name):
    e, page = MAKE[name](), plain()
    root = page.show(e)
    before, value = texts(root), getattr(e, KNOB[name])
    root.locator(f"[data-knob={KNOB[name]}]").press("ArrowLeft")
    page.page.wait_for_timeout(100)
    assert getattr(e, KNOB[name]) == value - 1
    assert texts(root) != before
    assert part(root, "torch").locator("code").text_content() == e.record.torch
    part(root, "stage").press("r")
    page.page.wait_for_timeout(100)
    assert getattr(e, KNOB[name]) == value
    assert texts(root) == before


@every
def test_keys_go_through_all_places_and_the_live_words_follow(plain, name):
    e, page = MAKE[name](), plain()
    root = page.show(e)
    stage, count = part(root, "stage"), e.record.count
    stage.press("End")
    page.page.wait_for_timeout(300)
    assert e.place == count - 1
    assert part(root, "count").text_content() == f"{count} / {count}"
    shown = number(e.record.flat("output")[-1])
    assert f"= {shown}" in part(root, "line").text_content()
    assert shown in part(root, "live").text_content()
    stage.press("Home")
    for _ in range(count - 1):
        page.page.keyboard.press(".")
    page.page.wait_for_timeout(300)
    assert e.place == count - 1
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.page.keyboard.press(key)
    page.page.wait_for_timeout(200)
    assert 0 <= e.place < count


@every
def test_hovering_selects_an_output_and_shows_an_inputs_uses(plain, name):
    e, page = MAKE[name](), plain()
    root = page.show(e)
    panels = e.record.panels
    sizes = [panel.source.size for panel in panels]
    last = sum(sizes) - 1
    move_to(page, root, *rect(root, last))
    page.page.wait_for_timeout(250)
    assert e.place == e.record.count - 1
    table, input = e.record.table, panels[0]
    cell = int(table.cell[table.ptr[e.place]])
    real = input.source.ravel()[cell]
    same = np.flatnonzero(input.source.ravel() == real)
    if e.record.join == "max":
        uses = {o for o, won in enumerate(e.record.winners()) if won in same}
    else:
        uses = {
            o
            for o in range(e.record.count)
            if set(table.cell[table.ptr[o] : table.ptr[o + 1]]) & set(same)
        }
    move_to(page, root, *rect(root, cell))
    words = part(root, "line").text_content()
    if real >= 0:
        assert f" {len(uses)} output" in words
        assert part(root, "over").locator(".cl-ring.cl-thin").count() == len(uses)


@every
def test_the_gradient_view_shows_pythons_gradient(plain, name):
    e = MAKE[name]()
    root = plain().show(e)
    part(root, "stage").press("g")
    shown = texts(root)
    for value in e.record.gradient()[0].ravel():
        assert number(value) in shown
    assert any(text.startswith("gradient ") for text in shown)


@every
def test_projector_fills_the_screen(plain, picture, name):
    page = plain(width=1024, height=768)
    root = page.show(MAKE[name]())
    part(root, "stage").press("f")
    page.page.wait_for_selector(".cl-full")
    page.page.wait_for_timeout(150)
    size = float(part(root, "base").locator("rect").first.get_attribute("width"))
    picture(root, f"{name}-projector")
    assert size >= 22
    box = root.bounding_box()
    assert (box["width"], box["height"]) == (1024, 768)
    part(root, "stage").press("Escape")
    page.page.wait_for_selector(".cl-full", state="detached")


@every
def test_the_offline_page_shows_what_python_computes(browser, tmp_path, name):
    e = MAKE[name]()
    e.to_html(tmp_path / "page.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"file://{tmp_path}/page.html")
    root = page.locator(".cnnlab")
    root.locator("svg text").first.wait_for()
    knob = KNOB[name]
    root.locator(f"[data-knob={knob}]").press("ArrowLeft")
    setattr(e, knob, getattr(e, knob) - 1)
    shown = texts(root)
    for panel in e.record.panels:
        for text in numbers_in(panel):
            assert text in shown
    assert part(root, "torch").locator("code").text_content() == e.record.torch
    assert asked == [f"file://{tmp_path}/page.html"]
    assert errors == []
    context.close()


# ---- output size


def test_the_table_has_a_line_for_each_place_and_the_dropped_window(plain):
    e, page = MAKE["output-size"](), plain()
    root = page.show(e)
    assert "dropped" in texts(root)
    assert "The floor" not in part(root, "words").text_content()
    assert "1 cell over the end: the floor drops it" in part(root, "words").text_content()
    rects = part(root, "base").locator("rect")
    assert rects.count() == 8 + 2 + 6  # cells, outputs, taps
    x, y = rect(root, 8 + 2)  # the first line's first tap
    move_to(page, root, x, y)
    assert "output[0] = 3" in part(root, "line").text_content()
    e.stride = 1
    page.push(e)
    assert "dropped" not in texts(root)


def test_the_way_back_lists_and_sets_and_keeps_the_focus(plain):
    e, page = explorers.output_size(8, 3), plain()
    root = page.show(e)
    buttons = part(root, "more").locator("button")
    wanted = [s for s in e.settings_for(6) if s["dilation"] == 1]
    assert buttons.count() == len(wanted)
    assert f"{len(wanted)} settings give the wanted size 6" in part(root, "more").text_content()
    root.locator("[data-knob=wanted]").press("ArrowLeft")
    page.page.wait_for_timeout(100)
    assert e.wanted == 5
    button = part(root, "more").get_by_label("kernel 4, stride 1, padding 0", exact=True)
    button.focus()
    page.page.keyboard.press("Enter")
    page.page.wait_for_timeout(150)
    assert (e.kernel_size, e.stride, e.padding, e.sizes) == (4, 1, 0, (5,))
    assert page.page.evaluate("document.activeElement.dataset.set") == (
        '{"kernel_size":4,"stride":1,"padding":0}'
    )
    whole = part(root, "more").locator("button.cl-whole").count()
    assert whole == sum(s["whole"] for s in e.settings_for() if s["dilation"] == 1)


def test_places_are_predicted_and_then_the_cells_left_over(plain):
    e, page = explorers.output_size(mode="predict"), plain()
    root = page.show(e)
    assert part(root, "more").text_content() == ""
    assert part(root, "words").text_content().strip() == ""
    assert part(root, "count").is_hidden()
    field = root.locator(".cl-answer input")
    field.fill(e._quiz.question.answer)
    field.press("Enter")
    page.page.wait_for_selector(".cl-right")
    assert "never read" not in part(root, "words").text_content()
    assert page.page.evaluate("document.activeElement.dataset.act") == "next"
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector(".cl-answer input")
    assert page.page.evaluate("document.activeElement.type") == "text"
    part(root, "stage").press("End")  # the windows may be looked at, the numbers not
    assert part(root, "line").text_content() == ""
    root.locator(".cl-answer input").fill("50")
    root.locator("[data-act=guess]").click()
    page.page.wait_for_selector(".cl-wrong")
    assert "never read" in part(root, "words").text_content()
    assert [guess["right"] for guess in e.guesses] == [True, False]


@pytest.mark.parametrize("make", [explorers.output_size, explorers.pooling])
def test_a_challenge_counts_what_is_found(plain, make):
    e, page = make(mode="challenge"), plain()
    root = page.show(e)
    dare = e._quiz.challenge
    assert f"0 of {len(dare.answers)} found" in part(root, "quiz").text_content()
    for knob, value in zip(dare.free, dare.answers[0], strict=True):
        handle = root.locator(f"[data-knob={knob}]")
        for _ in range(abs(value - e.settings()[knob])):
            handle.press("ArrowRight" if value > e.settings()[knob] else "ArrowLeft")
            page.page.wait_for_timeout(60)
    page.page.wait_for_selector(".cl-right")
    assert e.solved[0]["found"] >= 1
    root.locator("[data-act=show]").click()
    page.page.wait_for_function(
        "() => document.querySelector('.cl-quiz').textContent.includes('All of them')"
    )


# ---- padding


def test_arcs_lead_to_the_source_in_every_mode(plain):
    e, page = explorers.padding(None, 2), plain()
    e.cursor = (1, 0, 1)
    root = page.show(e)
    dots = part(root, "over").locator(".cl-dot")
    assert dots.count() == 3  # all modes but zeros copy
    assert "reflect[0, 1] = 10" in part(root, "line").text_content()
    assert "a copy of input[2, 1]" in part(root, "line").text_content()
    part(root, "stage").press("Home")
    assert "a constant" in part(root, "line").text_content()


def test_a_padding_question_hides_the_source(plain):
    e, page = explorers.padding([1, 2, 3, 4], mode="predict"), plain()
    e.guess("1")
    e.next()
    root = page.show(e)
    assert part(root, "over").locator(".cl-ring").count() == 1
    assert part(root, "over").locator(".cl-dot").count() == 0
    assert texts(root).count("?") == e.record.count
    root.locator(".cl-answer input").fill(str(int(e.output[e.place])))
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector(".cl-right")
    assert part(root, "over").locator(".cl-dot").count() == 1


# ---- pooling


def test_winners_have_discs_and_the_selected_one_a_route(plain):
    e, page = MAKE["pooling"](), plain()
    root = page.show(e)
    discs = part(root, "base").locator("path").last.get_attribute("d").count("M")
    assert discs == len(set(e.record.winners().tolist()))
    assert part(root, "over").locator("circle.cl-ring").count() == 1
    assert part(root, "over").locator(".cl-arc:not(.cl-under)").count() == 1
    root.locator("[data-knob=pool]").select_option("average")
    page.page.wait_for_timeout(100)
    assert part(root, "over").locator("circle.cl-ring").count() == 0
    assert "÷ 9" in part(root, "line").text_content()
    assert root.locator("[data-knob=dilation]").is_disabled()
    assert root.locator("[data-knob=count_include_pad]").is_enabled()
    root.locator("[data-knob=divisor_override]").select_option("4")
    page.page.wait_for_timeout(100)
    assert e.divisor_override == 4
    assert "÷ 4" in part(root, "line").text_content()


def test_the_window_that_is_not_taken_is_dashed(plain):
    e, page = explorers.pooling(np.arange(64.0).reshape(8, 8), 3, 2), plain()
    root = page.show(e)
    assert part(root, "over").locator(".cl-dropped").count() == 2
    root.locator("[data-knob=ceil_mode]").click()
    page.page.wait_for_timeout(100)
    assert e.ceil_mode is True
    assert part(root, "over").locator(".cl-dropped").count() == 0
    assert e.output.shape == (4, 4)


@pytest.mark.parametrize("by", ["mouse", "keys"])
def test_the_winner_is_pointed_at_by_mouse_or_by_keys(plain, by):
    e, page = explorers.pooling(mode="predict"), plain()
    e.guess("1")
    e.next()
    root = page.show(e)
    assert e._quiz.question.ask == "winner"
    over = part(root, "over")
    assert over.locator("circle").count() == 0
    place, answer = e.place, int(e._quiz.question.answer)
    move_to(page, root, *rect(root, e.record.panels[0].source.size))  # an output
    page.page.wait_for_timeout(200)
    assert e.place == place
    if by == "mouse":
        move_to(page, root, *rect(root, answer), click=True)
    else:
        stage, width = part(root, "stage"), e.record.panels[0].source.shape[1]
        stage.press("ArrowRight")  # begins at the first cell of the window
        first = int(e.record.gathered(place)[0][0])
        for key, steps in (
            ("ArrowDown", answer // width - first // width),
            ("ArrowRight", answer % width - first % width),
        ):
            for _ in range(steps):
                stage.press(key)
        stage.press("Enter")
    page.page.wait_for_selector(".cl-right")
    assert e.guesses[-1]["right"] is True
    assert over.locator("circle.cl-ring").count() == 1


# ---- bins


def test_brackets_show_all_bins_and_the_selected_one(plain):
    e, page = explorers.adaptive(None, (3, 4)), plain()
    root = page.show(e)
    assert part(root, "over").locator(".cl-bracket").count() == 3 + 4
    assert part(root, "over").locator(".cl-chosen").count() == 2
    root.locator("[data-knob=rows]").press("ArrowRight")
    page.page.wait_for_timeout(100)
    assert part(root, "over").locator(".cl-bracket").count() == 4 + 4


def test_the_row_of_a_pyramid_keeps_its_length(plain):
    e, page = explorers.pyramid(), plain()
    root = page.show(e)
    assert "in one row: 21 values" in texts(root)
    for knob in ("height", "width"):
        root.locator(f"[data-knob={knob}]").press("ArrowLeft")
    page.page.wait_for_timeout(100)
    assert e.input.shape == (6, 6)
    assert "in one row: 21 values" in texts(root)
    root.locator("[data-knob=levels]").select_option("1, 2, 3, 6")
    page.page.wait_for_timeout(100)
    assert "in one row: 50 values" in texts(root)
    stage = part(root, "stage")
    stage.press("Home")
    stage.press("ArrowRight")  # on to the next level
    page.page.wait_for_timeout(250)
    assert e.cursor == (1, 0, 0)
    assert part(root, "over").locator(".cl-bracket").count() == 2 + 2


# ---- pictures to look at


@pytest.mark.parametrize("scheme", ["light", "dark"])
@every
def test_pictures(plain, picture, scheme, name):
    page = plain(width=1400, scheme=scheme)
    root = page.show(MAKE[name]())
    picture(root, f"{name}-{scheme}-1400")
    page.page.set_viewport_size({"width": 820, "height": 900})
    page.page.wait_for_timeout(80)
    picture(root, f"{name}-{scheme}-820")


@pytest.mark.parametrize("make", [explorers.output_size, explorers.padding, explorers.pooling])
@pytest.mark.parametrize("mode", ["predict", "challenge"])
def test_pictures_of_the_modes(plain, picture, make, mode):
    if make is explorers.padding:
        mode = "predict"
    root = plain(width=820).show(make(mode=mode))
    picture(root, f"{make.__name__}-{mode}")
