"""Model families: from a feature table to a portable model."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

import numpy as np

from ecmkit.features.table import FeatureTable
from ecmkit.train.autoencoder import fit_autoencoder
from ecmkit.train.encoder import fit_encoder
from ecmkit.train.forest import fit_forest
from ecmkit.train.kmeans import fit_kmeans
from ecmkit.train.loop import Stopped, train_network
from ecmkit.train.model import TrainedModel
from ecmkit.train.network import Network, Task
from ecmkit.train.networks import fit_network, model_of

__all__ = [
    "Network",
    "Stopped",
    "Task",
    "TrainedModel",
    "families",
    "fit",
    "fit_autoencoder",
    "fit_encoder",
    "fit_forest",
    "fit_kmeans",
    "fit_network",
    "function_of",
    "model_of",
    "train_network",
]

_FAMILIES = {
    "autoencoder": "ecmkit.train.autoencoder:fit_autoencoder",
    "ds-cnn": "ecmkit.train.networks:fit_network",
    "gru": "ecmkit.train.networks:fit_network",
    "k-means": "ecmkit.train.kmeans:fit_kmeans",
    "mlp": "ecmkit.train.networks:fit_network",
    "random-forest": "ecmkit.train.forest:fit_forest",
    "resnet": "ecmkit.train.networks:fit_network",
    "tcn": "ecmkit.train.networks:fit_network",
    "vae": "ecmkit.train.networks:fit_network",
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


def fit(
    table: FeatureTable,
    *,
    family: str,
    seed: int,
    features: Sequence[str] = ("*",),
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
    **options
        Keyword options of the family's function.

    Returns
    -------
    TrainedModel

    Raises
    ------
    ValueError
        If there is no such family, a pattern matches no feature, or from the family
        itself.
    TypeError
        If the family has no such option.
    """
    train = function_of(family)
    model = train(_only(table, features), seed=seed, **options)
    return replace(
        model,
        table_hash=table.hash,
        params=model.params | {"features": " ".join(features)},
    )


def _only(table: FeatureTable, patterns: Sequence[str]) -> FeatureTable:
    """Return the table with every column constant that no pattern matches."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in table.names):
            raise ValueError(
                f"features: found {pattern!r}, expected a pattern that matches one of "
                f"{', '.join(table.names)}"
            )
    chosen = [any(fnmatchcase(name, p) for p in patterns) for name in table.names]
    return replace(table, x=np.where(chosen, table.x, np.float32(0.0)))
