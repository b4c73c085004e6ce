"""Recordings from a folder: find, select, read, bring to one rate."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ecmkit.data.readers import reader, readers
from ecmkit.data.readers.index import NAME, load_index
from ecmkit.data.readers.source import Source
from ecmkit.data.recording import Dataset, Recording
from ecmkit.data.resample import decimate
from ecmkit.data.select import Selection
from ecmkit.errors import DataError
from ecmkit.formats import nearest

__all__ = ["load", "scan"]


def load(
    folder: Path | str,
    *,
    channel: str | Sequence[str],
    format: str = "auto",
    fs_hz: float | None = None,
    select: Selection | None = None,
    nonfinite: Literal["refuse", "keep"] = "refuse",
) -> Dataset:
    """Read the recordings of a folder.

    Parameters
    ----------
    folder : Path or str
        Searched with its subfolders.
    channel : str or sequence of str
        Channels to keep, in this order; every recording must have them.
    format : str
        Name of a reader (`ecmkit.data.readers`), or ``auto``: what the folder holds,
        if that is one format, or all that ``recordings.toml`` lists.
    fs_hz : float, optional
        Bring recordings of an integer multiple of this rate to it (`decimate`), refuse
        others. Without it, recordings keep their rates.
    select : Selection, optional
        Which recordings to read; all by default.
    nonfinite : "refuse" or "keep"
        What to do with NaN and infinities: refuse the recording by name, or leave the
        verdict to `check`.

    Returns
    -------
    Dataset
        In the order of file paths (CWRU) or of the index.

    Raises
    ------
    DataError
        Naming file, field, found and expected: nothing found, nothing selected, a
        damaged file, a missing channel or column, a wrong rate, non-finite samples.
    ValueError
        For an unknown format.
    """
    recordings = []
    for source in scan(
        folder, channel=channel, format=format, select=select, nonfinite=nonfinite
    ):
        recording = source.read()
        if fs_hz is not None:
            recording = decimate(recording, fs_hz=fs_hz)
        recordings.append(recording)
    return Dataset(tuple(recordings))


def scan(
    folder: Path | str,
    *,
    channel: str | Sequence[str],
    format: str = "auto",
    select: Selection | None = None,
    nonfinite: Literal["refuse", "keep"] = "refuse",
) -> tuple[Source, ...]:
    """Find the recordings of a folder without reading their samples.

    For what is larger than memory: read one after another, or each in pieces.

    Parameters
    ----------
    folder, channel, format, select, nonfinite
        As of `load`.

    Returns
    -------
    tuple of Source
        In the order of `load`; each with ``info``, ``read()`` and ``pieces(n)``.

    Raises
    ------
    DataError
        As `load`; what only the samples show, when they are read.
    ValueError
        For an unknown format.
    """
    folder = Path(folder)
    select = select or Selection()
    sources = _find(folder, format, select.files)
    select.require([source.info for source in sources], where=str(folder))
    wanted = [source for source in sources if select.accepts(source.info)]
    if not wanted:
        raise DataError(
            f"{folder}: select: found none of {len(sources)} recordings that meets all "
            "conditions at once, expected one or more"
        )
    _refuse_twins(wanted, folder)
    channels = (channel,) if isinstance(channel, str) else tuple(channel)
    return tuple(_judged(source, channels, nonfinite) for source in wanted)


def _judged(
    source: Source, channels: tuple[str, ...], nonfinite: Literal["refuse", "keep"]
) -> Source:
    """Return a source that gives these channels only, and refuses bad samples."""

    def judge(recording: Recording, first: int) -> Recording:
        recording = _keep(recording, channels, source.path)
        if nonfinite == "refuse":
            _refuse_nonfinite(recording, source.path, first)
        return recording

    def stream(n_samples: int) -> Iterator[Recording]:
        first = 0
        for piece in source.pieces(n_samples):
            yield judge(piece, first)
            first += piece.x.shape[1]

    return Source(
        info=source.info,
        path=source.path,
        read=lambda: judge(source.read(), 0),
        stream=stream,
    )


def _find(folder: Path, format: str, patterns: Sequence[str]) -> list[Source]:
    if not folder.is_dir():
        raise DataError(f"{folder}: found no such folder, expected recordings")
    names = readers() if format == "auto" else (format,)
    found = {
        name: sources for name in names if (sources := reader(name)(folder, patterns))
    }
    index = load_index(folder)
    if index:
        taken = {s.info.source for sources in found.values() for s in sources}
        left = [e.file for e in index if e.file not in taken]
        if format == "auto" and not patterns and left:
            raise DataError(
                f"{folder / NAME}: file: found {left[0]!r}, expected a file that one "
                f"of the readers {', '.join(names)} knows by its suffix"
            )
    elif len(found) > 1:
        held = ", ".join(f"{len(s)} of {name}" for name, s in found.items())
        raise DataError(f"{folder}: format: found {held}, expected one; name it")
    if not found:
        matched = f" that match {', '.join(patterns)}" if patterns else ""
        raise DataError(
            f"{folder}: found no recordings{matched}, expected files of "
            f"{', '.join(names)}; CSV, Parquet and WAV need a {NAME} beside them"
        )
    return [source for name in found for source in found[name]]


def _refuse_twins(sources: Sequence[Source], folder: Path) -> None:
    first: dict[str, Source] = {}
    for source in sources:
        twin = first.setdefault(source.info.id, source)
        if twin is not source:
            raise DataError(
                f"{folder}: id: found {source.info.id!r} in {twin.info.source} and "
                f"{source.info.source}, expected different ones; select files"
            )


def _keep(recording: Recording, channels: tuple[str, ...], path: Path) -> Recording:
    for name in channels:
        if name not in recording.channels:
            raise DataError(
                f"{path}: channel: found {', '.join(recording.channels)}, expected "
                f"{name}{nearest(name, recording.channels)}"
            )
    if channels == recording.channels:
        return recording
    return Recording(
        info=recording.info, channels=channels, x=recording.samples(channels)
    )


def _refuse_nonfinite(recording: Recording, path: Path, first: int) -> None:
    for name, x in zip(recording.channels, recording.x, strict=True):
        bad = np.flatnonzero(~np.isfinite(x))
        if bad.size:
            raise DataError(
                f"{path}: {name}: found {bad.size} of {x.size} samples not finite, the "
                f"first at sample {first + bad[0]}, expected finite ones (or "
                "nonfinite='keep')"
            )
