"""work/: whatever happens, nothing a learner wrote is lost."""

import datetime
import json
import random

import pytest

from course_parts import laying
from course_parts.saying import StopError

TODAY = datetime.date(2026, 11, 24)
NAME = "01_convolution.ipynb"
BESIDE = "01_convolution.new-2026-11-24.ipynb"


def notebook(*sources, outputs=(), metadata=None):
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": list(outputs),
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    book = {"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1).encode()


FIRST, SECOND, THIRD = notebook("first"), notebook("second"), notebook("third")
LEARNERS = notebook("first", "and my own answer")


class House:
    """A course's notebooks/ and a learner's work/."""

    def __init__(self, folder):
        self.source, self.work = folder / "notebooks", folder / "work"
        self.source.mkdir()

    def publish(self, edition):
        (self.source / NAME).write_bytes(edition)
        return self

    def lay(self):
        return laying.lay(self.source, self.work, TODAY)

    def write(self, data, name=NAME):
        (self.work / name).write_bytes(data)

    def read(self, name=NAME):
        return (self.work / name).read_bytes()

    def names(self):
        return sorted(path.name for path in self.work.iterdir() if path.name != laying.RECORD)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_first_time_is_laid_in_silence(house):
    assert house.publish(FIRST).lay() == []
    assert house.read() == FIRST
    assert house.lay() == []


def test_untouched_copy_is_brought_up_to_date(house):
    house.publish(FIRST).lay()
    said = house.publish(SECOND).lay()
    assert said == [f"{NAME}: brought up to date (you had not changed it)"]
    assert house.read() == SECOND
    assert house.names() == [NAME]


def test_changed_copy_is_kept_and_the_new_edition_laid_beside(house):
    house.publish(FIRST).lay()
    house.write(LEARNERS)
    said = house.publish(SECOND).lay()
    assert said == [f"{NAME}: kept as you left it; the new edition is beside it as {BESIDE}"]
    assert house.read() == LEARNERS
    assert house.read(BESIDE) == SECOND
    assert house.lay() == []  # said once an edition, not at every start


def test_changed_copy_without_a_new_edition_is_left_in_peace(house):
    house.publish(FIRST).lay()
    house.write(LEARNERS)
    assert house.lay() == []
    assert house.names() == [NAME]


def test_third_edition_on_the_same_day_takes_another_name(house):
    house.publish(FIRST).lay()
    house.write(LEARNERS)
    house.publish(SECOND).lay()
    house.write(notebook("second", "worked on in the new copy"), BESIDE)
    house.publish(THIRD).lay()
    assert house.read(BESIDE) == notebook("second", "worked on in the new copy")
    assert house.read("01_convolution.new-2026-11-24-2.ipynb") == THIRD


def test_opening_in_lab_is_no_change(house):
    house.publish(FIRST).lay()
    house.write(notebook("first", metadata={"language_info": {"version": "3.13"}}))
    house.publish(SECOND).lay()
    assert house.read() == SECOND


@pytest.mark.parametrize(
    "work",
    [
        notebook("first", outputs=[{"output_type": "stream", "name": "stdout", "text": "7"}]),
        notebook("First"),
        notebook("first", ""),
        b"",
        b"{ half a file",
        b'{"cells": "none"}',
    ],
    ids=["an output", "another source", "a new cell", "empty", "damaged", "no notebook"],
)
def test_what_counts_as_a_change(house, work):
    house.publish(FIRST).lay()
    house.write(work)
    house.publish(SECOND).lay()
    assert house.read() == work
    assert house.read(BESIDE) == SECOND


def test_execution_count_alone_is_work(house):
    ran = json.loads(FIRST)
    ran["cells"][0]["execution_count"] = 1
    house.publish(FIRST).lay()
    house.write(json.dumps(ran).encode())
    house.publish(SECOND).lay()
    assert json.loads(house.read()) == ran


def test_pasted_picture_is_work(house):
    pasted = json.loads(FIRST)
    pasted["cells"][0]["attachments"] = {"image.png": {"image/png": "AAAA"}}
    house.publish(FIRST).lay()
    house.write(json.dumps(pasted).encode())
    house.publish(SECOND).lay()
    assert json.loads(house.read()) == pasted


def test_deleted_copy_is_laid_again(house):
    house.publish(FIRST).lay()
    (house.work / NAME).unlink()
    assert house.lay() == [f"{NAME}: laid again"]
    assert house.read() == FIRST


def test_thrown_away_copy_beside_does_not_come_back(house):
    house.publish(FIRST).lay()
    house.write(LEARNERS)
    house.publish(SECOND).lay()
    (house.work / BESIDE).unlink()
    assert house.lay() == []
    assert house.names() == [NAME]


def test_changes_undone_by_the_learner_make_it_untouched_again(house):
    house.publish(FIRST).lay()
    house.write(LEARNERS)
    house.publish(SECOND).lay()
    house.write(FIRST)
    house.lay()
    assert house.read() == SECOND


def test_new_edition_taken_over_by_hand_is_known_again(house):
    house.publish(FIRST).lay()
    house.write(LEARNERS)
    house.publish(SECOND).lay()
    (house.work / BESIDE).replace(house.work / NAME)
    assert house.lay() == []
    house.publish(THIRD).lay()
    assert house.read() == THIRD


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"01_convolution.ipynb": 7}'])
def test_lost_record_errs_on_the_safe_side(house, record):
    house.publish(FIRST).lay()
    house.write(LEARNERS)
    house.write(record, laying.RECORD)
    house.publish(SECOND).lay()
    assert house.read() == LEARNERS
    assert house.read(BESIDE) == SECOND


