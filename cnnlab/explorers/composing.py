"""One script out of several ES modules, since a widget in a notebook can't resolve imports.

`compose("frame.js", "core.js", ...)` joins files of `static/`: local imports go, `export` goes from
everything but the last file's default, and two files that use one name are refused. The files stay
real ES modules that an editor understands. Indents and whole lines of comment stay behind; nothing
is fetched from anywhere.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from functools import cache
from pathlib import Path

from . import look

STATIC = Path(__file__).with_name("static")
IMPORT = re.compile(r'^import\b[^;]*?from\s+"(?P<where>[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|let|class|function|async)", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE)


@cache
def compose(*names: str) -> str:
    """Return the files of `static/` as one ES module, the table of colours first.

    Errors: ValueError for a name that two files declare, and for an import from anywhere but
        beside the file.

    >>> compose("frame.js", "core.js", "record.js", "gather.js", "conv2d.js").count("export ")
    1
    """
    return join({"the table of colours": _table(), **{name: read(name) for name in names}})


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
