"""What every explorer must do, on a plain page and in JupyterLab; a new one falls under it by name.

The tests ask `cnnlab.explorers.__all__`. What an explorer does beyond this is in its own file.
"""

import pytest

from cnnlab import explorers, images
from tests.browser.lab import CELLS

pytestmark = pytest.mark.browser
NAMES = explorers.__all__
# Every way of asking: what an explorer shows then has fields of its own.
MODES = [(name, mode) for name in NAMES for mode in getattr(explorers, name)().modes]
WIDTHS = (390, 820, 1400)
# Pictures of another form than an explorer's first one
FORMS = [
    ("conv2d", {"kernel_size": 5, "padding": 4}),
    ("conv2d", {"kernel_size": 3, "dilation": 3}),
    ("output_size", {"input": 8, "kernel_size": 3, "stride": 3}),
    ("output_size", {"input": images.ring(), "kernel_size": 3, "stride": 2}),
    ("padding", {"image": [1, 2, 3, 4]}),
    ("pooling", {"kernel_size": 4, "stride": 3, "padding": 1, "pool": "average"}),
    ("adaptive", {"output_size": (3, 4)}),
    ("receptive_field", {"preset": "dilations 2, 2, 2"}),
    ("receptive_field", {"preset": "AlexNet"}),
    ("groups", {"preset": "grouped"}),
    ("groups", {"preset": "separable"}),
    ("shift", {"layer": "conv"}),
    ("shift", {"layer": "max pool"}),
    ("photo", {"dilation": 2}),
    ("activation", {"function": "tanh", "bias": -1.0}),
]
FOCUSABLE = "button, input, select, textarea, a[href], [tabindex]"
DEADLY = ("a", "b", "x", "d", "d")
# Counts what a view keeps running: intervals, observers, listeners of document and window.
COUNTING = """() => {
  window.alive = new Set();
  const { setInterval: begin, clearInterval: end } = window;
  window.setInterval = (...all) => { const id = begin(...all); alive.add(id); return id; };
  window.clearInterval = (id) => { alive.delete(id); end(id); };
  window.observing = 0;
  for (const name of ["ResizeObserver", "MutationObserver"]) {
    const { observe, disconnect } = window[name].prototype;
    Object.assign(window[name].prototype, {
      observe(...all) {
        observing += 1;
        this.mine = (this.mine ?? 0) + 1;
        observe.apply(this, all);
      },
      disconnect() { observing -= this.mine ?? 0; this.mine = 0; disconnect.call(this); },
    });
  }
  window.listening = new Set();
  for (const target of [document, window]) {
    const add = target.addEventListener;
    target.addEventListener = function (type, act, more) {
      const entry = { type };
      listening.add(entry);
      more?.signal?.addEventListener("abort", () => listening.delete(entry));
      add.call(this, type, act, more);
    };
  }
}"""
BEYOND = """root => {
  const box = root.getBoundingClientRect();
  const out = (node) => {
    const own = node.getBoundingClientRect();
    if (node.closest(".cl-layers")) return false;  // a table that scrolls by itself
    return own.width && (own.right > box.right + 1 || own.left < box.left - 1);
  };
  const all = "rect, svg text, svg path, svg image, button, select, input, .cl-bar *, .cl-stage";
  return [...root.querySelectorAll(all)]
    .filter(out).map((node) => node.outerHTML.slice(0, 90));
}"""


@pytest.fixture(params=NAMES)
def e(request):
    return getattr(explorers, request.param)()


def part(root, name):
    return root.locator(f"[data-part={name}]")


def extremes(e):
    """Return settings at the ends of all sliders, those that are legal."""
    start, found = e.settings(), [e.settings()]
    for control in e.controls:
        if control.kind == "range" and not isinstance(start[control.name], str):
            for value in (control.low, control.high):
                e.apply({**start, control.name: value})
                if not e.error:
                    found.append(e.settings())
    e.apply(start)
    return found


