"""Every detector: one by one and many, pickles, states, names, refusals."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from ecmkit.drift import Change, Cusum, Ewma, PageHinkley, ScaleCusum, detectors

KINDS: dict[type[detectors.Named], dict[str, Any]] = {
    Cusum: {"k": 0.25, "h": 4.0},
    ScaleCusum: {"k": 0.25, "h": 4.0},
    PageHinkley: {"threshold": 8.0, "delta": 0.1, "min_instances": 5, "mode": "up"},
    Ewma: {"lambda_": 0.2, "limit": 2.5},
}
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def stream(seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    parts = [(0, 1), (1, 1), (-1, 1), (0, 3), (0, 0.3)]
    return np.concatenate([random.normal(m, s, 300) for m, s in parts])


@each
def test_one_by_one_is_many(kind: type[detectors.Named]) -> None:
    one, many, x = kind(**KINDS[kind]), kind(**KINDS[kind]), stream()
    expected = []
    for i, value in enumerate(x):
        if one.update(value).drift_detected:
            assert one.change is not None
            expected.append(Change(i, one.since, one.change))
    assert len(expected) > 1
    assert many.detect(x) == expected
    assert all(0 < change.since <= change.at + 1 for change in expected)
    again = kind(**KINDS[kind])
    assert again.update_many(x).tolist() == [change.at for change in expected]
    assert again.to_bytes() == one.to_bytes()


@each
def test_pickles_and_copies_go_on(kind: type[detectors.Named]) -> None:
    x = stream()
    whole, first = kind(**KINDS[kind]), kind(**KINDS[kind])
    whole.update_many(x)
    first.update_many(x[:777])
    for other in (
        pickle.loads(pickle.dumps(first)),
        copy.deepcopy(first),
        kind.from_bytes(first.to_bytes(), **KINDS[kind]),
    ):
        assert type(other) is kind
        assert other.settings == first.settings
        assert repr(other) == repr(first)
        other.update_many(x[777:])
        assert other.to_bytes() == whole.to_bytes()


@each
def test_reset_and_clone_start_again(kind: type[detectors.Named]) -> None:
    used = kind(**KINDS[kind])
    fresh = used.to_bytes()
    used.update_many(stream())
    assert used.to_bytes() != fresh
    assert used.clone().to_bytes() == fresh
    used.reset()
    assert used.to_bytes() == fresh
    assert not used.drift_detected
    assert used.change is None


@each
def test_defaults_are_quiet_for_long(kind: type[detectors.Named]) -> None:
    """Of ten thousand Gaussian scores, over seeds: less than one alarm on average."""
    alarms = 0
    for seed in range(20):
        z = np.random.default_rng(seed).normal(size=10_000)
        settings = {"threshold": 200.0} if kind is PageHinkley else {}
        alarms += len(kind(**settings).update_many(z))
    assert alarms < 20


@each
def test_an_alarm_at_the_end_of_an_array_is_seen(kind: type[detectors.Named]) -> None:
    x = stream()
    at = int(kind(**KINDS[kind]).update_many(x)[0])
    detector = kind(**KINDS[kind])
    detector.update_many(x[: at + 1])
    assert detector.drift_detected
    detector.update_many(x[:0])
    assert not detector.drift_detected


@each
def test_arrays_are_checked(kind: type[detectors.Named]) -> None:
    detector = kind(**KINDS[kind])
    before = detector.to_bytes()
    with pytest.raises(ValueError, match=r"x has shape \(2, 2\), expected one dim"):
        detector.update_many(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"x\[1\] is nan, expected finite values"):
        detector.update_many([0, np.nan])
    assert detector.to_bytes() == before


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (Cusum, {"k": -1}, "k is -1, expected >= 0"),
        (Cusum, {"h": 0}, "h is 0, expected > 0"),
        (Cusum, {"h": np.inf}, "h is inf, expected > 0"),
        (ScaleCusum, {"h": np.nan}, "h is nan, expected > 0"),
        (PageHinkley, {"alpha": 1.5}, "alpha is 1.5, expected >= 0, <= 1"),
        (PageHinkley, {"mode": "left"}, "mode is 'left', expected one of up, down"),
        (PageHinkley, {"min_instances": -1}, "min_instances is -1"),
        (Ewma, {"lambda_": 2}, "lambda_ is 2, expected > 0, <= 1"),
        (Ewma, {"limit": -3}, "limit is -3, expected > 0"),
    ],
)
def test_errors_name_the_setting(
    kind: type[detectors.Named], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**settings)
