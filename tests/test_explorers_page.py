"""What a page without Python holds, and the gallery's folder; the pages themselves: browser/."""

from html.parser import HTMLParser

import pytest

from cnnlab import explorers
from cnnlab.explorers.gallery import TRY, main, write_gallery
from cnnlab.explorers.packing import Pool, offers, room, thinned
from cnnlab.explorers.page import note, page_data

LIMIT = 250_000  # bytes of a page


def test_the_pool_keeps_a_part_once_and_gives_it_back():
    pool = Pool()
    long = list(range(20))
    first, second = pool.put({"a": long, "b": [long, 1.0]}), pool.put(long)
    values = pool.values()
    assert values.count(long) == 1
    assert values[second["@"]] == long
    assert values[first["@"]]["a"] == second


def test_a_page_stops_sliders_rather_than_growing_without_end():
    e = explorers.groups(in_channels=10, out_channels=20, groups=10)
    e.page_values = {}
    every = offers(e)
    some = thinned(e, every)
    count = 1
    for name, values in some.items():
        count *= len(values)
        assert e.settings()[name] in values
        assert {every[name][0], every[name][-1]} <= set(values)
        assert set(values) <= set(every[name])
    assert count <= room(e)
    assert some["preset"] == every["preset"]


def test_a_large_picture_has_fewer_settings():
    small = explorers.conv2d()
    large = explorers.conv2d([[float(i % 7) for i in range(100)]] * 100)
    assert room(large) < room(small) / 4


def test_parts_that_change_the_same_are_refused():
    e = explorers.activation()
    e.page_parts = (("function", "negative_slope", "depth"), ("bias",), ("rate",))
    with pytest.raises(ValueError, match="page_parts must be independent; two of them change"):
        page_data(e)


def test_writing_a_page_changes_nothing():
    for name in explorers.__all__:
        e = getattr(explorers, name)()
        before = e.settings(), e.place, repr(e), e.drawing
        page_data(e)
        assert (e.settings(), e.place, repr(e), e.drawing) == before


def test_the_page_says_what_it_can_not_do():
    words = note(explorers.activation())
    assert "Sliders that stop at some values only: leaky slope, depth." in words
    assert "questions" not in words
    assert "Sliders" not in note(explorers.conv2d())
    assert "first questions and challenges" in note(explorers.conv2d())


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src", "srcset")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "new" / "gallery"
    write_gallery(folder)
    return folder


def test_the_folder_holds_a_page_for_each_explorer_and_no_dead_or_foreign_link(folder):
    pages = sorted(path.name for path in folder.glob("*.html"))
    assert pages == sorted([*(f"{name}.html" for name in explorers.__all__), "index.html"])
    for page in pages:
        text = (folder / page).read_text(encoding="utf-8")
        assert len(text) < LIMIT, page
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), page
        links = [link for link in Links(text).found if not link.startswith("data:image/png;")]
        for link in links:
            assert (folder / link).is_file(), (page, link)


def test_every_explorer_has_a_name_a_sentence_and_a_lesson(folder):
    index = (folder / "index.html").read_text(encoding="utf-8")
    for name in explorers.__all__:
        assert index.count(f'href="{name}.html"') == 1
    assert index.count("<small>Lesson") == len(explorers.__all__)
    assert "<small>Lessons 1 and 2</small>" in index
    assert len(set(TRY.values())) == len(TRY)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ValueError, match="folder must be a folder, or not exist yet"):
        write_gallery(tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_the_command_says_how_far_it_is(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(explorers, "__all__", ["groups"])
    assert main([str(tmp_path / "g")]) == 0
    said = capsys.readouterr().out
    assert "1 of 1  groups" in said
    assert "index.html" in said
