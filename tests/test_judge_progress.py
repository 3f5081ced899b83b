"""Progress: kept in one file, whatever happens to that file or to the kernel that writes it."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cnnlab
from cnnlab.judge import check, my_progress, predict, progress
from cnnlab.judge.bank import exercises
from cnnlab.judge.progress import Event, NotKeptError, events, record
from cnnlab.judge.report import progress_command


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(progress, "_in_memory", [])
    monkeypatch.setattr(progress, "_examined", set())
    return tmp_path / "data"


def flipped(input, weight, bias=None):
    return cnnlab.conv2d(input, weight[..., ::-1, ::-1], bias)


def test_every_check_is_a_row(folder):
    check("conv2d", flipped).hint()
    check("conv2d", lambda input, weight, bias=None: ...)
    check("conv2d", cnnlab.conv2d)
    rows = [(e.kind, e.name, e.passed, e.lesson, e.mistake) for e in events()]
    assert rows == [
        ("check", "conv2d", False, "01", "flipped_kernel"),
        ("hint", "conv2d", None, "01", None),
        ("unsolved", "conv2d", False, "01", None),
        ("check", "conv2d", True, "01", None),
    ]
    assert events()[1].detail["step"] == 1
    assert events()[0].at.endswith("+00:00")


def test_the_folder_is_the_users_own_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("CNNLAB_DATA_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert progress.data_folder().name == "cnnlab"
    with_platformdirs = progress.data_folder()
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    if sys.platform.startswith("linux"):
        assert progress.data_folder() == with_platformdirs == Path("/somewhere/cnnlab")
    assert progress.data_folder().name == "cnnlab"


def test_a_damaged_file_is_set_aside_and_said(folder):
    folder.mkdir()
    path = folder / progress.FILE
    path.write_bytes(b"not a database at all, " * 100)
    verdict = check("conv2d", cnnlab.conv2d)
    assert any("was damaged; it was set aside" in remark for remark in verdict.remarks)
    aside = folder / "progress-damaged-1.sqlite"
    assert aside.read_bytes().startswith(b"not a database at all")
    assert [e.name for e in events()] == ["conv2d"]
    path.write_bytes(b"damaged once more")
    progress._examined.clear()
    record(Event("check", "conv1d", True))
    assert (folder / "progress-damaged-2.sqlite").exists()


def test_a_file_damaged_in_the_middle_is_set_aside(folder):
    for number in range(400):
        record(Event("check", "conv2d", False, detail={"number": number, "text": "x" * 50}))
    path = folder / progress.FILE
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    broken = bytearray(path.read_bytes())
    broken[4096 : 4096 * 3] = b"\xff" * (4096 * 2)
    path.write_bytes(broken)
    progress._examined.clear()
    assert "set aside" in record(Event("check", "conv1d", True))
    assert [e.name for e in events()] == ["conv1d"]


def test_an_older_file_is_taken_along(folder):
    folder.mkdir()
    base = sqlite3.connect(folder / progress.FILE)
    base.execute(progress.MIGRATIONS[0])
    base.execute(
        "INSERT INTO events (at, kind, name, passed) VALUES ('then', 'check', 'conv1d', 1)"
    )
    base.execute("PRAGMA user_version = 1")
    base.commit()
    base.close()
    assert record(Event("check", "conv2d", False, "01", "flipped_kernel")) is None
    old, new = events()
    assert (old.at, old.name, old.passed, old.lesson, old.detail) == (
        "then",
        "conv1d",
        True,
        "",
        {},
    )
    assert new.mistake == "flipped_kernel"


def test_a_newer_file_is_left_as_it_is(folder):
    folder.mkdir()
    path = folder / progress.FILE
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE events (of TEXT, another TEXT, shape TEXT)")
    base.execute("PRAGMA user_version = 99")
    base.commit()
    base.close()
    before = path.read_bytes()
    verdict = check("conv2d", cnnlab.conv2d)
    assert verdict.passed
    assert any("newer cnnlab" in remark for remark in verdict.remarks)
    assert path.read_bytes() == before
    assert [e.name for e in events()] == ["conv2d"]  # kept in memory for this session


def test_where_no_folder_can_be_made_the_check_still_works(tmp_path, monkeypatch, folder):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "file" / "inside"))
    verdict = check("conv2d", flipped)
    assert verdict.mistake == "flipped_kernel"
    assert any(remark.startswith("progress is not kept") for remark in verdict.remarks)
    assert "progress is not kept" in repr(verdict)
    assert [met.mistake for met in my_progress().mistakes] == ["flipped_kernel"]


def refuse_to_write(monkeypatch, message):
    """Stand in for a disk that reads but doesn't write (root may write where others may not)."""
    real = sqlite3.connect

    class Refusing(sqlite3.Connection):
        def execute(self, statement, *args):
            if statement.lstrip().upper().startswith(("INSERT", "CREATE", "ALTER", "DELETE")):
                raise sqlite3.OperationalError(message)
            return super().execute(statement, *args)

    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **kwargs: real(*args, factory=Refusing, **kwargs)
    )


