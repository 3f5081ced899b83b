"""The pooling explorer without a browser: torch's pools, winners, divisors, what is dropped."""

import json
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import explorers, images
from cnnlab.explorers import pooling_quiz
from cnnlab.explorers.pooling_told import pooling_record
from cnnlab.judge import progress

WINDOWS = list(product(range(1, 6), range(1, 6), range(3)))
RING = images.ring().astype(float)


def numbers(shape, seed=0):
    """Whole numbers, many of them equal, so that ties are met."""
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(float)


def torch_max(data, k, s, p, d, ceil):
    """Return torch's output and the gradient of its sum; None where torch refuses."""
    x = torch.tensor(data, requires_grad=True)
    try:
        out = F.max_pool2d(x[None, None], k, s, p, d, ceil)[0, 0]
    except RuntimeError:
        return None
    out.sum().backward()
    return out.detach().numpy(), x.grad.numpy()


def torch_mean(data, k, s, p, ceil, include, divisor):
    x = torch.tensor(data, requires_grad=True)
    try:
        out = F.avg_pool2d(x[None, None], k, s, p, ceil, include, divisor)[0, 0]
    except RuntimeError:
        return None
    out.sum().backward()
    return out.detach().numpy(), x.grad.numpy()


def joined(record):
    """Return what the page computes: the sum of cell times weight, place by place."""
    table = record.table
    products = np.where(table.weight == 0, 0, record.flat("input")[table.cell]) * table.weight
    return np.add.reduceat(products, table.ptr[:-1])


@pytest.mark.parametrize("size", [(7, 7), (5, 8)])
@pytest.mark.parametrize("ceil", [False, True])
def test_every_maximum_agrees_with_torch_and_refuses_what_torch_refuses(size, ceil):
    data, refused = numbers(size), 0
    for (k, s, p), d in product(WINDOWS, (1, 2, 3)):
        truth = torch_max(data, k, s, p, d, ceil)
        if truth is None:
            refused += 1
            with pytest.raises(ValueError, match=r"spans|padding must be at most half"):
                pooling_record("max", data, k, s, p, d, ceil)
            continue
        record = pooling_record("max", data, k, s, p, d, ceil)
        assert np.array_equal(record.flat("output"), truth[0].ravel())
        assert np.array_equal(record.flat("input")[record.winners()], truth[0].ravel())
        assert np.array_equal(record.gradient()[0], truth[1]), (k, s, p, d)
    assert refused >= 75


@pytest.mark.parametrize("size", [(7, 7), (5, 8)])
@pytest.mark.parametrize("ceil", [False, True])
def test_every_mean_agrees_with_torch_and_refuses_what_torch_refuses(size, ceil):
    data, refused = numbers(size), 0
    for (k, s, p), include, divisor in product(WINDOWS, (True, False), (None, 7)):
        truth = torch_mean(data, k, s, p, ceil, include, divisor)
        given = ("average", data, k, s, p, 1, ceil, include, divisor)
        if truth is None:
            refused += 1
            with pytest.raises(ValueError, match=r"spans|padding must be at most half"):
                pooling_record(*given)
            continue
        record = pooling_record(*given)
        assert np.allclose(record.flat("output"), truth[0].ravel(), atol=1e-12)
        assert np.allclose(joined(record), truth[0].ravel(), atol=1e-12), given
        assert np.allclose(record.gradient()[0], truth[1], atol=1e-12), given
    assert refused >= 80


def test_cells_never_read_are_those_without_a_share():
    for (k, s, p), ceil in product(WINDOWS, (False, True)):
        truth = torch_mean(np.zeros((6, 9)), k, s, p, ceil, True, None)
        if truth is not None:
            record = pooling_record("max", np.zeros((6, 9)), k, s, p, 1, ceil)
            assert np.array_equal(record.never_read()[0], truth[1] == 0)
            lost = int((truth[1] == 0).sum())
            assert record.notes[0].startswith(f"{lost} of 54" if lost else "All 54")


def test_the_window_that_is_not_taken_and_what_hangs_over():
    for (k, s, p), d, ceil in product(WINDOWS, (1, 2), (False, True)):
        truth = torch_max(np.zeros((6, 9)), k, s, p, d, ceil)
        if truth is None:
            continue
        record = pooling_record("max", np.zeros((6, 9)), k, s, p, d, ceil)
        span = d * (k - 1) + 1
        for axis, (n, places) in enumerate(zip((6, 9), truth[0].shape, strict=True)):
            reach, after = (places - 1) * s + span - (n + 2 * p), record.extra["next"][axis]
            assert record.extra["beyond"][axis] == max(0, reach)
            assert (after is None) == (reach >= 0)
            if after is not None:
                assert after == {"start": places * s, "over": reach + s}
                assert not ceil or places * s >= n + p  # it starts in the padding after the end
                told = "padding after the end" if ceil else "the window that doesn't fit whole"
                assert any(told in note for note in record.notes)


