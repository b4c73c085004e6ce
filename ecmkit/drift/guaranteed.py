"""Detectors of a plan that keep a guarantee instead of an exact rate.

An e-detector's mean run length is at least its limit while no likelihood ratio of its
mixture has a mean above 1. Scores of a finite reference are not quite standard: their
mean may be off by two standard errors, and so may their scale. Each ratio is divided by
the largest mean that it then has, for normal scores and for those that the feature has.

ADWIN tests every `ADWIN_CLOCK` windows; at each, it cuts by chance with at most the
probability that it is given, of which the rate of false alarms follows. Its variance is
that of its own window; dependence, which that does not show, makes the probability
less.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift import limits, trial
from ecmkit.drift.calibration import Delay
from ecmkit.drift.plan import ADWIN_CLOCK, PlanDetector
from ecmkit.drift.runlength_scores import ScoreDistribution
from ecmkit.drift.scores import FeatureScore, Kind
from ecmkit.drift.windows import log_ratios
from ecmkit.errors import DataError

__all__ = ["CHANGES", "Guaranteed", "changed", "guaranteed"]

Floats = NDArray[np.float64]

CHANGES = ((0.5, 1.0), (1.0, 1.0), (2.0, 1.0), (0.0, 1.5), (0.0, 2.0))
"""Shift of the mean in standard deviations of the feature, factor of the deviation."""
_ERRORS = 2.0
"""Standard errors that an e-detector allows for."""
_STREAMS = 32
"""Changes that are simulated for a delay."""
_HEALTHY = 512
"""Windows before them."""
_LATEST = 2048
"""Windows after them."""


@dataclass(frozen=True, kw_only=True)
class Guaranteed:
    """An e-detector or ADWIN over the scores of a feature."""

    score: FeatureScore
    detector: PlanDetector
    arl0: float
    errors: limits.Errors
    discounts: tuple[float, ...]
    seed: int

    @property
    def given(self) -> bool:
        """Whether the plan has a limit, not a rate."""
        return self.detector.limit is not None

    @property
    def level(self) -> float:
        """Run length at which it is verified."""
        return min(self.arl0, float(trial.LEVEL_MAX))

    @property
    def span(self) -> int:
        """Values that it takes to an alarm, about."""
        return round(self.detector.span(self.level))

    def limit_at(self, arl0: float) -> float:
        """Limit of the mixture, or probability of a cut, for a run length."""
        if self.detector.kind == "e_detector":
            return arl0
        # Sums of dependent scores scatter more than the window's variance says.
        wider = math.exp(2.0 * self.errors.left)
        return max(math.pow(ADWIN_CLOCK / arl0, wider), 1e-30)

    def count(
        self, streams: list[NDArray[np.float32]], asked: float
    ) -> NDArray[np.int64]:
        """Alarms over streams of scores, at the limit of a run length."""
        return trial.count_alarms(
            streams, self.detector, self.limit_at(asked), self.discounts
        )

    def delays(self, left: NDArray[np.float32]) -> tuple[Delay, ...]:
        """Windows until a change is found, after some hundred without one."""
        rng = np.random.default_rng(self.seed)
        limit = self.limit_at(self.arl0)
        before = self.score.distribution("mean")
        found = []
        for shift, scale, after in changed(self.score, left, "mean"):
            watched, seen = 0, 0
            for _ in range(_STREAMS):
                one = trial.new_detector(self.detector, limit, self.discounts)
                one.update_many(_drawn(before, _HEALTHY, rng))
                at = one.update_many(_drawn(after, _LATEST, rng))
                watched += int(at[0]) + 1 if at.size else _LATEST
                seen += int(at.size > 0)
            windows = min(watched / max(seen, 0.5), self.arl0)
            found.append(Delay(shift=shift, scale=scale, windows=windows))
        return tuple(found)


def guaranteed(
    score: FeatureScore,
    detector: PlanDetector,
    arl0: float,
    parts: list[Floats],
    seed: int,
) -> Guaranteed:
    """Settle an e-detector or ADWIN, and see whether it can keep its guarantee.

    Parameters
    ----------
    score : FeatureScore
        Fitted to the reference.
    detector : PlanDetector
        Of either kind.
    arl0 : float
        Windows between false alarms, at least.
    parts : list of ndarray
        Scores of the reference: one array per recording.
    seed : int
        Of the simulations.

    Returns
    -------
    Guaranteed

    Raises
    ------
    DataError
        If the reference is too short, is not one state of the machine, or the rate is
        too high for ADWIN.
    """
    arl0 = arl0 if detector.limit is None else detector.limit
    errors = limits.Errors.of(score, parts, detector, max(arl0, 3.0), seed)
    what = f"feature `{score.feature}`, {detector.kind}"
    if detector.kind == "adwin":
        if arl0 < 2 * ADWIN_CLOCK:
            raise DataError(
                f"{what}: found one false alarm in {arl0:g} windows, expected at most "
                f"one in {2 * ADWIN_CLOCK}"
            )
        if errors.offset > 0.0:
            raise DataError(
                f"{what}: the reference is not one state of the machine: its "
                f"recordings differ by {errors.offset:.2f}, which is what it finds; "
                "calibrate each state of operation for itself"
            )
        discounts: tuple[float, ...] = ()
    else:
        discounts = _discounts(score, errors, what)
    return Guaranteed(
        score=score, detector=detector, arl0=arl0, errors=errors, discounts=discounts,
        seed=seed,
    )  # fmt: skip


def _discounts(
    score: FeatureScore, errors: limits.Errors, what: str
) -> tuple[float, ...]:
    """Logarithm of the largest mean of each likelihood ratio, where it is above 0."""
    mean, sd = errors.gain
    offset = _ERRORS * math.hypot(1.0 / math.sqrt(errors.n), errors.offset)
    own = math.hypot(1.0 / math.sqrt(2.0 * errors.n), sd)
    gain = max(mean, 0.0) + errors.left + _ERRORS * own
    a, b, c = log_ratios()
    widest = 0.5 / float(c.max())  # a variance of which a mean has no end
    if math.exp(2.0 * gain) > 0.95 * widest:
        raise DataError(
            f"{what}: its scores may scatter {math.exp(gain):.2f} times as much as "
            f"{score.n} reference windows tell, expected at most "
            f"{math.sqrt(0.95 * widest):.2f} times; a longer reference is needed, or a "
            "feature that depends less on its past"
        )
    largest = np.zeros(a.size)
    scores = score.distribution("mean")
    for shift in (-offset, offset):
        for factor in (math.exp(-gain), math.exp(gain)):
            z = shift + factor * scores.values
            ratios = np.exp(a[:, None] + z * (b[:, None] + c[:, None] * z))
            left = 1.0 - 2.0 * c * factor**2
            normal = a + shift * (b + c * shift) - 0.5 * np.log(left)
            normal += 0.5 * ((b + 2.0 * c * shift) * factor) ** 2 / left
            largest = np.maximum(largest, np.log(ratios @ scores.chances))
            largest = np.maximum(largest, normal)
    return tuple(largest.astype(np.float32).tolist())


def changed(
    score: FeatureScore, left: NDArray[np.float32], kind: Kind
) -> list[tuple[float, float, ScoreDistribution]]:
    """Return shift, scale and the scores after each of `CHANGES`.

    A shift of the feature reaches what whitening leaves by 1 - sum of weights.

    Parameters
    ----------
    score : FeatureScore
        Of the feature.
    left : ndarray of float32, shape (n,)
        What whitening leaves of the reference.
    kind : {"mean", "scale"}
        Of the scores.
    """
    passed, found = 1.0 - sum(score.phi), []
    for shift, scale in CHANGES:
        moved = left * np.float32(scale) + np.float32(shift * score.sd * passed)
        found.append((shift, scale, score.distribution_of(moved, kind)))
    return found


def _drawn(
    scores: ScoreDistribution, n: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    p = scores.chances / scores.chances.sum()
    return rng.choice(scores.values, n, p=p).astype(np.float32)
