"""Every activation and its slope against torch: values, dtypes, kinks, NaN, and what is refused."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import cnnlab
from cnnlab.fast.erf import erf

# name, torch's function, keyword arguments
ACTIVATIONS = [
    ("relu", F.relu, {}),
    ("leaky_relu", F.leaky_relu, {}),
    ("leaky_relu", F.leaky_relu, {"negative_slope": 0.3}),
    ("leaky_relu", F.leaky_relu, {"negative_slope": 2.0}),
    ("leaky_relu", F.leaky_relu, {"negative_slope": -0.5}),
    ("leaky_relu", F.leaky_relu, {"negative_slope": 0}),
    ("sigmoid", torch.sigmoid, {}),
    ("tanh", torch.tanh, {}),
    ("elu", F.elu, {}),
    ("elu", F.elu, {"alpha": -1.5}),
    ("gelu", F.gelu, {}),
    ("gelu", F.gelu, {"approximate": "tanh"}),
    ("silu", F.silu, {}),
    ("softplus", F.softplus, {}),
    ("softplus", F.softplus, {"beta": 2.0, "threshold": 5.0}),
    ("hardswish", F.hardswish, {}),
    ("softmax", F.softmax, {"dim": -1}),
    ("log_softmax", F.log_softmax, {"dim": 0}),
]
IDS = [f"{name}{settings or ''}" for name, _, settings in ACTIVATIONS]
EXTREME = [
    -np.inf,
    -1000.0,
    -20.0,
    -3.0,
    -1.0,
    -1e-9,
    0.0,
    1e-9,
    1.0,
    3.0,
    20.0,
    1000.0,
    np.inf,
    np.nan,
]


def partners(name):
    return getattr(cnnlab, name), getattr(cnnlab, f"{name}_backward")


def torchs(function, x, settings, grad):
    """Return torch's value and gradient as arrays."""
    leaf = torch.from_numpy(x).requires_grad_()
    value = function(leaf, **settings)
    value.backward(torch.from_numpy(grad))
    return value.detach().numpy(), leaf.grad.numpy()


@pytest.mark.parametrize(("name", "function", "settings"), ACTIVATIONS, ids=IDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("f8", 1e-12), ("f4", 2e-5), ("f2", 4e-3)])
def test_values_and_slopes_are_torchs(name, function, settings, dtype, tolerance):
    forward, backward = partners(name)
    rng = np.random.default_rng(0)
    x = (4 * rng.normal(size=(3, 4, 5))).astype(dtype)
    x[0, 0] = 0.0, 3.0, -3.0, 1.0, -0.0
    grad = rng.normal(size=x.shape).astype(dtype)
    value, slope = torchs(function, x, settings, grad)
    ours, gradient = forward(x, **settings), backward(grad, x, **settings)
    assert ours.dtype == gradient.dtype == x.dtype
    np.testing.assert_allclose(ours, value, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(gradient, slope, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("name", "function", "settings"), ACTIVATIONS[:-2], ids=IDS[:-2])
def test_infinities_nan_and_far_values_are_torchs(name, function, settings):
    forward, backward = partners(name)
    x = np.array(EXTREME)
    value, slope = torchs(function, x, settings, np.ones_like(x))
    np.testing.assert_allclose(forward(x, **settings), value, rtol=1e-6)
    np.testing.assert_allclose(backward(np.ones_like(x), x, **settings), slope, rtol=1e-6)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(
    "row", [[np.inf, 1.0], [-np.inf, 1.0], [-np.inf] * 2, [np.nan, 1.0], [1e4, 0]]
)
def test_softmax_of_extreme_rows_is_torchs(name, row):
    forward, backward = partners(name)
    x, grad = np.array(row), np.array([1.0, 2.0])
    value, slope = torchs(getattr(F, name), x, {"dim": 0}, grad)
    np.testing.assert_allclose(forward(x, 0), value)
    np.testing.assert_allclose(backward(grad, x, 0), slope)


@pytest.mark.parametrize("axes", range(5))
@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
def test_softmax_without_dim_takes_torchs_axis(axes):
    x = np.random.default_rng(axes).normal(size=tuple(range(2, 2 + axes)))
    x = np.asarray(x)
    np.testing.assert_allclose(cnnlab.softmax(x), F.softmax(torch.from_numpy(x)).numpy())


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("read_as", [np.float16, np.float32, np.float64])
def test_the_gradient_of_softmax_has_the_dtype_of_the_input(name, dtype, read_as):
    forward, backward = partners(name)
    rng = np.random.default_rng(0)
    x, grad = rng.normal(size=(2, 5)).astype(dtype), rng.normal(size=(2, 5)).astype(read_as)
    leaf = torch.from_numpy(x).requires_grad_()
    value = getattr(F, name)(leaf, 1, dtype=torch.from_numpy(grad).dtype)
    value.backward(torch.from_numpy(grad))
    ours, gradient = forward(x, 1, dtype=read_as), backward(grad, x, 1, dtype=read_as)
    assert (ours.dtype, gradient.dtype) == (read_as, dtype)
    np.testing.assert_allclose(ours, value.detach().numpy(), rtol=4e-3, atol=4e-3)
    np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=4e-3, atol=4e-3)


