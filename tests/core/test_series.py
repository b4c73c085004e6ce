"""Turning points, Hjorth, correlations: float64 definitions as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from ecmkit._core import series
from tests.core.vectors import decoded, real_and_q15

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "series.json").read_text()
)


LENGTHS = [1, 2, 3, 4, 5, 17, 100, 1000, 2047]


def noise(n, seed=0):
    return np.random.default_rng([seed, n]).standard_normal(n).astype(np.float32)


def codes(n, seed=0, scale=5000, offset=0):
    x = offset + scale * np.random.default_rng([seed, n]).standard_normal(n)
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)


def hjorth(x):
    y = np.asarray(x, float)
    v = [y.var(), *(np.diff(y, k).var() if len(y) > k else 0.0 for k in (1, 2))]
    mobility = np.sqrt(v[1] / v[0]) if v[0] else 0.0
    second = np.sqrt(v[2] / v[1]) if v[1] else 0.0
    return {
        "activity": v[0],
        "mobility": mobility,
        "complexity": second / mobility if mobility else 0.0,
    }


def autocorrelation(x, lags, unbiased):
    d = np.asarray(x, float) - np.mean(x, dtype=float)
    n = len(d)
    r = np.array([d[: n - k] @ d[k:] for k in lags]) / (d @ d)
    return r * n / (n - np.asarray(lags)) if unbiased else r


@pytest.mark.parametrize("n", [2, 5, 64, 257])
def test_vectors(n):
    (x, k), (y, j) = real_and_q15(n), real_and_q15(n, n + 1)
    lags, out = np.uint32([0, 1]), np.empty(2, np.float32)
    expected = decoded(VECTORS[str(n)])
    found = series.hjorth_f32(x)
    series.autocorrelation_f32(x, lags, False, out)
    found |= {
        "turning_points": series.turning_points_f32(x),
        "autocorrelation": out.tolist(),
        "correlation": series.correlation_f32(x, y),
    }
    agree(found, expected["f32"], 3e-6)
    found = series.hjorth_q15(k)
    series.autocorrelation_q15(k, lags, False, out)
    found |= {
        "turning_points": series.turning_points_q15(k),
        "autocorrelation": out.tolist(),
        "correlation": series.correlation_q15(k, j),
    }
    agree(found, expected["q15"], 1e-6)


def agree(found, expected, tight):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=tight, abs=tight), name


@pytest.mark.parametrize("n", LENGTHS)
def test_turning_points(n):
    for x in (noise(n), np.round(noise(n)), np.arange(n)):
        y = np.asarray(x, float)
        a, b, c = y[:-2], y[1:-1], y[2:]
        expected = (((b > a) & (b > c)) | ((b < a) & (b < c))).sum() if n > 2 else 0
        assert series.turning_points_f32(x.astype(np.float32)) == expected
        assert series.turning_points_q15(
            x.astype(np.int16)
        ) == series.turning_points_f32(x.astype(np.int16).astype(np.float32))


def test_random_order_turns_at_two_of_three():
    """Bienaymé: (2 n - 4) / 3 on average, variance (16 n - 29) / 90."""
    n = 5000
    for seed in range(20):
        found = series.turning_points_f32(noise(n, seed))
        assert abs(found - (2 * n - 4) / 3) < 4.5 * np.sqrt((16 * n - 29) / 90)


@pytest.mark.parametrize("n", LENGTHS)
def test_hjorth_is_its_definition(n):
    for x in (noise(n), np.cumsum(noise(n)).astype(np.float32) / 8, noise(n) + 100):
        found = series.hjorth_f32(x)
        # differences of samples of 100 round at 8e-6
        tight = {"rel": 2e-5 if x.mean() > 50 else 3e-6, "abs": 1e-6}
        assert found == pytest.approx(hjorth(x), **tight)


@pytest.mark.parametrize("n", LENGTHS)
def test_q15_hjorth_is_exact_to_rounding(n):
    for x in (codes(n), codes(n, 1, 0.7, 20000), codes(n, 2, 1e6)):
        found = series.hjorth_q15(x)
        assert found == pytest.approx(hjorth(x / 32768), rel=5e-7, abs=1e-12)


def test_q15_hjorth_at_its_largest():
    x = np.tile(np.int16([-32768, 32767]), series.Q15_MAX_LEN // 2)
    assert series.hjorth_q15(x) == pytest.approx(hjorth(x / 32768), rel=5e-7)


def test_a_tone_has_its_frequency_as_mobility():
    """2 sin(w / 2) per sample, and complexity 1."""
    w = 2 * np.pi * 32 / 1024
    x = np.cos(w * np.arange(1024)).astype(np.float32)
    found = series.hjorth_f32(x)
    assert found["activity"] == pytest.approx(0.5, rel=1e-5)
    assert found["mobility"] == pytest.approx(2 * np.sin(w / 2), rel=1e-3)
    assert found["complexity"] == pytest.approx(1, rel=5e-3)


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("n", [4, 5, 17, 1000])
def test_autocorrelation_is_its_definition(n, unbiased):
    lags = np.array([0, 1, 2, n // 2, n - 1], np.uint32)
    out = np.empty(len(lags), np.float32)
    for x in (noise(n), np.cumsum(noise(n)).astype(np.float32), noise(n) + 10):
        series.autocorrelation_f32(x, lags, unbiased, out)
        expected = autocorrelation(x, lags, unbiased)
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    for x in (codes(n), codes(n, 3, 0.6, -30000), codes(n, 4, 1e6, 30000)):
        series.autocorrelation_q15(x, lags, unbiased, out)
        expected = autocorrelation(x, lags, unbiased) if x.any() else out
        np.testing.assert_allclose(out, expected, rtol=2e-6, atol=2e-6)


def test_the_lag_of_a_period_stands_out():
    x = np.tile(noise(50), 20)
    out = np.empty(2, np.float32)
    series.autocorrelation_f32(x, np.uint32([50, 25]), True, out)
    assert out[0] == pytest.approx(1, abs=0.02)
    assert abs(out[1]) < 0.5


@pytest.mark.parametrize("n", [2, 3, 16, 999])
def test_correlation_is_scipys(n):
    x, y = noise(n, 5), noise(n, 6)
    for b in (y, x + y, -x, np.float32(1e-3) * x + 5):
        b = b.astype(np.float32)
        expected = scipy.stats.pearsonr(x.astype(float), b.astype(float))[0]
        tight = 1e-3 if b.mean() > 4 else 3e-6
        assert series.correlation_f32(x, b) == pytest.approx(expected, abs=tight)
    a, b = codes(n, 7), codes(n, 8, 3, 30000)
    if b.std():
        expected = scipy.stats.pearsonr(a.astype(float), b.astype(float))[0]
        assert series.correlation_q15(a, b) == pytest.approx(expected, abs=3e-7)


def test_correlation_stays_within_one():
    for seed in range(200):
        x = noise(3, seed)
        assert -1 <= series.correlation_f32(x, x) <= 1
        assert series.correlation_f32(x, x) == pytest.approx(1, abs=3e-7)
        assert series.correlation_f32(x, -x) == pytest.approx(-1, abs=3e-7)


def test_magnitude():
    x, y, z = (noise(1000, seed) for seed in range(3))
    out = np.empty_like(x)
    series.magnitude_f32(x, y, z, out)
    expected = np.sqrt((x * x + y * y) + z * z)
    np.testing.assert_array_equal(out, expected)
    series.magnitude_f32(x, y, z, z)
    np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 100])
def test_constant_windows_have_nothing(n):
    x, k = np.full(n, 0.1, np.float32), np.full(n, -32768, np.int16)
    assert not any(series.hjorth_f32(x).values())
    assert not any(series.hjorth_q15(k).values())
    assert series.turning_points_f32(x) == series.turning_points_q15(k) == 0
    assert series.correlation_f32(x, x) == series.correlation_q15(k, k) == 0
    out = np.ones(1, np.float32)
    series.autocorrelation_f32(x, np.uint32([0]), False, out)
    assert out[0] == 0
    series.autocorrelation_q15(k, np.uint32([0]), True, out)
    assert out[0] == 0


def test_what_is_not_finite_does_no_harm():
    x = noise(50)
    x[7] = np.nan
    assert np.isnan(series.hjorth_f32(x)["activity"])
    out = np.empty(1, np.float32)
    series.autocorrelation_f32(x, np.uint32([1]), False, out)
    series.correlation_f32(x, x)
    assert series.turning_points_f32(x) <= 48


def test_refusals():
    x, k = noise(8), codes(8)
    out = np.full(1, 5, np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        series.autocorrelation_f32(x, np.uint32([8]), False, out)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        series.autocorrelation_q15(k, np.uint32([8]), False, out)
    assert out[0] == 5
    long = np.zeros(series.Q15_MAX_LEN + 1, np.int16)
    for call in (
        lambda: series.hjorth_q15(long),
        lambda: series.correlation_q15(long, long),
        lambda: series.autocorrelation_q15(long, np.uint32([0]), False, out),
    ):
        with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
            call()
    with pytest.raises(ValueError, match="y has length 3, expected 8"):
        series.correlation_f32(x, x[:3].copy())
    for wrong in (x.astype(float), x.astype(">f4"), x[::2]):
        with pytest.raises(ValueError):
            series.hjorth_f32(wrong)
