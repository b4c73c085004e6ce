"""Windows: the same as slicing, without copying."""

import numpy as np
import pytest

from ecmkit.data import n_windows, starts, window


@pytest.mark.parametrize("hop", [1, 3, 8, 11])
@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 40])
def test_windows_are_slices(n, hop):
    x = np.arange(n, dtype=np.float32)
    expected = [x[i : i + 8] for i in range(0, n - 7, hop)]
    view = window(x, length=8, hop=hop)
    assert len(view) == n_windows(n, length=8, hop=hop) == len(expected)
    np.testing.assert_array_equal(view, np.array(expected).reshape(-1, 8))
    np.testing.assert_array_equal(
        starts(n, length=8, hop=hop), [w[0] for w in expected]
    )


def test_a_view_that_cannot_be_written_to():
    x = np.zeros(100, np.float32)
    view = window(x, length=10, hop=5)
    assert np.shares_memory(view, x)
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 1


def test_strided_input():
    x = np.arange(40, dtype=np.float32)[::2]
    np.testing.assert_array_equal(window(x, length=3, hop=4)[1], [8, 10, 12])


@pytest.mark.parametrize("options", [{"length": 0, "hop": 1}, {"length": 1, "hop": 0}])
def test_no_length_or_hop(options):
    with pytest.raises(ValueError, match="expected 1 or more"):
        window(np.zeros(5, np.float32), **options)


def test_more_than_one_channel():
    with pytest.raises(ValueError, match="one channel"):
        window(np.zeros((2, 5), np.float32), length=2, hop=1)
