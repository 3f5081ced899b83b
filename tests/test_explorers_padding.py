"""The padding explorer without a browser: torch's padding, its gradient, the sources, questions."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import cnnlab
from cnnlab import explorers, images
from cnnlab.explorers import padding_quiz
from cnnlab.explorers.padding_told import MODES, TORCH, padding_record


def torch_pad(data, pads, mode):
    """Return torch's padding and the gradient of its sum; None where torch refuses."""
    x = torch.tensor(data, requires_grad=True)
    around = [cells for pair in reversed(pads) for cells in pair]
    try:
        out = F.pad(x[None, None], around, TORCH[mode])[0, 0]
    except RuntimeError:
        return None
    out.sum().backward()
    return out.detach().numpy(), x.grad.numpy()


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(1,), (4,), (3, 4), (2, 5)])
def test_every_padding_agrees_with_torch_and_refuses_what_torch_refuses(shape, mode):
    data, refused = np.random.default_rng(0).normal(size=shape), 0
    sides = list(product(range(5), range(5)))
    for pads in product(sides[:: 1 if len(shape) == 1 else 3], repeat=len(shape)):
        truth = torch_pad(data, pads, mode)
        if truth is None:
            refused += 1
            with pytest.raises(ValueError, match=f"for padding_mode='{mode}' on an axis"):
                padding_record(data, pads, [mode])
            continue
        record = padding_record(data, pads, [mode])
        assert np.array_equal(record.flat("output"), truth[0].ravel())
        assert np.array_equal(record.gradient()[0].ravel(), truth[1].ravel())
        panel = record.of("output")[0]
        (top, left), (high, wide) = panel.edge, panel.values.shape
        assert np.array_equal(panel.drawn[top : top + high, left : left + wide], panel.values)
        table = record.table
        real = np.flatnonzero(np.diff(table.ptr))  # cells that copy; the others are constants
        assert np.array_equal(record.flat("input")[table.cell], truth[0].ravel()[real])
        assert mode == "zeros" or len(real) == record.count
    most = {"reflect": min(shape) - 1, "circular": min(shape)}.get(mode, 4)
    assert (refused > 0) == (most < 4)


@pytest.mark.parametrize("data", [[1, 2, 3, 4], None, images.ring()])
@pytest.mark.parametrize("mode", ["all four", *MODES])
def test_the_torch_code_runs_and_gives_the_output(data, mode):
    e = explorers.padding(data, 2, mode)
    out = run(e.torch_code())
    out = out[:, 0, 0] if mode == "all four" else out[0, 0]
    assert np.array_equal(out, e.output)
    assert e.output.shape == e.sources.shape


def test_sources_say_where_each_value_comes_from():
    e = explorers.padding([1, 2, 3, 4])
    for n, mode in enumerate(MODES):
        assert e.sources[n].tolist() == cnnlab.sliding.padding_source(4, 2, 2, mode).tolist()
    e = explorers.padding(None, 1, "circular")
    assert np.array_equal(e.input.ravel()[e.sources], e.output)


def test_knobs_cursor_and_terms_belong_together():
    e = explorers.padding()
    assert e.output.shape == (4, 7, 8)
    e.cursor = (1, 0, 0)
    [term] = e.terms()
    assert term["value"] == e.output[1, 0, 0] == 11
    e.cursor = (0, 0, 0)
    assert e.terms() == []
    e.padding_mode = "replicate"
    e.padding = (0, 3)
    assert e.output.shape == (3, 10)
    assert e.drawing["notes"][0].startswith("replicate:")
    e.input = [5, 6]
    assert "padding must be an int or 1 int" in e.error
    e.apply({"padding_mode": "all four", "padding": 2})
    assert "padding must be at most 1 for padding_mode='reflect' on an axis of 2 cells" in e.error


def test_it_starts_on_a_copy():
    for mode in ("all four", *MODES[1:]):
        e = explorers.padding(None, 2, mode)
        assert e.terms()[0]["value"] == e.window().item()
        assert e.cursor[-2:] == (0, 0)


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("padding", -1, "padding must be"),
        ("padding_mode", "mirror", "padding_mode must be one of all four, zeros"),
        ("padding", 3, "padding must be at most 2 for padding_mode='reflect'"),
    ],
)
def test_an_illegal_setting_is_said_and_the_last_picture_stays(knob, value, said):
    e = explorers.padding()
    before = e.output
    setattr(e, knob, value)
    assert said in e.error
    assert np.array_equal(e.output, before)


def test_bad_data_is_refused():
    with pytest.raises(ValueError, match="at least one cell"):
        explorers.padding([])
    with pytest.raises(ValueError, match="finite"):
        explorers.padding([1.0, np.nan])
    assert explorers.padding(images.photo()[:20, :30]).output.shape == (4, 24, 34)


@pytest.mark.parametrize("data", [[1.0, 2, 3, 4], np.arange(1.0, 13).reshape(3, 4), [7.0]])
def test_the_answers_are_torchs_and_every_mistake_is_named(data):
    data, named = np.array(data), set()
    for number in range(30):
        settings, (shape, value) = padding_quiz.pose(data, number)
        p = settings["padding"]
        truth = torch_pad(data, [(p, p)] * data.ndim, settings["padding_mode"])[0]
        assert shape.judge("×".join(map(str, truth.shape)))[0]
        assert value.judge(truth.flat[value.place])[0]
        for question in (shape, value):
            assert question.answer not in question.mistakes
            for wrong, sentence in question.mistakes.items():
                assert question.judge(wrong)[0] is False
                assert sentence in question.judge(wrong)[1]
                named.add(sentence)
    assert len(named) >= (6 if data.size > 1 else 3)


def test_the_mirror_that_repeats_the_edge_is_named():
    e = explorers.padding([1, 2, 3, 4], mode="predict")
    e.guess("1")
    e.next()
    question = e._quiz.question
    assert "reflect" in question.text
    repeats = [wrong for wrong, why in question.mistakes.items() if "repeats the edge" in why]
    assert "the mirror stands on the edge cell" in e.guess(repeats[0])


def test_the_bundle_and_the_file(tmp_path):
    e = explorers.padding([1, 2, 3, 4])
    data, _ = e._repr_mimebundle_()
    assert data["text/plain"] == "Padding explorer: input 4, padding 2, all four -> 8"
    assert data["image/svg+xml"] == explorers.padding([1, 2, 3, 4]).to_svg()
    e.to_html(tmp_path / "pad.html")
    text = (tmp_path / "pad.html").read_text()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert (e.parameters, e.macs) == (0, 0)
