"""The folder ``evidence/`` of a package: what its assessor wants to see."""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ecmkit import __version__
from ecmkit.bench.gate_files import require_same, write_figures
from ecmkit.bench.proofs import MisraReport, check_misra, prove_symbols
from ecmkit.bench.report import GateReport
from ecmkit.bench.sbom import components
from ecmkit.bench.stack import StackProof, prove_stack
from ecmkit.errors import MissingError
from ecmkit.formats import as_json, write_atomic
from ecmkit.package import Package
from ecmkit.package.manifest import EVIDENCE
from ecmkit.targets import Target

__all__ = ["EvidenceSummary", "StackEvidence", "write_evidence"]

_CALLS = (
    "ecm_app_init", "ecm_app_push_f32", "ecm_app_push_s16", "ecm_app_step",
    "ecm_app_report", "ecm_package_verify",
)  # fmt: skip
"""What a product's threads and interrupts call: each needs a stack of its own."""


class StackEvidence(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The bound of the stack beside what a run used."""

    version: int = 1
    """Format version of this record."""
    proof: StackProof
    painted_bytes: int
    """Of the run of the gate, bench included."""

    @property
    def passed(self) -> bool:
        """Whether there is a bound, and the run stayed within it."""
        bound = self.proof.bytes_of("main")
        return self.proof.proven and self.painted_bytes <= bound


class EvidenceSummary(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What is in ``evidence/``."""

    version: int = 1
    """Format version of this record."""
    package_id: str
    passed: dict[str, bool]
    """By file."""
    left_out: dict[str, str]
    """By file: why it is not there on this machine."""
    tools: dict[str, str]
    """Versions of what made the package and the evidence."""


def write_evidence(
    package: Package,
    report: GateReport,
    *,
    target: Target,
    cache: Path | None = None,
) -> EvidenceSummary:
    """Write ``evidence/`` into a package: what an assessor wants to see of it.

    ``stack.json``, ``symbols.json``, ``misra.json``, ``sbom.cdx.json`` and
    ``summary.json``; parity and costs are in the package's ``gate.json``. The bounds of
    the stack go into the read-me beside its figures. The manifest lists none of them.

    Parameters
    ----------
    package : Package
        That was gated; compiled.
    report : GateReport
        Of this very package.
    target : Target
        Of the package.
    cache : Path, optional
        Of `check_misra`, which takes half a second a file without it.

    Returns
    -------
    EvidenceSummary
        The content of ``summary.json``; what has no tool here is named in it.

    Raises
    ------
    ValueError
        If the report is about another package, or the package is sources alone.
    """
    require_same(package, report)
    if not package.compiled:
        raise ValueError(f"package {package.manifest.name}: expected a compiled one")
    painted = next(int(row.value) for row in report.rows if row.what == "stack")

    def stack() -> StackEvidence:
        proof = prove_stack(package.firmware, target, library=package.library)
        return StackEvidence(proof=proof, painted_bytes=painted)

    made: dict[str, Callable[[], Any]] = {
        "stack.json": stack,
        "symbols.json": lambda: prove_symbols(package.library),
        "misra.json": lambda: check_misra(package.path / "src", cache=cache),
        "sbom.cdx.json": lambda: components(package),
    }
    folder = package.path / EVIDENCE
    folder.mkdir(exist_ok=True)
    passed = {"../gate.json": report.passed}
    left_out: dict[str, str] = {}
    tool = package.manifest.compiler
    tools = {
        "ecmkit": __version__,
        "python": platform.python_version(),
        tool.name: tool.version,
        "runner": report.runner,
    }
    for name, make in made.items():
        try:
            found = make()
        except MissingError as error:
            left_out[name] = str(error)
            continue
        write_atomic(folder / name, as_json(found))
        if isinstance(found, StackEvidence):
            bounds = {e.name: e.bytes for e in found.proof.entries if e.name in _CALLS}
            write_figures(package, report, bounds=bounds if found.passed else {})
        if isinstance(found, MisraReport):
            tools["misra"] = found.tool
        if name != "sbom.cdx.json":
            passed[name] = found.passed
    summary = EvidenceSummary(
        package_id=package.id,
        passed=passed,
        left_out=left_out,
        tools=tools,
    )
    write_atomic(folder / "summary.json", as_json(summary))
    return summary
