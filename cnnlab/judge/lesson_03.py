"""Lesson 03's exercises: convolution in groups, its two halves, and what they cost.

A wrong variant is a few lines over cnnlab's own operator. Where the mistake would crash in a
learner's hands it crashes here too: an error counts as an answer when mistakes are told apart.
"""

# ruff: noqa: ARG005 - that an argument is not looked at is many a mistake

from __future__ import annotations

import numpy as np

import cnnlab
from cnnlab.judge import slips
from cnnlab.judge.exercise import Capability, Case, Draw, Exercise, Mistake, case, rough, whole
from cnnlab.judge.layer_slips import bias_mistakes, one_too_few, turned_mistakes

# ---------------------------------------------------------------- grouped_conv2d


def _grouped_oracle(torch, input, weight, bias=None, groups=1):
    return torch.nn.functional.conv2d(input, weight, bias, groups=groups)


def _grouped(input, weight, bias=None, groups=1):
    return cnnlab.conv2d(input, weight, bias, groups=groups)


def _grouped_sweep(draw: Draw) -> Case:
    groups = draw.size(1, 4)
    slices, filters = draw.size(1, 3), groups * draw.size(1, 3)
    kh, kw = draw.size(1, 3), draw.size(1, 3)
    input = draw.array(draw.size(1, 3), groups * slices, kh + draw.size(0, 3), kw + draw.size(0, 3))
    weight = draw.array(filters, slices, kh, kw)
    return case(input, weight, draw.array(filters) if draw.choice(False, True) else None, groups)


def _dealt(count, groups):
    """Return 0 .. count - 1 as cards are dealt: group g gets g, g + groups, g + 2 * groups, ..."""
    return np.arange(count).reshape(-1, groups).T.ravel()


def _first_blocks_channels(input, weight, bias=None, groups=1):
    return cnnlab.conv2d(input[:, : weight.shape[1]], weight, bias)


def _groups_ignored(input, weight, bias=None, groups=1):
    return cnnlab.conv2d(input, np.tile(weight, (1, groups, 1, 1)), bias)


def _filters_dealt(input, weight, bias=None, groups=1):
    # Filter o reads group o % groups; the feature maps keep the filters' order.
    order = _dealt(len(weight), groups)
    out = np.empty_like(cnnlab.conv2d(input, weight, bias, groups=groups))
    out[:, order] = _grouped(input, weight[order], None if bias is None else bias[order], groups)
    return out


