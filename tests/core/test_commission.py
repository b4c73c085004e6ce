"""Baselines learnt on the machine: against NumPy, guarded, kept, taken back."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from ecmkit._core import commission as core
from ecmkit._core import state
from ecmkit._core.commission import Commission

FEATURES, K, WINDOWS = 3, 64, 100
FLOATS = FEATURES * (core.EDGES + core.BINS + 2)


def commission(**changes: Any) -> Commission:
    settings = {
        "id": 0xC0FFEE, "features_len": FEATURES, "k": K, "windows_len": WINDOWS,
        "ks_limit": 0.3, "shift_limit": 0.8,
    }  # fmt: skip
    return Commission(**(settings | changes))


def gather(one: Commission, x: NDArray[np.float32], *, forced: bool = False) -> bool:
    """Learn from rows of features; whether the baseline was accepted."""
    one.begin(forced)
    enough = [one.update_f32(row) for row in x]
    assert enough == [False] * (len(x) - 1) + [True]
    return one.finish()


def numbers(one: Commission) -> list[NDArray[np.float32]]:
    """Edges, shares, means and spreads."""
    found = one.numbers()
    assert found.shape == (FLOATS,)
    ends = np.cumsum(FEATURES * np.array([core.EDGES, core.BINS, 1]))
    edges, shares, means, spreads = np.split(found, ends)
    return [edges.reshape(FEATURES, -1), shares.reshape(FEATURES, -1), means, spreads]


def store(words: int) -> state.Store:
    return state.Store(b"\xff" * 2 * state.slot_bytes(4 * words))


BASELINES = core.baseline_words(FEATURES)
GATHERED = core.learn_words(FEATURES, K)


# Moments are of deviations between 1e-9 and 1e9; ties are welcome.
EIGHTHS = st.integers(-8000, 8000).map(lambda i: i / 8)


@given(hnp.arrays(np.float32, (WINDOWS, FEATURES), elements=EIGHTHS))
def test_a_baseline_is_the_quantiles_and_moments_of_the_windows(
    x: NDArray[np.float32],
) -> None:
    one = commission()
    assert gather(one, x)
    edges, shares, means, spreads = numbers(one)
    ordered = np.sort(x, axis=0)
    ranks = [-(-i * WINDOWS // 8) - 1 for i in range(1, 8)]
    np.testing.assert_array_equal(edges, ordered[ranks].T)  # all values are kept
    up_to = np.array(
        [[np.mean(x[:, f] <= e) for e in edges[f]] for f in range(FEATURES)]
    )
    np.testing.assert_allclose(np.cumsum(shares, axis=1)[:, :-1], up_to, atol=1e-6)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    wide = x.astype(np.float64)
    scale = np.abs(wide).max(axis=0)
    assert (np.abs(means - wide.mean(axis=0)) <= 1e-6 * scale).all()
    assert (np.abs(spreads - wide.std(axis=0)) <= 1e-5 * scale).all()


def test_ranks_of_many_windows_are_as_close_as_the_sketch_promises() -> None:
    rng = np.random.default_rng(7)
    one = commission(windows_len=20000)
    x = rng.lognormal(size=(20000, FEATURES)).astype(np.float32)
    assert gather(one, x)
    edges, shares, _, _ = numbers(one)
    for f in range(FEATURES):
        share = [np.mean(x[:, f] <= edge) for edge in edges[f]]
        np.testing.assert_allclose(share, np.arange(1, 8) / 8, atol=0.04)
        np.testing.assert_allclose(np.cumsum(shares[f])[:-1], share, atol=0.04)


def normal(seed: int, *, shift: float = 0.0, scale: float = 1.0) -> NDArray[np.float32]:
    x = np.random.default_rng(seed).normal(size=(WINDOWS, FEATURES))
    x[:, 1] = x[:, 1] * scale + shift
    return x.astype(np.float32)


def test_the_guard_keeps_a_changed_machine_out_and_lets_the_same_one_in() -> None:
    """Among 200: by Smirnov's limit one in 1300 goes beyond 0.3 in three features."""
    accepted = shifted = wider = 0
    for seed in range(200):
        one = commission()
        assert gather(one, normal(seed))
        before = one.numbers()
        shifted += gather(one, normal(1000 + seed, shift=1.5))
        assert one.difference[0] == 1
        wider += gather(one, normal(2000 + seed, scale=40.0))
        assert (one.numbers() == before).all()
        assert (one.phase, one.generation) == (core.MONITORING, 1)
        accepted += gather(one, normal(3000 + seed))
    assert (shifted, wider) == (0, 0)
    assert accepted >= 198  # 3 or more of 200 at that rate: once in 2000


