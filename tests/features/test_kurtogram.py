"""The band to demodulate: composite filters at the full rate as judge."""

import numpy as np
import pytest
from scipy import signal

from ecmkit.data import Recording, RecordingInfo
from ecmkit.errors import DataError
from ecmkit.features.envelope import EnvelopeDesign, envelope_spectra
from ecmkit.features.kurtogram import choose_band, kurtogram, spectral_kurtosis

FS = 12000.0


def straightforward(x, max_level):
    """Kurtosis by (number of bands, place): each band's filter as one, undecimated.

    A filter behind decimations is one with zeros between its taps; a band that begins
    at half the rate of a node turns the sign of every other tap of the next filter.
    """
    x = np.asarray(x, np.float32).astype(float)
    x = x - x.mean()
    low = signal.firwin(17, 0.4)
    third = signal.firwin(25, 0.8 / 3)
    found = {}
    for bands in [2**k * m for k in range(max_level) for m in (2, 3)]:
        if bands >= 2**max_level and bands % 3 == 0:
            continue
        for place in range(bands):
            # From the coarsest division to the finest: which part, of how many.
            parts, rest, count = [], place, bands
            while count > 1:
                radix = 3 if count % 3 == 0 and not parts else 2
                parts.append((rest % radix, radix))
                rest, count = rest // radix, count // radix
            h, step, turned = np.ones(1), 1, 0
            for part, radix in reversed(parts):
                prototype = low if radix == 2 else third
                n = np.arange(len(prototype))
                taps = prototype * np.exp(2j * np.pi * (2 * part + 1) / (4 * radix) * n)
                taps = taps * (-1.0) ** (turned * n)
                spread = np.zeros(step * (len(taps) - 1) + 1, complex)
                spread[::step] = taps
                h = np.convolve(h, spread)
                step, turned = step * radix, part % 2
            c = signal.fftconvolve(x, h)[: len(x) : step]
            c = c[len(prototype) - 1 :]
            p = np.abs(c) ** 2
            found[bands, place] = (p**2).mean() / p.mean() ** 2 - 2
    return found


def as_dict(made):
    places = np.round(made.lo_hz / (made.hi_hz - made.lo_hz)).astype(int)
    bands = np.round(2**made.level).astype(int)
    return {
        (n, place): k
        for n, place, k in zip(bands.tolist(), places.tolist(), made.kurtosis,
                               strict=True)
    }  # fmt: skip


def shocks(f_hz, *, rate_hz=90.0, noise=1.0, seconds=3.0, seed=0):
    """Damped oscillations that strike at a rate, in noise."""
    rng = np.random.default_rng(seed)
    n = int(seconds * FS)
    x = noise * rng.standard_normal(n)
    t = np.arange(200) / FS
    ring = 8 * np.exp(-900 * t) * np.sin(2 * np.pi * f_hz * t)
    for at in np.arange(0.01, seconds - 0.05, 1 / rate_hz):
        k = int(at * FS)
        x[k : k + 200] += ring
    return x


def test_every_band_against_filters_at_the_full_rate():
    x = shocks(3200, noise=2.0)
    made, exact = as_dict(kurtogram(x, fs_hz=FS, max_level=4)), straightforward(x, 4)
    assert made.keys() == exact.keys()
    for key, value in made.items():
        assert value == pytest.approx(exact[key], abs=1e-9), key


@pytest.mark.parametrize("f_hz", [900.0, 2100.0, 3400.0, 5300.0])
def test_the_band_of_a_resonance(f_hz):
    band = kurtogram(shocks(f_hz), fs_hz=FS, max_level=4).best()
    assert band.lo_hz - 200 <= f_hz <= band.hi_hz + 200
    assert band.hi_hz - band.lo_hz <= 3000
    f, sk = spectral_kurtosis(shocks(f_hz), fs_hz=FS, window_len=64)
    assert abs(f[sk.argmax()] - f_hz) < 500


