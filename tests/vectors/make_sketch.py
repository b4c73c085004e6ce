"""Write the expected states of sketches, by plain readings of their papers.

    python -m tests.vectors.make_sketch

Float64, dictionaries and lists, without ecmkit: the log histogram by frexp, P2 with
markers that grow as in the paper, space-saving in a dictionary, KLL as a list of lists,
algorithm R, and Kolmogorov-Smirnov in fractions.
"""

import json
import math
from fractions import Fraction
from pathlib import Path

from tests.vectors.make import hexed, noise

HERE = Path(__file__).parent
PAPER = [
    0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
    34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27, 0.42, 0.09, 11.37,
]  # fmt: skip


def log_bins(x: list[float], divisions: int, exponent: int, bins: int) -> list[int]:
    """Counters of positive and negative values in size."""
    count = [0] * (2 * bins)
    for v in x:
        if abs(v) >= 2.0**exponent:
            m, e = math.frexp(abs(v))  # m in 0.5 ... 1
            b = (e - 1 - exponent) * 2**divisions + math.floor(
                (2 * m - 1) * 2**divisions
            )
            count[min(b, bins - 1) + (bins if v < 0 else 0)] += 1
    return count


def p2(x: list[float], q: float) -> tuple[list[float], list[int]]:
    """Markers and their places, as the paper moves them."""
    h, n = sorted(x[:5]), [1, 2, 3, 4, 5]
    wanted, step = (
        [1, 1 + 2 * q, 1 + 4 * q, 3 + 2 * q, 5],
        [0, q / 2, q, (1 + q) / 2, 1],
    )
    for v in x[5:]:
        if v < h[0]:
            h[0], k = v, 0
        elif v >= h[4]:
            h[4], k = max(v, h[4]), 3
        else:
            k = max(i for i in range(4) if h[i] <= v)
        for i in range(k + 1, 5):
            n[i] += 1
        wanted = [w + s for w, s in zip(wanted, step, strict=True)]
        for i in (1, 2, 3):
            off = wanted[i] - n[i]
            if (off >= 1 and n[i + 1] - n[i] > 1) or (
                off <= -1 and n[i - 1] - n[i] < -1
            ):
                d = 1 if off > 0 else -1
                up = (h[i + 1] - h[i]) / (n[i + 1] - n[i])
                down = (h[i] - h[i - 1]) / (n[i] - n[i - 1])
                new = h[i] + d / (n[i + 1] - n[i - 1]) * (
                    (n[i] - n[i - 1] + d) * up + (n[i + 1] - n[i] - d) * down
                )
                if not h[i - 1] < new < h[i + 1]:
                    new = h[i] + d * (h[i + d] - h[i]) / (n[i + d] - n[i])
                h[i], n[i] = new, n[i] + d
    return h, n


def space_saving(ids: list[int], k: int) -> dict[int, tuple[int, int]]:
    """Count and error of each class that is kept; the first of equals goes."""
    kept: dict[int, tuple[int, int]] = {}
    places: list[int] = []
    for i in ids:
        if i in kept:
            kept[i] = (kept[i][0] + 1, kept[i][1])
        elif len(kept) < k:
            kept[i] = (1, 0)
            places.append(i)
        else:
            out = min(places, key=lambda j: kept[j][0])
            least = kept.pop(out)[0]
            kept[i] = (least + 1, least)
            places[places.index(out)] = i
    return kept


class Generator:
    """Marsaglia's xorshift from a hashed seed."""

    def __init__(self, seed: int) -> None:
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            seed = (seed ^ (seed >> shift)) * factor % 2**32
        seed ^= seed >> 16
        self.x = seed or 0x9E3779B9

    def next(self) -> int:
        self.x ^= self.x << 13 & 0xFFFFFFFF
        self.x ^= self.x >> 17
        self.x ^= self.x << 5 & 0xFFFFFFFF
        return self.x


