# %% [markdown]
# # 02 Stride, padding, dilation (50 min)
#
# Three numbers decide where a kernel goes: how far it steps, how much is put around the picture, and how far apart its
# taps lie. By the end of this lesson you can say the size of any layer's output before you run it, you have written
# the whole of `conv2d`, and you can answer the question that learners ask most: why is there a 7×7 in the linear layer?

# %%
import numpy as np
import torch

import cnnlab
from cnnlab import architectures, check, explore, figures, images, predict, show, tracing

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 2.1, 2.2, 2.5 and 2.7. If you are late, give `pad2d` and `receptive_field` as homework, but run
# the cells of 2.6: lesson 04 builds on it; a good place to stop is after 2.5. Ask aloud, before 2.1: "the last step does
# not fit: an error, or not?", and before 2.4: "does dilation put zeros into the picture?" If you are early, let pairs do
# the first stretch exercise: who finds most layers that turn `224` into `56`?

# %% [markdown]
# ## 2.1 How many places? (8 min)
#
# A kernel that steps 3 cells at a time: what if its last step does not fit?

# %%
predict(
    "A row of 8 cells, a kernel of 3 that moves 3 cells at a time. How many places does it have?",
    2,
    because="It starts at cell 0 and at cell 3. Starting at cell 6 it would hang over the end.",
)

# %%
row = torch.arange(8.0)[None, None]
moved_by_3 = torch.nn.functional.conv1d(row, torch.ones(1, 1, 3), stride=3)
moved_by_3.tolist()

# %%
assert moved_by_3.tolist() == [[[0 + 1 + 2, 3 + 4 + 5]]]
assert cnnlab.output_size(8, 3, stride=3) == 2

# %% [markdown]
# A step that does not fit whole is legal: no error, no warning, the cells left over are simply never read. To see who
# reads what, send in eight signals, each with a single 1 in another cell, and note which outputs answer.


# %%
def who_reads(n, kernel_size, stride=1, padding=0, dilation=1):
    """Return a table: 1 where output i (row) reads input cell j (column)."""
    one_cell_each = np.eye(n, dtype=int)[:, None]
    ones = np.ones((1, 1, kernel_size), dtype=int)
    answers = cnnlab.conv1d(one_cell_each, ones, None, stride, padding, dilation)
    return answers[:, 0].T


# %%
who_reads(8, 3, stride=3)

# %%
assert who_reads(8, 3, stride=3).tolist() == [[1, 1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 0, 0]]
assert not who_reads(8, 3, stride=3)[:, 6:].any()

# %% [markdown]
# Each number is one setting of the layer:
#
# - **stride** (步幅) $s$: how far the window moves from one place to the next;
# - **padding** (填充) $p$: how many cells are added at *each* end, section 2.2;
# - **dilation** (空洞率) $d$: the distance from one **tap** (采样点), one cell the kernel reads, to the next, section 2.4.
#
# On $n$ cells a kernel with $k$ taps has $m$ places:
#
# $$m = \left\lfloor \frac{n + 2p - d\,(k-1) - 1}{s} \right\rfloor + 1$$
#
# Read it from the inside: $n + 2p$ is the padded row, $d(k-1)+1$ what the kernel spans, their difference the room to
# move. The brackets $\lfloor\ \rfloor$, called floor, round down: only whole steps count. The 1 is the place where it starts.

# %% [markdown]
# The same table, to be turned: each line is one output, each column one input cell, and in a dashed column nobody reads.
# The red window is the one that the floor drops. Try the strides 1 to 4: at 4 a cell in the *middle* is skipped as well,
# since the stride is larger than the kernel's span. Then go backwards: which settings give a size of 4?

# %% tags=["explorer"]
explore.output_size(8, 3, stride=3)

# %%
never = [int((who_reads(8, 3, stride=s).sum(axis=0) == 0).sum()) for s in (1, 2, 3, 4)]
assert never == [0, 1, 2, 2]
assert [len(who_reads(8, 3, stride=s)) for s in (1, 2, 3, 4)] == [6, 3, 2, 2]

# %% [markdown]
# Famous networks do this too. The first layer of ResNet (2015) has a kernel of 7, stride 2 and padding 3 on 224 cells:
# the room of 223 holds 111.5 steps, so there are 112 places.

# %%
assert 224 + 2 * 3 - 7 == 223
assert cnnlab.output_size(224, 7, stride=2, padding=3) == 111 + 1 == 112
assert torch.nn.Conv2d(3, 64, 7, stride=2, padding=3)(torch.zeros(3, 224, 224)).shape[1] == 112

# %% [markdown]
# ### Exercise 2.1 · `output_size` (core, 4 min)
#
# Write the formula: five whole numbers in, one whole number out.
#
# Common error: `/` where `//` belongs. There are no half places.
#
# <details><summary>Hint 1 of 3</summary>
#
# First the span: k taps have k − 1 steps of d cells between them, and one cell more. `dilation * (kernel_size - 1) + 1`.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# Then the room: `n + 2 * padding - span`.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# `room // stride + 1`
#
# </details>


# %%
def my_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    """Return the number of places of a window on n cells, an int."""
    ### BEGIN SOLUTION
    span = dilation * (kernel_size - 1) + 1
    room = n + 2 * padding - span
    return room // stride + 1
    ### END SOLUTION


