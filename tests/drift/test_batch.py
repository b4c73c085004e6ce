"""Batch tests against SciPy, and their error rates over many seeds."""

from collections.abc import Callable

import numpy as np
import pytest

from ecmkit.drift import (
    Reference,
    adjust,
    chi2,
    compare,
    count_bins,
    ks,
    psi,
    reference_bins,
    wasserstein,
)
from ecmkit.drift.batch import chi2_tail
from ecmkit.features.table import FeatureTable

stats = pytest.importorskip("scipy.stats")
Sampler = Callable[[np.random.Generator, int], np.ndarray]
TableOf = Callable[..., FeatureTable]
Ar1 = Callable[[np.random.Generator, float, int], np.ndarray]


def test_chi2_is_scipys_contingency_test() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = rng.integers(0, 40, 8), rng.integers(0, 90, 8)
        a[0] = b[0] = 0
        used = a + b > 0
        wanted = stats.chi2_contingency(np.stack([a, b])[:, used], correction=False)
        np.testing.assert_allclose(chi2(a, b), wanted[:2], rtol=1e-9)


@pytest.mark.parametrize("freedom", range(1, 16))
def test_chi2_tail_is_scipys(freedom: int) -> None:
    x = np.concatenate([[0.0], np.geomspace(1e-6, 500, 60)])
    tail = [chi2_tail(value, freedom) for value in x]
    np.testing.assert_allclose(tail, stats.chi2.sf(x, freedom), rtol=1e-10)


@pytest.mark.parametrize("freedom", [1490, 1799, 4000])
def test_chi2_tail_of_thousands_of_bins(freedom: int) -> None:
    """Where exp(-x/2) alone is 0, and all were found to have drifted."""
    x = np.linspace(0.8, 1.3, 20) * freedom
    tail = [chi2_tail(value, freedom) for value in x]
    np.testing.assert_allclose(tail, stats.chi2.sf(x, freedom), rtol=1e-9)


def test_one_bin_is_no_evidence() -> None:
    assert chi2([10, 0], [5, 0]) == (0.0, 1.0)


def test_adjust_is_scipys() -> None:
    p = np.random.default_rng(1).random(40) ** 3
    np.testing.assert_allclose(adjust(p), stats.false_discovery_control(p))
    assert adjust([]).size == 0


def test_distances_of_whole_samples() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 8, 300), rng.integers(0, 8, 200) // 2
    first, second = np.bincount(a, minlength=8), np.bincount(b, minlength=8)
    assert ks(first, second) == pytest.approx(stats.ks_2samp(a, b).statistic)
    assert wasserstein(first, second) == pytest.approx(stats.wasserstein_distance(a, b))


def test_psi_is_the_symmetric_entropy() -> None:
    first, second = np.array([30, 20, 10]), np.array([5, 10, 20])
    p, q = (first + 0.5) / 61.5, (second + 0.5) / 36.5
    assert psi(first, second) == pytest.approx(
        stats.entropy(p, q) + stats.entropy(q, p)
    )
    assert psi(first, first * 1) == 0.0


def false_alarms(
    table_of: TableOf,
    sample: Sampler,
    n_reference: int,
    n_current: int,
    repeats: int,
    seed: int,
) -> dict[str, float]:
    """Share of no-change comparisons of one feature that each test calls drift."""
    rng = np.random.default_rng(seed)
    found = {"p": 0, "ks_p": 0, "drifted": 0}
    for i in range(repeats):
        reference = reference_bins(table_of(sample(rng, n_reference)[:, None]))
        current = sample(rng, n_current).astype(np.float32)
        counts = count_bins(current, reference.edges[0])[None, :]
        (row,) = compare(counts, reference, alpha=0.05, draws=300, seed=i)
        found["p"] += row.p < 0.05
        found["ks_p"] += row.ks_p < 0.05
        found["drifted"] += row.drifted
    return {name: count / repeats for name, count in found.items()}


