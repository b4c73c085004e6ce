"""Write the expected values of signal conditioning: float64, without ecmkit.

    python -m tests.vectors.make_conditioning

By definitions: tapers in powers of the sine, sums by `math.fsum`, filters as difference
equations of direct form I (the library runs the transposed form II).
"""

import itertools
import json
import math
from pathlib import Path

from tests.vectors.make import hexed, noise

HERE = Path(__file__).parent
COSINES = {
    "hann": ("0.5", "0.5"),
    "hamming": ("0.54", "0.46"),
    "blackman_harris": ("0.35875", "0.48829", "0.14128", "0.01168"),
    "flat_top": ("0.21557895", "0.41663158", "0.277263158", "0.083578947",
                 "0.006947368"),
}  # fmt: skip
BETA = 8.5
# Sections b0, b1, b2, a1, a2, exact in single precision: a low-pass of fourth order.
SECTIONS = [
    [float.fromhex(v) for v in row.split()]
    for row in (
        "0x1.3c2b0cp-8 0x1.3c2b0cp-7 0x1.3c2b0cp-8 -0x1.0c7106p+0 0x1.2f3f6ap-2",
        "0x1p+0 0x1p+1 0x1p+0 -0x1.522762p+0 0x1.43f656p-1",
    )
]


def bessel_i0(x: float) -> float:
    """I0 by its series."""
    term, terms = 1.0, [1.0]
    for k in range(1, 200):
        term *= (x / 2) ** 2 / k**2
        terms.append(term)
    return math.fsum(terms)


def taper(kind: str, n: int, span: int) -> list[float]:
    """n values of a taper of period span."""
    if kind == "kaiser":
        top = bessel_i0(BETA)
        return [
            bessel_i0(2 * BETA * math.sqrt(i * (span - i)) / span) / top
            for i in range(n)
        ]
    # cos(2 k u) = T_k(1 - 2 s) with s = sin(u)^2: each weight spread over powers of s.
    spread = ((1,), (1, -2), (1, -8, 8), (1, -18, 48, -32), (1, -32, 160, -256, 128))
    weights = [float(w) * (-1) ** k for k, w in enumerate(COSINES[kind])]
    power = [
        math.fsum(w * c[j] for w, c in zip(weights, spread, strict=False) if j < len(c))
        for j in range(len(weights))
    ]
    values = []
    for i in range(n):
        s = math.sin(math.pi * min(i, span - i) / span) ** 2
        values.append(math.fsum(p * s**j for j, p in enumerate(power)))
    return values


def remove_line(x: list[float]) -> list[float]:
    """x without its least-squares line."""
    n = len(x)
    mean = math.fsum(x) / n
    t = [i - (n - 1) / 2 for i in range(n)]
    slope = math.fsum(a * b for a, b in zip(t, x, strict=True))
    slope /= math.fsum(a * a for a in t) or 1.0
    return [v - mean - slope * a for v, a in zip(x, t, strict=True)]


def cascade(x: list[float]) -> list[float]:
    """x through SECTIONS."""
    for b0, b1, b2, a1, a2 in SECTIONS:
        x1 = x2 = y1 = y2 = 0.0
        y = []
        for v in x:
            out = math.fsum((b0 * v, b1 * x1, b2 * x2, -a1 * y1, -a2 * y2))
            x1, x2, y1, y2 = v, x1, out, y1
            y.append(out)
        x = y
    return x


def decimate(x: list[float], h: list[float], factor: int) -> list[float]:
    """Every factor-th sample of x through the FIR filter h."""
    return [
        math.fsum(c * x[i - k] for k, c in enumerate(h) if i >= k)
        for i in range(0, len(x), factor)
    ]


def document() -> dict[str, object]:
    """Content of the file."""
    content: dict[str, object] = {}
    for kind in (*COSINES, "kaiser"):
        content[f"taper {kind} periodic"] = hexed(taper(kind, 16, 16))
        content[f"taper {kind} symmetric"] = hexed(taper(kind, 17, 16))
    for n in (2, 5, 64, 600):
        content[f"line {n}"] = hexed(remove_line(noise(n, n)))
    content["filter"] = hexed(cascade(noise(3, 200)))
    content["decimate"] = hexed(decimate(noise(4, 120), noise(5, 13), 3))
    x = noise(21, 100)
    pairs = [(0.0, x[0]), *itertools.pairwise(x)]
    content["difference"] = hexed([(b - a) * 1000.0 for a, b in pairs])
    content["trapezoid"] = hexed(
        [math.fsum((a + b) / 2000.0 for a, b in pairs[: i + 1]) for i in range(100)]
    )
    return content


if __name__ == "__main__":
    text = json.dumps(document(), indent=1) + "\n"
    (HERE / "conditioning.json").write_text(text)
