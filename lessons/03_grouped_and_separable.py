# %% [markdown]
# # 03 Grouped and separable convolution (45 min)
#
# An ordinary filter reads every channel. That is what most of a convolution's weights are for, and many of them can be
# saved. By the end of this lesson you have written the convolutions that save them, checked against torch: grouped,
# depthwise, pointwise and separable. And you can count what any of them costs, in parameters and in multiplications.

# %%
import numpy as np
import torch

import cnnlab
from cnnlab import architectures, check, explore, figures, images, layers, predict, show

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 3.1, 3.4 and 3.5; the exercises of 3.2 and 3.3 take three minutes each. The whole lesson uses
# one example, 12 channels in and 64 out, so leave 6912, 1728 and 876 on the board. If you are late, stop after 3.4 and give
# 3.5 to read. Ask aloud, before 3.1: "what could a filter do without reading?", and before 3.5: "half the weights, so half
# the time?" If you are early, do the channel shuffle at the board: four colours, one for each group, before and after.

# %% [markdown]
# ## 3.1 Groups (10 min)
#
# Must every filter read every channel?
#
# An ordinary convolution is local in space but full over channels: each of 64 filters of 3×3 on 12 channels holds 12
# slices, 6912 weights in all. Now cut the channels into 4 groups and the filters too, and let each filter read its own
# group only.

# %%
predict(
    "12 channels in, 64 filters of 3x3, 4 groups. How many weights, without bias?",
    1728,
    because="Each of the 64 filters reads 12 / 4 = 3 channels: 3 * 3 * 3 * 64.",
)

# %%
picture = torch.zeros(1, 12, 24, 24)
ordinary = torch.nn.Conv2d(12, 64, 3, padding=1, bias=False)
grouped = torch.nn.Conv2d(12, 64, 3, padding=1, groups=4, bias=False)
ordinary.weight.shape, grouped.weight.shape, grouped(picture).shape

# %%
assert ordinary.weight.numel() == 3 * 3 * 12 * 64 == 6912
assert grouped.weight.numel() == 3 * 3 * 3 * 16 * 4 == 1728
assert 4 * 1728 == 6912
assert grouped(picture).shape == ordinary(picture).shape == (1, 64, 24, 24)

# %% [markdown]
# The output has the same shape for a quarter of the weights. This is **grouped convolution** (分组卷积): local in space
# *and* local over channels. With $g$ groups, $C_{in}$ channels and $C_{out}$ filters of $k_h \times k_w$, the weight has shape
# $(C_{out},\; C_{in}/g,\; k_h,\; k_w)$. Group 0 holds the first $C_{in}/g$ channels and the first $C_{out}/g$ filters, group 1
# the next ones: blocks, not every $g$-th. So $g$ must divide both numbers; 5 groups are refused.

# %%
try:
    torch.nn.Conv2d(12, 64, 3, groups=5)
except ValueError as error:
    refused = str(error)
assert "divisible by groups" in refused

# %% [markdown]
# To see who reads whom, send in pictures of one cell with a 1 in a single channel, and note which filters answer.


