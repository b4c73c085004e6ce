"""Envelope spectra over many turns: SciPy's Hilbert transform and real bearings."""

import numpy as np
import pytest
from scipy import signal

from ecmkit.features.envelope import (
    EnvelopeDesign,
    envelope_spectra,
    require_turns,
)

FS = 12000.0
BPFI, BPFO = 5.4152, 3.5848


def design(**fields):
    basic = {
        "fs_hz": FS, "window_len": 1024, "band_hz": (2000.0, 5000.0), "top_hz": 550.0,
        "span_s": 0.68,
    }  # fmt: skip
    return EnvelopeDesign(**basic | fields)


def modulated(f_hz, depth, n=24000):
    t = np.arange(n) / FS
    x = 2 * (1 + depth * np.cos(2 * np.pi * f_hz * t)) * np.cos(2 * np.pi * 3217 * t)
    return x + 5 * np.cos(2 * np.pi * 29.3 * t)


@pytest.mark.parametrize("detector", ["analytic", "rectified"])
@pytest.mark.parametrize("f_hz", [11.9, 107.5, 350.0, 548.0])
def test_a_modulation_is_a_line(detector, f_hz):
    """Amplitude as it is, but for the taper between bins and the band-pass."""
    found = envelope_spectra(modulated(f_hz, 0.5), design(detector=detector))
    line = found.line(f_hz)
    assert line.shape == (len(found.end_s),)
    assert len(line) >= 2
    loss = 0.85 if detector == "analytic" else 0.72
    assert ((line < 1.02) & (line > loss)).all()
    strongest = found.amplitude[0, 4:].argmax() + 4
    assert strongest * found.bin_hz == pytest.approx(f_hz, abs=found.bin_hz)


