"""The same sums made fast: one strategy to a file, and one rule that chooses among them."""

from .backward import correlate_backward, grad_input, grad_weight
from .bins import sums as sums_of_bins
from .choice import ALGORITHMS, chosen, explanation
from .forward import correlate
from .pools import reduce_windows
from .window import Window
from .winners import send_to_largest

__all__ = [
    "ALGORITHMS",
    "Window",
    "chosen",
    "correlate",
    "correlate_backward",
    "explanation",
    "grad_input",
    "grad_weight",
    "reduce_windows",
    "send_to_largest",
    "sums_of_bins",
]
