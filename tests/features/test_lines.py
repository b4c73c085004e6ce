"""Lines of spectra: known sinusoids, real bearings and a real motor."""

import re
from pathlib import Path

import numpy as np
import pytest

from ecmkit.features import (
    harmonics,
    lines_near,
    peaks,
    power_spectra,
    sidebands,
    slip_frequency_hz,
    speed_estimate,
)


def spectra(x, fs_hz=1000.0, unit="g", **fields):
    return power_spectra(np.atleast_2d(x), fs_hz=fs_hz, unit=unit, **fields)


def tones(n, fs, *lines):
    t = np.arange(n) / fs
    return sum(a * np.cos(2 * np.pi * f * t + f) for f, a in lines)


def test_peaks_carry_frequency_amplitude_and_unit():
    x = tones(2048, 1000, (123.4, 2), (50.2, 1), (300, 0.5))
    found = peaks(spectra([x, 3 * x], unit="mm/s"), 3, lo_hz=40)
    np.testing.assert_allclose(found.f_hz, [[123.4, 50.2, 300]] * 2, atol=5e-3)
    np.testing.assert_allclose(found.amplitude[0], [2, 1, 0.5], rtol=2e-3)
    np.testing.assert_allclose(found.amplitude[1], [6, 3, 1.5], rtol=2e-3)
    assert found.unit == "mm/s"
    one = peaks(spectra(x), 3, lo_hz=100, hi_hz=200).f_hz[0]
    assert one[0] == pytest.approx(123.4, abs=5e-3)


def test_each_spectrum_has_its_own_frequency():
    f = np.array([91.3, 92.7, 110.1])
    x = np.stack([tones(2048, 1000, (v, 1), (2 * v, 0.5)) for v in f])
    found = lines_near(spectra(x), f, halfwidth_hz=0.5)
    np.testing.assert_allclose(found.f_hz[:, 0], f, atol=2e-3)
    series = harmonics(spectra(x), f, 4)
    np.testing.assert_allclose(series.amplitude[:, :2], [[1, 0.5]] * 3, rtol=2e-3)
    np.testing.assert_allclose(series.thd, 0.5, rtol=3e-3)
    np.testing.assert_allclose(series.rms, np.sqrt(1.25 / 2), rtol=2e-3)
    around = sidebands(spectra(x), 2 * f, f, 1, halfwidth_hz=0.5)
    np.testing.assert_allclose(around.lower[:, 0], 1, rtol=2e-3)
    assert (around.upper < 1e-3).all()


def test_levels_of_sidebands():
    x = tones(8192, 1000, (50, 10), (48, 0.1), (52, 0.05))
    lower, upper = sidebands(spectra(x, unit="A"), 50, 2, 1).levels_db()
    np.testing.assert_allclose([lower[0, 0], upper[0, 0]], [-40, -46.02], atol=0.05)


def test_slip():
    assert slip_frequency_hz(50, 2, 24.25) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: peaks(s, 0), "count: found 0, expected 1 ... 16"),
        (lambda s: peaks(s, 1, lo_hz=5, hi_hz=5), "lo_hz, hi_hz: found (5, 5)"),
        (lambda s: peaks(s, 1, apart_hz=-1), "apart_hz: found -1, expected 0 or more"),
        (lambda s: lines_near(s, [1, 2]), "f_hz: found shape (2,), expected () or"),
        (lambda s: lines_near(s, np.nan), "f_hz: found nan, expected finite"),
        (lambda s: harmonics(s, 0, 3), "f_hz: found 0, expected above 0, finite"),
        (lambda s: harmonics(s, 5, 65), "count: found 65, expected 1 ... 64"),
        (lambda s: harmonics(s, 5, 5, halfwidth=1), "halfwidth: found 1, expected 0"),
        (lambda s: sidebands(s, 5, -1, 5), "spacing_hz: found -1, expected above 0"),
        (lambda s: speed_estimate(s, lo_hz=5, hi_hz=4), "lo_hz, hi_hz: found (5, 4)"),
        (lambda s: slip_frequency_hz(50, 0, 25), "pole_pairs: found 0, expected 1 or"),
        (lambda s: peaks(s.to("peak"), 1), "spectra.scale: found 'peak', expected"),
        (lambda s: peaks(spectra(np.ones(64), taper="hamming"), 1),
         "spectra.taper: found 'hamming', expected hann, whose lines"),
    ],
)  # fmt: skip
def test_refusals(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(spectra(np.ones(64)))


@pytest.mark.data
def test_speed_of_damaged_bearings(real_data: Path):
    """CWRU, 60 recordings of damaged bearings, 1.4 s each, sought from 22 to 38 Hz.

    What the rig noted as speed is rounded and, under load, up to 0.8 % too high.
    """
    errors, sure = [], []
    for path in sorted((real_data / "cwru" / "12k_DE").glob("*.npz")):
        with np.load(path) as file:
            x = file["DE"] * np.float32(file["scale_DE"])
            speed, fs = float(file["rpm"]) / 60, float(file["fs"])
        rows = np.stack([x[at : at + 16384] for at in (0, 40000, 80000)])
        found = speed_estimate(spectra(rows, fs), lo_hz=22, hi_hz=38)
        errors += list(np.abs(found.speed_hz / speed - 1))
        sure += list(found.confidence > 0.3)
    right = np.array(errors) < 0.02
    assert len(right) == 180
    assert right.mean() > 0.87
    assert np.mean(sure) > 0.4
    assert right[np.array(sure)].mean() > 0.97
