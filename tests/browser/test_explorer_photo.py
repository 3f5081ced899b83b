"""The photo explorer on a plain page: its rule, the magnifier, one's own photo."""

import io

import numpy as np
import pytest
from matplotlib import image as pictures

from cnnlab import explorers
from cnnlab.explorers.composing import compose
from cnnlab.explorers.photo_parts import coloured
from tests.browser.test_page import Alone

pytestmark = pytest.mark.browser
SMALL = np.random.default_rng(1).normal(size=(20, 24))


def part(root, name):
    return root.locator(f"[data-part={name}]")


def drawn(root):
    """Return the canvas as an array of colours."""
    flat = part(root, "canvas").evaluate(
        "c => [c.width, c.height, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    wide, high, *data = flat
    return np.array(data).reshape(high, wide, 4)


def test_the_rule_of_the_browser_is_pythons(plain):
    page = plain().page
    page.evaluate(
        """async (script) => {
          const end = "export { correlatePhoto, unpackPhoto };";
          const file = new Blob([script + end], { type: "text/javascript" });
          window.rules = await import(URL.createObjectURL(file));
        }""",
        compose("photo.js").replace("export default ", "const widget = "),
    )
    for image in (SMALL, None):
        for kernel, k, s, d in [("Sobel x", 3, 1, 1), ("sharpen", 4, 2, 3), ("Gaussian", 7, 3, 2)]:
            e = explorers.photo(image, kernel=kernel, kernel_size=k, stride=s, dilation=d)
            found = page.evaluate(
                """([photo, weight, places, s, d]) => [...rules.correlatePhoto(
                  rules.unpackPhoto(photo), weight, places, s, d).values]""",
                [e.about["photo"], e.weight.tolist(), list(e.output.shape), s, d],
            )
            assert np.allclose(found, e.output.ravel(), rtol=0, atol=1e-12)


def test_the_canvas_shows_photo_and_signed_output(plain):
    e, page = explorers.photo(), plain()
    root = page.show(e)
    found, wanted = drawn(root)[..., :3].reshape(-1, 3).astype(int), coloured(e.output).astype(int)
    scale = 320 / 256  # pixels a cell
    for one, other in ((2, 0), (0, 2)):  # blue, orange
        strong = ((wanted[..., one] - wanted[..., other]) > 100).sum() * scale**2
        assert strong > 100
        assert ((found[:, one] - found[:, other]) > 100).sum() == pytest.approx(strong, rel=0.15)
    assert (np.ptp(found, axis=1) == 0).sum() > 320 * 320 / 2
    assert "% negative" in part(root, "line").text_content()


def test_the_magnifier_shows_the_numbers_of_the_selected_place(plain):
    e = explorers.photo(np.arange(400.0).reshape(20, 20), kernel="sum", stride=2)
    e.cursor = (3, 4)
    page = plain()
    root = page.show(e)
    shown = [text.text_content() for text in part(root, "over").locator("text").all()]
    for row in e.window():
        assert {f"{v:g}" for v in row} <= set(shown)
    assert f"{e.output[3, 4]:g}" in shown
    assert f"output[3, 4] = {e.output[3, 4]:g}" in part(root, "line").text_content()
    part(root, "stage").press("ArrowRight")
    part(root, "stage").press("ArrowDown")
    page.page.wait_for_timeout(250)
    assert e.cursor == (4, 5)


def test_the_mouse_over_the_photo_chooses_the_window_around_it(plain):
    e = explorers.photo()
    page = plain()
    root = page.show(e)
    box = part(root, "stage").bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2 - 160, box["y"] + 180)
    page.page.wait_for_timeout(300)
    row, col = e.cursor
    assert 100 < row < 150
    assert 80 < col < 200


def test_a_kernel_cell_is_changed_by_keyboard(plain):
    e = explorers.photo()
    page = plain()
    root = page.show(e)
    part(root, "stage").press("Enter")
    field = root.locator(".cl-edit")
    field.fill("-7")
    field.press("Enter")
    page.page.wait_for_timeout(150)
    assert e.weight[0, 0] == -7
    assert root.locator("[data-knob=kernel]").input_value() == "yours"
    assert "×−7" in part(root, "line").text_content()


def png_file(values):
    file = io.BytesIO()
    pictures.imsave(file, values, format="png", cmap="gray", vmin=0, vmax=1)
    return {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}


def test_ones_own_photo_stays_on_the_page_until_it_is_given_to_python(plain):
    e = explorers.photo()
    first = e.input
    page = plain()
    root = page.show(e)
    half = np.zeros((256, 300))
    half[:, 150:] = 1
    root.locator("input[type=file]").set_input_files(png_file(half))
    page.page.wait_for_function("() => document.body.textContent.includes('your photo 256×256')")
    page.page.wait_for_timeout(200)
    assert np.array_equal(e.input, first)
    assert "0 to 4, 0% negative" in part(root, "line").text_content()
    root.get_by_text("give it to Python").click()
    page.page.wait_for_timeout(300)
    assert e.input.shape == (256, 256)
    assert e.input[:, 0].max() == 0
    assert e.input[:, -1].min() == 1
    assert e.output.max() == 4


def test_back_to_the_first_photo_and_a_file_that_is_none(plain):
    page = plain()
    root = page.show(explorers.photo())
    before = part(root, "base").text_content()
    root.locator("input[type=file]").set_input_files(png_file(np.eye(256)))
    page.page.wait_for_function("() => document.body.textContent.includes('your photo')")
    root.get_by_text("back to the first photo").click()
    page.page.wait_for_timeout(100)
    assert part(root, "base").text_content() == before
    text = {"name": "no.png", "mimeType": "image/png", "buffer": b"no picture"}
    root.locator("input[type=file]").set_input_files(text)
    told = root.get_by_text("this file holds no picture")
    told.wait_for()
    page.page.wait_for_timeout(300)  # what is announced of the picture leaves it standing
    assert told.is_visible()
    assert part(root, "base").text_content() == before


def test_a_page_without_python_takes_a_kernel_cell_too(plain):
    alone = Alone(plain, explorers.photo())
    drawing = alone.send(do="edit", tap=4, value=9)
    assert drawing["weight"] == [[-1, 0, 1], [-2, 9, 2], [-1, 0, 1]]
    drawing = alone.ask(drawing["settings"] | {"stride": 2})
    assert drawing["weight"][1] == [-2, 9, 2]
    assert drawing["places"] == [127, 127]
    assert alone.ask(drawing["settings"] | {"kernel": "sum"})["weight"] == [[1] * 3] * 3
