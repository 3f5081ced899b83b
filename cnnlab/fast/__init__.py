"""The same sums made fast: one strategy to a file, and one rule that chooses among them."""

from .choice import ALGORITHMS, chosen, correlate, correlate_backward, grad_input, grad_weight
from .pools import reduce_windows

__all__ = [
    "ALGORITHMS",
    "chosen",
    "correlate",
    "correlate_backward",
    "grad_input",
    "grad_weight",
    "reduce_windows",
]
