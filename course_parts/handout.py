"""The participants' edition: what a learner needs and no answers, in a folder that can be given.

What is left out: lessons/ and solutions/ (the answers), tests/ (right answers in other styles),
tools/, benchmarks/ and workshop/. What is sealed: the judge's bank of exercises, whose truths and
wrong variants would answer many an exercise; Python opens the seal, the eye does not. The operators
themselves stay readable: lessons show them, after the exercise.
"""

import importlib.util
import json
import tomllib
import zipfile
from pathlib import Path

from course_parts import ROOT, badges, torch_build, wheels
from course_parts.environment import Environment, run_pip
from course_parts.laying import write_whole
from course_parts.saying import StopError

RECORD = ".handout.json"
PLAIN = (
    "course.py",
    "constraints.txt",
    "environment.yml",
    "pyproject.toml",
    "LICENSE",
    "LICENSE-lessons",
    ".gitignore",
)
TREES = {
    "cnnlab": (".py", ".js", ".css", ".npz", ".json"),
    "course_parts": (".py", ".json"),
    "notebooks": (".ipynb",),
}
INSTRUCTORS = {"course_parts/handout.py", "course_parts/badges.py"}
BANKS = ("cnnlab/judge/lesson_[0-9][0-9]*.py", "cnnlab/judge/correlating.py")
SEALED = '''\
"""{name}: a part of the judge's bank of exercises, sealed, since to read it is to be told."""

from cnnlab.judge.sealed import unseal

TEXT = (
{words}
)
exec(compile(unseal(TEXT)[0], __file__, "exec"))
'''
WIDTH = 88


def files(root=ROOT):
    """Return the handout's files: for each path in it, its bytes."""
    root = Path(root)
    found = {name: (root / name).read_bytes() for name in PLAIN}
    found["README.md"] = (root / "workshop" / "handout" / "README.md").read_bytes()
    for tree, endings in TREES.items():
        for path in sorted((root / tree).rglob("*")):
            if path.suffix in endings and not _is_litter(path):
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    for name in INSTRUCTORS:
        del found[name]
    for bank in BANKS:
        for path in sorted(root.glob(bank)):
            found[path.relative_to(root).as_posix()] = sealed(path, root).encode()
    return found


def _is_litter(path):
    return "__pycache__" in path.parts or ".ipynb_checkpoints" in path.parts


def sealed(path, root=ROOT):
    """Return a module that does what the one at `path` does and can't be read by accident."""
    spec = importlib.util.spec_from_file_location(
        "sealed", Path(root) / "cnnlab" / "judge" / "sealed.py"
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    word = tool.seal(path.read_text(encoding="utf-8"))
    lines = [f'    "{word[i : i + WIDTH]}"' for i in range(0, len(word), WIDTH)]
    return SEALED.format(name=path.name, words="\n".join(lines))


def write(target, root=ROOT, address=None):
    """Write the handout into a folder that is new, empty, or an earlier handout; return its files.

    An earlier one is renewed: what was handed out and is no more is removed, what others put there
    (a learner's work/, .venv, .git, wheels) stays. `address` is the repository on GitHub that it
    will be pushed to, for links to Binder and Colab.
    """
    target, root = Path(target).resolve(), Path(root).resolve()
    refuse(target, root)
    found = files(root)
    if address:
        badges.add(found, address)
    try:
        for name, data in found.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != data:
                write_whole(path, data)
        for name in set(_record(target)) - set(found):
            (target / name).unlink(missing_ok=True)
        write_whole(target / RECORD, json.dumps(sorted(found), indent=0).encode())
    except OSError as error:
        raise StopError(
            f"The handout could not be written: {error.strerror} ({error.filename}).",
            "see that the folder is yours to write and the disk not full, then run it again.",
        ) from error
    return sorted(found)


def refuse(target, root):
    """Stop before anything is written where a handout does not belong."""
    if target == root or any(target.is_relative_to(root / tree) for tree in TREES):
        raise StopError(f"{target} is a part of the course itself.", "name another folder.")
    if target.exists() and not target.is_dir():
        raise StopError(f"{target} is a file.", "name a folder.")
    if target.is_dir() and any(target.iterdir()) and not (target / RECORD).is_file():
        raise StopError(
            f"{target} holds other things already.",
            "name a new or empty folder, or that of an earlier handout.",
        )


def _record(target):
    try:
        read = json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    inside = [name for name in read if isinstance(name, str) and ".." not in Path(name).parts]
    return [name for name in inside if not Path(name).is_absolute()]


def zip_up(target, names):
    """Zip what was handed out and its wheels, in one folder; return the zip's path."""
    target = Path(target).resolve()
    archive = target.with_name(f"{target.name}.zip")
    wheels = [path.relative_to(target).as_posix() for path in target.glob("wheels/*/*.whl")]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name in [*names, *sorted(wheels)]:
            how = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            out.write(target / name, f"{target.name}/{name}", how)
    return archive


def needs(root):
    """Return what a learner's machine needs, from pyproject, and what installs it."""
    project = tomllib.loads((Path(root) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return ["pip", "setuptools", *project["dependencies"], *project["optional-dependencies"]["lab"]]


def fill(root, target, torch_choice=None):
    """Put the wheels for machines like this one into `target`/wheels; return their folder."""
    home = Environment(root)
    constraint = ["--constraint", str(home.root / "constraints.txt")]
    choice = torch_choice or home.remembered().get("torch")
    index = torch_build.choose(home.python, constraint, choice)
    version = [int(part) for part in home.version().split(".")]
    folder = Path(target) / "wheels" / wheels.kind(version)
    words = [*torch_build.options(index), *constraint, "--wheel-dir", str(folder), *needs(root)]
    count = len((home.root / "constraints.txt").read_text(encoding="utf-8").split("==")) * 3 // 4
    run_pip(home, "Fetching the wheels", words, count, verb="wheel")
    if not list(folder.glob("*.whl")):
        raise StopError(
            f"pip put no wheels into {folder}.", f"read its words in {home.log} and try again."
        )
    return folder