def test_softmax_in_foreign_byte_order_comes_back_in_ones_own():
    assert cnnlab.softmax(np.zeros(2), 0, dtype=">f4").dtype.isnative


@pytest.mark.filterwarnings("error")
def test_what_is_too_large_for_the_dtype_is_infinite_and_silent():
    assert cnnlab.leaky_relu(np.array([-60000], np.float16), 2) == -np.inf
    assert cnnlab.relu_backward(np.array([1e300]), np.ones(1, np.float32)) == np.inf
    assert np.isnan(cnnlab.softmax(np.array([1e5, 0]), 0, dtype=np.float16)).any()


@pytest.mark.parametrize("alpha", [1.0, -1.0, 0.5, np.inf, np.nan])
def test_elu_keeps_zero_and_its_sign(alpha):
    x = np.array([-0.0, 0.0])
    ours, theirs = cnnlab.elu(x, alpha), F.elu(torch.from_numpy(x), alpha).numpy()
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(np.signbit(ours), np.signbit(theirs))


def test_softmax_reads_the_input_in_another_dtype():
    result = cnnlab.softmax(np.array([1, 2]), 0, dtype=np.float32)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, F.softmax(torch.tensor([1.0, 2.0]), 0).numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "weights"),
    [((2, 3, 4), 3), ((2, 3, 4), 1), ((2, 3), 3), ((5,), 1), ((), 1), ((2, 3), ())],
)
def test_prelu_and_both_gradients_are_torchs(shape, weights):
    rng = np.random.default_rng(1)
    x, weight = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=weights))
    grad = np.asarray(rng.normal(size=shape))
    leaves = [torch.from_numpy(a).requires_grad_() for a in (x, weight)]
    value = F.prelu(*leaves)
    value.backward(torch.from_numpy(grad))
    np.testing.assert_allclose(cnnlab.prelu(x, weight), value.detach().numpy(), rtol=1e-12)
    ours = cnnlab.prelu_backward(grad, x, weight)
    for gradient, leaf in zip(ours, leaves, strict=True):
        assert isinstance(gradient, np.ndarray)
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-12)


