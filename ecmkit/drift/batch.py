"""Batch tests: whether counters between reference quantiles still fit it.

The reference is a sample too, so every test here is of two samples; and neighbouring
windows resemble each other, so both sizes are divided by the reference's correlation
time first (the correction of Rao and Scott to first order, [1]_).

References
----------
.. [1] J. N. K. Rao, A. J. Scott, On chi-squared tests for multiway contingency tables
       with cell proportions estimated from survey data, Ann. Statist. 12 (1984), 46-60.
.. [2] Y. Benjamini, Y. Hochberg, Controlling the false discovery rate, J. R. Statist.
       Soc. B 57 (1995), 289-300.
"""

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.drift.records import Reference

__all__ = [
    "FeatureDrift",
    "adjust",
    "chi2",
    "chi2_tail",
    "compare",
    "ks",
    "psi",
    "wasserstein",
]

Floats = NDArray[np.float64]

_N_MIN = 4.0
"""Fewer independent windows than this are not tested."""


class FeatureDrift(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How one feature's distribution compares with the reference."""

    name: str
    n: int
    """Windows counted."""
    n_effective: float
    """Independent windows that they are worth."""
    psi: float
    """Population stability index, >= 0."""
    psi_limit: float
    """What the index exceeds by chance alone with probability alpha."""
    ks: float
    """Largest difference of the cumulative shares at the edges, 0 ... 1."""
    ks_p: float
    wasserstein: float
    """Mean distance that a value moved, in bins."""
    chi2: float
    """Two-sample chi-square statistic."""
    p: float
    """Its p-value."""
    p_adjusted: float
    """The same, adjusted for the number of features that were tested."""
    drifted: bool


def compare(
    counts: ArrayLike,
    reference: Reference,
    *,
    alpha: float = 0.01,
    effective: Literal["correlated", "independent"] = "correlated",
    draws: int = 1000,
    seed: int = 0,
) -> tuple[FeatureDrift, ...]:
    """Test the counters of every feature against the reference.

    A feature has drifted if its adjusted chi-square p-value is below `alpha` and its
    population stability index is above what chance alone gives for these sample sizes.

    Parameters
    ----------
    counts : array_like of int, shape (n_features, n_bins)
        Windows in each bin; rows of fewer than 4 independent windows are not tested
        (p is 1).
    reference : Reference
        Of the same features in the same order.
    alpha : float
        Share of false discoveries among the features called drifted, 0 ... 1.
    effective : {"correlated", "independent"}
        Whether sizes are divided by the reference's correlation time.
    draws : int
        Pairs of samples simulated for the null distributions of PSI and KS.
    seed : int
        Of that simulation.

    Returns
    -------
    tuple of FeatureDrift
        In the order of the features.

    Raises
    ------
    ValueError
        If shapes do not match or an option is out of range.

    Notes
    -----
    Benjamini and Hochberg's step-up holds for independent and positively dependent
    tests, which features of one window usually are.
    """
    observed = np.asarray(counts, np.float64)
    if observed.shape != reference.probabilities.shape:
        raise ValueError(
            f"counts has shape {observed.shape}, expected "
            f"{reference.probabilities.shape}"
        )
    if not np.all(np.isfinite(observed)) or (observed < 0.0).any():
        raise ValueError("counts: expected numbers >= 0")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is {alpha}, expected a number between 0 and 1")
    if effective not in ("correlated", "independent"):
        raise ValueError(
            f"effective is {effective!r}, expected 'correlated' or 'independent'"
        )
    time = np.ones(len(reference.names))
    if effective == "correlated" and reference.correlation is not None:
        time = np.maximum(reference.correlation.astype(np.float64), 1.0)
    rng = np.random.default_rng(seed)
    rows = [
        _compare_one(
            observed[i],
            reference,
            i,
            time=float(time[i]),
            alpha=alpha,
            draws=draws,
            rng=rng,
        )
        for i in range(len(reference.names))
    ]
    tested = [i for i, row in enumerate(rows) if row.n_effective >= _N_MIN]
    adjusted = np.ones(len(rows))
    adjusted[tested] = adjust([rows[i].p for i in tested])
    return tuple(
        msgspec.structs.replace(
            row,
            p_adjusted=float(p),
            drifted=bool(p < alpha and row.psi > row.psi_limit),
        )
        for row, p in zip(rows, adjusted, strict=True)
    )


def _compare_one(
    counts: Floats,
    reference: Reference,
    index: int,
    *,
    time: float,
    alpha: float,
    draws: int,
    rng: np.random.Generator,
) -> FeatureDrift:
    n = float(counts.sum())
    known = reference.probabilities[index].astype(np.float64)
    known /= known.sum()
    first, second = known * reference.n / time, counts / time
    statistic, p = chi2(first, second) if n / time >= _N_MIN else (0.0, 1.0)
    index_value, distance, limit, ks_p = 0.0, 0.0, 0.0, 1.0
    if n > 0.0:
        index_value, distance = float(psi(first, second)), float(ks(first, second))
        null_psi, null_ks = _null(known, first.sum(), second.sum(), draws, rng)
        limit = float(np.quantile(null_psi, 1.0 - alpha))
        ks_p = float((1 + np.sum(null_ks >= distance - 1e-12)) / (draws + 1))
    return FeatureDrift(
        name=reference.names[index],
        n=int(n),
        n_effective=n / time,
        psi=index_value,
        psi_limit=limit,
        ks=distance,
        ks_p=ks_p if n / time >= _N_MIN else 1.0,
        wasserstein=float(wasserstein(first, second)) if n > 0.0 else 0.0,
        chi2=statistic,
        p=p,
        p_adjusted=1.0,
        drifted=False,
    )


def _null(
    known: Floats, n_first: float, n_second: float, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """PSI and KS of two samples of the reference distribution, many times."""
    n_a, n_b = max(1, round(n_first)), max(1, round(n_second))
    a = rng.multinomial(n_a, known, size=draws).astype(np.float64)
    b = rng.multinomial(n_b, known, size=draws).astype(np.float64)
    return psi(a, b), ks(a, b)


def ks(first: ArrayLike, second: ArrayLike) -> Floats:
    """Kolmogorov-Smirnov distance of two rows of counters, at the edges.

    Parameters
    ----------
    first, second : array_like, shape (..., n_bins)
        Counters, each row with a sum > 0.

    Returns
    -------
    ndarray of float64, shape (...)
        0 ... 1; at most the distance of the values themselves.
    """
    apart = np.abs(_cumulative(first) - _cumulative(second))
    return np.asarray(apart.max(axis=-1), np.float64)


def wasserstein(first: ArrayLike, second: ArrayLike) -> Floats:
    """Mean distance between two rows of counters when each bin is one step wide.

    Parameters
    ----------
    first, second : array_like, shape (..., n_bins)
        Counters, each row with a sum > 0.

    Returns
    -------
    ndarray of float64, shape (...)
        0 ... n_bins - 1.
    """
    apart = np.abs(_cumulative(first) - _cumulative(second))
    return np.asarray(apart.sum(axis=-1), np.float64)


def psi(first: ArrayLike, second: ArrayLike) -> Floats:
    """Compute the population stability index, sum (q - p) ln(q / p).

    Half a count is added to each bin, so that an empty bin costs what the sample size
    can justify and no more.

    Parameters
    ----------
    first, second : array_like, shape (..., n_bins)
        Counters.

    Returns
    -------
    ndarray of float64, shape (...)
        >= 0.
    """
    p, q = _smoothed(first), _smoothed(second)
    return np.asarray(np.sum((q - p) * np.log(q / p), axis=-1), np.float64)


def chi2(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """Two-sample chi-square test of counters.

    Parameters
    ----------
    first, second : array_like, shape (n_bins,)
        Counters, not necessarily whole, sums > 0.

    Returns
    -------
    statistic : float
        >= 0; 0 if all is in one bin.
    p : float
        Chance of so large a statistic if both rows come from one distribution.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    used = a + b > 0.0
    a, b = a[used], b[used]
    freedom = int(used.sum()) - 1
    if freedom < 1:
        return 0.0, 1.0
    ratio = math.sqrt(float(b.sum() / a.sum()))
    statistic = float(np.sum((ratio * a - b / ratio) ** 2 / (a + b)))
    return statistic, chi2_tail(statistic, freedom)


def chi2_tail(x: float, freedom: int) -> float:
    """Chance that a chi-square variable exceeds `x`.

    Parameters
    ----------
    x : float
        >= 0.
    freedom : int
        Degrees of freedom, >= 1.

    Returns
    -------
    float
        0 ... 1, by the finite sum that whole degrees of freedom allow.

    Examples
    --------
    >>> round(chi2_tail(14.067, 7), 4)
    0.05
    """
    half = 0.5 * x
    if half <= 0.0:
        return 1.0
    order, tail = 0.5 * (freedom % 2), 0.0
    if freedom % 2 == 1:
        tail = math.erfc(math.sqrt(half))
    scale = math.log(half)  # of each term: exp(-half) alone is 0 for thousands of bins
    while order < 0.5 * freedom - 0.25:
        tail += math.exp(order * scale - half - math.lgamma(order + 1.0))
        order += 1.0
    return min(1.0, tail)


def adjust(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's adjusted p-values.

    Parameters
    ----------
    p : array_like, shape (n,)
        p-values, 0 ... 1.

    Returns
    -------
    ndarray of float64, shape (n,)
        Calling those below alpha keeps the share of false discoveries below alpha.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    values = np.asarray(p, np.float64)
    if values.size == 0:
        return values
    order = np.argsort(values)
    steps = values[order] * values.size / np.arange(1, values.size + 1)
    result = np.empty_like(values)
    result[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return result


def _cumulative(counts: ArrayLike) -> Floats:
    values = np.asarray(counts, np.float64)
    total = values.sum(axis=-1, keepdims=True)
    shares: Floats = np.cumsum(values, axis=-1)[..., :-1] / total
    return shares


def _smoothed(counts: ArrayLike) -> Floats:
    values = np.asarray(counts, np.float64) + 0.5
    smooth: Floats = values / values.sum(axis=-1, keepdims=True)
    return smooth
