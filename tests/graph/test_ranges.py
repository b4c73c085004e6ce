"""Ranges for int8: against brute force, and what each way promises."""

import numpy as np
import pytest
from scipy.stats import entropy

from ecmkit.graph.int8.ranges import range_of
from ecmkit.graph.quantise import affine

WAYS = ("min-max", "percentile", "entropy", "mse")


def heavy_tails(seed: int, n: int = 20_000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_t(3, n).astype(np.float32)


def square_error(x: np.ndarray, ends: tuple[float, float]) -> float:
    scale, zero = affine(*ends)
    held = np.clip(np.rint(x / scale) + zero, -128, 127)
    return float(np.mean(np.square(x - (held - zero) * scale)))


@pytest.mark.parametrize("ranges", WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_ranges_lie_within_what_was_seen(ranges: str, seed: int) -> None:
    x = heavy_tails(seed)
    for values in (x, np.maximum(x, 0), -np.abs(x), x.reshape(100, 2, 100)):
        low, high = range_of(values, ranges=ranges)
        assert values.min() <= low <= high <= values.max()
        assert low < high


@pytest.mark.parametrize("seed", range(2))
def test_least_square_error_beats_every_other_limit(seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=1_000_000).astype(np.float32)
    x[0] = 12
    found = square_error(x, range_of(x, ranges="mse"))
    others = [
        square_error(x, (max(float(x.min()), -t), t)) for t in np.linspace(3, 12, 31)
    ]
    assert found <= min(others) * 1.03
    assert found < 0.6 * square_error(x, range_of(x))


def test_entropy_follows_scipys_divergence() -> None:
    # 128 of 2048 fine bins hold one value each: cutting there loses nothing at all.
    rng = np.random.default_rng(0)
    x = np.append(rng.uniform(-1, 1, 50_000), [16.0, -16.0]).astype(np.float32)
    low, high = range_of(x, ranges="entropy")
    assert high < 8
    assert low > -8
    fine, edges = np.histogram(np.abs(x), 2048, (0, 16))
    clipped = fine[: np.searchsorted(edges, high)].astype(float)
    clipped[-1] += fine[len(clipped) :].sum()
    assert (
        entropy(fine + 1e-9, np.append(clipped, np.zeros(2048 - len(clipped))) + 1e-9)
        < 1e-3
    )


def test_percentile_is_numpys() -> None:
    x = heavy_tails(9)
    expected = np.percentile(x, [0.5, 99.5])
    assert range_of(x, ranges="percentile", percentile=99.5) == pytest.approx(expected)
    assert range_of(x, ranges="percentile", percentile=100) == range_of(x)


@pytest.mark.parametrize("ranges", WAYS)
def test_values_that_never_change(ranges: str) -> None:
    x = np.full(10, 3.5, np.float32)
    assert range_of(x, ranges=ranges) == (3.5, 3.5)


def test_bad_arguments_are_refused() -> None:
    x = heavy_tails(0, 10)
    with pytest.raises(
        ValueError, match=r"ranges: found 'kl', expected one of min-max"
    ):
        range_of(x, ranges="kl")  # type: ignore[arg-type]
    for percentile in (50.0, 100.1, float("nan")):
        with pytest.raises(ValueError, match="percentile: found"):
            range_of(x, percentile=percentile)
