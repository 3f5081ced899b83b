"""Lesson 06's exercises: four activations and their slopes, number by number.

The cases hold decimals only: torch has no slope at a whole-number type. Where nearly everything is
saturated a slope is as good as zero, so each case of the slopes also holds a number near zero.
"""

# ruff: noqa: ARG005 - that an argument is not looked at is many a mistake

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab import activations
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole

# ---------------------------------------------------------------- what all eight share


def _values(draw: Draw) -> np.ndarray:
    """Return an array of one to four axes with a zero in it: the kink and the steepest place."""
    x = draw.array(*(draw.size(1, 4) for _ in range(draw.size(1, 4))))
    x.flat[draw.size(0, x.size - 1)] = 0
    return x


def _sweep(draw: Draw) -> Case:
    return case(_values(draw))


def _leaky_sweep(draw: Draw) -> Case:
    slope = draw.choice(None, 0.5, -0.25, 2.0, 0.0, 1.0, -3.0)
    return case(_values(draw)) if slope is None else case(_values(draw), slope)


def _last_rungs(formula: str, *more: float) -> tuple[Capability, ...]:
    """Return the rungs that are the same for all: any shape and any array."""
    return (
        Capability(
            "any shape",
            (
                case(np.array([[1.0, -0.5], [-2.0, 0.25]]), *more),
                case(whole(2, 3) / 4, *more),
                case(whole(1, 2, 3, 2) / 4, *more, note="a batch of feature maps"),
                case(rough(2, 3, 4, 3), *more, note="a batch of feature maps"),
            ),
            (
                "The same for each number of an array with rows, channels and pictures?",
                "Yes: every number by itself, and the answer has the shape of x.",
                f"NumPy takes the whole array at once: {formula}",
            ),
        ),
        Capability(
            "any array",
            (
                case(rough(3, 4).astype(np.float32), *more, note="float32"),
                case(rough(3, 10)[:, ::2], *more, note="every second column of a larger array"),
                case(rough(8, 3)[::2], *more, note="every second row of a larger array"),
                case(rough(25, 20), *more, note="a larger array"),
            ),
            (
                "The array may be float32, a view of another one, or large.",
                "Make a new array for the answer; x stays as it is.",
                "Without loops there is nothing to count: an expression of x is a new array.",
            ),
        ),
    )


def _slope_oracle(name: str) -> Callable:
    """Return torch's derivative of one of torch.nn.functional's functions, by autograd."""

    def oracle(torch, x, *more, **named):
        x = x.clone().requires_grad_()
        function = getattr(torch.nn.functional, name, None) or getattr(torch, name)
        return torch.autograd.grad(function(x, *more, **named).sum(), x)[0]

    return oracle


def _all_zeros(what: str) -> Mistake:
    return Mistake(
        "all_zeros",
        lambda x, *more: np.zeros_like(x),
        f"Your output has the right shape but is zero everywhere: the {what} are never written "
        "into it.",
    )


def _decimals_cut(right: Callable) -> Mistake:
    return Mistake(
        "decimals_cut",
        lambda x, *more: np.trunc(right(x, *more)),
        "Your decimals are cut off: the output array is made of whole numbers. np.zeros(x.shape) "
        "makes one of decimals.",
    )


def _first_row_only(right: Callable) -> Mistake:
    def wrong(x, *more):
        out = np.zeros_like(x)
        out[:1] = right(x[:1], *more)
        return out

    return Mistake(
        "first_row_only",
        wrong,
        "Only x[0] is worked on, the rest of your answer stays zero: go through every number, "
        "whatever the number of axes.",
    )


def _by_the_sum(right: Callable) -> Mistake:
    return Mistake(
        "whole_array_at_once",
        lambda x, *more: right(np.full_like(x, x.mean()), *more),
        "You work on the mean of x and give every number the same answer. Each number is worked "
        "on by itself.",
    )


# ---------------------------------------------------------------- sigmoid and its slope


def _sigmoid(x):
    return activations.sigmoid(x)


def _high_end_lost(x):
    return np.exp(x) / (1 + np.exp(x))


SATURATED = Capability(
    "far out",
    (
        case(np.array([30.0])),
        case(np.array([0.0, -30.0])),
        case(np.array([1000.0]), note="far to the right"),
        case(np.array([0.0, -1000.0]), note="far to the left"),
        case(np.array([[-1000.0, 1000.0], [-800.0, 800.0], [1.0, -1.0]])),
    ),
    (
        "What does the curve look like far out, at 1000 and at -1000?",
        "It is flat there, at its highest and at its lowest value; no NaN (inf / inf).",
        "Write the formula so that only one exp may overflow: 1 / inf is 0, but inf / inf is NaN.",
    ),
)


