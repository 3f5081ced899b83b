"""Setting up: .venv, pip, the build of torch, and what is said when something fails."""

import http.server
import json
import os
import shutil
import sys
import threading
import types
import zipfile

import pytest

from course_parts import ROOT, environment, torch_build
from course_parts.environment import Environment, PipTeller
from course_parts.saying import StopError
from course_parts.trouble import CAUSES, diagnose

# pip's own words, shortened, as it says them for each cause.
PIP_WORDS = {
    "disk": "ERROR: Could not install packages due to an OSError: [Errno 28] "
    "No space left on device",
    "certificate": "Could not fetch URL: There was a problem confirming the ssl certificate: "
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))",
    "network": "WARNING: Retrying (Retry(total=4)) after connection broken by "
    "'NewConnectionError('Failed to establish a new connection: [Errno -3] Temporary failure in "
    "name resolution')': /numpy/\nERROR: No matching distribution found for numpy",
    "windows network": "WARNING: [Errno 11001] getaddrinfo failed",
    "rights": "ERROR: Could not install packages due to an OSError: [WinError 5] "
    "Access is denied: 'torch.dll'",
    "no build": "ERROR: Could not find a version that satisfies the requirement torch>=2.6\n"
    "ERROR: No matching distribution found for torch>=2.6",
    "conflict": "ERROR: ResolutionImpossible: for help visit the documentation",
    "memory": "MemoryError",
}
EXPECTED = {
    "disk": "The disk is full.",
    "certificate": "certificate could not be verified",
    "network": "no connection",
    "windows network": "no connection",
    "rights": "could not be written",
    "no build": f"no build of torch>=2.6 for Python 3.{sys.version_info.minor}",
    "conflict": "contradict each other",
    "memory": "out of memory",
}


@pytest.mark.parametrize("case", PIP_WORDS)
def test_each_cause_is_said_as_a_sentence(case):
    what, remedy = diagnose(f"Collecting numpy\n{PIP_WORDS[case]}\n")
    assert EXPECTED[case] in what
    assert remedy


def test_unknown_trouble_shows_pips_last_error():
    what, _ = diagnose("Collecting x\nERROR: first\nERROR: the last one\nmore words")
    assert what == "pip stopped: ERROR: the last one"
    assert diagnose("")[0] == "pip stopped: pip said nothing"


def test_every_cause_is_tried():
    assert len(CAUSES) == len({EXPECTED[case] for case in PIP_WORDS})


# -- the set-up as a whole, with pip's part played -----------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A course folder where installing is only noted down."""
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    home = types.SimpleNamespace(root=tmp_path, asked=[], version=None, chosen=None)

    def make(place, version, worked_before):
        place.folder.mkdir(exist_ok=True)
        home.version = "3.11.7"

    def choose(python, constraint, choice):
        home.choice = choice
        return home.chosen

    monkeypatch.setattr(environment, "make_venv", make)
    monkeypatch.setattr(
        environment, "run_pip", lambda place, title, words, *_: home.asked.append(words)
    )
    monkeypatch.setattr(torch_build, "choose", choose)
    monkeypatch.setattr(Environment, "version", lambda self: home.version)
    home.set_up = lambda *extras, **more: environment.set_up(extras, root=tmp_path, **more)
    return home


def test_first_run_installs_at_the_tested_versions(home):
    python = home.set_up("lab")
    tools, course = home.asked
    assert tools == ["--constraint", str(home.root / "constraints.txt"), "pip", "setuptools"]
    assert course[:2] == tools[:2]
    assert course[2:] == ["--no-build-isolation", "--editable", f"{home.root}[lab]"]
    assert python.is_relative_to(home.root / ".venv")


def test_second_run_installs_nothing(home):
    home.set_up("lab")
    home.asked.clear()
    home.set_up("lab")
    assert home.asked == []


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_other_needs_are_installed(home, name):
    home.set_up("lab")
    home.asked.clear()
    path = home.root / name
    path.write_text(path.read_text("utf-8").replace("jupyterlab", "jupyterlab-x"), "utf-8")
    home.set_up("lab")
    assert len(home.asked) == 2


def test_settings_of_tools_install_nothing(home):
    home.set_up("lab")
    home.asked.clear()
    path = home.root / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace("line-length = 100", "line-length = 99"))
    home.set_up("lab")
    assert home.asked == []


def test_extras_add_up(home):
    home.set_up("lab")
    home.set_up("dev", "lab")
    assert len(home.asked) == 4
    home.asked.clear()
    home.set_up("lab")
    assert home.asked == []
    (home.root / "constraints.txt").write_text("numpy==9")
    home.set_up("lab")
    assert home.asked[1][-1].endswith("[dev,lab]")


@pytest.mark.parametrize("record", ["", "{", "[]", "{}"])
def test_unreadable_record_is_set_up_again(home, record):
    home.set_up("lab")
    home.asked.clear()
    Environment(home.root).stamp.write_text(record)
    home.set_up("lab")
    assert len(home.asked) == 2


