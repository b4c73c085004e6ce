"""Results of stages as files: arrays as npz, records as JSON, never a pickle."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.errors import FormatError
from ecmkit.features import FeatureTable
from ecmkit.graph import CompiledModel, Quantisation
from ecmkit.train import TrainedModel

__all__ = [
    "load_dataset",
    "load_model",
    "load_record",
    "load_table",
    "save_dataset",
    "save_model",
    "save_record",
    "save_table",
]

T = TypeVar("T")
_COLUMNS = ("x", "recording", "start", "label", "group")


def save_record(path: Path, record: object) -> None:
    """Write a msgspec record, or plain data, as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2))


def load_record(path: Path, kind: type[T]) -> T:
    """Read what `save_record` wrote.

    Raises
    ------
    FormatError
        Naming the file, if it is missing or damaged; as all that read here.
    """
    with _naming(path):
        return msgspec.json.decode(path.read_bytes(), type=kind)


def save_dataset(folder: Path, dataset: Dataset) -> None:
    """Write a dataset as ``samples.npz`` and ``recordings.json``."""
    arrays = {f"x{i}": r.x for i, r in enumerate(dataset)}
    np.savez(folder / "samples.npz", **arrays)  # type: ignore[arg-type]
    save_record(folder / "recordings.json", [(r.info, r.channels) for r in dataset])


def load_dataset(folder: Path) -> Dataset:
    """Read what `save_dataset` wrote."""
    rows = load_record(
        folder / "recordings.json", list[tuple[RecordingInfo, tuple[str, ...]]]
    )
    path = folder / "samples.npz"
    with _naming(path), np.load(path) as arrays:
        return Dataset(
            tuple(
                Recording(info=info, channels=channels, x=arrays[f"x{i}"])
                for i, (info, channels) in enumerate(rows)
            )
        )


def save_table(path: Path, table: FeatureTable) -> None:
    """Write a feature table as one npz file."""
    columns: dict[str, NDArray[Any]] = {c: getattr(table, c) for c in _COLUMNS}
    np.savez(
        path,
        names=np.array(table.names),
        units=np.array(table.units),
        contract_id=np.array(table.contract_id),
        **columns,  # type: ignore[arg-type]
    )


def load_table(path: Path) -> FeatureTable:
    """Read what `save_table` wrote."""
    with _naming(path), np.load(path) as stored:
        return FeatureTable(
            names=tuple(stored["names"].tolist()),
            units=tuple(stored["units"].tolist()),
            contract_id=str(stored["contract_id"]),
            **{column: stored[column] for column in _COLUMNS},
        )


class _ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    family: str
    kind: str
    outputs: tuple[str, ...]
    n_features: int
    params: dict[str, str]
    table_hash: str
    contract_id: str
    seed: int
    quantisation: Quantisation | None = None


def save_model(folder: Path, model: TrainedModel, compiled: CompiledModel) -> None:
    """Write a trained model and its C into a folder."""
    folder.mkdir()
    fields = {name: getattr(model, name) for name in _ModelFile.__struct_fields__}
    save_record(folder / "model.json", _ModelFile(**fields))
    (folder / "model.onnx").write_bytes(model.onnx)
    if model.calibration is not None:
        np.save(folder / "calibration.npy", model.calibration)
    save_record(folder / "compiled.json", compiled)
    (folder / f"{compiled.symbol}.c").write_text(compiled.source, "utf-8")


def load_model(folder: Path) -> tuple[TrainedModel, CompiledModel]:
    """Read what `save_model` wrote."""
    stored = load_record(folder / "model.json", _ModelFile)
    path, calibration = folder / "calibration.npy", None
    if path.exists():
        with _naming(path):
            calibration = np.load(path)
    path = folder / "model.onnx"
    with _naming(path):
        onnx = path.read_bytes()
    model = TrainedModel(
        onnx=onnx, calibration=calibration, **msgspec.structs.asdict(stored)
    )
    return model, load_record(folder / "compiled.json", CompiledModel)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file, whatever a parser raises on damaged bytes."""
    try:
        yield
    except Exception as error:
        kind = type(error).__name__
        raise FormatError(
            f"{path}: found a missing or damaged file ({kind}: {error}), expected "
            "the result of a stage; --fresh computes all stages again"
        ) from error
