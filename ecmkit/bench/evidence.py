"""What the bench found, written into the package that it is about."""

from collections.abc import Iterator

import msgspec

from ecmkit.bench.gate import GateReport, Row, number
from ecmkit.formats import write_atomic
from ecmkit.package import Package, write_readme
from ecmkit.package.texts import Figure

__all__ = ["write_evidence"]


def write_evidence(
    package: Package, report: GateReport, *, clock_hz: float | None = None
) -> None:
    """Write ``gate.json`` into a package, and its figures into the read-me.

    Neither file is listed in the manifest: the evidence is about the package, and does
    not change its id.

    Parameters
    ----------
    package : Package
        What was gated.
    report : GateReport
        Of this very package.
    clock_hz : float, optional
        Of the core: the share of the processor is estimated with it.

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
    figures: list[Figure] = [(row.what, _value(row), row.label) for row in report.rows]
    if clock_hz is not None:
        figures += _share(package, report, clock_hz)
    write_readme(package, figures=figures)


def _share(package: Package, report: GateReport, clock_hz: float) -> Iterator[Figure]:
    """Estimate how much of the processor is used at the sampling rate."""
    hop_s = package.contract.hop_len / package.contract.fs_hz
    for row in report.rows:
        share = number(round(100 * row.value / (hop_s * clock_hz), 2))
        at = f"{share} % of {number(clock_hz / 1e6)} MHz"
        if row.what == "cycles per window":
            yield "share of the processor", at, "estimated"
        elif row.what == "instructions per window":
            words = f"at least {at}: one cycle for each instruction"
            yield "share of the processor", words, "estimated"


def _value(row: Row) -> str:
    limit = "" if row.budget is None else f", budget {number(row.budget)}"
    over = "" if row.passed else f": {number(row.excess)} over"
    return f"{number(row.value)} {row.unit}{limit}{over}"
