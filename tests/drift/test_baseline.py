"""Monitors that count from a machine's own baseline: the rate that they keep there."""

import tracemalloc
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from ecmkit._core.monitor import NO_DETAIL
from ecmkit.drift import (
    Baseline,
    Calibration,
    DriftPlan,
    PlanDetector,
    Regimes,
    Together,
    calibrate,
    fit_score,
    tables_of,
)
from ecmkit.drift.baseline import baseline_errors, learn
from ecmkit.drift.picture import statistic
from ecmkit.drift.records import BaselineErrors
from ecmkit.drift.trial import model_streams
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable
from tests.drift.test_calibrate import KINDS, MEAN, SCALE, Sampler, autoregressive

TableOf = Callable[..., FeatureTable]
REFERENCE = 2000
COUNTED = PlanDetector(kind="distribution", bins=16, window=64)
DETECTORS = (MEAN, SCALE, COUNTED)


def calibrated(
    x: np.ndarray,
    windows: int,
    *,
    arl0: float = 1e4,
    detectors: tuple[PlanDetector, ...] = (MEAN, SCALE),
    **changes: object,
) -> Calibration:
    plan = DriftPlan(
        false_alarms=arl0, per="detector", detectors=detectors,
        baseline=Baseline(windows=windows), **changes,  # type: ignore[arg-type]
    )  # fmt: skip
    return calibrate(x.reshape(len(x), -1), plan, seed=0, verify=False)


