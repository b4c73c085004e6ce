"""Write the expected values of moments, order statistics and series statistics.

    python -m tests.vectors.make_stats

Float64 and rational arithmetic, without ecmkit and without NumPy: sums are `math.fsum`
or exact fractions, quantiles come from a sorted list. Inputs and the form of the files
are those of make.py; Q15 inputs are the same noise, times 2^15 and cut to integers.
"""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

from tests.vectors.make import hexed, noise

HERE = Path(__file__).parent
LENGTHS = (2, 5, 64, 257)
SHARES = (0.0, 0.125, 0.25, 0.5, 0.75, 0.96875, 1.0)
LAGS = (0, 1)


def codes(seed: int, n: int) -> list[int]:
    """n reproducible Q15 samples."""
    return [math.floor(v * 2**15) for v in noise(seed, n)]


def moments(x: list[float], weights: list[float]) -> dict[str, float]:
    """Moments of weighted samples; weights add up to 1."""
    mean = math.fsum(w * v for w, v in zip(weights, x, strict=True))
    c = {
        p: math.fsum(w * (v - mean) ** p for w, v in zip(weights, x, strict=True))
        for p in (2, 3, 4)
    }
    return {
        "mean": mean,
        "variance": c[2],
        "rms": math.sqrt(c[2]),
        "rms_about_zero": math.sqrt(
            math.fsum(w * v * v for w, v in zip(weights, x, strict=True))
        ),
        "skewness": c[3] / c[2] ** 1.5,
        "kurtosis": c[4] / c[2] ** 2,
    }


def forgetting(n: int, weight: float) -> list[float]:
    """What each of n samples weighs in the end."""
    weights: list[float] = []
    for i in range(n):
        a = max(weight, 1 / (i + 1))
        weights = [w * (1 - a) for w in weights] + [a]
    return weights


def quantile(ordered: list[Fraction], share: float) -> Fraction:
    """Linear between neighbours."""
    place = Fraction(share) * (len(ordered) - 1)
    whole = math.floor(place)
    after = ordered[min(whole + 1, len(ordered) - 1)]
    return ordered[whole] + (after - ordered[whole]) * (place - whole)


def ranks(x: list[Fraction]) -> dict[str, object]:
    """Quantiles, median absolute deviation, entropy of 8 bins."""
    ordered = sorted(x)
    median = quantile(ordered, 0.5)
    lo, hi = ordered[0], ordered[-1]
    count = [0] * 8
    for v in x:
        count[min(7, math.floor((v - lo) / (hi - lo) * 8))] += 1
    share = [c / len(x) for c in count if c]
    return {
        "quantiles": [float(quantile(ordered, q)) for q in SHARES],
        "mad": float(quantile(sorted(abs(v - median) for v in x), 0.5)),
        "entropy": -math.fsum(p * math.log(p) for p in share) / math.log(8),
    }


def variance(x: list[float]) -> float:
    """About the mean; 0 of nothing."""
    if not x:
        return 0.0
    mean = math.fsum(x) / len(x)
    return math.fsum((v - mean) ** 2 for v in x) / len(x)


def series(x: list[float], y: list[float]) -> dict[str, object]:
    """Turning points, Hjorth's parameters, autocorrelation, correlation with y."""
    n = len(x)
    first = [b - a for a, b in itertools.pairwise(x)]
    second = [b - a for a, b in itertools.pairwise(first)]
    v0, v1, v2 = variance(x), variance(first), variance(second)
    mobility = math.sqrt(v1 / v0)
    d = [v - math.fsum(x) / n for v in x]
    e = [v - math.fsum(y) / n for v in y]
    return {
        "turning_points": sum(
            (b > a and b > c) or (b < a and b < c)
            for a, b, c in zip(x, x[1:], x[2:], strict=False)
        ),
        "activity": v0,
        "mobility": mobility,
        "complexity": math.sqrt(v2 / v1) / mobility if v1 else 0.0,
        "autocorrelation": [
            math.fsum(a * b for a, b in zip(d, d[k:], strict=False)) / (n * v0)
            for k in LAGS
        ],
        "correlation": math.fsum(a * b for a, b in zip(d, e, strict=True))
        / (n * math.sqrt(v0 * variance(y))),
    }


def documents() -> dict[str, object]:
    """Every file's content by its name."""
    made: dict[str, dict[str, object]] = {"moments": {}, "rank": {}, "series": {}}
    for n in LENGTHS:
        x, k = noise(n, n), [v / 2**15 for v in codes(n, n)]
        y, j = noise(n + 1, n), [v / 2**15 for v in codes(n + 1, n)]
        alike = [1 / n] * n
        made["moments"][str(n)] = {
            "plain": moments(x, alike),
            "q15": moments(k, alike),
            "weighted": moments(x, forgetting(n, 0.0625)),
        }
        made["rank"][str(n)] = {
            "f32": ranks([Fraction(v) for v in x]),
            "q15": ranks([Fraction(v) for v in k]),
        }
        made["series"][str(n)] = {"f32": series(x, y), "q15": series(k, j)}
    return {name: hexed(content) for name, content in made.items()}


if __name__ == "__main__":
    for name, content in documents().items():
        (HERE / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
