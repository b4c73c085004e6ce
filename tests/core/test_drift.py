"""CUSUM: sample by sample against a loop, run length against the published table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.drift import (
    DOWN,
    NARROWER,
    NONE,
    STATE_BYTES,
    UP,
    WIDER,
    Cusum,
    ScaleCusum,
    scale_score_f32,
)


def loop(z: np.ndarray, k: float, h: float) -> list[tuple[float, float, int, int]]:
    """Page's recursion in float32: (up, down, alarm, values since zero)."""
    zero, rows = np.float32(0), []
    k32, h32 = np.float32(k), np.float32(h)
    up = down = zero
    n_up = n_down = 0
    for value in z:
        up = max(zero, up + (value - k32))
        down = max(zero, down + (-value - k32))
        n_up, n_down = (n_up + 1) * (up > 0), (n_down + 1) * (down > 0)
        alarm = UP if up > h32 else DOWN if down > h32 else NONE
        rows.append((float(up), float(down), alarm, (0, n_up, n_down)[alarm]))
        if alarm:
            up = down = zero
            n_up = n_down = 0
    return rows


@given(
    z=st.lists(st.floats(-20, 20, width=32), max_size=60),
    k=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    h=st.sampled_from([0.5, 2.0, 5.0, 17.3]),
)
def test_equals_the_loop(z: list[float], k: float, h: float) -> None:
    values = np.array(z, np.float32)
    expected = loop(values, k, h)
    one, many = Cusum(k, h), Cusum(k, h)
    ratio, alarm = many.update_many_f32(values)
    for i, value in enumerate(values):
        found = one.update_f32(float(value))
        assert (one.up, one.down, *found) == expected[i]
        assert alarm[i] == found[0]
        larger = np.float32(max(one.up, one.down))
        assert ratio[i] == np.float32(one.ratio) == larger / np.float32(h)
        assert (ratio[i] > 1) == (found[0] != NONE)
    assert one.to_bytes() == many.to_bytes()
    assert one.n == len(z)


def run_lengths(shift: float, h: float, runs: int, seed: int) -> np.ndarray:
    """Values between alarms on a Gaussian stream with known parameters."""
    cusum, random = Cusum(0.5, h), np.random.default_rng(seed)
    lengths: list[int] = []
    since = 0
    while len(lengths) < runs:
        z = random.normal(shift, size=1 << 16).astype(np.float32)
        ends = np.flatnonzero(cusum.update_many_f32(z)[1])
        if len(ends):
            lengths += np.diff(ends, prepend=-1 - since).tolist()
            since = len(z) - 1 - int(ends[-1])
        else:
            since += len(z)
    return np.array(lengths[:runs])


@pytest.mark.parametrize(
    ("shift", "h", "published"),
    [
        (0.0, 5.0, 465.4),
        (0.0, 4.0, 167.7),
        (0.5, 5.0, 38.00),
        (1.0, 5.0, 10.38),
        (2.0, 4.0, 3.343),
    ],
)
def test_run_length_is_the_published_one(
    shift: float, h: float, published: float
) -> None:
    """Montgomery's table, to the digits of the integral equation."""
    lengths = np.concatenate([run_lengths(shift, h, 1500, seed) for seed in range(8)])
    error = lengths.std() / np.sqrt(len(lengths))
    # 4 standard errors: fails by chance once in 16 000 runs, were seeds not fixed
    assert abs(lengths.mean() - published) < 4 * error
    assert error / published < 0.01


@given(z=st.lists(st.floats(-9, 9, width=32), min_size=1), cut=st.integers(0, 99))
def test_a_state_continues_elsewhere(z: list[float], cut: int) -> None:
    values = np.array(z, np.float32)
    cut = min(cut, len(z))
    whole, first = Cusum(0.5, 3.0), Cusum(0.5, 3.0)
    whole.update_many_f32(values)
    first.update_many_f32(values[:cut].copy())
    state = first.to_bytes()
    assert len(state) == STATE_BYTES == 24
    second = Cusum(0.5, 3.0)
    second.load(state)
    second.update_many_f32(values[cut:].copy())
    assert second.to_bytes() == whole.to_bytes()


