"""RMS of velocity in the core: difference equations in float64 as judge."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from ecmkit._core import velocity
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "machine.json").read_text()
)
SECTIONS = {
    "c1": 0.0556640625,
    "c2": 0.001544952392578125,
    "a1": -0.767578125,
    "a2": 0.2490234375,
    "b1": 0.0625,
}


def meter(factor, settle=20, block=10, gain=1.0, **changed):
    return velocity.VelocityF32(
        **SECTIONS | changed, gain=gain, factor=factor, settle_len=settle,
        block_len=block,
    )  # fmt: skip


def readings(state, x, cuts):
    """What rms says after each chunk that ends at a cut."""
    found, at = [], 0
    for cut in cuts:
        state.update(x[at:cut])
        found.append(state.rms())
        at = cut
    return found


def reference(x, factor, span, gain=1.0, sections=None):
    """RMS of the last span outputs, by SciPy in float64."""
    c = sections or SECTIONS
    x = np.asarray(x, np.float64) - np.float64(x[0])
    taps = {
        1: [1],
        2: [1, 3, 3, 1],
        4: np.convolve([1, 0, 3, 0, 3, 0, 1], [1, 3, 3, 1]),
    }
    low = signal.lfilter(taps[factor], [1], x)[factor - 1 :: factor]
    sos = [
        [1, -1, 0, 1, c["c1"] + c["c2"] - 2, 1 - c["c1"]],
        [1, c["b1"], 0, 1, c["a1"], c["a2"]],
    ]
    y = signal.sosfilt(sos, low)
    return gain * np.sqrt((y[-span:] ** 2).mean())


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_vectors(factor):
    x = vector_noise(31, 2000) + np.float32(0.5)
    expected = [float.fromhex(v) for v in VECTORS[f"velocity {factor}"]]
    first, step = 2 * factor * (20 + 80), 2 * factor * 10
    cuts = [first + i * step for i in range(len(expected))]
    np.testing.assert_allclose(readings(meter(factor), x, cuts), expected, rtol=3e-6)


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_long_noise_against_scipy(factor):
    x = 3 + np.random.default_rng(factor).standard_normal(200_000).astype(np.float32)
    state = meter(factor, settle=100, block=1000, gain=2.5)
    used = 2 * factor * (100 + 1000 * ((len(x) // (2 * factor) - 100) // 1000))
    state.update(x[:used])
    assert state.rms() == pytest.approx(
        reference(x[:used], factor, 16_000, 2.5), rel=1e-5
    )


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_any_chunks_give_the_same_bits(factor):
    x = vector_noise(5, 3000)
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
    state, need = meter(2), 4 * (20 + 8 * 10)
    state.update(vector_noise(1, need - 1))
    assert state.rms() is None
    state.update(vector_noise(2, 1))
    assert state.rms() is not None
    state.start()
    assert state.rms() is None


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_an_offset_is_no_vibration(factor):
    state = meter(factor)
    state.update(np.full(1600, 9.80665, np.float32))
    assert state.rms() == 0


def test_a_shock_is_forgotten_after_the_span():
    x = np.zeros(4000, np.float32)
    state, span = meter(1, settle=20, block=50), 16 * 50
    state.update(x[:1000])
    state.update(np.array([100.0], np.float32))
    state.update(x[: span // 2])
    assert state.rms() > 1
    state.update(x[: span + 600])  # the filters ring on a little
    assert state.rms() < 1e-6


def test_scale():
    """Twice the signal, twice the velocity, to the bit; the sign does not matter."""
    x = vector_noise(7, 2000)
    found = []
    for factor in (1.0, -2.0):
        state = meter(4)
        state.update(np.float32(factor) * x)
        found.append(state.rms())
    assert found[1] == 2 * found[0]


def test_a_nan_stays_until_the_start():
    state, x = meter(2), vector_noise(9, 1000)
    x[10] = np.nan
    state.update(x)
    assert np.isnan(state.rms())
    state.start()
    state.update(vector_noise(9, 1000))
    assert np.isfinite(state.rms())


@pytest.mark.parametrize(
    "changed",
    [
        {"c1": 0.0}, {"c2": 0.0}, {"c1": 2.0}, {"c1": np.nan}, {"a2": 1.0},
        {"a1": 1.3}, {"a1": -1.3}, {"b1": np.inf}, {"gain": 0.0}, {"gain": np.inf},
        {"factor": 3}, {"factor": 0}, {"factor": 8}, {"settle": 0}, {"block": 0},
    ],
)  # fmt: skip
def test_settings_out_of_range(changed):
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        meter(**{"factor": 1} | changed)


def test_arrays_are_not_converted():
    state = meter(1)
    for wrong in (np.zeros(4), np.zeros(8, np.float32)[::2], np.zeros((2, 2))):
        with pytest.raises(ValueError):
            state.update(wrong)
    state.update(np.zeros(0, np.float32))
    assert state.rms() is None
