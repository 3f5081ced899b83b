"""The builder: stubs, sealed predictions, stable ids, what is stale, and an honest strict run."""

import json
import runpy
from pathlib import Path

import pytest

from cnnlab.judge.sealed import seal, unseal

TOOL = Path(__file__).parent.parent / "tools" / "build_notebooks.py"
tool = type("Tool", (), runpy.run_path(str(TOOL)))

ZERO = """\
# %% [markdown]
# # 00 Start (5 min)

# %% [markdown] tags=["map"]
# ## The lessons

# %% [markdown] tags=["glossary"]
# ## Glossary
"""
ONE = '''\
# %% [markdown]
# # 01 Toy (10 min)

# %%
import sys

# %% [markdown] tags=["instructor"]
# For the room.

# %% [markdown]
# ## 1.1 First (10 min)
#
# A **stride** (步幅) and a **kernel** (卷积核), **not a term**.

# %%
predict = print
predict(
    "How many?", 5,
    because="2 + 3",
)

# %%
def my_sum(a, b):
    """Add."""
    ### BEGIN SOLUTION
    total = a + b
    return total
    ### END SOLUTION

# %%
my_sum(2, 3)
'''


@pytest.fixture
def root(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "00_start.py").write_text(ZERO, encoding="utf-8")
    (tmp_path / "lessons" / "01_toy.py").write_text(ONE, encoding="utf-8")
    return tmp_path


def lesson(root, number="01"):
    return tool.lesson_paths(root, [number])[0]


def cell_ids(root):
    return {cell.source: cell["id"] for cell in tool.build(lesson(root), "solutions", root).cells}


def solve(root, source):
    path = root / "lessons" / "02_run.py"
    path.write_text(f"# %% [markdown]\n# # 02 Run (5 min)\n\n# %%\n{source}", encoding="utf-8")
    return tool.run(tool.write_solution(path, root))


# -- stubs and seals ---------------------------------------------


def test_a_stub_keeps_signature_and_docstring_and_hides_the_answer():
    answer = "    ### BEGIN SOLUTION\n    return a\n    ### END SOLUTION"
    source = f'def f(a):\n    """Doc."""\n{answer}\n\nx = 1'
    stub = tool.make_stub(source, "toy")
    assert stub == 'def f(a):\n    """Doc."""\n    ...  # your code here\n\nx = 1'
    space = {}
    exec(stub, space)
    assert space["f"](3) is None


@pytest.mark.parametrize(
    "marks", [["BEGIN"], ["END"], ["BEGIN", "BEGIN", "END"], ["BEGIN", "END", "END"]]
)
def test_markers_that_do_not_pair_are_refused(marks):
    source = "\n".join(f"### {mark} SOLUTION" for mark in marks)
    with pytest.raises(tool.LessonError, match=r"toy: ### .* without"):
        tool.make_stub(source, "toy")


@pytest.mark.parametrize("answer", [5, -0.25, "it moves", (1, 8, 10, 10), [3, 2, 1], True, None])
def test_a_seal_opens_to_what_was_put_in(answer):
    assert unseal(seal(answer, "because “so”")) == (answer, "because “so”")
    assert str(answer) not in seal(answer).removeprefix("sealed:")


def test_a_sealed_prediction_is_the_same_question_with_nothing_to_peek_at():
    source = (
        'predict(\n    "How\\nmany?",\n    (1, 5),\n    because="3 + 2",\n'
        "    choices=[(1, 5), (5, 1)],\n)"
    )
    sealed = tool.seal_predictions(source + "\nx = 1", "toy")
    assert "because" not in sealed
    assert sealed.endswith("\nx = 1")
    calls = []
    exec(sealed, {"predict": lambda *given, **named: calls.append((given, named))})
    [(given, named)] = calls
    assert given == ("How\nmany?",)
    assert unseal(named.pop("answer")) == ((1, 5), "3 + 2")
    assert named == {"choices": [(1, 5), (5, 1)]}


