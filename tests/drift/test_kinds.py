"""Page-Hinkley, the e-detector and ADWIN as kinds of a plan: their guarantees."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ecmkit.drift import (
    Bound,
    Calibration,
    DriftPlan,
    EDetector,
    Persistence,
    PlanDetector,
    calibrate,
)
from ecmkit.drift.plan_parts import ON_DEVICE
from ecmkit.drift.tables import tables_of
from ecmkit.errors import DataError

KINDS = ("page_hinkley", "e_detector", "adwin")


def plan_of(*kinds: str, arl0: float = 2000.0, **more: object) -> DriftPlan:
    detectors = tuple(PlanDetector(kind=kind) for kind in kinds)  # type: ignore[arg-type]
    return DriftPlan(false_alarms=arl0, per="detector", detectors=detectors, **more)  # type: ignore[arg-type]


def found_of(x: np.ndarray, plan: DriftPlan, *, verify: bool = False) -> Calibration:
    return calibrate(x[:, None], plan, names=["f0"], seed=0, verify=verify)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: 5e3 + 10.0 * rng.gamma(2.0, 0.3, n),
        lambda rng, n: np.round(2.0 * rng.normal(size=n)) / 2.0,
        lambda rng, n: rng.standard_t(5, n),
    ],
    ids=["gamma", "quantised", "t5"],
)
def test_false_alarms_are_at_most_as_frequent_as_asked(draw) -> None:  # type: ignore[no-untyped-def]
    found = found_of(draw(np.random.default_rng(1), 2000), plan_of(*KINDS), verify=True)
    for one in found.monitors:
        assert one.simulated is not None
        assert one.simulated.high > one.arl0 == 2000.0, one.name
    by_kind = {one.detector.kind: one for one in found.monitors}
    assert by_kind["e_detector"].simulated.low > 2000.0
    assert by_kind["adwin"].limit == pytest.approx(32 / 2000.0)
    assert by_kind["page_hinkley"].k == 0.5
    assert by_kind["adwin"].k is None
    assert by_kind["e_detector"].delays[4].windows < by_kind["adwin"].delays[4].windows
    for name in ("2,000", "page_hinkley"):
        assert name in found.text()


def test_a_page_hinkley_lets_the_reference_be_off() -> None:
    """A mean that was elsewhere from the start is no change."""
    rng = np.random.default_rng(2)
    found = found_of(rng.normal(size=2000), plan_of("page_hinkley", "mean"))
    tables = tables_of(found)
    x = (rng.normal(size=(4000, 1)) + 0.6).astype(np.float32)
    alarms, _, _ = tables.new().run_f32(x, np.zeros(4000, np.uint32))
    kinds = [tables.rows[row].detector for row in alarms["row"]]
    assert kinds.count("mean") > 20
    assert kinds.count("page_hinkley") < 8


def test_alarms_say_what_changed(table_of) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(3)
    found = found_of(rng.normal(size=2000), plan_of(*KINDS))
    later = rng.normal(size=1200)
    later[600:800] += 1.5
    later[1000:] *= 3.0
    alarms = found.run(table_of(later[:, None]))
    said = {(one.detector, one.what) for one in alarms if 600 <= one.at < 800}
    assert {(kind, "mean up") for kind in KINDS} <= said
    wider = [one for one in alarms if one.at >= 1000 and one.what == "scale up"]
    assert wider[0].detector == "e_detector"
    assert abs(wider[0].since - 1000) < 40


def test_levels_know_the_direction(table_of) -> None:  # type: ignore[no-untyped-def]
    """A statistic between its limit and the level at which it starts again."""
    rng = np.random.default_rng(4)
    persistence = Persistence(levels=(1.0, 1.5), hysteresis=0.2)
    later = rng.normal(size=500)
    later[300:] -= 1.2
    for kind in KINDS:
        found = found_of(rng.normal(size=2000), plan_of(kind, persistence=persistence))
        alarms = [one for one in found.run(table_of(later[:, None])) if one.at >= 300]
        assert alarms[0].what == "mean down", kind
        assert max(one.level for one in alarms) == (1 if kind == "adwin" else 2)


def test_discounts_keep_the_mean_of_likelihood_ratios_below_one() -> None:
    found = found_of(np.random.default_rng(5).normal(size=1000), plan_of("e_detector"))
    one = found.monitors[0]
    table = EDetector(one.limit, discounts=one.discounts).alternatives
    u = np.linspace(-12.0, 12.0, 20_001)
    chance = np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi) * (u[1] - u[0])
    for shift in (-2.0 / math.sqrt(1000), 2.0 / math.sqrt(1000)):
        z = shift + u * math.exp(2.0 / math.sqrt(2000))
        ratios = np.exp(
            table["a"] + z[:, None] * (table["b"] + table["c"] * z[:, None])
        )
        assert (chance @ ratios <= 1.0 + 1e-5).all()
    with pytest.raises(ValueError, match="discounts are 1, expected 10 or none"):
        EDetector(discounts=(0.1,))
    assert EDetector(100.0).clone().alternatives.tobytes() == EDetector(
        100.0, discounts=(0.0,) * 10
    ).alternatives.tobytes()  # fmt: skip


def test_kept_as_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = found_of(np.random.default_rng(6).normal(size=1000), plan_of(*KINDS))
    found.save(tmp_path / "drift.json")
    again = Calibration.load(tmp_path / "drift.json")
    assert again.hash == found.hash
    assert tables_of(again).id == tables_of(found).id
    x = np.random.default_rng(6).normal(size=1000)
    words = [tables_of(found_of(x, plan_of(kind))).new().words for kind in KINDS]
    assert np.diff(words).tolist() == [14 - 9, 192 - 14]  # words of their states


def test_bounds_of_what_a_device_alone_knows_rest_over_recordings(table_of) -> None:  # type: ignore[no-untyped-def]
    bounds = tuple(Bound(value=name, limit=100.0) for name in ON_DEVICE)
    x = np.random.default_rng(9).normal(size=1000)
    found = found_of(x, plan_of("mean", bounds=bounds))
    alone = found_of(x, plan_of("mean"))
    table = table_of(x[:, None] + 1.0)
    assert len(found.run(table)) > 10
    assert found.run(table) == alone.run(table)
    with pytest.raises(DataError, match="expected `f0`"):
        found.run(replace(table, names=("other",)))
    told = table_of(np.full((5, 2), 150.0))
    told = replace(told, names=("f0", "stack_bytes"))
    assert "value up" in {one.what for one in found.run(told)}


def test_a_bound_on_a_value_that_there_is_not() -> None:
    """A misspelt name was taken, and watched nothing."""
    x = np.random.default_rng(0).normal(size=(300, 1))
    for name, message in (
        ("latencyms", r"bounds\[1\].value: found 'latencyms', .*mean 'latency_ms'"),
        ("rsm", r"expected one of rms, latency_ms, .*did you mean 'rms'"),
    ):
        bounds = (Bound(value="dropped", limit=1.0), Bound(value=name, limit=1.0))
        plan = DriftPlan(false_alarms=500, detectors=(), bounds=bounds)
        with pytest.raises(ValueError, match=message):
            calibrate(x, plan, names=["rms"], seed=0)


def test_what_is_refused(table_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"kind: found 'mode', expected one of mean"):
        PlanDetector(kind="mode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"limit: found 0.1, of an adwin, expected"):
        PlanDetector(kind="adwin", limit=0.1)
    with pytest.raises(ValueError, match=r"limit: found 0.5, .* a number > 1"):
        PlanDetector(kind="e_detector", limit=0.5)
    with pytest.raises(ValueError, match=r"persistence.k: found 2, expected 1"):
        plan_of("adwin", persistence=Persistence(k=2, n=3))
    x = np.random.default_rng(7).normal(size=600)
    with pytest.raises(DataError, match=r"adwin: found one .* in 40 windows, .* 64"):
        found_of(x, plan_of("adwin", arl0=40.0))
    with pytest.raises(DataError, match=r"e_detector: its scores may scatter"):
        found_of(x[:80], plan_of("e_detector"))
    moved = np.random.default_rng(8).normal(size=2400)
    moved += 0.5 * np.repeat(np.arange(12) % 3 - 1, 200)
    table = table_of(moved[:, None], [f"r{i // 200}" for i in range(2400)])
    with pytest.raises(DataError, match=r"adwin: the reference is not one state"):
        calibrate(table, plan_of("adwin"), seed=0, verify=False)
