"""A learner's my_cnn.py in a network: what is right computes, what is not is said.

The functions are the answers of the lessons themselves.
"""

import runpy
from pathlib import Path

import numpy as np
import pytest

from cnnlab import own_operators, saving, training
from cnnlab.network import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    DepthwiseConv2d,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    SeparableConv2d,
    Sequential,
    Sigmoid,
    SpatialPyramidPool,
)

ROOT = Path(__file__).parent.parent
tool = type("Tool", (), runpy.run_path(str(ROOT / "tools" / "build_notebooks.py")))
IMAGES = np.random.default_rng(0).normal(size=(8, 1, 8, 8)).astype(np.float32)
LABELS = np.arange(8)

RELU = "def my_relu(x):\n    return np.maximum(x, 0)\n"
BACK = """
def my_relu_backward(grad_output, input):
    return grad_output * (input > 0)


def my_conv2d_backward(grad_output, input, weight):
    kh, kw = weight.shape[2:]
    grad_input, grad_weight = np.zeros(input.shape), np.zeros(weight.shape)
    for i, j in np.ndindex(*grad_output.shape[2:]):
        here = grad_output[:, :, i, j]
        window = np.s_[:, :, i : i + kh, j : j + kw]
        grad_weight += np.einsum("no,nchw->ochw", here, input[window])
        grad_input[window] += np.einsum("no,ochw->nchw", here, weight)
    return grad_input, grad_weight, grad_output.sum((0, 2, 3))


def my_max_pool2d_backward(grad_output, input, kernel_size, stride=None):
    s = stride or kernel_size
    grad = np.zeros(input.shape)
    for n, c, i, j in np.ndindex(grad_output.shape):
        window = input[n, c, i * s : i * s + kernel_size, j * s : j * s + kernel_size]
        a, b = np.unravel_index(window.argmax(), window.shape)
        grad[n, c, i * s + a, j * s + b] += grad_output[n, c, i, j]
    return grad
"""


MUTE = "class Mute(Exception):\n    def __str__(self):\n        raise self\n\n\n"


def answers(*lessons):
    """The solved functions of these lessons, as a learner's my_cnn.py gathers them."""
    cells = [
        cell.source for path in tool.lesson_paths(ROOT, lessons) for cell in tool.read_lesson(path)
    ]
    solved = [source for source in cells if tool.BEGIN in source]
    return "\n\n".join(solved)


@pytest.fixture
def my_cnn(tmp_path, monkeypatch):
    """Writes my_cnn.py where it will be read."""
    path = tmp_path / "my_cnn.py"
    monkeypatch.setenv("CNNLAB_MY_CNN", str(path))
    return lambda text: path.write_text("import numpy as np\n\n\n" + text, "utf-8")


def small(*layers):
    layers = layers or (Conv2d(1, 4, 3, padding=1), BatchNorm2d(4), ReLU(), MaxPool2d(2))
    outputs = Sequential(*layers, Flatten())(IMAGES).shape[1]
    return Sequential(*layers, Flatten(), Linear(outputs, 10)).draw(0).astype(np.float32)


def used(net, **options):
    choices = own_operators.use_own(net, IMAGES, pictures=100, **options)
    return {choice.operator: choice for choice in choices}, choices


def losses(net):
    optimizer = training.SGD(net, 0.05)
    return [training.train_step(net, IMAGES, LABELS, optimizer) for _ in range(5)]


def test_a_network_of_the_learners_own_operators_learns_the_same(my_cnn):
    my_cnn(answers("01", "02", "04") + "\n\n" + RELU + BACK)
    expected, net = losses(small()), small()
    choices, table = used(net)
    assert {name: choice.own for name, choice in choices.items()} == {
        "conv2d": "my_conv2d_full",
        "relu": "my_relu",
        "max_pool2d": "my_max_pool2d",
        "max_pool2d_backward": "my_max_pool2d_backward",
        "relu_backward": "my_relu_backward",
        "conv2d_backward": "my_conv2d_backward",
    }
    assert all("right; about" in choice.why for choice in table)
    np.testing.assert_allclose(losses(net), expected, rtol=1e-4)
    assert net(IMAGES).dtype == np.float32
    assert "my_conv2d_full" in repr(table)
    assert "my_conv2d_full" in table._repr_html_()


