"""Spectra in physical units: SciPy, and the device's own routines row by row."""

import re

import numpy as np
import pytest
from scipy import signal

from ecmkit._core import fft, spectrum, stats
from ecmkit.features import Spectra, band_power, power_spectra, spectral_shape, welch

FS = 12800.0
SCIPY = {
    "rectangle": "boxcar",
    "hann": "hann",
    "hamming": "hamming",
    "blackman_harris": "blackmanharris",
    "flat_top": "flattop",
}


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape) + 0.5


@pytest.mark.parametrize("taper", SCIPY)
@pytest.mark.parametrize("n", [256, 480, 1024])
@pytest.mark.parametrize("overlap", [0.0, 0.5, 0.75])
def test_welch_is_scipys(taper, n, overlap):
    x, hop = noise(3, 20 * n + 17), round(n * (1 - overlap))
    for detrend, scipys in (("mean", "constant"), ("none", False)):
        found = welch(
            x, fs_hz=FS, unit="g", window_len=n, hop_len=hop, taper=taper,
            detrend=detrend,
        )  # fmt: skip
        for scale, scaling in (("density", "density"), ("line", "spectrum")):
            f, expected = signal.welch(
                x, FS, signal.get_window(SCIPY[taper], n), n, n - hop,
                detrend=scipys, scaling=scaling,
            )  # fmt: skip
            got = found.to(scale)
            tight = 1e-5 * expected.max()
            np.testing.assert_allclose(got.values, expected, rtol=5e-5, atol=tight)
            np.testing.assert_allclose(got.frequencies_hz, f)


def test_units():
    x = noise(1, 64)
    for unit, square in (("g", "g²"), ("m/s^2", "(m/s^2)²"), ("mm", "mm²")):
        found = power_spectra(x, fs_hz=640, unit=unit)
        assert found.values_unit == found.to("line").values_unit == square
        assert found.to("density").values_unit == f"{square}/Hz"
        assert found.to("rms").values_unit == found.to("peak").values_unit == unit
    assert found.bin_hz == 10
    assert found.enbw_hz == pytest.approx(15)


def test_a_change_of_unit_is_a_change_of_scale():
    """A spectrum in m/s² is that in g times 9.80665, or its square for powers."""
    x = noise(4, 1024)
    a = power_spectra(x, fs_hz=FS, unit="g")
    b = power_spectra(9.80665 * x, fs_hz=FS, unit="m/s^2")
    for scale, factor in (("density", 9.80665**2), ("peak", 9.80665)):
        np.testing.assert_allclose(
            b.to(scale).values, factor * a.to(scale).values, rtol=3e-4, atol=1e-6
        )


@pytest.mark.parametrize("taper", SCIPY)
def test_amplitudes_are_those_of_the_sinusoid(taper):
    n, fs = 1024, 1024.0
    t = np.arange(n) / fs
    x = 3 * np.cos(2 * np.pi * 100 * t) + 0.25
    found = power_spectra([x], fs_hz=fs, unit="g", taper=taper, detrend="none")
    assert found.to("peak").values[0, 100] == pytest.approx(3, rel=1e-5)
    assert found.to("rms").values[0, 100] == pytest.approx(3 / np.sqrt(2), rel=1e-5)
    assert found.to("peak").values[0, 0] == pytest.approx(0.25, rel=1e-4)


def test_a_flat_top_is_right_between_bins_too():
    n, fs = 1024, 1024.0
    t = np.arange(n) / fs
    x = [np.cos(2 * np.pi * f * t) for f in (100, 100.25, 100.5)]
    found = power_spectra(x, fs_hz=fs, unit="g", taper="flat_top").to("peak")
    np.testing.assert_allclose(found.values.max(1), 1, rtol=2e-3)


