"""The `cnnlab` command."""

import importlib
import importlib.metadata
import re
import subprocess
import sys

import pytest

from cnnlab import cli


def test_script_is_installed():
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="cnnlab")
    assert script.load() is cli.main


def test_the_package_itself_can_be_run_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "cnnlab", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"cnnlab {importlib.metadata.version('cnnlab')}\n"


@pytest.mark.parametrize("asked", [[], ["--help"], ["-h"]])
def test_overview_names_every_command(asked, capsys):
    assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert re.findall(r"^  (\w+) +\S", said, re.MULTILINE) == list(cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_exists_and_explains_itself(name, capsys):
    module, function = cli.COMMANDS[name][0].split(":")
    assert callable(getattr(importlib.import_module(module), function))
    if name != "lab":  # lab's help is course.py's, tested there
        with pytest.raises(SystemExit) as end:
            cli.main([name, "--help"])
        assert end.value.code == 0
        assert f"usage: cnnlab {name}" in capsys.readouterr().out


def test_unknown_command_says_what_there_is(capsys):
    assert cli.main(["tidy"]) == 2
    said = capsys.readouterr().err
    assert "cnnlab does not know 'tidy'." in said
    assert "doctor" in said


def test_lab_hands_over_to_the_checkout(monkeypatch):
    seen = []

    def remember(command):
        seen.append(command)
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr(cli.subprocess, "run", remember)
    assert cli.main(["lab", "--no-browser"]) == 7
    (command,) = seen
    assert command[0] == sys.executable
    assert command[1].endswith("course.py")
    assert command[2:] == ["lab", "--no-browser"]


def test_lab_without_a_checkout_says_where_the_notebooks_are(monkeypatch, tmp_path, capsys):
    import cnnlab

    monkeypatch.setattr(cnnlab, "__file__", str(tmp_path / "cnnlab" / "__init__.py"))
    assert cli.main(["lab"]) == 1
    assert "git clone" in capsys.readouterr().err


def test_the_command_runs_as_a_module_too():
    done = subprocess.run([sys.executable, "-m", "cnnlab.cli", "nonsense"], capture_output=True)
    assert done.returncode == 2
    assert b"does not know 'nonsense'" in done.stderr
