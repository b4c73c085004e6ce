"""Packages of the profile q15: the bits of the host on a core without floats."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.bench import (
    Budget,
    Golden,
    HostApp,
    gate,
    plan_cost,
    prove_stack,
    run,
)
from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.drift.records import Reference
from ecmkit.features import Feature, FeaturePlan, Scaler, codes_of, load_plan
from ecmkit.package import Application, Package, build
from ecmkit.targets import Target, load_target
from tests.package import sample

pytestmark = pytest.mark.emulator

# as many features as the models of the sample take
PLAN = FeaturePlan(
    channel="drive_end",
    unit="g",
    fs_hz=8000.0,
    range=8.0,
    window_len=256,
    hop_len=100,
    profile="q15",
    features=(
        "rms",
        "kurtosis",
        "crest",
        Feature(name="band_rms", bands_hz=((0, 1000), (1000, 4000))),
        "centroid",
    ),
)
BOTH = msgspec.structs.replace(
    PLAN,
    channel=None,
    channels=("x", "y"),
    features=("rms", Feature(name="velocity_rms", channel="y"), "centroid"),
    scaler=Scaler(
        kind="linear",
        offset=(0.1, 1000.0, 2.0, 0.1, 1000.0),
        factor=(10.0, 0.001, 0.5, 10.0, 0.0),
    ),
)
READY = load_plan("vibration-basic", profile="q15")


@pytest.fixture(scope="module")
def small() -> Target:
    """A Cortex-M0+ with 20 KiB of memory."""
    return load_target("nucleo-l073rz")


def application(plan: FeaturePlan, *, models: bool = False) -> Application:
    contract = plan.contract()
    n = len(contract.names)
    reference = Reference(
        names=contract.names,
        edges=np.tile(np.linspace(0.1, 4.0, 7, dtype=np.float32), (n, 1)),
        probabilities=np.full((n, 8), 0.125, np.float32),
        n=1,
    )
    if models:
        return sample.application(contract=contract, reference=reference)
    return Application(
        name="rig", contract=contract, models=(), watches=(), reference=reference
    )


def signal(plan: FeaturePlan, windows: int) -> NDArray[np.float32]:
    """Different noise in each channel, long enough for so many rows."""
    n = plan.span_len + (windows - 1) * plan.hop_len
    random = np.random.default_rng(3)
    return random.normal(0.0, 0.5, (len(plan.all_channels), n)).astype(np.float32)


def extracted(plan: FeaturePlan, x: NDArray[np.float32]) -> NDArray[np.float32]:
    info = RecordingInfo(
        id="one", machine="rig", label="normal", unit=plan.unit, fs_hz=plan.fs_hz,
        range=plan.range,
    )  # fmt: skip
    recording = Recording(info=info, channels=plan.all_channels, x=x)
    return plan.extract(Dataset((recording,))).x


@pytest.mark.parametrize(
    ("plan", "models", "windows"),
    [
        pytest.param(PLAN, True, 6, id="models"),
        pytest.param(BOTH, False, 3, id="channels"),
        pytest.param(READY, False, 3, id="vibration-basic"),
    ],
)
def test_the_golden_check_passes_on_a_small_core(
    plan: FeaturePlan, models: bool, windows: int, small: Target, tmp_path: Path
) -> None:
    app = application(plan, models=models)
    package = build(app, target=small, out=tmp_path / "rig")
    host = HostApp(package)
    golden = Golden(x=signal(plan, windows))
    report = gate(package, target=small, golden=golden, budget=Budget(), host=host)
    assert report.parity.differences == 0
    assert report.passed
    assert report.windows == windows
    here = host.run(golden)
    expected = extracted(plan, np.asarray(golden.x))
    assert here.features.tobytes() == expected.tobytes()
    names = [stage.name for stage in report.stages]
    assert any(name.endswith("real") for name in names)


@pytest.fixture(scope="module")
def package(small: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    out = tmp_path_factory.mktemp("small") / "rig"
    return build(application(PLAN, models=True), target=small, out=out)


def test_models_see_physical_units(package: Package) -> None:
    golden = Golden(x=signal(PLAN, 4))
    here = HostApp(package).run(golden)
    rms = extracted(PLAN, np.asarray(golden.x))[:, 0]
    np.testing.assert_allclose(rms, 0.5, atol=0.1)
    assert here.outputs.shape == (4, 4)
    assert np.all(here.events["valid"] == 1)
    assert np.all(here.events["score"][:, 0] == here.outputs[:, 3])


def test_any_chunk_gives_the_same_bits(package: Package, small: Target) -> None:
    x = signal(PLAN, 5)
    host = HostApp(package)
    whole = host.run(Golden(x=x))
    for chunk in (1, 33, 100):
        other = host.run(Golden(x=x, chunk=chunk))
        assert other.features.tobytes() == whole.features.tobytes()
        assert other.frames == whole.frames
    there = run(package, small, Golden(x=x, chunk=77)).run
    assert there.features.tobytes() == whole.features.tobytes()
    assert there.outputs.tobytes() == whole.outputs.tobytes()


def test_other_cores_give_the_same_bits(tmp_path: Path) -> None:
    golden = Golden(x=signal(PLAN, 2))
    expected = extracted(PLAN, np.asarray(golden.x))
    for name in ("mps2-an385", "mps2-an386"):
        target = load_target(name)
        made = build(application(PLAN), target=target, out=tmp_path / name)
        there = run(made, target, golden).run
        assert there.features.tobytes() == expected.tobytes()


def test_a_clipped_sensor_is_the_sensors_fault(package: Package) -> None:
    x = signal(PLAN, 6)
    x[0, 300:310] = 9.0  # beyond the range: the integers saturate
    events = HostApp(package).run(Golden(x=x)).events
    touched = [i * 100 < 310 and i * 100 + 256 > 300 for i in range(6)]
    assert events["valid"].tolist() == [0 if bad else 1 for bad in touched]
    assert set(events["health"][touched].tolist()) == {2}


def test_memory_holds_samples_of_16_bits(package: Package) -> None:
    memory = package.manifest.memory
    text = (package.path / "src" / "ecm_package.h").read_text()
    assert memory.sample_bytes == 2
    assert (memory.ring_floats, memory.window_floats) == (384 // 2, 256 // 2)
    assert "typedef int16_t ecm_package_sample_t;" in text
    assert "ECM_APP_MEM_LEN(1, 192, 128, " in text
    example = (package.path / "examples" / "bare_metal" / "board.h").read_text()
    assert "return (int16_t)(code * 16);" in example
    assert "#define ECM_PACKAGE_PUSH ecm_app_push_s16" in text
    assert "2^15 for 8 g" in example
    assert (package.path / "src" / "ecm_feat_integer.c").exists()
    assert not (package.path / "src" / "ecm_feat_time.c").exists()


def test_the_stack_of_integers_is_proven(package: Package, small: Target) -> None:
    proof = prove_stack(package.firmware, small, library=package.library)
    assert proof.proven, (proof.unknown, proof.recursive)


def test_a_package_of_floats_has_none_of_it(small: Target, tmp_path: Path) -> None:
    plan = msgspec.structs.replace(PLAN, profile="f32")
    made = build(application(plan), target=small, out=tmp_path / "rig")
    assert made.manifest.memory.sample_bytes == 4
    assert not (made.path / "src" / "ecm_feat_q15.c").exists()
    x = signal(plan, 2)
    there = run(made, small, Golden(x=x)).run
    assert there.features.tobytes() == extracted(plan, x).tobytes()
    example = (made.path / "examples" / "bare_metal" / "board.h").read_text()
    assert "return (float)code * (8.0f / 2048.0f);" in example


def test_integers_cost_a_fifth_on_a_core_without_floats(small: Target) -> None:
    single = msgspec.structs.replace(PLAN, profile="f32")
    integers = plan_cost(PLAN.contract(), small)
    floats = plan_cost(single.contract(), small)
    assert list(integers.steps)[-1] == "real"
    assert integers.steps["real"] < 2_000
    assert 4 * integers.total < floats.total
    assert integers.ram_bytes < floats.ram_bytes


def test_what_is_pushed_is_what_the_sensor_gives() -> None:
    x = np.array([[0.5, -8.0, 8.0, 1e9]], np.float32)
    assert codes_of(x, 8.0).tolist() == [[2048, -32768, 32767, 32767]]