@pytest.mark.parametrize(("name", "mode"), MODES)
def test_no_key_reaches_the_notebook_and_arrows_move_every_slider(name, mode, plain):
    e, page = getattr(explorers, name)(), plain()
    if mode != "explore":
        e.mode = mode
    root = page.show(e)
    height = part(root, "stage").bounding_box()["height"]
    page.page.evaluate(
        "window.heard = []; document.addEventListener('keydown', (e) => heard.push(e.key))"
    )
    elements, sliders = root.locator(FOCUSABLE), 0
    for i in range(elements.count()):
        element = elements.nth(i)
        assert element.get_attribute("data-lm-suppress-shortcuts") == "true"
        if not (element.is_visible() and element.is_enabled()):
            continue
        element.focus()
        for key in DEADLY:
            page.page.keyboard.press(key)
        if element.get_attribute("data-knob") and element.get_attribute("type") == "range":
            element.focus()
            before = float(element.input_value())
            up = before < float(element.get_attribute("max"))
            page.page.keyboard.press("ArrowRight" if up else "ArrowLeft")
            assert (float(element.input_value()) > before) == up
            page.page.keyboard.press("ArrowLeft" if up else "ArrowRight")
            assert float(element.input_value()) == before
            sliders += 1
    assert page.page.evaluate("heard") == []
    assert part(root, "stage").bounding_box()["height"] == height
    if mode == "explore":  # a question may lock what would answer it
        assert sliders == sum(
            control.kind == "range" and control.name not in e.drawing.get("idle", [])
            for control in e.controls
        )


def test_the_selected_place_is_told_to_those_who_listen(e, plain):
    page = plain()
    root = page.show(e)
    stage, live = part(root, "stage"), part(root, "live")
    assert stage.get_attribute("aria-label")
    assert live.get_attribute("aria-live") == "polite"
    told = []
    for key in ("Home", "End"):
        stage.press(key)
        page.page.wait_for_timeout(220)
        told.append(live.text_content())
    assert all(len(words.split()) >= 3 for words in told)
    assert told[0] != told[1]
    for element in root.locator(FOCUSABLE).all():
        named = element.evaluate("""n => n.ariaLabel || n.title || n.textContent.trim()
          || n.closest("label")?.textContent.trim() || n.getAttribute("aria-labelledby")""")
        assert named, element.evaluate("n => n.outerHTML")


def test_two_views_of_one_model_show_the_same(e, plain):
    page = plain()
    page.show(e)
    page.show(e)
    one, two = page.page.locator(".cnnlab").all()
    knob = next(k for k in one.locator("[data-knob][type=range]").all() if k.is_enabled())
    up = float(knob.input_value()) < float(knob.get_attribute("max"))
    knob.press("ArrowRight" if up else "ArrowLeft")
    page.page.wait_for_timeout(120)
    name = knob.get_attribute("data-knob")
    assert two.locator(f"[data-knob={name}]").input_value() == knob.input_value()
    drawn = [part(root, "base").locator("text").all_text_contents() for root in (one, two)]
    assert drawn[0] == drawn[1]


def test_illegal_settings_are_said_and_keep_the_last_picture(e, plain):
    page = plain()
    root = page.show(e)
    before, start = part(root, "base").inner_html(), e.settings()
    said = []
    for control in e.controls:
        for bad in (-1, 10**6, "no such thing"):
            e.apply(start)
            e.apply({**start, control.name: bad})
            if not e.error:
                continue
            page.push(e)
            assert part(root, "error").is_visible()
            assert part(root, "error").text_content() == e.error
            assert part(root, "base").inner_html() == before
            assert float(part(root, "base").evaluate("n => getComputedStyle(n).opacity")) < 0.5
            said.append(control.name)
            break
    assert said
    e.apply(start)
    page.push(e)
    assert part(root, "error").is_hidden()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows_and_nothing_jumps_while_sliders_move(e, plain, width):
    page = plain(width=width)
    root = page.show(e)
    top = part(root, "transport").bounding_box()["y"]
    for settings in extremes(e):
        e.apply(settings)
        page.push(e)
        assert root.evaluate(BEYOND) == [], settings
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        assert part(root, "transport").bounding_box()["y"] == top, settings


