"""Write the expected values of power spectra and of what is read from them.

    python -m tests.vectors.make_spectra

Float64 without ecmkit and without NumPy. A tapered spectrum is made the long way: the
samples that the bins belong to, times the taper, by the defining sum of the transform;
the library convolves the bins. Inputs and the form of the files are those of make.py.
"""

import cmath
import json
import math
from pathlib import Path

from tests.vectors.make import dft, hexed, noise

HERE = Path(__file__).parent
LENGTHS = (16, 48, 64)
BINS = (2, 5, 64, 257)
BIN_HZ = 12.5
WEIGHTS = {
    "rectangle": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman_harris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flat_top": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}
BANDS = ((0.0, 50.0), (30.0, 37.5), (12.5, 1e9), (60.0, 60.0))
SHARES = (0.1, 0.5, 0.85)
LINES = ((100.0, 0.0), (333.3, 40.0), (795.0, 0.0), (6.0, 0.0), (412.5, 25.0))


def unpacked(x: list[float]) -> list[complex]:
    """All n bins of the packed transform that the n floats of x are."""
    n = len(x)
    half = [complex(x[0]), *(complex(x[i], x[i + 1]) for i in range(2, n, 2))]
    return [*half, complex(x[1]), *(v.conjugate() for v in half[:0:-1])]


def samples(bins: list[complex]) -> list[float]:
    """Inverse transform by the defining sum."""
    n = len(bins)
    return [
        math.fsum(
            (v * cmath.exp(2j * math.pi * (i * k % n) / n)).real / n
            for k, v in enumerate(bins)
        )
        for i in range(n)
    ]


def power(x: list[float], weights: tuple[float, ...]) -> list[float]:
    """One-sided power of tapered samples, whose sum is their mean square."""
    n = len(x)
    taper = [
        math.fsum(
            (-1) ** m * w * math.cos(2 * math.pi * m * i / n)
            for m, w in enumerate(weights)
        )
        for i in range(n)
    ]
    energy = math.fsum(w * w for w in taper) / n
    bins = dft([v * w for v, w in zip(x, taper, strict=True)])
    return [
        abs(v) ** 2 * (1 if k in (0, n // 2) else 2) / (n * n * energy)
        for k, v in enumerate(bins)
    ]


def shape(p: list[float]) -> dict[str, object]:
    """What sums up a power spectrum, by the definitions."""
    n, total = len(p), math.fsum(p)
    centroid = math.fsum(k * v for k, v in enumerate(p)) / total
    m = {
        i: math.fsum((k - centroid) ** i * v for k, v in enumerate(p)) / total
        for i in (2, 3, 4)
    }
    rolloff = []
    for share in SHARES:
        below, k = 0.0, 0
        while below + p[k] < share * total:
            below += p[k]
            k += 1
        place = k - 0.5 + (share * total - below) / p[k]
        rolloff.append(max(0.0, place) * BIN_HZ)
    return {
        "total": total,
        "centroid_hz": centroid * BIN_HZ,
        "spread_hz": math.sqrt(m[2]) * BIN_HZ,
        "skewness": m[3] / m[2] ** 1.5,
        "kurtosis": m[4] / m[2] ** 2,
        "flatness": math.exp(
            math.fsum(math.log(max(v, 1e-10 * total / n)) for v in p) / n
        )
        * n
        / total,
        "entropy": -math.fsum(v / total * math.log(v / total) for v in p) / math.log(n),
        "crest": max(p) / total * n,
        "rolloff_hz": rolloff,
        "bands": [
            math.fsum(v for k, v in enumerate(p) if lo <= k * BIN_HZ < hi)
            for lo, hi in BANDS
        ],
    }


def between(p: list[float], k: int) -> list[float]:
    """Frequency and amplitude of the line whose largest bin is k, by three points."""
    edge = (0, len(p) - 1)
    a, b, c = (math.sqrt(3 * p[i] * (2 if i in edge else 1)) for i in (k - 1, k, k + 1))
    offset = max(-0.5, min(0.5, 2 * (c - a) / (a + 2 * b + c)))
    o = offset * offset
    turn = math.pi * offset / math.sin(math.pi * offset) if offset else 1.0
    return [(k + offset) * BIN_HZ, (a + 2 * b + c) * (1 - o) * (4 - o) * turn / 12]


def is_peak(p: list[float], k: int, apart: int = 1) -> bool:
    """Larger than all before, no smaller than any after, within some bins."""
    before, after = p[max(0, k - apart) : k], p[k + 1 : k + 1 + apart]
    return all(v < p[k] for v in before) and all(v <= p[k] for v in after)


def line_at(p: list[float], f_hz: float, halfwidth_hz: float) -> list[float]:
    """Line near a frequency."""
    nearest = round(f_hz / BIN_HZ)
    if not 1 <= nearest <= len(p) - 2:
        return [0.0, 0.0]
    near = [k for k in range(1, len(p) - 1) if abs(k * BIN_HZ - f_hz) <= halfwidth_hz]
    k = max({nearest, *near}, key=lambda k: p[k])
    return between(p, k) if is_peak(p, k) else [k * BIN_HZ, math.sqrt(3 * p[k])]


def lines(p: list[float]) -> dict[str, object]:
    """What is read from a spectrum line by line."""
    found = {}
    for apart in (1, 3):
        peaks = [between(p, k) for k in range(1, len(p) - 1) if is_peak(p, k, apart)]
        found[f"peaks_{apart}"] = sorted(peaks, key=lambda line: -line[1])[:5]
    harmonics = [line_at(p, 70.0 * h, 70.0 * h * 0.03)[1] for h in range(1, 13)]
    squares = [a * a for a in harmonics]
    carrier = line_at(p, 400.0, 5.0)
    sides = [
        line_at(p, carrier[0] + sign * m * 52.0, 5.0)[1]
        for m in (1, 2, 3)
        for sign in (-1, 1)
    ]
    return found | {
        "at": [line_at(p, f, width) for f, width in LINES],
        "harmonics": harmonics,
        "rms": math.sqrt(math.fsum(squares) / 2),
        "thd": math.sqrt(math.fsum(squares[1:])) / harmonics[0],
        "carrier": carrier,
        "sidebands": sides,
        "levels": [20 * math.log10(a / carrier[1]) for a in sides],
    }


def mel_frequency(mel: float, scale: str) -> float:
    """Frequency of a place on the mel scale, by either formula."""
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    if mel < 15:
        return mel * 200 / 3
    return 1000 * 6.4 ** ((mel - 15) / 27)


def mel_place(f_hz: float, scale: str) -> float:
    """The inverse, by bisection."""
    lo, hi = 0.0, 10_000.0
    for _ in range(200):
        middle = (lo + hi) / 2
        if mel_frequency(middle, scale) < f_hz:
            lo = middle
        else:
            hi = middle
    return (lo + hi) / 2


def mel_bank(
    n_mels: int, fs_hz: float, n: int, lo_hz: float, hi_hz: float, scale: str
) -> list[list[float]]:
    """Triangles as the smaller of two slopes, of equal area for Slaney's scale."""
    lo, hi = mel_place(lo_hz, scale), mel_place(hi_hz, scale)
    edges = [
        mel_frequency(lo + (hi - lo) * j / (n_mels + 1), scale)
        for j in range(n_mels + 2)
    ]
    rows = []
    for a, b, c in zip(edges, edges[1:], edges[2:], strict=False):
        height = 2 / (c - a) if scale == "slaney" else 1.0
        frequencies = [k * fs_hz / n for k in range(n // 2 + 1)]
        rows.append(
            [
                height * max(0.0, min((f - a) / (b - a), (c - f) / (c - b)))
                for f in frequencies
            ]
        )
    return rows


def mels(scale: str) -> dict[str, object]:
    """A bank of 16 filters over 65 bins, and what it makes of noise."""
    bank = mel_bank(16, 8000.0, 128, 200.0, 3800.0, scale)
    p = [v * v for v in noise(7, 65)]
    energies = [math.fsum(w * v for w, v in zip(row, p, strict=True)) for row in bank]
    levels = [10 * math.log10(max(2.5 * v, 1e-3)) for v in energies]
    mfcc = [
        math.sqrt(2 / 16)
        * math.fsum(
            v * math.cos(math.pi * k * (2 * j + 1) / 32) for j, v in enumerate(levels)
        )
        * (math.sqrt(0.5) if k == 0 else 1.0)
        for k in range(16)
    ]
    return {"bank": bank, "energies": energies, "levels": levels, "mfcc": mfcc}


def cepstrum(p: list[float]) -> list[float]:
    """Real cepstrum of a one-sided power spectrum by the defining sum."""
    half = len(p) - 1
    n, mean = 2 * half, math.fsum(p) / len(p)
    two = [2 * p[0], *p[1:-1], 2 * p[-1]]
    log = [math.log(max(v, 1e-10 * mean)) / 2 for v in two]
    return [
        math.fsum(
            v * math.cos(2 * math.pi * (k * q % n) / n) * (1 if k in (0, half) else 2)
            for k, v in enumerate(log)
        )
        / n
        for q in range(n)
    ]


def documents() -> dict[str, object]:
    """Every file's content by its name."""
    tapered = {
        str(n): {
            name: power(samples(unpacked(noise(n, n))), weights)
            for name, weights in WEIGHTS.items()
        }
        for n in LENGTHS
    }
    shapes = {str(n): shape([v * v for v in noise(n, n)]) for n in BINS}
    read = {str(seed): lines([v * v for v in noise(seed, 65)]) for seed in (1, 2, 3)}
    return {
        "spectrum": hexed({"power": tapered, "shape": shapes}),
        "line": hexed(read),
        "mel": hexed({scale: mels(scale) for scale in ("slaney", "htk")}),
        "cepstrum": hexed(
            {str(n): cepstrum([v * v for v in noise(n, n // 2 + 1)]) for n in LENGTHS}
        ),
    }


if __name__ == "__main__":
    for name, content in documents().items():
        (HERE / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
