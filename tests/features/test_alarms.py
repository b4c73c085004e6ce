"""Alarms on the columns of a feature table."""

import numpy as np
import pytest

from ecmkit.features.alarms import BandAlarm, band_alarms
from ecmkit.features.table import FeatureTable


def table(*columns, names=("rms", "crest"), units=("g", "1"), recordings=None):
    x = np.array(columns, np.float32).T
    n = len(x)
    return FeatureTable(
        x=np.ascontiguousarray(x),
        names=names,
        units=units,
        recording=np.array(recordings or ["a"] * n),
        start=np.arange(n),
        label=np.array([""] * n),
        group=np.array(["m"] * n),
        contract_id="0" * 64,
    )


RMS = BandAlarm(feature="rms", unit="g", warning=1.0, alarm=2.0, hold=2)
CREST = BandAlarm(feature="crest", unit="1", warning=4.0, alarm=6.0, hold=1)


def test_levels_along_time():
    rms = [0.5, 1.5, 1.5, 0.95, 0.95, 3.0, 3.0, 0.1, 3.0, 0.1, 0.1]
    crest = [4.0, 4.1, 7.0, 5.5, 5.3, 3.7, 3.5, 3.5, 3.5, 3.5, 3.5]
    found = band_alarms(table(rms, crest), (RMS, CREST))
    assert found.features == ("rms", "crest")
    assert found.level[:, 0].tolist() == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0]
    assert found.level[:, 1].tolist() == [0, 1, 2, 2, 1, 1, 0, 0, 0, 0, 0]
    assert found.worst.tolist() == [0, 1, 2, 2, 1, 1, 2, 2, 2, 2, 0]


def test_each_recording_starts_anew():
    rms = [3.0, 3.0, 3.0, 3.0]
    found = band_alarms(table(rms, rms, recordings=["a", "a", "b", "b"]), (RMS,))
    assert found.level[:, 0].tolist() == [0, 2, 0, 2]
    assert found.recording.tolist() == ["a", "a", "b", "b"]


def test_limits_below_zero():
    """Hysteresis lies below a limit, whatever its sign."""
    alarm = BandAlarm(
        feature="rms", unit="g", warning=-2.0, alarm=-1.0, hysteresis=0.5, hold=1
    )
    found = band_alarms(table([-1.9, -2.9, -3.0, -0.5, -1.4], [0] * 5), (alarm,))
    assert found.level[:, 0].tolist() == [1, 1, 0, 2, 2]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"feature": "rsm"},
            r"alarms\[0\].feature: found 'rsm', .* did you mean 'rms'",
        ),
        (
            {"unit": "mm/s"},
            r"alarms\[0\].unit: found mm/s, expected g, the unit of rms",
        ),
        ({"alarm": 1.0}, "alarm: found 1.0, expected above warning, 1"),
        ({"warning": np.nan}, "warning: found nan, expected a finite number"),
        ({"hysteresis": 1.0}, "hysteresis: found 1.0, expected 0 up to below 1"),
        ({"hold": 0}, "hold: found 0, expected 1 or more"),
    ],
)
def test_refusals(fields, message):
    asked = {"feature": "rms", "unit": "g", "warning": 1.0, "alarm": 2.0} | fields
    with pytest.raises(ValueError, match=message):
        band_alarms(table([1.0], [1.0]), (BandAlarm(**asked),))


def test_more_refusals():
    with pytest.raises(ValueError, match="alarms: found none"):
        band_alarms(table([1.0], [1.0]), ())
    with pytest.raises(ValueError, match="rms: found 1 NaN, expected numbers"):
        band_alarms(table([np.nan], [1.0]), (RMS,))
