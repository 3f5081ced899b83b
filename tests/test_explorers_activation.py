"""The activation explorer without a browser, against torch and its autograd."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnlab import explorers
from cnnlab.explorers.activation_parts import NAMES, layer, learning_rate, norms, shares

VALUES = np.array([-4.0, -2.5, -0.3, 0.2, 1.0, 3.5, 5.0])


def call(name, x, leak):
    if name in ("sigmoid", "tanh"):
        return getattr(torch, name)(x)
    return F.leaky_relu(x, leak) if name == "leaky_relu" else getattr(F, name)(x)


def run(code):
    names = {}
    exec(code, names)
    return names["output"].detach().numpy(), names["slope"].numpy()


@pytest.mark.parametrize("leak", [0.01, 0.3])
@pytest.mark.parametrize("name", NAMES)
def test_curves_and_slopes_are_torchs(name, leak):
    e = explorers.activation(VALUES, name, negative_slope=leak)
    x = torch.tensor(e.drawing["x"], dtype=torch.float64, requires_grad=True)
    y = call(name, x, leak)
    y.sum().backward()
    assert np.allclose(e.drawing["y"], y.detach(), atol=1e-12)
    assert np.allclose(e.drawing["slope"], x.grad, atol=1e-12)
    assert e.y == e.drawing["y"][e.place]
    assert e.slope == e.drawing["slope"][e.place]


@pytest.mark.parametrize("name", NAMES)
def test_the_torch_code_runs(name):
    e = explorers.activation(VALUES, name, negative_slope=0.2)
    output, slope = run(e.torch_code())
    assert np.allclose(output, e.drawing["dots"][1], atol=1e-12)
    x = torch.tensor(VALUES, requires_grad=True)
    call(name, x, 0.2).sum().backward()
    assert np.allclose(slope, x.grad, atol=1e-15)


@pytest.mark.parametrize("depth", [1, 3, 12])
@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_by_depth_is_autograds(name, depth):
    x = torch.tensor(VALUES, requires_grad=True)
    y = x
    for _ in range(depth):
        y = call(name, y, 0.1)
    y.sum().backward()
    want = float(x.grad.square().mean().sqrt())
    assert np.isclose(norms(name, VALUES, depth, 0.1)[-1], want, rtol=1e-9)


def test_sigmoid_fades_with_depth_and_relu_does_not():
    e = explorers.activation(np.abs(VALUES), "tanh", depth=20)
    assert list(e.norms) == ["tanh", "sigmoid", "relu"]
    assert e.norms["sigmoid"][-1] < 0.25**20 * 10
    assert e.norms["relu"].tolist() == [1.0] * 21


@pytest.mark.parametrize("rate", [0.0, 0.3, 3.0])
@pytest.mark.parametrize("bias", [0.5, -1.0, -4.0])
def test_a_step_of_the_layer_is_torchs(bias, rate):
    weight, own = layer()
    data = torch.tensor(VALUES)[:, None]
    linear = torch.nn.Linear(1, len(own), dtype=torch.float64)
    linear.weight.data = torch.tensor(weight)[:, None]
    linear.bias.data = torch.tensor(own + bias)
    step = torch.optim.SGD(linear.parameters(), lr=rate)
    (torch.relu(linear(data)).square().sum(1) / 2).mean().backward()
    step.step()
    want = (linear(data) > 0).double().mean(0).numpy()
    assert np.array_equal(shares(VALUES, bias, rate), want)


def test_units_die_as_the_bias_falls_and_after_a_big_step():
    e = explorers.activation()
    counts = e.drawing["dead"][0]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 25
    assert counts[-1] == 0
    assert e.dead == (3, 13)
    e.bias = -50.0
    assert e.dead == (32, 32)


def test_x_can_be_any_number_on_the_axis():
    e = explorers.activation(VALUES, "gelu")
    e.x = 0.37
    assert e.x == 0.37
    assert np.isclose(e.y, float(F.gelu(torch.tensor(0.37, dtype=torch.float64))), atol=1e-12)
    assert len(e.drawing["x"]) == 122
    e.function = "relu"
    assert (e.x, e.y, e.slope) == (0.37, 0.37, 1.0)
    with pytest.raises(ValueError, match="x must lie within -6 and 6; got x=7"):
        e.x = 7


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("function", "swish", "function must be one of sigmoid"),
        ("negative_slope", "a", "negative_slope must be a number"),
        ("negative_slope", float("nan"), "negative_slope must be finite"),
        ("depth", 0, "depth must be at least 1"),
        ("depth", 101, "depth must be at most 100"),
        ("depth", 2.5, "depth must be an int"),
        ("bias", float("inf"), "bias must be finite"),
        ("rate", -1, "rate must be at least 0"),
        ("rate", "fast", "rate must be a number"),
    ],
)
def test_illegal_settings_are_said_and_keep_the_picture(knob, value, said):
    e = explorers.activation(VALUES)
    before = e.drawing["y"]
    setattr(e, knob, value)
    assert said in e.error
    assert e.drawing["error"] == e.error
    assert e.drawing["y"] == before
    with pytest.raises((TypeError, ValueError), match=knob):
        explorers.activation(VALUES, **{knob: value})


@pytest.mark.parametrize("values", [[], [np.nan], np.zeros(601)])
def test_bad_data_is_refused(values):
    with pytest.raises(ValueError, match="values must hold"):
        explorers.activation(values)


def test_rates_may_be_text_or_numbers():
    assert learning_rate("0.3") == learning_rate(0.3) == 0.3


def test_one_message_per_change_and_plain_json():
    e = explorers.activation()
    sent = []
    e.send_state = lambda key=None: sent.append(set(key) if isinstance(key, set) else {key})
    e.asked = {"view": "v", "count": 1, "place": 3, "settings": {"function": "relu", "depth": 4}}
    assert len([keys for keys in sent if "drawing" in keys]) == 1
    assert json.loads(json.dumps(e.drawing))["torch"] == "F.relu(x)"
    assert e.place == 3


def test_the_bundle_has_a_fixed_sentence_and_a_picture(tmp_path):
    e = explorers.activation(VALUES, "relu")
    said = "Activation explorer: relu, 7 values, depth 10, bias 0 -> 2 dead units, 5 after a step"
    data = e._repr_mimebundle_()[0]
    assert data["text/plain"] == repr(e)
    assert repr(e) == said
    for theme in ("light", "dark"):
        root = ElementTree.fromstring(e.to_svg(theme))
        assert len(root.findall("{*}polyline")) == 2
    e.to_html(tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert said.replace("->", "-&gt;") in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
