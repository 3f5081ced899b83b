"""Max pooling, its indices and its gradient against torch, and what is refused."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cnnlab import pooling

POOL = {1: pooling.max_pool1d, 2: pooling.max_pool2d, 3: pooling.max_pool3d}
BACKWARD = {
    1: pooling.max_pool1d_backward,
    2: pooling.max_pool2d_backward,
    3: pooling.max_pool3d_backward,
}
TORCH = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
SIZES = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}
TORCH_REFUSALS = (RuntimeError, TypeError, IndexError, NotImplementedError, ValueError)


def maps(n, dtype=np.float64, lead=(2, 3), seed=0):
    """Return maps full of ties: whole numbers from -3 to 3."""
    rng = np.random.default_rng(seed)
    return rng.integers(-3, 4, size=(*lead, *SIZES[n])).astype(dtype)


def same(ours, theirs):
    """Assert that a result is torch's: dtype, shape and every value."""
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs, strict=True)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 2},
        {"kernel_size": 1},
        {"kernel_size": 3, "stride": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        {"kernel_size": 2, "stride": 3, "dilation": 3},
        {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2, "ceil_mode": True},
        {"kernel_size": 4, "stride": (2,), "padding": 2},
    ],
    ids=str,
)
def test_values_indices_and_gradients_are_torchs(n, settings):
    image = maps(n)
    leaf = torch.from_numpy(image).requires_grad_()
    expected, where = TORCH[n](leaf, **settings, return_indices=True)
    values, indices = POOL[n](image, **settings, return_indices=True)
    same(values, expected)
    same(indices, where)
    same(POOL[n](image, **settings), expected)
    grad = np.random.default_rng(1).normal(size=values.shape)
    expected.backward(torch.from_numpy(grad))
    ours = BACKWARD[n](grad, image, **settings)
    np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-13, atol=1e-15, strict=True)


