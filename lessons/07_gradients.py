# %% [markdown]
# # 07 Gradients (60 min)
#
# Training asks one question over and over: if this number were a little larger, would the loss (one number that says how
# wrong the network is) go up or down, and how fast? A network has millions of such numbers, and one walk backwards answers for all of them at once.
#
# By the end you have written that walk for convolution, pooling and ReLU, and the checker that finds mistakes in it. torch
# has checked each of them.

# %%
import numpy as np
import torch
from torch.nn import functional as F

import cnnlab
from cnnlab import check, explore, figures, images, predict, show

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 7.1 to 7.4. Keep one sentence on the board: "times what it met, and added up". It is the
# answer to most of the questions here. With a slow room give 7.4's average pooling as homework.

# %% [markdown]
# ## 7.1 Turn one number (11 min)
#
# How much does the loss move when one cell does?
#
# Take a picture of 3×3, the kernel (1 2 / 3 4) and, as a loss, the sum of all four outputs.

# %%
predict(
    "Kernel (1 2 / 3 4) on a 3x3 picture, loss = the sum of the 4 outputs. The middle cell grows by 1. The loss grows by?",
    10,
    because="The middle cell lies under all four windows, once under each tap: 4 + 3 + 2 + 1.",
)

# %%
image, kernel = images.ring()[1:4, 1:4].astype(float), np.array([[1.0, 2.0], [3.0, 4.0]])


def respond(picture, kernel):
    """Return the answer of one picture to one kernel at all places."""
    return cnnlab.conv2d(picture[None, None], kernel[None, None])[0, 0]


turned = image.copy()
turned[1, 1] += 1
float(respond(turned, kernel).sum() - respond(image, kernel).sum())

# %%
by_torch = torch.tensor(image, requires_grad=True)
F.conv2d(by_torch[None, None], torch.tensor(kernel)[None, None]).sum().backward()
assert respond(turned, kernel).sum() - respond(image, kernel).sum() == 10
assert by_torch.grad.tolist() == [[1, 3, 2], [4, 10, 6], [3, 7, 4]]

# %% [markdown]
# The loss moves 10 times as much as the middle cell. Do the same by hand for a corner: one window, one tap, 1. An edge
# cell lies under two windows: 1 + 2 = 3 at the top. One such slope for each cell, laid out in the shape of the picture,
# is the **gradient** (梯度); torch keeps it in `.grad`.

# %%
slopes = by_torch.grad.numpy()
figures.heatmaps(
    [image, kernel, slopes],
    ["picture", "kernel", "gradient of the loss"],
    outlines=[[(1, 1, 1, 1)], [], [(1, 1, 1, 1)]],
    alt="A 3×3 picture, the kernel 1 2 3 4, and the gradient: 1 3 2, then 4 10 6, then 3 7 4.",
)

# %% [markdown]
# Usually the loss is no straight line, and a step of 1 is too long. Step a little to both sides instead, and divide by
# the way between. This **difference quotient** (差商) is called central:
#
# $$\frac{\partial f}{\partial x} \approx \frac{f(x + \varepsilon) - f(x - \varepsilon)}{2\varepsilon}$$
#
# Try it on $x^3$ at 1, where the slope is 3. With $\varepsilon = 0.5$ a step to one side gives 4.75, the central one 3.25.


# %%
def cube(x):
    """Return x to the third: no library function whose last digit might differ."""
    return x * x * x


forward = (cube(1.5) - cube(1.0)) / 0.5
central = (cube(1.5) - cube(0.5)) / (2 * 0.5)
assert (forward, central) == (4.75, 3.25)
assert (cube(1.25) - cube(1.0)) / 0.25 == 3.8125
assert (cube(1.25) - cube(0.75)) / (2 * 0.25) == 3.0625

# %% [markdown]
# Half the step makes the error of the one-sided quotient about half, that of the central one a quarter. So take tiny
# steps? Numbers have only so many digits: just above 1, the next float64 number is 2e-16 away, the next float32 1e-7.

# %%
predict(
    "In float32, what is 1 + 1e-8?",
    1,
    because="The next float32 number after 1 is about 1.0000001: 1.00000001 is rounded to 1.",
)

# %%
gaps = [float(np.finfo(name).eps) for name in ("float64", "float32")]
unmoved = np.float32(1) + np.float32(1e-8)
gaps, float(unmoved)


# %%
def error(dtype, power, one_sided=False):
    """Return how wrong the quotient of x³ at 0.7 is with a step of 10 to that power."""
    x, step = dtype(0.7), dtype(10.0**power)
    back = dtype(0) if one_sided else step
    return abs(float((cube(x + step) - cube(x - back)) / (step + back)) - 1.47)


