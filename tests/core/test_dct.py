"""Cosine transform: the defining sum, SciPy in float64, identities."""

import numpy as np
import pytest
import scipy.fft

from ecmkit._core import dct, fft

LENGTHS = [2 * n for n in range(8193) if fft.is_length(n)]


def twiddles(n):
    angle = np.pi * np.arange(n // 2) / (2 * n)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).ravel().astype(np.float32)


def transform(x):
    n = len(x)
    out, work = np.empty((2, n), np.float32)
    dct.dct_f32(fft.Plan(n // 2, True), twiddles(n), x, work, out)
    return out


def error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize("n", LENGTHS)
def test_against_scipy_in_float64(n):
    for seed in range(3):
        x = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
        expected = scipy.fft.dct(x.astype(np.float64))
        assert error(transform(x), expected) < 2e-7 * np.log2(n)


def test_the_definition():
    n = 48
    x = np.random.default_rng(1).standard_normal(n).astype(np.float32)
    k, i = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    expected = 2 * (np.cos(np.pi * k * (2 * i + 1) / (2 * n)) @ x.astype(np.float64))
    assert error(transform(x), expected) < 2e-7 * np.log2(n)


def test_a_constant_is_one_coefficient():
    found = transform(np.ones(1024, np.float32))
    assert found[0] == 2048
    assert np.abs(found[1:]).max() < 1e-4


def test_out_may_be_x():
    x = np.random.default_rng(2).standard_normal(640).astype(np.float32)
    expected = transform(x)
    dct.dct_f32(fft.Plan(320, True), twiddles(640), x, np.empty_like(x), x)
    np.testing.assert_array_equal(x, expected)


def test_what_is_refused():
    x = np.ones(16, np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_NULL"):
        dct.dct_f32(fft.Plan(8, False), twiddles(16), x, x.copy(), x.copy())
    with pytest.raises(ValueError, match="twiddle has length 32, expected 16"):
        dct.dct_f32(fft.Plan(8, True), twiddles(32), x, x.copy(), x.copy())
    with pytest.raises(ValueError, match="work has length 15, expected 16"):
        dct.dct_f32(fft.Plan(8, True), twiddles(16), x, x[:15].copy(), x.copy())
