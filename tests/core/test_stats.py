"""Window statistics: SciPy and an independent float64 program as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from ecmkit._core import stats
from tests.core.vectors import vector_noise

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "stats.json").read_text())


@pytest.mark.parametrize("n", [2, 5, 64, 1000])
def test_vectors(n):
    """Mean and skewness may cancel, hence the absolute part."""
    found = stats.time_f32(vector_noise(n, n))
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
@pytest.mark.parametrize("value", [0.0, 0.1, -3e7, 1e-42, 3e38])
def test_constant_windows(n, value):
    x = np.full(n, value, np.float32)
    found = stats.time_f32(x)
    assert found.pop("mean") == found.pop("minimum") == found.pop("maximum") == x[0]
    assert found.pop("rms_about_zero") == abs(x[0])
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


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("at", [0, 5, 6])
def test_a_sum_that_is_not_finite_is_nan_everywhere(bad, at):
    x = np.full(7, 2e38 if bad == 3e38 else 1, np.float32)
    x[at] = bad
    assert all(np.isnan(v) for v in stats.time_f32(x).values())


def test_extremes_are_exact_where_deviations_round_to_the_same():
    """A large mean makes deviations of small samples equal, not their extremes."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        x = rng.choice([1e-3, 1.0, 1e6], 40) * rng.standard_normal(40)
        x = x.astype(np.float32)
        found = stats.time_f32(x)
        assert found["minimum"] == x.min()
        assert found["maximum"] == x.max()
        assert found["peak_to_peak"] == x.max() - x.min()


@pytest.mark.parametrize("shape", ["up", "down", "square", "one-sided", "clipped"])
def test_extremes_of_signals_that_sit_on_them(shape):
    n = 103
    t = np.arange(n)
    x = {
        "up": t,
        "down": -t,
        "square": np.where(t // 5 % 2, 1, -1),
        "one-sided": np.where(t % 20, 0.0, 7.0),
        "clipped": np.clip(3 * np.sin(t), -1, 2),
    }[shape].astype(np.float32)
    found = stats.time_f32(x)
    assert (found["minimum"], found["maximum"]) == (x.min(), x.max())
    d = x.astype(float) - x.astype(float).mean()
    assert found["peak"] == pytest.approx(np.abs(d).max(), rel=1e-6)
    assert found["mean_crossing_rate"] == np.float32(
        np.count_nonzero(np.diff(d >= 0)) / n
    )


def test_zero_counts_as_positive_whatever_its_sign():
    assert stats.time_f32(np.float32([-0.0, 0.0, 1, -0.0]))["zero_crossing_rate"] == 0
    x = np.float32([-1, -0.0, -1, 0.0, -1])
    assert stats.time_f32(x)["zero_crossing_rate"] == np.float32(4 / 5)
    x = np.float32([-1, 1, -0.0, 0.0, 1, -1])  # the mean is 0
    assert stats.time_f32(x)["mean_crossing_rate"] == np.float32(2 / 6)
    for value in stats.time_f32(np.float32([-0.0, -0.0])).values():
        assert not np.signbit(value)


def test_rms_about_zero_and_about_the_mean():
    x = np.random.default_rng(3).standard_normal(1000).astype(np.float32) + 5
    found = stats.time_f32(x)
    y = x.astype(float)
    assert found["rms_about_zero"] == pytest.approx(np.sqrt(np.mean(y**2)), rel=3e-7)
    assert found["variance"] == pytest.approx(y.var(), rel=2e-6)


def test_any_length_is_its_definition():
    for n in range(1, 40):
        x = vector_noise(n, n)
        y = x.astype(float)
        d = y - y.mean()
        found = stats.time_f32(x)
        assert found["mean_abs"] == pytest.approx(np.abs(d).mean(), rel=1e-5, abs=1e-7)
        root = np.sqrt(np.abs(d)).mean() ** 2
        assert found["root_amplitude"] == pytest.approx(root, rel=1e-5, abs=1e-7)
        assert found["variance"] == pytest.approx(y.var(), rel=1e-5, abs=1e-9)


def test_mean_crossings_of_an_alternating_signal():
    x = np.tile(np.float32([4, 2]), 50)
    assert stats.time_f32(x)["mean_crossing_rate"] == np.float32(99 / 100)
    assert stats.time_f32(x)["crest"] == 1.0


def test_remove_mean_is_in_place():
    x = vector_noise(9, 100)
    before = x.copy()
    mean = stats.remove_mean_f32(x)
    assert mean == stats.mean_f32(before)
    np.testing.assert_array_equal(x, before - np.float32(mean))
