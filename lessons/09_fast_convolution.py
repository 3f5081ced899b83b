# %% [markdown]
# # 09 Fast convolution (60 min)
#
# The same sum, the same numbers, and one program takes thousands of times as long as another. Where does the time go?
#
# By the end you have laid out windows as columns, so that one matrix product does the work, and computed two outputs
# with four multiplications where the definition takes six; both checked against torch. And you can say, from counting
# alone, which way of computing a layer should be fast. Your machine's own times stand beside the counts.

# %%
import numpy as np
import torch
from torch.nn import functional as F

import cnnlab
from cnnlab import check, fast, figures, images, layers, measuring, predict, show

# %% [markdown] tags=["instructor"]
# **Instructor.** The core is 9.1 to 9.3. Times differ from machine to machine, and from run to run when thirty kernels
# share one: let the room compare ratios, not milliseconds. Nothing that is asserted depends on a clock.

# %% [markdown]
# ## 9.1 Count first, then lay out (14 min)
#
# How much work is one layer, and how much of the time is work?
#
# The example of this lesson is a layer from the middle of a ResNet: 64 channels of 56×56, 64 filters of 3×3, padding 1.

# %%
predict(
    "64 channels of 56x56, 64 filters of 3x3, padding 1. How many multiply-adds?",
    115605504,
    because="Each of 64 * 56 * 56 outputs adds up 64 * 3 * 3 products.",
)

# %%
rng = np.random.default_rng(9)
x = rng.normal(size=(1, 64, 56, 56)).astype(np.float32)
w = rng.normal(size=(64, 64, 3, 3)).astype(np.float32)
macs = 64 * 56 * 56 * 64 * 3 * 3
macs

# %%
layer = layers.Conv2d(64, 64, 3, padding=1, bias=False)
assert macs == 115_605_504 == cnnlab.trace([layer], (64, 56, 56)).macs
y = F.conv2d(torch.tensor(x), torch.tensor(w), padding=1).numpy()
assert np.allclose(cnnlab.conv2d(x, w, padding=1), y, atol=1e-3)


# %%
def way(name, input=x, weight=w, padding=1):
    """Return a call that does a convolution in one of cnnlab's ways."""
    return lambda: cnnlab.conv2d(input, weight, padding=padding, algorithm=name)


# %% [markdown]
# Lesson 01's loops do one product at a time. On a corner of the layer, how long does one multiply-add take, and
# how long would the whole layer?

# %% tags=["nbval-ignore-output"]
small_x, small_w = x[:, :4, :12, :12], w[:4, :4]
small_macs = 4 * 12 * 12 * 4 * 3 * 3
small = {"loops": way("loops", small_x, small_w)}
each = measuring.seconds(small, rounds=3)["loops"] / small_macs
f"{each * 1e9:,.0f} ns for a multiply-add: {each * macs / 60:,.0f} minutes for the layer"

# %%
assert np.allclose(small["loops"](), way("im2col", small_x, small_w)(), atol=1e-4)
assert small_macs == 20_736

# %% [markdown]
# A processor core can do dozens of multiply-adds in one *billionth* of a second (9.6 measures yours). The rest is the
# interpreter: for every single product it makes index tuples, looks up two numbers, wraps each in an object, multiplies
# and stores. That is paid once for each *call*, so make few calls with much work in each. The call that
# people have tuned longest is the matrix product, **GEMM** (通用矩阵乘法), short for general matrix multiply.
#
# A convolution becomes one when every window is copied into a column. That layout is called **im2col** (图像转列).

# %%
tiny = np.arange(1, 13).reshape(1, 1, 3, 4)
by_torch = F.unfold(torch.tensor(tiny).double(), 2)[0].numpy()
figures.heatmaps(
    [tiny[0, 0], by_torch],
    ["picture 3×4", "columns: 4 taps × 6 places"],
    outlines=[[(0, 1, 2, 2)], [(0, 1, 4, 1)]],
    alt="A 3×4 picture of 1 to 12 with a 2×2 window framed; a 4×6 matrix whose second column is 2, 3, 6, 7.",
)

