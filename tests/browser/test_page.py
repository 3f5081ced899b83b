"""The page without Python: whatever its knobs are set to, it shows what Python computes."""

import json
import random

import numpy as np
import pytest

from cnnlab import explorers
from cnnlab.explorers.composing import compose
from cnnlab.explorers.packing import offers
from cnnlab.explorers.page import page_data, page_scripts

pytestmark = pytest.mark.browser
SAMPLE = 40


def plainly(value):
    """Return a message as JSON would carry it, without the sentence, which no page shows."""
    text = json.dumps(value, default=lambda raw: np.frombuffer(raw, "<f8").tolist())
    return {name: part for name, part in json.loads(text).items() if name != "sentence"}


def agree(found, wanted, where=""):
    """Hold two messages together: numbers to nine digits, all else exactly."""
    if isinstance(wanted, dict):
        assert set(wanted) <= set(found), where
        for name in wanted:
            agree(found[name], wanted[name], f"{where}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for i, (one, other) in enumerate(zip(found, wanted, strict=True)):
            agree(one, other, f"{where}[{i}]")
    elif isinstance(wanted, float) or isinstance(found, float):
        assert found == pytest.approx(wanted, rel=1e-8, abs=1e-8), where
    else:
        assert found == wanted, where


class Alone:
    """A page's model, run in a browser on a plain page."""

    def __init__(self, plain, explorer):
        self.page = plain().page
        script = compose(*page_scripts(explorer))
        script = script.replace("export default ", "const widget = ")
        self.data = json.loads(json.dumps(page_data(explorer)))
        self.page.evaluate(
            """async ([script, data]) => {
              const own = script.includes("function alone(") ? "alone, " : "";
              const end = `export { ${own}pageModel, judgeGuess };`;
              const file = new Blob([script + end], { type: "text/javascript" });
              const address = URL.createObjectURL(file);
              const { alone, pageModel, judgeGuess } = await import(address);
              Object.assign(window, { model: pageModel(data, alone), judgeGuess });
            }""",
            [script, self.data],
        )

    def ask(self, settings):
        self.page.evaluate(
            """(settings) => {
              model.set("asked", { view: "v", count: 1, place: 0, settings });
              model.save_changes();
            }""",
            settings,
        )
        return self.drawing

    def send(self, **content):
        self.page.evaluate("(content) => model.send(content)", content)
        return self.drawing

    @property
    def drawing(self):
        return self.page.evaluate("model.get('drawing')")


def choices(explorer, data):
    """Return settings that the page offers, at random but always the same."""
    pool, rng = data["pool"], random.Random(4)

    def unfold(value):
        if isinstance(value, dict):
            return unfold(pool[value["@"]]) if "@" in value else {
                name: unfold(part) for name, part in value.items()
            }  # fmt: skip
        return [unfold(part) for part in value] if isinstance(value, list) else value

    knobs = unfold(data["knobs"])
    assert set(knobs) == set(offers(explorer))
    return [{name: rng.choice(knobs[name]) for name in knobs} for _ in range(SAMPLE)]


@pytest.mark.parametrize("name", explorers.__all__)
def test_every_setting_of_the_page_shows_what_python_computes(plain, name):
    e = getattr(explorers, name)()
    alone = Alone(plain, e)
    legal = 0
    for settings in choices(e, alone.data):
        drawing = alone.ask(settings)
        e.apply(settings)
        assert drawing["error"] == e.error
        if not e.error:
            legal += 1
            agree(drawing, plainly({**e.record.message(), **e.more()}), name)
    assert legal >= SAMPLE // 10


@pytest.mark.parametrize("name", explorers.__all__)
def test_the_page_judges_guesses_as_python_does(plain, name):
    e = getattr(explorers, name)()
    alone = Alone(plain, e)
    if "predict" not in e.modes:
        assert alone.drawing["quiz"] is None
        return
    for number in range(6):
        settings, questions = e.pose(number)
        for question in questions:
            for guess in (question.answer, *question.mistakes, "-3", "2,5", "5", "4x4", "no"):
                said = alone.page.evaluate(
                    "([question, guess]) => judgeGuess(question, guess)",
                    [question.whole(), guess],
                )
                assert (said["right"], said["text"]) == question.judge(guess)
        drawing = alone.send(do="mode", value="predict") if number == 0 else alone.send(do="next")
        assert {k: drawing["settings"][k] for k in settings} == plainly(settings)
        assert drawing["quiz"]["question"] == questions[0].message()
        for question in questions[1:]:
            alone.send(do="guess", value="no")
            drawing = alone.send(do="next")
            assert drawing["quiz"]["question"] == question.message()
        drawing = alone.send(do="guess", value=questions[-1].answer)
        assert drawing["quiz"]["verdict"]["right"]
        assert drawing["quiz"]["last"]
    assert alone.send(do="mode", value="explore")["settings"] == plainly(e.settings())


def test_a_challenge_of_the_page_counts_every_answer_once(plain):
    e = explorers.conv2d()
    alone = Alone(plain, e)
    drawing = alone.send(do="mode", value="challenge")
    for number in range(4):
        dare = e.dare(number)
        assert drawing["quiz"]["challenge"]["of"] == len(dare.answers)
        targets = [p for p in drawing["panels"] if p["role"] == "target"]
        assert len(targets) == (dare.target is not None)
        for answer in (*dare.answers, dare.answers[0]):
            settings = drawing["settings"] | dict(zip(dare.free, answer, strict=True))
            drawing = alone.ask(settings)
        assert drawing["quiz"]["challenge"]["found"] == [dare.say(a) for a in dare.answers]
        drawing = alone.send(do="next")


def test_a_slider_stops_at_the_next_value_there_is(plain):
    alone = Alone(plain, explorers.activation())
    now = alone.drawing["settings"]
    assert now["depth"] == 10
    assert alone.ask(now | {"depth": 11})["settings"]["depth"] == 15
    assert alone.ask(now | {"depth": 14})["settings"]["depth"] == 10
    assert alone.ask(now | {"depth": 29})["settings"]["depth"] == 30


def test_a_changed_kernel_cell_is_reckoned_by_the_page(plain):
    e = explorers.conv2d()
    alone = Alone(plain, e)
    drawing = alone.send(do="edit", tap=4, value=-2.5)
    e.edited(tap=4, value=-2.5)
    agree(drawing["panels"], plainly(e.record.message())["panels"])
    assert alone.send(do="reset")["panels"][1]["values"] == [-1, 0, 1, -2, 0, 2, -1, 0, 1]
