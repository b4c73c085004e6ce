"""Page-Hinkley against the sums of the literature, and against the CUSUM."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.drift import DOWN, NONE, UP, Cusum
from ecmkit._core.drift_ph import BOTH, STATE_BYTES, PageHinkley
from ecmkit._core.drift_ph import DOWN as ONLY_DOWN
from ecmkit._core.drift_ph import UP as ONLY_UP


def by_sums(
    x: np.ndarray, delta: float, threshold: float, alpha: float, min_n: int, sides: int
) -> list[int]:
    """Alarms by the sums and their extremes, in float64: Page, with MOA's alpha."""
    alarms = []
    n, mean, up, down, least, most = 0, 0.0, 0.0, 0.0, np.inf, -np.inf
    for i, value in enumerate(x.astype(float)):
        n += 1
        mean += (value - mean) / n
        up = alpha * up + value - mean - delta
        down = alpha * down + value - mean + delta
        least, most = min(least, up), max(most, down)
        beyond = (up - least > threshold and sides & ONLY_UP) or (
            most - down > threshold and sides & ONLY_DOWN
        )
        if n >= min_n and beyond:
            alarms.append(i)
            n, mean, up, down, least, most = 0, 0.0, 0.0, 0.0, np.inf, -np.inf
    return alarms


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("delta", "threshold", "alpha", "min_n", "sides"),
    [
        (0.005, 50.0, 0.9999, 30, BOTH),
        (0.005, 10.0, 1.0, 30, BOTH),
        (0.5, 5.0, 1.0, 1, BOTH),
        (0.25, 8.0, 0.99, 100, ONLY_UP),
        (0.25, 8.0, 0.99, 1, ONLY_DOWN),
    ],
)
def test_alarms_are_those_of_the_sums(
    seed: int, delta: float, threshold: float, alpha: float, min_n: int, sides: int
) -> None:
    random = np.random.default_rng(seed)
    steps = np.repeat([0.0, 1.0, -0.5, 0.2, 2.0], 1500)
    x = (random.normal(size=len(steps)) + steps).astype(np.float32)
    detector = PageHinkley(delta, threshold, 1 - alpha, min_n, sides, 0)
    found = detector.run_f32(x)
    assert found["at"].tolist() == by_sums(x, delta, threshold, alpha, min_n, sides)
    assert len(found) > 2


@given(
    x=st.lists(st.floats(-9, 9, width=32), max_size=200),
    k=st.sampled_from([0.0, 0.25, 1.0]),
    h=st.sampled_from([0.5, 4.0, 15.0]),
)
def test_a_known_mean_makes_it_a_cusum(x: list[float], k: float, h: float) -> None:
    values = np.array(x, np.float32)
    ph, cusum = PageHinkley(k, h, 0.0, 1, BOTH, 1), Cusum(k, h)
    assert ph.run_f32(values).tolist() == cusum.run_f32(values).tolist()
    assert np.float32(ph.ratio) == np.float32(cusum.ratio)


@given(
    x=st.lists(st.floats(-4, 4, width=32), max_size=300),
    cut=st.integers(0, 299),
    threshold=st.sampled_from([2.0, 8.0]),
    leak=st.sampled_from([0.0, 0.001, 1.0]),
    min_n=st.sampled_from([0, 1, 70]),
)
def test_many_are_one_by_one(
    x: list[float], cut: int, threshold: float, leak: float, min_n: int
) -> None:
    settings = (0.1, threshold, leak, min_n, BOTH, 0)
    one, parts = PageHinkley(*settings), PageHinkley(*settings)
    expected = []
    for i, value in enumerate(x):
        if one.update(value).drift_detected:
            expected.append((i, one.since, one.what))
            assert one.ratio > 1
    values = np.array(x, np.float32)
    first = parts.run_f32(values[:cut].copy())
    state = parts.to_bytes()
    assert len(state) == STATE_BYTES == 36
    parts = PageHinkley(*settings)
    parts.load(state)
    rest = parts.run_f32(values[cut:].copy())
    rest["at"] += min(cut, len(x))
    assert [*first.tolist(), *rest.tolist()] == expected
    assert parts.to_bytes() == one.to_bytes()


def test_direction_and_time_of_the_change() -> None:
    x = np.repeat([0.0, 2.0], 500).astype(np.float32)
    x += np.random.default_rng(3).normal(0, 0.3, 1000).astype(np.float32)
    for sign, what in ((1, UP), (-1, DOWN)):
        detector = PageHinkley(0.5, 10.0, 0.0, 30, BOTH, 0)
        found = detector.run_f32(np.float32(sign) * x)
        assert found["what"][0] == what
        start = int(found["at"][0]) - int(found["since"][0]) + 1
        assert start == pytest.approx(500, abs=3)


def test_a_long_stream_keeps_its_precision() -> None:
    """Sums that fall by delta at every value would lose theirs after some time."""
    detector = PageHinkley(5.0, 30.0, 0.0, 30, BOTH, 0)
    quiet = np.zeros(2_000_000, np.float32)
    assert len(detector.run_f32(quiet)) == 0
    detector.update(5.0 + 0.125)
    assert detector.ratio == pytest.approx(0.125 / 30, rel=1e-3)


@pytest.mark.parametrize(
    "settings",
    [
        (-0.1, 1.0, 0.0, 1, 3, 0), (0.1, 0.0, 0.0, 1, 3, 0), (0.1, 1.0, 1.1, 1, 3, 0),
        (0.1, 1.0, -0.1, 1, 3, 0), (0.1, 1.0, 0.0, 1, 0, 0), (0.1, 1.0, 0.0, 1, 4, 0),
        (0.1, 1.0, 0.0, 1, 3, 2), (np.nan, 1.0, 0.0, 1, 3, 0),
    ],
)  # fmt: skip
def test_bad_settings_are_refused(
    settings: tuple[float, float, float, int, int, int],
) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        PageHinkley(*settings)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_changes_nothing(bad: float) -> None:
    detector = PageHinkley(0.1, 5.0, 0.0, 1, BOTH, 0)
    detector.update(1.0)
    before = detector.to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        detector.update(bad)
    assert detector.to_bytes() == before
    assert detector.what == NONE


@pytest.mark.parametrize("state", [bytes(35), b"\xff" * 36])
def test_bad_states_are_refused(state: bytes) -> None:
    detector = PageHinkley(0.1, 5.0, 0.0, 1, BOTH, 0)
    with pytest.raises(ValueError, match="state has"):
        detector.load(state)
    assert detector.to_bytes() == bytes(36)
