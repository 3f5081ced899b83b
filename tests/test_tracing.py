"""The tracer against published totals, torch's own counter, and the gradient's own field."""

import re
import sys
import types

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnnlab
from cnnlab import architectures
from cnnlab.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    DepthwiseConv2d,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    PReLU,
    SeparableConv2d,
    SpatialPyramidPool,
)
from cnnlab.network import Concatenate, Sequential, to_torch
from cnnlab.trace_fields import seen
from cnnlab.tracing import trace

PICTURE = (3, 224, 224)
# name, input, parameters, multiply-adds, as published:
# - LeNet-5 with full connections, 61,706: by layers below, from the paper's own counts;
# - AlexNet, VGG-16, ResNets: num_params and GFLOPS of the weights on torchvision's model pages;
# - MobileNet v1: Howard et al. 2017, table 8, 4.2 million parameters, 569 million multiply-adds.
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


def test_lenets_layers_are_those_of_the_paper():
    """LeCun et al. 1998, section II.B: C1 has 156 trainable parameters and 122,304 connections (one
    a weight, and one a bias, at each place), C5 has 48,120, F6 has 10,164."""
    rows = trace(architectures.lenet5(), (1, 32, 32)).rows
    first, maps, dense = rows[0], rows[7], rows[9]
    assert (first.parameters, first.macs + 6 * 28 * 28) == (156, 122_304)
    assert (maps.parameters, dense.parameters) == (48_120, 10_164)


def resnet50_of(block, stride_at_first):
    """ResNet-50 whose stages of 3, 4, 6, 3 blocks stride at their first block, or at their last."""
    layers, channels = [Conv2d(3, 64, 7, 2, 3, bias=False), MaxPool2d(3, 2, 1)], 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        width = 64 * 2**stage
        for number in range(depth):
            at, stages = (0, (1, 2, 3)) if stride_at_first else (depth - 1, (0, 1, 2))
            stride = 2 if number == at and stage in stages else 1
            shortcut = [MaxPool2d(1, stride)]
            if channels != 4 * width:
                shortcut = [Conv2d(channels, 4 * width, 1, stride, bias=False)]
            layers.append((block(channels, width, stride), shortcut))
            channels = 4 * width
    return layers


