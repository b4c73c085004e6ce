"""Challengers in the field: sums, intervals that keep their promise, the report."""

import numpy as np
import pytest

from ecmkit.drift import Reference, ScoreWatch
from ecmkit.formats import FeatureContract
from ecmkit.monitor import (
    ShadowSummary,
    ingest,
    render_html,
    shadow_fleet,
    shadow_of,
    watch,
)
from tests.monitor.conftest import MODEL, Said, shadow_frames


def told(contract: FeatureContract, *said: Said | None) -> ShadowSummary | None:
    telemetry = ingest(
        shadow_frames(contract, *said), contract=contract, model_id=MODEL
    )
    return shadow_of(telemetry, names=("distance",))


def test_a_device_is_added_up_by_its_windows(contract: FeatureContract) -> None:
    found = told(contract, (100, 90, [1.0, 2.0]), None, (300, 300, [3.0]))
    assert found is not None
    assert (found.device_id, found.reports, found.windows) == (7, 2, 400)
    assert (found.agreed, found.agreement) == (390, 0.975)
    # The second difference came in one frame only; it has no name.
    assert found.differences == {"distance": 2.5, "1": 2.0}
    assert told(contract, None) is None
    scores = told(contract, (100, None, [float("inf")]))
    assert scores is not None
    assert (scores.agreed, scores.agreement, scores.interval) == (None, None, None)
    assert scores.differences == {"distance": None}
    assert not scores.agrees(0.0)


def device(number: int, agreed: int, windows: int = 100) -> ShadowSummary:
    return ShadowSummary(
        device_id=number, reports=10, windows=windows, agreed=agreed,
        agreement=agreed / windows, interval=(0.0, 1.0), differences={"a": number / 10},
    )  # fmt: skip


def test_a_fleet_is_its_devices() -> None:
    found = shadow_fleet([device(2, 99), None, device(1, 90, 300)])
    assert [one.device_id for one in found.devices] == [1, 2]
    assert found.total is not None
    assert (found.total.reports, found.total.windows) == (2, 400)
    assert found.total.agreement == 189 / 400
    assert found.total.differences["a"] == pytest.approx(0.125)
    assert shadow_fleet([None]).total is None


def test_where_all_agree_only_devices_count_not_their_windows() -> None:
    few, many = (
        shadow_fleet([device(i, 10_000, 10_000) for i in range(n)]).total
        for n in (3, 100)
    )
    assert few is not None
    assert many is not None
    assert few.interval is not None
    assert many.interval is not None
    assert few.interval[0] < 0.5 < 0.95 < many.interval[0] < 1.0
    assert many.agrees(0.95)
    assert not few.agrees(0.95)


@pytest.mark.parametrize(
    ("groups", "alike"), [(10, 0.0), (10, 0.05), (30, 0.0), (30, 0.05), (30, 0.2)]
)
def test_the_interval_holds_the_share_as_often_as_it_says(
    groups: int, alike: float
) -> None:
    """Windows of a device are alike by so much: shares of devices are beta."""
    rng = np.random.default_rng(groups)
    share, held, tries = 0.9, 0, 400
    for _ in range(tries):
        if alike:
            weight = 1 / alike - 1
            own = rng.beta(share * weight, (1 - share) * weight, groups)
        else:
            own = np.full(groups, share)
        agreed = rng.binomial(200, own)
        found = shadow_fleet([device(i, int(a), 200) for i, a in enumerate(agreed)])
        assert found.total is not None
        assert found.total.interval is not None
        low, high = found.total.interval
        held += low <= share <= high
    # 95 % promised; 90 % is four standard deviations of 400 tries below.
    assert held / tries >= 0.90


def test_the_report_tells_and_its_verdict_is_the_same(
    contract: FeatureContract, reference: Reference, watches: tuple[ScoreWatch, ...]
) -> None:
    plain = ingest(
        shadow_frames(contract, None, None), contract=contract, model_id=MODEL
    )
    said: tuple[Said, ...] = ((100, 90, [1.0]), (100, 95, [0.5]))
    both = ingest(shadow_frames(contract, *said), contract=contract, model_id=MODEL)
    before, after = (
        watch(t, reference, watches=watches, compared=("distance",))
        for t in (plain, both)
    )
    assert before.shadow is None
    assert after.shadow is not None
    assert after.shadow.agreed == 185
    assert after.verdict == before.verdict
    page = render_html(after, both, reference)
    assert "Beside the model, on 200 windows of 2 reports: the same class in" in page
    assert "<td>distance</td><td>0.75</td>" in page
    assert "Challenger" not in render_html(before, plain, reference)
