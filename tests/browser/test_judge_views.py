"""The judge's two widgets on a plain page: keyboard only, and no key gets out of them."""

import pytest

from cnnlab.judge import predict
from cnnlab.judge.verdict import Verdict
from cnnlab.judge.views import HintButton, PredictionView

pytestmark = pytest.mark.browser

# What anywidget gives a view; what it sends goes to Python, whose state comes back at once.
MODEL = """
window.keys = [];
document.addEventListener("keydown", (event) => window.keys.push(event.key));
window.show = async ([esm, css, state]) => {
  const heard = {};
  const model = {
    get: (name) => state[name],
    on: (event, act) => (heard[event] ??= new Set()).add(act),
    off: (event, act) => heard[event].delete(act),
    send: async (content) => {
      const fresh = await window.toPython(content);
      const changed = Object.keys(fresh).filter((k) => String(fresh[k]) !== String(state[k]));
      state = fresh;
      for (const name of changed) for (const act of heard[`change:${name}`] ?? []) act();
    },
  };
  const style = Object.assign(document.createElement("style"), { textContent: css });
  document.head.append(style);
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const { default: widget } = await import(address);
  const el = document.createElement("div");
  document.body.append(el);
  window.end = await widget.render({ model, el });
  window.heard = heard;
};
"""
STATE = ("question", "choices", "locked", "right", "guess", "revealed", "trouble", "shown", "total")


def state_of(view):
    return {name: getattr(view, name) for name in STATE if view.has_trait(name)}


@pytest.fixture
def shown(browser):
    contexts = []

    def show(view, take):
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.route(
            "**/*", lambda route: route.fulfill(body="<!doctype html><title>x</title><body>")
        )
        page.goto("http://plain.page/")

        def heard(content):
            take(view, view, content)
            return state_of(view)

        page.expose_function("toPython", heard)
        page.evaluate(MODEL + "; 0")
        page.evaluate("args => window.show(args)", [str(view._esm), str(view._css), state_of(view)])
        return page

    yield show
    for context in contexts:
        context.close()


def test_a_guess_is_typed_and_locked_with_the_keyboard_alone(shown):
    page = shown(
        PredictionView.of(predict("How many?", 8, because="10 − 3 + 1.")), PredictionView._take
    )
    page.keyboard.press("Tab")
    page.keyboard.type("abxdd")
    page.keyboard.press("Enter")
    page.get_by_text("“abxdd” is no number").wait_for(timeout=5000)
    field = page.get_by_label("Your guess")
    assert field.input_value() == "abxdd"
    assert field.evaluate("it => it === document.activeElement")
    field.fill("")
    page.keyboard.type("7")
    assert "8" not in page.inner_text("body")
    page.keyboard.press("Enter")
    page.get_by_text("≠ Your guess was 7; the answer is 8. 10 − 3 + 1.").wait_for(timeout=5000)
    assert field.is_disabled()
    assert page.locator("button").count() == 0
    assert page.evaluate("window.keys") == ["Tab"]  # nothing that was typed got out


def test_choices_are_taken_with_the_keyboard_alone(shown):
    choices = ("blur", "sharpen", "Sobel")
    page = shown(
        PredictionView.of(predict("Which?", "Sobel", choices=choices)), PredictionView._take
    )
    page.keyboard.press("Tab")
    for key in (" ", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("✓ Your guess Sobel is right.").wait_for(timeout=5000)
    assert page.get_by_label("Sobel").is_checked()
    assert page.locator("input:enabled").count() == 0


def test_the_button_locks_too(shown):
    page = shown(PredictionView.of(predict("Shape?", (2, 3))), PredictionView._take)
    page.get_by_label("Your guess").fill("2 3")
    page.get_by_role("button", name="Lock it in").click()
    page.get_by_text("✓ Your guess 2 3 is right.").wait_for(timeout=5000)


def test_every_focusable_element_keeps_labs_shortcuts_off(shown):
    views = [
        (PredictionView.of(predict("a?", 1)), PredictionView._take),
        (PredictionView.of(predict("b?", "x", choices=("x", "y"))), PredictionView._take),
        (HintButton.of(Verdict("conv2d", False, {}, "", hints=("one",))), HintButton._next),
    ]
    for view, take in views:
        page = shown(view, take)
        unmarked = page.locator(
            ":is(button, input, select, a, summary):not([data-lm-suppress-shortcuts])"
        )
        assert page.locator("button, input").count() > 0
        assert unmarked.count() == 0


def test_hints_appear_one_by_one(shown):
    verdict = Verdict("conv2d", False, {"bias": False}, "Wrong.", hints=("ask", "rule", "line"))
    page = shown(HintButton.of(verdict), HintButton._next)
    for number, hint in enumerate(verdict.hints, start=1):
        assert hint not in page.inner_text("body")
        page.get_by_role("button", name=f"Hint {number} of 3").press("Enter")
        page.get_by_text(hint).wait_for(timeout=5000)
    assert page.get_by_role("button").count() == 0
    assert verdict.asked == 3


def test_views_clean_up_behind_them(shown):
    page = shown(PredictionView.of(predict("c?", 1)), PredictionView._take)
    page.evaluate("window.end()")
    assert page.evaluate("Object.values(window.heard).every(set => set.size === 0)")
