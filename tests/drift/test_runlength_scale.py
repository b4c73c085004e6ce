"""Run length of the scale CUSUM, of a pair, and of scores with few values."""

from fractions import Fraction

import numpy as np
import pytest

from ecmkit.drift import (
    ScoreDistribution,
    cusum_arl,
    cusum_limit,
    pair_arl,
    pair_limit,
    scale_cusum_arl,
    scale_cusum_limit,
)
from ecmkit.drift.runlength_scale import ROOT_MEAN, ROOT_SD, scale_score


def simulated(
    h: float, h_scale: float, shift: float, scale: float, runs: int = 10_000
) -> tuple[float, float]:
    """Mean run length of both CUSUMs together, k 0.5 each, and its standard error."""
    rng = np.random.default_rng(4)
    sums, run = np.zeros((4, runs)), np.zeros(runs)
    limits = np.array([h, h, h_scale, h_scale])[:, None]
    alive = np.ones(runs, bool)
    while alive.any():
        z = rng.normal(shift, scale, runs)
        w = scale_score(z)
        sums = np.maximum(0.0, sums + np.stack([z, -z, w, -w]) - 0.5)
        run += alive
        alive &= (sums <= limits).all(axis=0)
    return float(run.mean()), float(run.std() / np.sqrt(runs))


def test_the_transform_has_mean_zero_and_deviation_one() -> None:
    z = np.linspace(-9, 9, 200_001)
    p = np.exp(-0.5 * z**2)
    p /= p.sum()
    w = scale_score(z)
    assert p @ w == pytest.approx(0.0, abs=1e-5)
    assert p @ w**2 == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose([ROOT_MEAN, ROOT_SD], [0.822179, 0.349146], atol=1e-5)


@pytest.mark.parametrize(
    ("h", "shift", "scale"), [(4.0, 0, 1), (5.0, 0, 2), (5.0, 0, 0.6), (4.0, 1, 1)]
)
def test_scale_against_simulation(h: float, shift: float, scale: float) -> None:
    wanted, error = simulated(1e9, h, shift, scale)
    exact = scale_cusum_arl(0.5, h, shift=shift, scale=scale)
    assert abs(exact - wanted) < 4 * error


@pytest.mark.parametrize(
    ("h", "shift", "scale"), [(4.0, 0, 1), (5.0, 0, 1.5), (5.0, 0.5, 1)]
)
def test_pair_against_simulation(h: float, shift: float, scale: float) -> None:
    wanted, error = simulated(h, h, shift, scale)
    found = pair_arl(0.5, h, 0.5, h, shift=shift, scale=scale)
    assert abs(found - wanted) < 4 * error + 0.01 * wanted


@pytest.mark.parametrize("arl0", [100.0, 1e5])
def test_limits_invert_run_lengths(arl0: float) -> None:
    h = scale_cusum_limit(0.5, arl0)
    assert scale_cusum_arl(0.5, h) == pytest.approx(arl0, rel=0.005)
    both = pair_limit(arl0)
    rate = 1 / cusum_arl(0.5, both) + 1 / scale_cusum_arl(0.5, both)
    assert 1 / rate == pytest.approx(arl0, rel=0.005)
    assert both > max(h, cusum_limit(0.5, arl0))


def lattice(step: float) -> ScoreDistribution:
    values = np.arange(-6 * round(1 / step), 6 * round(1 / step) + 1) * step
    return ScoreDistribution.of_counts(values, np.exp(-0.5 * values**2))


@pytest.mark.parametrize("step", [1 / 64, 1 / 16, 0.03])
def test_fine_scores_are_nearly_normal(step: float) -> None:
    scores = lattice(step)
    assert (scores.mean, scores.sd) == pytest.approx((0, 1), abs=1e-6)
    # A lattice exceeds a limit half a step late, or that much early one step lower.
    late, early = (scores.cusum_arl(0.5, h) for h in (5.0, 5.0 - step))
    found = np.sqrt(late * early) if step != 0.03 else late
    assert found == pytest.approx(cusum_arl(0.5, 5.0), rel=0.02)


def test_fine_scores_have_the_scale_of_normal_ones() -> None:
    assert lattice(1 / 64).of_scale().cusum_arl(0.5, 5.0) == pytest.approx(
        scale_cusum_arl(0.5, 5.0), rel=0.03
    )