# %%
check("output_size", my_output_size)

# %% [markdown]
# The package writes this formula once, for convolution and for pooling; the rest of its lines refuse bad arguments and
# treat `ceil_mode`, which lesson 04 explains.

# %%
show(cnnlab.output_size)

# %% [markdown]
# **Say it back.** Where do the two corrections in the formula come from, the floor and the + 1?
#
# <details><summary>One way to say it</summary>
#
# The floor: a step that does not fit whole is not taken, and the cells left over are never read. The + 1: the place
# where the window starts counts as well.
#
# </details>

# %% [markdown]
# ## 2.2 Room at the border (7 min)
#
# How much is put around a picture, and why put anything there at all?

# %% [markdown] tags=["instructor"]
# **Instructor.** Expect 1 (the corner seen once) and 9. Let someone draw the four windows that lie on a corner.

# %%
predict(
    "A 5x5 picture, a 3x3 kernel, padding 1: 25 outputs. How many of them read the picture's corner cell?",
    4,
    because="The kernel's middle may lie on the corner itself, right of it, below it, or diagonally below.",
)

# %%
one_dot_each = np.eye(25, dtype=int).reshape(25, 1, 5, 5)
nine_ones = np.ones((1, 1, 3, 3), dtype=int)
uses = [
    cnnlab.conv2d(one_dot_each, nine_ones, padding=p).sum(axis=(1, 2, 3)).reshape(5, 5)
    for p in (0, 1, 2)
]
figures.heatmaps(
    uses,
    ["padding 0: 3×3 outputs", "padding 1: 5×5 outputs", "padding 2: 7×7 outputs"],
    alt="How many outputs read each cell: corner 1, 4, 9; middle of an edge 3, 6, 9; centre 9 in all three.",
)

# %%
assert [u[0, 0] for u in uses] == [1, 4, 9]
assert [u[0, 2] for u in uses] == [3, 6, 9]
assert [u[2, 2] for u in uses] == [9, 9, 9]

# %% [markdown]
# Without padding a corner is read once and the centre 9 times, and each 3×3 layer takes two rows and two columns off.
# With padding 1 the corner counts 4 times, an edge cell 6 times, and the size stays: for odd $k$ and stride 1 that takes
# $p = (k-1)/2$. The gradient knows the same counts: add up all outputs, and ask torch how strongly each cell acts on
# the sum.

# %%
picture = torch.zeros(1, 1, 5, 5, requires_grad=True)
torch.nn.functional.conv2d(picture, torch.ones(1, 1, 3, 3), padding=1).sum().backward()
picture.grad[0, 0]

# %%
assert picture.grad[0, 0].tolist() == uses[1].tolist()

# %% [markdown]
# There are four ways to say how much:
#
# | `padding=` | means |
# |---|---|
# | `1` | 1 cell on every side |
# | `(2, 1)` | 2 rows above and below, 1 column left and right |
# | `"valid"` | none: only places where the kernel lies wholly on the picture |
# | `"same"` | as much as keeps the output as large as the input |
#
# For an even kernel `"same"` needs an odd number of cells, so one side gets more.

# %%
predict(
    "Kernel 4, padding='same', in one direction: how many zeros go to the left, how many to the right?",
    (1, 2),
    because="It takes k - 1 = 3 zeros in all. The odd one goes after: to the right, and at the bottom.",
)

# %% [markdown]
# A kernel that only looks through its first tap shows the left end of the padded row, one that looks through its last
# tap the right end:

# %%
five = np.array([[1, 2, 3, 4, 5]])
through_first = cnnlab.conv1d(five, np.array([[[1, 0, 0, 0]]]), padding="same")
through_last = cnnlab.conv1d(five, np.array([[[0, 0, 0, 1]]]), padding="same")
through_first, through_last

# %%
assert through_first.tolist() == [[0, 1, 2, 3, 4]]
assert through_last.tolist() == [[3, 4, 5, 0, 0]]
last_corner = np.eye(4)[3] * np.eye(4)[3][:, None]
at_the_end = cnnlab.conv2d(np.ones((1, 5, 5)), last_corner[None, None], padding="same")[0]
assert (
    at_the_end.any(axis=1).tolist() == at_the_end.any(axis=0).tolist() == [True] * 3 + [False] * 2
)
# torch as witness, in a mode that copies: the first 1 is padding
layer = torch.nn.Conv1d(1, 1, 4, padding="same", padding_mode="replicate", bias=False)
layer.weight.data[:] = torch.tensor([1.0, 0, 0, 0])
assert layer(torch.tensor(five[None]).float()).flatten().tolist() == [1, 1, 2, 3, 4]

# %% [markdown]
# With a stride above 1, `"same"` has no meaning that everybody shares, and torch refuses it. cnnlab refuses what torch
# refuses, and says why. A small helper turns a refusal into text:


# %%
def refusal(make):
    """Return in words why a call is refused."""
    try:
        return f"accepted: {make()}"
    except (ValueError, RuntimeError) as error:
        return str(error)


# %%
refusal(lambda: cnnlab.conv2d(np.ones((1, 5, 5)), nine_ones, stride=2, padding="same"))

