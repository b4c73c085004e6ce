"""Distances in integers: those of the definitions, and of the device's floats."""

import json
import runpy
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecmkit._core import dist
from ecmkit._core.dist import Dist
from ecmkit._core.dist_q15 import distances
from ecmkit._paths import csrc_dir

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "dist.json").read_text())
LONG = dist.WINDOW_MAX


def state(count: np.ndarray, kept: int = 0, squares: float = 0.0) -> bytes:
    left = LONG - int(count.sum()) + kept
    head = struct.pack("<2If2H", left, kept, squares, 0, 0)
    return head + count.astype("<u2").tobytes()


@pytest.mark.parametrize("case", VECTORS["distances"])
def test_distances_are_those_of_the_definitions(case) -> None:
    share = np.array([float.fromhex(v) for v in case["share"]]) * 32768
    reference = share.astype(np.uint16)
    assert (reference == share).all()
    count, edges = np.array(case["count"]), case["edges"]
    if edges is not None:
        edges = np.rint([float.fromhex(v) * 2**20 for v in edges]).astype(np.int32)
    found = distances(
        state(count), reference, edges, reference_n=case["m"], window_len=LONG
    )
    expected = {k: float.fromhex(v) for k, v in case["expected"].items()}
    assert found["ks"] == int(expected["ks"] * 65536 + 1e-6)
    assert found["chi2"] / 256 == pytest.approx(
        expected["chi2"], rel=2**-12, abs=len(count) / 512
    )
    wasserstein = found["wasserstein"] + found["fraction"] / 65536
    span = len(count)
    if edges is not None:
        wasserstein /= 2**20
        span = (edges[-1] - edges[0]) / 2**20
    assert wasserstein == pytest.approx(expected["wasserstein"], abs=span * 2**-13)
    assert found["psi"] / 65536 == pytest.approx(expected["psi"], rel=2**-9, abs=2**-12)
    assert found["jensen_shannon"] / 65536 == pytest.approx(
        expected["jensen_shannon"], rel=2**-8, abs=2**-10
    )
    assert found["freedom"] == expected["freedom"]
    assert found["n"] == count.sum()


