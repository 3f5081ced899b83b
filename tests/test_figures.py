"""The figures: what they draw, that zero is neutral, and that each one carries its words."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cnnlab import figures

ALT = "three cells, the middle one zero"


@pytest.fixture(autouse=True)
def _light():
    figures.theme("light")
    yield
    figures.theme("light")


def every_figure():
    picture = np.array([[-1.0, 0.0, 2.0]])
    yield figures.heatmap(picture, "one", alt=ALT, outline=[(0, 1, 1, 1)])
    yield figures.heatmaps([picture, picture.T], ["a", "b"], alt=ALT)
    yield figures.images_row([np.zeros((2, 3, 3)), picture], ["colour", "grey"], alt=ALT)
    yield figures.images_row([picture], ["signed"], alt=ALT, signed=True)
    yield figures.signals([[1, -2, 3], [4]], titles=["in", "out"], alt=ALT)
    yield figures.signals({"in": [1, -2, 3]}, alt=ALT)
    yield figures.curves([0, 1], {"up": [1, 2], "down": [2, 1]}, alt=ALT)
    yield figures.curves([0, 1], {"up": [1, 2]}, log=True, alt=ALT)
    yield figures.bars({"few": 10, "many": 1000}, log=True, alt=ALT)
    yield figures.canvas(2, 2, alt=ALT)[0]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_figure_is_a_matplotlib_figure_with_words_and_draws_itself(name):
    figures.theme(name)
    for figure in every_figure():
        assert isinstance(figure, Figure)
        assert repr(figure) == f"Figure: {ALT}"
        FigureCanvasAgg(figure).draw()
        assert to_hex(figure.get_facecolor()) == figures.TOKENS[name]["page"]
        assert {to_hex(ax.get_facecolor()) for ax in figure.axes} == {figures.TOKENS[name]["page"]}


@pytest.mark.parametrize("alt", ["", "picture", None, 3])
def test_a_picture_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="alt must say in a sentence"):
        figures.heatmap([[1]], alt=alt)


def test_colours_are_symmetric_about_zero_and_nothing_is_clamped():
    figure = figures.heatmap([[-1.0, 0.0, 4.0]], alt=ALT)
    picture = figure.axes[0].images[0]
    assert picture.get_clim() == (-4, 4)
    assert to_hex(picture.cmap(picture.norm(0))) == figures.TOKENS["light"]["zero"]
    assert to_hex(picture.cmap(picture.norm(4))) == figures.TOKENS["light"]["pos"]
    assert to_hex(picture.cmap(picture.norm(-4))) == figures.TOKENS["light"]["neg"]
    red, _, blue, _ = picture.cmap(picture.norm(-1))
    assert blue > red  # a small negative value is already bluish


def test_the_limit_is_the_largest_value_of_either_sign():
    assert figures.heatmap([[-4, 1]], alt=ALT).axes[0].images[0].get_clim() == (-4, 4)
    assert figures.heatmap([[-4, 1]], alt=ALT, limit=9).axes[0].images[0].get_clim() == (-9, 9)


@pytest.mark.parametrize(
    ("values", "dtype", "limit"),
    [
        ([[1, 10], [200, 3]], np.uint8, 200),
        ([[1, 10], [60_000, 3]], np.uint16, 60_000),
        ([[1, 10], [2**63, 3]], np.uint64, 2**63),
        ([[-128, 127], [0, 3]], np.int8, 128),
        ([[True, False], [False, True]], bool, 1),
        ([[1, -2], [0, 3]], np.float16, 3),
    ],
)
def test_the_limit_is_right_in_every_dtype(values, dtype, limit):
    array = np.array(values, dtype)
    row = figures.images_row([array], ["signed"], alt=ALT, signed=True)
    for figure in (figures.heatmap(array, alt=ALT), row):
        picture = figure.axes[0].images[0]
        assert picture.get_clim() == (-limit, limit)
        np.testing.assert_array_equal(picture.get_array(), array.astype(float))
        FigureCanvasAgg(figure).draw()
    limited = figures.heatmap(array, alt=ALT, limit=np.uint8(4))
    assert limited.axes[0].images[0].get_clim() == (-4, 4)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_leaves_the_others_their_colours(bad):
    figure = figures.heatmap([[-4, bad, 2]], alt=ALT)
    picture = figure.axes[0].images[0]
    assert picture.get_clim() == (-4, 4)
    name = {np.inf: "pos", -np.inf: "neg"}.get(bad)
    cell = figures.TOKENS["light"][name] if name else figures.NO_NUMBER
    colours = picture.to_rgba(picture.get_array())[0]
    assert to_hex(colours[1]) == cell
    assert to_hex(colours[0]) == figures.TOKENS["light"]["neg"]
    assert figures.heatmap([[bad]], alt=ALT).axes[0].images[0].get_clim() == (-1, 1)


def test_a_title_wider_than_its_cells_is_not_cut_off():
    title = "a title that needs more room than three cells"
    figure = figures.heatmaps([np.eye(3), np.eye(2)], [title, "b"], alt=ALT)
    FigureCanvasAgg(figure).draw()
    box = figure.axes[0].title.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.axes[1].title.get_window_extent().x0
    cells = [ax.transData.transform([(0, 0), (1, 0)])[:, 0] for ax in figure.axes]
    widths = [right - left for left, right in cells]
    assert widths[0] == pytest.approx(widths[1], rel=0.02)


def test_all_zero_array_is_drawn_as_zero():
    picture = figures.heatmap(np.zeros((2, 2)), alt=ALT).axes[0].images[0]
    assert to_hex(picture.cmap(picture.norm(0))) == figures.TOKENS["light"]["zero"]


def test_numbers_in_the_cells_are_short_and_have_a_true_minus_sign():
    figure = figures.heatmap([[-0.5, 3.0, 1 / 3]], alt=ALT)
    assert [text.get_text() for text in figure.axes[0].texts] == ["\N{MINUS SIGN}0.5", "3", "0.33"]
    assert not figures.heatmap([[1, 2]], alt=ALT, values=False).axes[0].texts
    assert [t.get_text() for t in figures.heatmap([[-0.001]], alt=ALT).axes[0].texts] == ["0"]


def test_numbers_can_be_read_on_their_cell():
    def brightness(colour):
        return np.dot(colour[:3], (0.299, 0.587, 0.114))

    from matplotlib.colors import to_rgb

    for name in figures.TOKENS:
        figures.theme(name)
        row = np.array([[*np.linspace(-1, 1, 21), np.nan, np.inf]])
        ax = figures.heatmap(row, alt=ALT).axes[0]
        for text, value in zip(ax.texts, row[0], strict=True):
            cell = ax.images[0].cmap(ax.images[0].norm(value))
            assert abs(brightness(cell) - brightness(to_rgb(text.get_color()))) > 0.38


def test_bars_and_curves_say_their_amounts_and_names():
    bars = figures.bars({"few": 34944, "many": 105705600}, alt=ALT).axes[0]
    assert [text.get_text() for text in bars.texts] == ["34,944", "105,705,600"]
    curves = figures.curves([0, 1], {"up": [1, 2], "down": [2, 1]}, alt=ALT).axes[0]
    assert [text.get_text() for text in curves.get_legend().get_texts()] == ["up", "down"]
    assert len({line.get_linestyle() for line in curves.get_lines()[:2]}) == 2


def test_outline_lies_around_the_window():
    figure = figures.heatmap(np.zeros((4, 4)), alt=ALT, outline=[(1, 2, 3, 2)])
    patches = figure.axes[0].patches
    places = [(p.get_x(), p.get_y(), p.get_width(), p.get_height()) for p in patches]
    assert places == [(1.5, 0.5, 2, 3)] * 2


def test_a_notebook_gets_the_picture_and_its_words(monkeypatch):
    sent = []
    send = "IPython.display.display"
    monkeypatch.setattr(send, lambda data, **options: sent.append((data, options)))
    figures.heatmap([[1]], alt="a <b> and a cell")._ipython_display_()
    (picture, options), (words, _) = sent
    assert picture["image/png"].startswith(b"\x89PNG")
    assert options["metadata"] == {"image/png": {"alt": "a <b> and a cell"}}
    assert "a &lt;b&gt; and a cell</details>" in words["text/html"]


def test_titles_that_a_lesson_sets_itself_can_be_read_in_the_dark():
    figures.theme("dark")
    _, axes = figures.canvas(alt=ALT)
    axes[0, 0].set(title="a", xlabel="b", ylabel="c")
    texts = (axes[0, 0].title, axes[0, 0].xaxis.label, axes[0, 0].yaxis.label)
    assert {text.get_color() for text in texts} == {figures.TOKENS["dark"]["ink"]}


def test_theme_refuses_an_unknown_name():
    with pytest.raises(ValueError, match="theme: name must be 'light' or 'dark'; got 'blue'"):
        figures.theme("blue")
