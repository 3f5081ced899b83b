"""What an explorer keeps: what is read is what is shown, and reset gives all of it back."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch

from cnnlab import explorers

PHOTO = np.random.default_rng(1).random((9, 10))
COLOURS = np.random.default_rng(2).random((7, 8, 3))
DATA = {"photo": (PHOTO,), "channels": (COLOURS,)}


def made(name, **more):
    return getattr(explorers, name)(*DATA.get(name, ()), **more)


def told(e):
    """All that can be read of what is shown."""
    weight = e.weight if isinstance(e.weight, list | tuple) else [e.weight]
    return (
        repr(e), e.input.tolist(), np.asarray(e.output).tolist(), e.cursor, e.terms(),
        [None if w is None else w.tolist() for w in weight], np.asarray(e.window()).tolist(),
        e.torch_code(), e.parameters, e.macs, e.more(),
    )  # fmt: skip


ILLEGAL = [  # what is assigned, one after the other; nothing of it can be drawn
    ("photo", {"input": np.ones((2, 2))}),
    ("conv1d", {"kernel_size": 99, "input": [1.0, 2]}),
    ("conv2d", {"stride": 0, "input": np.ones((3, 3)), "weight": np.ones((2, 2))}),
    ("conv3d", {"input": np.ones((1, 1, 1))}),
    ("channels", {"kernel_size": 99, "bias": 0.75, "input": np.ones((4, 4, 3))}),
    ("padding", {"padding": (2, -1), "input": [5.0, 6]}),
    ("pooling", {"kernel_size": 9, "input": np.ones((2, 2))}),
    ("shift", {"stride": 0, "layer": "max of all", "right": 2}),
    ("output_size", {"stride": 0, "n": 4, "wanted": 3}),
]


@pytest.mark.parametrize(("name", "changes"), ILLEGAL)
def test_what_is_read_is_what_is_shown_while_a_setting_is_illegal(name, changes):
    e = made(name)
    before = told(e), e.equivariant if name == "shift" else None
    for knob, value in changes.items():
        setattr(e, knob, value)
    assert e.error
    assert told(e) == before[0]
    assert (e.equivariant if name == "shift" else None) == before[1]
    ElementTree.fromstring(e.to_svg())
    assert e._repr_mimebundle_()[0]["text/plain"] == before[0][0]
    e.reset()
    assert (e.error, told(e)) == ("", before[0])


@pytest.mark.parametrize("name", ["conv1d", "padding", "output_size"])
def test_the_page_is_made_of_what_is_shown(name, tmp_path):
    e = made(name)
    for file, changes in (("fresh", {}), ("later", dict(ILLEGAL)[name])):
        for knob, value in changes.items():
            setattr(e, knob, value)
        e.to_html(tmp_path / file)
    assert e.error
    assert (tmp_path / "fresh").read_bytes() == (tmp_path / "later").read_bytes()


def test_an_edit_takes_the_kernel_that_is_shown():
    e = explorers.conv2d()
    shown = e.weight
    e.kernel_size = 99
    e._told(e, {"do": "edit", "tap": 4, "value": 7.0}, [])
    shown[1, 1] = 7
    assert np.array_equal(e.weight, shown)
    assert (e.error, e.kernel_size) == ("", 3)


def test_a_correction_that_python_calls_equal_is_one():
    e = explorers.conv2d()
    e.stride = 2.0
    assert "stride must be" in e.error
    e.stride = 2
    assert (e.error, e.output.shape) == ("", (4, 4))
    pool = explorers.pooling(ceil_mode=True, stride=2)
    pool.ceil_mode = 1
    assert "ceil_mode must be" in pool.error
    pool.ceil_mode = True
    assert pool.error == ""


# ---- reset


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("receptive_field", {"layers": [[5, 1, 0, 1, "conv"]]}),
        ("conv1d", {"tap": 0, "value": 5.0}),
        ("conv1d", {"cell": 0, "value": 50.0}),
        ("conv2d", {"tap": 0, "value": 5.0}),
        ("conv3d", {"tap": 0, "value": 5.0}),
        ("channels", {"tap": 0, "value": 5.0}),
        ("photo", {"tap": 0, "value": 5.0}),
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_reset_takes_back_what_was_edited(name, edit, own):
    weights = {"conv1d": [1.0, 2], "conv2d": np.eye(2), "conv3d": np.ones((2, 1, 1)),
               "channels": np.ones((1, 3, 2, 2)), "photo": np.eye(2),
               "receptive_field": None}  # fmt: skip
    e = made(name, weight=weights[name]) if own and weights[name] is not None else made(name)
    if own and name == "receptive_field":
        e = explorers.receptive_field([(3,), (3, 2)])
    before = told(e)
    e._told(e, {"do": "edit", **edit}, [])
    assert told(e) != before
    e._told(e, {"do": "reset"}, [])
    assert told(e) == before


def test_reset_takes_back_an_assigned_kernel_and_an_assigned_input():
    e = explorers.conv2d(weight=np.arange(25.0).reshape(5, 5))
    before = told(e)
    e.weight = np.ones((2, 2))
    e.input = np.ones((6, 6))
    e.reset()
    assert told(e) == before
    photo = explorers.photo(PHOTO)
    sent = photo.about["photo"]
    photo.input = PHOTO[:5, :5]
    assert photo.about["photo"] != sent
    photo.reset()
    assert photo.about["photo"] == sent


def test_knobs_come_back_as_they_were_and_not_as_the_page_says_them(tmp_path):
    pool, pyramid = explorers.pooling(kernel_size=2), explorers.pyramid()
    for e in (pool, pyramid):
        e.to_html(tmp_path / "page.html")
    assert (pool.stride, pyramid.levels) == (None, (1, 2, 4))
    pool.mode = "predict"
    pool.mode = "explore"
    assert pool.stride is None
    pool.kernel_size = 3
    assert pool.output.shape == (2, 2)


# ---- numbers too large, and what JSON doesn't have


def test_numbers_too_large_are_refused_and_the_picture_stays():
    e = explorers.conv2d()
    before = told(e)
    e._told(e, {"do": "edit", "tap": 0, "value": 1e308}, [])
    assert "must be finite" in e.error
    assert told(e) == before
    e.reset()
    assert (e.error, told(e)) == ("", before)
    large = np.full((6, 6), 1e308)
    for refused in (
        lambda: explorers.conv2d(large),
        lambda: explorers.pooling(large, pool="average"),
        lambda: explorers.conv3d(np.full((3, 3, 3), 1e308), np.full((2, 1, 1), 1e9)),
        lambda: explorers.shift(large),
    ):
        with pytest.raises(ValueError, match="output must be finite"):
            refused()
    with pytest.raises(ValueError, match="image must hold numbers that float32 can hold"):
        explorers.photo(np.full((9, 9), 1e300))
    with pytest.raises(ValueError, match="values must lie within"):
        explorers.activation([1e300])


@pytest.mark.parametrize(
    "value", [np.bool_(True), torch.tensor(2), object(), np.array([1, 2]), float("nan"), None, {}]
)
def test_any_setting_can_be_sent(value):
    e = explorers.conv2d()
    e.stride = value
    assert json.loads(json.dumps(e.drawing))["settings"]["padding"] == 1
    assert ("stride must" in e.error) == (not isinstance(value, torch.Tensor))


@pytest.mark.parametrize(
    "content",
    [
        {"do": "edit", "tap": None, "value": 1.0},
        {"do": "edit", "tap": 0, "value": "3"},
        {"do": "edit", "tap": 0.5, "value": 1.0},
        {"do": "edit", "tap": 0, "value": float("nan")},
        {"do": "edit", "tap": 0, "value": None},
        {"do": "edit", "tap": 10**400, "value": 1.0},
        {"do": "mode", "value": []},
        "edit",
        None,
    ],
)
@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d", "channels", "photo"])
def test_a_malformed_message_changes_nothing(name, content):
    e = made(name)
    before = told(e)
    e._told(e, content, [])
    e.asked = {"view": 1, "count": "x", "place": None, "settings": [1]}
    e.asked = {"settings": None, "place": 10**400}
    assert (e.error, told(e)) == ("", before)


def test_a_slider_reaches_down_to_what_it_starts_with():
    e = explorers.shift(right=-5, down=7)
    ends = {c["name"]: (c["low"], c["high"]) for c in e.about["controls"] if c["kind"] == "range"}
    assert (ends["right"], ends["down"]) == ((-5, 3), (-3, 7))


@pytest.mark.parametrize("name", ["conv2d", "conv1d", "conv3d", "output_size"])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_padding_in_a_word_has_a_page(name, padding, tmp_path):
    e = getattr(explorers, name)(padding=padding)
    e.to_html(tmp_path / "page.html")
    assert e.padding == padding
