"""Fitted estimators and PyTorch modules, through ONNX underneath."""

import warnings
from collections.abc import Callable, Collection, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ecmkit.errors import FormatError, MissingError
from ecmkit.graph.frontend.converters import (
    check_lightgbm,
    check_scikit_learn,
    check_xgboost,
)
from ecmkit.graph.frontend.detectors import is_detector
from ecmkit.graph.frontend.nested import parts_of
from ecmkit.graph.frontend.onnx_file import import_onnx
from ecmkit.graph.frontend.own_converters import NoFormError, own_converters
from ecmkit.graph.ir import Graph

__all__ = ["import_estimator", "import_module"]

_OPSETS = {"": 18, "ai.onnx.ml": 3}
_BY_DISTANCE = (
    "GaussianProcessRegressor", "KNeighborsClassifier", "KNeighborsRegressor",
    "KNeighborsTransformer", "LocalOutlierFactor", "NearestNeighbors",
    "RadiusNeighborsClassifier", "RadiusNeighborsRegressor",
)  # fmt: skip
"""Estimators that are written without a `Scan` if they are asked."""


def import_estimator(estimator: Any, *, n_features: int | None = None) -> Graph:
    """Turn a fitted estimator into a graph of one row of features.

    Parameters
    ----------
    estimator : estimator
        Of scikit-learn, a pipeline included, LightGBM or XGBoost; fitted.
    n_features : int, optional
        Columns, if the estimator does not know it.

    Returns
    -------
    Graph
        With an input of shape (1, n_features) and the outputs of the converter: of a
        classifier the label, or its number where labels are texts, and the
        probabilities (scores of support vectors); of a regressor its values.

    Raises
    ------
    FormatError
        If it is not fitted, there is no converter, or a part has no form here.
    MissingError
        If the converter's package is not installed.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> made = import_estimator(Ridge().fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 3.0]))
    >>> [str(made.tensors[name]) for name in (*made.inputs, *made.outputs)]
    ['f32[1, 1]', 'f32[1, 1]']
    """
    found = getattr(estimator, "n_features_in_", None)
    width = n_features if n_features is not None else found
    name = type(estimator).__name__
    if width is None:
        raise FormatError(f"{name}: not fitted, expected an estimator after `fit`")
    package = type(estimator).__module__.partition(".")[0]
    convert = {"lightgbm": _lightgbm, "xgboost": _xgboost}.get(package, _scikit_learn)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = convert(estimator, int(width))
    except ModuleNotFoundError as error:
        extra = "train" if convert is _scikit_learn else "lightgbm"
        raise MissingError(
            f"{error.name} is not installed: `pip install ecmkit[{extra}]`"
        ) from error
    except NoFormError as error:
        where = (p.path for p in parts_of(estimator) if p.estimator is error.model)
        raise FormatError(f"{next(where, name)}: {error}") from error
    except (ValueError, RuntimeError, TypeError, NameError, AttributeError) as error:
        # skl2onnx raises children of these for what it does not know, and what NumPy or
        # the estimator raises for what is not fitted.
        first = str(error).strip().partition("\n")[0].rstrip(".")
        hint = "; `graph.import_detector` takes it" if is_detector(estimator) else ""
        raise FormatError(f"{name}: cannot be converted: {first}{hint}") from error
    return import_onnx(model.SerializeToString())


