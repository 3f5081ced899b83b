"""Layers and training against torch: every gradient, and the loss at every step."""

import io
import types

import numpy as np
import pytest
import torch
from torch import nn

from cnnlab import layers as L
from cnnlab import network, saving, training, watching
from cnnlab.network import SGD, from_torch


def digits():
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 1, 8, 8)), rng.integers(0, 10, 64)


def small_network(activation=L.ReLU):
    return network.Sequential(
        L.Conv2d(1, 4, 3, padding=1, seed=1), L.BatchNorm2d(4), activation(), L.MaxPool2d(2),
        L.SeparableConv2d(4, 6, 3, seed=2), activation(),
        network.Add([L.Conv2d(6, 6, 1, seed=3)], []), L.AdaptiveAvgPool2d(2),
        L.Flatten(), L.Linear(24, 10, seed=4),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda net: training.SGD(net, 0.05), lambda p: torch.optim.SGD(p, 0.05)),
        (
            lambda net: training.SGD(net, 0.02, momentum=0.9, weight_decay=0.01),
            lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, weight_decay=0.01),
        ),
        (lambda net: training.Adam(net, 0.003), lambda p: torch.optim.Adam(p, 0.003)),
    ],
    ids=["SGD", "momentum", "Adam"],
)
def test_the_loss_is_torchs_at_each_of_200_steps(ours, theirs):
    images, labels = digits()
    net = small_network()
    model = network.to_torch(net)
    optimizer, torchs = ours(net), theirs(model.parameters())
    for step in range(200):
        rows = np.arange(step * 16, step * 16 + 16) % len(images)
        loss = training.train_step(net, images[rows], labels[rows], optimizer)
        torchs.zero_grad()
        expected = nn.functional.cross_entropy(
            model(torch.from_numpy(images[rows])), torch.from_numpy(labels[rows])
        )
        expected.backward()
        torchs.step()
        assert loss == pytest.approx(expected.item(), abs=1e-5)
    assert loss < 2.0  # ten classes at random have log(10) = 2.3: it has begun to learn


ACTIVATIONS = [
    L.ReLU,
    L.LeakyReLU,
    L.Sigmoid,
    L.Tanh,
    L.ELU,
    L.GELU,
    L.SiLU,
    L.Softplus,
    L.Hardswish,
]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_of_a_network_is_torchs(activation):
    images, _ = digits()
    net = small_network(activation)
    model = network.to_torch(net)
    leaf = torch.from_numpy(images).requires_grad_()
    expected = model(leaf)
    np.testing.assert_allclose(net(images), expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    grad = np.random.default_rng(5).normal(size=expected.shape)
    expected.backward(torch.from_numpy(grad))
    np.testing.assert_allclose(net.backward(grad), leaf.grad.numpy(), rtol=1e-7, atol=1e-11)
    ours = [g for layer in net.walk() for g in layer.gradients.values()]
    theirs = [p.grad.numpy() for p in model.parameters()]
    assert len(ours) == len(theirs)
    for gradient, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-10)


