# %% [markdown]
# # 01 Convolution (60 min)
#
# One small operation carries every network in this course: lay a few numbers on a picture, multiply, add, move on.
# By the end of this lesson you have written it as `conv1d`, as `conv2d` with channels and bias, and, if you like, as
# `conv3d`, and torch has checked each of them.
#
# Where does it stand among its relatives?
# A **dense network** (全连接网络) ties every input to every output. A **recurrent network** (循环神经网络) goes through a
# sequence and uses the same weights at every moment. A **convolutional network** (卷积神经网络) assumes two things about
# space: neighbours belong together, and what is worth finding here is worth finding there.

# %%
import numpy as np
import torch

import cnnlab
from cnnlab import check, explore, figures, images, predict, show

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 1.1 to 1.4; if you are late, leave 1.5's `conv3d` and the quiz for home, and stop after 1.6. Ask for a
# prediction aloud before each `predict` cell is answered, and let a wrong one stand until the next cell has run. If you are
# early, have everybody invent nine numbers for 1.3 and let the room guess from the map what they look for.

# %% [markdown]
# ## 1.1 Slide, multiply, add (9 min)
#
# How can two numbers find every jump in a signal?
#
# Take the signal 0 0 5 5 5 0 and the two numbers (−1, 1). Lay them on the first two values: −1·0 + 1·0 = 0. Move one
# step to the right and do it again.

# %%
predict(
    "The signal is 0 0 5 5 5 0, the two numbers are -1 and 1. What does the second place give?",
    5,
    because="-1 * 0 + 1 * 5.",
)

# %%
signal = np.array([0, 0, 5, 5, 5, 0])
kernel = np.array([-1, 1])
jumps = [int((signal[i : i + 2] * kernel).sum()) for i in range(5)]
jumps

# %%
assert jumps == [0, 5, 0, 0, -5]
assert len(jumps) == len(signal) - len(kernel) + 1
assert jumps == np.correlate(signal, kernel, mode="valid").tolist()

# %% [markdown]
# The short list is a **kernel** (卷积核). At every place where it fits it multiplies what it lies on, element by
# element, and adds up:
#
# $$y_i = \sum_{a=0}^{k-1} x_{i+a}\, w_a$$
#
# $x$ is the input, $w$ the kernel, $k$ its length, $y$ the output; on $n$ values it fits $n - k + 1$ times. Doing this
# is called **convolution** (卷积). What a kernel answers to is a **feature** (特征): here a
# jump, in pictures an edge, a texture, a colour. A jump down answers
# with a negative number: the sign is part of the message.

# %%
long_signal = images.signal()
long_jumps = np.correlate(long_signal, kernel, mode="valid")
figures.signals(
    {"the input": long_signal, "its answer to the kernel (−1, 1)": long_jumps},
    alt="Twelve bars with a plateau and a peak; below, an answer that is zero except at the jumps.",
)

# %% [markdown]
# Now it is your signal: drag a bar, and watch how few outputs change. Move over the output to lay the kernel there; a
# click on one of its numbers changes it. Can you make the output zero everywhere, without a bar at zero?
#
# Stride is the step the kernel takes, padding puts zeros around the input; lesson 02 is about both.

# %% tags=["explorer"]
explore.conv1d(long_signal, kernel)

# %% [markdown]
# ### Exercise 1.1 · `correlate1d` (core, 5 min)
#
# Write the sum above for any signal and any kernel. Return an array with one value for each place where the whole
# kernel fits.
#
# Common error: one place too few. A kernel of 2 fits on 6 values 5 times, not 4.
#
# <details><summary>Hint 1 of 3</summary>
#
# Count the places first: `len(signal) - len(kernel) + 1`.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# At place `i` the kernel lies on `signal[i : i + len(kernel)]`.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# One place is `(signal[i : i + k] * kernel).sum()`. Put that in a list comprehension, and the list in `np.array`.
#
# </details>


# %%
def my_correlate1d(signal, kernel):
    """Return what the kernel gives at each place: (n,) and (k,) make (n - k + 1,)."""
    ### BEGIN SOLUTION
    k = len(kernel)
    places = len(signal) - k + 1
    return np.array([(signal[i : i + k] * kernel).sum() for i in range(places)])
    ### END SOLUTION


# %%
check("correlate1d", my_correlate1d)

