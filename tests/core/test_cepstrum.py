"""Cepstra: the defining sums and signals with echoes as judges."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import cepstrum, fft
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "cepstrum.json").read_text()
)


def real(p):
    n = 2 * (p.shape[1] - 1)
    out, work = np.empty((len(p), n), np.float32), np.empty(n, np.float32)
    cepstrum.real_f32(fft.Plan(n // 2, True), p, work, out)
    return out


def peak(values, fs_hz, lo_s, hi_s):
    out = np.empty((len(values), 2), np.float32)
    cepstrum.peak_f32(np.float32(values), fs_hz, lo_s, hi_s, out)
    return out


def power(x):
    """One-sided power, unscaled."""
    p = 2 * np.abs(np.fft.rfft(x)) ** 2
    p[..., [0, -1]] /= 2
    return np.atleast_2d(p).astype(np.float32)


@pytest.mark.parametrize("n", [16, 48, 64])
def test_vectors(n):
    expected = [float.fromhex(v) for v in VECTORS[str(n)]]
    found = real((vector_noise(n, n // 2 + 1) ** 2)[None])
    np.testing.assert_allclose(found[0], expected, atol=2e-6)


@pytest.mark.parametrize("n", [64, 480, 1024, 4096])
def test_it_is_the_inverse_transform_of_the_log_spectrum(n):
    x = np.random.default_rng(n).standard_normal((3, n))
    p = power(x)
    found = real(p)
    two = p.astype(float)
    two[:, [0, -1]] *= 2
    expected = np.fft.irfft(np.log(two) / 2)
    np.testing.assert_allclose(found, expected, atol=3e-6)
    np.testing.assert_allclose(found[:, 1:], found[:, :0:-1], atol=3e-6)


def test_scale_is_all_in_the_first_value():
    p = power(np.random.default_rng(1).standard_normal(256))
    a, b = real(p), real(np.float32(100) * p)
    np.testing.assert_allclose(b[0, 0] - a[0, 0], np.log(10), rtol=1e-5)
    np.testing.assert_allclose(b[0, 1:], a[0, 1:], atol=2e-6)


def test_an_echo_is_a_peak_at_its_delay():
    """x[i] + a x[i - d] has the cepstrum a/2 at d (and -a^2/4 at 2 d)."""
    n, d, a = 4096, 137, 0.5
    x = np.random.default_rng(4).standard_normal(n)
    c = real(power(x + a * np.roll(x, d)))
    c -= real(power(x))
    assert c[0, d] == pytest.approx(a / 2, abs=1e-4)
    assert c[0, 2 * d] == pytest.approx(-(a**2) / 4, abs=1e-4)
    found = peak(c, 1000.0, 0.02, 1.0)
    assert found[0] == pytest.approx([d / 1000, a / 2], rel=1e-3)


def test_sidebands_show_at_their_spacing():
    """A gear of 20 teeth at 7.3 turns a second: its mesh with 15 sidebands each way."""
    fs, n, spacing = 1000.0, 4096, 7.3
    t = np.arange(n) / fs
    rng = np.random.default_rng(5)
    x = sum(np.cos(2 * np.pi * m * spacing * t + m) for m in range(5, 36))
    x = (x + 0.3 * rng.standard_normal(n)) * np.hanning(n)
    found = peak(real(power(x))[:, : n // 2 + 1], fs, 0.05, 0.3)
    assert found[0, 0] == pytest.approx(1 / spacing, rel=0.005)


def test_the_vertex_of_a_parabola():
    q = np.arange(40)
    c = np.float32(2 - 0.01 * (q - 17.3) ** 2)[None]
    assert peak(c, 10.0, 0.5, 3.0)[0] == pytest.approx([1.73, 2], rel=1e-5)
    # a slope: the value at the end of the range
    assert peak(c, 10.0, 0.5, 1.0)[0] == pytest.approx([1.0, c[0, 10]], rel=1e-6)
    assert peak(c, 10.0, 1.4, 1.4)[0] == pytest.approx([1.4, c[0, 14]], rel=1e-6)
    for lo, hi in ((1.45, 1.35), (5.0, 9.0), (1.0, -1.0), (1.0, np.nan)):
        assert not peak(c, 10.0, lo, hi).any()


def test_whitening():
    z = np.random.default_rng(6).standard_normal((3, 50)).astype(np.float32)
    z[1, 4:6] = 0
    out = np.empty_like(z)
    cepstrum.whiten_f32(z, out)
    found = out[:, ::2] + 1j * out[:, 1::2]
    expected = z[:, ::2] + 1j * z[:, 1::2]
    magnitude = np.abs(expected)
    magnitude[magnitude == 0] = 1
    np.testing.assert_allclose(found, expected / magnitude, rtol=3e-7)
    cepstrum.whiten_f32(z, z)
    np.testing.assert_array_equal(z, out)


def test_odd_values():
    p = np.zeros((3, 33), np.float32)
    p[1], p[2] = 1e-35, np.nan
    found = real(p)
    assert not found[:2].any()
    assert np.isnan(found[2]).all()
    p[1, 5] = 1  # all others at the floor: finite
    assert np.isfinite(real(p)[1]).all()
    assert np.isnan(peak(found, 1.0, 3.0, 9.0)[2]).all()
    z = np.float32([[np.nan, 1, np.inf, 0]])
    cepstrum.whiten_f32(z, z)
    assert np.isnan(z[0, :3]).all()


def test_refusals():
    c = np.zeros((1, 20), np.float32)
    for fs, lo in ((0, 1), (np.nan, 1), (-1, 1), (1, 0), (1, -1), (1, np.nan)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            peak(c, fs, lo, 5.0)
    with pytest.raises(ValueError, match="a row of power has length 20, expected 17"):
        cepstrum.real_f32(fft.Plan(16, True), c, np.empty(32, np.float32),
                          np.empty((1, 32), np.float32))  # fmt: skip
    with pytest.raises(ValueError, match="a row of bins has length 3, expected 2"):
        cepstrum.whiten_f32(*np.empty((2, 1, 3), np.float32))
