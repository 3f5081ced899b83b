"""The judge's core: what it says, whom it names, and that no wrong function gets by."""

import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest

import cnnlab
from cnnlab.judge import check
from cnnlab.judge.bank import exercises
from cnnlab.judge.exercise import case
from cnnlab.judge.judging import judge
from cnnlab.judge.sweeping import GENERATED, _PlainDraw, sweep
from cnnlab.judge.trials import Bench


def right(input, weight, bias=None):
    return cnnlab.conv2d(input, weight, bias)


def flipped(input, weight, bias=None):
    return cnnlab.conv2d(input, weight[..., ::-1, ::-1], bias)


# ------------------------------------------------------------------ what a verdict says


def test_the_text_of_a_failing_verdict():
    def no_bias(input, weight, bias=None):
        windows = np.lib.stride_tricks.sliding_window_view(input, weight.shape[2:], axis=(2, 3))
        return np.einsum("ncyxij,ocij->noyx", windows, weight)

    verdict = check("conv2d", no_bias)
    assert not verdict
    assert verdict.mistake == "bias_dropped"
    assert list(verdict.capabilities.values()) == [True] * 5 + [False, None]
    head, *lines = repr(verdict).splitlines()
    assert head.startswith("conv2d  5 of 7   ok one window · ok sliding · ok channels · ok filters")
    assert head.endswith(" · ok batch · WRONG bias · any array")
    assert lines == [
        "  smallest case: input (1, 1, 2, 2), weight (1, 1, 2, 2), bias (1,)",
        "  yours[0, 0]    torch[0, 0]",
        "    31*            33*",
        "  Your output equals the one without bias: add bias[o] to every cell of feature map o.",
        "  hint 1 of 3 > .hint()",
    ]


def test_the_text_of_a_wrong_shape():
    verdict = check("conv2d", lambda x, w, b=None: cnnlab.conv2d(x, w, b, padding=1))
    assert "  yours (1, 1, 3, 3), torch (1, 1, 1, 1)" in repr(verdict).splitlines()


def test_a_passing_verdict_is_true_and_the_same_at_every_run():
    first, second = check("conv2d", right), check("conv2d", right)
    assert first
    assert first.passed is True
    assert first.mistake is None
    assert first.case is None
    assert repr(first) == repr(second)
    assert f"equal to torch on 29 cases and {GENERATED} generated ones" in repr(first)


def test_html_holds_the_same_facts_and_marks_the_cells():
    verdict = check("conv2d", flipped)
    html = verdict._repr_html_()
    for fact in (verdict.message, str(verdict.case), *verdict.hints, "WRONG one window", "0 of 7"):
        assert fact.replace("'", "&#x27;") in html
    assert '<td class="off" aria-label="−29, differs">−29</td>' in html
    assert "http" not in html
    assert "<script" not in html


def test_html_escapes_what_the_learner_wrote():
    def shouts(input, weight, bias=None):
        raise ValueError("<b>loud</b>")

    html = check("conv2d", shouts)._repr_html_()
    assert "&lt;b&gt;loud&lt;/b&gt;" in html
    assert "<b>loud" not in html


def test_hints_come_one_by_one():
    verdict = check("conv2d", flipped)
    assert verdict.hint().startswith("hint 1 of 3: The kernel lies on the picture exactly once")
    assert "hint 2 of 3 > .hint()" in repr(verdict)
    verdict.hint()
    assert verdict.hint() == verdict.hint()
    assert "no hint" in check("conv2d", right).hint()


