"""WAV files (PCM or float), described by ``recordings.toml``.

Integers count as fractions of full scale, -1 ... 1; the index's ``scale`` is then the
physical value at full scale.
"""

import struct
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.index import Entry, find_indexed
from ecmkit.data.readers.source import Source, reading
from ecmkit.errors import DataError

__all__ = ["find"]


def find(folder: Path, patterns: Sequence[str]) -> list[Source]:
    """Find the recordings of a folder; see `ecmkit.data.readers`."""
    return find_indexed(folder, ".wav", patterns, _stream)


def _stream(
    path: Path, entry: Entry, n_samples: int | None
) -> Iterator[NDArray[np.float64]]:
    with reading(path):
        rate, layout = _layout(path)
        if rate != entry.fs_hz:
            raise DataError(
                f"{path}: sampling rate: found {rate} Hz in the file, expected "
                f"fs_hz = {entry.fs_hz:g}"
            )
        if not layout.n_samples:
            raise DataError(f"{path}: found no samples, expected some")
        at = [_at(entry, name, path, layout.n_channels) for name in entry.channels]
        step = n_samples or layout.n_samples
        for first in range(0, layout.n_samples, step):
            part = layout.read(path, first, min(step, layout.n_samples - first))
            yield np.ascontiguousarray(_fractions(part, path)[:, at].T)


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where the samples of a file are, one of all channels after another."""

    offset: int
    dtype: np.dtype[np.generic]
    """Of a sample; bytes where it has three of them."""
    n_channels: int
    n_samples: int

    def read(self, path: Path, first: int, count: int) -> NDArray[np.generic]:
        """Read samples, shape (count, n_channels), 24 bits left-aligned in 32."""
        size = self.dtype.itemsize * self.n_channels
        data = np.fromfile(
            path, np.uint8, count * size, offset=self.offset + first * size
        )
        if data.size != count * size:
            raise DataError(
                f"{path}: found {first + data.size // size} samples, expected "
                f"{self.n_samples} as its header says"
            )
        if self.dtype.itemsize != 3:
            return data.view(self.dtype).reshape(count, self.n_channels)
        wide = np.zeros((count, self.n_channels, 4), np.uint8)
        wide[..., 1:] = data.reshape(count, self.n_channels, 3)
        return wide.view("<i4")[..., 0]


def _layout(path: Path) -> tuple[int, _Layout]:
    """Let SciPy read the header; it maps the samples, or says that it cannot."""
    from scipy.io import wavfile

    with warnings.catch_warnings():
        # SciPy warns of a file that ends early and returns what is there; a chunk
        # that it does not know (a recorder's notes) is none of our business.
        warnings.simplefilter("error", wavfile.WavFileWarning)
        warnings.filterwarnings("ignore", message="Chunk .non-data. not understood")
        try:
            rate, stored = wavfile.read(path, mmap=True)
        except ValueError as error:
            if "3-byte container" not in str(error):
                raise
            return _layout_of_24_bits(path)
    return rate, _Layout(
        offset=getattr(stored, "offset", 0),
        dtype=stored.dtype,
        n_channels=1 if stored.ndim == 1 else stored.shape[1],
        n_samples=len(stored),
    )


def _layout_of_24_bits(path: Path) -> tuple[int, _Layout]:
    """Walk the chunks of a file whose header SciPy has accepted."""
    with path.open("rb") as stream:
        if stream.read(4) != b"RIFF":
            raise DataError(f"{path}: found 24 bits in another form than RIFF")
        stream.seek(12)
        while len(head := stream.read(8)) == 8:
            kind, size = struct.unpack("<4sI", head)
            at = stream.tell()
            if kind == b"fmt ":
                _tag, channels, rate = struct.unpack("<HHI", stream.read(8))
            elif kind == b"data":
                held = path.stat().st_size - at
                if held < size:
                    raise DataError(
                        f"{path}: found {held} bytes of samples, expected {size}"
                    )
                return rate, _Layout(
                    offset=at,
                    dtype=np.dtype("V3"),
                    n_channels=channels,
                    n_samples=size // (3 * channels),
                )
            stream.seek(at + size + size % 2)
    raise DataError(f"{path}: found no samples, expected some")


def _at(entry: Entry, name: str, path: Path, width: int) -> int:
    number = entry.channels[name]
    if not isinstance(number, int) or not 1 <= number <= width:
        raise DataError(
            f"{path}: channels.{name}: found {number!r}, expected a number from 1 "
            f"to {width}"
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
