"""Interactive pictures of the operators, joined to Python both ways; `cnnlab.explore` is this page.

Each function takes the learner's own data and returns an explorer: show it as the last line of a
cell. Turning a knob in the page and setting it in Python (`e.stride = 2`) are the same thing.
"""

from __future__ import annotations

__all__ = [
    "activation",
    "adaptive",
    "channels",
    "conv1d",
    "conv2d",
    "conv3d",
    "groups",
    "output_size",
    "padding",
    "photo",
    "pooling",
    "pyramid",
    "receptive_field",
    "shift",
]


def activation(
    values=None, function="sigmoid", *, negative_slope=0.01, depth=10, bias=0.0, rate="1", x=1.0
):
    """Return the explorer of the activations: slopes, gradients by depth and dead ReLU units.

    Shapes: values any, up to 600 numbers; 40 normal ones if left out.
    Errors: TypeError and ValueError for settings that don't exist, named in the message.
    Source: lessons 6 and 7.

    >>> e = activation([-1.0, 2.0], "relu", x=2)
    >>> e.y, e.slope, e.norms["relu"].round(3).tolist()[-1]
    (2.0, 1.0, 0.707)
    """
    from .activation_model import Activation

    e = Activation(
        values, function=function, negative_slope=negative_slope, depth=depth, bias=bias, rate=rate
    )
    e.x = x
    return e


def adaptive(image=None, output_size=3, *, pool="max"):
    """Return the explorer of adaptive pooling: the bins of both axes, and where they overlap.

    Shapes: image (H, W), or (H, W, 3) for a photo, the course's ring if left out; output_size an
        int or a pair (down, across).
    Errors: those of `cnnlab.adaptive_max_pool2d`.
    Source: lesson 4.4.

    >>> adaptive([[10, 20, 30, 40, 50]], (1, 3), pool="average").output.tolist()
    [[15.0, 30.0, 45.0]]
    """
    from cnnlab import arguments

    from .bins_model import Adaptive

    rows, columns = arguments.per_axis("output_size", output_size, 2, minimum=1)
    return Adaptive(image, pool=pool, rows=rows, columns=columns)


def channels(photo=None, weight=None, *, filters=None, kernel_size=None, stride=1, padding=0,
             bias=0.0, mode="explore"):  # fmt: skip
    """Return the explorer of one output value of a colour photo: three slices, their sums, a bias.

    Shapes: photo (H, W, 3), the course's if left out; more than 36 cells a side are averaged down.
        weight (filters, 3, kh, kw), up to six filters.
    Errors: those of `cnnlab.conv2d`, for the settings it starts with. Settings that become illegal
        later are told in the page, above the last legal picture.
    Source: lesson 1.

    >>> e = channels(bias=0.5)
    >>> e.output.shape, bool(abs(e.sums().sum() + 0.5 - e.output[e.cursor]) < 1e-12)
    ((2, 30, 34), True)
    """
    from .channels_model import Channels

    given = {"filters": filters, "kernel_size": kernel_size}
    given = {name: value for name, value in given.items() if value is not None}
    e = Channels(photo, weight, stride=stride, padding=padding, bias=bias, **given)
    e.mode = mode
    return e


def conv1d(
    signal=None,
    weight=None,
    bias=0.0,
    *,
    kernel_size=None,
    stride=1,
    padding=0,
    dilation=1,
    padding_mode="zeros",
    kernel=None,
):
    """Return the explorer of `cnnlab.conv1d` with one channel; its bars can be dragged.

    Shapes: signal (length,), the course's signal if left out, at most 240 values; weight (k,).
    Errors: those of `cnnlab.conv1d`, for the settings it starts with. Settings that become illegal
        later are told in the page, above the last legal picture.
    Source: lesson 1.

    >>> e = conv1d([0, 0, 5, 5, 5, 0], [-1, 1])
    >>> e.output.tolist(), e.cursor, e.torch_code().splitlines()[-1]
    ([0.0, 5.0, 0.0, 0.0, -5.0], (1,), 'output = F.conv1d(input, weight)')
    """
    from .conv1d_model import Conv1d

    given = {"kernel_size": kernel_size, "kernel": kernel}
    given = {name: value for name, value in given.items() if value is not None}
    return Conv1d(
        signal, weight, bias, stride=stride, padding=padding, dilation=dilation,
        padding_mode=padding_mode, **given,
    )  # fmt: skip


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


