"""The output-size explorer without a browser: torch's sizes, the cells left over, the way back."""

import json
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import explorers, images
from cnnlab.explorers import output_size_quiz
from cnnlab.explorers.output_size_told import OFFERED, places_told, sizes_of
from cnnlab.judge import progress

SETTINGS = list(product(range(1, 8), range(1, 5), range(4), range(1, 4)))


def torch_sum(data, k, s, p, d):
    """Return torch's sums and the gradient of their sum; None where torch refuses."""
    x = torch.tensor(data, requires_grad=True)
    run, taps = (F.conv1d, (1, 1, k)) if data.ndim == 1 else (F.conv2d, (1, 1, k, k))
    try:
        out = run(x[None, None], torch.ones(taps).double(), None, s, p, d)[0, 0]
    except RuntimeError:
        return None
    out.sum().backward()
    return out.detach().numpy(), x.grad.numpy()


@cache
def torch_places(shape, k, s, p, d):
    """Return torch's sizes, and whether all cells are read; None where torch refuses."""
    truth = torch_sum(np.zeros(shape), k, s, p, d)
    return truth and (truth[0].shape, bool((truth[1] != 0).all()))


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()


@pytest.mark.parametrize("n", [1, 5, 8, 13])
def test_every_row_agrees_with_torch_and_refuses_what_torch_refuses(n):
    data = np.random.default_rng(n).integers(-9, 10, n).astype(float)
    refused = 0
    for k, s, p, d in SETTINGS:
        truth = torch_sum(data, k, s, p, d)
        if truth is None:
            refused += 1
            with pytest.raises(ValueError, match=f"spans {d * (k - 1) + 1} cells"):
                places_told(data, k, s, p, d)
            continue
        told = places_told(data, k, s, p, d)
        assert np.array_equal(told.flat("output"), truth[0])
        assert np.array_equal(told.gradient()[0][0], truth[1])
        assert np.array_equal(told.never_read()[0][0], truth[1] == 0)
    assert refused == sum(n + 2 * p < d * (k - 1) + 1 for k, s, p, d in SETTINGS) > 0


def test_a_picture_agrees_with_torch():
    data = np.random.default_rng(0).integers(-9, 10, (6, 9)).astype(float)
    for k, s, p, d in SETTINGS:
        truth = torch_sum(data, k, s, p, d)
        if truth is not None:
            told = places_told(data, k, s, p, d)
            assert np.allclose(told.flat("output"), truth[0].ravel(), atol=1e-12)
            assert np.array_equal(told.never_read()[0], truth[1] == 0)


def test_the_dropped_window_is_the_one_that_hangs_over_the_end():
    for k, s, p, d in SETTINGS:
        if torch_sum(np.zeros(9), k, s, p, d) is None:
            continue
        told, places = (
            places_told(np.zeros(9), k, s, p, d),
            len(torch_sum(np.zeros(9), k, s, p, d)[0]),
        )
        fits = 9 + 2 * p - (places * s + d * (k - 1) + 1)  # what one window more would leave
        assert fits < 0
        assert (told.extra["next"] is None) == (fits == -s)
        if told.extra["next"] is None:
            assert fits == -s  # the last window ends at the end
            assert "drops nothing" in told.notes[0]
        else:
            assert told.extra["next"] == {"start": places * s, "over": -fits}
            assert "the floor drops it" in told.notes[0]


@pytest.mark.parametrize("shape", [(7,), (10,), (5, 6)])
def test_the_way_back_lists_all_settings_and_no_other(shape):
    e = explorers.output_size(np.zeros(shape) if len(shape) > 1 else shape[0])
    for size in range(1, 9):
        listed = [tuple(s.values()) for s in e.settings_for(size)]
        truth = []
        for d in (1, 2, 3):
            for k, s, p in product(*OFFERED.values()):
                found = torch_places(shape, k, s, p, d)
                if found is not None and set(found[0]) == {size}:
                    truth.append((k, s, p, d, found[1]))
        assert listed == truth


def test_what_the_page_lists_is_what_python_lists():
    e = explorers.output_size(9, 3, stride=2, padding=1)
    assert e.wanted == 5
    offers = e.drawing["offers"]
    shown = [
        (k + 1, s + 1, p, whole)
        for k in range(7)
        for s in range(4)
        for p, places, whole in offers[s][k]
        if places == 5
    ]
    wanted = [
        (s["kernel_size"], s["stride"], s["padding"], s["whole"])
        for s in e.settings_for()
        if s["dilation"] == 1
    ]
    assert shown == wanted
    assert len(sizes_of((9,), 1)) == 7 * 4 * 4


def test_knobs_data_and_python_belong_together():
    e = explorers.output_size()
    assert (e.n, e.sizes, e.wanted) == (8, (6,), 6)
    e.stride = 3
    assert e.sizes == (2,)
    assert e.output.tolist() == [3, 12]
    e.cursor = (0, 1)
    assert e.window().tolist() == [[3, 4, 5]]
    assert [term["value"] for term in e.terms()] == [3, 4, 5]
    e.n = 11
    assert len(e.input) == 11
    e.reset()
    assert (e.n, e.stride, e.wanted) == (8, 1, 6)
    assert json.loads(json.dumps(e.drawing))["settings"]["n"] == 8


