"""Encoder: few features from many, the narrow half of an autoencoder, for a plan."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.formats import DenseLayer, EncodeStep
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.int8 import to_int8
from ecmkit.graph.ir import Graph, Node, Tensor
from ecmkit.graph.quantise import multiplier_and_shift
from ecmkit.train.autoencoder import Layers, held_out, train_layers
from ecmkit.train.checks import require_seed, require_table
from ecmkit.train.scaler import Scaler

__all__ = ["fit_encoder"]

_MIN_WINDOWS = 20
_CALIBRATION = 512


def fit_encoder(
    table: FeatureTable,
    *,
    hidden: Sequence[int] = (16, 4),
    epochs: int = 200,
    patience: int = 20,
    batch: int = 32,
    learning_rate: float = 3e-3,
    clip: float = 6.0,
    seed: int,
) -> EncodeStep:
    """Train an autoencoder on a plan's features and keep its first half in int8.

    Parameters
    ----------
    table : FeatureTable
        Windows of the plan, at least 20, best of normal operation and scaled by the
        plan's scaler; labels are not read.
    hidden : sequence of int
        Widths of the encoder's layers; the last is the number of new features. The
        decoder, which is not kept, has them in reverse.
    epochs, patience, batch, learning_rate
        As of `fit_autoencoder`.
    clip : float
        Features are limited to this many standard deviations about their mean, in
        training and by the saturation of the device.
    seed : int
        Decides all randomness.

    Returns
    -------
    EncodeStep
        What a plan takes as `encode`: outputs >= 0, features ``latent1``,
        ``latent2``, ... The same on every run on one machine.

    Raises
    ------
    ValueError
        If the table does not suffice or a setting is out of range; names what.
    """
    widths = [int(width) for width in hidden]
    if not widths or min(widths) < 1 or min(epochs, patience, batch) < 1:
        raise ValueError(
            f"encoder: hidden {widths}, epochs {epochs}, patience {patience}, batch "
            f"{batch}: expected all at least 1"
        )
    if clip <= 0.0 or learning_rate <= 0.0:
        raise ValueError(
            f"encoder: clip {clip}, learning_rate {learning_rate}: expected above 0"
        )
    require_seed(seed, family="encoder")
    require_table(table, family="encoder", at_least=_MIN_WINDOWS)
    scaler = Scaler.fit(table.x)
    z = np.clip(scaler.apply(table.x), -clip, clip).astype(np.float32)
    held = held_out(table)
    both = [*widths, *reversed(widths[:-1])]
    layers, _ = train_layers(
        z[~held], z[held], both, epochs, patience, batch, learning_rate, seed
    )
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(z))[:_CALIBRATION])
    back = np.divide(
        1.0, scaler.inv_sd, out=np.zeros_like(z[0]), where=scaler.inv_sd > 0
    )
    seen = z[chosen] * back + scaler.mean
    return _step(_folded(layers[: len(widths)], scaler), seen.astype(np.float32))


def _folded(layers: Layers, scaler: Scaler) -> Layers:
    """Let the first layer take features as they are, not standardised ones."""
    (weights, bias), *others = layers
    wide = weights.astype(np.float64) * scaler.inv_sd
    shifted = bias - wide @ scaler.mean
    return [(wide.astype(np.float32), shifted.astype(np.float32)), *others]


def _step(layers: Layers, calibration: NDArray[np.float32]) -> EncodeStep:
    """Quantise layers with ReLU behind each."""
    b = Builder()
    name = b.input("features", Tensor("f32", (1, calibration.shape[1])))
    for weights, bias in layers:
        rows = np.ascontiguousarray(weights.T)
        name = b.map("relu", b.matmul(name, b.constant(rows), b.constant(bias)))
    made = to_int8(b.graph([name]), [[row[None]] for row in calibration])
    dense = [node for node in made.nodes if node.op == "int8_dense"]
    return EncodeStep(
        layers=tuple(_layer(made, node) for node in dense),
        input_scale=made.tensors[dense[0].inputs[0]].scale,
        output_scale=made.tensors[dense[-1].outputs[0]].scale,
    )


def _layer(graph: Graph, node: Node) -> DenseLayer:
    x, y = (graph.tensors[name] for name in (node.inputs[0], node.outputs[0]))
    weights, bias, scales = (graph.constants[name] for name in node.inputs[1:4])
    factors = [
        multiplier_and_shift(x.scale * scale / y.scale) for scale in scales.tolist()
    ]
    return DenseLayer(
        weights=tuple(tuple(row) for row in weights.tolist()),
        bias=tuple(bias.tolist()),
        multiplier=tuple(multiplier for multiplier, _ in factors),
        shift=tuple(shift for _, shift in factors),
        input_zero=x.zero,
        output_zero=y.zero,
        output_min=y.zero if node.attrs.get("activation") == "relu" else -128,
        output_max=127,
    )
