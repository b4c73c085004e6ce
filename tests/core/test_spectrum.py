"""Power spectra: SciPy and float64 definitions as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import scipy.stats

from ecmkit._core import fft, spectrum
from tests.core.vectors import decoded, vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "spectrum.json").read_text()
)
LENGTHS = [16, 48, 64, 240, 1024, 3840]
BINS = [1, 2, 3, 4, 5, 17, 513, 1024]
BIN_HZ = 12.5
BANDS = [(0.0, 50.0), (30.0, 37.5), (12.5, 1e9), (60.0, 60.0)]
SHARES = [0.1, 0.5, 0.85]
SCIPY = {
    "rectangle": "boxcar",
    "hann": "hann",
    "hamming": "hamming",
    "blackman_harris": "blackmanharris",
    "flat_top": "flattop",
}


def noise(n, seed=0):
    return np.random.default_rng([seed, n]).standard_normal(n).astype(np.float32)


def packed(x):
    """Packed transform of samples, by NumPy in float64, rounded once."""
    bins = np.fft.rfft(x.astype(float))
    out = np.empty(len(x))
    out[0::2], out[1::2] = bins.real[:-1], bins.imag[:-1]
    out[1] = bins.real[-1]
    return out.astype(np.float32)


def weights(name):
    return np.float32(spectrum.taper_weights(name))


def power(bins, name):
    """Power by the general form, whose sum is the mean square."""
    n = len(bins)
    out = np.empty((1, n // 2 + 1), np.float32)
    energy = spectrum.gain_f32(weights(name))["energy"]
    spectrum.power_f32(weights(name), bins[None], 1 / (n * n * energy), out)
    return out[0]


def hann_power(bins):
    n = len(bins)
    out = np.empty((1, n // 2 + 1), np.float32)
    spectrum.hann_power_f32(bins[None], 8 / (3 * n * n), out)
    return out[0]


def described(p, bin_hz=BIN_HZ):
    """Everything that sums up a spectrum, by name."""
    rows, out = p[None], np.empty(1, np.float32)
    moments, bands = np.empty((1, 5), np.float32), np.empty((1, 4), np.float32)
    spectrum.moments_f32(rows, bin_hz, moments)
    spectrum.bands_f32(rows, bin_hz, np.float32(BANDS), bands)
    names = ("total", "centroid_hz", "spread_hz", "skewness", "kurtosis")
    found = dict(zip(names, moments[0].tolist(), strict=True))
    for name in ("flatness", "entropy", "crest"):
        getattr(spectrum, f"{name}_f32")(rows, out)
        found[name] = float(out[0])
    found["rolloff_hz"] = []
    for share in SHARES:
        spectrum.rolloff_f32(rows, bin_hz, share, out)
        found["rolloff_hz"].append(float(out[0]))
    spectrum.centroid_f32(rows, bin_hz, out)
    assert out[0] == moments[0, 1] or np.isnan(out[0])
    return found | {"bands": bands[0].tolist()}


# ---- power ---------------------------------------------------------------------------


@pytest.mark.parametrize("n", [16, 48, 64])
def test_power_vectors(n):
    expected = decoded(VECTORS["power"][str(n)])
    assert expected.keys() == set(spectrum.TAPERS)
    for name, values in expected.items():
        found = power(vector_noise(n, n), name)
        # relative to the largest: a bin is a difference of its neighbours
        np.testing.assert_allclose(found, values, rtol=1e-6, atol=2e-7 * max(values))
    found = hann_power(vector_noise(n, n))
    np.testing.assert_allclose(
        found, expected["hann"], rtol=1e-6, atol=2e-7 * max(expected["hann"])
    )


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("name", SCIPY)
def test_scales_are_those_of_scipy(n, name):
    """One window of scipy.signal.welch, density and spectrum."""
    fs, x = 25600.0, noise(n) + np.float32(0.25)
    p = power(packed(x), name)
    gain = spectrum.gain_f32(weights(name))
    for kind, scaling in ((spectrum.DENSITY, "density"), (spectrum.LINE, "spectrum")):
        out = np.empty((1, len(p)), np.float32)
        spectrum.rescale_f32(p[None], kind, fs / n, gain["enbw"], out)
        taper = scipy.signal.get_window(SCIPY[name], n)
        _, expected = scipy.signal.welch(
            x.astype(float), fs, taper, n, 0, detrend=False, scaling=scaling
        )
        # SciPy's flat top has one more digit in its weights
        tight = 1e-6 * expected.max()
        np.testing.assert_allclose(out[0], expected, rtol=3e-5, atol=tight)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("name", SCIPY)
def test_gains_are_those_of_the_taper(n, name):
    taper = scipy.signal.get_window(SCIPY[name], n)
    gain = spectrum.gain_f32(weights(name))
    assert gain["coherent"] == pytest.approx(taper.mean(), rel=1e-6)
    assert gain["energy"] == pytest.approx((taper**2).mean(), rel=1e-6)
    assert gain["enbw"] == pytest.approx((taper**2).mean() / taper.mean() ** 2)


@pytest.mark.parametrize("n", LENGTHS)
def test_hann_is_the_general_form_with_hann_weights(n):
    bins = packed(noise(n))
    a, b = hann_power(bins), power(bins, "hann")
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6 * b.max())


@pytest.mark.parametrize("n", [64, 240, 1024])
def test_the_sum_is_the_mean_square(n):
    """Parseval, with the power that the taper's energy restores on average."""
    x = noise(n)
    taper = scipy.signal.get_window("hann", n)
    expected = np.mean((x * taper) ** 2) / 0.375
    assert hann_power(packed(x)).sum() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", SCIPY)
