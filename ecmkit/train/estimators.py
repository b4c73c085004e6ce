"""Estimators of scikit-learn and LightGBM, by one table of entries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import MissingError
from ecmkit.features.table import FeatureTable
from ecmkit.formats import nearest
from ecmkit.graph import condensed
from ecmkit.graph.frontend.converters import check_lightgbm
from ecmkit.train.checks import (
    require_classes,
    require_seed,
    require_table,
    require_target,
)
from ecmkit.train.model import TrainedModel
from ecmkit.train.network import Task, task_of
from ecmkit.train.onnx_writer import GraphWriter, floats_only, serialised
from ecmkit.train.scaler import Scaler

__all__ = ["ESTIMATORS", "Estimator", "fit_estimator", "option_names"]

_OPSETS = {"": 17, "ai.onnx.ml": 3}
_OF_CLASSES = ("class_weight",)


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """What a family is made of."""

    classifier: str = ""
    """``module:class``; empty if it classifies nothing."""
    regressor: str = ""
    """``module:class``; empty if it does no regression."""
    scaled: bool = False
    """Whether it needs features, and targets, of mean 0 and deviation 1."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Options that differ from scikit-learn's own."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Further options, of ecmkit."""
    onnx: str = "scikit-learn"
    """Converter: one of `_CONVERTERS`."""


_TREES = {"n_estimators": 40, "max_depth": 8, "min_samples_leaf": 2}
_BOOSTED = {"n_estimators": 40, "max_depth": 3, "learning_rate": 0.2}

ESTIMATORS = {
    "extra-trees": Estimator(
        classifier="sklearn.ensemble:ExtraTreesClassifier",
        regressor="sklearn.ensemble:ExtraTreesRegressor",
        defaults=_TREES | {"class_weight": "balanced"},
    ),
    "forest-regression": Estimator(
        regressor="sklearn.ensemble:RandomForestRegressor",
        defaults=_TREES | {"max_features": 0.33},
    ),
    "gradient-boosting": Estimator(
        classifier="sklearn.ensemble:GradientBoostingClassifier",
        regressor="sklearn.ensemble:GradientBoostingRegressor",
        defaults=_BOOSTED | {"subsample": 0.7},
    ),
    "lightgbm": Estimator(
        classifier="lightgbm:LGBMClassifier",
        regressor="lightgbm:LGBMRegressor",
        defaults=_BOOSTED
        | {
            "class_weight": "balanced", "num_leaves": 8, "subsample": 0.7,
            "subsample_freq": 1, "deterministic": True, "force_row_wise": True,
            "n_jobs": 1,
            "verbose": -1,
        },
        onnx="lightgbm",
    ),
    "logistic": Estimator(
        classifier="sklearn.linear_model:LogisticRegression",
        scaled=True,
        defaults={"max_iter": 2000, "class_weight": "balanced"},
    ),
    "naive-bayes": Estimator(classifier="sklearn.naive_bayes:GaussianNB", scaled=True),
    "neighbours": Estimator(
        classifier="sklearn.neighbors:KNeighborsClassifier",
        regressor="sklearn.neighbors:KNeighborsRegressor",
        scaled=True,
        own={"n_prototypes": 200},
    ),
    "ridge": Estimator(regressor="sklearn.linear_model:Ridge", scaled=True),
    "svm": Estimator(
        classifier="sklearn.svm:SVC",
        regressor="sklearn.svm:SVR",
        scaled=True,
        defaults={"class_weight": "balanced"},
        onnx="support-vectors",
    ),
}  # fmt: skip
"""Families by name."""


def fit_estimator(
    table: FeatureTable,
    *,
    family: str,
    name: str = "",
    seed: int,
    task: Task | None = None,
    **options: Any,
) -> TrainedModel:
    """Fit an estimator of scikit-learn or LightGBM.

    Parameters
    ----------
    table : FeatureTable
        At least two classes with two windows each, or a target.
    family : str
        One of `ESTIMATORS`.
    name : str
        C identifier of the model; ``classifier`` or ``regression`` if empty.
    seed : int
        Decides all randomness.
    task : {"classification", "regression"}, optional
        The target if the table has one, else the labels.
    **options
        Of the estimator, by its own names; `ESTIMATORS` has the defaults that differ.
        ``n_prototypes`` of ``neighbours`` is the number of windows that it keeps.

    Returns
    -------
    TrainedModel
        Of kind ``class`` or ``values``. Features, and targets of ``svm``, are
        standardised within the model where the estimator needs it.

    Raises
    ------
    ValueError
        If the table does not suffice or an option is out of range; names what.
    TypeError
        If the estimator has no such option.
    MissingError
        If its package is not installed.
    """
    entry, made = ESTIMATORS[family], task_of(table, task)
    path = {"classification": entry.classifier, "regression": entry.regressor}.get(made)
    if not path:
        raise ValueError(
            f"{family}: task {made!r}, expected "
            f"{'classification' if entry.classifier else 'regression'}"
        )
    require_seed(seed, family=family)
    require_table(table, family=family, at_least=4)
    if made == "classification":
        outputs = tuple(require_classes(table, family=family))
        kind: Literal["class", "values"] = "class"
    else:
        require_target(table, family=family)
        outputs, kind = (table.target_name or name or "regression",), "values"
    settings = _settings(family, _class_of(path), dict(options))
    own = {key: settings.pop(key) for key in entry.own}
    model = _made(_class_of(path), settings, seed)
    x, y, unit = _data(table, made, entry, own, family)
    fitted = _fitted(model, entry, x, y)
    write = _CONVERTERS[entry.onnx]
    return TrainedModel(
        name=name or {"class": "classifier", "values": "regression"}[kind],
        family=family,
        kind=kind,
        onnx=write(fitted, x.shape[1], unit),
        outputs=outputs,
        n_features=len(table.names),
        params={key: str(value) for key, value in (settings | own).items()},
        table_hash=table.hash,
        contract_id=table.contract_id,
        seed=seed,
        estimator=fitted,
    )


def _class_of(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        raise MissingError(
            f"{module.partition('.')[0]} is not installed: `pip install "
            f"ecmkit[{'lightgbm' if module == 'lightgbm' else 'train'}]`"
        ) from error


def _settings(family: str, kind: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Options of the estimator and of ecmkit, those of no use left out."""
    entry, known = ESTIMATORS[family], kind().get_params()
    offered = _offered(entry, kind)
    for key in options:
        if key not in offered:
            hint = nearest(key, offered)
            raise TypeError(
                f"{family}: found option {key!r}, expected one of "
                f"{', '.join(offered)}{hint}"
            )
    defaults = {
        key: value
        for key, value in entry.defaults.items()
        if key in known or (entry.onnx == "lightgbm" and key not in _OF_CLASSES)
    }
    return defaults | dict(entry.own) | options