def test_strict_raises_for_wrong_and_unsolved_answers(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    with pytest.raises(AssertionError, match="WRONG one window"):
        check("conv2d", flipped)
    with pytest.raises(AssertionError, match="not attempted yet"):
        check("conv2d", lambda input, weight, bias=None: ...)
    assert check("conv2d", right).passed


# ------------------------------------------------------------------ what can't be judged


def test_an_unknown_name_brings_the_nearest_ones():
    with pytest.raises(ValueError, match="did you mean 'conv2d'"):
        check("conv2", right)
    with pytest.raises(ValueError, match="'max_pool2d'"):
        check("my_maxpool2d", right)
    with pytest.raises(TypeError, match="name must be"):
        check(right, "conv2d")


def test_a_called_function_is_told_so():
    with pytest.raises(TypeError, match=r'check\("conv2d", my_conv2d\) without calling it'):
        check("conv2d", np.zeros(3))


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda input, weight: 0, "Missing: bias."),
        (lambda input, weight, bias: 0, "bias needs a default: bias=None."),
        (lambda weight, input, bias=None: 0, "argument 1 is input, yours is weight."),
        (lambda input, weight, bias=None, *, stride: 0, "stride has no default"),
        (lambda input, weight, bias, stride: 0, "bias needs a default"),
        (lambda: 0, "Missing: input, weight, bias."),
    ],
)
def test_another_signature_is_told(function, told):
    verdict = check("conv2d", function)
    assert not verdict
    assert told in verdict.message
    assert "conv2d(input, weight, bias=None)" in verdict.message
    assert set(verdict.capabilities.values()) == {None}


@pytest.mark.parametrize(
    "function",
    [
        lambda x, w, b=None: right(x, w, b),
        lambda *args: right(*args),
        lambda input, *rest: right(input, *rest),
        lambda input, weight, *, bias=None: right(input, weight, bias),
        lambda input, weight, bias=None, stride=1: right(input, weight, bias),
        cnnlab.conv2d,
    ],
)
def test_signatures_that_can_be_called_pass(function):
    assert check("conv2d", function).passed


# ------------------------------------------------------------------ stubs


def stub_of_dots(input, weight, bias=None):
    """Return the feature maps."""


def stub_of_pass(input, weight, bias=None):
    """Return the feature maps."""


def stub_that_raises(input, weight, bias=None):
    raise NotImplementedError("write me")


def stub_with_a_beginning(input, weight, bias=None):
    assert input.ndim == 4
    ...  # noqa: PIE790


def stub_with_a_blank(input, weight, bias=None):
    out = np.zeros((1, 1, 1, 1))
    out[0, 0, 0, 0] = ...
    return out


@pytest.mark.parametrize(
    "stub",
    [stub_of_dots, stub_of_pass, stub_that_raises, stub_with_a_beginning, stub_with_a_blank],
)
def test_a_stub_is_not_attempted_yet(stub):
    verdict = check("conv2d", stub)
    assert not verdict.passed
    assert not verdict.attempted
    assert verdict.message == "not attempted yet"
    assert repr(verdict).startswith("conv2d  not attempted yet   one window · sliding")
    for picture in (repr(verdict), verdict._repr_html_()):
        assert picture.count("not attempted yet") == 1


def test_numpys_mode_same_is_named_for_kernels_of_any_size():
    verdict = check("correlate1d", lambda signal, kernel: np.correlate(signal, kernel, "same"))
    assert verdict.mistake == "numpys_same_size"


def test_an_ellipsis_as_an_index_is_no_blank():
    def crashes(input, weight, bias=None):
        return input[..., 99]

    verdict = check("conv2d", crashes)
    assert verdict.attempted
    assert "IndexError" in verdict.message


def test_a_forgotten_return_is_an_attempt():
    def forgets(input, weight, bias=None):
        out = right(input, weight, bias)
        out += 0

    verdict = check("conv2d", forgets)
    assert verdict.attempted
    assert "is the `return` missing?" in verdict.message


# ------------------------------------------------------------------ naming


def test_two_mistakes_at_once_name_the_first_and_say_that_there_is_more():
    verdict = check("conv2d", lambda x, w, b=None: flipped(x, w))
    assert verdict.mistake == "flipped_kernel"
    assert verdict.message.startswith("Your output equals the one with the kernel flipped")
    assert "Something else differs too" in verdict.message


def test_a_mistake_on_one_rung_only_is_named_for_that_rung():
    def flips_with_channels(input, weight, bias=None):
        alone = input.shape[1] == 1
        return right(input, weight, bias) if alone else flipped(input, weight, bias)

    verdict = check("conv2d", flips_with_channels)
    assert verdict.capabilities["sliding"] is True
    assert verdict.capabilities["channels"] is False
    assert verdict.mistake == "flipped_kernel"
    assert verdict.message.startswith("On the rung “channels”:")


