"""Trackers: one thin protocol for whoever keeps the numbers of a training."""

import math
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from ecmkit.errors import MissingError
from ecmkit.registry.tracking import (
    artifacts_of,
    connect,
    database_uri,
    experiment_of,
    log_numbers,
    spread,
    write_files,
)

__all__ = [
    "MlflowTracker",
    "NoTracker",
    "Tracker",
    "WandbTracker",
    "open_tracker",
    "trackers",
]

_TRACKERS = {
    "mlflow": "ecmkit.registry.trackers:MlflowTracker",
    "none": "ecmkit.registry.trackers:NoTracker",
    "wandb": "ecmkit.registry.trackers:WandbTracker",
}
_HELD = 500
"""Metrics that wait at most before they are written."""
_HELD_S = 5.0


class Tracker(Protocol):
    """Keeps one run: settings, numbers over time, files."""

    def log_params(self, params: Mapping[str, str]) -> None:
        """Keep settings."""

    def log_metrics(self, metrics: Mapping[str, float], *, step: int = 0) -> None:
        """Keep numbers of a step, such as an epoch; steps do not fall."""

    def log_files(self, files: Mapping[str, bytes]) -> None:
        """Keep files by relative path."""

    def close(self, *, failed: bool = False) -> None:
        """Write what waits, and end the run."""


def trackers() -> dict[str, str]:
    """Name and ``"module:class"`` of each tracker, those of other packages included.

    Other packages join through entry points of the group ``ecmkit.trackers``.

    Examples
    --------
    >>> sorted(trackers())
    ['mlflow', 'none', 'wandb']
    """
    found = entry_points(group="ecmkit.trackers")
    return {point.name: point.value for point in found} | _TRACKERS


@contextmanager
def open_tracker(
    tracker: str, *, project: str, run: str, place: Path | str = "runs"
) -> Iterator[Tracker]:
    """Track one run inside the block; a block that raises is a failed run.

    Parameters
    ----------
    tracker : str
        One of `trackers`.
    project, run : str
        What the run belongs to, and its name.
    place : Path or str
        Folder to write to; for MLflow also the address of a server or database.

    Yields
    ------
    Tracker

    Raises
    ------
    ValueError
        If there is no such tracker.
    MissingError
        If its package is not installed.

    Examples
    --------
    >>> with open_tracker("none", project="pump", run="first") as kept:
    ...     kept.log_metrics({"loss": 0.3}, step=1)
    """
    known = trackers()
    if tracker not in known:
        raise ValueError(
            f"tracker {tracker!r}: expected one of {', '.join(sorted(known))}"
        )
    module, _, name = known[tracker].partition(":")
    made: Tracker = getattr(import_module(module), name)(project, run, place)
    try:
        yield made
    except BaseException:
        made.close(failed=True)
        raise
    made.close()


class NoTracker:
    """Keeps nothing."""

    def __init__(self, project: str, run: str, place: Path | str) -> None:
        pass

    def log_params(self, params: Mapping[str, str]) -> None:
        """Keep nothing."""

    def log_metrics(self, metrics: Mapping[str, float], *, step: int = 0) -> None:
        """Keep nothing."""

    def log_files(self, files: Mapping[str, bytes]) -> None:
        """Keep nothing."""

    def close(self, *, failed: bool = False) -> None:
        """End nothing."""


class MlflowTracker:
    """A run of MLflow; numbers are written in batches, since each call is slow.

    Parameters
    ----------
    project, run : str
        Experiment, and name of the run.
    place : Path or str
        As for `Registry`.
    """

    def __init__(self, project: str, run: str, place: Path | str) -> None:
        if isinstance(place, str) and "://" in place:
            self._client = connect(place)
            artifacts = artifacts_of(place)
        else:
            folder = Path(place).resolve()
            self._client = connect(database_uri(folder))
            artifacts = (folder / "artifacts").as_uri()
        experiment = experiment_of(self._client, project, artifacts)
        made = self._client.create_run(experiment, run_name=run)
        self.run_id = str(made.info.run_id)
        """Id of the run."""
        self._waiting: list[tuple[str, float, int]] = []
        self._since = time.monotonic()

    def log_params(self, params: Mapping[str, str]) -> None:
        """Keep settings."""
        log_numbers(self._client, self.run_id, params, [])

    def log_metrics(self, metrics: Mapping[str, float], *, step: int = 0) -> None:
        """Keep numbers; at the latest `close` writes them."""
        self._waiting += [(key, value, step) for key, value in _finite(metrics).items()]
        if len(self._waiting) >= _HELD or time.monotonic() - self._since > _HELD_S:
            self._write()

    def log_files(self, files: Mapping[str, bytes]) -> None:
        """Keep files by relative path."""
        write_files(self._client, self.run_id, files)

    def close(self, *, failed: bool = False) -> None:
        """Write what waits, and end the run."""
        self._write()
        self._client.set_terminated(self.run_id, "FAILED" if failed else "FINISHED")

    def _write(self) -> None:
        log_numbers(self._client, self.run_id, {}, self._waiting)
        self._waiting, self._since = [], time.monotonic()


class WandbTracker:
    """A run of Weights & Biases; ``WANDB_MODE=offline`` needs neither account nor net.

    Parameters
    ----------
    project, run : str
        Project, and name of the run.
    place : Path or str
        Folder that holds ``wandb/``; it is created.
    """

    def __init__(self, project: str, run: str, place: Path | str) -> None:
        try:
            import wandb
        except ModuleNotFoundError as error:
            raise MissingError(
                "no Python package 'wandb': `pip install ecmkit[wandb]`"
            ) from error
        Path(place).mkdir(parents=True, exist_ok=True)
        self._wandb: Any = wandb
        self._name = re.sub(r"[^A-Za-z0-9_.-]", "-", run)
        self._run: Any = wandb.init(project=project, name=run, dir=str(place))

    def log_params(self, params: Mapping[str, str]) -> None:
        """Keep settings."""
        self._run.config.update(dict(params))

    def log_metrics(self, metrics: Mapping[str, float], *, step: int = 0) -> None:
        """Keep numbers."""
        self._run.log(_finite(metrics), step=step)

    def log_files(self, files: Mapping[str, bytes]) -> None:
        """Keep files as one artifact."""
        artifact = self._wandb.Artifact(self._name, type="model")
        with tempfile.TemporaryDirectory(prefix="ecmkit-wandb-") as folder:
            spread(files, Path(folder))
            artifact.add_dir(folder)
            self._run.log_artifact(artifact)

    def close(self, *, failed: bool = False) -> None:
        """End the run."""
        self._run.finish(exit_code=int(failed))


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    bad = [key for key, value in metrics.items() if not math.isfinite(value)]
    if bad:
        raise ValueError(f"metrics {', '.join(bad)} are not finite")
    return dict(metrics)
