"""What converters of estimators to ONNX write wrongly, or not at all."""

from typing import Any

from ecmkit.errors import FormatError

__all__ = ["check_lightgbm", "check_scikit_learn", "check_xgboost"]

_ONE_EACH = ("multiclassova", "multiclass_ova", "ova", "ovr")
"""Objectives of LightGBM whose classes are apart."""
_VALUES = (
    *("reg:squarederror", "reg:absoluteerror", "reg:squaredlogerror", "reg:gamma"),
    *("reg:pseudohubererror", "reg:quantileerror", "reg:tweedie", "count:poisson"),
    "binary:logitraw",
)
"""Objectives of XGBoost whose values are those of onnxmltools's file."""
_CLASSES = ("binary:logistic", "binary:hinge", "multi:softprob")
"""The same of its classifiers."""


def check_scikit_learn(estimator: Any) -> None:
    """Check that skl2onnx writes an estimator as it answers.

    Parameters
    ----------
    estimator : estimator
        Of scikit-learn, fitted; no pipeline.

    Raises
    ------
    FormatError
        If not; names the setting.
    """
    name = type(estimator).__name__
    if getattr(estimator, "break_ties", False):
        raise FormatError(
            f"{name}: break_ties=True has no form in ONNX, whose label is the first of "
            "the classes with most votes: fit it without"
        )
    if name != "CalibratedClassifierCV":
        return
    if estimator.method == "isotonic":
        raise FormatError(
            f"{name}: method 'isotonic' is written as steps, expected 'sigmoid'"
        )
    inside = [one.estimator for one in estimator.calibrated_classifiers_]
    if any(getattr(one, "probability", False) is True for one in inside):
        raise FormatError(
            f"{name}: support vectors with probability=True are calibrated by what is "
            "not their decision: fit them without"
        )


def check_lightgbm(estimator: Any) -> None:
    """Check that onnxmltools writes a model of LightGBM as it answers.

    Parameters
    ----------
    estimator : estimator
        Of LightGBM, fitted.

    Raises
    ------
    FormatError
        If not; names the setting.
    """
    found = {**estimator.get_params(), **estimator.booster_.params}
    kind, one = found.get("boosting_type"), found.get("sigmoid")
    settings = (
        ("boosting_type", kind, kind not in ("rf", "random_forest")),
        ("objective", estimator.objective_, estimator.objective_ not in _ONE_EACH),
        ("reg_sqrt", found.get("reg_sqrt"), not found.get("reg_sqrt")),
        ("linear_tree", found.get("linear_tree"), not found.get("linear_tree")),
        ("sigmoid", one, one in (None, 1)),
    )
    for setting, value, written in settings:
        if not written:
            raise FormatError(
                f"{type(estimator).__name__}: {setting} {value!r} has no form in its "
                "converter: fit it without"
            )


def check_xgboost(estimator: Any) -> None:
    """Check that onnxmltools writes a model of XGBoost as it answers.

    Parameters
    ----------
    estimator : estimator
        Of XGBoost, fitted.

    Raises
    ------
    FormatError
        If not; names the setting.
    """
    name, found = type(estimator).__name__, estimator.get_xgb_params()
    classifies = hasattr(estimator, "predict_proba")
    known = _CLASSES if classifies else _VALUES
    if found.get("objective") not in known:
        raise FormatError(
            f"{name}: objective {found.get('objective')!r}, expected one of "
            f"{', '.join(known)}"
        )
    if found.get("booster") not in (None, "gbtree"):
        raise FormatError(f"{name}: booster {found['booster']!r}, expected 'gbtree'")
    if classifies and (found.get("num_parallel_tree") or 1) > 1:
        rounds = estimator.get_booster().num_boosted_rounds()
        if rounds > 1 or estimator.n_classes_ > 2:
            raise FormatError(
                f"{name}: num_parallel_tree {found['num_parallel_tree']} has no form "
                "in its converter: a forest of scikit-learn has"
            )
