"""Regimes: cells of bins, nearest centres, and the time that makes one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.regime import NONE, Regime

EMPTY = np.empty(0, np.float32)


@given(
    x=st.lists(st.tuples(st.integers(-3, 9), st.integers(-3, 9)), max_size=40),
    first=st.lists(st.integers(0, 6), max_size=5, unique=True),
    second=st.lists(st.integers(0, 6), max_size=5, unique=True),
    dwell=st.integers(1, 4),
)
def test_cells_are_counts_of_edges_below(
    x: list[tuple[int, int]], first: list[int], second: list[int], dwell: int
) -> None:
    edges = [np.sort(np.array(e, np.float32)) for e in (first, second)]
    regime = Regime(edges[0], edges[1], None, 0.0, dwell)
    assert regime.count == (len(first) + 1) * (len(second) + 1)
    cells = [
        int((edges[0] < a).sum() * (len(second) + 1) + (edges[1] < b).sum())
        for a, b in x
    ]
    for i, pair in enumerate(x):
        last = cells[max(0, i - dwell + 1) : i + 1]
        steady = len(last) == dwell and len(set(last)) == 1
        found = regime.update_f32(np.array(pair, np.float32))
        assert found == (cells[i] if steady else NONE)


def test_the_nearest_centre_unless_it_is_far() -> None:
    centres = np.array([[0, 0], [10, 0], [0, 10]], np.float32)
    regime = Regime(EMPTY, EMPTY, centres, 4.0, 2)
    assert regime.count == 3
    points = [(1, 1), (1, 2), (9, 1), (9, 1), (5, 5), (5, 5), (0, 9), (0, 9)]
    found = [regime.update_f32(np.array(p, np.float32)) for p in points]
    assert found == [NONE, 0, NONE, 1, NONE, NONE, NONE, 2]
    assert len(regime.to_bytes()) == 12


def test_refusals() -> None:
    one = np.zeros(1, np.float32)
    with pytest.raises(ValueError, match="dwell is 0, expected >= 1"):
        Regime(one, EMPTY, None, 0.0, 0)
    with pytest.raises(ValueError, match=r"second\[1\] = 0.0 does not rise"):
        Regime(one, np.zeros(2, np.float32), None, 0.0, 1)
    with pytest.raises(ValueError, match="centres has no rows"):
        Regime(one, EMPTY, np.empty((0, 2), np.float32), 0.0, 1)
    regime = Regime(one, EMPTY, None, 0.0, 1)
    before = regime.to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        regime.update_f32(np.array([np.nan, 0], np.float32))
    with pytest.raises(ValueError, match="x has length 1, expected 2"):
        regime.update_f32(one)
    assert regime.to_bytes() == before
    assert regime.update_f32(np.array([1, np.nan], np.float32)) == 1
