"""Order tracking in a plan: angles from the speed, a low-pass, a spectrum of turns."""

import math

import msgspec
import numpy as np

from ecmkit._core import fft
from ecmkit.features.envelope import transform_cost
from ecmkit.features.filters import low_pass
from ecmkit.formats import TrackStep

__all__ = ["PlanTracking"]

_APART = 1.1
"""Where the low-pass stops, over where it passes, at least."""
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
        self, *, fs_hz: float, speed_hz: tuple[float, float], hop_len: int, order: float
    ) -> TrackStep:
        """Design it for a plan whose highest order is given: the cheapest that serves.

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
        best: tuple[float, TrackStep] | None = None
        for per_turn in self._choices(top):
            for factor in range(1, max(1, int(fs_hz / (_RATE * top_hz))) + 1):
                # what is folded onto the orders by steps of angle, or by decimation
                stop_hz = min((per_turn - top) * lo_hz, fs_hz / factor - top_hz)
                taps: tuple[float, ...] = ()
                if factor > 1 or stop_hz < fs_hz / 2:
                    if stop_hz < _APART * top_hz:
                        continue
                    taps = low_pass(fs_hz, top_hz, fs_hz / (top_hz + stop_hz))
                cost = hop_len * (18 + (35 + 3.5 * len(taps)) / factor if taps else 1)
                cost += hop_len * hi_hz / fs_hz * per_turn * 100
                cost += _spectrum_cost(per_turn * self.turns)
                if best is None or cost < best[0]:
                    best = (
                        cost,
                        TrackStep(
                            per_turn=per_turn,
                            turns=self.turns,
                            halfwidth=float(np.float32(half)),
                            taps=taps,
                            factor=factor,
                        ),
                    )
        if best is None:
            least = top + _APART * top_hz / lo_hz
            raise ValueError(
                f"tracking.{'turns' if self.per_turn is None else 'per_turn'}: found "
                f"{self.turns} turns of {self.per_turn or 'any number of'} samples, "
                f"expected {least:.0f} samples in a turn or more, for order {order:g} "
                f"at {lo_hz:g} ... {hi_hz:g} Hz, and at most {_LEN_MAX} in all, of a "
                "number 2^a 3^b 5^c, b and c at most 1"
            )
        return best[1]

    def _choices(self, top: float) -> list[int]:
        """Numbers of samples in a turn that might do."""
        turns = self.turns
        if self.per_turn is not None:
            n = self.per_turn
            return [n] if n * turns <= _LEN_MAX and _is_length(n * turns) else []
        least, most = math.ceil(2 * top), _LEN_MAX // turns
        return [n for n in range(least, most + 1) if _is_length(n * turns)]


def _spectrum_cost(n: int) -> float:
    """Instructions of the spectrum of so many values on a Cortex-M4F, *estimated*."""
    return transform_cost(n // 2, real=True) + 10 * n


def _is_length(n: int) -> bool:
    return n % 2 == 0 and n >= 16 and fft.is_length(n // 2)


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
