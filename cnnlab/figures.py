"""Matplotlib pictures in one style, each with a text alternative.

Signed values run from blue through the paper's colour to orange, symmetric about zero and never
clamped, so that "below zero" can't be mistaken for "dark". Every function takes ``alt=``, what the
picture shows in words, and returns a matplotlib Figure; a notebook shows the picture with those
words folded beneath it.
"""

from functools import cache
from html import escape

import numpy as np

# One table of colours, the explorers' too: below zero, zero, above zero, text, and the page.
TOKENS = {
    "light": {
        "neg": "#2171b5",
        "zero": "#fafaf8",
        "pos": "#e06d10",
        "ink": "#1c1f23",
        "page": "#ffffff",
    },
    "dark": {
        "neg": "#4696e1",
        "zero": "#22262e",
        "pos": "#f08c32",
        "ink": "#eceef1",
        "page": "#15181d",
    },
}
# Okabe and Ito's order: told apart by colour-blind eyes. Each colour comes with its own line style.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#1c1f23")
NO_NUMBER = "#9a9a9a"  # a cell that holds NaN: neither below nor above zero, nor zero
STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
CELL = 0.42  # inches for one number of a heat map
_theme = {"name": "light"}


def theme(name):
    """Use the "light" or the "dark" colours for the figures drawn from now on.

    Errors: ValueError for any other name.
    """
    if name not in TOKENS:
        raise ValueError(f"theme: name must be 'light' or 'dark'; got {name!r}")
    _theme["name"] = name


def canvas(rows=1, columns=1, *, size=(4.0, 2.6), alt):
    """Return an empty figure in the house style and its axes, a (rows, columns) array.

    ``size`` is the width and height of one axes in inches.
    Errors: ValueError when ``alt`` does not say in words what the picture shows.
    """
    return _panels(rows, columns, (columns * size[0], rows * size[1]), alt)


def heatmap(array, title="", *, alt, values=True, limit=None, outline=()):
    """Draw a 2-D array as coloured cells with their numbers.

    ``outline`` is a list of (top, left, height, width): windows to draw a frame around.
    """
    return heatmaps([array], [title], alt=alt, values=values, limit=limit, outlines=[outline])


def heatmaps(arrays, titles, *, alt, values=True, limit=None, outlines=None):
    """Draw 2-D arrays side by side, all cells the same size.

    ``limit`` is the value of full colour; left out, each array takes its largest absolute value
    that is finite. What is no number is grey.
    """
    arrays = [np.atleast_2d(np.asarray(array)) for array in arrays]
    # A panel is as wide as its cells, or as its title where that is wider.
    widths = [max(a.shape[1], 0.2 * len(t)) for a, t in zip(arrays, titles, strict=True)]
    height = max(array.shape[0] for array in arrays)
    size = (max(2.2, sum(widths) * CELL + 0.5 * len(arrays)), height * CELL + 0.4)
    figure, axes = _panels(1, len(arrays), size, alt, width_ratios=widths)
    # A shared height for all panels keeps a 3x3 kernel's cells as large as the picture's.
    for i, ax in enumerate(axes[0]):
        _cells(ax, arrays[i], titles[i], values, limit)
        ax.set_ylim(
            height / 2 + arrays[i].shape[0] / 2 - 0.5, arrays[i].shape[0] / 2 - height / 2 - 0.5
        )
        for top, left, rows, columns in outlines[i] if outlines else ():
            _outline(ax, top, left, rows, columns)
    return figure


