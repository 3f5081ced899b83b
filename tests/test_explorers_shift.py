"""The shift explorer without a browser, against torch and the article's numbers."""

import json
import xml.etree.ElementTree as ElementTree
from itertools import product

import numpy as np
import pytest
import torch

from cnnlab import explorers
from cnnlab.explorers.shift_parts import LAYERS, MODES, PRESETS, change, made, moved

PICTURE = np.random.default_rng(2).integers(-4, 9, size=(6, 12)).astype(float)
ARTICLE, STEPS = "4 1 3 7 2", "0 0 1 1 0 0 1 1"


def built(e):
    names = {}
    exec(e.torch_code(), names)
    return [map.numpy() for map in names["output"]]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("padding_mode", MODES)
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_both_outputs_are_torchs(layer, padding_mode, stride):
    for image in (PICTURE, PICTURE[0]):
        for right, down, entering in product((-3, 0, 2), (0, 1), ("wrapped", "zeros")):
            e = explorers.shift(
                image, layer=layer, padding_mode=padding_mode, stride=stride, right=right,
                down=down, entering=entering,
            )  # fmt: skip
            for found, wanted in zip(e.output, built(e), strict=True):
                assert np.allclose(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("padding_mode", MODES)
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_record_joins_to_what_the_layer_computes(layer, padding_mode, stride):
    e = explorers.shift(PICTURE, layer=layer, padding_mode=padding_mode, stride=stride, right=2)
    cells, values = e.record.flat("input"), e.record.flat("output")
    for place in range(e.record.count):
        cell, _, weight = e.record.gathered(place)
        under = cells[cell]
        found = under.max() if e.record.join == "max" else (under * weight).sum()
        assert found == pytest.approx(values[place], abs=1e-12)


@pytest.mark.parametrize("layer", LAYERS[:-1])
@pytest.mark.parametrize("right", range(-3, 4))
@pytest.mark.parametrize("down", [-2, 0, 1])
def test_circular_padding_and_stride_1_are_exactly_equivariant(layer, right, down):
    e = explorers.shift(PICTURE, layer=layer, right=right, down=down)
    assert e.equivariant
    assert np.array_equal(e.output[1], np.roll(e.output[0], (down, right), axis=(0, 1)))
    assert "Equivariant here" in e.record.formula[0]


@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.parametrize("right", range(-3, 4))
def test_stride_breaks_all_but_whole_steps(stride, right):
    e = explorers.shift(PICTURE, stride=stride, right=right)
    assert e.equivariant is (right % stride == 0)
    if right % stride:
        assert "no whole step" in e.record.formula[0]
        shifts = product(range(6), range(12))
        assert not any(np.allclose(np.roll(e.output[0], s, (0, 1)), e.output[1]) for s in shifts)


def test_zero_padding_breaks_the_columns_where_an_edge_is_or_was():
    e = explorers.shift(PICTURE, right=2, padding_mode="zeros")
    assert not e.equivariant
    assert e.difference.any(axis=0).nonzero()[0].tolist() == [0, 1, 2, 11]
    assert "where an edge is or was" in e.record.formula[0]


def test_the_articles_numbers():
    e = explorers.shift(preset=ARTICLE, right=-1, entering="zeros", layer="max of all")
    assert e.input.tolist() == [[4, 1, 3, 7, 2]]
    assert e.moved.tolist() == [[1, 3, 7, 2, 0]]
    assert e.output.ravel().tolist() == [7, 7]
    assert e.invariant
    e = explorers.shift(preset=STEPS, right=-1, layer="max pool", stride=2)
    assert e.output.tolist() == [[[0, 1, 0, 1]], [[1, 1, 1, 1]]]
    assert not e.invariant
    assert not e.equivariant
    assert (
        "All changes added up are 100% of the input's sizes, 100% of the output's."
        in e.record.notes[0]
    )


def test_pooling_helps_in_part():
    blocks = np.kron([[0, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]], np.ones((3, 3)))
    shares = {}
    for layer in ("max pool", "avg pool", "max of all"):
        e = explorers.shift(blocks, right=1, layer=layer, stride=2)
        shares[layer] = change(e.output[0], e.output[1])
    assert shares["max of all"] == 0
    assert 0 < shares["max pool"] < change(e.input, e.moved)
    assert not explorers.shift(blocks, right=1, layer="max pool", stride=2).invariant


def test_moving_brings_in_what_left_or_zeros():
    line = np.arange(1.0, 6)[np.newaxis]
    for n in range(-7, 8):
        rolled = moved(line, 0, n, "wrapped")
        assert np.array_equal(rolled, np.roll(line, n, axis=1))
        zeros = moved(line, 0, n, "zeros")
        wanted = [line[0, i - n] if 0 <= i - n < 5 else 0 for i in range(5)]
        assert zeros[0].tolist() == wanted


def test_a_line_moves_along_itself_alone():
    e = explorers.shift([1, 2, 3, 4], [[1, 2, 3]], down=2, right=1)
    assert e.moved.tolist() == [[4, 1, 2, 3]]
    assert e.equivariant
    wanted = torch.nn.functional.conv1d(
        torch.tensor([[[4.0, 1, 2, 3, 4, 1]]]), torch.tensor([[[1.0, 2, 3]]])
    )
    assert e.output[0].tolist() == wanted[0].tolist()


def test_python_sets_and_reads():
    e = explorers.shift()
    e.input = [[1, 2], [3, 4]]
    assert (e.preset, e.record.of("input")[0].values.tolist()) == ("yours", [[1, 2], [3, 4]])
    e.preset = ARTICLE
    assert e.input.tolist() == PRESETS[ARTICLE].tolist()
    e.stride = 0
    assert "stride must be at least 1" in e.error


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layer": "median"}, "layer must be one of"),
        ({"padding_mode": "reflect"}, "padding_mode must be one of"),
        ({"entering": "ones"}, "entering must be one of"),
        ({"preset": "cat"}, "preset must be one of"),
        ({"image": np.zeros((2, 3, 4, 5))}, "image must have shape"),
        ({"image": [1.0, np.nan]}, "image must hold finite numbers"),
        ({"weight": [1.0, 2.0]}, "weight must have 2 axes"),
        ({"image": [5.0], "layer": "max pool", "padding_mode": "zeros"}, "kernel_size"),
        ({"mode": "predict"}, "mode must be one of explore, challenge"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(ValueError, match=message):
        explorers.shift(**settings)


def test_types_are_refused():
    with pytest.raises(TypeError, match="right must be an int"):
        explorers.shift(right=1.5)


@pytest.mark.parametrize("number", range(6))
def test_challenges_list_exactly_what_reaches_them(number):
    e = explorers.shift()
    before = e.settings()
    dare = e.dare(number)
    assert e.settings() == before
    asked = "equivariant" if number % 2 == 0 else "invariant"
    offered = {"layer": LAYERS[:-1] if number % 2 == 0 else LAYERS, "stride": (1, 2, 3),
               "padding_mode": MODES, "right": (-3, -2, -1, 1, 2, 3)}  # fmt: skip
    assert len(dare.answers) >= 1
    for values in product(*(offered[name] for name in dare.free)):
        e.apply(dare.start | dict(zip(dare.free, values, strict=True)))
        assert (values in dare.answers) is getattr(e, asked)
    assert tuple(dare.start[name] for name in dare.free) not in dare.answers


def test_the_bundle_has_a_fixed_sentence_and_a_picture():
    e = explorers.shift()
    data = e._repr_mimebundle_()[0]
    assert (
        data["text/plain"]
        == repr(e)
        == (
            "Shift explorer: conv, stride 1, circular padding, moved 0 down and 1 right "
            "-> equivariant, not invariant"
        )
    )
    ElementTree.fromstring(e.to_svg("dark"))
    assert json.loads(json.dumps(e.drawing))["along"] == [0, 1]
    assert made("conv", np.ones((2, 2)), 1, "zeros", (4, 4)).pads == ((0, 1), (0, 1))