# %%
powers = np.arange(-15, 0)
figures.curves(
    powers,
    {
        "one side, float64": [error(np.float64, p, True) for p in powers],
        "central, float64": [error(np.float64, p) for p in powers],
        "central, float32": [error(np.float32, p) for p in powers],
    },
    xlabel="step: 10 to the power of",
    ylabel="error of the slope",
    log=True,
    alt="Three curves like a V: errors fall with the step, then rise; float32 ends flat, 100 % wrong.",
)

# %%
assert unmoved == 1
assert [f"{gap:.0e}" for gap in gaps] == ["2e-16", "1e-07"]
assert error(np.float64, -5) < 1.5e-10 < 1e-5 < error(np.float64, -5, one_sided=True)
assert error(np.float64, -1) > 1e-3
assert error(np.float64, -14) > 1e-4
assert error(np.float32, -3) < 1e-4 < 1e-3 < error(np.float32, -5)
assert error(np.float32, -8) == 1.47

# %% [markdown]
# From the right, errors fall with the step: it is too large. To the left they rise again: two nearly equal numbers are
# subtracted, and what is left is their rounding. In float64 a step of 1e-5 is good for ten digits. In float32 the same
# step is off in the third, and at 1e-8 x does not move at all: the slope comes out as 0. **Check gradients in float64.**

# %% [markdown]
# ### Exercise 7.1 · `numeric_gradient` (core, 6 min)
#
# `f` takes an array and returns one number. Return its gradient at `x`, in the shape of `x`, by central differences.
# It is the first half of a gradient checker; 7.6 has the second.
#
# Common error: a number that is not put back before the next one moves.
#
# <details><summary>Hint 1 of 3</summary>
#
# Every number moves alone: twice as many calls of `f` as `x` has numbers.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# `for i in np.ndindex(x.shape)` gives each number's index, whatever the shape; `x[i]` is the number.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# Make a `step = np.zeros(x.shape)` with `step[i] = eps`. Then `x` itself never changes: `f(x + step) - f(x - step)`.
#
# </details>


# %%
def my_numeric_gradient(f, x, eps=1e-5):
    """Return the slope of f for each number of x, in the shape of x."""
    ### BEGIN SOLUTION
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = eps
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient
    ### END SOLUTION


# %%
check("numeric_gradient", my_numeric_gradient)

# %% [markdown]
# Why not train with it? AlexNet's first layer has 34,944 numbers (lesson 1.7). One gradient of it would take 69,888
# runs of the network. The rest of this lesson needs one run forwards and one backwards.

# %%
alexnet_1 = torch.nn.Conv2d(3, 96, 11, stride=4)
assert sum(p.numel() for p in alexnet_1.parameters()) == 34_944
assert 2 * 34_944 == 69_888

# %% [markdown]
# **Say it back.** What goes wrong with a step of 0.1, and what with one of 1e-14?
#
# <details><summary>One way to say it</summary>
#
# 0.1 is too long: the function bends on the way. 1e-14 is too short: the difference is made of rounding.
#
# </details>

# %% [markdown]
# ## 7.2 The way back is the transpose (8 min)
#
# Forwards, a window gathers cells into an output. What does the road look like in the other direction?
#
# Lesson 1.7 wrote a convolution as a matrix. Here it is for 3×3 cells and 2×2 outputs: one row for each output, one
# column for each cell.

# %%
predict(
    "The matrix of that convolution has shape (4, 9). How many of the 9 numbers in each row are not zero?",
    4,
    because="A row is one output, and an output reads the four cells under its window.",
)

# %%
units = np.eye(9).reshape(9, 3, 3)
matrix = np.array([respond(unit, kernel).ravel() for unit in units]).T
figures.heatmaps(
    [matrix, matrix.T],
    ["forward: 9 cells to 4 outputs", "backward: 4 to 9"],
    alt="A 4×9 matrix with 1 2 3 4 in each row, moved along; beside it the same matrix turned on its side.",
)

# %%
assert (np.count_nonzero(matrix, axis=1) == 4).all()
assert np.array_equal(matrix @ image.ravel(), respond(image, kernel).ravel())

# %% [markdown]
# Let $g$ be the gradient at the outputs, `grad_output`: how fast the loss moves with each of them. A cell $x_j$ moves
# output $i$ by $A_{ij}$, and output $i$ moves the loss by $g_i$. Over all outputs:
#
# $$\frac{\partial L}{\partial x_j} = \sum_i A_{ij}\, g_i \qquad\text{so}\qquad \frac{\partial L}{\partial x} = A^{\mathsf T} g$$
#
# Forwards you read rows: what does an output gather? Backwards you read columns: whom did a cell serve?

# %%
g = np.array([[1.0, 0.0], [-2.0, 5.0]])
zero_bias = np.zeros(1)
back, _, _ = cnnlab.conv2d_backward(g[None, None], image[None, None], kernel[None, None], zero_bias)
back[0, 0]

