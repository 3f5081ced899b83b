"""How course.py speaks: progress on long steps, and failures as sentences."""

import shutil
import sys
import time

BAR_WIDTH = 20
HEARTBEAT_SECONDS = 30


class StopError(Exception):
    """Something ended the command: what went wrong, and what the reader can do about it."""

    def __init__(self, what, remedy):
        super().__init__(f"{what}\nWhat to do: {remedy}")
        self.what = what
        self.remedy = remedy


def bar(fraction):
    """Draw a fraction from 0 to 1 as a bar in plain characters, which every terminal has.

    >>> bar(0.25)
    '[#####...............]  25%'
    """
    fraction = min(max(fraction, 0.0), 1.0)
    filled = round(fraction * BAR_WIDTH)
    return f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {fraction:4.0%}"


class Progress:
    """One long step: a line that rewrites itself on a terminal, a line now and then elsewhere."""

    def __init__(self, title, stream=None):
        self.title = title
        self.stream = stream or sys.stdout
        self.on_terminal = self.stream.isatty()
        self.began = time.monotonic()
        self._last_line = self.began

    def seconds(self):
        """Return how long the step has taken so far."""
        return time.monotonic() - self.began

    def __enter__(self):
        if not self.on_terminal:
            self._write(f"{self.title} ...\n")
        return self

    def tell(self, text, fraction=None):
        """Show how far the step has come."""
        line = f"{self.title}  {bar(fraction) + '  ' if fraction is not None else ''}{text}"
        if self.on_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r{line[:width]:<{width}}")
        elif time.monotonic() - self._last_line > HEARTBEAT_SECONDS:
            self._last_line = time.monotonic()
            self._write(f"  {line}\n")

    def __exit__(self, kind, error, trace):
        word = "done" if kind is None else "stopped"
        line = f"{self.title}: {word} after {self.seconds():.0f} s"
        if self.on_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r{line[:width]:<{width}}\n")
        else:
            self._write(line + "\n")

    def _write(self, text):
        self.stream.write(text)
        self.stream.flush()
