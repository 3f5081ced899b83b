"""`cnnlab doctor` on a good machine, and on machines broken on purpose."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import cnnlab
from cnnlab import cli, machine
from cnnlab.doctor import LOOKS, doctor, look
from cnnlab.judge import progress
from course_parts import ROOT, door, environment
from course_parts.saying import StopError
from tools import write_tested_versions

QUICK = [name for name in LOOKS if name not in ("torch computes", "kernel")]


@pytest.fixture
def only(monkeypatch):
    """Return a function that leaves only the named looks, so that a test takes no seconds."""

    def keep(*names):
        for name in set(LOOKS) - set(names):
            monkeypatch.delitem(LOOKS, name)

    return keep


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return the folder of a course that is somebody's own, with nothing in it yet."""
    (tmp_path / "course.py").touch()
    monkeypatch.setattr(machine, "course_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def no_course(monkeypatch):
    """Pretend that the package was installed by itself, without the course's folder."""
    monkeypatch.setattr(machine, "course_folder", lambda: None)


def mended_line(said, name):
    """Return (what was found, what to do) from the two lines of a finding that is not well."""
    lines = said.splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.startswith(f"MEND  {name} ")]
    assert lines[at + 1].startswith("      do: ")
    return lines[at].removeprefix(f"MEND  {name}").strip(), lines[at + 1].removeprefix("      do: ")


def broken(name, only, capsys):
    """Run the command with one look and return what it says; it must end with 1."""
    only(name)
    assert doctor([]) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[-1].startswith("This machine is not ready. Begin with " + name)
    return mended_line(said, name)


# -- a good machine --------------------------------------------------------------------------------


def test_good_machine_is_ready_in_every_line(capsys):
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert [line[:24].strip() for line in lines[:-2]] == [f"OK    {name}" for name in LOOKS]
    assert lines[-2:] == ["", "This machine is ready."]


