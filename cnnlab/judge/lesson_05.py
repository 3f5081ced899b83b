"""Lesson 05's exercises: bins that fit any size, over a whole picture and over a part of it.

A wrong variant is a few lines over cnnlab's own operator. Where the mistake would crash in a
learner's hands it crashes here too: an error counts as an answer when mistakes are told apart.
"""

# ruff: noqa: ARG005 - that an argument is not looked at is many a mistake

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab import adaptive, pooling, pyramid, sliding
from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole

# ---------------------------------------------------------------- bins, right and wrong


def _binned(maps, counts, edges=sliding.bins, take=np.max):
    """Return the last two axes cut into bins by `edges`, each bin taken together by `take`."""
    rows, columns = map(edges, maps.shape[-2:], counts)
    lines = [
        [take(maps[..., top:bottom, left:right], (-2, -1)) for left, right in columns]
        for top, bottom in rows
    ]
    return np.stack([np.stack(line, -1) for line in lines], -2)


def _from_edges(edge: Callable) -> Callable:
    """Return a cutter whose bin i goes from edge(i) to edge(i + 1): nothing overlaps."""
    return lambda n, m: [(edge(i, n, m), edge(i + 1, n, m)) for i in range(m)]


def _rest_to_the_last(n, m):
    return [(i * (n // m), n if i == m - 1 else (i + 1) * (n // m)) for i in range(m)]


def _rest_to_the_first(n, m):
    ends = np.cumsum([n // m + (i < n % m) for i in range(m)])
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _equal_windows(n, m):
    return [(i * (n // m), i * (n // m) + -(-n // m)) for i in range(m)]


def _bin_too_long(n, m):
    return [(start, stop + 1) for start, stop in sliding.bins(n, m)]


def _by_width(n, m):
    return [(int(i * (n / m)), int(np.ceil((i + 1) * (n / m)))) for i in range(m)]


def _by_share(n, m):
    return [(int(i / m * n), int(np.ceil((i + 1) / m * n))) for i in range(m)]


def _floor_to_floor(n, m):
    return [(i * n // m, (i + 1) * n // m) for i in range(m)]


def _one_cell_at_least(n, m):
    return [(start, max(stop, start + 1)) for start, stop in _floor_to_floor(n, m)]


def _or_minus_infinity(cells, axes):
    return cells.max(axes, initial=-np.inf)


def _first_cells(cells, axes):
    return cells[..., 0, 0]


def _bin_mistakes(pool: Callable) -> tuple[Mistake, ...]:
    """Return what goes wrong with bins; pool(edges, take) gives the exercise's function."""
    rule = "Bin i of m goes from floor(i * n / m) to ceil((i + 1) * n / m)"
    return (
        Mistake(
            "average_for_max",
            pool(take=np.mean),
            "Your output is the mean of each bin; the largest value is asked.",
        ),
        Mistake(
            "maximum_starts_at_zero",
            pool(take=lambda cells, axes: np.maximum(cells.max(axes), 0)),
            "Your maximum is never below zero: it starts at 0. Start at -np.inf, or at the bin's "
            "first value.",
        ),
        Mistake(
            "sign_lost",
            pool(take=lambda cells, axes: np.abs(cells).max(axes)),
            "Your maximum is taken over absolute values: negative numbers lost their sign.",
        ),
        Mistake(
            "first_of_bin",
            pool(take=_first_cells),
            "Your output holds the first cell of each bin. Look at all of its cells and keep the "
            "largest.",
        ),
        Mistake(
            "bins_floor_floor",
            pool(_from_edges(lambda i, n, m: i * n // m)),
            f"Your bins end where the next ones begin, rounded down. {rule}: the end is rounded "
            "up, and neighbours may share cells.",
        ),
        Mistake(
            "bins_floor_floor_and_empty",
            pool(_floor_to_floor, _or_minus_infinity),
            f"Your bins end where the next ones begin, rounded down, and some hold no cell. {rule}:"
            " the end is rounded up, and neighbours may share cells.",
        ),
        Mistake(
            "bins_floor_floor_not_empty",
            pool(_one_cell_at_least),
            f"Your bins end where the next ones begin, rounded down. {rule}: the end is rounded "
            "up, and neighbours may share cells; that also leaves none empty.",
        ),
        Mistake(
            "bins_by_width",
            pool(_by_width),
            "Your bins' edges are multiples of n / m, which is rounded: i * (n / m) may fall just "
            "below or above a whole number. Multiply first: i * n // m and -(-(i + 1) * n // m).",
        ),
        Mistake(
            "bins_by_share",
            pool(_by_share),
            "Your bins' edges are shares of n, and i / m is rounded: i / m * n may fall just below "
            "or above a whole number. Multiply first: i * n // m and -(-(i + 1) * n // m).",
        ),
        Mistake(
            "bins_ceil_ceil",
            pool(_from_edges(lambda i, n, m: -(-i * n // m))),
            f"Your bins begin where the ones before end, rounded up. {rule}: the start is rounded "
            "down, and neighbours may share cells.",
        ),
        Mistake(
            "bins_rounded",
            pool(_from_edges(lambda i, n, m: round(i * n / m))),
            f"You round the bins' edges to the nearest cell. {rule}.",
        ),
        Mistake(
            "rest_left_out",
            pool(_from_edges(lambda i, n, m: i * (n // m))),
            "Each of your bins is n // m cells long, and the cells left over at the end are never "
            f"read. {rule}.",
        ),
        Mistake(
            "rest_to_the_last_bin",
            pool(_rest_to_the_last),
            f"Your bins are n // m cells long, and the last takes what is left over. {rule}.",
        ),
        Mistake(
            "rest_to_the_first_bins",
            pool(_rest_to_the_first),
            "Where the size doesn't divide, your first bins are one cell longer, as in "
            f"np.array_split. {rule}.",
        ),
        Mistake(
            "equal_windows",
            pool(_equal_windows),
            "Your bins are windows of ceil(n / m) cells, floor(n / m) apart: they all have one "
            f"length and may miss the last cells. {rule}.",
        ),
        Mistake(
            "bins_too_long",
            pool(_bin_too_long),
            "Your bins reach one cell too far: a slice [start:stop] ends before stop.",
        ),
    )


def _negative(*shape, seed=0):
    return -np.abs(whole(*shape, seed=seed))


# ---------------------------------------------------------------- spatial_pyramid_pool


def _pyramid_oracle(torch, input, levels):
    pool = torch.nn.functional.adaptive_max_pool2d
    return torch.cat([pool(input, level).flatten(1) for level in levels], 1)


def _pyramid(input, levels):
    return pyramid.spatial_pyramid_pool(input, levels)


def _pyramid_sweep(draw: Draw) -> Case:
    levels = tuple(draw.size(1, 4) for _ in range(draw.size(1, 3)))
    shape = draw.size(1, 3), draw.size(1, 3), draw.size(1, 9), draw.size(1, 9)
    return case(draw.array(*shape), levels)


def _by_level(edges=sliding.bins, take=np.max, order=(0, 1, 2, 3)):
    """Return a pyramid with other bins, or with a level's axes laid out in another order."""

    def wrong(input, levels):
        maps = [_binned(input, (level, level), edges, take) for level in levels]
        return np.concatenate([m.transpose(order).reshape(len(input), -1) for m in maps], 1)

    return wrong


def _channels_kept(input, levels):
    maps = [adaptive.adaptive_max_pool2d(input, level) for level in levels]
    return np.concatenate([m.reshape(*m.shape[:2], -1) for m in maps], 2)


def _batch_mixed(input, levels):
    maps = [adaptive.adaptive_max_pool2d(input, level) for level in levels]
    return np.concatenate([m.ravel() for m in maps]).reshape(len(input), -1)


def _through_all(input, levels):
    rows = []
    for n in levels:
        largest = _binned(input.max(axis=(0, 1), keepdims=True), (n, n))
        rows.append(np.broadcast_to(largest, (*input.shape[:2], n, n)).reshape(len(input), -1))
    return np.concatenate(rows, axis=1)


def _levels_as_windows(input, levels):
    return np.concatenate(
        [pooling.max_pool2d(input, level).reshape(len(input), -1) for level in levels], 1
    )


def _fixed_windows(input, levels):
    h, w = input.shape[2:]
    maps = [pooling.max_pool2d(input, (-(-h // m), -(-w // m)), (h // m, w // m)) for m in levels]
    return np.concatenate([m.reshape(len(input), -1) for m in maps], 1)


def _square_bins(input, levels):
    side = slice(min(input.shape[2:]))
    return _pyramid(input[:, :, side, side], levels)


spatial_pyramid_pool = Exercise(
    name="spatial_pyramid_pool",
    section="5.2",
    signature="(input, levels)",
    oracle=_pyramid_oracle,
    ours=_pyramid,
    ladder=(
        Capability(
            "one bin",
            (
                case(whole(1, 1, 2, 2), (1,)),
                case(_negative(1, 1, 2, 3), (1,), note="nothing above zero"),
                case(np.array([[[[3.0, -7.0], [5.0, -2.0]]]]), (1,), note="-7 is not the largest"),
                case(whole(1, 1, 3, 2), (1,)),
                case(rough(1, 1, 4, 3), (1,)),
            ),
            (
                "Level 1 is one bin, the whole picture. Which of its values goes on?",
                "The largest, and the answer has the shape (N, C * 1 * 1).",
                "out = input.max(axis=(2, 3))",
            ),
        ),
        Capability(
            "bins",
            (
                case(whole(1, 1, 2, 2), (2,)),
                case(whole(1, 1, 4, 2), (2,)),
                case(_negative(1, 1, 2, 4), (2,), note="nothing above zero"),
                case(whole(1, 1, 4, 6), (2,)),
                case(whole(1, 1, 6, 3), (3,)),
                case(rough(1, 1, 8, 4), (4,)),
            ),
            (
                "Level 2 cuts the picture into 2 x 2 bins. Where does each begin and end?",
                "The picture's height is cut into l parts, and so is its width; row by row.",
                "input[:, :, i * H // l : (i + 1) * H // l, j * W // l : ...].max((2, 3))",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(1, 2, 2, 2), (1,)),
                case(whole(1, 2, 2, 2), (2,)),
                case(whole(1, 3, 2, 4), (2,)),
                case(rough(1, 4, 6, 3), (3,)),
            ),
            (
                "Four bins and three channels make twelve numbers. In which order?",
                "First all bins of channel 0, then all bins of channel 1, ...",
                "pooled has the shape (N, C, l, l): pooled.reshape(N, C * l * l)",
            ),
        ),
        Capability(
            "levels",
            (
                case(whole(1, 1, 2, 2), (1, 2)),
                case(whole(1, 2, 2, 2), (1, 2)),
                case(whole(1, 1, 4, 2), (2, 1), note="the fine level first"),
                case(whole(1, 2, 4, 4), (1, 2, 4)),
                case(whole(1, 2, 6, 6), (3, 1, 2), note="levels in no order"),
                case(whole(1, 2, 2, 4), (2, 2), note="a level twice"),
                case(rough(1, 3, 6, 12), (1, 2, 3, 6)),
            ),
            (
                "Where do the numbers of the second level go?",
                "After all channels of the first level, in the order in which levels are given.",
                "np.concatenate([pooled.reshape(N, -1) for each level], axis=1)",
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 2, 2), (1,)),
                case(whole(2, 1, 2, 2), (1, 2)),
                case(whole(3, 2, 2, 4), (2, 1)),
                case(rough(2, 3, 4, 4), (1, 2, 4)),
            ),
            (
                "How many rows does the answer have?",
                "One for each picture; its numbers come from that picture alone.",
                "Keep the first axis: pooled.reshape(N, -1), joined along axis 1",
            ),
        ),
        Capability(
            "any size",
            (
                case(whole(1, 1, 3, 3), (2,)),
                case(whole(1, 1, 3, 5), (2,)),
                case(whole(1, 1, 5, 3), (3,)),
                case(whole(1, 1, 5, 5, seed=1), (3,)),
                case(_negative(1, 1, 5, 7), (3,), note="nothing above zero"),
                case(whole(1, 1, 2, 3), (4,), note="more bins than cells"),
                case(whole(1, 1, 1, 1), (1, 3), note="one cell"),
                case(whole(1, 1, 6, 7), (4,)),
                case(whole(1, 1, 7, 6, seed=2), (4,)),
                case(rough(2, 2, 11, 13), (1, 2, 4)),
                case(rough(1, 2, 10, 9), (4, 3)),
                case(rough(1, 1, 13, 7), (5,)),
                case(rough(2, 2, 2, 9), (3, 6)),
                case(rough(1, 1, 29, 30), (7, 22), note="where i * (n / m) is not exact"),
                case(rough(1, 1, 42, 55), (11, 14), note="where i / m * n is not exact"),
            ),
            (
                "Five cells, three bins: where do the bins begin and end?",
                "From floor(i * n / l) to ceil((i + 1) * n / l). Neighbours may share a cell.",
                "start, stop = i * n // l, -(-(i + 1) * n // l)",
            ),
        ),
        Capability(
            "any array",
            (
                case(_negative(2, 2, 4, 5).astype(np.float32), (1, 2, 3), note="float32"),
                case(
                    rough(2, 3, 8, 5)[:, :, ::2], (2, 3), note="every second row of a larger array"
                ),
                case(
                    rough(2, 2, 5, 12)[..., ::2] - 20,
                    (1, 4),
                    note="every second column of a larger array",
                ),
                case(1e30 * _negative(1, 2, 4, 5), (1, 2), note="far below zero"),
            ),
            (
                "The arrays may be float32, views, or hold values far below zero.",
                "However small a number you start from, some input lies below it.",
                "-np.inf is smaller than all of them; or take .max() of the bin.",
            ),
        ),
    ),
    mistakes=(
        *_bin_mistakes(_by_level),
        Mistake(
            "channel_by_channel",
            lambda input, levels: _channels_kept(input, levels).reshape(len(input), -1),
            "You lay out channel 0 with all its levels, then channel 1. The levels come first: all "
            "channels of the first level, then all of the second.",
        ),
        Mistake(
            "maximum_through_all",
            _through_all,
            "Your maximum is taken over pictures and channels too: each is pooled by itself, "
            "with .max(axis=(2, 3)).",
        ),
        Mistake(
            "bins_before_channels",
            _by_level(order=(0, 2, 3, 1)),
            "You lay out all channels of the first bin, then all of the second. Inside a level it "
            "is channel by channel: (N, C, l, l), flattened.",
        ),
        Mistake(
            "bins_by_columns",
            _by_level(order=(0, 1, 3, 2)),
            "Your bins run down the columns. They are read row by row: the column changes fastest.",
        ),
        Mistake(
            "levels_backwards",
            lambda input, levels: _pyramid(input, levels[::-1]),
            "Your levels stand in reverse order: the first one given comes first.",
        ),
        Mistake(
            "levels_sorted",
            lambda input, levels: _pyramid(input, sorted(levels)),
            "Your levels are sorted. They come in the order in which they are given.",
        ),
        Mistake(
            "level_twice_dropped",
            lambda input, levels: _pyramid(input, tuple(dict.fromkeys(levels))),
            "A level that is given twice comes once in your answer: go through `levels` as it is.",
        ),
        Mistake(
            "first_level_only",
            lambda input, levels: _pyramid(input, levels[:1]),
            "Your answer holds the first level only: is the return inside the loop?",
        ),
        Mistake(
            "last_level_only",
            lambda input, levels: _pyramid(input, levels[-1:]),
            "Your answer holds the last level only: each level overwrites the one before. Collect "
            "them in a list, and join them at the end.",
        ),
        Mistake(
            "levels_as_windows",
            _levels_as_windows,
            "You take the level as the window's size. Level l is the number of bins along each "
            "axis, whatever the picture's size.",
        ),
        Mistake(
            "fixed_windows",
            _fixed_windows,
            "You slide a window of ceil(n / l) cells with stride floor(n / l). For some sizes that "
            "makes too many places (11 cells and level 4 give 5): cut the axis into l bins.",
        ),
        Mistake(
            "strips_for_bins",
            lambda input, levels: np.concatenate(
                [
                    adaptive.adaptive_max_pool2d(input, (level, 1)).reshape(len(input), -1)
                    for level in levels
                ],
                1,
            ),
            "Your level l has l bins, strips as wide as the picture. It has l * l: height and "
            "width are both cut.",
        ),
        Mistake(
            "picture_cut_square",
            _square_bins,
            "You use the shorter side for both axes, and the rest of the picture is never read: "
            "height and width each have their own bins.",
        ),
        Mistake(
            "channels_kept_apart",
            _channels_kept,
            "Your answer still has an axis for the channels. A row for each picture is asked: "
            "(N, C * sum of l * l), which a linear layer can take.",
        ),
        Mistake(
            "batch_flattened",
            lambda input, levels: _pyramid(input, levels).reshape(-1),
            "Your answer has lost the batch: a row for each picture is asked, (N, ...).",
        ),
        Mistake(
            "batch_mixed",
            _batch_mixed,
            "Your levels are joined with all pictures in them, and rows are cut afterwards: "
            "numbers of one picture lie in another's row. Join along axis 1.",
        ),
        Mistake(
            "channels_lost",
            lambda input, levels: _pyramid(input.max(1, keepdims=True), levels),
            "Your maximum runs over the channels too: every channel has bins of its own.",
        ),
        Mistake(
            "first_channel_for_all",
            lambda input, levels: _pyramid(np.repeat(input[:, :1], input.shape[1], 1), levels),
            "Every channel of yours is channel 0, pooled: channel c is made from input[:, c].",
        ),
        slips.all_zeros(_pyramid),
        slips.first_picture_only(_pyramid),
        slips.batch_of_copies(_pyramid),
        slips.one_picture_returned(_pyramid),
        slips.decimals_cut(_pyramid),
    ),
    sweep=_pyramid_sweep,
)

# ---------------------------------------------------------------- roi_pool


def _roi_oracle(torch, input, box, output_size):
    top, left, bottom, right = box
    crop = input[:, top:bottom, left:right]
    return torch.nn.functional.adaptive_max_pool2d(crop, output_size)


def _roi(input, box, output_size):
    return pyramid.roi_pool(input, box, output_size)


def _roi_sweep(draw: Draw) -> Case:
    height, width = draw.size(1, 6), draw.size(1, 6)
    top, left = draw.size(0, 3), draw.size(0, 3)
    below, beside = draw.size(0, 2), draw.size(0, 2)
    input = draw.array(draw.size(1, 3), top + height + below, left + width + beside)
    counts = draw.size(1, 4), draw.size(1, 4)
    output_size = draw.choice(counts[0], counts)
    return case(input, (top, left, top + height, left + width), output_size)


def _pair(output_size):
    return (output_size,) * 2 if isinstance(output_size, int) else output_size


def _cropped(crop: Callable) -> Callable:
    """Return region pooling of another crop: crop(input, top, left, bottom, right)."""

    def wrong(input, box, output_size):
        cells = crop(input, *box)
        if not cells.size:
            raise ValueError("the crop is empty")
        return adaptive.adaptive_max_pool2d(cells, output_size)

    return wrong


def _in_bins(edges=sliding.bins, take=np.max):
    def wrong(input, box, output_size):
        top, left, bottom, right = box
        return _binned(input[:, top:bottom, left:right], _pair(output_size), edges, take)

    return wrong


def _bins_of_picture(input, box, output_size):
    # Bins are cut on the whole picture; of each, only the cells inside the box are kept.
    top, left, bottom, right = box
    masked = np.full(input.shape, -np.inf)
    masked[:, top:bottom, left:right] = input[:, top:bottom, left:right]
    return _binned(masked, _pair(output_size))


def _through_all_channels(input, box, output_size):
    return np.repeat(_roi(input.max(0, keepdims=True), box, output_size), len(input), 0)


roi_pool = Exercise(
    name="roi_pool",
    section="5.4",
    signature="(input, box, output_size)",
    oracle=_roi_oracle,
    ours=_roi,
    ladder=(
        Capability(
            "one bin",
            (
                case(whole(1, 2, 2), (0, 0, 2, 2), 1, note="the box is the picture"),
                case(_negative(1, 2, 3), (0, 0, 2, 3), 1, note="nothing above zero"),
                case(np.array([[[3.0, -7.0, 5.0]]]), (0, 0, 1, 3), 1, note="-7 is not the largest"),
                case(rough(1, 3, 2), (0, 0, 3, 2), 1),
            ),
            (
                "The box is the whole picture and there is one bin. Which value goes on?",
                "The largest of each channel; the answer has the shape (C, 1, 1).",
                "out[c, 0, 0] = input[c].max()",
            ),
        ),
        Capability(
            "the box",
            (
                case(
                    np.array([[[9.0, 8.0, 7.0], [6.0, 1.0, 2.0], [5.0, 3.0, 4.0]]]), (1, 1, 3, 3), 1
                ),
                case(
                    np.array([[[1.0, 2.0, 7.0], [3.0, 4.0, 8.0], [5.0, 6.0, 9.0]]]), (0, 0, 2, 2), 1
                ),
                case(np.arange(12.0).reshape(1, 3, 4), (0, 1, 2, 3), 1, note="rises to the end"),
                case(-np.arange(12.0).reshape(1, 3, 4), (1, 1, 2, 3), 1, note="falls to the end"),
                case(whole(1, 4, 5), (1, 2, 3, 5), 1),
                case(whole(1, 5, 4), (2, 0, 5, 1), 1),
                case(_negative(1, 4, 6), (0, 3, 2, 5), 1, note="nothing above zero"),
                case(whole(1, 3, 5), (1, 4, 2, 5), 1, note="a box of one cell"),
                case(rough(1, 6, 5), (3, 1, 5, 4), 1),
            ),
            (
                "The box (1, 2, 3, 5): which rows and which columns lie in it?",
                "Rows 1 and 2, columns 2, 3 and 4: top, left, bottom, right, ends excluded.",
                "crop = input[:, top:bottom, left:right]",
            ),
        ),
        Capability(
            "bins",
            (
                case(whole(1, 2, 2), (0, 0, 2, 2), 2),
                case(whole(1, 4, 4), (0, 0, 4, 4), 2),
                case(whole(1, 4, 5), (1, 1, 3, 5), 2),
                case(_negative(1, 5, 4), (1, 0, 5, 2), 2, note="nothing above zero"),
                case(whole(1, 6, 7), (0, 1, 6, 4), 3),
                case(rough(1, 7, 8), (3, 0, 7, 8), 4),
            ),
            (
                "output_size 2: into how many parts is the crop's height cut?",
                "Into two, and its width too. Each part keeps its largest value.",
                "crop[:, i * h // 2 : (i + 1) * h // 2, j * w // 2 : (j + 1) * w // 2].max((1, 2))",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(2, 2, 2), (0, 0, 2, 2), 1),
                case(whole(2, 2, 3), (0, 1, 2, 3), 2),
                case(whole(3, 4, 3), (0, 1, 4, 3), 2),
                case(rough(4, 5, 6), (1, 2, 4, 5), 3),
            ),
            (
                "Do the channels know of each other?",
                "No: the same box is cut out of each, and each is pooled by itself: (C, oh, ow).",
                "Keep the first axis: crop = input[:, top:bottom, left:right]",
            ),
        ),
        Capability(
            "two sizes",
            (
                case(whole(1, 2, 2), (0, 0, 2, 2), (1, 2)),
                case(whole(1, 2, 2), (0, 0, 2, 2), (2, 1)),
                case(whole(2, 4, 5), (0, 1, 4, 4), (2, 3)),
                case(whole(2, 5, 4), (1, 0, 4, 4), (3, 2)),
                case(rough(2, 6, 7), (1, 1, 5, 7), (4, 3)),
            ),
            (
                "What may output_size be, other than an int?",
                "A pair: the number of bins down, then the number of bins across.",
                "oh, ow = output_size if isinstance(output_size, tuple) else (output_size,) * 2",
            ),
        ),
        Capability(
            "any box",
            (
                case(whole(1, 3, 3), (0, 0, 3, 3), 2),
                case(whole(1, 4, 5), (0, 1, 3, 4), 2),
                case(whole(1, 3, 6), (1, 1, 2, 3), 3, note="more bins than cells"),
                case(whole(1, 4, 3), (2, 1, 3, 2), 2, note="a box of one cell"),
                case(_negative(1, 6, 7), (1, 0, 6, 7), 3, note="nothing above zero"),
                case(whole(1, 6, 8), (0, 1, 5, 6), (3, 2)),
                case(whole(1, 6, 6, seed=3), (0, 0, 6, 6), 4),
                case(whole(2, 8, 7), (1, 1, 8, 7), 4),
                case(rough(3, 12, 14), (1, 2, 12, 13), 4),
                case(rough(2, 11, 12), (1, 0, 11, 9), (4, 5)),
                case(rough(1, 13, 14), (0, 1, 13, 14), (5, 3)),
                case(rough(2, 14, 6), (2, 3, 4, 5), (5, 7), note="more bins than cells"),
                case(
                    rough(1, 32, 30),
                    (1, 1, 31, 30),
                    (22, 7),
                    note="where i * (n / m) is not exact",
                ),
                case(
                    rough(1, 56, 43),
                    (1, 0, 56, 42),
                    (11, 14),
                    note="where i / m * n is not exact",
                ),
            ),
            (
                "A crop of five rows, three bins: where do they begin and end?",
                "From floor(i * h / oh) to ceil((i + 1) * h / oh), counted inside the crop.",
                "start, stop = i * h // oh, -(-(i + 1) * h // oh)",
            ),
        ),
        Capability(
            "any array",
            (
                case(_negative(2, 5, 6).astype(np.float32), (0, 1, 5, 4), 2, note="float32"),
                case(
                    rough(2, 8, 5)[:, ::2],
                    (1, 0, 4, 5),
                    2,
                    note="every second row of a larger array",
                ),
                case(
                    rough(2, 5, 12)[..., ::2] - 20,
                    (1, 1, 4, 6),
                    (2, 3),
                    note="every second column of a larger array",
                ),
                case(1e30 * _negative(2, 4, 5), (0, 2, 4, 5), 2, note="far below zero"),
            ),
            (
                "The arrays may be float32, views, or hold values far below zero.",
                "However small a number you start from, some input lies below it.",
                "-np.inf is smaller than all of them; or take .max() of the bin.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "box_ignored",
            lambda input, box, output_size: adaptive.adaptive_max_pool2d(input, output_size),
            "You pool the whole picture: cut the box out first.",
        ),
        Mistake(
            "ends_included",
            _cropped(lambda x, top, left, bottom, right: x[:, top : bottom + 1, left : right + 1]),
            "Row `bottom` and column `right` are in your crop. The ends are excluded, as in a "
            "slice of Python.",
        ),
        Mistake(
            "box_across_first",
            _cropped(lambda x, top, left, bottom, right: x[:, left:right, top:bottom]),
            "You read the box as (left, top, right, bottom). It is (top, left, bottom, right): "
            "rows first, as in an array.",
        ),
        Mistake(
            "box_in_spans",
            _cropped(lambda x, top, left, bottom, right: x[:, top:left, bottom:right]),
            "You read the box as (top, bottom, left, right). It is (top, left, bottom, right): one "
            "corner, then the other.",
        ),
        Mistake(
            "ends_as_lengths",
            _cropped(
                lambda x, top, left, bottom, right: x[:, top : top + bottom, left : left + right]
            ),
            "You read the box's last two numbers as height and width. They are the row and the "
            "column where it ends.",
        ),
        Mistake(
            "starts_ignored",
            _cropped(lambda x, top, left, bottom, right: x[:, :bottom, :right]),
            "Your crop begins at row 0 and column 0: it begins at `top` and `left`.",
        ),
        Mistake(
            "ends_ignored",
            _cropped(lambda x, top, left, bottom, right: x[:, top:, left:]),
            "Your crop goes on to the picture's end: it ends before `bottom` and `right`.",
        ),
        Mistake(
            "counted_from_one",
            _cropped(lambda x, top, left, bottom, right: x[:, top - 1 : bottom, left - 1 : right]),
            "Your crop begins one row and one column early. Cells are counted from 0: row `top` is "
            "the first that is in.",
        ),
        Mistake(
            "last_cells_missed",
            _cropped(lambda x, top, left, bottom, right: x[:, top : bottom - 1, left : right - 1]),
            "Your crop lacks its last row and column. A slice [top:bottom] ends before `bottom` "
            "already.",
        ),
        *_bin_mistakes(_in_bins),
        Mistake(
            "bins_of_picture",
            _bins_of_picture,
            "Your bins are cut on the whole picture. Cut out the box first; its own height and "
            "width are what is cut into bins.",
        ),
        Mistake(
            "sizes_exchanged",
            lambda input, box, output_size: _roi(input, box, _pair(output_size)[::-1]),
            "Your numbers of bins are exchanged: output_size is (down, across).",
        ),
        Mistake(
            "first_size_for_both",
            lambda input, box, output_size: _roi(input, box, _pair(output_size)[0]),
            "You use the first number of output_size for both axes: it may be a pair (down, "
            "across).",
        ),
        Mistake(
            "last_size_for_both",
            lambda input, box, output_size: _roi(input, box, _pair(output_size)[1]),
            "You use the second number of output_size for both axes: it may be a pair (down, "
            "across).",
        ),
        Mistake(
            "crop_not_pooled",
            lambda input, box, output_size: input[:, box[0] : box[2], box[1] : box[3]],
            "Your output is the crop itself: it still has to be pooled into output_size bins.",
        ),
        Mistake(
            "channels_lost",
            lambda input, box, output_size: _roi(input.max(0, keepdims=True), box, output_size),
            "Your output has one channel: the maximum ran over the channels too. Each is pooled by "
            "itself.",
        ),
        Mistake(
            "max_over_channels",
            _through_all_channels,
            "Your maximum is taken over the channels too: each is pooled by itself.",
        ),
        Mistake(
            "first_channel_for_all",
            lambda input, box, output_size: np.repeat(
                _roi(input[:1], box, output_size), len(input), 0
            ),
            "Every channel of yours is channel 0, pooled: channel c is made from input[c].",
        ),
        Mistake(
            "channels_last",
            lambda input, box, output_size: _roi(input, box, output_size).transpose(1, 2, 0),
            "Your output has its channels at the end: (C, oh, ow) is asked.",
        ),
        Mistake(
            "flattened",
            lambda input, box, output_size: _roi(input, box, output_size).reshape(len(input), -1),
            "Your output lays the bins in one row: (C, oh, ow) is asked.",
        ),
        slips.all_zeros(_roi),
        slips.decimals_cut(_roi),
    ),
    sweep=_roi_sweep,
)

EXERCISES = (spatial_pyramid_pool, roi_pool)
