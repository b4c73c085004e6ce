"""One application on every core that can be emulated: the same bits, exact counts."""

import dataclasses
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.bench import (
    Budget,
    GateReport,
    Golden,
    HostApp,
    choose_runner,
    gate,
    read_image,
    run,
)
from ecmkit.bench.stack import prove_stack
from ecmkit.errors import BuildError, DeviceError, MissingError
from ecmkit.features import FeaturePlan
from ecmkit.package import Application, Package, build
from ecmkit.targets import Target, load_target
from tests.bench.test_integers import PLAN, application, signal
from tests.bench.test_runners import CRASHES, HANGS
from tests.package import sample

pytestmark = pytest.mark.emulator

FLOATS = msgspec.structs.replace(PLAN, profile="f32")
WINDOWS = 3

# Target, profile; limits of flash [KiB], RAM [KiB], stack [B], counts of a window.
CORES = {
    "mps2-an385-m0": (PLAN, 34, 4.2, 950, 210_000),
    "mps2-an385-m0plus": (PLAN, 34, 4.2, 950, 210_000),
    "mps2-an385": (PLAN, 31, 4.2, 1000, 120_000),
    "mps2-an386": (FLOATS, 28, 5.5, 950, 50_000),
    "mps2-an500": (FLOATS, 28, 5.5, 950, 50_000),
    "mps2-an505": (FLOATS, 28, 5.5, 950, 50_000),
    "mps3-an547": (FLOATS, 31, 5.5, 950, 50_000),
    "virt-rv32imc": (PLAN, 44, 4.2, 1050, 125_000),
    "virt-rv32imafc": (FLOATS, 31, 5.5, 1000, 56_000),
    "arduino-mega2560": (PLAN, 90, 6.3, 800, 1_600_000),
}
SIZES = {
    "arm": "arm-none-eabi-size",
    "riscv32": "riscv64-unknown-elf-size",
    "avr": "avr-size",
}
Builder = Callable[[str, FeaturePlan], Package]


def target_of(name: str) -> Target:
    """Read a target; skip, naming what is missing, where it cannot be run."""
    target = load_target(name)
    try:
        choose_runner(target)
    except MissingError as error:
        pytest.skip(str(error))
    return target


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Builder:
    """Packages of the application, each built once; their objects stay for later."""
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    folder, made = tmp_path_factory.mktemp("cores"), dict[str, Package]()

    def get(name: str, plan: FeaturePlan) -> Package:
        if name not in made:
            made[name] = build(
                application(plan, models=True),
                target=load_target(name),
                out=folder / name,
                cache=objects,
            )
        return made[name]

    return get


@pytest.fixture(scope="module")
def golden() -> Golden:
    return Golden(x=signal(PLAN, WINDOWS))


@pytest.fixture(scope="module")
def hosts(built: Builder) -> dict[str, HostApp]:
    """The application here, by profile: any package has the portable sources."""
    return {
        plan.profile: HostApp(built(name, plan))
        for name, plan in (("mps2-an385", PLAN), ("mps2-an386", FLOATS))
    }


def size_of(package: Package, target: Target) -> tuple[int, int]:
    """Flash and RAM by the tool of the compiler's own makers."""
    tool = SIZES[target.cpu.arch]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    command = [tool, "-A", str(package.firmware)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines()]
    sizes = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[0][0] == "."}
    data = sizes.get(".data", 0)
    return sizes[".text"] + data, data + sizes[".bss"]


@pytest.mark.parametrize("name", CORES)
def test_bits_are_those_of_the_host_and_the_gate_passes(
    name: str, built: Builder, golden: Golden, hosts: dict[str, HostApp]
) -> None:
    target = target_of(name)
    plan, flash_kib, ram_kib, stack_bytes, counts = CORES[name]
    package = built(name, plan)
    cycles = target.cpu.arch == "avr"
    budget = Budget(
        flash_kib=flash_kib,
        ram_kib=ram_kib,
        stack_bytes=stack_bytes,
        instructions_per_window=None if cycles else counts,
        cycles_per_window=counts if cycles else None,
    )
    report = gate(
        package, target=target, golden=golden, budget=budget, host=hosts[plan.profile]
    )
    assert report.misses == ()
    assert report.parity.differences == 0
    assert report.parity.compared > 100
    assert report.windows == WINDOWS
    assert report.counter == ("cycles-model" if cycles else "instructions")
    for stage in report.stages:
        own = [f.count for f in report.functions if f.stage == stage.name]
        assert sum(own) == stage.count > 0
    assert report.estimate is not None
    low, high = report.estimate.cycles
    assert counts * (0.5 if target.cpu.name == "cortex-m7f" else 0.9) < low <= high
    assert high == low or not cycles
    image = read_image(package.firmware, target)
    assert (image.flash_bytes, image.ram_bytes) == size_of(package, target)
    assert by_name(report)["flash"] * 1024 == image.flash_bytes
    proof = prove_stack(package.firmware, target, library=package.library)
    assert proof.proven, (proof.unknown, proof.recursive)
    whole = proof.bytes_of("main")
    assert 0.7 * whole < by_name(report)["stack"] <= whole


