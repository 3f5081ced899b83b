# %% [markdown]
# # 00 Start here (10 min)
#
# Welcome. In this course you build every operator of a convolutional network yourself, in a few lines of NumPy, and
# each one is checked against torch (PyTorch), a library that real networks are built with. You need Python and a little
# NumPy; of neural networks, only the name.
#
# This page shows how a lesson goes, and finds out whether your machine is ready. Click into the first grey cell and
# press **Shift + Enter**: the cell runs, and you move on to the next.

# %%
import sys

import numpy as np
import torch

import cnnlab
from cnnlab import check, figures, my_progress, predict, show

# %% [markdown] tags=["instructor"]
# **Instructor.** Run this page together, on the projector. Whoever gets through the check of the machine is ready; a red
# cell there is the one to mend before lesson 01. Nobody should skip the prediction: it is the habit of the whole course.

# %% [markdown]
# ## 0.1 Predict, run, build, check (5 min)
#
# How does a lesson go? Always in the same four steps. First you **predict**: a question with a short answer. Type yours
# and press Enter. It is locked, and then you see the answer. A wrong guess costs nothing and teaches most.

# %%
predict(
    "The list 1 2 3 times the list 10 0 1, element by element, all added up: what number?",
    13,
    because="1 * 10 + 2 * 0 + 3 * 1.",
)

# %% [markdown]
# Then you **run** the few lines that show it. The last value of a cell is printed beneath it.

# %%
window = np.array([1, 2, 3])
kernel = np.array([10, 0, 1])
window * kernel, int((window * kernel).sum())

# %% [markdown]
# A cell of `assert` lines says nothing while all of them are true. It pins down what the text claims: change a number
# above, run both cells again, and see it complain.

# %%
assert (window * kernel).tolist() == [10, 0, 3]
assert (window * kernel).sum() == 13

# %% [markdown]
# Multiply what lies on each other and add up: this one sum is what lesson 01 slides over a picture. The frame on the
# left makes the framed number on the right.

# %% tags=["explorer"]
picture = cnnlab.images.ring()
answers = cnnlab.conv2d(picture[None], np.array([[[[1, 0], [0, 1]]]]))[0]
figures.heatmaps(
    [picture, np.eye(2, dtype=int), answers],
    ["a picture", "a kernel", "their sums"],
    outlines=[[(1, 2, 2, 2)], [], [(1, 2, 1, 1)]],
    alt="A 7×7 picture of small numbers, a 2×2 kernel with ones on its diagonal, and the 6×6 sums.",
)

# %%
assert answers.shape == (6, 6)
assert answers[1, 2] == 1 * picture[1, 2] + 1 * picture[2, 3] == 2

# %% [markdown]
# ### Exercise 0.1 · `window_sum` (core, 2 min)
#
# Now you **build**. Below is a function with an empty place. Put the sum from above there and `return` it.
#
# Common error: forgetting `return`, so that the function gives `None`.
#
# <details><summary>Hint 1 of 2</summary>
#
# Click on such a line when you are stuck, one at a time. The product of two arrays is `window * kernel`.
#
# </details>
# <details><summary>Hint 2 of 2</summary>
#
# `return (window * kernel).sum()`
#
# </details>


# %%
def my_window_sum(window, kernel):
    """Return the sum of the products of two arrays of one shape."""
    ### BEGIN SOLUTION
    return (window * kernel).sum()
    ### END SOLUTION


# %% [markdown]
# And you **check**. Not with one example: the judge tries inputs of many kinds against torch, and if something is
# wrong, it says what. You may run this cell as often as you like; an exercise left open never stops the cells below.

# %%
check("window_sum", my_window_sum)

# %% [markdown]
# At the end you look into the package; here, at what draws a picture for lesson 01. This is not a copy: the text is read
# from the installed file.

# %%
show(cnnlab.images.step_edge)

# %% [markdown]
# **Say it back.** Each section closes with a question like this one: what are the four steps?
#
# <details><summary>One way to say it</summary>
#
# Predict a number, run the lines that show it, build the function, check it.
#
# </details>

# %% [markdown]
# ## 0.2 Is the machine ready? (2 min)
#
# Does everything that the course needs work here? If the cells of this section run, yes.

# %%
predict(
    "torch and cnnlab convolve the same picture with the same kernel. What is the largest difference?",
    0,
    because="The same sums of small whole numbers: both are exact.",
)

# %% tags=["nbval-ignore-output"]
print("Python", sys.version.split()[0], "· NumPy", np.__version__, "· torch", torch.__version__)

# %%
ours = cnnlab.conv2d(picture[None], np.ones((1, 1, 3, 3)))
theirs = torch.nn.functional.conv2d(
    torch.tensor(picture[None] * 1.0), torch.ones(1, 1, 3, 3).double()
)
float(np.abs(ours - theirs.numpy()).max())

# %%
assert sys.version_info >= (3, 11)
assert np.array_equal(ours, theirs.numpy())

# %% [markdown]
# If a cell here ends in an error, close the notebook and run `python3 course.py lab` once more; it says what is missing. In a
# terminal, `cnnlab doctor` looks more closely.

# %% [markdown]
# **Say it back.** Whom does the course take as the measure of right and wrong?
#
# <details><summary>One way to say it</summary>
#
# torch, run on your own machine, and never a table of stored answers.
#
# </details>

# %% [markdown]
# ## Keys and progress (3 min)
#
# | key | what it does |
# |---|---|
# | Shift + Enter | run the cell, go to the next |
# | Esc, then Enter | leave the text of a cell, go back into it |
# | Shift + Tab | inside a call: show the function's arguments |
# | Tab | complete a name |
# | Esc, then A or B | a new cell above or below, to try things out |
# | Esc, then 0 0 | restart Python, when something got tangled |
# | ? | inside an interactive picture: its own keys |
#
# In a dark theme, `figures.theme("dark")` in a cell of its own makes the figures below it dark too.
#
# Your notebooks lie in `work/` and are yours: an update of the course never overwrites one that you changed. Your
# predictions and checks are kept in one file on this machine and go nowhere else. Come back to this cell to see where
# you stand:

# %% tags=["nbval-ignore-output"]
my_progress()

# %% [markdown] tags=["map"]
# ## The lessons
#
# One lesson an evening, in this order. The numbers 1.1, 1.2, ... name sections and their exercises alike.

# %% [markdown] tags=["glossary"]
# ## Glossary
#
# Every term that the lessons introduce, with its Chinese name and the section where it is explained.
