"""Adaptive pooling and its gradients against torch, and what is refused."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cnnlab import adaptive, sliding

OURS = {
    (op, n): getattr(adaptive, f"adaptive_{op}_pool{n}d")
    for op in ("max", "avg")
    for n in (1, 2, 3)
}
BACKWARD = {
    (op, n): getattr(adaptive, f"adaptive_{op}_pool{n}d_backward")
    for op in ("max", "avg")
    for n in (1, 2, 3)
}
TORCH = {(op, n): getattr(F, f"adaptive_{op}_pool{n}d") for op in ("max", "avg") for n in (1, 2, 3)}
SIZES = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}
TORCH_REFUSALS = (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError)
CLOSE = {np.float16: 2e-3, np.float32: 1e-5, np.float64: 1e-12}


def maps(n, dtype=np.float64, lead=(2, 3)):
    """Return maps full of ties: whole numbers from -3 to 3."""
    return np.random.default_rng(0).integers(-3, 4, size=(*lead, *SIZES[n])).astype(dtype)


def close(ours, theirs):
    """Assert that a result is torch's: dtype, shape, and values to rounding."""
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype
    tolerance = CLOSE.get(theirs.dtype.type, 0)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, strict=True)


def check_all(op, n, image, size, seed=0):
    """Assert that values, indices and the gradient are torch's."""
    leaf = torch.from_numpy(image).requires_grad_()
    expected = TORCH[op, n](leaf, size)
    result = OURS[op, n](image, size)
    close(result, expected)
    assert result.flags.c_contiguous
    assert not np.shares_memory(result, image)
    if op == "max":
        _, where = TORCH[op, n](leaf, size, return_indices=True)
        values, indices = OURS[op, n](image, size, return_indices=True)
        close(values, expected)
        close(indices, where)
    if 0 not in result.shape:
        grad = np.random.default_rng(seed).normal(size=result.shape).astype(image.dtype)
        expected.backward(torch.from_numpy(grad))
        ours = BACKWARD[op, n](grad, image, size)
        close(ours, leaf.grad)
        assert ours.flags.c_contiguous


@pytest.mark.parametrize("op", ["max", "avg"])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("size", [0, 1, 2, 4, 7, 11, (2, 3, 4), [3, 1, 2], (1, 1, 1)], ids=str)
def test_values_indices_and_gradients_are_torchs(op, n, size):
    check_all(op, n, maps(n), size if isinstance(size, int) else size[:n])


@pytest.mark.parametrize("op", ["max", "avg"])
@pytest.mark.parametrize("size", [(None, None), (None, 3), (3, None), (4, None, 2), (None,) * 3])
def test_none_keeps_the_size_of_an_axis(op, size):
    check_all(op, len(size), maps(len(size)), size)


@st.composite
def calls(draw):
    """Draw a pool that torch may refuse: empty axes, negative sizes, a tuple too short."""
    op, n = draw(st.sampled_from(["max", "avg"])), draw(st.integers(1, 3))
    numbers = st.sampled_from([None, 0, 1, 1, 2, 3, 4, 5, 6, 9, -1])
    count = draw(st.sampled_from([n, n, n, n, n, 0, 1, n + 1]))
    size = draw(st.one_of(st.integers(-1, 9), st.tuples(*[numbers] * count)))
    lead = draw(st.sampled_from([(2, 3), (3,), (1, 1), (0, 2), (2, 0), (0,)]))
    cells = [draw(st.integers(0, 8)) for _ in range(n)]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    image = rng.integers(-2, 3, size=(*lead, *cells)).astype(dtype)
    if draw(st.booleans()):
        strange = np.array([-np.inf, np.inf, np.nan], dtype)
        image = np.where(rng.random(image.shape) < 0.3, rng.choice(strange, image.shape), image)
    return op, n, image, size


@examples(max_examples=400)
@given(calls())
def test_any_call_gives_torchs_answer_or_is_refused_as_by_torch(call):
    op, n, image, size = call
    try:
        expected = TORCH[op, n](torch.from_numpy(image), size)
    except TORCH_REFUSALS:
        with pytest.raises((ValueError, TypeError), match="must"):
            OURS[op, n](image, size)
        return
    if 0 in image.shape[-n:]:  # the mean of no cells at all: torch says NaN, we refuse
        assert op == "avg"
        assert expected.isnan().all()
        with pytest.raises(ValueError, match="input must have at least one cell"):
            OURS[op, n](image, size)
        return
    check_all(op, n, image, size)


