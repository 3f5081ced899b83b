"""Average pooling and its gradient against torch, and what is refused."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cnnlab import averaging

POOL = {1: averaging.avg_pool1d, 2: averaging.avg_pool2d, 3: averaging.avg_pool3d}
BACKWARD = {
    1: averaging.avg_pool1d_backward,
    2: averaging.avg_pool2d_backward,
    3: averaging.avg_pool3d_backward,
}
TORCH = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
SIZES = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}
TORCH_REFUSALS = (RuntimeError, TypeError, IndexError, NotImplementedError)
CLOSE = {np.float16: 2e-3, np.float32: 1e-5, np.float64: 1e-12}


def maps(n, dtype=np.float64, lead=(2, 3)):
    return np.random.default_rng(0).normal(size=(*lead, *SIZES[n])).astype(dtype)


def close(ours, theirs):
    """Assert that a result is torch's: dtype, shape, and values to rounding."""
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype
    tolerance = CLOSE[theirs.dtype.type]
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, strict=True)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("divisor_override", [None, 5, -2])
@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 2},
        {"kernel_size": 3, "stride": 1, "padding": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True},
    ],
    ids=str,
)
def test_values_and_gradients_are_torchs(n, settings, count_include_pad, divisor_override):
    settings = settings | {"count_include_pad": count_include_pad}
    image = maps(n)
    leaf = torch.from_numpy(image).requires_grad_()
    if divisor_override is None:
        expected = TORCH[n](leaf, **settings)
    elif n > 1:
        expected = TORCH[n](leaf, **settings, divisor_override=divisor_override)
    else:  # torch has it in 2-D and 3-D; a signal is a picture of one row
        row = {key: (1, settings[key]) for key in ("kernel_size", "stride") if key in settings}
        row = settings | row | {"padding": (0, settings.get("padding", 0))}
        picture = F.avg_pool2d(leaf[:, :, None], **row, divisor_override=divisor_override)
        expected = picture[:, :, 0]
    settings = settings | {"divisor_override": divisor_override}
    result = POOL[n](image, **settings)
    close(result, expected)
    grad = np.random.default_rng(1).normal(size=result.shape)
    expected.backward(torch.from_numpy(grad))
    close(BACKWARD[n](grad, image, **settings), leaf.grad)


@st.composite
def calls(draw):
    """Draw a pool that torch may refuse: large padding, empty axes, windows that don't fit."""
    n = draw(st.integers(1, 3))
    ints = {
        "kernel_size": st.integers(1, 4),
        "stride": st.integers(1, 4),
        "padding": st.integers(0, 2),
    }
    settings = {
        name: draw(st.one_of(numbers, st.tuples(*[numbers] * n), st.tuples(numbers)))
        for name, numbers in ints.items()
    }
    if draw(st.booleans()):
        settings["stride"] = draw(st.sampled_from([None, (), []]))
    settings["ceil_mode"] = draw(st.booleans())
    settings["count_include_pad"] = draw(st.booleans())
    if n > 1:
        settings["divisor_override"] = draw(st.sampled_from([None, 1, 3, -2, 0]))
    lead = draw(st.sampled_from([(2, 3), (3,), (1, 1), (0, 2), (2, 0), (0,)]))
    size = [draw(st.integers(0, 7)) for _ in range(n)]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    image = rng.normal(size=(*lead, *size)).astype(dtype)
    if draw(st.booleans()):
        strange = np.array([-np.inf, np.inf, np.nan], dtype)
        image = np.where(rng.random(image.shape) < 0.2, rng.choice(strange, image.shape), image)
    return n, image, settings


