"""The judge in a real JupyterLab: a verdict to look at, a prediction typed with deadly keys."""

import json
import sqlite3
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "judge"
CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
SET_UP = "import numpy as np\nfrom cnnlab.judge import check, my_progress, predict"
QUESTION = 'predict("How many places has a kernel of 3 on 10 values?", 8, because="10 − 3 + 1.")'
WRONG = '''
def my_conv2d(input, weight, bias=None):
    """Sum over channel 0 only: a mistake that has a name."""
    n, c, h, w = input.shape
    o, _, kh, kw = weight.shape
    out = np.zeros((n, o, h - kh + 1, w - kw + 1))
    for y, x in np.ndindex(*out.shape[2:]):
        window = input[:, :1, y : y + kh, x : x + kw]
        out[:, :, y, x] = np.einsum("ncij,ocij->no", window, weight[:, :1])
    return out if bias is None else out + bias[:, None, None]
'''
CHECK = 'check("conv2d", my_conv2d)'


@pytest.fixture
def page(lab, tmp_path):
    own = f"import os; os.environ['CNNLAB_DATA_DIR'] = {str(tmp_path)!r}\n{SET_UP}"
    page = lab.open(own, QUESTION, WRONG, CHECK, "my_progress()", width=1100, height=1250)
    page.locator(".cnnlab-progress").wait_for()
    yield page
    assert page.foreign == []
    page.context.close()


def test_the_judge_in_jupyterlab(page, tmp_path):
    before = page.evaluate(CELLS)
    field = page.get_by_label("Your guess")
    field.click()
    page.keyboard.type("abxdd")
    page.keyboard.press("Enter")
    page.get_by_text("“abxdd” is no number").wait_for()
    field.fill("")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.get_by_text("Your guess was 7; the answer is 8. 10 − 3 + 1.").wait_for()

    verdict = page.locator(".cnnlab-verdict")
    assert verdict.get_by_label("channels: wrong").is_visible()
    assert verdict.get_by_text("Your output uses input channel 0 only.").is_visible()
    assert verdict.locator("td.off").count() == 2  # one cell of yours, one of torch's
    for number in (1, 2):
        page.get_by_role("button", name=f"Hint {number} of 3").focus()
        page.keyboard.press("Enter")
        page.locator(".cnnlab-hints li").nth(number - 1).wait_for()
    page.keyboard.type("dd")
    assert page.evaluate(CELLS) == before

    for theme in ("Light", "Dark"):
        _keep(page, theme)
    rows = _rows(tmp_path)
    assert ("prediction", 0) in [(kind, passed) for kind, passed, _ in rows]
    assert ("check", 0) in [(kind, passed) for kind, passed, _ in rows]
    assert [json.loads(detail)["step"] for kind, _, detail in rows if kind == "hint"] == [1, 2]


def _keep(page, theme):
    """Turn to a theme of Lab's, whatever an earlier test left, and keep a picture."""
    change = "(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })"
    page.evaluate(change, f"JupyterLab {theme}")
    light = str(theme == "Light").lower()
    page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{light}'")
    page.wait_for_timeout(500)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"verdict-{theme.lower()}.png")


def _rows(folder):
    base = sqlite3.connect(folder / "progress.sqlite")
    try:
        return base.execute("SELECT kind, passed, detail FROM events ORDER BY id").fetchall()
    finally:
        base.close()