@pytest.mark.parametrize(
    ("lessons", "layers", "operator", "own"),
    [
        (["01"], [Conv2d(1, 4, 3, padding=1)], "conv2d", "my_conv2d"),
        (["03"], [Conv2d(1, 4, 3), Conv2d(4, 4, 3, 1, 1, groups=2)], "conv2d", "my_grouped_conv2d"),
        (["03"], [DepthwiseConv2d(1, 3, padding=1)], "depthwise_conv2d", "my_depthwise_conv2d"),
        (["03"], [SeparableConv2d(1, 4, 3, padding=1)], "separable_conv2d", "my_separable_conv2d"),
        (["04"], [AvgPool2d(3, 2)], "avg_pool2d", "my_avg_pool2d"),
        (["05"], [SpatialPyramidPool((1, 2))], "spatial_pyramid_pool", "my_spatial_pyramid_pool"),
    ],
)  # fmt: skip
def test_what_a_function_lacks_is_put_around_it(my_cnn, lessons, layers, operator, own):
    my_cnn(answers(*lessons))
    expected, net = losses(small(*layers)), small(*layers)
    choices, _ = used(net)
    assert choices[operator].own == own
    np.testing.assert_allclose(losses(net), expected, rtol=1e-4)


def test_a_slope_of_lesson_06_makes_a_backward(my_cnn):
    my_cnn(
        "def my_sigmoid_slope(x):\n    s = 1 / (1 + np.exp(-x))\n    return s * (1 - s)\n\n\n"
        "def my_leaky_relu_slope(x, negative_slope=0.01):\n"
        "    return np.where(x > 0, 1.0, negative_slope)\n"
    )
    for layer in (Sigmoid(), LeakyReLU(0.2)):
        expected, net = losses(small(Conv2d(1, 2, 3), layer)), small(Conv2d(1, 2, 3), layer)
        assert any("_slope" in choice.own for choice in used(net)[1])
        np.testing.assert_allclose(losses(net), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "operator", "why"),
    [
        ("def my_relu(x):\n    return np.abs(x)\n", "relu", "gives another result"),
        ("def my_relu(x):\n    return x[0] / None\n", "relu", "stopped with TypeError"),
        ("def my_relu(x):\n    ...\n", "relu", "gives None"),
        ("def my_max_pool2d(x):\n    return x\n", "max_pool2d", "stopped with TypeError"),
        ("def my_conv2d(x, w, b):\n    return x\n", "conv2d", "gives another result"),
        ("def my_relu(x):\n    raise SystemExit(3)\n", "relu", "stopped with SystemExit: 3"),
        (f"{MUTE}def my_relu(x):\n    raise Mute\n", "relu", "stopped with Mute"),
        (
            "def my_relu(x):\n    return np.maximum(x, 0), x > 0\n",
            "relu",
            "must return an array of numbers; got a tuple of 2",
        ),
        (
            "def my_relu(x):\n    return np.maximum(x, 0).tolist()\n",
            "relu",
            "must return an array of numbers; got a list of 8",
        ),
        (
            "def my_relu(x):\n    return np.maximum(x, 0) + 0j\n",
            "relu",
            "must return an array of numbers; got a ndarray of complex64",
        ),
        (
            "def my_relu_backward(g, x):\n    return (g * (x > 0),)\n",
            "relu_backward",
            "must return an array of numbers; got a tuple of 1",
        ),
        (
            "def my_conv2d_backward(g, x, w):\n    return np.zeros_like(x), np.zeros_like(w)\n",
            "conv2d_backward",
            "must return 3 arrays of numbers; got a tuple of 2",
        ),
        (
            "def my_conv2d_backward(g, x, w):\n    return x[0, 0, 0], w, g\n",
            "conv2d_backward",
            "gives an array of another shape",
        ),
        ("my_relu = 3\n", "relu", "no my_relu yet"),
        ("", "relu_backward", "no my_relu_backward or my_relu_slope yet"),
    ],
)
def test_a_function_that_is_not_right_is_told_and_not_used(my_cnn, text, operator, why):
    my_cnn(text)
    expected, net = losses(small()), small()
    choices, _ = used(net)
    assert choices[operator].own == ""
    assert why in choices[operator].why
    assert losses(net) == expected


@pytest.mark.parametrize(
    "text", ["def my_relu(x:\n", "import nothing_of_this_name\n", "raise SystemExit\n"]
)
def test_a_file_that_can_not_be_read_is_told_and_stops_nothing(my_cnn, text):
    my_cnn(text)
    net = small()
    _, table = used(net)
    assert "my_cnn.py can't be read" in table.remark
    assert not any(choice.own for choice in table)
    assert losses(net) == losses(small())


def test_without_a_file_cnnlabs_operators_do_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_MY_CNN", str(tmp_path / "my_cnn.py"))
    _, table = used(small())
    assert repr(table).startswith("There is no my_cnn.py here yet")
    assert "cnnlab's" in repr(table)


