"""The run report: report.json for programs, report.html for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import ecmkit
from ecmkit import bench, evaluate, monitor
from ecmkit.features import FeatureTable
from ecmkit.flow import figures, gate_page, judge, learn, store
from ecmkit.flow.close import Closed
from ecmkit.flow.context import Context
from ecmkit.flow.learn import known_rows
from ecmkit.flow.page import render_page
from ecmkit.flow.read import left_out
from ecmkit.flow.records import (
    AlarmRow,
    DataSummary,
    Fold,
    LineageRow,
    LoopSummary,
    OperateSummary,
    RunReport,
    SummaryRow,
)
from ecmkit.flow.release import Gated, Judged
from ecmkit.flow.service import Served
from ecmkit.flow.spectrum import class_spectrum
from ecmkit.flow.summary import summarise
from ecmkit.formats import content_hash, write_atomic

__all__ = ["Findings", "compose", "costs_told", "render", "write"]

_TOLD = (
    "flash", "ram", "stack", "instructions per window", "cycles per window", "cpu",
)  # fmt: skip
"""Rows of a gate that its line tells."""
_LAST = 15
"""Bit of an event that stands for all groups of monitors from this one on."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Results of all stages, as `compose` and `write` take them."""

    dropped: tuple[str, ...]
    folds: tuple[Fold, ...]
    leaky: Fold | None
    judged: Judged
    test_on: FeatureTable
    gated: Gated
    served: Served | None
    """None if the package was refused."""
    closed: Closed | None
    """None if the package was refused."""
    card: str
    """Model card of the package that is champion now; empty if it was refused."""


def compose(context: Context, found: Findings) -> RunReport:
    """Put the findings into words and records."""
    served, closed = found.served, found.closed
    operated = _operate(context, found, served) if served else None
    loop = _loop(closed, served) if closed and served else None
    recordings = summarise(context, found.dropped)
    return RunReport(
        ecmkit=ecmkit.__version__,
        name=context.project.name,
        seed=context.project.seed,
        target=context.target.name,
        summary=tuple(_summary(context, found, recordings, operated, loop)),
        data=recordings,
        folds=found.folds,
        leaky=found.leaky,
        models=found.judged.results,
        importance=found.judged.importance,
        gate=found.gated.report,
        proofs=found.gated.proofs,
        gate_passed=found.gated.passed,
        operate=operated,
        drift=served.drift if served else None,
        loop=loop,
        challenger=_challenger(closed),
        lineage=tuple(_lineage(context, found)),
    )


def write(folder: Path, context: Context, found: Findings, report: RunReport) -> None:
    """Write report.json, report.html and drift.html into a folder."""
    store.save_record(folder / "report.json", report)
    if found.served:
        monitor.write_html(
            found.served.drift,
            found.served.telemetry,
            found.gated.app.reference,
            folder / "drift.html",
        )
    if found.served:
        write_atomic(folder / "model-card.md", found.card)
    write_atomic(folder / "report.html", render(report, _pictures(context, found)))


def render(report: RunReport, pictures: Mapping[str, str]) -> str:
    """Return the report as one HTML page.

    Parameters
    ----------
    report : RunReport
        What is said.
    pictures : mapping of str to str
        SVG texts: spectra, confusion, scores, memory, stages; importance, if it was
        measured; and drift of a package that was released.
    """
    return render_page("report.html.j2", pictures, report=report)


def _operate(context: Context, found: Findings, served: Served) -> OperateSummary:
    service, parity = served.service, served.parity
    same = (
        "bit for bit the host's results"
        if parity.differences == 0
        else f"{parity.differences} differences from the host, first: {parity.first}"
    )
    sentence = (
        f"The package ran over {service.windows[0]} windows in which nothing changed "
        f"(alarms in {service.alarms[0]}; the monitor says {served.quiet.verdict}) and "
        f"{service.windows[1]} after the change (alarms in {service.alarms[1]}). From "
        f"{len(service.frames)} frames of at most 51 bytes the monitor concludes: "
        f"{served.drift.sentence} {served.emulated_windows} windows ran on the "
        f"emulated target as well: {same}."
    )
    return OperateSummary(
        sentence=sentence,
        windows_before=service.windows[0],
        windows_after=service.windows[1],
        frames=len(service.frames),
        alarms_before=service.alarms[0],
        alarms_after=service.alarms[1],
        verdict_before=served.quiet.verdict,
        verdict=served.drift.verdict,
        emulated_windows=served.emulated_windows,
        emulated_differences=parity.differences,
        request=served.request,
        alarms=tuple(_alarms(context, found, served)),
    )


