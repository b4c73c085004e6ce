"""Real recordings as features, and how SKAB scores what was found in its own."""

import csv
import json
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift import HotellingT2
from ecmkit.features.table import FeatureTable

__all__ = [
    "PROFILES",
    "Experiment",
    "bearing_rms",
    "every",
    "experiments",
    "hotelling_alarms",
    "machine_temperature",
    "skab_score",
    "table_of",
]

Floats = NDArray[np.float64]
PROFILES = {
    "standard": (1.0, -0.11, -1.0),
    "low FP": (1.0, -0.22, -1.0),
    "low FN": (1.0, -0.11, -2.0),
}
"""Of the Numenta benchmark: points for what is found at once, for a false alarm, for a
change that is missed."""
WINDOW_S = 60.0


def table_of(x: NDArray[np.generic]) -> FeatureTable:
    """Make a table of one recording, features f0, f1, ..."""
    n, columns = x.shape
    none = np.full(n, "r")
    return FeatureTable(
        x=np.ascontiguousarray(x, np.float32),
        names=tuple(f"f{i}" for i in range(columns)),
        units=("1",) * columns,
        recording=none,
        start=np.arange(n, dtype=np.int64),
        label=none,
        group=none,
        contract_id="c",
    )


def bearing_rms(data: Path, bearing: str) -> Floats:
    """RMS [g] of each snapshot of a FEMTO bearing, horizontal and vertical."""
    with np.load(data / "femto_pronostia" / f"{bearing}.npz") as file:
        x = file["x"] * file["scale"]
    x = x - x.mean(axis=1, keepdims=True)
    rms: Floats = np.sqrt((x**2).mean(axis=1))
    return rms


def machine_temperature(
    data: Path,
) -> tuple[list[datetime], Floats, list[tuple[datetime, datetime]]]:
    """Times, temperatures and labelled windows of NAB's machine."""
    name = "machine_temperature_system_failure.csv"
    with (data / "nab" / name).open() as file:
        rows = list(csv.DictReader(file))
    labels = json.loads((data / "nab" / "combined_windows.json").read_text())
    windows = [
        (datetime.fromisoformat(begin[:19]), datetime.fromisoformat(end[:19]))
        for begin, end in labels[f"realKnownCause/{name}"]
    ]
    times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    return times, np.array([[float(row["value"])] for row in rows]), windows


@dataclass(frozen=True)
class Experiment:
    """A recording of SKAB: seconds, eight sensors, when something changed, and the rows
    that count as anomalous."""

    name: str
    t: Floats
    x: Floats
    changes: Floats
    anomalous: NDArray[np.bool_]


def experiments(data: Path) -> list[Experiment]:
    """All recordings of SKAB with a change."""
    found = []
    for path in sorted((data / "skab").glob("*/*.csv")):
        if path.parent.name == "anomaly-free":
            continue
        with path.open() as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        names = list(rows[0])[1:-2]
        t = np.array([datetime.fromisoformat(r["datetime"]).timestamp() for r in rows])
        x = np.array([[float(r[name]) for name in names] for r in rows])
        change = np.array([float(r["changepoint"]) for r in rows]) == 1
        anomalous = np.array([float(r["anomaly"]) for r in rows]) == 1
        name = f"{path.parent.name}/{path.stem}"
        found.append(Experiment(name, t, x, t[change], anomalous))
    return found


def hotelling_alarms(
    run: Experiment, *, reference: int, lambda_: float, limit: float, hold_s: float
) -> Floats:
    """When T2 over a weighted mean alarms, its first rows being the reference.

    An alarm that lasts is one for `hold_s` seconds.
    """
    known = run.x[:reference]
    covariance = np.cov(known.T) + np.diag(1e-6 * known.var(axis=0) + 1e-9)
    detector = HotellingT2(known.mean(axis=0), covariance, limit, lambda_)
    at = detector.update_many(run.x[reference:]) + reference
    kept: list[float] = []
    for moment in run.t[at].tolist():
        if not kept or moment - kept[-1] > hold_s:
            kept.append(moment)
    return np.array(kept)


def every(run: Experiment, *, reference: int, period_s: float, phase: float) -> Floats:
    """Alarms at a fixed pace, whatever the sensors say."""
    start = run.t[reference] + phase * period_s
    return np.arange(start, run.t[-1], period_s)


def skab_score(
    runs: list[Experiment], alarms: list[Floats], profile: str
) -> tuple[float, int]:
    """Score alarms as SKAB does, and count the false ones.

    A window of 60 s follows each change; where two would overlap, the later one begins
    where the earlier ends. The first alarm in a window gives points that fall from 1 to
    those of a false alarm along a hyperbolic tangent, others in it give none, those
    outside of all windows are false. 100 is the best there is, 0 is for saying nothing.

    Parameters
    ----------
    runs : list of Experiment
        The recordings.
    alarms : list of ndarray
        Times of each recording's alarms [s].
    profile : str
        Of `PROFILES`.
    """
    hit, false, miss = PROFILES[profile]
    points, false_n, changes_n = 0.0, 0, 0
    for run, found in zip(runs, alarms, strict=True):
        inside = np.zeros(found.size, bool)
        changes_n += run.changes.size
        end = -math.inf
        for change in run.changes.tolist():
            begin, end = max(change, end), change + WINDOW_S
            within = (found >= begin) & (found <= end)
            inside |= within
            if within.any():
                place = (float(found[within][0]) - begin) / (end - begin)
                fall = math.tanh(math.pi * (place - 0.5)) / math.tanh(math.pi / 2)
                points += (hit + false) / 2 - (hit - false) / 2 * fall
            else:
                points += miss
        false_n += int((~inside).sum())
    points += false * false_n
    return 100 * (points - miss * changes_n) / ((hit - miss) * changes_n), false_n
