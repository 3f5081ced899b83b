"""The hub for a class: its settings, its configuration, its accounts, and the load script.

JupyterHub itself is not installed by the tests; what needs it is workshop/hub/classroom.py alone.
"""

import asyncio
import importlib
import json
import re
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from traitlets.config import Config

from course_parts import ROOT

HUB = ROOT / "workshop" / "hub"
SAFE = {"CNNLAB_HUB_ADMINS": "teacher", "CNNLAB_HUB_ADMIN_PASSWORD": "a" * 32}
unix = pytest.mark.skipif(sys.platform == "win32", reason="the hub's machine is a Unix")


@pytest.fixture
def part(monkeypatch):
    """Return a function that imports one of the hub's modules, which lie beside each other."""
    monkeypatch.syspath_prepend(HUB)
    names = ("settings", "accounts", "link", "load", "figures")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def names(tmp_path):
    """Return the settings for a shared password, with a class of two."""
    (tmp_path / "class.txt").write_text("ada\ngrace\n\n")
    shared = {"SIGNUP": "shared", "PASSWORD": "b" * 8, "CLASS": str(tmp_path / "class.txt")}
    return SAFE | {f"CNNLAB_HUB_{name}": value for name, value in shared.items()}


# -- settings --------------------------------------------------------------------------------------


def test_safe_settings_are_read(part, names):
    read = part("settings").read
    native = read(SAFE)
    assert (native.signup, native.admins, native.seats) == ("native", {"teacher"}, 30)
    assert native.url == "http://127.0.0.1:8000"
    shared = read(names)
    assert shared.participants == {"ada", "grace"}
    assert shared.password == "b" * 8


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"ADMIN_PASSWORD": ""}, "ADMIN_PASSWORD must have 32 characters or more, got 0"),
        ({"ADMIN_PASSWORD": "a" * 31}, "ADMIN_PASSWORD must have 32 characters or more, got 31"),
        ({"ADMINS": " , "}, "ADMINS must hold names .* got none"),
        ({"ADMINS": "teacher,Root"}, "ADMINS must hold names .* got Root"),
        ({"PASSWORD": "b" * 7}, "PASSWORD must have 8 characters or more, got 7"),
        ({"PASSWORD": "a" * 32}, "must not be the admins' password"),
        ({"CLASS": "no-such-file"}, "CLASS must name a file .* got 'no-such-file'"),
        ({"SIGNUP": "open"}, "SIGNUP must be native or shared, got 'open'"),
        ({"SEATS": "many"}, "SEATS must be a whole number above 0, got 'many'"),
        ({"SEATS": "0"}, "SEATS must be a whole number above 0, got '0'"),
        ({"URL": "http://0.0.0.0:8000"}, "URL must be on 127.0.0.1"),
        ({"URL": "https://hub.example.org", "CERT": "c.pem"}, "URL must be on 127.0.0.1"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value),
)
def test_unsafe_settings_are_refused(part, names, change, rule):
    settings = part("settings")
    wrong = names | {f"CNNLAB_HUB_{name}": value for name, value in change.items()}
    with pytest.raises(settings.SettingError, match=rule):
        settings.read(wrong)


def test_passwords_are_not_in_the_message_that_refuses_them(part, names):
    settings = part("settings")
    with pytest.raises(settings.SettingError) as refused:
        settings.read(names | {"CNNLAB_HUB_PASSWORD": "sesame"})
    assert "sesame" not in str(refused.value)


def test_a_certificate_opens_other_addresses(part):
    more = {"URL": "https://0.0.0.0:443", "CERT": "c.pem", "KEY": "k.pem"}
    given = SAFE | {f"CNNLAB_HUB_{name}": value for name, value in more.items()}
    assert part("settings").read(given).url == "https://0.0.0.0:443"


def test_there_are_never_fewer_seats_than_names(part, names):
    assert part("settings").read(names | {"CNNLAB_HUB_SEATS": "1"}).seats == 3
    assert part("settings").read(names | {"CNNLAB_HUB_SEATS": "40"}).seats == 40


# -- the configuration -----------------------------------------------------------------------------


def configured(monkeypatch, tmp_path, environ):
    """Run jupyterhub_config.py as JupyterHub does; return what it sets."""
    for name, value in (environ | {"CNNLAB_HUB_STATE": str(tmp_path / "state")}).items():
        monkeypatch.setenv(name, value)
    config = Config()
    path = HUB / "jupyterhub_config.py"
    space = {"__file__": str(path), "get_config": lambda: config}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), space)
    return config


