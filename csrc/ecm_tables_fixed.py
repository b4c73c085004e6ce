"""Write ecm_tables_fixed.c: an octave of 1/x and of ln(x), for cores of few bits.

    python csrc/ecm_tables_fixed.py > csrc/ecm_tables_fixed.c

The inverses have 7 bits, from which one step of Newton's gives 15; a straight line
between two logarithms is at most 2^-13 off.
"""

import math

PER_LINE = 12
HEAD = """\
/* ecm_tables_fixed.c - written by ecm_tables_fixed.py; do not edit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tables_fixed.h"

/* clang-format off */
"""


def inverse(step: int) -> int:
    """2^8 / x that is least off from 1 + step / 2^7 to the next."""

    def error(y: int) -> float:
        return max(abs(1.0 - y * (128 + at) / 2**15) for at in (step, step + 1))

    return min(range(128, 256), key=error)


def logarithm(step: int) -> int:
    """ln(1 + step / 2^5) in 2^-16, to the nearest."""
    return math.floor(math.log(1.0 + step / 32) * 2**16 + 0.5)


def table(what: str, values: list[int]) -> str:
    """One constant."""
    texts = [f"{value}," for value in values]
    lines = (
        "    " + " ".join(texts[i : i + PER_LINE])
        for i in range(0, len(texts), PER_LINE)
    )
    return "\n".join([f"\nconst {what}[{len(values)}] = {{", *lines, "};\n"])


def text() -> str:
    """Return the whole of ecm_tables_fixed.c."""
    inverses = [inverse(step) for step in range(128)]
    logarithms = [logarithm(step) for step in range(33)]
    return (
        HEAD
        + table("uint8_t ecm_tables_fixed_inverse_u8", inverses)
        + table("uint16_t ecm_tables_fixed_ln_q16", logarithms)
    )


if __name__ == "__main__":
    print(text(), end="")
