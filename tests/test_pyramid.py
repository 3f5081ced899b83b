"""Spatial pyramid, atrous pyramid and region pooling, put together from torch's own operators."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import cnnlab

ADAPTIVE = {"max": F.adaptive_max_pool2d, "avg": F.adaptive_avg_pool2d}


def draw(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize("levels", [(1,), (1, 2, 4), [1, 2, 3, 6], (5, 2)], ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 7, 9), (3, 13, 6), (1, 1, 1, 1), (0, 2, 5, 5)], ids=str)
def test_spatial_pyramid_is_torchs_adaptive_pools_laid_in_a_row(mode, levels, shape):
    leaf = torch.from_numpy(draw(*shape)).requires_grad_()
    start = len(shape) - 3
    value = torch.cat([ADAPTIVE[mode](leaf, level).flatten(start) for level in levels], start)
    result = cnnlab.spatial_pyramid_pool(leaf.detach().numpy(), levels, mode)
    np.testing.assert_allclose(result, value.detach().numpy(), rtol=1e-12)
    assert result.shape[-1] == shape[-3] * sum(level * level for level in levels)
    grad = draw(*result.shape, seed=1)
    value.backward(torch.from_numpy(grad))
    ours = cnnlab.spatial_pyramid_pool_backward(grad, leaf.detach().numpy(), levels, mode)
    np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-11, atol=1e-13)


def test_21_and_50_bins_per_channel_whatever_the_size():
    for height, width in ((4, 4), (11, 13), (24, 7)):
        maps = draw(2, 3, height, width)
        assert cnnlab.spatial_pyramid_pool(maps, (1, 2, 4)).shape == (2, 3 * 21)
        assert cnnlab.spatial_pyramid_pool(maps, (1, 2, 3, 6)).shape == (2, 3 * 50)


@given(st.integers(1, 3), st.integers(1, 8), st.integers(1, 8), st.data())
def test_region_pooling_is_torchs_adaptive_pool_on_the_crop(channels, height, width, data):
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom = data.draw(st.integers(top + 1, height))
    right = data.draw(st.integers(left + 1, width))
    size = data.draw(st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 4))))
    leaf = torch.from_numpy(draw(channels, height, width)).requires_grad_()
    value = F.adaptive_max_pool2d(leaf[:, top:bottom, left:right], size)
    box, picture = (top, left, bottom, right), leaf.detach().numpy()
    result = cnnlab.roi_pool(picture, box, size)
    np.testing.assert_array_equal(result, value.detach().numpy())
    value.sum().backward()
    ours = cnnlab.roi_pool_backward(np.ones_like(result), picture, box, size)
    np.testing.assert_array_equal(ours, leaf.grad.numpy())


def test_several_boxes_give_a_stack_and_their_gradients_add_up():
    picture = draw(2, 6, 7)
    boxes = np.array([[0, 0, 6, 7], [2, 1, 5, 4], [2, 1, 5, 4]])
    result = cnnlab.roi_pool(picture, boxes, (2, 3))
    assert result.shape == (3, 2, 2, 3)
    for pooled, box in zip(result, boxes, strict=True):
        np.testing.assert_array_equal(pooled, cnnlab.roi_pool(picture, tuple(box), (2, 3)))
    grad = draw(*result.shape, seed=2)
    singles = [
        cnnlab.roi_pool_backward(g, picture, tuple(box), (2, 3))
        for g, box in zip(grad, boxes, strict=True)
    ]
    total = cnnlab.roi_pool_backward(grad, picture, boxes, (2, 3))
    np.testing.assert_allclose(total, sum(singles), rtol=1e-12)
    assert cnnlab.roi_pool(picture, np.zeros((0, 4), int), 2).shape == (0, 2, 2, 2)


def test_none_keeps_all_cells_of_the_box():
    picture = draw(2, 6, 7)
    leaf = torch.from_numpy(picture).requires_grad_()
    value = F.adaptive_max_pool2d(leaf[:, 1:4, 2:6], (None, 2))
    value.sum().backward()
    result = cnnlab.roi_pool(picture, (1, 2, 4, 6), (None, 2))
    np.testing.assert_array_equal(result, value.detach().numpy())
    ours = cnnlab.roi_pool_backward(np.ones(result.shape), picture, (1, 2, 4, 6), (None, 2))
    np.testing.assert_array_equal(ours, leaf.grad.numpy())
    assert cnnlab.roi_pool(picture, TWO, (1, None)).shape == (2, 2, 1, 3)


@pytest.mark.filterwarnings("error")
def test_gradients_too_large_for_the_dtype_stay_silent():
    most = np.full(21, np.finfo(np.float32).max)
    assert np.isinf(cnnlab.spatial_pyramid_pool_backward(most, np.zeros((1, 4, 4), "f4"))).any()


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 9, 10), (3, 9, 10)], ids=str)
def test_atrous_pyramid_is_torchs_dilated_convolutions_side_by_side(has_bias, shape):
    weights = [draw(4, 3, 1, 1), draw(2, 3, 3, 3), draw(5, 3, 3, 3, seed=1)]
    biases = [draw(4), draw(2), draw(5)] if has_bias else None
    dilations = (1, 2, 3)
    x, *leaves = (torch.from_numpy(a).requires_grad_() for a in (draw(*shape), *weights))
    bias_leaves = [torch.from_numpy(b).requires_grad_() for b in biases or []]
    rows = zip(leaves, dilations, bias_leaves or [None] * 3, strict=True)
    value = torch.cat([F.conv2d(x, w, b, 1, "same", d) for w, d, b in rows], -3)
    picture = x.detach().numpy()
    result = cnnlab.atrous_pyramid(picture, weights, dilations, biases)
    np.testing.assert_allclose(result, value.detach().numpy(), rtol=1e-11, atol=1e-12)
    grad = draw(*result.shape, seed=3)
    value.backward(torch.from_numpy(grad))
    grad_input, by_weight, by_bias = cnnlab.atrous_pyramid_backward(
        grad, picture, weights, dilations, biases
    )
    ours = [grad_input, *by_weight, *(by_bias or [])]
    for gradient, leaf in zip(ours, [x, *leaves, *bias_leaves], strict=True):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-10, atol=1e-11)
    assert (by_bias is None) is not has_bias


PICTURE = np.zeros((3, 5, 6))
WEIGHT = np.zeros((2, 3, 3, 3))
TWO = np.array([[0, 0, 2, 3], [0, 0, 4, 3]])
REFUSED = [
    ("levels must hold at least one", lambda: cnnlab.spatial_pyramid_pool(PICTURE, ())),
    (
        "levels must be at least 1; got levels=0",
        lambda: cnnlab.spatial_pyramid_pool(PICTURE, (1, 0)),
    ),
    ("levels must be a tuple", lambda: cnnlab.spatial_pyramid_pool(PICTURE, 4)),
    ("mode must be one of max, avg", lambda: cnnlab.spatial_pyramid_pool(PICTURE, (1,), "mean")),
    ("input must have", lambda: cnnlab.spatial_pyramid_pool(PICTURE[0])),
    ("boxes must lie in the picture", lambda: cnnlab.roi_pool(PICTURE, (0, 0, 6, 6), 2)),
    ("boxes must lie in the picture", lambda: cnnlab.roi_pool(PICTURE, (2, 2, 2, 4), 2)),
    ("boxes must lie in the picture", lambda: cnnlab.roi_pool(PICTURE, (-1, 0, 2, 2), 2)),
    ("boxes must be four ints", lambda: cnnlab.roi_pool(PICTURE, (0, 0, 2), 2)),
    ("boxes must be four ints", lambda: cnnlab.roi_pool(PICTURE, (0.0, 0.0, 2.0, 2.0), 2)),
    ("boxes must be four ints", lambda: cnnlab.roi_pool(PICTURE, (True, False, 2, 3), 2)),
    ("boxes must be four ints", lambda: cnnlab.roi_pool(PICTURE, ((0, 0, 2), (0, 0, 2, 3)), 1)),
    ("boxes must be four ints", lambda: cnnlab.roi_pool(PICTURE, "0022", 1)),
    ("output_size must not be None along", lambda: cnnlab.roi_pool(PICTURE, TWO, (None, 2))),
    ("input must have 3 axes", lambda: cnnlab.roi_pool(PICTURE[None], (0, 0, 2, 2), 2)),
    ("dilations must be one for each", lambda: cnnlab.atrous_pyramid(PICTURE, [WEIGHT], (1, 2))),
    ("weights must be a list", lambda: cnnlab.atrous_pyramid(PICTURE, WEIGHT, (1,))),
    ("biases must be one for each", lambda: cnnlab.atrous_pyramid(PICTURE, [WEIGHT], (1,), [])),
]


@pytest.mark.parametrize(("rule", "call"), REFUSED, ids=[row[0] for row in REFUSED])
def test_bad_arguments_are_refused_by_name(rule, call):
    with pytest.raises((ValueError, TypeError), match=rule):
        call()
