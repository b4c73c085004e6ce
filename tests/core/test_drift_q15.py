"""Integer charts: exact sums, and the alarms of the charts in float."""

import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecmkit._core import drift, drift_ewma, drift_ph, drift_q15

UNIT = 4096


@given(
    z=st.lists(st.integers(-32768, 32767), max_size=80),
    k=st.sampled_from([0, 1000, 2048, 1 << 20]),
    h=st.sampled_from([1, 5000, 40_000, 1 << 30]),
)
def test_cusum_is_that_in_float(z: list[int], k: int, h: int) -> None:
    """Sums of a few dozen integers of 16 bits are exact in float32."""
    ours, plain = drift_q15.Cusum(k, h), drift.Cusum(k, h)
    for value in z:
        assert ours.update(value) == plain.update_f32(value)
        assert (ours.up, ours.down) == (plain.up, plain.down)
    assert len(ours.to_bytes()) == 24


class Plain:
    """Page and Hinkley's test as written, from the mean that is rounded to nearest."""

    def __init__(self, delta: int, threshold: int, min_n: int, sides: int) -> None:
        self.delta, self.threshold = delta, threshold
        self.min_n, self.sides = min_n, sides
        self.restart()

    def restart(self) -> None:
        self.total = self.n = self.up = self.down = self.mean = 0

    def update(self, x: int) -> int:
        self.n += 1
        self.total += x
        self.mean = (self.total + self.n // 2) // self.n
        self.up = max(0, self.up + x - self.mean - self.delta)
        self.down = max(0, self.down - x + self.mean - self.delta)
        over = (self.up > self.threshold, self.down > self.threshold)
        for side, beyond in zip((1, 2), over, strict=True):
            if beyond and self.sides & side and self.n >= self.min_n:
                self.restart()
                return side
        return 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sides", [1, 2, 3])
def test_page_hinkley_is_that_of_the_paper(seed: int, sides: int) -> None:
    random = np.random.default_rng(seed)
    x = np.rint(random.normal(np.repeat([2, 2.7, 1, 2], 800)) * UNIT).astype(int)
    settings = (700, 40_000, 30, sides)
    ours, plain = drift_q15.PageHinkley(*settings), Plain(*settings)
    alarms = 0
    for i, value in enumerate(x.clip(-32768, 32767)):
        found, since = ours.update(int(value))
        assert found == plain.update(int(value)), i
        assert (since > 0) == (found > 0)
        alarms += found != 0
        if not found:
            assert (ours.mean, ours.up, ours.down) == (plain.mean, plain.up, plain.down)
    assert alarms >= 1
    assert len(ours.to_bytes()) == 36
    assert drift_ph.BOTH == 3


@given(
    n=st.sampled_from([1, 2, 63, 1000, 1 << 16, 1 << 24, (1 << 30) - 30]),
    share=st.floats(0, 1, exclude_max=True),
    inverse=st.none() | st.integers(0, (1 << 32) - 1),
    x=st.lists(st.integers(-32768, 32767), max_size=40),
)
@example(n=1_747_860, share=1 - 3e-7, inverse=837_979_895, x=[32767])
@example(n=1_747_860, share=1 - 3e-7, inverse=1_092_952_027, x=[32767])
def test_the_mean_of_any_number_of_values_is_exact(
    n: int, share: float, inverse: int | None, x: list[int]
) -> None:
    """From a state of n values on, whatever it takes for 1/n, and up to 2^30."""
    mean, rest = -5000, int(share * n)
    total = n * mean + rest - n // 2
    detector = drift_q15.PageHinkley(1 << 20, 1 << 30, 0, 3)
    inverse = (1 << 18) // n if inverse is None else inverse
    head = struct.pack("<iI2i5I", mean, rest, 0, 0, n, 0, 0, 0, inverse)
    detector.load(head)
    assert detector.to_bytes() == head
    for value in x:
        detector.update(value)
        if n < 1 << 30:
            n += 1
            total += value
            mean = (total + n // 2) // n
        assert detector.mean == mean
        assert 0 <= detector.rest < n


@given(x=st.lists(st.sampled_from([-32768, 32767, 0]), max_size=200))
def test_page_hinkley_of_extremes_stays_in_range(x: list[int]) -> None:
    detector = drift_q15.PageHinkley(0, 1 << 30, 0, 3)
    for value in x:
        detector.update(value)
        assert -32768 <= detector.mean <= 32767
        assert min(detector.up, detector.down) >= 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("weight", "limit"), [(0.125, 3.0), (0.25, 2.5), (1.0, 3.0)])
def test_ewma_is_that_in_float(seed: int, weight: float, limit: float) -> None:
    """Means agree to the step of a score, alarms where they are not that near."""
    random = np.random.default_rng(seed)
    z = np.rint(random.normal(np.repeat([0, 0.7, -1, 0], 500)) * UNIT).astype(int)
    ceiling = round(limit**2 * weight / (2 - weight) * UNIT**2)
    ours = drift_q15.Ewma(round(weight * 32768), ceiling)
    plain = drift_ewma.Ewma(weight, limit)
    alarms = 0
    for value in z.clip(-32768, 32767):
        found = ours.update(int(value))
        expected = plain.update(value / UNIT)
        if (found[0] != 0) != expected.drift_detected:
            assert plain.ratio == pytest.approx(1, abs=2e-3)
            return
        assert found[0] == expected.what
        assert abs(ours.mean / 2**27 - 0) < 8
        alarms += found[0] != 0
    assert alarms > 2
    assert len(ours.to_bytes()) == 20


@given(
    z=st.lists(st.integers(-32768, 32767), max_size=100), weight=st.integers(1, 32768)
)
def test_the_weighted_mean_is_exact_to_its_step(z: list[int], weight: int) -> None:
    ours, mean = drift_q15.Ewma(weight, 1 << 30), 0.0
    for i, value in enumerate(z, 1):
        ours.update(value)
        mean += weight / 32768 * (value / UNIT - mean)
        assert abs(ours.mean / 2**27 - mean) <= i * 2.0**-27


def test_bad_settings_are_refused() -> None:
    for k, h in ((-1, 1), ((1 << 20) + 1, 1), (0, 0), (0, (1 << 30) + 1)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            drift_q15.Cusum(k, h).update(0)
    for bad in ((-1, 1, 0, 3), ((1 << 20) + 1, 1, 0, 3), (0, 0, 0, 3),
                (0, (1 << 30) + 1, 0, 3), (0, 1, 0, 0), (0, 1, 0, 4)):  # fmt: skip
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            drift_q15.PageHinkley(*bad).update(0)
    for weight, ceiling in ((0, 1), (32769, 1), (1, 0), (1, (1 << 30) + 1)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            drift_q15.Ewma(weight, ceiling).update(0)
