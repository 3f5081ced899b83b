"""Build both editions of every lesson from lessons/*.py.

    python tools/build_notebooks.py             write notebooks/ and solutions/
    python tools/build_notebooks.py --only 01   one lesson (and 00, whose glossary grows with it)
    python tools/build_notebooks.py --check     say which notebooks are stale; writes nothing

A lesson is Python in the percent format. The student edition has no outputs, stubs for answers and
sealed predictions; the instructor edition is executed, every exercise checked strictly, and keeps
its outputs.
"""

import argparse
import ast
import asyncio
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "...  # your code here"
LIMIT = 400_000  # bytes of an executed notebook: the history stays light
CELL_SECONDS = 300
TERM = re.compile(r"\*\*([A-Za-z][^*\n]*)\*\* \(([\u3400-\u9fff][^)\n]*)\)")
SECTION = re.compile(r"^## (\d+\.\d+) ", re.MULTILINE)
TITLE = re.compile(r"^# (\d\d) (.+?) \((\d+) min\)$", re.MULTILINE)
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

# Runs unseen in front of a lesson: notes the shape of every array name after each cell.
WATCH = """
_rebound, _shapes = [], {}
def _watch(*_):
    for name, value in list(get_ipython().user_ns.items()):
        if name.startswith("_") or isinstance(value, type):
            continue
        shape = getattr(value, "shape", None)
        shape = tuple(shape) if isinstance(shape, tuple) else None
        if name in _shapes and _shapes[name] is not None and _shapes[name] != shape:
            _rebound.append(f"{name}: first {_shapes[name]}, then {shape}")
        if shape is not None or name in _shapes:
            _shapes[name] = shape
get_ipython().events.register("post_run_cell", _watch)
"""
REPORT = "print(*_rebound, sep='\\n', end='')"


class LessonError(Exception):
    """A lesson that can't be built; the message says which and why."""


# -- reading ---------------------------------------------


def lesson_paths(root=ROOT, only=()):
    """Return the lesson files in order; ``only`` picks them by number."""
    paths = sorted((root / "lessons").glob("[0-9][0-9]_*.py"))
    unknown = set(only) - {path.name[:2] for path in paths}
    if unknown:
        known = ", ".join(path.name[:2] for path in paths)
        raise LessonError(f"no lesson {', '.join(sorted(unknown))}; there are {known}")
    return [path for path in paths if not only or path.name[:2] in only]


def read_lesson(path):
    """Return a lesson's cells, sources stripped, with ids that survive edits elsewhere."""
    cells = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells
    section, seen = "0", {}
    for cell in cells:
        cell.source = cell.source.strip()
        found = SECTION.search(cell.source) if cell.cell_type == "markdown" else None
        section = found[1].replace(".", "-") if found else section
        first = cell.source.split("\n", 1)[0]
        mark = hashlib.sha256(f"{cell.cell_type} {first}".encode()).hexdigest()[:8]
        stem = f"{path.name[:2]}-{section}-{mark}"
        seen[stem] = seen.get(stem, 0) + 1
        cell["id"] = stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
    return cells


def glossary(paths):
    """Return (term, Chinese term, section, notebook) for every term, in the order met."""
    rows = []
    for path in paths:
        section = path.name[:2]
        for cell in read_lesson(path):
            if cell.cell_type != "markdown" or "instructor" in tags(cell):
                continue
            found = SECTION.search(cell.source)
            section = found[1] if found else section
            found = TERM.findall(cell.source)
            rows += [(in_small(en), zh, section, path.stem) for en, zh in found]
    return rows


def in_small(term):
    """Return a term as it stands inside a sentence: "Max pooling" -> "max pooling", not "reLU"."""
    first = term.split()[0]
    return term[0].lower() + term[1:] if first[1:].islower() else term


def tags(cell):
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


# -- the two editions ---------------------------------------------


def build(path, edition, root=ROOT):
    """Return the notebook of a lesson, not executed; ``edition`` is "notebooks" or "solutions"."""
    everyone = lesson_paths(root)
    cells = [banner(path, edition)]
    for cell in read_lesson(path):
        if edition == "notebooks" and "instructor" in tags(cell):
            continue
        if edition == "notebooks" and cell.cell_type == "code":
            cell.source = seal_predictions(make_stub(cell.source, path.name), path.name)
        if "glossary" in tags(cell):
            cell.source += "\n\n" + glossary_table(glossary(everyone))
        if "map" in tags(cell):
            cell.source += "\n\n" + lesson_map(everyone)
        cells.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return notebook


def banner(path, edition):
    """Return the first cell: which edition this is and where its source lies."""
    kinds = {"notebooks": "Student edition", "solutions": "Instructor edition, solved"}
    text = (
        f"<small>{kinds[edition]}, generated from `lessons/{path.name}`. To change the lesson for "
        "everyone, edit the source and run `python3 course.py lessons`.</small>"
    )
    cell = nbformat.v4.new_markdown_cell(text)
    cell["id"] = f"{path.name[:2]}-banner"
    return cell