@st.composite
def calls(draw):
    """Draw a pool that torch may refuse: large padding, empty axes, windows that don't fit."""
    n = draw(st.integers(1, 3))
    ints = {
        "kernel_size": st.integers(1, 4),
        "stride": st.integers(1, 4),
        "padding": st.integers(0, 2),
        "dilation": st.integers(1, 3),
    }
    settings = {
        name: draw(st.one_of(numbers, st.tuples(*[numbers] * n), st.tuples(numbers)))
        for name, numbers in ints.items()
    }
    if draw(st.booleans()):
        settings["stride"] = draw(st.sampled_from([None, (), []]))
    settings["ceil_mode"] = draw(st.booleans())
    lead = draw(st.sampled_from([(2, 3), (3,), (1, 1), (0, 2), (2, 0), (0,)]))
    size = [draw(st.integers(0, 7)) for _ in range(n)]
    dtype = draw(st.sampled_from([np.float32, np.float64, np.float16, np.int64, np.uint8]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    image = rng.integers(0 if dtype == np.uint8 else -2, 3, size=(*lead, *size)).astype(dtype)
    if dtype().dtype.kind == "f" and draw(st.booleans()):
        strange = np.array([-np.inf, np.inf, np.nan, -np.inf], dtype)
        image = np.where(rng.random(image.shape) < 0.4, rng.choice(strange, image.shape), image)
    elif dtype == np.int64 and draw(st.booleans()):
        image[:] = np.iinfo(dtype).min
    return n, image, settings


@examples(max_examples=400)
@given(calls())
def test_any_call_gives_torchs_answer_or_is_refused_as_by_torch(call):
    n, image, settings = call
    try:
        expected = TORCH[n](torch.from_numpy(image), **settings, return_indices=True)
    except TORCH_REFUSALS:
        with pytest.raises(ValueError, match=r"must|spans"):
            POOL[n](image, **settings, return_indices=True)
        return
    for ours, theirs in zip(POOL[n](image, **settings, return_indices=True), expected, strict=True):
        same(ours, theirs)
    same(POOL[n](image, **settings), expected[0])


@examples(max_examples=300)
@given(calls(), st.integers(0, 99))
def test_any_gradient_is_torchs(call, seed):
    n, image, settings = call
    assume(image.dtype in (np.float32, np.float64))
    leaf = torch.from_numpy(image).requires_grad_()
    try:
        expected, where = TORCH[n](leaf, **settings, return_indices=True)
    except TORCH_REFUSALS:
        with pytest.raises(ValueError, match=r"must|spans"):
            BACKWARD[n](image, image, **settings)
        return
    # Where a window sees padding alone, torch writes outside its memory.
    dilation = settings["dilation"] if isinstance(settings["dilation"], int) else 3
    assume(min(image.shape[-n:]) >= dilation or not np.any(settings["padding"]))
    grad = np.random.default_rng(seed).normal(size=where.shape).astype(image.dtype)
    expected.backward(torch.from_numpy(grad))
    ours = BACKWARD[n](grad, image, **settings)
    assert ours.dtype == image.dtype
    tolerance = 1e-5 if image.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=tolerance, atol=tolerance, strict=True)


@pytest.mark.parametrize(
    ("row", "winner"),
    [
        ([1, 3, 3, 2], 1),
        ([np.nan, 9, np.nan, 2], 2),
        ([-np.inf] * 4, 0),
        ([np.inf, 1, np.inf, 0], 0),
        ([-np.inf, np.nan, -np.inf, np.inf], 1),
        ([-0.0, 0.0, -0.0, 0.0], 0),
    ],
)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_who_wins_a_tie_and_who_wins_with_nan(n, row, winner):
    image = np.array(row, float).reshape(1, 1, *[1] * (n - 1), 4)
    kernel = (*[1] * (n - 1), 4)
    _, indices = POOL[n](image, kernel, return_indices=True)
    assert indices.ravel().tolist() == [winner]
    grad = BACKWARD[n](np.full(indices.shape, 5.0), image, kernel)
    assert grad.ravel().tolist() == [5.0 * (i == winner) for i in range(4)]
    leaf = torch.from_numpy(image).requires_grad_()
    TORCH[n](leaf, kernel).sum().mul(5).backward()
    same(grad, leaf.grad)


def test_a_shift_inside_the_window_does_not_change_the_maximum():
    first, shifted = np.array([[4, 1, 3, 7, 2]]), np.array([[1, 3, 7, 2, 0]])
    assert pooling.max_pool1d(first, 5).tolist() == pooling.max_pool1d(shifted, 5).tolist() == [[7]]


def test_the_limit_of_invariance():
    signal = np.array([[0, 0, 1, 1, 0, 0, 1, 1]])
    assert pooling.max_pool1d(signal, 2).tolist() == [[0, 1, 0, 1]]
    assert pooling.max_pool1d(np.roll(signal, 1), 2).tolist() == [[1, 1, 1, 1]]


def test_padding_never_wins_whatever_the_dtype():
    for dtype in (np.float32, np.float64, np.int8, np.int64):
        signal = np.array([[-3, -2, -5]], dtype)
        assert pooling.max_pool1d(signal, 3, 1, 1).tolist() == [[-2, -2, -2]]
    for dtype in (np.int8, np.uint8, np.int64):
        least = np.full((1, 4), np.iinfo(dtype).min, dtype)
        values, indices = pooling.max_pool1d(least, 3, 2, 1, return_indices=True)
        assert values.dtype == dtype
        assert indices.tolist() == [[0, 1]]


def test_overlapping_windows_add_their_gradients():
    signal = np.array([[1.0, 9.0, 2.0, 3.0]])
    grad = pooling.max_pool1d_backward(np.array([[1.0, 10.0]]), signal, 3, stride=1)
    assert grad.tolist() == [[0.0, 11.0, 0.0, 0.0]]


def test_ceil_mode_drops_a_window_that_starts_in_the_padding():
    signal = np.arange(5.0)[np.newaxis]
    assert pooling.max_pool1d(signal, 2, 2, 0, ceil_mode=True).tolist() == [[1, 3, 4]]
    # Places 0, 2, 4 of the padded axis; a window at 6 would start in the padding after the end.
    assert pooling.max_pool1d(signal, 2, 2, 1, ceil_mode=True).shape == (1, 3)
    same(
        pooling.max_pool1d(signal, 2, 2, 1, ceil_mode=True),
        F.max_pool1d(torch.from_numpy(signal), 2, 2, 1, ceil_mode=True),
    )


def test_a_window_that_sees_padding_alone_has_a_gradient_for_nobody():
    signal = np.arange(1.0, 6.0)[np.newaxis]
    values, indices = pooling.max_pool1d(signal, 2, 1, 1, 6, return_indices=True)
    expected, where = F.max_pool1d(torch.from_numpy(signal), 2, 1, 1, 6, return_indices=True)
    same(values, expected)
    same(indices, where)
    grad = pooling.max_pool1d_backward(np.ones((1, 1)), signal, 2, 1, 1, 6)
    assert grad.tolist() == [[0.0] * 5]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("lead", [(3,), (1, 3), (0, 3)])
def test_unbatched_and_empty_batches(n, lead):
    image = maps(n, lead=lead)
    expected, where = TORCH[n](torch.from_numpy(image), 2, return_indices=True)
    values, indices = POOL[n](image, 2, return_indices=True)
    same(values, expected)
    same(indices, where)
    assert BACKWARD[n](values, image, 2).shape == image.shape


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint8, np.int64])
def test_dtype_is_kept(dtype):
    image = np.abs(maps(2)).astype(dtype)
    for settings in ({}, {"padding": 1, "stride": 1}):
        expected, where = F.max_pool2d(torch.from_numpy(image), 3, **settings, return_indices=True)
        values, indices = pooling.max_pool2d(image, 3, **settings, return_indices=True)
        same(values, expected)
        same(indices, where)
        same(pooling.max_pool2d(image, 3, **settings), expected)


