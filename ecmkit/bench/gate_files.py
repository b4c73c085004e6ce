"""What a gate found, as files of the package that it is about."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from ecmkit.bench.golden import golden_hash, write_golden
from ecmkit.bench.records import AppRun, Golden
from ecmkit.bench.report import GateReport, Row, number
from ecmkit.errors import FormatError
from ecmkit.formats import as_json, convert, write_atomic
from ecmkit.package import Package, write_readme
from ecmkit.package.texts import Figure

__all__ = ["read_gates", "require_same", "write_figures", "write_gate"]

T = TypeVar("T")


def write_gate(
    package: Package,
    report: GateReport,
    *,
    golden: Golden | None = None,
    run: AppRun | None = None,
    proofs: Sequence[GateReport] = (),
) -> None:
    """Write what a gate found into a package: ``gate.json``, figures of its read-me.

    None of the files is listed in the manifest: the evidence is about the package, and
    does not change its id.

    Parameters
    ----------
    package : Package
        What was gated.
    report : GateReport
        Of this very package.
    golden : Golden, optional
        What it was run on; written into the folder ``golden/``, with `run`.
    run : AppRun, optional
        What came out.
    proofs : sequence of GateReport
        Of the same application on further targets; written to ``proofs.json``.

    Raises
    ------
    ValueError
        If the report is about another package, or another signal.
    """
    require_same(package, report)
    if golden is not None and report.golden != golden_hash(golden):
        raise ValueError(
            f"report is about golden signal {report.golden[:12] or 'unknown'}, this "
            f"one is {golden_hash(golden)[:12]}"
        )
    write_atomic(package.path / "gate.json", as_json(report))
    if golden is not None and run is not None:
        write_golden(package, golden, run)
    if proofs:
        write_atomic(package.path / "proofs.json", as_json(proofs))
    write_figures(package, report)


def write_figures(
    package: Package, report: GateReport, *, bounds: Mapping[str, int] | None = None
) -> None:
    """Write the read-me of a package with the figures of its gate.

    Parameters
    ----------
    package : Package
        What was gated.
    report : GateReport
        Of this very package.
    bounds : mapping of str to int, optional
        Bytes of stack that a call can take at most, by function.
    """
    write_readme(package, figures=_figures(report, bounds or {}))


def read_gates(path: Path) -> tuple[GateReport, ...]:
    """Read the gate reports of a package, its own first.

    Parameters
    ----------
    path : Path
        Folder of the package, or a ``gate.json``.

    Returns
    -------
    tuple of GateReport
        Empty for a folder without ``gate.json``.

    Raises
    ------
    FormatError
        Naming file and field, if what is there is no gate report.
    """
    if not path.is_dir():
        return (_read(path, GateReport),)
    found: list[GateReport] = []
    if (path / "gate.json").exists():
        found.append(_read(path / "gate.json", GateReport))
    if found and (path / "proofs.json").exists():
        found += _read(path / "proofs.json", list[GateReport])
    return tuple(found)


def _read(path: Path, kind: type[T]) -> T:
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise FormatError(f"{path}: not JSON: {error}") from error
    return convert(raw, kind, where=str(path))


def require_same(package: Package, report: GateReport) -> None:
    """Refuse a report about another package."""
    if report.package_id != package.id:
        raise ValueError(
            f"report is about package {report.package_id[:12]}, this one is "
            f"{package.id[:12]}"
        )


def _figures(report: GateReport, bounds: Mapping[str, int]) -> Iterator[Figure]:
    """Tell what was found, and what the charge of a day cannot be told without."""
    charge = report.charge
    for row in report.rows:
        what = row.what
        if charge is not None and what == "charge per day":
            what += f", sampling {100.0 * charge.duty:g} % of it"
        yield what, _value(row), row.label
        if what == "stack":
            for name, most in bounds.items():
                yield f"stack of `{name}`, at most", f"{number(most)} B", "bound"
    if charge is not None and charge.missing:
        yield "charge per day", f"not known without {charge.missing}", ""


def _value(row: Row) -> str:
    limit = "" if row.budget is None else f", budget {number(row.budget)}"
    over = "" if row.passed else f": {number(row.excess)} over"
    return f"{number(row.value)} {row.unit}{limit}{over}"
