"""Feature tables as Parquet files, written a part at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ecmkit.errors import FormatError
from ecmkit.features.optional import require
from ecmkit.features.table import FeatureTable
from ecmkit.formats import FeatureContract, replace_file, require_folder

__all__ = ["TableWriter", "load_features", "save_features", "table_writer"]

_ORIGIN = ("recording", "start", "label", "group")
_KEY = b"ecmkit.features"
_GROUP = 8192
"""Windows of a row group, or a few more: each costs a header for every column."""


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says about itself, as JSON in the metadata of its schema."""

    version: int = 1
    names: tuple[str, ...]
    units: tuple[str, ...]
    contract_id: str
    contract: FeatureContract | None = None


class TableWriter:
    """Writes windows to a Parquet file; made by `table_writer`."""

    def __init__(self, path: Path, contract: FeatureContract) -> None:
        self._path, self._contract = path, contract
        self._writer: Any = None
        self._waiting: list[Any] = []
        self._written = 0
        self.n_windows = 0
        """Windows given so far."""

    def write(self, table: FeatureTable) -> None:
        """Append the windows of a table; row groups are of `_GROUP` windows or more.

        Raises
        ------
        ValueError
            If the table is of another contract, has other columns than the first, or
            a target or shape, which files do not hold.
        """
        if table.contract_id != self._contract.id:
            raise ValueError(
                f"table: found contract {table.contract_id[:12]}, expected "
                f"{self._contract.id[:12]}"
            )
        if table.target is not None or table.shape:
            raise ValueError("table: found a target or a shape, which are set after it")
        if self._writer is None:
            parquet = require("pyarrow.parquet", "pyarrow", extra="data")
            self._header = _Header(
                names=table.names,
                units=table.units,
                contract_id=table.contract_id,
                contract=self._contract,
            )
            self._schema = _schema(self._header)
            self._writer = parquet.ParquetWriter(
                self._path,
                self._schema,
                compression="zstd",
                use_dictionary=[n for n in _ORIGIN if n != "start"],
            )
        if table.names != self._header.names:
            raise ValueError(
                f"table: found features {', '.join(table.names)}, expected "
                f"{', '.join(self._header.names)}"
            )
        if len(table.x):
            self._waiting.append(_arrow(table, self._schema))
            self.n_windows += len(table.x)
        if self.n_windows - self._written >= _GROUP:
            self._flush()

    def close(self) -> None:
        """Finish the file; a file without a table cannot be."""
        if self._writer is not None:
            self._flush()
            self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            pa = require("pyarrow", "pyarrow", extra="data")
            together = pa.concat_tables(self._waiting).unify_dictionaries()
            self._writer.write_table(together, row_group_size=len(together))
            self._waiting.clear()
            self._written = self.n_windows


@contextmanager
def table_writer(path: Path, contract: FeatureContract) -> Iterator[TableWriter]:
    """Write a feature table in parts; the file appears when all of it is there.

    Parameters
    ----------
    path : Path
        The file; its folder must exist. An existing one is replaced.
    contract : FeatureContract
        Of the features; it goes with them.

    Yields
    ------
    TableWriter
        Whose ``write`` takes tables of the same columns, at least one.

    Raises
    ------
    FormatError
        If the folder does not exist.
    MissingError
        If pyarrow is not installed.
    """
    require("pyarrow.parquet", "pyarrow", extra="data")
    require_folder(path)
    with replace_file(path) as aside:
        writer = TableWriter(aside, contract)
        try:
            yield writer
        finally:
            writer.close()


def save_features(path: Path, table: FeatureTable, contract: FeatureContract) -> None:
    """Write a whole feature table as Parquet; see `table_writer`."""
    with table_writer(path, contract) as writer:
        writer.write(table)


def load_features(path: Path) -> FeatureTable:
    """Read a feature table that was written as Parquet.

    Raises
    ------
    FormatError
        Naming the file, field, found and expected.
    MissingError
        If pyarrow is not installed.
    """
    parquet = require("pyarrow.parquet", "pyarrow", extra="data")
    if not Path(path).exists():
        raise FormatError(f"{path}: no such file")
    if Path(path).is_dir():
        raise FormatError(
            f"{path}: found a folder, expected a Parquet file of `ecmkit features "
            "extract`"
        )
    try:
        stored = parquet.read_table(path, memory_map=False)
    except Exception as error:
        kind = type(error).__name__
        raise FormatError(f"{path}: cannot be read: {kind}: {error}") from error
    text = (stored.schema.metadata or {}).get(_KEY)
    if text is None:
        raise FormatError(
            f"{path}: metadata: found no {_KEY.decode()}, expected a feature table"
        )
    try:
        header = msgspec.json.decode(text, type=_Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: {_KEY.decode()}: {error}") from error
    if header.version != 1:
        raise FormatError(f"{path}: version: found {header.version}, expected 1")
    expected = _schema(header)
    if not stored.schema.equals(expected):
        raise FormatError(
            f"{path}: columns: found {_names(stored)} of {len(stored.schema)} columns, "
            f"expected {', '.join(expected.names)}"
        )
    if any(column.null_count for column in stored.columns):
        raise FormatError(f"{path}: found nulls, expected a value in every window")
    x = np.empty((len(stored), len(header.names)), np.float32)
    for i, name in enumerate(header.names):
        x[:, i] = stored.column(name).to_numpy()
    origin: dict[str, Any] = {
        name: np.asarray(stored.column(name).to_pylist(), dtype=np.str_).reshape(-1)
        for name in ("recording", "label", "group")
    }
    return FeatureTable(
        x=x,
        names=header.names,
        units=header.units,
        start=stored.column("start").to_numpy().astype(np.int64),
        contract_id=header.contract_id,
        **origin,
    )


def _names(stored: Any) -> str:
    try:
        return ", ".join(stored.schema.names)
    except UnicodeDecodeError as error:
        return f"names that are no text ({error})"


def _schema(header: _Header) -> Any:
    pa = require("pyarrow", "pyarrow", extra="data")
    text = pa.dictionary(pa.int32(), pa.string())
    kinds = {name: pa.int64() if name == "start" else text for name in _ORIGIN}
    fields = [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]
    fields += [
        pa.field(name, pa.float32(), nullable=False, metadata={b"unit": unit.encode()})
        for name, unit in zip(header.names, header.units, strict=True)
    ]
    return pa.schema(fields, metadata={_KEY: msgspec.json.encode(header)})


def _arrow(table: FeatureTable, schema: Any) -> Any:
    pa = require("pyarrow", "pyarrow", extra="data")
    columns = []
    for name in _ORIGIN:
        values = getattr(table, name)
        array = pa.array(values if name == "start" else values.tolist())
        columns.append(array if name == "start" else array.dictionary_encode())
    columns += [pa.array(column) for column in np.ascontiguousarray(table.x.T)]
    return pa.Table.from_arrays(columns, schema=schema)
