"""Averages over turns in the core: means of columns as judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import tsa
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "machine.json").read_text()
)


def mean(state, n):
    out = np.empty(n, np.float32)
    state.mean(out)
    return out


def test_vectors():
    state = tsa.AverageF32(12, 0.0)
    state.update(vector_noise(36, 84))
    exact = [float.fromhex(v) for v in VECTORS["tsa"]]
    np.testing.assert_allclose(mean(state, 12), exact, atol=3e-7)
    assert state.turns == 7


@pytest.mark.parametrize("weight", [0.0, 0.1, 1.0])
def test_weights(weight):
    x = np.random.default_rng(0).standard_normal((30, 16)).astype(np.float32)
    state = tsa.AverageF32(16, weight)
    state.update(x.ravel())
    exact = np.zeros(16)
    for turn, row in enumerate(x, 1):
        exact += (row - exact) * max(weight, 1 / turn)
    np.testing.assert_allclose(mean(state, 16), exact, atol=5e-7)
    if weight == 0:
        np.testing.assert_allclose(mean(state, 16), x.mean(axis=0), atol=5e-7)


def test_any_chunks_give_the_same_bits():
    x = vector_noise(1, 1000)
    whole = tsa.AverageF32(37, 0.05)
    whole.update(x)
    rng = np.random.default_rng(1)
    state, at = tsa.AverageF32(37, 0.05), 0
    while at < len(x):
        n = int(rng.integers(0, 90))
        state.update(x[at : at + n])
        at += n
    np.testing.assert_array_equal(mean(state, 37), mean(whole, 37))
    state.start()
    assert state.turns == 0
    assert not mean(state, 37).any()


def test_noise_falls_with_the_root_of_turns():
    """To 5 %, over 4096 places."""
    x = np.random.default_rng(2).standard_normal((100, 4096)).astype(np.float32)
    state = tsa.AverageF32(4096, 0.0)
    state.update(x.ravel())
    assert mean(state, 4096).std() == pytest.approx(0.1, rel=0.05)


def test_what_repeats_leaves_nothing():
    turn = vector_noise(3, 64)
    state, out = tsa.AverageF32(64, 0.0), np.empty(640, np.float32)
    state.update(np.tile(turn, 10))
    state.residual(0, np.tile(turn, 10), out)
    assert not out.any()
    state.residual(60, np.tile(np.roll(turn, 4), 10), out)
    assert not out.any()


def test_refusals():
    for per_turn, weight in ((0, 0.0), (4, -0.1), (4, 1.1), (4, np.nan)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            tsa.AverageF32(per_turn, weight)
    state, x = tsa.AverageF32(4, 0.0), np.zeros(3, np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        state.residual(4, x, x.copy())
    with pytest.raises(ValueError, match="out has length 2"):
        state.residual(0, x, x[:2].copy())
    state.residual(0, x[:0], x[:0].copy())
