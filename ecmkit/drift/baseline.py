"""What a baseline that a device learns leaves open about the scores of its machine.

A device that gathered n windows of its own machine scores a value x as the reference
would score center + (x - mean) sd / spread, with the mean and spread of these windows
(``ecm_monitor_rebase_f32``). Both err, and scores with them: by how much is tried, as
it depends on the tails and the memory of a feature, and on its steps, which no longer
meet those of the reference. Errors act as those of a reference whose length gives the
same ones (`ecmkit.drift.limits`), so limits take that length in place of its own. The
mean and spread of the reference itself no longer count; what is left of its errors,
those of its shape, are no larger: `docs/drift.md` has the rates that were found.
"""

import math
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit._core.moments import Moments
from ecmkit.drift import whitening
from ecmkit.drift.records import BaselineErrors
from ecmkit.drift.regimes import runs_of
from ecmkit.drift.scores import FeatureScore, Kind, fit_score
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

__all__ = ["LONGEST", "baseline_errors", "learn", "left_of", "score_of"]

_KINDS: tuple[Kind, ...] = ("mean", "scale")
_MACHINES = 300
"""Baselines that are tried."""
_VALUES = 2000
"""Values of the reference that each scores."""
LONGEST = 8
"""Lengths of the reference that are tried: behind these, its own is what counts."""
_AT_ONCE = 2_000_000
"""Values in memory."""
_STEPS = 0.25
"""Share of the windows that the errors of the mean must be worth: memory does not lower
it, the tails of features little, unless they hold most of the spread."""


def score_of(
    table: FeatureTable, name: str, *, windows: int | None, seed: int
) -> FeatureScore:
    """Fit the score of a feature, and see what a baseline of it leaves open.

    Parameters
    ----------
    table : FeatureTable
        The reference.
    name : str
        Of the feature.
    windows : int or None
        From which devices learn its mean and spread; None: those of the reference
        count.
    seed : int
        Of the simulation.

    Returns
    -------
    FeatureScore

    Raises
    ------
    DataError
        As `fit_score` and `baseline_errors`.
    """
    at = table.names.index(name)
    score = fit_score(
        table.x[:, at], feature=name, unit=table.units[at], groups=table.recording
    )
    if windows is None:
        return score
    errors = baseline_errors(score, left_of(score, table), windows, seed=seed)
    return msgspec.structs.replace(score, baseline=errors)


def left_of(score: FeatureScore, table: FeatureTable) -> NDArray[np.float32]:
    """Return what centring and autoregression leave of all recordings of a table."""
    x = table.x[:, table.names.index(score.feature)]
    return np.concatenate([score.left(x[part]) for part in runs_of(table.recording)])


def learn(x: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation that a device learns, by its C.

    Parameters
    ----------
    x : ndarray of float32, shape (n,)
        Values of a feature, finite.

    Returns
    -------
    mean, spread : float
        In the unit of the feature.
    """
    moments = Moments()
    moments.update_f32(np.ascontiguousarray(x, np.float32))
    found = moments.result()
    return found["mean"], math.sqrt(found["variance"])


def baseline_errors(
    score: FeatureScore, left: NDArray[np.float32], windows: int, *, seed: int
) -> BaselineErrors:
    """Try what baselines of so many windows do to scores.

    Parameters
    ----------
    score : FeatureScore
        Fitted to the reference.
    left : ndarray of float32, shape (n,)
        What its autoregression leaves of the reference.
    windows : int
        Windows that a device gathers.
    seed : int
        Of the simulation.

    Returns
    -------
    BaselineErrors

    Raises
    ------
    DataError
        If the steps or the tails of the values say more than a baseline can, or so few
        windows may all have the same value.
    """
    passed = 1.0 - sum(score.phi)
    seen = left[:: max(1, left.size // _VALUES)].astype(np.float64)
    errors = np.empty((_MACHINES, 3))
    for i, (mean, sd) in enumerate(_machines(score, left, windows, seed)):
        if sd == 0.0:
            raise DataError(
                f"feature `{score.feature}`: found the same value in all of {windows} "
                "windows of the reference, expected a spread in any so many, as a "
                "device learns it; make `baseline.windows` larger, or leave it out of "
                "`baseline.features`"
            )
        moved = (seen - passed * mean) * (score.sd / sd)
        for j, kind in enumerate(_KINDS):
            scores = score.distribution_of(moved, kind)
            share = scores.chances / scores.chances.sum()
            errors[i, j] = share @ scores.values
            if kind == "mean":
                spread = share @ (scores.values - errors[i, j]) ** 2
                errors[i, 2] = 0.5 * math.log(max(float(spread), 1e-300))
    of_mean, of_scale, of_gain = errors.var(axis=0)
    least = _STEPS * min(windows, score.n)
    if of_mean * least > 1.0:
        values = np.unique(left).size
        why = (
            "few of them, in its tails, hold most of the spread"
            if values > 0.5 * left.size
            else "the steps of another machine's values do not meet those of the "
            "reference"
        )
        raise DataError(
            f"feature `{score.feature}`: found {values} different values "
            f"in the reference, and with a baseline of {windows} windows errors as of "
            f"{1.0 / of_mean:.0f}, expected those of {least:.0f} or more: {why}; leave "
            "it out of `baseline.features`"
        )
    return BaselineErrors(
        windows=windows,
        mean=_length(score.n, of_mean),
        scale=_length(score.n, of_scale),
        gain=math.sqrt(max(0.0, of_gain - 0.5 * of_mean)),
    )


def _length(n: int, variance: float) -> float:
    """Length of a reference with that variance of the mean, at most its own.

    Two digits are what the trial tells; features then share limits that take long.
    """
    return float(min(n, float(f"{1.0 / float(variance):.2g}")))


def _machines(
    score: FeatureScore, left: NDArray[np.float32], windows: int, seed: int
) -> Iterator[tuple[float, float]]:
    """Mean, about that of the reference, and spread of each machine's windows."""
    rng = np.random.default_rng(seed)
    phi = np.array(score.phi)
    start = whitening.settling(phi)
    length = min(windows, LONGEST * score.n)
    rows = max(1, min(_MACHINES, _AT_ONCE // (start + length)))
    for begin in range(0, _MACHINES, rows):
        shape = (min(rows, _MACHINES - begin), start + length)
        noise = rng.choice(left.astype(np.float64), shape)
        x = whitening.series(phi, noise)[:, start:]
        yield from zip(x.mean(axis=1).tolist(), x.std(axis=1).tolist(), strict=True)