def test_any_memory_layout_is_read_rightly():
    image = maps(2)
    layouts = [np.asfortranarray(image), image[..., ::-1].copy()[..., ::-1],
               np.repeat(image, 2, 1)[:, ::2]]  # fmt: skip
    expected = F.max_pool2d(torch.from_numpy(image), 3, 2, 1).numpy()
    grad = np.random.default_rng(1).normal(size=expected.shape)
    expected_grad = pooling.max_pool2d_backward(grad, image, 3, 2, 1)
    for layout in layouts:
        result = pooling.max_pool2d(layout, 3, 2, 1)
        np.testing.assert_array_equal(result, expected)
        assert result.flags.c_contiguous
        gradient = pooling.max_pool2d_backward(np.asfortranarray(grad), layout, 3, 2, 1)
        np.testing.assert_array_equal(gradient, expected_grad)
        assert gradient.flags.c_contiguous


def test_input_is_read_only_to_us_and_results_stand_alone():
    image = maps(2)
    image.flags.writeable = False
    for settings in ({"kernel_size": 1}, {"kernel_size": 2, "padding": 1}):
        first, indices = pooling.max_pool2d(image, **settings, return_indices=True)
        plain = pooling.max_pool2d(image, **settings)
        grad = pooling.max_pool2d_backward(first, image, **settings)
        arrays = [image, first, indices, plain, grad]
        assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))
        assert all(result.flags.writeable for result in arrays[1:])


def test_gradient_takes_the_dtype_of_the_input():
    image = maps(2, np.float32)
    assert pooling.max_pool2d_backward(np.ones((2, 3, 3, 4)), image, 2).dtype == np.float32
    integers = image.astype(np.int64)
    halves = pooling.max_pool2d_backward(np.full((2, 3, 3, 4), 0.5), integers, 2)
    assert halves.dtype == np.float64
    assert halves.sum() == 36.0


def test_arguments_have_torchs_names_and_order():
    image = maps(2)
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
    values = (3, 2, 1, 2, True, True)
    by_position = pooling.max_pool2d(image, *values)
    by_name = pooling.max_pool2d(input=image, **dict(zip(names, values, strict=True)))
    theirs = F.max_pool2d(torch.from_numpy(image), *values)
    for ours, ours_too, expected in zip(by_position, by_name, theirs, strict=True):
        same(ours, expected)
        same(ours_too, expected)