def one_at_random(rng):
    """A layer with settings drawn by chance, and the shape of an input that it takes."""
    draw = lambda *options: options[rng.integers(len(options))]  # noqa: E731
    c, h, w = draw(1, 2, 4), int(rng.integers(5, 9)), int(rng.integers(5, 9))
    kernel, stride = draw(1, 2, 3, (2, 3), (3, 1)), draw(1, 2, (2, 1))
    window = {"stride": stride, "padding": draw(0, 1, (1, 2)), "dilation": draw(1, 2, (1, 2))}
    bias, pool = draw(True, False), draw(2, 3, (2, 3))
    kinds = [
        lambda: L.Conv2d(c, 4, kernel, **window, groups=c, bias=bias),
        lambda: L.Conv2d(c, 3, kernel, **window, bias=bias, padding_mode="replicate"),
        lambda: L.Conv2d(c, 3, kernel, padding="same", padding_mode=draw("zeros", "circular")),
        lambda: L.DepthwiseConv2d(c, kernel, **window, bias=bias, multiplier=draw(1, 2)),
        lambda: L.SeparableConv2d(c, 5, kernel, **window, bias=bias),
        lambda: L.MaxPool2d(pool, draw(None, 1, 2), 1, dilation=draw(1, 2), ceil_mode=bias),
        lambda: L.AvgPool2d(pool, draw(None, 1, 2), 1, bias, draw(True, False), draw(None, 3)),
        lambda: L.AdaptiveAvgPool2d(draw(1, 3, (2, 4))),
        lambda: L.AdaptiveMaxPool2d(draw(1, 3, (2, 4))),
        lambda: L.SpatialPyramidPool(draw((1, 2), (1, 2, 4), (3,)), draw("max", "avg")),
        lambda: L.BatchNorm2d(c, draw(1e-5, 1e-3), draw(0.1, 0.5)),
        lambda: L.Linear(w, 3, bias=bias),
        lambda: L.PReLU(draw(1, c), 0.3),
        lambda: draw(L.LeakyReLU(0.2), L.ELU(0.7), L.GELU("tanh"), L.Softplus(2.0, 1.0)),
        lambda: draw(L.Softmax(1), L.LogSoftmax(-1), L.Flatten(), L.Identity(), L.Hardswish()),
        lambda: network.Add(L.Conv2d(c, c, 3, padding=1), L.Identity(), [L.ReLU()]),
        lambda: network.Concatenate([L.Conv2d(c, 2, 1)], L.AvgPool2d(3, 1, 1)),
    ]
    return draw(*kinds)().draw(int(rng.integers(1000))), (3, c, h, w)


