# %% [markdown]
# # 06 Activations (50 min)
#
# Convolutions and means are linear. Stacked ever so high they stay linear, and a linear map is not enough to tell a cat
# from a dog. What is missing is one small bend, put on every number between two layers. By the end of this lesson you
# have written four such bends and their slopes, checked against torch, and you know what each of them does to the
# gradient of a deep network.

# %%
from timeit import timeit

import numpy as np
import torch

import cnnlab
from cnnlab import check, explore, figures, images, predict, show

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 6.1, 6.3 and 6.5. If you are late, let 6.2 be a demonstration and give the exercises of 6.4
# and 6.6 as homework: they repeat the pattern of 6.3. Ask aloud, before 6.1: "why not simply more layers?", and before
# 6.5: "is a unit that gives 0 dead?" Let wrong answers stand until torch has spoken. If you are early, take the first stretch
# exercise together: everybody names an activation nobody has used, and the room compares slopes.

# %% [markdown]
# ## 6.1 Ten layers that are one (5 min)
#
# What can ten linear layers do that one cannot?
#
# Take the smallest there are: y = 2x + 1, and after it z = 3y − 4.

# %%
predict(
    "y = 2x + 1, and then z = 3y - 4. Both together are one line z = ax + b. Which a and b?",
    (6, -1),
    because="3 * (2x + 1) - 4 = 6x + 3 - 4.",
)

# %%
x = np.array([-2, 0, 1, 5])
y = 2 * x + 1
z = 3 * y - 4
z, 6 * x - 1

# %%
assert z.tolist() == (6 * x - 1).tolist() == [-13, -1, 5, 29]

# %% [markdown]
# With matrices it is the same. A layer has weights $W_1$ and a bias $b_1$, the next one $W_2$ and $b_2$; $x$ is the input:
#
# $$W_2\,(W_1 x + b_1) + b_2 = (W_2 W_1)\,x + (W_2 b_1 + b_2)$$
#
# The right side is one layer, with the matrix $W_2 W_1$. So multiply, and compare: here are ten of torch's layers, and the one
# that they come to.

# %%
torch.manual_seed(0)
ten = torch.nn.Sequential(*[torch.nn.Linear(3, 3) for _ in range(10)]).double()
weight, bias = torch.eye(3).double(), torch.zeros(3).double()
for layer in ten:
    weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
points = torch.randn(5, 3).double()
torch.allclose(ten(points), torch.nn.functional.linear(points, weight, bias))

# %%
assert torch.allclose(ten(points), torch.nn.functional.linear(points, weight, bias))
assert sum(p.numel() for p in ten.parameters()) == 120
assert weight.numel() + bias.numel() == 12

# %% [markdown]
# Ten layers learn 120 numbers, and 12 would have done. Convolutions fare no better: Sobel, then a blur, is one kernel of
# 5×5. (To merge two kernels, slide one over the other, flipped: that is what true convolution, 1.6, is good for.)


# %%
def respond(picture, kernel):
    """Return the answer of one picture to one kernel at all places."""
    return cnnlab.conv2d(picture[None], kernel[None, None])[0]


# %%
sobel, blur = images.kernel("sobel x"), images.kernel("gaussian") * 16
merged = cnnlab.conv2d(sobel[None], blur[None, None, ::-1, ::-1], padding=2)[0]
figures.heatmaps(
    [sobel, blur, merged],
    ["first 3×3", "second 3×3", "both are this 5×5"],
    alt="Sobel's kernel, a blur of 1 2 1, 2 4 2, 1 2 1, and the 5×5 kernel that does both at once.",
)

# %%
gray = images.photo_gray()
assert np.allclose(respond(respond(gray, sobel), blur), respond(gray, merged))
assert merged.shape == (5, 5)

# %% [markdown]
# Now put a bend between the two: every negative number becomes zero. Linear maps give opposite answers to a picture and to
# its negative, so the two cancel. Look at what is left when they are added:

# %%
straight = [respond(respond(p, sobel), blur) / 16 for p in (gray, -gray)]
bent = [respond(np.maximum(respond(p, sobel), 0), blur) / 16 for p in (gray, -gray)]
figures.images_row(
    [straight[0], sum(straight), bent[0], sum(bent)],
    ["no bend: photo", "plus its negative", "with a bend: photo", "plus its negative"],
    signed=True,
    limit=2,
    height=1.9,
    alt="Without a bend the answers to photo and negative cancel; with it all edges are left, none of them blue.",
)

# %%
assert np.allclose(sum(straight), 0)
assert sum(bent).max() > 2
assert sum(bent).min() >= 0

# %% [markdown]
# Such a function is called an **activation function** (激活函数): it takes one number and gives one, the same for every
# number of the map, and it is not a straight line. No single kernel does what the two with the bend do.

# %% [markdown]
# **Say it back.** Why does a stack of linear layers learn no more than one?
#
# <details><summary>One way to say it</summary>
#
# A matrix times a matrix is a matrix: all layers multiply to one layer that gives the same answers.
#
# </details>

# %% [markdown]
# ## 6.2 What no line can part (5 min)
#
# What is a bend good for?
#
# Four points: (0, 0) and (1, 1) are of one kind, (0, 1) and (1, 0) of the other. Part them with a straight line.

# %%
predict(
    "However you draw the line: how many of the four points lie on the side of their kind, at most?",
    3,
    because="A corner can always be cut off, so three are right. All four never are.",
)

# %%
corners = np.array([[0, 0], [1, 1], [0, 1], [1, 0]])
kind = np.array([False, False, True, True])
lines = np.random.default_rng(0).normal(size=(3, 10_000))
scores = corners @ lines[:2] + lines[2]
int(((scores > 0) == kind[:, None]).sum(axis=0).max())

# %%
assert ((scores > 0) == kind[:, None]).sum(axis=0).max() == 3
assert np.allclose(scores[0] + scores[1], scores[2] + scores[3])