# %%
from_torch = refusal(lambda: torch.nn.Conv2d(1, 1, 3, stride=2, padding="same"))
assert "not supported for strided" in from_torch
assert "as in torch" in refusal(
    lambda: cnnlab.conv2d(np.ones((1, 5, 5)), nine_ones, stride=2, padding="same")
)
no_padding = cnnlab.conv2d(np.ones((1, 5, 5)), nine_ones, padding="valid")
assert no_padding.shape == (1, 5 - 3 + 1, 5 - 3 + 1)
tuple_is_rows_first = cnnlab.conv2d(np.ones((1, 5, 5)), nine_ones, padding=(2, 1))
assert tuple_is_rows_first.shape == (1, 5 + 4 - 2, 5 + 2 - 2)

# %% [markdown]
# **Say it back.** Which padding keeps the size for a 5×5 kernel at stride 1, and what else does it change?
#
# <details><summary>One way to say it</summary>
#
# Padding 2, or "same". Besides keeping the size it lets the border cells be read more often, though still less often
# than the middle.
#
# </details>

# %% [markdown]
# ## 2.3 What the padding holds (8 min)
#
# Zeros are black. What else could stand around a picture?

# %% [markdown] tags=["instructor"]
# **Instructor.** The wrong answer to expect is (2, 1, 1, 2, 3, 4, 4, 3), a mirror beyond the last cell. Let the room say
# where the mirror stands: *on* the last cell. NumPy has both, as "reflect" and "symmetric"; torch pads with the first only.

# %%
predict(
    "The row 1 2 3 4, padded by 2 in mode 'reflect'. Which eight numbers?",
    (3, 2, 1, 2, 3, 4, 3, 2),
    because="The mirror stands on the edge cell, so the edge itself is not repeated.",
)

# %%
one_to_four = np.arange(1, 5)
padded = {
    mode: cnnlab.pad(one_to_four, 2, mode).tolist()
    for mode in ("zeros", "reflect", "replicate", "circular")
}
padded

# %%
assert padded["zeros"] == [0, 0, 1, 2, 3, 4, 0, 0]
assert padded["reflect"] == [3, 2, 1, 2, 3, 4, 3, 2]
assert padded["replicate"] == [1, 1, 1, 2, 3, 4, 4, 4]
assert padded["circular"] == [3, 4, 1, 2, 3, 4, 1, 2]
for mode in ("reflect", "replicate", "circular"):
    ours = torch.nn.functional.pad(torch.tensor(one_to_four)[None] * 1.0, (2, 2), mode)
    assert ours[0].tolist() == padded[mode]

# %% [markdown]
# Zeros invent a black frame. The other three copy cells of the picture: *reflect* mirrors, *replicate* repeats the edge,
# *circular* goes on at the opposite end. In torch they are the values of `padding_mode` in `torch.nn.Conv2d`. Which real
# cell does each cell of the padded row copy? The package asks just that, and calls a zero −1:

# %%
{mode: cnnlab.sliding.padding_source(4, 2, 2, mode).tolist() for mode in padded}

# %%
assert cnnlab.sliding.padding_source(4, 2, 2, "zeros").tolist() == [-1, -1, 0, 1, 2, 3, -1, -1]
for mode in ("reflect", "replicate", "circular"):
    source = cnnlab.sliding.padding_source(4, 2, 2, mode)
    assert one_to_four[source].tolist() == padded[mode]

# %% [markdown]
# In two directions the rule works on rows and on columns. The picture is framed; pick a number outside the frame, guess
# which cell it copies, and follow the dotted line. The corners come out by themselves: the columns are copied from padded
# rows. Then set the padding to 3: which mode can't do that, and why? (`explore.padding([1, 2, 3, 4])` shows a row.)

# %% tags=["explorer"]
twelve = np.arange(1, 13).reshape(3, 4)
explore.padding(twelve)

# %%
corners = [int(cnnlab.pad(twelve, [(2, 2), (2, 2)], mode)[0, 0]) for mode in padded]
assert corners == [0, 11, 1, 7]

# %% [markdown]
# On a piece of the photo one sees what a kernel near the border gets to read. Zeros draw a sharp edge where there is
# none, circular another one; reflect and replicate go on without a jump.

# %%
piece = images.photo()[40:90, 40:110].transpose(2, 0, 1)
wide = [cnnlab.pad(piece, [(16, 16), (16, 16)], mode).transpose(1, 2, 0) for mode in padded]
figures.images_row(
    wide,
    list(padded),
    height=1.9,
    alt="A piece of the photo with a black frame; mirrored at its edges; with smeared edges; as a tile.",
)

# %% [markdown]
# A mirror has an end: reflect can fill fewer cells than the picture has, circular at most as many. Replicate and zeros
# go as far as you like. (In `torch.nn.functional.pad` the list begins with the last axis: left, right, top, bottom.)

# %%
assert "less than" in refusal(lambda: torch.nn.functional.pad(torch.zeros(1, 4), (4, 4), "reflect"))
assert torch.nn.Conv2d(1, 1, 3).padding_mode == "zeros"
assert "at most 3" in refusal(lambda: cnnlab.pad(one_to_four, 4, "reflect"))
assert cnnlab.pad(one_to_four, 4, "circular").tolist() == [1, 2, 3, 4] * 3
assert "at most 4" in refusal(lambda: cnnlab.pad(one_to_four, 5, "circular"))
assert torch.nn.functional.pad(torch.zeros(5, 5), (1, 0, 2, 0)).shape == (5 + 2, 5 + 1)

