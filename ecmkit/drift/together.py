"""Several features against their correlation: limits of a weighted Hotelling's T2.

The exact run length of independent Gaussian vectors follows from a Markov chain of the
length of the weighted mean (Runger and Prabhu): from a length r it goes to the size of
a Gaussian vector about (1 - lambda) r, a noncentral chi-squared variable. The limit is
raised for a mean and a covariance that come from a finite reference: the chance that
one window exceeds it is kept, with Hotelling's distribution in place of chi-squared and
the error of the mean beside the spread of the weighted mean.
"""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift.batch import chi2_tail

__all__ = ["t2_arl", "t2_limit", "t2_limit_estimated"]

Floats = NDArray[np.float64]
_STATES = 120


def t2_arl(features: int, lambda_: float, limit: float) -> float:
    """Mean vectors to an alarm, of independent Gaussian ones of a known reference.

    Parameters
    ----------
    features : int
        1 ... 64.
    lambda_ : float
        Weight of the newest vector, 0.01 ... 1.
    limit : float
        Of the statistic.

    Returns
    -------
    float
        With limits that do not widen at the start; a little less with those that do.

    References
    ----------
    .. [1] G. C. Runger, S. S. Prabhu, A Markov chain model for the multivariate EWMA
           control chart, JASA 91 (1996), 1701-1706.

    Examples
    --------
    >>> round(t2_arl(4, 0.1, 12.73))  # 200 in Prabhu and Runger (1997)
    200
    """
    if lambda_ == 1.0:
        return 1.0 / max(chi2_tail(limit, features), 1e-300)
    reach = math.sqrt(limit * lambda_ / (2.0 - lambda_))
    width = 2.0 * reach / (2 * _STATES - 1)
    at: Floats = width * np.arange(_STATES, dtype=np.float64)
    ends = (at + 0.5 * width) / lambda_
    shift = ((1.0 - lambda_) / lambda_ * at) ** 2
    below = _noncentral(np.asarray(ends**2), features, np.asarray(shift))
    moves = np.diff(np.hstack([np.zeros((_STATES, 1)), below]), axis=1)
    runs = np.linalg.solve(np.eye(_STATES) - moves, np.ones(_STATES))
    return float(runs[0])


def _noncentral(x: Floats, features: int, shift: Floats) -> Floats:
    """Chance of a noncentral chi-squared variable below each x, for each shift."""
    terms = math.ceil(0.5 * shift.max() + 12.0 * math.sqrt(shift.max() + 4.0)) + 20
    half = 0.5 * shift[:, None]
    order = np.arange(terms)
    logs = np.array([math.lgamma(j + 1.0) for j in order])
    chance = np.exp(order * np.log(np.maximum(half, 1e-300)) - half - logs)
    chance[:, 0] = np.exp(-half[:, 0])
    below = np.empty((terms, x.size))
    tail = np.array([chi2_tail(value, features) for value in x])
    for j in order:
        below[j] = 1.0 - tail
        k = 0.5 * features + j
        tail = tail + np.exp(
            k * np.log(np.maximum(0.5 * x, 1e-300)) - 0.5 * x - math.lgamma(k + 1.0)
        )
    return np.asarray(chance @ np.clip(below, 0.0, 1.0))


@lru_cache(maxsize=64)
def t2_limit(features: int, lambda_: float, arl0: float) -> float:
    """Limit of a run length, for a known reference.

    Parameters
    ----------
    features, lambda_
        As of `t2_arl`.
    arl0 : float
        Vectors between false alarms, 3 ... 1e10.
    """
    wanted = math.log(arl0)
    low, high = float(features), 4.0 * features + 4.0 * math.log(arl0) + 16.0
    below, above = (math.log(t2_arl(features, lambda_, h)) for h in (low, high))
    while high - low > 1e-4 * high:  # the logarithm rises nearly evenly
        share = (wanted - below) / (above - below)
        middle = low + min(max(share, 0.02), 0.98) * (high - low)
        found = math.log(t2_arl(features, lambda_, middle))
        if abs(found - wanted) < 1e-3:
            return middle
        if found < wanted:
            low, below = middle, found
        else:
            high, above = middle, found
    return high


def t2_limit_estimated(features: int, lambda_: float, arl0: float, n: int) -> float:
    """Limit of a run length, averaged over references of `n` vectors.

    Parameters
    ----------
    features, lambda_, arl0
        As of `t2_limit`.
    n : int
        Vectors of the reference, more than twice as many as features.
    """
    known = t2_limit(features, lambda_, arl0)
    chance = chi2_tail(known, features)
    low, high = known, 4.0 * known
    while high - low > 1e-4 * high:
        middle = 0.5 * (low + high)
        if _hotelling_tail(middle, features, n) > chance:
            low = middle
        else:
            high = middle
    return high * (1.0 + (2.0 - lambda_) / (lambda_ * n))


def _hotelling_tail(x: float, features: int, n: int) -> float:
    """Chance of (n - 1) chi2(features) / chi2(n - features) above x."""
    freedom = n - features
    ranks = (np.arange(64) + 0.5) / 64
    spread = math.sqrt(2.0 / (9.0 * freedom))
    normal = np.array([NormalDist().inv_cdf(float(p)) for p in ranks])
    divisor = freedom * (1.0 - spread**2 + spread * normal) ** 3  # Wilson, Hilferty
    return float(np.mean([chi2_tail(x * d / (n - 1), features) for d in divisor]))