def kll(x: list[float], k: int, seed: int) -> list[list[float]]:
    """Levels of a sketch whose memory is 3 k + 160 values."""
    levels: list[list[float]] = [[]]
    random = Generator(seed)
    for v in x:
        if sum(map(len, levels)) == 3 * k + 160:
            shares = []
            for h in range(len(levels)):
                share = k
                for _ in range(len(levels) - 1 - h):
                    share = 2 * share // 3
                shares.append(max(share, 8))
            h = next(i for i, level in enumerate(levels) if len(level) >= shares[i])
            if h + 1 == len(levels):
                levels.append([])
            whole = sorted(levels[h])
            odd = len(whole) % 2
            half = whole[odd:][random.next() >> 31 :: 2]
            levels[h] = whole[:odd]
            levels[h + 1] = sorted(levels[h + 1] + half)
        levels[0].append(v)
    return [sorted(level) for level in levels]


def reservoir(x: list[float], size: int, seed: int) -> list[float]:
    """Algorithm R."""
    kept: list[float] = []
    random = Generator(seed)
    for i, v in enumerate(x):
        if i < size:
            kept.append(v)
        elif (at := random.next() * (i + 1) >> 32) < size:
            kept[at] = v
    return kept


def ks(a: list[float], b: list[float]) -> Fraction:
    """Largest difference of two distribution functions."""
    return max(
        abs(
            Fraction(sum(u <= v for u in a), len(a))
            - Fraction(sum(u <= v for u in b), len(b))
        )
        for v in a + b
    )


def main() -> None:
    """Write sketch.json and sample.json."""
    logs = [
        {
            "seed": seed,
            "n": 500,
            "divisions": divisions,
            "exponent": exponent,
            "bins": bins,
            "count": log_bins(
                [v * 2.0 ** -(i % 11) for i, v in enumerate(noise(seed, 500))],
                divisions,
                exponent,
                bins,
            ),
        }
        for seed, (divisions, exponent, bins) in enumerate(
            [(5, -12, 384), (3, -20, 160), (0, -8, 8), (8, -4, 700)]
        )
    ]
    markers = []
    for name, x, q in (
        ("paper", PAPER, 0.5),
        ("noise", noise(3, 400), 0.5),
        ("noise", noise(4, 400), 0.9375),
        ("noise", noise(5, 400), 0.015625),
    ):
        h, n = p2(x, q)
        markers.append(
            {"name": name, "x": hexed(x), "q": q, "height": hexed(h), "place": n}
        )
    ids = [int(abs(v) ** 3 * 40) for v in noise(6, 800)]
    tops = [
        {
            "k": k,
            "ids": ids,
            "kept": [[i, *found] for i, found in sorted(space_saving(ids, k).items())],
        }
        for k in (1, 4, 10, 64)
    ]
    text = json.dumps({"log": logs, "p2": markers, "top": tops}, indent=1)
    (HERE / "sketch.json").write_text(text + "\n")
    levels = [
        {
            "k": k,
            "seed": seed,
            "n": n,
            "levels": [hexed(level) for level in kll(noise(seed, n), k, seed)],
        }
        for k, seed, n in ((8, 1, 100), (8, 2, 3000), (32, 3, 2000))
    ]
    kept = [
        {
            "seed": 7,
            "n": 300,
            "size": 16,
            "kept": hexed(reservoir(noise(7, 300), 16, 7)),
        }
    ]
    pairs = []
    for seed, (n, m) in enumerate([(10, 10), (7, 13), (50, 31), (1, 4)]):
        a = [math.floor(8 * v) / 8 for v in noise(seed, n)]
        b = [math.floor(8 * v) / 8 for v in noise(seed + 50, m)]
        pairs.append({"a": hexed(a), "b": hexed(b), "ks": float(ks(a, b)).hex()})
    text = json.dumps({"kll": levels, "reservoir": kept, "ks": pairs}, indent=1)
    (HERE / "sample.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