def _alarms(context: Context, found: Findings, served: Served) -> Iterator[AlarmRow]:
    """Say why the device alarmed: what stood out against the reference."""
    labels = context.project.drift.labels
    usual = evaluate.reference_statistics(
        known_rows(context.tables["reference"], labels)
    )
    groups = [group.name for group in found.gated.app.monitors.groups]
    hop_s = context.plan.hop_len / context.plan.fs_hz
    for alarm in served.service.found:
        reasons: tuple[evaluate.Reason, ...] = ()
        if alarm.features:
            reasons = evaluate.reasons_for(alarm.features, usual, context.plan)
        names = [
            name for i, name in enumerate(groups) if alarm.bits >> min(i, _LAST) & 1
        ]
        yield AlarmRow(
            changed=alarm.stretch == 1,
            first_window=alarm.first_window,
            last_window=alarm.last_window,
            windows=alarm.windows,
            at_s=alarm.first_window * hop_s,
            # A score has a watch, and may have a monitor of the drift plan besides.
            monitors=tuple(dict.fromkeys(names)),
            recording=alarm.recording,
            reasons=reasons,
            text=evaluate.join_texts(reasons),
        )


def _loop(closed: Closed, served: Served) -> LoopSummary:
    if closed.challenger_version is None:
        sentence = f"No challenger was made: {closed.reason}."
    else:
        outcome = "took the place of" if closed.promoted else "did not replace"
        sentence = (
            f"Version {closed.challenger_version} {outcome} version "
            f"{served.champion_version}: {closed.reason}."
        )
    if closed.rival is not None and closed.rival.built.unwatched:
        sentence += (
            " Its package is without the drift plan: "
            f"{closed.rival.built.unwatched.rstrip('.')}."
        )
    return LoopSummary(
        sentence=sentence,
        changed=closed.changed,
        known=closed.known,
        promoted=closed.promoted,
        champion_version=served.champion_version,
        challenger_version=closed.challenger_version,
    )


def _challenger(closed: Closed | None) -> tuple[bench.GateReport, ...]:
    if closed is None or closed.rival is None:
        return ()
    return (closed.rival.report, *closed.rival.proofs)


def _summary(
    context: Context,
    found: Findings,
    recordings: DataSummary,
    operated: OperateSummary | None,
    loop: LoopSummary | None,
) -> Sequence[SummaryRow]:
    n = sum(len(dataset) for dataset in context.life.values())
    windows = sum(len(table.x) for table in context.tables.values())
    folds = ", ".join(f"{f.balanced_accuracy:.3f}" for f in found.folds)
    leaky = f"; leaky {found.leaky.balanced_accuracy:.3f}" if found.leaky else ""
    return [
        SummaryRow(stage="read", text=f"{n} recordings in four stretches of life"),
        SummaryRow(
            stage="check",
            text=left_out(recordings.dropped)
            if recordings.dropped
            else "all fit for use",
            state="finding" if recordings.dropped else "ok",
        ),
        SummaryRow(
            stage="extract",
            text=f"{windows:,} windows, {len(context.plan.rows)} features in C",
        ),
        SummaryRow(
            stage="train",
            text=f"balanced accuracy, each {context.project.split.by} held out: "
            f"{folds}{leaky}",
        ),
        SummaryRow(
            stage="compile",
            text="; ".join(f"{m.name}: {m.result}" for m in found.judged.results),
        ),
        SummaryRow(
            stage="package",
            text=f"{context.target.title}, {found.gated.report.compiler}",
        ),
        *(_gate_row(report) for report in (found.gated.report, *found.gated.proofs)),
        *_life_rows(operated, loop),
    ]