# %%
assert np.array_equal(back[0, 0].ravel(), matrix.T @ g.ravel())
assert np.array_equal(back[0, 0], [[1, 2, 0], [1, 5, 10], [-6, 7, 20]])
transposed = F.conv_transpose2d(torch.tensor(g)[None, None], torch.tensor(kernel)[None, None])
assert np.array_equal(back, transposed.numpy())

# %% [markdown]
# The transpose of a linear operator is also called its **adjoint** (伴随算子), and torch has it as a layer of its own,
# **transposed convolution** (转置卷积): the same road back, used to enlarge maps. To test an adjoint you need no matrix.
# For any $x$ and any $y$
#
# $$\langle A x,\; y \rangle = \langle x,\; A^{\mathsf T} y \rangle$$
#
# One line, and it holds for a whole photo.

# %%
gray = images.photo_gray()[None, None]
sobel, any_y = (
    images.kernel("sobel x")[None, None],
    np.random.default_rng(0).normal(size=(1, 1, 126, 142)),
)
there = (cnnlab.conv2d(gray, sobel) * any_y).sum()
and_back = (gray * cnnlab.conv2d_backward(any_y, gray, sobel)[0]).sum()
float(there.round(6)), float(and_back.round(6))

# %%
flipped = sobel[:, :, ::-1, ::-1]
assert np.isclose(there, and_back)
assert not np.isclose(there, (gray * cnnlab.conv2d_backward(any_y, gray, flipped)[0]).sum())

# %% [markdown]
# The way back is a convolution too. A cell's column holds the kernel in reverse: the window that starts at the cell
# met it with its first tap, the one before with its second. So lay the *flipped* kernel on `g`, padded with k − 1 zeros
# on every side so that border cells get their share. This is **full correlation** (完全互相关).

# %%
full = respond(np.pad(g, 1), kernel[::-1, ::-1])
assert np.array_equal(full, back[0, 0])
assert not np.array_equal(respond(np.pad(g, 1), kernel), back[0, 0])

# %% [markdown]
# Below, hover over an input cell: it shows every output that uses it, and with which weight. Click into the picture and
# press `g`: the input now shows its gradient, if every output's is 1. Press `s` and widen the stride to 2.

# %% tags=["explorer"]
explore.conv2d(images.ring(), np.ones((3, 3)), padding=0)


# %%
def uses(stride):
    """Return how often each cell of 7x7 is read by a 3x3 kernel: its gradient if all else is 1."""
    asked = np.ones((1, *[cnnlab.output_size(7, 3, stride)] * 2))
    ones = np.ones((1, 1, 3, 3))
    return cnnlab.conv2d_backward(asked, np.zeros((1, 7, 7)), ones, stride=stride)[0][0]


figures.heatmaps(
    [uses(1), uses(2)],
    ["stride 1", "stride 2"],
    alt="Two 7×7 maps: 1 at the corners rising to 9 in the middle; and a checkered pattern of 1, 2 and 4.",
)

# %%
assert uses(1)[0].tolist() == [1, 2, 3, 3, 3, 2, 1]
assert uses(1).max() == 9
assert uses(2)[2].tolist() == [2, 2, 4, 2, 4, 2, 2]
assert set(uses(2).ravel()) == {1, 2, 4}

# %% [markdown]
# With stride 1 the border gets less than the middle, 1 to 9. With stride 2 and an odd kernel the middle is uneven too,
# 1, 2 and 4 in turn: a checkerboard. Networks that draw with transposed convolutions show just this pattern.

# %% [markdown]
# **Say it back.** Forwards a window gathers. What does it do backwards?
#
# <details><summary>One way to say it</summary>
#
# It scatters: every output sends its gradient to the cells it was made of, times the weight each of them met, and a cell
# adds up what arrives.
#
# </details>

# %% [markdown]
# ## 7.3 Three gradients of a convolution (13 min)
#
# Input, weight and bias all had a part in the output. What does each get back?

# %% [markdown] tags=["instructor"]
# **Instructor.** Wrong answers to expect: 1 (the bias is one number) and 20 (one picture). Ask who used the bias.

# %%
predict(
    "2 pictures, 3 filters, 4x5 places; every grad_output is 1. What does one filter's bias get?",
    40,
    because="It was added at each of 4 * 5 places in each of 2 pictures: 2 * 4 * 5.",
)

# %%
x, w, b = (torch.tensor(np.random.default_rng(i).normal(size=s), requires_grad=True)
           for i, s in enumerate([(2, 2, 5, 6), (3, 2, 2, 2), (3,)]))  # fmt: skip
F.conv2d(x, w, b).sum().backward()
b.grad.tolist(), x.grad.shape, w.grad.shape

# %%
assert b.grad.tolist() == [40, 40, 40]
assert (x.grad.shape, w.grad.shape) == (x.shape, w.shape)
ours = cnnlab.conv2d_backward(np.ones((2, 3, 4, 5)), *(t.detach().numpy() for t in (x, w, b)))
assert all(np.allclose(mine, t.grad) for mine, t in zip(ours, (x, w, b), strict=True))