def _outputs_shuffled(input, weight, bias=None, groups=1):
    return _grouped(input, weight, bias, groups)[:, _dealt(len(weight), len(weight) // groups)]


def _first_groups_weights(input, weight, bias=None, groups=1):
    return _grouped(
        input, np.tile(weight[: len(weight) // groups], (groups, 1, 1, 1)), bias, groups
    )


def _groups_added(input, weight, bias=None, groups=1):
    out = _grouped(input, weight, bias, groups)
    n, filters, *places = out.shape
    return out.reshape(n, groups, filters // groups, *places).sum(1)


def _groups_averaged(input, weight, bias=None, groups=1):
    return _groups_added(input, weight, bias, groups) / groups


def _only_group(input, weight, bias, groups, group):
    """Return the right answer of one group and zeros for all others."""
    size = len(weight) // groups
    mine = slice(group * size, (group + 1) * size)
    right = _grouped(input, weight, bias, groups)
    out = np.zeros_like(right)
    out[:, mine] = right[:, mine]
    return out


def _groups_backwards(input, weight, bias=None, groups=1):
    blocks = np.split(input, groups, axis=1)[::-1]
    return _grouped(np.concatenate(blocks, axis=1), weight, bias, groups)


def _bias_of_first_group(input, weight, bias=None, groups=1):
    if bias is not None:
        bias = np.tile(bias[: len(bias) // groups], groups)
    return _grouped(input, weight, bias, groups)


def _divided_twice(input, weight, bias=None, groups=1):
    # weight.shape[1] is C / groups already: windows of too few channels meet the slices.
    ci, co = weight.shape[1] // groups, len(weight) // groups
    windows = np.lib.stride_tricks.sliding_window_view(input, weight.shape[2:], axis=(2, 3))
    blocks = [
        np.einsum("ncijab,ocab->noij", windows[:, g * ci : (g + 1) * ci], weight[g * co :][:co])
        for g in range(groups)
    ]
    out = np.concatenate(blocks, axis=1)
    return out if bias is None else out + bias[:, None, None]


def _bias_in_each_round(input, weight, bias=None, groups=1):
    out = _grouped(input, weight, None, groups)
    if bias is None:
        return out
    rounds = groups - np.arange(len(weight)) // (len(weight) // groups)
    return out + (rounds * bias)[:, None, None]


def _none_or(bias, wrong):
    return None if bias is None else wrong(bias)


grouped_conv2d = Exercise(
    name="grouped_conv2d",
    section="3.1",
    signature="(input, weight, bias=None, groups=1)",
    oracle=_grouped_oracle,
    ours=_grouped,
    ladder=(
        Capability(
            "one group",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1)),
                case(whole(1, 2, 2, 3), whole(2, 2, 2, 2)),
                case(whole(1, 3, 3, 4), whole(2, 3, 2, 3)),
                case(whole(1, 3, 4, 3), whole(4, 3, 3, 2), None, 1),
            ),
            (
                "What is left of the groups when there is only one?",
                "The ordinary convolution: every filter reads every channel.",
                "out[n, o, y, x] = (input[n, :, y:y + kh, x:x + kw] * weight[o]).sum()",
            ),
        ),
        Capability(
            "two groups",
            (
                case(whole(1, 2, 1, 1), whole(2, 1, 1, 1), None, 2),
                case(whole(1, 2, 3, 2), whole(2, 1, 2, 2), None, 2),
                case(whole(1, 4, 2, 3), whole(2, 2, 2, 2), None, 2),
                case(whole(1, 2, 3, 3), whole(4, 1, 2, 2), None, 2),
                case(whole(1, 4, 3, 4), whole(6, 2, 2, 3), None, 2),
            ),
            (
                "weight.shape[1] is smaller than the number of channels. Which channels meet it?",
                (
                    "Cut the channels and the filters into two blocks, in order; block g of the "
                    "filters reads block g of the channels."
                ),
                (
                    "ci, co = C // groups, O // groups; group g: input[:, g * ci:(g + 1) * ci] "
                    "with weight[g * co:(g + 1) * co]"
                ),
            ),
        ),
        Capability(
            "many groups",
            (
                case(whole(1, 3, 2, 2), whole(3, 1, 2, 2), None, 3),
                case(whole(1, 3, 2, 2), whole(6, 1, 2, 2), None, 3),
                case(whole(1, 6, 2, 3), whole(3, 2, 2, 2), None, 3),
                case(whole(1, 8, 2, 2), whole(12, 2, 2, 1), None, 4),
                case(whole(1, 6, 3, 2), whole(9, 2, 2, 2), None, 3),
                case(whole(1, 5, 3, 3), whole(10, 1, 2, 3), None, 5, note="a group per channel"),
            ),
            (
                "With three groups and nine filters, which filters belong to group 1?",
                (
                    "Filters 3, 4 and 5: the blocks are contiguous, and the outputs follow each "
                    "other in the filters' order."
                ),
                "Filter o is in group o // co; out = np.concatenate(parts, axis=1)",
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 2, 2, 2), whole(2, 1, 2, 2), None, 2),
                case(whole(3, 1, 2, 3), whole(2, 1, 2, 2)),
                case(whole(3, 2, 3, 2), whole(4, 1, 2, 2), None, 2),
                case(rough(2, 6, 3, 4), rough(6, 2, 2, 3), None, 3),
                case(rough(4, 4, 3, 3), rough(2, 2, 2, 2), None, 2),
            ),
            (
                "Do the pictures of a batch know of each other?",
                "The same filters and the same groups serve every picture.",
                "Keep the first axis whole: input[:, g * ci:(g + 1) * ci]",
            ),
        ),
        Capability(
            "bias",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1), whole(1)),
                case(whole(1, 2, 3, 2), whole(2, 1, 2, 2), np.array([3.0, -5.0]), 2),
                case(whole(2, 4, 3, 4), whole(4, 2, 2, 2), np.array([0.0, -2.5, 7.0, 1.0]), 2),
                case(rough(2, 3, 3, 4), rough(6, 1, 2, 2), rough(6), 3),
                case(rough(3, 1, 4, 3), rough(2, 1, 3, 2), rough(2)),
                case(rough(3, 4, 4, 4), rough(4, 1, 3, 1), rough(4), 4),
                case(rough(2, 6, 2, 3), rough(2, 3, 2, 2), rough(2), 2),
                case(whole(1, 4, 3, 3, seed=5), whole(2, 2, 2, 2), None, 2),
            ),
            (
                "bias holds one number for each filter of the whole layer, or is None.",
                "Group g takes its own part of the bias; or add it once, when all maps are there.",
                "if bias is not None: out += bias[:, None, None]",
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    whole(2, 4, 3, 4).astype(np.int64),
                    whole(4, 2, 2, 2).astype(np.int64),
                    whole(4).astype(np.int64),
                    2,
                    note="whole numbers (int64)",
                ),
                case(
                    whole(2, 4, 3, 4).astype(np.int64),
                    rough(4, 2, 2, 2),
                    rough(4),
                    2,
                    note="whole numbers under decimals in the kernel",
                ),
                case(
                    rough(2, 4, 3, 4).astype(np.float32),
                    rough(6, 2, 2, 2).astype(np.float32),
                    rough(6).astype(np.float32),
                    2,
                    note="float32",
                ),
                case(
                    rough(2, 12, 3, 3)[:, ::2],
                    rough(6, 2, 2, 3),
                    rough(6),
                    3,
                    note="every second channel of a larger array",
                ),
                case(
                    1e6 * rough(2, 4, 3, 4),
                    rough(4, 1, 3, 2),
                    1e3 * rough(4),
                    4,
                    note="large values",
                ),
            ),
            (
                "The arrays may hold whole numbers, float32, large values, or be views.",
                "An output array made with the input's dtype cuts decimals off when that is whole.",
                "np.zeros(shape) makes float64; np.result_type(input, weight) is the exact answer.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "groups_ignored",
            _groups_ignored,
            "Every filter of yours reads all channels, its slices used again for each group. "
            "Group g of the filters reads block g of the channels, and no other.",
        ),
        Mistake(
            "first_groups_channels",
            _first_blocks_channels,
            "All your filters read the first block of channels. Filter o belongs to group "
            "o // (O // groups) and reads that group's channels.",
        ),
        Mistake(
            "divided_twice",
            _divided_twice,
            "You divide weight.shape[1] by groups. It is C / groups already: take ci from it as it "
            "is, or divide input.shape[1].",
        ),
        Mistake(
            "bias_in_each_round",
            _bias_in_each_round,
            "The bias is added to all maps in every round of the loop over groups: add it once, "
            "behind the loop.",
        ),
        Mistake(
            "channels_interleaved",
            lambda input, weight, bias=None, groups=1: _grouped(
                input[:, _dealt(input.shape[1], groups)], weight, bias, groups
            ),
            "Your groups take every groups-th channel, as cards are dealt: [g::groups]. A group's "
            "channels lie side by side: [g * ci:(g + 1) * ci].",
        ),
        Mistake(
            "filters_interleaved",
            _filters_dealt,
            "Filter o of yours belongs to group o % groups. The groups are contiguous blocks: "
            "filter o belongs to group o // (O // groups).",
        ),
        Mistake(
            "outputs_interleaved",
            _outputs_shuffled,
            "Your feature maps are right but in another order: the groups are interleaved. All "
            "maps of group 0 come first, then those of group 1: np.concatenate, not np.stack.",
        ),
        Mistake(
            "first_groups_weights",
            _first_groups_weights,
            "Every group of yours uses the filters of group 0: group g uses "
            "weight[g * co:(g + 1) * co].",
        ),
        Mistake(
            "groups_added",
            _groups_added,
            "You added the groups' results to one block of maps. They are laid one behind the "
            "other: the output has as many maps as weight has filters.",
        ),
        Mistake(
            "groups_averaged",
            _groups_averaged,
            "You took the mean of the groups' results. They are laid one behind the other: the "
            "output has as many maps as weight has filters.",
        ),
        Mistake(
            "first_group_only",
            lambda input, weight, bias=None, groups=1: _only_group(input, weight, bias, groups, 0),
            "Only the maps of group 0 are filled; the others stay zero.",
        ),
        Mistake(
            "last_group_only",
            lambda input, weight, bias=None, groups=1: _only_group(
                input, weight, bias, groups, groups - 1
            ),
            "Only the maps of the last group are filled: is something overwritten or returned in "
            "the wrong place of the loop?",
        ),
        Mistake(
            "groups_backwards",
            _groups_backwards,
            "Your blocks of channels meet the filters in reverse order: block g of the channels "
            "belongs to block g of the filters.",
        ),
        Mistake(
            "first_channel_only",
            lambda input, weight, bias=None, groups=1: _grouped(
                input[:, :: weight.shape[1]], weight[:, :1], bias, groups
            ),
            "Only the first channel of each group is read. A filter has a slice for every channel "
            "of its group, and the slices' results are added.",
        ),
        Mistake(
            "flipped_kernel",
            lambda input, weight, bias=None, groups=1: _grouped(
                input, weight[..., ::-1, ::-1], bias, groups
            ),
            "Your output equals the one with the kernel turned by 180 degrees. That is the "
            "convolution of mathematics; a CNN lays the kernel on as it is (cross-correlation).",
        ),
        slips.all_zeros(_grouped),
        slips.first_picture_only(_grouped),
        slips.batch_of_copies(_grouped),
        slips.one_picture_returned(_grouped),
        Mistake(
            "bias_dropped",
            lambda input, weight, bias=None, groups=1: _grouped(input, weight, None, groups),
            "Your output equals the one without bias: add bias[o] to every cell of feature map o.",
        ),
        Mistake(
            "bias_of_first_group",
            _bias_of_first_group,
            "Every group of yours gets the first group's biases: feature map o gets bias[o], "
            "counted through all groups.",
        ),
        Mistake(
            "bias_per_slice",
            lambda input, weight, bias=None, groups=1: _grouped(
                input, weight, _none_or(bias, lambda b: weight.shape[1] * b), groups
            ),
            "Your output has the bias added once per channel of the group. It belongs to the "
            "filter: add it once, after the slices are summed.",
        ),
        Mistake(
            "bias_per_group",
            lambda input, weight, bias=None, groups=1: _grouped(
                input, weight, _none_or(bias, lambda b: groups * b), groups
            ),
            "Your output has the bias added once per group: add it inside the group's own maps, or "
            "once when all groups are done.",
        ),
        Mistake(
            "bias_along_width",
            lambda input, weight, bias=None, groups=1: (
                _grouped(input, weight, None, groups) + (0 if bias is None else bias)
            ),
            "Your bias runs along the width: out + bias lines it up with the last axis. Line it up "
            "with the filters: bias[:, None, None].",
        ),
        slips.negatives_clamped(_grouped),
        slips.decimals_cut(_grouped),
        *one_too_few(_grouped, 2),
        *bias_mistakes(_grouped),
        *turned_mistakes(_grouped, 2),
        slips.sign_lost(_grouped),
        slips.sums_rounded(_grouped),
        slips.decimals_cut_like_input(_grouped),
    ),
    sweep=_grouped_sweep,
)