def test_state_is_little_endian() -> None:
    cusum = Cusum(0.5, 5.0)
    cusum.update_f32(1.5)
    expected = bytes.fromhex("0000803f 00000000 01000000 01000000 00000000 00000000")
    assert cusum.to_bytes() == expected


@pytest.mark.parametrize(("k", "h"), [(-0.1, 5), (0.5, 0), (0.5, -1), (np.nan, 5)])
def test_bad_limits_are_refused(k: float, h: float) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        Cusum(k, h)


def test_nan_is_refused_and_changes_nothing() -> None:
    cusum = Cusum(0.5, 5.0)
    cusum.update_f32(3.0)
    before = cusum.to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        cusum.update_f32(np.nan)
    assert cusum.to_bytes() == before
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        cusum.update_many_f32(np.array([0, np.nan, 0], np.float32))
    assert cusum.n == 2


@pytest.mark.parametrize("state", [b"", bytes(23), bytes(25), b"\xff" * 24])
def test_bad_states_are_refused(state: bytes) -> None:
    with pytest.raises(ValueError, match="state has"):
        Cusum(0.5, 5.0).load(state)


@given(
    z=st.lists(st.floats(-4, 4, width=32), max_size=300),
    cut=st.integers(0, 299),
    h=st.sampled_from([0.5, 3.0, 9.0]),
    kind=st.sampled_from([Cusum, ScaleCusum]),
)
def test_many_are_one_by_one(
    z: list[float], cut: int, h: float, kind: type[Cusum]
) -> None:
    """Blocks, and any split into calls, give the bits of single values."""
    values = np.array(z, np.float32)
    one, whole, parts = kind(0.25, h), kind(0.25, h), kind(0.25, h)
    expected = []
    for i, value in enumerate(z):
        if one.update(value).drift_detected:
            expected.append((i, one.since, one.what))
    found = whole.run_f32(values)
    assert found.tolist() == expected
    assert whole.to_bytes() == one.to_bytes()
    assert (whole.what, whole.since) == (one.what, one.since)
    first = parts.run_f32(values[:cut].copy())
    rest = parts.run_f32(values[cut:].copy())
    rest["at"] += min(cut, len(z))
    assert [*first.tolist(), *rest.tolist()] == expected
    assert parts.to_bytes() == one.to_bytes()


def test_more_alarms_than_room() -> None:
    values = np.full(100_001, 9.0, np.float32)
    found = Cusum(0.5, 5.0).run_f32(values)
    assert found["at"].tolist() == list(range(100_001))
    assert set(found["what"]) == {UP}


def test_no_value_of_many_is_taken_if_one_is_refused() -> None:
    cusum = Cusum(0.5, 5.0)
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            cusum.run_f32(np.array([3, bad, 3], np.float32))
    assert cusum.n == 0


def test_scale_score_is_hawkins() -> None:
    z = np.random.default_rng(1).normal(size=400_000)
    score = (np.sqrt(np.abs(z)) - 0.82217895866) / 0.34915085670
    for value, expected in zip(z[:200], score[:200], strict=True):
        assert scale_score_f32(value) == pytest.approx(expected, abs=1e-6)
    # 5 standard errors of the mean and of the variance
    assert abs(score.mean()) < 5 / np.sqrt(len(z))
    assert abs(score.var() - 1) < 5 * np.sqrt(2 / len(z))
    assert np.isnan(scale_score_f32(np.nan))


def test_scale_alarm_says_which_way() -> None:
    random = np.random.default_rng(2)
    quiet = random.normal(size=500)
    wide, narrow = random.normal(size=(2, 500)) * [[3], [0.2]]
    for after, what in ((wide, WIDER), (narrow, NARROWER)):
        found = ScaleCusum(0.5, 9.0).run_f32(np.append(quiet, after).astype(np.float32))
        assert found["what"][0] == what
        assert 500 <= found["at"][0] < 530
        start = int(found["at"][0]) - int(found["since"][0]) + 1
        assert start == pytest.approx(500, abs=10)


def test_a_detector_without_settings_says_so() -> None:
    with pytest.raises(RuntimeError, match="without its settings"):
        Cusum.__new__(Cusum).update(0.0)
