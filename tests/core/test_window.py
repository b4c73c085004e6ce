"""Tapered and detrended windows: SciPy, exact integers and float64 as judges."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from ecmkit._core import stats, taper, window
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "conditioning.json").read_text()
)


def half_up(x):
    """Integers of exact values, saturated to Q15."""
    return np.array([min(max((2 * v + 1) // 2, -32768), 32767) for v in x], np.int16)


@pytest.mark.parametrize("form", [taper.PERIODIC, taper.SYMMETRIC])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 33, 1024])
def test_apply_is_two_roundings(n, form):
    x = np.random.default_rng(n).normal(3, 1, (4, n)).astype(np.float32)
    mean = np.array([stats.mean_f32(row) for row in x], np.float32)
    half = np.empty(taper.half_len(n, form), np.float32)
    taper.fill_f32(n, taper.BLACKMAN_HARRIS, form, 0, half)
    i = np.arange(n)
    w = half[np.minimum(i, n - form - i)]
    out = np.empty_like(x)
    window.apply_f32(x, mean, half, form, out)
    np.testing.assert_array_equal(out, (x - mean[:, None]) * w)
    window.apply_f32(x, mean, half, form, x)
    np.testing.assert_array_equal(x, out)


@pytest.mark.parametrize("form", [taper.PERIODIC, taper.SYMMETRIC])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 33, 512])
def test_apply_q15_is_exact_but_for_one_rounding(n, form):
    rng = np.random.default_rng(n)
    x = rng.integers(-32768, 32768, (3, n)).astype(np.int16)
    x[0] = np.where(np.arange(n) % 2, 32767, -32768)
    mean = np.array([32767, -32768, 5], np.int16)
    half = np.empty(taper.half_len(n, form), np.int16)
    taper.fill_q15(n, taper.FLAT_TOP, form, 0, half)
    i = np.arange(n)
    w = half[np.minimum(i, n - form - i)].astype(object)
    out = np.empty_like(x)
    window.apply_q15(x, mean, half, form, out)
    for k in range(3):
        exact = [Fraction(int(a - b), 2**15)
                 for a, b in zip((x[k].astype(object) - int(mean[k])) * w, [0] * n,
                                 strict=True)]  # fmt: skip
        np.testing.assert_array_equal(out[k], half_up(exact))
    window.apply_q15(x, mean, half, form, x)
    np.testing.assert_array_equal(x, out)


@pytest.mark.parametrize("n", [2, 5, 64, 600])
def test_line_vectors(n):
    x = vector_noise(n, n)[None]
    expected = [float.fromhex(v) for v in VECTORS[f"line {n}"]]
    out = np.empty_like(x)
    window.remove_line_f32(x, out)
    np.testing.assert_allclose(out[0], expected, atol=2.5e-7)


@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("slope", [0.0, 1e-3, -0.1])
@pytest.mark.parametrize("n", [2, 3, 31, 1024, 16384])
def test_line_against_scipy(n, slope, offset):
    """Relative to the largest sample, as the header says."""
    rng = np.random.default_rng(n)
    x = rng.standard_normal((5, n)) + offset + slope * np.arange(n)
    x = x.astype(np.float32)
    out = np.empty_like(x)
    window.remove_line_f32(x, out)
    exact = signal.detrend(x.astype(np.float64), axis=1)
    share = np.abs(out - exact).max(axis=1) / np.abs(x).max(axis=1)
    assert share.max() <= (3e-7 if n <= 1024 else 1e-6)


def test_a_line_leaves_nothing_and_a_constant_exactly_nothing():
    i = np.arange(4096)
    x = np.stack([np.full(4096, 0.1), 3.0 - 0.125 * i, 1e-3 * i]).astype(np.float32)
    out = np.empty_like(x)
    window.remove_line_f32(x, out)
    assert not out[0].any()
    assert np.abs(out).max(axis=1) == pytest.approx(0, abs=4e-7 * 509)
    level, slope = window.fit_line_f32(x[1])
    assert level == pytest.approx(3 - 0.125 * 4095 / 2, rel=1e-6)
    assert slope == pytest.approx(-0.125, rel=1e-6)


def test_short_windows():
    assert window.fit_line_f32(np.empty(0, np.float32)) == (0, 0)
    assert window.fit_line_f32(np.float32([7])) == (7, 0)
    out = np.empty((1, 2), np.float32)
    window.remove_line_f32(np.float32([[3, 5]]), out)
    assert not out.any()
    for n in (0, 1):
        empty = np.full((2, n), 9, np.int16)
        window.remove_line_q15(empty, empty)
        window.remove_mean_q15(empty, empty)
        assert not empty.any()
    assert window.mean_q15(np.empty(0, np.int16)) == 0


def test_nan_spoils_its_own_window_only():
    x = np.ones((3, 64), np.float32)
    x[1, 5] = np.nan
    out = np.empty_like(x)
    window.remove_line_f32(x, out)
    assert np.isnan(out[1]).all()
    assert not out[[0, 2]].any()


@pytest.mark.parametrize("n", [1, 2, 3, 10, 333, 4096])
def test_q15_mean_is_exact_but_for_one_rounding(n):
    rng = np.random.default_rng(n)
    for x in (
        rng.integers(-32768, 32768, n).astype(np.int16),
        np.full(n, -32768, np.int16),
        rng.integers(32766, 32768, n).astype(np.int16),
    ):
        mean = half_up([Fraction(int(x.sum(dtype=np.int64)), n)])[0]
        assert window.mean_q15(x) == mean
        out = np.empty((1, n), np.int16)
        window.remove_mean_q15(x[None], out)
        exact = np.clip(x.astype(int) - int(mean), -32768, 32767)
        np.testing.assert_array_equal(out[0], exact)


@pytest.mark.parametrize("n", [2, 3, 10, 333, 4096, 32768])
def test_q15_line_is_exact_but_for_one_rounding(n):
    rng = np.random.default_rng(n)
    ramp = np.linspace(-32768, 32767, n)
    for x in (
        rng.integers(-32768, 32768, n),
        np.round(ramp),
        np.round(np.clip(ramp + rng.normal(0, 999, n), -32768, 32767)),
        np.where(np.arange(n) % 2, 32767, -32768),
    ):
        x = x.astype(np.int16)
        out = np.empty((1, n), np.int16)
        window.remove_line_q15(x[None], out)
        exact = np.clip(signal.detrend(x.astype(np.longdouble)), -32768, 32767)
        # 2^-16 of a step, and what the judge itself loses
        assert np.abs(out[0] - exact).max() <= 0.5 + 2**-16 + 1e-6


def test_longest_q15_window():
    x = np.zeros((1, window.Q15_LEN_MAX + 1), np.int16)
    for remove in (window.remove_mean_q15, window.remove_line_q15):
        with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
            remove(x, x)
    x[0, -1] = 7  # not read
    x[0, :-1] = -32768
    assert window.mean_q15(x[0]) == -32768


def test_refusals():
    x, mean = np.zeros((2, 8), np.float32), np.zeros(2, np.float32)
    half, out = np.zeros(5, np.float32), np.zeros((2, 8), np.float32)
    window.apply_f32(x, mean, half, taper.PERIODIC, out)
    with pytest.raises(ValueError, match="half has length 5, expected 4"):
        window.apply_f32(x, mean, half, taper.SYMMETRIC, out)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        window.apply_f32(x, mean, half, 2, out)
    with pytest.raises(ValueError, match="mean has length 1, expected 2"):
        window.apply_f32(x, mean[:1], half, 0, out)
    with pytest.raises(ValueError, match="a row of out has length 7, expected 8"):
        window.apply_f32(x, mean, half, 0, out[:, :7].copy())
    for wrong in (x.astype(np.float64), x.astype(">f4"), x[:, ::2], x[0]):
        with pytest.raises(ValueError):
            window.remove_line_f32(wrong, out)
    out.flags.writeable = False
    with pytest.raises(ValueError):
        window.remove_line_f32(x, out)
