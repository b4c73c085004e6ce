"""Edges of a tachometer in the core: the definition in float64 as judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import tacho

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "machine.json").read_text()
)


def find(x, level=0.0, hysteresis=0.1, falling=False, room=1000):
    finder = tacho.TachoF32(level, hysteresis, falling)
    out, parts, at = np.empty(room, np.uint64), [], 0
    x = np.asarray(x, np.float32)
    while at < len(x):
        found, used = finder.edges(x[at:], out)
        parts.append(out[:found].copy())
        at += used
    return np.concatenate(parts)


def test_vectors():
    x = [float.fromhex(v) for v in VECTORS["tacho"]["x"]]
    exact = np.array([float.fromhex(v) for v in VECTORS["tacho"]["edges"]])
    found = find(x, 0.1, 0.5)
    assert len(found) == len(exact) > 20
    np.testing.assert_allclose(found / tacho.TICKS, exact, atol=1.5 / tacho.TICKS)


@pytest.mark.parametrize("speed_hz", [0.7, 12.3, 171.0])
def test_a_sinusoid(speed_hz):
    """Between samples of 10 kHz, by the straight line: to 2e-3 samples."""
    fs = 10_000.0
    x = np.sin(2 * np.pi * speed_hz * np.arange(50_000) / fs - 1e-9)
    found = find(x, 0.0, 0.5) / tacho.TICKS / fs
    exact = np.arange(1, len(found) + 1) / speed_hz
    np.testing.assert_allclose(found, exact, atol=2e-3 / fs)
    speed = tacho.speed_f32(find(x, 0.0, 0.5), 1, fs)
    assert speed == pytest.approx(speed_hz, rel=1e-6)


def test_falling_edges_are_rising_ones_upside_down():
    x = np.random.default_rng(0).standard_normal(500)
    np.testing.assert_array_equal(find(x, 0.2, 0.3, falling=True), find(-x, -0.2, 0.3))


def test_scale():
    """Twice the signal, level and hysteresis: the same times."""
    x = np.random.default_rng(1).standard_normal(500)
    np.testing.assert_array_equal(find(2 * x, 0.5, 1.0), find(x, 0.25, 0.5))


def test_hysteresis_keeps_noise_out():
    rng = np.random.default_rng(2)
    t = np.arange(20_000) / 10_000
    x = np.sin(2 * np.pi * 5 * t) + 0.05 * rng.standard_normal(len(t))
    assert len(find(x, 0.0, 0.3)) == 10 or len(find(x, 0.0, 0.3)) == 9
    assert len(find(x, 0.0, 0.0)) > 20


@pytest.mark.parametrize("room", [1, 2, 7])
def test_a_full_buffer_loses_nothing(room):
    x = np.random.default_rng(3).standard_normal(2000)
    np.testing.assert_array_equal(find(x, room=room), find(x))


def test_years_keep_their_precision():
    """A time of 2^40 samples is held to 2^-16 of one."""
    edges = np.array([2**56, 2**56 + 10 * 65536 + 1], np.uint64)
    assert tacho.speed_f32(edges, 1, 1000.0) == pytest.approx(100 / (1 + 1.5e-6), 1e-7)


def test_refusals():
    for level, hysteresis in ((np.nan, 0.1), (0.0, -0.1), (np.inf, 0.1), (0, np.inf)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            tacho.TachoF32(level, hysteresis, False)
    finder = tacho.TachoF32(0.0, 0.1, False)
    with pytest.raises(ValueError, match="edges has length 0"):
        finder.edges(np.zeros(4, np.float32), np.empty(0, np.uint64))
    edges = np.array([5, 5], np.uint64)
    for e, pulses, fs_hz, name in (
        (edges, 1, 1.0, "ARG"),
        (edges[:1], 1, 1.0, "LENGTH"),
        (np.array([1, 2], np.uint64), 0, 1.0, "ARG"),
        (np.array([1, 2], np.uint64), 1, np.nan, "ARG"),
    ):
        with pytest.raises(ValueError, match=f"ECM_ERR_{name}"):
            tacho.speed_f32(e, pulses, fs_hz)