def test_broken_python_or_another_version_is_set_up_again(home):
    home.set_up("lab")
    for version in (None, "3.99.0"):
        home.asked.clear()
        home.version = version
        home.set_up("lab")
        assert len(home.asked) == 2


def test_failed_installation_is_not_taken_for_done(home, monkeypatch):
    def fail(*_):
        raise StopError("no", "yes")

    fine = environment.run_pip
    home.set_up("lab")
    (home.root / "constraints.txt").write_text("numpy==9")
    monkeypatch.setattr(environment, "run_pip", fail)
    with pytest.raises(StopError):
        home.set_up("lab")
    (home.root / "constraints.txt").write_text((ROOT / "constraints.txt").read_text("utf-8"))
    monkeypatch.setattr(environment, "run_pip", fine)
    home.asked.clear()
    home.set_up("lab")
    assert len(home.asked) == 2


def test_choice_of_torch_is_remembered(home):
    home.chosen = "https://example.org/cpu"
    home.set_up("lab", torch_choice="https://example.org/cpu")
    assert home.asked[1][:2] == ["--extra-index-url", "https://example.org/cpu"]
    (home.root / "constraints.txt").write_text("numpy==9")
    home.set_up("lab")
    assert home.choice == "https://example.org/cpu"


def test_small_disk_is_said_before_anything_is_fetched(home, monkeypatch):
    usage = types.SimpleNamespace(free=1_000_000_000)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StopError, match=r"has 1\.0 GB free; the course needs 2\.5 GB"):
        home.set_up("lab")
    with pytest.raises(StopError, match=r"needs 3\.0 GB"):
        home.set_up("lab", "dev")
    assert home.asked == []


# -- the real venv and the real pip --------------------------------------------------------------


def test_broken_venv_is_made_anew(tmp_path):
    home = Environment(tmp_path)
    home.python.parent.mkdir(parents=True)
    home.python.write_text("no program")
    (home.folder / "pyvenv.cfg").write_text("home = /gone\n")
    assert home.version() is None
    environment.make_venv(home, None, worked_before=True)
    assert home.version() == ".".join(map(str, sys.version_info[:3]))


def test_foreign_folder_is_left_alone(tmp_path):
    home = Environment(tmp_path)
    home.folder.mkdir()
    (home.folder / "thesis.txt").write_text("years of work")
    with pytest.raises(StopError, match="was not made by Python's venv"):
        environment.make_venv(home, None, worked_before=False)
    assert (home.folder / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("version", "worked_before", "made"),
    [("3.99.1", True, False), ("3.99.1", False, True), (None, True, True)],
)
def test_when_a_venv_is_made(tmp_path, monkeypatch, version, worked_before, made):
    calls = []
    done = types.SimpleNamespace(returncode=0, stdout="", stderr="")
    monkeypatch.setattr(environment.subprocess, "run", lambda *a, **k: calls.append(a) or done)
    environment.make_venv(Environment(tmp_path), version, worked_before)
    assert bool(calls) == made


def test_missing_venv_module_is_said(tmp_path, monkeypatch):
    words = "The virtual environment was not created because ensurepip is not available."
    done = types.SimpleNamespace(returncode=1, stdout=words, stderr="")
    monkeypatch.setattr(environment.subprocess, "run", lambda *a, **k: done)
    with pytest.raises(StopError, match="venv module is not installed") as stop:
        environment.make_venv(Environment(tmp_path), None, worked_before=False)
    assert f"apt install python3.{sys.version_info.minor}-venv" in stop.value.remedy


class Borrowed(Environment):
    """A course folder whose Python is the one that runs the tests."""

    python = sys.executable


@pytest.fixture
def borrowed(tmp_path, monkeypatch):
    home = Borrowed(tmp_path)
    home.folder.mkdir()
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return home