def test_other_files_of_the_learner_are_not_looked_at(house):
    house.publish(FIRST).lay()
    house.write(b"notes", "notes.txt")
    house.write(LEARNERS, "my copy.ipynb")
    house.publish(SECOND).lay()
    assert (house.read("notes.txt"), house.read("my copy.ipynb")) == (b"notes", LEARNERS)


def test_work_in_the_way_is_said(house):
    house.publish(FIRST)
    house.work.write_text("a file of that name")
    with pytest.raises(StopError, match="could not be laid"):
        house.lay()
    assert house.work.read_text() == "a file of that name"


def test_no_notebooks_is_said(house):
    with pytest.raises(StopError, match="There are no notebooks"):
        house.lay()


class CutOffError(Exception):
    """The power went."""


@pytest.mark.parametrize("writes", range(4))
@pytest.mark.parametrize("mine", [FIRST, LEARNERS], ids=["untouched", "changed"])
def test_interrupted_run_loses_nothing_and_is_finished_by_the_next(
    house, monkeypatch, writes, mine
):
    """Cut the run off before each of its writes in turn, then run it again."""
    house.publish(FIRST).lay()
    house.write(mine)
    house.publish(SECOND)
    whole, left = laying.write_whole, [writes]

    def cut_off(path, data):
        if not left[0]:
            raise CutOffError
        left[0] -= 1
        whole(path, data)

    monkeypatch.setattr(laying, "write_whole", cut_off)
    if writes < 2:
        with pytest.raises(CutOffError):
            house.lay()
    else:
        house.lay()
    monkeypatch.setattr(laying, "write_whole", whole)
    house.lay()
    if mine == LEARNERS:
        assert (house.read(), house.read(BESIDE)) == (LEARNERS, SECOND)
        assert house.names() == [NAME, BESIDE]
    else:
        assert house.read() == SECOND
        assert house.names() == [NAME]
    assert house.lay() == []


def test_half_written_file_never_takes_the_old_ones_place(tmp_path, monkeypatch):
    path = tmp_path / NAME
    path.write_bytes(FIRST)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(laying.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        laying.write_whole(path, SECOND)
    assert path.read_bytes() == FIRST
    assert [each.name for each in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("seed", range(20))
def test_a_long_life(house, seed):
    """Editions, work, deletions and lost records in any order: what was written is still there."""
    chance, written = random.Random(seed), set()
    house.publish(notebook("edition 0")).lay()
    for number in range(40):
        deed = chance.choice(["publish", "work", "reopen", "delete", "forget", "lay", "lay"])
        if deed == "publish":
            house.publish(notebook(f"edition {number}"))
        elif deed == "work" and (house.work / NAME).exists():
            written.discard(house.read())  # the learner saves over their own text
            house.write(notebook(f"answer {number}"))
            written.add(house.read())
        elif deed == "reopen" and (house.work / NAME).exists():
            book = json.loads(house.read())
            book["metadata"] = {"seen": number}
            if house.read() in written:
                written.discard(house.read())
                written.add(json.dumps(book).encode())
            house.write(json.dumps(book).encode())
        elif deed == "delete" and (house.work / NAME).exists():
            written.discard(house.read())
            (house.work / NAME).unlink()
        elif deed == "forget":
            (house.work / laying.RECORD).unlink(missing_ok=True)
        else:
            house.lay()
        present = {path.read_bytes() for path in house.work.glob("*.ipynb")}
        assert written <= present
