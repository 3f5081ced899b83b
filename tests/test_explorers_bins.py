"""The explorers of adaptive bins and pyramid levels without a browser, against torch."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import cnnlab
from cnnlab import explorers, images
from cnnlab.explorers.bins_told import bins_record

SIZES = [(7, 7), (5, 8), (1, 6), (12, 9)]
TORCH = {"max": F.adaptive_max_pool2d, "average": F.adaptive_avg_pool2d}


def truth(pool, data, counts):
    """Return torch's output and the gradient of its sum."""
    x = torch.tensor(data, requires_grad=True)
    out = TORCH[pool](x[None, None], counts)[0, 0]
    out.sum().backward()
    return out.detach().numpy(), x.grad.numpy()


def joined(record):
    table = record.table
    return np.add.reduceat(record.flat("input")[table.cell] * table.weight, table.ptr[:-1])


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()


@pytest.mark.parametrize("pool", ["max", "average"])
@pytest.mark.parametrize("size", SIZES)
def test_every_number_of_bins_agrees_with_torch(pool, size):
    data = np.random.default_rng(1).integers(-4, 5, size).astype(float)
    for counts in product(range(1, 14), range(1, 14)):
        output, gradient = truth(pool, data, counts)
        record = bins_record(pool, data, [counts], "", "Adaptive")
        assert np.allclose(record.flat("output"), output.ravel(), atol=1e-12)
        assert np.allclose(record.gradient()[0], gradient, atol=1e-12)
        assert not record.never_read()[0].any()
        if pool == "average":
            assert np.allclose(joined(record), output.ravel(), atol=1e-12)
        else:
            assert np.array_equal(record.flat("input")[record.winners()], output.ravel())


def shared(n, count):
    """Return how many of n cells torch gives to more than one bin: ones in each, one by one."""
    ones = torch.eye(n, dtype=torch.float64)[:, None]
    return int(((F.adaptive_avg_pool1d(ones, count)[:, 0] > 0).sum(1) > 1).sum())


def test_shared_rows_and_columns_are_those_with_more_than_one_share():
    for down, across in product(range(1, 9), range(1, 12)):
        said = bins_record("average", np.zeros((7, 9)), [(down, across)], "", "A").notes[-1]
        rows, cols = shared(7, down), shared(9, across)
        if rows or cols:
            assert f"share {rows or 'no'} row" in said
            assert f"and {cols or 'no'} column" in said
        else:
            assert said.startswith("No two bins share a cell")


@pytest.mark.parametrize("pool", ["max", "average"])
@pytest.mark.parametrize("levels", [(1, 2, 4), (1, 2, 3, 6), (3,), (4, 1)])
def test_the_pyramid_is_cnnlabs_for_every_size_of_picture(pool, levels):
    e = explorers.pyramid(images.photo()[:20, :24], levels, pool=pool)
    for height, width in product((1, 3, 7, 20), (2, 11, 24)):
        e.apply({"height": height, "width": width})
        assert not e.error
        assert e.input.shape == (height, width)
        kind = {"max": "max", "average": "avg"}[pool]
        want = cnnlab.spatial_pyramid_pool(e.input[None], levels, kind)
        assert np.allclose(e.output, want, atol=1e-12)
        assert np.allclose(run(e.torch_code())[0], want, atol=1e-12)
    assert len(e.output) == sum(n * n for n in levels)


def test_the_adaptive_torch_code_runs():
    for size in (3, (2, 5), (8, 1)):
        e = explorers.adaptive(None, size, pool="average")
        assert np.allclose(run(e.torch_code())[0, 0], e.output, atol=1e-12)


def test_the_formula_shows_the_bins():
    e = explorers.adaptive([[10, 20, 30, 40, 50]], (1, 3))
    assert e.drawing["formula"][1].endswith("⌈(i + 1)·5 / 3⌉ − 1: 0 to 1, 1 to 3, 3 to 4")
    assert e.drawing["notes"] == ["Neighbouring bins share no rows and 2 columns."]


def test_cursor_and_window():
    e = explorers.adaptive(None, (3, 2))
    e.cursor = (1, 1)
    assert np.array_equal(e.window(), e.input[2:5, 3:7])
    e = explorers.pyramid()
    assert e.cursor[0] == 2
    e.cursor = (1, 0, 1)
    assert np.array_equal(e.window(), e.input[0:4, 3:7])


@pytest.mark.parametrize(
    ("make", "knob", "value", "said"),
    [
        ("adaptive", "rows", 0, "rows must be at least 1"),
        ("adaptive", "columns", 65, "columns must be at most 64"),
        ("adaptive", "pool", "sum", "pool must be one of max, average"),
        ("pyramid", "levels", "1; 2", "levels must be whole numbers with commas"),
        ("pyramid", "levels", (), "levels must hold at least one int"),
        ("pyramid", "levels", (17,), "levels must be at most 16"),
        ("pyramid", "height", 8, "height must be at most 7"),
    ],
)
def test_an_illegal_setting_is_said_and_the_last_picture_stays(make, knob, value, said):
    e = getattr(explorers, make)()
    before = e.output
    setattr(e, knob, value)
    assert said in e.error
    assert np.array_equal(e.output, before)


def test_bad_data_and_sizes_raise():
    with pytest.raises(ValueError, match="image must have shape"):
        explorers.adaptive(np.ones(4))
    with pytest.raises(ValueError, match="output_size must be"):
        explorers.adaptive(None, 0)
    with pytest.raises(TypeError, match="levels must"):
        explorers.pyramid(levels=(1.5,))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        ("adaptive", "Adaptive pooling explorer: max, input 7x7, bins 3x3 -> 9 values"),
        ("pyramid", "Pyramid explorer: max, input 7x7, bins 1x1, 2x2, 4x4 -> 21 values"),
    ],
)
def test_the_bundle_and_the_file(make, sentence, tmp_path):
    e = getattr(explorers, make)()
    data, _ = e._repr_mimebundle_()
    assert data["text/plain"] == sentence
    assert data["image/svg+xml"] == getattr(explorers, make)().to_svg()
    e.to_html(tmp_path / "bins.html")
    text = (tmp_path / "bins.html").read_text()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert (e.parameters, e.macs) == (0, 0)
