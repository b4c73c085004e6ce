"""Why an alarm: the sentence names what stands out, and what it points to."""

import numpy as np
import pytest

from ecmkit.evaluate import join_texts, reasons_for, reference_statistics
from ecmkit.evaluate.reasons import ReferenceStatistics
from ecmkit.features import FeaturePlan, FeatureTable, load_plan

BEARING = load_plan("bearing")


def names(plan: FeaturePlan) -> tuple[str, ...]:
    return tuple(row.name for row in plan.rows)


def usual(
    plan: FeaturePlan, mean: float = 0.05, sd: float = 0.01
) -> ReferenceStatistics:
    n = len(plan.rows)
    return ReferenceStatistics(
        names=names(plan), mean=np.full(n, mean), sd=np.full(n, sd)
    )


def said(plan: FeaturePlan, **changed: float) -> list[str]:
    """Sentences when these features have these values, the others their usual ones."""
    own = usual(plan)
    values = own.mean.copy()
    for name, value in changed.items():
        values[names(plan).index(name)] = value
    return [reason.text for reason in reasons_for(values, own, plan)]


def test_the_line_of_a_bearing_points_to_its_part() -> None:
    assert said(BEARING, env_BPFO=0.41) == [
        "BPFO line of the envelope is 8.2 times its usual value (0.41, usually 0.05; "
        "36 standard deviations): points to the outer race"
    ]
    parts = {
        "env_2xBPFI": ("2×BPFI line of the envelope", "the inner race"),
        "env_4xBSF": ("4×BSF line of the envelope", "a rolling element"),
        "env_FTF": (
            "FTF line of the envelope",
            "the cage or a rolling element",
        ),
        "env_2xshaft": (
            "2×shaft speed line of the envelope",
            "something that strikes with each turn",
        ),
        "env_sidebands_BPFI_shaft_2": (
            "sidebands shaft speed apart around BPFI in the envelope",
            "the inner race",
        ),
        "env_share_2xBSF_3": (
            "share of 2×BSF and its harmonics in the envelope",
            "a rolling element",
        ),
        "kurtosis": ("kurtosis", "impacts"),
    }
    for name, (what, part) in parts.items():
        (text,) = said(BEARING, **{name: 0.5})
        assert text.startswith(f"{what} is 10 times its usual value (")
        assert text.endswith(f": points to {part}")


def test_units_and_bands_are_those_of_the_plan() -> None:
    (text,) = said(BEARING, rms=0.4)
    assert (
        "overall level (rms) is 8 times its usual value (0.4 g, usually 0.05 g" in text
    )
    (text,) = said(BEARING, band_fraction_2000_3000=0.01)
    assert text == (
        "share of the power from 2000 to 3000 Hz is down to 20 % of its usual value "
        "(0.01, usually 0.05; 4 standard deviations)"
    )


def plan_of(*features: object, **more: object) -> FeaturePlan:
    import msgspec

    settings = {
        "channel": "DE", "unit": "g", "fs_hz": 12000.0, "range": 16.0,
        "window_len": 4096, "hop_len": 2048, "speed_hz": [25.0, 35.0],
        "features": list(features), **more,
    }  # fmt: skip
    return msgspec.convert(settings, FeaturePlan)


def test_lines_of_the_spectrum_point_to_the_shaft() -> None:
    lines = {"name": "order_line", "orders": ["shaft", "2*shaft", "3*shaft"]}
    plan = plan_of(lines, {"name": "line", "f_hz": 50.0})
    found = {name: said(plan, **{name: 0.5})[0] for name in names(plan)}
    hints = [text.rpartition("points to ")[2] for text in found.values()]
    assert hints[:3] == ["imbalance or a bent shaft", "misalignment", "looseness"]
    texts = list(found.values())
    assert texts[0].startswith("shaft speed line of the spectrum is 10 times")
    assert texts[1].startswith("2×shaft speed line of the spectrum is 10 times")
    assert texts[3].startswith("50 Hz line of the spectrum is 10 times")
    assert "points" not in texts[3]


