"""KLL, reservoir and two samples: plain readings, SciPy, and rates over seeds."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecmkit._core import sample
from tests.core.test_sketch import ORDERS, floats, ordered
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "sample.json").read_text()
)
PROMISED = {16: 0.16, 64: 0.04, 200: 0.014}


def worst_rank_error(one, x):
    """Largest difference of ranks at any value, as a share of the values."""
    rising = np.sort(x)
    probes = rising[:: max(1, len(x) // 200)]
    exact = np.searchsorted(rising, probes, side="right") / len(x)
    found = np.array([one.rank_f32(float(v)) for v in probes])
    return np.abs(found - exact).max()


@pytest.mark.parametrize("case", VECTORS["kll"])
def test_levels_are_those_of_a_plain_reading(case):
    one = sample.Kll(case["k"], case["seed"])
    one.update_many_f32(vector_noise(case["seed"], case["n"]))
    found = [np.sort(level).tolist() for level in one.levels]
    assert found == [floats(level).tolist() for level in case["levels"]]
    assert one.n == case["n"]


@pytest.mark.parametrize("k", PROMISED)
@pytest.mark.parametrize("order", ORDERS)
def test_ranks_keep_their_error_in_any_order(k, order):
    """99 of 100 seeds promised; of these 25 one more than chance allows fails."""
    x = np.arange(20000, dtype=np.float32)
    np.random.default_rng(0).shuffle(x)
    x = ordered(x, order)
    errors = []
    for seed in range(25):
        one = sample.Kll(k, seed)
        one.update_many_f32(x)
        errors.append(worst_rank_error(one, x))
    allowed = scipy.stats.binom.ppf(0.999, len(errors), 0.01)
    assert np.sum(np.array(errors) > PROMISED[k]) <= allowed


@pytest.mark.parametrize("k", [16, 64])
def test_merged_ranks_keep_the_error_of_all_values(k):
    x = np.random.default_rng(1).normal(size=20000).astype(np.float32)
    errors = []
    for seed in range(25):
        parts = np.split(np.sort(x), [300, 9000, 9001])
        one = sample.Kll(k, seed)
        for i, part in enumerate(parts):
            other = sample.Kll(k + 7 * i, 1000 + seed + i)
            other.update_many_f32(part.copy())
            one.merge(other)
        assert one.n == len(x)
        errors.append(worst_rank_error(one, x))
    allowed = scipy.stats.binom.ppf(0.999, len(errors), 0.01)
    assert np.sum(np.array(errors) > PROMISED[k]) <= allowed


@given(
    x=hnp.arrays(np.float32, st.integers(1, 1500), elements=st.floats(-9, 9, width=32)),
    cut=st.integers(0, 1500),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_state_continues_and_quantiles_invert_ranks(x, cut, seed):
    one, two = sample.Kll(8, seed), sample.Kll(8, seed)
    one.update_many_f32(x)
    two.update_many_f32(x[:cut].copy())
    two.quantile_f32(0.5)  # asking changes nothing
    two = sample.Kll.from_bytes(two.to_bytes())
    two.update_many_f32(x[cut:].copy())
    for ours, theirs in zip(one.levels, two.levels, strict=True):
        assert np.sort(ours).tolist() == np.sort(theirs).tolist()
    assert one.quantile_f32(0) == x.min()
    assert one.quantile_f32(1) == x.max()
    for q in (0.1, 0.5, 0.9):
        assert one.rank_f32(one.quantile_f32(q)) >= q - 1e-6
    if len(x) <= sample.kll_len(8):
        assert one.quantile_f32(0.5) == np.quantile(x, 0.5, method="inverted_cdf")


def test_what_kll_refuses():
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        sample.Kll(7, 0)
    one = sample.Kll(8, 0)
    assert one.quantile_f32(0.5) == one.rank_f32(0) == 0
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.update_f32(np.nan)
    one.update_many_f32(np.arange(500, dtype=np.float32))
    state = one.to_bytes()
    with pytest.raises(ValueError, match="holds 500 values, expected 501"):
        sample.Kll.from_bytes(b"\xf5\x01" + state[2:])
    with pytest.raises(ValueError, match="bytes"):
        sample.Kll.from_bytes(state[:20])
    with pytest.raises(ValueError, match="length"):
        sample.Kll.from_bytes(state[:-4])
    with pytest.raises(ValueError, match="finite"):
        sample.Kll.from_bytes(state[:-4] + np.float32(np.nan).tobytes())
    with pytest.raises(ValueError, match="other"):
        one.merge(one)


@pytest.mark.parametrize("case", VECTORS["reservoir"])
def test_a_reservoir_keeps_what_algorithm_r_does(case):
    one = sample.Reservoir(case["size"], case["seed"])
    x = vector_noise(case["seed"], case["n"])
    one.update_many_f32(x[:100].copy())
    two = sample.Reservoir(case["size"], 0)
    two.set_bytes(one.to_bytes())
    two.update_many_f32(x[100:].copy())
    assert two.values.tolist() == floats(case["kept"]).tolist()


def test_every_value_is_kept_alike():
    kept = np.zeros(200)
    for seed in range(4000):
        one = sample.Reservoir(10, seed)
        one.update_many_f32(np.arange(200, dtype=np.float32))
        kept[one.values.astype(int)] += 1
    # each is binomial with mean 200
    assert scipy.stats.chisquare(kept).pvalue > 1e-4


@pytest.mark.parametrize("case", VECTORS["ks"])
def test_ks_is_exact_with_ties(case):
    a, b = np.sort(floats(case["a"])), np.sort(floats(case["b"]))
    exact = np.float32(float.fromhex(case["ks"]))
    assert sample.ks_f32(a, b) == sample.ks_f32(b, a) == exact
    assert exact == pytest.approx(scipy.stats.ks_2samp(a, b).statistic, rel=1e-6)


@given(hnp.arrays(np.float32, st.integers(0, 400), elements=st.floats(width=32)))
def test_order_is_that_of_numpy(x):
    x = x[~np.isnan(x)]
    y = x.copy()
    sample.sort_f32(y)
    assert y.tolist() == np.sort(x).tolist()


def test_what_samples_refuse():
    with pytest.raises(ValueError, match="size"):
        sample.Reservoir(0, 0)
    with pytest.raises(ValueError, match="generator"):
        sample.Reservoir(2, 0).set_bytes(bytes(16))
    with pytest.raises(ValueError, match="ECM_ERR_NULL"):
        sample.ks_f32(np.float32([]), np.float32([1]))
