"""Questions and challenges about the learner's own data, of whichever explorer asks them."""

import numpy as np
import pytest
import torch

from cnnlab import explorers
from cnnlab.explorers import conv2d_quiz
from cnnlab.explorers.page import page_data
from cnnlab.explorers.quiz import sought

ZEROS, TINY = np.zeros((5, 5)), np.array([[1.0, 2], [3, 4]])
NOTHING = [  # explorer, its arguments, the mode, and which data the refusal names
    ("conv2d", (ZEROS,), {}, "predict", "image of shape (5, 5)"),
    ("conv3d", (np.ones((1, 1, 1)),), {"kernel_depth": 1}, "predict", "volume of shape (1, 1, 1)"),
    ("channels", (np.zeros((8, 8, 3)),), {}, "predict", "photo of shape (8, 8, 3)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "more", "mode", "said"), NOTHING)
def test_where_nothing_can_be_asked_the_mode_is_not_entered(name, data, more, mode, said):
    e = getattr(explorers, name)(*data, **more)
    before = e.settings(), e.place, e.drawing, e.output
    with pytest.raises(ValueError, match=r"no (question|challenge) can be posed about") as refusal:
        e.mode = mode
    assert said in str(refusal.value)
    assert (e.mode, e.settings(), e.place, e.drawing) == ("explore", *before[:3])
    assert np.array_equal(e.output, before[3])
    e.stride = 1 if name == "channels" else e.stride
    assert e.error == ""


@pytest.mark.parametrize("name", ["conv2d", "pooling"])
def test_a_picture_of_zeros_has_a_page_without_the_questions_it_allows_not(name):
    quiz = page_data(getattr(explorers, name)(ZEROS))["quiz"]
    assert len(quiz["predict"]) < 6
    assert len(quiz["challenge"]) < 6


def test_the_page_is_told_why_a_mode_is_not_entered():
    e = explorers.channels(np.zeros((8, 8, 3)))
    e._told(e, {"do": "mode", "value": "predict"}, [])
    assert e.drawing["error"].startswith("no question can be posed about photo of shape (8, 8, 3)")
    assert e.drawing["mode"] == "explore"


SMALL = [
    ("conv2d", (TINY,), {"kernel_size": 1}),
    ("pooling", (TINY, 1), {}),
    ("pooling", (ZEROS,), {}),
    ("output_size", ([1, 2, 3], 1), {}),
    ("output_size", (np.ones((2, 30)), 1), {}),
    ("output_size", (np.ones((1, 9)), 1), {}),
    ("conv3d", (np.ones((2, 5, 5)),), {"kernel_depth": 1}),
    ("conv3d", (np.ones((5, 2, 5)),), {"kernel_depth": 1}),
    ("channels", (np.random.default_rng(0).random((4, 4, 3)),), {}),
]


@pytest.mark.parametrize(("name", "data", "more"), SMALL)
@pytest.mark.parametrize("mode", ["predict", "challenge"])
def test_small_data_are_asked_about_legally_or_not_at_all(name, data, more, mode):
    e = getattr(explorers, name)(*data, **more)
    if mode not in e.modes:
        return
    refusals = []
    for step in range(15):
        try:
            e.next() if step else setattr(e, "mode", mode)
        except ValueError as nothing:
            refusals.append(str(nothing))
            break
        assert e.error == ""
    assert all("can be posed about" in refusal for refusal in refusals)
    assert (e.error, e._quiz is None) == ("", e.mode == "explore")


def test_next_leaves_the_question_where_none_follows():
    e = explorers.pooling(mode="challenge")
    before = e._quiz.challenge, e._quiz.number, e.settings()
    e.dare = lambda _: sought("challenge", "these data", lambda: None)
    with pytest.raises(ValueError, match="no challenge can be posed about these data"):
        e.next()
    assert (e._quiz.challenge, e._quiz.number, e.settings()) == before
    e.apply(dict(zip(before[0].free, before[0].answers[0], strict=True)))
    assert len(e.solved) == 1


# ---- the bias


@pytest.mark.parametrize("number", range(8))
def test_the_right_value_has_the_bias_in_it(number):
    image = explorers.conv2d().input
    settings, (_, value) = conv2d_quiz.pose(image, number, 1.25)
    e = explorers.conv2d(bias=1.25, **settings)
    truth = {}
    exec(e.torch_code(), truth)
    assert isinstance(truth["output"], torch.Tensor)
    assert value.judge(float(truth["output"].ravel()[value.place]))[0]
    without = value.judge(float(truth["output"].ravel()[value.place]) - 1.25)
    assert (without[0], "leaves out the bias" in without[1]) == (False, True)


def test_a_picture_is_found_where_the_output_is_the_target_bias_included():
    e = explorers.conv2d(bias=1.0, mode="challenge")
    e.next()
    challenge = e._quiz.challenge
    for answer in challenge.answers:
        e.apply(dict(zip(challenge.free, answer, strict=True)))
        assert np.array_equal(e.output, challenge.target)
    assert e.solved[-1]["found"] == len(challenge.answers)


# ---- what belongs to a question stays


def test_a_question_keeps_its_settings_and_its_data():
    e = explorers.conv2d(mode="predict")
    before = e.settings()
    for change in ({"stride": 1}, {"padding": 4}):
        with pytest.raises(ValueError, match="belongs to the predict mode's question"):
            e.apply(change)
    with pytest.raises(ValueError, match="stride belongs to the predict mode's question"):
        e.stride = 1
    with pytest.raises(ValueError, match="input belongs to"):
        e.input = np.ones((5, 5))
    with pytest.raises(ValueError, match="weight belongs to"):
        e.weight = np.ones((2, 2))
    e.asked = {"view": "v", "count": 1, "place": 0, "settings": {"stride": 1, "padding": 4}}
    assert e.settings() == before
    assert e.drawing["settings"] == before
    assert e.guess("x".join(map(str, e.output.shape))).startswith("Right")


def test_a_challenge_keeps_what_is_not_free():
    e = explorers.conv2d(mode="challenge")
    challenge = e._quiz.challenge
    with pytest.raises(ValueError, match="dilation belongs to the challenge mode's question"):
        e.dilation = 3
    e.asked = {"view": "v", "count": 1, "place": 0, "settings": {"dilation": 3}}
    assert e.dilation == challenge.start["dilation"]
    k, s, p = challenge.answers[0]
    e.apply({"kernel_size": (k, k), "stride": [s, s], "padding": np.int64(p)})
    assert e.solved[0]["found"] == 1
    e.apply({"kernel_size": k, "stride": s, "padding": p})
    assert e.solved[0]["found"] == 1


def test_reset_leaves_a_question():
    e = explorers.conv2d(stride=3, mode="predict")
    e.reset()
    assert (e.mode, e.stride, e._quiz) == ("explore", 3, None)


def test_shift_does_not_begin_where_it_should_end():
    one = explorers.shift(weight=[[1.0]], mode="challenge")
    assert not one.equivariant
    assert one.solved == []
    wide = explorers.shift(weight=np.ones((1, 13)))
    challenge = wide.dare(2)
    for answer in challenge.answers:
        wide.apply(challenge.start | dict(zip(challenge.free, answer, strict=True)))
        assert wide.error == ""
        assert wide.equivariant


@pytest.mark.parametrize(
    ("ask", "guess", "right"),
    [
        ("shape", (np.int64(4), np.int64(4)), "4×4"),
        ("shape", np.array([4, 4]), "4×4"),
        ("shape", torch.Size([4, 4]), "4×4"),
        ("count", 1.0, "1"),
        ("count", np.int64(1), "1"),
        ("value", torch.tensor(0.5), "0.5"),
    ],
)
def test_a_guess_may_be_numpys_number(ask, guess, right):
    question = explorers.conv2d()._quiz or conv2d_quiz.Question(ask, "?", right)
    assert question.judge(guess)[0]
