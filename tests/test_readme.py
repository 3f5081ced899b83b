"""README.md and CONTRIBUTING.md say what is true: lessons, commands, links, pictures."""

import re

import pytest

from course_parts import ROOT, door

README = (ROOT / "README.md").read_text("utf-8")
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
ROW = re.compile(
    r"^\| (\d\d) \| (?:\[([^\]]+)\]\(notebooks/(\w+)\.ipynb\)|([^|\[]+)) \| (\d+) \| (.+) \|$", re.M
)
TITLE = re.compile(r"^# # (\d\d) (.+?) \((\d+) min\)$", re.M)
LESSONS = {path.stem: path for path in sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))}
ROWS = {row[0]: row for row in ROW.findall(README)}


def test_map_has_ten_lessons_in_order():
    assert list(ROWS) == [f"{number:02}" for number in range(10)]


@pytest.mark.parametrize("stem", LESSONS)
def test_lesson_that_exists_is_linked_with_its_title_and_minutes(stem):
    number, title, minutes = TITLE.search(LESSONS[stem].read_text("utf-8")).groups()
    assert ROWS[number][1:3] == (title, stem)
    assert ROWS[number][4] == minutes


def test_nothing_is_linked_that_does_not_exist():
    linked = {row[2] for row in ROWS.values() if row[2]}
    assert linked == set(LESSONS)
    for stem in linked:
        assert (ROOT / "notebooks" / f"{stem}.ipynb").is_file()


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page):
    text = (ROOT / page).read_text("utf-8")
    used = set(re.findall(r"course\.py (\w+)", text))
    assert used <= set(door.COMMANDS)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\(([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    for link in filter(None, sum(links, ())):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_pictures_are_described():
    pictures = re.findall(r"<img[^>]*>", README)
    assert pictures
    for picture in pictures:
        assert len(re.search(r'alt="([^"]*)"', picture)[1].split()) > 5
    assert not re.search(r"!\[\]\(", README)


def test_picture_is_described_by_what_drew_it():
    drawer = (ROOT / "tools" / "draw_readme_picture.py").read_text("utf-8")
    words = re.search(r"^ALT = \((.+?)^\)", drawer, re.M | re.S)[1]
    described = "".join(re.findall(r'"([^"]*)"', words))
    assert f'alt="{described}"' in README


def test_contributing_is_one_page():
    words = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split()
    assert len(words) < 650
