"""Scores: Gaussian and independent for features that are neither."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecmkit._core.score import ORDER_MAX, STATE_BYTES, Score

EMPTY = np.empty(0, np.float32)


def fit(reference: NDArray[np.float64], order: int, bins: int) -> Score:
    """Read the header: centre, Yule-Walker, mid-distribution scores of quantiles."""
    centre = np.float32(reference.mean())
    x = (reference.astype(np.float32) - centre).astype(float)
    phi = np.zeros(order)
    if order:
        lags = [np.mean(x[i:] * x[: len(x) - i]) for i in range(order + 1)]
        phi = scipy.linalg.solve_toeplitz(lags[:order], lags[1:])
    plain = Score(float(centre), 1.0, phi.astype(np.float32), EMPTY, EMPTY)
    left = plain.update_many_f32(reference.astype(np.float32))
    edges = np.unique(np.quantile(left, np.arange(1, bins) / bins, method="lower"))
    below = np.searchsorted(np.sort(left), edges, "left") / len(left)
    upto = np.searchsorted(np.sort(left), edges, "right") / len(left)
    starts, ends = np.append(0, upto), np.append(below, 1)
    middles = np.empty(2 * len(edges) + 1)
    middles[::2], middles[1::2] = (starts + ends) / 2, (below + upto) / 2
    # nothing is between two neighbours of a quantised sensor
    middles = np.clip(middles, 0.25 / len(left), 1 - 0.25 / len(left))
    scores = scipy.stats.norm.ppf(middles)
    return Score(float(centre), 1.0, phi.astype(np.float32), edges.astype(np.float32),
                 scores.astype(np.float32))  # fmt: skip


def autoregressive(random: np.random.Generator, n: int, phi: float) -> NDArray:
    noise = random.normal(size=n) * np.sqrt(1 - phi**2)
    x = np.empty(n)
    x[0] = random.normal()
    for i in range(1, n):
        x[i] = phi * x[i - 1] + noise[i]
    return x


STREAMS = {
    "gauss": lambda r, n: r.normal(size=n),
    "t5": lambda r, n: r.standard_t(5, size=n),
    "lognormal": lambda r, n: r.lognormal(0, 0.5, size=n),
    "laplace": lambda r, n: r.laplace(size=n),
    "quantised": lambda r, n: np.round(r.normal(size=n) * 2) / 2,
    "ar.5": lambda r, n: autoregressive(r, n, 0.5),
    "ar.9": lambda r, n: autoregressive(r, n, 0.9),
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("unit", [0.01, 1.0, 1000.0])
def test_scores_are_standard_whatever_the_stream(name: str, unit: float) -> None:
    """Mean, variance and memory of the scores of fresh data, with an offset."""
    random = np.random.default_rng(7)
    order = 1 if name.startswith("ar") else 0
    x = (STREAMS[name](random, 60_000) + 100) * unit
    score = fit(x[:20_000], order, 64)
    z = score.update_many_f32(x[20_000:].astype(np.float32)).astype(float)
    # Standard errors of both parts, times 4; 64 bins have a variance below 1
    assert abs(z.mean()) < 4 * np.sqrt(1 / 20_000 + 1 / 40_000)
    assert 0.93 < z.var() < 1.03
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 4 / np.sqrt(20_000)


def test_units_and_offsets_do_not_matter() -> None:
    """A power of two as a unit changes no bit at all."""
    x = np.random.default_rng(1).normal(size=5000)
    one = fit(x, 2, 32).update_many_f32(x.astype(np.float32))
    other = fit(x * 1024, 2, 32).update_many_f32((x * 1024).astype(np.float32))
    assert np.array_equal(one, other)


@given(
    x=st.lists(st.floats(-5, 5, width=16), max_size=60),
    phi=st.lists(st.sampled_from([-0.5, 0.25, 0.5]), max_size=ORDER_MAX),
    edges=st.lists(st.integers(-8, 8), unique=True, max_size=9),
    cut=st.integers(0, 60),
)
def test_equals_the_formula(
    x: list[float], phi: list[float], edges: list[int], cut: int
) -> None:
    """Few bits everywhere, so that float32 is exact."""
    edge = np.sort(np.array(edges, np.float32) / 2)
    table = np.arange(2 * len(edges) + 1, dtype=np.float32)
    score = Score(0.5, 2.0, np.array(phi, np.float32), edge, table)
    expected: list[float] = []
    for i in range(len(phi), len(x)):
        left = x[i] - 0.5 - sum(p * (x[i - 1 - j] - 0.5) for j, p in enumerate(phi))
        left = 2 * left
        if not edges:
            expected.append(left)
        else:
            below = int(np.sum(edge < left))
            expected.append(2 * below + (left in edge))
    values = np.array(x, np.float32)
    first = score.update_many_f32(values[:cut].copy())
    state = score.to_bytes()
    assert len(state) == STATE_BYTES == 20
    score = Score(0.5, 2.0, np.array(phi, np.float32), edge, table)
    score.load(state)
    rest = score.update_many_f32(values[cut:].copy())
    found = np.append(first, rest)
    assert found.tolist() == pytest.approx(expected, abs=1e-5)
    one = Score(0.5, 2.0, np.array(phi, np.float32), edge, table)
    singles = [one.update_f32(value) for value in x]
    assert singles[: len(phi)] == [None] * min(len(phi), len(x))
    assert singles[len(phi) :] == found.tolist()


def test_a_gap_starts_again() -> None:
    phi = np.array([0.5, 0.25], np.float32)
    score = Score(0.0, 1.0, phi, EMPTY, EMPTY)
    assert [score.update_f32(1.0) for _ in range(3)] == [None, None, 0.25]
    score.reset()
    assert score.update_f32(1.0) is None


def test_bad_settings_are_named() -> None:
    two = np.array([0, 1], np.float32)
    with pytest.raises(ValueError, match="phi has 5 weights, expected at most 4"):
        Score(0.0, 1.0, np.zeros(5, np.float32), EMPTY, EMPTY)
    with pytest.raises(ValueError, match="scores has length 4, expected 5"):
        Score(0.0, 1.0, EMPTY, two, np.zeros(4, np.float32))
    with pytest.raises(ValueError, match=r"edges\[1\] = 0.0 does not rise"):
        Score(0.0, 1.0, EMPTY, np.zeros(2, np.float32), np.zeros(5, np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_changes_nothing(bad: float) -> None:
    score = Score(0.0, 1.0, np.array([0.5], np.float32), EMPTY, EMPTY)
    score.update_f32(1.0)
    before = score.to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        score.update_f32(bad)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        score.update_many_f32(np.array([0, bad], np.float32))
    assert score.to_bytes() == before


@pytest.mark.parametrize("state", [bytes(19), b"\xff" * 20])
def test_bad_states_are_refused(state: bytes) -> None:
    with pytest.raises(ValueError, match="state has"):
        Score(0.0, 1.0, EMPTY, EMPTY, EMPTY).load(state)