def test_coins_against_the_gamblers_ruin() -> None:
    # A walk that stops at 3 and is held at 0: n (n + 1) steps.
    coin = ScoreDistribution(values=np.array([-1.0, 1.0]), chances=np.full(2, 0.5))
    assert coin.cusum_arl(0.0, 2.0, sides=1) == pytest.approx(12.0)
    assert coin.cusum_arl(0.0, 2.5, sides=1) == pytest.approx(12.0)


@pytest.mark.parametrize("up", [0.7, 0.45, 0.2, 0.02])
def test_uneven_coins_against_the_gamblers_ruin(up: float) -> None:
    # From i to i + 1 it takes 1/p steps, and q/p of those from i - 1 to i; held at 0.
    p, last, total = Fraction(up), Fraction(0), Fraction(0)
    coin = ScoreDistribution(
        values=np.array([-1.0, 1.0]), chances=np.array([1 - up, up])
    )
    for limit in range(8):
        last = 1 / p + (1 - p) / p * last
        total += last
        if limit > 0:
            found = coin.cusum_arl(0.0, float(limit), sides=1)
            assert found == pytest.approx(float(total), rel=1e-11)


def test_scores_of_a_lattice_against_their_markov_chain() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        others = rng.choice(np.arange(-96, 96), rng.integers(2, 30), replace=False)
        values = np.sort([*others, 96]) / 32
        scores = ScoreDistribution(
            values=values, chances=rng.dirichlet(np.full(values.size, 5.0))
        )
        states = int(rng.integers(33, 130))
        chain = np.zeros((states, states))
        for value, chance in zip(values, scores.chances, strict=True):
            to = np.maximum(np.arange(states) + round(32 * (value - 0.25)), 0)
            inside = np.flatnonzero(to < states)
            chain[inside, to[inside]] += chance
        expected = np.linalg.solve(np.eye(states) - chain, np.ones(states))[0]
        found = scores.cusum_arl(0.25, (states - 1) / 32, sides=1)
        assert found == pytest.approx(expected, rel=1e-14 * expected + 1e-11)


def test_scores_that_never_reach_the_limit() -> None:
    still = ScoreDistribution(values=np.array([0.25]), chances=np.ones(1))
    assert still.cusum_arl(0.25, 2.0, sides=1) == 1e16
    assert still.cusum_arl(0.5, 2.0, sides=1) == 1e16
    assert still.cusum_arl(0.0, 2.0, sides=1) == 9


def test_few_scores_against_simulation() -> None:
    scores = ScoreDistribution(
        values=np.array([-1.5, -0.25, 0.5, 2.0]), chances=np.array([0.2, 0.4, 0.3, 0.1])
    )
    runs = 10_000
    rng = np.random.default_rng(5)
    up, down, run = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    alive = np.ones(runs, bool)
    while alive.any():
        x = rng.choice(scores.values, runs, p=scores.chances)
        up, down = np.maximum(0, up + x - 0.5), np.maximum(0, down - x - 0.5)
        run += alive
        alive &= (up <= 3.0) & (down <= 3.0)
    # Both sums may be above zero at once here, so the sum of rates is near, not exact.
    assert scores.cusum_arl(0.5, 3.0) == pytest.approx(run.mean(), rel=0.05)


def test_limit_of_scores_inverts() -> None:
    scores = lattice(1 / 16)
    h = scores.cusum_limit(0.5, 1e5)
    low, high = (scores.cusum_arl(0.5, at) for at in (h - 1 / 16, h + 1 / 16))
    assert low < 1e5 < high
    one = scores.cusum_limit(0.5, 1e5, sides=1)
    assert one < h


def test_refusals() -> None:
    with pytest.raises(ValueError, match="chances sum to 2"):
        ScoreDistribution(values=np.zeros(2), chances=np.ones(2))
    with pytest.raises(ValueError, match="values has shape"):
        ScoreDistribution(values=np.zeros(3), chances=np.ones(2))
    scores = lattice(1 / 4)
    with pytest.raises(ValueError, match="h is 0"):
        scores.cusum_arl(0.5, 0.0)
    with pytest.raises(ValueError, match="arl0 is 1"):
        scores.cusum_limit(0.5, 1.0)
    with pytest.raises(ValueError, match="weight is 2"):
        scores.ewma_arl(2.0, 3.0)
    with pytest.raises(ValueError, match="k is 0"):
        scale_cusum_limit(0.0, 100.0)
    with pytest.raises(ValueError, match="arl0 is 1"):
        pair_limit(1.0)
