"""Global pooling against torch's adaptive pools of size one, and what is refused."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import global_pooling

CASES = [(op, n) for op in ("max", "avg") for n in (1, 2, 3)]
SIZES = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}


def ours(op, n, suffix=""):
    return getattr(global_pooling, f"global_{op}_pool{n}d{suffix}")


def torchs(op, n, image):
    return getattr(F, f"adaptive_{op}_pool{n}d")(image, 1)


@pytest.mark.parametrize(("op", "n"), CASES)
@pytest.mark.parametrize("lead", [(2, 3), (3,), (0, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_gradients_are_torchs(op, n, lead, dtype):
    rng = np.random.default_rng(n)
    image = rng.integers(-3, 4, size=(*lead, *SIZES[n])).astype(dtype)
    leaf = torch.from_numpy(image).requires_grad_()
    expected = torchs(op, n, leaf)
    result = ours(op, n)(image)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected.detach().numpy(), rtol=1e-5, atol=1e-6, strict=True)
    grad = rng.normal(size=result.shape).astype(dtype)
    expected.backward(torch.from_numpy(grad))
    gradient = ours(op, n, "_backward")(grad, image)
    np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-6, atol=1e-7, strict=True)


@pytest.mark.parametrize("n", [1, 2])
def test_a_mean_is_as_exact_where_cells_lie_apart(n):
    sizes = {1: (26_296,), 2: (668, 286)}[n]
    apart = np.asfortranarray(np.full((1, 2, *sizes), -3.3, np.float32))
    means = ours("avg", n)(apart)
    np.testing.assert_allclose(means, np.full_like(means, -3.3), rtol=2e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("op", "n"), CASES)
def test_nan_and_infinity_travel_silently_as_in_torch(op, n, value):
    image = np.random.default_rng(n).normal(size=(2, 3, *SIZES[n]))
    image[0, 1].flat[3:5] = value, np.inf
    expected = torchs(op, n, torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(ours(op, n)(image), expected, rtol=1e-12)


def test_integers_stay_under_max_and_have_float64_means():
    image = np.array([[[4, 1], [3, 8]]])
    assert global_pooling.global_max_pool2d(image).tolist() == [[[8]]]
    assert global_pooling.global_max_pool2d(image).dtype == np.int64
    assert global_pooling.global_avg_pool2d(image).tolist() == [[[4.0]]]
    assert global_pooling.global_avg_pool2d(image).dtype == np.float64


def test_a_map_of_one_cell_is_copied():
    image = np.ones((2, 3, 1, 1))
    for op in ("max", "avg"):
        result = ours(op, 2)(image)
        assert not np.shares_memory(result, image)
        np.testing.assert_array_equal(result, image, strict=True)


@pytest.mark.parametrize(("op", "n"), CASES)
def test_refused(op, n):
    for shape in ((3,) * n, (1,) * (n + 3), (2, 3, 0, *SIZES[n][1:])):
        with pytest.raises(ValueError, match=re.escape(f"got shape {shape}")):
            ours(op, n)(np.zeros(shape))
    with pytest.raises(TypeError, match="input must be a NumPy array"):
        ours(op, n)([[1.0]])
    with pytest.raises(ValueError, match="grad_output must have shape"):
        ours(op, n, "_backward")(np.zeros((2, 3)), np.zeros((2, 3, *SIZES[n])))
