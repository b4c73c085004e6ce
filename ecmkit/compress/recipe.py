"""Several steps of compression as one setting, for searches and project files."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from ecmkit.compress.aware_training import quantise_aware
from ecmkit.compress.channels import remove_channels
from ecmkit.compress.forest_codes import quantise_forest
from ecmkit.compress.forests import prune_forest
from ecmkit.compress.prune import prune
from ecmkit.compress.quantise import quantise
from ecmkit.features.table import FeatureTable
from ecmkit.formats import convert
from ecmkit.graph import Quantisation
from ecmkit.train import TrainedModel

__all__ = ["Recipe", "compressed", "compression_steps", "nested"]

_FORESTS = ("random-forest", "extra-trees")
_REMOVABLE = ("mlp", "autoencoder", "ds-cnn", "tcn", "resnet")


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps in the order in which they are done; those of another family are left out.

    Networks: channels, prune, aware, quantisation. Forests: gain, bits.
    """

    channels: float = 0.0
    """Share of the channels to remove, see `remove_channels`; 0 for none."""
    prune: float = 0.0
    """Share of the weights to set to zero in blocks, see `prune`; 0 for none."""
    aware: bool = False
    """Whether it is trained on with int8 in mind, see `quantise_aware`."""
    epochs: int = 12
    """Of each step that trains."""
    quantisation: Quantisation = Quantisation()
    """Settings of int8 after training."""
    gain: float = 0.0
    """Of the splits of a forest, see `prune_forest`."""
    bits: Literal[0, 8, 16] = 0
    """Of the limits of a forest, see `quantise_forest`; 0 leaves them as they are."""
    budget_points: float | None = None
    """Most points that each step may lose on held-out groups, see `judge`; what
    compresses does not look at it, who judges the steps does."""


def compressed(
    model: TrainedModel, table: FeatureTable, options: Recipe | Mapping[str, Any]
) -> TrainedModel:
    """Compress a model as a recipe says.

    Parameters
    ----------
    model : TrainedModel
        Of any family.
    table : FeatureTable
        What it was trained on.
    options : Recipe or mapping
        The recipe, or its fields as `nested` takes them.

    Returns
    -------
    TrainedModel
        `model` itself if no step is for its family.

    Raises
    ------
    FormatError
        If there is no such option, or a value is not of its kind.
    ValueError
        From the steps.

    Examples
    --------
    >>> compressed(None, None, {"prun": 0.5})  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ecmkit.errors.FormatError: it says which option there is instead
    """
    made = model
    for _, made in compression_steps(model, table, options):  # noqa: B007
        pass
    return made


def compression_steps(
    model: TrainedModel, table: FeatureTable, options: Recipe | Mapping[str, Any]
) -> Iterator[tuple[str, TrainedModel]]:
    """Compress a model step by step, as `compressed` does.

    Parameters
    ----------
    model, table, options
        As for `compressed`.

    Yields
    ------
    name : str
        Of the step, such as ``prune 75 % in blocks``.
    model : TrainedModel
        What it made of the model before.
    """
    recipe = options
    if not isinstance(recipe, Recipe):
        recipe = convert(nested(recipe), Recipe, where="compression")
    if model.family in _FORESTS and model.kind == "class":
        if recipe.gain:
            model = prune_forest(model, table, gain=recipe.gain)
            yield f"prune forest, gain {recipe.gain:g}", model
        if recipe.bits:
            yield (
                f"limits of {recipe.bits} bits",
                quantise_forest(model, bits=recipe.bits),
            )
        return
    if model.network is None:
        return
    how: dict[str, Any] = {"epochs": recipe.epochs, "seed": model.seed}
    if recipe.channels and model.network.architecture in _REMOVABLE:
        model = remove_channels(model, table, share=recipe.channels, **how)
        yield f"remove {recipe.channels:.0%} of the channels", model
    if recipe.prune:
        rounds = min(4, recipe.epochs)
        model = prune(model, table, sparsity=recipe.prune, rounds=rounds, **how)
        yield f"prune {recipe.prune:.0%} in blocks", model
    if model.calibration is None:
        return
    if recipe.aware:
        model = quantise_aware(model, table, **how)
        yield "train with int8 in mind", model
    if recipe.quantisation != Quantisation():
        yield "quantise", quantise(model, recipe.quantisation)


def nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """Put fields of `Quantisation` that stand beside those of a recipe in their place.

    Examples
    --------
    >>> nested({"prune": 0.5, "ranges": "mse"})
    {'prune': 0.5, 'quantisation': {'ranges': 'mse'}}
    """
    inner = {k: v for k, v in options.items() if k in Quantisation.__struct_fields__}
    outer = {k: v for k, v in options.items() if k not in inner}
    if inner:
        outer["quantisation"] = {**dict(outer.get("quantisation", {})), **inner}
    return outer