def test_noise_and_lines_have_no_kurtosis():
    """Gaussian noise: 0 within its scatter, over all bands; sinusoids: below."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal(120_000)
    made = kurtogram(x, fs_hz=FS, max_level=5)
    fine = made.level > 2.9
    n = len(x) / 2 ** made.level[fine]
    assert (np.abs(made.kurtosis[fine]) < 5 * np.sqrt(20 / n)).all()
    assert np.abs(made.kurtosis[~fine]).max() < 0.25
    f, sk = spectral_kurtosis(x, fs_hz=FS, window_len=256)
    assert abs(sk.mean()) < 0.02
    assert len(f) == 127
    line = x / 100 + np.sin(2 * np.pi * 1030 / FS * np.arange(len(x)))
    f, sk = spectral_kurtosis(line, fs_hz=FS, window_len=256)
    assert sk[np.abs(f - 1030).argmin()] == pytest.approx(-1, abs=0.02)


def test_shares_of_white_noise_are_those_of_the_widths():
    x = np.random.default_rng(2).standard_normal(200_000)
    made = kurtogram(x, fs_hz=FS, max_level=4)
    width = (made.hi_hz - made.lo_hz) / (FS / 2)
    # The filters are wider than the bands: each frequency is in two of them.
    ratio = made.share / width
    assert ((ratio > 0.9) & (ratio < 2.6)).all()


def test_what_best_leaves_out():
    made = kurtogram(shocks(3400.0), fs_hz=FS, max_level=5)
    assert (
        made.best(min_width_hz=1500).hi_hz - made.best(min_width_hz=1500).lo_hz >= 1500
    )
    assert made.best(min_lo_hz=4000).lo_hz >= 4000
    with pytest.raises(ValueError, match="kurtogram: found no band of 9000 Hz or more"):
        made.best(min_width_hz=9000)
    quiet = kurtogram(np.zeros(5000), fs_hz=FS, max_level=2)
    assert (quiet.kurtosis == -2).all()
    with pytest.raises(ValueError, match="found no band"):
        quiet.best()


def recording(x, **fields):
    info = {"id": "rig", "machine": "m", "label": "", "unit": "g", "fs_hz": FS}
    return Recording(
        info=RecordingInfo(**info | fields),
        channels=("DE",),
        x=np.asarray(x, np.float32)[None],
    )


@pytest.mark.parametrize("f_hz", [2500.0, 4200.0])
def test_a_chosen_band_shows_the_rate_of_shocks(f_hz):
    x = shocks(f_hz, rate_hz=87.0, noise=1.5)
    band = choose_band(recording(x), top_hz=300.0)
    assert band[1] - band[0] >= 600
    design = EnvelopeDesign(
        fs_hz=FS, window_len=1024, band_hz=(band[0], min(band[1], 5980.0)),
        top_hz=290.0, span_s=1.0,
    )  # fmt: skip
    spectra = envelope_spectra(x, design)
    row = spectra.amplitude[0]
    f = np.arange(len(row)) * spectra.bin_hz
    assert f[5:][row[5:].argmax()] == pytest.approx(87.0, abs=1.5)


@pytest.mark.data
def test_real_bearings_get_the_band_of_a_straightforward_program(real_data):
    """And in it, defects are found as often as in a band that an expert chose."""
    found, total = 0, 0
    paths = sorted((real_data / "cwru" / "12k_DE").glob("*R0*.npz"))
    paths = [p for p in paths if "@3" not in p.stem and "@12" not in p.stem]
    for path in paths[::2]:
        npz = np.load(path)
        x, speed_hz = npz["DE"] * npz["scale_DE"], float(npz["rpm"]) / 60
        made, exact = kurtogram(x, fs_hz=FS, max_level=3), straightforward(x, 3)
        best = max(exact, key=lambda key, exact=exact: exact[key])
        band = made.best(min_share=0.0)
        assert (band.lo_hz, band.hi_hz) == pytest.approx(
            (best[1] * 6000 / best[0], (best[1] + 1) * 6000 / best[0])
        ), path.stem
        lo, hi = choose_band(recording(x), top_hz=500.0)
        design = EnvelopeDesign(
            fs_hz=FS, window_len=1024, band_hz=(lo, min(hi, 5980.0)), top_hz=490.0,
            span_s=2.5,
        )  # fmt: skip
        order = 5.4152 if "IR" in path.stem else 3.5848
        found += is_found(envelope_spectra(x, design), speed_hz, order)
        total += 1
    assert total == 14
    assert found >= 9


def is_found(spectra, speed_hz, order):
    row, df = spectra.amplitude[0], spectra.bin_hz
    f = np.arange(len(row)) * df
    near = np.flatnonzero(np.abs(f / (order * speed_hz) - 1) <= 0.05)
    peak = near[row[near].argmax()]
    median = np.median(row[(f >= 5) & (f <= 500)])
    return abs(f[peak] / (order * speed_hz) - 1) <= 0.01 and row[peak] > 10 * median


@pytest.mark.parametrize(
    ("x", "fields", "message"),
    [
        (np.zeros(200), {}, "max_level: found 1, expected 1 ... 0: 200 samples"),
        (np.zeros(2000), {"max_level": 4}, "max_level: found 4, expected 1 ... 3: "),
        (np.zeros(2000), {"fs_hz": 0}, "fs_hz: found 0, expected above 0"),
        ([np.nan] * 9, {}, "x: found 9 of 9 samples not finite"),
    ],
)
def test_kurtograms_that_are_refused(x, fields, message):
    with pytest.raises(ValueError, match=message):
        kurtogram(x, **{"fs_hz": FS} | fields)


def test_windows_that_are_refused():
    with pytest.raises(ValueError, match="x: found 9 samples, expected 4 windows"):
        spectral_kurtosis(np.zeros(9), fs_hz=1, window_len=8)
    with pytest.raises(ValueError, match="window_len: found 4, expected 8 or more"):
        spectral_kurtosis(np.zeros(9), fs_hz=1, window_len=4)


def test_recordings_that_are_refused():
    with pytest.raises(DataError, match="rig: fs_hz: found 0"):
        choose_band(recording(np.zeros(5000), fs_hz=0.0), top_hz=300)
    with pytest.raises(DataError, match="rig: top_hz: found -1"):
        choose_band(recording(np.zeros(5000)), top_hz=-1)
    with pytest.raises(DataError, match="rig: kurtogram: found no band"):
        choose_band(recording(shocks(3000)), top_hz=5000)
    with pytest.raises(DataError, match="rig: no channel 'NDE'"):
        choose_band(recording(np.zeros(5000)), top_hz=300, channel="NDE")
