"""Which layer of a network costs most of what a step of compression loses."""

from collections.abc import Sequence
from dataclasses import replace

from ecmkit.compress.networks import remade
from ecmkit.compress.quantise import sensitivity
from ecmkit.compress.report import points_of
from ecmkit.features.table import FeatureTable
from ecmkit.train import Network, TrainedModel

__all__ = ["blamed_layer"]


def blamed_layer(
    before: TrainedModel,
    after: TrainedModel,
    table: FeatureTable,
    *,
    normal: Sequence[str] = (),
) -> str:
    """Find the layer that did it, one at a time.

    Parameters
    ----------
    before, after : TrainedModel
        What a step took and what it made.
    table : FeatureTable
        Rows of groups that neither has learnt from.
    normal : sequence of str
        See `points_of`.

    Returns
    -------
    str
        Where both networks have the same layers, the one whose new weights alone lose
        most in float32. Where none does, or layers are of other sizes, the one that
        int8 disturbs most. Empty if it is no network.
    """
    if before.network is None or after.network is None:
        return ""
    losses = _losses(before, before.network, after.network, table, normal)
    worst = max(losses, key=lambda name: losses[name], default="")
    if worst and losses[worst] > 0:
        return worst
    if after.calibration is None:
        return worst
    noises = sensitivity(after, table, how=after.quantisation)
    return min(noises, key=lambda one: one.result_db).layer if noises else worst


def _losses(
    model: TrainedModel,
    old: Network,
    new: Network,
    table: FeatureTable,
    normal: Sequence[str],
) -> dict[str, float]:
    """Points that a network loses by the weights of each layer of another."""
    shapes = [{k: v.shape for k, v in n.weights.items()} for n in (old, new)]
    if shapes[0] != shapes[1]:
        return {}
    whole = points_of(model, table, found=model.predict(table.x), normal=normal)[0]
    losses = {}
    for layer in dict.fromkeys(name.rpartition(".")[0] for name in old.weights):
        weights = {
            name: (new if name.rpartition(".")[0] == layer else old).weights[name]
            for name in old.weights
        }
        mixed = remade(model, replace(old, weights=weights), table)
        found = mixed.predict(table.x)
        losses[layer] = whole - points_of(mixed, table, found=found, normal=normal)[0]
    return losses
