"""Write the expected values of the fixed-point transforms: float64, without ecmkit.

    python -m tests.vectors.make_fft_q15

Samples are the high 16 bits of a small generator, divided by a power of two; the
transform is the defining sum. Values are hexadecimal float64 in fft_q15.json beside
this file, in units of the samples.
"""

import json
from pathlib import Path

from tests.vectors.make import dft, hexed

CASES = ((16, 1), (32, 1), (64, 64), (128, 1), (256, 1024))


def samples(seed: int, n: int, divisor: int) -> list[int]:
    """n reproducible 16-bit numbers."""
    values = []
    for _ in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        values.append(((seed >> 16) - 0x8000) // divisor)
    return values


def main() -> None:
    """Write fft_q15.json."""
    cases = []
    for n, divisor in CASES:
        bins = dft([float(v) for v in samples(n, n, divisor)])
        cases.append({
            "n": n,
            "divisor": divisor,
            "re": hexed([b.real for b in bins]),
            "im": hexed([b.imag for b in bins]),
        })  # fmt: skip
    path = Path(__file__).parent / "fft_q15.json"
    path.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
