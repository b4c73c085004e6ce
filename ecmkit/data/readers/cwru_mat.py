"""CWRU recordings in their original form: MATLAB files, one per fault and load.

A file holds ``X<nnn>_DE_time`` (and ``FE``, ``BA``) in g and, mostly, ``X<nnn>RPM``.
The number in the variables is not always that of the file (174.mat holds X173_...), and
some files hold the variables of a neighbour besides their own; so the file's name
decides what it is, and its variables are taken by its own number first, else by the
only one.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ecmkit.data.readers import cwru
from ecmkit.data.readers.source import Source, matching, reading, samples
from ecmkit.data.recording import Recording
from ecmkit.errors import DataError

__all__ = ["find"]

_CHANNELS = ("DE", "FE", "BA")
_VARIABLE = re.compile(r"X(?P<number>\d+)_(?P<channel>DE|FE|BA)_time")


def find(folder: Path, patterns: Sequence[str]) -> list[Source]:
    """Find the recordings of a folder; see `ecmkit.data.readers`."""
    return [_source(folder, path) for path in matching(folder, ".mat", patterns)]


def _source(folder: Path, path: Path) -> Source:
    entry = cwru.entry(path)
    name = path.relative_to(folder).as_posix()
    info = cwru.info(entry, rpm=cwru.NOMINAL_RPM[entry.load_hp], source=name)
    return Source(info=info, path=path, read=lambda: _read(folder, path))


def _read(folder: Path, path: Path) -> Recording:
    from scipy.io import loadmat

    entry = cwru.entry(path)
    with reading(path):
        content: dict[str, Any] = loadmat(path)
        number = _number(content, path, entry.number)
        columns = {
            channel: samples(content[key], where=f"{path}: {key}")
            for channel in _CHANNELS
            if (key := f"X{number}_{channel}_time") in content
        }
        rpm = _rpm(content, f"X{number}RPM", path, entry.load_hp)
        lengths = {channel: len(x) for channel, x in columns.items()}
        if len(set(lengths.values())) != 1:
            raise DataError(f"{path}: found {lengths} samples, expected equal numbers")
        with np.errstate(over="ignore"):  # infinite then, and judged as such
            x = np.stack(list(columns.values())).astype(np.float32)
    info = cwru.info(entry, rpm=rpm, source=path.relative_to(folder).as_posix())
    return Recording(info=info, channels=tuple(columns), x=x)


def _number(content: dict[str, Any], path: Path, expected: int) -> str:
    """Return the number, as spelt in the variables, that belongs to this file."""
    numbers = {m["number"] for key in content if (m := _VARIABLE.fullmatch(key))}
    own = [number for number in numbers if int(number) == expected]
    if own:
        return own[0]
    if len(numbers) == 1:
        return numbers.pop()
    held = ", ".join(sorted(k for k in content if not k.startswith("__"))) or "none"
    raise DataError(
        f"{path}: variables: found {held}, expected X{expected:03d}_DE_time"
    )


def _rpm(content: dict[str, Any], key: str, path: Path, load_hp: int) -> float:
    """Measured speed, or the nominal one of the load where the file has none."""
    if key not in content:
        return cwru.NOMINAL_RPM[load_hp]
    rpm = float(samples(content[key], where=f"{path}: {key}")[0])
    if not 1000 < rpm < 2500:
        raise DataError(f"{path}: {key}: found {rpm:g}, expected about 1750")
    return rpm
