"""Judge models: what is judged is always the compiled one."""

from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ecmkit import bench, compress, data, evaluate, graph, train
from ecmkit.features import FeatureTable
from ecmkit.flow import calibration
from ecmkit.flow.learn import (
    Learnt,
    Progress,
    classes,
    fit_model,
    known_rows,
    rows_of,
    scores,
    with_target,
)
from ecmkit.flow.project import Project
from ecmkit.flow.records import Fold, ModelResult

__all__ = [
    "SUSPECTED",
    "SUSPICIONS",
    "WHOLE",
    "accuracy_of",
    "confusion",
    "importance",
    "judge_protocols",
    "judge_released",
    "judge_steps",
    "protocol_splits",
    "suspicion",
]

SUSPICIONS = ("known", "strange")
"""What a detector tells apart."""
SUSPECTED = 0.01
"""Share of what a detector learnt from that its picture counts as strange."""
WHOLE = "float_balanced_accuracy"
"""Metric of the float model as it was trained, calibrated if the compiled one is."""
_REPEATS = 10
"""Exchanges of each feature that its importance is the mean of."""


def confusion(learnt: Learnt, table: FeatureTable) -> NDArray[np.int64]:
    """Confusion matrix of a compiled classifier on the windows of classes it knows."""
    outputs = learnt.compiled.outputs
    known = table.rows(np.isin(table.label, outputs))
    found = classes(learnt, known)
    return evaluate.confusion_matrix(known.label, found, classes=outputs)


def suspicion(
    learnt: Learnt, project: Project, learn_from: FeatureTable, test_on: FeatureTable
) -> NDArray[np.int64]:
    """Confusion matrix of a compiled detector: what is known against what is strange.

    Parameters
    ----------
    learnt : Learnt
        The detector.
    project : Project
        Says which classes it knows.
    learn_from : FeatureTable
        Windows that it learnt from: all but a share `SUSPECTED` of those that it knows
        are to pass for known. The watch on the device has a limit of its own, from the
        rate of false alarms.
    test_on : FeatureTable
        Windows that it has not learnt from.

    Returns
    -------
    ndarray of int64, shape (2, 2)
        In the order of `SUSPICIONS`.
    """
    model = getattr(project.train, learnt.compiled.name)
    known = scores(learnt, known_rows(learn_from, model.labels))
    limit = np.quantile(known, 1.0 - SUSPECTED)
    strange = ~np.isin(test_on.label, model.labels or tuple(set(test_on.label)))
    names = np.array(SUSPICIONS)
    return evaluate.confusion_matrix(
        names[strange.astype(int)],
        names[(scores(learnt, test_on) > limit).astype(int)],
        classes=SUSPICIONS,
    )


def judge_protocols(
    table: FeatureTable,
    dataset: data.Dataset,
    project: Project,
    *,
    progress: Progress,
) -> tuple[tuple[Fold, ...], Fold | None]:
    """Hold out each group in turn; also, labelled so, the leaky figure.

    Parameters
    ----------
    table : FeatureTable
        All windows to learn from.
    dataset : Dataset
        Their recordings.
    project : Project
        The protocol and the classifier.
    progress : callable
        Told the name of each split.

    Returns
    -------
    folds : tuple of Fold
        One for each group. An ``isotonic`` calibration changes decisions: it is set in
        each fold on groups within, as in the released model. Where too few of them are
        left the protocol ends with ``not calibrated``.
    leaky : Fold or None
        Windows drawn at random, if the project asks for it.
    """
    folds = []
    for split in protocol_splits(dataset, project):
        progress(split.name)
        protocol = f"leave one {project.split.by} out"
        folds.append(_judge_fold(table, split, project, protocol=protocol))
    if not project.split.show_leaky:
        return tuple(folds), None
    progress("random windows (leaky)")
    split = data.split(
        _known(dataset, project),
        by="random-window",
        seed=project.seed,
        allow_leakage=True,
    )
    return tuple(folds), _judge_fold(table, split, project, protocol="random windows")


def protocol_splits(
    dataset: data.Dataset, project: Project, *, labels: Collection[str] | None = None
) -> tuple[data.Split, ...]:
    """Return one split for each group that is held out in turn.

    Parameters
    ----------
    dataset : Dataset
        Recordings.
    project : Project
        Says what stays together.
    labels : collection of str, optional
        Classes that count; those of the classifier if left out.

    Raises
    ------
    DataError
        If there is only one group.
    """
    return data.leave_one_out(_known(dataset, project, labels), by=project.split.by)