def test_resnet50_as_its_paper_has_it_costs_what_the_paper_says():
    """He et al. 2016, table 1: 3.8e9 multiply-adds, the stride at a block's first 1x1."""

    def first_strides(channels, width, stride):
        sizes = ((channels, width, 1, stride), (width, width, 3, 1), (width, 4 * width, 1, 1))
        return [Conv2d(a, b, k, s, k // 2, bias=False) for a, b, k, s in sizes]

    table = trace([*resnet50_of(first_strides, True), AdaptiveAvgPool2d(1), Flatten()], PICTURE)
    assert table.macs == pytest.approx(3.8e9, rel=0.02)
    assert table.output_shape == (2048,)


# Field, jump and effective padding of each end point in the table that Araujo, Norris and Sim 2019
# (Distill) keep at github.com/google-research/receptive_field, RECEPTIVE_FIELD_TABLE.md. At a width
# of 321 its 'SAME' padding is symmetric, as torch's padding=1 is.
VGG16 = [
    (3, 1, 1), (6, 2, 2), (10, 2, 4), (16, 4, 6), (24, 4, 10), (32, 4, 14), (44, 8, 18),
    (60, 8, 26), (76, 8, 34), (100, 16, 42), (132, 16, 58), (164, 16, 74), (212, 32, 90),
]  # fmt: skip
ALEXNET = [
    (11, 4, 0), (19, 8, 0), (51, 8, 16), (99, 16, 32), (131, 16, 48), (163, 16, 64), (195, 32, 64)
]  # fmt: skip
MOBILENET = [
    (3, 2, 1), (7, 2, 3), (11, 4, 5), (19, 4, 9), (27, 8, 13), (43, 8, 21), (59, 16, 29),
    (91, 16, 45), (123, 16, 61), (155, 16, 77), (187, 16, 93), (219, 16, 109), (251, 32, 125),
    (315, 32, 157),
]  # fmt: skip
RESNET50 = [(35, 8, 17), (99, 16, 49), (291, 32, 145), (483, 32, 241)]


def fields(layers, kinds, shape=PICTURE):
    """(size, jump, padding) behind each layer of these kinds, along the height."""
    rows = [row for row in trace(layers, shape) if row.layer.startswith(kinds)]
    return [(row.fields[0].size, row.fields[0].jump, row.fields[0].padding) for row in rows]


def test_receptive_fields_of_vgg16_are_the_published_ones():
    every = fields(architectures.vgg16(), ("Conv2d", "MaxPool2d"))
    assert len(every) == 18
    # The table has each pool, and of each stage's convolutions the first one or two.
    assert [field for field in every if field in VGG16] == VGG16


def test_receptive_fields_of_alexnet_are_the_published_ones():
    every = fields(architectures.alexnet(), ("Conv2d", "MaxPool2d"))
    kept = [every[i] for i in (0, 1, 2, 4, 5, 6, 7)]
    # The table's AlexNet does not pad its first convolution; torchvision's pads it by 2.
    assert [(size, jump, padding - 2) for size, jump, padding in kept] == ALEXNET


def test_receptive_fields_of_mobilenet_are_the_published_ones():
    every = fields(architectures.mobilenet_v1(), "Conv2d", (3, 321, 321))
    assert every[::2] == MOBILENET


def test_receptive_fields_of_resnet50_are_the_published_ones():
    """The table's ResNet-50 strides in a stage's last block."""
    blocks = fields(resnet50_of(architectures._bottleneck, False), "add", (3, 321, 321))
    assert [blocks[i] for i in (2, 6, 12, 15)] == RESNET50


def test_receptive_fields_of_torchvisions_resnets_by_hand():
    """Stride in a stage's first block: a stem of 11 cells with jump 4, then 3x3s.

    ResNet-18, four 3x3 a stage: 11 + 4*8 + (8 + 3*16) + (16 + 3*32) + (32 + 3*64) = 435.
    ResNet-50, one 3x3 a block: 11 + 3*8 + (8 + 3*16) + (16 + 5*32) + (32 + 2*64) = 427.
    """
    assert fields(architectures.resnet18(), "add")[-1][:2] == (435, 32)
    assert fields(architectures.resnet50(), "add")[-1][:2] == (427, 32)


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


def reaches(layers, shape):
    """Return the first and the last row of the input on which each row of outputs depends."""
    model = to_torch(layers).double()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1.0)
    x = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    output = model(x)
    rows = output[0].sum((0, 2)) if output.ndim == 4 else output[0, :1]
    grads = [torch.autograd.grad(row, x, retain_graph=True)[0].sum((0, 1, 3)) for row in rows]
    return [(grad.nonzero().min().item(), grad.nonzero().max().item()) for grad in grads]


UNEVEN = [
    ([AdaptiveAvgPool2d(3), Conv2d(2, 3, 3)], (2, 7, 7), 7),
    ([AdaptiveAvgPool2d(6), Flatten(), Linear(72, 4)], (2, 7, 7), 7),
    ([AdaptiveAvgPool2d(7), Conv2d(1, 1, 3)], (1, 3, 3), 3),
    ([AdaptiveAvgPool2d(7), Conv2d(1, 1, 3, padding=1)], (1, 3, 3), 3),
    ([AdaptiveAvgPool2d(5), Conv2d(1, 1, 3, 2, padding=1), Conv2d(1, 1, 2)], (1, 13, 13), 11),
    ([AdaptiveAvgPool2d(8), Conv2d(1, 1, 3, padding=1, dilation=2)], (1, 19, 19), 13),
    ([AdaptiveAvgPool2d(5), Conv2d(1, 1, 1, padding=1), Conv2d(1, 1, 2)], (1, 13, 13), 6),
    ([Conv2d(1, 1, 3, 2), AdaptiveAvgPool2d(5), AvgPool2d(2, ceil_mode=True)], (1, 29, 29), 15),
    ([AdaptiveAvgPool2d(5), AdaptiveAvgPool2d(2)], (1, 13, 13), 8),
    ([AdaptiveAvgPool2d(1), AdaptiveAvgPool2d(4), Conv2d(1, 1, 3)], (1, 6, 6), 6),
    (
        [AdaptiveAvgPool2d(5), Conv2d(1, 1, 3, padding=1, padding_mode="circular")],
        (1, 13, 13), 13,
    ),
    ([([AdaptiveAvgPool2d(5)], [Conv2d(1, 1, 2, 3)]), Conv2d(1, 1, 2)], (1, 14, 14), 7),
    ([SpatialPyramidPool((2, 4), "avg"), Linear(40, 3)], (2, 8, 8), 8),
    (
        [Conv2d(1, 1, 3), SpatialPyramidPool((2,), "avg"), ([Linear(4, 4)], []), Linear(4, 3)],
        (1, 9, 9), 9,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "shape", "size"), UNEVEN)
def test_fields_behind_uneven_bins_are_where_the_gradient_reaches(layers, shape, size):
    table, measured = trace(layers, shape), reaches(layers, shape)
    assert table.receptive_field == size == max(last - first + 1 for first, last in measured)
    assert table.rows[-1].fields[0].start == sum(measured[0]) / 2
    assert len(table.rows[-1].fields) == 2


def stack_at_random(rng):
    """A few windows and bins one after another, without padding, and the size of an input."""
    draw = lambda most: int(rng.integers(1, most + 1))  # noqa: E731
    kinds = [
        lambda: AdaptiveAvgPool2d(draw(9)),
        lambda: Conv2d(1, 1, draw(3), draw(2), 0, draw(2)),
        lambda: AvgPool2d(draw(3)),
        lambda: ([AdaptiveAvgPool2d(4)], [AdaptiveAvgPool2d(6), Conv2d(1, 1, 3)]),
    ]
    return [kinds[rng.integers(4)]() for _ in range(draw(4))], 17 + draw(8)


@pytest.mark.parametrize("seed", range(40))
def test_every_place_sees_what_the_gradient_reaches(seed):
    layers, n = stack_at_random(np.random.default_rng(seed))
    while (table := trace(layers, (1, n, n))).error:
        layers.pop()
    field, places = table.rows[-1].fields[0], range(table.output_shape[1])
    ours = [seen(field, place, place + 1) for place in places]
    assert ours == [(first, last + 1) for first, last in reaches(layers, (1, n, n))]


def test_a_dense_row_behind_uneven_bins_counts_the_padding_as_everywhere():
    """AlexNet at 256: seven places with fields of 195 cells, 32 apart, are 195 + 6 * 32 = 387."""
    rows = trace(architectures.alexnet(), (3, 256, 256)).rows
    dense = [row.fields[0] for row in rows if row.layer.startswith("Linear")]
    assert [(field.size, field.jump, field.padding) for field in dense] == [(387, None, 66)] * 3


LATER = Conv2d(1, 1, 2, padding="same")  # pads at the end


@pytest.mark.parametrize(
    ("branches", "size", "jump"),
    [
        (([LATER] * 2, [Conv2d(1, 1, 2, padding=1), Conv2d(1, 1, 2)]), 4, 1),
        (([Conv2d(1, 1, 5, padding=2)], [Conv2d(1, 1, 3, padding=1)]), 5, 1),
        (([Conv2d(1, 1, 2, 2)], [MaxPool2d(2)]), 2, 2),
    ],
)  # fmt: skip
def test_where_branches_meet_the_field_is_all_that_one_of_them_sees(branches, size, jump):
    field = trace([branches], (1, 8, 8)).rows[-1].fields[0]
    assert (field.size, field.jump) == (size, jump)


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


def test_a_shape_with_its_batch_axis_is_told_that_one_picture_is_asked():
    table = trace([Conv2d(3, 8, 3)], (1, 3, 8, 8))
    assert "the layer before gives 1x3x8x8, a batch axis too many?" in table.error


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([Conv2d(3, 8, 3), Conv2d(3, 8, 3)], "Conv2d expects 3 channels, the layer before gives 8"),
        ([Conv2d(3, 8, 3), Linear(8, 2)], "a Flatten is missing"),
        (
            [Flatten(), Conv2d(3, 8, 3)],
            "Conv2d expects maps, CxHxW; the layer before gives a row of 192",
        ),
        ([nn.Conv3d(3, 8, 3)], "Conv3d expects maps, CxDxHxW; the layer before gives 3x8x8"),
        ([nn.Conv1d(3, 8, 3)], "Conv1d expects maps, CxL; the layer before gives 3x8x8"),
        ([SeparableConv2d(4, 8, 3)], "SeparableConv2d expects 4 channels"),
        ([DepthwiseConv2d(4, 3)], "DepthwiseConv2d expects 4 channels"),
        ([nn.Flatten(2)], "Flatten must lay all axes but the batch in a row"),
        ([Conv2d(3, 8, 3), MaxPool2d(4), Flatten(), Linear(9, 1)], r"\(6 - 4\)//4 \+ 1 = 1"),
        (
            [MaxPool2d(3, 2, ceil_mode=True), Flatten(), Linear(9, 1)],
            r"ceil\(\(8 - 3\)/2\) \+ 1 = 4",
        ),
        ([Conv2d(3, 8, 9)], "spans 9 cells"),
        ([nn.BatchNorm2d(4)], "BatchNorm2d expects 4 channels"),
        ([([Conv2d(3, 8, 3)], [])], "the branches' outputs don't fit together: 8x6x6 and 3x8x8"),
        ([MaxPool2d(2, padding=2)], r"padding must be at most half of kernel_size=\(2, 2\)"),
        ([nn.AvgPool2d(2, padding=2)], r"padding must be at most half of kernel_size=\(2, 2\)"),
        ([Conv2d(3, 3, 3, padding=8, padding_mode="reflect")], "padding must be at most 7 for"),
        ([nn.Conv2d(3, 3, 3, padding=9, padding_mode="circular")], "padding must be at most 8 for"),
        ([PReLU(8)], r"PReLU expects 8 channels, the layer before gives 3 \(3x8x8\)"),
        ([nn.PReLU(2)], "PReLU expects 2 channels"),
        ([nn.GroupNorm(2, 8)], "GroupNorm expects 8 channels"),
        ([nn.LayerNorm(5)], "LayerNorm expects last axes of 5; the layer before: 3x8x8"),
        ([AdaptiveAvgPool2d((0, 2))], "AdaptiveAvgPool2d makes no cells; got output_size=0x2"),
        ([SpatialPyramidPool((2, 4)), Linear(59, 1)], "the layer before gives 3x20 = 60"),
        ([Flatten(), Linear(192, 5), Linear(4, 1)], r"the layer before gives 5\.?$"),
    ],
)
def test_every_misfit_has_its_sentence(layers, sentence):
    table = trace(layers, (3, 8, 8))
    assert table.output_shape is None
    assert re.search(sentence, table.error)


