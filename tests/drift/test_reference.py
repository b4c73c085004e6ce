"""Bins and correlation times of the reference."""

from collections.abc import Callable

import numpy as np
import pytest

from ecmkit.drift import correlation_time, count_bins, reference_bins
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

TableOf = Callable[..., FeatureTable]
Ar1 = Callable[[np.random.Generator, float, int], np.ndarray]


def test_octiles_of_a_sample_without_ties(table_of: TableOf) -> None:
    x = np.random.default_rng(0).permutation(np.arange(800, dtype=np.float32))
    reference = reference_bins(table_of(x[:, None]))
    assert reference.edges.tolist() == [[99, 199, 299, 399, 499, 599, 699]]
    assert reference.probabilities.tolist() == [[0.125] * 8]
    assert reference.n == 800
    assert reference.names == ("f0",)


def test_finer_bins_add_up_to_coarse_ones(table_of: TableOf) -> None:
    x = np.random.default_rng(1).normal(size=(400, 2))
    fine, coarse = (reference_bins(table_of(x), bins=n) for n in (32, 8))
    assert fine.bins == 32
    assert fine.edges.shape == (2, 31)
    again = fine.coarsened(8)
    np.testing.assert_array_equal(again.edges, coarse.edges)
    np.testing.assert_allclose(again.probabilities, coarse.probabilities, atol=1e-7)
    assert fine.coarsened(32).hash == fine.hash
    with pytest.raises(ValueError, match="bins is 3, expected 2 or more that divide"):
        fine.coarsened(3)
    with pytest.raises(ValueError, match="bins is 12, expected 8, 16, 32 or 64"):
        reference_bins(table_of(x), bins=12)
    with pytest.raises(
        DataError, match="found 100 windows, expected at least 256 for 64"
    ):
        reference_bins(table_of(x[:100]), bins=64)


def test_shares_follow_the_counting_rule_on_ties(table_of: TableOf) -> None:
    x = np.repeat(np.float32([0, 1, 2]), [60, 30, 10])[:, None]
    reference = reference_bins(table_of(x))
    edges, shares = reference.edges[0], reference.probabilities[0]
    assert (np.diff(edges) >= 0).all()
    # The rule of the header, written as it reads there.
    low = np.concatenate([[-np.inf], edges])
    high = np.concatenate([edges, [np.inf]])
    direct = [np.mean((a < x) & (x <= b)) for a, b in zip(low, high, strict=True)]
    np.testing.assert_allclose(shares, direct, atol=1e-7)
    assert shares.sum() == pytest.approx(1.0)


def test_constant_feature_is_one_bin(table_of: TableOf) -> None:
    reference = reference_bins(table_of(np.full((40, 1), 3.0)))
    assert reference.probabilities.tolist() == [[1.0, 0, 0, 0, 0, 0, 0, 0]]


def test_refuses_short_and_non_finite_tables(table_of: TableOf) -> None:
    with pytest.raises(DataError, match="found 31 windows, expected at least 32 for 8"):
        reference_bins(table_of(np.zeros((31, 1))))
    x = np.zeros((40, 2))
    x[5, 1] = np.nan
    with pytest.raises(DataError, match="`f1` of window 5: found nan"):
        reference_bins(table_of(x))


def test_count_bins_takes_values_on_an_edge_below_it() -> None:
    edges = np.float32([0, 1])
    assert count_bins(np.float32([-1, 0, 0.5, 1, 2]), edges).tolist() == [2, 2, 1]
    assert count_bins(np.float32([]), edges).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("phi", "time"), [(0.0, 1.0), (0.5, 3.0), (0.9, 19.0)])
def test_correlation_time_of_ar1(phi: float, time: float, ar1: Ar1) -> None:
    # (1 + phi) / (1 - phi); ranks of a Gaussian lose a few per cent.
    rng = np.random.default_rng(2)
    found = [correlation_time(ar1(rng, phi, 4000)) for _ in range(10)]
    assert np.median(found) == pytest.approx(time, rel=0.2)
    assert min(found) >= 1.0


def test_recordings_that_differ_count_as_correlation() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat([f"r{i}" for i in range(10)], 40)
    x = rng.normal(size=400) + np.repeat(rng.normal(size=10) * 5, 40)
    assert 20 < correlation_time(x, groups=groups) <= 40
    assert correlation_time(rng.normal(size=400), groups=groups) < 2


def test_correlation_time_of_little() -> None:
    assert correlation_time(np.zeros(10)) == 1.0
    assert correlation_time(np.array([1.0, 2.0])) == 1.0
    with pytest.raises(ValueError, match="groups has shape"):
        correlation_time(np.zeros(3), groups=np.array(["a"]))


def test_hash_sees_the_content(table_of: TableOf) -> None:
    x = np.random.default_rng(4).normal(size=(64, 2))
    first, again = reference_bins(table_of(x)), reference_bins(table_of(x))
    assert first.hash == again.hash
    assert first.hash != reference_bins(table_of(x + 1)).hash
