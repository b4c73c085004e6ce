"""The page about one gate: figures, where they go, what moved, earlier releases."""

from collections.abc import Sequence

from ecmkit import bench
from ecmkit.flow import figures
from ecmkit.flow.page import render_page
from ecmkit.flow.release_history import Release

__all__ = ["memory_bars", "render", "stage_bars"]

_SYMBOLS = 15
_HISTORY = {"flash": "flash [KiB]", "ram": "RAM [KiB]", "stack": "stack [B]"}


def render(report: bench.GateReport, history: Sequence[Release] = ()) -> str:
    """Return a gate report as one HTML page.

    Parameters
    ----------
    report : GateReport
        What was found.
    history : sequence of Release
        Earlier versions for the same target, the oldest first.

    Returns
    -------
    str
    """
    pictures = {"memory": memory_bars(report), "stages": stage_bars(report)}
    if history:
        pictures["history"] = _history(report, history)
    return render_page("gate.html.j2", pictures, report=report)


def memory_bars(report: bench.GateReport) -> str:
    """Draw the largest symbols."""
    largest = report.symbols[:_SYMBOLS]
    return figures.bars(
        [(s.name, float(s.bytes)) for s in largest],
        unit="bytes",
        kinds=[s.memory for s in largest],
    )


def stage_bars(report: bench.GateReport) -> str:
    """Draw the stages, each divided into the functions that take most of it."""
    parts = []
    for stage in report.stages:
        own = [f for f in report.functions if f.stage == stage.name]
        parts.append((stage.name, stage.count, [(f.name, f.count) for f in own]))
    return figures.divided_bars(parts, unit=report.counter)


def _history(report: bench.GateReport, history: Sequence[Release]) -> str:
    """Draw the figures of all versions, with that of now at the end."""
    count = f"{'instructions' if report.counter == 'instructions' else 'cycles'}"
    wanted = {**_HISTORY, f"{count} per window": f"{count} per window"}
    names = [f"{r.version}" for r in history] + ["now"]
    reports = [*(r.report for r in history), report]
    series = {}
    for what, title in wanted.items():
        rows = [{row.what: row for row in one.rows}.get(what) for one in reports]
        series[title] = (
            [float("nan") if row is None else row.value for row in rows],
            next((row.budget for row in rows[-1:] if row is not None), None),
        )
    champion = [i for i, r in enumerate(history) if "champion" in r.aliases]
    return figures.history(names, series, marked=champion)
