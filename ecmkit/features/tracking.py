"""Order tracking in a plan: angles from the speed, a low-pass, a spectrum of turns."""

import math

import msgspec
import numpy as np

from ecmkit._core import fft
from ecmkit.features.filters import low_pass
from ecmkit.formats import TrackStep

__all__ = ["PlanTracking"]

_ROOM = 2.56
"""Outputs in a turn over the highest order, or more, at one speed."""
_RATE = 5.0
"""Rate of resampling over the highest frequency: then it is within 4e-4."""
_RATE_MIN = 4.0
_LEN_MAX = 16384


class PlanTracking(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How the order spectrum of a plan is taken.

    The signal is sampled anew at equal steps of the angle that the shaft speed tells,
    so that an order is one line of the spectrum whatever the speed does meanwhile.
    """

    turns: int = 20
    """Turns that a spectrum spans, 4 ... 1024: orders 2 / turns apart are told
    apart."""
    per_turn: int | None = None
    """Samples in a turn; by default what the highest order and the range of speeds
    need."""
    halfwidth: float = 0.01
    """A line is the largest within order (1 +- halfwidth), 0 ... 0.5."""

    def step(
        self, *, fs_hz: float, speed_hz: tuple[float, float], order: float
    ) -> TrackStep:
        """Design it for a plan whose highest order is given.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        lo_hz, hi_hz = speed_hz
        half = self.halfwidth
        _expect(0 <= half <= 0.5, "tracking.halfwidth", half, "0 ... 0.5")
        _expect(4 <= self.turns <= 1024, "tracking.turns", self.turns, "4 ... 1024")
        top = order * (1 + half)
        top_hz = top * hi_hz
        if top_hz > fs_hz / _RATE_MIN:
            raise ValueError(
                f"features: found tracked order {order:g} up to {top_hz:g} Hz, "
                f"expected up to {fs_hz / _RATE_MIN:g} Hz, a quarter of fs_hz, where "
                "resampling is exact to a per cent"
            )
        per_turn = self._per_turn(top * (1 + (_ROOM - 1) * hi_hz / lo_hz), top)
        factor = max(1, int(fs_hz / (_RATE * top_hz)))
        # what is folded onto the orders by the steps of angle, or by decimation
        stop_hz = min((per_turn - top) * lo_hz, fs_hz / factor - top_hz)
        taps: tuple[float, ...] = ()
        if factor > 1 or stop_hz < fs_hz / 2:
            if stop_hz < 1.1 * top_hz:
                raise ValueError(
                    f"tracking.per_turn: found {per_turn}, expected "
                    f"{top + 1.1 * top_hz / lo_hz:.0f} or more: order {order:g} at "
                    f"{lo_hz:g} ... {hi_hz:g} Hz"
                )
            taps = low_pass(fs_hz, top_hz, fs_hz / (top_hz + stop_hz))
        return TrackStep(
            per_turn=per_turn,
            turns=self.turns,
            halfwidth=float(np.float32(half)),
            taps=taps,
            factor=factor,
        )

    def _per_turn(self, least: float, top: float) -> int:
        """Check the samples in a turn, or choose them."""
        n, turns = self.per_turn, self.turns
        if n is None:
            fits = [n for n in range(math.ceil(least), _LEN_MAX // turns + 1)
                    if _is_length(n * turns)]  # fmt: skip
            if not fits:
                raise ValueError(
                    f"tracking.turns: found {turns} of {least:.0f} samples or more, "
                    f"expected at most {_LEN_MAX} samples in all, of a number 2^a 3^b "
                    "5^c, b and c at most 1"
                )
            return fits[0]
        fits_in = n > 2 * top and n * turns <= _LEN_MAX and _is_length(n * turns)
        if not fits_in:
            raise ValueError(
                f"tracking.per_turn: found {n}, expected above {2 * top:g}, twice the "
                f"highest order; times turns {turns} at most {_LEN_MAX} and 2^a 3^b "
                "5^c, b and c at most 1"
            )
        return n


def _is_length(n: int) -> bool:
    return n % 2 == 0 and n >= 16 and fft.is_length(n // 2)


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