# %%
def who_reads(channels, filters, groups):
    """Return a table: 1 where a filter (row) reads a channel (column)."""
    one_channel_each = np.eye(channels, dtype=int)[:, :, None, None]
    ones = np.ones((filters, channels // groups, 1, 1), dtype=int)
    return cnnlab.conv2d(one_channel_each, ones, groups=groups)[:, :, 0, 0].T


# %% [markdown]
# Look at the blocks. With one group every filter reads all 12 channels. Each cut takes connections away, until with 12
# groups each filter has one channel left: that is the next section.

# %%
figures.images_row(
    [who_reads(12, 12, g) for g in (1, 4, 12)],
    ["1 group", "4 groups", "12 groups"],
    signed=True,
    alt="Filters against channels, 12 by 12: all read all; four blocks of 3 by 3; a single diagonal.",
)

# %%
assert [int(who_reads(12, 12, g).sum()) for g in (1, 4, 12)] == [144, 36, 12]
assert who_reads(12, 64, 4)[16].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]

# %% [markdown]
# Now with all 64 filters: rows are channels, columns are filters, and the bars say what the layer costs. Move over a
# column, then turn up the groups. Which numbers of groups are refused? The other layers of the list are those of 3.2 to 3.4.

# %% tags=["explorer"]
explore.groups(picture[0].numpy(), out_channels=64, groups=4)

# %% [markdown]
# The table for 12 filters has 144 connections, then 36, then 12. Groups began as a makeshift: AlexNet (2012) did not fit
# on one graphics card, so it was cut in two, and in three of its five convolutions a filter read only the channels on its
# own card. In the second layer that halved 614,400 weights to 307,200.

# %%
assert torch.nn.Conv2d(96, 256, 5, bias=False).weight.numel() == 614_400
assert torch.nn.Conv2d(96, 256, 5, groups=2, bias=False).weight.numel() == 307_200

# %% [markdown]
# What is lost? Groups never meet. After two grouped layers in a row each output still knows the channels of its own
# group only. Multiply the tables of both layers to see which channels reach which output.

# %%
twice = who_reads(12, 12, 4) @ who_reads(12, 12, 4)
twice.astype(bool).sum(axis=1)

# %%
assert twice.astype(bool).sum(axis=1).tolist() == [3] * 12

# %% [markdown]
# ### Exercise 3.1 · `grouped_conv2d` (core, 6 min)
#
# Input (N, C, H, W), weight (O, C / groups, kh, kw), bias (O,) or `None`. Begin with your `conv2d` of 1.4.
#
# Common error: every `groups`-th channel in a group. Group 0 has the *first* C / groups channels.
#
# <details><summary>Hint 1 of 3</summary>
#
# Group g reads channels `g * ci : (g + 1) * ci` with `ci = C // groups`, and so do the filters with `co = O // groups`.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# One loop more around those of 1.4: for each group, its channels, its filters, and the block of `out` that they fill.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# `out[:, g * co : (g + 1) * co, i, j] = np.einsum("nchw,ochw->no", window, weight[g * co : (g + 1) * co])`, with the window cut
# from the group's channels. Add the bias once, at the end: `bias[:, None, None]`.
#
# </details>


# %%
def my_grouped_conv2d(input, weight, bias=None, groups=1):
    """Return the maps: (N, C, H, W) and (O, C / groups, kh, kw) make (N, O, rows, columns)."""
    ### BEGIN SOLUTION
    (filters, ci, kh, kw), co = weight.shape, len(weight) // groups
    rows, columns = input.shape[2] - kh + 1, input.shape[3] - kw + 1
    out = np.zeros((len(input), filters, rows, columns))
    for g in range(groups):
        x, mine = input[:, g * ci : (g + 1) * ci], slice(g * co, (g + 1) * co)
        for i, j in np.ndindex(rows, columns):
            window = x[:, :, i : i + kh, j : j + kw]
            out[:, mine, i, j] = np.einsum("nchw,ochw->no", window, weight[mine])
    return out if bias is None else out + bias[:, None, None]
    ### END SOLUTION


# %%
check("grouped_conv2d", my_grouped_conv2d)

# %% [markdown]
# The package gives the groups an axis, and so a letter, of their own: find `g` in the einsum's letters.

# %%
show(cnnlab.fast.windows)

# %% [markdown]
# **Say it back.** In which two senses is a grouped convolution local?
#
# <details><summary>One way to say it</summary>
#
# In space, since a window is small, and over channels, since a filter reads those of its own group only.
#
# </details>

# %% [markdown]
# ## 3.2 Depthwise: one channel each (7 min)
#
# What if there are as many groups as channels?

# %%
predict(
    "12 channels, a depthwise 3x3 convolution: one kernel for each channel. How many weights?",
    108,
    because="One slice of 3 * 3 for each of the 12 channels.",
)

# %%
depthwise = torch.nn.Conv2d(12, 12, 3, padding=1, groups=12, bias=False)
depthwise.weight.shape, depthwise(picture).shape

# %%
assert depthwise.weight.numel() == 3 * 3 * 1 * 12 == 108
assert tuple(depthwise.weight.shape) == (12, 1, 3, 3)
assert depthwise(picture).shape == (1, 12, 24, 24)

# %% [markdown]
# That is **depthwise convolution** (逐通道卷积): groups = $C_{in}$. Every channel gets a kernel of its own and gives a map
# of its own, and nothing is added over channels. A filter of an ordinary convolution does the same products and then
# adds the maps up; that last sum is the whole difference. Below, red meets Sobel's kernel, green is kept, blue is blurred.

# %%
photo = images.photo().transpose(2, 0, 1)
three = np.stack([images.kernel(name)[None] for name in ("sobel x", "identity", "box blur")])
maps = cnnlab.depthwise_conv2d(photo, three, padding=1)
figures.images_row(
    [maps[0], np.stack([maps[1]] * 3, axis=-1), np.stack([maps[2]] * 3, axis=-1)],
    ["red: sobel x", "green: kept", "blue: blurred"],
    signed=True,
    limit=2,
    alt="Three maps of one photo: upright edges from red, the picture itself from green, a soft one from blue.",
)

# %%
one_filter = three.transpose(1, 0, 2, 3)
assert np.allclose(maps.sum(axis=0), cnnlab.conv2d(photo, one_filter, padding=1)[0])
without_red = photo * np.array([0, 1, 1])[:, None, None]
changed = cnnlab.depthwise_conv2d(without_red, three, padding=1) != maps
assert changed.any(axis=(1, 2)).tolist() == [True, False, False]

# %% [markdown]
# Take red away and only red's map changes: channels never mix. Usually their number stays, but it need not. With a
# **channel multiplier** (通道乘数) $m$, each channel gets $m$ kernels and gives $m$ maps, side by side: $m$ of channel 0, $m$ of channel 1, ...

# %%
two_each = cnnlab.depthwise_conv2d(np.array([[[1]], [[10]]]), np.arange(1, 5).reshape(4, 1, 1, 1))
two_each.flatten()

# %%
assert two_each.flatten().tolist() == [1 * 1, 2 * 1, 3 * 10, 4 * 10]

# %% [markdown]
# ### Exercise 3.2 · `depthwise_conv2d` (core, 3 min)
#
# Input (N, C, H, W), weight (C, 1, kh, kw), no bias, no padding: return (N, C, H − kh + 1, W − kw + 1).
#
# Common error: a sum over channels left in the einsum. C must stand in the result.
#
# <details><summary>Hint 1 of 2</summary>
#
# Loop over the places as before. What does the window (N, C, kh, kw) meet, and over which axes is the sum?
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `np.einsum("nchw,chw->nc", window, weight[:, 0])`: the sum runs over h and w only.
#
# </details>


# %%
def my_depthwise_conv2d(input, weight):
    """Return a map for each channel: (N, C, H, W) and (C, 1, kh, kw) make (N, C, rows, columns)."""
    ### BEGIN SOLUTION
    kh, kw = weight.shape[2:]
    rows, columns = input.shape[2] - kh + 1, input.shape[3] - kw + 1
    out = np.zeros((*input.shape[:2], rows, columns))
    for i, j in np.ndindex(rows, columns):
        window = input[:, :, i : i + kh, j : j + kw]
        out[:, :, i, j] = np.einsum("nchw,chw->nc", window, weight[:, 0])
    return out
    ### END SOLUTION


# %%
check("depthwise_conv2d", my_depthwise_conv2d)

# %% [markdown]
# The package needs no sum of its own: it reads the number of groups from the shapes and calls `conv2d`.

# %%
show(cnnlab.depthwise_conv2d)

# %% [markdown]
# **Say it back.** What does a depthwise convolution never do?
#
# <details><summary>One way to say it</summary>
#
# It never mixes channels: each map comes from one channel.
#
# </details>

# %% [markdown]
# ## 3.3 Pointwise: one place each (7 min)
#
# What can a kernel of 1×1 find, if it sees no neighbour?

# %%
predict(
    "12 channels in, 64 filters of 1x1. How many weights?",
    768,
    because="Each of the 64 filters has one number for each of the 12 channels.",
)

# %%
pointwise = torch.nn.Conv2d(12, 64, 1, bias=False)
pointwise.weight.shape, pointwise(picture).shape

# %%
assert pointwise.weight.numel() == 1 * 1 * 12 * 64 == 768
assert pointwise(picture).shape == (1, 64, 24, 24)

# %% [markdown]
# It finds mixtures of channels. A **pointwise convolution** (逐点卷积) adds up the channels of one place with weights, and may
# change their number: 12 in, 64 out. It is a small linear layer, the same one at every place:
#
# $$y_{o,i,j} = \sum_{c} w_{o,c}\; x_{c,i,j}$$
#
# $c$ counts input channels, $o$ output channels, $i$ and $j$ are the place. You know one already: a grey photo is a
# mixture of red, green and blue. The second filter below takes blue minus red.

# %%
mixtures = np.array([[0.299, 0.587, 0.114], [-1, 0, 1]])[:, :, None, None]
mixed = cnnlab.pointwise_conv2d(photo, mixtures)
figures.images_row(
    [photo.transpose(1, 2, 0), np.stack([mixed[0]] * 3, axis=-1), mixed[1]],
    ["photo: 3 channels", "grey", "blue minus red"],
    signed=True,
    limit=1,
    alt="The photo; its brightness; a map that is faintly orange in the sky, blue on wood and tiles.",
)

# %%
assert np.allclose(mixed[0], images.photo_gray())
assert mixed[1, :8].mean() > 0.05  # sky
assert mixed[1].min() < -0.3  # wood
assert np.allclose(mixed, np.tensordot(mixtures[:, :, 0, 0], photo, axes=1))
by_linear = torch.nn.functional.linear(
    torch.tensor(images.photo()), torch.tensor(mixtures[..., 0, 0])
)
assert np.allclose(mixed.transpose(1, 2, 0), by_linear)

# %% [markdown]
# ### Exercise 3.3 · `pointwise_conv2d` (core, 3 min)
#
# Input (N, C, H, W), weight (O, C, 1, 1): return (N, O, H, W).
#
# Common error: `reshape` where axes should change places. It keeps the order of the numbers and mixes up places.
#
# <details><summary>Hint 1 of 2</summary>
#
# `weight[:, :, 0, 0]` is a matrix (O, C). It works on the channel axis.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# With letters: `"nchw,oc->nohw"`.
#
# </details>


# %%
def my_pointwise_conv2d(input, weight):
    """Return mixtures of the channels: (N, C, H, W) and (O, C, 1, 1) make (N, O, H, W)."""
    ### BEGIN SOLUTION
    return np.einsum("nchw,oc->nohw", input, weight[:, :, 0, 0])
    ### END SOLUTION


# %%
check("pointwise_conv2d", my_pointwise_conv2d)

# %%
show(cnnlab.pointwise_conv2d)

# %% [markdown]
# **Say it back.** Depthwise and pointwise: which looks around, and which mixes?
#
# <details><summary>One way to say it</summary>
#
# Depthwise looks around in one channel; pointwise mixes channels at one place.
#
# </details>

# %% [markdown]
# ## 3.4 Separable: first one, then the other (8 min)
#
# Can two cheap steps stand in for an expensive one?

# %% [markdown] tags=["instructor"]
# **Instructor.** Someone will multiply 108 by 768 or answer 6912 again. Draw the two steps one below the other. Keep the
# claim about accuracy open: ask what experiment would settle it, and come back to it in lesson 08.

# %%
predict(
    "12 channels in, 64 out: a depthwise 3x3, then a pointwise convolution. How many weights in all?",
    876,
    because="3 * 3 * 1 * 12 + 1 * 1 * 12 * 64 = 108 + 768.",
)

# %%
both = torch.nn.Sequential(depthwise, pointwise)
sum(p.numel() for p in both.parameters()), both(picture).shape

# %%
assert 3 * 3 * 1 * 12 + 1 * 1 * 12 * 64 == 108 + 768 == 876
assert sum(p.numel() for p in both.parameters()) == 876
assert both(picture).shape == ordinary(picture).shape
assert [layer.weight.numel() for layer in (ordinary, grouped)] == [6912, 1728]

# %% [markdown]
# The pair is a **depthwise separable convolution** (深度可分离卷积): 876 weights where the ordinary layer has 6912 and the
# grouped one 1728, and every output may still use every channel.

# %%
figures.bars(
    {"ordinary": 6912, "4 groups": 1728, "separable": 876},
    title="weights for 12 channels in, 64 out, 3×3",
    alt="Bars of the weights: ordinary 6912, four groups 1728, separable 876.",
)

# %% [markdown]
# It is not the same layer, though. Without anything between the steps, the pair equals an ordinary convolution whose
# weight is $w_{o,c,a,b} = p_{o,c}\, d_{c,a,b}$: filter $o$ may scale the kernel $d_c$ of channel $c$ by $p_{o,c}$, but all 64
# filters share that kernel. An ordinary layer has 64 free kernels for each channel.

# %%
rng = np.random.default_rng(0)
d, p = rng.normal(size=(12, 1, 3, 3)), rng.normal(size=(64, 12, 1, 1))
x = rng.normal(size=(1, 12, 24, 24))
composed = p * d.transpose(1, 0, 2, 3)
separable = cnnlab.separable_conv2d(x, d, p, padding=1)

# %%
assert np.allclose(separable, cnnlab.conv2d(x, composed, padding=1))
assert composed.shape == (64, 12, 3, 3)
assert all(np.linalg.matrix_rank(composed[:, c].reshape(64, 9)) == 1 for c in range(12))
stepwise = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(d), padding=1, groups=12)
assert np.allclose(separable, torch.nn.functional.conv2d(stepwise, torch.tensor(p)))

