"""What a learner can turn: sliders, lists and switches, as data that the page draws."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import traitlets


class Knob(traitlets.Any):
    """A trait that takes any value and tells 2 from 2.0 and from True: one is legal, others not."""

    def set(self, obj, value):
        """Set the value; say so unless it is the same one."""
        value = self._validate(obj, value)
        old = obj._trait_values.get(self.name, self.default_value)
        obj._trait_values[self.name] = value
        if not alike(old, value):
            obj._notify_trait(self.name, old, value)


def alike(one, other) -> bool:
    """Return whether two settings are the same, kind of number included.

    >>> alike((1, 2), (1, 2)), alike(2, 2.0)
    (True, False)
    """
    return type(one) is type(other) and repr(one) == repr(other)


def sendable(value):
    """Return a setting as JSON has it; what JSON has no form for becomes its text.

    >>> sendable((np.int64(2), 1)), sendable(np.bool_(True)), sendable(float("inf"))
    ((2, 1), True, 'inf')
    """
    if isinstance(value, tuple | list):
        return tuple(map(sendable, value))
    if value is None or isinstance(value, bool | str) or type(value) is int:
        return value
    if type(value) is float:
        return value if np.isfinite(value) else str(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return sendable(value.item())
    return str(value)


class Control(NamedTuple):
    """One knob: the trait it sets, what it is called, and which values it offers."""

    name: str
    label: str
    kind: str  # range, choice or switch
    low: float = 0
    high: float = 1
    step: float = 1
    options: tuple[str, ...] = ()
    key: str = ""  # the key that jumps to it

    def values(self) -> list:
        """Return every value it offers."""
        if self.kind == "choice":
            return list(self.options)
        if self.kind == "switch":
            return [False, True]
        count = round((self.high - self.low) / self.step) + 1
        return [self.low + i * self.step for i in range(count)]

    def message(self) -> dict:
        """Return what the browser needs."""
        return self._asdict() | {"options": list(self.options)}


def slider(name, label, low, high, key="", step=1) -> Control:
    """Return a slider.

    >>> slider("stride", "stride", 1, 4).values()
    [1, 2, 3, 4]
    """
    return Control(name, label, "range", low, high, step, key=key)


def choice(name, label, options, key="") -> Control:
    """Return a list to choose from."""
    return Control(name, label, "choice", options=tuple(options), key=key)


def switch(name, label, key="") -> Control:
    """Return a switch."""
    return Control(name, label, "switch", key=key)
