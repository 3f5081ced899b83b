"""cnnlab: what convolutional networks are made of, from scratch in NumPy.

The operators are here by name; what needs matplotlib, torch or a notebook is loaded when it is
first asked for, so that `import cnnlab` stays light.
"""

trouble = None  # why there are no operators
try:
    from .activations import (
        elu,
        elu_backward,
        gelu,
        gelu_backward,
        hardswish,
        hardswish_backward,
        leaky_relu,
        leaky_relu_backward,
        log_softmax,
        log_softmax_backward,
        prelu,
        prelu_backward,
        relu,
        relu_backward,
        sigmoid,
        sigmoid_backward,
        silu,
        silu_backward,
        softmax,
        softmax_backward,
        softplus,
        softplus_backward,
        tanh,
        tanh_backward,
    )
    from .adaptive import (
        adaptive_avg_pool1d,
        adaptive_avg_pool1d_backward,
        adaptive_avg_pool2d,
        adaptive_avg_pool2d_backward,
        adaptive_avg_pool3d,
        adaptive_avg_pool3d_backward,
        adaptive_max_pool1d,
        adaptive_max_pool1d_backward,
        adaptive_max_pool2d,
        adaptive_max_pool2d_backward,
        adaptive_max_pool3d,
        adaptive_max_pool3d_backward,
    )
    from .averaging import (
        avg_pool1d,
        avg_pool1d_backward,
        avg_pool2d,
        avg_pool2d_backward,
        avg_pool3d,
        avg_pool3d_backward,
    )
    from .convolution import (
        conv1d,
        conv1d_backward,
        conv2d,
        conv2d_backward,
        conv3d,
        conv3d_backward,
        explain_algorithm,
    )
    from .global_pooling import (
        global_avg_pool1d,
        global_avg_pool1d_backward,
        global_avg_pool2d,
        global_avg_pool2d_backward,
        global_avg_pool3d,
        global_avg_pool3d_backward,
        global_max_pool1d,
        global_max_pool1d_backward,
        global_max_pool2d,
        global_max_pool2d_backward,
        global_max_pool3d,
        global_max_pool3d_backward,
    )
    from .pooling import (
        max_pool1d,
        max_pool1d_backward,
        max_pool2d,
        max_pool2d_backward,
        max_pool3d,
        max_pool3d_backward,
    )
    from .pyramid import (
        atrous_pyramid,
        atrous_pyramid_backward,
        roi_pool,
        roi_pool_backward,
        spatial_pyramid_pool,
        spatial_pyramid_pool_backward,
    )
    from .separable import (
        depthwise_conv2d,
        depthwise_conv2d_backward,
        pointwise_conv2d,
        pointwise_conv2d_backward,
        separable_conv2d,
        separable_conv2d_backward,
    )
    from .sliding import (
        output_size,
        pad,
    )
    from .unpooling import (
        max_unpool1d,
        max_unpool1d_backward,
        max_unpool2d,
        max_unpool2d_backward,
        max_unpool3d,
        max_unpool3d_backward,
    )
except (Exception, SystemExit) as error:
    # NumPy is missing or broken. `cnnlab doctor` says so, and it is a part of this package: what
    # asks for an operator gets the error instead (`__getattr__`).
    trouble = error

# Loaded when first asked for: name -> the module of cnnlab that has it
LATER = {
    "check": "judge",
    "my_progress": "judge",
    "predict": "judge",
    "reset": "judge",
    "reveal": "judge",
    "show": "showing",
    "trace": "tracing",
}
MODULES = {"explore": "explorers", "figures": "figures", "images": "images"}

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool1d_backward",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_backward",
    "adaptive_avg_pool3d",
    "adaptive_avg_pool3d_backward",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_backward",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_backward",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_backward",
    "atrous_pyramid",
    "atrous_pyramid_backward",
    "avg_pool1d",
    "avg_pool1d_backward",
    "avg_pool2d",
    "avg_pool2d_backward",
    "avg_pool3d",
    "avg_pool3d_backward",
    "check",
    "conv1d",
    "conv1d_backward",
    "conv2d",
    "conv2d_backward",
    "conv3d",
    "conv3d_backward",
    "depthwise_conv2d",
    "depthwise_conv2d_backward",
    "elu",
    "elu_backward",
    "explain_algorithm",
    "explore",
    "figures",
    "gelu",
    "gelu_backward",
    "global_avg_pool1d",
    "global_avg_pool1d_backward",
    "global_avg_pool2d",
    "global_avg_pool2d_backward",
    "global_avg_pool3d",
    "global_avg_pool3d_backward",
    "global_max_pool1d",
    "global_max_pool1d_backward",
    "global_max_pool2d",
    "global_max_pool2d_backward",
    "global_max_pool3d",
    "global_max_pool3d_backward",
    "hardswish",
    "hardswish_backward",
    "images",
    "leaky_relu",
    "leaky_relu_backward",
    "log_softmax",
    "log_softmax_backward",
    "max_pool1d",
    "max_pool1d_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "max_pool3d",
    "max_pool3d_backward",
    "max_unpool1d",
    "max_unpool1d_backward",
    "max_unpool2d",
    "max_unpool2d_backward",
    "max_unpool3d",
    "max_unpool3d_backward",
    "my_progress",
    "output_size",
    "pad",
    "pointwise_conv2d",
    "pointwise_conv2d_backward",
    "predict",
    "prelu",
    "prelu_backward",
    "relu",
    "relu_backward",
    "reset",
    "reveal",
    "roi_pool",
    "roi_pool_backward",
    "separable_conv2d",
    "separable_conv2d_backward",
    "show",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "softplus",
    "softplus_backward",
    "spatial_pyramid_pool",
    "spatial_pyramid_pool_backward",
    "tanh",
    "tanh_backward",
    "trace",
]


def __getattr__(name):
    """Load what is not needed for reckoning at the moment it is asked for."""
    from importlib import import_module

    if name in MODULES:
        return import_module(f"{__name__}.{MODULES[name]}")
    if name in LATER:
        return getattr(import_module(f"{__name__}.{LATER[name]}"), name)
    if trouble is not None and name in __all__:
        said = f"{type(trouble).__name__}: {trouble}"
        raise ImportError(f"cnnlab can't reckon here, ask cnnlab doctor: {said}") from trouble
    raise AttributeError(f"cnnlab has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
