"""Train and compile the models of a project."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecmkit import compress, data, graph, train
from ecmkit.errors import FormatError, saying
from ecmkit.features import FeatureTable
from ecmkit.flow import calibration
from ecmkit.flow.project import Model, Project, Regression, Splitting

__all__ = [
    "Learnt",
    "classes",
    "fit_all",
    "fit_model",
    "known_rows",
    "released_split",
    "rows_of",
    "scores",
    "targets",
    "unseen",
    "with_target",
]

Progress = Callable[[str], None]

_KINDS = {"classifier": "class", "regression": "values"}
"""Of models by their names in a project; the others are detectors."""


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """A trained model and its C."""

    model: train.TrainedModel
    compiled: graph.CompiledModel
    whole: train.TrainedModel | None = None
    """The model as it was trained, before it was made smaller; not stored."""
    whole_calibrated: train.TrainedModel | None = None
    """That model with a calibration of its own, or as it is without one; what the
    compiled model is compared with; not stored."""
    steps: tuple[tuple[str, train.TrainedModel], ...] = ()
    """What each step of its compression made; not stored."""


def scores(learnt: Learnt, table: FeatureTable) -> NDArray[np.float32]:
    """Return the score of each window from a compiled detector, shape (n_windows,)."""
    return learnt.compiled.predict(table.x)[:, 0]


def classes(learnt: Learnt, table: FeatureTable) -> NDArray[np.str_]:
    """Most probable class of each window, the first of equals, as the device says."""
    names: NDArray[np.str_] = np.array(learnt.compiled.outputs)
    found: NDArray[np.str_] = names[np.argmax(learnt.compiled.predict(table.x), axis=1)]
    return found


def known_rows(table: FeatureTable, labels: Collection[str]) -> FeatureTable:
    """Return the windows of the named classes; all if none is named."""
    return table.rows(np.isin(table.label, list(labels))) if labels else table


def targets(project: Project, life: Mapping[str, data.Dataset]) -> dict[str, float]:
    """Return what the regression learns of each recording, by its id.

    Parameters
    ----------
    project : Project
        Names the quantity.
    life : mapping of str to Dataset
        Recordings of each stretch.

    Returns
    -------
    dict
        Empty without a regression.
    """
    regression = project.train.regression
    if regression is None:
        return {}
    infos = (recording.info for dataset in life.values() for recording in dataset)
    return {info.id: float(getattr(info, regression.target)) for info in infos}


def with_target(
    table: FeatureTable, model: Model, targets: Mapping[str, float]
) -> FeatureTable:
    """Return the table with what a regression learns; of other models as it is.

    Parameters
    ----------
    table : FeatureTable
        Windows.
    model : Model
        Of a project.
    targets : mapping of str to float
        By recording, see `targets`.
    """
    if not isinstance(model, Regression):
        return table
    values = np.array([targets[str(name)] for name in table.recording], np.float32)
    return replace(table, target=values, target_name=model.target)


def rows_of(
    table: FeatureTable, model: Model, targets: Mapping[str, float]
) -> FeatureTable:
    """Return the windows that a model learns from, with what a regression learns.

    Parameters
    ----------
    table : FeatureTable
        Windows of the training side.
    model : Model
        Of a project.
    targets : mapping of str to float
        By recording, see `targets`.
    """
    return with_target(known_rows(table, model.labels), model, targets)


def fit_model(
    table: FeatureTable,
    model: Model,
    *,
    name: str,
    seed: int,
    targets: Mapping[str, float] | None = None,
    calibrate: bool = True,
) -> Learnt:
    """Train, compress, calibrate and compile one model.

    Parameters
    ----------
    table : FeatureTable
        Windows of the training side.
    model : Model
        Family, options and compression.
    name : str
        Of the model in a project.
    seed : int
        Of the training.
    targets : mapping of str to float, optional
        What a regression learns of each recording, see `targets`.
    calibrate : bool
        Whether it is calibrated, if the project says so.

    Raises
    ------
    FormatError
        If models of the family are of another kind.
    """

    def fit(rows: FeatureTable) -> train.TrainedModel:
        return train.fit(
            rows,
            family=model.family,
            features=model.features,
            name=name,
            seed=seed,
            **model.options,
        )

    with saying(f"`train.{name}`"):
        rows = rows_of(table, model, targets or {})
        parts = calibration.parts_of(rows, model) if calibrate else ()
        whole = fit(rows)
        steps = tuple(compress.compression_steps(whole, rows, model.compression))
        trained = steps[-1][1] if steps else whole
        whole_calibrated = whole
        if parts:
            whole_calibrated, trained = calibration.calibrated(
                whole, trained, rows, parts, model, fit
            )
    kind = _KINDS.get(name, "score")
    if trained.kind != kind:
        raise FormatError(
            f"`train.{name}.family`: found {model.family!r}, whose models are of kind "
            f"{trained.kind}, expected one of kind {kind}"
        )
    compiled = trained.compile(weights=model.weights)
    return Learnt(
        model=trained,
        compiled=compiled,
        whole=whole,
        whole_calibrated=whole_calibrated,
        steps=steps,
    )


def fit_all(
    table: FeatureTable,
    project: Project,
    *,
    targets: Mapping[str, float] | None = None,
    progress: Progress,
) -> tuple[Learnt, ...]:
    """Train and compile the classifier, both anomaly detectors and the regression.

    Parameters
    ----------
    table : FeatureTable
        Windows of the training side.
    project : Project
        Families and options.
    targets : mapping of str to float, optional
        What the regression learns of each recording, see `targets`.
    progress : callable
        Told the name of each model.

    Returns
    -------
    tuple of Learnt
        Classifier, distance, reconstruction; then the regression, if there is one.
    """
    made = []
    for name in project.train.models:
        model = getattr(project.train, name)
        progress(f"{name}: {model.family}")
        made.append(
            fit_model(table, model, name=name, seed=project.seed, targets=targets)
        )
    return tuple(made)


def released_split(
    dataset: data.Dataset, splitting: Splitting, seed: int
) -> data.Split:
    """Return the split behind the released models, checked for leaks."""
    split = data.split(dataset, by=splitting.by, test=splitting.test, seed=seed)
    data.require_no_leak(split, dataset, by=splitting.by)
    return split


def unseen(
    table: FeatureTable,
    dataset: data.Dataset,
    learnt: data.Dataset,
    splitting: Splitting,
) -> FeatureTable:
    """Return the windows of which nothing was learnt: fit for judging too.

    Parameters
    ----------
    table : FeatureTable
        Windows of another stretch of life.
    dataset : Dataset
        Their recordings.
    learnt : Dataset
        What the models learnt from.
    splitting : Splitting
        Says what stays together. A size of fault is many machines, so there it is the
        machine: healthy ones all have the same size.
    """
    by = splitting.by if splitting.by in ("recording", "load") else "machine"
    field = "id" if by == "recording" else by
    known = {getattr(r.info, field) for r in learnt}
    ids = [r.info.id for r in dataset if getattr(r.info, field) not in known]
    return table.rows(np.isin(table.recording, ids))
