"""Write the expected values of the signal core: float64, without ecmkit.

    python tests/vectors/make.py

Inputs are a small generator's integers over 2^23, exact in both precisions. Sums are
`math.fsum`, the transform is the defining sum, so nothing here shares an algorithm with
the library. Values are hexadecimal float64 in <module>.json beside this file.
"""

import itertools
import json
import math
from pathlib import Path

HERE = Path(__file__).parent


def noise(seed: int, n: int) -> list[float]:
    """n reproducible values in -1 ... 1."""
    values = []
    for _ in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        values.append(((seed >> 8) - 0x800000) / 2**23)
    return values


def dft(x: list[float]) -> list[complex]:
    """Bins 0 ... n/2 by the defining sum."""
    n = len(x)
    return [
        complex(
            math.fsum(
                v * math.cos(2 * math.pi * (i * k % n) / n) for i, v in enumerate(x)
            ),
            -math.fsum(
                v * math.sin(2 * math.pi * (i * k % n) / n) for i, v in enumerate(x)
            ),
        )
        for k in range(n // 2 + 1)
    ]


def sign_changes(x: list[float]) -> int:
    """Pairs of neighbours on either side of zero, which counts as positive."""
    return sum((a >= 0) != (b >= 0) for a, b in itertools.pairwise(x))


def time_stats(x: list[float]) -> dict[str, float]:
    """Time statistics by their definitions."""
    n = len(x)
    mean = math.fsum(x) / n
    d = [v - mean for v in x]
    moment = {p: math.fsum(v**p for v in d) / n for p in (2, 3, 4)}
    rms = math.sqrt(moment[2])
    peak = max(abs(v) for v in d)
    mean_abs = math.fsum(abs(v) for v in d) / n
    root = (math.fsum(math.sqrt(abs(v)) for v in d) / n) ** 2
    return {
        "mean": mean,
        "rms": rms,
        "peak": peak,
        "peak_to_peak": max(x) - min(x),
        "mean_abs": mean_abs,
        "root_amplitude": root,
        "skewness": moment[3] / rms**3,
        "kurtosis": moment[4] / moment[2] ** 2,
        "crest": peak / rms,
        "shape": rms / mean_abs,
        "impulse": peak / mean_abs,
        "clearance": peak / root,
        "mean_crossing_rate": sign_changes(d) / n,
        "zero_crossing_rate": sign_changes(x) / n,
        "variance": moment[2],
        "rms_about_zero": math.sqrt(math.fsum(v * v for v in x) / n),
        "minimum": min(x),
        "maximum": max(x),
    }


def hann_spectrum(x: list[float]) -> list[complex]:
    """Spectrum after multiplying by the periodic Hann taper."""
    n = len(x)
    taper = [0.5 - 0.5 * math.cos(2 * math.pi * i / n) for i in range(n)]
    return dft([v * w for v, w in zip(x, taper, strict=True)])


def plan_features(x: list[float], fs: float, lo: float, hi: float):
    """Features of the spectrum of a window by their definitions, by name."""
    n = len(x)
    mean = math.fsum(x) / n
    df = fs / n
    power = [
        abs(y) ** 2 * (1 if k in (0, n // 2) else 2) / (n * n * 3 / 8)
        for k, y in enumerate(hann_spectrum([v - mean for v in x]))
    ]
    total = math.fsum(power)
    inside = math.fsum(p for k, p in enumerate(power) if lo <= k * df < hi)
    share = [v / total for v in power]
    centroid = math.fsum(k * df * v for k, v in enumerate(share))
    moment = {
        i: math.fsum((k * df - centroid) ** i * v for k, v in enumerate(share))
        for i in (2, 3, 4)
    }
    return {
        "band_rms": math.sqrt(inside),
        "band_fraction": inside / total,
        "centroid": centroid,
        "spectral_spread": math.sqrt(moment[2]),
        "spectral_skewness": moment[3] / moment[2] ** 1.5,
        "spectral_kurtosis": moment[4] / moment[2] ** 2,
        "spectral_entropy": -math.fsum(v * math.log(v) for v in share)
        / math.log(len(power)),
        "spectral_crest": max(power) / (total / len(power)),
    }


def hexed(values):
    """Same shape, floats as hexadecimal text."""
    if isinstance(values, dict):
        return {name: hexed(value) for name, value in values.items()}
    if isinstance(values, list):
        return [hexed(value) for value in values]
    return float(values).hex()


def documents() -> dict[str, object]:
    """Every file's content by its name."""
    fft, stats, feat = {}, {}, {}
    for n in (4, 8, 64, 256):
        bins = dft(noise(n, n))
        fft[str(n)] = {
            "re": hexed([y.real for y in bins]),
            "im": hexed([y.imag for y in bins]),
        }
    for n in (2, 5, 64, 1000):
        stats[str(n)] = hexed(time_stats(noise(n, n)))
    for n in (64, 256):
        x = noise(n, n)
        feat[str(n)] = hexed(plan_features(x, 12000.0, 500.0, 5500.0))
    return {"fft": fft, "stats": stats, "feat": feat}


if __name__ == "__main__":
    for name, content in documents().items():
        text = json.dumps(content, indent=1) + "\n"
        (HERE / f"{name}.json").write_text(text)
