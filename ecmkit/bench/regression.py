"""Two gate reports of one target: what moved, by how much, and where in the chain."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ecmkit.bench.report import Change, GateReport, Place, Row

__all__ = ["against", "changes"]

_Numbers = Mapping[tuple[str, str], float]
_NO_COST = ("parity", "growth", "accuracy drop")
"""Rows that say nothing about what a package costs."""
_FLOOR = 1e-3
"""Share of a window below which the growth of a stage or function is not looked at."""


def changes(before: GateReport, after: GateReport) -> tuple[Change, ...]:
    """Compare two reports.

    Parameters
    ----------
    before, after : GateReport
        Of the same target, and counted in the same way: cycles of a board do not
        compare with instructions of an emulator.

    Returns
    -------
    tuple of Change
        Everything that differs: figures, then stages, functions and symbols, in each
        the largest growth first. Estimates are not among them, they follow from what
        was counted; neither are functions if one report has none, and only the largest
        symbols where one report has no others.

    Raises
    ------
    ValueError
        If the targets or the ways of counting differ.
    """
    for field in ("target", "counter"):
        was, is_ = getattr(before, field), getattr(after, field)
        if was != is_:
            raise ValueError(
                f"{field}: found {was!r} in the baseline and {is_!r} now, expected the "
                "same"
            )
    found: list[Change] = []
    pairs: list[tuple[Place, _Numbers, _Numbers]] = [
        ("figure", _figures(before), _figures(after)),
        ("stage", _stages(before), _stages(after)),
    ]
    if before.functions and after.functions:
        pairs.append(("function", _functions(before), _functions(after)))
    if min(before.version, after.version) > 1:
        pairs.append(("symbol", _symbols(before), _symbols(after)))
    for place, old, new in pairs:
        own = [
            Change(
                place=place,
                name=name,
                unit=unit,
                before=old.get((name, unit), 0.0),
                after=new.get((name, unit), 0.0),
            )
            for name, unit in dict.fromkeys((*old, *new))
        ]
        moved = [change for change in own if change.before != change.after]
        found += sorted(moved, key=lambda c: (c.before - c.after, c.name))
    return tuple(found)


def against(report: GateReport, baseline: GateReport) -> GateReport:
    """Hold a report against an earlier one of the same target.

    Parameters
    ----------
    report : GateReport
        What was found now; its budget may limit the growth.
    baseline : GateReport
        Of the last release, or of any other package for the same target.

    Returns
    -------
    GateReport
        With the changes, and with a row ``growth``: the largest growth [%] of a figure,
        stage or function that was there before. What is new counts in the figure that
        it is a part of. A function's growth counts as far as its stage grew, since
        work may move from one to another; and neither counts below a thousandth of the
        window.

    Raises
    ------
    ValueError
        As `changes`.
    """
    moved = changes(baseline, report)
    value = max((percent for _, percent in _grown(report, moved)), default=0.0)
    limit = report.budget.regression_percent if report.budget else None
    excess = 0.0 if limit is None else max(0.0, value - limit)
    row = Row(
        what="growth",
        value=value,
        unit="%",
        label="emulated",
        budget=limit,
        passed=excess == 0.0,
        excess=excess,
    )
    others = tuple(row for row in report.rows if row.what != "growth")
    return msgspec.structs.replace(
        report,
        rows=(*others, row),
        baseline=baseline.package_id,
        changes=moved,
    )


def _grown(
    report: GateReport, moved: Iterable[Change]
) -> Iterator[tuple[Change, float]]:
    """Growth [%] of everything that is looked at."""
    floor = _FLOOR * sum(one.count for one in report.stages)
    stages = {c.name: c.after - c.before for c in moved if c.place == "stage"}
    for change in moved:
        delta = change.after - change.before
        if change.place == "function":
            stage = change.name.rpartition(" in ")[2]
            delta = min(delta, stages.get(stage, 0.0))
        elif change.place == "symbol":
            continue
        if delta <= (0.0 if change.place == "figure" else floor):
            continue
        if change.before > 0.0:
            yield change, 100.0 * delta / change.before


def _figures(report: GateReport) -> _Numbers:
    return {
        (row.what, row.unit): row.value
        for row in report.rows
        if row.what not in _NO_COST and row.label != "estimated"
    }


def _stages(report: GateReport) -> _Numbers:
    return {(one.name, report.counter): float(one.count) for one in report.stages}


def _functions(report: GateReport) -> _Numbers:
    unit = report.counter
    return {
        (f"{one.name} in {one.stage}", unit): float(one.count)
        for one in report.functions
    }


def _symbols(report: GateReport) -> _Numbers:
    sizes: dict[tuple[str, str], float] = defaultdict(float)
    for one in report.symbols:
        sizes[one.name, f"B of {one.memory}"] += one.bytes
    return sizes
