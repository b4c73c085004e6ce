"""Decimation: SciPy and whole numbers as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from ecmkit._core import decimate
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "conditioning.json").read_text()
)


def run(state, x, factor):
    out = np.empty(decimate.out_len(len(x), factor), x.dtype)
    return out[: state.run(x, out)]


def test_vectors():
    taps = np.ascontiguousarray(vector_noise(5, 13)[::-1])
    found = run(decimate.DecimatorF32(taps, 3), vector_noise(4, 120), 3)
    expected = [float.fromhex(v) for v in VECTORS["decimate"]]
    np.testing.assert_allclose(found, expected, atol=4e-7)


@pytest.mark.parametrize("taps_len", [1, 2, 3, 4, 5, 64, 101])
@pytest.mark.parametrize("factor", [1, 2, 5, 70])
def test_against_upfirdn(taps_len, factor):
    h = vector_noise(taps_len, taps_len)
    for n in (1, factor, 777):
        x = vector_noise(n, n)
        state = decimate.DecimatorF32(np.ascontiguousarray(h[::-1]), factor)
        found = run(state, x, factor)
        exact = signal.upfirdn(h.astype(float), x.astype(float), down=factor)
        exact = exact[: len(found)]
        assert len(found) == -(-n // factor)
        scale = np.abs(h).sum()
        np.testing.assert_allclose(found, exact, atol=3e-7 * scale)


def test_against_resample_poly():
    """The same filter, its delay of a whole number of outputs taken out."""
    factor, half = 4, 40
    h = signal.firwin(2 * half + 1, 0.2, window=("kaiser", 8.0))
    x = vector_noise(1, 4000)
    state = decimate.DecimatorF32(np.float32(h[::-1]).copy(), factor)
    found = run(state, x, factor)[half // factor :]
    exact = signal.resample_poly(x.astype(float), 1, factor, window=h)[: len(found)]
    np.testing.assert_allclose(found, exact, atol=5e-7)


@pytest.mark.parametrize("factor", [1, 3, 10])
def test_chunks(factor):
    taps, x = vector_noise(2, 31), vector_noise(3, 2000)
    whole = run(decimate.DecimatorF32(taps, factor), x, factor)
    rng = np.random.default_rng(factor)
    for most in (1, 4, 100):
        state, parts, at = decimate.DecimatorF32(taps, factor), [], 0
        while at < len(x):
            n = int(rng.integers(0, most + 1))
            parts.append(run(state, x[at : at + n], factor))
            at += n
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_only_what_taps_reach_is_spoilt():
    taps, x = np.full(8, 0.125, np.float32), np.ones(64, np.float32)
    x[20] = np.nan
    state = decimate.DecimatorF32(taps, 2)
    state.start(1.0)
    found = run(state, x, 2)
    spoilt = [i for i in range(32) if 20 <= 2 * i < 28]
    assert np.isnan(found[spoilt]).all()
    assert (np.delete(found, spoilt) == 1).all()


@pytest.mark.parametrize("bits", [8, 12, 15])
def test_q15_is_exact_but_for_one_rounding(bits):
    rng = np.random.default_rng(bits)
    for taps_len in (1, 3, 4, 50):
        share = rng.dirichlet(np.ones(taps_len)) * 65530
        taps = (np.minimum(share, 32767) * rng.choice([-1, 1], taps_len)).astype(int)
        for x in (
            rng.integers(-32768, 32768, 300),
            rng.choice([-32768, 32767], 300),
        ):
            state = decimate.DecimatorQ15(np.int16(taps[::-1]).copy(), 3, bits)
            found = run(state, x.astype(np.int16), 3)
            exact = np.convolve(x, taps)[:300:3]
            exact = np.clip((exact + 2 ** (bits - 1)) >> bits, -32768, 32767)
            np.testing.assert_array_equal(found, exact)


def test_q15_chunks_and_start():
    taps = np.array([8192, 16384, 8192], np.int16)
    x = np.random.default_rng(0).integers(-32768, 32768, 500).astype(np.int16)
    state = decimate.DecimatorQ15(taps, 2, 15)
    whole = run(state, x, 2)
    state.start(0)
    parts = [run(state, x[at : at + 3], 2) for at in range(0, 500, 3)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    state.start(-1234)
    assert (run(state, np.full(10, -1234, np.int16), 2) == -1234).all()


def test_sizes():
    assert decimate.line_len(37) == 74
    assert [decimate.out_len(n, 4) for n in (0, 1, 4, 5)] == [0, 1, 1, 2]


def test_refusals():
    taps = np.ones(4, np.float32)
    with pytest.raises(ValueError, match="found 4 taps and factor 0"):
        decimate.DecimatorF32(taps, 0)
    with pytest.raises(ValueError, match="found 0 taps"):
        decimate.DecimatorF32(taps[:0], 1)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        decimate.DecimatorF32(np.ones(decimate.TAPS_MAX + 1, np.float32), 1)
    wide = np.array([32767, 32767, 2], np.int16)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        decimate.DecimatorQ15(wide, 1, 15)
    for bits in (7, 16):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            decimate.DecimatorQ15(wide[:2], 1, bits)
    state, x = decimate.DecimatorF32(taps, 2), np.ones(9, np.float32)
    with pytest.raises(ValueError, match="out has length 4, expected 5 or more"):
        state.run(x, np.empty(4, np.float32))
    for wrong in (x.astype(float), x.astype(">f4"), x[::2], x[None]):
        with pytest.raises(ValueError):
            state.run(wrong, np.empty(9, np.float32))
    assert state.run(x[:0], x[:0].copy()) == 0
