"""Which range of a value int8 shall hold: all that was seen, or less and finer."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ranges", "range_of"]

Ranges = Literal["min-max", "percentile", "entropy", "mse"]
"""Names of the ways to choose a range."""

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_LEVELS = 255.0
_SHRINKS = 100
_LEAST = 0.2  # of the largest magnitude: nothing useful is cut further
_BINS, _LEVELS_ENTROPY = 2048, 128


def range_of(
    values: F32, *, ranges: Ranges = "min-max", percentile: float = 99.99
) -> tuple[float, float]:
    """Choose the range of a value from what it was on samples.

    Parameters
    ----------
    values : ndarray of float32
        Every element on every sample; any shape, at least one element, all finite.
    ranges : {"min-max", "percentile", "entropy", "mse"}
        ``min-max`` holds everything. ``percentile`` leaves out the same share at both
        ends. ``mse`` makes the mean square of what rounding and clipping change least.
        ``entropy`` keeps the distribution: least divergence of Kullback and Leibler
        between the magnitudes before and after.
    percentile : float
        Above 50, at most 100.

    Returns
    -------
    low, high : float
        Within what was seen.

    Raises
    ------
    ValueError
        If there is no such way, or the percentile is out of range.

    References
    ----------
    S. Migacz, 8-bit inference with TensorRT, GTC 2017 (entropy); R. Banner et al.,
    NeurIPS 2019, arXiv:1810.05723 (least mean square).

    Examples
    --------
    >>> x = np.append(np.linspace(-1, 1, 1001), 50).astype(np.float32)
    >>> range_of(x)
    (-1.0, 50.0)
    >>> low, high = range_of(x, ranges="percentile", percentile=99)
    >>> round(high, 2)
    0.98
    """
    if ranges not in get_args(Ranges):
        known = ", ".join(get_args(Ranges))
        raise ValueError(f"ranges: found {ranges!r}, expected one of {known}")
    if not 50.0 < percentile <= 100.0:
        raise ValueError(
            f"percentile: found {percentile}, expected above 50 and at most 100"
        )
    flat = values.reshape(-1)
    ends = float(flat.min()), float(flat.max())
    if ranges == "min-max" or ends[0] == ends[1]:
        return ends
    if ranges == "percentile":
        low, high = np.percentile(flat, [100.0 - percentile, percentile])
        return float(low), float(high)
    loss = _square_loss(flat) if ranges == "mse" else _divergence(flat)
    largest = max(abs(ends[0]), abs(ends[1]))
    limits = largest * np.linspace(1.0, _LEAST, _SHRINKS)
    best = float(min(limits, key=loss))
    return max(ends[0], -best), min(ends[1], best)


def _square_loss(flat: F32) -> Callable[[float], float]:
    """Mean square of the change, by the limit of the magnitude."""
    x = flat.astype(np.float64)
    low, high = min(x.min(), 0.0), max(x.max(), 0.0)

    def loss(limit: float) -> float:
        ends = max(low, -limit), min(high, limit)
        step = (ends[1] - ends[0]) / _LEVELS
        held = np.rint((np.clip(x, *ends) - ends[0]) / step) * step + ends[0]
        return float(np.mean(np.square(x - held)))

    return loss


def _divergence(flat: F32) -> Callable[[float], float]:
    """Kullback and Leibler's divergence, by the limit of the magnitude."""
    size = np.abs(flat.astype(np.float64))
    counts, edges = np.histogram(size, bins=_BINS, range=(0.0, float(size.max())))
    # Zeros (half of what a rectifier gives) are held exactly by every range.
    counts[0] -= min(counts[0], np.count_nonzero(size == 0.0))

    def loss(limit: float) -> float:
        kept = int(np.clip(np.searchsorted(edges, limit), _LEVELS_ENTROPY, _BINS))
        before = counts[:kept].astype(np.float64)
        seen = before > 0
        before[-1] += counts[kept:].sum()  # what is clipped ends there
        group = np.arange(kept) * _LEVELS_ENTROPY // kept
        total = np.bincount(group, counts[:kept], _LEVELS_ENTROPY)
        filled = np.bincount(group, seen, _LEVELS_ENTROPY)
        share = np.divide(total, filled, out=np.zeros_like(total), where=filled > 0)
        after = np.where(seen, share[group], 0.0)
        return _kullback_leibler(before, after)

    return loss


def _kullback_leibler(before: F64, after: F64) -> float:
    """Divergence of two histograms; a place that `after` lacks counts a little."""
    p, q = before / before.sum(), after / max(after.sum(), 1.0)
    q = np.maximum(q, 1e-9)
    where = p > 0
    return float(np.sum(p[where] * np.log(p[where] / q[where])))
