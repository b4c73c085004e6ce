"""Estimators inside of estimators: where they stand, and what is asked of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Part", "parts_of"]

Use = Literal["label", "largest", "scores"]

_SAME = ("best_estimator_", "steps")
"""Attributes whose last estimator answers for the one that has it."""
_INSIDE = (
    *("transformer_list", "transformers_", "estimators_", "final_estimator_"),
    *("calibrated_classifiers_", "regressor_"),
)
"""Further attributes with fitted estimators: one, several, or several with names."""
_OF_TREES = ("_forest", "_gb", "_iforest", "_hist_gradient_boosting")
"""Modules of ``sklearn.ensemble`` whose estimators are tables of trees."""


@dataclass(frozen=True)
class Part:
    """An estimator and its place in the one that is converted."""

    path: str
    """Such as ``Pipeline.steps['svc'] (SVC)``; of the outermost its class."""
    estimator: Any
    use: Use
    """What is taken of a classifier: the label that it says, the class of its largest
    score in place of that, or its scores."""
    decides: bool
    """Whether those scores are of ``decision_function`` where there is one."""
    inside: bool
    """Whether it is in another estimator than pipelines and searches."""


def parts_of(estimator: Any) -> Iterator[Part]:
    """Return an estimator and all that are inside of it, from the outside in.

    Parameters
    ----------
    estimator : estimator
        Of scikit-learn, fitted.

    Yields
    ------
    Part
        Trees of forests are left out.
    """
    name = type(estimator).__name__
    yield from _parts(Part(name, estimator, "label", False, False), name)


def _parts(part: Part, place: str) -> Iterator[Part]:
    yield part
    if set(_OF_TREES) & set(type(part.estimator).__module__.split(".")):
        return
    for attribute in (*_SAME, *_INSIDE):
        found = list(_estimators(getattr(part.estimator, attribute, None)))
        for at, (key, one) in enumerate(found):
            answers = attribute in _SAME and at == len(found) - 1
            use, decides = (
                (part.use, part.decides)
                if answers
                else _use(part.estimator, attribute, at, one)
            )
            where = f"{place}.{attribute}{key}"
            path, inside = f"{where} ({type(one).__name__})", attribute not in _SAME
            inner = Part(path, one, use, decides, part.inside or inside)
            yield from _parts(inner, where)


def _estimators(value: Any) -> Iterator[tuple[str, Any]]:
    """Estimators of an attribute, each with what picks it."""
    if hasattr(value, "get_params"):
        yield "", value
        return
    for at, one in enumerate(value if isinstance(value, list | tuple) else ()):
        key = f"[{at}]"
        if isinstance(one, tuple) and len(one) > 1:
            key, one = f"[{one[0]!r}]", one[1]
        elif type(one).__name__ == "_CalibratedClassifier":
            key, one = f"{key}.estimator", one.estimator
        if hasattr(one, "get_params"):
            yield key, one


def _use(outer: Any, attribute: str, at: int, one: Any) -> tuple[Use, bool]:
    """Return what an estimator takes of one inside, and whether its decisions."""
    kind = type(outer).__name__
    if attribute == "final_estimator_" or kind == "AdaBoostClassifier":
        return "largest", False
    if kind == "VotingClassifier":
        return ("largest" if outer.voting == "hard" else "scores"), False
    if kind == "StackingClassifier":
        method = outer.stack_method_[at]
        return ("label" if method == "predict" else "scores"), False
    if kind == "BaggingClassifier":
        return ("scores" if hasattr(one, "predict_proba") else "label"), False
    if kind in ("CalibratedClassifierCV", "OneVsOneClassifier"):
        return "scores", hasattr(one, "decision_function")
    if kind == "OneVsRestClassifier":
        return "scores", False
    return "label", False
