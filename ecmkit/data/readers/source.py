"""What every reader works with: found recordings, bad bytes, file patterns."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.data.recording import Recording, RecordingInfo
from ecmkit.errors import DataError, EcmError

__all__ = ["Source", "matching", "reading", "samples"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A recording that was found but whose samples are not read yet."""

    info: RecordingInfo
    """What is known without the samples; `read` may know better (measured speed)."""
    path: Path
    read: Callable[[], Recording]
    """Read the samples; DataError if the file is not what it should be."""
    stream: Callable[[int], Iterator[Recording]] | None = None
    """Read them in pieces of a number of samples, where the format allows it."""

    def pieces(self, n_samples: int) -> Iterator[Recording]:
        """Read the samples a piece at a time.

        Parameters
        ----------
        n_samples : int
            Of a piece, 1 or more; the last one may be shorter.

        Yields
        ------
        Recording
            Pieces in order; together they are what `read` gives. A format that cannot
            be read in pieces is read whole first.

        Raises
        ------
        DataError
            If the file is not what it should be, when the piece is reached.
        """
        if n_samples < 1:
            raise ValueError(f"n_samples: found {n_samples}, expected 1 or more")
        if self.stream is not None:
            yield from self.stream(n_samples)
            return
        whole = self.read()
        for at in range(0, whole.x.shape[1], n_samples):
            yield replace(whole, x=whole.x[:, at : at + n_samples])


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever a parser raises on bytes from outside into a DataError.

    Parsers of third parties answer damaged bytes with almost any exception
    (``struct.error``, ``zlib.error``, ``KeyError``, ``MemoryError``, ...); for the
    caller they all mean the same.
    """
    try:
        yield
    except EcmError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise DataError(f"{path}: cannot be read: {kind}: {error}") from error


def matching(folder: Path, suffix: str, patterns: Sequence[str]) -> list[Path]:
    """Files below a folder, sorted, hidden ones left out.

    Parameters
    ----------
    folder : Path
        Searched with its subfolders.
    suffix : str
        Such as ``.npz``; upper and lower case are the same.
    patterns : sequence of str
        Shell patterns on the path relative to the folder, such as ``12k_DE/*``; a
        file is taken if one matches; all files if there are none.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: found no such folder, expected a folder")
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.suffix.lower() != suffix or not path.is_file():
            continue
        if any(part.startswith(".") for part in name.parts):
            continue
        if not patterns or any(fnmatchcase(name.as_posix(), p) for p in patterns):
            found.append(path)
    return found


def samples(values: ArrayLike, *, where: str) -> NDArray[np.float64]:
    """One channel as float64 of shape (n_samples,); refuses anything else.

    Raises
    ------
    DataError
        For text, complex numbers, more than one column, or nothing at all.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise DataError(f"{where}: found values of type {array.dtype}, expected real")
    if array.size == 0 or array.size != max(array.shape, default=0):
        raise DataError(f"{where}: found shape {array.shape}, expected one column")
    return array.reshape(-1).astype(np.float64)
