"""RMS of velocity in integers: difference equations in float64 as judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import velocity_q15
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "machine.json").read_text()
)
# The sections of the vectors, exactly: c1 0.0556640625, c2 0.001544952392578125, a1
# -0.767578125, a2 0.2490234375, b1 0.0625; b0 is 1/2.
SECTIONS = {
    "c1": 29184, "c1_shift": 3, "c2": 25920, "c2_shift": 8, "b0": 8192, "b1": 512,
    "a1": -12576, "a2": 4080,
}  # fmt: skip
UP = {1: 8, 2: 5, 4: 2}


def samples(seed, n, size=2**13):
    return (np.floor(vector_noise(seed, n, float) * size) + 3000).astype(np.int16)


def meter(factor, **changed):
    """Counts of y are those of the vectors times 2^up / 2."""
    given = SECTIONS | {
        "up": UP.get(factor, 0), "factor": factor, "gain": 2**32 - 1, "settle_len": 40,
        "block_len": 20,
    }  # fmt: skip
    return velocity_q15.VelocityQ15(**given | changed)


def readings(state, x, cuts):
    found, at = [], 0
    for cut in cuts:
        state.update(x[at:cut])
        found.append(state.rms())
        at = cut
    return found


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_vectors(factor):
    x = samples(31, 2000)
    exact = [float.fromhex(v) for v in VECTORS[f"velocity_q15 {factor}"]]
    first, step = factor * (40 + 160), factor * 20
    cuts = [first + i * step for i in range(len(exact))]
    found = np.array(readings(meter(factor), x, cuts)) / 2 ** UP[factor] * 2
    np.testing.assert_allclose(found, exact, rtol=1e-4)


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_any_chunks_give_the_same_bits(factor):
    x = samples(5, 3000)
    whole = meter(factor)
    whole.update(x)
    rng = np.random.default_rng(factor)
    for most in (1, 3, 9, 100):
        state, at = meter(factor), 0
        while at < len(x):
            n = int(rng.integers(0, most + 1))
            state.update(x[at : at + n])
            at += n
        assert state.rms() == whole.rms()


def test_nothing_is_said_before_the_span_is_full():
    state, need = meter(2), 2 * (40 + 8 * 20)
    state.update(samples(1, need - 1))
    assert state.rms() is None
    state.update(samples(2, 1))
    assert state.rms() is not None
    state.start()
    assert state.rms() is None


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_an_offset_is_nearly_no_vibration(factor):
    state = meter(factor)
    state.update(np.full(1600, -30000, np.int16))
    assert state.rms() < 300  # counts of 2^31


def test_full_scale_saturates():
    """And comes back: what is small is measured again when the span has passed."""
    x = np.where(np.arange(4000) // 32 % 2, 32767, -32768).astype(np.int16)
    state = meter(1, up=14)
    state.update(x)
    assert state.rms() > 2**28
    quiet = samples(3, 4000, 100)
    state.update(quiet)
    calm = meter(1, up=14)
    calm.update(quiet)
    assert state.rms() == pytest.approx(calm.rms(), rel=1e-3)


@pytest.mark.parametrize(
    "changed",
    [
        {"c1": 16383}, {"c2": 0}, {"c1_shift": 16}, {"c2_shift": 32}, {"a2": 16384},
        {"a1": 20464}, {"a1": -20464}, {"up": 9}, {"factor": 3}, {"settle_len": 0},
        {"block_len": 0}, {"block_len": 65537},
    ],
)  # fmt: skip
def test_settings_out_of_range(changed):
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        meter(**{"factor": 4} | changed)


def test_arrays_are_not_converted():
    state = meter(1)
    for wrong in (np.zeros(4), np.zeros(8, np.int16)[::2], np.zeros(4, np.int32)):
        with pytest.raises(ValueError):
            state.update(wrong)
