"""Golden signals as files, so that a package can be run again as it was gated."""

from pathlib import Path

import numpy as np

from ecmkit.bench.records import Golden
from ecmkit.errors import FormatError
from ecmkit.formats import content_hash, replace_file

__all__ = ["golden_hash", "load_golden", "save_golden"]

_VERSION = 1
_OPEN = -1  # a choice that the signal leaves open


def save_golden(path: Path, golden: Golden) -> None:
    """Write a golden signal, complete or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.npz``.
    golden : Golden
        What to write.
    """
    with replace_file(path) as aside, aside.open("wb") as stream:
        np.savez(
            stream,
            version=np.int32(_VERSION),
            x=golden.x,
            speed_hz=np.float64(golden.speed_hz),
            chunk=np.int64(_OPEN if golden.chunk is None else golden.chunk),
            frames=np.int64(_OPEN if golden.frames is None else golden.frames),
        )


def load_golden(path: Path) -> Golden:
    """Read what `save_golden` wrote.

    Raises
    ------
    FormatError
        Naming the file, if it is missing, damaged or of another version.
    """
    try:
        with np.load(path) as stored:
            found = {name: stored[name] for name in stored.files}
        version = int(found["version"])
        if version != _VERSION:
            raise FormatError(f"{path}: `version` is {version}, expected {_VERSION}")
        chunk, frames = (int(found[name]) for name in ("chunk", "frames"))
        return Golden(
            x=found["x"].astype(np.float32, copy=False),
            speed_hz=float(found["speed_hz"]),
            chunk=None if chunk == _OPEN else chunk,
            frames=None if frames == _OPEN else frames,
        )
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise FormatError(f"{path}: not a golden signal: {error}") from error


def golden_hash(golden: Golden) -> str:
    """SHA-256 of what is pushed and asked for."""
    return content_hash(golden.x, golden.speed_hz, golden.chunk, golden.frames)