# %%
assert by_torch[:, 1].tolist() == [2, 3, 6, 7]
one_filter = np.array([[[[1, 2], [3, 4]]]])
assert (one_filter.reshape(1, 4) @ by_torch).tolist() == [[44, 54, 64, 84, 94, 104]]
assert cnnlab.conv2d(tiny, one_filter).ravel().tolist() == [44, 54, 64, 84, 94, 104]

# %% [markdown]
# A filter laid out as a row, times a column, is the filter at that place. All filters times all columns:
#
# $$\underbrace{W}_{C_{out} \times C_{in}k^2}\;\underbrace{X_{col}}_{C_{in}k^2 \times \text{places}} = \underbrace{Y}_{C_{out} \times \text{places}}$$

# %%
predict(
    "The layer above, as columns: how many rows and how many columns has the matrix for one picture?",
    (576, 3136),
    because="64 * 3 * 3 taps, and 56 * 56 places: padding 1 keeps the size.",
)

# %%
columns = F.unfold(torch.tensor(x), 3, padding=1).numpy()
product = w.reshape(64, 576) @ columns
assert columns.shape == (1, 576, 3136)
assert np.allclose(product.reshape(1, 64, 56, 56), y, atol=1e-3)

# %% [markdown]
# ### Exercise 9.1 · `im2col` (core, 7 min)
#
# Input (N, C, H, W), kernel size a number or a pair; no padding, stride 1. Return (N, C · kh · kw, places) in torch's
# order: down a column channel by channel, each window row by row; the places row by row too.
#
# Common error: a `reshape` without the `transpose` before it. The shape is right, and the numbers are mixed.
#
# <details><summary>Hint 1 of 4</summary>
#
# Loops will do: make zeros (N, C · kh · kw, rows · columns), and let `p = i * columns + j` number the places.
#
# </details>
# <details><summary>Hint 2 of 4</summary>
#
# `out[:, :, p] = input[:, :, i : i + kh, j : j + kw].reshape(N, -1)`
#
# </details>
# <details><summary>Hint 3 of 4</summary>
#
# Few calls with much work in each: loop over the kh · kw taps instead. Tap (a, b) reads `input[:, :, a : a + rows, b : b + columns]`
# at all places.
#
# </details>
# <details><summary>Hint 4 of 4</summary>
#
# Or no loop: `sliding_window_view(input, (kh, kw), axis=(2, 3))` in `np.lib.stride_tricks` has the axes (N, C, rows, columns, kh, kw).
# Bring them into the order (N, C, kh, kw, rows, columns), then reshape.
#
# </details>


# %%
def my_im2col(input, kernel_size):
    """Return all windows as columns: (N, C, H, W) makes (N, C * kh * kw, places)."""
    ### BEGIN SOLUTION
    kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    n, c, h, w = input.shape
    rows, across = h - kh + 1, w - kw + 1
    out = np.zeros((n, c, kh, kw, rows, across), input.dtype)
    for a, b in np.ndindex(kh, kw):
        out[:, :, a, b] = input[:, :, a : a + rows, b : b + across]
    return out.reshape(n, c * kh * kw, rows * across)
    ### END SOLUTION


# %%
check("im2col", my_im2col)

# %%
show(fast.im2col.correlate)

# %% [markdown]
# **Say it back.** Why is one large matrix product so much faster than the same products one by one?
#
# <details><summary>One way to say it</summary>
#
# The interpreter's work is paid once for each call. In the loops a call does one product, in the GEMM a hundred million.
#
# </details>

# %% [markdown]
# ## 9.2 What the columns cost (9 min)
#
# Nothing is free. What did im2col pay with?

# %%
predict(
    "A 3x3 kernel, stride 1, padding 1. How many times the input's memory do the columns take?",
    9,
    because="Every window has 9 cells of its own, and there are as many windows as cells.",
)

# %%
x.nbytes, columns.nbytes, columns.nbytes / x.nbytes

# %%
assert (x.nbytes, columns.nbytes) == (802_816, 7_225_344)
assert columns.nbytes == 9 * x.nbytes

# %% [markdown]
# 802,816 bytes have become 7,225,344: memory was traded for speed. It need not be. A NumPy array is a block of memory
# and **strides** (步幅), which say how many bytes further the next cell along each axis is (a kernel's stride, lesson 02,
# is another thing). Windows that overlap can be *views*: other
# strides over the same block, nothing copied.

