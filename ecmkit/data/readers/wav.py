"""WAV files (PCM or float), described by ``recordings.toml``.

Integers count as fractions of full scale, -1 ... 1; the index's ``scale`` is then the
physical value at full scale.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.index import Entry, find_indexed
from ecmkit.data.readers.source import Source, reading
from ecmkit.errors import DataError

__all__ = ["find"]


def find(folder: Path, patterns: Sequence[str]) -> list[Source]:
    """Find the recordings of a folder; see `ecmkit.data.readers`."""
    return find_indexed(folder, ".wav", patterns, _read)


def _read(path: Path, entry: Entry) -> NDArray[np.float64]:
    from scipy.io import wavfile

    with reading(path), warnings.catch_warnings():
        # SciPy warns of a file that ends early and returns what is there; a chunk
        # that it does not know (a recorder's notes) is none of our business.
        warnings.simplefilter("error", wavfile.WavFileWarning)
        warnings.filterwarnings("ignore", message="Chunk .non-data. not understood")
        rate, stored = wavfile.read(path)
        if rate != entry.fs_hz:
            raise DataError(
                f"{path}: sampling rate: found {rate} Hz in the file, expected "
                f"fs_hz = {entry.fs_hz:g}"
            )
        table = _fractions(stored, path).reshape(len(stored), -1)
    if not table.size:
        raise DataError(f"{path}: found no samples, expected some")
    return np.stack([table[:, _at(entry, n, path, table)] for n in entry.channels])


def _at(entry: Entry, name: str, path: Path, table: NDArray[np.float64]) -> int:
    number = entry.channels[name]
    if not isinstance(number, int) or not 1 <= number <= table.shape[1]:
        raise DataError(
            f"{path}: channels.{name}: found {number!r}, expected a number from 1 "
            f"to {table.shape[1]}"
        )
    return number - 1


def _fractions(stored: NDArray[np.generic], path: Path) -> NDArray[np.float64]:
    """Full scale to 1; SciPy left-aligns 24 bits in 32."""
    kind, bits = stored.dtype.kind, 8 * stored.dtype.itemsize
    if kind == "f":
        return stored.astype(np.float64)
    if kind == "u" and bits == 8:
        return (stored.astype(np.float64) - 128) / 128
    if kind == "i":
        return stored.astype(np.float64) / 2.0 ** (bits - 1)
    raise DataError(f"{path}: found samples of type {stored.dtype}, expected PCM")