def test_the_instructors_edition_reads_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CNNLAB_MY_CNN", raising=False)
    Path("my_cnn.py").write_text("import numpy as np\n\n\n" + RELU, "utf-8")
    assert used(small())[0]["relu"].own == "my_relu"
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    assert used(small())[0]["relu"].own == ""


def test_slow_functions_are_told_and_left_out_unless_asked_for(my_cnn):
    slow = "import time\n\n\ndef my_relu(x):\n    time.sleep(0.05)\n    return np.maximum(x, 0)\n"
    my_cnn(slow)
    choices, _ = used(small(), patience=0.1)
    assert choices["relu"].own == ""
    assert "my_relu is right, but would take about" in choices["relu"].why
    assert used(small(), patience=float("inf"))[0]["relu"].own == "my_relu"


def test_an_endless_function_is_stopped(my_cnn, monkeypatch):
    monkeypatch.setattr(own_operators, "SECONDS", 0.3)
    my_cnn("def my_relu(x):\n    while True:\n        pass\n")
    assert "took more than" in used(small())[0]["relu"].why


def test_a_function_that_fails_later_is_replaced_and_told(my_cnn, capsys):
    my_cnn("def my_relu(x):\n    return np.maximum(x, 0) if len(x) == 8 else x / None\n")
    net = small()
    assert used(net)[0]["relu"].own == "my_relu"
    expected = small().train(False)(IMAGES[:3])
    np.testing.assert_array_equal(net.train(False)(IMAGES[:3]), expected)
    net(IMAGES[:3])
    told = capsys.readouterr().out
    assert told.count("my_relu stopped with TypeError") == 1
    assert "cnnlab's goes on" in told


def test_a_second_call_judges_anew_by_cnnlabs_answers(my_cnn):
    net = small()
    my_cnn("def my_relu(x):\n    return np.maximum(x, 0) if len(x) == 8 else x / None\n" + BACK)
    assert used(net)[0]["relu"].own == "my_relu"
    my_cnn("def my_relu(x):\n    return np.abs(x)\n")
    choices, table = used(net)
    assert "gives another result" in choices["relu"].why
    assert not any(choice.own for choice in table)
    assert losses(net) == losses(small())


def test_the_trial_leaves_no_trace(my_cnn):
    my_cnn(RELU)
    net = small().train()
    used(net)
    assert all(layer.training for layer in net.walk())
    assert net[1].buffers["running_mean"].tolist() == [0, 0, 0, 0]
    before = saving.state(small())
    training.SGD(net, 0.05).step()
    for name, value in saving.state(net).items():
        np.testing.assert_array_equal(value, before[name])
    with pytest.raises(AttributeError, match="has seen no input yet"):
        net.backward(np.ones((8, 10)))


# -- functions that write to what they are given ---------------------------------------------

SIGMOID = "def my_sigmoid(x):\n    x[:] = 1 / (1 + np.exp(-x))\n    return x\n"
SIGMOID_BACK = """
def my_sigmoid_backward(grad_output, input):
    s = 1 / (1 + np.exp(-input))
    return grad_output * s * (1 - s)
"""
CONV = """
def my_conv2d(input, weight, bias=None):
    windows = np.lib.stride_tricks.sliding_window_view(input, weight.shape[2:], (2, 3))
    output = np.einsum("nchwij,ocij->nohw", windows, weight)
    return output if bias is None else output + bias[:, None, None]
"""


@pytest.mark.parametrize(
    ("line", "names"),
    [("input *= 0.5", "input"), ("weight *= 0.5", "weight"), ("input[:] = 0; weight[:] = 0", None)],
)
def test_a_function_that_changes_its_arguments_is_told_and_not_used(my_cnn, line, names):
    my_cnn(CONV.replace("    return", f"    {line}\n    return"))
    images, layers = IMAGES.copy(), [Conv2d(1, 4, 3), ReLU()]
    expected, net = small(*layers)(images), small(*layers)
    choices = {c.operator: c for c in own_operators.use_own(net, images, pictures=100)}
    told = f"my_conv2d is right, but changes its {names or 'input and weight'}: work on a copy"
    assert choices["conv2d"] == ("conv2d", "", told)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(net(images), expected)