# %% [markdown]
# One often reads that separable does about as well as ordinary, and better than grouped. That is a claim about training,
# and no formula proves it. The MobileNet paper (2017) reports, for its network on ImageNet, 70.6% right with separable and
# 71.7% with ordinary layers. We did not train those; lesson 08 puts the claim to the test on a small scale.
#
# A word of caution: *spatially* separable is something else, a single kernel that is a column times a row, like Sobel's.

# %%
assert np.linalg.matrix_rank(images.kernel("sobel x")) == 1
assert np.linalg.matrix_rank(images.kernel("laplacian")) == 2

# %% [markdown]
# ### Exercise 3.4 · `separable_conv2d` (core, 3 min)
#
# Depthwise, then pointwise: weights (C, 1, kh, kw) and (O, C, 1, 1). No bias, no padding.
#
# Common error: the steps exchanged. Pointwise first gives O channels, and the depthwise weight has only C kernels.
#
# <details><summary>Hint 1 of 2</summary>
#
# Put the lines of your two functions, 3.2 and 3.3, one below the other.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# The maps of the first step are the input of the second. Return what the second gives.
#
# </details>


# %%
def my_separable_conv2d(input, depthwise_weight, pointwise_weight):
    """Return the maps: (N, C, H, W), (C, 1, kh, kw), (O, C, 1, 1) make (N, O, rows, columns)."""
    ### BEGIN SOLUTION
    kh, kw = depthwise_weight.shape[2:]
    rows, columns = input.shape[2] - kh + 1, input.shape[3] - kw + 1
    maps = np.zeros((*input.shape[:2], rows, columns))
    for i, j in np.ndindex(rows, columns):
        window = input[:, :, i : i + kh, j : j + kw]
        maps[:, :, i, j] = np.einsum("nchw,chw->nc", window, depthwise_weight[:, 0])
    return np.einsum("nchw,oc->nohw", maps, pointwise_weight[:, :, 0, 0])
    ### END SOLUTION