@examples(max_examples=400)
@given(calls())
def test_any_call_gives_torchs_answer_or_is_refused_as_by_torch(call):
    n, image, settings = call
    leaf = torch.from_numpy(image).requires_grad_()
    try:
        expected = TORCH[n](leaf, **settings)
    except TORCH_REFUSALS:
        with pytest.raises(ValueError, match=r"must|spans"):
            POOL[n](image, **settings)
        with pytest.raises(ValueError, match=r"must|spans"):
            BACKWARD[n](image, image, **settings)
        return
    result = POOL[n](image, **settings)
    close(result, expected)
    grad = np.random.default_rng(1).normal(size=result.shape).astype(image.dtype)
    expected.backward(torch.from_numpy(grad))
    close(BACKWARD[n](grad, image, **settings), leaf.grad)


def test_what_counts_as_a_cell_by_hand():
    ones = np.ones((1, 5))
    # Windows of 3 at places -1, 1, 3: each sees a cell of padding or none.
    assert averaging.avg_pool1d(ones * 3, 3, 2, 1).tolist() == [[2, 3, 2]]
    assert averaging.avg_pool1d(ones * 3, 3, 2, 1, count_include_pad=False).tolist() == [[3, 3, 3]]
    # Windows of 2 at places -1, 1, 3 and, with ceil_mode, at 0, 2, 4, the last over the end.
    assert averaging.avg_pool1d(ones * 2, 2, 2, 0, ceil_mode=True).tolist() == [[2, 2, 2]]
    assert averaging.avg_pool1d(ones * 2, 2, divisor_override=4).tolist() == [[1, 1]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_means_of_integers_are_float64(dtype):
    image = (np.arange(2 * 3 * 7 * 8) % 7).astype(dtype).reshape(2, 3, 7, 8)
    result = averaging.avg_pool2d(image, 2, padding=1)
    close(result, F.avg_pool2d(torch.from_numpy(image.astype(float)), 2, padding=1))
    assert averaging.avg_pool2d_backward(result, image, 2, padding=1).dtype == np.float64


def test_half_precision_sums_do_not_overflow():
    signal = np.full((1, 1, 4), 60000, np.float16)
    result = averaging.avg_pool1d(signal, 4)
    close(result, F.avg_pool1d(torch.from_numpy(signal), 4))
    assert result.tolist() == [[[60000.0]]]


def test_half_precision_gradients_know_more_cells_than_half_precision_counts():
    signal = np.zeros((1, 1, 70_000), np.float16)
    grads = averaging.avg_pool1d_backward(np.full((1, 1, 1), 70, np.float16), signal, 70_000)
    np.testing.assert_array_equal(grads, np.full_like(signal, 0.001), strict=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_travel_silently_as_in_torch(value):
    image = maps(2)
    image[0, 0, 3, 3:5] = value, np.inf
    close(averaging.avg_pool2d(image, 3, 1), F.avg_pool2d(torch.from_numpy(image), 3, 1))


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("lead", [(3,), (1, 3), (0, 3)])
def test_unbatched_and_empty_batches(n, lead):
    image = maps(n, lead=lead)
    result = POOL[n](image, 2, 1, 1)
    close(result, TORCH[n](torch.from_numpy(image), 2, 1, 1))
    assert BACKWARD[n](result, image, 2, 1, 1).shape == image.shape


def test_layouts_and_memory():
    image = maps(2)
    image.flags.writeable = False
    expected = F.avg_pool2d(torch.from_numpy(image.copy()), 3, 2, 1)
    layouts = [image, np.asfortranarray(image), np.repeat(image, 2, -1)[..., ::2]]
    for layout in layouts:
        result = averaging.avg_pool2d(layout, 3, 2, 1)
        close(result, expected)
        gradient = averaging.avg_pool2d_backward(np.asfortranarray(result), layout, 3, 2, 1)
        assert result.flags.c_contiguous
        assert gradient.flags.c_contiguous
        arrays = (layout, result, gradient, averaging.avg_pool2d(layout, 1))
        assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))


def test_arguments_have_torchs_names_and_order():
    image = maps(2)
    names = (
        "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"
    )  # fmt: skip
    values = (3, 2, 1, True, False, 7)
    expected = F.avg_pool2d(torch.from_numpy(image), *values)
    close(averaging.avg_pool2d(image, *values), expected)
    close(averaging.avg_pool2d(input=image, **dict(zip(names, values, strict=True))), expected)