# %% [markdown]
# Ten thousand random lines, and the best has three right. The second assert is the proof. A line scores a point
# $(x_1, x_2)$ by $w_1 x_1 + w_2 x_2 + b$, with weights $w_1$, $w_2$ and bias $b$, and asks for the sign. Here the first two scores always
# add up to the same as the last two: both negative there and both positive here is impossible. The four points are not
# **linearly separable** (线性可分).
#
# Now make two sums, $x_1 + x_2$ and $x_1 + x_2 - 1$, bend both at zero (what is negative becomes 0), and score the points by the
# first minus twice the second.

# %%
hidden = np.maximum(corners @ np.array([[1, 1], [1, 1]]) + [0, -1], 0)
hidden.tolist(), (hidden @ [1, -2]).tolist()

# %%
assert hidden.tolist() == [[0, 0], [2, 1], [1, 0], [1, 0]]
assert (hidden @ [1, -2]).tolist() == [0, 0, 1, 1]

# %%
figure, axes = figures.canvas(
    1,
    2,
    size=(3, 2.6),
    alt="Left: two kinds at opposite corners of a square. Right: after the bend one line parts them.",
)
for ax, place, title in zip(axes[0], (corners, hidden), ("before", "after the bend"), strict=True):
    for group, mark, colour in ((~kind, "o", "#0072b2"), (kind, "s", "#d55e00")):
        ax.scatter(*place[group].T, s=110, marker=mark, color=colour, zorder=3)
    ax.set_title(title, fontsize=10)
    ax.set(xlim=(-0.5, 2.5), ylim=(-0.5, 1.5), xticks=(0, 1, 2), yticks=(0, 1), aspect="equal")
axes[0, 0].set(xlabel="x₁", ylabel="x₂")
axes[0, 1].set(xlabel="bent x₁ + x₂", ylabel="bent x₁ + x₂ − 1")
axes[0, 1].plot((0.1, 2.5), (-0.2, 1.0), color="#777777", ls="--")
figure

# %% [markdown]
# The dashed line is score ½. The bend has folded the square: two corners now lie on each other, and the other two
# on the far side of the line.
#
# Nobody has to find such a fold by hand. Gradient descent finds one, if the network can bend at all. Let torch learn to
# tell an inner ring of points from an outer one: two layers, 16 numbers between them, once as they are and once bent.

# %%
rng = np.random.default_rng(0)
outside = np.arange(200) >= 100
angle, radius = rng.uniform(0, 2 * np.pi, 200), np.where(outside, 2.5, 1) + rng.normal(0, 0.2, 200)
rings = torch.tensor(radius * np.stack([np.cos(angle), np.sin(angle)])).T.float()
wanted = torch.tensor(outside)[:, None].float()