# %%
check("separable_conv2d", my_separable_conv2d)

# %%
show(cnnlab.separable_conv2d)

# %% [markdown]
# **Say it back.** What can an ordinary layer learn that a separable one of the same size cannot?
#
# <details><summary>One way to say it</summary>
#
# A different kernel on the same channel for each filter. In the separable layer all filters share one kernel a channel.
#
# </details>

# %% [markdown]
# ## 3.5 What a layer costs (10 min)
#
# Weights take memory. What takes time?
#
# Count multiplications, each with the addition that follows: **multiply-adds** (乘加运算), MACs for short. Every weight
# works once at every place of the output, so places times weights. A bias is added, not multiplied, and doesn't count.

# %%
predict(
    "The ordinary layer, 6912 weights, output 24x24. How many multiply-adds?",
    3981312,
    because="Each weight is used once at each of 24 * 24 = 576 places.",
)

# %%
line = [layers.Conv2d(12, 64, 3, padding=1, bias=False)]
pair = [layers.Conv2d(12, 12, 3, padding=1, groups=12, bias=False)]
pair += [layers.Conv2d(12, 64, 1, bias=False)]
[(t.parameters, t.macs) for t in (cnnlab.trace(net, (12, 24, 24)) for net in (line, pair))]

# %%
assert 24 * 24 == 576
assert cnnlab.trace(line, (12, 24, 24)).macs == 6912 * 576 == 3_981_312
assert cnnlab.trace(pair, (12, 24, 24)).macs == 876 * 576 == 504_576
assert np.isclose(876 / 6912, 1 / 64 + 1 / 9)

