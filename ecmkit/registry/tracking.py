"""The thin layer over MLflow: quiet, offline, and with ecmkit's errors."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from ecmkit.errors import EcmError

__all__ = [
    "artifacts_of",
    "connect",
    "database_uri",
    "experiment_of",
    "local_path",
    "log_numbers",
    "speaking",
    "spread",
    "write_files",
]

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # It would print the address of each run where programs read JSON.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_FILE = "mlflow.db"
_BATCH = 100
"""Parameters that MLflow takes in one call; of metrics it takes ten times as many."""


def connect(uri: str) -> Any:
    """Open a tracking and registry store.

    Parameters
    ----------
    uri : str
        As MLflow takes it, such as ``sqlite:///...`` or ``http://...``.

    Returns
    -------
    mlflow.tracking.MlflowClient
        Without telemetry, progress bars and messages below warnings.

    Raises
    ------
    EcmError
        If the store cannot be opened.
    """
    for key, value in _QUIET.items():
        os.environ.setdefault(key, value)
    from mlflow.tracking import MlflowClient

    # MLflow sets a level of its own at import, and talks while it makes its tables.
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with speaking(f"open {uri}"):
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def database_uri(root: Path) -> str:
    """Database of a local registry, created aside and renamed if it is new.

    The first use of a database runs MLflow's migrations for seconds; an interrupt
    must not leave a half-migrated one behind.

    Parameters
    ----------
    root : Path
        Folder of the registry; it is created.

    Returns
    -------
    str
        ``sqlite:///...``.
    """
    root.mkdir(parents=True, exist_ok=True)
    target = root / _FILE
    if not target.exists():
        aside = Path(tempfile.mkdtemp(dir=root, prefix=".new."))
        try:
            fresh = aside / _FILE
            client = connect(f"sqlite:///{fresh}")
            with speaking(f"create {target}"):
                client.search_experiments()
            # A second creator may have been faster; its database is as good.
            if not target.exists():
                fresh.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return f"sqlite:///{target}"


@contextmanager
def speaking(what: str) -> Iterator[None]:
    """Turn errors of MLflow and its database into `EcmError` that says what failed."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError) as error:
        raise EcmError(f"registry: cannot {what}: {error}") from error


def log_numbers(
    client: Any,
    run_id: str,
    params: Mapping[str, str],
    metrics: Sequence[tuple[str, float, int]],
) -> None:
    """Write parameters, and metrics with their steps, in few calls: each one is slow.

    Parameters
    ----------
    client : MlflowClient
        From `connect`.
    run_id : str
        The run.
    params : mapping of str to str
        Settings.
    metrics : sequence of (str, float, int)
        Name, value, step.
    """
    from mlflow.entities import Metric, Param

    numbers = [Metric(key, value, 0, step) for key, value, step in metrics]
    texts = [Param(key, value) for key, value in params.items()]
    for start in range(0, max(len(numbers), len(texts)), _BATCH):
        part = slice(start, start + _BATCH)
        client.log_batch(run_id, metrics=numbers[part], params=texts[part])


def write_files(client: Any, run_id: str, files: Mapping[str, bytes]) -> None:
    """Store bytes as artifacts of a run, by relative path."""
    with tempfile.TemporaryDirectory(prefix="ecmkit-registry-") as folder:
        spread(files, Path(folder))
        client.log_artifacts(run_id, folder)


def spread(files: Mapping[str, bytes], folder: Path) -> None:
    """Write bytes below a folder, by relative path.

    Raises
    ------
    ValueError
        If a path leads out of the folder.
    """
    for name, data in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"file name {name!r}: expected a relative path")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def experiment_of(client: Any, name: str, artifacts: str | None) -> str:
    """Id of an experiment, made if need be.

    Parameters
    ----------
    client : MlflowClient
        From `connect`.
    name : str
        Of the experiment.
    artifacts : str or None
        Address of the folder for the files of all; None leaves it to the server.
    """
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    place = f"{artifacts}/{name}" if artifacts else None
    return str(client.create_experiment(name, artifact_location=place))


def artifacts_of(address: str) -> str | None:
    """Address of the folder for files beside an SQLite database; None for others."""
    _, found, path = address.partition("sqlite:///")
    return (Path(path).resolve().parent / "artifacts").as_uri() if found else None


def local_path(uri: str) -> Path | None:
    """Path of a ``file:`` address on this machine, or None for another scheme."""
    parts = urlparse(uri)
    if parts.scheme not in ("", "file"):
        return None
    return Path(unquote(parts.path))