def learn(between):
    """Return a network of two layers, with something between them, after 100 steps."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 16), between, torch.nn.Linear(16, 1))
    for _ in range(100):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(rings), wanted)
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= p.grad
    return net


# %%
flat_net, bent_net = learn(torch.nn.Identity()), learn(torch.nn.ReLU())
right = [float(((net(rings) > 0) == (wanted > 0)).float().mean()) for net in (flat_net, bent_net)]
[round(share, 2) for share in right]

# %%
tried = np.random.default_rng(1).normal(size=(3, 20_000))
sides = rings.numpy() @ tried[:2] + 2 * tried[2] > 0
assert 0.65 < (sides == outside[:, None]).mean(axis=0).max() < 0.75
assert 0.4 < right[0] < 0.7
assert right[1] > 0.98

# %%
figure_rings, panels = figures.canvas(
    1,
    2,
    size=(3, 2.8),
    alt="Two rings. Without a bend the border is one straight line; with it, a closed line between the rings.",
)
side = torch.linspace(-3.5, 3.5, 71)
mesh = torch.cartesian_prod(side, side)
for ax, net, title in zip(
    panels[0], (flat_net, bent_net), ("two linear layers", "with a bend"), strict=True
):
    score = net(mesh).detach().reshape(71, 71).T
    ax.contourf(side, side, score > 0, levels=[-1, 0.5, 2], colors=["#cfe3f1", "#f8dcc6"])
    ax.scatter(*rings[~outside].T, s=12, color="#0072b2")
    ax.scatter(*rings[outside].T, s=14, marker="s", color="#d55e00")
    ax.set_title(title, fontsize=10)
    ax.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), xticks=[], yticks=[], aspect="equal")
figure_rings

# %% [markdown]
# Blue and orange mark which side each place is given to. Two layers without a bend cut with one straight line, and of 20,000
# lines tried at random the best leaves more than a quarter of the points on the wrong side. With 16 bends the border is made of straight pieces, and it closes.

# %% [markdown]
# **Say it back.** The four points never moved. What did the bend change?
#
# <details><summary>One way to say it</summary>
#
# Where the last layer sees them: it still draws one straight line, but in a folded picture.
#
# </details>

# %% [markdown]
# ## 6.3 The sigmoid (15 min)
#
# How does any number become something that reads as a probability?

# %% [markdown] tags=["instructor"]
# **Instructor.** At the third question people answer "a fortieth" (10 times 0.25 is not even below 1). Ask for the first
# three products aloud: 1/4, 1/16, 1/64.

# %%
predict(
    "sigmoid(x) = 1 / (1 + e to the power -x). What is it at 0?",
    0.5,
    because="e to the power 0 is 1, and 1 / (1 + 1) is one half.",
)

# %%
some = np.array([-1000.0, -2.0, 0.0, np.log(3), 2.0, 1000.0])
cnnlab.sigmoid(some).round(3)

# %%
assert cnnlab.sigmoid(some).round(3).tolist() == [0, 0.119, 0.5, 0.75, 0.881, 1]
assert np.allclose(cnnlab.sigmoid(some), torch.sigmoid(torch.tensor(some)))
assert np.allclose(cnnlab.sigmoid(-some), 1 - cnnlab.sigmoid(some))
assert np.allclose(cnnlab.softmax(np.stack([some, 0 * some]), dim=0)[0], cnnlab.sigmoid(some))

# %% [markdown]
# The **sigmoid** (逻辑斯谛函数), often written σ, is smooth, rises everywhere and stays between 0 and 1:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# Odds of 3 to 1 are a probability of 0.75, and σ(ln 3) = 0.75: $x$ is the logarithm of the odds. That is why
# a network's last number is sent through it when the question is yes or no. (For one answer out of several there is
# **softmax** (归一化指数函数): $e^x$, divided by the sum of all of them. With two classes and scores $x$ and 0 it is the sigmoid.)
#
# What is its **derivative** (导数), the slope at each place? With $s = \sigma(x)$,
#
# $$\sigma'(x) = s\,(1 - s)$$

# %%
predict(
    "s * (1 - s), with s anywhere between 0 and 1: what is the largest value?",
    0.25,
    because="At s = 1/2, that is at x = 0; away from the middle one of the two factors gets small.",
)

# %%
axis = np.linspace(-6, 6, 241)
steepness = cnnlab.sigmoid_backward(np.ones_like(axis), axis)
figures.curves(
    axis,
    {"sigmoid": cnnlab.sigmoid(axis), "its slope": steepness},
    xlabel="x",
    alt="The sigmoid climbs from 0 to 1 through one half at 0; its slope is a low hill, 0.25 at 0.",
)

# %%
assert steepness.max() == 0.25
assert axis[steepness.argmax()] == 0
assert steepness[0] < 0.003
assert np.allclose(steepness, cnnlab.sigmoid(axis) * (1 - cnnlab.sigmoid(axis)))

# %% [markdown]
# Both ends are nearly flat: there the sigmoid has **saturated** (饱和), and changing $x$ changes next to nothing. Drag the
# place along the curve below, and then turn up the depth: how fast is the gradient gone for the sigmoid, and how
# fast for the other functions?

# %% tags=["explorer"]
explore.activation()

# %% [markdown]
# ### Exercise 6.3 · `sigmoid` (core, 2 min)
#
# The formula, for an array of any shape.
#
# Common error: `exp(x) / (1 + exp(x))`. It is the same on paper; for x = 1000 the computer makes inf / inf of it.
#
# <details><summary>Hint 1 of 2</summary>
#
# `np.exp` works on the whole array. Mind the parentheses around the denominator.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `1 / (1 + np.exp(-x))`; far to the left exp overflows, NumPy warns, and 1 / inf is 0, as it should be.
#
# </details>


# %%
def my_sigmoid(x):
    """Return 1 / (1 + e to the power -x) for each number: any shape, the same shape."""
    ### BEGIN SOLUTION
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))
    ### END SOLUTION


# %%
check("sigmoid", my_sigmoid)

# %% [markdown]
# ### Exercise 6.3 · `sigmoid_slope` (core, 2 min)
#
# The derivative of the sigmoid at each number of `x`.
#
# Common error: `x * (1 - x)`. The formula wants the sigmoid's value, and the argument is the place.
#
# <details><summary>Hint 1 of 2</summary>
#
# First `s`, the sigmoid of `x`, in a line of its own.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `s * (1 - s)`
#
# </details>


# %%
def my_sigmoid_slope(x):
    """Return the slope of the sigmoid at each number: any shape, the same shape."""
    ### BEGIN SOLUTION
    s = 1 / (1 + np.exp(-x))
    return s * (1 - s)
    ### END SOLUTION


# %%
check("sigmoid_slope", my_sigmoid_slope)

# %% [markdown]
# Why do slopes matter so much? Learning goes backwards through the layers, and each layer multiplies the gradient by its slope
# (that is the chain rule, lesson 07).

# %%
predict(
    "Ten sigmoids in a row. The gradient is multiplied by ten slopes of at most 0.25. What is left of it, at most?",
    "a millionth",
    choices=["a fortieth", "a thousandth", "a millionth"],
    because="0.25 multiplied with itself ten times is 1 / 1,048,576.",
)

# %%
start = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
value = start
for _ in range(10):
    value = torch.sigmoid(value)
value.backward()
f"{start.grad:.1e}"

# %%
assert 4**10 == 1_048_576
assert 0 < start.grad < 1 / 1_048_576

# %% [markdown]
# In a network there are weights between the slopes. Here are ten layers of 64 units on real handwritten digits: how
# large is the gradient that reaches the weights of the first, the middle and the last layer?

# %%
digits, labels = (torch.tensor(part) for part in images.digits())
pixels = digits[:300].reshape(300, 64).float() / 16


def gradient_by_layer(between, depth=10, times=1):
    """Return the size of each layer's weight gradient, first to last; weights `times` as large."""
    torch.manual_seed(0)
    linear = [torch.nn.Linear(64, 64) for _ in range(depth)] + [torch.nn.Linear(64, 10)]
    for layer in linear:
        torch.nn.init.kaiming_normal_(layer.weight)
        layer.weight.data *= times
    steps = [step for layer in linear for step in (layer, between)][:-1]
    output = torch.nn.Sequential(*steps)(pixels)
    torch.nn.functional.cross_entropy(output, labels[:300]).backward()
    return [float(layer.weight.grad.norm()) for layer in linear]


# %% tags=["nbval-ignore-output"]
by_sigmoid = gradient_by_layer(torch.nn.Sigmoid())
[f"{by_sigmoid[i]:.0e}" for i in (0, 5, 10)]

# %%
assert by_sigmoid[0] < by_sigmoid[5] / 100 < by_sigmoid[10] / 1000
assert by_sigmoid[0] < by_sigmoid[10] / 10_000

# %% [markdown]
# The first layer gets less than a 10,000th of what the last one gets: a **vanishing gradient** (梯度消失). Weights are factors
# too, so larger ones make up for small slopes. But then the balance is a matter of luck. How much does the first layer get,
# for each unit of the last one's, when all weights are 8 times as large, and when they are 64 times as large?

# %% tags=["nbval-ignore-output"]
larger = {times: gradient_by_layer(torch.nn.Sigmoid(), times=times) for times in (1, 8, 64)}
shares = {times: sizes[0] / sizes[10] for times, sizes in larger.items()}
{times: f"{share:.0e}" for times, share in shares.items()}

# %%
assert larger[1] == by_sigmoid
assert shares[1] < 1 / 10_000 < 1 / 10 < shares[8] < 1
assert shares[64] > 1000

