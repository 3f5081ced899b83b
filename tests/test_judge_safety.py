"""Foreign code: whatever a learner's function does, the judge comes back with a sentence."""

import builtins
import math
import os
import random
import signal
import sys
import threading
import time
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import cnnlab
from cnnlab.judge import check
from cnnlab.judge import judging as core
from cnnlab.judge.sandbox import run
from cnnlab.judge.trials import ALL_CALLS


def right(input, weight, bias=None):
    return cnnlab.conv2d(input, weight, bias)


def learner(body):
    """Return a function of conv2d's signature that does `body(input, weight, bias)`."""

    def my_conv2d(input, weight, bias=None):
        return body(input, weight, bias)

    return my_conv2d


def told(body):
    verdict = check("conv2d", learner(body))
    assert not verdict.passed
    return verdict.message


# ------------------------------------------------------------------ exceptions


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        (lambda x, w, b: right(x, w, b if b else None), "ask `is not None`"),
        (lambda x, w, b: right(x, w, None) + b[:, None, None], "Something is None here"),
        (lambda x, w, b: np.array([x, w[0], x[0, 0]]), "returned as a tuple"),
        (lambda x, w, b: np.zeros(2).__setitem__(0, x), "is a .sum() missing?"),
        (lambda x, w, b: np.zeros((1, 3)).__setitem__(0, w[0, 0].ravel()), "you write it to"),
        (lambda x, w, b: np.zeros((2, 3)) @ np.zeros((2, 3)), "Element by element is *"),
        (lambda x, w, b: x[:, :, 0:0].max(), "holds no cell"),
        (lambda x, w, b: np.concatenate([np.zeros((2, 3)), np.zeros((2, 4))]), "is `axis` the"),
        (lambda x, w, b: np.zeros(3) + np.zeros(4), "one of them is 1"),
        (lambda x, w, b: np.zeros((2, 3))[2], "Are two axes exchanged?"),
        (lambda x, w, b: np.zeros(x.shape[2] / 2), "// does not"),
        (lambda x, w, b: x.shape[2] - (1, 2), "This argument is a pair"),
        (lambda x, w, b: (lambda n: n[0])(len(x)), "a single number here"),
    ],
)
def test_an_exception_is_said_in_plain_words_too(body, plain):
    message = told(body)
    assert "It raised" in message
    assert plain in message


def test_plain_words_speak_of_known_errors_only():
    def raises(error):
        def body(*_):
            raise error

        return body

    for_none = "unsupported operand: 'NoneType'"
    assert "Something is None" in told(raises(TypeError(for_none)))
    assert "Something is None" not in told(raises(KeyError(for_none)))
    assert told(raises(TypeError("no saying fits"))).endswith("raise error")


def test_an_error_ends_in_a_full_stop_before_a_mistake_is_named():
    def flips(input, weight, bias):
        if input.size == 4:
            raise RuntimeError("no luck")
        return right(input, weight[:, :, ::-1, ::-1], bias)

    assert 'raise RuntimeError("no luck"). Your output equals the one with the kernel' in told(
        flips
    )


def test_an_exception_is_shown_with_the_learners_own_line():
    def my_conv2d(input, weight, bias=None):
        rows = input.shape[2]
        return input[rows + 5]

    message = check("conv2d", my_conv2d).message
    assert "IndexError" in message
    assert "in line 3 of my_conv2d:  return input[rows + 5]. An index runs past" in message
    assert "judge" not in message


def test_an_exception_inside_numpy_points_at_the_learners_line_too():
    def my_conv2d(input, weight, bias=None):
        return np.concatenate([input, weight[0]])

    message = check("conv2d", my_conv2d).message
    assert "in line 2 of my_conv2d:  return np.concatenate([input, weight[0]])" in message


def ends(*_):
    sys.exit(1)


def recurses(input, weight, bias):
    return recurses(input, weight, bias) + 1


def presses_ctrl_c(*_):
    raise KeyboardInterrupt


