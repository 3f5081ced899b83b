"""The window, the padding and their adjoints, against torch and by hand."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from cnnlab import sliding


@given(
    st.integers(1, 30), st.integers(1, 6), st.integers(1, 5), st.integers(0, 4), st.integers(1, 4)
)
def test_output_size_is_torchs_or_refused_as_torch_does(n, k, s, p, d):
    signal, kernel = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
    try:
        expected = F.conv1d(signal, kernel, stride=s, padding=p, dilation=d).shape[-1]
    except RuntimeError:
        with pytest.raises(ValueError, match=r"kernel_size=.* spans"):
            sliding.output_size(n, k, s, p, d)
    else:
        assert sliding.output_size(n, k, s, p, d) == expected


@given(
    st.integers(1, 30), st.integers(1, 6), st.integers(1, 7), st.integers(0, 3), st.integers(1, 3)
)
def test_output_size_with_ceil_mode_is_torchs(n, k, s, p, d):
    p = min(p, k // 2)
    try:
        expected = F.max_pool1d(torch.zeros(1, n), k, s, p, d, ceil_mode=True).shape[-1]
    except RuntimeError:
        with pytest.raises(ValueError, match=r"kernel_size=.* spans"):
            sliding.output_size(n, k, s, p, d, ceil_mode=True)
    else:
        assert sliding.output_size(n, k, s, p, d, ceil_mode=True) == expected


@pytest.mark.parametrize(
    ("given_n", "kernel", "stride", "padding", "size"),
    [(227, 11, 4, 0, 55), (224, 11, 4, 2, 55), (32, 5, 1, 0, 28), (7, 3, 2, (0, 1), 3)],
)
def test_output_size_of_known_layers(given_n, kernel, stride, padding, size):
    assert sliding.output_size(given_n, kernel, stride, padding) == size


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((-1, 1), "n"), ((5, 0), "kernel_size"), ((5, 1, 0), "stride"), ((5, 1, 1, -1), "padding")],
)
def test_output_size_names_the_wrong_argument(arguments, name):
    with pytest.raises(ValueError, match=rf"^{name} must be"):
        sliding.output_size(*arguments)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(6))
def test_pad_copies_what_torch_copies_or_is_refused(mode, before, after):
    signal = np.arange(1.0, 5.0)
    try:
        expected = F.pad(torch.from_numpy(signal)[None], (before, after), mode=mode)[0].numpy()
    except RuntimeError:
        with pytest.raises(ValueError, match="padding must be at most"):
            sliding.pad(signal, [(before, after)], mode)
    else:
        np.testing.assert_array_equal(sliding.pad(signal, [(before, after)], mode), expected)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_pad_and_its_adjoint_in_three_axes(mode):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, 3, 4, 5, 6))
    pads = [(1, 2), (0, 3), (2, 1)]
    flat = [cells for pair in reversed(pads) for cells in pair]
    leaf = torch.from_numpy(image).requires_grad_()
    expected = F.pad(leaf, flat, mode={"zeros": "constant"}.get(mode, mode))
    np.testing.assert_array_equal(sliding.pad(image, pads, mode), expected.detach().numpy())
    grad = rng.normal(size=tuple(expected.shape))
    expected.backward(torch.from_numpy(grad))
    np.testing.assert_allclose(
        sliding.pad_backward(grad, pads, mode), leaf.grad.numpy(), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("padding", "error"),
    [
        ((1, 2), TypeError), ("same", TypeError), (1.0, TypeError), (None, TypeError),
        ([(1, 2, 3)], TypeError), ([(1, 0.5)], TypeError),
        (-1, ValueError), ([(0, -1)], ValueError), ([(1, 1)] * 3, ValueError),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["zeros", "replicate"])
def test_pad_refuses_by_name(padding, error, mode):
    with pytest.raises(error, match=r"padding must be an int or .* got padding="):
        sliding.pad(np.ones((3, 4)), padding, mode)


@pytest.mark.parametrize(
    ("input", "settings", "error", "name"),
    [
        ([1, 2], {}, TypeError, "input must be a NumPy array"),
        (torch.ones(2), {}, TypeError, "input must be a NumPy array"),
        (np.ones(2), {"mode": "bogus"}, ValueError, "padding_mode must be one of"),
        (np.ones(2), {"value": "1"}, TypeError, "value must be a number"),
        (np.ones(2), {"value": True}, TypeError, "value must be a number"),
        (np.ones(2), {"value": 5, "mode": "reflect"}, ValueError, "value must be 0 for padding_m"),
        (np.ones(2, int), {"value": 1.5}, ValueError, "value must be a whole number of int64"),
        (np.ones(2, int), {"value": np.nan}, ValueError, "value must be a whole number of int64"),
        (np.ones(2, np.uint8), {"value": -1}, ValueError, "value must be a whole number of uint8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("padding", [1, []])
def test_pad_refuses_what_it_cannot_lay_around(input, settings, error, name, padding):
    with pytest.raises(error, match=name):
        sliding.pad(input, padding, **settings)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_pad_gives_an_array_of_its_own(mode):
    x = np.arange(4.0)
    for padding in ([], 0, [(0, 0)]):
        padded = sliding.pad(x, padding, mode, None)
        np.testing.assert_array_equal(padded, x)
        assert not np.shares_memory(padded, x)


def test_output_size_takes_ceil_mode_as_a_bool_alone():
    with pytest.raises(TypeError, match="ceil_mode must be True or False; got ceil_mode=None"):
        sliding.output_size(6, 3, ceil_mode=None)


def test_pad_by_hand():
    row = np.array([1, 2, 3, 4])
    assert sliding.pad(row, 2).tolist() == [0, 0, 1, 2, 3, 4, 0, 0]
    assert sliding.pad(row, [(0, 2)], value=-9).tolist() == [1, 2, 3, 4, -9, -9]
    assert sliding.pad(row, [(2, 2)], "circular").tolist() == [3, 4, 1, 2, 3, 4, 1, 2]
    assert sliding.pad(row, [(2, 2)], "replicate").tolist() == [1, 1, 1, 2, 3, 4, 4, 4]


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 3)
)
def test_windows_and_fold_are_torchs_unfold_and_fold(kh, kw, stride, dilation, extra):
    size = (dilation * (kh - 1) + extra, dilation * (kw - 1) + extra + 2)
    rng = np.random.default_rng(kh * 100 + kw)
    image = rng.normal(size=(2, 3, *size))
    views = sliding.windows(image, (kh, kw), (stride, stride), (dilation, dilation))
    places = views.shape[2:4]
    settings = {"kernel_size": (kh, kw), "dilation": dilation, "stride": stride}
    columns = F.unfold(torch.from_numpy(image), **settings).numpy()
    ours = views.transpose(0, 1, 4, 5, 2, 3).reshape(2, 3 * kh * kw, math.prod(places))
    np.testing.assert_array_equal(ours, columns)
    folded = F.fold(torch.from_numpy(columns), size, **settings).numpy()
    result = sliding.fold(views, size, (stride, stride), (dilation, dilation))
    np.testing.assert_allclose(result, folded, rtol=1e-12)


def test_windows_copy_nothing_and_cannot_be_written():
    image = np.arange(12.0).reshape(3, 4)
    views = sliding.windows(image, (2, 2), (1, 1), (1, 1))
    assert np.shares_memory(views, image)
    assert not views.flags.writeable