def test_what_differs_is_told_and_force_takes_it() -> None:
    one = commission()
    assert gather(one, normal(1))
    _, _, means, spreads = numbers(one)
    x = normal(2, shift=2.0)
    assert not gather(one, x)
    feature, ks, shift = one.difference
    assert (feature, one.n) == (1, WINDOWS)
    assert ks > 0.3
    wanted = abs(x[:, 1].astype(float).mean() - means[1]) / spreads[1]
    assert shift == pytest.approx(wanted, rel=1e-5)
    assert gather(one, x, forced=True)
    assert one.generation == 2
    assert numbers(one)[2][1] == pytest.approx(x[:, 1].mean(), rel=1e-5)


def test_few_windows_that_are_far_off_are_told_by_the_mean() -> None:
    one = commission()
    assert gather(one, normal(1))
    x = normal(1)
    x[:5, 2] = 60.0  # the last bin gains 0.05 at most
    assert not gather(one, x)
    feature, ks, shift = one.difference
    assert (feature, shift > 0.8) == (2, True)
    assert ks <= 0.05 + 1e-6


def test_values_that_are_not_finite_leave_no_trace() -> None:
    x, odd, plain = normal(3), commission(), commission()
    assert gather(plain, x)
    odd.begin(False)
    for row in x:
        for place, value in ((2, np.nan), (1, np.inf)):
            wrong = row.copy()
            wrong[place] = value
            with pytest.raises(ValueError, match="ECM_ERR_ARG"):
                odd.update_f32(wrong)
        odd.update_f32(row)
    assert odd.finish()
    assert (odd.numbers() == plain.numbers()).all()


def test_what_was_gathered_before_the_last_baseline_is_of_no_use() -> None:
    one, flash = commission(), store(GATHERED)
    assert gather(one, normal(1))
    one.begin(True)
    one.update_f32(normal(2)[0])
    one.pause(flash)
    assert gather(one, normal(3), forced=True)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.resume(flash)
    assert (one.phase, one.n) == (core.MONITORING, WINDOWS)


def test_a_feature_that_never_changed_must_not() -> None:
    one = commission(windows_len=32)
    flat = np.ones((32, FEATURES), np.float32)
    assert gather(one, flat)
    assert gather(one, flat)
    assert one.difference[1:] == (0.0, 0.0)
    assert not gather(one, flat * 1.001)
    assert one.difference[2] == np.finfo(np.float32).max


@pytest.mark.parametrize("at", [0, 1, 31, 99])
def test_gathering_goes_on_after_a_reset_with_the_same_bits(at: int) -> None:
    x, whole = normal(5), commission()
    assert gather(whole, x)
    one, flash = commission(), store(GATHERED)
    one.begin(False)
    for row in x[:at]:
        one.update_f32(row)
    one.pause(flash)
    again = commission()
    again.resume(flash)
    assert (again.phase, again.n) == (core.LEARNING, at)
    for row in x[at:]:
        again.update_f32(row)
    assert again.finish()
    assert (again.numbers() == whole.numbers()).all()
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        again.resume(flash)  # of before the baseline that is there now


@pytest.mark.parametrize(
    ("word", "value"),
    [(0, 99), (8, K + 1), (9, 0), (9, 21), (10, 0), (10, 0xFFFF), (11, 7)],
)
def test_gathered_places_that_no_sketch_has_are_refused(word: int, value: int) -> None:
    """They are indices: a record with a right checksum may still be another's."""
    one, flash = commission(), store(GATHERED)
    one.begin(False)
    for row in normal(5)[:20]:
        one.update_f32(row)
    one.pause(flash)
    found = np.frombuffer(flash.load(core.LEARN_TYPE), "<u2").copy()
    each = (len(found) - 16) // FEATURES  # half words of a feature
    sketch = 16 + each - 32 - 2 * (3 * K + 160)
    assert found[sketch + 8 : sketch + 10].tolist() == [K, 1]
    found[sketch + word] = value
    flash.save(core.LEARN_TYPE, found.tobytes())
    again = commission()
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        again.resume(flash)
    assert (again.phase, again.n) == (core.EMPTY, 0)


def test_what_was_gathered_is_checked_against_the_present_state() -> None:
    one, other = commission(), commission(id=1)
    one.begin(False)
    other.begin(False)
    one.update_f32(normal(5)[0])
    commission().check_kept(one)
    for kept in (commission(), other):  # not learning; other features
        with pytest.raises(ValueError, match="ECM_ERR_STATE"):
            commission().check_kept(kept)
    gather(one, normal(1))
    again = commission()
    again.begin(False)
    again.update_f32(normal(5)[0])
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.check_kept(again)  # of before its baseline


