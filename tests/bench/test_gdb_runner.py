"""Firmware behind a GDB stub: the bits of the host, in one part or many."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.bench import (
    Budget,
    Golden,
    HostApp,
    Measurement,
    board,
    choose_runner,
    compare_runs,
    gate,
    gdb_client,
    gdb_runner,
    read_image,
    run,
)
from ecmkit.bench.mailbox import BenchMemory, Task
from ecmkit.errors import DeviceError, MissingError
from ecmkit.package import Package, build
from ecmkit.targets import Target, load_target
from tests.bench import test_integers as integers
from tests.bench.stubs import as_board, qemu, simavr, target_of
from tests.package.sample import SPEED_HZ, application, signal

pytestmark = pytest.mark.emulator

GOLDEN = Golden(x=signal(4), speed_hz=SPEED_HZ)
RAM_BYTES = 26_000
Builder = Callable[[Target], Package]


def differences(host: HostApp, golden: Golden, found: Measurement) -> str:
    return compare_runs(
        host.run(golden),
        found.run,
        features=host.package.contract.names,
        outputs=host.package.outputs,
    ).first


@pytest.fixture(scope="module")
def small(target: Target, tmp_path_factory, pytestconfig) -> tuple[Target, Package]:
    """A board with little memory, and a package for it."""
    target_of(target.name)
    one = as_board(target, RAM_BYTES)
    out = tmp_path_factory.mktemp("board") / "pump"
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    return one, build(application(), target=one, out=out, cache=objects)


@pytest.fixture(scope="module")
def built(tmp_path_factory, pytestconfig) -> Builder:
    objects, folder = pytestconfig.cache.mkdir("ecmkit-objects"), tmp_path_factory

    def get(target: Target) -> Package:
        return build(
            integers.application(integers.PLAN, models=True),
            target=target,
            out=folder.mktemp("rig") / target.name,
            cache=objects,
        )

    return get


def test_a_machine_with_memory_enough_runs_all_at_once(
    package: Package, target: Target, host_app: HostApp, tmp_path: Path
) -> None:
    target_of(target.name)
    with qemu(target, tmp_path) as address:
        found = run(package, target, GOLDEN, runner="gdb", connect=address)
    assert differences(host_app, GOLDEN, found) == ""
    assert len(found.run.events) == 4
    emulated = run(package, target, GOLDEN)
    assert found.stack_bytes == emulated.stack_bytes
    # What QEMU counts is no cycles, and so nothing is.
    assert (found.counter, found.runs, found.log) == ("none", None, None)
    assert found.runner.endswith("nothing counted")
    assert not found.segments["count"].any()


def test_a_board_with_little_memory_runs_in_parts(
    small: tuple[Target, Package], host_app: HostApp, tmp_path: Path
) -> None:
    target, package = small
    image = read_image(package.board_firmware, target)
    parts = Task.of(package, GOLDEN).parts(BenchMemory.of(image, target))
    assert len(parts) > 2
    budget = Budget()
    with qemu(target, tmp_path) as address:
        report = gate(
            package, target=target, golden=GOLDEN, budget=budget, runner="gdb",
            connect=address, host=host_app,
        )  # fmt: skip
        limited = Budget(cycles_per_window=1)
        with pytest.raises(ValueError, match=r"`cycles_per_window`.*nothing counted"):
            gate(
                package, target=target, golden=GOLDEN, budget=limited, runner="gdb",
                connect=address, host=host_app,
            )  # fmt: skip
    assert report.parity.differences == 0
    assert report.parity.compared > 100
    assert report.counter == "none"
    assert {row.what for row in report.rows} == {"flash", "ram", "stack", "parity"}
    assert {row.label for row in report.rows} == {"measured", "emulated"}
    # The bench on the board counts for nobody.
    assert (
        report.sections.keys() == read_image(package.firmware, target).sections.keys()
    )


def test_mailbox_in_a_memory_of_its_own(
    target: Target, host_app: HostApp, tmp_path: Path, pytestconfig
) -> None:
    host = target_of(target.name).host
    board_target = as_board(target, 15_000)
    mail = msgspec.structs.replace(host, origin=host.origin + 0x10000, bytes=0x10000)
    nowhere = msgspec.structs.replace(board_target.host, bytes=0x10000)
    memory = msgspec.structs.replace(board_target.memory, mail=mail, host=nowhere)
    board_target = msgspec.structs.replace(board_target, memory=memory)
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    package = build(
        application(), target=board_target, out=tmp_path / "pump", cache=objects
    )
    with qemu(board_target, tmp_path) as address:
        found = run(package, board_target, GOLDEN, runner="gdb", connect=address)
    assert differences(host_app, GOLDEN, found) == ""


def test_risc_v_and_avr_give_the_bits_of_the_host(
    built: Builder, tmp_path: Path
) -> None:
    golden = Golden(x=integers.signal(integers.PLAN, 3))
    riscv, avr = target_of("virt-rv32imc"), target_of("arduino-mega2560")
    package = built(riscv)
    host = HostApp(package)
    with qemu(riscv, tmp_path) as address:
        found = run(package, riscv, golden, runner="gdb", connect=address)
    assert differences(host, golden, found) == ""
    assert found.counter == "none"
    package = built(avr)
    with simavr(avr, package.board_firmware, tmp_path) as address:
        found = run(package, avr, golden, runner="gdb", connect=address)
    assert differences(host, golden, found) == ""
    assert found.stack_bytes == run(package, avr, golden).stack_bytes


# Its clock follows the instructions, not that of this machine: where that stops for a
# second, a counter would run over.
STEADY = ("-icount", "shift=0")


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take QEMU for a board."""
    monkeypatch.setattr(gdb_client.GdbClient, "is_qemu", property(lambda self: False))
    monkeypatch.setattr(gdb_runner, "_RESETS", ())
    monkeypatch.setattr(board, "WARM_UPS", 2)
    monkeypatch.setattr(board, "MEASURED", 5)


