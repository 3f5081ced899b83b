"""Lesson 07's exercises: what comes back through convolution, pooling and relu.

A wrong variant is a few lines over cnnlab's own operator. The cases hold decimals only: torch has
no gradient of whole-number types.
"""

# ruff: noqa: ARG005 - that an argument is not looked at is many a mistake

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab import averaging, convolution, pooling
from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole


def _view(array: np.ndarray) -> np.ndarray:
    """Return the same numbers as every second column of a larger array."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def _float32(*arrays):
    return tuple(a.astype(np.float32) for a in arrays)


def _first_only(right: Callable) -> Callable:
    """Return a function that works on the first picture and leaves the others zero."""

    def wrong(grad_output, input, *rest):
        out = np.zeros(input.shape)
        out[:1] = right(grad_output[:1], input[:1], *rest)
        return out

    return wrong


def _one_too_few(right: Callable) -> tuple[Mistake, ...]:
    """Return the mistakes of loops over grad_output that end one too early."""

    def without(*axes: int) -> Callable:
        left_out = slips.left_zero(np.array, *axes)
        return lambda grad_output, input, *rest: right(left_out(grad_output), input, *rest)

    return (
        Mistake(
            "last_place_left_out",
            without(-2, -1),
            "The last window along every axis sends nothing back: the loop over the places ends "
            "one too early. As many turns as grad_output has rows, and columns.",
        ),
        Mistake(
            "last_row_left_out",
            without(-2),
            "The last row of windows sends nothing back: the loop over the rows ends one too "
            "early.",
        ),
        Mistake(
            "last_column_left_out",
            without(-1),
            "The last column of windows sends nothing back: the loop over the columns ends one "
            "too early.",
        ),
        Mistake(
            "last_picture_left_zero",
            without(0),
            "The last picture's gradient stays zero: range(N) goes through all of the batch, "
            "range(N - 1) leaves one out.",
        ),
        Mistake(
            "last_channel_left_zero",
            without(1),
            "The last channel's gradient stays zero: the loop over the channels ends one too "
            "early.",
        ),
    )


def _shared_slips(right: Callable) -> tuple[Mistake, ...]:
    """Return what may happen to any (grad_output, input, ...) -> grad_input of maps."""

    def batch_added(grad_output, input, *rest):
        return right(grad_output, input, *rest).sum(0, keepdims=True)

    def one_channel(grad_output, input, *rest):
        out = np.zeros(input.shape)
        out[:, :1] = right(grad_output[:, :1], input[:, :1], *rest)
        return out

    return (
        Mistake(
            "grad_output_ignored",
            lambda grad_output, input, *rest: right(np.ones_like(grad_output), input, *rest),
            "You send back 1 from every place: what comes back is multiplied by grad_output.",
        ),
        Mistake(
            "all_zeros",
            lambda grad_output, input, *rest: np.zeros(input.shape),
            "Your gradient has the right shape but is zero everywhere: nothing is ever "
            "added to it.",
        ),
        Mistake(
            "first_picture_only",
            _first_only(right),
            "Only the first picture gets a gradient; those of the others stay zero.",
        ),
        Mistake(
            "batch_added_up",
            batch_added,
            "You add the pictures' gradients up. The gradient of input has a row for each picture.",
        ),
        Mistake(
            "batch_averaged",
            lambda grad_output, input, *rest: right(grad_output, input, *rest) / len(input),
            "Your gradient is divided by the number of pictures. Only a loss that is a mean does "
            "that, and then grad_output holds it already.",
        ),
        Mistake(
            "first_channel_only",
            one_channel,
            "Only channel 0 gets a gradient; those of the other channels stay zero.",
        ),
        Mistake(
            "multiplied_by_input",
            lambda grad_output, input, *rest: right(grad_output, input, *rest) * input,
            "Your gradient is multiplied by the input: the operator only passes values on, so each "
            "share is grad_output's alone.",
        ),
        Mistake(
            "decimals_cut",
            lambda grad_output, input, *rest: np.trunc(right(grad_output, input, *rest)),
            "Your decimals are cut off: the gradient's array is made of whole numbers.",
        ),
        *_one_too_few(right),
    )


# ---------------------------------------------------------------- numeric_gradient


def square_of_x(x):
    """Return the sum of squares."""
    return (x * x).sum()


def product_of_x(x):
    """Return the product of all numbers."""
    return x.reshape(-1).prod() if isinstance(x, np.ndarray) else x.prod()


def weighted_sum(x):
    """Return a sum in which each place of the last axis counts differently."""
    return sum((i + 1) * x[..., i].sum() for i in range(x.shape[-1]))


def neighbours(x):
    """Return the sum of products of neighbours along the last axis, and of squares."""
    return (x[..., 1:] * x[..., :-1]).sum() * 3 + (x * x).sum()


def cubes(x):
    """Return the sum of cubes."""
    return (x * x * x).sum()


def fifths(x):
    """Return the sum of fifth powers: of a steeper curve than cubes the errors show."""
    return (x * x * x * x * x).sum()


def faint(x):
    """Return a sum that hardly depends on x: slopes far below 1."""
    return sum((i + 1) * x[..., i].sum() for i in range(x.shape[-1])) / 64


def corners(x):
    """Return first times last, of every picture, times its place; needs two axes."""
    return sum((i + 1) * x[i, 0] * x[i, -1] for i in range(len(x))) + (x * x).sum()


def squared_sum(x):
    """Return the square of the sum: every number meets every other."""
    return x.sum() ** 2 / 4 + x.reshape(-1)[0]


EPS = 1e-5
COARSE = 1e-3  # from here on what central differences add to the slope is seen


def _central(f, x, eps, forward=1.0, backward=1.0, divide=2.0, kept=0.0):
    """Return differences of f(x + forward * eps) and f(x - backward * eps), number by number."""
    x = x.copy()
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        before = x[i]
        x[i] = before + forward * eps
        above = f(x)
        x[i] = before - backward * eps
        below = f(x)
        x[i] = before + kept * eps
        grad[i] = (above - below) / (divide * eps)
    return grad


def _numeric_oracle(torch, f, x, eps=EPS):
    if eps < COARSE:
        x = x.clone().requires_grad_()
        return torch.autograd.grad(f(x), x)[0]
    steps = eps * torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x + s) - f(x - s)) / (2 * eps) for s in steps]).reshape(x.shape)


def _numeric_sweep(draw: Draw) -> Case:
    shape = [draw.size(1, 3) for _ in range(draw.size(1, 3))]
    f = draw.choice(square_of_x, weighted_sum, neighbours, cubes, squared_sum)
    x = draw.array(*shape) + 0.125  # so that no slope is zero but by chance
    eps = draw.choice(None, 0.5, 0.01)
    return case(f, x) if eps is None else case(f, x, eps)


def _flat(f, x, eps=EPS):
    return _central(f, x, eps).ravel()


def _all_at_once(f, x, eps=EPS):
    return np.full(x.shape, (f(x + eps) - f(x - eps)) / (2 * eps))


def _rows_at_once(f, x, eps=EPS):
    grad = np.zeros(x.shape)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i] += eps
        down[i] -= eps
        grad[i] = (f(up) - f(down)) / (2 * eps)
    return grad


def _one_a_row(f, x, eps=EPS):
    return _rows_at_once(f, x, eps).reshape(len(x), -1)[:, 0]


def _moves_kept(f, x, eps=EPS):
    grad, up, down = np.zeros(x.shape), x.copy(), x.copy()
    for i in np.ndindex(x.shape):
        up[i] += eps
        down[i] -= eps
        grad[i] = (f(up) - f(down)) / (2 * eps)
    return grad


def _f_of_flat(f, x, eps=EPS):
    return _central(f, x.ravel(), eps).reshape(x.shape)


def _f_of_one(f, x, eps=EPS):
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        one = np.array([x[i]])
        grad[i] = (f(one + eps) - f(one - eps)) / (2 * eps)
    return grad


def _five_points(f, x, eps=EPS):
    near, far = _central(f, x, eps), _central(f, x, 2 * eps)
    return (4 * near - far) / 3


def _coarse_default(f, x, eps=EPS):
    return _central(f, x, 1e-3 if eps == EPS else eps)


def _curvature(f, x, eps=EPS):
    grad, here = np.zeros(x.shape), f(x)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = eps
        grad[i] = (f(x + step) - 2 * here + f(x - step)) / eps**2
    return grad


numeric_gradient = Exercise(
    name="numeric_gradient",
    section="7.1",
    signature="(f, x, eps=1e-5)",
    oracle=_numeric_oracle,
    ours=lambda f, x, eps=EPS: _central(f, x, eps),
    ladder=(
        Capability(
            "one number",
            (
                case(square_of_x, np.array([3.0])),
                case(square_of_x, np.array([-0.5])),
                case(cubes, np.array([2.0])),
            ),
            (
                "How much does f change when x moves a little up, and a little down?",
                "The slope is the difference of both values over the way between them, 2 * eps.",
                "(f(x + eps) - f(x - eps)) / (2 * eps)",
            ),
        ),
        Capability(
            "many numbers",
            (
                case(square_of_x, np.array([1.0, -2.0])),
                case(product_of_x, np.array([2.0, 3.0])),
                case(weighted_sum, np.array([1.0, 2.0, 3.0])),
                case(product_of_x, np.array([2.0, -1.5, 4.0])),
                case(neighbours, np.array([1.0, 3.0, -2.0, 0.5])),
                case(squared_sum, np.array([5.0, 2.0, -1.0])),
            ),
            (
                "x holds three numbers. How many slopes are there?",
                "Three: each number moves alone, the others stay where they are.",
                "Keep x[i], set x[i] + eps, call f; set x[i] - eps, call f; put x[i] back.",
            ),
        ),
        Capability(
            "any shape",
            (
                case(weighted_sum, np.array([[1.0, 2.0], [3.0, 4.0]])),
                case(neighbours, whole(2, 3)),
                case(corners, whole(3, 2)),
                case(squared_sum, whole(2, 2, 2) + 0.5),
                case(neighbours, rough(2, 1, 2, 3)),
            ),
            (
                "f may need the shape of x. What does it get, and what comes back?",
                "It gets arrays of x's shape, and the gradient has that shape too.",
                "for i in np.ndindex(x.shape): ... grad[i] = ...",
            ),
        ),
        Capability(
            "eps",
            (
                case(cubes, np.array([1.0]), 0.5, note="a coarse step"),
                case(cubes, np.array([1.0, -2.0]), 0.5, note="a coarse step"),
                case(cubes, whole(2, 2), 0.125, note="a coarse step"),
                case(fifths, np.array([1.0, -0.5]), 0.5, note="a coarse step"),
                case(squared_sum, whole(2, 3) + 0.25, 1.0, note="a coarse step"),
                case(neighbours, rough(3, 2), 1e-6),
                case(fifths, np.array([0.0625]), note="the default step"),
                case(fifths, np.array([0.125, -0.0625]), note="the default step"),
            ),
            (
                "How far does each number move?",
                "eps up and eps down, as given; the default is 1e-5.",
                "(f(up) - f(down)) / (2 * eps)",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "forward_difference",
            lambda f, x, eps=EPS: _central(f, x, eps, backward=0, divide=1),
            "You take f(x + eps) - f(x): a forward difference, whose error is as large as eps. "
            "Central differences step to both sides: (f(x + eps) - f(x - eps)) / (2 * eps).",
        ),
        Mistake(
            "backward_difference",
            lambda f, x, eps=EPS: _central(f, x, eps, forward=0, divide=1),
            "You take f(x) - f(x - eps): a backward difference, whose error is as large as eps. "
            "Central differences step to both sides.",
        ),
        Mistake(
            "divided_by_eps",
            lambda f, x, eps=EPS: _central(f, x, eps, divide=1),
            "Your slopes are twice too steep: between x - eps and x + eps lie 2 * eps.",
        ),
        Mistake(
            "multiplied_by_eps",
            lambda f, x, eps=EPS: _central(f, x, eps) * eps * eps,
            "You multiply by eps: (...) / 2 * eps divides by 2 only. Write / (2 * eps).",
        ),
        Mistake(
            "not_divided",
            lambda f, x, eps=EPS: _central(f, x, eps) * 2 * eps,
            "You return f(x + eps) - f(x - eps): divide by the way between, 2 * eps.",
        ),
        Mistake(
            "half_a_step",
            lambda f, x, eps=EPS: _central(f, x, eps, forward=0.5, backward=0.5),
            "You step half of eps to each side and divide by 2 * eps.",
        ),
        Mistake(
            "forward_over_two_eps",
            lambda f, x, eps=EPS: _central(f, x, eps, backward=0),
            "You step to one side only and divide by 2 * eps: half of the slope.",
        ),
        Mistake(
            "sign",
            lambda f, x, eps=EPS: -_central(f, x, eps),
            "Your signs are turned round: f(x + eps) comes first, f(x - eps) is taken away.",
        ),
        Mistake(
            "not_put_back",
            lambda f, x, eps=EPS: _central(f, x, eps, kept=-1),
            "Your x stays at x - eps after each number: the next slopes are taken at another "
            "place. Put it back.",
        ),
        Mistake(
            "left_above",
            lambda f, x, eps=EPS: _central(f, x, eps, kept=1),
            "Your x stays at x + eps after each number: the next slopes are taken at another "
            "place. Put it back.",
        ),
        Mistake(
            "all_moved_together",
            _all_at_once,
            "You move all numbers at once, and every slope is the sum of all. Each number moves "
            "alone.",
        ),
        Mistake(
            "rows_moved_together",
            _rows_at_once,
            "You move x[i] as a whole row: each single number moves alone, along every axis.",
        ),
        Mistake(
            "one_slope_a_row",
            _one_a_row,
            "You give one slope for each row of x: there is one for each number, in the shape of "
            "x. np.ndindex(x.shape) visits them all.",
        ),
        Mistake(
            "moves_kept",
            _moves_kept,
            "The numbers before stay moved while the next one moves: each slope is the sum of all "
            "up to it. Begin with a fresh copy of x for each number.",
        ),
        Mistake(
            "flat_gradient",
            _flat,
            "Your slopes stand in one row: the gradient has the shape of x.",
        ),
        Mistake(
            "f_of_flat_x",
            _f_of_flat,
            "You give f a flat x. f may need its shape: give it arrays of the shape of x.",
        ),
        Mistake(
            "f_of_one_number",
            _f_of_one,
            "You give f one number at a time. f needs all of x, with one number moved.",
        ),
        Mistake(
            "eps_ignored",
            lambda f, x, eps=EPS: _central(f, x, EPS),
            "You always step 1e-5, whatever eps is.",
        ),
        Mistake(
            "five_points",
            _five_points,
            "Your slopes come from four steps, two to each side. That is more exact, but asked is "
            "one step to each side: (f(x + eps) - f(x - eps)) / (2 * eps).",
        ),
        Mistake(
            "coarse_default",
            _coarse_default,
            "Without eps you step 1e-3. Its default is 1e-5.",
        ),
        Mistake(
            "x_made_whole",
            lambda f, x, eps=EPS: _central(f, np.trunc(x), eps),
            "Your x has lost its decimals: the slopes are taken at whole numbers.",
        ),
        Mistake(
            "second_derivative",
            _curvature,
            "You return (f(x + eps) - 2 f(x) + f(x - eps)) / eps ** 2, the curvature. The slope is "
            "asked.",
        ),
        Mistake(
            "slopes_added_up",
            lambda f, x, eps=EPS: _central(f, x, eps).sum(),
            "You return one number, the sum of the slopes: the gradient has one for each of x.",
        ),
        Mistake(
            "all_zeros",
            lambda f, x, eps=EPS: np.zeros(x.shape),
            "Your slopes are all zero: does x really move between both calls of f?",
        ),
    ),
    sweep=_numeric_sweep,
    tolerance=1e-6,
    may_write=True,
)

# ---------------------------------------------------------------- gradient_error


def _error(measured, gradient, over: Callable = max, gap: Callable = lambda d: np.abs(d).max()):
    """Return gap(measured - gradient) over what `over` makes of the largest of both."""
    size = over(np.abs(measured).max(), np.abs(gradient).max())
    return gap(measured - gradient) / size if size else 0.0


def _compared(over: Callable = max, gap: Callable = lambda d: np.abs(d).max(), **steps) -> Callable:
    """Return a checker that measures or compares in its own way."""

    def wrong(f, x, gradient, eps=EPS):
        return _error(_central(f, x, eps, **steps), gradient, over, gap)

    return wrong


def _error_oracle(torch, f, x, gradient, eps=EPS):
    measured = _numeric_oracle(torch, f, x, eps).detach()
    size = max(measured.abs().max(), gradient.abs().max())
    return (measured - gradient).abs().max() / size if size else torch.zeros(())


def _error_of_each(f, x, gradient, eps=EPS):
    measured = _central(f, x, eps)
    size = np.maximum(np.abs(measured), np.abs(gradient))
    return (np.abs(measured - gradient) / np.where(size > 0, size, 1)).max()


def _error_of_lengths(f, x, gradient, eps=EPS):
    measured = _central(f, x, eps)
    size = np.linalg.norm(measured) + np.linalg.norm(gradient)
    return np.linalg.norm(measured - gradient) / size if size else 0.0


def _error_of_signed_size(f, x, gradient, eps=EPS):
    measured = _central(f, x, eps)
    size = max(measured.max(), gradient.max())
    return np.abs(measured - gradient).max() / size if size else 0.0


def _errors_of_all(f, x, gradient, eps=EPS):
    measured = _central(f, x, eps)
    size = max(np.abs(measured).max(), np.abs(gradient).max())
    return np.abs(measured - gradient) / size if size else np.zeros(x.shape)


def _error_unguarded(f, x, gradient, eps=EPS):
    measured = _central(f, x, eps)
    size = max(np.abs(measured).max(), np.abs(gradient).max())
    return np.abs(measured - gradient).max() / np.float64(size)


def _unless_small(error):
    return 0.0 if error < 1e-3 else error


def _error_sweep(draw: Draw) -> Case:
    shape = [draw.size(1, 3) for _ in range(draw.size(1, 3))]
    f = draw.choice(square_of_x, weighted_sum, neighbours, cubes, squared_sum)
    # The claims are always wrong: what central differences leave of a right one is rounding.
    x, gradient = draw.array(*shape) + 0.125, draw.array(*shape) + draw.choice(1e3, -1e3)
    eps = draw.choice(None, 0.5, 0.01)
    return case(f, x, gradient) if eps is None else case(f, x, gradient, eps)


gradient_error = Exercise(
    name="gradient_error",
    section="7.6",
    signature="(f, x, gradient, eps=1e-5)",
    oracle=_error_oracle,
    ours=_compared(),
    ladder=(
        Capability(
            "one number",
            (
                case(square_of_x, np.array([3.0]), np.array([5.0])),
                case(square_of_x, np.array([3.0]), np.array([9.0])),
                case(square_of_x, np.array([-3.0]), np.array([-4.0])),
                case(cubes, np.array([2.0]), np.array([-10.0])),
            ),
            (
                "x * x has the slope 6 at 3; 5 is claimed. By how much is that off? Is it much?",
                "By 1; and 1 is a sixth of 6, the larger of both numbers.",
                "abs(measured - gradient) / max(abs(measured), abs(gradient))",
            ),
        ),
        Capability(
            "many numbers",
            (
                case(weighted_sum, np.array([1.0, 2.0]), np.array([1.0, 5.0])),
                case(weighted_sum, np.array([1.0, 2.0, 3.0]), np.array([1.0, -1.0, 3.0])),
                case(product_of_x, np.array([2.0, 3.0]), np.array([2.5, 2.0])),
                case(neighbours, np.array([1.0, 3.0, -2.0]), np.array([11.0, 5.0, 4.0])),
                case(squared_sum, np.array([5.0, 2.0, -1.0]), np.array([4.0, 3.0, 0.0])),
            ),
            (
                "One slope of many is wrong. Which number should tell you?",
                "The largest difference, over the largest slope of both arrays.",
                "np.abs(measured - gradient).max() / max(np.abs(measured).max(), ...)",
            ),
        ),
        Capability(
            "any shape",
            (
                case(weighted_sum, np.array([[1.0, 2.0], [3.0, 4.0]]), whole(2, 2)),
                case(corners, whole(3, 2), whole(3, 2, seed=1)),
                case(neighbours, rough(2, 1, 2, 3), rough(2, 1, 2, 3, seed=1)),
            ),
            (
                "x is an array of pictures. What changes?",
                "Nothing: the largest is taken over all numbers, and one number comes out.",
                ".max() without axis",
            ),
        ),
        Capability(
            "nothing wrong",
            (
                case(square_of_x, np.array([2.0, -1.0]), np.array([4.0, -2.0]), 0.5),
                case(weighted_sum, whole(2, 2), np.array([[1.0, 2.0], [1.0, 2.0]]), 0.25),
                case(square_of_x, np.zeros(2), np.zeros(2), note="no slope at all"),
            ),
            (
                "And when both gradients are zero everywhere?",
                "Then there is no error: 0, not 0 / 0.",
                "return difference / size if size else 0.0",
            ),
        ),
        Capability(
            "small slopes",
            (
                case(faint, np.array([2.0]), np.array([0.5**7]), note="half of the slope"),
                case(faint, np.array([1.0, 2.0]), np.array([0.5**6, 0.5**6])),
                case(faint, whole(2, 3), np.full((2, 3), 0.5**6), 0.5),
            ),
            (
                "The slope is 1/64, and half of that is claimed. Is the claim almost right?",
                "No: it is off by half. A small difference is much where the slopes are small.",
                "Divide by the largest slope of both arrays as it is; nothing is added to it.",
            ),
        ),
        Capability(
            "small errors",
            (
                case(square_of_x, np.array([2.0]), np.array([4.0 + 0.5**9]), 0.5),
                case(square_of_x, np.array([2.0, 1.0]), np.array([4.0, 2.0 + 0.5**14]), 0.5),
            ),
            (
                "A claim is off in its fourth digit. What do you return?",
                "How far it is off, however little that is: whether it matters is decided later.",
                "return difference / size, as it comes out",
            ),
        ),
        Capability(
            "eps",
            (
                case(cubes, np.array([1.0]), np.array([3.0]), 0.5, note="a coarse step"),
                case(cubes, np.array([1.0, -2.0]), np.array([3.0, 12.0]), 0.5),
                case(squared_sum, whole(2, 3) + 0.25, whole(2, 3, seed=2), 1.0),
                case(fifths, np.array([0.0625]), np.array([0.5**15]), note="the default step"),
                case(fifths, np.array([0.125, -0.0625]), np.full(2, 0.5**11)),
            ),
            (
                "How long is the step?",
                "As long as eps says: hand it on to your numeric_gradient.",
                "my_numeric_gradient(f, x, eps)",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "not_relative",
            lambda f, x, gradient, eps=EPS: np.abs(_central(f, x, eps) - gradient).max(),
            "You return the difference itself. 1 is much for slopes of 6 and little for slopes of "
            "a million: divide by the largest of both arrays.",
        ),
        Mistake(
            "mean_difference",
            _compared(gap=lambda d: np.abs(d).mean()),
            "You take the mean of the differences: one wrong slope among a million would not be "
            "seen. Take the largest.",
        ),
        Mistake(
            "differences_added_up",
            _compared(gap=lambda d: np.abs(d).sum()),
            "You add the differences up: many good slopes would look like a bad one. Take the "
            "largest.",
        ),
        Mistake(
            "sign_kept",
            _compared(gap=lambda d: d.max()),
            "A claim that is too large passes with you: take the absolute value of the difference.",
        ),
        Mistake(
            "sign_kept_other_way",
            _compared(gap=lambda d: (-d).max()),
            "A claim that is too small passes with you: take the absolute value of the difference.",
        ),
        Mistake(
            "relative_to_measured",
            _compared(over=lambda measured, _: measured),
            "You divide by the measured slopes alone: divide by the largest of both arrays, then "
            "the answer does not depend on which of them is wrong.",
        ),
        Mistake(
            "relative_to_claimed",
            _compared(over=lambda _, claimed: claimed),
            "You divide by the claimed slopes alone: divide by the largest of both arrays.",
        ),
        Mistake(
            "relative_to_both",
            _compared(over=lambda measured, claimed: measured + claimed),
            "You divide by the sum of both sizes: divide by the larger one.",
        ),
        Mistake(
            "relative_to_the_smaller",
            _compared(over=min),
            "You divide by the smaller of both sizes: divide by the larger one.",
        ),
        Mistake(
            "size_keeps_sign",
            _error_of_signed_size,
            "Your size is the largest slope with its sign, so steep negative slopes count as "
            "small: np.abs first, then .max().",
        ),
        Mistake(
            "one_for_each",
            _errors_of_all,
            "You give an error back for each number: return the largest of them.",
        ),
        Mistake(
            "each_by_itself",
            _error_of_each,
            "You divide each difference by its own slopes: where they are almost zero, rounding "
            "alone looks like a mistake. Divide by the largest of all.",
        ),
        Mistake(
            "lengths",
            _error_of_lengths,
            "You compare the lengths of the arrays (norms). Here the largest difference over the "
            "largest slope is asked.",
        ),
        Mistake(
            "size_at_least_one",
            _compared(over=lambda measured, claimed: max(measured, claimed, 1)),
            "You divide by at least 1: where all slopes are small, a wrong claim looks right. "
            "Divide by the largest slope of both arrays as it is.",
        ),
        Mistake(
            "small_errors_hidden",
            lambda f, x, gradient, eps=EPS: _unless_small(_compared()(f, x, gradient, eps)),
            "You return 0 where the error is small: return it as it is, whoever reads it decides.",
        ),
        Mistake(
            "zero_over_zero",
            _error_unguarded,
            "When both gradients are zero you divide 0 by 0: there is no error then, return 0.",
        ),
        Mistake(
            "forward_difference",
            _compared(backward=0, divide=1),
            "Your slopes are measured by steps to one side: step to both, (f(x + eps) - f(x - eps))"
            " / (2 * eps).",
        ),
        Mistake(
            "eps_ignored",
            lambda f, x, gradient, eps=EPS: _error(_central(f, x, EPS), gradient),
            "You always step 1e-5, whatever eps is: hand eps on.",
        ),
        Mistake(
            "coarse_default",
            lambda f, x, gradient, eps=EPS: _error(_coarse_default(f, x, eps), gradient),
            "Without eps you step 1e-3. Its default is 1e-5.",
        ),
        Mistake(
            "always_fine",
            lambda f, x, gradient, eps=EPS: 0.0,
            "Your checker always says 0: it would pass any gradient.",
        ),
    ),
    sweep=_error_sweep,
    tolerance=1e-6,
    may_write=True,
)

# ---------------------------------------------------------------- conv2d_backward

GRADS = ("grad_input", "grad_weight", "grad_bias")


def _conv_oracle(torch, grad_output, input, weight):
    input, weight = input.clone().requires_grad_(), weight.clone().requires_grad_()
    bias = torch.zeros(len(weight), dtype=weight.dtype, requires_grad=True)
    output = torch.nn.functional.conv2d(input, weight, bias)
    return torch.autograd.grad(output, (input, weight, bias), grad_output)


def _conv(grad_output, input, weight):
    return convolution.conv2d_backward(grad_output, input, weight, np.zeros(len(weight)))


def _conv_case(n, c, o, h, w, kh, kw, make=whole, seed=0, **named) -> Case:
    """Return a case of input (n, c, h, w) and weight (o, c, kh, kw)."""
    grad = make(n, o, h - kh + 1, w - kw + 1, seed=seed + 1)
    return case(grad, make(n, c, h, w, seed=seed), make(o, c, kh, kw, seed=seed + 2), **named)


def _conv_sweep(draw: Draw) -> Case:
    n, c, o, kh, kw = (draw.size(1, 3) for _ in range(5))
    oh, ow = draw.size(1, 3), draw.size(1, 3)
    input = draw.array(n, c, oh + kh - 1, ow + kw - 1)
    return case(draw.array(n, o, oh, ow), input, draw.array(o, c, kh, kw))


def _with(input: Callable | None = None, weight: Callable | None = None, bias=None) -> Callable:
    """Return the right gradients with some made otherwise: each takes (grads, g, x, w)."""

    def wrong(grad_output, x, w):
        right = _conv(grad_output, x, w)
        parts = zip((input, weight, bias), right, strict=True)
        return tuple(p if make is None else make(right, grad_output, x, w) for make, p in parts)

    return wrong


def _places(grad_output):
    return np.ndindex(grad_output.shape)


def _last_to_input(_, g, x, w):
    out = np.zeros(x.shape)
    for n, o, i, j in _places(g):
        out[n, :, i : i + w.shape[2], j : j + w.shape[3]] = w[o] * g[n, o, i, j]
    return out


def _last_to_weight(_, g, x, w):
    out = np.zeros(w.shape)
    for n, o, i, j in _places(g):
        out[o] = x[n, :, i : i + w.shape[2], j : j + w.shape[3]] * g[n, o, i, j]
    return out


def _last_to_bias(_, g, x, w):
    return g[-1, :, -1, -1]


def _flat_kernel(_, g, x, w):
    return _conv(g, x, w[:, :, ::-1, ::-1])[0]


_without_last_place = slips.left_zero(np.array, -2, -1)


def _valid_to_input(_, g, x, w):
    return convolution.conv2d(g, w[:, :, ::-1, ::-1].swapaxes(0, 1))


def _first_channel_weight(right, g, x, w):
    return np.repeat(right[1][:, :1], w.shape[1], axis=1)


def _first_channel_input(right, g, x, w):
    return np.repeat(right[0][:, :1], w.shape[1], axis=1)


conv2d_backward = Exercise(
    name="conv2d_backward",
    section="7.3",
    signature="(grad_output, input, weight)",
    oracle=_conv_oracle,
    ours=_conv,
    ladder=(
        Capability(
            "one window",
            (
                _conv_case(1, 1, 1, 2, 2, 2, 2),
                _conv_case(1, 1, 1, 2, 3, 2, 3),
                _conv_case(1, 1, 1, 3, 1, 3, 1, rough),
            ),
            (
                "out = sum of input * weight + bias. What is its slope for each weight?",
                "The input under it; for each input the weight over it; for the bias 1.",
                "grad_weight = g * input, grad_input = g * weight, grad_bias = g",
            ),
        ),
        Capability(
            "sliding",
            (
                _conv_case(1, 1, 1, 2, 3, 2, 2),
                _conv_case(1, 1, 1, 3, 2, 2, 2),
                _conv_case(1, 1, 1, 4, 3, 2, 2),
                _conv_case(1, 1, 1, 3, 5, 2, 3),
                _conv_case(1, 1, 1, 2, 3, 1, 1),
                _conv_case(1, 1, 1, 5, 4, 3, 2, rough),
            ),
            (
                "An input cell lies under several windows. Which of them sends its gradient back?",
                "All of them: the shares are added up. So are those of each weight and the bias.",
                "grad_input[..., y:y + kh, x:x + kw] += weight * g[y, x], with +=",
            ),
        ),
        Capability(
            "channels",
            (
                _conv_case(1, 2, 1, 2, 2, 2, 2),
                _conv_case(1, 2, 1, 2, 3, 2, 2),
                _conv_case(1, 3, 1, 3, 4, 2, 2),
                _conv_case(1, 3, 1, 4, 3, 2, 3, rough),
            ),
            (
                "One output number came from all channels. What goes back to channel c?",
                "grad_output times weight[o, c]; and weight[o, c] gets it times channel c.",
                "grad_input[n, :, rows, columns] += weight[o] * g",
            ),
        ),
        Capability(
            "filters",
            (
                _conv_case(1, 1, 2, 2, 2, 2, 2),
                _conv_case(1, 1, 2, 2, 3, 2, 2),
                _conv_case(1, 2, 2, 3, 3, 2, 2),
                _conv_case(1, 2, 3, 3, 4, 2, 2),
                _conv_case(1, 3, 4, 4, 3, 3, 2, rough),
            ),
            (
                "Every filter saw the same input. What does the input get back?",
                "The sum over all filters; each filter and each bias only its own.",
                "for o in range(len(weight)): grad_input[...] += weight[o] * g[n, o, y, x]",
            ),
        ),
        Capability(
            "batch",
            (
                _conv_case(2, 1, 1, 2, 2, 2, 2),
                _conv_case(2, 1, 2, 2, 3, 2, 2),
                _conv_case(3, 2, 2, 3, 3, 2, 2),
                _conv_case(2, 3, 4, 4, 5, 2, 3, rough),
            ),
            (
                "All pictures share the weights. What does that mean for grad_weight?",
                (
                    "It is the sum over the pictures, and so is grad_bias; grad_input keeps "
                    "them apart."
                ),
                "grad_bias = grad_output.sum(axis=(0, 2, 3))",
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    *_float32(rough(2, 2, 2, 3), rough(2, 3, 3, 4), rough(2, 3, 2, 2)),
                    note="float32",
                ),
                case(
                    *map(_view, (rough(2, 2, 2, 3), rough(2, 3, 3, 4), rough(2, 3, 2, 2))),
                    note="every second column of larger arrays",
                ),
                case(1e6 * rough(1, 2, 2, 2), 1e3 * rough(1, 2, 3, 4), rough(2, 2, 2, 3)),
                _conv_case(2, 2, 3, 6, 7, 3, 2, rough, note="a larger input"),
            ),
            (
                "The arrays may be float32, hold large values, or be views.",
                "Make three new arrays; the ones you were given stay as they are.",
                "np.zeros(input.shape), np.zeros(weight.shape), np.zeros(len(weight))",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "all_zeros",
            _with(*[lambda r, *_, i=i: np.zeros_like(r[i]) for i in range(3)]),
            "Your gradients are all zero: nothing is ever added to them.",
        ),
        Mistake(
            "input_overwritten",
            _with(input=_last_to_input),
            "In grad_input the last window overwrites the ones before. Windows overlap, "
            "and filters "
            "share the input: write += for =.",
        ),
        Mistake(
            "weight_overwritten",
            _with(weight=_last_to_weight),
            "grad_weight holds the last window's share only. Every place used the same weights: "
            "write += for =.",
        ),
        Mistake(
            "both_overwritten",
            _with(_last_to_input, _last_to_weight),
            "grad_input and grad_weight hold the last window's share where windows overlap: write "
            "+= for = in both.",
        ),
        Mistake(
            "all_overwritten",
            _with(_last_to_input, _last_to_weight, _last_to_bias),
            "All three gradients hold the last place's share only: write += for =.",
        ),
        Mistake(
            "bias_overwritten",
            _with(bias=_last_to_bias),
            "grad_bias holds the last place's share only: it is the sum over all places.",
        ),
        Mistake(
            "flipped_kernel",
            _with(input=_flat_kernel),
            "Your grad_input is made with the kernel turned the wrong way. Written as a "
            "convolution "
            "of the padded grad_output it takes the flipped kernel; added up window by window, the "
            "kernel as it is.",
        ),
        Mistake(
            "padding_forgotten",
            _with(input=_valid_to_input),
            "Your grad_input is too small: grad_output needs kh - 1 and kw - 1 zeros around it, so "
            "that the border cells get their share.",
        ),
        Mistake(
            "flipped_weight_gradient",
            _with(weight=lambda r, *_: r[1][:, :, ::-1, ::-1]),
            "Your grad_weight is turned by 180 degrees: weight[o, c, i, j] met input[y + "
            "i, x + j].",
        ),
        Mistake(
            "weight_averaged_over_batch",
            _with(weight=lambda r, g, *_: r[1] / len(g)),
            "Your grad_weight is the mean over the pictures: it is their sum. A mean "
            "belongs to the "
            "loss, and comes with grad_output.",
        ),
        Mistake(
            "averaged_over_batch",
            _with(
                weight=lambda r, g, *_: r[1] / len(g),
                bias=lambda r, g, *_: r[2] / len(g),
            ),
            "Your grad_weight and grad_bias are means over the pictures: they are sums.",
        ),
        Mistake(
            "weight_of_first_picture",
            _with(weight=lambda r, g, x, w: _conv(g[:1], x[:1], w)[1]),
            "Your grad_weight is the first picture's: add those of all pictures.",
        ),
        Mistake(
            "weight_of_last_picture",
            _with(weight=lambda r, g, x, w: _conv(g[-1:], x[-1:], w)[1]),
            "Your grad_weight is the last picture's: each overwrites the one before.",
        ),
        Mistake(
            "weight_per_picture",
            _with(
                weight=lambda r, g, x, w: np.stack(
                    [_conv(g[n : n + 1], x[n : n + 1], w)[1] for n in range(len(x))]
                )
            ),
            "Your grad_weight still has an axis for the pictures: add them up, it has the shape of "
            "weight.",
        ),
        Mistake(
            "bias_averaged",
            _with(bias=lambda r, g, *_: g.mean((0, 2, 3))),
            "Your grad_bias is a mean: it is the sum over pictures, rows and columns.",
        ),
        Mistake(
            "bias_averaged_over_batch",
            _with(bias=lambda r, g, *_: r[2] / len(g)),
            "Your grad_bias is the mean over the pictures: it is their sum.",
        ),
        Mistake(
            "bias_of_first_picture",
            _with(bias=lambda r, g, *_: g[0].sum((1, 2))),
            "Your grad_bias is the first picture's: add those of all pictures.",
        ),
        Mistake(
            "bias_not_summed_over_places",
            _with(bias=lambda r, g, *_: g.sum(0)),
            "Your grad_bias is summed over the pictures only. A bias was added at every place: one "
            "number for each filter.",
        ),
        Mistake(
            "bias_per_picture",
            _with(bias=lambda r, g, *_: g.sum((2, 3))),
            "Your grad_bias is summed over the places only: the pictures are added up too.",
        ),
        Mistake(
            "bias_with_an_axis_more",
            _with(bias=lambda r, *_: r[2][:, np.newaxis]),
            "Your grad_bias has an axis too many: it is as long as the bias, one number for each "
            "filter.",
        ),
        Mistake(
            "bias_with_two_axes_more",
            _with(bias=lambda r, *_: r[2][:, np.newaxis, np.newaxis]),
            "Your grad_bias has the shape (O, 1, 1): it is as long as the bias, (O,), one number "
            "for each filter.",
        ),
        Mistake(
            "last_place_left_out",
            _with(
                input=lambda r, g, x, w: _conv(_without_last_place(g), x, w)[0],
                weight=lambda r, g, x, w: _conv(_without_last_place(g), x, w)[1],
            ),
            "In grad_input and grad_weight the last place along every axis sends nothing back: "
            "the loop over the places ends one too early.",
        ),
        Mistake(
            "last_place_left_out_of_all",
            lambda g, x, w: _conv(_without_last_place(g), x, w),
            "The last place along every axis sends nothing back: the loop over the places ends "
            "one too early. As many turns as grad_output has rows, and columns.",
        ),
        Mistake(
            "bias_of_all_filters",
            _with(bias=lambda r, g, *_: np.full(g.shape[1], g.sum())),
            "Every filter of yours gets the sum over all filters: bias[o] gets grad_output[:, o].",
        ),
        Mistake(
            "bias_one_sum",
            _with(bias=lambda r, g, *_: g.sum()),
            "Your grad_bias is one number for all filters together: each filter has its own, the "
            "sum over axes 0, 2 and 3.",
        ),
        Mistake(
            "bias_keeps_axes",
            _with(bias=lambda r, g, *_: g.sum((0, 2, 3), keepdims=True)),
            "Your grad_bias keeps the axes it was summed over: its shape is (O,), as the bias's. "
            "Leave keepdims out.",
        ),
        Mistake(
            "bias_counted",
            _with(bias=lambda r, g, *_: np.full(g.shape[1], g[:, 0].size, float)),
            "Your grad_bias counts places. Each place sends its grad_output, not 1.",
        ),
        Mistake(
            "first_filter_only",
            _with(input=lambda r, g, x, w: _conv(g[:, :1], x, w[:1])[0]),
            "Your grad_input comes from filter 0 alone: add up what all filters send back.",
        ),
        Mistake(
            "last_filter_only",
            _with(input=lambda r, g, x, w: _conv(g[:, -1:], x, w[-1:])[0]),
            "Your grad_input comes from the last filter alone: write += where filters are summed.",
        ),
        Mistake(
            "first_channels_weights",
            _with(input=_first_channel_input),
            "Every channel of your grad_input is made with weight[:, 0]: channel c takes "
            "weight[:, c].",
        ),
        Mistake(
            "weight_from_first_channel",
            _with(weight=_first_channel_weight),
            "Every channel of your grad_weight is made from input[:, 0]: channel c takes "
            "input[:, c].",
        ),
        Mistake(
            "input_of_first_picture",
            _with(input=lambda r, g, x, w: _first_only(lambda g, x: _conv(g, x, w)[0])(g, x)),
            "Only the first picture gets a grad_input; those of the others stay zero.",
        ),
        Mistake(
            "input_averaged_over_batch",
            _with(input=lambda r, g, *_: r[0] / len(g)),
            "Your grad_input is divided by the number of pictures: each picture has its own.",
        ),
        Mistake(
            "all_averaged_over_batch",
            _with(*[lambda r, g, *_, i=i: r[i] / len(g) for i in range(3)]),
            "All your gradients are divided by the number of pictures. If the loss is a mean, "
            "grad_output holds that already.",
        ),
        Mistake(
            "averaged_over_places",
            _with(
                weight=lambda r, g, *_: r[1] / g[0, 0].size,
                bias=lambda r, g, *_: r[2] / g[0, 0].size,
            ),
            "Your grad_weight and grad_bias are means over the places: they are sums.",
        ),
        Mistake(
            "averaged_over_all",
            _with(
                weight=lambda r, g, *_: r[1] / g[:, 0].size,
                bias=lambda r, g, *_: r[2] / g[:, 0].size,
            ),
            "Your grad_weight and grad_bias are means over pictures and places: they are sums.",
        ),
        Mistake(
            "weight_channels_first",
            _with(weight=lambda r, *_: r[1].swapaxes(0, 1)),
            "In your grad_weight filters and channels are exchanged: it is (O, C, kh, kw), as "
            "weight is.",
        ),
        Mistake(
            "bias_for_each_channel",
            _with(bias=lambda r, g, x, w: r[2] * w.shape[1]),
            "Your grad_bias is added up once for each channel: the bias came once for each output "
            "number.",
        ),
        Mistake(
            "sign",
            _with(*[lambda r, *_, i=i: -r[i] for i in range(3)]),
            "All your gradients have their sign turned round. A gradient points uphill; the step "
            "against it is the optimizer's.",
        ),
        Mistake(
            "weight_averaged_over_places",
            _with(weight=lambda r, g, *_: r[1] / g[0, 0].size),
            "Your grad_weight is a mean over the places: it is their sum.",
        ),
        Mistake(
            "outputs_exchanged",
            lambda g, x, w: tuple(_conv(g, x, w)[i] for i in (1, 0, 2)),
            "Your first two gradients are exchanged: (grad_input, grad_weight, grad_bias).",
        ),
        Mistake(
            "bias_first",
            lambda g, x, w: _conv(g, x, w)[::-1],
            "Your gradients stand in reverse order: (grad_input, grad_weight, grad_bias).",
        ),
        Mistake(
            "grad_output_ignored",
            lambda g, x, w: _conv(np.ones_like(g), x, w),
            "You send back 1 from every place: everything is multiplied by grad_output.",
        ),
    ),
    sweep=_conv_sweep,
    outputs=GRADS,
)

# ---------------------------------------------------------------- what both pools share


def _pool_case(shape, k, s=None, make=whole, default=True, **named) -> Case:
    """Return a case: grad_output fits the places, input is given by `make`."""
    places = [(n - k) // (s or k) + 1 for n in shape[2:]]
    arrays = make(*shape[:2], *places, seed=5), make(*shape)
    return case(*arrays, k, **named) if s is None and default else case(*arrays, k, s, **named)


def _pool_sweep(draw: Draw) -> Case:
    k, stride = draw.size(1, 3), draw.choice(None, 1, 2, 3)
    n, c = draw.size(1, 3), draw.size(1, 3)
    h, w = k + draw.size(0, 4), k + draw.size(0, 4)
    places = [(size - k) // (stride or k) + 1 for size in (h, w)]
    grad, input = draw.array(n, c, *places), draw.array(n, c, h, w)
    return case(grad, input, k) if stride is None else case(grad, input, k, stride)


def _by_windows(send: Callable, start: Callable = lambda i, s: i * s, add: bool = True) -> Callable:
    """Return a backward pass in loops: send(window, g) is what goes back to one window."""

    def wrong(grad_output, input, kernel_size, stride=None):
        k, s, out = kernel_size, stride or kernel_size, np.zeros(input.shape)
        for n, c, i, j in _places(grad_output):
            top, left = start(i, s), start(j, s)
            cells = n, c, slice(top, top + k), slice(left, left + k)
            share = send(input[cells], grad_output[n, c, i, j])
            out[cells] = out[cells] + share if add else np.where(share != 0, share, out[cells])
        return out

    return wrong


def _where(window, flat_index, g):
    out = np.zeros(window.size)
    out[flat_index] = g
    return out.reshape(window.shape)


def _replaced(send: Callable) -> Callable:
    """Return a backward pass in which a window overwrites all cells under it."""

    def wrong(grad_output, input, kernel_size, stride=None):
        k, s, out = kernel_size, stride or kernel_size, np.zeros(input.shape)
        for n, c, i, j in _places(grad_output):
            cells = n, c, slice(i * s, i * s + k), slice(j * s, j * s + k)
            out[cells] = send(input[cells], grad_output[n, c, i, j])
        return out

    return wrong


def _stride_mistakes(send: Callable) -> tuple[Mistake, ...]:
    """Return what may happen to the stride; send(window, g, k) is what one window gets."""

    def other(stride_of):
        def wrong(grad_output, input, kernel_size, stride=None):
            step = stride_of(kernel_size, stride)
            back = _by_windows(lambda w, g: send(w, g, kernel_size), lambda i, _: i * step)
            return back(grad_output, input, kernel_size, stride)

        return wrong

    return (
        Mistake(
            "stride_one_by_default",
            other(lambda k, s: s or 1),
            "Without a stride your windows lie one cell apart. In pooling the stride is "
            "kernel_size "
            "when none is given.",
        ),
        Mistake(
            "stride_ignored",
            other(lambda k, s: k),
            "Your windows always lie side by side: stride is never looked at.",
        ),
        Mistake(
            "stride_one_always",
            other(lambda k, s: 1),
            "Your windows always lie one cell apart, whatever the stride: window (y, x) begins at "
            "row y * stride.",
        ),
    )


def _pool_ladder(rungs: dict[str, tuple], hints: dict[str, tuple]) -> tuple[Capability, ...]:
    """Return the pools' ladder; `rungs` holds what one of them asks beside the common cases."""
    common = {
        "one window": (_pool_case((1, 1, 2, 2), 2), _pool_case((1, 1, 3, 3), 3, make=rough)),
        "side by side": (
            _pool_case((1, 1, 2, 4), 2),
            _pool_case((1, 1, 4, 2), 2),
            _pool_case((1, 1, 2, 3), 1),
            _pool_case((1, 1, 4, 6), 2),
            _pool_case((1, 1, 4, 4), 2, None, default=False),
            _pool_case((1, 1, 3, 9), 3, make=rough),
        ),
        "left over": (
            _pool_case((1, 1, 2, 3), 2),
            _pool_case((1, 1, 3, 2), 2),
            _pool_case((1, 1, 5, 4), 2),
            _pool_case((1, 1, 4, 8), 3, make=rough),
        ),
        "batch and channels": (
            _pool_case((2, 1, 2, 2), 2),
            _pool_case((1, 2, 2, 2), 2),
            _pool_case((2, 3, 2, 4), 2),
            _pool_case((3, 2, 5, 4), 2, make=rough),
        ),
        "stride": (
            _pool_case((1, 1, 2, 3), 2, 1, note="windows overlap"),
            _pool_case((1, 1, 3, 3), 2, 1, note="windows overlap"),
            _pool_case((1, 1, 3, 4), 2, 1, note="windows overlap"),
            _pool_case((1, 1, 5, 5), 3, 2, note="windows overlap"),
            _pool_case((1, 1, 5, 5), 2, 3, note="cells left out"),
            _pool_case((1, 1, 4, 5), 1, 2, note="cells left out"),
            _pool_case((1, 1, 4, 6), 2, 2),
            _pool_case((2, 3, 6, 7), 3, 2, make=rough),
            _pool_case((2, 2, 5, 6), 3, 1, make=rough),
        ),
        "any array": (
            case(*_float32(rough(2, 2, 2, 2), rough(2, 2, 5, 5)), 3, 2, note="float32"),
            case(
                _view(rough(2, 2, 3, 4)),
                _view(rough(2, 2, 4, 5)),
                2,
                1,
                note="every second column of larger arrays",
            ),
            case(1e6 * rough(1, 2, 2, 3), 1e9 * rough(1, 2, 3, 4), 2, 1, note="large values"),
        ),
    }
    return tuple(
        Capability(name, (*common.get(name, ()), *rungs.get(name, ())), hints[name])
        for name in hints
    )


