"""The first stages: recordings, quality, features."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from ecmkit import data, features
from ecmkit.errors import DataError, FormatError, saying
from ecmkit.features import FeaturePlan, FeatureTable
from ecmkit.flow import store
from ecmkit.flow.cache import StageCache
from ecmkit.flow.context import Progress
from ecmkit.flow.project import STRETCHES, Project, Stretch

__all__ = [
    "check_stage",
    "extract_stage",
    "left_out",
    "plan_of",
    "read_stage",
    "recalling",
]

Life = Mapping[str, data.Dataset]


def plan_of(project: Project, project_file: Path) -> FeaturePlan:
    """Return the feature plan of a project, with the project's own changes.

    Raises
    ------
    FormatError
        If there is no such plan, a change contradicts it, or it reads a tachometer.
    """
    beside = project_file.parent / project.plan.use
    with saying(f"{project_file}: `plan.use`"):
        named = beside if beside.suffix == ".toml" else project.plan.use
        plan = features.load_plan(named)
        if plan.tacho is not None:
            raise FormatError(
                f"{named}: tacho: found channel {plan.tacho.channel!r}, expected none: "
                "firmware tells a package the shaft speed"
            )
    own: dict[str, object] = {
        field: value
        for field in ("range", "hop_len", "speed_hz")
        if (value := getattr(project.plan, field)) is not None
    }
    if project.plan.channel is not None or project.plan.channels:
        own |= {"channel": project.plan.channel, "channels": project.plan.channels}
    band = project.plan.envelope_hz
    if band is not None:
        with saying(f"{project_file}: `plan.envelope_hz`"):
            if plan.envelope is None:
                raise FormatError(
                    f"found {list(band)}, expected a plan with an envelope"
                )
            envelope = msgspec.structs.replace(plan.envelope, band_hz=band)
            plan = msgspec.structs.replace(plan, envelope=envelope)
    with saying(f"{project_file}: `plan`"):
        return msgspec.structs.replace(plan, **own)


def read_stage(
    project: Project,
    project_file: Path,
    plan: FeaturePlan,
    folder: Path | None,
    cache: StageCache,
    progress: Progress,
) -> Life:
    """Read or simulate the recordings of each stretch.

    Raises
    ------
    DataError
        Naming file, field, found and expected.
    FormatError
        If ``--data`` was given to a project that simulates.
    """
    if project.data.simulator is not None:
        if folder is not None:
            raise FormatError(
                f"{project_file}: found a table `data.simulator` and --data {folder}, "
                "expected a table `data.folder` to read recordings"
            )
        with saying(f"{project_file}: `data.simulator`"):
            return _simulate(project.data.simulator, project.seed, cache, progress)
    settings = project.data.folder
    assert settings is not None, "Data has one of the two"
    if folder is None and not settings.path:
        raise FormatError(
            f"{project_file}: `data.folder.path`: found nothing, expected a folder, "
            "or --data DIR"
        )
    root = folder if folder is not None else project_file.parent / settings.path
    life = {}
    for name in STRETCHES:
        progress("read", f"{name} stretch from {root}")
        stretch: Stretch = getattr(settings, name)
        with saying(f"{project_file}: `data.folder.{name}`"):
            whole = data.load(
                root,
                channel=plan.all_channels,
                format=settings.format,
                fs_hz=plan.fs_hz,
                select=stretch.select,
                nonfinite="keep",
            )
        life[name] = _part(whole, stretch.part)
    return life


def _simulate(
    config: data.SimulatorConfig, seed: int, cache: StageCache, progress: Progress
) -> Life:
    unknown = sorted({s.stretch for s in config.scenario} - set(STRETCHES))
    if unknown:
        raise FormatError(
            f"scenario: stretch: found {unknown[0]!r}, expected one of "
            f"{', '.join(STRETCHES)}"
        )
    life = {}
    for name in STRETCHES:
        progress("read", f"simulating the {name} stretch")

        def build(folder: Path, name: str = name) -> None:
            made = data.simulate(config, seed=seed, stretch=name)
            store.save_dataset(folder, made)

        life[name] = cache.stage(
            "simulate", config, seed, name, build=build, load=store.load_dataset
        )
    return life


def _part(dataset: data.Dataset, part: tuple[float, float]) -> data.Dataset:
    """Cut the same share out of every recording."""
    if part == (0.0, 1.0):
        return dataset

    def cut(recording: data.Recording) -> data.Recording:
        n = recording.x.shape[1]
        low, high = round(part[0] * n), round(part[1] * n)
        return replace(recording, x=np.ascontiguousarray(recording.x[:, low:high]))

    return data.Dataset(tuple(cut(recording) for recording in dataset))


def check_stage(
    project: Project, plan: FeaturePlan, life: Life, progress: Progress
) -> tuple[Life, tuple[str, ...]]:
    """Leave out what is not fit for use, and say what and why.

    Returns
    -------
    life : mapping of str to Dataset
        What was kept.
    dropped : tuple of str
        One line for each recording that was left out.
    """
    needs_speed = plan.contract().needs_speed
    expect = data.Expectations(
        fs_hz=plan.fs_hz,
        unit=plan.unit,
        min_len=plan.span_len,
        range=plan.range,
        sensors={
            name: data.ChannelInfo(unit=plan.unit_of(name), range=plan.range_of(name))
            for name in plan.sensors
        },
        clipped_share=project.data.clipped_share,
        speed=needs_speed,
        label=True,
    )
    kept, dropped = {}, []
    for name, dataset in life.items():
        progress("check", f"{name}: {len(dataset)} recordings")
        report = data.check(dataset, expect=expect)
        dropped += [
            f"{name}: {row.id}: {'; '.join(row.reasons)}" for row in report.dropped
        ]
        with saying(f"{name} stretch"):
            kept[name] = data.clean(dataset, report)
    return kept, tuple(dropped)


def left_out(dropped: Sequence[str]) -> str:
    """Say how many recordings were left out, and why the first was."""
    more = f"; and {len(dropped) - 1} more" if len(dropped) > 1 else ""
    return f"{len(dropped)} left out: {dropped[0]}{more}"


@contextmanager
def recalling(dropped: Sequence[str]) -> Iterator[None]:
    """Let a complaint about too few recordings tell of those that were left out."""
    try:
        yield
    except DataError as error:
        if not dropped:
            raise
        raise DataError(f"{error} (quality check: {left_out(dropped)})") from error


def extract_stage(
    plan: FeaturePlan, life: Life, cache: StageCache, progress: Progress
) -> dict[str, FeatureTable]:
    """Compute the features of every stretch in C."""
    tables = {}
    for name, dataset in life.items():
        progress("extract", f"{name}: {len(dataset)} recordings")

        def build(folder: Path, dataset: data.Dataset = dataset) -> None:
            store.save_table(folder / "table.npz", features.extract(dataset, plan))

        tables[name] = cache.stage(
            "extract",
            plan,
            dataset.hash,
            build=build,
            load=lambda folder: store.load_table(folder / "table.npz"),
        )
    return tables