# %% [markdown]
# The package has no loop over places here. It looks at the signal as a table with one window in each row, without
# copying a value, and the table times the kernel is the answer.

# %%
table = cnnlab.sliding.windows(signal, (2,), stride=(1,), dilation=(1,))
table @ kernel

# %%
assert table.shape == (5, 2)
assert (table @ kernel).tolist() == jumps

# %%
show(cnnlab.sliding.windows)

# %% [markdown]
# **Say it back.** What does a kernel do at one place, and how many places are there?
#
# <details><summary>One way to say it</summary>
#
# It multiplies what it lies on element by element and adds up; a kernel of length k has n − k + 1 places on n values.
#
# </details>

# %% [markdown]
# ## 1.2 Two directions (9 min)
#
# What changes when the input is a picture?
#
# Only this: the kernel is a small picture itself, and it slides along both axes.

# %%
predict(
    "A picture of 4 rows and 6 columns, a kernel of 2 rows and 2 columns. What shape is the output?",
    (3, 5),
    because="n - k + 1 along each axis: 4 - 2 + 1 rows and 6 - 2 + 1 columns.",
)

# %%
edge = images.step_edge(4, 6)
upright = np.array([[-1, 1], [-1, 1]])
window = edge[0:2, 2:4]
window, int((window * upright).sum())

# %%
assert window.tolist() == [[0, 10], [0, 10]]
assert (window * upright).sum() == 20


# %% [markdown]
# The kernel subtracts the left column from the right one, in two rows. On the edge that makes 10 + 10 = 20. For all
# places at once there is `cnnlab.conv2d`, which takes the same arguments as torch's. It wants two more axes in front,
# explained in 1.4; a helper puts them on and takes them off.


# %%
def respond(picture, kernel):
    """Return the answer of one picture to one kernel at all places."""
    return cnnlab.conv2d(picture[None, None], kernel[None, None])[0, 0]


# %%
figures.heatmaps(
    [edge, upright, respond(edge, upright)],
    ["picture 4×6", "kernel 2×2", "output 3×5"],
    outlines=[[(0, 2, 2, 2)], [], [(0, 2, 1, 1)]],
    alt="A picture dark on the left and bright on the right; the output is 20 along the edge and 0 elsewhere.",
)

# %%
assert respond(edge, upright).tolist() == [[0, 0, 20, 0, 0]] * 3

# %% [markdown]
# In two directions the sum has two indices, one for each axis of the kernel:
#
# $$y_{ij} = \sum_{a}\sum_{b} x_{i+a,\,j+b}\; w_{ab}$$
#
# The output is a map of the picture: where it is far from zero, the kernel has found what it looks for. Hence its
# name, **feature map** (特征图). The numbers in the frame on the left make the framed number on the right.

# %% [markdown]
# Move over the output: the picture lights up what each number was made of. Then move the sliders: with padding the
# picture gets a border of zeros, with a larger stride the kernel skips places. A click on a kernel cell lets you change
# it; press `?` in the picture for the keys. What does the output do when you set the padding to nothing?

# %% tags=["explorer"]
explore.conv2d(images.ring())

# %% [markdown]
# ### Exercise 1.2 · `correlate2d` (core, 5 min)
#
# The same in two directions: an image (H, W) and a kernel (kh, kw) make an array (H − kh + 1, W − kw + 1).
#
# Common error: rows and columns exchanged, which a square picture does not show. The check uses others.
#
# <details><summary>Hint 1 of 3</summary>
#
# Make the result first: `np.zeros((rows, columns))`, with the number of places along each axis.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# Two loops, `for i in range(rows)` and inside it `for j in range(columns)`.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# `out[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()`
#
# </details>


# %%
def my_correlate2d(image, kernel):
    """Return the answer at each place: (H, W) and (kh, kw) make (H - kh + 1, W - kw + 1)."""
    ### BEGIN SOLUTION
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return out
    ### END SOLUTION


# %%
check("correlate2d", my_correlate2d)

# %% [markdown]
# **Say it back.** What does a large positive number in a feature map tell you, and what does a large negative one?
#
# <details><summary>One way to say it</summary>
#
# Positive: here is what the kernel looks for. Negative: here is its opposite, for instance the same edge with dark
# and bright exchanged.
#
# </details>

# %% [markdown]
# ## 1.3 Kernels on a photo (5 min)
#
# Which nine numbers blur a photo, and which find its edges?
#
# The sum of the kernel decides what happens where the picture is flat.

