"""Write the expected orders of bearings.

    python -m tests.vectors.make_device

From the speeds of the parts in float64, without ecmkit: the cage turns with the mean of
both races at the points of contact, a ball rolls on the outer race that stands.
"""

import json
import math
from pathlib import Path

from tests.vectors.make import hexed

HERE = Path(__file__).parent
# balls, diameters of ball and of the circle of their centres [mm], contact angle [deg]
BEARINGS = [
    (9, 7.9375, 39.0, 0.0),
    (8, 6.75, 28.5, 0.0),
    (16, 8.40625, 71.5, 15.125),
    (13, 17.5, 96.25, 40.0),
    (3, 1.0, 2.5, 89.5),
    (200, 12.0, 1500.0, 60.0),
]


def orders(balls: int, ball: float, pitch: float, angle: float) -> list[float]:
    """Events in a turn of the inner race, by the kinematics of points of contact."""
    reach = ball * math.cos(math.radians(angle)) / 2
    inner, outer = (
        pitch / 2 - reach,
        pitch / 2 + reach,
    )  # radii of the points of contact
    # In a turn of the inner race its point moves 2 pi inner; the ball's centre half of
    # that, as the outer point rests.
    cage = inner / 2 / (pitch / 2)
    spin = cage * outer / (ball / 2)  # rolling on the outer race as the cage turns
    return [balls * cage, balls * (1 - cage), spin, cage]


def main() -> None:
    """Write ``device.json``."""
    rows = [
        {"bearing": [bearing[0], *map(float.hex, bearing[1:])],
         "orders": hexed(orders(*bearing))}
        for bearing in BEARINGS
    ]  # fmt: skip
    (HERE / "device.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
