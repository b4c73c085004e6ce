"""Packages of several channels: the host's bits on emulated cores, plan by plan."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.bench import Budget, Golden, HostApp, gate, plan_cost, run
from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.drift.records import Reference
from ecmkit.features import (
    Feature,
    FeaturePlan,
    PlanEnvelope,
    PlanFilter,
    Scaler,
    load_plan,
)
from ecmkit.package import Application, Package, build
from ecmkit.package.application import OTHERS
from ecmkit.targets import Target, load_target

pytestmark = pytest.mark.emulator

AXES = ("x", "y", "z")
SPEED_HZ = 30.0


def application(plan: FeaturePlan) -> Application:
    """An application that has the plan and nothing else."""
    contract = plan.contract()
    n = len(contract.names)
    reference = Reference(
        names=contract.names,
        edges=np.tile(np.arange(7, dtype=np.float32), (n, 1)),
        probabilities=np.full((n, 8), 0.125, np.float32),
        n=1,
    )
    return Application(
        name="rig", contract=contract, models=(), watches=(), reference=reference
    )


def noise(plan: FeaturePlan, windows: int) -> NDArray[np.float32]:
    """Different noise in each channel, long enough for so many rows."""
    n = plan.span_len + (windows - 1) * plan.hop_len
    shape = (len(plan.all_channels), n)
    x = np.random.default_rng(7).normal(0.0, 0.3, shape)
    return x.astype(np.float32)


def extracted(plan: FeaturePlan, x: NDArray[np.float32]) -> NDArray[np.float32]:
    info = RecordingInfo(
        id="one", machine="rig", label="normal", unit=plan.unit, fs_hz=plan.fs_hz,
        speed_hz=SPEED_HZ, range=plan.range,
    )  # fmt: skip
    recording = Recording(info=info, channels=plan.all_channels, x=x)
    return plan.extract(Dataset((recording,))).x


BEARING = msgspec.structs.replace(load_plan("bearing"), channel=None, channels=AXES)
MIXED = FeaturePlan(
    channels=("vibration", "current", "spare"),
    unit="V",
    fs_hz=8000.0,
    range=10.0,
    window_len=512,
    hop_len=256,
    detrend="none",
    speed_hz=(28.0, 32.0),
    filters=(PlanFilter(passes="highpass", cutoffs_hz=(20.0,)),),
    envelope=PlanEnvelope(band_hz=(1000.0, 3000.0)),
    features=(
        "rms",
        Feature(name="kurtosis", channel="vibration"),
        Feature(name="cepstral_peak", lo_s=0.005, hi_s=0.02),
        Feature(name="env_order", channel="vibration", order=3),
        Feature(name="slip_sidebands", channel="current", supply_hz=400, pole_pairs=10),
    ),
    columns=("vibration_*", "current_*"),
    scaler=Scaler(
        kind="linear",
        offset=(0.5, 1.0, 0.0, 0.25, 0.125, 0.0, 2.0),
        factor=(1.0, 0.5, 2.0, 1.0, 3.0, 1.0, 0.1),
    ),
)


@pytest.mark.parametrize("plan", [BEARING, MIXED], ids=["bearing", "mixed"])
def test_a_plan_of_three_channels_passes_its_golden_check(
    plan: FeaturePlan, target: Target, tmp_path: Path
) -> None:
    package = build(application(plan), target=target, out=tmp_path / "rig")
    host = HostApp(package)
    golden = Golden(x=noise(plan, 3), speed_hz=SPEED_HZ)
    report = gate(package, target=target, golden=golden, budget=Budget(), host=host)
    assert report.passed
    assert report.parity.differences == 0
    assert report.windows == 3
    names = {stage.name for stage in report.stages}
    assert {f"{plan.all_channels[1]}: time", "fetch and judge"} <= names
    x = np.asarray(golden.x)
    np.testing.assert_array_equal(host.run(golden).features, extracted(plan, x))


def test_other_cores_give_the_same_bits(tmp_path: Path) -> None:
    golden = Golden(x=noise(MIXED, 2), speed_hz=SPEED_HZ, chunk=100)
    found = []
    for name in ("mps2-an385", "mps2-an505"):
        target = load_target(name)
        package = build(application(MIXED), target=target, out=tmp_path / name)
        there = run(package, target, golden).run
        found.append(there.features)
        assert len(there.events) == 2
        assert there.refused == ()
    expected = extracted(MIXED, np.asarray(golden.x))
    for features in found:
        np.testing.assert_array_equal(features, expected)


@pytest.fixture(scope="module")
def mixed(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    out = tmp_path_factory.mktemp("mixed") / "rig"
    return build(application(MIXED), target=target, out=out)


def test_memory_is_what_the_manifest_says(mixed: Package) -> None:
    memory = mixed.manifest.memory
    text = (mixed.path / "src" / "ecm_package.h").read_text()
    assert "ECM_PACKAGE_CHANNEL_1_CURRENT = 1" in text
    assert memory.channels_len == 3
    assert memory.ring_len == 512 + 256
    assert f"ECM_APP_MEM_LEN(3, {memory.ring_len}, 512, {memory.work_len}," in text
    arrays = memory.window_len + memory.work_len + memory.features_len + len(OTHERS)
    assert memory.floats == 3 * memory.ring_len + arrays + memory.state_len


def test_an_unwell_channel_is_named(mixed: Package) -> None:
    x = noise(MIXED, 4)
    x[2, -1] = np.nan  # no feature reads this channel, but it is watched
    events = HostApp(mixed).run(Golden(x=x, speed_hz=SPEED_HZ)).events
    assert events["valid"].tolist() == [1, 1, 1, 0]
    assert events["unwell"].tolist() == [0, 0, 0, 4]
    assert events["health"].tolist() == [0, 0, 0, 1]


def test_the_shape_of_a_golden_signal(mixed: Package) -> None:
    with pytest.raises(ValueError, match=r"shape \(100,\), expected \(3, n_samples\)"):
        HostApp(mixed).push(np.zeros(100))


def test_the_cost_of_each_channel(target: Target) -> None:
    cost = plan_cost(MIXED.contract(), target, speed_hz=SPEED_HZ)
    assert cost.steps["vibration: envelope"] > 10_000
    times = [cost.steps[f"{name}: time"] for name in MIXED.channels[:2]]
    assert abs(times[0] - times[1]) < 200  # a window to copy, a plan further on
    assert not any(name.startswith("spare") for name in cost.steps)
