"""From reference features and a rate of false alarms to detectors that keep it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.drift import limits, trial
from ecmkit.drift.plan import K_MIN, DriftPlan, PlanDetector
from ecmkit.drift.scores import FeatureScore, Kind, fit_score
from ecmkit.errors import DataError, FormatError
from ecmkit.features.table import FeatureTable
from ecmkit.formats import content_hash

__all__ = ["Alarm", "Calibration", "Monitor", "calibrate"]

Floats = NDArray[np.float64]
What = Literal["mean up", "mean down", "scale up", "scale down"]
_WHAT: dict[tuple[str, str], What] = {
    ("mean", "up"): "mean up",
    ("mean", "down"): "mean down",
    ("scale", "up"): "scale up",
    ("scale", "down"): "scale down",
}

CHANGES = ((0.5, 1.0), (1.0, 1.0), (2.0, 1.0), (0.0, 1.5), (0.0, 2.0))
"""Shift of the mean in standard deviations of the feature, factor of the deviation."""


class RunLength(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mean number of windows between false alarms, measured, and its 95 % interval."""

    asked: float
    """Run length whose limit was tried."""
    mean: float
    low: float
    high: float


class Delay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mean number of windows until a lasting change raises an alarm."""

    shift: float
    """Of the mean, in standard deviations of the feature."""
    scale: float
    """Factor of the standard deviation."""
    windows: float


class Monitor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A detector over the scores of a feature."""

    score: FeatureScore
    detector: PlanDetector
    limit: float
    """Of the sums of a CUSUM in scores; of an EWMA in its standard deviations."""
    arl0: float
    """Windows between false alarms: what was asked for, or what a given limit has."""
    simulated: RunLength | None
    """Over simulated references like this one, each with its own errors; `arl0` was
    tried, or 20,000 windows if that is less."""
    resampled: RunLength | None
    """Over the reference itself, in blocks: what no model has smoothed. A reference
    can tell of run lengths up to a tenth of its own; the limit for that was tried."""
    delays: tuple[Delay, ...]

    @property
    def name(self) -> str:
        """Feature and kind of detector."""
        return f"{self.score.feature} {self.detector.kind}"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What changed, in which direction and since when."""

    feature: str
    detector: str
    what: What
    recording: str
    at: int
    """Window of the table at which the alarm was raised."""
    since: int
    """Window of the table with which the change is thought to have come."""


class Calibration(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Detectors with limits, and what was found about the rate that they keep."""

    version: int = 1
    plan: DriftPlan
    reference: str
    """SHA-256 of the reference features."""
    n: int
    """Windows in the reference."""
    monitors: tuple[Monitor, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return content_hash(msgspec.json.encode(self, order="deterministic").decode())

    @property
    def arl0(self) -> float:
        """Mean windows between false alarms of all detectors together."""
        return 1.0 / sum(1.0 / monitor.arl0 for monitor in self.monitors)

    def save(self, path: str | Path) -> None:
        """Write a JSON file."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        Path(path).write_bytes(text + b"\n")

    @staticmethod
    def load(path: str | Path) -> "Calibration":
        """Read what `save` wrote.

        Raises
        ------
        FormatError
            Naming the file, and field, found and expected.
        """
        try:
            return msgspec.json.decode(Path(path).read_bytes(), type=Calibration)
        except FileNotFoundError:
            raise FormatError(f"{path}: no such file") from None
        except msgspec.MsgspecError as error:
            raise FormatError(f"{path}: {error}") from error

    def run(self, table: FeatureTable) -> tuple[Alarm, ...]:
        """Watch the windows of a table, recording by recording in their order.

        Parameters
        ----------
        table : FeatureTable
            Has the watched features, finite.

        Returns
        -------
        tuple of Alarm
            In the order of the windows; within `DriftPlan.hold_off` of an alarm, a
            feature raises no other.

        Raises
        ------
        DataError
            If a feature is missing or a value is not finite.
        """
        alarms: list[Alarm] = []
        for monitor in self.monitors:
            z = scored(monitor, table)
            for rows in runs_of(table.recording):
                alarms += _watch(monitor, z, rows, str(table.recording[rows[0]]))
        alarms.sort(key=lambda alarm: (alarm.at, alarm.feature, alarm.detector))
        return _held_off(alarms, self.plan.hold_off)

    def text(self) -> str:
        """Return what was achieved, as a table of fixed width."""
        lines = [
            f"{self.n} reference windows; all detectors together: one false alarm in "
            f"{self.arl0:,.0f} windows",
            f"{'monitor':28} {'k':>5} {'limit':>7} {'ARL0':>11} "
            f"{'simulated (95 %), asked':>38} {'resampled (95 %), asked':>32}  "
            "windows until shifts of 0.5, 1, 2, scales of 1.5, 2 are found",
        ]
        for monitor in self.monitors:
            delays = " ".join(f"{d.windows:>7,.0f}" for d in monitor.delays)
            lines.append(
                f"{monitor.name:28} {_k(monitor.detector):5} {monitor.limit:7.3f} "
                f"{monitor.arl0:11,.0f} "
                f"{_shown(monitor.simulated):>38} {_shown(monitor.resampled):>32}  "
                f"{delays}"
            )
        return "\n".join(lines)


def calibrate(
    reference: FeatureTable | ArrayLike,
    plan: DriftPlan,
    *,
    names: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    seed: int,
    verify: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Choose scores and limits so that false alarms come at the wanted rate.

    Parameters
    ----------
    reference : FeatureTable, or array_like of shape (n_windows, n_features)
        Features of known, healthy windows, in the order of time within each recording;
        any unit. At least 64 windows; more for rare alarms, the refusal says how many.
    plan : DriftPlan
        Features, detectors and the wanted rate.
    names, units : sequence of str, optional
        Of the columns of an array; by default ``x0``, ``x1``, ... and none.
    seed : int
        Of the simulations.
    verify : bool
        Whether to try the limits out; without, the rate is that of the theory alone.
    progress : callable, optional
        Given the number of features done and of all.

    Returns
    -------
    Calibration
        With the rate achieved in simulation, its 95 % interval, and the delays of
        shifts by 0.5, 1 and 2 and scales of 1.5 and 2 standard deviations.

    Raises
    ------
    DataError
        If a feature does not vary, is not finite, or the reference is too short for the
        wanted rate; the message says how long it must be.
    ValueError
        If shapes do not match, or the plan names features that there are not.

    Notes
    -----
    Per feature: the mean is taken away; an autoregression of up to four values (Burg's
    method, Schwarz' criterion) is taken away; what is left becomes a normal score by
    its rank among up to 64 reference quantiles, ties by their middle rank. The limit is
    that of the exact run length of these scores, raised for the errors of a finite
    reference as `ecmkit.drift.limits` describes, and once more if what whitening left
    still depends on its past or recordings differ.

    Verification runs the device's C: (1) 64 references are simulated from the
    autoregression and what it left, each is fitted and watches new windows; (2) the
    scores of the reference are drawn in blocks. Limits for longer run lengths than can
    be tried, 20,000 windows and a tenth of the reference, are verified at these, by
    the limit that the same method gives for them.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(20.0, 0.1, (1000, 1))
    >>> plan = DriftPlan(false_alarms=1000, per="detector")
    >>> found = calibrate(x, plan, names=["temperature"], seed=0)
    >>> [round(monitor.limit, 1) for monitor in found.monitors]
    [5.8, 5.6]
    """
    table = _as_table(reference, names, units)
    watched = plan.watched(table.names)
    arl0s = plan.arl0s(len(watched))
    monitors: list[Monitor] = []
    for i, name in enumerate(watched):
        if progress is not None:
            progress(i, len(watched))
        score, designs, parts = _settled(table, name, plan, arl0s, seed)
        tried = _tried(score, designs, parts, seed) if verify else None
        monitors += [
            Monitor(
                score=score,
                detector=design.detector,
                limit=float(np.float32(design.limit_at(design.arl0))),
                arl0=design.arl0,
                simulated=tried[j][0] if tried else None,
                resampled=tried[j][1] if tried else None,
                delays=_delays(score, parts.left, design),
            )
            for j, design in enumerate(designs)
        ]
    if progress is not None:
        progress(len(watched), len(watched))
    return Calibration(
        plan=plan,
        reference=table.columns(watched).hash,
        n=int(table.x.shape[0]),
        monitors=tuple(monitors),
    )


def scored(monitor: Monitor, table: FeatureTable) -> NDArray[np.float32]:
    """Scores that a monitor takes of a table; NaN where the autoregression starts.

    Parameters
    ----------
    monitor : Monitor
        Names the feature.
    table : FeatureTable
        Has it, finite.

    Raises
    ------
    DataError
        If the feature is missing or a value is not finite.
    """
    score = monitor.score
    if score.feature not in table.names:
        raise DataError(
            f"features: found {', '.join(table.names)}, expected `{score.feature}`"
        )
    column = table.x[:, table.names.index(score.feature)]
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        raise DataError(
            f"feature `{score.feature}`: window {bad[0]}: found {column[bad[0]]}, "
            "expected a finite number"
        )
    return score.score(column, kind=monitor.detector.scores, groups=table.recording)


def runs_of(recording: NDArray[np.str_]) -> list[NDArray[np.int64]]:
    """Rows of each recording, recordings in order of first appearance."""
    _, first = np.unique(recording, return_index=True)
    return [np.flatnonzero(recording == recording[i]) for i in np.sort(first)]


def _watch(
    monitor: Monitor,
    z: NDArray[np.float32],
    rows: NDArray[np.int64],
    recording: str,
) -> list[Alarm]:
    rows = rows[np.isfinite(z[rows])]
    detector = trial.new_detector(monitor.detector, monitor.limit)
    return [
        Alarm(
            feature=monitor.score.feature,
            detector=monitor.detector.kind,
            what=_WHAT[monitor.detector.scores, change.what],
            recording=recording,
            at=int(rows[change.at]),
            since=int(rows[max(0, change.start)]),
        )
        for change in detector.detect(z[rows])
        if monitor.detector.direction == "both" or change.what == "up"
    ]


def _held_off(alarms: list[Alarm], hold_off: int) -> tuple[Alarm, ...]:
    last: dict[tuple[str, str], int] = {}
    kept = []
    for alarm in alarms:
        key = (alarm.feature, alarm.recording)
        if hold_off and key in last and alarm.at - last[key] <= hold_off:
            continue
        last[key] = alarm.at
        kept.append(alarm)
    return tuple(kept)


def _as_table(
    reference: FeatureTable | ArrayLike,
    names: Sequence[str] | None,
    units: Sequence[str] | None,
) -> FeatureTable:
    if isinstance(reference, FeatureTable):
        if names is not None or units is not None:
            raise ValueError("names and units: a feature table has its own")
        return reference
    x = np.ascontiguousarray(reference, np.float32)
    if x.ndim != 2:
        raise ValueError(f"reference has shape {x.shape}, expected two dimensions")
    columns = x.shape[1]
    made = tuple(names) if names is not None else tuple(f"x{i}" for i in range(columns))
    none = np.full(x.shape[0], "")
    return FeatureTable(
        x=x,
        names=made,
        units=tuple(units) if units is not None else ("",) * columns,
        recording=none,
        start=np.arange(x.shape[0], dtype=np.int64),
        label=none,
        group=none,
        contract_id="",
    )


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """A feature's reference as the detectors see it."""

    left: NDArray[np.float32]
    """What whitening leaves of all recordings."""
    scores: dict[Kind, list[Floats]]
    """Of each recording, by kind."""


def _settled(
    table: FeatureTable,
    name: str,
    plan: DriftPlan,
    arl0s: tuple[float, ...],
    seed: int,
) -> tuple[FeatureScore, list["_Design"], _Parts]:
    """Fit the score of a feature and settle all its detectors."""
    at, groups = table.names.index(name), table.recording
    x = np.ascontiguousarray(table.x[:, at])
    score = fit_score(x, feature=name, unit=table.units[at], groups=groups)
    rows = runs_of(groups)
    parts = _Parts(
        left=np.concatenate([score.left(x[part]) for part in rows]),
        scores={
            kind: _finite(score.score(x, kind=kind, groups=groups), rows)
            for kind in sorted({d.scores for d in plan.detectors})
        },
    )
    designs = [
        _design(score, detector, arl0, parts.scores[detector.scores], seed)
        for detector, arl0 in zip(plan.detectors, arl0s, strict=True)
    ]
    return score, designs, parts


def _finite(z: NDArray[np.float32], rows: list[NDArray[np.int64]]) -> list[Floats]:
    """Scores of each recording, without its first that have none."""
    parts = [z[part].astype(np.float64) for part in rows]
    return [part[np.isfinite(part)] for part in parts]


def _tried(
    score: FeatureScore, designs: list["_Design"], parts: _Parts, seed: int
) -> list[tuple[RunLength, RunLength]]:
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
        blocks = trial.resampled(
            parts.scores[kind], design.span, trial.stream_len(short), rng
        )
        found.append(
            (
                _run_length(simulated[kind], design, design.level, rng),
                _run_length(blocks, design, short, rng),
            )
        )
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
        if design.given or design.wanted <= score.n:
            return design
    raise DataError(_too_short(design))


def _reference_values(
    score: FeatureScore, detector: PlanDetector
) -> list[float | None]:
    """Return settings of k to try, that which suits the wanted shift best first."""
    if detector.k is not None or detector.kind != "mean":
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
    return (
        f"{what}: found {score.n} reference windows, expected at least {wanted:.0f} "
        f"for one false alarm in {design.arl0:g} windows{memory}; these allow one in "
        f"{least:.0f}"
    )


def _run_length(
    streams: list[NDArray[np.float32]],
    design: _Design,
    asked: float,
    rng: np.random.Generator,
) -> RunLength:
    h = design.limit_at(asked)
    counts = trial.count_alarms(streams, design.detector, h)
    mean, low, high = trial.interval(counts, streams[0].size, rng)
    asked = design.arl0 if design.given else asked
    return RunLength(asked=asked, mean=mean, low=low, high=high)


def _delays(
    score: FeatureScore, left: NDArray[np.float32], design: _Design
) -> tuple[Delay, ...]:
    """Run lengths after a change, of a statistic at zero.

    A shift of the feature reaches what whitening leaves by 1 - sum of weights.
    """
    h, found = design.limit_at(design.arl0), []
    passed = 1.0 - sum(score.phi)
    for shift, scale in CHANGES:
        changed = left * np.float32(scale) + np.float32(shift * score.sd * passed)
        scores = score.distribution_of(changed, design.detector.scores)
        run = limits.arl(scores, design.detector, h)
        found.append(Delay(shift=shift, scale=scale, windows=run))
    return tuple(found)


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _k(detector: PlanDetector) -> str:
    return "" if detector.kind == "ewma" else f"{detector.reference_value:.3f}"


def _shown(run: RunLength | None) -> str:
    if run is None:
        return "not tried"
    return f"{run.mean:,.0f} ({run.low:,.0f} ... {run.high:,.0f}), {run.asked:,.0f}"