# %% [markdown]
# One product $x \cdot w$ has the slope $w$ for $x$ and $x$ for $w$. So each product that went into an output sends that
# output's $g$ back twice, times what it met:
#
# | gradient of | what it met | added up over |
# |---|---|---|
# | input | the weight | filters and windows that read the cell |
# | weight | the input under the tap | pictures and places |
# | bias | 1 | pictures and places |
#
# $$\frac{\partial L}{\partial w_{o,c,a,b}} = \sum_{n,i,j} g_{n,o,i,j}\; x_{n,c,\,i+a,\,j+b} \qquad \frac{\partial L}{\partial b_o} = \sum_{n,i,j} g_{n,o,i,j}$$
#
# Read the first sum aloud: the input is correlated with `g`, as if `g` were the kernel. No flip, and no division by the
# number of pictures: if the loss is a mean, $g$ holds that already.

# %%
by_weight = respond(image, g)
figures.heatmaps(
    [image, g, by_weight],
    ["input", "grad_output", "gradient of the weight"],
    outlines=[[(0, 0, 2, 2)], [], [(0, 0, 1, 1)]],
    alt="The 3×3 input, the 2×2 gradient of the output laid on it as a kernel, and the 2×2 gradient of the weight.",
)

# %%
_, weight_slopes, bias_slope = cnnlab.conv2d_backward(
    g[None, None], image[None, None], kernel[None, None], zero_bias
)
assert np.array_equal(weight_slopes[0, 0], by_weight)
assert bias_slope.tolist() == [g.sum()] == [4]

# %% [markdown]
# What can this gradient do? Give a kernel of zeros 50 handwritten digits and Sobel's answers to them, and let it go
# downhill: a small step against the gradient, 200 times.

# %%
pictures = images.digits()[0][:50, None] / 16
answers = cnnlab.conv2d(pictures, sobel)
learned = np.zeros((1, 1, 3, 3))
films = {}
for step in range(1, 201):
    difference = cnnlab.conv2d(pictures, learned) - answers
    learned = (
        learned - 0.5 * cnnlab.conv2d_backward(difference / answers.size, pictures, learned)[1]
    )
    films |= {step: learned[0, 0]} if step in (1, 10, 200) else {}

# %%
figures.heatmaps(
    films.values(),
    ["after 1 step", "after 10", "after 200"],
    alt="Three kernels: a faint left-right difference; a clearer one; then almost −1 0 1, −2 0 2, −1 0 1.",
)

# %%
assert (films[1][:, 0] < 0).all()
assert (films[1][:, 2] > 0).all()
assert np.abs(films[1]).max() < 0.5
assert np.abs(films[200] - sobel[0, 0]).max() < 0.1

# %% [markdown]
# Already the first step knows left from right. After 200 the kernel is Sobel's to a tenth, found from examples alone.
# That is all training is; lesson 08 does it with a whole network.

# %% [markdown]
# ### Exercise 7.3 · `conv2d_backward` (core, 9 min)
#
# grad_output (N, O, rows, columns), input (N, C, H, W), weight (O, C, kh, kw); stride 1, no padding. Return three
# arrays: grad_input, grad_weight and grad_bias, each in the shape of what it belongs to; the bias has one number for each filter.
#
# Common error: `=` where windows overlap. Whatever is written twice must be added.
#
# <details><summary>Hint 1 of 4</summary>
#
# The bias first: `grad_output.sum(axis=(0, 2, 3))`. For the others begin with zeros in the right shape.
#
# </details>
# <details><summary>Hint 2 of 4</summary>
#
# Loop over places as forwards. `window = input[:, :, i : i + kh, j : j + kw]` is (N, C, kh, kw), and
# `g = grad_output[:, :, i, j]` is (N, O).
#
# </details>
# <details><summary>Hint 3 of 4</summary>
#
# The weight meets the window, added up over pictures: `grad_weight += np.einsum("no,nchw->ochw", g, window)`.
#
# </details>
# <details><summary>Hint 4 of 4</summary>
#
# The window gets the weights, added up over filters: `grad_input[:, :, i : i + kh, j : j + kw] += ...` with
# `np.einsum("no,ochw->nchw", g, weight)`.
#
# </details>


# %%
def my_conv2d_backward(grad_output, input, weight):
    """Return (grad_input, grad_weight, grad_bias), shaped as input, weight and (O,)."""
    ### BEGIN SOLUTION
    kh, kw = weight.shape[2:]
    grad_input, grad_weight = np.zeros(input.shape), np.zeros(weight.shape)
    for i, j in np.ndindex(grad_output.shape[2:]):
        g, window = grad_output[:, :, i, j], np.s_[:, :, i : i + kh, j : j + kw]
        grad_input[window] += np.einsum("no,ochw->nchw", g, weight)
        grad_weight += np.einsum("no,nchw->ochw", g, input[window])
    return grad_input, grad_weight, grad_output.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %%
