"""The photo explorer without a browser, against torch."""

import io
import xml.etree.ElementTree as ElementTree
from urllib.request import urlopen

import numpy as np
import pytest
from matplotlib import image as pictures

from cnnlab import explorers, images
from cnnlab.explorers.photo_parts import coloured, lake, packed, photo, png_address, unpacked

SMALL = np.random.default_rng(1).normal(size=(20, 24)).astype(np.float32).astype(float)


def built(e):
    names = {}
    exec(e.torch_code(), names)
    return names["output"][0, 0].numpy()


@pytest.mark.parametrize("kernel", ["Sobel x", "Gaussian", "Laplacian"])
@pytest.mark.parametrize("kernel_size", [1, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_the_output_is_torchs(kernel, kernel_size, stride, dilation):
    e = explorers.photo(
        SMALL, kernel=kernel, kernel_size=kernel_size, stride=stride, dilation=dilation
    )
    assert np.allclose(e.output, built(e), rtol=0, atol=1e-12)
    assert e.record.count == e.output.size
    for where in [(0, 0), tuple(n - 1 for n in e.output.shape)]:
        e.cursor = where
        total = sum(term["product"] for term in e.terms())
        assert total == pytest.approx(e.output[where], abs=1e-12)
        assert e.window().shape == e.weight.shape


def test_the_courses_photo_is_a_canvas_of_256_with_torchs_output():
    e = explorers.photo()
    assert e.input.shape == lake().shape == (256, 256)
    assert np.allclose(e.output, built(e), rtol=0, atol=1e-12)
    assert abs(e.output[e.cursor]) == np.abs(e.output).max()
    below = (e.output < 0).mean()
    assert 0.3 < below < 0.7


def test_nothing_is_clamped_and_signs_differ():
    values = np.array([[-4.0, -2.0, 0.0, 2.0, 4.0]])
    (one, two, zero, three, four) = coloured(values)[0].tolist()
    assert one == [33, 113, 181]
    assert four == [224, 109, 16]
    assert len({tuple(c) for c in (one, two, zero, three, four)}) == 5
    assert coloured(np.array([[0.0, 1.0]]))[0].tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("values", [SMALL, lake()[:9, :5], np.full((2, 3), 300.0)])
def test_what_is_packed_comes_back_exactly(values):
    assert np.array_equal(unpacked(**packed(values)), values)
    assert np.array_equal(photo(values), values)
    assert packed(values)["bytes"] is (values.shape == (9, 5))


def test_the_png_holds_the_colours():
    colours = coloured(SMALL)
    with urlopen(png_address(colours)) as file:
        found = pictures.imread(io.BytesIO(file.read()))
    assert np.array_equal(np.round(255 * found).astype(np.uint8), colours)


def test_python_and_the_page_change_photo_and_kernel():
    e = explorers.photo(SMALL)
    e.weight = np.eye(2)
    assert (e.kernel, e.kernel_size) == ("yours", 2)
    e.edited(tap=1, value=-3.0)
    assert e.weight.tolist() == [[1, -3], [0, 1]]
    before = e.about["photo"]
    e.edited(photo=packed(lake()))
    assert np.array_equal(e.input, lake())
    assert e.about["photo"] != before
    e.input = images.photo()
    assert e.input.shape == (128, 144)
    e.kernel_size = 200
    assert "spans" in e.error


def test_the_cursor_stays_over_the_same_part_of_the_photo():
    e = explorers.photo(SMALL)
    e.cursor = (8, 12)
    e.stride = 2
    assert e.cursor == (4, 6)
    e.stride = 4
    assert e.cursor == (2, 3)
    with pytest.raises(ValueError, match="cursor must lie in the output"):
        e.cursor = (99, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image": np.zeros((600, 4))}, "image must have at most 512 rows and columns"),
        ({"image": np.zeros(5)}, "image must have shape"),
        ({"image": np.full((3, 3), np.nan)}, "finite"),
        ({"weight": np.zeros((2, 3))}, "weight must be square"),
        ({"weight": np.zeros((9, 9))}, "weight must be square, .k, k. with k from 1 to 7"),
        ({"kernel": "emboss"}, "kernel must be one of"),
        ({"stride": 0}, "stride must be at least 1"),
        ({"image": np.zeros((4, 4)), "dilation": 3}, "spans 7 cells"),
        ({"dilation": 0}, "dilation must be at least 1"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(ValueError, match=message):
        explorers.photo(**settings)


def test_the_bundle_has_a_fixed_sentence_and_a_small_picture():
    e = explorers.photo()
    data = e._repr_mimebundle_()[0]
    assert (
        data["text/plain"]
        == repr(e)
        == ("Photo explorer: input 256x256, Sobel x 3x3, stride 1, dilation 1 -> output 254x254")
    )
    root = ElementTree.fromstring(data["image/svg+xml"])
    assert len(root.findall("{*}image")) == 2
    assert len(data["image/svg+xml"]) < 100_000
