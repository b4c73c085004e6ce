"""What do calibrated monitors find in recordings of real machines?"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.drift_real.recordings import (
    PROFILES,
    bearing_rms,
    every,
    experiments,
    hotelling_alarms,
    machine_temperature,
    skab_score,
    table_of,
)
from benchmarks.harness import Figure, Results, Table
from ecmkit.drift import Alarm, DriftPlan, PlanDetector, calibrate
from ecmkit.errors import DataError

BEARINGS = {
    "Bearing1_1": 1000.0,
    "Bearing1_2": 1000.0,
    "Bearing2_2": 1000.0,
    "Bearing3_1": None,
}
"""Windows between false alarms; None: half as many as the refusal names."""
REFERENCE, LAMBDA, PHASES = 400, 0.1, 20
SKAB = {
    "T2 over a weighted mean, limit 25, hold 180 s": (25.0, 180.0),
    "T2 over a weighted mean, limit 144, hold 180 s": (144.0, 180.0),
}
PUBLISHED = {
    "T-squared+Q (PCA-based), published": ((25.35, 14.51, 31.33), 232),
    "Isolation forest, published": ((26.16, 19.5, 30.82), 135),
    "MSCRED, published": ((32.42, 16.53, 40.28), 342),
}
SOURCE = "leaderboard of waico/SKAB, README of 2024-08-11"
BLIND = (61.0, 180.0, 300.0)
TABLES = {
    "bearings": Table(
        "**FEMTO bearings run to failure**, RMS of two directions, each a CUSUM "
        "upwards, calibrated on the first third of life, *measured*.",
        ("bearing", "snapshots", "reference", "asked: one false alarm in",
         "alarms from 33 to 50 % of life", "first after that, % of life"),
        rows=len(BEARINGS),
    ),
    "temperature": Table(
        "**NAB's machine temperature**, a scale CUSUM calibrated on the first 15 % at "
        "one false alarm a month, alarms of a day are one, *measured*.",
        ("labelled windows", "found", "other alarms", "weeks watched"),
        rows=1,
    ),
    "skab": Table(
        "**SKAB's changepoints under its own scoring**, windows of 60 s to the right, "
        f"34 recordings, the first {REFERENCE} rows of each the reference, *measured*; "
        "published figures are of the same scoring.",
        ("detector", *PROFILES, "false alarms"),
        rows=len(SKAB) + len(PUBLISHED) + len(BLIND),
    ),
}  # fmt: skip


def one(what: str, value: float, unit: str, source: str = "") -> Figure:
    return Figure(
        what=what, value=float(f"{value:.4g}"), unit=unit, label="measured",
        source=source,
    )  # fmt: skip


def watched(x: np.ndarray, reference: int, plan: DriftPlan) -> list[Alarm]:
    table = table_of(x)
    known = table.rows(np.arange(len(x)) < reference)
    return list(calibrate(known, plan, seed=0, verify=False).run(table))


def rising(arl0: float) -> DriftPlan:
    detector = PlanDetector(kind="mean", direction="up")
    return DriftPlan(false_alarms=arl0, per="detector", detectors=(detector,))


def allowed(x: np.ndarray, reference: int) -> float:
    """Run length that the refusal names."""
    with pytest.raises(DataError) as refusal:
        watched(x, reference, rising(1000.0))
    return float(str(refusal.value).rsplit(" ", 1)[1])


@pytest.mark.parametrize("bearing", BEARINGS)
def test_bearing(
    bearing: str, real_data: Path, results: Results, benchmark: BenchmarkFixture
) -> None:
    x = bearing_rms(real_data, bearing)
    results.inputs[bearing] = hashlib.sha256(x.tobytes()).hexdigest()
    n, third = len(x), len(x) // 3
    arl0 = BEARINGS[bearing] or 0.5 * allowed(x, third)
    run = partial(watched, x, third, rising(arl0))
    alarms = benchmark.pedantic(run, rounds=1)
    early = sum(third <= alarm.at < n // 2 for alarm in alarms)
    first = min(alarm.at for alarm in alarms if alarm.at >= n // 2) / n
    assert early <= 1
    assert first < 1
    figures = [one(f"{bearing}/early", early, "1"), one(f"{bearing}/first", first, "1")]
    cells = (bearing, n, third, f"{arl0:,.0f} windows", early, f"{100 * first:.0f} %")
    results.row("bearings", cells, figures)


def test_temperature(
    real_data: Path, results: Results, benchmark: BenchmarkFixture
) -> None:
    times, x, windows = machine_temperature(real_data)
    results.inputs["temperature"] = hashlib.sha256(x.tobytes()).hexdigest()
    plan = DriftPlan(
        false_alarms="1/month",
        hop_s=300.0,
        detectors=(PlanDetector(kind="scale"),),
        hold_off=288,
    )
    known = int(0.15 * len(x))
    alarms = benchmark.pedantic(partial(watched, x, known, plan), rounds=1)
    inside = [
        [a for a in alarms if begin <= times[a.at] <= end] for begin, end in windows
    ]
    found = sum(bool(part) for part in inside)
    other = len(alarms) - sum(map(len, inside))
    weeks = (times[-1] - times[known]).days / 7
    assert found == len(windows)
    counts = {"found": found, "other": other}
    figures = [one(f"temperature/{k}", v, "1") for k, v in counts.items()]
    cells = (len(windows), found, other, f"{weeks:.0f}")
    results.row("temperature", cells, figures)


@pytest.mark.parametrize("name", [*SKAB, *PUBLISHED, *map(str, BLIND)])
def test_skab(
    name: str, real_data: Path, results: Results, benchmark: BenchmarkFixture
) -> None:
    runs = experiments(real_data)
    if name in SKAB:
        limit, hold_s = SKAB[name]
        found = benchmark.pedantic(
            lambda: [
                hotelling_alarms(
                    run, reference=REFERENCE, lambda_=LAMBDA, limit=limit, hold_s=hold_s
                )
                for run in runs
            ],
            rounds=1,
        )
        scores = [skab_score(runs, found, profile)[0] for profile in PROFILES]
        false = float(skab_score(runs, found, "standard")[1])
    elif name in PUBLISHED:
        results.inputs["skab"] = hashlib.sha256(
            b"".join(run.x.tobytes() for run in runs)
        ).hexdigest()
        perfect = [run.changes for run in runs]
        nothing = [np.zeros(0) for _ in runs]
        benchmark.pedantic(lambda: skab_score(runs, perfect, "standard"), rounds=1)
        # Not 100, as some changes come within a minute of another.
        assert skab_score(runs, perfect, "standard")[0] > 92
        assert skab_score(runs, nothing, "low FN") == (0.0, 0)
        published, false = PUBLISHED[name]
        scores = list(published)
    else:
        period_s = float(name)
        tried = [
            [
                every(run, reference=REFERENCE, period_s=period_s, phase=k / PHASES)
                for run in runs
            ]
            for k in range(PHASES)
        ]
        benchmark.pedantic(lambda: skab_score(runs, tried[0], "standard"), rounds=1)
        every_score = [
            [skab_score(runs, alarms, profile)[0] for profile in PROFILES]
            for alarms in tried
        ]
        scores = np.mean(every_score, axis=0).tolist()
        false = float(np.mean([skab_score(runs, a, "standard")[1] for a in tried]))
        name = f"blind: an alarm every {period_s:.0f} s, mean of {PHASES} phases"
    figures = [
        one(f"skab/{name}/{profile}", score, "1", SOURCE if name in PUBLISHED else "")
        for profile, score in zip(PROFILES, scores, strict=True)
    ]
    cells = [name, *(f"{score:.1f}" for score in scores), f"{false:.0f}"]
    results.row("skab", cells, figures)