def test_two_predictions_in_a_cell_are_both_sealed():
    sealed = tool.seal_predictions('predict("a", 1)\npredict("b", 2)', "toy")
    assert sealed.count("sealed:") == 2
    assert sealed.index('"a"') < sealed.index('"b"')


def test_a_prediction_that_cannot_be_sealed_is_refused():
    with pytest.raises(tool.LessonError, match="typed-in answer"):
        tool.seal_predictions('predict("How many?", len(x))', "toy")


# -- cells -------------------------------------------------------


def test_student_and_instructor_edition_differ_where_they_should(root):
    student = tool.build(lesson(root), "notebooks", root)
    solved = tool.build(lesson(root), "solutions", root)
    text = "\n".join(cell.source for cell in student.cells)
    assert "For the room" not in text
    assert "total = a + b" not in text
    assert "2 + 3" not in text
    assert "...  # your code here" in text
    assert len(solved.cells) == len(student.cells) + 1
    assert "total = a + b" in "\n".join(cell.source for cell in solved.cells)
    assert not any(cell.get("outputs") for cell in student.cells)


def test_the_banner_says_where_the_source_is(root):
    for edition in ("notebooks", "solutions"):
        first = tool.build(lesson(root), edition, root).cells[0].source
        assert "lessons/01_toy.py" in first
        assert "python3 course.py lessons" in first


def test_ids_are_unique_legal_and_survive_an_insertion_and_an_edit(root):
    before = cell_ids(root)
    assert len(set(before.values())) == len(before)
    assert all(0 < len(name) <= 64 and name.replace("-", "").isalnum() for name in before.values())
    path = lesson(root)
    text = path.read_text("utf-8").replace(
        "# ## 1.1", "# New.\n\n# %%\n1\n\n# %% [markdown]\n# ## 1.1"
    )
    path.write_text(text.replace("total = a + b", "total = b + a"), encoding="utf-8")
    after = cell_ids(root)
    stayed = before.keys() & after.keys()
    assert len(stayed) == len(before) - 1
    assert all(before[source] == after[source] for source in stayed)
    edited = [source for source in after if "total = b + a" in source]
    assert after[edited[0]] in before.values()


def test_cells_that_begin_alike_get_ids_of_their_own(root):
    path = lesson(root)
    path.write_text(path.read_text("utf-8") + "\n# %%\nmy_sum(2, 3)\n", encoding="utf-8")
    ids = [cell["id"] for cell in tool.build(path, "solutions", root).cells]
    assert len(set(ids)) == len(ids)
    assert ids[-1] == ids[-2] + "-2"


def test_lesson_00_gathers_the_map_and_the_glossary(root):
    cells = tool.build(lesson(root, "00"), "notebooks", root).cells
    assert "| [01 Toy](01_toy.ipynb) | 10 |" in cells[2].source
    assert cells[3].source.endswith(
        "| kernel | 卷积核 | [1.1](01_toy.ipynb) |\n| stride | 步幅 | [1.1](01_toy.ipynb) |"
    )


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("Max pooling", "max pooling"),
        ("ReLU", "ReLU"),
        ("Leaky ReLU", "leaky ReLU"),
        ("tap", "tap"),
    ],
)
def test_the_glossary_writes_terms_as_inside_a_sentence(written, listed):
    assert tool.in_small(written) == listed


# -- stale -------------------------------------------------------


def write_both_unexecuted(root):
    for path in tool.lesson_paths(root):
        tool.write_student(path, root)
        solved = root / "solutions" / f"{path.stem}.ipynb"
        solved.parent.mkdir(exist_ok=True)
        solved.write_text(tool.text_of(tool.build(path, "solutions", root)), encoding="utf-8")


def test_fresh_notebooks_are_not_stale_and_writing_again_changes_nothing(root):
    write_both_unexecuted(root)
    assert tool.stale(root) == []
    assert not tool.write_student(lesson(root), root)


