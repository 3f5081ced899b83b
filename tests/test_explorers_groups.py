"""The groups explorer without a browser, against torch.nn.Conv2d."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cnnlab import explorers
from cnnlab.explorers.groups_told import Stage


def built(e):
    names = {}
    exec(e.torch_code(), names)
    return names


@pytest.mark.parametrize("outputs", [12, 24, 64])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("number", range(1, 14))
def test_counts_and_refusals_are_torchs(outputs, kernel, number):
    try:
        layer = torch.nn.Conv2d(12, outputs, kernel, groups=number, bias=False)
    except ValueError:
        with pytest.raises(ValueError, match=f"groups must divide .*got groups={number}"):
            explorers.groups(out_channels=outputs, groups=number, kernel_size=kernel)
        return
    e = explorers.groups(out_channels=outputs, groups=number, kernel_size=kernel)
    assert e.weight_shape == tuple(layer.weight.shape)
    assert e.parameters == layer.weight.numel()


def test_the_numbers_of_the_lesson():
    assert explorers.groups(groups=1).parameters == 6912
    assert explorers.groups(groups=4).parameters == 1728
    e = explorers.groups(preset="separable")
    assert e.parameters == 876
    assert e.weight_shape == ((12, 1, 3, 3), (64, 12, 1, 1))
    assert e.macs == 876 * 24 * 24


@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("preset", ["grouped", "depthwise", "pointwise", "separable"])
def test_the_torch_code_runs_and_counts_the_same(preset, kernel):
    maps = np.zeros((6, 9, 11))
    e = explorers.groups(maps, out_channels=18, groups=3, kernel_size=kernel, preset=preset)
    names = built(e)
    assert names["parameters"] == e.parameters
    shapes = tuple(tuple(weight.shape) for weight in names["layer"].parameters())
    assert e.weight_shape == (shapes if preset == "separable" else shapes[0])
    with FlopCounterMode(display=False) as counter:
        names["layer"](torch.zeros(1, 6, 9, 11))
    assert counter.get_total_flops() / 2 == e.macs


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_the_matrix_is_what_torchs_gradient_reaches(number):
    layer = torch.nn.Conv2d(6, 12, 1, groups=number, bias=False)
    torch.nn.init.ones_(layer.weight)
    seen = torch.autograd.functional.jacobian(
        lambda x: layer(x[:, None, None])[:, 0, 0], torch.ones(6)
    )
    stage = explorers.groups(in_channels=6, out_channels=12, groups=number).drawing["stages"][0]
    of_input = np.arange(6) // (stage["inputs"] // stage["groups"])
    of_output = np.arange(12) // (stage["outputs"] // stage["groups"])
    assert np.array_equal(seen.numpy() != 0, of_output[:, np.newaxis] == of_input)


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("groups", 5, "groups must divide in_channels=12 and out_channels=64; got groups=5"),
        ("groups", 0, "groups must be at least 1"),
        ("groups", "4", "groups must be an int"),
        ("in_channels", 65, "in_channels must be at most 64"),
        ("out_channels", 129, "out_channels must be at most 128"),
        ("kernel_size", 12, "kernel_size must be at most 11"),
        ("preset", "shuffled", "preset must be one of grouped, depthwise"),
        ("preset", "depthwise", "in_channels must divide out_channels=64; got in_channels=12"),
    ],
)
def test_illegal_settings_are_said_and_keep_the_picture(knob, value, said):
    e = explorers.groups()
    before = e.drawing["stages"]
    setattr(e, knob, value)
    assert said in e.error
    assert e.drawing["stages"] == before
    assert e.parameters == 1728


@pytest.mark.parametrize("image", [np.zeros((3, 3)), np.zeros((0, 3, 3))])
def test_bad_data_is_refused(image):
    with pytest.raises(ValueError, match="image must have shape"):
        explorers.groups(image)


def test_the_bundle_has_a_fixed_sentence_and_a_picture(tmp_path):
    e = explorers.groups()
    data = e._repr_mimebundle_()[0]
    assert data["text/plain"] == repr(e)
    assert repr(e) == (
        "Groups explorer: grouped, 12 -> 64 channels, groups 4, kernel 3 -> 1728 parameters"
    )
    root = ElementTree.fromstring(e.to_svg("dark"))
    assert len(root.findall("{*}rect")) == 2 + 4
    e.to_html(tmp_path / "g.html")
    assert "-&gt; 1728 parameters" in (tmp_path / "g.html").read_text(encoding="utf-8")
    assert json.loads(json.dumps(e.drawing))["torch"].startswith("nn.Conv2d(12, 64, 3")
    assert Stage(4, 4, 4, 1).torch == "nn.Conv2d(4, 4, 1, groups=4, bias=False)"
