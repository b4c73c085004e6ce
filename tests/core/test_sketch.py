"""Log histogram, P2 and top classes: plain readings of the papers, and promises."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecmkit._core import sketch
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "sketch.json").read_text()
)
ORDERS = ("as drawn", "rising", "falling", "from both ends", "blocks")


def floats(values):
    return np.float32([float.fromhex(v) for v in values])


def ordered(x, order):
    """The same values in an order that might mislead."""
    rising = np.sort(x)
    return np.ascontiguousarray(
        {
            "as drawn": x,
            "rising": rising,
            "falling": rising[::-1],
            "from both ends": np.stack([rising, rising[::-1]], 1).ravel()[: len(x)],
            "blocks": rising.reshape(10, -1).T.ravel(),
        }[order]
    )


def log(divisions=5, exponent=-20, bins=1280, *, negative=False):
    return sketch.Log(
        bins=bins, divisions=divisions, exponent=exponent, negative=negative
    )


@pytest.mark.parametrize("case", VECTORS["log"])
def test_bins_are_those_of_frexp(case):
    one = log(case["divisions"], case["exponent"], case["bins"], negative=True)
    n = case["n"]
    x = vector_noise(case["seed"], n, float) * 2.0 ** -(np.arange(n) % 11)
    one.update_many_f32(x.astype(np.float32))
    assert one.counts.tolist() == case["count"]
    assert one.zeros == case["n"] - sum(case["count"])


@pytest.mark.parametrize("divisions", [0, 3, 5, 8])
@pytest.mark.parametrize("order", ORDERS)
def test_quantiles_keep_the_relative_error(divisions, order):
    rng = np.random.default_rng(divisions)
    x = ordered(rng.lognormal(0, 2, 5000).astype(np.float32), order)
    one = log(divisions, bins=40 << divisions if divisions < 7 else 4096)
    if divisions == 8:
        x = np.clip(x, 2.0**-7, 255.0)
        one = log(divisions, exponent=-8, bins=4096)
    one.update_many_f32(x)
    assert one.beyond == 0
    rising = np.sort(x)
    bound = 1 / (2 ** (divisions + 1) + 1) + 2.0**-22
    for q in np.linspace(0, 1, 101):
        q32 = float(np.float32(q))
        exact = float(rising[int(np.floor(q32 * (len(x) - 1)))])
        assert one.quantile_f32(q) == pytest.approx(exact, rel=bound)
    assert one.quantile_f32(0) >= rising[0] == one.minimum
    assert one.quantile_f32(1) <= rising[-1] == one.maximum


VALUES = st.floats(-1e6, 1e6, width=32)


@given(x=hnp.arrays(np.float32, st.integers(0, 80), elements=VALUES), cut=st.data())
def test_merged_histograms_are_that_of_all_values(x, cut):
    at = cut.draw(st.integers(0, len(x)))
    a, b, whole = (log(3, bins=320, negative=True) for _ in range(3))
    a.update_many_f32(x[:at].copy())
    b.update_many_f32(x[at:].copy())
    for value in x:
        whole.update_f32(float(value))
    b.merge(a)
    a, b = b, a
    assert a.to_bytes() == whole.to_bytes()
    again = log(3, bins=320, negative=True)
    again.set_bytes(a.to_bytes())
    assert again.to_bytes() == a.to_bytes()
    assert again.quantile_f32(0.3) == whole.quantile_f32(0.3)


def test_what_a_histogram_refuses():
    one = log(5, -2, 96)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.update_many_f32(np.float32([1, -1, 1]))
    assert one.n == 1
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.update_f32(np.inf)
    with pytest.raises(ValueError, match="bins"):
        log(bins=0)
    with pytest.raises(ValueError, match="other"):
        one.merge(log(5, -2, 97))
    with pytest.raises(ValueError, match="holds 1 values, expected 0"):
        one.set_bytes(b"\0" * 4 + one.to_bytes()[4:])
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.quantile_f32(1.1)


@pytest.mark.parametrize("case", VECTORS["p2"])
def test_markers_move_as_in_the_paper(case):
    one, two = sketch.P2(case["q"]), sketch.P2(case["q"])
    x = floats(case["x"])
    one.update_many_f32(x)
    np.testing.assert_allclose(one.heights, floats(case["height"]), rtol=2e-5)
    assert list(one.places) == case["place"]
    two.update_many_f32(x[:7].copy())
    three = sketch.P2(case["q"])
    three.set_bytes(two.to_bytes())
    for value in x[7:]:
        three.update_f32(float(value))
    assert three.to_bytes() == one.to_bytes()


def test_the_median_of_the_paper():
    case = next(c for c in VECTORS["p2"] if c["name"] == "paper")
    assert case["place"] == [1, 6, 10, 16, 20]
    published = [0.02, 0.4938954, 4.4406344, 17.2039043, 38.62]
    np.testing.assert_allclose(floats(case["height"]), published, rtol=1e-6)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.95])
def test_markers_follow_a_stream_in_random_order(q):
    off = []
    for seed in range(40):
        x = np.random.default_rng(seed).normal(size=4000).astype(np.float32)
        one = sketch.P2(q)
        one.update_many_f32(x)
        off.append(np.mean(x <= one.quantile_f32()) - q)
    assert np.max(np.abs(off)) < 0.02


@given(hnp.arrays(np.float32, st.integers(1, 4), elements=VALUES), st.floats(0.1, 0.9))
def test_few_values_give_an_order_statistic(x, q):
    one = sketch.P2(q)
    one.update_many_f32(x)
    place = int(np.float32(q) * np.float32(len(x) - 1) + np.float32(0.5))
    assert one.quantile_f32() == np.sort(x)[place]


def test_what_p2_refuses():
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        sketch.P2(1.0)
    one = sketch.P2(0.5)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.update_f32(np.nan)
    one.update_many_f32(np.arange(9, dtype=np.float32))
    state = one.to_bytes()
    with pytest.raises(ValueError, match="markers"):
        one.set_bytes(state[4:8] + state[:4] + state[8:])
    with pytest.raises(ValueError, match="places"):
        one.set_bytes(state[:24] + state[20:24] + state[28:])
    assert one.to_bytes() == state


@pytest.mark.parametrize("case", VECTORS["top"])
def test_top_classes_are_those_of_the_paper(case):
    one = sketch.Top(case["k"])
    one.update_many(np.array(case["ids"], np.uint32))
    found = one.entries
    assert sorted(found[found[:, 1] > 0].tolist()) == case["kept"]


def check_top(entries, true, k):
    """No count is too small, none off by more than n / k; the frequent are there."""
    n = sum(true.values())
    found = {i: (count, error) for i, count, error in entries.tolist() if count}
    for i, (count, error) in found.items():
        assert count - error <= true[i] <= count
        assert error <= n / k
    assert {i for i, c in true.items() if c > n / k} <= set(found)


@given(
    a=hnp.arrays(np.uint32, st.integers(0, 200), elements=st.integers(0, 12)),
    b=hnp.arrays(np.uint32, st.integers(0, 200), elements=st.integers(0, 12)),
    k=st.integers(1, 16),
)
def test_promises_on_top_classes_hold_and_survive_a_merge(a, b, k):
    one, two = sketch.Top(k), sketch.Top(k)
    one.update_many(a)
    for i in b:
        two.update(int(i))
    check_top(one.entries, Counter(a.tolist()), k)
    check_top(two.entries, Counter(b.tolist()), k)
    three = sketch.Top(k)
    three.set_bytes(one.to_bytes())
    three.merge(two)
    check_top(three.entries, Counter(a.tolist() + b.tolist()), k)
    if k >= 13:
        assert not three.entries[:, 2].any()


def test_what_top_refuses():
    with pytest.raises(ValueError, match="257"):
        sketch.Top(257)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        sketch.Top(0)
    with pytest.raises(ValueError, match="other"):
        sketch.Top(2).merge(sketch.Top(3))
    with pytest.raises(ValueError, match="error"):
        sketch.Top(1).set_bytes(np.array([1, 2, 3], "<u4").tobytes())
