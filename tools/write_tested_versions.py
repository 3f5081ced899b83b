"""Write cnnlab/tested_versions.json, which `cnnlab doctor` reads, from pyproject and constraints.

    python tools/write_tested_versions.py

For each package that lessons need: the lowest version that works and the one that was tested.
tests/test_doctor.py fails when the file is stale.
"""

import argparse
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "cnnlab" / "tested_versions.json"
NEED = re.compile(r"([\w.-]+)>=([\d.]+)")


def versions(root=ROOT):
    """Return what the file holds, read from the two hand-written ones."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", _constraints(root), re.MULTILINE))
    needs = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    packages = {}
    for need in needs:
        name, least = NEED.match(need).groups()
        packages[name] = [least, pinned[name]]
    return {"python": project["requires-python"].removeprefix(">="), "packages": packages}


def _constraints(root):
    return (root / "constraints.txt").read_text("utf-8")


def text(root=ROOT):
    """Return the file's text."""
    return json.dumps(versions(root), indent=1) + "\n"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    FILE.write_text(text(), encoding="utf-8")
