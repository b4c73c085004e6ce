"""CWRU recordings as compressed 16-bit integers: ``x [g] = DE * scale_DE``.

Keys of a file: ``DE`` and where recorded ``FE``, ``BA`` (int16, shape (n_samples,)),
``scale_<channel>`` [g], ``fs`` [Hz], ``rpm``, ``load_hp``, ``label`` (normal, IR, B,
OR), ``fault_in`` [in], ``position`` (@3, @6, @12 or empty).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers import cwru
from ecmkit.data.readers.source import Source, matching, reading, samples
from ecmkit.data.recording import Recording, RecordingInfo
from ecmkit.errors import DataError

__all__ = ["find"]

_CHANNELS = ("DE", "FE", "BA")


def find(folder: Path, patterns: Sequence[str]) -> list[Source]:
    """Find the recordings of a folder; see `ecmkit.data.readers`."""
    return [_source(folder, path) for path in matching(folder, ".npz", patterns)]


def _source(folder: Path, path: Path) -> Source:
    with reading(path), np.load(path, allow_pickle=False) as content:
        info = _info(content, path, path.relative_to(folder).as_posix())
    return Source(info=info, path=path, read=lambda: _read(info, path))


def _info(content: Any, path: Path, source: str) -> RecordingInfo:
    code = str(_one(content, "label", path, "U"))
    if code not in cwru.CODES:
        raise DataError(
            f"{path}: label: found {code!r}, expected one of {', '.join(cwru.CODES)}"
        )
    entry = cwru.Entry(
        number=cwru.file_number(path),
        code=code,
        fault_in=_real(content, "fault_in", path, 0.0, 1.0),
        position=str(_one(content, "position", path, "U")),
        load_hp=round(_real(content, "load_hp", path, 0.0, 10.0)),
        fs_hz=_real(content, "fs", path, 1000.0, 1e6),
    )
    rpm = _real(content, "rpm", path, 1.0, 1e5)
    return cwru.info(entry, rpm=rpm, source=source)


def _read(info: RecordingInfo, path: Path) -> Recording:
    with reading(path), np.load(path, allow_pickle=False) as content:
        columns: dict[str, NDArray[np.float32]] = {}
        for channel in _CHANNELS:
            if channel not in content:
                continue
            stored = content[channel]
            if stored.dtype != np.int16:
                raise DataError(
                    f"{path}: {channel}: found {stored.dtype}, expected int16"
                )
            scale = _real(content, f"scale_{channel}", path, 1e-9, 1.0)
            x = samples(stored, where=f"{path}: {channel}") * scale
            columns[channel] = x.astype(np.float32)
        lengths = {channel: len(x) for channel, x in columns.items()}
        if len(set(lengths.values())) != 1:
            raise DataError(
                f"{path}: found {lengths or 'no'} samples, expected DE and equal "
                "numbers in all channels"
            )
    return Recording(
        info=info, channels=tuple(columns), x=np.stack(list(columns.values()))
    )


def _one(content: Any, key: str, path: Path, kinds: str) -> Any:
    """Return the single value of a key, of one of the kinds of numpy type."""
    if key not in content:
        held = ", ".join(content.files) or "nothing"
        raise DataError(f"{path}: {key}: found {held}, expected this key")
    value = content[key]
    if value.size != 1 or value.dtype.kind not in kinds:
        raise DataError(
            f"{path}: {key}: found {value.dtype} of shape {value.shape}, expected "
            f"one {'text' if kinds == 'U' else 'number'}"
        )
    return value.item()


def _real(content: Any, key: str, path: Path, low: float, high: float) -> float:
    """Return the single number of a key, within low ... high."""
    value = float(_one(content, key, path, "iuf"))
    if not low <= value <= high:
        raise DataError(
            f"{path}: {key}: found {value!r}, expected {low:g} ... {high:g}"
        )
    return value
