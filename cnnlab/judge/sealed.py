"""Sealed answers: the student edition carries predictions that can't be read by accident.

Not a secret: anyone may open the seal. It only keeps the eye from meeting the answer before the
guess.
"""

from __future__ import annotations

import ast
import base64
import zlib
from typing import Any

PREFIX = "sealed:"


def seal(answer: Any, because: str = "") -> str:
    """Return an answer and its reason as one unreadable word; numbers, strings, tuples and lists.

    >>> seal(5, "7 - 3 + 1").startswith("sealed:")
    True
    """
    packed = zlib.compress(repr((answer, because)).encode(), 9)
    return PREFIX + base64.urlsafe_b64encode(packed).decode()


def unseal(answer: Any, because: str = "") -> tuple[Any, str]:
    """Return (answer, because) from a sealed word; anything else comes back as it was given.

    >>> unseal(seal((1, 5), "one filter"))
    ((1, 5), 'one filter')
    >>> unseal(5, "open")
    (5, 'open')
    """
    if not (isinstance(answer, str) and answer.startswith(PREFIX)):
        return answer, because
    packed = base64.urlsafe_b64decode(answer.removeprefix(PREFIX))
    return ast.literal_eval(zlib.decompress(packed).decode())
