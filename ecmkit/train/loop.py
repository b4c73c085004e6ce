"""The one training loop of networks: stops early, survives a kill, repeats by seed."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import DataError, EcmError, FormatError
from ecmkit.features.table import FeatureTable
from ecmkit.formats import content_hash, write_atomic
from ecmkit.train.autoencoder import held_out
from ecmkit.train.network import Network, quiet_torch

__all__ = ["Loss", "Metrics", "Precision", "Schedule", "Stopped", "train_network"]

Metrics = dict[str, float]
Loss = Callable[[Any, Any, Any], Any]
"""Of outputs, targets (class numbers, values, or None) and numbers of the rows."""
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Schedule = Literal["cosine", "constant"]

_VERSION = 1
_HELD_BATCH = 1024


class Stopped(EcmError):  # noqa: N818 - not an error of anyone
    """A callback ended the training; there is no model."""


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """All that decides the result besides network, table and hooks."""

    seed: int
    epochs: int
    patience: int
    batch: int
    learning_rate: float
    weight_decay: float
    schedule: Schedule
    class_weight: Literal["balanced"] | None
    precision: Precision
    threads: int


def train_network(
    network: Network,
    table: FeatureTable,
    *,
    seed: int,
    held: NDArray[np.bool_] | None = None,
    epochs: int = 60,
    patience: int = 15,
    batch: int = 32,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-4,
    schedule: Schedule = "cosine",
    class_weight: Literal["balanced"] | None = "balanced",
    classes: Sequence[str] = (),
    precision: Precision = "auto",
    threads: int = 1,
    loss: Loss | None = None,
    prepare: Callable[[Any], None] | None = None,
    after_step: Callable[[Any], None] | None = None,
    callback: Callable[[int, Metrics], None] | None = None,
    checkpoint: Path | None = None,
    progress: bool = False,
) -> Network:
    """Go on training a network; the weights of its best epoch are kept.

    Parameters
    ----------
    network : Network
        Where to start, with its scaler (`Network.scaled`).
    table : FeatureTable
        Rows to learn from and those held out; labels for classification, the target
        for regression, neither for anomalies.
    seed : int
        Decides the order of rows and all noise.
    held : ndarray of bool, shape (n_windows,), optional
        Rows that decide which epoch is best and are not trained on; the last fifth of
        each recording if left out. Without any the last epoch is kept.
    epochs, patience : int
        Passes over the rows at most, and passes without improvement to the end.
    batch : int
        Rows in a step.
    learning_rate, weight_decay : float
        Of AdamW.
    schedule : {"cosine", "constant"}
        Of the learning rate over the epochs.
    class_weight : {"balanced"} or None
        Whether rare classes count more in the loss.
    classes : sequence of str
        Order of the outputs; the labels of the table in alphabetical order if empty.
    precision : {"auto", "float32", "bfloat16", "float16"}
        Of products; ``auto`` is float32 on the processor and what a graphics card has.
    threads : int
        Of PyTorch on the processor; another number may give other last bits.
    loss : callable, optional
        Replaces the loss, see `Loss`; for distillation.
    prepare, after_step : callable, optional
        Told the module before training and after each step, when gradients are still
        there; for fake quantisation and masks.
    callback : callable, optional
        Told the number of each epoch, from 1, and its ``loss``, ``held_loss`` and
        ``held_score`` (balanced accuracy, or root mean squared error in the unit of the
        target) once the checkpoint holds it. What it raises, such as `Stopped`, ends
        the training.
    checkpoint : Path, optional
        File from which training goes on where it was killed; the result is that of a
        run without interruption. Written anew after each epoch. That `loss` and hooks
        are the same is the caller's to see to.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If table and network do not fit, a setting is out of range, or the training
        diverges.
    DataError
        If the checkpoint is of another training.
    FormatError
        If the checkpoint cannot be read.

    Notes
    -----
    Several graphics cards share each batch. On one machine, one seed gives one result.
    """
    settings = _Settings(
        seed=seed, epochs=epochs, patience=patience, batch=batch,
        learning_rate=learning_rate, weight_decay=weight_decay, schedule=schedule,
        class_weight=class_weight, precision=precision, threads=threads,
    )  # fmt: skip
    _check_settings(settings)
    mask = held_out(table) if held is None else np.asarray(held, bool)
    wanted = _targets(network, table, mask, classes)
    with quiet_torch(seed, threads), _bar(epochs, show=progress) as advance:
        run = _Run(network, table, mask, wanted, settings)
        if prepare is not None:
            prepare(run.module)
        run.loss, run.after_step = loss or run.loss, after_step
        identity = content_hash(
            network.hash, table.hash, mask, list(classes), repr(settings)
        )
        if checkpoint is not None and checkpoint.exists():
            run.restore(checkpoint, identity)
        advance(run.epoch)
        while not run.done:
            metrics = run.one_epoch()
            if checkpoint is not None:
                run.save(checkpoint, identity)
            if callback is not None:
                callback(run.epoch, metrics)
            advance(run.epoch)
        return run.result()


class _Run:
    """Everything that changes while a network is trained."""

    def __init__(
        self,
        network: Network,
        table: FeatureTable,
        held: NDArray[np.bool_],
        wanted: NDArray[Any] | None,
        settings: _Settings,
    ) -> None:
        import torch

        self.torch, self.network, self.settings = torch, network, settings
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.module = network.module().to(self.device)
        self.spread = self.module
        if _cards(torch) > 1:
            self.spread = torch.nn.DataParallel(self.module)
        rows = np.ascontiguousarray(table.x.reshape(-1, *network.shape))
        self.x = torch.from_numpy(rows).to(self.device)
        self.y: Any = (
            None if wanted is None else torch.from_numpy(wanted).to(self.device)
        )
        self.train_rows = torch.from_numpy(np.flatnonzero(~held))
        self.held_rows = torch.from_numpy(np.flatnonzero(held))
        self.adam = torch.optim.AdamW(
            self.module.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
        )
        self.low = _low_precision(torch, settings.precision, self.device)
        self.gradients = torch.amp.GradScaler(
            self.device, enabled=self.low is torch.float16
        )
        self.loss: Loss = self._loss_of_task()
        self.after_step: Callable[[Any], None] | None = None
        self.epoch, self.since, self.best = 0, 0, math.inf
        self.best_state: dict[str, Any] = {}

    def _loss_of_task(self) -> Loss:
        torch, task = self.torch, self.network.task
        functional = torch.nn.functional
        if task == "anomaly":
            return lambda out, y, rows: out.mean()
        if task == "regression":
            sd = self.network.target_sd
            return lambda out, y, rows: functional.mse_loss(out / sd, y / sd)
        weight = None
        if self.settings.class_weight:
            known = self.y[self.train_rows.to(self.device)]
            counts = torch.bincount(known, minlength=self.network.n_outputs)
            weight = len(known) / (counts.clamp(min=1) * len(counts)).float()
        return lambda out, y, rows: functional.cross_entropy(out, y, weight=weight)

    @property
    def done(self) -> bool:
        """Whether no epoch is left, or none that would help."""
        return self.epoch >= self.settings.epochs or (
            self.since >= self.settings.patience
        )

    def one_epoch(self) -> Metrics:
        """Pass over all rows once and judge the result."""
        torch, at = self.torch, self.settings
        if at.schedule == "cosine":
            share = 0.5 * (1.0 + math.cos(math.pi * self.epoch / at.epochs))
            for group in self.adam.param_groups:
                group["lr"] = at.learning_rate * share
        self.module.train()
        order = self.train_rows[torch.randperm(len(self.train_rows))]
        batches = [rows for rows in order.split(at.batch) if len(rows) > 1] or [order]
        total, n = 0.0, 0
        for rows in batches:
            self.adam.zero_grad()
            loss = self._forward(rows)[0]
            self.gradients.scale(loss).backward()
            self.gradients.step(self.adam)
            self.gradients.update()
            if self.after_step is not None:
                self.after_step(self.module)
            total, n = total + float(loss.detach()) * len(rows), n + len(rows)
        self.module.eval()
        metrics = {"loss": total / n, **self._judged()}
        self.epoch += 1
        self.since += 1
        value = metrics.get("held_loss", -float(self.epoch))
        if value < self.best and math.isfinite(metrics["loss"]):
            self.best, self.since = value, 0
            state = self.module.state_dict()
            self.best_state = {key: v.detach().clone() for key, v in state.items()}
        return metrics

    def _forward(self, rows: Any) -> tuple[Any, Any]:
        """Loss and outputs of some rows."""
        torch = self.torch
        on = rows.to(self.device)
        y = None if self.y is None else self.y[on]
        with torch.autocast(self.device, dtype=self.low, enabled=self.low is not None):
            out = self.spread(self.x[on])
        out = out.float()
        return self.loss(out, y, rows), out

    def _judged(self) -> Metrics:
        """Loss and score of the rows that are held out."""
        if not len(self.held_rows):
            return {}
        total, outs = 0.0, []
        with self.torch.no_grad():
            for rows in self.held_rows.split(_HELD_BATCH):
                loss, out = self._forward(rows)
                total += float(loss) * len(rows)
                outs.append(out)
        made = {"held_loss": total / len(self.held_rows)}
        out = self.torch.cat(outs)
        if self.network.task == "anomaly":
            return made
        y = self.y[self.held_rows.to(self.device)]
        if self.network.task == "regression":
            return made | {"held_score": float(((out - y) ** 2).mean().sqrt())}
        hits = (out.argmax(1) == y).double()
        shares = [float(hits[y == k].mean()) for k in y.unique()]
        return made | {"held_score": sum(shares) / len(shares)}

    def save(self, path: Path, identity: str) -> None:
        """Write all that the next epoch depends on; the old file stays until then."""
        file = BytesIO()
        cards = _cards(self.torch)
        state = {
            "version": _VERSION,
            "identity": identity,
            "epoch": self.epoch,
            "since": self.since,
            "best": self.best,
            "best_state": self.best_state,
            "module": self.module.state_dict(),
            "adam": self.adam.state_dict(),
            "gradients": self.gradients.state_dict(),
            "random": self.torch.get_rng_state(),
            "random_of_cards": self.torch.cuda.get_rng_state_all() if cards else [],
        }
        self.torch.save(state, file)
        write_atomic(path, file.getvalue())

    def restore(self, path: Path, identity: str) -> None:
        """Go back to where a file was written."""
        try:
            state = self.torch.load(path, map_location="cpu", weights_only=True)
            version, found = state["version"], state["identity"]
        except Exception as error:  # whatever the bytes make the reader run into
            raise FormatError(f"{path}: not a checkpoint: {error}") from error
        if version != _VERSION:
            raise FormatError(f"{path}: version {version}, expected {_VERSION}")
        if found != identity:
            raise DataError(
                f"{path}: of another training (network, table, held-out rows or "
                "settings differ), expected the one that is resumed; delete the file "
                "to begin anew"
            )
        self.module.load_state_dict(state["module"])
        self.adam.load_state_dict(state["adam"])
        self.gradients.load_state_dict(state["gradients"])
        self.epoch, self.since = state["epoch"], state["since"]
        self.best, self.best_state = state["best"], state["best_state"]
        self.torch.set_rng_state(state["random"])
        if state["random_of_cards"]:
            self.torch.cuda.set_rng_state_all(state["random_of_cards"])

    def result(self) -> Network:
        """Return the network of the best epoch."""
        if not self.best_state:
            raise ValueError(
                f"{self.network.architecture}: training diverged; lower learning_rate"
            )
        self.module.load_state_dict(self.best_state)
        return self.network.with_module(self.module)


def _check_settings(settings: _Settings) -> None:
    for key in ("epochs", "patience", "batch", "threads"):
        if getattr(settings, key) < 1:
            raise ValueError(f"{key} {getattr(settings, key)}, expected at least 1")
    if not settings.learning_rate > 0.0 or not settings.weight_decay >= 0.0:
        raise ValueError(
            f"learning_rate {settings.learning_rate}, weight_decay "
            f"{settings.weight_decay}: expected above 0, and 0 or more"
        )
    for key, kind in (("schedule", Schedule), ("precision", Precision)):
        if getattr(settings, key) not in get_args(kind):
            raise ValueError(
                f"{key} {getattr(settings, key)!r}, expected one of "
                f"{', '.join(get_args(kind))}"
            )


def _targets(
    network: Network,
    table: FeatureTable,
    held: NDArray[np.bool_],
    classes: Sequence[str],
) -> NDArray[Any] | None:
    """Return what it is to give for each row: class numbers, values or nothing."""
    name = network.architecture
    n = math.prod(network.shape)
    if table.x.shape[1] != n:
        raise ValueError(
            f"{name}: {table.x.shape[1]} features, expected {n} for shape "
            f"{network.shape}"
        )
    if held.shape != (len(table.x),):
        raise ValueError(f"held has shape {held.shape}, expected ({len(table.x)},)")
    if np.count_nonzero(~held) < 2:
        raise ValueError(
            f"{name}: {np.count_nonzero(~held)} windows to learn from beside "
            f"{np.count_nonzero(held)} held out, expected at least 2"
        )
    if network.task == "anomaly":
        return None
    if network.task == "regression":
        if table.target is None or network.n_outputs != 1:
            raise ValueError(f"{name}: expected a table with a target, and one output")
        return np.ascontiguousarray(table.target[:, None], np.float32)
    names = list(classes) or np.unique(table.label).tolist()
    unknown = sorted(set(table.label.tolist()) - set(names))
    if len(names) != network.n_outputs or unknown:
        raise ValueError(
            f"{name}: labels {sorted(set(table.label.tolist()))}, expected "
            f"{network.n_outputs} classes{f' out of {names}' if unknown else ''}"
        )
    numbers = {label: i for i, label in enumerate(names)}
    return np.array([numbers[label] for label in table.label.tolist()], np.int64)


def _cards(torch: Any) -> int:
    """Count the graphics cards."""
    return int(torch.cuda.device_count())


def _low_precision(torch: Any, precision: Precision, device: str) -> Any:
    """Return the narrow type of products, or None for float32."""
    if precision == "auto":
        if device == "cpu":
            return None
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return None if precision == "float32" else getattr(torch, precision)


@contextmanager
def _bar(epochs: int, *, show: bool) -> Iterator[Callable[[int], None]]:
    """Bar on stderr that is told how many epochs are done."""
    if not show:
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("training", total=epochs)
        yield lambda done: bar.update(task, completed=done)