def test_what_one_function_overwrites_does_not_make_another_wrong(my_cnn):
    my_cnn(SIGMOID + SIGMOID_BACK)
    layers = [Conv2d(1, 2, 3), Sigmoid()]
    expected, net = losses(small(*layers)), small(*layers)
    choices, _ = used(net)
    assert choices["sigmoid"].why == "my_sigmoid is right, but changes its input: work on a copy"
    assert choices["sigmoid_backward"].own == "my_sigmoid_backward"
    np.testing.assert_allclose(losses(net), expected, rtol=1e-4)


def test_a_wrong_function_that_writes_is_told_both(my_cnn):
    my_cnn("def my_relu(x):\n    x += 1\n    return x\n")
    why = used(small())[0]["relu"].why
    assert why.endswith("another result here than cnnlab's and changes its input: work on a copy")


def test_what_writes_later_changes_nothing_and_is_replaced(my_cnn, capsys):
    my_cnn(CONV.replace("    return", "    if len(input) == 3:\n        input *= 0.5\n    return"))
    layers = [Conv2d(1, 4, 3), ReLU()]
    net, images = small(*layers), IMAGES[:3].copy()
    assert used(net)[0]["conv2d"].own == "my_conv2d"
    expected = training.classify(small(*layers), IMAGES[:3])
    np.testing.assert_array_equal(training.classify(net, images), expected)
    np.testing.assert_array_equal(images, IMAGES[:3])
    assert "my_conv2d stopped with ValueError" in capsys.readouterr().out


def test_what_comes_back_as_it_went_in_can_be_written_to(my_cnn):
    my_cnn("def my_adaptive_avg_pool2d(input, output_size):\n    return input\n")
    net = Sequential(AdaptiveAvgPool2d(8))
    images = IMAGES.copy()
    assert used(net)[0]["adaptive_avg_pool2d"].own == "my_adaptive_avg_pool2d"
    net(images)[:] = 0
    np.testing.assert_array_equal(images, IMAGES)


# -- what comes back in other shapes, and what is put around -----------------------------------


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("None", "gives None"),
        ("x[:1]", "gives an array of another shape"),
        ("exit(3)", "stopped with SystemExit"),
        ("(x, x)", "must return an array of numbers; got a tuple of 2"),
    ],
)
def test_what_comes_back_later_is_looked_at(my_cnn, capsys, answer, told):
    my_cnn(f"def my_relu(x):\n    return np.maximum(x, 0) if len(x) == 8 else {answer}\n")
    net = small()
    assert used(net)[0]["relu"].own == "my_relu"
    expected = small().train(False)(IMAGES[:3])
    for _ in range(2):
        np.testing.assert_array_equal(net.train(False)(IMAGES[:3]), expected)
    printed = capsys.readouterr().out
    assert printed.count("cnnlab's goes on in its place") == 1
    assert f"my_relu {told}" in printed


def test_the_users_own_mistake_is_not_the_functions(my_cnn, capsys):
    my_cnn(CONV)
    net = small(Conv2d(1, 4, 3), ReLU())
    used(net)
    with pytest.raises(ValueError, match="channels"):
        net(np.ones((2, 3, 8, 8)))
    assert not capsys.readouterr().out
    assert net[0].operators["conv2d"].failed is False


@pytest.mark.parametrize("padding", [(1, 1), (0, 2), "same", "valid"])
def test_padding_in_every_way_is_put_around(my_cnn, padding):
    my_cnn(CONV + BACK)
    layers = [Conv2d(1, 4, (3, 2), padding=padding), Conv2d(4, 2, 3, bias=False)]
    expected, net = losses(small(*layers)), small(*layers)
    choices, _ = used(net)
    assert choices["conv2d"].own == "my_conv2d"
    assert choices["conv2d_backward"].own == "my_conv2d_backward"
    np.testing.assert_allclose(losses(net), expected, rtol=1e-4)


def test_what_a_function_does_not_take_is_told_of_the_function(my_cnn):
    my_cnn("def my_depthwise_conv2d(input, weight):\n    return input\n")
    why = used(small(DepthwiseConv2d(1, 3, stride=2)))[0]["depthwise_conv2d"].why
    assert "my_depthwise_conv2d() got an unexpected keyword argument 'stride'" in why


def test_what_can_not_be_tried_is_refused():
    for images in (IMAGES[:0], np.ones((2, 0, 8, 8))):
        with pytest.raises(ValueError, match="images must hold at least one picture; got shape"):
            own_operators.use_own(small(), images, pictures=100)
    with pytest.raises(TypeError, match=r"network must be a layer of cnnlab.*got a list"):
        own_operators.use_own([ReLU()], IMAGES, pictures=100)
    with pytest.raises(TypeError, match="images must be a NumPy array"):
        own_operators.use_own(small(), [1, 2], pictures=100)