def make_stub(source, name):
    """Return the source with each answer between the markers replaced by one line to fill in."""
    lines, hidden = [], False
    for line in source.split("\n"):
        mark = line.strip()
        if mark == (BEGIN if hidden else END):
            raise LessonError(f"{name}: {mark} without its partner before it")
        if mark == BEGIN:
            lines.append(line.replace(BEGIN, STUB))
        elif not hidden and mark != END:
            lines.append(line)
        hidden = mark == BEGIN or (hidden and mark != END)
    if hidden:
        raise LessonError(f"{name}: {BEGIN} without {END} after it")
    return "\n".join(lines)


def seal_predictions(source, name):
    """Return the source with the answer and reason of each predict(...) sealed."""
    if "predict(" not in source:
        return source
    from cnnlab.judge.sealed import seal

    calls = [node for node in ast.walk(ast.parse(source)) if _is_predict(node)]
    for call in sorted(calls, key=lambda node: -node.lineno):
        given = dict(zip(("question", "answer", "because"), call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords}
        try:
            answer = ast.literal_eval(given["answer"])
            because = ast.literal_eval(given["because"]) if "because" in given else ""
        except (KeyError, ValueError) as problem:
            raise LessonError(
                f"{name}: predict needs a typed-in answer: {ast.unparse(call)}"
            ) from problem
        kept = [key for key in ("choices", "name", "mistakes") if key in given]
        extras = [f"{key}={ast.get_source_segment(source, given[key])}" for key in kept]
        question = ast.get_source_segment(source, given["question"])
        arguments = [question, *extras, f'answer="{seal(answer, because)}"']
        sealed = "predict(\n    " + ",\n    ".join(arguments) + ",\n)"
        source = source.replace(ast.get_source_segment(source, call), sealed)
    return source


def _is_predict(node):
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "predict"
    )


def glossary_table(rows):
    """Return the glossary in Markdown, alphabetical, each term with the section it comes from."""
    lines = ["| term | 中文 | introduced in |", "|---|---|---|"]
    for term, chinese, section, stem in sorted(rows, key=lambda row: row[0].lower()):
        lines.append(f"| {term} | {chinese} | [{section}]({stem}.ipynb) |")
    return "\n".join(lines)


def lesson_map(paths):
    """Return the table of lessons with their minutes, each a link to its notebook."""
    lines = ["| lesson | minutes |", "|---|---|"]
    for path in paths:
        found = TITLE.search("\n".join(cell.source for cell in read_lesson(path)[:1]))
        if not found:
            rule = f"the first cell must begin with '# {path.name[:2]} Title (NN min)'"
            raise LessonError(f"{path.name}: {rule}")
        lines.append(f"| [{found[1]} {found[2]}]({path.stem}.ipynb) | {found[3]} |")
    return "\n".join(lines)


# -- executing ---------------------------------------------