# ---------------------------------------------------------------- depthwise_conv2d


def _depthwise_oracle(torch, input, weight):
    return torch.nn.functional.conv2d(input, weight, groups=input.shape[1])


def _depthwise(input, weight):
    return cnnlab.conv2d(input, weight, groups=input.shape[1])


def _depthwise_sweep(draw: Draw) -> Case:
    channels, kh, kw = draw.size(1, 5), draw.size(1, 4), draw.size(1, 4)
    input = draw.array(draw.size(1, 3), channels, kh + draw.size(0, 3), kw + draw.size(0, 3))
    return case(input, draw.array(channels, 1, kh, kw))


def _transposed_kernel(input, weight):
    square = weight.shape[2] == weight.shape[3]
    return _depthwise(input, weight.swapaxes(2, 3) if square else weight)


depthwise_conv2d = Exercise(
    name="depthwise_conv2d",
    section="3.2",
    signature="(input, weight)",
    oracle=_depthwise_oracle,
    ours=_depthwise,
    ladder=(
        Capability(
            "one channel",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1)),
                case(whole(1, 1, 3, 4), whole(1, 1, 2, 2)),
                case(whole(1, 1, 4, 4), whole(1, 1, 2, 3)),
                case(rough(1, 1, 5, 4), rough(1, 1, 3, 1)),
            ),
            (
                "With one channel and one kernel, what is a depthwise convolution?",
                "The ordinary one: slide, multiply, add up.",
                "out[0, 0, y, x] = (input[0, 0, y:y + kh, x:x + kw] * weight[0, 0]).sum()",
            ),
        ),
        Capability(
            "channels apart",
            (
                case(whole(1, 2, 1, 1), whole(2, 1, 1, 1)),
                case(whole(1, 2, 2, 2), whole(2, 1, 2, 2)),
                case(whole(1, 3, 2, 3), whole(3, 1, 2, 2)),
                case(whole(1, 3, 4, 3), whole(3, 1, 3, 2)),
                case(rough(1, 5, 3, 4), rough(5, 1, 2, 3)),
            ),
            (
                "How many output channels are there, and which input channel does each one see?",
                (
                    "Channel c meets kernel weight[c, 0] and gives output channel c; nothing is "
                    "added over the channels."
                ),
                "out[0, c, y, x] = (input[0, c, y:y + kh, x:x + kw] * weight[c, 0]).sum()",
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 2, 2), whole(1, 1, 2, 2)),
                case(whole(2, 2, 3, 2), whole(2, 1, 2, 2)),
                case(whole(3, 2, 3, 4), whole(2, 1, 2, 1)),
                case(rough(2, 4, 4, 5), rough(4, 1, 3, 2)),
            ),
            (
                "Do the pictures of a batch know of each other?",
                "The same kernels serve every picture; batch and channels both stay as they are.",
                "out[n, c, y, x] = (input[n, c, y:y + kh, x:x + kw] * weight[c, 0]).sum()",
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    whole(2, 3, 3, 4).astype(np.int64),
                    whole(3, 1, 2, 2).astype(np.int64),
                    note="whole numbers (int64)",
                ),
                case(
                    whole(2, 3, 3, 4).astype(np.int64),
                    rough(3, 1, 2, 2),
                    note="whole numbers under decimals in the kernel",
                ),
                case(
                    rough(2, 3, 4, 4).astype(np.float32),
                    rough(3, 1, 2, 3).astype(np.float32),
                    note="float32",
                ),
                case(
                    rough(2, 3, 8, 4)[:, :, ::2],
                    rough(3, 1, 3, 2),
                    note="every second row of a larger array",
                ),
                case(1e6 * rough(2, 3, 4, 5), rough(3, 1, 4, 5), note="large values"),
            ),
            (
                "The arrays may hold whole numbers, float32, large values, or be views.",
                "An output array made with the input's dtype cuts decimals off when that is whole.",
                "np.zeros(shape) makes float64; np.result_type(input, weight) is the exact answer.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "channels_mixed",
            lambda input, weight: cnnlab.conv2d(input, np.repeat(weight, input.shape[1], axis=1)),
            "Every output channel of yours adds up all input channels. Depthwise never mixes them: "
            "output channel c sees input channel c alone.",
        ),
        Mistake(
            "channels_added",
            lambda input, weight: cnnlab.conv2d(input, weight.swapaxes(0, 1)),
            "You added the channels' results to one map, as an ordinary filter does. Here each "
            "channel keeps its own: the output has as many channels as the input.",
        ),
        Mistake(
            "first_kernel_for_all",
            lambda input, weight: _depthwise(input, np.repeat(weight[:1], len(weight), axis=0)),
            "All your channels meet kernel 0: channel c meets weight[c, 0].",
        ),
        Mistake(
            "first_channel_only",
            lambda input, weight: cnnlab.conv2d(input[:, :1], weight),
            "All your kernels read input channel 0: kernel c reads channel c.",
        ),
        Mistake(
            "channels_backwards",
            lambda input, weight: _depthwise(input, weight[::-1]),
            "Your channels meet the kernels in reverse order: channel c meets weight[c, 0].",
        ),
        Mistake(
            "flipped_kernel",
            lambda input, weight: _depthwise(input, weight[..., ::-1, ::-1]),
            "Your output equals the one with the kernel turned by 180 degrees. That is the "
            "convolution of mathematics; a CNN lays the kernel on as it is (cross-correlation).",
        ),
        Mistake(
            "transposed_kernel",
            _transposed_kernel,
            "Your output equals the one with the kernel's rows and columns exchanged: "
            "weight[c, 0, i, j] meets row i and column j of the window.",
        ),
        slips.all_zeros(_depthwise),
        slips.first_picture_only(_depthwise),
        slips.batch_of_copies(_depthwise),
        slips.one_picture_returned(_depthwise),
        Mistake(
            "window_not_weighted",
            lambda input, weight: _depthwise(input, np.ones_like(weight)),
            "Your output is the plain sum of each window: multiply by the kernel before adding.",
        ),
        Mistake(
            "window_averaged",
            lambda input, weight: _depthwise(input, weight / weight[0, 0].size),
            "Your output is divided by the kernel's number of cells: a convolution adds, it takes "
            "no mean.",
        ),
        Mistake(
            "channels_averaged",
            lambda input, weight: _depthwise(input, weight / len(weight)),
            "Your output is divided by the number of channels: nothing is averaged over them here.",
        ),
        Mistake(
            "last_window_missed",
            lambda input, weight: _depthwise(input, weight)[..., :-1, :-1],
            "Your output lacks its last row and column: H - kh + 1 places fit, not H - kh.",
        ),
        Mistake(
            "padded_to_same_size",
            lambda input, weight: cnnlab.conv2d(
                input, weight, padding="same", groups=input.shape[1]
            ),
            "Your output is as large as the input: zeros were laid around it. This exercise takes "
            "only places where the whole kernel lies on the picture.",
        ),
        slips.negatives_clamped(_depthwise),
        slips.decimals_cut(_depthwise),
        *one_too_few(_depthwise, 2, channels=False),
        *turned_mistakes(_depthwise, 2, channels=False),
        slips.sign_lost(_depthwise),
        slips.sums_rounded(_depthwise),
        slips.decimals_cut_like_input(_depthwise),
    ),
    sweep=_depthwise_sweep,
)

