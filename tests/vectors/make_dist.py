"""Write the expected distances of counters from a reference.

    python -m tests.vectors.make_dist

Definitions in float64 and exact fractions, without ecmkit; Wasserstein's as an integral
over many small steps of two piecewise straight distribution functions.
"""

import json
import math
from fractions import Fraction
from pathlib import Path

from tests.vectors.make import hexed, noise

HERE = Path(__file__).parent
STEPS = 4000


def counters(seed: int, bins: int, kind: str) -> list[int]:
    """Reproducible counters: around the reference, far from it, or with empty bins."""
    wild = [abs(v) for v in noise(seed, bins)]
    if kind == "near":
        return [20 + int(8 * v) for v in wild]
    if kind == "far":
        return [int(300 * v * b / bins) for b, v in enumerate(wild)]
    return [int(50 * v) if b % 3 else 0 for b, v in enumerate(wild)]


def area(f: list[float], g: list[float], edges: list[float]) -> float:
    """Area between two lines through the values at the edges."""
    total = []
    for b in range(1, len(edges)):
        width = (edges[b] - edges[b - 1]) / STEPS
        first, last = f[b - 1] - g[b - 1], f[b] - g[b]
        for i in range(STEPS):
            place = (i + 0.5) / STEPS
            total.append(width * abs(first + place * (last - first)))
    return math.fsum(total)


def distances(
    count: list[int], share: list[float], m: int, edges: list[float] | None
) -> dict[str, float]:
    """All five by their definitions."""
    n, bins = sum(count), len(count)
    p = [c / n for c in count]
    f = [math.fsum(p[: b + 1]) for b in range(bins - 1)]
    g = [math.fsum(share[: b + 1]) for b in range(bins - 1)]
    gaps = [abs(a - b) for a, b in zip(f, g, strict=True)]
    exact = [Fraction(v) for v in share]
    used = [b for b in range(bins) if count[b] or exact[b]]
    chi2 = sum(
        (
            (Fraction(count[b], n) - exact[b]) ** 2 / (count[b] + m * exact[b])
            for b in used
        ),
        Fraction(0),
    )
    q = [(c + 0.5) / (n + bins / 2) for c in count]
    s = [(m * v + 0.5) / (m + bins / 2) for v in share]
    js = math.fsum(
        0.5 * a * math.log(2 * a / (a + b)) + 0.5 * b * math.log(2 * b / (a + b))
        for a, b in zip(q, s, strict=True)
    )
    return {
        "ks": max(gaps),
        "chi2": float(n * m * chi2),
        "wasserstein": math.fsum(gaps) if edges is None else area(f, g, edges),
        "jensen_shannon": math.sqrt(js),
        "psi": math.fsum((a - b) * math.log(a / b) for a, b in zip(q, s, strict=True)),
        "freedom": float(len(used) - 1),
    }


def main() -> None:
    """Write dist.json."""
    cases = []
    for seed, (bins, kind) in enumerate(
        (bins, kind) for bins in (8, 16, 32, 64) for kind in ("near", "far", "gaps")
    ):
        weights = [3 + (7 * b + seed) % 5 for b in range(bins)]
        size = 1 << (sum(weights) - 1).bit_length()
        weights[-1] += size - sum(weights)  # shares are exact in binary
        share = [w / size for w in weights]
        if kind == "gaps":
            share[0], share[1] = 0.0, share[0] + share[1]
        edges = sorted(4 * v for v in noise(seed + 100, bins - 1))
        count, m = counters(seed + 1, bins, kind), 500 * (seed + 1)
        cases += [
            {
                "count": count,
                "share": hexed(share),
                "m": m,
                "edges": None if where is None else hexed(where),
                "expected": {
                    name: float(value).hex()
                    for name, value in distances(count, share, m, where).items()
                },
            }
            for where in (edges, None)
        ]
    text = json.dumps({"distances": cases}, indent=1)
    (HERE / "dist.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
