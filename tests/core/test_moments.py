"""Moments of streams: float64 definitions and SciPy as judges."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from ecmkit._core import moments
from tests.core.vectors import decoded, real_and_q15

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "moments.json").read_text()
)


def expected(x, weights=None):
    """Moments by their definitions in float64, of weighted samples."""
    y = np.asarray(x, float)
    w = np.ones(len(y)) if weights is None else weights
    w = w / w.sum()
    mean = (w * y).sum()
    c2, c3, c4 = ((w * (y - mean) ** p).sum() for p in (2, 3, 4))
    return {
        "mean": mean,
        "variance": c2,
        "rms": np.sqrt(c2),
        "rms_about_zero": np.sqrt((w * y * y).sum()),
        "skewness": c3 / c2**1.5,
        "kurtosis": c4 / c2**2,
    }


def samples(kind, n=5000, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "normal": rng.standard_normal(n),
        "skewed": rng.standard_exponential(n),
        "offset": 9.81 + 1e-2 * rng.standard_normal(n),
        "impulsive": rng.standard_t(4, n),
    }[kind].astype(np.float32)


def plain(x):
    state = moments.Moments()
    state.update_f32(x)
    return state


def q15(x):
    state = moments.MomentsQ15()
    state.update(x)
    return state


KINDS = ["normal", "skewed", "offset", "impulsive"]


@pytest.mark.parametrize("n", [2, 5, 64, 257])
def test_vectors(n):
    x, k = real_and_q15(n)
    weighted = moments.WeightedMoments(0.0625)
    weighted.update_f32(x)
    found = {
        "plain": plain(x).result(),
        "q15": q15(k).result(),
        "weighted": weighted.result(),
    }
    for name, expected in decoded(VECTORS[str(n)]).items():
        tight = 2e-6 if name == "weighted" else 5e-7
        assert found[name] == pytest.approx(expected, rel=tight, abs=tight), name


@pytest.mark.parametrize("kind", KINDS)
def test_plain_moments_are_scipys(kind):
    """Compensated sums: a few units in the last place of each power sum."""
    x = samples(kind)
    state = plain(x)
    found = state.result()
    y = x.astype(float)
    assert found == pytest.approx(expected(x), rel=1e-6, abs=5e-7)
    assert found["kurtosis"] == pytest.approx(
        scipy.stats.kurtosis(y, fisher=False), rel=1e-6
    )
    assert (state.n, state.minimum, state.maximum) == (len(x), x.min(), x.max())


def test_a_million_samples_on_a_large_mean_cost_nothing():
    """Without compensation the mean would stand still long before."""
    rng = np.random.default_rng(1)
    x = (1000 + 0.1 * rng.standard_exponential(1_000_000)).astype(np.float32)
    assert plain(x).result() == pytest.approx(expected(x), rel=2e-6)


@pytest.mark.parametrize("make", [plain, q15])
def test_any_split_gives_the_same_bits(make):
    rng = np.random.default_rng(2)
    x = (
        rng.integers(-32768, 32768, 500, np.int16)
        if make is q15
        else samples("skewed", 500)
    )
    whole = make(x).to_bytes()
    for cuts in ([1], [250], [0, 3, 499], sorted(rng.integers(0, 500, 20))):
        state = type(make(x))()
        for part in np.split(x, cuts):
            state.update(part) if make is q15 else state.update_f32(part)
        assert state.to_bytes() == whole


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [2, 7, 100])
def test_merged_parts_are_the_whole(kind, parts):
    x = samples(kind)
    state = moments.Moments()
    for part in np.array_split(x, parts):
        state.merge(plain(part))
    assert state.n == len(x)
    assert state.result() == pytest.approx(expected(x), rel=2e-6, abs=1e-6)
    assert (state.minimum, state.maximum) == (x.min(), x.max())


def test_merging_with_nothing_changes_nothing():
    state = plain(samples("normal"))
    before = state.to_bytes()
    state.merge(moments.Moments())
    assert state.to_bytes() == before
    empty = moments.Moments()
    empty.merge(state)
    assert empty.to_bytes() == before


def exact(x):
    """Moments of integers over 2^15 in rational arithmetic, rounded at the end."""
    values = [Fraction(int(v), 2**15) for v in x]
    n = len(values)
    mean = sum(values) / n
    c2, c3, c4 = (sum((v - mean) ** p for v in values) / n for p in (2, 3, 4))
    return {
        "mean": float(mean),
        "variance": float(c2),
        "rms": float(c2) ** 0.5,
        "rms_about_zero": float(sum(v * v for v in values) / n) ** 0.5,
        "skewness": float(c3) / float(c2) ** 1.5 if c2 else 0.0,
        "kurtosis": float(c4 / c2**2) if c2 else 0.0,
    }


@pytest.mark.parametrize(
    ("offset", "scale"),
    [(0, 9000), (0, 1e6), (30000, 0.4), (-32000, 2), (12345, 100), (-1, 0.5), (5, 0)],
)
def test_q15_moments_are_exact(offset, scale):
    """Rational arithmetic as judge; a vibration of one code on a large offset too."""
    rng = np.random.default_rng(3)
    x = np.clip(np.round(offset + scale * rng.standard_exponential(301)), -32768, 32767)
    x = x.astype(np.int16)
    assert q15(x).result() == pytest.approx(exact(x), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("value", [-32768, -1, 0, 32767])
def test_constant_streams(value):
    x = np.full(1000, value, np.int16)
    for found in (q15(x).result(), plain((x / 32768).astype(np.float32)).result()):
        assert found.pop("mean") == value / 32768
        assert found.pop("rms_about_zero") == abs(value) / 32768
        assert not any(found.values())


def test_q15_at_its_largest():
    """Full-scale square wave: the largest powers there are, many of them."""
    state = q15(np.tile(np.int16([-32768, 32767]), 2000))
    for _ in range(18):
        state.merge(moments.MomentsQ15.from_bytes(state.to_bytes()))
    assert state.n == 4000 * 2**18
    found = state.result()
    assert found["mean"] == -(2.0**-16)
    assert found["rms"] == pytest.approx(1 - 2**-16, rel=2e-7)
    assert found["kurtosis"] == pytest.approx(1, rel=3e-7)
    assert found["skewness"] == pytest.approx(0, abs=1e-6)
    state.merge(state)
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        state.merge(state)


def test_q15_merges_exactly_in_any_order():
    x = np.random.default_rng(4).integers(-32768, 32768, 999, np.int16)
    parts = [q15(part) for part in np.array_split(x, 10)]
    for order in (range(10), range(9, -1, -1), [3, 1, 4, 5, 9, 2, 6, 0, 7, 8]):
        state = moments.MomentsQ15()
        for i in order:
            state.merge(parts[i])
        assert state.to_bytes() == q15(x).to_bytes()


@pytest.mark.parametrize("weight", [1.0, 0.5, 0.1, 0.003, 1e-6])
@pytest.mark.parametrize("kind", KINDS)
def test_weighted_moments_are_those_of_weighted_samples(weight, kind):
    """Replay the weights that each sample ends with, in float64."""
    x = samples(kind, 3000)
    state = moments.WeightedMoments(weight)
    state.update_f32(x)
    weights = np.zeros(len(x))
    for i in range(len(x)):
        a = max(float(np.float32(weight)), 1 / (i + 1))
        weights *= 1 - a
        weights[i] = a
    found = state.result()
    if weight == 1.0:
        assert found["mean"] == pytest.approx(x[-1], abs=1e-6)
        assert found["variance"] == found["kurtosis"] == 0
        return
    # a mean of 10 with deviations of 0.01: the recursion rounds at the mean's size
    tight = 2e-3 if kind == "offset" else 5e-5
    assert found == pytest.approx(expected(x, weights), rel=tight, abs=tight)


def test_weighted_moments_forget():
    state = moments.WeightedMoments(0.01)
    rng = np.random.default_rng(6)
    state.update_f32(rng.standard_normal(5000).astype(np.float32))
    state.update_f32((50 + 3 * rng.standard_normal(5000)).astype(np.float32))
    assert state.result()["mean"] == pytest.approx(50, abs=1)
    assert state.result()["rms"] == pytest.approx(3, rel=0.25)


def test_weighted_moments_keep_their_bits_in_any_split():
    x = samples("impulsive", 300)
    whole = moments.WeightedMoments(0.02)
    whole.update_f32(x)
    state = moments.WeightedMoments(0.02)
    for part in np.split(x, [1, 2, 100]):
        state.update_f32(part)
        state = moments.WeightedMoments.from_bytes(state.to_bytes(), weight=0.02)
    assert state.to_bytes() == whole.to_bytes()


def test_before_the_first_sample():
    for state in (
        moments.Moments(),
        moments.MomentsQ15(),
        moments.WeightedMoments(0.1),
    ):
        assert not any(state.result().values())
        assert state.n == 0


def test_what_is_not_finite_stays():
    state = plain(np.float32([1, np.nan, 2]))
    assert np.isnan(state.result()["mean"])
    state.update_f32(np.ones(10, np.float32))
    assert np.isnan(state.result()["variance"])


def test_states_travel():
    state = plain(samples("normal", 50))
    copy = moments.Moments.from_bytes(state.to_bytes())
    copy.update_f32(np.ones(3, np.float32))
    state.update_f32(np.ones(3, np.float32))
    assert copy.to_bytes() == state.to_bytes()
    assert len(state.to_bytes()) == 44
    for cls in (moments.Moments, moments.MomentsQ15):
        with pytest.raises(ValueError, match="state has 3 bytes, expected"):
            cls.from_bytes(b"abc")


@pytest.mark.parametrize("weight", [0.0, -0.1, 1.01, np.nan])
def test_weights_that_are_refused(weight):
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        moments.WeightedMoments(weight)


def test_arrays_that_are_refused():
    x = np.zeros(8, np.float32)
    for wrong in (x.astype(float), x.astype(">f4"), x[::2], x.reshape(2, 4)):
        with pytest.raises(ValueError):
            moments.Moments().update_f32(wrong)
    with pytest.raises(ValueError):
        moments.MomentsQ15().update(x)