# ---------------------------------------------------------------- pointwise_conv2d


def _pointwise_oracle(torch, input, weight):
    return torch.nn.functional.conv2d(input, weight)


def _pointwise(input, weight):
    return cnnlab.conv2d(input, weight)


def _pointwise_sweep(draw: Draw) -> Case:
    channels = draw.size(1, 5)
    input = draw.array(draw.size(1, 3), channels, draw.size(1, 4), draw.size(1, 4))
    return case(input, draw.array(draw.size(1, 5), channels, 1, 1))


def _transposed_matrix(input, weight):
    return cnnlab.conv2d(input, weight.swapaxes(0, 1))


def _reshaped_not_moved(input, weight):
    n, c, h, w = input.shape
    mixed = input.reshape(n, h * w, c) @ weight[:, :, 0, 0].T
    return mixed.reshape(n, len(weight), h, w)


def _result_reshaped(input, weight):
    n, _, h, w = input.shape
    return np.moveaxis(cnnlab.conv2d(input, weight), 1, 3).reshape(n, len(weight), h, w)


def _batch_reshaped(input, weight):
    (n, c, *size), o = input.shape, len(weight)
    return (weight[:, :, 0, 0] @ input.reshape(c, -1)).reshape(n, o, *size)


def _own_channel_only(input, weight):
    return input * np.einsum("ccij->cij", weight)


