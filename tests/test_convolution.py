"""Convolution and its gradients against torch: values, shapes, dtypes, and what is refused."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import cnnlab

# torch says that 'same' with an even kernel costs it a copy
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")

CONV = {1: cnnlab.conv1d, 2: cnnlab.conv2d, 3: cnnlab.conv3d}
BACKWARD = {1: cnnlab.conv1d_backward, 2: cnnlab.conv2d_backward, 3: cnnlab.conv3d_backward}
TORCH = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
LAYER = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d, 3: torch.nn.Conv3d}
SIZES = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}
KERNELS = {1: (3,), 2: (3, 2), 3: (2, 3, 1)}
ALGORITHMS = ("loops", "windows", "im2col", "auto", "shifted", "winograd", "fft")


def problem(n, groups=1, dtype=np.float64, batch=2, seed=0):
    """Return input, weight and bias without any symmetry."""
    rng = np.random.default_rng(seed)
    shapes = ((batch, 2 * groups, *SIZES[n]), (3 * groups, 2, *KERNELS[n]), (3 * groups,))
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def tensors(*arrays):
    return [torch.from_numpy(array) for array in arrays]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2},
        {"padding": 2},
        {"dilation": 2},
        {"groups": 2},
        {"stride": 3, "padding": 1, "dilation": 2, "groups": 2},
        {"padding": "same", "dilation": 2},
        {"padding": "valid", "stride": 2},
    ],
    ids=str,
)
def test_values_and_gradients_are_torchs(n, algorithm, settings):
    arrays = problem(n, settings.get("groups", 1))
    leaves = [tensor.requires_grad_() for tensor in tensors(*arrays)]
    expected = TORCH[n](*leaves, **settings)
    result = CONV[n](*arrays, **settings, algorithm=algorithm)
    np.testing.assert_allclose(result, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    grad = np.random.default_rng(1).normal(size=result.shape)
    expected.backward(torch.from_numpy(grad))
    ours = BACKWARD[n](grad, *arrays, **settings, algorithm=algorithm)
    for gradient, leaf in zip(ours, leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-11, atol=1e-12)


@st.composite
def calls(draw):
    n = draw(st.integers(1, 3))
    groups, batch = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    slices, filters = draw(st.integers(1, 3)), groups * draw(st.integers(1, 2))
    several = {
        "stride": st.integers(1, 3), "padding": st.integers(0, 3), "dilation": st.integers(1, 2)
    }  # fmt: skip
    settings = {
        name: draw(st.one_of(numbers, st.tuples(*[numbers] * n), st.tuples(numbers)))
        for name, numbers in several.items()
    }
    if draw(st.integers(0, 4)) == 0:
        settings["padding"] = draw(st.sampled_from(["same", "valid"]))
    size = [draw(st.integers(1, 6)) for _ in range(n)]
    kernel = [draw(st.integers(1, 4)) for _ in range(n)]
    lead = () if draw(st.integers(0, 3)) == 0 else (batch,)
    dtype = draw(st.sampled_from([np.float32, np.float64, np.int64, np.int32]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    draw_array = lambda *shape: (rng.normal(size=shape) * 8).astype(dtype)  # noqa: E731
    x, w = draw_array(*lead, slices * groups, *size), draw_array(filters, slices, *kernel)
    bias = draw_array(filters) if draw(st.booleans()) else None
    return n, x, w, bias, settings | {"groups": groups}


@given(calls())
def test_any_call_gives_torchs_answer_or_is_refused_as_by_torch(call):
    n, x, w, bias, settings = call
    # torch can't dilate integers; their sums are exact in float64, so that is the truth for them
    exact = np.float64 if x.dtype.kind == "i" else x.dtype
    operands = [None if a is None else torch.from_numpy(a.astype(exact)) for a in (x, w, bias)]
    try:
        expected = TORCH[n](*operands, **settings).numpy().astype(x.dtype)
    except RuntimeError:
        with pytest.raises(ValueError, match=r"must|spans|needs"):
            CONV[n](x, w, bias, **settings)
        return
    result = CONV[n](x, w, bias, **settings)
    assert result.dtype == expected.dtype
    tolerance = 1e-4 if x.dtype == np.float32 else 1e-10
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [1, "same"])
def test_padding_modes_are_those_of_torchs_layers(n, mode, padding):
    arrays = problem(n)
    layer = LAYER[n](2, 3, KERNELS[n], padding=padding, padding_mode=mode, dtype=torch.float64)
    x, weight, bias = tensors(*arrays)
    layer.weight.data, layer.bias.data = weight, bias
    expected = layer(x.requires_grad_())
    result = CONV[n](*arrays, padding=padding, padding_mode=mode)
    np.testing.assert_allclose(result, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    expected.sum().backward()
    ours = BACKWARD[n](np.ones_like(result), *arrays, padding=padding, padding_mode=mode)
    theirs = (x.grad, layer.weight.grad, layer.bias.grad)
    for gradient, leaf in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(gradient, leaf.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_by_hand(algorithm):
    image = np.array([[[1, 2, 0], [0, 1, 3], [4, 0, 1]]])
    kernel = np.array([[[[1, 2], [3, -1]]]])
    result = cnnlab.conv2d(image, kernel, np.array([10]), algorithm=algorithm)
    # 1*1 + 2*2 + 0*3 - 1*1 = 4, 2 + 0 + 3 - 3 = 2, 0 + 2 + 12 - 0 = 14, 1 + 6 + 0 - 1 = 6
    assert result.tolist() == [[[14, 12], [24, 16]]]
    assert result.dtype == np.int64


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.uint8])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_dtype_is_kept_and_small_ints_wrap_as_in_torch(dtype, algorithm):
    arrays = [(np.abs(a) * 9).astype(dtype) for a in problem(2)]
    expected = F.conv2d(*tensors(*arrays), padding=1).numpy()
    result = cnnlab.conv2d(*arrays, padding=1, algorithm=algorithm)
    assert result.dtype == dtype
    tolerance = {np.float16: 2e-3, np.float32: 1e-4}.get(dtype, 1e-12)
    np.testing.assert_allclose(result, expected, rtol=tolerance)


def test_mixed_dtypes_promote_as_numpy_does():
    x, w, b = problem(1)
    assert cnnlab.conv1d(x.astype("f4"), w).dtype == np.float64
    assert cnnlab.conv1d(x.astype("f4"), w.astype("f4"), b).dtype == np.float64
    assert cnnlab.conv1d(x.astype("i8"), w.astype("f4")).dtype == np.float64


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_unbatched_input_gives_unbatched_gradients(n, algorithm):
    x, w, b = problem(n)
    result = CONV[n](x[0], w, b, 2, 1, algorithm=algorithm)
    np.testing.assert_allclose(result, F_value(n, x, w, b)[0], rtol=1e-12)
    grad_input, grad_weight, grad_bias = BACKWARD[n](
        np.ones_like(result), x[0], w, b, 2, 1, algorithm=algorithm
    )
    assert (grad_input.shape, grad_weight.shape, grad_bias.shape) == (x[0].shape, w.shape, b.shape)


def F_value(n, x, w, b):
    return TORCH[n](*tensors(x, w, b), 2, 1).numpy()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (3, 2)])
def test_a_sum_over_no_channels_is_the_bias(kernel, algorithm):
    x, w, b = np.zeros((2, 0, 7, 6)), np.zeros((3, 0, *kernel)), np.arange(3.0)
    result = cnnlab.conv2d(x, w, b, stride=(1, 2), algorithm=algorithm)
    np.testing.assert_array_equal(result, np.broadcast_to(b[:, None, None], result.shape))
    grads = cnnlab.conv2d_backward(result, x, w, b, stride=(1, 2), algorithm=algorithm)
    assert [grad.shape for grad in grads] == [x.shape, w.shape, b.shape]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_empty_batch(algorithm):
    x, w, b = problem(2, batch=0)
    result = cnnlab.conv2d(x, w, b, padding=1, algorithm=algorithm)
    assert result.shape == (0, 3, 7, 9)
    grads = cnnlab.conv2d_backward(result, x, w, b, padding=1, algorithm=algorithm)
    assert [grad.shape for grad in grads] == [x.shape, w.shape, b.shape]
    assert not grads[1].any()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_operands_are_read_only_to_us_and_results_stand_alone(algorithm):
    arrays = problem(2)
    weight = np.ones((2, 2, 1, 1))
    before = [array.copy() for array in (*arrays, weight)]
    for array in (*arrays, weight):
        array.flags.writeable = False
    first = cnnlab.conv2d(arrays[0], weight, algorithm=algorithm)
    kept = first.copy()
    second = cnnlab.conv2d(2 * arrays[0], weight, algorithm=algorithm)
    cnnlab.conv2d(*arrays, padding=1, algorithm=algorithm)
    np.testing.assert_array_equal(first, kept)
    assert not any(np.shares_memory(first, array) for array in (*arrays, weight, second))
    for array, copy in zip((*arrays, weight), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_memory_layout_is_read_rightly(algorithm):
    x, w, b = problem(2)
    layouts = [np.asfortranarray(x), x[:, ::-1][:, ::-1], np.repeat(x, 2, -1)[..., ::2]]
    expected = F.conv2d(*tensors(x, w, b), padding=1).numpy()
    for layout in layouts:
        result = cnnlab.conv2d(layout, np.asfortranarray(w), b, padding=1, algorithm=algorithm)
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_travel_silently_as_in_torch(algorithm, value):
    x, w, b = problem(2)
    x[0, 1, 3, 4] = value
    w[0, 1, 0, 0] = 0.0
    expected = F.conv2d(*tensors(x, w, b)).numpy()
    result = cnnlab.conv2d(x, w, b, algorithm=algorithm)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_half_precision_bias_gradients_keep_their_small_terms():
    x, w, bias = (np.zeros(shape, np.float16) for shape in [(1, 1, 3, 5000), (1, 1, 1, 1), (1,)])
    grads = cnnlab.conv2d_backward(np.full(x.shape, 0.1, np.float16), x, w, bias)
    np.testing.assert_allclose(grads[2], [1500], rtol=1e-3)


def test_half_precision_is_rounded_once_with_the_bias():
    x, w, bias = (np.full(shape, 2, np.float16) for shape in [(1, 1, 1, 1), (1, 1, 1, 1), (1,)])
    x[...], bias[...] = 60000, -60000
    assert cnnlab.conv2d(x, w, bias) == F.conv2d(*tensors(x, w, bias)).numpy() == 60000


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_half_precision_adds_up_in_single_precision(algorithm):
    x = np.array([300, 300, 1], np.float16).reshape(1, 3, 1, 1)
    w = np.array([300, -300, 1], np.float16).reshape(1, 3, 1, 1)
    assert cnnlab.conv2d(x, w, algorithm=algorithm) == 1
    grads = cnnlab.conv2d_backward(x[:, :1], x[:, :1], w[:, :1], algorithm=algorithm)
    assert [grad.dtype for grad in grads[:2]] == [np.float16] * 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.uint8])
def test_fractions_sent_back_to_whole_numbers_are_not_cut(algorithm, dtype):
    x, w = np.arange(16, dtype=dtype).reshape(1, 1, 4, 4), np.ones((1, 1, 2, 2), dtype)
    whole = [array.astype(np.float64) for array in (x, w, np.ones(1))]
    grad = np.full((1, 1, 3, 3), 0.5)
    expected = cnnlab.conv2d_backward(grad, *whole)
    for ours, theirs in zip(
        cnnlab.conv2d_backward(grad, x, w, np.ones(1, dtype), algorithm=algorithm), expected,
        strict=True,
    ):  # fmt: skip
        np.testing.assert_allclose(ours, theirs)
    same = cnnlab.conv2d_backward(grad.astype(dtype), x, w, algorithm=algorithm)
    assert [g.dtype for g in same[:2]] == [dtype] * 2


def test_sums_that_are_no_number_or_too_large_for_half_precision_stay_silent():
    x, w = np.full((1, 1, 2, 2), np.inf), np.ones((1, 1, 2, 2))
    assert np.isnan(cnnlab.conv2d(x, w, np.array([-np.inf]))).all()
    large, one = np.full((2, 1, 2, 2), 60000, np.float16), np.ones((1, 1, 1, 1), np.float16)
    _, grad_weight, grad_bias = cnnlab.conv2d_backward(large, large, one, one[0, 0, 0])
    assert np.isinf([grad_weight.item(), grad_bias.item()]).all()


def test_explain_algorithm_refuses_padding_that_the_mode_cannot_fill():
    x, w = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))
    for call in (cnnlab.conv2d, cnnlab.explain_algorithm):
        with pytest.raises(ValueError, match="padding must be at most 3 for padding_mode='refl"):
            call(x, w, padding=9, padding_mode="reflect")


REFUSED = [
    # what is wrong, the argument the message must name, the changed arguments
    ("stride zero", "stride", {"stride": 0}),
    ("stride of three", "stride", {"stride": (1, 1, 1)}),
    ("no stride", "stride", {"stride": ()}),
    ("stride None", "stride", {"stride": None}),
    ("stride a float", "stride", {"stride": 1.0}),
    ("stride a bool", "stride", {"stride": True}),
    ("padding negative", "padding", {"padding": -1}),
    ("padding None", "padding", {"padding": None}),
    ("padding unknown", "padding", {"padding": "SAME"}),
    ("padding same with stride", "padding", {"padding": "same", "stride": (2, 1)}),
    ("dilation zero", "dilation", {"dilation": 0}),
    ("dilated too far", "kernel_size", {"dilation": 9}),
    ("groups zero", "groups", {"groups": 0}),
    ("groups a float", "groups", {"groups": 1.0}),
    ("groups that don't divide", "groups", {"groups": 2, "weight": np.zeros((3, 1, 3, 2))}),
    ("bias short", "bias", {"bias": np.zeros(2)}),
    ("bias of one", "bias", {"bias": np.zeros(1)}),
    ("bias with axes", "bias", {"bias": np.zeros((3, 1))}),
    ("bias a number", "bias", {"bias": 1.0}),
    ("input a list", "input", {"input": [[1.0]]}),
    ("input with two axes", "input", {"input": np.zeros((7, 8))}),
    ("input with five axes", "input", {"input": np.zeros((1, 1, 2, 7, 8))}),
    ("input bool", "input", {"input": np.zeros((2, 7, 8), bool)}),
    ("input without cells", "input", {"input": np.zeros((1, 2, 0, 8)), "padding": 3}),
    ("channels", "input", {"weight": np.zeros((3, 1, 3, 2))}),
    ("weight with three axes", "weight", {"weight": np.zeros((2, 3, 2))}),
    ("weight without filters", "weight", {"weight": np.zeros((0, 2, 3, 2))}),
    ("weight without taps", "weight", {"weight": np.zeros((3, 2, 3, 0))}),
    ("kernel too large", "kernel_size", {"weight": np.zeros((3, 2, 8, 2))}),
]


@pytest.mark.parametrize(
    ("name", "changed"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_torch_refuses_is_refused_by_name(name, changed):
    x, w, b = problem(2)
    call = {"input": x, "weight": w, "bias": b} | changed
    as_tensors = {
        key: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        for key, value in call.items()
    }
    with pytest.raises((RuntimeError, TypeError, NotImplementedError)):
        F.conv2d(**as_tensors)
    with pytest.raises((ValueError, TypeError), match=rf"(^|\W){name}(\W|$)"):
        cnnlab.conv2d(**call)


@pytest.mark.parametrize(
    ("mode", "padding", "limit"), [("reflect", 7, 6), ("circular", 8, 7), ("zero", 1, "one of")]
)
def test_padding_modes_refuse_what_they_cannot_fill(mode, padding, limit):
    x, w, b = problem(2)
    with pytest.raises(ValueError, match=f"padding.* {limit}"):
        cnnlab.conv2d(x, w, b, padding=padding, padding_mode=mode)


def test_unknown_algorithm_lists_the_known_ones():
    x, w, b = problem(2)
    with pytest.raises(ValueError, match="algorithm must be one of auto, loops, windows"):
        cnnlab.conv2d(x, w, b, algorithm="fastest")
    with pytest.raises(TypeError, match="algorithm must be one of"):
        cnnlab.conv2d_backward(np.zeros((2, 3, 5, 7)), x, w, b, algorithm=None)


def test_grad_output_of_another_shape_is_refused():
    x, w, b = problem(2)
    rule = re.escape("grad_output must have shape (2, 3, 5, 7); got shape (2, 3, 7, 5)")
    with pytest.raises(ValueError, match=rule):
        cnnlab.conv2d_backward(np.zeros((2, 3, 7, 5)), x, w, b)


def test_no_bias_no_gradient_of_it():
    x, w, _ = problem(1)
    assert cnnlab.conv1d_backward(np.ones((2, 3, 7)), x, w)[2] is None


def test_arguments_have_torchs_names_and_order():
    x, w, b = problem(2, groups=2)
    values = (2, 1, 2, 2)
    names = ("stride", "padding", "dilation", "groups")
    by_position = cnnlab.conv2d(x, w, b, *values)
    by_name = cnnlab.conv2d(input=x, weight=w, bias=b, **dict(zip(names, values, strict=True)))
    np.testing.assert_array_equal(by_position, by_name)
    np.testing.assert_allclose(by_position, F.conv2d(*tensors(x, w, b), *values), rtol=1e-12)


def test_adjoint_identity_holds_for_every_setting():
    """<conv(x), y> equals <x, grad_input(y)>: the gradient is the transpose of the operator."""
    rng = np.random.default_rng(3)
    x, w, _ = problem(2)
    for s, p, d, mode in itertools.product((1, 2), (0, 2), (1, 2), ("zeros", "circular")):
        settings = {"stride": s, "padding": p, "dilation": d, "padding_mode": mode}
        output = cnnlab.conv2d(x, w, **settings)
        y = rng.normal(size=output.shape)
        grad_input = cnnlab.conv2d_backward(y, x, w, **settings)[0]
        assert np.vdot(output, y) == pytest.approx(np.vdot(x, grad_input), rel=1e-10)
