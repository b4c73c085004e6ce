"""Batch tests of two samples: whether the current one has another distribution.

Which test is chosen follows the field's custom (Evidently): up to 1000 reference values
a test of significance, above them a distance that is called drift from 0.1 on. Two
faults of that custom are not copied. The reference is a sample too, so the chi-squared
test is one of two samples. And a distance of two small samples is large by chance
alone, so drift is called only if it also exceeds what chance gives for these sizes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.drift.batch import chi2, psi
from ecmkit.features.optional import require

__all__ = [
    "SampleDrift",
    "compare_counts",
    "compare_samples",
    "jensenshannon",
]

Floats = NDArray[np.float64]
Method = Literal["ks", "chi2", "wasserstein", "jensenshannon", "psi"]

METHODS = ("ks", "chi2", "wasserstein", "jensenshannon", "psi")
N_SMALL = 1000
"""Reference values up to which a test of significance is chosen."""
FEW_VALUES = 5
"""Different numbers up to which they are taken for classes."""
THRESHOLD = 0.1
"""Distance from which on a difference counts."""
_HISTOGRAM = 20
"""Different numbers above which all that is counted uses a histogram."""


@dataclass(frozen=True, kw_only=True)
class SampleDrift:
    """How two samples compare."""

    method: Method
    """Which test."""
    statistic: float
    """KS and chi-squared statistic; Wasserstein distance in standard deviations of the
    reference; Jensen-Shannon distance (natural logarithm); PSI."""
    p: float
    """Chance of so large a statistic if both samples have one distribution."""
    threshold: float
    """What the statistic must reach; for KS and chi-squared 0: p alone decides."""
    null: float
    """What it exceeds by chance with probability alpha, for these sizes."""
    n_reference: int
    n_current: int
    drifted: bool


def compare_samples(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    method: Method | None = None,
    categorical: bool = False,
    alpha: float = 0.05,
    threshold: float = THRESHOLD,
    correlation: float = 1.0,
    draws: int = 500,
    seed: int = 0,
) -> SampleDrift:
    """Test whether two samples have one distribution.

    Parameters
    ----------
    reference, current : array_like, shape (n_reference,) and (n_current,)
        Numbers (values that are not finite are left out), or classes of any kind; at
        least 2 of each.
    method : {"ks", "chi2", "wasserstein", "jensenshannon", "psi"}, optional
        By default, for up to 1000 reference values KS, or chi-squared for classes and
        for numbers of at most 5 different values; above 1000 Wasserstein, or
        Jensen-Shannon.
    categorical : bool
        Whether the values are classes.
    alpha : float
        Rate of false positives, 0 ... 1.
    threshold : float
        Least distance that counts as drift, for the three distances.
    correlation : float
        Values that say as much as one independent value, >= 1, see `correlation_time`;
        sizes are divided by it.
    draws : int
        Permutations that the null distribution of a distance is taken from.
    seed : int
        Of the permutations.

    Returns
    -------
    SampleDrift
        Drift is p < `alpha`, and for distances also a statistic of `threshold` or more.

    Raises
    ------
    ValueError
        If a sample is too short, or an option is out of range or does not fit.
    MissingError
        If SciPy is missing.

    Notes
    -----
    The Wasserstein distance is divided by the standard deviation of the reference,
    whatever its unit; where that is constant, by the deviation of the different values
    of both samples. The other distances and chi-squared of more than 20 different
    numbers are those of histograms by Sturges' rule; of fewer, those of the values.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = compare_samples(rng.normal(size=500), rng.normal(1.0, 1.0, 100))
    >>> found.method, found.drifted
    ('ks', True)
    """
    _check_options(alpha, threshold, correlation, draws)
    first = _sample("reference", reference, categorical=categorical)
    second = _sample("current", current, categorical=categorical)
    pooled, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    used = method or _choose(first.size, pooled.size, categorical=categorical)
    if used not in METHODS:
        raise ValueError(f"method is {used!r}, expected one of {', '.join(METHODS)}")
    if categorical and used in ("ks", "wasserstein"):
        raise ValueError(f"method is {used!r}, which classes have no order for")
    rng = np.random.default_rng(seed)
    if used == "ks":
        return _ks(first, second, alpha, correlation)
    if used == "wasserstein":
        return _permuted(
            used,
            _steps(pooled, first),
            codes,
            first.size,
            alpha=alpha,
            threshold=threshold,
            correlation=correlation,
            draws=draws,
            rng=rng,
        )
    if not categorical and pooled.size > _HISTOGRAM:
        edges = np.histogram_bin_edges(pooled[codes], "sturges")
        codes = np.searchsorted(edges[1:-1], pooled[codes], side="right")
    counts = [
        np.bincount(part, minlength=int(codes.max()) + 1)
        for part in (codes[: first.size], codes[first.size :])
    ]
    return compare_counts(
        *counts,
        method=used,
        alpha=alpha,
        threshold=threshold,
        correlation=correlation,
        draws=draws,
        seed=seed,
    )


def compare_counts(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    method: Method = "chi2",
    values: ArrayLike | None = None,
    alpha: float = 0.05,
    threshold: float = THRESHOLD,
    correlation: float = 1.0,
    draws: int = 500,
    seed: int = 0,
) -> SampleDrift:
    """Test whether two rows of counters come from one distribution.

    Counters of several devices or spans are added before; whatever bins they have, both
    rows need the same.

    Parameters
    ----------
    reference, current : array_like of int, shape (n_bins,)
        Counters, each row with a sum of at least 2.
    method : {"ks", "chi2", "wasserstein", "jensenshannon", "psi"}
        KS and Wasserstein distances are those at the edges of the bins.
    values : array_like, shape (n_bins,), optional
        Where the bins lie, for the Wasserstein distance; by default one step apart.
    alpha, threshold, correlation, draws, seed
        As for `compare_samples`.

    Returns
    -------
    SampleDrift
        As for `compare_samples`.

    Raises
    ------
    ValueError
        If shapes do not match, a row is too short or an option is out of range.
    """
    _check_options(alpha, threshold, correlation, draws)
    first, second = _counts("reference", reference), _counts("current", current)
    if first.shape != second.shape:
        raise ValueError(
            f"current has shape {second.shape}, expected {first.shape} as reference"
        )
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, expected one of {', '.join(METHODS)}")
    if method == "chi2":
        a, b = first / correlation, second / correlation
        statistic, p = chi2(a, b)
        stats = require("scipy.stats", "SciPy", extra="data")
        freedom = max(int(np.sum(first + second > 0)) - 1, 1)
        null = float(stats.chi2.isf(alpha, freedom))
        return _result(method, statistic, p, 0.0, null, first, second, alpha)
    codes = np.concatenate(
        [np.repeat(np.arange(row.size), row) for row in (first, second)]
    )
    at = np.arange(first.size) if values is None else np.asarray(values, np.float64)
    if at.shape != first.shape:
        raise ValueError(f"values has shape {at.shape}, expected {first.shape}")
    steps = _steps(at, np.repeat(at, first))
    if method == "ks":
        steps, threshold = np.zeros(0), 0.0
    return _permuted(
        method,
        steps,
        codes,
        int(first.sum()),
        alpha=alpha,
        threshold=threshold,
        correlation=correlation,
        draws=draws,
        rng=np.random.default_rng(seed),
    )


def jensenshannon(first: ArrayLike, second: ArrayLike) -> Floats:
    """Jensen-Shannon distance of two rows of counters, natural logarithm.

    Parameters
    ----------
    first, second : array_like, shape (..., n_bins)
        Counters, each row with a sum > 0.

    Returns
    -------
    ndarray of float64, shape (...)
        0 ... sqrt(ln 2).
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    p, q = a / a.sum(axis=-1, keepdims=True), b / b.sum(axis=-1, keepdims=True)
    middle = np.maximum(0.5 * (p + q), 1e-300)
    terms = [
        np.where(part > 0.0, part * np.log(np.maximum(part, 1e-300) / middle), 0.0)
        for part in (p, q)
    ]
    divergence = 0.5 * (terms[0] + terms[1]).sum(axis=-1)
    return np.asarray(np.sqrt(np.maximum(divergence, 0.0)), np.float64)