# %% [markdown]
# The separable pair takes 504,576, about an eighth. How much it saves is easy to say, for weights and MACs alike:
#
# $$\frac{k^2 C_{in} + C_{in} C_{out}}{k^2 C_{in} C_{out}} = \frac{1}{C_{out}} + \frac{1}{k^2}$$
#
# With a kernel of $k = 3$ and many filters that is little more than a ninth. (A MAC is two floating-point operations; papers that say FLOPs may mean either.) Networks as a whole, counted by the tracer
# for one picture of 224×224:

# %%
names = ("alexnet", "vgg16", "resnet50", "mobilenet_v1")
totals = {n: cnnlab.trace(getattr(architectures, n)(), (3, 224, 224)) for n in names}
{name: (f"{t.parameters:,}", f"{t.macs:,}") for name, t in totals.items()}

# %%
assert [t.parameters for t in totals.values()] == [61_100_840, 138_357_544, 25_557_032, 4_231_976]
published = {"alexnet": 0.71e9, "vgg16": 15.47e9, "resnet50": 4.09e9, "mobilenet_v1": 569e6}
assert totals["vgg16"].parameters > 30 * totals["mobilenet_v1"].parameters
assert all(abs(totals[n].macs / published[n] - 1) < 0.007 for n in names)
assert all(t.input_shape == (3, 224, 224) for t in totals.values())

