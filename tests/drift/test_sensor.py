"""Sensor health from Python: each verdict by name, states that move."""

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.drift import SensorHealth

CLEAN = np.sin(0.7 * np.arange(400)).astype(np.float32)
SETTINGS: dict[str, Any] = {
    "range": 4.0, "stuck_len": 10, "low": -3.0, "high": 3.0, "spike": 1.9,
    "block_len": 100, "dead_band": 0.1, "offset_limit": 0.5, "signature_low": 0.2,
    "signature_high": 1.0,
}  # fmt: skip


def broken(what: str) -> NDArray[np.float32]:
    x: NDArray[np.float32] = CLEAN.copy()
    if what == "nonfinite":
        x[30] = np.nan
    elif what == "clipped":
        x[30] = -4.0
    elif what == "stuck":
        x[30:45] = 0.25
    elif what == "outside":
        x[30:33] = [1.5, 3.2, 1.5]
    elif what == "spikes":
        x[30:33] = [0.0, 2.0, 0.0]
    elif what == "dead":
        x *= 0.01
    elif what == "offset":
        x += 0.8
    else:
        x = np.sin(0.05 * np.arange(400)).astype(np.float32)
    return x


@pytest.mark.parametrize(
    "what",
    ["nonfinite", "clipped", "stuck", "outside", "spikes", "dead", "offset",
     "signature"],
)  # fmt: skip
def test_each_fault_has_its_name_and_counter(what: str) -> None:
    sensor = SensorHealth(**SETTINGS)
    assert sensor.update_many(CLEAN) == frozenset()
    found = sensor.update_many(broken(what))
    assert what in found
    assert sensor.verdict == found
    assert sensor.counters[what] >= 1
    sensor.reset()
    assert set(sensor.counters.values()) == {0}
    assert sensor.verdict == frozenset()


def test_time_stamps() -> None:
    sensor = SensorHealth(1.0, period_ns=1_000_000, rate_ppm=1000, rate_len=1000)
    for i in range(20):
        assert sensor.time(100_000 * i, 100) == frozenset()
    assert sensor.time(100_000 * 20 + 50_000, 100) == {"missing"}
    assert sensor.counters["lost"] == 50
    slow = sensor.clone()
    found = [slow.time(102_000 * i, 100) for i in range(40)]
    assert found[-1] == {"rate"}


def test_states_move_and_one_by_one_is_the_same() -> None:
    x = np.concatenate([CLEAN[:150], broken("stuck"), broken("dead")])
    whole, one = SensorHealth(**SETTINGS), SensorHealth(**SETTINGS)
    whole.update_many(x)
    for value in x[:333]:
        one.update(float(value))
    copied = pickle.loads(pickle.dumps(one))
    moved = SensorHealth.from_bytes(one.to_bytes(), **one.settings)
    assert len(moved.to_bytes()) == 104
    for other in (one, copied, moved):
        other.update_many(x[333:])
        assert other.to_bytes() == whole.to_bytes()
        assert other.counters == whole.counters
    whole.gap()
    assert whole.counters["missing"] == moved.counters["missing"] + 1


def test_integers_of_16_bits() -> None:
    sensor = SensorHealth(range=32767)
    assert sensor.update_many(np.array([1, 32767, -3], np.int16)) == {"clipped"}


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        SensorHealth(0.0)
    with pytest.raises(ValueError, match="stuck_len is -1"):
        SensorHealth(1.0, stuck_len=-1)
    with pytest.raises(ValueError, match=r"x has shape \(1, 2\)"):
        SensorHealth(1.0).update_many([[1, 2]])
    with pytest.raises(ValueError, match="state has length"):
        SensorHealth.from_bytes(b"", range=1.0)