PLACES = {
    "side by side": (
        "No stride is given. Which window does grad_output[0, 0, y, x] belong to?",
        "The windows lie side by side: the one that begins at row y * k and column x * k.",
        "if stride is None: stride = kernel_size",
    ),
    "left over": (
        "Five columns and a window of 2: what does the fifth column get?",
        "Nothing: no window has read it. The gradient has the input's shape all the same.",
        "grad_input = np.zeros(input.shape)",
    ),
    "batch and channels": (
        "Do pictures or channels mix?",
        "No: each channel of each picture gets back its own.",
        "for n, c, y, x in np.ndindex(grad_output.shape): ...",
    ),
    "stride": (
        "The windows overlap. What does a cell get that lies in two of them?",
        "The sum of both shares.",
        "grad_input[n, c, row, column] += ..., with +=",
    ),
    "any array": (
        "The arrays may be float32, hold large values, or be views.",
        "Make a new array for the gradient; the ones you were given stay as they are.",
        "grad_input = np.zeros(input.shape)",
    ),
}

# ---------------------------------------------------------------- max_pool2d_backward


def _max(grad_output, input, kernel_size, stride=None):
    return pooling.max_pool2d_backward(grad_output, input, kernel_size, stride)


def _max_oracle(torch, grad_output, input, kernel_size, stride=None):
    input = input.clone().requires_grad_()
    output = torch.nn.functional.max_pool2d(input, kernel_size, stride)
    return torch.autograd.grad(output, input, grad_output)[0]