def takes_all_memory(*_):
    return np.ones((1 << 20, 1 << 20))


class BrokenError(Exception):
    def __str__(self):
        raise RuntimeError("even my text is broken")


def raises_a_broken_error(*_):
    raise BrokenError


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (ends, "ended the program"),
        (recurses, "calls itself without end"),
        (presses_ctrl_c, "raised KeyboardInterrupt itself"),
        (takes_all_memory, "more memory than there is"),
        (raises_a_broken_error, "BrokenError"),
        (lambda *_: (_ for _ in ()).throw(GeneratorExit), "GeneratorExit"),
        (lambda *_: next(iter(())), "StopIteration"),
    ],
)
def test_what_would_end_a_kernel_gets_a_sentence(body, sentence):
    assert sentence in told(body)


class Shell:
    """What IPython's exit() reaches: it raises nothing, the shell stops a little later."""

    keepkernel_on_exit = None

    def __init__(self):
        self.asked = 0

    def ask_exit(self):
        self.asked += 1


@pytest.fixture
def shell(monkeypatch):
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return shell


def test_ipythons_exit_gets_a_sentence_and_leaves_the_kernel_alone(shell):
    def exits(input, weight, bias):
        shell.keepkernel_on_exit = False
        shell.ask_exit()
        return right(input, weight, bias)

    assert "ended the program" in told(exits)
    assert shell.asked == 0
    assert shell.keepkernel_on_exit is None
    shell.ask_exit()
    assert shell.asked == 1


@pytest.mark.parametrize("names", [("len",), ("all", "map"), ("next", "isinstance", "type")])
def test_builtins_that_were_deleted_come_back(names):
    kept = {name: getattr(builtins, name) for name in names}

    def deletes(input, weight, bias=None):
        answer = right(input, weight, bias)
        for name in names:
            vars(builtins).pop(name, None)
        return answer

    try:
        verdict = check("conv2d", deletes)
        assert all(vars(builtins).get(name) is kept[name] for name in names)
    finally:
        vars(builtins).update(kept)
    assert verdict.passed
    assert f"builtins.{names[0]}" in repr(verdict)


def test_an_array_of_many_gigabytes_is_refused_where_the_platform_can():
    outcome = run(lambda: np.zeros(8 << 30, np.uint8), [], {})
    assert outcome.answered is not sys.platform.startswith("linux")
    assert run(lambda: np.zeros(1 << 20, np.uint8), [], {}).answered


def test_a_real_ctrl_c_still_interrupts():
    def waits(*_):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(2)

    with pytest.raises(KeyboardInterrupt):
        check("conv2d", learner(waits))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# ------------------------------------------------------------------ loops without end


def spins(*_):
    while True:
        pass


def sleeps(*_):
    time.sleep(60)


def swallows(*_):
    while True:
        try:
            sum(range(10))
        except BaseException:
            continue


def swallows_bare(*_):
    n = 0
    while True:
        try:
            n += 1
            n -= 1
        except:  # noqa: E722
            n = 0


def swallows_and_sleeps(*_):
    while True:
        try:
            time.sleep(0.02)
        except BaseException:
            continue


@pytest.mark.parametrize("body", [spins, sleeps, swallows, swallows_bare, swallows_and_sleeps])
def test_a_loop_without_end_is_stopped(body):
    before = signal.getsignal(signal.SIGALRM), sys.gettrace()
    outcome = run(body, [], {}, seconds=0.2)
    assert outcome.endless
    assert "is there a loop that never ends?" in outcome.failure
    assert (signal.getsignal(signal.SIGALRM), sys.gettrace()) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_check_stops_after_the_first_endless_call(monkeypatch):
    monkeypatch.setattr("cnnlab.judge.trials.FIRST_CALL", 0.2)
    assert "stopped" in told(spins)


