"""The same sums made fast: one strategy to a file, and one rule that chooses among them."""

from .choice import ALGORITHMS, correlate, correlate_backward

__all__ = ["ALGORITHMS", "correlate", "correlate_backward"]
