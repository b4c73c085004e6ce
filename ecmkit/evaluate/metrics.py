"""How well a model does: small functions of labels, scores and recordings."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "balanced_accuracy",
    "bootstrap_interval",
    "confusion_matrix",
    "precision",
    "recall",
    "roc_auc",
]

F64 = NDArray[np.float64]


def confusion_matrix(
    truth: ArrayLike, predicted: ArrayLike, *, classes: Sequence[str]
) -> NDArray[np.int64]:
    """Count windows by true and predicted class.

    Parameters
    ----------
    truth, predicted : array-like of str, shape (n_windows,)
        Class names, all in `classes`.
    classes : sequence of str
        Order of rows and columns.

    Returns
    -------
    ndarray of int64, shape (n_classes, n_classes)
        Rows are the truth, columns the prediction.

    Raises
    ------
    ValueError
        If the lengths differ or a label is not in `classes`.

    Examples
    --------
    >>> confusion_matrix(["a", "a", "b"], ["a", "b", "b"], classes=["a", "b"])
    array([[1, 1],
           [0, 1]])
    """
    place = {name: index for index, name in enumerate(classes)}
    columns = [np.asarray(labels).reshape(-1).tolist() for labels in (truth, predicted)]
    if len(columns[0]) != len(columns[1]):
        raise ValueError(
            f"{len(columns[0])} true and {len(columns[1])} predicted labels"
        )
    unknown = sorted({label for c in columns for label in c if label not in place})
    if unknown:
        raise ValueError(f"labels {unknown}: expected {list(classes)}")
    matrix = np.zeros((len(place), len(place)), np.int64)
    rows, cols = ([place[label] for label in column] for column in columns)
    np.add.at(matrix, (rows, cols), 1)
    return matrix


def recall(matrix: NDArray[np.int64]) -> F64:
    """Share of each class's windows that were found; NaN for a class without any.

    Parameters
    ----------
    matrix : ndarray of int64, shape (n_classes, n_classes)
        From `confusion_matrix`.

    Returns
    -------
    ndarray of float64, shape (n_classes,)
        0 to 1.
    """
    return _share(np.diag(matrix), matrix.sum(axis=1))


def precision(matrix: NDArray[np.int64]) -> F64:
    """Share of each class's predictions that were right; NaN for one never predicted.

    Parameters
    ----------
    matrix : ndarray of int64, shape (n_classes, n_classes)
        From `confusion_matrix`.

    Returns
    -------
    ndarray of float64, shape (n_classes,)
        0 to 1.
    """
    return _share(np.diag(matrix), matrix.sum(axis=0))


def balanced_accuracy(matrix: NDArray[np.int64]) -> float:
    """Mean recall over the classes that occur.

    Parameters
    ----------
    matrix : ndarray of int64, shape (n_classes, n_classes)
        From `confusion_matrix`.

    Returns
    -------
    float
        0 to 1; 1 / n_classes for guessing.

    Raises
    ------
    ValueError
        If the matrix counts no window.
    """
    present = matrix.sum(axis=1) > 0
    if not present.any():
        raise ValueError("balanced accuracy of no windows is not defined")
    return float(recall(matrix)[present].mean())


def roc_auc(positive: ArrayLike, score: ArrayLike) -> float:
    """Probability that a positive window scores above a negative one, ties by half.

    Parameters
    ----------
    positive : array-like of bool, shape (n_windows,)
        Which windows are positive (faulty); both kinds must occur.
    score : array-like of float, shape (n_windows,)
        Larger is more positive; no NaN.

    Returns
    -------
    float
        0 to 1; 0.5 for chance.

    Raises
    ------
    ValueError
        If only one kind occurs, the lengths differ or a score is NaN.

    References
    ----------
    J. A. Hanley, B. J. McNeil, Radiology 143 (1982), 29-36.

    Examples
    --------
    >>> roc_auc([False, False, True, True], [1.0, 2.0, 2.0, 3.0])
    0.875
    """
    is_positive = np.asarray(positive, bool).reshape(-1)
    values = np.asarray(score, np.float64).reshape(-1)
    if len(values) != len(is_positive):
        raise ValueError(f"{len(is_positive)} labels and {len(values)} scores")
    if np.isnan(values).any():
        raise ValueError(f"{int(np.isnan(values).sum())} scores are NaN")
    n_positive = int(is_positive.sum())
    n_negative = len(values) - n_positive
    if n_positive == 0 or n_negative == 0:
        raise ValueError(
            f"{n_positive} positive and {n_negative} negative windows, expected both"
        )
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    midrank = np.cumsum(counts) - (counts - 1) / 2.0
    rank_sum = float(midrank[inverse][is_positive].sum())
    least = n_positive * (n_positive + 1) / 2.0
    return (rank_sum - least) / (n_positive * n_negative)


def bootstrap_interval(
    statistic: Callable[[NDArray[np.intp]], float],
    *,
    groups: ArrayLike,
    strata: ArrayLike | None = None,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int,
) -> tuple[float, float]:
    """Percentile interval of a statistic when whole recordings are drawn anew.

    Windows of one recording resemble each other; drawing single windows would make
    the interval too narrow.

    Parameters
    ----------
    statistic : callable
        Takes indices of windows, shape (n,), returns a number.
    groups : array-like, shape (n_windows,)
        Recording (or machine) of each window.
    strata : array-like, shape (n_windows,), optional
        Groups are drawn within each stratum, so that no class vanishes; a group
        belongs to the stratum of its first window.
    n_resamples : int
        Number of draws, at least 20.
    level : float
        Coverage aimed at, between 0 and 1.
    seed : int
        Decides the draws.

    Returns
    -------
    (float, float)
        Lower and upper end.

    Raises
    ------
    ValueError
        If a setting is out of range or there are no windows.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    names = np.asarray(groups).reshape(-1)
    if len(names) == 0 or n_resamples < 20 or not 0.0 < level < 1.0:
        raise ValueError(
            f"bootstrap of {len(names)} windows, {n_resamples} resamples, level "
            f"{level}: expected at least 1, at least 20, between 0 and 1"
        )
    kinds = np.zeros(len(names)) if strata is None else np.asarray(strata).reshape(-1)
    if len(kinds) != len(names):
        raise ValueError(f"{len(names)} groups and {len(kinds)} strata")
    members = _members(names, kinds)
    rng = np.random.default_rng(seed)
    values = np.empty(n_resamples)
    for i in range(n_resamples):
        drawn = [
            group[k]
            for group in members
            for k in rng.integers(0, len(group), len(group))
        ]
        values[i] = statistic(np.concatenate(drawn))
    lower, upper = np.quantile(values, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(lower), float(upper)


def _members(
    names: NDArray[np.generic], kinds: NDArray[np.generic]
) -> list[list[NDArray[np.intp]]]:
    """Sort the groups into strata; a group is the indices of its windows."""
    strata: dict[object, list[NDArray[np.intp]]] = {}
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        strata.setdefault(kinds[rows[0]].item(), []).append(rows)
    return list(strata.values())


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> F64:
    result = np.full(len(whole), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