# %% [markdown]
# The totals are the published ones: torchvision's parameter counts to the last digit, the MACs as far as they are given;
# MobileNet's paper says 4.2 and 569 million. Draw both, and compare the two orders.

# %%
figure, axes = figures.canvas(
    1,
    2,
    size=(3.6, 1.7),
    alt="Millions of parameters: AlexNet 61, VGG-16 138, ResNet-50 26, MobileNet 4; of MACs: 714, 15,470, 4,089, 569.",
)
million = {n: (t.parameters / 1e6, t.macs / 1e6) for n, t in totals.items()}
for i, (ax, what) in enumerate(zip(axes[0], ("parameters", "multiply-adds"), strict=True)):
    bars = ax.barh(list(million), [both[i] for both in million.values()], color=figures.SERIES[0])
    ax.bar_label(bars, fmt="{:,.0f}", padding=3, color="#777777", fontsize=9)
    ax.set_title(f"million {what}", fontsize=10)
    ax.set_xticks([])
    ax.invert_yaxis()
    ax.margins(x=0.3)
figure

# %%
alex, vgg, resnet, mobile = million.values()
assert [round(both[0]) for both in million.values()] == [61, 138, 26, 4]
assert [round(both[1]) for both in million.values()] == [714, 15_470, 4_089, 569]
assert alex[0] > 2 * resnet[0]
assert alex[1] < resnet[1] / 5