def _offered(entry: Estimator, kind: Any) -> list[str]:
    decided = {"random_state", "n_jobs", "probability"}
    return sorted({*kind().get_params(), *entry.own} - decided)


def option_names(family: str) -> list[str]:
    """Return the names of the options that a family has besides its settings."""
    entry = ESTIMATORS[family]
    paths = filter(None, (entry.classifier, entry.regressor))
    return sorted({n for path in paths for n in _offered(entry, _class_of(path))})


def _made(kind: Any, settings: dict[str, Any], seed: int) -> Any:
    known = kind().get_params()
    return kind(
        **settings, **({"random_state": seed} if "random_state" in known else {})
    )


Unit = tuple[float, float]
"""Factor and offset that bring what was learnt into the unit of the target."""


def _data(
    table: FeatureTable, task: Task, entry: Estimator, own: dict[str, Any], family: str
) -> tuple[NDArray[np.float32], NDArray[Any], Unit]:
    """Rows, what they are to give, and the unit of that."""
    x, unit = table.x, (1.0, 0.0)
    y: NDArray[Any] = table.label
    if task == "regression" and table.target is not None:
        target = table.target.astype(np.float64)
        if entry.onnx == "support-vectors":
            unit = (float(np.float32(target.std())), float(np.float32(target.mean())))
        y = (target - unit[1]) / unit[0]
    if "n_prototypes" not in own:
        return x, y, unit
    n = own["n_prototypes"]
    if n < 2:
        raise ValueError(f"{family}: n_prototypes {n}, expected at least 2")
    if len(x) <= n:
        return x, y, unit
    rows = _prototypes(table, n)
    return x[rows], y[rows], unit


