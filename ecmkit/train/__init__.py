"""Model families: from a feature table to a portable model."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from ecmkit.features.table import FeatureTable
from ecmkit.train.autoencoder import fit_autoencoder
from ecmkit.train.forest import fit_forest
from ecmkit.train.kmeans import fit_kmeans
from ecmkit.train.model import TrainedModel

__all__ = [
    "TrainedModel",
    "families",
    "fit",
    "fit_autoencoder",
    "fit_forest",
    "fit_kmeans",
]

_FAMILIES = {
    "autoencoder": "ecmkit.train.autoencoder:fit_autoencoder",
    "k-means": "ecmkit.train.kmeans:fit_kmeans",
    "random-forest": "ecmkit.train.forest:fit_forest",
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


def fit(table: FeatureTable, *, family: str, seed: int, **options: Any) -> TrainedModel:
    """Train a model of a family that is known by its name.

    Parameters
    ----------
    table : FeatureTable
        What to learn from.
    family : str
        One of `families`.
    seed : int
        Decides all randomness.
    **options
        Keyword options of the family's function.

    Returns
    -------
    TrainedModel

    Raises
    ------
    ValueError
        If there is no such family, or from the family itself.
    TypeError
        If the family has no such option.
    """
    known = families()
    if family not in known:
        raise ValueError(
            f"family {family!r}: expected one of {', '.join(sorted(known))}"
        )
    module, _, function = known[family].partition(":")
    train: Callable[..., TrainedModel] = getattr(import_module(module), function)
    return train(table, seed=seed, **options)