# %%
predict(
    "All pixels are 7, and the kernel's nine values add up to 0. What is the output everywhere?",
    0,
    because="Each place gives 7 times the sum of the kernel.",
)

# %%
flat = np.full((5, 5), 7)
respond(flat, images.kernel("gaussian")), respond(flat, images.kernel("sobel x"))

# %%
assert (respond(flat, images.kernel("gaussian")) == 7).all()
assert (respond(flat, images.kernel("sobel x")) == 0).all()

# %%
figures.heatmaps(
    [
        images.kernel("box blur"),
        images.kernel("sharpen"),
        images.kernel("sobel x"),
        images.kernel("sobel y"),
    ],
    ["box blur: sum 1", "sharpen: sum 1", "sobel x: sum 0", "sobel y: sum 0"],
    alt="Four 3×3 kernels: nine ninths; 5 amid −1; a −1 −2 −1 column against 1 2 1; the same turned.",
)

# %% [markdown]
# Sum 1 keeps brightness: blurring takes the mean of a neighbourhood, sharpening adds a pixel's difference from its
# neighbours. Sum 0 forgets brightness and keeps differences: Sobel's x kernel compares right with left, the
# y kernel below with above. On a colour photo, a kernel may be used on red, green and blue in turn.

# %%
photo = images.photo()
blurred = np.stack([respond(photo[..., c], images.kernel("box blur")) for c in range(3)], axis=-1)
sharp = np.stack([respond(photo[..., c], images.kernel("sharpen")) for c in range(3)], axis=-1)
figures.images_row(
    [photo, blurred, sharp.clip(0, 1)],
    ["photo 128×144", "box blur 126×142", "sharpen 126×142"],
    alt="A pavilion by a lake; the same softened; the same with crisp roof tiles and leaves.",
)

# %%
gray = images.photo_gray()
across, down = respond(gray, images.kernel("sobel x")), respond(gray, images.kernel("sobel y"))
figures.images_row(
    [across, np.maximum(across, 0), down],
    ["sobel x", "sobel x, negatives cut off", "sobel y"],
    signed=True,
    limit=2,
    alt="Sobel x shows columns with an orange and a blue side; cut off, the blue is lost; sobel y shows roofs.",
)

# %%
assert blurred.shape == (126, 142, 3)
assert across.min() < -2 < 2 < across.max()
assert 0.4 < -across[across < 0].sum() / np.abs(across).sum() < 0.6
assert sharp.min() < 0 < 1 < sharp.max()

# %% [markdown]
# Blue is negative: the photo gets darker to the right. About half of what Sobel finds is negative, and a display that
# cuts negatives off hides half the edges. The sharpened photo did have to be cut, to the range of a screen, but only
# for looking at: the numbers are kept.

# %% tags=["explorer"]
explore.photo()

# %% [markdown]
# **Say it back.** How do you see from a kernel's numbers whether it keeps the brightness of flat areas?
#
# <details><summary>One way to say it</summary>
#
# Add them up: 1 keeps it, 0 removes it and leaves the differences.
#
# </details>

# %% [markdown]
# ## 1.4 Channels and bias (13 min)
#
# A colour photo is three pictures, red, green and blue. What does one filter do with three?

# %% [markdown] tags=["instructor"]
# **Instructor.** The wrong answer to expect is 9, one slice; let someone draw the filter as a box. At the second
# question, ask which of the four numbers of the weight's shape the output takes over (the first) and which vanishes.

# %%
predict(
    "An input with 3 channels, one filter of height 3 and width 3. How many weights has the filter?",
    27,
    because="One 3x3 slice for each of the 3 input channels: 3 * 3 * 3.",
)

# %%
two_channels = np.array([[[1, 2], [3, 4]], [[10, 20], [30, 40]]])
one_filter = np.array([[[1, 0], [0, -1]], [[0, 1], [0, 0]]])
slices = (two_channels * one_filter).sum(axis=(1, 2))
bias = 5
slices, int(slices.sum() + bias)

# %%
assert slices.tolist() == [-3, 20]
assert slices.sum() + bias == 22
assert cnnlab.conv2d(two_channels, one_filter[None], np.array([bias])).item() == 22

