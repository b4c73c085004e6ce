"""Sensor health: any chunking gives the same counters, each verdict by definition."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecmkit._core.health import CLIPPED, NONFINITE, STUCK, Health

SAMPLES = st.lists(
    st.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0, 2.0, np.nan, np.inf, -np.inf]),
    max_size=80,
)


def counters(health: Health) -> tuple[int, ...]:
    return (health.run, health.nonfinite_n, health.clipped_n, health.stuck_n)


def runs(x: NDArray[np.float32]) -> list[int]:
    """Lengths of runs of equal samples among the finite ones."""
    finite = x[np.isfinite(x)].tolist()
    return [len(list(group)) for _, group in itertools.groupby(finite)]


@given(samples=SAMPLES, cuts=st.lists(st.integers(0, 80), max_size=6))
def test_any_chunking_gives_the_same_counters(
    samples: list[float], cuts: list[int]
) -> None:
    x = np.array(samples, np.float32)
    whole, parts = Health(1.0, 3, 0), Health(1.0, 3, 0)
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
    health = Health(1.0, stuck_len, clip_count)
    verdict = health.update_f32(x)
    assert verdict == (
        NONFINITE * (len(finite) < len(x))
        + CLIPPED * (clipped > clip_count)
        + STUCK * (stuck > 0)
    )
    assert counters(health)[1:] == (len(x) - len(finite), clipped, stuck)
    assert health.run == (runs(x) or [0])[-1]


def test_a_gap_starts_a_new_run() -> None:
    health = Health(1.0, 3, 0)
    two = np.zeros(2, np.float32)
    assert health.update_f32(two) == 0
    health.gap()
    assert health.update_f32(two) == 0
    assert health.missing_n == 1
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
    whole, parts = (Health(1.0, stuck_len, clip_count) for _ in range(2))
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
        Health(*limits)
