"""What every step on a network begins and ends with."""

from collections.abc import Sequence

from ecmkit.features.table import FeatureTable
from ecmkit.train import Network, TrainedModel, model_of

__all__ = ["classes_of", "network_of", "remade"]


def network_of(model: TrainedModel, step: str) -> Network:
    """Return the network of a model.

    Raises
    ------
    ValueError
        If it is none; names the step and the family.
    """
    if model.network is None:
        raise ValueError(
            f"{step}: found a model of family {model.family!r}, expected a network of "
            "the zoo"
        )
    return model.network


def classes_of(model: TrainedModel) -> Sequence[str]:
    """Order of the outputs for the training loop; none where they are no classes."""
    return model.outputs if model.kind == "class" else ()


def remade(
    model: TrainedModel, network: Network, table: FeatureTable, **params: str
) -> TrainedModel:
    """Return a model with another network; what is recorded of it stays."""
    return model_of(
        network,
        table,
        name=model.name,
        seed=model.seed,
        int8=model.calibration is not None,
        classes=classes_of(model),
        family=model.family,
        params=model.params | params,
    )
