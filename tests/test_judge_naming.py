"""What the judge names and what it only describes: mistakes that look like others on few cases."""

import math

import numpy as np
import pytest

import cnnlab
from cnnlab import averaging, convolution, pooling
from cnnlab.judge import check
from cnnlab.judge.comparing import value_sentence
from tests.judge_right_answers.lesson_07 import numeric_moving_x

window = np.lib.stride_tricks.sliding_window_view


def conv(input, weight, bias=None, *rest):
    return cnnlab.conv2d(input, weight, bias, *rest)


# ------------------------------------------------------------------ an output in the input's dtype


def written_like(which, right):
    """Return a function whose output array has the dtype of one of its arguments."""

    def function(*args):
        out = np.asarray(right(*args))
        like = np.zeros_like(args[which], shape=out.shape)
        like[...] = out
        return like

    return function


def summed_like_window(window, kernel):
    products = np.zeros_like(window)
    products[...] = window * kernel
    return products.sum()


LIKE_INPUT = {
    "correlate1d": (0, lambda signal, kernel: np.correlate(signal, kernel, "valid")),
    "conv2d": (0, conv),
    "conv2d_full": (0, conv),
    "grouped_conv2d": (0, lambda x, w, b=None, groups=1: conv(x, w, b, 1, 0, 1, groups)),
    "depthwise_conv2d": (0, lambda x, w: conv(x, w, None, 1, 0, 1, x.shape[1])),
    "pointwise_conv2d": (0, conv),
    "separable_conv2d": (0, lambda x, d, p: conv(conv(x, d, None, 1, 0, 1, x.shape[1]), p)),
    "winograd_f23": (0, lambda signal, kernel: np.correlate(signal, kernel, "valid")),
}


@pytest.mark.parametrize("name", LIKE_INPUT)
def test_an_output_made_with_the_inputs_dtype_is_named(name):
    which, right = LIKE_INPUT[name]
    verdict = check(name, written_like(which, right))
    assert not verdict.passed
    assert verdict.mistake == "decimals_cut_like_input", verdict
    assert "decimals are cut off" in verdict.message
    assert check(name, lambda *args: np.asarray(right(*args), dtype=float)).passed


def test_products_in_an_array_like_the_window_are_caught():
    verdict = check("window_sum", summed_like_window)
    assert not verdict.passed
    assert "whole numbers" in repr(verdict)


def test_an_array_of_whole_numbers_that_refuses_decimals_is_explained():
    def my_conv2d(input, weight, bias=None):
        out = conv(input, weight).astype(input.dtype)
        if bias is not None:
            out += bias[:, None, None]
        return out

    assert "can't take decimals in place" in check("conv2d", my_conv2d).message


def test_torchs_own_rules_for_whole_numbers_are_no_fault():
    import torch

    def my_avg_pool2d(input, kernel_size, stride=None, padding=0, count_include_pad=True):
        more = False, count_include_pad
        pooled = torch.nn.functional.avg_pool2d(
            torch.from_numpy(input), kernel_size, stride, padding, *more
        )
        return pooled.numpy()

    assert check("avg_pool2d", my_avg_pool2d).passed


# ------------------------------------------------------------------ loops that end one too early


def one_place_short(input, weight, bias=None):
    rows, columns = input.shape[2] - weight.shape[2], input.shape[3] - weight.shape[3]
    out = np.zeros((len(input), len(weight), rows + 1, columns + 1))
    for y in range(rows):
        for x in range(columns):
            under = input[:, None, :, y : y + weight.shape[2], x : x + weight.shape[3]]
            out[:, :, y, x] = (under * weight).sum((2, 3, 4))
            if bias is not None:
                out[:, :, y, x] += bias
    return out


def biased_after_the_loop(input, weight, bias=None):
    out = one_place_short(input, weight)
    return out if bias is None else out + bias[:, None, None]


def one_picture_short(input, weight, bias=None):
    out = np.zeros_like(conv(input, weight, bias))
    for n in range(len(input) - 1):
        out[n] = conv(input[n : n + 1], weight, bias)[0]
    return out


def one_channel_short(input, weight, bias=None):
    out = np.zeros_like(conv(input, weight))
    for c in range(input.shape[1] - 1):
        out += conv(input[:, c : c + 1], weight[:, c : c + 1])
    return out if bias is None else out + bias[:, None, None]


