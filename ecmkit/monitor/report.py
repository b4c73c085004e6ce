"""The drift report as one HTML file that needs nothing else."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecmkit.drift import FeatureDrift, Reference
from ecmkit.errors import MissingError
from ecmkit.formats import write_atomic
from ecmkit.monitor.charts import bars, timeline
from ecmkit.monitor.telemetry import Telemetry
from ecmkit.monitor.watch import DriftReport

__all__ = ["render_html", "write_html"]

_SHOWN_MAX = 12


@dataclass(frozen=True)
class _Row:
    """One feature of the table."""

    drift: FeatureDrift
    unit: str
    chart: str


def write_html(
    report: DriftReport, telemetry: Telemetry, reference: Reference, path: Path
) -> None:
    """Write the report as one file; an existing one is replaced as a whole.

    Parameters
    ----------
    report : DriftReport
        From `watch`.
    telemetry : Telemetry
        That the report is about.
    reference : Reference
        That it was compared with.
    path : Path
        Destination; its folder must exist.

    Raises
    ------
    MissingError
        If Jinja2 is not installed.
    """
    write_atomic(path, render_html(report, telemetry, reference))


def render_html(report: DriftReport, telemetry: Telemetry, reference: Reference) -> str:
    """Render the report as HTML text; arguments as for `write_html`."""
    try:
        import jinja2
    except ImportError as error:
        raise MissingError(
            "the HTML report needs Jinja2: pip install 'ecmkit[monitor]'"
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ecmkit.monitor", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    rows = _rows(report, telemetry, reference)
    alarmed = telemetry.time_s[telemetry.alarms != 0]
    starts = [a.since_s for a in report.alarms if a.significant]
    since = min((s for s in starts if s is not None), default=None)
    return environment.get_template("report.html.j2").render(
        report=report,
        worst=[row for row in rows if row.drift.n][:_SHOWN_MAX],
        rows=rows,
        drift_chart=timeline(
            telemetry.time_s,
            telemetry.drift,
            title="Largest CUSUM sum over its limit",
            limit=1.0,
            marks=alarmed,
            since_s=since,
        ),
        score_chart=timeline(
            telemetry.time_s,
            telemetry.score,
            title="Score of the last window of each report",
            since_s=since,
        ),
    )


def _rows(
    report: DriftReport, telemetry: Telemetry, reference: Reference
) -> list[_Row]:
    """Features, those that drifted first, then by how much they changed."""
    counts = telemetry.merged()
    bins = counts.shape[1]
    reference = reference.coarsened(bins)
    order = sorted(
        range(len(report.features)),
        key=lambda i: (not report.features[i].drifted, -report.features[i].psi),
    )
    rows = []
    for i in order:
        known = reference.probabilities[i].astype(np.float64)
        now = counts[i] / max(1, counts[i].sum())
        title = f"{report.features[i].name}: shares of windows in {bins} bins"
        chart = bars(known.tolist(), now.tolist(), title=title)
        unit = telemetry.contract.units[i]
        rows.append(_Row(report.features[i], "" if unit == "1" else unit, chart))
    return rows


def _figure(value: float) -> str:
    """Three digits, and no zero where a number is merely small."""
    if value >= 1000.0:
        return f"{value:.0f}"
    return "< 0.0001" if 0.0 < value < 1e-4 else f"{value:.3g}"
