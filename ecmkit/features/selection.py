"""Choose the features that are worth their instructions: filter, wrapper, embedded."""

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.errors import DataError
from ecmkit.features.optional import require
from ecmkit.features.table import FeatureTable
from ecmkit.formats import nearest

__all__ = ["Selection", "select", "selection_methods"]

Method = Literal[
    "variance", "correlation", "mutual_information", "mrmr", "forward", "backward",
    "l1", "trees",
]  # fmt: skip
_FOLDS = 5
_PATH = 25  # strengths of the penalty that "l1" tries
_TREES = 300


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which features stay, and what each was worth."""

    method: str
    names: tuple[str, ...]
    """What stays, best first (for "variance" and "correlation": as in the table)."""
    features: tuple[str, ...]
    """All features of the table that it was made from."""
    scores: tuple[float, ...]
    """What the method found for each of `features`; larger is better."""

    def apply(self, table: FeatureTable) -> FeatureTable:
        """Return a table with these features only, in the order of the table.

        Raises
        ------
        DataError
            If the table lacks one of them.
        """
        missing = [name for name in self.names if name not in table.names]
        if missing:
            raise DataError(
                f"table: found no feature {missing[0]!r}, expected {len(self.names)} "
                f"of {self.method}: {', '.join(self.names)}"
            )
        return table.columns([name for name in table.names if name in self.names])


class _Data:
    """The table as the methods take it: z-scores, target, folds by group."""

    def __init__(
        self, table: FeatureTable, target: ArrayLike | None, seed: int
    ) -> None:
        wide = table.x.astype(np.float64)
        spread = wide.std(axis=0)
        flat = spread <= np.finfo(np.float32).eps * np.abs(wide).max(axis=0)
        self.varies = ~flat
        self.z = np.divide(
            wide - wide.mean(axis=0), spread, out=np.zeros_like(wide), where=~flat
        )
        self.names, self.group, self.seed = table.names, table.group, seed
        self.spread, self.size = spread, np.abs(wide).mean(axis=0)
        self.is_class = target is None
        self.y = np.asarray(table.label if target is None else target)
        if self.y.shape != (len(wide),):
            raise ValueError(
                f"target: found shape {self.y.shape}, expected ({len(wide)},)"
            )
        if not self.is_class and not np.isfinite(self.y.astype(np.float64)).all():
            raise ValueError("target: found values not finite, expected finite ones")

    def require_target(self, method: str) -> None:
        """Refuse a method that asks what to predict, where nothing varies."""
        kinds = np.unique(self.y)
        if len(kinds) < 2:
            raise DataError(
                f"{method}: found {'label' if self.is_class else 'target'} "
                f"{kinds.tolist()} in all windows, expected two or more different ones"
            )

    def folds(self, method: str) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Split by group, so that no machine is on both sides."""
        n = len(np.unique(self.group))
        if n < 2:
            raise DataError(
                f"{method}: found 1 group ({self.group[0]}), expected two machines or "
                "more, since a wrapper is judged on machines that it has not seen"
            )
        selection = _sklearn("model_selection")
        kind = selection.StratifiedGroupKFold if self.is_class else selection.GroupKFold
        folds = kind(min(n, _FOLDS)).split(self.z, self.y, self.group)
        whole = set(np.unique(self.y)) if self.is_class else set()
        kept = [fold for fold in folds if not whole - set(self.y[fold[0]].tolist())]
        if not kept:
            raise DataError(
                f"{method}: found a label that only one group has, expected each in "
                "two or more: nothing could be learnt about it from the others"
            )
        return kept