def one_tap_short(input, weight, bias=None):
    rows, columns = input.shape[2] - weight.shape[2] + 1, input.shape[3] - weight.shape[3] + 1
    out = np.zeros((len(input), len(weight), rows, columns))
    for i, j in np.ndindex(weight.shape[2] - 1, weight.shape[3] - 1):
        under = input[:, None, :, i : i + rows, j : j + columns]
        out += (under * weight[:, :, i, j, None, None]).sum(2)
    return out if bias is None else out + bias[:, None, None]


def bias_in_the_loop(input, weight, bias=None):
    out = conv(input, weight)
    for _ in range(out[0, 0].size if bias is not None else 0):
        out += bias[:, None, None]
    return out


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        (one_place_short, "last_place_left_zero"),
        (biased_after_the_loop, "last_place_holds_bias_only"),
        (one_picture_short, "last_picture_left_zero"),
        (one_channel_short, "last_channel_missed"),
        (one_tap_short, "last_tap_missed"),
        (lambda x, w, b=None: np.abs(conv(x, w, b)), "sign_lost"),
        (lambda x, w, b=None: np.round(conv(x, w, b)), "sums_rounded"),
        (lambda x, w, b=None: conv(x, w, None if b is None else -b), "bias_subtracted"),
        (
            lambda x, w, b=None: conv(x, w, b if b is None else b.sum() + 0 * b),
            "biases_added_up",
        ),
        (lambda x, w, b=None: conv(x[:, ::-1], w, b), "channels_reversed"),
        (lambda x, w, b=None: conv(x, w[..., ::-1], b), "flipped_left_right"),
        (bias_in_the_loop, "bias_per_place"),
        (lambda x, w, b=None: 0 * conv(x, w, b), "all_zeros"),
    ],
)
def test_a_convolution_that_looks_like_another_on_the_first_rung_is_named(wrong, slug):
    verdict = check("conv2d", wrong)
    assert verdict.mistake == slug, verdict
    full = check("conv2d_full", lambda x, w, b=None, s=1, p=0, d=1: wrong(x, w, b))
    assert full.mistake in (slug, "stride_ignored"), full


def short_pool(pool):
    def wrong(input, kernel_size, stride=None, padding=0, *more):
        out = pool(input, kernel_size, stride, padding, *more)
        out[:, :, -1] = 0
        out[..., -1] = 0
        return out

    return wrong


def short_backward(pool):
    def wrong(grad_output, input, kernel_size, stride=None):
        fewer = grad_output.copy()
        fewer[:, :, -1] = 0
        fewer[..., -1] = 0
        return pool(fewer, input, kernel_size, stride)

    return wrong


def short_signal(signal, kernel):
    out = np.zeros(len(signal) - len(kernel) + 1)
    for i in range(len(signal) - len(kernel)):
        out[i] = (signal[i : i + len(kernel)] * kernel).sum()
    return out


def short_columns(input, kernel_size):
    kh, kw = np.broadcast_to(kernel_size, 2)
    n, c, h, w = input.shape
    out = np.zeros((n, c * kh * kw, (h - kh + 1) * (w - kw + 1)))
    for y in range(h - kh):
        for x in range(w - kw):
            column = input[:, :, y : y + kh, x : x + kw].reshape(n, -1)
            out[:, :, y * (w - kw + 1) + x] = column
    return out


def averages(input, kernel_size, stride=None, padding=0, count=True):
    return averaging.avg_pool2d(input, kernel_size, stride, padding, count_include_pad=count)


@pytest.mark.parametrize(
    ("name", "wrong", "slug"),
    [
        ("correlate1d", short_signal, "last_place_left_zero"),
        ("max_pool2d", short_pool(pooling.max_pool2d), "last_place_left_zero"),
        ("avg_pool2d", short_pool(averages), "last_place_left_zero"),
        ("im2col", short_columns, "last_place_left_zero"),
        (
            "max_pool2d_backward",
            short_backward(pooling.max_pool2d_backward),
            "last_place_left_out",
        ),
        (
            "avg_pool2d_backward",
            short_backward(averaging.avg_pool2d_backward),
            "last_place_left_out",
        ),
    ],
)
def test_a_loop_that_ends_one_too_early_is_named(name, wrong, slug):
    assert check(name, wrong).mistake == slug


def test_zeros_are_not_everywhere_where_any_answer_holds_a_number():
    def short_and_flipped(input, weight, bias=None):
        return one_place_short(input, weight[..., ::-1, ::-1], bias)

    verdict = check("conv2d", short_and_flipped)
    assert not verdict.passed
    assert verdict.mistake != "all_zeros"
    assert "zero everywhere" not in verdict.message


# ------------------------------------------------------------------ coincidences of one number


