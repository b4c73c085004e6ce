"""Converters of scikit-learn's estimators beside those of skl2onnx."""

from collections.abc import Callable, Sequence
from copy import copy
from types import SimpleNamespace
from typing import Any

import numpy as np

from ecmkit.graph.frontend.converters import has_own_probabilities

__all__ = ["NoFormError", "own_converters"]

_TRACKS = "nodes_missing_value_tracks_true"
Converter = Callable[[Any, Any, Any], None]


class NoFormError(ValueError):
    """What an estimator has no form for, met while it is written.

    Attributes
    ----------
    model : estimator
        The one that is written.
    """

    def __init__(self, operator: Any, why: str) -> None:
        super().__init__(why)
        self.model = operator.raw_operator


def own_converters() -> dict[str, dict[type, Callable[..., Any]]]:
    """Return arguments of ``skl2onnx.convert_sklearn`` for what it writes wrongly.

    Returns
    -------
    dict
        Converters and shape calculators by class. Boosted trees over bins have whole
        numbers, which ONNX takes alone, where skl2onnx has truth values. Labels of
        linear classifiers come from their scores, not from probabilities, which may
        all be one; neighbours are weighted by their distances; votes of a bag are
        counted row by row; a vote has any `flatten_transform` and a list of weights.
    """
    from skl2onnx._supported_operators import sklearn_operator_name_map
    from skl2onnx.common._registration import get_converter, get_shape_calculator
    from sklearn.ensemble import (
        BaggingClassifier,
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        VotingClassifier,
    )
    from sklearn.impute import KNNImputer
    from sklearn.linear_model import SGDClassifier
    from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
    from sklearn.neighbors import (
        KNeighborsClassifier,
        KNeighborsRegressor,
        RadiusNeighborsClassifier,
        RadiusNeighborsRegressor,
    )

    kinds: dict[type, Callable[[Converter], Converter]] = {
        BaggingClassifier: _bag,
        HistGradientBoostingClassifier: _whole_trees,
        HistGradientBoostingRegressor: _whole_trees,
        KNNImputer: _nearest_values,
        KNeighborsClassifier: _neighbours,
        KNeighborsRegressor: _neighbours,
        OneVsOneClassifier: _one_against_one,
        OneVsRestClassifier: _one_against_rest,
        RadiusNeighborsClassifier: _near,
        RadiusNeighborsRegressor: _near,
        SGDClassifier: _stochastic,
        VotingClassifier: _vote,
    }
    names = {kind: sklearn_operator_name_map[kind] for kind in kinds}
    return {
        "custom_conversion_functions": {
            kind: make(get_converter(names[kind])) for kind, make in kinds.items()
        },
        "custom_shape_calculators": {
            kind: get_shape_calculator(name) for kind, name in names.items()
        },
    }