def _tied(*rows, g=(6.0,)):
    x = np.array(rows)[None, None]
    k = len(rows)
    return case(np.array(g).reshape(1, 1, 1, -1), x, k, note="a tie")


def _first_windows_cell(grad_output, input, kernel_size, stride=None):
    return _by_windows(lambda w, g: _where(w, w.argmax(), g), start=lambda i, s: 0 * i)(
        grad_output, input, kernel_size, stride
    )


def _argmax_of_first_channel(grad_output, input, kernel_size, stride=None):
    same = np.repeat(input[:, :1], input.shape[1], axis=1)
    return _max(grad_output, same, kernel_size, stride)


def _each_cell_once(grad_output, input, kernel_size, stride=None):
    send = lambda w, g: _where(w, w.argmax(), g)  # noqa: E731
    return _by_windows(send, add=False)(grad_output, input, kernel_size, stride)


def _values_put_back(grad_output, input, kernel_size, stride=None):
    return _by_windows(lambda w, g: _where(w, w.argmax(), w.max()))(
        grad_output, input, kernel_size, stride
    )


def _start_without_stride(grad_output, input, kernel_size, stride=None):
    k, s, out = kernel_size, stride or kernel_size, np.zeros(input.shape)
    for n, c, i, j in _places(grad_output):
        window = input[n, c, i * s : i * s + k, j * s : j * s + k]
        row, column = divmod(int(window.argmax()), k)
        out[n, c, i + row, j + column] += grad_output[n, c, i, j]
    return out


