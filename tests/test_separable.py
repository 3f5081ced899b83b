"""Depthwise, pointwise and separable convolution against torch's grouped convolutions."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import cnnlab


def draw(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def torch_separable(x, depthwise, pointwise, bias=None, stride=1, padding=0, dilation=1):
    maps = F.conv2d(x, depthwise, None, stride, padding, dilation, groups=x.shape[-3])
    return F.conv2d(maps, pointwise, bias)


@pytest.mark.parametrize("multiplier", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [{}, {"stride": 2}, {"padding": (1, 0)}, {"padding": "same", "dilation": 2}],
    ids=str,
)
@pytest.mark.parametrize("batched", [True, False])
def test_depthwise_is_torchs_convolution_with_a_group_per_channel(multiplier, settings, batched):
    arrays = [draw(2, 3, 7, 8), draw(3 * multiplier, 1, 3, 3), draw(3 * multiplier)]
    arrays[0] = arrays[0] if batched else arrays[0][0]
    leaves = [torch.from_numpy(array).requires_grad_() for array in arrays]
    value = F.conv2d(*leaves, **settings, groups=3)
    result = cnnlab.depthwise_conv2d(*arrays, **settings)
    np.testing.assert_allclose(result, value.detach().numpy(), rtol=1e-12, atol=1e-12)
    grad = draw(*result.shape, seed=1)
    value.backward(torch.from_numpy(grad))
    ours = cnnlab.depthwise_conv2d_backward(grad, *arrays, **settings)
    for gradient, leaf in zip(ours, leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("batched", [True, False])
def test_pointwise_mixes_channels_at_each_place(batched):
    arrays = [draw(2, 3, 4, 5), draw(6, 3, 1, 1), draw(6)]
    arrays[0] = arrays[0] if batched else arrays[0][0]
    leaves = [torch.from_numpy(array).requires_grad_() for array in arrays]
    value = F.conv2d(*leaves)
    result = cnnlab.pointwise_conv2d(*arrays)
    np.testing.assert_allclose(result, value.detach().numpy(), rtol=1e-12)
    mixed = np.einsum("...chw,oc->...ohw", arrays[0], arrays[1][..., 0, 0])
    np.testing.assert_allclose(result, mixed + arrays[2][:, None, None], rtol=1e-12)
    grad = draw(*result.shape, seed=1)
    value.backward(torch.from_numpy(grad))
    ours = cnnlab.pointwise_conv2d_backward(grad, *arrays)
    for gradient, leaf in zip(ours, leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-11, atol=1e-12)


@given(
    st.tuples(*[st.integers(1, 3)] * 4),
    st.sampled_from([1, 2]),
    st.integers(0, 2),
    st.sampled_from([1, 2]),
    st.booleans(),
)
def test_separable_and_its_four_gradients_are_torchs(sizes, stride, padding, dilation, has_bias):
    batch, channels, multiplier, filters = sizes
    arrays = [
        draw(batch, channels, 7, 8),
        draw(channels * multiplier, 1, 3, 2),
        draw(filters, channels * multiplier, 1, 1),
        *([draw(filters)] if has_bias else []),
    ]
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    leaves = [torch.from_numpy(array).requires_grad_() for array in arrays]
    value = torch_separable(*leaves, **settings)
    result = cnnlab.separable_conv2d(*arrays, **settings)
    np.testing.assert_allclose(result, value.detach().numpy(), rtol=1e-10, atol=1e-12)
    value.sum().backward()
    *ours, grad_bias = cnnlab.separable_conv2d_backward(np.ones_like(result), *arrays, **settings)
    if has_bias:
        ours.append(grad_bias)
    else:
        assert grad_bias is None
    for gradient, leaf in zip(ours, leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-9, atol=1e-11)


def test_parameters_of_the_articles_example():
    """12 channels to 64 with 3x3: 6912 weights in full, 3*3*1*12 + 1*1*12*64 = 876 separable."""
    depthwise, pointwise = np.zeros((12, 1, 3, 3)), np.zeros((64, 12, 1, 1))
    maps = cnnlab.separable_conv2d(np.zeros((1, 12, 24, 24)), depthwise, pointwise, padding=1)
    assert maps.shape == (1, 64, 24, 24)
    assert np.zeros((64, 12, 3, 3)).size == 6912
    assert depthwise.size + pointwise.size == 876


W = np.zeros
REFUSED = [
    ("weight must have shape", lambda x: cnnlab.depthwise_conv2d(x, W((4, 1, 3, 3)))),
    ("weight must have shape", lambda x: cnnlab.depthwise_conv2d(x, W((3, 3, 3, 3)))),
    ("weight must have 4 axes", lambda x: cnnlab.depthwise_conv2d(x, W((3, 3, 3)))),
    ("input must have 3 axes", lambda x: cnnlab.depthwise_conv2d(x[0, 0], W((3, 1, 1, 1)))),
    ("weight must have shape", lambda x: cnnlab.pointwise_conv2d(x, W((4, 3, 1, 2)))),
    ("input must have 2 channels", lambda x: cnnlab.pointwise_conv2d(x, W((4, 2, 1, 1)))),
    ("bias must have one value", lambda x: cnnlab.pointwise_conv2d(x, W((4, 3, 1, 1)), W(3))),
    (
        "pointwise_weight must have shape",
        lambda x: cnnlab.separable_conv2d(x, W((3, 1, 3, 3)), W((4, 3, 3, 3))),
    ),
    (
        "pointwise_weight must have a slice for each of the 6 maps",
        lambda x: cnnlab.separable_conv2d(x, W((6, 1, 3, 3)), W((4, 3, 1, 1))),
    ),
    (
        "depthwise_weight must have 4 axes",
        lambda x: cnnlab.separable_conv2d(x, W((3, 3, 3)), W((4, 3, 1, 1))),
    ),
]


@pytest.mark.parametrize(("rule", "call"), REFUSED)
def test_weights_that_do_not_fit_are_refused(rule, call):
    with pytest.raises(ValueError, match=rule):
        call(np.zeros((2, 3, 5, 6)))
