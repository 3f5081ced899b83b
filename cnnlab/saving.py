"""Networks on disk: every parameter and every buffer of a network in one .npz file."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import numpy as np

from . import arguments
from .layer import Layer, checked


def save(network, path) -> None:
    """Write the parameters and buffers of a network to one .npz file.

    The file is complete or not there: it is written beside its place and then moved there. One that
    stood there gives its permissions to the new one; a link goes on pointing where it did.

    Errors: TypeError for what is no network.
    Source: numpy.savez.
    """
    arrays, place = state(network), Path(path).resolve()
    # A name that nobody else has: two programs may save to one place at once.
    beside = place.with_name(f"{uuid4().hex}.part")
    try:
        with beside.open("xb") as file:
            if place.exists():
                shutil.copymode(place, beside)
            np.savez(file, **arrays)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def load(network, path) -> Layer:
    """Read what `save` wrote into a network of the same layers; return the network.

    Every parameter keeps the dtype that it has in the network.

    Errors: TypeError for what is no network; ValueError where names or shapes differ, or the file
        is none that `save` wrote; the network is then unchanged.
    Source: numpy.load.
    """
    own, saved = state(network), _read(path)
    differing = [
        name
        for name in own.keys() | saved.keys()
        if name not in own or name not in saved or own[name].shape != saved[name].shape
    ]
    if differing:
        raise ValueError(f"{path} holds another network: {', '.join(sorted(differing))} differ")
    for number, layer in enumerate(network.walk()):
        for kind in (layer.parameters, layer.buffers):
            row = {name: (saved[f"{number}.{name}"], value.dtype) for name, value in kind.items()}
            kind.update({name: arguments.cast(*both) for name, both in row.items()})
    return network


def _read(path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by their names; a damaged file fails in a dozen ways."""
    with Path(path).open("rb") as raw:
        try:
            with np.load(raw) as file:
                return {name: arguments.array(name, file[name]) for name in file.files}
        except Exception as problem:
            raise ValueError(f"{path} is no file that save() wrote: {problem}") from None


def state(network) -> dict[str, np.ndarray]:
    """Return every parameter and buffer by the number of its layer and its name.

    >>> from cnnlab.network import Flatten, Linear, Sequential
    >>> sorted(state(Sequential(Flatten(), Linear(4, 2))))
    ['2.bias', '2.weight']
    """
    return {
        f"{number}.{name}": value
        for number, layer in enumerate(checked(network).walk())
        for name, value in (layer.parameters | layer.buffers).items()
    }
