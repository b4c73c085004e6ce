"""The golden signal of a package, and the bits that it must become, as files."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.bench.mailbox import golden_rows
from ecmkit.bench.records import EVENT_DTYPE, AppRun, Golden
from ecmkit.errors import FormatError
from ecmkit.formats import as_json, content_hash, convert
from ecmkit.package import Package, load_package
from ecmkit.package.manifest import GOLDEN

__all__ = ["GoldenRecord", "golden_hash", "load_golden", "read_golden", "write_golden"]


class GoldenRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """``golden/golden.json``: how to read the files beside it."""

    version: int = 1
    """Format version of this record."""
    channels_len: int
    samples_len: int
    """Of each channel, in ``signal.f32``: float32, channel after channel."""
    speed_hz: float
    """Shaft speed."""
    chunk_len: int | None
    """Samples of each channel in a push; null: the contract's hop."""
    frames_len: int | None
    """Frames asked for at the end; null: the join frame and one for each feature."""
    windows: int
    """Rows of ``events.bin``, ``features.f32`` and ``outputs.f32``."""
    frames: tuple[str, ...]
    """These frames, in hexadecimal digits."""
    refused: tuple[tuple[int, int], ...]
    """Stage and status of every call that is refused."""


def write_golden(package: Package, golden: Golden, run: AppRun) -> None:
    """Write a signal, and what the application makes of it, into a package.

    Parameters
    ----------
    package : Package
        What ran.
    golden : Golden
        What was pushed.
    run : AppRun
        What came out, on this machine or another: the bits are the same.
    """
    folder = package.path / GOLDEN
    folder.mkdir(exist_ok=True)
    x = golden_rows(golden.x, package.manifest)
    record = GoldenRecord(
        channels_len=x.shape[0],
        samples_len=x.shape[1],
        speed_hz=float(golden.speed_hz),
        chunk_len=golden.chunk,
        frames_len=golden.frames,
        windows=len(run.events),
        frames=tuple(frame.hex() for frame in run.frames),
        refused=run.refused,
    )
    (folder / "golden.json").write_bytes(as_json(record))
    for name, values in (
        ("signal.f32", x.astype("<f4")),
        ("features.f32", run.features.astype("<f4")),
        ("outputs.f32", run.outputs.astype("<f4")),
        ("events.bin", run.events),
    ):
        (folder / name).write_bytes(np.ascontiguousarray(values).tobytes())


def read_golden(package: Package) -> tuple[Golden, AppRun]:
    """Read what `write_golden` wrote.

    Raises
    ------
    FormatError
        Naming the file that is missing or has another length than it must, or the
        field that is wrong.
    """
    folder = package.path / GOLDEN
    path = folder / "golden.json"
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise FormatError(f"{path}: cannot be read: {error}") from error
    record = convert(raw, GoldenRecord, where=str(path))
    if record.version != 1:
        raise FormatError(f"{path}: `version` is {record.version}, expected 1")
    for name in ("channels_len", "samples_len", "windows"):
        if getattr(record, name) < 0:
            raise FormatError(
                f"{path}: `{name}` is {getattr(record, name)}, expected 0 or more"
            )
    try:
        frames = tuple(bytes.fromhex(frame) for frame in record.frames)
    except ValueError as error:
        raise FormatError(f"{path}: `frames`: {error}") from error
    n, memory = record.windows, package.manifest.memory
    x = _floats(folder / "signal.f32", record.channels_len, record.samples_len)
    run = AppRun(
        events=_array(folder / "events.bin", EVENT_DTYPE, (n,)),
        features=_floats(folder / "features.f32", n, memory.features_len),
        outputs=_floats(folder / "outputs.f32", n, memory.all_outputs_len),
        frames=frames,
        refused=record.refused,
    )
    golden = Golden(
        x=x,
        speed_hz=record.speed_hz,
        chunk=record.chunk_len,
        frames=record.frames_len,
    )
    return golden, run


def load_golden(path: Path, *, speed_hz: float = 0.0) -> Golden:
    """Read a golden signal from anywhere.

    Parameters
    ----------
    path : Path
        Folder of a package, whose signal is taken as it is; or a ``.npy`` of samples in
        the contract's unit, shape (n_samples,) or (n_channels, n_samples).
    speed_hz : float
        Shaft speed of the samples of a ``.npy``.

    Returns
    -------
    Golden

    Raises
    ------
    FormatError
        Naming the file, if it is missing, or what is in it is no such signal.
    """
    if path.is_dir():
        return read_golden(load_package(path))[0]
    try:
        x = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError) as error:
        raise FormatError(f"{path}: not a golden signal: {error}") from error
    if (
        not isinstance(x, np.ndarray)
        or x.ndim not in (1, 2)
        or x.dtype.kind not in "fiu"
    ):
        raise FormatError(
            f"{path}: not a golden signal: expected one array of samples, (n_samples,) "
            "or (n_channels, n_samples)"
        )
    return Golden(x=x.astype(np.float32), speed_hz=speed_hz)


def golden_hash(golden: Golden) -> str:
    """SHA-256 of what is pushed and asked for."""
    x = np.atleast_2d(golden.x)
    return content_hash(x, float(golden.speed_hz), golden.chunk, golden.frames)


def _floats(path: Path, *shape: int) -> NDArray[np.float32]:
    return _array(path, np.dtype("<f4"), shape)


def _array(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    expected = dtype.itemsize * int(np.prod(shape))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error}") from error
    if len(data) != expected:
        raise FormatError(f"{path}: found {len(data)} bytes, expected {expected}")
    return np.frombuffer(data, dtype).reshape(shape).copy()
