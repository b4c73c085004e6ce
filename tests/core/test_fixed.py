"""Fixed-point functions against Python's integers and float64; 16 bits exhaustively."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import fixed

Q15 = np.arange(-(2**15), 2**15).astype(np.int16)
Q31_EDGES = [-(2**31), -(2**31) + 1, -(2**30), -1, 0, 1, 2, 2**30, 2**31 - 1]
INT32 = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from(Q31_EDGES))


def call(function, *x, out):
    result = np.empty(len(x[0]), out)
    function(*x, result)
    return result


def one(function, *x, kind=np.int32, out=np.int32):
    arrays = [np.array([value], kind) for value in x]
    return int(call(function, *arrays, out=out)[0])


def half_up(x):
    return math.floor(x + Fraction(1, 2))


def saturate(x, bits):
    return min(max(x, -(2 ** (bits - 1))), 2 ** (bits - 1) - 1)


def some_q31(seed, n):
    """Of all sizes, and the edges."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-(2**31), 2**31, n) >> rng.integers(0, 31, n)
    x[: len(Q31_EDGES)] = Q31_EDGES
    return x.astype(np.int32)


# ---- arithmetic -------------------------------------------------------------------


@pytest.mark.parametrize("b", [-32768, -32767, -16384, -1, 0, 1, 3, 12345, 32767])
def test_q15_arithmetic_with_every_number(b):
    a, other = Q15.astype(np.int64), np.full(len(Q15), b, np.int16)
    for name, exact in (
        ("add", a + b),
        ("sub", a - b),
        ("mul", (a * b + 2**14) >> 15),
    ):
        found = call(getattr(fixed, f"{name}_q15"), Q15, other, out=np.int16)
        np.testing.assert_array_equal(found, exact.clip(-32768, 32767), name)
    below = call(fixed.sub_q15, other, Q15, out=np.int16)
    np.testing.assert_array_equal(below, (b - a).clip(-32768, 32767))


@pytest.mark.parametrize("d", [-32768, -32767, -3, -2, -1, 1, 2, 3, 12345, 32767])
def test_q15_quotients_of_every_number(d):
    n = Q15.astype(np.int64)
    exact = (2 * n * 2**15 + d) // (2 * d)
    found = call(fixed.div_q15, Q15, np.full(len(Q15), d, np.int16), out=np.int16)
    np.testing.assert_array_equal(found, exact.clip(-32768, 32767))


def test_q15_quotients_by_every_number():
    d = Q15[Q15 != 0]
    for n in (-32768, -12345, -1, 0, 1, 7, 32767):
        exact = (2 * n * 2**15 + d.astype(np.int64)) // (2 * d.astype(np.int64))
        found = call(fixed.div_q15, np.full(len(d), n, np.int16), d, out=np.int16)
        np.testing.assert_array_equal(found, exact.clip(-32768, 32767))


@given(a=INT32, b=INT32)
def test_q31_arithmetic(a, b):
    assert one(fixed.add_q31, a, b) == saturate(a + b, 32)
    assert one(fixed.sub_q31, a, b) == saturate(a - b, 32)
    assert one(fixed.mul_q31, a, b) == saturate(half_up(Fraction(a * b, 2**31)), 32)
    if b:
        assert one(fixed.div_q31, a, b) == saturate(half_up(Fraction(a * 2**31, b)), 32)


def test_q31_quotients_that_are_ties():
    """n / d = (2 k + 1) / 2^32 exactly, of either sign: half goes up."""
    for k in (0, 1, 2, 1000, 2**30 - 1):
        for d in (-(2**31), 2**30, -(2**30)):
            n = (2 * k + 1) * d
            if n % 2**32 == 0 and abs(n >> 32) < abs(d):
                assert one(fixed.div_q31, n >> 32, d) == half_up(Fraction(2 * k + 1, 2))
    assert one(fixed.div_q31, 1, -(2**31)) == -1
    assert one(fixed.div_q31, 2**29 + 1, 2**30) == 2**30 + 2


def test_division_by_zero_saturates():
    assert [one(fixed.div_q31, n, 0) for n in (-5, 0, 5)] == [-(2**31), 0, 2**31 - 1]
    zero = np.zeros(3, np.int16)
    n = np.array([-5, 0, 5], np.int16)
    assert call(fixed.div_q15, n, zero, out=np.int16).tolist() == [-32768, 0, 32767]


@given(n=st.integers(1, 2**32 - 1), d=st.integers(1, 2**32 - 1))
def test_ratio(n, d):
    ratio, exponent = fixed.ratio_u32(n, d)
    assert 2**31 <= ratio < 2**32
    found = ratio * Fraction(2) ** (exponent - 31)
    assert found <= Fraction(n, d) <= found * (1 + Fraction(1, 2**31))


@pytest.mark.parametrize("pair", [(0, 1), (1, 0)])
def test_ratio_refuses_zero(pair):
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        fixed.ratio_u32(*pair)