@pytest.mark.parametrize(("name", "settings"), FORMS)
def test_no_form_of_a_picture_overflows(name, settings, plain, picture):
    page = plain(scheme="dark")
    root = page.show(getattr(explorers, name)(**settings))
    for width in WIDTHS:
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.wait_for_timeout(100)  # views draw again when their width changes
        assert root.evaluate(BEYOND) == [], width
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    told = "-".join(str(value) for value in settings.values() if isinstance(value, str | int))
    picture(root, f"form-{name}-{told}".lower())


def test_the_projector_and_both_themes(e, plain, picture):
    page = plain(width=1024, height=768, scheme="dark")
    root = page.show(e)
    assert root.get_attribute("data-theme") == "dark"
    part(root, "stage").press("f")
    page.page.wait_for_selector(".cl-full")
    assert root.bounding_box() == {"x": 0, "y": 0, "width": 1024, "height": 768}
    assert part(root, "stage").bounding_box()["height"] >= 260
    assert root.evaluate(BEYOND) == []
    picture(root, f"family-{e.kind}-projector-dark")
    part(root, "stage").press("Escape")
    page.page.wait_for_selector(".cl-full", state="detached")
    page.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    page.page.wait_for_selector(".cnnlab[data-theme=light]")
    picture(root, f"family-{e.kind}-light")


def test_nothing_is_left_when_the_cell_is_deleted(e, plain):
    page = plain()
    page.page.evaluate(COUNTING)
    root = page.show(e)
    part(root, "stage").press(" ")
    alive = page.page.evaluate("[alive.size, observing, models[0].listeners(), listening.size]")
    assert alive[0] == 1
    assert min(alive) >= 1
    page.page.evaluate("ends[0]()")
    counts = page.page.evaluate("[alive.size, observing, models[0].listeners(), listening.size]")
    assert counts == [0, 0, 0, 0]
    assert page.page.locator(".cnnlab").count() == 0


# ---- in JupyterLab, all of them in one notebook


def test_all_of_them_in_one_notebook(lab):
    """Deadly keys on every element, both ways with Python, a reload, a second run, the end."""
    page = lab.open(
        "from cnnlab import explore\nall = [getattr(explore, n)() for n in explore.__all__]",
        "display(*all)",
        "1 + 1",
        "for e in all:\n    e.place = e.record.count - 1",
        width=1200,
    )  # one cell shows them all: Lab takes cells that are far away out of the page
    roots = page.locator(".cnnlab")
    shown = f"() => document.querySelectorAll('.cnnlab .cl-count').length === {len(NAMES)}"
    page.wait_for_function(shown)
    page.wait_for_function("""() => [...document.querySelectorAll(".cl-count")].every((node) => {
      const [place, count] = node.textContent.split(" / ");
      return place === count;
    })""")  # Python's last cell moved every cursor
    before = page.evaluate(CELLS)
    for root in roots.all():
        for element in root.locator(FOCUSABLE).all():
            if element.is_visible() and element.is_enabled():
                element.focus()
                for key in DEADLY:
                    page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert page.evaluate(CELLS) == before == 4
    kinds = page.evaluate("jupyterapp.shell.currentWidget.content.widgets.map((w) => w.model.type)")
    assert set(kinds) == {"code"}
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()  # closed and opened again, the kernel goes on
    page.wait_for_function(shown)
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(shown)
    page.evaluate("""() => {
      const nb = jupyterapp.shell.currentWidget.content;
      nb.activeCellIndex = 1;
      nb.deselectAll();
      return jupyterapp.commands.execute("notebook:delete-cell");
    }""")
    page.wait_for_selector(".cnnlab", state="detached")
    assert page.foreign == []
    page.context.close()
