"""Limits of distances between counters and their reference, from a rate of alarms.

A window of counters is judged once in so many windows of the machine, so the chance of
a false alarm there is the length over the wanted run length. The null holds what the
reference does not know: the shares of new scores between reference quantiles have a
Dirichlet distribution with the reference's counts, and counters are a multinomial draw
from these. Chances that are too small for 100,000 draws are continued along the tail,
whose logarithm falls at least linearly with the distance (psi, chi-squared) or with its
square (the others): the limit is then rather too high than too low.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift.plan_parts import Distance

__all__ = ["blocks_limit", "distances", "score_edges", "shares_limit", "tail_limit"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 100_000
_CHUNK = 20_000
_DEEP = 1e-3
"""Chance down to which draws are counted; beyond it the tail is continued."""
_SQUARED = ("ks", "wasserstein", "jensen_shannon")


def distances(
    counts: Ints, shares: Floats, n: int, distance: Distance, edges: Floats | None
) -> Floats:
    """Distances of rows of counters from a reference, as ``ecm_dist`` defines them.

    Parameters
    ----------
    counts : ndarray of int, shape (m, bins)
        Of one window each, not all 0.
    shares : ndarray, shape (bins,)
        Of the reference.
    n : int
        Values of the reference.
    distance : str
        Which.
    edges : ndarray, shape (bins - 1,), or None
        None: classes.

    Returns
    -------
    ndarray, shape (m,)
    """
    total = counts.sum(axis=1, keepdims=True).astype(np.float64)
    p = counts / total
    if distance in ("ks", "wasserstein"):
        apart = np.cumsum(p - shares, axis=1)[:, :-1]
        if distance == "ks":
            return np.asarray(np.abs(apart).max(axis=1))
        return _area(apart, edges)
    if distance == "chi2":
        sums = total * p + n * shares
        parts = np.where(sums > 0.0, (p - shares) ** 2 / np.where(sums > 0, sums, 1), 0)
        return np.asarray(total[:, 0] * n * parts.sum(axis=1))
    bins = shares.size
    q = (total * p + 0.5) / (total + 0.5 * bins)
    s = (n * shares + 0.5) / (n + 0.5 * bins)
    if distance == "psi":
        return np.asarray(((q - s) * np.log(q / s)).sum(axis=1))
    middle = 0.5 * (q + s)
    both = (q * np.log(q / middle) + s * np.log(s / middle)).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(0.5 * both, 0.0)))


def _area(apart: Floats, edges: Floats | None) -> Floats:
    """Area between two distributions, straight within a bin; of classes, of steps."""
    if edges is None:
        return np.asarray(np.abs(apart).sum(axis=1))
    low, high = np.abs(apart[:, :-1]), np.abs(apart[:, 1:])
    crosses = apart[:, :-1] * apart[:, 1:] < 0.0
    sums = low + high
    crossed = (low**2 + high**2) / np.where(sums > 0.0, sums, 1.0)
    return np.asarray(0.5 * np.where(crosses, crossed, sums) @ np.diff(edges))


def score_edges(scores: Floats, counts: Ints, bins: int) -> Floats:
    """Edges between scores, so that bins have about equal shares of the reference.

    Parameters
    ----------
    scores : ndarray, shape (n_scores,)
        Rising, of a `FeatureScore`.
    counts : ndarray of int, shape (n_scores,)
        Reference values at each.
    bins : int
        Wanted.

    Returns
    -------
    ndarray, shape (bins - 1,)
        Not falling.
    """
    running = np.cumsum(counts)
    wanted = np.arange(1, bins) / bins * running[-1]
    return np.asarray(scores[np.searchsorted(running, wanted)], np.float64)


@lru_cache(maxsize=64)
def shares_limit(
    counts: tuple[int, ...],
    edges: tuple[float, ...],
    window: int,
    distance: Distance,
    chance: float,
    seed: int,
    known: float = 1.0,
) -> float:
    """Distance that a window of independent scores exceeds with a chance.

    Parameters
    ----------
    counts : tuple of int
        Reference values in each bin.
    edges : tuple of float
        Between the bins.
    window : int
        Values in a window of counters.
    distance : str
        Which.
    chance : float
        Above 0, at most 0.5.
    seed : int
        Of the draws.
    known : float
        Share of the reference's values as which it counts, above 0, at most 1.

    Returns
    -------
    float
        The limit.
    """
    rng = np.random.default_rng(seed)
    reference = np.array(counts)
    n = int(reference.sum())
    some = reference > 0
    found = []
    for _ in range(0, DRAWS, _CHUNK):
        p = np.zeros((_CHUNK, reference.size))
        p[:, some] = rng.dirichlet(known * reference[some], _CHUNK)
        drawn = rng.multinomial(window, p)
        found.append(distances(drawn, reference / n, n, distance, np.array(edges)))
    return tail_limit(np.concatenate(found), distance, chance)


def blocks_limit(
    classes: Ints, bins: int, window: int, distance: Distance, chance: float, seed: int
) -> float:
    """Distance that a window of classes, which resemble their neighbours, exceeds.

    Windows are joined from blocks of the reference, five times as long as its classes
    take to be forgotten, and compared with shares of as many other blocks.

    Parameters
    ----------
    classes : ndarray of int, shape (n,)
        The reference, in the order of time.
    bins : int
        Number of classes.
    window : int
        Values in a window of counters.
    distance : str
        Which.
    chance : float
        Above 0, at most 0.5.
    seed : int
        Of the drawing.

    Returns
    -------
    float
        The limit.
    """
    rng = np.random.default_rng(seed)
    block = min(max(1, math.ceil(5.0 * _memory(classes))), max(1, classes.size // 4))
    runs = np.zeros((classes.size + block, bins), np.int64)
    around = np.concatenate([classes, classes[:block]])
    runs[np.arange(around.size), around] = 1
    sums = np.vstack([np.zeros((1, bins), np.int64), np.cumsum(runs, axis=0)])
    blocks = sums[block : block + classes.size] - sums[: classes.size]

    def drawn(length: int, draws: int) -> Ints:
        total = np.zeros((draws, bins), np.int64)
        for _ in range(max(1, round(length / block))):
            total += blocks[rng.integers(classes.size, size=draws)]
        return total

    draws = _CHUNK
    current, reference = drawn(window, draws), drawn(classes.size, draws)
    found = np.empty(draws)
    for i in range(draws):
        n = int(reference[i].sum())
        row = current[i : i + 1]
        found[i] = distances(row, reference[i] / n, n, distance, None)[0]
    return tail_limit(found, distance, chance)


def _memory(classes: Ints) -> float:
    """Windows that say as much as one independent window, the worst class of all."""
    from ecmkit.drift.reference import correlation_time

    return max(
        correlation_time((classes == c).astype(np.float64)) for c in np.unique(classes)
    )


def tail_limit(found: Floats, distance: Distance, chance: float) -> float:
    """Value that distances under the null exceed with a chance, see the module."""
    ordered = np.sort(found)
    deep = max(_DEEP, 20.0 / ordered.size)
    if chance >= deep:
        return float(np.quantile(ordered, 1.0 - chance))
    power = 2.0 if distance in _SQUARED else 1.0
    shallow = 10.0 * deep
    one, two = np.quantile(ordered, [1.0 - shallow, 1.0 - deep]) ** power
    slope = math.log(shallow / deep) / max(two - one, 1e-12 * max(two, 1e-30))
    return float((two + math.log(deep / chance) / slope) ** (1.0 / power))
