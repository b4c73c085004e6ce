"""Write ecm_poly.c: the polynomials and tables of ecm_poly.h, in integers.

    python csrc/ecm_poly.py > csrc/ecm_poly.c

Every polynomial interpolates its function at Chebyshev points, which costs a few
percent more error than the minimax polynomial and needs no iteration. All arithmetic
is on fractions, so that every machine writes the same file.
"""

import math
from collections.abc import Callable
from fractions import Fraction

TERMS = 40  # of each series; arguments are at most 3/4, so far below 2^-64
PER_LINE = 4
LN_PLACE_OF_1 = 20  # the first interval of the logarithm at 1 and above
LN_LOST = Fraction(3, 4)  # what its products lose by being cut, in the mean

HEAD = """\
/* ecm_poly.c - written by ecm_poly.py; do not edit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_poly.h"

/* clang-format off */
"""


def arctan(x: Fraction) -> Fraction:
    """Arc tangent by its series, |x| <= 1/2; larger x by halving the angle once."""
    if x > Fraction(1, 2):
        return arctan(Fraction(1, 2)) + arctan((x - Fraction(1, 2)) / (1 + x / 2))
    return sum(((-1) ** n * x ** (2 * n + 1) / (2 * n + 1) for n in range(TERMS)), ZERO)


def ln(x: Fraction) -> Fraction:
    """Natural logarithm, 1/2 < x < 2."""
    s = (x - 1) / (x + 1)
    return 2 * sum((s ** (2 * n + 1) / (2 * n + 1) for n in range(TERMS)), ZERO)


ZERO = Fraction(0)
PI = 16 * arctan(Fraction(1, 5)) - 4 * arctan(Fraction(1, 239))
LN2 = 2 * sum((Fraction(1, 3) ** (2 * n + 1) / (2 * n + 1) for n in range(TERMS)), ZERO)


def sine(z: Fraction) -> Fraction:
    """sin(pi/2 q) / q of z = q^2."""
    a = PI / 2
    return sum(
        ((-z) ** n * a ** (2 * n + 1) / math.factorial(2 * n + 1) for n in range(20)),
        ZERO,
    )


def cosine(z: Fraction) -> Fraction:
    """(1 - cos(pi/2 q)) / z of z = q^2."""
    a = PI / 2
    return sum(
        ((-z) ** n * a ** (2 * n + 2) / math.factorial(2 * n + 2) for n in range(20)),
        ZERO,
    )


def power(u: Fraction) -> Fraction:
    """(2^(u/8) - 1) / u."""
    a = LN2 / 8
    return sum((u**n * a ** (n + 1) / math.factorial(n + 1) for n in range(20)), ZERO)


def logarithm(f: Fraction) -> Fraction:
    """(ln(1 + f) - f + f^2 / 2) / f^3."""
    return sum(((-f) ** n / (n + 3) for n in range(TERMS)), ZERO)


def arctangent(z: Fraction) -> Fraction:
    """(1 - atan(q) / q) / q^2 of z = 16 q^2."""
    return sum(((-z / 16) ** n / (2 * n + 3) for n in range(TERMS)), ZERO)


def tangent(z: Fraction) -> Fraction:
    """(1 - tanh(x) / x) / x^2 of z = 8 x^2."""
    sinh = [Fraction(1, math.factorial(2 * n + 1)) for n in range(20)]
    cosh = [Fraction(1, math.factorial(2 * n)) for n in range(20)]
    x2 = z / 8
    # (cosh - sinh/x) / (x^2 cosh): the leading terms cancel before the division.
    above = sum(((cosh[n] - sinh[n]) * x2 ** (n - 1) for n in range(1, 20)), ZERO)
    return above / sum((c * x2**n for n, c in enumerate(cosh)), ZERO)