def test_round_to_q15():
    x = np.concatenate(
        [some_q31(1, 100_000), (np.arange(-9, 9) << 15).astype(np.int32)]
    )
    exact = ((x.astype(np.int64) + 2**15) >> 16).clip(-32768, 32767)
    np.testing.assert_array_equal(call(fixed.round_q15, x, out=np.int16), exact)


# ---- roots ------------------------------------------------------------------------


def nearest_root(x):
    root = math.isqrt(x)
    return min(root + (x - root * root > root), 2**32 - 1)


def test_root_of_every_q15():
    exact = [nearest_root(max(int(x), 0) << 15) for x in Q15]
    assert call(fixed.sqrt_q15, Q15, out=np.int16).tolist() == exact


def test_root_of_q31():
    x = some_q31(2, 50_000)
    exact = [nearest_root(max(int(v), 0) << 31) for v in x]
    assert call(fixed.sqrt_q31, x, out=np.int32).tolist() == exact


def test_root_of_integers():
    """All sizes; around squares and around the halves where rounding turns."""
    rng = np.random.default_rng(3)
    x = [int(v) >> int(s) for v, s in zip(
        rng.integers(0, 2**64, 50_000, dtype=np.uint64),
        rng.integers(0, 64, 50_000), strict=True)]  # fmt: skip
    for k in [*range(1, 300), *(int(v) for v in rng.integers(2**16, 2**32, 5000))]:
        x += [k * k - 1, k * k, k * k + 1, k * k + k, k * k + k + 1]
    x += [0, 1, 2, 2**63, 2**64 - 1, 2**64 - 2**32, 2**64 - 2**32 + 1, 2**62 - 1, 2**62]
    x = [v for v in x if v < 2**64]
    found = call(fixed.sqrt_u64, np.array(x, np.uint64), out=np.uint32)
    assert found.tolist() == [nearest_root(v) for v in x]


def test_length_of_vectors():
    rng = np.random.default_rng(4)
    for n in (0, 1, 2, 3, 17):
        for _ in range(200):
            x = rng.integers(-(2**15), 2**15, n).astype(np.int16)
            exact = nearest_root(sum(int(v) ** 2 for v in x))
            assert fixed.magnitude_q15(x) == exact
    assert fixed.magnitude_q15(np.full(3, -32768, np.int16)) == 56756


def test_magnitude_of_complex_numbers():
    re, im = some_q31(5, 20_000), some_q31(6, 20_000)[::-1].copy()
    exact = [
        nearest_root(int(a) ** 2 + int(b) ** 2) for a, b in zip(re, im, strict=True)
    ]
    assert call(fixed.magnitude_q31, re, im, out=np.uint32).tolist() == exact


# ---- angles -----------------------------------------------------------------------


def phases():
    """Every 16-bit phase, its neighbours, and any."""
    base = (np.arange(2**16, dtype=np.uint64) << 16).astype(np.uint32)
    more = np.random.default_rng(7).integers(0, 2**32, 200_000, dtype=np.uint32)
    return np.concatenate([base, base - np.uint32(1), base + np.uint32(1), more])


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_sine_and_cosine(name):
    phase = phases()
    turn = phase.astype(np.longdouble) / 2**31
    exact = getattr(np, name)(
        turn * np.longdouble("3.14159265358979323846264338327950")
    )
    for bits, bound in ((15, 0.51), (31, 3.0)):
        kind = np.int16 if bits == 15 else np.int32
        found = call(getattr(fixed, f"{name}_q{bits}"), phase, out=kind)
        error = np.abs(found - (exact * 2**bits).clip(None, 2**bits - 1))
        assert error.max() <= bound


def test_sine_at_the_quarters():
    quarters = np.array([0, 2**30, 2**31, 3 * 2**30], np.uint32)
    s = call(fixed.sin_q31, quarters, out=np.int32)
    c = call(fixed.cos_q31, quarters, out=np.int32)
    assert s.tolist() == [0, 2**31 - 1, 0, -(2**31)]
    assert c.tolist() == [2**31 - 1, 0, -(2**31), 0]
    s = call(fixed.sin_q15, quarters, out=np.int16)
    assert s.tolist() == [0, 32767, 0, -32768]


def angle_error(found, y, x, bits):
    """In LSB, around the circle."""
    exact = np.arctan2(y.astype(np.longdouble), x.astype(np.longdouble))
    exact /= np.longdouble("3.14159265358979323846264338327950")
    error = np.abs(found.astype(np.longdouble) - exact * 2**bits)
    return np.minimum(error, np.abs(2 ** (bits + 1) - error)).max()


def test_angles_of_q15_points():
    rng = np.random.default_rng(8)
    y, x = rng.integers(-(2**15), 2**15, (2, 500_000)).astype(np.int16)
    small = rng.integers(-40, 41, (2, 50_000)).astype(np.int16)
    for a, b in ((y, x), tuple(small), (Q15, Q15[::-1].copy()), (Q15, x[:65536])):
        found = call(fixed.atan2_q15, a, b, out=np.int16)
        assert angle_error(found, a, b, 15) <= 0.51