# %% [markdown]
# Eight times as large is about right here; with 64 the first layer gets more than 1000 times as much as the last, an
# **exploding gradient** (梯度爆炸).
#
# The sigmoid has a second fault: its outputs are all positive. A unit of the next layer multiplies its inputs $a_i$ by weights
# $w_i$, and the gradient of $w_i$ is $a_i$ times one number for the whole unit. If every $a_i$ is positive, all share that number's sign.

# %%
torch.manual_seed(1)
before, unit = torch.randn(6), torch.nn.Linear(6, 1)


def signs(inputs):
    """Return the signs of a unit's weight gradients for one example that should give 3."""
    grads = torch.autograd.grad((unit(inputs) - 3).square().sum(), unit.weight)
    return grads[0][0].sign().int().tolist()


signs(torch.sigmoid(before)), signs(torch.tanh(before))

# %%
assert len(set(signs(torch.sigmoid(before)))) == 1
assert set(signs(torch.tanh(before))) == {-1, 1}

# %% [markdown]
# So one example pushes all weights up or all weights down. To raise one weight and lower the other, learning has to
# zig-zag. Below, a unit with two weights goes from (0, 0) to (2, −2), an example a step; the other walk has the same
# inputs with ½ taken off, so that they lie around zero.


# %%
def walk(shift, rate, steps=400):
    """Return the weights after each step of gradient descent, one example at a time."""
    goal, places = np.array([2.0, -2.0]), [np.zeros(2)]
    for example in np.random.default_rng(0).normal(size=(steps, 2)):
        a = cnnlab.sigmoid(example) - shift
        places.append(places[-1] - rate * (a @ (places[-1] - goal)) * a)
    return np.array(places)


positive, centred = walk(0, rate=1), walk(0.5, rate=1)

# %%
figure_walk, walk_axes = figures.canvas(
    size=(4.6, 3.0),
    alt="From (0, 0) to (2, −2): positive inputs zig-zag up and down; centred ones go nearly straight.",
)
ax = walk_axes[0, 0]
ax.plot(*positive[:71].T, color="#d55e00", lw=1.2, label="inputs all positive")
ax.plot(*centred[:71].T, color="#0072b2", lw=2.4, label="inputs around zero")
ax.scatter([0, 2], [0, -2], s=70, color="#777777", zorder=3)
ax.annotate("start", (0, 0), (-0.45, 0.1), color="#777777")
ax.annotate("goal", (2, -2), (2.12, -2.03), color="#777777")
ax.set(xlabel="first weight", ylabel="second weight", xlim=(-0.6, 2.6))
ax.legend(frameon=False, fontsize=9, labelcolor="linecolor")
figure_walk

# %%
strides = [np.diff(path[:71], axis=0) for path in (positive, centred)]
way = [np.linalg.norm(steps, axis=1).sum() for steps in strides]
assert (strides[0].prod(axis=1) >= 0).all()
assert (strides[1].prod(axis=1) < 0).mean() > 0.3
assert way[0] > 3 * way[1]
assert np.abs(walk(0.5, rate=8)[-1] - [2, -2]).max() < 0.01
assert np.abs(walk(0, rate=4)[-1]).max() > 1000

# %% [markdown]
# Every step of the orange walk goes up and right or down and left; it goes more than three times as far for the same
# gain. And the steps can't be made larger: at rate 4 it flies off, beyond 1000, while the centred one gets there at rate 8. Over
# a batch the examples' pushes mix, which softens this; it does not go away.

# %% [markdown]
# **Say it back.** What are the sigmoid's two faults inside a deep network, and where is it still used?
#
# <details><summary>One way to say it</summary>
#
# Its slope is at most a quarter, so depth makes gradients vanish; its outputs are all positive, so a unit's weights get
# pushed in one direction. It is used at the end, where a probability is asked.
#
# </details>

# %% [markdown]
# ## 6.4 tanh (5 min)
#
# Can the same curve be moved so that its outputs lie around zero?

# %%
predict(
    "tanh(x) = 2 * sigmoid(2x) - 1. The sigmoid's slope at 0 is 0.25. What is the slope of tanh at 0?",
    1,
    because="Twice as high and twice as fast: 2 * 2 * 0.25.",
)

# %%
tanh_steepness = cnnlab.tanh_backward(np.ones_like(axis), axis)
figures.curves(
    axis,
    {
        "tanh": np.tanh(axis),
        "slope of tanh": tanh_steepness,
        "sigmoid": cnnlab.sigmoid(axis),
        "slope of sigmoid": steepness,
    },
    xlabel="x",
    alt="tanh climbs from −1 to 1 through 0, slope 1 at 0 and nearly 0 beyond 3; the sigmoid is flatter.",
)

# %%
assert np.allclose(np.tanh(axis), 2 * cnnlab.sigmoid(2 * axis) - 1)
assert np.allclose(cnnlab.tanh(axis), torch.tanh(torch.tensor(axis)))
assert tanh_steepness.max() == 1
assert (tanh_steepness == 1).sum() == 1
assert tanh_steepness[np.abs(axis) >= 3].max() < 0.01

# %% [markdown]
# **tanh** (双曲正切函数), the hyperbolic tangent, is a sigmoid stretched to lie between −1 and 1, and **zero-centred** (零中心):
#
# $$\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}} \qquad \tanh'(x) = 1 - \tanh^2(x)$$
#
# Its slope is 1 at one place, $x = 0$, and smaller everywhere else. It still saturates: beyond 3 the slope is below
# 0.01. A row of slopes below 1 still shrinks the gradient, only more slowly.

# %%
normal = np.random.default_rng(0).normal(size=100_000)
means = [cnnlab.sigmoid(normal).mean(), np.tanh(normal).mean()]
by_tanh = gradient_by_layer(torch.nn.Tanh())
[round(float(mean), 1) + 0.0 for mean in means]

# %%
assert abs(means[0] - 0.5) < 0.01
assert abs(means[1]) < 0.01
assert by_tanh[0] > 1000 * by_sigmoid[0]