def interpolate(
    function: Callable[[Fraction], Fraction], low: float, high: float, degree: int
) -> list[Fraction]:
    """Coefficients, constant first, of the polynomial through Chebyshev points."""
    n = degree + 1
    nodes = []
    for j in range(n):
        place = 0.5 - 0.5 * math.cos(math.pi * (2 * j + 1) / (2 * n))
        nodes.append(Fraction(round((low + (high - low) * place) * 2**20), 2**20))
    table = [function(x) for x in nodes]
    for step in range(1, n):
        for j in range(n - 1, step - 1, -1):
            table[j] = (table[j] - table[j - 1]) / (nodes[j] - nodes[j - step])
    found = [ZERO] * n
    for node, value in zip(reversed(nodes), reversed(table), strict=True):
        shifted = [ZERO, *found[:-1]]
        found = [s - node * c for s, c in zip(shifted, found, strict=True)]
        found[0] += value
    return found


def nearest(x: Fraction) -> int:
    """Round half up."""
    return math.floor(x + Fraction(1, 2))


def coefficients(polynomial: list[Fraction], fraction_bits: int) -> list[int]:
    """Magnitudes in 32 bits; the C code knows the signs."""
    found = [nearest(abs(c) * 2**fraction_bits) for c in polynomial]
    assert all(c < 2**32 for c in found)
    return found


def scaled(polynomial: list[Fraction]) -> list[int]:
    """Magnitudes in Q30, Q29, Q28, ... of the powers of a Q33."""
    return [coefficients([c], 30 - n)[0] for n, c in enumerate(polynomial)]


def array(kind: str, name: str, values: list[str]) -> str:
    """Return a C array, a few values to a line."""
    lines = [
        "    " + ", ".join(values[i : i + PER_LINE])
        for i in range(0, len(values), PER_LINE)
    ]
    body = ",\n".join(lines)
    return f"\nconst {kind} ecm_poly_{name}[{len(values)}] = {{\n{body}}};\n"


def words(name: str, values: list[int]) -> str:
    """Return a C array of 32-bit words."""
    return array("uint32_t", name, [f"{v:#010x}U" for v in values])


def inverses() -> list[int]:
    """1 over the middle of each 32nd of an octave, in Q9 below 1 and in Q10 above."""
    found = []
    for i in range(32):
        middle = Fraction(64 + 2 * ((i + 12) % 32) + 1, 64)  # of 32nds from 1 to 2
        found.append(nearest(1024 / middle))
    return found


def text() -> str:
    """Return the whole of ecm_poly.c."""
    inverse = inverses()
    centres = [Fraction(512 << (i >= LN_PLACE_OF_1), inverse[i]) for i in range(32)]
    logs = [nearest(ln(c) * 2**32 + LN_LOST) for c in centres]
    angles = [nearest(arctan(Fraction(i, 4)) * 2**61) for i in range(5)]
    powers = [math.floor(2**31 * power_of_two(Fraction(i, 8))) for i in range(8)]
    return "".join(
        [
            HEAD,
            words("sin", coefficients(interpolate(sine, 0, 0.25, 4), 31)),
            words("cos", coefficients(interpolate(cosine, 0, 0.25, 3), 31)),
            words("exp2", coefficients(interpolate(power, 0, 1, 3), 35)),
            words("exp2_step", powers),
            words("ln", scaled(interpolate(logarithm, -1 / 64, 1 / 64, 1))),
            words("ln_near_1", scaled(interpolate(logarithm, -1 / 64, 1 / 32, 2))),
            array("uint16_t", "ln_inverse", [f"{r}U" for r in inverse]),
            array("int32_t", "ln_step", [hexadecimal(v) for v in logs]),
            words("atan", coefficients(interpolate(arctangent, 0, 0.25, 2), 32)),
            array("uint64_t", "atan_step", [f"{v:#018x}U" for v in angles]),
            words("tanh", coefficients(interpolate(tangent, 0, 0.5, 3), 32)),
        ]
    )


def power_of_two(x: Fraction) -> Fraction:
    """2^x, 0 <= x < 1."""
    return sum(((x * LN2) ** n / math.factorial(n) for n in range(TERMS)), Fraction(0))


def hexadecimal(value: int) -> str:
    """Signed constant; C has no negative literals."""
    return f"{'-' if value < 0 else ''}{abs(value):#x}"


if __name__ == "__main__":
    print(text(), end="")
