"""Records of devices: from TOML to bytes and back; what is wrong is named."""

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from ecmkit.errors import FormatError
from ecmkit.formats import (
    Bearing,
    DeviceRecord,
    SensorChannel,
    SpeedSource,
    decode_device,
    device_image,
    encode_device,
    load_toml,
)

TOML = """\
device_id = 258
key_id = 3
channels = [{ sensitivity = 0.5 }, { sensitivity = -0.25, offset = 2.0 }]
speed = { source = "tacho", hz = 25.0, pulses_per_turn = 2.0 }
bearing = { balls = 9, ball_mm = 8.0, pitch_mm = 40.0, contact_deg = 15.0 }
"""
RECORD = DeviceRecord(
    device_id=258,
    key_id=3,
    channels=(
        SensorChannel(sensitivity=0.5),
        SensorChannel(sensitivity=-0.25, offset=2.0),
    ),
    speed=SpeedSource(source="tacho", hz=25.0, pulses_per_turn=2.0),
    bearing=Bearing(balls=9, ball_mm=8.0, pitch_mm=40.0, contact_deg=15.0),
)


def test_a_file_is_the_bytes_of_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text(TOML)
    record = load_toml(path, DeviceRecord)
    assert record == RECORD
    raw = struct.pack("<2I2H2f2H3f", 258, 3, 2, 2, 25.0, 2.0, 9, 0, 8.0, 40.0, 15.0)
    raw += struct.pack("<4f", 0.5, 0.0, -0.25, 2.0)
    assert encode_device(record) == raw + struct.pack("<I", zlib.crc32(raw))
    assert decode_device(encode_device(record)) == record


def test_an_image_is_a_saved_state() -> None:
    data = encode_device(RECORD)
    image = device_image(RECORD, slot_bytes=256)
    raw = struct.pack("<4s2H2I", b"ECMS", 1, 0x0401, 0, len(data)) + data
    raw += struct.pack("<I", zlib.crc32(raw))
    assert image == raw + b"\xff" * (512 - len(raw))
    with pytest.raises(ValueError, match=f"slot_bytes is 64, expected {len(raw)}"):
        device_image(RECORD, slot_bytes=64)


ONE = (SensorChannel(sensitivity=1.0),)


@pytest.mark.parametrize(
    ("make", "settings", "error"),
    [
        (
            SensorChannel,
            {"sensitivity": 0.0},
            "sensitivity: found 0, expected a number",
        ),
        (SensorChannel, {"sensitivity": 1e39}, "sensitivity: found 1e"),
        (SensorChannel, {"sensitivity": 1e-39}, "sensitivity: found 1e-39"),
        (
            SensorChannel,
            {"sensitivity": 1, "offset": float("nan")},
            "offset: found nan",
        ),
        (SpeedSource, {"source": "fixed"}, "hz: found 0, expected a number above 0"),
        (SpeedSource, {"source": "tacho"}, "pulses_per_turn: found 0"),
        (SpeedSource, {"hz": -1.0}, "hz: found -1, expected 0 or more"),
        (SpeedSource, {"source": "gps"}, "source: found 'gps', expected one of none,"),
        (Bearing, {"balls": 2, "ball_mm": 1, "pitch_mm": 2}, "balls: found 2"),
        (Bearing, {"balls": 9, "ball_mm": 0, "pitch_mm": 2}, "ball_mm: found 0"),
        (
            Bearing,
            {"balls": 9, "ball_mm": 2, "pitch_mm": 2},
            "expected above `ball_mm`",
        ),
        (
            Bearing,
            {"balls": 9, "ball_mm": 1, "pitch_mm": 2, "contact_deg": 90},
            "contact_deg: found 90",
        ),
        (DeviceRecord, {"device_id": -1, "channels": ONE}, "device_id: found -1"),
        (DeviceRecord, {"device_id": 1, "channels": ()}, "channels: found 0"),
        (DeviceRecord, {"device_id": 1, "channels": ONE * 17}, "channels: found 17"),
        (DeviceRecord, {"device_id": 1, "key_id": 1 << 32, "channels": ONE}, "key_id"),
    ],
)
def test_what_no_device_can_be_is_named(
    make: Any, settings: dict[str, Any], error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        make(**settings)


def test_a_file_names_the_field(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text(TOML.replace("balls = 9", "balls = 1"))
    with pytest.raises(FormatError, match=r"device\.toml.*balls: found 1"):
        load_toml(path, DeviceRecord)
    path.write_text(TOML.replace("key_id", "key"))
    with pytest.raises(FormatError, match=r"device\.toml.*key"):
        load_toml(path, DeviceRecord)


def summed(data: bytes) -> bytes:
    return data + struct.pack("<I", zlib.crc32(data))


def test_bytes_that_are_no_record_are_named() -> None:
    data = encode_device(RECORD)
    with pytest.raises(FormatError, match="found 10 bytes, expected 36 or more"):
        decode_device(data[:10])
    with pytest.raises(FormatError, match="55 bytes, expected 56 for 2 channels"):
        decode_device(data[:-1])
    with pytest.raises(FormatError, match="field `crc`: found"):
        decode_device(data[:-1] + b"!")
    for at, value, error in (
        (10, b"\5", "speed source 5"),
        (22, b"\1", "reserved bits 1"),
        (20, b"\1", "balls: found 1"),
        (36, bytes(4), "sensitivity: found 0"),
    ):
        wrong = summed(data[:at] + value + data[at + len(value) : -4])
        with pytest.raises(FormatError, match=error):
            decode_device(wrong)