# %% [markdown]
# In the ten layers of 6.3, tanh lets more than 1000 times as much through to the first layer as the sigmoid does.
#
# One reads that tanh is dear, because of its exponentials. Don't take anyone's word for it; measure. A million numbers through
# each, in milliseconds on this machine, and beside them the convolution that may have made those numbers:

# %% tags=["nbval-ignore-output"]
million = torch.randn(1, 64, 125, 125)
conv = torch.nn.Conv2d(64, 64, 3, padding=1).requires_grad_(False)
calls = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "3×3 convolution": conv}
{
    name: round(1000 * min(timeit(lambda f=f: f(million), number=1) for _ in range(7)), 2)
    for name, f in calls.items()
}

# %%
assert million.numel() == 1_000_000
assert conv(million).shape == million.shape

# %% [markdown]
# Compare tanh with ReLU, the next section's function: one comparison instead of an exponential. Then compare both with the convolution,
# which is there in any case. The ratios differ from machine to machine, so none is printed here.

# %% [markdown]
# ### Exercise 6.4 · `tanh` (core, 1 min)
#
# For an array of any shape. NumPy has it; write it from the formula or from your sigmoid if you like, but mind ±1000.
#
# Common error: the formula with four exponentials, which gives inf / inf far out.
#
# <details><summary>Hint 1 of 2</summary>
#
# `2 * sigmoid(2x) - 1` overflows at one end only, and to the right value.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `np.tanh(x)`
#
# </details>


# %%
def my_tanh(x):
    """Return the hyperbolic tangent of each number: any shape, the same shape."""
    ### BEGIN SOLUTION
    return np.tanh(x)
    ### END SOLUTION


# %%
check("tanh", my_tanh)

# %% [markdown]
# ### Exercise 6.4 · `tanh_slope` (core, 1 min)
#
# The derivative of tanh at each number of `x`.
#
# Common error: `(1 - t) ** 2`. Only $t = \tanh(x)$ is squared.
#
# <details><summary>Hint 1 of 2</summary>
#
# As for the sigmoid, the slope is made from the value: take the tanh first.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `1 - np.tanh(x) ** 2`
#
# </details>


# %%
def my_tanh_slope(x):
    """Return the slope of tanh at each number: any shape, the same shape."""
    ### BEGIN SOLUTION
    return 1 - np.tanh(x) ** 2
    ### END SOLUTION


# %%
check("tanh_slope", my_tanh_slope)

# %% [markdown]
# **Say it back.** Which of the sigmoid's two faults does tanh cure?
#
# <details><summary>One way to say it</summary>
#
# The second: its outputs lie around zero. The first it only eases: the slope is 1 at a single place and falls off.
#
# </details>

# %% [markdown]
# ## 6.5 ReLU (10 min)
#
# What is the cheapest bend there is?
#
# Keep what is positive, make everything else zero: two straight lines that meet at 0.

# %% [markdown] tags=["instructor"]
# **Instructor.** "Dead" is the word that goes wrong here. Have someone say in their own words which unit is dead and which
# is merely silent for this picture. Then let the room find the setting of the explorer at which all units are dead.

# %%
predict(
    "ReLU's slope is 0 left of zero and 1 right of it. At zero itself there is a kink. What does torch take there?",
    0,
    because="A convention: either value, or any between, would do. torch's is 0.",
)

# %%
three = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
torch.relu(three).sum().backward()
torch.relu(three).tolist(), three.grad.tolist()

# %%
assert torch.relu(three).tolist() == [0, 0, 3]
assert three.grad.tolist() == [0, 0, 1]
assert cnnlab.relu_backward(np.ones(3), three.detach().numpy()).tolist() == [0, 0, 1]

# %% [markdown]
# **ReLU** (修正线性单元) is short for *rectified linear unit*:
#
# $$\operatorname{relu}(x) = \max(0, x) \qquad \operatorname{relu}'(x) = \begin{cases} 1 & x > 0\\ 0 & x \le 0 \end{cases}$$
#
# It takes one comparison. Where $x > 0$ the slope is 1, so depth takes nothing away: through a hundred ReLUs in a row the gradient
# comes back whole. And its output is **sparse** (稀疏), which means that many numbers are exactly zero. Of Sobel's answers
# to the photo more than a third are:

# %%
edge_map = respond(gray, sobel)
cut = cnnlab.relu(edge_map)
figures.images_row(
    [edge_map, cut, (cut == 0) * 1.0],
    ["sobel x", "after ReLU", "zero after ReLU"],
    signed=True,
    limit=2,
    alt="Sobel's edges in orange and blue; after ReLU the orange ones alone; a mask of the zeros, over a third of the map.",
)

# %%
assert 1 / 3 < (cut == 0).mean() < 1 / 2
assert (edge_map == 0).mean() < 0.01
deep = torch.tensor(3.0, requires_grad=True)
after = deep
for _ in range(100):
    after = torch.relu(after)
after.backward()
assert deep.grad == 1
assert abs(cnnlab.relu(normal).mean() - 0.4) < 0.01
assert set(signs(torch.relu(before))) in ({0, 1}, {0, -1})

# %% [markdown]
# What it does not do is centre: of numbers spread evenly around zero it makes a mean of 0.4, and no output is
# negative, so a unit's weight gradients share a sign again, or are zero. But it has only one flat end. Here are the ten layers
# of 6.3 with all three functions; look at the left end of the lines.

# %%
by_relu = gradient_by_layer(torch.nn.ReLU())
figures.curves(
    range(1, 12),
    {"ReLU": by_relu, "tanh": by_tanh, "sigmoid": by_sigmoid},
    xlabel="layer",
    ylabel="size of the gradient",
    log=True,
    alt="Gradient by layer, logarithmic: ReLU and tanh nearly level; the sigmoid falls 100,000 times to layer 1.",
)

# %%
assert by_relu[0] > by_relu[10] / 10
assert by_tanh[0] > by_tanh[10] / 10

# %% [markdown]
# Both level lines owe something to the weights, which were drawn as He (2015) advises for ReLU: large enough that the
# sums keep their size from layer to layer.
#
# Now ReLU's own fault. Three examples reach one unit, and for the second its sum is negative.