check("conv2d_backward", my_conv2d_backward)

# %% [markdown]
# The package's plainest version goes product by product, as lesson 01's loops did. New are the two lines with `+=`: each
# product sends back twice.

# %%
show(cnnlab.fast.loops.correlate_backward)

# %% [markdown]
# **Say it back.** Why is the bias's gradient a sum over pictures and places?
#
# <details><summary>One way to say it</summary>
#
# The same number was added to every output of its filter, in every picture. Turning it moves all of them at once.
#
# </details>

# %% [markdown]
# ## 7.4 Pooling's routes (12 min)
#
# A max pool threw most cells away. Which of them hear from the loss?

# %%
predict(
    "(1, 5, 2) is max-pooled: kernel 2, stride 1. The outputs' gradients are 10 and 1. What does the 5 get back?",
    11,
    because="It won both windows, (1, 5) and (5, 2): 10 + 1.",
)

# %%
row = np.array([[1.0, 5.0, 2.0]])
routed = cnnlab.max_pool1d_backward(np.array([[10.0, 1.0]]), row, 2, stride=1)
routed

# %%
assert routed.tolist() == [[0, 11, 0]]
written_over = np.zeros(3)
for place, from_above in ((1, 10.0), (1, 1.0)):
    written_over[place] = from_above
assert written_over.tolist() == [0, 1, 0]

# %% [markdown]
# The winner of a window gets its gradient whole; turning another cell a little changes nothing, so the others get 0. A
# cell that wins two windows gets both. With `=` the second would wipe out the first: 1 instead of 11. Where kernel and
# stride are equal no cell is in two windows, and the mistake does not show, which is why so many programs have it.
#
# NumPy has the same trap in another coat: an index that occurs twice in one `+=` counts once.

# %%
once, each = np.zeros(3), np.zeros(3)
once[[1, 1]] += [10, 1]
np.add.at(each, [1, 1], [10, 1])
once.tolist(), each.tolist()

# %%
assert once.tolist() == [0, 1, 0]
assert each.tolist() == [0, 11, 0]

# %%
predict(
    "The window (3 7 / 7 1) has two largest cells, and its gradient is 6. What do the two sevens get, the first and the second?",
    (6, 0),
    because="torch reads row by row and keeps the first; half for each would be fair too, but is not what it does.",
)

# %%
tied = torch.tensor([[[[3.0, 7.0], [7.0, 1.0]]]], requires_grad=True)
(6 * F.max_pool2d(tied, 2)).sum().backward()
tied.grad[0, 0].tolist()

# %%
assert tied.grad[0, 0].tolist() == [[0, 6], [0, 0]]
assert cnnlab.max_pool2d_backward(np.full((1, 1, 1), 6.0), tied[0].detach().numpy(), 2).max() == 6

# %% [markdown]
# **Ties** go to the first in row-major order. They are not rare: behind a ReLU many windows hold nothing but zeros. At a
# tie max has a kink, and any share between the winners is a fair answer; what counts is that forwards and backwards
# agree on one.
#
# Average pooling has no winner. Its slope is $1/k^2$ for every cell, so each window shares its gradient evenly.

# %%
digit = images.digits()[0][4]
ones = np.ones((1, 3, 3))
to_winners = cnnlab.max_pool2d_backward(ones, digit[None], 3, stride=2)[0]
to_all = cnnlab.avg_pool2d_backward(ones, digit[None], 3, stride=2)[0] * 9
figures.heatmaps(
    [digit, to_winners, to_all],
    ["a four", "max 3, stride 2: routes", "mean: ninths"],
    alt="A digit four; the five cells that won, one of them four windows; a grid of 1, 2 and 4 ninths for the mean.",
)

# %%
assert (to_winners.sum(), np.count_nonzero(to_winners), to_winners.max()) == (9, 5, 4)
assert set(to_all.ravel().round(9)) == {0, 1, 2, 4}
assert to_all[7].tolist() == to_all[:, 7].tolist() == [0] * 8

# %% [markdown]
# Both pictures hold the same nine gradients of 1: on five winners, one of which won four windows, or in ninths on all
# cells that were read. The last row and column were in no window and get nothing. A mean sends something to everyone, which
# is one reason to average late (lesson 4.6).

# %% [markdown]
# ### Exercise 7.4 · `max_pool2d_backward` (core, 5 min)
#
# grad_output (N, C, rows, columns), input (N, C, H, W), whole numbers for kernel size and stride; with `stride=None`
# take the kernel size. Return the gradient of the input.
#
# Common error: every largest cell gets the gradient. Only the first one does.
#
# <details><summary>Hint 1 of 3</summary>
#
# Zeros in the shape of the input, and a loop over all outputs: `for n, c, i, j in np.ndindex(grad_output.shape)`.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# `window.argmax()` gives the first largest cell, counted row by row; `divmod(winner, window.shape[1])` makes row and
# column of it.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# `grad[n, c, i * s + row, j * s + column] += grad_output[n, c, i, j]`
#
# </details>