@pytest.mark.parametrize("seed", range(120))
def test_layers_of_any_settings_are_torchs_forward_and_backward(seed):
    rng = np.random.default_rng(seed)
    layer, shape = one_at_random(rng)
    layer.train(seed % 3 > 0)
    x = rng.normal(size=shape)
    model = network.to_torch(layer).double()
    back = network.from_torch(model)
    leaf = torch.from_numpy(x).requires_grad_()
    expected = model(leaf)
    grad = rng.normal(size=expected.shape)
    expected.backward(torch.from_numpy(grad))
    theirs = [parameter.grad.numpy() for parameter in model.parameters()]
    for ours in (layer, back):
        np.testing.assert_allclose(ours(x), expected.detach().numpy(), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(ours.backward(grad), leaf.grad.numpy(), rtol=1e-7, atol=1e-10)
        gradients = [g for part in ours.walk() for g in part.gradients.values()]
        assert len(gradients) == len(theirs)
        for gradient, other in zip(gradients, theirs, strict=True):
            np.testing.assert_allclose(
                gradient, other.reshape(gradient.shape), rtol=1e-7, atol=1e-9
            )


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5)])
def test_batch_norm_of_rows_and_signals_is_torchs(shape):
    rng = np.random.default_rng(0)
    x, grad = rng.normal(2, 3, size=shape), rng.normal(size=shape)
    layer, theirs, leaf = L.BatchNorm1d(3), nn.BatchNorm1d(3).double(), torch.from_numpy(x)
    expected = theirs(leaf.requires_grad_())
    expected.backward(torch.from_numpy(grad))
    np.testing.assert_allclose(layer(x), expected.detach().numpy(), rtol=1e-9)
    np.testing.assert_allclose(layer.backward(grad), leaf.grad.numpy(), rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(layer.gradients["weight"], theirs.weight.grad.numpy(), rtol=1e-9)


def test_from_torch_brings_every_shared_layer():
    modules = [
        nn.BatchNorm1d(4), nn.AdaptiveAvgPool2d((None, 2)), nn.Softmax(dim=1), nn.LogSoftmax(1),
        nn.PReLU(4), nn.Identity(), nn.Tanh(), nn.Sigmoid(), nn.ReLU(inplace=True), nn.SiLU(),
    ]  # fmt: skip
    for module in modules:
        shape = (5, 4) if isinstance(module, nn.BatchNorm1d) else (5, 4, 6, 6)
        x = np.random.default_rng(0).normal(size=shape)
        expected = module.double()(torch.from_numpy(x.copy())).detach().numpy()
        np.testing.assert_allclose(network.from_torch(module)(x), expected, rtol=1e-9, atol=1e-12)


def test_float32_stays_float32_through_network_loss_and_steps():
    images, labels = digits()
    net = small_network().astype(np.float32)
    for optimizer in (training.SGD(net, 0.1, 0.9), training.Adam(net)):
        training.train_step(net, images[:8].astype(np.float32), labels[:8], optimizer)
    kinds = [kind for layer in net.walk() for kind in (layer.parameters, layer.buffers)]
    assert {value.dtype for kind in kinds for value in kind.values()} == {np.dtype(np.float32)}
    assert net(images[:2].astype(np.float32)).dtype == np.float32
    assert next(network.to_torch(net).parameters()).dtype == torch.float32


def test_batch_norms_way_back_is_that_of_its_forward():
    """torch remembers the mode in which the forward was done, whatever comes between."""
    x, grad = np.random.default_rng(0).normal(size=(2, 4, 3, 5, 5))
    for mode in (True, False):
        layer, theirs = L.BatchNorm2d(3).train(mode), nn.BatchNorm2d(3).double().train(mode)
        leaf = torch.from_numpy(x).requires_grad_()
        expected = theirs(leaf)
        theirs.train(not mode)
        expected.backward(torch.from_numpy(grad))
        layer(x)
        layer.train(not mode)
        np.testing.assert_allclose(layer.backward(grad), leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layer", [L.Linear(3, 3, seed=0), L.BatchNorm1d(3)])
def test_a_float32_layer_gives_float32_gradients_for_a_float64_one(layer):
    """As a convolution does."""
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    layer.astype(np.float32)(x)
    assert layer.backward(np.ones((4, 3))).dtype == np.float32
    assert {gradient.dtype.name for gradient in layer.gradients.values()} == {"float32"}


def test_running_statistics_keep_their_dtype():
    layer = L.BatchNorm1d(3).astype(np.float32)
    layer(np.random.default_rng(0).normal(size=(4, 3)))
    assert {buffer.dtype.name for buffer in layer.buffers.values()} == {"float32"}


def test_batch_norm_of_halves_is_reckoned_in_float32_as_in_torch():
    """The variance of these values is beyond float16's 65504."""
    rng = np.random.default_rng(0)
    x, grad = (rng.normal(0, s, size=(8, 3, 4, 4)).astype(np.float16) for s in (1000, 1))
    layer, theirs = L.BatchNorm2d(3).astype(np.float16), nn.BatchNorm2d(3).half()
    leaf = torch.from_numpy(x).requires_grad_()
    expected = theirs(leaf)
    expected.backward(torch.from_numpy(grad))
    ours = layer(x)
    assert ours.dtype == np.float16
    np.testing.assert_allclose(ours, expected.detach().numpy(), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(layer.backward(grad), leaf.grad.numpy(), rtol=2e-3, atol=2e-6)
    for name, gradient in layer.gradients.items():
        assert gradient.dtype == np.float16
        np.testing.assert_allclose(gradient, getattr(theirs, name).grad.numpy(), rtol=2e-3)


def test_whole_numbers_are_read_as_floats():
    counts = np.arange(24).reshape(2, 3, 2, 2)
    for layer in (L.BatchNorm2d(3), L.Dropout(0.5, seed=1)):
        again = type(layer)(
            *layer.settings.values(), **({"seed": 1} if "p" in layer.settings else {})
        )
        np.testing.assert_array_equal(layer(counts), again(counts.astype(float)))


def test_one_seed_draws_a_whole_network():
    def outputs(net):
        return net(digits()[0])

    def with_dropout():
        return network.Sequential(small_network(), L.Dropout(0.5))

    first, net = outputs(with_dropout().draw(7)), with_dropout().draw(7)
    np.testing.assert_array_equal(outputs(net), first)
    assert not np.array_equal(outputs(net.draw(8)), first)
    np.testing.assert_array_equal(outputs(net.draw(7)), first)


def test_from_torch_gives_the_same_network_back():
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2, padding_mode="reflect", bias=False),
        nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(16, 3),
    ).double()  # fmt: skip
    x = torch.randn(4, 2, 8, 8, dtype=torch.float64)
    model(x)  # moves the running statistics
    net = network.from_torch(model.eval())
    np.testing.assert_allclose(net(x.numpy()), model(x).detach().numpy(), rtol=1e-9)
    again = network.to_torch(net)
    np.testing.assert_allclose(again(x).detach().numpy(), model(x).detach().numpy(), rtol=1e-12)


def modes(network):
    """The class and the training mode of every layer, cnnlab's or torch's, in one order."""
    every = network.walk() if isinstance(network, L.Layer) else network.modules()
    return [(type(layer).__name__, layer.training) for layer in every]


def test_training_modes_go_to_torch_and_come_back():
    """A frozen batch norm stays frozen in a network that is trained, and so does all at rest."""
    net = network.Sequential(
        L.Conv2d(2, 3, 3), L.BatchNorm2d(3), network.Add([L.BatchNorm2d(3)], []), L.Dropout(),
        L.SpatialPyramidPool((1, 2)),
    )  # fmt: skip
    net[1].eval()
    net[2][0].eval()
    net[4].eval()
    model = network.to_torch(net)
    pools = [("AdaptiveMaxPool2d", False)] * 2
    assert modes(model) == [*modes(net), *pools]
    assert modes(from_torch(model)) == modes(net)
    assert modes(network.to_torch(net.eval())) == [*modes(net), *pools]
    assert {mode for _, mode in modes(from_torch(model.eval()))} == {False}
    assert not network.to_torch(L.DepthwiseConv2d(2, 3).eval()).training
    made = network.to_torch(L.SeparableConv2d(2, 3, 3).eval())
    assert {mode for _, mode in modes(made)} == {False}


def test_batch_norm_keeps_torchs_running_statistics():
    x = np.random.default_rng(0).normal(2.0, 3.0, size=(8, 3, 4, 5))
    layer, theirs = L.BatchNorm2d(3), nn.BatchNorm2d(3).double()
    for _ in range(3):
        layer(x)
        theirs(torch.from_numpy(x))
    for name in ("running_mean", "running_var"):
        np.testing.assert_allclose(layer.buffers[name], getattr(theirs, name).numpy(), rtol=1e-12)
    layer.train(False)
    expected = theirs.eval()(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(layer(x), expected, rtol=1e-9)


def test_dropout_drops_scales_and_rests():
    layer, x = L.Dropout(0.25, seed=0), np.ones((200, 200))
    kept = layer(x)
    assert set(np.unique(kept)) == {0.0, 4 / 3}
    assert (kept == 0).mean() == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(layer.backward(x), kept)
    np.testing.assert_array_equal(layer.train(False)(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)
    np.testing.assert_array_equal(L.Dropout(1.0)(x), 0 * x)
    np.testing.assert_array_equal(L.Dropout(0.25, seed=0)(x), kept)


def test_concatenate_splits_the_gradient_by_channels():
    net = network.Concatenate([L.Conv2d(3, 2, 1, seed=0)], [L.Conv2d(3, 4, 3, padding=1, seed=1)])
    model = network.to_torch(net)
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
    leaf = torch.from_numpy(x).requires_grad_()
    expected = model(leaf)
    np.testing.assert_allclose(net(x), expected.detach().numpy(), rtol=1e-10)
    expected.square().sum().backward()
    np.testing.assert_allclose(net.backward(2 * net(x)), leaf.grad.numpy(), rtol=1e-9)


def test_use_leaves_alone_what_no_layer_here_calls():
    x = np.arange(-2.0, 3.0)
    np.testing.assert_array_equal(L.ReLU().use(tanh=np.cos)(x), np.maximum(x, 0))


def test_use_puts_a_learners_operators_in_and_hands_on_only_what_it_needs():
    calls = []

    def my_conv2d(input, weight, bias=None):
        calls.append("conv2d")
        return L.convolution.conv2d(input, weight, bias)

    def my_relu(x):
        calls.append("relu")
        return np.maximum(x, 0)

    net = network.Sequential(L.Conv2d(1, 2, 3, seed=0), L.ReLU())
    untouched = network.Sequential(L.Conv2d(1, 2, 3, seed=0), L.ReLU())
    x = np.ones((1, 1, 5, 5))
    expected = untouched(x)
    np.testing.assert_array_equal(net.use(conv2d=my_conv2d, relu=my_relu)(x), expected)
    assert calls == ["conv2d", "relu"]
    untouched(x)
    assert calls == ["conv2d", "relu"]


def test_cross_entropy_is_torchs():
    rng = np.random.default_rng(0)
    logits, labels = 50 * rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
    leaf = torch.from_numpy(logits).requires_grad_()
    expected = nn.functional.cross_entropy(leaf, torch.from_numpy(labels))
    expected.backward()
    loss, gradient = training.cross_entropy(logits, labels)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-9, atol=1e-15)


def test_fit_learns_reports_and_can_be_interrupted():
    images, labels = digits()
    net = small_network()
    seen = []
    history = training.fit(
        net, images, labels, training.Adam(net, 0.01), epochs=60, batch=16,
        test=(images, labels), show=lambda history, done: seen.append(done),
    )  # fmt: skip
    assert len(history.losses) == len(seen) == 240
    assert seen[-1] == 1.0
    assert history.accuracies[-1] > 0.9
    assert not any(layer.training for layer in net.walk())

    def stop(history, done):
        raise KeyboardInterrupt

    cut = training.fit(net, images, labels, training.SGD(net), show=stop)
    assert len(cut.losses) == 1


def test_a_notebook_sees_a_live_curve(monkeypatch):
    """Drawn at once, renewed while it runs and at the end, told in words; quiet when asked."""
    drawn = []

    def display(data, raw, display_id):
        drawn.append(data)
        return types.SimpleNamespace(update=lambda data, raw: drawn.append(data))

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(watching, "_in_notebook", lambda: True)
    monkeypatch.setattr(watching, "PAUSE", 0.0)
    images, labels = digits()
    net = small_network().draw(0)
    arguments = (net, images, labels, training.SGD(net))
    history = training.fit(*arguments, epochs=2, test=(images, labels))
    assert len(drawn) == len(history.losses) == 4
    assert f"{history.accuracies[-1]:.1%} right on the test" in drawn[-1]["text/plain"]
    assert 'value="1.000"' in drawn[-1]["text/html"]
    assert drawn[-1]["text/html"].count("<polyline") == 2
    training.fit(*arguments, show=False)
    assert len(drawn) == 4


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_network_is_refused_by_name(tmp_path, content):
    path = tmp_path / "net.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.npz is no file that save"):
        saving.load(L.Linear(2, 2), path)
    np.save(tmp_path / "array.npy", np.ones(3))
    with pytest.raises(ValueError, match=r"array\.npy is no file that save"):
        saving.load(L.Linear(2, 2), tmp_path / "array.npy")


def test_save_and_load_bring_the_weights_back(tmp_path):
    images, labels = digits()
    net, other = small_network(), small_network()
    training.fit(net, images, labels, training.Adam(net), show=lambda history, done: None)
    saving.save(net, tmp_path / "net.npz")
    saving.load(other, tmp_path / "net.npz").train(False)
    np.testing.assert_array_equal(other(images), net(images))
    assert list(tmp_path.iterdir()) == [tmp_path / "net.npz"]
    before = other(images)
    smaller = network.Sequential(L.Linear(4, 2))
    saving.save(smaller, tmp_path / "small.npz")
    with pytest.raises(ValueError, match=r"small\.npz holds another network: 1\.bias, 1\.weight"):
        saving.load(other, tmp_path / "small.npz")
    np.testing.assert_array_equal(other(images), before)


def test_the_progress_bar_is_for_terminals_only(capsys, monkeypatch):
    history = training.History([1.0], [])
    watching.watcher(None)(history, 0.5)
    assert capsys.readouterr().err == ""
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    watching.watcher(False)(history, 0.5)
    assert terminal.getvalue() == ""
    watching.watcher(None)(history, 0.5)
    assert "50%" in terminal.getvalue()


def twice():
    relu = L.ReLU()
    return network.Sequential(L.Conv2d(1, 2, 3), relu, [L.Conv2d(2, 2, 3), relu])


@pytest.mark.parametrize(
    ("error", "rule", "call"),
    [
        (ValueError, "groups must divide in_channels=3", lambda: L.Conv2d(3, 4, 3, groups=2)),
        (TypeError, "in_channels must be an int", lambda: L.Conv2d(3.0, 4, 3)),
        (ValueError, "padding='same' needs", lambda: L.Conv2d(3, 4, 3, stride=2, padding="same")),
        (ValueError, "padding_mode must be", lambda: L.Conv2d(3, 4, 3, padding_mode="mirror")),
        (ValueError, "stride must be", lambda: L.SeparableConv2d(3, 4, 3, stride=0)),
        (ValueError, "multiplier must be", lambda: L.DepthwiseConv2d(3, 3, multiplier=0)),
        (ValueError, "num_features must be", lambda: L.BatchNorm2d(0)),
        (ValueError, "more than one value", lambda: L.BatchNorm2d(2)(np.ones((1, 2, 1, 1)))),
        (ValueError, "must have shape .N, 3. or", lambda: L.BatchNorm1d(3)(np.ones((2, 4)))),
        (ValueError, "p must be a number from 0", lambda: L.Dropout(1.5)),
        (TypeError, "slope", lambda: L.LeakyReLU(slope=0.1)),
        (ValueError, "input must have 4 values per row", lambda: L.Linear(4, 2)(np.ones((1, 3)))),
        (TypeError, "input must be a NumPy array", lambda: L.ReLU()([1.0, 2.0])),
        (ValueError, "input must have a batch", lambda: L.Flatten()(np.ones(3))),
        (TypeError, "a layer must be a Layer", lambda: network.Sequential("relu")),
        (ValueError, "layers must not hold one layer twice", twice),
        (AttributeError, "forward comes before backward", lambda: L.ReLU().backward(np.ones(2))),
        (TypeError, "cnnlab has no layer for", lambda: network.from_torch(nn.LSTM(2, 2))),
        (ValueError, "start_dim must be 1", lambda: network.from_torch(nn.Flatten(2))),
        (ValueError, "affine must be True", lambda: from_torch(nn.BatchNorm2d(3, affine=False))),
        (ValueError, "return_indices", lambda: from_torch(nn.MaxPool2d(2, return_indices=True))),
        (TypeError, "torch.nn has no layer for", lambda: network.to_torch(L.Layer())),
        (TypeError, "network must be a layer", lambda: training.SGD([L.ReLU()])),
        (ValueError, "lr must be a number above 0", lambda: training.SGD(L.ReLU(), lr=0)),
        (ValueError, "momentum must be", lambda: training.SGD(L.ReLU(), momentum=-0.1)),
        (ValueError, "betas must be below 1", lambda: training.Adam(L.ReLU(), betas=(0.9, 1.0))),
        (ValueError, "labels must be from", lambda: training.cross_entropy(np.ones((1, 4)), [4])),
        (TypeError, "labels must hold", lambda: training.cross_entropy(np.ones((1, 4)), [0.5])),
        (ValueError, "N at least 1", lambda: training.cross_entropy(np.ones((0, 4)), [])),
        (ValueError, "must be as many", lambda: fit(optimizer=None, labels=np.arange(2))),
        (ValueError, "it steps another one", lambda: fit(optimizer=SGD(L.ReLU()))),
        (TypeError, "grad_output must be a NumPy", lambda: seen(L.Linear(2, 2)).backward([1.0])),
        (TypeError, "grad_output must be a NumPy", lambda: seen(L.BatchNorm1d(2)).backward([1.0])),
        (TypeError, "grad_output must be a NumPy", lambda: seen(L.Flatten()).backward([1.0])),
        (ValueError, "eps must be a number from 0", lambda: L.BatchNorm2d(3, eps=-1)),
        (ValueError, "eps must be a number from 0", lambda: L.BatchNorm2d(3, eps=float("nan"))),
        (TypeError, "seed must be None, an int", lambda: L.Conv2d(1, 1, 1, seed="a")),
        (TypeError, "seed must be None, an int", lambda: L.Dropout(seed="a")),
        (ValueError, "seed must be None, an int", lambda: L.ReLU().draw(-1)),
        (ValueError, "at least one branch; got Add", lambda: network.Add()),
        (ValueError, "at least one branch; got Conc", lambda: network.Concatenate()),
        (ValueError, "rleu is no operator of a layer: .*relu", lambda: L.ReLU().use(rleu=np.abs)),
        (TypeError, "relu must be a function; got relu=3", lambda: L.ReLU().use(relu=3)),
        (TypeError, "torch.nn has no layer for Own", lambda: network.to_torch(Own([]))),
        (ValueError, "momentum must be a", lambda: from_torch(nn.BatchNorm2d(3, momentum=None))),
        (TypeError, "NumPy has.*; got torch.bfl", lambda: from_torch(nn.Linear(2, 2).bfloat16())),
        (TypeError, "betas must be a pair", lambda: training.Adam(L.ReLU(), betas=0.9)),
        (ValueError, "betas must be a pair", lambda: training.Adam(L.ReLU(), betas=(0.9,))),
        (ValueError, "lr must be a number above 0", lambda: SGD(L.ReLU(), lr=float("nan"))),
        (ValueError, "lr must be a number above 0", lambda: SGD(L.ReLU(), lr=float("inf"))),
        (ValueError, "batch must be", lambda: training.classify(L.ReLU(), np.ones((1, 2)), 0)),
        (ValueError, "batch must be", lambda: training.classify(L.ReLU(), np.ones((1, 2)), -1)),
        (TypeError, "network must be a layer", lambda: training.classify([], np.ones((1, 2)))),
        (TypeError, "images must be a NumPy array", lambda: fit(images=[1.0])),
        (TypeError, "labels must be a NumPy array", lambda: fit(labels=[1])),
        (TypeError, "optimizer must have a step", lambda: fit(optimizer=None)),
        (TypeError, "optimizer must have a step", lambda: fit(optimizer=SGD)),
        (TypeError, "test must be a pair", lambda: fit(test=np.ones((1, 2)))),
        (ValueError, "test must be a pair", lambda: fit(test=(1, 2, 3))),
        (TypeError, "test labels must be a NumPy array", lambda: fit(test=(np.ones((1, 2)), [1]))),
        (TypeError, "seed must be None, an int", lambda: fit(seed="a")),
        (ValueError, "seed must be None, an int", lambda: fit(seed=-1)),
        (TypeError, "show must be a function, False", lambda: fit(show=True)),
        (TypeError, "show must be a function, False", lambda: fit(show="bar")),
        (ValueError, "labels .N,., N at least 1", lambda: share(np.array([[0], [1]]))),
        (ValueError, "labels .N,., N at least 1", lambda: share(np.array([0]))),
        (ValueError, "labels .N,., N at least 1", lambda: share(0)),
        (ValueError, "labels .N,., N at least 1", lambda: share([], count=0)),
        (TypeError, "labels must hold ints", lambda: share(np.array([0.0, 1.0]))),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_by_name(error, rule, call):
    with pytest.raises(error, match=rule):
        call()


class Own(network.Add):
    """A learner's own way to join branches."""


def fit(**changed):
    net = L.Linear(2, 2)
    good = {"images": np.ones((1, 2)), "labels": np.arange(1), "optimizer": SGD(net)}
    return training.fit(net, **good | changed)


def seen(layer):
    layer(np.ones((2, 2)))
    return layer


def share(labels, count=2):
    return training.accuracy(L.Identity(), np.eye(2)[:count], labels)


@pytest.mark.parametrize("kind", [network.Add, network.Concatenate])
def test_branches_whose_outputs_do_not_fit_together_are_refused(kind):
    """NumPy would spread a pool's single cell over the whole map, and no gradient fits that."""
    with pytest.raises(ValueError, match=r"fit together in .*\(1, 2, 4, 4\) and \(1, 2, 1, 1\)"):
        kind([], [L.AdaptiveAvgPool2d(1)])(np.ones((1, 2, 4, 4)))


def test_numpys_numbers_go_to_torch_as_pythons():
    x = np.random.default_rng(0).normal(size=(1, 2, 6, 6))
    two = np.int64(2)
    for layer in (L.AdaptiveAvgPool2d(two), L.AdaptiveMaxPool2d((two, 3)), L.MaxPool2d(two, two)):
        expected = network.to_torch(layer)(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(layer(x), expected, rtol=1e-12)


def test_layers_read_as_they_are_written():
    layer = L.Conv2d(1, 6, 5, padding=2)
    assert repr(layer) == "Conv2d(in_channels=1, out_channels=6, kernel_size=(5, 5), padding=2)"
    assert repr(L.MaxPool2d(2)) == "MaxPool2d(kernel_size=2)"
