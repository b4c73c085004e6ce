"""Alarms on features: a warning and an alarm limit each, steady by hysteresis."""

import math
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit._core import level
from ecmkit.features.table import FeatureTable
from ecmkit.formats import nearest

__all__ = ["AlarmLevels", "BandAlarm", "band_alarms"]


class BandAlarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one feature, such as the RMS of a band; construction checks them.

    Examples
    --------
    >>> BandAlarm(feature="band_rms_10_1000", unit="g", warning=0.5, alarm=1.0).hold
    3
    """

    feature: str
    """Name of a column of the table."""
    unit: str
    """Of the limits: that of the column."""
    warning: float
    alarm: float
    """Above `warning`."""
    hysteresis: float = 0.1
    """Share of a limit by which a value must lie below it before its state ends: 0 up
    to below 1."""
    hold: int = 3
    """Windows in succession before a state begins or ends."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        _expect(bool(self.feature), "feature", "nothing", "a name")
        fits = math.isfinite(self.warning)
        _expect(fits, "warning", self.warning, "a finite number")
        fits = self.warning < self.alarm < math.inf
        _expect(fits, "alarm", self.alarm, f"above warning, {self.warning:g}")
        fits = 0 <= self.hysteresis < 1
        _expect(fits, "hysteresis", self.hysteresis, "0 up to below 1")
        _expect(self.hold >= 1, "hold", self.hold, "1 or more")

    def follower(self) -> level.LevelF32:
        """Make the state machine that a device runs, at its start."""
        limits = np.array([self.warning, self.alarm], np.float32)
        release = (limits - self.hysteresis * np.abs(limits)).astype(np.float32)
        return level.LevelF32(limits, release, self.hold, self.hold)


@dataclass(frozen=True, kw_only=True)
class AlarmLevels:
    """State of each alarm at each window: 0 normal, 1 warning, 2 alarm."""

    level: NDArray[np.uint32]
    """Shape (n_windows, n_alarms)."""
    features: tuple[str, ...]
    recording: NDArray[np.str_]
    """Id of the recording of each window, shape (n_windows,)."""
    start: NDArray[np.int64]
    """First sample of each window in its recording, shape (n_windows,)."""

    @property
    def worst(self) -> NDArray[np.uint32]:
        """Highest of the alarms at each window, shape (n_windows,)."""
        out: NDArray[np.uint32] = self.level.max(axis=1)
        return out


def band_alarms(table: FeatureTable, alarms: tuple[BandAlarm, ...]) -> AlarmLevels:
    """Follow alarms along the windows of a table.

    Parameters
    ----------
    table : FeatureTable
        Windows in the order of time within each recording; each recording starts in
        the normal state.
    alarms : tuple of BandAlarm
        At least one.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected, and the nearest name; also for a
        NaN.

    Notes
    -----
    Runs ``ecm_level_update_f32``. In the terms of ISO 13374 this is state detection.
    """
    _expect(len(alarms) > 0, "alarms", "none", "at least one")
    out = np.zeros((len(table.x), len(alarms)), np.uint32)
    starts = np.flatnonzero(table.recording[1:] != table.recording[:-1]) + 1
    for i, alarm in enumerate(alarms):
        column = np.ascontiguousarray(table.x[:, _column(table, alarm, i)])
        bad = int(np.count_nonzero(np.isnan(column)))
        _expect(bad == 0, alarm.feature, f"{bad} NaN", "numbers")
        parts = np.split(np.arange(len(column)), starts)
        for rows in parts:
            zones = np.empty(len(rows), np.uint32)
            alarm.follower().update(column[rows], zones)
            out[rows, i] = zones
    return AlarmLevels(
        level=out,
        features=tuple(alarm.feature for alarm in alarms),
        recording=table.recording,
        start=table.start,
    )


def _column(table: FeatureTable, alarm: BandAlarm, index: int) -> int:
    where = f"alarms[{index}]"
    if alarm.feature not in table.names:
        hint = nearest(alarm.feature, table.names)
        raise ValueError(
            f"{where}.feature: found {alarm.feature!r}, expected one of "
            f"{', '.join(table.names)}{hint}"
        )
    at = table.names.index(alarm.feature)
    expected = f"{table.units[at]}, the unit of {alarm.feature}"
    _expect(alarm.unit == table.units[at], f"{where}.unit", alarm.unit, expected)
    return at


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