@unix
def test_what_holds_for_every_class(part, monkeypatch, tmp_path):
    config = configured(monkeypatch, tmp_path, SAFE)
    hub = config.JupyterHub
    assert (hub.bind_url, hub.hub_ip) == ("http://127.0.0.1:8000", "127.0.0.1")
    assert hub.concurrent_spawn_limit >= 30
    assert hub.active_server_limit >= 30
    assert hub.cleanup_servers is False
    assert str(tmp_path / "state") in hub.db_url
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert config.Authenticator.admin_users == {"teacher"}
    assert config.Spawner.mem_limit == "2G"
    assert config.Spawner.pre_spawn_hook.__module__ == "accounts"


@unix
def test_secrets_stay_with_the_hub(part, monkeypatch, tmp_path, names):
    """A participant's server gets what Spawner names, and that holds no password."""
    config = configured(monkeypatch, tmp_path, names)
    given = str(config.Spawner)
    assert "env_keep" not in config.Spawner
    assert SAFE["CNNLAB_HUB_ADMIN_PASSWORD"] not in given
    assert names["CNNLAB_HUB_PASSWORD"] not in given
    text = "".join(path.read_text("utf-8") for path in HUB.iterdir() if path.is_file())
    assert not re.search(r"password\s*[:=]\s*[\"'][^\"'{$]", text, re.IGNORECASE)


@unix
def test_nobody_signs_up_without_being_let_in(part, monkeypatch, tmp_path):
    config = configured(monkeypatch, tmp_path, SAFE)
    native = config.SignUpAuthenticator
    assert config.JupyterHub.authenticator_class == "classroom.SignUpAuthenticator"
    assert native.open_signup is False
    assert native.minimum_password_length >= 8
    assert native.allowed_failed_logins > 0
    assert native.admin_password == SAFE["CNNLAB_HUB_ADMIN_PASSWORD"]
    assert "allowed_users" not in config.Authenticator  # these would be let in unseen


@unix
def test_shared_password_lets_in_the_class_alone(part, monkeypatch, tmp_path, names):
    config = configured(monkeypatch, tmp_path, names)
    assert config.JupyterHub.authenticator_class == "shared-password"
    assert config.Authenticator.allow_all is False
    assert config.Authenticator.allowed_users == {"ada", "grace"}
    assert config.SharedPasswordAuthenticator.admin_password == SAFE["CNNLAB_HUB_ADMIN_PASSWORD"]


# -- accounts --------------------------------------------------------------------------------------


