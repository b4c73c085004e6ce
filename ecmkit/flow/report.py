"""The run report: report.json for programs, report.html for people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import ecmkit
from ecmkit import bench, data, evaluate, monitor
from ecmkit.bench.gate import number
from ecmkit.features import FeaturePlan, FeatureTable
from ecmkit.flow import figures, learn, store
from ecmkit.flow.close import Closed
from ecmkit.flow.context import Context
from ecmkit.flow.read import left_out
from ecmkit.flow.records import (
    ClassRow,
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
from ecmkit.formats import content_hash, write_atomic

__all__ = ["Findings", "compose", "render", "write"]


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


def compose(context: Context, found: Findings) -> RunReport:
    """Put the findings into words and records."""
    served, closed = found.served, found.closed
    operated = _operate(served) if served else None
    loop = _loop(closed, served) if closed and served else None
    recordings = _data(context, found.dropped)
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
    write_atomic(folder / "report.html", render(report, _pictures(context, found)))


def render(report: RunReport, pictures: Mapping[str, str]) -> str:
    """Return the report as one HTML page.

    Parameters
    ----------
    report : RunReport
        What is said.
    pictures : mapping of str to str
        SVG texts: spectra, confusion, scores, memory, stages, and drift of a package
        that was released.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("ecmkit.flow"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    drawn = {name: Markup(figures.unique(svg, name)) for name, svg in pictures.items()}
    page = environment.get_template("report.html.j2")
    return page.render(report=report, figures=drawn)


def _data(context: Context, dropped: tuple[str, ...]) -> DataSummary:
    train, table = context.life["train"], context.tables["train"]
    groups: dict[str, list[data.Recording]] = defaultdict(list)
    for recording in train:
        groups[recording.info.label].append(recording)
    rows = []
    for label, own in sorted(groups.items(), key=lambda g: (g[0] != "normal", g[0])):
        sizes = sorted({r.info.fault_size for r in own if r.info.fault_size})
        rows.append(
            ClassRow(
                label=label,
                sizes=", ".join(f"{size:g}" for size in sizes) or "none",
                recordings=len(own),
                windows=int(np.count_nonzero(table.label == label)),
                seconds=sum(r.x.shape[1] / r.info.fs_hz for r in own),
            )
        )
    others = ", ".join(
        f"{len(context.life[name])} {name}" for name in ("reference", "before", "after")
    )
    plan = context.plan
    return DataSummary(
        sentence=(
            f"{len(train)} recordings to learn from; besides, by stretch of life: "
            f"{others}. {_channels(plan.all_channels)} in {_units(plan)} at "
            f"{plan.fs_hz:g} Hz, "
            f"windows of {plan.window_len} samples every {plan.hop_len}, "
            f"{len(plan.rows)} features."
        ),
        classes=tuple(rows),
        dropped=dropped,
    )


def _channels(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"Channel {names[0]}"
    return f"Channels {', '.join(names[:-1])} and {names[-1]}"


def _units(plan: FeaturePlan) -> str:
    """Units of the channels: one, or in the order of the channels."""
    units = [plan.unit_of(channel) for channel in plan.all_channels]
    return units[0] if len(set(units)) == 1 else ", ".join(units)


def _operate(served: Served) -> OperateSummary:
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


def _gate_row(gate: bench.GateReport) -> SummaryRow:
    costs = ", ".join(
        f"{row.what} {row.value:,.{0 if row.value >= 100 else 1}f}"
        + ("" if row.unit in row.what else f" {row.unit}")
        for row in gate.rows
        if row.what != "parity"
    )
    text = "; ".join(gate.misses) if gate.misses else costs
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
    classifier, *detectors = found.judged.learnt
    rows = found.test_on
    pictures = {
        "spectra": figures.spectra(
            [class_spectrum(first[label], context.plan) for label in labels],
            orders=orders,
            unit=context.plan.unit_of(context.plan.all_channels[0]),
        ),
        "confusion": evaluate.confusion_figure(
            learn.confusion(classifier, rows),
            classes=classifier.compiled.outputs,
            kind="svg",
        ).decode(),
        "scores": figures.scores_by_class(
            {one.model.name: learn.scores(one, rows) for one in detectors},
            rows.label,
        ),
        "memory": figures.bars(
            [(s.name, float(s.bytes)) for s in found.gated.report.symbols],
            unit="bytes",
            kinds=[s.memory for s in found.gated.report.symbols],
        ),
        "stages": figures.bars(
            [(s.name, float(s.count)) for s in found.gated.report.stages],
            unit=found.gated.report.counter,
        ),
    }
    if found.served:
        telemetry = found.served.telemetry
        pictures["drift"] = figures.drift_timeline(
            np.nan_to_num(telemetry.drift),
            telemetry.alarms > 0,
            changed=found.served.service.changed_frame - 1,
        )
    return pictures