# %%
padded = cnnlab.pad(x, [(1, 1), (1, 1)])
view = cnnlab.sliding.windows(padded, (3, 3), (1, 1), (1, 1))
view.shape, padded.strides, view.strides

# %%
assert np.shares_memory(view, padded)
assert view.strides == padded.strides + padded.strides[2:]
assert view.size == columns.size

# %% [markdown]
# But a GEMM wants its rows side by side in memory, so whoever multiplies the view has to copy in the end. There is a
# way between. Written row after row, a map moved *down* by one row is the same memory read one row further on. Only
# the moves to the *right* need copies: 3 for a 3×3 kernel, not 9.

# %%
moved = np.stack([padded[0, :, :, j : j + 56] for j in range(3)], axis=1)
flat = moved.reshape(64 * 3, 58 * 56)
total = np.zeros((64, 3136), np.float32)
for i in range(3):
    total += w[:, :, i].reshape(64, 192) @ flat[:, i * 56 : i * 56 + 3136]
total.shape, moved.nbytes / x.nbytes

# %%
assert np.allclose(total.reshape(1, 64, 56, 56), y, atol=1e-3)
assert np.shares_memory(flat[:, 56:], flat)
assert moved.nbytes == 2_494_464
assert 3 < moved.nbytes / x.nbytes < 3.2

# %% [markdown]
# One GEMM for each kernel row, on the same 2,494,464 bytes read from three starting points. cnnlab calls this "shifted"
# and uses it at stride 1, where maps are not small and channels not few. For three kernel rows there is better still (9.3).
#
# How much memory does each way need at its height, its output included?

# %% tags=["nbval-ignore-output"]
ways = {name: way(name) for name in ("windows", "im2col", "shifted", "winograd")}
peaks = {name: measuring.peak_bytes(call) for name, call in ways.items()}
figures.bars(
    {name: round(peak / 2**20, 1) for name, peak in peaks.items()},
    title="most memory in use, MiB",
    alt="Four bars: windows needs most, im2col about half of that, shifted and winograd less.",
)

# %%
assert peaks["im2col"] > columns.nbytes + y.nbytes
assert max(peaks, key=peaks.get) == "windows"
assert peaks["shifted"] < peaks["im2col"]

# %% [markdown]
# "windows" is one `einsum` over the view. It looks as if nothing were copied, and then copies most of all.
#
# There is a second reason to stay small. A processor has a small, quick memory beside its large, slow one: the
# **cache** (缓存), a few megabytes for each core. Columns of seven megabytes don't stay there: they are written out and fetched
# again. So cnnlab works in pieces of two to three megabytes and uses the same buffer for each:
# **cache blocking** (缓存分块).

# %%
show(fast.shifted.correlate)

# %% [markdown]
# **Say it back.** Why does "shifted" copy 3 times and not 9?
#
# <details><summary>One way to say it</summary>
#
# A step down is a step of one row in memory, so the GEMM simply starts further on. Only steps to the right break up the
# rows and need a copy of their own.
#
# </details>

# %% [markdown]
# ## 9.3 Winograd: fewer multiplications (13 min)
#
# Two outputs, three taps, six products. Can it be done with four?

# %% [markdown] tags=["instructor"]
# **Instructor.** Compare with $(a + b)(a - b) = a^2 - b^2$: two multiplications on one side, one on the other. Let
# someone check $m_2 + m_3$ at the board before the exercise.

# %%
predict(
    "Two neighbouring outputs of a kernel of 3 taps: how many multiplications by the definition?",
    6,
    because="Three products for each of two outputs.",
)

# %% [markdown]
# Four cells $d_0 \dots d_3$, three taps $g_0, g_1, g_2$. Neighbouring windows share cells, and these four products share work:
#
# | product | cells | taps |
# |---|---|---|
# | $m_1$ | $d_0 - d_2$ | $g_0$ |
# | $m_2$ | $d_1 + d_2$ | $(g_0 + g_1 + g_2)/2$ |
# | $m_3$ | $d_2 - d_1$ | $(g_0 - g_1 + g_2)/2$ |
# | $m_4$ | $d_1 - d_3$ | $g_2$ |
#
# The outputs are sums of them: $y_0 = m_1 + m_2 + m_3$ and $y_1 = m_2 - m_3 - m_4$. In matrices: mix the cells, mix the
# taps, multiply number by number, mix the products.

