"""Cepstra of windows: NumPy, and families of lines."""

import re

import numpy as np
import pytest

from ecmkit.features import cepstra, cepstral_peaks, power_spectra


def test_it_is_the_inverse_transform_of_the_log_spectrum():
    n, fs = 1024, 1000.0
    x = np.random.default_rng(1).standard_normal((4, n))
    x -= x.mean(1, keepdims=True)
    found = cepstra(power_spectra(x, fs_hz=fs, unit="g"))
    assert found.shape == (4, n // 2 + 1)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    power = np.abs(np.fft.rfft(x * taper)) ** 2
    expected = np.fft.irfft(np.log(power) / 2)[:, 1 : n // 2 + 1]
    # the first bin is what the taper leaves of a mean of 0: rounding shows
    np.testing.assert_allclose(found[:, 1:], expected, atol=2e-3)


def test_a_family_of_lines_is_a_peak_at_its_period():
    t = np.arange(4096) / 1000
    rng = np.random.default_rng(2)
    f = np.array([11.3, 12.5, 14.2])
    x = np.stack([
        sum(np.sin(2 * np.pi * h * v * t + h) for h in range(4, 34)) for v in f
    ])  # fmt: skip
    x += 0.1 * rng.standard_normal(x.shape)
    found = cepstra(power_spectra(x, fs_hz=1000, unit="g"))
    quefrency, amplitude = cepstral_peaks(found, fs_hz=1000, lo_s=0.05, hi_s=0.12)
    np.testing.assert_allclose(1 / quefrency, f, rtol=0.01)
    assert (amplitude > 0.05).all()


def test_constant_windows_have_an_empty_cepstrum():
    found = cepstra(power_spectra(np.ones((2, 64)), fs_hz=1000, unit="g"))
    assert not found.any()
    quefrency, amplitude = cepstral_peaks(found, fs_hz=1000, lo_s=0.01, hi_s=0.02)
    assert not amplitude.any()
    assert (quefrency > 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fs_hz": 0}, "fs_hz: found 0, expected above 0, finite"),
        ({"lo_s": 0}, "lo_s, hi_s: found (0, 1), expected 0 < lo_s <= hi_s"),
        ({"lo_s": 2}, "lo_s, hi_s: found (2, 1)"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        cepstral_peaks(
            np.ones((1, 9)), **({"fs_hz": 10, "lo_s": 0.1, "hi_s": 1} | settings)
        )
    with pytest.raises(ValueError, match="values: found shape"):
        cepstral_peaks(np.ones(9), fs_hz=10, lo_s=0.1, hi_s=1)
    with pytest.raises(ValueError, match="found 'density', expected mean_square"):
        cepstra(power_spectra(np.ones((1, 64)), fs_hz=9, unit="g").to("density"))
