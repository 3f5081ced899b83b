"""The gallery, opened from files with the network off."""

import pytest

from cnnlab import explorers
from cnnlab.explorers.gallery import by_lesson, write_gallery
from tests.browser.conftest import ARTIFACTS

pytestmark = pytest.mark.browser
FACE = """root => root.querySelector("[data-part=base]").innerHTML +
  root.querySelector("[data-part=canvas]").toDataURL()"""


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    write_gallery(folder)
    return folder


class Offline:
    """A browser page without network that keeps what was asked for and what went wrong."""

    def __init__(self, browser, **settings):
        self.context = browser.new_context(offline=True, **settings)
        self.page = self.context.new_page()
        self.asked, self.wrong = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda said: (
                self.wrong.append(said.text) if said.type in ("error", "warning") else None
            ),
        )

    def open(self, path):
        self.page.goto(f"file://{path}")
        return self.page

    def close(self, folder):
        self.context.close()
        assert [url for url in self.asked if not url.startswith(f"file://{folder}/")] == []
        assert self.wrong == []


@pytest.fixture
def offline(browser, gallery):
    opened = []

    def make(**settings):
        opened.append(Offline(browser, **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.close(gallery)


def test_the_index_names_every_explorer_and_all_links_are_relative(offline, gallery):
    page = offline().open(gallery / "index.html")
    links = [a.get_attribute("href") for a in page.locator("a").all()]
    names = by_lesson(explorers.__all__)
    assert links == [f"{name}.html" for name in names]
    for a in page.locator("a").all():
        assert a.locator("img").evaluate("img => img.complete && img.naturalWidth > 0")
        assert len(a.locator("span").text_content()) > 20
        assert a.locator("small").text_content().startswith("Lesson")
    page.locator("a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{names[1]}.html")
    page.get_by_role("link", name="all explorers").click()
    page.wait_for_url("**/index.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024])
def test_the_index_fits_and_is_kept_to_look_at(offline, gallery, scheme, width):
    page = offline(color_scheme=scheme, viewport={"width": width, "height": 800}).open(
        gallery / "index.html"
    )
    wide = page.evaluate("document.documentElement.scrollWidth")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"gallery-{scheme}-{width}.png", full_page=True)
    assert wide == width


@pytest.mark.parametrize("name", explorers.__all__)
def test_every_page_opens_and_its_knobs_change_the_picture(offline, gallery, name):
    page = offline(viewport={"width": 1024, "height": 768}).open(gallery / f"{name}.html")
    root = page.locator(".cnnlab")
    root.locator("[data-part=line] *").first.wait_for()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"gallery-{name}.png", full_page=True)
    faces = [root.evaluate(FACE)]
    for knob in root.locator("[data-knob]").all():
        if knob.evaluate("knob => knob.type") == "range":
            knob.press("ArrowRight")
            knob.press("ArrowLeft") if root.evaluate(FACE) == faces[-1] else None
        elif knob.evaluate("knob => knob.type") == "checkbox":
            knob.press("Space")
        else:
            last = knob.locator("option").last.text_content()
            knob.select_option(last)
        faces.append(root.evaluate(FACE))
    assert len(set(faces)) > max(1, len(faces) // 2)
    assert "no Python" in page.locator("footer").text_content()
