"""pyproject.toml, constraints.txt, environment.yml and what is installed say the same."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from course_parts import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
# Names under which conda-forge has what pip calls otherwise.
CONDA_NAMES = {"pytorch-cpu": "torch"}
HERE = {"sys_platform": sys.platform}


def pins():
    """Return every line of constraints.txt as a requirement, by its name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    read = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in read}


PINS = pins()


def pinned_version(name):
    (only,) = PINS[canonicalize_name(name)].specifier
    return only.version


def needs():
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [Requirement(line) for group in groups for line in group]


def test_constraints_are_exact_once_each_and_hold_no_address():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    names = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    assert len(names) == len({canonicalize_name(name) for name in names}) == len(PINS)
    for pin in PINS.values():
        (only,) = pin.specifier
        assert only.operator == "=="
        assert "*" not in only.version
        assert "+" not in only.version, f"{pin}: a local build exists on one system only"
        assert pin.url is None


@pytest.mark.parametrize("need", needs(), ids=str)
def test_every_need_has_a_tested_version_that_satisfies_it(need):
    assert need.specifier.contains(pinned_version(need.name))
    assert list(need.specifier), f"{need}: say the lowest version that works"


def test_operators_need_numpy_alone():
    assert [Requirement(line).name for line in PROJECT["dependencies"]] == ["numpy"]


def test_installed_versions_are_the_tested_ones():
    """Whoever raises a version in .venv alone is told here, before CI tells."""
    differing, untested = [], []
    for name in needed_by("cnnlab", {"lab", "dev", "workshop"}):
        version = importlib.metadata.version(name).split("+")[0]
        if name not in PINS:
            untested.append(f"{name}=={version}")
        elif pinned_version(name) != version:
            differing.append(f"{name}: installed {version}, constraints.txt {pinned_version(name)}")
    assert not differing
    assert not untested, "constraints.txt does not name these"


def test_what_learners_install_is_for_the_oldest_python_we_name():
    """Debian's Python is 3.11.2: a package that wants 3.11.5 would leave its users outside."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    wanting = {}
    for name in needed_by("cnnlab", {"lab"}) | {"pip", "setuptools"}:
        wants = importlib.metadata.metadata(name).get("Requires-Python") or ""
        if not SpecifierSet(wants).contains(oldest):
            wanting[name] = wants
    assert wanting == {}


def needed_by(name, extras=frozenset()):
    """Return the names of all that `name` with `extras` brings along here, at any depth."""
    found, waiting = set(), [(name, frozenset(extras))]
    seen = set(waiting)
    while waiting:
        current, extras = waiting.pop()
        for line in importlib.metadata.requires(current) or []:
            need = Requirement(line)
            wanted = need.marker is None or any(
                need.marker.evaluate({**HERE, "extra": extra}) for extra in extras or {""}
            )
            key = (canonicalize_name(need.name), frozenset(need.extras))
            if wanted and key not in seen:
                seen.add(key)
                waiting.append(key)
                found.add(key[0])
    return found - {"cnnlab"}


def test_walk_of_needs_reaches_the_depth():
    found = needed_by("cnnlab", {"lab", "dev", "workshop"})
    assert {"numpy", "tornado", "rfc3987-syntax", "execnet", "lark"} <= found


# -- environment.yml -----------------------------------------------------------------------------


def conda_lines():
    return [line for line in CONDA["dependencies"] if isinstance(line, str)]


def pip_lines():
    (section,) = [line["pip"] for line in CONDA["dependencies"] if isinstance(line, dict)]
    return section


def test_conda_installs_the_same_package_at_the_same_versions():
    assert pip_lines() == ["--constraint constraints.txt", "--editable .[lab]"]
    assert "lab" in PROJECT["optional-dependencies"]


@pytest.mark.parametrize("line", [line for line in conda_lines() if not line.startswith("python=")])
def test_conda_packages_are_pinned_as_in_constraints(line):
    name, version = line.split("=")
    assert version == pinned_version(CONDA_NAMES.get(name, name))


def test_conda_has_the_build_of_torch_for_ordinary_processors():
    names = [line.split("=")[0] for line in conda_lines()]
    assert "pytorch-cpu" in names


def test_conda_python_is_one_that_the_package_takes():
    (line,) = [line for line in conda_lines() if line.startswith("python=")]
    version = line.removeprefix("python=")
    assert re.fullmatch(r"3\.\d+", version)
    needed = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert needed.contains(version)


def test_conda_channels_are_named_and_need_no_account():
    assert CONDA["name"] == "cnnlab"
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]


@pytest.mark.skipif(sys.platform == "win32", reason="repo2docker is not made for Windows")
def test_repo2docker_takes_the_checkout_for_a_conda_environment():
    """Its own detection, in a process of its own: it looks at the current folder."""
    code = """
from repo2docker.buildpacks import CondaBuildPack
pack = CondaBuildPack("any-base-image")
early = "environment.yml" in pack.get_preassemble_script_files()
print(pack.detect(), pack.environment_yaml_path, pack.python_version, early)
"""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    # Nothing is installed before the checkout is copied, since pip installs from the checkout.
    assert answer.stdout.split() == ["True", "environment.yml", python_of_conda(), "False"]


def python_of_conda():
    return next(line for line in conda_lines() if line.startswith("python=")).split("=")[1]


# -- the same commands everywhere ----------------------------------------------------------------


def test_every_machine_runs_the_readmes_command():
    command = "python3 course.py test"
    assert (ROOT / ".ci" / "run").read_text("utf-8").count(f"exec {command} </dev/null") == 1
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8"))
    job = flow["jobs"]["test"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [command]
    systems = {row["os"].split("-")[0] for row in job["strategy"]["matrix"]["include"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert command in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' own bash is another program")
def test_ci_script_is_bash_that_parses():
    bash = subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, capture_output=True, text=True)
    assert (bash.returncode, bash.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' own bash is another program")
@pytest.mark.parametrize("has_browser", [True, False])
def test_ci_installs_a_browser_only_where_there_is_none(tmp_path, has_browser):
    """The real script, with apt-get and python3 replaced by stand-ins that say what they got."""
    stand_ins = {
        "apt-get": 'echo "apt-get $*"',
        "sudo": '"$@"',
        # `-c` asks for a browser; anything else is the command that CI runs.
        "python3": f'[ "$1" = -c ] && exit {int(not has_browser)}; echo "CI=$CI python3 $*"; cat',
    }
    for name, text in stand_ins.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    run = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        input="nobody reads this",
        capture_output=True,
        text=True,
    )
    lines = run.stdout.splitlines()
    assert lines[-1] == "CI=true python3 course.py test"
    installed = [line for line in lines if line.startswith("apt-get install")]
    assert bool(installed) is not has_browser
    assert all(line.endswith(" chromium") for line in installed)
    assert run.returncode == 0


def test_commit_hook_runs_the_lint_command():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    entries = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    assert entries == ["python course.py lint"]
    assert {repo["repo"] for repo in hooks["repos"]} == {"local"}
