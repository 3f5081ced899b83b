# %% [markdown]
# # 05 Pyramids and regions (40 min)
#
# Photos come in all sizes, and the interesting part of one may be anywhere. A classifier wants the same number of values
# each time. In this lesson you build the two bridges between them, spatial pyramid pooling and region pooling, and see
# how one layer can look at several scales at once.

# %%
import numpy as np
import torch

import cnnlab
from cnnlab import check, explore, figures, images, predict, show
from cnnlab.architectures import vgg16

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 5.1 and 5.2. If you are late, stop after 5.2: 5.3 and 5.4 stand by themselves, and nothing later needs
# them. Ask aloud, before 5.1: "which layer refuses a larger photo?", and before 5.3: "can one kernel look near and far?" If
# you are early, let half the room do the ASPP of the first stretch exercise and the other half the count of sizes in the second.

# %% [markdown]
# ## 5.1 Who fixes the size? (6 min)
#
# VGG-16 takes 224×224 pictures and refuses 256×320. Which of its layers says no?

# %%
predict(
    "VGG-16 halves a picture five times and ends with 512 maps. How many values does 256x320 leave?",
    40960,
    because="256 / 32 = 8 rows and 320 / 32 = 10 columns: 512 * 8 * 10.",
)

# %%
refusal = cnnlab.trace(vgg16(), (3, 256, 320)).rows[-1]
refusal.layer, refusal.error.split(". ")[0]

# %%
body = vgg16()[:31]
assert cnnlab.trace(body, (3, 224, 224)).output_shape == (512, 7, 7)
assert cnnlab.trace(body, (3, 256, 320)).output_shape == (512, 8, 10)
assert 512 * 7 * 7 == 25_088
assert "Linear expects 25088 values" in refusal.error
assert "40960" in refusal.error
freed = [*body, cnnlab.layers.AdaptiveAvgPool2d(7), *vgg16()[31:]]
assert cnnlab.trace(freed, (3, 256, 320)).output_shape == (1000,)

# %% [markdown]
# The convolutions and pools don't mind: they slide, and slide longer on a larger picture. The linear layer minds. It has
# one weight for each value it reads, so the number of values is built into it: 25,088 here, and 40,960 do not fit.
#
# People used to crop every photo or squeeze it to one shape. Cropping loses the edges, squeezing distorts. The other way is to
# let the picture be and make the *maps* one size. An adaptive pool of 7×7 (4.4) before the linear layers does it, and
# torchvision's VGG-16 has one; the assert above puts one in. This lesson does better than that: it keeps several sizes at once.

# %%
linear = torch.nn.Linear(25_088, 10)
try:
    linear(torch.zeros(1, 40_960))
except RuntimeError as error:
    torch_says = str(error)
torch_says

# %%
assert "shapes cannot be multiplied" in torch_says
assert "1x40960 and 25088x10" in torch_says

# %% [markdown]
# **Say it back.** Why does a convolution accept any size and a linear layer not?
#
# <details><summary>One way to say it</summary>
#
# A convolution's weights are shared over places; there may be any number of them. A linear layer has a weight for each
# value.
#
# </details>

# %% [markdown]
# ## 5.2 One length for every size (13 min)
#
# How can maps of any height and width become a row of fixed length, without forgetting where things are?

# %% [markdown] tags=["instructor"]
# **Instructor.** Let the room work out 21 aloud: 1 + 4 + 16. The wrong answer to expect is 7 (1 + 2 + 4): bins lie in
# two directions.

# %%
predict(
    "Levels 1, 2 and 4: a map is cut into 1x1, 2x2 and 4x4 bins, and each gives one value. How many in all?",
    21,
    because="1 + 4 + 16.",
)

# %%
small = np.arange(12.0).reshape(1, 1, 3, 4)
row = cnnlab.spatial_pyramid_pool(small, levels=(1, 2))
row.tolist()

# %%
assert row.tolist() == [[11, 5, 7, 9, 11]]
assert [sum(n * n for n in levels) for levels in ((1, 2, 4), (1, 2, 3, 6))] == [21, 50]
shapes = {
    cnnlab.spatial_pyramid_pool(np.zeros((1, 256, h, w)), (1, 2, 4)).shape
    for h, w in ((7, 7), (8, 10), (13, 9), (3, 30))
}
assert shapes == {(1, 5376)}
assert 256 * 21 == 5376

