"""Weights to zero, one by one or in the blocks that kernels skip, and trained on."""

from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecmkit.compress.networks import classes_of, network_of, remade
from ecmkit.features.table import FeatureTable
from ecmkit.train import TrainedModel
from ecmkit.train.loop import train_network
from ecmkit.train.network import Network

__all__ = ["Criterion", "Form", "prune", "sparsity_of"]

Form = Literal["blocks", "single", "2:4"]
"""Blocks of 4 outputs by 16 inputs, which int8 kernels leave out; single weights, which
make a model smaller only where it is packed further; two of four, likewise."""
Criterion = Literal["magnitude", "movement"]

_BLOCK = 4, 16


def prune(
    model: TrainedModel,
    table: FeatureTable,
    *,
    sparsity: float = 0.75,
    form: Form = "blocks",
    criterion: Criterion = "magnitude",
    rounds: int = 4,
    epochs: int = 30,
    seed: int,
    held: NDArray[np.bool_] | None = None,
    **training: Any,
) -> TrainedModel:
    """Set a share of the weights to zero, little by little, and train the others on.

    Parameters
    ----------
    model : TrainedModel
        A network of the zoo.
    table : FeatureTable
        What it was trained on.
    sparsity : float
        Share of the weights of each layer, above 0 and below 1; 0.5 for ``2:4``.
        Depthwise convolutions, and layers with fewer than two blocks, stay as they are.
    form : {"blocks", "single", "2:4"}
        See `Form`. Only ``blocks`` makes a model quicker.
    criterion : {"magnitude", "movement"}
        ``magnitude`` takes the smallest weights; ``movement`` those that training moves
        towards zero, which suits networks that were trained for another task.
    rounds : int
        How often more weights go, along a cubic curve; the training is divided among
        them.
    epochs : int
        In all.
    seed : int
        Decides all randomness.
    held : ndarray of bool, optional
        See `train_network`.
    **training
        Of `train_network`, such as ``learning_rate``.

    Returns
    -------
    TrainedModel
        Of the same architecture.

    Raises
    ------
    ValueError
        If it is no network, or a setting is out of range.

    References
    ----------
    M. Zhu and S. Gupta, arXiv:1710.01878 (2017), the schedule; V. Sanh et al., Movement
    pruning, NeurIPS 2020, arXiv:2005.07683.
    """
    network = network_of(model, "prune")
    _check(sparsity, form, criterion, rounds, epochs)
    pruner = _Pruner(form, criterion)
    # Movement is seen while it trains, so its weights go after each round, and a last
    # training follows; magnitude is there from the start.
    trainings = rounds if criterion == "magnitude" else rounds + 1
    for at in range(1, trainings + 1):
        done = min(at / rounds, 1.0)
        pruner.share = sparsity * (1.0 - (1.0 - done) ** 3) if form != "2:4" else 0.5
        pruner.choosing = at <= rounds
        network = train_network(
            network,
            table,
            seed=seed + at,
            held=held,
            epochs=max(1, epochs // trainings),
            classes=classes_of(model),
            prepare=pruner.prepare,
            after_step=pruner.after_step,
            **training,
        )
        network = pruner.finish(network)
    pruned = f"{sparsity:g} of the weights, {form}, {criterion}"
    return remade(model, network, table, pruned=pruned)


def sparsity_of(network: Network) -> dict[str, float]:
    """Share of weights that are zero in each layer that can be pruned."""
    module = network.module()
    return {
        name: float((layer.weight == 0).float().mean())
        for name, layer in _layers(module)
    }


class _Pruner:
    """Chooses which weights are zero and keeps them so while the others learn."""

    def __init__(self, form: Form, criterion: Criterion) -> None:
        self.form, self.criterion = form, criterion
        self.share, self.choosing = 0.0, True
        self.masks: dict[str, Any] = {}
        self.moved: dict[str, Any] = {}

    def prepare(self, module: Any) -> None:
        """Choose by magnitude at once; movement has to be seen first."""
        self.moved.clear()
        if self.criterion == "magnitude" and self.choosing:
            self._choose(module)
        self._apply(module)

    def after_step(self, module: Any) -> None:
        """Take note of the movement, and put zeros back."""
        if self.criterion == "movement" and self.choosing:
            for name, layer in _layers(module):
                # Sanh et al.: away from zero adds, towards it subtracts.
                step = -(layer.weight * layer.weight.grad).detach()
                self.moved[name] = self.moved.get(name, 0.0) + step
        self._apply(module)

    def finish(self, network: Network) -> Network:
        """Return the network with its zeros: where movement was watched, chosen now."""
        module = network.module()
        if self.criterion == "movement" and self.choosing:
            self._choose(module)
        self._apply(module)
        return network.with_module(module)

    def _choose(self, module: Any) -> None:
        for name, layer in _layers(module):
            weight = layer.weight.detach()
            worth = weight.abs()
            if self.criterion == "movement":
                # What is zero already stays so: it has no movement to speak for it.
                worth = self.moved[name].to(weight.device) * (weight != 0)
                worth = worth - (weight == 0) * 1e30
            self.masks[name] = _mask(worth, self.share, self.form)

    def _apply(self, module: Any) -> None:
        import torch

        with torch.no_grad():
            for name, layer in _layers(module):
                if name in self.masks:
                    layer.weight.mul_(self.masks[name].to(layer.weight.device))


def _layers(module: Any) -> Iterator[tuple[str, Any]]:
    """Layers whose weights the compiler packs in blocks: dense, and of one group."""
    import torch

    for name, layer in module.named_modules():
        dense = isinstance(layer, torch.nn.Linear)
        plain = isinstance(layer, torch.nn.Conv1d) and layer.groups == 1
        if dense or plain:
            outputs, *rest = layer.weight.shape
            if outputs >= _BLOCK[0] and np.prod(rest) >= 2 * _BLOCK[1]:
                yield name, layer


def _mask(worth: Any, share: float, form: Form) -> Any:
    """Ones where weights stay, by what each is worth; shape as the weights."""
    rows = worth.movedim(1, -1) if worth.dim() == 3 else worth  # as kernels read them
    flat = rows.reshape(len(rows), -1)
    if form == "single":
        kept = _best(flat.reshape(-1), share).reshape(flat.shape)
    elif form == "2:4":
        kept = _of_groups(flat, 4, share)
    else:
        kept = _blocks(flat, share)
    kept = kept.reshape(rows.shape)
    return kept.movedim(-1, 1) if worth.dim() == 3 else kept


def _best(worth: Any, share: float) -> Any:
    import torch

    kept = torch.ones_like(worth)
    n = round(share * worth.numel())
    if n:
        kept[worth.argsort(stable=True)[:n]] = 0
    return kept


def _padded(flat: Any, rows: int, columns: int) -> Any:
    import torch

    n, k = flat.shape
    wide = torch.zeros(-(-n // rows) * rows, -(-k // columns) * columns)
    wide[:n, :k] = flat
    return wide


def _blocks(flat: Any, share: float) -> Any:
    """Keep whole blocks; those at the edge count for the weights that they have."""
    import torch

    height, width = _BLOCK
    wide = _padded(flat, height, width)
    there = _padded(torch.ones_like(flat), height, width)
    shape = (wide.shape[0] // height, height, wide.shape[1] // width, width)
    worth = (wide.reshape(shape).sum((1, 3))) / there.reshape(shape).sum((1, 3))
    kept = _best(worth.reshape(-1), share).reshape(worth.shape)
    whole = kept[:, None, :, None].expand(shape).reshape(wide.shape)
    return whole[: flat.shape[0], : flat.shape[1]]


def _of_groups(flat: Any, width: int, share: float) -> Any:
    """Keep the best in each group of neighbours; what is left over at the end stays."""
    import torch

    n, k = flat.shape
    whole = k // width * width
    groups = flat[:, :whole].reshape(n, -1, width)
    order = groups.argsort(dim=2, stable=True).argsort(2)
    kept = torch.ones_like(flat)
    kept[:, :whole] = (order >= round(share * width)).float().reshape(n, whole)
    return kept


def _check(
    sparsity: float, form: str, criterion: str, rounds: int, epochs: int
) -> None:
    if not 0.0 < sparsity < 1.0 or (form == "2:4" and sparsity != 0.5):
        raise ValueError(
            f"sparsity {sparsity} of form {form!r}: expected above 0 and below 1, and "
            "0.5 for '2:4'"
        )
    for key, value, kind in (("form", form, Form), ("criterion", criterion, Criterion)):
        if value not in get_args(kind):
            raise ValueError(
                f"{key} {value!r}: expected one of {', '.join(get_args(kind))}"
            )
    if rounds < 1 or epochs < rounds:
        raise ValueError(
            f"rounds {rounds} and epochs {epochs}: expected 1 or more rounds of at "
            "least an epoch each"
        )
