"""Whether a machine runs: against the definition, in any chunks, at the limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecmkit._core import run
from ecmkit._core.run import Run

SPEEDS = st.lists(st.integers(0, 200).map(lambda i: i / 8), max_size=60).map(
    lambda values: np.array(values, np.float32)
)


def expected(
    x: NDArray[np.float32], off_below: float, change_most: float, settle_len: int
) -> list[int]:
    """The definition: steady is who was on and calm for long enough."""
    found = []
    on = x >= off_below
    for i in range(len(x)):
        start = i - settle_len  # the last change may lie before this window
        calm = start > 0 and on[start - 1 : i + 1].all()
        calm = calm and (np.abs(np.diff(x[start - 1 : i + 1])) <= change_most).all()
        found.append(run.OFF if not on[i] else run.STEADY if calm else run.TRANSIENT)
    return found


@given(
    SPEEDS, st.integers(0, 100).map(lambda i: i / 8),
    st.integers(0, 40).map(lambda i: i / 8), st.integers(0, 5),
)  # fmt: skip
def test_states_are_those_of_the_definition(
    x: NDArray[np.float32], off_below: float, change_most: float, settle_len: int
) -> None:
    settings = {
        "off_below": off_below,
        "change_most": change_most,
        "settle_len": settle_len,
    }
    one = Run(**settings)  # type: ignore[arg-type]
    assert one.state == run.OFF
    found = one.update_many_f32(x)
    assert found.tolist() == expected(x, off_below, change_most, settle_len)
    again = Run(**settings)  # type: ignore[arg-type]
    assert [again.update_f32(float(v)) for v in x] == found.tolist()
    assert again.to_bytes() == one.to_bytes()
    assert len(one.to_bytes()) == 12


def test_a_machine_that_starts_and_stops() -> None:
    up = np.linspace(0, 25, 11, dtype=np.float32)
    speed = np.concatenate([up, np.full(8, 25, np.float32), up[::-1]])
    one = Run(off_below=1.0, change_most=0.5, settle_len=3)
    found = one.update_many_f32(speed).tolist()
    assert found == [run.OFF] + 13 * [run.TRANSIENT] + 6 * [run.STEADY] + 9 * [
        run.TRANSIENT
    ] + [run.OFF]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -1.0])
def test_limits_that_are_refused(odd: float) -> None:
    for name in ("off_below", "change_most"):
        settings = {"off_below": 1.0, "change_most": 1.0, "settle_len": 0} | {name: odd}
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            Run(**settings)  # type: ignore[arg-type]


def test_a_value_that_is_not_finite_is_refused_and_changes_nothing() -> None:
    one = Run(off_below=1.0, change_most=1.0, settle_len=0)
    one.update_f32(5.0)
    before = one.to_bytes()
    for odd in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            one.update_f32(odd)
    assert one.to_bytes() == before
    assert one.update_f32(5.0) == run.STEADY
