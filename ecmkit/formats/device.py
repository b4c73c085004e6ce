"""The record of one device: what ``ecm_device.h`` reads.

A record is written when a device is made or mounted. Its bytes go over any wire to a
device that runs, or, as an image of two slots, into flash with the firmware.
"""

import math
import struct
import zlib
from typing import Literal

import msgspec

from ecmkit.errors import FormatError

__all__ = [
    "Bearing",
    "DeviceRecord",
    "SensorChannel",
    "SpeedSource",
    "decode_device",
    "device_image",
    "encode_device",
]

STATE_TYPE = 0x0401
CHANNELS_MAX = 16

_HEAD = struct.Struct("<IIHHffHHfff")
_CHANNEL = struct.Struct("<ff")
_CRC = struct.Struct("<I")
_SLOT_MAGIC = b"ECMS"
_SLOT = struct.Struct("<4sHHII")
_SOURCES = ("none", "fixed", "tacho", "estimated", "given")
_F32_MAX = 3.4028234663852886e38
_F32_LEAST = 1.1754943508222875e-38


def _positive(name: str, value: float, *, zero: bool = False) -> None:
    if not (_F32_LEAST <= value <= _F32_MAX or (zero and value == 0)):
        least = "0 or more" if zero else "a number above 0"
        raise ValueError(f"{name}: found {value:g}, expected {least}")