def test_an_endless_loop_among_generated_cases_is_told(monkeypatch):
    monkeypatch.setattr("cnnlab.judge.trials.EACH_CALL", 0.2)

    def spins_on_many_filters(input, weight, bias):
        while len(weight) == 4 and len(input) == 3:
            pass
        return right(input, weight, bias)

    verdict = check("conv2d", learner(spins_on_many_filters))
    assert verdict.capabilities["other shapes"] is False
    assert "stopped" in verdict.message


def test_slow_functions_end_in_time(monkeypatch):
    monkeypatch.setattr("cnnlab.judge.trials.ALL_CALLS", 0.05)
    assert ALL_CALLS > 5
    assert "far too long" in told(lambda x, w, b: (time.sleep(0.03), right(x, w, b))[1])


def test_in_another_thread_a_second_thread_stops_the_loop():
    found = []
    thread = threading.Thread(target=lambda: found.append(run(spins, [], {}, seconds=0.2)))
    thread.start()
    thread.join(10)
    assert found
    assert found[0].endless


def test_without_alarms_the_loop_is_stopped_too(monkeypatch):
    monkeypatch.delattr(signal, "setitimer")
    assert run(spins, [], {}, seconds=0.2).endless
    assert run(lambda: 7, [], {}, seconds=5).value == 7


def test_somebody_elses_alarm_goes_on():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        run(lambda: 1, [], {}, seconds=3)
        assert not rung
        time.sleep(0.5)
        assert rung == [1]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# ------------------------------------------------------------------ inputs and answers


def test_changing_the_input_does_not_pass_whatever_is_returned():
    def scales(input, weight, bias):
        out = right(input, weight, bias)
        input *= 2
        return out

    verdict = check("conv2d", learner(scales))
    assert verdict.mistake == "changed_input"
    assert "changes its input: work on a copy" in verdict.message

    def sorts_bias(input, weight, bias):
        out = right(input, weight, bias)
        if bias is not None:
            bias.sort()
        return out

    verdict = check("conv2d", learner(sorts_bias))
    assert verdict.mistake == "changed_input"
    assert "its bias" in verdict.message
    assert verdict.capabilities["batch"] is True


def test_a_list_given_as_argument_may_not_be_changed_either():
    def pops(layers):
        answer = cnnlab_receptive_field(layers)
        layers.append((1, 1, 1))
        return answer

    def cnnlab_receptive_field(layers):
        size, jump = 1, 1
        for kernel_size, stride, dilation in layers:
            size, jump = size + dilation * (kernel_size - 1) * jump, jump * stride
        return size

    assert check("receptive_field", cnnlab_receptive_field).passed
    assert check("receptive_field", pops).mistake == "changed_input"


def test_where_writing_is_allowed_what_was_moved_must_be_put_back():
    def my_numeric_gradient(f, x, eps=1e-5):
        gradient = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            x[i] += eps
            above = f(x)
            x[i] -= 2 * eps
            gradient[i] = (above - f(x)) / (2 * eps)
        return gradient

    verdict = check("numeric_gradient", my_numeric_gradient)
    assert verdict.mistake == "changed_input"
    assert "changes its x: put back what you move" in verdict.message


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda out: None, "is the `return` missing?"),
        (lambda out: (x for x in out), "returned a generator, (... for ...)"),
        (lambda out: (lambda: (yield out))(), "yields instead of returning"),
        (lambda out: lambda: out, "returned a function"),
        (lambda out: "31", "is a str; an array is asked"),
        (lambda out: {"out": out}, "is a dict"),
        (lambda out: True, "is True; numbers are asked"),
        (lambda out: out > 0, "True and False"),
        (lambda out: out.astype(complex), "complex"),
        (lambda out: out.astype(object), "Python objects"),
        (lambda out: out.astype(str), "text"),
        (lambda out: out.astype(np.float16), "float16"),
        (lambda out: out.astype("datetime64[s]"), "dates"),
        (lambda out: [[1, 2], [3]], "rows differ in length"),
        (lambda out: [0] * 3_000_000, "far too many"),
        (lambda out: np.broadcast_to(0.0, (10**6, 10**6)), "(1000000, 1000000)"),
        (lambda out: np.zeros((40_000, 40_000), np.int8), "(40000, 40000)"),
        (lambda out: np.float64(31.0), "shape ()"),
        (lambda out: out * np.nan, "NaN"),
        (lambda out: out[:0], "(0, 1, 1, 1)"),
    ],
)
def test_what_is_no_answer_gets_its_sentence(answer, sentence):
    assert sentence in told(lambda x, w, b: answer(right(x, w, b)))