def test_norms_and_slopes_that_fit_are_passed():
    layers = [nn.PReLU(8), nn.PReLU(), nn.GroupNorm(2, 8), nn.LayerNorm(5), nn.LayerNorm((6, 5))]
    assert trace(layers, (8, 6, 5)).output_shape == (8, 6, 5)


def test_a_layers_own_class_may_have_any_name():
    class Fixed8(nn.Conv2d):
        """Its number is no number of axes."""

    class Signal2(nn.BatchNorm1d):
        pass

    table = trace([Fixed8(2, 3, 3)], (2, 9, 9))
    assert (table.output_shape, table[0].layer) == ((3, 7, 7), "Fixed8(2 -> 3, 3)")
    assert (
        trace([Signal2(4)], (4,)).output_shape
        == trace([Signal2(4), Flatten()], (4, 1))[0].shape[:1]
    )
    assert trace([Signal2(4)], (4, 9)).output_shape == (4, 9)


@pytest.mark.parametrize("kind", [nn.Sequential, Sequential])
def test_a_row_of_layers_with_its_own_forward_is_refused(kind):
    class Reversed(kind):
        def forward(self, input):
            return input

    with pytest.raises(TypeError, match=r"a forward of its own.*parts of Reversed as a list"):
        trace([Reversed()], (3, 8, 8))


