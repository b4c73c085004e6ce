"""``ecmkit device``: from TOML to the bytes that a device reads, and back."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ecmkit._core import device as core
from ecmkit._core import state
from ecmkit.formats import DeviceRecord, decode_device, encode_device, load_toml
from tests.cli.runner import Done, ecmkit

TOML = """\
device_id = 258
key_id = 3
channels = [{ sensitivity = 0.5 }, { sensitivity = -0.25, offset = 2.0 }]
speed = { source = "tacho", hz = 25.0, pulses_per_turn = 2.0 }
bearing = { balls = 9, ball_mm = 7.94, pitch_mm = 40.0, contact_deg = 15.0 }
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "pump.toml"
    path.write_text(TOML)
    return path


def refused(done: Done, *words: str) -> None:
    """It ended with one line that has the words."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err


def other() -> core.Device:
    """Make a device with another record."""
    return core.Device(
        device_id=1, key_id=0, speed_source=0, speed_hz=0.0, pulses_per_turn=0.0,
        balls=0, ball_mm=0.0, pitch_mm=0.0, contact_deg=0.0, channels=[(1.0, 0.0)],
    )  # fmt: skip


def test_a_device_reads_it(tmp_path: Path, settings: Path) -> None:
    out = tmp_path / "pump.record"
    done = ecmkit("device", "record", settings, "--out", out)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"record: {out}: device 258, 2 channel(s), 56 bytes\n"
    data = out.read_bytes()
    assert data == encode_device(load_toml(settings, DeviceRecord))
    device = other()
    device.decode(data)
    assert device.encode() == data


def test_a_device_starts_with_an_image(tmp_path: Path, settings: Path) -> None:
    out = tmp_path / "pump.image"
    done = ecmkit("device", "record", settings, "--out", out, "--slot-bytes", 256)
    assert (done.code, done.err) == (0, "")
    assert "image of two slots: " in done.out
    assert "512 bytes" in done.out
    device = other()
    device.load(state.Store(out.read_bytes()))
    assert decode_device(device.encode()) == decode_device(
        encode_device(load_toml(settings, DeviceRecord))
    )
    small = tmp_path / "small"
    done = ecmkit("device", "record", settings, "--out", small, "--slot-bytes", 64)
    refused(done, "slot_bytes is 64, expected 76 or more")
    assert not small.exists()


def test_it_is_shown_with_units(
    tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out = tmp_path / "pump.record"
    assert ecmkit("device", "record", settings, "--out", out).code == 0
    done = ecmkit("device", "show", out)
    assert (done.code, done.err) == (0, "")
    cells = [line.split("│")[1:4] for line in done.out.splitlines() if "│" in line]
    shown = {f.strip(): (v.strip(), unit.strip()) for f, v, unit in cells}
    assert shown["device_id"] == ("258", "")
    assert shown["channels[1].sensitivity"] == ("-0.25", "of the plan / sensor")
    assert shown["channels[1].offset"] == ("2", "of the sensor")
    assert shown["speed.source"] == ("tacho", "")
    assert shown["speed.hz"] == ("25", "Hz")
    assert shown["bearing.ball_mm"] == ("7.94", "mm")
    assert shown["bearing.contact_deg"] == ("15", "degrees")
    found = json.loads(ecmkit("device", "show", out, "--json").out)
    assert msgspec.convert(found, DeviceRecord) == decode_device(out.read_bytes())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("key_id", "keyid", "found unknown field `keyid`; did you mean `key_id`?"),
        ("{ sensitivity = 0.5", "{ sensitivty = 0.5", "did you mean `sensitivity`"),
        ("balls", "bals", "did you mean `balls`"),
        ("258", '"258"', "device_id: found '258', expected a whole number"),
        ("258", "-1", "device_id: found -1, expected 0 ... 4294967295"),
        ("0.5", "0.0", "sensitivity: found 0, expected a number above 0"),
        ("pitch_mm = 40.0", "pitch_mm = 4.0", "pitch_mm: found 4, expected above"),
        ("hz = 25.0, pulses_per_turn = 2.0", "hz = 25.0", "pulses_per_turn: found 0"),
        ("tacho", "taco", "'taco'"),
        ("key_id = 3", "key_id = ", "not valid TOML"),
        ("device_id = 258", "", "device_id"),
    ],
)
def test_wrong_settings_are_named(
    tmp_path: Path, settings: Path, old: str, new: str, words: str
) -> None:
    assert old in TOML
    settings.write_text(TOML.replace(old, new))
    done = ecmkit("device", "record", settings, "--out", tmp_path / "x")
    refused(done, f"{settings}: ", words)
    assert list(tmp_path.iterdir()) == [settings]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: b"", "found 0 bytes, expected 36 or more"),
        (lambda x: x[:-1], "found 55 bytes, expected 56 for 2 channels"),
        (lambda x: b"\7" + x[1:], "field `crc`: found 0x"),
        (lambda x: b"ECMS" + x, "found an image of flash, expected a record"),
    ],
)
def test_damaged_records_are_named(
    tmp_path: Path, settings: Path, change: Callable[[bytes], bytes], words: str
) -> None:
    file = tmp_path / "r"
    data = encode_device(load_toml(settings, DeviceRecord))
    file.write_bytes(change(data))
    refused(ecmkit("device", "show", file), f"{file}: device record", words)


def test_a_device_of_this_number_is_no_image(tmp_path: Path, settings: Path) -> None:
    """Its id has the bytes with which an image begins."""
    (number,) = struct.unpack("<I", b"ECMS")
    settings.write_text(TOML.replace("258", str(number)))
    out = tmp_path / "r"
    assert ecmkit("device", "record", settings, "--out", out).code == 0
    done = ecmkit("device", "show", out, "--json")
    assert json.loads(done.out)["device_id"] == number


def test_files(tmp_path: Path, settings: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    arguments = ["device", "record", settings, "--out"]
    refused(ecmkit(*arguments, out), f"{out}: is there already; --replace")
    assert out.read_text() == "mine"
    assert ecmkit(*arguments, out, "--replace").code == 0
    assert decode_device(out.read_bytes()).device_id == 258
    refused(ecmkit(*arguments, settings, "--replace"), "--out: found the settings")
    assert settings.read_text() == TOML
    refused(ecmkit(*arguments, tmp_path / "no" / "x"), "found no folder")
    missing = ["device", "record", tmp_path / "no.toml", "--out", tmp_path / "x"]
    refused(ecmkit(*missing), "no.toml: no such file")
    refused(ecmkit("device", "show", tmp_path / "no"), "no: No such file")


def test_help_has_units_and_examples() -> None:
    for name in ("record", "show"):
        said = " ".join(ecmkit("device", name, "--help").out.split())
        assert f"Example: ecmkit device {name} pump-7." in said