def test_torchs_own_example_of_a_dropped_window():
    assert F.max_pool2d(torch.zeros(1, 1, 4, 4), 2, 3, 1, ceil_mode=True).shape[-1] == 2
    record = pooling_record("max", np.zeros((4, 4)), 2, 3, 1, 1, True)
    assert record.panels[1].values.shape == (2, 2)
    assert record.panels[1].values.shape == torch_max(np.zeros((4, 4)), 2, 3, 1, 1, True)[0].shape


def test_a_window_of_padding_alone_keeps_minus_infinity():
    data = np.ones((2, 2))
    truth = F.max_pool2d(torch.tensor(data)[None, None], 2, 1, 1, 3)[0, 0].numpy()
    record = pooling_record("max", data, 2, 1, 1, 3)
    assert np.array_equal(record.panels[1].values, truth)
    assert truth[0, 0] == -np.inf
    assert json.loads(json.dumps(record.message()))["panels"][1]["values"][0] is None


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()[0, 0]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0), "dilation": 2},
        {"kernel_size": 2, "stride": 3, "ceil_mode": True},
        {"pool": "average", "padding": 1, "count_include_pad": False},
        {"pool": "average", "kernel_size": 2, "divisor_override": 3, "ceil_mode": True},
    ],
)
def test_the_torch_code_runs_and_gives_the_output(settings):
    e = explorers.pooling(numbers((7, 8)), **settings)
    assert np.allclose(run(e.torch_code()), e.output, atol=1e-12)
    assert e.torch_code().count("stride") == ("stride" in settings)


def test_no_stride_is_the_kernel_size_and_no_divisor_is_the_window():
    e = explorers.pooling(kernel_size=2)
    assert (e.stride, e.settings()["stride"]) == (None, 2)
    e.kernel_size = 3
    assert e.settings()["stride"] == 3
    assert e.output.shape == (2, 2)
    e.stride = 2
    assert e.output.shape == (3, 3)
    assert e.settings()["divisor_override"] == "window"
    e.apply({"pool": "average", "divisor_override": "4"})
    assert e.divisor_override == 4
    truth = F.avg_pool2d(torch.tensor(RING)[None, None], 3, 2, divisor_override=4)
    assert np.allclose(e.output, truth)
    e.reset()
    assert e.divisor_override is None
    assert (e.pool, e.stride) == ("max", None)
    assert e.output.shape == (3, 3)


def test_knobs_that_do_not_count_rest():
    e = explorers.pooling(dilation=2, stride=1)
    assert e.drawing["idle"] == ["count_include_pad", "divisor_override"]
    e.pool = "average"
    assert e.drawing["idle"] == ["dilation"]
    assert e.error == ""
    assert e.output.shape == (5, 5)


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("padding", 2, "padding must be at most half of kernel_size=(3, 3)"),
        ("kernel_size", 9, "spans 9 cells; the axis has 7"),
        ("stride", 0, "stride must be"),
        ("pool", "median", "pool must be one of max, average"),
        ("ceil_mode", 1, "ceil_mode must be True or False"),
    ],
)
def test_an_illegal_setting_is_said_and_the_last_picture_stays(knob, value, said):
    e = explorers.pooling()
    before = e.output
    setattr(e, knob, value)
    assert said in e.error
    assert np.array_equal(e.output, before)
    e.apply({"pool": "average", "divisor_override": 0} if knob == "stride" else {knob: value})
    assert e.error


def test_what_is_illegal_from_the_start_raises():
    with pytest.raises(ValueError, match="divisor_override must not be zero"):
        explorers.pooling(pool="average", divisor_override=0)
    with pytest.raises(ValueError, match="image must have shape"):
        explorers.pooling(np.ones(4))
    with pytest.raises(ValueError, match="finite"):
        explorers.pooling([[1.0, np.nan]])


def test_winners_are_torchs_indices():
    e = explorers.pooling(numbers((7, 7), 3), 3, 2, 1)
    _, indices = F.max_pool2d(torch.tensor(e.input)[None, None], 3, 2, 1, return_indices=True)
    assert np.array_equal(e.winners[..., 0] * 7 + e.winners[..., 1], indices[0, 0].numpy())
    e.pool = "average"
    with pytest.raises(ValueError, match='winners needs pool="max"'):
        _ = e.winners