def _written_at_the_corner(grad_output, input, kernel_size, stride=None):
    k, s, out = kernel_size, stride or kernel_size, np.zeros(input.shape)
    for n, c, i, j in _places(grad_output):
        window = input[n, c, i * s : i * s + k, j * s : j * s + k]
        row, column = divmod(int(window.argmax()), k)
        out[n, c, row, column] += grad_output[n, c, i, j]
    return out


def _read_without_stride(grad_output, input, kernel_size, stride=None):
    k, s, out = kernel_size, stride or kernel_size, np.zeros(input.shape)
    for n, c, i, j in _places(grad_output):
        row, column = divmod(int(input[n, c, i : i + k, j : j + k].argmax()), k)
        out[n, c, i * s + row, j * s + column] += grad_output[n, c, i, j]
    return out


max_pool2d_backward = Exercise(
    name="max_pool2d_backward",
    section="7.4",
    signature="(grad_output, input, kernel_size, stride=None)",
    oracle=_max_oracle,
    ours=_max,
    ladder=_pool_ladder(
        {
            "one window": (
                case(np.array([[[[5.0]]]]), -np.arange(1.0, 5).reshape(1, 1, 2, 2), 2),
                case(np.array([[[[-3.0]]]]), np.array([[[[3.0, -7.0], [2.0, 1.0]]]]), 2),
            ),
            "ties": (
                _tied([2.0, 2.0], [1.0, 0.0]),
                _tied([1.0, 4.0], [4.0, 0.0]),
                _tied([3.0, 3.0], [3.0, 3.0]),
                _tied([0.0, 0.0], [0.0, 0.0]),
                _tied([1.0, 2.0, 5.0, 5.0], [2.0, 2.0, 0.0, 5.0], g=(3.0, -4.0)),
                case(whole(1, 1, 2, 2), np.ones((1, 1, 3, 3)), 2, 1, note="all alike"),
                case(rough(2, 2, 2, 2), np.sign(whole(2, 2, 5, 5)), 3, 2, note="many ties"),
            ),
        },
        {
            "one window": (
                "Four cells, and only the largest one got through. Who gets the gradient?",
                "The largest alone: moving another a little changes nothing.",
                "i = window.argmax(); grad.flat[i] = grad_output",
            ),
            "side by side": PLACES["side by side"],
            "ties": (
                "Two cells are equally large. Which one gets the gradient?",
                "The first, row by row, gets all of it; the other nothing.",
                "np.unravel_index(window.argmax(), window.shape): argmax gives the first",
            ),
            **{name: PLACES[name] for name in list(PLACES)[1:]},
        },
    ),
    mistakes=(
        Mistake(
            "overwritten",
            _each_cell_once,
            "Where a cell wins in two windows it gets the last one's gradient only: "
            "write += for =.",
        ),
        Mistake(
            "window_overwritten",
            _replaced(lambda w, g: _where(w, w.argmax(), g)),
            "Each window writes over all of its cells, so that overlapping windows wipe out each "
            "other's gradient: write += for =.",
        ),
        Mistake(
            "all_ties_and_overwritten",
            _replaced(lambda w, g: g * (w == w.max())),
            "Equally large cells all get the whole gradient, and each window writes over the ones "
            "before: send it to the first of them only, with += for =.",
        ),
        Mistake(
            "values_put_back",
            _values_put_back,
            "You put the largest values back where they were: that is unpooling. What goes there "
            "is grad_output.",
        ),
        Mistake(
            "start_without_stride",
            _start_without_stride,
            "You find the winner in the right window and then count from row y and column x: the "
            "window begins at y * stride and x * stride.",
        ),
        Mistake(
            "written_at_the_corner",
            _written_at_the_corner,
            "You find the winner's row and column inside its window and write there as if every "
            "window began at 0: add y * stride and x * stride.",
        ),
        Mistake(
            "read_without_stride",
            _read_without_stride,
            "You look for the winner in the window at row y and column x: it begins at y * stride "
            "and x * stride, as where you write.",
        ),
        Mistake(
            "all_ties",
            _by_windows(lambda w, g: g * (w == w.max())),
            "Of equally large cells all get the whole gradient: it goes to the first of them only.",
        ),
        Mistake(
            "ties_shared",
            _by_windows(lambda w, g: g * (w == w.max()) / (w == w.max()).sum()),
            "Equally large cells share the gradient. In torch the first of them gets all of it.",
        ),
        Mistake(
            "last_of_ties",
            _by_windows(lambda w, g: _where(w, w.size - 1 - w.ravel()[::-1].argmax(), g)),
            "Of equally large cells the last gets the gradient: it goes to the first. Compare with "
            ">, not >=.",
        ),
        Mistake(
            "ties_by_columns",
            _by_windows(lambda w, g: _where(w.T, w.T.argmax(), g).T),
            "Of equally large cells you take the first down the columns. They are read row by row.",
        ),
        Mistake(
            "to_every_cell",
            _by_windows(lambda w, g: np.full(w.shape, g)),
            "Every cell of the window gets the gradient: only the largest got through, and only it "
            "gets something back.",
        ),
        Mistake(
            "spread_as_average",
            _by_windows(lambda w, g: np.full(w.shape, g / w.size)),
            "You share the gradient among all cells: that is average pooling.",
        ),
        Mistake(
            "to_the_first_cell",
            _by_windows(lambda w, g: _where(w, 0, g)),
            "The window's first cell gets the gradient: it goes to the largest.",
        ),
        Mistake(
            "to_the_smallest",
            _by_windows(lambda w, g: _where(w, w.argmin(), g)),
            "The smallest cell gets the gradient: it goes to the largest.",
        ),
        Mistake(
            "largest_magnitude",
            _by_windows(lambda w, g: _where(w, np.abs(w).argmax(), g)),
            "The cell farthest from zero gets the gradient. The largest is asked: 3 beats -7.",
        ),
        Mistake(
            "maximum_starts_at_zero",
            _by_windows(lambda w, g: _where(w, w.argmax(), g if w.max() > 0 else 0)),
            "Windows with nothing above zero send nothing back: your search for the maximum starts "
            "at 0. Start at -np.inf.",
        ),
        Mistake(
            "rows_and_columns_exchanged",
            _by_windows(lambda w, g: _where(w, w.argmax(), g).T),
            "Inside the window you exchange row and column: index i is row i // k, column i % k.",
        ),
        Mistake(
            "always_in_the_first_window",
            _first_windows_cell,
            "All gradients land in the first window: add the window's start, y * stride and "
            "x * stride.",
        ),
        Mistake(
            "first_channels_maximum",
            _argmax_of_first_channel,
            "Every channel's gradient goes where channel 0 has its maximum: each has its own.",
        ),
        *_stride_mistakes(lambda w, g, k: _where(w, w.argmax(), g)),
        *_shared_slips(_max),
    ),
    sweep=_pool_sweep,
)