# %%
def my_max_pool2d_backward(grad_output, input, kernel_size, stride=None):
    """Return the gradient of the input, (N, C, H, W): each window's goes to its winner."""
    ### BEGIN SOLUTION
    k, s = kernel_size, stride or kernel_size
    grad = np.zeros(input.shape)
    for n, c, i, j in np.ndindex(grad_output.shape):
        window = input[n, c, i * s : i * s + k, j * s : j * s + k]
        row, column = divmod(window.argmax(), k)
        grad[n, c, i * s + row, j * s + column] += grad_output[n, c, i, j]
    return grad
    ### END SOLUTION


# %%
check("max_pool2d_backward", my_max_pool2d_backward)

# %% [markdown]
# ### Exercise 7.4 · `avg_pool2d_backward` (core, 3 min)
#
# The same with the mean: no padding, every cell of a window gets its share.
#
# Common error: forgetting that the mean divides, and sending the whole gradient to every cell.
#
# <details><summary>Hint 1 of 2</summary>
#
# All pictures and channels at once: loop over places only, `g = grad_output[:, :, i, j]`.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `grad[:, :, i * s : i * s + k, j * s : j * s + k] += g[:, :, None, None] / k**2`
#
# </details>


# %%
def my_avg_pool2d_backward(grad_output, input, kernel_size, stride=None):
    """Return the gradient of the input, (N, C, H, W): each window shares its own evenly."""
    ### BEGIN SOLUTION
    k, s = kernel_size, stride or kernel_size
    grad = np.zeros(input.shape)
    for i, j in np.ndindex(grad_output.shape[2:]):
        share = grad_output[:, :, i, j] / k**2
        grad[:, :, i * s : i * s + k, j * s : j * s + k] += share[:, :, None, None]
    return grad
    ### END SOLUTION


# %%
check("avg_pool2d_backward", my_avg_pool2d_backward)

# %%
show(cnnlab.pooling.send_back)

# %% [markdown]
# **Say it back.** A colleague's max pool trains well with kernel 2, stride 2 and badly with kernel 3, stride 2. What do
# you look for?
#
# <details><summary>One way to say it</summary>
#
# An `=` where `+=` belongs, or a `+=` with indices that occur twice: overlapping windows can share a winner.
#
# </details>

# %% [markdown]
# ## 7.5 Activations' slopes (4 min)
#
# A ReLU let some numbers through and cut others off. What does it do on the way back?

# %%
predict(
    "ReLU saw (-2, 0, 3); behind it the gradients are (5, 5, -4). What comes back?",
    (0, 0, -4),
    because="The input decides: nothing where it was not above 0, and -4 unchanged where it was.",
)

# %%
seen, from_behind = np.array([-2.0, 0.0, 3.0]), np.array([5.0, 5.0, -4.0])
cnnlab.relu_backward(from_behind, seen)

# %%
assert cnnlab.relu_backward(from_behind, seen).tolist() == [0, 0, -4]
leaf = torch.tensor(seen, requires_grad=True)
torch.relu(leaf).backward(torch.tensor(from_behind))
assert leaf.grad.tolist() == [0, 0, -4]

# %% [markdown]
# An activation works number by number, so its matrix is a diagonal: `grad_output` times the slope *at the input*. ReLU's
# is 1 or 0. Lesson 06's others: $s(1-s)$ for the sigmoid $s$, $1 - t^2$ for tanh $t$. That is why a layer keeps its input,
# or its output, until the way back, and why training takes so much more memory than predicting.

# %%
line = np.linspace(-4, 4, 81)
names = ("relu", "leaky_relu", "sigmoid", "tanh")
rises = {name: getattr(cnnlab, f"{name}_backward")(np.ones(81), line) for name in names}
figures.curves(
    line,
    rises,
    xlabel="input",
    ylabel="slope",
    alt="ReLU's step from 0 to 1, the leaky one just above 0 on the left, a low sigmoid bump, tanh up to 1.",
)

# %%
s, t = cnnlab.sigmoid(line), cnnlab.tanh(line)
assert np.allclose(rises["sigmoid"], s * (1 - s))
assert np.allclose(rises["tanh"], 1 - t**2)
assert (rises["sigmoid"].max(), rises["tanh"].max()) == (0.25, 1)
assert set(rises["relu"]) == {0, 1}

# %% [markdown]
# At the kink there is no slope. torch says 0. The central quotient says 0.5, and both are right in their way: keep
# checks away from kinks.

# %%
at_kink = (cnnlab.relu(np.array([1e-5])) - cnnlab.relu(np.array([-1e-5]))) / 2e-5
assert at_kink.tolist() == [0.5]
assert cnnlab.relu_backward(np.ones(1), np.zeros(1)).tolist() == [0]

