"""Sums of products in four striped lanes, to the last bit."""

import numpy as np
import pytest

from ecmkit._core import nn_dot


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 7, 8, 48, 63, 1001])
def test_the_order_of_the_sums(n: int) -> None:
    random = np.random.default_rng(n)
    w, x = random.normal(size=(2, 2, n)).astype(np.float32)
    sums = np.full(4, np.nan, np.float32)
    nn_dot.four_f32(w, x, sums)
    expected = []
    for row in x:
        for weights in w:
            lanes = np.zeros(4, np.float32)
            for i in range(n):
                lanes[i % 4] += weights[i] * row[i]
            expected.append((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
    np.testing.assert_array_equal(sums, np.array(expected, np.float32))


def test_odd_values_stay_in_their_sums() -> None:
    w, x = np.ones((2, 2, 6), np.float32)
    w[1, 2], x[1, 5] = np.nan, np.inf
    sums = np.empty(4, np.float32)
    nn_dot.four_f32(w, x, sums)
    np.testing.assert_array_equal(sums, np.array([6, np.nan, np.inf, np.nan]))


def test_wrong_shapes_are_refused() -> None:
    w, x = np.zeros((2, 3), np.float32), np.zeros((2, 4), np.float32)
    with pytest.raises(ValueError, match="row of x"):
        nn_dot.four_f32(w, x, np.empty(4, np.float32))
    with pytest.raises(ValueError, match="sums"):
        nn_dot.four_f32(w, w, np.empty(3, np.float32))
