"""Monitors of several features at once, and of the classes that a model finds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift import counts as counters
from ecmkit.drift import trial
from ecmkit.drift.baseline import score_of
from ecmkit.drift.calibration import (
    ClassMonitor,
    Counts,
    RunLength,
    TogetherMonitor,
    class_column,
)
from ecmkit.drift.patterns import matching
from ecmkit.drift.plan_parts import ClassMix, Together
from ecmkit.drift.scores import FeatureScore
from ecmkit.drift.together import t2_arl, t2_limit_estimated
from ecmkit.drift.windows import HotellingT2
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

__all__ = ["class_monitor", "together_monitor"]

Floats = NDArray[np.float64]
_PER_FEATURE = 30
"""Reference windows for each feature of a T2, at least."""
_FEATURES_MAX = 16
_STREAMS = 16


def together_monitor(
    table: FeatureTable,
    watched: tuple[str, ...],
    plan: Together,
    arl0: float,
    *,
    regime: int | None,
    seed: int,
    verify: bool,
    baselines: Mapping[str, int] | None = None,
) -> TogetherMonitor:
    """Settle a T2 over the scores of several features.

    Parameters
    ----------
    table : FeatureTable
        The reference, of one regime.
    watched : tuple of str
        Features to choose from.
    plan : Together
        Which, and the weight of the newest window.
    arl0 : float
        Windows between false alarms.
    regime, seed, verify
        As of `ecmkit.drift.design.monitors_of_feature`.
    baselines : mapping of str to int, optional
        Windows from which devices learn the mean and spread of a feature.

    Raises
    ------
    DataError
        If the reference is too short, or features say the same.
    ValueError
        If the plan does not name 2 to 16 watched features.
    """
    names = matching("together.features", plan.features, watched)
    if not 2 <= len(names) <= _FEATURES_MAX:
        raise ValueError(
            f"together.features: found {', '.join(names)}, expected 2 to "
            f"{_FEATURES_MAX} features"
        )
    own = baselines or {}
    scores = tuple(
        score_of(table, name, windows=own.get(name), seed=seed) for name in names
    )
    z = _scores_together(table, names, scores)
    inverse = np.linalg.inv(np.linalg.cholesky(_covariance(z, names)))
    limit, p = plan.limit, len(names)
    known = min(len(z), *(round(score.errors_n_together) for score in scores))
    if limit is None:
        limit = t2_limit_estimated(p, plan.lambda_, arl0, known)
    else:
        arl0 = t2_arl(p, plan.lambda_, limit)
    return TogetherMonitor(
        together=plan,
        scores=scores,
        whiten=tuple(float(v) for v in inverse[np.tril_indices(p)].astype(np.float32)),
        limit=float(np.float32(limit)),
        arl0=arl0,
        simulated=_together_tried(z, known, plan, arl0, seed) if verify else None,
        resampled=None,
        regime=regime,
    )


def _scores_together(
    table: FeatureTable, names: tuple[str, ...], scores: tuple[FeatureScore, ...]
) -> Floats:
    """Scores of the windows in which all features have one, a column a feature."""
    z = np.stack(
        [
            score.score(table.x[:, table.names.index(name)], groups=table.recording)
            for score, name in zip(scores, names, strict=True)
        ],
        axis=1,
    ).astype(np.float64)
    z = z[np.isfinite(z).all(axis=1)]
    if len(z) < _PER_FEATURE * len(names):
        raise DataError(
            f"together {'+'.join(names)}: found {len(z)} reference windows, expected "
            f"at least {_PER_FEATURE * len(names)}"
        )
    return z


def _covariance(z: Floats, names: tuple[str, ...]) -> Floats:
    """Covariance of scores, which must say something each."""
    covariance: Floats = np.cov(z.T)
    if np.linalg.eigvalsh(covariance)[0] < 1e-3:
        raise DataError(
            f"together {'+'.join(names)}: found features of which some foretell "
            "others, expected each to say something of its own; leave out those that "
            "correlate by 0.999 and more"
        )
    return covariance


def _together_tried(
    z: Floats, known: int, plan: Together, arl0: float, seed: int
) -> RunLength:
    """Try it over references drawn from this one, each with its own covariance."""
    rng = np.random.default_rng(seed)
    level = min(arl0, trial.LEVEL_MAX)
    p, n = z.shape[1], len(z)
    limit = plan.limit
    if limit is None:
        limit = t2_limit_estimated(p, plan.lambda_, level, known)
    length = max(1000, int(trial.ALARMS * level / _STREAMS))
    counts = []
    for _ in range(_STREAMS):
        reference = z[rng.integers(n, size=known)]
        detector = HotellingT2(
            reference.mean(axis=0), np.cov(reference.T), float(limit), plan.lambda_
        )
        new = z[rng.integers(n, size=length)].astype(np.float32)
        counts.append(len(detector.update_many(new)))
    mean, low, high = trial.interval(np.array(counts, np.int64), length, rng)
    return RunLength(asked=level, mean=mean, low=low, high=high)


def class_monitor(
    table: FeatureTable,
    plan: ClassMix,
    arl0: float,
    *,
    regime: int | None,
    seed: int,
    verify: bool,
) -> ClassMonitor:
    """Settle counters of classes.

    Parameters
    ----------
    table : FeatureTable
        The reference, of one regime, with the column of classes.
    plan : ClassMix
        Window and distance.
    arl0 : float
        Windows between false alarms.
    regime, seed, verify
        As of `ecmkit.drift.design.monitors_of_feature`.

    Raises
    ------
    DataError
        If the reference is shorter than four windows of counters, has one class only,
        or the window is longer than half of `arl0`.
    """
    classes = class_column(table, plan.column)
    bins, what = int(classes.max(initial=0)) + 1, f"classes `{plan.column}`"
    if classes.size < 4 * plan.window:
        raise DataError(
            f"{what}: found {classes.size} reference windows, expected at least "
            f"{4 * plan.window}, four times `window`"
        )
    if bins < 2:
        raise DataError(f"{what}: found class 0 alone, expected two or more classes")
    if plan.limit is None and arl0 < 2 * plan.window:
        raise DataError(
            f"{what}: found window {plan.window}, expected at most {arl0 / 2:.0f}, "
            f"half of the {arl0:g} windows between false alarms"
        )
    limit = plan.limit
    if limit is None:
        limit = counters.blocks_limit(
            classes, bins, plan.window, plan.distance, plan.window / arl0, seed
        )
    counts = tuple(int(c) for c in np.bincount(classes, minlength=bins))
    made = Counts(counts=counts)
    over = None
    if verify:
        over = _mix_tried(classes, made, plan, limit, arl0, seed)
    return ClassMonitor(
        mix=plan,
        counts=made,
        limit=float(np.float32(limit)),
        arl0=arl0,
        simulated=None,
        resampled=over,
        regime=regime,
    )


def _mix_tried(
    classes: NDArray[np.int64], made: Counts, plan: ClassMix, limit: float,
    arl0: float, seed: int,
) -> RunLength | None:  # fmt: skip
    """Windows of the reference itself, at a chance that it can tell of."""
    rng = np.random.default_rng(seed)
    asked = max(4.0 * plan.window, min(arl0, 0.1 * classes.size))
    if plan.limit is None:
        limit = counters.blocks_limit(
            classes, len(made.counts), plan.window, plan.distance, plan.window / asked,
            seed,
        )  # fmt: skip
    starts = np.arange(classes.size - plan.window + 1)
    runs = np.zeros((classes.size + 1, len(made.counts)), np.int64)
    runs[np.arange(classes.size) + 1, classes] = 1
    sums = np.cumsum(runs, axis=0)
    rows = sums[starts + plan.window] - sums[starts]
    shares = made.shares.astype(np.float64)
    apart = counters.distances(rows, shares, made.n, plan.distance, None)
    lots = rng.integers(starts.size, size=(trial.STREAMS, 200))
    beyond = (apart[lots] > limit).sum(axis=1).astype(np.int64)
    mean, low, high = trial.interval(beyond, 200 * plan.window, rng)
    return RunLength(asked=asked, mean=mean, low=low, high=high)