# %% [markdown]
# **Spatial pyramid pooling** (空间金字塔池化), SPP: max-pool the maps into $l \times l$ adaptive bins for each level $l$,
# and lay all bins in one row. Level 1 asks "is it anywhere?", level 2 "in which quarter?", level 4 is finer still.
# The row has
#
# $$C \sum_{l} l^2$$
#
# values, $C$ the number of channels; height and width don't occur. Levels 1, 2, 4 give 21 for each channel, levels 1, 2, 3, 6
# give 50; 256 channels and 21 bins give 5,376 for any picture.

# %%
gray = images.photo_gray()
wide = gray[:100, :]
sobel = images.kernel("sobel x")[None, None]
contours, fewer = (np.abs(cnnlab.conv2d(p[None], sobel)) / 4 for p in (gray, wide))
pyramid = [cnnlab.adaptive_max_pool2d(contours, n)[0] for n in (1, 2, 4)]
other = [cnnlab.adaptive_max_pool2d(fewer, n)[0] for n in (1, 2, 4)]
figures.images_row(
    [gray, *pyramid, wide, *other],
    ["128×144", "1", "2", "4", "100×144", "1", "2", "4"],
    height=1.1,
    alt="A photo and the edges found in its 1, 4 and 16 bins; the same for the photo's upper part.",
)

# %%
photo_row = cnnlab.spatial_pyramid_pool(gray[None], (1, 2, 4))
crop_row = cnnlab.spatial_pyramid_pool(wide[None], (1, 2, 4))
assert gray.shape == (128, 144)
assert wide.shape == (100, 144)
assert photo_row.shape == crop_row.shape == (21,)

# %% [markdown]
# A smaller map of those edges, to be turned: step through the row at the bottom and see which bin each value comes from.
# Then make the picture lower and narrower: the bins shrink with it, the row keeps its length. Which knob changes that?

# %% tags=["explorer"]
explore.pyramid(cnnlab.max_pool2d(contours, 8)[0], levels=(1, 2, 4))

# %% [markdown]
# Look at the levels, made from upright edges: two shapes of picture, the same 21 bins. Why not simply choose a kernel and a stride for the size
# at hand? The first description of SPP did: kernel $\lceil n/l \rceil$, stride $\lfloor n/l \rfloor$.

# %%
predict(
    "11 cells into 4 bins: kernel ceil(11/4) = 3, stride floor(11/4) = 2. How many windows fit?",
    5,
    because="floor((11 - 3) / 2) + 1 = 5, not 4.",
)

