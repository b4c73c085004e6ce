"""Integer charts: exact sums, and the alarms of the charts in float."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import drift, drift_ewma, drift_q15

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
    for weight, ceiling in ((0, 1), (32769, 1), (1, 0), (1, (1 << 30) + 1)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            drift_q15.Ewma(weight, ceiling).update(0)
