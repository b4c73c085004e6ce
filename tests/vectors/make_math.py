"""Write the expected values of elementary functions: 60 decimal digits, without ecmkit.

    python tests/vectors/make_math.py

Arguments are float32; values are the exact ones rounded to float64, hexadecimal, in
math.json beside this file. Exponential and logarithm are `decimal`'s own; the circle is
by power series on angles that were reduced with enough digits of pi. So nothing here
shares an algorithm, or a C library, with what is tested.
"""

import decimal
import json
import struct
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent
DIGITS = 110  # the largest float32 has 39 before the point
decimal.getcontext().prec = DIGITS
decimal.getcontext().Emin = -(10**6)


def series(x: Decimal, term: Decimal, first: int) -> Decimal:
    """Sum of term * (-x^2)^n / ((first + 1)(first + 2) ... ) for n = 0, 1, ..."""
    total, n = term, first
    while abs(term) > Decimal(10) ** -DIGITS:
        term = -term * x * x / ((n + 1) * (n + 2))
        n += 2
        total += term
    return total


def arctan(x: Decimal) -> Decimal:
    """Halve the argument until the series is short: atan x = 2 atan(x / (1 + ...))."""
    doubled = 0
    while abs(x) > Decimal("0.01"):
        x = x / (1 + (1 + x * x).sqrt())
        doubled += 1
    total, power, n = x, x, 1
    while abs(power) > abs(x) * Decimal(10) ** -DIGITS:
        power = -power * x * x
        n += 2
        total += power / n
    return total * 2**doubled


PI = 4 * arctan(Decimal(1))


def sine(x: Decimal) -> Decimal:
    x = x - 2 * PI * (x / (2 * PI)).to_integral_value()
    return series(x, x, 1)


def cosine(x: Decimal) -> Decimal:
    x = x - 2 * PI * (x / (2 * PI)).to_integral_value()
    return series(x, Decimal(1), 0)


def tanh(x: Decimal) -> Decimal:
    if abs(x) < Decimal("1e-20"):
        return x * (1 - x * x / 3)
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def logistic(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def atan2(y: Decimal, x: Decimal) -> Decimal:
    angle = arctan(abs(y) / abs(x))
    return (PI - angle if x < 0 else angle).copy_sign(y)


def single(value: float) -> float:
    """Round to float32."""
    (x,) = struct.unpack("<f", struct.pack("<f", value))
    return x


def of_bits(bits: int) -> float:
    (x,) = struct.unpack("<f", struct.pack("<I", bits))
    return x


def arguments(seed: int, n: int, low: int, high: int) -> list[float]:
    """n floats whose bits are spread over low ... high."""
    found = []
    for _ in range(n):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append(of_bits(low + (seed >> 32) % (high - low)))
    return found


def both(x: list[float]) -> list[float]:
    """Arguments of either sign."""
    return [value if i % 2 else -value for i, value in enumerate(x)]


# The float32 nearest to multiples of pi/2: what is left of them has the fewest bits.
NEAR = [
    *(single(float(PI / 2 * k)) for k in (1, 2, 3, 4, 5, 7, 11, 355, 710, 31876)),
    *(of_bits(b) for b in (0x56A5CB94, 0x6A1976F1, 0x6EBF4A5E, 0x7F7FFFFF, 0x73243F06)),
]


def documents() -> dict[str, list[list[str]]]:
    """Return rows [argument, ..., value] of each function."""
    positive = arguments(1, 60, 1, 0x7F800000)
    small = both(arguments(2, 60, 0x33000000, 0x42B00000))
    near_one = arguments(3, 30, 0x3F700000, 0x3F880000)
    one = {
        "exp": (lambda x: x.exp(), small),
        "log": (lambda x: x.ln(), positive + near_one),
        "log2": (lambda x: x.ln() / Decimal(2).ln(), positive + near_one),
        "tanh": (tanh, both(arguments(4, 60, 0x37000000, 0x41180000))),
        "logistic": (logistic, small),
        "sin": (sine, NEAR + both(arguments(5, 60, 0x38000000, 0x7F800000))),
        "cos": (cosine, NEAR + both(arguments(6, 60, 0x38000000, 0x7F800000))),
    }
    rows = {
        name: [[x.hex(), float(function(Decimal(x))).hex()] for x in values if x != 1.0]
        for name, (function, values) in one.items()
    }
    y = both(arguments(7, 60, 0x3A000000, 0x45000000))
    x = arguments(8, 60, 0x3A000000, 0x45000000)
    x = [-value if i % 4 < 2 else value for i, value in enumerate(x)]
    rows["atan2"] = [
        [a.hex(), b.hex(), float(atan2(Decimal(a), Decimal(b))).hex()]
        for a, b in zip(y, x, strict=True)
    ]
    return rows


if __name__ == "__main__":
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]"
        for name, rows in documents().items()
    ]
    (HERE / "math.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
