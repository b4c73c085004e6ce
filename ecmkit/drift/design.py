"""The design of a feature's detectors: reference value, limit, trial, delays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.drift import counts as counters
from ecmkit.drift import limits, trial
from ecmkit.drift.baseline import left_of, score_of
from ecmkit.drift.calibration import Counts, Delay, Monitor, RunLength
from ecmkit.drift.guaranteed import Guaranteed, changed, guaranteed
from ecmkit.drift.plan import K_MIN, PlanDetector
from ecmkit.drift.regimes import runs_of
from ecmkit.drift.scores import FeatureScore, Kind
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

__all__ = ["monitors_of_feature"]

Floats = NDArray[np.float64]

_PER_BIN = 16
"""Reference windows in a bin, at least."""


def monitors_of_feature(
    table: FeatureTable,
    name: str,
    detectors: Sequence[tuple[PlanDetector, float]],
    *,
    regime: int | None,
    seed: int,
    verify: bool,
    baseline: int | None = None,
) -> tuple[Monitor, ...]:
    """Fit the score of a feature, and settle, try and describe its detectors.

    Parameters
    ----------
    table : FeatureTable
        The reference, of one regime.
    name : str
        Of the feature.
    detectors : sequence of (PlanDetector, float)
        Each with its windows between false alarms.
    regime : int or None
        Noted in the monitors.
    seed : int
        Of the simulations.
    verify : bool
        Whether to try the limits out.
    baseline : int, optional
        Windows from which devices learn mean and spread; without, those of the
        reference count.

    Returns
    -------
    tuple of Monitor

    Raises
    ------
    DataError
        If the reference is too short for a rate.
    """
    score = score_of(table, name, windows=baseline, seed=seed)
    parts = _parts(score, table, detectors)
    designs = [
        _designed(score, detector, arl0, parts.scores[detector.scores], seed)
        for detector, arl0 in detectors
    ]
    tried: list[tuple[RunLength, RunLength | None]] = []
    if verify:
        tried = _tried(score, designs, parts, seed)
    return tuple(
        Monitor(
            score=score,
            detector=design.detector,
            limit=float(np.float32(design.limit_at(design.arl0))),
            arl0=design.arl0,
            simulated=tried[j][0] if tried else None,
            resampled=tried[j][1] if tried else None,
            delays=design.delays(parts.left),
            regime=regime,
            counts=design.counts if isinstance(design, _BinnedDesign) else None,
            discounts=design.discounts if isinstance(design, Guaranteed) else (),
        )
        for j, design in enumerate(designs)
    )


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """A feature's reference as the detectors see it."""

    left: NDArray[np.float32]
    """What whitening leaves of all recordings."""
    scores: dict[Kind, list[Floats]]
    """Of each recording, by kind."""


def _parts(
    score: FeatureScore,
    table: FeatureTable,
    detectors: Sequence[tuple[PlanDetector, float]],
) -> _Parts:
    """See the reference through a score."""
    groups = table.recording
    x = np.ascontiguousarray(table.x[:, table.names.index(score.feature)])
    rows = runs_of(groups)
    return _Parts(
        left=left_of(score, table),
        scores={
            kind: _finite(score.score(x, kind=kind, groups=groups), rows)
            for kind in sorted({detector.scores for detector, _ in detectors})
        },
    )


def _finite(z: NDArray[np.float32], rows: list[NDArray[np.int64]]) -> list[Floats]:
    """Scores of each recording, without its first that have none."""
    parts = [z[part].astype(np.float64) for part in rows]
    return [part[np.isfinite(part)] for part in parts]


def _tried(
    score: FeatureScore,
    designs: Sequence["_AnyDesign"],
    parts: _Parts,
    seed: int,
) -> list[tuple[RunLength, RunLength | None]]:
    """Run lengths in simulation and over the reference, for each detector."""
    rng = np.random.default_rng(seed)
    length = trial.stream_len(max(design.level for design in designs))
    simulated = trial.model_streams(
        score, parts.left.astype(np.float64), length, list(parts.scores), rng
    )
    found = []
    for design in designs:
        kind = design.detector.scores
        short = max(20.0, min(design.level, 0.1 * score.n))
        over: RunLength | None = None
        if not isinstance(design, _BinnedDesign) or short >= 4 * design.span:
            blocks = trial.resampled(
                parts.scores[kind], design.span, trial.stream_len(short), rng
            )
            over = _run_length(blocks, design, short, rng)
        found.append((_run_length(simulated[kind], design, design.level, rng), over))
    return found


