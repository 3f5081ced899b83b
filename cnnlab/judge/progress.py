"""The learner's progress: one SQLite file on this machine, which never stands in the way.

Several notebooks write at once (WAL, short waits). A damaged file is set aside and a new one begun;
where nothing can be written, the events of this session are kept in memory and the learner is told.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "progress.sqlite"
# Each step takes a file from one version to the next; PRAGMA user_version counts the steps taken.
MIGRATIONS = (
    """CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, passed INTEGER)""",
    """ALTER TABLE events ADD COLUMN lesson TEXT NOT NULL DEFAULT '';
    ALTER TABLE events ADD COLUMN mistake TEXT;
    ALTER TABLE events ADD COLUMN detail TEXT NOT NULL DEFAULT '{}'""",
)
COLUMNS = "at, kind, name, passed, lesson, mistake, detail"


@dataclass(frozen=True)
class Event:
    """One row; kind: check, unsolved, hint, prediction, reveal, reset, or an explorer's own."""

    kind: str
    name: str
    passed: bool | None = None
    lesson: str = ""
    mistake: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    at: str = ""


class NotKeptError(Exception):
    """Why progress can't be kept, as a sentence."""


_in_memory: list[Event] = []
_examined: set[tuple[str, int]] = set()


def data_folder() -> Path:
    """Return where progress is kept: CNNLAB_DATA_DIR, or the user's data folder."""
    if os.environ.get("CNNLAB_DATA_DIR"):
        return Path(os.environ["CNNLAB_DATA_DIR"]).expanduser()
    try:
        from platformdirs import user_data_path
    except ImportError:
        return _usual_folder() / "cnnlab"
    return user_data_path("cnnlab", appauthor=False)


def record(event: Event) -> str | None:
    """Keep an event; return a sentence if something about keeping it must be said, else None."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    event = Event(**{**asdict(event), "at": event.at or now})
    try:
        with _database() as (base, told):
            values = (event.at, event.kind, event.name, event.passed, event.lesson, event.mistake)
            detail = json.dumps(event.detail, default=str)
            with base:
                base.execute(
                    f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*values, detail),
                )
            return told
    except NotKeptError as trouble:
        _in_memory.append(event)
        return str(trouble)


def events() -> list[Event]:
    """Return all events, oldest first, those of this session that could not be written last."""
    try:
        with _database() as (base, _):
            rows = base.execute(f"SELECT {COLUMNS} FROM events ORDER BY id").fetchall()
    except NotKeptError:
        rows = []
    return [_event(row) for row in rows] + _in_memory


def export(path: Path) -> int:
    """Write all events to a JSON file; return how many."""
    found = [asdict(event) for event in events()]
    text = json.dumps({"cnnlab_progress": len(MIGRATIONS), "events": found}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return len(found)


def reset() -> None:
    """Forget everything. Errors: NotKeptError where the file can't be written."""
    with _database() as (base, _), base:
        base.execute("DELETE FROM events")
    _in_memory.clear()


def trouble() -> str | None:
    """Return why nothing can be kept, or None where it can; leaves no row."""
    try:
        with _database() as (base, _):
            base.execute("BEGIN IMMEDIATE")
            base.rollback()
    except NotKeptError as why:
        return str(why)
    return None


def _event(row: tuple) -> Event:
    at, kind, name, passed, lesson, mistake, detail = row
    try:
        detail = json.loads(detail)
    except ValueError:
        detail = {}
    return Event(kind, name, None if passed is None else bool(passed), lesson, mistake, detail, at)


@contextmanager
def _database() -> Iterator[tuple[sqlite3.Connection, str | None]]:
    """Open the file, mended and migrated where need be; NotKeptError whatever goes wrong."""
    path, told = data_folder() / FILE, None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            base = _open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            told = _set_aside(path)
            base = _open(path)
        with closing(base):
            yield base, told
    except (sqlite3.Error, OSError) as error:
        _examined.discard(_identity(path))
        raise NotKeptError(f"progress is not kept: {error} ({path})") from error


def _open(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=5)
    try:
        version = base.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise NotKeptError(
                f"progress is not kept: {path} was written by a newer cnnlab; it was left as it is"
            )
        if _identity(path) not in _examined:
            base.execute("PRAGMA journal_mode=WAL")
            if base.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("the file is damaged")
        if version < len(MIGRATIONS):
            _migrate(base)
        _examined.add(_identity(path))
    except BaseException:
        base.close()
        raise
    return base


def _migrate(base: sqlite3.Connection) -> None:
    """Take the missing steps in one transaction; another notebook may be doing the same."""
    base.isolation_level = None
    base.execute("BEGIN IMMEDIATE")
    try:
        version = base.execute("PRAGMA user_version").fetchone()[0]
        for step in MIGRATIONS[version:]:
            for statement in step.split(";"):
                base.execute(statement)
        base.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        base.execute("COMMIT")
    except BaseException:
        base.execute("ROLLBACK")
        raise
    finally:
        base.isolation_level = ""


def _set_aside(path: Path) -> str:
    """Rename a damaged file and what belongs to it, and say so."""
    number = 1
    while (aside := path.with_name(f"progress-damaged-{number}.sqlite")).exists():
        number += 1
    for ending in ("-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    path.rename(aside)
    return f"the progress file was damaged; it was set aside as {aside} and a new one begun"


def _identity(path: Path) -> tuple[str, int]:
    try:
        return str(path), path.stat().st_ino
    except OSError:
        return str(path), 0


def _usual_folder() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
