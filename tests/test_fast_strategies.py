"""Every fast strategy by itself against torch, and what all of them promise: memory, threads, rest.

The public functions choose a strategy by the shapes; here each one is called on shapes that the
rule would give to another, so that none is right only where it is usually taken.
"""

import threading
import tracemalloc
from unittest import mock

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import cnnlab
from cnnlab import fast, pooling, sliding
from cnnlab.fast import (
    apart,
    columns,
    folded,
    grouped,
    pairs,
    pointwise,
    products,
    shifted,
    spectral,
    winners,
    winograd,
)
from cnnlab.fast.window import Window, reading

CONV = {1: cnnlab.conv1d, 2: cnnlab.conv2d, 3: cnnlab.conv3d}
BACKWARD = {1: cnnlab.conv1d_backward, 2: cnnlab.conv2d_backward, 3: cnnlab.conv3d_backward}
TORCH = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
ANY_SHAPE = [columns, grouped, shifted, spectral]
WITH_GRADIENT = [columns, grouped, shifted]
FAST = ("auto", "shifted", "winograd", "fft")
MIB = 2**20


def name_of(module):
    return module.__name__.rsplit(".", 1)[1]


def by(strategy, x, w, **settings):
    """Return what one strategy makes of a call, whatever the rule would say."""
    window = window_of(x, w, **settings)
    expected = TORCH[w.ndim - 2](torch.from_numpy(x), torch.from_numpy(w), **settings).numpy()
    output = np.full_like(expected, np.nan)
    strategy.correlate(x, w, window, output)
    return output, expected


def window_of(x, w, stride=1, padding=0, dilation=1, groups=1):
    n = w.ndim - 2
    spell = lambda value: value if isinstance(value, tuple) else (value,) * n  # noqa: E731
    pads = tuple((p, p) for p in spell(padding))
    return Window(w.shape[2:], spell(stride), pads, spell(dilation), groups)


@st.composite
def problems(draw, dtype=np.float64):
    """Draw a call that torch takes: input, weight and settings, in 1, 2 or 3 axes."""
    n = draw(st.integers(1, 3))
    groups, slices = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    filters = groups * draw(st.integers(1, 3))
    each = lambda low, high: st.tuples(*[st.integers(low, high)] * n)  # noqa: E731
    kernel, size = draw(each(1, 4)), draw(each(1, 9))
    settings = {
        "stride": draw(st.one_of(st.just((1,) * n), each(1, 3))),
        "padding": draw(each(0, 4)),
        "dilation": draw(st.one_of(st.just((1,) * n), each(1, 3))),
        "groups": groups,
    }
    rows = zip(size, kernel, settings["padding"], settings["dilation"], strict=True)
    size = [max(s, d * (k - 1) + 1 - 2 * p, 1) for s, k, p, d in rows]
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = rng.normal(size=(draw(st.integers(1, 3)), slices * groups, *size)).astype(dtype)
    return x, rng.normal(size=(filters, slices, *kernel)).astype(dtype), settings


