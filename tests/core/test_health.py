"""Sensor health: any chunking gives the same counters, each verdict by definition."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecmkit._core import health as core
from ecmkit._core.health import CLIPPED, NONFINITE, STUCK, Health

SAMPLES = st.lists(
    st.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0, 2.0, np.nan, np.inf, -np.inf]),
    max_size=80,
)


OFF = dict.fromkeys(
    (
        "low", "high", "spike", "spike_count", "block_len", "dead_band", "offset",
        "offset_limit", "signature_low", "signature_high", "period_ns", "rate_ppm",
        "rate_len",
    ),
    0,
)  # fmt: skip


def judge(range: float, stuck_len: int, clip_count: int, **more: float) -> Health:
    """Limits that are not given are off."""
    limits: dict[str, Any] = {**OFF, **more}
    return Health(range=range, stuck_len=stuck_len, clip_count=clip_count, **limits)


def counters(health: Health) -> tuple[int, ...]:
    found = health.counters
    return (health.run, *(found[name] for name in ("nonfinite", "clipped", "stuck")))


def runs(x: NDArray[np.float32]) -> list[int]:
    """Lengths of runs of equal samples among the finite ones."""
    finite = x[np.isfinite(x)].tolist()
    return [len(list(group)) for _, group in itertools.groupby(finite)]


@given(samples=SAMPLES, cuts=st.lists(st.integers(0, 80), max_size=6))
def test_any_chunking_gives_the_same_counters(
    samples: list[float], cuts: list[int]
) -> None:
    x = np.array(samples, np.float32)
    whole, parts = judge(1.0, 3, 0), judge(1.0, 3, 0)
    verdict, joined = whole.update_f32(x), 0
    for part in np.split(x, sorted(min(c, len(x)) for c in cuts)):
        joined |= parts.update_f32(np.ascontiguousarray(part))
    assert counters(parts) == counters(whole)
    assert joined == verdict  # no clipped sample is allowed here


@given(samples=SAMPLES, clip_count=st.integers(0, 4), stuck_len=st.integers(2, 6))
def test_verdict_by_definition(
    samples: list[float], clip_count: int, stuck_len: int
) -> None:
    x = np.array(samples, np.float32)
    finite = x[np.isfinite(x)]
    clipped = int((np.abs(finite) >= 1.0).sum())
    stuck = sum(run >= stuck_len for run in runs(x))
    health = judge(1.0, stuck_len, clip_count)
    verdict = health.update_f32(x)
    assert verdict == (
        NONFINITE * (len(finite) < len(x))
        + CLIPPED * (clipped > clip_count)
        + STUCK * (stuck > 0)
    )
    assert counters(health)[1:] == (len(x) - len(finite), clipped, stuck)
    assert health.run == (runs(x) or [0])[-1]


def test_a_gap_starts_a_new_run() -> None:
    health = judge(1.0, 3, 0)
    two = np.zeros(2, np.float32)
    assert health.update_f32(two) == 0
    health.gap()
    assert health.update_f32(two) == 0
    assert health.counters["missing"] == 1
    assert health.update_f32(two[:1]) == STUCK


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, -7, 32767, -32768]), max_size=40),
    st.integers(2, 5),
    st.integers(0, 3),
    st.integers(1, 7),
)
def test_integers_in_any_chunks(
    codes: list[int], stuck_len: int, clip_count: int, chunk: int
) -> None:
    x = np.array(codes, np.int16)
    clipped = int(np.isin(x, (32767, -32768)).sum())
    stuck = sum(run >= stuck_len for run in runs(x.astype(np.float32)))
    whole, parts = (judge(1.0, stuck_len, clip_count) for _ in range(2))
    verdict = whole.update_s16(x)
    assert verdict == CLIPPED * (clipped > clip_count) + STUCK * (stuck > 0)
    for at in range(0, len(x), chunk):
        parts.update_s16(x[at : at + chunk])
    assert counters(parts) == counters(whole)
    assert counters(whole)[1:] == (0, clipped, stuck)


@pytest.mark.parametrize(
    "limits", [(0.0, 3, 0), (-1.0, 3, 0), (np.nan, 3, 0), (1.0, 1, 0), (1.0, 0, 0)]
)
def test_bad_limits_are_refused(limits: tuple[float, int, int]) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        judge(*limits)


ALL = {
    "low": -3.0, "high": 3.0, "spike": 2.0, "block_len": 40, "dead_band": 0.05,
    "offset_limit": 0.6, "signature_low": 0.8, "signature_high": 3.0,
}  # fmt: skip


def spikes(x: NDArray[np.float32], limit: float) -> int:
    """Samples that are far from both neighbours, none beside another."""
    step, found, i = np.diff(x), 0, 1
    while i < len(step):
        if min(abs(step[i - 1]), abs(step[i])) >= limit and step[i - 1] * step[i] < 0:
            found, i = found + 1, i + 1
        i += 1
    return found


def blocks(x: NDArray[np.float32], n: int) -> tuple[int, int, int]:
    """Dead blocks, blocks with a wrong mean, and with a wrong signature."""
    dead = wrong = strange = 0
    for block in np.split(x, range(n, len(x), n)):
        if len(block) == n:
            y = block.astype(float)
            is_dead = np.ptp(y) < ALL["dead_band"]
            dead += is_dead
            wrong += abs(y.mean()) > ALL["offset_limit"]
            share = (np.diff(y) ** 2).sum() / n / max(y.var(), 1e-30)
            strange += not is_dead and not 0.8 <= share <= 3.0
    return dead, wrong, strange


@pytest.mark.parametrize("seed", range(20))
def test_every_check_by_definition_and_in_any_chunks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.5, 1000).astype(np.float32)
    x[80:125] *= 0.01  # a broken cable
    x[200:260] += 1.5
    x[400:480] = np.sin(np.arange(80) / 9)  # hum alone
    x[rng.integers(600, 999, 8)] += 4
    one, parts = judge(4.2, 5, 0, **ALL), judge(4.2, 5, 0, **ALL)
    verdict, joined = one.update_f32(x), 0
    for part in np.split(x, np.sort(rng.integers(0, 1000, 30))):
        joined |= parts.update_f32(np.ascontiguousarray(part))
    assert joined & ~core.SPIKE == verdict & ~core.SPIKE
    assert parts.counters == one.counters
    found = one.counters
    assert found["spikes"] == spikes(x, ALL["spike"]) > 4
    assert found["outside"] == np.sum((x < -3) | (x > 3))
    expected = blocks(x, 40)
    assert (found["dead"], found["offset"], found["signature"]) == expected
    assert min(expected) > 0
    assert verdict == (
        core.SPIKE | core.OUTSIDE | core.DEAD | core.OFFSET | core.SIGNATURE
        | (core.CLIPPED if found["clipped"] else 0)
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["loose mount", "broken cable", "open input"])
def test_a_sensor_that_left_its_machine_leaves_its_signature(kind: str) -> None:
    """300 healthy blocks pass limits from others; nearly all sick ones do not."""
    rng = np.random.default_rng(5)

    def healthy(n: int) -> NDArray[np.float32]:
        t = np.arange(n) / 12_800
        wide = np.convolve(rng.normal(size=n), [1, 0.6, 0.5], "same")
        return (wide + 0.8 * np.sin(2 * np.pi * 150 * t)).astype(np.float32)

    def signatures(x: NDArray[np.float32]) -> NDArray[np.float64]:
        y = x.reshape(-1, 1024).astype(float)
        return (np.diff(y) ** 2).sum(1) / 1024 / y.var(1)

    known = signatures(healthy(1024 * 300))
    span = known.max() - known.min()
    limits = {"signature_low": known.min() - span, "signature_high": known.max() + span}
    one = judge(100.0, 50, 0, block_len=1024, **limits)
    one.update_f32(healthy(1024 * 300))
    assert one.counters["signature"] == 0
    n = 1024 * 50
    t = np.arange(n) / 12_800
    sick = {
        "loose mount": np.convolve(healthy(n), np.ones(4) / 4, "same"),
        "broken cable": np.sin(2 * np.pi * 50 * t) + rng.normal(0, 0.01, n),
        "open input": rng.normal(0, 0.3, n),
    }[kind]
    one.update_f32(sick.astype(np.float32))
    assert one.counters["signature"] >= 45


@pytest.mark.parametrize("off_ppm", [-3000, -1200, -200, 0, 200, 1200, 3000])
def test_a_wrong_rate_is_found_and_missing_samples_are_counted(off_ppm: int) -> None:
    rng = np.random.default_rng(abs(off_ppm))
    one = judge(1.0, 2, 0, period_ns=100_000, rate_ppm=1000, rate_len=20_000)
    t, lost, verdicts = 2**32 - 5e6, 0, 0
    for _ in range(2000):
        verdicts |= one.time(int(t + rng.uniform(0, 4)) % 2**32, 50)
        t += 50 * 100 * (1 + off_ppm * 1e-6)
        if rng.random() < 0.002:
            lost += (gap := int(rng.integers(5, 400)))
            t += gap * 100
    assert one.counters["lost"] == pytest.approx(lost, abs=one.counters["missing"])
    assert one.counters["missing"] > 0
    assert bool(verdicts & core.RATE) == (abs(off_ppm) > 1000)
    assert bool(one.counters["rate"]) == (abs(off_ppm) > 1000)


@pytest.mark.parametrize(
    "more",
    [{"low": 1.0}, {"spike": -1.0}, {"block_len": 1}, {"signature_low": 2.0}],
)
def test_bad_limits_of_single_checks_are_refused(more: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        judge(1.0, 2, 0, **more)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        judge(1.0, 2, 0).time(0, 1)