sigmoid = Exercise(
    name="sigmoid",
    section="6.3",
    signature="(x)",
    oracle=lambda torch, x: torch.sigmoid(x),
    ours=_sigmoid,
    ladder=(
        Capability(
            "at zero",
            (case(np.array([0.0])), case(np.array([0.0, 0.0, 0.0]))),
            (
                "What is e to the power 0?",
                "1, and 1 / (1 + 1) is one half.",
                "1 / (1 + np.exp(-x))",
            ),
        ),
        Capability(
            "one by one",
            (
                case(np.array([1.0])),
                case(np.array([-1.0])),
                case(np.array([2.0, -0.5])),
                case(np.array([-3.0, 0.25, 4.0, -0.75])),
                case(rough(6)),
            ),
            (
                "Is the answer for 1 above or below one half?",
                "Above: e to the -1 is smaller than 1. Mind the minus sign and the parentheses.",
                "1 / (1 + np.exp(-x)), not 1 / 1 + np.exp(-x)",
            ),
        ),
        SATURATED,
        *_last_rungs("1 / (1 + np.exp(-x))"),
    ),
    mistakes=(
        Mistake(
            "exponent_sign",
            lambda x: _sigmoid(-x),
            "Your curve falls: the exponent's minus sign is missing. It is 1 / (1 + exp(-x)).",
        ),
        Mistake(
            "parentheses_missing",
            lambda x: 1 / 1 + np.exp(-x),
            "You add exp(-x) after dividing: 1 / 1 + exp(-x). Parentheses go round the whole "
            "denominator.",
        ),
        Mistake(
            "minus_in_denominator",
            lambda x: 1 / (1 - np.exp(-x)),
            "Your denominator is 1 - exp(-x), which is zero at 0. It is 1 + exp(-x).",
        ),
        Mistake(
            "exp_alone",
            lambda x: np.exp(x),
            "Your output is exp(x), which grows without end. Divide by 1 + exp(x), and it stays "
            "below 1.",
        ),
        Mistake(
            "nan_at_the_high_end",
            _high_end_lost,
            "For large x your answer is NaN: exp(x) / (1 + exp(x)) becomes inf / inf. "
            "1 / (1 + exp(-x)) is the same number, and has no such place.",
        ),
        Mistake(
            "nan_at_the_low_end",
            lambda x: 1 - _high_end_lost(-x),
            "For very negative x your answer is NaN: exp(-x) is infinite above the line and below "
            "it. 1 / (1 + exp(-x)) has it once only.",
        ),
        Mistake(
            "tanh_for_sigmoid",
            np.tanh,
            "Your output is tanh(x), between -1 and 1. The sigmoid lies between 0 and 1.",
        ),
        Mistake(
            "twice_too_steep",
            lambda x: (np.tanh(x) + 1) / 2,
            "Your curve is twice too steep: sigmoid(x) is (tanh(x / 2) + 1) / 2.",
        ),
        Mistake(
            "centred",
            lambda x: 2 * _sigmoid(x) - 1,
            "Your output lies between -1 and 1, with 0 in the middle. The sigmoid lies between 0 "
            "and 1.",
        ),
        Mistake(
            "step",
            lambda x: np.where(x >= 0, 1.0, 0.0),
            "Your output is a step from 0 to 1. The sigmoid is smooth: it passes one half at 0.",
        ),
        Mistake(
            "straight_lines",
            lambda x: np.clip(x / 4 + 0.5, 0, 1),
            "Your output is made of straight lines (the hard sigmoid). The sigmoid bends: "
            "1 / (1 + exp(-x)).",
        ),
        Mistake(
            "straight_lines_of_torch",
            lambda x: np.clip(x / 6 + 0.5, 0, 1),
            "Your output is torch's hardsigmoid, straight lines. The sigmoid bends: "
            "1 / (1 + exp(-x)).",
        ),
        Mistake(
            "shares_of_the_array",
            lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
            "Your numbers add up to 1: that is the softmax, where they share. In the sigmoid every "
            "number stands for itself.",
        ),
        Mistake(
            "two_for_e",
            lambda x: 1 / (1 + 2.0**-x),
            "You take powers of 2; it is powers of e: np.exp(-x).",
        ),
        Mistake(
            "magnitude",
            lambda x: _sigmoid(np.abs(x)),
            "Your curve never falls below one half: the sign of x is lost.",
        ),
        _all_zeros("results"),
        _first_row_only(_sigmoid),
        _by_the_sum(_sigmoid),
        _decimals_cut(_sigmoid),
    ),
    sweep=_sweep,
)


def _sigmoid_slope(x):
    return activations.sigmoid_backward(np.ones_like(x), x)