@pytest.mark.parametrize("strategy", ANY_SHAPE, ids=name_of)
@given(problem=problems())
def test_each_strategy_gives_torchs_sum_on_any_shape(strategy, problem):
    x, w, settings = problem
    output, expected = by(strategy, x, w, **settings)
    np.testing.assert_allclose(output, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("strategy", WITH_GRADIENT, ids=name_of)
@given(problem=problems(), data=st.data())
def test_padding_may_be_larger_on_one_side(strategy, problem, data):
    x, w, settings = problem
    settings = settings | {"padding": 0}
    x = np.pad(x, [(0, 0), (0, 0), *[(0, 9)] * (w.ndim - 2)])
    pads = tuple(data.draw(st.tuples(*[st.integers(0, 3)] * 2)) for _ in w.shape[2:])
    weight = torch.from_numpy(w).requires_grad_()
    padded = F.pad(torch.from_numpy(x), [side for pair in reversed(pads) for side in pair])
    result = TORCH[w.ndim - 2](padded, weight, **settings)
    grad = np.random.default_rng(1).normal(size=result.shape)
    result.backward(torch.from_numpy(grad))
    window = window_of(x, w, **settings)._replace(pads=pads)
    output, total = np.full(result.shape, np.nan), np.zeros_like(w)
    strategy.correlate(x, w, window, output)
    strategy.add_weight_gradient(grad, x, window, total)
    np.testing.assert_allclose(output, result.detach().numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(total, weight.grad.numpy(), rtol=1e-10, atol=1e-10)


@given(problem=problems(), one_map_a_group=st.booleans(), kernels=st.booleans())
def test_small_groups_in_place_in_blocks_in_bands_and_in_pieces(problem, one_map_a_group, kernels):
    x, w, settings = problem
    if one_map_a_group:
        w = np.ascontiguousarray(w[:, :1])
        x = np.ascontiguousarray(x[:, : settings["groups"]])
    weight = torch.from_numpy(w).requires_grad_()
    result = TORCH[w.ndim - 2](torch.from_numpy(x), weight, **settings)
    grad = np.random.default_rng(1).normal(size=result.shape)
    result.backward(torch.from_numpy(grad))
    total = np.zeros_like(w)
    limits = mock.patch.multiple(grouped, SMALL=40, small_kernels=lambda: kernels)
    with limits, mock.patch.multiple(apart, BLOCK=1000, LONG_ROW=0):
        output, expected = by(grouped, x, w, **settings)
        grouped.add_weight_gradient(grad, x, window_of(x, w, **settings), total)
    np.testing.assert_allclose(output, expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(total, weight.grad.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("strategy", WITH_GRADIENT, ids=name_of)
@given(problem=problems())
def test_each_strategy_adds_torchs_weight_gradient(strategy, problem):
    x, w, settings = problem
    weight = torch.from_numpy(w).requires_grad_()
    result = TORCH[w.ndim - 2](torch.from_numpy(x), weight, **settings)
    grad = np.random.default_rng(1).normal(size=result.shape)
    result.backward(torch.from_numpy(grad))
    total = np.ones_like(w)
    strategy.add_weight_gradient(grad, x, window_of(x, w, **settings), total)
    np.testing.assert_allclose(total, 1 + weight.grad.numpy(), rtol=1e-10, atol=1e-10)


@given(problem=problems(), m=st.sampled_from([2, 4]))
def test_winograd_gives_torchs_sum_for_kernels_of_three(problem, m):
    x, w, settings = problem
    n = w.ndim - 2
    w = np.random.default_rng(0).normal(size=(*w.shape[:2], *[3] * n))
    x = np.pad(x, [(0, 0), (0, 0), *[(0, 6)] * n])
    settings["stride"] = (1,) * n
    expected = TORCH[n](torch.from_numpy(x), torch.from_numpy(w), **settings).numpy()
    output = np.full_like(expected, np.nan)
    winograd.correlate(x, w, window_of(x, w, **settings), output, m)
    np.testing.assert_allclose(output, expected, rtol=1e-9, atol=1e-9)


@given(problem=problems(), parts=st.tuples(*[st.sampled_from([1, 3000, 1 << 22])] * 3))
def test_pairs_gives_torchs_sum_for_three_kernel_rows_in_parts_of_any_size(problem, parts):
    x, w, settings = problem
    n = w.ndim - 2
    w = np.random.default_rng(0).normal(size=(*w.shape[:2], 3, *w.shape[3:]))
    x = np.pad(x, [(0, 0), (0, 0), (0, 6), *[(0, 0)] * (n - 1)])
    settings["stride"] = (1, *settings["stride"][1:])
    names = ("MEMORY", "KERNELS", "BAND")
    with pytest.MonkeyPatch.context() as patch:
        for name, size in zip(names, parts, strict=True):
            patch.setattr(pairs, name, size)
        patch.setattr(pairs, "FILTERS", 2)
        output, expected = by(pairs, x, w, **settings)
    np.testing.assert_allclose(output, expected, rtol=1e-10, atol=1e-10)


def test_pairs_is_as_exact_as_the_definition():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 256, 24, 24)), rng.normal(size=(64, 256, 3, 3))
    exact, single = cnnlab.conv2d(x, w), (x.astype(np.float32), w.astype(np.float32))
    assert cnnlab.explain_algorithm(*single).startswith("pairs")
    error, definition = (
        np.abs(cnnlab.conv2d(*single, algorithm=name) - exact).max() for name in ("auto", "im2col")
    )
    assert error <= 3 * definition  # the same digit


def test_a_huge_cell_spoils_only_the_windows_that_hold_it():
    x, w = problem_of((1, 48, 24, 24), (48, 48, 3, 3), np.float32)
    x[0, :, 11, 11] = 1e12
    assert cnnlab.explain_algorithm(x, w).startswith("pairs")
    expected = F.conv2d(torch.from_numpy(x), torch.from_numpy(w)).numpy()
    result = cnnlab.conv2d(x, w)
    result[..., 9:12, 9:12] = expected[..., 9:12, 9:12]
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("columns", [1, 31, 500, 512, 4000])
@pytest.mark.parametrize(("filters", "depth"), [(1, 1), (40, 50), (64, 256), (300, 400)])
def test_a_product_in_slices_is_the_product(small, columns, filters, depth, monkeypatch):
    monkeypatch.setattr(products, "small_kernels", lambda: small)
    rng = np.random.default_rng(0)
    left = rng.integers(-9, 9, (3, filters, depth)).astype(np.float32)
    right = rng.integers(-9, 9, (2, 3, depth, columns + 5)).astype(np.float32)[..., 5:]
    out = np.full((2, 3, filters, columns + 2), np.nan, np.float32)
    products.multiply(left, right, out[..., 1:-1])
    np.testing.assert_array_equal(out[..., 1:-1], left @ right)
    assert np.isnan(out[..., [0, -1]]).all()


@pytest.mark.parametrize(
    ("blas", "found", "kernel", "expected"),
    [
        ("scipy-openblas", ["X86_V3", "X86_V4"], None, True),
        ("openblas", ["AVX2", "AVX512_SKX"], "SkylakeX", True),
        ("scipy-openblas", ["X86_V3", "X86_V4"], "Haswell", False),
        ("scipy-openblas", ["X86_V3"], None, False),
        ("accelerate", ["NEON", "ASIMD"], None, False),
    ],
)
def test_small_kernels_are_openblas_with_avx_512(blas, found, kernel, expected, monkeypatch):
    config = {
        "Build Dependencies": {"blas": {"name": blas}},
        "SIMD Extensions": {"found": found},
    }
    monkeypatch.setattr(np, "show_config", lambda mode: config)
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    if kernel:
        monkeypatch.setenv("OPENBLAS_CORETYPE", kernel)
    assert products.small_kernels.__wrapped__() is expected


def test_an_algorithm_is_taken_for_the_gradient_of_the_input_too():
    x, w = problem_of((1, 16, 20, 20), (16, 16, 3, 3), np.float32)
    turned = np.ascontiguousarray(np.flip(w.swapaxes(0, 1), (2, 3)))
    gradient = cnnlab.conv2d_backward(x, x, w, padding=1, algorithm="winograd")[0]
    forward = cnnlab.conv2d(x, turned, padding=1, algorithm="winograd")
    np.testing.assert_array_equal(gradient, forward)
    assert not np.array_equal(gradient, cnnlab.conv2d(x, turned, padding=1))


def test_whole_numbers_stay_whole_two_rows_at_a_time():
    rng = np.random.default_rng(0)
    x, w = rng.integers(-9, 9, (1, 64, 21, 21)), rng.integers(-9, 9, (64, 64, 3, 3))
    result = cnnlab.conv2d(x.astype(np.float32), w.astype(np.float32))
    np.testing.assert_array_equal(result, cnnlab.conv2d(x, w))


@given(problem=problems())
def test_pointwise_gives_torchs_sum_for_kernels_of_one(problem):
    x, w, settings = problem
    w = np.ascontiguousarray(w[(..., *[slice(0, 1)] * (w.ndim - 2))])
    output, expected = by(pointwise, x, w, stride=settings["stride"], groups=settings["groups"])
    np.testing.assert_allclose(output, expected, rtol=1e-12, atol=1e-12)


# What a digit means: the largest error as a share of the largest value, against float64.
# F(4,3) in two axes is the only one that is less exact, some 1.5e-5 at 256 channels.
ERRORS = [(1, 64, 5e-6), (2, 64, 2e-5), (2, 256, 4e-5), (3, 16, 2e-6)]


@pytest.mark.parametrize(("n", "channels", "most"), ERRORS)
def test_winograds_error_in_float32_is_what_it_says(n, channels, most):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, channels, *[{1: 200, 2: 20, 3: 8}[n]] * n))
    w = rng.normal(size=(channels, channels, *[3] * n)) / np.sqrt(channels * 3**n)
    exact = CONV[n](x, w, padding=1)
    single = x.astype(np.float32), w.astype(np.float32)
    for algorithm, limit in (("winograd", most), ("auto", 2e-6), ("shifted", 2e-6), ("fft", 2e-6)):
        error = np.abs(CONV[n](*single, padding=1, algorithm=algorithm) - exact).max()
        assert error <= limit * np.abs(exact).max(), algorithm