# %%
cells, taps, outputs = fast.winograd.TILES[2]
d, g = np.array([1.0, 2.0, 4.0, 8.0]), np.array([3.0, 5.0, 7.0])
products = (cells @ d) * (taps @ g)
products, outputs @ products

# %%
assert products.size == 4
assert (outputs @ products).tolist() == np.correlate(d, g, "valid").tolist() == [41, 82]
assert set(cells.ravel()) == set(outputs.ravel()) == {-1, 0, 1}

# %%
figures.heatmaps(
    [cells, taps, outputs],
    ["mixes 4 cells", "mixes 3 taps", "mixes 4 products"],
    alt="A 4×4 matrix of 1, 0 and −1; a 4×3 one of 1, 0 and halves; a 2×4 one of 1, 0 and −1.",
)

# %% [markdown]
# Cells and products are mixed by additions alone, and a filter's taps are mixed once for the whole picture. This is
# **Winograd's** F(2, 3): 2 outputs, 3 taps, 4 multiplications. Along both axes of a picture the savings multiply:
# 4 · 4 products for 2 · 2 outputs.

# %%
predict(
    "F(2x2, 3x3): 16 multiplications make four outputs. How many does the definition take?",
    36,
    because="Four outputs, nine taps each: 2.25 times as many.",
)

# %%
patch, kernel = rng.integers(-9, 9, size=(4, 4)), rng.integers(-9, 9, size=(3, 3))
mixed = (np.kron(cells, cells) @ patch.ravel()) * (np.kron(taps, taps) @ kernel.ravel())
square = (np.kron(outputs, outputs) @ mixed).reshape(2, 2)
assert mixed.size == 16
assert np.array_equal(square, cnnlab.conv2d(patch[None], kernel[None, None])[0])
assert 36 / 16 == 2.25

# %% [markdown]
# The Kronecker product, `np.kron`, does both axes with one matrix. Larger tiles save more: F(4×4, 3×3) makes 16 outputs with 36 multiplications
# instead of 144, a quarter. Their matrices hold larger numbers, up to 8, and what is added and then taken away again
# leaves its rounding behind. How much, in float32?


# %%
def mean_error(m, signals=5000):
    """Return the mean error of F(m, 3) in float32, and that of the plain sum."""
    d, g = rng.normal(size=(m + 2, signals)), rng.normal(size=(3, signals))
    truth = np.stack([(d[i : i + 3] * g).sum(axis=0) for i in range(m)])
    cells, taps, outputs = (a.astype(np.float32) for a in fast.winograd.TILES[m])
    d, g = d.astype(np.float32), g.astype(np.float32)
    plain = np.stack([(d[i : i + 3] * g).sum(axis=0) for i in range(m)])
    quick = outputs @ ((cells @ d) * (taps @ g))
    return float(np.abs(quick - truth).mean()), float(np.abs(plain - truth).mean())


# %% tags=["nbval-ignore-output"]
(error_2, plain_error), (error_4, _) = mean_error(2), mean_error(4)
figures.bars(
    {
        "plain sum": round(plain_error * 1e9),
        "F(2, 3)": round(error_2 * 1e9),
        "F(4, 3)": round(error_4 * 1e9),
    },
    title="mean error in float32, billionths",
    alt="Three bars: the plain sum errs least, F(2, 3) by about half as much again, F(4, 3) by three times.",
)

# %%
assert fast.winograd.TILES[4].cells.shape == (6, 6)
assert (6 * 6, 4 * 4 * 9) == (36, 144)
assert max(abs(m).max() for m in fast.winograd.TILES[4]) == 8
assert plain_error < error_2 < 2 * plain_error
assert 2 * plain_error < error_4 < 1e-6

# %% [markdown]
# Harmless for recognising pictures, but not nothing: so cnnlab takes F(4, 3) only where you ask for it with
# `algorithm="winograd"`, and only in float32. F(2, 3) it takes unasked, from 48 channels and filters on: down the
# rows only, two rows of the output at a time, four GEMMs in place of six. `explain_algorithm` calls that "pairs".

