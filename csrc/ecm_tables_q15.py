"""Write ecm_tables_q15.[ch]: twiddle factors of the fixed-point transforms.

    python csrc/ecm_tables_q15.py

A factor exp(-i angle) = c - i s is stored as the pair -c (low half), -s (high half) in
Q15, computed in float64, rounded once and saturated. The negative sign makes 1 exact:
Q15 has -1, but not 1; and no factor of a transform has c or s at -1, just near it.

Passes of radix 4 need, for k = 0 ... l - 1, the angles 2 pi m k / (4 l), m = 1, 2, 3;
the recombination of n real samples needs 2 pi k / n, k = 1 ... n / 4 - 1. Each table is
in the order in which the transform reads it, and an object of its own: the linker keeps
those that the transforms of a program use.
"""

import math
from pathlib import Path

SPANS = (4, 8, 16, 32, 64, 128, 256, 512)
LENGTHS = tuple(2**p for p in range(4, 13))
PER_LINE = 7
NOTE = "written by ecm_tables_q15.py; do not edit."


def cosine(step: int, turn: int) -> float:
    """Cosine of step / turn of a circle, exact at the multiples of an eighth turn."""
    step %= turn
    if step > turn // 2:
        step = turn - step
    if step > turn // 4:
        return -cosine(turn // 2 - step, turn)
    if step > turn // 8:
        return math.sin(2.0 * math.pi * (turn // 4 - step) / turn)
    return math.cos(2.0 * math.pi * step / turn)


def factor(step: int, turn: int) -> int:
    """Packed pair of exp(-2 pi i step / turn)."""
    parts = (-cosine(step, turn), -cosine(step - turn // 4, turn))
    low, high = (min(math.floor(part * 2**15 + 0.5), 2**15 - 1) for part in parts)
    return (low & 0xFFFF) | (high & 0xFFFF) << 16


def tables() -> dict[str, list[int]]:
    """Name and content of each table."""
    found = {
        f"ecm_tables_pass{span}_q15": [
            factor(m * k, 4 * span) for k in range(span) for m in (1, 2, 3)
        ]
        for span in SPANS
    }
    for n in LENGTHS:
        found[f"ecm_tables_twist{n}_q15"] = [factor(k, n) for k in range(1, n // 4)]
    return found


def header() -> str:
    """Return the whole of ecm_tables_q15.h."""
    lines = [
        "/* ecm_tables_q15.h - constant tables of the fixed-point transforms,",
        f" * {NOTE}",
        " *",
        " * SPDX-License-Identifier: MIT",
        " */",
        "#ifndef ECM_TABLES_Q15_H",
        "#define ECM_TABLES_Q15_H",
        "",
        '#include "ecm_base.h"',
        "",
        "ECM_EXTERN_C_BEGIN",
        "",
        "/* Packed pairs of minus the cosine (low half) and minus the sine, Q15: for",
        " * passes of radix 4 behind transforms of the length in the name, and for the",
        " * recombination of that many real samples. */",
        *(
            f"extern const uint32_t {name}[{len(words)}];"
            for name, words in tables().items()
        ),
        "",
        "ECM_EXTERN_C_END",
        "",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def source() -> str:
    """Return the whole of ecm_tables_q15.c."""
    lines = [
        f"/* ecm_tables_q15.c - {NOTE}",
        " *",
        " * SPDX-License-Identifier: MIT",
        " */",
        '#include "ecm_tables_q15.h"',
        "",
        "/* clang-format off */",
    ]
    for name, words in tables().items():
        lines += ["", f"const uint32_t {name}[{len(words)}] = {{"]
        texts = [f"0x{word:08x}," for word in words]
        lines += [
            "    " + " ".join(texts[i : i + PER_LINE])
            for i in range(0, len(texts), PER_LINE)
        ]
        lines.append("};")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parent
    (folder / "ecm_tables_q15.h").write_text(header())
    (folder / "ecm_tables_q15.c").write_text(source())
