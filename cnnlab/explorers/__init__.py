"""Interactive pictures of the operators, joined to Python both ways; `cnnlab.explore` is this page.

Each function takes the learner's own data and returns an explorer: show it as the last line of a
cell. Turning a knob in the page and setting it in Python (`e.stride = 2`) are the same thing.
"""

from __future__ import annotations

__all__ = ["conv2d"]


def conv2d(
    image=None,
    weight=None,
    bias=0.0,
    *,
    kernel_size=None,
    stride=1,
    padding=1,
    dilation=1,
    padding_mode="zeros",
    kernel=None,
    mode="explore",
):
    """Return the explorer of `cnnlab.conv2d` with one channel.

    Shapes: image (H, W), or (H, W, 3) for a photo, the course's ring if left out; weight (kh, kw).
    Errors: those of `cnnlab.conv2d`, for the settings it starts with. Settings that become illegal
        later are told in the page, above the last legal picture.
    Source: lessons 1 and 2.

    >>> e = conv2d(stride=2)
    >>> e.output.shape, e.cursor, e.torch_code().splitlines()[-1]
    ((4, 4), (2, 1), 'output = F.conv2d(input, weight, stride=2, padding=1)')
    """
    from .conv2d_model import Conv2d

    given = {"kernel_size": kernel_size, "kernel": kernel}
    given = {name: value for name, value in given.items() if value is not None}
    e = Conv2d(
        image, weight, bias, stride=stride, padding=padding, dilation=dilation,
        padding_mode=padding_mode, **given,
    )  # fmt: skip
    e.mode = mode
    return e
