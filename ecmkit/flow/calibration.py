"""Calibration of a project's models: on groups that they have not learnt from."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ecmkit import compress, train
from ecmkit.errors import FormatError
from ecmkit.features import FeatureTable
from ecmkit.flow.project import Model
from ecmkit.graph import CompiledModel

__all__ = [
    "calibrated",
    "check",
    "is_possible",
    "judge_class",
    "judge_score",
    "parts_of",
]

_METHODS: dict[str, tuple[str, ...]] = {
    "classifier": ("temperature", "isotonic"),
    "distance": ("deviations",),
    "reconstruction": ("deviations",),
    "regression": (),
}
"""By name of a model in a project."""
_FOLDS = 3
_SEEDS = 20
"""Draws of folds, until every class is learnt from whichever is held out."""
_SCORES = 50
"""Of healthy windows that deviations follow from, see `train.calibrated`."""
_FAR = 3.0
"""Deviations: a normal distribution has 0.13 % above."""


def check(name: str, model: Model, field: str) -> None:
    """Refuse a calibration that the kind of a model does not have.

    Parameters
    ----------
    name : str
        Of the model in the project.
    model : Model
        The model.
    field : str
        For the message.

    Raises
    ------
    FormatError
        Naming field, found and expected.
    """
    offered = ("", *_METHODS[name])
    if model.calibrate not in offered:
        words = " or ".join(f'"{method}"' for method in offered)
        raise FormatError(f'{field}: found "{model.calibrate}", expected {words}')


def parts_of(rows: FeatureTable, model: Model) -> tuple[NDArray[np.bool_], ...]:
    """Return the windows that are held out in turn, whole groups each.

    Parameters
    ----------
    rows : FeatureTable
        What the model learns from.
    model : Model
        Says whether it is calibrated.

    Returns
    -------
    tuple of ndarray of bool
        Two or three parts; none without calibration.

    Raises
    ------
    ValueError
        If a class is of one group alone, or a detector has too few windows.
    """
    if not model.calibrate:
        return ()
    if model.calibrate == "deviations" and len(rows.x) < _SCORES:
        raise ValueError(
            f"calibrate: found {len(rows.x)} windows, expected {_SCORES} or more for "
            "deviations"
        )
    owners = [rows.group[rows.label == label] for label in np.unique(rows.label)]
    n = max(min(_FOLDS, *(len(np.unique(own)) for own in owners)), 2)
    why = ""
    for seed in range(_SEEDS):
        try:
            return train.folds(rows, n, seed=seed)
        except ValueError as error:
            why = str(error)
    raise ValueError(f"calibrate: {why}")


def is_possible(rows: FeatureTable, model: Model) -> bool:
    """Tell whether there are the groups and windows that a calibration asks for.

    Parameters
    ----------
    rows, model
        As of `parts_of`.
    """
    try:
        parts_of(rows, model)
    except ValueError:
        return False
    return True


def calibrated(
    whole: train.TrainedModel,
    trained: train.TrainedModel,
    rows: FeatureTable,
    parts: tuple[NDArray[np.bool_], ...],
    model: Model,
    fit: Callable[[FeatureTable], train.TrainedModel],
) -> tuple[train.TrainedModel, train.TrainedModel]:
    """Calibrate a model, and its float form, by windows that were held out of training.

    Parameters
    ----------
    whole : TrainedModel
        Of all windows, as it was trained.
    trained : TrainedModel
        The same after its compression; the same object without one.
    rows : FeatureTable
        These windows.
    parts : tuple of ndarray of bool
        From `parts_of`.
    model : Model
        Its method and compression.
    fit : callable
        Trains one on other windows.

    Returns
    -------
    whole : TrainedModel
        Calibrated by models of the other parts, as they were trained.
    trained : TrainedModel
        Calibrated by the same models after the same compression.
    """
    method = model.calibrate or None
    pairs = [(fit(rows.rows(~held)), rows.rows(held)) for held in parts]
    whole_calibrated = train.cross_calibrated(whole, pairs, method=method)
    if trained is whole:
        return whole_calibrated, whole_calibrated
    smaller = [
        (compress.compressed(own, rows.rows(~held), model.compression), judged)
        for (own, judged), held in zip(pairs, parts, strict=True)
    ]
    return whole_calibrated, train.cross_calibrated(trained, smaller, method=method)


def judge_class(
    compiled: CompiledModel,
    whole: train.TrainedModel | None,
    model: Model,
    rows: FeatureTable,
) -> tuple[str, dict[str, float]]:
    """Say how far probabilities are from the share of hits, on held-out windows.

    Parameters
    ----------
    compiled : CompiledModel
        The classifier.
    whole : TrainedModel or None
        The same before it was compressed and calibrated.
    model : Model
        Says whether it was calibrated.
    rows : FeatureTable
        Windows that nothing was learnt from.

    Returns
    -------
    text : str
        To be put behind its result; empty without calibration.
    metrics : dict of str to float
    """
    known = rows.rows(np.isin(rows.label, compiled.outputs))
    if not model.calibrate or not len(known.x):
        return "", {}
    error = train.calibration_error(compiled, known)
    text, metrics = f", calibration error {error:.3f}", {"calibration_error": error}
    if whole is not None:
        before = train.calibration_error(whole, known)
        text += f" ({before:.3f} before)"
        metrics["calibration_error_before"] = before
    return text, metrics


def judge_score(
    known: NDArray[np.float32], model: Model
) -> tuple[str, dict[str, float]]:
    """Say how often what a detector knows is far out, on held-out windows.

    Parameters
    ----------
    known : ndarray of float32, shape (n_windows,)
        Scores of classes that it knows.
    model : Model
        Says whether it was calibrated.

    Returns
    -------
    text : str
        To be put behind its result; empty without calibration.
    metrics : dict of str to float
    """
    if not model.calibrate or not len(known):
        return "", {}
    share = float((known > _FAR).mean())
    return (
        f", in deviations: {share:.2%} of the known above {_FAR:g}",
        {"known_above_3": share},
    )
