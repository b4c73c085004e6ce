"""Calibrated limits: what they promise, on data that the calibration never saw."""

import numpy as np
import pytest

from ecmkit._core.drift import Cusum
from ecmkit.drift import ScoreWatch, cusum_limit, watch_score
from ecmkit.errors import DataError


def alarms(watch: ScoreWatch, scores: np.ndarray) -> int:
    z = (np.log(scores + watch.floor) - watch.mean) * watch.inv_sd
    detector = Cusum(watch.k, watch.h)
    detector.update_many_f32(z.astype(np.float32))
    return detector.alarms_n


# How to draw, and the factor by which the mean rate may exceed what was asked: a short
# reference does not show all of a heavy tail (1.6 measured over 14 references).
SCORES = {
    "lognormal": (lambda rng, n: rng.lognormal(0.0, 0.3, n), 1.5),
    "heavy tails": (lambda rng, n: np.exp(0.2 * rng.standard_t(5, n)), 2.5),
    "skewed": (lambda rng, n: rng.gamma(2.0, 1.0, n), 1.5),
}


@pytest.mark.parametrize("kind", SCORES)
def test_rate_over_many_references(kind: str) -> None:
    draw, excess = SCORES[kind]
    asked, length, total = 1000.0, 50_000, 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        reference = draw(rng, 500)
        watch = watch_score(reference, name="s", arl0=asked, seed=seed)
        total += alarms(watch, draw(rng, length))
    # Limits differ between references; their mean rate is the promise.
    assert total / (6 * length) <= excess / asked
    assert total / (6 * length) >= 0.3 / asked


def test_correlated_scores_raise_the_limit_and_keep_the_rate(ar1) -> None:
    asked, total = 1000.0, 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        watch = watch_score(
            np.exp(0.3 * ar1(rng, 0.7, 1500)), name="s", arl0=asked, seed=seed
        )
        assert watch.h > 1.5 * cusum_limit(0.5, asked)
        total += alarms(watch, np.exp(0.3 * ar1(rng, 0.7, 50_000)))
    # 1.8 measured over 14 references: 1500 windows are worth 260 independent ones.
    assert total / 200_000 <= 3.0 / asked


def test_recordings_that_differ_raise_the_limit() -> None:
    rng = np.random.default_rng(0)
    noise, offset = rng.normal(size=600), np.repeat(rng.normal(size=12), 50)
    groups = np.repeat([f"r{i}" for i in range(12)], 50)
    same = watch_score(np.exp(0.3 * noise), name="s", arl0=1e4, groups=groups, seed=1)
    differ = watch_score(
        np.exp(0.3 * (noise + offset)), name="s", arl0=1e4, groups=groups, seed=1
    )
    assert same.h < 1.5 * cusum_limit(0.5, 1e4)
    assert differ.h > 3 * cusum_limit(0.5, 1e4)


@pytest.fixture(scope="module")
def base() -> tuple[np.ndarray, ScoreWatch]:
    scores = np.random.default_rng(5).lognormal(0.0, 0.3, 400)
    return scores, watch_score(scores, name="s", arl0=1e4, seed=2)


def test_record(base) -> None:
    _, watch = base
    assert (watch.score, watch.k, watch.arl0, watch.n_reference) == ("s", 0.5, 1e4, 400)
    low, high = watch.arl0_interval
    assert 0.5e4 < low < high < 5e4  # never below theory's limit, so rather longer
    assert high / low < 4
    assert watch.h >= cusum_limit(0.5, 1e4)


@pytest.mark.parametrize("factor", [0.01, 1000.0, 1e-6])
def test_units_do_not_matter(base, factor: float) -> None:
    scores, watch = base
    other = watch_score(scores * factor, name="s", arl0=1e4, seed=2)
    assert other.h == pytest.approx(watch.h, rel=0.01)
    assert other.floor == pytest.approx(watch.floor * factor)
    changed = 1.6 * np.random.default_rng(6).lognormal(0.0, 0.3, 200)
    assert alarms(other, changed * factor) == alarms(watch, changed) > 0


def test_an_offset_leaves_the_watch_working(base) -> None:
    scores, _ = base
    watch = watch_score(scores + 10.0, name="s", arl0=1e4, seed=2)
    rng = np.random.default_rng(7)
    assert alarms(watch, rng.lognormal(0.0, 0.3, 5000) + 10.0) <= 4
    assert alarms(watch, 1.6 * rng.lognormal(0.0, 0.3, 200) + 10.0) > 0


def test_same_seed_same_watch(base) -> None:
    scores, watch = base
    assert watch_score(scores, name="s", arl0=1e4, seed=2) == watch


def test_rarer_alarms_need_higher_limits(base) -> None:
    scores, watch = base
    rare = watch_score(scores, name="s", arl0=1e7, seed=2)
    assert rare.h > watch.h
    low, high = rare.arl0_interval
    assert 0.5e7 < low < high < 5e7


def test_zero_scores_are_fine() -> None:
    x = np.maximum(np.random.default_rng(8).normal(size=400), 0.0)
    watch = watch_score(x, name="s", arl0=1e3, seed=0)
    assert watch.floor > 0
    assert np.isfinite([watch.mean, watch.inv_sd, watch.h]).all()


def test_says_how_long_the_reference_must_be() -> None:
    x = np.random.default_rng(9).lognormal(size=60)
    with pytest.raises(DataError, match=r"found 60 .* at least \d+ for one false") as e:
        watch_score(x, name="error", arl0=1e6, seed=0)
    assert "score `error`" in str(e.value)
    needed = int(str(e.value).split("at least ")[1].split()[0])
    assert 91 <= needed < 400


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([1.0], "found 1 reference windows"),
        ([1.0, np.nan, 2.0], "window 1: found nan"),
        ([1.0, 2.0, -1.0], r"window 2: found -1\.0"),
        ([0.0] * 100, "all 100 reference scores are zero"),
        ([3.0] * 100, "do not vary"),
    ],
)
def test_refuses_useless_references(scores: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        watch_score(scores, name="s", arl0=100, seed=0)


def test_refuses_bad_arguments(base) -> None:
    scores, _ = base
    with pytest.raises(ValueError, match="arl0 is 1"):
        watch_score(scores, name="s", arl0=1, seed=0)
    with pytest.raises(ValueError, match="groups has shape"):
        watch_score(scores, name="s", arl0=100, groups=["a"], seed=0)
    with pytest.raises(ValueError, match=r"expected \(n_windows,\)"):
        watch_score(scores[None, :], name="s", arl0=100, seed=0)
