"""Envelopes in the core: tapers in time and defining sums in float64 as judge."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from ecmkit._core import envelope, fft
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "machine.json").read_text()
)


def floats(values):
    return np.array([float.fromhex(v) for v in values])


def analytic(x, n, first, bins, m, white=False):
    """Complex samples of all windows of x."""
    transform = fft.Plan(n // 2, True)
    state = envelope.AnalyticF32(n, first, bins, fft.Plan(m, False), white)
    packed, z, out = np.empty(n, np.float32), np.empty(2 * m, np.float32), []
    for at in range(0, len(x) - n + 1, n // 2):
        transform.r2c_f32(x[at : at + n], packed)
        if state.run(packed, z):
            out.append(z[:m].copy().view(np.complex64))
    return np.concatenate(out)


def spectrum(x, taps=None, factor=1, n=None):
    n = n or len(x)
    state = envelope.HistoryF32(fft.Plan(n // 2, True), taps, factor)
    assert state.push(x.copy())
    out = np.empty(n, np.float32)
    assert state.spectrum(len(out) // 2 + 1, out)
    return out[: n // 2 + 1]


@pytest.mark.parametrize("first", [6, 9])
@pytest.mark.parametrize("name", ["analytic", "white"])
def test_vectors_of_detectors(name, first):
    bins = {6: 16, 9: 7}[first]
    found = analytic(vector_noise(32, 256), 64, first, bins, 16, name == "white")
    expected = VECTORS[f"envelope {name} {first}"]
    exact = floats(expected["re"]) + 1j * floats(expected["im"])
    np.testing.assert_allclose(found, exact, atol=1e-6 * np.abs(exact).max())


def test_vectors_of_spectra():
    exact = floats(VECTORS["envelope amplitudes"])
    np.testing.assert_allclose(spectrum(vector_noise(33, 96) + 3), exact, atol=2e-6)


@pytest.mark.parametrize("first", [64, 65])
def test_a_tone_in_the_band_keeps_amplitude_and_phase(first):
    """Of any frequency within, through any number of windows."""
    n, m, k = 512, 64, first + 20.3
    t = np.arange(20 * n)
    x = (3 * np.cos(2 * np.pi * k / n * t + 0.7)).astype(np.float32)
    found = analytic(x, n, first, 50, m)
    at = n // 2 + np.arange(len(found)) * n / m
    shift = first - first % 2
    exact = 3 * np.exp(1j * (2 * np.pi * (k - shift) / n * at + 0.7))
    # The phase of the shift: a whole number of turns in half a window.
    exact *= np.exp(2j * np.pi * shift / n * (at - np.arange(len(at)) * n / m))
    np.testing.assert_allclose(np.abs(found), 3, rtol=1e-4)  # far lobes of the taper
    np.testing.assert_allclose(found / exact, (found / exact)[0], atol=2e-4)


def test_a_tone_outside_is_stopped():
    x = np.cos(2 * np.pi * 100 / 512 * np.arange(5120)).astype(np.float32)
    assert np.abs(analytic(x, 512, 110, 40, 48)).max() < 1e-6


@pytest.mark.parametrize("form", ["magnitude", "squared", "log"])
def test_modulation_of_a_carrier(form):
    """Amplitude modulation by 0.3 is a line of 0.3 in the spectrum of the envelope."""
    n, m, depth = 512, 64, 0.3
    f = 10 / (64 * n / m)  # of the sampling rate: bin 10 of 64 samples of envelope
    t = np.arange(6 * n)
    x = (1 + depth * np.cos(2 * np.pi * f * t)) * np.cos(2 * np.pi * 0.2 * t)
    z = analytic(x.astype(np.float32), n, 80, 48, m).view(np.float32)
    out = np.empty(len(z) // 2, np.float32)
    getattr(envelope, f"{form}_f32")(z, out)
    lines = spectrum(out[:64])
    exact = {"magnitude": depth, "squared": 2 * depth, "log": 4 * (1 - 0.91**0.5) / 0.3}
    assert lines[10] == pytest.approx(exact[form], rel=2e-3)
    second = {"magnitude": 0.0, "squared": depth**2 / 2, "log": 0.0}[form]
    if form != "log":
        assert lines[20] == pytest.approx(second, abs=2e-3)


def test_forms():
    z = vector_noise(1, 200)
    z[10:12] = 0
    pairs = z.reshape(-1, 2).astype(float)
    power = (pairs**2).sum(axis=1)
    out = np.empty(100, np.float32)
    for form, exact in (
        ("magnitude", np.sqrt(power)),
        ("squared", power),
        ("log", np.log(power + 1e-20)),
    ):
        getattr(envelope, f"{form}_f32")(z, out)
        np.testing.assert_allclose(out, exact, rtol=2e-7, atol=2e-7)
        own = z.copy()
        getattr(envelope, f"{form}_f32")(own, own)  # in place
        np.testing.assert_array_equal(own[:100], out)
    with pytest.raises(ValueError, match="expected two each"):
        envelope.log_f32(z[:3], out)


@pytest.mark.parametrize("kind", ["analytic", "white"])
def test_the_start_is_forgotten(kind):
    """From whatever window one starts, later samples have the same bits."""
    x = vector_noise(4, 64 * 12)
    whole = analytic(x, 64, 6, 16, 16, kind == "white")
    for skipped in (1, 5):
        part = analytic(x[32 * skipped :], 64, 6, 16, 16, kind == "white")
        np.testing.assert_array_equal(part, whole[8 * skipped :])


def test_white_bins_have_no_level():
    x = vector_noise(5, 640)
    found = analytic(x, 64, 6, 16, 16, white=True)
    np.testing.assert_array_equal(analytic(8 * x, 64, 6, 16, 16, white=True), found)
    assert not np.any(analytic(np.zeros(640, np.float32), 64, 6, 16, 16, white=True))


def test_rectified_against_scipy():
    sos = signal.butter(2, [0.2, 0.3], "bandpass", output="sos")
    taps = signal.firwin(33, 0.2).astype(np.float32)
    sections = np.delete(sos, 3, axis=1).astype(np.float32)
    state = envelope.RectifierF32(sections, taps, 4)
    x, out = vector_noise(6, 1000), np.empty(1000, np.float32)
    found = out[: state.run(x, out)]
    exact_sos = np.insert(sections.astype(float), 3, 1, axis=1)
    band = np.abs(signal.sosfilt(exact_sos, x.astype(float)))
    exact = signal.upfirdn(taps[::-1].astype(float), band, down=4)[: len(found)]
    np.testing.assert_allclose(found, exact, atol=3e-7)


@pytest.mark.parametrize(("taps_len", "factor"), [(0, 1), (1, 1), (8, 3), (21, 2)])
def test_the_history_holds_the_last_samples(taps_len, factor):
    taps = vector_noise(taps_len, taps_len) if taps_len else None
    x, n = vector_noise(7, 1500), 128
    state = envelope.HistoryF32(fft.Plan(n // 2, True), taps, factor)
    low = x.astype(float)
    if taps_len:
        low = signal.upfirdn(taps[::-1].astype(float), low, down=factor)
        low = low[: -(-len(x) // factor)]
    rng = np.random.default_rng(taps_len)
    at, out = 0, np.empty(n, np.float32)
    while at < len(x):
        more = int(rng.integers(0, 200))
        full = state.push(x[at : at + more].copy())
        at = min(at + more, len(x))
        kept = -(-at // factor)
        left_out = -(-(max(taps_len, 1) - 1) // factor)
        assert full == (kept - left_out >= n)
        assert state.spectrum(len(out) // 2 + 1, out) == full
        if full:
            last = low[kept - n : kept]
            w = signal.windows.hann(n, sym=False)
            exact = np.abs(np.fft.rfft((last - last.mean()) * w)) * 4 / n
            exact[[0, -1]] /= 2
            np.testing.assert_allclose(out[: n // 2 + 1], exact, atol=1e-5)
    state.start()
    assert not state.push(x[:10].copy())


def test_parts_of_history_give_the_same_bits():
    taps, x = vector_noise(8, 12), vector_noise(9, 1000)
    whole = spectrum(x, taps, 3, 256)
    state = envelope.HistoryF32(fft.Plan(128, True), taps, 3)
    rng = np.random.default_rng(0)
    at = 0
    while at < len(x):
        n = int(rng.integers(1, 30))
        state.push(x[at : at + n].copy())
        at += n
    out = np.empty(256, np.float32)
    state.spectrum(len(out) // 2 + 1, out)
    np.testing.assert_array_equal(out[:129], whole)


def test_an_offset_hides_no_line():
    """The mean of a magnitude is large against its lines."""
    n = 1024
    x = 50 + 1e-3 * np.cos(2 * np.pi * 37 * np.arange(n) / n)
    found = spectrum(x.astype(np.float32))
    assert found[37] == pytest.approx(1e-3, rel=0.01)
    assert found[100:].max() < 1e-5


def test_lines_by_their_definition():
    amplitude = np.abs(vector_noise(10, 300))
    df = 0.73
    f = np.arange(300) * df
    for f_hz, halfwidth in ((10.0, 0.02), (100.0, 0.1), (200.0, 0.0), (215.0, 0.05)):
        near = amplitude[(f >= f_hz * (1 - halfwidth)) & (f <= f_hz * (1 + halfwidth))]
        expected = max([*near, amplitude[round(f_hz / df)]])
        found = envelope.line_f32(amplitude, df, f_hz, halfwidth)
        assert found == pytest.approx(expected, rel=1e-7)
    inside = amplitude[(f >= 20) & (f <= 50)]
    found = envelope.background_f32(amplitude, df, 20.0, 50.0)
    assert found == pytest.approx(inside.mean(), rel=1e-6)
    assert envelope.background_f32(amplitude, df, -5.0, 1e9) == pytest.approx(
        amplitude[1:].mean(), rel=1e-6
    )
    one = [envelope.line_f32(amplitude, df, h * 30.0, 0.02) for h in (1, 2, 3)]
    assert envelope.harmonics_f32(amplitude, df, 30.0, 0.02, 3) == pytest.approx(
        sum(one), rel=1e-6
    )
    at = (46.0, 53.0, 67.0, 74.0)
    sides = [envelope.line_f32(amplitude, df, f_hz, 0.0) for f_hz in at]
    assert envelope.sidebands_f32(amplitude, df, 60.0, 7.0, 0.0, 2) == pytest.approx(
        sum(sides), rel=1e-6
    )


@pytest.mark.parametrize("f_hz", [0.0, -1.0, 0.3, 300.0, 1e30, np.inf, np.nan])
def test_where_there_is_no_line(f_hz):
    amplitude = np.ones(300, np.float32)
    assert envelope.line_f32(amplitude, 0.73, f_hz, 0.02) == 0


def test_turns():
    assert envelope.TURNS_MIN == 20
    assert envelope.has_turns(1.5, 30.0)
    assert not envelope.has_turns(1.5, 29.99)
    for wrong in ((0.0, 1.0), (1.0, 0.0), (np.nan, 1.0), (1.0, np.inf)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            envelope.has_turns(*wrong)


def test_refusals():
    plan = fft.Plan(16, False)
    bins, z = np.zeros(64, np.float32), np.zeros(32, np.float32)
    for first, count, name in (
        (1, 4, "ARG"), (2, 0, "ARG"), (20, 12, "ARG"), (6, 17, "LENGTH"),
        (7, 16, "LENGTH"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"ECM_ERR_{name}"):
            envelope.AnalyticF32(64, first, count, plan, False).run(bins, z)
    state = envelope.AnalyticF32(64, 6, 16, plan, False)
    with pytest.raises(ValueError, match="bins has length 63"):
        state.run(bins[:63], z)
    with pytest.raises(ValueError, match="z has length 31"):
        state.run(bins, z[:31])
    with pytest.raises(ValueError, match="ECM_ERR_NULL"):  # not a plan for reals
        envelope.HistoryF32(plan, None, 1).push(z)
    history = envelope.HistoryF32(fft.Plan(16, True), z[:4], 0)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        history.push(z)
    with pytest.raises(ValueError, match="found 0 bins"):
        envelope.line_f32(z[:0], 1.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="found 0 taps"):
        envelope.RectifierF32(np.zeros((1, 5), np.float32), z[:0], 1)