def test_a_line_on_a_bin_has_its_amplitude(name):
    n, k = 240, 30
    x = 3 * np.cos(2 * np.pi * k * np.arange(n) / n + 0.7) + 2
    p = power(packed(x), name)
    enbw = spectrum.gain_f32(weights(name))["enbw"]
    out = np.empty((2, len(p)), np.float32)
    spectrum.rescale_f32(p[None], spectrum.PEAK, 1.0, enbw, out[:1])
    spectrum.rescale_f32(p[None], spectrum.RMS, 1.0, enbw, out[1:])
    assert out[:, k] == pytest.approx([3, 3 / np.sqrt(2)], rel=1e-5)
    assert out[:, 0] == pytest.approx([2, 2], rel=1e-5)


def test_rescale_may_write_over_its_input():
    p = np.abs(noise(33))
    out, same = np.empty((1, 33), np.float32), p[None].copy()
    spectrum.rescale_f32(p[None], spectrum.PEAK, 1.0, 1.5, out)
    spectrum.rescale_f32(same, spectrum.PEAK, 1.0, 1.5, same)
    np.testing.assert_array_equal(out, same)


# ---- averages ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hann", "flat_top"])
def test_the_mean_is_welchs(name):
    n, fs, x = 256, 1000.0, noise(256 * 40)
    rows = np.stack([power(packed(row), name) for row in x.reshape(-1, n)])
    mean, out = np.empty(n // 2 + 1, np.float32), np.empty((1, n // 2 + 1), np.float32)
    assert spectrum.average_f32(mean, 0, rows, 0) == 40
    spectrum.rescale_f32(mean[None], spectrum.DENSITY, fs / n, 1.0, out)
    taper = scipy.signal.get_window(SCIPY[name], n)
    _, expected = scipy.signal.welch(
        x.astype(float), fs, taper, n, 0, detrend=False, average="mean"
    )
    np.testing.assert_allclose(out[0], expected, rtol=3e-5, atol=1e-6 * expected.max())


def test_beyond_its_span_the_mean_forgets():
    rows = np.abs(np.random.default_rng(1).standard_normal((30, 9))).astype(np.float32)
    mean, span = np.empty(9, np.float32), 8
    assert spectrum.average_f32(mean, 0, rows, span) == span
    expected = rows[:span].mean(0, dtype=float)
    for row in rows[span:]:
        expected += (row - expected) / span
    np.testing.assert_allclose(mean, expected, rtol=1e-6)


def test_any_split_of_the_spectra_gives_the_same_mean():
    rows = np.abs(np.random.default_rng(2).standard_normal((40, 9))).astype(np.float32)
    whole = np.empty(9, np.float32)
    spectrum.average_f32(whole, 0, rows, 12)
    for cuts in ([1, 2, 3], [12], [11, 13], [20, 39]):
        mean, count = np.empty(9, np.float32), 0
        for part in np.split(rows, cuts):
            count = spectrum.average_f32(mean, count, part, 12)
        np.testing.assert_array_equal(mean, whole)


# ---- bands ---------------------------------------------------------------------------


@pytest.mark.parametrize("n", [256, 240, 768, 3840, 15360])
@pytest.mark.parametrize("fs", [25600.0, 12000.0, 44100.0, 1 / 3, 51200 / 7])
def test_the_frequency_of_a_bin_is_on_it(n, fs):
    """Whatever the roundings of rate, distance and frequency."""
    bin_hz = np.float32(fs / n)
    for k in range(n // 2 + 1):
        for f in (
            k * fs / n,
            float(np.float32(k) * bin_hz),
            float(f"{k * fs / n:.8g}"),
        ):
            assert spectrum.bin_f32(f, bin_hz, n // 2 + 1) == k
        assert spectrum.bin_f32((k + 0.1) * fs / n, bin_hz, n // 2 + 1) == k + 1


def test_bins_at_the_ends():
    assert spectrum.bin_f32(-1.0, 1.0, 5) == spectrum.bin_f32(0.0, 1.0, 5) == 0
    assert spectrum.bin_f32(np.nan, 1.0, 5) == 0
    assert spectrum.bin_f32(4.5, 1.0, 5) == spectrum.bin_f32(np.inf, 1.0, 5) == 5
    assert spectrum.bin_f32(3.0, 1.0, 0) == 0


def test_bands_that_meet_share_no_bin():
    p = np.abs(noise(481))[None]
    edges = np.float32([0, 100, 333.3333, 1000, 5000, 7000])
    bands = np.stack([edges[:-1], edges[1:]], 1)
    out = np.empty((1, 5), np.float32)
    spectrum.bands_f32(p, np.float32(12800 / 960), bands, out)
    assert out.sum() == pytest.approx(p.sum(), rel=1e-6)
    whole = np.empty((1, 1), np.float32)
    spectrum.bands_f32(p, 1.0, np.float32([[0, 1e9]]), whole)
    assert whole[0, 0] == pytest.approx(p.sum(), rel=1e-6)


# ---- what it looks like --------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 5, 64, 257])
def test_shape_vectors(n):
    expected = decoded(VECTORS["shape"][str(n)])
    found = described(vector_noise(n, n) ** 2)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        # a skewness near 0 is a difference of halves
        tight = 3e-6 if name == "skewness" else 3e-7
        assert found[name] == pytest.approx(value, rel=5e-6, abs=tight), name


@pytest.mark.parametrize("n", BINS[1:])
def test_shape_is_its_definition(n):
    for p in (noise(n) ** 2, np.exp(8 * noise(n, 1)), np.float32(1e-9) * noise(n) ** 2):
        p = p.astype(np.float32)
        q = p.astype(float) / p.sum(dtype=float)
        f = BIN_HZ * np.arange(n)
        c = q @ f
        s = np.sqrt(q @ (f - c) ** 2)
        found = described(p)
        assert found["centroid_hz"] == pytest.approx(c, rel=2e-6, abs=1e-6 * s)
        if s < 2**-10 * BIN_HZ:  # no more than rounding: a line
            assert found["spread_hz"] == found["skewness"] == found["kurtosis"] == 0
            continue
        assert found["spread_hz"] == pytest.approx(s, rel=1e-5)
        assert found["skewness"] == pytest.approx(q @ (f - c) ** 3 / s**3, rel=1e-4)
        assert found["kurtosis"] == pytest.approx(q @ (f - c) ** 4 / s**4, rel=1e-4)
        assert found["entropy"] == pytest.approx(
            scipy.stats.entropy(q) / np.log(n), abs=3e-7
        )
        floored = np.maximum(q * n, 1e-10)
        assert found["flatness"] == pytest.approx(scipy.stats.gmean(floored), rel=5e-6)


@pytest.mark.parametrize("n", [17, 513])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.85, 0.99])
def test_rolloff_is_nearest_to_the_bin_that_librosa_names(n, share):
    """The first bin at which the running sum reaches the share."""
    out = np.empty(1, np.float32)
    for seed in range(20):
        p = noise(n, seed) ** 2
        running = np.cumsum(p, dtype=float)
        expected = np.argmax(running >= share * running[-1])
        spectrum.rolloff_f32(p[None], 1.0, share, out)
        assert abs(out[0] - expected) <= 0.5 + 1e-4


def test_rolloff_moves_little_where_the_power_moves_little():
    p, out = np.ones((1, 100), np.float32), np.empty(1, np.float32)
    found = []
    for share in np.linspace(0.2, 0.8, 601):
        spectrum.rolloff_f32(p, 1.0, share, out)
        found.append(out[0])
    np.testing.assert_allclose(np.diff(found), 0.1, atol=1e-4)
    for share, expected in ((0.0, 0), (-1, 0), (np.nan, 0), (1.0, 99), (2.0, 99)):
        spectrum.rolloff_f32(p, 1.0, share, out)
        assert out[0] == pytest.approx(expected, abs=0.501)


def test_scale_changes_no_shape():
    p = noise(513) ** 2
    a, b = described(p), described(np.float32(2.0**-30) * p)
    for name in ("centroid_hz", "spread_hz", "skewness", "kurtosis", "flatness",
                 "entropy", "crest", "rolloff_hz"):  # fmt: skip
        assert a[name] == pytest.approx(b[name], rel=1e-5), name


def test_a_single_line_and_white_noise():
    p = np.zeros(513, np.float32)
    p[100] = 0.3
    found = described(p, 1.0)
    assert found["centroid_hz"] == pytest.approx(100)
    assert found["spread_hz"] == found["skewness"] == found["kurtosis"] == 0
    assert found["entropy"] == pytest.approx(0, abs=1e-6)
    assert found["crest"] == pytest.approx(513)
    assert found["flatness"] < 1e-8
    found = described(np.full(513, 7, np.float32))
    assert found["entropy"] == pytest.approx(1, abs=1e-6)
    assert found["flatness"] == pytest.approx(1, abs=5e-6)
    assert found["crest"] == pytest.approx(1)


def test_a_bin_of_zeros_does_not_make_noise_a_line():
    p = np.ones(513, np.float32)
    p[0] = 0
    assert described(p)["flatness"] > 0.9


@pytest.mark.parametrize("n", BINS)
def test_an_empty_spectrum_gives_zeros(n):
    for p in (np.zeros(n, np.float32), np.full(n, 1e-35, np.float32)):
        found = described(p)
        assert not any(
            v for name, v in found.items() if name not in ("rolloff_hz", "bands")
        )
        assert found["rolloff_hz"] == [0, 0, 0]


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_not_finite_spreads(odd):
    p = noise(65) ** 2
    p[7] = odd
    found = described(p)
    found.pop("bands")
    assert all(np.isnan(found.pop("rolloff_hz")))
    assert all(np.isnan(list(found.values())))
    bins = packed(noise(64))
    bins[10] = np.nan
    for p in (hann_power(bins), power(bins, "flat_top")):
        assert np.isnan(p[4:7]).all()
        assert not np.isnan(p[20:]).any()


def test_of_no_bins_there_is_nothing():
    rows = np.empty((2, 0), np.float32)
    out, bands = np.full(2, 9, np.float32), np.full((2, 1), 9, np.float32)
    for call in (
        lambda: spectrum.centroid_f32(rows, 1.0, out),
        lambda: spectrum.flatness_f32(rows, out),
        lambda: spectrum.entropy_f32(rows, out),
        lambda: spectrum.rolloff_f32(rows, 1.0, 0.5, out),
        lambda: spectrum.crest_f32(rows, out),
    ):
        out[:] = 9
        call()
        assert not out.any()
    spectrum.bands_f32(rows, 1.0, np.float32([[0, 1]]), bands)
    assert not bands.any()
    assert spectrum.average_f32(np.empty(0, np.float32), 3, rows, 0) == 5


def test_the_transform_of_the_library_is_what_it_takes():
    n, x = 1024, noise(1024)
    bins = np.empty(n, np.float32)
    fft.Plan(n // 2, True).r2c_f32(x, bins)
    expected = hann_power(packed(x))
    np.testing.assert_allclose(hann_power(bins), expected, rtol=1e-4, atol=1e-9)


def test_refusals():
    bins, out = np.zeros((1, 20), np.float32), np.full((1, 11), 5, np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        spectrum.hann_power_f32(bins, 1.0, out)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        spectrum.power_f32(weights("hann"), bins, 1.0, out)
    for wrong in (np.empty(0, np.float32), np.ones(6, np.float32)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            spectrum.power_f32(
                wrong, np.zeros((1, 16), np.float32), 1.0, out[:, :9].copy()
            )
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            spectrum.gain_f32(wrong)
    for kind, bin_hz, enbw in ((0, 1, 1), (5, 1, 1), (1, 0, 1), (1, np.nan, 1),
                               (2, 1, 0), (3, 1, np.inf)):  # fmt: skip
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            spectrum.rescale_f32(out, kind, bin_hz, enbw, out)
    assert (out == 5).all()
    for bin_hz in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            spectrum.bands_f32(
                out, bin_hz, np.float32([[0, 1]]), np.empty((1, 1), np.float32)
            )
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            spectrum.moments_f32(out, bin_hz, np.empty((1, 5), np.float32))
    with pytest.raises(ValueError, match="a row of power has length 8, expected 9"):
        spectrum.hann_power_f32(
            np.zeros((1, 16), np.float32), 1.0, np.empty((1, 8), np.float32)
        )