# %% [markdown]
# ### Exercise 7.5 · `relu_backward` (core, 2 min)
#
# grad_output and input have the same shape, any shape. Return the gradient of the input.
#
# Common error: deciding by the sign of `grad_output`.
#
# <details><summary>Hint 1 of 2</summary>
#
# The slope is 1 where `input > 0`, else 0. At 0 itself it is 0.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# A comparison gives True and False, which count as 1 and 0 in a product.
#
# </details>


# %%
def my_relu_backward(grad_output, input):
    """Return grad_output where the input was above 0, else 0."""
    ### BEGIN SOLUTION
    return grad_output * (input > 0)
    ### END SOLUTION


# %%
check("relu_backward", my_relu_backward)

# %%
show(cnnlab.activations.relu_backward)

# %% [markdown]
# **Say it back.** What must an activation remember from the way forward?
#
# <details><summary>One way to say it</summary>
#
# Its input, or something from which the slope there can be told: for sigmoid and tanh the output is enough.
#
# </details>

# %% [markdown]
# ## 7.6 The chain, and its checker (9 min)
#
# Four layers in a row: how do you know that every number that comes back is right?

# %%
predict(
    "A change of 1 in x moves y by 3, a change of 1 in y moves the loss by -2. By how much does a change of 1 in x move the loss?",
    -6,
    because="Slopes along a chain are multiplied: 3 * -2.",
)

# %% [markdown]
# This is the **chain rule** (链式法则). In a network each layer's backward takes the gradient at its output and returns
# the one at its input, which is the output of the layer before. Going through all of them is
# **backpropagation** (反向传播). Take a handwritten digit through convolution, ReLU, max pool and a linear layer, and ask for a score.

# %%
rng = np.random.default_rng(1)
seven, filters = images.digits()[0][None, None, 7] / 16, rng.normal(size=(2, 1, 3, 3))
bias, readout = np.array([0.5, -0.5]), rng.normal(size=18)


def score(picture, filters, bias, readout):
    """Return one number: conv, ReLU, pool by 2, then a linear layer with one output."""
    maps = cnnlab.relu(cnnlab.conv2d(picture, filters, bias))
    return float(cnnlab.max_pool2d(maps, 2).ravel() @ readout)


# %% [markdown]
# Backwards, in the opposite order, each line with what its layer saw:

# %%
before_relu = cnnlab.conv2d(seven, filters, bias)
maps = cnnlab.relu(before_relu)
by_pooled = readout.reshape(1, 2, 3, 3)
by_maps = cnnlab.max_pool2d_backward(by_pooled, maps, 2)
by_sums = cnnlab.relu_backward(by_maps, before_relu)
by_input, by_filters, by_bias = cnnlab.conv2d_backward(by_sums, seven, filters, bias)

# %%
leaves = [torch.tensor(a, requires_grad=True) for a in (seven, filters, bias)]
hidden = F.max_pool2d(torch.relu(F.conv2d(*leaves)), 2)
(hidden.flatten() @ torch.tensor(readout)).backward()
for leaf_of_torch, of_ours in zip(leaves, (by_input, by_filters, by_bias), strict=True):
    assert np.allclose(leaf_of_torch.grad, of_ours, rtol=1e-12, atol=1e-12)
assert np.count_nonzero(by_input) >= 40

# %%
figures.heatmaps(
    [seven[0, 0] * 16, by_input[0, 0].round(1)],
    ["a seven", "what would raise its score"],
    alt="The 8×8 digit seven, and the gradient of the score at each of its cells, orange for more, blue for less.",
)

# %% [markdown]
# All three agree with torch's autograd to twelve digits; and they are not zero, for on dead units any mistake passes.
#
# With no torch at hand you have a checker of your own, or nearly: `numeric_gradient` measures, and what is left is to
# compare. Take the largest difference and hold it against the largest slope: 3 is much beside 6, and little beside a
# million.

# %%
measured, claimed = np.array([6.0, 2.0]), np.array([6.0, 5.0])
off = np.abs(measured - claimed).max() / max(np.abs(measured).max(), np.abs(claimed).max())
assert off == 3 / 6 == 0.5

# %% [markdown]
# ### Exercise 7.6 · `gradient_error` (core, 3 min)
#
# Complete the checker: measure the gradient of `f` at `x` with your `numeric_gradient` (7.1), and return the largest
# difference from `gradient`, divided by the largest number (without its sign) in both. If all are zero, return 0. If 7.1 is
# still open, do it first: this one calls it.
#
# Common error: the sign of the difference kept, so that claims that are too large pass.
#
# <details><summary>Hint 1 of 2</summary>
#
# `measured = my_numeric_gradient(f, x, eps)`; then as in the cell above.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `return difference / size if size else 0.0` keeps 0 / 0 away.
#
# </details>


