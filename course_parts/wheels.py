"""A folder of wheels beside the course, for a room without network: filled by one, used by all.

wheels/ holds one folder for each kind of machine, named after its system, processor and Python:
wheels/linux-x86_64-py3.11. A machine that finds its own folder there installs from it and asks no
index; another one downloads as usual.
"""

import platform
import sys
from pathlib import Path


def kind(version=sys.version_info):
    """Return what wheels must fit: system, processor, Python.

    >>> kind((3, 12)).endswith("-py3.12")
    True
    """
    return f"{sys.platform}-{platform.machine()}-py{version[0]}.{version[1]}"


def options(root, version):
    """Return pip's options for the wheels that fit such a Python, none where there are none."""
    folder = Path(root) / "wheels" / kind(version)
    if folder.is_dir():
        return ["--no-index", "--find-links", str(folder)]
    others = sorted(other.name for other in folder.parent.glob("*-py*"))
    if others:
        print(f"wheels/ has nothing for {folder.name}, only for {', '.join(others)}: downloading.")
    return []