# %%
predict(
    "A ReLU unit's sum is negative for one of three examples. What happens to its weights at the next step?",
    "the other two change them",
    choices=["they never change again", "the other two change them", "nothing changes this step"],
    because="Slope 0 silences one example. The unit is off for this one only.",
)

# %%
weights = torch.tensor([1.0, -2.0], requires_grad=True)
examples = torch.tensor([[3.0, 1.0], [1.0, 2.0], [2.0, 0.5]])


def pushes(offset):
    """Return what each example adds to the gradient of the unit's weights."""
    outputs = torch.relu(examples @ weights + offset)
    return [torch.autograd.grad(out, weights, retain_graph=True)[0].tolist() for out in outputs]


(examples @ weights).tolist(), pushes(0.0), pushes(-9.0)

# %%
assert (examples @ weights).tolist() == [1, -3, 1]
assert pushes(0.0) == [[3, 1], [0, 0], [2, 0.5]]
assert pushes(-9.0) == [[0, 0]] * 3

# %% [markdown]
# With bias 0 the unit is off for one example and learns from the other two. So a negative sum kills nothing. With bias −9 it
# is off for *all* data. Then every push is zero, and gradient descent never changes it again: a **dead unit** (神经元死亡).
#
# How does a unit get there? By a step that is too large. Take 32 units on the digits, 25 steps, and three learning rates; how
# many are off for every digit in the end?


# %%
def train(net, rate, steps=25):
    """Take plain gradient steps on the digits; return which hidden units are off for all of them."""
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(net(pixels), labels[:300])
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= rate * p.grad
    return (net[:2](pixels) == 0).all(dim=0)


