"""Search for a model of a project, by its score and by its cost on the target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import bench, compress, evaluate, formats, search, train
from ecmkit.errors import FormatError
from ecmkit.features import FeatureTable
from ecmkit.flow import costs, judge, learn, loop
from ecmkit.flow.context import Context, Progress
from ecmkit.flow.memory_limits import memory_limits
from ecmkit.flow.project import Project
from ecmkit.graph import CompiledModel, ModelCost

__all__ = ["SearchResult", "search_project"]

F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """Where a search left its results."""

    folder: Path
    """``report.json``, ``front.png``, ``choice.toml``, and the journal if it is the
    storage."""
    report: search.SearchReport
    choice: str
    """The best candidate as ``[train.<model>]``; empty if none keeps the limits."""
    picture: Path | None
    """``front.png``; None if no candidate was judged."""
    limits: dict[str, int]
    """What a candidate might cost, where there was a limit."""


@dataclass(frozen=True)
class _PredictedCost:
    """Cost by a cost model; goes to other processes."""

    model: search.CostModel
    target: str

    def __call__(self, compiled: CompiledModel, rows: F32) -> ModelCost:
        return self.model.predict(compiled, rows, target=self.target)


@dataclass(frozen=True)
class _WholePlanCost:
    """The plan runs whole, whatever its columns are used for."""

    cost: ModelCost

    def __call__(self, columns: Sequence[str]) -> ModelCost:
        return self.cost


@dataclass(frozen=True)
class _AnomalyAuc:
    """Area under the ROC curve: known classes of a detector against the others."""

    known: tuple[str, ...]

    def __call__(
        self, model: train.TrainedModel, table: FeatureTable, found: F32
    ) -> float:
        if model.kind != "score":
            return search.score_of(model, table, found)
        return evaluate.roc_auc(~np.isin(table.label, self.known), found[:, 0])


def search_project(
    project_file: Path,
    *,
    data: Path | None = None,
    runs: Path = Path("runs"),
    trials: int | None = None,
    jobs: int = 1,
    storage: str | Path | None = None,
    resume: bool = False,
    progress: Progress = lambda stage, note: None,
    ended: Callable[[search.Trial], None] | None = None,
) -> SearchResult:
    """Search as ``[search]`` of a project says; what is held out is never seen.

    Candidates are scored by the float model, group by group as the project splits, on
    what the released model may learn from. Those of the front are then judged again in
    compiled C and counted by an emulator, if one knows the core.

    Parameters
    ----------
    project_file : Path
        TOML, see `Project`.
    data : Path, optional
        Folder of recordings, in place of the project's.
    runs : Path
        Folder that results go to; those of a search to ``<name>-search`` in it.
    trials : int, optional
        In place of the project's.
    jobs : int
        Processes.
    storage : str or Path, optional
        Journal file or URL of a database; the default is a journal beside the results.
    resume : bool
        Go on with a study that has trials; else that is refused.
    progress : callable
        Told the stage and what it is doing.
    ended : callable, optional
        Told each trial that has ended, with one job.

    Returns
    -------
    SearchResult

    Raises
    ------
    FormatError
        If the project has no ``[search]`` or it does not fit; names file and field.
    MissingError
        If there is no cost model of the core, or no compiler.
    ValueError
        If there are trials already and `resume` is not set.
    """
    context, _ = loop.prepare(
        project_file, folder=data, runs=runs, fresh=False, progress=progress
    )
    project = context.project
    if project.search is None:
        raise FormatError(f"{project_file}: `search`: found none, expected a table")
    settings = project.search
    if not settings.features:
        _known(project, settings.model, context.tables["train"])
        own = {"project": getattr(project.train, settings.model).features}
        settings = msgspec.structs.replace(settings, features=own)
    settings = _limited(context, settings)
    problem = problem_of(context, settings, progress)
    folder = runs / f"{project.name}-search"
    folder.mkdir(parents=True, exist_ok=True)
    study = search.Study(
        f"{project.name} {problem.table.hash[:12]}",
        settings,
        storage or folder / "journal.log",
    )
    if not resume and study.trials():
        raise ValueError(
            f"{study.storage}: found {len(study.trials())} trials of "
            f"{study.name!r}; resume them, or give another storage"
        )
    progress("search", f"{settings.sampler}, {trials or settings.trials} trials")
    study.run(problem, jobs=jobs, trials=trials, progress=ended)
    report = search.report_of(study, _confirmed(context, problem, study, progress))
    choice = report.best().candidate.toml(settings.model) if report.front else ""
    report.write(folder / "report.json")
    formats.write_atomic(folder / "choice.toml", choice + "\n")
    picture = folder / "front.png"
    picture.unlink(missing_ok=True)  # of an earlier search of the project
    judged = any(t.scores for t in report.trials)
    if judged:
        search.draw_front(report, picture)
    limits = msgspec.to_builtins(settings.limits)
    return SearchResult(
        folder=folder,
        report=report,
        choice=choice,
        picture=picture if judged else None,
        limits={name: most for name, most in limits.items() if most is not None},
    )


def _limited(
    context: Context, settings: search.SearchSettings
) -> search.SearchSettings:
    """Take the limits of budget and target where the settings give none."""
    room_for = memory_limits(context.project, context.target)
    own = settings.limits
    limits = msgspec.structs.replace(
        own,
        flash_bytes=own.flash_bytes or room_for["flash"][0],
        ram_bytes=own.ram_bytes or room_for["ram"][0],
    )
    return msgspec.structs.replace(settings, limits=limits)


def problem_of(
    context: Context, settings: search.SearchSettings, progress: Progress
) -> search.Problem:
    """Make what a study of a project asks for."""
    project, table = context.project, context.tables["train"]
    known = _known(project, settings.model, context.tables["train"])
    inside, _ = context.split.masks(table.recording)
    table = table.rows(inside)
    life = context.life["train"].select(context.split.train)
    folds, labels = [], None
    if settings.model == "regression":
        own = project.train.models[settings.model]
        table = table.rows(np.isin(table.label, known))
        targets = learn.targets(project, context.life)
        table, labels = learn.with_target(table, own, targets), own.labels
    for split in judge.protocol_splits(life, project, labels=labels):
        first, test = split.masks(table.recording)
        folds.append((first & np.isin(table.label, known), test))
    extra = None
    if settings.count_features:
        progress("search", "cost of the feature plan")
        plan = bench.plan_cost(
            context.contract, costs.emulated(context) or context.target
        )
        extra = _WholePlanCost(
            ModelCost(
                target=plan.target,
                flash_bytes=plan.flash_bytes,
                ram_bytes=plan.ram_bytes,
                instructions=plan.total,
                label="emulated",
            )
        )
    return search.Problem(
        table=table,
        folds=folds,
        cost=_PredictedCost(search.CostModel.load(context.target), context.target.name),
        seed=project.seed,
        score=_AnomalyAuc(known),
        compress=compress.compressed,
        column_cost=extra,
    )


def _known(project: Project, model: str, table: FeatureTable) -> tuple[str, ...]:
    """Classes that a model learns from."""
    names = list(project.train.models)
    if model not in names:
        raise FormatError(
            f"`search.model`: found {model!r}, expected one of {', '.join(names)}"
        )
    wanted = getattr(project.train, model).labels
    return tuple(wanted) or tuple(np.unique(table.label).tolist())


def _confirmed(
    context: Context, problem: search.Problem, study: search.Study, progress: Progress
) -> list[search.Confirmed]:
    front, target = study.front(), costs.emulated(context)
    made = []
    if target is None:
        for trial in front:
            progress("search", f"trial {trial.number} in compiled C")
            made.append(search.confirm(problem, trial))
        return made
    with bench.ModelBench(target) as workshop:
        for trial in front:
            progress("search", f"trial {trial.number} in compiled C, on {target.name}")
            made.append(search.confirm(problem, trial, workshop.cost))
    return made