@given(st.integers(1, 40), st.integers(1, 40))
def test_bins_cover_every_cell_in_order_and_differ_by_one_cell_at_most(n, count):
    edges = sliding.bins(n, count)
    assert len(edges) == count
    assert {cell for start, stop in edges for cell in range(start, stop)} == set(range(n))
    assert edges == sorted(edges)
    widths = {stop - start for start, stop in edges}
    assert min(widths) >= 1
    assert max(widths) - min(widths) <= (2 if n % count else 0)
    # A map whose cells hold their own number shows torch's bins: first cell and last.
    signal = torch.arange(float(n))[None]
    assert [stop - 1 for _, stop in edges] == F.adaptive_max_pool1d(signal, count)[0].tolist()
    assert [start for start, _ in edges] == (-F.adaptive_max_pool1d(-signal, count))[0].tolist()


def test_bins_by_hand():
    assert sliding.bins(7, 3) == [(0, 3), (2, 5), (4, 7)]
    assert sliding.bins(2, 4) == [(0, 1), (0, 1), (1, 2), (1, 2)]
    assert sliding.bins(5, 0) == []
    signal = np.array([[1, 2, 3, 4, 5, 6, 7]])
    assert adaptive.adaptive_max_pool1d(signal, 3).tolist() == [[3, 5, 7]]
    assert adaptive.adaptive_avg_pool1d(signal, 3).tolist() == [[2.0, 4.0, 6.0]]
    # Cells 2 and 4 lie in two bins each, so they get two shares of a third.
    grad = adaptive.adaptive_avg_pool1d_backward(np.full((1, 3), 3.0), signal, 3)
    assert grad.tolist() == [[1, 1, 2, 1, 2, 1, 1]]


@pytest.mark.parametrize(
    ("row", "winner"),
    [([1, 3, 3, 2], 1), ([np.nan, 9, np.nan, 2], 2), ([-np.inf] * 4, 0), ([-0.0, 0.0, 0, 0], 0)],
)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_who_wins_a_tie_and_who_wins_with_nan(n, row, winner):
    image = np.array(row, float).reshape(1, 1, 4, *[1] * (n - 1))
    _, indices = OURS["max", n](image, 1, return_indices=True)
    assert indices.ravel().tolist() == [winner]
    check_all("max", n, image, 1)


@pytest.mark.parametrize("op", ["max", "avg"])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("lead", [(3,), (0, 3)])
def test_unbatched_and_empty_batches(op, n, lead):
    image = maps(n, lead=lead)
    check_all(op, n, image, 3)
    size = (3,) * n
    assert BACKWARD[op, n](np.zeros((*lead, *size)), image, size).shape == image.shape


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("op", ["max", "avg"])
def test_floats_keep_their_dtype(op, dtype):
    image = maps(2, dtype)
    close(OURS[op, 2](image, (3, 4)), TORCH[op, 2](torch.from_numpy(image), (3, 4)))


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8])
def test_integers_stay_integers_under_max_and_have_float64_means(dtype):
    image = np.abs(maps(2)).astype(dtype)
    floats = torch.from_numpy(image.astype(float))
    values, indices = adaptive.adaptive_max_pool2d(image, 3, return_indices=True)
    expected, where = F.adaptive_max_pool2d(floats, 3, return_indices=True)
    assert values.dtype == dtype
    np.testing.assert_array_equal(values, expected.numpy())
    np.testing.assert_array_equal(indices, where.numpy())
    close(adaptive.adaptive_avg_pool2d(image, 3), F.adaptive_avg_pool2d(floats, 3))


def test_half_precision_sums_do_not_overflow():
    signal = np.full((1, 4), 60000, np.float16)
    assert adaptive.adaptive_avg_pool1d(signal, 1).tolist() == [[60000.0]]


def test_half_precision_gradients_know_more_cells_than_half_precision_counts():
    signal = np.zeros((1, 70_000), np.float16)
    grads = adaptive.adaptive_avg_pool1d_backward(np.full((1, 1), 70, np.float16), signal, 1)
    np.testing.assert_array_equal(grads, np.full_like(signal, 0.001), strict=True)