def test_winograd_in_float64_is_as_exact_as_the_definition():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 32, 20, 20)), rng.normal(size=(32, 32, 3, 3))
    expected = cnnlab.conv2d(x, w, padding=1)
    result = cnnlab.conv2d(x, w, padding=1, algorithm="winograd")
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


# Shapes that each strategy is taken for, with the name the rule gives
TAKEN = [
    ("pointwise", (2, 5, 9, 9), (7, 5, 1, 1), {}),
    ("pointwise", (2, 6, 9, 9), (4, 3, 1, 1), {"stride": 2, "groups": 2}),
    ("columns", (2, 5, 9, 9), (7, 5, 1, 1), {"padding": 1}),
    ("columns", (1, 3, 40, 40), (8, 3, 7, 7), {"stride": 2, "padding": 3}),
    ("columns", (8, 1, 28, 28), (6, 1, 5, 5), {}),
    ("columns", (2, 4, 300), (6, 4, 9), {"stride": 4}),
    ("shifted", (2, 64, 21, 20), (64, 64, 5, 5), {"padding": 2}),
    ("shifted", (1, 64, 9, 10, 9), (33, 64, 2, 2, 2), {}),
    ("pairs", (1, 48, 21, 20), (48, 48, 3, 3), {"padding": 1}),
    ("pairs", (5, 48, 15, 19), (50, 48, 3, 2), {"stride": (1, 2), "dilation": (2, 1)}),
    ("pairs", (2, 96, 15, 15), (96, 48, 3, 3), {"padding": (4, 0), "groups": 2}),
    ("pairs", (1, 48, 7, 8, 9), (48, 48, 3, 2, 1), {"padding": 1}),
    ("grouped", (2, 6, 20, 21), (6, 1, 3, 3), {"padding": 1, "groups": 6}),
    ("grouped", (2, 8, 13, 13), (8, 2, 3, 5), {"stride": 2, "groups": 4}),
    ("grouped", (1, 1, 96, 96), (1, 1, 5, 5), {"padding": 2}),
    ("grouped", (2, 3, 20, 100), (3, 1, 3, 3), {"padding": 1, "groups": 3}),
    ("grouped", (1, 4, 9, 131), (4, 1, 5, 4), {"stride": (2, 3), "padding": 2, "groups": 4}),
    ("grouped", (1, 16, 9, 12), (16, 8, 3, 3), {"stride": 2, "padding": 1, "groups": 2}),
    ("columns", (2, 3, 9, 9), (6, 1, 3, 3), {"padding": 1, "groups": 3}),
    ("grouped", (2, 16, 20, 20), (8, 16, 3, 3), {"padding": 1}),
    ("grouped", (1, 16, 9, 8, 8), (4, 16, 3, 3, 3), {"padding": 1, "dilation": 1}),
    ("grouped", (2, 64, 12, 13), (32, 32, 3, 5), {"stride": (2, 1), "groups": 2}),
    ("grouped", (2, 40, 15, 13), (8, 40, 3, 3), {"stride": 2, "padding": 2}),
    ("grouped", (2, 5, 6, 7, 8), (10, 1, 3, 3, 3), {"padding": 1, "groups": 5}),
    ("columns", (2, 16, 20, 20), (16, 16, 3, 3), {"padding": 1}),
    ("columns", (2, 40, 15, 13), (20, 40, 3, 3), {"stride": 2, "padding": 2}),
    ("fft", (2, 1, 40, 40), (1, 1, 23, 23), {"padding": 11}),
    ("fft", (2, 1, 900), (1, 1, 501), {"padding": 6}),
    ("grouped", (1, 1, 110, 110), (1, 1, 13, 13), {"padding": 6}),
    ("grouped", (1, 1, 100, 100), (2, 1, 7, 7), {"padding": 3}),
]


