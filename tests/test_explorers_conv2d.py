"""The convolution explorer without a browser: Python's side, questions, challenges, fallback."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch

import cnnlab
from cnnlab import explorers
from cnnlab.explorers import conv2d_quiz
from cnnlab.explorers.kernels import NAMES, resized, sized_kernel
from cnnlab.judge import progress


def run(code):
    names = {}
    exec(code, names)
    return names["output"].numpy()


def drawn(e):
    """The drawing as the page gets it: it must be JSON."""
    return json.loads(json.dumps(e.drawing))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2, "padding": 0},
        {"kernel_size": 5, "padding": 2, "padding_mode": "reflect", "kernel": "Gaussian"},
        {"kernel_size": 4, "dilation": 2, "padding": "same"},
        {"stride": (2, 1), "padding": (0, 3), "padding_mode": "circular"},
    ],
)
def test_the_torch_code_runs_and_gives_the_output(settings):
    e = explorers.conv2d(**settings)
    assert np.allclose(run(e.torch_code())[0, 0], e.output, atol=1e-12)


def test_the_torch_code_carries_own_data_and_bias():
    image, weight = np.arange(30.0).reshape(5, 6) - 7, np.array([[1.0, -2.0, 0.5]])
    e = explorers.conv2d(image, weight, bias=0.25, padding=0)
    assert e.settings()["kernel_size"] == (1, 3)
    assert np.array_equal(run(e.torch_code())[0, 0], e.output)
    assert np.array_equal(e.weight, weight)
    assert np.array_equal(e.input, image)


def test_a_knob_turned_in_python_redraws():
    e = explorers.conv2d()
    e.stride = 2
    assert e.output.shape == (4, 4)
    assert drawn(e)["settings"]["stride"] == 2
    assert drawn(e)["torch"] == "F.conv2d(input, weight, stride=2, padding=1)"
    e.kernel_size = 5
    assert e.weight.shape == (5, 5)


def test_a_change_sends_one_message():
    e = explorers.conv2d()
    sent = []
    e.send_state = lambda key=None: sent.append(set(key) if isinstance(key, set) else {key})
    e.asked = {"view": "v", "count": 1, "place": 3, "settings": {"stride": 2, "padding": 0}}
    assert [keys & {"drawing", "place"} for keys in sent if keys & {"drawing"}] == [
        {"drawing", "place"}
    ]
    assert drawn(e)["asked"] == ["v", 1]


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("kernel_size", 99, "spans 99 cells"),
        ("stride", 0, "stride must be"),
        ("padding", -1, "padding must be"),
        ("padding_mode", "mirror", "padding_mode must be one of"),
        ("kernel", "none such", "kernel must be one of"),
        ("dilation", 1.5, "dilation must be"),
    ],
)
def test_an_illegal_setting_is_said_and_the_last_picture_stays(knob, value, said):
    e = explorers.conv2d()
    before = e.output
    setattr(e, knob, value)
    assert said in e.error
    assert drawn(e)["error"] == e.error
    assert np.array_equal(e.output, before)
    e.reset()
    assert e.error == ""


def test_what_is_illegal_from_the_start_raises():
    with pytest.raises(ValueError, match="spans"):
        explorers.conv2d(kernel_size=5, dilation=3, padding=0)
    with pytest.raises(ValueError, match="weight must have 2 axes"):
        explorers.conv2d(weight=np.ones(3))
    with pytest.raises(ValueError, match="finite"):
        explorers.conv2d(np.array([[1.0, np.nan]]))
    with pytest.raises(ValueError, match="image must have shape"):
        explorers.conv2d(np.ones(4))


def test_cursor_window_and_terms_belong_together():
    e = explorers.conv2d(stride=2)
    e.cursor = (0, 1)
    assert e.cursor == (0, 1)
    padded = np.pad(e.input, 1)
    assert np.array_equal(e.window(), padded[0:3, 2:5])
    terms = e.terms()
    assert sum(term["product"] for term in terms) == e.output[0, 1]
    assert [term["padding"] for term in terms] == [True] * 3 + [False] * 6
    with pytest.raises(ValueError, match="cursor must lie in the output of size 4×4"):
        e.cursor = (4, 0)


def test_the_cursor_stays_where_it_was_as_nearly_as_the_output_allows():
    e = explorers.conv2d()
    e.cursor = (6, 2)
    e.stride = 2
    assert e.cursor == (3, 2)


def test_it_starts_on_a_telling_cell():
    e = explorers.conv2d()
    assert e.output[e.cursor] != 0
    assert np.count_nonzero([term["product"] for term in e.terms()]) >= 4


def test_counts():
    e = explorers.conv2d(kernel_size=5)
    assert (e.parameters, e.macs) == (26, 25 * e.output.size)
    layer = torch.nn.Conv2d(1, 1, 5)
    assert e.parameters == sum(p.numel() for p in layer.parameters())


def test_a_kernel_cell_changed_in_the_page_reaches_python():
    e = explorers.conv2d()
    e._told(e, {"do": "edit", "tap": 4, "value": 7.5}, [])
    assert e.weight[1, 1] == 7.5
    assert e.kernel == "yours"
    assert np.allclose(e.output, cnnlab.conv2d(e.input[None], e.weight[None, None], padding=1)[0])


def test_named_kernels_are_the_classic_ones_at_size_3():
    same = {"Sobel x": "sobel x", "Sobel y": "sobel y", "box blur": "box blur",
            "Gaussian": "gaussian", "identity": "identity", "Laplacian": "laplacian",
            "sharpen": "sharpen"}  # fmt: skip
    for name, classic in same.items():
        assert np.allclose(sized_kernel(name, 3), cnnlab.images.kernel(classic)), name
    for name in NAMES:
        for size in range(1, 6):
            assert sized_kernel(name, size).shape == (size, size)


def test_a_resized_kernel_keeps_its_middle():
    own = np.arange(9.0).reshape(3, 3)
    assert np.array_equal(resized(resized(own, 5), 3), own)
    assert resized(own, 1).item() == 4


def test_a_photo_is_taken_in_grey():
    e = explorers.conv2d(cnnlab.images.photo()[40:70, 40:80], kernel="Laplacian")
    assert e.output.shape == (30, 40)
    assert isinstance(e.drawing["panels"][0]["values"], memoryview)


def test_the_page_cannot_set_what_is_no_knob():
    e = explorers.conv2d()
    e.asked = {"view": "v", "count": 1, "place": 10**9, "settings": {"guesses": 1, "_esm": "x"}}
    assert e.guesses == []
    e._told(e, {"do": "next"}, [])
    e._told(e, {"do": "guess", "value": "1"}, [])
    e._told(e, {"do": "no such thing"}, [])
    assert e.mode == "explore"


# ---- predict


def test_every_mistake_has_its_own_wrong_answer_and_the_truth_is_torchs():
    image = cnnlab.images.ring().astype(float)
    named = set()
    for number in range(60):
        settings, (shape, value) = conv2d_quiz.pose(image, number)
        e = explorers.conv2d(**settings)
        height, width = run(e.torch_code()).shape[2:]
        assert shape.answer == f"{height}×{width}"
        right, _ = value.judge(e.output.ravel()[value.place])
        assert right
        for question in (shape, value):
            assert question.answer not in question.mistakes
            for wrong, sentence in question.mistakes.items():
                assert question.judge(wrong) == (False, question.judge(wrong)[1])
                assert sentence in question.judge(wrong)[1]
                named.add(sentence.split(";")[0].split(":")[0][:24])
    assert len(named) >= 14


def test_the_feedback_names_the_error():
    image = cnnlab.images.ring().astype(float)
    said = {"flips": 0, "padding": 0, "rounds up": 0, "d·(k − 1)": 0}
    for number in range(40):
        for question in conv2d_quiz.pose(image, number)[1]:
            for sentence in question.mistakes.values():
                for word in said:
                    said[word] += word in sentence
    assert min(said.values()) >= 3, said


def test_a_guess_is_kept_once_and_in_the_progress():
    e = explorers.conv2d(mode="predict")
    assert drawn(e)["quiz"]["question"]["ask"] == "shape"
    assert "answer" not in drawn(e)["quiz"]["question"]
    first = e.guess("1 x 1")
    assert e.guess("4x4") == first
    assert [guess["right"] for guess in e.guesses] == [False]
    e.next()
    e.guess(e.output.ravel()[e.place])
    assert [guess["right"] for guess in e.guesses] == [False, True]
    kept = [event for event in progress.events() if event.name == "explore.conv2d"]
    assert [(event.kind, event.passed) for event in kept] == [
        ("prediction", False),
        ("prediction", True),
    ]


def test_leaving_a_quiz_gives_the_settings_back():
    e = explorers.conv2d(stride=3, kernel="sum")
    e.mode = "predict"
    e.mode = "challenge"
    e.mode = "explore"
    assert (e.stride, e.kernel) == (3, "sum")


def test_guess_and_next_need_their_mode():
    e = explorers.conv2d()
    with pytest.raises(ValueError, match="guess needs mode"):
        e.guess("7x7")
    with pytest.raises(ValueError, match="next needs mode"):
        e.next()


# ---- challenge


def test_every_challenge_is_solvable_and_lists_all_answers():
    image = cnnlab.images.ring().astype(float)
    for number in range(24):
        challenge = conv2d_quiz.dare(image, number)
        e = explorers.conv2d(**challenge.start)
        assert 1 <= len(set(challenge.answers)) == len(challenge.answers) <= 9
        for answer in challenge.answers:
            e.apply(challenge.start | dict(zip(challenge.free, answer, strict=True)))
            assert not e.error
            if challenge.target is None:
                assert f"output {e.output.shape[0]}×{e.output.shape[1]}," in challenge.text
            else:
                assert np.array_equal(e.output, challenge.target)


def test_no_answer_is_missing_from_the_list():
    image = cnnlab.images.ring().astype(float)
    challenge = conv2d_quiz.dare(image, 0)
    wanted = challenge.text.split("output ")[1].split(",")[0]
    d = challenge.start["dilation"]
    ring = torch.tensor(image)[None, None]
    found = []
    for k in range(1, 6):
        for s in range(1, 5):
            for p in range(5):
                if 7 + 2 * p < d * (k - 1) + 1:
                    continue
                out = torch.nn.functional.conv2d(
                    ring, torch.ones(1, 1, k, k).double(), None, s, p, d
                )
                if f"{out.shape[2]}×{out.shape[3]}" == wanted:
                    found.append((k, s, p))
    assert found == list(challenge.answers)


def test_finding_answers_counts_each_once():
    e = explorers.conv2d(mode="challenge")
    challenge = e._quiz.challenge
    assert e.solved == []
    for answer in (*challenge.answers, *challenge.answers):
        e.apply(dict(zip(challenge.free, answer, strict=True)))
    assert e.solved[0]["found"] == e.solved[0]["of"] == len(challenge.answers)
    assert drawn(e)["quiz"]["challenge"]["answers"] == []
    kept = [event for event in progress.events() if event.kind == "challenge"]
    assert len(kept) == len(challenge.answers)


def test_what_is_found_after_the_answers_were_shown_does_not_count():
    e = explorers.conv2d(mode="challenge")
    e._told(e, {"do": "show"}, [])
    challenge = e._quiz.challenge
    assert len(drawn(e)["quiz"]["challenge"]["answers"]) == len(challenge.answers)
    e.apply(dict(zip(challenge.free, challenge.answers[0], strict=True)))
    assert e.solved == []


# ---- where JavaScript can't run


def test_the_bundle_has_a_picture_and_the_same_sentence_at_every_run():
    data, _ = explorers.conv2d()._repr_mimebundle_()
    other, _ = explorers.conv2d()._repr_mimebundle_()
    assert data["text/plain"] == other["text/plain"]
    assert data["text/plain"] == (
        "Conv2d explorer: input 7x7, kernel 3, stride 1, padding 1 -> output 7x7"
    )
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["image/svg+xml"] == other["image/svg+xml"]
    assert len(data["image/svg+xml"]) < 40_000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_still_picture_holds_every_number(theme):
    e = explorers.conv2d(kernel_size=2, stride=2, dilation=2, padding=2, padding_mode="reflect")
    root = ElementTree.fromstring(e.to_svg(theme))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    cells = sum(panel.drawn.size for panel in e.record.panels)
    assert len(texts) == cells + 3 + 2  # three titles, two notes
    assert root.find("{http://www.w3.org/2000/svg}title").text == e.record.sentence


def test_one_file_without_network(tmp_path):
    e = explorers.conv2d()
    before = e.settings(), e.place, e.output
    e.to_html(tmp_path / "conv2d.html")
    text = (tmp_path / "conv2d.html").read_text()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert len(text) < 250_000
    assert (e.settings(), e.place) == before[:2]
    assert np.array_equal(e.output, before[2])
