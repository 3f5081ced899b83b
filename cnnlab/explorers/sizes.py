"""The sentences about sizes: the output-size formula with its numbers, and torch's line.

`cnnlab.output_size` is the formula; this page only writes out what it computes.
"""

from __future__ import annotations

import numpy as np

from cnnlab import sliding

from .look import number


def size_formula(n, kernel_size, stride, pads, dilation, ceil_mode=False) -> str:
    """Write the output-size formula of one axis with its numbers, the rounding shown.

    >>> size_formula(7, 3, 2, (1, 1), 1)
    '⌊(7 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊6 / 2⌋ + 1 = 4'
    >>> size_formula(6, 3, 2, (0, 0), 1)
    '⌊(6 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊3 / 2⌋ + 1 = ⌊1.5⌋ + 1 = 2'
    """
    before, after = pads
    left, right = "⌈⌉" if ceil_mode else "⌊⌋"
    added = f"2·{before}" if before == after else f"{before} + {after}"
    room = n + before + after - dilation * (kernel_size - 1) - 1
    places = sliding.output_size(n, kernel_size, stride, pads, dilation, ceil_mode)
    start = f"{left}({n} + {added} − {dilation}·({kernel_size} − 1) − 1) / {stride}{right} + 1"
    middle = f"{left}{number(room)} / {stride}{right} + 1"
    if room % stride:
        middle += f" = {left}{number(room / stride)}{right} + 1"
    rounded = (-(-room // stride) if ceil_mode else room // stride) + 1
    dropped = "" if rounded == places else ", less one that would start in the padding after"
    return f"{start} = {middle} = {rounded}{dropped}" + (f": {places}" if dropped else "")


def formulas(sizes, kernel_size, stride, pads, dilation, ceil_mode=False) -> tuple[str, ...]:
    """Write the formula for each axis, once where the axes agree."""
    rows = list(zip(sizes, kernel_size, stride, pads, dilation, strict=True))
    texts = [size_formula(*row, ceil_mode) for row in rows]
    names = ("length",) if len(rows) == 1 else ("depth", "height", "width")[-len(rows) :]
    if len(set(texts)) == 1 and len(texts) > 1:
        return (f"{', '.join(names[:-1])} and {names[-1]} = {texts[0]}",)
    return tuple(f"{name} = {text}" for name, text in zip(names, texts, strict=True))


def size(shape) -> str:
    """Write a size as people do.

    >>> size((7, 9)), size((12,))
    ('7×9', '12')
    """
    return "×".join(str(n) for n in shape)


def plural(n: int, what: str) -> str:
    """Write a number of things, one of them without its s.

    >>> plural(1, "tap"), plural(2000, "weight")
    ('1 tap', '2,000 weights')
    """
    return f"{n:,} {what}{'s' * (n != 1)}"


def verb(n: int, one: str, more: str) -> str:
    """Return the form of a verb that goes with a number of things.

    >>> verb(1, "has", "have")
    'has'
    """
    return one if n == 1 else more


def unread_sentence(unread: list[np.ndarray], what="input cells") -> str:
    """Say how many cells no output depends on.

    >>> unread_sentence([np.array([[False, True]])])
    '1 of 2 input cells is never read.'
    """
    lost, cells = sum(int(u.sum()) for u in unread), sum(u.size for u in unread)
    if not lost:
        return f"All {cells} {what} are read."
    return f"{lost} of {cells} {what} {verb(lost, 'is', 'are')} never read."


def argument(value) -> str:
    """Write one argument of a call: equal numbers on all axes as one number.

    >>> argument((2, 2)), argument((2, 1)), argument("same")
    ('2', '(2, 1)', "'same'")
    """
    if isinstance(value, tuple | list) and len(set(value)) == 1:
        value = value[0]
    return repr(tuple(value) if isinstance(value, list) else value)


def torch_call(function: str, first: tuple[str, ...], options: dict, defaults: dict) -> str:
    """Write a call of torch.nn.functional, leaving out what equals its default.

    >>> torch_call("conv2d", ("input", "weight"), {"stride": (2, 2)}, {"stride": 1})
    'F.conv2d(input, weight, stride=2)'
    """
    said = [
        f"{name}={argument(value)}"
        for name, value in options.items()
        if argument(value) != argument(defaults.get(name))
    ]
    return f"F.{function}({', '.join([*first, *said])})"


def tensor(name: str, values: np.ndarray) -> str:
    """Write an array as a line of torch.

    >>> tensor("x", np.array([[1.0, 0.5]]))
    'x = torch.tensor([[1.0, 0.5]], dtype=torch.float64)'
    """
    return f"{name} = torch.tensor({np.asarray(values, float).tolist()}, dtype=torch.float64)"
