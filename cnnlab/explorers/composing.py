"""One script out of several ES modules, since a widget in a notebook can't resolve imports.

`compose("conv2d.js")` joins a file of `static/` with all that it imports: local imports go,
`export` goes from everything but the last file's default, and two files that use one name are
refused. The files stay real ES modules that an editor understands. Nothing is fetched from
anywhere.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from functools import cache
from pathlib import Path

from . import look
from .squeezing import squeezed, squeezed_style

STATIC = Path(__file__).with_name("static")
IMPORT = re.compile(r'^import\b[^;]*?from\s+"(?P<where>[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|let|class|function|async)", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE)


@cache
def compose(*names: str) -> str:
    """Return files of `static/`, and those they import, as one ES module.

    The table of colours comes first; blanks and comments stay behind.

    Errors: ValueError for a name that two files declare, and for an import from anywhere but
        beside the file.

    >>> compose("conv2d.js").count("export ")
    1
    """
    files = {name: read(name) for name in needed(*names)}
    return squeezed(join({"the table of colours": _table(), **files}))


def needed(*names: str) -> list[str]:
    """Return files with those that they import, each behind what it imports.

    >>> needed("groups.js")
    ['frame.js', 'core.js', 'groups.js']
    """
    found: list[str] = []
    for name in names:
        imported = [where["where"] for where in IMPORT.finditer(read(name))]
        local = [where.removeprefix("./") for where in imported if where.startswith("./")]
        found += [other for other in (*needed(*local), name) if other not in found]
    return found


@cache
def style(*names: str) -> str:
    """Return style sheets of `static/` as one."""
    return squeezed_style("".join(read(name) for name in names))


def join(sources: dict[str, str]) -> str:
    """Return the sources of several modules, by name, as the source of one."""
    owner: dict[str, str] = {}
    for name, source in sources.items():
        for where in IMPORT.finditer(source):
            if not where["where"].startswith("./"):
                raise ValueError(f"{name} imports {where['where']}; only files beside it will do")
        for declared in NAME.findall(source):
            if declared in owner:
                raise ValueError(f"{name} and {owner[declared]} both declare {declared}")
            owner[declared] = name
    return "".join(lean(EXPORT.sub("", IMPORT.sub("", source))) for source in sources.values())


def lean(text: str) -> str:
    r"""Return code without indents, blank lines and lines of comment.

    >>> lean("a;\n\n  // why\n  b;\n")
    'a;\nb;\n'
    """
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


# What a notebook is sent for each explorer: the script, packed, and how it is unpacked.
LOADER = """const bytes = Uint8Array.from(atob("{data}"), (letter) => letter.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
const file = new Blob([await new Response(stream).text()], {{ type: "text/javascript" }});
const address = URL.createObjectURL(file);
const view = await import(address);
URL.revokeObjectURL(address);
export default view.default;
"""


def packed(script: str) -> str:
    """Return an ES module that unpacks another one and has its default: less than half the size.

    >>> packed("export default 1;").splitlines()[-1]
    'export default view.default;'
    """
    data = base64.b64encode(zlib.compress(script.encode(), 9)).decode()
    return LOADER.format(data=data)


@cache
def read(name: str) -> str:
    """Return the text of a file of `static/`."""
    return (STATIC / name).read_text(encoding="utf-8")


def _table() -> str:
    table = {"tokens": look.TOKENS, "series": look.SERIES, "dashes": look.DASHES}
    return f"const LOOK = {json.dumps(table)};\n"
