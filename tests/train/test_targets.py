"""Targets of regressions, and raw windows as tables."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.data import ChannelInfo, Dataset, Recording, RecordingInfo
from ecmkit.errors import DataError
from ecmkit.train import fit
from ecmkit.train.targets import (
    remaining_life,
    severity,
    virtual_sensor,
    windows_table,
)
from tests.synthetic import table


def recording(name, machine, n, *, fault_size=0.0, fs_hz=10.0, seed=0, **more):
    rng = np.random.default_rng(seed)
    return Recording(
        info=RecordingInfo(
            id=name, machine=machine, label="inner" if fault_size else "normal",
            unit="g", fs_hz=fs_hz, fault_size=fault_size, **more,
        ),
        channels=("x", "y"),
        x=rng.normal(size=(2, n)).astype(np.float32),
    )  # fmt: skip


DATASET = Dataset(
    (
        recording("a1", "a", 50),
        recording("a2", "a", 30, fault_size=0.5),
        recording("b1", "b", 40, fault_size=0.25),
    )
)
WINDOWS = windows_table(DATASET, length=10, hop=5)


def of(made, name):
    return made.target[made.recording == name].tolist()


def test_windows_are_the_samples():
    assert WINDOWS.shape == (2, 10)
    assert len(WINDOWS.x) == 9 + 5 + 7
    rows = WINDOWS.x.reshape(-1, 2, 10)
    at = int(np.flatnonzero(WINDOWS.recording == "a2")[3])
    assert WINDOWS.start[at] == 15
    np.testing.assert_array_equal(rows[at], DATASET.recordings[1].x[:, 15:25])
    assert WINDOWS.names[9:12] == ("x[9]", "y[0]", "y[1]")
    one = windows_table(DATASET, length=10, hop=5, channels=["y"])
    np.testing.assert_array_equal(one.x, rows[:, 1])
    assert one.contract_id != WINDOWS.contract_id


def test_windows_that_mean_different_things_are_refused():
    odd = recording("c", "c", 30, fs_hz=20.0)
    with pytest.raises(DataError, match=r"c: 20 Hz.*expected 10 Hz.*as in a1"):
        windows_table(Dataset((*DATASET, odd)), length=10, hop=5)
    odd = recording("c", "c", 30, sensors={"y": ChannelInfo(unit="A")})
    with pytest.raises(DataError, match="units g, A"):
        windows_table(Dataset((*DATASET, odd)), length=10, hop=5)
    with pytest.raises(DataError, match="a window of 99 samples"):
        windows_table(DATASET, length=99, hop=5)
    with pytest.raises(DataError, match="no recordings"):
        windows_table(Dataset(()), length=10, hop=5)


def test_severity_is_the_size_of_the_fault():
    made = severity(WINDOWS, DATASET, unit="mm")
    assert (made.target_name, made.target_unit) == ("fault_size", "mm")
    assert set(of(made, "a2")) == {0.5}
    assert set(of(made, "a1")) == {0.0}
    with pytest.raises(DataError, match="'b1' of the table"):
        severity(WINDOWS, DATASET.select(["a1", "a2"]), unit="mm")


def test_life_is_counted_from_the_end_of_a_run():
    made = remaining_life(WINDOWS, DATASET)
    assert of(made, "a2") == [4, 3, 2, 1, 0]
    assert made.target_unit == "windows"
    capped = remaining_life(WINDOWS, DATASET, cap=2, run="group")
    assert of(capped, "a1") == [2] * 9
    assert of(capped, "a2") == [2, 2, 2, 1, 0]
    group = remaining_life(WINDOWS, DATASET, run="group")
    assert of(group, "a1") == [13, 12, 11, 10, 9, 8, 7, 6, 5]


def test_life_in_cycles_and_hours():
    cycles = remaining_life(WINDOWS, DATASET, unit="cycles", left_at_end={"b1": 7})
    assert of(cycles, "a2") == [20, 15, 10, 5, 0]
    assert of(cycles, "b1")[-2:] == [12, 7]
    hours = remaining_life(WINDOWS, DATASET, unit="hours", run="group")
    # a2 begins 5 s after a1; its last window 2 s later.
    np.testing.assert_allclose(of(hours, "a1")[0], 7.0 / 3600, rtol=1e-6)
    slow = remaining_life(
        WINDOWS, DATASET, unit="hours", run="group", interval_s=3600.0
    )
    np.testing.assert_allclose(of(slow, "a1")[0], 1 + 2 / 3600, rtol=1e-6)
    assert slow.target_unit == "h"


def test_rows_in_any_order_have_the_same_life():
    order = np.random.default_rng(0).permutation(len(WINDOWS.x))
    mixed = replace(
        WINDOWS,
        **{
            key: np.ascontiguousarray(getattr(WINDOWS, key)[order])
            for key in ("x", "recording", "start", "label", "group")
        },
    )
    plain = remaining_life(WINDOWS, DATASET, run="group").target
    np.testing.assert_array_equal(
        remaining_life(mixed, DATASET, run="group").target, plain[order]
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"unit": "days"}, "windows, hours, cycles"),
        ({"cap": 0}, "cap 0"),
        ({"interval_s": -1.0}, "interval_s -1"),
        ({"left_at_end": {"z": 1}}, "found 'z'"),
        ({"run": "machine"}, "'recording' or 'group'"),
    ],
)
def test_settings_out_of_range_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        remaining_life(WINDOWS, DATASET, **options)


def test_a_feature_becomes_the_target():
    rows = table()
    made = virtual_sensor(rows, "f3")
    assert "f3" not in made.names
    np.testing.assert_array_equal(made.target, rows.x[:, 3])
    model = fit(made, family="ridge", seed=0)
    assert (model.kind, model.outputs, model.n_features) == ("values", ("f3",), 11)
    with pytest.raises(ValueError, match="mean 'f"):
        virtual_sensor(rows, "f12")
    with pytest.raises(ValueError, match="the only one"):
        virtual_sensor(rows.columns(["f3"]), "f3")
