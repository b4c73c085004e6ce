"""Boosted trees over bins of scikit-learn, which skl2onnx alone does not write."""

from collections.abc import Callable
from typing import Any

__all__ = ["converters"]

_TRACKS = "nodes_missing_value_tracks_true"


def converters() -> dict[str, dict[type, Callable[..., Any]]]:
    """Return arguments of ``skl2onnx.convert_sklearn`` for boosted trees over bins.

    Returns
    -------
    dict
        Converters and shape calculators by class: skl2onnx's own, whose truth values
        ONNX takes as whole numbers only. Splits of categories, which it would write as
        if they were limits, are refused.
    """
    from skl2onnx._supported_operators import sklearn_operator_name_map
    from skl2onnx.common._registration import get_converter, get_shape_calculator
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    kinds = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
    names = {kind: sklearn_operator_name_map[kind] for kind in kinds}
    return {
        "custom_conversion_functions": {
            kind: _checked(get_converter(name)) for kind, name in names.items()
        },
        "custom_shape_calculators": {
            kind: get_shape_calculator(name) for kind, name in names.items()
        },
    }


def _checked(convert: Callable[..., None]) -> Callable[..., None]:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        for trees in operator.raw_operator._predictors:
            if any(tree.nodes["is_categorical"].any() for tree in trees):
                raise ValueError(
                    "splits of categories have no form in ONNX: encode them by numbers"
                )
        convert(scope, operator, _Whole(container))

    return converted


class _Whole:
    """A container whose nodes have whole numbers where skl2onnx has truth values."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *args: Any, **settings: Any) -> Any:
        """Add a node, as the container does."""
        if _TRACKS in settings:
            settings[_TRACKS] = [int(value) for value in settings[_TRACKS]]
        return self._container.add_node(*args, **settings)
