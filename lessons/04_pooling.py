# %% [markdown]
# # 04 Pooling (60 min)
#
# A convolution says where its feature is, cell by cell. Often you want to know less: is it there, roughly, and how
# strongly? Pooling answers that, and it has nothing to learn.
# By the end you have written max, average, global and adaptive pooling, and torch has checked each of them.
#
# Pooling is said to do five things: give invariance (4.5), leave fewer values (4.3), save computing and guard a little
# against over-fitting (4.7), add a nonlinearity (4.2), and enlarge the receptive field (4.7). You will try all five.

# %%
import numpy as np
import torch

import cnnlab
from cnnlab import check, explore, figures, images, predict, show
from cnnlab.architectures import resnet18, vgg16

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 4.1 to 4.3, 4.5 and 4.6. If you are late, show 4.4 without its exercise (5.2 needs it, so give it as
# homework) and leave 4.8 to be read; a good place to stop is after 4.5. Ask aloud, before 4.3: "does pooling save
# parameters?", and before 4.5: "is a network with pooling blind to shifts?" If you are early, let the room write unpooling, the first
# stretch exercise, from the picture in 4.8.

# %% [markdown]
# ## 4.1 The largest under the window (12 min)
#
# How can four numbers become one, and the important one survive?

# %% [markdown] tags=["instructor"]
# **Instructor.** The wrong answer to expect at the second prediction is 0. Collect hands for it, then let torch answer;
# most hand-written pools get this wrong. With little time skip the paragraph on half the kernel.

# %%
predict(
    "The signal is 1 5 2 0 3 4. A window of 2 keeps its largest value, then moves 2 on. Which three values?",
    (5, 2, 4),
    because="The windows are (1, 5), (2, 0) and (3, 4).",
)

# %%
signal = np.array([1, 5, 2, 0, 3, 4])
kept = [int(signal[i : i + 2].max()) for i in (0, 2, 4)]
kept

# %%
assert kept == [5, 2, 4]
assert cnnlab.max_pool1d(signal[None], 2).tolist() == [kept]
assert cnnlab.output_size(6, 2, stride=2) == 3

# %% [markdown]
# **Pooling** (池化) slides a window as a convolution does, but puts no weights on what it sees. **Max pooling** (最大池化)
# keeps the largest:
#
# $$y_{ij} = \max_{0 \le a,\,b < k}\; x_{si+a,\;sj+b}$$
#
# $x$ is one channel, $k$ the kernel size, $s$ the stride, $y$ the output; $i$, $j$ is the place, and $a$, $b$ count the cells of the
# window. Each channel is pooled by itself, so (N, C,
# H, W) keeps its C. If you give no stride it is the kernel size: windows lie side by side. The size of the output is
# lesson 02's formula.

# %% tags=["explorer"]
ring = images.ring()
pooled_ring = cnnlab.max_pool2d(ring[None], 3, stride=2)[0]
explore.pooling(ring, 3, stride=2)

# %%
assert pooled_ring.tolist() == [[2, 3, 2], [3, 1, 2], [2, 2, 1]]

# %% [markdown]
# Every cell that wins somewhere has a ring. Move over the outputs: which cell won? Press `g`: how often does each cell win?
# Here neighbouring windows share a row or a column, since the stride is smaller than the kernel. Turn the stride to 4 and
# look for the dashed window that is dropped; then switch `ceil_mode` on. (Section 4.2 asks for the average.)
#
# Now put a border around an input that has nothing above zero.

# %%
predict(
    "A 2x2 picture of four times -1 is max-pooled: kernel 2, padding 1. What does torch give in the corner?",
    -1,
    because="Padding is minus infinity for max pooling, so that it never wins.",
)

# %%
below = torch.full((1, 1, 2, 2), -1.0)
by_torch = torch.nn.functional.max_pool2d(below, 2, padding=1)
zeros_first = torch.nn.functional.max_pool2d(torch.nn.functional.pad(below, (1, 1, 1, 1)), 2)
by_torch[0, 0].tolist(), zeros_first[0, 0].tolist()

# %%
assert by_torch.tolist() == [[[[-1, -1], [-1, -1]]]]
assert zeros_first.tolist() == [[[[0, 0], [0, 0]]]]
assert cnnlab.max_pool2d(below.numpy(), 2, padding=1).tolist() == by_torch.tolist()

# %% [markdown]
# Some texts say max pooling pads with zeros. It does not: a zero would win against every negative value, and the border
# would report something that is not in the picture. The padding is **minus infinity**. After a ReLU nothing is
# negative and you would not notice; elsewhere you would.
#
# A window that saw nothing but padding would answer −∞. So the padding may be at most half the kernel, and torch and
# cnnlab refuse more.

# %%
try:
    cnnlab.max_pool2d(ring[None], 3, padding=2)
except ValueError as refusal:
    refused = str(refusal)
refused

# %%
assert "at most half" in refused
assert cnnlab.max_pool2d(ring[None], 3, padding=1).shape == (1, 3, 3)

# %% [markdown]
# ### Exercise 4.1 · `max_pool2d` (core, 6 min)
#
# Input (N, C, H, W); kernel size, stride and padding are whole numbers. With `stride=None` take the kernel size. Return
# (N, C, places, places).
#
# Common error: padding with zeros. The check uses negative values.
#
# <details><summary>Hint 1 of 3</summary>
#
# Pad first: `np.pad(input, [(0, 0), (0, 0), (p, p), (p, p)], constant_values=-np.inf)`. For an integer array, make it
# float before.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# Places along an axis of the padded array: `(size - k) // s + 1`.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# `out[:, :, i, j] = padded[:, :, i * s : i * s + k, j * s : j * s + k].max(axis=(2, 3))`
#
# </details>


# %%
def my_max_pool2d(input, kernel_size, stride=None, padding=0):
    """Return the largest value under each window: (N, C, H, W) makes (N, C, places, places)."""
    ### BEGIN SOLUTION
    k, s, p = kernel_size, stride or kernel_size, padding
    border = [(0, 0), (0, 0), (p, p), (p, p)]
    padded = np.pad(input.astype(float), border, constant_values=-np.inf)
    rows, columns = ((n - k) // s + 1 for n in padded.shape[2:])
    out = np.zeros((*input.shape[:2], rows, columns))
    for i, j in np.ndindex(rows, columns):
        out[:, :, i, j] = padded[:, :, i * s : i * s + k, j * s : j * s + k].max(axis=(2, 3))
    return out
    ### END SOLUTION


# %%
check("max_pool2d", my_max_pool2d)

# %%
show(cnnlab.pooling.max_pool_nd)

# %% [markdown]
# **Say it back.** What does max pooling put around the picture, and why not zeros?
#
# <details><summary>One way to say it</summary>
#
# Minus infinity, so that the border never wins. A zero would beat negative values.
#
# </details>

# %% [markdown]
# ## 4.2 The mean under the window (9 min)
#
# What if every cell under the window should have a say?

# %%
predict(
    "All cells of a picture are 6. Average pooling, kernel 2, padding 1. What is in the corner?",
    1.5,
    because="The corner window holds one 6 and three zeros of padding, and torch divides by 4.",
)

# %%
sixes = np.full((1, 4, 4), 6.0)
counted = cnnlab.avg_pool2d(sixes, 2, padding=1)[0]
not_counted = cnnlab.avg_pool2d(sixes, 2, padding=1, count_include_pad=False)[0]
counted, not_counted

# %%
assert counted.tolist() == [[1.5, 3, 1.5], [3, 6, 3], [1.5, 3, 1.5]]
assert (not_counted == 6).all()
torch_counted = torch.nn.functional.avg_pool2d(torch.tensor(sixes), 2, padding=1)
assert torch_counted[0].tolist() == counted.tolist()

# %% [markdown]
# **Average pooling** (平均池化) gives the mean:
#
# $$y_{ij} = \frac{1}{k^2} \sum_{a}\sum_{b} x_{si+a,\,sj+b}$$
#
# Its padding *is* zeros, and by default they count: the divisor stays $k^2$, so borders come out darker. With
# `count_include_pad=False` only real cells are counted.
#
# A mean is a convolution whose weights are all $1/k^2$, one kernel for each channel. So it is linear; a maximum is not.

# %%
a, b = np.array([[[4.0, 0.0]]]), np.array([[[0.0, 3.0]]])
mean_of_sum = cnnlab.avg_pool2d(a + b, (1, 2)).item()
max_of_sum = cnnlab.max_pool2d(a + b, (1, 2)).item()
mean_of_sum, max_of_sum

# %%
assert mean_of_sum == cnnlab.avg_pool2d(a, (1, 2)).item() + cnnlab.avg_pool2d(b, (1, 2)).item()
assert max_of_sum == 4 != 4 + 3
box = np.full((1, 1, 2, 2), 0.25)
assert np.array_equal(cnnlab.conv2d(sixes, box, stride=2), cnnlab.avg_pool2d(sixes, 2))

# %% [markdown]
# The maxima of the parts are 4 and 3, the maximum of the sum is 4, not 7. Max pooling bends, as an activation does; the
# word is **nonlinearity** (非线性), and it is role four of the five. Average pooling does not have it.

# %% [markdown]
# ### Exercise 4.2 · `avg_pool2d` (core, 4 min)
#
# As your max pooling, with the mean; with `count_include_pad=False` padding is not counted.
#
# Common error: dividing by k² at the border when padding should not count.
#
# <details><summary>Hint 1 of 2</summary>
#
# Pad with zeros and take sums; the zeros change no sum. Only the divisor depends on `count_include_pad`.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# Pad an array of ones in the same way. Its sum in a window is the number of real cells.
#
# </details>


# %%
def my_avg_pool2d(input, kernel_size, stride=None, padding=0, count_include_pad=True):
    """Return the mean under each window: (N, C, H, W) makes (N, C, places, places)."""
    ### BEGIN SOLUTION
    k, s, p = kernel_size, stride or kernel_size, padding
    border = [(0, 0), (0, 0), (p, p), (p, p)]
    padded = np.pad(input, border)
    cells = np.pad(np.ones(input.shape), border, constant_values=float(count_include_pad))
    rows, columns = ((n - k) // s + 1 for n in padded.shape[2:])
    out = np.zeros((*input.shape[:2], rows, columns))
    for i, j in np.ndindex(rows, columns):
        window = np.s_[:, :, i * s : i * s + k, j * s : j * s + k]
        out[:, :, i, j] = padded[window].sum((2, 3)) / cells[window].sum((2, 3))
    return out
    ### END SOLUTION


# %%
check("avg_pool2d", my_avg_pool2d)

# %%
show(cnnlab.averaging.avg_pool_nd)

# %% [markdown]
# **Say it back.** Which pooling could a convolution replace, and why not the other?
#
# <details><summary>One way to say it</summary>
#
# The average: it is a depthwise convolution with equal weights. The maximum is not linear, so no convolution computes it.
#
# </details>

# %% [markdown]
# ## 4.3 One number for a map (6 min)
#
# VGG-16 ends with 512 maps of 7×7. What should the classifier see of them?

# %%
predict(
    "Maps (1, 512, 7, 7) go through a global average. How many values are left in all?",
    512,
    because="One mean for each map: shape (1, 512, 1, 1).",
)

# %%
two_maps = np.array([[[[1.0, 3.0], [5.0, 7.0]], [[0.0, 0.0], [0.0, 8.0]]]])
one_each = cnnlab.global_avg_pool2d(two_maps)
one_each.shape, one_each.flatten().tolist()

# %%
flattened, averaged = 512 * 7 * 7 * 1000 + 1000, 512 * 1000 + 1000
assert one_each.flatten().tolist() == [4, 2]
assert (flattened, averaged) == (25_089_000, 513_000)
assert cnnlab.global_avg_pool2d(np.zeros((1, 512, 7, 7))).shape == (1, 512, 1, 1)

# %% [markdown]
# **Global pooling** (全局池化) takes a window as large as the map. A linear layer to 1,000 classes behind it needs 513,000
# numbers; on the flattened maps it needs 25,089,000.
#
# Be exact about what was saved: pooling has no parameters of its own and leaves those of every convolution as they
# were. It leaves fewer *values*. Only a linear layer that reads them afterwards shrinks.

# %%
layers = vgg16()[:31]
without = [layer for layer in layers if not isinstance(layer, cnnlab.layers.MaxPool2d)]
pooled = cnnlab.trace(layers, (3, 224, 224))
unpooled = cnnlab.trace(without, (3, 224, 224))
pooled.parameters, unpooled.parameters, pooled.output_shape, unpooled.output_shape

# %%
assert pooled.parameters == unpooled.parameters == 14_714_688
assert pooled.output_shape == (512, 7, 7)
assert unpooled.output_shape == (512, 224, 224)
assert unpooled.output_shape[1] ** 2 // 7**2 == 1024
assert cnnlab.trace(resnet18(), (3, 224, 224)).rows[-1].parameters == averaged

# %% [markdown]
# VGG's convolutions hold 14,714,688 numbers with its five pools or without them; their last maps would have 1024 times as
# many values. ResNet-18 uses the global average: its last layer is the one with 513,000 numbers.

# %% [markdown]
# ### Exercise 4.3 · `global_avg_pool2d` (core, 2 min)
#
# Input (N, C, H, W), result (N, C, 1, 1).
#
# Common error: losing the last two axes. torch's layers keep them, with size 1.
#
# <details><summary>Hint 1 of 2</summary>
#
# Which two axes does the mean run over? Not the batch, not the channels.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `.mean` has an argument `keepdims`.
#
# </details>


# %%
def my_global_avg_pool2d(input):
    """Return one mean for each map: (N, C, H, W) makes (N, C, 1, 1)."""
    ### BEGIN SOLUTION
    return input.mean(axis=(2, 3), keepdims=True)
    ### END SOLUTION


# %%
check("global_avg_pool2d", my_global_avg_pool2d)

# %% [markdown]
# **Say it back.** "Pooling reduces the parameters." What is right about that?
#
# <details><summary>One way to say it</summary>
#
# It has none and changes none of a convolution's. It leaves fewer values, so a later linear layer needs fewer weights.
#
# </details>

# %% [markdown]
# ## 4.4 As many bins as you like (8 min)
#
# A map has 5 rows and you want exactly 3. Which kernel and stride do that?

# %%
predict(
    "5 cells are cut into 3 bins; bin i runs from floor(i*5/3) to ceil((i+1)*5/3), end excluded. Bin 1?",
    (1, 4),
    because="floor(5/3) = 1 and ceil(10/3) = 4: it takes cells 1, 2 and 3.",
)

# %%
cuts = [(i * 5 // 3, -(-(i + 1) * 5 // 3)) for i in range(3)]
five = np.array([[10.0, 20.0, 30.0, 40.0, 50.0]])
cuts, cnnlab.adaptive_avg_pool1d(five, 3).tolist()

# %%
assert cuts == [(0, 2), (1, 4), (3, 5)] == cnnlab.sliding.bins(5, 3)
assert cnnlab.adaptive_avg_pool1d(five, 3).tolist() == [[15, 30, 45]]
assert torch.nn.functional.adaptive_avg_pool1d(torch.tensor(five), 3).tolist() == [[15, 30, 45]]

# %% [markdown]
# **Adaptive pooling** (自适应池化) turns the question round: you say how many bins, the windows fit themselves. On an axis
# of $n$ cells and $m$ bins, bin $i$ takes the cells from
#
# $$\Big\lfloor \frac{i\,n}{m} \Big\rfloor \quad\text{to}\quad \Big\lceil \frac{(i+1)\,n}{m} \Big\rceil$$
#
# with the end excluded. Where $m$ does not divide $n$, bins differ in length and neighbours can share a cell: above,
# cells 1 and 3 are counted twice. Where it divides, this is ordinary pooling. No cell is left out, ever.

# %%
spread = np.zeros((3, 5))
for i, (start, stop) in enumerate(cuts):
    spread[i, start:stop] = 1
figures.heatmap(
    spread,
    "which of 5 cells each of 3 bins reads",
    alt="Three rows of five cells: ones in cells 0 and 1, then 1 to 3, then 3 and 4.",
)

# %%
assert spread.sum(axis=0).tolist() == [1, 2, 1, 2, 1]
assert np.array_equal(
    cnnlab.adaptive_max_pool1d(signal[None], 3), cnnlab.max_pool1d(signal[None], 2)
)

# %% [markdown]
# In two directions each axis has bins of its own; the brackets beside the map show them, a thick one for each axis of the
# selected bin. Change the number of bins: for which numbers do no two bins of these 7 cells share one?

# %% tags=["explorer"]
explore.adaptive(ring, (3, 4))

# %%
apart = [m for m in range(1, 9) if sum(b - a for a, b in cnnlab.sliding.bins(7, m)) == 7]
assert apart == [1, 7]

# %% [markdown]
# ### Exercise 4.4 · `adaptive_avg_pool2d` (core, 5 min)
#
# Input (N, C, H, W); `output_size` is a number or a pair (down, across). Return the mean of each bin.
#
# Common error: `floor` at both ends. Then bins never overlap, and where there are more bins than cells some are empty.
#
# <details><summary>Hint 1 of 3</summary>
#
# Make a pair first: `size if isinstance(size, tuple) else (size, size)`.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# In whole numbers: the floor of x/m is `x // m`, the ceiling is `-(-x // m)`.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# Two loops over bins, and in each `input[:, :, top:bottom, left:right].mean(axis=(2, 3))`.
#
# </details>


# %%
def my_adaptive_avg_pool2d(input, output_size):
    """Return the mean of each bin: (N, C, H, W) makes (N, C, down, across)."""
    ### BEGIN SOLUTION
    size = output_size if isinstance(output_size, tuple) else (output_size, output_size)
    (h, w), (down, across) = input.shape[2:], size
    out = np.zeros((*input.shape[:2], down, across))
    for i, j in np.ndindex(down, across):
        top, bottom = i * h // down, -(-(i + 1) * h // down)
        left, right = j * w // across, -(-(j + 1) * w // across)
        out[:, :, i, j] = input[:, :, top:bottom, left:right].mean(axis=(2, 3))
    return out
    ### END SOLUTION


# %%
check("adaptive_avg_pool2d", my_adaptive_avg_pool2d)

# %%
show(cnnlab.sliding.bins)

# %% [markdown]
# **Say it back.** When do adaptive bins overlap?
#
# <details><summary>One way to say it</summary>
#
# When the number of bins does not divide the number of cells: the floor of one bin's start then lies before the
# ceiling of the last one's end.
#
# </details>

# %% [markdown]
# ## 4.5 What stays when things move (8 min)
#
# "Pooling makes a network invariant to shifts." How far is that true?

# %% [markdown] tags=["instructor"]
# **Instructor.** The room will say yes to invariance; let the second example contradict it. Ask who would rather have a
# classifier that never changes its answer and is right four times in ten.

# %%
predict(
    "max of (4, 1, 3, 7, 2) is 7. The signal moves one to the left: (1, 3, 7, 2, 0). What is the maximum now?",
    7,
    because="The largest value is still under the window; only its place changed.",
)

# %%
steps = np.array([0, 0, 1, 1, 0, 0, 1, 1])
here = cnnlab.max_pool1d(steps[None], 2)[0].tolist()
moved = cnnlab.max_pool1d(np.roll(steps, -1)[None], 2)[0].tolist()
here, moved

# %%
assert max(4, 1, 3, 7, 2) == max(1, 3, 7, 2, 0) == 7
assert here == [0, 1, 0, 1]
assert moved == [1, 1, 1, 1]

# %% tags=["explorer"]
explore.shift(steps, layer="max pool", stride=2, right=-1)

# %% [markdown]
# A maximum over everything does not change until its largest value leaves. But windows that jump by 2 have a phase: the
# same signal gives 0 1 0 1 in one position and 1 1 1 1 in the next. So pooling gives *some* invariance, and taking only
# every second place costs some. Zhang (2019) has a cure: take the maximum at every place, smooth, and only then skip.

# %%
soft = np.array([[[0.25, 0.5, 0.25]]])


def smooth_pool(line):
    """Max of 2 at every place (circular), a blur, every second value."""
    dense = np.maximum(line, np.roll(line, -1))[None]
    return cnnlab.conv1d(dense, soft, stride=2, padding=1, padding_mode="circular")[0].tolist()


smooth_pool(steps), smooth_pool(np.roll(steps, -1))

# %%
assert smooth_pool(steps) == [0.5, 1, 0.5, 1]
assert smooth_pool(np.roll(steps, -1)) == [0.75, 0.75, 0.75, 0.75]

# %% [markdown]
# The two answers now differ by a quarter instead of by 1. Try it on handwriting. Digits, doubled in size on an empty sheet, go
# through four edge kernels and a max pool; a new digit gets the label of the most similar known one. The new ones lie
# further to the right, or are larger, than the known ones.

# %%
pictures, labels = images.digits()
edges = np.stack([s * images.kernel(f"sobel {d}") for d in "xy" for s in (1, -1)])[:, None]


def sheets(digits, size, right=0):
    """Return edge maps of digits, `size` pixels large, in the middle of a sheet of 24x24."""
    enlarged = torch.nn.functional.interpolate(
        torch.tensor(digits)[:, None], (size, size), mode="bilinear"
    )
    before = (24 - size) // 2
    after = 24 - size - before
    sides = [(0, 0), (0, 0), (before, after), (before + right, after - right)]
    return np.maximum(cnnlab.conv2d(np.pad(enlarged.numpy(), sides), edges, padding=1), 0)


# %%
known = sheets(pictures[:600], 16)


def recognised(maps, kernel):
    """Return the share of new digits whose nearest known digit has the same label."""
    new, old = (cnnlab.max_pool2d(m, kernel).reshape(len(m), -1) for m in (maps, known))
    distance = (old**2).sum(axis=1) - 2 * new @ old.T
    return (labels[distance.argmin(axis=1)] == labels[600:1000]).mean()


# %% tags=["explorer"]
kernels = {"no pooling": 1, "max 2": 2, "max 4": 4, "max over the sheet": 24}
shifted = [sheets(pictures[600:1000], 16, right) for right in range(5)]
shift_table = {name: [recognised(m, k) for m in shifted] for name, k in kernels.items()}
figures.curves(
    range(5),
    shift_table,
    xlabel="pixels moved to the right",
    ylabel="recognised",
    alt="Recognition against shift: all local pools fall steeply from over 0.9; the global one is flat at 0.4.",
)

# %%
sizes = (16, 18, 20, 24)
resized = [sheets(pictures[600:1000], n) for n in sizes]
scale_table = {name: [recognised(m, k) for m in resized] for name, k in kernels.items()}
figures.curves(
    [n / 16 for n in sizes],
    scale_table,
    xlabel="times larger",
    ylabel="recognised",
    size=(5.6, 3.4),
    alt="Recognition against size: without pooling it falls from 0.93 to 0.39, with max 4 only to 0.75.",
)

# %%
raw, four, whole = (shift_table[name] for name in ("no pooling", "max 4", "max over the sheet"))
assert min(raw[0], four[0]) > 0.9 > raw[1] > four[1] > 0.8
assert max(raw[3], four[3]) < 0.3
assert set(whole) == {whole[0]}
assert 0.35 < whole[0] < 0.45
assert scale_table["no pooling"][3] < 0.45 < 0.7 < scale_table["max 4"][3]

# %% [markdown]
# Read the curves. The pool over the whole sheet is perfectly invariant, and right in about 4 of 10 cases: it knows that
# there are edges, not where. Small pools keep the digit but are nearly as sensitive to a shift as no pool at all;
# here a pool of 4 even loses a little at one pixel. With size the gain is plain: of the digits 1.5 times as large, fewer than half
# are recognised without pooling, and about three in four with a pool of 4. Tolerance is bought with knowing where.

# %% [markdown]
# **Say it back.** What does a pool of 2 promise about a shift by one cell?
#
# <details><summary>One way to say it</summary>
#
# Little: a maximum stays while its cell stays in the same window. At a window's edge it moves on, and the pooled map
# can change a lot.
#
# </details>

# %% [markdown]
# ## 4.6 Max or mean? (5 min)
#
# When should the strongest cell speak, and when all of them?

# %%
predict(
    "Four cells each hold 5 plus noise of spread 1. What is the spread of their mean?",
    0.5,
    because="Averaging n independent values divides the spread by the root of n; the root of 4 is 2.",
)

# %%
noise = np.random.default_rng(0).normal(size=(20000, 4))
flat = 5 + noise
[float(value.round(1)) for value in (flat.mean(1).std(), flat.max(1).std(), flat.max(1).mean())]

# %%
sparse = np.array([5, 0, 0, 0]) + 0.1 * noise
assert (flat.mean(1).std().round(1), flat.max(1).std().round(1)) == (0.5, 0.7)
assert (flat.mean(1).mean().round(1), flat.max(1).mean().round(1)) == (5.0, 6.0)
assert (sparse.mean(1).mean().round(2), sparse.max(1).mean().round(2)) == (1.25, 5.0)

# %% [markdown]
# Take the pooled value as an estimate of "how strong is the feature here?". It can scatter, because a neighbourhood is
# small, and it can be shifted, because the convolution's weights are not perfect and miss the feature in most cells.
#
# - All cells see it, with noise: the mean scatters least (0.5 against 0.7), and the maximum sits too high, 6 for 5.
# - One cell of four sees it: the mean is shifted to 1.25, the maximum stays at 5.
#
# So the rule people quote, "mean lowers the variance and keeps background, max lowers the shift and keeps texture", is
# right for these two cases, not for all.

# %%
gray = images.photo_gray()
contours = np.abs(cnnlab.conv2d(gray[None], images.kernel("sobel x")[None, None], padding=1)) / 4
rough_max = cnnlab.max_pool2d(contours, 8)[0]
rough_mean = cnnlab.avg_pool2d(contours, 8)[0]
figures.images_row(
    [
        gray,
        cnnlab.max_pool2d(gray[None], 8)[0],
        cnnlab.avg_pool2d(gray[None], 8)[0],
        rough_max,
        rough_mean,
    ],
    ["photo", "max 8", "mean 8", "edges, max 8", "edges, mean 8"],
    height=1.9,
    alt="The photo; max pooled it is brighter, averaged it is a soft mosaic; edges stay strong under max, fade under mean.",
)

# %%
assert rough_max.shape == (16, 18)
assert rough_max.mean() > 2 * rough_mean.mean()
assert cnnlab.max_pool2d(gray[None], 8).mean() > gray.mean() + 0.1
assert np.isclose(cnnlab.avg_pool2d(gray[None], 8).mean(), gray.mean())
pools = [row.layer for row in cnnlab.trace(resnet18(), (3, 224, 224)).rows if "Pool" in row.layer]
assert [name.split("(")[0] for name in pools] == ["MaxPool2d", "AdaptiveAvgPool2d"]

# %% [markdown]
# A rule of thumb follows: **max early, average late**. Early maps hold thin, rare responses such as edges; a mean would
# dilute them. Late maps each stand for one thing, and the mean collects evidence from everywhere and sends gradient to
# every cell. ResNet does just that. Exceptions: LeNet-5 averaged early, DenseNet averages between its blocks, and many
# later networks use strided convolutions instead of a pool.

# %% [markdown]
# **Say it back.** Give one input on which the mean misleads, and one on which the maximum does.
#
# <details><summary>One way to say it</summary>
#
# A thin line in a dark patch: the mean dilutes it. A flat patch with noise: the maximum reports the noise's peak.
#
# </details>

# %% [markdown]
# ## 4.7 What pooling saves (4 min)
#
# How much dearer would VGG-16 be without its five pools?

# %%
predict(
    "A 3x3 convolution, a 2x2 pool with stride 2, a 3x3 convolution. How many input cells wide does one output see?",
    8,
    because="3, then 3 + 1 = 4 behind the pool, then 4 + 2 * 2 = 8, since one step is now two cells.",
)

# %%
conv, pool = cnnlab.layers.Conv2d(1, 1, 3), cnnlab.layers.MaxPool2d(2)
with_pool = cnnlab.trace([conv, pool, conv], (1, 20, 20)).receptive_field
no_pool = cnnlab.trace([conv, conv], (1, 20, 20)).receptive_field
with_pool, no_pool, pooled.receptive_field, unpooled.receptive_field

# %%
assert (with_pool, no_pool) == (8, 5)
assert (pooled.receptive_field, unpooled.receptive_field) == (212, 27)
assert (pooled.macs, unpooled.macs) == (15_346_630_656, 738_112_241_664)
assert unpooled.macs // pooled.macs == 48

# %%
figures.bars(
    {"with pools": pooled.macs, "without": unpooled.macs},
    title="multiply-adds of VGG-16's convolutions",
    log=True,
    alt="Two bars on a logarithmic axis: 15,346,630,656 with pools and 738,112,241,664 without.",
)

# %% [markdown]
# Without pools the convolutions would cost 48 times as much, 738,112,241,664 multiply-adds instead of 15,346,630,656, and
# the last cell would see 27 pixels instead of 212. That is role three (less computing) and role five.
#
# Fewer values also leave less to learn by heart, which is called **over-fitting** (过拟合). Test it: fixed random kernels,
# and a linear classifier fitted to 300 digits and tried on 1,000 others, with a weak penalty on large weights and with a stronger one.


# %%
def right_on_new_digits(maps, penalty):
    """Fit a linear classifier on the first 300 maps; return how often it is right on the rest."""
    rows = np.c_[maps.reshape(len(maps), -1), np.ones(len(maps))]
    seen = rows[:300]
    square = seen.T @ seen + penalty * np.eye(rows.shape[1])
    weight = np.linalg.solve(square, seen.T @ np.eye(10)[labels[:300]])
    return float(((rows[797:] @ weight).argmax(axis=1) == labels[797:]).mean())


# %% tags=["nbval-ignore-output"]
random_kernels = np.random.default_rng(0).normal(size=(8, 1, 3, 3))
features = np.maximum(cnnlab.conv2d(pictures[:, None] / 16, random_kernels, padding=1), 0)
halved = cnnlab.max_pool2d(features, 2)
scores = [[round(right_on_new_digits(m, p), 2) for m in (features, halved)] for p in (0.01, 1)]
scores

# %%
assert (len(features[:300]), len(features[797:])) == (300, 1000)
assert features[0].size == 512 == 4 * halved[0].size
assert scores[0][1] > scores[0][0] + 0.02
assert abs(scores[1][1] - scores[1][0]) < 0.02

# %% [markdown]
# With the weak penalty the pooled maps, a quarter of 512 values, do better on new digits. With the stronger one the
# difference is gone. So "some guard" is fair; a cure it is not.

# %% [markdown]
# **Say it back.** Why does a pool enlarge the receptive field of every later layer?
#
# <details><summary>One way to say it</summary>
#
# Behind it one step means two input cells, so each later kernel spans twice as many.
#
# </details>

# %% [markdown]
# ## 4.8 The small print (5 min)
#
# torch's pools take more arguments. What does each of them do?

# %%
predict(
    "(-5, -1, -4, -2) is max-pooled with kernel 2, dilation 2, stride 1. Which two values?",
    (-4, -1),
    because="The taps are two apart: (-5, -4) and (-1, -2). No zero is inserted anywhere.",
)

# %%
negatives = torch.tensor([[-5.0, -1.0, -4.0, -2.0]])
dilated = torch.nn.functional.max_pool1d(negatives, 2, stride=1, dilation=2)[0].tolist()
all_six = np.full((1, 4), 6.0)
ragged = cnnlab.avg_pool1d(all_six, 3, 2, padding=1, ceil_mode=True)[0].tolist()
dilated, ragged

# %%
assert dilated == [-4, -1]
assert ragged == [4, 6, 3]
assert cnnlab.avg_pool1d(all_six, 3, 2, 1, True, count_include_pad=False).tolist() == [[6, 6, 6]]
assert cnnlab.avg_pool1d(all_six, 3, 2, 1, True, divisor_override=2).tolist() == [[6, 9, 3]]
other = torch.nn.functional.avg_pool2d(
    torch.tensor(all_six)[None], (1, 3), 2, (0, 1), True, True, 2
)
assert other.tolist() == [[[6, 9, 3]]]
assert [cnnlab.output_size(n, 2, 2, 1, ceil_mode=True) for n in (3, 4)] == [2, 3]
assert cnnlab.max_pool1d(np.array([[1, 2, 3]]), 2, 2, 1, ceil_mode=True).tolist() == [[1, 3]]
assert [cnnlab.output_size(55, k, stride=2) for k in (3, 2)] == [27, 27]

# %% [markdown]
# - **Overlapping pooling** (重叠池化): kernel larger than stride. AlexNet pools 55 to 27 with kernel 3, stride 2, and
#   reports slightly fewer errors than with 2 and 2, which gives 27 too.
# - `dilation` puts gaps between the taps. It inserts no zeros into the data; a zero would have won above.
# - `ceil_mode=True` rounds the number of places up, so that the last window may hang over the end. A window that would
#   *start* in the padding on the right is dropped: 3 cells, kernel 2, stride 2, padding 1 give 2 places, not 3.
# - For means, `count_include_pad` counts padding, but never the overhang: the last window above sees one 6, one cell
#   of padding and one of overhang, and gives 6/2 = 3. `divisor_override` divides by a number of yours: 12, 18 and 6 by
#   2 are 6, 9 and 3.
#
# With `return_indices` a max pool also says where each maximum was, counted row by row. **Unpooling** (反池化) puts it back
# there, among zeros:

# %%
digit = pictures[3].astype(int)
peaks, places = cnnlab.max_pool2d(digit[None], 2, return_indices=True)
restored = cnnlab.max_unpool2d(peaks, places, 2)[0]
figures.heatmaps(
    [digit, peaks[0], restored],
    ["a three", "max 2", "unpooled"],
    alt="An 8×8 digit three, its 4×4 maxima, and an 8×8 map with each maximum where it came from.",
)

# %%
assert np.array_equal(digit.flat[places.ravel()], peaks.ravel())
assert (restored[restored > 0] == digit[restored > 0]).all()
assert np.count_nonzero(restored) == np.count_nonzero(peaks) <= 16
torch_pair = torch.nn.functional.max_pool2d(
    torch.tensor(digit)[None].double(), 2, return_indices=True
)
back = torch.nn.functional.max_unpool2d(*torch_pair, 2)[0]
assert back.tolist() == restored.tolist()

# %% [markdown]
# What was not a maximum stays lost. Networks that draw (segmentation) use it to put edges back at the right pixel, and
# the gradient of max pooling (lesson 07) goes back the same way.

# %% [markdown]
# **Say it back.** What does unpooling need that pooling alone throws away?
#
# <details><summary>One way to say it</summary>
#
# The place of each maximum: its index in the map.
#
# </details>

# %% [markdown]
# ## You can now (3 min)
#
# - write max, average, global and adaptive pooling, with stride and padding;
# - say what is in the padding of each, and what counts in the mean;
# - say what pooling saves and what it does not, with VGG-16's numbers;
# - say how far its invariance goes, and when to prefer max or mean.
#
# Five questions, mixed:

# %%
predict("Max of (-3, -8) with padding 1 on both sides, kernel 3?", -3, "Padding is minus infinity.")

# %%
predict("How many weights has MaxPool2d(3, 2)?", 0, because="A pool has nothing to learn.")

# %%
predict(
    "7 cells in 3 adaptive bins: bin 2 runs from, to?", (4, 7), "floor(14/3) = 4, ceil(21/3) = 7."
)

# %%
predict(
    "A map of 13x13, kernel 3, stride 2, no padding: how many rows?",
    6,
    "floor((13 - 3) / 2) + 1, as for a convolution.",
)

# %%
predict(
    "Which pooling is a convolution in disguise: max or mean?",
    "mean",
    choices=["max", "mean"],
    because="All its weights are 1/k², and it is linear.",
)

# %% [markdown] tags=["instructor"]
# **Instructor.** Answers to the three stretch exercises below. (1) An index that occurs twice carries the same value twice, so nothing
# is lost. (2) Local means are about as sensitive to a shift as local maxima, and with a pool of 4 worse at larger sizes; over the whole sheet the mean
# is right less often than the maximum. (3) 2(k − 1) comparisons for each output instead of k² − 1, when neighbours share the rows.

# %% tags=["instructor"]
tops, where = cnnlab.max_pool2d(ring[None], 3, stride=1, return_indices=True)
by_hand = np.zeros(ring.size, dtype=int)
by_hand[where.ravel()] = tops.ravel()
assert len(set(where.ravel().tolist())) < where.size
assert np.array_equal(by_hand.reshape(1, 7, 7), cnnlab.max_unpool2d(tops, where, 3, 1))
rows_then_columns = cnnlab.max_pool2d(cnnlab.max_pool2d(ring[None], (1, 3), 1), (3, 1), 1)
assert np.array_equal(rows_then_columns, cnnlab.max_pool2d(ring[None], 3, 1))


# %% tags=["instructor"]
def recognised_by_means(maps, kernel):
    """Return the share of new digits recognised with average pooling."""
    new, old = (cnnlab.avg_pool2d(m, kernel).reshape(len(m), -1) for m in (maps, known))
    distance = (old**2).sum(axis=1) - 2 * new @ old.T
    return (labels[distance.argmin(axis=1)] == labels[600:1000]).mean()


assert abs(recognised_by_means(shifted[1], 2) - shift_table["max 2"][1]) < 0.05
assert recognised_by_means(resized[3], 4) < scale_table["max 4"][3] - 0.05
assert recognised_by_means(shifted[0], 24) < whole[0] - 0.1

# %% [markdown]
# If you want more:
#
# 1. Unpooling. Write `max_unpool` for one map: an array of zeros, and each value at its index. Compare with
#    `cnnlab.max_unpool2d`. What happens to indices that occur twice, as overlapping windows make them?
# 2. Draw the shift curves of 4.5 with `cnnlab.avg_pool2d`. Where is the mean better, where worse?
# 3. Max pooling in two directions is a max along rows, then one along columns. Write it so, and count comparisons.
#
# ### Read on
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-based learning applied to document recognition* (1998): average
#   pooling with a weight and a bias for each map.
# - Y.-L. Boureau, J. Ponce, Y. LeCun, *A theoretical analysis of feature pooling in visual recognition* (2010).
# - A. Krizhevsky, I. Sutskever, G. Hinton, *ImageNet classification with deep convolutional neural networks* (2012):
#   overlapping pooling.
# - M. Lin, Q. Chen, S. Yan, *Network in network* (2013): global average pooling.
# - R. Zhang, *Making convolutional networks shift-invariant again* (2019): the example of 4.5 and its cure.