def conv3d(volume=None, weight=None, bias=0.0, *, kernel_depth=None, kernel_size=None, stride=1,
           padding=0, dilation=1, kernel=None, mode="explore"):  # fmt: skip
    """Return the explorer of `cnnlab.conv3d` with one channel: a strip of slices and three views.

    Shapes: volume (D, H, W), a small film if left out, at most 12 cells an axis; weight
        (kd, kh, kw).
    Errors: those of `cnnlab.conv3d`, for the settings it starts with. Settings that become illegal
        later are told in the page, above the last legal picture.
    Source: lesson 1.

    >>> e = conv3d()
    >>> e.input.shape, e.output.shape, e.torch_code().splitlines()[-1]
    ((5, 5, 8), (4, 5, 8), 'output = F.conv3d(input, weight)')
    """
    from .conv3d_model import Conv3d

    given = {"kernel_depth": kernel_depth, "kernel_size": kernel_size, "kernel": kernel}
    given = {name: value for name, value in given.items() if value is not None}
    e = Conv3d(volume, weight, bias, stride=stride, padding=padding, dilation=dilation, **given)
    e.mode = mode
    return e


def groups(
    image=None, *, in_channels=None, out_channels=64, groups=4, kernel_size=3, preset="grouped"
):
    """Return the explorer of `groups`: which outputs see which inputs, and what it costs.

    Shapes: image (channels, height, width), 12 maps of 24x24 if left out; only its shape counts.
    Errors: TypeError and ValueError for settings that don't exist and for groups that don't divide
        the channels, in the words of `cnnlab.conv2d`.
    Source: lesson 3.

    >>> [groups(groups=g).parameters for g in (1, 4)], groups(preset="separable").parameters
    ([6912, 1728], 876)
    """
    from .groups_model import Groups

    given = {} if in_channels is None else {"in_channels": in_channels}
    return Groups(
        image, out_channels=out_channels, groups=groups, kernel_size=kernel_size, preset=preset,
        **given,
    )  # fmt: skip


def output_size(
    input=8, kernel_size=3, stride=1, padding=0, dilation=1, *, wanted=None, mode="explore"
):
    """Return the explorer of `cnnlab.output_size`: places, the floor, cells that are never read.

    Its way back lists the settings that give a wanted size; `e.settings_for(4)` is that list.

    Shapes: input is a number of cells, a row (n,), a picture (H, W) or a photo (H, W, 3).
    Errors: those of `cnnlab.output_size`, for the settings it starts with.
    Source: lesson 2.1.

    >>> e = output_size(8, 3, stride=3)
    >>> e.sizes, len(e.settings_for(8))
    ((2,), 10)
    """
    from .output_size_model import OutputSize

    e = OutputSize(
        input, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
        wanted=wanted,
    )  # fmt: skip
    e.mode = mode
    return e


def padding(image=None, padding=2, padding_mode="all four", *, mode="explore"):
    """Return the explorer of the padding modes: where each value outside is copied from.

    Shapes: image a row (n,), a picture (H, W), or (H, W, 3) for a photo; 1 to 12 if left out.
    Errors: those of `cnnlab.pad`, for the settings it starts with.
    Source: lesson 2.3.

    >>> e = padding([1, 2, 3, 4], 2, "reflect")
    >>> e.output.tolist(), e.sources.tolist()
    ([3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0], [2, 1, 0, 1, 2, 3, 2, 1])
    """
    from .padding_model import Padding

    e = Padding(image, padding=padding, padding_mode=padding_mode)
    e.mode = mode
    return e


