"""Raw samples around an alarm: the chunks of ``ecm_snapshot.h`` back into a recording.

A chunk says of which device and which snapshot it is (the CRC-32 of the whole), its own
number, how many there are, and has a checksum of its own. Chunks come in any order and
any number of times; those that are missing are asked for again.
"""

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.formats.cbor import Reader

__all__ = [
    "SNAPSHOT_VERSION",
    "Snapshot",
    "SnapshotChunk",
    "decode_chunk",
    "is_chunk",
    "join_chunks",
    "missing_chunks",
]

SNAPSHOT_VERSION = 1
CHUNK_MAX_BYTES = 1024
CHUNKS_MAX = 65535

_WHAT = "snapshot chunk"
_ITEMS = 7
_CRC_BYTES = 4
_MAC_BYTES = 4
_HEAD = struct.Struct("<4sHHIIffIHH")
_MAGIC = b"ECMR"
_DTYPES = {4: "<f4", 2: "<i2"}


class SnapshotChunk(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One chunk of a snapshot."""

    device_id: int
    id: int
    """CRC-32 of the whole snapshot: chunks with another one are of another snapshot."""
    number: int
    total: int
    """Chunks of the snapshot."""
    data: bytes
    mac: bytes = b""
    """Authentication code; empty without one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """Samples of one channel from before and after a trigger."""

    device_id: int
    id: int
    """CRC-32 of its bytes."""
    channel: int
    cause: int
    """What the device says it was: the group of the alarm."""
    time_s: int
    """When it was triggered: seconds since the device's start."""
    fs_hz: float
    scale: float
    """Unit of one step of a sample."""
    trigger: int
    """Index of the first sample from the trigger on; `len(x)` if there is none."""
    x: NDArray[np.float32]
    """Samples, shape (n,), in the unit of the channel."""

    @property
    def before_s(self) -> float:
        """Seconds of it from before the trigger."""
        return self.trigger / self.fs_hz


def is_chunk(data: bytes) -> bool:
    """Whether a frame is a chunk of a snapshot, by its first two bytes.

    Examples
    --------
    >>> is_chunk(bytes([0x87, 1])), is_chunk(bytes([0x8B, 2]))
    (True, False)
    """
    return len(data) > 1 and data[0] in (0x87, 0x88) and data[1] == SNAPSHOT_VERSION


def decode_chunk(
    data: bytes, *, mac: Callable[[bytes], bytes] | None = None
) -> SnapshotChunk:
    """Read one chunk.

    Parameters
    ----------
    data : bytes
        One whole chunk, at most 1024 bytes.
    mac : callable, optional
        bytes -> authentication code with the device's key. If it is given, a chunk
        whose code is missing or not the start of this one is refused.

    Returns
    -------
    SnapshotChunk

    Raises
    ------
    FormatError
        Naming the field, what was found and what was expected; `TruncatedFrameError`
        if it ends early.
    """
    if len(data) > CHUNK_MAX_BYTES:
        raise FormatError(
            f"{_WHAT}: found {len(data)} bytes, expected at most {CHUNK_MAX_BYTES}"
        )
    reader = Reader(bytes(data), _WHAT)
    items = reader.array()
    if items not in (_ITEMS, _ITEMS + 1):
        raise FormatError(
            f"{_WHAT}: found an array of {items}, expected {_ITEMS}, or one more with "
            "a code"
        )
    version = reader.integer("version", 0xFFFFFFFF)
    if version != SNAPSHOT_VERSION:
        raise FormatError(
            f"{_WHAT} field `version`: found {version}, expected {SNAPSHOT_VERSION}"
        )
    device_id = reader.integer("device_id", 0xFFFFFFFF)
    id_ = reader.integer("id", 0xFFFFFFFF)
    number = reader.integer("number", CHUNKS_MAX)
    total = reader.integer("total", CHUNKS_MAX)
    part = reader.some_octets("data", 1, CHUNK_MAX_BYTES)
    summed = reader.at
    crc = int.from_bytes(reader.octets("crc", _CRC_BYTES), "big")
    found = zlib.crc32(data[:summed])
    if crc != found:
        raise FormatError(
            f"{_WHAT} field `crc`: found {crc:#010x}, expected {found:#010x} of its "
            "bytes"
        )
    if number >= total:
        raise FormatError(
            f"{_WHAT} field `number`: found {number}, expected below `total` {total}"
        )
    covered = data[: reader.at]
    code = reader.octets("mac", _MAC_BYTES) if items > _ITEMS else b""
    reader.end()
    if mac is not None and (not code or mac(covered)[:_MAC_BYTES] != code):
        raise FormatError(
            f"{_WHAT} field `mac`: found {code.hex() or 'none'}, expected the code of "
            "its bytes"
        )
    return SnapshotChunk(
        device_id=device_id, id=id_, number=number, total=total, data=part, mac=code
    )


def missing_chunks(chunks: Iterable[SnapshotChunk]) -> tuple[int, ...]:
    """Numbers of the chunks that are still to be asked for.

    Parameters
    ----------
    chunks : iterable of SnapshotChunk
        Of one snapshot, in any order; at least one.

    Returns
    -------
    tuple of int
        Rising; empty if the snapshot is complete.

    Raises
    ------
    FormatError
        If chunks are of different snapshots, or two with one number differ.
    """
    parts, first = _sorted(chunks)
    return tuple(n for n in range(first.total) if n not in parts)


def join_chunks(chunks: Iterable[SnapshotChunk]) -> Snapshot:
    """Put a snapshot together.

    Parameters
    ----------
    chunks : iterable of SnapshotChunk
        All of one snapshot, in any order; some may come twice.

    Returns
    -------
    Snapshot

    Raises
    ------
    FormatError
        If chunks are missing, of different snapshots, or contradict each other or the
        checksum of the whole; naming field, found and expected.
    """
    parts, first = _sorted(chunks)
    lacking = [n for n in range(first.total) if n not in parts]
    if lacking:
        raise FormatError(
            f"snapshot {first.id:#010x}: found {len(parts)} of {first.total} chunks, "
            f"expected {lacking[0]} too"
        )
    blob = b"".join(parts[n] for n in range(first.total))
    if zlib.crc32(blob) != first.id:
        raise FormatError(
            f"snapshot: found CRC-32 {zlib.crc32(blob):#010x} of its bytes, expected "
            f"`id` {first.id:#010x}"
        )
    if len(blob) < _HEAD.size:
        raise FormatError(
            f"snapshot: found {len(blob)} bytes, expected at least {_HEAD.size}"
        )
    magic, version, sample_bytes, n, trigger, fs_hz, scale, time_s, channel, cause = (
        _HEAD.unpack_from(blob)
    )
    size = len(blob) - _HEAD.size
    for name, found, fits, expected in (
        ("magic", magic, magic == _MAGIC, _MAGIC),
        ("version", version, version == SNAPSHOT_VERSION, SNAPSHOT_VERSION),
        ("sample", sample_bytes, sample_bytes in _DTYPES, (2, 4)),
        ("samples", n, n * sample_bytes == size, size // (sample_bytes or 1)),
        ("trigger", trigger, trigger <= n, range(n + 1)),
        ("fs_hz", fs_hz, 0 < fs_hz < np.inf, "a number > 0"),
        ("scale", scale, 0 < scale < np.inf, "a number > 0"),
    ):
        if not fits:
            raise FormatError(
                f"snapshot field `{name}`: found {found!r}, expected {expected!r}"
            )
    x = np.frombuffer(blob, _DTYPES[sample_bytes], offset=_HEAD.size)
    return Snapshot(
        device_id=first.device_id,
        id=first.id,
        channel=channel,
        cause=cause,
        time_s=time_s,
        fs_hz=fs_hz,
        scale=scale,
        trigger=trigger,
        x=x.astype(np.float32) * np.float32(scale),
    )


def _sorted(chunks: Iterable[SnapshotChunk]) -> tuple[dict[int, bytes], SnapshotChunk]:
    """Return data by number, and the first chunk, of whose snapshot all must be."""
    parts: dict[int, bytes] = {}
    first: SnapshotChunk | None = None
    for chunk in chunks:
        first = first or chunk
        for name in ("device_id", "id", "total"):
            found, expected = getattr(chunk, name), getattr(first, name)
            if found != expected:
                raise FormatError(
                    f"{_WHAT} {chunk.number} field `{name}`: found {found}, expected "
                    f"{expected} as in chunk {first.number}"
                )
        if parts.setdefault(chunk.number, chunk.data) != chunk.data:
            raise FormatError(
                f"{_WHAT} {chunk.number} field `data`: found other bytes, expected "
                "those of the chunk of this number before"
            )
    if first is None:
        raise FormatError("snapshot: found no chunk, expected at least one")
    return parts, first
