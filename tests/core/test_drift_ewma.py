"""EWMA against its formula in float64, and its run length against published ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.drift import DOWN, UP
from ecmkit._core.drift_ewma import STATE_BYTES, Ewma


def by_formula(z: np.ndarray, weight: float, limit: float) -> list[tuple[int, int]]:
    """Alarms as Lucas and Saccucci write them, in float64."""
    alarms, mean, t = [], 0.0, 0
    for i, value in enumerate(z.astype(float)):
        t += 1
        mean = (1 - weight) * mean + weight * value
        variance = weight / (2 - weight) * (1 - (1 - weight) ** (2 * t))
        if abs(mean) > limit * np.sqrt(variance):
            alarms.append((i, UP if mean > 0 else DOWN))
            mean, t = 0.0, 0
    return alarms


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("weight", "limit"), [(0.1, 2.0), (0.05, 1.5), (0.4, 3.0), (1.0, 2.5), (0.01, 2.0)]
)
def test_alarms_are_those_of_the_formula(
    seed: int, weight: float, limit: float
) -> None:
    random = np.random.default_rng(seed)
    steps = np.repeat([0.0, 0.5, -1.0, 0.0], 1000)
    z = (random.normal(size=len(steps)) + steps).astype(np.float32)
    found = Ewma(weight, limit).run_f32(z)
    assert found[["at", "what"]].tolist() == by_formula(z, weight, limit)
    assert len(found) > 3


@pytest.mark.parametrize(
    ("weight", "limit", "shift", "published"),
    [
        (0.1, 2.814, 0.0, 500.0),
        (0.1, 2.814, 1.0, 10.3),
        (0.25, 2.998, 0.5, 48.3),
        (0.05, 2.615, 0.25, 84.0),
        (0.4, 3.054, 2.0, 3.52),
    ],
)
def test_run_length_is_the_published_one(
    weight: float, limit: float, shift: float, published: float
) -> None:
    """Lucas and Saccucci's table holds for limits that do not move."""
    total, runs = [], 3000
    for seed in range(2):
        random = np.random.default_rng(seed)
        for _ in range(runs // 2):
            detector, length = Ewma(weight, limit), 0
            # no more than the mean and `decay`: the start is forgotten
            detector.load(np.array([0, 0], np.float32).tobytes() + bytes(12))
            while True:
                z = random.normal(shift, size=max(16, int(2 * published)))
                found = detector.run_f32(z.astype(np.float32))
                if len(found):
                    break
                length += len(z)
            total.append(length + int(found["at"][0]) + 1)
    lengths = np.array(total)
    error = lengths.std() / np.sqrt(len(lengths))
    # 4 standard errors, and half of the last digit printed
    assert abs(lengths.mean() - published) < 4 * error + 0.005 * published
    assert error / published < 0.03


@given(
    z=st.lists(st.floats(-4, 4, width=32), max_size=400),
    cut=st.integers(0, 399),
    weight=st.sampled_from([0.05, 0.3, 1.0]),
    limit=st.sampled_from([1.0, 3.0]),
)
def test_many_are_one_by_one(
    z: list[float], cut: int, weight: float, limit: float
) -> None:
    one, parts = Ewma(weight, limit), Ewma(weight, limit)
    expected = []
    for i, value in enumerate(z):
        if one.update(value).drift_detected:
            expected.append((i, one.since, one.what))
        assert (one.ratio > 1) == one.drift_detected or one.ratio == 1
    values = np.array(z, np.float32)
    first = parts.run_f32(values[:cut].copy())
    state = parts.to_bytes()
    assert len(state) == STATE_BYTES == 20
    parts = Ewma(weight, limit)
    parts.load(state)
    rest = parts.run_f32(values[cut:].copy())
    rest["at"] += min(cut, len(z))
    assert [*first.tolist(), *rest.tolist()] == expected
    assert parts.to_bytes() == one.to_bytes()


def test_the_limit_of_the_first_value_is_a_shewhart_limit() -> None:
    """Of one value the weighted mean has the standard deviation `weight`."""
    for weight in (0.05, 0.2, 1.0):
        assert not Ewma(weight, 3.0).update(2.999).drift_detected
        assert Ewma(weight, 3.0).update(-3.001).what == DOWN


def test_time_of_the_change() -> None:
    z = np.repeat([-0.01, 1.5], 300).astype(np.float32)
    found = Ewma(0.1, 4.0).run_f32(z)
    assert found["at"][0] - found["since"][0] + 1 == 300


@pytest.mark.parametrize(
    ("weight", "limit"), [(0, 3), (1.1, 3), (0.1, 0), (np.nan, 3), (0.1, np.nan)]
)
def test_bad_settings_are_refused(weight: float, limit: float) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        Ewma(weight, limit)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_changes_nothing(bad: float) -> None:
    detector = Ewma(0.1, 3.0)
    before = detector.update(1.0).to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        detector.update(bad)
    assert detector.to_bytes() == before


@pytest.mark.parametrize("state", [bytes(19), b"\xff" * 20])
def test_bad_states_are_refused(state: bytes) -> None:
    with pytest.raises(ValueError, match="state has"):
        Ewma(0.1, 3.0).load(state)
