"""Verdicts over simulated lives of a device."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from ecmkit.drift import Reference
from ecmkit.errors import DataError
from ecmkit.monitor import DriftReport, ingest, watch
from ecmkit.monitor.watch import _onset


@pytest.fixture
def judge(contract, model_id, reference, watches):
    def run(frames, **options) -> DriftReport:
        telemetry = ingest(frames, contract=contract, model_id=model_id)
        return watch(telemetry, reference, watches=watches, **options)

    return run


def test_a_stable_machine(life, judge) -> None:
    report = judge(life(60))
    assert report.verdict == "stable"
    assert not report.needs_retraining
    assert report.reasons == ()
    assert "behaves as in the reference" in report.sentence
    assert report.duration_s == 600
    assert report.windows == 600
    assert all(not row.drifted for row in report.features)
    assert all(row.n == 600 for row in report.features)


def test_false_verdicts_are_rare(contract, model_id, reference, watches) -> None:
    """Drift where nothing changed: as often as alpha says."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(400):
        n = 40
        bins = rng.multinomial(30, np.full(8, 1 / 8), size=n)
        # The reference's own sampling error, as in a reference of 2000 windows.
        own = rng.multinomial(2000, np.full(8, 1 / 8), size=3) / 2000
        known = Reference(
            names=reference.names,
            edges=reference.edges,
            probabilities=own.astype(np.float32),
            n=2000,
        )
        telemetry = ingest([], contract=contract, model_id=model_id)
        series = {
            name: np.zeros(n, getattr(telemetry, name).dtype)
            for name in ("health", "alarms", "class_id", "score", "drift")
        }
        telemetry = replace(
            telemetry,
            time_s=10.0 * np.arange(1, n + 1),
            feature=np.arange(n) % 3,
            counters=bins,
            **series,
        )
        wrong += (
            watch(telemetry, known, watches=watches, alpha=0.05).verdict != "stable"
        )
    assert 0.01 < wrong / 400 <= 0.075  # 0.05 and two standard errors


def test_a_changed_machine(life, judge) -> None:
    report = judge(life(80, shift=1.5, at=50), classes=("healthy", "inner", "outer"))
    assert report.verdict == "drift"
    assert report.needs_retraining
    assert all(row.drifted for row in report.features)
    (alarm,) = report.alarms
    assert alarm.score == "distance"
    assert alarm.significant
    assert alarm.since_s == 500
    assert alarm.first_s == 520
    assert alarm.expected == pytest.approx(800 / 1e5)
    assert "since about 500 s" in report.sentence
    assert len(report.reasons) == 2
    assert "Score distance alarmed" in report.reasons[0]
    assert report.class_mix.names == ("healthy", "inner", "outer")
    assert report.class_mix.second == (10, 0, 30)
    assert report.class_mix.change == pytest.approx(0.75)


def test_features_alone_are_enough(life, judge) -> None:
    report = judge(life(80, shift=1.5, at=50, alarms=False))
    assert report.verdict == "drift"
    assert not report.alarms[0].significant
    assert report.alarms[0].first_s is None


def test_an_alarm_that_chance_explains(device, judge, watches, contract) -> None:
    for i in range(30):
        device.report(np.full(8, 4), alarms=int(i == 20))
    assert judge(device.sent).verdict == "drift"
    often = msgspec.structs.replace(watches[0], arl0=300.0)
    telemetry = ingest(device.sent, contract=contract, model_id="ab" * 32)
    reference = Reference(
        names=contract.names,
        edges=np.tile(np.arange(7, dtype=np.float32), (3, 1)),
        probabilities=np.full((3, 8), 0.125, np.float32),
        n=500,
    )
    report = watch(telemetry, reference, watches=[often])
    assert report.verdict == "stable"
    assert report.alarms[0].reports == 1
    assert report.alarms[0].p == pytest.approx(1 - np.exp(-1))
    assert "no more than chance explains" in report.sentence


