"""What the bench found, written into the package that it is about."""

import msgspec

from ecmkit.bench.gate import GateReport, Row
from ecmkit.formats import write_atomic
from ecmkit.package import Package, write_readme

__all__ = ["write_evidence"]


def write_evidence(package: Package, report: GateReport) -> None:
    """Write ``gate.json`` into a package, and its figures into the read-me.

    Neither file is listed in the manifest: the evidence is about the package, and does
    not change its id.

    Parameters
    ----------
    package : Package
        What was gated.
    report : GateReport
        Of this very package.

    Raises
    ------
    ValueError
        If the report is about another package.
    """
    if report.package_id != package.id:
        raise ValueError(
            f"report is about package {report.package_id[:12]}, this one is "
            f"{package.id[:12]}"
        )
    text = msgspec.json.format(msgspec.json.encode(report), indent=2)
    write_atomic(package.path / "gate.json", text)
    write_readme(
        package, figures=[(row.what, _value(row), row.label) for row in report.rows]
    )


def _value(row: Row) -> str:
    limit = "" if row.budget is None else f", budget {_number(row.budget)}"
    over = "" if row.passed else f": {_number(row.excess)} over"
    return f"{_number(row.value)} {row.unit}{limit}{over}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
