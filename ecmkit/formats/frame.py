"""Telemetry frames: the bytes of ``ecm_frame.h`` back into records.

The reader knows the three kinds of item that a frame holds (unsigned integer, byte
string, float) and nothing else of CBOR. Frames come over the air: tags, maps, nesting
and the big numbers that a general reader would build from them are refused unread.
"""

import math
import struct

import msgspec

from ecmkit.errors import FormatError

__all__ = [
    "COUNTER_BINS",
    "COUNTER_MAX",
    "FRAME_MAX_BYTES",
    "FRAME_VERSION",
    "NO_CLASS",
    "JoinFrame",
    "StatusFrame",
    "TruncatedFrameError",
    "decode",
]

FRAME_VERSION = 1
FRAME_MAX_BYTES = 51
COUNTER_BINS = 8
COUNTER_MAX = 4095
NO_CLASS = 23

_HEALTH_MAX = 15
_COUNTER_BYTES = COUNTER_BINS * 12 // 8
_ID_BYTES = 16
_STATUS_ITEMS = 13
_JOIN_ITEMS = 6
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_NAMES = {0: "unsigned integer", 2: "byte string", 7: "float"}


class TruncatedFrameError(FormatError):
    """A frame that ends before its last item."""


class StatusFrame(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a device says of itself: ``ecm_frame_t``."""

    device_id: int
    contract_id: int
    """First 32 bits of the feature contract's SHA-256."""
    model_id: int
    """First 32 bits of the model's SHA-256."""
    seq: int
    """Number of the frame, modulo 65536."""
    uptime_s: int
    """Seconds since the device started."""
    health: int
    """Verdicts of sensor health since the last frame, ``ECM_HEALTH_...`` bits."""
    alarms: int
    """Bit i: the watch of score i alarmed since the last frame."""
    class_id: int
    """Most probable class of the last window; `NO_CLASS` without a classifier."""
    score: float
    """First score of the last window, >= 0, rounded to binary16; infinite above
    65504, NaN if the model gave no number."""
    drift: float
    """Largest CUSUM sum over its limit at the last window, >= 0, binary16."""
    feature: int
    """Index of the feature whose counters follow."""
    counters: tuple[int, ...]
    """Windows in each of the 8 reference bins; a sum of 4095 means at least as many."""


class JoinFrame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device says first after its start: ``ecm_frame_join_t``."""

    device_id: int
    contract_id: bytes
    """First 16 bytes of the feature contract's SHA-256."""
    model_id: bytes
    """First 16 bytes of the model's SHA-256."""
    seq: int
    features_len: int
    """Number of features that take turns in the status frames."""


def decode(data: bytes) -> StatusFrame | JoinFrame:
    r"""Read one frame.

    Any width of an integer or float is read; a device writes the shortest.

    Parameters
    ----------
    data : bytes
        One whole frame, at most 51 bytes.

    Returns
    -------
    StatusFrame or JoinFrame

    Raises
    ------
    FormatError
        Naming the field, what was found and what was expected;
        `TruncatedFrameError` if the frame ends early.

    Examples
    --------
    >>> decode(bytes.fromhex("8601182a50") + bytes(16) + b"P" + bytes(16) + b"\0\x17")
    ... # doctest: +ELLIPSIS
    JoinFrame(device_id=42, contract_id=b'\x00..., seq=0, features_len=23)
    """
    if len(data) > FRAME_MAX_BYTES:
        raise FormatError(
            f"frame: found {len(data)} bytes, expected at most {FRAME_MAX_BYTES}"
        )
    reader = _Reader(bytes(data))
    items = reader.array()
    version = reader.integer("version", 0xFFFFFFFF)
    if version != FRAME_VERSION:
        raise FormatError(
            f"frame field `version`: found {version}, expected {FRAME_VERSION}"
        )
    frame = _status(reader) if items == _STATUS_ITEMS else _join(reader)
    reader.end()
    return frame


def _status(reader: "_Reader") -> StatusFrame:
    return StatusFrame(
        device_id=reader.integer("device_id", 0xFFFFFFFF),
        contract_id=reader.integer("contract_id", 0xFFFFFFFF),
        model_id=reader.integer("model_id", 0xFFFFFFFF),
        seq=reader.integer("seq", 0xFFFF),
        uptime_s=reader.integer("uptime_s", 0xFFFFFFFF),
        health=reader.integer("health", _HEALTH_MAX),
        alarms=reader.integer("alarms", 0xFF),
        class_id=reader.integer("class_id", NO_CLASS),
        score=reader.real("score", nan=True),
        drift=reader.real("drift"),
        feature=reader.integer("feature", 0xFF),
        counters=_unpack(reader.octets("counters", _COUNTER_BYTES)),
    )


def _join(reader: "_Reader") -> JoinFrame:
    return JoinFrame(
        device_id=reader.integer("device_id", 0xFFFFFFFF),
        contract_id=reader.octets("contract_id", _ID_BYTES),
        model_id=reader.octets("model_id", _ID_BYTES),
        seq=reader.integer("seq", 0xFFFF),
        features_len=reader.integer("features_len", 0xFFFF),
    )


def _unpack(packed: bytes) -> tuple[int, ...]:
    """Eight 12-bit numbers from twelve bytes; a pair takes three, little-endian."""
    pairs = [
        int.from_bytes(packed[i : i + 3], "little") for i in range(0, len(packed), 3)
    ]
    return tuple(number for pair in pairs for number in (pair & 0xFFF, pair >> 12))


class _Reader:
    """Takes the items of one flat CBOR array in turn."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def array(self) -> int:
        """Head of the array; says which of the two frames it is."""
        major, value, _ = self._head("frame")
        if major != 4 or value not in (_STATUS_ITEMS, _JOIN_ITEMS):
            found = f"an array of {value}" if major == 4 else f"CBOR type {major}"
            raise FormatError(
                f"frame: found {found}, expected an array of {_STATUS_ITEMS} (status) "
                f"or {_JOIN_ITEMS} (join)"
            )
        return value

    def integer(self, field: str, largest: int) -> int:
        value = self._item(field, 0)[0]
        if value > largest:
            raise FormatError(
                f"frame field `{field}`: found {value}, expected 0 ... {largest}"
            )
        return value

    def octets(self, field: str, length: int) -> bytes:
        found, _ = self._item(field, 2)
        if found != length:
            raise FormatError(
                f"frame field `{field}`: found {found} bytes, expected {length}"
            )
        return self._take(field, length)

    def real(self, field: str, *, nan: bool = False) -> float:
        bits, info = self._item(field, 7)
        if info not in _FLOATS:
            raise FormatError(
                f"frame field `{field}`: found simple value {bits}, expected a float"
            )
        width = 1 << (info - 24)
        value = float(struct.unpack(_FLOATS[info], bits.to_bytes(width, "big"))[0])
        if value < 0 or (math.isnan(value) and not nan):
            raise FormatError(
                f"frame field `{field}`: found {value}, expected a number >= 0"
            )
        return value

    def end(self) -> None:
        left = len(self.data) - self.at
        if left:
            raise FormatError(f"frame: found {left} bytes after its end, expected none")

    def _item(self, field: str, wanted: int) -> tuple[int, int]:
        """Value and additional information of an item of the wanted major type."""
        major, value, info = self._head(f"frame field `{field}`")
        if major != wanted:
            found = _NAMES.get(major, f"CBOR type {major}")
            raise FormatError(
                f"frame field `{field}`: found {found}, expected {_NAMES[wanted]}"
            )
        return value, info

    def _head(self, where: str) -> tuple[int, int, int]:
        """Major type, value and additional information of the next item's head."""
        first = self._take(where, 1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info, info
        if info > 27:
            raise FormatError(
                f"{where}: found a reserved or indefinite length ({first:#04x}), "
                "expected a definite one"
            )
        return major, int.from_bytes(self._take(where, 1 << (info - 24)), "big"), info

    def _take(self, where: str, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise TruncatedFrameError(
                f"{where}: found the end of the frame after {len(self.data)} bytes, "
                f"expected {count - len(part)} more"
            )
        self.at += count
        return part
