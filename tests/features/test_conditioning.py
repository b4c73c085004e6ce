"""Detrended, filtered, decimated and integrated signals: SciPy and sinusoids judge."""

import numpy as np
import pytest
from scipy import signal

from ecmkit.data.resample import decimation_filter
from ecmkit.features import FilterDesign
from ecmkit.features.conditioning import (
    apply_filter,
    detrend,
    differentiate,
    fir_decimate,
    integrate,
    integrate_spectrum,
)

FS = 12800.0
G = 9.80665
LOW = FilterDesign(
    kind="butterworth", passes="lowpass", order=4, fs_hz=FS, cutoffs_hz=(1000.0,)
)


def tone(f_hz, n=25600, phase=0.0):
    return np.cos(2 * np.pi * f_hz * np.arange(n) / FS + phase)


@pytest.mark.parametrize("kind", ["mean", "line"])
def test_detrend(kind):
    x = np.random.default_rng(0).normal(5, 1, (7, 500)) + 0.01 * np.arange(500)
    exact = signal.detrend(x, type={"mean": "constant", "line": "linear"}[kind])
    np.testing.assert_allclose(detrend(x, kind=kind), exact, atol=5e-6)
    with pytest.raises(ValueError, match="kind: found 'quadratic'"):
        detrend(x, kind="quadratic")


@pytest.mark.parametrize("start", ["rest", "settled"])
def test_filter_of_channels(start):
    sections = LOW.rounded("f32")
    x = 4.0 + np.random.default_rng(1).normal(0, 1, (3, 2000))
    x = x.astype(np.float32)
    sos = np.ascontiguousarray(sections.real())
    zi = signal.sosfilt_zi(sos)
    for row, found in zip(x, apply_filter(x, sections, start=start), strict=True):
        at = zi * (float(row[0]) if start == "settled" else 0.0)
        exact, _ = signal.sosfilt(sos, row.astype(float), zi=at)
        np.testing.assert_allclose(found, exact, atol=1e-5)
    np.testing.assert_array_equal(
        apply_filter(x[0], sections, start=start),
        apply_filter(x, sections, start=start)[0],
    )
    assert apply_filter(np.empty(0), sections, start=start).shape == (0,)


def test_filter_input_is_checked():
    f32, q15 = LOW.rounded("f32"), LOW.rounded("q15")
    with pytest.raises(TypeError, match="x: found elements of float64, expected int16"):
        apply_filter([0.5], q15)
    with pytest.raises(ValueError, match=r"x: found 0 ... 40000"):
        apply_filter([0, 40000], q15)
    with pytest.raises(ValueError, match="start: found 'settled' with q15"):
        apply_filter([1], q15, start="settled")
    with pytest.raises(ValueError, match="start: found 'warm'"):
        apply_filter([1.0], f32, start="warm")
    with pytest.raises(ValueError, match="x: found 1 of 2 samples not finite"):
        apply_filter([1.0, np.nan], f32)
    big_endian = np.arange(8).astype(">f8")[::2]
    np.testing.assert_array_equal(
        apply_filter(big_endian, f32), apply_filter([0.0, 2.0, 4.0, 6.0], f32)
    )


