"""The gate: figures that an independent tool confirms, misses that are named."""

import dataclasses
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from ecmkit.bench import (
    Accuracy,
    Budget,
    GateReport,
    Golden,
    HostApp,
    compare_runs,
    doctor,
    gate,
    read_image,
)
from ecmkit.bench.stages import slice_names, stage_segments
from ecmkit.bench.stream import PUSH, STEP
from ecmkit.errors import DeviceError, TargetError
from ecmkit.package import Package
from ecmkit.targets import Target, load_target
from tests.package.sample import HOP, SPEED_HZ, WARM, WINDOW, contract, signal

pytestmark = pytest.mark.emulator

GOLDEN = Golden(x=signal(4), speed_hz=SPEED_HZ)


@pytest.fixture(scope="session")
def report(package: Package, target: Target, host_app: HostApp) -> GateReport:
    return gate(package, target=target, golden=GOLDEN, budget=Budget(), host=host_app)


def value(report: GateReport, what: str) -> float:
    return next(row.value for row in report.rows if row.what == what)


def test_without_limits_everything_passes_and_is_labelled(report: GateReport) -> None:
    assert report.passed
    assert report.misses == ()
    assert report.parity.differences == 0
    assert report.parity.compared > 100
    labels = {row.what: row.label for row in report.rows}
    assert labels["flash"] == "measured"
    assert labels["instructions per window"] == "emulated"


def test_stages_are_of_a_window_in_which_models_run(package: Package) -> None:
    """A window of history may take more, as the first one judges all of its samples."""
    names = slice_names(package)
    monitors = STEP + len(names) - 1
    rows = [
        (0, PUSH, 50), (0, STEP, 900), (0, STEP + 1, 500),  # of history
        (1, PUSH, 20), (1, STEP, 300), (1, STEP + 1, 500), (1, monitors, 40),
        (2, PUSH, 20), (2, STEP, 310), (2, STEP + 1, 500), (2, monitors, 45),
        (3, PUSH, 20),
    ]  # fmt: skip
    kinds = [("window", "u4"), ("stage", "u4"), ("count", "u8")]
    measured = SimpleNamespace(segments=np.array(rows, dtype=kinds))
    found = stage_segments(package, measured)  # type: ignore[arg-type]
    assert found["monitors"] == [10]
    assert found["fetch and judge"] == [8]
    history = SimpleNamespace(segments=measured.segments[[0, 1, 2, 3]])
    found = stage_segments(package, history)  # type: ignore[arg-type]
    assert (found["fetch and judge"], found["monitors"]) == ([1], [])


def test_stages_add_up_to_the_most_expensive_window(report: GateReport) -> None:
    inside = [s for s in report.stages if s.name not in ("init", "report")]
    total = sum(stage.count for stage in inside)
    assert total == value(report, "instructions per window")
    assert all(stage.count > 0 for stage in report.stages)
    names = [stage.name for stage in inside]
    assert names == [
        "push", "fetch and judge", "time", "transform", "power", "bands", "envelope",
        "classifier", "anomaly", "monitors",
    ]  # fmt: skip


def test_sizes_are_those_of_the_binutils(
    package: Package, target: Target, report: GateReport
) -> None:
    if shutil.which("arm-none-eabi-size") is None:
        pytest.skip("arm-none-eabi-size is not installed")
    said = subprocess.run(
        ["arm-none-eabi-size", "-A", str(package.firmware)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = [line.split() for line in said.splitlines()]
    sizes = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[0][0] == "."}
    image = read_image(package.firmware, target)
    assert image.flash_bytes == sizes[".text"] + sizes.get(".data", 0)
    assert image.ram_bytes == sizes.get(".data", 0) + sizes[".bss"]
    assert value(report, "flash") * 1024 == image.flash_bytes
    memory = next(s for s in image.symbols if s.name == "ecm_bench_memory")
    assert memory.bytes >= 4 * package.manifest.memory.floats


def test_the_report_survives_json(report: GateReport) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=GateReport) == report


def test_a_missed_budget_says_by_how_much(
    package: Package, target: Target, report: GateReport, host_app: HostApp
) -> None:
    flash, stack = value(report, "flash"), value(report, "stack")
    budget = Budget(
        flash_kib=flash - 1.5, stack_bytes=int(stack), instructions_per_window=1000
    )
    judged = gate(package, target=target, golden=GOLDEN, budget=budget, host=host_app)
    rows = {row.what: row for row in judged.rows}
    assert not judged.passed
    assert rows["flash"].excess == pytest.approx(1.5)
    assert rows["stack"].passed
    assert len(judged.misses) == 2
    assert "flash" in judged.misses[0]
    assert "1.5 above" in judged.misses[0]


def test_estimates_and_accuracy_have_limits_of_their_own(
    package: Package, target: Target, report: GateReport, host_app: HostApp
) -> None:
    accuracy = Accuracy(trained=0.97, compiled=0.95)
    budget = Budget(cpu_percent=1.5, accuracy_drop_points=0.5)
    judged = gate(
        package, target=target, golden=GOLDEN, budget=budget, host=host_app,
        accuracy=accuracy,
    )  # fmt: skip
    assert len(judged.misses) == 2
    cpu = value(judged, "cpu")
    assert judged.estimate is not None
    assert cpu == judged.estimate.cpu_percent[1] == value(report, "cpu")
    assert judged.misses[0].startswith(f"cpu: {cpu:.2f}".rstrip("0"))
    assert "% (estimated) is" in judged.misses[0]
    assert judged.misses[1] == (
        "accuracy drop: 2 points is 1.5 above the budget of 0.5"
    )
    better = Accuracy(trained=0.95, compiled=0.97)
    assert better.drop_points == 0.0
    with pytest.raises(ValueError, match="`accuracy_drop_points` is given"):
        gate(package, target=target, golden=GOLDEN, budget=budget, host=host_app)