@given(
    npst.arrays(np.float64, npst.array_shapes(max_dims=4), elements=st.floats(-30, 30)), st.data()
)
def test_any_array_in_any_shape(x, data):
    name, function, settings = data.draw(st.sampled_from(ACTIVATIONS[:-2]))
    value, slope = torchs(function, x, settings, np.ones_like(x))
    forward, backward = partners(name)
    np.testing.assert_allclose(forward(x, **settings), value, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        backward(np.ones_like(x), x, **settings), slope, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize(("name", "function", "settings"), ACTIVATIONS, ids=IDS)
def test_layouts_sizes_and_integers(name, function, settings):
    forward, backward = partners(name)
    x = np.random.default_rng(2).normal(size=(6, 10))
    for layout in (x.T, x[::2, ::3], np.asfortranarray(x), x[:0], np.broadcast_to(x[:1], (3, 10))):
        value, slope = torchs(function, layout.copy(), settings, np.ones(layout.shape))
        np.testing.assert_allclose(forward(layout, **settings), value, rtol=1e-12, atol=1e-15)
        gradient = backward(np.ones(layout.shape), layout, **settings)
        np.testing.assert_allclose(gradient, slope, rtol=1e-12, atol=1e-15)
    whole = np.array([[-2, 0], [1, 3]])
    value, _ = torchs(function, whole.astype("f8"), settings, np.ones((2, 2)))
    assert forward(whole, **settings).dtype == np.float64
    np.testing.assert_allclose(forward(whole, **settings), value)


@pytest.mark.parametrize(("name", "function", "settings"), ACTIVATIONS, ids=IDS)
def test_the_input_is_left_alone_even_over_many_blocks(name, function, settings):
    forward, _ = partners(name)
    x = np.random.default_rng(3).normal(size=(70_001, 2))
    x.flags.writeable = False
    result = forward(x, **settings)
    value, _ = torchs(function, x.copy(), settings, np.ones(x.shape))
    np.testing.assert_allclose(result, value, rtol=1e-12, atol=1e-15)
    assert not np.shares_memory(result, x)
    assert forward(np.array(0.5), **settings).shape == ()


REFUSED = [
    ("input must be a NumPy array", lambda: cnnlab.relu([1.0])),
    ("input must hold integers or floats", lambda: cnnlab.tanh(np.array([True]))),
    ("inplace must be False", lambda: cnnlab.relu(np.zeros(2), inplace=True)),
    ("inplace must be True or False", lambda: cnnlab.elu(np.zeros(2), inplace=None)),
    ("negative_slope must be a number", lambda: cnnlab.leaky_relu(np.zeros(2), "0.1")),
    ("negative_slope must be a number", lambda: cnnlab.leaky_relu(np.zeros(2), None)),
    ("alpha must be a number", lambda: cnnlab.elu_backward(np.zeros(2), np.zeros(2), [1])),
    ("approximate must be one of", lambda: cnnlab.gelu(np.zeros(2), approximate="fast")),
    ("dim must be an int", lambda: cnnlab.softmax(np.zeros(2), 0.0)),
    ("dim must be an int", lambda: cnnlab.softmax(np.zeros((2, 2)), True)),
    ("dim must be from -2 to 1; got dim=2", lambda: cnnlab.log_softmax(np.zeros((2, 2)), 2)),
    ("dtype must be a dtype of floats", lambda: cnnlab.softmax(np.zeros(2), 0, dtype=int)),
    ("weight must have one value", lambda: cnnlab.prelu(np.zeros((2, 3)), np.zeros(2))),
    ("weight must have at most one axis", lambda: cnnlab.prelu(np.zeros((2, 3)), np.zeros((3, 1)))),
    ("grad_output must have shape", lambda: cnnlab.silu_backward(np.zeros(2), np.zeros(3))),
]


@pytest.mark.parametrize(("rule", "call"), REFUSED, ids=[row[0] for row in REFUSED])
def test_bad_arguments_are_refused_by_name(rule, call):
    with pytest.raises((TypeError, ValueError), match=rule):
        call()


def test_gelu_takes_approximate_by_name_only_as_torch_does():
    with pytest.raises(TypeError):
        cnnlab.gelu(np.zeros(2), "tanh")


@pytest.mark.parametrize("beyond", [[], [89.0], [800.0, np.inf], [np.nan]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_shares_of_sigmoid_keep_their_digits_whatever_else_is_in_the_block(dtype, beyond):
    x = np.concatenate([np.linspace(-87, 50, 5001), beyond]).astype(dtype)
    truth = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    np.testing.assert_allclose(cnnlab.sigmoid(x), truth, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_bytes_in_a_foreign_order_change_nothing(dtype):
    x = np.array([-20, -2.5, 0, 12, 71], dtype)
    foreign = x.astype(x.dtype.newbyteorder("S"))
    for name, _, settings in ACTIVATIONS:
        forward, backward = partners(name)
        for ours in (forward(foreign, **settings), backward(foreign, foreign, **settings)):
            assert ours.dtype == dtype
        np.testing.assert_array_equal(forward(foreign, **settings), forward(x, **settings))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_relu_keeps_nan_and_the_sign_of_zero_as_torch(dtype):
    x = np.array([[-0.0, 0.0, np.nan], [-np.inf, np.inf, -1.0]], dtype)
    ours, theirs = cnnlab.relu(x), torch.relu(torch.from_numpy(x)).numpy()
    np.testing.assert_array_equal(ours, theirs, strict=True)
    np.testing.assert_array_equal(np.signbit(ours[0, :2]), np.signbit(theirs[0, :2]))


def test_erf_is_torchs_to_the_last_digits():
    x = np.concatenate([np.linspace(-7, 7, 4001), np.logspace(-300, 0, 100)])
    np.testing.assert_allclose(erf(x), torch.erf(torch.from_numpy(x)).numpy(), rtol=5e-16, atol=0)
    assert erf(np.float32([0.5])).dtype == np.float32


@pytest.mark.parametrize(
    ("name", "function", "closed"), [("relu", F.relu, -1.0), ("hardswish", F.hardswish, -4.0)]
)
@pytest.mark.parametrize("grad", [np.inf, -np.inf, np.nan])
def test_even_an_infinite_gradient_stops_where_the_slope_is_shut(name, function, closed, grad):
    x, grads = np.array([closed, 5.0]), np.array([grad, 2.0])
    _, slope = torchs(function, x, {}, grads)
    assert slope[0] == 0
    np.testing.assert_array_equal(partners(name)[1](grads, x), slope)


def test_infinities_that_meet_in_prelus_weight_stay_silent():
    x, grad = np.array([-np.inf, np.inf, -np.inf]), np.array([1.0, 1.0, -1.0])
    assert np.isnan(cnnlab.prelu_backward(grad, x, np.array([0.5]))[1])


def test_prelu_of_no_channels_is_empty_as_in_torch():
    x, weight = np.zeros((2, 0, 3)), np.zeros(0)
    expected = F.prelu(torch.from_numpy(x), torch.from_numpy(weight))
    assert cnnlab.prelu(x, weight).shape == tuple(expected.shape)
    grad_input, grad_weight = cnnlab.prelu_backward(x, x, weight)
    assert (grad_input.shape, grad_weight.shape) == (x.shape, weight.shape)


@pytest.mark.parametrize("dtype", [1, "same", (1, 2), [1], np.int64, 2.5])
def test_softmax_refuses_a_dtype_that_is_none_of_floats(dtype):
    with pytest.raises(TypeError, match="dtype must be a dtype of floats; got dtype="):
        cnnlab.softmax(np.zeros(3), 0, dtype=dtype)