# %%
print(cnnlab.explain_algorithm(x, w, padding=1))

# %%
assert fast.choice.MANY == 48
assert cnnlab.explain_algorithm(x, w, padding=1).startswith("pairs")
two_rows = cnnlab.conv2d(x, w, padding=1)
exact = cnnlab.conv2d(x.astype(float), w.astype(float), padding=1)
assert np.abs(two_rows - exact).max() < 3 * np.abs(y - exact).max()

# %% [markdown]
# ### Exercise 9.3 · `winograd_f23` (core, 6 min)
#
# Four values and three taps make an array of two outputs, with four multiplications (halving the taps does not count). The
# check compares outputs and can't see how you came by them: count your `*` yourself.
#
# Common error: a sign. $m_3$ and $m_4$ are taken away in the second output.
#
# <details><summary>Hint 1 of 3</summary>
#
# Name the numbers: `d0, d1, d2, d3 = signal` and `g0, g1, g2 = kernel`.
#
# </details>
# <details><summary>Hint 2 of 3</summary>
#
# Each row of the table is one line, for instance `m2 = (d1 + d2) * ((g0 + g1 + g2) / 2)`.
#
# </details>
# <details><summary>Hint 3 of 3</summary>
#
# To find a wrong sign set all taps to 0 but one, and see where it goes.
#
# </details>


# %%
def my_winograd_f23(signal, kernel):
    """Return the two outputs of 3 taps on 4 values: (4,) and (3,) make (2,)."""
    ### BEGIN SOLUTION
    d0, d1, d2, d3 = signal
    g0, g1, g2 = kernel
    m1 = (d0 - d2) * g0
    m2 = (d1 + d2) * ((g0 + g1 + g2) / 2)
    m3 = (d2 - d1) * ((g0 - g1 + g2) / 2)
    m4 = (d1 - d3) * g2
    return np.array([m1 + m2 + m3, m2 - m3 - m4])
    ### END SOLUTION


# %%
check("winograd_f23", my_winograd_f23)

# %%
show(fast.winograd.correlate)

# %% [markdown]
# **Say it back.** What does Winograd trade, and for what?
#
# <details><summary>One way to say it</summary>
#
# Multiplications for additions, and with large tiles also a little exactness. It pays where the products are many: each
# mixture is used by all filters.
#
# </details>

# %% [markdown]
# ## 9.4 Fourier: large kernels (8 min)
#
# Blur a photo with a kernel of 31×31. How many products does that take for each pixel?

# %%
predict(
    "A 31x31 kernel, one channel: how many multiplications for one output?",
    961,
    because="31 * 31 taps; the FFT below takes the same time for any size.",
)

# %% [markdown]
# The **Fourier transform** (傅里叶变换) writes a picture as a sum of waves. Sliding and adding up becomes, wave by wave, one
# multiplication: transform both, multiply, transform back. (`conj` turns the kernel the way networks use it; waves run on
# around the border, so only the 98×114 places are kept where the kernel lies inside.) For a picture of $n$ cells the fast algorithm, the **FFT** (快速傅里叶变换), takes about $n \log_2 n$ steps.

# %%
gray = images.photo_gray()
ramp = np.minimum(np.arange(1, 32), np.arange(31, 0, -1))
blur = np.outer(ramp, ramp) / ramp.sum() ** 2
waves = np.fft.rfft2(gray) * np.fft.rfft2(blur, gray.shape).conj()
soft = np.fft.irfft2(waves, gray.shape)[:98, :114]

# %%
figures.images_row(
    [gray, soft],
    ["photo 128×144", "31×31 blur by FFT, 98×114"],
    alt="The pavilion in grey, and the same so soft that only bright and dark patches are left.",
)

# %%
direct = cnnlab.conv2d(gray[None], blur[None, None], algorithm="im2col")[0]
assert blur.size == 961
assert direct.shape == (128 - 31 + 1, 144 - 31 + 1) == (98, 114)
assert np.allclose(soft, direct)

# %% [markdown]
# Now on your machine: one channel, kernels from 3 to 31.