pointwise_conv2d = Exercise(
    name="pointwise_conv2d",
    section="3.3",
    signature="(input, weight)",
    oracle=_pointwise_oracle,
    ours=_pointwise,
    ladder=(
        Capability(
            "one cell",
            (
                case(whole(1, 1, 1, 1), whole(1, 1, 1, 1, seed=1)),
                case(whole(1, 2, 1, 1), whole(1, 2, 1, 1, seed=1)),
                case(whole(1, 3, 1, 1), whole(1, 3, 1, 1, seed=2)),
                case(rough(1, 5, 1, 1), rough(1, 5, 1, 1, seed=3)),
            ),
            (
                "A 1x1 kernel sees one cell. What does it see of the channels?",
                "All of them: each channel's value times its weight, added up.",
                "out[0, 0, 0, 0] = (input[0, :, 0, 0] * weight[0, :, 0, 0]).sum()",
            ),
        ),
        Capability(
            "filters",
            (
                case(whole(1, 1, 1, 1), whole(2, 1, 1, 1)),
                case(whole(1, 2, 1, 1), whole(2, 2, 1, 1)),
                case(whole(1, 3, 1, 1), whole(2, 3, 1, 1)),
                case(whole(1, 2, 1, 1), whole(5, 2, 1, 1)),
                case(rough(1, 4, 1, 1), rough(4, 4, 1, 1)),
            ),
            (
                "What does a second filter do with the same channels?",
                "It mixes them with weights of its own: a matrix of O rows and C columns.",
                "out[0, :, 0, 0] = weight[:, :, 0, 0] @ input[0, :, 0, 0]",
            ),
        ),
        Capability(
            "whole picture",
            (
                case(whole(1, 1, 1, 2), whole(1, 1, 1, 1)),
                case(whole(1, 2, 2, 3), whole(2, 2, 1, 1)),
                case(whole(1, 3, 4, 2), whole(2, 3, 1, 1)),
                case(whole(1, 2, 3, 3), whole(4, 2, 1, 1)),
                case(rough(1, 4, 3, 5), rough(3, 4, 1, 1)),
            ),
            (
                "Does a cell's answer depend on its neighbours?",
                "No: the same matrix is used at each cell, and the picture keeps its size.",
                'np.einsum("oc,nchw->nohw", weight[:, :, 0, 0], input)',
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 1, 2), whole(1, 1, 1, 1)),
                case(whole(2, 2, 3, 2), whole(3, 2, 1, 1)),
                case(whole(3, 2, 2, 4), whole(2, 2, 1, 1)),
                case(rough(2, 4, 3, 2), rough(5, 4, 1, 1)),
            ),
            (
                "Do the pictures of a batch know of each other?",
                "The same matrix serves every picture.",
                'np.einsum("oc,nchw->nohw", weight[:, :, 0, 0], input)',
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    whole(2, 3, 3, 4).astype(np.int64),
                    whole(2, 3, 1, 1).astype(np.int64),
                    note="whole numbers (int64)",
                ),
                case(
                    whole(2, 3, 3, 4).astype(np.int64),
                    rough(2, 3, 1, 1),
                    note="whole numbers under decimals in the kernel",
                ),
                case(
                    rough(2, 3, 4, 3).astype(np.float32),
                    rough(2, 3, 1, 1).astype(np.float32),
                    note="float32",
                ),
                case(
                    rough(2, 6, 3, 4)[:, ::2],
                    rough(4, 3, 1, 1),
                    note="every second channel of a larger array",
                ),
                case(1e6 * rough(2, 3, 2, 3), rough(2, 3, 1, 1), note="large values"),
            ),
            (
                "The arrays may hold whole numbers, float32, large values, or be views.",
                "An output array made with the input's dtype cuts decimals off when that is whole.",
                "np.zeros(shape) makes float64; np.result_type(input, weight) is the exact answer.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "weight_transposed",
            _transposed_matrix,
            "Your matrix is transposed: weight[o, c] says how much of input channel c goes into "
            "output channel o.",
        ),
        Mistake(
            "own_channel_only",
            _own_channel_only,
            "Each channel of yours is only scaled by its own weight. Pointwise mixes: every output "
            "channel is a weighted sum of all input channels.",
        ),
        Mistake(
            "first_channel_only",
            lambda input, weight: cnnlab.conv2d(input[:, :1], weight[:, :1]),
            "Your output uses input channel 0 only: add up over all of them.",
        ),
        Mistake(
            "last_channel_only",
            lambda input, weight: cnnlab.conv2d(input[:, -1:], weight[:, -1:]),
            "Your output holds the last channel's result only: each channel overwrites the one "
            "before. Write += where the channels are summed.",
        ),
        Mistake(
            "channels_averaged",
            lambda input, weight: cnnlab.conv2d(input, weight / weight.shape[1]),
            "Your output is the mean over the input channels; a convolution adds.",
        ),
        Mistake(
            "channels_not_weighted",
            lambda input, weight: cnnlab.conv2d(input, np.ones_like(weight)),
            "Your output is the plain sum of the channels: multiply by the weights before adding.",
        ),
        Mistake(
            "first_filter_only",
            lambda input, weight: cnnlab.conv2d(input, np.repeat(weight[:1], len(weight), axis=0)),
            "Every feature map of yours is made with filter 0: feature map o belongs to weight[o].",
        ),
        Mistake(
            "filters_added",
            lambda input, weight: cnnlab.conv2d(input, weight).sum(1, keepdims=True),
            "You added the filters' results to one map. Each filter gives a map of its own.",
        ),
        Mistake(
            "reshaped_not_moved",
            _reshaped_not_moved,
            "You reshaped (N, C, H, W) to (N, H * W, C) to multiply. reshape does not move axes: "
            "it only counts the same numbers anew. Move the channels with np.moveaxis or einsum.",
        ),
        Mistake(
            "batch_reshaped",
            _batch_reshaped,
            "You reshaped (N, C, H, W) to (C, N * H * W). reshape only counts the same numbers "
            "anew, so pictures and channels are mixed up. Keep N in front: (N, C, H * W).",
        ),
        Mistake(
            "result_reshaped",
            _result_reshaped,
            "Your result has its channels last and was reshaped to (N, O, H, W). reshape does not "
            "move axes: np.moveaxis(out, -1, 1) does.",
        ),
        Mistake(
            "channels_last",
            lambda input, weight: np.moveaxis(cnnlab.conv2d(input, weight), 1, 3),
            "Your channels stand last, (N, H, W, O): move them back behind the batch, (N, O, H, "
            "W).",
        ),
        slips.all_zeros(_pointwise),
        slips.first_picture_only(_pointwise),
        slips.batch_of_copies(_pointwise),
        slips.one_picture_returned(_pointwise),
        slips.negatives_clamped(_pointwise),
        slips.decimals_cut(_pointwise),
        slips.last_picture_left_zero(_pointwise),
        slips.last_map_left_zero(_pointwise),
        slips.sign_lost(_pointwise),
        slips.sums_rounded(_pointwise),
        slips.decimals_cut_like_input(_pointwise),
    ),
    sweep=_pointwise_sweep,
)

# ---------------------------------------------------------------- separable_conv2d


def _separable_oracle(torch, input, depthwise_weight, pointwise_weight):
    conv2d = torch.nn.functional.conv2d
    return conv2d(conv2d(input, depthwise_weight, groups=input.shape[1]), pointwise_weight)


def _separable(input, depthwise_weight, pointwise_weight):
    return cnnlab.conv2d(_depthwise(input, depthwise_weight), pointwise_weight)


def _separable_sweep(draw: Draw) -> Case:
    channels, kh, kw = draw.size(1, 4), draw.size(1, 3), draw.size(1, 3)
    input = draw.array(draw.size(1, 3), channels, kh + draw.size(0, 3), kw + draw.size(0, 3))
    return case(input, draw.array(channels, 1, kh, kw), draw.array(draw.size(1, 4), channels, 1, 1))


def _pointwise_first(input, depthwise_weight, pointwise_weight):
    return _depthwise(cnnlab.conv2d(input, pointwise_weight), depthwise_weight)


def _depthwise_mixed(input, depthwise_weight, pointwise_weight):
    wide = np.repeat(depthwise_weight, input.shape[1], axis=1)
    return cnnlab.conv2d(cnnlab.conv2d(input, wide), pointwise_weight)


def _relu_between(input, depthwise_weight, pointwise_weight):
    return cnnlab.conv2d(np.maximum(_depthwise(input, depthwise_weight), 0), pointwise_weight)


def _over_the_middle(wrong):
    """Return the separable convolution whose depthwise part gets a wrong kernel."""
    return lambda input, depthwise_weight, pointwise_weight: _separable(
        input, wrong(depthwise_weight), pointwise_weight
    )


def _at_the_end(wrong):
    """Return the separable convolution whose pointwise part gets a wrong matrix."""
    return lambda input, depthwise_weight, pointwise_weight: _separable(
        input, depthwise_weight, wrong(pointwise_weight)
    )


