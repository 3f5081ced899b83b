"""A learner's function in an operator's place: what it lacks is put around it.

Whatever such a function does wrong becomes a Trouble, half a sentence that goes on after its name.
"""

from __future__ import annotations

import numpy as np

from . import arguments, sliding

ANOTHER_SHAPE = "gives an array of another shape than cnnlab's"


class Trouble(Exception):  # noqa: N818 - no error of cnnlab's, but what is said of a function
    """What is wrong with a learner's function, as half a sentence."""


def words(error) -> str:
    """Return an exception in one line; a learner's own may not even be able to say itself."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def adapted(operator, own, function, count):
    """Return a learner's function as the operator is called, for a result of `count` arrays."""
    adapt = dict(OWN[operator])[own]
    standing_in = adapt(_asked(function, count))

    def answer(*args, **kwargs):
        try:
            result = standing_in(*args, **kwargs)
        except Trouble:
            raise
        except Exception:  # nothing but arrays came so far: they have no shape to go on with
            raise Trouble(ANOTHER_SHAPE) from None
        return tuple(_like(part, args[0]) for part in several(result))

    return answer


def several(result) -> tuple:
    """Return one result as a tuple of one, several as they are."""
    return result if isinstance(result, tuple) else (result,)


def shapes(result) -> list:
    """Return the shape of each array of a result, None where there is none."""
    return [None if part is None else part.shape for part in several(result)]


class Guarded:
    """A learner's function, and cnnlab's from the moment on when it fails."""

    def __init__(self, name, function, cnnlabs):
        self.name, self.function, self.cnnlabs = name, function, cnnlabs
        self.failed, self.expected = False, {}

    def __call__(self, *args, **kwargs):
        """Return the function's result, or cnnlab's."""
        if not self.failed:
            try:
                return self._own(args, kwargs)
            except Trouble as trouble:
                self.failed = True
                print(f"{self.name} {trouble}. cnnlab's goes on in its place.")
        return self.cnnlabs(*args, **kwargs)

    def _own(self, args, kwargs):
        key = (*map(np.shape, args), repr(kwargs))
        if key not in self.expected:  # of shapes not seen before, cnnlab's says what must come
            self.expected[key] = shapes(self.cnnlabs(*args, **kwargs))
        result = self.function(*map(_locked, args), **kwargs)
        if shapes(result) != self.expected[key]:
            raise Trouble(ANOTHER_SHAPE)
        return result if len(result) > 1 else result[0]


def _locked(value):
    """Return an array as a view that nobody can write to: the network still needs it."""
    if not isinstance(value, np.ndarray):
        return value
    view = value.view()
    view.flags.writeable = False
    return view


def _asked(own, count):
    """Return the function with its exceptions, and whatever it returns but arrays, as Trouble."""

    def ask(*args, **kwargs):
        try:
            result = own(*args, **kwargs)
        except (Exception, SystemExit) as error:
            raise Trouble(f"stopped with {words(error)}") from None
        parts = result if count > 1 and isinstance(result, tuple | list) else (result,)
        # Only the first must be there: a network without biases needs no gradient of one.
        rest = [part for part in parts[1:] if part is not None]
        if len(parts) != count or not all(map(_is_array, [parts[0], *rest])):
            raise Trouble(_no_arrays(result, count))
        return result

    return ask


def _is_array(value) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def _no_arrays(result, count) -> str:
    """Return what a function must return, and what it does."""
    if result is None:
        return "gives None"
    several = f" of {len(result)}" if isinstance(result, tuple | list) else ""
    several = f" of {result.dtype}" if isinstance(result, np.ndarray) else several
    rule = "an array" if count == 1 else f"{count} arrays"
    return f"must return {rule} of numbers; got a {type(result).__name__}{several}"


def _like(part, input):
    """Return a result in the input's dtype: many a learner's function answers in float64."""
    if part is None:
        return None
    array = arguments.cast(np.asarray(part), input.dtype)
    # What comes back as it went in is still locked.
    return array if array.flags.writeable else array.copy()


# -- what a learner's function lacks ----------------------------------------------------------


def _as_it_is(own):
    return own


def _padded(own):
    """A convolution that knows no padding gets its input padded."""

    def conv2d(input, weight, bias=None, padding=0, **settings):
        return own(_pad(input, _pairs(padding, weight, settings)), weight, bias, **settings)

    return conv2d


def _without_bias(own):
    """A convolution that knows neither padding nor bias: both are put around it."""

    def conv2d(input, *weights, padding=0, **settings):
        *weights, bias = weights
        output = own(_pad(input, _pairs(padding, weights[0], settings)), *weights, **settings)
        return output if bias is None else output + bias[:, None, None]

    return conv2d


def _cropped(own):
    """A convolution's gradient that knows no padding: the border's part falls away."""

    def conv2d_backward(grad_output, input, weight, bias=None, padding=0, **settings):
        pairs = _pairs(padding, weight, settings)
        grads = own(grad_output, _pad(input, pairs), weight, **settings)
        grad_input, grad_weight, grad_bias = grads
        rows = zip(pairs, input.shape[2:], strict=True)
        inner = (..., *(slice(before, before + size) for (before, _), size in rows))
        return grad_input[inner], grad_weight, grad_bias if bias is not None else None

    return conv2d_backward


def _pairs(padding, weight, settings):
    """Return (before, after) for both axes, whichever way the padding was told."""
    steps = [
        arguments.per_axis(name, settings.get(name, 1), 2, 1) for name in ("stride", "dilation")
    ]
    return arguments.padding_pairs(padding, weight.shape[2:], *steps)


def _pad(input, pairs):
    return sliding.pad(input, pairs) if any(map(any, pairs)) else input


def _by_slope(slope):
    """A backward made of a slope: grad_output times it."""

    def backward(grad_output, input, **settings):
        return grad_output * slope(input, **settings)

    return backward


# The functions that could compute an operator, the one that can do most first
OWN = {
    "conv2d": (
        ("my_conv2d_full", _as_it_is), ("my_grouped_conv2d", _padded), ("my_conv2d", _padded)
    ),
    "conv2d_backward": (("my_conv2d_backward", _cropped),),
    "depthwise_conv2d": (("my_depthwise_conv2d", _without_bias),),
    "separable_conv2d": (("my_separable_conv2d", _without_bias),),
    "spatial_pyramid_pool": (("my_spatial_pyramid_pool", _as_it_is),),
    "adaptive_avg_pool2d": (("my_adaptive_avg_pool2d", _as_it_is),),
}  # fmt: skip
for _pool in ("max_pool2d", "avg_pool2d"):
    for _name in (_pool, f"{_pool}_backward"):
        OWN[_name] = ((f"my_{_name}", _as_it_is),)
for _name in ("relu", "leaky_relu", "sigmoid", "tanh"):
    OWN[_name] = ((f"my_{_name}", _as_it_is),)
    slopes = (f"my_{_name}_backward", _as_it_is), (f"my_{_name}_slope", _by_slope)
    OWN[f"{_name}_backward"] = slopes
