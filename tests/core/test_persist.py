"""Levels against a reading of the header that keeps lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.persist import LOWERED, RAISED, SAME, Persist


def by_lists(
    x: list[float], on: list[float], band: float, k: int, n: int, holdoff: int
) -> list[tuple[int, int]]:
    told, level, held = [], 0, 0
    for i in range(len(x)):
        last = x[max(0, i - n + 1) : i + 1]
        before = level
        if held:
            held -= 1
        else:
            for j in range(level, len(on)):
                if sum(v > on[j] for v in last) >= k:
                    level = j + 1
            while (
                level <= before
                and level > 0
                and sum(v <= on[level - 1] - band for v in last) >= k
            ):
                level -= 1
            held = holdoff if level != before else 0
        told.append((level, RAISED if level > before else LOWERED if level < before
                     else SAME))  # fmt: skip
    return told


@given(
    x=st.lists(st.integers(0, 12), max_size=80),
    on=st.lists(st.integers(2, 10), min_size=1, max_size=4, unique=True),
    band=st.integers(0, 2),
    n=st.integers(1, 32),
    share=st.floats(0, 1),
    holdoff=st.integers(0, 4),
)
def test_equals_the_lists(
    x: list[int], on: list[int], band: int, n: int, share: float, holdoff: int
) -> None:
    k = 1 + int(share * (n - 1))
    levels = sorted(map(float, on))
    persist = Persist(np.array(levels, np.float32), band, k, n, holdoff)
    found = []
    for value in x:
        event = persist.update_f32(value)
        found.append((persist.level, event))
    assert found == by_lists([float(v) for v in x], levels, band, k, n, holdoff)


def test_one_spike_is_not_an_event() -> None:
    persist = Persist(np.array([1, 3], np.float32), 0.5, 3, 5, 10)
    assert [persist.update_f32(x) for x in (0, 9, 0, 0, 9, 0)] == [SAME] * 6
    assert persist.update_f32(9) == SAME
    assert persist.update_f32(9) == RAISED
    assert persist.level == 2
    assert len(persist.to_bytes()) == 40


@pytest.mark.parametrize(
    ("on", "band", "k", "n"),
    [([], 0, 1, 1), ([2, 1], 0, 1, 1), ([1], -1, 1, 1), ([1], 0, 0, 1), ([1], 0, 2, 1),
     ([1], 0, 1, 33), ([np.nan], 0, 1, 1)],
)  # fmt: skip
def test_bad_settings_are_refused(on: list[float], band: float, k: int, n: int) -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        Persist(np.array(on, np.float32), band, k, n, 0)


def test_bad_values_are_refused() -> None:
    persist = Persist(np.ones(1, np.float32), 0, 1, 1, 0)
    before = persist.to_bytes()
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        persist.update_f32(np.nan)
    assert persist.to_bytes() == before
    with pytest.raises(ValueError, match="on has 5 levels, expected at most 4"):
        Persist(np.arange(5, dtype=np.float32), 0, 1, 1, 0)
