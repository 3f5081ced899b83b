"""Unpooling and its gradient against torch, and what is refused."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cnnlab import pooling, unpooling

POOL = {n: getattr(pooling, f"max_pool{n}d") for n in (1, 2, 3)}
UNPOOL = {n: getattr(unpooling, f"max_unpool{n}d") for n in (1, 2, 3)}
BACKWARD = {n: getattr(unpooling, f"max_unpool{n}d_backward") for n in (1, 2, 3)}
TORCH = {n: getattr(F, f"max_unpool{n}d") for n in (1, 2, 3)}
SIZES = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}


@st.composite
def round_trips(draw):
    """Draw a pool without dilation, and the size of the map to come back to."""
    n = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(n))
    stride = draw(st.sampled_from([None, (1,) * n, (2,) * n, (3,) * n]))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    cells = [draw(st.integers(3, 8)) for _ in range(n)]
    lead = draw(st.sampled_from([(2, 3), (3,), (0, 2)]))
    given_size = draw(st.sampled_from(["map", "shape", None]))
    image = np.random.default_rng(draw(st.integers(0, 99))).normal(size=(*lead, *cells))
    return n, image, (kernel, stride, padding), given_size


@examples(max_examples=200)
@given(round_trips())
def test_there_and_back_as_in_torch(trip):
    n, image, window, given_size = trip
    sizes = {"map": image.shape[-n:], "shape": (2, 3, *image.shape[-n:]), None: None}
    size = sizes[given_size]
    values, indices = POOL[n](image, *window, return_indices=True)
    leaf = torch.from_numpy(values).requires_grad_()
    call = (torch.from_numpy(indices), *window, size)
    try:
        expected = TORCH[n](leaf, *call)
    except (RuntimeError, ValueError):
        with pytest.raises(ValueError, match="must be"):
            UNPOOL[n](values, indices, *window, size)
        return
    result = UNPOOL[n](values, indices, *window, size)
    np.testing.assert_array_equal(result, expected.detach().numpy(), strict=True)
    grad = np.random.default_rng(1).normal(size=result.shape)
    expected.backward(torch.from_numpy(grad))
    ours = BACKWARD[n](grad, values, indices, *window, size)
    np.testing.assert_array_equal(ours, leaf.grad.numpy(), strict=True)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_what_comes_back_holds_the_maxima_and_pools_to_them_again(n):
    image = np.random.default_rng(0).uniform(1, 2, size=(2, 3, *SIZES[n]))
    values, indices = POOL[n](image, 2, return_indices=True)
    back = UNPOOL[n](values, indices, 2, output_size=SIZES[n])
    assert back.shape == image.shape
    np.testing.assert_array_equal(back[back > 0], image[back > 0])
    assert np.count_nonzero(back) == values.size
    np.testing.assert_array_equal(POOL[n](back, 2), values)


def test_of_values_with_one_index_the_last_stays():
    values, indices = np.array([[1.0, 2.0, 3.0]]), np.array([[2, 2, 2]])
    # torch leaves open which; from a pool they are all the same value.
    result = unpooling.max_unpool1d(values, indices, 2)
    assert result.tolist() == [[0, 0, 3, 0, 0, 0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64])
def test_dtype_is_kept_and_nothing_is_shared(dtype):
    values, indices = np.ones((1, 2, 2), dtype), np.array([[[0, 1], [2, 3]]])
    result = unpooling.max_unpool2d(values, indices, 1)
    assert result.dtype == dtype
    assert not np.shares_memory(result, values)


REFUSED = [
    # what is wrong, the argument the message must name, the changed arguments
    ("index too large", "indices", {"indices": np.array([[[0, 3], [8, 16]]])}),
    ("index negative", "indices", {"indices": np.array([[[-1, 3], [8, 15]]])}),
    ("indices of int32", "indices", {"indices": np.zeros((1, 2, 2), np.int32)}),
    ("indices of another shape", "indices", {"indices": np.zeros((1, 2, 1), np.int64)}),
    ("stride that shrinks the map", "indices", {"stride": 1}),
    ("stride a float", "stride", {"stride": 2.0}),
    ("kernel a float", "kernel_size", {"kernel_size": 2.0}),
    ("kernel of one in a list", "kernel_size", {"kernel_size": [2]}),
    ("stride of one in a list", "stride", {"stride": [2]}),
    ("padding of one in a list", "padding", {"padding": [0]}),
    ("kernel of three", "kernel_size", {"kernel_size": (2, 2, 2)}),
    ("output_size too large", "output_size", {"output_size": (6, 6)}),
    ("output_size too small", "output_size", {"output_size": (2, 4)}),
    ("output_size an int", "output_size", {"output_size": 4}),
    ("output_size with three", "output_size", {"output_size": (1, 4, 4)}),
    ("output_size empty", "output_size", {"output_size": ()}),
    ("input without channels", "input", {"input": np.zeros((1, 0, 2, 2))}),
    ("input with two axes", "input", {"input": np.zeros((2, 2))}),
]


@pytest.mark.parametrize(
    ("name", "changed"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_torch_refuses_is_refused_by_name(name, changed):
    indices = np.array([[[0, 3], [8, 15]]])
    call = {"input": np.ones((1, 2, 2)), "indices": indices, "kernel_size": 2} | changed
    theirs = {
        key: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        for key, value in call.items()
    }
    with pytest.raises((RuntimeError, TypeError, ValueError, IndexError)):
        F.max_unpool2d(**theirs)
    with pytest.raises((ValueError, TypeError), match=rf"^{name} must"):
        unpooling.max_unpool2d(**call)


def test_grad_output_of_another_shape_is_refused():
    values, indices = np.ones((1, 2, 2)), np.array([[[0, 3], [8, 15]]])
    with pytest.raises(ValueError, match=r"grad_output must have shape \(1, 4, 4\)"):
        unpooling.max_unpool2d_backward(np.ones((1, 5, 4)), values, indices, 2)