def _known(
    dataset: data.Dataset, project: Project, labels: Collection[str] | None = None
) -> data.Dataset:
    """Return the recordings of some classes, or of those that the classifier knows."""
    wanted = set(project.train.classifier.labels if labels is None else labels)
    return data.Dataset(
        tuple(r for r in dataset if not wanted or r.info.label in wanted)
    )


def _judge_fold(
    table: FeatureTable, split: data.Split, project: Project, *, protocol: str
) -> Fold:
    learn, test = split.masks(table.recording)
    model, own = project.train.classifier, table.rows(learn)
    # A temperature changes no decision, and a fold is of nothing else.
    calibrate = model.calibrate == "isotonic"
    if calibrate and not calibration.is_possible(rows_of(own, model, {}), model):
        protocol, calibrate = f"{protocol}, not calibrated", False
    learnt = fit_model(
        own, model, name="classifier", seed=project.seed, calibrate=calibrate
    )
    rows = table.rows(test)
    matrix = evaluate.confusion_matrix(
        rows.label,
        classes(learnt, rows),
        classes=sorted({*learnt.compiled.outputs, *rows.label}),
    )
    return Fold(
        protocol=protocol,
        held_out=split.name,
        windows=len(rows.x),
        balanced_accuracy=evaluate.balanced_accuracy(matrix),
        leaky=split.leaky,
    )


def importance(
    learnt: Learnt, project: Project, rows: FeatureTable
) -> tuple[evaluate.Importance, ...]:
    """Measure what a compiled classifier loses without each feature that it reads.

    Parameters
    ----------
    learnt : Learnt
        The model.
    project : Project
        Says which features it reads.
    rows : FeatureTable
        Windows that it has not learnt from.

    Returns
    -------
    tuple of Importance
        In balanced accuracy, the largest first; empty for a detector, and where fewer
        than two recordings show classes that it knows.
    """
    if learnt.compiled.kind != "class":
        return ()
    known = rows.rows(np.isin(rows.label, learnt.compiled.outputs))
    if len(np.unique(known.recording)) < 2:
        return ()
    names = np.array(learnt.compiled.outputs)
    patterns = getattr(project.train, learnt.compiled.name).features

    def score(x: NDArray[np.float32]) -> float:
        found = names[np.argmax(learnt.compiled.predict(x), axis=1)]
        matrix = evaluate.confusion_matrix(
            known.label, found, classes=learnt.compiled.outputs
        )
        return evaluate.balanced_accuracy(matrix)

    return evaluate.permutation_importance(
        score,
        known,
        families={
            name: [name]
            for name in known.names
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        },
        repeats=_REPEATS,
        seed=project.seed,
    )


def _whole_accuracy(model: train.TrainedModel, rows: FeatureTable) -> float:
    """Balanced accuracy of a float model, on the windows that `confusion` takes."""
    known = rows.rows(np.isin(rows.label, model.outputs))
    found = np.array(model.outputs)[np.argmax(model.predict(known.x), axis=1)]
    matrix = evaluate.confusion_matrix(known.label, found, classes=model.outputs)
    return evaluate.balanced_accuracy(matrix)


def accuracy_of(result: ModelResult) -> bench.Accuracy | None:
    """Return what a classifier lost on its way to C; None of a detector."""
    if WHOLE not in result.metrics:
        return None
    return bench.Accuracy(
        trained=result.metrics[WHOLE], compiled=result.metrics["balanced_accuracy"]
    )


def _judge_regression(
    learnt: Learnt, rows: FeatureTable, targets: Mapping[str, float]
) -> tuple[str, dict[str, float]]:
    """Mean absolute error, against that of the median of what is to be found."""
    found = learnt.compiled.predict(rows.x)[:, 0].astype(np.float64)
    true = np.array([targets[str(name)] for name in rows.recording])
    metrics = {
        "mean_absolute_error": float(np.abs(found - true).mean()),
        "constant_error": float(np.abs(true - np.median(true)).mean()),
    }
    text = (
        f"mean absolute error {metrics['mean_absolute_error']:.3g} of "
        f"{learnt.compiled.outputs[0]} (a constant: {metrics['constant_error']:.3g})"
    )
    return text, metrics


