"""Products of recurrent layers against NumPy in float64 and in integers."""

import numpy as np
import pytest

from ecmkit._core import nn_rnn

SIZES = [(1, 1), (4, 3), (5, 4), (8, 31), (3, 64)]


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(("rows", "n"), SIZES)
def test_floats_equal_numpy(rows, n):
    weights, bias, x, start = (
        normal(1, rows, n), normal(2, rows), normal(3, n), normal(4, rows),
    )  # fmt: skip
    sums = start.copy()
    nn_rnn.add_f32(weights, bias, x, sums)
    exact = start.astype(float) + weights.astype(float) @ x + bias
    size = np.abs(weights) @ np.abs(x) + np.abs(bias) + np.abs(start)
    # A rounding of each product and each sum of a lane, of three sums, bias and sum.
    assert (np.abs(sums - exact) <= (n / 4 + 7) * 2.0**-24 * size).all()


@pytest.mark.parametrize(("rows", "n"), SIZES)
def test_integers_equal_numpy(rows, n):
    rng = np.random.default_rng(n)
    weights = rng.integers(-127, 128, (rows, n)).astype(np.int8)
    x = rng.integers(-128, 128, n).astype(np.int8)
    scale, bias, start = normal(5, rows) ** 2, normal(6, rows), normal(7, rows)
    sums = start.copy()
    nn_rnn.add_s8(weights, scale, bias, x, sums)
    whole = weights.astype(np.int64) @ x.astype(np.int64)
    expected = start + (whole.astype(np.float32) * scale + bias)
    np.testing.assert_array_equal(sums, expected)


def test_two_halves_are_the_whole_in_integers():
    rng = np.random.default_rng(0)
    weights = rng.integers(-127, 128, (6, 20)).astype(np.int8)
    x = rng.integers(-128, 128, 20).astype(np.int8)
    one, none = np.ones(6, np.float32), np.zeros(6, np.float32)
    whole, parts = np.zeros(6, np.float32), np.zeros(6, np.float32)
    nn_rnn.add_s8(weights, one, none, x, whole)
    for part in (slice(0, 7), slice(7, 20)):
        piece = np.ascontiguousarray(weights[:, part])
        nn_rnn.add_s8(piece, one, none, x[part].copy(), parts)
    np.testing.assert_array_equal(whole, parts)


def test_the_longest_product_stays_within_32_bits():
    n = 65535
    weights, x = np.full((1, n), -127, np.int8), np.full(n, -128, np.int8)
    sums = np.zeros(1, np.float32)
    one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
    nn_rnn.add_s8(weights, one, none, x, sums)
    assert sums[0] == np.float32(n * 127 * 128)


def test_infinity_and_nan_go_through():
    sums = np.zeros(2, np.float32)
    x = np.array([np.inf, 1], np.float32)
    nn_rnn.add_f32(np.float32([[1, 1], [0, 1]]), np.zeros(2, np.float32), x, sums)
    assert sums[0] == np.inf
    assert np.isnan(sums[1])


def test_lengths_that_differ_are_refused():
    two, three = np.zeros(2, np.float32), np.zeros(3, np.float32)
    weights = np.zeros((2, 3), np.float32)
    with pytest.raises(ValueError, match="x has length 2"):
        nn_rnn.add_f32(weights, two, two, two)
    with pytest.raises(ValueError, match="sums has length 3"):
        nn_rnn.add_f32(weights, two, three, three)
    with pytest.raises(ValueError, match="no weights"):
        nn_rnn.add_f32(np.zeros((0, 3), np.float32), two[:0], three, two[:0])
    with pytest.raises(ValueError, match="scale has length 3"):
        nn_rnn.add_s8(np.zeros((2, 3), np.int8), three, two, np.zeros(3, np.int8), two)
