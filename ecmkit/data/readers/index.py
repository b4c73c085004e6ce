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
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.source import Source
from ecmkit.data.recording import ChannelInfo, Recording, RecordingInfo
from ecmkit.errors import DataError, FormatError
from ecmkit.formats import load_toml

__all__ = ["NAME", "Entry", "find_indexed", "load_index"]

NAME = "recordings.toml"


class EntrySensor(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A channel of an entry whose sensor is another than those of the rest."""

    unit: str
    """Unit of its samples after `scale`, such as ``A``."""
    range: float = 0.0
    """Its full scale in `unit`; 0 if unknown."""
    scale: float | None = None
    """Multiplies its stored numbers; by default as the entry says."""


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
    sensors: dict[str, EntrySensor] = {}
    """Channels that have another unit, full scale or `scale`, by name."""
    time: str = ""
    """Column of the time stamps, checked against `fs_hz` and then left out."""
    time_scale: float = 1.0
    """Seconds per unit of the time column."""
    delimiter: str = ","
    """Between the columns of a CSV file."""


class _Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int = 1
    recording: tuple[Entry, ...]


StreamColumns = Callable[[Path, Entry, int | None], Iterator[NDArray[np.float64]]]
"""Reads the channels of an entry in their order, in pieces of at most a number of
samples (None: in one piece): shape (n_channels, n_samples), n_samples > 0."""


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
    folder: Path, suffix: str, patterns: Sequence[str], stream: StreamColumns
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
    stream : callable
        Reads the channels of one file.
    """
    sources = []
    for entry in load_index(folder):
        taken = not patterns or any(fnmatchcase(entry.file, p) for p in patterns)
        if taken and Path(entry.file).suffix.lower() == suffix:
            sources.append(_source(folder / entry.file, entry, stream))
    return sources


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
    for name, sensor in entry.sensors.items():
        field = f"sensors.{name}"
        if name not in entry.channels:
            raise DataError(
                f"{where}: {field}: found no such channel, expected one of "
                f"{', '.join(entry.channels)}"
            )
        if not sensor.unit:
            raise DataError(f"{where}: {field}.unit: found nothing, expected a value")
        scale = entry.scale if sensor.scale is None else sensor.scale
        if not (math.isfinite(scale) and scale > 0):
            raise DataError(f"{where}: {field}.scale: found {scale}, expected above 0")
        if not (math.isfinite(sensor.range) and sensor.range >= 0):
            raise DataError(
                f"{where}: {field}.range: found {sensor.range}, expected 0 or more"
            )
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


def _source(path: Path, entry: Entry, stream: StreamColumns) -> Source:
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
        sensors={
            name: ChannelInfo(unit=sensor.unit, range=sensor.range)
            for name, sensor in entry.sensors.items()
        },
        source=entry.file,
    )
    scales = np.full((len(entry.channels), 1), entry.scale)
    for row, name in zip(scales, entry.channels, strict=True):
        sensor = entry.sensors.get(name)
        if sensor is not None and sensor.scale is not None:
            row[:] = sensor.scale

    def pieces(n_samples: int | None) -> Iterator[Recording]:
        for x in stream(path, entry, n_samples):
            with np.errstate(over="ignore"):  # infinite then, and judged as such
                single = (x * scales).astype(np.float32)
            yield Recording(info=info, channels=tuple(entry.channels), x=single)

    def whole() -> Recording:
        (recording,) = pieces(None)
        return recording

    return Source(info=info, path=path, read=whole, stream=pieces)