def _smooth_slope(what: str, at_zero: str, formula: str) -> tuple[Capability, ...]:
    """Return the ladder of a smooth slope."""
    return (
        Capability(
            "at zero",
            (case(np.array([0.0])), case(np.array([0.0, 0.0]))),
            (
                f"How steep is {what} where it is steepest?",
                f"At 0, and its slope there is {at_zero}.",
                formula,
            ),
        ),
        Capability(
            "one by one",
            (
                case(np.array([1.0])),
                case(np.array([-1.0])),
                case(np.array([2.0, -0.5])),
                case(np.array([-3.0, 0.25, 1.5, -0.75])),
                case(rough(6) / 4),
            ),
            (
                "Is the slope at -1 another one than at 1?",
                "No, and never negative: the curve rises everywhere, and is alike on both sides.",
                formula,
            ),
        ),
        Capability(
            "far out",
            (
                case(np.array([0.0, 8.0])),
                case(np.array([-8.0, 0.5])),
                case(np.array([-20.0, 1.0, 20.0])),
                case(np.array([[30.0, 0.0], [-30.0, -0.25]])),
            ),
            (
                "How steep is the curve far out?",
                "It is flat there: the slope goes to zero, on both sides.",
                formula,
            ),
        ),
        *_last_rungs(formula),
    )


sigmoid_slope = Exercise(
    name="sigmoid_slope",
    section="6.3",
    signature="(x)",
    oracle=_slope_oracle("sigmoid"),
    ours=_sigmoid_slope,
    ladder=_smooth_slope("the sigmoid", "one quarter", "s = sigmoid(x); s * (1 - s)"),
    mistakes=(
        Mistake(
            "x_for_sigmoid",
            lambda x: x * (1 - x),
            "You return x * (1 - x). The formula is s * (1 - s) with s = sigmoid(x): the argument "
            "is x, not the sigmoid's output.",
        ),
        Mistake(
            "value_for_slope",
            _sigmoid,
            "Your output is the sigmoid itself; its slope is asked: s * (1 - s).",
        ),
        Mistake(
            "squared",
            lambda x: _sigmoid(x) ** 2,
            "Your output is s * s; the slope is s * (1 - s).",
        ),
        Mistake(
            "one_minus_squared",
            lambda x: 1 - _sigmoid(x) ** 2,
            "You return 1 - s * s, the rule for tanh. For the sigmoid it is s * (1 - s).",
        ),
        Mistake(
            "plus_for_minus",
            lambda x: _sigmoid(x) * (1 + _sigmoid(x)),
            "You return s * (1 + s); the slope is s * (1 - s).",
        ),
        Mistake(
            "other_side",
            lambda x: 1 - _sigmoid(x),
            "You return 1 - s only; the slope is s * (1 - s).",
        ),
        Mistake(
            "one_factor_squared",
            lambda x: _sigmoid(x) * (1 - _sigmoid(x)) ** 2,
            "You return s * (1 - s) ** 2: one (1 - s) too many.",
        ),
        Mistake(
            "parentheses_missing",
            lambda x: _sigmoid(x) * 1 - _sigmoid(x),
            "You reckon s * 1 - s, which is zero: put parentheses round (1 - s).",
        ),
        Mistake(
            "sigmoid_twice",
            lambda x: _sigmoid_slope(_sigmoid(x)),
            "The sigmoid is taken twice: s = sigmoid(x) once, then s * (1 - s).",
        ),
        Mistake(
            "tanh_for_sigmoid",
            lambda x: 1 - np.tanh(x) ** 2,
            "Your output is the slope of tanh, which is 1 at 0. The sigmoid's is at most 0.25.",
        ),
        Mistake(
            "chain_rule_sign",
            lambda x: -_sigmoid_slope(x),
            "Your slope is negative: the inner derivative of exp(-x), -1, cancels the minus of "
            "1 / u. The sigmoid rises everywhere.",
        ),
        Mistake(
            "straight_lines",
            lambda x: np.where(np.abs(x) < 2, 0.25, 0.0),
            "Your slope is that of straight lines (the hard sigmoid). The sigmoid bends: its slope "
            "is s * (1 - s).",
        ),
        _first_row_only(_sigmoid_slope),
        _by_the_sum(_sigmoid_slope),
    ),
    sweep=_sweep,
)

# ---------------------------------------------------------------- tanh and its slope


def _tanh_slope(x):
    return activations.tanh_backward(np.ones_like(x), x)