def select(
    table: FeatureTable,
    *,
    method: Method,
    keep: int | None = None,
    limit: float | None = None,
    target: ArrayLike | None = None,
    estimator: Any = None,
    seed: int = 0,
) -> Selection:
    """Choose features of a table.

    Choose on training windows alone, inside each fold of a cross-validation: a
    selection that has seen the windows it is judged on flatters itself.

    Parameters
    ----------
    table : FeatureTable
        Finite features; ``label`` is what to predict, ``group`` keeps machines whole.
    method : str
        Filters: "variance" drops what varies by less than `limit` (standard deviation
        over the mean absolute value); "correlation" goes through the features in the
        order of the table and drops one whose absolute correlation with a kept one is
        above `limit`; "mutual_information" keeps the `keep` that tell most about the
        target; "mrmr" adds one at a time, the one whose relevance (F statistic) is
        largest over its mean absolute correlation with those already chosen. Wrappers:
        "forward" and "backward" add or drop one at a time by the score of `estimator`
        on groups that it has not seen. Embedded: "l1" ranks by the penalty under
        which a linear model lets a feature go; "trees" by importance in extremely
        randomised trees.
    keep : int, optional
        How many to keep, 1 ... n_features; for all but "variance" and "correlation".
    limit : float, optional
        For "variance" (1e-3 if not given) and "correlation" (0.95).
    target : array_like of float, shape (n_windows,), optional
        What to predict where it is a number; otherwise the labels are.
    estimator : scikit-learn estimator, optional
        For the wrappers; a logistic or ridge regression of z-scores if not given.
    seed : int
        Of everything random.

    Returns
    -------
    Selection
        What stays, with the score of every feature.

    Raises
    ------
    ValueError
        On options that the method does not take or that are out of range.
    DataError
        If the table has nothing to choose by: one label, one group, not finite.
    MissingError
        If scikit-learn is not installed.

    Notes
    -----
    mRMR: C. Ding, H. Peng, J. Bioinform. Comput. Biol. 3 (2005), 185-205 (the quotient
    of F statistic and correlation). The rest is scikit-learn.
    """
    run = _METHODS.get(method)
    if run is None:
        hint = nearest(str(method), _METHODS)
        raise ValueError(
            f"method: found {method!r}, expected one of {', '.join(_METHODS)}{hint}"
        )
    by_limit = method in _LIMITS
    n = len(table.names)
    _refuse("keep" if by_limit else "limit", keep if by_limit else limit, method)
    if method not in ("forward", "backward"):
        _refuse("estimator", estimator, method)
    if not by_limit and (keep is None or not 1 <= keep <= n):
        raise ValueError(f"keep: found {keep}, expected 1 ... {n} features")
    _require_finite(table)
    data = _Data(table, target, seed)
    if by_limit:
        names, scores = run(data, _LIMITS[method] if limit is None else limit, None)
    else:
        data.require_target(method)
        names, scores = run(data, keep, estimator)
    return Selection(
        method=method,
        names=tuple(data.names[i] for i in names),
        features=data.names,
        scores=tuple(float(score) for score in scores),
    )


def selection_methods() -> tuple[str, ...]:
    """List the methods of `select`."""
    return tuple(_METHODS)


def _refuse(field: str, value: object, method: str) -> None:
    if value is not None:
        raise ValueError(f"{field}: found {value}, expected nothing for {method}")


def _require_finite(table: FeatureTable) -> None:
    bad = np.argwhere(~np.isfinite(table.x))
    if len(bad):
        row, column = bad[0]
        raise DataError(
            f"table: feature {table.names[column]!r} is {table.x[row, column]} in "
            f"window {row} of recording {str(table.recording[row])!r}, expected finite"
        )
    if len(table.x) < 2:
        raise DataError(f"table: found {len(table.x)} windows, expected 2 or more")


def _sklearn(module: str) -> ModuleType:
    return require(f"sklearn.{module}", "scikit-learn", extra="train")


def _best(scores: NDArray[np.float64], keep: int) -> list[int]:
    """Return the indices of the largest scores; among equals the first of the table."""
    return [int(i) for i in np.argsort(-scores, kind="stable")[:keep]]


def _variance(data: _Data, limit: float, _: Any) -> Any:
    if not 0 <= limit < np.inf:
        raise ValueError(f"limit: found {limit}, expected 0 or more")
    scores = np.divide(
        data.spread, data.size, out=np.zeros_like(data.size), where=data.varies
    )
    return np.flatnonzero(scores > limit), scores


def _correlation(data: _Data, limit: float, _: Any) -> Any:
    if not 0 < limit <= 1:
        raise ValueError(f"limit: found {limit}, expected above 0, at most 1")
    r = np.abs(data.z.T @ data.z) / len(data.z)
    kept: list[int] = []
    scores = np.zeros(len(r))
    for i in range(len(r)):
        largest = max((r[i, j] for j in kept), default=0.0)
        scores[i] = 1.0 - min(largest, 1.0) if data.varies[i] else 0.0
        if data.varies[i] and largest <= limit:
            kept.append(i)
    return kept, scores


def _mutual_information(data: _Data, keep: int, _: Any) -> Any:
    module = _sklearn("feature_selection")
    kind = "classif" if data.is_class else "regression"
    measure = getattr(module, f"mutual_info_{kind}")
    scores = measure(data.z, data.y, random_state=data.seed)
    return _best(scores, keep), scores


