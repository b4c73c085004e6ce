"""Write ecm_tables_order.c: taps that find a signal between its samples.

    python csrc/ecm_tables_order.py > csrc/ecm_tables_order.c

Row p holds the eight taps for p / 32 of the way from sample 3 to sample 4 of eight:
those with the least mean square error over frequencies from 0 to a fifth of the
sampling rate,

    sum over k of taps[k] sinc(0.4 (j - k)) = sinc(0.4 (j - 3 - p / 32)), j = 0 ... 7.

The system is nearly singular; 60 decimals leave float32 exact.
"""

import struct
from decimal import Decimal, getcontext

TAPS, PHASES = 8, 32
BAND = Decimal("0.4")
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781")

HEAD = """\
/* ecm_tables_order.c - written by ecm_tables_order.py; do not edit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tables_order.h"

/* clang-format off */
"""


def sinc(x: Decimal) -> Decimal:
    """Sine of pi x over pi x, by its series."""
    square, term, total, n = (PI * x) ** 2, Decimal(1), Decimal(1), 1
    while abs(term) > Decimal("1e-70"):
        term *= -square / (2 * n * (2 * n + 1))
        total += term
        n += 1
    return total


def solve(rows: list[list[Decimal]]) -> list[Decimal]:
    """Solve a linear system by elimination; the last column is its right side."""
    n = len(rows)
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            share = rows[r][i] / rows[i][i]
            rows[r] = [b - share * a for a, b in zip(rows[i], rows[r], strict=True)]
    out = [Decimal(0)] * n
    for i in reversed(range(n)):
        known = sum((rows[i][j] * out[j] for j in range(i + 1, n)), Decimal(0))
        out[i] = (rows[i][n] - known) / rows[i][i]
    return out


def taps(phase: int) -> list[Decimal]:
    """Return row `phase` of the table."""
    at = Decimal(3) + Decimal(phase) / PHASES
    rows = [
        [*(sinc(BAND * (j - k)) for k in range(TAPS)), sinc(BAND * (j - at))]
        for j in range(TAPS)
    ]
    return solve(rows)


def single(value: Decimal) -> str:
    """Hexadecimal float32 of a number; below 1e-30 it is what elimination left of 0."""
    if abs(value) < Decimal("1e-30"):
        return "0.0f"
    (rounded,) = struct.unpack("<f", struct.pack("<f", float(value)))
    mantissa, exponent = rounded.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}f"


def text() -> str:
    """Return the whole of ecm_tables_order.c."""
    getcontext().prec = 70
    lines = [HEAD, f"\nconst float ecm_tables_order_f32[{(PHASES + 1) * TAPS}] = {{\n"]
    for phase in range(PHASES + 1):
        row = [f"{single(v)}," for v in taps(phase)]
        lines += [f"    {' '.join(row[i : i + 4])}\n" for i in (0, 4)]
    lines.append("};\n")
    return "".join(lines)


if __name__ == "__main__":
    print(text(), end="")
