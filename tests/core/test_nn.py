"""Mean squared error."""

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
