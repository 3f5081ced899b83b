"""reveal and reset: the course's answer after an honest try, the stub at any time."""

import json

import pytest

import cnnlab
from cnnlab.judge import check, progress, reset, reveal
from cnnlab.judge.bank import exercises
from cnnlab.judge.lesson_source import answer_cell, stub_cell

LESSON = '''# %% [markdown]
# Prose with check("conv2d", my_conv2d) in it.

# %%
def my_conv2d(input, weight, bias=None):
    """An older one."""
    return 1

# %%
def helper(x):
    return x

def my_conv2d(input, weight, bias=None):
    """Return the feature maps."""
    ### BEGIN SOLUTION
    out = helper(input)
    return out
    ### END SOLUTION

# %% tags=["check"]
check("conv2d", my_conv2d)
'''


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01_convolution.py").write_text(LESSON, encoding="utf-8")
    monkeypatch.setenv("CNNLAB_COURSE", str(tmp_path))
    return tmp_path


def recorded(kind):
    return [(e.name, e.detail) for e in progress.events() if e.kind == kind]


def test_reveal_asks_for_a_try_first(course):
    assert "Try conv2d first" in str(reveal("conv2d"))
    check("conv2d", lambda input, weight, bias=None: ...)
    assert "Try conv2d first" in repr(reveal("conv2d"))  # a stub is no try
    assert recorded("reveal") == []
    check("conv2d", lambda input, weight, bias=None: input)
    shown = reveal("conv2d")
    assert shown.code.startswith("def helper(x):")
    assert "out = helper(input)\n    return out" in shown.code
    assert "SOLUTION" not in shown.code
    assert "<pre>" in shown._repr_html_()
    assert recorded("reveal") == [("conv2d", {"insisted": False})]


def test_reveal_gives_in_to_insistence(course):
    assert "helper(input)" in str(reveal("conv2d", insist=True))
    assert recorded("reveal") == [("conv2d", {"insisted": True})]


def test_without_the_lessons_the_instructor_has_the_answer(course):
    assert "your instructor has it" in str(reveal("conv1d", insist=True))


def test_reset_gives_the_stub_back(course):
    assert str(reset("conv2d")).endswith(
        'def my_conv2d(input, weight, bias=None):\n    """Return the feature maps."""\n    ...'
    )
    assert recorded("reset") == [("conv2d", {})]
    assert str(reset("conv1d")).startswith("def my_conv1d(input, weight, bias=None):\n    ...")


def test_reset_prefers_the_students_notebook(course):
    (course / "notebooks").mkdir()
    cells = [
        {"cell_type": "markdown", "source": ["text"]},
        {"cell_type": "code", "source": ["%matplotlib inline"]},
        {"cell_type": "code", "source": ["def my_conv2d(input, weight, bias=None):\n", "    pass"]},
        {"cell_type": "code", "source": ['check("conv2d", my_conv2d)']},
    ]
    (course / "notebooks" / "01_convolution.ipynb").write_text(json.dumps({"cells": cells}))
    assert str(reset("conv2d")) == "def my_conv2d(input, weight, bias=None):\n    pass"


def test_unknown_names_are_refused():
    for act in (reveal, reset):
        with pytest.raises(ValueError, match="did you mean 'conv2d'"):
            act("conv2")


@pytest.mark.parametrize("name", ["correlate1d", "correlate2d", "conv1d", "conv2d", "conv3d"])
def test_the_courses_own_answers_are_found_and_pass(name, monkeypatch):
    monkeypatch.delenv("CNNLAB_COURSE", raising=False)
    exercise = exercises()[name]
    space = {"np": __import__("numpy"), "cnnlab": cnnlab}
    exec(answer_cell(name, exercise.lesson), space)
    assert check(name, space[f"my_{name}"]).passed
    stubs = dict(space)
    exec(stub_cell(name, exercise.lesson), stubs)
    assert not check(name, stubs[f"my_{name}"]).attempted
