"""Counters and distances against NumPy, SciPy and float64 definitions."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecmkit._core import dist
from ecmkit._core.dist import Dist

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "dist.json").read_text())
FLOATS = st.floats(-10, 10, width=32)
INF = st.sampled_from([np.inf, -np.inf])
SIZES = st.sampled_from([2, 4, 8, 16, 32, 64])


def even(bins):
    return np.full(bins, 1 / bins, np.float32)


def made(edges, share=None, *, m=1000, form=dist.FILL, window_len=dist.WINDOW_MAX):
    share = even(len(edges) + 1) if share is None else share
    return Dist(edges, share, reference_n=m, form=form, window_len=window_len)


def holding(case):
    """Counters of a vector."""
    share = np.float32([float.fromhex(v) for v in case["share"]])
    edges = case["edges"] and np.float32([float.fromhex(v) for v in case["edges"]])
    count = np.array(case["count"], "<u2")
    one = Dist(
        edges, share, reference_n=case["m"], form=dist.FILL, window_len=dist.WINDOW_MAX
    )
    left = dist.WINDOW_MAX - int(count.sum())
    one.set_bytes(struct.pack("<2If2H", left, 0, 0.0, 0, 0) + count.tobytes())
    return one


@pytest.mark.parametrize("case", VECTORS["distances"])
def test_distances_are_those_of_the_definitions(case):
    found = holding(case).distances_f32()
    for name, value in case["expected"].items():
        # sums of up to 64 shares; the divergence is below 1e-7 off before its root
        close = {"rel": 2e-5, "abs": 2e-6}
        assert found[name] == pytest.approx(float.fromhex(value), **close), name
    assert found["n"] == sum(case["count"])


@given(data=st.data(), bins=SIZES)
def test_counts_are_those_of_searchsorted(data, bins):
    edges = np.sort(data.draw(hnp.arrays(np.float32, bins - 1, elements=FLOATS)))
    x = data.draw(hnp.arrays(np.float32, st.integers(0, 200), elements=FLOATS | INF))
    one = made(edges)
    assert one.update_many_f32(x) == (len(x), False)
    expected = np.bincount(np.searchsorted(edges, x, side="left"), minlength=bins)
    assert one.counts.tolist() == expected.tolist()
    whole = made(edges.astype(np.int32))
    y = np.nan_to_num(x, posinf=2e9, neginf=-2e9).astype(np.int32)
    whole.update_many_s32(y)
    expected = np.searchsorted(edges.astype(np.int32), y, side="left")
    assert whole.counts.tolist() == np.bincount(expected, minlength=bins).tolist()


@given(
    x=hnp.arrays(np.uint32, st.integers(1, 300), elements=st.integers(0, 4)),
    window_len=st.integers(1, 90),
    cuts=st.lists(st.integers(0, 300), max_size=4),
    form=st.sampled_from([dist.TUMBLING, dist.FORGETTING]),
)
def test_any_chunking_gives_the_same_state(x, window_len, cuts, form):
    classes = {"reference_n": 9, "form": form, "window_len": window_len}
    one, two = (Dist(None, even(5), **classes) for _ in range(2))
    complete = [i for i, v in enumerate(x) if one.update_class(int(v))]
    assert complete == list(range(window_len - 1, len(x), window_len))
    for part in np.split(x, sorted(min(c, len(x)) for c in cuts)):
        rest = part.copy()
        while len(rest):
            taken, _ = two.update_many_class(rest)
            rest = rest[taken:]
    assert one.to_bytes() == two.to_bytes()
    three = Dist(None, even(5), **classes)
    three.set_bytes(one.to_bytes())
    assert three.distances_f32() == one.distances_f32()


@given(x=hnp.arrays(np.float32, 200, elements=FLOATS), cut=st.integers(0, 200))
def test_merged_counters_are_those_of_all_values(x, cut):
    edges = np.linspace(-9, 9, 15, dtype=np.float32)
    a, b, whole = (made(edges) for _ in range(3))
    a.update_many_f32(x[:cut].copy())
    b.update_many_f32(x[cut:].copy())
    whole.update_many_f32(x)
    a.merge(b)
    assert a.to_bytes() == whole.to_bytes()


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_distances_have_the_units_that_they_should(scale):
    rng = np.random.default_rng(3)
    known, x = rng.normal(size=5000), rng.normal(0.5, size=2000)
    edges = np.quantile(known, np.arange(1, 32) / 32)
    one, scaled = made(edges.astype(np.float32)), made((edges * scale).astype("f4"))
    one.update_many_f32(x.astype(np.float32))
    scaled.update_many_f32((x * scale).astype(np.float32))
    plain, other = one.distances_f32(), scaled.distances_f32()
    for name, value in plain.items():
        factor = scale if name == "wasserstein" else 1.0
        assert other[name] == pytest.approx(value * factor, rel=0.02)


def test_distances_are_close_to_those_of_all_values():
    rng = np.random.default_rng(0)
    known, x = rng.normal(size=20000), rng.normal(0.3, 1.2, size=4000)
    edges = np.quantile(known, np.arange(1, 64) / 64).astype(np.float32)
    one = made(edges, m=len(known))
    one.update_many_f32(x.astype(np.float32))
    found = one.distances_f32()
    assert found["ks"] == pytest.approx(
        scipy.stats.ks_2samp(known, x).statistic, rel=0.1
    )
    inside = scipy.stats.wasserstein_distance(
        np.clip(known, edges[0], edges[-1]), np.clip(x, edges[0], edges[-1])
    )
    assert found["wasserstein"] == pytest.approx(inside, rel=0.02)
    table = [one.counts.astype(float), np.full(64, len(known) / 64)]
    chi2 = scipy.stats.chi2_contingency(table, correction=False)
    assert found["chi2"] == pytest.approx(chi2.statistic, rel=1e-4)
    assert found["freedom"] == chi2.dof


def test_chi2_of_a_short_reference_keeps_its_rate_of_false_alarms():
    """The reference is a sample too: counted as known, it would be 0.3 to 0.7."""
    rng = np.random.default_rng(1)
    alarms, tries = 0, 1000
    for _ in range(tries):
        known = np.bincount(rng.integers(0, 16, 500), minlength=16)
        one = Dist(
            None, (known / 500).astype(np.float32),
            reference_n=500, form=dist.FILL, window_len=500,
        )  # fmt: skip
        one.update_many_class(rng.integers(0, 16, 500).astype(np.uint32))
        found = one.distances_f32()
        alarms += scipy.stats.chi2.sf(found["chi2"], found["freedom"]) < 0.05
    low, high = scipy.stats.binom.ppf([1e-4, 1 - 1e-4], tries, 0.05) / tries
    assert low <= alarms / tries <= high


def test_forgotten_values_weigh_what_the_header_says():
    """Chi-squared of forgetting counters keeps its mean, which is its freedom."""
    rng = np.random.default_rng(2)
    found = []
    for _ in range(300):
        one = Dist(
            None, even(8), reference_n=10**9, form=dist.FORGETTING, window_len=100
        )
        x = rng.integers(0, 8, int(rng.integers(1000, 1200))).astype(np.uint32)
        while len(x):
            x = x[one.update_many_class(x)[0] :].copy()
        found.append(one.distances_f32())
        assert 263 <= found[-1]["n"] <= 302
    chi2 = np.array([f["chi2"] for f in found])
    assert chi2.mean() == pytest.approx(7, abs=5 * chi2.std() / np.sqrt(len(chi2)))


def test_bad_input_is_refused():
    one = made(np.zeros(7, np.float32), window_len=2)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.update_many_f32(np.array([1.0, np.nan], np.float32))
    assert one.counts.sum() == 1
    assert one.update_many_f32(np.ones(5, np.float32)) == (1, True)
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        one.update_f32(0.0)
    one.reset()
    assert one.left == 2
    assert not one.counts.any()
    assert set(one.distances_f32().values()) == {0}
    with pytest.raises(ValueError, match="edges"):
        Dist(np.zeros(8, np.float32), even(8), reference_n=1, form=0, window_len=1)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        made(np.zeros(8, np.float32))
    with pytest.raises(ValueError, match="65"):
        Dist(None, even(65), reference_n=1, form=0, window_len=1)
    with pytest.raises(ValueError, match="head"):
        one.set_bytes(struct.pack("<2If2H8H", 1, 0, 0.0, 0, 0, *[3] * 8))
    with pytest.raises(ValueError, match="window_len"):
        one.merge(made(np.zeros(7, np.float32)))


def test_sizes():
    assert len(made(np.zeros(31, np.float32)).to_bytes()) == 80