def problem_of(shape, kernel, dtype=np.float64):
    rng = np.random.default_rng([*shape, *kernel])
    return rng.normal(size=shape).astype(dtype), rng.normal(size=kernel).astype(dtype)


@pytest.mark.parametrize(("name", "shape", "kernel", "settings"), TAKEN)
def test_explain_algorithm_names_what_is_taken(name, shape, kernel, settings):
    x, w = problem_of(shape, kernel)
    assert cnnlab.explain_algorithm(x, w, **settings).startswith(f"{name}: ")


def test_explain_algorithm_says_why_and_how_much():
    x, w = problem_of((1, 64, 56, 56), (64, 64, 3, 3))
    words = cnnlab.explain_algorithm(x, w, None, 1, 1)
    assert "64 channels and 64 filters" in words
    words = cnnlab.explain_algorithm(x, w[:9], padding=1)
    assert words.startswith("grouped: 1 group(s) of 64 channel(s) and 9 filter(s): small matrix")
    _, w5 = problem_of((), (64, 64, 5, 5))
    assert "3136 places and 64 channels" in cnnlab.explain_algorithm(x, w5, padding=2)
    words = cnnlab.explain_algorithm(x, w, padding=1)
    assert f"{64 * 64 * 9 * 56 * 56:,} multiply-adds" in words
    assert "asked for by name" in cnnlab.explain_algorithm(x, w, padding=1, algorithm="winograd")
    words = cnnlab.explain_algorithm(x, w, stride=2, algorithm="winograd")
    assert words.startswith("columns: winograd needs kernels of 3 along every axis, stride 1")
    words = cnnlab.explain_algorithm(x[0], w.astype(int), algorithm="fft")
    assert words.startswith("columns: ") is False  # an integer kernel under a float input is floats
    words = cnnlab.explain_algorithm(x.astype(int), w.astype(int), algorithm="fft")
    assert words.startswith("columns: fft needs floats")
    for algorithm in ("loops", "windows", "im2col"):
        words = cnnlab.explain_algorithm(x, w, algorithm=algorithm)
        assert words.startswith(f"{algorithm}: asked for by name")


def test_explain_algorithm_refuses_what_the_convolution_refuses():
    x, w = problem_of((1, 2, 5, 5), (3, 2, 3, 3))
    with pytest.raises(ValueError, match="algorithm must be one of auto, loops"):
        cnnlab.explain_algorithm(x, w, algorithm="best")
    with pytest.raises(ValueError, match="stride must be"):
        cnnlab.explain_algorithm(x, w, stride=0)
    with pytest.raises(ValueError, match="weight must have 3 to 5 axes"):
        cnnlab.explain_algorithm(x, w[0, 0])
    with pytest.raises(ValueError, match="kernel_size=3"):
        cnnlab.explain_algorithm(x[..., :2], w)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "shape", "kernel", "settings"), TAKEN)
def test_what_is_taken_gives_torchs_values_and_gradients(name, shape, kernel, settings, dtype):
    x, w = problem_of(shape, kernel, dtype)
    n, leaves = w.ndim - 2, [torch.from_numpy(a).requires_grad_() for a in (x, w)]
    expected = TORCH[n](*leaves, **settings)
    grad = np.random.default_rng(2).normal(size=expected.shape).astype(dtype)
    expected.backward(torch.from_numpy(grad))
    result = CONV[n](x, w, **settings)
    grads = BACKWARD[n](grad, x, w, **settings)[:2]
    theirs = (expected.detach(), *(leaf.grad for leaf in leaves))
    for ours, tensor in zip((result, *grads), theirs, strict=True):
        largest = tensor.abs().max().item()
        assert ours.dtype == dtype
        assert ours.flags.c_contiguous
        tolerance = 1e-5 if dtype == np.float32 else 1e-12
        np.testing.assert_allclose(ours, tensor.numpy(), rtol=0, atol=tolerance * largest)