def test_own_rows_pictures_and_photos_are_taken():
    row = explorers.output_size([3.0, 1, 4, 1, 5], 2)
    assert row.output.tolist() == [4, 5, 5, 6]
    row.n = 3
    assert row.output.tolist() == [4, 5]
    row.n = 6
    assert row.error == "n must be at most 5 here; got n=6"
    ring = explorers.output_size(images.ring(), 3, stride=2)
    assert ring.sizes == (3, 3)
    assert "n" not in ring.settings()
    photo = explorers.output_size(images.photo()[:40, :50], 4, stride=4)
    assert photo.sizes == (10, 12)
    assert photo.record.never_read()[0].sum() == 80


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"input": 0}, "n must be at least 1"),
        ({"input": 257}, "n must be at most 256"),
        ({"input": np.zeros(300)}, "input must have 1 to 256 cells"),
        ({"input": np.array([1.0, np.inf])}, "input must hold finite numbers"),
        ({"kernel_size": 9}, "kernel_size=9 with dilation=1 spans 9 cells; the axis has 8"),
        ({"stride": 0}, "stride must be"),
        ({"wanted": 0}, "wanted must be at least 1"),
    ],
)
def test_what_is_illegal_from_the_start_raises(given, said):
    with pytest.raises(ValueError, match=said):
        explorers.output_size(**given)


def test_an_illegal_setting_is_said_and_the_last_picture_stays():
    e = explorers.output_size(8, 7)
    e.dilation = 3
    assert "spans 19 cells" in e.error
    assert e.sizes == (2,)


@pytest.mark.parametrize("data", [8, [1.0, 2, 3, 4, 5, 6], images.ring()])
def test_the_torch_code_runs_and_gives_the_output(data):
    e = explorers.output_size(data, 3, stride=2, padding=1)
    assert np.array_equal(run(e.torch_code())[0, 0], e.output)


# ---- predict and challenge


@pytest.mark.parametrize("own", [None, images.ring().astype(float), np.arange(10.0)])
def test_the_answers_are_torchs_and_every_mistake_is_another_number(own):
    named = set()
    for number in range(20):
        settings, (places, unread) = output_size_quiz.pose(own, number)
        given = own if own is not None else settings["n"]
        e = explorers.output_size(given)
        e.apply(settings)
        truth = torch_sum(e.input, *(settings[k] for k in list(OFFERED)), settings["dilation"])
        assert places.judge("×".join(map(str, truth[0].shape)))[0]
        assert unread.judge(str((truth[1] == 0).sum()))[0]
        for question in (places, unread):
            assert question.answer not in question.mistakes
            for wrong, sentence in question.mistakes.items():
                assert question.judge(wrong)[0] is False
                assert sentence in question.judge(wrong)[1]
                named.add(sentence[:20])
    assert len(named) >= 9


def test_a_single_number_is_a_size_of_one_axis():
    e = explorers.output_size(mode="predict")
    answer = e._quiz.question.answer
    assert "×" not in answer
    assert e.guess(answer).startswith(f"Right: {answer}.")
    e.next()
    assert e._quiz.question.ask == "count"
    e.guess("99")
    assert [guess["right"] for guess in e.guesses] == [True, False]
    kept = [event for event in progress.events() if event.name == "explore.output_size"]
    assert len(kept) == 2


@pytest.mark.parametrize("own", [None, images.ring().astype(float), np.arange(10.0)])
def test_challenges_are_solvable_and_list_all_answers(own):
    for number in range(6):
        dare = output_size_quiz.dare(own, number)
        e = explorers.output_size(8 if own is None else own)
        e.apply(dare.start)
        found = []
        for answer in product(*OFFERED.values()):
            truth = torch_places(e.input.shape, *answer, dare.start["dilation"])
            if truth is None or (number % 2 and not truth[1]):
                continue
            if f"Make {' by '.join(map(str, truth[0]))} places" in dare.text:
                found.append(answer)
        assert tuple(found) == dare.answers
        assert 2 <= len(found) <= 9


def test_finding_an_answer_is_kept():
    e = explorers.output_size(mode="challenge")
    dare = e._quiz.challenge
    e.apply(dict(zip(dare.free, dare.answers[0], strict=True)))
    assert e.solved[0]["found"] == 1
    assert e.solved[0]["of"] == len(dare.answers)


# ---- where JavaScript can't run


def test_the_bundle_is_the_same_at_every_run():
    one, other = (explorers.output_size(8, 3, stride=3)._repr_mimebundle_()[0] for _ in "ab")
    assert one["text/plain"] == other["text/plain"]
    assert one["text/plain"] == (
        "Output size explorer: 8 cells, kernel 3, stride 3, padding 0, dilation 1 -> 2 places"
    )
    assert one["image/svg+xml"] == other["image/svg+xml"]


def test_one_file_without_network(tmp_path):
    e = explorers.output_size()
    e.to_html(tmp_path / "size.html")
    text = (tmp_path / "size.html").read_text()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert len(text) < 250_000
    assert e.sizes == (6,)
