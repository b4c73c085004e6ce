"""Parquet files, described by ``recordings.toml``."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.clock import Clock
from ecmkit.data.readers.index import Entry, find_indexed
from ecmkit.data.readers.source import Source, reading, samples
from ecmkit.errors import DataError

__all__ = ["find"]


def find(folder: Path, patterns: Sequence[str]) -> list[Source]:
    """Find the recordings of a folder; see `ecmkit.data.readers`."""
    return find_indexed(folder, ".parquet", patterns, _stream)


def _stream(
    path: Path, entry: Entry, n_samples: int | None
) -> Iterator[NDArray[np.float64]]:
    from pyarrow import parquet

    names = [str(column) for column in entry.channels.values()]
    wanted = [*names, entry.time] if entry.time else names
    # Read into memory first: a mapped file that shrinks would kill the process.
    with reading(path), parquet.ParquetFile(path, memory_map=False) as stored:
        held = stored.schema_arrow.names
        for name in wanted:
            if held.count(name) != 1:
                raise DataError(
                    f"{path}: {name}: found {held.count(name)} such columns in "
                    f"{', '.join(held) or 'an empty file'}, expected 1"
                )
        if not stored.metadata.num_rows:
            raise DataError(f"{path}: found no rows, expected samples")
        clock = Clock(entry, path, 0)
        for table in _tables(stored, wanted, n_samples):
            columns = [_column(table.column(name), path, name) for name in wanted]
            if entry.time:
                clock.check(columns.pop())
            yield np.stack(columns)


def _tables(stored: Any, wanted: list[str], n_samples: int | None) -> Iterator[Any]:
    """Tables of n_samples rows; those of the file itself may be of any size."""
    import pyarrow

    if n_samples is None:
        yield stored.read(columns=wanted)
        return
    held: list[Any] = []
    count = 0
    for batch in stored.iter_batches(batch_size=n_samples, columns=wanted):
        held.append(batch)
        count += len(batch)
        while count >= n_samples:
            table = pyarrow.Table.from_batches(held)
            yield table.slice(0, n_samples)
            held = table.slice(n_samples).to_batches()
            count -= n_samples
    if count:
        yield pyarrow.Table.from_batches(held)


def _column(column: Any, path: Path, name: str) -> NDArray[np.float64]:
    """Return one column; a null has no number and is refused, as text is."""
    if column.null_count:
        raise DataError(
            f"{path}: {name}: found {column.null_count} nulls, "
            "expected a number in every row"
        )
    values = column.to_numpy()
    if values.dtype.kind == "m":
        raise DataError(f"{path}: {name}: found durations, expected numbers")
    return samples(values, where=f"{path}: {name}")
