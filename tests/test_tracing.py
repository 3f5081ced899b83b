"""The tracer against published totals, torch's own counter, and the gradient's own field."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnnlab
from cnnlab import architectures
from cnnlab.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, SeparableConv2d
from cnnlab.network import Concatenate, to_torch
from cnnlab.tracing import trace

PICTURE = (3, 224, 224)
# name, input, parameters, multiply-adds. Parameters and MACs as torchvision's model pages give them
# (in millions and GFLOPS), exact by PyTorch's counter below; MobileNet by its paper, table 8:
# 4.2 million parameters, 569 million multiply-adds. LeNet-5 with full connections: 61,706.
PUBLISHED = [
    ("lenet5", (1, 32, 32), 61_706, None),
    ("alexnet", PICTURE, 61_100_840, 0.71e9),
    ("vgg16", PICTURE, 138_357_544, 15.47e9),
    ("resnet18", PICTURE, 11_689_512, 1.81e9),
    ("resnet50", PICTURE, 25_557_032, 4.09e9),
    ("mobilenet_v1", PICTURE, 4.2e6, 569e6),
]


@pytest.mark.parametrize(("name", "shape", "parameters", "macs"), PUBLISHED)
def test_totals_are_the_published_ones(name, shape, parameters, macs):
    table = trace(getattr(architectures, name)(), shape)
    if isinstance(parameters, int):
        assert table.parameters == parameters
    else:
        assert table.parameters == pytest.approx(parameters, rel=0.01)
    if macs is not None:
        assert table.macs == pytest.approx(macs, rel=0.007)


@pytest.mark.parametrize(("name", "shape"), [row[:2] for row in PUBLISHED])
def test_torchs_own_counter_agrees_exactly(name, shape):
    layers = getattr(architectures, name)()
    with torch.device("meta"):
        model, counter = to_torch(layers, weights=False), FlopCounterMode(display=False)
        with counter:
            output = model(torch.zeros(2, *shape))
    table = trace(layers, shape)
    assert 2 * table.macs == counter.get_total_flops() / 2  # two pictures, two flops a MAC
    assert table.parameters == sum(p.numel() for p in model.parameters())
    assert table.output_shape == tuple(output.shape[1:])


# Araujo, Norris and Sim 2019, Distill, table 1: field, jump and padding behind the last convolution
# or pool. ResNet-50 is 483 there, where a stage's last block strides; torchvision's first block
# does, which gives 427 by hand: 35 + 8 + 3 * 16 + 16 + 5 * 32 + 32 + 2 * 64.
FIELDS = [("alexnet", 195, 32), ("vgg16", 212, 32), ("resnet18", 435, 32), ("resnet50", 427, 32)]


@pytest.mark.parametrize(("name", "field", "jump"), FIELDS)
def test_receptive_fields_are_the_published_ones(name, field, jump):
    kinds = ("Conv2d", "MaxPool2d", "add")
    rows = [r for r in trace(getattr(architectures, name)(), PICTURE) if r.layer.startswith(kinds)]
    assert (rows[-1].fields[0].size, rows[-1].fields[0].jump) == (field, jump)


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv2d(1, 2, 3), nn.Conv2d(2, 1, 3)],
        [nn.Conv2d(1, 1, 5, stride=2, padding=2), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3, dilation=2)],
        [nn.AvgPool2d(3, stride=1), nn.Conv2d(1, 1, (3, 1), stride=(1, 2))],
    ],
    ids=["two 3x3", "stride, pool and dilation", "not square"],
)
def test_the_field_is_where_the_gradient_reaches(layers):
    """The cells of the input on which one output depends, found by torch's autograd."""
    model = nn.Sequential(*layers).double()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1.0)
    x = torch.arange(40.0 * 44, dtype=torch.float64).reshape(1, 1, 40, 44).requires_grad_()
    output = model(x)
    place = (output.shape[2] // 2, output.shape[3] // 2)
    output[0, 0, place[0], place[1]].backward()
    reached = np.argwhere(x.grad[0, 0].numpy())
    for axis, field in enumerate(trace(layers, (1, 40, 44))[-1].fields):
        first, last = reached[:, axis].min(), reached[:, axis].max()
        middle = field.start + place[axis] * field.jump
        # a max pool hands its gradient to one cell: the reach may fall short of the field
        assert middle - (field.size - 1) / 2 <= first
        assert last <= middle + (field.size - 1) / 2
        if not any(isinstance(layer, nn.MaxPool2d) for layer in layers):
            assert (first + last) / 2 == middle


def test_a_dense_row_sees_the_whole_picture():
    table = trace([Conv2d(1, 2, 3), MaxPool2d(2), Flatten(), Linear(2 * 7 * 7, 5)], (1, 16, 16))
    assert table.receptive_field == 16
    assert table["jump"][-1] is None


def test_layers_that_do_not_fit_are_shown_in_place_with_the_reason():
    table = trace([Conv2d(3, 16, 5), MaxPool2d(2), Flatten(), Linear(400, 10)], (3, 32, 32))
    assert table.output_shape is None
    assert table.error.startswith(
        "Linear expects 400 values, the layer before gives 16x14x14 = 3136. "
        "Along the first axis: (32 - 5) + 1 = 28, (28 - 2)/2 + 1 = 14"
    )
    assert "does not fit" in repr(table)
    assert table.error in repr(table)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([Conv2d(3, 8, 3), Conv2d(3, 8, 3)], "Conv2d expects 3 channels, the layer before gives 8"),
        ([Conv2d(3, 8, 3), Linear(8, 2)], "a Flatten is missing"),
        ([Flatten(), Conv2d(3, 8, 3)], "Conv2d expects maps|Conv2d expects 3 channels"),
        ([Conv2d(3, 8, 9)], "spans 9 cells"),
        ([nn.BatchNorm2d(4)], "BatchNorm2d expects 4 channels"),
        ([([Conv2d(3, 8, 3)], [])], "the branches' outputs don't fit together: 8x6x6 and 3x8x8"),
    ],
)
def test_every_misfit_has_its_sentence(layers, sentence):
    table = trace(layers, (3, 8, 8))
    assert table.output_shape is None
    assert re.search(sentence, table.error)


