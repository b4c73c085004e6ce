"""Delays of detectors at the same rate of false alarms."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import river.drift
from numpy.typing import NDArray

from ecmkit.drift import Cusum, ScaleCusum
from ecmkit.drift.detectors import Named
from ecmkit.drift.runlength import cusum_limit_estimated

__all__ = ["CHANGES", "PEERS", "SEEDS", "Delay", "measured"]

SEEDS, BEFORE, AFTER, REFERENCE = 15, 500, 3000, 2000
CHANGES = {
    "mean + 0.5": (0.5, 1.0),
    "mean + 1": (1.0, 1.0),
    "mean + 2": (2.0, 1.0),
    "deviation x 1.5": (0.0, 1.5),
    "deviation x 2": (0.0, 2.0),
}
"""Shift and scale, in standard deviations."""
PEERS: dict[str, tuple[Callable[[int], Any], int]] = {
    "ADWIN": (lambda seed: river.drift.ADWIN(), 1_000_000),
    "Page-Hinkley": (lambda seed: river.drift.PageHinkley(), 400_000),
    "KSWIN": (lambda seed: river.drift.KSWIN(seed=seed), 20_000),
}
"""How to make one, and values on which its rate is counted."""
RAREST = 1.0
"""False alarms in 100,000 that ours are set to where a peer has none."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Delay:
    """Medians over the streams, where half of them have an alarm at all."""

    peer: str
    per_1e5: float
    change: str
    theirs: float
    ours: float


def measured() -> Iterator[Delay]:
    """All peers and changes."""
    for peer, (make, n) in PEERS.items():
        rate = 1e5 / n * len(_alarms(make(0), np.random.default_rng(99).normal(size=n)))
        for change, (shift, scale) in CHANGES.items():
            yield Delay(
                peer,
                rate,
                change,
                _median(shift, scale, partial(_peer_alarms, make)),
                _median(shift, scale, _ours(shift, rate)),
            )


def _ours(shift: float, per_1e5: float) -> Callable[[int, Floats], list[int]]:
    """Alarms of a detector for a change, on values standardised by 2,000 others.

    The limit for the scale is on the line through two of `scale_cusum_limit`, at run
    lengths of 1,600 and 100,000, which takes seconds for each.
    """
    arl0 = 1e5 / max(per_1e5, RAREST)
    if shift:
        limit = cusum_limit_estimated(shift / 2, arl0, REFERENCE)
        detector: Named = Cusum(shift / 2, limit)
    else:
        detector = ScaleCusum(0.5, 9.8751 + 0.9277 * math.log(arl0 / 1e5))

    def alarms(seed: int, x: Floats) -> list[int]:
        known = np.random.default_rng(seed).normal(size=REFERENCE)
        found = detector.clone().update_many((x - known.mean()) / known.std())
        return [int(at) for at in found]

    return alarms


def _peer_alarms(make: Callable[[int], Any], seed: int, x: Floats) -> list[int]:
    return _alarms(make(seed), x, stop_after=BEFORE)


def _alarms(detector: Any, x: Floats, stop_after: int | None = None) -> list[int]:
    found = []
    for i, value in enumerate(x.tolist()):
        detector.update(value)
        if detector.drift_detected:
            found.append(i)
            if stop_after is not None and i >= stop_after:
                break
    return found


def _median(
    shift: float, scale: float, alarms: Callable[[int, Floats], list[int]]
) -> float:
    delays = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(1000 + seed)
        after = rng.normal(shift, scale, AFTER)
        x = np.concatenate([rng.normal(size=BEFORE), after])
        later = [at - BEFORE + 1 for at in alarms(seed, x) if at >= BEFORE]
        delays.append(float(later[0]) if later else np.inf)
    return float(np.median(delays))