def test_without_a_table_of_cycles_nothing_is_estimated(
    package: Package, target: Target, host_app: HostApp
) -> None:
    cpu = msgspec.structs.replace(target.cpu, cycles={})
    bare = msgspec.structs.replace(target, cpu=cpu)
    golden = dataclasses.replace(GOLDEN, x=GOLDEN.x[: WINDOW + WARM * HOP], frames=0)
    judged = gate(package, target=bare, golden=golden, budget=Budget(), host=host_app)
    assert judged.estimate is None
    assert "cpu" not in [row.what for row in judged.rows]
    with pytest.raises(ValueError, match="mps2-an386 has no table of cycles"):
        gate(
            package, target=bare, golden=golden, budget=Budget(cpu_percent=50),
            host=host_app,
        )  # fmt: skip
    row = target.cpu.cycles["alu"]
    cpu = msgspec.structs.replace(target.cpu, cycles={"alu": row})
    short = msgspec.structs.replace(target, cpu=cpu)
    with pytest.raises(TargetError, match=r"`cpu\.cycles`: found no row for branch, "):
        gate(package, target=short, golden=golden, budget=Budget(), host=host_app)


def test_a_flipped_weight_is_found_and_named(
    package: Package, target: Target, host_app: HostApp, tmp_path: Path
) -> None:
    from elftools.elf.elffile import ELFFile

    copy = Package(
        shutil.copytree(package.path, tmp_path / "copy"),
        package.manifest,
        package.contract,
    )
    with copy.firmware.open("rb") as stream:
        elf = ELFFile(stream)
        symbol = elf.get_section_by_name(".symtab").get_symbol_by_name("inv_sd")[0]
        text = elf.get_section_by_name(".text")
        at = text["sh_offset"] + symbol["st_value"] - text["sh_addr"]
    data = bytearray(copy.firmware.read_bytes())
    data[at + 2] ^= 0x10  # a bit of the first weight's significand
    copy.firmware.write_bytes(data)
    judged = gate(copy, target=target, golden=GOLDEN, budget=Budget(), host=host_app)
    assert not judged.passed
    assert "output distance" in judged.parity.first
    assert "on the target" in judged.misses[0]
    lenient = gate(
        copy, target=target, golden=GOLDEN, budget=Budget(parity="off"), host=host_app
    )
    assert lenient.passed


def test_nan_equals_nan_and_minus_zero_is_not_zero(
    package: Package, host_app: HostApp
) -> None:
    run = host_app.run(GOLDEN)
    names = {"features": contract().names, "outputs": package.outputs}
    nan, other_nan = run.features.copy(), run.features.copy()
    nan[0, 0] = np.nan
    other_nan[0, 0] = np.uint32(0xFFC00001).view(np.float32)
    pair = [dataclasses.replace(run, features=f) for f in (nan, other_nan)]
    assert compare_runs(*pair, **names).differences == 0
    zeros, minus = run.outputs.copy(), run.outputs.copy()
    zeros[1, 2], minus[1, 2] = 0.0, -0.0
    pair = [dataclasses.replace(run, outputs=o) for o in (zeros, minus)]
    found = compare_runs(*pair, **names)
    assert found.differences == 1
    assert found.first.startswith("window 1, output outer: -0 (0x80000000)")
    fewer = dataclasses.replace(run, frames=run.frames[:-1])
    assert "frame 6" in compare_runs(run, fewer, **names).first


def test_what_cannot_be_gated_is_refused(
    package: Package, target: Target, host_app: HostApp, tmp_path: Path
) -> None:
    short = Golden(x=signal()[: WINDOW + WARM * HOP - 1])
    with pytest.raises(ValueError, match="3583 samples, expected at least 3584"):
        gate(package, target=target, golden=short, budget=Budget(), host=host_app)
    other = load_target("mps2-an505")
    with pytest.raises(ValueError, match="package is for mps2-an386"):
        gate(package, target=other, golden=GOLDEN, budget=Budget(), host=host_app)
    (tmp_path / "not.elf").write_bytes(b"text")
    with pytest.raises(DeviceError, match=r"not\.elf: not an ELF image"):
        read_image(tmp_path / "not.elf", target)


def test_the_doctor_names_each_tool_and_how_to_install_it() -> None:
    findings = {finding.name: finding for finding in doctor()}
    assert {"arm-none-eabi-gcc", "unicorn", "qemu-system-arm"} <= findings.keys()
    assert findings["unicorn"].version
    assert all(finding.install for finding in findings.values())


def test_a_signal_that_no_window_answers_is_refused(
    package: Package, target: Target, host_app: HostApp
) -> None:
    still = Golden(x=signal(4))
    with pytest.raises(ValueError, match="no window that was answered, at 0 Hz"):
        gate(package, target=target, golden=still, budget=Budget(), host=host_app)