def test_angles_of_q31_points():
    y, x = some_q31(9, 300_000), some_q31(10, 300_000)[::-1].copy()
    found = call(fixed.atan2_q31, y, x, out=np.int32)
    assert angle_error(found, y, x, 31) <= 3.0


@pytest.mark.parametrize("size", [1, 2**20, 2**31 - 1])
def test_angles_on_the_axes_and_between(size):
    y = np.array([0, size, size, size, 0, -size, -size, -size, 0], np.int32)
    x = np.array([size, size, 0, -size, -size, -size, 0, size, 0], np.int32)
    eighths = [0, 1, 2, 3, -4, -3, -2, -1, 0]
    found = call(fixed.atan2_q31, y, x, out=np.int32)
    assert found.tolist() == [k * 2**29 for k in eighths]
    if size == 1:
        y, x = y.astype(np.int16), x.astype(np.int16)
        found = call(fixed.atan2_q15, y, x, out=np.int16)
        assert found.tolist() == [k * 2**13 for k in eighths]


def test_an_angle_is_the_phase_that_leads_back():
    phase = phases()
    s = call(fixed.sin_q31, phase, out=np.int32)
    c = call(fixed.cos_q31, phase, out=np.int32)
    back = call(fixed.atan2_q31, s, c, out=np.int32).view(np.uint32)
    assert np.abs((back - phase).view(np.int32)).max() <= 6


# ---- logarithm and power ----------------------------------------------------------


def test_logarithm():
    x = np.concatenate([
        np.arange(1, 2**17, dtype=np.uint32),
        some_q31(11, 300_000).view(np.uint32),
        np.array([2**32 - 1, 2**31], np.uint32),
    ])  # fmt: skip
    x = x[x > 0]
    exact = (np.log2(x.astype(np.longdouble)) - 16) * 2**16
    error = np.abs(call(fixed.log2_q16, x, out=np.int32) - exact)
    assert error.max() <= 0.51


def test_logarithm_of_powers_of_two_and_of_zero():
    x = (1 << np.arange(32, dtype=np.uint64)).astype(np.uint32)
    found = call(fixed.log2_q16, x, out=np.int32)
    assert found.tolist() == [(k - 16) << 16 for k in range(32)]
    assert one(fixed.log2_q16, 0, kind=np.uint32) == -(2**31)


def test_power_for_every_argument_that_is_not_constant():
    x = np.arange(-17 * 65536, 16 * 65536, dtype=np.int32)
    exact = np.exp2(x.astype(np.longdouble) / 65536) * 65536
    found = call(fixed.exp2_q16, x, out=np.uint32)
    error = np.abs(found - exact)
    assert error[x <= 8 * 65536].max() <= 0.51
    assert (error - 0.5).max() <= (exact * 2.0**-30).max()
    assert (error <= 0.5 + exact * 2.0**-30).all()
    assert (np.diff(found.astype(np.int64)) >= 0).all()


def test_power_at_the_ends():
    x = [-(2**31), -17 * 65536 - 1, 16 * 65536, 2**31 - 1]
    found = [one(fixed.exp2_q16, v, out=np.uint32) for v in x]
    assert found == [0, 0, 2**32 - 1, 2**32 - 1]


# ---- arrays -----------------------------------------------------------------------

UNARY = {
    "round_q15": (np.int32, np.int16),
    "sqrt_u64": (np.uint64, np.uint32),
    "sqrt_q15": (np.int16, np.int16),
    "sqrt_q31": (np.int32, np.int32),
    "sin_q15": (np.uint32, np.int16),
    "cos_q15": (np.uint32, np.int16),
    "sin_q31": (np.uint32, np.int32),
    "cos_q31": (np.uint32, np.int32),
    "log2_q16": (np.uint32, np.int32),
    "exp2_q16": (np.int32, np.uint32),
}
BINARY = [f"{name}_{q}" for name in ("add", "sub", "mul", "div", "atan2")
          for q in ("q15", "q31")]  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_arrays_that_are_refused(name):
    kind, result = UNARY[name]
    function = getattr(fixed, name)
    x, out = np.ones(3, kind), np.ones(3, result)
    with pytest.raises(ValueError, match="out has length 2, expected 3"):
        function(x, out[:2])
    with pytest.raises(ValueError):
        function(np.ones(6, kind)[::2], out)
    with pytest.raises(ValueError):
        function(x.astype(np.float32), out)
    with pytest.raises(ValueError):
        function(x.astype(x.dtype.newbyteorder(">")), out)
    x.setflags(write=False)
    function(x, out)
    function(x[:0], out[:0])


@pytest.mark.parametrize("name", BINARY)
def test_pairs_of_arrays_that_are_refused(name):
    kind = np.int16 if name.endswith("q15") else np.int32
    function, three = getattr(fixed, name), np.ones(3, kind)
    with pytest.raises(ValueError, match="has length 2, expected 3"):
        function(three, three[:2], three)
    with pytest.raises(ValueError, match="out has length 2, expected 3"):
        function(three, three, three[:2])
    with pytest.raises(ValueError):
        function(three.astype(np.int64), three, three)
    function(three[:0], three[:0], three[:0])
