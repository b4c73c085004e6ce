"""The records that ``targets/support/bench_drive.c`` writes, read back."""

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ecmkit.bench.records import EVENT_DTYPE, SEGMENT_DTYPE, AppRun
from ecmkit.errors import DeviceError

__all__ = [
    "INIT",
    "PUSH",
    "REPORT",
    "STEP",
    "read_run",
    "read_segments",
    "stream_bytes",
]

INIT, PUSH, REPORT, STEP = 0, 1, 2, 16
_EVENT, _FRAME, _SEGMENT, _REFUSED = 1, 2, 3, 4
_HEAD = struct.Struct("<2I")
_FRAME_BYTES = 51
_STEPS_MAX = 40  # slices of a window and channel, with room to spare


def stream_bytes(
    *,
    windows: int,
    pushes: int,
    frames: int,
    n_channels: int,
    n_features: int,
    n_outputs: int,
    slices: int = 0,
) -> int:
    """Bytes that suffice for the records of a run; `pushes` are of all channels.

    With the number of `slices` of a window, no more than a board with little memory
    needs: few calls are refused.
    """
    event = _HEAD.size + EVENT_DTYPE.itemsize + 4 * (n_features + n_outputs)
    pair = 2 * _HEAD.size
    if slices:
        push, slack = (2 + n_channels) * pair, 4 * pair
    else:
        slices = n_channels * _STEPS_MAX * 2
        push, slack = (4 + 2 * n_channels) * pair, 4096
    frame = 2 * pair + _FRAME_BYTES + 1
    return windows * (event + slices * pair) + pushes * push + frames * frame + slack


def read_run(data: bytes, *, n_features: int, n_outputs: int) -> AppRun:
    """Read everything but the segments.

    Parameters
    ----------
    data : bytes
        The stream.
    n_features, n_outputs : int
        As in the package.

    Returns
    -------
    AppRun

    Raises
    ------
    DeviceError
        If the stream is not well formed.
    """
    events, frames, refused = [], [], []
    width = EVENT_DTYPE.itemsize + 4 * (n_features + n_outputs)
    for tag, payload in _records(data):
        if tag == _EVENT:
            if len(payload) != width:
                raise DeviceError(f"event of {len(payload)} bytes, expected {width}")
            events.append(payload)
        elif tag == _FRAME:
            frames.append(payload)
        elif tag == _REFUSED:
            stage, status = struct.unpack("<Ii", payload)
            refused.append((stage, status))
    row = np.dtype([
        ("event", EVENT_DTYPE),
        ("features", "<f4", (n_features,)),
        ("outputs", "<f4", (n_outputs,)),
    ])  # fmt: skip
    rows = np.frombuffer(b"".join(events), row) if width else np.empty(0, row)
    valid = rows["event"]["valid"] != 0
    return AppRun(
        events=rows["event"].copy(),
        features=_only(valid, rows["features"]),
        outputs=_only(valid, rows["outputs"]),
        frames=tuple(frames),
        refused=tuple(refused),
    )


def read_segments(data: bytes, counts: NDArray[np.uint64]) -> NDArray[np.void]:
    """Join the segments of a stream with the instructions that a runner counted.

    Raises
    ------
    DeviceError
        If their numbers differ.
    """
    marks = [payload for tag, payload in _records(data) if tag == _SEGMENT]
    if len(marks) != len(counts):
        raise DeviceError(
            f"{len(counts)} counted segments for {len(marks)} that were announced"
        )
    segments = np.empty(len(marks), SEGMENT_DTYPE)
    pairs = np.frombuffer(b"".join(marks), "<u4").reshape(-1, 2)
    segments["stage"], segments["window"] = pairs[:, 0], pairs[:, 1]
    segments["count"] = counts
    return segments


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise DeviceError(f"record at byte {at} is cut off")
        tag, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if not _EVENT <= tag <= _REFUSED or at + length > len(data):
            raise DeviceError(f"record at byte {at - _HEAD.size} has tag {tag}")
        yield tag, data[at : at + length]
        at += (length + 3) & ~3


def _only(valid: NDArray[np.bool_], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of valid windows; the others hold what an earlier window left behind."""
    return np.where(valid[:, None], rows, np.float32(np.nan)).astype(np.float32)