def test_an_async_function_gets_its_sentence():
    async def later(input, weight, bias=None):
        return right(input, weight, bias)

    assert "async def" in check("conv2d", later).message


class Hostile:
    def __array__(self, *_, **__):
        raise SystemError("no")

    def __eq__(self, other):
        raise SystemError("no")

    __hash__ = None


class Lies(np.ndarray):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return np.zeros(1)


def test_objects_that_fight_back():
    assert "could not be read" in told(lambda *_: Hostile())
    assert "differs" in told(lambda x, w, b: (right(x, w, b) + rough_bump(x, w)).view(Lies))


def rough_bump(x, w):
    return np.arange(x[0, 0].size - w[0, 0].size + 4).sum() % 7 + np.float64(len(x))


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (lambda out: out.tolist(), "you return a list"),
        (lambda out: out.astype(np.float32), "float32: seven digits"),
        (lambda out: np.repeat(out, 2, axis=-1)[..., ::2], "not contiguous"),
        (lambda out: __import__("torch").from_numpy(out), "torch tensor"),
        (lambda out: np.ma.masked_array(out), None),
    ],
)
def test_right_with_a_remark(answer, remark):
    verdict = check("conv2d", learner(lambda x, w, b: answer(right(x, w, b).astype(float))))
    assert verdict.passed
    assert remark is None or any(remark in one for one in verdict.remarks)


def test_a_count_may_be_a_numpy_number_or_a_whole_float_but_not_true():
    def size(n, kernel_size, stride=1, padding=0, dilation=1):
        return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1

    assert check("output_size", size).remarks == ()
    assert check("output_size", lambda *a: np.int64(size(*a))).passed
    floats = check("output_size", lambda *a: float(size(*a)))
    assert floats.passed
    assert "a count is a whole number" in floats.remarks[0]
    assert not check("output_size", lambda *a: True).passed
    assert "is True" in check("output_size", lambda *a: size(*a) > 0).message
    assert not check("output_size", lambda *a: str(size(*a))).passed
    assert not check("output_size", lambda *a: [size(*a)]).passed
    assert not check("output_size", lambda *a: size(*a) + 0.25).passed


def test_arrays_are_asked_that_are_not_contiguous():
    def wants_contiguous(input, weight, bias):
        assert input.flags.c_contiguous
        return right(input, weight, bias)

    verdict = check("conv2d", learner(wants_contiguous))
    assert verdict.capabilities["any array"] is False
    assert verdict.case.note == "every second column of a larger array"


# ------------------------------------------------------------------ state


def test_randomness_is_told():
    rng = np.random.default_rng(0)
    verdict = check("conv2d", learner(lambda x, w, b: right(x, w, b) + rng.normal()))
    assert verdict.mistake == "differs_between_calls"
    assert "random" in verdict.message
    assert check("conv2d", learner(lambda *a: np.random.rand(2))).mistake == "differs_between_calls"  # noqa: NPY002


@pytest.mark.parametrize("first", [0, 1])
def test_an_answer_that_is_right_every_other_time_is_told(first):
    calls = [1] * first

    def every_other(input, weight, bias):
        calls.append(1)
        return right(input, weight, bias) + len(calls) % 2

    assert check("conv2d", learner(every_other)).mistake == "differs_between_calls"


def test_an_answer_that_depends_on_the_calls_before_is_told():
    calls = []

    def first_few(input, weight, bias):
        calls.append(1)
        return right(input, weight, bias) * (1 if len(calls) <= 29 else 2)

    verdict = check("conv2d", learner(first_few))
    assert verdict.mistake == "differs_between_calls"


