"""Model families: from a feature table to a portable model."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from inspect import Parameter, signature
from typing import Any

from ecmkit.features.table import FeatureTable
from ecmkit.train.autoencoder import fit_autoencoder
from ecmkit.train.bounds import LowerBound, lower_bound, require_size
from ecmkit.train.budget import Budget, Cost
from ecmkit.train.calibration import (
    CalibrationMethod,
    calibrated,
    calibration_error,
    cross_calibrated,
)
from ecmkit.train.checks import only, require_apart
from ecmkit.train.conformal import Conformal, conformal
from ecmkit.train.detectors import DETECTORS, fit_detector
from ecmkit.train.encoder import fit_encoder
from ecmkit.train.estimators import ESTIMATORS, fit_estimator
from ecmkit.train.folds import folds
from ecmkit.train.forest import fit_forest
from ecmkit.train.kmeans import fit_kmeans
from ecmkit.train.loop import Stopped, train_network
from ecmkit.train.model import TrainedModel
from ecmkit.train.network import Network, Task
from ecmkit.train.networks import fit_network, model_of, untrained
from ecmkit.train.targets import (
    remaining_life,
    severity,
    virtual_sensor,
    windows_table,
)

__all__ = [
    "Budget",
    "CalibrationMethod",
    "Conformal",
    "Cost",
    "LowerBound",
    "Network",
    "Stopped",
    "Task",
    "TrainedModel",
    "calibrated",
    "calibration_error",
    "conformal",
    "cross_calibrated",
    "families",
    "fit",
    "fit_autoencoder",
    "fit_detector",
    "fit_encoder",
    "fit_estimator",
    "fit_forest",
    "fit_kmeans",
    "fit_network",
    "folds",
    "function_of",
    "lower_bound",
    "model_of",
    "options_of",
    "remaining_life",
    "require_apart",
    "severity",
    "train_network",
    "untrained",
    "virtual_sensor",
    "windows_table",
]

_NETWORKS = ("ds-cnn", "gru", "mlp", "resnet", "tcn", "vae")
_FAMILIES = {
    "autoencoder": "ecmkit.train.autoencoder:fit_autoencoder",
    "k-means": "ecmkit.train.kmeans:fit_kmeans",
    "random-forest": "ecmkit.train.forest:fit_forest",
    **dict.fromkeys(ESTIMATORS, "ecmkit.train.estimators:fit_estimator"),
    **dict.fromkeys(DETECTORS, "ecmkit.train.detectors:fit_detector"),
    **dict.fromkeys(_NETWORKS, "ecmkit.train.networks:fit_network"),
}


def families() -> dict[str, str]:
    """Name and ``"module:function"`` of each family, those of other packages included.

    Other packages join through entry points of the group ``ecmkit.models``; they
    cannot replace a family of ecmkit.

    Examples
    --------
    >>> families()["k-means"]
    'ecmkit.train.kmeans:fit_kmeans'
    """
    others = {point.name: point.value for point in entry_points(group="ecmkit.models")}
    return others | _FAMILIES


def function_of(family: str) -> Callable[..., TrainedModel]:
    """Import the function that trains a family.

    A function that trains several is given the name as its argument ``family``.

    Raises
    ------
    ValueError
        If there is no such family.
    """
    known = families()
    if family not in known:
        raise ValueError(
            f"family {family!r}: expected one of {', '.join(sorted(known))}"
        )
    module, _, name = known[family].partition(":")
    function: Callable[..., TrainedModel] = getattr(import_module(module), name)
    if "family" in signature(function).parameters:
        return partial(function, family=family)
    return function


def options_of(family: str) -> frozenset[str] | None:
    """Names of the options that `fit` takes for a family; None: its function says.

    Raises
    ------
    ValueError
        If there is no such family.
    MissingError
        If its package is not installed.

    Examples
    --------
    >>> sorted(options_of("k-means"))
    ['n_clusters', 'n_starts', 'name']
    """
    function = function_of(family)
    parameters = signature(function).parameters.values()
    own = {p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY}
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
        module = import_module(families()[family].partition(":")[0])
        if not hasattr(module, "option_names"):
            return None
        own |= set(module.option_names(family))
    return frozenset(own) - {"seed", "family"}


def fit(
    table: FeatureTable,
    *,
    family: str,
    seed: int,
    features: Sequence[str] = ("*",),
    apart_from: FeatureTable | None = None,
    budget: Budget | None = None,
    **options: Any,
) -> TrainedModel:
    """Train a model of a family that is known by its name.

    Parameters
    ----------
    table : FeatureTable
        What to learn from.
    family : str
        One of `families`.
    seed : int
        Decides all randomness.
    features : sequence of str
        Shell patterns of the features that the model may read; the others are held
        constant in training, which every family ignores.
    apart_from : FeatureTable, optional
        What the model will be tested on; refused if it shares a recording or group
        with `table`.
    budget : Budget, optional
        What the model may cost. Refused before it is trained is what surely cannot
        fit, see `lower_bound`; the rest once it is known.
    **options
        Keyword options of the family's function.

    Returns
    -------
    TrainedModel

    Raises
    ------
    ValueError
        If there is no such family, a pattern matches no feature, the size is no number,
        the split is leaky, or from the family itself.
    BuildError
        If the model is over the budget; names by how much.
    FormatError
        With a budget: if what the options give has no form on the device.
    TypeError
        If the family has no such option.
    """
    train = function_of(family)
    read = only(table, features)
    require_size(family, options)
    if apart_from is not None:
        require_apart(table, apart_from)
    if budget is not None:
        smallest = lower_bound(read, family=family, **options)
        if smallest is not None:
            budget.require_lower_bound(smallest)
    model = train(read, seed=seed, **options)
    if budget is not None:
        budget.require(model.compile())
    return replace(
        model,
        table_hash=table.hash,
        params=model.params | {"features": " ".join(features)},
    )