@dataclass(frozen=True, kw_only=True)
class _Design:
    """A detector with the run length it is to have, and what its reference lacks."""

    score: FeatureScore
    detector: PlanDetector
    arl0: float
    errors: limits.Errors

    @property
    def level(self) -> float:
        """Run length at which it is verified."""
        return self.arl0 if self.given else min(self.arl0, trial.LEVEL_MAX)

    @property
    def given(self) -> bool:
        """Whether the plan has a limit, not a rate."""
        return self.detector.limit is not None

    @cached_property
    def wanted(self) -> float:
        """Windows that the reference must have."""
        return limits.needed(self.detector, self.arl0, self.errors)

    @property
    def span(self) -> int:
        return max(2, round(self.detector.span(self.level)))

    def limit_at(self, arl0: float) -> float:
        if self.detector.limit is not None:
            return self.detector.limit
        scores = self.score.distribution(self.detector.scores)
        return limits.limit(scores, self.detector, arl0, self.errors)

    def count(
        self, streams: list[NDArray[np.float32]], asked: float
    ) -> NDArray[np.int64]:
        """Alarms over streams of scores, at the limit of a run length."""
        return trial.count_alarms(streams, self.detector, self.limit_at(asked))

    def delays(self, left: NDArray[np.float32]) -> tuple[Delay, ...]:
        """Run lengths after a change, of a statistic at zero."""
        h = self.limit_at(self.arl0)
        kind = self.detector.scores
        found = []
        for shift, scale, scores in changed(self.score, left, kind):
            windows = limits.arl(scores, self.detector, h)
            found.append(Delay(shift=shift, scale=scale, windows=windows))
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class _BinnedDesign:
    """Counters between quantiles of the scores, judged window after window."""

    score: FeatureScore
    detector: PlanDetector
    arl0: float
    counts: Counts
    seed: int

    @property
    def given(self) -> bool:
        """Whether the plan has a limit, not a rate."""
        return self.detector.limit is not None

    @property
    def level(self) -> float:
        """Run length at which it is verified."""
        return max(4.0 * self.span, min(self.arl0, trial.LEVEL_MAX))

    @property
    def span(self) -> int:
        """Values that are judged at once."""
        return self.detector.window

    def limit_at(self, arl0: float) -> float:
        """Limit of the distance for a run length."""
        if self.detector.limit is not None:
            return self.detector.limit
        return counters.shares_limit(
            self.counts.counts, self.counts.edges, self.span, self.detector.distance,
            self.span / arl0, self.seed, self.score.errors_n("mean") / self.score.n,
        )  # fmt: skip

    def count(
        self, streams: list[NDArray[np.float32]], asked: float
    ) -> NDArray[np.int64]:
        """Alarms over streams of scores, at the limit of a run length."""
        limit, edges = self.limit_at(asked), np.array(self.counts.edges)
        found = []
        for z in streams:
            whole = z[: z.size // self.span * self.span].reshape(-1, self.span)
            bins = np.searchsorted(edges, whole, side="left")
            rows = np.stack(
                [(bins == b).sum(axis=1) for b in range(edges.size + 1)], axis=1
            )
            found.append(int((self._distances(rows) > limit).sum()))
        return np.array(found, np.int64)

    def delays(self, left: NDArray[np.float32]) -> tuple[Delay, ...]:
        """Windows until counters that began with a change have seen it."""
        rng = np.random.default_rng(self.seed)
        limit, edges = self.limit_at(self.arl0), np.array(self.counts.edges)
        found = []
        for shift, scale, scores in changed(self.score, left, "mean"):
            bins = np.searchsorted(edges, scores.values, side="left")
            p = np.bincount(bins, scores.chances, minlength=edges.size + 1)
            drawn = rng.multinomial(self.span, p / p.sum(), 2000)
            seen = float((self._distances(drawn) > limit).mean())
            windows = self.span / max(seen, self.span / self.arl0)
            found.append(Delay(shift=shift, scale=scale, windows=windows))
        return tuple(found)

    def _distances(self, rows: NDArray[np.int64]) -> Floats:
        shares, edges = self.counts.shares.astype(np.float64), self.counts.edges
        return counters.distances(
            rows, shares, self.counts.n, self.detector.distance, np.array(edges)
        )


_AnyDesign = _Design | _BinnedDesign | Guaranteed


def _designed(
    score: FeatureScore,
    detector: PlanDetector,
    arl0: float,
    parts: list[Floats],
    seed: int,
) -> _AnyDesign:
    """Settle a detector of any kind."""
    if detector.kind == "distribution":
        return _counted(score, detector, arl0, seed)
    if detector.kind in ("e_detector", "adwin"):
        return guaranteed(score, detector, arl0, parts, seed)
    return _design(score, detector, arl0, parts, seed)


def _counted(
    score: FeatureScore, detector: PlanDetector, arl0: float, seed: int
) -> _BinnedDesign:
    """Settle the bins and see whether reference and rate are long enough."""
    what = f"feature `{score.feature}`, distribution"
    if score.n < _PER_BIN * detector.bins:
        raise DataError(
            f"{what}: found {score.n} reference windows, expected at least "
            f"{_PER_BIN * detector.bins} for {detector.bins} bins"
        )
    if arl0 < 2 * detector.window:
        raise DataError(
            f"{what}: found window {detector.window}, expected at most {arl0 / 2:.0f}, "
            f"half of the {arl0:g} windows between false alarms"
        )
    values, held = np.array(score.scores), np.array(score.counts)
    edges = counters.score_edges(values, held, detector.bins)
    bins = np.searchsorted(edges, values, side="left")
    counts = np.bincount(bins, held, minlength=detector.bins).astype(int)
    made = Counts(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))
    return _BinnedDesign(
        score=score, detector=detector, arl0=arl0, counts=made, seed=seed
    )


