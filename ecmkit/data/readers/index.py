"""``recordings.toml``: what CSV, Parquet and WAV files do not say about themselves.

The file lies in the folder of the recordings::

    [[recording]]
    file = "pump3/monday.csv"       # below the folder
    channels = {DE = "acc_x"}       # channel -> column; in WAV its number from 1
    fs_hz = 12000.0
    unit = "g"
    machine = "pump3"
    label = "normal"                # and so on, see `Entry`
"""

import math
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.source import Source
from ecmkit.data.recording import Recording, RecordingInfo
from ecmkit.errors import DataError, FormatError
from ecmkit.formats import load_toml

__all__ = ["NAME", "Entry", "check_clock", "find_indexed", "load_index"]

NAME = "recordings.toml"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recording of the index."""

    file: str
    """Path below the folder, with ``/``."""
    channels: dict[str, str | int]
    """Name of the channel -> column (CSV, Parquet) or number from 1 (WAV)."""
    fs_hz: float
    """Sampling rate; always given, checked where the file knows it too."""
    unit: str
    """Unit of the samples after `scale`, such as ``g``."""
    machine: str
    """Machine or bearing: what may not be on both sides of a split."""
    id: str = ""
    """Unique name; by default the file without its suffix."""
    label: str = ""
    """Class; empty if unknown."""
    speed_hz: float = 0.0
    """Shaft speed; 0 if unknown. Give this or `rpm`."""
    rpm: float = 0.0
    """Shaft speed in revolutions per minute."""
    load: float = 0.0
    fault_size: float = 0.0
    range: float = 0.0
    """Full scale of the sensor in `unit`; 0 if unknown."""
    scale: float = 1.0
    """Multiplies the stored numbers; WAV's integers count as -1 ... 1 before."""
    time: str = ""
    """Column of the time stamps, checked against `fs_hz` and then left out."""
    time_scale: float = 1.0
    """Seconds per unit of the time column."""
    delimiter: str = ","
    """Between the columns of a CSV file."""


class _Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int = 1
    recording: tuple[Entry, ...]


ReadColumns = Callable[[Path, Entry], NDArray[np.float64]]
"""Reads the channels of an entry in their order: shape (n_channels, n_samples)."""


def load_index(folder: Path) -> tuple[Entry, ...]:
    """Read the index of a folder; nothing if it has none.

    Raises
    ------
    DataError
        Naming the index, entry, field, found and expected.
    """
    path = folder / NAME
    if not path.is_file():
        return ()
    try:
        index = load_toml(path, _Index)
    except FormatError as error:
        raise DataError(str(error)) from error
    if index.version != 1:
        raise DataError(f"{path}: version: found {index.version}, expected 1")
    for number, entry in enumerate(index.recording, start=1):
        _check(entry, folder, f"{path}: recording {number} ({entry.file})")
    return index.recording


def find_indexed(
    folder: Path, suffix: str, patterns: Sequence[str], read: ReadColumns
) -> list[Source]:
    """Find the recordings of the index whose file has a suffix.

    Parameters
    ----------
    folder : Path
        Where the index is.
    suffix : str
        Such as ``.csv``.
    patterns : sequence of str
        Shell patterns on ``file``; all if there are none.
    read : callable
        Reads the channels of one file.
    """
    sources = []
    for entry in load_index(folder):
        taken = not patterns or any(fnmatchcase(entry.file, p) for p in patterns)
        if taken and Path(entry.file).suffix.lower() == suffix:
            sources.append(_source(folder / entry.file, entry, read))
    return sources


def check_clock(t: NDArray[np.float64], entry: Entry, path: Path, first: int) -> None:
    """Check time stamps against the stated sampling rate.

    Each step may differ from 1/fs by half of it (jitter of a host's clock, rounding of
    the stamps), so a lost or doubled sample is found; the whole may differ by 0.1 %
    and one step.

    Parameters
    ----------
    t : ndarray, shape (n_samples,)
        Time stamps in units of ``entry.time_scale`` seconds.
    first : int
        Row of the first one, for messages.
    """
    where = f"{path}: {entry.time}"
    seconds = t * entry.time_scale
    bad = np.flatnonzero(~np.isfinite(seconds))
    if bad.size:
        raise DataError(f"{where}: row {first + bad[0]}: found no time, expected one")
    step = 1 / entry.fs_hz
    usual = float(np.median(np.diff(seconds))) if len(seconds) > 1 else step
    if abs(usual - step) > step / 4:
        raise DataError(
            f"{where}: found {_rate(usual)} samples per second, expected "
            f"fs_hz = {entry.fs_hz:g}"
        )
    gaps = np.flatnonzero(np.abs(np.diff(seconds) - step) > step / 2)
    if gaps.size:
        i = int(gaps[0])
        raise DataError(
            f"{where}: row {first + i + 1}: found a step of "
            f"{seconds[i + 1] - seconds[i]:.6g} s, expected {step:.6g} s "
            f"(fs_hz = {entry.fs_hz:g}; {gaps.size} such steps)"
        )
    lasted, expected = seconds[-1] - seconds[0], step * (len(seconds) - 1)
    if abs(lasted - expected) > 1e-3 * expected + step:
        raise DataError(
            f"{where}: found {_rate(lasted / (len(seconds) - 1))} samples per second, "
            f"expected fs_hz = {entry.fs_hz:g}"
        )


def _rate(step: float) -> str:
    return f"{1 / step:.6g}" if step else "infinitely many"


def _check(entry: Entry, folder: Path, where: str) -> None:
    for name in ("file", "unit", "machine", "channels"):
        if not getattr(entry, name):
            raise DataError(f"{where}: {name}: found nothing, expected a value")
    for name in ("fs_hz", "scale", "time_scale"):
        if not (math.isfinite(getattr(entry, name)) and getattr(entry, name) > 0):
            raise DataError(
                f"{where}: {name}: found {getattr(entry, name)}, expected above 0"
            )
    for name in ("speed_hz", "rpm", "range", "fault_size"):
        value = getattr(entry, name)
        if not (math.isfinite(value) and value >= 0):
            raise DataError(f"{where}: {name}: found {value}, expected 0 or more")
    if entry.speed_hz and entry.rpm:
        raise DataError(f"{where}: rpm: found beside speed_hz, expected one of them")
    if len(entry.delimiter) != 1:
        raise DataError(
            f"{where}: delimiter: found {entry.delimiter!r}, expected one character"
        )
    inside = (folder / entry.file).resolve().is_relative_to(folder.resolve())
    if not inside or not (folder / entry.file).is_file():
        raise DataError(
            f"{where}: file: found no {entry.file!r}, expected it below {folder}"
        )


def _source(path: Path, entry: Entry, read: ReadColumns) -> Source:
    info = RecordingInfo(
        id=entry.id or entry.file.removesuffix(path.suffix),
        machine=entry.machine,
        label=entry.label,
        unit=entry.unit,
        fs_hz=entry.fs_hz,
        speed_hz=entry.speed_hz or entry.rpm / 60,
        load=entry.load,
        fault_size=entry.fault_size,
        range=entry.range,
        source=entry.file,
    )

    def whole() -> Recording:
        x = read(path, entry) * entry.scale
        with np.errstate(over="ignore"):  # infinite then, and judged as such
            single = x.astype(np.float32)
        return Recording(info=info, channels=tuple(entry.channels), x=single)

    return Source(info=info, path=path, read=whole)