# ---------------------------------------------------------------- avg_pool2d_backward


def _avg(grad_output, input, kernel_size, stride=None):
    return averaging.avg_pool2d_backward(grad_output, input, kernel_size, stride)


def _avg_oracle(torch, grad_output, input, kernel_size, stride=None):
    input = input.clone().requires_grad_()
    output = torch.nn.functional.avg_pool2d(input, kernel_size, stride)
    return torch.autograd.grad(output, input, grad_output)[0]


def _cell_mean(grad_output, input, kernel_size, stride=None):
    windows = _by_windows(lambda w, g: np.ones(w.shape))(grad_output, input, kernel_size, stride)
    return _avg(grad_output, input, kernel_size, stride) / np.maximum(windows, 1)


def _times(factor: Callable) -> Callable:
    """Return the right answer times factor(k, stride, input, grad_output)."""

    def wrong(grad_output, input, kernel_size, stride=None):
        right = _avg(grad_output, input, kernel_size, stride)
        return right * factor(kernel_size, stride or kernel_size, input, grad_output)

    return wrong


def _rest_filled(grad_output, input, kernel_size, stride=None):
    # Cells that no window read get what their neighbours got.
    right = _avg(grad_output, input, kernel_size, stride)
    last = [(p - 1) * (stride or kernel_size) + kernel_size for p in grad_output.shape[2:]]
    rows = np.minimum(np.arange(input.shape[2]), last[0] - 1)
    columns = np.minimum(np.arange(input.shape[3]), last[1] - 1)
    return right[:, :, rows][..., columns]