@pytest.mark.parametrize(
    "message", ["attempt to write a readonly database", "database or disk is full"]
)
def test_a_disk_that_cannot_be_written_to(folder, monkeypatch, message):
    record(Event("check", "conv1d", True))
    refuse_to_write(monkeypatch, message)
    verdict = check("conv2d", cnnlab.conv2d)
    assert verdict.passed
    assert any(message in remark for remark in verdict.remarks)
    assert [e.name for e in events()] == ["conv1d", "conv2d"]
    monkeypatch.undo()


def test_a_really_full_database(folder):
    record(Event("check", "conv1d", True))
    real = sqlite3.connect

    def tiny(*args, **kwargs):
        base = real(*args, **kwargs)
        base.execute("PRAGMA max_page_count = 3")
        return base

    sqlite3.connect = tiny
    try:
        told = [record(Event("check", "conv2d", True, detail={"x": "y" * 3000})) for _ in range(8)]
    finally:
        sqlite3.connect = real
    assert any(one and "full" in one for one in told)
    assert len(events()) == 9


WRITER = """
import sys
from cnnlab.judge.progress import Event, record
for number in range(int(sys.argv[2])):
    told = record(Event("check", sys.argv[1], True, detail={"number": number}))
    assert told is None, told
    print(number, flush=True)
"""


def test_several_notebooks_write_at_once(folder):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name, "40"], stdout=subprocess.DEVNULL)
        for name in ("a", "b", "c")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    found = events()
    for name in ("a", "b", "c"):
        numbers = [e.detail["number"] for e in found if e.name == name]
        assert numbers == list(range(40))


def test_a_kernel_killed_while_writing_loses_nothing_that_was_written(folder):
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, "killed", "100000"], stdout=subprocess.PIPE, text=True
        )
        for _ in range(5):
            writer.stdout.readline()
        time.sleep(0.02)
        writer.kill()
        seen = 5 + len(writer.stdout.read().splitlines())
        writer.stdout.close()
        writer.wait()
        progress._examined.clear()
        before = len(events())
        assert before >= seen - 1
        assert record(Event("check", "after", True)) is None
        assert len(events()) == before + 1
    assert not list(folder.glob("*damaged*"))


# ------------------------------------------------------------------ what is made of it


def test_an_empty_panel_is_always_the_same(folder):
    total = len(exercises())
    first = next(iter(exercises().values()))
    assert repr(my_progress()) == (
        f"Progress: 0 of {total} exercises. Next: {first.name}, section {first.section}."
    )


def test_the_panel_shows_bars_next_and_mistakes(folder):
    check("conv2d", flipped)
    check("conv2d", lambda x, w, b=None: cnnlab.conv2d(x, w))
    check("conv1d", lambda x, w, b=None: cnnlab.conv1d(x, w[..., ::-1], b))
    check("conv2d", cnnlab.conv2d)
    predict("How many?", 8).guess("8")
    panel = my_progress()
    assert panel.done[0] == 1
    assert panel.predictions == (1, 1)
    assert [(m.exercise, m.mistake, m.mended) for m in panel.mistakes] == [
        ("conv2d", "flipped_kernel", True),
        ("conv2d", "bias_dropped", True),
        ("conv1d", "flipped_kernel", False),
    ]
    text, html = repr(panel), panel._repr_html_()
    assert "  01 Convolution                ··█·· 1/5" in text.splitlines()
    assert "  open    conv1d: flipped kernel" in text.splitlines()
    assert "1 of 5" in html
    assert "✓ mended: conv2d, flipped kernel" in html


def test_a_mistake_met_again_is_open_again(folder):
    for function in (flipped, cnnlab.conv2d, flipped):
        check("conv2d", function)
    assert [met.mended for met in my_progress().mistakes] == [False]


def test_the_terminal_shows_exports_and_forgets(folder, tmp_path, capsys, monkeypatch):
    check("conv2d", flipped)
    assert progress_command([]) == 0
    assert "Progress: 0 of" in capsys.readouterr().out
    assert progress_command(["--export", str(tmp_path / "mine.json")]) == 0
    exported = json.loads((tmp_path / "mine.json").read_text())
    assert exported["events"][0]["mistake"] == "flipped_kernel"
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert progress_command(["--reset"]) == 1
    assert len(events()) == 1
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert progress_command(["--reset"]) == 0
    assert events() == []
    capsys.readouterr()


@pytest.mark.parametrize("asked", [[], ["--export"], ["--reset", "--yes"]])
def test_the_terminal_says_where_nothing_can_be_kept(asked, folder, tmp_path, capsys):
    folder.write_text("a file where the folder should be")
    asked = [*asked, str(tmp_path / "mine.json")] if "--export" in asked else asked
    assert progress_command(asked) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("cnnlab progress: progress is not kept: ")
    assert not (tmp_path / "mine.json").exists()


def test_the_terminal_says_what_it_cannot_do(folder, tmp_path, capsys, monkeypatch):
    check("conv2d", cnnlab.conv2d)
    assert progress_command(["--export", str(tmp_path / "no" / "such" / "folder.json")]) == 1
    assert "No such file" in capsys.readouterr().err

    def closed(_):
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    assert progress_command(["--reset"]) == 1
    assert len(events()) == 1
    refuse_to_write(monkeypatch, "attempt to write a readonly database")
    assert progress_command(["--reset", "--yes"]) == 1
    assert "readonly" in capsys.readouterr().err
    with pytest.raises(NotKeptError):
        progress.reset()