def _prototypes(table: FeatureTable, n: int) -> NDArray[np.int64]:
    """Numbers of rows that no row of their class is far from."""
    z = Scaler.fit(table.x).apply(table.x)
    classes = np.unique(table.label) if table.target is None else [None]
    kept: list[int] = []
    for label in classes:
        rows = np.flatnonzero(table.label == label) if label else np.arange(len(z))
        chosen = {
            row.tobytes() for row in condensed(z[rows], max(1, n // len(classes)))
        }
        for row in rows:
            if z[row].tobytes() in chosen:
                chosen.remove(z[row].tobytes())
                kept.append(int(row))
    return np.sort(np.array(kept, np.int64))


def _fitted(
    model: Any, entry: Estimator, x: NDArray[np.float32], y: NDArray[Any]
) -> Any:
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    if type(model).__name__ == "SVC":  # one score a class, not one a pair
        model = OneVsRestClassifier(model)
    whole = make_pipeline(StandardScaler(), model) if entry.scaled else model
    with threadpool_limits(1):  # sums over threads would depend on their number
        return whole.fit(x.astype(np.float64) if entry.scaled else x, y)


# ---- converters: fitted estimator, number of features, unit ----


def _by_skl2onnx(model: Any, n_features: int, unit: Unit) -> bytes:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    classifies = hasattr(model, "classes_")
    last = model[-1] if hasattr(model, "steps") else model
    options: dict[str, Any] = {"zipmap": False} if classifies else {}
    if "KNeighbors" in type(last).__name__:
        options["optim"] = "cdist"
    made = convert_sklearn(
        model,
        name="estimator",
        initial_types=[("features", FloatTensorType([None, n_features]))],
        options={id(last): options} if options else None,
        target_opset=_OPSETS,
    )
    return serialised(floats_only(made))


def _by_onnxmltools(model: Any, n_features: int, unit: Unit) -> bytes:
    try:
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType
    except ImportError as error:
        raise MissingError(
            "onnxmltools is not installed: `pip install ecmkit[lightgbm]`"
        ) from error
    check_lightgbm(model)
    made = convert_lightgbm(
        model,
        name="estimator",
        initial_types=[("features", FloatTensorType([None, n_features]))],
        target_opset=15,
        zipmap=False,
    )
    for opset in made.opset_import:
        if not opset.domain:  # what it uses means the same there
            opset.version = _OPSETS[""]
    return serialised(floats_only(made))


def _support_vectors(model: Any, n_features: int, unit: Unit) -> bytes:
    """Radial or linear support vectors; classes by the softmax of one score each."""
    scaler, machine = model
    classifies = hasattr(machine, "classes_")
    machines = list(machine.estimators_) if classifies else [machine]
    first = machines[0]
    if first.kernel not in ("rbf", "linear"):
        raise ValueError(f"svm: kernel {first.kernel!r}, expected 'rbf' or 'linear'")
    rows = np.unique(np.concatenate([one.support_ for one in machines]))
    vectors = np.zeros((len(rows), n_features))
    weights = np.zeros((len(rows), len(machines)))
    for at, one in enumerate(machines):
        where = np.searchsorted(rows, one.support_)
        vectors[where] = one.support_vectors_
        weights[where, at] = one.dual_coef_[0]
    offset = np.concatenate([one.intercept_ for one in machines])
    if classifies and len(machines) == 1:
        weights, offset = weights * [[-0.5, 0.5]], offset * [-0.5, 0.5]
    graph = GraphWriter(n_features)
    mean, inv_sd = scaler.mean_, 1.0 / scaler.scale_
    z = graph.scale(Scaler(mean.astype(np.float32), inv_sd.astype(np.float32)))
    if first.kernel == "linear":
        kernel, weights = z, vectors.T @ weights
    else:
        kernel = graph.radial(z, vectors, first._gamma)
    w = graph.constant("weights", (weights * unit[0]).astype(np.float32))
    b = graph.constant("offset", (offset * unit[0] + unit[1]).astype(np.float32))
    decisions = graph.node("MatMul", [kernel, w], "decisions")
    scores = graph.node("Add", [decisions, b], "scores" if classifies else "score")
    if classifies:
        graph.node("Softmax", [scores], "score", axis=1)
    return graph.finish("support_vectors", weights.shape[1])


_CONVERTERS: dict[str, Callable[[Any, int, Unit], bytes]] = {
    "scikit-learn": _by_skl2onnx,
    "lightgbm": _by_onnxmltools,
    "support-vectors": _support_vectors,
}
