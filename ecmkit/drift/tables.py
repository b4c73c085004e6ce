"""Calibrated monitors as the tables of ``ecm_monitor``: for this machine and for C."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import dist
from ecmkit._core import monitor as core
from ecmkit.drift.calibration import (
    Baselines,
    Calibration,
    ClassMonitor,
    Counts,
    Monitor,
)
from ecmkit.drift.detectors import Named
from ecmkit.drift.plan_parts import ON_DEVICE, Distance, Persistence
from ecmkit.drift.records import ScoreWatch
from ecmkit.drift.regimes import RegimeModel, values_of
from ecmkit.drift.scores import FeatureScore
from ecmkit.drift.scores import Kind as Scored
from ecmkit.drift.sketches import class_ids_of
from ecmkit.drift.trial import new_detector
from ecmkit.features.table import FeatureTable
from ecmkit.formats import content_hash, nearest

__all__ = [
    "DeviceMonitors",
    "GroupTable",
    "RowTable",
    "ScoreTable",
    "Tables",
    "tables_of",
]

Float32 = NDArray[np.float32]
_NONE = np.zeros(0, np.float32)
_DISTANCES: dict[Distance, int] = {
    "ks": core.KS,
    "chi2": core.CHI2,
    "wasserstein": core.WASSERSTEIN,
    "jensen_shannon": core.JENSEN_SHANNON,
    "psi": core.PSI,
}
_WHAT = {
    "mean": core.MEAN,
    "ewma": core.MEAN,
    "scale": core.SCALE,
    "distribution": core.SHAPE,
    "page_hinkley": core.MEAN,
    "e_detector": core.MEAN,
    "adwin": core.MEAN,
}


class ScoreTable(NamedTuple):
    """``ecm_monitor_score_t``."""

    input: int
    regime: int
    center: float
    scale: float
    floor: float
    phi: Float32
    edges: Float32
    scores: Float32
    spread: float = 0.0


class RowTable(NamedTuple):
    """``ecm_monitor_row_t``; settings as the form asks for, see the binding."""

    form: int
    what: int
    group: int
    regime: int
    score: int
    up_only: bool
    top: float
    settings: tuple[Any, ...]
    detector: str = ""
    """Name of the kind; not a part of the table."""


class GroupTable(NamedTuple):
    """``ecm_monitor_group_t``, with a name."""

    name: str
    feature: str
    persists: bool
    hold_off: int


class DeviceMonitors(core.Monitors):
    """The monitors of a device, in its C, with its state."""

    def run_f32(
        self, x: ArrayLike, class_id: ArrayLike
    ) -> tuple[NDArray[np.void], Float32, NDArray[np.uint32]]:
        """Take windows one after another.

        Parameters
        ----------
        x : array_like, shape (n, inputs)
            Values in the order of `Tables.inputs`; they become float32. Not finite: not
            known.
        class_id : array_like of int, shape (n,)
            Class of each window, 0 ... 2^32 - 1; too large: not known.

        Returns
        -------
        alarms : ndarray of ``ecmkit._core.monitor.ALARM``
            In order.
        ratios : ndarray of float32, shape (n, groups)
            Largest statistic of each group over its limit, as last known.
        regimes : ndarray of uint32, shape (n,)
            Of each window; without: 2^32 - 1.

        Raises
        ------
        ValueError
            If a shape does not match; nothing was taken.
        """
        values = np.ascontiguousarray(x, np.float32)
        if values.ndim != 2:
            raise ValueError(f"x has shape {values.shape}, expected (n, inputs)")
        return super().run_f32(values, class_ids_of(class_id))


@dataclass(kw_only=True)
class Tables:
    """Tables of monitors, in their order on the device."""

    inputs: tuple[str, ...]
    """Values of a window, by position."""
    scores: list[ScoreTable] = field(default_factory=list)
    rows: list[RowTable] = field(default_factory=list)
    groups: list[GroupTable] = field(default_factory=list)
    persistence: Persistence | None = None
    regimes: RegimeModel | None = None

    @property
    def id(self) -> int:
        """First 32 bits of the content's hash: of which tables a state is."""
        text = repr((
            self.inputs, self.persistence, self.regimes,
            [_plain(row) for row in (*self.scores, *self.rows, *self.groups)],
        ))  # fmt: skip
        return int(content_hash(text)[:8], 16)

    @property
    def persist(self) -> tuple[Float32, float, int, int] | None:
        """Levels, band, k and n of ``ecm_persist_cfg_t``."""
        own = self.persistence
        if own is None:
            return None
        return np.array(own.levels, np.float32), own.hysteresis, own.k, own.n

    def new(self, baseline: Baselines | None = None) -> "DeviceMonitors":
        """Return a device's monitors that have seen nothing.

        Parameters
        ----------
        baseline : mapping of str to (float, float), optional
            Mean and spread of the features that the device has learnt.
        """
        regime = None
        if self.regimes is not None:
            regime = self.regimes.settings({n: i for i, n in enumerate(self.inputs)})
        persist = self.persist
        groups = [
            (
                None if persist is None or not group.persists
                else (*persist, group.hold_off),
                group.hold_off,
            )
            for group in self.groups
        ]  # fmt: skip
        made = DeviceMonitors(
            self.id,
            max(1, len(self.inputs)),
            [tuple(score) for score in self.scores],
            [tuple(row[:8]) for row in self.rows],
            groups,
            regime,
        )
        if baseline is not None:
            numbers = [baseline.get(name, (0.0, 0.0)) for name in self.inputs]
            means, spreads = np.array(numbers, np.float32).reshape(-1, 2).T.copy()
            made.rebase(means, spreads)
        return made

    def values(self, table: FeatureTable) -> Float32:
        """Values of each window of a table, shape (n, inputs), for `new`.

        What a device alone knows, `ON_DEVICE`, is NaN where the table has it not: its
        monitors rest.
        """
        x = np.full((table.x.shape[0], max(1, len(self.inputs))), np.nan, np.float32)
        known = [
            i for i, name in enumerate(self.inputs)
            if name in table.names or name not in ON_DEVICE
        ]  # fmt: skip
        x[:, known] = values_of(table, tuple(self.inputs[i] for i in known))
        return x

    def seen(self, row: int, regimes: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Windows that a row takes: those of its regime, once its scores have begun.

        Parameters
        ----------
        row : int
            Which.
        regimes : ndarray of uint32, shape (n,)
            Regime of each window of a stream.
        """
        own = self.rows[row]
        active = (
            np.ones(regimes.size, bool) if own.regime == core.ANY
            else regimes == own.regime
        )  # fmt: skip
        run = np.arange(regimes.size) - np.maximum.accumulate(
            np.where(active, -1, np.arange(regimes.size))
        )
        return np.flatnonzero(active & (run > self._order(own)))

    def _order(self, row: RowTable) -> int:
        if row.form == core.CLASSES:
            return 0
        members = row.settings[4] if row.form == core.T2 else [row.score]
        return max(self.scores[i].phi.size for i in members)


def tables_of(
    calibration: Calibration | None,
    *,
    watches: Sequence[ScoreWatch] = (),
    inputs: Sequence[str] | None = None,
) -> Tables:
    """Write monitors as tables.

    Parameters
    ----------
    calibration : Calibration, optional
        Monitors of a drift plan.
    watches : sequence of ScoreWatch
        Of the scores of models; their groups come first, in this order.
    inputs : sequence of str, optional
        Values of a window, by position; by default those that the monitors read.

    Returns
    -------
    Tables

    Raises
    ------
    ValueError
        If a monitor reads a value that there is not; names the nearest.
    """
    if inputs is None:
        inputs = () if calibration is None else calibration.inputs
    made = _Maker(tuple(inputs))
    for watch in watches:
        made.watch(watch)
    if calibration is not None:
        made.calibration(calibration)
    return made.tables


class _Maker:
    """Fills tables; a score that several detectors take is there once."""

    def __init__(self, inputs: tuple[str, ...]) -> None:
        self.tables = Tables(inputs=inputs)
        self._known: dict[tuple[str, Scored, int | None], int] = {}

    def watch(self, watch: ScoreWatch) -> None:
        self.tables.scores.append(
            ScoreTable(
                self._input(watch.score), core.ANY, watch.mean, watch.inv_sd,
                watch.floor, _NONE, _NONE, _NONE,
            )
        )  # fmt: skip
        self._group(watch.score, watch.score, persists=False, hold_off=0)
        self._row(core.CUSUM, core.MEAN, None, len(self.tables.scores) - 1,
                  (watch.k, watch.h), detector="score")  # fmt: skip

    def calibration(self, found: Calibration) -> None:
        plan = found.plan
        self.tables.persistence = plan.persistence
        self.tables.regimes = found.regimes
        if found.regimes is not None:
            for name in found.regimes.by:
                self._input(name)
        features = dict.fromkeys(one.score.feature for one in found.monitors)
        for counted in (False, True):
            for feature in features:
                own = [
                    one for one in found.monitors
                    if one.score.feature == feature
                    and (one.counts is not None) == counted
                ]  # fmt: skip
                if own:
                    self._feature(own, plan.hold_off)
        for together in plan.together:
            members = [m for m in found.together if m.together == together]
            self._together(members, plan.hold_off)
        if found.classes:
            self._classes(found.classes, plan.hold_off)
        for bound in plan.bounds:
            self.tables.scores.append(
                ScoreTable(self._input(bound.value), core.ANY, 0.0, 1.0, 0.0, _NONE,
                           _NONE, _NONE)
            )  # fmt: skip
            self._group(bound.value, bound.value, hold_off=plan.hold_off)
            self._row(core.LIMIT, core.VALUE, None, len(self.tables.scores) - 1,
                      (bound.limit,), detector="bound")  # fmt: skip

    def _feature(self, own: list[Monitor], hold_off: int) -> None:
        feature = own[0].score.feature
        name = feature if own[0].counts is None else f"{feature} distribution"
        self._group(name, feature, hold_off=hold_off)
        for one in own:
            detector = one.detector
            score = self._score(one.score, detector.scores, one.regime)
            what = _WHAT[detector.kind]
            if one.counts is not None:
                settings = _counts(one.counts, detector.window, detector.distance,
                                   one.limit)  # fmt: skip
                self._row(core.COUNTS, what, one.regime, score, settings,
                          detector=detector.kind)  # fmt: skip
            elif detector.kind in ("page_hinkley", "e_detector", "adwin"):
                made, top = _of_kind(one, self._top)
                self._row(core.KIND, what, one.regime, score, (made,), top=top,
                          detector=detector.kind)  # fmt: skip
            elif detector.kind == "ewma":
                top = self._top
                self._row(core.EWMA, what, one.regime, score,
                          (detector.lambda_, one.limit * top), top=top,
                          detector=detector.kind)  # fmt: skip
            else:
                top = self._top
                self._row(core.CUSUM, what, one.regime, score,
                          (detector.reference_value, one.limit * top), top=top,
                          up_only=detector.direction == "up",
                          detector=detector.kind)  # fmt: skip

    def _together(self, members: list[Any], hold_off: int) -> None:
        features = "+".join(score.feature for score in members[0].scores)
        self._group(f"{features} together", features, hold_off=hold_off)
        for one in members:
            scores = [self._score(s, "mean", one.regime) for s in one.scores]
            top = self._top
            settings = (
                np.zeros(len(scores), np.float32), np.array(one.whiten, np.float32),
                one.together.lambda_, one.limit * top, np.array(scores, np.uint16),
            )  # fmt: skip
            self._row(core.T2, core.TOGETHER, one.regime, 0, settings, top=top,
                      detector="together")  # fmt: skip

    def _classes(self, members: Sequence[ClassMonitor], hold_off: int) -> None:
        column = members[0].mix.column
        self._group(f"{column} mix", column, hold_off=hold_off)
        for one in members:
            settings = _counts(one.counts, one.mix.window, one.mix.distance, one.limit)
            self._row(core.CLASSES, core.MIX, one.regime, 0, settings,
                      detector="mix")  # fmt: skip

    @property
    def _top(self) -> float:
        own = self.tables.persistence
        return 1.0 if own is None else own.top

    def _input(self, name: str) -> int:
        names = self.tables.inputs
        if name not in names:
            hint = nearest(name, names)
            raise ValueError(
                f"features: found {name!r}, expected one of {', '.join(names)}{hint}"
            )
        return names.index(name)

    def _group(
        self, name: str, feature: str, *, hold_off: int, persists: bool = True
    ) -> None:
        persists = persists and self.tables.persistence is not None
        self.tables.groups.append(GroupTable(name, feature, persists, hold_off))

    def _score(self, score: FeatureScore, kind: Scored, regime: int | None) -> int:
        key = (score.feature, kind, regime)
        if key not in self._known:
            self._known[key] = len(self.tables.scores)
            values = score.scale_scores if kind == "scale" else score.scores
            self.tables.scores.append(
                ScoreTable(
                    self._input(score.feature), _regime(regime), score.center, 1.0,
                    0.0, np.array(score.phi, np.float32),
                    np.array(score.edges, np.float32), np.array(values, np.float32),
                    0.0 if score.baseline is None else score.sd,
                )
            )  # fmt: skip
        return self._known[key]

    def _row(
        self, form: int, what: int, regime: int | None, score: int,
        settings: tuple[Any, ...], *, detector: str, top: float = 1.0,
        up_only: bool = False,
    ) -> None:  # fmt: skip
        group = len(self.tables.groups) - 1
        row = RowTable(form, what, group, _regime(regime), score, up_only, top,
                       settings, detector)  # fmt: skip
        self.tables.rows.append(row)


def _of_kind(one: Monitor, top: float) -> tuple[Named, float]:
    """Return a detector that starts again above `top` limits, and that factor.

    The levels of an e-detector are those of the logarithm of its statistic, which has
    at most 30 digits. ADWIN has no statistic: it cuts at once.
    """
    limit = one.limit
    if one.detector.kind == "e_detector":
        top = max(1.0, min(top, math.log(1e30) / math.log(limit)))
        limit = limit**top
    elif one.detector.kind == "adwin":
        top = 1.0
    else:
        limit *= top
    return new_detector(one.detector, limit, one.discounts), top


def _regime(regime: int | None) -> int:
    return core.ANY if regime is None else regime


def _counts(
    counts: Counts, window: int, distance: Distance, limit: float
) -> tuple[Any, ...]:
    edges = np.array(counts.edges, np.float32) if counts.edges else None
    return (edges, counts.shares, counts.n, window, dist.TUMBLING,
            _DISTANCES[distance], limit)  # fmt: skip


def _plain(value: Any) -> Any:
    """Nested tuples with arrays as lists, for a hash."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
