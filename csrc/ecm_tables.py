"""Write ecm_tables.c: quarter waves of a cosine, rounded once from float64.

    python csrc/ecm_tables.py > csrc/ecm_tables.c

Entry j of the wave of LEN is cos(2 pi j / LEN), j = 0 ... LEN / 4. Every transform that
ecm_fft.h knows divides one of the four lengths.
"""

import math
import struct

LENGTHS = (16384, 15360, 12288, 10240)
PER_LINE = 4

HEAD = """\
/* ecm_tables.c - written by ecm_tables.py; do not edit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tables.h"

/* clang-format off */
"""


def cosine(j: int, length: int) -> str:
    """Hexadecimal float32 of cos(2 pi j / length), j in 0 ... length / 4."""
    # Half of the octant by sine: float64 is then exact to the last bit that counts.
    if 8 * j <= length:
        value = math.cos(2.0 * math.pi * j / length)
    else:
        value = math.sin(2.0 * math.pi * (length // 4 - j) / length)
    (single,) = struct.unpack("<f", struct.pack("<f", value))
    mantissa, exponent = single.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}f"


def text() -> str:
    """Return the whole of ecm_tables.c."""
    lines = [HEAD]
    for length in LENGTHS:
        lines.append(
            f"\nconst float ecm_tables_cos_{length}_f32[{length // 4 + 1}] = {{\n"
        )
        entries = [f"{cosine(j, length)}," for j in range(length // 4 + 1)]
        lines += [
            "    " + " ".join(entries[i : i + PER_LINE]) + "\n"
            for i in range(0, len(entries), PER_LINE)
        ]
        lines.append("};\n")
    return "".join(lines)


if __name__ == "__main__":
    print(text(), end="")
