"""The house's rules that a reader counts on: floors, light imports, names, docstrings, lengths."""

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib

import grimp
import pytest

import cnnlab
from course_parts import ROOT

PACKAGE = ROOT / "cnnlab"
MODULES = sorted(PACKAGE.rglob("*.py"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
HEAVY = ("torch", "matplotlib", "IPython", "ipywidgets", "anywidget", "sklearn", "scipy")
# What `import cnnlab` defines at once; the rest of __all__ is loaded when it is asked for.
OPERATORS = [name for name in cnnlab.__all__ if inspect.isfunction(vars(cnnlab).get(name))]
# The aim is 150 lines of code in a module and 15 in a body; well past twice that, one is two.
LONGEST, LONGEST_BODY = 300, 35
# Tables of exercises and mistakes, one entry after another: there is nothing to follow in them.
BANKS = re.compile(r"judge/(lesson_\d\d\w*|layer_slips|correlating)\.py$")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def fresh(code):
    """Run code in a Python that has imported nothing yet; return what it prints."""
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return answer.stdout


def loaded_by(line):
    return set(json.loads(fresh(f"import json, sys\n{line}\nprint(json.dumps([*sys.modules]))")))


# -- imports ------------------------------------------------------------------------------------


def test_contracts_of_the_floors_are_kept():
    line = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    answer = subprocess.run(
        [sys.executable, "-c", line, "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    kept = len(SETTINGS["importlinter"]["contracts"])
    assert f"Contracts: {kept} kept, 0 broken." in answer.stdout


def floors():
    """Return the floor of each part of the package, counted from below."""
    (contract,) = [c for c in SETTINGS["importlinter"]["contracts"] if c["type"] == "layers"]
    rows = [re.findall(r"\w+", row) for row in reversed(contract["layers"])]
    return {name: floor for floor, row in enumerate(rows) for name in row}


def test_every_part_has_one_floor_and_every_floor_stands():
    parts = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    parts |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(floors()) == parts


def test_no_part_below_the_top_goes_around_the_floors():
    """`from cnnlab import x` would reach every floor unseen: parts name the module they need."""
    graph = grimp.build_graph("cnnlab")
    around = {
        importer
        for importer in graph.find_modules_that_directly_import("cnnlab")
        if floors()[importer.split(".")[1]] < floors()["judge"]
    }
    assert not around


def test_import_loads_numpy_and_nothing_heavier():
    loaded = loaded_by("import cnnlab")
    assert "numpy" in loaded
    assert not loaded & set(HEAVY)


def test_operators_and_gradients_run_without_anything_heavier():
    line = (
        "import cnnlab, numpy as np; x, w = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2));"
        "y = cnnlab.conv2d(x, w); cnnlab.conv2d_backward(y, x, w)"
    )
    assert not loaded_by(line) & set(HEAVY)


def test_names_of_the_package_are_listed_once_and_exist():
    assert len(cnnlab.__all__) == len(set(cnnlab.__all__))
    for name in cnnlab.__all__:
        assert getattr(cnnlab, name) is not None
    assert set(cnnlab.__all__) <= set(dir(cnnlab))


# -- what a learner reads -------------------------------------------------------------------------


@pytest.mark.parametrize("name", cnnlab.__all__)
def test_public_name_is_explained(name):
    """Shift-Tab shows a sentence first."""
    first = (inspect.getdoc(getattr(cnnlab, name)) or "").split("\n\n")[0]
    assert re.search(r"[.:]$", first)


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_has_an_example_that_runs_as_a_doctest(name):
    assert ">>> " in inspect.getdoc(getattr(cnnlab, name))


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_shows_its_real_arguments(name):
    parameters = inspect.signature(getattr(cnnlab, name)).parameters.values()
    assert parameters
    assert all(each.kind is not each.VAR_KEYWORD for each in parameters)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_function_hides_its_module(path):
    """`from cnnlab.conv import conv` in an __init__ makes the module cnnlab.conv unreachable."""
    name = module_name(path)
    assert inspect.ismodule(importlib.import_module(name))
    package, _, last = name.rpartition(".")
    if package:
        assert inspect.ismodule(getattr(sys.modules[package], last))
        assert last not in cnnlab.__all__ or package != "cnnlab" or last in cnnlab.MODULES


def lines_of_code(text):
    """Count lines that are neither empty, nor comment, nor docstring."""
    explained = set()
    for node in ast.walk(ast.parse(text)):
        documented = isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        if documented and ast.get_docstring(node) is not None:
            explained |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(bool(line.split("#")[0].strip()) and at not in explained for at, line in lines)


def body_length(function):
    """Count a body's lines without its docstring and without functions inside it."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    inner = [node for part in body for node in ast.walk(part) if isinstance(node, ast.FunctionDef)]
    inside = {at for node in inner for at in range(node.lineno, node.end_lineno + 1)}
    return len(set(range(body[0].lineno, body[-1].end_lineno + 1)) - inside) if body else 0


READ_THROUGH = [path for path in MODULES if not BANKS.search(path.as_posix())]


@pytest.mark.parametrize("path", READ_THROUGH, ids=module_name)
def test_module_is_a_page_or_two(path):
    assert path.stem != "utils"
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert lines_of_code(text) <= LONGEST
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    long = {node.name: body_length(node) for node in functions if body_length(node) > LONGEST_BODY}
    assert not long


# -- what may not be in the repository ------------------------------------------------------------

LEFT_FOR_LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|raise NotImpl" r"emented")
CANNOT_FAIL = re.compile(r"\bassert True\b|pytest\.skip" r"\(|import" r"orskip")
FROM_THE_NETWORK = re.compile(r"https?://(cdn\.|unpkg|[\w.]*jsdelivr|cdnjs|fonts\.)")


def texts(*patterns):
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


CODE = texts("cnnlab/**/*.py", "cnnlab/**/*.js", "course*.py", "course_parts/*.py", "tools/*.py")
TESTS = texts("tests/**/*.py", "conftest.py")


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_left_for_later_or_fetched(path):
    text = path.read_text("utf-8")
    assert not LEFT_FOR_LATER.findall(text)
    assert not FROM_THE_NETWORK.findall(text)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_tests_can_fail(path):
    text = path.read_text("utf-8")
    assert not CANNOT_FAIL.findall(text)
    bare = [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare)
    ]
    assert not bare, "a comparison without assert"