# %%
windows = cnnlab.output_size(11, 3, stride=2)
fails = [n for n in range(4, 33) if cnnlab.output_size(n, -(-n // 4), n // 4) != 4]
windows, fails, cnnlab.sliding.bins(11, 4)

# %%
line = torch.zeros(1, 1, 11)
assert windows == torch.nn.functional.max_pool1d(line, 3, 2).shape[-1] == 5
assert fails == [6, 7, 11]
assert cnnlab.sliding.bins(11, 4) == [(0, 3), (2, 6), (5, 9), (8, 11)]
assert torch.nn.functional.adaptive_max_pool1d(line, 4).shape[-1] == 4
assert [cnnlab.output_size(13, -(-13 // n), 13 // n) for n in (1, 2, 3)] == [1, 2, 3]

# %% [markdown]
# For the 13×13 maps of that paper the recipe works; for 4 bins it fails on 6, 7 and 11 cells. One window of fixed size and one
# fixed step can't always share the cells out. Adaptive bins can, since each may have its own length.

# %% [markdown]
# ### Exercise 5.2 · `spatial_pyramid_pool` (core, 6 min)
#
# Input (N, C, H, W) and a tuple of levels; result (N, C · sum of l²). Level by level; inside a level channel by channel,
# its bins row by row. Maximum in each bin.
#
# Common error: joining along axis 0, the batch; NumPy stops there, since levels differ in length. Join along axis 1: each
# picture has a row of its own.
#
# <details><summary>Hint 1 of 3</summary>
#
# One level is your adaptive pooling of 4.4 with `.max` for `.mean`: an array (N, C, level, level).
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# `.reshape(len(input), -1)` lays the bins of a level in one row for each picture.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# `np.concatenate(rows, axis=1)`
#
# </details>


# %%
def my_spatial_pyramid_pool(input, levels):
    """Return one row for each picture: (N, C, H, W) makes (N, C * sum of l * l)."""
    ### BEGIN SOLUTION
    (h, w), rows = input.shape[2:], []
    for n in levels:
        bins = np.zeros((*input.shape[:2], n, n))
        for i, j in np.ndindex(n, n):
            top, bottom = i * h // n, -(-(i + 1) * h // n)
            left, right = j * w // n, -(-(j + 1) * w // n)
            bins[:, :, i, j] = input[:, :, top:bottom, left:right].max(axis=(2, 3))
        rows.append(bins.reshape(len(input), -1))
    return np.concatenate(rows, axis=1)
    ### END SOLUTION


# %%
check("spatial_pyramid_pool", my_spatial_pyramid_pool)

# %%
show(cnnlab.spatial_pyramid_pool)

# %% [markdown]
# **Say it back.** What does the length of the row depend on, and what not?
#
# <details><summary>One way to say it</summary>
#
# On the channels and the levels; not on height and width.
#
# </details>

# %% [markdown]
# ## 5.3 Several scales at one place (8 min)
#
# A pyramid of pools forgets the exact place. How can a layer see near and far and still answer for every pixel?

# %%
predict(
    "A 3x3 kernel with dilation 6: how many cells does it span along an axis?",
    13,
    because="6 * (3 - 1) + 1: nine weights, thirteen cells.",
)

# %%
spans = [d * (3 - 1) + 1 for d in (1, 6, 12)]
maps = np.ones((1, 2, 33, 33))
weights = [np.ones((4, 2, 3, 3))] * 3
stacked = cnnlab.atrous_pyramid(maps, weights, dilations=(1, 6, 12))
spans, stacked.shape

# %%
assert spans == [3, 13, 25]
assert stacked.shape == (1, 12, 33, 33)
by_torch = torch.nn.functional.conv2d(
    torch.tensor(maps), torch.tensor(weights[2]), padding=12, dilation=12
)
assert np.array_equal(stacked[:, 8:], by_torch)

# %% [markdown]
# The **atrous spatial pyramid** (空洞空间金字塔池化), ASPP, runs several convolutions on the same maps side by side, each with its own
# dilation, pads each so that the size stays, and stacks the results along the channels. (*à trous* is French for "with holes".)
# Three branches of 4 filters give 12 maps. All have nine taps for each channel; only their reach differs. Despite its
# name nothing is pooled, except in one branch that later versions add: a global average.

# %%
scales = cnnlab.atrous_pyramid(gray[None], [sobel] * 3, dilations=(1, 4, 12))
figures.images_row(
    [np.stack([gray] * 3, axis=-1), *scales],
    ["photo", "dilation 1", "dilation 4", "dilation 12"],
    signed=True,
    height=1.7,
    alt="The photo; fine upright edges at dilation 1; broader bands at 4; large soft shapes at 12.",
)

# %% [markdown]
# The bands at the left and right are the zero padding, read as an edge; they grow with the dilation.
#
# Can a dilation be too large? On a map of 5×5, dilation 5 puts eight of the nine taps into the padding wherever the
# kernel lies.

# %%
tiny = np.random.default_rng(0).normal(size=(1, 1, 5, 5))
nine = np.random.default_rng(1).normal(size=(1, 1, 3, 3))
far = cnnlab.conv2d(tiny, nine, padding=5, dilation=5)
only_middle = cnnlab.conv2d(tiny, nine[:, :, 1:2, 1:2])
np.allclose(far, only_middle)

# %%
assert scales.shape == (3, 128, 144)
assert np.allclose(far, only_middle)
assert not np.allclose(cnnlab.conv2d(tiny, nine, padding=4, dilation=4), only_middle)

# %% [markdown]
# Only the middle tap still reads the map: the 3×3 kernel has become a 1×1. So dilations are chosen for the size of the
# maps.

# %% [markdown]
# **Say it back.** What do the branches of an atrous pyramid share, and in what do they differ?
#
# <details><summary>One way to say it</summary>
#
# The same input and the same output size. Each has weights of its own and its own dilation, so its own reach.
#
# </details>

# %% [markdown]
# ## 5.4 Only this part, please (9 min)
#
# A detector proposes boxes of all shapes. How does each become input for the same classifier?

# %% [markdown] tags=["instructor"]
# **Instructor.** Boxes are read (top, left, bottom, right) here; ask who has met (x, y, width, height), and what would
# go wrong. Bin edges counted on the picture instead of on the crop is the mistake to expect.

# %%
predict(
    "Boxes of 4x6 and 9x3 cells are cut from maps (16, 20, 20) and pooled into 2x2 bins. What shape has each?",
    (16, 2, 2),
    because="16 channels, 2x2 bins, whatever the box.",
)

# %%
field = np.arange(20.0).reshape(1, 4, 5)
cropped = field[:, 1:4, 1:4]
region = cnnlab.roi_pool(field, (1, 1, 4, 4), 2)
cropped[0], region[0]

# %%
assert cropped.tolist() == [[[6, 7, 8], [11, 12, 13], [16, 17, 18]]]
assert region.tolist() == [[[12, 13], [17, 18]]]
crop_by_torch = torch.nn.functional.adaptive_max_pool2d(torch.tensor(cropped), 2)
assert crop_by_torch.tolist() == region.tolist()
two_boxes = cnnlab.roi_pool(np.zeros((16, 20, 20)), np.array([[0, 0, 4, 6], [5, 5, 14, 8]]), 2)
assert two_boxes.shape == (2, 16, 2, 2)

# %% [markdown]
# **Region pooling** (感兴趣区域池化), or RoI pooling ("region of interest"): cut the box out of the maps and
# max-pool it into a fixed number of adaptive bins. The convolutions run once for the whole picture; a thousand boxes then
# share their work. The bins are those of 4.4, counted on the crop: a box of 3 rows and 2 bins has the bins 0 to 2 and
# 1 to 3, ends excluded.

# %%
figures.heatmaps(
    [field[0], cropped[0], region[0]],
    ["maps, box (1, 1, 4, 4)", "crop", "2×2 bins"],
    outlines=[[(1, 1, 3, 3)], [(0, 0, 2, 2), (1, 1, 2, 2)], []],
    alt="A 4×5 map with a framed 3×3 box; the crop with two overlapping 2×2 bins framed; the four maxima.",
)

# %%
boxes = np.array([[40, 20, 100, 130], [10, 60, 60, 90]])
parts = cnnlab.roi_pool(images.photo().transpose(2, 0, 1), boxes, 16).transpose(0, 2, 3, 1)
figures.images_row(
    [images.photo(), *parts],
    ["photo", "box of 60×110", "box of 50×30"],
    alt="The photo, and two boxes of different shape from it, each as 16×16 bins.",
)

# %%
assert parts.shape == (2, 16, 16, 3)
assert (boxes[:, 2:] - boxes[:, :2]).tolist() == [[60, 110], [50, 30]]

# %% [markdown]
# Here boxes lie on whole cells. A box found on the photo must first be divided by the network's stride, 16 or 32, and
# rounded, so its edge can be off by several pixels. RoIAlign (2017) reads between the cells instead.

# %% [markdown]
# ### Exercise 5.4 · `roi_pool` (core, 5 min)
#
# Input (C, H, W), one picture; box (top, left, bottom, right), ends excluded; `output_size` a number or a pair. Return
# (C, down, across).
#
# Common error: bins counted on the whole picture. Cut first, then share out the crop.
#
# <details><summary>Hint 1 of 2</summary>
#
# A slice excludes its end too: `input[:, top:bottom, left:right]`.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# The rest is adaptive max pooling of the crop, whose own height and width are shared out:
# `crop[:, i * h // down : -(-(i + 1) * h // down), ...].max(axis=(1, 2))`.
#
# </details>


# %%
def my_roi_pool(input, box, output_size):
    """Return the largest value of each bin of the box: (C, H, W) makes (C, down, across)."""
    ### BEGIN SOLUTION
    top, left, bottom, right = box
    crop = input[:, top:bottom, left:right]
    down, across = output_size if isinstance(output_size, tuple) else (output_size, output_size)
    h, w = crop.shape[1:]
    out = np.zeros((len(input), down, across))
    for i, j in np.ndindex(down, across):
        row = slice(i * h // down, -(-(i + 1) * h // down))
        column = slice(j * w // across, -(-(j + 1) * w // across))
        out[:, i, j] = crop[:, row, column].max(axis=(1, 2))
    return out
    ### END SOLUTION


# %%
check("roi_pool", my_roi_pool)

# %%
show(cnnlab.roi_pool)

# %% [markdown]
# **Say it back.** How are adaptive, pyramid and region pooling related?
#
# <details><summary>One way to say it</summary>
#
# Pyramid pooling is adaptive pooling at several numbers of bins; region pooling is adaptive pooling of a crop.
#
# </details>

# %% [markdown]
# ## You can now (4 min)
#
# - say which layer fixes a network's input size, and free it;
# - write spatial pyramid pooling and region pooling over adaptive bins;
# - say why a fixed window and stride sometimes make too many bins;
# - look at one place with several dilations, and say when a dilation is too large.
#
# Five questions, mixed:

# %%
predict("Levels (1, 2, 3, 6): how many bins a channel?", 50, "1 + 4 + 9 + 36.")

# %%
predict("SPP (1, 2) of maps (2, 8, 9, 5): what shape?", (2, 40), "8 channels of 1 + 4 bins.")

# %%
predict(
    "Three ASPP branches of 256 filters on maps (1, 512, 20, 20): what shape?",
    (1, 768, 20, 20),
    "3 * 256 maps; the size stays.",
)

# %%
predict("Box (2, 3, 7, 5): how many rows and columns?", (5, 2), "7 - 2 rows, 5 - 3 columns.")

# %%
predict(
    "Which layer of a network decides that all pictures must have one size?",
    "linear",
    choices=["convolution", "pooling", "linear"],
    because="It has one weight for each value it reads.",
)

# %% [markdown] tags=["instructor"]
# **Instructor.** Answers to the first two stretch exercises below. (2) For ten sizes, the last of them 29. In general $m$ bins never fail from $m(m-1)$
# cells on: with $n = qm + r$ the recipe makes $m + \lfloor (r-1)/q \rfloor$ windows, and $r$ is at most $m - 1$. (3) depends on the box;
# its edges can be off by up to 4 pixels when they are rounded to the nearest cell of 8.

# %% tags=["instructor"]
few_maps, by_one = np.ones((1, 2, 9, 9)), np.ones((4, 2, 1, 1))
by_three = [np.full((4, 2, 3, 3), value) for value in (1.0, 2.0, 3.0)]
branches = [cnnlab.conv2d(few_maps, by_one)]
branches += [cnnlab.conv2d(few_maps, w, padding=d, dilation=d) for d, w in enumerate(by_three, 1)]
everywhere = np.broadcast_to(few_maps.mean(axis=(2, 3), keepdims=True), few_maps.shape)
aspp = np.concatenate([*branches, cnnlab.conv2d(everywhere.copy(), by_one)], axis=1)
assert aspp.shape == (1, 20, 9, 9)
assert np.array_equal(
    aspp[:, :16], cnnlab.atrous_pyramid(few_maps, [by_one, *by_three], (1, 1, 2, 3))
)
failing = [n for n in range(6, 2000) if cnnlab.output_size(n, -(-n // 6), n // 6) != 6]
assert (len(failing), failing[-1]) == (10, 29)

# %% [markdown]
# If you want more:
#
# 1. ASPP. Write it with `cnnlab.conv2d`: a 1×1 branch, three dilations, and a global average spread over the map again.
#    Compare the first four with `cnnlab.atrous_pyramid`.
# 2. For how many sizes from 6 to 60 does the fixed window fail at 6 bins? Is there a size from which on it never fails?
# 3. Cut the same box from the photo and from the photo pooled by 8. How much is lost by rounding the box?
#
# ### Read on
#
# - K. He, X. Zhang, S. Ren, J. Sun, *Spatial pyramid pooling in deep convolutional networks for visual recognition* (2014).
# - R. Girshick, *Fast R-CNN* (2015): region pooling.
# - L.-C. Chen, G. Papandreou, F. Schroff, H. Adam, *Rethinking atrous convolution for semantic image segmentation* (2017):
#   ASPP, and the kernel that shrinks to 1×1.
# - K. He, G. Gkioxari, P. Dollár, R. Girshick, *Mask R-CNN* (2017): RoIAlign.
