"""The explorer of conv1d without a browser: against torch, edits, refusals, fallback."""

import json
import xml.etree.ElementTree as ElementTree
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import explorers, images
from cnnlab.explorers.kernels import LINE_NAMES, line_kernel, resized, resized_line
from cnnlab.explorers.pictures import axis_of

MODES = ("zeros", "reflect", "replicate", "circular")
SETTINGS = list(product(range(1, 6), range(1, 5), range(5), range(1, 4), MODES))


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()


def torch_conv(x, weight, k, s, p, d, mode):
    """Return torch's output and the gradient of its sum; None where torch refuses."""
    x = torch.tensor(x, requires_grad=True)
    try:
        padded = x[None] if mode == "zeros" else F.pad(x[None], (p, p), mode=mode)
        pad = p if mode == "zeros" else 0
        out = F.conv1d(padded[None], torch.tensor(weight)[None, None], None, s, pad, d)[0, 0]
    except RuntimeError:
        return None
    out.sum().backward()
    return out.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize(("n", "refusals"), [(4, 328), (9, 48)])
def test_every_setting_of_the_controls_is_torchs_or_refused_as_torch_refuses(n, refusals):
    signal = np.random.default_rng(n).integers(-9, 10, n).astype(float)
    e = explorers.conv1d(signal, kernel="peak", kernel_size=1)
    refused = 0
    for k, s, p, d, mode in SETTINGS:
        settings = {"kernel_size": k, "stride": s, "padding": p, "dilation": d}
        e.apply(settings | {"padding_mode": mode}, quietly=True)
        truth = torch_conv(signal, line_kernel("peak", k), k, s, p, d, mode)
        if truth is None:
            refused += 1
            with pytest.raises(ValueError, match=r"spans|padding"):
                e.gather()
            continue
        record = e.gather()
        assert np.array_equal(record.flat("output"), truth[0]), (settings, mode)
        assert np.array_equal(record.gradient()[0][0], truth[1])
    assert refused == refusals


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2, "padding": "same", "kernel": "smooth", "kernel_size": 1},
        {"kernel_size": 4, "padding": 2, "padding_mode": "reflect", "dilation": 2},
        {"signal": [1, -2, 3.5], "weight": [0.5, 0.25], "bias": -1},
    ],
)
def test_the_torch_code_runs_and_gives_the_output(settings):
    if settings.get("padding") == "same":
        settings["stride"] = 1
    e = explorers.conv1d(**settings)
    assert np.array_equal(run(e.torch_code())[0, 0], e.output)


def test_the_numbers_of_lesson_1():
    e = explorers.conv1d([0, 0, 5, 5, 5, 0], [-1, 1])
    assert e.output.tolist() == [0, 5, 0, 0, -5]
    assert (e.parameters, e.macs) == (3, 10)
    assert explorers.conv1d().input.tolist() == images.signal().tolist()
    assert explorers.conv1d().weight.tolist() == [-1, 1]


def test_a_bar_dragged_in_the_page_reaches_python_and_reset_takes_it_back():
    e = explorers.conv1d()
    e._told(e, {"do": "edit", "cell": 3, "value": -4}, [])
    assert e.input[3] == -4
    assert e.output.tolist()[2:4] == [-4, 9]
    assert e.drawing["panels"][0]["values"][3] == -4
    e._told(e, {"do": "edit", "tap": 1, "value": 2}, [])
    assert (e.weight.tolist(), e.kernel) == ([-1, 2], "yours")
    e._told(e, {"do": "reset"}, [])
    assert np.array_equal(e.input, images.signal())
    assert e.weight.tolist() == [-1, 1]


@pytest.mark.parametrize(
    "edit", [{"cell": 12}, {"cell": -1}, {"tap": 2}, {"cell": None}, {"cell": 1.5}, {"tap": "0"}]
)
def test_an_edit_of_what_is_not_there_changes_nothing(edit):
    e = explorers.conv1d()
    before = e.drawing
    e._told(e, {"do": "edit", "value": 3, **edit}, [])
    e._told(e, {"do": "edit", "cell": 1, "value": float("nan")}, [])
    assert e.drawing == before


def test_the_axis_has_room_to_drag_and_grows_with_the_data():
    e = explorers.conv1d()
    low, high, step = e.drawing["axis"]
    assert low < 0 < 9 < high
    assert step == 1
    e.input = [0, 100, -300]
    low, high, step = e.drawing["axis"]
    assert low <= -300
    assert high >= 100
    e._told(e, {"do": "edit", "cell": 0, "value": 900}, [])
    assert e.drawing["axis"][1] >= 900
    for values in ([0.0], [1e-6, 2e-6], [1e9, -3.0], [0.25]):
        low, high, step = axis_of(np.array(values))
        assert low <= min(0, *values)
        assert high >= max(0, *values)
        assert 8 <= (high - low) / step <= 60


def test_cursor_and_window_have_one_axis():
    e = explorers.conv1d(padding=1, kernel_size=3, stride=2)
    e.cursor = 2
    assert e.cursor == (2,)
    e.cursor = (1,)
    assert e.window().tolist() == np.pad(e.input, 1)[2:5].tolist()
    with pytest.raises(ValueError, match="cursor must lie in the output"):
        e.cursor = 6


@pytest.mark.parametrize("size", range(1, 6))
def test_named_kernels_do_what_their_names_say(size):
    flat, ramp = np.full(size, 7.0), np.arange(size, dtype=float)
    made = {name: line_kernel(name, size) for name in LINE_NAMES}
    assert all(kernel.shape == (size,) for kernel in made.values())
    assert made["sum"] @ flat == 7 * size
    assert made["mean"] @ flat == pytest.approx(7)
    assert made["smooth"] @ flat == pytest.approx(7)
    assert made["peak"] @ flat == 0
    assert made["identity"] @ ramp == size // 2
    assert made["difference"] @ ramp == size - 1


@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize("size", range(1, 6))
def test_a_kernel_is_resized_around_its_middle_as_in_two_axes(n, size):
    own = np.arange(1.0, n + 1)
    line = resized_line(own, size)
    assert len(line) == size
    assert np.array_equal(resized(np.outer(own, own), size), np.outer(line, line))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"signal": []}, "signal must have 1 axis with 1 to 240 values"),
        ({"signal": np.ones((2, 3))}, "signal must have 1 axis"),
        ({"signal": np.ones(241)}, "signal must have 1 axis"),
        ({"signal": [1, np.nan]}, "signal must hold finite numbers"),
        ({"weight": [[1, 2]]}, "weight must have 1 axis"),
        ({"kernel": "Sobel x"}, "kernel must be one of"),
        ({"kernel_size": 13}, "spans 13 cells"),
    ],
)
def test_bad_data_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        explorers.conv1d(**given)


def test_the_sentence_is_the_same_at_every_run_and_the_still_picture_is_a_column():
    one, other = (explorers.conv1d()._repr_mimebundle_()[0] for _ in range(2))
    assert one["text/plain"] == other["text/plain"]
    assert one["text/plain"] == "Conv1d explorer: input 12, kernel 2, stride 1 -> output 11"
    root = ElementTree.fromstring(explorers.conv1d().to_svg("dark"))
    assert float(root.get("width")) < 500
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(texts) == 12 + 2 + 11 + 3
    assert json.loads(json.dumps(explorers.conv1d().drawing))["axes"] == 1
