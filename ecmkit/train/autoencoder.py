"""Autoencoder: an anomaly score from what a narrow network cannot reproduce."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.train.checks import require_seed, require_table
from ecmkit.train.model import TrainedModel
from ecmkit.train.network import Network, quiet_torch
from ecmkit.train.onnx_writer import GraphWriter
from ecmkit.train.scaler import Scaler

__all__ = ["Layers", "fit_autoencoder", "held_out", "train_layers"]

_MIN_WINDOWS = 20
_CALIBRATION = 512

F32 = NDArray[np.float32]
Layers = list[tuple[F32, F32]]


def fit_autoencoder(
    table: FeatureTable,
    *,
    hidden: Sequence[int] = (16, 8, 16),
    epochs: int = 200,
    patience: int = 20,
    batch: int = 32,
    learning_rate: float = 3e-3,
    clip: float = 6.0,
    name: str = "reconstruction",
    seed: int,
) -> TrainedModel:
    """Train dense layers with ReLU to reproduce the standardised features.

    Parameters
    ----------
    table : FeatureTable
        Windows of the normal state, at least 20; labels are not read. The last fifth
        of each recording decides when to stop and is not trained on.
    hidden : sequence of int
        Widths of the layers between input and output.
    epochs : int
        Passes over the windows at most.
    patience : int
        Passes without improvement after which training stops.
    batch : int
        Windows in a step.
    learning_rate : float
        Of Adam.
    clip : float
        The network sees standardised features limited to this many standard
        deviations, so that one outlier spends neither its training nor its int8
        range; the score compares with the features as they are.
    name : str
        C identifier of the model; its score is ``<name>_error``.
    seed : int
        Decides all randomness.

    Returns
    -------
    TrainedModel
        Of kind ``score``: mean squared reconstruction error, >= 0; it carries up to
        512 windows for the quantisation. The same on every run on one machine.

    Raises
    ------
    ValueError
        If the table does not suffice or a setting is out of range; names what.
    """
    widths = [int(width) for width in hidden]
    limits = {"epochs": epochs, "patience": patience, "batch": batch}
    for key, value in limits.items():
        if value < 1:
            raise ValueError(f"autoencoder: {key} {value}, expected at least 1")
    if not widths or min(widths) < 1 or clip <= 0.0 or learning_rate <= 0.0:
        raise ValueError(
            f"autoencoder: hidden {widths}, clip {clip}, learning_rate "
            f"{learning_rate}: expected all above 0"
        )
    require_seed(seed, family="autoencoder")
    require_table(table, family="autoencoder", at_least=_MIN_WINDOWS)
    scaler = Scaler.fit(table.x)
    z = np.clip(scaler.apply(table.x), -clip, clip).astype(np.float32)
    held = held_out(table)
    layers, best = train_layers(
        z[~held], z[held], widths, epochs, patience, batch, learning_rate, seed
    )
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(table.x))[:_CALIBRATION])
    params = {
        **{key: str(value) for key, value in limits.items()},
        "hidden": ",".join(map(str, widths)),
        "learning_rate": str(learning_rate),
        "clip": str(clip),
        "held_out_error": f"{best:.6g}",
    }
    return TrainedModel(
        name=name,
        family="autoencoder",
        kind="score",
        onnx=_onnx_of(scaler, layers, clip),
        outputs=(f"{name}_error",),
        n_features=len(table.names),
        calibration=np.ascontiguousarray(table.x[chosen]),
        params=params,
        table_hash=table.hash,
        contract_id=table.contract_id,
        seed=seed,
        network=_network_of(scaler, layers, widths, clip),
    )


def _network_of(
    scaler: Scaler, layers: Layers, widths: list[int], clip: float
) -> Network:
    """Place it in the zoo, where compression finds it."""
    weights: dict[str, F32] = {}
    for at, (matrix, bias) in enumerate(layers):  # a rectifier stands between two
        weights[f"body.layers.{2 * at}.weight"] = matrix
        weights[f"body.layers.{2 * at}.bias"] = bias
    return Network(
        architecture="autoencoder",
        shape=scaler.mean.shape,
        n_outputs=1,
        task="anomaly",
        options={"clip": clip, "normalise": "training", "widths": tuple(widths)},
        mean=scaler.mean,
        inv_sd=scaler.inv_sd,
        weights=weights,
    )


def held_out(table: FeatureTable) -> NDArray[np.bool_]:
    """Last fifth of each recording; every fifth window if recordings are tiny."""
    held = np.zeros(len(table.x), bool)
    for recording in np.unique(table.recording):
        rows = np.flatnonzero(table.recording == recording)
        rows = rows[np.argsort(table.start[rows], kind="stable")]
        held[rows[len(rows) - len(rows) // 5 :]] = True
    if not held.any():
        held[::5] = True
    return held


def train_layers(
    train: F32,
    held: F32,
    widths: list[int],
    epochs: int,
    patience: int,
    batch: int,
    learning_rate: float,
    seed: int,
) -> tuple[Layers, float]:
    """Weights and biases with the least error on the held-out windows."""
    with quiet_torch(seed) as torch:
        n = train.shape[1]
        sizes = [n, *widths, n]
        stack: list[Any] = []
        for a, b in pairwise(sizes):
            stack += [torch.nn.Linear(a, b), torch.nn.ReLU()]
        net = torch.nn.Sequential(*stack[:-1])
        adam = torch.optim.Adam(net.parameters(), lr=learning_rate)
        x, check = torch.from_numpy(train), torch.from_numpy(held)
        best, since = float("inf"), 0
        layers: Layers = []
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(batch):
                adam.zero_grad()
                loss = ((net(x[rows]) - x[rows]) ** 2).mean()
                loss.backward()
                adam.step()
            with torch.no_grad():
                error = float(((net(check) - check) ** 2).mean())
            since += 1
            if error < best:
                best, since, layers = error, 0, _weights(net)
            if since >= patience:
                break
    if not layers:
        raise ValueError("autoencoder: training diverged; lower learning_rate")
    return layers, best


def _weights(net: Any) -> Layers:
    return [
        (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy())
        for layer in net
        if hasattr(layer, "weight")
    ]


def _onnx_of(scaler: Scaler, layers: Layers, clip: float) -> bytes:
    graph = GraphWriter(len(scaler.mean))
    z = graph.scale(scaler)
    lo = graph.constant("clip_lo", np.array(-clip, np.float32))
    hi = graph.constant("clip_hi", np.array(clip, np.float32))
    y = graph.node("Clip", [z, lo, hi], "z_clipped")
    for number, (weights, bias) in enumerate(layers):
        w = graph.constant(f"weights{number}", weights)
        b = graph.constant(f"bias{number}", bias)
        y = graph.node("Gemm", [y, w, b], f"dense{number}", transB=1)
        if number < len(layers) - 1:
            y = graph.node("Relu", [y], f"relu{number}")
    residual = graph.node("Sub", [z, y], "residual")
    square = graph.node("Mul", [residual, residual], "square")
    graph.node("ReduceMean", [square], "score", axes=[1], keepdims=1)
    return graph.finish("autoencoder")