def test_relearning_goes_on_with_its_baseline() -> None:
    one, flash, kept = commission(), store(GATHERED), store(BASELINES)
    gather(one, normal(1))
    one.save(kept)
    one.begin(True)
    one.update_f32(normal(2)[0])
    one.pause(flash)
    again = commission()
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        again.resume(flash)
    again.load(kept)
    again.resume(flash)
    assert (again.phase, again.n, again.generation) == (core.RELEARNING, 1, 1)
    again.cancel()
    assert (again.phase, again.n) == (core.MONITORING, 0)


def test_a_baseline_is_saved_as_the_formats_say_and_taken_back() -> None:
    one, kept = commission(), store(BASELINES)
    found = []
    for seed, shift in ((1, 0.0), (2, 9.0)):
        gather(one, normal(seed, shift=shift), forced=True)
        one.save(kept)
        head = struct.pack("<I2H2I", 0xC0FFEE, FEATURES, core.BINS, seed, WINDOWS)
        found.append(head + one.numbers().tobytes())
        assert kept.load(core.BASELINE_TYPE) == found[-1]
    again = commission()
    again.load(kept)
    assert again.numbers().tobytes() == found[1][16:]
    again.back(kept)
    assert again.generation == 1
    assert again.numbers().tobytes() == found[0][16:]
    assert kept.load(core.BASELINE_TYPE) == found[0]
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        again.back(kept)
    assert again.numbers().tobytes() == found[0][16:]


def test_a_baseline_of_other_features_is_not_taken() -> None:
    one, kept = commission(), store(BASELINES)
    gather(one, normal(1))
    one.save(kept)
    other = commission(id=1)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        other.load(kept)
    assert other.phase == core.EMPTY
    gather(other, normal(2))
    other.save(kept)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        other.back(kept)  # the one before is of other features
    assert other.generation == 1
    other.load(kept)
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        commission(features_len=2).load(kept)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"features_len": 0}, "LENGTH"),
        ({"features_len": 256}, "LENGTH"),
        ({"k": 7}, "LENGTH"),
        ({"k": 1025}, "LENGTH"),
        ({"windows_len": core.WINDOWS_MIN - 1}, "LENGTH"),
        ({"windows_len": core.WINDOWS_MAX + 1}, "LENGTH"),
        ({"ks_limit": 0.0}, "ARG"),
        ({"ks_limit": 1.5}, "ARG"),
        ({"shift_limit": -1.0}, "ARG"),
        ({"shift_limit": float("inf")}, "ARG"),
    ],
)
def test_settings_that_are_refused(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=f"ECM_ERR_{error}"):
        commission(**changes)


def test_calls_that_are_refused() -> None:
    one = commission()
    row = np.zeros(FEATURES, np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.update_f32(row)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.save(store(BASELINES))
    one.begin(False)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.finish()
    with pytest.raises(ValueError, match="x has length 2, expected 3"):
        one.update_f32(row[:2])
    for odd in (np.nan, np.inf):
        row[1] = odd
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            one.update_f32(row)
    assert one.n == 0
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        one.update_some_f32(np.zeros(FEATURES, np.float32), FEATURES, 1)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        one.update_some_f32(np.zeros(FEATURES, np.float32), 0, 0)


@pytest.mark.parametrize("forced", [False, True])
def test_a_few_features_at_a_time_give_the_same_baseline(forced: bool) -> None:
    x = np.random.default_rng(1).normal(size=(2, WINDOWS, FEATURES)).astype(np.float32)
    x[1, :, 1] += 3.0
    whole, slices = commission(), commission()
    for one in (whole, slices):
        assert gather(one, x[0])
    before = slices.numbers()
    accepted = gather(whole, x[1], forced=forced)
    assert accepted is forced
    slices.begin(forced)
    for n, row in enumerate(x[1], 1):
        at, enough = 0, False
        for left in range(FEATURES, 0, -1):
            assert slices.n == n - 1
            at, enough = slices.update_some_f32(row, at, 1)
            assert at == (FEATURES + 1 - left if left > 1 else 0)
        assert enough is (n == WINDOWS)
    calls = 0
    while (found := slices.finish_some(1)) is None:
        np.testing.assert_array_equal(slices.numbers(), before)
        calls += 1
    assert found is accepted
    assert calls + 1 == FEATURES * (2 if forced else 1)
    assert slices.difference == whole.difference
    np.testing.assert_array_equal(slices.numbers(), whole.numbers())
