"""Networks of the zoo as families: from a table to a portable model."""

from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.train.autoencoder import fit_autoencoder, held_out
from ecmkit.train.checks import (
    require_classes,
    require_seed,
    require_table,
    require_target,
)
from ecmkit.train.loop import Metrics, Precision, Schedule, train_network
from ecmkit.train.model import TrainedModel
from ecmkit.train.network import Network, Task, task_of

__all__ = ["fit_network", "model_of", "option_names", "untrained"]

_MIN_WINDOWS = 20
_CALIBRATION = 512
_ANOMALY = ("autoencoder", "vae")


def fit_network(
    table: FeatureTable,
    *,
    family: str,
    name: str = "network",
    seed: int,
    task: Task | None = None,
    int8: bool = True,
    held: NDArray[np.bool_] | None = None,
    epochs: int = 60,
    patience: int = 15,
    batch: int = 32,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-4,
    schedule: Schedule = "cosine",
    class_weight: Literal["balanced"] | None = "balanced",
    precision: Precision = "auto",
    threads: int = 1,
    checkpoint: Path | None = None,
    progress: bool = False,
    **options: Any,
) -> TrainedModel:
    """Train a network of the zoo on rows of features or of samples.

    Parameters
    ----------
    table : FeatureTable
        At least 20 windows. Its shape is the network's; without one, rows are features
        in no order.
    family : str
        Architecture, such as ``ds-cnn``.
    name : str
        C identifier of the model.
    seed : int
        Decides all randomness.
    task : {"classification", "regression", "anomaly"}, optional
        Left out: anomalies for autoencoders; else the target if the table has one,
        else the labels.
    int8 : bool
        Whether it carries up to 512 windows for quantisation.
    held, epochs, patience, batch, learning_rate, weight_decay, schedule, class_weight
        See `train_network`.
    precision, threads, checkpoint, progress
        See `train_network`.
    **options
        Of the architecture, such as ``widths``.

    Returns
    -------
    TrainedModel
        Of kind ``class``, ``values`` or ``score``, with its `Network`. The same on
        every run on one machine.

    Raises
    ------
    ValueError
        If the table does not suffice or a setting is out of range; names what.
    TypeError
        If the architecture has no such option.
    """
    require_seed(seed, family=family)
    require_table(table, family=family, at_least=_MIN_WINDOWS)
    mask = held_out(table) if held is None else np.asarray(held, bool)
    network = _new(table, family, task, seed, options)
    curves: dict[str, list[float]] = {}

    def seen(epoch: int, metrics: Metrics) -> None:
        for key, value in metrics.items():
            curves.setdefault(key, []).append(value)

    trained = train_network(
        network.scaled(table.rows(~mask)), table, seed=seed, held=mask, epochs=epochs,
        patience=patience, batch=batch, learning_rate=learning_rate,
        weight_decay=weight_decay, schedule=schedule, class_weight=class_weight,
        precision=precision, threads=threads, checkpoint=checkpoint, progress=progress,
        callback=seen,
    )  # fmt: skip
    settings = {
        "epochs": epochs, "patience": patience, "batch": batch,
        "learning_rate": learning_rate, "weight_decay": weight_decay,
        "schedule": schedule, "class_weight": class_weight, "precision": precision,
    }  # fmt: skip
    params = {key: str(value) for key, value in settings.items()}
    model = model_of(trained, table, name=name, seed=seed, int8=int8, params=params)
    return replace(model, curves=curves)


def option_names(family: str) -> list[str]:
    """Return the names of the options that a family has besides its settings."""
    from ecmkit.train.zoo import resolved

    return sorted(resolved(family, (1, 1), {}))


def untrained(
    table: FeatureTable,
    *,
    family: str,
    name: str = "network",
    task: Task | None = None,
    int8: bool = True,
    seed: int = 0,
    **options: Any,
) -> TrainedModel:
    """Return a network as it begins, to learn what it costs before it is trained.

    Parameters
    ----------
    table : FeatureTable
        What it would be trained on.
    family, name, task, int8, seed
        See `fit_network`.
    **options
        Of the architecture; those of its training are not looked at.

    Returns
    -------
    TrainedModel
        That costs what the trained one costs.

    Raises
    ------
    ValueError, TypeError
        See `fit_network`.
    """
    require_seed(seed, family=family)
    require_table(table, family=family, at_least=_MIN_WINDOWS)
    training = signature(fit_network).parameters
    if family == "autoencoder":  # its own trainer calls widths by another name
        training = signature(fit_autoencoder).parameters
        options = {"widths": options.get("hidden", (16, 8, 16))} | options
    own = {key: v for key, v in options.items() if key not in training}
    network = _new(table, family, task, seed, own).scaled(table)
    return model_of(network, table, name=name, seed=seed, int8=int8)


def _new(
    table: FeatureTable,
    family: str,
    task: Task | None,
    seed: int,
    options: dict[str, Any],
) -> Network:
    """Build the network that fits the task and the shape of a table."""
    made = "anomaly" if family in _ANOMALY and task is None else task_of(table, task)
    n_outputs = 1
    if made == "classification":
        n_outputs = len(require_classes(table, family=family))
    elif made == "regression":
        require_target(table, family=family)
    shape = table.shape or (len(table.names),)
    return Network.new(family, shape, n_outputs, made, seed, **options)


def model_of(
    network: Network,
    table: FeatureTable,
    *,
    name: str = "network",
    seed: int = 0,
    int8: bool = True,
    classes: Sequence[str] = (),
    family: str = "",
    params: dict[str, str] | None = None,
) -> TrainedModel:
    """Make a portable model of a network.

    Parameters
    ----------
    network : Network
        Trained, or untrained to learn what it costs.
    table : FeatureTable
        What it was trained on: names of classes or of the target, lineage, and windows
        to quantise by.
    name : str
        C identifier of the model.
    seed : int
        Draws the windows; recorded.
    int8 : bool
        Whether it carries up to 512 windows for quantisation.
    classes : sequence of str
        Order of the outputs; the labels of the table in alphabetical order if empty.
    family : str
        Recorded; the architecture if empty.
    params : dict of str
        Settings of the training, recorded beside the network's own.

    Returns
    -------
    TrainedModel

    Raises
    ------
    ValueError
        If the table has another number of classes than the network.
    """
    outputs: tuple[str, ...] = (name,)
    if network.task == "classification":
        outputs = tuple(classes) or tuple(np.unique(table.label).tolist())
        if len(outputs) != network.n_outputs:
            raise ValueError(
                f"{network.architecture}: classes {', '.join(outputs)}, expected "
                f"{network.n_outputs}"
            )
    elif network.task == "regression":
        outputs = (table.target_name or name,)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(table.x))[:_CALIBRATION])
    own = {key: _text(value) for key, value in network.options.items()}
    return TrainedModel(
        name=name,
        family=family or network.architecture,
        kind=_KINDS[network.task],
        onnx=network.onnx(),
        outputs=outputs,
        n_features=len(table.names),
        calibration=np.ascontiguousarray(table.x[chosen]) if int8 else None,
        params=own | (params or {}),
        table_hash=table.hash,
        contract_id=table.contract_id,
        seed=seed,
        network=network,
    )


_KINDS: dict[Task, Literal["class", "score", "values"]] = {
    "classification": "class",
    "regression": "values",
    "anomaly": "score",
}


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