# %% [markdown]
# Each **channel** (通道) of the input meets a slice of its own: here −3 and 20. The results are added, −3 + 20 = 17, and
# one number, the **bias** (偏置), is added once: 22. The slices together are one **filter** (滤波器). However many
# channels go in, one filter gives one feature map; for $C_{out}$ maps you need $C_{out}$ filters, each with a bias.
#
# $$y_{n,o,i,j} = b_o + \sum_{c}\sum_{a}\sum_{b} x_{n,c,\,i+a,\,j+b}\; w_{o,c,a,b}$$
#
# $n$ counts pictures, $o$ filters, $c$ input channels; $b_o$ is the bias of filter $o$, and $a$, $b$ count its cells as in
# 1.2. The two axes in front that 1.2 hid are $n$ and $c$ for a picture, $o$ and $c$ for the kernels.

# %%
predict(
    "Input (2, 3, 8, 10): two pictures of 3 channels. Weight (4, 3, 3, 3). What shape is the output?",
    (2, 4, 6, 8),
    because="Two pictures, four filters, and 8 - 3 + 1 by 10 - 3 + 1 places.",
)

# %%
layer = torch.nn.Conv2d(in_channels=3, out_channels=4, kernel_size=3)
layer(torch.zeros(2, 3, 8, 10)).shape, layer.weight.shape, layer.bias.shape

# %%
assert cnnlab.conv2d(np.zeros((2, 3, 8, 10)), np.zeros((4, 3, 3, 3))).shape == (2, 4, 6, 8)
assert tuple(layer.weight.shape) == (4, 3, 3, 3)
assert tuple(layer.bias.shape) == (4,)

# %% [markdown]
# A filter that weighs channels differently answers to colour. This one adds red and takes away half of green and half
# of blue, so grey gives zero. A second one is Sobel's, with a third of it on each channel: it finds upright edges in
# the mean of the three.

# %%
redness = np.array([1, -0.5, -0.5])[:, None, None] * images.kernel("box blur")
uprights = np.ones((3, 1, 1)) / 3 * images.kernel("sobel x")
maps = cnnlab.conv2d(photo.transpose(2, 0, 1), np.stack([redness, uprights]))
figures.images_row(
    [photo, maps[0], maps[1]],
    ["photo (3, 128, 144)", "filter 0: red", "filter 1: upright edges"],
    signed=True,
    alt="The photo; a map orange on tiles and columns and blue in the sky; a map of upright edges.",
)

# %%
assert maps.shape == (2, 126, 142)
assert maps[0, :8].mean() < -0.1  # sky
assert maps[0].max() > 0.4  # tiles

# %% [markdown]
# Move over a feature map: one of its values comes from 27 numbers of the photo, nine in each channel. Find a place where
# red and blue nearly cancel. Then move the bias: what does it do to the map, and what not?

# %% tags=["explorer"]
explore.channels(photo, np.stack([redness, uprights]))

# %% [markdown]
# ### Exercise 1.4 · `conv2d` (core, 8 min)
#
# A whole layer: input (N, C, H, W), weight (O, C, kh, kw) and bias (O,) or `None`. Return (N, O, H − kh + 1, W − kw + 1).
#
# Common error: the bias added once for each channel slice. It comes once for each output value.
#
# <details><summary>Hint 1 of 4</summary>
#
# Begin with the result, `np.zeros((N, O, rows, columns))`, and the two loops over places from exercise 1.2.
#
# </details>
# <details><summary>Hint 2 of 4</summary>
#
# At one place all pictures can be taken at once: `window = input[:, :, i : i + kh, j : j + kw]` has shape (N, C, kh, kw).
#
# </details>
# <details><summary>Hint 3 of 4</summary>
#
# For filter `o`, add up over everything but the pictures: `(window * weight[o]).sum(axis=(1, 2, 3))` has shape (N,).
# All filters at once: `np.einsum("nchw,ochw->no", window, weight)`.
#
# </details>
# <details><summary>Hint 4 of 4</summary>
#
# When there is a bias, `out + bias[:, None, None]` adds one number to each map.
#
# </details>


