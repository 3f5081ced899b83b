"""The explorer of conv3d without a browser: its record against torch, questions, refusals."""

import json
import xml.etree.ElementTree as ElementTree
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import explorers
from cnnlab.explorers import conv3d_quiz
from cnnlab.explorers.kernels import BLOCK_NAMES, block_kernel
from cnnlab.explorers.pictures import volume_of_numbers
from cnnlab.explorers.volume import volume_record

SETTINGS = list(product((1, 2, 3), (1, 2, 3), (1, 2, 3), (0, 1, 2), (1, 2)))


def numbers(shape, seed=0):
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(float)


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()


@pytest.mark.parametrize(("shape", "refusals"), [((3, 4, 5), 15), ((2, 3, 2), 54)])
def test_the_record_is_torchs_for_every_setting_and_refuses_what_torch_refuses(shape, refusals):
    volume = numbers(shape)
    refused = 0
    for depth, k, s, p, d in SETTINGS:
        weight = numbers((depth, k, k), seed=k)
        x = torch.tensor(volume, requires_grad=True)
        try:
            out = F.conv3d(x[None, None], torch.tensor(weight)[None, None], None, s, p, d)[0, 0]
        except RuntimeError:
            refused += 1
            with pytest.raises(ValueError, match="spans"):
                volume_record(volume, weight, 0, s, p, d)
            continue
        record = volume_record(volume, weight, 0, s, p, d)
        out.sum().backward()
        assert np.array_equal(record.flat("output"), out.detach().numpy().ravel())
        table = record.table
        joined = np.add.reduceat(record.flat("input")[table.cell] * table.weight, table.ptr[:-1])
        assert np.array_equal(joined, record.flat("output"))
        slopes = [grad for grad in record.gradient() if grad.size]
        assert np.array_equal(np.array(slopes), x.grad.numpy())
        assert sum(lost.size for lost in record.never_read()) == volume.size
    assert refused == refusals


@pytest.mark.parametrize("name", BLOCK_NAMES)
def test_the_torch_code_runs_and_gives_the_output(name):
    e = explorers.conv3d(kernel=name, kernel_depth=3, kernel_size=2, padding=1, stride=2, bias=2)
    assert np.allclose(run(e.torch_code())[0, 0], e.output, atol=1e-12)


def test_the_film_of_the_lesson_shows_what_moves_and_forgets_what_stands():
    e = explorers.conv3d()
    assert np.array_equal(e.output, np.diff(e.input, axis=0))
    assert (e.input[:, 4, 5:7] == 2).all()
    assert (e.output[:, 4, 5:7] == 0).all()
    assert np.abs(e.output).sum() > 0
    assert (e.parameters, e.macs) == (3, 2 * 4 * 5 * 8)


def test_cursor_window_and_terms_have_three_axes():
    e = explorers.conv3d(kernel="sum", kernel_depth=2, kernel_size=3, padding=1)
    e.cursor = (2, 1, 4)
    assert e.cursor == (2, 1, 4)
    padded = np.pad(e.input, 1)
    assert np.array_equal(e.window(), padded[2:4, 1:4, 4:7])
    assert sum(term["product"] for term in e.terms()) == e.output[2, 1, 4]
    with pytest.raises(ValueError, match="cursor must lie in the output"):
        e.cursor = (6, 0, 0)
    one = explorers.conv3d(numbers((2, 3, 3)))
    assert one.output.shape == (1, 3, 3)
    one.cursor = (0, 2, 1)
    assert one.cursor == (0, 2, 1)


def test_own_weight_is_kept_resized_and_edited():
    weight = numbers((2, 1, 3), 5)
    e = explorers.conv3d(weight=weight)
    assert e.settings()["kernel_size"] == (1, 3)
    assert np.array_equal(e.weight, weight)
    e._told(e, {"do": "edit", "tap": 4, "value": 0.5}, [])
    assert e.weight[1, 0, 1] == 0.5
    e.kernel_size = 3
    assert np.array_equal(e.weight[:, 1], [weight[0, 0], [weight[1, 0, 0], 0.5, weight[1, 0, 2]]])
    assert not e.weight[:, [0, 2]].any()


@pytest.mark.parametrize(("depth", "k"), [(1, 1), (2, 3), (3, 2)])
def test_named_kernels_do_what_their_names_say(depth, k):
    flat = np.full((depth, k, k), 7.0)
    made = {name: block_kernel(name, depth, k) for name in BLOCK_NAMES}
    assert (made["sum"] * flat).sum() == 7 * flat.size
    assert (made["mean"] * flat).sum() == pytest.approx(7)
    assert (made["identity"] * flat).sum() == 7
    assert (made["change"] * flat).sum() == (7 if depth == 1 else 0)
    assert k == 1 or (made["across"] * flat).sum() == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"volume": np.ones((3, 3))}, "volume must have 3 axes"),
        ({"volume": np.ones((13, 2, 2))}, "with 1 to 12 cells each"),
        ({"weight": np.ones((0, 1, 1))}, "weight must have 3 axes"),
        ({"volume": np.full((1, 1, 1), np.nan)}, "volume must hold finite numbers"),
        ({"kernel_depth": 0}, "kernel_depth must be at least 1"),
        ({"kernel_depth": 6}, "spans"),
        ({"kernel": "Sobel x"}, "kernel must be one of"),
    ],
)
def test_bad_data_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        explorers.conv3d(**given)


def test_every_question_is_answered_by_torch_and_its_mistakes_are_wrong():
    volume = volume_of_numbers("volume", None)
    named = set()
    for number in range(40):
        settings, [question] = conv3d_quiz.pose(volume, number)
        e = explorers.conv3d(**settings)
        answer = "x".join(map(str, run(e.torch_code()).shape[2:]))
        assert question.judge(answer)[0]
        assert question.answer not in question.mistakes
        named.update(sentence[:24] for sentence in question.mistakes.values())
    assert len(named) >= 7


def test_the_sentence_and_the_drawing():
    e = explorers.conv3d(padding=1)
    assert repr(e) == (
        "Conv3d explorer: input 5x5x8, kernel 2x1x1, stride 1, padding 1 -> output 6x7x10"
    )
    assert e._repr_mimebundle_()[0]["text/plain"] == repr(explorers.conv3d(padding=1))
    titles = [panel["title"] for panel in json.loads(json.dumps(e.drawing))["panels"]]
    assert titles[:8] == ["padding", *(f"slice {d}" for d in range(5)), "padding", "kernel 0"]
    ElementTree.fromstring(e.to_svg())
    assert len(explorers.conv3d().to_svg()) < 90_000
