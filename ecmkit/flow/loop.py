"""The whole loop: the one place that knows every stage."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ecmkit import formats
from ecmkit.errors import saying
from ecmkit.features import FeatureTable
from ecmkit.flow import (
    card,
    checks,
    close,
    learn,
    memory_limits,
    read,
    release,
    report,
    service,
)
from ecmkit.flow.cache import StageCache
from ecmkit.flow.context import Context, Progress
from ecmkit.flow.project import REGISTRY, load_project
from ecmkit.flow.records import RunReport
from ecmkit.registry import Registry
from ecmkit.targets import load_target

__all__ = ["STAGES", "RunResult", "build", "prepare", "run", "stages"]

STAGES = (
    "read",
    "check",
    "extract",
    "train",
    "package",
    "gate",
    "operate",
    "close",
    "report",
)
"""Names that `run` gives to its progress callback, in order."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Where a run left its results."""

    folder: Path
    report: RunReport
    cached: tuple[str, ...]
    """Stages that were found instead of computed."""


def run(
    project_file: Path,
    *,
    data: Path | None = None,
    runs: Path = Path("runs"),
    fresh: bool = False,
    targets: Iterable[Path] = (),
    progress: Progress = lambda stage, note: None,
) -> RunResult:
    """Take a project from recordings to gated firmware and back.

    Finished stages are kept by content hash in ``runs/.cache``, so that an interrupted
    run goes on where it was; ``runs/<name>`` is replaced as a whole at the end. A
    package that misses its budget goes to ``runs/<name>/refused``, not to ``package``:
    it is not registered, not put into service, and the loop ends there.

    Parameters
    ----------
    project_file : Path
        TOML, see `Project`.
    data : Path, optional
        Folder of recordings, in place of the project's.
    runs : Path
        Folder that results go to.
    fresh : bool
        Forget cached stages first.
    targets : iterable of Path
        Folders with target files of the user's own, looked at before ``targets`` beside
        the project file and the targets that come with ecmkit.
    progress : callable
        Told the stage, one of `STAGES`, and what it is doing.

    Returns
    -------
    RunResult

    Raises
    ------
    EcmError
        Naming what is wrong, before anything is written to ``runs/<name>``.
    """
    context, dropped = prepare(
        project_file,
        folder=data,
        runs=runs,
        fresh=fresh,
        targets=targets,
        progress=progress,
    )
    found = stages(context, dropped)
    progress("report", "writing")
    written = report.compose(context, found)
    folder = runs / context.project.name
    with formats.replace_dir(folder) as aside:
        if found.closed:
            shutil.copytree(found.closed.champion.package.path, aside / "package")
        else:
            shutil.copytree(found.gated.package.path, aside / "refused")
        report.write(aside, context, found, written)
    return RunResult(folder=folder, report=written, cached=tuple(context.cache.hits))


def stages(context: Context, dropped: tuple[str, ...]) -> report.Findings:
    """Go through all stages from training to the closed loop, as far as the gate lets.

    Parameters
    ----------
    context : Context
        The run.
    dropped : tuple of str
        Recordings that the quality check left out.

    Returns
    -------
    Findings
    """
    memory_limits.require_fit(context, divide(context)[0])
    folds, leaky = release.protocol_stage(context)
    judged, test_on, built = build(context)
    gated = release.gate_stage(
        context, built, context.life["reference"], title="champion"
    )
    served, closed = None, None
    if gated.passed:
        words = card.write_card(
            context, judged, gated, dropped=dropped, folds=folds, leaky=leaky
        )
        served = service.operate_stage(context, judged, gated, card=words)
        closed = close.close_stage(context, gated, served, card=words)
    return report.Findings(
        dropped=dropped,
        folds=folds,
        leaky=leaky,
        judged=judged,
        test_on=test_on,
        gated=gated,
        served=served,
        closed=closed,
        card=closed.card if closed else "",
    )


def build(context: Context) -> tuple[release.Judged, FeatureTable, release.Built]:
    """Train, judge, compile and package the champion.

    Returns
    -------
    judged : Judged
        The models.
    test_on : FeatureTable
        Windows that they were judged on.
    built : Built
        The package for the run's target.
    """
    learn_from, test_on = divide(context)
    judged = release.train_stage(
        context,
        learn_from,
        test_on,
        data_hash=context.life["train"].hash,
        title="champion",
    )
    labels = context.project.drift.labels
    watched = learn.known_rows(context.tables["reference"], labels)
    return (
        judged,
        test_on,
        release.package_stage(context, judged, watched, title="champion"),
    )


def divide(context: Context) -> tuple[FeatureTable, FeatureTable]:
    """Return the windows that the champion learns from, and those it is judged on.

    A split by fault size holds out no healthy machine. The reference may have some, so
    windows of it are judged on as well, but only of what no model has learnt from.
    """
    train, life = context.tables["train"], context.life
    learn_rows, test_rows = context.split.masks(train.recording)
    others = learn.unseen(
        context.tables["reference"],
        life["reference"],
        life["train"].select(context.split.train),
        context.project.split,
    )
    return train.rows(learn_rows), close.join(train.rows(test_rows), others)


def prepare(
    project_file: Path,
    *,
    folder: Path | None,
    runs: Path,
    fresh: bool,
    targets: Iterable[Path] = (),
    progress: Progress,
    only: str | None = None,
    runner: str = "auto",
    connect: str = "",
) -> tuple[Context, tuple[str, ...]]:
    """Read and check everything that the later stages need.

    Parameters
    ----------
    project_file, folder, runs, fresh, targets, progress
        As for `run`; `folder` is its `data`.
    only : str, optional
        A target in place of all those of the project.
    runner : str
        What is to run packages; has to be here.
    connect : str
        Where it reaches a board.

    Returns
    -------
    context : Context
        The run.
    dropped : tuple of str
        Recordings that the quality check left out, with the reason.
    """
    project, where = load_project(project_file), str(project_file)
    if only is not None:
        project = msgspec.structs.replace(project, target=only, prove_on=())
    plan = read.plan_of(project, project_file)
    search = [*targets, project_file.parent / "targets"]
    with saying("--target" if only is not None else f"{where}: `target`"):
        target = load_target(project.target, search=search)
    with saying(f"{where}: `prove_on`"):
        proofs = tuple(load_target(name, search=search) for name in project.prove_on)
    checks.check_settings(project, where, plan)
    checks.check_machine((target, *proofs), runner=runner, connect=connect)
    if runs.exists() and not runs.is_dir():
        raise ValueError(f"{runs}: found a file, expected a folder for the results")
    cache = StageCache(runs / ".cache")
    if fresh:
        cache.clear()
    life = read.read_stage(project, project_file, plan, folder, cache, progress)
    life, dropped = read.check_stage(project, plan, life, progress)
    with read.recalling(dropped):
        checks.check_recordings(project, where, plan, life)
        with saying(f"{where}: `split`"):
            split = learn.released_split(life["train"], project.split, project.seed)
    context = Context(
        project=project,
        plan=plan,
        contract=plan.contract(),
        target=target,
        proofs=proofs,
        registry=Registry(runs / REGISTRY),
        cache=cache,
        runs=runs,
        life=life,
        tables=read.extract_stage(plan, life, cache, progress),
        split=split,
        progress=progress,
    )
    return context, dropped
