"""Links that open the handout on Binder and Colab, and the first cell that Colab needs.

Both read a public repository on GitHub; the handout, committed and pushed there, is one without
answers. Binder builds environment.yml, as a hub does. Colab has torch and the like but no cnnlab:
the handout's notebooks get one more cell in front, which does nothing where cnnlab is installed.
"""

import json
import re

from course_parts.saying import StopError

PATTERN = re.compile(r"(?:https://github\.com/)?([\w.-]+/[\w.-]+?)(?:\.git)?/?")
FIRST = "notebooks/00_start_here.ipynb"
CELL = """\
# Installs the course where it is missing (on Colab); elsewhere this cell does nothing.
import importlib.util
import sys

if importlib.util.find_spec("cnnlab") is None:
    %pip install --quiet "cnnlab @ git+https://github.com/{name}" anywidget hypothesis platformdirs
if "google.colab" in sys.modules:
    sys.modules["google.colab"].output.enable_custom_widget_manager()"""


def repository(address):
    """Return owner/name of a repository on GitHub.

    >>> repository("https://github.com/ada/cnnlab-day.git")
    'ada/cnnlab-day'
    """
    found = PATTERN.fullmatch(address)
    if not found:
        raise StopError(
            f"{address!r} is not a repository on GitHub.",
            "give its address, https://github.com/OWNER/NAME: Binder and Colab read from there.",
        )
    return found[1]


def links(name):
    """Return the two links as a line of Markdown."""
    binder = f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/{FIRST}"
    colab = f"https://colab.research.google.com/github/{name}/blob/main/{FIRST}"
    return f"Without installing anything: [open in Binder]({binder}) or [in Colab]({colab}).\n"


def with_first_cell(data, name):
    """Return a notebook's bytes with the installing cell below its banner."""
    notebook = json.loads(data)
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "install-where-missing",
        "metadata": {},
        "outputs": [],
        "source": CELL.format(name=name),
    }
    notebook["cells"].insert(1, cell)
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return text.encode()


def add(files, address):
    """Put links and first cells into a handout's files."""
    name = repository(address)
    for path, data in files.items():
        if path.endswith(".ipynb"):
            files[path] = with_first_cell(data, name)
    head, _, rest = files["README.md"].decode().partition("\n## ")
    files["README.md"] = f"{head}\n{links(name)}\n## {rest}".encode()