def test_no_network_is_said_and_the_log_named(borrowed, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")  # nobody listens on this port
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(StopError, match="no connection") as stop:
        environment.run_pip(borrowed, "Installing", ["no-such-package"])
    assert str(borrowed.log) in stop.value.remedy
    assert "no-such-package" in borrowed.log.read_text("utf-8")


def wheel(folder, name, version, *needs):
    """Write the smallest package that pip accepts."""
    stem = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.mark.parametrize("large", [True, False])
def test_look_sees_what_pip_would_take(borrowed, monkeypatch, large):
    shelf = borrowed.root / "shelf"
    shelf.mkdir()
    wheel(shelf, "torch", "2.13.0", *(["nvidia-cublas", "filelock"] if large else ["filelock"]))
    wheel(shelf, "filelock", "1.0")
    wheel(shelf, "nvidia-cublas", "13.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    plan = torch_build.look(sys.executable, [])
    assert [(name, version) for name, version, _ in plan if name == "torch"] == [
        ("torch", "2.13.0")
    ]
    assert torch_build.is_large(plan) == large
    total = sum(path.stat().st_size for path in shelf.iterdir())
    assert sum(torch_build.size_of(address) for *_, address in plan) <= total
    assert torch_build.size_of(plan[0][2]) == (shelf / plan[0][2].rsplit("/")[-1]).stat().st_size


def test_look_without_an_answer_is_no_plan(borrowed, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert torch_build.look(sys.executable, []) is None
    assert torch_build.is_large(None) is False


def test_size_is_asked_for_and_not_fetched():
    asked = []

    class Shelf(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "123456789")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/torch.whl"
        assert torch_build.size_of(address) == 123456789
        plan = [("torch", "2.13.0", address)] * 10
        assert torch_build.describe(plan) == "10 packages, about 1.2 GB"
        server.shutdown()
    assert set(asked) == {"/torch.whl"}
    assert torch_build.size_of("http://127.0.0.1:9/x") == 0
    gone = [("torch", "2.13.0", "http://127.0.0.1:9/x")]
    assert torch_build.describe(gone) == "1 packages, several GB"


# -- choosing the build of torch -----------------------------------------------------------------

SMALL = [("torch", "2.13.0+cpu", "file:///torch.whl"), ("sympy", "1.14", "file:///sympy.whl")]
LARGE = [("torch", "2.13.0", "file:///torch.whl"), ("nvidia-cublas", "13", "file:///cublas.whl")]
CPU = "https://example.org/whl/cpu"


@pytest.fixture
def plans(monkeypatch):
    """What pip would take for each index: the large build, unless CPU is named."""
    looked = []

    def look(python, constraint, index=None):
        looked.append(index)
        return SMALL if index == CPU else LARGE

    monkeypatch.setattr(torch_build, "look", look)
    monkeypatch.setattr(torch_build, "describe", lambda plan: "28 packages, about 3.1 GB")
    monkeypatch.setattr(torch_build, "_reader", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    return looked


def choose(choice=None, platform="linux", ask=None):
    return torch_build.choose("python", [], choice, platform, ask)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_plain_wheel_is_small_on_mac_and_windows(plans, platform):
    assert choose(platform=platform) is None
    assert plans == []


def test_configured_index_or_folder_is_taken_without_a_question(plans, monkeypatch):
    monkeypatch.setattr(torch_build, "look", lambda *_: SMALL)
    assert choose() is None
    assert torch_build.options(None) == []


def test_gigabytes_are_never_taken_in_silence(plans):
    with pytest.raises(StopError, match=r"28 packages, about 3\.1 GB") as stop:
        choose()
    assert "--torch ADDRESS" in stop.value.remedy
    assert "pytorch.org" in stop.value.remedy


def test_address_of_the_small_build_is_used(plans):
    assert choose(CPU) == CPU
    assert torch_build.options(CPU) == ["--extra-index-url", CPU]


def test_any_takes_what_pip_takes(plans):
    assert choose("any") == "any"
    assert torch_build.options("any") == []
    assert plans == []


def test_wrong_address_is_said(plans):
    with pytest.raises(StopError, match="neither a web address nor 'any'"):
        choose("cpu")
    with pytest.raises(StopError, match="would still take torch's build for NVIDIA cards"):
        choose("https://example.org/whl/cu130")


def test_pasted_command_is_read(plans):
    command = f"pip3 install torch torchvision --index-url {CPU}"
    assert choose(ask=lambda _: command) == CPU
    assert choose(ask=lambda _: " any ") == "any"
    with pytest.raises(StopError, match="Stopped before downloading torch"):
        choose(ask=lambda _: "")


def test_build_server_says_what_it_takes(plans, monkeypatch, capsys):
    monkeypatch.setenv("CI", "true")
    assert choose() == "any"
    assert "28 packages, about 3.1 GB" in capsys.readouterr().out


# -- pip's lines as progress ---------------------------------------------------------------------


def test_pips_lines_become_progress():
    told = []
    teller = PipTeller(types.SimpleNamespace(tell=lambda *words: told.append(words)), 1)
    for line in [
        "Collecting numpy>=2.2 (from cnnlab==0.1.0)",
        "  Downloading numpy-2.4.6-cp311.whl.metadata (6 kB)",
        "Collecting torch",
        "Downloading numpy-2.4.6-cp311.whl (16.9 MB)",
        "Progress 8000000 of 16900000",
        "Using cached torch-2.13.0-cp311.whl (181 MB)",
        "Installing collected packages: numpy, torch",
    ]:
        teller.hear(line + "\n")
    assert told == [
        ("choosing versions: 1 packages so far (numpy)",),
        ("choosing versions: 2 packages so far (torch)",),
        ("1 of 2 packages, numpy-2.4.6-cp311.whl", 0.45),
        ("1 of 2 packages, numpy-2.4.6-cp311.whl 8 of 17 MB", 0.45),
        ("2 of 2 packages, torch-2.13.0-cp311.whl", 0.9),
        ("writing 2 packages to disk (a minute or two)", 0.95),
    ]


def test_record_is_written_whole(tmp_path):
    home = Environment(tmp_path)
    home.folder.mkdir()
    home.remember(python="3.11.7", extras=["lab"])
    assert json.loads(home.stamp.read_text()) == {"python": "3.11.7", "extras": ["lab"]}
    assert [path.name for path in home.folder.iterdir()] == [home.stamp.name]