separable_conv2d = Exercise(
    name="separable_conv2d",
    section="3.4",
    signature="(input, depthwise_weight, pointwise_weight)",
    oracle=_separable_oracle,
    ours=_separable,
    ladder=(
        Capability(
            "one channel",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1), whole(1, 1, 1, 1)),
                case(whole(1, 1, 3, 4), whole(1, 1, 2, 3), whole(1, 1, 1, 1, seed=1)),
                case(whole(1, 1, 4, 3), whole(1, 1, 2, 2), whole(1, 1, 1, 1, seed=2)),
                case(rough(1, 1, 3, 4), rough(1, 1, 3, 2), rough(1, 1, 1, 1)),
            ),
            (
                "Two convolutions, one behind the other. What does the second one work on?",
                "First the kernel slides, then the 1x1 weight multiplies its result.",
                "pointwise_conv2d(depthwise_conv2d(input, depthwise_weight), pointwise_weight)",
            ),
        ),
        Capability(
            "channels",
            (
                case(whole(1, 2, 1, 1), whole(2, 1, 1, 1), whole(1, 2, 1, 1, seed=1)),
                case(whole(1, 2, 2, 2), whole(2, 1, 2, 2), whole(1, 2, 1, 1)),
                case(whole(1, 3, 3, 2), whole(3, 1, 2, 2), whole(1, 3, 1, 1)),
                case(rough(1, 4, 3, 4), rough(4, 1, 2, 3), rough(1, 4, 1, 1)),
            ),
            (
                "Where do the channels meet: in the first step or in the second?",
                "Depthwise keeps them apart, each with its kernel; pointwise adds them, weighted.",
                (
                    "middle[c] = channel c under weight[c, 0]; out = sum of pointwise[0, c] * "
                    "middle[c]"
                ),
            ),
        ),
        Capability(
            "filters",
            (
                case(whole(1, 1, 2, 2), whole(1, 1, 2, 2, seed=1), whole(2, 1, 1, 1)),
                case(whole(1, 2, 2, 3), whole(2, 1, 2, 2), whole(2, 2, 1, 1)),
                case(whole(1, 2, 3, 3), whole(2, 1, 2, 2), whole(3, 2, 1, 1)),
                case(whole(1, 2, 2, 2), whole(2, 1, 1, 1), whole(2, 2, 1, 1, seed=1)),
                case(whole(1, 3, 3, 4), whole(3, 1, 2, 3), whole(2, 3, 1, 1)),
                case(rough(1, 3, 4, 3), rough(3, 1, 3, 2), rough(3, 3, 1, 1)),
            ),
            (
                "What says how many output channels there are?",
                "The pointwise weight: one row per output channel.",
                'np.einsum("oc,nchw->nohw", pointwise_weight[:, :, 0, 0], middle)',
            ),
        ),
        Capability(
            "batch",
            (
                case(whole(2, 1, 2, 2), whole(1, 1, 2, 2), whole(1, 1, 1, 1)),
                case(whole(2, 2, 3, 2), whole(2, 1, 2, 2), whole(3, 2, 1, 1)),
                case(rough(3, 3, 3, 4), rough(3, 1, 2, 2), rough(2, 3, 1, 1)),
                case(rough(2, 3, 4, 3), rough(3, 1, 2, 3), rough(3, 3, 1, 1)),
            ),
            (
                "Do the pictures of a batch know of each other?",
                "The same kernels and the same matrix serve every picture.",
                "Both steps keep the first axis of their input.",
            ),
        ),
        Capability(
            "any array",
            (
                case(
                    whole(2, 2, 3, 4).astype(np.int64),
                    whole(2, 1, 2, 2).astype(np.int64),
                    whole(3, 2, 1, 1).astype(np.int64),
                    note="whole numbers (int64)",
                ),
                case(
                    whole(2, 2, 3, 4).astype(np.int64),
                    rough(2, 1, 2, 2),
                    rough(3, 2, 1, 1),
                    note="whole numbers under decimals in the kernels",
                ),
                case(
                    rough(2, 3, 4, 3).astype(np.float32),
                    rough(3, 1, 2, 3).astype(np.float32),
                    rough(2, 3, 1, 1).astype(np.float32),
                    note="float32",
                ),
                case(
                    rough(2, 3, 3, 8)[..., ::2],
                    rough(3, 1, 2, 3),
                    rough(2, 3, 1, 1),
                    note="every second column of a larger array",
                ),
                case(
                    1e5 * rough(2, 2, 4, 3),
                    rough(2, 1, 3, 2),
                    1e3 * rough(3, 2, 1, 1),
                    note="large values",
                ),
            ),
            (
                "The arrays may hold whole numbers, float32, large values, or be views.",
                "An output array made with the input's dtype cuts decimals off when that is whole.",
                "np.zeros(shape) makes float64; np.result_type(input, weight) is the exact answer.",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "depthwise_only",
            lambda input, depthwise_weight, pointwise_weight: _depthwise(input, depthwise_weight),
            "Your output is the depthwise step alone: the channels are still apart. Mix them with "
            "pointwise_weight.",
        ),
        Mistake(
            "pointwise_only",
            lambda input, depthwise_weight, pointwise_weight: cnnlab.conv2d(
                input, pointwise_weight
            ),
            "Your output is the pointwise step alone: depthwise_weight is never used.",
        ),
        Mistake(
            "pointwise_first",
            _pointwise_first,
            "You mix the channels first and slide after that. Depthwise comes first: its kernels "
            "belong to the input's channels.",
        ),
        Mistake(
            "channels_mixed",
            _depthwise_mixed,
            "Your first step adds up all channels. Depthwise keeps them apart: channel c meets "
            "depthwise_weight[c, 0] alone.",
        ),
        Mistake(
            "first_kernel_for_all",
            _over_the_middle(lambda kernel: np.repeat(kernel[:1], len(kernel), axis=0)),
            "All your channels meet kernel 0: channel c meets depthwise_weight[c, 0].",
        ),
        Mistake(
            "flipped_kernel",
            _over_the_middle(lambda kernel: kernel[..., ::-1, ::-1]),
            "Your output equals the one with the depthwise kernels turned by 180 degrees. A CNN "
            "lays the kernel on as it is (cross-correlation).",
        ),
        Mistake(
            "transposed_kernel",
            _over_the_middle(
                lambda kernel: (
                    kernel.swapaxes(2, 3) if kernel.shape[2] == kernel.shape[3] else kernel
                )
            ),
            "Your output equals the one with the depthwise kernels' rows and columns exchanged.",
        ),
        Mistake(
            "weight_transposed",
            _at_the_end(lambda matrix: matrix.swapaxes(0, 1)),
            "Your pointwise matrix is transposed: pointwise_weight[o, c] says how much of channel "
            "c goes into output o.",
        ),
        Mistake(
            "first_channel_only",
            lambda input, depthwise_weight, pointwise_weight: _separable(
                input[:, :1], depthwise_weight[:1], pointwise_weight[:, :1]
            ),
            "Your output uses input channel 0 only: the pointwise step adds up over all channels.",
        ),
        Mistake(
            "first_filter_only",
            _at_the_end(lambda matrix: np.repeat(matrix[:1], len(matrix), axis=0)),
            "Every feature map of yours is made with row 0 of pointwise_weight: map o takes row o.",
        ),
        Mistake(
            "channels_averaged",
            _at_the_end(lambda matrix: matrix / matrix.shape[1]),
            "Your output is the mean over the channels; the pointwise step adds.",
        ),
        Mistake(
            "relu_between",
            _relu_between,
            "There is a ReLU between your two steps. MobileNet has one there, but it is a layer of "
            "its own: the separable convolution is the two convolutions alone.",
        ),
        slips.all_zeros(_separable),
        slips.first_picture_only(_separable),
        slips.batch_of_copies(_separable),
        slips.one_picture_returned(_separable),
        slips.negatives_clamped(_separable),
        slips.decimals_cut(_separable),
        *slips.last_places_left_zero(_separable, 2),
        slips.last_picture_left_zero(_separable),
        slips.last_map_left_zero(_separable),
        slips.sign_lost(_separable),
        slips.sums_rounded(_separable),
        slips.decimals_cut_like_input(_separable),
    ),
    sweep=_separable_sweep,
)

# ---------------------------------------------------------------- conv_parameters


