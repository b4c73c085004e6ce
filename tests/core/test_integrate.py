"""Differences and integrals: SciPy, float64 spectra and exact sinusoids as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate as theirs

from ecmkit._core import integrate
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "conditioning.json").read_text()
)


def pack(x):
    """Packed spectrum of each row, by NumPy."""
    bins = np.fft.rfft(x.astype(np.float64), axis=1)
    out = np.empty(x.shape, np.float32)
    out[:, 0], out[:, 1] = bins[:, 0].real, bins[:, -1].real
    out[:, 2::2], out[:, 3::2] = bins[:, 1:-1].real, bins[:, 1:-1].imag
    return out


def unpack(x):
    bins = np.zeros((len(x), x.shape[1] // 2 + 1), complex)
    bins[:, 0], bins[:, -1] = x[:, 0], x[:, 1]
    bins[:, 1:-1] = x[:, 2::2] + 1j * x[:, 3::2].astype(float)
    return bins


@pytest.mark.parametrize(
    ("method", "scale", "rtol"), [("difference", 1000.0, 2e-7), ("trapezoid", 5e-4, 0)]
)
def test_vectors(method, scale, rtol):
    x = vector_noise(21, 100)
    out = np.empty_like(x)
    getattr(integrate.Integrator(0.0), f"{method}_f32")(x, scale, out)
    expected = [float.fromhex(v) for v in VECTORS[method]]
    np.testing.assert_allclose(out, expected, rtol=rtol, atol=1e-8)


def test_trapezoid_against_scipy():
    x = vector_noise(1, 4096)
    out = np.empty_like(x)
    integrate.Integrator(float(x[0])).trapezoid_f32(x, 0.5 / 4096, out)
    exact = theirs.cumulative_trapezoid(x.astype(float), dx=1 / 4096, initial=0)
    # the first step adds (x0 + x0) / 2: the state starts with the first sample twice
    exact += float(x[0]) / 4096
    np.testing.assert_allclose(out, exact, atol=2e-7)


def test_difference_undoes_the_sum():
    x = np.arange(-50, 50, dtype=np.float32) ** 2
    out = np.empty_like(x)
    integrate.Integrator(float(x[0])).difference_f32(x, 0.5, out)
    np.testing.assert_array_equal(out[1:], np.diff(x) * np.float32(0.5))
    assert out[0] == 0


@pytest.mark.parametrize("method", ["difference_f32", "trapezoid_f32"])
def test_chunks(method):
    x = vector_noise(3, 1000)
    whole = np.empty_like(x)
    getattr(integrate.Integrator(0.0), method)(x, 0.3, whole)
    state, out = integrate.Integrator(0.0), x.copy()
    for at in range(0, 1000, 7):
        getattr(state, method)(out[at : at + 7], 0.3, out[at : at + 7])
    np.testing.assert_array_equal(out, whole)


@pytest.mark.parametrize("n", [4, 6, 16, 96, 1024])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("lo_hz", [0.0, 100.0, 800.0])
def test_spectrum_against_its_formula(n, times, lo_hz):
    fs = 1600.0
    x = np.stack([vector_noise(n + i, n) for i in range(3)])
    packed = pack(x)
    f = np.arange(n // 2 + 1) * fs / n
    exact = unpack(packed)
    keep = (f >= lo_hz) & (f > 0)
    exact[:, keep] *= 9.80665 / (2j * np.pi * f[keep]) ** times
    exact[:, ~keep] = 0
    if times == 1:
        exact[:, -1] = 0  # its quadrature
    integrate.spectrum_f32(packed, fs, lo_hz, times, 9.80665)
    found = unpack(packed)
    error = np.abs(found - exact)
    assert (error <= 6e-7 * np.abs(exact)).all()


def test_sinusoids_become_their_integrals():
    """cos -> sin / w -> -cos / w^2, on bins, by spectrum and back."""
    fs, n = 8192.0, 1024
    t = np.arange(n) / fs
    for f in (8.0, 160.0, 2000.0):
        w = 2 * np.pi * f
        packed = pack(np.cos(w * t)[None].astype(np.float32))
        for times, exact in ((1, np.sin(w * t) / w), (2, -np.cos(w * t) / w**2)):
            spectrum = packed.copy()
            integrate.spectrum_f32(spectrum, fs, f / 2, times, 1.0)
            found = np.fft.irfft(unpack(spectrum)[0])
            assert np.abs(found - exact).max() <= 2e-6 * np.abs(exact).max()


def test_refusals():
    x = np.ones((1, 16), np.float32)
    before = x.copy()
    for wrong in (
        (0.0, 0.0, 1, 1.0),
        (np.nan, 0.0, 1, 1.0),
        (np.inf, 0.0, 1, 1.0),
        (100.0, -1.0, 1, 1.0),
        (100.0, 50.1, 1, 1.0),
        (100.0, np.nan, 1, 1.0),
        (100.0, 0.0, 0, 1.0),
        (100.0, 0.0, 3, 1.0),
        (100.0, 0.0, 1, np.inf),
    ):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            integrate.spectrum_f32(x, *wrong)
    np.testing.assert_array_equal(x, before)
    for n in (0, 2, 5):
        with pytest.raises(ValueError, match=r"LENGTH|length 0"):
            integrate.spectrum_f32(np.ones((1, n), np.float32), 100.0, 0.0, 1, 1.0)
    state, y = integrate.Integrator(0.0), np.ones(4, np.float32)
    with pytest.raises(ValueError, match="out has length 3, expected 4"):
        state.difference_f32(y, 1.0, y[:3])
    state.trapezoid_f32(y[:0], 1.0, y[:0])
