"""What converters of estimators to ONNX write wrongly, or not at all."""

from typing import Any

from ecmkit.errors import FormatError
from ecmkit.graph.frontend.nested import Part

__all__ = [
    "check_lightgbm",
    "check_scikit_learn",
    "check_xgboost",
    "has_own_probabilities",
]

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


_ONE_SCORE = ("LinearSVC", "NuSVC", "RidgeClassifier", "RidgeClassifierCV", "SVC")
"""Classifiers whose converters write one score of two classes."""


def check_scikit_learn(part: Part) -> None:
    """Check that skl2onnx writes an estimator as it answers.

    Parameters
    ----------
    part : Part
        An estimator of scikit-learn and what is asked of it, see `parts_of`.

    Raises
    ------
    FormatError
        If not; names the place of the estimator, the setting, found and expected.
    """
    model = part.estimator
    reasons = (
        _of_vectors(part), _of_decisions(part), _of_calibration(model),
        _of_several(model),
    )  # fmt: skip
    for why in reasons:
        if why:
            raise FormatError(f"{part.path}: {why}")


def _of_vectors(part: Part) -> str:
    """Tell why a label is not that of the estimator; empty if it is."""
    model = part.estimator
    kind, several = type(model).__name__, len(getattr(model, "classes_", ())) > 2
    if part.use == "largest" and getattr(model, "loss", "") == "modified_huber":
        return (
            "loss 'modified_huber', expected another: its label is here that of the "
            "largest probability, of which several may be equal"
        )
    if kind not in ("SVC", "NuSVC"):
        return ""
    pairs = model.decision_function_shape == "ovo"
    if part.use == "largest" and has_own_probabilities(model):
        return (
            "probability=True, expected False: its label is here that of the largest "
            "probability, which is not the one that it decides for"
        )
    if part.use == "label" and several and model.break_ties and not pairs:
        return (
            "break_ties=True, expected False: the label in ONNX is the first of the "
            "classes with most votes"
        )
    if part.use == "largest" and several and not model.break_ties:
        return (
            "break_ties=False, expected True: its label is here that of the largest "
            "score"
        )
    return ""


def _of_decisions(part: Part) -> str:
    """Tell why decisions without probabilities are not taken as they are."""
    model = part.estimator
    kind, two = type(model).__name__, len(getattr(model, "classes_", ())) == 2
    if kind == "LinearSVC" and part.inside and ".steps[" in part.path:
        return (
            "the last of a pipeline inside of another estimator, expected "
            "SVC(kernel='linear') or LogisticRegression: it has no form there"
        )
    alone = kind in _ONE_SCORE and not hasattr(model, "predict_proba")
    if part.use == "largest" and two and alone:
        return (
            "one decision for two classes, expected an estimator that has "
            "`predict_proba`: its label is here that of the largest of two"
        )
    if kind == "StackingClassifier" and two:
        for at, method in enumerate(model.stack_method_):
            if method == "decision_function":
                name = type(model.estimators_[at]).__name__
                return (
                    f"decision_function of {name} for two classes, expected "
                    "estimators that have `predict_proba`"
                )
    return ""


def _of_calibration(model: Any) -> str:
    if type(model).__name__ != "CalibratedClassifierCV":
        return ""
    if model.method == "isotonic":
        return "method 'isotonic', expected 'sigmoid': it is written as steps"
    inside = [one.estimator for one in model.calibrated_classifiers_]
    if any(has_own_probabilities(one) for one in inside):
        return (
            "support vectors with probability=True, expected False: their decision is "
            "calibrated, and what is written is their probability"
        )
    return ""


def _of_several(model: Any) -> str:
    """Tell why several models in one are not written as they answer."""
    kind = type(model).__name__
    inside = list(getattr(model, "estimators_", ()))
    if kind == "OneVsRestClassifier":
        if model.multilabel_ and not hasattr(inside[0], "predict_proba"):
            return (
                f"several labels a row from {type(inside[0]).__name__}, expected an "
                "estimator that has `predict_proba`"
            )
        if any(has_own_probabilities(one) for one in inside):
            return (
                "support vectors with probability=True, expected False: their labels "
                "are not those of their probabilities"
            )
    if kind in ("BaggingClassifier", "OneVsOneClassifier") and any(
        type(one).__name__ == "OneVsOneClassifier" for one in inside
    ):
        return (
            "OneVsOneClassifier inside, expected OneVsRestClassifier or an estimator "
            "of several classes: it has no form in its converter"
        )
    if kind == "BaggingClassifier" and any(
        len(one.classes_) < len(model.classes_) for one in inside
    ):
        return (
            "an estimator of the bag has not seen every class, expected all "
            f"{len(model.classes_)}: fit it with more samples (`max_samples`)"
        )
    return ""


def has_own_probabilities(model: Any) -> bool:
    """Whether support vectors have probabilities beside what they decide.

    Parameters
    ----------
    model : estimator
        Of scikit-learn.
    """
    return getattr(model, "probability", False) is True


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
