"""What the gate found stands in the package, and leaves the package what it is."""

import shutil
from pathlib import Path

import msgspec
import pytest

from ecmkit.bench import (
    Budget,
    GateReport,
    Golden,
    HostApp,
    gate,
    write_evidence,
    write_proofs,
)
from ecmkit.bench.evidence import EvidenceSummary, StackEvidence
from ecmkit.package import Package, load_package
from ecmkit.targets import Target
from tests.package.sample import SPEED_HZ, signal

pytestmark = pytest.mark.emulator


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


def test_evidence_of_another_package_is_refused(
    copy: Package, report: GateReport
) -> None:
    other = Package(copy.path, msgspec.structs.replace(copy.manifest, name="x"),
                    copy.contract)  # fmt: skip
    assert other.id != report.package_id
    with pytest.raises(ValueError, match="report is about package"):
        write_evidence(other, report)
    assert not (copy.path / "gate.json").exists()


def test_proofs_stand_beside_the_package_they_are_about(
    copy: Package, report: GateReport, target: Target
) -> None:
    summary = write_proofs(copy, report, target=target, misra=False)
    assert summary.left_out == {}
    assert summary.passed == {
        "parity.json": True,
        "gate.json": False,  # of the 100 bytes of stack above
        "stack.json": True,
        "symbols.json": True,
    }
    folder = copy.path / "evidence"
    read = (folder / "summary.json").read_bytes()
    assert msgspec.json.decode(read, type=EvidenceSummary) == summary
    assert load_package(copy.path).id == copy.id
    text = (folder / "stack.json").read_bytes()
    stack = msgspec.json.decode(text, type=StackEvidence)
    assert stack.passed
    assert 0.5 * stack.proof.bytes_of("main") < stack.painted_bytes
    bill = msgspec.json.decode((folder / "sbom.cdx.json").read_bytes())
    assert bill["metadata"]["component"]["name"] == copy.manifest.name
    other = Package(copy.path, msgspec.structs.replace(copy.manifest, name="x"),
                    copy.contract)  # fmt: skip
    with pytest.raises(ValueError, match="report is about package"):
        write_proofs(other, report, target=target)


@pytest.mark.live
def test_every_finding_of_misra_has_a_reason(
    copy: Package, report: GateReport, target: Target
) -> None:
    assert write_proofs(copy, report, target=target).passed["misra.json"]
