"""Protocols of benchmarks/protocols: nothing that is scored is learnt or chosen by."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.protocols import cmapss, cwru, femto, hydraulic, itsc, skab
from benchmarks.protocols.onnx_parts import (
    Statistics,
    chained,
    of_boosting,
    quadratic,
)
from ecmkit import data, features

F32 = np.float32


def test_statistics_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    kinds = ("mean", "sd", "slope", "least", "largest", "newest", "rise")
    part = Statistics(length=12, sensors=3, kinds=kinds, newest=4, extras=1)
    x = rng.normal(size=(5, 12, 3))
    new, age = rng.normal(size=(5, 3)), rng.normal(size=(5, 1))
    rows = np.concatenate([x.reshape(5, -1), new, age], axis=1).astype(F32)
    assert rows.shape[1] == part.width
    t = np.arange(12) - 5.5
    newest = x[:, -4:].mean(axis=1)
    expected = [
        x.mean(axis=1), x.std(axis=1), np.einsum("t,ntc->nc", t, x) / (t @ t),
        x.min(axis=1), x.max(axis=1), newest, newest - new, age,
    ]  # fmt: skip
    found = part.of(rows)
    assert found.shape[1] == part.n_features
    np.testing.assert_allclose(found, np.concatenate(expected, axis=1), atol=2e-6)


def test_a_rise_of_logarithms_is_that_of_a_ratio() -> None:
    part = Statistics(
        length=2, sensors=1, kinds=("rise",), newest=1, logarithm=True
    )  # fmt: skip
    found = part.of(np.array([[1, 6, 2], [5, 1, 1]], F32))
    np.testing.assert_allclose(found[:, 0], np.log([3, 1]), atol=1e-6)


def test_an_unknown_statistic_is_refused() -> None:
    part = Statistics(length=2, sensors=1, kinds=("median",))
    with pytest.raises(ValueError, match="found 'median', expected mean"):
        part.onnx()


def test_compiled_boosting_and_t2_are_those_of_their_definition() -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    rng = np.random.default_rng(1)
    part = Statistics(length=10, sensors=2, kinds=("mean", "sd"))
    rows = rng.normal(size=(400, 20)).astype(F32)
    x = part.of(rows)
    boosted = HistGradientBoostingRegressor(max_iter=8, max_leaf_nodes=5)
    boosted.fit(x, 80 + x[:, 0] * x[:, 2])
    model = chained(
        part.onnx(), of_boosting(boosted), name="m", kind="values", outputs=("y",)
    )
    # Thresholds lie between values that were learnt from, so every branch is the same.
    np.testing.assert_allclose(model.predict(rows)[:, 0], boosted.predict(x), rtol=1e-5)
    mean, whitening = rng.normal(size=4), rng.normal(size=(4, 4))
    t2 = chained(
        part.onnx(), quadratic(mean, whitening), name="t", kind="score", outputs=("t",)
    )
    expected = (((x - mean) @ whitening) ** 2).sum(axis=1)
    np.testing.assert_allclose(t2.predict(rows)[:, 0], expected, rtol=1e-4)


@pytest.mark.data
def test_cwru_chooses_without_the_size_that_is_held_out(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = cwru.recordings(real_data)
    machines = {r.info.machine: r.info.fault_size for r in dataset}
    assert cwru.UNSEEN not in cwru.SIZES
    assert all(r.info.fault_size == machines[r.info.machine] for r in dataset)
    dataset = data.Dataset(tuple(r for r in dataset if r.info.load == 0))
    way = cwru.Demodulation((4096, 20.0), (1000.0, 4000.0), "log", True)
    table = features.extract(dataset, cwru.plan_of(way))
    size = cwru.by_size(dataset, table)
    spoilt, mixed = table.x.copy(), table.label.copy()
    for held in (size == 0.014, size == cwru.UNSEEN):
        spoilt[held], mixed[held] = 0, np.roll(table.label[held], held.sum() // 3)
    other = replace(table, x=spoilt, label=mixed)
    monkeypatch.setattr(cwru, "DEPTHS", (cwru.LINEAR, 2))
    found = cwru.choose(dataset, {way: table}, 0.014)
    assert len(found) == 6
    assert found == cwru.choose(dataset, {way: other}, 0.014)
    assert cwru.choose(dataset, {way: table}, 0.007) != cwru.choose(
        dataset, {way: other}, 0.007
    )


def test_the_simplest_within_a_standard_error_is_taken() -> None:
    way = cwru.Demodulation((4096, 20.0), (1000.0, 4000.0), "log", True)

    def inner(brier: float, n: int) -> cwru.Inner:
        return cwru.Inner(brier=brier, error=0.1, n_features=n)

    found = {
        cwru.Candidate(way, "all", 6): inner(0.30, 34),
        cwru.Candidate(way, "orders", 4): inner(0.39, 16),
        cwru.Candidate(way, "orders", 2): inner(0.38, 16),
        cwru.Candidate(way, "shares", 2): inner(0.41, 3),
    }
    assert cwru.chosen_of(found) == cwru.Candidate(way, "orders", 2)
    linear = cwru.Candidate(way, "orders", cwru.LINEAR)
    assert cwru.chosen_of(found | {linear: inner(0.395, 16)}) == linear


@pytest.mark.data
def test_to_a_regression_a_bearing_is_one_observation(real_data: Path) -> None:
    dataset = cwru.recordings(real_data, cwru.SIZES)
    dataset = data.Dataset(tuple(r for r in dataset if r.info.load in (0, 1)))
    way = cwru.Demodulation((4096, 20.0), (1000.0, 4000.0), "log", True)
    table = features.extract(dataset, cwru.plan_of(way))
    table = table.columns([n for n in table.names if n.startswith("env_share")])
    size = cwru.by_size(dataset, table)

    def firsts(some: features.FeatureTable, inches: NDArray[np.float64]) -> Counter:
        first = some.start == table.start.min()
        return Counter(zip(some.label[first], inches[first], strict=True))

    drawn, inches = cwru.draw(table, size, 3)
    assert firsts(drawn, inches) == firsts(table, size)
    assert set(drawn.recording) < set(table.recording)
    twice = replace(
        table,
        **{name: np.concatenate([getattr(table, name)] * 2)
           for name in cwru.PER_WINDOW},
    )  # fmt: skip
    once = cwru.taught(table, size, cwru.LINEAR, 0).predict(table.x)
    again = cwru.taught(twice, np.tile(size, 2), cwru.LINEAR, 0).predict(table.x)
    np.testing.assert_allclose(again, once, atol=1e-3)


def test_skab_chooses_by_recordings_that_are_apart() -> None:
    x, y = np.zeros((401, 1), F32), np.zeros(401, bool)
    runs = [skab.Run(name, x, y) for name in ("a/1", "a/2", "b/1")]
    good, bad = skab.Score(9, 1, 1, 9), skab.Score(1, 9, 9, 1)
    one, two = skab.Setting(10, 1.0), skab.Setting(10, 2.0)
    tried = {
        one: {"a/1": good, "a/2": good, "b/1": bad},
        two: {"a/1": bad, "a/2": bad, "b/1": good},
    }
    assert skab.choose(tried, runs, runs[0], apart="folder") == two
    assert skab.choose(tried, runs, runs[2], apart="folder") == one
    assert skab.choose(tried, runs, runs[2], apart="name") == one


@pytest.mark.data
def test_skab_learns_from_the_first_rows_alone(real_data: Path) -> None:
    run = skab.read(real_data)[0]
    later = run.x.copy()
    later[skab.REFERENCE :] = 0
    for length in (10, 60):
        same = skab.learnt(replace(run, x=later), length)
        for a, b in zip(skab.learnt(run, length), same, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.data
def test_engines_are_whole_and_rows_do_not_look_ahead(real_data: Path) -> None:
    train, test = cmapss.read(real_data)
    setting = cmapss.Setting(length=30, new=20)
    few = cmapss.Engines(
        readings={i: train.readings[i] for i in (1, 2, 5)},
        left={i: train.left[i] for i in (1, 2, 5)},
    )
    rows, left, number = cmapss.rows_of(few, setting)
    fold = cmapss.fold_of(number)
    for i in (1, 2, 5):
        assert len(np.unique(fold[number == i])) == 1
    assert left[number == 1].tolist() == list(range(len(few.readings[1]) - 30, -1, -1))
    cut = {1: few.readings[1][:50]}
    own = cmapss.Engines(readings=cut, left={1: few.left[1][:50]})
    np.testing.assert_array_equal(cmapss.rows_of(own, setting)[0], rows[:21])
    assert len(test.readings) == 100
    assert min(map(len, test.readings.values())) >= 30


@pytest.mark.data
def test_repetitions_are_on_one_side(real_data: Path) -> None:
    dataset = itsc.recordings(real_data)
    assert len(dataset) == 65
    table = features.extract(dataset, itsc.plan_of(480))
    for held, learnt, tested in itsc.sides(table, tuple(itsc.REPETITIONS)):
        assert set(table.group[tested]) == {str(held)}
        assert str(held) not in table.group[learnt]
        assert set(table.label[tested]) == set(table.label[learnt])
        assert not set(table.recording[tested]) & set(table.recording[learnt])


@pytest.mark.data
def test_a_bearing_that_is_held_out_is_not_learnt_from(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(femto, "BEARINGS", ("Bearing1_2", "Bearing3_1"))
    lives = femto.read(real_data)
    few = {
        name: femto.Life(rows=life.rows[::4], left=life.left[::4])
        for name, life in lives.items()
    }
    other = few | {
        "Bearing3_1": replace(
            few["Bearing3_1"], rows=few["Bearing3_1"].rows[::-1].copy() + 1
        )
    }
    found = femto.judge(few, "Bearing3_1")
    assert found.model.hash == femto.judge(other, "Bearing3_1").model.hash
    assert found.model.hash != femto.judge(other, "Bearing1_2").model.hash


@pytest.mark.data
@pytest.mark.parametrize("part", hydraulic.PARTS)
def test_stretches_of_cycles_are_on_one_side(real_data: Path, part: str) -> None:
    rig = hydraulic.read(real_data)
    stretch, fold = hydraulic.folds(rig, part)
    state = rig.states[:, hydraulic.PARTS.index(part)]
    assert (np.diff(stretch) >= 0).all()
    for i in np.unique(stretch):
        assert len(np.unique(fold[stretch == i])) == 1
        assert len(np.unique(state[stretch == i])) == 1
    for k in np.unique(fold):
        assert set(state[fold != k]) == set(state)
