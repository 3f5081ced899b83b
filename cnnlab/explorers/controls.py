"""What a learner can turn: sliders, lists and switches, as data that the page draws."""

from __future__ import annotations

from typing import NamedTuple


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