def test_a_crash_on_one_rung_does_not_hide_the_mistake_on_the_others():
    def crashes_with_bias(input, weight, bias=None):
        if bias is not None:
            raise IndexError("off the end")
        return flipped(input, weight)

    assert check("conv2d", crashes_with_bias).mistake == "flipped_kernel"

    def crashes_first(input, weight, bias=None):
        if input.shape[2:] == weight.shape[2:]:
            raise IndexError("off the end")
        return flipped(input, weight, bias)

    verdict = check("conv2d", crashes_first)
    assert verdict.mistake == "flipped_kernel"
    assert "IndexError: off the end" in verdict.message


def test_a_crash_alone_has_no_name():
    def crashes_with_bias(input, weight, bias=None):
        return right(input, weight, bias[:, None, None][:, 0, 0] if bias is not None else bias[0])

    assert check("conv2d", crashes_with_bias).mistake is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda x, w, b=None: -right(x, w, b), "has the sign flipped everywhere"),
        (lambda x, w, b=None: right(x, w, b) + 1, "is off by 1 everywhere"),
        (lambda x, w, b=None: 2 * right(x, w, b), "is 2 times the right one"),
        (lambda x, w, b=None: np.sort(right(x, w, b)), "in another order"),
        (lambda x, w, b=None: right(x, w, b)[..., ::-1], "backwards along axis 3"),
        (lambda x, w, b=None: np.full_like(right(x, w, b), np.nan), "NaN"),
        (lambda x, w, b=None: right(x, w, b) * np.inf, "infinity"),
        (lambda x, w, b=None: right(x, w, b)[0, 0], "axes of length 1 are missing"),
        (lambda x, w, b=None: right(x, w, b)[0], "axes of length 1 are missing"),
        (lambda x, w, b=None: right(x, w, b)[..., :-1], "axis 3 is 1 too short at the end"),
        (lambda x, w, b=None: right(x, w, b).ravel(), "1 axes instead of 4"),
    ],
)
def test_a_mistake_without_a_name_is_described(wrong, told):
    def on_a_slide(input, weight, bias=None):
        places = right(input, weight, bias).shape[2:]
        skips = places == (1, 1) and "missing" not in told
        return right(input, weight, bias) if skips else wrong(input, weight, bias)

    verdict = check("conv2d", on_a_slide)
    assert verdict.mistake is None, verdict
    assert told in verdict.message, verdict


# ------------------------------------------------------------------ nobody gets by


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, w, b=None: right(x, w, b) + (len(x) > 2 and w.shape[0] == 1),
        lambda x, w, b=None: right(x, w, b) * (x.shape[2] < 11),
        lambda x, w, b=None: right(x, w, b if b is None or b.any() else b + 1),
        lambda x, w, b=None: right(x, w, b) * (1 + 1e-7),
        lambda x, w, b=None: right(x, w, b) + 1e-6,
        lambda x, w, b=None: np.round(right(x, w, b), 3),
        lambda x, w, b=None: right(x, w, None if b is None else np.abs(b)),
        lambda x, w, b=None: right(x[: len(w)], w, b),
        lambda x, w, b=None: right(x, w, b).astype(int),
        lambda x, w, b=None: right(x.astype(np.float16), w.astype(np.float16), b),
        lambda x, w, b=None: right(
            np.ascontiguousarray(x).ravel()[: x.size].reshape(x.shape), w, b
        )[:, ::-1],
    ],
)
def test_a_function_that_is_wrong_here_and_there_is_caught(wrong):
    assert not check("conv2d", wrong).passed


def test_a_function_made_for_the_ladder_is_caught_by_generated_cases():
    exercise = exercises()["conv2d"]
    seen = {
        tuple(np.shape(v) for v in exercise.bind(one).values())
        for rung in exercise.ladder
        for one in rung.cases
    }

    def knows_the_ladder(input, weight, bias=None):
        shapes = tuple(np.shape(v) for v in (input, weight, bias))
        known = shapes in seen or shapes[:2] in seen
        return right(input, weight, bias) if known else flipped(input, weight, bias)

    verdict = check("conv2d", knows_the_ladder)
    assert verdict.capabilities.pop("other shapes") is False
    assert set(verdict.capabilities.values()) == {True}
    assert verdict.mistake == "flipped_kernel"
    assert verdict.case.arguments["input"].size <= 12  # made small by Hypothesis


