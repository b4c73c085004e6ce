"""Rounding of the affine scheme against big integers."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import quant

INT32 = st.integers(-(2**31), 2**31 - 1)


def requantize(acc: int, multiplier: int, shift: int) -> int:
    """One rounding, half up, of the exact fraction; saturated to 32 bits."""
    exact = Fraction(acc * multiplier) * Fraction(2) ** (shift - 31)
    return min(max(math.floor(exact + Fraction(1, 2)), -(2**31)), 2**31 - 1)


@given(acc=INT32, multiplier=st.integers(2**30, 2**31 - 1), shift=st.integers(-31, 30))
def test_requantize(acc: int, multiplier: int, shift: int) -> None:
    found = quant.requantize_s32(acc, multiplier, shift)
    assert found == requantize(acc, multiplier, shift)


@pytest.mark.parametrize("acc", [-(2**31), -(2**31) + 1, -1, 0, 1, 2**31 - 1])
@pytest.mark.parametrize("multiplier", [0, 2**30, 2**30 + 1, 2**31 - 1])
def test_requantize_extremes(acc: int, multiplier: int) -> None:
    for shift in range(-31, 31):
        found = quant.requantize_s32(acc, multiplier, shift)
        assert found == requantize(acc, multiplier, shift)


@pytest.mark.parametrize(("multiplier", "shift"), [(-1, 0), (2**30, -32), (2**30, 31)])
def test_requantize_refuses(multiplier: int, shift: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        quant.requantize_s32(1, multiplier, shift)


@given(
    x=st.lists(st.floats(width=32), min_size=1, max_size=50),
    scale=st.floats(2.0**-20, 2.0**20, width=32),
    zero=st.integers(-128, 127),
)
def test_quantize(x: list[float], scale: float, zero: int) -> None:
    values = np.array(x, np.float32)
    q = np.empty(len(x), np.int8)
    quant.quantize_f32_s8(values, scale, zero, q)
    with np.errstate(all="ignore"):
        ratio = (values / np.float32(scale)).astype(np.float64)
        whole = np.trunc(ratio + np.copysign(0.5, ratio))
    expected = np.clip(np.nan_to_num(whole, nan=0.0) + zero, -128, 127)
    assert q.tolist() == expected.astype(int).tolist()


def test_round_trip_of_every_value() -> None:
    q = np.arange(-128, 128).astype(np.int8)
    x = np.empty(256, np.float32)
    for scale, zero in [(0.1, 0), (3.7e-3, -128), (55.0, 127), (1.0, 5)]:
        quant.dequantize_s8_f32(q, scale, zero, x)
        expected = np.float32(scale) * (q.astype(np.int32) - zero).astype(np.float32)
        np.testing.assert_array_equal(x, expected)
        back = np.empty(256, np.int8)
        quant.quantize_f32_s8(x, scale, zero, back)
        np.testing.assert_array_equal(back, q)


@pytest.mark.parametrize(
    ("scale", "zero"), [(0.0, 0), (-1.0, 0), (np.nan, 0), (np.inf, 0), (1.0, 128)]
)
def test_bad_scales_are_refused(scale: float, zero: int) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        quant.quantize_f32_s8(
            np.zeros(1, np.float32), scale, zero, np.zeros(1, np.int8)
        )


@given(
    x=st.lists(st.floats(width=32), min_size=1, max_size=50),
    scale=st.floats(2.0**-20, 2.0**20, width=32),
)
def test_quantize_to_int16_and_back(x: list[float], scale: float) -> None:
    values = np.array(x, np.float32)
    q, back = np.empty(len(x), np.int16), np.empty(len(x), np.float32)
    quant.quantize_f32_s16(values, scale, q)
    with np.errstate(all="ignore"):
        ratio = (values / np.float32(scale)).astype(np.float64)
        whole = np.trunc(ratio + np.copysign(0.5, ratio))
    expected = np.clip(np.nan_to_num(whole, nan=0.0), -32768, 32767)
    assert q.tolist() == expected.astype(int).tolist()
    quant.dequantize_s16_f32(q, scale, back)
    np.testing.assert_array_equal(back, np.float32(scale) * q.astype(np.float32))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        quant.quantize_f32_s16(values, 0.0, q)