tanh = Exercise(
    name="tanh",
    section="6.4",
    signature="(x)",
    oracle=lambda torch, x: torch.tanh(x),
    ours=lambda x: activations.tanh(x),
    ladder=(
        Capability(
            "at zero",
            (case(np.array([0.0])), case(np.array([0.0, 0.0, 1.0]))),
            (
                "What are e to the power 0 and e to the power -0?",
                "1 both, so their difference is 0.",
                "np.tanh(x), or 2 * sigmoid(2 * x) - 1 with your own sigmoid",
            ),
        ),
        Capability(
            "one by one",
            (
                case(np.array([1.0])),
                case(np.array([-1.0])),
                case(np.array([2.0, -0.5])),
                case(np.array([-3.0, 0.25, 1.5, -0.75])),
                case(rough(6)),
            ),
            (
                "What is the answer for -1, when you know the one for 1?",
                "Its negative: turn the curve half round about 0, and it lies on itself.",
                "(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))",
            ),
        ),
        SATURATED,
        *_last_rungs("np.tanh(x)"),
    ),
    mistakes=(
        Mistake(
            "nan_at_both_ends",
            lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
            "Far out your answer is NaN: one exp is infinite above the line and below it, and "
            "inf / inf is no number. 2 * sigmoid(2 * x) - 1 has no such place.",
        ),
        Mistake(
            "nan_at_the_high_end",
            lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
            "For large x your answer is NaN: exp(2x) is infinite above the line and below it. "
            "1 - 2 / (exp(2x) + 1) has it once only.",
        ),
        Mistake(
            "nan_at_the_low_end",
            lambda x: (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x)),
            "For very negative x your answer is NaN: exp(-2x) is infinite above the line and below "
            "it. 2 / (1 + exp(-2x)) - 1 has it once only.",
        ),
        Mistake(
            "sigmoid_for_tanh",
            _sigmoid,
            "Your output is the sigmoid, between 0 and 1. tanh lies between -1 and 1.",
        ),
        Mistake(
            "half_as_steep",
            lambda x: 2 * _sigmoid(x) - 1,
            "Your curve is half as steep: tanh(x) is 2 * sigmoid(2x) - 1, with 2x inside.",
        ),
        Mistake(
            "not_centred",
            lambda x: 2 * _sigmoid(2 * x),
            "Your output lies between 0 and 2: the - 1 of 2 * sigmoid(2x) - 1 is missing.",
        ),
        Mistake(
            "sine_alone",
            lambda x: np.sinh(x),
            "Your output is (exp(x) - exp(-x)) / 2, the sinh: divide by exp(x) + exp(-x) instead.",
        ),
        Mistake(
            "upside_down",
            lambda x: (np.exp(x) + np.exp(-x)) / (np.exp(x) - np.exp(-x)),
            "Your fraction is upside down: the difference goes above the line, the sum below.",
        ),
        Mistake(
            "tangent_of_angle",
            np.tan,
            "Your output is the tangent of an angle. The hyperbolic tangent is asked: np.tanh.",
        ),
        Mistake(
            "inverse",
            np.arctan,
            "Your output is arctan(x). The hyperbolic tangent is asked: np.tanh.",
        ),
        Mistake(
            "straight_lines",
            lambda x: np.clip(x, -1, 1),
            "Your output is made of straight lines (the hard tanh). tanh bends.",
        ),
        Mistake(
            "softsign",
            lambda x: x / (1 + np.abs(x)),
            "Your output is x / (1 + |x|), the softsign: a similar curve, not tanh.",
        ),
        Mistake(
            "sign_of_x",
            np.sign,
            "Your output is the sign of x, a step. tanh is smooth: it passes through 0.",
        ),
        Mistake(
            "magnitude",
            lambda x: np.tanh(np.abs(x)),
            "Your curve never falls below zero: the sign of x is lost.",
        ),
        _all_zeros("results"),
        _first_row_only(np.tanh),
        _by_the_sum(np.tanh),
        _decimals_cut(np.tanh),
    ),
    sweep=_sweep,
)


tanh_slope = Exercise(
    name="tanh_slope",
    section="6.4",
    signature="(x)",
    oracle=_slope_oracle("tanh"),
    ours=_tanh_slope,
    ladder=_smooth_slope("tanh", "1", "1 - np.tanh(x) ** 2"),
    mistakes=(
        Mistake(
            "x_for_tanh",
            lambda x: 1 - x**2,
            "You return 1 - x * x. The formula is 1 - t * t with t = tanh(x): the argument is x, "
            "not tanh's output.",
        ),
        Mistake(
            "value_for_slope",
            np.tanh,
            "Your output is tanh itself; its slope is asked: 1 - t * t.",
        ),
        Mistake(
            "square_missing",
            lambda x: 1 - np.tanh(x),
            "You return 1 - t; the slope is 1 - t * t.",
        ),
        Mistake(
            "square_of_the_difference",
            lambda x: (1 - np.tanh(x)) ** 2,
            "You return (1 - t) ** 2; only t is squared: 1 - t ** 2.",
        ),
        Mistake(
            "plus_for_minus",
            lambda x: 1 + np.tanh(x) ** 2,
            "You return 1 + t * t; the slope is 1 - t * t.",
        ),
        Mistake(
            "sigmoids_rule",
            lambda x: np.tanh(x) * (1 - np.tanh(x)),
            "You return t * (1 - t), the sigmoid's rule. For tanh it is 1 - t * t.",
        ),
        Mistake(
            "sigmoid_for_tanh",
            _sigmoid_slope,
            "Your output is the sigmoid's slope, which is 0.25 at 0. The slope of tanh is 1 there.",
        ),
        Mistake(
            "cosh_not_squared",
            lambda x: 1 / np.cosh(x),
            "You return 1 / cosh(x); the slope is 1 / cosh(x) ** 2.",
        ),
        Mistake(
            "inner_two_missing",
            lambda x: 2 * _sigmoid_slope(2 * x),
            "Your slope is half of the right one: tanh(x) = 2 * sigmoid(2x) - 1, and the inner 2 "
            "is a factor too, so it is 4 * s * (1 - s).",
        ),
        Mistake(
            "tanh_twice",
            lambda x: _tanh_slope(np.tanh(x)),
            "tanh is taken twice: t = tanh(x) once, then 1 - t * t.",
        ),
        Mistake(
            "straight_lines",
            lambda x: np.where(np.abs(x) < 1, 1.0, 0.0),
            "Your slope is that of straight lines (the hard tanh). tanh bends: its slope is "
            "1 - t * t.",
        ),
        _all_zeros("slopes"),
        _first_row_only(_tanh_slope),
        _by_the_sum(_tanh_slope),
    ),
    sweep=_sweep,
)

