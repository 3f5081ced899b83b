"""Lessons as pages that need neither a kernel nor a network: what slides and book have in common.

A solved lesson is executed once more. Each explorer in it is written as a page of its own, and a
frame with that page stands where the explorer was. Formulas become MathML, which browsers draw by
themselves, so no page asks anybody for a script.
"""

import re
import sys
import time

import build_notebooks
from latex2mathml.converter import convert

# Code, left as it is; then $$display$$ and $inline$ formulas, which begin and end without a space.
FORMULA = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|\$(?!\s)([^$\n]+?)(?<!\s)\$", re.DOTALL)
PAGES = "explorers"  # the folder of the explorers' pages, beside the page that frames them
# The page tells its height as it changes; a page that is opened by itself tells nobody.
HEIGHT = """<script type="module">
const page = document.documentElement;
const tell = () => parent.postMessage({ cnnlabHeight: page.offsetHeight }, "*");
new ResizeObserver(tell).observe(page);
</script>
"""
# Listens for those heights in the page that has the frames.
FIT = """<script>
addEventListener("message", (event) => {
  const height = event.data?.cnnlabHeight;
  if (!(height > 0)) return;
  for (const frame of document.querySelectorAll("iframe.explorer"))
    if (frame.contentWindow === event.source) frame.style.height = `${height + 8}px`;
});
</script>
"""
# Runs in the lesson's kernel: an explorer shows itself as a frame around a page that it writes.
PRELUDE = """
import pathlib as _pathlib
from cnnlab.explorers.explorer import Explorer as _Explorer
_folder, _stem, _height = _pathlib.Path({folder!r}), {stem!r}, {height!r}
def _as_page(self, **_):
    number = 1 + len(list(_folder.glob(_stem + "-*.html")))
    path = _folder / f"{{_stem}}-{{number}}.html"
    self.to_html(path)
    path.write_text(path.read_text(encoding="utf-8") + _height, encoding="utf-8")
    frame = f'<iframe class="explorer" title="{{self.heading}}" loading="lazy" '
    frame += f'src="{pages}/{{path.name}}"></iframe>'
    return {{"text/html": frame, "text/plain": repr(self)}}
_Explorer._repr_mimebundle_ = _as_page
"""


def with_mathml(text):
    r"""Return Markdown with its formulas as MathML, code left alone.

    >>> with_mathml("`$x$` stays, $x$ does not")[:30]
    '`$x$` stays, <math xmlns="http'
    """

    def drawn(found):
        code, block, inline = found.groups()
        if code is not None:
            return code
        return convert(block or inline, display="block" if block else "inline").strip()

    return FORMULA.sub(drawn, text)


async def solved_lesson(path, folder, on_cell=lambda: None):
    """Return a lesson's solved edition, executed, its explorers written below `folder`."""
    pages = folder / PAGES
    pages.mkdir(parents=True, exist_ok=True)
    for old in pages.glob(f"{path.stem}-*.html"):
        old.unlink()
    prelude = PRELUDE.format(folder=str(pages), stem=path.stem, height=HEIGHT, pages=PAGES)
    notebook = build_notebooks.build(path, "solutions")
    notebook = await build_notebooks.execute(notebook, path.name, on_cell, prelude)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = with_mathml(cell.source)
    return notebook


def solve_all(paths, folder, write):
    """Execute lessons two at a time and hand each to `write(path, notebook)`; return problems."""
    import asyncio

    progress = build_notebooks.Progress(
        sum(len(build_notebooks.build(path, "solutions").cells) for path in paths)
    )
    problems, turn = [], asyncio.Semaphore(2)

    async def one(path):
        async with turn:
            start = time.monotonic()
            try:
                write(path, await solved_lesson(path, folder, progress.step))
            except build_notebooks.LessonError as problem:
                problems.append(str(problem))
                progress.say(f"  {path.stem}: FAILED")
                return
            progress.say(f"  {path.stem}: {time.monotonic() - start:.0f} s")

    async def everyone():
        await asyncio.gather(*map(one, paths))

    build_notebooks.run(everyone())
    for problem in problems:
        print(problem, file=sys.stderr)
    return problems