def test_one_number_that_agrees_names_no_mistake():
    def to_halves(input, weight, bias=None):
        return np.trunc(2 * conv(input, weight, bias)) / 2

    def cut_on_one_cell(input, weight, bias=None):
        out = conv(input, weight, bias)
        return np.trunc(out) if out.size == 1 else np.round(out, 2)

    assert check("conv2d", to_halves).mistake is None
    assert check("conv2d", cut_on_one_cell).mistake is None


def test_a_bias_gradient_of_three_axes_is_named():
    def my_backward(grad_output, input, weight):
        gradients = convolution.conv2d_backward(grad_output, input, weight, np.zeros(len(weight)))
        return (*gradients[:2], gradients[2][:, None, None])

    assert check("conv2d_backward", my_backward).mistake == "bias_with_two_axes_more"


def test_a_five_point_formula_with_eps_is_not_told_that_eps_is_ignored():
    def my_gradient(f, x, eps=1e-5):
        grad = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            step = np.zeros(x.shape)
            step[i] = eps
            near, far = f(x + step) - f(x - step), f(x + 2 * step) - f(x - 2 * step)
            grad[i] = (8 * near - far) / (12 * eps)
        return grad

    assert check("numeric_gradient", my_gradient).mistake == "five_points"


# ------------------------------------------------------------------ rules that need two numbers


def test_no_factor_of_one_is_told():
    told = check("conv2d", lambda x, w, b=None: conv(x, w, b) * (1 + 1e-7)).message
    assert "1 times" not in told
    assert "float32" in told


@pytest.mark.parametrize(
    ("yours", "truth"), [([0.0, 3.0], [0.0, 2.0]), ([3.0], [-3.0]), ([0.0, 3.0], [0.0, -3.0])]
)
def test_a_single_number_proves_no_factor_and_no_sign(yours, truth):
    told = value_sentence([(np.array(yours), np.array(truth))], 1e-9, "Your answer")
    assert "differs in 1 of" in told


def test_numbers_of_several_answers_of_one_cell_prove_a_factor():
    def one_cell_doubled(input, weight, bias=None):
        out = conv(input, weight, bias)
        return 2 * out if out.size == 1 else out

    assert "is 2 times the right one" in check("conv2d", one_cell_doubled).message


def test_channels_last_is_another_order_and_lacks_no_axis():
    def channels_last(input, weight, bias=None):
        return conv(input, weight, bias).transpose(0, 2, 3, 1)

    told = check("conv2d", channels_last).message
    assert "the numbers are right, but the axes stand in another order" in told
    assert "missing" not in told


def test_lost_decimals_that_no_mistake_explains_are_described():
    def up(input, weight, bias=None):
        return np.ceil(conv(input, weight, bias))

    assert "has lost its decimals" in check("conv2d", up).message


# ------------------------------------------------------------------ errors of gradients


