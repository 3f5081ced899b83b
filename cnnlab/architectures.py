"""Networks that made history, as lists of layers for the tracer to count.

Nothing is trained here, and no weight is drawn until a layer is called: `trace(vgg16(), (3, 224,
224))` costs no memory.
"""

from __future__ import annotations

from .layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Tanh,
)


def lenet5() -> list:
    """Return LeNet-5 with full connections between its maps, for (1, 32, 32).

    Source: LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document
    recognition; the connections of C3 full, the pools without weights, as it is built today.

    >>> from cnnlab.tracing import trace
    >>> trace(lenet5(), (1, 32, 32)).parameters
    61706
    """
    return [
        Conv2d(1, 6, 5), Tanh(), AvgPool2d(2),
        Conv2d(6, 16, 5), Tanh(), AvgPool2d(2),
        Flatten(), Linear(400, 120), Tanh(), Linear(120, 84), Tanh(), Linear(84, 10),
    ]  # fmt: skip


def alexnet(classes=1000) -> list:
    """Return AlexNet in its one-GPU form, for (3, 224, 224).

    Source: Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks.

    >>> from cnnlab.tracing import trace
    >>> trace(alexnet(), (3, 224, 224)).parameters
    61100840
    """
    return [
        Conv2d(3, 64, 11, stride=4, padding=2), ReLU(), MaxPool2d(3, 2),
        Conv2d(64, 192, 5, padding=2), ReLU(), MaxPool2d(3, 2),
        Conv2d(192, 384, 3, padding=1), ReLU(),
        Conv2d(384, 256, 3, padding=1), ReLU(),
        Conv2d(256, 256, 3, padding=1), ReLU(), MaxPool2d(3, 2),
        AdaptiveAvgPool2d((6, 6)), Flatten(),
        Dropout(), Linear(256 * 6 * 6, 4096), ReLU(),
        Dropout(), Linear(4096, 4096), ReLU(), Linear(4096, classes),
    ]  # fmt: skip


def vgg16(classes=1000) -> list:
    """Return VGG-16 (configuration D), for (3, 224, 224).

    Source: Simonyan and Zisserman 2015, Very deep convolutional networks for large-scale image
    recognition.

    >>> from cnnlab.tracing import trace
    >>> trace(vgg16(), (3, 224, 224)).parameters
    138357544
    """
    layers, channels = [], 3
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers += [Conv2d(channels, width, 3, padding=1), ReLU()]
            channels = width
        layers.append(MaxPool2d(2))
    return [
        *layers, Flatten(),
        Linear(512 * 7 * 7, 4096), ReLU(), Dropout(),
        Linear(4096, 4096), ReLU(), Dropout(), Linear(4096, classes),
    ]  # fmt: skip


def resnet18(classes=1000) -> list:
    """Return ResNet-18, for (3, 224, 224): blocks of two 3x3 convolutions beside a shortcut.

    Source: He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition.

    >>> from cnnlab.tracing import trace
    >>> trace(resnet18(), (3, 224, 224)).parameters
    11689512
    """
    return _resnet((2, 2, 2, 2), _basic_block, 1, classes)


def resnet50(classes=1000) -> list:
    """Return ResNet-50, for (3, 224, 224): blocks of 1x1, 3x3, 1x1 beside a shortcut.

    The stride stands at the 3x3 convolution, as it does in torchvision.

    Source: He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition.

    >>> from cnnlab.tracing import trace
    >>> trace(resnet50(), (3, 224, 224)).parameters
    25557032
    """
    return _resnet((3, 4, 6, 3), _bottleneck, 4, classes)


def mobilenet_v1(classes=1000) -> list:
    """Return MobileNet v1 at full width, for (3, 224, 224): depthwise and pointwise by turns.

    Source: Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile
    vision applications, table 1.

    >>> from cnnlab.tracing import trace
    >>> trace(mobilenet_v1(), (3, 224, 224)).parameters
    4231976
    """
    layers = _conv(3, 32, 3, 2)
    channels = 32
    widths = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5)
    for width, stride in (*widths, (1024, 2), (1024, 1)):
        layers += _conv(channels, channels, 3, stride, groups=channels)
        layers += _conv(channels, width, 1)
        channels = width
    return [*layers, AdaptiveAvgPool2d(1), Flatten(), Linear(1024, classes)]


def _conv(channels, width, kernel_size, stride=1, groups=1, relu=True) -> list:
    """Return a convolution without bias, batch norm and ReLU; the padding keeps the size."""
    convolution = Conv2d(
        channels, width, kernel_size, stride, kernel_size // 2, groups=groups, bias=False
    )
    return [convolution, BatchNorm2d(width), *([ReLU()] if relu else [])]


def _basic_block(channels, width, stride) -> list:
    return [*_conv(channels, width, 3, stride), *_conv(width, width, 3, relu=False)]


def _bottleneck(channels, width, stride) -> list:
    middle = [*_conv(channels, width, 1), *_conv(width, width, 3, stride)]
    return [*middle, *_conv(width, 4 * width, 1, relu=False)]


def _resnet(depths, block, expansion, classes) -> list:
    """Return a ResNet: where a block changes the shape, its shortcut is a 1x1 convolution."""
    layers, channels = [*_conv(3, 64, 7, 2), MaxPool2d(3, 2, 1)], 64
    for stage, depth in enumerate(depths):
        width = 64 * 2**stage
        for number in range(depth):
            stride = 2 if stage and not number else 1
            out = width * expansion
            fits = stride == 1 and channels == out
            shortcut = [] if fits else _conv(channels, out, 1, stride, relu=False)
            layers += [(block(channels, width, stride), shortcut), ReLU()]
            channels = out
    return [*layers, AdaptiveAvgPool2d(1), Flatten(), Linear(channels, classes)]
