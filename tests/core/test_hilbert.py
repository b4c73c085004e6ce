"""Analytic signal: SciPy in float64, identities."""

import numpy as np
import pytest
import scipy.signal

from ecmkit._core import fft, hilbert

LENGTHS = [n for n in range(16, 8193) if fft.is_length(n) and fft.is_length(n // 2)]


def analytic(x):
    n = len(x)
    work, out = np.empty((2, 2 * n), np.float32)
    plans = fft.Plan(n // 2, True), fft.Plan(n, False)
    hilbert.hilbert_f32(*plans, x, work, out)
    return out.view(np.complex64)


def error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize("n", LENGTHS)
def test_against_scipy_in_float64(n):
    for seed in range(3):
        x = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
        expected = scipy.signal.hilbert(x.astype(np.float64))
        assert error(analytic(x), expected) < 4e-7 * np.log2(n)


def test_the_envelope_of_a_tone_is_its_amplitude():
    x = (3 * np.cos(2 * np.pi * 100 * np.arange(1024) / 1024 + 1)).astype(np.float32)
    np.testing.assert_allclose(np.abs(analytic(x)), 3, rtol=2e-6)


def test_the_real_part_is_the_signal():
    x = np.random.default_rng(3).standard_normal(4096).astype(np.float32)
    assert error(analytic(x).real, x) < 4e-7 * 12


def test_what_is_refused():
    x, two = np.ones(16, np.float32), np.ones(32, np.float32)
    good = fft.Plan(8, True), fft.Plan(16, False)
    with pytest.raises(ValueError, match="ECM_ERR_NULL"):
        hilbert.hilbert_f32(fft.Plan(8, False), good[1], x, two, two.copy())
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        hilbert.hilbert_f32(fft.Plan(16, True), good[1], x, two, two.copy())
    with pytest.raises(ValueError, match="work has length 16, expected 32"):
        hilbert.hilbert_f32(*good, x, x.copy(), two)
