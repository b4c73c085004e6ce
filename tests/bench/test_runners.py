"""Emulators: exact, equal to each other and to the host, and never left hanging."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from ecmkit.bench import (
    AppRun,
    Golden,
    HostApp,
    choose_runner,
    compare_runs,
    read_image,
    run,
)
from ecmkit.bench.cycles import class_counts
from ecmkit.bench.stream import INIT, PUSH, REPORT
from ecmkit.errors import DeviceError, MissingError
from ecmkit.package import Package, build
from ecmkit.targets import Target, load_target
from tests.package.sample import (
    HOP,
    KMEANS_C,
    SPEED_HZ,
    WARM,
    WINDOW,
    application,
    contract,
    models,
    signal,
)

pytestmark = pytest.mark.emulator

GOLDEN = Golden(x=signal(), speed_hz=SPEED_HZ)


def needs_qemu() -> None:
    if shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")


def parity(host: AppRun, other: AppRun) -> str:
    names = contract().names, application().outputs
    return compare_runs(host, other, features=names[0], outputs=names[1]).first


@pytest.fixture(scope="session")
def host(host_app: HostApp) -> AppRun:
    return host_app.run(GOLDEN)


def test_unicorn_and_qemu_agree_to_the_instruction_and_the_bit(
    package: Package, target: Target, host: AppRun
) -> None:
    needs_qemu()
    mine = run(package, target, GOLDEN, runner="unicorn")
    theirs = run(package, target, GOLDEN, runner="qemu")
    np.testing.assert_array_equal(mine.segments, theirs.segments)
    assert mine.stack_bytes == theirs.stack_bytes
    assert parity(host, mine.run) == parity(host, theirs.run) == ""
    assert len(host.events) == 6
    assert host.events["valid"].all()
    assert len(host.frames) == 1 + len(contract().names)


def test_counts_repeat_exactly(package: Package, target: Target) -> None:
    first = run(package, target, GOLDEN, runner="unicorn")
    again = run(package, target, GOLDEN, runner="unicorn")
    np.testing.assert_array_equal(first.segments, again.segments)
    assert first.stack_bytes == again.stack_bytes > 0
    stages = first.segments["stage"]
    assert (stages == INIT).sum() == 1
    assert (stages == PUSH).sum() == -(-GOLDEN.x.size // HOP)
    assert (stages == REPORT).sum() == 1 + len(contract().names)


@pytest.mark.parametrize("runner", ["unicorn", "qemu"])
def test_the_profile_is_of_what_is_counted(
    package: Package, target: Target, runner: str
) -> None:
    if runner == "qemu":
        needs_qemu()
    measured = run(package, target, GOLDEN, runner=runner)
    profile = measured.profile
    assert profile is not None
    for segment, count in enumerate(measured.segments["count"]):
        inside = profile[profile["segment"] == segment]
        assert inside["count"].sum() == count
    size = int((profile["size"] * profile["times"]).sum())
    assert size / 4 < measured.segments["count"].sum() < size / 2
    assert (profile["jumps"] <= profile["times"]).all()
    image = read_image(package.firmware, target)
    names = {image.function_at(int(at)) for at in np.unique(profile["address"])}
    assert "ecm_app_step" in names
    assert "main" not in names


def test_emulators_agree_on_where_instructions_are_and_on_jumps(
    package: Package, target: Target
) -> None:
    needs_qemu()
    image = read_image(package.firmware, target)
    golden = dataclasses.replace(GOLDEN, x=GOLDEN.x[: WINDOW + WARM * HOP], frames=1)
    found = []
    for runner in ("unicorn", "qemu"):
        profile = run(package, target, golden, runner=runner).profile
        assert profile is not None
        found.append(class_counts(profile, image, "arm"))
    assert found[0] == found[1]
    assert found[0][0]["refill"] > 1000


@pytest.mark.parametrize("name", ["mps2-an385", "mps2-an505"])
def test_other_cores_give_the_same_bits(
    name: str, host_app: HostApp, tmp_path: Path
) -> None:
    target = load_target(name)
    other = build(application(), target=target, out=tmp_path / "pump")
    golden = dataclasses.replace(GOLDEN, x=GOLDEN.x[: WINDOW + (WARM + 2) * HOP])
    there = run(other, target, golden)
    assert parity(host_app.run(golden), there.run) == ""
    assert len(there.run.events) == 3


def test_zig_gives_the_same_bits(target: Target, host: AppRun, tmp_path: Path) -> None:
    pytest.importorskip("ziglang")
    other = build(application(), target=target, out=tmp_path / "pump", compiler="zig")
    assert other.manifest.compiler.name == "zig"
    assert parity(host, run(other, target, GOLDEN).run) == ""


def test_any_chunk_gives_the_same_bits(
    package: Package, target: Target, host: AppRun, host_app: HostApp
) -> None:
    odd = dataclasses.replace(GOLDEN, chunk=97)
    assert parity(host, host_app.run(odd)) == ""
    assert parity(host, run(package, target, odd).run) == ""


def test_bad_samples_are_the_sensors_fault_on_both_sides(
    package: Package, target: Target, host_app: HostApp
) -> None:
    x = signal(windows=2 * WARM)
    x[WINDOW + (WARM + 1) * HOP + 10] = np.nan
    x[WINDOW + (WARM + 3) * HOP + 5] = np.inf
    golden = dataclasses.replace(GOLDEN, x=x)
    here, there = host_app.run(golden), run(package, target, golden).run
    assert parity(here, there) == ""
    assert 0 < here.events["valid"].sum() < len(here.events)
    invalid = here.events["valid"] == 0
    assert np.isnan(here.features[invalid]).all()
    assert np.isfinite(here.features[~invalid]).all()


HANGS = KMEANS_C.replace(
    "    ecm_status_t status =",
    "    volatile int on = 1; while (on) {}\n    int status =",
)
CRASHES = KMEANS_C.replace(
    "    ecm_status_t status =",
    "    *(volatile float *)0xF0000001U = features[0];\n    int status =",
)


@pytest.fixture(scope="session")
def hanging(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    out = tmp_path_factory.mktemp("hanging") / "pump"
    return build(_with_anomaly(HANGS), target=target, out=out)


def _with_anomaly(source: str):  # type: ignore[no-untyped-def]
    classifier, anomaly = models()
    return application(models=(classifier, dataclasses.replace(anomaly, source=source)))


@pytest.mark.parametrize("runner", ["unicorn", "qemu"])
def test_firmware_that_hangs_is_given_up_in_time(
    hanging: Package, target: Target, runner: str
) -> None:
    if runner == "qemu":
        needs_qemu()
    with pytest.raises(DeviceError, match="not done after 1 s"):
        run(hanging, target, GOLDEN, runner=runner, timeout_s=1.0)
    assert _children() == ""


@pytest.mark.parametrize("runner", ["unicorn", "qemu"])
def test_firmware_that_faults_is_reported(
    target: Target, runner: str, tmp_path: Path
) -> None:
    if runner == "qemu":
        needs_qemu()
    crashing = build(_with_anomaly(CRASHES), target=target, out=tmp_path / "pump")
    with pytest.raises(DeviceError, match=r"ecm_model_anomaly|fault handler"):
        run(crashing, target, GOLDEN, runner=runner)


def test_a_runner_that_cannot_says_why(package: Package, target: Target) -> None:
    board = load_target("nucleo-f401re")
    with pytest.raises(MissingError, match="names no machine for qemu"):
        choose_runner(board, "qemu")
    assert choose_runner(board) == "unicorn"
    with pytest.raises(ValueError, match="runner is 'bochs'"):
        run(package, target, GOLDEN, runner="bochs")


def test_a_signal_that_does_not_fit_is_refused(
    package: Package, target: Target
) -> None:
    long = Golden(x=np.zeros(8 << 20, np.float32))
    with pytest.raises(ValueError, match="the memory of the bench on mps2-an386 has"):
        run(package, target, long)


def _children() -> str:
    """Emulators that this process has started and not ended."""
    names = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().partition(" (")[2].rpartition(") ")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if int(rest.split()[1]) == os.getpid():
            names.append(name)
    return "".join(name for name in names if "qemu" in name)
