"""Window statistics: SciPy and an independent float64 program as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from ecmkit._core import stats

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "stats.json").read_text())


def noise(seed, n):
    x = np.empty(n, np.float32)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        x[i] = ((seed >> 8) - 0x800000) / 2**23
    return x


@pytest.mark.parametrize("n", [2, 5, 64, 1000])
def test_vectors(n):
    """Mean and skewness may cancel, hence the absolute part."""
    found = stats.time_f32(noise(n, n))
    expected = {name: float.fromhex(v) for name, v in VECTORS[str(n)].items()}
    assert found == pytest.approx(expected, rel=2e-6, abs=3e-7)


@pytest.mark.parametrize("offset", [0.0, 10.0])
def test_against_scipy(offset):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = (rng.standard_t(5, 2048) + offset).astype(np.float32)
        y = x.astype(np.float64)
        found = stats.time_f32(x)
        # The mean is rounded at the offset's size; skewness moves by 3 of it.
        tight = {"rel": 2e-6, "abs": 2e-6 + 6e-7 * offset}
        assert found["mean"] == pytest.approx(y.mean(), **tight)
        assert found["rms"] == pytest.approx(y.std(), **tight)
        assert found["skewness"] == pytest.approx(scipy.stats.skew(y), **tight)
        kurtosis = scipy.stats.kurtosis(y, fisher=False)
        assert found["kurtosis"] == pytest.approx(kurtosis, rel=5e-6 + 1e-6 * offset)
        assert found["peak"] == pytest.approx(np.abs(y - y.mean()).max(), **tight)


def test_a_large_offset_costs_no_moments():
    """Two passes: 1 g of gravity under 1 mg of vibration."""
    rng = np.random.default_rng(1)
    x = (1.0 + 1e-3 * rng.standard_normal(4096)).astype(np.float32)
    found = stats.time_f32(x)
    assert found["rms"] == pytest.approx(x.astype(float).std(), rel=1e-4)
    kurtosis = scipy.stats.kurtosis(x.astype(float), fisher=False)
    assert found["kurtosis"] == pytest.approx(kurtosis, rel=1e-3)


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
@pytest.mark.parametrize("value", [0.0, 0.1, -3e7, 1e-42])
def test_constant_windows(n, value):
    x = np.full(n, value, np.float32)
    found = stats.time_f32(x)
    assert found.pop("mean") == x[0]
    assert not any(found.values())
    stats.remove_mean_f32(x)
    assert not x.any()


def test_an_empty_window_is_zeros():
    empty = np.empty(0, np.float32)
    assert not any(stats.time_f32(empty).values())
    assert stats.mean_f32(empty) == stats.remove_mean_f32(empty) == 0.0


def test_tiny_signals_divide_by_nothing():
    """Squares that underflow leave ratios at 0, not NaN."""
    x = np.float32([1e-30, -1e-30, 1e-30, -1e-30])
    assert all(np.isfinite(v) for v in stats.time_f32(x).values())


def test_mean_crossings_of_an_alternating_signal():
    x = np.tile(np.float32([4, 2]), 50)
    assert stats.time_f32(x)["mean_crossing_rate"] == np.float32(99 / 100)
    assert stats.time_f32(x)["crest"] == 1.0


def test_remove_mean_is_in_place():
    x = noise(9, 100)
    before = x.copy()
    mean = stats.remove_mean_f32(x)
    assert mean == stats.mean_f32(before)
    np.testing.assert_array_equal(x, before - np.float32(mean))