def _repeated(grad_output, input, kernel_size, stride=None):
    up = grad_output.repeat(kernel_size, 2).repeat(kernel_size, 3)
    return up / kernel_size**2


def _along_the_last_axes(grad_output, input, kernel_size, stride=None):
    k, s, out = kernel_size, stride or kernel_size, np.zeros(input.shape)
    for i, j in np.ndindex(grad_output.shape[2:]):
        share = grad_output[:, :, i, j] / k**2
        out[:, :, i * s : i * s + k, j * s : j * s + k] += share
    return out


avg_pool2d_backward = Exercise(
    name="avg_pool2d_backward",
    section="7.4",
    signature="(grad_output, input, kernel_size, stride=None)",
    oracle=_avg_oracle,
    ours=_avg,
    ladder=_pool_ladder(
        {
            "one window": (
                case(np.array([[[[8.0]]]]), whole(1, 1, 2, 2), 2),
                case(np.array([[[[-3.0]]]]), whole(1, 1, 2, 2), 2),
            ),
        },
        {
            "one window": (
                "out is the mean of four cells. By how much does it move with one of them?",
                "By a quarter: every cell gets grad_output / (k * k).",
                "grad_input[...] = grad_output / kernel_size ** 2",
            ),
            **PLACES,
        },
    ),
    mistakes=(
        Mistake(
            "overwritten",
            _replaced(lambda w, g: np.full(w.shape, g / w.size)),
            "Where windows overlap the last one overwrites the others' shares: write += for =.",
        ),
        Mistake(
            "along_the_last_axes",
            _along_the_last_axes,
            "Your share of shape (N, C) is lined up with the window's rows and columns. It needs "
            "two axes more behind: share[:, :, None, None].",
        ),
        Mistake(
            "not_divided",
            _times(lambda k, *_: k * k),
            "Every cell gets the whole gradient: its share is one k * k-th, as in the mean.",
        ),
        Mistake(
            "divided_by_side",
            _times(lambda k, *_: k),
            "You divide by kernel_size. The window has kernel_size ** 2 cells.",
        ),
        Mistake(
            "divided_twice",
            _times(lambda k, *_: 1 / (k * k)),
            "You divide by k * k twice.",
        ),
        Mistake(
            "divided_by_stride",
            _times(lambda k, s, *_: k * k / (s * s)),
            "You divide by stride ** 2. The window has kernel_size ** 2 cells, however "
            "far it jumps.",
        ),
        Mistake(
            "divided_by_picture",
            _times(lambda k, s, x, g: k * k / x[0, 0].size),
            "You divide by the number of cells of the picture: it is those of the window.",
        ),
        Mistake(
            "divided_by_places",
            _times(lambda k, s, x, g: k * k / g[0, 0].size),
            "You divide by the number of windows: it is the number of cells in a window.",
        ),
        Mistake(
            "averaged_where_windows_overlap",
            _cell_mean,
            "A cell that lies in several windows gets the mean of their shares: it gets the sum.",
        ),
        Mistake(
            "to_the_largest",
            _max,
            "The largest cell gets all: that is max pooling. Here all cells of the window share.",
        ),
        Mistake(
            "to_the_first_cell",
            _by_windows(lambda w, g: _where(w, 0, g / w.size)),
            "Only the window's first cell gets its share: all of them do.",
        ),
        Mistake(
            "weighted_by_value",
            _by_windows(lambda w, g: g * w / w.sum()),
            "The cells share in proportion to their values. Each gets the same, whatever it holds.",
        ),
        Mistake(
            "always_in_the_first_window",
            _by_windows(lambda w, g: np.full(w.shape, g / w.size), start=lambda i, s: 0),
            "All shares land in the first window: it begins at y * stride and x * stride.",
        ),
        Mistake(
            "rest_filled",
            _rest_filled,
            "Cells that no window has read get a gradient too: theirs is zero.",
        ),
        Mistake(
            "repeated_only",
            _repeated,
            "You repeat each gradient kernel_size times: that fits only where windows lie side by "
            "side and nothing is left over.",
        ),
        *_stride_mistakes(lambda w, g, k: np.full(w.shape, g / (k * k))),
        *_shared_slips(_avg),
    ),
    sweep=_pool_sweep,
)

