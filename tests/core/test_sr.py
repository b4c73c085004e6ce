"""The e-detector: its recursion in float64, and its promise about false alarms."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core.drift import DOWN, NARROWER, UP, WIDER
from ecmkit._core.sr import ALTERNATIVE, ALTERNATIVES_MAX, STATE_BYTES, EDetector


def mixture(*pairs: tuple[float, float]) -> NDArray[np.void]:
    """Alternatives of the given means and standard deviations, weighted alike."""
    rows = []
    for m, s in pairs:
        what = (UP if m > 0 else DOWN) if m else (WIDER if s > 1 else NARROWER)
        a = -np.log(s) - m * m / (2 * s * s)
        rows.append((a, m / s**2, (1 - 1 / s**2) / 2, 1 / len(pairs), what))
    return np.array(rows, ALTERNATIVE)


ALL = mixture(
    (0.5, 1), (1, 1), (2, 1), (-0.5, 1), (-1, 1), (-2, 1), (0, 1.5), (0, 2), (0, 0.7),
    (0, 0.4),
)  # fmt: skip


def by_formula(z: NDArray[np.float32], limit: float) -> list[tuple[int, int]]:
    r, alarms = np.zeros(len(ALL)), []
    a, b, c, weight = (ALL[name].astype(float) for name in ["a", "b", "c", "weight"])
    for i, value in enumerate(z.astype(float)):
        r = (1 + r) * np.exp(a + value * (b + c * value))
        if weight @ r > limit:
            alarms.append((i, int(ALL["what"][np.argmax(weight * r)])))
            r = np.zeros(len(ALL))
    return alarms


@pytest.mark.parametrize("seed", range(4))
def test_alarms_are_those_of_the_formula(seed: int) -> None:
    random = np.random.default_rng(seed)
    parts = [(0, 1), (0.6, 1), (-1.2, 1), (0, 1.8), (0, 0.5)]
    z = np.concatenate([random.normal(m, s, 500) for m, s in parts]).astype(np.float32)
    detector = EDetector(ALL, 1000.0)
    found = detector.run_f32(z)
    assert found[["at", "what"]].tolist() == by_formula(z, 1000.0)
    assert set(found["what"]) == {UP, DOWN, WIDER, NARROWER}


def test_false_alarms_are_as_rare_as_promised() -> None:
    """Mean run length at least the limit; over seeds, with its confidence interval."""
    limit, lengths = 500.0, []
    for seed in range(40):
        z = np.random.default_rng(seed).normal(size=60_000).astype(np.float32)
        ends = EDetector(ALL, limit).run_f32(z)["at"].astype(int)
        lengths += np.diff(ends, prepend=-1).tolist()
    mean, error = np.mean(lengths), np.std(lengths) / np.sqrt(len(lengths))
    assert mean - 3 * error > limit
    assert mean < 5 * limit


def test_what_changed_and_since_when() -> None:
    for m, s, what in ((1, 1, UP), (-1, 1, DOWN), (0, 2, WIDER), (0, 0.4, NARROWER)):
        starts, right = [], 0
        for seed in range(40):
            random = np.random.default_rng(seed)
            z = np.append(random.normal(size=300), random.normal(m, s, 400))
            change = EDetector(ALL, 1e6).run_f32(z.astype(np.float32))[0]
            right += change["what"] == what
            starts.append(int(change["at"]) - int(change["since"]) + 1)
        assert right >= 32  # an outlier of a wider scale may look like a shift
        assert np.median(starts) == pytest.approx(300, abs=6)


def test_huge_values_are_alarms_and_do_no_harm() -> None:
    detector = EDetector(ALL, 1e5)
    for value in (3e38, -3e38, 1e20):
        assert detector.update(value).drift_detected
    detector.update(0.0)
    assert not detector.drift_detected
    assert 0 < detector.mixture < 2


def test_chunks_and_states() -> None:
    z = np.random.default_rng(3).normal(0.3, 1.2, 2000).astype(np.float32)
    one, whole = EDetector(ALL, 50.0), EDetector(ALL, 50.0)
    expected = [
        (i, one.since, one.what)
        for i, value in enumerate(z)
        if one.update(value).drift_detected
    ]
    assert whole.run_f32(z).tolist() == expected
    first, second = EDetector(ALL, 50.0), EDetector(ALL, 50.0)
    first.run_f32(z[:777].copy())
    assert len(first.to_bytes()) == STATE_BYTES == 56
    second.load(first.to_bytes())
    second.run_f32(z[777:].copy())
    assert second.to_bytes() == whole.to_bytes() == one.to_bytes()


def test_the_ratio_is_that_of_logarithms() -> None:
    detector = EDetector(mixture((1, 1)), 1e4)
    assert detector.ratio == 0
    detector.update(3.0)
    assert detector.mixture == pytest.approx(np.exp(2.5), rel=1e-6)
    assert detector.ratio == pytest.approx(2.5 / np.log(1e4), rel=1e-6)


@pytest.mark.parametrize("limit", [1.0, np.nan, 1e31])
def test_bad_limits_are_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        EDetector(ALL, limit)


def test_bad_numbers_of_alternatives_are_refused() -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        EDetector(ALL[:0], 100.0)
    with pytest.raises(ValueError, match="11 rows, expected at most 10"):
        EDetector(np.append(ALL, ALL[:1]), 100.0)
    assert ALTERNATIVES_MAX == 10


def test_bad_values_and_states_are_refused() -> None:
    detector = EDetector(ALL, 100.0)
    before = detector.update(1.0).to_bytes()
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            detector.update(bad)
    for state in (bytes(55), b"\xff" * 56):
        with pytest.raises(ValueError, match="state has"):
            detector.load(state)
    assert detector.to_bytes() == before
