"""Limits of detectors over scores that were fitted to a finite reference.

The scores of a reference of n windows err: in the new windows their mean is off by
about 1 / sqrt(n) and the logarithm of their scale by about 1 / sqrt(2 n), whatever the
distribution of the feature, since by construction only ranks count (the shares of new
values between reference values have a Dirichlet distribution that knows nothing else).
Weights of an autoregression err too, see `whitening.gain_error`. The rate of false
alarms rises more with errors to one side than it falls with errors to the other; a
limit for exactly known scores is therefore too low on average. The limit here is the
exact one of the discrete scores plus what averaging over those errors adds for normal
scores. Over 150 references of 2,000 windows each, at run lengths of 10,000 and 100,000
windows, the average rate was 0.9 to 1.2 times the asked one for all features that were
tried, autoregressions of 0.5 and 0.9 among them; `docs/drift.md` has the figures. One
reference alone has 0.2 to 2 times the rate (10 and 90 %), behind an autoregression of
0.9 nearly none to 3 times.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift import whitening
from ecmkit.drift.plan import PlanDetector
from ecmkit.drift.runlength import (
    cusum_limit,
    cusum_limit_estimated,
    cusum_rate_estimated,
    reference_needed,
)
from ecmkit.drift.runlength_ewma import (
    ewma_limit,
    ewma_limit_estimated,
    ewma_rate_estimated,
)
from ecmkit.drift.runlength_scores import ScoreDistribution
from ecmkit.drift.scores import FeatureScore

__all__ = ["Errors", "allowed", "arl", "limit", "needed"]

Floats = NDArray[np.float64]

WIDEST = 1.5
"""Largest factor on the limit that the errors of a reference may ask for."""
FARTHEST = 4.0
"""Largest factor that dependence and differences between recordings may ask for."""
_SIGNIFICANT = 4.0
"""Standard errors beyond which what whitening left is taken for dependence."""


@dataclass(frozen=True, kw_only=True)
class Errors:
    """What a reference does not know about the scores that new windows will have."""

    n: float
    """Windows in the reference, or in one whose errors are those of a baseline."""
    gain: tuple[float, float]
    """Mean and deviation of the error of ln(scale) by whitening."""
    left: float
    """ln(scale) of sums that dependence between scores adds, 0 unless significant."""
    offset: float
    """Deviation between recordings, in that of the scores; 0 unless significant."""

    @classmethod
    def of(
        cls,
        score: FeatureScore,
        parts: list[Floats],
        detector: PlanDetector,
        arl0: float,
        seed: int,
    ) -> "Errors":
        """Look for them in the reference.

        Parameters
        ----------
        score : FeatureScore
            Fitted to the reference.
        parts : list of ndarray
            Scores that the detector takes, over the reference: one array per recording.
        detector : PlanDetector
            What kind it is.
        arl0 : float
            Windows between false alarms.
        seed : int
            Of the simulation of whitening.
        """
        span = detector.span(arl0)
        gain = (0.0, 0.0)
        if detector.kind != "scale":  # to first order, no error of whitening moves it
            gain = _gain(score.phi, score.n, round(span), seed)
            if score.baseline is not None:
                gain = (gain[0], math.hypot(gain[1], score.baseline.gain))
        return cls(
            n=score.errors_n(detector.scores),
            gain=gain,
            left=_left(parts, round(span)),
            offset=_offset(parts),
        )

    def longer(self, factor: float) -> "Errors":
        """Those of a reference `factor` times as long."""
        mean, sd = self.gain
        gain = (mean / factor, sd / math.sqrt(factor))
        return replace(self, n=self.n * factor, gain=gain)

    def known(self) -> "Errors":
        """Those of a reference without end."""
        return replace(self, n=1e9, gain=(0.0, 0.0))


@lru_cache(maxsize=64)
def _gain(phi: tuple[float, ...], n: int, span: int, seed: int) -> tuple[float, float]:
    return whitening.gain_error(np.array(phi), n, span, seed=seed)


def _left(parts: list[Floats], span: int) -> float:
    """Half the logarithm of the variance ratio of sums, where it stands out."""
    total = np.concatenate(parts)
    centre, variance, n = total.mean(), total.var(), total.size
    span = min(span, n // 10)
    sums = []
    for part in parts:
        if part.size > span >= 2:
            run = np.cumsum(np.concatenate([[0.0], part - centre]))
            sums.append(run[span:] - run[:-span])
    if not sums:
        return 0.0
    ratio = float(np.mean(np.concatenate(sums) ** 2)) / (span * float(variance))
    error = math.sqrt(4.0 * span / (3.0 * n))
    return 0.5 * math.log(ratio) if ratio > 1.0 + _SIGNIFICANT * error else 0.0


def _offset(parts: list[Floats]) -> float:
    """Deviation of the means of recordings beyond what their lengths explain."""
    parts = [part for part in parts if part.size >= 2]
    if len(parts) < 3:
        return 0.0
    means = np.array([part.mean() for part in parts])
    own = np.array([part.var(ddof=1) / part.size for part in parts])
    excess = float(means.var(ddof=1) - own.mean())
    error = float(own.mean()) * math.sqrt(2.0 / (len(parts) - 1))
    return math.sqrt(excess) if excess > _SIGNIFICANT * error else 0.0


def arl(scores: ScoreDistribution, detector: PlanDetector, h: float) -> float:
    """Mean run length of a detector over scores of its kind."""
    if detector.kind == "ewma":
        return scores.ewma_arl(detector.lambda_, h)
    return scores.cusum_arl(detector.reference_value, h, sides=detector.sides)


def limit(
    scores: ScoreDistribution, detector: PlanDetector, arl0: float, errors: Errors
) -> float:
    """Limit at which the rate, averaged over references, is one in `arl0` windows.

    Parameters
    ----------
    scores : ScoreDistribution
        Of the kind that the detector takes.
    detector : PlanDetector
        Its kind and parameters.
    arl0 : float
        Windows between false alarms, 3 ... 1e10.
    errors : Errors
        Of the reference.

    Returns
    -------
    float
        Limit of the CUSUM in scores, or of the EWMA in its deviations.
    """
    exact = _exact(
        tuple(scores.values.tolist()), tuple(scores.chances.tolist()), detector, arl0
    )
    return exact + _widened(detector, arl0, errors) - _normal(detector, arl0)


@lru_cache(maxsize=256)
def _exact(
    values: tuple[float, ...],
    chances: tuple[float, ...],
    detector: PlanDetector,
    arl0: float,
) -> float:
    scores = ScoreDistribution(values=np.array(values), chances=np.array(chances))
    try:
        if detector.kind == "ewma":
            return scores.ewma_limit(detector.lambda_, arl0)
        return scores.cusum_limit(detector.reference_value, arl0, sides=detector.sides)
    except ValueError:  # scores below every limit of that run length
        return _normal(detector, arl0)


@lru_cache(maxsize=64)
def _normal(detector: PlanDetector, arl0: float) -> float:
    if detector.kind == "ewma":
        return ewma_limit(detector.lambda_, arl0)
    return cusum_limit(detector.reference_value, arl0, sides=detector.sides)


def _rate(detector: PlanDetector, h: float, errors: Errors) -> float:
    """Rate of false alarms at a limit, for normal scores, averaged over errors."""
    mean, sd = errors.gain
    gain = (mean + errors.left, sd)
    if detector.kind == "ewma":
        return ewma_rate_estimated(
            detector.lambda_, h, errors.n, gain=gain, offset=errors.offset
        )
    both = cusum_rate_estimated(
        detector.reference_value, h, errors.n, gain=gain, offset=errors.offset
    )
    return 0.5 * detector.sides * both


@lru_cache(maxsize=256)
def _widened(detector: PlanDetector, arl0: float, errors: Errors) -> float:
    if errors == errors.known() and not (errors.left or errors.offset):
        return _normal(detector, arl0)
    mean, sd = (round(value, 3) for value in errors.gain)
    gain = (mean + round(errors.left, 3), sd)
    offset = round(errors.offset, 3)
    if detector.kind == "ewma":
        return ewma_limit_estimated(
            detector.lambda_, arl0, errors.n, gain=gain, offset=offset
        )
    # A reference shorter than that is refused by `needed`, with the length.
    n = max(errors.n, reference_needed(detector.reference_value, arl0))
    both = 0.5 * detector.sides * arl0  # of two sums that have the rate of one each
    return cusum_limit_estimated(
        detector.reference_value, both, n, gain=gain, offset=offset
    )


def needed(detector: PlanDetector, arl0: float, errors: Errors) -> float:
    """Fewest windows of a reference like this for a rate of false alarms.

    Parameters
    ----------
    detector, arl0, errors
        As for `limit`.

    Returns
    -------
    float
        Windows at which the errors of the reference raise the limit by half; infinity
        if dependence and differences between recordings alone ask for more.
    """
    farthest = FARTHEST * _normal(detector, arl0)
    if _rate(detector, farthest, errors.known()) * arl0 > 1.0:
        return math.inf
    widest = WIDEST * _widened(detector, arl0, errors.known())

    def wide(factor: float) -> bool:
        longer = errors.longer(factor)
        least = 0.0
        if detector.kind != "ewma":
            least = reference_needed(detector.reference_value, arl0)
        return longer.n < least or _rate(detector, widest, longer) * arl0 > 1.0

    if not wide(1.0):
        return errors.n
    factor = 2.0
    while wide(factor):
        factor *= 2.0
    low, high = 0.5 * factor, factor
    while high > 1.02 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if wide(middle) else (low, middle)
    return math.ceil(errors.n * high)


def allowed(detector: PlanDetector, errors: Errors) -> float:
    """Rarest false alarm that a reference like this allows.

    Parameters
    ----------
    detector, errors
        As for `limit`.

    Returns
    -------
    float
        Windows between false alarms; 0 if not even one in 20.
    """
    low, high = 20.0, 1e9
    if needed(detector, low, errors) > errors.n:
        return 0.0
    while high > 1.05 * low:
        middle = math.sqrt(low * high)
        fits = needed(detector, middle, errors) <= errors.n
        low, high = (middle, high) if fits else (low, middle)
    return low