def test_cursor_window_and_terms_belong_together():
    e = explorers.pooling(kernel_size=3, stride=2, padding=1, pool="average")
    e.cursor = (0, 1)
    assert np.array_equal(e.window(), np.pad(e.input, 1)[0:3, 2:5])
    assert np.isclose(sum(term["product"] for term in e.terms()), e.output[0, 1])
    assert (e.parameters, e.macs) == (0, 0)


def test_a_photo_is_taken_in_grey():
    e = explorers.pooling(images.photo()[40:70, 40:80], 4)
    assert e.output.shape == (7, 10)


# ---- predict and challenge


def test_the_answers_are_torchs_and_every_mistake_is_named():
    named = set()
    for number in range(40):
        settings, (shape, second) = pooling_quiz.pose(RING, number)
        e = explorers.pooling()
        e.apply(settings)
        truth = run(e.torch_code())
        assert shape.judge("×".join(map(str, truth.shape)))[0]
        if settings["pool"] == "max":
            cell = e.record.gathered(second.place)[0]
            values = e.record.flat("input")
            assert second.ask == "winner"
            assert values[int(second.answer)] == truth.ravel()[second.place]
            assert (values[cell] == truth.ravel()[second.place]).sum() == 1
            assert len(second.mistakes) == len(values) - 1
            source = e.record.panels[0].source.ravel()
            for wrong, sentence in second.mistakes.items():
                inside = "not the largest" if int(wrong) in cell else "does not lie under"
                assert ("minus infinity" if source[int(wrong)] < 0 else inside) in sentence
        else:
            assert second.judge(truth.ravel()[second.place])[0]
        for question in (shape, second):
            assert question.answer not in question.mistakes
            for wrong, sentence in question.mistakes.items():
                assert question.judge(wrong)[0] is False
                assert sentence in question.judge(wrong)[1]
                named.add(sentence[:16])
    assert len(named) >= 12


def test_a_winner_is_said_by_its_place_and_its_value():
    e = explorers.pooling(mode="predict")
    e.guess("1×1")
    e.next()
    assert e._quiz.question.ask == "winner"
    wrong = next(iter(e._quiz.question.mistakes))
    said = e.guess(wrong)
    assert said.startswith("[0, 0] with its 0 is not it: it is [")
    assert e.guesses[-1]["guess"] == "[0, 0] with its 0"
    kept = [event for event in progress.events() if event.name == "explore.pooling"]
    assert [event.passed for event in kept] == [False, False]


def test_challenges_are_solvable_and_list_all_answers():
    for number in range(10):
        dare = pooling_quiz.dare(RING, number)
        found = []
        for answer in product(range(1, 6), range(1, 6), range(3)) if number % 2 == 0 else ():
            truth = torch_max(RING, *answer, 1, dare.start["ceil_mode"])
            if (
                truth is not None
                and f"output {truth[0].shape[0]}×{truth[0].shape[1]}," in dare.text
            ):
                found.append(answer)
        for answer in product(("max", "average"), (1, 2, 3, 4), (1, 2, 3)) if number % 2 else ():
            pool, k, s = answer
            run_it = F.max_pool2d if pool == "max" else F.avg_pool2d
            truth = run_it(torch.tensor(RING)[None, None], k, s)[0, 0].numpy()
            if truth.shape == dare.target.shape and np.allclose(truth, dare.target):
                found.append(answer)
        assert tuple(found) == dare.answers
        assert 1 <= len(found) <= 9


def test_finding_an_answer_is_kept():
    e = explorers.pooling(mode="challenge")
    dare = e._quiz.challenge
    e.apply(dict(zip(dare.free, dare.answers[0], strict=True)))
    assert e.solved[0]["of"] == len(dare.answers)


# ---- where JavaScript can't run


def test_the_bundle_is_the_same_at_every_run():
    one, other = (explorers.pooling(padding=1)._repr_mimebundle_()[0] for _ in "ab")
    assert one["text/plain"] == other["text/plain"]
    assert one["text/plain"] == (
        "Pooling explorer: max, input 7x7, kernel 3, stride 3, padding 1 -> output 3x3"
    )
    assert one["image/svg+xml"] == other["image/svg+xml"]


def test_one_file_without_network(tmp_path):
    e = explorers.pooling()
    e.to_html(tmp_path / "pool.html")
    text = (tmp_path / "pool.html").read_text()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert len(text) < 250_000
    assert e.settings()["stride"] == 3
