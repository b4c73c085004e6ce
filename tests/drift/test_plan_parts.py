"""Persistence, regimes, T2, classes and bounds of a drift plan: read and refused."""

from pathlib import Path

import pytest

from ecmkit.drift import (
    Bound,
    ClassMix,
    DriftPlan,
    Persistence,
    PlanDetector,
    Regimes,
    Together,
    load_drift_plan,
)
from ecmkit.errors import FormatError

TOML = """\
features = ["rms", "kurtosis"]
false_alarms = 5000
hold_off = 20

[[detectors]]
kind = "mean"

[[detectors]]
kind = "distribution"
bins = 64
window = 500
distance = "psi"

[[together]]
features = ["rms", "kurt*"]
lambda = 0.2

[classes]
window = 300

[[bounds]]
value = "latency_ms"
limit = 40.0

[persistence]
k = 2
n = 3
levels = [1.0, 1.5, 2.0]
hysteresis = 0.2

[regimes]
by = ["speed_hz", "load"]
edges = [[20.0, 30.0], [0.5]]
dwell = 5
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "drift.toml"
    path.write_text(TOML)
    return path


def test_toml_is_the_plan_in_python(path: Path) -> None:
    assert load_drift_plan(path) == DriftPlan(
        features=("rms", "kurtosis"),
        false_alarms=5000,
        hold_off=20,
        detectors=(
            PlanDetector(kind="mean"),
            PlanDetector(kind="distribution", bins=64, window=500, distance="psi"),
        ),
        together=(Together(features=("rms", "kurt*"), lambda_=0.2),),
        classes=ClassMix(window=300),
        bounds=(Bound(value="latency_ms", limit=40.0),),
        persistence=Persistence(k=2, n=3, levels=(1.0, 1.5, 2.0), hysteresis=0.2),
        regimes=Regimes(by=("speed_hz", "load"), edges=((20.0, 30.0), (0.5,)), dwell=5),
    )


def test_all_parts_share_the_budget(path: Path) -> None:
    plan = load_drift_plan(path)
    assert plan.classes is not None
    parts = [*plan.detectors, *plan.detectors, *plan.together, plan.classes]
    rates = [1.0 / plan.arl0(part, 2) for part in parts]
    assert sum(rates) == pytest.approx(1.0 / 5000)
    of_feature = DriftPlan(
        false_alarms=5000, per="feature", detectors=plan.detectors, classes=plan.classes
    )
    assert of_feature.arl0s(2) == (10_000, 10_000)
    assert of_feature.arl0(plan.classes, 2) == 5000


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ("k = 2", "k = 4", "persistence.k: found 4, expected 1 ... n = 3"),
        ("n = 3", "n = 40", r"n: found 40, expected 1 ... 32"),
        ("levels = [1.0,", "levels = [0.5,", r"levels: found \[0.5, 1.5, 2.0\], exp"),
        ("levels", "levles", "levles.*did you mean `levels`"),
        ("hysteresis = 0.2", "hysteresis = 1.5", "hysteresis: found 1.5"),
        ("[0.5]]", "[]]", r"edges: found \[\], expected rising numbers"),
        (", [0.5]]", "]", "edges: found 1 lists, expected 2, as `by`"),
        ('["speed_hz", "load"]', '["load", "load"]', "by: found .*different names"),
        ("dwell = 5", "dwell = 0", "dwell: found 0, expected 1 ... 65535"),
        ("dwell = 5", "clusters = 3", "clusters: found 3, expected them or edges"),
        ("lambda = 0.2", "lambda = 0.0", "lambda: found 0.0, expected 0.01 ... 1"),
        ("window = 300", "window = 3", "window: found 3, expected 16 ... 65535"),
        ("window = 300", "windows = 3", "windows.*did you mean `window`"),
        ("limit = 40.0", "limit = -1.0", "limit: found -1.0, expected a number > 0"),
        ("bins = 64", "bins = 60", "60"),
        ('"psi"', '"kl"', "kl"),
    ],
)
def test_refusals_name_field_found_and_expected(
    path: Path, found: str, written: str, message: str
) -> None:
    assert found in TOML
    path.write_text(TOML.replace(found, written))
    with pytest.raises(FormatError, match=message) as caught:
        load_drift_plan(path)
    assert "drift.toml" in str(caught.value)


def test_clusters_need_a_number() -> None:
    with pytest.raises(ValueError, match=r"clusters: found 0, expected 2 \.\.\. 32"):
        Regimes(by=("speed",))
    with pytest.raises(
        ValueError, match=r"by: found .* expected one or two with edges"
    ):
        Regimes(by=("a", "b", "c"), edges=((1.0,),) * 3)
    assert Regimes(by=("a", "b", "c"), clusters=4).dwell == 3