def costs_told(gate: bench.GateReport) -> str:
    """Say in a line what a package costs."""
    return ", ".join(
        f"{row.what} {row.value:,.{0 if row.value >= 100 else 1}f}"
        + ("" if row.unit in row.what else f" {row.unit}")
        + (" (estimated)" if row.label == "estimated" else "")
        for row in gate.rows
        if row.what in _TOLD
    )


def _gate_row(gate: bench.GateReport) -> SummaryRow:
    text = "; ".join(gate.misses) if gate.misses else costs_told(gate)
    same = "bits equal" if gate.parity.differences == 0 else "bits differ"
    return SummaryRow(
        stage="gate",
        text=f"{gate.target} {'passed' if gate.passed else 'MISSED'}: {text}; {same}",
        state="ok" if gate.passed else "failed",
    )


def _life_rows(
    operated: OperateSummary | None, loop: LoopSummary | None
) -> Iterable[SummaryRow]:
    if operated is None or loop is None:
        yield SummaryRow(
            stage="operate",
            text="not done: a package that misses its budget is not released",
            state="failed",
        )
        return
    yield SummaryRow(
        stage="operate",
        text=f"{operated.frames} frames; before the change: "
        f"{operated.verdict_before}, after: {operated.verdict}",
        state="finding" if operated.verdict != "stable" else "ok",
    )
    yield SummaryRow(stage="close", text=loop.sentence)


def _lineage(context: Context, found: Findings) -> list[LineageRow]:
    rows = [
        (f"recordings, {name} stretch", dataset.hash)
        for name, dataset in context.life.items()
    ]
    rows += [
        ("feature plan", content_hash(context.plan)),
        ("feature contract", context.contract.id),
        ("feature table, train stretch", context.tables["train"].hash),
    ]
    rows += [
        (f"{one.model.name}, trained", one.model.hash) for one in found.judged.learnt
    ]
    rows += [
        (f"{one.model.name}, compiled", one.compiled.hash)
        for one in found.judged.learnt
    ]
    rows += [
        ("reference of the drift tests", found.gated.app.reference.hash),
        (
            "models, limits and reference as telemetry names them",
            found.gated.package.manifest.model_id,
        ),
        ("package", found.gated.package.id),
    ]
    if found.closed and found.closed.rival:
        rival = found.closed.rival
        rows += [
            (f"challenger's {model.name}, compiled", model.hash)
            for model in rival.app.models
        ]
        rows += [
            ("challenger's models, limits and reference", rival.app.model_id),
            ("challenger's package", rival.package.id),
        ]
    return [LineageRow(what=what, hash=value) for what, value in rows]


def _pictures(context: Context, found: Findings) -> dict[str, str]:
    train = context.life["train"]
    first = {r.info.label: r for r in reversed(train.recordings)}
    labels = sorted(first, key=lambda label: (label != "normal", label))
    orders = {}
    if context.plan.bearing is not None:
        kin = context.plan.bearing.orders
        orders = {"BPFO": kin.BPFO, "BPFI": kin.BPFI, "2×BSF": 2 * kin.BSF}
    classifier = found.judged.learnt[0]
    detectors = [one for one in found.judged.learnt if one.compiled.kind == "score"]
    rows = found.test_on
    pictures = {
        "spectra": figures.spectra(
            [class_spectrum(first[label], context.plan) for label in labels],
            orders=orders,
            unit=context.plan.unit_of(context.plan.all_channels[0]),
        ),
        "confusion": evaluate.confusion_figure(
            judge.confusion(classifier, rows),
            classes=classifier.compiled.outputs,
            kind="svg",
        ).decode(),
        "scores": figures.scores_by_class(
            {one.model.name: learn.scores(one, rows) for one in detectors},
            rows.label,
        ),
        "memory": gate_page.memory_bars(found.gated.report),
        "stages": gate_page.stage_bars(found.gated.report),
    }
    if found.judged.importance:
        pictures["importance"] = evaluate.importance_figure(
            found.judged.importance, kind="svg"
        ).decode()
    if found.served:
        telemetry = found.served.telemetry
        pictures["drift"] = figures.drift_timeline(
            np.nan_to_num(telemetry.drift),
            telemetry.alarms > 0,
            changed=found.served.service.changed_frame - 1,
        )
    return pictures
