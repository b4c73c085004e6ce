"""Calibrated monitors on real recordings: run-to-failure bearings, a machine's heat."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift_real.recordings import (
    PROFILES,
    bearing_rms,
    every,
    experiments,
    hotelling_alarms,
    machine_temperature,
    skab_score,
)
from ecmkit.drift import Alarm, DriftPlan, PlanDetector, calibrate
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

pytestmark = pytest.mark.data
TableOf = Callable[..., FeatureTable]


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
    table = table_of(bearing_rms(real_data, bearing))
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
    table = table_of(bearing_rms(real_data, "Bearing3_1"))
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
    times, x, windows = machine_temperature(real_data)
    table = table_of(x)
    probation = int(0.15 * len(x))
    plan = DriftPlan(
        false_alarms="1/month",
        hop_s=300.0,
        detectors=(PlanDetector(kind="scale"),),
        hold_off=288,
    )
    alarms = watched(table, probation, plan)
    for begin, end in windows:
        assert any(begin <= times[alarm.at] <= end for alarm in alarms), begin
    # The machine changes more often than the labels say: 14 alarms beside them in the
    # 11 weeks, where chance gives 3.
    assert len(alarms) <= 25


def test_skab_is_scored_above_what_was_published(real_data: Path) -> None:
    """T-squared+Q of the leaderboard has 25.35, 14.51, 31.33, and 232 false alarms."""
    runs = experiments(real_data)
    alarms = [
        hotelling_alarms(run, reference=400, lambda_=0.1, limit=25.0, hold_s=180.0)
        for run in runs
    ]
    scores = {profile: skab_score(runs, alarms, profile) for profile in PROFILES}
    for profile, published in {
        "standard": 25.35,
        "low FP": 14.51,
        "low FN": 31.33,
    }.items():
        assert scores[profile][0] > published + 5, scores
    assert scores["standard"][1] < 232 / 2
    # Its scoring also likes alarms at a fixed pace; at this one they have half.
    blind = [
        skab_score(
            runs,
            [every(run, reference=400, period_s=180.0, phase=k / 10) for run in runs],
            "standard",
        )[0]
        for k in range(10)
    ]
    assert np.mean(blind) < 0.7 * scores["standard"][0]