def images_row(images, titles, *, alt, signed=False, limit=None, height=2.3):
    """Draw pictures side by side: (H, W, 3) in their colours, (H, W) in grey.

    Grey and colour take values in [0, 1]. With ``signed=True`` the (H, W) ones take any values and
    are drawn from blue to orange.
    """
    widths = [np.shape(image)[1] / np.shape(image)[0] for image in images]
    size = (sum(widths) * height + 0.2, height + 0.3)
    figure, axes = _panels(1, len(images), size, alt, width_ratios=widths)
    for i, ax in enumerate(axes[0]):
        array = np.asarray(images[i])
        if signed and array.ndim == 2:
            _signed(ax, array, limit)
        else:
            ax.imshow(array, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        _frame(ax, titles[i])
        ax.spines[:].set(visible=True, lw=0.6)
    return figure


def signals(lines, *, alt, titles=None, width=5.5):
    """Draw 1-D arrays under each other as stems on a shared axis of positions, with their numbers.

    ``lines`` is a dict from label to array, or a list with ``titles``.
    """
    lines = lines if isinstance(lines, dict) else dict(zip(titles, lines, strict=True))
    figure, axes = canvas(len(lines), 1, size=(width, 1.25), alt=alt)
    last = max(len(line) for line in lines.values())
    for ax, (label, line) in zip(axes[:, 0], lines.items(), strict=True):
        ax.axhline(0, color=_token("ink"), lw=0.8)
        colours = [_token("pos") if value > 0 else _token("neg") for value in line]
        ax.bar(range(len(line)), line, width=0.55, color=colours)
        for position, value in enumerate(line):
            below = value < 0
            text = _note(ax, _number(value), (position, value), (0, -3 if below else 3))
            text.set(ha="center", va="top" if below else "bottom")
        ax.set_title(label, loc="left", fontsize=10, color=_token("ink"))
        ax.set(xlim=(-0.6, last - 0.4), xticks=range(last))
        ax.margins(y=0.35)
        ax.set_yticks([])
    return figure


def curves(x, lines, *, alt, title="", xlabel="", ylabel="", log=False, size=(4.6, 2.8)):
    """Draw named curves over one x axis, told apart by colour and line style; ``log`` for y."""
    figure, axes = canvas(size=size, alt=alt)
    ax = axes[0, 0]
    for i, (label, y) in enumerate(lines.items()):
        ax.plot(x, y, color=_series(i), ls=STYLES[i % len(STYLES)], lw=2, label=label)
    _labels(ax, title, xlabel, ylabel)
    if log:
        ax.set_yscale("log")
    else:
        ax.axhline(0, color=_token("ink"), lw=0.6)
    if len(lines) > 1:
        ax.legend(frameon=False, fontsize=9, labelcolor=_token("ink"))
    return figure


def bars(amounts, *, alt, title="", xlabel="", log=False, width=6.0):
    """Draw a dict of name -> amount as bars with the amounts written out; ``log`` for the axis."""
    figure, axes = canvas(size=(width, 0.36 * len(amounts) + 0.8), alt=alt)
    ax = axes[0, 0]
    positions = range(len(amounts))[::-1]
    ax.barh(positions, amounts.values(), color=_series(0), height=0.6)
    for position, amount in zip(positions, amounts.values(), strict=True):
        _note(ax, f"{amount:,}", (amount, position), (4, 0)).set(va="center")
    ax.set_yticks(positions, amounts.keys())
    _labels(ax, title, xlabel, "")
    if log:
        ax.set_xscale("log")
    ax.margins(x=0.25)
    return figure


@cache
def _figure_class():
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A Figure that shows itself with its words; no pyplot, so nothing is drawn twice."""

        def __repr__(self):
            return f"Figure: {self.alt}"

        def _ipython_display_(self):
            from IPython.display import display

            words = escape(self.alt)
            folded = f"<details><summary>This picture in words</summary>{words}</details>"
            # Two outputs: JupyterLab drops an image's alt metadata, so the words get their own.
            metadata = {"image/png": {"alt": self.alt}}
            display(
                {"image/png": _png(self), "text/plain": repr(self)}, raw=True, metadata=metadata
            )
            display({"text/html": folded, "text/plain": self.alt}, raw=True)

    return Picture


def _panels(rows, columns, size, alt, width_ratios=None):
    if not isinstance(alt, str) or len(alt.split()) < 3:
        raise ValueError(f"alt must say in a sentence what the picture shows; got {alt!r}")
    figure = _figure_class()(figsize=size, dpi=80, layout="constrained")
    figure.alt = alt
    figure.set_facecolor(_token("page"))
    axes = figure.subplots(rows, columns, squeeze=False, width_ratios=width_ratios)
    for ax in axes.flat:
        _plain(ax)
    return figure, axes


def _png(figure):
    from io import BytesIO

    import matplotlib.backends.backend_agg as agg
    from PIL import Image

    canvas = agg.FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    stream = BytesIO()
    # 256 well-chosen colours: a third of the bytes, so that executed notebooks stay light.
    picture.quantize(256, Image.Quantize.MEDIANCUT).save(stream, "png", optimize=True)
    return stream.getvalue()


def _token(name):
    return TOKENS[_theme["name"]][name]


def _series(i):
    last = i % len(SERIES) == len(SERIES) - 1
    return _token("ink") if last else SERIES[i % len(SERIES)]


def _colours():
    from matplotlib.colors import LinearSegmentedColormap

    colours = [_token("neg"), _token("zero"), _token("pos")]
    signed = LinearSegmentedColormap.from_list("signed", colours, N=513)
    return signed.with_extremes(bad=NO_NUMBER)


def _signed(ax, array, limit):
    array = np.asarray(array, dtype=float)  # in uint8, -limit would be another number
    limit = float(limit or np.abs(array[np.isfinite(array)]).max(initial=0) or 1)
    array = np.nan_to_num(array, nan=np.nan, posinf=limit, neginf=-limit)
    return ax.imshow(array, cmap=_colours(), vmin=-limit, vmax=limit, interpolation="nearest")


def _cells(ax, array, title, values, limit):
    picture = _signed(ax, array, limit)
    if values:
        for row, column in np.ndindex(array.shape):
            colour = picture.cmap(picture.norm(array[row, column]))
            ink = "#ffffff" if np.dot(colour[:3], (0.299, 0.587, 0.114)) < 0.5 else "#1c1f23"
            text = ax.text(column, row, _number(array[row, column]), fontsize=9, color=ink)
            text.set(ha="center", va="center")
    _frame(ax, title)
    for spine in ax.spines.values():
        spine.set_visible(False)  # the axes may be taller than the array: frame the cells instead
    line = {"color": _token("ink"), "lw": 0.4, "alpha": 0.5}
    for edge in range(array.shape[0] + 1):
        ax.plot((-0.5, array.shape[1] - 0.5), (edge - 0.5,) * 2, **line)
    for edge in range(array.shape[1] + 1):
        ax.plot((edge - 0.5,) * 2, (-0.5, array.shape[0] - 0.5), **line)


def _outline(ax, top, left, rows, columns):
    from matplotlib.patches import Rectangle

    # A halo in the page's colour under a stroke in ink: seen on blue, on orange and on paper.
    for colour, width in ((_token("page"), 5), (_token("ink"), 2.2)):
        style = {"fill": False, "ec": colour, "lw": width, "zorder": 5, "clip_on": False}
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), columns, rows, **style))


def _note(ax, text, place, shift):
    style = {"fontsize": 9, "color": _token("ink"), "textcoords": "offset points"}
    return ax.annotate(text, place, xytext=shift, **style)


def _frame(ax, title):
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=10, color=_token("ink"))


def _plain(ax):
    ax.set_facecolor(_token("page"))
    ax.tick_params(colors=_token("ink"), labelsize=9)
    for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
        text.set_color(_token("ink"))  # also for what a lesson writes on its own axes
    for side, spine in ax.spines.items():
        spine.set_color(_token("ink"))
        spine.set_visible(side in ("left", "bottom"))


def _labels(ax, title, xlabel, ylabel):
    ax.set_title(title, fontsize=10, color=_token("ink"))
    ax.set_xlabel(xlabel, fontsize=9, color=_token("ink"))
    ax.set_ylabel(ylabel, fontsize=9, color=_token("ink"))


def _number(value):
    """Write a value short enough for a cell, with a true minus sign: -0.5 -> −0.5, -0.001 -> 0."""
    return f"{round(float(value), 2) + 0.0:g}".replace("-", "\N{MINUS SIGN}")