def test_against_hilbert_of_the_whole():
    """The stream's spectrum is that of a brick-wall band and SciPy's envelope."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal(36000) * (
        1 + 0.6 * np.sin(2 * np.pi * 90 / FS * np.arange(36000))
    )
    d = design(span_s=1.5)
    s = d.settings()
    found = envelope_spectra(x, d)
    bins = np.fft.rfft(x)
    f = np.fft.rfftfreq(len(x), 1 / FS)
    bins[(f < 2000) | (f >= 5000)] = 0
    whole = np.fft.rfft(np.abs(signal.hilbert(np.fft.irfft(bins))))
    whole[f > s.rate_hz - 550] = 0
    low = np.fft.irfft(whole)
    # The samples of the history: the last of the first spectrum ends half a window
    # before the last window does; the decimator delays by half of its taps.
    n, rate = s.len, s.rate_hz
    end = round(found.end_s[0] * FS) - 512
    delay = (len(s.taps) - 1) / 2 / (rate * s.factor)
    t = end / FS - delay - np.arange(n, 0, -1) / rate
    resampled = np.interp(t, np.arange(len(low)) / FS, low)
    w = signal.windows.hann(n, sym=False)
    exact = np.abs(np.fft.rfft((resampled - resampled.mean()) * w)) * 4 / n
    k = np.arange(len(exact)) * s.bin_hz
    inside = (k > 2) & (k < 500)
    difference = found.amplitude[0][inside] - exact[inside]
    assert np.sqrt((difference**2).mean()) < 0.1 * np.sqrt((exact[inside] ** 2).mean())
    assert found.line(90.0) == pytest.approx(exact[inside].max(), rel=0.05)


def test_the_settings():
    s = design().settings()
    assert (s.bin, s.bins_len, s.m) == (171, 256, 384)
    assert s.rate_hz == pytest.approx(FS * 384 / 1024 / 3)
    assert s.len / s.rate_hz >= 0.68
    assert sum(s.taps) == pytest.approx(1, abs=1e-6)
    f, h = signal.freqz(s.taps, fs=FS * 384 / 1024)
    assert np.abs(np.abs(h[f <= 550]) - 1).max() < 2e-3
    assert np.abs(h[f >= s.rate_hz - 550]).max() < 2e-3
    r = design(detector="rectified").settings()
    assert sum(r.rectifier_taps) == pytest.approx(np.pi / 2, abs=1e-6)
    assert r.rate_hz == FS / r.rectifier_factor / r.factor
    assert design(top_hz=1400.0).settings().taps == ()


@pytest.mark.parametrize(
    ("band_hz", "span_s", "lengths"),
    [
        # 256 bins from an even one on: a power of two, halved
        ((1000.0, 4000.0), 0.8, (256, 2, 1280)),
        # 235 bins: not 240, whose rate is too low to be halved
        ((1250.0, 4000.0), 0.8, (256, 2, 1280)),
        # 257 places: not 320, whose rate asks for a history of 1280
        ((2000.0, 5000.0), 0.68, (384, 3, 1024)),
        # 900 samples: not 960, whose transform costs more than that of 1024
        ((1000.0, 4000.0), 0.6, (256, 2, 1024)),
        ((1000.0, 4000.0), 0.5, (256, 2, 768)),
    ],
)
def test_the_cheapest_lengths_are_chosen(band_hz, span_s, lengths):
    s = design(band_hz=band_hz, span_s=span_s).settings()
    assert (s.m, s.factor, s.len) == lengths
    assert s.len * s.factor / (FS * s.m / 1024) >= span_s


def test_turns_are_counted():
    with pytest.raises(
        ValueError,
        match=r"^envelope: spans 10.2 turns, expected at least 20; FTF would be bin 4",
    ):
        require_turns(2.93, 29.95)
    require_turns(1.4648, 29.95)
    found = envelope_spectra(modulated(107.5, 0.5), design(span_s=0.34))
    with pytest.raises(ValueError, match=r"spans 10\.2 turns, expected at least 20"):
        found.order(BPFO, speed_hz=29.95)
    found = envelope_spectra(modulated(107.5, 0.5), design())
    assert found.order(107.5 / 30, speed_hz=30.0) == pytest.approx(1, abs=0.1)


def test_one_spectrum_a_window_or_one_a_span():
    x = modulated(107.5, 0.5)
    each = envelope_spectra(x, design(), step_s=0.01)
    every = envelope_spectra(x, design())
    windows = (24000 - 1024) // 512 + 1
    assert len(each.end_s) == pytest.approx(windows - 0.68 * FS / 512, abs=2.5)
    np.testing.assert_allclose(np.diff(each.end_s), 512 / FS)
    assert len(every.end_s) == 2
    np.testing.assert_array_equal(every.amplitude[0], each.amplitude[0])


def test_lines_of_a_defect_that_turns_with_the_shaft():
    """A modulation at 107 Hz that is itself modulated at 30 Hz has sidebands."""
    t = np.arange(24000) / FS
    swing = 0.4 * (1 + 0.5 * np.cos(2 * np.pi * 30 * t)) * np.cos(2 * np.pi * 107 * t)
    x = (1 + swing) * np.cos(2 * np.pi * 3217 * t)
    found = envelope_spectra(x, design())
    assert found.line(107.0) == pytest.approx(0.4, rel=0.15)
    assert found.sidebands(107.0, 30.0) == pytest.approx(0.2, rel=0.15)
    assert found.sidebands(107.0, 23.0).max() < 0.02
    assert found.harmonics(107.0) == pytest.approx(found.line(107.0), abs=0.02)
    ratio = found.line(107.0) / found.background(15.0, 360.0)
    assert (ratio > 20).all()


@pytest.mark.data
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"span_s": 5.0},
        {"detector": "rectified"},
        {"form": "log", "span_s": 5.0},
        {"form": "squared", "span_s": 2.5},
        {"form": "log", "whiten": True, "span_s": 2.5},
    ],
    ids=lambda fields: "-".join(map(str, fields.values())) or "plain",
)
def test_defects_of_real_bearings(fields, real_data):
    """As many as a careful SciPy program finds over ten seconds.

    Found is: the strongest line within 5 % of the nominal order lies within 1 % of it,
    and is more than ten times the median from 5 to 500 Hz.
    """
    d = design(**fields)
    found = {"IR": [], "OR": []}
    for path in sorted((real_data / "cwru" / "12k_DE").glob("*.npz")):
        kind = path.stem.split("_")[1][:2]
        if kind in found:
            npz = np.load(path)
            speed_hz = float(npz["rpm"]) / 60
            spectra = envelope_spectra(npz["DE"] * npz["scale_DE"], d)
            found[kind].append(
                is_found(spectra, speed_hz, {"IR": BPFI, "OR": BPFO}[kind])
            )
    assert len(found["IR"]) == 16
    assert len(found["OR"]) == 28
    assert sum(found["IR"]) >= 12
    assert sum(found["OR"]) >= 23


def is_found(spectra, speed_hz, order):
    row, df = spectra.amplitude[0], spectra.bin_hz
    f = np.arange(len(row)) * df
    near = np.flatnonzero(np.abs(f / (order * speed_hz) - 1) <= 0.05)
    peak = near[row[near].argmax()]
    median = np.median(row[(f >= 5) & (f <= 500)])
    return abs(f[peak] / (order * speed_hz) - 1) <= 0.01 and row[peak] > 10 * median


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"window_len": 1000}, r"window_len: found 1000, expected 2\^a"),
        ({"band_hz": (5000, 2000)}, "band_hz: found 5000 ... 2000 Hz, expected rising"),
        ({"band_hz": (2000, 6000)}, r"band_hz: .* within 23.4375 ... 5988.28 Hz"),
        ({"band_hz": (2000, 2050)}, "band_hz: .* expected 8 bins"),
        ({"top_hz": 1600}, "top_hz: found 1600 Hz, expected at most 1500 Hz"),
        ({"span_s": -1.0}, "span_s: found -1.0, expected above 0"),
        ({"form": "cube"}, "form: found cube, expected magnitude or squared or log"),
        ({"detector": "peak"}, "detector: found peak"),
        ({"detector": "rectified", "whiten": True}, "whiten: found True"),
        ({"detector": "rectified", "form": "log"}, "form: found log"),
    ],
)  # fmt: skip
def test_designs_that_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        design(**fields)


def test_what_is_too_long_or_too_short():
    with pytest.raises(ValueError, match=r"span_s: found 60 s, .* at most 10.9 s"):
        design(span_s=60.0).settings()
    with pytest.raises(ValueError, match=r"x: found 6000 samples, 0.5 s, exp"):
        envelope_spectra(np.zeros(6000), design())
    with pytest.raises(ValueError, match="not finite"):
        envelope_spectra([np.inf] * 5, design())
