"""Every detector: one by one and many, pickles, states, names, refusals."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from ecmkit.drift import (
    Adwin,
    Change,
    Cusum,
    Ddm,
    Eddm,
    EDetector,
    Ewma,
    HddmA,
    HddmW,
    HotellingT2,
    PageHinkley,
    ScaleCusum,
    detectors,
)

KINDS: dict[type[detectors.Named], dict[str, Any]] = {
    Cusum: {"k": 0.25, "h": 4.0},
    ScaleCusum: {"k": 0.25, "h": 4.0},
    PageHinkley: {"threshold": 8.0, "delta": 0.1, "min_instances": 5, "mode": "up"},
    Ewma: {"lambda_": 0.2, "limit": 2.5},
    EDetector: {"arl0": 500.0, "means": (1, -1), "scales": (2.0, 0.5)},
    Adwin: {"delta": 0.1, "clock": 4, "min_window_length": 3},
    Ddm: {"warm_start": 20},
    Eddm: {"alpha": 0.9, "beta": 0.8},
    HddmA: {"drift_confidence": 0.01, "warning_confidence": 0.05},
    HddmW: {"lambda_val": 0.1, "two_sided_test": True},
}
LOSSES = (Ddm, Eddm, HddmA, HddmW)
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def stream(kind: type[detectors.Named], seed: int = 1) -> np.ndarray:
    """Values that change: of losses the rate, of others mean and scale."""
    random = np.random.default_rng(seed)
    if kind in LOSSES:
        rates = np.repeat([0.1, 0.4, 0.05, 0.7, 0.2], 300)
        return (random.random(len(rates)) < rates).astype(float)
    parts = [(0, 1), (1, 1), (-1, 1), (0, 3), (0, 0.3)]
    return np.concatenate([random.normal(m, s, 300) for m, s in parts])


@each
def test_one_by_one_is_many(kind: type[detectors.Named]) -> None:
    one, many, x = kind(**KINDS[kind]), kind(**KINDS[kind]), stream(kind)
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
    x = stream(kind)
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
    used.update_many(stream(kind))
    assert used.to_bytes() != fresh
    assert used.clone().to_bytes() == fresh
    used.reset()
    assert used.to_bytes() == fresh
    assert not used.drift_detected
    assert used.change is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (Ddm, Eddm)])
def test_defaults_are_quiet_for_long(kind: type[detectors.Named]) -> None:
    """Of ten thousand Gaussian scores, over seeds: less than one alarm on average."""
    alarms = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        z = random.normal(size=10_000)
        if kind in LOSSES:
            z = (random.random(10_000) < 0.1).astype(float)
        settings = {"threshold": 200.0} if kind is PageHinkley else {}
        alarms += len(kind(**settings).update_many(z))
    assert alarms < 20


@each
def test_an_alarm_at_the_end_of_an_array_is_seen(kind: type[detectors.Named]) -> None:
    x = stream(kind)
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
        (EDetector, {"arl0": 1}, "arl0 is 1, expected >= 1"),
        (EDetector, {"means": (0.0,)}, r"means is \(0.0,\), expected finite values"),
        (EDetector, {"scales": (1,)}, r"scales is \(1,\), expected values > 0"),
        (EDetector, {"means": (1,) * 11}, "means and scales are 15, expected 1 to 10"),
        (Adwin, {"delta": 1}, "delta is 1, expected > 0, <= 0.999"),
        (Adwin, {"max_buckets": 6}, "max_buckets is 6, expected >= 2, <= 5"),
        (Ddm, {"drift_threshold": 0}, "drift_threshold is 0, expected > 0"),
        (Eddm, {"beta": 0.99}, "beta is 0.99, expected > 0, <= 0.95"),
        (HddmA, {"drift_confidence": 0.1}, "drift_confidence is 0.1, expected > 0"),
        (HddmW, {"lambda_val": 2}, "lambda_val is 2, expected > 0, <= 1"),
    ],
)
def test_errors_name_the_setting(
    kind: type[detectors.Named], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**settings)


def test_several_features_at_once() -> None:
    random = np.random.default_rng(4)
    covariance = np.array([[1, 0.8], [0.8, 1]])
    x = random.multivariate_normal([3, -2], covariance, 600)
    x[400:] += [1.2, -1.2]  # against the correlation, small in each feature
    detector = HotellingT2([3, -2], covariance, limit=30, lambda_=0.1)
    at = int(detector.update_many(x)[0])
    assert 400 <= at < 415
    one = detector.clone()
    for row in x[: at + 1]:
        one.update(row)
    assert one.drift_detected
    assert one.change == "shift"
    again = pickle.loads(pickle.dumps(one))
    assert again.to_bytes() == one.to_bytes()
    moved = HotellingT2.from_bytes(one.to_bytes(), **one.settings)
    assert moved.to_bytes() == one.to_bytes()
    (first, *_) = one.clone().detect(x)
    assert (first.at, first.what) == (at, "shift")
    assert abs(first.start - 400) < 10
    assert not one.warning_detected
    for bad, message in (
        (x[:, :1], r"x has shape \(600, 1\), expected \(n, 2\)"),
        (x * np.nan, "x has values that are not finite"),
    ):
        with pytest.raises(ValueError, match=message):
            one.update_many(bad)
    with pytest.raises(ValueError, match="covariance is not positive definite"):
        HotellingT2([0, 0], [[1, 2], [2, 1]], 9)
    with pytest.raises(ValueError, match=r"mean has shape \(2,\) and covariance"):
        HotellingT2([0, 0], [[1]], 9)
    assert again.to_bytes() == one.to_bytes()


def test_what_a_window_tells() -> None:
    detector = Adwin()
    detector.update_many(np.full(100, 2.0))
    assert (detector.width, detector.total, detector.estimation) == (100, 200, 2)
    assert detector.variance == 0
