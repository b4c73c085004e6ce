"""Normal scores of a feature: fitted to a reference, computed by the device's C."""

import math
from statistics import NormalDist
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core.score import Score
from ecmkit.drift import whitening
from ecmkit.drift.records import BaselineErrors
from ecmkit.drift.reference import split_groups
from ecmkit.drift.runlength_scale import scale_score
from ecmkit.drift.runlength_scores import ScoreDistribution
from ecmkit.errors import DataError

__all__ = ["FeatureScore", "fit_score"]

Floats = NDArray[np.float64]
Kind = Literal["mean", "scale"]

BINS_MAX = 64
_PER_BIN = 16
"""Reference values in a bin, at least."""
_LATTICE = 32.0
"""Scores are multiples of 1 / 32, so that their sums are exact in any arithmetic."""
_PARTS = 16
"""Ranks within a cell that its scale score averages over."""
REFERENCE_MIN = 64


class FeatureScore(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How a feature becomes a standard score, see ``ecm_score_cfg_t``."""

    feature: str
    """Name of the feature."""
    unit: str = ""
    center: float
    """Mean of the reference, in the unit of the feature; float32."""
    sd: float
    """Standard deviation of the reference, in the unit of the feature."""
    left_sd: float
    """That of what the autoregression leaves."""
    phi: tuple[float, ...]
    """Weights of the autoregression, at most 4; float32."""
    edges: tuple[float, ...]
    """Rising, of what the autoregression leaves; float32."""
    scores: tuple[float, ...]
    """Below edge 0, at it, between 0 and 1, ...: 2 len(edges) + 1 multiples of 1/32."""
    scale_scores: tuple[float, ...]
    """The same for a change of scale: Hawkins' transform, averaged over the ranks that
    share a score, with mean 0 and deviation 1; multiples of 1/32."""
    counts: tuple[int, ...]
    """Reference values at each score."""
    n: int
    """Windows in the reference."""
    baseline: BaselineErrors | None = None
    """What is open where devices score by a baseline that they learn; None: they score
    by the reference."""

    def errors_n(self, kind: Kind) -> float:
        """Length of a reference whose scores err as those of a device."""
        if self.baseline is None:
            return float(self.n)
        return self.baseline.scale if kind == "scale" else self.baseline.mean

    @property
    def errors_n_together(self) -> float:
        """The same where errors of scale count as those of the mean."""
        gain = 0.0 if self.baseline is None else self.baseline.gain
        return 1.0 / (1.0 / self.errors_n("mean") + 2.0 * gain**2)

    def new(
        self, kind: Kind = "mean", *, learnt: tuple[float, float] | None = None
    ) -> Score:
        """Return a device's scorer that has seen nothing, for a change of that kind.

        Parameters
        ----------
        kind : {"mean", "scale"}
            Of the change to be found.
        learnt : tuple of float, optional
            Mean and standard deviation of its own machine, in the unit of the feature.
        """
        center, scale = self.center, np.float32(1.0)
        if learnt is not None:
            center, scale = learnt[0], np.float32(self.sd) / np.float32(learnt[1])
        return Score(
            center,
            float(scale),
            np.array(self.phi, np.float32),
            np.array(self.edges, np.float32),
            np.array(self._of(kind), np.float32),
        )

    def score(
        self,
        x: ArrayLike,
        *,
        kind: Kind = "mean",
        groups: NDArray[np.str_] | None = None,
    ) -> NDArray[np.float32]:
        """Score windows in the order of time.

        Parameters
        ----------
        x : array_like, shape (n,)
            Values of the feature, finite.
        kind : {"mean", "scale"}
            Of the change to be found.
        groups : ndarray of str, shape (n,), optional
            Recording of each value; the autoregression starts again with each.

        Returns
        -------
        ndarray of float32, shape (n,)
            Scores; NaN for the first values of each recording, which the
            autoregression needs to start.
        """
        values = np.ascontiguousarray(x, np.float32)
        result = np.full(values.shape, np.nan, np.float32)
        for rows in _rows(values.size, groups):
            scores = self.new(kind).update_many_f32(np.ascontiguousarray(values[rows]))
            if scores.size:
                result[rows[-scores.size :]] = scores
        return result

    def left(self, x: ArrayLike) -> NDArray[np.float32]:
        """Return what centring and autoregression leave, shape (n - order,).

        Parameters
        ----------
        x : array_like, shape (n,)
            Values of the feature, finite, consecutive.
        """
        return left_over(np.ascontiguousarray(x, np.float32), self.center, self.phi)

    def distribution(self, kind: Kind = "mean") -> ScoreDistribution:
        """Scores for a change of that kind, and how often the reference has each."""
        return ScoreDistribution.of_counts(self._of(kind), self.counts)

    def distribution_of(
        self, left: ArrayLike, kind: Kind = "mean"
    ) -> ScoreDistribution:
        """Scores and how often given left-over values have each.

        Parameters
        ----------
        left : array_like, shape (n,)
            Values as from `left`.
        kind : {"mean", "scale"}
            Of the change to be found.
        """
        cells = find_cells(
            np.asarray(left, np.float32), np.array(self.edges, np.float32)
        )
        counts = np.bincount(cells, minlength=len(self.scores))
        return ScoreDistribution.of_counts(self._of(kind), counts)

    def _of(self, kind: Kind) -> tuple[float, ...]:
        return self.scale_scores if kind == "scale" else self.scores


def fit_score(
    x: ArrayLike,
    *,
    feature: str,
    unit: str = "",
    groups: NDArray[np.str_] | None = None,
    order: int | None = None,
) -> FeatureScore:
    """Fit the score of a feature to a reference.

    Parameters
    ----------
    x : array_like, shape (n,)
        Values of known, healthy windows in the order of time; at least 64, finite.
    feature, unit : str
        Name and unit of the feature.
    groups : ndarray of str, shape (n,), optional
        Recording of each value; no lag crosses from one to the next.
    order : int, optional
        Of the autoregression, 0 ... 4; by default Schwarz' criterion chooses.

    Returns
    -------
    FeatureScore
        Its scores have mean 0 and deviation 1 over the reference.

    Raises
    ------
    DataError
        If there are too few values, one is not finite, or they do not vary.

    Notes
    -----
    The score of a cell is the normal quantile of the middle of its ranks
    (mid-distribution), so that values that occur often do not distort it; its scale
    score is the mean of Hawkins' transform over its ranks. Edges lie
    between reference values, at even shares; a value that fills a share is an edge of
    its own.
    """
    values = _reference_values(x, feature)
    center = float(np.float32(values.astype(np.float64).mean()))
    parts = split_groups(values.astype(np.float64), groups)
    sd = float(values.astype(np.float64).std())
    different = np.unique(values).size
    if not sd > 1e-6 * abs(center) or different < 3:
        raise DataError(
            f"feature `{feature}`: the reference has {different} different values "
            f"with deviation {sd:g} about {center:g}: it does not vary enough to be "
            "watched"
        )
    phi = whitening.fit([part - center for part in parts], order=order)
    weights = tuple(float(w) for w in phi.astype(np.float32))
    left = np.concatenate(
        [left_over(part.astype(np.float32), center, weights) for part in parts]
    )
    edges = _edges(np.sort(left))
    counts = np.bincount(find_cells(left, edges), minlength=2 * edges.size + 1)
    return FeatureScore(
        feature=feature,
        unit=unit,
        center=center,
        sd=sd,
        left_sd=float(left.astype(np.float64).std()),
        phi=weights,
        edges=tuple(float(e) for e in edges),
        scores=tuple(_mean_scores(counts).tolist()),
        scale_scores=tuple(_scale_scores(counts).tolist()),
        counts=tuple(int(c) for c in counts),
        n=int(values.size),
    )


def _reference_values(x: ArrayLike, feature: str) -> NDArray[np.float32]:
    values = np.ascontiguousarray(x, np.float32)
    if values.ndim != 1:
        raise ValueError(f"x has shape {values.shape}, expected (n_windows,)")
    if values.size < REFERENCE_MIN:
        raise DataError(
            f"feature `{feature}`: found {values.size} reference windows, expected at "
            f"least {REFERENCE_MIN}"
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise DataError(
            f"feature `{feature}`: window {bad[0]}: found {values[bad[0]]}, expected a "
            "finite number"
        )
    return values


def left_over(
    x: NDArray[np.float32], center: float, phi: tuple[float, ...]
) -> NDArray[np.float32]:
    """Return what the device's centring and autoregression leave of values."""
    none = np.zeros(0, np.float32)
    scorer = Score(center, 1.0, np.array(phi, np.float32), none, none)
    return np.asarray(scorer.update_many_f32(x), np.float32)


def find_cells(
    left: NDArray[np.float32], edges: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Place of each value among the scores: 0 below edge 0, 1 at it, ..."""
    below = np.searchsorted(edges, left, side="left")
    at = (below < edges.size) & (edges[np.minimum(below, edges.size - 1)] == left)
    return np.asarray(2 * below + at, np.int64)


def _edges(ordered: NDArray[np.float32]) -> NDArray[np.float32]:
    bins = min(BINS_MAX, max(4, ordered.size // _PER_BIN))
    ranks = np.round(np.arange(1, bins) * ordered.size / bins).astype(int)
    low, high = ordered[ranks - 1], ordered[ranks]
    return np.unique(low + (high - low) / np.float32(2.0))


def _mean_scores(counts: NDArray[np.int64]) -> Floats:
    """Score the middle rank of each cell."""
    n = counts.sum()
    middle = (np.cumsum(counts) - 0.5 * counts) / n
    return _standard(_normal(middle, int(n)), counts)


def _scale_scores(counts: NDArray[np.int64]) -> Floats:
    """Mean of Hawkins' transform over the ranks of each cell."""
    n = counts.sum()
    parts = (np.arange(_PARTS) + 0.5) / _PARTS
    low = (np.cumsum(counts) - counts) / n
    ranks = low[:, None] + (counts / n)[:, None] * parts
    return _standard(scale_score(_normal(ranks, int(n))).mean(axis=1), counts)


def _normal(ranks: Floats, n: int) -> Floats:
    inside = np.clip(ranks, 0.5 / n, 1.0 - 0.5 / n)
    quantile = NormalDist().inv_cdf
    scores = [quantile(float(p)) for p in inside.ravel()]
    return np.reshape(scores, inside.shape)


def _standard(scores: Floats, counts: NDArray[np.int64]) -> Floats:
    """Bring scores to mean 0 and deviation 1 over the reference, on the lattice."""
    share = counts / counts.sum()
    scores = scores - share @ scores
    scores = scores / math.sqrt(share @ scores**2)
    return np.asarray(np.round(scores * _LATTICE) / _LATTICE, np.float64)


def _rows(n: int, groups: NDArray[np.str_] | None) -> list[NDArray[np.int64]]:
    if groups is None:
        return [np.arange(n)]
    _, first = np.unique(groups, return_index=True)
    return [np.flatnonzero(groups == groups[i]) for i in np.sort(first)]