def fresh():
    """Return a new network with 32 hidden units, the same at every call."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))


# %% tags=["nbval-ignore-output"]
nets = {rate: fresh() for rate in (0.1, 1, 2)}
dead = {rate: train(net, rate) for rate, net in nets.items()}
{rate: int(units.sum()) for rate, units in dead.items()}

# %%
frozen = nets[2][0].weight[dead[2]].clone()
still_dead = train(nets[2], rate=0.1)
assert dead[0.1].sum() < 5 < 15 < dead[2].sum()
assert torch.equal(nets[2][0].weight[dead[2]], frozen)
assert still_dead[dead[2]].all()
moved_on = examples + torch.tensor([20.0, 0.0])  # what layers before it may do to a unit's inputs
assert (torch.relu(examples @ weights - 9) == 0).all()
assert (torch.relu(moved_on @ weights - 9) > 0).all()

# %% [markdown]
# Then 25 more steps, careful ones: they bring none of the dead back, whose weights have not moved at all. (A dead unit deeper in a network
# can wake, if the layers before it move its inputs.) Try it below: the lower right shows 32 units; pull the bias down, or turn the
# learning rate up.

# %% tags=["explorer"]
explore.activation(function="relu", bias=-1.0, rate="3")

# %% [markdown]
# ### Exercise 6.5 · `relu` (core, 1 min)
#
# Common error: `max(0, x)` of Python, which compares whole arrays. NumPy's `maximum` goes number by number.
#
# <details><summary>Hint 1 of 2</summary>
#
# The larger of two: the number, and 0.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `np.maximum(x, 0)`
#
# </details>


# %%
def my_relu(x):
    """Return each number, or 0 where it is negative: any shape, the same shape."""
    ### BEGIN SOLUTION
    return np.maximum(x, 0)
    ### END SOLUTION


# %%
check("relu", my_relu)

# %% [markdown]
# ### Exercise 6.5 · `relu_slope` (core, 2 min)
#
# The derivative at each number of `x`, with torch's value at the kink.
#
# Common error: `x >= 0`, which gives 1 at zero.
#
# <details><summary>Hint 1 of 2</summary>
#
# A comparison gives True and False; the answer is numbers, 1.0 and 0.0.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `np.where(x > 0, 1.0, 0.0)`
#
# </details>


# %%
def my_relu_slope(x):
    """Return 1.0 where a number is above zero, else 0.0: any shape, the same shape."""
    ### BEGIN SOLUTION
    return np.where(x > 0, 1.0, 0.0)
    ### END SOLUTION


# %%
check("relu_slope", my_relu_slope)

# %% [markdown]
# **Say it back.** When is a ReLU unit dead, and when only silent?
#
# <details><summary>One way to say it</summary>
#
# Dead: off for all data, so that no example gives it a gradient. Silent: off for this example, and others still teach it.
#
# </details>

# %% [markdown]
# ## 6.6 A leak (3 min)
#
# What if the left side were not quite flat?

# %%
predict(
    "leaky_relu has slope 0.01 below zero. What does it make of -200?",
    -2,
    because="-200 * 0.01.",
)

# %%
leaking = torch.tensor([-200.0, 0.0, 3.0], requires_grad=True)
torch.nn.functional.leaky_relu(leaking).sum().backward()
torch.nn.functional.leaky_relu(leaking).tolist(), [round(g, 2) for g in leaking.grad.tolist()]

# %%
assert np.allclose(torch.nn.functional.leaky_relu(leaking).tolist(), [-2, 0, 3])
assert np.allclose(leaking.grad, [0.01, 0.01, 1])
assert np.allclose(cnnlab.leaky_relu_backward(np.ones(3), np.array([-200.0, 0, 3])), leaking.grad)

# %% [markdown]
# **Leaky ReLU** (带泄露修正线性单元) keeps a small slope $\alpha$ below zero, 0.01 unless you say otherwise:
#
# $$\operatorname{leaky}(x) = \begin{cases} x & x > 0\\ \alpha x & x \le 0 \end{cases}$$
#
# Torch's slope at the kink is $\alpha$ here, where it was 0 for ReLU. So no unit is ever without a gradient. Take the unit of
# 6.5 with bias −9, off for all three examples, and let it learn to answer 1. How many steps until an example turns it on?


# %%
def steps_until_on(slope, most=2000):
    """Return the steps of rate 0.05 until the unit is on for an example; None after too many."""
    unit_weights = torch.tensor([1.0, -2.0, -9.0], requires_grad=True)
    rows = torch.cat([examples, torch.ones(3, 1)], dim=1)
    for step in range(most):
        sums = rows @ unit_weights
        if (sums > 0).any():
            return step
        loss = (torch.nn.functional.leaky_relu(sums, slope) - 1).square().mean()
        unit_weights.data -= 0.05 * torch.autograd.grad(loss, unit_weights)[0]
    return None


awake = {slope: steps_until_on(slope) for slope in (0, 0.01, 0.1)}
awake

# %%
assert steps_until_on(0, most=2000) is None
assert awake[0.1] < 100 < awake[0.01] < 1000

# %% [markdown]
# With slope 0, which is ReLU, it is still off after 2000 steps. With a leak of 0.01 it takes fewer than 1000, with 0.1 fewer than
# 100: the leak is small, but it is not nothing. (The third weight above is the bias, whose input is always 1.)

# %% [markdown]
# ### Exercise 6.6 · `leaky_relu` (core, 1 min)
#
# `negative_slope` may be any number: above 1, or below 0.
#
# Common error: `np.maximum(x, negative_slope * x)`, which is right for slopes from 0 to 1 only.
#
# <details><summary>Hint 1 of 2</summary>
#
# Decide by `x` alone which of the two lines holds.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `np.where(x > 0, x, negative_slope * x)`
#
# </details>


# %%
def my_leaky_relu(x, negative_slope=0.01):
    """Return each number, or its small share where it is not positive: any shape, the same shape."""
    ### BEGIN SOLUTION
    return np.where(x > 0, x, negative_slope * x)
    ### END SOLUTION


# %%
check("leaky_relu", my_leaky_relu)

# %% [markdown]
# ### Exercise 6.6 · `leaky_relu_slope` (core, 1 min)
#
# Common error: 0 or 1 at the kink. Torch takes `negative_slope` there.
#
# <details><summary>Hint 1 of 2</summary>
#
# As `relu_slope`, with another number on the left.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `np.where(x > 0, 1.0, negative_slope)`
#
# </details>


# %%
def my_leaky_relu_slope(x, negative_slope=0.01):
    """Return 1.0 where a number is above zero, else negative_slope: any shape, the same shape."""
    ### BEGIN SOLUTION
    return np.where(x > 0, 1.0, negative_slope)
    ### END SOLUTION


# %%
check("leaky_relu_slope", my_leaky_relu_slope)

# %%
show(cnnlab.leaky_relu)

# %% [markdown]
# **Say it back.** What does the leak buy, and what does it cost?
#
# <details><summary>One way to say it</summary>
#
# No unit is ever without a gradient. The output is no longer sparse: below zero it is small, not zero.
#
# </details>

# %% [markdown]
# ## 6.7 What came after (4 min)
#
# Must a bend be sharp?

# %%
predict(
    "One of these goes below zero on the left and then comes back up to it. Which?",
    "GELU",
    choices=["ELU", "softplus", "GELU"],
    because="ELU sinks towards −1 and stays, softplus is positive. GELU dips to about −0.17 and returns.",
)

# %%
dip = cnnlab.gelu(axis)
float(dip.min().round(2)), float(axis[dip.argmin()].round(2))

# %%
later = ["elu", "gelu", "silu", "softplus", "hardswish"]
values = {name: getattr(cnnlab, name)(axis) for name in later}
slopes = {name: getattr(cnnlab, f"{name}_backward")(np.ones_like(axis), axis) for name in later}
values["prelu, 0.25"] = cnnlab.prelu(axis, np.array([0.25]))
slopes["prelu, 0.25"] = cnnlab.prelu_backward(np.ones_like(axis), axis, np.array([0.25]))[0]
list(values)

# %%
figure_later, later_axes = figures.canvas(
    2,
    1,
    size=(5.2, 2.5),
    alt="Six later activations and their slopes: all near x on the right; on the left each bends its own way.",
)
for ax, lines_of, title in zip(
    later_axes[:, 0], (values, slopes), ("values", "slopes"), strict=True
):
    for i, (name, line) in enumerate(lines_of.items()):
        ax.plot(axis, line, color=figures.SERIES[i], ls=figures.STYLES[i], lw=1.8, label=name)
    ax.set_title(title, fontsize=10)
    ax.axhline(0, color="#777777", lw=0.6)
later_axes[0, 0].set_ylim(-1.3, 3)
later_axes[0, 0].legend(frameon=False, fontsize=8, labelcolor="linecolor")
later_axes[1, 0].set_xlabel("x")
figure_later

# %%
for name in later:
    tensor = torch.tensor(axis, requires_grad=True)
    from_torch = getattr(torch.nn.functional, name)(tensor)
    from_torch.sum().backward()
    assert np.allclose(values[name], from_torch.detach())
    assert np.allclose(slopes[name], tensor.grad)
assert (dip.min().round(2), axis[dip.argmin()].round(2)) == (-0.17, -0.75)
assert values["softplus"].min() > 0 > values["elu"].min() > -1
assert torch.nn.PReLU().weight.item() == 0.25
assert slopes["gelu"].max() > 1.1
assert all(abs(line[-1] - axis[-1]) < 0.02 for line in values.values())
assert abs(cnnlab.elu(normal).mean()) < abs(cnnlab.relu(normal).mean()) / 2

# %% [markdown]
# | name | value | in words |
# |---|---|---|
# | softplus (2000) | ln(1 + eˣ) | ReLU with a round corner; its slope is the sigmoid |
# | PReLU (2015) | x, or αx for x ≤ 0 | a leak whose α is learned; torch starts at 0.25 |
# | ELU (2016) | x, or eˣ − 1 for x ≤ 0 | saturates at −1 on the left, so that means come nearer to zero |
# | GELU (2016) | x · Φ(x) | Φ(x): the share of a normal distribution below x |
# | SiLU (2017), also Swish | x · σ(x) | the same idea with the sigmoid |
# | Hardswish (2019) | x · clip(x + 3, 0, 6) / 6 | SiLU from straight pieces, for telephones |
#
# All of them are nearly $x$ far to the right, so none saturates there. They differ on the left, and at zero: ReLU has a sharp
# corner, most of these a round one. Their papers report gains over ReLU; how large, depends on the network, and no rule
# says which is best. Lesson 08 trains a network in which you can put any of them.

# %%
piece = edge_map[5:85, 25:105]
faces = {
    "sobel x": piece,
    "sigmoid": cnnlab.sigmoid(piece),
    "tanh": np.tanh(piece),
    "ReLU": cnnlab.relu(piece),
    "leaky, 0.1": cnnlab.leaky_relu(piece, 0.1),
    "GELU": cnnlab.gelu(piece),
}
figures.images_row(
    list(faces.values()),
    list(faces),
    signed=True,
    limit=2,
    height=1.75,
    alt="Edges through five activations: sigmoid orange all over, tanh paler, the other three without blue.",
)

# %%
assert faces["sigmoid"].min() > 0
assert np.abs(faces["tanh"]).max() < 1 < np.abs(piece).max()
assert (faces["leaky, 0.1"] < 0).mean() > 0.3 > (faces["GELU"] < -0.1).mean() > 0.05
assert np.allclose(slopes["softplus"], cnnlab.sigmoid(axis))

# %% [markdown]
# Orange is above zero, blue below. What the sigmoid makes of a flat place is ½, and that is why its whole map is
# orange. tanh keeps both signs and presses strong edges together; the other three let one sign pass.

# %% [markdown]
# **Say it back.** What do ReLU and all that came after it have in common, and the sigmoid not?
#
# <details><summary>One way to say it</summary>
#
# On the right they go on rising with slope 1, or come ever nearer to it: they do not saturate there.
#
# </details>

# %% [markdown]
# ## You can now (3 min)
#
# - say why a network needs a bend between its layers, and prove it with two matrices;
# - write sigmoid, tanh, ReLU and leaky ReLU with their slopes, and say what torch takes at a kink;
# - say what depth does to a gradient, and which slopes spare it;
# - tell a dead unit from a silent one, and say how units die.
#
# Five questions, mixed:

# %%
predict("y = -x + 2, then z = 4y + 1: what is z for x = 5?", -11, "4 * (-5 + 2) + 1.")

# %%
predict(
    "sigmoid(x) = 0.9. What is the slope at this place?", 0.09, because="s * (1 - s) = 0.9 * 0.1."
)

# %%
predict("tanh(x) = -0.5. What is the slope at this place?", 0.75, because="1 - t * t = 1 - 0.25.")

# %%
predict(
    "leaky_relu with negative_slope 0.5, at -4, 0 and 6: which three slopes does torch give?",
    (0.5, 0.5, 1),
    because="negative_slope at and below zero, 1 above.",
)

# %%
predict(
    "Twenty convolutions, nothing between them. Which one layer could do the same?",
    "one convolution with a larger kernel",
    choices=["none", "one convolution with a larger kernel", "one with the same kernel"],
    because="Without padding, 20 kernels of 3 merge into one of 41: each adds 2.",
)

# %% [markdown] tags=["instructor"]
# **Instructor.** Answers to the three stretch exercises below. (1) With $s$ = softplus(x), the slope of Mish is
# $\tanh s + x\,\sigma(x)\,(1 - \tanh^2 s)$; it is zero near −1.19 and above 1 from about 0.8 on. (2) Mish keeps the gradient within a factor of 100 even
# over twenty layers. (3) Take the largest score off: all exponentials of a row shrink by the same factor, which the division takes out again.

# %% tags=["instructor"]
soft = cnnlab.softplus(axis)
mish_slope = np.tanh(soft) + axis * cnnlab.sigmoid(axis) * (1 - np.tanh(soft) ** 2)
at = torch.tensor(axis, requires_grad=True)
torch.nn.functional.mish(at).sum().backward()
assert np.allclose(mish_slope, at.grad)
turns = axis[:-1][np.diff(np.sign(mish_slope)) != 0]
assert turns.round(1).tolist() == [-1.2]
assert np.isclose(axis[mish_slope > 1].min(), 0.8)
by_mish = gradient_by_layer(torch.nn.Mish(), depth=20)
assert 1 / 100 < by_mish[0] / by_mish[-1] < 100
scores_far_out = np.array([[1000.0, 1001.0], [-1000.0, 0.0]])
powers = np.exp(scores_far_out - scores_far_out.max(axis=1, keepdims=True))
shared_out = powers / powers.sum(axis=1, keepdims=True)
assert np.allclose(shared_out, torch.softmax(torch.tensor(scores_far_out), dim=1))

# %% [markdown]
# If you want more:
#
# 1. An activation of your own. Choose a function nobody told you about, or take Mish, x · tanh(softplus(x)). Write it and
#    its slope in NumPy, and compare the slope with what `torch.autograd.grad` says (for Mish, the value with
#    `torch.nn.functional.mish` too). Draw both over `axis`. Where is your slope 0, and where above 1?
# 2. Put your activation into `gradient_by_layer` and draw its line into the picture of 6.5. Does it keep the gradient? Try
#    twenty layers.
# 3. Write `softmax` for the rows of an array, so that scores of `1000` give no NaN. Compare with `torch.softmax`. Which number
#    may be taken off all scores of a row without changing anything, and why?
#
# ### Read on
#
# - G. Cybenko, *Approximation by superpositions of a sigmoidal function* (1989): one bent layer is enough, if it is wide.
# - Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, *Efficient BackProp* (1998): why inputs should lie around zero.
# - V. Nair, G. Hinton, *Rectified linear units improve restricted Boltzmann machines* (2010).
# - X. Glorot, A. Bordes, Y. Bengio, *Deep sparse rectifier neural networks* (2011).
# - A. Maas, A. Hannun, A. Ng, *Rectifier nonlinearities improve neural network acoustic models* (2013): the leak.
# - K. He, X. Zhang, S. Ren, J. Sun, *Delving deep into rectifiers* (2015): PReLU, and how large weights should start.
# - D. Hendrycks, K. Gimpel, *Gaussian error linear units* (2016).
