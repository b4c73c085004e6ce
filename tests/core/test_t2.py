"""T2 and its weighted form: chi-squared, and the formula in float64."""

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from ecmkit._core.drift import SHIFT
from ecmkit._core.t2 import FEATURES_MAX, HotellingT2


def reference(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A mean and a covariance."""
    random = np.random.default_rng(n)
    root = random.normal(size=(n, n)) + 2 * np.eye(n)
    return random.normal(size=n) * 10, root @ root.T


def make(n: int, weight: float, limit: float) -> HotellingT2:
    mean, covariance = reference(n)
    inverse = np.linalg.inv(np.linalg.cholesky(covariance))
    packed = inverse[np.tril_indices(n)].astype(np.float32)
    return HotellingT2(mean.astype(np.float32), packed, weight, limit)


def rows(n: int, count: int, seed: int = 0) -> NDArray[np.float32]:
    mean, covariance = reference(n)
    random = np.random.default_rng(seed)
    return random.multivariate_normal(mean, covariance, count).astype(np.float32)


@pytest.mark.parametrize("n", [1, 2, 5, 17])
def test_equals_the_formula(n: int) -> None:
    mean, covariance = reference(n)
    x = rows(n, 200)
    for weight in (1.0, 0.2):
        found, _ = make(n, weight, 1e9).run_f32(x)
        z, expected = np.zeros(n), []
        for t, row in enumerate(x.astype(float), 1):
            z = (1 - weight) * z + weight * (row - mean)
            factor = weight / (2 - weight) * (1 - (1 - weight) ** (2 * t))
            expected.append(z @ np.linalg.solve(factor * covariance, z))
        # float32 of an offset of 10, whitened by factors of up to 10
        assert found == pytest.approx(expected, rel=2e-4, abs=1e-3)


@pytest.mark.parametrize("weight", [1.0, 0.2])
def test_the_statistic_is_chi_squared(weight: float) -> None:
    """Quantiles of the first rows of many starts."""
    n, detector, last = 4, make(4, weight, 1e9), []
    for seed in range(1500):
        detector.reset()
        statistic, _ = detector.run_f32(rows(n, 3, seed))
        last.append(statistic[-1])
    assert scipy.stats.kstest(last, scipy.stats.chi2(n).cdf).pvalue > 1e-3


def test_alarm_start_and_restart() -> None:
    n = 3
    x = rows(n, 400)
    x[200:] += (3 * np.sqrt(np.diag(reference(n)[1]))).astype(np.float32)
    limit = float(scipy.stats.chi2(n).isf(1e-6))
    detector = make(n, 0.3, limit)
    statistic, since = detector.run_f32(x)
    at = int(np.flatnonzero(since)[0])
    assert 200 <= at < 210
    assert at - int(since[at]) + 1 == pytest.approx(200, abs=6)
    assert ((since > 0) == (statistic > limit)).all()
    detector.reset()
    detector.run_f32(x[: at + 1].copy())
    assert detector.what == SHIFT
    # alone, the next row gives what the first of all gives
    fresh = make(n, 0.3, limit)
    fresh.update_f32(x[at + 1])
    detector.update_f32(x[at + 1])
    assert detector.statistic == fresh.statistic


def test_states_continue() -> None:
    x = rows(6, 300)
    whole, first, second = (make(6, 0.1, 14.0) for _ in range(3))
    whole.run_f32(x)
    first.run_f32(x[:123].copy())
    state = first.to_bytes()
    assert len(state) == 20 + 24
    second.load(state)
    second.run_f32(x[123:].copy())
    assert second.to_bytes() == whole.to_bytes()
    for bad in (state[:-1], b"\xff" * 44):
        with pytest.raises(ValueError, match="state has"):
            second.load(bad)


def test_bad_settings_and_values_are_refused() -> None:
    with pytest.raises(ValueError, match="mean has 65 values, expected 1 to 64"):
        HotellingT2(
            np.zeros(FEATURES_MAX + 1, np.float32), np.zeros(9, np.float32), 1, 1
        )
    with pytest.raises(ValueError, match="whiten has length 2, expected 3"):
        HotellingT2(np.zeros(2, np.float32), np.zeros(2, np.float32), 1, 1)
    for weight, limit in ((0, 1), (1.5, 1), (1, 0), (np.nan, 1)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            HotellingT2(np.zeros(1, np.float32), np.ones(1, np.float32), weight, limit)
    detector = make(2, 1.0, 9.0)
    before = detector.to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        detector.update_f32(np.array([0, np.inf], np.float32))
    with pytest.raises(ValueError, match="x has length 3, expected 2"):
        detector.update_f32(np.zeros(3, np.float32))
    assert detector.to_bytes() == before
