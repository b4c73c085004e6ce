"""Calibrated monitors: what they are, what they promise, what they say of windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit._core import drift as directions
from ecmkit._core import monitor as core
from ecmkit.drift.baseline import learn
from ecmkit.drift.plan import SUMS, DriftPlan, PlanDetector
from ecmkit.drift.plan_parts import ClassMix, Together
from ecmkit.drift.regimes import RegimeModel, runs_of, values_of
from ecmkit.drift.scores import FeatureScore
from ecmkit.errors import DataError, FormatError
from ecmkit.features.table import FeatureTable
from ecmkit.formats import content_hash, nearest

__all__ = [
    "Alarm",
    "Baselines",
    "Calibration",
    "ClassMonitor",
    "Counts",
    "Delay",
    "Monitor",
    "RunLength",
    "TogetherMonitor",
    "words",
]


Baselines = Mapping[str, tuple[float, float]]
"""Mean and spread of features that a device has learnt."""


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


class Counts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reference of counters, see ``ecm_dist_cfg_t``."""

    edges: tuple[float, ...] = ()
    """Between scores, not falling; empty: classes."""
    counts: tuple[int, ...]
    """Reference values in each bin."""

    @property
    def n(self) -> int:
        """Values of the reference."""
        return sum(self.counts)

    @property
    def shares(self) -> NDArray[np.float32]:
        """Of the reference in each bin."""
        return (np.array(self.counts) / self.n).astype(np.float32)