def test_json_says_the_same(capsys, only):
    only(*QUICK)
    assert doctor(["--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read["ready"] is True
    assert [row["name"] for row in read["looks"]] == QUICK
    assert {(row["ok"], row["mend"]) for row in read["looks"]} == {(True, "")}


def test_json_of_a_broken_machine(capsys, only, monkeypatch):
    only("disk", "python")
    monkeypatch.setattr(machine, "DISK", float("inf"))
    assert doctor(["--json"]) == 1
    read = json.loads(capsys.readouterr().out)
    assert read["ready"] is False
    (row,) = [row for row in read["looks"] if row["name"] == "disk"]
    assert row["ok"] is False
    assert row["mend"].endswith("pip cache purge")


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_look_that_crashes_is_a_line_and_the_rest_is_looked_at(error, monkeypatch):
    def crash():
        raise error("nobody thought of this")

    monkeypatch.setitem(LOOKS, "Python", crash)
    for name in set(LOOKS) - {"Python", "disk"}:
        monkeypatch.delitem(LOOKS, name)
    found = dict(look())
    assert found["Python"].found == f"{error.__name__}: nobody thought of this"
    assert "course.py" in found["Python"].mend
    assert found["disk"].ok


def test_tested_versions_are_those_of_pyproject_and_constraints():
    stored = write_tested_versions.FILE.read_text("utf-8")
    assert stored == write_tested_versions.text(), "run: python tools/write_tested_versions.py"
    assert machine.TESTED["packages"]["numpy"][0] == "2.2"
    assert set(machine.TESTED["packages"]) >= {"torch", "jupyterlab", "anywidget"}


# -- packages --------------------------------------------------------------------------------------


def pretend(tmp_path, name, version):
    """Write what pip leaves of an installed package, its version, and return the folder."""
    folder = tmp_path / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return tmp_path


@pytest.mark.usefixtures("no_course")
@pytest.mark.parametrize(
    ("version", "rule"),
    [
        ("1.26.4", "1.26.4 is too old: 2.2 or newer is needed"),
        ("3.0", "3.0 is a later generation than"),
    ],
)
def test_wrong_version(version, rule, tmp_path, monkeypatch, only, capsys):
    monkeypatch.syspath_prepend(pretend(tmp_path, "numpy", version))
    found, mend = broken("numpy", only, capsys)
    assert found.startswith(rule)
    assert mend.endswith(f"-m pip install numpy=={machine.TESTED['packages']['numpy'][1]}")


def test_in_the_courses_own_environment_course_py_mends(course, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(course / ".venv"))
    assert machine.install("numpy").endswith(f'"{course / "course.py"}" lab --fresh')
    monkeypatch.setattr(sys, "prefix", str(course / "elsewhere"))
    assert machine.install("numpy").endswith("-m pip install numpy")


def test_other_version_of_the_same_generation_is_well_and_said(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(pretend(tmp_path, "numpy", "2.99.1"))
    tested = machine.TESTED["packages"]["numpy"][1]
    assert machine.installed("numpy") == (True, f"2.99.1 (tested with {tested})", "")


@pytest.mark.usefixtures("no_course")
def test_no_torch(monkeypatch, only, capsys):
    monkeypatch.setattr(machine, "version_of", lambda name: None)
    found, mend = broken("torch", only, capsys)
    assert found == "is not installed"
    assert mend == f'"{sys.executable}" -m pip install torch=={pinned("torch")}'


def pinned(name):
    return machine.TESTED["packages"][name][1]


@pytest.mark.usefixtures("no_course")
def test_package_that_does_not_load(tmp_path, monkeypatch, only, capsys):
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "__init__.py").write_text("raise OSError('libgomp is missing')")
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    found, mend = broken("scikit-learn", only, capsys)
    assert "does not load: OSError: libgomp is missing" in found
    assert "--force-reinstall --no-deps scikit-learn==" in mend


@pytest.mark.parametrize(
    ("numpy", "found"),
    [
        ("raise ImportError('Please read this.\\n\\nIt was: no BLAS\\n')", "It was: no BLAS"),
        ("raise ModuleNotFoundError('No module named numpy')", "No module named numpy"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("", "has no attribute"),
    ],
    ids=["broken", "missing", "ends Python", "empty"],
)
def test_numpy_that_does_not_load_is_a_line_of_a_whole_report(numpy, found, tmp_path):
    """A real process with a NumPy in front of the real one."""
    (tmp_path / "numpy.py").write_text(numpy)
    paths = [str(tmp_path), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    few = ("numpy", "cnnlab", "port")
    code = (
        "import sys; from cnnlab import cli, doctor\n"
        f"for name in set(doctor.LOOKS) - set({few}): del doctor.LOOKS[name]\n"
        "sys.exit(cli.main(['doctor']))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stderr) == (1, "")
    lines = told.stdout.splitlines()
    ill = "numpy" if numpy else "cnnlab"
    assert any(line.startswith(f"MEND  {ill}") and found in line for line in lines)
    assert any(line.startswith("MEND  cnnlab") and found in line for line in lines)
    assert any(line.startswith("OK    port") for line in lines)
    assert lines[-1].startswith(f"This machine is not ready. Begin with {ill}")


def test_without_operators_whoever_asks_for_one_is_told_why(monkeypatch):
    monkeypatch.setattr(cnnlab, "trouble", SystemExit(3))
    monkeypatch.delattr(cnnlab, "conv2d")
    with pytest.raises(ImportError, match="ask cnnlab doctor: SystemExit: 3"):
        cnnlab.conv2d  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'conv9d'"):
        cnnlab.conv9d  # noqa: B018


@pytest.mark.usefixtures("no_course")
def test_package_that_ends_python_when_it_is_loaded(tmp_path, monkeypatch, only, capsys):
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "__init__.py").write_text("raise SystemExit(3)")
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    found, _ = broken("scikit-learn", only, capsys)
    assert found.endswith("does not load: SystemExit: 3")


@pytest.mark.usefixtures("no_course")
def test_version_without_a_number(tmp_path, monkeypatch, only, capsys):
    monkeypatch.syspath_prepend(pretend(tmp_path, "numpy", "unknown"))
    found, mend = broken("numpy", only, capsys)
    assert found == "says no version: 'unknown'; 2.2 or newer is needed"
    assert mend.endswith(f"-m pip install numpy=={pinned('numpy')}")


@pytest.mark.parametrize(
    ("torch", "found"),
    [
        ("raise ImportError('no torch here')", "ImportError: no torch here"),
        ("import os; os._exit(132)", "Python ended with 132"),
    ],
    ids=["does not load", "ends the process"],
)
def test_torch_that_does_not_compute(torch, found, tmp_path, monkeypatch, only, capsys):
    """A real process with a torch in front of the real one."""
    (tmp_path / "torch.py").write_text(torch)
    monkeypatch.setattr(machine, "course_folder", lambda: None)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said, mend = broken("torch computes", only, capsys)
    assert said == found
    assert f"torch=={pinned('torch')}" in mend


def test_a_process_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(machine, "CHILD_SECONDS", 0.01)
    with pytest.raises(machine.ChildError, match=r"nothing happened for 0\.01 s"):
        machine.in_a_child("judge_an_answer")


# -- the kernel and the widgets --------------------------------------------------------------------


def kernel_of(tmp_path, monkeypatch, *argv):
    """Put a kernel named python3 in front of the real one."""
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    row = {"argv": [sys.executable, *argv], "display_name": "Python 3", "language": "python"}
    spec.write_text(json.dumps(row))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))


def test_kernel_that_does_not_start(tmp_path, monkeypatch, only, capsys):
    kernel_of(tmp_path, monkeypatch, "-c", "raise SystemExit(3)")
    found, mend = broken("kernel", only, capsys)
    assert "a cell did not run: " in found
    assert "Kernel died" in found
    assert mend == f'"{sys.executable}" -m ipykernel install --sys-prefix --name python3'


def test_kernel_of_another_python(tmp_path, monkeypatch, only, capsys):
    elsewhere = f"""
import sys
sys.prefix = {str(tmp_path)!r}
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""
    kernel_of(tmp_path, monkeypatch, "-c", elsewhere, "-f", "{connection_file}")
    found, mend = broken("kernel", only, capsys)
    assert found == f"notebooks run in another Python, {tmp_path}"
    assert "ipykernel install --sys-prefix" in mend


@pytest.mark.usefixtures("no_course")
def test_missing_front_end(tmp_path, monkeypatch, only, capsys):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path)])
    found, mend = broken("ipywidgets in Lab", only, capsys)
    assert found == "its half in the browser is missing"
    assert "--force-reinstall --no-deps jupyterlab_widgets" in mend


@pytest.mark.parametrize("off", [{"anywidget": True}, ["anywidget"]], ids=["mapping", "list"])
def test_front_end_that_is_switched_off(off, tmp_path, monkeypatch, only, capsys):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "labconfig").mkdir()
    settings = tmp_path / "labconfig" / "page_config.json"
    settings.write_text(json.dumps({"disabledExtensions": off}))
    found, mend = broken("anywidget in Lab", only, capsys)
    assert found.startswith("is switched off in ")
    assert mend.endswith("-m jupyter labextension enable anywidget")


# -- port, disk, memory ----------------------------------------------------------------------------


def test_taken_ports(monkeypatch, only, capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        monkeypatch.setattr(machine, "FIRST_PORT", other.getsockname()[1])
        monkeypatch.setattr(machine, "PORTS", 1)
        found, mend = broken("port", only, capsys)
    assert "are taken" in found
    assert "course.py" in mend
    assert int(mend.split("lab --port ")[1]) != machine.FIRST_PORT


def test_one_taken_port_is_no_trouble(monkeypatch):
    monkeypatch.setattr(machine, "_is_free", lambda number: number > machine.FIRST_PORT)
    assert machine.port() == (True, "8889 is free (8888 is taken; Lab takes this one)", "")


def test_full_disk(monkeypatch, only, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=123_000_000))
    found, mend = broken("disk", only, capsys)
    assert found == "0.1 GB free, 0.5 GB needed"
    assert mend.endswith("pip cache purge")


def test_little_memory(monkeypatch, only, capsys):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=200_000_000))
    found, mend = broken("memory", only, capsys)
    assert found == "0.2 GB free, 0.5 GB needed"
    assert "close other programs" in mend


def test_a_containers_limit_counts(tmp_path):
    (tmp_path / "memory.current").write_text("100000000\n")
    (tmp_path / "memory.max").write_text("300000000\n")
    assert machine.free_memory(tmp_path) == 200_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.free_memory(tmp_path) > 200_000_000


# -- what must be writable -------------------------------------------------------------------------


def test_work_that_is_a_file(course, only, capsys):
    (course / "work").touch()
    _, mend = broken("work folder", only, capsys)
    moves = "move" if os.name == "nt" else "mv"
    assert mend == f'{moves} "{course / "work"}" "{course / "work"}-old"'


def test_notebook_that_cannot_be_saved(course, only, capsys, monkeypatch):
    (course / "work").mkdir()
    (course / "work" / "01_convolution.ipynb").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    found, mend = broken("work folder", only, capsys)
    assert found == "cannot be saved: 01_convolution.ipynb"
    assert str(course / "work") in mend


def test_work_that_is_not_there_yet_is_well_and_not_made(course):
    assert machine.work().ok
    assert not (course / "work").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner's number")
def test_folder_of_another_user_is_given_back(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert machine.unlock(tmp_path / "not" / "there") == f'sudo chown -R "$(id -un)" "{tmp_path}"'
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid)
    assert machine.unlock(tmp_path) == f'chmod -R u+rwX "{tmp_path}"'


def test_file_that_hides_a_package(course, only, capsys):
    (course / "work").mkdir()
    (course / "work" / "my_cnn.py").touch()
    assert machine.names().ok
    (course / "work" / "random.py").touch()
    found, mend = broken("file names", only, capsys)
    assert found == "random.py hides the package of that name"
    assert mend.endswith(f'"{course / "work" / "my_random.py"}"')


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("PIL.py", "my_PIL.py"),
        ("IPython.py", "my_IPython.py"),
        ("scipy.py", "my_scipy.py"),
        ("numpy/__init__.py", "my_numpy"),
        ("random/__init__.py", "my_random"),
    ],
)
def test_what_hides_a_package_that_a_package_needs(path, new, course, only, capsys):
    (course / "work" / path).parent.mkdir(parents=True)
    (course / "work" / path).touch()
    found, mend = broken("file names", only, capsys)
    assert found == f"{Path(path).parts[0]} hides the package of that name"
    assert mend.endswith(f'"{course / "work" / new}"')


def test_what_hides_nothing_is_well(course):
    for name in ("images", "numpy", "my_package"):
        (course / "work" / name).mkdir(parents=True)
    (course / "work" / "my_package" / "__init__.py").touch()
    (course / "work" / "torch.txt").touch()
    code = f"import sys; sys.path.insert(0, {str(course / 'work')!r}); import numpy; numpy.ones"
    subprocess.run([sys.executable, "-c", code], check=True)  # a bare folder gives way
    assert machine.names().ok


def test_progress_that_cannot_be_kept(tmp_path, monkeypatch, only, capsys):
    (tmp_path / "a-file").touch()
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "a-file" / "cnnlab"))
    found, mend = broken("progress file", only, capsys)
    assert found.startswith("progress is not kept: ")
    assert mend.endswith(f'"{tmp_path / "a-file"}" "{tmp_path / "a-file"}-old"')


def test_looking_at_progress_leaves_no_row():
    assert machine.progress().ok
    assert progress.events() == []


# -- the door --------------------------------------------------------------------------------------


def test_the_door_looks_without_installing(monkeypatch, capsys):
    monkeypatch.setattr(door, "set_up", lambda *_: pytest.fail("doctor installed something"))
    monkeypatch.setattr(environment.Environment, "version", lambda self: None)
    assert door.main(["doctor"]) == 1
    assert "not installed here yet.\nWhat to do: python3 course.py lab" in capsys.readouterr().err


@pytest.mark.parametrize(("ends", "code"), [((0, 1), 1), ((1,), 1), ((0, 0), 0)])
def test_the_door_hands_over_to_the_installed_doctor(ends, code, monkeypatch):
    seen, ends = [], list(ends)

    def run(command, cwd):
        seen.append(command)
        return subprocess.CompletedProcess(command, ends.pop(0))

    monkeypatch.setattr(environment.Environment, "version", lambda self: "3.11.0")
    monkeypatch.setattr(door.subprocess, "run", run)
    assert door.main(["doctor", "--json"]) == code
    assert len(seen) == 1 or seen[1][-1] == "--json"


def test_fresh_gives_up_what_is_installed_and_remembers_what_was_chosen(tmp_path, monkeypatch):
    home = environment.Environment(tmp_path)
    home.python.parent.mkdir(parents=True)
    home.python.touch()
    home.remember(extras=["lab"], torch="https://example.org/cpu")
    environment.start_afresh(tmp_path)
    assert home.version() is None
    assert home.remembered()["torch"] == "https://example.org/cpu"
    environment.start_afresh(tmp_path)  # once more does no harm

    def in_use(self, missing_ok):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", in_use)
    with pytest.raises(StopError, match="is in use"):
        environment.start_afresh(tmp_path)


def test_fresh_is_an_option_of_the_door(monkeypatch):
    asked = []
    monkeypatch.setattr(door, "start_afresh", lambda: asked.append("fresh"))
    monkeypatch.setattr(door, "set_up", lambda *_: "the-python")
    monkeypatch.setattr(door.laying, "lay", lambda *_: [])
    monkeypatch.setattr(door, "_become", lambda command: 0)
    assert door.main(["lab", "--fresh"]) == 0
    assert door.main(["lab"]) == 0
    assert asked == ["fresh"]
