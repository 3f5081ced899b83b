"""The explorer of channels without a browser: against torch, sums, questions, refusals."""

import base64
import io
import xml.etree.ElementTree as ElementTree
from itertools import product

import matplotlib.image as mpl_image
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import explorers, images
from cnnlab.explorers import channels_quiz
from cnnlab.explorers.channels_parts import FILTERS, built
from cnnlab.explorers.look import shade
from cnnlab.explorers.pictures import colour_picture

SMALL = np.random.default_rng(3).integers(0, 256, (9, 11, 3))
SETTINGS = list(product(FILTERS, (1, 3, 5), (1, 2, 3), (0, 1, 2), (-1.0, 0.25)))


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()


@pytest.mark.parametrize(("high", "wide"), [(9, 11), (3, 8)])
def test_every_setting_of_the_controls_is_torchs_or_refused_as_torch_refuses(high, wide):
    e = explorers.channels(SMALL[:high, :wide], kernel_size=1)
    x = torch.tensor(SMALL[:high, :wide].transpose(2, 0, 1) / 255)
    refused = 0
    for filters, k, s, p, bias in SETTINGS:
        e.apply(
            {"filters": filters, "kernel_size": k, "stride": s, "padding": p, "bias": bias},
            quietly=True,
        )
        offset = torch.full((2,), bias).double()
        try:
            truth = F.conv2d(x, torch.tensor(built(filters, k)), offset, s, p).numpy()
        except RuntimeError:
            refused += 1
            with pytest.raises(ValueError, match="spans"):
                e.gather()
            continue
        maps = np.array([panel.drawn for panel in e.gather().of("output")])
        assert np.allclose(maps, truth, atol=1e-12)
    assert refused == (18 if high == 3 else 0)


def test_the_sums_and_the_bias_make_the_value_and_each_is_torchs():
    weight = np.random.default_rng(1).normal(size=(3, 3, 2, 4))
    e = explorers.channels(SMALL, weight, bias=-0.5, padding=1, stride=2)
    assert e.settings()["kernel_size"] == (2, 4)
    x = torch.tensor(e.input)
    for cursor in [(0, 0, 0), (2, 3, 4), (1, 4, 2)]:
        e.cursor = cursor
        o, row, col = cursor
        apart = [
            F.conv2d(x[c : c + 1], torch.tensor(weight[o : o + 1, c : c + 1]), None, 2, 1)
            for c in range(3)
        ]
        assert np.allclose(e.sums(), [maps[0, row, col].item() for maps in apart])
        assert e.sums().sum() - 0.5 == pytest.approx(e.output[cursor])
        assert e.window().shape == (3, 2, 4)
        assert len(e.terms()) == 3 * 2 * 4


@pytest.mark.parametrize("settings", [{}, {"kernel_size": 5, "padding": 2, "bias": 0.25}])
def test_the_torch_code_runs_and_gives_the_maps(settings):
    e = explorers.channels(SMALL, **settings)
    assert np.allclose(run(e.torch_code())[0], e.output, atol=1e-12)


def test_counts_are_torchs():
    e = explorers.channels(SMALL, kernel_size=5)
    layer = torch.nn.Conv2d(3, 2, 5)
    assert e.parameters == sum(p.numel() for p in layer.parameters())
    assert e.macs == 2 * 5 * 7 * 75
    assert "3 × 25 cells" in e.drawing["counts"]


def test_a_large_photo_is_averaged_and_whole_numbers_are_bytes():
    small = colour_picture(images.photo())
    assert small.shape == (3, 32, 36)
    assert small[0, 0, 0] == pytest.approx(images.photo()[:4, :4, 0].mean())
    assert colour_picture(SMALL)[1, 2, 3] == SMALL[2, 3, 1] / 255
    tall = np.ones((400, 2, 4)) * [0.5, 0.25, 1, 0]
    assert colour_picture(tall).shape == (3, 33, 1)
    assert colour_picture(tall)[:, 0, 0].tolist() == [0.5, 0.25, 1]


def test_a_weight_changed_in_the_page_reaches_python():
    e = explorers.channels(SMALL)
    e._told(e, {"do": "edit", "tap": 9 + 4, "value": 7.5}, [])
    assert e.weight[0, 1, 1, 1] == 7.5
    assert e.filters == "yours"
    before = e.weight
    e._told(e, {"do": "edit", "tap": 54, "value": 1}, [])
    assert np.array_equal(e.weight, before)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"photo": np.ones((4, 4))}, "photo must have shape"),
        ({"photo": np.ones((3, 8, 8))}, "photo must have shape"),
        ({"photo": np.full((2, 2, 3), np.inf)}, "photo must hold finite numbers"),
        ({"weight": np.ones((2, 4, 3, 3))}, "weight must have shape"),
        ({"weight": np.ones((7, 3, 1, 1))}, "with 1 to 6 filters"),
        ({"filters": "sepia"}, "filters must be one of"),
        ({"stride": 0}, "stride must be"),
    ],
)
def test_bad_data_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        explorers.channels(**given)


def test_every_question_is_answered_by_torch_and_its_mistakes_are_wrong():
    photo = colour_picture(None)
    named = set()
    for number in range(30):
        settings, (shape, value) = channels_quiz.pose(photo, number)
        weight = torch.tensor(built(settings["filters"], settings["kernel_size"]))
        layer = torch.nn.Conv2d(3, 2, settings["kernel_size"])
        assert shape.answer == "×".join(map(str, layer.weight.shape))
        out = F.conv2d(torch.tensor(photo), weight, torch.full((2,), settings["bias"]).double())
        assert value.judge(f"{out.flatten()[value.place].item():.2f}")[0]
        for question in (shape, value):
            assert question.answer not in question.mistakes
            named.update(question.mistakes.values())
    assert len(named) >= 9


def test_a_prediction_veils_nothing_it_needs():
    e = explorers.channels(mode="predict")
    assert e.guess("2, 3, 3, 3").startswith("Right")
    e.next()
    wrong = e.guess("99")
    assert "99 is not it" in wrong
    assert [guess["right"] for guess in e.guesses] == [True, False]


def test_the_sentence_is_the_same_at_every_run():
    one, other = (explorers.channels()._repr_mimebundle_()[0] for _ in range(2))
    assert one["text/plain"] == other["text/plain"]
    assert one["text/plain"] == (
        "Channels explorer: photo 32x36x3, weight 2x3x3x3 -> 2 feature maps"
    )
    assert one["image/svg+xml"] == other["image/svg+xml"]


def test_the_still_picture_of_a_photo_is_small_and_its_pixels_are_the_values():
    e = explorers.channels()
    svg = e.to_svg()
    assert len(svg) < 60_000
    root = ElementTree.fromstring(svg)
    pictures = [node.get("href") for node in root.iter("{http://www.w3.org/2000/svg}image")]
    assert len(pictures) == 5
    for panel, href in zip(e.record.of("input"), pictures, strict=False):
        pixels = mpl_image.imread(io.BytesIO(base64.b64decode(href.split(",")[1])), "png")
        limit = panel.values.max()
        want = [shade(value, limit) / 255 for value in panel.values.ravel()]
        assert np.allclose(pixels.reshape(-1, 3), want, atol=1 / 254)
