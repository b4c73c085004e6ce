"""Checks of sensors from recordings: they keep quiet, and see a sensor that is lost."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit import data, flow
from ecmkit.data import Dataset
from ecmkit.drift import SensorChecks, learn_checks

DEMO = Path(__file__).parents[2] / "examples" / "demo.toml"
BLOCK, FS_HZ, RANGE = 4096, 12000.0, 10.0


@pytest.fixture(scope="module")
def life() -> dict[str, Dataset]:
    """The demo's machine in service, by stretch."""
    simulator = flow.load_project(DEMO).data.simulator
    assert simulator is not None
    parts = {}
    for stretch in ("reference", "before", "after"):
        own = tuple(s for s in simulator.scenario if s.stretch == stretch)
        parts[stretch] = data.simulate(
            data.SimulatorConfig(
                scenario=own,
                gain_g_per_mm=simulator.gain_g_per_mm,
                noise_g=simulator.noise_g,
            ),
            seed=10,
        )
    return parts


@pytest.fixture(scope="module")
def checks(life: dict[str, Dataset]) -> SensorChecks:
    return learn_checks((r.x[0] for r in life["reference"]), block_len=BLOCK)


def verdicts(checks: SensorChecks, x: NDArray[np.float32]) -> frozenset[str]:
    return checks.health(range=RANGE, fs_hz=FS_HZ).update_many(x)


def test_no_machine_of_the_demo_is_taken_for_a_loose_sensor(life, checks) -> None:
    """Neither before its change nor after: a new mount, noise, faults."""
    assert checks.dead_band > 0.0 < checks.offset_limit
    assert 0.0 < checks.signature_low < checks.signature_high
    for stretch in ("before", "after"):
        for recording in life[stretch]:
            assert verdicts(checks, recording.x[0]) == frozenset()


def broken(kind: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
    time = np.arange(len(x)) / FS_HZ
    rng = np.random.default_rng(0)
    made: dict[str, NDArray[np.floating]] = {
        "cut cable": 0.2 * np.sin(2 * np.pi * 50.0 * time),
        "no power": 1e-4 * rng.normal(size=len(x)),
        "bias lost": x + 4.0,
    }  # fmt: skip
    return made[kind].astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "found"),
    [("cut cable", "signature"), ("no power", "dead"), ("bias lost", "offset")],
)
def test_a_lost_sensor_is_seen(kind: str, found: str, life, checks) -> None:
    x = life["before"].recordings[0].x[0]
    assert found in verdicts(checks, broken(kind, x))


def test_what_was_set_stays(checks) -> None:
    x = np.random.default_rng(1).normal(size=2048)
    given = SensorChecks(
        block_len=256, dead_band=0.25, offset_limit=3.0, signature_high=3.5, low=-9.0,
        high=9.0,
    )  # fmt: skip
    assert learn_checks([x], block_len=64, checks=given) == given


def test_period_and_rate_follow_the_sampling_rate() -> None:
    sensor = SensorChecks().health(range=1.0, fs_hz=1000.0)
    assert sensor.settings["period_ns"] == 1_000_000
    assert sensor.settings["rate_len"] == 1000
    assert [sensor.time(500_000 * i, 500) for i in range(4)] == [frozenset()] * 4
    assert sensor.time(2_100_000, 500) == {"missing"}
    slow = SensorChecks().health(range=1.0, fs_hz=1000.0)
    found = [slow.time(int(1.007 * 1000 * 100 * i), 100) for i in range(30)]
    assert set(found) == {frozenset()}
    strict = SensorChecks(rate_ppm=5000).health(range=1.0, fs_hz=1000.0)
    found = [strict.time(int(1.007 * 1000 * 100 * i), 100) for i in range(30)]
    assert found[-1] == {"rate"}
    assert SensorChecks(rate_ppm=0).settings(fs_hz=10.0)["period_ns"] == 100_000_000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stuck_len": 1}, "`stuck_len`: found 1, expected 2 or more"),
        ({"low": 1.0}, "`high`: found 0.0, expected `low`, 1.0, or more"),
        ({"block_len": 1}, "`block_len`: found 1, expected 0, or 2"),
        ({"dead_band": 0.1}, "`block_len`: found 0, expected 2 or more for"),
        ({"rate_s": 0.0}, "`rate_s`: found 0.0, expected above 0"),
        ({"signature_low": 1.0, "block_len": 8}, "`signature_high`: found 0.0"),
    ],
)
def test_refusals(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SensorChecks(**changes)  # type: ignore[arg-type]


def test_recordings_that_teach_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="found no block of 64 samples"):
        learn_checks([np.zeros(63)], block_len=64)
    with pytest.raises(ValueError, match="not finite"):
        learn_checks([np.full(64, np.nan)], block_len=64)
    with pytest.raises(ValueError, match="one dimension"):
        learn_checks([np.zeros((2, 64))], block_len=64)
