"""Predictions: typed, locked, revealed with the reason, kept; no answer before a guess."""

import json
import sys

import numpy as np
import pytest

from cnnlab.judge import predict, progress
from cnnlab.judge.guesses import UnreadableGuessError, as_written, is_right, read_guess
from cnnlab.judge.sealed import seal


@pytest.mark.parametrize(
    ("typed", "answer", "right"),
    [
        ("8", 8, True),
        (" 8.0 ", 8, True),
        ("7", 8, False),
        ("−29", -29, True),
        ("105,705,600", 105_705_600, True),
        ("1/4", 0.25, True),
        ("0.33", 1 / 3, True),
        ("0.34", 1 / 3, False),
        ("0.3", 1 / 3, True),
        ("1e-3", 0.001, True),
        ("8.4", 8, False),
        ("2 4 6 8", (2, 4, 6, 8), True),
        ("(2, 4, 6, 8)", (2, 4, 6, 8), True),
        ("2x4x6x8", (2, 4, 6, 8), True),
        ("2 × 4 × 6 × 8", (2, 4, 6, 8), True),
        ("[2,4,6,8]", [2, 4, 6, 8], True),
        ("2 4 6", (2, 4, 6, 8), False),
        ("5", (5,), True),
        ("[[1, 2], [3, 4]]", np.array([[1, 2], [3, 4]]), True),
        ("[[1 2] [3 4]]", np.array([[1, 2], [3, 4]]), True),
        ("1 2; 3 4", np.array([[1, 2], [3, 4]]), True),
        ("1 2 3 4", np.array([[1, 2], [3, 4]]), False),
        ("1 3; 2 4", np.array([[1, 2], [3, 4]]), False),
        ("-1, 0.5", np.array([-1.0, 0.5]), True),
        ("yes", True, True),
        ("No", True, False),
        ("Sobel", "sobel", True),
        ("sobel x", "Sobel  X", True),
        ("blur", "sharpen", False),
    ],
)
def test_what_is_typed_is_read_as_it_is_meant(typed, answer, right):
    assert is_right(read_guess(typed, answer), answer, typed) is right
    assert (
        predict(f"{typed} for {answer}?", answer)
        .guess(typed)
        .startswith(
            f"Your guess {typed.strip()} is right" if right else f"Your guess was {typed.strip()}"
        )
    )


@pytest.mark.parametrize(
    ("typed", "answer", "told"),
    [
        ("", 8, "Type a guess first"),
        ("eight", 8, "is no number"),
        ("1/0", 8, "is no number"),
        ("wide", (2, 2), "is no list of numbers"),
        ("perhaps", True, "yes or no"),
    ],
)
def test_what_cannot_be_read_locks_nothing(typed, answer, told):
    one = predict(f"unreadable {typed}?", answer)
    with pytest.raises(UnreadableGuessError, match=told):
        one.guess(typed)
    assert not one.locked
    assert progress.events() == []


def test_the_first_guess_is_locked_and_kept():
    one = predict("How many places?", 8, because="10 - 3 + 1.")
    assert one.revealed == ""
    assert one.guess("7") == "Your guess was 7; the answer is 8. 10 - 3 + 1."
    assert one.guess("8") == one.revealed
    again = predict("How many places?", 8, because="10 - 3 + 1.")
    assert again.locked
    assert again.right is False
    assert again.revealed == one.revealed
    (row,) = progress.events()
    assert (row.kind, row.passed, row.detail["guess"]) == ("prediction", False, "7")


def test_a_name_keeps_the_guess_when_the_question_is_reworded():
    predict("How many?", 8, name="places").guess("8")
    assert predict("How many places?", 8, name="places").locked
    assert not predict("How many places?", 8).locked


def test_common_wrong_guesses_get_their_own_sentence():
    mistakes = {(4, 6): "That is the input's shape.", 9: "never"}
    one = predict("What shape?", (3, 5), because="n - k + 1.", mistakes=mistakes)
    assert one.guess("4 6") == (
        "Your guess was 4 6; the answer is (3, 5). That is the input's shape. n - k + 1."
    )


def test_choices_are_taken_by_name_or_number():
    question, choices = "Which kernel is it?", ("blur", "sharpen", "Sobel x")
    assert (
        predict(question, "Sobel x", choices=choices).guess("3").startswith("Your guess 3 is right")
    )
    assert (
        predict(question + "?", "blur", choices=choices)
        .guess("sobel X")
        .startswith("Your guess was")
    )
    with pytest.raises(UnreadableGuessError, match="none of the choices"):
        predict("Which?", "blur", choices=choices).guess("emboss")
    with pytest.raises(ValueError, match="answer must be one of the choices"):
        predict("Which?", "emboss", choices=choices)
    with pytest.raises(TypeError, match="question must be a string"):
        predict(3, 3)
    assert predict("How many?", 2, choices=(1, 2, 3)).guess("2").startswith("Your guess 2 is right")