def _parameters_oracle(torch, in_channels, out_channels, kernel_size, groups=1, bias=True):
    layer = torch.nn.Conv2d(
        in_channels, out_channels, kernel_size, groups=groups, bias=bias, device="meta"
    )
    return sum(parameter.numel() for parameter in layer.parameters())


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _weights(in_channels, out_channels, kernel_size, groups=1):
    kh, kw = _pair(kernel_size)
    return out_channels * (in_channels // groups) * kh * kw


def _parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return _weights(in_channels, out_channels, kernel_size, groups) + bias * out_channels


def _parameters_sweep(draw: Draw) -> Case:
    groups, kernel_size = draw.size(1, 6), draw.choice(draw.size(1, 7), (3, 1), (2, 5), (1, 4))
    channels, filters = groups * draw.size(1, 5), groups * draw.size(1, 5)
    return case(channels, filters, kernel_size, groups, draw.choice(True, False))


conv_parameters = Exercise(
    name="conv_parameters",
    section="3.5",
    signature="(in_channels, out_channels, kernel_size, groups=1, bias=True)",
    answer="count",
    oracle=_parameters_oracle,
    ours=_parameters,
    ladder=(
        Capability(
            "one filter",
            (
                case(1, 1, 2, 1, False),
                case(1, 1, 3, 1, False),
                case(2, 1, 2, 1, False),
                case(3, 1, 5, 1, False),
                case(5, 1, 1, 1, False),
            ),
            (
                "How many numbers does one filter hold?",
                "A kernel of k rows and k columns for each of the input channels.",
                "return in_channels * kernel_size * kernel_size",
            ),
        ),
        Capability(
            "filters",
            (
                case(1, 2, 2, 1, False),
                case(2, 3, 2, 1, False),
                case(3, 2, 3, 1, False),
                case(4, 7, 1, 1, False),
                case(12, 64, 3, 1, False),
            ),
            (
                "What does each further output channel need?",
                "A filter of its own, as large as the first.",
                "return out_channels * in_channels * kernel_size ** 2",
            ),
        ),
        Capability(
            "bias",
            (
                case(1, 1, 1),
                case(1, 2, 2),
                case(3, 2, 2),
                case(2, 5, 3),
                case(2, 3, 4, 1, True),
                case(2, 3, 4, 1, False),
                case(3, 96, 11, note="AlexNet's first layer"),
            ),
            (
                "How many biases does a layer have?",
                "One for each output channel, however many channels come in; none with bias=False.",
                "weights + (out_channels if bias else 0)",
            ),
        ),
        Capability(
            "kernel pairs",
            (
                case(1, 1, (1, 2)),
                case(1, 1, (3, 1)),
                case(2, 3, (2, 5)),
                case(3, 2, (4, 3), 1, False),
                case(5, 4, (1, 7)),
                case(64, 64, (3, 3)),
            ),
            (
                "What if kernel_size is a pair, (kh, kw)?",
                "Then a slice has kh * kw numbers; an int stands for the pair (k, k).",
                "kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2",
            ),
        ),
        Capability(
            "groups",
            (
                case(2, 2, 1, 2, False),
                case(4, 2, 3, 2),
                case(2, 6, 3, 2),
                case(6, 2, 3, 2),
                case(12, 9, 2, 3),
                case(20, 4, 1, 4),
                case(12, 64, 3, 4, False, note="a quarter of 6912"),
                case(12, 12, 3, 12, False, note="depthwise"),
                case(8, 16, (3, 1), 8, note="depthwise with two filters per channel"),
                case(32, 48, (1, 5), 16, True),
            ),
            (
                "How many channels does a filter see when there are groups?",
                "in_channels / groups. The number of filters, and so of biases, stays as it is.",
                "return out_channels * (in_channels // groups) * kh * kw + biases",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "groups_ignored",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: _parameters(
                in_channels, out_channels, kernel_size, 1, bias
            ),
            "Your answer is the one without groups: a filter sees only in_channels / groups "
            "channels.",
        ),
        Mistake(
            "groups_divide_both",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                _weights(in_channels, out_channels // groups, kernel_size, groups)
                + bias * out_channels
            ),
            "You divided both channel counts by groups. That is one group's share; there are "
            "`groups` of them, so only one of the two divisions stays.",
        ),
        Mistake(
            "one_groups_share",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: _parameters(
                in_channels, out_channels // groups, kernel_size, groups, bias
            ),
            "Your answer is one group's share, weights and biases: both channel counts are divided "
            "by groups. There are `groups` such groups, so out_channels stays whole.",
        ),
        Mistake(
            "groups_divide_all",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                _parameters(in_channels, out_channels, kernel_size, 1, bias) // groups
            ),
            "You divided the biases by groups too. Every output channel keeps its bias; only the "
            "weights become fewer.",
        ),
        Mistake(
            "groups_multiply",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                groups * _weights(in_channels, out_channels, kernel_size) + bias * out_channels
            ),
            "You multiplied by groups. Groups make the layer smaller: each filter sees "
            "in_channels / groups channels.",
        ),
        Mistake(
            "bias_dropped",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: _weights(
                in_channels, out_channels, kernel_size, groups
            ),
            "Your answer has no biases: with bias=True, which is the default, each output channel "
            "has one.",
        ),
        Mistake(
            "bias_always",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: _parameters(
                in_channels, out_channels, kernel_size, groups
            ),
            "You count biases with bias=False too: look at the argument.",
        ),
        Mistake(
            "one_bias",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                _weights(in_channels, out_channels, kernel_size, groups) + bias
            ),
            "You count one bias for the whole layer. Each output channel has its own.",
        ),
        Mistake(
            "bias_per_slice",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                _weights(in_channels, out_channels, kernel_size, groups)
                + bias * out_channels * (in_channels // groups)
            ),
            "You count a bias for every slice. The slices' results are added, and one bias goes to "
            "the sum: out_channels biases in all.",
        ),
        Mistake(
            "bias_per_input_channel",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                _weights(in_channels, out_channels, kernel_size, groups) + bias * in_channels
            ),
            "You count a bias per input channel. It belongs to the output channel.",
        ),
        Mistake(
            "kernel_counted_once",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                out_channels * (in_channels // groups) * _pair(kernel_size)[0] + bias * out_channels
            ),
            "You count k numbers per slice. A kernel has rows and columns: k * k.",
        ),
        Mistake(
            "kernel_height_for_both",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: _parameters(
                in_channels, out_channels, _pair(kernel_size)[0], groups, bias
            ),
            "You squared the kernel's height. A pair (kh, kw) has kh * kw cells.",
        ),
        Mistake(
            "kernel_sides_added",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                out_channels * (in_channels // groups) * sum(_pair(kernel_size))
                + bias * out_channels
            ),
            "You added the kernel's sides. Its number of cells is their product, kh * kw.",
        ),
        Mistake(
            "filters_forgotten",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                _weights(in_channels, 1, kernel_size, groups) + bias * out_channels
            ),
            "You count one filter's weights. There are out_channels filters.",
        ),
        Mistake(
            "channels_forgotten",
            lambda in_channels, out_channels, kernel_size, groups=1, bias=True: (
                _weights(1, out_channels, kernel_size) + bias * out_channels
            ),
            "You count one slice per filter. A filter has a slice for every input channel that it "
            "sees.",
        ),
    ),
    sweep=_parameters_sweep,
)

