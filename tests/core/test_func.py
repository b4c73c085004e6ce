"""Functions that models use against SciPy and NumPy in float64."""

import numpy as np
import pytest
import scipy.special

from ecmkit._core import func

# Name: oracle, arguments, units in the last place that the header states.
WIDE, UNIT, ABOVE = "wide", "unit", "above"
STATED = {
    "tan": (np.tan, WIDE, 2),
    "asin": (np.arcsin, UNIT, 3),
    "acos": (np.arccos, UNIT, 3),
    "sinh": (np.sinh, WIDE, 4),
    "cosh": (np.cosh, WIDE, 3),
    "asinh": (np.arcsinh, WIDE, 4),
    "acosh": (np.arccosh, ABOVE, 4),
    "atanh": (np.arctanh, UNIT, 4),
    "log1p": (np.log1p, ABOVE, 3),
    "expm1": (np.expm1, WIDE, 5),
    "softplus": (lambda x: np.logaddexp(0.0, x), WIDE, 3),
    "erf": (scipy.special.erf, WIDE, 7),
}
EXACT = {"floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "round": np.rint}


def call(name, *arguments):
    out = np.empty_like(arguments[0])
    getattr(func, f"{name}_f32")(*arguments, out)
    return out


def arguments(kind):
    rng = np.random.default_rng(5)
    small = np.exp(rng.uniform(-40, 0, 20_000)) * rng.choice([-1, 1], 20_000)
    if kind == UNIT:
        found = np.concatenate([rng.uniform(-0.9999, 0.9999, 60_000), 0.9999 * small])
    elif kind == ABOVE:
        found = 1 + np.exp(rng.uniform(-14, 20, 60_000))
    else:
        found = np.concatenate([rng.uniform(-10, 10, 60_000), small])
    return found.astype(np.float32)


def ulps(found, exact):
    near = np.maximum(np.abs(exact), np.finfo(np.float32).tiny).astype(np.float32)
    return np.abs(found - exact) / np.spacing(near)


@pytest.mark.parametrize("name", STATED)
def test_errors_stay_below_what_the_header_states(name):
    oracle, kind, most = STATED[name]
    x = arguments(kind)
    assert ulps(call(name, x), oracle(x.astype(np.float64))).max() <= most


@pytest.mark.parametrize("name", EXACT)
def test_integers_are_exact(name):
    far = [2**23 - 0.5, 2**23, -(2**23) - 1, 1e30, np.inf, -np.inf]
    x = np.concatenate([arguments(WIDE), np.arange(-20, 20, 0.5), far])
    x = x.astype(np.float32)
    np.testing.assert_array_equal(call(name, x), EXACT[name](x))


def test_power_is_within_what_the_header_states():
    rng = np.random.default_rng(1)
    x = np.exp(rng.uniform(-5, 5, 40_000)).astype(np.float32)
    y = rng.uniform(-8, 8, 40_000).astype(np.float32)
    exact = np.power(x.astype(np.float64), y)
    error = np.abs(call("pow", x, y) - exact) / exact
    assert np.all(error <= (2 + np.abs(y * np.log2(x))) * 2.0**-23)


@pytest.mark.parametrize(("name", "oracle"), [("fmod", np.fmod), ("mod", np.mod)])
def test_remainders_are_numpys(name, oracle):
    rng = np.random.default_rng(2)
    x = rng.uniform(-1000, 1000, 40_000).astype(np.float32)
    y = rng.uniform(-7, 7, 40_000).astype(np.float32)
    np.testing.assert_array_equal(call(name, x, y), oracle(x, y))


@pytest.mark.parametrize("name", [*STATED, *EXACT])
def test_nan_gives_nan(name):
    assert np.isnan(call(name, np.array([np.nan], np.float32))).all()


def test_edges_of_power():
    x = np.array([0, 0, -2, -2, -8, 1, 5, 2], np.float32)
    y = np.array([0, 3, 3, 65, 1 / 3, np.inf, 0, -1], np.float32)
    expected = [1, 0, -8, -(2.0**65), np.nan, 1, 1, 0.5]
    np.testing.assert_allclose(call("pow", x, y), expected, rtol=2e-5)


def test_clamp_keeps_nan_and_prefers_the_upper_limit():
    x = np.array([-2, 0.5, 2, np.nan], np.float32)
    out = np.empty_like(x)
    func.clip_f32(x, -1.0, 1.0, out)
    np.testing.assert_array_equal(out, np.array([-1, 0.5, 1, np.nan], np.float32))
    func.clip_f32(x[:3], 2.0, 1.0, out[:3])
    np.testing.assert_array_equal(out[:3], np.ones(3, np.float32))


def test_lengths_are_checked():
    with pytest.raises(ValueError, match="out"):
        func.erf_f32(np.zeros(3, np.float32), np.zeros(2, np.float32))