# %% tags=["nbval-ignore-output"]
sizes = (3, 7, 15, 31)
by_size = {name: [] for name in ("im2col", "shifted", "fft")}
for k in sizes:
    box = np.full((1, 1, k, k), 1 / k**2)
    calls = {name: way(name, gray[None], box, padding=0) for name in by_size}
    for name, least in measuring.seconds(calls).items():
        by_size[name].append(1000 * least)
figures.curves(
    sizes,
    by_size,
    xlabel="kernel size",
    ylabel="milliseconds",
    log=True,
    alt="im2col and shifted take longer with every size; the FFT stays level and is far below them at 31.",
)

# %% [markdown]
# The FFT's curve is nearly level. Why then is it not used everywhere? Count transforms for the ResNet layer. Every filter has a
# slice for each channel, and each of these small kernels must be blown up to the size of the picture.

# %%
transforms = {"one channel, one filter": 1 + 1 + 1, "64 channels, 64 filters": 64 + 64 * 64 + 64}
spectrum = np.fft.rfft2(np.zeros((3, 3)), (60, 60))  # 58 with padding; 60 = 4 * 3 * 5 is quicker
blown_up = 64 * 64 * spectrum.nbytes
transforms, w.nbytes, blown_up

# %%
assert list(transforms.values()) == [3, 4224]
assert w.nbytes == 147_456
assert blown_up == 121_896_960
assert fast.spectral.smooth(58) == 60
assert 64 * 64 * (60 * 60 * np.log2(60 * 60)) > macs

# %% [markdown]
# Three transforms become 4224, nearly all of them of kernels of nine numbers, and 147,456 bytes of weights become 121,896,960
# of spectra (complex, in float64). With $n \log_2 n$ steps each, the kernels' transforms alone are more work than the whole
# definition with its nine products. So cnnlab's rule takes the FFT for a single channel under a large kernel only.
# A large picture it cuts into tiles that overlap by the kernel's reach, so that all spectra of a tile fit the cache.

# %%
assert cnnlab.explain_algorithm(gray[None], blur[None, None]).startswith("fft")
assert not cnnlab.explain_algorithm(x, w, padding=1).startswith("fft")

# %% [markdown]
# **Say it back.** When does the FFT win, and why not with 64 channels?
#
# <details><summary>One way to say it</summary>
#
# With a large kernel on one channel: its cost does not grow with the kernel. With many channels each pair of channel and
# filter has a kernel to transform.
#
# </details>

# %% [markdown]
# ## 9.5 The ladder (7 min)
#
# All ways of computing one layer, side by side. In which order will they come?

# %%
predict(
    "One layer, 64 channels to 64. Which of these do you expect to be slowest after the loops?",
    "fft",
    choices=["windows", "im2col", "shifted", "winograd", "fft"],
    because="4224 transforms for kernels of 3x3. Look whether your machine agrees.",
)

# %%
every = {**ways, "fft": way("fft"), "pairs": way("auto")}
differences = {name: float(np.abs(call() - y).max()) for name, call in every.items()}
assert max(differences.values()) < 0.01
assert 15 < np.abs(y).mean() < 25
assert len(differences) == 6

# %% [markdown]
# First the answers: all six agree with torch's to a hundredth where values are about 20. Only then the clock. torch
# is 1; the loops' time is that of their small corner, scaled up by the number of multiply-adds. Everything runs on one thread.

# %% tags=["nbval-ignore-output"]
tensor_x, tensor_w = torch.tensor(x), torch.tensor(w)
every["torch"] = lambda: F.conv2d(tensor_x, tensor_w, padding=1)
taken = measuring.seconds(every)
ladder = {"loops": each * macs / taken["torch"]}
ladder |= {name: round(least / taken["torch"], 1) for name, least in taken.items()}
figures.bars(
    ladder | {"loops": round(ladder["loops"])},
    title="time, torch = 1",
    log=True,
    alt="Bars on a logarithmic axis: loops far above all, then fft, and the others within a few times torch.",
)

# %%
assert set(ladder) == {"loops", *every}
assert ladder["torch"] == 1
assert min(ladder.values()) > 0

