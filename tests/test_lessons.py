"""Every lesson, held to its budgets: short cells, plain prose, nothing claimed that no cell shows.

The rules read lessons/*.py; a new lesson falls under them without a word here. Whether the code is
right is not tested here but by running it: the builder executes the solved edition strictly, nbval
both editions.
"""

import ast
import json
import re
import runpy
import statistics
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
tool = type("Tool", (), runpy.run_path(str(ROOT / "tools" / "build_notebooks.py")))

FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
EXERCISE = re.compile(r"^### Exercise (\d+\.\d+) · `(\w+)` \((core|stretch), (\d+) min\)$", re.M)
HEADING = re.compile(r"^## (?:(\d+\.\d+) )?(.+?)(?: \((\d+) min\))?$", re.MULTILINE)
MINUTES = re.compile(r"\((\d+) min\)$", re.MULTILINE)
MEDIAN_LINES, MOST_LINES, MOST_IMPORTS = 4, 25, 5
WORDS_PER_CELL = (25, 80)


class Lesson:
    """A lesson's cells, and its sections: lists of cells that begin with a heading."""

    def __init__(self, path):
        self.path, self.number = path, path.name[:2]
        self.cells = tool.read_lesson(path)

    @cached_property
    def code(self):
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @cached_property
    def prose(self):
        """The Markdown that everybody reads."""
        marked = [cell for cell in self.cells if cell.cell_type == "markdown"]
        return [cell for cell in marked if "instructor" not in tool.tags(cell)]

    @cached_property
    def parts(self):
        """(number or None, title, minutes or None, cells) for each "## " heading."""
        parts = []
        for cell in self.cells:
            found = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
            if found:
                minutes = int(found[3]) if found[3] else None
                parts.append((found[1], found[2], minutes, []))
            if parts:
                parts[-1][3].append(cell)
        return parts

    @cached_property
    def sections(self):
        return [part for part in self.parts if part[0]]

    @cached_property
    def exercises(self):
        """(section, name, kind, minutes, text, cells after it up to the next Markdown heading)."""
        found = []
        for section, _, _, cells in self.sections:
            for i, cell in enumerate(cells):
                head = EXERCISE.search(cell.source) if cell.cell_type == "markdown" else None
                if head:
                    rest = cells[i + 1 :]
                    codes = [c.source for c in rest if c.cell_type == "code"]
                    found.append((section, head[2], head[1], int(head[4]), cell.source, codes))
        return found


PATHS = tool.lesson_paths(ROOT)


@pytest.fixture(params=PATHS, ids=[path.stem for path in PATHS])
def lesson(request):
    return Lesson(request.param)


def lines(source):
    """How many lines of code a cell has: blank ones and comments left out."""
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") for line in source.split("\n")
    )


def is_call(node, name):
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == name


def calls(source, name):
    return [node for node in ast.walk(ast.parse(source)) if is_call(node, name)]