def test_generated_cases_without_hypothesis(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    exercise = exercises()["conv2d"]

    def wide_only(input, weight, bias=None):
        out = right(input, weight, bias)
        return out if out.shape[3] < 5 else -out

    bench = Bench(exercise, wide_only)
    found = sweep(exercise, lambda one: bench.attempt(one, "other shapes"))
    assert found
    assert not found[0].ok
    bench = Bench(exercise, right)
    assert sweep(exercise, lambda one: bench.attempt(one, "other shapes")) == []
    assert bench.tried == GENERATED


def test_the_plain_draw_begins_with_the_smallest_case():
    first = exercises()["conv2d"].sweep(_PlainDraw(0))
    assert [v.shape for v in first.args if v is not None] == [(1, 1, 1, 1), (1, 1, 1, 1), (1,)]


def test_a_memory_by_shape_is_caught():
    known = {}

    def remembers(input, weight, bias=None):
        key = input.shape, weight.shape, None if bias is None else bias.tobytes()
        if key not in known:
            known[key] = right(input, weight, bias)
        return known[key]

    verdict = check("conv2d", remembers)
    assert not verdict.passed


def test_a_memory_that_no_case_of_the_ladder_shows_is_caught_and_named():
    known = {}

    def remembers(signal, kernel):
        sums = (round(float(np.abs(array).sum()), 6) for array in (signal, kernel))
        key = signal.shape, kernel.shape, *sums
        return known.setdefault(key, np.correlate(signal, kernel, "valid")).copy()

    verdict = check("correlate1d", remembers)
    assert verdict.mistake == "remembers_answers"
    assert verdict.capabilities["other numbers"] is False


def test_a_cache_by_content_is_right():
    @lru_cache
    def cached(shape, data, kshape, kdata):
        return np.correlate(np.frombuffer(data), np.frombuffer(kdata), "valid")

    def by_content(signal, kernel):
        signal, kernel = signal.astype(float), kernel.astype(float)
        return cached(signal.shape, signal.tobytes(), kernel.shape, kernel.tobytes())

    assert check("correlate1d", by_content).passed


# ------------------------------------------------------------------ oracle


def test_torch_refused_at_import_leaves_cnnlab_as_the_truth(tmp_path):
    program = """
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, NoTorch())
import numpy as np
from cnnlab.judge import check
from cnnlab.judge.bank import exercises
window = np.lib.stride_tricks.sliding_window_view
def right(input, weight, bias=None):
    out = np.einsum("ncyxij,ocij->noyx", window(input, weight.shape[2:], axis=(2, 3)), weight)
    return out if bias is None else out + bias[:, None, None]
good = check("conv2d", right)
bad = check("conv2d", lambda x, w, b=None: right(x, w[..., ::-1, ::-1], b))
print(good.passed, bad.mistake, good.truth)
print(good)
print(bad.case.yours, "cnnlab (1" in bad._repr_html_() or "cnnlab[0, 0]" in bad._repr_html_())
assert "torch" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.startswith("True flipped_kernel cnnlab\n")
    assert "torch is not installed: cnnlab's own operators were the truth" in done.stdout


def test_a_case_binds_gaps_with_the_signatures_defaults():
    exercise = exercises()["conv2d_full"]
    bound = exercise.bind(case(np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1)), padding=1))
    assert list(bound) == ["input", "weight", "bias", "stride", "padding"]
    assert bound["bias"] is None
    assert bound["stride"] == 1


def test_the_judge_module_prints_its_table(capsys):
    from cnnlab.judge.__main__ import main

    assert main(["--table"]) == 0
    printed = capsys.readouterr().out
    assert all(f"`{name}(" in printed for name in exercises())
    assert "flipped_kernel" in printed
    assert main([]) == 2


def test_judging_leaves_no_row(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "none"))
    assert judge(exercises()["conv2d"], right).passed
    assert not (tmp_path / "none").exists()