@pytest.mark.parametrize("detrend", ["mean", "none"])
@pytest.mark.parametrize("taper", ["hann", "flat_top"])
def test_rows_have_the_bits_of_the_device(taper, detrend):
    n, x = 960, noise(5, 960, seed=3).astype(np.float32)
    found = power_spectra(x, fs_hz=FS, unit="g", taper=taper, detrend=detrend).values
    plan, bins = fft.Plan(n // 2, True), np.empty((1, n), np.float32)
    out = np.empty((1, n // 2 + 1), np.float32)
    for row, values in zip(x, found, strict=True):
        less = row - np.float32(stats.mean_f32(row)) if detrend == "mean" else row
        plan.r2c_f32(less, bins[0])
        if detrend == "mean":
            bins[0, 0] = 0
        if taper == "hann":
            spectrum.hann_power_f32(bins, 8 / (3 * n * n), out)
        else:
            weights = np.float32(spectrum.taper_weights(taper))
            energy = spectrum.gain_f32(weights)["energy"]
            spectrum.power_f32(weights, bins, 1 / (n * n * energy), out)
        np.testing.assert_array_equal(values, out[0])


def test_any_number_of_windows_and_threads_gives_the_same_bits():
    x = noise(600, 256, seed=4)
    whole = power_spectra(x, fs_hz=FS, unit="g").values
    parts = [power_spectra(p, fs_hz=FS, unit="g", threads=2).values
             for p in np.split(x, [1, 7, 300])]  # fmt: skip
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_welch_is_the_mean_of_its_windows():
    x = noise(1, 256 * 300, seed=5)
    rows = np.lib.stride_tricks.sliding_window_view(x[0], 256)[::128]
    found = welch(x, fs_hz=FS, unit="g", window_len=256).values
    expected = power_spectra(rows, fs_hz=FS, unit="g").mean().values
    np.testing.assert_array_equal(found, expected)


def test_bands_add_up_and_shapes_are_of_the_size_of_their_spectra():
    x = noise(7, 1024)
    found = power_spectra(x, fs_hz=FS, unit="g")
    bands = band_power(found, [(0, 1000), (1000, 6400), (6400, 6500)])
    np.testing.assert_allclose(bands.sum(1), found.values.sum(1), rtol=1e-6)
    shape = spectral_shape(found, rolloff=0.5)
    assert {v.shape for v in shape.values()} == {(7,)}
    np.testing.assert_allclose(shape["total"], found.values.sum(1), rtol=1e-6)
    assert (np.abs(shape["rolloff_hz"] - FS / 4) < 700).all()
    empty = spectral_shape(power_spectra(np.ones((2, 64)), fs_hz=FS, unit="g"))
    assert not any(v.any() for v in empty.values())


def test_no_windows_give_no_spectra():
    found = power_spectra(np.empty((0, 64)), fs_hz=FS, unit="g")
    assert found.values.shape == found.to("density").values.shape == (0, 33)
    assert spectral_shape(found)["flatness"].shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: power_spectra(x[0], fs_hz=FS, unit="g"), "x: found shape (64,)"),
        (lambda x: power_spectra(x * np.nan, fs_hz=FS, unit="g"), "x: found 64 of 64"),
        (lambda x: power_spectra(x, fs_hz=0, unit="g"), "fs_hz: found 0, expected"),
        (lambda x: power_spectra(x[:, :50], fs_hz=FS, unit="g"), "n_samples: found 50"),
        (lambda x: power_spectra(x, fs_hz=FS, unit="g", taper="kaiser"),
         "taper: found 'kaiser', expected rectangle or hann or hamming or"),
        (lambda x: power_spectra(x, fs_hz=FS, unit="g", detrend="line"),
         "detrend: found 'line', expected mean or none"),
        (lambda x: power_spectra(x, fs_hz=FS, unit="g", threads=0), "threads: found 0"),
        (lambda x: welch(x, fs_hz=FS, unit="g", window_len=128),
         "x: found 64 samples, expected at least a window, 128"),
        (lambda x: welch(x, fs_hz=FS, unit="g", window_len=64, hop_len=0),
         "hop_len: found 0, expected 1 ... 64"),
        (lambda x: power_spectra(x, fs_hz=FS, unit="g").to("db"),
         "scale: found 'db', expected mean_square or density or line or rms or peak"),
        (lambda x: power_spectra(x, fs_hz=FS, unit="g").to("peak").to("rms"),
         "spectra.scale: found 'peak', expected mean_square"),
        (lambda x: band_power(power_spectra(x, fs_hz=FS, unit="g"), [(5, 5)]),
         "bands_hz[0]: found (5.0, 5.0), expected 0 <= lo < hi, finite"),
        (lambda x: spectral_shape(power_spectra(x, fs_hz=FS, unit="g"), rolloff=0),
         "rolloff: found 0, expected above 0, at most 1"),
        (lambda x: power_spectra(x[:0], fs_hz=FS, unit="g").mean(),
         "number of spectra: found 0, expected 1 or more"),
    ],
)  # fmt: skip
def test_refusals(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(noise(1, 64))


def test_a_record_is_not_compared_by_its_arrays():
    found = power_spectra(noise(1, 64), fs_hz=FS, unit="g")
    assert isinstance(found, Spectra)
    assert found != power_spectra(noise(1, 64), fs_hz=FS, unit="g")