class _Container:
    """A container that writes a node in another way."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)


# ---- boosted trees over bins ----


def _whole_trees(convert: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        for trees in operator.raw_operator._predictors:
            if any(tree.nodes["is_categorical"].any() for tree in trees):
                raise NoFormError(
                    operator,
                    "splits of categories have no form in ONNX: encode them by numbers",
                )
        convert(scope, operator, _Whole(container))

    return converted


class _Whole(_Container):
    """Has whole numbers where skl2onnx has truth values."""

    def add_node(self, *args: Any, **settings: Any) -> Any:
        """Add a node, as the container does."""
        if _TRACKS in settings:
            settings[_TRACKS] = [int(value) for value in settings[_TRACKS]]
        return self._container.add_node(*args, **settings)


# ---- linear classifiers ----


def _stochastic(_: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        model = operator.raw_operator
        _write_linear(scope, operator, container, [model], sums_to_one=True)

    return converted


def _write_linear(
    scope: Any, operator: Any, container: Any, models: Sequence[Any], sums_to_one: bool
) -> None:
    """Write linear scores, their label, and probabilities if the models have some.

    `sums_to_one` says whether classes that all have the probability zero get equal
    ones (``SGDClassifier``) or stay at zero (``OneVsRestClassifier``).
    """
    from skl2onnx.algebra import onnx_ops as o

    version, classes = container.target_opset, operator.raw_operator.classes_
    weights = np.vstack([np.atleast_2d(m.coef_) for m in models])
    offsets = np.hstack(
        [np.broadcast_to(m.intercept_, len(np.atleast_2d(m.coef_))) for m in models]
    )
    scores = o.OnnxAdd(
        o.OnnxMatMul(
            _floats(operator.inputs[0], version),
            weights.T.astype(np.float32),
            op_version=version,
        ),
        offsets.astype(np.float32),
        op_version=version,
    )
    if len(classes) == 2:
        other = o.OnnxNeg(scores, op_version=version)
        scores = o.OnnxConcat(other, scores, axis=1, op_version=version)
    given = container.get_options(operator.raw_operator, {"raw_scores": False})
    table = scores
    if hasattr(models[0], "predict_proba") and not given["raw_scores"]:
        if getattr(models[0], "loss", None) == "modified_huber":
            table = _clipped(scores, len(classes), sums_to_one, version)
        else:
            table = _logistic(scores, len(classes), version)
    _write(scope, operator, container, scores, table)


def _logistic(scores: Any, classes: int, version: int) -> Any:
    from skl2onnx.algebra import onnx_ops as o

    if classes == 2:
        return o.OnnxSigmoid(scores, op_version=version)
    # Shares of logistic functions, by their logarithms: they may all be near zero.
    minus = o.OnnxNeg(scores, op_version=version)
    logarithms = o.OnnxNeg(
        o.OnnxSoftplus(minus, op_version=version), op_version=version
    )
    return o.OnnxSoftmax(logarithms, axis=1, op_version=version)


def _clipped(scores: Any, classes: int, sums_to_one: bool, version: int) -> Any:
    from skl2onnx.algebra import onnx_ops as o

    one, half = np.array([1], np.float32), np.array([0.5], np.float32)
    limits = (np.array(-1, np.float32), np.array(1, np.float32))
    clipped = o.OnnxClip(scores, *limits, op_version=version)
    shares = o.OnnxMul(
        o.OnnxAdd(clipped, one, op_version=version), half, op_version=version
    )
    if classes == 2:
        return shares
    total = _sum(shares, 1, version)
    none = _is_zero(total, version)
    if sums_to_one:
        shares = o.OnnxAdd(shares, none, op_version=version)
        k = np.array([classes], np.float32)
        none = o.OnnxMul(none, k, op_version=version)
    total = o.OnnxAdd(total, none, op_version=version)
    return o.OnnxDiv(shares, total, op_version=version)


# ---- several models ----


def _one_against_rest(convert: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        from sklearn.linear_model._base import LinearClassifierMixin

        model = operator.raw_operator
        inside = model.estimators_
        linear = all(isinstance(one, LinearClassifierMixin) for one in inside)
        if linear and not model.multilabel_:
            _write_linear(scope, operator, container, inside, sums_to_one=False)
        else:
            convert(scope, operator, container)

    return converted


def _one_against_one(convert: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        given = operator.raw_operator
        inside = [_that_decides(one) for one in given.estimators_]
        # Of a class of its own: one node inside has this model as well.
        model = SimpleNamespace(estimators_=inside, classes_=given.classes_)
        convert(scope, _Substituted(operator, model), _Labels(scope, container, model))

    return converted


def _that_decides(model: Any) -> Any:
    """Return support vectors without the probabilities that nothing compares."""
    if not has_own_probabilities(model):
        return model
    plain = copy(model)
    plain.probability = False
    plain._probA = plain._probB = np.empty(0)
    return plain


def _bag(convert: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        model = copy(operator.raw_operator)
        model.classes_ = _numbered(model.classes_)
        convert(scope, _Substituted(operator, model), _Votes(container))

    return converted


def _vote(convert: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        model = copy(operator.raw_operator)
        model.flatten_transform = False  # of `transform`, which no one asks for
        if model.weights is not None:
            model.weights = np.array(model._weights_not_none)
        convert(scope, _Substituted(operator, model), container)

    return converted


class _Substituted:
    """An operator with another estimator."""

    def __init__(self, operator: Any, model: Any) -> None:
        self._operator, self.raw_operator = operator, model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operator, name)


class _Labels(_Container):
    """Writes the class where skl2onnx writes its number."""

    def __init__(self, scope: Any, container: Any, model: Any) -> None:
        super().__init__(container)
        self._scope, self._model = scope, model

    def has_options(self, model: Any, name: str) -> bool:
        """Tell that probabilities are compared where there are no decisions."""
        known: bool = self._container.has_options(model, name)
        return known and (name != "raw_scores" or hasattr(model, "decision_function"))

    def add_node(self, kind: str, inputs: Any, outputs: Any, **settings: Any) -> None:
        """Add a node, as the container does."""
        if kind != "ArgMax":
            self._container.add_node(kind, inputs, outputs, **settings)
            return
        best = self._scope.get_unique_variable_name("best")
        self._container.add_node(kind, inputs, best, keepdims=0, **settings)
        classes = self._model.classes_
        _write_classes(self._scope, best, outputs, self._container, classes)


class _Votes(_Container):
    """Sums over the estimators of a bag where skl2onnx sums over the rows."""

    def add_node(self, kind: str, inputs: Any, outputs: Any, **settings: Any) -> None:
        """Add a node, as the container does."""
        if kind == "ReduceSum":
            inputs = [inputs[0], f"{inputs[1]} of votes"]
            self._container.add_initializer(inputs[1], 7, [1], [0])
        self._container.add_node(kind, inputs, outputs, **settings)


# ---- neighbours ----


def _neighbours(convert: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        _check_weights(operator)
        if operator.raw_operator.weights == "distance":
            _write_mean(scope, operator, container, _weighted_mean)
        else:
            convert(scope, operator, container)

    return converted


def _check_weights(operator: Any) -> None:
    if operator.raw_operator.weights not in ("uniform", "distance"):
        raise NoFormError(
            operator, "weights by a function, expected 'uniform' or 'distance'"
        )


def _near(_: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        _write_mean(scope, operator, container, _mean_within)

    return converted


def _write_mean(
    scope: Any, operator: Any, container: Any, mean: Callable[[Any, Any, int], Any]
) -> None:
    from skl2onnx.algebra import onnx_ops as o

    model = operator.raw_operator
    if hasattr(model, "classes_"):
        if model.outputs_2d_:
            raise NoFormError(
                operator,
                f"weights {model.weights!r} with several targets have no form: fit a "
                "model for each",
            )
        shares = mean(operator, container, len(model.classes_))
        _write(scope, operator, container, shares, shares)
        return
    last = o.OnnxIdentity(
        mean(operator, container, 0),
        output_names=operator.outputs,
        op_version=container.target_opset,
    )
    last.add_to(scope, container)


def _distances(operator: Any, version: int) -> Any:
    from skl2onnx.algebra.custom_ops import OnnxCDist

    model = operator.raw_operator
    settings = {"p": model.p} if model.effective_metric_ == "minkowski" else {}
    return OnnxCDist(
        _floats(operator.inputs[0], version), model._fit_X.astype(np.float32),
        metric=model.effective_metric_, op_version=version, **settings,
    )  # fmt: skip


def _inverse(distances: Any, version: int) -> Any:
    """Return the weights of rows; those at the distance zero have all of it."""
    from skl2onnx.algebra import onnx_ops as o

    same, one = _is_zero(distances, version), np.array([1], np.float32)
    axes = np.array([1], np.int64)
    some = o.OnnxReduceMax(same, axes, keepdims=1, op_version=version)
    rest = o.OnnxDiv(
        o.OnnxSub(one, some, op_version=version),
        o.OnnxAdd(distances, same, op_version=version),
        op_version=version,
    )
    return o.OnnxAdd(rest, same, op_version=version)


def _mean_within(operator: Any, container: Any, classes: int) -> Any:
    """Return the mean of the targets within the radius, or shares of classes.

    skl2onnx weighs rows nearer than a millionth as if they were that far away, and
    knows no label of outliers.
    """
    from skl2onnx.algebra import onnx_ops as o

    model, version = operator.raw_operator, container.target_opset
    _check_weights(operator)
    distances = _distances(operator, version)
    radius = np.array([model.radius], np.float32)
    within = o.OnnxLessOrEqual(distances, radius, op_version=version)
    weights = o.OnnxCast(within, to=1, op_version=version)
    if model.weights == "distance":
        inverse = _inverse(distances, version)
        weights = o.OnnxMul(weights, inverse, op_version=version)
    targets = model._y.reshape(len(model._fit_X), -1)
    if classes:
        targets = targets == np.arange(classes)
    sums = o.OnnxMatMul(weights, targets.astype(np.float32), op_version=version)
    total = _sum(weights, 1, version)
    if classes and model.outlier_label_ is not None:
        outlier = (model.classes_ == model.outlier_label_[0]).astype(np.float32)
        if not outlier.any():
            raise NoFormError(
                operator, f"outlier_label {model.outlier_label_[0]!r}, expected a class"
            )
        none = _is_zero(total, version)
        total = o.OnnxAdd(total, none, op_version=version)
        more = o.OnnxMul(none, outlier[None], op_version=version)
        sums = o.OnnxAdd(sums, more, op_version=version)
    return o.OnnxDiv(sums, total, op_version=version)


def _nearest_values(_: Converter) -> Converter:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        raise NoFormError(
            operator,
            "KNNImputer is written as functions that have no form here: SimpleImputer "
            "has, and HistGradientBoosting takes missing values as they are",
        )

    return converted


def _weighted_mean(operator: Any, container: Any, classes: int) -> Any:
    """Return the mean of the nearest targets, or shares of that many classes.

    skl2onnx gives all neighbours the same weight.
    """
    from skl2onnx.algebra import onnx_ops as o

    model, version = operator.raw_operator, container.target_opset
    k = np.array([model.n_neighbors], np.int64)
    distances = _distances(operator, version)
    near = o.OnnxTopK(distances, k, largest=0, sorted=1, op_version=version)
    weights = _inverse(near[0], version)
    shares = o.OnnxDiv(weights, _sum(weights, 1, version), op_version=version)
    column = o.OnnxUnsqueeze(shares, np.array([2], np.int64), op_version=version)
    targets = model._y.reshape(len(model._fit_X), -1)
    targets = targets.astype(np.int64 if classes else np.float32)
    found = o.OnnxGather(targets, near[1], axis=0, op_version=version)
    if classes:
        numbers = np.arange(classes, dtype=np.int64)[None, None]
        equal = o.OnnxEqual(found, numbers, op_version=version)
        found = o.OnnxCast(equal, to=1, op_version=version)
    weighted = o.OnnxMul(found, column, op_version=version)
    return _sum(weighted, 1, version, keepdims=0)


# ---- common parts ----


def _floats(given: Any, version: int) -> Any:
    from skl2onnx.algebra import onnx_ops as o
    from skl2onnx.common.data_types import FloatTensorType

    if isinstance(given.type, FloatTensorType):
        return given
    return o.OnnxCast(given, to=1, op_version=version)


def _is_zero(values: Any, version: int) -> Any:
    """Return 1.0 where values are zero, else 0.0."""
    from skl2onnx.algebra import onnx_ops as o

    equal = o.OnnxEqual(values, np.array([0], np.float32), op_version=version)
    return o.OnnxCast(equal, to=1, op_version=version)


def _sum(values: Any, axis: int, version: int, keepdims: int = 1) -> Any:
    from skl2onnx.algebra import onnx_ops as o

    axes = np.array([axis], np.int64)
    return o.OnnxReduceSum(values, axes, keepdims=keepdims, op_version=version)


def _write(scope: Any, operator: Any, container: Any, scores: Any, table: Any) -> None:
    """Write a table as the second output and the class of the largest score."""
    from skl2onnx.algebra import onnx_ops as o

    version, (label, values) = container.target_opset, operator.outputs
    best = scope.get_unique_variable_name("best")
    largest = o.OnnxArgMax(
        scores, axis=1, keepdims=0, output_names=[best], op_version=version
    )
    largest.add_to(scope, container)
    last = o.OnnxIdentity(table, output_names=[values], op_version=version)
    last.add_to(scope, container)
    _write_classes(
        scope, best, label.full_name, container, operator.raw_operator.classes_
    )


def _write_classes(
    scope: Any, best: str, label: str, container: Any, classes: Any
) -> None:
    from skl2onnx.common.utils_classifier import _finalize_converter_classes

    _finalize_converter_classes(scope, best, label, container, _numbered(classes), 1)


def _numbered(classes: Any) -> Any:
    """Return classes, or their numbers if they are texts."""
    given = np.asarray(classes)
    if given.dtype.kind == "u":
        return given.astype(np.int64)
    return given if given.dtype.kind in "bif" else np.arange(len(given))
