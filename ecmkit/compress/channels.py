"""Channels that are really removed: a smaller network of the same zoo."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.compress.networks import classes_of, network_of, remade
from ecmkit.features.table import FeatureTable
from ecmkit.train import TrainedModel
from ecmkit.train.loop import train_network
from ecmkit.train.network import Network

__all__ = ["remove_channels", "shrunk"]

_NORM = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class _Channels:
    """Channels that go together: who makes them, keeps them apart, and reads them."""

    option: str
    """``widths`` or ``inner``, of the network's options."""
    at: int
    makers: tuple[str, ...]
    """Layers, by the names of their weights without ``.weight``: outputs go."""
    alone: tuple[str, ...]
    """Layers with one place for each channel, depthwise and normalisation."""
    readers: tuple[str, ...]
    """Layers whose inputs go."""


def remove_channels(
    model: TrainedModel,
    table: FeatureTable,
    *,
    share: float = 0.5,
    least: int = 4,
    multiple: int = 4,
    epochs: int = 30,
    seed: int,
    held: NDArray[np.bool_] | None = None,
    **training: Any,
) -> TrainedModel:
    """Remove the channels with the smallest weights, and train the smaller network on.

    Parameters
    ----------
    model : TrainedModel
        A network of the zoo, see `shrunk`.
    table : FeatureTable
        What it was trained on.
    share, least, multiple
        See `shrunk`.
    epochs : int
        Of the training that follows.
    seed : int
        Decides all randomness.
    held : ndarray of bool, optional
        See `train_network`.
    **training
        Of `train_network`, such as ``learning_rate``.

    Returns
    -------
    TrainedModel
        With fewer weights, products and bytes of RAM, in float32 too.

    Raises
    ------
    ValueError
        If it is no network that has channels to give, or a setting is out of range.
    """
    network = network_of(model, "remove_channels")
    small = shrunk(network, share=share, least=least, multiple=multiple)
    trained = train_network(
        small,
        table,
        seed=seed,
        held=held,
        epochs=epochs,
        classes=classes_of(model),
        **training,
    )
    return remade(model, trained, table, removed=f"{share:g} of the channels")


def shrunk(
    network: Network, *, share: float = 0.5, least: int = 4, multiple: int = 4
) -> Network:
    """Return a network without the channels whose weights are smallest.

    Parameters
    ----------
    network : Network
        ``mlp``, ``autoencoder``, ``ds-cnn``, ``tcn`` or ``resnet``; of the last two
        those between the convolutions of a block, since what leaves a block is added to
        what goes around it.
    share : float
        Of the channels of each layer, above 0 and below 1.
    least : int
        Channels that a layer keeps at least.
    multiple : int
        Of which the kept channels are one, as kernels take them by fours.

    Returns
    -------
    Network
        Of the same architecture, with the weights of the kept channels.

    Raises
    ------
    ValueError
        If the architecture has no such channels, or a setting is out of range.

    References
    ----------
    H. Li et al., Pruning filters for efficient ConvNets, ICLR 2017, arXiv:1608.08710:
    channels by the sum of the magnitudes of their weights.
    """
    if not 0.0 < share < 1.0 or least < 1 or multiple < 1:
        raise ValueError(
            f"share {share}, least {least}, multiple {multiple}: expected above 0 and "
            "below 1, and 1 or more"
        )
    groups = list(_groups(network))
    if not groups:
        raise ValueError(
            f"{network.architecture}: no channels can be removed; expected one of mlp, "
            "autoencoder, ds-cnn, tcn, resnet"
        )
    weights, options = dict(network.weights), dict(network.options)
    for group in groups:
        kept = _kept(weights, group, share, least, multiple)
        for name in group.makers:
            _take(weights, name, kept, axis=0)
        for name in group.alone:
            _take(weights, name, kept, axis=0)
        for name in group.readers:
            _take(weights, name, kept, axis=1)
        widths = list(options[group.option])
        widths[group.at] = len(kept)
        options[group.option] = tuple(widths)
    return replace(network, options=options, weights=weights)


def _kept(
    weights: dict[str, NDArray[Any]],
    group: _Channels,
    share: float,
    least: int,
    multiple: int,
) -> NDArray[np.intp]:
    """Numbers of the channels that stay, in order."""
    worth = 0.0
    for name in group.makers:
        rows = weights[f"{name}.weight"].astype(np.float64)
        worth = worth + np.abs(rows.reshape(len(rows), -1)).sum(axis=1)
    n = len(np.atleast_1d(worth))
    wanted = max(least, multiple * round(n * (1.0 - share) / multiple))
    order = np.argsort(worth, kind="stable")
    return np.sort(order[n - min(wanted, n) :])


def _take(
    weights: dict[str, NDArray[Any]], name: str, kept: NDArray[np.intp], *, axis: int
) -> None:
    """Keep places of a layer: rows with their biases, or columns."""
    if axis == 1:
        own = weights[f"{name}.weight"]
        weights[f"{name}.weight"] = np.ascontiguousarray(own[:, kept])
        return
    for part in _NORM:
        key = f"{name}.{part}"
        if key in weights:
            weights[key] = np.ascontiguousarray(weights[key][kept])


def _groups(network: Network) -> Iterator[_Channels]:
    """Find the channels of an architecture that go together, by the zoo's names."""
    ending = ".weight"
    names = [
        key.removesuffix(ending) for key in network.weights if key.endswith(ending)
    ]
    rank = {name: network.weights[f"{name}.weight"].ndim for name in names}
    dense = [name for name in names if rank[name] == 2]
    if network.architecture in ("mlp", "autoencoder"):
        for at, (one, after) in enumerate(pairwise(dense)):
            yield _Channels("widths", at, (one,), (), (after,))
    elif network.architecture == "ds-cnn":
        # first, its norm; then depthwise, norm, pointwise, norm for each block; head
        layers = names[:-1]
        blocks = [layers[:2], *(layers[i : i + 4] for i in range(2, len(layers), 4))]
        for at, block in enumerate(blocks):
            maker, norm = block[-2:]
            alone: tuple[str, ...] = (norm,)
            reader = names[-1]
            if at + 1 < len(blocks):
                wise, norm_wise, reader, _ = blocks[at + 1]
                alone = (norm, wise, norm_wise)
            yield _Channels("widths", at, (maker,), alone, (reader,))
    elif network.architecture in ("tcn", "resnet"):
        stems = [n.rsplit(".first.", 1)[0] for n in names if ".first." in n]
        for at, stem in enumerate(dict.fromkeys(stems)):
            first = [n for n in names if n.startswith(f"{stem}.first.")]
            second = [n for n in names if n.startswith(f"{stem}.second.")]
            yield _Channels("inner", at, (first[0],), (first[1],), (second[0],))