def test_what_is_used_twice_costs_twice_and_is_learned_once():
    twice = nn.Conv2d(2, 2, 3, padding=1)
    table = trace(nn.Sequential(twice, nn.ReLU(), twice), (2, 9, 9))
    assert (table.parameters, table.macs) == (38, 2 * 36 * 81)
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    tied = nn.Sequential(first, second)
    assert trace(tied, (4,)).parameters == sum(p.numel() for p in tied.parameters()) == 24
    ours = Conv2d(2, 2, 3, padding=1)
    assert trace([ours, ours], (2, 9, 9))["parameters"] == [38, 0]


def test_branches_are_added_or_stacked():
    block = ([Conv2d(4, 4, 3, padding=1)], [])
    assert trace([block], (4, 9, 9)).output_shape == (4, 9, 9)
    inception = Concatenate([Conv2d(4, 2, 1)], [Conv2d(4, 3, 5, padding=2)], [AvgPool2d(3, 1, 1)])
    table = trace([inception, Conv2d(9, 1, 1)], (4, 9, 9))
    assert table.output_shape == (1, 9, 9)
    assert table.receptive_field == 5


def test_torchs_modules_and_what_to_torch_composed_are_followed_too():
    class Block(nn.Sequential):
        """As many write their own blocks."""

    block = Block(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())
    table = trace([([block], []), nn.Dropout2d(), nn.PReLU(4)], (4, 9, 9))
    assert (table.output_shape, table.parameters) == ((4, 9, 9), 4 * 4 * 9 + 4 + 4)
    ours = Sequential(
        ([DepthwiseConv2d(4, 3, padding=1)], []), Concatenate([Conv2d(4, 2, 1)], [Identity()]),
        SpatialPyramidPool((1, 2)), Linear(30, 5),
    )  # fmt: skip
    for network in (ours, to_torch(ours)):
        table = trace(network, (4, 9, 9))
        assert (table.output_shape, table.parameters) == ((5,), 40 + 10 + 155)
        assert table.macs == 4 * 81 * 9 + 4 * 2 * 81 + 150


