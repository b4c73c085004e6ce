"""The registry: trainings, released packages, aliases and retrain requests."""

import hashlib
import math
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ecmkit.errors import EcmError, FormatError
from ecmkit.formats import content_hash, nearest, write_atomic
from ecmkit.registry.environment import environment
from ecmkit.registry.records import (
    Environment,
    ModelVersion,
    RetrainRequest,
    TrainingRecord,
)
from ecmkit.registry.tracking import (
    artifacts_of,
    connect,
    database_uri,
    experiment_of,
    local_path,
    log_numbers,
    speaking,
    write_files,
)

__all__ = ["ALIASES", "NAME", "Registry"]

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
"""Names that models may have."""
ALIASES = ("champion", "challenger", "shadow")
"""In service; next in line, judged against it; run beside it without a say."""
_COMPLETE = "ecmkit.complete"
_STATUS = "ecmkit.status"
_HASH = "ecmkit.package_hash"
_FOLDER = "ecmkit.package_folder"
_CARD = "model-card.md"
_SERVED = "artifacts/model"
"""Of an MLflow model, where `graph.write_pyfunc` puts the models."""
_ABOUT = 1000
"""Longest description of a version."""


class Registry:
    """A registry of models over MLflow, local by default.

    MLflow writes piece by piece; each record is marked complete as its last step, and
    whatever is not marked is invisible here.

    Parameters
    ----------
    root : Path or str
        Folder that holds ``mlflow.db`` and ``artifacts/``, created if need be; or the
        address of an MLflow server (``http://...``) or database (``sqlite:///...``).
        Files go beside an SQLite database, and where a server puts them; another
        database alone has no place for them but ``mlruns`` where the writer stands.

    Raises
    ------
    EcmError
        If the store cannot be opened.
    """

    def __init__(self, root: Path | str) -> None:
        if isinstance(root, str) and "://" in root:
            self._artifacts = artifacts_of(root)
            self._mark = root
            self._client = connect(root)
        else:
            folder = Path(root).resolve()
            self._client = connect(database_uri(folder))
            self._artifacts = (folder / "artifacts").as_uri()
            self._mark = _mark_of(folder)

    @property
    def mark(self) -> str:
        """Name of this store: an emptied or another one has another name."""
        return self._mark

    # ---- trainings ----

    def log_training(
        self,
        record: TrainingRecord,
        *,
        files: Mapping[str, bytes],
        curves: Mapping[str, Sequence[float]] | None = None,
    ) -> str:
        """Record a training, and what it ran in.

        Parameters
        ----------
        record : TrainingRecord
            Settings, results and lineage.
        files : mapping of str to bytes
            Such as ``{"model.onnx": ..., "confusion.png": ...}``.
        curves : mapping of str to sequence of float, optional
            Values epoch by epoch, such as ``{"loss": [0.9, 0.4]}``; all finite.

        Returns
        -------
        str
            Id of the run.

        Raises
        ------
        ValueError
            If the name is not one MLflow takes, or a metric is not finite.
        EcmError
            If the store refuses.
        """
        name = _checked(record.name)
        steps = [(key, value, 0) for key, value in record.metrics.items()]
        for key, values in (curves or {}).items():
            if key in record.metrics:
                raise ValueError(f"curve {key!r}: found a metric of that name")
            steps += [(key, value, at) for at, value in enumerate(values)]
        bad = sorted({key for key, value, _ in steps if not math.isfinite(value)})
        if bad:
            raise ValueError(f"metrics {', '.join(bad)} of {name!r} are not finite")
        lineage = {
            "ecmkit.family": record.family,
            "ecmkit.data_hash": record.data_hash,
            "ecmkit.plan_hash": record.plan_hash,
            "ecmkit.contract_id": record.contract_id,
            "ecmkit.table_hash": record.table_hash,
            "ecmkit.model_hash": record.model_hash,
            "ecmkit.code_version": record.code_version,
            "ecmkit.seed": str(record.seed),
        }
        around = environment()
        lineage["ecmkit.python"] = around.python
        lineage["ecmkit.platform"] = f"{around.system} {around.machine}"
        stored = {
            "training.json": _json(record),
            "environment.json": _json(around),
            **files,
        }
        with self._new_run(name, lineage) as run_id:
            log_numbers(self._client, run_id, record.params, steps)
            write_files(self._client, run_id, stored)
        return run_id

    def training(self, run_id: str) -> TrainingRecord:
        """Read back what `log_training` recorded.

        Raises
        ------
        ValueError
            If there is no complete run of that id.
        """
        data = self._read(run_id, "training.json")
        return _decoded(data, TrainingRecord, f"run {run_id}")

    def environment(self, run_id: str) -> Environment | None:
        """Read back what a training ran in; None if it was not recorded yet then.

        Raises
        ------
        ValueError
            If there is no complete run of that id.
        """
        if "ecmkit.python" not in self._require_run(run_id).data.tags:
            return None
        data = self._read(run_id, "environment.json")
        return _decoded(data, Environment, f"run {run_id}")

    # ---- packages ----

    def register(
        self,
        name: str,
        *,
        run_id: str,
        package_dir: Path,
        served_dir: Path | None = None,
        card: str = "",
    ) -> int:
        """Add a package as the next version of a model.

        Parameters
        ----------
        name : str
            Name of the registered model.
        run_id : str
            The training that it comes from.
        package_dir : Path
            Folder of the package; all its files are stored.
        served_dir : Path, optional
            The same models as an MLflow model, as `graph.write_pyfunc` writes them:
            then ``mlflow models serve -m models:/<name>@champion`` works.
        card : str
            Model card in Markdown; its first paragraph describes the version.

        Returns
        -------
        int
            Version, from 1.

        Raises
        ------
        ValueError
            If the run is unknown or incomplete, or the folder holds no file.
        EcmError
            If the store refuses.
        """
        _checked(name)
        self._require_run(run_id)
        files = _files_of(package_dir)
        if not files:
            raise ValueError(f"package {package_dir}: expected a folder with files")
        digest = _package_hash(files)
        # A folder of its own: what an earlier version holds is never written again.
        place = f"versions/{digest[:16]}-{uuid.uuid4().hex[:8]}"
        stored = {f"{place}/package/{path}": data for path, data in files.items()}
        for path, data in (_files_of(served_dir) if served_dir else {}).items():
            stored[f"{place}/{path}"] = data
        if card:
            stored[f"{place}/{_CARD}"] = card.encode()
        with speaking(f"register {name!r}"):
            write_files(self._client, run_id, stored)
            if not self._is_registered(name):
                self._client.create_registered_model(name)
            made = self._client.create_model_version(
                name,
                source=f"runs:/{run_id}/{place}",
                run_id=run_id,
                tags={_HASH: digest, _FOLDER: f"{place}/package"},
                description=_about(card),
            )
            version = int(made.version)
            self._client.set_model_version_tag(name, str(version), _COMPLETE, "1")
        return version

    def fetch(self, name: str, version: int) -> Path:
        """Find the files of a version, unchanged since they were registered.

        Parameters
        ----------
        name : str
            Name of the registered model.
        version : int
            From `register` or `alias`.

        Returns
        -------
        Path
            Folder to read from; inside a local store it is the store's own copy.

        Raises
        ------
        ValueError
            If there is no such complete version.
        FormatError
            If the stored files differ from what was registered.
        """
        found = self._version(name, version)
        folder = self._run_folder(found.run_id, found.tags[_FOLDER])
        digest = _package_hash(_files_of(folder))
        if digest != found.tags[_HASH]:
            raise FormatError(
                f"{folder}: {name!r} version {version}: found content {digest}, "
                f"expected {found.tags[_HASH]}"
            )
        return folder

    def fetch_served(self, name: str, version: int) -> Path:
        """Find the models of a version in the form that a server takes.

        Parameters
        ----------
        name : str
            Name of the registered model.
        version : int
            From `register` or `alias`.

        Returns
        -------
        Path
            What `graph.read_served` reads, which checks it.

        Raises
        ------
        ValueError
            If there is no such complete version, or it was registered without.
        """
        found = self._version(name, version)
        place = found.tags[_FOLDER].rpartition("/")[0]
        with speaking(f"look for the served form of {name!r} version {version}"):
            files = self._client.list_artifacts(found.run_id, f"{place}/{_SERVED}")
        if not files:
            raise ValueError(
                f"{name!r} version {version} was registered without a served form"
            )
        return self._run_folder(found.run_id, f"{place}/{_SERVED}")

    def versions(self, name: str) -> tuple[int, ...]:
        """Complete versions of a model, rising; empty for an unknown name."""
        with speaking(f"list {name!r}"):
            found = self._client.search_model_versions(f"name = '{_checked(name)}'")
        return tuple(sorted(int(v.version) for v in found if _COMPLETE in v.tags))

    def names(self) -> tuple[str, ...]:
        """Models with a complete version, in alphabetical order."""
        names: list[str] = []
        token = None
        with speaking("list models"):
            while token is None or token:
                page = self._client.search_registered_models(page_token=token)
                names += [str(model.name) for model in page]
                token = page.token or ""
        return tuple(n for n in sorted(names) if NAME.fullmatch(n) and self.versions(n))

    def version(self, name: str, version: int) -> ModelVersion:
        """Return what is known of a version.

        Raises
        ------
        ValueError
            If there is no such complete version.
        """
        found = self._version(name, version)
        return ModelVersion(
            name=name,
            version=version,
            aliases=tuple(
                sorted(a for a, at in self.aliases(name).items() if at == version)
            ),
            run_id=str(found.run_id),
            package_hash=str(found.tags[_HASH]),
            created=datetime.fromtimestamp(found.creation_timestamp / 1000.0, UTC),
            about=str(found.description or ""),
        )

    def card(self, name: str, version: int) -> str:
        """Return the model card of a version, in Markdown; empty if it has none.

        Raises
        ------
        ValueError
            If there is no such complete version.
        """
        found = self._version(name, version)
        if not found.description:
            return ""
        place = str(found.tags[_FOLDER]).rpartition("/")[0]
        return self._read(found.run_id, f"{place}/{_CARD}").decode()

    def run_of(self, name: str, version: int) -> str:
        """Return the id of the training behind a version.

        Raises
        ------
        ValueError
            If there is no such complete version.
        """
        return str(self._version(name, version).run_id)

    # ---- aliases ----

    def promote(self, name: str, version: int, alias: str = "champion") -> None:
        """Point an alias at a version; promoting an older one rolls back.

        Parameters
        ----------
        name : str
            Name of the registered model.
        version : int
            From `register` or `versions`.
        alias : {"champion", "challenger", "shadow"}
            What it is to be.

        Raises
        ------
        ValueError
            If there is no such complete version, or no such alias.
        """
        self._version(name, _known_alias(alias, version))
        with speaking(f"promote {name!r} version {version} to {alias!r}"):
            self._client.set_registered_model_alias(name, alias, str(version))

    def alias(self, name: str, alias: str) -> int | None:
        """Version that an alias points at, or None if it points nowhere."""
        return self.aliases(name).get(alias)

    def aliases(self, name: str) -> dict[str, int]:
        """Version that each alias of a model points at."""
        if not self._is_registered(name):
            return {}
        with speaking(f"read {name!r}"):
            found = self._client.get_registered_model(name).aliases
        return {alias: int(found[alias]) for alias in ALIASES if alias in found}

    def withdraw(self, name: str, alias: str) -> None:
        """Let an alias point nowhere, such as ``shadow`` after a run beside.

        Raises
        ------
        ValueError
            If it points nowhere already, or there is no such alias.
        """
        if self.alias(name, _known_alias(alias, alias)) is None:
            raise ValueError(f"model {name!r} has no {alias}")
        with speaking(f"withdraw {alias!r} of {name!r}"):
            self._client.delete_registered_model_alias(name, alias)

    # ---- requests ----

    def request_retraining(self, request: RetrainRequest) -> str:
        """Store a request for a new model.

        Returns
        -------
        str
            Id of the request.

        Raises
        ------
        ValueError
            If the name is not one MLflow takes.
        EcmError
            If the store refuses.
        """
        experiment = f"{_checked(request.name)}/requests"
        tags = {
            _STATUS: "open",
            "ecmkit.reason": request.reason,
            "ecmkit.model_id": request.model_id,
            "ecmkit.contract_id": request.contract_id,
        }
        with self._new_run(experiment, tags) as run_id:
            write_files(self._client, run_id, {"request.json": _json(request)})
        return run_id

    def open_requests(self, name: str) -> dict[str, RetrainRequest]:
        """List the requests that no version has answered, by id, the oldest first.

        Raises
        ------
        FormatError
            If a stored request cannot be read.
        """
        experiment = f"{_checked(name)}/requests"
        with speaking(f"list requests of {name!r}"):
            found = self._client.get_experiment_by_name(experiment)
            if found is None:
                return {}
            runs = self._client.search_runs(
                [found.experiment_id],
                f"tags.`{_COMPLETE}` = '1' and tags.`{_STATUS}` = 'open'",
                max_results=1000,
            )
        requests = {run.info.run_id: self._request(run.info.run_id) for run in runs}
        return dict(sorted(requests.items(), key=lambda item: item[1].created))

    def close_request(self, request_id: str, *, version: int) -> None:
        """Mark a request as answered by a version.

        Raises
        ------
        ValueError
            If there is no such request, it is closed already, or the version does not
            exist.
        """
        run = self._require_run(request_id)
        status = run.data.tags.get(_STATUS)
        if status != "open":
            raise ValueError(
                f"request {request_id}: status {status or 'none'}, expected open"
            )
        self._version(self._request(request_id).name, version)
        with speaking(f"close request {request_id}"):
            self._client.set_tag(request_id, "ecmkit.answered_by", str(version))
            self._client.set_tag(request_id, _STATUS, "closed")

    # ---- inner ----

    @contextmanager
    def _new_run(self, experiment: str, tags: dict[str, str]) -> Iterator[str]:
        """Fill a run inside the block; only then it is marked complete."""
        with speaking(f"write to {experiment!r}"):
            own = experiment_of(self._client, experiment, self._artifacts)
            run = self._client.create_run(own, tags=tags)
            run_id = str(run.info.run_id)
            try:
                yield run_id
                self._client.set_tag(run_id, _COMPLETE, "1")
            except BaseException:
                self._client.set_terminated(run_id, status="FAILED")
                raise
            self._client.set_terminated(run_id)

    def _require_run(self, run_id: str) -> Any:
        try:
            with speaking(f"read run {run_id}"):
                run = self._client.get_run(run_id)
        except EcmError as error:
            raise ValueError(f"run {run_id!r}: {error}") from error
        if run.data.tags.get(_COMPLETE) != "1":
            raise ValueError(
                f"run {run_id!r} is incomplete: its writer was interrupted"
            )
        return run

    def _run_folder(self, run_id: str, path: str) -> Path:
        """Local folder of artifacts of a complete run."""
        run = self._require_run(run_id)
        here = local_path(run.info.artifact_uri)
        if here is not None:
            return here / path
        place = tempfile.mkdtemp(prefix="ecmkit-fetched-")
        with speaking(f"download run {run_id}"):
            return Path(self._client.download_artifacts(run_id, path, place))

    def _read(self, run_id: str, path: str) -> bytes:
        """Content of one file of a complete run."""
        run = self._require_run(run_id)
        here = local_path(run.info.artifact_uri)
        if here is not None:
            if not (here / path).is_file():
                raise ValueError(f"run {run_id!r} has no {path}")
            return (here / path).read_bytes()
        with (
            tempfile.TemporaryDirectory(prefix="ecmkit-read-") as place,
            speaking(f"download {path} of run {run_id}"),
        ):
            found = self._client.download_artifacts(run_id, path, place)
            return Path(found).read_bytes()

    def _request(self, run_id: str) -> RetrainRequest:
        data = self._read(run_id, "request.json")
        return _decoded(data, RetrainRequest, f"run {run_id}: request.json")

    def _is_registered(self, name: str) -> bool:
        with speaking(f"look {name!r} up"):
            found = self._client.search_registered_models(f"name = '{_checked(name)}'")
        return bool(found)

    def _version(self, name: str, version: int) -> Any:
        known = self.versions(name)
        if version not in known:
            raise ValueError(
                f"model {name!r} has no version {version}; it has "
                f"{', '.join(map(str, known)) or 'none'}"
            )
        with speaking(f"read {name!r} version {version}"):
            return self._client.get_model_version(name, str(version))


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"name {name!r}: expected {NAME.pattern}")
    return name


def _known_alias(alias: str, value: T) -> T:
    """Return `value` if there is such an alias."""
    if alias in ALIASES:
        return value
    hint = nearest(alias, ALIASES)
    raise ValueError(f"alias {alias!r}: expected one of {', '.join(ALIASES)}{hint}")


def _about(card: str) -> str:
    """First paragraph of a model card that is no heading, on one line."""
    for part in card.split("\n\n"):
        text = " ".join(part.split())
        if text and not text.startswith("#"):
            return text[:_ABOUT]
    return ""


def _json(record: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=2)


def _decoded(data: bytes, kind: type[T], where: str) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise FormatError(f"{where}: {error}") from error


def _files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their path relative to it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _package_hash(files: Mapping[str, bytes]) -> str:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return content_hash(digests)


def _mark_of(folder: Path) -> str:
    """Read the name of a local store, and give it one when it is new."""
    path = folder / "mark"
    if not path.exists():
        write_atomic(path, uuid.uuid4().hex)
    return path.read_text("utf-8")
