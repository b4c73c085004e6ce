"""Two-sample tests against SciPy, and their false positives over many seeds."""

from collections.abc import Callable

import numpy as np
import pytest

from ecmkit.drift import (
    compare_counts,
    compare_samples,
    correlation_time,
    jensenshannon,
)

stats = pytest.importorskip("scipy.stats")
distance = pytest.importorskip("scipy.spatial.distance")
RNG = np.random.default_rng


def interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Clopper and Pearson)."""
    found = stats.binomtest(hits, n).proportion_ci(0.95)
    return float(found.low), float(found.high)


@pytest.mark.parametrize(
    ("n", "m", "d", "p"),
    [(10, 10, 0.5, 0.16782134274394334), (20, 20, 0.4, 0.08105771161340149)],
)
def test_ks_is_exact(n: int, m: int, d: float, p: float) -> None:
    shift = round(d * n)
    first = np.arange(n, dtype=float)
    second = np.concatenate([np.arange(m - shift) + 0.5, n + np.arange(shift)])
    found = compare_samples(first, second + shift, method="ks")
    wanted = stats.ks_2samp(first, second + shift)
    assert (found.statistic, found.p) == pytest.approx(
        (wanted.statistic, wanted.pvalue)
    )
    exact = stats.kstwobign.sf(d * np.sqrt(n * m / (n + m)))
    assert p == pytest.approx(exact, abs=0.03)


def test_chi2_is_scipys_contingency_test() -> None:
    rng = RNG(0)
    first, second = rng.integers(0, 5, 300), rng.integers(0, 4, 200)
    found = compare_samples(first, second)
    counts = np.stack([np.bincount(x, minlength=5) for x in (first, second)])
    wanted = stats.chi2_contingency(counts, correction=False)
    assert found.method == "chi2"
    assert (found.statistic, found.p) == pytest.approx(wanted[:2])
    assert found.null == pytest.approx(stats.chi2.isf(0.05, 4))


def test_wasserstein_is_scipys_in_standard_deviations() -> None:
    rng = RNG(1)
    first, second = rng.gamma(2.0, size=1200), rng.gamma(2.3, size=400)
    found = compare_samples(first, second)
    assert found.method == "wasserstein"
    wanted = stats.wasserstein_distance(first, second) / first.std()
    assert found.statistic == pytest.approx(wanted)


def test_jensenshannon_is_scipys() -> None:
    rng = RNG(2)
    first, second = rng.integers(0, 9, 12), rng.integers(0, 9, 12)
    assert jensenshannon(first, second) == pytest.approx(
        distance.jensenshannon(first, second)
    )
    found = compare_samples(
        list("aabbbc" * 300), list("abcccc" * 200), categorical=True
    )
    assert found.method == "jensenshannon"
    assert found.statistic == pytest.approx(
        distance.jensenshannon([2 / 6, 3 / 6, 1 / 6], [1 / 6, 1 / 6, 4 / 6])
    )


@pytest.mark.parametrize(
    ("n", "values", "categorical", "method"),
    [
        (1000, 50, False, "ks"),
        (1001, 50, False, "wasserstein"),
        (1000, 5, False, "chi2"),
        (1001, 5, False, "jensenshannon"),
        (1000, 50, True, "chi2"),
        (1001, 50, True, "jensenshannon"),
        (1000, 2, False, "chi2"),
    ],
)
def test_choice(n: int, values: int, categorical: bool, method: str) -> None:
    rng = RNG(3)
    found = compare_samples(
        rng.permutation(np.arange(n) % values),
        rng.integers(0, values, 100),
        categorical=categorical,
        draws=19,
    )
    assert found.method == method


Draw = Callable[[np.random.Generator, int], np.ndarray]
NORMAL: Draw = lambda rng, n: rng.normal(size=n)  # noqa: E731
CLASSES: Draw = lambda rng, n: rng.integers(0, 20, n).astype(float)  # noqa: E731


@pytest.mark.parametrize(
    ("draw", "n", "m", "method"),
    [
        (NORMAL, 1000, 1000, None),  # KS
        (NORMAL, 1001, 50, None),  # Wasserstein, where custom flags 96 %
        (NORMAL, 2000, 100, "psi"),  # 83 %
        (NORMAL, 2000, 100, "jensenshannon"),  # 87 %
        (CLASSES, 500, 500, "chi2"),  # 77 %
        (NORMAL, 1500, 300, "chi2"),  # 100 % while each number was a class
        (CLASSES, 1001, 100, "jensenshannon"),  # 99 %
    ],
)
def test_false_positives(draw: Draw, n: int, m: int, method: str | None) -> None:
    repeats, hits = 200, 0
    for seed in range(repeats):
        rng = RNG(seed)
        found = compare_samples(
            draw(rng, n), draw(rng, m), method=method, draws=99, seed=seed
        )
        hits += found.drifted
    low, high = interval(hits, repeats)
    assert low <= 0.05, (hits, low, high)
    assert high >= 0.01, (hits, low, high)  # and it is no dead test


def test_chi2_sees_a_shift_of_numbers_that_all_differ() -> None:
    rng = RNG(6)
    found = compare_samples(
        rng.normal(size=900), rng.normal(0.5, 1, 300), method="chi2"
    )
    assert found.drifted
    assert found.p < 1e-6


def test_units_do_not_matter() -> None:
    rng = RNG(4)
    first, second = rng.normal(size=2000), rng.normal(0.5, 1.0, 200)
    found = [
        compare_samples(factor * first, factor * second) for factor in (1e-5, 1, 1e6)
    ]
    assert all(f.drifted for f in found)
    statistics = [f.statistic for f in found]
    assert statistics == pytest.approx([statistics[1]] * 3)


def test_constant_references() -> None:
    same = compare_samples(np.ones(2000), np.ones(50), method="wasserstein")
    assert (same.statistic, same.drifted) == (0.0, False)
    other = compare_samples(np.ones(2000), np.full(50, 2.0), method="wasserstein")
    assert (other.statistic, other.drifted) == (pytest.approx(2.0), True)


@pytest.mark.parametrize("method", ["ks", "wasserstein", "psi"])
def test_correlated_samples(
    method: str, ar1: Callable[[np.random.Generator, float, int], np.ndarray]
) -> None:
    hits, plain = 0, 0
    for seed in range(60):
        rng = RNG(seed)
        first, second = ar1(rng, 0.9, 1500), ar1(rng, 0.9, 1000)
        time = correlation_time(first)
        for correlation in (1.0, time):
            found = compare_samples(
                first, second, method=method, correlation=correlation, draws=60,
                threshold=0.0,
            )  # fmt: skip
            hits += found.drifted and correlation > 1
            plain += found.drifted and correlation == 1
    assert interval(hits, 60)[0] <= 0.08
    assert plain > 20


@pytest.mark.parametrize("method", ["ks", "chi2", "wasserstein", "jensenshannon"])
def test_changes_are_found_from_counters(method: str) -> None:
    rng = RNG(5)
    edges = np.linspace(-2, 2, 15)
    rows = [
        np.bincount(np.searchsorted(edges, rng.normal(m, 1, n)), minlength=16)
        for m, n in ((0.0, 3000), (0.0, 300), (0.6, 300))
    ]
    assert not compare_counts(rows[0], rows[1], method=method, seed=1).drifted
    found = compare_counts(rows[0], rows[2], method=method, seed=1)
    assert found.drifted
    assert (found.n_reference, found.n_current) == (3000, 300)
    # Counters that are added are the counters of both.
    parts = rows[2] // 2, rows[2] - rows[2] // 2
    assert compare_counts(rows[0], parts[0] + parts[1], method=method, seed=1) == found


def test_counters_with_places() -> None:
    first, second = np.array([50, 50, 0]), np.array([0, 50, 50])
    found = compare_counts(first, second, method="wasserstein", values=[0.0, 1.0, 5.0])
    wanted = stats.wasserstein_distance([0, 1, 5], [0, 1, 5], first, second) / 0.5
    assert found.statistic == pytest.approx(wanted)


def test_refusals() -> None:
    ok = np.arange(10.0)
    for arguments, message in [
        ({"reference": [1.0]}, "reference has 1 values"),
        ({"current": [np.nan, 1.0]}, "current has 1 values"),
        ({"current": np.zeros((2, 2))}, "expected one dimension"),
        ({"method": "t"}, "method is 't', expected one of ks"),
        ({"method": "ks", "categorical": True}, "no order"),
        ({"alpha": 0.0}, "alpha is 0"),
        ({"correlation": 0.5}, "correlation is 0.5"),
        ({"draws": 3}, "draws is 3"),
        ({"threshold": -1.0}, "threshold is -1"),
    ]:
        with pytest.raises(ValueError, match=message):
            compare_samples(**{"reference": ok, "current": ok, **arguments})
    with pytest.raises(ValueError, match="whole numbers"):
        compare_counts([0.5, 2], [1, 2])
    with pytest.raises(ValueError, match=r"current has shape \(2,\)"):
        compare_counts([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="values has shape"):
        compare_counts([1, 2, 3], [1, 2, 3], method="psi", values=[0.0])