# %% [markdown]
# VGG-16 has more than thirty times MobileNet's parameters. But few parameters need not mean little work: AlexNet has more than twice as
# many as ResNet-50 and does less than a fifth of its multiply-adds. Linear layers hold many weights and use each once;
# a convolution uses its few at every place.
#
# And what would MobileNet cost with ordinary layers?

# %%
net, channels = [layers.Conv2d(3, 32, 3, 2, 1, bias=False), layers.BatchNorm2d(32)], 32
widths = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5]
for width, stride in [*widths, (1024, 2), (1024, 1)]:
    net += [layers.Conv2d(channels, width, 3, stride, 1, bias=False), layers.BatchNorm2d(width)]
    channels = width
net += [layers.AdaptiveAvgPool2d(1), layers.Flatten(), layers.Linear(1024, 1000)]
full = cnnlab.trace(net, (3, 224, 224))
f"{full.parameters:,}", f"{full.macs:,}"

# %%
assert full.parameters == 29_294_088
assert abs(full.macs / 4866e6 - 1) < 0.001
rows = totals["mobilenet_v1"]
in_1x1 = sum(r.macs for r in rows if r.layer.startswith("Conv2d") and ", 1)" in r.layer)
assert 0.94 < in_1x1 / rows.macs < 0.95

# %% [markdown]
# The paper's table says 29.3 million parameters and 4866 million multiply-adds; so do we. Of MobileNet's own
# multiply-adds almost 95% lie in the 1×1 layers: once looking around is cheap, mixing is what costs. MACs are not
# seconds, however; memory has its say too, and lesson 09 measures.

# %% [markdown]
# ### Exercise 3.5 · `conv_parameters` (core, 3 min)
#
# How many numbers does `Conv2d` learn? `kernel_size` is an int or a pair, `bias` is True or False.
#
# Common error: dividing both channel counts by the groups. Each filter reads fewer channels; there are as many filters.
#
# <details><summary>Hint 1 of 2</summary>
#
# One filter has `in_channels // groups` slices of kh times kw.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# Times `out_channels`, and one bias for each filter: `out_channels * (slices * kh * kw + bias)`.
#
# </details>