# %% [markdown]
# ### Exercise 2.3 · `pad2d` (core, 5 min)
#
# Put `padding` cells on all four sides of the last two axes of an input (N, C, H, W), in any of the four modes.
#
# Common error: the edge cell repeated in mode reflect. `1234` padded by 2 begins with 32, not with 21.
#
# <details><summary>Hint 1 of 4</summary>
#
# Zeros first: `out = np.zeros((*input.shape[:-2], H + 2 * p, W + 2 * p))`, then `out[..., p : p + H, p : p + W] = input`.
#
# </details>
# <details><summary>Hint 2 of 4</summary>
#
# For the others, count the cells of a padded axis as −p, ..., −1, 0, 1, ..., n + p − 1: `cell = np.arange(-p, n + p)`.
# Which real cell does each one copy?
#
# </details>
# <details><summary>Hint 3 of 4</summary>
#
# Replicate: `cell.clip(0, n - 1)`. Circular: `cell % n`. Reflect: `n - 1 - abs(n - 1 - abs(cell))`, a mirror on cell 0 and
# one on cell n − 1.
#
# </details>
# <details><summary>Hint 4 of 4</summary>
#
# With `rows` and `columns` as such lists of sources, the result is
# `input.take(rows, axis=-2).take(columns, axis=-1)`.
#
# </details>


# %%
def my_pad2d(input, padding, mode="zeros"):
    """Return the padded input: (N, C, H, W) makes (N, C, H + 2 * padding, W + 2 * padding)."""
    ### BEGIN SOLUTION
    p, (h, w) = padding, input.shape[-2:]
    if mode == "zeros":
        out = np.zeros((*input.shape[:-2], h + 2 * p, w + 2 * p))
        out[..., p : p + h, p : p + w] = input
        return out
    sources = []
    for n in (h, w):
        cell = np.arange(-p, n + p)
        mirrored = n - 1 - abs(n - 1 - abs(cell))
        copies = {"reflect": mirrored, "replicate": cell.clip(0, n - 1), "circular": cell % n}
        sources.append(copies[mode])
    rows, columns = sources
    return input.take(rows, axis=-2).take(columns, axis=-1)
    ### END SOLUTION


# %%
check("pad2d", my_pad2d)

# %%
show(cnnlab.sliding.padding_source)

# %% [markdown]
# **Say it back.** Which mode makes convolution exactly equivariant, as in 1.8, and which is the usual one?
#
# <details><summary>One way to say it</summary>
#
# Circular. The usual one, and torch's default, is zeros, although it draws an edge around the picture.
#
# </details>

# %% [markdown]
# ## 2.4 Taps further apart (5 min)
#
# How can nine weights look at a 5×5 patch?

# %%
predict(
    "A kernel of 3 taps with dilation 2. How many cells is it from its first tap to its last, both included?",
    5,
    because="Two steps of 2 cells, and one: d * (k - 1) + 1.",
)

# %%
who_reads(7, 3, dilation=2)

# %%
assert who_reads(7, 3, dilation=2)[0].tolist() == [1, 0, 1, 0, 1, 0, 0]
assert [1 * (3 - 1) + 1, 2 * (3 - 1) + 1, 3 * (3 - 1) + 1] == [3, 5, 7]
assert who_reads(7, 3, dilation=1).tolist() == who_reads(7, 3).tolist()

# %% [markdown]
# With dilation, the kernel reads every $d$-th cell and skips the ones between: a **dilated convolution** (空洞卷积), also
# called *atrous*. Three taps with dilation 2 span 5 cells and still cost three weights. Dilation is the step from tap to
# tap, not the number of holes: an ordinary kernel has dilation 1, and 0 is refused.

# %%
assert "at least 1" in refusal(lambda: cnnlab.conv1d(five, np.ones((1, 1, 3)), dilation=0))
zero_for_torch = refusal(lambda: torch.nn.functional.conv1d(row, torch.ones(1, 1, 3), dilation=0))
assert "greater than zero" in zero_for_torch

# %% [markdown]
# Nothing is put into the picture. If you want to think of zeros, think of them between the weights: a kernel of 5×5
# with 16 holes gives the same output.

# %%
ring = images.ring()[None]
nine_weights = np.arange(1, 10).reshape(1, 1, 3, 3)
with_holes = np.zeros((1, 1, 5, 5), dtype=int)
with_holes[:, :, ::2, ::2] = nine_weights
spread = cnnlab.conv2d(ring, nine_weights, dilation=2)
figures.heatmaps(
    [ring[0], with_holes[0, 0], spread[0]],
    ["picture 7×7", "3×3, dilation 2", "output 3×3"],
    outlines=[[(0, 1, 5, 5)], [], [(0, 1, 1, 1)]],
    alt="A picture with a framed 5×5 patch, a 5×5 kernel with nine numbers and zeros between, a 3×3 output.",
)

