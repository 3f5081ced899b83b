"""The error function, by three ratios of polynomials: near zero, in the middle, far out.

Accurate to the last digits of float64. NumPy has no erf, and the exact GELU needs it.
Source: W. J. Cody 1969, Rational Chebyshev approximations for the error function, Mathematics of
Computation 23; the coefficients are his.
"""

from __future__ import annotations

import math

import numpy as np

NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip


def erf(x) -> np.ndarray:
    """Return 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x.

    >>> bool(np.abs(erf(np.array([-1.0, 0.3, 2.0])) - [-0.8427007929497149,
    ...      0.3286267594591273, 0.9953222650189527]).max() < 1e-15)
    True
    """
    x = np.asarray(x)
    with np.errstate(all="ignore"):
        size = np.minimum(np.abs(x), 6.0)  # erf(6) is 1 to the last digit
        square = size * size
        near = size * _ratio(NEAR, square)
        middle = 1 - np.exp(-square) * _ratio(MIDDLE, size)
        inverse = 1 / np.maximum(square, 1)
        tail = (1 / math.sqrt(math.pi) - inverse * _ratio(FAR, inverse)) / np.maximum(size, 1)
        far = 1 - np.exp(-square) * tail
        value = np.where(size <= 0.46875, near, np.where(size <= 4, middle, far))
    return np.copysign(value, x).astype(x.dtype, copy=False)


def _ratio(coefficients, x) -> np.ndarray:
    above, below = (np.polyval(numbers, x) for numbers in coefficients)
    return above / below
