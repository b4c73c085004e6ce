"""Autoregressions of reference features: their fit, and what its errors cost.

References
----------
.. [1] J. P. Burg, Maximum entropy spectral analysis, 37th meeting of the Society of
       Exploration Geophysicists (1967).
.. [2] G. Schwarz, Estimating the dimension of a model, Ann. Statist. 6 (1978), 461-464.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["ORDER_MAX", "fit", "gain_error", "series", "settling"]

Floats = NDArray[np.float64]

ORDER_MAX = 4
"""``ECM_SCORE_ORDER_MAX``."""


def fit(parts: Sequence[Floats], *, order: int | None = None) -> Floats:
    """Fit an autoregression by Burg's method; its order by the criterion of Schwarz.

    Parameters
    ----------
    parts : sequence of ndarray, each of shape (n_i,) or (repeats, n_i)
        Centred values, consecutive within each part.
    order : int, optional
        0 ... 4; by default that of least Bayesian information criterion.

    Returns
    -------
    ndarray of float64, shape (order,) or (repeats, order)
        Weights of the last value, of that before, ...; always stable.
    """
    forward = [np.atleast_2d(part) for part in parts]
    backward = list(forward)
    n = sum(part.shape[1] for part in forward)
    power = sum((part**2).sum(axis=1) for part in forward) / n
    weights = np.zeros((forward[0].shape[0], 0))
    highest = ORDER_MAX if order is None else order
    best, chosen = n * math.log(max(float(power[0]), 1e-300)), weights
    for p in range(1, highest + 1):
        ahead = [part[:, 1:] for part in forward]
        behind = [part[:, :-1] for part in backward]
        cross = sum((a * b).sum(axis=1) for a, b in zip(ahead, behind, strict=True))
        energy = sum(
            (a**2).sum(axis=1) + (b**2).sum(axis=1)
            for a, b in zip(ahead, behind, strict=True)
        )
        reflect = 2.0 * cross / np.maximum(energy, 1e-300)
        r = reflect[:, None]
        weights = np.concatenate([weights - r * weights[:, ::-1], r], axis=1)
        forward = [a - r * b for a, b in zip(ahead, behind, strict=True)]
        backward = [b - r * a for a, b in zip(ahead, behind, strict=True)]
        power = power * (1.0 - reflect**2)
        criterion = n * math.log(max(float(power[0]), 1e-300)) + p * math.log(n)
        if criterion < best:
            best, chosen = criterion, weights
    result: Floats = chosen if order is None else weights
    return result if parts[0].ndim == 2 else result[0]


def series(weights: Floats, noise: Floats) -> Floats:
    """Run noise through autoregressions, from zeros.

    Parameters
    ----------
    weights : ndarray, shape (order,)
        As from `fit`.
    noise : ndarray, shape (repeats, n)
        Innovations.

    Returns
    -------
    ndarray of float64, shape (repeats, n)
        The series; its first values have not reached their variance yet.
    """
    x = np.array(noise.T, np.float64, order="C")
    for t in range(1, x.shape[0] if weights.size else 0):
        for j, weight in enumerate(weights[:t], start=1):
            x[t] += weight * x[t - j]
    return x.T


def settling(weights: Floats) -> int:
    """Values until a series from zeros has its variance."""
    if weights.size == 0:
        return 0
    pole = float(np.abs(np.roots(np.concatenate([[1.0], -weights]))).max())
    return min(5000, math.ceil(7.0 / max(1.0 - pole, 1e-3)))


def gain_error(
    weights: Floats, n: int, span: float, *, repeats: int = 200, seed: int = 0
) -> tuple[float, float]:
    """Error that estimated weights make in the logarithm of the scale of sums.

    Innovations by wrong weights are e = eps + sum d_j x(t - j): to first order the
    standard deviation of a sum of m of them errs by the factor 1 + sum g_j d_j, where
    g_j is 1/m times the sum, over the times t within the sum, of the impulse response
    of the autoregression summed up to t - j. For long sums that is the familiar
    1 / (1 - sum of weights); a CUSUM's way to its limit is shorter. The errors d are
    those of `fit` on simulated series of the same length.

    Parameters
    ----------
    weights : ndarray, shape (order,)
        Of the autoregression.
    n : int
        Values in the reference.
    span : float
        Values that a detector's statistic takes to its limit, such as h / k.
    repeats : int
        Series simulated.
    seed : int
        Of the simulation.

    Returns
    -------
    mean, sd : float
        Of the error of ln(scale).
    """
    if weights.size == 0:
        return 0.0, 0.0
    m = max(weights.size + 1, round(span))
    impulse = np.zeros((1, m))
    impulse[0, 0] = 1.0
    summed = np.cumsum(series(weights, impulse)[0])
    per_error = np.array(
        [summed[: m - j].sum() / m for j in range(1, weights.size + 1)]
    )
    rng = np.random.default_rng(seed)
    start = settling(weights)
    x = series(weights, rng.normal(size=(repeats, n + start)))[:, start:]
    x = x - x.mean(axis=1, keepdims=True)
    errors = (weights - fit([x], order=weights.size)) @ per_error
    return float(errors.mean()), float(errors.std())