# %%
def my_gradient_error(f, x, gradient, eps=1e-5):
    """Return how wrong a claimed gradient is: the largest difference over the largest slope."""
    ### BEGIN SOLUTION
    measured = my_numeric_gradient(f, x, eps)
    size = max(np.abs(measured).max(), np.abs(gradient).max())
    return np.abs(measured - gradient).max() / size if size else 0.0
    ### END SOLUTION


# %%
check("gradient_error", my_gradient_error)

# %% [markdown]
# Your checker runs `f` twice for every number. A quick one runs it twice in all: go a little way in one random direction
# $v$, along which the loss must move by $\langle \text{gradient}, v\rangle$. It sees that something is wrong, not where.


# %%
def disagreement(f, x, gradient, seed=0, eps=1e-6):
    """Return how far the gradient is from the quotient along a random direction, relatively."""
    v = np.random.default_rng(seed).normal(size=x.shape)
    along_v = (f(x + eps * v) - f(x - eps * v)) / (2 * eps)
    expected = (gradient * v).sum()
    return float(abs(along_v - expected) / max(abs(along_v), abs(expected), 1e-12))


# %%
right = disagreement(lambda x: score(x, filters, bias, readout), seven, by_input)
flipped_back = cnnlab.conv2d_backward(by_sums, seven, filters[:, :, ::-1, ::-1], bias)[0]
wrong = disagreement(lambda x: score(x, filters, bias, readout), seven, flipped_back)
assert right < 1e-6 < 0.01 < wrong
assert disagreement(lambda w: score(seven, w, bias, readout), filters, by_filters) < 1e-6
assert disagreement(lambda w: score(seven, w, bias, readout), filters, by_filters / 2) > 0.4

# %% [markdown]
# Below 1e-6 in float64 a gradient is right; above 0.01 it is wrong; between them, look for a kink close by. The flipped kernel
# and the half gradient above were both caught. torch's checker, `torch.autograd.gradcheck`, goes number by number.

# %%
assert torch.autograd.gradcheck(
    lambda x: F.max_pool2d(torch.relu(F.conv2d(x, leaves[1], leaves[2])), 2), leaves[0]
)

# %% [markdown]
# **Say it back.** What does each layer need to hand gradients on?
#
# <details><summary>One way to say it</summary>
#
# The gradient at its output, and what it saw on the way forward. It returns the gradient at its input, and keeps those
# of its weights.
#
# </details>

# %% [markdown]
# ## You can now (3 min)
#
# You built the backward partners of convolution, max and average pooling and ReLU, and a checker. You can
#
# - take a slope by central differences, and say which step is too long and which too short;
# - say why the way back is the transpose, and test it with $\langle Ax, y\rangle = \langle x, A^{\mathsf T}y\rangle$;
# - give input, weight and bias their gradients, and say why `+=`;
# - send a gradient through pooling and activations, and through a whole chain.
#
# Five questions, mixed:

# %%
predict("The central quotient of x² at 3 with a step of 1?", 6, "(16 - 4) / 2: exact for squares.")

# %%
predict(
    "Input (8, 3, 32, 32), weight (16, 3, 5, 5). What shape has grad_weight?",
    (16, 3, 5, 5),
    because="A gradient has the shape of what it belongs to; the pictures are added up.",
)

# %%
predict(
    "Average pooling 2x2, a window's gradient is 8. What does each of its cells get?",
    2,
    "8 / 4: a share for each cell.",
)

# %%
predict(
    "3x3 kernel on a 5x5 picture, no padding, stride 1: under how many windows lies the middle cell?",
    9,
    because="Once under each tap: that many terms are added up in its gradient.",
)

# %%
predict(
    "Kernel = stride. Can `=` in place of `+=` be seen in a max pool's gradient?",
    "no",
    choices=["yes", "no"],
    because="No cell is in two windows then. Test with overlapping ones.",
)

# %% [markdown]
# If you want more:
#
# 1. Write `conv2d_backward` without a loop over places: the input's gradient as a full correlation with the flipped
#    kernel, the weight's as a correlation with `grad_output`. Where do batch, channels and filters go in the `einsum`?
# 2. Let your checker name the number that is most wrong, too. Break one tap of a gradient on purpose and let it find the
#    place. Then give it a max pool's input with ties.
# 3. Add stride to your `conv2d_backward`. With stride 2, which cells does `grad_output` reach, and what does the
#    checkerboard of 7.2 tell you about kernels of 4?
#
# ### Read on
#
# - S. Linnainmaa, *Taylor expansion of the accumulated rounding error* (1976): reverse accumulation, before neural networks
#   had a use for it.
# - D. Rumelhart, G. Hinton, R. Williams, *Learning representations by back-propagating errors* (1986).
# - Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, *Efficient BackProp* (1998).
# - A. Odena, V. Dumoulin, C. Olah, *Deconvolution and checkerboard artifacts* (2016).
# - A. Baydin, B. Pearlmutter, A. Radul, J. Siskind, *Automatic differentiation in machine learning: a survey* (2018).