def judge_steps(
    learnt: Learnt,
    project: Project,
    rows: FeatureTable,
    *,
    targets: Mapping[str, float] | None = None,
    cost: Callable[[graph.CompiledModel], graph.ModelCost],
) -> tuple[compress.Step, ...]:
    """Judge each step of a model's compression on held-out windows, by its C.

    Parameters
    ----------
    learnt : Learnt
        The model, with its steps.
    project : Project
        Says what each step may lose, and which classes a detector knows.
    rows : FeatureTable
        Windows that it has not learnt from.
    targets : mapping of str to float, optional
        What a regression is to find of each recording, see `targets`.
    cost : callable
        Of a compiled model on the target.

    Returns
    -------
    tuple of Step
        Empty without compression, and for a detector whose held-out windows are all
        normal or all strange.

    Raises
    ------
    BudgetError
        If a step loses more than the budget; names the model, the step and the layer.
    """
    if learnt.whole is None or not learnt.steps:
        return ()
    name, before = learnt.compiled.name, learnt.whole
    model = project.train.models[name]
    normal = tuple(model.labels)
    if before.kind == "class":
        rows = rows.rows(np.isin(rows.label, before.outputs))
    elif before.kind == "values":
        rows = with_target(known_rows(rows, model.labels), model, targets or {})
    elif len({label in normal for label in rows.label.tolist()}) < 2:
        return ()
    budget = model.compression.budget_points
    judged = []
    for step, after in learnt.steps:
        judged.append(
            compress.judge(
                f"{name}: {step}", before, after, rows, cost=cost,
                budget_points=budget, normal=normal,
                blame=partial(
                    compress.blamed_layer, before, after, rows, normal=normal
                ),
            )
        )  # fmt: skip
        before = after
    return tuple(judged)


def judge_released(
    learnt: Learnt,
    project: Project,
    rows: FeatureTable,
    *,
    targets: Mapping[str, float] | None = None,
) -> ModelResult:
    """Judge one compiled model on held-out windows.

    Parameters
    ----------
    learnt : Learnt
        The model.
    project : Project
        Says which classes a detector knows.
    rows : FeatureTable
        Windows that it has not learnt from.
    targets : mapping of str to float, optional
        What a regression is to find of each recording, see `targets`.

    Returns
    -------
    ModelResult
        Mean absolute error of a regression, and that of the best constant; balanced
        accuracy of a classifier; area under the ROC curve of a detector, its
        known classes against the others, or its median score if there are no others.
        With a calibration also what it came to.
    """
    compiled = learnt.compiled
    model = project.train.models[compiled.name]
    metrics: dict[str, float] = {}
    if compiled.kind == "class":
        matrix = confusion(learnt, rows)
        metrics["balanced_accuracy"] = evaluate.balanced_accuracy(matrix)
        if learnt.whole_calibrated is not None:
            metrics[WHOLE] = _whole_accuracy(learnt.whole_calibrated, rows)
        text = f"balanced accuracy {metrics['balanced_accuracy']:.3f}"
        more, own = calibration.judge_class(compiled, learnt.whole, model, rows)
        text, metrics = text + more, metrics | own
    elif compiled.kind == "values":
        text, metrics = _judge_regression(
            learnt, known_rows(rows, model.labels), targets or {}
        )
    else:
        learnt_from = model.labels
        strange = ~np.isin(rows.label, learnt_from or tuple(set(rows.label)))
        score = scores(learnt, rows)
        metrics["median_score"] = float(np.median(score))
        text = f"median score {metrics['median_score']:.3g}"
        if strange.any() and not strange.all():
            metrics["roc_auc"] = evaluate.roc_auc(strange, score)
            known_text = ", ".join(learnt_from)
            text = f"ROC AUC {metrics['roc_auc']:.3f} ({known_text} against the rest)"
        more, own = calibration.judge_score(score[~strange], model)
        text, metrics = text + more, metrics | own
    return ModelResult(
        name=compiled.name,
        family=learnt.model.family,
        result=text,
        metrics=metrics,
        flash_bytes=compiled.flash_bytes,
        hash=compiled.hash,
    )
