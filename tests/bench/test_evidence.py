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
    check_misra,
    gate,
    golden_hash,
    read_gates,
    read_golden,
    write_evidence,
    write_gate,
    write_golden,
)
from ecmkit.bench.evidence import EvidenceSummary, StackEvidence
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


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kept for all tests: a file takes half a second."""
    return tmp_path_factory.mktemp("findings")


@pytest.fixture
def copy(package: Package, tmp_path: Path) -> Package:
    shutil.copytree(package.path, tmp_path / "pump")
    return load_package(tmp_path / "pump")


def test_evidence_is_readable_and_changes_no_id(
    copy: Package, report: GateReport
) -> None:
    assert "Not gated yet" in (copy.path / "README.md").read_text("utf-8")
    write_gate(copy, report)
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
        write_gate(other, report)
    assert not (copy.path / "gate.json").exists()


def test_the_signal_that_was_pushed_and_further_targets_are_kept(
    copy: Package, report: GateReport, host_app: HostApp
) -> None:
    golden = Golden(x=signal(1), speed_hz=SPEED_HZ)
    run = host_app.run(golden)
    proof = msgspec.structs.replace(report, target="mps2-an505")
    write_gate(copy, report, golden=golden, run=run, proofs=[proof])
    assert load_package(copy.path).id == copy.id
    assert read_gates(copy.path) == (report, proof)
    assert read_gates(copy.path / "gate.json") == (report,)
    again, expected = read_golden(copy)
    np.testing.assert_array_equal(again.x[0], golden.x)
    np.testing.assert_array_equal(expected.features, run.features)
    assert golden_hash(again) == golden_hash(golden) == report.golden
    other = Golden(x=signal(2), speed_hz=SPEED_HZ)
    with pytest.raises(ValueError, match="report is about golden signal"):
        write_gate(copy, report, golden=other, run=run)


def test_a_signal_keeps_what_it_leaves_open(copy: Package, host_app: HostApp) -> None:
    for golden in (
        Golden(x=signal(1)),
        Golden(x=signal(1)[None], speed_hz=25.5, chunk=7, frames=0),
    ):
        write_golden(copy, golden, host_app.run(golden))
        again, _ = read_golden(copy)
        assert golden_hash(again) == golden_hash(golden)
        for name in ("speed_hz", "chunk", "frames"):
            assert getattr(again, name) == getattr(golden, name)
    path = copy.path / "golden" / "golden.json"
    path.write_text(path.read_text("utf-8").replace('"version": 1', '"version": 2'))
    with pytest.raises(FormatError, match=r"golden\.json: `version` is 2, expected 1"):
        read_golden(copy)
    path.write_bytes(b"PK")
    with pytest.raises(FormatError, match=r"golden\.json: cannot be read"):
        read_golden(copy)


@pytest.mark.parametrize("version", [1, 2])
def test_every_version_of_the_report_is_read(version: int) -> None:
    (report,) = read_gates(GOLDEN / f"gate-{version}.json")
    assert report.version == version
    assert report.passed
    assert report.stages[0].name == "push"
    assert (report.budget is None) == (version == 1)
    assert bool(report.functions) == (version > 1)


def test_proofs_stand_beside_the_package_they_are_about(
    copy: Package, report: GateReport, target: Target, findings: Path
) -> None:
    summary = write_evidence(copy, report, target=target, cache=findings)
    assert summary.left_out == {}
    assert summary.passed == {
        "../gate.json": False,  # of the 100 bytes of stack above
        "stack.json": True,
        "symbols.json": True,
        "misra.json": True,
    }
    folder = copy.path / "evidence"
    read = (folder / "summary.json").read_bytes()
    assert msgspec.json.decode(read, type=EvidenceSummary) == summary
    assert load_package(copy.path).id == copy.id
    text = (folder / "stack.json").read_bytes()
    stack = msgspec.json.decode(text, type=StackEvidence)
    assert stack.passed
    assert 0.5 * stack.proof.bytes_of("main") < stack.painted_bytes
    said = (copy.path / "README.md").read_text("utf-8")
    for name in ("ecm_app_init", "ecm_app_push_f32", "ecm_app_step", "ecm_app_report"):
        most = f"{stack.proof.bytes_of(name):,} B"
        assert f"| stack of `{name}`, at most | {most} | bound |" in said
    assert summary.tools["misra"].startswith("Cppcheck ")
    bill = msgspec.json.decode((folder / "sbom.cdx.json").read_bytes())
    assert bill["metadata"]["component"]["name"] == copy.manifest.name
    other = Package(copy.path, msgspec.structs.replace(copy.manifest, name="x"),
                    copy.contract)  # fmt: skip
    with pytest.raises(ValueError, match="report is about package"):
        write_evidence(other, report, target=target)


def test_every_finding_of_misra_has_a_reason(copy: Package, findings: Path) -> None:
    found = check_misra(copy.path / "src", cache=findings)
    assert found.unexplained == ()
    assert found.files == len(copy.sources)
    assert found.findings.keys() == found.deviations.keys()
    required = {r for r, d in found.deviations.items() if d.category == "required"}
    assert required >= {"11.3", "17.7"}


def test_a_finding_without_a_reason_fails_the_evidence(
    copy: Package, findings: Path
) -> None:
    """A file with another content is looked at anew, whatever was kept."""
    source = copy.path / "src" / "ecm_package.c"
    bad = "int ecm_bad(int x);\nint ecm_bad(int x)\n{\n    goto end;\nend:\n"
    source.write_text(f"{source.read_text('utf-8')}\n{bad}    return x;\n}}\n")
    found = check_misra(copy.path / "src", cache=findings)
    assert not found.passed
    assert {place.split(":")[0] for place in found.unexplained} == {source.name}
    assert any(place.endswith("-15.1") for place in found.unexplained)