# ---------------------------------------------------------------- relu and its slope


def _relu(x):
    return np.maximum(x, 0)


def _kink_ladder(positive, negative, at_zero, formula) -> tuple[Capability, ...]:
    """Return the first rungs of what bends at zero; each argument is a rung's three hints."""
    return (
        Capability(
            "above zero",
            (
                case(np.array([2.0])),
                case(np.array([0.5, 7.25])),
                case(np.array([1.0, 100.0, 3.0])),
                case(np.abs(rough(5))),
            ),
            positive,
        ),
        Capability(
            "below zero",
            (
                case(np.array([-3.0])),
                case(np.array([-0.5, 2.0])),
                case(np.array([5.0, -1.5, 0.25, -80.0])),
                case(rough(7)),
            ),
            negative,
        ),
        Capability(
            "at zero",
            (
                case(np.array([0.0])),
                case(np.array([-1.0, 0.0, 1.0])),
                case(np.array([0.5, 0.0, -0.5])),
                case(np.array([0.0, -1e-12, 1e-12]), note="very near to zero"),
                case(np.array([[0.0, 2.0], [-2.0, 0.0]])),
            ),
            at_zero,
        ),
        *_last_rungs(formula),
    )


relu = Exercise(
    name="relu",
    section="6.5",
    signature="(x)",
    oracle=lambda torch, x: torch.relu(x),
    ours=lambda x: activations.relu(x),
    ladder=_kink_ladder(
        ("What becomes of 2?", "It stays 2: numbers above zero go through.", "np.maximum(x, 0)"),
        ("What becomes of -3?", "0, and so does every number below zero.", "np.maximum(x, 0)"),
        ("And of 0?", "It is 0 from both sides.", "np.where(x > 0, x, 0)"),
        "np.maximum(x, 0)",
    ),
    mistakes=(
        Mistake(
            "unchanged",
            lambda x: x + 0,
            "Your output is x itself: numbers below zero become zero.",
        ),
        Mistake(
            "magnitude",
            np.abs,
            "Your output is |x|: numbers below zero become zero, not positive.",
        ),
        Mistake(
            "other_side_kept",
            lambda x: np.minimum(x, 0),
            "You keep what is below zero and cut the rest: it is the other way round.",
        ),
        Mistake(
            "step",
            lambda x: np.where(x > 0, 1.0, 0.0),
            "Your output is 0 or 1, the slope. relu gives x itself where x > 0.",
        ),
        Mistake(
            "capped_at_six",
            lambda x: np.clip(x, 0, 6),
            "Your output never rises above 6 (that is ReLU6). relu has no upper end.",
        ),
        Mistake(
            "capped_at_one",
            lambda x: np.clip(x, 0, 1),
            "Your output never rises above 1. relu has no upper end.",
        ),
        Mistake(
            "leaky",
            lambda x: np.where(x > 0, x, 0.01 * x),
            "Numbers below zero still come through, a hundredth of them: that is the leaky relu.",
        ),
        Mistake(
            "whole_array_decided",
            lambda x: x + 0 if x.sum() > 0 else np.zeros_like(x),
            "You decide once for the whole array. Each number is looked at by itself.",
        ),
        Mistake(
            "any_above_zero",
            lambda x: x + 0 if (x > 0).any() else np.zeros_like(x),
            "The array goes through unchanged as soon as one number is above zero. Each is looked "
            "at by itself.",
        ),
        Mistake(
            "negatives_removed",
            lambda x: x[x > 0],
            "The numbers below zero are gone from your output, and its shape with them. They stay "
            "in their places, as zeros.",
        ),
        Mistake(
            "threshold_one",
            lambda x: np.where(x > 1, x, 0),
            "You cut below 1; the bend is at 0.",
        ),
        Mistake(
            "softplus",
            lambda x: np.logaddexp(0, x),
            "Your output is log(1 + exp(x)), the softplus: smooth at 0. relu has a sharp bend.",
        ),
        _all_zeros("results"),
        _first_row_only(_relu),
        _by_the_sum(_relu),
        _decimals_cut(_relu),
    ),
    sweep=_sweep,
)


