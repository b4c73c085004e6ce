"""C text: exact literals, initialisers in lines, comments that stay comments."""

import re

import numpy as np

__all__ = ["comment", "float_literal", "wrapped"]

_COLUMNS = 84


def float_literal(value: float) -> str:
    """Hexadecimal C literal of a float32, exact.

    Examples
    --------
    >>> float_literal(0.1)
    '0x1.99999ap-4F'
    >>> float_literal(-2.0)
    '-0x1p+1F'
    """
    digits, power = float(np.float32(value)).hex().split("p")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}p{power}F"


def wrapped(words: list[str]) -> list[str]:
    """Break initialisers into lines of at most the page's width."""
    lines, line = [], "   "
    for word in words:
        if len(line) + len(word) + 2 > _COLUMNS:
            lines.append(line)
            line = "   "
        line += f" {word},"
    return [*lines, line]


def comment(text: str) -> str:
    """Text that cannot end a comment, begin another, or form a trigraph.

    Nor has it the sign that stands around names of places in work memory.
    """
    return re.sub(r"[^A-Za-z0-9 _.,:;=()\[\]+-]", "_", text).rstrip()