class SensorChannel(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Sensor of one channel: (sample - offset) * sensitivity is in the plan's unit."""

    sensitivity: float
    """Unit of the plan for one of the sensor; below 0 for one that is turned round."""
    offset: float = 0.0
    """In the sensor's unit."""

    def __post_init__(self) -> None:
        """Refuse what no sensor can be."""
        _positive("sensitivity", abs(self.sensitivity))
        if not abs(self.offset) <= _F32_MAX:
            raise ValueError(f"offset: found {self.offset:g}, expected a number")


class SpeedSource(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Where the shaft speed comes from."""

    source: Literal["none", "fixed", "tacho", "estimated", "given"] = "none"
    """none: nothing needs it; fixed: `hz`; tacho: pulses; estimated: from the
    vibration, around `hz`; given: told by a controller."""
    hz: float = 0.0
    pulses_per_turn: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a source without what it needs."""
        if self.source not in _SOURCES:
            raise ValueError(
                f"source: found {self.source!r}, expected one of {', '.join(_SOURCES)}"
            )
        _positive("hz", self.hz, zero=self.source not in ("fixed", "estimated"))
        _positive("pulses_per_turn", self.pulses_per_turn, zero=self.source != "tacho")


class Bearing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Geometry of the bearing that is watched."""

    balls: int
    ball_mm: float
    pitch_mm: float
    contact_deg: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no bearing can be."""
        if not 3 <= self.balls <= 65535:
            raise ValueError(f"balls: found {self.balls}, expected 3 ... 65535")
        _positive("ball_mm", self.ball_mm)
        if not _f32(self.ball_mm) < _f32(min(self.pitch_mm, _F32_MAX)) < math.inf:
            raise ValueError(
                f"pitch_mm: found {self.pitch_mm:g}, expected above `ball_mm` "
                f"{self.ball_mm:g}"
            )
        if not 0 <= _f32(self.contact_deg) < 90:
            raise ValueError(
                f"contact_deg: found {self.contact_deg:g}, expected 0 to below 90"
            )


class DeviceRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What differs from one device of a product to the next."""

    device_id: int
    key_id: int = 0
    """Which of the platform's keys is this device's; the key is not in the record."""
    channels: tuple[SensorChannel, ...]
    speed: SpeedSource = SpeedSource()
    bearing: Bearing | None = None

    def __post_init__(self) -> None:
        """Refuse what no device can be."""
        for name in ("device_id", "key_id"):
            value = getattr(self, name)
            if not 0 <= value <= 0xFFFFFFFF:
                raise ValueError(f"{name}: found {value}, expected 0 ... 4294967295")
        if not 1 <= len(self.channels) <= CHANNELS_MAX:
            raise ValueError(
                f"channels: found {len(self.channels)}, expected 1 ... {CHANNELS_MAX}"
            )


def encode_device(record: DeviceRecord) -> bytes:
    """Write a record, as it goes over a wire.

    Parameters
    ----------
    record : DeviceRecord

    Returns
    -------
    bytes
        40 and 8 for each channel; numbers are rounded to single precision.

    Examples
    --------
    >>> len(encode_device(DeviceRecord(
    ...     device_id=7, channels=(SensorChannel(sensitivity=0.01),))))
    48
    """
    bearing, speed = record.bearing, record.speed
    geometry = (
        (bearing.balls, 0, bearing.ball_mm, bearing.pitch_mm, bearing.contact_deg)
        if bearing
        else (0, 0, 0.0, 0.0, 0.0)
    )
    raw = _HEAD.pack(
        record.device_id,
        record.key_id,
        len(record.channels),
        _SOURCES.index(speed.source),
        speed.hz,
        speed.pulses_per_turn,
        *geometry,
    )
    raw += b"".join(_CHANNEL.pack(c.sensitivity, c.offset) for c in record.channels)
    return raw + _CRC.pack(zlib.crc32(raw))


def decode_device(data: bytes) -> DeviceRecord:
    """Read a record, such as one that was read back from a device.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    DeviceRecord

    Raises
    ------
    FormatError
        If its length, its checksum or a field is wrong; names what was found and what
        was expected.
    """
    if len(data) < _HEAD.size:
        raise FormatError(
            f"device record: found {len(data)} bytes, expected {_HEAD.size} or more"
        )
    device_id, key_id, n, source, hz, pulses, balls, zero, ball, pitch, contact = (
        _HEAD.unpack_from(data)
    )
    length = _HEAD.size + n * _CHANNEL.size + _CRC.size
    if len(data) != length and data.startswith(_SLOT_MAGIC):
        raise FormatError(
            "device record: found an image of flash, expected a record as it goes over "
            "a wire"
        )
    if len(data) != length:
        raise FormatError(
            f"device record: found {len(data)} bytes, expected {length} for {n} "
            "channels"
        )
    (crc,) = _CRC.unpack_from(data, length - _CRC.size)
    found = zlib.crc32(data[: -_CRC.size])
    if crc != found:
        raise FormatError(
            f"device record field `crc`: found {crc:#010x}, expected {found:#010x} of "
            "its bytes"
        )
    if source >= len(_SOURCES) or zero:
        raise FormatError(
            f"device record: found speed source {source} and reserved bits {zero}, "
            f"expected below {len(_SOURCES)} and 0"
        )
    places = range(_HEAD.size, length - _CRC.size, _CHANNEL.size)
    pairs = [_CHANNEL.unpack_from(data, at) for at in places]
    try:
        return DeviceRecord(
            device_id=device_id,
            key_id=key_id,
            channels=tuple(SensorChannel(sensitivity=s, offset=o) for s, o in pairs),
            speed=SpeedSource(source=_SOURCES[source], hz=hz, pulses_per_turn=pulses),  # type: ignore[arg-type]
            bearing=Bearing(
                balls=balls, ball_mm=ball, pitch_mm=pitch, contact_deg=contact
            )
            if balls
            else None,
        )
    except ValueError as error:
        raise FormatError(f"device record field {error}") from error


def device_image(record: DeviceRecord, *, slot_bytes: int) -> bytes:
    """Write the two slots of flash of a device that was never provisioned.

    Parameters
    ----------
    record : DeviceRecord
    slot_bytes : int
        Of one slot, such as a page of the flash.

    Returns
    -------
    bytes
        Two slots: the record, and one that is erased.

    Raises
    ------
    ValueError
        If the record does not fit into a slot.

    Examples
    --------
    >>> record = DeviceRecord(device_id=7, channels=(SensorChannel(sensitivity=0.01),))
    >>> len(device_image(record, slot_bytes=2048))
    4096
    """
    data = encode_device(record)
    raw = _SLOT.pack(_SLOT_MAGIC, 1, STATE_TYPE, 0, len(data)) + data
    raw += _CRC.pack(zlib.crc32(raw))
    if len(raw) > slot_bytes:
        raise ValueError(f"slot_bytes is {slot_bytes}, expected {len(raw)} or more")
    return raw.ljust(2 * slot_bytes, b"\xff")


def _f32(value: float) -> float:
    """Round to single precision."""
    found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return found
