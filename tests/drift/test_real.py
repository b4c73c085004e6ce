"""Calibrated monitors on real recordings: run-to-failure bearings, a machine's heat."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ecmkit.drift import Alarm, DriftPlan, PlanDetector, calibrate
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

pytestmark = pytest.mark.data
TableOf = Callable[..., FeatureTable]


def rms_of(folder: Path, bearing: str) -> np.ndarray:
    """RMS [g] of each snapshot, horizontal and vertical."""
    with np.load(folder / "femto_pronostia" / f"{bearing}.npz") as file:
        x = file["x"] * file["scale"]
    x = x - x.mean(axis=1, keepdims=True)
    return np.sqrt((x**2).mean(axis=1))


def watched(table: FeatureTable, n_reference: int, plan: DriftPlan) -> list[Alarm]:
    at = np.arange(len(table.x))
    calibration = calibrate(table.rows(at < n_reference), plan, seed=0, verify=False)
    return list(calibration.run(table))


def rising(arl0: float) -> DriftPlan:
    detector = PlanDetector(kind="mean", direction="up")
    return DriftPlan(false_alarms=arl0, per="detector", detectors=(detector,))


@pytest.mark.parametrize("bearing", ["Bearing1_1", "Bearing1_2", "Bearing2_2"])
def test_bearing_is_quiet_in_mid_life_and_alarms_before_it_fails(
    bearing: str, real_data: Path, table_of: TableOf
) -> None:
    table = table_of(rms_of(real_data, bearing))
    n = len(table.x)
    alarms = watched(table, n // 3, rising(1000))
    assert sum(n // 3 <= alarm.at < n // 2 for alarm in alarms) <= 1
    late = [alarm for alarm in alarms if alarm.at >= n // 2]
    assert late
    assert min(alarm.at for alarm in late) < 0.95 * n
    assert all(alarm.what == "mean up" for alarm in alarms)


def test_a_reference_of_171_windows_says_what_it_allows(
    real_data: Path, table_of: TableOf
) -> None:
    table = table_of(rms_of(real_data, "Bearing3_1"))
    n = len(table.x)
    with pytest.raises(DataError, match="found 171 reference windows") as error:
        watched(table, n // 3, rising(1000))
    allowed = float(str(error.value).rsplit(" ", 1)[1])
    assert 100 < allowed < 1000
    alarms = watched(table, n // 3, rising(0.5 * allowed))
    assert any(alarm.at >= n // 2 for alarm in alarms)


def test_labelled_windows_of_a_machine_temperature_are_found(
    real_data: Path, table_of: TableOf
) -> None:
    name = "machine_temperature_system_failure.csv"
    with (real_data / "nab" / name).open() as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    labels = json.loads((real_data / "nab" / "combined_windows.json").read_text())
    table = table_of(np.array([[float(row["value"])] for row in rows]))
    probation = int(0.15 * len(rows))
    plan = DriftPlan(
        false_alarms="1/month",
        hop_s=300.0,
        detectors=(PlanDetector(kind="scale"),),
        hold_off=288,
    )
    alarms = watched(table, probation, plan)
    for pair in labels[f"realKnownCause/{name}"]:
        begin, end = (datetime.fromisoformat(text[:19]) for text in pair)
        assert any(begin <= times[alarm.at] <= end for alarm in alarms), pair
    # The machine changes more often than the labels say: 14 alarms beside them in the
    # 11 weeks, where chance gives 3.
    assert len(alarms) <= 25
