"""Counters and distances against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecmkit._core.dist import BINS, COUNT_MAX, EDGES, Dist

FLOATS = st.floats(-10, 10, width=32)
INF = st.sampled_from([np.inf, -np.inf])


@given(
    edges=hnp.arrays(np.float32, EDGES, elements=FLOATS).map(np.sort),
    x=hnp.arrays(np.float32, st.integers(0, 200), elements=FLOATS | INF),
    share=hnp.arrays(np.float64, BINS, elements=st.floats(0.01, 1)),
)
def test_counts_and_ks(edges: np.ndarray, x: np.ndarray, share: np.ndarray) -> None:
    reference = (share / share.sum()).astype(np.float32)
    dist = Dist(edges)
    assert dist.update_many_f32(x) == len(x)
    expected = np.bincount(np.searchsorted(edges, x, side="left"), minlength=BINS)
    assert dist.counts.tolist() == expected.tolist()
    ks, n = dist.ks_f32(reference)
    assert n == len(x)
    if n == 0:
        assert ks == 0
        return
    exact = np.cumsum(expected) / n - np.cumsum(reference, dtype=float)
    assert ks == pytest.approx(np.abs(exact[:-1]).max(), abs=8 * 2.0**-24)


def test_ks_is_that_of_scipy_on_the_edges() -> None:
    from scipy.stats import kstest, norm

    edges = norm.ppf(np.arange(1, BINS) / BINS).astype(np.float32)
    even = np.full(BINS, 1 / BINS, np.float32)
    x = np.random.default_rng(0).normal(0.7, size=2000).astype(np.float32)
    dist = Dist(edges)
    dist.update_many_f32(x)
    ks, _ = dist.ks_f32(even)
    full = kstest(x, norm.cdf).statistic
    assert 0.9 * full < ks <= full + 1e-6  # the edges see nearly all of it


def test_a_full_counter_keeps_the_shares() -> None:
    dist = Dist(np.arange(EDGES, dtype=np.float32))
    counts = np.array([1, 2, COUNT_MAX - 1, 0, 0, 0, 0, 7], np.uint16)
    dist.counts = counts
    x = np.array([1.5, 9.0, 1.5], np.float32)
    assert dist.update_many_f32(x) == 1
    counts[2] += 1
    assert dist.counts.tolist() == counts.tolist()
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        dist.update_f32(9.0)


def test_bad_input_is_refused() -> None:
    dist = Dist(np.zeros(EDGES, np.float32))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        dist.update_many_f32(np.array([1.0, np.nan], np.float32))
    assert dist.counts.sum() == 1
    with pytest.raises(ValueError, match="edges"):
        Dist(np.zeros(BINS, np.float32))
    with pytest.raises(ValueError, match="reference"):
        dist.ks_f32(np.zeros(EDGES, np.float32))
    with pytest.raises(ValueError, match="4096"):
        dist.counts = np.full(BINS, COUNT_MAX + 1, np.uint16)
