"""What every explorer answers in Python, whichever it is: one contract, held for all of them."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch

from cnnlab import explorers

RING = np.arange(49.0).reshape(7, 7) % 5
SMALL = {"photo": (RING,), "channels": (np.stack([RING] * 3, axis=-1),)}  # others are small


@pytest.fixture(params=explorers.__all__)
def e(request):
    made = getattr(explorers, request.param)(*SMALL.get(request.param, ()))
    yield made
    made.close()


def test_every_explorer_answers_the_same_questions(e):
    assert np.issubdtype(np.asarray(e.input).dtype, np.number)
    assert np.isfinite(e.output).all()
    assert e.window().size >= 1
    assert isinstance(e.cursor, int | tuple)
    assert isinstance(e.parameters, int)
    assert isinstance(e.macs, int)
    assert (e.weight is None) == (e.parameters == 0) or e.kind == "output_size"
    assert (e.guesses, e.solved, e.error) == ([], [], "")


def test_the_terms_of_every_explorer_are_products(e):
    for term in e.terms():
        assert term["product"] == pytest.approx(term["value"] * term["weight"], abs=1e-12)


def test_the_torch_code_of_every_explorer_runs_alone_and_gives_its_output(e):
    names = {}
    exec(e.torch_code(), names)
    got = names["output"]
    got = got.detach().numpy() if hasattr(got, "detach") else np.array(got)
    assert np.allclose(got.squeeze(), np.squeeze(e.output), rtol=0, atol=1e-12)


def test_the_cursor_of_every_explorer_can_be_put_back(e):
    where, e.place = e.cursor, 0
    e.cursor = where
    assert e.cursor == where


@pytest.mark.parametrize("gone", [10_000_000, -1])
def test_a_place_that_the_page_names_too_late_is_kept_in_the_picture(e, gone):
    e.set_state({"place": gone})  # as a message does that crossed a change of the settings
    assert e.place == (e.record.count - 1 if gone > 0 else 0)
    assert isinstance(e.cursor, int | tuple)
    e.reset()
    assert e.error == ""


def test_the_still_picture_of_no_explorer_is_a_tower(e):
    width, height = (float(ElementTree.fromstring(e.to_svg()).get(n)) for n in ("width", "height"))
    assert height <= 1.25 * width


REFUSED = {
    "adaptive": ("rows", 0), "receptive_field": ("outputs", 0), "activation": ("depth", 0),
    "output_size": ("n", 0), "pyramid": ("levels", "0"), "padding": ("padding", -1),
}  # fmt: skip


def test_a_setting_that_is_refused_changes_nothing_but_the_sentence(e):
    def told():
        return repr(e), e.parameters, e.macs, e.cursor, e.torch_code(), e.window().tolist()

    before, output = told(), np.copy(e.output)
    own = [REFUSED[e.kind]] if e.kind in REFUSED else [("stride", 0), ("kernel_size", 5000)]
    for name, value in own:
        if e.has_trait(name):
            setattr(e, name, value)
            assert name in e.error
            assert told() == before
            assert np.array_equal(e.output, output)
            e.reset()
            assert e.error == ""


@pytest.mark.parametrize("preset", ["grouped", "depthwise", "pointwise", "separable"])
def test_groups_sums_own_maps(preset):
    maps = np.random.default_rng(3).integers(-9, 9, (4, 5, 6)).astype(float)
    e = explorers.groups(maps, out_channels=8, groups=2, preset=preset)
    assert np.array_equal(e.input, maps)
    e.cursor = e.record.count - 1
    assert sum(t["product"] for t in e.terms()) == pytest.approx(e.output[-1, 2, 3], abs=1e-12)
    names = {}
    exec(e.torch_code(), names)
    assert np.array_equal(names["output"][0].detach(), e.output)
    assert names["parameters"] == e.parameters
    e.in_channels = 8  # more than there are: over again
    assert np.array_equal(e.input[4:], maps)


def test_the_stack_of_a_receptive_field_is_passed():
    e = explorers.receptive_field([(3, 2, 1), (2, 2, 0, 1, "pool"), (3, 1, 1, 2)])
    names = {}
    exec(e.torch_code(), names)
    assert np.allclose(names["output"][0, 0].detach(), e.output, rtol=0, atol=1e-12)
    assert e.parameters == sum(w.numel() for w in names["network"].parameters()) == 18
    assert [w.shape for w in e.weight] == [(3, 3), (2, 2), (3, 3)]
    total = sum(term["product"] for term in e.terms())
    assert total == pytest.approx(e.output[e.cursor, e.cursor], abs=1e-12)


@pytest.mark.parametrize("name", ["activation", "groups", "receptive_field"])
def test_a_cursor_that_does_not_exist_is_told(name):
    with pytest.raises(ValueError, match="cursor must be from 0 to"):
        getattr(explorers, name)().cursor = 1000


def test_a_large_photo_of_ones_own_is_in_its_torch_code():
    photo = np.random.default_rng(4).normal(size=(40, 50))
    e = explorers.photo(photo)
    names = {}
    exec(e.torch_code(), names)
    assert np.allclose(names["output"][0, 0], e.output, rtol=0, atol=1e-12)


BAD = [None, [], {}, np.array([1, 2]), object(), "x", float("nan")]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: type(bad).__name__)
def test_a_bad_number_is_refused_by_the_name_of_its_argument(bad):
    cases = [("conv1d", "stride"), ("conv2d", "padding"), ("conv3d", "stride"),
             ("pooling", "kernel_size"), ("groups", "groups"), ("channels", "stride"),
             ("padding", "padding"), ("activation", "depth"), ("shift", "right"),
             ("receptive_field", "outputs"), ("adaptive", "output_size"),
             ("conv1d", "bias"), ("conv2d", "bias"), ("conv3d", "bias"),
             ("channels", "bias")]  # fmt: skip
    for kind, name in cases:
        with pytest.raises((TypeError, ValueError), match=rf"^{name} must be"):
            getattr(explorers, kind)(**{name: bad})


def test_ragged_rows_are_refused_by_the_name_of_their_argument():
    names = {"activation": "values", "channels": "photo", "conv1d": "signal", "conv3d": "volume",
             "output_size": "input"}  # fmt: skip
    for kind in explorers.__all__:
        if kind != "receptive_field":
            with pytest.raises(
                ValueError, match=f"^{names.get(kind, 'image')} must be an array or"
            ):
                getattr(explorers, kind)([[1, 2], [3]])
    with pytest.raises(ValueError, match=r"^input must have shape"):
        explorers.output_size(np.zeros((2, 2, 2)))


def test_a_tensor_with_a_gradient_is_data_as_any_other():
    for kind in ("conv2d", "pooling", "padding", "shift", "adaptive", "output_size"):
        made = getattr(explorers, kind)(torch.ones(6, 6, requires_grad=True))
        assert np.array_equal(made.input, np.ones((6, 6)))


@pytest.mark.parametrize(
    ("kind", "where"),
    [("conv2d", 3), ("conv2d", (1.5, 0)), ("conv2d", (0,)), ("conv2d", None), ("photo", 3),
     ("channels", (5, 0, 0)), ("channels", (-1, 0, 0)), ("channels", (0, 0, 0, 0)),
     ("conv1d", 1.5), ("conv1d", (0, 0)), ("conv3d", 3), ("conv3d", (0, 0, 99))],
)  # fmt: skip
def test_a_cursor_that_is_no_place_is_told(kind, where):
    e = getattr(explorers, kind)(*SMALL.get(kind, ()))
    before = e.place
    with pytest.raises(ValueError, match="cursor must lie in the"):
        e.cursor = where
    assert e.place == before


def test_sentences_say_what_is_so():
    assert "padding 2x1," in repr(explorers.padding(padding=(2, 1)))
    for stride in (1, 2):
        e = explorers.shift([[1.0] * 8] * 8, stride=stride, right=1)
        assert e.equivariant == ("-> equivariant" in repr(e)) == (stride == 1)
    assert (
        "1 weight and a bias; 1 × 1 = 1 multiply-add."
        in explorers.conv2d([[2.0]], [[1.0]], padding=0).drawing["counts"]
    )
