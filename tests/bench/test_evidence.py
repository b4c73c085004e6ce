"""What the gate found stands in the package, and leaves the package what it is."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.bench import (
    Budget,
    GateReport,
    Golden,
    HostApp,
    gate,
    golden_hash,
    load_golden,
    read_evidence,
    save_golden,
    write_evidence,
)
from ecmkit.errors import FormatError
from ecmkit.package import Package, load_package
from ecmkit.targets import Target
from tests.package.sample import SPEED_HZ, signal

pytestmark = pytest.mark.emulator

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture(scope="module")
def report(package: Package, target: Target, host_app: HostApp) -> GateReport:
    return gate(
        package,
        target=target,
        golden=Golden(x=signal(1), speed_hz=SPEED_HZ),
        budget=Budget(stack_bytes=100, flash_kib=1000),
        host=host_app,
    )


@pytest.fixture
def copy(package: Package, tmp_path: Path) -> Package:
    shutil.copytree(package.path, tmp_path / "pump")
    return load_package(tmp_path / "pump")


def test_evidence_is_readable_and_changes_no_id(
    copy: Package, report: GateReport
) -> None:
    assert "Not gated yet" in (copy.path / "README.md").read_text("utf-8")
    write_evidence(copy, report)
    assert load_package(copy.path).id == copy.id
    stored = (copy.path / "gate.json").read_bytes()
    assert msgspec.json.decode(stored, type=GateReport) == report
    text = (copy.path / "README.md").read_text("utf-8")
    assert "Not gated yet" not in text
    for row in report.rows:
        assert f"| {row.what} | " in text
    stack = next(row for row in report.rows if row.what == "stack")
    assert (
        f"| stack | {stack.value:.0f} B, budget 100: {stack.value - 100:.0f} over | "
        "emulated |"
    ) in text


def test_the_share_of_the_processor_is_estimated_from_the_clock(
    copy: Package, report: GateReport
) -> None:
    write_evidence(copy, report, clock_hz=20e6)
    row = next(r for r in report.rows if r.what == "instructions per window")
    share = 100 * row.value / (256 / 12000 * 20e6)
    text = (copy.path / "README.md").read_text("utf-8")
    words = f"at least {share:.2f} % of 20 MHz: one cycle for each instruction"
    assert f"| share of the processor | {words} | estimated |" in text


def test_evidence_of_another_package_is_refused(
    copy: Package, report: GateReport
) -> None:
    other = Package(copy.path, msgspec.structs.replace(copy.manifest, name="x"),
                    copy.contract)  # fmt: skip
    assert other.id != report.package_id
    with pytest.raises(ValueError, match="report is about package"):
        write_evidence(other, report)
    assert not (copy.path / "gate.json").exists()


def test_the_signal_that_was_pushed_and_further_targets_are_kept(
    copy: Package, report: GateReport
) -> None:
    golden = Golden(x=signal(1), speed_hz=SPEED_HZ)
    proof = msgspec.structs.replace(report, target="mps2-an505")
    write_evidence(copy, report, golden=golden, proofs=[proof])
    assert load_package(copy.path).id == copy.id
    assert read_evidence(copy.path) == (report, proof)
    assert read_evidence(copy.path / "gate.json") == (report,)
    again = load_golden(copy.path / "golden.npz")
    np.testing.assert_array_equal(again.x, golden.x)
    assert golden_hash(again) == golden_hash(golden) == report.golden
    before = (copy.path / "golden.npz").read_bytes()
    write_evidence(copy, report, golden=golden)
    assert (copy.path / "golden.npz").read_bytes() == before
    other = Golden(x=signal(2), speed_hz=SPEED_HZ)
    with pytest.raises(ValueError, match="report is about golden signal"):
        write_evidence(copy, report, golden=other)


def test_a_signal_keeps_what_it_leaves_open(tmp_path: Path) -> None:
    for golden in (
        Golden(x=signal(1)),
        Golden(x=np.zeros((3, 8), np.float32), speed_hz=25.5, chunk=7, frames=0),
    ):
        save_golden(tmp_path / "g.npz", golden)
        again = load_golden(tmp_path / "g.npz")
        np.testing.assert_array_equal(again.x, golden.x)
        for name in ("speed_hz", "chunk", "frames"):
            assert getattr(again, name) == getattr(golden, name)
    np.savez(tmp_path / "g.npz", version=2)
    with pytest.raises(FormatError, match=r"g\.npz: `version` is 2, expected 1"):
        load_golden(tmp_path / "g.npz")
    (tmp_path / "g.npz").write_bytes(b"PK")
    with pytest.raises(FormatError, match=r"g\.npz: not a golden signal"):
        load_golden(tmp_path / "g.npz")


@pytest.mark.parametrize("version", [1, 2])
def test_every_version_of_the_report_is_read(version: int) -> None:
    (report,) = read_evidence(GOLDEN / f"gate-{version}.json")
    assert report.version == version
    assert report.passed
    assert report.stages[0].name == "push"
    assert (report.budget is None) == (version == 1)
    assert bool(report.functions) == (version > 1)
