"""Train, package and gate: from a feature table to something that may be released."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from ecmkit import bench, data, drift, evaluate, package
from ecmkit.errors import saying
from ecmkit.features import FeatureTable
from ecmkit.flow import costs, judge, learn, monitors, operate, registration, store
from ecmkit.flow.context import Context
from ecmkit.flow.learn import Learnt
from ecmkit.flow.records import Fold, ModelResult
from ecmkit.flow.release_history import baseline_of
from ecmkit.flow.shadow import with_challengers
from ecmkit.package import Application
from ecmkit.targets import Target

__all__ = [
    "Built",
    "Gated",
    "Judged",
    "built_for",
    "gate_package",
    "gate_stage",
    "package_stage",
    "protocol_stage",
    "train_stage",
]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Trained models and what they are worth."""

    learnt: tuple[Learnt, ...]
    results: tuple[ModelResult, ...]
    importance: tuple[evaluate.Importance, ...]
    """Of the features that the classifier reads, on held-out windows."""
    run_id: str
    """Of the classifier's training in the registry."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """An application and its package."""

    app: Application
    package: package.Package
    accuracy: bench.Accuracy | None
    """What the classifier lost on its way to C."""
    unwatched: str
    """Why the project's drift plan is not in it; empty if it is, or without one."""

    @cached_property
    def host(self) -> bench.HostApp:
        """The package on this machine; built when it is first asked for."""
        return bench.HostApp(self.package)


@dataclass(frozen=True, kw_only=True)
class Gated:
    """A package with the evidence on it, in its files too."""

    built: Built
    package: package.Package
    """A copy of the one that was built."""
    report: bench.GateReport
    proofs: tuple[bench.GateReport, ...]
    """The same application on the further targets."""

    @property
    def app(self) -> Application:
        """The application in the package."""
        return self.built.app

    @property
    def passed(self) -> bool:
        """Whether it passed on all targets."""
        return all(report.passed for report in (self.report, *self.proofs))

    @property
    def misses(self) -> tuple[str, ...]:
        """What missed, and by how much, in words."""
        own = self.report.misses
        others = (f"{r.target}: {miss}" for r in self.proofs for miss in r.misses)
        return (*own, *others)


class _Folds(msgspec.Struct, frozen=True, kw_only=True):
    folds: tuple[Fold, ...]
    leaky: Fold | None


def train_stage(
    context: Context,
    learn_from: FeatureTable,
    test_on: FeatureTable,
    *,
    data_hash: str,
    title: str,
) -> Judged:
    """Train, compile and judge the models, and log each training.

    Parameters
    ----------
    context : Context
        The run.
    learn_from, test_on : FeatureTable
        Windows of different recordings.
    data_hash : str
        Hash of the recordings behind `learn_from`.
    title : str
        For the progress display, such as ``champion``.

    Returns
    -------
    Judged
    """
    project = context.project
    targets = learn.targets(project, context.life)

    def build(folder: Path) -> None:
        learnt = learn.fit_all(
            learn_from,
            project,
            targets=targets,
            progress=lambda note: context.progress("train", f"{title} {note}"),
        )
        results = _results(context, learnt, test_on, targets, title)
        runs, found = [], []
        for one, result in zip(learnt, results, strict=True):
            context.progress("train", f"{title} {one.model.name}: logging")
            store.save_model(folder / one.model.name, one.model, one.compiled)
            worth = judge.importance(one, project, test_on)
            found.append(worth)
            runs.append(
                registration.log_training(
                    context, one, result, learn_from, test_on, worth,
                    data_hash=data_hash, title=title,
                )
            )  # fmt: skip
        store.save_record(folder / "results.json", results)
        store.save_record(folder / "importance.json", found[0])
        store.save_record(folder / "run_id.json", runs[0])

    return context.cache.stage(
        "train",
        project.train,
        project.seed,
        learn_from.hash,
        test_on.hash,
        context.registry.mark,
        project.tracker,
        *([targets] if targets else []),
        build=build,
        load=lambda folder: _load_judged(folder, project.train.models),
    )


def _load_judged(folder: Path, names: Iterable[str]) -> Judged:
    models = [store.load_model(folder / name) for name in names]
    return Judged(
        learnt=tuple(Learnt(model=m, compiled=c) for m, c in models),
        results=tuple(store.load_record(folder / "results.json", list[ModelResult])),
        importance=store.load_record(
            folder / "importance.json", tuple[evaluate.Importance, ...]
        ),
        run_id=store.load_record(folder / "run_id.json", str),
    )