def test_branches_are_added_or_stacked():
    block = ([Conv2d(4, 4, 3, padding=1)], [])
    assert trace([block], (4, 9, 9)).output_shape == (4, 9, 9)
    inception = Concatenate([Conv2d(4, 2, 1)], [Conv2d(4, 3, 5, padding=2)], [AvgPool2d(3, 1, 1)])
    table = trace([inception, Conv2d(9, 1, 1)], (4, 9, 9))
    assert table.output_shape == (1, 9, 9)
    assert table.receptive_field == 5


def test_separable_costs_what_its_two_parts_cost():
    whole = trace([SeparableConv2d(12, 64, 3, padding=1, bias=False)], (12, 24, 24))
    parts = [Conv2d(12, 12, 3, padding=1, groups=12, bias=False), Conv2d(12, 64, 1, bias=False)]
    assert (whole.parameters, whole.macs) == (876, 876 * 24 * 24)
    assert (trace(parts, (12, 24, 24)).parameters, trace(parts, (12, 24, 24)).macs) == (
        whole.parameters,
        whole.macs,
    )


def test_columns_rows_and_notebook_table():
    table = cnnlab.trace(architectures.lenet5(), (1, 32, 32))
    assert table["parameters"][0] == 156
    assert table[0].shape == (6, 28, 28)
    assert len(list(table)) == len(table) == 12
    assert "<td" in table._repr_html_()
    with pytest.raises(KeyError, match="the columns are layer"):
        table["weights"]


def test_unknown_layers_and_shapes_are_refused():
    with pytest.raises(TypeError, match=r"layers may hold .*; got LSTM"):
        trace([nn.LSTM(3, 3)], (3, 8, 8))
    with pytest.raises(ValueError, match="input_shape must be"):
        trace([], (3, 0, 8))
