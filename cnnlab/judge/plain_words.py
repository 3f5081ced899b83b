"""What Python's and NumPy's own error texts mean to someone who meets them for the first time."""

from __future__ import annotations

import re

# The first pattern that is found speaks: the special ones stand above the general ones.
SAYINGS = (
    (
        r"truth value of an array",
        (
            "An array is not true or false as a whole. If it may be missing, ask `is not None`; to "
            "choose number by number, use np.where, or multiply by the comparison."
        ),
    ),
    (
        r"^matmul:",
        "@ is the matrix product, rows times columns. Element by element is *.",
    ),
    (
        r"inhomogeneous",
        "np.array joins parts of one shape only: several parts are returned as a tuple.",
    ),
    (
        r"Cannot cast ufunc .* output from dtype\('float",
        (
            "An array of whole numbers can't take decimals in place. Make it of decimals: "
            "np.zeros(shape), or .astype(float)."
        ),
    ),
    (
        r"setting an array element with a sequence|can be converted to Python scalars",
        "A whole array stands where one number belongs: is a .sum() missing?",
    ),
    (
        r"NoneType",
        (
            "Something is None here: an argument that may be left out, or the result of a function "
            "that does not return anything."
        ),
    ),
    (
        r"'tuple' and '(int|float)'|'(int|float)' and 'tuple'",
        "This argument is a pair here, one number for each axis: take it apart first.",
    ),
    (
        r"cannot unpack non-iterable (int|float)|'int' object is not (subscriptable|iterable)",
        "This is a single number here, not a pair.",
    ),
    (
        r"zero-size array to reduction operation",
        "A window or a bin holds no cell here: look where it begins and where it ends.",
    ),
    (
        r"except for the concatenation axis must match",
        "np.concatenate lengthens one axis, and all others must agree: is `axis` the right one?",
    ),
    (
        r"could not broadcast input array from shape",
        "The first shape is what you computed, the second the place you write it to.",
    ),
    (
        r"could not be broadcast together",
        (
            "Compare the two shapes from the right, axis by axis: two lengths fit if they are "
            "equal or one of them is 1."
        ),
    ),
    (
        r"is out of bounds for axis",
        "An index runs past the end: count the places along this axis. Are two axes exchanged?",
    ),
    (
        r"cannot convert float (infinity|NaN) to integer",
        "Infinity and NaN are no whole numbers: was something divided by zero?",
    ),
    (
        r"math range error|too large to convert|Numerical result out of range",
        "A number became too large for its type. np.exp gives infinity where math.exp gives up.",
    ),
    (
        r"'float' object cannot be interpreted as an integer|slice indices must be integers",
        "A whole number is needed here: / makes a float, // does not.",
    ),
)


def in_plain_words(text: str) -> str:
    """Return a sentence for an error text that is known, else "".

    >>> in_plain_words("slice indices must be integers or None or have an __index__ method")
    'A whole number is needed here: / makes a float, // does not.'
    """
    return next((saying for pattern, saying in SAYINGS if re.search(pattern, text)), "")