def _relu_slope(x):
    return np.where(x > 0, 1.0, 0.0)


relu_slope = Exercise(
    name="relu_slope",
    section="6.5",
    signature="(x)",
    oracle=_slope_oracle("relu"),
    ours=lambda x: activations.relu_backward(np.ones_like(x), x),
    ladder=_kink_ladder(
        (
            "How steep is relu at 2?",
            "1: one step right is one step up.",
            "np.where(x > 0, 1.0, 0.0)",
        ),
        ("How steep is it at -3?", "0: it is flat there.", "np.where(x > 0, 1.0, 0.0)"),
        (
            "At the kink it is 0 from the left and 1 from the right. What does torch say?",
            "0 at 0 exactly: only what is above zero has slope 1.",
            "np.where(x > 0, 1.0, 0.0), not x >= 0",
        ),
        "(x > 0).astype(float)",
    ),
    mistakes=(
        Mistake(
            "one_at_zero",
            lambda x: np.where(x >= 0, 1.0, 0.0),
            "At 0 your slope is 1. Both sides could be argued for; torch takes 0: x > 0, not "
            "x >= 0.",
        ),
        Mistake(
            "half_at_zero",
            lambda x: (np.sign(x) + 1) / 2,
            "At 0 your slope is one half. torch takes 0 there.",
        ),
        Mistake(
            "value_for_slope",
            _relu,
            "Your output is relu itself; its slope is asked: 1 where x > 0, else 0.",
        ),
        Mistake(
            "always_one",
            lambda x: np.ones_like(x),
            "Your slope is 1 everywhere. Below zero relu is flat: 0.",
        ),
        Mistake(
            "sign_of_x",
            np.sign,
            "Your slope is -1 below zero, as for |x|. relu is flat there: 0.",
        ),
        Mistake(
            "other_side",
            lambda x: np.where(x < 0, 1.0, 0.0),
            "Your slope is 1 below zero and 0 above: it is the other way round.",
        ),
        Mistake(
            "leaky",
            lambda x: np.where(x > 0, 1, 0.01),
            "Below zero your slope is 0.01, that of the leaky relu. relu is flat there: 0.",
        ),
        Mistake(
            "wherever_not_zero",
            lambda x: np.where(x != 0, 1.0, 0.0),
            "Your slope is 1 wherever x is not zero. Below zero it is 0.",
        ),
        Mistake(
            "whole_array_decided",
            lambda x: np.full_like(x, float((x > 0).any())),
            "You decide once for the whole array. Each number has its own slope.",
        ),
        Mistake(
            "smooth",
            _sigmoid,
            "Your output is the sigmoid, the slope of the softplus. relu has a sharp bend: 0 or 1.",
        ),
        _all_zeros("slopes"),
        _first_row_only(_relu_slope),
    ),
    sweep=_sweep,
)

# ---------------------------------------------------------------- leaky_relu and its slope

DEFAULT = 0.01


def _leaky(x, negative_slope=DEFAULT):
    return activations.leaky_relu(x, negative_slope)


def _leaky_slope(x, negative_slope=DEFAULT):
    return np.where(x > 0, 1.0, negative_slope)


def _other_default(negative_slope):
    # No case gives 0.01 in so many words: where it stands, it is the default.
    return 0.1 if negative_slope == DEFAULT else negative_slope


def _leaky_ladder(positive, negative, given, odd, formula) -> tuple[Capability, ...]:
    above, below, at_zero, *_ = _kink_ladder(positive, negative, negative, formula)
    return (
        above,
        Capability(below.name, (*below.cases, *at_zero.cases), negative),
        Capability(
            "slope given",
            (
                case(np.array([-2.0]), 0.5),
                case(np.array([-2.0, 3.0]), 0.1),
                case(np.array([0.0, -4.0, 1.0, -0.5]), 0.25),
                case(np.array([-1.0, 2.0, 0.0]), 0.0, note="a slope of zero"),
                case(np.array([-1.0, 2.0, 0.0]), 1.0, note="a straight line"),
                case(rough(6), 0.2),
            ),
            given,
        ),
        Capability(
            "any slope",
            (
                case(np.array([-2.0, 3.0]), 2.0, note="a slope above 1"),
                case(np.array([-2.0, 3.0]), -0.5, note="a slope below 0"),
                case(np.array([0.0, -1.0, 1.0]), -1.0, note="that is |x|"),
                case(np.array([0.0, -0.25, 5.0, -3.0]), 4.0, note="a slope above 1"),
                case(rough(8), -3.0, note="a slope below 0"),
            ),
            odd,
        ),
        *_last_rungs(formula, 0.3),
    )


