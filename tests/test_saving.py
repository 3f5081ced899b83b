"""Networks on disk: whole files only, the caller's own files and rights, and damaged ones."""

import io
import os
import stat
import threading
import warnings
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from cnnlab import saving
from cnnlab.network import BatchNorm2d, Conv2d, Flatten, Linear, Sequential

WINDOWS = os.name == "nt"
NO_FILE_OF_OURS = r"net\.npz is no file that save"


def net(seed=0):
    return Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), Flatten(), Linear(8, 3)).draw(seed)


def same(one, other):
    pairs = zip(saving.state(one).items(), saving.state(other).items(), strict=True)
    return all(a == b and np.array_equal(x, y) for (a, x), (b, y) in pairs)


def names(folder):
    return [file.name for file in folder.iterdir()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.npz"


# -- writing ---------------------------------------------------------------------------------------


@pytest.mark.skipif(WINDOWS, reason="Windows replaces no file that is being read")
def test_many_may_save_to_one_place_at_once_and_every_reader_sees_a_whole_file(path):
    saving.save(net(), path)
    failures, over = [], threading.Event()

    def attempt(what):
        while not over.is_set():
            try:
                what()
            except Exception as failure:
                failures.append(failure)
                over.set()

    saves = [partial(saving.save, net(seed), path) for seed in range(3)]
    threads = [threading.Thread(target=attempt, args=(one,)) for one in saves]
    for thread in threads:
        thread.start()
    for _ in range(100):
        loaded = saving.load(net(9), path)
        assert any(same(loaded, net(seed)) for seed in range(3))
        if failures:
            break
    over.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert names(path.parent) == ["net.npz"]


def test_a_part_of_the_users_own_is_left_alone(path):
    beside = path.with_name("net.npz.part")
    beside.write_text("mine")
    saving.save(net(), path)
    assert beside.read_text() == "mine"


def test_a_save_that_fails_leaves_the_former_file_and_nothing_else(path, monkeypatch):
    saving.save(net(0), path)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        saving.save(net(1), path)
    assert same(saving.load(net(2), path), net(0))
    assert names(path.parent) == ["net.npz"]


@pytest.mark.skipif(WINDOWS, reason="Windows lets few users make links")
def test_a_link_goes_on_pointing_to_the_file_that_is_written(tmp_path):
    (tmp_path / "models").mkdir()
    link, target = tmp_path / "latest.npz", tmp_path / "models" / "first.npz"
    link.symlink_to(Path("models") / "first.npz")
    for seed in (0, 1):  # not there yet, and there
        saving.save(net(seed), link)
        assert link.is_symlink()
        assert not target.is_symlink()
        assert same(saving.load(net(2), target), net(seed))
    assert names(target.parent) == ["first.npz"]


@pytest.mark.skipif(WINDOWS, reason="Windows has no such bits")
def test_the_permissions_of_a_file_stay_as_they_were(path):
    saving.save(net(), path)
    usual = stat.S_IMODE(path.stat().st_mode)
    plain = path.with_name("plain")
    plain.touch()
    assert usual == stat.S_IMODE(plain.stat().st_mode)
    for mode in (0o600, 0o640):
        path.chmod(mode)
        saving.save(net(1), path)
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_is_no_network_is_refused(path):
    saving.save(net(), path)
    for call in (lambda: saving.save([net()], path), lambda: saving.load(None, path)):
        with pytest.raises(TypeError, match="network must be a layer of cnnlab, a Sequential"):
            call()
    assert same(saving.load(net(1), path), net())


# -- reading ---------------------------------------------------------------------------------------


def write(path, change):
    """Save a network with its arrays changed."""
    arrays = saving.state(net())
    np.savez(path, **{name: change(value) for name, value in arrays.items()})


@pytest.mark.parametrize("dtype", ["U8", "S8", "complex128", "bool", "datetime64[s]", "m8[s]"])
def test_what_holds_no_numbers_is_refused_and_changes_nothing(path, dtype):
    write(path, lambda value: np.ones(value.shape).astype(int).astype(dtype))
    own = net(1)
    with pytest.raises(ValueError, match=rf"{NO_FILE_OF_OURS}.*must hold integers or floats"):
        saving.load(own, path)
    assert same(own, net(1))


@pytest.mark.parametrize("stored", ["float32", ">f8", ">f4", "float64", "float16"])
@pytest.mark.parametrize("wanted", ["float32", "float64"])
def test_a_network_keeps_its_own_dtype(path, stored, wanted):
    write(path, lambda value: value.astype(stored))
    own = saving.load(net(1).astype(wanted), path)
    for name, value in saving.state(own).items():
        assert value.dtype == wanted
        assert value.dtype.isnative
        np.testing.assert_array_equal(
            value, saving.state(net())[name].astype(stored).astype(wanted)
        )


def damaged(kind):
    """Return a file's bytes, damaged in one way."""
    whole = io.BytesIO()
    np.savez(whole, **saving.state(net()))
    content = bytearray(whole.getvalue())
    central = content.index(b"PK\x01\x02")
    if kind == "a method that nobody has":
        content[8:10] = content[central + 10 : central + 12] = (99).to_bytes(2, "little")
    elif kind == "encrypted":
        content[6] |= 1
        content[central + 8] |= 1
    elif kind == "a place before the file":
        end = content.rindex(b"PK\x05\x06")
        content[end + 16 : end + 20] = (2**31 - 1).to_bytes(4, "little")
    elif kind == "no array":
        with zipfile.ZipFile(whole, "w") as archive:
            for name in saving.state(net()):
                archive.writestr(name, "text")
        content = whole.getvalue()
    elif kind == "far too large":
        content = content.replace(b"'shape': (2, 1, 3, 3), ", b"'shape': (9999999999,),", 1)
    elif kind == "pickled":
        np.savez(whole := io.BytesIO(), **{"0.weight": np.array([None])})
        content = whole.getvalue()
    return bytes(content)


KINDS = ["a method that nobody has", "encrypted", "a place before the file", "no array"]


@pytest.mark.parametrize("kind", [*KINDS, "far too large", "pickled"])
def test_a_damaged_file_is_refused_by_name(path, kind):
    path.write_bytes(damaged(kind))
    with pytest.raises(ValueError, match=NO_FILE_OF_OURS):
        saving.load(net(), path)


def test_any_damaged_byte_loads_or_is_refused(path):
    whole = damaged("not at all")
    rng = np.random.default_rng(0)
    for place in rng.integers(len(whole), size=300):
        content = bytearray(whole)
        content[place] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        own = net(1)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                saving.load(own, path)
        except ValueError:
            assert same(own, net(1))


def test_a_file_that_is_not_there_is_said_by_the_system(path):
    with pytest.raises(FileNotFoundError):
        saving.load(net(), path)
