"""The receptive field explorer without a browser, against torch's gradient and published fields."""

import json
import random
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
from torch import nn

from cnnlab import architectures, explorers, trace
from cnnlab.explorers.field_parts import PRESETS, Window, sizes, windows
from cnnlab.explorers.field_still import reached
from cnnlab.layers import Conv2d, MaxPool2d, ReLU
from cnnlab.network import Sequential


def built(e):
    names = {}
    exec(e.torch_code(), names)
    return names["gradient"].numpy()


def stacks(many=25):
    """Return stacks at random, always the same ones."""
    rng, found = random.Random(8), []
    while len(found) < many:
        layers = [
            (rng.randint(1, 4), rng.randint(1, 3), rng.randint(0, 2), rng.randint(1, 3))
            for _ in range(rng.randint(1, 4))
        ]
        if all(2 * p <= d * (k - 1) + 1 for k, _, p, d in layers):
            found.append(layers)
    return found


@pytest.mark.parametrize("layers", stacks(), ids=str)
def test_the_gradient_is_torchs_and_the_holes_are_its_zeros(layers):
    e = explorers.receptive_field(layers, outputs=3)
    for place in range(e.record.count):
        e.cursor = place
        wanted = built(e)
        assert np.allclose(np.outer(e.gradient, e.gradient), wanted, rtol=1e-12, atol=0)
        levels = reached(e.layers, e.record.extra["cells"], e.cursor)
        assert levels[0] == np.flatnonzero(wanted.any(axis=0)).tolist()
        field = e.fields[-1]
        span = np.arange(field.size) + e.cursor * field.jump - field.padding
        real = span[(span >= 0) & (span < len(wanted))]
        assert set(levels[0]) | set(e.holes) == set(real.tolist())
        assert not set(levels[0]) & set(e.holes)


@pytest.mark.parametrize("preset", [name for name in PRESETS if "Net" not in name])
def test_every_preset_has_torchs_gradient(preset):
    e = explorers.receptive_field(preset=preset, outputs=3)
    assert np.allclose(np.outer(e.gradient, e.gradient), built(e), rtol=1e-10, atol=0)


def test_published_fields():
    # Araujo, Norris and Sim 2019: AlexNet 195, VGG-16 212, both with jump 32.
    alexnet = explorers.receptive_field(preset="AlexNet")
    vgg = explorers.receptive_field(architectures.vgg16()[:31], outputs=3)
    assert [(e.size, e.fields[-1].jump) for e in (alexnet, vgg)] == [(195, 32), (212, 32)]
    assert [e.fields[-1].padding for e in (alexnet, vgg)] == [66, 90]


def test_the_rows_are_the_tracers():
    layers = architectures.vgg16()[:17]
    table = trace(layers, (3, 224, 224))
    rows = explorers.receptive_field(layers).record.extra["rows"]
    windowed = [row for row in table if "ReLU" not in row.layer]
    assert [r["size"] for r in rows] == [row.fields[0].size for row in windowed]
    assert [r["start"] for r in rows] == [row.fields[0].start for row in windowed]


def test_equal_dilations_leave_holes_and_growing_ones_do_not():
    equal = explorers.receptive_field([(3, 1, 0, 2)] * 3)
    growing = explorers.receptive_field([(3, 1, 0, d) for d in (1, 2, 3)])
    assert equal.size == growing.size == 13
    assert len(equal.holes) == 6
    assert len(growing.holes) == 0
    assert np.count_nonzero(equal.gradient) == 7
    assert "6 lie in holes" in equal.record.notes[0]
    assert "holes" not in growing.record.notes[0]


def test_layers_of_cnnlab_and_torch_and_tuples_say_the_same():
    ours = Sequential(Conv2d(1, 4, 3, stride=2, padding=1), ReLU(), MaxPool2d(2))
    theirs = [torch.nn.Conv2d(1, 4, 3, 2, 1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    wanted = (Window(3, 2, 1), Window(2, 2, 0, 1, "pool"))
    assert windows(ours) == windows(theirs) == wanted
    assert explorers.receptive_field(ours).layers == wanted


def test_python_and_the_page_change_the_layers():
    e = explorers.receptive_field(preset="three of 3×3")
    e.layers = [(5,), (2, 2)]
    assert (e.preset, e.size, e.record.extra["rows"][-1]["jump"]) == ("yours", 6, 2)
    e.edited(layers=[[3, 1, 0, 2, "conv"]])
    assert (e.layers, e.size) == ((Window(3, 1, 0, 2),), 5)
    e.edited(layers=[[0, 1, 0, 1, "conv"]])
    assert "layers[0] kernel_size must be at least 1" in e.error
    assert e.layers == (Window(3, 1, 0, 2),)
    e.preset = "AlexNet"
    assert (e.error, e.size) == ("", 195)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "layers must hold 1 to 24 windows; got 0"),
        ([(3,)] * 25, "layers must hold 1 to 24 windows; got 25"),
        ([(3, 0)], "stride must be at least 1"),
        ([(3, 1, -1)], "padding must be at least 0"),
        ([(99,)], "kernel_size must be at most 31; got 99"),
        ([()], "must be .kernel_size, stride, padding, dilation.; got"),
        ([Conv2d(1, 1, (3, 5))], "the same along both axes"),
        ([Conv2d(1, 1, 3, padding="same")], "the same along both axes"),
        ([(31, 31)] * 3, "outputs=5 needs 148955 input cells"),
    ],
)
def test_refusals_name_the_layer(layers, message):
    with pytest.raises(ValueError, match=message):
        explorers.receptive_field(layers)


