"""Distributions, several features, classes and regimes: rates kept, changes named."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ecmkit.drift import (
    Bound,
    Calibration,
    ClassMix,
    DriftPlan,
    Persistence,
    PlanDetector,
    Regimes,
    Together,
    calibrate,
    t2_arl,
    t2_limit,
)
from ecmkit.drift.binned import BinnedDistribution
from ecmkit.drift.calibration import Counts
from ecmkit.drift.counts import distances, shares_limit, tail_limit
from ecmkit.drift.picture import draw, statistic
from ecmkit.drift.regimes import fit_regimes
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

TableOf = Callable[..., FeatureTable]
SHAPE = PlanDetector(kind="distribution", bins=16, window=100)
MEAN = PlanDetector(kind="mean")


def named(table: FeatureTable, *names: str) -> FeatureTable:
    return replace(table, names=names)


# ---- limits --------------------------------------------------------------------------


@pytest.mark.parametrize(("features", "limit"), [(2, 8.64), (4, 12.73)])
def test_run_lengths_of_the_literature(features: int, limit: float) -> None:
    """Lambda 0.1, 200 vectors; Prabhu, Runger, J. Quality Technology 29 (1997)."""
    assert t2_arl(features, 0.1, limit) == pytest.approx(200, rel=0.01)


def test_shewhart_t2_is_a_chi_squared_quantile() -> None:
    stats = pytest.importorskip("scipy.stats")
    for features in (2, 5):
        expected = stats.chi2.isf(1 / 370.0, features)
        assert t2_limit(features, 1.0, 370.0) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("features", [2, 6])
def test_t2_limit_has_its_run_length(features: int) -> None:
    limit = t2_limit(features, 0.2, 500.0)
    assert t2_arl(features, 0.2, limit) == pytest.approx(500.0, rel=0.01)


@pytest.mark.parametrize(
    "distance", ["ks", "chi2", "wasserstein", "jensen_shannon", "psi"]
)
@pytest.mark.parametrize("classes", [False, True])
def test_distances_are_those_of_the_device(distance: str, classes: bool) -> None:
    rng = np.random.default_rng(0)
    known = rng.multinomial(700, np.full(8, 1 / 8))
    edges = None if classes else np.sort(rng.normal(size=7)).astype(np.float32)
    counts = rng.multinomial(150, rng.dirichlet(np.ones(8)), size=3)
    own = distances(
        counts, known / 700, 700, distance,  # type: ignore[arg-type]
        None if edges is None else edges.astype(np.float64),
    )  # fmt: skip
    for row, value in zip(counts, own, strict=True):
        one = BinnedDistribution(
            edges, known / 700, reference_n=700, form="fill", window_len=1000
        )
        middle = None if edges is None else np.concatenate([edges[:1] - 1, edges])
        values = np.arange(8) if middle is None else middle + np.float32(1e-6)
        if middle is not None:
            values[0] = edges[0] - 1
        one.update_many(
            np.repeat(values, row).astype(np.uint32 if classes else np.float32)
        )
        device = getattr(one.distances, distance)
        assert value == pytest.approx(device, rel=2e-4, abs=1e-5)


def test_the_tail_is_continued_to_the_safe_side() -> None:
    rng = np.random.default_rng(1)
    few = rng.chisquare(15, 100_000)
    stats = pytest.importorskip("scipy.stats")
    for chance in (1e-4, 1e-6):
        exact = stats.chi2.isf(chance, 15)
        assert exact * 0.98 < tail_limit(few, "chi2", chance) < exact * 1.25
    assert tail_limit(few, "chi2", 0.1) == pytest.approx(
        stats.chi2.isf(0.1, 15), rel=0.02
    )


def test_a_longer_window_has_a_lower_limit() -> None:
    edges = tuple(np.linspace(-1, 1, 7))
    limits = [
        shares_limit((100,) * 8, edges, window, "ks", 0.01, 0) for window in (50, 400)
    ]
    assert limits[0] > 1.5 * limits[1]


# ---- rates ---------------------------------------------------------------------------


def test_distributions_keep_their_rate(table_of: TableOf, ar1) -> None:  # type: ignore[no-untyped-def]
    alarms = windows = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = np.stack([rng.lognormal(size=12_000), ar1(rng, 0.7, 12_000)], axis=1)
        plan = DriftPlan(false_alarms=2000, per="detector", detectors=(SHAPE,))
        found = calibrate(table_of(x[:2000]), plan, seed=seed, verify=False)
        alarms += len(found.run(table_of(x[2000:])))
        windows += 2 * 10_000
    # 40 are expected: 6 by chance, and as much by the references.
    assert 15 < alarms < 75
    assert windows == 80_000


def test_together_and_classes_keep_their_rate(table_of: TableOf) -> None:
    alarms = {"together": 0, "mix": 0}
    plan = DriftPlan(
        features=("f0", "f1"), false_alarms=1000, per="detector", detectors=(),
        together=(Together(features=("f0", "f1")),),
        classes=ClassMix(column="f2", window=50),
    )  # fmt: skip
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(12_000, 3))
        x[:, 1] += 0.7 * x[:, 0]
        x[:, 2] = np.repeat(rng.random(4000) < 0.3, 3)  # classes that stay a while
        found = calibrate(table_of(x[:2000]), plan, seed=seed, verify=False)
        for alarm in found.run(table_of(x[2000:])):
            alarms[alarm.detector] += 1
    assert 18 < alarms["together"] < 75  # 40 are expected
    assert 10 < alarms["mix"] < 90


def test_what_is_promised_is_verified(table_of: TableOf) -> None:
    x = np.random.default_rng(0).normal(size=(2000, 3))
    x[:, 2] = x[:, 2] > 0
    plan = DriftPlan(
        features=("f0", "f1"), false_alarms=500, per="detector", detectors=(SHAPE,),
        together=(Together(features=("f*",)),),
        classes=ClassMix(column="f2", window=40),
    )  # fmt: skip
    found = calibrate(table_of(x), plan, seed=0)
    shape, both, mix = found.monitors[0], found.together[0], found.classes[0]
    assert shape.simulated is not None
    assert shape.simulated.low < 1.3 * shape.simulated.asked
    assert shape.simulated.high > 0.7 * shape.simulated.asked
    assert both.simulated is not None
    assert 0.6 < both.simulated.mean / both.simulated.asked < 1.7
    assert mix.resampled is not None
    assert 0.5 < mix.resampled.mean / mix.resampled.asked < 2.5
    assert shape.delays[2].windows == pytest.approx(100, rel=0.1)
    for name in ("f0 distribution", "f0+f1 together", "f2 mix"):
        assert name in found.text()


# ---- what changed --------------------------------------------------------------------


@pytest.fixture(scope="module")
def watched() -> tuple[Calibration, np.random.Generator]:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(3000, 3))
    x[:, 1] += 0.9 * x[:, 0]
    x[:, 2] = rng.random(3000) < 0.3
    plan = DriftPlan(
        features=("a", "b"), false_alarms=20_000, detectors=(SHAPE,),
        together=(Together(features=("a", "b")),),
        classes=ClassMix(column="class_id", window=100),
        bounds=(Bound(value="b", limit=8.0),), hold_off=1000,
    )  # fmt: skip
    names = ("a", "b", "class_id")
    return calibrate(x, plan, names=names, seed=0, verify=False), rng


def later(rng: np.random.Generator, change: Callable[[np.ndarray], None]) -> np.ndarray:
    x = rng.normal(size=(1200, 3))
    x[:, 1] += 0.9 * x[:, 0]
    x[:, 2] = rng.random(1200) < 0.3
    change(x[500:])
    return x


def shift(x: np.ndarray) -> None:
    x[:, 0] += 2.0
    x[:, 1] += 1.8


def widen(x: np.ndarray) -> None:
    x[:, 0] *= 3.0


def decouple(x: np.ndarray) -> None:
    x[:, 0] += 1.5  # well within its range, but b does not follow


def mix(x: np.ndarray) -> None:
    x[:, 2] = 1 - x[:, 2]


def jump(x: np.ndarray) -> None:
    x[:5, 1] = 9.0


@pytest.mark.parametrize(
    ("change", "detector", "what"),
    [
        (shift, "distribution", "shape up"),
        (widen, "distribution", "shape wider"),
        (decouple, "together", "together, mostly"),
        (mix, "mix", "class mix to 1"),
        (jump, "bound", "value up"),
    ],
)
def test_alarms_say_what_changed_and_since_when(  # type: ignore[no-untyped-def]
    watched, table_of: TableOf, change, detector: str, what: str
) -> None:
    found, rng = watched
    table = named(table_of(later(rng, change)), "a", "b", "class_id")
    own = [alarm for alarm in found.run(table) if alarm.detector == detector]
    own = [alarm for alarm in own if alarm.at >= 500]
    assert own[0].what.startswith(what)
    assert 395 <= own[0].since <= 510
    assert own[0].at <= 705
    assert own[0].ratio > 1.0


def test_other_monitors_are_drawn(watched, table_of: TableOf, tmp_path) -> None:  # type: ignore[no-untyped-def]
    found, rng = watched
    table = named(table_of(later(rng, mix)), "a", "b", "class_id")
    names = draw(found, table, found.run(table), tmp_path / "drift.png")
    assert {"class_id mix", "a+b together"} <= set(names)
    ratio = statistic(found, found.classes[0], table)
    assert np.isfinite(ratio).all()
    assert ratio[650] > 1.0 > ratio[450]


# ---- regimes and persistence ---------------------------------------------------------


def switching(rng: np.random.Generator, n: int) -> np.ndarray:
    speed = np.repeat(rng.integers(0, 2, n // 60), 60)
    level = rng.normal(size=n) * np.where(speed, 3.0, 1.0) + 20.0 * speed
    return np.stack([level, 10.0 + 15.0 * speed + 0.3 * rng.normal(size=n)], axis=1)


@pytest.mark.parametrize(
    "regimes",
    [
        Regimes(by=("speed",), edges=((17.0,),)),
        Regimes(by=("speed",), clusters=2),
    ],
    ids=["edges", "clusters"],
)
def test_a_machine_that_does_something_else_is_no_drift(
    regimes: Regimes, table_of: TableOf
) -> None:
    rng = np.random.default_rng(0)
    plan = DriftPlan(
        features=("level",), false_alarms=3000, regimes=regimes, detectors=(MEAN,)
    )
    table = named(table_of(switching(rng, 6000)), "level", "speed")
    found = calibrate(table, plan, seed=0, verify=False)
    assert found.arl0 == pytest.approx(3000, rel=0.1)
    assert {one.regime for one in found.monitors} == {0, 1}
    assert found.regimes is not None
    assert "speed" in found.regimes.name(1)
    x = switching(rng, 3000)
    assert len(found.run(named(table_of(x), "level", "speed"))) <= 4
    quick = x[:, 1] > 17.0
    x[1500:, 0] += np.where(quick, 6.0, 0.0)[1500:]  # off at the higher speed alone
    alarms = found.run(named(table_of(x), "level", "speed"))
    late = [alarm for alarm in alarms if alarm.at >= 1500]
    assert {alarm.regime for alarm in late} == {1}
    assert late[0].what == "mean up"
    first = 1500 + int(np.flatnonzero(quick[1500:])[0])
    assert abs(late[0].since - first) < 70


def test_regimes_that_cannot_be(table_of: TableOf) -> None:
    table = named(table_of(switching(np.random.default_rng(0), 1200)), "level", "speed")
    with pytest.raises(DataError, match=r"found level, speed, expected `load`"):
        fit_regimes(Regimes(by=("load",), clusters=2), table, seed=0)
    still = replace(table, x=np.ones_like(table.x))
    with pytest.raises(DataError, match="`speed` does not vary"):
        fit_regimes(Regimes(by=("speed",), clusters=2), still, seed=0)
    plan = DriftPlan(
        features=("level",), false_alarms=100, detectors=(MEAN,),
        regimes=Regimes(by=("speed",), edges=((17.0, 90.0),)),
    )  # fmt: skip
    with pytest.raises(DataError, match=r"regime 2 \(speed 90 \.\.\.\): .* found 0"):
        calibrate(table, plan, seed=0, verify=False)


def test_persistence_makes_alarms_rarer_and_ranks_them(table_of: TableOf) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(9000, 1))
    plain = DriftPlan(false_alarms=300, detectors=(MEAN,))
    several = DriftPlan(
        false_alarms=300, detectors=(MEAN,), hold_off=5,
        persistence=Persistence(k=3, n=4, levels=(1.0, 2.0), hysteresis=0.5),
    )  # fmt: skip
    one, two = (
        calibrate(table_of(x[:2000]), plan, seed=0, verify=False)
        for plan in (plain, several)
    )
    assert one.monitors[0].limit == two.monitors[0].limit
    assert len(two.run(table_of(x[2000:]))) < 0.7 * len(one.run(table_of(x[2000:])))
    x[5000:] += 2.0
    levels = [a.level for a in two.run(table_of(x[4900:])) if a.at >= 100]
    assert levels[:2] == [1, 2]


def test_refusals_of_a_calibration(table_of: TableOf) -> None:
    x = np.random.default_rng(0).normal(size=(200, 2))
    rare = DriftPlan(false_alarms=150, per="detector", detectors=(SHAPE,))
    with pytest.raises(DataError, match="found 200 reference windows, expected at le"):
        calibrate(x, rare, seed=0, verify=False)
    long = np.random.default_rng(0).normal(size=(600, 2))
    with pytest.raises(DataError, match="found window 100, expected at most 75"):
        calibrate(long, rare, seed=0, verify=False)
    twins = np.repeat(long[:, :1], 2, axis=1)
    plan = DriftPlan(
        false_alarms=100, detectors=(), together=(Together(features=("x*",)),)
    )
    with pytest.raises(DataError, match="some foretell others"):
        calibrate(twins, plan, seed=0, verify=False)
    plan = DriftPlan(
        false_alarms=100, detectors=(), together=(Together(features=("y",)),)
    )
    with pytest.raises(ValueError, match=r"together.features: found 'y'"):
        calibrate(long, plan, seed=0, verify=False)
    plan = DriftPlan(false_alarms=500, detectors=(), classes=ClassMix(column="x1"))
    with pytest.raises(DataError, match=r"window 0: found .*, expected a class"):
        calibrate(long, plan, seed=0, verify=False)


def test_shares_add_up() -> None:
    assert Counts(counts=(1, 2, 1)).shares.tolist() == [0.25, 0.5, 0.25]