# ---------------------------------------------------------------- conv_macs


def _macs_oracle(torch, in_channels, out_channels, kernel_size, output_size, groups=1):
    # Every product of a one and a one adds 1: the sum of all outputs counts the multiply-adds.
    kernel = (kernel_size, kernel_size)
    ones = torch.ones(out_channels, in_channels // groups, *kernel, dtype=torch.float64)
    input = torch.ones(in_channels, *kernel, dtype=torch.float64)
    one_place = torch.nn.functional.conv2d(input, ones, groups=groups)
    return one_place.expand(-1, *output_size).sum()


def _macs(in_channels, out_channels, kernel_size, output_size, groups=1):
    oh, ow = output_size
    return oh * ow * _weights(in_channels, out_channels, kernel_size, groups)


def _macs_sweep(draw: Draw) -> Case:
    groups = draw.size(1, 6)
    channels, filters = groups * draw.size(1, 3), groups * draw.size(1, 3)
    output_size = draw.size(1, 9), draw.size(1, 9)
    return case(channels, filters, draw.size(1, 5), output_size, groups)


conv_macs = Exercise(
    name="conv_macs",
    section="3.5",
    signature="(in_channels, out_channels, kernel_size, output_size, groups=1)",
    answer="count",
    oracle=_macs_oracle,
    ours=_macs,
    ladder=(
        Capability(
            "one output cell",
            (
                case(1, 1, 2, (1, 1)),
                case(1, 1, 3, (1, 1)),
                case(2, 1, 1, (1, 1)),
                case(3, 1, 2, (1, 1)),
                case(2, 1, 5, (1, 1)),
            ),
            (
                "How many products go into one output cell?",
                "One for each number of the filter: its slices' cells, all of them.",
                "in_channels * kernel_size * kernel_size",
            ),
        ),
        Capability(
            "filters",
            (
                case(1, 2, 1, (1, 1)),
                case(1, 2, 2, (1, 1)),
                case(2, 3, 2, (1, 1)),
                case(3, 5, 3, (1, 1)),
                case(7, 4, 1, (1, 1)),
            ),
            (
                "What does each further output channel cost?",
                "As much as the first: its filter meets the same window.",
                "out_channels * in_channels * kernel_size ** 2",
            ),
        ),
        Capability(
            "all places",
            (
                case(1, 1, 1, (1, 2)),
                case(1, 1, 2, (2, 3)),
                case(2, 1, 1, (3, 1)),
                case(2, 3, 2, (4, 5)),
                case(3, 4, 3, (2, 7)),
                case(12, 16, 3, (24, 20)),
            ),
            (
                "How often does the same filter work, once it slides?",
                "Once at each of the output's oh * ow places.",
                "oh, ow = output_size; oh * ow * out_channels * in_channels * kernel_size ** 2",
            ),
        ),
        Capability(
            "groups",
            (
                case(2, 2, 1, (1, 1), 2),
                case(4, 2, 1, (1, 2), 2),
                case(2, 6, 3, (2, 3), 2),
                case(6, 9, 2, (4, 3), 3),
                case(12, 16, 3, (24, 20), 4),
                case(12, 12, 3, (24, 24), 12, note="depthwise"),
                case(5, 15, 2, (3, 8), 5, note="depthwise with three filters per channel"),
            ),
            (
                "How many channels does a filter see when there are groups?",
                "in_channels / groups; so each output cell costs that much less.",
                "oh * ow * out_channels * (in_channels // groups) * kernel_size ** 2",
            ),
        ),
    ),
    mistakes=(
        Mistake(
            "parameters_counted",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _weights(
                in_channels, out_channels, kernel_size, groups
            ),
            "Your answer is the number of weights. Each weight works once at every place of the "
            "output: times oh * ow.",
        ),
        Mistake(
            "groups_ignored",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, out_channels, kernel_size, output_size
            ),
            "Your answer is the one without groups: a filter sees only in_channels / groups "
            "channels.",
        ),
        Mistake(
            "groups_divide_both",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, out_channels // groups, kernel_size, output_size, groups
            ),
            "You divided both channel counts by groups. That is one group's share; there are "
            "`groups` of them, so only one of the two divisions stays.",
        ),
        Mistake(
            "groups_multiply",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: (
                groups * _macs(in_channels, out_channels, kernel_size, output_size)
            ),
            "You multiplied by groups. Groups make the work less: each filter sees "
            "in_channels / groups channels.",
        ),
        Mistake(
            "two_per_product",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: (
                2 * _macs(in_channels, out_channels, kernel_size, output_size, groups)
            ),
            "You count the product and the addition apart (FLOPs). A multiply-add is both together "
            "and counts once.",
        ),
        Mistake(
            "bias_counted",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: (
                _macs(in_channels, out_channels, kernel_size, output_size, groups)
                + out_channels * output_size[0] * output_size[1]
            ),
            "You count one more per output cell, for the bias. Adding it is no multiply-add.",
        ),
        Mistake(
            "kernel_counted_once",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, out_channels, (kernel_size, 1), output_size, groups
            ),
            "You count k products per slice. A kernel has rows and columns: k * k.",
        ),
        Mistake(
            "output_height_only",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, out_channels, kernel_size, (output_size[0], 1), groups
            ),
            "You count the output's rows alone. There are oh * ow places.",
        ),
        Mistake(
            "output_height_for_both",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, out_channels, kernel_size, output_size[:1] * 2, groups
            ),
            "You squared the output's height. output_size is a pair: oh * ow.",
        ),
        Mistake(
            "output_sides_added",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, out_channels, kernel_size, (sum(output_size), 1), groups
            ),
            "You added the output's sides. The number of places is their product, oh * ow.",
        ),
        Mistake(
            "filters_forgotten",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, 1, kernel_size, output_size, groups
            ),
            "You count one filter's work. There are out_channels filters.",
        ),
        Mistake(
            "channels_forgotten",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                1, out_channels, kernel_size, output_size
            ),
            "You count one slice per filter. A filter works through every input channel that it "
            "sees.",
        ),
        Mistake(
            "kernel_forgotten",
            lambda in_channels, out_channels, kernel_size, output_size, groups=1: _macs(
                in_channels, out_channels, 1, output_size, groups
            ),
            "You count one product per channel and output cell. The kernel has k * k cells in "
            "each.",
        ),
    ),
    sweep=_macs_sweep,
)

EXERCISES = (
    grouped_conv2d,
    depthwise_conv2d,
    pointwise_conv2d,
    separable_conv2d,
    conv_parameters,
    conv_macs,
)
