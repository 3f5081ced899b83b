"""Layers and training against torch: every gradient, and the loss at every step."""

import io

import numpy as np
import pytest
import torch
from torch import nn

from cnnlab import layers as L
from cnnlab import network, training


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


def test_concatenate_splits_the_gradient_by_channels():
    net = network.Concatenate([L.Conv2d(3, 2, 1, seed=0)], [L.Conv2d(3, 4, 3, padding=1, seed=1)])
    model = network.to_torch(net)
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
    leaf = torch.from_numpy(x).requires_grad_()
    expected = model(leaf)
    np.testing.assert_allclose(net(x), expected.detach().numpy(), rtol=1e-10)
    expected.square().sum().backward()
    np.testing.assert_allclose(net.backward(2 * net(x)), leaf.grad.numpy(), rtol=1e-9)


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


def test_save_and_load_bring_the_weights_back(tmp_path):
    images, labels = digits()
    net, other = small_network(), small_network()
    training.fit(net, images, labels, training.Adam(net), show=lambda history, done: None)
    training.save(net, tmp_path / "net.npz")
    training.load(other, tmp_path / "net.npz").train(False)
    np.testing.assert_array_equal(other(images), net(images))
    assert list(tmp_path.iterdir()) == [tmp_path / "net.npz"]
    before = other(images)
    smaller = network.Sequential(L.Linear(4, 2))
    training.save(smaller, tmp_path / "small.npz")
    with pytest.raises(ValueError, match=r"small\.npz holds another network: 1\.bias, 1\.weight"):
        training.load(other, tmp_path / "small.npz")
    np.testing.assert_array_equal(other(images), before)


def test_the_progress_bar_is_for_terminals_only(capsys, monkeypatch):
    history = training.History([1.0], [])
    training._bar(history, 0.5)
    assert capsys.readouterr().err == ""
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    training._bar(history, 0.5)
    assert "50%" in terminal.getvalue()


@pytest.mark.parametrize(
    ("error", "rule", "call"),
    [
        (ValueError, "groups must divide in_channels=3", lambda: L.Conv2d(3, 4, 3, groups=2)),
        (TypeError, "in_channels must be an int", lambda: L.Conv2d(3.0, 4, 3)),
        (ValueError, "p must be a number from 0", lambda: L.Dropout(1.0)),
        (TypeError, "slope", lambda: L.LeakyReLU(slope=0.1)),
        (ValueError, "input must have 4 values per row", lambda: L.Linear(4, 2)(np.ones((1, 3)))),
        (TypeError, "a layer must be a Layer", lambda: network.Sequential("relu")),
        (TypeError, "cnnlab has no layer for", lambda: network.from_torch(nn.LSTM(2, 2))),
        (ValueError, "lr must be a number above 0", lambda: training.SGD(None, lr=0)),
        (ValueError, "labels must be from", lambda: training.cross_entropy(np.ones((1, 4)), [4])),
        (ValueError, "must be as many", lambda: training.fit(None, [1], [1, 2], None)),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_by_name(error, rule, call):
    with pytest.raises(error, match=rule):
        call()


def test_layers_read_as_they_are_written():
    layer = L.Conv2d(1, 6, 5, padding=2)
    assert repr(layer) == "Conv2d(in_channels=1, out_channels=6, kernel_size=(5, 5), padding=2)"
    assert repr(L.MaxPool2d(2)) == "MaxPool2d(kernel_size=2)"