# %% [markdown]
# Read your own figures. Between loops and GEMM lie usually four orders of magnitude or more, and that step is one line
# of NumPy. What is left between the GEMM ways and torch is mostly copying: on many machines torch's library multiplies
# straight from the picture. Time and the memory of 9.2 together: "pairs" needs little of both, Winograd in both axes less time where its rounding is welcome.
#
# `algorithm="auto"` is a rule over shapes, short enough to read; `explain_algorithm` says what it comes to.

# %%
show(fast.chosen)

# %%
small_maps = np.zeros((1, 512, 7, 7), np.float32), np.zeros((512, 512, 3, 3), np.float32)
print(cnnlab.explain_algorithm(x, w[:16], padding=1))
print(cnnlab.explain_algorithm(x, w[:, :, :1, :1]))
print(cnnlab.explain_algorithm(*small_maps, padding=1))

# %%
assert "115,605,504 multiply-adds" in cnnlab.explain_algorithm(x, w, padding=1)
assert cnnlab.explain_algorithm(x, w[:, :, :1, :1]).startswith("pointwise")
assert cnnlab.explain_algorithm(*small_maps, padding=1).startswith("columns")

# %% [markdown]
# **Say it back.** Why check the answers before looking at the clock?
#
# <details><summary>One way to say it</summary>
#
# The fastest program is the one that leaves something out. A time means nothing until the answer is right.
#
# </details>

# %% [markdown]
# ## 9.6 The roofline (6 min)
#
# How fast can it get at all, on your machine?

# %%
predict(
    "ReLU in float32 reads 4 bytes and writes 4 bytes for one operation. Operations for each byte?",
    0.125,
    because="1 / 8. It waits for memory, however fast the processor is.",
)

# %% [markdown]
# Two things can be the limit: how fast the processor multiplies, or how fast memory brings numbers. Which one it is depends on how
# often each byte is used, the **arithmetic intensity** (计算强度): operations divided by bytes moved. A multiply-add counts as two
# operations. Count the bytes that *must* move: input, weights and output once each, and for im2col the columns, out and in again.

# %%
must = x.nbytes + w.nbytes + y.nbytes
depthwise_bytes = 2 * x.nbytes + 64 * 9 * 4
intensity = {
    "relu": 1 / 8,
    "depthwise": 2 * x.size * 9 / depthwise_bytes,
    "im2col": 2 * macs / (must + 2 * columns.nbytes),
    "the layer": 2 * macs / must,
}
{name: round(value, 1) for name, value in intensity.items()}

# %%
assert must == 1_753_088
assert macs == 64 * x.size * 9
assert [round(v, 1) for v in intensity.values()] == [0.1, 2.2, 14.3, 131.9]

# %% [markdown]
# For each byte, ReLU does an eighth of an operation, the depthwise layer (lesson 03) two, the ordinary layer over a hundred. Now measure both limits
# and see where everything lies.

# %% tags=["nbval-ignore-output"]
deep, block, copy = w[:, :1].copy(), np.ones(1 << 23, np.float32), np.ones(1 << 23, np.float32)
matrix = rng.normal(size=(384, 384)).astype(np.float32)
tensor = torch.tensor(matrix)
tests = {
    "gemm": lambda: matrix @ matrix,
    "torch's gemm": lambda: tensor @ tensor,
    "copy": lambda: np.copyto(copy, block),
    "relu": lambda: cnnlab.relu(x),
    "depthwise": lambda: cnnlab.conv2d(x, deep, padding=1, groups=64),
}
tests |= {name: every[name] for name in ("im2col", "shifted", "torch")}
took = measuring.seconds(tests)
peak = 2 * 384**3 / min(took["gemm"], took["torch's gemm"]) / 1e9
bandwidth = 2 * copy.nbytes / took["copy"] / 1e9
f"{peak:.0f} billion operations a second, {bandwidth:.0f} billion bytes a second"