# %%
assert np.array_equal(spread, cnnlab.conv2d(ring, with_holes))
assert np.count_nonzero(with_holes) == 9
assert with_holes.size - 9 == 16

# %% [markdown]
# Holes have a price. Two layers in a row, both with kernel 3 and dilation 2, span 9 cells but read only every other one;
# dilations 1 and then 2 leave no gap. Multiply the tables of two layers, and you get the table of both together: how
# many ways lead from a cell to an output.

# %%
two_and_two = who_reads(5, 3, dilation=2) @ who_reads(9, 3, dilation=2)
one_and_two = who_reads(5, 3, dilation=2) @ who_reads(7, 3)
two_and_two.tolist(), one_and_two.tolist()

# %%
assert two_and_two.tolist() == [[1, 0, 2, 0, 3, 0, 2, 0, 1]]
assert one_and_two.tolist() == [[1, 1, 2, 1, 2, 1, 1]]

# %% [markdown]
# **Say it back.** What does dilation 3 do to a 3×3 kernel: to its weights, to the patch it spans, to the cells it reads?
#
# <details><summary>One way to say it</summary>
#
# Still nine weights and nine cells read, but spread over a 7×7 patch.
#
# </details>

# %% [markdown]
# ## 2.5 The whole conv2d (8 min)
#
# All three at once, and each of them different for height and width: what comes out?

# %%
predict(
    "Input (2, 3, 9, 12), weight (4, 3, 3, 3), stride (2, 3), padding 1, dilation (1, 2). What shape?",
    (2, 4, 5, 4),
    because="Rows: (9 + 2 - 3) // 2 + 1 = 5. Columns span 5: (12 + 2 - 5) // 3 + 1 = 4.",
)

# %%
rng = np.random.default_rng(0)
two_pictures = rng.integers(-5, 6, size=(2, 3, 9, 12))
four_filters = rng.integers(-5, 6, size=(4, 3, 3, 3))
settings = {"stride": (2, 3), "padding": 1, "dilation": (1, 2)}
maps = cnnlab.conv2d(two_pictures, four_filters, **settings)
maps.shape

# %%
torch_maps = torch.nn.functional.conv2d(
    torch.tensor(two_pictures), torch.tensor(four_filters), **settings
)
assert maps.shape == (2, 4, 5, 4)
assert np.array_equal(maps, torch_maps)

# %% [markdown]
# Output row $i$, column $j$ of filter $o$ reads its taps $a$, $b$ in the padded picture $x$ at
#
# $$y_{n,o,i,j} = b_o + \sum_{c}\sum_{a}\sum_{b} x_{n,c,\;i\,s_h + a\,d_h,\;j\,s_w + b\,d_w}\; w_{o,c,a,b}$$
#
# Stride multiplies the place, dilation the tap: that is all the difference from 1.4. ($b_o$ is the filter's bias.) $s_h$, $s_w$ are the strides along
# height and width, $d_h$, $d_w$ the dilations. A stride gives no new values. It computes only every $s$-th one:

# %%
every_place = cnnlab.conv2d(two_pictures, four_filters, padding=1, dilation=(1, 2))
assert np.array_equal(maps, every_place[:, :, ::2, ::3])

# %%
gray = images.photo_gray()[None]
sobel = images.kernel("sobel x")[None, None]
edges = [cnnlab.conv2d(gray, sobel, stride=s, padding=1)[0] for s in (1, 2, 4)]
figures.images_row(
    edges,
    [f"stride {s}: {edges[i].shape[0]}×{edges[i].shape[1]}" for i, s in enumerate((1, 2, 4))],
    signed=True,
    limit=2,
    alt="Sobel's answer to the photo at strides 1, 2 and 4, drawn equally large: ever coarser cells.",
)

# %% [markdown]
# At stride 4 each map has 32×36 cells, for a sixteenth of the work, and what lay between the places is gone. (The orange
# and blue lines at the left and right ends of the first map are no edges of the photo: zero padding drew them.) A part of
# equivariance goes too: a picture shifted by one cell no longer gives a shifted map, only a shift by a whole stride does.

# %%
assert [e.shape for e in edges] == [(128, 144), (64, 72), (32, 36)]
assert edges[0].size == 16 * edges[2].size
around = {"stride": 4, "padding": 1, "padding_mode": "circular"}
shifted = {n: cnnlab.conv2d(np.roll(gray, n, axis=2), sobel, **around) for n in (0, 1, 4)}
assert np.allclose(shifted[4], np.roll(shifted[0], 1, axis=2))
assert not any(np.allclose(shifted[1], np.roll(shifted[0], n, axis=2)) for n in range(36))

# %% [markdown]
# ### Exercise 2.5 · `conv2d_full` (core, 7 min)
#
# Your `conv2d` of 1.4 with stride, padding (zeros) and dilation, each an int or a pair (height, width).
#
# Common error: height and width exchanged in a pair. The first number is for the rows.
#
# <details><summary>Hint 1 of 4</summary>
#
# Make pairs first: `sh, sw = stride if isinstance(stride, tuple) else (stride, stride)`, and likewise for the other two.
#
# </details>
# <details><summary>Hint 2 of 4</summary>
#
# Pad once, with `np.pad(input, [(0, 0), (0, 0), (ph, ph), (pw, pw)])`. From there on there is no padding.
#
# </details>
# <details><summary>Hint 3 of 4</summary>
#
# The number of rows is the formula of 2.1 on the padded picture: `(x.shape[2] - dh * (kh - 1) - 1) // sh + 1`.
#
# </details>
# <details><summary>Hint 4 of 4</summary>
#
# The window of place (i, j) is
# `x[:, :, i * sh : i * sh + dh * (kh - 1) + 1 : dh, j * sw : j * sw + dw * (kw - 1) + 1 : dw]`, shape (N, C, kh, kw).
#
# </details>


