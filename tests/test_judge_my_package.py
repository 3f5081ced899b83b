"""my_cnn.py: what passed is written down and importable, and nothing of the learner's is lost."""

import importlib.util
import linecache
import types

import numpy as np
import pytest

import cnnlab
from cnnlab.judge import check, my_package

NOTEBOOK = '''
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as windows
import math

SCALE = 1
unused = 3

def places(n, k):
    return n - k + SCALE

class Adder:
    """Adds."""
    def total(self, array):
        return math.fsum(array.ravel())

def my_correlate1d(signal, kernel):
    """Slide the kernel."""
    ### BEGIN SOLUTION
    add = Adder()
    n = places(len(signal), len(kernel))
    return np.array([add.total(signal[i : i + len(kernel)] * kernel) for i in range(n)])
    ### END SOLUTION

def slide(image, kernel):
    return np.einsum("yxij,ij->yx", windows(image, kernel.shape), kernel)

image_of_my_own = np.ones(3)

def with_a_global(signal, kernel):
    return np.correlate(signal, kernel, "valid") * image_of_my_own[0]

def maker():
    seen = []
    def inner(signal, kernel):
        seen.append(1)
        return np.correlate(signal, kernel, "valid")
    return inner

closure = maker()
short = lambda signal, kernel: np.correlate(signal, kernel, "valid")

def layered(signal, kernel):
    return my_correlate1d(signal, kernel)

signal = kernel = copy = size = np.ones(3)
STEP = 1

def overshadowed(signal, kernel, step=STEP):
    class Places:
        first = 0
        step = STEP
        second = first + step
    k = kernel.copy().size
    starts = range(Places.first, signal.size - k + 1, Places.second)
    return np.array([(signal[i : i + k] * kernel).sum() for i in starts])
'''


@pytest.fixture
def notebook():
    """Return a namespace made as a notebook makes one: its source in linecache, module __main__."""
    name = "<cell of a test>"
    linecache.cache[name] = (len(NOTEBOOK), None, NOTEBOOK.splitlines(keepends=True), name)
    module = types.ModuleType("__main__")
    exec(compile(NOTEBOOK, name, "exec"), vars(module))
    yield module
    del linecache.cache[name]


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "my_cnn.py"
    monkeypatch.setenv("CNNLAB_MY_CNN", str(path))
    return path


def imported(path):
    spec = importlib.util.spec_from_file_location("my_cnn_of_a_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_function_that_passes_is_written_with_all_it_needs(file, notebook):
    assert check("correlate1d", notebook.my_correlate1d).passed
    text = file.read_text()
    assert "import numpy as np\n" in text
    assert "import math\n" in text
    assert "SOLUTION" not in text
    assert "unused" not in text
    assert '"""Slide the kernel."""' in text
    mine = imported(file)
    np.testing.assert_array_equal(mine.my_correlate1d(np.arange(4.0), np.ones(2)), [1, 3, 5])


def test_arguments_and_attributes_may_have_the_names_of_globals(file, notebook):
    verdict = check("correlate1d", notebook.overshadowed)
    assert verdict.passed
    assert file.exists(), repr(verdict)
    text = file.read_text()
    assert "STEP = 1\n" in text
    assert not [line for line in text.splitlines() if line.startswith(("copy", "size", "__name"))]
    mine = imported(file)
    np.testing.assert_array_equal(mine.my_correlate1d(np.arange(4.0), np.ones(2)), [1, 3, 5])


def test_a_function_of_another_name_gets_the_exercises_name_too(file, notebook):
    assert check("correlate2d", notebook.slide).passed
    assert "sliding_window_view as windows" in file.read_text()
    assert (
        imported(file).my_correlate2d is imported(file).slide
        or "my_correlate2d = slide" in file.read_text()
    )
    np.testing.assert_array_equal(imported(file).my_correlate2d(np.eye(2), np.eye(2)), [[2.0]])


def test_the_newest_that_passed_stands_once(file, notebook):
    check("correlate1d", notebook.my_correlate1d)
    check("correlate1d", notebook.layered)
    check("correlate1d", lambda signal, kernel: signal)
    text = file.read_text()
    assert text.count("# >>> correlate1d, lesson 01") == 1
    assert "my_correlate1d = layered" not in text or text.count("def layered") == 1
    mine = imported(file)
    np.testing.assert_array_equal(mine.my_correlate1d(np.arange(4.0), np.ones(2)), [1, 3, 5])


def test_what_stands_outside_the_blocks_stays(file, notebook):
    check("correlate1d", notebook.my_correlate1d)
    text = file.read_text()
    file.write_text(
        text.replace("# >>> correlate1d", "MINE = 'kept'\n\n\n# >>> correlate1d") + "\nAFTER = 2\n"
    )
    check("correlate1d", notebook.my_correlate1d)
    check("correlate2d", notebook.slide)
    mine = imported(file)
    assert (mine.MINE, mine.AFTER) == ("kept", 2)
    assert file.read_text().count("import numpy as np\n") == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("with_a_global", "the global variable image_of_my_own"),
        ("closure", "variables of the function around it"),
        ("short", "written with `def`"),
    ],
)
def test_what_cannot_be_written_down_is_said(file, notebook, name, told):
    verdict = check("correlate1d", getattr(notebook, name))
    assert verdict.passed
    assert any("not written to my_cnn.py" in r and told in r for r in verdict.remarks)
    assert not file.exists()


def test_a_broken_file_is_not_made_worse(file, notebook):
    file.write_text("def broken(:\n")
    verdict = check("correlate1d", notebook.my_correlate1d)
    assert any("would not be Python any more" in remark for remark in verdict.remarks)
    assert file.read_text() == "def broken(:\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_is_said(tmp_path, monkeypatch, notebook):
    monkeypatch.setenv("CNNLAB_MY_CNN", str(tmp_path / "no" / "folder" / "my_cnn.py"))
    verdict = check("correlate1d", notebook.my_correlate1d)
    assert verdict.passed
    assert any("not written to my_cnn.py" in remark for remark in verdict.remarks)


def test_a_function_of_the_package_is_imported_not_copied(file):
    def uses_cnnlab(input, weight, bias=None):
        return cnnlab.conv2d(input, weight, bias)

    uses_cnnlab.__module__ = "__main__"
    assert check("conv2d", uses_cnnlab).passed
    assert "import cnnlab\n" in file.read_text()


def test_only_notebooks_write_and_the_setting_switches_it_off(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CNNLAB_MY_CNN", raising=False)
    assert my_package.target() is None
    monkeypatch.setattr(my_package, "in_notebook", lambda: True)
    assert my_package.target().name == "my_cnn.py"
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    assert my_package.target() is None
    monkeypatch.setenv("CNNLAB_MY_CNN", "1")
    assert my_package.target().name == "my_cnn.py"
    monkeypatch.setenv("CNNLAB_MY_CNN", "0")
    assert my_package.target() is None
