"""RMS of velocity: designs against analogue filters, real data against SciPy."""

import msgspec
import numpy as np
import pytest
from scipy import signal

from ecmkit.features.velocity import VelocityDesign, velocity_rms

G = 9806.65


def folded(design, x):
    """Float64 RMS of the last span by SciPy, from the very settings of the device."""
    s = design.settings()
    x = np.asarray(x, np.float64) - x[0]
    taps = {
        1: [1],
        2: [1, 3, 3, 1],
        4: np.convolve([1, 0, 3, 0, 3, 0, 1], [1, 3, 3, 1]),
    }
    low = signal.lfilter(taps[s.factor], [1], x)[s.factor - 1 :: s.factor]
    sos = [
        [1, -1, 0, 1, s.c1 + s.c2 - 2, 1 - s.c1],
        [1, s.b1, 0, 1, s.a1, s.a2],
    ]
    squares = (s.gain * signal.sosfilt(sos, low)) ** 2
    block = 2 * s.block_len
    first = 2 * s.settle_len
    whole = (len(squares) - first) // block
    means = squares[first : first + whole * block].reshape(whole, block).mean(axis=1)
    return np.sqrt(np.convolve(means, np.ones(8) / 8, mode="valid"))


def analogue(x, design):
    """Velocity by division in the spectrum of the whole, without any decimation."""
    n = len(x)
    bins = np.fft.rfft((x - np.mean(x)) * signal.windows.tukey(n, 0.05))
    f = np.fft.rfftfreq(n, 1 / design.fs_hz)
    bins[1:] *= design.target(f[1:])
    bins[0] = 0
    return np.fft.irfft(bins, n)


@pytest.mark.parametrize(
    "fs_hz", [2560, 3200, 5120, 6400, 12000, 12800, 25600, 48000, 51200, 102400]
)
def test_designs_hold_their_band(fs_hz):
    design = VelocityDesign(fs_hz=fs_hz, unit="g")
    assert design.error() < (0.0011 if fs_hz >= 5120 else 0.007)
    assert design.response(10.0) == pytest.approx(
        G / (2 * np.pi * 10) * np.sqrt(0.5), rel=0.007
    )
    # Beyond the band the response keeps to what is meant, or is small at least: the
    # velocity that a folded acceleration seems to have, over that of the same at 1 kHz.
    f = np.linspace(1000, fs_hz / 2, 2000)
    scale = G / (2 * np.pi * 1000)
    excess = (design.response(f) - design.target(f)) / scale
    assert excess.max() < (0.009 if fs_hz >= 5120 else 0.09)


@pytest.mark.parametrize("fs_hz", [3200, 12800, 25600])
@pytest.mark.parametrize("f_hz", [10.0, 23.0, 160.0, 997.0])
def test_a_sinusoid_on_an_offset(fs_hz, f_hz):
    design = VelocityDesign(fs_hz=fs_hz, unit="m/s^2")
    t = np.arange(int(2.5 * fs_hz)) / fs_hz
    x = 9.80665 + np.sqrt(2) * np.sin(2 * np.pi * f_hz * t + 1)
    found = velocity_rms(x, design)
    np.testing.assert_allclose(found.rms, design.target(f_hz), rtol=0.01)
    assert found.end_s[0] == pytest.approx(design.warm_up_s)
    assert len(found.rms) == len(found.end_s) > 4


def test_units():
    x = np.random.default_rng(0).standard_normal(40_000)
    expected = velocity_rms(x, VelocityDesign(fs_hz=12800, unit="g")).rms
    metric = velocity_rms(9.80665 * x, VelocityDesign(fs_hz=12800, unit="m/s^2")).rms
    np.testing.assert_allclose(metric, expected, rtol=1e-6)
    inch = VelocityDesign(fs_hz=12800, unit="g", to_unit="in/s")
    np.testing.assert_allclose(velocity_rms(x, inch).rms * 25.4, expected, rtol=1e-6)


@pytest.mark.parametrize("lo_hz", [1.0, 2.0, 10.0])
def test_low_edges_at_high_rates_keep_their_digits(lo_hz):
    """Where a biquad in single precision would be far off."""
    design = VelocityDesign(fs_hz=51200, unit="g", lo_hz=lo_hz, span_s=10 / lo_hz)
    rng = np.random.default_rng(1)
    x = (0.5 + rng.standard_normal(int(51200 * design.warm_up_s) + 60_000)).astype("f4")
    np.testing.assert_allclose(
        velocity_rms(x, design).rms, folded(design, x), rtol=1e-4
    )


