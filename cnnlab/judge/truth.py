"""The right answer to a case: torch's where torch is installed, cnnlab's own elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from cnnlab.judge.exercise import Case, Exercise


@cache
def torch_or_none() -> Any:
    """Return torch, imported on the first check of a session, or None where it can't be."""
    try:
        import torch
    except ImportError:
        return None
    return torch


def truth_name() -> str:
    """Return whose answers count: "torch" or "cnnlab"."""
    return "cnnlab" if torch_or_none() is None else "torch"


def truth(exercise: Exercise, one: Case) -> tuple[np.ndarray, ...]:
    """Return the parts of the right answer as float64 arrays (one part unless it is a tuple)."""
    bound = exercise.bind(one)
    torch = torch_or_none()
    if torch is None:
        answer = exercise.ours(**{name: _float64(value) for name, value in bound.items()})
    else:
        with torch.enable_grad():
            tensors = {name: _tensor(torch, value) for name, value in bound.items()}
            answer = exercise.oracle(torch, **tensors)
    parts = answer if exercise.outputs else (answer,)
    return tuple(_array(part) for part in parts)


@cache
def ladder_truths(name: str) -> dict[int, tuple[np.ndarray, ...]]:
    """Return the truth of every case of an exercise's ladder, by the case's identity."""
    from cnnlab.judge.bank import exercise

    one = exercise(name)
    return {id(c): truth(one, c) for rung in one.ladder for c in rung.cases}


def _float64(value: Any) -> Any:
    return np.array(value, dtype=np.float64) if isinstance(value, np.ndarray) else value


def _tensor(torch: Any, value: Any) -> Any:
    return torch.from_numpy(_float64(value)) if isinstance(value, np.ndarray) else value


def _array(part: Any) -> np.ndarray:
    if hasattr(part, "detach"):
        part = part.detach().numpy()
    return np.array(part, dtype=np.float64)
