"""Reference of the batch tests: where the feature values of known data lie."""

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift.records import Reference
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

__all__ = ["BINS", "WINDOWS_MIN", "correlation_time", "count_bins", "reference_bins"]

BINS = (8, 16, 32, 64)
"""Bins of a feature: from ``ECM_APP_BINS_MIN`` to ``ECM_APP_BINS_MAX``."""
WINDOWS_MIN = 4
"""Fewest windows of a reference for each bin."""


def reference_bins(table: FeatureTable, *, bins: int = BINS[0]) -> Reference:
    """Divide the values of each feature into bins of about equal share.

    Parameters
    ----------
    table : FeatureTable
        Windows of known, healthy operation; at least 4 for each bin, finite, the
        windows of a recording in the order of time.
    bins : {8, 16, 32, 64}
        On a device each feature takes 16 bytes and 2 for each bin.

    Returns
    -------
    Reference
        Edges are quantiles. Where values tie, edges may coincide and bins may be empty;
        the probabilities are the shares that the device's own rule
        (``edges[b-1] < x <= edges[b]``) gives.

    Raises
    ------
    DataError
        If there are too few windows or a value is not finite; names the feature.
    ValueError
        If `bins` is another number.
    """
    if bins not in BINS:
        raise ValueError(f"bins is {bins}, expected 8, 16, 32 or 64")
    x = table.x
    if x.shape[0] < WINDOWS_MIN * bins:
        raise DataError(
            f"reference: found {x.shape[0]} windows, expected at least "
            f"{WINDOWS_MIN * bins} for {bins} bins"
        )
    bad = ~np.isfinite(x)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"reference: feature `{table.names[column]}` of window {row}: found "
            f"{x[row, column]}, expected a finite number"
        )
    # The lower order statistic is a value that occurs, so float32 holds it exactly.
    shares = np.arange(1, bins) / bins
    edges = np.quantile(x, shares, axis=0, method="inverted_cdf").T
    edges = np.ascontiguousarray(edges, np.float32)
    counts = np.stack([count_bins(x[:, i], edges[i]) for i in range(x.shape[1])])
    time = [
        correlation_time(x[:, i], groups=table.recording) for i in range(x.shape[1])
    ]
    return Reference(
        names=table.names,
        edges=edges,
        probabilities=np.ascontiguousarray(counts / x.shape[0], np.float32),
        n=int(x.shape[0]),
        correlation=np.array(time, np.float32),
    )


def count_bins(x: NDArray[np.float32], edges: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count values between edges as ``ecm_dist_update_f32`` does, without saturation.

    Parameters
    ----------
    x : ndarray of float32, shape (n,)
        Values, finite.
    edges : ndarray of float32, shape (n_edges,)
        Not falling.

    Returns
    -------
    ndarray of int64, shape (n_edges + 1,)
        Bin b holds ``edges[b-1] < x <= edges[b]``.

    Examples
    --------
    >>> count_bins(np.float32([1, 2, 2, 3]), np.float32([2])).tolist()
    [3, 1]
    """
    bins = np.searchsorted(edges, x, side="left")
    return np.bincount(bins, minlength=edges.shape[0] + 1)


def correlation_time(
    x: NDArray[np.floating], *, groups: NDArray[np.str_] | None = None
) -> float:
    """Windows that say as much as one independent window would.

    The integrated autocorrelation time of the ranks, 1 + 2 sum rho, cut where the sum
    of two neighbouring autocorrelations is no longer positive. The mean is that of all
    groups, so that groups that differ from each other count as correlation too.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Values, in the order of time within each group.
    groups : ndarray of str, shape (n,), optional
        Recording of each value; no lag crosses from one to the next.

    Returns
    -------
    float
        >= 1; at most the length of the longest group. n divided by it is the effective
        sample size.

    References
    ----------
    .. [1] C. J. Geyer, Practical Markov chain Monte Carlo, Statistical Science 7
           (1992), 473-483.
    """
    ranks = _midranks(np.asarray(x, np.float64))
    parts = split_groups(ranks, groups)
    variance = float(np.mean(ranks**2))
    if variance == 0.0:
        return 1.0
    longest = max(part.size for part in parts)
    time, lag = 1.0, 1
    while lag + 1 < longest:
        pair = _autocovariance(parts, lag) + _autocovariance(parts, lag + 1)
        if pair <= 0.0:
            break
        time += 2.0 * pair / variance
        lag += 2
    return float(min(max(time, 1.0), longest))


def split_groups(
    x: NDArray[np.float64], groups: NDArray[np.str_] | None
) -> list[NDArray[np.float64]]:
    """Cut values into one array per group, groups in order of first appearance."""
    if groups is None:
        return [x]
    if groups.shape != x.shape:
        raise ValueError(f"groups has shape {groups.shape}, expected {x.shape}")
    _, first = np.unique(groups, return_index=True)
    return [x[groups == groups[i]] for i in np.sort(first)]


def _autocovariance(parts: list[NDArray[np.float64]], lag: int) -> float:
    """Mean product of values `lag` apart, tapered by what the groups still offer."""
    total = sum(float(part[:-lag] @ part[lag:]) for part in parts if part.size > lag)
    return total / sum(part.size for part in parts)


def _midranks(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks with ties at their mean, centred."""
    _, inverse, count = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank: NDArray[np.float64] = (last - 0.5 * (count - 1.0))[inverse]
    centred: NDArray[np.float64] = rank - rank.mean()
    return centred
