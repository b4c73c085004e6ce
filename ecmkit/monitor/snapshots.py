"""Raw snapshots out of what was received: the complete ones, and what is missing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ecmkit.errors import FormatError
from ecmkit.formats.snapshot import (
    Snapshot,
    SnapshotChunk,
    decode_chunk,
    is_chunk,
    join_chunks,
    missing_chunks,
)

__all__ = ["PartialSnapshot", "Snapshots", "collect_snapshots"]

_REASONS_MAX = 5


@dataclass(frozen=True, kw_only=True)
class PartialSnapshot:
    """A snapshot of which chunks are missing."""

    device_id: int
    id: int
    total: int
    """Chunks of the snapshot."""
    missing: tuple[int, ...]
    """Numbers of the chunks to ask for, rising."""


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """What became of the chunks."""

    complete: tuple[Snapshot, ...]
    """In the order in which their first chunks came."""
    partial: tuple[PartialSnapshot, ...]
    refused: int
    """Chunks and snapshots that are damaged, forged or contradict each other."""
    reasons: tuple[str, ...]
    """The first few messages about them."""


def collect_snapshots(
    frames: Iterable[bytes],
    *,
    device_id: int | None = None,
    mac: Callable[[bytes], bytes] | None = None,
) -> Snapshots:
    """Put snapshots together from the chunks among frames.

    Parameters
    ----------
    frames : iterable of bytes
        In any order; chunks may come twice. What is no chunk is passed over.
    device_id : int, optional
        Only those of one device.
    mac : callable, optional
        bytes -> authentication code with the device's key; chunks without that code
        are refused.

    Returns
    -------
    Snapshots

    Examples
    --------
    >>> collect_snapshots([]).complete
    ()
    """
    found: dict[tuple[int, int], dict[int, SnapshotChunk]] = {}
    reasons: list[str] = []
    for data in frames:
        if not is_chunk(data):
            continue
        try:
            chunk = decode_chunk(data, mac=mac)
            if device_id is not None and chunk.device_id != device_id:
                continue
            chunks = found.setdefault((chunk.device_id, chunk.id), {})
            missing_chunks([*list(chunks.values())[:1], chunk])  # of one snapshot
            if chunks.setdefault(chunk.number, chunk).data != chunk.data:
                missing_chunks([chunks[chunk.number], chunk])
        except FormatError as error:
            reasons.append(str(error))
    complete, partial = [], []
    for (device, id_), chunks in found.items():
        missing = missing_chunks(chunks.values())
        if missing:
            total = next(iter(chunks.values())).total
            partial.append(
                PartialSnapshot(device_id=device, id=id_, total=total, missing=missing)
            )
            continue
        try:
            complete.append(join_chunks(chunks.values()))
        except FormatError as error:
            reasons.append(str(error))
    return Snapshots(
        complete=tuple(complete),
        partial=tuple(partial),
        refused=len(reasons),
        reasons=tuple(reasons[:_REASONS_MAX]),
    )
