"""Write the expected values of machine knowledge: float64, without ecmkit.

    python -m tests.vectors.make_machine

By definitions: decimation as one FIR filter, sections as difference equations of direct
form I with sums by `math.fsum` (the library runs other forms); tapers as factors of the
samples and transforms as their sums (the library tapers bins).
"""

import cmath
import json
import math
from pathlib import Path

from tests.vectors.make import dft, hexed, noise

HERE = Path(__file__).parent
# c1, c2, a1, a2, b1: exact in single precision. About 40 Hz to 1 kHz at 6.4 kHz.
VELOCITY = (0.0556640625, 0.001544952392578125, -0.767578125, 0.2490234375, 0.0625)


def recurse(x: list[float], b: tuple[float, ...], a: tuple[float, ...]) -> list[float]:
    """Difference equation of direct form I, at rest before the first sample."""
    y: list[float] = []
    for n in range(len(x)):
        terms = [c * x[n - k] for k, c in enumerate(b) if n >= k]
        terms += [-c * y[n - k] for k, c in enumerate(a, 1) if n >= k]
        y.append(math.fsum(terms))
    return y


def velocity(x: list[float], factor: int, settle: int, block: int) -> list[float]:
    """RMS at the end of each block of 2 block outputs, over eight of them."""
    taps = {1: (1,), 2: (1, 3, 3, 1), 4: (1, 3, 6, 10, 12, 12, 10, 6, 3, 1)}[factor]
    c1, c2, a1, a2, b1 = VELOCITY
    before = [x[0]] * len(taps) + x
    low = [
        math.fsum(
            h * before[len(taps) + factor * (m + 1) - 1 - k] for k, h in enumerate(taps)
        )
        for m in range(len(x) // factor)
    ]
    low = [v - x[0] * sum(taps) for v in low]
    v = recurse(low, (1.0, -1.0), (c1 + c2 - 2.0, 1.0 - c1))
    y = recurse(v, (1.0, b1), (a1, a2))
    found = []
    end = 2 * (settle + 8 * block)
    while end <= len(y):
        span = y[end - 16 * block : end]
        found.append(math.sqrt(math.fsum(w * w for w in span) / len(span)))
        end += 2 * block
    return found


def hann(n: int) -> list[float]:
    """Periodic taper."""
    return [0.5 - 0.5 * math.cos(2 * math.pi * i / n) for i in range(n)]


def analytic(
    x: list[float], n: int, first: int, bins: int, m: int, white: bool
) -> list[complex]:
    """Analytic signal of a band at m / n of the rate, from the second half window."""
    sums = [0j] * (m // 2 * (len(x) // (n // 2)))
    for w in range(len(x) // (n // 2) - 1):
        window = x[w * n // 2 : w * n // 2 + n]
        if white:
            z = [v / abs(v) for v in dft(window)]
            half = [v * (1 if k in (0, n // 2) else 2) for k, v in enumerate(z)]
            window = [
                math.fsum(
                    (v * cmath.exp(2j * math.pi * (i * k % n) / n)).real
                    for k, v in enumerate(half)
                ) / n
                for i in range(n)
            ]  # fmt: skip
        spectrum = dft([v * t for v, t in zip(window, hann(n), strict=True)])
        for j in range(m):
            sums[w * m // 2 + j] += (2 / n) * sum(
                spectrum[k] * cmath.exp(2j * math.pi * (k - first + first % 2) * j / m)
                for k in range(first, first + bins)
            )
    return sums[m // 2 : -(m // 2)]


def amplitudes(x: list[float]) -> list[float]:
    """Amplitudes of the bins of a window without its mean, Hann tapered."""
    n = len(x)
    mean = math.fsum(x) / n
    spectrum = dft([(v - mean) * t for v, t in zip(x, hann(n), strict=True)])
    return [abs(v) * (2 if k in (0, n // 2) else 4) / n for k, v in enumerate(spectrum)]


LIMITS, RELEASE, HOLD_UP, HOLD_DOWN = (-0.25, 0.25, 0.5), (-0.5, 0.0, 0.5), 2, 3


def levels(x: list[float]) -> list[int]:
    """Zone after each value, by a look back at the values since it last moved."""
    zones, zone, since = [], 0, 0
    for i in range(len(x)):
        up = [sum(v > limit for limit in LIMITS) for v in x[since : i + 1]]
        down = [sum(v > limit for limit in RELEASE) for v in x[since : i + 1]]
        if len(up) >= HOLD_UP and min(up[-HOLD_UP:]) > zone:
            zone, since = min(up[-HOLD_UP:]), i + 1
        elif len(down) >= HOLD_DOWN and max(down[-HOLD_DOWN:]) < zone:
            zone, since = max(down[-HOLD_DOWN:]), i + 1
        zones.append(zone)
    return zones


def edges(x: list[float], level: float, hysteresis: float) -> list[float]:
    """Times of upward crossings in samples."""
    found, armed = [], False
    for i, v in enumerate(x):
        if armed and v > level:
            found.append(i - 1 + (level - x[i - 1]) / (v - x[i - 1]))
            armed = False
        armed = armed or v <= level - hysteresis
    return found


def lagrange(points: list[tuple[float, float]], u: float) -> float:
    """Value at u of the polynomial through points."""
    return math.fsum(
        v * math.prod((u - b) / (a - b) for b, _ in points if b != a) for a, v in points
    )


TURNS = (0.0, 30.0, 57.0, 82.5, 106.0, 128.0)


def angular(per_turn: int) -> list[float]:
    """A sinusoid at equal steps of angle: its value at the time of each."""
    values = []
    for k in range(per_turn * (len(TURNS) - 1)):
        i, part = divmod(k, per_turn)
        near = range(max(i - 1, 0), min(i + 3, len(TURNS)))
        t = lagrange([(float(j), TURNS[j]) for j in near], i + part / per_turn)
        if 3 <= t < 123:
            values.append(math.sin(0.7 * t))
    return values


def document() -> dict[str, object]:
    """Content of the file."""
    x = [v + 0.5 for v in noise(31, 2000)]
    content: dict[str, object] = {}
    for factor in (1, 2, 4):
        content[f"velocity {factor}"] = hexed(velocity(x, factor, 20, 10))
    x = [math.floor(v * 2**13) + 3000 for v in noise(31, 2000)]
    for factor in (1, 2, 4):
        content[f"velocity_q15 {factor}"] = hexed(velocity(x, factor, 20, 10))
    for name, white in (("analytic", False), ("white", True)):
        for first, bins in ((6, 16), (9, 7)):
            z = analytic(noise(32, 64 * 4), 64, first, bins, 16, white)
            content[f"envelope {name} {first}"] = {
                "re": hexed([v.real for v in z]),
                "im": hexed([v.imag for v in z]),
            }
    content["envelope amplitudes"] = hexed(amplitudes([v + 3.0 for v in noise(33, 96)]))
    smooth = noise(34, 300)
    smooth = [sum(smooth[i : i + 4]) / 2 for i in range(290)]
    content["level"] = {"x": hexed(smooth), "zone": levels(smooth)}
    smooth = noise(35, 400)
    smooth = [sum(smooth[i : i + 3]) for i in range(390)]
    content["tacho"] = {"x": hexed(smooth), "edges": hexed(edges(smooth, 0.1, 0.5))}
    content["order"] = hexed(angular(16))
    x = noise(36, 12 * 7)
    mean = [math.fsum(x[k::12]) / 7 for k in range(12)]
    content["tsa"] = hexed(mean)
    return content


if __name__ == "__main__":
    text = json.dumps(document(), indent=1) + "\n"
    (HERE / "machine.json").write_text(text)
