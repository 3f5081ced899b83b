"""The whole bank: every mistake caught and rightly named, every right answer passed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from cnnlab.judge.bank import exercises
from cnnlab.judge.calling import fresh_copy
from cnnlab.judge.exercise import whole
from cnnlab.judge.judging import judge
from cnnlab.judge.truth import ladder_truths, truth

BANK = exercises()
TEN_MISTAKES = ("conv", "pool")
COUNTS_OF_CONVOLUTIONS = ("conv_parameters", "conv_macs")


def _right_answers():
    for file in sorted((Path(__file__).parent / "judge_right_answers").glob("lesson_*.py")):
        spec = importlib.util.spec_from_file_location(f"right_{file.stem}", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield from module.RIGHT.items()


RIGHT = dict(_right_answers())
MISTAKES = [
    pytest.param(e, m, id=f"lesson_{e.lesson}-{e.name}-{m.slug}")
    for e in BANK.values()
    for m in e.mistakes
]
STYLES = [
    pytest.param(BANK[name], function, id=f"lesson_{BANK[name].lesson}-{name}-{style}")
    for name, styles in RIGHT.items()
    for style, function in styles.items()
]
EXERCISES = [pytest.param(e, id=f"lesson_{e.lesson}-{e.name}") for e in BANK.values()]


def learners(exercise, answer):
    """Return a function with the exercise's signature that answers with `answer`."""
    space = {"answer": answer, "fresh_copy": fresh_copy}
    names = ", ".join(exercise.parameters)
    exec(f"def learner{exercise.signature}: return answer({names})", space)
    return space["learner"]


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_every_mistake_is_caught_on_the_ladder_and_rightly_named(exercise, mistake):
    verdict = judge(exercise, learners(exercise, mistake.wrong))
    assert not verdict.passed
    assert verdict.mistake == mistake.slug, repr(verdict)
    assert mistake.sentence in verdict.message
    assert "other" not in " ".join(k for k, ok in verdict.capabilities.items() if ok is False)


@pytest.mark.parametrize(("exercise", "function"), STYLES)
def test_right_answers_in_every_style_pass(exercise, function):
    verdict = judge(exercise, function)
    assert verdict.passed, repr(verdict)
    assert set(verdict.capabilities.values()) == {True}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_truth_without_torch_is_torchs_truth(exercise):
    for one in (one for rung in exercise.ladder for one in rung.cases):
        arguments = {
            name: np.array(v, dtype=np.float64) if isinstance(v, np.ndarray) else v
            for name, v in exercise.bind(one).items()
        }
        ours = exercise.ours(**arguments)
        parts = ours if exercise.outputs else (ours,)
        for part, right in zip(parts, truth(exercise, one), strict=True):
            tolerance = max(exercise.tolerance, 1e-9)
            np.testing.assert_allclose(part, right, rtol=tolerance, atol=tolerance * 100)
            assert np.shape(part) == right.shape


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_exercise_has_hints_mistakes_and_right_answers_enough(exercise):
    ten = any(word in exercise.name for word in TEN_MISTAKES)
    wanted = 10 if ten and exercise.name not in COUNTS_OF_CONVOLUTIONS else 5
    assert len(exercise.mistakes) >= wanted
    assert len({m.slug for m in exercise.mistakes}) == len(exercise.mistakes)
    assert all(m.sentence.endswith((".", "?", "].", ")")) for m in exercise.mistakes)
    assert len(RIGHT.get(exercise.name, ())) >= 4
    assert len({rung.name for rung in exercise.ladder}) == len(exercise.ladder) >= 2
    assert all(2 <= len(rung.hints) <= 4 for rung in exercise.ladder)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_cases_stand_smallest_first_and_cannot_be_written_to(exercise):
    for rung in exercise.ladder:
        for one in rung.cases:
            for value in exercise.bind(one).values():
                assert not (isinstance(value, np.ndarray) and value.flags.writeable)
    assert exercise.ladder[0].cases[0].size <= 30  # a person can do the first one by hand


def test_the_truths_are_reckoned_once():
    assert ladder_truths("conv2d") is ladder_truths("conv2d")


def test_the_names_of_the_published_table_are_all_there():
    published = """correlate1d correlate2d conv1d conv2d conv3d output_size pad2d conv2d_full
    receptive_field grouped_conv2d depthwise_conv2d pointwise_conv2d separable_conv2d
    conv_parameters conv_macs max_pool2d avg_pool2d global_avg_pool2d adaptive_avg_pool2d
    spatial_pyramid_pool roi_pool sigmoid tanh relu leaky_relu sigmoid_slope tanh_slope relu_slope
    leaky_relu_slope relu_backward conv2d_backward max_pool2d_backward avg_pool2d_backward
    numeric_gradient im2col winograd_f23"""
    assert set(published.split()) <= set(BANK)


@pytest.mark.parametrize("shape", [(2,), (2, 2), (2, 3), (3, 3), (1, 1, 3, 3), (1, 2, 3, 3)])
@pytest.mark.parametrize("seed", range(6))
def test_whole_numbers_never_make_a_symmetric_kernel(shape, seed):
    kernel = whole(*shape, seed=seed)
    assert len(np.unique(kernel)) == kernel.size
    assert {-1.0, 1.0} == set(np.sign(whole(6, 6)).ravel())
