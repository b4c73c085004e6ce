"""Order statistics: NumPy and SciPy in float64 as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from ecmkit._core import rank
from tests.core.vectors import decoded, real_and_q15

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rank.json").read_text())


SUBNORMAL = 2e-45  # where roundings are no longer relative
SHARES = np.float32([0, 0.01, 0.05, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.999, 1])


def work(n):
    return np.zeros(rank.work_len(n), np.int32)


def quantiles(x, q=SHARES):
    q = np.asarray(q)
    if x.dtype == np.int16:
        out = np.empty(len(q), np.int32)
        rank.quantiles_q15(x, q, work(len(x)), out)
    else:
        out = np.empty(len(q), np.float32)
        rank.quantiles_f32(x, q, work(len(x)), out)
    return out


def windows(seed=0):
    """Sizes and orders that selection could trip over."""
    rng = np.random.default_rng(seed)
    for n in [1, 2, 3, 4, 5, 7, 16, 100, 1000, 2049]:
        x = rng.standard_normal(n)
        yield from (x, np.sort(x), np.sort(x)[::-1], np.round(x), np.abs(x) * 1e-40)
        yield np.arange(n) % 3
        yield np.concatenate([np.sort(x[::2]), np.sort(x[1::2])[::-1]])
        yield np.full(n, 0.1)


@pytest.mark.parametrize("n", [2, 5, 64, 257])
def test_vectors(n):
    """Shares of eighths and their parts have exact positions."""
    x, k = real_and_q15(n)
    shares = np.float32([0, 0.125, 0.25, 0.5, 0.75, 0.96875, 1])
    expected = decoded(VECTORS[str(n)])
    eight = np.zeros(8, np.uint32)
    found = quantiles(x, shares)
    assert found == pytest.approx(expected["f32"]["quantiles"], rel=3e-7, abs=1e-7)
    assert rank.median_f32(x, work(n))[1] == pytest.approx(
        expected["f32"]["mad"], rel=3e-7
    )
    assert rank.entropy_f32(x, eight) == pytest.approx(
        expected["f32"]["entropy"], rel=1e-6
    )
    found = quantiles(k, (shares.astype(float) * 2**31).astype(np.uint32))
    assert found / 2**31 == pytest.approx(expected["q15"]["quantiles"], abs=2**-32)
    assert rank.median_q15(k, work(n))[1] / 2**31 == expected["q15"]["mad"]


def test_quantiles_are_numpys():
    """Linear interpolation; one rounding of the difference, one of the product."""
    for x in windows():
        x = x.astype(np.float32)
        expected = np.quantile(x.astype(float), SHARES.astype(float))
        scale = np.abs(expected).max()
        tight = 3e-7 * scale + SUBNORMAL
        np.testing.assert_allclose(quantiles(x), expected, rtol=4e-7, atol=tight)


def test_quantiles_at_samples_are_these_samples():
    x = np.random.default_rng(1).standard_normal(1025).astype(np.float32)
    q = (np.arange(1025) / 1024).astype(np.float32)
    np.testing.assert_array_equal(quantiles(x, q), np.sort(x))


def test_median_and_mad_are_scipys():
    for x in windows(2):
        x = x.astype(np.float32)
        median, mad = rank.median_f32(x, work(len(x)))
        y = x.astype(float)
        scale = np.abs(y).max()
        assert median == pytest.approx(np.median(y), rel=2e-7, abs=SUBNORMAL)
        expected = scipy.stats.median_abs_deviation(y)
        assert mad == pytest.approx(expected, rel=2e-7, abs=1e-7 * scale + SUBNORMAL)


def killer(n):
    """Values that make the middle of three a bad pivot each time (Musser 1997)."""
    x = np.empty(n)
    k = n // 2
    x[0:k:2] = np.arange(1, k + 1, 2)
    x[1:k:2] = k + np.arange(1, k, 2)
    x[k:] = 2 * np.arange(1, n - k + 1)
    return x


@pytest.mark.parametrize("n", [256, 4096, 20000])
def test_data_that_defeat_the_pivot(n):
    for x in (killer(n), killer(n)[::-1]):
        x = np.ascontiguousarray(x, np.float32)
        expected = np.quantile(x.astype(float), SHARES.astype(float))
        np.testing.assert_allclose(quantiles(x), expected, rtol=4e-7)


def test_zeros_infinities_and_nan():
    assert quantiles(np.float32([-0.0, -0.0, -0.0]), SHARES[:1]).tobytes() == bytes(4)
    x = np.float32([np.inf, 1, -np.inf, 2, 3])
    np.testing.assert_array_equal(
        quantiles(x, np.float32([0, 0.25, 0.5, 1])), [-np.inf, 1, 2, np.inf]
    )
    x[2] = np.nan
    found = quantiles(x, np.float32([0, 0.25, 0.5, 1]))
    np.testing.assert_array_equal(found, [1, 2, 3, np.nan])


def test_q15_quantiles_are_exact():
    rng = np.random.default_rng(3)
    shares = [0, 1, 2**29, 2**30, 3 * 2**29, 2**31, *rng.integers(0, 2**31, 20)]
    q = np.array(shares, np.uint32)
    for n in [1, 2, 3, 10, 999, 1024]:
        for x in (
            rng.integers(-32768, 32768, n, np.int16),
            rng.integers(-2, 3, n, np.int16),
            np.where(np.arange(n) % 2, 32767, -32768).astype(np.int16),
        ):
            ordered = [int(v) for v in np.sort(x)]
            found = quantiles(x, q)
            for share, value in zip(q, found, strict=True):
                whole, part = divmod(int(share) * (n - 1), 2**31)
                a = ordered[whole]
                b = ordered[min(whole + 1, n - 1)]
                exact = a * 2**16 + (b - a) * part / 2**15
                assert value == int(np.floor(exact + 0.5))


def test_q15_median_and_mad_are_exact():
    rng = np.random.default_rng(4)
    for n in [1, 2, 3, 4, 10, 999, 1024]:
        for x in (
            rng.integers(-32768, 32768, n, np.int16),
            rng.integers(-3, 3, n, np.int16),
            np.where(np.arange(n) % 2, 32767, -32768).astype(np.int16),
        ):
            median, mad = rank.median_q15(x, work(n))
            assert median / 2**16 == np.median(x.astype(float))
            assert mad / 2**16 == scipy.stats.median_abs_deviation(x.astype(float))


def test_histograms_are_numpys():
    """Samples within rounding of an edge may fall on its other side."""
    x = np.random.default_rng(5).standard_normal(5000).astype(np.float32)
    for bins, lo, hi in [(1, -1, 1), (10, -2, 2), (64, -3, 0.5), (7, 0, 5)]:
        count = np.zeros(bins, np.uint32)
        rank.histogram_f32(x, lo, hi, count)
        expected, edges = np.histogram(x.astype(float), bins, (lo, hi))
        near = (np.abs(x[:, None] - edges) < 1e-5).sum()
        assert np.abs(count - expected.astype(float)).sum() <= 2 * near
        inside = (x >= np.float32(lo)) & (x <= np.float32(hi))
        assert count.sum() == inside.sum()


def test_histogram_ends():
    count = np.zeros(4, np.uint32)
    x = np.float32([0, 1, 2, 3, 4, 4.1, -0.1, np.nan, np.inf, -np.inf])
    rank.histogram_f32(x, 0, 4, count)
    assert count.tolist() == [1, 1, 1, 2]
    rank.histogram_f32(np.float32([-3e38, 0, 1e38]), -1e38, 1e38, count)
    assert count.tolist() == [0, 0, 1, 1]
    rank.histogram_f32(np.float32([0, 1e-45, 2e-45]), 0, 3e-45, count)
    assert count.sum() == 3


def test_q15_histogram_is_exact():
    x = np.arange(-32768, 32768, dtype=np.int16)
    for bins in (1, 3, 16, 255, 1000, 65535):
        count = np.zeros(bins, np.uint32)
        rank.histogram_q15(x, -32768, 32767, count)
        expected = np.bincount(np.arange(65536) * bins // 65536, minlength=bins)
        np.testing.assert_array_equal(count, expected)
    count = np.zeros(2, np.uint32)
    rank.histogram_q15(np.int16([-5, 0, 1, 2, 3, 4]), 0, 3, count)
    assert count.tolist() == [2, 2]


@pytest.mark.parametrize("bins", [2, 10, 64])
def test_entropy_is_scipys(bins):
    rng = np.random.default_rng(6)
    for x in (rng.standard_normal(2000), rng.random(2000), rng.standard_t(2, 2000)):
        x = np.round(x * 256) / 256  # in the middle between edges, or on both sides
        count, _ = np.histogram(x, bins)
        expected = scipy.stats.entropy(count) / np.log(bins)
        found = rank.entropy_f32(x.astype(np.float32), np.zeros(bins, np.uint32))
        assert found == pytest.approx(expected, rel=2e-4)
        y = np.clip(x * 256, -32768, 32767).astype(np.int16)
        found = rank.entropy_q15(y, np.zeros(bins, np.uint32))
        width = int(y.max()) - int(y.min()) + 1
        count = np.bincount((y.astype(int) - y.min()) * bins // width, minlength=bins)
        expected = scipy.stats.entropy(count) / np.log(bins)
        assert found == pytest.approx(expected, rel=1e-6)


def test_entropy_at_its_ends():
    four = np.zeros(4, np.uint32)
    assert rank.entropy_f32(np.full(9, 0.1, np.float32), four) == 0
    assert rank.entropy_f32(np.empty(0, np.float32), four) == 0
    assert rank.entropy_f32(np.arange(400, dtype=np.float32), four) == 1
    assert rank.entropy_q15(np.full(9, 7, np.int16), four) == 0
    assert rank.entropy_q15(np.arange(400, dtype=np.int16), four) == 1
    x = np.float32([0, 0, 0, 1])
    expected = scipy.stats.entropy([3, 1]) / np.log(4)
    assert rank.entropy_f32(x, four) == pytest.approx(expected, rel=3e-7)


def test_empty_windows():
    for kind in (np.float32, np.int16):
        empty = np.empty(0, kind)
        q = SHARES if kind is np.float32 else np.uint32([0, 5])
        assert not quantiles(empty, q).any()
    assert rank.median_f32(np.empty(0, np.float32), work(0)) == (0, 0)
    assert rank.median_q15(np.empty(0, np.int16), work(0)) == (0, 0)


def test_inputs_stay():
    x = np.random.default_rng(7).standard_normal(99).astype(np.float32)
    before = x.copy()
    x.flags.writeable = False
    quantiles(x)
    rank.median_f32(x, work(99))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("q", [-0.1, 1.1, np.nan])
def test_shares_that_are_refused(q):
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        quantiles(np.ones(4, np.float32), np.float32([q]))


def test_refusals():
    x = np.ones(4, np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        quantiles(np.ones(4, np.int16), np.uint32([2**31 + 1]))
    for lo, hi in [(1, 1), (2, 1), (np.nan, 1), (0, np.inf), (-3e38, 3e38)]:
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            rank.histogram_f32(x, lo, hi, np.zeros(4, np.uint32))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        rank.histogram_q15(np.ones(4, np.int16), 1, 0, np.zeros(4, np.uint32))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        rank.entropy_f32(x, np.zeros(1, np.uint32))
    with pytest.raises(ValueError, match="work has length 3, expected 4"):
        rank.median_f32(x, work(3))
    with pytest.raises(ValueError, match="out has length 1, expected 10"):
        rank.quantiles_f32(x, SHARES, work(4), np.empty(1, np.float32))
    for wrong in (x.astype(float), x.astype(">f4"), x[::2]):
        with pytest.raises(ValueError):
            rank.median_f32(wrong, work(len(wrong)))