def _design(
    score: FeatureScore,
    detector: PlanDetector,
    arl0: float,
    parts: list[Floats],
    seed: int,
) -> _Design:
    """Settle the reference value and see whether the reference is long enough."""
    for k in _reference_values(score, detector):
        settled = msgspec.structs.replace(detector, k=k)
        design = _design_with(score, settled, arl0, parts, seed)
        if design.given or design.wanted <= design.errors.n:
            return design
    raise DataError(_too_short(design))


def _reference_values(
    score: FeatureScore, detector: PlanDetector
) -> list[float | None]:
    """Return settings of k to try, that which suits the wanted shift best first."""
    if detector.k is not None or detector.kind not in ("mean", "page_hinkley"):
        return [detector.k]
    left = 0.5 * detector.shift * (1.0 - sum(score.phi)) * score.sd / score.left_sd
    k = min(max(K_MIN, round(32.0 * left) / 32.0), 3.0)
    values: list[float | None] = [k]
    while k < 0.5:
        k = min(0.5, math.ceil(32.0 * 1.2 * k) / 32.0)
        values.append(k)
    return values


def _design_with(
    score: FeatureScore,
    detector: PlanDetector,
    arl0: float,
    parts: list[Floats],
    seed: int,
) -> _Design:
    wanted = arl0
    if detector.limit is not None:
        scores = score.distribution(detector.scores)
        wanted = limits.arl(scores, detector, detector.limit)
    errors = limits.Errors.of(score, parts, detector, max(wanted, 3.0), seed)
    return _Design(score=score, detector=detector, arl0=wanted, errors=errors)


def _too_short(design: _Design) -> str:
    wanted, errors, score = design.wanted, design.errors, design.score
    what = f"feature `{score.feature}`, {design.detector.kind}"
    if math.isinf(wanted):
        return (
            f"{what}: the reference is not one state of the machine: its recordings "
            f"differ by {errors.offset:.2f} and slow changes widen sums by the factor "
            f"{math.exp(errors.left):.2f}, more than one false alarm in "
            f"{design.arl0:g} windows allows however long it is; calibrate each state "
            "of operation for itself, or watch other features"
        )
    memory = ""
    if score.phi:
        memory = f" (its autoregression has the weights {_numbers(score.phi)})"
    least = limits.allowed(design.detector, errors)
    if score.baseline is not None:
        own = score.baseline.windows
        return (
            f"{what}: found a baseline of {own} windows and {score.n} reference "
            f"windows, together with the errors of {errors.n:.0f}, expected those of "
            f"{wanted:.0f} or more for one false alarm in {design.arl0:g} "
            f"windows{memory}; these allow one in {least:.0f}"
        )
    return (
        f"{what}: found {score.n} reference windows, expected at least {wanted:.0f} "
        f"for one false alarm in {design.arl0:g} windows{memory}; these allow one in "
        f"{least:.0f}"
    )


def _run_length(
    streams: list[NDArray[np.float32]],
    design: "_AnyDesign",
    asked: float,
    rng: np.random.Generator,
) -> RunLength:
    counts = design.count(streams, asked)
    mean, low, high = trial.interval(counts, streams[0].size, rng)
    asked = design.arl0 if design.given else asked
    return RunLength(asked=asked, mean=mean, low=low, high=high)


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)