def test_a_linear_layer_works_along_the_last_axis_as_torchs_does():
    layers = [nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 2)]
    table = trace(layers, (3, 8))
    assert table.output_shape == tuple(nn.Sequential(*layers)(torch.zeros(1, 3, 8)).shape[1:])
    assert table.macs == 3 * (40 + 10)


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


def test_an_axis_without_a_jump_keeps_its_place_in_the_table():
    table = trace([AdaptiveAvgPool2d((3, 2))], (1, 8, 8))
    assert table["jump"] == [(None, 4)]
    assert repr(table).splitlines()[2].split()[-4:] == ["4", "-x4", "1x1.5", "0"]


def test_the_misfits_sentence_stands_in_its_row():
    table = trace([Conv2d(3, 6, 5), Flatten(), Linear(400, 10)], (3, 32, 32))
    row = table._repr_html_().split("<tr")[-1]
    assert "Linear(400 -&gt; 10)" in row
    assert f"{table.error}." in row


def test_a_frame_where_pandas_is_there(monkeypatch):
    """pandas is not among the course's packages; a stand-in notes what it is given."""
    given = {}
    stand_in = types.SimpleNamespace(DataFrame=lambda data, index: given.update(data, index=index))
    monkeypatch.setitem(sys.modules, "pandas", stand_in)
    table = trace([([Conv2d(2, 2, 3, padding=1)], []), Flatten()], (2, 4, 4))
    table.to_pandas()
    assert given.pop("index") == ["1.1.1", "1", "2"]
    assert tuple(given) == table.columns
    assert given["output"] == [(2, 4, 4), (2, 4, 4), (32,)]


def test_unknown_layers_and_shapes_are_refused():
    with pytest.raises(TypeError, match=r"layers may hold .*; got LSTM"):
        trace([nn.LSTM(3, 3)], (3, 8, 8))
    with pytest.raises(ValueError, match="input_shape must be"):
        trace([], (3, 0, 8))
    with pytest.raises(ValueError, match="at least one branch"):
        trace([()], (3, 8, 8))
    for shape in (3, None, (), "abc"):
        with pytest.raises(TypeError, match="input_shape must be the shape of one picture"):
            trace([], shape)