def test_one_output_array_for_all_calls_is_told():
    room = np.zeros(100_000)

    def reuses(input, weight, bias):
        out = right(input, weight, bias)
        room[: out.size] = out.ravel()
        return room[: out.size].reshape(out.shape)

    verdict = check("conv2d", learner(reuses))
    assert not verdict.passed
    assert verdict.mistake == "answers_share_memory"


def test_a_view_of_the_input_is_right_with_a_remark():
    def may_return_its_input(x):
        return x if (x >= 0).all() else np.where(x > 0, x, x.dtype.type(0))

    verdict = check("relu", may_return_its_input)
    assert verdict.passed


def test_the_session_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_SOMETHING", "before")

    def makes_a_mess(input, weight, bias):
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        np.seterr(all="raise")
        np.set_printoptions(precision=1)
        os.chdir(tmp_path)
        os.environ["CNNLAB_SOMETHING"] = "after"
        os.environ["CNNLAB_ELSE"] = "1"
        sys.setrecursionlimit(5000)
        sys.stdout = None
        sys.settrace(lambda *_: None)
        warnings.simplefilter("error")
        return right(input, weight, bias)

    state = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    kept = np.geterr(), np.get_printoptions(), Path.cwd(), sys.getrecursionlimit(), sys.stdout
    filters, trace = list(warnings.filters), sys.gettrace()
    assert check("conv2d", learner(makes_a_mess)).passed
    assert state == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    assert kept == (
        np.geterr(),
        np.get_printoptions(),
        Path.cwd(),
        sys.getrecursionlimit(),
        sys.stdout,
    )
    assert filters == list(warnings.filters)
    assert trace is sys.gettrace()
    assert os.environ["CNNLAB_SOMETHING"] == "before"
    assert "CNNLAB_ELSE" not in os.environ


def test_what_is_rebound_in_numpy_is_put_back_and_told():
    before = np.sum, np.array_equal, builtins.len

    def vandal(input, weight, bias):
        np.sum = np.array_equal = lambda *_, **__: True
        builtins.len = lambda _: 3
        return right(input, weight, bias)

    verdict = check("conv2d", learner(vandal))
    assert (np.sum, np.array_equal, builtins.len) == before
    assert any("numpy.sum" in remark and "put back" in remark for remark in verdict.remarks)


def test_printing_does_not_spoil_the_verdict(capsys):
    def chatters(input, weight, bias):
        print("x" * 10_000_000)
        print("to stderr", file=sys.stderr)
        sys.stdout.close()
        return right(input, weight, bias)

    verdict = check("conv2d", learner(chatters))
    assert verdict.passed
    assert "what your function prints was kept out of the verdict" in verdict.remarks
    assert capsys.readouterr() == ("", "")


def test_an_underflow_is_no_news():
    verdict = check("sigmoid", lambda x: 1 - 1 / (1 + np.exp(np.minimum(x, 700))))
    assert verdict.passed
    assert verdict.remarks == ()


def test_a_warning_gets_a_remark_not_a_failure():
    def overflows(input, weight, bias):
        np.exp(np.float64(1000.0))
        warnings.warn("mine", UserWarning, stacklevel=1)
        return right(input, weight, bias)

    verdict = check("conv2d", learner(overflows))
    assert verdict.passed
    assert any("overflow encountered in exp" in remark for remark in verdict.remarks)


@pytest.mark.parametrize("library", ["torch", "cnnlab", "scipy"])
def test_calling_a_library_is_allowed_and_said(library):
    def by_torch(input, weight, bias):
        import torch

        given = [None if a is None else torch.tensor(a).double() for a in (input, weight, bias)]
        return torch.conv2d(*given).numpy()

    def by_scipy(signal, kernel):
        import scipy.signal

        return scipy.signal.correlate(signal, kernel, "valid")

    bodies = {"torch": learner(by_torch), "cnnlab": learner(right), "scipy": by_scipy}
    verdict = check("correlate1d" if library == "scipy" else "conv2d", bodies[library])
    assert verdict.passed
    assert [r for r in verdict.remarks if "calls" in r] == [
        f"your function calls {library}: fine for comparing, but not by your own hands"
    ]