def test_a_fall_points_to_nothing() -> None:
    (text,) = said(BEARING, env_BPFO=0.005)
    assert "down to 10 % of its usual value" in text
    assert "points" not in text


def test_harmonics_of_one_part_are_one_reason() -> None:
    found = said(BEARING, env_BPFO=0.41, env_2xBPFO=0.31, env_BPFI=0.2, rms=0.12)
    assert len(found) == 3
    assert [text.split(" ")[0] for text in found] == ["BPFO", "BPFI", "overall"]


def test_what_is_usual_is_no_reason() -> None:
    assert said(BEARING, env_BPFO=0.05 + 0.029) == []
    assert len(said(BEARING, env_BPFO=0.05 + 0.031)) == 1
    words = "no single feature stands out: their combination is unusual"
    assert join_texts(()) == words


def test_at_most_so_many_reasons_the_farthest_first() -> None:
    own = usual(BEARING)
    values = own.mean + 0.1 * np.arange(1, len(own.mean) + 1)
    found = reasons_for(values, own, BEARING, most=2)
    assert len(found) == 2
    assert found[0].deviations > found[1].deviations > 3.0


def test_what_points_to_a_part_is_told_even_if_others_are_farther() -> None:
    louder = {"rms": 9.0, "kurtosis": 8.0, "shape": 7.0, "skewness": 6.0}
    found = said(BEARING, **louder, env_BPFO=0.1)
    assert [text.split(" ")[0] for text in found] == ["overall", "kurtosis", "BPFO"]
    assert found[2].endswith("points to the outer race")
    # A race that is hit once a turn shows the shaft too: the race says more.
    found = said(BEARING, **louder, env_shaft=0.2, env_BPFI=0.1)
    assert found[2].endswith("points to the inner race")


def test_numbers_are_those_of_the_reference() -> None:
    rng = np.random.default_rng(3)
    n = len(BEARING.rows)
    x = rng.normal(2.0, 0.5, size=(500, n)).astype(np.float32)
    ids = np.full(500, "r")
    table = FeatureTable(
        x=x, names=names(BEARING), units=tuple(r.unit for r in BEARING.rows),
        recording=ids, start=np.arange(500), label=ids, group=ids, contract_id="",
    )  # fmt: skip
    own = reference_statistics(table)
    alarm = np.full((4, n), 2.0, np.float32)
    alarm[:, names(BEARING).index("env_BPFO")] = [7.0, 9.0, 7.0, 9.0]
    # Windows that were not valid say nothing.
    alarm = np.vstack([alarm, np.full(n, np.nan)])
    (reason,) = reasons_for(alarm, own, BEARING)
    assert reason.value == 8.0
    assert reason.usual == pytest.approx(2.0, abs=0.1)
    assert reason.ratio == pytest.approx(4.0, rel=0.05)
    assert reason.deviations == pytest.approx(12.0, rel=0.1)
    assert reasons_for(alarm[-1], own, BEARING) == ()


def test_a_reference_that_never_varied_says_so() -> None:
    own = usual(BEARING, mean=0.0, sd=0.0)
    values = own.mean.copy()
    values[names(BEARING).index("env_BPFO")] = 0.2
    (reason,) = reasons_for(values, own, BEARING)
    assert (reason.ratio, reason.deviations) == (None, None)
    assert "above what is usual (0.2, usually 0; the reference never" in reason.text


def test_several_channels_are_named() -> None:
    plan = plan_of("rms", channel=None, channels=["DE", "FE"])
    (text,) = said(plan, **{names(plan)[1]: 0.5})
    assert text.startswith("overall level (rms) of FE is 10 times")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="expected those of the plan"):
        reasons_for(np.zeros(34), usual(plan_of("rms")), BEARING)
    with pytest.raises(ValueError, match=r"values has shape \(1, 3\)"):
        reasons_for(np.zeros(3), usual(BEARING), BEARING)
