"""show: the text that runs, with its place."""

import operator
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

import cnnlab
import cnnlab.network
import cnnlab.tracing
from cnnlab.showing import show


def test_a_function_of_the_package_is_shown_with_its_file():
    shown = show(cnnlab.conv2d)
    assert shown.place == "cnnlab/convolution.py"
    assert str(shown).startswith("def conv2d(")
    assert repr(shown) == f"conv2d in cnnlab/convolution.py\n\n{shown.text}"


def test_html_has_the_line_but_not_in_the_instructors_edition(monkeypatch):
    shown = show(cnnlab.conv2d)
    first = (
        Path(cnnlab.convolution.__file__).read_text(encoding="utf-8").splitlines()[shown.line - 1]
    )
    assert first == "def conv2d("
    assert f"cnnlab/convolution.py:{shown.line}" in shown._repr_html_()
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    assert f":{shown.line}" not in shown._repr_html_()


def test_markup_in_source_is_escaped():
    def tagged():
        return "<b>"

    assert "&lt;b&gt;" in show(tagged)._repr_html_()
    assert show(tagged).name == "tagged"


def test_modules_and_other_packages():
    assert show(cnnlab.sliding).place == "cnnlab/sliding.py"
    assert show(np.pad).place.startswith("numpy/lib/")


@pytest.mark.parametrize("thing", [len, 3, np.exp, "text"])
def test_what_has_no_source_is_refused(thing):
    with pytest.raises(TypeError, match="must have Python source"):
        show(thing)


SOLVED = sorted((Path(__file__).parent.parent / "solutions").glob("*.ipynb"))
SHOWN = re.compile(r"^show\((?:cnnlab\.)?([\w.]+)\)$", re.MULTILINE)


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_a_solved_notebook_shows_the_code_as_it_is(path):
    for cell in nbformat.read(path, 4).cells:
        for name in SHOWN.findall(cell.source if cell.cell_type == "code" else ""):
            thing = operator.attrgetter(name)(cnnlab)
            printed = "".join(output["data"]["text/plain"] for output in cell.outputs[-1:])
            assert printed == repr(show(thing)), f"build the notebook again: {name} has changed"
