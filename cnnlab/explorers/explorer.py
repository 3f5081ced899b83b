"""The Python half of every explorer: knobs in, one message with the whole picture out.

The page asks for settings (`asked`), Python answers with one `drawing`. Hovering, playing and
highlighting happen in the page alone. A subclass says which knobs there are and how settings become
a record; it can also pose questions and set challenges.
"""

from __future__ import annotations

from typing import ClassVar

import anywidget
import numpy as np
import traitlets

from .. import arguments
from .composing import compose, packed, style
from .held import REFUSALS, Held
from .modes import Challenging, Predicting
from .panels import Told
from .seeing import Seen

MODES = ("explore", "predict", "challenge")


class Explorer(Held, Seen, anywidget.AnyWidget):
    """Base of all explorers; see `Conv2d` for a complete one."""

    kind: ClassVar[str] = ""
    heading: ClassVar[str] = ""
    scripts: ClassVar[tuple[str, ...]] = ()  # what the view adds to the core
    styles: ClassVar[tuple[str, ...]] = ("explorer.css",)
    own_keys: ClassVar[tuple] = ()  # what the view's own keys do, for the help: (keys, what)
    modes: ClassVar[tuple[str, ...]] = ("explore",)
    weighing: ClassVar[tuple[str, ...]] = ()  # the knobs that the kernels' weights depend on
    page_scripts: ClassVar[tuple[str, ...]] = ()  # what a page without Python has beside the view
    page_parts: ClassVar[tuple[tuple[str, ...], ...]] = ()  # knobs that act apart from each other
    page_values: ClassVar[dict[str, tuple]] = {}  # what a page without Python offers, if not all

    about = traitlets.Dict().tag(sync=True)
    drawing = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True, echo_update=False)
    place = traitlets.Int(0).tag(sync=True)
    mode = traitlets.Enum(MODES, default_value="explore")

    def __init_subclass__(cls, **kwargs):
        if "scripts" in cls.__dict__:  # not the class that anywidget derives for each instance
            cls._esm, cls._css = packed(compose(*cls.scripts)), style(*cls.styles)
        super().__init_subclass__(**kwargs)

    def __init__(self, **settings):
        self._quiet, self._quiz, self._record, self._error = True, None, None, ""
        self._shown: dict = {}
        self.guesses: list[dict] = []
        self.solved: list[dict] = []
        super().__init__(**settings)
        self._draw()
        self._start = self._held()
        self.about = {
            "kind": self.kind,
            "heading": self.heading,
            "controls": [self.widened(control).message() for control in self.controls],
            "modes": list(self.modes),
            "keys": [list(row) for row in self.own_keys],
        }
        self.place = self._record.telling_place()
        self._quiet = False
        self._show()
        names = [control.name for control in self.controls]
        self.observe(self._changed, names=names)
        self.observe(self._switched, names="mode")
        self.observe(self._heard, names="asked")
        self.on_msg(self._told)

    # What a subclass answers.

    def gather(self) -> Told:
        """Return the record of the current settings; ValueError or TypeError where illegal.

        A `Record` where cells are gathered, a plain `Told` for any other picture.
        """
        raise TypeError(f"{type(self).__name__} must say how its settings become a record")

    def pose(self, number: int) -> tuple[dict, list]:
        """Return settings and the questions about them."""
        raise ValueError(f"{self.kind} poses no questions; got number={number}")

    def dare(self, number: int):
        """Return a challenge."""
        raise ValueError(f"{self.kind} sets no challenges; got number={number}")

    def more(self) -> dict:
        """Return what the page needs beside the record."""
        return {}

    # How it is set.

    def apply(self, settings: dict, quietly: bool = False) -> None:
        """Set several knobs at once; one picture comes of it, or none if it is to be quiet."""
        for name, value in settings.items():
            if self.has_trait(name):
                self._free(name, tuple(value) if isinstance(value, list) else value)
        self._turn(settings)
        if not quietly:
            self._changed()

    def reset(self) -> None:
        """Go back to the settings and the data it started with."""
        if self._quiz is not None:
            self.mode = "explore"
        self._put(self._start)
        self._changed()

    def guess(self, value) -> str:
        """Answer the question that is up (mode "predict"); return the feedback."""
        if not isinstance(self._quiz, Predicting):
            raise ValueError(f'guess needs mode="predict"; got mode={self.mode!r}')
        text = self._quiz.guess(value)
        self._show()
        return text

    def next(self) -> None:
        """Go on to the next question or challenge."""
        if self._quiz is None:
            raise ValueError(f'next needs mode "predict" or "challenge"; got mode={self.mode!r}')
        self._quiz.next()
        self._show()

    # How it answers the page.

    def widened(self, control):
        """Return a slider that reaches as far as the value it starts with, either way."""
        value = self.settings()[control.name]
        numbers = value if isinstance(value, tuple) else (value,)
        if control.kind != "range" or not all(isinstance(n, int | float) for n in numbers):
            return control
        return control._replace(low=min(control.low, *numbers), high=max(control.high, *numbers))

    def _changed(self, change=None) -> None:
        if self._quiet:
            return
        if change is not None and self._quiz is not None:
            self._refused(change)
        with self.hold_sync():  # the picture and the place in one message
            old = self._record
            try:
                self._draw()
                self._error = ""
            except REFUSALS as refusal:
                self._error = str(refusal)
            else:
                self.place = self._record.nearest(old, self.place)
                if self._quiz is not None:
                    self._quiz.settled()
            self._show()

    def _refused(self, change) -> None:
        """Turn a knob back that belongs to the question."""
        self._put({change["name"]: change["old"]})
        self._free(change["name"], change["new"])
        self._put({change["name"]: change["new"]})

    def _switched(self, change) -> None:
        before = self._quiz
        try:
            self._entered(change["old"], change["new"])
        except REFUSALS:
            self._quiz = before
            self.unobserve(self._switched, names="mode")
            self.mode = change["old"]
            self.observe(self._switched, names="mode")
            raise

    def _entered(self, old: str, new: str) -> None:
        if new not in self.modes:
            raise ValueError(f"mode must be one of {', '.join(self.modes)}; got {new!r}")
        if old == "explore":
            self._before_quiz = self._held()
        quiz = {"predict": Predicting, "challenge": Challenging}.get(new)
        self._quiz = quiz(self) if quiz else None
        if self._quiz is None:
            self._put(self._before_quiz)
            self._changed()
        else:
            self._quiz.next()
            self._show()

    def _heard(self, change) -> None:
        """Answer the page's settings, those of a question aside; one message goes back."""
        asked = change["new"]
        settings = asked.get("settings")
        locked = self._quiz.locked() if self._quiz is not None else ()
        with self.hold_sync():
            if type(asked.get("place")) is int and 0 <= asked["place"] < self._record.count:
                self.place = asked["place"]
            if isinstance(settings, dict):
                self._turn({name: v for name, v in settings.items() if name not in locked})
            self._changed()

    @traitlets.validate("place")
    def _kept_in(self, proposal) -> int:
        """Keep to the places there are: the page may name one of the picture before this one."""
        if self._record is None:
            return proposal["value"]
        return max(0, min(proposal["value"], self._record.count - 1))

    def _select(self, place: int) -> None:
        """Select a place by its number: the cursor of explorers whose outputs have no axes."""
        if not 0 <= arguments.integer("cursor", place) < self._record.count:
            last = self._record.count - 1
            raise ValueError(f"cursor must be from 0 to {last}; got cursor={place}")
        self.place = place

    def _told(self, _, content, __) -> None:
        """Do what a button of the page asks for; what is refused is told in the page."""
        with self.hold_sync():
            try:
                self._done(content)
            except REFUSALS as refusal:
                self._error = str(refusal)
                self._show()

    def _done(self, content) -> None:
        match content:
            case {"do": "guess", "value": value} if isinstance(self._quiz, Predicting):
                self.guess(value)
            case {"do": "next"} if self._quiz is not None:
                self.next()
            case {"do": "show"} if isinstance(self._quiz, Challenging):
                self._quiz.show()
                self._show()
            case {"do": "reset"} if self._quiz is None:
                self.reset()
            case {"do": "mode", "value": mode} if mode in self.modes:
                self.mode = mode
            case {"do": "edit", **edit} if self._quiz is None and sound(edit):
                self.edited(**edit)

    def edited(self, **edit) -> None:
        """Take a value that was typed or dragged in the page; most explorers have none."""

    def _show(self) -> None:
        """Send the picture."""
        if self._quiet:
            return
        picture = self._record.message()
        for panel in self._quiz.targets() if self._quiz is not None else ():
            picture["panels"].append(panel.message())
        self.drawing = {
            **picture,
            **self.more(),
            "settings": self.settings(),
            "error": self._error,
            "mode": self.mode,
            "quiz": self._quiz.message() if self._quiz else None,
            "asked": [self.asked.get("view", ""), self.asked.get("count", 0)],
        }


def sound(edit: dict) -> bool:
    """Return whether an edit names its cell by a whole number and its value is a finite number.

    >>> sound({"tap": 1, "value": 0.5}), sound({"tap": None, "value": "3"})
    (True, False)
    """
    value, most = edit.get("value", 0.0), np.finfo(float).max
    places = (edit[name] for name in ("tap", "cell") if name in edit)
    number = isinstance(value, int | float) and -most <= value <= most
    return number and all(type(place) is int for place in places)