def _results(
    context: Context,
    learnt: Sequence[Learnt],
    test_on: FeatureTable,
    targets: Mapping[str, float],
    title: str,
) -> list[ModelResult]:
    """Judge the models, and each step of their compression."""
    project = context.project
    made = [
        judge.judge_released(one, project, test_on, targets=targets) for one in learnt
    ]
    if not any(one.steps for one in learnt):
        return made
    context.progress("train", f"{title} compression: before and after")
    with costs.model_cost(context) as cost:
        return [
            msgspec.structs.replace(
                result,
                steps=judge.judge_steps(
                    one, project, test_on, targets=targets, cost=cost
                ),
            )
            for one, result in zip(learnt, made, strict=True)
        ]


def protocol_stage(context: Context) -> tuple[tuple[Fold, ...], Fold | None]:
    """Hold out each group in turn, and compute the leaky figure beside it."""
    table, dataset = context.tables["train"], context.life["train"]

    def build(folder: Path) -> None:
        folds = judge.judge_protocols(
            table,
            dataset,
            context.project,
            progress=lambda note: context.progress("train", f"protocol: {note}"),
        )
        store.save_record(folder / "folds.json", _Folds(folds=folds[0], leaky=folds[1]))

    def load(folder: Path) -> tuple[tuple[Fold, ...], Fold | None]:
        stored = store.load_record(folder / "folds.json", _Folds)
        return stored.folds, stored.leaky

    project = context.project
    return context.cache.stage(
        "protocol",
        project.train.classifier,
        project.split,
        project.seed,
        dataset.hash,
        table.hash,
        build=build,
        load=load,
    )


def package_stage(
    context: Context, judged: Judged, reference: FeatureTable, *, title: str
) -> Built:
    """Calibrate the watches on the reference, and build the package.

    Parameters
    ----------
    context : Context
        The run.
    judged : Judged
        The models.
    reference : FeatureTable
        Windows of known operation that no model has learnt from.
    title : str
        For the progress display.

    Returns
    -------
    Built
    """
    project = context.project
    watches = _watches(context, judged, reference, title=title)
    with saying("reference stretch"):
        bins = drift.reference_bins(reference, bins=project.drift.bins)
    watched = monitors.calibrate_plan(
        context, judged.learnt, reference, title=title, needed=title == "champion"
    )
    app = Application(
        sensors=_sensors(context),
        name=_identifier(project.name),
        contract=context.contract,
        models=tuple(one.compiled for one in judged.learnt),
        watches=watches,
        reference=bins,
        drift=watched.monitors,
        queue=project.queue,
    )
    if title == "champion":
        app = with_challengers(context, app)
    return Built(
        app=app,
        package=built_for(context, app, context.target, title=title),
        accuracy=judge.accuracy_of(judged.results[0]),
        unwatched=watched.refusal,
    )


def _watches(
    context: Context, judged: Judged, reference: FeatureTable, *, title: str
) -> tuple[drift.ScoreWatch, ...]:
    """Calibrate the watch of each score."""
    settings, seed = context.project.drift, context.project.seed
    arl0 = drift.parse_rate(
        settings.false_alarms,
        seconds_per_window=context.plan.hop_len / context.plan.fs_hz,
    )

    def build(folder: Path) -> None:
        watches = []
        for one in judged.learnt:
            if one.compiled.kind != "score":
                continue
            context.progress(
                "package", f"{title}: calibrating the watch of {one.model.name}"
            )
            with saying("reference stretch"):
                watch = drift.watch_score(
                    learn.scores(one, reference),
                    name=one.compiled.outputs[0],
                    arl0=arl0,
                    k=settings.k,
                    groups=reference.recording,
                    seed=seed,
                )
            watches.append(watch)
        store.save_record(folder / "watches.json", watches)

    watches = context.cache.stage(
        "calibrate",
        settings,
        seed,
        reference.hash,
        [one.compiled.hash for one in judged.learnt],
        build=build,
        load=lambda folder: store.load_record(
            folder / "watches.json", list[drift.ScoreWatch]
        ),
    )
    return tuple(watches)


def _sensors(context: Context) -> dict[str, drift.SensorChecks]:
    """Find the checks of each channel, from the reference stretch if that is asked."""
    settings, contract = context.project.sensor, context.contract
    labels = context.project.drift.labels
    found = dict(settings.channels)
    if not settings.learn:
        return found
    for channel in contract.channels:
        with saying(f"reference stretch: channel {channel}"):
            found[channel] = drift.learn_checks(
                (
                    recording.channel(channel)
                    for recording in context.life["reference"]
                    if not labels or recording.info.label in labels
                ),
                block_len=contract.window_len,
                checks=found.get(channel),
            )
    return found