SAMPLERS: dict[str, Sampler] = {
    "gaussian": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "tied": lambda rng, n: np.round(rng.normal(size=n) * 2) / 2,
    "few values": lambda rng, n: rng.integers(0, 4, n).astype(float),
}


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("sizes", [(300, 300), (1000, 100)])
def test_false_alarm_rate_is_the_nominal_one(
    sampler: str, sizes: tuple[int, int], table_of: TableOf
) -> None:
    rates = false_alarms(table_of, SAMPLERS[sampler], *sizes, repeats=600, seed=7)
    # 0.05 times [0.5, 1.5], and two standard errors of 600 repetitions on top.
    assert 0.025 - 0.012 <= rates["p"] <= 0.075, rates
    assert rates["ks_p"] <= 0.075, rates
    assert rates["drifted"] <= 0.075, rates


@pytest.mark.parametrize("phi", [0.5, 0.9])
def test_correlated_windows_do_not_alarm_more(
    phi: float, table_of: TableOf, ar1: Ar1
) -> None:
    rates = false_alarms(
        table_of, lambda rng, n: ar1(rng, phi, n), 1500, 600, 150, seed=8
    )
    assert rates["p"] <= 0.1, rates  # without the correction 0.3 and more
    assert rates["drifted"] <= 0.1, rates


@pytest.fixture
def reference(table_of: TableOf) -> Reference:
    return reference_bins(table_of(np.random.default_rng(0).normal(size=(500, 2))))


def counts_of(x: np.ndarray, reference: Reference) -> np.ndarray:
    rows = x.astype(np.float32).T
    return np.stack(
        [count_bins(r, e) for r, e in zip(rows, reference.edges, strict=True)]
    )


def test_finds_shift_and_spread_and_only_there(reference: Reference) -> None:
    rng = np.random.default_rng(1)
    shifted = rng.normal(size=(200, 2)) + np.array([0.8, 0.0])
    a, b = compare(counts_of(shifted, reference), reference)
    assert a.drifted
    assert not b.drifted
    assert a.psi > a.psi_limit > 0
    assert a.p <= a.p_adjusted < 0.01
    spread = rng.normal(size=(300, 2)) * np.array([1.0, 2.0])
    a, b = compare(counts_of(spread, reference), reference)
    assert b.drifted
    assert not a.drifted


def test_correlation_lowers_the_evidence(reference: Reference) -> None:
    base = reference
    slow = Reference(
        names=base.names,
        edges=base.edges,
        probabilities=base.probabilities,
        n=base.n,
        correlation=np.float32([1.0, 20.0]),
    )
    counts = counts_of(np.random.default_rng(1).normal(size=(200, 2)) + 0.5, base)
    fast_row, slow_row = compare(counts, slow)
    assert fast_row.drifted
    assert not slow_row.drifted
    assert slow_row.n_effective == pytest.approx(10.0)
    assert all(row.drifted for row in compare(counts, slow, effective="independent"))


def test_few_windows_are_not_tested(reference: Reference) -> None:
    counts = np.zeros((2, 8), int)
    counts[0, 7] = 3
    a, b = compare(counts, reference)
    assert (a.p, a.n, a.drifted) == (1.0, 3, False)
    assert (b.p, b.n, b.psi, b.drifted) == (1.0, 0, 0.0, False)


def test_refusals(reference: Reference) -> None:
    counts = np.ones((2, 8))
    with pytest.raises(ValueError, match=r"counts has shape \(1, 8\)"):
        compare(counts[:1], reference)
    with pytest.raises(ValueError, match=r"alpha is 1\.5"):
        compare(counts, reference, alpha=1.5)
    with pytest.raises(ValueError, match="numbers >= 0"):
        compare(-counts, reference)
    with pytest.raises(ValueError, match="effective is 'no'"):
        compare(counts, reference, effective="no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="correlation has shape"):
        Reference(
            names=reference.names,
            edges=reference.edges,
            n=1,
            probabilities=reference.probabilities,
            correlation=np.float32([1.0]),
        )