def errors(f, x, gradient, eps):
    measured = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = eps
        measured[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return np.abs(measured - gradient).max(), max(np.abs(measured).max(), np.abs(gradient).max())


def test_an_error_over_at_least_one_is_named():
    def my_error(f, x, gradient, eps=1e-5):
        gap, size = errors(f, x, gradient, eps)
        return gap / max(size, 1)

    assert check("gradient_error", my_error).mistake == "size_at_least_one"


def test_an_error_that_hides_small_ones_is_named():
    def my_error(f, x, gradient, eps=1e-5):
        gap, size = errors(f, x, gradient, eps)
        return 0.0 if size == 0 or gap / size < 1e-3 else gap / size

    assert check("gradient_error", my_error).mistake == "small_errors_hidden"


# ------------------------------------------------------------------ products


def test_six_products_pass_with_a_remark_and_four_without():
    def by_places(signal, kernel):
        return np.array([(signal[:3] * kernel).sum(), (signal[1:] * kernel).sum()])

    def by_winograd(d, g):
        m2, m3 = (d[1] + d[2]) * (g[0] + g[1] + g[2]) / 2, (d[2] - d[1]) * (g[0] - g[1] + g[2]) / 2
        return np.array([(d[0] - d[2]) * g[0] + m2 + m3, m2 - m3 - (d[1] - d[3]) * g[2]])

    six, four = check("winograd_f23", by_places), check("winograd_f23", by_winograd)
    assert six.passed
    assert "your function multiplies 6 times: right, but 4 products are enough" in six.remarks
    assert four.passed
    assert "multiplies" not in repr(four)


def test_cells_of_np_empty_are_thought_of():
    at = iter(range(10_000))

    def unfilled(input, weight, bias=None):
        return conv(input, weight, bias) + next(at)

    assert "np.empty that is never filled" in check("conv2d", unfilled).message


# ------------------------------------------------------------------ steps and bins


def slopes_with_a_coarse_default(f, x, eps=1e-3):
    return numeric_moving_x(f, x, eps)


def error_of(gradient_of):
    def my_error(f, x, gradient, eps=None):
        measured = gradient_of(f, x) if eps is None else gradient_of(f, x, eps)
        size = max(np.abs(measured).max(), np.abs(gradient).max())
        return np.abs(measured - gradient).max() / size if size else 0.0

    return my_error


def test_steps_that_are_too_long_by_default_are_named():
    wrong = slopes_with_a_coarse_default
    assert check("numeric_gradient", wrong).mistake == "coarse_default"
    assert check("gradient_error", error_of(wrong)).mistake == "coarse_default"


def pooled(edges, take):
    def function(input, output_size):
        sizes = (output_size,) * 2 if isinstance(output_size, int) else output_size
        rows, columns = map(edges, input.shape[-2:], sizes)
        cells = [[input[..., a:b, c:d] for c, d in columns] for a, b in rows]
        return np.stack([np.stack([take(x, (-2, -1)) for x in line], -1) for line in cells], -2)

    return function


def by_width(n, m):
    return [(int(i * (n / m)), math.ceil((i + 1) * (n / m))) for i in range(m)]


def by_share(n, m):
    return [(int(i / m * n), math.ceil((i + 1) / m * n)) for i in range(m)]


def floor_floor(n, m):
    return [(i * n // m, (i + 1) * n // m) for i in range(m)]


def largest(cells, axes):
    return cells.max(axes, initial=-np.inf)


@pytest.mark.parametrize(
    ("edges", "slug"), [(by_width, "bins_by_width"), (by_share, "bins_by_share")]
)
def test_bins_of_rounded_quotients_are_named(edges, slug):
    mean, top = pooled(edges, np.mean), pooled(edges, np.max)

    def pyramid(input, levels):
        return np.concatenate([top(input, m).reshape(len(input), -1) for m in levels], 1)

    def regions(input, box, output_size):
        up, left, down, right = box
        return top(input[:, up:down, left:right], output_size)

    assert check("adaptive_avg_pool2d", mean).mistake == slug
    assert check("spatial_pyramid_pool", pyramid).mistake == slug
    assert check("roi_pool", regions).mistake == slug


def test_bins_rounded_down_that_hold_no_cell_are_named():
    def regions(input, box, output_size):
        up, left, down, right = box
        return pooled(floor_floor, largest)(input[:, up:down, left:right], output_size)

    assert check("roi_pool", regions).mistake == "bins_floor_floor_and_empty"


# ------------------------------------------------------------------ other usual mistakes


def circular_mirrored(input, padding, mode="zeros"):
    modes = {"zeros": "constant", "replicate": "edge", "circular": "reflect"}
    around = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    return np.pad(input, around, modes.get(mode, mode))


def max_above(low):
    def wrong(input, kernel_size, stride=None, padding=0):
        return np.maximum(pooling.max_pool2d(input, kernel_size, stride, padding), low)

    return wrong


@pytest.mark.parametrize(
    ("name", "wrong", "slug"),
    [
        ("max_pool2d", max_above(-999), "maximum_starts_at_999"),
        ("max_pool2d", max_above(-1e9), "maximum_starts_at_a_billion"),
        (
            "avg_pool2d",
            lambda x, k, s=None, p=0, count=True: averages(x, k, s, p if count else 0),
            "no_padding_when_not_counted",
        ),
        (
            "output_size",
            lambda n, k, s=1, p=0, d=1: (n + 2 * s - d * (k - 1) - 1) // p + 1,
            "stride_and_padding_exchanged",
        ),
        (
            "output_size",
            lambda n, k, s=1, p=0, d=1: (n + 2 * p - d * (k - 1)) // s + 1,
            "minus_one_forgotten",
        ),
        ("pad2d", circular_mirrored, "reflect_for_circular"),
    ],
)
def test_usual_mistakes_have_names(name, wrong, slug):
    assert check(name, wrong).mistake == slug


def test_answers_right_to_seven_digits_are_said_to_be_float32():
    def my_conv2d(input, weight, bias=None):
        out = conv(input.astype(np.float32), weight.astype(np.float32)).astype(float)
        return out if bias is None else out + bias[:, None, None]

    told = check("conv2d", my_conv2d).message
    assert "right to about seven digits only: somewhere it is float32" in told