# %%
def my_conv2d_full(input, weight, bias=None, stride=1, padding=0, dilation=1):
    """Return the feature maps: (N, C, H, W), (O, C, kh, kw), (O,) make (N, O, rows, columns)."""
    ### BEGIN SOLUTION
    pairs = [v if isinstance(v, tuple) else (v, v) for v in (stride, padding, dilation)]
    (sh, sw), (ph, pw), (dh, dw) = pairs
    kh, kw = weight.shape[2:]
    x = np.pad(input, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    rows = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    columns = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    out = np.zeros((len(input), len(weight), rows, columns))
    for i, j in np.ndindex(rows, columns):
        down = slice(i * sh, i * sh + dh * (kh - 1) + 1, dh)
        across = slice(j * sw, j * sw + dw * (kw - 1) + 1, dw)
        out[:, :, i, j] = np.einsum("nchw,ochw->no", x[:, :, down, across], weight)
    return out if bias is None else out + bias[:, None, None]
    ### END SOLUTION


# %%
check("conv2d_full", my_conv2d_full)

# %% [markdown]
# In the package the same formula stands as nested loops, to be read, and as faster forms, to be used; lesson 09 is about
# those. Find the stride and the dilation in this one:

# %%
show(cnnlab.fast.loops.correlate)

# %% [markdown]
# **Say it back.** In the index of $x$, what does the stride multiply, and what the dilation?
#
# <details><summary>One way to say it</summary>
#
# The stride multiplies the place of the window, the dilation the number of the tap inside the window.
#
# </details>

# %% [markdown]
# ## 2.6 How far one output sees (8 min)
#
# One 3×3 kernel sees nine cells. What does a cell deep inside a network see?

# %%
predict(
    "Two convolutions in a row, both with a kernel of 3, stride 1. How many input cells does one output see?",
    5,
    because="It sees three cells of the first layer; those overlap and together see 3 + 1 + 1.",
)

# %%
ways = who_reads(5, 3) @ who_reads(7, 3)
ways

# %%
assert ways[0].tolist() == [1, 2, 3, 2, 1, 0, 0]
assert (ways > 0).sum(axis=1).tolist() == [5, 5, 5]

# %%
predict(
    "Now the first of the two has stride 2. How many input cells does one output of the second see?",
    7,
    because="The neighbours it reads lie 2 input cells apart: 3 + 2 + 2.",
)

# %%
with_stride = who_reads(4, 3) @ who_reads(9, 3, stride=2)
(with_stride > 0).sum(axis=1)

# %%
assert (with_stride > 0).sum(axis=1).tolist() == [7, 7]

# %% [markdown]
# What an output sees is its **receptive field** (感受野). Go through the layers from the input on and keep three numbers:
# the field $r$; the *jump* $j$, how many input cells lie between neighbours; the *effective padding* $P$, how far the
# first field hangs over the edge. They start as 1, 1 and 0, and a layer with kernel $k$, stride $s$, padding $p$,
# dilation $d$ makes
#
# $$r \leftarrow r + d\,(k-1)\,j \qquad P \leftarrow P + p\,j \qquad j \leftarrow j\,s$$
#
# The jump comes last: a layer's own taps lie on its input, and its stride counts only for the layers after it.

# %% tags=["explorer"]
explore.receptive_field([(3, 2), (3, 1)], outputs=2)

# %% [markdown]
# Follow the orange lines down from the top cell on the left: it reads three cells, and they read seven between them,
# because each reads three and neighbours share one. The top cell on the right sees seven cells too, two cells further
# on: that distance is the jump. Now add a third layer in your head, again with kernel 3: its taps lie two cells apart,
# so its field has eleven cells.

# %%
field = tracing.Field().after(3, 2, 0, 1).after(3, 1, 0, 1)
assert (field.size, field.jump, field.padding) == (7, 2, 0)
assert field.after(3, 1, 0, 1).size == 11
assert with_stride.astype(bool)[1].tolist() == [False] * 2 + [True] * 7

# %% [markdown]
# Pooling layers are windows as well and count in the same way. The tracer keeps all three numbers; here are AlexNet and
# VGG-16 behind their last pooling layers:

# %%
alexnet = cnnlab.trace(architectures.alexnet()[:13], (3, 224, 224))
vgg = cnnlab.trace(architectures.vgg16()[:31], (3, 224, 224))
[(t.receptive_field, t["jump"][-1], t["padding"][-1]) for t in (alexnet, vgg)]

# %%
assert (alexnet.receptive_field, alexnet["jump"][-1], alexnet["padding"][-1]) == (195, 32, 66)
assert (vgg.receptive_field, vgg["jump"][-1], vgg["padding"][-1]) == (212, 32, 90)

# %% [markdown]
# The fields published for these two networks (the last paper below) are 195 and 212 as well. Do not take anyone's word for
# it: ask the gradient of one output which cells it depends on. Below are both networks along one axis, with all weights
# equal and means for pools, as chains of (kernel, stride, padding).


# %%
def reach(layers, n, place):
    """Return the gradient of one output with respect to n input cells, all weights equal."""
    cells = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    values = cells
    for k, s, p in layers:
        taps = torch.full((1, 1, k), 1 / k, dtype=torch.float64)
        values = torch.nn.functional.conv1d(values, taps, stride=s, padding=p)
    values[0, 0, place].backward()
    return cells.grad[0, 0].numpy()


# %%
conv, pool = (3, 1, 1), (2, 2, 0)
vgg_chain = [conv] * 2 + [pool] + [conv] * 2 + [pool] + ([conv] * 3 + [pool]) * 3
alexnet_chain = [(11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), *[(3, 1, 1)] * 3, (3, 2, 0)]
inner, corner = reach(vgg_chain, 704, 11), reach(vgg_chain, 224, 0)
[int(np.count_nonzero(g)) for g in (inner, reach(alexnet_chain, 704, 10))]

# %%
assert np.count_nonzero(inner) == 212
assert np.count_nonzero(reach(alexnet_chain, 704, 10)) == 195
assert np.flatnonzero(inner)[0] == 11 * 32 - 90

# %%
predict(
    "VGG-16's first output in the corner: field 212, effective padding 90. How many real cells does it see along an axis?",
    122,
    because="Its field begins 90 cells before the picture: 212 - 90.",
)

# %%
figures.curves(
    np.arange(212),
    {"an inner output": inner[262 : 262 + 212]},
    title="one output of VGG-16, equal weights",
    xlabel="cell, from the left end of the field",
    ylabel="gradient",
    alt="A bell over 212 cells: high in the middle, almost zero towards both ends of the field.",
)

# %%
assert np.count_nonzero(corner) == 212 - 90 == 122
assert inner[262:][106 - 35 : 106 + 35].sum() > 0.75

# %% [markdown]
# The field says what an output *can* see. Many ways lead to its middle and few to its ends: with equal weights, 70
# cells in the middle carry more than three quarters of the whole. The part that counts is called the
# **effective receptive field** (有效感受野); at a corner, part of the field is padding besides.

# %% [markdown]
# ### Exercise 2.6 · `receptive_field` (core, 4 min)
#
# `layers` is a list of (kernel_size, stride, dilation), from the input on. Return how many input cells one output sees
# along the axis. Padding plays no part in that.
#
# Common error: multiplying the jump by a layer's stride before its taps are counted.
#
# <details><summary>Hint 1 of 2</summary>
#
# Two numbers, both 1 at the start: `size` and `jump`. A loop over the layers changes both.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `size += d * (k - 1) * jump`, and after it `jump *= s`.
#
# </details>


# %%
def my_receptive_field(layers):
    """Return how many input cells one output sees, an int, for [(kernel_size, stride, dilation), ...]."""
    ### BEGIN SOLUTION
    size = jump = 1
    for kernel_size, stride, dilation in layers:
        size += dilation * (kernel_size - 1) * jump
        jump *= stride
    return size
    ### END SOLUTION


# %%
check("receptive_field", my_receptive_field)

# %%
show(tracing.Field)

# %% [markdown]
# **Say it back.** Two 3×3 layers see as far as one 5×5 layer. How many weights does each way take, with one channel?
#
# <details><summary>One way to say it</summary>
#
# 18 against 25: that is why VGG stacks small kernels.
#
# </details>

# %% [markdown]
# ## 2.7 Why 7×7 in the linear layer? (4 min)
#
# In the code of VGG-16 stands `Linear(512 * 7 * 7, 4096)`. Where does the 7 come from?

# %%
predict(
    "A 224x224 picture. Five pools halve it; the padded 3x3 convolutions keep the size; 512 channels at the end. "
    "How many values go into the linear layer?",
    25088,
    because="224 / 2 / 2 / 2 / 2 / 2 = 7, and 512 * 7 * 7 = 25088.",
)

# %%
behind_pools = [row.shape for row in vgg if "Pool" in row.layer]
behind_pools

# %%
assert behind_pools[-1] == (512, 7, 7)
assert 512 * 7 * 7 == 25_088
assert [shape[1] for shape in behind_pools] == [112, 56, 28, 14, 7]

# %% [markdown]
# It comes from the picture, not from the layer: a linear layer has a weight for each value, so its size fixes the size of the
# input. Send 256×256 through the same layers and 8×8 arrives. The convolutions do not mind; the linear layer does. So
# take a small network made for 32×32 pictures and give it a digit of 28×28:

# %%
small = torch.nn.Sequential(
    *(torch.nn.Conv2d(1, 6, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
    *(torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
    *(torch.nn.Flatten(), torch.nn.Linear(400, 10)),
)
refusal(lambda: small(torch.zeros(1, 1, 28, 28)))

# %% [markdown]
# torch is right, but it does not say where its 256 comes from. The tracer goes through the shapes without computing:

# %%
cnnlab.trace(small, (1, 28, 28))

# %%
misfit = cnnlab.trace(small, (1, 28, 28)).error
assert "expects 400 values, the layer before gives 16x4x4 = 256" in misfit
assert cnnlab.trace(small, (1, 32, 32)).output_shape == (10,)
assert cnnlab.trace(architectures.vgg16(), (3, 256, 256)).error.startswith("Linear expects 25088")
assert cnnlab.trace(architectures.vgg16()[:31], (3, 256, 256)).output_shape == (512, 8, 8)

# %% [markdown]
# There are three ways out: write `Linear(256, 10)`; give the first layer padding 2, so that 28 + 4 = 32; or put a layer
# before it that gives 5×5 for any picture, which is *adaptive* pooling, lesson 04.

# %%
small[0].padding = (2, 2)
assert cnnlab.trace(small, (1, 28, 28)).output_shape == (10,)
assert small(torch.zeros(1, 1, 28, 28)).shape == (1, 10)

# %% [markdown]
# **Say it back.** Which layers of a network care about the size of the picture?
#
# <details><summary>One way to say it</summary>
#
# Convolution and pooling take any size that their window fits on. A linear layer takes one size only.
#
# </details>

# %% [markdown]
# ## You can now (2 min)
#
# - say how many places a window has, and which cells it never reads;
# - pad in four modes, and say where each value is copied from;
# - use the whole of `conv2d`: stride, padding and dilation, for height and width;
# - say how far an output sees, and prove it with a gradient;
# - find out why a linear layer does not fit.
#
# Five questions, mixed:

# %%
predict("n = 10, kernel 3, stride 2, padding 1: how many places?", 5, "(10 + 2 - 3) // 2 + 1.")

# %%
predict(
    "The row 1 2 3, padded by 1 in mode 'circular': which five numbers?",
    (3, 1, 2, 3, 1),
    because="On the left goes on the right end, on the right the left end.",
)

# %%
predict(
    "Input (1, 8, 32, 32), weight (16, 8, 3, 3), dilation 4, padding 4: what shape?",
    (1, 16, 32, 32),
    because="The kernel spans 9, and 32 + 8 - 9 + 1 = 32: padding d keeps the size of a 3x3 with dilation d.",
)

# %%
predict(
    "Three layers, kernel 3, stride 1, dilations 1, 2, 4: how many cells does an output see along an axis?",
    15,
    because="1 + 2 * 1 + 2 * 2 + 2 * 4.",
)

# %%
predict(
    "A stride of 2 instead of 1, all else equal. What happens to the number of weights?",
    "it stays",
    choices=["it halves", "it stays", "it doubles"],
    because="The stride says where the kernel goes, not how large it is.",
)

# %% [markdown] tags=["instructor"]
# **Instructor.** Answers to the three stretch exercises below. (1) Twelve settings, all with stride 4; the six with a kernel of
# at least 4 that ends at the last cell leave nothing unread. (2) `(ceil(n / s) - 1) * s + k - n` cells in all, the odd one to the right: 2
# and 3. (3) The product of the ten tables is a single row of ones.

# %% tags=["instructor"]
settings_of_56 = [
    (k, s, p)
    for k, s, p in np.ndindex(8, 5, 4)
    if k and s and cnnlab.output_size(224, k, s, p) == 56
]
all_read = [c for c in settings_of_56 if who_reads(224, *c).any(axis=0).all()]
assert (len(settings_of_56), len(all_read)) == (12, 6)
assert {s for _, s, _ in settings_of_56} == {4}
assert all_read == [(4, 4, 0), (5, 4, 1), (6, 4, 1), (6, 4, 2), (7, 4, 2), (7, 4, 3)]
in_all = (-(-224 // 2) - 1) * 2 + 7 - 224
assert (in_all // 2, in_all - in_all // 2) == (2, 3)
ways_through = [who_reads(1 + sum(2**i for i in range(e, 10)), 2, dilation=2**e) for e in range(10)]
one_way_each = np.linalg.multi_dot(ways_through[::-1])
assert one_way_each.tolist() == [[1] * 1024]

# %% [markdown]
# If you want more:
#
# 1. The formula backwards: list every kernel up to 7, stride up to 4 and padding up to 3 that turns `224` into `56`. Which of
#    them leave no cell unread?
# 2. Other frameworks allow "same" with a stride: the output has `ceil(n / s)` cells. How many cells of padding does that
#    take, left and right? Write it, and try `224` with kernel 7 and stride 2: it is not 3 and 3.
# 3. Ten layers with kernel 2 and dilations 1, 2, 4, ..., `512` see `1024` cells. Show with `who_reads` that each of these
#    cells has exactly one way to the output.
#
# ### Read on
#
# - V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning* (2016): this lesson's formula, drawn.
# - F. Yu, V. Koltun, *Multi-scale context aggregation by dilated convolutions* (2016).
# - W. Luo, Y. Li, R. Urtasun, R. Zemel, *Understanding the effective receptive field in deep convolutional neural
#   networks* (2016): the bell of 2.6.
# - A. Araujo, W. Norris, J. Sim, *Computing receptive fields of convolutional neural networks* (2019), Distill.