def import_module(
    module: Any, example: ArrayLike | Sequence[ArrayLike], *, n_inputs: int = 1
) -> Graph:
    """Turn a PyTorch module into a graph.

    Parameters
    ----------
    module : torch.nn.Module
        Exported as it evaluates: without dropout, with the learnt batch statistics.
    example : array-like, or one for each of several inputs
        Input of the shape that the device gives, the batch of 1 first; its values do
        not matter.
    n_inputs : int
        Arguments of the module; above 1, `example` has that many arrays.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If PyTorch cannot export it, or a node has no form here; names it.
    MissingError
        If PyTorch or onnx is not installed.

    Examples
    --------
    >>> import torch
    >>> made = import_module(torch.nn.Linear(3, 2), [[0.0, 0.0, 0.0]])
    >>> [str(made.tensors[name]) for name in (*made.inputs, *made.outputs)]
    ['f32[1, 3]', 'f32[1, 2]']
    """
    try:
        import onnx  # noqa: F401
        import torch
    except ModuleNotFoundError as error:
        raise MissingError(
            f"{error.name} is not installed: `pip install ecmkit[train]`"
        ) from error
    name = type(module).__name__
    if not isinstance(module, torch.nn.Module):
        raise FormatError(f"{name}: expected a torch.nn.Module")
    arrays = [example] if n_inputs == 1 else list(example)  # type: ignore[arg-type]
    if len(arrays) != n_inputs:
        raise FormatError(f"{name}: {len(arrays)} examples, expected {n_inputs}")
    given = tuple(torch.from_numpy(np.array(a, np.float32)) for a in arrays)
    file, was = BytesIO(), module.training
    try:
        with warnings.catch_warnings():
            # The exporter that needs no further package says that another one exists.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module.eval(), given, file, dynamo=False, opset_version=_OPSETS[""]
            )
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        first = str(error).strip().partition("\n")[0]
        raise FormatError(f"{name}: cannot be exported: {first}") from error
    finally:
        module.train(was)
    return import_onnx(file.getvalue())


# ---- converters ----


def _typed(module: str, width: int) -> list[tuple[str, Any]]:
    from importlib import import_module as imported

    return [("features", imported(module).FloatTensorType([None, width]))]


def _scikit_learn(estimator: Any, width: int) -> Any:
    from skl2onnx import convert_sklearn
    from sklearn.base import is_classifier

    options: dict[int, dict[str, Any]] = {}
    for part in parts_of(estimator):
        check_scikit_learn(part)
        model, own = part.estimator, dict[str, Any]()
        kind, known = type(model).__name__, _options_of(model)
        if is_classifier(model) and not hasattr(model, "steps"):
            # Named at all, it keeps a pipeline from asking for a table of its own.
            own["zipmap" if "zipmap" in known else "nocl"] = False
        if kind == "OneVsRestClassifier" and _decides(model.estimators_[0]):
            own["raw_scores"] = True  # else they are divided by the sum of their sizes
        if part.decides and hasattr(model, "decision_function"):
            own |= {"raw_scores": True} if "raw_scores" in known else {}
        if kind in _BY_DISTANCE:
            own["optim"] = "cdist"
        if own and own.keys() <= set(known):
            options[id(model)] = own
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    return convert_sklearn(
        estimator,
        name="estimator",
        initial_types=_typed("skl2onnx.common.data_types", width),
        options=options or None,
        target_opset=_OPSETS,
        **own_converters(),
    )


def _decides(machine: Any) -> bool:
    """Whether a machine of two classes has support vectors and no probabilities."""
    kernels = type(machine).__name__ in ("SVC", "NuSVC")
    return kernels and not hasattr(machine, "predict_proba")


def _options_of(model: Any) -> Collection[str]:
    """Options that the converter of an estimator knows."""
    from skl2onnx._supported_operators import sklearn_operator_name_map
    from skl2onnx.common._registration import get_converter

    name = sklearn_operator_name_map.get(type(model))
    return (get_converter(name).get_allowed_options() or {}) if name else ()


def _lightgbm(estimator: Any, width: int) -> Any:
    from onnxmltools import convert_lightgbm

    check_lightgbm(estimator)
    return _boosted(convert_lightgbm, estimator, width, zipmap=False)


def _xgboost(estimator: Any, width: int) -> Any:
    from onnxmltools import convert_xgboost

    check_xgboost(estimator)
    return _boosted(convert_xgboost, estimator, width)


def _boosted(
    convert: Callable[..., Any], estimator: Any, width: int, **more: Any
) -> Any:
    types = _typed("onnxmltools.convert.common.data_types", width)
    return convert(estimator, initial_types=types, target_opset=15, **more)