async def execute(notebook, name, on_cell=lambda: None, prelude=""):
    """Run a notebook strictly, in a fresh kernel and folder; return it with its outputs.

    ``prelude`` is code that runs unseen before the first cell.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    run = nbformat.from_dict(notebook)
    watch = nbformat.v4.new_code_cell(WATCH + prelude)
    report = nbformat.v4.new_code_cell(REPORT)
    run.cells = [watch, *run.cells, report]
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            *(run, _kernel_manager()),
            resources={"metadata": {"path": folder}},
            timeout=CELL_SECONDS,
            record_timing=False,
            coalesce_streams=True,
            on_cell_complete=lambda **_: on_cell(),
        )
        try:
            environment = {**os.environ, **strict_environment(folder)}
            await client.async_execute(env=environment, cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError) as problem:
            message = f"{name}: a cell of the solved edition failed\n{problem}"
            raise LessonError(message) from None
    rebound = "".join(output.get("text", "") for output in report.outputs)
    if rebound:
        raise LessonError(f"{name}: a name must keep its shape, or take another name\n{rebound}")
    run.cells = run.cells[1:-1]
    return tidy(run, name)


def strict_environment(folder):
    """Return the settings of a solved run: wrong answers raise, nobody's progress is touched."""
    return {"CNNLAB_STRICT": "1", "CNNLAB_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}


def _kernel_manager():
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    manager = AsyncKernelManager(kernel_name="python3")
    # The interpreter that runs this tool, whatever kernels of the same name are installed.
    quiet = "--IPKernelApp.log_level=ERROR"
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", quiet]
    title = KERNEL["display_name"]
    manager._kernel_spec = KernelSpec(argv=argv, display_name=title, language="python")
    return manager


def tidy(notebook, name):
    """Drop what differs from run to run: timings, versions, widget models, counters out of step."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, 1):
        cell.execution_count = count
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            if output.get("name") == "stderr":
                written = f"{cell.source}\n---\n{output.text}"
                raise LessonError(f"{name}: a cell writes to stderr\n{written}")
            if "execution_count" in output:
                output.execution_count = count
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return notebook


# -- writing and checking ---------------------------------------------


def text_of(notebook):
    """Return a notebook's bytes: one way of writing JSON for all."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def without_pictures(notebook):
    """Return what a reader would see change: sources and texts, but not a PNG's bytes."""
    plain = json.loads(text_of(notebook))
    for cell in plain["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = ""
    return plain


def without_outputs(notebook):
    """Return the part of a notebook that the source alone decides."""
    plain = json.loads(text_of(notebook))
    for cell in plain["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return plain


def write_student(path, root=ROOT):
    """Write a lesson's student edition; return whether the file changed."""
    target = root / "notebooks" / f"{path.stem}.ipynb"
    return _write(target, text_of(build(path, "notebooks", root)))


async def write_solution(path, root=ROOT, on_cell=lambda: None):
    """Execute and write a lesson's instructor edition; return whether the file changed."""
    target = root / "solutions" / f"{path.stem}.ipynb"
    notebook = await execute(build(path, "solutions", root), path.name, on_cell)
    text = text_of(notebook)
    size = len(text.encode())
    if size > LIMIT:
        raise LessonError(f"{path.name}: {size:,} bytes when executed, over {LIMIT:,}")
    if target.exists():
        before = without_pictures(json.loads(target.read_text("utf-8")))
        if before == without_pictures(notebook):
            return False
    return _write(target, text)


def _write(target, text):
    if target.exists() and target.read_bytes() == text.encode():
        return False
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(text.encode())
    return True


def stale(root=ROOT, only=()):
    """Return a sentence for each notebook that does not match its lesson."""
    problems = []
    for path in lesson_paths(root, only):
        student = root / "notebooks" / f"{path.stem}.ipynb"
        fresh = text_of(build(path, "notebooks", root)).encode()
        if not student.exists() or student.read_bytes() != fresh:
            problems.append(f"notebooks/{student.name} is not what lessons/{path.name} gives")
        solved = root / "solutions" / f"{path.stem}.ipynb"
        fresh = without_outputs(build(path, "solutions", root))
        if not solved.exists() or without_outputs(json.loads(solved.read_text("utf-8"))) != fresh:
            problems.append(
                f"solutions/{solved.name} was executed from another lessons/{path.name}"
            )
    if not only:
        names = {f"{path.stem}.ipynb" for path in lesson_paths(root)}
        for edition in ("notebooks", "solutions"):
            extra = sorted(p.name for p in (root / edition).glob("*.ipynb") if p.name not in names)
            problems += [f"{edition}/{name} has no lesson" for name in extra]
    return problems


# -- the command ---------------------------------------------


class Progress:
    """One line that tells how many cells have run; plain lines when not on a terminal."""

    def __init__(self, total):
        self.done, self.total, self.start = 0, total, time.monotonic()
        self.live = sys.stdout.isatty()

    def step(self):
        """Count one cell more."""
        self.done = min(self.done + 1, self.total)
        if self.live:
            filled = 30 * self.done // max(1, self.total)
            print(
                f"\r  [{'#' * filled:-<30}] {self.done} of {self.total} cells", end="", flush=True
            )

    def say(self, text):
        """Print a line of its own."""
        print(("\r" + " " * 60 + "\r" if self.live else "") + text, flush=True)


def run(coroutine):
    """Run a coroutine on an event loop that the kernel's sockets work with, on Windows too."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(coroutine)


async def build_all(paths, jobs=2):
    """Write both editions of these lessons, ``jobs`` at a time; return the problems."""
    problems = []
    for path in paths:
        write_student(path)
    progress = Progress(sum(len(build(path, "solutions").cells) for path in paths))
    turn = asyncio.Semaphore(jobs)

    async def one(path):
        async with turn:
            start = time.monotonic()
            try:
                changed = await write_solution(path, on_cell=progress.step)
            except LessonError as problem:
                problems.append(str(problem))
                progress.say(f"  {path.stem}: FAILED")
                return
            word = "written" if changed else "unchanged"
            progress.say(f"  {path.stem}: {word}, {time.monotonic() - start:.0f} s")

    await asyncio.gather(*map(one, paths))
    return problems


def main(arguments=None):
    """Build or check the notebooks; return 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say which notebooks are stale")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NN", help="these lessons, by number"
    )
    options = parser.parse_args(arguments)
    try:
        if options.check:
            problems = stale(only=options.only)
        else:
            paths = lesson_paths(only=options.only)
            print(f"building {len(paths)} lesson{'s' * (len(paths) != 1)} in both editions")
            problems = run(build_all(paths))
    except LessonError as problem:
        problems = [str(problem)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems and options.check:
        print("run: python3 course.py lessons", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
