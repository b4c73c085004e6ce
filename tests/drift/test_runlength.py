"""Run lengths against published tables and simulation."""

import numpy as np
import pytest

from ecmkit.drift import cusum_arl, cusum_limit
from ecmkit.drift.runlength import cusum_limit_estimated, reference_needed

SHIFTS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4]


@pytest.mark.parametrize(
    ("h", "published"),
    [
        (4, [168, 74.2, 26.6, 13.3, 8.38, 4.75, 3.34, 2.62, 2.19, 1.71]),
        (5, [465, 139, 38.0, 17.0, 10.4, 5.75, 4.01, 3.11, 2.57, 2.01]),
    ],
)
def test_montgomery_table(h: float, published: list[float]) -> None:
    computed = [cusum_arl(0.5, h, shift=shift) for shift in SHIFTS]
    np.testing.assert_allclose(computed, published, rtol=0.005)


@pytest.mark.parametrize(
    ("k", "h", "arl"),
    [
        (0.25, 8.01, 370.3),
        (0.5, 4.77, 368.6),
        (0.75, 3.34, 370.6),
        (1.0, 2.52, 372.8),
        (1.25, 1.99, 373.5),
        (1.5, 1.61, 376.3),
    ],
)
def test_hawkins_table(k: float, h: float, arl: float) -> None:
    assert cusum_arl(k, h) == pytest.approx(arl, rel=0.001)


@pytest.mark.parametrize(
    ("arl0", "h", "arl1"),
    [
        (500, 5.0707, 10.52),
        (1e3, 5.7574, 11.89),
        (1e4, 8.0530, 16.48),
        (1e5, 10.3547, 21.08),
        (1e6, 12.6572, 25.69),
    ],
)
def test_design_points(arl0: float, h: float, arl1: float) -> None:
    assert cusum_limit(0.5, arl0) == pytest.approx(h, abs=2e-4)
    assert cusum_arl(0.5, h, shift=1.0) == pytest.approx(arl1, rel=0.002)


def test_small_k() -> None:
    assert cusum_limit(0.25, 1e5) == pytest.approx(19.0907, abs=2e-4)
    assert cusum_arl(0.25, 19.0907, shift=0.5) == pytest.approx(73.04, rel=1e-3)


@pytest.mark.parametrize("k", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("arl0", [3.0, 50.0, 1e4, 1e8, 1e10])
def test_limit_inverts_run_length(k: float, arl0: float) -> None:
    h = cusum_limit(k, arl0)
    if h > 1e-3:
        assert cusum_arl(k, h) == pytest.approx(arl0, rel=1e-3)
    else:  # k alone is rarer than asked
        assert cusum_arl(k, 1e-3) > arl0


def run_length(rng: np.random.Generator, k: float, h: float, n_reference: int) -> float:
    """Windows per alarm with a reference of finite size, straight from the formula."""
    streams, length = 400, 4000
    reference = rng.normal(size=(streams, n_reference))
    mean, sd = reference.mean(axis=1), reference.std(axis=1, ddof=1)
    up, down, alarms = np.zeros(streams), np.zeros(streams), 0
    for _ in range(length):
        z = (rng.normal(size=streams) - mean) / sd
        up, down = np.maximum(0, up + z - k), np.maximum(0, down - z - k)
        alarm = (up > h) | (down > h)
        alarms += int(alarm.sum())
        up[alarm] = down[alarm] = 0.0
    return streams * length / alarms


def test_estimated_reference_keeps_the_rate() -> None:
    h = cusum_limit_estimated(0.5, 500.0, 60)
    assert h > cusum_limit(0.5, 500.0)
    rng = np.random.default_rng(1)
    assert run_length(rng, 0.5, h, 60) == pytest.approx(500, rel=0.25)
    assert run_length(rng, 0.5, cusum_limit(0.5, 500.0), 60) < 350


def test_more_reference_needs_less_widening() -> None:
    limits = [cusum_limit_estimated(0.5, 1e4, n) for n in (60, 200, 1000, 100000)]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == pytest.approx(cusum_limit(0.5, 1e4), rel=1e-3)


def test_reference_needed_is_a_normal_quantile() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    for k, arl0 in [(0.5, 1e4), (0.5, 1e6), (0.25, 1e5)]:
        wanted = (scipy_stats.norm.isf(1 / arl0) / k) ** 2
        assert reference_needed(k, arl0) == int(np.ceil(wanted))


@pytest.mark.parametrize(
    ("k", "arl0", "message"),
    [
        (0.0, 100, "k is 0"),
        (np.nan, 100, "k is nan"),
        (0.5, 2, "arl0 is 2"),
        (0.5, 1e11, "arl0 is"),
        (0.5, np.nan, "arl0 is nan"),
    ],
)
def test_refuses_bad_designs(k: float, arl0: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cusum_limit(k, arl0)


def test_refuses_bad_settings() -> None:
    with pytest.raises(ValueError, match="h is 0"):
        cusum_arl(0.5, 0.0)
    with pytest.raises(ValueError, match="shift is inf"):
        cusum_arl(0.5, 5.0, shift=np.inf)
    with pytest.raises(ValueError, match="n is 10, expected at least"):
        cusum_limit_estimated(0.5, 1e6, 10)


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
def test_one_side_and_siegmund(shift: float) -> None:
    # Siegmund's approximation, good to 1 % at no shift.
    b, drift = 5.0 + 1.166, shift - 0.5
    approximation = (
        b * b if drift == 0 else (np.exp(-2 * drift * b) + 2 * drift * b - 1)
    ) / (1 if drift == 0 else 2 * drift**2)
    assert cusum_arl(0.5, 5.0, shift=shift, sides=1) == pytest.approx(
        approximation, rel=0.01
    )
    assert cusum_arl(0.5, 5.0, sides=1) == pytest.approx(930.887, rel=1e-5)
    assert cusum_limit(0.5, 930.887, sides=1) == pytest.approx(5.0, abs=1e-4)


def test_page_hinkley_of_a_known_mean() -> None:
    assert cusum_arl(0.005, 50.0, sides=1) == pytest.approx(3127.85, rel=1e-4)
    assert cusum_arl(0.005, 50.0) == pytest.approx(1563.92, rel=1e-4)


def test_scale_of_the_input_is_a_scale_of_the_design() -> None:
    assert cusum_arl(0.5, 5.0, scale=2.0, shift=0.4) == pytest.approx(
        cusum_arl(0.25, 2.5, shift=0.2), rel=1e-9
    )
    with pytest.raises(ValueError, match="scale is 0"):
        cusum_arl(0.5, 5.0, scale=0.0)
    with pytest.raises(ValueError, match="sides is 3"):
        cusum_arl(0.5, 5.0, sides=3)