def _choose(n_reference: int, different: int, *, categorical: bool) -> Method:
    classes = categorical or different <= FEW_VALUES
    if n_reference <= N_SMALL:
        return "chi2" if classes else "ks"
    return "jensenshannon" if classes else "wasserstein"


def _sample(
    name: str, values: ArrayLike, *, categorical: bool
) -> NDArray[np.float64] | NDArray[np.str_]:
    sample = np.asarray(values)
    if sample.ndim != 1:
        raise ValueError(f"{name} has shape {sample.shape}, expected one dimension")
    if categorical:
        made: NDArray[np.float64] | NDArray[np.str_] = sample.astype(np.str_)
    else:
        numbers = sample.astype(np.float64)
        made = numbers[np.isfinite(numbers)]
    if made.size < 2:
        raise ValueError(f"{name} has {made.size} values, expected 2 or more")
    return made


def _counts(name: str, values: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(values)
    row = given.astype(np.int64)
    if row.ndim != 1 or (row < 0).any() or (row != given).any():
        raise ValueError(f"{name}: expected one row of whole numbers >= 0")
    if row.sum() < 2:
        raise ValueError(f"{name} has {row.sum()} counts, expected 2 or more")
    return row


def _check_options(
    alpha: float, threshold: float, correlation: float, draws: int
) -> None:
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is {alpha}, expected a number between 0 and 1")
    if not (math.isfinite(threshold) and threshold >= 0.0):
        raise ValueError(f"threshold is {threshold}, expected a number >= 0")
    if not (math.isfinite(correlation) and correlation >= 1.0):
        raise ValueError(f"correlation is {correlation}, expected a number >= 1")
    if draws < 19:
        raise ValueError(f"draws is {draws}, expected 19 or more")


def _ks(
    first: NDArray[np.generic],
    second: NDArray[np.generic],
    alpha: float,
    correlation: float,
) -> SampleDrift:
    stats = require("scipy.stats", "SciPy", extra="data")
    found = stats.ks_2samp(first, second)
    root = math.sqrt(
        first.size * second.size / (first.size + second.size) / correlation
    )
    statistic, p = float(found.statistic), float(found.pvalue)
    if correlation > 1.0:
        p = float(stats.kstwobign.sf(root * statistic))
    null = float(stats.kstwobign.isf(alpha)) / root
    p = min(max(p, 0.0), 1.0)
    return _result("ks", statistic, p, 0.0, null, first, second, alpha, sizes=True)


def _steps(pooled: NDArray[np.generic], first: NDArray[np.generic]) -> Floats:
    """Gaps between neighbouring values, in standard deviations of the reference."""
    gaps = np.diff(pooled.astype(np.float64))
    sd = float(first.astype(np.float64).std())
    if sd == 0.0:  # a constant reference: those of all values there are
        sd = float(pooled.astype(np.float64).std()) or 1.0
    return np.asarray(gaps / sd, np.float64)


def _distance(method: Method, steps: Floats) -> Callable[[Floats, Floats], Floats]:
    """Distance of rows of counters, by the name of the method."""
    if method == "psi":
        return psi
    if method == "jensenshannon":
        return jensenshannon

    def apart(a: Floats, b: Floats) -> Floats:
        p, q = (
            np.cumsum(row, axis=-1)[..., :-1] / row.sum(axis=-1, keepdims=True)
            for row in (a, b)
        )
        gap = np.abs(p - q)
        if method == "ks":
            return np.asarray(gap.max(axis=-1, initial=0.0), np.float64)
        weighted = np.where(gap > 0.0, gap * steps, 0.0)
        return np.asarray(weighted.sum(axis=-1), np.float64)

    return apart


def _permuted(
    method: Method,
    steps: Floats,
    codes: NDArray[np.int64],
    n_first: int,
    *,
    alpha: float,
    threshold: float,
    correlation: float,
    draws: int,
    rng: np.random.Generator,
) -> SampleDrift:
    """Distance of two samples, and what it is if their values change places."""
    bins = int(codes.max()) + 1 if not steps.size else steps.size + 1
    distance = _distance(method, steps)

    def counted(part: NDArray[np.int64]) -> Floats:
        return np.bincount(part, minlength=bins).astype(np.float64)

    first, second = codes[:n_first], codes[n_first:]
    statistic = float(distance(counted(first), counted(second)))
    a = max(2, round(first.size / correlation))
    b = max(2, round(second.size / correlation))
    null = np.empty(draws)
    for i in range(draws):
        drawn = codes[rng.permutation(codes.size)[: a + b]]
        null[i] = distance(counted(drawn[:a]), counted(drawn[a:]))
    p = float((1 + np.sum(null >= statistic * (1.0 - 1e-12))) / (draws + 1))
    limit = float(np.quantile(null, 1.0 - alpha, method="higher"))
    return _result(
        method, statistic, p, threshold, limit, first, second, alpha, sizes=True
    )


def _result(
    method: Method,
    statistic: float,
    p: float,
    threshold: float,
    null: float,
    first: NDArray[np.generic],
    second: NDArray[np.generic],
    alpha: float,
    *,
    sizes: bool = False,
) -> SampleDrift:
    n = [int(row.size if sizes else row.sum()) for row in (first, second)]
    return SampleDrift(
        method=method,
        statistic=statistic,
        p=p,
        threshold=threshold,
        null=null,
        n_reference=n[0],
        n_current=n[1],
        drifted=bool(p < alpha and statistic >= threshold),
    )