# %%
def my_conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    """Return the number of weights and biases, an int."""
    ### BEGIN SOLUTION
    kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    return out_channels * (in_channels // groups * kh * kw + bool(bias))
    ### END SOLUTION


# %%
check("conv_parameters", my_conv_parameters)

# %% [markdown]
# ### Exercise 3.5 · `conv_macs` (core, 3 min)
#
# The multiply-adds for one picture: `output_size` is the pair (rows, columns), `kernel_size` an int.
#
# Common error: dividing both channel counts by the groups. One group would be counted, not all of them.
#
# <details><summary>Hint 1 of 2</summary>
#
# How many products make one output value? As many as one filter has weights.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# Times the output values: `rows * columns * out_channels`.
#
# </details>


# %%
def my_conv_macs(in_channels, out_channels, kernel_size, output_size, groups=1):
    """Return the number of multiply-adds for one picture, an int."""
    ### BEGIN SOLUTION
    rows, columns = output_size
    return rows * columns * out_channels * (in_channels // groups) * kernel_size**2
    ### END SOLUTION


# %%
check("conv_macs", my_conv_macs)

# %% [markdown]
# **Say it back.** A picture doubles in height and width. What happens to a layer's parameters, and what to its MACs?
#
# <details><summary>One way to say it</summary>
#
# The parameters stay; with padding that keeps the size, the MACs grow fourfold.
#
# </details>

# %% [markdown]
# ## You can now (3 min)
#
# - cut a convolution into groups, and say which filter reads which channel;
# - look around without mixing (depthwise), mix without looking around (pointwise), and do both in turn (separable);
# - say what a separable layer gives up, and what of its fame is proven;
# - count parameters and multiply-adds.
#
# Five questions, mixed:

# %%
predict(
    "8 channels in, 16 filters, 2 groups, 3x3: what shape is the weight?",
    (16, 4, 3, 3),
    "16 filters, each on 8 / 2 channels.",
)

# %%
predict(
    "Depthwise, 32 channels, 5x5, multiplier 1, with bias: how many numbers?",
    832,
    because="32 * (5 * 5 + 1).",
)

# %%
predict(
    "6 channels, 9 filters, 3 groups, counted from 0. Which channels does filter 4 read?",
    (2, 3),
    because="Filters 3, 4, 5 are group 1; it has channels 2 and 3.",
)

# %%
predict(
    "Which layer can turn 64 channels into 16 with 1024 weights?",
    "pointwise",
    choices=["depthwise", "pointwise", "ordinary 3x3"],
    because="64 * 16 = 1024. Depthwise never gives fewer channels, an ordinary 3x3 takes nine times as many.",
)

# %%
predict(
    "One filter and one channel, weight (1, 1, 3, 3), output 10x10: how many multiply-adds?",
    900,
    because="9 weights at each of 100 places.",
)

# %% [markdown] tags=["instructor"]
# **Instructor.** Answers to the three stretch exercises below. (1) 9 channels with 4 groups, since a filter of the second layer reads
# three channels from three different groups of the first; all 12 with 3 groups. (2) `70144`; the ordinary block with 64 channels inside has
# `69632`. (3) For each channel, 1 minus the share of the largest squared singular value.


# %% tags=["instructor"]
def shuffle(maps, groups):
    """Return the maps with channel i of every group side by side."""
    n, c, *size = maps.shape
    return maps.reshape(n, groups, c // groups, *size).swapaxes(1, 2).reshape(n, c, *size)


twelve = np.arange(12.0).reshape(1, 12, 1, 1)
for g, met in ((4, 9), (3, 12)):
    assert np.array_equal(shuffle(twelve, g), torch.nn.ChannelShuffle(g)(torch.tensor(twelve)))
    moved = np.eye(12)[shuffle(twelve, g).ravel().astype(int)]
    paths = who_reads(12, 12, g) @ moved @ who_reads(12, 12, g)
    assert (paths > 0).sum(axis=1).tolist() == [met] * 12
assert 256 * 128 + 128 * (128 // 32) * 9 + 128 * 256 == 70_144
assert 256 * 64 + 64 * 64 * 9 + 64 * 256 == 69_632

# %% tags=["instructor"]
one_channel = rng.normal(size=(64, 9))
left, sizes, right = np.linalg.svd(one_channel, full_matrices=False)
lost = ((one_channel - sizes[0] * np.outer(left[:, 0], right[0])) ** 2).sum()
assert np.isclose(lost / (one_channel**2).sum(), 1 - sizes[0] ** 2 / (sizes**2).sum())

# %% [markdown]
# If you want more:
#
# 1. **Channel shuffle** (通道混洗), the cure for groups that never meet: write `shuffle(maps, groups)`. Reshape the channel axis to
#    (groups, C / groups), exchange these two axes, reshape back, and compare with `torch.nn.ChannelShuffle(groups)`. Put
#    it between the two layers of 3.1. How many of the 12 channels reach an output now: with 4 groups, and with 3?
# 2. ResNeXt's block is a 1×1, a grouped 3×3 and a 1×1. Count its parameters for `256` channels, a width of `128` inside and
#    32 groups, and find the ordinary block of the same cost.
# 3. Take the weight of any ordinary layer and find the separable one nearest to it: for each channel, the first singular
#    vectors of the matrix (C_out, kh · kw). How much of the weight's squared sum is lost?
#
# ### Read on
#
# - M. Lin, Q. Chen, S. Yan, *Network in network* (2014): the 1×1 convolution.
# - F. Chollet, *Xception: deep learning with depthwise separable convolutions* (2017).
# - A. Howard and others, *MobileNets: efficient convolutional neural networks for mobile vision applications* (2017).
# - S. Xie and others, *Aggregated residual transformations for deep neural networks* (2017): ResNeXt.
# - X. Zhang, X. Zhou, M. Lin, J. Sun, *ShuffleNet* (2018): grouped layers that meet.