def pooling(
    image=None,
    kernel_size=3,
    stride=None,
    padding=0,
    dilation=1,
    *,
    pool="max",
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
    mode="explore",
):
    """Return the explorer of `cnnlab.max_pool2d` and `avg_pool2d`, whichever `pool` names.

    Shapes: image (H, W), or (H, W, 3) for a photo, the course's ring if left out.
    Errors: those of the pools, for the settings it starts with.
    Source: lesson 4.

    >>> e = pooling([[1, 5, 2, 0], [3, 4, 8, 1]], 2)
    >>> e.output.tolist(), e.winners.tolist(), e.torch_code().splitlines()[-1]
    ([[5.0, 8.0]], [[[0, 1], [1, 2]]], 'output = F.max_pool2d(input, 2)')
    """
    from .pooling_model import Pooling

    e = Pooling(
        image, pool=pool, kernel_size=kernel_size, stride=stride, padding=padding,
        dilation=dilation, ceil_mode=ceil_mode, count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )  # fmt: skip
    e.mode = mode
    return e


def pyramid(image=None, levels=(1, 2, 4), *, pool="max"):
    """Return the explorer of `cnnlab.spatial_pyramid_pool` on one map of any size.

    Shapes: image (H, W), or (H, W, 3) for a photo, the course's ring if left out.
    Errors: those of `cnnlab.spatial_pyramid_pool`.
    Source: lesson 5.2.

    >>> e = pyramid(levels=(1, 2))
    >>> e.output.tolist()
    [3.0, 3.0, 3.0, 3.0, 2.0]
    >>> e.height = 5
    >>> e.output.shape
    (5,)
    """
    from .bins_model import Pyramid

    return Pyramid(image, pool=pool, levels=levels)


def photo(image=None, weight=None, *, kernel=None, kernel_size=None, stride=1, dilation=1):
    """Return the explorer of a kernel over a whole photo, with a magnifier.

    Shapes: image (H, W), or (H, W, 3) taken in grey, up to 512 each; a photo of 256x256 if left
        out. weight (k, k), k up to 7.
    Errors: those of `cnnlab.conv2d`, for the settings it starts with.
    Source: lesson 1.

    >>> e = photo([[0, 1] * 4] * 8, kernel="Laplacian", stride=2)
    >>> e.output.shape, e.torch_code().splitlines()[-1]
    ((3, 3), 'output = F.conv2d(input, weight, stride=2)')
    """
    from .photo_model import Photo

    given = {"kernel": kernel, "kernel_size": kernel_size}
    given = {name: value for name, value in given.items() if value is not None}
    return Photo(image, weight, stride=stride, dilation=dilation, **given)


def receptive_field(layers=None, *, preset="stride 2, then 3×3", outputs=5, mode="explore"):
    """Return the explorer of receptive fields: a list of layers to edit, and the cone of an output.

    Shapes: layers a list of (kernel_size, stride, padding, dilation), later parts may be missing,
        or layers of cnnlab or torch; those without a window are left out.
    Errors: TypeError and ValueError for layers and settings that don't exist.
    Source: lesson 2.

    >>> e = receptive_field([(3, 1, 0, 2)] * 3)
    >>> e.size, e.cursor, e.holes.tolist()
    (13, 2, [3, 5, 7, 9, 11, 13])
    """
    from .field_model import ReceptiveField

    given = {"outputs": outputs} if layers is not None else {"outputs": outputs, "preset": preset}
    e = ReceptiveField(layers, **given)
    e.mode = mode
    return e


def shift(
    image=None,
    weight=None,
    *,
    right=1,
    down=0,
    entering="wrapped",
    layer="conv",
    stride=1,
    padding_mode="circular",
    preset="ring",
    mode="explore",
):
    """Return the explorer of shifts: the input moves; does the output move along, or stay?

    Shapes: image (H, W) or a line (L,), the course's ring if left out; weight (kh, kw), Sobel x.
    Errors: TypeError and ValueError for settings that don't exist.
    Source: lessons 1 and 4.

    >>> e = shift(preset="4 1 3 7 2", right=-1, entering="zeros", layer="max of all")
    >>> e.moved.tolist(), e.output.ravel().tolist(), e.invariant
    ([[1.0, 3.0, 7.0, 2.0, 0.0]], [7.0, 7.0], True)
    """
    from .shift_model import Shift

    given = {} if image is not None else {"preset": preset}
    e = Shift(
        image, weight, right=right, down=down, entering=entering, layer=layer, stride=stride,
        padding_mode=padding_mode, **given,
    )  # fmt: skip
    e.mode = mode
    return e
