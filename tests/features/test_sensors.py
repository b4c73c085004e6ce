"""Channels that differ in unit and full scale: plan, contract, table, errors."""

import msgspec
import numpy as np
import pytest

from ecmkit import data
from ecmkit.errors import DataError
from ecmkit.features import (
    Feature,
    FeaturePlan,
    PlanEnvelope,
    PlanSensor,
    Stream,
    codes_of,
    extract_files,
    load_features,
)
from ecmkit.package.texts import samples_of

FS = 8000.0
PLAN = FeaturePlan(
    channels=("vib", "amps"),
    unit="g",
    fs_hz=FS,
    range=16.0,
    sensors={"amps": PlanSensor(unit="A", range=50.0)},
    window_len=512,
    hop_len=256,
    speed_hz=(28.0, 32.0),
    envelope=PlanEnvelope(band_hz=(1000.0, 3000.0)),
    features=(
        "rms",
        "variance",
        Feature(name="velocity_rms", channel="vib"),
        Feature(name="env_line", order=3),
        Feature(name="slip_sidebands", channel="amps", supply_hz=400, pole_pairs=10),
    ),
)
INFO = data.RecordingInfo(
    id="a",
    machine="m",
    label="",
    unit="g",
    fs_hz=FS,
    speed_hz=30.0,
    sensors={"amps": data.ChannelInfo(unit="A", range=50.0)},
)


def recording(info=INFO, n=20_000):
    x = np.random.default_rng(1).standard_normal((2, n)).astype(np.float32)
    return data.Recording(info=info, channels=("vib", "amps"), x=x)


def test_units_are_carried_into_the_table():
    contract = PLAN.contract()
    assert contract.channel_units == ("g", "A")
    assert contract.channel_ranges == (16.0, 50.0)
    table = PLAN.extract(data.Dataset((recording(),)))
    assert dict(zip(table.names, table.units, strict=True)) == {
        "vib_velocity_rms": "mm/s",
        "vib_rms": "g",
        "vib_variance": "g^2",
        "vib_env_line_3": "g",
        "amps_rms": "A",
        "amps_variance": "A^2",
        "amps_slip_sidebands_400_10": "1",
        "amps_env_line_3": "A",
    }


def test_channels_that_are_alike_are_no_others():
    same = msgspec.structs.replace(
        PLAN, sensors={"amps": PlanSensor(unit="g", range=16.0)}
    )
    plain = msgspec.structs.replace(PLAN, sensors={})
    assert same.contract().id == plain.contract().id
    assert plain.contract().channel_units == ()
    assert plain.contract().id != PLAN.contract().id


def test_the_numbers_are_those_of_a_plan_of_one_unit():
    """Nothing is converted: a unit says what numbers mean."""
    found = PLAN.extract(data.Dataset((recording(),)))
    info = msgspec.structs.replace(INFO, sensors={})
    plain = msgspec.structs.replace(PLAN, sensors={})
    expected = plain.extract(data.Dataset((recording(info),)))
    np.testing.assert_array_equal(found.x, expected.x)


@pytest.mark.parametrize(
    ("sensors", "words"),
    [
        ({}, "a: amps: unit: found g, expected A"),
        ({"amps": {"unit": "mA"}}, "a: amps: unit: found mA, expected A"),
        ({"amps": {"unit": "A", "range": 5.0}}, "a: amps: range: found 5.0, expected"),
        (
            {"amps": {"unit": "A"}, "vib": {"unit": "m/s^2"}},
            "a: vib: unit: found m/s^2, expected g",
        ),
    ],
)
def test_a_recording_of_other_units_is_refused(sensors, words):
    info = msgspec.structs.replace(
        INFO, sensors=msgspec.convert(sensors, dict[str, data.ChannelInfo])
    )
    with pytest.raises(DataError) as caught:
        PLAN.extract(data.Dataset((recording(info),)))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sensors": {"amp": {"unit": "A"}}}, "sensors: found 'amp', expected one of"),
        ({"sensors": {"amps": {"unit": ""}}}, "sensors.amps.unit: found ''"),
        ({"sensors": {"amps": {"range": 0.0}}}, "sensors.amps.range: found 0.0"),
        (
            {"features": ["velocity_rms"]},
            "sensors.amps.unit: found A, expected g, as vib, since velocity_rms is one",
        ),
        (
            {"features": [{"name": "velocity_rms", "channel": "amps"}]},
            "sensors.amps.unit: found 'A', expected g, m/s^2, mm/s^2, since features",
        ),
    ],
)
def test_errors_name_the_channel(changes, words):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({**msgspec.to_builtins(PLAN), **changes}, FeaturePlan)
    assert words in str(caught.value)


