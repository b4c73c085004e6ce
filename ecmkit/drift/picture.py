"""A picture of monitors at work: statistic, limit, alarms, and since when."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift import trial
from ecmkit.drift.calibrate import Alarm, Calibration, Monitor, runs_of, scored
from ecmkit.drift.detectors import Cusum
from ecmkit.features.optional import require
from ecmkit.features.table import FeatureTable

__all__ = ["draw", "statistic"]

SHOWN_MAX = 8
_CAP = 1.6
"""Ratio to the limit at which the picture ends."""
_INK, _FAINT, _ALARM = "#1f3b57", "#c9d3dc", "#c2410c"


def statistic(monitor: Monitor, table: FeatureTable) -> NDArray[np.float32]:
    """Statistic of a monitor over its limit, window by window.

    Parameters
    ----------
    monitor : Monitor
        Watches a feature.
    table : FeatureTable
        Has it, finite.

    Returns
    -------
    ndarray of float32, shape (n_windows,)
        Above 1 at an alarm, after which the statistic starts again at 0; NaN where the
        autoregression starts.
    """
    z = scored(monitor, table)
    ratio = np.full(z.shape, np.nan, np.float32)
    for rows in runs_of(table.recording):
        rows = rows[np.isfinite(z[rows])]
        detector = trial.new_detector(monitor.detector, monitor.limit)
        if isinstance(detector, Cusum):
            ratio[rows] = detector.update_many_f32(z[rows])[0]
        else:
            ratio[rows] = [detector.update(float(value)).ratio for value in z[rows]]
    return ratio


def draw(
    calibration: Calibration,
    table: FeatureTable,
    alarms: Sequence[Alarm],
    path: str | Path,
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
    raised = {(alarm.feature, alarm.detector) for alarm in alarms}
    ordered = sorted(
        calibration.monitors,
        key=lambda m: (m.score.feature, m.detector.kind) not in raised,
    )
    shown = ordered[:SHOWN_MAX]
    figure = figures.Figure(
        figsize=(10.0, 0.6 + 1.9 * len(shown)), layout="constrained"
    )
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for axes, monitor in zip(panels, shown, strict=True):
        own = [
            alarm
            for alarm in alarms
            if alarm.feature == monitor.score.feature
            and alarm.detector == monitor.detector.kind
        ]
        _panel(axes, monitor, table, own)
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
    axes: Any, monitor: Monitor, table: FeatureTable, alarms: list[Alarm]
) -> None:
    score = monitor.score
    x = table.x[:, table.names.index(score.feature)]
    windows = np.arange(x.size)
    ratio = statistic(monitor, table)
    value = axes.twinx()
    low, high = score.center - 6 * score.sd, score.center + 6 * score.sd
    value.plot(windows, np.clip(x, low, high), color=_FAINT, lw=0.7, zorder=1)
    value.set_ylabel(f"{score.feature} [{score.unit or '1'}]", color="#7b8794")
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
    if alarms:
        at = [alarm.at for alarm in alarms]
        top = np.minimum(ratio[at], _CAP)
        plot(at, top, "v", color=_ALARM, ms=6, label="alarm")
    axes.set_ylim(0.0, _CAP)
    axes.set_ylabel("statistic / limit", fontsize=8)
    title = f"{monitor.name}: one false alarm in {monitor.arl0:,.0f} windows"
    axes.set_title(title, fontsize=9, loc="left")
    axes.spines[["top"]].set_visible(False)