@given(
    counts=st.lists(st.integers(0, 900), min_size=2, max_size=64),
    weights=st.lists(st.integers(0, 50), min_size=64, max_size=64),
    m=st.integers(1, 2**31),
    kept=st.booleans(),
)
@example(counts=[0, 0, 1], weights=[0, 1] + [0] * 62, m=16384, kept=False)
@example(counts=[0, 9, 1], weights=[0, 1] + [0] * 62, m=2**20, kept=False)
@example(counts=[248, 900, 900, 0], weights=[0] * 64, m=1, kept=False)
def test_floats_say_the_same(counts, weights, m, kept) -> None:
    count, known = np.array(counts), np.array(weights[: len(counts)], float)
    known = np.floor(known / max(known.sum(), 1) * 32768).astype(int)
    known[-1] += 32768 - known.sum()
    n = int(count.sum())
    held, squares = (n // 2, n / 6) if kept and n > 5 else (0, 0.0)
    plain = Dist(
        None, (known / 32768).astype(np.float32), reference_n=m, form=dist.FILL,
        window_len=LONG,
    )  # fmt: skip
    raw = state(count, held, squares)
    plain.set_bytes(raw)
    expected = plain.distances_f32()
    found = distances(
        raw, known.astype(np.uint16), None, reference_n=m, window_len=LONG
    )
    if n == 0:
        assert set(found.values()) == {0}
        return
    assert found["freedom"] == expected["freedom"]
    assert found["n"] == pytest.approx(expected["n"], abs=0.6)
    assert found["ks"] / 65536 == pytest.approx(expected["ks"], abs=2e-5)
    steps = found["wasserstein"] + found["fraction"] / 65536
    assert steps == pytest.approx(expected["wasserstein"], abs=len(count) * 2**-13)
    if m <= 2**20:  # a weight is rounded to whole values; floats have 24 bits
        rough = 2**-8 + (0.6 / found["n"] if kept else 0)
        for name in ("psi", "jensen_shannon"):
            assert found[name] / 65536 == pytest.approx(
                expected[name], rel=rough, abs=2**-9
            )
    if expected["chi2"] * (n + m) / m < 2**22:  # above, it saturates
        rough = 0.6 / expected["n"] + 2**-11  # n is rounded
        assert found["chi2"] / 256 == pytest.approx(
            expected["chi2"], rel=rough, abs=len(count) / 128
        )


@pytest.mark.parametrize("m", [1, 3, 800, 20000, 2**20, 2**31])
def test_bins_of_one_kind_alone_keep_their_places(m) -> None:
    """One count, or one part of the reference, beside many of the other kind."""
    count = np.array([1, 0, 17, 41327 - 18, 0, 0])
    known = np.array([0, 1, 17, 32767 - 17, 0, 0], np.uint16)
    found = distances(state(count), known, None, reference_n=m, window_len=LONG)
    p, r, n = count[:4] / count.sum(), known[:4] / 32768, int(count.sum())
    chi2 = n * m * ((p - r) ** 2 / (n * p + m * r)).sum()
    assert found["chi2"] / 256 == pytest.approx(chi2, rel=2**-12, abs=7 * 2**-9)
    assert found["freedom"] == 3


def wasserstein_of(count: np.ndarray, known: np.ndarray, edges: np.ndarray) -> float:
    """Area between the lines through both running sums at the edges, by definition."""
    lines = np.cumsum(count / count.sum() - known / 32768)[:-1]
    a, b, width = np.abs(lines[:-1]), np.abs(lines[1:]), np.diff(edges.astype(float))
    mean = (a + b) / 2
    crossed = (lines[:-1] * lines[1:] < 0) & (a + b > 0)
    mean[crossed] = ((a * a + b * b) / (2 * (a + b)))[crossed]
    return float((mean * width).sum())


def test_the_area_at_its_worst_is_near_what_the_header_promises() -> None:
    """Each bin is cut by 1.5 parts of 2^15, the last edge by one part of the span."""
    bins = 64
    count, known = np.ones(bins, int), np.zeros(bins, np.uint16)
    count[0] = 2**15 + 1 - (bins - 1)
    known[0], known[-1] = 1, 2**15 - 1
    span = 2**31 + 2**16 - 1
    edges = (np.linspace(0, span, bins - 1).astype(np.int64) - 2**30).astype(np.int32)
    assert int(edges[-1]) - int(edges[0]) == span
    found = distances(state(count), known, edges, reference_n=800, window_len=LONG)
    off = wasserstein_of(count, known, edges) - found["wasserstein"]
    assert 2**-14 < off / span < 2**-13


@given(
    counts=st.lists(st.integers(0, 900), min_size=3, max_size=64),
    weights=st.lists(st.integers(0, 50), min_size=64, max_size=64),
    widths=st.lists(st.integers(1, 2**25), min_size=64, max_size=64),
    coarse=st.integers(0, 25),
)
def test_the_area_keeps_what_the_header_promises(
    counts, weights, widths, coarse
) -> None:
    count, known = np.array(counts), np.array(weights[: len(counts)], float)
    known = np.floor(known / max(known.sum(), 1) * 32768).astype(int)
    known[-1] += 32768 - known.sum()
    count[0] += 1
    steps = np.maximum(np.array(widths[: len(counts) - 2]) >> coarse, 1)
    edges = np.concatenate([[0], np.cumsum(steps)]) - 2**30
    found = distances(
        state(count), known.astype(np.uint16), edges.astype(np.int32),
        reference_n=800, window_len=LONG,
    )  # fmt: skip
    area = found["wasserstein"] + found["fraction"] / 65536
    expected = wasserstein_of(count, known, edges)
    assert abs(area - expected) < (edges[-1] - edges[0]) * 2**-13


def test_shares_that_are_small_and_near_count() -> None:
    """Half a count each in 31 bins is what differs."""
    count, known = np.zeros(32, int), np.zeros(32, np.uint16)
    count[5], known[5] = 59277, 32768
    m = 128203
    found = distances(state(count), known, None, reference_n=m, window_len=LONG)
    q = (count + 0.5) / (count.sum() + 16)
    s = (known / 32768 * m + 0.5) / (m + 16)
    mean = (q + s) / 2
    divergence = (q * np.log(q / mean) + s * np.log(s / mean)).sum() / 2
    assert found["jensen_shannon"] / 65536 == pytest.approx(divergence**0.5, rel=2**-7)
    assert found["psi"] / 65536 == pytest.approx(
        ((q - s) * np.log(q / s)).sum(), abs=2**-15
    )


def test_extremes_stay_in_range() -> None:
    count, known = np.zeros(64, int), np.zeros(64, np.uint16)
    count[0], known[-1] = LONG, 32768
    edges = np.linspace(-(2**31), 2**31 - 1, 63).astype(np.int32)
    found = distances(state(count), known, edges, reference_n=2**31, window_len=LONG)
    assert found["ks"] == 65536
    assert found["wasserstein"] == pytest.approx(2**32, rel=2**-13)
    assert found["chi2"] == pytest.approx(2**32, rel=0.01)  # saturated
    assert (found["n"], found["freedom"]) == (LONG, 1)
    far = distances(state(count), known, edges, reference_n=2**20, window_len=LONG)
    q = (count + 0.5) / (LONG + 32)
    s = (known * 2.0**5 + 0.5) / (2**20 + 32)
    assert far["psi"] / 65536 == pytest.approx(
        ((q - s) * np.log(q / s)).sum(), rel=2**-9
    )
    assert far["jensen_shannon"] / 65536 == pytest.approx(np.log(2) ** 0.5, rel=2**-8)
    assert found["psi"] >= far["psi"]


def test_tables_are_what_their_script_writes() -> None:
    script = runpy.run_path(str(csrc_dir() / "ecm_tables_fixed.py"))
    assert (csrc_dir() / "ecm_tables_fixed.c").read_text() == script["text"]()


def test_bad_arguments_are_refused() -> None:
    count, known = np.arange(4), np.full(4, 8192, np.uint16)
    for change in ({"reference_n": 0}, {"reference_n": 2**31 + 1}):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            distances(state(count), known, None, window_len=LONG, **change)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        distances(
            state(count), known + np.uint16(1), None, reference_n=9, window_len=LONG
        )
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        distances(state(count[:1]), known[:1], None, reference_n=9, window_len=LONG)
    with pytest.raises(ValueError, match="state has length"):
        distances(b"", known, None, reference_n=9, window_len=LONG)
    with pytest.raises(ValueError, match="window_len is 1"):
        distances(state(count), known, None, reference_n=9, window_len=1)
