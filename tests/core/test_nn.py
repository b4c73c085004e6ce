"""Mean squared error, and where windows lie."""

import numpy as np
import pytest

from ecmkit._core import nn


def test_mse_is_the_mean_square() -> None:
    random = np.random.default_rng(0)
    for n in (1, 2, 3, 4, 5, 100, 1001):
        x, y = random.normal(size=(2, n)).astype(np.float32)
        expected = np.mean((x.astype(float) - y) ** 2)
        assert nn.mse_f32(x, y) == pytest.approx(expected, rel=n * 2.0**-24 + 2.0**-22)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        nn.mse_f32(np.zeros(0, np.float32), np.zeros(0, np.float32))
    with pytest.raises(ValueError, match="length"):
        nn.mse_f32(np.zeros(1, np.float32), np.zeros(2, np.float32))


def test_windows_in_one_piece_are_what_is_gathered() -> None:
    for pool, pad, taps, stride in (
        (1, 2, 3, 1),
        (1, 0, 4, 3),
        (2, 3, 5, 2),
        (1, 9, 9, 1),
    ):
        width, pixel = 12, 4
        out = (width + 2 * pad - taps) // stride // pool
        sizes = [1, width, 1, 1, out, 1, taps, 1, stride, 1, 1, 0, pad]
        window = np.array(sizes, np.uint16)
        x = np.random.default_rng(pad).integers(0, 255, width * pixel).astype(np.uint8)
        first, n = nn.window_inside(window, 0, pool)
        assert n > 0
        for o in range(out * pool):
            to = np.empty(taps * pixel, np.uint8)
            nn.window_gather(window, x, pixel, 0, o, 255, to)
            start = (o * stride - pad) * pixel
            inside = start >= 0 and start + taps * pixel <= len(x)
            if first <= o // pool < first + n:
                assert inside
                np.testing.assert_array_equal(to, x[start : start + taps * pixel])
            if not inside:
                assert (to == 255).any()


def test_rows_of_taps_are_never_in_one_piece() -> None:
    window = np.array([5, 5, 1, 3, 3, 3, 3, 1, 1, 1, 1, 0, 0], np.uint16)
    assert nn.window_inside(window, 0, 1) == (0, 0)
    window[5] = 0
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn.window_check(window)
