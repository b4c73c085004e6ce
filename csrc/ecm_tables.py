"""Write ecm_tables.c: the quarter wave of a cosine, rounded once from float64.

    python csrc/ecm_tables.py > csrc/ecm_tables.c

Entry j of the full table is cos(2 pi j / LEN). A smaller ECM_FFT_MAX_LEN needs every
second, fourth, ... entry of it, with the same bits, since the angles are the same. So
each entry is wrapped in the macro of the shortest transform that needs it, and the
macros of longer ones expand to nothing: flash holds what the switch asks for.
"""

import math
import struct

LEN = 8192  # longest transform that the file can serve
PER_LINE = 4

HEAD = """\
/* ecm_tables.c - written by ecm_tables.py; do not edit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tables.h"

/* clang-format off */
"""


def cosine(j: int) -> str:
    """Hexadecimal float32 of cos(2 pi j / LEN), j in 0 ... LEN / 4."""
    # Half of the octant by sine: float64 is then exact to the last bit that counts.
    if j <= LEN // 8:
        value = math.cos(2.0 * math.pi * j / LEN)
    else:
        value = math.sin(2.0 * math.pi * (LEN // 4 - j) / LEN)
    (single,) = struct.unpack("<f", struct.pack("<f", value))
    mantissa, exponent = single.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}f"


def shortest(j: int) -> int:
    """Log2 of the shortest transform, at least 4, whose table holds entry j."""
    level = LEN.bit_length() - 1
    while level > 2 and j % 2 == 0:
        j //= 2
        level -= 1
    return level


def text() -> str:
    """Return the whole of ecm_tables.c."""
    lines = [HEAD]
    for level in range(2, LEN.bit_length()):
        lines.append(f"#if ECM_FFT_MAX_LEN >= {2**level}\n#define T{level}(x) x,\n")
        lines.append(f"#else\n#define T{level}(x)\n#endif\n")
    lines.append("\nconst float ecm_tables_cos_f32[ECM_FFT_MAX_LEN / 4 + 1] = {\n")
    entries = [f"T{shortest(j)}({cosine(j)})" for j in range(LEN // 4 + 1)]
    lines += [
        "    " + " ".join(entries[i : i + PER_LINE]) + "\n"
        for i in range(0, len(entries), PER_LINE)
    ]
    lines.append("};\n")
    return "".join(lines)


if __name__ == "__main__":
    print(text(), end="")