def test_a_sealed_answer_is_opened():
    one = predict("Sealed?", seal((1, 5), "one filter"))
    assert one.guess("1 5") == "Your guess 1 5 is right. one filter"


def test_guesses_that_are_no_text_are_taken_in_python():
    assert predict("In Python?", (1, 2)).guess((1, 2)).startswith("Your guess (1, 2) is right")
    assert predict("An array?", np.eye(2)).guess(np.eye(2)).startswith("Your guess")


def test_the_text_is_the_same_before_and_after(capsys):
    one = predict("Same?", 12345, because="a secret reason")
    before = repr(one), one._repr_html_()
    one._ipython_display_()
    assert "12345" not in capsys.readouterr().out
    assert before[0] == "Prediction: Same?"
    one.guess("1")
    assert (repr(one), one._repr_html_()) == before
    assert "12345" not in "".join(before)
    assert "secret" not in "".join(before)


def test_the_instructors_edition_shows_the_answer(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    assert "Answer: 8. so it is" in predict("Shown?", 8, because="so it is")._repr_html_()


@pytest.mark.parametrize(
    ("answer", "written"),
    [(0.1 + 0.2, "0.3"), (np.int64(3), "3"), ([1, [2]][0], "1"), (np.eye(2), "[[1, 0], [0, 1]]")],
)
def test_answers_are_written_as_people_write_them(answer, written):
    assert as_written(answer) == written


# ------------------------------------------------------------------ the view


def state_of(view):
    return json.dumps(
        {name: getattr(view, name) for name in view.keys if name[0] != "_"}, default=str
    )


def test_the_view_holds_no_answer_before_a_guess():
    from cnnlab.judge.views import PredictionView

    one = predict("Which number?", 12345, because="a secret reason")
    view = PredictionView.of(one)
    assert "12345" not in state_of(view)
    assert "secret" not in state_of(view)
    view._take(view, {"guess": "nonsense"})
    assert view.trouble == "“nonsense” is no number. Write one such as 12, −3 or 0.25."
    assert not view.locked
    view._take(view, {"guess": "7"})
    assert view.locked
    assert view.trouble == ""
    assert view.revealed == "Your guess was 7; the answer is 12345. a secret reason"
    assert PredictionView.of(predict("Which number?", 12345)).locked


def test_the_views_bundle_adds_to_the_plain_text():
    from cnnlab.judge.views import PredictionView

    data, _ = PredictionView.of(predict("Bundled?", 1)).bundle()
    assert list(data) == ["application/vnd.jupyter.widget-view+json"]


def test_hints_on_a_button_are_recorded():
    import cnnlab
    from cnnlab.judge import check
    from cnnlab.judge.views import HintButton

    verdict = check("conv2d", lambda x, w, b=None: cnnlab.conv2d(x, w[..., ::-1, ::-1], b))
    button = HintButton.of(verdict)
    assert button.shown == []
    for _ in range(5):
        button._next(button, {"next": True})
    assert button.shown == list(verdict.hints)
    steps = [e.detail["step"] for e in progress.events() if e.kind == "hint"]
    assert steps == [1, 2, 3]


class Shell:
    kernel = object()


@pytest.fixture
def notebook(monkeypatch):
    """Pretend to be in a kernel; return what is displayed."""
    import IPython
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: Shell())
    monkeypatch.setattr(IPython.display, "display", lambda data, **_: shown.append(data))
    return shown


def test_a_notebook_shows_question_and_field(notebook):
    predict("Shown?", 777)._ipython_display_()
    (data,) = notebook
    assert data["text/plain"] == "Prediction: Shown?"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "777" not in json.dumps(data)


def test_a_notebook_without_anywidget_shows_the_question(notebook, monkeypatch):
    monkeypatch.setitem(sys.modules, "cnnlab.judge.views", None)
    predict("Shown?", 777)._ipython_display_()
    assert set(notebook[0]) == {"text/plain", "text/html"}


def test_a_notebook_shows_a_failing_verdict_with_its_hints_on_a_button(notebook, monkeypatch):
    from cnnlab.judge.verdict import Verdict

    Verdict("conv2d", False, {"bias": False}, "Wrong.", hints=("a", "b"))._ipython_display_()
    picture, button = notebook
    assert "Wrong." in picture["text/html"]
    assert "<details>" not in picture["text/html"]
    assert button.total == 2
    notebook.clear()
    monkeypatch.setitem(sys.modules, "cnnlab.judge.views", None)
    Verdict("conv2d", False, {"bias": False}, "Wrong.", hints=("a", "b"))._ipython_display_()
    assert "<summary>Hint 1 of 2" in notebook[0]["text/html"]
    assert len(notebook) == 1