def alarms(found: Calibration, known: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Alarms of each row of a device that learnt `known`, over `x`, by its C."""
    tables = tables_of(found)
    columns = np.float32(known.reshape(len(known), -1)).T
    device = tables.new({f"x{i}": learn(column) for i, column in enumerate(columns)})
    values = np.float32(x.reshape(len(x), -1))
    raised, _, _ = device.run_f32(values, np.full(len(values), NO_DETAIL))
    return np.bincount(raised["row"].astype(int), minlength=len(tables.rows))


def rates(
    draw: Sampler, windows: int, *, references: int, length: int, arl0: float = 1e4,
    detectors: tuple[PlanDetector, ...] = (MEAN, SCALE),
) -> np.ndarray:  # fmt: skip
    """Alarms over those asked for, shape (references, detectors).

    Each machine has a level and a spread of its own.
    """
    found = []
    for seed in range(references):
        rng = np.random.default_rng(seed)
        x = draw(rng, REFERENCE + windows + length)
        own = calibrated(x[:REFERENCE], windows, arl0=arl0, detectors=detectors)
        machine = 10.0 ** rng.uniform(-3, 3) * (x[REFERENCE:] + rng.uniform(-30, 30))
        counts = alarms(own, machine[:windows], machine[windows:])
        found.append(counts * arl0 / length)
    return np.array(found)


SMOOTH = [kind for kind in KINDS if kind != "quantised"]


@pytest.mark.parametrize("kind", SMOOTH)
def test_rate_averaged_over_machines(kind: str) -> None:
    found = rates(KINDS[kind], 1000, references=12, length=100_000)
    mean = found.mean(axis=0)
    # 120 alarms each: 9 %, and as much again by the 12 references and machines.
    assert (mean > 0.5).all(), mean
    assert (mean < 1.5).all(), mean


@pytest.mark.live
@pytest.mark.parametrize("windows", [500, 2000])
@pytest.mark.parametrize("kind", SMOOTH)
def test_rate_with_interval(kind: str, windows: int) -> None:
    found = rates(
        KINDS[kind], windows, references=60, length=100_000, detectors=DETECTORS
    )
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    mean = found.mean(axis=0)
    spread = np.quantile(found, [0.1, 0.9], axis=0).round(2)
    print(f"{kind:10} {windows:5}: {mean.round(2)} +- {(2 * error).round(2)}; "
          f"between machines {spread.tolist()}")  # fmt: skip
    assert (mean - 2 * error < 1.5).all()
    assert (mean + 2 * error > 1 / 1.5).all()


def test_without_the_errors_of_a_baseline_the_rate_would_be_missed() -> None:
    """Heavy tails, 150 windows: limits of the reference alone are too low."""
    draw = KINDS["t5"]
    plain, own = [], []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        x = draw(rng, REFERENCE + 150 + 20_000)
        found = calibrated(x[:REFERENCE], 150, arl0=1000)
        long = calibrated(x[:REFERENCE], 4000, arl0=1000)
        known, rest = x[REFERENCE : REFERENCE + 150], x[REFERENCE + 150 :]
        plain.append(alarms(long, known, rest) / 20)
        own.append(alarms(found, known, rest) / 20)
    assert np.mean(plain, axis=0).max() > 1.5
    assert np.mean(own, axis=0).max() < 1.5


@pytest.mark.parametrize("shift", [1.0, 2.0])
def test_a_change_is_found_in_the_machine_s_own_unit(shift: float) -> None:
    """As soon as by a reference of this very machine, a fifth later at most."""
    late = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=REFERENCE + 1000 + 400)
        machine = 0.01 * x[REFERENCE:] - 7.0
        own = calibrated(x[:REFERENCE], 1000, arl0=1e4, detectors=(MEAN,))
        device = tables_of(own).new({"x0": learn(np.float32(machine[:1000]))})
        changed = np.float32(machine[1000:] + 0.01 * shift)[:, None]
        raised, _, _ = device.run_f32(changed, np.full(400, NO_DETAIL))
        late.append(raised["at"][0] + 1 if raised.size else 400)
    delay = own.monitors[0].delays[1 if shift == 1.0 else 2].windows
    assert np.mean(late) < 1.2 * delay + 2


@pytest.mark.parametrize(
    ("draw", "windows", "mean", "scale"),
    [
        (KINDS["gaussian"], 500, (400, 600), (600, 1100)),
        (KINDS["gaussian"], 50_000, (REFERENCE, REFERENCE), (REFERENCE, REFERENCE)),
        (autoregressive(0.9), 500, (350, 650), (40, 110)),
    ],
)
def test_errors_are_those_of_theory(
    draw: Callable[[np.random.Generator, int], np.ndarray], windows: int,
    mean: tuple[float, float], scale: tuple[float, float],
) -> None:  # fmt: skip
    """Of the mean 1 / n once whitened; of the scale more, by (1 - r^2) / (1 + r^2).

    Scores for the scale tell a change of it by 1.43 to 1.9 of its logarithm, so the
    errors of n windows, 1 / 2n, count as those of 1.4 n or more.
    """
    x = np.float32(draw(np.random.default_rng(1), REFERENCE))
    score = fit_score(x, feature="x")
    found = baseline_errors(score, score.left(x), windows, seed=0)
    assert mean[0] <= found.mean <= mean[1]
    assert scale[0] <= found.scale <= scale[1]


def test_steps_that_do_not_meet_are_refused() -> None:
    x = KINDS["quantised"](np.random.default_rng(1), REFERENCE)
    with pytest.raises(
        DataError,
        match=r"feature `x0`: found \d+ different values in "
        r"the reference, and with a baseline of 500 windows errors as",
    ):
        calibrated(x, 500)  # fmt: skip


def test_tails_that_hold_the_spread_are_refused_as_such() -> None:
    x = np.exp(2.0 * np.random.default_rng(1).normal(size=REFERENCE))
    with pytest.raises(DataError, match="few of them, in its tails, hold most of the"):
        calibrated(x, 500)


def test_values_that_hardly_move_are_refused() -> None:
    """They divided by zero: 40 windows of such a feature may all be the same."""
    rng = np.random.default_rng(1)
    x = np.where(rng.random(REFERENCE) < 0.03, 5.0 + rng.normal(size=REFERENCE), 0.0)
    with pytest.raises(
        DataError, match="feature `x0`: found the same value in all of 40 windows of"
    ):
        calibrated(x, 40)


def test_a_trial_of_a_long_baseline_takes_no_more_than_matters() -> None:
    """Windows of weeks took gigabytes."""
    x = np.float32(np.random.default_rng(1).normal(size=300))
    score = fit_score(x, feature="x")
    errors = BaselineErrors(windows=4_194_304, mean=300.0, scale=300.0, gain=0.0)
    long = msgspec.structs.replace(score, baseline=errors)
    tracemalloc.start()
    streams = model_streams(
        long, score.left(x), 100, ("mean",), np.random.default_rng(0)
    )["mean"]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(z.size > 90 for z in streams)
    assert most < 50e6


def test_a_baseline_that_is_too_short_for_the_rate_is_refused() -> None:
    x = autoregressive(0.9)(np.random.default_rng(1), REFERENCE)
    with pytest.raises(
        DataError,
        match=r"x0, mean|feature `x0`, (mean|scale): found a "
        r"baseline of 40 windows and 2000 reference windows, together "
        r"with the errors of \d+, expected those of \d+ or more for one "
        r"false alarm in 100000 windows",
    ):
        calibrated(x, 40, arl0=1e5)  # fmt: skip


def test_the_trial_learns_baselines_too() -> None:
    """What `verify` tries is a device that learnt, and keeps what it says."""
    x = np.random.default_rng(1).normal(size=(REFERENCE, 1))
    plan = DriftPlan(false_alarms=2000, per="detector", baseline=Baseline(windows=300))
    found = calibrate(x, plan, seed=0)
    for one in found.monitors:
        assert one.score.baseline is not None
        assert one.simulated is not None
        assert one.simulated.low < 1.5 * 2000
        assert one.simulated.high > 2000 / 1.5


def test_tables_of_a_machine_are_watched_by_its_baseline(table_of: TableOf) -> None:
    rng = np.random.default_rng(3)
    plan = DriftPlan(
        false_alarms=1e4, per="detector", detectors=(MEAN,),
        baseline=Baseline(windows=500, features=("f0",)),
    )  # fmt: skip
    found = calibrate(table_of(rng.normal(size=(REFERENCE, 2))), plan, seed=0,
                      verify=False)  # fmt: skip
    machine = rng.normal(size=(1500, 2)) * [0.01, 1.0] + [7.0, 0.0]
    baseline = found.baseline_of(table_of(machine[:600]))
    assert list(baseline) == ["f0"]
    assert baseline["f0"] == pytest.approx((7.0, 0.01), rel=0.1)
    quiet = table_of(machine[600:])
    assert found.run(quiet, baseline=baseline) == ()
    assert len(found.run(quiet)) > 10  # by the reference it is far away
    ratio = statistic(found, found.monitors[0], quiet, baseline=baseline)
    assert np.nanmax(ratio) < 1.0
    with pytest.raises(DataError, match="found 499 windows to learn, expected 500 or"):
        found.baseline_of(table_of(machine[:499]))
    still = table_of(np.ones((600, 2)))
    with pytest.raises(DataError, match="feature `f0`: found the same value in all of"):
        found.baseline_of(still)
    with pytest.raises(ValueError, match="found 'f', expected values that mon"):
        found.run(quiet, baseline={"f": (0.0, 1.0)})
    with pytest.raises(ValueError, match="baseline: found none in the drift plan"):
        calibrate(
            quiet, DriftPlan(false_alarms=300, detectors=(MEAN,)), seed=0, verify=False
        ).baseline_of(quiet)


def test_together_and_some_features_alone() -> None:
    """Limits allow for the baseline; what is not named counts from the reference."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(REFERENCE, 3))
    both = (Together(features=("x0", "x1")),)
    plain = calibrate(
        x, DriftPlan(false_alarms=1e4, per="detector", together=both), seed=0,
        verify=False,
    )  # fmt: skip
    plan = DriftPlan(
        false_alarms=1e4, per="detector", together=both,
        baseline=Baseline(windows=200, features=("x0", "x1")),
    )  # fmt: skip
    found = calibrate(x, plan, seed=0, verify=False)
    assert found.together[0].limit > plain.together[0].limit
    by_name = {one.score.feature: one for one in found.monitors}
    assert by_name["x2"].score.baseline is None
    tables = tables_of(found)
    assert {s.input: s.spread > 0 for s in tables.scores} == {
        0: True,
        1: True,
        2: False,
    }
    rate = []
    for seed in range(8):
        rng = np.random.default_rng(100 + seed)
        machine = rng.normal(size=(20_200, 3)) * [5.0, 0.1, 1.0] + [3.0, -2.0, 0.0]
        rate.append(alarms(found, machine[:200], machine[200:])[-1] / 2)
    assert 0.4 < np.mean(rate) < 1.6


def test_plans_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match=r"baseline: found a table, expected none bes"):
        DriftPlan(
            baseline=Baseline(windows=100), regimes=Regimes(by=("n",), clusters=2)
        )
    with pytest.raises(ValueError, match=r"windows: found 31, expected 32 \.\.\. "):
        Baseline(windows=31)
    with pytest.raises(ValueError, match=r"features: found nothing, expected one"):
        Baseline(windows=32, features=())
    with pytest.raises(
        ValueError, match=r"baseline\.features: found 'y', expected nam"
    ):
        calibrate(
            np.random.default_rng(0).normal(size=(500, 1)),
            DriftPlan(
                false_alarms=500, baseline=Baseline(windows=100, features=("y",))
            ),
            seed=0,
            verify=False,
        )