def test_types_are_refused_too():
    with pytest.raises(TypeError, match=r"layers\[0\] kernel_size must be an int"):
        explorers.receptive_field([(3.0,)])
    with pytest.raises(ValueError, match="preset must be one of"):
        explorers.receptive_field(preset="LeNet")
    with pytest.raises(ValueError, match="cursor must be from 0 to 4"):
        explorers.receptive_field().cursor = 5
    with pytest.raises(ValueError, match="mode must be one of explore, predict"):
        explorers.receptive_field(mode="challenge")


def test_sizes_are_the_least_that_give_so_many_outputs():
    for layers in stacks():
        cells = sizes(windows(layers), 4)
        assert cells[-1] >= 4
        net = [torch.nn.Conv1d(1, 1, k, s, p, d) for k, s, p, d in layers]
        assert torch.nn.Sequential(*net)(torch.zeros(1, 1, cells[0])).shape[-1] == cells[-1]
        if cells[0] > 1:
            x = torch.zeros(1, 1, cells[0] - 1)
            try:
                fewer = torch.nn.Sequential(*net)(x).shape[-1]
            except RuntimeError:
                fewer = 0
            assert fewer < 4


@pytest.mark.parametrize("number", range(6))
def test_questions_have_one_right_answer_and_named_mistakes(number):
    e = explorers.receptive_field()
    settings, (width, reach) = e.pose(number)
    e.apply(settings)
    assert width.judge(str(e.size))[0]
    grad = e.gradient if e.cursor == 2 else None
    assert reach.judge(f"{np.count_nonzero(grad)}x{np.count_nonzero(grad)}")[0]
    for question in (width, reach):
        assert question.answer not in question.mistakes
        for wrong, why in question.mistakes.items():
            assert question.judge(wrong) == (
                False, f"{wrong} is not it: it is {question.answer}. {why}",
            )  # fmt: skip


def test_feedback_names_the_late_jump():
    _, (width, _) = explorers.receptive_field().pose(0)
    assert "the jump comes last" in width.judge("9")[1]
    assert "leaves the jump out" in width.judge("5x5")[1]


def test_the_bundle_has_a_fixed_sentence_and_a_picture():
    e = explorers.receptive_field()
    data = e._repr_mimebundle_()[0]
    said = "Receptive field explorer: 2 layers, input 15x15 -> field 7x7, jump 2"
    assert data["text/plain"] == repr(e) == said
    root = ElementTree.fromstring(e.to_svg("dark"))
    assert len(root.findall("{*}rect")) == 1 + 15 + 7 + 5
    assert json.loads(json.dumps(e.drawing))["cells"] == [15, 7, 5]


def test_networks_within_networks_are_gone_through():
    inner = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(), nn.Sequential(nn.Conv2d(1, 1, 3)))
    e = explorers.receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3), inner, nn.BatchNorm2d(1)))
    assert (e.size, len(e.layers)) == (7, 3)
    grad = torch.zeros(1, 1, 9, 9, requires_grad=True)
    torch.nn.Sequential(*[nn.Conv2d(1, 1, 3) for _ in range(3)])(grad)[0, 0, 1, 1].backward()
    assert int((grad.grad[0, 0].abs().sum(0) > 0).sum()) == e.size
    rows = explorers.receptive_field([nn.Conv2d(1, 1, 3), [nn.Conv2d(1, 1, 3), nn.MaxPool2d(2)]])
    assert [layer.kernel_size for layer in rows.layers] == [3, 3, 2]
    assert explorers.receptive_field(nn.Conv2d(1, 1, 3)).size == 3


@pytest.mark.parametrize(
    "layer",
    [nn.ConvTranspose2d(1, 1, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3),
     nn.Upsample(scale_factor=2), nn.ModuleList([nn.Conv2d(1, 1, 3)]), None],
)  # fmt: skip
def test_layers_without_a_window_that_mix_cells_are_refused(layer):
    with pytest.raises(TypeError, match="layers must be windows, or act on each cell for itself"):
        explorers.receptive_field([(3,), layer])


def test_what_is_no_network_is_refused_by_its_name():
    for given in (5, "abc", {1: 2}):
        with pytest.raises(TypeError, match="layers must be a list of layers or a network; got"):
            explorers.receptive_field(given)


def test_one_of_a_thing_has_no_s():
    e = explorers.receptive_field([(1,)], outputs=1)
    assert "Receptive field explorer: 1 layer, " in repr(e)
    assert "its field is 1 cell wide; 1 gets a gradient and 1 holds 90%" in e.record.notes[0]
