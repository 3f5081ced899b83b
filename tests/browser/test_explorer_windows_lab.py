"""The explorers of sizes, padding, pools and bins in a real JupyterLab, both ways with Python."""

import pytest

from tests.browser.lab import CELLS

pytestmark = pytest.mark.browser
SHOW = """from cnnlab import explore, images
sizes = explore.output_size(8, 3, stride=3)
around = explore.padding([1, 2, 3, 4])
pool = explore.pooling(images.ring(), 3, 2)
bins = explore.adaptive(images.ring(), (3, 4))
levels = explore.pyramid(images.ring())"""
TOLD = "print(sizes.sizes, around.padding, pool.pool, bins.output.shape, levels.input.shape)"
RUN = """(n) => {
  jupyterapp.shell.currentWidget.content.activeCellIndex = n;
  return jupyterapp.commands.execute("notebook:run-cell");
}"""
OUTPUT = "(n) => jupyterapp.shell.currentWidget.content.widgets[n].outputArea.node.textContent"


def opened(lab, **more):
    page = lab.open(SHOW, "sizes", "around", "pool", "bins", "levels", TOLD, **more)
    page.wait_for_function("() => document.querySelectorAll('.cnnlab').length === 5")
    return page, [page.locator(".cnnlab").nth(i) for i in range(5)]


def test_hands_reach_python_and_python_the_pages(lab):
    page, (sizes, around, pool, bins, levels) = opened(lab)
    sizes.get_by_label("kernel 6, stride 2, padding 0", exact=True).press("Enter")
    around.locator("[data-knob=padding]").press("ArrowRight")
    pool.locator("[data-knob=pool]").select_option("average")
    bins.locator("[data-knob=rows]").press("ArrowRight")
    levels.locator("[data-knob=height]").press("ArrowLeft")
    for root, line in [
        (sizes, "F.conv1d(input, weight, stride=2)"),
        (around, "F.pad(input, (3, 3)"),
        (pool, "F.avg_pool2d(input, 3, stride=2)"),
        (bins, "F.adaptive_max_pool2d(input, 4)"),
    ]:
        root.locator("code", has_text=line).wait_for()
    levels.locator("svg text", has_text="input 6×7").wait_for()
    page.evaluate(RUN, 6)
    page.wait_for_function(f"() => ({OUTPUT})(6).includes('(2,) 3 average (4, 4) (6, 7)')")
    assert page.foreign == []
    page.context.close()


def test_keys_that_would_edit_the_notebook(lab):
    page, roots = opened(lab)
    before = page.evaluate(CELLS)
    for root in roots:
        elements = root.locator("[data-part=stage], [data-knob]:enabled, .cl-sizes button >> nth=0")
        for i in range(elements.count()):
            elements.nth(i).focus()
            for key in ("a", "b", "x", "d", "d"):
                page.keyboard.press(key)
    roots[0].locator(".cl-sizes button").first.press("Enter")  # its list is made anew
    for key in ("a", "b", "x", "d", "d"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.evaluate(CELLS) == before
    page.context.close()


@pytest.mark.parametrize(("theme", "width"), [("JupyterLab Light", 1400), ("JupyterLab Dark", 820)])
def test_pictures_in_lab(lab, picture, theme, width):
    page, roots = opened(lab, width=width, theme=theme)
    word = theme.split()[1].lower()
    page.wait_for_selector(f".cnnlab[data-theme={word}]")
    for root, name in zip(roots, ("sizes", "padding", "pooling", "bins", "levels"), strict=True):
        picture(root, f"lab-{name}-{word}-{width}")
    page.context.close()