def test_an_edited_lesson_makes_both_editions_stale_and_a_new_term_lesson_00(root):
    write_both_unexecuted(root)
    path = lesson(root)
    path.write_text(path.read_text("utf-8").replace("not a term", "term* (术语)"), encoding="utf-8")
    assert tool.stale(root) == [
        "notebooks/01_toy.ipynb is not what lessons/01_toy.py gives",
        "solutions/01_toy.ipynb was executed from another lessons/01_toy.py",
    ]
    path.write_text(path.read_text("utf-8").replace("term* (", "term** ("), encoding="utf-8")
    assert len(tool.stale(root)) == 4


def test_an_answer_changed_in_the_solution_alone_is_stale(root):
    write_both_unexecuted(root)
    solved = root / "solutions" / "01_toy.ipynb"
    solved.write_text(solved.read_text("utf-8").replace("a + b", "a - b"), encoding="utf-8")
    assert [p for p in tool.stale(root) if "notebooks/" in p] == []
    assert len(tool.stale(root)) == 1


def test_a_missing_notebook_and_one_without_a_lesson_are_named(root):
    write_both_unexecuted(root)
    (root / "notebooks" / "01_toy.ipynb").rename(root / "notebooks" / "09_gone.ipynb")
    assert tool.stale(root) == [
        "notebooks/01_toy.ipynb is not what lessons/01_toy.py gives",
        "notebooks/09_gone.ipynb has no lesson",
    ]


def test_an_unknown_number_is_refused(root):
    with pytest.raises(tool.LessonError, match="no lesson 07; there are 00, 01"):
        tool.lesson_paths(root, ["07"])


# -- executing ---------------------------------------------------


def test_a_solved_lesson_is_executed_strictly_and_written_once(root, monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "0")
    source = 'import os\nprint(os.environ["CNNLAB_STRICT"])\nos.listdir()\n\n# %%\n1 + 1\n'
    assert solve(root, source)
    written = root / "solutions" / "02_run.ipynb"
    notebook = json.loads(written.read_text("utf-8"))
    first, second = notebook["cells"][2:]
    assert first["outputs"][0]["text"] == "1\n"
    assert first["outputs"][1]["data"]["text/plain"] == "[]"
    assert second["outputs"][0]["data"]["text/plain"] == "2"
    assert [first["execution_count"], second["execution_count"]] == [1, 2]
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "version" not in notebook["metadata"]["language_info"]
    assert "widgets" not in notebook["metadata"]
    assert not solve(root, source)


def test_a_notebook_is_not_rewritten_for_the_bytes_of_a_picture(root):
    source = """
import os
from IPython.display import display
display({"image/png": os.urandom(9), "text/plain": "a picture"}, raw=True)
"""
    assert solve(root, source)
    notebook = json.loads((root / "solutions" / "02_run.ipynb").read_text("utf-8"))
    [picture] = notebook["cells"][2:]
    assert picture["outputs"][0]["data"]["text/plain"] == "a picture"
    assert notebook["metadata"].keys() == {"kernelspec", "language_info"}
    assert not solve(root, source)
    assert solve(root, source.replace("a picture", "another"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0\n", "a cell of the solved edition failed"),
        ("import sys\nprint('oh', file=sys.stderr)\n", "a cell writes to stderr"),
        (
            "import numpy as np\nx = np.zeros(3)\n\n# %%\nx = np.zeros((2, 2))\n",
            r"x: first \(3,\), then \(2, 2\)",
        ),
        ("'x' * 500_000\n", "bytes when executed, over 400,000"),
    ],
)
def test_a_lesson_that_fails_or_rebinds_or_grows_too_large_is_refused(root, source, message):
    with pytest.raises(tool.LessonError, match=message):
        solve(root, source)
    assert not (root / "solutions" / "02_run.ipynb").exists()
