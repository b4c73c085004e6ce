"""Splits: no group on both sides, whatever the seed; leakage only by name."""

import msgspec
import numpy as np
import pytest

from ecmkit.data import (
    Dataset,
    Recording,
    RecordingInfo,
    Split,
    leave_one_out,
    require_no_leak,
    split,
)
from ecmkit.errors import DataError


def dataset(rows):
    """Rows of (machine, label, fault size, load)."""
    made = []
    for i, (machine, label, size, load) in enumerate(rows):
        info = RecordingInfo(
            id=f"r{i}",
            machine=machine,
            label=label,
            unit="g",
            fs_hz=1e3,
            fault_size=size,
            load=load,
        )
        x = np.full((1, 4), i, np.float32)
        made.append(Recording(info=info, channels=("DE",), x=x))
    return Dataset(tuple(made))


def rig():
    """As CWRU: one bearing per label and size, at four loads; one healthy."""
    rows = [("normal", "normal", 0.0, load) for load in range(4)]
    for label in ("inner", "outer", "ball"):
        for size in (0.007, 0.014, 0.021):
            rows += [(f"{label}-{size:g}", label, size, load) for load in range(4)]
    return dataset(rows)


def fleet(machines=6):
    labels = ("normal", "inner", "outer")
    rows = [
        (f"m{i}", n, 0.5 * (n != "normal"), 0) for i in range(machines) for n in labels
    ]
    return dataset(rows)


@pytest.mark.parametrize("seed", range(50))
def test_no_machine_on_both_sides_and_no_label_lost(seed):
    for data in (rig(), fleet()):
        made = split(data, by="machine", holdout=0.3, seed=seed)
        require_no_leak(made, data)
        require_no_leak(made, data, by="recording")
        assert not made.leaky
        labels = {r.info.id: r.info.label for r in data}
        assert {labels[i] for i in made.train} == set(labels.values())
        assert set(made.train) | set(made.test) == set(labels)


def test_share_of_each_label():
    data = rig()
    made = split(data, by="machine", holdout=0.34, seed=1)
    labels = [r.info.label for r in data.select(made.test)]
    assert {n: labels.count(n) for n in set(labels)} == {
        "inner": 4,
        "outer": 4,
        "ball": 4,
    }


def test_seeds_decide():
    data = fleet(12)
    tests = {split(data, seed=s).test for s in range(10)}
    assert len(tests) > 5
    assert split(data, seed=3) == split(data, seed=3)


def test_a_small_share_still_holds_one_group_out():
    made = split(fleet(3), holdout=0.01)
    assert len(made.test) == 3


def test_named_groups():
    data = rig()
    made = split(data, by="fault_size", test=(0.007,))
    assert {r.info.fault_size for r in data.select(made.test)} == {0.007}
    assert made.name == "fault_size 0.007 held out"
    with pytest.raises(DataError, match=r"found '0\.03'.*0\.007, 0\.014, 0\.021"):
        split(data, by="fault_size", test=(0.03,))


def test_leave_one_fault_size_out():
    data = rig()
    folds = leave_one_out(data)
    assert [f.name for f in folds] == [
        f"fault_size {s} held out" for s in ("0.007", "0.014", "0.021")
    ]
    tested = [i for fold in folds for i in fold.test]
    faulty = [r.info.id for r in data if r.info.fault_size]
    assert sorted(tested) == sorted(faulty)
    for fold in folds:
        assert not fold.leaky
        require_no_leak(fold, data, by="fault_size")
        assert {"r0", "r1", "r2", "r3"} <= set(fold.train)


def test_a_split_by_load_on_one_bearing_is_called_leaky():
    data = rig()
    made = split(data, by="load", test=(3.0,))
    assert made.leaky
    with pytest.raises(DataError, match=r"machine ball-0\.007, .*on both sides"):
        require_no_leak(made, data)


def test_a_split_by_size_on_the_same_machine_is_called_leaky():
    data = dataset([("m0", "inner", s, 0) for s in (0.1, 0.2)])
    assert all(fold.leaky for fold in leave_one_out(data))


def test_random_windows_are_refused_with_the_reason():
    with pytest.raises(ValueError, match=r"leak.*allow_leakage=True"):
        split(rig(), by="random-window")
    with pytest.raises(ValueError, match="random-window"):
        leave_one_out(rig(), by="random-window")


def test_random_windows_by_name_are_marked():
    data = rig()
    made = split(data, by="random-window", allow_leakage=True, holdout=0.25, seed=4)
    assert made.leaky
    rows = np.repeat([r.info.id for r in data], 100)
    train, test = made.masks(rows)
    assert not (train & test).any()
    assert (train | test).all()
    # Binomial(4000, 1/4): five standard deviations.
    assert abs(test.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / len(rows))
    with pytest.raises(DataError, match="recording r0, r1"):
        require_no_leak(made, data, by="recording")


def test_masks_follow_the_recordings():
    data = fleet(3)
    made = split(data)
    rows = np.array([r.info.id for r in data] * 2 + ["stranger"])
    train, test = made.masks(rows)
    assert set(rows[train]) == set(made.train)
    assert set(rows[test]) == set(made.test)
    assert not train[-1]
    assert not test[-1]
    with pytest.raises(DataError, match="no windows in test"):
        made.masks(np.array(made.train))


@pytest.mark.parametrize("holdout", [0.0, 1.0, -1.0, float("nan")])
def test_share_that_is_none(holdout):
    with pytest.raises(ValueError, match="holdout"):
        split(fleet(), holdout=holdout)


def test_too_few_groups():
    with pytest.raises(DataError, match="found 1 group"):
        split(fleet(1))
    with pytest.raises(DataError, match="found 1 group"):
        leave_one_out(fleet(1))
    lonely = dataset([("a", "inner", 1, 0), ("b", "outer", 1, 0)])
    with pytest.raises(DataError, match="every label left"):
        split(lonely)
    with pytest.raises(DataError, match="found 0 recordings in training"):
        split(fleet(2), test=("m0", "m1"))
    with pytest.raises(ValueError, match="by: found 'colour'"):
        split(fleet(), by="colour")


def test_a_split_of_other_data():
    made = split(rig())
    with pytest.raises(DataError, match="expected one of the dataset"):
        require_no_leak(made, fleet(2))


def test_to_json_and_back():
    made = split(rig())
    assert msgspec.json.decode(msgspec.json.encode(made), type=Split) == made
