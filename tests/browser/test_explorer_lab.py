"""Explorers in a real JupyterLab: both ways with Python, the deadly keys, reopening, deleting."""

import pytest

from tests.browser.lab import CELLS

pytestmark = pytest.mark.browser
SHOW = "from cnnlab import explore\ne = explore.conv2d()\ne"
TORCH = "() => document.querySelector('.cl-torch code').textContent"
RUN = """(n) => {
  jupyterapp.shell.currentWidget.content.activeCellIndex = n;
  return jupyterapp.commands.execute("notebook:run-cell");
}"""
OUTPUT = "(n) => jupyterapp.shell.currentWidget.content.widgets[n].outputArea.node.textContent"


def run_cell(page, number):
    page.evaluate(RUN, number)


def shown(page):
    page.wait_for_selector(".cl-stage text")
    return page.locator(".cnnlab")


def printed(page, number, text):
    page.wait_for_function(f"text => ({OUTPUT})({number}).includes(text)", arg=text)


def test_slider_python_and_back(lab):
    page = lab.open(SHOW, "e.stride = 3", "print('now', e.stride, e.padding, e.cursor)")
    root = shown(page)
    page.wait_for_function(f"() => ({TORCH})().includes('stride=3')")  # Run All ran the second cell
    assert root.locator("[data-knob=stride]").input_value() == "3"
    root.locator("[data-knob=padding]").focus()
    page.keyboard.press("ArrowRight")  # Lab may not swallow it
    page.wait_for_function(f"() => ({TORCH})().includes('padding=2')")
    root.locator("[data-part=stage]").press("Home")
    page.wait_for_timeout(300)
    run_cell(page, 2)
    printed(page, 2, "now 3 2 (0, 0)")
    assert page.foreign == []
    page.context.close()


def test_keys_that_would_edit_the_notebook(lab):
    page = lab.open("from cnnlab import explore\nexplore.conv2d(mode='predict')", "1 + 1", "2 + 2")
    root = shown(page)
    before = page.evaluate(CELLS)
    elements = root.locator("button, input, select, [tabindex]")
    for i in range(elements.count()):
        element = elements.nth(i)
        if element.is_visible() and element.is_enabled():
            element.focus()
            for key in (
                "a",
                "b",
                "x",
                "d",
                "d",
                "z",
                "m",
                "y",
                "ArrowDown",
                "Enter",
                "Shift+Enter",
            ):
                if not (element.get_attribute("data-act") and "Enter" in key):
                    page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert page.evaluate(CELLS) == before
    kinds = page.evaluate("jupyterapp.shell.currentWidget.content.widgets.map((w) => w.model.type)")
    assert kinds == ["code"] * 3
    root.locator("[data-part=stage]").press("Escape")
    page.keyboard.press("b")  # outside again, Lab listens again
    page.wait_for_function(f"before => ({CELLS})() === before + 1", arg=before)
    page.context.close()


def test_a_guess_typed_in_the_page_reaches_python(lab):
    page = lab.open("from cnnlab import explore\ne = explore.conv2d(mode='predict')\ne",
                    "print(e.guesses[0]['guess'], e.guesses[0]['right'])")  # fmt: skip
    root = shown(page)
    root.locator(".cl-answer input").fill("4x4")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cl-right")
    run_cell(page, 1)
    printed(page, 1, "4x4 True")
    page.context.close()


def test_running_again_deleting_and_reopening(lab):
    page = lab.open(SHOW, "e.stride = 2")
    root = shown(page)
    page.wait_for_function(f"() => ({TORCH})().includes('stride=2')")
    run_cell(page, 0)
    page.wait_for_function(f"() => !({TORCH})().includes('stride=2')")
    assert root.count() == 1
    run_cell(page, 1)
    page.wait_for_function(f"() => ({TORCH})().includes('stride=2')")
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()  # closed and opened again, the kernel goes on
    page.wait_for_selector(".cl-stage text")
    page.wait_for_function(f"() => ({TORCH})().includes('stride=2')")
    root.locator("[data-knob=padding]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => ({TORCH})().includes('padding=2')")
    root.locator("[data-part=stage]").press(" ")
    page.evaluate("""() => {
      const nb = jupyterapp.shell.currentWidget.content;
      nb.activeCellIndex = 0;
      nb.deselectAll();
      return jupyterapp.commands.execute("notebook:delete-cell");
    }""")
    page.wait_for_selector(".cnnlab", state="detached")
    assert page.foreign == []
    page.context.close()


def test_many_values_arrive_as_bytes_and_two_views_share_them(lab):
    page = lab.open(
        "from cnnlab import explore, images\nphoto = images.photo_gray()[::3, ::3]",
        "e = explore.conv2d(photo, kernel='Sobel y')\ne",
        "e", width=820,
    )  # fmt: skip
    root = shown(page)
    page.wait_for_function("() => document.querySelectorAll('.cnnlab').length === 2")
    assert root.nth(1).locator("canvas").is_visible()
    root.first.locator("[data-part=stage]").press("End")
    page.wait_for_function(
        "() => document.querySelectorAll('.cl-name')[1].textContent.startsWith('output[42, 47]')"
    )
    page.context.close()


@pytest.mark.parametrize(("theme", "width"), [("JupyterLab Light", 1400), ("JupyterLab Dark", 820)])
def test_pictures_in_lab(lab, picture, theme, width):
    page = lab.open(SHOW, width=width, theme=theme)
    root = shown(page)
    page.wait_for_selector(f".cnnlab[data-theme={theme.split()[1].lower()}]")
    picture(root, f"lab-{theme.split()[1].lower()}-{width}")
    page.context.close()