@pytest.mark.parametrize("op", ["max", "avg"])
def test_layouts_and_memory(op):
    image = maps(2)
    image.flags.writeable = False
    for layout in (np.asfortranarray(image), np.repeat(image, 2, -1)[..., ::2]):
        check_all(op, 2, layout, (3, 5))
    arrays = [image, OURS[op, 2](image, (None, None)), OURS[op, 2](image, (7, 8))]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))


@pytest.mark.parametrize("op", ["max", "avg"])
def test_arguments_have_torchs_names(op):
    image = maps(2)
    keywords = {"output_size": (3, 2)} | ({"return_indices": False} if op == "max" else {})
    close(OURS[op, 2](input=image, **keywords), TORCH[op, 2](torch.from_numpy(image), **keywords))


REFUSED = [
    # what is wrong, the argument the message must name, the changed arguments
    ("None alone", "output_size", {"output_size": None}),
    ("negative", "output_size", {"output_size": -1}),
    ("one negative", "output_size", {"output_size": (2, -1)}),
    ("float", "output_size", {"output_size": 2.0}),
    ("floats", "output_size", {"output_size": (2.0, 2)}),
    ("bool", "output_size", {"output_size": True}),
    ("bools", "output_size", {"output_size": (True, True)}),
    ("word", "output_size", {"output_size": "2"}),
    ("empty", "output_size", {"output_size": ()}),
    ("one of two", "output_size", {"output_size": (2,)}),
    ("three", "output_size", {"output_size": (2, 2, 2)}),
    ("input a list", "input", {"input": [[1.0]]}),
    ("input of bools", "input", {"input": np.zeros((3, 4, 4), bool)}),
    ("input with two axes", "input", {"input": np.zeros((4, 4))}),
    ("input with five axes", "input", {"input": np.zeros((1, 1, 4, 4, 4))}),
    ("input without cells", "input", {"input": np.zeros((1, 1, 0, 4))}),
]


@pytest.mark.parametrize("op", ["max", "avg"])
@pytest.mark.parametrize(
    ("name", "changed"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_torch_refuses_is_refused_by_name(op, name, changed):
    call = {"input": maps(2), "output_size": 3} | changed
    image = call["input"]
    theirs = call | {"input": torch.from_numpy(image) if isinstance(image, np.ndarray) else image}
    with pytest.raises((*TORCH_REFUSALS, AttributeError)):
        TORCH[op, 2](**theirs)
    pattern = rf"(^|\W){name}(\W|$)"
    with pytest.raises((ValueError, TypeError), match=pattern):
        OURS[op, 2](**call)
    with pytest.raises((ValueError, TypeError), match=pattern):
        BACKWARD[op, 2](grad_output=np.zeros((2, 3, 3, 3)), **call)


@pytest.mark.parametrize("op", ["max", "avg"])
def test_none_is_for_two_axes_and_more_as_in_torch(op):
    for size in (None, (None,)):
        with pytest.raises(TypeError, match="must be tuple of ints"):
            TORCH[op, 1](torch.from_numpy(maps(1)), size)
        with pytest.raises(TypeError, match="output_size must be an int or 1 int, each at least 0"):
            OURS[op, 1](maps(1), size)


@pytest.mark.parametrize("op", ["max", "avg"])
def test_gradients_of_no_bins_and_of_another_shape_are_refused(op):
    image = maps(2)
    leaf = torch.from_numpy(image).requires_grad_()
    with pytest.raises(RuntimeError, match="grad_output to have non-zero size"):
        TORCH[op, 2](leaf, 0).sum().backward()
    with pytest.raises(ValueError, match="grad_output must have at least one cell"):
        BACKWARD[op, 2](np.zeros((2, 3, 0, 0)), image, 0)
    rule = re.escape("grad_output must have shape (2, 3, 2, 2); got shape (2, 3, 2, 1)")
    with pytest.raises(ValueError, match=rule):
        BACKWARD[op, 2](np.zeros((2, 3, 2, 1)), image, 2)


def test_return_indices_is_a_bool_or_refused():
    with pytest.raises(TypeError, match="return_indices must be True or False"):
        adaptive.adaptive_max_pool2d(maps(2), 2, return_indices=1)
    with pytest.raises(TypeError, match="return_indices must be True or False"):
        adaptive.adaptive_max_pool2d_backward(np.zeros((2, 3, 2, 2)), maps(2), 2, None)
