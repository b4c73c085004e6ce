"""Sine, cosine and angles against 110 decimal digits, at the edges, and by identities.

Every float is tried in test_sweeps.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import trig

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "math.json").read_text())
PI = np.float32(np.pi)


def rows(name):
    return np.array([[float.fromhex(v) for v in row] for row in VECTORS[name]])


def ulps(found, exact):
    return np.abs(found - exact) / np.spacing(np.abs(exact).astype(np.float32))


def call(function, *x):
    x = [np.ascontiguousarray(values, np.float32) for values in x]
    out = np.empty_like(x[0])
    function(*x, out)
    return out


def any_floats(seed, n):
    bits = np.random.default_rng(seed).integers(0, 0x7F800000, n, dtype=np.uint32)
    return bits.view(np.float32)


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_vectors(name):
    x, expected = rows(name).T
    assert len(x) >= 60
    assert ulps(call(getattr(trig, f"{name}_f32"), x), expected).max() <= 0.52


def test_vectors_of_angles():
    y, x, expected = rows("atan2").T
    assert len(x) >= 60
    assert ulps(call(trig.atan2_f32, y, x), expected).max() <= 0.52


def test_the_reference_of_the_sweeps_is_right():
    """NumPy's float64 is 10^-8 ulp of float32 off, also for huge angles."""
    for name in ("sin", "cos"):
        x, expected = rows(name).T
        assert ulps(getattr(np, name)(x), expected).max() < 1e-8
    y, x, expected = rows("atan2").T
    assert ulps(np.arctan2(y, x), expected).max() < 1e-8


def test_sine_and_cosine_of_the_odd_ones():
    x = np.float32([0.0, -0.0, 1e-45, -1e-45, np.inf, -np.inf, np.nan])
    s, c = call(trig.sin_f32, x), call(trig.cos_f32, x)
    np.testing.assert_array_equal(s[:4].view(np.uint32), x[:4].view(np.uint32))
    assert c[:4].tolist() == [1, 1, 1, 1]
    assert np.isnan(s[4:]).all()
    assert np.isnan(c[4:]).all()


def test_sine_and_cosine_together_are_those_of_each():
    x = any_floats(1, 100_000)
    x[:7] = [0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -3e38]
    s, c = np.empty_like(x), np.empty_like(x)
    trig.sincos_f32(x, s, c)
    np.testing.assert_array_equal(s, call(trig.sin_f32, x))
    np.testing.assert_array_equal(c, call(trig.cos_f32, x))


def test_squares_sum_to_one():
    x = any_floats(2, 100_000)
    s = call(trig.sin_f32, x).astype(np.float64)
    c = call(trig.cos_f32, x).astype(np.float64)
    assert np.abs(s * s + c * c - 1).max() < 2.0**-23


def test_angle_of_a_point_on_the_circle():
    x = np.random.default_rng(3).uniform(-3.1415, 3.1415, 100_000).astype(np.float32)
    s, c = call(trig.sin_f32, x), call(trig.cos_f32, x)
    assert np.abs(call(trig.atan2_f32, s, c) - x.astype(np.float64)).max() < 3e-7


def test_angle_does_not_depend_on_the_scale():
    y, x = np.random.default_rng(4).standard_normal((2, 10_000)).astype(np.float32)
    angle = call(trig.atan2_f32, y, x)
    for scale in np.float32([2.0**-100, 0.25, 2.0**100]):
        found = call(trig.atan2_f32, y * scale, x * scale)
        np.testing.assert_array_equal(found, angle)


def test_angles_of_zeros_and_infinities():
    """C99 annex F, as NumPy has it; pi and its fractions rounded once."""
    special = np.float32([0.0, -0.0, 1, -1, np.inf, -np.inf, 1e-45, -1e-45, 3e38])
    y, x = (v.ravel() for v in np.meshgrid(special, special))
    with np.errstate(under="ignore"):
        expected = np.arctan2(y.astype(np.float64), x.astype(np.float64))
        expected = expected.astype(np.float32)
    found = call(trig.atan2_f32, y, x)
    np.testing.assert_array_equal(found.view(np.uint32), expected.view(np.uint32))


def test_angles_of_nan():
    nan = np.float32(np.nan)
    assert np.isnan(
        call(trig.atan2_f32, [nan, 1, nan, np.inf], [1, nan, nan, nan])
    ).all()


def test_arrays_that_are_refused():
    three, two = np.zeros(3, np.float32), np.zeros(2, np.float32)
    for function in (trig.sin_f32, trig.cos_f32):
        with pytest.raises(ValueError, match="out has length 2, expected 3"):
            function(three, two)
        with pytest.raises(ValueError):
            function(np.zeros(3), three)
        with pytest.raises(ValueError):
            function(np.zeros(6, np.float32)[::2], three)
        with pytest.raises(ValueError):
            function(three.astype(">f4"), three)
    with pytest.raises(ValueError, match="s has length 2"):
        trig.sincos_f32(three, two, three)
    with pytest.raises(ValueError, match="c has length 2"):
        trig.sincos_f32(three, three, two)
    with pytest.raises(ValueError, match="x has length 2"):
        trig.atan2_f32(three, two, three)
    with pytest.raises(ValueError, match="out has length 2"):
        trig.atan2_f32(three, three, two)
    trig.sincos_f32(three[:0], three[:0], three[:0])