@pytest.fixture
def machine(part, monkeypatch, tmp_path):
    """Return a make-believe machine with the accounts that every machine has, and `accounts`."""
    accounts = part("accounts")
    there = {"root": (0, 0), "teacher-own-login": (1000, 1000)}
    groups, ran = {}, []

    def getpwnam(name):
        uid, gid = there[name]
        home = tmp_path / name
        return SimpleNamespace(pw_name=name, pw_uid=uid, pw_gid=gid, pw_dir=str(home))

    def run(command, **settings):
        ran.append((command, settings))
        if command[0] == "groupadd":
            groups[command[-1]] = SimpleNamespace(gr_gid=995)
        if command[0] == "useradd":
            there[command[-1]] = (1001 + len(there), 995)
            (tmp_path / command[-1]).mkdir(mode=0o755)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(accounts.pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(accounts.grp, "getgrnam", lambda name: groups[name])
    monkeypatch.setattr(accounts.subprocess, "run", run)
    return SimpleNamespace(accounts=accounts, ran=ran, homes=tmp_path, groups=groups)


@unix
def test_a_participant_gets_an_account_and_a_closed_home(machine):
    machine.accounts.ready("ada")
    made = [command for command, _ in machine.ran if command[0] == "useradd"]
    assert len(made) == 1
    assert "HOME_MODE=0700" in made[0]
    assert made[0][made[0].index("--gid") + 1] == machine.accounts.GROUP
    assert (machine.homes / "ada").stat().st_mode & 0o777 == 0o700
    (machine.homes / "ada").chmod(0o755)
    machine.accounts.ready("ada")
    assert (machine.homes / "ada").stat().st_mode & 0o777 == 0o700
    assert len([command for command, _ in machine.ran if command[0] == "useradd"]) == 1


@unix
def test_notebooks_are_laid_by_the_participant_and_not_by_root(machine):
    machine.accounts.ready("ada")
    command, settings = machine.ran[-1]
    assert settings["user"] == 1003
    assert (settings["group"], settings["extra_groups"], settings["umask"]) == (995, [], 0o077)
    assert command[-1] == str(machine.homes / "ada" / "work")
    assert set(settings["env"]) == {"HOME", "PATH"}


@unix
@pytest.mark.parametrize("name", ["root", "teacher-own-login"])
def test_names_of_the_machine_are_nobodys(machine, name):
    (machine.homes / name).mkdir(mode=0o755)
    with pytest.raises(machine.accounts.RefusedError, match="belongs to this machine"):
        machine.accounts.ready(name)
    assert (machine.homes / name).stat().st_mode & 0o777 == 0o755
    assert not [command for command, _ in machine.ran if command[0] != "groupadd"]


@unix
@pytest.mark.parametrize("name", ["", "a", "Ada", "../x", "a b", "-x", "x" * 32, "ada\n"])
def test_strange_names_are_refused_before_anything_runs(machine, name):
    with pytest.raises(machine.accounts.RefusedError, match="name must be"):
        machine.accounts.ready(name)
    assert machine.ran == []


@unix
def test_a_refused_name_is_told_as_403(machine):
    told = []
    log = SimpleNamespace(warning=lambda *words: told.append(words), info=None)
    spawner = SimpleNamespace(user=SimpleNamespace(name="root"), log=log)
    from tornado.web import HTTPError

    with pytest.raises(HTTPError) as refused:
        asyncio.run(machine.accounts.prepare(spawner))
    assert refused.value.status_code == 403
    assert len(told) == 1


@unix
def test_the_notebooks_are_really_laid(part, tmp_path, monkeypatch):
    """The program that a participant's account runs, run as whoever tests."""
    accounts = part("accounts")
    command = [sys.executable, "-c", accounts.LAY, str(ROOT / "notebooks"), str(tmp_path / "work")]
    subprocess.run(command, cwd=accounts.COURSE, check=True)
    laid = {path.name for path in (tmp_path / "work").glob("*.ipynb")}
    assert laid == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


# -- Kubernetes, packages, the link ----------------------------------------------------------------

VALUES = yaml.safe_load((HUB / "values.yaml").read_text("utf-8"))


def test_values_let_a_class_begin_at_once_and_nobody_else_in():
    hub = VALUES["hub"]
    assert hub["concurrentSpawnLimit"] >= 30
    assert hub["activeServerLimit"] >= 30
    assert hub["config"]["JupyterHub"]["authenticator_class"] == "shared-password"
    assert hub["config"]["Authenticator"]["allow_all"] is False
    assert "SharedPasswordAuthenticator" not in hub["config"]  # its passwords are given elsewhere
    assert VALUES["singleuser"]["networkPolicy"]["enabled"] is True
    assert VALUES["proxy"]["service"]["type"] == "ClusterIP"


def test_values_keep_work_and_progress_and_do_not_hide_the_course(tmp_path):
    one = VALUES["singleuser"]
    kept = one["storage"]["homeMountPath"]
    assert kept == "/home/jovyan/work"
    assert one["extraEnv"]["CNNLAB_DATA_DIR"].startswith(f"{kept}/")
    assert one["defaultUrl"] == "/lab/tree/work/00_start_here.ipynb"
    assert one["storage"]["type"] == "dynamic"
    command = one["lifecycleHooks"]["postStart"]["exec"]["command"][-1]
    code = re.search(r'python -c "(.*?)" >>', command)[1]
    inside = code.replace("'notebooks'", repr(str(ROOT / "notebooks")))
    inside = inside.replace("'work'", repr(str(tmp_path / "work")))
    subprocess.run([sys.executable, "-c", inside], cwd=ROOT, check=True)
    assert (tmp_path / "work" / "00_start_here.ipynb").is_file()


def test_hubs_packages_are_pinned_and_do_not_contradict_the_course():
    lines = (HUB / "requirements.txt").read_text("utf-8").splitlines()
    needs = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert {need.name for need in needs} >= {"jupyterhub", "nbgitpuller"}
    course = (ROOT / "constraints.txt").read_text("utf-8").lower()
    for need in needs:
        assert re.fullmatch(r"==[\d.]+", str(need.specifier))
        assert f"\n{need.name.lower()}==" not in course or f"\n{str(need).lower()}\n" in course


def test_link_for_nbgitpuller(part, capsys):
    link = part("link")
    said = link.link("https://hub.example.org/", "https://git.example.org/class/cnnlab-day.git")
    address = urlsplit(said)
    assert (address.netloc, address.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
    assert parse_qs(address.query) == {
        "repo": ["https://git.example.org/class/cnnlab-day.git"],
        "branch": ["main"],
        "targetpath": ["cnnlab-day"],
        "urlpath": ["lab/tree/cnnlab-day/notebooks/00_start_here.ipynb"],
    }
    assert link.main(["https://hub.example.org", "git@example.org:cnnlab"]) == 2
    assert "repository must be a web address" in capsys.readouterr().err


# -- the load script -------------------------------------------------------------------------------


class Socket:
    """A kernel's websocket that answers with what it was given."""

    def __init__(self, *messages):
        self.messages, self.sent = list(messages), []

    async def write_message(self, text):
        self.sent.append(json.loads(text))

    async def read_message(self):
        kind, content, ours = self.messages.pop(0)
        parent = self.sent[-1]["header"]["msg_id"] if ours else "somebody else's"
        return json.dumps(
            {"msg_type": kind, "content": content, "parent_header": {"msg_id": parent}}
        )


def test_load_waits_until_its_own_cell_is_done_and_notes_errors(part):
    idle = {"execution_state": "idle"}
    person = part("load").Participant("http://127.0.0.1:1", "ada", "secret")
    person.socket = Socket(
        ("status", idle, False),
        ("status", {"execution_state": "busy"}, True),
        ("error", {"ename": "NameError", "evalue": "no x"}, True),
        ("status", idle, True),
        ("status", idle, True),
    )
    asyncio.run(person.run("x"))
    assert len(person.socket.messages) == 1
    assert person.failed == ["NameError: no x"]
    assert person.socket.sent[0]["content"]["code"] == "x"


def test_load_runs_the_lesson_that_is_there(part):
    cells = part("load").cells_of(part("load").LESSON)
    assert any('check("conv2d", my_conv2d)' in cell for cell in cells)
    assert len(cells) > 30


def test_load_tells_median_nine_of_ten_and_longest(part):
    load = part("load")
    assert load.spread([3.0]) == (3.0, 3.0, 3.0)
    assert load.spread(range(1, 11)) == (5.5, 9, 10)
    assert load.spread(range(1, 21)) == (10.5, 18, 20)
    people = [SimpleNamespace(times=dict.fromkeys(load.STEPS, n)) for n in (1.0, 2.0, 6.0)]
    told = load.table(load.rows_of(people, {"a": [100.0, 7.0], "b": [300.0, 9.0]}))
    assert re.search(r"^server, s +2\.0 +6\.0 +6\.0$", told, re.MULTILINE)
    assert re.search(r"^memory, MB +200\.0 +300\.0 +300\.0$", told, re.MULTILINE)
    assert re.search(r"^processor, s +8\.0 +9\.0 +9\.0$", told, re.MULTILINE)


def test_load_records_a_run_in_the_place_of_the_earlier_one(part, tmp_path):
    load, path = part("load"), tmp_path / "figures.json"
    load.record(path, {"participants": 10, "seconds": 5})
    load.record(path, {"participants": 20, "seconds": 9})
    load.record(path, {"participants": 10, "seconds": 4})
    kept = {run["participants"]: run["seconds"] for run in json.loads(path.read_text("utf-8"))}
    assert kept == {20: 9, 10: 4}


def test_readme_holds_the_figures_that_were_recorded(part):
    figures = part("figures")
    page = (HUB / "README.md").read_text("utf-8")
    assert figures.with_figures(page) == page, "run: python workshop/hub/figures.py"
    assert [run["participants"] for run in figures.runs()] == [10, 20]


def test_sizes_come_from_the_dearest_participant(part):
    figures = part("figures")
    runs = [
        {"rows": {"processor, s": [1, 1, s], "memory, MB": [1, 1, m]}}
        for s, m in [(10, 500), (16, 400)]
    ]
    # 30 * 16 s of processor within 120 s; 1.5 GB and 30 * 0.5 GB with 15 in a hundred to spare.
    assert figures.need(30, runs) == (4, 32)
    assert figures.need(1, runs) == (2, 4)
    assert figures.need(31, runs)[0] == 6


def test_load_says_what_went_wrong(part, monkeypatch, capsys):
    load = part("load")
    monkeypatch.setenv("CNNLAB_HUB_PASSWORD", "secret")
    assert load.main(["--url", "http://127.0.0.1:9", "--names", "ada"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("ada: ")
    assert said.out.startswith("0 of 1 took part")
    monkeypatch.delenv("CNNLAB_HUB_PASSWORD")
    with pytest.raises(SystemExit):
        load.main(["--names", "ada"])


@unix
def test_load_measures_the_processes_of_the_named_alone(part):
    import os
    import pwd

    load, me = part("load"), pwd.getpwuid(os.getuid()).pw_name
    assert load.measure(["nobody-of-this-name"]) == {}
    if sys.platform.startswith("linux"):
        ((megabytes, seconds),) = load.measure([me]).values()
        assert megabytes > 10
        assert seconds > 0
