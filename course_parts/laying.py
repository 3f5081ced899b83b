"""Lay the notebooks in work/ so that nothing a learner did is ever lost.

Three things are compared for each notebook: the edition in notebooks/, the learner's copy in work/,
and what was laid last time (its hashes, in work/.laid.json). A copy that is still as it was laid is
brought up to date. A copy that was changed is left alone, and the new edition is laid beside it.

Opening a notebook in Lab rewrites its metadata, so a copy counts as untouched when its cells are
those that were laid and none holds an output. An output, a new cell or another source is work.
"""

import datetime
import hashlib
import json
import os
import tempfile
from pathlib import Path

from course_parts.saying import StopError

RECORD = ".laid.json"


def file_hash(data):
    """Hash a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def cells_hash(data):
    """Hash what a reader sees of a notebook without outputs; None where outputs or damage are."""
    try:
        cells = json.loads(data)["cells"]
        if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
            return None
        seen = [
            [cell["cell_type"], "".join(cell["source"]), cell.get("attachments") or {}]
            for cell in cells
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def write_whole(path, data):
    """Write a file so that an interruption leaves the old one or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".laying-")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o644)  # mkstemp's 0600 would shut out a teacher who looks over a shoulder
        new.replace(path)
    except BaseException:
        new.unlink()
        raise


class Record:
    """What was laid: for each notebook the hashes of its edition, and the edition laid beside."""

    def __init__(self, folder):
        self.path = folder / RECORD
        try:
            read = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            read = {}  # Without a record every differing copy counts as changed: the safe side.
        self.entries = read if isinstance(read, dict) else {}

    def get(self, name):
        """Return what is known of one notebook."""
        entry = self.entries.get(name)
        return entry if isinstance(entry, dict) else {}

    def set(self, name, entry):
        """Remember one notebook at once, so that an interrupted run forgets nothing."""
        if self.get(name) != entry:
            self.entries[name] = entry
            text = json.dumps(self.entries, indent=1, sort_keys=True)
            write_whole(self.path, text.encode())


def untouched(copy, entry):
    """Tell whether a copy is still what was laid."""
    if file_hash(copy) == entry.get("file"):
        return True
    cells = cells_hash(copy)
    return cells is not None and cells == entry.get("cells")


def free_name(path, today):
    """Return a name beside `path` that nobody uses: 01_convolution.new-2026-11-24.ipynb."""
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        beside = path.with_name(f"{path.stem}.new-{today.isoformat()}{suffix}{path.suffix}")
        if not beside.exists():
            return beside
        number += 1


def laid_beside(path, edition):
    """Return the file beside `path` that holds this edition, if a run was cut off after laying."""
    others = path.parent.glob(f"{path.stem}.new-*{path.suffix}")
    return next((other for other in others if other.read_bytes() == edition), None)


def lay_one(edition, path, record, today):
    """Lay one edition; return a sentence for the learner, or None when nothing needs saying."""
    entry = record.get(path.name)
    now = {"file": file_hash(edition), "cells": cells_hash(edition)}
    if not path.exists():
        write_whole(path, edition)
        record.set(path.name, now)
        return f"{path.name}: laid again" if entry else None
    copy = path.read_bytes()
    if copy == edition:
        record.set(path.name, now)
        return None
    same_lesson = now["cells"] is not None and now["cells"] == entry.get("cells")
    if untouched(copy, entry):
        if not same_lesson:
            write_whole(path, edition)
        record.set(path.name, now)
        return None if same_lesson else f"{path.name}: brought up to date (you had not changed it)"
    if same_lesson or entry.get("beside") == now["file"]:
        return None
    beside = laid_beside(path, edition) or free_name(path, today)
    if not beside.exists():
        write_whole(beside, edition)
    record.set(path.name, {**entry, "beside": now["file"]})
    return f"{path.name}: kept as you left it; the new edition is beside it as {beside.name}"


def lay(source, work, today=None):
    """Lay every notebook of `source` in `work`; return what the learner should be told."""
    source, work = Path(source), Path(work)
    editions = sorted(source.glob("*.ipynb"))
    if not editions:
        raise StopError(
            f"There are no notebooks in {source}.",
            "get the whole course again (git clone), or build them: python3 course.py lessons",
        )
    try:
        work.mkdir(exist_ok=True)
        record = Record(work)
        today = today or datetime.date.today()
        said = [
            lay_one(edition.read_bytes(), work / edition.name, record, today)
            for edition in editions
        ]
    except OSError as error:
        raise StopError(
            f"The notebooks could not be laid in {work}: {error.strerror or error} "
            f"({error.filename or work.name}).",
            "see that the folder is yours to write and the disk not full, then run it again; "
            "no file of yours was changed.",
        ) from error
    return [sentence for sentence in said if sentence]
