"""Parquet files, described by ``recordings.toml``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.index import Entry, check_clock, find_indexed
from ecmkit.data.readers.source import Source, reading, samples
from ecmkit.errors import DataError

__all__ = ["find"]


def find(folder: Path, patterns: Sequence[str]) -> list[Source]:
    """Find the recordings of a folder; see `ecmkit.data.readers`."""
    return find_indexed(folder, ".parquet", patterns, _read)


def _read(path: Path, entry: Entry) -> NDArray[np.float64]:
    from pyarrow import parquet

    names = [str(column) for column in entry.channels.values()]
    wanted = [*names, entry.time] if entry.time else names
    with reading(path):
        # Read into memory first: a mapped file that shrinks would kill the process.
        with parquet.ParquetFile(path, memory_map=False) as stored:
            held = stored.schema_arrow.names
            for name in wanted:
                if held.count(name) != 1:
                    raise DataError(
                        f"{path}: {name}: found {held.count(name)} such columns in "
                        f"{', '.join(held) or 'an empty file'}, expected 1"
                    )
            table = stored.read(columns=wanted)
        columns = [_column(table.column(name), path, name) for name in wanted]
    if entry.time:
        check_clock(columns.pop(), entry, path, 0)
    return np.stack(columns)


def _column(column: object, path: Path, name: str) -> NDArray[np.float64]:
    """Return one column; a null has no number and is refused, as text is."""
    if column.null_count:  # type: ignore[attr-defined]
        raise DataError(
            f"{path}: {name}: found {column.null_count} nulls, "  # type: ignore[attr-defined]
            "expected a number in every row"
        )
    values = column.to_numpy()  # type: ignore[attr-defined]
    if values.dtype.kind == "m":
        raise DataError(f"{path}: {name}: found durations, expected numbers")
    return samples(values, where=f"{path}: {name}")