def test_adjoint_identity_holds_for_every_setting():
    """<pool(x), y> equals <x, backward(y)>: the gradient is the transpose of the operator."""
    image = maps(2)
    rng = np.random.default_rng(3)
    for s, p, ceil, count in itertools.product((1, 2, 4), (0, 1), (True, False), (True, False)):
        settings = {"stride": s, "padding": p, "ceil_mode": ceil, "count_include_pad": count}
        output = averaging.avg_pool2d(image, 3, **settings)
        y = rng.normal(size=output.shape)
        gradient = averaging.avg_pool2d_backward(y, image, 3, **settings)
        assert np.vdot(output, y) == pytest.approx(np.vdot(image, gradient), rel=1e-10)


REFUSED = [
    # what is wrong, the argument the message must name, the changed arguments
    ("kernel zero", "kernel_size", {"kernel_size": 0}),
    ("kernel float", "kernel_size", {"kernel_size": 2.0}),
    ("kernel of three", "kernel_size", {"kernel_size": (2, 2, 2)}),
    ("kernel too large", "kernel_size", {"kernel_size": 9}),
    ("stride zero", "stride", {"stride": 0}),
    ("stride bool", "stride", {"stride": True}),
    ("padding over half", "padding", {"padding": 2}),
    ("padding negative", "padding", {"padding": -1}),
    ("padding None", "padding", {"padding": None}),
    ("ceil_mode int", "ceil_mode", {"ceil_mode": 1}),
    ("count_include_pad int", "count_include_pad", {"count_include_pad": 0}),
    ("count_include_pad None", "count_include_pad", {"count_include_pad": None}),
    ("divisor zero", "divisor_override", {"divisor_override": 0}),
    ("divisor float", "divisor_override", {"divisor_override": 2.0}),
    ("divisor bool", "divisor_override", {"divisor_override": True}),
    ("input a list", "input", {"input": [[1.0]]}),
    ("input of bools", "input", {"input": np.zeros((3, 4, 4), bool)}),
    ("input with two axes", "input", {"input": np.zeros((4, 4))}),
    ("input without cells", "input", {"input": np.zeros((1, 1, 0, 4)), "padding": 1}),
    ("input without channels", "input", {"input": np.zeros((1, 0, 4, 4))}),
]


@pytest.mark.parametrize(
    ("name", "changed"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_torch_refuses_is_refused_by_name(name, changed):
    call = {"input": maps(2), "kernel_size": 3} | changed
    image = call["input"]
    theirs = call | {"input": torch.from_numpy(image) if isinstance(image, np.ndarray) else image}
    with pytest.raises(TORCH_REFUSALS):
        F.avg_pool2d(**theirs)
    pattern = rf"(^|\W){name}(\W|$)"
    with pytest.raises((ValueError, TypeError), match=pattern):
        averaging.avg_pool2d(**call)
    with pytest.raises((ValueError, TypeError), match=pattern):
        averaging.avg_pool2d_backward(grad_output=np.zeros((2, 3, 2, 2)), **call)


def test_a_volume_must_hold_the_window_without_its_padding():
    small = np.ones((1, 2, 2, 2))
    with pytest.raises(RuntimeError, match="smaller than kernel size"):
        F.avg_pool3d(torch.from_numpy(small), 3, 1, 1)
    with pytest.raises(ValueError, match=r"kernel_size must fit .* got kernel_size=\(3, 3, 3\)"):
        averaging.avg_pool3d(small, 3, 1, 1)
    assert averaging.avg_pool2d(small[0], 3, 1, 1).shape == (2, 2, 2)


def test_grad_output_of_another_shape_is_refused():
    rule = re.escape("grad_output must have shape (2, 3, 3, 4); got shape (2, 3, 4, 3)")
    with pytest.raises(ValueError, match=rule):
        averaging.avg_pool2d_backward(np.zeros((2, 3, 4, 3)), maps(2), 2)
