"""Training: a loss, two optimizers, and the loop that joins them.

The loop is the same in every framework: forward, loss, backward, step. Nothing here knows what the
layers do inside.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .layers import Layer


def cross_entropy(logits, labels) -> tuple[float, np.ndarray]:
    """Return the mean of -log(softmax) at the true labels, and its gradient for the logits.

    Shapes: logits (N, classes), labels (N,) ints; the gradient is (N, classes).
    Errors: ValueError where the shapes don't agree or a label is no class.
    Source: torch.nn.functional.cross_entropy; lesson 08.

    >>> loss, gradient = cross_entropy(np.zeros((1, 4)), np.array([2]))
    >>> round(loss, 4), gradient
    (1.3863, array([[ 0.25,  0.25, -0.75,  0.25]]))
    """
    labels = np.asarray(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(
            f"logits must be (N, classes) and labels (N,); got {logits.shape} and {labels.shape}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < logits.shape[1]:
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

    Source: torch.optim.SGD.
    """

    def __init__(self, network, lr=0.01, momentum=0.0, weight_decay=0.0):
        self.network, self.lr = network, _positive("lr", lr)
        self.momentum, self.weight_decay = momentum, weight_decay
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

    Source: Kingma and Ba 2015; torch.optim.Adam.
    """

    def __init__(self, network, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.network, self.lr = network, _positive("lr", lr)
        self.betas, self.eps, self.steps = betas, eps, 0
        self.moments: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]] = {}

    def step(self):
        """Change every parameter of the network in place."""
        self.steps += 1
        first, second = self.betas
        for key, value, gradient in _learnable(self.network):
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

    `test` is a pair (images, labels) to measure on after each epoch. `show` is called as
    show(history, done), `done` from 0 to 1, after each batch; by default a progress bar is drawn
    in the terminal. An interrupt ends the training and keeps what was learned.

    Shapes: images (N, C, H, W), labels (N,).
    Errors: ValueError where the numbers of images and labels differ.
    Source: lesson 08.
    """
    if len(images) != len(labels):
        raise ValueError(f"images and labels must be as many; got {len(images)} and {len(labels)}")
    rng, history = np.random.default_rng(seed), History([], [])
    starts = range(0, len(images), batch)
    try:
        for epoch in range(epochs):
            network.train()
            order = rng.permutation(len(images))
            for number, start in enumerate(starts, start=1):
                rows = order[start : start + batch]
                history.losses.append(train_step(network, images[rows], labels[rows], optimizer))
                (show or _bar)(history, (epoch + number / len(starts)) / epochs)
            if test is not None:
                history.accuracies.append(accuracy(network, *test))
    except KeyboardInterrupt:
        print("\nstopped early; what was learned so far is kept", file=sys.stderr)
    network.train(False)
    return history


def train_step(network, images, labels, optimizer) -> float:
    """Do one forward, loss, backward and step; return the loss before the step."""
    loss, gradient = cross_entropy(network(images), labels)
    network.backward(gradient)
    optimizer.step()
    return loss


def classify(network, images, batch=256) -> np.ndarray:
    """Return the class with the largest logit for each image, with the network not training.

    Shapes: images (N, C, H, W); the result is (N,) of ints.
    """
    modes = [(layer, layer.training) for layer in network.walk()]
    network.train(False)
    parts = [network(images[i : i + batch]).argmax(1) for i in range(0, len(images), batch)]
    for layer, mode in modes:
        layer.training = mode
    return np.concatenate(parts) if parts else np.zeros(0, int)


def accuracy(network, images, labels) -> float:
    """Return the share of images whose predicted class is the label."""
    return float((classify(network, images) == labels).mean())


def save(network, path) -> None:
    """Write the parameters and buffers of a network to one .npz file.

    The file is complete or not there: it is written beside its place and then moved there.

    Source: numpy.savez.
    """
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        np.savez(file, **state(network))
    beside.replace(path)


def load(network, path) -> Layer:
    """Read what `save` wrote into a network of the same layers; return the network.

    Errors: ValueError where names or shapes differ; the network is then unchanged.
    """
    with np.load(path) as file:
        saved = {name: file[name] for name in file.files}
    own = state(network)
    differing = [
        name
        for name in own.keys() | saved.keys()
        if name not in own or name not in saved or own[name].shape != saved[name].shape
    ]
    if differing:
        raise ValueError(f"{path} holds another network: {', '.join(sorted(differing))} differ")
    for number, layer in enumerate(network.walk()):
        for kind in (layer.parameters, layer.buffers):
            kind.update({name: saved[f"{number}.{name}"] for name in kind})
    return network


def state(network) -> dict[str, np.ndarray]:
    """Return every parameter and buffer by the number of its layer and its name."""
    return {
        f"{number}.{name}": value
        for number, layer in enumerate(network.walk())
        for name, value in (layer.parameters | layer.buffers).items()
    }


def _learnable(network):
    """Yield key, parameter and gradient for every parameter that has a gradient."""
    for number, layer in enumerate(network.walk()):
        for name, gradient in layer.gradients.items():
            yield (number, name), layer.parameters[name], gradient


def _positive(name, value):
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError(f"{name} must be a number above 0; got {name}={value!r}")
    return value


def _bar(history, done) -> None:
    """Draw the progress in the terminal: a bar, and the mean loss of the last steps."""
    if not sys.stderr.isatty():
        return
    cells = round(30 * done)
    recent = np.mean(history.losses[-20:])
    end = "\n" if done >= 1 else ""
    bar = "#" * cells + "." * (30 - cells)
    print(f"\r[{bar}] {done:4.0%}  loss {recent:.4f}", end=end, file=sys.stderr, flush=True)
