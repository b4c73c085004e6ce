"""Quantisation-aware training: a network learns with the steps that int8 will have."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.compress.networks import classes_of, remade
from ecmkit.features.table import FeatureTable
from ecmkit.train import TrainedModel
from ecmkit.train.loop import train_network
from ecmkit.train.network import Network

__all__ = ["quantise_aware"]

_KEEP = 0.95  # of an old range in a new one
_LEVELS = 255.0


def quantise_aware(
    model: TrainedModel,
    table: FeatureTable,
    *,
    epochs: int = 15,
    learning_rate: float = 3e-4,
    seed: int,
    held: NDArray[np.bool_] | None = None,
    keep_zeros: bool = True,
    **training: Any,
) -> TrainedModel:
    """Train a network on with its weights and values rounded as int8 rounds them.

    Parameters
    ----------
    model : TrainedModel
        A trained network of the zoo, without recurrent layers: theirs stay float32.
    table : FeatureTable
        What it was trained on.
    epochs, learning_rate
        Of `train_network`; few and small, as the network only adapts.
    seed : int
        Decides all randomness.
    held : ndarray of bool, optional
        See `train_network`.
    keep_zeros : bool
        Whether weights that are zero, from `prune`, stay so.
    **training
        Further settings of `train_network`.

    Returns
    -------
    TrainedModel
        Of the same architecture; its batch normalisation stands still from here on,
        since it goes into the weights before they are rounded.

    Raises
    ------
    ValueError
        If it is no network, or carries no windows for quantisation.

    Notes
    -----
    Weights have the compiler's scheme: symmetric, a scale for each output, after
    normalisation is folded into them. What enters each layer is affine, with ranges
    that follow the training. Gradients pass the rounding as if it were not there.

    References
    ----------
    B. Jacob et al., CVPR 2018, arXiv:1712.05877, section 3.
    """
    if model.network is None or model.calibration is None:
        what = "no network" if model.network is None else "a network in float32"
        raise ValueError(
            f"quantise_aware: found {what} ({model.family}), expected a network that "
            "carries windows for quantisation (`int8=True`)"
        )
    rounding = _Rounding(keep_zeros=keep_zeros)
    trained = train_network(
        _folded(model.network),
        table,
        seed=seed,
        held=held,
        epochs=epochs,
        learning_rate=learning_rate,
        classes=classes_of(model),
        prepare=rounding.prepare,
        after_step=rounding.after_step,
        **training,
    )
    return remade(model, trained, table, quantisation="in training")


def _folded(network: Network) -> Network:
    """Return it with batch normalisation in the weights before; its biases stay."""
    import torch

    module = network.module()
    with torch.no_grad():
        for layer, norm in _normalised(module):
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            layer.weight.mul_(factor.reshape(-1, *[1] * (layer.weight.dim() - 1)))
            norm.bias.sub_(norm.running_mean * factor)
            norm.weight.fill_(1.0)
            norm.running_mean.zero_()
            norm.running_var.fill_(1.0 - norm.eps)
    return network.with_module(module)


def _normalised(module: Any) -> list[tuple[Any, Any]]:
    """Convolutions, each with the normalisation that follows it."""
    import torch

    layers = [
        m
        for m in module.modules()
        if isinstance(m, torch.nn.Conv1d | torch.nn.BatchNorm1d)
    ]
    return [
        (layer, norm)
        for layer, norm in pairwise(layers)
        if isinstance(layer, torch.nn.Conv1d) and isinstance(norm, torch.nn.BatchNorm1d)
    ]


class _Rounding:
    """Puts rounding into the layers of a module; nothing of it is stored."""

    def __init__(self, *, keep_zeros: bool) -> None:
        self.keep_zeros = keep_zeros
        self.zeros: list[tuple[Any, Any]] = []

    def prepare(self, module: Any) -> None:
        """Round what enters the layers of a module, and their weights."""
        import torch

        for _, norm in _normalised(module):
            # Folded already: it only adds its bias, in training too.
            norm.train = lambda mode=True, norm=norm: norm
            norm.weight.requires_grad_(False)
        for layer in module.modules():
            if isinstance(layer, torch.nn.Conv1d | torch.nn.Linear):
                _Rounded(layer)
                if self.keep_zeros and (layer.weight == 0).any():
                    self.zeros.append((layer.weight, layer.weight == 0))

    def after_step(self, module: Any) -> None:
        """Put zeros back."""
        import torch

        with torch.no_grad():
            for weight, zero in self.zeros:
                weight[zero] = 0.0


class _Rounded:
    """A layer whose forward pass rounds its weights and what enters it."""

    def __init__(self, layer: Any) -> None:
        import torch

        self.layer, self.torch = layer, torch
        self.low: Any = None
        self.high: Any = None
        layer.forward = self.forward

    def forward(self, x: Any) -> Any:
        """Compute the layer as int8 would."""
        functional, layer = self.torch.nn.functional, self.layer
        x, weight = self._values(x), self._weights(layer.weight)
        if isinstance(layer, self.torch.nn.Linear):
            return functional.linear(x, weight, layer.bias)
        return functional.conv1d(
            x, weight, layer.bias, layer.stride, layer.padding, layer.dilation,
            layer.groups,
        )  # fmt: skip

    def _weights(self, weight: Any) -> Any:
        rows = weight.detach().abs().flatten(1).amax(1).clamp(min=1e-12)
        step = (rows / 127.0).reshape(-1, *[1] * (weight.dim() - 1))
        rounded = self.torch.round(weight / step).clamp(-127, 127) * step
        return weight + (rounded - weight).detach()

    def _values(self, x: Any) -> Any:
        low, high = x.detach().amin().clamp(max=0.0), x.detach().amax().clamp(min=0.0)
        if self.low is None:
            self.low, self.high = low, high
        elif self.layer.training:
            self.low = _KEEP * self.low + (1.0 - _KEEP) * low
            self.high = _KEEP * self.high + (1.0 - _KEEP) * high
        step = ((self.high - self.low) / _LEVELS).clamp(min=1e-12)
        zero = self.torch.round(-self.low / step)
        steps = (self.torch.round(x / step) + zero).clamp(0.0, _LEVELS)
        rounded = (steps - zero) * step
        # What is beyond the range is clipped, and gets no gradient.
        inside = x.clamp(float(self.low), float(self.high))
        return inside + (rounded - inside).detach()
