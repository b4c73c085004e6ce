"""Operate: let the released package watch later data, and judge what it sends."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from ecmkit import bench, data, monitor
from ecmkit.flow import operate, registration, store
from ecmkit.flow.alarms import Alarm
from ecmkit.flow.context import Context
from ecmkit.flow.release import Gated, Judged
from ecmkit.registry import RetrainRequest

__all__ = ["Served", "divide", "operate_stage"]


@dataclass(frozen=True, kw_only=True)
class Served:
    """What the device sent, what the monitor made of it, and what was asked for."""

    service: operate.Service
    telemetry: monitor.Telemetry
    drift: monitor.DriftReport
    quiet: monitor.DriftReport
    """The same judgement on the stretch in which nothing changed."""
    emulated_windows: int
    parity: bench.Parity
    """Emulated target against host on the first windows after the change."""
    champion_version: int
    request: str
    """Id of the retraining request; empty if none was needed."""


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a service besides its frames."""

    changed_frame: int
    windows: tuple[int, int]
    alarms: tuple[int, int]
    found: tuple[Alarm, ...]
    emulated_windows: int
    parity: bench.Parity
    champion_version: int
    request: str


def divide(dataset: data.Dataset, share: float) -> tuple[data.Dataset, data.Dataset]:
    """Divide recordings, class by class and in their order: to learn from, to judge on.

    At least one recording of each class is on each side where there are two.
    """
    learn, judge = [], []
    for label in sorted({r.info.label for r in dataset}):
        own = [r.info.id for r in dataset if r.info.label == label]
        n = round(share * len(own))
        n = min(max(n, 1), max(1, len(own) - 1))
        learn += own[:n]
        judge += own[n:]
    return dataset.select(learn), dataset.select(judge)


def operate_stage(
    context: Context, judged: Judged, gated: Gated, *, card: str
) -> Served:
    """Run the champion over later data; judge its telemetry; ask for a new model.

    Parameters
    ----------
    context : Context
        The run.
    judged : Judged
        The champion's models.
    gated : Gated
        The champion's package, which passed.
    card : str
        Its model card.

    Returns
    -------
    Served
    """
    project = context.project
    before = context.life["before"]
    after, _ = divide(context.life["after"], project.operate.learn_share)

    def build(folder: Path) -> None:
        service = operate.serve(
            gated.built.host,
            _ordered(context, before),
            _ordered(context, after),
            report_every=project.operate.report_every,
            progress=lambda note: context.progress("operate", note),
        )
        report = _watch(context, gated, _ingest(gated, service.frames))
        context.progress("operate", f"a sample on the emulated {context.target.name}")
        windows, parity = _emulate(context, gated.built.host, after)
        version = _champion(context, judged, gated, card)
        request = _request(context, gated, report, service)
        _save(
            folder,
            service,
            emulated_windows=windows,
            parity=parity,
            champion_version=version,
            request=request,
        )

    return context.cache.stage(
        "operate",
        project.name,
        project.seed,
        gated.package.id,
        project.operate,
        project.drift,
        before.hash,
        after.hash,
        judged.run_id,
        card,
        context.registry.mark,
        build=build,
        load=lambda folder: _load(folder, context, gated),
    )


def _save(
    folder: Path,
    service: operate.Service,
    *,
    emulated_windows: int,
    parity: bench.Parity,
    champion_version: int,
    request: str,
) -> None:
    store.save_record(folder / "frames.json", service.frames)
    store.save_record(
        folder / "facts.json",
        _Facts(
            changed_frame=service.changed_frame,
            windows=service.windows,
            alarms=service.alarms,
            found=service.found,
            emulated_windows=emulated_windows,
            parity=parity,
            champion_version=champion_version,
            request=request,
        ),
    )


def _load(folder: Path, context: Context, gated: Gated) -> Served:
    """Read what is stored of a service, and judge its frames again."""
    facts = store.load_record(folder / "facts.json", _Facts)
    frames = tuple(store.load_record(folder / "frames.json", list[bytes]))
    telemetry = _ingest(gated, frames)
    quiet = _ingest(gated, frames[: facts.changed_frame])
    return Served(
        service=operate.Service(
            frames=frames,
            changed_frame=facts.changed_frame,
            windows=facts.windows,
            alarms=facts.alarms,
            found=facts.found,
        ),
        telemetry=telemetry,
        drift=_watch(context, gated, telemetry),
        quiet=_watch(context, gated, quiet),
        emulated_windows=facts.emulated_windows,
        parity=facts.parity,
        champion_version=facts.champion_version,
        request=facts.request,
    )


def _ordered(context: Context, dataset: data.Dataset) -> data.Dataset:
    """Return the recordings in the order in which the device meets them."""
    if not context.project.operate.shuffle:
        return dataset
    order = np.random.default_rng(context.project.seed).permutation(len(dataset))
    return data.Dataset(tuple(dataset.recordings[i] for i in order))


def _ingest(gated: Gated, frames: tuple[bytes, ...]) -> monitor.Telemetry:
    manifest = gated.package.manifest
    return monitor.ingest(
        frames, contract=gated.package.contract, model_id=manifest.model_id
    )


def _watch(
    context: Context, gated: Gated, telemetry: monitor.Telemetry
) -> monitor.DriftReport:
    return monitor.watch(
        telemetry,
        gated.app.reference,
        watches=gated.app.watches,
        classes=gated.app.classes,
        compared=gated.app.differences,
        alpha=context.project.drift.alpha,
        seed=context.project.seed,
    )


def _emulate(
    context: Context, host: bench.HostApp, after: data.Dataset
) -> tuple[int, bench.Parity]:
    """Run the first windows after the change on the emulated target too."""
    contract = host.package.contract
    first = after.recordings[0]
    n = context.project.operate.emulate_windows
    length = host.package.manifest.memory.span_len + (n - 1) * contract.hop_len
    golden = bench.Golden(
        x=first.samples(contract.channels)[:, :length], speed_hz=first.info.speed_hz
    )
    there = bench.run(host.package, context.target, golden).run
    parity = bench.compare_runs(
        host.run(golden),
        there,
        features=contract.names,
        outputs=host.package.outputs,
    )
    return len(there.events), parity


def _champion(context: Context, judged: Judged, gated: Gated, card: str) -> int:
    """Register the released package and put it into service."""
    version = registration.register(
        context, gated.app.models, gated.package, run_id=judged.run_id, card=card
    )
    context.registry.promote(context.project.name, version, alias="champion")
    return version


def _request(
    context: Context,
    gated: Gated,
    report: monitor.DriftReport,
    service: operate.Service,
) -> str:
    if not report.needs_retraining:
        return ""
    drifted = [feature for feature in report.features if feature.drifted]
    request = RetrainRequest(
        name=context.project.name,
        reason=report.sentence,
        features=tuple(feature.name for feature in drifted),
        statistics={feature.name: feature.psi for feature in drifted},
        first_window=service.windows[0],
        last_window=sum(service.windows) - 1,
        created=datetime.now(UTC),
        model_id=gated.package.manifest.model_id,
        contract_id=gated.package.contract.id,
    )
    # A run that was killed behind this point has asked already.
    for known, asked in context.registry.open_requests(request.name).items():
        if msgspec.structs.replace(asked, created=request.created) == request:
            return known
    return context.registry.request_retraining(request)
