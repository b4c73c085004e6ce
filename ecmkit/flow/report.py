"""The run report: report.json for programs, report.html for people."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import ecmkit
from ecmkit import bench, data, evaluate, monitor
from ecmkit.features import FeatureTable
from ecmkit.flow import figures, learn, store
from ecmkit.flow.close import Closed
from ecmkit.flow.context import Context
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
from ecmkit.flow.release import Built, Judged
from ecmkit.flow.service import Served
from ecmkit.flow.spectrum import class_spectrum
from ecmkit.formats import content_hash, write_atomic

__all__ = ["Findings", "compose", "write"]


class Findings:
    """Results of all stages, as `compose` and `write` take them."""

    def __init__(
        self,
        *,
        dropped: tuple[str, ...],
        folds: tuple[Fold, ...],
        leaky: Fold | None,
        judged: Judged,
        test_on: FeatureTable,
        built: Built,
        gate: bench.GateReport,
        served: Served,
        closed: Closed,
    ) -> None:
        self.dropped = dropped
        self.folds = folds
        self.leaky = leaky
        self.judged = judged
        self.test_on = test_on
        self.built = built
        self.gate = gate
        self.served = served
        self.closed = closed


def compose(context: Context, found: Findings) -> RunReport:
    """Put the findings into words and records."""
    gates = [found.gate] + ([found.closed.gate] if found.closed.promoted else [])
    passed = all(gate is not None and gate.passed for gate in gates)
    operated = _operate(found.served)
    loop = _loop(found)
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
        gate=found.gate,
        gate_passed=passed,
        operate=operated,
        drift=found.served.drift,
        loop=loop,
        lineage=tuple(_lineage(context, found)),
    )


def write(folder: Path, context: Context, found: Findings, report: RunReport) -> None:
    """Write report.json, report.html and drift.html into a folder."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    store.save_record(folder / "report.json", report)
    monitor.write_html(
        found.served.drift,
        found.served.telemetry,
        found.built.app.reference,
        folder / "drift.html",
    )
    page = Environment(
        loader=PackageLoader("ecmkit.flow"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html.j2")
    pictures = {name: Markup(svg) for name, svg in _pictures(context, found).items()}
    write_atomic(folder / "report.html", page.render(report=report, figures=pictures))


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
            f"{others}. Channel {plan.channel} in {plan.unit} at {plan.fs_hz:g} Hz, "
            f"windows of {plan.window_len} samples every {plan.hop_len}, "
            f"{len(plan.features)} features."
        ),
        classes=tuple(rows),
        dropped=dropped,
    )


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


def _loop(found: Findings) -> LoopSummary:
    closed = found.closed
    if closed.challenger_version is None:
        sentence = f"No challenger was made: {closed.reason}."
    else:
        outcome = "took the place of" if closed.promoted else "did not replace"
        sentence = (
            f"Version {closed.challenger_version} {outcome} version "
            f"{found.served.champion_version}: {closed.reason}."
        )
    return LoopSummary(
        sentence=sentence,
        changed=closed.changed,
        known=closed.known,
        promoted=closed.promoted,
        champion_version=found.served.champion_version,
        challenger_version=closed.challenger_version,
    )


def _summary(
    context: Context,
    found: Findings,
    recordings: DataSummary,
    operated: OperateSummary,
    loop: LoopSummary,
) -> Sequence[SummaryRow]:
    n = sum(len(dataset) for dataset in context.life.values())
    windows = sum(len(table.x) for table in context.tables.values())
    folds = ", ".join(f"{f.balanced_accuracy:.3f}" for f in found.folds)
    leaky = f"; leaky {found.leaky.balanced_accuracy:.3f}" if found.leaky else ""
    costs = ", ".join(
        f"{row.what} {row.value:,.0f} {row.unit}"
        if row.value >= 100
        else f"{row.what} {row.value:.3g} {row.unit}"
        for row in found.gate.rows
        if row.what != "parity"
    )
    text = "; ".join(found.gate.misses) if found.gate.misses else costs
    same = "bits equal" if found.gate.parity.differences == 0 else "bits differ"
    return [
        SummaryRow(stage="read", text=f"{n} recordings in four stretches of life"),
        SummaryRow(
            stage="check",
            text=f"{len(recordings.dropped)} left out"
            if recordings.dropped
            else "all fit for use",
            state="finding" if recordings.dropped else "ok",
        ),
        SummaryRow(
            stage="extract",
            text=f"{windows:,} windows, {len(context.plan.features)} features in C",
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
            text=f"{context.target.title}, {found.gate.compiler}",
        ),
        SummaryRow(
            stage="gate",
            text=f"{'passed' if found.gate.passed else 'MISSED'}: {text}; {same}",
            state="ok" if found.gate.passed else "failed",
        ),
        SummaryRow(
            stage="operate",
            text=f"{operated.frames} frames; before the change: "
            f"{operated.verdict_before}, after: {operated.verdict}",
            state="finding" if operated.verdict != "stable" else "ok",
        ),
        SummaryRow(stage="close", text=loop.sentence),
    ]


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
        ("reference of the drift tests", found.built.app.reference.hash),
        (
            "models, limits and reference as telemetry names them",
            found.built.package.manifest.model_id,
        ),
        ("package", found.built.package.id),
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
    known = rows.rows(np.isin(rows.label, classifier.compiled.outputs))
    matrix = evaluate.confusion_matrix(
        known.label,
        learn.classes_of(
            classifier.compiled, learn.predict(classifier.compiled, known)
        ),
        classes=classifier.compiled.outputs,
    )
    telemetry = found.served.telemetry
    return {
        "spectra": figures.spectra(
            [class_spectrum(first[label], context.plan) for label in labels],
            orders=orders,
            unit=context.plan.unit,
        ),
        "confusion": figures.unique(
            evaluate.confusion_figure(
                matrix, classes=classifier.compiled.outputs, kind="svg"
            ).decode()
        ),
        "scores": figures.scores_by_class(
            {
                one.model.name: learn.predict(one.compiled, rows)[:, 0]
                for one in detectors
            },
            rows.label,
        ),
        "memory": figures.bars(
            [(s.name, float(s.bytes)) for s in found.gate.symbols], unit="bytes"
        ),
        "stages": figures.bars(
            [(s.name, float(s.instructions)) for s in found.gate.stages],
            unit="instructions",
        ),
        "drift": figures.drift_timeline(
            np.nan_to_num(telemetry.drift),
            telemetry.alarms > 0,
            changed=found.served.service.changed_frame - 1,
        ),
    }