def asserts(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


# -- the frame ---------------------------------------------------


def test_the_first_cell_gives_number_title_and_the_sum_of_all_minutes(lesson):
    title = tool.TITLE.search(lesson.cells[0].source)
    assert title, f"first cell: # {lesson.number} Title (NN min)"
    assert title[1] == lesson.number
    assert int(title[3]) == sum(minutes or 0 for _, _, minutes, _ in lesson.parts)


def test_sections_are_numbered_in_order_and_say_their_minutes(lesson):
    numbers = [number for number, *_ in lesson.sections]
    assert numbers == [f"{int(lesson.number)}.{i + 1}" for i in range(len(numbers))]
    assert [title for number, title, minutes, _ in lesson.sections if not minutes] == []


def test_one_visible_set_up_cell_imports_everything(lesson):
    importing = [
        cell.source
        for cell in lesson.code
        if any(isinstance(n, ast.Import | ast.ImportFrom) for n in ast.parse(cell.source).body)
    ]
    assert importing == [lesson.code[0].source], (
        "imports stand in the first code cell, and only there"
    )
    assert len(ast.parse(importing[0]).body) <= MOST_IMPORTS


def test_nothing_is_hidden_and_nothing_leaves_the_notebook(lesson):
    hidden = {"hide", "hide-input", "hide-cell", "remove-input", "remove-cell", "skip"}
    banned = re.compile(r"pyplot|urllib|requests|urlopen|socket|https?://|\binput\(")
    for cell in lesson.code:
        assert not hidden & set(tool.tags(cell))
        assert not re.search(r"^\s*[%!]", cell.source, re.MULTILINE), cell.source
        assert not banned.search(cell.source), cell.source


def test_links_between_notebooks_lead_to_lessons(lesson):
    names = {f"{path.stem}.ipynb" for path in PATHS}
    for cell in lesson.prose:
        assert set(re.findall(r"\]\(([^)#]+\.ipynb)", cell.source)) <= names


# -- budgets -----------------------------------------------------


def test_code_cells_are_short(lesson):
    student = [tool.seal_predictions(tool.make_stub(c.source, ""), "") for c in lesson.code]
    assert statistics.median(map(lines, student)) <= MEDIAN_LINES
    long = [cell.source for cell in lesson.code if lines(cell.source) > MOST_LINES]
    assert long == []


def test_there_is_enough_prose_and_not_too_much(lesson):
    text = " ".join(re.sub(r"<[^>]+>", " ", FOLDED.sub(" ", c.source)) for c in lesson.prose)
    words = [word for word in text.split() if re.search(r"\w", word)]
    low, high = WORDS_PER_CELL
    assert low <= len(words) / len(lesson.code) <= high


# -- a section ---------------------------------------------------


def test_every_section_predicts_before_it_shows_and_asserts_what_it_shows(lesson):
    set_up = lesson.code[0].source
    for number, _, _, cells in lesson.sections:
        codes = [c.source for c in cells if c.cell_type == "code" and c.source != set_up]
        assert calls(codes[0], "predict"), f"{number}: the first code cell is a prediction"
        assert any(asserts(source) for source in codes), f"{number}: no assert"


def test_every_section_ends_by_saying_it_back(lesson):
    for number, _, _, cells in lesson.sections:
        last = [
            c.source
            for c in cells
            if c.cell_type == "markdown" and "instructor" not in tool.tags(c)
        ]
        assert last[-1].startswith("**Say it back.**"), number
        assert "<details>" in last[-1], f"{number}: fold a possible answer beneath the question"


def test_predictions_have_a_typed_in_answer_and_a_reason(lesson):
    for cell in lesson.code:
        for call in calls(cell.source, "predict"):
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            answer = ast.literal_eval(named.get("answer") or call.args[1])
            because = named.get("because") or call.args[2]
            assert len(ast.literal_eval(because)) > 8, cell.source
            if "choices" in named:
                assert answer in ast.literal_eval(named["choices"]), cell.source


def test_numbers_in_the_prose_are_held_by_code(lesson):
    """A number of three digits or more stands in an assert or a prediction of its section."""
    for number, _, _, cells in lesson.parts:
        held = " ".join(
            c.source
            for c in cells
            if c.cell_type == "code" and (asserts(c.source) or calls(c.source, "predict"))
        )
        known = set(re.findall(r"\d+", re.sub(r"(?<=\d)[_,](?=\d{3})", "", held)))
        for cell in cells:
            if cell.cell_type != "markdown":
                continue
            text = re.sub(
                r"`[^`]*`|\((19|20)\d\d\)|\]\([^)]*\)|^#+ .*$", "", cell.source, flags=re.M
            )
            text = re.sub(r"(?<=\d)[,_](?=\d{3})", "", text)
            claimed = set(re.findall(r"(?<![\w.])\d{3,}", text))
            assert claimed <= known, f"{number}: no assert holds {sorted(claimed - known)}"


# -- exercises ---------------------------------------------------


def test_exercises_say_minutes_and_kind_and_help_in_steps(lesson):
    for section, name, number, _, text, _ in lesson.exercises:
        assert number == section, f"{name} bears the number of its section, {section}"
        assert "Common error:" in text, name
        steps = re.findall(r"<summary>Hint (\d) of (\d)</summary>", text)
        assert len(steps) >= 2, f"{name}: hints in at least two steps"
        assert steps == [(str(i + 1), str(len(steps))) for i in range(len(steps))], name


def test_exercises_are_a_stub_with_its_answer_and_then_a_check(lesson):
    for _, name, _, _, _, codes in lesson.exercises:
        assert f"def my_{name}(" in codes[0], name
        assert tool.BEGIN in codes[0], name
        [function] = [n for n in ast.parse(codes[0]).body if isinstance(n, ast.FunctionDef)]
        assert ast.get_docstring(function), f"{name}: a docstring stays in the stub"
        assert codes[1] == f'check("{name}", my_{name})'


def test_every_check_and_every_stub_belongs_to_an_exercise(lesson):
    names = {name for _, name, *_ in lesson.exercises}
    for cell in lesson.code:
        for call in calls(cell.source, "check"):
            assert ast.literal_eval(call.args[0]) in names, cell.source
        assert bool(re.search(r"^def my_", cell.source, re.M)) == (tool.BEGIN in cell.source)


def test_exercises_are_the_judges_and_stand_where_it_says(lesson):
    from cnnlab.judge.bank import exercise

    for section, name, *_ in lesson.exercises:
        assert exercise(name).section == section


def test_core_exercises_fit_into_their_section(lesson):
    for section, _, minutes, _ in lesson.sections:
        core = [e[3] for e in lesson.exercises if e[0] == section and "(core," in e[4]]
        assert sum(core) <= minutes, section


def test_later_cells_never_need_an_answer(lesson):
    for cell in lesson.code:
        if tool.BEGIN in cell.source:
            continue
        free = re.sub(r'\b(check|reveal|reset)\([^()]*\)|"[^"\n]*"', "", cell.source)
        assert "my_" not in free.replace("my_progress", ""), (
            f"Run All must not need an answer:\n{cell.source}"
        )


# -- pictures ----------------------------------------------------


def test_every_picture_is_told_in_words(lesson):
    for cell in lesson.code:
        for node in ast.walk(ast.parse(cell.source)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if getattr(node.func.value, "id", None) == "figures" and node.func.attr != "theme":
                alt = [k.value for k in node.keywords if k.arg == "alt"]
                assert alt, cell.source
                assert len(ast.literal_eval(alt[0]).split()) >= 6, cell.source


# -- the end -----------------------------------------------------


def test_the_last_page_has_a_quiz_and_says_where_to_read_on(lesson):
    if lesson.number == "00":
        assert [tool.tags(cell) for cell in lesson.cells[-2:]] == [["map"], ["glossary"]]
        return
    number, title, minutes, cells = lesson.parts[-1]
    assert (number, title) == (None, "You can now")
    assert minutes
    quiz = [c for c in cells if c.cell_type == "code" and calls(c.source, "predict")]
    assert len(quiz) == 5
    text = cells[-1].source
    assert len(re.findall(r"^\d\. ", text, re.MULTILINE)) >= 3, "three things for who wants more"
    assert len(re.findall(r"\((19|20)\d\d\)", text.split("### Read on")[1])) >= 3


# -- all lessons together ----------------------------------------


def test_each_term_is_introduced_once():
    terms = [row[0].lower() for row in tool.glossary(PATHS)]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []
    assert len(terms) > 10


def test_no_notebook_is_stale():
    assert tool.stale(ROOT) == [], "run: python3 course.py lessons"


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_the_student_edition_gives_nothing_away(path):
    notebook = json.loads((ROOT / "notebooks" / f"{path.stem}.ipynb").read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    text = "\n".join("".join(cell["source"]) for cell in code)
    assert "SOLUTION" not in text
    assert "because=" not in text
    assert text.count("sealed:") == text.count("predict(")


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_the_solved_edition_ran_to_its_end_and_its_pictures_have_words(path):
    file = ROOT / "solutions" / f"{path.stem}.ipynb"
    assert file.stat().st_size <= tool.LIMIT
    notebook = json.loads(file.read_text("utf-8"))
    assert "widgets" not in notebook["metadata"]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for output in (output for cell in code for output in cell["outputs"]):
        assert output["output_type"] != "error"
        if "image/png" in output.get("data", {}):
            assert output["metadata"]["image/png"]["alt"]
