"""Severity of vibration: published limits, what is declared, and what is refused."""

import numpy as np
import pytest

from ecmkit.data import Recording, RecordingInfo
from ecmkit.errors import DataError, FormatError
from ecmkit.features.severity import (
    load_zones,
    velocity_severity,
    zone_tables,
)

FS = 12800.0


def recording(velocity, *, f_hz=80.0, seconds=3.0, unit="m/s^2", **fields):
    """A sinusoid with a velocity of this RMS [mm/s]."""
    t = np.arange(int(seconds * FS)) / FS
    w = 2 * np.pi * f_hz
    x = np.sqrt(2) * velocity * 1e-3 * w * np.cos(w * t)
    info = {
        "id": "pump", "machine": "m", "label": "", "unit": unit, "fs_hz": FS,
        "speed_hz": 24.7,
    }  # fmt: skip
    return Recording(
        info=RecordingInfo(**info | fields),
        channels=("DE",),
        x=x.astype(np.float32)[None],
    )


@pytest.mark.parametrize(
    ("velocity", "zone"), [(1.3, "A"), (1.45, "B"), (2.7, "B"), (2.9, "C"), (4.7, "D")]
)
def test_zones_of_a_known_velocity(velocity, zone):
    found = velocity_severity(
        recording(velocity), machine_group=2, support="rigid", power_kw=22
    )
    assert found.rms == pytest.approx(velocity, rel=2e-3)
    assert found.zone == zone
    assert set(found.zones) == {zone}
    assert found.edition == "ISO 10816-3:2009"
    assert str(found) == f"{velocity:g} mm/s RMS: zone {zone} of ISO 10816-3:2009"


@pytest.mark.parametrize(
    ("group", "support", "limits"),
    [
        ("1", "rigid", (2.3, 4.5, 7.1)),
        ("1", "flexible", (3.5, 7.1, 11.0)),
        ("2", "rigid", (1.4, 2.8, 4.5)),
        ("2", "flexible", (2.3, 4.5, 7.1)),
    ],
)
def test_limits_as_public_tables_agree_on_them(group, support, limits):
    assert load_zones("iso-10816-3-2009").find(group, support).limits == limits


def test_every_table_that_comes_along():
    assert zone_tables() == ("iso-10816-1-1995", "iso-10816-3-2009")
    for name in zone_tables():
        table = load_zones(name)
        assert table.edition
        assert table.source
        assert table.zones == ("A", "B", "C", "D")
    assert load_zones("iso-10816-1-1995").find("I", "").limits == (0.71, 1.8, 4.5)


def test_slow_machines_are_measured_from_lower_on():
    """At 300 r/min the band begins at 2 Hz: 5 Hz counts in full."""
    slow = recording(3.0, f_hz=5.0, seconds=9.0, speed_hz=5.0)
    found = velocity_severity(slow, machine_group=1, support="rigid", power_kw=500)
    assert found.readings.design.lo_hz == 2.0
    assert found.rms == pytest.approx(3.0 / np.sqrt(1 + 0.4**4), rel=5e-3)
    fast = velocity_severity(
        recording(3.0, f_hz=5.0, seconds=9.0), machine_group=1, support="rigid",
        power_kw=500,
    )  # fmt: skip
    assert fast.readings.design.lo_hz == 10.0
    assert fast.rms < 1.0


def test_a_table_of_ones_own(tmp_path):
    path = tmp_path / "house.toml"
    text = """
version = 1
edition = "house rule 7"
source = "our own fans"
scope = "fans"
unit = "mm/s"
power_kw = [0.0, 15.0]
speed_rpm = [300.0, 3600.0]
hi_hz = 1000.0
zones = ["good", "look", "stop"]
[[bands]]
from_rpm = 0.0
lo_hz = 10.0
[[classes]]
group = "fan"
support = ""
scope = "all"
limits = [1.0, 3.0]
"""
    path.write_text(text)
    found = velocity_severity(
        recording(2.0), machine_group="fan", power_kw=4, table=path
    )
    assert (found.zone, found.edition) == ("look", "house rule 7")
    for wrong, message in (
        (("[1.0, 3.0]", "[3.0, 1.0]"), r"classes\[0\].limits: found"),
        (("[1.0, 3.0]", "[1.0]"), "expected 2 that rise, above 0, for 3 zones"),
        (('"mm/s"', '"g"'), "unit: found g, expected a velocity"),
        (("from_rpm = 0.0", "from_rpm = 900.0"), "bands.from_rpm: found"),
        (("version = 1", "version = 2"), "version: found 2, expected 1"),
        (("hi_hz", "high_hz"), "did you mean `hi_hz`"),
    ):
        path.write_text(text.replace(*wrong))
        with pytest.raises(FormatError, match=message) as error:
            load_zones(path)
        assert "house.toml" in str(error.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"unit": ""}, r"pump: unit: found '', expected an acceleration: g, m/s\^2"),
        ({"unit": "V"}, "unit: found 'V', .* a unit is declared, never guessed"),
        ({"unit": "mm/s"}, "unit: found 'mm/s', expected an acceleration"),
        ({"fs_hz": 0.0}, "pump: fs_hz: found 0, expected the sampling rate"),
        ({"fs_hz": 2000.0}, "pump: fs_hz: found 2000 Hz, expected at least 2560"),
        ({"speed_hz": 0.0}, "pump: speed_hz: found 0, expected the shaft speed"),
        ({"seconds": 1.0}, "pump: x: found 12800 samples, 1 s, expected at least"),
    ],
)
def test_recordings_that_are_refused(fields, message):
    with pytest.raises(DataError, match=message):
        velocity_severity(
            recording(1.0, **fields), machine_group=2, support="rigid", power_kw=22
        )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"power_kw": 11}, "power_kw: found 11 kW, expected above 15 up to 50000 kW"),
        ({"speed_hz": 1.0}, r"speed_hz: found 60 r/min, expected 120 ... 15000 r/min"),
        ({"machine_group": 3}, "machine_group: found '3', expected one of 1, 2 of ISO"),
        ({"support": "rigit"}, "support: found 'rigit', .* did you mean 'rigid'?"),
        ({"support": ""}, "support: found '', expected one of rigid, flexible"),
    ],
)
def test_machines_out_of_scope(fields, message):
    asked = {"machine_group": 2, "support": "rigid", "power_kw": 22} | fields
    with pytest.raises(ValueError, match=message):
        velocity_severity(recording(1.0), **asked)


def test_names():
    with pytest.raises(FormatError, match="did you mean 'iso-10816-3-2009'"):
        load_zones("iso-10816-3")
    two = Recording(
        info=recording(1.0).info,
        channels=("DE", "NDE"),
        x=np.zeros((2, 38400), np.float32),
    )
    asked = {"machine_group": 2, "support": "rigid", "power_kw": 22}
    with pytest.raises(DataError, match="channel: found nothing, expected one of DE"):
        velocity_severity(two, **asked)
    assert velocity_severity(two, channel="NDE", **asked).zone == "A"
    with pytest.raises(ValueError, match="support: found rigid, expected none"):
        velocity_severity(
            recording(1.0), machine_group="I", support="rigid", power_kw=2,
            table="iso-10816-1-1995",
        )  # fmt: skip