@pytest.mark.parametrize("factor", [1, 2, 5])
def test_decimation_by_the_filter_of_recordings(factor):
    x = np.random.default_rng(2).normal(0, 1, (2, 5001)).astype(np.float32)
    h = decimation_filter(factor) if factor > 1 else np.ones(1)
    found = fir_decimate(x, factor=factor)
    exact = signal.upfirdn(h, x.astype(float), down=factor, axis=1)
    assert found.shape == (2, -(-5001 // factor))
    np.testing.assert_allclose(found, exact[:, : found.shape[1]], atol=2e-6)
    np.testing.assert_array_equal(fir_decimate(x[1], factor=factor), found[1])


def test_decimation_refusals():
    for factor in (0, -1, 1.5):
        with pytest.raises(ValueError, match="factor: found"):
            fir_decimate([1.0], factor=factor)
    with pytest.raises(ValueError, match=r"taps: found 0, expected 1 ... 4096"):
        fir_decimate([1.0], factor=2, taps=[])
    assert fir_decimate([], factor=2).shape == (0,)


@pytest.mark.parametrize("f_hz", [100.0, 200.0, 500.0])
def test_acceleration_to_velocity_and_displacement(f_hz):
    """1 g at f: amplitudes by calculus, once the filter has settled; no drift."""
    x = 2.5 + tone(f_hz)  # an offset that must not integrate
    w = 2 * np.pi * f_hz
    for unit, exact in (
        ("mm/s", G * 1e3 * np.sin(w * np.arange(25600) / FS) / w),
        ("um", -G * 1e6 * tone(f_hz) / w**2),
    ):
        found = integrate(x, fs_hz=FS, lo_hz=10.0, from_unit="g", to_unit=unit)
        late = slice(-12800, None)  # whole periods
        rms = np.sqrt((found[late].astype(float) ** 2).mean())
        assert rms == pytest.approx(np.sqrt((exact[late] ** 2).mean()), rel=0.02)
        assert abs(found[late].mean()) < 0.01 * rms


def displacement(t):
    """Three lines and a burst, in um, and their second derivative in g."""
    x, a = np.zeros_like(t), np.zeros_like(t)
    for f_hz, size, phase in ((24.7, 40.0, 0.3), (49.4, 12.0, 1.1), (310.0, 0.5, 2.0)):
        w = 2 * np.pi * f_hz
        x += size * np.cos(w * t + phase)
        a -= size * w**2 * np.cos(w * t + phase)
    u = (t - 2.0) / 0.02  # a burst of Gaussian form at 2 s, 60 Hz and wide
    w = 2 * np.pi * 60.0
    form = np.exp(-(u**2) / 2)
    slope, bend = -u / 0.02 * form, (u**2 - 1) / 0.02**2 * form
    x += 30 * form * np.cos(w * t)
    a += 30 * ((bend - w**2 * form) * np.cos(w * t) - 2 * slope * w * np.sin(w * t))
    return x, a * 1e-6 / G


@pytest.mark.parametrize("fs_hz", [2560.0, 6400.0])
def test_a_known_displacement_from_its_acceleration(fs_hz):
    """Twice integrated: the displacement behind the same high-pass, twice.

    The offset and drift of the sensor, 0.2 g and more, would be metres without it.
    """
    t = np.arange(int(4 * fs_hz)) / fs_hz
    x, a = displacement(t)
    a += 0.2 + 0.05 * t
    found = integrate(a, fs_hz=fs_hz, lo_hz=8.0, from_unit="g", to_unit="um")
    high = signal.butter(2, 8.0, "highpass", fs=fs_hz, output="sos")
    exact = signal.sosfilt(high, signal.sosfilt(high, x))
    late = slice(int(1.5 * fs_hz), None)
    error = found[late] - exact[late]

    assert np.abs(error - error.mean()).max() < 0.02 * np.abs(exact[late]).max()
    velocity = integrate(a, fs_hz=fs_hz, lo_hz=8.0, from_unit="g", to_unit="mm/s")
    slope = np.gradient(signal.sosfilt(high, x), t) / 1000
    assert np.abs(velocity[late] - slope[late]).max() < 0.02 * np.abs(slope[late]).max()


def test_a_known_displacement_through_the_spectrum_of_a_tapered_window():
    """A window of 4096 samples of it, tapered at either end, offset and all."""
    n = 4096
    t = 1.84 + np.arange(n) / FS
    x, a = displacement(t)
    taper = signal.windows.tukey(n, 0.3)
    bins = np.fft.rfft((a + 0.2 - (a + 0.2).mean()) * taper)
    packed = np.empty((1, n), np.float32)
    packed[0, 0], packed[0, 1] = bins[0].real, bins[-1].real
    packed[0, 2::2], packed[0, 3::2] = bins[1:-1].real, bins[1:-1].imag
    found = integrate_spectrum(packed, fs_hz=FS, lo_hz=10, from_unit="g", to_unit="um")
    whole = np.zeros(n // 2 + 1, complex)
    whole[0], whole[-1] = found[0, 0], found[0, 1]
    whole[1:-1] = found[0, 2::2] + 1j * found[0, 3::2]
    back = np.fft.irfft(whole, n)
    middle = slice(int(0.25 * n), int(0.75 * n))
    error = back[middle] - x[middle]
    assert np.abs(error - error.mean()).max() < 0.1 * np.abs(x[middle]).max()


def test_integration_from_rest_does_not_drift():
    """A constant is 0 for ever; ten minutes of noise end where they began."""
    constant = np.full(5000, 1.0)
    kept = integrate(constant, fs_hz=1000, lo_hz=5, from_unit="g", to_unit="mm/s")
    assert np.abs(kept).max() < 1e-2
    noise = np.random.default_rng(3).normal(0.3, 1, 600_000)
    found = integrate(noise, fs_hz=1000, lo_hz=5, from_unit="g", to_unit="um")
    first, last = found[10_000:110_000].std(), found[-100_000:].std()
    assert last == pytest.approx(first, rel=0.2)
    assert abs(found[-100_000:].mean()) < 0.1 * last


def test_difference_undoes_integration():
    x = tone(200.0)
    velocity = integrate(x, fs_hz=FS, lo_hz=10.0, from_unit="g", to_unit="mm/s")
    back = differentiate(velocity, fs_hz=FS, from_unit="mm/s", to_unit="g")
    late = slice(-12800, None)
    assert back[late].std() == pytest.approx(x[late].std(), rel=0.01)
    assert back[0] == 0
    for wrong in (("g", "mm/s"), ("um", "g"), ("g", "g")):
        with pytest.raises(ValueError, match="expected its derivative"):
            differentiate(x, fs_hz=FS, from_unit=wrong[0], to_unit=wrong[1])


@pytest.mark.parametrize("unit", ["mm/s", "um"])
def test_spectra(unit):
    n, f_hz = 1024, 200.0
    x = tone(f_hz, n)
    bins = np.fft.rfft(x)
    packed = np.empty((1, n))
    packed[0, 0], packed[0, 1] = bins[0].real, bins[-1].real
    packed[0, 2::2], packed[0, 3::2] = bins[1:-1].real, bins[1:-1].imag
    before = packed.copy()
    found = integrate_spectrum(packed, fs_hz=FS, lo_hz=10, from_unit="g", to_unit=unit)
    k, w = round(f_hz * n / FS), 2 * np.pi * f_hz
    amplitude = 2 * np.hypot(*found[0, 2 * k : 2 * k + 2]) / n
    exact = {"mm/s": G * 1e3 / w, "um": G * 1e6 / w**2}[unit]
    assert amplitude == pytest.approx(exact, rel=1e-5)
    np.testing.assert_array_equal(packed, before)


def test_spectra_that_are_refused():
    def call(shape=(1, 16), **change):
        fields = {"fs_hz": FS, "lo_hz": 10.0, "from_unit": "g", "to_unit": "mm/s"}
        return integrate_spectrum(np.ones(shape), **fields | change)

    call()
    for change, message in (
        ({"fs_hz": 0.0}, "fs_hz: found 0.0"),
        ({"lo_hz": 6401.0}, r"lo_hz: found 6401.0, expected 0 ... 6400"),
        ({"lo_hz": float("nan")}, "lo_hz: found nan"),
        ({"to_unit": "g"}, "expected its integral"),
        ({"shape": (1, 15)}, "spectrum: found 15 values"),
        ({"shape": (16,)}, "spectrum: found shape"),
    ):
        with pytest.raises(ValueError, match=message):
            call(**change)