def test_cycles_are_the_median_of_the_measured_runs(
    small: tuple[Target, Package], host_app: HostApp, tmp_path: Path, hardware: None
) -> None:
    target, package = small
    golden = dataclasses.replace(GOLDEN, frames=1)
    before = sorted(package.path.rglob("*"))
    with qemu(target, tmp_path, *STEADY) as address:
        report = gate(
            package, target=target, golden=golden, budget=Budget(), runner="gdb",
            connect=address, host=host_app,
        )  # fmt: skip
    assert report.counter == "cycles-hw"
    # CYCCNT stands still in QEMU, which is found out.
    assert report.runner.endswith(", SysTick: CYCCNT stands still")
    assert all(stage.p95 is not None for stage in report.stages[:-2])
    assert {row.label for row in report.rows} == {"measured"}
    assert sorted(package.path.rglob("*")) == before
    lines = (
        package.path.with_name(f"{package.path.name}.bench.jsonl")
        .read_text()
        .splitlines()
    )
    heading, *runs = [msgspec.json.decode(line) for line in lines]
    assert (heading["version"], heading["warm_ups"]) == (1, 2)
    assert heading["target"] == target.name
    counts = np.array([run["count"] for run in runs])
    assert counts.shape == (7, len(heading["stage"]))
    push = next(stage for stage in report.stages if stage.name == "push")
    stages, windows = np.array(heading["stage"]), np.array(heading["window"])
    sums = [counts[2:, (stages == 1) & (windows == w)] for w in range(windows.max())]
    medians = [int(np.median(one, axis=0).astype(np.uint64).sum()) for one in sums]
    assert push.count in medians


def test_the_counter_of_risc_v_is_mcycle(
    built: Builder, tmp_path: Path, hardware: None
) -> None:
    target = target_of("virt-rv32imc")
    golden = Golden(x=integers.signal(integers.PLAN, 1), frames=0)
    with qemu(target, tmp_path, *STEADY) as address:
        found = run(built(target), target, golden, runner="gdb", connect=address)
    assert found.runner.endswith("mcycle")
    assert found.log is not None
    assert found.runs is not None
    assert found.runs.shape == (7, len(found.segments))
    everything = range(len(found.segments))
    p50, p95 = (found.percentile(q, everything) for q in (50, 95))
    assert 0 < p50 <= p95
    expected = np.median(found.runs[2:], axis=0).astype(np.uint64)
    assert (found.segments["count"] == expected).all()


def test_a_run_that_takes_too_long_is_interrupted(
    package: Package, target: Target, tmp_path: Path
) -> None:
    with (
        qemu(target, tmp_path) as address,
        pytest.raises(
            DeviceError, match=r"not done after 0.001 s, interrupted at 0x\w+ in \w"
        ),
    ):
        run(package, target, GOLDEN, runner="gdb", connect=address, timeout_s=0.001)


def test_firmware_for_another_core_faults_and_is_reported(
    package: Package, target: Target, tmp_path: Path
) -> None:
    other = target_of("mps2-an385")  # without FPU: its first instruction faults
    with (
        qemu(other, tmp_path) as address,
        pytest.raises(DeviceError, match=r"fault|stopped|not done after 2 s"),
    ):
        run(package, target, GOLDEN, runner="gdb", connect=address, timeout_s=2)


def test_what_cannot_be_reached_says_why(
    package: Package, target: Target, small: tuple[Target, Package]
) -> None:
    def tried(connect: str, runner: str = "gdb") -> Measurement:
        return run(package, target, GOLDEN, runner=runner, connect=connect)

    with pytest.raises(MissingError, match="no debug server named"):
        tried("")
    with pytest.raises(DeviceError, match="is the debug server running"):
        tried("unix:/nowhere")
    with pytest.raises(ValueError, match="found 'speed=3', expected monitor=COMMAND"):
        tried("localhost:3333,speed=3")
    with pytest.raises(ValueError, match="runner 'qemu' reaches no board"):
        tried("localhost:3333", "qemu")
    with pytest.raises(MissingError, match=r"registers of xtensa|no compiler"):
        choose_runner(load_target("esp32"), "gdb")
    with pytest.raises(DeviceError, match=r"pump: no firmware/board.elf"):
        run(package, as_board(target, 1 << 16), GOLDEN, runner="gdb", connect="x:1")
    board_target, fitted = small
    long = Golden(x=signal(2), chunk=4000)
    with pytest.raises(ValueError, match=r"even in parts of a push of 4000, .* has \d"):
        run(fitted, board_target, long, runner="gdb", connect="unix:/nowhere")


def test_a_board_that_the_bench_does_not_fit_on_says_by_how_much(
    target: Target, tmp_path: Path, pytestconfig
) -> None:
    one = as_board(target, RAM_BYTES)
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    package = build(application(), target=one, out=tmp_path / "large", cache=objects)
    own = read_image(package.firmware, one).flash_bytes + 256
    flash = msgspec.structs.replace(one.flash, bytes=own)
    memory = msgspec.structs.replace(one.memory, flash=flash)
    one = msgspec.structs.replace(one, memory=memory)
    package = build(application(), target=one, out=tmp_path / "pump", cache=objects)
    assert package.firmware.exists()
    with pytest.raises(DeviceError, match=r"no room for the bench .* \d+ bytes larger"):
        run(package, one, GOLDEN, runner="gdb", connect="localhost:3333")