@pytest.mark.parametrize(("gap", "separate"), [(0, 1), (1, 2), (5, 2)])
def test_alarms_from_the_same_samples_count_once(device, judge, gap, separate) -> None:
    """Windows overlap: those of two neighbouring reports may share samples."""
    for i in range(30):
        device.report(np.full(8, 4), alarms=int(i in (10, 11 + gap)))
    (alarm,) = judge(device.sent).alarms
    assert (alarm.reports, alarm.separate) == (2, separate)
    assert alarm.p == pytest.approx((300 / 1e5) ** separate / separate, rel=0.01)


def test_a_false_alarm_long_before_does_not_date_the_change(
    device, judge, watches
) -> None:
    """The sums rise at report 40 for good; at report 20 chance alarmed once."""
    for i in range(60):
        alarm = i == 20 or i >= 42
        drift = 1.2 if alarm else 0.3 if i >= 40 else 0.0
        device.report(np.full(8, 4), alarms=int(alarm), drift=drift)
    report = judge(device.sent)
    (alarm,) = report.alarms
    assert (alarm.first_s, alarm.since_s) == (210, 400)
    assert "since about 400 s" in report.sentence


@pytest.mark.parametrize("apart", [1, 3, 7])
def test_the_change_is_dated_where_alarms_become_frequent(apart: int) -> None:
    """Alarms at a thousandth a report, then at one in `apart`; many draws."""
    rng = np.random.default_rng(apart)
    errors = []
    for _ in range(200):
        n, change = 400, int(rng.integers(50, 350))
        alarmed = rng.random(n) < 1e-3
        alarmed[change:] |= rng.random(n - change) < 1 / apart
        at = np.flatnonzero(alarmed)
        if at.size:
            errors.append(at[_onset(at, n, 1e-3)] - change)
    assert abs(np.median(errors)) <= apart
    assert np.mean(np.abs(errors) <= 4 * apart) > 0.9


def test_a_bad_sensor_is_not_a_bad_machine(life, judge) -> None:
    report = judge(life(60, shift=3.0, health=6))
    assert report.verdict == "sensor"
    assert not report.needs_retraining
    assert "clipped, stuck" in report.reasons[0]
    assert report.health.counts["stuck"] == report.health.unhealthy == 60


def test_a_few_bad_windows_are_noted(device, judge) -> None:
    for i in range(30):
        device.report(np.full(8, 4), health=int(i == 3))
    report = judge(device.sent)
    assert report.verdict == "stable"
    assert "unhealthy in 1 report" in report.sentence


def test_full_counters_are_named(device, judge) -> None:
    counters = np.full(8, 4)
    counters[0] = 4095
    for _ in range(3):
        device.report(np.full(8, 4))
    device.report(counters)
    assert judge(device.sent).saturated == ("rms",)


def test_report_is_json(life, judge) -> None:
    report = judge(life(80, shift=1.5, at=50))
    again = msgspec.json.decode(msgspec.json.encode(report), type=DriftReport)
    assert again == report


def test_refusals(contract, model_id, reference, watches, judge) -> None:
    with pytest.raises(DataError, match="found no status frame"):
        judge([])
    telemetry = ingest([], contract=contract, model_id=model_id)
    other = Reference(
        names=("a", "b", "c"),
        edges=reference.edges,
        probabilities=reference.probabilities,
        n=reference.n,
    )
    with pytest.raises(ValueError, match="reference is of a, b, c, telemetry of rms"):
        watch(telemetry, other, watches=watches)


def test_watch_of_a_rare_alarm_uses_poisson() -> None:
    stats = pytest.importorskip("scipy.stats")
    from ecmkit.monitor.watch import _poisson_tail

    for mean in (1e-6, 0.01, 1.0, 30.0):
        for count in (0, 1, 2, 5, 40):
            wanted = stats.poisson.sf(count - 1, mean)
            assert _poisson_tail(count, mean) == pytest.approx(wanted, abs=1e-12)


def test_watches_follow_the_alarm_bits(device, watches, reference, contract) -> None:
    second = msgspec.structs.replace(watches[0], score="error")
    for i in range(10):
        device.report(np.full(8, 4), alarms=2 if i > 7 else 0)
    telemetry = ingest(device.sent, contract=contract, model_id="ab" * 32)
    report = watch(telemetry, reference, watches=(watches[0], second))
    assert [alarm.reports for alarm in report.alarms] == [0, 2]
    assert "error" in report.reasons[0]