# %% tags=["nbval-ignore-output"]
speed = {
    "relu": (intensity["relu"], x.size / took["relu"]),
    "depthwise": (intensity["depthwise"], 2 * x.size * 9 / took["depthwise"]),
    "im2col": (intensity["im2col"], 2 * macs / took["im2col"]),
    "shifted": (intensity["the layer"], 2 * macs / took["shifted"]),
    "torch": (intensity["the layer"], 2 * macs / took["torch"]),
    "loops": (intensity["the layer"], 2 / each),
}
figure, axes = figures.canvas(
    size=(6, 3.6),
    alt="A slope that turns level; relu and depthwise near the slope, the GEMMs near the level, loops far below.",
)
reach = np.array([0.05, peak / bandwidth, 1000])
axes[0, 0].loglog(reach, np.minimum(peak, reach * bandwidth), color=figures.SERIES[1], lw=2)
for name, (used, rate) in speed.items():
    axes[0, 0].loglog(used, rate / 1e9, "o", color=figures.SERIES[0])
    beside = (6, -10) if name == "shifted" else (6, 4)
    axes[0, 0].annotate(name, (used, rate / 1e9), xytext=beside, textcoords="offset points")
axes[0, 0].set(xlabel="operations for each byte", ylabel="billion operations a second")
figure

# %%
assert list(speed) == ["relu", "depthwise", "im2col", "shifted", "torch", "loops"]
assert intensity["relu"] < intensity["depthwise"] < intensity["im2col"] < intensity["the layer"]

# %% [markdown]
# This is the **roofline** (屋顶线). Under the slope a program waits for memory: only moving fewer bytes helps. Under the level
# part it waits for the processor: only fewer multiplications help, which is Winograd's way past it, or a better GEMM.
# A point above the slope found its numbers in the cache; one above the level was measured while the machine was less
# busy. The loops touch neither roof: they wait for
# the interpreter.

# %% [markdown]
# **Say it back.** A depthwise layer has a 64th of the multiplications of the ordinary one. Why is it not 64 times as fast?
#
# <details><summary>One way to say it</summary>
#
# It moves about as many bytes. It stands under the slope, where memory sets the pace.
#
# </details>

# %% [markdown]
# ## You can now (3 min)
#
# You built im2col and Winograd's F(2, 3). You can
#
# - count a layer's multiply-adds and bytes, and say which of the two will be its limit;
# - turn a convolution into one matrix product, and say what that costs and how to pay less;
# - say what Winograd and Fourier save, where, and at what price;
# - measure: answers first, by turns, the least time, ratios.
#
# Five questions, mixed:

# %%
predict(
    "im2col of (1, 3, 10, 10), kernel 5, no padding: which shape?",
    (1, 75, 36),
    "3 * 5 * 5 taps, 6 * 6 places.",
)

# %%
predict(
    "5x5 kernel, stride 5, no padding, 50x50 picture. How many times the input's memory do the columns take?",
    1,
    because="Windows lie side by side: every cell is in one of them.",
)

# %%
predict(
    "How many outputs does F(6, 3) make from 8 cells with 8 multiplications?",
    6,
    because="F(m, 3) makes m outputs with m + 2 multiplications.",
)

# %%
predict(
    "A 3x3 kernel as 'shifted': how many copies of the input?",
    3,
    because="One for each step to the right; steps down are free.",
)

# %%
predict(
    "A 1x1 convolution with im2col: how many times the input's memory do the columns take?",
    1,
    because="A window is one cell: the picture already is its own columns, and need not be copied.",
)

# %% [markdown]
# If you want more:
#
# 1. Write `conv2d` with your `im2col` and one `@`, and put it into `every` of 9.5. Where does it land?
# 2. Count multiplications of F(6, 3) in two axes, and find out why libraries seldom go beyond F(4, 3). Which points make
#    the matrices? Lavin and Gray tell how.
# 3. Your Winograd wants stride 1 and kernels of 3. Build a 5-tap kernel from two F(2, 3) runs: 3 taps, then 2 and a zero.
#    Is it worth it?
#
# ### Read on
#
# - S. Winograd, *Arithmetic Complexity of Computations* (1980): why four is the least.
# - K. Chellapilla, S. Puri, P. Simard, *High performance convolutional neural networks for document processing* (2006): im2col.
# - K. Goto, R. van de Geijn, *Anatomy of high-performance matrix multiplication* (2008): what is inside a GEMM.
# - S. Williams, A. Waterman, D. Patterson, *Roofline: an insightful visual performance model* (2009).
# - M. Mathieu, M. Henaff, Y. LeCun, *Fast training of convolutional networks through FFTs* (2013).
# - A. Lavin, S. Gray, *Fast algorithms for convolutional neural networks* (2016).
