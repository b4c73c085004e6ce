"""A picture of monitors at work: statistic, limit, alarms, and since when."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.drift.calibration import (
    Alarm,
    Baselines,
    Calibration,
    ClassMonitor,
    Monitor,
    TogetherMonitor,
)
from ecmkit.drift.regimes import runs_of, values_of
from ecmkit.drift.tables import tables_of
from ecmkit.features.optional import require
from ecmkit.features.table import FeatureTable

__all__ = ["draw", "only", "statistic"]

AnyMonitor = Monitor | TogetherMonitor | ClassMonitor

SHOWN_MAX = 8
_CAP = 1.6
"""Ratio to the limit at which the picture ends."""
_SAID_MAX = 6
"""Alarms of a panel that are put into words."""
_INK, _FAINT, _ALARM = "#1f3b57", "#c9d3dc", "#c2410c"


def statistic(
    calibration: Calibration,
    monitor: AnyMonitor,
    table: FeatureTable,
    *,
    baseline: Baselines | None = None,
) -> NDArray[np.float32]:
    """Statistic of a monitor over its limit, window by window.

    Parameters
    ----------
    calibration : Calibration
        Of which it is one.
    monitor : Monitor, TogetherMonitor or ClassMonitor
        Watches something.
    table : FeatureTable
        Has it, finite.
    baseline : mapping of str to (float, float), optional
        As of `Calibration.run`.

    Returns
    -------
    ndarray of float32, shape (n_windows,)
        Above 1 at an alarm; NaN where it rests: where an autoregression starts, and in
        other regimes. Of counters, that of the last window of counters.
    """
    alone = only(calibration, monitor)
    tables = tables_of(alone)
    x, classes = tables.values(table), alone.classes_of(table)
    ratio = np.full(table.x.shape[0], np.nan, np.float32)
    for rows in runs_of(table.recording):
        _, ratios, regimes = tables.new(baseline).run_f32(
            np.ascontiguousarray(x[rows]), np.ascontiguousarray(classes[rows])
        )
        seen = tables.seen(0, regimes)
        ratio[rows[seen]] = ratios[seen, 0]
    return ratio


def only(calibration: Calibration, monitor: AnyMonitor) -> Calibration:
    """Return a calibration of one monitor, which raises levels as it does in all."""
    plan = msgspec.structs.replace(
        calibration.plan,
        together=(monitor.together,) if isinstance(monitor, TogetherMonitor) else (),
        classes=monitor.mix if isinstance(monitor, ClassMonitor) else None,
        bounds=(),
    )
    return msgspec.structs.replace(
        calibration,
        plan=plan,
        monitors=(monitor,) if isinstance(monitor, Monitor) else (),
        together=(monitor,) if isinstance(monitor, TogetherMonitor) else (),
        classes=(monitor,) if isinstance(monitor, ClassMonitor) else (),
    )


def draw(
    calibration: Calibration,
    table: FeatureTable,
    alarms: Sequence[Alarm],
    path: str | Path,
    *,
    baseline: Baselines | None = None,
) -> tuple[str, ...]:
    """Draw the feature and the statistic of each monitor, into a PNG file.

    Parameters
    ----------
    calibration : Calibration
        The monitors.
    table : FeatureTable
        What they watched.
    alarms : sequence of Alarm
        As from `Calibration.run`.
    path : str or Path
        File to write.
    baseline : mapping of str to (float, float), optional
        As of `Calibration.run`.

    Returns
    -------
    tuple of str
        Names of the monitors drawn: at most eight, those with alarms first.

    Raises
    ------
    MissingError
        If Matplotlib is not installed.
    """
    figures = require("matplotlib.figure", "Matplotlib", extra="monitor")
    raised = {(alarm.feature, alarm.detector, alarm.regime) for alarm in alarms}
    ordered = sorted(
        calibration.all_monitors, key=lambda m: (*m.watched, m.regime) not in raised
    )
    shown = ordered[:SHOWN_MAX]
    figure = figures.Figure(
        figsize=(10.0, 0.6 + 1.9 * len(shown)), layout="constrained"
    )
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for axes, monitor in zip(panels, shown, strict=True):
        named = (*monitor.watched, monitor.regime)
        own = [
            alarm
            for alarm in alarms
            if (alarm.feature, alarm.detector, alarm.regime) == named
        ]
        ratio = statistic(calibration, monitor, table, baseline=baseline)
        _panel(axes, monitor, table, ratio, own)
    panels[-1].set_xlabel("window")
    panels[0].legend(loc="upper left", fontsize=8, ncols=4, frameon=False)
    hidden = len(ordered) - len(shown)
    note = f"; {hidden} more monitors not drawn" if hidden else ""
    figure.suptitle(
        f"{len(alarms)} alarms in {table.x.shape[0]:,} windows; by chance one in "
        f"{calibration.arl0:,.0f}{note}",
        fontsize=10,
    )
    figure.savefig(path, format="png", dpi=110, metadata={"Software": None})
    return tuple(monitor.name for monitor in shown)


def _panel(
    axes: Any,
    monitor: AnyMonitor,
    table: FeatureTable,
    ratio: NDArray[np.float32],
    alarms: list[Alarm],
) -> None:
    windows = np.arange(table.x.shape[0])
    value = axes.twinx()
    x, name = _trace(monitor, table)
    value.plot(windows, x, color=_FAINT, lw=0.7, zorder=1)
    value.set_ylabel(name, color="#7b8794")
    value.tick_params(colors="#7b8794", labelsize=8)
    axes.set_zorder(value.get_zorder() + 1)
    axes.patch.set_visible(False)
    plot = axes.plot
    plot(windows, np.minimum(ratio, _CAP), color=_INK, lw=1.0, label="statistic")
    plot(windows[[0, -1]], [1.0, 1.0], color=_INK, lw=0.8, ls="--", label="limit")
    for i, alarm in enumerate(alarms):
        plot(
            [alarm.since, alarm.at], [0.0, 0.0], color=_ALARM, lw=3.0,
            label="" if i else "since", solid_capstyle="butt",
        )  # fmt: skip
        if i < _SAID_MAX:
            axes.annotate(
                alarm.what, (alarm.at, _CAP), xytext=(3, -9), clip_on=True,
                textcoords="offset points", color=_ALARM, fontsize=7,
            )  # fmt: skip
    if alarms:
        at = [alarm.at for alarm in alarms]
        top = np.minimum(ratio[at], _CAP)
        plot(at, top, "v", color=_ALARM, ms=6, label="alarm")
    axes.set_ylim(0.0, _CAP)
    axes.set_ylabel("statistic / limit", fontsize=8)
    title = f"{monitor.name}: one false alarm in {monitor.arl0:,.0f} windows"
    axes.set_title(title, fontsize=9, loc="left")
    axes.spines[["top"]].set_visible(False)


def _trace(monitor: AnyMonitor, table: FeatureTable) -> tuple[NDArray[np.float32], str]:
    """Return what lies behind: a feature, the first of several, or the classes."""
    if isinstance(monitor, ClassMonitor):
        return values_of(table, (monitor.mix.column,))[:, 0], monitor.mix.column
    score = monitor.score if isinstance(monitor, Monitor) else monitor.scores[0]
    x = values_of(table, (score.feature,))[:, 0]
    low, high = score.center - 6 * score.sd, score.center + 6 * score.sd
    return np.clip(x, low, high), f"{score.feature} [{score.unit or '1'}]"