leaky_relu = Exercise(
    name="leaky_relu",
    section="6.6",
    signature="(x, negative_slope=0.01)",
    oracle=lambda torch, x, negative_slope=DEFAULT: torch.nn.functional.leaky_relu(
        x, negative_slope
    ),
    ours=_leaky,
    ladder=_leaky_ladder(
        (
            "What becomes of 2?",
            "It stays 2: numbers above zero go through.",
            "np.where(x > 0, x, ...)",
        ),
        (
            "What becomes of -3 when no slope is given?",
            "-0.03: below zero a hundredth of x comes through.",
            "np.where(x > 0, x, negative_slope * x)",
        ),
        (
            "And when negative_slope is 0.5?",
            "Half of x comes through: below zero, x is multiplied by negative_slope.",
            "np.where(x > 0, x, negative_slope * x)",
        ),
        (
            "Is the larger of x and 2 * x the right one for x = 3?",
            "No, that is 6: np.maximum(x, slope * x) only works for slopes between 0 and 1.",
            "np.where(x > 0, x, negative_slope * x): decide by x alone",
        ),
        "np.where(x > 0, x, negative_slope * x)",
    ),
    mistakes=(
        Mistake(
            "relu_for_leaky",
            lambda x, negative_slope=DEFAULT: _relu(x),
            "Your output is zero below zero: that is relu. Here negative_slope * x comes through.",
        ),
        Mistake(
            "slope_ignored",
            lambda x, negative_slope=DEFAULT: _leaky(x),
            "You always multiply by 0.01, whatever negative_slope is.",
        ),
        Mistake(
            "wrong_default",
            lambda x, negative_slope=DEFAULT: _leaky(x, _other_default(negative_slope)),
            "Without negative_slope you multiply by 0.1. Its default is 0.01.",
        ),
        Mistake(
            "larger_of_both",
            lambda x, negative_slope=DEFAULT: np.maximum(x, negative_slope * x),
            "You take the larger of x and negative_slope * x. That is right for slopes from 0 to 1 "
            "only; decide by the sign of x.",
        ),
        Mistake(
            "slope_everywhere",
            lambda x, negative_slope=DEFAULT: negative_slope * x,
            "You multiply by negative_slope everywhere. Above zero x goes through unchanged.",
        ),
        Mistake(
            "slope_on_the_other_side",
            lambda x, negative_slope=DEFAULT: np.where(x < 0, x, negative_slope * x),
            "You multiply by negative_slope above zero. It belongs to the numbers below.",
        ),
        Mistake(
            "slope_as_value",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, x, negative_slope),
            "Below zero your output is negative_slope itself: multiply it by x.",
        ),
        Mistake(
            "minus_too_many",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, x, -negative_slope * x),
            "Below zero your output has the wrong sign: a negative x times a positive slope stays "
            "negative.",
        ),
        Mistake(
            "slope_made_positive",
            lambda x, negative_slope=DEFAULT: _leaky(x, abs(negative_slope)),
            "You drop negative_slope's sign. It may be below zero: the curve then "
            "rises to the left.",
        ),
        Mistake(
            "slope_kept_small",
            lambda x, negative_slope=DEFAULT: _leaky(x, min(max(negative_slope, 0), 1)),
            "You keep negative_slope between 0 and 1. It may be any number.",
        ),
        Mistake(
            "added_for_multiplied",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, x, x + negative_slope),
            "Below zero you add negative_slope: multiply by it.",
        ),
        Mistake(
            "divided_by_slope",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, x, x / (negative_slope or np.nan)),
            "Below zero you divide by negative_slope: multiply by it.",
        ),
        Mistake(
            "relu_plus_leak",
            lambda x, negative_slope=DEFAULT: _relu(x) + negative_slope * x,
            "You add negative_slope * x everywhere. Above zero x comes through alone.",
        ),
        Mistake(
            "exponential_below",
            lambda x, negative_slope=DEFAULT: np.where(
                x > 0, x, negative_slope * np.expm1(np.minimum(x, 0))
            ),
            "Below zero your curve bends: negative_slope * (exp(x) - 1) is the ELU. The leaky relu "
            "is a straight line there.",
        ),
        Mistake(
            "unchanged",
            lambda x, negative_slope=DEFAULT: x + 0,
            "Your output is x itself: below zero it is multiplied by negative_slope.",
        ),
        _all_zeros("results"),
        _first_row_only(_leaky),
        _by_the_sum(_leaky),
        _decimals_cut(_leaky),
    ),
    sweep=_leaky_sweep,
)