def test_torch_itself_passes_though_it_mixes_no_dtypes():
    def by_torch(input, weight, bias):
        import torch

        given = [None if a is None else torch.tensor(a) for a in (input, weight, bias)]
        return torch.conv2d(*given)

    whole, rough = np.ones((1, 1, 2, 2), np.int64), np.full((1, 1, 2, 2), 0.5)
    with pytest.raises(RuntimeError, match="type"):
        by_torch(whole, rough, None)
    assert check("conv2d", learner(by_torch)).passed


def test_a_runtime_error_about_types_is_no_way_out():
    def refuses(input, weight, bias):
        if input.dtype != weight.dtype or input.dtype == np.int64:
            raise RuntimeError("expected scalar type Double")
        return right(input, weight, bias)

    assert not check("conv2d", learner(refuses)).passed


def test_by_hand_no_library_is_said():
    def by_hand(signal, kernel):
        return np.array(
            [signal[i : i + len(kernel)] @ kernel for i in range(1 + len(signal) - len(kernel))]
        )

    assert check("correlate1d", by_hand).remarks == ()


def test_a_fault_in_one_call_leaves_the_next_check_untouched(monkeypatch):
    monkeypatch.setattr("cnnlab.judge.trials.FIRST_CALL", 0.2)
    for body in (spins, ends, recurses, takes_all_memory):
        check("conv2d", learner(body))
    assert core.check("conv2d", learner(right)).passed


# ------------------------------------------------------------------ reading an answer


@pytest.mark.parametrize("answer", ["3", Fraction(3), Decimal(3), {3}])
def test_what_is_no_number_is_told_that_a_whole_one_is_asked(answer):
    message = check("output_size", lambda n, kernel_size, s=1, p=0, d=1: answer).message
    assert f"{type(answer).__name__}; a whole number is asked" in message


def test_a_count_in_an_array_of_whole_numbers_gets_no_remark_about_floats():
    def my_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
        room = n + 2 * padding - dilation * (kernel_size - 1) - 1
        return np.array(room // stride + 1)

    verdict = check("output_size", my_output_size)
    assert verdict.passed
    assert "//" not in repr(verdict)


def test_a_generator_expression_is_told_from_yield():
    message = check("relu", lambda x: (max(v, 0) for v in x)).message
    assert "np.array([... for ...])" in message
    assert "yield" not in message


def test_an_error_without_a_text_has_no_colon():
    def asserts(*_):
        raise AssertionError

    assert "It raised AssertionError in line 2" in told(asserts)


def test_an_overflow_is_said_in_plain_words():
    assert "too large for its type" in told(lambda *_: math.exp(1000))
    assert "no whole numbers" in told(lambda *_: int(np.inf))


class Sleeper:
    """An answer that takes its time when it is looked at."""

    def __array__(self, dtype=None, copy=None):
        time.sleep(60)


class Quitter:
    """An answer that leaves when it is looked at."""

    def __array__(self, dtype=None, copy=None):
        sys.exit(1)


def test_an_answer_that_runs_code_when_it_is_read_is_read_in_the_sandbox():
    assert "ended the program" in told(lambda *_: Quitter())
    started = time.monotonic()
    assert "was stopped" in told(lambda *_: Sleeper())
    assert time.monotonic() - started < 20


def test_what_is_rebound_in_torch_is_put_back():
    import torch

    kept = torch.relu

    def rebinds(input, weight, bias=None):
        torch.relu = None
        return right(input, weight, bias)

    try:
        verdict = check("conv2d", rebinds)
        assert torch.relu is kept
    finally:
        torch.relu = kept
    assert "torch.relu" in repr(verdict)