@pytest.mark.parametrize("algorithm", FAST)
@pytest.mark.parametrize(("name", "shape", "kernel", "settings"), TAKEN)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_only_the_windows_that_hold_them(
    name, shape, kernel, settings, algorithm, value
):
    x, w = problem_of(shape, kernel)
    x[(0, 0, *(size // 2 for size in shape[2:]))] = value
    expected = TORCH[w.ndim - 2](torch.from_numpy(x), torch.from_numpy(w), **settings).numpy()
    result = CONV[w.ndim - 2](x, w, **settings, algorithm=algorithm)
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-9)  # NaN and infinities alike


@pytest.mark.parametrize("algorithm", FAST)
@pytest.mark.parametrize(("name", "shape", "kernel", "settings"), TAKEN)
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_an_infinite_weight_is_sent_only_where_its_tap_has_read(
    name, shape, kernel, settings, algorithm, value
):
    x, w = problem_of(shape, kernel)
    w[(0, 0, *[0] * (w.ndim - 2))] = value
    leaf, weight = torch.from_numpy(x).requires_grad_(), torch.from_numpy(w)
    result = TORCH[w.ndim - 2](leaf, weight, **settings)
    grad = np.random.default_rng(3).uniform(1, 2, result.shape)
    result.backward(torch.from_numpy(grad))
    ours = BACKWARD[w.ndim - 2](grad, x, w, **settings, algorithm=algorithm)[0]
    np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("algorithm", FAST)
@pytest.mark.parametrize(("name", "shape", "kernel", "settings"), TAKEN)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_only_the_taps_that_read_them(
    name, shape, kernel, settings, algorithm, value
):
    x, w = problem_of(shape, kernel)
    x[(0, 0, *[0] * (w.ndim - 2))] = value  # in the corner, so that few taps read it
    inputs = torch.from_numpy(x), torch.from_numpy(w).requires_grad_()
    result = TORCH[w.ndim - 2](*inputs, **settings)
    expected = torch.autograd.grad(result, inputs[1], torch.ones_like(result))[0].numpy()
    grad = np.ones(result.shape)
    ours = BACKWARD[w.ndim - 2](grad, x, w, **settings, algorithm=algorithm)[1]
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(expected))
    finite = np.isfinite(expected)
    np.testing.assert_allclose(ours[finite], expected[finite], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("algorithm", FAST)
@pytest.mark.parametrize(("name", "shape", "kernel", "settings"), TAKEN)
def test_a_result_is_the_callers_alone(name, shape, kernel, settings, algorithm):
    x, w = problem_of(shape, kernel)
    x.flags.writeable = w.flags.writeable = False
    conv, back = CONV[w.ndim - 2], BACKWARD[w.ndim - 2]
    first = conv(x, w, **settings, algorithm=algorithm)
    grads = back(np.ones_like(first), x, w, **settings, algorithm=algorithm)[:2]
    kept = [array.copy() for array in (first, *grads)]
    second = conv(-2 * x, w, **settings, algorithm=algorithm)
    back(second, -2 * x, 3 * w, **settings, algorithm=algorithm)
    for array, copy in zip((first, *grads), kept, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in (x, w, second))


def test_threads_do_not_write_into_each_others_workspace():
    calls = [(problem_of(shape, kernel), settings) for _, shape, kernel, settings in TAKEN]
    expected = [CONV[w.ndim - 2](x, w, **settings) for (x, w), settings in calls]
    wrong = []

    def work(start):
        for i in range(3 * len(calls)):
            (x, w), settings = calls[(start + i) % len(calls)]
            result = CONV[w.ndim - 2](x, w, **settings)
            if not np.array_equal(result, expected[(start + i) % len(calls)]):
                wrong.append(start)

    threads = [threading.Thread(target=work, args=(3 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


LARGE = [
    ("columns", (1, 16, 10, 3000), (16, 16, 3, 3), {"padding": 1}),
    ("columns", (1, 16, 40, 40), (1024, 16, 3, 3), {"padding": 1}),
    ("shifted", (1, 64, 40, 40), (64, 64, 7, 7), {"padding": 3}),
    ("pairs", (1, 512, 60, 60), (64, 512, 3, 3), {"padding": 1}),
    ("pairs", (1, 48, 20, 2000), (48, 48, 3, 3), {"padding": 1}),
    ("pairs", (1, 64, 8, 28, 28), (64, 64, 3, 3, 3), {"padding": 1}),
    ("columns", (1, 16, 6, 80, 80), (16, 16, 3, 3, 3), {"padding": 1}),
    ("grouped", (1, 64, 56, 56), (32, 64, 3, 3), {"padding": 1}),
    ("grouped", (1, 512, 56, 56), (8, 512, 3, 3), {"padding": 1}),
    ("grouped", (2, 128, 200, 200), (4, 128, 7, 7), {"stride": 2}),
    ("grouped", (1, 64, 16, 16, 16), (4, 64, 3, 3, 3), {"padding": 1}),
    ("columns", (1, 64, 4, 56, 56), (4, 64, 3, 3, 3), {"padding": 1}),
    ("columns", (1, 1024, 4, 500), (4, 1024, 3, 3), {"padding": 1}),
    ("columns", (1, 4096, 23, 12), (1024, 64, 7, 5), {"padding": 2, "groups": 64}),
    ("grouped", (1, 64, 15, 25, 20), (2, 32, 5, 7, 3), {"stride": (2, 1, 1), "groups": 2}),
    ("columns", (1, 16, 4, 60, 60), (16, 8, 5, 5, 5), {"padding": 2, "groups": 2}),
    ("pairs", (1, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}),
    ("pairs", (1, 256, 56, 56), (256, 256, 3, 3), {"padding": 1}),
    ("pairs", (1, 512, 28, 28), (512, 512, 3, 3), {"padding": 1}),
    ("pairs", (8, 256, 14, 14), (256, 256, 3, 3), {"padding": 1}),
    ("pairs", (9, 512, 7, 7), (512, 512, 3, 3), {"padding": 1}),
    ("pairs", (1, 2048, 24, 24), (64, 2048, 3, 3), {}),
    ("pairs", (1, 64, 26, 24), (2048, 64, 3, 3), {"dilation": 2}),
    ("columns", (1, 48, 1, 20_000), (256, 48, 3, 3), {"padding": 1}),
    ("pairs", (32, 512, 7, 7), (512, 512, 3, 3), {"padding": 1}),
    ("columns", (1, 64, 4, 112, 112), (64, 64, 3, 3, 3), {"padding": 1}),
    ("columns", (1, 16, 160, 160), (47, 16, 3, 3), {"padding": 1}),
    ("columns", (1, 32, 7, 3000), (64, 32, 5, 5), {"padding": 6, "dilation": 3}),
    ("columns", (32, 8, 15, 10), (512, 8, 3, 3), {"padding": 1}),
    ("columns", (32, 4, 215), (1024, 1, 7), {"padding": 1, "groups": 4}),
    ("columns", (1, 8, 5, 20_000), (8, 8, 3, 3), {"padding": 1}),
    ("columns", (2, 3, 224, 224), (64, 3, 7, 7), {"stride": 2, "padding": 3}),
    ("columns", (8, 256, 14, 14), (64, 256, 3, 3), {"stride": 2, "padding": 1}),
    ("grouped", (2, 32, 112, 112), (32, 1, 3, 3), {"padding": 1, "groups": 32}),
    ("grouped", (2, 32, 112, 112), (32, 1, 3, 3), {"stride": 2, "padding": 1, "groups": 32}),
    ("grouped", (2, 64, 56, 56), (64, 8, 3, 3), {"padding": 1, "groups": 8}),
    ("grouped", (1, 1, 700, 700), (1, 1, 5, 5), {"padding": 2}),
    ("pointwise", (1, 256, 56, 56), (64, 256, 1, 1), {}),
    ("columns", (1, 1, 160_000), (16, 1, 80), {"stride": 4}),
    ("columns", (1, 3, 16, 56, 56), (16, 3, 3, 3, 3), {"padding": 1}),
    ("fft", (1, 1, 1024, 1024), (1, 1, 21, 21), {}),
    ("fft", (16, 1, 256, 256), (1, 1, 21, 21), {"padding": 10}),
    ("fft", (8, 1, 65_536), (1, 1, 200), {}),
    ("grouped", (1, 1, 1024, 1024), (1, 1, 19, 19), {}),
    ("grouped", (1, 1, 512, 512), (4, 1, 15, 15), {"padding": 7}),
    ("fft", (1, 1, 40, 60, 70), (1, 1, 9, 9, 9), {"padding": 4}),
    ("pointwise", (2, 64, 27, 26, 44), (4, 64, 1, 1, 1), {"padding": 1, "padding_mode": "reflect"}),
]


@pytest.mark.parametrize(("name", "shape", "kernel", "settings"), LARGE)
def test_memory_stays_below_output_and_padded_input_and_four_mebibytes(
    name, shape, kernel, settings
):
    x, w = problem_of(shape, kernel, np.float32)
    n, padding = w.ndim - 2, settings.get("padding", 0)
    assert cnnlab.explain_algorithm(x, w, **settings).startswith(name)
    padded = x.itemsize * np.prod([*shape[:2], *(size + 2 * padding for size in shape[2:])])
    output = CONV[n](x, w, **settings).nbytes
    assert peak(CONV[n], x, w, **settings) <= output + padded + 4 * MIB


@pytest.mark.parametrize(
    ("shape", "kernel"),
    [((1, 64, 8, 56, 56), (64, 64, 3, 3, 3)), ((1, 48, 20, 2000), (48, 48, 3, 3))],
)
def test_gradients_of_long_rows_keep_to_that_memory_too(shape, kernel):
    x, w = problem_of(shape, kernel, np.float32)
    assert cnnlab.explain_algorithm(x, w, padding=1).startswith("pairs")
    padded = x.itemsize * np.prod([*shape[:2], *(size + 2 for size in shape[2:])])
    most = x.nbytes + 2 * w.nbytes + padded + 4 * MIB  # the gradients, the kernel turned round
    assert peak(BACKWARD[w.ndim - 2], x, x, w, padding=1) <= most


FOLDED = [
    ((1, 64, 224, 224), (64, 64, 5, 5), {"stride": 2, "padding": 2}),
    ((1, 1, 40, 139, 77), (1, 1, 1, 7, 7), {"padding": (1, 1, 3)}),
    ((2, 3, 90_000), (8, 3, 80), {"stride": 4}),
]


@pytest.mark.parametrize(("shape", "kernel", "settings"), FOLDED)
def test_gradients_that_are_added_back_keep_to_that_memory_too(shape, kernel, settings):
    x, w = problem_of(shape, kernel, np.float32)
    n = w.ndim - 2
    grad = CONV[n](x, w, **settings)
    padding = settings.get("padding", 0)
    pads = padding if isinstance(padding, tuple) else (padding,) * n
    sizes = [size + 2 * pad for size, pad in zip(shape[2:], pads, strict=True)]
    most = x.nbytes + 2 * w.nbytes + x.itemsize * np.prod([*shape[:2], *sizes]) + 4 * MIB
    assert peak(BACKWARD[n], grad, x, w, **settings) <= most


@pytest.mark.parametrize("share", [1, 100, 1 << 20])
@given(problem=problems())
def test_gradients_are_added_back_in_pieces_of_any_size(problem, share):
    x, w, settings = problem
    leaf, weight = torch.from_numpy(x).requires_grad_(), torch.from_numpy(w)
    result = TORCH[w.ndim - 2](leaf, weight, **settings)
    grad = np.random.default_rng(1).normal(size=result.shape)
    result.backward(torch.from_numpy(grad))
    total = np.zeros_like(x)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folded, "SHARES", share)
        folded.spread(grad, w, window_of(x, w, **settings), total)
    np.testing.assert_allclose(total, leaf.grad.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("memory", [1, 3000, 40_000])
@given(problem=problems())
def test_spectra_of_tiles_of_any_size_give_the_same(problem, memory):
    x, w, settings = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spectral, "MEMORY", memory)
        output, expected = by(spectral, x, w, **settings)
    np.testing.assert_allclose(output, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("length", [36_000, 160_000])
def test_long_signals_under_long_kernels_have_no_limit(length):
    x, w = problem_of((1, 1, length), (1, 1, 301))
    assert cnnlab.explain_algorithm(x, w, padding="same").startswith("fft")
    expected = F.conv1d(torch.from_numpy(x), torch.from_numpy(w), padding="same").numpy()
    np.testing.assert_allclose(cnnlab.conv1d(x, w, padding="same"), expected, atol=1e-11)


def test_a_huge_cell_disturbs_no_far_tile():
    x, w = np.ones((1, 1, 1000, 1000)), np.ones((1, 1, 15, 15))
    x[0, 0, 0, 0] = 1e16
    assert cnnlab.explain_algorithm(x, w).startswith("fft")
    np.testing.assert_allclose(cnnlab.conv2d(x, w)[0, 0, 500:, 500:], 225, rtol=1e-13)


def test_winograd_needs_at_most_forty_mebibytes_more():
    x, w = problem_of((1, 256, 56, 56), (256, 256, 3, 3), np.float32)
    most = output_bytes(x, w, {"padding": 1}) + 40 * MIB
    assert peak(cnnlab.conv2d, x, w, padding=1, algorithm="winograd") <= most


def output_bytes(x, w, settings):
    return TORCH[w.ndim - 2](torch.from_numpy(x), torch.from_numpy(w), **settings).numpy().nbytes


def peak(call, *arguments, **settings):
    """Return the most bytes that a call holds beyond its arguments; its workspace counts."""
    done = []

    def work():  # a new thread has no workspace yet
        tracemalloc.start()
        call(*arguments, **settings)
        done.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return done[0]


@pytest.mark.parametrize("tap", range(4))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("before", [0, 1, 5])
@pytest.mark.parametrize("dilation", [1, 3])
def test_reading_names_every_place_whose_tap_is_on_the_map(tap, stride, before, dilation):
    size, places = 7, 6
    here, cells = reading(tap, size, places, stride, (before, 0), dilation)
    under = {p: p * stride + tap * dilation - before for p in range(places)}
    expected = {p: cell for p, cell in under.items() if 0 <= cell < size}
    found = dict(zip(range(places)[here], range(size)[cells], strict=True))
    assert found == expected


@pytest.mark.parametrize("count", [1, 3, 16, 17])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_means_of_bins_keep_infinities_in_their_bins(count, value):
    x = np.random.default_rng(count).normal(size=(2, 3, 20, 23))
    x[0, 1, 4, 5] = value
    expected = F.adaptive_avg_pool2d(torch.from_numpy(x), count).numpy()
    np.testing.assert_allclose(cnnlab.adaptive_avg_pool2d(x, count), expected, rtol=1e-12)


@pytest.mark.parametrize("value", [1.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(("sizes", "counts"), [
    ((64, 128), (4, 8)), ((64, 128), (2, 2)), ((64, 128), (64, 64)), ((6, 128), (1, 128)),
    ((40, 64), (40, 1)), ((34, 34), (17, 17)), ((4, 6, 64), (2, 3, 4)), ((1300,), (5,)),
    ((40, 40), (1, 1)), ((131, 137), (1, 1)), ((8191,), (1,)), ((8, 8), (1, 1)),
])  # fmt: skip
def test_means_of_equal_bins_are_torchs(sizes, counts, value):
    x = np.random.default_rng(len(sizes)).normal(size=(2, 3, *sizes))
    x[(0, 1, *(size // 2 for size in sizes))] = value
    ours = getattr(cnnlab, f"adaptive_avg_pool{len(sizes)}d")(x, counts)
    theirs = getattr(F, f"adaptive_avg_pool{len(sizes)}d")(torch.from_numpy(x), counts)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-13)
    assert not np.shares_memory(ours, x)


@pytest.mark.parametrize("sizes", [(112, 112), (113, 113), (250, 1000), (127, 129), (16, 16)])
def test_global_means_round_no_more_than_a_few_steps(sizes):
    x = np.full((1, 2, *sizes), 0.1, np.float32)
    np.testing.assert_allclose(cnnlab.global_avg_pool2d(x), x[..., :1, :1], rtol=2e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_a_gradient_that_is_infinite_stays_with_its_winner(dtype, value):
    x = np.random.default_rng(0).integers(0, 3, (2, 3, 9, 8)).astype(dtype)
    leaf = torch.from_numpy(x).requires_grad_()
    result = F.max_pool2d(leaf, 3, 2, 1)
    grad = np.random.default_rng(1).normal(size=result.shape).astype(dtype)
    grad[0, 1, 2, 2] = value
    result.backward(torch.from_numpy(grad))
    ours = cnnlab.max_pool2d_backward(grad, x, 3, 2, 1)
    np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
@pytest.mark.parametrize("block", [1, 1 << 11, 1 << 30])
@pytest.mark.parametrize(("n", "window"), [
    (1, (3, 2, 1, 1)), (1, (2, 5, 0, 1)), (2, (3, 2, 1, 1)), (2, (3, 1, 1, 2)), (2, (2, 2, 0, 1)),
    (2, (1, 3, 0, 1)), (2, ((3, 2), (1, 3), (1, 0), (2, 1))), (3, (2, 1, 1, 1)), (3, (3, 2, 0, 1)),
    (2, (5, 5, 0, 1)), (2, (7, 5, 3, 1)), (2, (9, 9, 0, 1)), (2, (5, 6, 0, 1)), (3, (4, 3, 1, 1)),
])  # fmt: skip
def test_gradients_find_their_winner_in_blocks_of_any_size(monkeypatch, n, window, block, dtype):
    monkeypatch.setattr(winners, "BLOCK", block)  # of one row, of some maps, of all maps
    x = np.random.default_rng(0).integers(-2, 2, (2, 3, 11, 9, 10)[: n + 2]).astype(dtype)
    x[:, 1] = sliding.lowest(dtype)  # a tie of what padding is made of
    forward, backward = (getattr(cnnlab, f"max_pool{n}d{end}") for end in ("", "_backward"))
    values, indices = forward(x, *window, return_indices=True)
    grad = np.random.default_rng(1).integers(-9, 9, values.shape).astype(dtype)
    expected = pooling.send_back(grad, indices, x.shape[-n:])
    np.testing.assert_array_equal(backward(grad, x, *window), expected, strict=True)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.longdouble])
def test_what_no_float_holds_finds_its_winner_too(dtype):
    x = np.array([[1, 2, 3, 2], [5, 7, 6, 8]], dtype) + dtype(1 << 60)
    grad = cnnlab.max_pool1d_backward(np.ones((2, 2), np.float32), x, 2)
    np.testing.assert_array_equal(grad, [[0, 1, 1, 0], [0, 1, 0, 1]])


@pytest.mark.parametrize(("shape", "window"), [
    ((1, 1, 1500, 1500), (3, 2, 1)), ((8, 16, 112, 112), (3, 1, 1)), ((1, 1, 2_000_000), (2,)),
])  # fmt: skip
def test_a_pools_gradient_needs_little_more_than_itself(shape, window):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    n = len(shape) - 2
    grad = getattr(cnnlab, f"max_pool{n}d")(x, *window)
    most = x.nbytes + 4 * MIB
    assert peak(getattr(cnnlab, f"max_pool{n}d_backward"), grad, x, *window) <= most


def test_the_rule_is_one():
    assert set(fast.ALGORITHMS) == {
        "auto", "loops", "windows", "im2col", "shifted", "winograd", "fft",
    }  # fmt: skip


MOVED = [  # no kernel column lies straight below its place, so that the sum begins with a moved one
    ((1, 2, 5, 6), (2, 1, 3, 1), {"padding": 1, "groups": 2}),
    ((2, 4, 9, 6), (4, 1, 4, 4), {"padding": 4, "dilation": 3, "groups": 4}),
    ((1, 4, 1, 4), (4, 1, 3, 3), {"padding": 3, "dilation": (1, 2), "groups": 4}),
]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_infinite_weight_of_small_groups_gives_what_the_definition_gives(value):
    x, w = np.ones((1, 2, 4, 5)), np.ones((2, 1, 3, 3))
    w[0, 0, 0, 0] = value
    settings = {"padding": 1, "groups": 2}
    assert cnnlab.explain_algorithm(x, w, **settings).startswith("grouped")
    expected = F.conv2d(torch.from_numpy(x), torch.from_numpy(w), **settings).numpy()
    np.testing.assert_array_equal(cnnlab.conv2d(x, w, **settings), expected)


@pytest.mark.parametrize(("shape", "kernel", "settings"), MOVED)
def test_small_groups_whose_kernel_columns_are_all_moved(shape, kernel, settings):
    x, w = problem_of(shape, kernel)
    expected = F.conv2d(torch.from_numpy(x), torch.from_numpy(w), **settings).numpy()
    np.testing.assert_allclose(cnnlab.conv2d(x, w, **settings), expected, rtol=1e-12, atol=1e-12)