def _mrmr(data: _Data, keep: int, _: Any) -> Any:
    module = _sklearn("feature_selection")
    measure = module.f_classif if data.is_class else module.f_regression
    relevance = np.zeros(len(data.names))
    found = measure(data.z[:, data.varies], data.y)[0]
    relevance[data.varies] = np.nan_to_num(found, nan=0.0, posinf=1e30)
    r = np.abs(data.z.T @ data.z) / len(data.z)
    chosen: list[int] = []
    scores = np.zeros(len(relevance))
    while len(chosen) < keep:
        redundancy = r[:, chosen].mean(axis=1) if chosen else np.ones(len(relevance))
        worth = relevance / np.maximum(redundancy, 1e-3)
        worth[chosen] = -1.0
        best = int(np.argmax(worth))
        scores[best] = worth[best]
        chosen.append(best)
    return chosen, scores


def _sequential(direction: str) -> Callable[[_Data, int, Any], Any]:
    def run(data: _Data, keep: int, estimator: Any) -> Any:
        folds = data.folds(direction)
        if estimator is None:
            linear = _sklearn("linear_model")
            estimator = (
                linear.LogisticRegression(max_iter=1000, class_weight="balanced")
                if data.is_class
                else linear.Ridge()
            )
        scoring = "balanced_accuracy" if data.is_class else "r2"
        selection, judge = _sklearn("feature_selection"), _sklearn("model_selection")
        kept = list(range(len(data.names)))
        if keep < len(kept):
            chooser = selection.SequentialFeatureSelector(
                estimator,
                n_features_to_select=keep,
                direction=direction,
                scoring=scoring,
                cv=folds,
            )
            kept = [int(i) for i in chooser.fit(data.z, data.y).get_support(True)]

        def worth(columns: list[int]) -> float:
            found = judge.cross_val_score(
                estimator, data.z[:, columns], data.y, cv=folds, scoring=scoring
            )
            return float(np.mean(found))

        # What a kept feature is worth: what is lost without it.
        whole, scores = worth(kept), np.zeros(len(data.names))
        for i in kept:
            rest = [j for j in kept if j != i]
            scores[i] = whole - worth(rest) if rest else whole
        return sorted(kept, key=lambda i: -scores[i]), scores

    return run


def _l1(data: _Data, keep: int, _: Any) -> Any:
    scores = np.zeros(len(data.names))
    if data.is_class:
        svm = _sklearn("svm")
        least = svm.l1_min_c(data.z, data.y, loss="squared_hinge")
        for c in least * np.geomspace(1.0, 200.0, _PATH)[::-1]:
            model = svm.LinearSVC(
                penalty="l1", dual=False, C=c, max_iter=5000, random_state=data.seed
            )
            with warnings.catch_warnings():
                # An order of features needs no more digits than it reaches by then.
                warnings.simplefilter(
                    "ignore", _sklearn("exceptions").ConvergenceWarning
                )
                used = np.abs(model.fit(data.z, data.y).coef_).max(axis=0) > 0
            scores[used] = least / c  # the strongest penalty yet that it survives
    else:
        linear = _sklearn("linear_model")
        y = data.y.astype(np.float64)
        alphas, coefficients, _gaps = linear.lasso_path(data.z, y - y.mean())
        for i, row in enumerate(coefficients):
            scores[i] = max(alphas[row != 0] / alphas[0], default=0.0)
    return _best(scores, keep), scores


def _trees(data: _Data, keep: int, _: Any) -> Any:
    ensemble = _sklearn("ensemble")
    options = {"n_estimators": _TREES, "random_state": data.seed, "n_jobs": 1}
    model = (
        ensemble.ExtraTreesClassifier(class_weight="balanced", **options)
        if data.is_class
        else ensemble.ExtraTreesRegressor(**options)
    )
    scores = model.fit(data.z, data.y).feature_importances_
    return _best(scores, keep), scores


_LIMITS = {"variance": 1e-3, "correlation": 0.95}
_METHODS: dict[str, Callable[[_Data, Any, Any], Any]] = {
    "variance": _variance,
    "correlation": _correlation,
    "mutual_information": _mutual_information,
    "mrmr": _mrmr,
    "forward": _sequential("forward"),
    "backward": _sequential("backward"),
    "l1": _l1,
    "trees": _trees,
}