leaky_relu_slope = Exercise(
    name="leaky_relu_slope",
    section="6.6",
    signature="(x, negative_slope=0.01)",
    oracle=_slope_oracle("leaky_relu"),
    ours=lambda x, negative_slope=DEFAULT: activations.leaky_relu_backward(
        np.ones_like(x), x, negative_slope
    ),
    ladder=_leaky_ladder(
        ("How steep is the curve at 2?", "1, as for relu.", "np.where(x > 0, 1.0, ...)"),
        (
            "How steep is it at -3, and at 0, when no slope is given?",
            "0.01 below zero, and by torch's convention at 0 too.",
            "np.where(x > 0, 1.0, negative_slope)",
        ),
        (
            "And when negative_slope is 0.5?",
            "Then it is 0.5 where x is not above zero.",
            "np.where(x > 0, 1.0, negative_slope)",
        ),
        (
            "With a negative slope the output is above zero on both sides. Where is the kink?",
            "At x = 0 still: decide by x, never by the output.",
            "np.where(x > 0, 1.0, negative_slope)",
        ),
        "np.where(x > 0, 1.0, negative_slope)",
    ),
    mistakes=(
        Mistake(
            "one_at_zero",
            lambda x, negative_slope=DEFAULT: np.where(x >= 0, 1.0, negative_slope),
            "At 0 your slope is 1. torch takes negative_slope there: x > 0, not x >= 0.",
        ),
        Mistake(
            "zero_at_zero",
            lambda x, negative_slope=DEFAULT: np.where(x == 0, 0, _leaky_slope(x, negative_slope)),
            "At 0 your slope is 0, as for relu. For the leaky relu torch takes negative_slope.",
        ),
        Mistake(
            "mean_at_zero",
            lambda x, negative_slope=DEFAULT: np.where(
                x == 0, (1 + negative_slope) / 2, _leaky_slope(x, negative_slope)
            ),
            "At 0 your slope is the mean of both sides. torch takes negative_slope there.",
        ),
        Mistake(
            "relu_for_leaky",
            lambda x, negative_slope=DEFAULT: _relu_slope(x),
            "Below zero your slope is 0: that is relu's. Here it is negative_slope.",
        ),
        Mistake(
            "slope_ignored",
            lambda x, negative_slope=DEFAULT: _leaky_slope(x),
            "Below zero your slope is always 0.01, whatever negative_slope is.",
        ),
        Mistake(
            "wrong_default",
            lambda x, negative_slope=DEFAULT: _leaky_slope(x, _other_default(negative_slope)),
            "Without negative_slope your slope is 0.1 below zero. Its default is 0.01.",
        ),
        Mistake(
            "value_for_slope",
            _leaky,
            "Your output is the leaky relu itself; its slope is asked: 1 or negative_slope.",
        ),
        Mistake(
            "kink_read_from_output",
            lambda x, negative_slope=DEFAULT: np.where(
                _leaky(x, negative_slope) > 0, 1.0, negative_slope
            ),
            "You decide by the output's sign. With a slope below zero the output is positive on "
            "both sides: decide by x.",
        ),
        Mistake(
            "other_side",
            lambda x, negative_slope=DEFAULT: np.where(x < 0, 1.0, negative_slope),
            "Your slope is 1 below zero and negative_slope above: it is the other way round.",
        ),
        Mistake(
            "minus_too_many",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, 1.0, -negative_slope),
            "Below zero your slope has the wrong sign: it is negative_slope as given.",
        ),
        Mistake(
            "slope_made_positive",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, 1.0, abs(negative_slope)),
            "You drop negative_slope's sign. It may be below zero.",
        ),
        Mistake(
            "slope_kept_small",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, 1.0, min(max(negative_slope, 0), 1)),
            "You keep negative_slope between 0 and 1. It may be any number.",
        ),
        Mistake(
            "larger_of_both",
            lambda x, negative_slope=DEFAULT: np.where(x > negative_slope * x, 1.0, negative_slope),
            "You ask whether x or negative_slope * x is larger. That is right for slopes below 1 "
            "only; decide by the sign of x.",
        ),
        Mistake(
            "always_one",
            lambda x, negative_slope=DEFAULT: np.ones_like(x),
            "Your slope is 1 everywhere. Below zero it is negative_slope.",
        ),
        Mistake(
            "multiplied_by_x",
            lambda x, negative_slope=DEFAULT: np.where(x > 0, 1.0, negative_slope * x),
            "Below zero you return negative_slope * x, the value. The slope is negative_slope.",
        ),
        _all_zeros("slopes"),
        _first_row_only(_leaky_slope),
    ),
    sweep=_leaky_sweep,
)

EXERCISES = (
    sigmoid,
    sigmoid_slope,
    tanh,
    tanh_slope,
    relu,
    relu_slope,
    leaky_relu,
    leaky_relu_slope,
)