# %%
def my_conv2d(input, weight, bias=None):
    """Return the feature maps: (N, C, H, W), (O, C, kh, kw), (O,) make (N, O, rows, columns)."""
    ### BEGIN SOLUTION
    filters, _, kh, kw = weight.shape
    rows, columns = input.shape[2] - kh + 1, input.shape[3] - kw + 1
    out = np.zeros((len(input), filters, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = input[:, :, i : i + kh, j : j + kw]
            out[:, :, i, j] = np.einsum("nchw,ochw->no", window, weight)
    return out if bias is None else out + bias[:, None, None]
    ### END SOLUTION


# %%
check("conv2d", my_conv2d)

# %% [markdown]
# The package keeps the definition as loops over every single product, for any number of axes. `stride`, `dilation` and
# `groups` belong to lessons 02 and 03; the line with `+=` is the sum you wrote.

# %%
show(cnnlab.fast.loops.correlate)

# %% [markdown]
# **Say it back.** An RGB picture goes into a layer with 64 filters of 5×5. What shape is the weight, and how many
# numbers are in the bias?
#
# <details><summary>One way to say it</summary>
#
# (64, 3, 5, 5): each of the 64 filters has a 5×5 slice for each of the 3 channels. The bias has 64 numbers.
#
# </details>

# %% [markdown]
# ## 1.5 What the 2 in conv2d counts (7 min)
#
# A filter for a colour photo has three axes, (3, 3, 3). Why is the layer called Conv**2**d?

# %% [markdown] tags=["instructor"]
# **Instructor.** The wrong answer to expect is 3. Slide a hand over a sheet of paper: a thick hand still has two ways
# to go. With little time, run the section and give `conv1d` as homework.

# %%
predict(
    "A filter of shape (3, 3, 3) meets a photo (3, 128, 144) in conv2d. Along how many axes does it slide?",
    2,
    because="It is as deep as the photo has channels, so there is nowhere to go along that axis.",
)

# %% [markdown]
# The same holds with one axis. Stereo sound has two channels; here one filter takes differences on the left one and
# sums on the right one, slides along time, and adds the two.

# %%
stereo = np.array([[1, 2, 3, 4, 5], [0, 0, 9, 0, 0]])
heard = cnnlab.conv1d(stereo, np.array([[[-1, 1], [1, 1]]]))
heard

# %%
assert heard.tolist() == [[1, 10, 10, 1]]

# %% [markdown]
# The number counts the axes the kernel slides along, not the kernel's own axes.
#
# | layer | input | weight | slides along |
# |---|---|---|---|
# | conv1d | (N, C, L): sound, text, sensors | (O, C, k) | time |
# | conv2d | (N, C, H, W): pictures | (O, C, kh, kw) | height, width |
# | conv3d | (N, C, D, H, W): video, CT scans | (O, C, kd, kh, kw) | time or depth, height, width |
#
# Over channels every filter is as deep as the input; there it adds up and does not slide. A video makes it plain:
# below, the kernel slides along time and takes each picture from the next.

# %%
video = np.zeros((1, 1, 3, 3, 5))
for t in range(3):
    video[0, 0, t, 1, t + 1] = 9
motion = cnnlab.conv3d(video, np.array([-1, 1]).reshape(1, 1, 2, 1, 1))
figures.heatmaps(
    [*video[0, 0], *motion[0, 0]],
    ["time 0", "time 1", "time 2", "1 − 0", "2 − 1"],
    alt="A dot walks to the right through three frames; two motion maps: minus where it was, plus where it is.",
)

# %%
assert motion.shape == (1, 1, 2, 3, 5)
assert motion[0, 0, 0, 1].tolist() == [0, -9, 9, 0, 0]

# %% [markdown]
# A longer film, slice by slice: a spot moves, a block stands still. Move over the output and look at the window from
# three sides. Where is the block in the output? Then set the kernel to `sum`, and give it a depth of 3.

# %% tags=["explorer"]
explore.conv3d()

# %% [markdown]
# ### Exercise 1.5 · `conv1d` (core, 3 min)
#
# Your `conv2d` with one axis less: input (N, C, L), weight (O, C, k), bias (O,) or `None`.
#
# Common error: taking the kernel's length from the wrong axis. In (O, C, k) it is the last.
#
# <details><summary>Hint 1 of 2</summary>
#
# One loop over places; the window is `input[:, :, i : i + k]`, shape (N, C, k).
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# The letters: `np.einsum("nck,ock->no", window, weight)`; the bias is `bias[:, None]` now.
#
# </details>


# %%
def my_conv1d(input, weight, bias=None):
    """Return the feature maps: (N, C, L), (O, C, k), (O,) make (N, O, L - k + 1)."""
    ### BEGIN SOLUTION
    filters, _, k = weight.shape
    out = np.zeros((len(input), filters, input.shape[2] - k + 1))
    for i in range(out.shape[2]):
        out[:, :, i] = np.einsum("nck,ock->no", input[:, :, i : i + k], weight)
    return out if bias is None else out + bias[:, None]
    ### END SOLUTION


# %%
check("conv1d", my_conv1d)

# %% [markdown]
# ### Exercise 1.5 · `conv3d` (stretch, 6 min)
#
# One axis more: input (N, C, D, H, W), weight (O, C, kd, kh, kw), bias (O,) or `None`.
#
# Common error: the bias as `bias[:, None, None]`, which lines it up with the wrong axis. It needs three `None` here.
#
# <details><summary>Hint 1 of 2</summary>
#
# Three loops, or one: `for d, i, j in np.ndindex(depth, rows, columns)` visits every place.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `np.einsum("ncdhw,ocdhw->no", window, weight)`.
#
# </details>


# %%
def my_conv3d(input, weight, bias=None):
    """Return the feature maps: (N, C, D, H, W), (O, C, kd, kh, kw), (O,) make (N, O, ...)."""
    ### BEGIN SOLUTION
    kd, kh, kw = weight.shape[2:]
    places = [n - k + 1 for n, k in zip(input.shape[2:], (kd, kh, kw), strict=True)]
    out = np.zeros((len(input), len(weight), *places))
    for d, i, j in np.ndindex(*places):
        window = input[:, :, d : d + kd, i : i + kh, j : j + kw]
        out[:, :, d, i, j] = np.einsum("ncdhw,ocdhw->no", window, weight)
    return out if bias is None else out + bias[:, None, None, None]
    ### END SOLUTION


# %%
check("conv3d", my_conv3d)

# %% [markdown]
# You wrote nearly the same function three times. The package writes it once, for any number of axes, and `conv1d`,
# `conv2d` and `conv3d` call it with 1, 2 and 3.

# %%
show(cnnlab.convolution.conv_nd)

# %% [markdown]
# **Say it back.** A CT scan has one channel and a depth of 40 slices. When would you use conv3d, and what would conv2d
# make of it?
#
# <details><summary>One way to say it</summary>
#
# conv3d when neighbours along depth belong together and the kernel should slide there. conv2d could only take the 40
# slices as channels: it adds over all of them at once and its output has no depth.
#
# </details>

# %% [markdown]
# ## 1.6 Is it a convolution? (4 min)
#
# In a mathematics book, convolution turns the kernel around first. Does torch?
#
# A single 1 among zeros brings it to light.

# %%
predict(
    "The signal is 0 0 1 0 0 and the kernel 1 2 3. What three numbers does torch's conv1d give?",
    (3, 2, 1),
    because="Not turned around, the kernel's last value meets the 1 first.",
)

# %%
impulse, ramp = np.array([0, 0, 1, 0, 0]), np.array([1, 2, 3])
from_torch = torch.nn.functional.conv1d(
    torch.tensor(impulse)[None, None], torch.tensor(ramp)[None, None]
)
from_torch.flatten().tolist(), np.convolve(impulse, ramp, mode="valid").tolist()

# %%
assert (
    from_torch.flatten().tolist() == np.correlate(impulse, ramp, mode="valid").tolist() == [3, 2, 1]
)
assert np.convolve(impulse, ramp, mode="valid").tolist() == [1, 2, 3]
assert (
    np.correlate(long_signal, ramp[::-1]).tolist()
    == np.convolve(long_signal, ramp, "valid").tolist()
)

# %% [markdown]
# torch does not turn the kernel. Strictly, its layers compute a **cross-correlation** (互相关); true convolution is the
# same with the kernel flipped along every axis it slides on, `kernel[::-1]` or `kernel[::-1, ::-1]`. Flipped, a kernel
# prints itself wherever there is a single 1:

# %%
dot = np.zeros((5, 5))
dot[2, 2] = 1
respond(dot, images.kernel("emboss")[::-1, ::-1])

# %%
assert np.array_equal(respond(dot, images.kernel("emboss")[::-1, ::-1]), images.kernel("emboss"))
assert np.array_equal(respond(dot, images.kernel("emboss")), images.kernel("emboss")[::-1, ::-1])

# %% [markdown]
# Deep learning says convolution for both, because it makes no difference to what can be learned. Let both learn the
# same task by gradient descent, many small steps that each lower the error (lesson 07 has the details): the kernels come
# out as each other's mirror image, and the answers are equal.

# %%
noise = np.random.default_rng(0).normal(size=200)
rows = np.lib.stride_tricks.sliding_window_view(noise, 3)
goal = rows @ ramp
plain, flipped = np.zeros(3), np.zeros(3)
for _ in range(500):
    plain -= 0.1 * rows.T @ (rows @ plain - goal) / len(rows)
    flipped -= 0.1 * (rows.T @ (rows @ flipped[::-1] - goal))[::-1] / len(rows)
plain.round(3), flipped.round(3)

# %%
assert np.allclose(plain, [1, 2, 3])
assert np.allclose(flipped, plain[::-1])
assert np.allclose(rows @ plain, rows @ flipped[::-1])

# %% [markdown]
# **Say it back.** What is the difference between convolution and cross-correlation, and why may a network ignore it?
#
# <details><summary>One way to say it</summary>
#
# Convolution flips the kernel first. A learned kernel simply comes out flipped.
#
# </details>

# %% [markdown]
# ## 1.7 Few weights, used everywhere (4 min)
#
# AlexNet (2012) sees 227×227 colour pictures. Its first layer has 96 filters of 11×11, moved 4 pixels at a time, which
# gives 55×55 places. (Its paper says 224×224, but that would give 54.) What would it cost to give each place its own
# weights?

# %%
predict(
    "96 filters of 11x11 over 3 channels, one bias each. How many numbers does the layer learn?",
    34944,
    because="96 * (11 * 11 * 3 + 1).",
)

# %%
per_output = 11 * 11 * 3 + 1
shared = 96 * per_output
unshared = 55 * 55 * 96 * per_output
dense = (227 * 227 * 3 + 1) * 55 * 55 * 96
shared, unshared, dense

# %%
alexnet_1 = torch.nn.Conv2d(3, 96, 11, stride=4)
assert [cnnlab.output_size(n, 11, stride=4) for n in (227, 224)] == [55, 54]
assert sum(p.numel() for p in alexnet_1.parameters()) == shared == 34_944
assert unshared == 105_705_600
assert unshared == shared * 55 * 55
assert dense == 44_892_355_200

# %%
figures.bars(
    {"dense": dense, "local, each place its own": unshared, "local and shared": shared},
    title="numbers to learn in AlexNet's first layer",
    log=True,
    alt="Bars on a logarithmic axis: dense 44,892,355,200; local 105,705,600; local and shared 34,944.",
)

# %% [markdown]
# Two savings, one after the other. The first is **local connectivity** (局部连接): an output looks at an 11×11 patch
# instead of the whole picture, though at all its channels. It is full over channels, local in space, and leaves
# 105,705,600 of 44,892,355,200 numbers. The second is **weight sharing** (权值共享): all 55×55 places use the same filters,
# which leaves 34,944.
#
# A dense layer could compute the same sums. Written as its matrix, a convolution is zero wherever it does not look, and
# has the same few numbers in every row:

# %%
matrix = np.array([np.correlate(unit, ramp, mode="valid") for unit in np.eye(7)]).T
figures.heatmap(
    matrix,
    "the kernel (1, 2, 3) as a dense layer, 7 values to 5",
    alt="A 5×7 matrix with 1, 2, 3 in each row, one step further right from row to row; the rest is zero.",
)

# %%
assert np.array_equal(matrix @ long_signal[:7], np.correlate(long_signal[:7], ramp))
assert np.count_nonzero(matrix) == 15
assert matrix.size == 35

# %% [markdown]
# **Say it back.** Which of the two savings depends on the size of the picture?
#
# <details><summary>One way to say it</summary>
#
# Both: a larger picture has more places that share, and more pixels that a local window leaves out. The shared layer
# itself does not: 34,944 numbers for any size.
#
# </details>

# %% [markdown]
# ## 1.8 Shift in, shift out (5 min)
#
# Move the picture by one column. What happens to the feature map?

# %%
predict(
    "A dot moves 2 columns to the right. What does the feature map do?",
    "it moves along",
    choices=["it stays as it is", "it moves along", "it changes everywhere"],
    because="The same weights are used at every place, so the same answer turns up 2 columns on.",
)

# %%
noisy = np.random.default_rng(1).integers(1, 9, size=(1, 1, 6, 6))
sobel = images.kernel("sobel x").astype(int)[None, None]
around = {"padding": 1, "padding_mode": "circular"}
moved_then_mapped = cnnlab.conv2d(np.roll(noisy, 2, axis=3), sobel, **around)
mapped_then_moved = np.roll(cnnlab.conv2d(noisy, sobel, **around), 2, axis=3)
np.array_equal(moved_then_mapped, mapped_then_moved)

# %%
assert np.array_equal(moved_then_mapped, mapped_then_moved)
assert not np.array_equal(mapped_then_moved, cnnlab.conv2d(noisy, sobel, **around))
assert moved_then_mapped.max() == cnnlab.conv2d(noisy, sobel, **around).max()

# %% [markdown]
# Shift, then map, or map, then shift: the same. That is **equivariance** (等变性), and here it is exact, because the
# padding is circular (what leaves on the right comes in on the left) and the kernel moves one cell at a time. It is not
# **invariance** (不变性), which would mean that the map stays as it was. Its largest value does stay: pooling, in
# lesson 04, makes use of that.
#
# Fill the border with zeros instead, as most networks do:

# %%
moved_zeros = cnnlab.conv2d(np.roll(noisy, 2, axis=3), sobel, padding=1)
zeros_moved = np.roll(cnnlab.conv2d(noisy, sobel, padding=1), 2, axis=3)
broken = (moved_zeros - zeros_moved)[0, 0]
figures.heatmap(
    broken,
    "zero padding: shift then map, minus map then shift",
    alt="A 6×6 difference: zero in columns 3 and 4, not zero in the four where a border is or was.",
)

# %%
assert broken.any(axis=0).tolist() == [True, True, True, False, False, True]

# %% [markdown]
# **Say it back.** When is convolution exactly equivariant, and what breaks it?
#
# <details><summary>One way to say it</summary>
#
# With circular padding and stride 1, shifting the input shifts the output. Zero padding breaks it where the border is
# or was.
#
# </details>

# %% [markdown]
# ## You can now (4 min)
#
# - slide a kernel over one, two or three axes, and say how large the output is;
# - read a kernel: what it answers to, and what its sum does to flat areas;
# - give a layer its filters, channels and bias, and count them;
# - say why torch's convolution is a cross-correlation, and why that does not matter;
# - say what weight sharing and local connectivity save, and what a shift does.
#
# Five questions, mixed:

# %%
predict("Signal 2 4 1, kernel 1 -1: which two numbers?", (-2, 3), because="2 - 4 and 4 - 1.")

# %%
predict("Weight (8, 16, 3, 3) and a bias: how many numbers?", 1160, "8 * (16 * 3 * 3 + 1).")

# %%
predict(
    "Input (1, 16, 10, 12), weight (8, 16, 3, 3): what shape?",
    (1, 8, 8, 10),
    "8 maps of 8 rows, 10 columns.",
)

# %%
predict(
    "Which kernel leaves a flat grey area as it is: A, whose values sum to 0, or B, whose values sum to 1?",
    "B",
    choices=["A", "B"],
    because="A flat area is multiplied by the sum.",
)

# %%
predict(
    "A picture doubles in height and width. By what factor does the number of a conv layer's weights grow?",
    1,
    because="The weights are shared over all places: their number does not know the picture's size.",
)

# %% [markdown]
# If you want more:
#
# 1. Find nine numbers that answer to edges along one diagonal. Try them on the photo with `respond`.
# 2. The Gaussian kernel is a column (1, 2, 1)/4 times a row (1, 2, 1)/4. Blur with the column, then with the row, and
#    compare with one pass. How many multiplications does a pixel take each way?
# 3. Write one `my_conv` for any number of axes, and pass `conv1d`, `conv2d` and `conv3d` with it.
#
# ### Read on
#
# - K. Fukushima, *Neocognitron* (1980): local, shared cells before there was a way to train them end to end.
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-based learning applied to document recognition* (1998).
# - A. Krizhevsky, I. Sutskever, G. Hinton, *ImageNet classification with deep convolutional neural networks* (2012):
#   the layer of 1.7.
# - V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning* (2016): next lesson's subject, in pictures.
# - I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning* (2016), chapter 9.