class _Tried(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all monitors have."""

    limit: float
    """Of the sums of a CUSUM in scores; of an EWMA in its standard deviations; of a
    distance, of T2 or of an e-detector as it is; of ADWIN the probability of a cut by
    chance at a test."""
    arl0: float
    """Windows between false alarms: what was asked for, or what a given limit has."""
    simulated: RunLength | None
    """Over simulated references like this one, each with its own errors; `arl0` was
    tried, or 20,000 windows if that is less."""
    resampled: RunLength | None
    """Over the reference itself, in blocks: what no model has smoothed. A reference
    can tell of run lengths up to a tenth of its own; the limit for that was tried."""
    delays: tuple[Delay, ...] = ()
    regime: int | None = None
    """Regime in which it runs; None without regimes."""


class Monitor(_Tried, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A detector over the scores of a feature."""

    score: FeatureScore
    detector: PlanDetector
    counts: Counts | None = None
    """Reference of a ``distribution``."""
    discounts: tuple[float, ...] = ()
    """Of an ``e_detector``, see `EDetector`: what the errors of the reference cost."""

    @property
    def name(self) -> str:
        """Feature, kind of detector and regime."""
        return _named(" ".join(self.watched), self.regime)

    @property
    def watched(self) -> tuple[str, str]:
        """What its alarms call it: feature and detector."""
        return self.score.feature, self.detector.kind

    @property
    def k(self) -> float | None:
        """Reference value of a CUSUM; None of others."""
        of_sums = self.detector.kind in SUMS
        return self.detector.reference_value if of_sums else None


class TogetherMonitor(_Tried, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A weighted T2 over the scores of several features."""

    together: Together
    scores: tuple[FeatureScore, ...]
    whiten: tuple[float, ...]
    """Rows of the inverse of the Cholesky factor of their covariance; float32."""

    @property
    def name(self) -> str:
        """Features and regime."""
        return _named(" ".join(self.watched), self.regime)

    @property
    def watched(self) -> tuple[str, str]:
        """What its alarms call it: features and detector."""
        return "+".join(score.feature for score in self.scores), "together"

    @property
    def k(self) -> None:
        """It is no CUSUM."""
        return None


class ClassMonitor(_Tried, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counters of classes."""

    mix: ClassMix
    counts: Counts

    @property
    def name(self) -> str:
        """Its column and regime."""
        return _named(" ".join(self.watched), self.regime)

    @property
    def watched(self) -> tuple[str, str]:
        """What its alarms call it: column and detector."""
        return self.mix.column, "mix"

    @property
    def k(self) -> None:
        """It is no CUSUM."""
        return None


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What changed, in which direction and since when."""

    feature: str
    """What was watched: a feature, several joined by ``+``, a column of classes."""
    detector: str
    what: str
    """Such as ``mean up``, ``scale down``, ``shape wider``, ``class mix to 2``,
    ``together, mostly rms up``, ``value up``."""
    recording: str
    at: int
    """Window of the table at which the alarm was raised."""
    since: int
    """Window of the table with which the change is thought to have come; of counters
    the first that was counted."""
    level: int = 1
    """Of severity, from 1."""
    ratio: float = 1.0
    """Of the statistic to its limit."""
    regime: int | None = None
    """In which the machine was; None without regimes."""


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
    together: tuple[TogetherMonitor, ...] = ()
    classes: tuple[ClassMonitor, ...] = ()
    """One; with regimes, one for each."""
    regimes: RegimeModel | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return content_hash(msgspec.json.encode(self, order="deterministic").decode())

    @property
    def all_monitors(self) -> tuple[Monitor | TogetherMonitor | ClassMonitor, ...]:
        """Everything that has a rate of false alarms."""
        return (*self.monitors, *self.together, *self.classes)

    @property
    def scores(self) -> tuple[FeatureScore, ...]:
        """Scores of all monitors, each as often as it is read."""
        own = [one.score for one in self.monitors]
        return (*own, *(score for one in self.together for score in one.scores))

    @property
    def arl0(self) -> float:
        """Mean windows between false alarms of all detectors together.

        With regimes, averaged over the time that the reference spent in each.
        """
        share: dict[int | None, float] = {None: 1.0}
        if self.regimes is not None:
            total = sum(self.regimes.windows)
            for i, n in enumerate(self.regimes.windows):
                share[i] = n / total
        rate = sum(share[one.regime] / one.arl0 for one in self.all_monitors)
        return 1.0 / rate if rate else np.inf

    @property
    def inputs(self) -> tuple[str, ...]:
        """Values that the monitors read, each once; classes apart."""
        names = [score.feature for score in self.scores]
        names += [bound.value for bound in self.plan.bounds]
        names += self.regimes.by if self.regimes is not None else ()
        return tuple(dict.fromkeys(names))

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

    def run(
        self, table: FeatureTable, *, baseline: Baselines | None = None
    ) -> tuple[Alarm, ...]:
        """Watch the windows of a table, recording by recording in their order.

        The tables and the C of a device do it (``ecm_monitor``).

        Parameters
        ----------
        table : FeatureTable
            Has the watched features, finite.
        baseline : mapping of str to (float, float), optional
            Mean and spread of features that the machine's device has learnt, as from
            `baseline_of`; monitors of others count from the reference.

        Returns
        -------
        tuple of Alarm
            In the order of the windows; within `DriftPlan.hold_off` of an alarm, a
            feature raises no other.

        Raises
        ------
        DataError
            If a feature is missing or a value is not finite.
        ValueError
            If a name of `baseline` is none of `inputs`; names the nearest.
        """
        from ecmkit.drift.tables import tables_of

        tables = tables_of(self)
        for name in (baseline or {}).keys() - set(tables.inputs):
            raise ValueError(
                f"baseline: found {name!r}, expected values that monitors read: "
                f"{', '.join(tables.inputs)}{nearest(name, tables.inputs)}"
            )
        x, classes = tables.values(table), self.classes_of(table)
        alarms: list[Alarm] = []
        for rows in runs_of(table.recording):
            raised, _, regimes = tables.new(baseline).run_f32(
                np.ascontiguousarray(x[rows]), np.ascontiguousarray(classes[rows])
            )
            for alarm in raised[raised["what"] != 0]:
                row = tables.rows[alarm["row"]]
                seen = tables.seen(int(alarm["row"]), regimes)
                took = int(np.searchsorted(seen, alarm["at"]))
                since = seen[max(0, took - max(1, int(alarm["since"])) + 1)]
                found = Alarm(
                    feature=tables.groups[alarm["group"]].feature,
                    detector=row.detector,
                    what=words(alarm, tables.inputs),
                    recording=str(table.recording[rows[0]]),
                    at=int(rows[alarm["at"]]),
                    since=int(rows[since]),
                    level=int(alarm["level"]),
                    ratio=float(alarm["ratio"]),
                    regime=None if row.regime == core.ANY else row.regime,
                )
                alarms.append(found)
        alarms.sort(key=lambda one: (one.at, one.feature, one.detector))
        return tuple(alarms)

    def baseline_of(self, table: FeatureTable) -> dict[str, tuple[float, float]]:
        """Learn a machine's baseline, as its device does, by its C.

        Parameters
        ----------
        table : FeatureTable
            Windows of the machine as it should be; the first ``baseline.windows`` of
            the plan count.

        Returns
        -------
        dict of str to (float, float)
            Mean and standard deviation of each feature that is learnt, in its unit.

        Raises
        ------
        DataError
            If a feature is missing, a value is not finite, there are too few windows,
            or all have the same value: a device would go on by the reference.
        ValueError
            If the plan has no baseline.
        """
        own = self.plan.baseline
        if own is None:
            raise ValueError("baseline: found none in the drift plan, expected one")
        if len(table.x) < own.windows:
            raise DataError(
                f"found {len(table.x)} windows to learn, expected {own.windows} or "
                "more, `baseline.windows` of the drift plan"
            )
        learnt = (score.feature for score in self.scores if score.baseline is not None)
        names = tuple(dict.fromkeys(learnt))
        x = values_of(table, names)[: own.windows]
        found = {name: learn(x[:, i]) for i, name in enumerate(names)}
        for name, (_, spread) in found.items():
            if not spread > 0.0:
                raise DataError(
                    f"feature `{name}`: found the same value in all of {own.windows} "
                    "windows to learn, expected a spread"
                )
        return found

    def classes_of(self, table: FeatureTable) -> NDArray[np.uint32]:
        """Class of each window; a number too large for any without a `ClassMix`."""
        if self.plan.classes is None:
            return np.full(table.x.shape[0], core.NO_DETAIL, np.uint32)
        return class_column(table, self.plan.classes.column).astype(np.uint32)

    def text(self) -> str:
        """Return what was achieved, as a table of fixed width."""
        lines = [
            f"{self.n} reference windows; all detectors together: one false alarm in "
            f"{self.arl0:,.0f} windows",
            f"{'monitor':28} {'k':>5} {'limit':>7} {'ARL0':>11} "
            f"{'simulated (95 %), asked':>38} {'resampled (95 %), asked':>32}  "
            "windows until shifts of 0.5, 1, 2, scales of 1.5, 2 are found",
        ]
        for one in self.all_monitors:
            delays = " ".join(f"{d.windows:>7,.0f}" for d in one.delays)
            k = "" if one.k is None else f"{one.k:.3f}"
            lines.append(
                f"{one.name:28} {k:5} {_limit(one.limit):>7} {one.arl0:11,.0f} "
                f"{_shown(one.simulated):>38} {_shown(one.resampled):>32}  {delays}"
            )
        if self.regimes is not None:
            for i, n in enumerate(self.regimes.windows):
                lines.append(f"regime {i}: {self.regimes.name(i)}, {n} windows")
        return "\n".join(lines)


def class_column(table: FeatureTable, name: str) -> NDArray[np.int64]:
    """Classes of the windows of a table; DataError if they are no whole numbers."""
    x = values_of(table, (name,))[:, 0]
    bad = np.flatnonzero((x != np.round(x)) | (x < 0) | (x > 63))
    if bad.size:
        raise DataError(
            f"feature `{name}`: window {bad[0]}: found {x[bad[0]]}, expected a class, "
            "0 ... 63"
        )
    return x.astype(np.int64)


_CHANGED = {
    core.MEAN: "mean",
    core.SCALE: "scale",
    core.SHAPE: "shape",
    core.MIX: "class mix",
    core.TOGETHER: "together",
    core.VALUE: "value",
}
_DIRECTION = {
    directions.UP: "up",
    directions.DOWN: "down",
    directions.WIDER: "wider",
    directions.NARROWER: "narrower",
}


def words(alarm: np.void, inputs: Sequence[str]) -> str:
    """Say what changed and in which direction.

    Parameters
    ----------
    alarm : record of ``ecmkit._core.monitor.ALARM``
        As of a device.
    inputs : sequence of str
        Names of the values of a window.
    """
    what, detail = _CHANGED[int(alarm["what"])], int(alarm["detail"])
    direction = _DIRECTION.get(int(alarm["direction"]), "")
    if what == "class mix":
        return f"class mix to {detail}"
    if what == "scale":
        return "scale up" if direction == "wider" else "scale down"
    if what == "together":
        return f"together, mostly {inputs[detail]} {direction}"
    return f"{what} {direction}".strip()


def _named(name: str, regime: int | None) -> str:
    return name if regime is None else f"{name}, regime {regime}"


def _limit(limit: float) -> str:
    if limit >= 1000.0:
        return f"{limit:,.0f}"
    return f"{limit:.3f}" if limit >= 0.001 else f"{limit:.1e}"


def _shown(run: RunLength | None) -> str:
    if run is None:
        return "not tried"
    return f"{run.mean:,.0f} ({run.low:,.0f} ... {run.high:,.0f}), {run.asked:,.0f}"