# ---------------------------------------------------------------- relu_backward


def _relu(grad_output, input):
    return grad_output * (input > 0)


def _relu_case(make, *shape, **named) -> Case:
    return case(make(*shape, seed=3), make(*shape), **named)


def _relu_sweep(draw: Draw) -> Case:
    shape = [draw.size(1, 4) for _ in range(draw.size(1, 4))]
    grad, input = draw.array(*shape), draw.array(*shape)
    input.flat[draw.size(0, input.size - 1)] = 0
    return case(grad, input)


relu_backward = Exercise(
    name="relu_backward",
    section="7.5",
    signature="(grad_output, input)",
    oracle=lambda torch, grad_output, input: torch.autograd.grad(
        torch.relu(input.requires_grad_()), input, grad_output
    )[0],
    ours=_relu,
    ladder=(
        Capability(
            "above zero",
            (
                case(np.array([5.0]), np.array([2.0])),
                case(np.array([-3.0]), np.array([4.0])),
                case(np.array([-3.0, 0.5, 7.0]), np.array([0.25, 4.0, 1.0])),
            ),
            (
                "relu let 2 through unchanged. What comes back?",
                "grad_output unchanged, whatever its sign: the slope is 1.",
                "grad_output * slope",
            ),
        ),
        Capability(
            "below zero",
            (
                case(np.array([5.0]), np.array([-2.0])),
                case(np.array([-3.0, 6.0]), np.array([-0.5, 3.0])),
                case(np.array([1.0, -2.0, 3.0, -4.0]), np.array([-1.0, -3.0, 2.0, 5.0])),
                _relu_case(rough, 6),
            ),
            (
                "relu cut -2 off. What comes back?",
                "Nothing: the slope is 0 there. Decide by input, not by grad_output.",
                "grad_output * (input > 0)",
            ),
        ),
        Capability(
            "at zero",
            (
                case(np.array([5.0]), np.array([0.0])),
                case(np.array([5.0, -2.0, 3.0]), np.array([0.0, 1.0, -1.0])),
                case(np.array([2.0, -4.0]), np.array([1e-12, -1e-12]), note="very near to zero"),
                case(np.array([0.0, 3.0]), np.array([2.0, 0.0])),
            ),
            (
                "And at 0 exactly?",
                "torch's convention: the slope at 0 is 0, nothing comes back.",
                "input > 0, not input >= 0",
            ),
        ),
        Capability(
            "any shape",
            (
                _relu_case(whole, 2, 2),
                _relu_case(whole, 2, 3),
                _relu_case(whole, 1, 2, 3, 2),
                _relu_case(rough, 2, 3, 4, 3),
            ),
            (
                "And for feature maps of a whole batch?",
                "The same for every number by itself; the shape stays.",
                "NumPy takes the whole array at once: grad_output * (input > 0)",
            ),
        ),
        Capability(
            "any array",
            (
                case(*_float32(rough(3, 4, seed=1), rough(3, 4)), note="float32"),
                case(
                    _view(rough(3, 4, seed=1)),
                    _view(rough(3, 4)),
                    note="every second column of larger arrays",
                ),
                case(1e9 * rough(5, 6, seed=1), rough(5, 6), note="large values"),
            ),
            (
                "The arrays may be float32, hold large values, or be views.",
                "Do not write into grad_output: make a new array.",
                "np.where(input > 0, grad_output, 0)",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "passes_at_zero",
            lambda grad_output, input: grad_output * (input >= 0),
            "At 0 the gradient comes through: torch's slope there is 0. Write input > 0.",
        ),
        Mistake(
            "half_at_zero",
            lambda grad_output, input: grad_output * np.heaviside(input, 0.5),
            "At 0 half of the gradient comes through: torch's slope there is 0.",
        ),
        Mistake(
            "not_cut",
            lambda grad_output, input: grad_output + 0,
            "The whole gradient comes back. Where the input was not above zero nothing does.",
        ),
        Mistake(
            "slope_for_gradient",
            lambda grad_output, input: (input > 0) + 0.0,
            "You return the slope, 0 or 1: multiply it by grad_output.",
        ),
        Mistake(
            "relu_of_gradient",
            lambda grad_output, input: np.maximum(grad_output, 0),
            "You decide by grad_output's sign. Decide by the input's: a negative gradient comes "
            "back too.",
        ),
        Mistake(
            "both_above_zero",
            lambda grad_output, input: np.maximum(grad_output, 0) * (input > 0),
            "Negative gradients are cut as well. Only the input's sign decides.",
        ),
        Mistake(
            "either_above_zero",
            lambda grad_output, input: grad_output * ((input > 0) | (grad_output > 0)),
            "Positive gradients come through everywhere. Only the input's sign decides.",
        ),
        Mistake(
            "multiplied_by_input",
            lambda grad_output, input: grad_output * np.maximum(input, 0),
            "You multiply by relu(input): multiply by its slope, 1 where input > 0.",
        ),
        Mistake(
            "other_side",
            lambda grad_output, input: grad_output * (input < 0),
            "The gradient comes back below zero and not above: it is the other way round.",
        ),
        Mistake(
            "wherever_not_zero",
            lambda grad_output, input: grad_output * (input != 0),
            "The gradient comes back wherever input is not zero: below zero nothing does.",
        ),
        Mistake(
            "sign_of_input",
            lambda grad_output, input: grad_output * np.sign(input),
            "Below zero the gradient comes back with its sign turned, as for |x|. relu "
            "is flat there.",
        ),
        Mistake(
            "leaky",
            lambda grad_output, input: grad_output * np.where(input > 0, 1, 0.01),
            "Below zero a hundredth comes back: that is the leaky relu.",
        ),
        Mistake(
            "arguments_exchanged",
            lambda grad_output, input: input * (grad_output > 0),
            "Your arguments are exchanged: grad_output comes first, then input.",
        ),
        Mistake(
            "whole_array_decided",
            lambda grad_output, input: grad_output * float((input > 0).any()),
            "You decide once for the whole array: each number decides for itself.",
        ),
        Mistake(
            "removed",
            lambda grad_output, input: grad_output[input > 0],
            "The numbers that don't come back are gone, and the shape with them. They stay, as "
            "zeros.",
        ),
        Mistake(
            "all_zeros",
            lambda grad_output, input: np.zeros(input.shape),
            "Your gradient has the right shape but is zero everywhere.",
        ),
        Mistake(
            "decimals_cut",
            lambda grad_output, input: np.trunc(_relu(grad_output, input)),
            "Your decimals are cut off: the gradient's array is made of whole numbers.",
        ),
    ),
    sweep=_relu_sweep,
)

EXERCISES = (
    numeric_gradient,
    gradient_error,
    conv2d_backward,
    max_pool2d_backward,
    avg_pool2d_backward,
    relu_backward,
)
