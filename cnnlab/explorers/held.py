"""What an explorer is drawn from: its knobs and the learner's data, kept, given back, refused.

What is shown is drawn from the last legal settings, so all that is read of it comes from `_record`
and `_shown`; knobs and data may stand at something illegal meanwhile.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import ClassVar

import numpy as np

from .controls import alike, sendable

REFUSALS = (ValueError, TypeError)


class Held:
    """The keeping half of every explorer."""

    controls: ClassVar[tuple] = ()
    data: ClassVar[tuple[str, ...]] = ()  # attributes with the learner's arrays; none is written to

    def settings(self) -> dict:
        """Return what every knob stands at, as JSON has it."""
        return {control.name: sendable(getattr(self, control.name)) for control in self.controls}

    def _held(self) -> dict:
        """Return knobs and data as they are, to be put back."""
        names = (*(control.name for control in self.controls), *self.data)
        return {name: getattr(self, name) for name in names}

    def _put(self, held: dict) -> None:
        """Set knobs and data; nothing is drawn."""
        before, self._quiet = self._quiet, True
        try:
            for name, value in held.items():
                setattr(self, name, value)
        finally:
            self._quiet = before

    def _turn(self, settings: dict) -> None:
        """Set the knobs among `settings`; nothing is drawn and nothing refused."""
        known = {control.name for control in self.controls}
        given = {name: value for name, value in settings.items() if name in known}
        self._put({n: tuple(v) if isinstance(v, list) else v for n, v in given.items()})

    def _draw(self) -> None:
        """Make the record anew and keep what it was made from; a refusal changes neither."""
        with np.errstate(all="ignore"):  # what grows too large is refused by the record
            record = self.gather()
        record.refuse_infinite()
        self._record, self._shown = record, self._held()

    @contextmanager
    def aside(self):
        """Give a function from settings to (record, message), which changes nothing that is shown.

        Where the settings are illegal it gives (None, the sentence that says why).
        """
        before = self._held(), self._record, self._shown, self._quiet
        self._quiet = True
        try:
            yield self._aside
        finally:
            self._put(before[0])
            _, self._record, self._shown, self._quiet = before

    @contextmanager
    def as_shown(self):
        """Set knobs and data to what is shown, for a while."""
        before, error = self._held(), self._error
        self._put(self._shown)
        self._error = ""
        try:
            yield
        finally:
            self._put(before)
            self._error = error

    def _aside(self, settings):
        self._turn(settings)
        try:
            self._draw()
        except REFUSALS as refusal:
            return None, str(refusal)
        return self._record, {**self._record.message(), **self.more()}

    def _free(self, name: str, value=None) -> None:
        """Refuse to change what a question or a challenge was made with."""
        if self._quiz is None or (name in self.settings() and name not in self._quiz.locked()):
            return
        if name not in self.settings() or not alike(value, getattr(self, name)):
            raise ValueError(
                f"{name} belongs to the {self.mode} mode's question and stays as it is; "
                f'set mode="explore" first'
            )
