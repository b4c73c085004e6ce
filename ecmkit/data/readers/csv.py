"""CSV files with a header row, described by ``recordings.toml``."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.clock import Clock
from ecmkit.data.readers.index import Entry, find_indexed
from ecmkit.data.readers.source import Source, reading
from ecmkit.errors import DataError

__all__ = ["find"]

# Row 1 is the header.
_FIRST_ROW = 2


def find(folder: Path, patterns: Sequence[str]) -> list[Source]:
    """Find the recordings of a folder; see `ecmkit.data.readers`."""
    return find_indexed(folder, ".csv", patterns, _stream)


def _stream(
    path: Path, entry: Entry, n_samples: int | None
) -> Iterator[NDArray[np.float64]]:
    names = [str(column) for column in entry.channels.values()]
    wanted = [*names, entry.time] if entry.time else names
    with reading(path), path.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.reader(stream, delimiter=entry.delimiter, strict=True)
        header = [name.strip() for name in next(rows, [])]
        for name in wanted:
            if header.count(name) != 1:
                raise DataError(
                    f"{path}: {name}: found {header.count(name)} such columns in "
                    f"{', '.join(header) or 'an empty file'}, expected 1"
                )
        at = [header.index(name) for name in wanted]
        clock = Clock(entry, path, _FIRST_ROW)
        numbered = enumerate(rows, start=_FIRST_ROW)
        count = 0
        while table := [
            _numbers(row, at, wanted, path, number, len(header))
            for number, row in islice(numbered, n_samples)
        ]:
            count += len(table)
            columns = np.array(table, dtype=np.float64).T
            if entry.time:
                clock.check(columns[-1])
                columns = columns[:-1]
            yield np.ascontiguousarray(columns)
        if not count:
            raise DataError(f"{path}: found a header only, expected samples")


def _numbers(
    row: list[str],
    at: list[int],
    wanted: list[str],
    path: Path,
    number: int,
    width: int,
) -> list[float]:
    if len(row) != width:
        raise DataError(
            f"{path}: row {number}: found {len(row)} cells, expected {width}"
        )
    try:
        return [float(row[i]) for i in at]
    except ValueError:
        for i, name in zip(at, wanted, strict=True):
            if not _is_number(row[i]):
                raise DataError(
                    f"{path}: {name}: row {number}: found {row[i]!r}, expected a number"
                ) from None
        raise


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