def by_name(report: GateReport) -> dict[str, float]:
    return {row.what: row.value for row in report.rows}


@pytest.mark.parametrize(
    "name",
    [
        "mps2-an385-m0", "mps2-an386", "mps2-an500", "mps2-an505", "virt-rv32imc",
        "virt-rv32imafc",
    ],
)  # fmt: skip
def test_unicorn_and_qemu_agree_to_the_instruction(
    name: str, built: Builder, golden: Golden
) -> None:
    target, package = target_of(name), built(name, CORES[name][0])
    runs = [run(package, target, golden, runner=r) for r in ("unicorn", "qemu")]
    np.testing.assert_array_equal(runs[0].segments, runs[1].segments)
    assert runs[0].segments["count"].all()
    assert runs[0].stack_bytes == runs[1].stack_bytes > 0


@pytest.mark.parametrize("name", ["virt-rv32imc", "arduino-mega2560"])
def test_counts_repeat_exactly(name: str, built: Builder, golden: Golden) -> None:
    target, package = target_of(name), built(name, CORES[name][0])
    first, again = (run(package, target, golden) for _ in range(2))
    np.testing.assert_array_equal(first.segments, again.segments)
    assert first.stack_bytes == again.stack_bytes > 0


def test_cycles_and_instructions_are_never_compared(
    built: Builder, golden: Golden, hosts: dict[str, HostApp]
) -> None:
    target, host = target_of("arduino-mega2560"), hosts["q15"]
    package = built(target.name, PLAN)

    def judged(budget: Budget) -> GateReport:
        return gate(package, target=target, golden=golden, budget=budget, host=host)

    with pytest.raises(ValueError, match=r"simavr 1.* expected `cycles_per_window`"):
        judged(Budget(instructions_per_window=1_000_000))
    # With both limits, each is for its own kind.
    report = judged(Budget(instructions_per_window=1, cycles_per_window=2_000_000))
    assert report.misses == ()
    assert "cycles per window" in by_name(report)
    assert "instructions per window" not in by_name(report)


def with_anomaly(source: str, plan: FeaturePlan) -> Application:
    classifier, anomaly = sample.models()
    made = application(plan, models=True)
    return dataclasses.replace(
        made, models=(classifier, dataclasses.replace(anomaly, source=source))
    )


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("arduino-mega2560", HANGS, "not done after 1 s"),
        ("virt-rv32imc", HANGS, "not done after 1 s"),
        ("virt-rv32imc", CRASHES, "fault handler"),
    ],
)
def test_firmware_that_hangs_or_faults_is_given_up(
    name: str,
    source: str,
    words: str,
    golden: Golden,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    target = target_of(name)
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    broken = build(
        with_anomaly(source, PLAN), target=target, out=tmp_path / "rig", cache=objects
    )
    patience_s = 1.0 if source == HANGS else 300.0
    with pytest.raises(DeviceError, match=words):
        run(broken, target, golden, timeout_s=patience_s)


def test_an_image_that_does_not_fit_says_by_how_much(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    target = target_of("arduino-uno")
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    with pytest.raises(
        BuildError, match=r"(?s)\d+ bytes larger than the ram.*in ram: ecm_bench_memory"
    ):
        build(
            application(PLAN, models=True),
            target=target,
            out=tmp_path / "rig",
            cache=objects,
        )
    assert not (tmp_path / "rig").exists()


def test_a_package_of_sources_says_why_it_cannot_be_gated(
    built: Builder, golden: Golden, tmp_path: Path
) -> None:
    target = load_target("esp32-s3")
    app = application(PLAN, models=True)
    package = build(app, target=target, out=tmp_path / "rig")
    assert not package.compiled
    compiled = built("mps2-an385", PLAN)
    assert [p.name for p in package.sources] == [p.name for p in compiled.sources]
    assert not (package.path / "lib").exists()
    assert "compiled" not in (package.path / "README.md").read_text().partition("##")[0]
    with pytest.raises(MissingError, match=r"esp32-s3: no compiler .* Xtensa LX7"):
        gate(package, target=target, golden=golden, budget=Budget())