REFUSED = [
    # what is wrong, the argument the message must name, the changed arguments
    ("kernel zero", "kernel_size", {"kernel_size": 0}),
    ("kernel negative", "kernel_size", {"kernel_size": -2}),
    ("kernel None", "kernel_size", {"kernel_size": None}),
    ("kernel float", "kernel_size", {"kernel_size": 2.0}),
    ("kernel bool", "kernel_size", {"kernel_size": True}),
    ("kernel empty", "kernel_size", {"kernel_size": ()}),
    ("kernel of three", "kernel_size", {"kernel_size": (2, 2, 2)}),
    ("kernel too large", "kernel_size", {"kernel_size": 9}),
    ("stride zero", "stride", {"stride": 0}),
    ("stride negative", "stride", {"stride": -1}),
    ("stride float", "stride", {"stride": 1.5}),
    ("stride bool", "stride", {"stride": True}),
    ("stride of three", "stride", {"stride": (1, 1, 1)}),
    ("padding over half", "padding", {"padding": 2}),
    ("padding over half of one axis", "padding", {"kernel_size": (4, 2), "padding": 2}),
    ("padding over half, dilated", "padding", {"padding": 2, "dilation": 3}),
    ("padding negative", "padding", {"padding": -1}),
    ("padding None", "padding", {"padding": None}),
    ("padding word", "padding", {"padding": "same"}),
    ("padding empty", "padding", {"padding": ()}),
    ("dilation zero", "dilation", {"dilation": 0}),
    ("dilation None", "dilation", {"dilation": None}),
    ("dilated too far", "kernel_size", {"dilation": 9}),
    ("ceil_mode int", "ceil_mode", {"ceil_mode": 1}),
    ("ceil_mode None", "ceil_mode", {"ceil_mode": None}),
    ("input a list", "input", {"input": [[1.0]]}),
    ("input of bools", "input", {"input": np.zeros((3, 4, 4), bool)}),
    ("input complex", "input", {"input": np.zeros((3, 4, 4), complex)}),
    ("input with two axes", "input", {"input": np.zeros((4, 4))}),
    ("input with five axes", "input", {"input": np.zeros((1, 1, 4, 4, 4))}),
    ("input without cells", "input", {"input": np.zeros((1, 1, 0, 4)), "padding": 1}),
    ("input without channels", "input", {"input": np.zeros((1, 0, 4, 4))}),
    ("map without channels", "input", {"input": np.zeros((0, 4, 4))}),
]


@pytest.mark.parametrize(
    ("name", "changed"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_torch_refuses_is_refused_by_name(name, changed):
    call = {"input": maps(2), "kernel_size": 3} | changed
    as_tensors = call | {
        "input": torch.from_numpy(call["input"])
        if isinstance(call["input"], np.ndarray)
        else call["input"]
    }
    with pytest.raises(TORCH_REFUSALS):
        F.max_pool2d(**as_tensors)
    pattern = rf"(^|\W){name}(\W|$)"
    with pytest.raises((ValueError, TypeError), match=pattern):
        pooling.max_pool2d(**call)
    with pytest.raises((ValueError, TypeError), match=pattern):
        pooling.max_pool2d_backward(grad_output=np.zeros((2, 3, 2, 2)), **call)


def test_the_message_shows_what_was_given_and_the_rule():
    rule = re.escape("padding must be at most half of kernel_size=(3, 3); got padding=(2, 1)")
    with pytest.raises(ValueError, match=rule):
        pooling.max_pool2d(maps(2), 3, padding=(2, 1))


def test_return_indices_is_a_bool_or_refused():
    with pytest.raises(TypeError, match="return_indices must be True or False; got"):
        pooling.max_pool2d(maps(2), 2, return_indices="yes")
    with pytest.raises(TypeError, match="return_indices"):
        pooling.max_pool2d_backward(np.zeros((2, 3, 3, 4)), maps(2), 2, return_indices=None)


def test_grad_output_of_another_shape_is_refused():
    rule = re.escape("grad_output must have shape (2, 3, 3, 4); got shape (2, 3, 4, 3)")
    with pytest.raises(ValueError, match=rule):
        pooling.max_pool2d_backward(np.zeros((2, 3, 4, 3)), maps(2), 2)
    with pytest.raises(TypeError, match="grad_output must be a NumPy array"):
        pooling.max_pool2d_backward([1.0], maps(2), 2)
