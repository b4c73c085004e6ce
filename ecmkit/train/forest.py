"""Random forest: the classifier of machine states."""

from typing import Any, Literal

from ecmkit.features.table import FeatureTable
from ecmkit.train.checks import require_classes, require_seed, require_table
from ecmkit.train.model import TrainedModel
from ecmkit.train.onnx_writer import serialised

__all__ = ["fit_forest", "onnx_of"]

_OPSETS = {"": 17, "ai.onnx.ml": 3}


def fit_forest(
    table: FeatureTable,
    *,
    n_trees: int = 40,
    max_depth: int | None = 8,
    min_samples_leaf: int = 2,
    max_features: float | Literal["sqrt", "log2"] | None = "sqrt",
    max_samples: float | None = None,
    class_weight: Literal["balanced", "balanced_subsample"] | None = "balanced",
    criterion: Literal["gini", "entropy"] = "gini",
    name: str = "classifier",
    seed: int,
) -> TrainedModel:
    """Train a random forest on the labels of a table.

    Parameters
    ----------
    table : FeatureTable
        At least two classes with two windows each; all features finite.
    n_trees : int
        Number of trees; flash and time on the device grow with it.
    max_depth : int or None
        Deepest level; None for no limit.
    min_samples_leaf : int
        Windows that a leaf holds at least.
    max_features, max_samples, criterion
        As in ``sklearn.ensemble.RandomForestClassifier``.
    class_weight : {"balanced", "balanced_subsample"} or None
        How rare classes are made up for.
    name : str
        C identifier of the model.
    seed : int
        Decides all randomness.

    Returns
    -------
    TrainedModel
        Of kind ``class``; its outputs are the class names in alphabetical order.

    Raises
    ------
    ValueError
        If the table does not suffice; names what.

    References
    ----------
    L. Breiman, Machine Learning 45 (2001), 5-32.
    """
    require_seed(seed, family="random-forest")
    require_table(table, family="random-forest", at_least=4)
    require_classes(table, family="random-forest")
    settings = {
        "n_estimators": n_trees,
        "max_depth": max_depth,
        "min_samples_leaf": min_samples_leaf,
        "max_features": max_features,
        "max_samples": max_samples,
        "class_weight": class_weight,
        "criterion": criterion,
    }
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(**settings, random_state=seed, n_jobs=1)
    forest.fit(table.x, table.label)
    return TrainedModel(
        name=name,
        family="random-forest",
        kind="class",
        onnx=onnx_of(forest, len(table.names)),
        outputs=tuple(str(label) for label in forest.classes_),
        n_features=len(table.names),
        params={key: str(value) for key, value in settings.items()},
        table_hash=table.hash,
        contract_id=table.contract_id,
        seed=seed,
        estimator=forest,
    )


def onnx_of(forest: Any, n_features: int) -> bytes:
    """Serialise a fitted forest of classes as ONNX, the same bytes for the same one."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    model = convert_sklearn(
        forest,
        name="forest",
        initial_types=[("features", FloatTensorType([None, n_features]))],
        options={id(forest): {"zipmap": False}},
        target_opset=_OPSETS,
    )
    return serialised(model)
