"""Training: a loss, two optimizers, and the loop that joins them.

The loop is the same in every framework: forward, loss, backward, step. Nothing here knows what the
layers do inside.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from . import arguments, watching
from .layer import checked


def cross_entropy(logits, labels) -> tuple[float, np.ndarray]:
    """Return the mean of -log(softmax) at the true labels, and its gradient for the logits.

    Shapes: logits (N, classes), labels (N,) ints; the gradient is (N, classes).
    Errors: ValueError where the shapes don't agree or a label is no class; TypeError for labels
        that are no ints.
    Source: torch.nn.functional.cross_entropy; lesson 08.

    >>> loss, gradient = cross_entropy(np.zeros((1, 4)), np.array([2]))
    >>> round(loss, 4), gradient
    (1.3863, array([[ 0.25,  0.25, -0.75,  0.25]]))
    """
    labels = np.asarray(labels)
    logits = arguments.floats(arguments.array("logits", logits))
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or not logits.size:
        raise ValueError(
            "logits must be (N, classes) and labels (N,), N at least 1; "
            f"got {logits.shape} and {labels.shape}"
        )
    _ints(labels)
    if not 0 <= labels.min() <= labels.max() < logits.shape[1]:
        raise ValueError(
            f"labels must be from 0 to {logits.shape[1] - 1}; got {labels.min()} to {labels.max()}"
        )
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = (np.log(total[:, 0]) - shifted[rows, labels]).mean()
    gradient = np.exp(shifted) / total
    gradient[rows, labels] -= 1
    return float(loss), gradient / len(labels)


class SGD:
    """Step against the gradient; with momentum, along a decaying sum of all gradients so far.

    Source: torch.optim.SGD; lesson 8.2.

    >>> from cnnlab.layers import Linear
    >>> layer = Linear(1, 1, bias=False)
    >>> layer.parameters["weight"][:] = 2.0
    >>> layer.gradients = {"weight": np.array([[10.0]])}
    >>> SGD(layer, lr=0.1).step()
    >>> layer.parameters["weight"]
    array([[1.]])
    """

    def __init__(self, network, lr=0.01, momentum=0.0, weight_decay=0.0):
        self.network, self.lr = checked(network), arguments.from_zero("lr", lr, above=True)
        self.momentum = arguments.from_zero("momentum", momentum)
        self.weight_decay = arguments.from_zero("weight_decay", weight_decay)
        self.velocity: dict[tuple[int, str], np.ndarray] = {}

    def step(self):
        """Change every parameter of the network in place."""
        for key, value, gradient in _learnable(self.network):
            gradient = gradient + self.weight_decay * value
            if self.momentum:
                last = self.velocity.get(key)
                gradient = gradient if last is None else self.momentum * last + gradient
                self.velocity[key] = gradient
            value -= self.lr * gradient


class Adam:
    """Step by the mean gradient over its root mean square, both decaying, corrected at the start.

    Source: Kingma and Ba 2015; torch.optim.Adam; lesson 8.2.

    >>> from cnnlab.layers import Linear
    >>> layer = Linear(1, 1, bias=False)
    >>> layer.parameters["weight"][:] = 2.0
    >>> layer.gradients = {"weight": np.array([[10.0]])}
    >>> Adam(layer, lr=0.1).step()
    >>> layer.parameters["weight"].round(6)
    array([[1.9]])
    """

    def __init__(self, network, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.network, self.lr = checked(network), arguments.from_zero("lr", lr, above=True)
        betas = _two("betas", betas, "of numbers, each below 1")
        self.betas = tuple(arguments.from_zero("betas", beta, below=1) for beta in betas)
        self.eps = arguments.from_zero("eps", eps)
        self.weight_decay, self.steps = arguments.from_zero("weight_decay", weight_decay), 0
        self.moments: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]] = {}

    def step(self):
        """Change every parameter of the network in place."""
        self.steps += 1
        first, second = self.betas
        for key, value, gradient in _learnable(self.network):
            gradient = gradient + self.weight_decay * value
            mean, square = self.moments.get(key, (0.0, 0.0))
            mean = first * mean + (1 - first) * gradient
            square = second * square + (1 - second) * gradient**2
            self.moments[key] = mean, square
            size = np.sqrt(square / (1 - second**self.steps)) + self.eps
            value -= self.lr * mean / (1 - first**self.steps) / size


class History(NamedTuple):
    """What `fit` noted: the loss at every step, and the test accuracy after every epoch."""

    losses: list[float]
    accuracies: list[float]


def fit(network, images, labels, optimizer, *, epochs=1, batch=32, seed=0, test=None, show=None):
    """Train a network on shuffled batches and return the losses and accuracies on the way.

    `test` is a pair (images, labels) to measure on after each epoch. By default a notebook shows a
    live loss curve and a terminal a progress bar; `show=False` shows nothing, and a function is
    called as show(history, done) after each batch, `done` from 0 to 1. An interrupt ends the
    training and keeps what was learned.

    Shapes: images (N, C, H, W), labels (N,).
    Errors: ValueError where the numbers of images and labels differ, or the optimizer steps another
        network; TypeError for what is no array, no optimizer, or no pair to test on.
    Source: lesson 8.3.

    >>> from cnnlab.network import Flatten, Linear, Sequential
    >>> net = Sequential(Flatten(), Linear(4, 2)).draw(0)
    >>> images = np.array([np.eye(2), 1 - np.eye(2)])[:, None]
    >>> history = fit(net, images, np.array([0, 1]), SGD(net, 1.0), epochs=20)
    >>> len(history.losses), classify(net, images)
    (20, array([0, 1]))
    """
    _check(network, images, labels, optimizer, test)
    arguments.integer("epochs", epochs, minimum=0)
    arguments.integer("batch", batch, minimum=1)
    rng = np.random.default_rng(arguments.seed(seed))
    history, show = History([], []), watching.watcher(show)
    starts = range(0, len(images), batch)
    try:
        for epoch in range(epochs):
            network.train()
            order = rng.permutation(len(images))
            for number, start in enumerate(starts, start=1):
                rows = order[start : start + batch]
                history.losses.append(train_step(network, images[rows], labels[rows], optimizer))
                if test is not None and number == len(starts):
                    history.accuracies.append(accuracy(network, *test))
                show(history, (epoch + number / len(starts)) / epochs)
    except KeyboardInterrupt:
        print("\nstopped early; what was learned so far is kept", file=sys.stderr)
    network.train(False)
    return history


def train_step(network, images, labels, optimizer) -> float:
    """Do one forward, loss, backward and step; return the loss before the step.

    Shapes: images (N, C, H, W), labels (N,).
    Source: lesson 8.2.
    """
    loss, gradient = cross_entropy(network(images), labels)
    network.backward(gradient)
    optimizer.step()
    return loss


def classify(network, images, batch=256) -> np.ndarray:
    """Return the class with the largest logit for each image, with the network not training.

    Shapes: images (N, C, H, W); the result is (N,) of ints.
    """
    arguments.integer("batch", batch, minimum=1)
    modes = [(layer, layer.training) for layer in checked(network).walk()]
    network.train(False)
    parts = [network(images[i : i + batch]).argmax(1) for i in range(0, len(images), batch)]
    for layer, mode in modes:
        layer.training = mode
    return np.concatenate(parts) if parts else np.zeros(0, int)


def accuracy(network, images, labels) -> float:
    """Return the share of images whose predicted class is the label.

    Shapes: images (N, C, H, W), N at least 1; labels (N,) ints.
    Errors: ValueError where the shapes don't agree; TypeError for labels that are no ints.
    """
    labels = np.asarray(labels)
    if labels.shape != (len(images),) or not len(images):
        raise ValueError(
            "images must be (N, C, H, W) and labels (N,), N at least 1; "
            f"got {np.shape(images)} and {labels.shape}"
        )
    _ints(labels)
    return float((classify(network, images) == labels).mean())


def _learnable(network):
    """Yield key, parameter and gradient for every parameter that has a gradient."""
    for number, layer in enumerate(network.walk()):
        for name, gradient in layer.gradients.items():
            yield (number, name), layer.parameters[name], gradient


def _check(network, images, labels, optimizer, test):
    """Refuse what `fit` can't train with."""
    checked(network)
    _pairs("images", images, "labels", labels)
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "step", None)):
        rule = "optimizer must have a step of its own, as SGD(network) has"
        raise TypeError(f"{rule}; got optimizer={optimizer!r}")
    if getattr(optimizer, "network", network) is not network:
        raise ValueError("optimizer must step the network that is trained; it steps another one")
    if test is not None:
        images, labels = _two("test", test, "(images, labels)")
        _pairs("test images", images, "test labels", labels)


def _two(name, value, parts):
    """Return a pair as it was given; `parts` says of what it must be."""
    rule = f"{name} must be a pair {parts}"
    if not isinstance(value, tuple | list):
        raise TypeError(f"{rule}; got a {type(value).__name__}")
    if len(value) != 2:
        raise ValueError(f"{rule}; got {len(value)} of them")
    return value


def _pairs(images_name, images, labels_name, labels):
    """Refuse images and labels that are no arrays, or of which there are not as many."""
    arguments.array(images_name, images)
    arguments.array(labels_name, labels, (1,), "one axis (N,)")
    if len(images) != len(labels):
        rule = f"{images_name} and {labels_name} must be as many"
        raise ValueError(f"{rule}; got {len(images)} and {len(labels)}")


def _ints(labels):
    """Refuse labels that are no ints."""
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must hold ints, one class per row; got dtype {labels.dtype}")
