"""Networks on disk: every parameter and every buffer of a network in one .npz file."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from .layer import Layer


def save(network, path) -> None:
    """Write the parameters and buffers of a network to one .npz file.

    The file is complete or not there: it is written beside its place and then moved there.

    Source: numpy.savez.
    """
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as file:
            np.savez(file, **state(network))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(network, path) -> Layer:
    """Read what `save` wrote into a network of the same layers; return the network.

    Errors: ValueError where names or shapes differ, or the file is none that `save` wrote; the
        network is then unchanged.
    Source: numpy.load.
    """
    try:
        with Path(path).open("rb") as raw, np.load(raw) as file:
            saved = {name: file[name] for name in file.files}
    except (EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as problem:
        raise ValueError(f"{path} is no file that save() wrote: {problem}") from None
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
    """Return every parameter and buffer by the number of its layer and its name.

    >>> from cnnlab.network import Flatten, Linear, Sequential
    >>> sorted(state(Sequential(Flatten(), Linear(4, 2))))
    ['2.bias', '2.weight']
    """
    return {
        f"{number}.{name}": value
        for number, layer in enumerate(network.walk())
        for name, value in (layer.parameters | layer.buffers).items()
    }