@pytest.mark.data
@pytest.mark.parametrize("kind", ["cwru", "cwru 48k", "femto"])
def test_real_data_against_scipy(kind, real_data):
    """1e-4 of the same design in float64; 1 % of the analogue filters."""
    if kind == "femto":  # snapshots of 0.1 s: one after another, steps and all
        npz = np.load(real_data / "femto_pronostia" / "Bearing1_1.npz")
        x, fs_hz = np.ravel(npz["x"][-40:, :, 0] * npz["scale"]), 25600.0
    elif kind == "cwru":
        npz = np.load(real_data / "cwru" / "12k_DE" / "105_IR007_0.npz")
        x, fs_hz = npz["DE"] * npz["scale_DE"], 12000.0
    else:
        npz = np.load(real_data / "cwru" / "normal" / "97_0.npz")
        x, fs_hz = npz["DE"] * npz["scale_DE"], 48000.0
    x = np.asarray(x, np.float32)
    design = VelocityDesign(fs_hz=fs_hz, unit="g")
    found = velocity_rms(x, design)
    np.testing.assert_allclose(found.rms, folded(design, x), rtol=1e-4)
    exact = analogue(x.astype(float), design)
    for end_s, rms in zip(found.end_s, found.rms, strict=True):
        end = round(end_s * fs_hz)
        span = exact[end - round(8 * 2 * design.settings().block_len *
                                 design.settings().factor) : end]  # fmt: skip
        if 0.1 * len(x) < end < 0.9 * len(x):  # the analogue ones are tapered at ends
            assert rms == pytest.approx(np.sqrt((span**2).mean()), rel=0.01)


@pytest.mark.parametrize("fs_hz", [3200, 6400, 12800, 25600, 48000])
@pytest.mark.parametrize("size", [8.0, 0.1, 0.005])
def test_integers_are_as_good_as_the_samples(fs_hz, size):
    """Of a sensor of 16 g, down to 10 counts of vibration."""
    design = VelocityDesign(fs_hz=fs_hz, unit="g")
    integers = design.integers(range=16.0)
    t = np.arange(int(2 * fs_hz)) / fs_hz
    noise = np.random.default_rng(3).standard_normal(len(t))
    x = 0.9 + size * (np.sin(2 * np.pi * 60 * t) + 0.2 * noise)
    counts = np.round(np.clip(x, -16, 15.9) * 2048).astype(np.int16)
    meter = integers.meter()
    used = 2 * integers.factor * (len(counts) // (2 * integers.factor))
    meter.update(counts[:used])
    real = design.settings().meter()
    real.update((counts[:used] / 2048).astype(np.float32))
    assert meter.rms() / 65536 == pytest.approx(real.rms(), rel=1e-3)


@pytest.mark.data
def test_integers_on_real_data(real_data):
    npz = np.load(real_data / "cwru" / "12k_DE" / "105_IR007_0.npz")
    x = npz["DE"] * npz["scale_DE"]
    design = VelocityDesign(fs_hz=12000, unit="g")
    meter = design.integers(range=16.0).meter()
    counts = np.round(x * 2048).astype(np.int16)
    exact = folded(design, x)
    s = design.settings()
    first = 2 * s.factor * (s.settle_len + 8 * s.block_len)
    found, at = [], 0
    for end in range(first, len(x) + 1, 2 * s.factor * s.block_len):
        meter.update(counts[at:end])
        found.append(meter.rms() / 65536)
        at = end
    np.testing.assert_allclose(found, exact, rtol=5e-3)


def test_integers_that_are_refused():
    design = VelocityDesign(fs_hz=12800, unit="g")
    with pytest.raises(ValueError, match="range: found 0, expected above 0"):
        design.integers(range=0)
    with pytest.raises(ValueError, match="range: found 1000 g, expected at most 8"):
        design.integers(range=1000)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"unit": "V"}, "unit: found 'V', expected an acceleration: g, "),
        ({"unit": "mm/s"}, "unit: found 'mm/s', expected an acceleration"),
        ({"fs_hz": 2000}, "fs_hz: found 2000 Hz, expected at least 2560 Hz"),
        ({"fs_hz": 0.0}, "fs_hz: found 0.0, expected above 0"),
        ({"lo_hz": 600.0}, "lo_hz: found 600.0, expected at most half of hi_hz"),
        ({"lo_hz": float("nan")}, "lo_hz: found nan, expected above 0"),
        ({"span_s": 0.5}, "span_s: found 0.5, expected at least 1 s"),
        ({"lo_hz": 2.0, "span_s": 2.0}, "span_s: found 2.0, expected at least 5 s"),
    ],
)
def test_designs_that_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        VelocityDesign(**{"fs_hz": 12800, "unit": "g"} | fields)


def test_signals_that_are_refused():
    design = VelocityDesign(fs_hz=12800, unit="g")
    with pytest.raises(ValueError, match=r"x: found 12800 samples, 1 s, expected"):
        velocity_rms(np.zeros(12800), design)
    with pytest.raises(ValueError, match="x: found 1 of 4 samples not finite"):
        velocity_rms([0, 1, 2, np.nan], design)
    with pytest.raises(ValueError, match="dimensions"):
        velocity_rms(np.zeros((2, 20000)), design)


def test_settings_travel():
    """As a plan or a package stores them."""
    settings = VelocityDesign(fs_hz=25600, unit="g").settings()
    again = msgspec.json.decode(msgspec.json.encode(settings), type=type(settings))
    assert again == settings