def built_for(
    context: Context, app: Application, target: Target, *, title: str
) -> package.Package:
    """Build the package of an application for some target."""
    context.progress("package", f"{title}: compiling for {target.name}")
    release, sources = context.project.package, target.cpu.source_only

    def build(folder: Path) -> None:
        package.build(
            app,
            target=target,
            out=folder / "package",
            release=release,
            cache=context.cache.objects,
        )

    return context.cache.stage(
        "package",
        app.model_id,
        app.contract,
        app.name,
        app.queue,
        target,
        release,
        "" if sources else package.find_compiler(target).version,
        build=build,
        load=lambda folder: package.load_package(folder / "package"),
    )


def gate_stage(
    context: Context,
    built: Built,
    recordings: data.Dataset,
    *,
    title: str,
    before: Gated | None = None,
) -> Gated:
    """Run the package on golden signals on the emulated targets, against its budget.

    Parameters
    ----------
    context : Context
        The run.
    built : Built
        The application, and its package for the project's target.
    recordings : Dataset
        Golden signals are cut from these.
    title : str
        For the progress display.
    before : Gated, optional
        What it is to take the place of; without it, the last release in the registry.

    Returns
    -------
    Gated
        A copy of the package that carries the evidence.
    """
    golden = operate.golden_signal(recordings, built.package)
    proofs: list[bench.GateReport] = []
    for target in context.proofs:
        pack = built_for(context, built.app, target, title=title)
        baseline = _baseline(context, pack, before)
        context.progress("gate", f"{title} on {target.name}")
        proofs.append(gate_package(context, built, pack, target, golden, baseline)[1])
    baseline = _baseline(context, built.package, before)
    context.progress("gate", f"{title} on {context.target.name}")
    chosen, report = gate_package(
        context, built, built.package, context.target, golden, baseline, proofs
    )
    return Gated(built=built, package=chosen, report=report, proofs=tuple(proofs))


def _baseline(
    context: Context, pack: package.Package, before: Gated | None
) -> bench.GateReport | None:
    """Return what a package is compared with, if its growth is limited."""
    if context.project.gate.regression_percent is None:
        return None
    target = pack.manifest.target
    if before is not None:
        reports = (before.report, *before.proofs)
        return next((r for r in reports if r.target == target), None)
    return baseline_of(context.registry, context.project.name, target, pack.id)


def gate_package(
    context: Context,
    built: Built,
    pack: package.Package,
    target: Target,
    golden: bench.Golden,
    baseline: bench.GateReport | None,
    proofs: Sequence[bench.GateReport] = (),
    *,
    runner: str = "auto",
) -> tuple[package.Package, bench.GateReport]:
    """Gate an application's package for some target in an emulator, or find the result.

    Parameters
    ----------
    context : Context
        The run.
    built : Built
        The application, and what it computes here.
    pack : Package
        Built for `target`.
    target : Target
        Where it runs.
    golden : Golden
        What is pushed.
    baseline : GateReport or None
        What it is compared with.
    proofs : sequence of GateReport
        Of further targets, to be kept with it.
    runner : str
        As for `ecmkit.bench.gate`.

    Returns
    -------
    package : Package
        A copy that carries the evidence.
    report : GateReport
    """
    budget = context.project.gate

    def build(folder: Path) -> None:
        report = bench.gate(
            pack,
            target=target,
            golden=golden,
            budget=budget,
            host=built.host,
            accuracy=built.accuracy,
            baseline=baseline,
            runner=runner,
            supply=context.project.power,
        )
        shutil.copytree(pack.path, folder / "package")
        copy = package.load_package(folder / "package")
        run = built.host.run(golden)
        bench.write_gate(copy, report, golden=golden, run=run, proofs=proofs)
        kept = context.cache.objects
        bench.write_evidence(copy, report, target=target, cache=kept)

    def load(folder: Path) -> tuple[package.Package, bench.GateReport]:
        found = package.load_package(folder / "package")
        report = store.load_record(found.path / "gate.json", bench.GateReport)
        return found, report

    return context.cache.stage(
        "gate",
        pack.id,
        target,
        budget,
        context.project.power,
        bench.golden_hash(golden),
        built.accuracy,
        baseline,
        list(proofs),
        runner,
        build=build,
        load=load,
    )


def _identifier(name: str) -> str:
    """Return a C identifier for a project's name."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
    return plain if plain[0].isalpha() else f"app_{plain}"
