"""What the judge says: plain facts, drawn as text here and as a picture in verdict_html."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnlab.judge import tables


@dataclass(frozen=True, eq=False)
class ShownCase:
    """The smallest failing case: its arguments, the learner's answer and the right one."""

    arguments: dict[str, Any]
    yours: tuple[np.ndarray, ...] | None
    truth: tuple[np.ndarray, ...]
    outputs: tuple[str, ...] = ()
    note: str = ""
    tolerance: float = 1e-9

    def __str__(self) -> str:
        told = ", ".join(f"{name} {tables.in_short(v)}" for name, v in self.arguments.items())
        return told + (f" ({self.note})" if self.note else "")

    def __repr__(self) -> str:
        return f"<case: {self}>"

    @property
    def differing(self) -> tuple[str, np.ndarray, np.ndarray] | None:
        """Return (name, yours, truth) of the first part that differs."""
        if self.yours is None:
            return None
        names = self.outputs or ("",)
        for name, yours, truth in zip(names, self.yours, self.truth, strict=True):
            if tables.marks(yours, truth, self.tolerance).any():
                return name, yours, truth
        return None


@dataclass(eq=False)
class Verdict:
    """The judge's answer to one check; true when the function passed.

    `capabilities` maps each rung to True (ok), False (wrong) or None (not reached); `mistake` is
    the slug of the mistake that explains the answers, or None; `case` the smallest failing case.
    """

    name: str
    passed: bool
    capabilities: dict[str, bool | None]
    message: str
    mistake: str | None = None
    case: ShownCase | None = None
    hints: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    attempted: bool = True
    truth: str = "torch"
    record: Callable[[str, int], None] | None = field(default=None, repr=False)
    asked: int = field(default=0, repr=False)

    def __bool__(self) -> bool:
        return self.passed

    def hint(self) -> str:
        """Return the next hint, one step further at every call; the asking is recorded."""
        if not self.hints:
            return "There is no hint to this verdict."
        step = min(self.asked, len(self.hints) - 1)
        self.asked = step + 1
        if self.record is not None:
            self.record(self.hints[step], step + 1)
        return f"hint {step + 1} of {len(self.hints)}: {self.hints[step]}"

    @property
    def headline(self) -> str:
        """Return "4 of 7", "passed ..." or "not attempted yet"."""
        done = sum(ok is True for ok in self.capabilities.values())
        return f"{done} of {len(self.capabilities)}" if self.attempted else "not attempted yet"

    def __repr__(self) -> str:
        words = {True: "ok ", False: "WRONG ", None: ""}
        ladder = " · ".join(words[ok] + name for name, ok in self.capabilities.items())
        lines = [f"{self.name}  {self.headline}   {ladder}"]
        if self.case is not None:
            lines += [f"  smallest case: {self.case}", *self._side_by_side()]
        lines += [f"  {self.message}"] if self.attempted else []  # else the headline says it
        lines += [f"  remark: {remark}" for remark in self.remarks]
        if self.hints:
            lines.append(
                f"  hint {min(self.asked, len(self.hints) - 1) + 1} of {len(self.hints)} > .hint()"
            )
        return "\n".join(lines)

    def _side_by_side(self) -> list[str]:
        differing = self.case.differing
        if differing is None:
            right = ", ".join(str(part.shape) for part in self.case.truth)
            return [f"  {self.truth} {right}"]
        name, yours, truth = differing
        of = f" {name}" if name else ""
        if yours.shape != truth.shape:
            return [f"  yours{of} {yours.shape}, {self.truth} {truth.shape}"]
        return tables.side_by_side(f"yours{of}", yours, self.truth, truth, self.case.tolerance)

    def _repr_html_(self) -> str:
        from cnnlab.judge.verdict_html import verdict_html

        return verdict_html(self)

    def _ipython_display_(self) -> None:
        from cnnlab.judge.displaying import show_verdict

        show_verdict(self)
