"""Transforms: defining sums, NumPy in float64, identities."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import base, fft

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "fft.json").read_text())
LENGTHS = [2**p for p in range(2, 13)]


def noise(seed, n):
    x = np.empty(n, np.float32)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        x[i] = ((seed >> 8) - 0x800000) / 2**23
    return x


def rfft(x):
    """Bins 0 ... n/2 of the packed transform."""
    x = np.array(x, np.float32)
    fft.r2c_f32(x)
    bins = np.empty(len(x) // 2 + 1, np.complex64)
    bins[0], bins[-1] = x[0], x[1]
    bins[1:-1] = x[2:].view(np.complex64)
    return bins


def cfft(z, *, inverse=False):
    z = np.array(z, np.complex64)
    fft.c2c_f32(z.view(np.float32), inverse)
    return z


def error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def limit(n):
    """What the header promises."""
    return 2e-7 * np.log2(n)


@pytest.mark.parametrize("n", [4, 8, 64, 256])
def test_vectors(n):
    expected = [
        complex(float.fromhex(a), float.fromhex(b))
        for a, b in zip(VECTORS[str(n)]["re"], VECTORS[str(n)]["im"], strict=True)
    ]
    assert error(rfft(noise(n, n)), np.array(expected)) < limit(n)


@pytest.mark.parametrize("n", LENGTHS)
def test_real_against_numpy(n):
    for seed in range(5):
        x = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
        assert error(rfft(x), np.fft.rfft(x.astype(np.float64))) < limit(n)


@pytest.mark.parametrize("n", [2, *LENGTHS])
@pytest.mark.parametrize("inverse", [False, True])
def test_complex_against_numpy(n, inverse):
    rng = np.random.default_rng(n)
    z = (rng.standard_normal(n) + 1j * rng.standard_normal(n)).astype(np.complex64)
    exact = z.astype(np.complex128)
    expected = np.fft.ifft(exact) * n if inverse else np.fft.fft(exact)
    assert error(cfft(z, inverse=inverse), expected) < limit(n)


@pytest.mark.parametrize("n", LENGTHS)
def test_parseval(n):
    x = np.random.default_rng(1).standard_normal(n).astype(np.float32)
    power = np.abs(rfft(x).astype(np.complex128)) ** 2
    total = (power.sum() + power[1:-1].sum()) / n
    assert total == pytest.approx((x.astype(np.float64) ** 2).sum(), rel=limit(n))


@pytest.mark.parametrize("n", LENGTHS)
def test_inverse_undoes(n):
    rng = np.random.default_rng(2)
    z = (rng.standard_normal(n) + 1j * rng.standard_normal(n)).astype(np.complex64)
    assert error(cfft(cfft(z), inverse=True) / n, z) < 2 * limit(n)


def test_scaling_by_a_power_of_two_is_exact():
    x = np.random.default_rng(3).standard_normal(1024).astype(np.float32)
    np.testing.assert_array_equal(rfft(x * 2**-40), rfft(x) * np.float32(2**-40))


def test_a_constant_has_only_a_mean():
    found = rfft(np.full(4096, 0.1, np.float32))
    assert found[0] == pytest.approx(409.6, rel=1e-6)
    assert not found[1:].any()


@pytest.mark.parametrize("k", [1, 7, 511])
def test_a_tone_is_one_bin(k):
    x = np.cos(2 * np.pi * k * np.arange(1024) / 1024).astype(np.float32)
    found = np.abs(rfft(x))
    assert found[k] == pytest.approx(512, rel=1e-6)
    found[k] = 0
    assert found.max() < 1e-3


def test_lengths_that_are_refused():
    too_long = 2 * base.fft_max_len()
    for n in (0, 1, 2, 3, 6, 100, too_long):
        x = np.ones(n, np.float32)
        with pytest.raises(ValueError, match=r"ECM_ERR_LENGTH|ECM_ERR_NULL"):
            fft.r2c_f32(x)
        assert (x == 1).all()
    with pytest.raises(ValueError, match="expected an even one"):
        fft.c2c_f32(np.ones(5, np.float32), False)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        fft.c2c_f32(np.ones(2 * too_long, np.float32), False)
