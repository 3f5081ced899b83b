"""The gather record against torch: thousands of settings, every fact that the picture teaches."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import conv2d
from cnnlab.explorers.convolving import convolution_record

MODES = ("zeros", "reflect", "replicate", "circular")
SETTINGS = list(product((1, 2, 3, 4, 5), (1, 2, 3, 4), (0, 1, 2, 4), (1, 2, 3), MODES))


def numbers(shape, seed=0):
    """Whole numbers without symmetry, exact in every order of summation."""
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(float)


def torch_conv(image, weight, bias, k, s, p, d, mode, groups=1):
    """Return torch's output and the gradient of its sum; None where torch refuses."""
    x = torch.tensor(image, requires_grad=True)
    n = image.ndim - 1
    layer = {1: F.conv1d, 2: F.conv2d}[n]
    try:
        padded, p = (x, p) if mode == "zeros" else (F.pad(x[None], [p] * 2 * n, mode=mode)[0], 0)
        out = layer(padded[None], torch.tensor(weight), bias, s, p, d, groups)[0]
    except RuntimeError:
        return None
    out.sum().backward()
    return out.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("size", [(7, 7), (5, 9)])
def test_every_setting_agrees_with_torch_and_refuses_what_torch_refuses(size):
    image = numbers((1, *size))
    refused = 0
    for k, s, p, d, mode in SETTINGS:
        weight = numbers((1, 1, k, k), seed=k)
        truth = torch_conv(image, weight, None, k, s, p, d, mode)
        if truth is None:
            refused += 1
            with pytest.raises(ValueError, match=r"spans|padding"):
                convolution_record(image, weight, None, s, p, d, padding_mode=mode)
            continue
        record = convolution_record(image, weight, None, s, p, d, padding_mode=mode)
        table = record.table
        joined = np.add.reduceat(record.flat("input")[table.cell] * table.weight, table.ptr[:-1])
        assert np.array_equal(joined, truth[0].ravel())
        assert np.array_equal(record.flat("output"), truth[0].ravel())
        assert np.array_equal(record.gradient()[0], truth[1][0])
    assert refused >= 80


def test_never_read_cells_are_those_without_a_gradient():
    image = numbers((1, 7, 8))
    for k, s, p, d, mode in SETTINGS:
        weight = np.ones((1, 1, k, k))
        truth = torch_conv(image, weight, None, k, s, p, d, mode)
        if truth is not None:
            record = convolution_record(image, weight, None, s, p, d, padding_mode=mode)
            assert np.array_equal(record.never_read()[0], truth[1][0] == 0), (k, s, p, d, mode)


def test_the_table_is_a_column_of_torchs_jacobian():
    image, weight = numbers((1, 5, 6)), numbers((1, 1, 3, 3), 1)
    record = convolution_record(image, weight, None, 2, 1, 1, padding_mode="circular")
    x = torch.tensor(image, requires_grad=True)
    out = F.conv2d(F.pad(x[None], [1] * 4, mode="circular"), torch.tensor(weight), stride=2)
    for place in range(record.count):
        grad = torch.autograd.grad(out.flatten()[place], x, retain_graph=True)[0][0].numpy()
        cell, _, taken = record.gathered(place)
        own = np.zeros(image.size)
        np.add.at(own, record.of("input")[0].source.ravel()[cell], taken)
        assert np.array_equal(own.reshape(grad.shape), grad)


@pytest.mark.parametrize(("channels", "filters", "groups"), [(3, 2, 1), (4, 8, 4), (6, 6, 3)])
@pytest.mark.parametrize("n", [1, 2])
def test_channels_and_groups(channels, filters, groups, n):
    image = numbers((channels, 7, 6)[: n + 1])
    weight = numbers((filters, channels // groups, 3, 2)[: n + 2], 1)
    bias = numbers(filters, 2)
    record = convolution_record(image, weight, bias, 1, 1, 2, groups)
    truth, grad = torch_conv(image, weight, torch.tensor(bias), 3, 1, 1, 2, "zeros", groups)
    assert np.array_equal(record.flat("output"), truth.ravel())
    table = record.table
    joined = np.add.reduceat(record.flat("input")[table.cell] * table.weight, table.ptr[:-1])
    places = truth[0].size
    assert np.array_equal(joined + np.repeat(bias, places), truth.ravel())
    assert np.array_equal(np.ravel(record.gradient()), grad.ravel())


@pytest.mark.parametrize("mode", MODES)
def test_what_is_drawn_around_the_picture_is_torchs_padding(mode):
    image = numbers((1, 4, 5))
    record = convolution_record(image, np.ones((1, 1, 1, 1)), None, 1, (2, 3), 1, padding_mode=mode)
    torchs = "constant" if mode == "zeros" else mode
    truth = F.pad(torch.tensor(image)[None], (3, 3, 2, 2), mode=torchs)[0, 0].numpy()
    panel = record.of("input")[0]
    assert np.array_equal(panel.drawn, truth)
    assert panel.edge == (2, 3)
    assert (panel.source < 0).any() == (mode == "zeros")


def test_the_output_is_what_conv2d_says_and_an_even_same_is_padded_after():
    image, weight = numbers((1, 6, 6)), numbers((1, 1, 4, 4), 1)
    record = convolution_record(image, weight, None, 1, "same")
    assert record.of("input")[0].edge == (1, 1)
    assert record.of("input")[0].drawn.shape == (9, 9)
    assert np.array_equal(record.of("output")[0].drawn, conv2d(image, weight, padding="same")[0])


def test_taps_name_kernel_cells():
    weight = numbers((2, 2, 2, 3), 1)
    record = convolution_record(numbers((2, 5, 5)), weight)
    for place in (0, 7, record.count - 1):
        _, tap, taken = record.gathered(place)
        assert np.array_equal(weight.ravel()[tap], taken)


def test_the_message_is_small_and_counts_no_cell_twice():
    record = convolution_record(numbers((1, 7, 7)), numbers((1, 1, 3, 3)), None, 1, 1)
    message = record.message()
    assert message["panels"][0]["values"] == record.of("input")[0].values.ravel().tolist()
    assert [len(rows) for rows in message["blocks"][0]["rows"]] == [3] * 7


def test_many_values_travel_as_bytes():
    image = np.random.default_rng(0).normal(size=(1, 30, 30))
    sent = convolution_record(image, np.ones((1, 1, 3, 3))).message()["panels"][0]["values"]
    assert np.array_equal(np.frombuffer(sent, "<f8").reshape(30, 30), image[0])


def test_arguments_are_checked_where_all_operators_check_them():
    with pytest.raises(ValueError, match="stride must be an int or 2 ints, each at least 1"):
        convolution_record(numbers((1, 7, 7)), numbers((1, 1, 3, 3)), None, 0)
    with pytest.raises(ValueError, match="reflect"):
        convolution_record(numbers((1, 3, 3)), np.ones((1, 1, 1, 1)), None, 1, 3, 1, 1, "reflect")
