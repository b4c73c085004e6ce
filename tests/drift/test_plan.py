"""The drift plan as data: what it refuses, and how it shares a budget."""

from pathlib import Path

import pytest

from ecmkit.drift import DriftPlan, PlanDetector, load_drift_plan
from ecmkit.errors import FormatError

TOML = """\
version = 1
about = "bearing of a pump"
features = ["rms", "env_*"]
false_alarms = "1/month"
per = "machine"
hop_s = 0.5
hold_off = 100

[[detectors]]
kind = "mean"
shift = 2.0

[[detectors]]
kind = "ewma"
lambda = 0.05
false_alarms = 5000
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "drift.toml"
    path.write_text(TOML)
    return path


def test_toml_is_the_plan_in_python(path: Path) -> None:
    plan = load_drift_plan(path)
    assert plan == DriftPlan(
        about="bearing of a pump",
        features=("rms", "env_*"),
        false_alarms="1/month",
        hop_s=0.5,
        hold_off=100,
        detectors=(
            PlanDetector(kind="mean", shift=2.0),
            PlanDetector(kind="ewma", lambda_=0.05, false_alarms=5000),
        ),
    )
    assert plan.watched(("env_bpfo", "rms", "crest")) == ("env_bpfo", "rms")
    month = 365.25 / 12 * 86400 / 0.5
    # Two features share the month by their one detector without a rate of its own.
    assert plan.arl0s(2) == (pytest.approx(2 * month), 5000)


@pytest.mark.parametrize(
    ("per", "arl0"), [("machine", 12_000), ("feature", 2_000), ("detector", 1_000)]
)
def test_budget(per: str, arl0: float) -> None:
    plan = DriftPlan(false_alarms=1000, per=per)  # type: ignore[arg-type]
    assert plan.arl0s(6) == (arl0, arl0)


def test_hash_is_of_what_matters(path: Path) -> None:
    plan = load_drift_plan(path)
    path.write_text(TOML.replace("of a pump", "of a fan"))
    assert load_drift_plan(path).hash == plan.hash
    path.write_text(TOML.replace("1/month", "2/month"))
    assert load_drift_plan(path).hash != plan.hash
    assert DriftPlan(false_alarms=500).hash == DriftPlan(false_alarms=500.0).hash


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ("shift = 2.0", "shfit = 2.0", "shfit.*did you mean `shift`"),
        ('"1/month"', '"1/hour"', "false_alarms: rate is '1/hour'"),
        ("hop_s = 0.5", "", "hop_s: found nothing, expected seconds"),
        ("hop_s = 0.5", "hop_s = -1.0", "hop_s: found -1.0, expected a number > 0"),
        ("shift = 2.0", "shift = 20.0", "shift: found 20.0, expected 0.1 ... 6"),
        ("shift = 2.0", "k = 0.001", "k: found 0.001, expected 1/32 ... 3"),
        ("lambda = 0.05", "lambda = 2.0", "lambda: found 2.0"),
        ("lambda = 0.05", "limit = 3.0", "limit: found 3.0, expected it or false"),
        ('"mean"', '"median"', "median"),
        ("lambda = 0.05", 'direction = "up"', "direction: found 'up', expected both"),
        ("version = 1", "version = 2", "version: found 2, expected 1"),
        ("hold_off = 100", "hold_off = -1", "hold_off: found -1"),
        ('["rms", "env_*"]', "[]", "features: found nothing"),
    ],
)
def test_refusals_name_field_found_and_expected(
    path: Path, found: str, written: str, message: str
) -> None:
    path.write_text(TOML.replace(found, written))
    with pytest.raises(FormatError, match=message) as caught:
        load_drift_plan(path)
    assert "drift.toml" in str(caught.value)


def test_features_that_there_are_not(path: Path) -> None:
    with pytest.raises(ValueError, match=r"found 'rms'.*did you mean 'rmss'\?"):
        load_drift_plan(path).watched(("rmss", "env_bpfo"))
    with pytest.raises(FormatError, match="no such file"):
        load_drift_plan(path.with_name("other.toml"))