def test_integers_have_the_full_scale_of_their_channel():
    plan = msgspec.structs.replace(
        PLAN, profile="q15", speed_hz=None, envelope=None, features=("rms",)
    )
    x = recording().x
    codes = np.stack([codes_of(x[0], 16.0), codes_of(x[1], 50.0)])
    found = Stream(plan).push(codes)
    np.testing.assert_array_equal(Stream(plan).push(x), found)
    exact = x[:, :512].std(axis=1)
    np.testing.assert_allclose(found[0], exact, rtol=2e-3)
    contract = plan.contract()
    assert samples_of(contract) == (
        "samples of 16 bits, 2^15 for 16 g of vib, 50 A of amps"
    )
    assert samples_of(PLAN.contract()) == "samples in g of vib, A of amps"


def test_quality_knows_the_full_scale_of_a_channel():
    x = recording().x.copy()
    x[1, 100:110] = 60.0
    report = data.check(
        data.Dataset((data.Recording(info=INFO, channels=("vib", "amps"), x=x),)),
        expect=data.Expectations(
            unit="g", sensors={"amps": data.ChannelInfo(unit="mA")}, clipped_share=1e-4
        ),
    )
    (found,) = report.recordings
    assert found.clipped_share == pytest.approx(10 / 20_000)
    assert "amps: unit: found 'A', expected 'mA'" in found.reasons


def test_an_index_tells_the_sensors(tmp_path):
    """From files to a table in Parquet, which keeps the units."""
    x = np.random.default_rng(2).standard_normal((20_000, 2))
    np.savetxt(tmp_path / "one.csv", x, delimiter=",", header="v,i", comments="")
    (tmp_path / "recordings.toml").write_text(
        """
version = 1
[[recording]]
file = "one.csv"
channels = {vib = "v", amps = "i"}
fs_hz = 8000.0
unit = "g"
machine = "m"
speed_hz = 30.0
range = 16.0
[recording.sensors.amps]
unit = "A"
range = 50.0
scale = 2.0
"""
    )
    sources = data.scan(tmp_path, channel=("vib", "amps"))
    read = sources[0].read()
    np.testing.assert_array_equal(read.x[1], (2.0 * x[:, 1]).astype(np.float32))
    np.testing.assert_array_equal(read.x[0], x[:, 0].astype(np.float32))
    extract_files(sources, PLAN, tmp_path / "table.parquet")
    table = load_features(tmp_path / "table.parquet")
    assert table.units[table.names.index("amps_rms")] == "A"
    assert table.units[table.names.index("vib_rms")] == "g"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[recording.sensors.iv]\nunit = 'A'", "sensors.iv: found no such channel"),
        ("[recording.sensors.amps]\nunit = ''", "sensors.amps.unit: found nothing"),
        ("[recording.sensors.amps]\nunit = 'A'\nscale = 0.0", "sensors.amps.scale"),
        ("[recording.sensors.amps]\nunit = 'A'\nrange = -1.0", "sensors.amps.range"),
    ],
)
def test_an_index_that_is_wrong(tmp_path, line, words):
    (tmp_path / "one.csv").write_text("v,i\n1,2\n")
    (tmp_path / "recordings.toml").write_text(
        "[[recording]]\nfile = 'one.csv'\nchannels = {vib = 'v', amps = 'i'}\n"
        f"fs_hz = 8000.0\nunit = 'g'\nmachine = 'm'\n{line}\n"
    )
    with pytest.raises(DataError) as caught:
        data.scan(tmp_path, channel=("vib",))
    assert words in str(caught.value)
